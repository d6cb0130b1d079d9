"""Read-only members come in responses, write-only members go in requests, whatever part of a schema says so."""

from __future__ import annotations

from typing import Any

import pytest

from openconnectors.engine.errors import InvalidArguments, InvalidResponse
from openconnectors.engine.plan.options import Options

from .documents_in_process import BASE, plan_of, received, sent

TEXT = {"type": "string"}
READ, WRITE = {**TEXT, "readOnly": True}, {**TEXT, "writeOnly": True}
USER: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "password"],
    "properties": {"id": READ, "name": TEXT, "password": WRITE},
}
COMPONENTS = {
    "Id": READ,
    "Password": WRITE,
    "Base": {"type": "object", "required": ["id", "password"], "properties": {"id": READ, "password": WRITE}},
    "Plain": {"type": "object", "required": ["id", "password", "name"]},
}
ID, PASSWORD = {"$ref": "#/components/schemas/Id"}, {"$ref": "#/components/schemas/Password"}
BASE_REF, PLAIN_REF = {"$ref": "#/components/schemas/Base"}, {"$ref": "#/components/schemas/Plain"}
NAMED = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}

SCHEMAS: dict[str, Any] = {
    "in the object itself": USER,
    "by references": {**USER, "properties": {"id": ID, "name": TEXT, "password": PASSWORD}},
    "in the parts of the member": {
        **USER,
        "properties": {"id": {"allOf": [ID]}, "name": TEXT, "password": {"allOf": [PASSWORD, {"minLength": 1}]}},
    },
    "in a part of the object": {"allOf": [BASE_REF, NAMED]},
    "required by another part": {
        "allOf": [
            {"type": "object", "properties": {"id": READ, "name": TEXT, "password": WRITE}},
            {"required": ["id", "name", "password"]},
        ]
    },
    "required by a part that is a reference": {
        "allOf": [PLAIN_REF, {"type": "object", "properties": {"id": READ, "password": WRITE}}]
    },
    "required around the part": {"allOf": [BASE_REF], "required": ["id", "name", "password"]},
    "in a branch": {"oneOf": [USER, {"type": "integer"}]},
}
VERSIONS = ["3.0.4", "3.1.1", "3.2.0"]


def wrapped(schema: Any, depth: int) -> Any:
    return schema if depth == 0 else {"type": "object", "properties": {"inner": wrapped(schema, depth - 1)}}


@pytest.mark.parametrize("depth", [0, 2])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SCHEMAS)
def test_a_member_is_required_in_its_direction_alone(name: str, version: str, depth: int) -> None:
    """A request without the read-only member, and a response without the write-only one, is complete; the other way
    round they are not."""
    plan = plan_of(wrapped(SCHEMAS[name], depth), COMPONENTS, version=version)

    def at_depth(value: Any) -> Any:
        for _ in range(depth):
            value = {"inner": value}
        return value

    request, response = {"name": "a", "password": "p"}, {"id": "i", "name": "a"}
    assert sent(plan, at_depth(request)) == at_depth(request)
    assert received(plan, at_depth(response)).value == at_depth(response)
    with pytest.raises(InvalidArguments):
        plan.request({"body": at_depth({"name": "a"})}, BASE, Options())
    with pytest.raises(InvalidResponse):
        received(plan, at_depth({"name": "a"}))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SCHEMAS)
def test_read_only_members_are_not_sent_unless_a_service_may_judge_by_required(name: str, version: str) -> None:
    """What was read can be sent again: in 3.0 without its read-only members; since 3.1, where ``readOnly`` is an
    annotation and ``required`` holds in both directions, with those that are required."""
    plan = plan_of({"type": "object", "properties": {"v": SCHEMAS[name]}}, COMPONENTS, version=version)
    read_back = {"v": {"id": "i", "name": "a", "password": "p"}}

    sent_again = sent(plan, read_back)

    assert sent_again == ({"v": {"name": "a", "password": "p"}} if version == "3.0.4" else read_back)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_optional_read_only_member_is_not_sent(version: str) -> None:
    """A read-only member that is not required is left out of what is sent."""
    plan = plan_of({"type": "object", "properties": {"id": READ, "name": TEXT}}, version=version)

    assert sent(plan, {"id": "i", "name": "a"}) == {"name": "a"}


def test_the_service_may_send_a_write_only_member() -> None:
    """A write-only member in a response is read like any other: it SHOULD NOT come, and nothing is lost if it does."""
    plan = plan_of(USER, version="3.0.4")

    assert received(plan, {"id": "i", "name": "a", "password": "p"}).value["password"] == "p"
