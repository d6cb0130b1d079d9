"""Arguments that break exactly one rule of an operation, and must be refused before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from openconnectors.engine.fuzz.strategies import Resolve, Strategy, arguments, integer_bounds, values, without
from openconnectors.engine.model import MISSING, Schema
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.formats import format_of

_MAX_DEPTH = 3  # levels of objects in which a rule is broken


class Broken(Struct, frozen=True):
    """Arguments of which one breaks a rule: ``where`` is its name, ``rule`` the rule in words."""

    arguments: Mapping[str, Any]
    where: str
    rule: str


def broken(plan: Plan) -> Strategy:
    """A strategy of ``Broken``: legal arguments but for one. An unknown argument is the rule that every operation
    has."""
    ways = [
        (argument, rule, wrong)
        for argument in plan.arguments
        if not argument.hidden
        for rule, wrong in _violations(plan, argument)
    ]
    legal = arguments(plan)

    def unknown(drawn: dict[str, Any]) -> Broken:
        return Broken({**drawn, "no_such_argument": 1}, "no_such_argument", "an argument that is unknown")

    def apply(way: tuple[Argument, str, Strategy]) -> Strategy:
        argument, rule, wrong = way

        def put(drawn: tuple[dict[str, Any], Any]) -> Broken:
            others, value = without(argument.name, drawn[0]), drawn[1]
            return Broken(others if value is MISSING else {**others, argument.name: value}, argument.name, rule)

        return st.tuples(legal, wrong).map(put)

    return st.one_of([legal.map(unknown), *[apply(way) for way in ways]])


def _violations(plan: Plan, argument: Argument) -> Iterator[tuple[str, Strategy]]:
    """The rules of an argument, each with values that break it and no other."""
    if argument.needed and argument.default is MISSING:
        yield "required", st.just(MISSING)
    yield from _schema_violations(plan.contract(argument.schema), plan.contract, ())


def _schema_violations(schema: Schema, resolve: Resolve, above: tuple[int, ...]) -> Iterator[tuple[str, Strategy]]:
    """The rules of a schema, each with values that break it. ``above`` are the ids of the schemas around it."""
    checks, kind = schema.keywords, next(iter(schema.types), "")
    if schema.nullable or schema.one_of or schema.any_of or (len(schema.types) != 1 and "const" not in checks):
        return  # what breaks one alternative may be legal by another
    if "const" in checks:
        yield "const", st.just("none of these")
        return  # a value that is fixed cannot break another rule
    wrong_types = _OTHER_TYPES.get(kind)
    if wrong_types is not None and not schema.open_enum:
        yield f"type {kind}", st.sampled_from(wrong_types)
    if schema.enum and not schema.open_enum and kind in ("string", "integer"):
        yield "enum", st.just("none of these") if kind == "string" else st.just(10**9 + 7)
        return  # a value of an enum cannot break another rule
    if kind in ("integer", "number"):
        if "minimum" in checks:
            yield "minimum", st.sampled_from([checks["minimum"] - 1])
        if "maximum" in checks:
            yield "maximum", st.sampled_from([checks["maximum"] + 1])
        for bound in ("exclusiveMinimum", "exclusiveMaximum"):
            if bound in checks:
                yield bound, st.just(checks[bound])
        if checks.get("multipleOf") and kind == "integer" and checks["multipleOf"] > 1:
            yield "multipleOf", st.just(integer_bounds(schema)[0] * checks["multipleOf"] + 1)
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
            for rule, wrong in _schema_violations(resolve(schema.items), resolve, (*above, id(schema.items))):
                yield f"items: {rule}", wrong.map(lambda value: [value])
    if kind == "object" and id(schema) not in above and len(above) < _MAX_DEPTH:
        yield from _member_violations(schema, resolve, (*above, id(schema)))


def _member_violations(schema: Schema, resolve: Resolve, above: tuple[int, ...]) -> Iterator[tuple[str, Strategy]]:
    legal = values(schema, resolve, None, 1)
    for name, member in schema.properties.items():
        if member.read_only:
            continue
        if name in schema.required and resolve(member).default is MISSING:
            yield f"{name}: required", legal.map(partial(without, name))
        for rule, wrong in _schema_violations(resolve(member), resolve, above):
            yield f"{name}: {rule}", st.tuples(legal, wrong).map(partial(_with, name))
    if schema.additional is False:
        yield "a property that is unknown", legal.map(lambda value: {**value, "no_such_property": 1})


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
"""Values of other types, by the type of a schema."""
