"""Values that a schema accepts, made of the document alone; see ``examples``.

Rule 1. The simplest value is made of what tells most: an example, a constant, a first choice, a first branch, the type.

Rule 2. A schema whose other keywords may refuse that value is asked; then values beside it are tried, each once: with
what applies on a condition, with fewer members or items, of other types.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.model import ANY, MISSING, NEVER, Schema
from openconnectors.engine.plan.example_texts import TEXTS, matching
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.codecs import codec_for, json
from openconnectors.engine.values.codecs.binding import MAX_DEPTH
from openconnectors.engine.values.scalars import scalar
from openconnectors.engine.values.scalars import text as written

_UNTYPED: Mapping[str | None, str] = {"int32": "integer", "int64": "integer", "float": "number", "double": "number"}
"""The type of a schema that has a format and no type; text for other formats."""

_LISTS = frozenset(("prefixItems", "contains", "minItems", "uniqueItems"))
"""Keywords that are about lists alone."""

_TRICKY = frozenset(
    {
        *("not", "if", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties", "contains", "propertyNames"),
        *("patternProperties", "prefixItems", "uniqueItems"),
    }
)
"""Keywords that the simplest value may break."""
_MAX_TRIED = 20
"""Members or items that are left out of a value in turn."""
_DEEPEST = 12
"""Levels down to which optional members are made: deeper ones make an example that nobody reads."""

MAX_NODES = 20_000
"""Values in one example; after half of them optional members are left out. Schemas that hold each other several times
grow by the power of their depth."""
_MAX_ITEMS = 1_000
_MAX_MEMBERS = 100
_MAX_LENGTH = 1_000_000
"""Documents ask for a minItems, minProperties or minLength of a thousand million."""
_MAX_REPEATED = 500
"""For a pattern that repeats more, only a few likely texts are tried: to generate one takes seconds."""


class ExampleValues:
    """Makes the values of one example: of the document's own examples and defaults if ``from_document``, with
    ``optional`` members, for a ``request`` or a response, with bytes for what is binary down to ``bytes_depth``."""

    def __init__(self, plan: Plan, *, from_document: bool, optional: bool, request: bool, bytes_depth: int) -> None:
        self._plan = plan
        self._from_document = from_document
        self._optional = optional
        self._request = request
        self._bytes_depth = bytes_depth
        self._left = MAX_NODES
        self._trying = False
        self._parts: dict[tuple[int, int], tuple[Schema, Schema]] = {}

    def accepts(self, schema: Schema, value: object) -> bool:
        """True if a schema accepts a value."""
        return self._plan.accepts(schema, value, request=self._request)

    def of(self, schema: Schema) -> Any:
        """A value of a schema; None if none can be made."""
        try:
            return self.value(schema, ())
        except RecursionError:  # the schemas are less deep than MAX_DEPTH, and the caller's stack is nearly full
            return None

    def value(self, schema: Schema, above: tuple[int, ...]) -> Any:
        """A value of a schema, None beyond the bounds; ``above`` are the ids of the schemas around it."""
        effective = self._plan.contract(schema)
        self._left -= 1
        if self._left < 0 or len(above) > MAX_DEPTH:
            return None
        if self._from_document:
            for documented in (schema.example, effective.example, schema.default, effective.default):
                if documented in (MISSING, None):
                    continue
                fitted = self._fitted(schema, effective, documented, above)
                if fitted is not MISSING:
                    return fitted
        simplest = self._simplest(schema, effective, above)
        if _is_plain(effective) or self._trying or self.accepts(schema, simplest):
            return simplest
        self._trying = True  # what is tried is not tried again within: the time would be a power of the depth
        try:
            others = self._others(schema, effective, simplest, above)
            return next((other for other in others if self.accepts(schema, other)), simplest)
        finally:
            self._trying = False

    def _simplest(self, schema: Schema, effective: Schema, above: tuple[int, ...]) -> Any:
        """The value that the most telling keyword of a schema leads to."""
        if "const" in effective.keywords:
            return effective.keywords["const"]
        if effective.enum:
            return next((choice for choice in effective.enum if choice not in ("", None)), effective.enum[0])
        parts = effective.one_of or effective.any_of
        if parts:
            return self._part(schema, effective, parts, (*above, id(effective)))
        return self._subtype(effective, above) or self._kind(effective, above)

    def _subtype(self, effective: Schema, above: tuple[int, ...]) -> dict[str, Any] | None:
        """An object of a schema that extends this one, if the enum of the discriminator lists only those."""
        name = effective.discriminator or ""
        listed = self._plan.contract(effective.properties[name]).enum if name in effective.properties else None
        if not listed or (effective.discriminator_value or effective.name) in listed:
            return None
        selection = self._plan.compiler.contract.selection(effective)
        for value, ref in selection.references.items() if selection is not None else ():
            if value in listed:
                inner = self.value(Schema(ref=ref, at=effective.at), (*above, id(effective)))
                return {**inner, name: value} if isinstance(inner, dict) else None
        return None

    def _kind(self, effective: Schema, above: tuple[int, ...]) -> Any:
        """A value of a schema's first type; without a type, of the type that its members or its format suggest."""
        guess = _UNTYPED.get(effective.format, "string") if effective.format else ""
        if effective.properties or effective.required or isinstance(effective.additional, Schema):
            guess = "object"
        elif "contentMediaType" in effective.keywords:
            guess = "string"
        elif effective.items is not None or not _LISTS.isdisjoint(effective.keywords):
            guess = "array"
        kind = next(iter(effective.types), guess)
        row = _KINDS.get("file" if effective.format == "file" else kind)
        return row(self, effective, above) if row else None

    def _fitted(self, schema: Schema, effective: Schema, documented: Any, above: tuple[int, ...]) -> Any:
        """What a document gives as an example: as it is, typed, or with the members that fit; MISSING if the schema
        accepts none of these."""
        if self.accepts(schema, documented):
            return documented
        if isinstance(documented, str):
            typed = scalar(documented, effective)
        elif isinstance(documented, (int, float)) and "string" in effective.types:
            typed = written(documented)
        elif isinstance(documented, dict) and effective.properties:
            typed = self.object(effective, above, documented)
        elif isinstance(documented, list) and effective.items is not None and len(documented) <= _MAX_ITEMS:
            inner = self._plan.contract(effective.items)
            items = [self._fitted(effective.items, inner, item, (*above, id(effective))) for item in documented]
            typed = [item for item in items if item is not MISSING]
        else:
            return MISSING
        return typed if self.accepts(schema, typed) else MISSING

    def _part(self, schema: Schema, effective: Schema, parts: tuple[Schema, ...], above: tuple[int, ...]) -> Any:
        """A value of the first part that leads to one which the whole schema accepts; else of the first. Parts that
        accept each other's smallest values are told apart by their optional members."""
        first = MISSING
        for value in self._part_values(effective, parts, above):
            if self.accepts(schema, value):
                return value
            first = value if first is MISSING else first
        if effective.one_of and not self._optional:
            self._optional = True
            fuller = self._part_values(effective, parts, above)
            first = next((value for value in fuller if self.accepts(schema, value)), first)
            self._optional = False
        return first

    def _part_values(self, effective: Schema, parts: tuple[Schema, ...], above: tuple[int, ...]) -> Iterator[Any]:
        """A value of each part, with the value of the discriminator that selects it."""
        around = replace(effective, one_of=(), any_of=(), discriminator=None)
        selection = self._plan.compiler.contract.selection(effective)
        for part in parts:
            value = self.value(self._joined(effective, around, part), above)
            keys = [key for key, ref in selection.references.items() if ref == part.ref] if selection else []
            if selection and isinstance(value, dict) and keys and value.get(selection.member) not in keys:
                value = {**value, selection.member: keys[0]}
            yield value

    def _joined(self, effective: Schema, around: Schema, part: Schema) -> Schema:
        """A schema together with a part of it, the same each time it is asked for."""
        if _says_nothing(around):
            return part
        key = (id(effective), id(part))
        if key not in self._parts:
            self._parts[key] = (effective, Schema(all_of=(around, part), at=effective.at))
        return self._parts[key][1]

    def _others(self, schema: Schema, effective: Schema, value: Any, above: tuple[int, ...]) -> Iterator[Any]:
        """Values beside the simplest: with each part that applies on a condition, with fewer members or items, of other
        types."""
        keywords = effective.keywords
        without = {name: inner for name, inner in keywords.items() if name not in ("if", "then", "else")}
        around = replace(effective, keywords=without)
        conditional = [keywords[name] for name in ("then", "else") if isinstance(keywords.get(name), Schema)]
        for part in (*conditional, *keywords.get("dependentSchemas", {}).values(), *effective.all_of):
            yield self._simplest_of(Schema(all_of=(around, part), at=effective.at), above)
        if isinstance(keywords.get("if"), Schema):
            held = tuple(keywords[name] for name in ("if", "then") if isinstance(keywords.get(name), Schema))
            yield self._simplest_of(Schema(all_of=(around, *held), at=effective.at), above)
        if isinstance(value, dict):
            yield {name: member for name, member in value.items() if name in effective.required}
            yield from ({key: value[key] for key in value if key != name} for name in list(value)[:_MAX_TRIED])
        if isinstance(value, list):
            yield from (value[:count] for count in range(min(len(value), _MAX_TRIED) - 1, -1, -1))
            yield [_varied(item, index, None) for index, item in enumerate(value[:_MAX_TRIED])]
        yield from ("text", 1, True, None, [], {}, 0, False, "", 1.5)

    def _simplest_of(self, schema: Schema, above: tuple[int, ...]) -> Any:
        return self._simplest(schema, self._plan.contract(schema), above)

    def object(self, schema: Schema, above: tuple[int, ...], documented: Mapping[str, Any] | None = None) -> Any:
        """An object; documented members are taken as far as they fit."""
        documented = documented or {}
        again = id(schema) in above or len(above) > _DEEPEST or self._left < MAX_NODES // 2
        if again and above.count(id(schema)) > 1:
            return {}  # the schema requires itself: no finite value is valid
        required = set(schema.required)
        least = _count(schema.keywords.get("minProperties"))
        members: dict[str, Any] = {}
        for name, member in schema.properties.items():
            if name in documented:
                fitted = self._fitted(member, self._plan.contract(member), documented[name], (*above, id(schema)))
                if fitted is not MISSING:
                    members[name] = fitted
                    continue
            if name == schema.discriminator:
                kind = schema.discriminator_value or schema.name
                if kind is not None and self.accepts(member, kind):
                    members[name] = kind
                    continue
            if name in required or (self._optional and not again) or (len(required) < least and not self._optional):
                members[name] = self.value(member, (*above, id(schema)))
                forbids = name not in required and "not" in self._plan.contract(member).keywords
                if forbids and not self.accepts(member, members[name]):
                    del members[name]
        rest = schema.additional
        dependent = schema.keywords.get("dependentRequired", {})
        wanted = [name for holder, names in dependent.items() if holder in members for name in names]
        for name in dict.fromkeys(wanted):
            if name in schema.properties and name not in members:
                members[name] = self.value(schema.properties[name], (*above, id(schema)))
        for name in dict.fromkeys([*schema.required, *wanted]):
            if name not in schema.properties:
                members[name] = self.value(rest, (*above, id(schema))) if isinstance(rest, Schema) else "text"
        for index in range(len(members), min(least, _MAX_MEMBERS) if rest is not False else 0):
            inner = rest if isinstance(rest, Schema) else Schema(types=("string",))
            members[f"member{index + 1}"] = self.value(inner, (*above, id(schema)))
        if rest is True:
            members |= {name: value for name, value in documented.items() if name not in schema.properties}
        return members

    def array(self, schema: Schema, above: tuple[int, ...]) -> Any:
        """A list of one item, or of as few as the schema allows; with the items that it must have at its beginning, or
        somewhere (``contains``)."""
        first = [self.value(item, (*above, id(schema))) for item in schema.keywords.get("prefixItems", ())]
        if "contains" in schema.keywords:
            contained = max(_count(schema.keywords.get("minContains", 1)), 0)
            first += [self.value(schema.keywords["contains"], (*above, id(schema))) for _ in range(min(contained, 9))]
        least = max(min(_count(schema.keywords.get("minItems")), _MAX_ITEMS) - len(first), 0)
        if schema.items is None or first:
            return first + ([self.value(schema.items or ANY, (*above, id(schema)))] * least if least else [])
        items = self._plan.contract(schema.items)
        again = id(items) in above or len(above) > _DEEPEST or self._left < MAX_NODES // 2
        count = max(least, 0 if again or schema.keywords.get("maxItems") == 0 else 1)
        inner = above if not {"array", "object"} & set(items.types) else (*above, id(schema))
        values = []
        for _ in range(count):
            if self._left < 0:
                break
            values.append(self.value(schema.items, inner))
        if schema.keywords.get("uniqueItems") and count > 1:
            values = [_varied(value, index, items.enum) for index, value in enumerate(values)]
        return values

    def string(self, schema: Schema, above: tuple[int, ...]) -> Any:
        """A text of the schema's format, length and pattern; an invalid one if a valid one would take too long."""
        if schema.format == "binary" and len(above) <= self._bytes_depth:
            return b"example"
        content = schema.keywords.get("contentSchema")
        if isinstance(content, Schema) and codec_for(str(schema.keywords.get("contentMediaType"))) is json.CODEC:
            return json.encode(self.value(content, (*above, id(schema)))).decode()
        pattern = schema.keywords.get("pattern")
        least = min(_count(schema.keywords.get("minLength")), _MAX_LENGTH)
        most = _number(schema.keywords.get("maxLength"))
        text = TEXTS.get(schema.format or "", "text").ljust(least, "x")
        text = text if most is None else text[: max(int(min(most, _MAX_LENGTH)), 0)]
        if not isinstance(pattern, str):
            return text
        counts = sorted({int(count) for count in re.findall(r"\{([0-9]{1,6})", pattern)})
        # One letter or digit, repeated, fits a pattern of one class with a count, such as ^[0-9]{10}$.
        likely = [text, *(letter * count for count in counts for letter in "aA1" if count <= _MAX_LENGTH)]
        known = next((candidate for candidate in likely if self.accepts(schema, candidate)), None)
        if known is None and (not counts or counts[-1] <= _MAX_REPEATED):
            known = matching(pattern, least, most)
        return text if known is None else known

    def number(self, schema: Schema, above: tuple[int, ...]) -> Any:
        """The first number that fits, of 1 and those at and beside the bounds."""
        limits = [limit for name in _BOUNDS if (limit := _number(schema.keywords.get(name))) is not None]
        step = _number(schema.keywords.get("multipleOf"))
        # 1 first: the plainest id, page or size; 0 last.
        likely = [1, *limits, *(limit + 1 for limit in limits), *(limit - 1 for limit in limits), 0]
        likely += [sum(limits) / len(limits)] if limits else []
        if step is not None and step > 0:
            likely = [*(_multiple(number, step) for number in likely), *likely]
        numbers = [int(number) if "integer" in schema.types else number for number in likely if math.isfinite(number)]
        return next((number for number in numbers if self.accepts(schema, number)), numbers[0])


def _is_plain(schema: Schema) -> bool:
    """True if the simplest value of a resolved schema is one that it accepts."""
    branches = schema.one_of or schema.any_of or schema.all_of
    return not branches and _TRICKY.isdisjoint(schema.keywords) and schema.items is not NEVER


def _says_nothing(schema: Schema) -> bool:
    """True if what is beside the branches of a schema does not matter to its values."""
    described = schema.types or schema.properties or schema.required or schema.keywords or schema.all_of
    return not described and schema.additional is True and schema.items is None and schema.enum is None


_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


def _number(limit: object) -> float | None:
    """A limit that is a number; None for what documents write in its place."""
    return limit if isinstance(limit, (int, float)) and abs(limit) < 1e300 and not isinstance(limit, bool) else None


def _count(limit: object) -> int:
    """A limit as a count; 0 for a missing or wrong one."""
    return max(int(_number(limit) or 0), 0)


def _multiple(number: float, step: float) -> float:
    """The smallest multiple of a step that is not below a number."""
    try:
        return math.ceil(number / step) * step
    except (OverflowError, ZeroDivisionError):
        return number


def _varied(value: Any, index: int, enum: tuple[Any, ...] | None) -> Any:
    """An item that differs from those before it, for a list of unique items."""
    if enum:
        return enum[index % len(enum)]
    if isinstance(value, bool):
        return value != bool(index % 2)
    if isinstance(value, str) and index:
        return f"{value}{index}"
    if isinstance(value, dict) and value:
        name = next(iter(value))
        return {**value, name: _varied(value[name], index, None)}
    return value + index if isinstance(value, (int, float)) else value


_KINDS: Mapping[str, Callable[[ExampleValues, Schema, tuple[int, ...]], Any]] = {
    "object": ExampleValues.object,
    "array": ExampleValues.array,
    "string": ExampleValues.string,
    "integer": ExampleValues.number,
    "number": ExampleValues.number,
    "boolean": lambda examples, schema, above: True,
    "file": lambda examples, schema, above: b"example",
}
