"""Every keyword of a schema, in each version that has it: the same verdict of an argument and of a response."""

from __future__ import annotations

from typing import Any

import pytest

from openconnectors.engine.errors import InvalidArguments, InvalidResponse
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan

from .documents_in_process import BASE, plan_of, received

TEXT, INTEGER = {"type": "string"}, {"type": "integer"}
SHARED: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "type: 1.0 is an integer": (INTEGER, [1, 1.0, -5], [1.5, "1", True, None]),
    "type number": ({"type": "number"}, [1, 1.5], ["1", False]),
    "enum": ({"enum": ["a", 1, {"b": [1]}]}, ["a", 1, 1.0, {"b": [1]}], ["b", 2, {"b": 1}, True]),
    "minLength counts code points": ({**TEXT, "minLength": 2}, ["ab", "𝒳𝒳"], ["a", "𝒳"]),
    "maxLength counts code points": ({**TEXT, "maxLength": 2}, ["𝒳𝒳"], ["abc"]),
    "pattern is searched": ({**TEXT, "pattern": "b+"}, ["abc"], ["ac"]),
    "pattern: \\d is ASCII": ({**TEXT, "pattern": r"^\d$"}, ["5"], ["٥"]),
    "pattern: $ is the end": ({**TEXT, "pattern": "^a$"}, ["a"], ["a\n"]),
    "pattern: classes of Unicode": ({**TEXT, "pattern": r"^\p{Letter}+$"}, ["aé"], ["5"]),
    "multipleOf": ({"type": "number", "multipleOf": 0.01}, [0.07, 4.35], [0.075]),
    "uniqueItems": (
        {"type": "array", "items": {}, "uniqueItems": True},
        [[1, "1", True]],
        [[1, 1.0], [{"a": 1}, {"a": 1}]],
    ),
    "minProperties": ({"type": "object", "minProperties": 1}, [{"a": 1}], [{}]),
    "required": ({"type": "object", "required": ["a"]}, [{"a": None}], [{}]),
    "additionalProperties false": (
        {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        [{}, {"a": 1}],
        [{"b": 1}],
    ),
    "additionalProperties": ({"type": "object", "additionalProperties": INTEGER}, [{"a": 1}], [{"a": "x"}]),
    "allOf": ({"allOf": [INTEGER, {"minimum": 3}]}, [3], [2, "x"]),
    "anyOf": ({"anyOf": [INTEGER, {"type": "string", "minLength": 2}]}, [1, "ab"], ["a", 1.5]),
    "oneOf": ({"oneOf": [{"type": "number", "multipleOf": 3}, {"type": "number", "multipleOf": 5}]}, [3, 5], [15, 7]),
    "not": ({"type": "integer", "not": {"enum": [5]}}, [4], [5]),
    "a reference": ({"$ref": "#/components/schemas/Short"}, ["ab"], ["abc", 5]),
    "a schema that holds itself": (
        {"$ref": "#/components/schemas/Node"},
        [{"v": 1, "next": {"v": 2}}],
        [{"v": 1, "next": {}}, {"v": "x"}],
    ),
}
IN_3_0: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "nullable": ({**TEXT, "nullable": True}, ["a", None], [5]),
    "nullable without a type": ({"enum": ["a"], "nullable": True}, ["a"], [None]),
    "nullable with an enum without null": ({**TEXT, "nullable": True, "enum": ["a"]}, ["a"], [None, "b"]),
    "nullable with an enum with null": ({**TEXT, "nullable": True, "enum": ["a", None]}, ["a", None], ["b"]),
    "nullable beside allOf": (
        {"type": "string", "nullable": True, "allOf": [{"$ref": "#/components/schemas/Short"}]},
        ["ab", None],
        ["abc"],
    ),
    "exclusive bounds are booleans": (
        {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 10, "exclusiveMaximum": False},
        [0.5, 10],
        [0, 10.5],
    ),
    "keywords beside a reference are ignored": ({"$ref": "#/components/schemas/Short", "minLength": 2}, ["a"], ["abc"]),
}
SINCE_3_1: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "true": (True, [1, None, {}], []),
    "false": ({"type": "array", "items": False}, [[]], [[1]]),
    "several types": ({"type": ["string", "integer", "null"]}, ["a", 1, None], [1.5, True]),
    "null alone": ({"type": "null"}, [None], [0, ""]),
    "nullable means nothing": ({**TEXT, "nullable": True}, ["a"], [None]),
    "enum decides on null": ({"type": ["string", "null"], "enum": ["a"]}, ["a"], [None]),
    "const": ({"const": {"a": [1, None]}}, [{"a": [1, None]}, {"a": [1.0, None]}], [{"a": [1]}, None]),
    "const null": ({"const": None}, [None], [0, "", False]),
    "exclusive bounds are numbers": ({"exclusiveMinimum": 0, "exclusiveMaximum": 10}, [0.5, "x"], [0, 10]),
    "keywords beside a reference": ({"$ref": "#/components/schemas/Short", "minLength": 2}, ["ab"], ["a", "abc"]),
    "prefixItems": (
        {"type": "array", "prefixItems": [TEXT, INTEGER], "items": {"type": "boolean"}},
        [[], ["a"], ["a", 1, True]],
        [[1], ["a", 1, 2]],
    ),
    "contains": (
        {"type": "array", "contains": INTEGER, "minContains": 2, "maxContains": 3},
        [[1, 2], [1, "a", 2, 3]],
        [[1], [1, 2, 3, 4]],
    ),
    "minContains 0": ({"type": "array", "contains": INTEGER, "minContains": 0}, [[], ["a"]], []),
    "patternProperties": ({"patternProperties": {"^n": INTEGER}}, [{"n1": 1, "x": "a"}, "text"], [{"n1": "a"}]),
    "propertyNames": ({"propertyNames": {"pattern": "^[a-z]+$"}}, [{"ab": 1}], [{"A": 1}]),
    "dependentRequired": ({"dependentRequired": {"a": ["b"]}}, [{"a": 1, "b": 2}, {}], [{"a": 1}]),
    "dependentSchemas": (
        {"dependentSchemas": {"a": {"properties": {"b": INTEGER}}}},
        [{"b": "x"}],
        [{"a": 1, "b": "x"}],
    ),
    "if, then, else": (
        {"if": {"type": "string"}, "then": {"maxLength": 2}, "else": {"const": 5}},
        ["ab", 5],
        ["abc", 6],
    ),
    "unevaluatedProperties through allOf, $ref and anyOf": (
        {
            "allOf": [{"properties": {"a": {}}}, {"$ref": "#/components/schemas/Node"}],
            "anyOf": [
                {"properties": {"b": TEXT}, "required": ["b"]},
                {"properties": {"c": INTEGER}, "required": ["c"]},
            ],
            "unevaluatedProperties": False,
        },
        [{"a": 1, "v": 1, "b": "x"}, {"v": 1, "c": 1}],
        [{"v": 1, "b": "x", "c": "y"}, {"v": 1, "b": "x", "d": 1}],
    ),
    "additionalProperties true evaluates": (
        {"allOf": [{"additionalProperties": True}], "unevaluatedProperties": False},
        [{"a": 1}],
        [],
    ),
    "unevaluatedItems": (
        {"anyOf": [{"prefixItems": [TEXT]}, {"prefixItems": [TEXT, INTEGER]}], "unevaluatedItems": False},
        [["a"], ["a", 1]],
        [["a", "b"], ["a", 1, 2]],
    ),
    "formats are annotations": ({**TEXT, "format": "email"}, ["nobody"], [5]),
    "$defs of the schema": (
        {"$id": "https://example.com/s", "$defs": {"a": INTEGER}, "items": {"$ref": "#/$defs/a"}},
        [[1]],
        [["a"]],
    ),
    "$anchor": ({"type": "array", "items": {"$ref": "#short"}}, [["ab"]], [["abc"]]),
    "a boolean component": ({"properties": {"a": {"$ref": "#/components/schemas/Never"}}}, [{}], [{"a": 1}]),
    "$dynamicRef to the outermost anchor": (
        {"$ref": "#/components/schemas/Texts"},
        [["a"], []],
        [[1]],
    ),
    "$dynamicRef to the default": ({"$ref": "#/components/schemas/List"}, [[]], [["a"]]),
}
COMPONENTS: dict[str, Any] = {
    "Short": {"type": "string", "maxLength": 2},
    "Node": {
        "type": "object",
        "required": ["v"],
        "properties": {"v": INTEGER, "next": {"$ref": "#/components/schemas/Node"}},
    },
}
COMPONENTS_3_1: dict[str, Any] = {
    **COMPONENTS,
    "Short": {"$anchor": "short", **COMPONENTS["Short"]},
    "Never": False,
    "List": {
        "$id": "https://example.com/list",
        "type": "array",
        "items": {"$dynamicRef": "#item"},
        "$defs": {"any": {"$dynamicAnchor": "item", "not": {}}},
    },
    "Texts": {
        "$id": "https://example.com/texts",
        "$ref": "list",
        "$defs": {"text": {"$dynamicAnchor": "item", "type": "string"}},
    },
}
CASES = [
    *((version, name, *row) for version in ("3.0.4", "3.1.1", "3.2.0") for name, row in SHARED.items()),
    *(("3.0.4", name, *row) for name, row in IN_3_0.items()),
    *((version, name, *row) for version in ("3.1.1", "3.2.0") for name, row in SINCE_3_1.items()),
]


def is_sent(plan: Plan, value: Any) -> bool:
    """Return True if a value is accepted as an argument."""
    try:
        plan.request({"body": {"v": value}}, BASE, Options())
    except InvalidArguments:
        return False
    return True


def is_received(plan: Plan, value: Any) -> bool:
    """Return True if a value is accepted in a response."""
    try:
        received(plan, {"v": value})
    except InvalidResponse:
        return False
    return True


@pytest.mark.parametrize(("version", "name", "schema", "accepted", "refused"), CASES, ids=lambda value: str(value)[:50])
def test_a_keyword_gives_one_verdict(
    version: str, name: str, schema: Any, accepted: list[Any], refused: list[Any]
) -> None:
    """A value is accepted, or refused, in a request and in a response alike."""
    components = COMPONENTS if version.startswith("3.0") else COMPONENTS_3_1
    plan = plan_of({"type": "object", "properties": {"v": schema}}, components, version=version)

    assert [value for value in accepted if not (is_sent(plan, value) and is_received(plan, value))] == []
    assert [value for value in refused if is_sent(plan, value) or is_received(plan, value)] == []
