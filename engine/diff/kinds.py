"""What a schema is of: types, listed values, formats, whether it has conditions that only values can decide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from openconnectors.engine.diff.limits import BOUNDS, COUNTS
from openconnectors.engine.diff.sides import Side
from openconnectors.engine.diff.simple import is_any, is_never
from openconnectors.engine.model import Schema
from openconnectors.engine.values.formats import format_of

_COMPARED = {*COUNTS, *BOUNDS, "multipleOf", "uniqueItems", "pattern", "const"}
"""Keywords that are compared by themselves. Others, such as ``if`` and ``contains``, are compared by values."""
_CONDITIONS = frozenset({"not", "if"})
_MUTE = {"deprecated", "examples", "title", "$comment", "contentEncoding", "contentMediaType", "contentSchema"}
_NAMELESS = frozenset({"password", "int32", "int64", "float", "double"})
"""Formats that say nothing of a text, or what limits say."""


def has_conditions(schema: Schema) -> bool:
    """Return True if a schema has keywords that are compared by values."""
    return bool(
        schema.any_of or schema.one_of or schema.all_of or schema.discriminator
        or set(schema.keywords) - _COMPARED - _MUTE
        or any(map(is_never, schema.properties.values()))
    )  # fmt: skip


def is_listed_otherwise(old: Schema, new: Schema) -> bool:
    """Return True if one of two schemas lists its values, and the other says by more than a type which it has."""
    if (listed(old) is None) == (listed(new) is None):
        return False
    other = old if listed(old) is None else new
    return bool(other.keywords or other.properties or has_conditions(other))


def is_by_values(schema: Schema) -> bool:
    """Return True if the types of a schema are those of its alternatives, or what a condition leaves."""
    return not schema.types and bool(
        schema.any_of or schema.one_of or schema.all_of or not _CONDITIONS.isdisjoint(schema.keywords)
    )


def are_bytes(old: Schema, new: Schema) -> bool:
    """Return True if one of two schemas is of bytes, and the other says nothing, as OpenAPI 3.1 describes bytes
    ("Considerations for File Uploads")."""
    return any(
        (row := format_of(schema)) is not None and row.raw and is_any(other)
        for schema, other in ((old, new), (new, old))
    )


def can_be_null(schema: Schema) -> bool:
    """Return True if null is one of the values of a schema."""
    return schema.nullable or "null" in schema.types


def types_of(schema: Schema) -> frozenset[str]:
    """The types that a schema has, or that the values have which it lists; none: any."""
    if schema.types:
        return frozenset(schema.types)
    if schema.enum is not None:
        return frozenset(map(type_of, schema.enum))
    return frozenset({"object"}) if schema.properties else frozenset()


def type_of(value: object) -> str:
    """The type of a value that is not null."""
    for name, kind in (("boolean", bool), ("string", str), ("integer", int), ("object", Mapping)):
        if isinstance(value, kind):
            return name
    return "array" if isinstance(value, list | tuple) else "number"


def can_be(schema: Schema, kind: str) -> bool:
    """Return True if a value of a schema can be of a type."""
    types = types_of(schema)
    return not types or kind in types


def covers(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """Return True if every value of the narrow types is of one of the wide ones."""
    if not wide:
        return True
    return bool(narrow) and all(name in wide or (name == "integer" and "number" in wide) for name in narrow)


def listed(schema: Schema) -> tuple[Any, ...] | None:
    """The values that a schema lists, in an order of their own; None if it takes others."""
    if schema.enum is None or schema.open_enum:
        return None
    distinct = {(type_of(value), json.dumps(value, sort_keys=True, default=str)): value for value in schema.enum}
    return tuple(value for _, value in sorted(distinct.items(), key=lambda item: item[0]))


def format_name(schema: Schema) -> str:
    """The format of texts, in lower case; empty for none, and for those that say nothing of a text."""
    name = (schema.format or "").lower()
    return "" if name in _NAMELESS else name


def openness(side: Side, additional: Schema | bool) -> int:
    """0 for an object without further members, 1 with members of one kind, 2 with any."""
    if isinstance(additional, Schema):
        written = side.written(additional, request=True)
        return {"{}": 2, '{"not": {}}': 0}.get(json.dumps(written), 1) if len(written) < 2 else 1
    return 2 if additional else 0
