"""Values at the boundaries of schemas, of which most faults of services come: the empty, the longest, the lowest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.engine.fuzz.strategies import ALPHABETS, Resolve, integer_bounds, without
from openconnectors.engine.model import Schema
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.formats import format_of

_MAX_DEPTH = 2  # levels of objects whose members are varied: each level multiplies the calls


def edges(plan: Plan, least: Mapping[str, Any], most: int = 60) -> list[dict[str, Any]]:
    """At most ``most`` variations of the least arguments, each with one value at a boundary of its schema."""
    members = {
        argument.wire: argument.name
        for argument in plan.arguments
        if argument.location == "property" and not argument.path
    }
    body = next((argument.name for argument in plan.arguments if argument.location == "body"), None)
    start = dict(least)
    if body is not None and members and isinstance(start.get(body), Mapping) and set(start[body]) <= members.keys():
        # The members of the body are arguments of their own, so that one at a time can be varied.
        start |= {members[name]: value for name, value in start.pop(body).items()}
    variations: list[dict[str, Any]] = []
    for argument in plan.arguments:
        if argument.hidden or (argument.location == "body" and members):
            continue
        values = boundary_values(plan.contract(argument.schema), plan.contract, start.get(argument.name))
        # An empty list is not written into a URL or a header field, and so breaks "required" there.
        variations += [
            {**start, argument.name: value} for value in values if value != [] or argument.location not in ALPHABETS
        ]
    return variations[:most]


def boundary_values(schema: Schema, resolve: Resolve, value: Any = None, depth: int = 0) -> list[Any]:
    """Values at the boundaries of a schema; of an object, ``value`` with one member at a boundary or without it."""
    kind, checks = next(iter(schema.types), ""), schema.keywords
    if schema.enum:
        return list(schema.enum)[:6]
    if kind == "integer":
        return list(integer_bounds(schema))
    if kind == "boolean":
        return [True, False]
    if kind == "string" and format_of(schema) is None and not checks.get("pattern"):
        least, most = int(checks.get("minLength", 0)), checks.get("maxLength")
        lengths = ["x" * least, "x" * (int(most) if most is not None and most < 5000 else 200)]
        characters = [text for text in ("ü", "'", '"', "a b", "%", "\U0001f600") if least <= 1 and most != 0]
        return lengths + characters
    if kind == "array":
        return [[]] if not int(checks.get("minItems", 0)) else []
    if kind == "object" and depth < _MAX_DEPTH:
        members = value if isinstance(value, Mapping) else {}
        variations: list[Any] = [without(name, members) for name in members if name not in schema.required]
        for name, member in schema.properties.items():
            if not member.read_only:
                inner = boundary_values(resolve(member), resolve, members.get(name), depth + 1)
                variations += [{**members, name: boundary} for boundary in inner]
        return variations
    return []
