"""What a schema says of its values, as far as it can be read off its keywords: types, range, names of properties."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openconnectors.engine.deferred import module
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Node, mapping
from openconnectors.engine.values.patterns import matches

if TYPE_CHECKING:
    import fractions
else:
    fractions = module("fractions")

TYPES = frozenset(("null", "boolean", "object", "array", "number", "integer", "string"))
_SINGLE = {name: frozenset({name}) for name in TYPES}
_NULLABLE = ("nullable", "x-nullable")


def is_number(value: object) -> bool:
    """Return True for a number of JSON."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value: object) -> bool:
    """Return True for a whole number that is not negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def types_of(schema: object) -> frozenset[str] | None:
    """The types of JSON Schema that a schema allows by its ``type``, integer within number; None for any."""
    if schema is False:
        return frozenset()
    kind = mapping(schema).get("type")
    if isinstance(kind, str) and kind != "number" and kind in TYPES and not _nullable(schema):
        return _SINGLE[kind]
    names = [kind] if isinstance(kind, str) else kind
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return None
    if not TYPES.issuperset(names):
        return None
    types = {*names, "integer"} if "number" in names else set(names)
    if _nullable(schema):
        types.add("null")
    return frozenset(types)


def _nullable(schema: object) -> bool:
    members = mapping(schema)
    return any(members[name] is True for name in _NULLABLE if name in members)


def in_words(types: frozenset[str]) -> str:
    """Types as a message names them."""
    names = types - {"integer"} if "number" in types else types
    return " or ".join(sorted(names)) or "nothing"


class Bound(NamedTuple):
    """The end of a range of numbers, and the keyword that sets it."""

    value: fractions.Fraction
    exclusive: bool
    keyword: str


def bounds(schema: Mapping[str, Any]) -> tuple[Bound | None, Bound | None]:
    """The lower and the upper end of a range of numbers: the narrower of the inclusive and the exclusive keyword, in
    either of their forms."""
    lower = list(_ends(schema, "minimum", "exclusiveMinimum"))
    upper = list(_ends(schema, "maximum", "exclusiveMaximum"))
    return (
        max(lower, key=lambda end: (end.value, end.exclusive), default=None),
        min(upper, key=lambda end: (end.value, not end.exclusive), default=None),
    )


def _ends(schema: Mapping[str, Any], inclusive: str, exclusive: str) -> Iterator[Bound]:
    if is_number(schema.get(inclusive)):
        yield Bound(fractions.Fraction(str(schema[inclusive])), schema.get(exclusive) is True, inclusive)
    if is_number(schema.get(exclusive)):
        yield Bound(fractions.Fraction(str(schema[exclusive])), True, exclusive)


def is_empty(lower: Bound | None, upper: Bound | None, step: fractions.Fraction | None = None) -> bool:
    """Return True if no number, or no multiple of a step, is between two ends."""
    if lower is None or upper is None:
        return False
    if step is not None:
        least, most = lower.value / step, upper.value / step
        first = math.floor(least) + 1 if lower.exclusive else math.ceil(least)
        last = math.ceil(most) - 1 if upper.exclusive else math.floor(most)
        return first > last
    same = lower.value == upper.value
    return lower.value > upper.value or (same and (lower.exclusive or upper.exclusive))


def values_of(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values that ``enum`` and ``const`` leave, by their text; None for any."""
    listed = schema.get("enum")
    values = {json.dumps(value, sort_keys=True): value for value in listed} if isinstance(listed, list) else None
    if "const" in schema:
        const = json.dumps(schema["const"], sort_keys=True)
        values = {const: schema["const"]} if values is None or const in values else {}
    return values


def is_closed(schema: Mapping[str, Any]) -> bool:
    """Return True if objects have no other properties than those that the schema names itself."""
    return schema.get("additionalProperties") is False and "$ref" not in schema


def allows(schema: Mapping[str, Any], name: str) -> bool:
    """Return True if a closed schema names a property, or has a pattern for it."""
    if name in mapping(schema.get("properties")):
        return True
    return any(matches(pattern, name) for pattern in mapping(schema.get("patternProperties")))


class Part(NamedTuple):
    """A schema that another one consists of: by ``allOf``, by ``$ref`` with keywords beside it, or itself.

    ``place`` is the pointer to report it at, outside of which it may be used by others; ``branch`` the number of the
    member of ``allOf`` that it comes from, -1 for the schema itself."""

    node: Node
    place: str
    branch: int

    def at(self, *steps: str | int) -> str:
        """The pointer of something inside the part; of the reference to it, if the part is elsewhere."""
        return self.node.at(*steps) if self.node.pointer.startswith(self.place) else self.place


def parts(node: Node, context: Context) -> list[Part]:
    """The schemas that must all be valid for a value of a schema, the schema itself last."""
    result: list[Part] = []
    seen = {node.pointer}
    waiting = [(child, child.pointer, index) for index, child in enumerate(_all_of(node, context))]
    if node.reference is not None:
        waiting.insert(0, (node, node.at("$ref"), -2))
    while waiting:
        child, place, branch = waiting.pop(0)
        target = context.tree.resolve(child)
        if target is not None and target.pointer not in seen:
            seen.add(target.pointer)
            result.append(Part(target, place, branch))
            waiting = [(inner, place, branch) for inner in _all_of(target, context)] + waiting
    return [*result, Part(node, node.pointer, -1)]


def _all_of(node: Node, context: Context) -> list[Node]:
    prefix = node.at("allOf") + "/"
    return [child for child in context.tree.children.get(node.pointer, ()) if child.pointer.startswith(prefix)]


def properties_named(schema: Node, name: str, context: Context) -> Iterator[Node]:
    """The schemas of a property, of those that a schema consists of and that it is a part of."""
    whole = schema
    while (
        whole.parent is not None
        and whole.parent.kind == "schema"
        and whole.pointer.startswith(whole.parent.at("allOf") + "/")
    ):
        whole = whole.parent
    for part in {*(part.node.pointer for part in parts(whole, context)), schema.pointer}:
        member = context.tree.nodes.get(f"{part}/properties/{escape(name)}")
        target = context.tree.resolve(member) if member is not None else None
        yield from (node for node in (member, target) if node is not None)
