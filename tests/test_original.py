"""Requests judged by openapi-core on the user's own document of OpenAPI 3.x: its schemas, in their version's dialect,
and each style as it is on the wire."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import openconnectors
from openconnectors.engine.documents import loader
from openconnectors.engine.http import Headers
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.options import Options
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.sandbox.judge import Judge
from openconnectors.engine.sandbox.protocol import HttpRequest
from openconnectors.engine.sandbox.routing import Router, routes
from openconnectors.engine.values.body import Compiler

VERSIONS = ("3.0.3", "3.1.1", "3.2.0")
LIST = {"type": "array", "items": {"type": "integer"}}
OBJECT = {"type": "object", "properties": {"r": {"type": "integer"}, "g": {"type": "integer"}}, "required": ["r", "g"]}


def _document(version: str, operation: dict[str, Any], path: str = "/x", **more: Any) -> dict[str, Any]:
    node = {"operationId": "op", "responses": {"204": {"description": "-"}}, **operation}
    return {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://t.example/base"}],
        "paths": {path: {"post": node}},
        **more,
    }


def _load(folder: Path, document: dict[str, Any]) -> Any:
    path = folder / "t.openapi.json"
    path.write_text(json.dumps(document), "utf-8")
    return loader.load(path)


def _verdict(
    folder: Path,
    document: dict[str, Any],
    path: str = "/x",
    query: str = "",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> str:
    """The reason for which a request is refused, empty if it is not; a test fails if the document is not the judge."""
    compiler = Compiler(_load(folder, document))
    route = routes(compiler)[0]
    values = route.match(path, query)
    assert values is not None
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    log = logging.getLogger("openconnectors.sandbox")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        verdict = Judge(compiler).refuses(route, values, query, Headers((headers or {}).items()), body)
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    assert [record.getMessage() for record in records] == []
    return verdict.reason if verdict is not None else ""


AREA = {"area": {"default": "area-1"}}
STYLES: list[tuple[str, str, bool, Any, str, str]] = [
    # location, style, explode, schema, what is right, what is wrong
    ("path", "simple", False, LIST, "/x/1,2", "/x/1,b"),
    ("path", "simple", False, OBJECT, "/x/r,1,g,2", "/x/r,1,g,b"),
    ("path", "simple", True, OBJECT, "/x/r=1,g=2", "/x/r=1"),
    ("path", "label", False, LIST, "/x/.1,2", "/x/.1,b"),
    ("path", "label", True, LIST, "/x/.1.2", "/x/.1.b"),
    ("path", "label", True, OBJECT, "/x/.r=1.g=2", "/x/.r=1"),
    ("path", "matrix", False, LIST, "/x/;v=1,2", "/x/;v=1,b"),
    ("path", "matrix", True, LIST, "/x/;v=1;v=2", "/x/;v=1;v=b"),
    ("path", "matrix", True, OBJECT, "/x/;r=1;g=2", "/x/;r=1"),
    ("path", "matrix", False, {"type": "integer"}, "/x/;v=5", "/x/;v=b"),
    ("query", "form", True, LIST, "v=1&v=2", "v=1&v=b"),
    ("query", "form", False, LIST, "v=1,2", "v=1,b"),
    ("query", "form", True, OBJECT, "r=1&g=2", "r=1&g=b"),
    ("query", "form", False, OBJECT, "v=r,1,g,2", "v=r,1"),
    ("query", "form", True, {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "v=1", "v=b"),
    ("query", "spaceDelimited", False, LIST, "v=1%202", "v=1%20b"),
    ("query", "pipeDelimited", False, LIST, "v=1%7C2", "v=1|b"),
    ("query", "deepObject", True, OBJECT, "v[r]=1&v[g]=2", "v[r]=1&v[g]=b"),
    (
        "query",
        "deepObject",
        True,
        {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": LIST}}}},
        "v[a][b][0]=1&v[a][b][1]=2",
        "v[a][b][]=x",
    ),
    ("header", "simple", False, LIST, "1,2", "1,b"),
    ("header", "simple", True, OBJECT, "r=1,g=2", "r=1"),
    ("cookie", "form", False, {"type": "integer"}, "v=5", "v=b"),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("location", "style", "explode", "schema", "right", "wrong"),
    STYLES,
    ids=[f"{location}-{style}-{explode}-{index}" for index, (location, style, explode, *_) in enumerate(STYLES)],
)
def test_a_style(
    tmp_path: Path, version: str, location: str, style: str, explode: bool, schema: Any, right: str, wrong: str
) -> None:
    """What a style writes is accepted, and refused where it breaks the schema."""
    parameter = {
        "name": "v",
        "in": location,
        "required": location == "path" or style == "form",
        "style": style,
        "explode": explode,
        "schema": schema,
    }
    document = _document(version, {"parameters": [parameter]}, "/x/{v}" if location == "path" else "/x")

    def judged(text: str) -> str:
        fields = {"header": {"v": text}, "cookie": {"Cookie": text}}.get(location, {})
        path, query = (text, "") if location == "path" else ("/x", text if location == "query" else "")
        return _verdict(tmp_path, document, path, query, fields)

    assert judged(right) == ""
    assert judged(wrong) != ""


BODIES: list[tuple[str, Any, bytes, bytes]] = [
    ("application/json", OBJECT, b'{"r": 1, "g": 2}', b'{"r": 1}'),
    ("application/merge-patch+json", OBJECT, b'{"r": 1, "g": 2}', b'{"r": "a", "g": 1}'),
    ("application/x-www-form-urlencoded", OBJECT, b"r=1&g=2", b"r=1&g=b"),
    ("application/x-www-form-urlencoded", {"type": "object", "properties": {"l": LIST}}, b"l=1&l=2", b"l=b"),
    ("text/plain", {"type": "string", "maxLength": 3}, b"abc", b"abcd"),
    ("application/xml", {**OBJECT, "xml": {"name": "o"}}, b"<o><r>1</r><g>2</g></o>", b"<o><r>1</r></o>"),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("media_type", "schema", "right", "wrong"), BODIES, ids=[row[0] for row in BODIES])
def test_a_body(tmp_path: Path, version: str, media_type: str, schema: Any, right: bytes, wrong: bytes) -> None:
    """A body is judged by the schema of its media type, and missing only if it is required."""
    document = _document(version, {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}})
    fields = {"Content-Type": media_type}

    assert _verdict(tmp_path, document, headers=fields, body=right) == ""
    assert _verdict(tmp_path, document, headers=fields, body=wrong) != ""
    assert _verdict(tmp_path, document) != ""
    document["paths"]["/x"]["post"]["requestBody"]["required"] = False
    assert _verdict(tmp_path, document) == ""


def test_each_version_has_its_dialect(tmp_path: Path) -> None:
    """``nullable`` and a boolean ``exclusiveMinimum`` are those of 3.0, lists of types and ``const`` those of 3.1."""

    def body(version: str, schema: Any, text: bytes) -> str:
        document = _document(version, {"requestBody": {"content": {"application/json": {"schema": schema}}}})
        return _verdict(tmp_path, document, headers={"Content-Type": "application/json"}, body=text)

    bound = {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "nullable": True}
    assert (body("3.0.3", bound, b"null"), body("3.0.3", bound, b"2")) == ("", "")
    assert body("3.0.3", bound, b"1") != ""
    several = {"type": ["integer", "null"], "exclusiveMinimum": 1, "not": {"const": 7}}
    assert (body("3.1.1", several, b"null"), body("3.2.0", several, b"2")) == ("", "")
    assert body("3.1.1", several, b"1") != "" != body("3.2.0", several, b"7")


def test_a_time_has_fractions_and_an_offset(tmp_path: Path) -> None:
    """RFC 3339 section 5.6: the judge takes every full-time, also where its library knows that of draft 3 alone."""
    parameter = {"name": "t", "in": "query", "schema": {"type": "string", "format": "time"}}

    assert _verdict(tmp_path, _document("3.0.3", {"parameters": [parameter]}), query="t=12:00:00.5Z") == ""


def test_header_parameters_that_shall_be_ignored(tmp_path: Path) -> None:
    """A required parameter ``Authorization`` is not missing: the specification ignores it."""
    parameter = {"name": "Authorization", "in": "header", "required": True, "schema": {"type": "string"}}

    assert _verdict(tmp_path, _document("3.1.1", {"parameters": [parameter]})) == ""


def test_a_default_that_breaks_its_schema_is_not_sent(tmp_path: Path) -> None:
    """A parameter that is not sent has nothing to refuse, though its default is of another type."""
    parameter = {"name": "n", "in": "query", "schema": {"type": "string", "enum": ["a"], "default": 4}}
    document = _document("3.0.3", {"parameters": [parameter]})

    assert _verdict(tmp_path, document) == ""
    assert _verdict(tmp_path, document, query="n=4") != ""


def test_what_openapi_core_cannot_judge_is_written_for_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At a reference that openapi-core cannot follow the operation is judged by a document that is written for it,
    and the log says why."""
    caplog.set_level(logging.INFO, "openconnectors.sandbox")
    document = _document(
        "3.2.0",
        {"parameters": [{"name": "q", "in": "querystring", "content": {"application/json": {"schema": OBJECT}}}]},
    )
    service = _load(tmp_path, document)
    with Sandbox(service) as sandbox:
        connector = openconnectors.load_file(tmp_path / "t.openapi.json", base_url=sandbox.url)
        connector["op"](q={"r": 1, "g": 2})

    assert "as it is written" in caplog.text


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sandbox_of_each_version_answers_a_call(tmp_path: Path, version: str) -> None:
    """A document of each version is served, and a call gets an example of its response."""
    operation = {
        "parameters": [{"name": "ids", "in": "query", "schema": LIST, "style": "pipeDelimited", "explode": False}],
        "requestBody": {"content": {"application/json": {"schema": OBJECT}}},
        "responses": {"200": {"description": "-", "content": {"application/json": {"schema": OBJECT}}}},
    }
    service = _load(tmp_path, _document(version, operation))
    with Sandbox(service) as sandbox:
        connector = openconnectors.load_file(tmp_path / "t.openapi.json", base_url=sandbox.url)
        value = connector["op"](ids=[1, 2], body={"r": 1, "g": 2})

    assert set(value) == {"r", "g"}


def test_operations_with_servers_of_their_own(tmp_path: Path) -> None:
    """An operation is served below the path of its own server, others below that of the service."""
    document = _document("3.1.1", {"servers": [{"url": "https://files.example/{area}", "variables": AREA}]})
    document["paths"]["/x"]["get"] = {"operationId": "other", "responses": {"204": {"description": "-"}}}
    service = _load(tmp_path, document)
    with Sandbox(service) as sandbox:
        connector = openconnectors.load_file(tmp_path / "t.openapi.json", base_url=sandbox.url)

        assert connector["op"].request().url.endswith("/area-1/x")
        assert connector["other"].request().url.endswith("/base/x")
        assert connector["op"].response().status == connector["other"].response().status == 204


def test_a_path_with_a_fragment(tmp_path: Path) -> None:
    """A fragment tells operations of one path apart and is not sent: no reason to write the operation anew."""
    document = _document("3.0.3", {"requestBody": {"required": True, "content": {"application/json": {}}}}, "/#op")

    assert _verdict(tmp_path, document, "/", headers={"Content-Type": "application/json"}, body=b"{}") == ""
    assert _verdict(tmp_path, document, "/") != ""


@pytest.mark.parametrize("location", ["header", "query"])
def test_operations_that_a_parameter_tells_apart(tmp_path: Path, location: str) -> None:
    """Of operations on one path only that with the value of a required enumeration is judged, of none the first."""
    document = _document("3.0.3", {})
    names = [f"Op{index}" for index in range(5)]
    for name in names:
        parameter = {"name": "Target", "in": location, "required": True, "schema": {"type": "string", "enum": [name]}}
        node = {"operationId": name, "parameters": [parameter], "responses": {"204": {"description": "-"}}}
        document["paths"][f"/t#{name}"] = {"post": node}
    router = Router(Compiler(_load(tmp_path, document)), {}, lambda operation: "")

    def candidates(text: str) -> list[str]:
        pairs = [("Target", text)] if text else []
        headers, query = (Headers(pairs), "") if location == "header" else (Headers(()), urlencode(pairs))
        matches = router.candidates(HttpRequest("POST", "/t", query, headers))
        return [match.route.plan.operation.id for match in matches]

    assert [candidates(name) for name in names] == [[name] for name in names]
    assert candidates("Op9") == candidates("") == ["Op0"]


SUBTYPE = {"allOf": [{"$ref": "#/components/schemas/Base"}], "required": ["b"], "properties": {"b": LIST}}
KINDS = {"type": "string", "enum": ["Sub"], "x-ms-enum": {"name": "Kind", "modelAsString": True}}
BASE = {
    "type": "object",
    "discriminator": {"propertyName": "kind"},
    "required": ["kind"],
    "properties": {"kind": KINDS},
}
ALIKE = [
    {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "integer"}}},
    {"type": "object", "additionalProperties": False, "properties": {"b": {"type": "integer"}}},
]


@pytest.mark.parametrize(
    ("schema", "value"),
    [({"$ref": "#/components/schemas/Base"}, {"kind": "Sub", "b": [1]}), ({"oneOf": ALIKE}, {"a": 1})],
    ids=["a base type that is no value of its discriminator", "branches that only optional members tell apart"],
)
def test_the_fewest_arguments_that_the_document_accepts(tmp_path: Path, schema: Any, value: Any) -> None:
    """Arguments that are made of a document are those that its author's schemas accept."""
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    document = _document("3.0.3", {"requestBody": body}, components={"schemas": {"Base": BASE, "Sub": SUBTYPE}})
    compiler = Compiler(_load(tmp_path, document))
    plan = routes(compiler)[0].plan
    request = plan.request(minimal(plan), "http://127.0.0.1", Options())

    assert json.loads(request.body or b"") == value
    assert _verdict(tmp_path, document, headers=dict(request.headers), body=request.body) == ""
