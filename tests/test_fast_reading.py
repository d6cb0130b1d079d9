"""Laws of the fast way of reading: what it accepts, the plan reads to the same value, without a deviation.

60 examples each; 3,000 with LONG=1 (``make long``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from openconnectors.engine.documents import document, loader
from openconnectors.engine.fast.declined import DECLINED
from openconnectors.engine.fast.read import reader
from openconnectors.engine.http import Headers, Response
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler
from tests.examples import LONG, examples

pytestmark = pytest.mark.law
LAW = settings(
    max_examples=examples(60, 3000),
    deadline=None,
    derandomize=not LONG,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

NAMES = st.sampled_from(["a", "b", "c"])
UNIX_TIME = {"type": "integer", "format": "unixtime"}
SCALARS: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "byte"},
    {"type": "string", "format": "decimal"},
    {"type": "string", "enum": ["a", "b"]},
    {"type": "integer"},
    UNIX_TIME,
    {"type": "number"},
    {"type": "number", "format": "decimal"},
    {"type": "boolean"},
    {"type": ["string", "null"], "format": "date"},
    {"type": "string", "x-connector-wire": {"schema": {"type": "integer"}}},
    {"type": "integer", "x-connector-wire": {"schema": {"type": "string"}}},
    {
        "type": "string",
        "format": "date-time",
        "x-connector-wire": {"schema": {"type": "integer", "format": "unixtime"}},
    },
    {"$ref": "#/components/schemas/It"},
    {},
]


def members(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    placed = st.sampled_from([["b"], ["b", "c"], ["c", "a"]])
    member = inner | st.builds(lambda schema, path: {**schema, "x-connector-wire": {"path": path}}, inner, placed)
    described = st.dictionaries(NAMES, member, max_size=3)
    rest = st.sampled_from([{}, {"additionalProperties": False}]) | st.builds(
        lambda schema: {"additionalProperties": schema}, inner
    )
    required = st.sampled_from([{}, {"required": ["a"]}])
    return st.builds(
        lambda properties, more, needed: {"type": "object", "properties": properties, **more, **needed},
        described,
        rest,
        required,
    )


def within(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    branches = st.lists(inner, min_size=1, max_size=2)
    return (
        members(inner)
        | st.builds(lambda schema: {"type": "array", "items": schema}, inner)
        | st.builds(lambda first, rest: {"type": "array", "prefixItems": [first], "items": rest}, inner, inner)
        | st.builds(lambda word, schemas: {word: schemas}, st.sampled_from(["oneOf", "anyOf", "allOf"]), branches)
        | st.builds(lambda schema: {"patternProperties": {"^[ab]": schema}}, inner)
        | st.builds(lambda condition, then: {"if": condition, "then": then}, inner, inner)
    )


SCHEMAS = st.recursive(st.sampled_from(SCALARS), within, max_leaves=8)
OBJECTS = members(SCHEMAS)
LEAVES = st.sampled_from(
    [*("x", "a", "7", "true", "", "YQ==", "2026-01-31T12:00:00Z", "2026-01-31", "1.50"), 0, 7, -1, 1.5, True, None]
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=10
)
TEXTS = VALUES.map(json.dumps) | st.builds(
    lambda name, first, last: f'{{"{name}": {json.dumps(first)}, "{name}": {json.dumps(last)}}}', NAMES, VALUES, VALUES
)
BODIES = TEXTS.map(str.encode) | st.sampled_from([b"", b"{", b"<It><a>1</a></It>", b'{"a": NaN}', b'{"a": 1e999}'])
TYPES = st.sampled_from(["application/json"] * 4 + ["application/json; charset=latin-1", "text/plain", "", "text/xml"])
POLICIES = st.lists(
    st.sampled_from(
        [
            ("convertobjecttoarray", "@body()", "a", "@body().a"),
            ("convertobjecttoarray", "@body().b", "a", "@item().a"),
            ("convertobjecttoarray", "@body()", "a", "@body().b"),
            ("convertarraytoobject", "@body()", "b", "@body().b"),
            ("stringtoarray", "@body().a", "b", "@item().b"),
            ("setproperty", "@body()", "a", "@body().c"),
        ]
    ),
    max_size=2,
)


def properties(uses: list[tuple[str, str, str, str]]) -> dict[str, Any]:
    prefix = "x-ms-apimTemplateParameter."
    policies = []
    for template, parent, name, new in uses:
        parameters = {"propertyParentPath": parent, "propertySubPath": name, "newPropertyPath": new}
        parameters |= {"keyName": "a", "valueName": "b", "keyWithinCollectionPath": "a", "delimiterList": ";"}
        parameters |= {"newPropertyParentPathTemplate": parent, "newPropertySubPathTemplate": name}
        parameters |= {"propertyValuePathTemplate": new}
        parameters = {f"{prefix}{key}": value for key, value in parameters.items()}
        parameters["x-ms-apimTemplate-policySection"] = "Response"
        policies.append({"templateId": template, "title": template, "parameters": parameters})
    return {"properties": {"policyTemplateInstances": policies}}


def plan_of(schema: dict[str, Any], referred: dict[str, Any], uses: list[tuple[str, str, str, str]]) -> Plan:
    content = {"application/json": {"schema": schema}, "application/xml": {"schema": schema}}
    headers = {"X-Count": {"schema": {"type": "integer"}}}
    responses = {"200": {"description": "", "content": content, "headers": headers}, "202": {"description": ""}}
    raw = {
        "openapi": "3.1.0",
        "info": {"title": "Law", "version": "1"},
        "servers": [{"url": "http://127.0.0.1"}],
        "paths": {"/x": {"get": {"operationId": "Do", "responses": {**responses, "default": {"description": ""}}}}},
        "components": {"schemas": {"It": referred}},
    }
    policies = document.parse(json.dumps(properties(uses)), "properties.json") if uses else None
    service = loader.service_of(document.parse(json.dumps(raw), "law.json"), policies)
    return Plan(Compiler(service), service.operations["Do"], {})


def same(plan: Plan, response: Response, mode: str) -> bool:
    """Whether the fast way reads a response; if it does, then to the value that the plan gives."""
    value = reader(plan, mode)(response)
    if value is DECLINED:
        return False
    whole = plan.read(response, mode)
    assert (repr(value), whole.deviations) == (repr(whole.value), ())
    return True


@LAW
@given(data=st.data())
def test_what_the_fast_way_reads_has_the_value_that_the_plan_gives(data: st.DataObject) -> None:
    """The same value, of the same types, without a deviation; the fast way never raises."""
    plan = plan_of(data.draw(SCHEMAS | OBJECTS), data.draw(OBJECTS), data.draw(POLICIES))
    for _ in range(5):
        status = data.draw(st.sampled_from([200, 200, 200, 200, 202, 203, 204, 206, 404]))
        fields = [("Content-Type", data.draw(TYPES)), *data.draw(st.sampled_from([[], [("X-Count", "x")]]))]
        response = Response(status, Headers(fields), data.draw(BODIES))
        event(f"read: {same(plan, response, data.draw(st.sampled_from(['lenient', 'strict', 'off'])))}")


CASES: list[tuple[Any, Any, str]] = [
    ({"type": "string"}, "a", "'a'"),
    ({"type": "integer", "x-connector-wire": {"schema": {"type": "string"}}}, "7", "7"),
    (
        {"type": "array", "items": {"properties": {"a": {"type": "string", "format": "date"}}}},
        [{"a": "2026-01-31"}],
        "",
    ),
    ({"properties": {"a": {"x-connector-wire": {"path": ["b", "c"]}}}}, {"b": {"c": 1}}, "{'a': 1}"),
    ({"oneOf": [{"type": "integer"}, {"type": "string", "format": "byte"}]}, "YQ==", "b'a'"),
]


@pytest.mark.parametrize(("schema", "wire", "expected"), CASES)
def test_plain_bodies_are_read_by_the_fast_way(schema: Any, wire: Any, expected: str) -> None:
    """Scalars, lists, members at another place, branches: no part of the plan reads them."""
    response = Response(200, Headers([("Content-Type", "application/json")]), json.dumps(wire).encode())
    plan = plan_of(schema, {}, [])
    assert same(plan, response, "strict")
    assert expected in repr(reader(plan, "strict")(response))


BREAKING: list[Callable[[bytes], Response]] = [
    lambda data: Response(500, Headers([("Content-Type", "application/json")]), data),
    lambda data: Response(200, Headers([("Content-Type", "text/plain")]), data),
    lambda data: Response(200, Headers([("Content-Type", "application/json"), ("X-Count", "many")]), data),
    lambda data: Response(200, Headers([("Content-Type", "application/json")]), data + b"x"),
    lambda data: Response(200, Headers([("Content-Type", "application/json")]), b'{"a": 1, "a": 2}'),
    lambda data: Response(200, Headers([("Content-Type", "application/json")]), b'{"a": "7"}'),
    lambda data: Response(200, Headers([("Content-Type", "application/json")])),
]


@pytest.mark.parametrize("broken", BREAKING)
def test_what_differs_from_the_document_is_declined(broken: Callable[[bytes], Response]) -> None:
    """An error, another media type, wrong fields and bodies are left to the plan."""
    plan = plan_of({"type": "object", "properties": {"a": {"type": "integer"}}}, {}, [])
    assert reader(plan, "lenient")(broken(b'{"a": 7}')) is DECLINED


def test_infinity_is_not_converted_to_an_integer() -> None:
    """A number beyond a double that the document makes an integer of stays as it is, which is a deviation."""
    plan = plan_of({"type": "integer", "x-connector-wire": {"schema": {"type": "number"}}}, {}, [])
    response = Response(200, Headers([("Content-Type", "application/json")]), b"1e999")
    whole = plan.read(response, "lenient")
    assert whole.value == float("inf")
    assert any("cannot be converted to integer" in str(deviation) for deviation in whole.deviations)


def test_members_of_one_place_on_the_wire_are_values_of_their_own() -> None:
    """What is converted in a member is not changed in another that the wire keeps at the same place."""
    typed = {"type": "object", "properties": {"c": {"type": "string", "format": "date"}}}
    placed = {"x-connector-wire": {"path": ["b", "c"]}}
    plan = plan_of({"properties": {"a": {**typed, **placed}, "d": {"type": "object", **placed}}}, {}, [])
    response = Response(200, Headers([("Content-Type", "application/json")]), b'{"b": {"c": {"c": "2026-01-31"}}}')
    assert same(plan, response, "strict")
    assert reader(plan, "strict")(response)["d"] == {"c": "2026-01-31"}
