"""Resolved schemas: references followed, ``allOf`` merged, one answer for every reader of a schema.

Rule 1. Only this module merges ``allOf``. A reader that needs a schema's types, properties or XML names resolves it
first; a reader that must keep the parts apart (``json_schema``, for the judges) reads the schema as declared.

Rule 2. A schema has two resolved forms, one for each of the two JSON shapes of a value (``body`` defines them): that of
the *contract*, and that of the *wire*, in which a schema's ``wire`` declaration (another type or another place for what
is sent) takes the place of what callers see.

Rule 3. Nothing recurses over a document's schemas: a chain of references or of ``allOf`` may be longer than Python's
stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.model import MISSING, Encoding, Schema, Service, Xml
from openconnectors.engine.values.discriminators import Selection, selection


class ResolvedSchemas:
    """The resolved schemas of one service, each computed once: of the wire if ``wire``, else of the contract."""

    def __init__(self, service: Service, *, wire: bool) -> None:
        self._service = service
        self._wire = wire
        # By identity: comparing or hashing schemas would read the definitions below them. Each declared schema is
        # kept with its resolved one, so that its id is not given to another object.
        self._resolved: dict[int, tuple[Schema, Schema]] = {}
        self._merged: dict[int, Schema] = {}
        self._variants: dict[int, tuple[Schema, Mapping[str, Schema]]] = {}

    def resolve(self, schema: Schema) -> Schema:
        """The resolved form of a declared schema: it has no reference, and an ``allOf`` only of what cannot be merged
        (the branches of one part beside those of another)."""
        known = self._resolved.get(id(schema))
        if known is not None:
            return known[1]
        resolved = self._merge(schema)
        if self._wire:
            resolved = self._on_the_wire(resolved)
        self._resolved[id(schema)] = (schema, resolved)
        return resolved

    def variants(self, schema: Schema) -> Mapping[str, Schema]:
        """The resolved schemas that extend a resolved one, by the value that its discriminator has for each
        (Swagger 2.0, "Schema Object", ``discriminator``)."""
        if schema.discriminator is None:
            return {}
        if id(schema) not in self._variants:
            chosen = selection(self._service, schema)
            references = chosen.references if chosen is not None else {}
            variants = {value: self.resolve(self._service.schemas[ref]) for value, ref in references.items()}
            self._variants[id(schema)] = (schema, variants)
        return self._variants[id(schema)][1]

    def selection(self, schema: Schema) -> Selection | None:
        """What the discriminator of a resolved schema selects."""
        return selection(self._service, schema)

    def _merge(self, schema: Schema) -> Schema:
        target = self._service.resolve(schema)
        if not target.all_of:
            return target
        known = self._merged.get(id(target))
        if known is not None:
            return known
        merged: dict[str, Any] = {"properties": {}, "keywords": {}}
        required: dict[str, None] = {}
        beside: list[Schema] = []
        for part in map(partial(self._as_part, target), self._parts(target)):
            for name, member in part.properties.items():
                merged["properties"][name] = self._joined_member(merged["properties"].get(name), member)
            required |= dict.fromkeys(part.required)
            beside += _displaced(merged, part)
            merged["keywords"] = _joined_keywords(merged["keywords"], part.keywords)
            merged |= {name: getattr(part, name) for name, absent in _INHERITED if getattr(part, name) != absent}
        merged["required"] = tuple(required)
        if merged["properties"]:
            merged.setdefault("types", ("object",))
        # ``allOf`` with a single reference is how 2.0 documents put a description beside a ``$ref``: it stays the
        # definition that it refers to, which discriminators know by its place.
        if target.name is None and len(target.all_of) == 1 and not target.properties:
            whole = self._service.resolve(target.all_of[0])
            merged["at"] = whole.at
            merged |= {name: getattr(whole, name) for name in _SELECTING if target.discriminator is None}
        known = self._merged[id(target)] = replace(target, all_of=tuple(beside), **merged)
        return known

    def _as_part(self, whole: Schema, part: Schema) -> Schema:
        """What a part of an ``allOf`` says of a whole: not its branches, if the whole is one of them."""
        if (not part.one_of and not part.any_of) or part is whole:
            return part
        is_branch = whole.at in self._service.subtypes.get(part.at, ())
        return replace(part, one_of=(), any_of=(), discriminator=None) if is_branch else part

    def _joined_member(self, earlier: Schema | None, later: Schema) -> Schema:
        """The schema of a member that two parts of an ``allOf`` describe: both, of which the later wins."""
        if earlier is None or self._service.resolve(earlier) is self._service.resolve(later):
            return later
        return Schema(all_of=(earlier, later), at=later.at)

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        """The schemas that ``allOf`` leads to, each once, then the schema itself: what extends comes after what it
        extends, so that it wins."""
        seen = {id(schema)}
        stack = [(schema, iter(schema.all_of))]
        while stack:
            holder, parts = stack[-1]
            part = next(parts, None)
            if part is None:
                stack.pop()
                yield holder
                continue
            part = self._service.resolve(part)
            if id(part) not in seen:
                seen.add(id(part))
                stack.append((part, iter(part.all_of)))

    @staticmethod
    def _on_the_wire(schema: Schema) -> Schema:
        """The wire form of a resolved contract schema."""
        sent = schema.wire.schema if schema.wire else None
        # A property that the wire keeps at a path of its own is declared there too, by the schema of what is sent.
        properties = {
            name: property_schema
            for name, property_schema in schema.properties.items()
            if property_schema.wire is None or not property_schema.wire.path
        }
        if sent is None:
            return schema if len(properties) == len(schema.properties) else replace(schema, properties=properties)
        if "object" in schema.types and "object" in sent.types:
            return replace(schema, properties={**properties, **sent.properties})
        return replace(
            sent,
            xml=sent.xml if sent.xml != Xml() else schema.xml,
            nullable=sent.nullable or schema.nullable,
            encoding=_joined(sent.encoding, schema.encoding),
        )


def in_place(schema: Schema) -> list[Schema]:
    """The schemas that may describe the same value as a resolved one, as far as their conditions hold."""
    keywords = schema.keywords
    conditional = [keywords[name] for name in _CONDITION if isinstance(keywords.get(name), Schema)]
    return [
        *schema.one_of,
        *schema.any_of,
        *schema.all_of,
        *conditional,
        *keywords.get("dependentSchemas", {}).values(),
    ]


_SELECTING = ("discriminator_mapping", "discriminator_default", "discriminator_closed")
_CONDITION = ("if", "then", "else")


def _displaced(merged: dict[str, Any], part: Schema) -> list[Schema]:
    """What a part of an ``allOf`` takes the place of, as schemas that stay beside it: branches and conditions of the
    parts before it. The discriminator of branches stays with them."""
    displaced = []
    if part.one_of or part.any_of:
        earlier = {name: merged.pop(name) for name in ("one_of", "any_of") if name in merged}
        if earlier:
            names = ("discriminator", *_SELECTING)
            displaced.append(Schema(**earlier, **{name: merged.pop(name) for name in names if name in merged}))
        merged |= {name: getattr(part, name) for name in ("one_of", "any_of", *_SELECTING)}
    keywords = merged["keywords"]
    if "if" in keywords and "if" in part.keywords:
        displaced.append(Schema(keywords={name: keywords[name] for name in _CONDITION if name in keywords}))
        merged["keywords"] = {name: value for name, value in keywords.items() if name not in _CONDITION}
    return displaced


def _joined_keywords(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of two parts of an ``allOf``: of one that both have the later counts, unless it maps names or
    patterns to schemas."""
    joined = {**earlier, **later}
    for keyword in ("patternProperties", "dependentSchemas"):
        if keyword in earlier and keyword in later:
            joined[keyword] = {**earlier[keyword], **later[keyword]}
    return joined


def _joined(sent: Encoding | None, declared: Encoding | None) -> Encoding | None:
    """The encoding of what is sent, under the name that only the schema around it gives."""
    if sent is None or declared is None or sent.name is not None:
        return sent if sent is not None or declared is None else Encoding(name=declared.name)
    return replace(sent, name=declared.name)


_INHERITED: tuple[tuple[str, Any], ...] = (
    ("types", ()),
    ("format", None),
    ("enum", None),
    ("open_enum", False),
    ("nullable", False),
    ("read_only", False),
    ("write_only", False),
    ("additional", True),
    ("items", None),
    ("discriminator", None),
    ("default", MISSING),
    ("example", MISSING),
    ("xml", Xml()),
    ("wire", None),
)
"""What a schema takes from the parts of its ``allOf`` beside properties, keywords and required names, each with the
value that means "absent"."""
