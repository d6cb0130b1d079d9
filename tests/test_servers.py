"""Facts of servers: where the requests of an operation go (OpenAPI 3.1, "Server Object", "Server Variable Object")."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.cli.app import cli
from openconnectors.connections import place_of
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.documents import loader
from tests.conftest import serving

HERE = "https://api.example.com/v1"


def written(folder: Path, servers: Any = None, *, path: Any = None, operation: Any = None, **more: Any) -> Path:
    """A document with one operation; ``path`` and ``operation`` are the servers of these."""
    get: dict[str, Any] = {"operationId": "get_x", "responses": {"204": {"description": "done"}}}
    item: dict[str, Any] = {"get": get}
    document: dict[str, Any] = {"openapi": "3.2.0", "info": {"title": "S", "version": "1"}, "paths": {"/x": item}}
    for holder, listed in ((document, servers), (item, path), (get, operation)):
        if listed is not None:
            holder["servers"] = [{"url": server} if isinstance(server, str) else server for server in listed]
    file = folder / "s.json"
    file.write_text(json.dumps({**document, **more}))
    return file


def templated(url: str, **variables: Any) -> dict[str, Any]:
    """A server with variables, each by its default or as the document writes it."""
    return {
        "url": url,
        "variables": {
            name: value if isinstance(value, Mapping) else {"default": value} for name, value in variables.items()
        },
    }


def url(file: Path, connection: Mapping[str, Any] | None = None, **options: Any) -> str:
    """The URL of a call."""
    with openconnectors.load_file(file, connection=connection or {}, **options) as connector:
        return str(connector.get_x.request().url)


REGIONS = templated("https://{region}.example.com", region={"default": "eu", "enum": ["eu", "us"]})
BASE = templated("https://h.example/{base}", base="v1")
SLASHES = templated("https://h.example/{base}/", base="api/v1")
WHOLE = templated("{scheme}://{host}:{port}/{base}", scheme="https", host="h.example", port="8443", base="")

URLS: dict[str, tuple[Any, dict[str, Any], dict[str, Any], str]] = {
    "absolute": ([HERE], {}, {}, f"{HERE}/x"),
    "a slash at the end is that of the path": ([HERE + "/"], {}, {}, f"{HERE}/x"),
    "the first of several": ([HERE, "https://b.example"], {}, {}, f"{HERE}/x"),
    "another by its URL": ([HERE, "https://b.example"], {}, {"server": "https://b.example"}, "https://b.example/x"),
    "another by its description": (
        [HERE, {"url": "https://b.example", "description": "Staging"}], {}, {"server": "Staging"},
        "https://b.example/x",
    ),
    "another by its name": (
        [HERE, {"url": "https://b.example", "name": "staging"}], {}, {"server": "staging"}, "https://b.example/x",
    ),
    "another by its template": ([HERE, REGIONS], {"region": "us"}, {"server": REGIONS["url"]}, "https://us.example.com/x"),
    "none is the root": (None, {}, {"base_url": "https://h.example"}, "https://h.example/x"),
    "an empty list is the root": ([], {}, {"base_url": "https://h.example"}, "https://h.example/x"),
    "the scheme and host of base_url, the path of the server": (
        [HERE], {}, {"base_url": "http://localhost:80"}, "http://localhost:80/v1/x",
    ),
    "base_url with a path before it": ([HERE], {}, {"base_url": "http://p.example/h"}, "http://p.example/h/v1/x"),
    "relative": (["/v1"], {}, {"base_url": "https://h.example"}, "https://h.example/v1/x"),
    "relative without a slash": (["v1"], {}, {"base_url": "https://h.example"}, "https://h.example/v1/x"),
    "relative with dots": (["./a/../v1/."], {}, {"base_url": "https://h.example"}, "https://h.example/v1/x"),
    "relative to a path above": (["../v1"], {}, {"base_url": "https://h.example"}, "https://h.example/v1/x"),
    "relative to the scheme": (["//h.example/v1"], {}, {}, "https://h.example/v1/x"),
    "relative with a variable": ([templated("/{base}", base="v1")], {}, {"base_url": "https://h.example"}, "https://h.example/v1/x"),
    "without a query and a fragment": (["https://h.example/a?b=c#d"], {}, {}, "https://h.example/a/x"),
    "what a URL cannot hold is encoded": (["https://h.example/a b"], {}, {}, "https://h.example/a%20b/x"),
    "the default of a variable": ([REGIONS], {}, {}, "https://eu.example.com/x"),
    "a value for a variable": ([REGIONS], {"region": "us"}, {}, "https://us.example.com/x"),
    "one variable twice": ([templated("https://{a}.example/{a}", a="b")], {}, {}, "https://b.example/b/x"),
    "all parts are variables": ([WHOLE], {"base": "v1"}, {}, "https://h.example:8443/v1/x"),
    "a scheme as a value": ([WHOLE], {"base": "v1", "scheme": "http"}, {}, "http://h.example:8443/v1/x"),
    "an empty default": ([templated("https://h.example/a{b}", b="")], {}, {}, "https://h.example/a/x"),
    "a value is one segment": ([BASE], {"base": "a/b?c#d e"}, {}, "https://h.example/a%2Fb%3Fc%23d%20e/x"),
    "a default may have slashes": ([SLASHES], {}, {}, "https://h.example/api/v1/x"),
    "then values may, too": ([SLASHES], {"base": "a/b?c"}, {}, "https://h.example/a/b%3Fc/x"),
    "a value for a variable below base_url": ([BASE], {"base": "v2"}, {"base_url": "http://l.example"}, "http://l.example/v2/x"),
    "a path right after the host": ([templated("https://h.example{base}", base="/v1")], {}, {}, "https://h.example/v1/x"),
    "a value for it": ([templated("https://h.example{base}", base="/v1")], {"base": "/a/b?"}, {}, "https://h.example/a/b%3F/x"),
    "it stays below base_url": (
        [templated("https://h.example{base}/c", base="/v1")], {}, {"base_url": "http://l.example"},
        "http://l.example/v1/c/x",
    ),
    "a port right after the host": ([templated("https://h.example:{port}", port="8443")], {}, {}, "https://h.example:8443/x"),
    "a host of variables alone": (
        [templated("https://{sub}.{domain}", sub="a", domain="h.example")], {}, {}, "https://a.h.example/x",
    ),
    "a variable for scheme and host": (
        [templated("{endpoint}/v1", endpoint="")], {"endpoint": "https://h.example"}, {}, "https://h.example/v1/x",
    ),
    "and a path": (
        [templated("{endpoint}/v1", endpoint="https://h.example/a/")], {}, {}, "https://h.example/a/v1/x",
    ),
    "and base_url in its place": (
        [templated("{endpoint}/v1", endpoint="")], {}, {"base_url": "http://l.example"}, "http://l.example/v1/x",
    ),
    "base_url keeps the path of the variable": (
        [templated("{endpoint}/v1", endpoint="https://h.example/a")], {}, {"base_url": "http://l.example"},
        "http://l.example/a/v1/x",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("servers", "values", "options", "expected"), URLS.values(), ids=URLS)
def test_the_servers_of_a_document(
    tmp_path: Path, servers: Any, values: dict[str, Any], options: dict[str, Any], expected: str
) -> None:
    """Rules 1 to 3 of ``call.servers``."""
    assert url(written(tmp_path, servers), values, **options) == expected


LEVELS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = {
    "that of the path before that of the document": ({"path": ["https://p.example"]}, {}, {}, "https://p.example/x"),
    "that of the operation before that of the path": (
        {"path": ["https://p.example"], "operation": ["https://o.example/o"]}, {}, {}, "https://o.example/o/x",
    ),
    "an empty list is none": ({"path": ["https://p.example"], "operation": []}, {}, {}, "https://p.example/x"),
    "a relative one is on the host of the document's": ({"operation": ["/o"]}, {}, {}, "https://api.example.com/o/x"),
    "a relative one is on that of base_url": (
        {"operation": ["/o"]}, {}, {"base_url": "http://l.example"}, "http://l.example/o/x",
    ),
    "base_url is for each": (
        {"operation": ["https://o.example/o"]}, {}, {"base_url": "http://l.example"}, "http://l.example/o/x",
    ),
    "its variables are values of the connection": (
        {"operation": [templated("https://{t}.example/{u}", t="a", u="b")]}, {"t": "c"}, {}, "https://c.example/b/x",
    ),
    "the default of each server is its own": (
        {"servers": [REGIONS], "operation": [templated("https://{region}.o.example", region="ap")]}, {}, {},
        "https://ap.o.example/x",
    ),
    "another of its own": (
        {"operation": ["https://o.example", "https://q.example"]}, {}, {"server": "https://q.example"},
        "https://q.example/x",
    ),
    "one that only the document has leaves it as it is": (
        {"servers": [HERE, "https://b.example"], "operation": ["https://o.example"]}, {},
        {"server": "https://b.example"}, "https://o.example/x",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("levels", "values", "options", "expected"), LEVELS.values(), ids=LEVELS)
def test_the_servers_of_a_path_and_of_an_operation(
    tmp_path: Path, levels: dict[str, Any], values: dict[str, Any], options: dict[str, Any], expected: str
) -> None:
    """They stand in for the document's ("Path Item Object", "Operation Object", ``servers``)."""
    levels = {"servers": [HERE], **levels}

    assert url(written(tmp_path, **levels), values, **options) == expected


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], type[Exception], str]] = {
    "no host at all": ({}, {}, {}, openconnectors.ConnectionMissing, "names no host; give base_url"),
    "a value that is not in the enum": (
        {"servers": [REGIONS]}, {"region": "ap"}, {}, openconnectors.ConnectionMissing, "region must be one of eu, us",
    ),
    "a value of the enum of another server": (
        {"servers": [REGIONS, templated("https://{region}.b.example", region={"default": "ap", "enum": ["ap"]})]},
        {"region": "ap"}, {}, openconnectors.ConnectionMissing, "region must be one of eu, us",
    ),
    "a value that would be another host": (
        {"servers": [templated("https://{a}.example", a="b")]}, {"a": "evil.example/"}, {},
        openconnectors.ConnectionMissing, "not a host name",
    ),
    "a value that would be a user": (
        {"servers": [templated("https://{a}.example", a="b")]}, {"a": "u@evil"}, {},
        openconnectors.ConnectionMissing, "not a host name",
    ),
    "a value that leads up": ({"servers": [BASE]}, {"base": ".."}, {}, openconnectors.ConnectionMissing, "segment"),
    "a scheme that is not of HTTP": (
        {"servers": [WHOLE]}, {"scheme": "file"}, {}, openconnectors.ConnectionMissing, "not an http",
    ),
    "no value for scheme and host": (
        {"servers": [templated("{endpoint}/v1", endpoint="")]}, {}, {}, openconnectors.ConnectionMissing,
        "has no endpoint",
    ),
    "a variable that the server does not describe": (
        {"servers": ["https://{a}.example"]}, {}, {}, openconnectors.ConnectionMissing, "has no a",
    ),
    "a value that no server has": (
        {"servers": [HERE]}, {"a": "b"}, {}, openconnectors.ConnectionMissing, "no connection value 'a'",
    ),
    "a server that the document does not have": (
        {"servers": [HERE]}, {}, {"server": "Live"}, openconnectors.UnknownName, "'Live'",
    ),
    "the value of an operation's server": (
        {"servers": [HERE], "operation": [REGIONS]}, {"region": "ap"}, {}, openconnectors.ConnectionMissing,
        "region must be one of eu, us",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("levels", "values", "options", "kind", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(
    tmp_path: Path,
    levels: dict[str, Any],
    values: dict[str, Any],
    options: dict[str, Any],
    kind: type[Exception],
    reason: str,
) -> None:
    """Nothing is sent to a place that the document and the caller do not agree on."""
    with pytest.raises(kind, match=reason):
        url(written(tmp_path, **levels), values, **options)


class Service:
    """A server that keeps the target and the key of each request."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.url = ""

    def application(self, request: Request) -> Response:
        self.requests.append((request.full_path.rstrip("?"), request.headers.get("X-Key", "")))
        return Response(status=204)


@pytest.fixture
def service() -> Iterator[Service]:
    known = Service()
    with serving(make_server("127.0.0.1", 0, Request.application(known.application), threaded=True)) as address:
        known.url = address
        yield known


KEY: dict[str, Any] = {
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    "security": [{"key": []}],
}


def test_a_call_goes_to_the_server_of_its_operation(tmp_path: Path, service: Service) -> None:
    """Over the wire, with the key that the caller gives this document."""
    file = written(tmp_path, ["https://nowhere.invalid"], operation=[f"{service.url}/o"], **KEY)

    with openconnectors.load_file(file, connection={"key": "k"}) as connector:
        connector.get_x()

    assert service.requests == [("/o/x", "k")]


def test_secrets_are_bound_to_every_server(tmp_path: Path) -> None:
    """The place of a saved connection names the origins of all servers that operations have: a document that gets
    another one is another place."""
    values = {"key": "k"}

    def place(**levels: Any) -> str:
        service = loader.load(written(tmp_path, **{"servers": [HERE], **levels}, **KEY))
        return place_of(service, Connection(service, values))

    assert place() == HERE
    assert place(operation=["/o"]) == HERE
    assert place(operation=["https://o.example/o"]) == f"{HERE} + https://o.example/o"
    assert place(path=["https://p.example"]) != place(operation=["https://o.example"])


def test_variables_are_shown(tmp_path: Path) -> None:
    """``connectors show`` names the servers, and the values that a variable may have."""
    file = written(tmp_path, [REGIONS, {"url": "https://b.example", "name": "staging", "description": "For tests"}])

    result = CliRunner().invoke(cli, ["show", str(file)])

    assert result.exit_code == 0
    for part in ("https://{region}.example.com", "https://b.example", "staging", "For tests", "eu", "us"):
        assert part in result.output


def test_a_server_is_chosen_on_the_command_line(tmp_path: Path) -> None:
    """``connectors call --server``."""
    file = written(tmp_path, [HERE, {"url": "https://b.example", "description": "Staging"}])

    result = CliRunner().invoke(cli, ["call", str(file), "get-x", "--server", "Staging", "--dry-run"])

    assert "GET https://b.example/x" in result.output
