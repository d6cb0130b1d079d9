"""Responses of the sandbox that a request asks for (RFC 7240), and those that repeat what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from openconnectors.testing import ConnectorSandbox, sandbox

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "example": 7},
        "name": {"type": "string", "maxLength": 10},
        "tag": {"type": "string"},
        "key": {"type": "string", "writeOnly": True},
        "owner": {"type": "object", "required": ["mail"], "properties": {"mail": {"type": "string"}}},
        "next": {"type": "string"},
    },
}
NEW = {"type": "object", "required": ["name"], "properties": {**PET["properties"], "name": {"type": "string"}}}
FAULT = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}, "text": {"type": "string"}}}


def _response(schema: Any, examples: Any = None) -> dict[str, Any]:
    content = {"schema": schema, **({"examples": examples} if examples else {})}
    return {"description": "Nothing here", "content": {"application/json": content, "application/xml": content}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "http://pets.example"}],
    "paths": {
        "/pets": {
            "post": {
                "operationId": "add",
                "requestBody": {"required": True, "content": {"application/json": {"schema": NEW}}},
                "responses": {
                    "201": _response(PET, {
                        "rex": {"value": {"id": 1, "name": "Rex"}}, "tom": {"$ref": "#/components/examples/tom"},
                    }),
                    "404": _response(FAULT, {
                        "gone": {"value": {"code": "gone", "text": "It ran away"}},
                        "sold": {"value": {"code": "sold"}},
                    }),
                },
            }
        }
    },
    "components": {"examples": {"tom": {"value": {"id": 2, "name": "Tom"}}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectorSandbox]:
    path: Path = tmp_path_factory.mktemp("answers") / "pets.openapi.json"
    path.write_text(json.dumps(DOCUMENT), "utf-8")
    with sandbox(path) as running:
        yield running


Add = Callable[..., tuple[int, Any, Any]]


@pytest.fixture
def add(started: ConnectorSandbox) -> Add:
    """Posts a pet: status, header fields, value."""

    def posted(pet: dict[str, Any], **fields: str) -> tuple[int, Any, Any]:
        headers = {"Content-Type": "application/json", **fields}
        request = Request(f"{started.url}/pets", json.dumps(pet).encode(), headers)  # noqa: S310 - loopback
        try:
            with urlopen(request) as response:  # noqa: S310 - loopback
                data = response.read()
                value = json.loads(data) if response.headers["Content-Type"] == "application/json" else data
                return response.status, response.headers, value
        except HTTPError as error:
            with error:
                return error.code, error.headers, json.loads(error.read())

    return posted


def test_a_status_is_preferred(add: Add) -> None:
    """Prefer: code=404 gives the declared response of 404, and says that it was applied."""
    status, headers, value = add({"name": "Rex"}, Prefer="code=404")

    assert status == 404
    assert value["code"] == "gone"
    assert headers["Preference-Applied"] == "code=404"


@pytest.mark.parametrize(
    ("prefer", "status", "value"),
    [
        ("code=404, example=sold", 404, {"code": "sold"}),
        ('CODE="404", Example="sold"', 404, {"code": "sold"}),
        ("example=tom", 201, {"id": 2, "name": "Tom"}),
        ("return=minimal, example=rex; strict", 201, {"id": 1, "name": "Rex"}),
    ],
)
def test_an_example_is_preferred_by_its_name(add: Add, prefer: str, status: int, value: Any) -> None:
    """Prefer: example=name gives that example, of a preferred status or of success; other preferences do not matter."""
    assert add({"name": "Max"}, Prefer=prefer)[::2] == (status, value)


@pytest.mark.parametrize("prefer", ["example=none", "code=abc", "code=99", "wait=10", "code", ",,"])
def test_a_preference_that_cannot_be_met_is_ignored(add: Add, prefer: str) -> None:
    """The response is that without the field (RFC 7240 section 2), and claims nothing."""
    status, headers, value = add({"name": "Max"}, Prefer=prefer)

    assert (status, value["name"]) == (201, "Max")
    assert "Preference-Applied" not in headers


def test_an_undeclared_status_is_sent_too(add: Add) -> None:
    """A status that the document does not have comes as problem details (RFC 9457)."""
    status, headers, value = add({"name": "Rex"}, Prefer="code=503")

    assert (status, value["status"]) == (503, 503)
    assert headers["Content-Type"] == "application/problem+json"


def test_a_wrong_request_is_refused_whatever_it_prefers(add: Add) -> None:
    """A preference does not hide that the request breaks the document."""
    assert add({}, Prefer="code=404")[0] == 400


def test_members_of_a_sent_body_come_back(add: Add) -> None:
    """Members that the response has under the same name, and accepts, are those that were sent."""
    _, _, value = add({"name": "Max", "tag": "Ü", "owner": {"mail": "m@example.com"}})

    assert (value["name"], value["tag"], value["owner"]) == ("Max", "Ü", {"mail": "m@example.com"})
    assert value["id"] == 1


def test_members_that_do_not_fit_stay_away(add: Add) -> None:
    """A member that the response does not accept, and one that is only written, are not repeated."""
    _, _, value = add({"name": "much too long", "tag": "kept", "key": "secret"})

    assert (value["name"], value["tag"]) == ("Rex", "kept")
    assert "secret" not in json.dumps(value)


def test_what_cannot_be_written_is_not_repeated(add: Add) -> None:
    """A member that XML cannot hold (XML 1.0 section 2.2) leaves the response as it would be without it."""
    assert add({"name": "\x01"})[2]["name"] == "\x01"
    assert b"<name>Rex</name>" in add({"name": "\x01"}, Accept="application/xml")[2]
