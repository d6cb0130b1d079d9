"""Errors that the document does not describe: the provider's code and message, where they stand by convention."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.errors import LONGEST_TEXT

from .test_wire import Peer, ok

DOCUMENT = """
swagger: "2.0"
info: {title: Errors, version: "1"}
produces: [application/json, application/xml]
paths:
  /bare:
    get:
      operationId: bare
      responses: {200: {description: Fine, schema: {type: object}}}
  /declared:
    get:
      operationId: declared
      responses:
        200: {description: Fine, schema: {type: object}}
        400: {description: A mistake, schema: {$ref: "#/definitions/Mistake"}}
        409: {description: A clash}
definitions:
  Mistake:
    type: object
    properties: {message: {type: string}, code: {type: integer}, when: {type: string, format: date}}
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Peer, Connector]]:
    path: Path = tmp_path_factory.mktemp("errors") / "errors.swagger.yaml"
    path.write_text(DOCUMENT)
    peer = Peer()
    yield peer, openconnectors.load_file(path, base_url=peer.url, timeout=10)
    peer.close()


JSON: list[tuple[Any, Any, str | None]] = [
    # body, code, message
    ({"type": "urn:x", "title": "No credit", "detail": "It is 30"}, "urn:x", "No credit: It is 30"),
    ({"type": "about:blank", "title": "Not Found", "status": 404}, None, "Not Found"),
    ({"title": "Same", "detail": "Same"}, None, "Same"),
    ({"title": "Bad", "errors": {"name": ["is blank"]}, "status": 400}, None, "Bad"),
    ({"error": {"code": "Gone", "message": "It left"}}, "Gone", "It left"),
    ({"error": {"code": 404, "message": "No", "status": "NOT_FOUND"}}, 404, "No"),
    ({"error": {"type": "invalid_request_error", "message": "No", "code": None}}, "invalid_request_error", "No"),
    ({"error": {"code": "", "message": {"lang": "en", "value": "It left"}}}, None, "It left"),
    ({"odata.error": {"code": "Request_X", "message": {"lang": "en", "value": "It left"}}}, "Request_X", "It left"),
    ({"error": "invalid_grant", "error_description": "The code is old"}, "invalid_grant", "The code is old"),
    ({"error": "invalid_client"}, None, "invalid_client"),
    ({"error": "Bad Request", "message": "No such id", "status": 400, "timestamp": 1}, "Bad Request", "No such id"),
    ({"error": True, "message": "No"}, None, "No"),
    ({"code": 20404, "message": "Not found", "more_info": "https://x"}, 20404, "Not found"),
    ({"errorCode": "E1", "errorMessage": "No"}, "E1", "No"),
    ({"error_code": 7, "error_message": "No"}, 7, "No"),
    ({"Message": "The request is invalid.", "ExceptionMessage": "x"}, None, "The request is invalid."),
    ({"message": ["one", "two"]}, None, "one"),
    ({"message": {"email": ["is taken"]}}, None, "email: is taken"),
    ({"msg": "No", "code": "X"}, "X", "No"),
    ({"detail": "Not found."}, None, "Not found."),
    ({"detail": [{"loc": ["body", "id"], "msg": "field required", "type": "missing"}]}, "missing", "field required"),
    ({"detail": {"code": "X", "message": "No"}}, "X", "No"),
    ({"errors": ["one", "two"]}, None, "one"),
    ({"errors": [{"code": 34, "message": "No page"}]}, 34, "No page"),
    ({"errors": [{"status": "422", "code": "123", "title": "Bad", "detail": "Too short"}]}, "123", "Bad: Too short"),
    ({"errors": [{"description": "No"}]}, None, "No"),
    ({"errors": {"name": ["is blank"]}}, None, "name: is blank"),
    ({"errors": []}, None, None),
    ([{"errorCode": "INVALID_FIELD", "message": "No such column"}], "INVALID_FIELD", "No such column"),
    (["No"], None, "No"),
    ({"fault": {"faultstring": "Invalid key", "detail": {"errorcode": "oauth.v2.X"}}}, "oauth.v2.X", "Invalid key"),
    ({"fault": "No"}, None, "No"),
    ({"reason": "No"}, None, "No"),
    ({"description": "No", "code": 3}, 3, "No"),
    ("just text", None, "just text"),
    ({"message": 7, "code": {"a": 1}}, None, "7"),
    ({"message": None, "code": [1], "error": None}, None, None),
    ({"message": {"a": {"b": 1}}, "code": True}, None, None),
    ({"code": 1.5, "message": "x"}, 1.5, "x"),
    ({}, None, None),
    (None, None, None),
    (7, None, None),
]  # fmt: skip
OTHER: list[tuple[bytes, str, Any, str | None]] = [
    (b"<Error><Code>NoSuchKey</Code><Message>No key</Message></Error>", "application/xml", "NoSuchKey", "No key"),
    (b"<r><Error><Code>A</Code><Message>B</Message></Error></r>", "text/xml", "A", "B"),
    (b"<r><Errors><Error><Code>A</Code><Message>B</Message></Error></Errors></r>", "text/xml", "A", "B"),
    (b"<error xmlns='urn:x'><code>5</code><message xml:lang='en'>B</message></error>", "application/xml", "5", "B"),
    (b"<error code='5'>gone</error>", "application/xml", "5", "gone"),
    (b"<error>gone</error>", "application/xml", None, "gone"),
    (
        b"<s:Envelope xmlns:s='urn:s'><s:Body><s:Fault><faultcode>C</faultcode><faultstring>F</faultstring></s:Fault>"
        b"</s:Body></s:Envelope>",
        "text/xml; charset=utf-8",
        "C",
        "F",
    ),
    (b'{"message": "No", "code": 5}', "text/plain", 5, "No"),
    (b'{"message": "No", "code": 5}', "", 5, "No"),
    (b'{"message": "No"}', "application/problem+json", None, "No"),
    (b'{"message": "No"}', "application/octet-stream", None, "No"),
    (b'{"message": "cut', "application/json", None, '{"message": "cut'),
    (b'{"message": "a", "message": "b"}', "application/json", None, "b"),
    (b"<html><head><title>502 Bad</title></head><body>nginx</body></html>", "text/html", None, "502 Bad"),
    (b"<html><title>Error</title><h1>Not <b>here</b></h1><p>x</p></html>", "text/html", None, "Error: Not here"),
    (b"<!DOCTYPE html><p>Out of &lt;order&gt;</p><script>alert(1)</script>", "text/html", None, "Out of <order>"),
    (b"<h1>Down</h1>", "text/html", None, "Down"),
    (b"plain words", "text/plain", None, "plain words"),
    (b"\xff\xfe\x00", "application/octet-stream", None, "\ufffd\ufffd\x00"),
    (b"", "application/json", None, None),
    (b"", "", None, None),
    (b"a,b\n", "text/csv", None, "a,b"),
    (b"error=x&error_description=y", "application/x-www-form-urlencoded", "x", "y"),
]  # fmt: skip


def caught(service: tuple[Peer, Connector], body: bytes, media: str, status: int = 418, operation: str = "bare") -> Any:
    peer, connector = service
    head = f"Content-Type: {media}\r\n" if media else ""
    peer.answers = [f"HTTP/1.1 {status} No\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body]
    with pytest.raises(openconnectors.AnswerError) as error:
        connector[operation]()
    return error.value


@pytest.mark.parametrize("index", range(len(JSON)))
def test_code_and_message_stand_where_services_put_them(service: tuple[Peer, Connector], index: int) -> None:
    """Code and message of an undeclared JSON error are found at the conventional places, and shown in its text."""
    body, code, message = JSON[index]
    error = caught(service, json.dumps(body).encode(), "application/json")
    assert (error.status, error.code, error.message, error.value) == (418, code, message, body)
    assert (message or "no description") in str(error)
    assert code is None or f"(code {code})" in str(error)


@pytest.mark.parametrize("index", range(len(OTHER)))
def test_errors_in_xml_text_and_html_tell_as_much(service: tuple[Peer, Connector], index: int) -> None:
    """XML alike, its root left out; JSON under any media type; of a page what people read of it."""
    body, media, code, message = OTHER[index]
    error = caught(service, body, media)
    assert (error.code, error.message) == (code, message)


def test_what_the_document_describes_is_read_as_it_says(service: tuple[Peer, Connector]) -> None:
    """A declared error is read by its schema; its message is found by convention too."""
    body = b'{"message": "No", "code": 5, "when": "2026-01-31"}'
    error = caught(service, body, "application/json", 400, "declared")
    assert (error.code, error.message, error.description) == (5, "No", "A mistake")
    assert error.value["when"].year == 2026
    assert str(error) == "declared answered 400: No (code 5)"
    assert str(caught(service, b"", "", 409, "declared")) == "declared answered 409: A clash"
    assert str(caught(service, b'"[]"', "text/plain", 400, "declared")).startswith("declared answered 400: ")


@pytest.mark.parametrize("media", ["text/plain", "application/json", "text/html"])
def test_the_text_of_an_error_is_short_and_has_no_control_characters(
    service: tuple[Peer, Connector], media: str
) -> None:
    """The text of an error is one bounded line without control characters, whatever the service sends."""
    odd = "\x1b]0;owned\x07\x00\r\nInjected: 1\u202e\u009b2J"
    for text in (odd, odd * 1000, "x" * 1_000_000):
        body = json.dumps({"message": text, "code": text}).encode() if "json" in media else text.encode()
        error = caught(service, body, media)
        assert str(error).isprintable()
        assert len(str(error)) < 2 * LONGEST_TEXT
        assert len(error.message) <= LONGEST_TEXT


def test_ok_is_no_error(service: tuple[Peer, Connector]) -> None:
    """A success with an error's members is a value."""
    peer, connector = service
    peer.answers = [ok(b'{"error": {"code": 1, "message": "x"}}')]
    assert connector.bare() == {"error": {"code": 1, "message": "x"}}
