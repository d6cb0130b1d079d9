"""A value that a schema accepts, and arguments that an operation accepts, made of the document alone: the same each
time.

What a document gives as an example is used where its schema accepts it, else typed as the schema has it, else member
by member. Nothing here raises, whatever the document: a schema that holds itself without end, contradicts itself or
wants a list of a thousand million gets a value that is too small for it. All work is bounded by ``MAX_NODES``.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from openconnectors.engine.errors import ConnectorError, InvalidArguments
from openconnectors.engine.model import MISSING, Schema
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.codecs import BINARY
from openconnectors.engine.values.codecs.binding import MAX_DEPTH
from openconnectors.engine.values.styles import scalar
from openconnectors.engine.values.styles import text as written

_TEXTS: Mapping[str, str] = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00",
    "date-time-rfc1123": "Sat, 31 Jan 2026 12:00:00 GMT",
    "duration": "P1D",
    "base64url": "ZXhhbXBsZQ",
    "byte": base64.b64encode(b"example").decode("ascii"),
    "decimal": "12.34",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_UNTYPED: Mapping[str | None, str] = {"int32": "integer", "int64": "integer", "float": "number", "double": "number"}
"""The type of what has a format and no type; text for other formats."""

_DEEPEST = 12
"""Levels down to which members that need not be there are made."""

MAX_NODES = 20_000
_MAX_ITEMS = 1_000
_MAX_MEMBERS = 100
_MAX_REPEATED = 500
"""A pattern that repeats more is looked for in few texts only: making one of its own takes its time."""
_MAX_LENGTH = 1_000_000


def example(schema: Schema, plan: Plan) -> Any:
    """An example, a default or a first choice where the schema gives one; else the smallest value that fits, with
    every member. Optional members that hold themselves are left out."""
    value = None
    for given in (True, False):
        value = _Maker(plan, given=given, whole=True, request=False, octets=0).of(schema)
        if plan.accepts(schema, value):
            break
    return value


def minimal(plan: Plan) -> dict[str, Any]:
    """Arguments that make a request with as little as the operation allows, by Python name: what must be given, of
    the document's own examples where these fit their schemas."""
    arguments: dict[str, Any] = {}
    for given in (True, False):
        octets = 1 if plan.operation.fields else 0
        maker = _Maker(plan, given=given, whole=False, request=True, octets=octets)
        arguments = {
            one.name: plan.operation.consumes[0] if _chooses(plan, one) else maker.of(one.schema)
            for one in plan.arguments
            if (one.needed or (one.required and not given))
            and one.location not in ("body", "property")
            and not one.hidden
        }
        body = plan.operation.body
        if body is not None and body.required:
            sent = plan.bodies.request(plan.operation.consumes[0]) if plan.operation.consumes else None
            whole: Any = b"example" if sent is not None and sent.codec is BINARY else maker.of(body.schema)
            if plan.operation.fields:
                arguments |= {one.name: whole[one.wire] for one in plan.arguments if one.path and one.wire in whole}
            else:
                arguments |= {one.name: whole for one in plan.arguments if one.location == "body"}
        try:
            plan.request(arguments, "http://example.com", Options(), fixed=True)
            break
        except InvalidArguments:
            continue
        except ConnectorError:
            break
    return arguments


def _chooses(plan: Plan, argument: Argument) -> bool:
    """Whether an argument chooses the media type of the body, and nothing says which there are."""
    chooses = argument.location == "header" and argument.wire.lower() == "content-type"
    return chooses and bool(plan.operation.consumes) and not plan.contract(argument.schema).enum


class _Maker:
    """Makes values: of the document's own examples and defaults where they are ``given``, ``whole`` with members that
    need not be there, ``octets`` for what is binary down to a depth."""

    def __init__(self, plan: Plan, *, given: bool, whole: bool, request: bool, octets: int) -> None:
        self._plan = plan
        self._given = given
        self._whole = whole
        self._request = request
        self.octets = octets
        self._left = MAX_NODES

    def accepts(self, schema: Schema, value: Any) -> bool:
        """Whether a value keeps to a schema."""
        return self._plan.accepts(schema, value, request=self._request)

    def of(self, schema: Schema) -> Any:
        """A value of a schema; None where none can be made."""
        try:
            return self.value(schema, ())
        except RecursionError:
            return None

    def value(self, schema: Schema, above: tuple[int, ...]) -> Any:
        """A value of a schema that stands in those ``above``."""
        effective = self._plan.contract(schema)
        self._left -= 1
        if self._left < 0 or len(above) > MAX_DEPTH:
            return None
        if self._given:
            for one in (schema.example, effective.example, schema.default, effective.default):
                mended = self._mended(schema, effective, one, above) if one not in (MISSING, None) else MISSING
                if mended is not MISSING:
                    return mended
        if effective.enum:
            return next((one for one in effective.enum if one not in ("", None)), effective.enum[0])
        parts = effective.one_of or effective.any_of
        if parts:
            return self._part(schema, effective, parts, (*above, id(effective)))
        return self._kind(effective, above)

    def _kind(self, effective: Schema, above: tuple[int, ...]) -> Any:
        guess = "object" if effective.properties or effective.required else _UNTYPED.get(effective.format, "string")
        kind = next(iter(effective.types), guess if effective.format or guess == "object" else "")
        row = _KINDS.get("file" if effective.format == "file" else kind)
        return row(self, effective, above) if row else None

    def _mended(self, schema: Schema, effective: Schema, given: Any, above: tuple[int, ...]) -> Any:
        """What a document gives as an example: as it is, typed, or with the members that fit; MISSING where it is no
        example of this schema."""
        if self.accepts(schema, given):
            return given
        if isinstance(given, str):
            typed = scalar(given, effective)
        elif isinstance(given, (int, float)) and "string" in effective.types:
            typed = written(given)
        elif isinstance(given, dict) and effective.properties:
            typed = self.object(effective, above, given)
        elif isinstance(given, list) and effective.items is not None and len(given) <= _MAX_ITEMS:
            inner = self._plan.contract(effective.items)
            made = [self._mended(effective.items, inner, one, (*above, id(effective))) for one in given]
            typed = [one for one in made if one is not MISSING]
        else:
            return MISSING
        return typed if self.accepts(schema, typed) else MISSING

    def _part(self, schema: Schema, effective: Schema, parts: tuple[Schema, ...], above: tuple[int, ...]) -> Any:
        """A value of the first part that leads to one which the whole schema accepts; else of the first."""
        own = self._kind(effective, above) if effective.properties or effective.required else {}
        made = None
        for index, part in enumerate(parts):
            value = self.value(part, above)
            value = {**own, **value} if isinstance(value, dict) and isinstance(own, dict) else value
            if self.accepts(schema, value):
                return value
            made = value if index == 0 else made
        return made

    def object(self, schema: Schema, above: tuple[int, ...], given: Mapping[str, Any] | None = None) -> Any:
        """An object; members that are ``given`` are taken as far as they fit."""
        given = given or {}
        again = id(schema) in above or len(above) > _DEEPEST or self._left < MAX_NODES // 2
        if again and above.count(id(schema)) > 1:
            return {}  # it must hold itself: no value is large enough
        required = set(schema.required)
        least = _count(schema.keywords.get("minProperties"))
        made: dict[str, Any] = {}
        for name, one in schema.properties.items():
            if name in given:
                mended = self._mended(one, self._plan.contract(one), given[name], (*above, id(schema)))
                if mended is not MISSING:
                    made[name] = mended
                    continue
            if name == schema.discriminator:
                kind = schema.discriminator_value or schema.name
                if kind is not None and self.accepts(one, kind):
                    made[name] = kind
                    continue
            if name in required or (self._whole and not again) or (len(required) < least and not self._whole):
                made[name] = self.value(one, (*above, id(schema)))
        rest = schema.additional
        for name in schema.required:
            if name not in schema.properties:
                made[name] = self.value(rest, (*above, id(schema))) if isinstance(rest, Schema) else "text"
        for index in range(len(made), min(least, _MAX_MEMBERS) if rest is not False else 0):
            inner = rest if isinstance(rest, Schema) else Schema(types=("string",))
            made[f"member{index + 1}"] = self.value(inner, (*above, id(schema)))
        if rest is True:
            made |= {name: one for name, one in given.items() if name not in schema.properties}
        return made

    def array(self, schema: Schema, above: tuple[int, ...]) -> Any:
        """A list of one item, or as few as there may be."""
        least = min(_count(schema.keywords.get("minItems")), _MAX_ITEMS)
        if schema.items is None:
            return [None] * least
        items = self._plan.contract(schema.items)
        again = id(items) in above or len(above) > _DEEPEST or self._left < MAX_NODES // 2
        count = max(least, 0 if again or schema.keywords.get("maxItems") == 0 else 1)
        inner = above if not {"array", "object"} & set(items.types) else (*above, id(schema))
        made = []
        for _ in range(count):
            if self._left < 0:
                break
            made.append(self.value(schema.items, inner))
        if schema.keywords.get("uniqueItems") and count > 1:
            made = [_varied(one, index, items.enum) for index, one in enumerate(made)]
        return made

    def string(self, schema: Schema, above: tuple[int, ...]) -> Any:
        """A text."""
        if schema.format == "binary" and len(above) <= self.octets:
            return b"example"
        pattern = schema.keywords.get("pattern")
        least = min(_count(schema.keywords.get("minLength")), _MAX_LENGTH)
        most = _number(schema.keywords.get("maxLength"))
        text = _TEXTS.get(schema.format or "", "text").ljust(least, "x")
        text = text if most is None else text[: max(int(min(most, _MAX_LENGTH)), 0)]
        if not isinstance(pattern, str):
            return text
        counts = sorted({int(count) for count in re.findall(r"\{([0-9]{1,6})", pattern)})
        likely = [text, *(letter * count for count in counts for letter in "aA1" if count <= _MAX_LENGTH)]
        known = next((one for one in likely if self.accepts(schema, one)), None)
        if known is None and (not counts or counts[-1] <= _MAX_REPEATED):
            known = _matching(pattern, least, most)
        return text if known is None else known

    def number(self, schema: Schema, above: tuple[int, ...]) -> Any:
        """The first number to fit of those at and beside the bounds, 1 before all."""
        limits = [limit for name in _BOUNDS if (limit := _number(schema.keywords.get(name))) is not None]
        step = _number(schema.keywords.get("multipleOf"))
        likely = [1, *limits, *(one + 1 for one in limits), *(one - 1 for one in limits), 0]
        likely += [sum(limits) / len(limits)] if limits else []
        if step is not None and step > 0:
            likely = [*(_multiple(one, step) for one in likely), *likely]
        numbers = [int(one) if "integer" in schema.types else one for one in likely if math.isfinite(one)]
        return next((one for one in numbers if self.accepts(schema, one)), numbers[0])


_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


def _number(limit: Any) -> Any:
    """A limit that is a number; None for what documents write in place of one."""
    return limit if isinstance(limit, (int, float)) and abs(limit) < 1e300 and not isinstance(limit, bool) else None


def _count(limit: Any) -> int:
    return max(int(_number(limit) or 0), 0)


def _multiple(number: Any, step: Any) -> Any:
    """The next multiple of a step."""
    try:
        return math.ceil(number / step) * step
    except (OverflowError, ZeroDivisionError):
        return number


def _varied(value: Any, index: int, enum: tuple[Any, ...] | None) -> Any:
    """An item unlike those before it in a list that holds none twice."""
    if enum:
        return enum[index % len(enum)]
    if isinstance(value, bool):
        return value != bool(index % 2)
    if isinstance(value, str) and index:
        return f"{value}{index}"
    if isinstance(value, dict) and value:
        name = next(iter(value))
        return {**value, name: _varied(value[name], index, None)}
    return value + index if isinstance(value, (int, float)) else value


@lru_cache(1024)
def _matching(pattern: str, least: int, most: float | None) -> str | None:
    """A text of a pattern; None where there is none, or none that long."""

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
    except (HypothesisException, re.error, ValueError, OverflowError, NotImplementedError, RecursionError):
        return None


_KINDS: Mapping[str, Callable[[_Maker, Schema, tuple[int, ...]], Any]] = {
    "object": _Maker.object,
    "array": _Maker.array,
    "string": _Maker.string,
    "integer": _Maker.number,
    "number": _Maker.number,
    "boolean": lambda maker, schema, above: True,
    "file": lambda maker, schema, above: b"example",
}
