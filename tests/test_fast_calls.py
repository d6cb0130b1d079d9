"""Plain calls end to end: what is sent and raised does not depend on which way a call goes."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors import Connector, ConnectorError
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.secret import Secret
from openconnectors.engine.transports.blocking import BlockingTransport
from tests.test_transports import Server, head, sized

DOCUMENT = {
    "swagger": "2.0",
    "info": {"title": "Notes", "version": "1"},
    "host": "notes.example",
    "basePath": "/v1",
    "schemes": ["http"],
    "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    "security": [{"key": []}],
    "paths": {
        "/notes/{id}": {
            "get": {
                "operationId": "getNote",
                "produces": ["application/json"],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "type": "string"},
                    {"name": "fields", "in": "query", "type": "array", "items": {"type": "string"}},
                    {"name": "X-Trace", "in": "header", "type": "string"},
                ],
                "responses": {"200": {"description": "ok", "schema": {"$ref": "#/definitions/Note"}}},
            }
        },
        "/notes": {
            "post": {
                "operationId": "addNote",
                "consumes": ["application/json"],
                "produces": ["application/json"],
                "parameters": [
                    {"name": "note", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Note"}}
                ],
                "responses": {"200": {"description": "ok", "schema": {"$ref": "#/definitions/Note"}}},
            }
        },
    },
    "definitions": {
        "Note": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "maxLength": 5}}}
    },
}
JSON = "Content-Type: application/json"
NOTE = sized(b'{"text":"a"}', JSON)
MOVED = head("Location: /v1/notes/2", "Content-Length: 0", status="302 Found")
BUSY = sized(b"{}", JSON, status="503 Service Unavailable")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "notes.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    running.closes = False
    yield running
    running.close()


class Through(BlockingTransport):
    """A transport of a caller's, for which no call is plain."""


def connector(document: Path, server: Server, **options: Any) -> Connector:
    """A connector whose next call may be plain: each operation has been called."""
    base = server.url.removesuffix("/thing") + "/v1"
    loaded = openconnectors.load_file(document, connection={"key": "secret"}, base_url=base, **options)
    server.answer = NOTE
    loaded.get_note(id="1")
    loaded.get_note(id="1", x_trace="t")
    loaded.add_note(text="a")
    server.requests.clear()
    return loaded


def outcome(call: Callable[[], Any]) -> Any:
    """The value of a call, or its error as text."""
    try:
        return call()
    except ConnectorError as error:
        return type(error), str(error)


def cut(connection: socket.socket) -> None:
    """Close a connection in the middle of a response."""
    connection.sendall(NOTE[:-3])


CALLS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "a value": ("get_note", {"id": "a/b ü", "fields": ["x", "y"]}, NOTE),
    "a header argument": ("get_note", {"id": "1", "x_trace": "t"}, NOTE),
    "a header argument with another value": ("get_note", {"id": "1", "x_trace": "u"}, NOTE),
    "a body": ("add_note", {"text": "b"}, NOTE),
    "a whole body": ("add_note", {"note": {"text": "b", "more": [1, None, 2.5]}}, NOTE),
    "an unknown argument": ("get_note", {"id": "1", "ide": "2"}, NOTE),
    "an argument that breaks its schema": ("add_note", {"text": "too long"}, NOTE),
    "an argument of another type": ("add_note", {"text": 5}, NOTE),
    "an argument that a path cannot hold": ("get_note", {"id": ".."}, NOTE),
    "a refusal": (
        "add_note",
        {"text": "b"},
        sized(b'{"message":"no"}', JSON, status="400 Bad"),
    ),
    "credentials that are refused": ("get_note", {"id": "1"}, sized(b"", status="401 Unauthorized")),
    "a service that is busy once": ("get_note", {"id": "1"}, [BUSY, NOTE]),
    "a service that is busy, for what must not be repeated": ("add_note", {"text": "b"}, [BUSY, NOTE]),
    "a connection that is cut, for what may be repeated": ("get_note", {"id": "1"}, [cut, NOTE]),
    "a connection that is cut, for what must not be repeated": ("add_note", {"text": "b"}, [cut, NOTE]),
    "a redirect": (
        "get_note",
        {"id": "1"},
        [MOVED, NOTE],
    ),
    "a value that deviates": ("get_note", {"id": "1"}, sized(b'{"text":5}', JSON)),
    "a value of another type": ("get_note", {"id": "1"}, sized(b"[]", JSON)),
    "a member twice": ("get_note", {"id": "1"}, sized(b'{"text":"a","text":"b"}', JSON)),
    "another media type": ("get_note", {"id": "1"}, sized(b'{"text":"a"}', "Content-Type: text/plain")),
    "an undeclared status": (
        "get_note",
        {"id": "1"},
        sized(b'{"text":"a"}', JSON, status="201 Created"),
    ),
    "no body": ("get_note", {"id": "1"}, head("Content-Length: 0", JSON)),
    "what is not HTTP": ("add_note", {"text": "b"}, b"SSH-2.0-x\r\n\r\n"),
}


@pytest.mark.parametrize("mode", ["lenient", "strict", "off"])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_does_not_depend_on_its_way(
    document: Path, server: Server, monkeypatch: pytest.MonkeyPatch, name: str, mode: Any
) -> None:
    """The same requests, byte for byte, and the same value or error, whether plain calls are tried or not."""
    monkeypatch.setattr("openconnectors.engine.call.retry.FIRST", 0.001)
    operation, arguments, answer = CALLS[name]
    results = []
    for transport in (BlockingTransport(), Through()):
        loaded = connector(document, server, transport=transport, validate_responses=mode)
        server.answer = list(answer) if isinstance(answer, list) else answer
        result = outcome(lambda loaded=loaded: loaded.operations[operation](**arguments))
        results.append((result, list(server.requests)))
        transport.close()

    assert results[0] == results[1]


def test_a_call_is_plain_from_the_second_on(document: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once an operation has been called, a plain call takes no step of a flow."""
    loaded = connector(document, server)
    monkeypatch.setattr("openconnectors.engine.call.calls.Calls.response", None)

    assert loaded.get_note(id="2") == loaded.add_note(text="b") == {"text": "a"}


def test_other_credentials_are_sent_at_once(document: Path, server: Server) -> None:
    """A value of the connection that changes is in the next request."""
    loaded = connector(document, server)
    connection = calls_of(loaded.get_note).connected.connection
    for name in connection.values:
        connection.authentication.use(name, Secret("another"))
    loaded.get_note(id="1")
    loaded.get_note(id="1")

    assert [b"X-Key: another" in request for request in server.requests] == [True, True]


def test_attempts_are_logged_if_somebody_looks(
    document: Path, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """With the level DEBUG each attempt has its record, as it has without plain calls."""
    loaded = connector(document, server)
    with caplog.at_level(logging.DEBUG, "openconnectors"):
        loaded.get_note(id="2")

    assert [record.message.partition(" after")[0] for record in caplog.records] == [
        "getNote: GET /notes/{id} answered 200"
    ]
