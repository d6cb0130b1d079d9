"""What is wrong with a value is said at its place, of the nearest alternative, in bounded time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from openconnectors.engine.errors import InvalidArguments
from openconnectors.engine.plan.options import Options

from .documents_in_process import BASE, plan_of, received

TEXT, INTEGER = {"type": "string"}, {"type": "integer"}


def object_of(*required: str, **members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(required)}


CAT, DOG = object_of("meow", meow=TEXT), object_of("bark", "age", bark=INTEGER, age=INTEGER)
COMPONENTS = {"Cat": CAT, "Dog": DOG}
REFS = [{"$ref": f"#/components/schemas/{name}"} for name in COMPONENTS]

EXPLAINED: dict[str, tuple[Any, Any, list[str]]] = {
    "no type fits": ({"oneOf": [TEXT, INTEGER]}, 1.5, ["v: must be string or integer, not 1.5"]),
    "no value fits": ({"anyOf": [{"const": "a"}, {"enum": ["b", 3]}]}, "x", ["v: must be one of 'a', 'b', 3, not 'x'"]),
    "a constant of a member tells the branch": (
        {"oneOf": [object_of(k={"const": "x"}, a=INTEGER), object_of(k={"const": "y"}, b=INTEGER)]},
        {"k": "y", "b": "5"},
        ["v.b: must be integer, not '5' (of number 2, the nearest of 2 alternatives)"],
    ),
    "the members tell the branch": (
        {"oneOf": REFS},
        {"bark": "x"},
        [
            "v.bark: must be integer, not 'x' (of Dog, the nearest of 2 alternatives)",
            "v.age: is missing (of Dog, the nearest of 2 alternatives)",
        ],
    ),
    "of branches within branches the innermost is named": (
        {"oneOf": [{"oneOf": [*REFS, INTEGER]}, TEXT]},
        {"meow": 5},
        ["v.meow: must be string, not 5 (of Cat, the nearest of 3 alternatives)"],
    ),
    "two fit": (
        {"oneOf": [object_of(a=TEXT), object_of(b=TEXT)]},
        {"a": "x"},
        ["v: must match one of 2 alternatives alone, it matches number 1 and number 2"],
    ),
    "const": ({"const": 5}, 6, ["v: must be 5, not 6"]),
    "not": ({"not": TEXT}, "x", ["v: matches what is not allowed"]),
    "false": ({"properties": {"a": False}}, {"a": 1}, ["v.a: is not allowed"]),
    "dependentRequired": ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ["v.b: is missing, a needs it"]),
    "contains": (
        {"type": "array", "contains": INTEGER, "minContains": 2},
        [1, "a"],
        ["v: must hold at least 2 items of a kind, it holds 1"],
    ),
    "maxContains": (
        {"type": "array", "contains": INTEGER, "maxContains": 1},
        [1, 2],
        ["v: must hold at most 1 items of a kind, it holds 2"],
    ),
    "propertyNames": (
        {"propertyNames": {"maxLength": 2}},
        {"abc": 1},
        ["v: has a member 'abc', whose name is not allowed"],
    ),
    "unevaluatedProperties": (
        {"allOf": [{"properties": {"a": TEXT}}], "unevaluatedProperties": False},
        {"a": "x", "b": 1},
        ["v.b: is not allowed"],
    ),
    "unevaluatedProperties through branches": (
        {"anyOf": [object_of("a", a=TEXT), object_of("c", c=TEXT)], "unevaluatedProperties": INTEGER},
        {"a": "x", "b": "y"},
        ["v.b: must be integer, not 'y'"],
    ),
    "items after prefixItems": (
        {"type": "array", "prefixItems": [TEXT], "items": False},
        ["x", 1],
        ["v[1]: is not allowed"],
    ),
    "unevaluatedItems": (
        {"type": "array", "allOf": [{"prefixItems": [TEXT]}], "unevaluatedItems": INTEGER},
        ["x", 1, "y"],
        ["v[2]: must be integer, not 'y'"],
    ),
    "then": (
        {"if": {"properties": {"c": {"const": "DE"}}}, "then": {"required": ["zip"]}},
        {"c": "DE"},
        ["v.zip: is missing"],
    ),
    "a pattern of names": (
        {"patternProperties": {"^n": INTEGER}, "additionalProperties": False},
        {"n1": "x", "t": 1},
        ["v.n1: must be integer, not 'x'", "v.t: is not known"],
    ),
}


def lines_of(plan: Any, value: Any) -> list[str]:
    with pytest.raises(InvalidArguments) as error:
        plan.request({"body": {"v": value}}, BASE, Options())
    return [line.strip().removeprefix("body.") for line in str(error.value).splitlines()[1:]]


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_is_wrong_is_said_at_its_place(name: str) -> None:
    """The message names the place, the nearest alternative, and what is wrong there."""
    schema, value, lines = EXPLAINED[name]

    assert lines_of(plan_of(object_of(v=schema), COMPONENTS), value) == lines


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize("depth", [10, 60])
def test_alternatives_within_alternatives_are_explained_in_time_in_proportion(keyword: str, depth: int) -> None:
    """A value many levels deep that no branch accepts for its innermost part: jsonschema alone takes 2 ** depth
    steps."""

    def node(kind: str) -> dict[str, Any]:
        return object_of("next", next={"$ref": "#/components/schemas/Node"}, kind={"const": kind})

    plan = plan_of(
        object_of(v={"$ref": "#/components/schemas/Node"}), {"Node": {keyword: [node("a"), node("b"), INTEGER]}}
    )
    value: Any = "wrong"
    for _ in range(depth):
        value = {"next": value, "kind": "b"}

    (line,) = lines_of(plan, value)

    assert ("next: must be object or integer" in line) or ("nested too deep" in line)


@pytest.mark.parametrize("value", [{"d": "2026-01-31"}, {"d": 5}])
def test_ways_that_lead_to_one_place_are_not_all_walked(value: Any) -> None:
    """60 definitions of two branches each, 2 ** 60 ways: a value is judged, converted and explained."""
    levels = {
        f"L{level}": {
            "anyOf": [{"$ref": f"#/components/schemas/L{level + 1}"}, {"$ref": f"#/components/schemas/L{level + 1}"}]
        }
        for level in range(60)
    }
    levels["L60"] = object_of(d={"type": "string", "format": "date"})
    plan = plan_of(object_of(v={"$ref": "#/components/schemas/L0"}), levels)

    if value["d"] == 5:
        assert lines_of(plan, value) == ["v.d: must be string, not 5 (of L60, the nearest of 2 alternatives)"]
    else:
        assert received(plan, {"v": value}).value == {"v": {"d": date(2026, 1, 31)}}
