"""Laws of parameters: what a client writes in any style of OpenAPI 3.2 a service reads as the same value.

50 examples each; 1,000 with LONG=1 (``make long``).
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnectors.engine.errors import InvalidArguments
from openconnectors.engine.http import Headers, Response

from .test_laws import LAW
from .test_parameter_facts import plan_of, read, request_of

pytestmark = pytest.mark.law

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = {"string": TEXT, "integer": st.integers(), "boolean": st.booleans(), "number": NUMBERS}

STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
CHOICES = [(location, style, explode) for location, styles in STYLES.items() for style in styles for explode in (0, 1)]


def _schema(draw: st.DrawFn, style: str) -> tuple[dict[str, Any], st.SearchStrategy[Any]]:
    """A schema that the style may have, with its values."""
    kind = draw(st.sampled_from(sorted(SCALARS)))
    shapes = {
        "scalar": ({"type": kind}, SCALARS[kind]),
        "array": ({"type": "array", "items": {"type": kind}}, st.lists(SCALARS[kind], max_size=3)),
        "object": (
            {"type": "object", "additionalProperties": {"type": kind}},
            st.dictionaries(TEXT, SCALARS[kind], max_size=3),
        ),
        "members": (
            {"type": "object", "properties": {"a": {"type": kind}, "b c": {"type": "string"}}},
            st.fixed_dictionaries({}, optional={"a": SCALARS[kind], "b c": TEXT}),
        ),
    }
    return shapes[draw(st.sampled_from(sorted(shapes if style != "deepObject" else {"object", "members"})))]


@LAW
@given(st.data())
def test_what_is_written_is_read_back(data: st.DataObject) -> None:
    """In each location and style a value is read back as it was, or refused. A list or object without members may be
    nothing; a list of one empty text is the text of no item."""
    location, style, explode = data.draw(st.sampled_from(CHOICES))
    schema, values = data.draw(st.composite(lambda draw: _schema(draw, style))())
    plan = plan_of({"name": "v", "in": location, "style": style, "explode": bool(explode), "schema": schema})
    value = data.draw(values)
    try:
        request = request_of(plan, v=value)
    except InvalidArguments:
        return
    came = read(plan, request).get("v", type(value)())

    assert came == value or (value == [""] and came == [])


TREES = st.recursive(
    SCALARS["string"].filter(bool) | st.just("x"),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(TEXT, inner, min_size=1, max_size=3),
    max_leaves=8,
)


@LAW
@given(st.dictionaries(TEXT, TREES, min_size=1, max_size=3))
def test_deep_objects_are_read_back(value: dict[str, Any]) -> None:
    """Objects in objects and lists in lists come back, or are refused; without a schema, members that are named as the
    items of a list are one."""
    plan = plan_of({"name": "v", "in": "query", "style": "deepObject", "schema": {"type": "object"}})
    try:
        request = request_of(plan, v=value)
    except InvalidArguments:
        return

    assert _without_lists(read(plan, request)["v"]) == _without_lists(value)


def _without_lists(value: Any) -> Any:
    """A value whose lists are objects with indexes for names."""
    if isinstance(value, list):
        value = {str(index): item for index, item in enumerate(value)}
    if isinstance(value, dict):
        return {key: _without_lists(member) for key, member in value.items()}
    return value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@LAW
@given(st.sampled_from(["path", "query", "querystring", "header", "cookie"]), JSON)
def test_json_in_a_parameter_is_read_back(location: str, value: Any) -> None:
    """Any JSON value stands in any location."""
    schema = {"type": ["object", "array", "string", "number", "boolean", "null"]}
    plan = plan_of({"name": "v", "in": location, "content": {"application/json": {"schema": schema}}})

    assert read(plan, request_of(plan, v=value)) == {"v": value}


@LAW
@given(st.dictionaries(TEXT, TEXT, max_size=4))
def test_a_form_that_is_the_whole_query_is_read_back(value: dict[str, str]) -> None:
    """The pairs of a form are those of the query."""
    content = {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}
    plan = plan_of({"name": "v", "in": "querystring", "content": content})

    assert read(plan, request_of(plan, v=value)).get("v", {}) == value


@LAW
@given(st.lists(TEXT, max_size=4), st.booleans())
def test_a_header_field_that_a_service_writes_is_read(value: list[str], explode: bool) -> None:
    """A list that a parameter can be in a header field is the same list in a response."""
    schema = {"type": "array", "items": {"type": "string"}}
    writer = plan_of({"name": "v", "in": "header", "schema": schema, "explode": explode})
    try:
        field = request_of(writer, v=value).headers["v"]
    except InvalidArguments:
        return
    reader = plan_of(headers={"v": {"schema": schema, "explode": explode}})

    assert reader.read(Response(204, Headers([("v", field)])), "strict").fields == {
        "v": [item.strip() for item in value]
    }
