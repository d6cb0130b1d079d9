"""What the service itself tells: the values that may be given, and schemas, asked once and held to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from tests.conftest import serving

KINDS = {
    "book": {
        "type": "object",
        "required": ["title"],
        "properties": {"title": {"type": "string"}, "on": {"type": "string", "format": "date"}},
    },
    "coin": {"type": "object", "properties": {"worth": {"type": "integer"}}},
    "broken": {"type": "object", "properties": {"x": {"$ref": "#/definitions/Nowhere"}}},
}
THING = {
    "type": "object",
    "x-ms-dynamic-schema": {
        "operationId": "GetSchema",
        "parameters": {"kind": {"parameter": "kind"}},
        "value-path": "schema",
    },
}
KIND = {
    "name": "kind",
    "in": "path",
    "required": True,
    "type": "string",
    "x-ms-dynamic-list": {
        "operationId": "GetKinds",
        "itemsPath": "kinds",
        "itemValuePath": "id",
        "itemTitlePath": "name",
    },
}
FOLDER: dict[str, Any] = {
    "name": "folder",
    "in": "query",
    "type": "string",
    "x-ms-dynamic-values": {"capability": "file-picker", "value-path": "path"},
}
TREE = {
    "open": {"operationId": "GetFolders", "itemsPath": "folders", "itemValuePath": "path", "itemTitlePath": "name"},
    "browse": {
        "operationId": "GetFolders",
        "itemsPath": "folders",
        "itemValuePath": "path",
        "itemTitlePath": "name",
        "parameters": {"within": {"selectedItemValuePath": "path"}},
    },
}
ANY = {"200": {"description": "ok", "schema": {"type": "object"}}}
DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Kinds", "version": "1"},
    "host": "kinds.example",
    "x-ms-capabilities": {
        "file-picker": {
            "open": {"operationId": "GetFolders"},
            "browse": {"operationId": "GetFolders", "parameters": {"within": {"value-property": "path"}}},
            "value-collection": "folders",
            "value-title": "name",
        }
    },
    "paths": {
        "/folders": {
            "get": {
                "operationId": "GetFolders",
                "parameters": [{"name": "within", "in": "query", "type": "string"}],
                "responses": ANY,
            },
            "put": {"operationId": "PickFolder", "parameters": [FOLDER], "responses": ANY},
            "post": {
                "operationId": "TakeFolder",
                "parameters": [{**FOLDER, "x-ms-dynamic-tree": TREE}],
                "responses": ANY,
            },
        },
        "/kinds": {"get": {"operationId": "GetKinds", "responses": ANY}},
        "/kinds/{kind}": {
            "get": {
                "operationId": "GetSchema",
                "parameters": [{"name": "kind", "in": "path", "required": True, "type": "string"}],
                "responses": ANY,
            }
        },
        "/things/{kind}": {
            "parameters": [KIND],
            "post": {
                "operationId": "AddThing",
                "parameters": [{"name": "thing", "in": "body", "required": True, "schema": THING}],
                "responses": {"200": {"description": "it", "schema": THING}},
            },
        },
    },
}


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def kinds(calls: list[str], tmp_path: Path) -> Iterator[openconnectors.Connector]:
    @Request.application
    def service(request: Request) -> Response:
        calls.append(f"{request.method} {request.path}")
        last = request.path.rpartition("/")[2]
        value: Any = {"kinds": [{"id": name, "name": name.upper()} for name in KINDS]}
        if request.path == "/folders":
            above = request.args.get("within", "")
            value = {"folders": [{"path": f"{above}/{name}", "name": name} for name in ("a", "b")]}
        elif request.path.startswith("/kinds/"):
            value = {"schema": KINDS[last]}
        elif request.method == "POST":
            value = request.get_json()
        return Response(json.dumps(value), content_type="application/json")

    path = tmp_path / "kinds.swagger.json"
    path.write_text(json.dumps(DOCUMENT))
    with serving(make_server("127.0.0.1", 0, service, threaded=True)) as url:
        yield openconnectors.load_file(path, base_url=url, connection={}, validate_responses="strict")


def test_choices_are_value_and_title(kinds: openconnectors.Connector) -> None:
    """The choices of x-ms-dynamic-values are value and title, read from the service."""
    assert kinds.add_thing.choices("kind")[:2] == [("book", "BOOK"), ("coin", "COIN")]


@pytest.mark.parametrize("operation", ["take_folder", "pick_folder"], ids=["a tree", "the service's file picker"])
def test_choices_below_a_choice(kinds: openconnectors.Connector, operation: str) -> None:
    """choices(name, parent) lists the folder below a choice; flat choices have none below."""
    choices = kinds.operations[operation].choices
    assert choices("folder") == [("/a", "a"), ("/b", "b")]
    assert choices("folder", "/b") == [("/b/a", "a"), ("/b/b", "b")]
    with pytest.raises(openconnectors.Unsupported, match="hold no others"):
        kinds.add_thing.choices("kind", "book")


def test_a_schema_is_requested_once_and_validates_and_decodes(
    kinds: openconnectors.Connector, calls: list[str]
) -> None:
    """A dynamic schema is requested once; its members are arguments, and its formats give objects."""
    assert kinds.add_thing(kind="book", title="Middlemarch", on=date(1871, 12, 1)) == {
        "title": "Middlemarch",
        "on": date(1871, 12, 1),
    }
    assert kinds.add_thing(kind="book", thing={"title": "Emma"}) == {"title": "Emma"}
    with pytest.raises(openconnectors.InvalidArguments, match="title: is missing"):
        kinds.add_thing(kind="book", thing={})
    assert calls == ["GET /kinds/book", "POST /things/book", "POST /things/book"]


def test_each_choice_has_its_own_schema(kinds: openconnectors.Connector) -> None:
    """Arguments are validated by the schema that the service returns for the chosen kind."""
    assert kinds.add_thing(kind="coin", worth=2) == {"worth": 2}
    with pytest.raises(openconnectors.InvalidArguments, match="worth: must be integer"):
        kinds.add_thing(kind="coin", worth="two")
    with pytest.raises(openconnectors.InvalidArguments, match="title"):
        kinds.add_thing(kind="book", worth=2)


def test_a_schema_that_cannot_be_used_is_the_services_fault(kinds: openconnectors.Connector, calls: list[str]) -> None:
    """An unusable schema from the service raises InvalidResponse, and the operation is not sent."""
    with pytest.raises(openconnectors.InvalidResponse, match="GetSchema"):
        kinds.add_thing(kind="broken", thing={"x": 1})
    assert calls == ["GET /kinds/broken"]


def test_a_dry_run_asks_nobody(kinds: openconnectors.Connector, calls: list[str]) -> None:
    """request() sends nothing, not even for dynamic schemas."""
    assert kinds.add_thing.request(kind="book", thing={"any": 1}).method == "POST"
    assert calls == []
