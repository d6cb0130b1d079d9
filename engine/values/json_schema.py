"""Schemas written as JSON Schema 2020-12, for whoever judges values: ``validation``, and the sandbox's own judge.

Rule 1. What is written is the schema as declared, ``allOf`` and all: a validator understands it, and its explanations
name the places that the document has. (The sandbox, which judges what is on the wire, writes resolved schemas.)

Rule 2. A reference becomes a definition, written once. A definition of a schema with a discriminator exists twice: the
schema alone, and the schema with its subtypes, of which the value's discriminator selects one. An ``allOf`` refers to
the first, everything else to the second; otherwise a subtype would select itself without end.

Rule 3. Every keyword of a schema is written but those that name it (``_NAMES``): references are the writer's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from openconnectors.engine.model import Schema, Service
from openconnectors.engine.values.formats import format_of
from openconnectors.engine.values.patterns import can_constrain
from openconnectors.engine.values.resolved import ResolvedSchemas, discriminator_values

_NAMES = frozenset({"$id", "$schema", "$anchor", "$vocabulary", "$defs"})
"""Keywords about a schema's own place (2020-12 core, section 8). In what is written, ``$id`` would change the base of
the references, and ``$defs`` are those of the writer."""


class JsonSchemaWriter:
    """Writes schemas of one service. The definitions that they refer to are collected in ``defs``.

    ``request``: read-only properties are not required (Swagger 2.0, "Schema Object": they are not sent).
    ``resolved``: write the resolved form of each schema in place of the declared one.
    ``prefix``: the pointer below which ``defs`` will be put.
    """

    def __init__(
        self, service: Service, *, request: bool, resolved: ResolvedSchemas | None = None, prefix: str = "#/$defs/"
    ) -> None:
        self._service = service
        self._request = request
        self._resolved = resolved
        self._prefix = prefix
        self._names: dict[str, str] = {}
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

    def _write(self, schema: Schema) -> dict[str, Any]:
        if schema.ref is not None:
            return self._reference(schema.ref, with_subtypes=True)
        if self._resolved is not None:
            schema = self._resolved.resolve(schema)
        format_row = format_of(schema)
        if "file" in schema.types or (format_row is not None and format_row.raw and not schema.types):
            return {}
        if format_row is not None and format_row.raw:  # text is judged by its type alone, bytes are not judged at all
            return {"type": ["string", "null"] if schema.nullable else "string"}
        written = {
            keyword: self._write_keyword(value) for keyword, value in schema.keywords.items() if keyword not in _NAMES
        }
        if format_row is not None:
            for keyword, bound in format_row.checks.items():
                written.setdefault(keyword, bound)
        if "pattern" in written and not can_constrain(schema, written["pattern"]):
            del written["pattern"]
        if schema.types:
            types = [*schema.types, *(("null",) if schema.nullable else ())]
            written["type"] = types[0] if len(types) == 1 else types
        if schema.enum is not None and not schema.open_enum:
            written["enum"] = [*schema.enum, *((None,) if schema.nullable else ())]
        if schema.properties:
            written["properties"] = {name: self._write(inner) for name, inner in schema.properties.items()}
        required = [name for name in schema.required if not (self._request and self._is_read_only(schema, name))]
        if required:
            written["required"] = required
        if schema.additional is not True:
            written["additionalProperties"] = (
                schema.additional if schema.additional is False else self._write(schema.additional)
            )
        if schema.items is not None:
            written["items"] = self._write(schema.items)
        for keyword, parts in (("allOf", schema.all_of), ("anyOf", schema.any_of), ("oneOf", schema.one_of)):
            if parts:
                branches = [self._branch(schema, part) for part in parts]
                if keyword == "allOf":  # documents name a part twice; its problems are reported once
                    branches = [branch for index, branch in enumerate(branches) if branch not in branches[:index]]
                written[keyword] = branches
        # ``nullable`` without a type has no keyword that null could be added to.
        nullable = schema.nullable and bool(written) and not schema.types
        return {"anyOf": [written, {"type": "null"}]} if nullable else written

    def _write_keyword(self, value: Any) -> Any:
        """The value of a keyword that has no field of its own: data, or a schema, or several in a row or by name."""
        if isinstance(value, Schema):
            return self._write(value)
        if isinstance(value, tuple):
            return [self._write_keyword(item) for item in value]
        if isinstance(value, Mapping):
            return {name: self._write_keyword(item) for name, item in value.items()}
        return value

    def _branch(self, schema: Schema, part: Schema) -> dict[str, Any]:
        """A part of a schema's ``allOf``, ``anyOf`` or ``oneOf``; see rule 2."""
        if part.ref is None:
            return self._write(part)
        discriminates = self._service.schemas[part.ref].discriminator is not None
        is_subtype = schema.at in self._service.subtypes.get(part.ref, ())
        return self._reference(part.ref, with_subtypes=discriminates and not is_subtype)

    def _is_read_only(self, schema: Schema, name: str) -> bool:
        property_schema = schema.properties.get(name)
        return property_schema is not None and self._service.resolve(property_schema).read_only

    def _reference(self, ref: str, *, with_subtypes: bool) -> dict[str, Any]:
        """A reference to the definition of a schema, which is written if it was not yet."""
        schema = self._service.schemas[ref]
        subtypes = discriminator_values(self._service, schema) if with_subtypes and schema.discriminator else []
        key = f"{ref} with subtypes" if subtypes else ref
        if key not in self._names:
            name = self._names[key] = f"{len(self._names)}"
            make = partial(self._selection, schema, ref, subtypes) if subtypes else partial(self._write, schema)
            self._waiting.append((name, make))
        return {"$ref": self._prefix + self._names[key]}

    def _selection(self, schema: Schema, ref: str, subtypes: list[tuple[str, str]]) -> dict[str, Any]:
        """A schema together with the subtype that the value's discriminator selects."""
        alone = self._reference(ref, with_subtypes=False)
        selected = [
            {
                "if": {"required": [schema.discriminator], "properties": {schema.discriminator: {"const": value}}},
                "then": self._reference(subtype, with_subtypes=False),
            }
            for value, subtype in subtypes
        ]
        return {"allOf": [alone, *selected]}
