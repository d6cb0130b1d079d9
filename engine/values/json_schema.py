"""Schemas written as JSON Schema 2020-12, for whoever judges values: ``validation``, and the sandbox's own judge.

Rule 1. What is written is the schema as declared, ``allOf`` and all: a validator understands it, its explanations name
the places that the document has, and ``unevaluatedProperties`` sees what each part has evaluated. (The sandbox, which
judges what is on the wire, writes resolved schemas.)

Rule 2. A reference becomes a definition, written once. A definition of a schema with a discriminator exists twice: the
schema alone, and the schema with its subtypes, of which the value's discriminator selects one. An ``allOf`` of a
subtype refers to the first, everything else to the second; otherwise a subtype would select itself without end.

Rule 3. A discriminator beside ``oneOf`` or ``anyOf`` selects the branch that a value has to fit, in place of all of
them (``discriminators``).

Rule 4. Formats are annotations: conversions check them. Only where they alone tell branches of ``oneOf`` apart they are
written, under names of our own (``objects``).

Rule 5. The keywords that assert something are written (``_ASSERTIONS``). References are the writer's own, so keywords
that name a schema or a base are not: ``$id`` would change the base of the references.

Rule 6. A member that does not travel in the direction of the value is not required (``one_way``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from openconnectors.engine.model import Schema, Service
from openconnectors.engine.values.discriminators import Selection, selection
from openconnectors.engine.values.formats import format_of
from openconnectors.engine.values.objects import or_object, parsing
from openconnectors.engine.values.one_way import NONE, OneWay
from openconnectors.engine.values.patterns import can_constrain, engine_of
from openconnectors.engine.values.resolved import ResolvedSchemas

_ASSERTIONS = frozenset(
    {
        # 2020-12 core, sections 10.2, 10.3 and 11
        *("not", "if", "then", "else", "dependentSchemas", "prefixItems", "contains", "patternProperties"),
        *("propertyNames", "unevaluatedItems", "unevaluatedProperties"),
        # 2020-12 validation, section 6
        *("const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"),
        *("maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains"),
        *("maxProperties", "minProperties", "dependentRequired"),
    }
)
"""The keywords that have no field of their own in ``Schema`` and that a value can break."""


class JsonSchemaWriter:
    """Writes schemas of one service. The definitions that they refer to are collected in ``defs``.

    ``request``: of values that are sent, where read-only members are not required, or that are received, where
    write-only ones are not; None: of either.
    ``resolved``: write the resolved form of each schema in place of the declared one.
    ``prefix``: the pointer below which ``defs`` will be put.
    ``objects``: of values in which formats may be objects already; texts of a format have to parse (``Fits``).
    """

    def __init__(
        self,
        service: Service,
        *,
        request: bool | None,
        resolved: ResolvedSchemas | None = None,
        prefix: str = "#/$defs/",
        objects: bool = False,
    ) -> None:
        self._service = service
        self._one_way = OneWay(service, request=request)
        self._resolved = resolved
        self._prefix = prefix
        self._objects = objects
        self._names: dict[tuple[str, bool, frozenset[str]], str] = {}
        # With the schemas, so that their ids are not given to other objects.
        self._selections: dict[int, tuple[Schema, Selection | None]] = {}
        self._waiting: list[tuple[str, Callable[[], dict[str, Any]]]] = []
        self.defs: dict[str, Any] = {}

    def write(self, schema: Schema) -> dict[str, Any]:
        """The JSON Schema of one schema; what it refers to is added to ``defs``."""
        written = self._write(schema)
        while self._waiting:  # not by recursion: definitions refer to one another in chains longer than Python's stack
            name, make = self._waiting.pop()
            self.defs[name] = make()
        return written

    def write_document(self, schema: Schema) -> dict[str, Any]:
        """The JSON Schema of one schema as a document of its own: with the definitions that it refers to."""
        written = self.write(schema)
        return {**written, "$defs": self.defs} if self.defs else written

    def _write(self, schema: Schema, absent: frozenset[str] = NONE, *, alone: bool = False) -> dict[str, Any]:
        """The JSON Schema of one schema. ``absent`` are members that are not
        sent, of the object that it is a part of; ``alone``: its discriminator selects nothing."""
        if schema.ref is not None:
            return self._reference(schema.ref)
        if self._resolved is not None:
            schema = self._resolved.resolve(schema)
        format_row = format_of(schema)
        if "file" in schema.types or (format_row is not None and format_row.raw and not schema.types):
            return {}
        if format_row is not None and format_row.raw:  # text is judged by its type alone, bytes are not judged at all
            text = {"type": ["string", "null"] if schema.nullable else "string"}
            return {} if self._objects else text
        absent |= self._one_way.absent(schema)
        written = self._assertions(schema)
        if schema.properties:
            written["properties"] = {name: self._write(inner) for name, inner in schema.properties.items()}
        required = [name for name in schema.required if name not in absent]
        if required:
            written["required"] = required
        if schema.additional is not True:
            written["additionalProperties"] = (
                schema.additional if schema.additional is False else self._write(schema.additional)
            )
        if schema.items is not None:
            written["items"] = self._write(schema.items)
        written |= self._branches(schema, absent, alone=alone)
        if self._objects and format_row is not None and format_row.decode is not None:
            written = or_object(written, (schema.format or "").lower(), format_row)
        # ``nullable`` without a type has no keyword that null could be added to.
        nullable = schema.nullable and bool(written) and not schema.types
        return {"anyOf": [written, {"type": "null"}]} if nullable else written

    def _assertions(self, schema: Schema) -> dict[str, Any]:
        """The keywords that look at a value itself, and those without a field of their own."""
        written = {
            keyword: self._write_keyword(keyword, value)
            for keyword, value in schema.keywords.items()
            if keyword in _ASSERTIONS
        }
        format_row = format_of(schema)
        for keyword, bound in format_row.checks.items() if format_row is not None else ():
            written.setdefault(keyword, bound)
        if "pattern" in written and not can_constrain(schema, written["pattern"]):
            del written["pattern"]
        if schema.types:
            types = [*schema.types, *(("null",) if schema.nullable else ())]
            written["type"] = types[0] if len(types) == 1 else types
        if schema.enum is not None and not schema.open_enum:
            written["enum"] = [*schema.enum, *((None,) if schema.nullable else ())]
        return written

    def _write_keyword(self, keyword: str, value: Any) -> Any:
        """The value of a keyword that has no field of its own: data, or a schema, or several in a row or by name."""
        if isinstance(value, Schema):
            return self._write(value)
        if isinstance(value, tuple) and keyword != "const":
            return [self._write_keyword(keyword, item) for item in value]
        if keyword == "patternProperties" and isinstance(value, Mapping):  # of the patterns that an engine reads
            return {pattern: self._write(inner) for pattern, inner in value.items() if engine_of(pattern) is not None}
        if keyword == "dependentSchemas" and isinstance(value, Mapping):
            return {name: self._write(inner) for name, inner in value.items()}
        return value

    def _branches(self, schema: Schema, absent: frozenset[str], *, alone: bool) -> dict[str, Any]:
        """``allOf``, ``anyOf`` and ``oneOf``, and what a discriminator makes of them."""
        written: dict[str, Any] = {}
        # The parent that a branch extends does not offer that branch again.
        for keyword, parts in (("anyOf", schema.any_of), ("oneOf", schema.one_of)):
            if parts and not alone:
                written[keyword] = [self._write(part) for part in parts]
        if "oneOf" in written:
            written["oneOf"] = self._told_apart(schema.one_of, written["oneOf"])
        conjunction: list[Any] = []
        for part in schema.all_of:
            branch = self._part(schema, part, absent)
            if branch not in conjunction:  # documents name a part twice; its problems are reported once
                conjunction.append(branch)
        chosen = self._selection(schema) if written else None
        if chosen is not None:
            branches = {"oneOf": written.pop("oneOf")} if schema.one_of else {"anyOf": written.pop("anyOf")}
            conjunction.append(self._selected(chosen, branches))
        return {**written, "allOf": conjunction} if conjunction else written

    def _told_apart(self, parts: tuple[Schema, ...], branches: list[Any]) -> list[Any]:
        """The branches of ``oneOf``, with their formats checked if these alone tell two of them apart: a text that is a
        date is no date-time."""
        rows = [None if part.ref is not None else format_of(part) for part in parts]
        checked = [row is not None and row.kind is str and row.decode is not None for row in rows]
        if sum(checked) < 2:
            return branches
        return [
            parsing(branch, (part.format or "").lower()) if is_checked else branch
            for part, branch, is_checked in zip(parts, branches, checked, strict=True)
        ]

    def _part(self, schema: Schema, part: Schema, absent: frozenset[str]) -> Any:
        """A part of a schema's ``allOf``; see rules 2 and 5."""
        if part.ref is None:
            return self._write(part, absent)
        if absent:
            absent = (absent - self._one_way.absent(part)) & self._one_way.required(part)
        target = self._service.schemas[part.ref]
        selects = target.discriminator is not None or bool(target.one_of or target.any_of)
        is_subtype = selects and schema.at in self._service.subtypes.get(part.ref, ())
        return self._reference(part.ref, absent, alone=is_subtype)

    def _reference(self, ref: str, absent: frozenset[str] = NONE, *, alone: bool = False) -> dict[str, Any]:
        """A reference to the definition of a schema, which is written if it was not yet."""
        schema = self._service.schemas[ref]
        chosen = self._selection(schema)
        key = (ref, alone and (chosen is not None or bool(schema.one_of or schema.any_of)), absent)
        if key not in self._names:
            name = self._names[key] = f"{len(self._names)}"
            make: Callable[[], dict[str, Any]] = partial(self._definition, schema, absent, alone=alone)
            if chosen is not None and not alone and not schema.one_of and not schema.any_of:
                make = partial(self._with_subtypes, ref, chosen, absent)
            self._waiting.append((name, make))
        return {"$ref": self._prefix + self._names[key]}

    def _selection(self, schema: Schema) -> Selection | None:
        if id(schema) not in self._selections:
            self._selections[id(schema)] = (schema, selection(self._service, schema))
        return self._selections[id(schema)][1]

    def _definition(self, schema: Schema, absent: frozenset[str], *, alone: bool) -> dict[str, Any]:
        """A definition, with the name that explanations give it."""
        written = self._write(schema, absent, alone=alone)
        return {"title": schema.name, **written} if schema.name is not None else written

    def _with_subtypes(self, ref: str, chosen: Selection, absent: frozenset[str]) -> dict[str, Any]:
        """A schema together with the subtype that the value's discriminator selects."""
        return {"allOf": [self._reference(ref, absent, alone=True), self._selected(chosen, {})]}

    def _selected(self, chosen: Selection, branches: dict[str, Any]) -> dict[str, Any]:
        """The schema that a discriminator selects for each value; the branches where it leaves the choice open."""
        member, known = chosen.member, chosen.known

        def of_object(values: list[Any] | None) -> dict[str, Any]:
            described = {"properties": {member: {"enum": values}}} if values is not None else {}
            return {"type": "object", "required": [member], **described}

        cases = [
            {"if": of_object(chosen.values(ref)), "then": self._reference(ref)}
            for ref in dict.fromkeys(chosen.references.values())
        ]
        otherwise = branches
        if chosen.default is not None:
            otherwise = {"if": {"type": "object"}, "then": self._reference(chosen.default), "else": branches}
        elif chosen.closed:
            otherwise = {
                "if": of_object(None),
                "then": {"properties": {member: {"enum": known}}},
                "else": branches,
            }
        if not otherwise:
            return {"allOf": cases}
        return {"if": of_object(known), "then": {"allOf": cases}, "else": otherwise}
