"""Schemas that must all be valid at once, by ``allOf`` or by ``$ref`` with keywords beside it: whether any value is.

Parts of the same member of ``allOf`` are compared where that member is checked, so that a contradiction is reported
where it arises and not at every schema above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.schema_facts import (
    Part,
    allows,
    bounds,
    in_words,
    is_closed,
    is_empty,
    is_number,
    parts,
    types_of,
    values_of,
)
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node

# fmt: off
RULES.add(
    Rule("type-contradicts", "error", "schema", members="allOf $ref",
         why="No value has two types at once.",
         fix="Use the same type in the schema and in those that it extends."),
    Rule("parts-contradict", "error", "schema", members="allOf $ref",
         why="No value is valid against all the schemas that this one consists of.",
         fix="Correct the keyword in one of them."),
    Rule("property-contradicts", "warning", "schema", members="allOf $ref",
         why="No value of this property is valid against all the schemas that describe it, so it can never be sent.",
         fix="Describe it in one schema, or in the same way."),
    Rule("closed-extended", "error", "schema", members="allOf anyOf oneOf $ref",
         why="`additionalProperties: false` looks at the properties beside it only: it refuses those of the other "
             "schemas of an allOf (JSON Schema core 10.3.2.3).",
         fix="Close only the schema that is not extended; in OpenAPI 3.1, write unevaluatedProperties: false there."),
)
# fmt: on


def _parts(node: Node, context: Context) -> list[Part]:
    """The parts of a schema, if there are several."""
    if not node.has("allOf") and (node.reference is None or len(node.value) == 1 or not _siblings(context)):
        return []
    known = context.once(_known)
    if node.pointer not in known:
        known[node.pointer] = parts(node, context)
    return known[node.pointer]


def _siblings(context: Context) -> bool:
    """Whether keywords beside a ``$ref`` of a schema count."""
    return context.document.conventions.json_schema


def _known(context: Context) -> dict[str, list[Part]]:
    """The parts of the schemas that a rule has asked for, which others ask for again."""
    return {}


@check("type-contradicts")
def _types(node: Node, context: Context) -> Iterator[Finding]:
    left: frozenset[str] | None = None
    for part in _parts(node, context):
        types = types_of(part.node.value)
        if types is None:
            continue
        if left is not None and not left & types:
            place = part.node.at("type") if part.branch == -1 else part.place
            message = f"the type is {in_words(types)} here and {in_words(left)} elsewhere in the same schema"
            yield Finding(place, message)
            return
        left = types if left is None else left & types


@check("parts-contradict")
def _contradictions(node: Node, context: Context) -> Iterator[Finding]:
    schemas = [part for part in _parts(node, context) if isinstance(part.node.value, dict)]
    for index, part in enumerate(schemas):
        for other in schemas[:index]:
            if part.branch != other.branch:
                message = _contradiction(other.node.value, part.node.value)
                if message is not None:
                    yield Finding(part.at(message[0]), f"no value is valid: {message[1]}")
                    return


_PAIRS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))


def _contradiction(first: dict[str, Any], second: dict[str, Any]) -> tuple[str, str] | None:
    """The keyword of the second schema that excludes every value of the first, and why."""
    values, others = values_of(first), values_of(second)
    if values is not None and others is not None and not values.keys() & others.keys():
        keyword = "enum" if "enum" in second else "const"
        return keyword, f"none of the values of this {keyword} is allowed elsewhere in the same schema"
    for lower, upper in ((bounds(first)[0], bounds(second)[1]), (bounds(second)[0], bounds(first)[1])):
        if is_empty(lower, upper) and lower is not None and upper is not None:
            keyword = lower.keyword if lower.keyword in second else upper.keyword
            return keyword, f"{lower.keyword} is {float(lower.value):g}, and {upper.keyword} {float(upper.value):g}"
    for least, most in _PAIRS:
        for low, high in ((first, second), (second, first)):
            if is_number(low.get(least)) and is_number(high.get(most)) and low[least] > high[most]:
                return most if high is second else least, f"{least} is {low[least]}, and {most} {high[most]}"
    return None


@check("property-contradicts")
def _properties(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, tuple[frozenset[str], int]] = {}
    for part in _parts(node, context):
        for name in part.node.mapping("properties"):
            schema = context.tree.resolved(part.node.at("properties", name))
            types = types_of(schema.value) if schema is not None else None
            if types is None:
                continue
            before, branch = seen.setdefault(name, (types, part.branch))
            if branch != part.branch and not before & types:
                message = (
                    f"{name!r} has type {in_words(types)} here and {in_words(before)} elsewhere in the same schema"
                )
                yield Finding(part.at("properties", name), message)


@check("closed-extended")
def _closed(node: Node, context: Context) -> Iterator[Finding]:
    schemas = [part for part in _parts(node, context) if isinstance(part.node.value, dict)]
    for part in schemas:
        keyword = _closing(part, context)
        if keyword is None:
            continue
        refused = {
            name: other
            for other in schemas
            for name in other.node.mapping("properties")
            if other.branch != part.branch and not allows(part.node.value, name) and _may_be(other, name, context)
        }
        if refused:
            others = ", ".join(map(repr, list(refused)[:5]))
            place = part.node.at(keyword)
            yield Finding(place, f"{keyword}: false refuses {others}, of the other schemas of {node.name!r}")
            first = next(iter(refused))
            message = f"{first!r} can never be sent: the schema is combined with a closed one that lacks it"
            yield Finding(refused[first].at("properties", first), message, key=True)
    if not schemas and is_closed(node.value):
        yield from _closed_branches(node, context)


def _closing(part: Part, context: Context) -> str | None:
    """The keyword by which a part refuses the properties of other parts."""
    if is_closed(part.node.value) or (_siblings(context) and part.node.get("additionalProperties") is False):
        return "additionalProperties"
    # That of the whole schema sees what its parts evaluate; that of a part sees nothing of the others.
    return "unevaluatedProperties" if part.branch != -1 and part.node.get("unevaluatedProperties") is False else None


def _may_be(part: Part, name: str, context: Context) -> bool:
    """Return False for a property that its schema itself forbids."""
    return part.node.mapping("properties")[name] is not False


def _closed_branches(node: Node, context: Context) -> Iterator[Finding]:
    for child in context.tree.children.get(node.pointer, ()):
        target = context.tree.resolve(child)
        if target is None or not child.pointer.startswith((node.at("anyOf") + "/", node.at("oneOf") + "/")):
            continue
        refused = [name for name in target.mapping("properties") if not allows(node.value, name)]
        if refused:
            message = f"additionalProperties: false refuses {refused[0]!r}, of the combined schema {child.name}"
            yield Finding(node.at("additionalProperties"), message)
            place = target.at("properties", refused[0]) if target is child else child.pointer
            yield Finding(place, f"{refused[0]!r} can never be sent: the schema around this one is closed", key=True)
            return
