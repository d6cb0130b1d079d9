"""A value that a schema accepts, and arguments that an operation accepts, made of the document alone: the same each
time."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st

from engine.codecs import OCTETS
from engine.errors import InvalidArguments
from engine.model import MISSING, Schema
from engine.plan import Argument, Options, Plan

Resolve = Callable[[Schema], Schema]

_TEXTS: Mapping[str, str] = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00",
    "date-time-rfc1123": "Sat, 31 Jan 2026 12:00:00 GMT",
    "duration": "P1D",
    "base64url": "ZXhhbXBsZQ",
    "byte": base64.b64encode(b"example").decode("ascii"),
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_DEEPEST = 12


def example(schema: Schema, resolve: Resolve) -> Any:
    """An example, a default or a first choice where the schema gives one; else the smallest value that fits, with
    every member. Optional members that hold themselves are left out."""
    return _Maker(resolve, told=True, whole=True).make(schema)


def minimal(plan: Plan) -> dict[str, Any]:
    """Arguments that make a request with as little as the operation allows, by Python name: what must be given, of
    the document's own examples where these fit their schemas."""
    made: dict[str, Any] = {}
    for told in (True, False):
        octets = 1 if plan.operation.fields else 0
        maker = _Maker(plan.contract, told=told, whole=False, octets=octets)
        made = {
            one.name: plan.operation.consumes[0] if _chooses(plan, one) else maker.make(one.schema)
            for one in plan.arguments
            if (plan.asked(one) or (one.required and not told))
            and one.location not in ("body", "property")
            and not one.hidden
        }
        body = plan.operation.body
        if body is not None and body.required:
            sent = plan.request_body(plan.operation.consumes[0]) if plan.operation.consumes else None
            whole: Any = b"example" if sent is not None and sent.codec is OCTETS else maker.make(body.schema)
            if plan.operation.fields:
                made |= {one.name: whole[one.wire] for one in plan.arguments if one.wire in whole and one.path}
            else:
                made[next(one.name for one in plan.arguments if one.location == "body")] = whole
        try:
            plan.request(made, "http://example.com", Options(), fixed=True)
            break
        except InvalidArguments:
            continue
    return made


def _chooses(plan: Plan, argument: Argument) -> bool:
    """Whether an argument chooses the media type of the body, and nothing says which there are."""
    chooses = argument.location == "header" and argument.wire.lower() == "content-type"
    return chooses and bool(plan.operation.consumes) and not plan.contract(argument.schema).enum


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes values: ``told`` of the document's own examples and defaults, ``whole`` with members that need not be,
    octets for what is binary down to a depth."""

    resolve: Resolve
    told: bool
    whole: bool
    octets: int = 1

    def make(self, schema: Schema, above: tuple[int, ...] = ()) -> Any:
        effective = self.resolve(schema)
        if self.told:
            for given in (schema.example, effective.example, effective.default):
                if given is not MISSING and given is not None:
                    return given
        if effective.enum:
            return next((one for one in effective.enum if one not in ("", None)), effective.enum[0])
        for parts in (effective.one_of, effective.any_of):
            if parts:
                return self.make(parts[0], (*above, id(effective)))
        kind = next(iter(effective.types), "object" if effective.properties else "")
        kind = "file" if effective.format == "file" else kind
        row = _KINDS.get(kind)
        return row(self, effective, above) if row else None

    def object(self, schema: Schema, above: tuple[int, ...]) -> Any:
        again = id(schema) in above or len(above) > _DEEPEST
        if again and above.count(id(schema)) > 1:
            return {}  # it must hold itself: no value is large enough
        required = {name for name in schema.required if name in schema.properties}
        some = required if again or not self.whole else schema.properties.keys()
        least = int(schema.checks.get("minProperties", 0))
        made = {
            name: self.make(one, (*above, id(schema)))
            for name, one in schema.properties.items()
            if name in some or (len(some) < least and not self.whole)
        }
        others = [name for name in schema.required if name not in schema.properties]
        if isinstance(schema.additional, Schema):
            made |= {name: self.make(schema.additional, (*above, id(schema))) for name in others}
        else:
            made |= dict.fromkeys(others, "text")
        return made

    def array(self, schema: Schema, above: tuple[int, ...]) -> Any:
        least = int(schema.checks.get("minItems", 0))
        if schema.items is None:
            return [None] * least
        again = id(self.resolve(schema.items)) in above or len(above) > _DEEPEST
        count = max(least, 0 if again or schema.checks.get("maxItems") == 0 else 1)
        scalar = not {"array", "object"} & set(self.resolve(schema.items).types)
        return [self.make(schema.items, above if scalar else (*above, id(schema))) for _ in range(count)]

    def string(self, schema: Schema, above: tuple[int, ...]) -> Any:
        if schema.format == "binary" and len(above) <= self.octets:
            return b"example"
        pattern = schema.checks.get("pattern")
        least, most = int(schema.checks.get("minLength", 0)), schema.checks.get("maxLength")
        if pattern:
            return _matching(str(pattern), least, most)
        text = _TEXTS.get(schema.format or "", "text")
        return text.ljust(least, "x")[: int(most)] if most is not None else text.ljust(least, "x")

    def number(self, schema: Schema, above: tuple[int, ...]) -> Any:
        checks = schema.checks
        low = checks.get("minimum", checks.get("exclusiveMinimum"))
        high = checks.get("maximum", checks.get("exclusiveMaximum"))
        one = (low is None or low <= 1) and (high is None or high >= 1)
        value: Any = 1 if one else low if low is not None else high
        if value == checks.get("exclusiveMinimum"):
            value += 1
        if value == checks.get("exclusiveMaximum"):
            value -= 1
        step = checks.get("multipleOf")
        if step:
            value = -(-value // step) * step
        return int(value) if "integer" in schema.types else value


@lru_cache(1024)
def _matching(pattern: str, least: int, most: Any) -> str:
    def fits(text: str) -> bool:
        return least <= len(text) and (most is None or len(text) <= most)

    quiet = settings(
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        return find(
            st.from_regex(pattern, fullmatch=True, alphabet=st.characters(max_codepoint=126)), fits, settings=quiet
        )
    except Exception:  # noqa: BLE001 - a pattern that is none, or that no text fits: there is no example of it
        return "text".ljust(least, "x")


_KINDS: Mapping[str, Callable[[_Maker, Schema, tuple[int, ...]], Any]] = {
    "object": _Maker.object,
    "array": _Maker.array,
    "string": _Maker.string,
    "integer": _Maker.number,
    "number": _Maker.number,
    "boolean": lambda maker, schema, above: True,
    "file": lambda maker, schema, above: b"example",
}
