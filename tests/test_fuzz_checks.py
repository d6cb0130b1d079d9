"""The checks of the fuzzer, each on responses that are written here: what it reports, and what it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.fuzz import CHECKS
from openconnectors.engine.fuzz.calls import Caller, Outcome, requestable
from openconnectors.engine.fuzz.failures import OF_ILLEGAL, OF_LEGAL
from openconnectors.engine.http import Headers, Request, Response
from tests.conftest import ROOT

JSON, XML, PROBLEM = "application/json", "application/xml", "application/problem+json"


def _caller(responses: dict[str, Any], tmp_path: Path, produces: list[str] | None = None) -> Caller:
    """A caller of a service with one operation, which has these responses."""
    operation: dict[str, Any] = {"operationId": "getIt", "responses": responses}
    document: dict[str, Any] = {"info": {"title": "One", "version": "1"}, "paths": {"/it": {"get": operation}}}
    if produces is None:
        document |= {"openapi": "3.0.3", "servers": [{"url": "http://127.0.0.1:9"}]}
    else:
        document |= {"swagger": "2.0", "host": "127.0.0.1:9", "schemes": ["http"], "produces": produces}
    path = tmp_path / "one.json"
    path.write_text(json.dumps(document))
    return Caller(openconnectors.load_file(path, connection={}))


def _reported(
    caller: Caller, body: bytes, content_type: str = JSON, status: int = 200, accept: str | None = JSON
) -> dict[str, str]:
    """What the checks that send nothing report of a response."""
    response = Response(status, Headers([("Content-Type", content_type)]), body)
    outcome = Outcome(caller.plan("get_it"), {}, accept, response)
    reported = {name: CHECKS[name](outcome, caller) for name in ("server-error", "status", "content-type", "schema")}
    return {name: message for name, message in reported.items() if message}


def test_the_page_has_every_check() -> None:
    """The guide about services of one's own says what each check of a call is for."""
    page = (ROOT / "docs" / "guides" / "services.md").read_text("utf-8")
    table = page.partition("## What must hold of a call")[2].partition("\n## ")[0]
    assert [name for name in (*CHECKS, *OF_LEGAL, *OF_ILLEGAL) if f"`{name}`" not in table] == []


NAMES = (
    "status", "headers", "header", "url", "method", "body", "value", "code", "request", "response", "path", "part",
    "kind", "message", "name", "accept", "next", "Content-Type", "argument", "option", "link", "$octets",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_member_hides_what_is_wrong_in_it(name: str, tmp_path: Path) -> None:
    """What is wrong in a member, and below it, is reported whatever the member is called."""
    inner = {"type": "object", "properties": {name: {"type": "integer"}}}
    schema = {"type": "object", "properties": {name: inner}}
    caller = _caller({"200": {"description": "it", "schema": schema}}, tmp_path, [JSON])
    assert list(_reported(caller, json.dumps({name: 1}).encode())) == ["schema"]
    assert list(_reported(caller, json.dumps({name: {name: "x"}}).encode())) == ["schema"]
    assert _reported(caller, json.dumps({name: {name: 1}}).encode()) == {}


@pytest.mark.parametrize("produces", [[JSON], [JSON, PROBLEM], [PROBLEM, JSON], [XML], [XML, JSON]])
def test_problem_details_are_the_error_of_any_operation(produces: list[str], tmp_path: Path) -> None:
    """An error in application/problem+json is no wrong media type, and no success is requested in it."""
    schema = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
    responses = {code: {"description": "it", "schema": schema} for code in ("200", "404")}
    caller = _caller(responses, tmp_path, produces)
    assert PROBLEM not in requestable(caller.plan("get_it"))
    assert _reported(caller, b'{"title": "gone"}', PROBLEM, 404) == {}
    assert list(_reported(caller, b'{"detail": "gone"}', PROBLEM, 404)) == ["schema"]


def test_media_types_of_errors_alone_are_not_requested(tmp_path: Path) -> None:
    """OpenAPI 3: a success is requested in the media types that a success has."""
    responses = {
        "200": {"description": "it", "content": {JSON: {}}},
        "404": {"description": "gone", "content": {"application/vnd.error+json": {}}},
    }
    assert requestable(_caller(responses, tmp_path).plan("get_it")) == [JSON]


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("date-time", "2024-02-29T12:00:00+01:00", "2024-02-29T12:00:00"),
        ("email", "a.b+c@example.org", "someone"),
        ("uri", "https://example.com/a?b=c", "example.com"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "::1", "10.0.0.1"),
        ("hostname", "example.com", "not a host"),
        ("no such format", "x", None),
    ],
)
def test_formats_are_asserted_strictly(name: str, right: str, wrong: str | None, tmp_path: Path) -> None:
    """A text that is not of its format is reported, at any depth and in alternatives."""
    text = {"type": "string", "format": name}
    inner = {"type": "object", "properties": {"a": {"anyOf": [text, {"type": "integer"}]}}}
    schema = {"type": "array", "items": inner}
    caller = _caller({"200": {"description": "it", "content": {JSON: {"schema": schema}}}}, tmp_path)
    for value, is_wrong in ((right, False), (wrong, True)) if wrong is not None else ((right, False),):
        response = Response(200, Headers([("Content-Type", JSON)]), json.dumps([{"a": 1}, {"a": value}]).encode())
        message = CHECKS["format"](Outcome(caller.plan("get_it"), {}, JSON, response), caller)
        assert message == (f"[1].a: {value!r} is not of the format {name}" if is_wrong else None)


def test_header_fields_that_swagger_lists_are_sent(tmp_path: Path) -> None:
    """Swagger 2.0 lists the header fields that are sent: one that is missing is reported, a link to a next page not."""
    listed = {"X-Total": {"type": "integer"}, "Link": {"type": "string"}}
    caller = _caller({"200": {"description": "it", "headers": listed}}, tmp_path, [JSON])
    plan = caller.plan("get_it")
    without, with_total = (Response(200, Headers(fields)) for fields in ([], [("X-Total", "1")]))
    message = CHECKS["header"](Outcome(plan, {}, None, without), caller)
    assert message == "X-Total is documented for status 200, and not sent"
    assert CHECKS["header"](Outcome(plan, {}, None, with_total), caller) is None


def test_a_response_of_204_has_no_body(tmp_path: Path) -> None:
    """A response of 204 whose header announces a body is reported."""
    caller = _caller({"204": {"description": "gone"}}, tmp_path, [JSON])
    plan = caller.plan("get_it")
    for length, is_wrong in (("2", True), ("0", False)):
        response = Response(204, Headers([("Content-Length", length)]))
        assert bool(CHECKS["no-content"](Outcome(plan, {}, None, response), caller)) is is_wrong


def test_a_body_of_204_that_is_sent_is_reported(tmp_path: Path) -> None:
    """A response of 204 with bytes and no Content-Length, as an application in this process may have, is reported."""
    plan = (caller := _caller({"204": {"description": "gone"}}, tmp_path, [JSON])).plan("get_it")
    response = Response(204, Headers([]), b"{}")
    assert CHECKS["no-content"](Outcome(plan, {}, None, response), caller) == "status 204 has a body of 2 bytes"


def test_the_status_in_problem_details_is_that_of_the_response(tmp_path: Path) -> None:
    """Another number in the member ``status`` is reported; none, and that of an error of another media type, is not."""
    content = {name: {"schema": {"type": "object"}} for name in (PROBLEM, JSON)}
    caller = _caller({"404": {"description": "not there", "content": content}}, tmp_path)
    rows = (
        (b'{"status": 404}', PROBLEM, None),
        (b'{"title": "Not there"}', PROBLEM, None),
        (b'{"status": 400}', JSON, None),
        (b'{"status": 400}', PROBLEM, "status is 400 in the problem details of 404"),
    )
    for body, name, expected in rows:
        response = Response(404, Headers([("Content-Type", name)]), body)
        assert CHECKS["problem-status"](Outcome(caller.plan("get_it"), {}, JSON, response), caller) == expected


@pytest.mark.parametrize(("documented", "is_wrong"), [([PROBLEM], True), ([PROBLEM, JSON], False), ([JSON], False)])
def test_errors_are_problem_details_if_nothing_else_is_documented(
    documented: list[str], is_wrong: bool, tmp_path: Path
) -> None:
    """An error as plain JSON is reported where problem details alone are documented."""
    content = {name: {"schema": {"type": "object"}} for name in documented}
    caller = _caller({"404": {"description": "not there", "content": content}}, tmp_path)
    reported = _reported(caller, b"{}", status=404)
    message = {"content-type": f"{PROBLEM} is documented, {JSON} received"}
    assert reported == (message if is_wrong else {})


class _Fixed:
    """A transport that answers in the media type that is requested."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self.bodies = bodies

    def send(self, request: Request) -> Response:
        accept = request.headers["Accept"]
        return Response(200, Headers([("Content-Type", accept)]), self.bodies[accept])


@pytest.mark.parametrize(
    ("in_json", "in_xml", "different"),
    [
        (b'{"a": null}', b"<it/>", False),
        (b'{"a": ""}', b"<it><a/></it>", False),
        (b'{"a": null, "list": []}', b"<it><a/></it>", False),
        (b'{"inner": {"a": null}}', b"<it><inner/></it>", False),
        (b'{"a": "x"}', b"<it/>", True),
        (b'{"a": "x"}', b"<it><a>y</a></it>", True),
        (b'{"list": ["x"]}', b"<it/>", True),
        (b'{"list": ["x", "y"]}', b"<it><list>x</list></it>", True),
        (b'{"count": 0}', b"<it/>", True),
    ],
)
def test_two_representations_are_one_value(in_json: bytes, in_xml: bytes, different: bool, tmp_path: Path) -> None:
    """JSON and XML are compared by what both can tell: null, nothing and an empty list are one in XML."""
    text = {"type": "string", "x-nullable": True}
    schema = {
        "type": "object",
        "properties": {
            "a": text,
            "list": {"type": "array", "items": text},
            "count": {"type": "integer"},
            "inner": {"type": "object", "properties": {"a": text}},
        },
        "xml": {"name": "it"},
    }
    caller = _caller({"200": {"description": "it", "schema": schema}}, tmp_path, [JSON, XML])
    caller.runner.transport = _Fixed({JSON: in_json, XML: in_xml})
    outcome = caller.call(caller.plan("get_it"), {}, JSON)
    assert bool(CHECKS["representations"](outcome, caller)) is different
