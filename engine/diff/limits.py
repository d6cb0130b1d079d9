"""The limits of a schema as one number each, however they are written: bounds of numbers, counts of things, steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from math import inf
from typing import Any

from openconnectors.engine.model import Schema
from openconnectors.engine.values.formats import format_of

COUNTS: Mapping[str, bool] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties", "minContains"), False),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties", "maxContains"), True),
}
"""Limits of a number of things, and whether each is an upper one."""
BOUNDS = frozenset({"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"})
OF_TYPE: Mapping[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType", "contentSchema"}),
    "number": BOUNDS | {"multipleOf"},
    "array": frozenset({"minItems", "maxItems", "uniqueItems", "minContains", "maxContains", "contains", "prefixItems",
                        "unevaluatedItems"}),
    "object": frozenset({"minProperties", "maxProperties", "patternProperties", "propertyNames", "dependentRequired",
                         "dependentSchemas", "unevaluatedProperties"}),
}  # fmt: skip
"""The keywords that look at values of a type only (2020-12 core, section 7.6.1)."""


def bound(schema: Schema, upper: bool) -> tuple[float, int]:
    """The lower or upper bound of numbers, and 1 if it is beyond itself (-1 if below): the stricter of those that are
    written. Of integers it is the outermost integer that is allowed."""
    inclusive, exclusive = ("maximum", "exclusiveMaximum") if upper else ("minimum", "exclusiveMinimum")
    row = format_of(schema)
    checks = dict(row.checks) if row is not None else {}
    pairs: list[tuple[float, int]] = [(inf if upper else -inf, 0)]
    step = -1 if upper else 1
    for name, side in ((inclusive, 0), (exclusive, step)):
        for source in ({**checks, **schema.keywords}, checks):
            number = source.get(name)
            if isinstance(number, int | float) and not isinstance(number, bool):
                pairs.append(_whole(number, side, upper) if is_whole(schema) else (number, side))
    return min(pairs) if upper else max(pairs)


def _whole(number: float, side: int, upper: bool) -> tuple[float, int]:
    """The bound of integers that a bound of numbers means."""
    if abs(number) == inf:
        return number, 0
    rounded = math.floor(number) if upper else math.ceil(number)
    return (rounded + side if rounded == number else rounded), 0


def count(schema: Schema, name: str, required: int) -> float:
    """A limit of a number of things, as if it were written if it is not; ``required`` members are at least there."""
    number = schema.keywords.get(name)
    if not isinstance(number, int | float) or isinstance(number, bool):
        number = 1 if name == "minContains" else inf if COUNTS[name] else 0
    if name == "minItems" and "contains" in schema.keywords:
        return max(number, count(schema, "minContains", 0))
    return max(number, required) if name == "minProperties" else number


def finite(number: float) -> float | None:
    """The number; None if it is infinite."""
    return number if abs(number) != inf else None


def step(schema: Schema) -> Any:
    """What numbers are multiples of; None if it is nothing, or 1 of integers."""
    number = schema.keywords.get("multipleOf")
    return None if is_whole(schema) and number is not None and divides(number, 1) else number


def divides(step: float, number: float) -> bool:
    """Return True if a number is a multiple of a step."""
    quotient = number / step
    return abs(quotient - round(quotient)) < 1e-9


def is_whole(schema: Schema) -> bool:
    """Return True if the numbers of a schema are integers."""
    return "integer" in schema.types and "number" not in schema.types
