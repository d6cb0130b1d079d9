"""Facts of links: the follow-up requests that a response makes possible (OpenAPI 3.1, "Link Object" and "Runtime
Expressions")."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.model import MISSING
from openconnectors.engine.plan.runtime_expressions import Expression, Message, evaluated, expression_of, expressions
from tests.awaited import LOOPS
from tests.conftest import serving

MESSAGE = Message(
    url="http://h.example/a?q=x",
    method="POST",
    status=201,
    request_headers={"Accept": "application/json", "X-Id": 7},
    query={"q": "x", "n": [1, 2], "dotted.name": 3},
    path={"id": 5},
    request_body={"user": {"uuid": "u", "a/b": 1, "m~n": 2, "": 3, "null": None}, "list": [{"id": 1}, {"id": 2}]},
    response_headers={"Location": "http://h.example/b", "Server": "s"},
    response_body={"id": 12, "ok": True, "tags": ["x"], "£": "p"},
)

VALUES: dict[str, tuple[Any, Any]] = {
    "$url": ("$url", "http://h.example/a?q=x"),
    "$method": ("$method", "POST"),
    "$statusCode": ("$statusCode", 201),
    "a parameter of the path": ("$request.path.id", 5),
    "a parameter of the query": ("$request.query.q", "x"),
    "a list of the query": ("$request.query.n", [1, 2]),
    "a name with a dot": ("$request.query.dotted.name", 3),
    "a header field, in whatever case": ("$request.header.accept", "application/json"),
    "a header field with its type": ("$request.header.x-id", 7),
    "the whole body": ("$response.body", {"id": 12, "ok": True, "tags": ["x"], "£": "p"}),
    "the whole body by the empty pointer": ("$response.body#", {"id": 12, "ok": True, "tags": ["x"], "£": "p"}),
    "a member": ("$request.body#/user/uuid", "u"),
    "a number keeps its type": ("$response.body#/id", 12),
    "a boolean keeps its type": ("$response.body#/ok", True),
    "a list": ("$response.body#/tags", ["x"]),
    "an item": ("$request.body#/list/1/id", 2),
    "an escaped slash": ("$request.body#/user/a~1b", 1),
    "an escaped tilde": ("$request.body#/user/m~0n", 2),
    "the empty name": ("$request.body#/user/", 3),
    "null is a value": ("$request.body#/user/null", None),
    "a name beyond ASCII": ("$response.body#/£", "p"),
    "a header field of the response": ("$response.header.location", "http://h.example/b"),
    "a constant text": ("me", "me"),
    "a constant of another type": (5, 5),
    "a constant null": (None, None),
    "a text that only begins as an expression does": ("$5", "$5"),
    "an unknown word": ("$unknown", "$unknown"),
    "braces without an expression": ("{id}", "{id}"),
    "one embedded": ("user-{$response.body#/id}", "user-12"),
    "only one embedded is a text": ("{$response.body#/id}", "12"),
    "several embedded": ("{$method} {$url}#{$statusCode}", "POST http://h.example/a?q=x#201"),
    "a boolean as text": ("{$response.body#/ok}", "true"),
    "a list as text": ("{$response.body#/tags}", '["x"]'),
    "a member of a constant object": ({"a": "$response.body#/id", "b": 1}, {"a": 12, "b": 1}),
    "an item of a constant list": (["$method", "x"], ["POST", "x"]),
    "a member that has no value is left out": ({"a": "$response.body#/none", "b": 1}, {"b": 1}),
    "no such member": ("$response.body#/none", MISSING),
    "no such item": ("$request.body#/list/2", MISSING),
    "an item after the last": ("$request.body#/list/-", MISSING),
    "an index with a zero before it": ("$request.body#/list/01", MISSING),
    "a member of a text": ("$request.body#/user/uuid/x", MISSING),
    "no such parameter": ("$request.query.none", MISSING),
    "no such header field": ("$response.header.X-None", MISSING),
    "a response has no path": ("$response.path.id", MISSING),
    "names of parameters have a case": ("$request.query.Q", MISSING),
    "a pointer without its slash": ("$response.body#id", MISSING),
    "a body with a dot": ("$response.body.id", MISSING),
    "an embedded one without a value": ("user-{$response.body#/none}", MISSING),
    "an embedded one that is not one": ("user-{$response.body.id}", MISSING),
}


@pytest.mark.parametrize(("template", "value"), VALUES.values(), ids=VALUES)
def test_the_value_of_an_expression(template: Any, value: Any) -> None:
    """An expression that is a whole text has a value of its type, one in braces stands as text; what is not there has
    no value."""
    result = evaluated(template, MESSAGE)

    assert result == value
    assert type(result) is type(value)


def test_the_expressions_of_a_text() -> None:
    """The URL of a callback names where it comes from."""
    assert list(expressions("{$request.body#/url}/x?y={$request.query.z}")) == [
        Expression("body", pointer="/url"),
        Expression("query", name="z"),
    ]
    assert list(expressions("$request.query.url")) == [Expression("query", name="url")]
    assert list(expressions("http://h.example/{id}")) == []
    assert expression_of("$request.header.two words") is None


PARAMETERS = [
    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
    {"name": "id", "in": "query", "schema": {"type": "string"}},
    {"name": "X-Tag", "in": "header", "schema": {"type": "string"}},
    {"name": "count", "in": "query", "schema": {"type": "integer"}},
]
USER = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
JSON = {"application/json": {"schema": USER}}
DONE = {"204": {"description": "done"}}


def document(links: Mapping[str, Any], version: str = "3.1.1", components: Any = None) -> dict[str, Any]:
    """A document whose operation ``make`` has links to the others."""
    success = {
        "description": "made",
        "content": JSON,
        "headers": {"X-Count": {"schema": {"type": "integer"}}},
        "links": links,
    }
    make = {
        "operationId": "make",
        "parameters": [{"name": "group", "in": "query", "schema": {"type": "string"}}],
        "requestBody": {"content": JSON},
        "responses": {"201": success, "2XX": {"description": "other"}},
    }
    return {
        "openapi": version,
        "info": {"title": "L", "version": "1"},
        "servers": [{"url": "https://nowhere.invalid/v1"}],
        "paths": {
            "/users": {"post": make},
            "/users/{id}": {
                "parameters": PARAMETERS,
                "get": {"operationId": "get", "responses": DONE},
                "put": {"operationId": "put", "requestBody": {"content": JSON}, "responses": DONE},
                "delete": {"responses": DONE},
            },
        },
        "components": components or {},
    }


def written(folder: Path, links: Mapping[str, Any], **more: Any) -> Path:
    """The path of that document."""
    file = folder / "l.json"
    file.write_text(json.dumps(document(links, **more)))
    return file


class Service:
    """A server that makes users, and keeps the requests for them."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.url = ""
        self.status = 201

    def application(self, request: Request) -> Response:
        self.requests.append(f"{request.method} {request.full_path.rstrip('?')} {request.get_data(as_text=True)}")
        if not request.path.endswith("/users"):
            return Response(status=204)
        headers = {"Location": "/users/12", "X-Count": "3", "X-Text": "4"}
        body = json.dumps({"id": 12, "name": "Ada"})
        return Response(body, self.status, headers=headers, content_type="application/json")


@pytest.fixture(scope="module")
def server() -> Iterator[Service]:
    known = Service()
    with serving(make_server("127.0.0.1", 0, Request.application(known.application), threaded=True)) as url:
        known.url = url
        yield known


@pytest.fixture
def service(server: Service) -> Service:
    server.requests.clear()
    server.status = 201
    return server


def linked(folder: Path, service: Service, links: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The links of a call, by name."""
    connector = openconnectors.load_file(written(folder, links, **more), base_url=service.url)
    return connector.make.links(connector.make.response(group="g", body={"name": "Bob"}))


def link(operation: str = "get", **more: Any) -> dict[str, Any]:
    """A link by operationId."""
    return {"operationId": operation, **more}


ARGUMENTS: dict[str, tuple[dict[str, Any], tuple[str, dict[str, Any]]]] = {
    "a member of the response": (link(parameters={"id": "$response.body#/id"}), ("get", {"id": 12})),
    "a constant": (link(parameters={"id": 7}), ("get", {"id": 7})),
    "no parameters": (link(), ("get", {})),
    "with its location": (link(parameters={"path.id": 7}), ("get", {"id": 7})),
    "of another location": (link(parameters={"query.id": "$response.body#/name"}), ("get", {"id_2": "Ada"})),
    "both": (link(parameters={"path.id": 1, "query.id": "x"}), ("get", {"id": 1, "id_2": "x"})),
    "a header field has no case": (link(parameters={"header.x-tag": "t"}), ("get", {"X-Tag": "t"})),
    "an argument of the request": (link(parameters={"query.id": "$request.query.group"}), ("get", {"id_2": "g"})),
    "a member of the request": (link(parameters={"query.id": "$request.body#/name"}), ("get", {"id_2": "Bob"})),
    "a declared header field": (link(parameters={"id": "$response.header.x-count"}), ("get", {"id": 3})),
    "a header field for a number": (link(parameters={"id": "$response.header.X-Text"}), ("get", {"id": 4})),
    "a number for a text": (link(parameters={"query.id": "$response.body#/id"}), ("get", {"id_2": "12"})),
    "one without a value is left out": (
        link(parameters={"id": "$response.body#/none", "count": "$statusCode"}), ("get", {"count": 201}),
    ),
    "the body, a constant": (link("put", requestBody={"name": "x"}), ("put", {"body": {"name": "x"}})),
    "the body, an expression": (
        link("put", requestBody="$response.body"), ("put", {"body": {"id": 12, "name": "Ada"}}),
    ),
    "the body, with an expression in it": (
        link("put", requestBody={"name": "$request.body#/name"}), ("put", {"body": {"name": "Bob"}}),
    ),
    "a body without a value is left out": (link("put", requestBody="$response.body#/none"), ("put", {})),
    "by a reference": (
        {"operationRef": "#/paths/~1users~1{id}/get", "parameters": {"id": 1}}, ("get", {"id": 1}),
    ),
    "by a reference, percent-encoded": (
        {"operationRef": "#/paths/~1users~1%7Bid%7D/get", "parameters": {"id": 1}}, ("get", {"id": 1}),
    ),
    "to an operation without an id": ({"operationRef": "#/paths/~1users~1{id}/delete"}, ("delete_users_id", {})),
    "to itself": (link("make", parameters={"group": "$request.query.group"}), ("make", {"group": "g"})),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_the_arguments_of_a_link(
    tmp_path: Path, service: Service, raw: dict[str, Any], expected: tuple[str, dict[str, Any]]
) -> None:
    """They are by wire name, with the value that the request and its response give them."""
    follow_up = linked(tmp_path, service, {"next": raw})["next"]

    assert (follow_up.operation.operation_id, follow_up.arguments) == expected


@pytest.mark.parametrize("version", ["3.0.4", "3.1.1", "3.2.0"])
def test_calling_a_link_sends(tmp_path: Path, service: Service, version: str) -> None:
    """In every version; it has the verbs of its operation, and takes further arguments."""
    links = linked(tmp_path, service, {"get": link(parameters={"id": "$response.body#/id"})}, version=version)

    links["get"]()
    links["get"](count=2)
    links["get"](id=5)
    assert links["get"].response(id=6).status == 204

    paths = ["/v1/users/12", "/v1/users/12?count=2", "/v1/users/5", "/v1/users/6"]
    assert service.requests[1:] == [f"GET {path} " for path in paths]
    assert links["get"].request().url == f"{service.url}/v1/users/12"


@pytest.mark.parametrize("loop", LOOPS)
def test_a_link_of_an_awaited_response_is_awaited(tmp_path: Path, service: Service, loop: str) -> None:
    """Its operation is one of the same face."""
    path = written(tmp_path, {"get": link(parameters={"id": "$response.body#/id"})})
    api = openconnectors.load_file_async(path, base_url=service.url)

    async def follow() -> None:
        follow_up = api.make.links(await api.make.response(group="g", body={"name": "Bob"}))["get"]
        await follow_up()
        assert (await follow_up.response(id=6)).status == 204

    LOOPS[loop](follow)
    assert service.requests[1:] == ["GET /v1/users/12 ", "GET /v1/users/6 "]


def test_a_link_is_shown_with_its_arguments(tmp_path: Path, service: Service) -> None:
    """Its repr is the call; its description is that of the document."""
    raw = link("put", parameters={"id": 1}, requestBody={"name": "x"}, description="Renames")

    follow_up = linked(tmp_path, service, {"rename": raw})["rename"]

    assert repr(follow_up) == "<link to put(id=1, body={'name': 'x'})>"
    assert follow_up.description == "Renames"


def test_a_link_is_a_component(tmp_path: Path, service: Service) -> None:
    """It may be a reference."""
    raw = {"$ref": "#/components/links/Next"}

    links = linked(tmp_path, service, {"next": raw}, components={"links": {"Next": link(parameters={"id": 3})}})

    assert links["next"].arguments == {"id": 3}


def test_a_reference_leads_to_an_operation_of_another_file(tmp_path: Path, service: Service) -> None:
    """By the file itself, or by the path whose item is there."""
    file = tmp_path / "l.json"
    references = ["user.json#/get", "#/paths/~1users~1{id}/get", "l.json#/paths/~1users/post"]
    content = document({str(index): {"operationRef": text} for index, text in enumerate(references)})
    (tmp_path / "user.json").write_text(json.dumps(content["paths"]["/users/{id}"]))
    content["paths"]["/users/{id}"] = {"$ref": "user.json"}
    file.write_text(json.dumps(content))
    connector = openconnectors.load_file(file, base_url=service.url)

    links = connector.make.links(connector.make.response(body={}))

    assert [each.operation.operation_id for each in links.values()] == ["get", "get", "make"]


def test_a_link_has_a_server_of_its_own(tmp_path: Path, service: Service) -> None:
    """It is that of the follow-up request, below the scheme and host that the caller named."""
    raw = link(parameters={"id": 1}, server={"url": "https://other.example/o"})

    links = linked(tmp_path, service, {"a": raw, "b": link(parameters={"id": 1})})

    assert links["a"].request().url == f"{service.url}/o/users/1"
    assert links["b"].request().url == f"{service.url}/v1/users/1"


def test_links_are_those_of_the_status(tmp_path: Path, service: Service) -> None:
    """Another declared response has none."""
    service.status = 202
    assert linked(tmp_path, service, {"next": link()}) == {}


@pytest.mark.parametrize(
    "raw", [link("none"), {"operationRef": "#/paths/~1none/get"}, {"operationRef": "https://h.example/d.json#/x"}, {}]
)
def test_a_link_that_leads_nowhere_is_left_out(
    tmp_path: Path, service: Service, raw: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and spoils neither the call nor the other links."""
    assert list(linked(tmp_path, service, {"bad": raw, "good": link()})) == ["good"]
    assert "'bad' is left out" in caplog.text


def test_a_parameter_that_the_operation_does_not_have_is_refused(tmp_path: Path, service: Service) -> None:
    """When the link is called: nothing is sent."""
    links = linked(tmp_path, service, {"next": link(parameters={"id": 1, "nope": 2})})

    with pytest.raises(openconnectors.InvalidArguments, match="nope"):
        links["next"]()
    assert len(service.requests) == 1


def test_the_help_of_an_operation_names_its_links(tmp_path: Path) -> None:
    """By status; and the server of its own that an operation has."""
    file = written(tmp_path, {"next": link(), "self": link()})
    content = json.loads(file.read_text())
    content["paths"]["/users"]["post"]["servers"] = [{"url": "https://o.example"}]
    file.write_text(json.dumps(content))

    documentation = openconnectors.load_file(file).make.__doc__ or ""

    assert "Links:\n    201: next, self" in documentation
    assert "Server: https://o.example" in documentation


def test_a_response_of_elsewhere_has_no_links(tmp_path: Path, service: Service) -> None:
    """Links are made of a response and its request; a pickled response has left it behind."""
    connector = openconnectors.load_file(written(tmp_path, {"next": link()}), base_url=service.url)
    response = connector.make.response(body={})

    again = pickle.loads(pickle.dumps(response))  # noqa: S301 - made here

    assert again == response
    with pytest.raises(openconnectors.Unsupported, match=r"make.response\(\)"):
        connector.make.links(again)
