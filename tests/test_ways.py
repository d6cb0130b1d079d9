"""Whatever way a call goes (each transport, both faces; ``ways``), its outcome is that of the flow: the same value and
deviations, or the same error in the same words, after the same requests.

The answers here are raw bytes; the conversations of the golden cases run over the ways too (``test_golden``).
"""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from tests.conftest import accepting
from tests.test_transports import received
from tests.ways import WAYS

ITEM = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "price": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
ANSWER = {"description": "-", "content": {"application/json": {"schema": ITEM}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://t.example"}],
    "paths": {
        "/items/{id}": {
            "get": {
                "operationId": "get",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "q", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                ],
                "responses": {"200": ANSWER, "204": {"description": "-"}},
            }
        },
        "/items": {
            "post": {
                "operationId": "add",
                "requestBody": {"required": True, "content": {"application/json": {"schema": ITEM}}},
                "responses": {"200": ANSWER, "404": ANSWER},
            }
        },
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    "security": [{"key": []}],
}
CALLS: Mapping[str, dict[str, Any]] = {
    "get": {"id": "a/ü 1", "q": ["x", "y&z"]},
    "add": {"id": 1, "price": 1.5, "tags": ["é", "\x7f"]},
}
WRONG_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("get", {"id": 1}),
    ("get", {"id": ".."}),
    ("get", {"id": "x", "q": ["\ud800"]}),
    ("add", {"id": "x"}),
    ("add", {"price": 1}),
    ("add", {"id": 1, "tags": [None]}),
    ("add", {"id": 1, "more": 2}),
]


def _answer(body: bytes, *fields: str, status: str = "200 OK", media_type: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _framed(*fields: str, body: bytes) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: application/json", *fields, "", ""]).encode() + body


WHOLE = b'{"id": 1, "at": "2026-01-31T12:00:00Z", "price": 0.1, "tags": ["a"]}'
ANSWERS: Mapping[str, bytes | list[bytes]] = {
    "a value": _answer(WHOLE),
    "in chunks": _framed("Transfer-Encoding: chunked", body=b'5\r\n{"id"\r\n4\r\n: 1}\r\n0\r\n\r\n'),
    "compressed": _answer(gzip.compress(WHOLE), "Content-Encoding: gzip"),
    "until the connection closes": _framed("Connection: close", body=WHOLE),
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "an undeclared member": _answer(b'{"id": 1, "more": [1, {"a": null}]}'),
    "a member of another type": _answer(b'{"id": "1", "tags": [1]}'),
    "a missing member": _answer(b"{}"),
    "a member twice": _answer(b'{"id": 1, "id": 2}'),
    "a member twice by an escape": _answer(b'{"id": 1, "\\u0069d": 2}'),
    "null": _answer(b"null"),
    "a list": _answer(b"[1]"),
    "NaN": _answer(b'{"id": 1, "price": NaN}'),
    "a number beyond a double": _answer(b'{"id": 1, "price": 1e999}'),
    "a long integer": _answer(b'{"id": ' + b"9" * 30 + b"}"),
    "too many digits": _answer(b'{"id": ' + b"9" * 9_000 + b"}"),
    "a lone surrogate": _answer(b'{"id": 1, "tags": ["\\ud800"]}'),
    "a BOM": _answer(b"\xef\xbb\xbf" + WHOLE),
    "UTF-16": _answer(WHOLE.decode().encode("utf-16")),
    "not UTF-8": _answer(b'{"id": 1, "tags": ["\xff"]}'),
    "nested too deep": _answer(b'{"id": 1, "more": ' + b"[" * 2_000 + b"]" * 2_000 + b"}"),
    "cut JSON": _answer(b'{"id": 1'),
    "no JSON": _answer(b"<html/>", media_type="text/html"),
    "JSON as text": _answer(WHOLE, media_type="text/plain"),
    "no media type": b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"id": 1}',
    "an empty body": _answer(b""),
    "an undeclared status": _answer(WHOLE, status="201 Created"),
    "not found": _answer(WHOLE, status="404 Not Found"),
    "an error in words": _answer(b'{"message": "no", "code": "E1"}', status="400 Bad Request"),
    "a failure of the server": _answer(b"{}", status="501 Not Implemented"),
    "unauthorized": _answer(b"{}", "WWW-Authenticate: Basic", status="401 Unauthorized"),
    "unavailable for a moment": [_answer(b"{}", "Retry-After: 0", status="429 Too Many Requests"), _answer(WHOLE)],
    "elsewhere": [_answer(b"", "Location: /items/2", status="307 Temporary Redirect"), _answer(WHOLE)],
    "elsewhere, without a place": _answer(b"", status="302 Found"),
    "elsewhere, another origin": _answer(b"", "Location: http://127.0.0.2:1/", status="302 Found"),
    "wrong compression": _answer(WHOLE, "Content-Encoding: gzip"),
    "an unknown coding": _answer(WHOLE, "Content-Encoding: br-1"),
}


FAULTS: Mapping[str, bytes] = {
    "after 103": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + _answer(WHOLE),
    "cut": _framed("Content-Length: 99", body=WHOLE),
    "too long": _framed("Content-Length: 9", body=b'{"id": 1} '),
    "two lengths": _framed("Content-Length: 9", "Content-Length: 10", body=b'{"id": 1} '),
    "a length and chunks": _framed("Content-Length: 9", "Transfer-Encoding: chunked", body=b'{"id": 1}'),
    "a wrong chunk": _framed("Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n0\r\n\r\n"),
    "a cut chunk": _framed("Transfer-Encoding: chunked", body=b"9\r\n{}"),
    "a folded line": _framed("X: 1", " 2", "Content-Length: 9", body=b'{"id": 1}'),
    "a line without a colon": _framed("X", "Content-Length: 9", body=b'{"id": 1}'),
    "a cut head": b"HTTP/1.1 200 OK\r\nContent-Type: appl",
    "no HTTP": b"SSH-2.0-OpenSSH_9.7\r\n",
    "nothing": b"",
}
"""Answers most of which break HTTP. A call that may be repeated is, after a pause, so only the other is made. What a
session of requests makes of them is up to http.client."""


class Service:
    """A server on loopback: it gives the answers that it is told, the last one again and again, and keeps what it
    received. It closes the connection after an answer of ``closing``: never after one after which clients keep it."""

    closing = (
        *(answer for name, answer in FAULTS.items() if name != "after 103"),
        ANSWERS["until the connection closes"],
    )

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        accepting(self._socket, self._serve)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while (request := received(connection)) is not None:
                self.requests.append(request)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                connection.sendall(answer)
                if answer in self.closing:
                    return

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


def _outcome(service: Service, call: Callable[[], Any]) -> Any:
    """What a call came to, with the address of the server left out."""
    service.requests.clear()
    try:
        response = call()
        result = (response.status, repr(response.value), [str(each) for each in response.deviations])
    except openconnectors.ConnectorError as error:
        result = (type(error).__name__, str(error), [getattr(error, "sent", None)])
    sent = [re.split(rb"\r\n", request)[0] + request.partition(b"\r\n\r\n")[2] for request in service.requests]
    return json.loads(json.dumps([result, [str(line) for line in sent]]).replace(service.address, "service"))


def _outcomes(service: Service, folder: Path, way: str) -> dict[str, Any]:
    """The outcomes of all calls on a way."""
    path = folder / "t.openapi.json"
    path.write_text(json.dumps(DOCUMENT), "utf-8")
    outcomes: dict[str, Any] = {}
    with WAYS[way]():
        for mode in ("lenient", "strict"):
            connector = openconnectors.load_file(
                path,
                connection={"key": "k-secret"},
                base_url=f"http://{service.address}",
                validate_responses=mode,
                trust_env=False,
            )
            service.answers = [_answer(WHOLE)]
            for name, arguments in WRONG_CALLS:
                operation = connector[name]
                key = f"{mode} {name} {arguments!r}"
                outcomes[key] = _outcome(service, lambda call=operation.response, args=arguments: call(**args))
            for name, arguments in CALLS.items():
                for answer, data in {**ANSWERS, **(FAULTS if name == "add" else {})}.items():
                    service.answers = list(data) if isinstance(data, list) else [data]
                    operation = connector[name]
                    key = f"{mode} {name}: {answer}"
                    outcomes[key] = _outcome(service, lambda call=operation.response, args=arguments: call(**args))
            connector.close()
    return outcomes


@pytest.fixture(scope="module")
def expected(service: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _outcomes(service, tmp_path_factory.mktemp("flow"), "flow")


@pytest.mark.parametrize("way", [way for way in WAYS if way != "flow"])
def test_each_way_comes_to_what_the_flow_does(
    service: Service, expected: dict[str, Any], tmp_path: Path, way: str
) -> None:
    """Every answer, and every wrong call, comes to the same on every way."""
    outcomes = _outcomes(service, tmp_path, way)

    exempt = FAULTS if way == "session" else {}
    differing = {key: outcome for key, outcome in outcomes.items() if outcome != expected[key]}
    assert {key: differing[key] for key in differing if key.partition(": ")[2] not in exempt} == {}
    assert outcomes.keys() == expected.keys()
