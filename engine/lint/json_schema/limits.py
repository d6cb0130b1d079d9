"""Limits: those that no value is within, and those that change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from openconnectors.engine.deferred import module
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.schema_facts import bounds, is_closed, is_count, is_empty, is_number
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node

if TYPE_CHECKING:
    import fractions
else:
    fractions = module("fractions")

# fmt: off
RULES.add(
    Rule("limits-contradict", "error", "schema parameter items header",
         members="minimum maximum minLength maxLength minItems maxItems minProperties maxProperties "
                 "exclusiveMinimum exclusiveMaximum minContains maxContains contains",
         why="No value is within limits that contradict each other.",
         fix="Correct one of the limits."),
    Rule("range-empty", "error", "schema parameter items header",
         members="minimum maximum exclusiveMinimum exclusiveMaximum",
         why="No number is in the range, so no value is valid.",
         fix="Correct one of its ends, or multipleOf."),
    Rule("limit-without-effect", "warning", "schema parameter items header",
         members="exclusiveMinimum exclusiveMaximum minContains prefixItems",
         why="A limit that another keyword makes narrower, or that every value keeps, changes nothing.",
         fix="Remove it, or write the limit that is meant."),
    Rule("format-range", "warning", "schema parameter items header", members="format",
         why="Numbers of the format end before this limit (Data Type Format).",
         fix="Correct the limit, or use a wider format."),
)
# fmt: on

_PAIRS = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)


@check("limits-contradict")
def _limits(node: Node, context: Context) -> Iterator[Finding]:
    for lower, upper in _PAIRS:
        least, most = node.get(lower), node.get(upper)
        if is_number(least) and is_number(most) and least > most:
            yield Finding(node.at(lower), f"{lower} {least} is greater than {upper} {most}")
    for name in ("exclusiveMinimum", "exclusiveMaximum"):
        limit = name.removeprefix("exclusive").lower()
        if node.get(name) is True and not node.has(limit):
            yield Finding(node.at(name), f"{name} has no effect without {limit}")
    yield from _counts(node, context)


@check("range-empty")
def _range(node: Node, context: Context) -> Iterator[Finding]:
    lower, upper = bounds(node.value)
    if lower is None or upper is None:
        return
    if lower.keyword == "minimum" and upper.keyword == "maximum" and lower.value > upper.value:
        return  # limits-contradict
    between = f"between {lower.keyword} {float(lower.value):g} and {upper.keyword} {float(upper.value):g}"
    step = node.get("multipleOf")
    if is_empty(lower, upper):
        flags = [name for name in ("exclusiveMinimum", "exclusiveMaximum") if node.get(name) is True]
        yield Finding(node.at(flags[0] if flags else lower.keyword), f"no number is {between}")
    elif node.get("type") == "integer" and is_empty(lower, upper, fractions.Fraction(1)):
        yield Finding(node.at(lower.keyword), f"no whole number is {between}")
    elif is_number(step) and step > 0 and is_empty(lower, upper, fractions.Fraction(str(step))):
        yield Finding(node.at("multipleOf"), f"no multiple of {step} is {between}")


def _counts(node: Node, context: Context) -> Iterator[Finding]:
    """Findings about numbers of items and properties that contradict what else a schema says."""
    required, most = node.array("required"), node.get("maxProperties")
    if is_count(most) and len(set(map(str, required))) > most:
        message = f"{len(required)} properties are required, but at most {most} are allowed"
        yield Finding(node.at("maxProperties"), message)
    least = node.get("minProperties")
    if is_count(least) and is_closed(node.value) and not node.has("patternProperties"):
        number = len(node.mapping("properties"))
        if least > number:
            yield Finding(node.at("minProperties"), f"there are {number} properties and no others, fewer than {least}")
    least, items = node.get("minItems"), node.get("items")
    if is_count(least) and items is False and least > len(node.array("prefixItems")):
        message = f"there are {len(node.array('prefixItems'))} items and no others, fewer than {least}"
        yield Finding(node.at("minItems"), message)
    if is_count(least) and node.get("uniqueItems") is True:
        schema = context.tree.resolved(node.at("items"))
        count = _distinct(schema) if schema is not None else None
        if count is not None and least > count:
            yield Finding(node.at("minItems"), f"only {count} different items exist, fewer than {least}")
    yield from _contained(node)


def _distinct(items: Node) -> int | None:
    """How many different items there can be; None for any number."""
    if isinstance(items.get("enum"), list):
        return len(items.array("enum"))
    return 1 if items.has("const") else 2 if items.get("type") == "boolean" else None


def _contained(node: Node) -> Iterator[Finding]:
    least, most, items = node.get("minContains", 1), node.get("maxContains"), node.get("maxItems")
    if not node.has("contains") or not is_count(least):
        return
    if is_count(most) and least > most:
        keyword = "minContains" if node.has("minContains") else "maxContains"
        yield Finding(node.at(keyword), f"minContains {least} is greater than maxContains {most}")
    elif is_count(items) and least > items:
        keyword = "minContains" if node.has("minContains") else "maxItems"
        yield Finding(node.at(keyword), f"minContains {least} is greater than maxItems {items}")


@check("limit-without-effect")
def _without_effect(node: Node, context: Context) -> Iterator[Finding]:
    for inclusive, exclusive, end in (
        ("minimum", "exclusiveMinimum", 0),
        ("maximum", "exclusiveMaximum", 1),
    ):
        if is_number(node.get(inclusive)) and is_number(node.get(exclusive)):
            bound = bounds(node.value)[end]
            other = inclusive if bound is not None and bound.keyword == exclusive else exclusive
            message = f"{other} changes nothing: {inclusive if other == exclusive else exclusive} is narrower"
            yield Finding(node.at(other), message, key=True)
    if node.get("minContains") == 0 and node.has("contains") and not node.has("maxContains"):
        yield Finding(node.at("minContains"), "with minContains 0, `contains` is valid for every array", key=True)
    prefix, most = node.array("prefixItems"), node.get("maxItems")
    if is_count(most) and len(prefix) > most:
        yield Finding(node.at("maxItems"), f"{len(prefix)} items are described, but at most {most} are allowed")


_RANGES = {"int32": 31, "int64": 63}
"""The formats of whole numbers, and their bits beside the sign."""


@check("format-range")
def _format_range(node: Node, context: Context) -> Iterator[Finding]:
    bits = _RANGES.get(str(node.get("format")))
    if bits is None or node.get("type") not in ("integer", "number"):
        return
    for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        limit = node.get(keyword)
        # Writers of documents round 2^63 - 1 to what a double holds, which is 2^63.
        if is_number(limit) and abs(limit) > 2**bits:
            yield Finding(node.at(keyword), f"{keyword} {limit} is outside the format {node.get('format')!r}")
