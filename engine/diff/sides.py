"""One of the two versions: its document, the service that it describes, and what its schemas accept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.loader import service_of
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Tree
from openconnectors.engine.model import Operation, Schema
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.resolved import ResolvedSchemas

_NULL = "null"


class Side:
    """A version of a document as its callers see it.

    Raises ``InvalidDocument`` if it cannot be read as a service. An operation that cannot be read is not among the
    ``operations``; ``unreadable`` has why, by its name.
    """

    def __init__(self, document: Document, properties: Document | None) -> None:
        self.document = document
        self.service = service_of(document, properties)
        self.context = Context(document, Tree(document), properties)
        self.operations: dict[str, Operation] = {}
        self.unreadable: dict[str, InvalidDocument] = {}
        for name in self.service.operations:
            try:
                self.operations[name] = self.service.operations[name]
            except InvalidDocument as error:
                self.unreadable[name] = error
        self._resolved = ResolvedSchemas(self.service, wire=False)
        # By identity; the schemas are kept with what is known of them, so that an id is not given to another object.
        self._plain: dict[int, tuple[Schema, Schema]] = {}

    def says_media_types(self, name: str) -> bool:
        """Return True if media types and credentials say what a header field of this name has: an OpenAPI 3 document
        that describes it is not listened to (3.1, "Parameter Object")."""
        return not self.context.tree.swagger2 and name.lower() in ("accept", "content-type", "authorization")

    def plain(self, schema: Schema) -> Schema:
        """A schema as simply as it can be said: references followed, ``allOf`` merged; alternatives that are a value or
        null, a list of values or a list of types said as such. Two that are written otherwise are often the same so."""
        resolved = self._resolved.resolve(schema)
        known = self._plain.get(id(resolved))
        if known is None:
            known = self._plain[id(resolved)] = (resolved, self._simplified(resolved))
        return known[1]

    def written(self, schema: Schema, *, request: bool) -> Mapping[str, Any]:
        """The JSON Schema 2020-12 of the values of a schema that are sent, or received."""
        return JsonSchemaWriter(self.service, request=request).write_document(schema)

    def _simplified(self, schema: Schema) -> Schema:
        seen = {id(schema)}
        while True:
            simpler = self._without_null(_as_enum(schema))
            if simpler is None or id(simpler) in seen:
                return _as_enum(schema)
            seen.add(id(simpler))
            schema = simpler

    def _without_null(self, schema: Schema) -> Schema | None:
        """The schema whose alternatives were it or null, types, or values; None if they are others."""
        if bool(schema.any_of) == bool(schema.one_of) or schema.all_of or schema.discriminator is not None:
            return None
        branches = [_as_enum(self._resolved.resolve(branch)) for branch in schema.any_of or schema.one_of]
        is_null = [branch.types == (_NULL,) and not branch.keywords for branch in branches]
        rest = [branch for branch, null in zip(branches, is_null, strict=True) if not null]
        nullable = schema.nullable or any(is_null)
        if _says_nothing(schema) and len(rest) == 1:
            return replace(rest[0], nullable=rest[0].nullable or nullable, read_only=schema.read_only,
                           write_only=schema.write_only, default=schema.default)  # fmt: skip
        if any(branch.nullable for branch in rest) or not rest:
            return None
        if all(branch.enum is not None and _is_bare(replace(branch, enum=None)) for branch in rest):
            values = [value for branch in rest for value in branch.enum or ()]
            types = tuple(dict.fromkeys(name for branch in rest for name in branch.types))
            if len(values) == len({repr(value) for value in values}) and (not schema.types or types == schema.types):
                is_open = any(branch.open_enum for branch in rest)
                listed = replace(schema, any_of=(), one_of=(), enum=tuple(values), types=types)
                return replace(listed, nullable=nullable, open_enum=is_open)
        if _says_nothing(schema) and all(branch.types and _is_bare(branch) for branch in rest):
            types = tuple(dict.fromkeys(name for branch in rest for name in branch.types))
            is_exact = schema.any_of or not {"integer", "number"} <= set(types)
            return replace(schema, any_of=(), one_of=(), types=types, nullable=nullable) if is_exact else None
        return None


def _as_enum(schema: Schema) -> Schema:
    """A schema whose constant is a list of one value; null is not in the list."""
    keywords, enum, nullable = schema.keywords, schema.enum, schema.nullable
    if enum is None and "const" in keywords:
        enum = (keywords["const"],)
        keywords = {name: value for name, value in keywords.items() if name != "const"}
    types = schema.types
    if "file" in types:  # what Swagger 2.0 has for bytes
        return _as_enum(replace(schema, types=tuple("string" if name == "file" else name for name in types),
                                format=schema.format or "binary"))  # fmt: skip
    if enum is not None and None in enum:
        is_allowed = not types or _NULL in types or nullable
        enum, nullable = tuple(value for value in enum if value is not None), nullable or is_allowed
    if _NULL in types and len(types) > 1:
        types, nullable = tuple(name for name in types if name != _NULL), True
    default = schema.default
    if types == ("string",):  # documents write true and 1 for texts
        default = _as_text(default)
        enum = enum if enum is None or all(isinstance(value, str) for value in enum) else tuple(map(_as_text, enum))
    if enum is schema.enum and nullable == schema.nullable and types == schema.types and default is schema.default:
        return schema
    return replace(schema, keywords=keywords, enum=enum, nullable=nullable, types=types, default=default)


def _as_text(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _says_nothing(schema: Schema) -> bool:
    """Return True if a schema has its alternatives and no assertion beside them."""
    return not schema.types and _is_bare(replace(schema, any_of=(), one_of=()))


def _is_bare(schema: Schema) -> bool:
    """Return True if a schema asserts types and nothing else."""
    return (
        schema.enum is None
        and schema.format is None
        and not (schema.properties or schema.required or schema.keywords or schema.items is not None)
        and schema.additional is True
        and not (schema.all_of or schema.any_of or schema.one_of)
    )
