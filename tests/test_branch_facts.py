"""A value is converted by the parts of its schema that describe it, whichever keyword they are under, both ways."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from openconnectors.engine.errors import InvalidArguments

from .documents_in_process import plan_of, received, sent

DATE, MOMENT = {"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}
DAY, NOON = date(2026, 1, 31), datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY_TEXT, NOON_TEXT = "2026-01-31", "2026-01-31T12:00:00Z"


def object_of(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members)}


CONVERTED: dict[str, tuple[Any, Any, Any]] = {
    "anyOf with null, a text": ({"anyOf": [DATE, {"type": "null"}]}, DAY_TEXT, DAY),
    "oneOf of two formats, which tell the branches apart": (
        {"type": "array", "items": {"oneOf": [DATE, MOMENT]}},
        [DAY_TEXT, NOON_TEXT],
        [DAY, NOON],
    ),
    "anyOf of two formats, the first": ({"anyOf": [DATE, MOMENT]}, DAY_TEXT, DAY),
    "anyOf of two formats, the second": ({"anyOf": [DATE, MOMENT]}, NOON_TEXT, NOON),
    "a text that is no date where any text is allowed": ({"anyOf": [DATE, {"type": "string"}]}, "today", "today"),
    "an object and a date, by what the date is written as": (
        {"oneOf": [{"type": "object", "properties": {"a": DATE}}, {"type": "array"}, DATE]},
        DAY_TEXT,
        DAY,
    ),
    "oneOf of objects, by their members": (
        {"oneOf": [object_of(a=DATE), object_of(b=DATE)]},
        {"b": DAY_TEXT},
        {"b": DAY},
    ),
    "oneOf by a const": (
        {"oneOf": [object_of(k={"const": "d"}, v=DATE), object_of(k={"const": "m"}, v=MOMENT)]},
        {"k": "m", "v": NOON_TEXT},
        {"k": "m", "v": NOON},
    ),
    "oneOf within oneOf": (
        {"oneOf": [object_of(x={"oneOf": [object_of(a=DATE), object_of(b=MOMENT)]}), object_of(y=DATE)]},
        {"x": {"b": NOON_TEXT}},
        {"x": {"b": NOON}},
    ),
    "anyOf, every branch that fits": (
        {"anyOf": [{"properties": {"a": DATE}}, {"properties": {"b": MOMENT}}]},
        {"a": DAY_TEXT, "b": NOON_TEXT},
        {"a": DAY, "b": NOON},
    ),
    "beside members of the schema itself": (
        {**object_of(a=DATE), "oneOf": [object_of(b=MOMENT), object_of(c=DATE)]},
        {"a": DAY_TEXT, "b": NOON_TEXT},
        {"a": DAY, "b": NOON},
    ),
    "two oneOf in an allOf": (
        {
            "allOf": [
                {"oneOf": [object_of(a=DATE), object_of(b=DATE)]},
                {"oneOf": [object_of(c=DATE), object_of(e=DATE)]},
            ]
        },
        {"a": DAY_TEXT, "e": DAY_TEXT},
        {"a": DAY, "e": DAY},
    ),
    "a member that two parts describe": (
        {"allOf": [object_of(a=DATE), {"properties": {"a": {"description": "A day"}}}]},
        {"a": DAY_TEXT},
        {"a": DAY},
    ),
    "prefixItems and items": (
        {"type": "array", "prefixItems": [DATE, {"type": "integer"}], "items": MOMENT},
        [DAY_TEXT, 1, NOON_TEXT],
        [DAY, 1, NOON],
    ),
    "unevaluatedItems": (
        {"type": "array", "prefixItems": [{"type": "integer"}], "unevaluatedItems": DATE},
        [1, DAY_TEXT],
        [1, DAY],
    ),
    "patternProperties and additionalProperties": (
        {"type": "object", "patternProperties": {"^d": DATE}, "additionalProperties": MOMENT},
        {"d1": DAY_TEXT, "x": NOON_TEXT},
        {"d1": DAY, "x": NOON},
    ),
    "unevaluatedProperties": (
        {"allOf": [{"properties": {"a": MOMENT}}], "type": "object", "unevaluatedProperties": DATE},
        {"a": NOON_TEXT, "b": DAY_TEXT},
        {"a": NOON, "b": DAY},
    ),
    "then": (
        {"if": {"properties": {"k": {"const": "d"}}}, "then": object_of(v=DATE), "else": object_of(v=MOMENT)},
        {"k": "d", "v": DAY_TEXT},
        {"k": "d", "v": DAY},
    ),
    "else": (
        {"if": {"properties": {"k": {"const": "d"}}}, "then": object_of(v=DATE), "else": object_of(v=MOMENT)},
        {"k": "m", "v": NOON_TEXT},
        {"k": "m", "v": NOON},
    ),
    "dependentSchemas": (
        {"type": "object", "dependentSchemas": {"k": {"properties": {"v": DATE}}}},
        {"k": 1, "v": DAY_TEXT},
        {"k": 1, "v": DAY},
    ),
    "a reference with keywords beside it": ({"$ref": "#/components/schemas/Day", "description": "x"}, DAY_TEXT, DAY),
    "a schema that holds itself in a branch": (
        {"$ref": "#/components/schemas/Tree"},
        {"day": DAY_TEXT, "next": {"day": DAY_TEXT, "next": None}},
        {"day": DAY, "next": {"day": DAY, "next": None}},
    ),
    "bytes": ({"anyOf": [{"type": "string", "contentEncoding": "base64"}, {"type": "null"}]}, "AAE=", b"\0\1"),
    "a number of which every digit counts": (
        {"type": "array", "items": {"anyOf": [{"type": "number", "format": "decimal"}, {"type": "null"}]}},
        [0.1, None],
        [Decimal("0.1"), None],
    ),
    "an identifier or a number": (
        {"type": "array", "items": {"oneOf": [{"type": "string", "format": "uuid"}, {"type": "integer"}]}},
        ["123e4567-e89b-42d3-a456-426614174000", 5],
        [UUID("123e4567-e89b-42d3-a456-426614174000"), 5],
    ),
}
COMPONENTS = {
    "Day": DATE,
    "Tree": object_of(day=DATE, next={"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]}),
}


@pytest.mark.parametrize("name", CONVERTED)
def test_formats_become_objects_by_the_branch_that_fits(name: str) -> None:
    """JSON is read as Python objects without a deviation, and these are sent as the same JSON; so is the JSON
    itself."""
    schema, wire, value = CONVERTED[name]
    plan = plan_of(schema, COMPONENTS)

    response = received(plan, wire)

    assert (response.value, response.deviations) == (value, ())
    assert sent(plan, value) == wire
    assert sent(plan, wire) == wire


def test_the_nearest_branch_is_read_though_it_does_not_fit() -> None:
    """What differs from each branch is a deviation, and what can be read of it is read by the nearest."""
    plan = plan_of(object_of(i={"oneOf": [object_of(a=DATE, n={"type": "integer"}), object_of(b=DATE)]}))

    response = received(plan, {"i": {"a": DAY_TEXT}}, "lenient")

    assert response.value == {"i": {"a": DAY}}
    assert len(response.deviations) == 1


def test_a_default_of_the_branch_that_fits_is_sent() -> None:
    """A member that a branch requires is filled in with its default."""
    plan = plan_of({"oneOf": [object_of(a={"type": "integer"}, b={"default": 7}), object_of(c={"type": "string"})]})

    assert sent(plan, {"a": 1}) == {"a": 1, "b": 7}


def test_choices_within_choices_take_time_in_proportion_to_the_value() -> None:
    """A value 60 levels deep, of which each level has two branches that differ only at the end."""

    def node(kind: str) -> dict[str, Any]:
        return object_of(next={"$ref": "#/components/schemas/Node"}, day=DATE, kind={"const": kind})

    leaf = {"type": "integer"}
    plan = plan_of({"$ref": "#/components/schemas/Node"}, {"Node": {"oneOf": [node("a"), node("b"), leaf]}})
    value: Any = 1
    for _ in range(60):
        value = {"next": value, "day": DAY_TEXT, "kind": "b"}

    assert sent(plan, received(plan, value).value) == value
    value["kind"] = "c"
    with pytest.raises(InvalidArguments):
        sent(plan, value)
