"""How many ways through a JSON Schema lead to one place of a value.

A validator that asks each branch, and each branch of a branch, takes the time of all ways: 60 definitions of two
branches each have 2 ** 60. Such a schema is not given to jsonschema-rs, whose work nothing stops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

_MAX_WAYS = 200_000
_DEFS = "#/$defs/"
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")


def has_bounded_ways(json_schema: Mapping[str, Any]) -> bool:
    """Return True if a JSON Schema judges one place of a value in a bounded number of ways. Definitions that refer to
    each other in a circle are counted once: they end with the value."""
    definitions: Mapping[str, Any] = json_schema.get("$defs", {})
    if len(definitions) < 2:
        return True
    ways: dict[str, int] = {}
    opened: set[str] = set()
    stack = list(definitions)
    targets: dict[str, Counter[str]] = {}
    while stack:
        name = stack[-1]
        if name not in opened:
            opened.add(name)
            targets[name] = _in_place(definitions.get(name))
            stack += [target for target in targets[name] if target not in opened]
            continue
        stack.pop()
        if name not in ways:
            ways[name] = 1 + sum(count * ways.get(target, 0) for target, count in targets[name].items())
            if ways[name] > _MAX_WAYS:
                return False
    return True


def _in_place(schema: Any) -> Counter[str]:
    """The definitions that a schema refers to for the same value, each with how often it does."""
    targets: Counter[str] = Counter()
    stack = [schema]
    while stack:
        node = stack.pop()
        if not isinstance(node, dict):
            continue
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(_DEFS):
            targets[reference[len(_DEFS) :]] += 1
        for keyword in _LISTS:
            stack += node.get(keyword, ())
        stack += [node[keyword] for keyword in _SINGLE if keyword in node]
        stack += node.get("dependentSchemas", {}).values()
    return targets
