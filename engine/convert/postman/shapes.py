"""Schemas of values: what examples have in common.

An example shows what may be, never what must be: no member is required, no text has a length. Two examples are put
together: members of both, types of both (JSON Schema 2020-12 has lists of types).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

_INTEGER = re.compile(r"0|-?[1-9]\d{0,14}")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})\.\d{1,15}")
_TYPES = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string"}
_ORDER = ("object", "array", "string", "integer", "number", "boolean", "null")

Schema = dict[str, Any]


class Shape(Struct, frozen=True):
    """What is known of values: their types, and the shapes of members and items."""

    types: frozenset[str] = frozenset()
    members: Mapping[str, Shape] = {}
    items: Shape | None = None

    def schema(self) -> Schema:
        """The JSON Schema: everything is valid where nothing is known."""
        types = [name for name in _ORDER if name in self.types]
        if "number" in types and "integer" in types:
            types.remove("integer")
        if not types or types == ["null"]:
            return {}
        schema: Schema = {"type": types[0] if len(types) == 1 else types}
        if self.members:
            schema["properties"] = {name: member.schema() for name, member in self.members.items()}
        if "array" in types:
            schema["items"] = self.items.schema() if self.items is not None else {}
        return schema


def shape_of(value: Any) -> Shape:
    """The shape of a JSON value."""
    if isinstance(value, Mapping):
        return Shape(frozenset({"object"}), {str(name): shape_of(inner) for name, inner in value.items()})
    if isinstance(value, list):
        return Shape(frozenset({"array"}), items=merged(map(shape_of, value)) if value else None)
    return Shape(frozenset({_TYPES[type(value)]}))


def merged(shapes: Iterable[Shape]) -> Shape:
    """The shape of values that have any of some shapes."""
    result = Shape()
    for shape in shapes:
        names = dict.fromkeys((*result.members, *shape.members))
        members = {
            name: merged(side.members[name] for side in (result, shape) if name in side.members) for name in names
        }
        items = [side.items for side in (result, shape) if side.items is not None]
        result = Shape(result.types | shape.types, members, merged(items) if items else None)
    return result


def text_schema(values: Iterable[str]) -> Schema:
    """The schema of a value that is written as text (in a URL, a header field, a form), by its examples."""
    texts = [value for value in values if value]
    if texts and all(_INTEGER.fullmatch(text) for text in texts):
        return {"type": "integer"}
    if texts and all(_INTEGER.fullmatch(text) or _NUMBER.fullmatch(text) for text in texts):
        return {"type": "number"}
    if texts and all(text in ("true", "false") for text in texts):
        return {"type": "boolean"}
    return {"type": "string"}


def value_of(text: str, schema: Schema) -> Any:
    """The value that a text is by its schema."""
    kind = schema.get("type")
    if kind == "integer":
        return int(text)
    return float(text) if kind == "number" else text == "true" if kind == "boolean" else text
