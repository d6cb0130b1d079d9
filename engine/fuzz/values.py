"""Strategies: what a schema allows, what an operation may be called with, and the same with one rule broken.

Boundaries come as often as the rest: what breaks a service is mostly the empty, the longest, the lowest, the odd.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from typing import Any

from hypothesis import strategies as st

from openconnectors.engine.model import MISSING, Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.formats import format_of

Strategy = st.SearchStrategy[Any]
Resolve = Callable[[Schema], Schema]
_DEEPEST = 4
_LONGEST = 40
_PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126)
_ASCII = st.characters(min_codepoint=32, max_codepoint=126)
_ANY = st.characters(exclude_categories=("Cs", "Cc"))
_ODD = ("", " ", "0", "null", "true", "ü", "日本", "a'b\"c", "<&>", "%2F", "a/b", "../x", "a b", "𝒳", "x" * 300)
ALPHABETS: Mapping[str, Strategy] = {"header": _PRINTABLE, "path": _ANY, "query": _ANY}
"""Of which characters a text may be, by where it travels."""


@dataclass
class Known:
    """Values that the service itself has told, by the names that they had: identifiers that exist."""

    values: dict[str, list[Any]] = field(default_factory=dict)

    def learn(self, value: Any, name: str = "", above: str = "") -> None:
        """Keeps the scalars of an answer, each by its name, and by the name of what it stands in."""
        if isinstance(value, Mapping):
            for key, one in value.items():
                self.learn(one, str(key), name or above)
        elif isinstance(value, list):
            for one in value[:20]:
                self.learn(one, name, above)
        elif isinstance(value, (str, int)) and not isinstance(value, bool) and name and value != "":
            singular = snake(above).removesuffix("s")
            for key in {snake(name), f"{singular}_{snake(name)}" if singular else snake(name)}:
                kept = self.values.setdefault(key, [])
                if value not in kept:
                    kept[:] = [value, *kept[:9]]

    def of(self, name: str) -> list[Any]:
        """The values known for a name, or for its last word (``pet_id``: those of ``id``)."""
        key = snake(name)
        return self.values.get(key) or self.values.get(key.rpartition("_")[2], [])


def values(schema: Schema, resolve: Resolve, alphabet: Strategy | None = None, depth: int = 0) -> Strategy:
    """What a schema allows, as plain JSON data (octets as bytes)."""
    effective = resolve(schema)
    if effective.enum:
        return st.sampled_from([one for one in effective.enum if one is not None] or list(effective.enum))
    parts = effective.one_of or effective.any_of
    if parts:
        return st.one_of([values(one, resolve, alphabet, depth + 1) for one in parts])
    kind = next(iter(effective.types), "object" if effective.properties else "")
    kind = "file" if effective.format == "file" else kind
    row = _KINDS.get(kind)
    made = (
        row(effective, resolve, _ANY if alphabet is None else alphabet, depth)
        if row
        else st.sampled_from(["text", 1, True])
    )
    return made | st.none() if effective.nullable and depth else made


def _text(schema: Schema, resolve: Resolve, alphabet: Strategy, depth: int) -> Strategy:
    checks = schema.keywords
    least, most = int(checks.get("minLength", 0)), checks.get("maxLength")
    made = _FORMATS.get(schema.format or "")
    if made is not None:
        return made
    most = int(most) if most is not None else None
    if checks.get("pattern"):
        bounded = st.from_regex(str(checks["pattern"]), alphabet=_ASCII)
        return bounded.map(str.strip).filter(lambda text: least <= len(text) <= (most if most is not None else 10_000))
    top = min(most, max(least, _LONGEST)) if most is not None else max(least, _LONGEST)
    general = st.text(alphabet, min_size=least, max_size=top)
    edges = [text for text in _ODD if least <= len(text) and (most is None or len(text) <= most)]
    if alphabet is _PRINTABLE:
        edges = [text for text in edges if text and all(33 <= ord(mark) <= 126 for mark in text)]
    edges += ["x" * least, "x" * (most if most is not None and most < 2000 else least + 1)]
    return general | st.sampled_from(edges)


def _integer(schema: Schema, resolve: Resolve, alphabet: Strategy, depth: int) -> Strategy:
    low, high = _bounds(schema)
    step = schema.keywords.get("multipleOf")
    if step:
        low, high = -(-low // step), high // step
        return st.integers(int(low), int(high)).map(lambda one: int(one * step))
    edges = [one for one in (low, low + 1, high - 1, high, 0, 1, -1) if low <= one <= high]
    return st.integers(low, high) | st.sampled_from(edges or [low])


def _bounds(schema: Schema) -> tuple[int, int]:
    checks = schema.keywords
    wide = 2**31 if schema.format == "int32" else 2**53
    low, high = checks.get("minimum", -wide), checks.get("maximum", wide - 1)
    if "exclusiveMinimum" in checks:
        low = max(low, checks["exclusiveMinimum"] + 1)
    if "exclusiveMaximum" in checks:
        high = min(high, checks["exclusiveMaximum"] - 1)
    return int(low), int(max(low, high))


def _number(schema: Schema, resolve: Resolve, alphabet: Strategy, depth: int) -> Strategy:
    checks = schema.keywords
    if checks.get("multipleOf"):
        return _integer(schema, resolve, alphabet, depth)
    low = checks.get("minimum", checks.get("exclusiveMinimum", -1e9))
    high = checks.get("maximum", checks.get("exclusiveMaximum", 1e9))
    general = st.floats(
        low,
        high,
        allow_nan=False,
        allow_infinity=False,
        exclude_min="exclusiveMinimum" in checks and low < high,
        exclude_max="exclusiveMaximum" in checks and low < high,
    )
    edges = [
        one
        for one in (0, 0.5, low, high)
        if low < one < high or (one in (low, high) and "exclusive" not in str(checks))
    ]
    return general | st.sampled_from(edges) if edges else general


def _array(schema: Schema, resolve: Resolve, alphabet: Strategy, depth: int) -> Strategy:
    least, most = int(schema.keywords.get("minItems", 0)), schema.keywords.get("maxItems")
    top = int(most) if most is not None and most < 50 else max(least, 3)
    if schema.items is None or depth > _DEEPEST:
        return st.lists(st.sampled_from(["text"]), min_size=least, max_size=max(least, 0))
    unique = repr if schema.keywords.get("uniqueItems") else None
    items = values(schema.items, resolve, alphabet, depth + 1)
    return st.lists(items, min_size=least, max_size=max(least, top), unique_by=unique)


def _object(schema: Schema, resolve: Resolve, alphabet: Strategy, depth: int) -> Strategy:
    shown = {name: one for name, one in schema.properties.items() if not one.read_only or name in schema.required}
    inner = {name: st.deferred(_later(one, resolve, depth + 1)) for name, one in shown.items()}
    always = {name: one for name, one in inner.items() if name in schema.required}
    perhaps = {name: one for name, one in inner.items() if name not in always and depth <= _DEEPEST}
    others = {name: st.just("text") for name in schema.required if name not in shown}
    made = st.fixed_dictionaries({**always, **others}, optional=perhaps)
    if isinstance(schema.additional, Schema) and not schema.properties:
        extra = values(schema.additional, resolve, alphabet, depth + 1)
        least = int(schema.keywords.get("minProperties", 0))
        return st.dictionaries(
            st.sampled_from(["a", "b", "name", "ü"]), extra, min_size=min(least, 4), max_size=3 + least
        )
    return made


def _later(schema: Schema, resolve: Resolve, depth: int) -> Callable[[], Strategy]:
    return lambda: values(schema, resolve, None, depth)


_KINDS: Mapping[str, Callable[[Schema, Resolve, Strategy, int], Strategy]] = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": lambda *_: st.booleans(),
    "array": _array,
    "object": _object,
    "file": lambda *_: st.binary(max_size=40),
}
_FORMATS: Mapping[str, Strategy] = {
    "date-time": st.datetimes(timezones=st.just(UTC)).map(lambda one: one.isoformat().replace("+00:00", "Z")),
    "date": st.dates().map(str),
    "time": st.times().map(lambda one: one.replace(microsecond=0).isoformat()),
    "uuid": st.uuids().map(str),
    "byte": st.binary(max_size=20).map(lambda one: base64.b64encode(one).decode("ascii")),
    "base64url": st.binary(max_size=20).map(lambda one: base64.urlsafe_b64encode(one).decode("ascii").rstrip("=")),
    "binary": st.binary(max_size=40),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False, places=4).map(lambda one: f"{one:f}"),
    "email": st.sampled_from(["someone@example.com", "a.b+c@example.org"]),
    "uri": st.sampled_from(["https://example.com/", "https://example.com/a?b=c"]),
    "hostname": st.just("example.com"),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
    "duration": st.sampled_from(["P1D", "PT1H30M"]),
    "date-time-rfc1123": st.just("Sat, 31 Jan 2026 12:00:00 GMT"),
}


# Arguments


def arguments(plan: Plan, known: Known | None = None) -> Strategy:
    """What an operation may be called with, by Python name: what must be given, and some of the rest."""
    own = {one.name: one for one in plan.arguments if not one.hidden}
    if any(one.location == "property" for one in own.values()):
        own = {name: one for name, one in own.items() if one.location != "body" or len(own) == 1}
    made = {name: _argument(plan, one, known) for name, one in own.items()}
    needed = {name: made[name] for name, one in own.items() if one.needed}
    drawn = st.fixed_dictionaries(needed, optional={name: one for name, one in made.items() if name not in needed})
    body = plan.operation.request_body
    schemas = body.schemas() if body is not None else []
    least = max((int(plan.contract(schema).keywords.get("minProperties", 0)) for schema in schemas), default=0)
    members = [name for name, one in own.items() if one.location == "property"]
    return drawn.filter(lambda given: sum(name in given for name in members) >= least) if least and members else drawn


def _argument(plan: Plan, one: Argument, known: Known | None) -> Strategy:
    made = values(one.schema, plan.contract, ALPHABETS.get(one.location))
    if one.location in ALPHABETS:
        made = made.filter(lambda value: value != [])  # nothing of a list is left where it is joined
    if one.location == "path":
        made = made.filter(lambda value: not isinstance(value, str) or value.strip(".") != "")
    effective = plan.contract(one.schema)
    told = [each for each in (one.schema.example, effective.example) if each not in (MISSING, None)]
    if told:
        made = made | st.sampled_from(told)
    found = [each for each in known.of(one.name) if _of_type(effective, each)] if known is not None else []
    return st.sampled_from(found) | made if found else made


def _of_type(schema: Schema, value: Any) -> bool:
    kinds = {"string": str, "integer": int, "number": (int, float)}
    kind = kinds.get(next(iter(schema.types), ""))
    return kind is not None and isinstance(value, kind) and (not schema.enum or value in schema.enum)  # type: ignore[arg-type]


def edges(plan: Plan, least: Mapping[str, Any], most: int = 60) -> list[dict[str, Any]]:
    """The least arguments, with one value at a time at a boundary of its schema."""
    members = {one.wire: one.name for one in plan.arguments if one.location == "property" and not one.path}
    body = next((one.name for one in plan.arguments if one.location == "body"), None)
    own = dict(least)
    if body is not None and members and isinstance(own.get(body), Mapping) and set(own[body]) <= members.keys():
        own |= {members[name]: value for name, value in own.pop(body).items()}  # each an argument of its own
    made: list[dict[str, Any]] = []
    for one in plan.arguments:
        if one.hidden or (one.location == "body" and members):
            continue
        found = _edges(plan.contract(one.schema), plan.contract, own.get(one.name))
        made += [{**own, one.name: value} for value in found if value != [] or one.location not in ALPHABETS]
    return made[:most]


def _edges(schema: Schema, resolve: Resolve, given: Any = None, depth: int = 0) -> list[Any]:
    """Values at the boundaries of a schema; of an object, ``given`` with one of its members there or without it."""
    kind, checks = next(iter(schema.types), ""), schema.keywords
    if schema.enum:
        return list(schema.enum)[:6]
    if kind == "integer":
        low, high = _bounds(schema)
        return [low, high]
    if kind == "boolean":
        return [True, False]
    if kind == "string" and format_of(schema) is None and not checks.get("pattern"):
        least, most = int(checks.get("minLength", 0)), checks.get("maxLength")
        found = ["x" * least, "x" * (int(most) if most is not None and most < 5000 else 200)]
        return found + [text for text in ("ü", "'", '"', "a b", "%", "\U0001f600") if least <= 1 and most != 0]
    if kind == "array":
        least = int(checks.get("minItems", 0))
        return [[]] if not least else []
    if kind == "object" and depth < 2:
        own = given if isinstance(given, Mapping) else {}
        within: list[Any] = [_without(name, own) for name in own if name not in schema.required]
        for name, one in schema.properties.items():
            if not one.read_only:
                within += [{**own, name: value} for value in _edges(resolve(one), resolve, own.get(name), depth + 1)]
        return within
    return []


# One broken rule at a time


@dataclass(frozen=True, slots=True)
class Broken:
    """Arguments of which one breaks a rule: where, and which."""

    arguments: Mapping[str, Any]
    where: str
    rule: str


def broken(plan: Plan) -> Strategy:
    """Arguments that an operation may be called with but for one rule: a ``Broken`` each. Nothing where an
    operation has no rule that can be broken."""
    ways = [(one, rule, make) for one in plan.arguments if not one.hidden for rule, make in _ways(plan, one)]
    legal = arguments(plan)

    def unknown(given: dict[str, Any]) -> Broken:
        return Broken({**given, "no_such_argument": 1}, "no_such_argument", "an argument that is unknown")

    def apply(way: tuple[Argument, str, Strategy]) -> Strategy:
        one, rule, make = way

        def put(drawn: tuple[dict[str, Any], Any]) -> Broken:
            given, value = drawn
            given = {name: each for name, each in given.items() if name != one.name}
            return Broken(given if value is MISSING else {**given, one.name: value}, one.name, rule)

        return st.tuples(legal, make).map(put)

    return st.one_of([legal.map(unknown), *[apply(way) for way in ways]])


def _ways(plan: Plan, one: Argument) -> Iterator[tuple[str, Strategy]]:
    """The rules of an argument, each with values that break it and no other."""
    if one.needed and one.default is MISSING:
        yield "required", st.just(MISSING)
    yield from _breaks(plan.contract(one.schema), plan.contract, ())


def _breaks(schema: Schema, resolve: Resolve, above: tuple[int, ...]) -> Iterator[tuple[str, Strategy]]:
    checks, kind = schema.keywords, next(iter(schema.types), "")
    if schema.nullable or schema.one_of or schema.any_of or len(schema.types) != 1:
        return
    other = _OTHER_TYPES.get(kind)
    if other is not None and not schema.open_enum:
        yield f"type {kind}", st.sampled_from(other)
    if schema.enum and not schema.open_enum and kind in ("string", "integer"):
        yield "enum", st.just("none of these") if kind == "string" else st.just(10**9 + 7)
        return
    if kind in ("integer", "number"):
        if "minimum" in checks:
            yield "minimum", st.sampled_from([checks["minimum"] - 1])
        if "maximum" in checks:
            yield "maximum", st.sampled_from([checks["maximum"] + 1])
        if checks.get("multipleOf") and kind == "integer" and checks["multipleOf"] > 1:
            yield "multipleOf", st.just(_bounds(schema)[0] * checks["multipleOf"] + 1)
    if kind == "string" and format_of(schema) is None:
        least, most = int(checks.get("minLength", 0)), checks.get("maxLength")
        if least:
            yield "minLength", st.just("x" * (least - 1))
        if most is not None and most < 10_000:
            yield "maxLength", st.just("x" * (int(most) + 1))
    if kind == "string" and schema.format in ("date-time", "date", "uuid"):
        yield f"format {schema.format}", st.just("not one")
    if kind == "array":
        if checks.get("minItems"):
            yield "minItems", st.just([])
        if schema.items is not None and id(schema.items) not in above:
            for rule, make in _breaks(resolve(schema.items), resolve, (*above, id(schema.items))):
                yield f"items: {rule}", make.map(lambda value: [value])
    if kind == "object" and id(schema) not in above and len(above) < 3:
        yield from _breaks_within(schema, resolve, (*above, id(schema)))


def _breaks_within(schema: Schema, resolve: Resolve, above: tuple[int, ...]) -> Iterator[tuple[str, Strategy]]:
    legal = values(schema, resolve, None, 1)
    for name, one in schema.properties.items():
        if one.read_only:
            continue
        if name in schema.required and resolve(one).default is MISSING:
            yield f"{name}: required", legal.map(partial(_without, name))
        for rule, make in _breaks(resolve(one), resolve, above):
            yield f"{name}: {rule}", st.tuples(legal, make).map(partial(_with, name))
    if schema.additional is False:
        yield "a property that is unknown", legal.map(lambda value: {**value, "no_such_property": 1})


def _without(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in value.items() if key != name}


def _with(name: str, pair: tuple[Mapping[str, Any], Any]) -> dict[str, Any]:
    return {**pair[0], name: pair[1]}


_OTHER_TYPES: Mapping[str, list[Any]] = {
    "string": [1, True, {}, []],
    "integer": ["one", 1.5, True, [], {}],
    "number": ["one", True, [], {}],
    "boolean": ["yes", 1, []],
    "array": [1, True, {"a": 1}],
    "object": [1, True, "text", [1]],
}
