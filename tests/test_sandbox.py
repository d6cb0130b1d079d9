"""The sandbox as a server: the responses to requests that are sent as bytes over sockets."""

from __future__ import annotations

import gzip
import json
import logging
import random
import re
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.sandbox import Sandbox, protocol
from openconnectors.engine.sandbox.protocol import loopback

PET = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
FAULT = {
    "type": "object",
    "required": ["code"],
    "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
}


def _operation(name: str, *, status: str = "200", schema: Any = PET, **more: Any) -> dict[str, Any]:
    response = {"description": "-", **({"schema": schema} if schema is not None else {})}
    return {"operationId": name, "responses": {status: response}, **more}


BODY = {"name": "body", "in": "body", "required": True, "schema": PET}
ID = {"name": "id", "in": "path", "required": True, "type": "integer"}
DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": 'Pets "of mine"', "version": "1"},
    "basePath": "/v1",
    "consumes": ["application/json"],
    "produces": ["application/json", "application/xml"],
    "securityDefinitions": {
        "basic": {"type": "basic"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {
            "type": "oauth2",
            "flow": "application",
            "tokenUrl": "https://example.com/token",
            "scopes": {"read": "-"},
        },
    },
    "paths": {
        "/pets": {
            "get": _operation(
                "list",
                schema={"type": "array", "items": PET},
                parameters=[{"name": "limit", "in": "query", "type": "integer", "maximum": 10}],
            ),
            "post": _operation("add", status="201", parameters=[BODY]),
        },
        "/pets/{id}": {
            "parameters": [ID],
            "get": _operation("get"),
            "delete": _operation("delete", status="204", schema=None),
        },
        "/shaped/{id}": {
            "parameters": [ID],
            "get": _operation("shaped")
            | {
                "responses": {
                    "200": {"description": "-", "schema": PET},
                    "default": {"description": "-", "schema": FAULT},
                },
                "x-connector-error": {"code": "/code", "message": "/message"},
            },
        },
        "/basic": {"get": _operation("by_basic", security=[{"basic": []}])},
        "/key": {"get": _operation("by_key", security=[{"key": []}])},
        "/token": {"get": _operation("by_token", security=[{"token": ["read"]}])},
        "/either": {"get": _operation("by_either", security=[{"basic": []}, {"key": []}])},
        "/form": {
            "post": _operation(
                "form",
                consumes=["application/x-www-form-urlencoded"],
                parameters=[{"name": "a", "in": "formData", "type": "string", "required": True}],
            )
        },
        "/xml": {"post": _operation("xml", consumes=["application/xml"], parameters=[BODY])},
        "/odd name": {"get": _operation("odd")},
        "/named": {
            "get": _operation(
                "named", parameters=[{"name": "Type Card", "in": "header", "required": True, "type": "string"}]
            )
        },
        "/slow": {
            "get": _operation("slow", parameters=[{"name": "q", "in": "query", "type": "string", "pattern": "^(a+)+$"}])
        },
    },
}


@contextmanager
def running(document: dict[str, Any], tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox of a document, served until the end of the block."""
    path = tmp_path / "t.swagger.json"
    path.write_text(json.dumps(document), "utf-8")
    with Sandbox(loader.load(path)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(DOCUMENT, tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


def dialled(sandbox: Sandbox) -> socket.socket:
    """A connection to a sandbox; reading from it fails after 20 seconds."""
    connection = socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2])))
    connection.settimeout(20)
    return connection


def received(connection: socket.socket) -> bytes:
    """All bytes until the server closes."""
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def one_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, header fields and body of one response, from a connection that stays open."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    status, headers = parsed(head)
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return status, headers, body


def parsed(head: bytes) -> tuple[int, dict[str, str]]:
    """Status and header fields (by lower-case name) of the head of a response."""
    first, *lines = head.decode("latin-1").split("\r\n")
    return int(first.split(" ")[1]), {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}


def response_to(sandbox: Sandbox, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """The first answer to bytes, after which nothing more is sent."""
    with dialled(sandbox) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        head, _, body = received(connection).partition(b"\r\n\r\n")
    return (*parsed(head), body)


def text(request: str, *fields: str, body: bytes = b"") -> bytes:
    """A request of HTTP/1.1 to localhost, with Content-Length if it has a body."""
    length = (f"Content-Length: {len(body)}",) if body else ()
    lines = [f"{request} HTTP/1.1", "Host: localhost", *fields, *length]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


JSON = "Content-Type: application/json"
PETS = b'{"name": "Rex"}'
GZIPPED = gzip.compress(PETS)

# What is sent, the status, and header fields that the answer has (a text that is within theirs)
ROWS: dict[str, tuple[bytes, int, dict[str, str]]] = {
    "a value": (text("GET /v1/pets"), 200, {"content-type": "application/json", "date": "GMT"}),
    "a body": (text("POST /v1/pets", JSON, body=PETS), 201, {"content-type": "application/json"}),
    "no content has no length": (text("DELETE /v1/pets/1"), 204, {}),
    "HEAD is GET without its body": (text("HEAD /v1/pets"), 200, {"content-length": ""}),
    "OPTIONS": (text("OPTIONS /v1/pets"), 204, {"allow": "GET, HEAD, OPTIONS, POST"}),
    "OPTIONS of the server": (text("OPTIONS *"), 204, {"allow": "GET"}),
    "an absolute URL": (text("GET http://localhost/v1/pets"), 200, {}),
    "a blank in a path": (text("GET /v1/odd%20name"), 200, {}),
    "an encoded letter of a path": (text("GET /v1/%70ets"), 200, {}),
    "HTTP/1.0": (b"GET /v1/pets HTTP/1.0\r\n\r\n", 200, {"connection": "close"}),
    "an empty line before": (b"\r\n" + text("GET /v1/pets"), 200, {}),
    "a declared name with a blank": (text("GET /v1/named", "Type Card: x"), 200, {}),
    # Where nothing is
    "no such path": (text("GET /v1/nothing"), 404, {"content-type": "application/problem+json"}),
    "out of the base path": (text("GET /pets"), 404, {}),
    "a path value of another type": (text("GET /v1/pets/x"), 404, {}),
    "no such method": (text("PUT /v1/pets"), 405, {"allow": "GET, HEAD, OPTIONS, POST"}),
    "an unknown method": (text("FROB /v1/pets"), 501, {}),
    "a method in small letters": (text("get /v1/pets"), 501, {}),
    "CONNECT": (text("CONNECT localhost:80"), 501, {}),
    # Credentials
    "basic": (text("GET /v1/basic"), 401, {"www-authenticate": 'Basic realm="Pets \\"of mine\\""'}),
    "an API key": (text("GET /v1/key"), 401, {"www-authenticate": "ApiKey realm="}),
    "a token": (text("GET /v1/token"), 401, {"www-authenticate": 'scope="read"'}),
    "a wrong token": (text("GET /v1/token", "Authorization: Bearer x"), 401, {"www-authenticate": "invalid_token"}),
    "either": (text("GET /v1/either"), 401, {"www-authenticate": ", ApiKey "}),
    # Accept
    "any type": (text("GET /v1/pets", "Accept: */*"), 200, {"content-type": "application/json"}),
    "the better type": (
        text("GET /v1/pets", "Accept: application/json;q=0.5, application/xml"),
        200,
        {"content-type": "application/xml"},
    ),
    "a refused type": (text("GET /v1/pets", "Accept: application/json;q=0, */*"), 200, {"content-type": "xml"}),
    "a range": (text("GET /v1/pets", "Accept: text/*, application/*;q=0.1"), 200, {"content-type": "json"}),
    "a charset": (text("GET /v1/pets", "Accept: application/json; charset=utf-8"), 200, {"content-type": "json"}),
    "a parameter": (text("GET /v1/pets", "Accept: application/xml;v=1"), 200, {"content-type": "xml"}),
    "Accept that is none": (text("GET /v1/pets", "Accept: ;;,q=1"), 200, {"content-type": "json"}),
    "no type that there is": (text("GET /v1/pets", "Accept: image/png"), 406, {}),
    "all types refused": (text("GET /v1/pets", "Accept: */*;q=0"), 406, {}),
    "Accept where there is no content": (text("DELETE /v1/pets/1", "Accept: image/png"), 204, {}),
    # Bodies
    "another media type": (
        text("POST /v1/pets", "Content-Type: text/csv", body=b"a"),
        415,
        {"accept": "application/json"},
    ),
    "no media type": (text("POST /v1/pets", body=PETS), 415, {}),
    "gzip": (text("POST /v1/pets", JSON, "Content-Encoding: gzip", body=GZIPPED), 201, {}),
    "gzip of two members": (
        text("POST /v1/pets", JSON, "Content-Encoding: gzip", body=gzip.compress(PETS[:5]) + gzip.compress(PETS[5:])),
        201,
        {},
    ),
    "deflate": (text("POST /v1/pets", JSON, "Content-Encoding: deflate", body=zlib.compress(PETS)), 201, {}),
    "gzip that is cut": (text("POST /v1/pets", JSON, "Content-Encoding: gzip", body=GZIPPED[:-9]), 400, {}),
    "gzip that is none": (text("POST /v1/pets", JSON, "Content-Encoding: gzip", body=PETS), 400, {}),
    "gzip that is large": (
        text("POST /v1/pets", JSON, "Content-Encoding: gzip", body=gzip.compress(b" " * 40_000_000, 1)),
        413,
        {},
    ),
    "another coding": (
        text("POST /v1/pets", JSON, "Content-Encoding: br", body=PETS),
        415,
        {"accept-encoding": "gzip, deflate"},
    ),
    "no body": (text("POST /v1/pets", "Content-Length: 0"), 400, {}),
    "a body without a length": (text("POST /v1/pets", JSON), 411, {}),
    "too large a body": (text("POST /v1/pets", JSON, "Content-Length: 99999999999"), 413, {"connection": "close"}),
    "no JSON": (text("POST /v1/pets", JSON, body=b'{"name": '), 400, {}),
    "NaN": (text("POST /v1/pets", JSON, body=b'{"name": "a", "age": NaN}'), 400, {}),
    "a member twice": (text("POST /v1/pets", JSON, body=b'{"name": "a", "name": "b"}'), 400, {}),
    "half of a surrogate pair": (text("POST /v1/pets", JSON, body=b'{"name": "\\ud800"}'), 400, {}),
    "no UTF-8": (text("POST /v1/pets", JSON, body=b'{"name": "\xff"}'), 400, {}),
    "JSON that is deep": (text("POST /v1/pets", JSON, body=b"[" * 100_000), 400, {}),
    "another type": (text("POST /v1/pets", JSON, body=b"[]"), 400, {}),
    "no XML": (text("POST /v1/xml", "Content-Type: application/xml", body=b"<a"), 400, {}),
    "XML with entities": (
        text("POST /v1/xml", "Content-Type: application/xml", body=b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        400,
        {},
    ),
    "a form that is no UTF-8": (
        text("POST /v1/form", "Content-Type: application/x-www-form-urlencoded", body=b"a=\xff\xfe"),
        400,
        {},
    ),
    # The URL
    "a query that breaks the document": (text("GET /v1/pets?limit=11"), 400, {}),
    "half of an encoded byte": (text("GET /v1/pets?a=%4"), 400, {}),
    "no hexadecimal digits": (text("GET /v1/pets/%zz"), 400, {}),
    "encoded bytes that are no UTF-8": (text("GET /v1/pets?a=%ff"), 400, {}),
    "a letter beyond ASCII": (text("GET /v1/pets?a=\xe9"), 400, {}),
    "a fragment": (text("GET /v1/pets#a"), 400, {}),
    "no slash": (text("GET v1/pets"), 400, {}),
    "a long URL": (text("GET /v1/pets?a=" + "x" * 20_000), 414, {}),
    # The Host
    "no host": (b"GET /v1/pets HTTP/1.1\r\n\r\n", 400, {}),
    "two hosts": (text("GET /v1/pets", "Host: localhost"), 400, {}),
    "another host": (b"GET /v1/pets HTTP/1.1\r\nHost: example.com\r\n\r\n", 421, {}),
    "another host in the URL": (text("GET http://example.com/v1/pets"), 421, {}),
    # The head
    "nothing of HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, {}),
    "HTTP/0.9": (b"GET /v1/pets\r\n\r\n", 400, {}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, {}),
    "a bare LF": (b"GET /v1/pets HTTP/1.1\nHost: localhost\n\n", 400, {}),
    "a bare CR": (text("GET /v1/pets", "A: b\rC: d"), 400, {}),
    "a NUL": (text("GET /v1/pets", "A: b\0"), 400, {}),
    "a folded line": (text("GET /v1/pets", "A: b", " c"), 400, {}),
    "a line without a colon": (text("GET /v1/pets", "A"), 400, {}),
    "a blank before the colon": (text("GET /v1/pets", "A : b"), 400, {}),
    "a name that nobody declares": (text("GET /v1/pets", "A B: c"), 400, {}),
    "many fields": (text("GET /v1/pets", *(f"A{index}: b" for index in range(300))), 431, {}),
    "a long field": (text("GET /v1/pets", "A: " + "b" * 70_000), 431, {}),
    "another expectation": (text("GET /v1/pets", "Expect: 200-ok"), 417, {}),
    # Framing
    "two lengths": (text("POST /v1/pets", JSON, "Content-Length: 3", body=PETS), 400, {}),
    "a list of lengths": (text("POST /v1/pets", JSON, "Content-Length: 5, 5"), 400, {}),
    "a negative length": (text("POST /v1/pets", JSON, "Content-Length: -1"), 400, {}),
    "a length with a sign": (text("POST /v1/pets", JSON, "Content-Length: +5"), 400, {}),
    "a length and chunks": (text("POST /v1/pets", JSON, "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400, {}),
    "chunks": (
        text("POST /v1/pets", JSON, "Transfer-Encoding: chunked")
        + b'5;a=b\r\n{"nam\r\nA\r\ne": "Rex"}\r\n0\r\nT: x\r\n\r\n',
        201,
        {},
    ),
    "a chunk without a size": (text("POST /v1/pets", JSON, "Transfer-Encoding: chunked") + b"x\r\n\r\n", 400, {}),
    "a chunk that is longer": (
        text("POST /v1/pets", JSON, "Transfer-Encoding: chunked") + b"1\r\nab\r\n0\r\n\r\n",
        400,
        {},
    ),
    "too large a chunk": (text("POST /v1/pets", JSON, "Transfer-Encoding: chunked") + b"FFFFFFF\r\n", 413, {}),
    "another transfer coding": (text("POST /v1/pets", JSON, "Transfer-Encoding: gzip, chunked"), 501, {}),
    "chunks within another coding": (text("POST /v1/pets", JSON, "Transfer-Encoding: chunked, gzip"), 400, {}),
    "chunks of HTTP/1.0": (b"POST /v1/pets HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, {}),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_it_answers(server: Sandbox, name: str) -> None:
    """Each request of the table has its status and header fields, and a body of its Content-Length or none."""
    data, wanted, fields = ROWS[name]
    status, headers, body = response_to(server, data)
    assert status == wanted, (headers, body)
    assert {key: value for key, value in fields.items() if key not in headers or value not in headers[key]} == {}
    if status == 204 or data.startswith(b"HEAD"):
        assert body == b""
        assert ("content-length" in headers) == (status != 204)
    else:
        assert len(body) >= int(headers["content-length"])  # more where a second answer follows
        assert "Traceback" not in body.decode("utf-8", "replace")


def test_a_connection_is_kept_for_further_requests(server: Sandbox) -> None:
    """One connection serves successes, errors, deletes and chunked bodies, without Connection: close."""
    with dialled(server) as connection:
        for request, wanted in (
            (text("GET /v1/pets"), 200),
            (text("POST /v1/pets", JSON, body=PETS), 201),
            (text("POST /v1/pets", JSON, body=b"{}"), 400),
            (text("POST /v1/nothing", JSON, body=PETS), 404),
            (text("DELETE /v1/pets/1"), 204),
            (text("POST /v1/pets", JSON, "Transfer-Encoding: chunked") + b"f\r\n" + PETS + b"\r\n0\r\n\r\n", 201),
        ):
            connection.sendall(request)
            status, headers, _ = one_answer(connection)
            assert (status, "connection" in headers) == (wanted, False)


def test_requests_may_follow_one_another_before_they_are_answered(server: Sandbox) -> None:
    """Pipelined requests are answered in order, until one has Connection: close (RFC 9112 section 9.3.2)."""
    with dialled(server) as connection:
        connection.sendall(
            text("POST /v1/pets", JSON, body=PETS) + text("GET /v1/pets/x") + text("GET /v1/pets", "Connection: close")
        )
        assert re.findall(rb"HTTP/1\.1 (\d+)", received(connection)) == [b"201", b"404", b"200"]


def test_nothing_is_answered_after_what_could_not_be_read(server: Sandbox) -> None:
    """After a request with two lengths the connection is closed: what follows could be its body."""
    for head in ("Content-Length: 4\r\nTransfer-Encoding: chunked", "Content-Length: 4\r\nContent-Length: 5"):
        with dialled(server) as connection:
            smuggled = f"POST /v1/pets HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode() + text("GET /v1/pets")
            connection.sendall(smuggled)
            assert re.findall(rb"HTTP/1\.1 (\d+)", received(connection)) == [b"400"]


def test_a_client_may_ask_before_it_sends_a_body(server: Sandbox) -> None:
    """Expect: 100-continue is answered before the body is sent (RFC 9110 section 10.1.1)."""
    with dialled(server) as connection:
        connection.sendall(text("POST /v1/pets", JSON, "Expect: 100-continue", f"Content-Length: {len(PETS)}"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(PETS)
        assert one_answer(connection)[0] == 201


def test_an_error_has_the_shape_that_the_document_gives_it(server: Sandbox) -> None:
    """An error has the declared schema, in the media type that the request accepts."""
    _, headers, body = response_to(server, text("GET /v1/shaped/x"))
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["message"] == "no resource at /v1/shaped/x"
    assert (
        response_to(server, text("GET /v1/shaped/x", "Accept: application/xml"))[1]["content-type"] == "application/xml"
    )


def test_an_error_is_made_of_its_example(tmp_path: Path) -> None:
    """An error is its example with message and status at their members, if the schema allows."""
    document = _document(_object(**WHOLE))
    text_, number = {"type": "string"}, {"type": "integer"}
    document["paths"]["/a"]["get"]["responses"]["4XX"] = {"description": "-"}
    document["paths"]["/a"]["get"]["responses"]["400"] = {
        "description": "-",
        "schema": _object(error=_object(kind=text_, message=text_, status=number)),
        "examples": {"application/json": {"error": {"kind": "bad", "message": "-", "status": 0}}},
    }
    document["paths"]["/a"]["get"]["parameters"] = [{"name": "n", "in": "query", "type": "integer", "required": True}]
    with running(document, tmp_path) as sandbox:
        status, _, body = response_to(sandbox, text("GET /a?n=x"))
    error = json.loads(body)["error"]
    assert (status, error["kind"], error["status"]) == (400, "bad", 400)
    assert error["message"].startswith("n: ")


def test_another_error_is_problem_details(server: Sandbox) -> None:
    """An error without a declared schema is problem details (RFC 9457), in JSON or XML."""
    _, _, body = response_to(server, text("GET /v1/pets?limit=11"))
    problem = json.loads(body)
    assert (problem["status"], problem["title"]) == (400, "Bad Request")
    assert "limit" in problem["detail"]
    _, headers, body = response_to(server, text("GET /v1/pets?limit=11", "Accept: application/xml"))
    assert headers["content-type"] == "application/problem+xml"
    assert b'<problem xmlns="urn:ietf:rfc:7807">' in body


@pytest.mark.parametrize(
    ("authority", "known"),
    [
        ("localhost", True),
        ("LOCALHOST:8080", True),
        ("127.0.0.1:1", True),
        ("127.9.9.9", True),
        ("[::1]:80", True),
        ("", False),
        ("example.com", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("user@localhost", False),
        ("localhost:80:80", False),
        ("192.168.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - no address to bind
        ("[::]", False),
        ("2130706433", False),
    ],
)
def test_it_answers_by_names_of_loopback_only(authority: str, known: bool) -> None:
    """Only localhost and addresses of loopback are accepted as Host: a rebound page sends its own name."""
    assert loopback(authority) is known


def test_a_pattern_does_not_keep_it_busy(server: Sandbox) -> None:
    """``^(a+)+$``, which occupies Python's ``re`` for ever, is decided at once."""
    assert response_to(server, text("GET /v1/slow?q=" + "a" * 60 + "b"))[0] == 400


@pytest.mark.parametrize(
    ("pattern", "fits", "breaks"),
    [(r"^\p{L}+$", "%C3%A9", "1"), (r"^\d+$", "12", "%D9%A3"), ("^(?=.*x).{2}$", "ax", "ab")],
)
def test_a_pattern_is_one_of_ecma_262(tmp_path: Path, pattern: str, fits: str, breaks: str) -> None:
    """The sandbox validates patterns as ECMA-262, not as Python."""
    parameter = {"name": "q", "in": "query", "type": "string", "pattern": pattern}
    with running(_document({"type": "object"}, parameters=[parameter]), tmp_path) as sandbox:
        assert response_to(sandbox, text(f"GET /a?q={fits}"))[0] == 200
        assert response_to(sandbox, text(f"GET /a?q={breaks}"))[0] == 400


def test_thirty_two_clients_at_once_are_all_answered(server: Sandbox) -> None:
    """32 clients at once get 201 for each of their 10 requests."""

    def client(_: int) -> list[int]:
        with dialled(server) as connection:
            statuses = []
            for _ in range(10):
                connection.sendall(text("POST /v1/pets", JSON, body=PETS))
                statuses.append(one_answer(connection)[0])
            return statuses

    with ThreadPoolExecutor(32) as pool:
        assert {status for statuses in pool.map(client, range(32)) for status in statuses} == {201}


def test_a_client_that_is_too_slow_gets_408(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A slow client gets 408, however often it sends a byte: head and body have a deadline as a whole."""
    monkeypatch.setattr("openconnectors.engine.sandbox.protocol.HEAD", 0.4)
    monkeypatch.setattr("openconnectors.engine.sandbox.protocol.BODY", 0.4)
    with running(DOCUMENT, tmp_path) as sandbox:
        for begun in (b"GET /v1/pets HTTP/1.1\r\nA: ", text("POST /v1/pets", JSON, "Content-Length: 999")):
            with dialled(sandbox) as connection:
                connection.sendall(begun)
                data = b""
                for _ in range(100):
                    try:
                        connection.sendall(b"x")
                        connection.settimeout(0.05)
                        data += connection.recv(1000)
                        break
                    except TimeoutError:
                        continue
                assert data.startswith(b"HTTP/1.1 408 ")


def test_it_stops_at_once_though_connections_are_open(tmp_path: Path) -> None:
    """stop() returns at once though clients hold connections open, and leaves no thread."""
    others = set(threading.enumerate())  # servers of other tests may not have ended yet
    with running(DOCUMENT, tmp_path) as sandbox:
        idle = [dialled(sandbox) for _ in range(5)]
        idle[0].sendall(text("GET /v1/pets"))
        assert one_answer(idle[0])[0] == 200
        idle[1].sendall(b"GET /v1/pets HTTP/1.1\r\n")
        started = time.monotonic()
        sandbox.stop()
        assert time.monotonic() - started < protocol.IDLE / 2  # which they would have else
        for connection in idle:
            with connection, suppress(ConnectionResetError):
                assert connection.recv(10) == b""
        left = [thread for thread in threading.enumerate() if thread not in others]
        assert not [thread for thread in left if "process_request_thread" in thread.name]


def test_a_port_in_use_has_a_message(server: Sandbox) -> None:
    """A port that is in use raises ConnectorError with the system's reason."""
    with pytest.raises(ConnectorError, match="cannot be used: Address already in use"):
        Sandbox(server.service, port=int(server.url.rpartition(":")[2]))


def test_garbage_is_answered_as_such(server: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Damaged requests of the table get a status below 500, 501 or 505, or none, and leave no error in the log."""
    dice = random.Random(7)  # noqa: S311 - the same each time
    requests = [data for data, _, _ in ROWS.values() if len(data) < 2000]
    pieces = [b"\r\n", b"\n", b"\0", b"\xff", b"%", b"%00", b"?", b"{", b"Content-Length: 3\r\n", b": ", b"HTTP/1.1"]
    with caplog.at_level(logging.ERROR, "openconnectors.sandbox"):
        for _ in range(600):
            data = bytearray(dice.choice(requests))
            for _ in range(dice.randint(1, 4)):
                at = dice.randrange(len(data) + 1)
                if dice.random() < 0.5:
                    data[at:at] = dice.choice(pieces)
                else:
                    del data[at : at + dice.randint(1, 9)]
            with dialled(server) as connection:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                answers = received(connection)
            assert re.match(rb"HTTP/1\.1 ([1-4]\d\d|50[15]) |\Z", answers), bytes(data)
    assert caplog.records == []


# What is in an answer


def _answered(document: dict[str, Any], tmp_path: Path, accept: str = "*/*") -> tuple[str, bytes]:
    with running(document, tmp_path) as sandbox:
        status, headers, body = response_to(sandbox, text("GET /a", f"Accept: {accept}"))
    assert status == 200, body
    return headers["content-type"], body


def _document(schema: Any, *produces: str, examples: Any = None, **operation: Any) -> dict[str, Any]:
    response = {"description": "-", "schema": schema, **({"examples": examples} if examples else {})}
    return {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "produces": list(produces or ("application/json",)),
        "paths": {"/a": {"get": {"operationId": "a", "responses": {"200": response}, **operation}}},
    }


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members)}


NODE: dict[str, Any] = {"type": "object", "properties": {"next": {"$ref": "#/definitions/N"}}}
WHOLE = {"id": {"type": "integer"}, "name": {"type": "string"}}

# A schema, and what the sandbox makes of it
EXAMPLES: dict[str, tuple[Any, Any]] = {
    "an example": ({"type": "object", "properties": WHOLE, "example": {"id": 5, "name": "n"}}, {"id": 5, "name": "n"}),
    "an integer as text": (_object(at={"type": "integer", "example": "1739811096"}), {"at": 1739811096}),
    "text as a number": (_object(zip={"type": "string", "example": 1234}), {"zip": "1234"}),
    "a boolean as text": (_object(on={"type": "boolean", "example": "true"}), {"on": True}),
    "an example that is none": (_object(at={"type": "integer", "example": "soon"}), {"at": 1}),
    "a default that is none": (_object(at={"type": "integer", "default": "soon"}), {"at": 1}),
    "one wrong member of an example": (
        _object(**WHOLE) | {"example": {"id": "x", "name": "Ann"}},
        {"id": 1, "name": "Ann"},
    ),
    "one wrong item of an example": ({"type": "array", "items": {"type": "integer"}, "example": [1, "x", "3"]}, [1, 3]),
    "a date that is none": (_object(on={"type": "string", "format": "date", "example": "today"}), {"on": "2026-01-31"}),
    "a format without a type": (_object(on={"format": "date"}, n={"format": "int32"}), {"on": "2026-01-31", "n": 1}),
    "an enum": (_object(kind={"type": "string", "enum": ["a", "b"], "example": "c"}), {"kind": "a"}),
    "items unlike each other": (
        {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
        [1, 2, 3],
    ),
    "objects unlike each other": (
        {"type": "array", "items": _object(s={"type": "string"}), "minItems": 2, "uniqueItems": True},
        [{"s": "text"}, {"s": "text1"}],
    ),
    "a pattern": (_object(s={"type": "string", "pattern": "^A{3}$"}), {"s": "AAA"}),
    "a pattern that repeats much": (_object(s={"type": "string", "pattern": "^.{5000}$"}), {"s": "a" * 5000}),
    "members of any name": (
        {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
        {"member1": 1, "member2": 1},
    ),
    "a multiple": (_object(n={"type": "integer", "minimum": 10, "multipleOf": 7}), {"n": 14}),
    "between bounds": (_object(n={"type": "number", "minimum": 0.2, "maximum": 0.4}), {"n": 0.2}),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_an_example_is(tmp_path: Path, name: str) -> None:
    """An example is accepted by its schema: typed, repaired member by member, or generated."""
    schema, wanted = EXAMPLES[name]
    assert json.loads(_answered(_document(schema), tmp_path)[1]) == wanted


HARD: dict[str, Any] = {
    "a schema that holds itself": {"$ref": "#/definitions/N"},
    "one that must hold itself": {"$ref": "#/definitions/M"},
    "a contradiction": _object(n={"type": "integer", "minimum": 5, "maximum": 1}),
    "a step of nothing": _object(n={"type": "integer", "multipleOf": 0}),
    "a million million items": {"type": "array", "minItems": 10**12, "items": {"type": "array", "minItems": 10**12}},
    "a long text": _object(s={"type": "string", "minLength": 10**12}),
    "limits that are none": _object(s={"type": "string", "minLength": "x", "maxLength": []}),
    "no pattern": _object(s={"type": "string", "pattern": "(["}),
    "two branches at each of forty levels": {"$ref": "#/definitions/D0"},
    "a chain of five hundred": {"$ref": "#/definitions/C0"},
}


@pytest.mark.parametrize("name", HARD)
def test_a_schema_without_an_example_is_answered_all_the_same(tmp_path: Path, name: str) -> None:
    """A schema without an example gets a generated value within bounds, or none if no value fits."""
    document = _document(HARD[name])
    document["definitions"] = {
        "N": NODE,
        "M": {"type": "object", "required": ["me"], "properties": {"me": {"$ref": "#/definitions/M"}}},
        **{
            f"D{at}": _object(a={"$ref": f"#/definitions/D{at + 1}"}, b={"$ref": f"#/definitions/D{at + 1}"})
            for at in range(40)
        },
        "D40": {"type": "string"},
        **{f"C{at}": _object(a={"$ref": f"#/definitions/C{at + 1}"}) for at in range(500)},
        "C500": {"type": "string"},
    }
    with running(document, tmp_path) as sandbox:
        assert response_to(sandbox, text("GET /a"))[0] in (200, 501)  # 501 where the document cannot be read there


def test_an_example_of_the_response_is_what_is_answered(tmp_path: Path) -> None:
    """A response is its example of the media type, as text or converted (Swagger 2.0, "Example Object")."""
    examples = {"application/json": {"id": 142, "name": "Ann"}, "text/csv": "id,name\n142,Ann\n"}
    document = _document(_object(**WHOLE), "application/json", "application/xml", examples=examples)
    assert json.loads(_answered(document, tmp_path)[1]) == {"id": 142, "name": "Ann"}
    kind, body = _answered(document, tmp_path, "application/xml")
    assert (kind, b"<name>Ann</name>" in body) == ("application/xml", True)
    document = _document({"type": "string"}, "text/csv", examples=examples)
    assert _answered(document, tmp_path) == ("text/csv", b"id,name\n142,Ann\n")


def test_text_of_an_example_is_sent_as_it_is_written(tmp_path: Path) -> None:
    """An example that is text is sent byte for byte."""
    examples = {"application/xml": "<pet >\n <id>7</id><name/></pet >", "application/json": '{ "id":7, "name":"" }'}
    document = _document({**_object(**WHOLE), "xml": {"name": "pet"}}, *examples, examples=examples)
    for media_type, written in examples.items():
        assert _answered(document, tmp_path, media_type) == (media_type, written.encode())


def test_an_example_that_breaks_its_schema_is_not_answered(tmp_path: Path) -> None:
    """An example that breaks its schema is replaced by a generated value."""
    document = _document(_object(**WHOLE), examples={"application/json": {"id": "x"}})
    assert json.loads(_answered(document, tmp_path)[1]) == {"id": 1, "name": "text"}


PAGE = {
    "type": "object",
    "properties": {"value": {"type": "array", "items": {"type": "string"}}, "next": {"type": "string"}},
}
PAGES: dict[str, tuple[Any, Any, str, Any]] = {
    "made": (PAGE, None, "next", {"value": ["text"]}),
    "an example": (PAGE, {"value": ["a"], "next": "https://example.com/?page=2"}, "next", {"value": ["a"]}),
    "one that must be there": (PAGE | {"required": ["next"]}, None, "next", {"value": ["text"], "next": ""}),
    "one that may be null": (
        {"type": "object", "required": ["next"], "properties": {"next": {"type": "string", "x-nullable": True}}},
        None,
        "next",
        {"next": None},
    ),
    "one with dots in its name": (
        {"type": "object", "properties": {"@odata.nextLink": {"type": "string"}}},
        None,
        "@odata.nextLink",
        {},
    ),
    "one within": (_object(paging=PAGE), None, "paging.next", {"paging": {"value": ["text"]}}),
}


@pytest.mark.parametrize("name", PAGES)
def test_an_example_links_to_no_further_page(tmp_path: Path, name: str) -> None:
    """The next link of an example is removed, so paging ends after one page."""
    schema, example, link, wanted = PAGES[name]
    examples = {"application/json": example} if example else None
    document = _document(schema, examples=examples, **{"x-ms-pageable": {"nextLinkName": link}})
    assert json.loads(_answered(document, tmp_path)[1]) == wanted
    path = tmp_path / "t.swagger.json"
    with Sandbox(loader.load(path)) as sandbox:
        assert len(list(openconnectors.load_file(path, base_url=sandbox.url).a.pages())) == 1
