"""A value that a schema accepts, made of the schema alone: the same each time."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, find, settings
from hypothesis import strategies as st

from engine.model import MISSING, Schema

Resolve = Callable[[Schema], Schema]

_TEXTS: Mapping[str, str] = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "byte": base64.b64encode(b"example").decode("ascii"),
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_DEEPEST = 12


def example(schema: Schema, resolve: Resolve, above: tuple[int, ...] = ()) -> Any:
    """An example, a default or a first choice where the schema gives one; else the smallest value that
    fits. Optional members that hold themselves are left out."""
    effective = resolve(schema)
    for given in (schema.example, effective.example, effective.default):
        if given is not MISSING:
            return given
    if effective.enum:
        return effective.enum[0]
    for parts in (effective.one_of, effective.any_of):
        if parts:
            return example(parts[0], resolve, (*above, id(effective)))
    kind = next(iter(effective.types), "object" if effective.properties else "")
    make = _KINDS.get(kind)
    return make(effective, resolve, above) if make else None


def _object(schema: Schema, resolve: Resolve, above: tuple[int, ...]) -> Any:
    again = id(schema) in above or len(above) > _DEEPEST
    if again and above.count(id(schema)) > 1:
        return {}  # it must hold itself: no value is large enough
    return {
        name: example(one, resolve, (*above, id(schema)))
        for name, one in schema.properties.items()
        if name in schema.required or not again
    }


def _array(schema: Schema, resolve: Resolve, above: tuple[int, ...]) -> Any:
    least = int(schema.checks.get("minItems", 0))
    if schema.items is None:
        return [None] * least
    again = id(resolve(schema.items)) in above or len(above) > _DEEPEST
    count = max(least, 0 if again or schema.checks.get("maxItems") == 0 else 1)
    return [example(schema.items, resolve, (*above, id(schema))) for _ in range(count)]


def _string(schema: Schema, resolve: Resolve, above: tuple[int, ...]) -> Any:
    if schema.format == "binary":
        return b"example"
    pattern = schema.checks.get("pattern")
    least, most = int(schema.checks.get("minLength", 0)), schema.checks.get("maxLength")
    if pattern:
        return _matching(str(pattern), least, most)
    text = _TEXTS.get(schema.format or "", "text")
    return text.ljust(least, "x")[: int(most)] if most is not None else text.ljust(least, "x")


@lru_cache(1024)
def _matching(pattern: str, least: int, most: Any) -> str:
    def fits(text: str) -> bool:
        return least <= len(text) and (most is None or len(text) <= most)

    quiet = settings(database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    try:
        return find(
            st.from_regex(pattern, fullmatch=True, alphabet=st.characters(max_codepoint=126)), fits, settings=quiet
        )
    except Exception:  # noqa: BLE001 - a pattern that is none, or that no text fits: there is no example of it
        return "text".ljust(least, "x")


def _number(schema: Schema, resolve: Resolve, above: tuple[int, ...]) -> Any:
    checks = schema.checks
    low = checks.get("minimum", checks.get("exclusiveMinimum"))
    high = checks.get("maximum", checks.get("exclusiveMaximum"))
    value: Any = 1 if (low is None or low <= 1) and (high is None or high >= 1) else low if low is not None else high
    if value == checks.get("exclusiveMinimum"):
        value += 1
    if value == checks.get("exclusiveMaximum"):
        value -= 1
    step = checks.get("multipleOf")
    if step:
        value = -(-value // step) * step
    return int(value) if "integer" in schema.types else value


_KINDS: Mapping[str, Callable[[Schema, Resolve, tuple[int, ...]], Any]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _number,
    "number": _number,
    "boolean": lambda schema, resolve, above: True,
    "file": lambda schema, resolve, above: b"example",
}
