"""Postman collections become documents whose operations send what the requests of the collection send."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.convert.postman import Imported, imported
from openconnectors.engine.documents import document
from openconnectors.engine.lint import validate
from tests.conftest import ROOT
from tests.pages import Run
from tests.test_cli import run

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def collection(*items: Any, **members: Any) -> dict[str, Any]:
    """A collection of items."""
    return {"info": {"name": "C", "schema": SCHEMA}, "item": list(items), **members}


def item(name: str, url: Any, method: str = "GET", **members: Any) -> dict[str, Any]:
    """An item with a request; ``response`` is a member of the item, others are of the request."""
    responses = members.pop("response", [])
    return {"name": name, "request": {"method": method, "url": url, **members}, "response": responses}


def read(root: dict[str, Any], folder: Path) -> Imported:
    """The document of a collection, which has no error, and whose report is at lines of the file."""
    path = folder / "c.postman_collection.json"
    path.write_text(json.dumps(root, indent=1), "utf-8")
    result = imported(document.read(path))
    (folder / "c.openapi.json").write_text(json.dumps(result.root, indent=1), "utf-8")
    assert [str(finding) for finding in validate(folder / "c.openapi.json") if finding.severity == "error"] == []
    return result


def operations(result: Imported) -> dict[str, Any]:
    """Operations by method and path."""
    return {
        f"{method} {path}": operation
        for path, members in result.root["paths"].items()
        for method, operation in members.items()
    }


@contextmanager
def recording() -> Iterator[tuple[str, list[Request]]]:
    """A service on loopback, and the requests that it got."""
    requests: list[Request] = []

    @Request.application
    def application(request: Request) -> Response:
        request.get_data(cache=True)
        requests.append(request)
        return Response('{"ok": true}', content_type="application/json")

    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        thread.join()


def test_an_operation_sends_what_the_request_sends(tmp_path: Path) -> None:
    """Method, path, query, header, credential and body of calls with the values of requests are those of the
    requests."""
    with recording() as (base, requests):
        form = {"mode": "urlencoded", "urlencoded": [{"key": "to", "value": "Ada Byron"}, {"key": "n", "value": "2"}]}
        raw = {"mode": "raw", "raw": '{"a": [1, 2.5], // why\n "b": {{b}}}', "options": {"raw": {"language": "json"}}}
        url = {
            "host": ["{{base}}"],
            "path": ["things", ":id", "{{kind}}.json"],
            "query": [{"key": "tag", "value": "x"}, {"key": "tag", "value": "y z"}, {"key": "n", "value": "3"}],
            "variable": [{"key": "id", "value": "7", "description": "Its number."}],
        }
        root = collection(
            item("Read thing", url, header=[{"key": "X-Trace", "value": "t1"}]),
            item("Send form", "{{base}}/form", "POST", body=form),
            item("Send JSON", "{{base}}/json?v=1", "PUT", body=raw),
            variable=[{"key": "base", "value": f"{base}/v1"}],
            auth={"type": "basic", "basic": [{"key": "username", "value": "u"}, {"key": "password", "value": "p"}]},
        )
        read(root, tmp_path)
        api = openconnectors.load_file(tmp_path / "c.openapi.json", connection={"username": "me", "password": "word"})
        api.read_thing(id=7, kind="a b", tag=["x", "y z"], n=3, x_trace="t1")
        api.send_form(to="Ada Byron", n=2)
        api.send_json(a=[1, 2.5], b=True, v=1)

    first, second, third = requests
    assert (first.method, first.path, first.query_string) == ("GET", "/v1/things/7/a b.json", b"tag=x&tag=y%20z&n=3")
    assert (first.headers["X-Trace"], first.authorization and first.authorization.password) == ("t1", "word")
    assert (second.content_type, dict(second.form)) == (
        "application/x-www-form-urlencoded",
        {"to": "Ada Byron", "n": "2"},
    )
    assert (third.method, third.path, third.args["v"], third.json) == (
        "PUT",
        "/v1/json",
        "1",
        {"a": [1, 2.5], "b": True},
    )


@pytest.mark.parametrize(
    ("auth", "scheme"),
    [
        ({"type": "bearer", "bearer": [{"key": "token", "value": "secret-1"}]}, {"type": "http", "scheme": "bearer"}),
        ({"type": "digest", "digest": []}, {"type": "http", "scheme": "digest"}),
        ({"type": "basic", "basic": {"username": "u", "password": "secret-1"}}, {"type": "http", "scheme": "basic"}),
        (
            {"type": "apikey", "apikey": [{"key": "key", "value": "k"}, {"key": "in", "value": "query"}]},
            {"type": "apiKey", "name": "k", "in": "query"},
        ),
        (
            {
                "type": "oauth2",
                "oauth2": [
                    {"key": "grant_type", "value": "client_credentials"},
                    {"key": "accessTokenUrl", "value": "{{host}}/token"},
                    {"key": "scope", "value": "read write"},
                    {"key": "clientSecret", "value": "secret-1"},
                ],
            },
            {
                "type": "oauth2",
                "flows": {
                    "clientCredentials": {
                        "tokenUrl": "https://a.example/token",
                        "scopes": {"read": "read", "write": "write"},
                    }
                },
            },
        ),
        ({"type": "oauth2", "oauth2": []}, {"type": "http", "scheme": "bearer"}),
        (
            {"type": "awsv4", "awsv4": {"secretKey": "secret-1", "service": "s3"}},
            {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-connector-scheme": {"type": "aws4", "service": "s3"},
            },
        ),
        ({"type": "hawk", "hawk": []}, None),
    ],
)
def test_an_authorization_is_a_scheme(auth: dict[str, Any], scheme: dict[str, Any] | None, tmp_path: Path) -> None:
    """The kind of an authorization becomes a security scheme; its credentials stay outside."""
    variable = [{"key": "host", "value": "https://a.example"}]
    result = read(collection(item("A", "{{host}}/a"), auth=auth, variable=variable), tmp_path)

    schemes = list(result.root.get("components", {}).get("securitySchemes", {}).values())
    assert schemes == ([scheme] if scheme else [])
    assert "secret-1" not in json.dumps(result.root)


def test_what_a_request_has_of_its_own_goes_before_what_it_inherits(tmp_path: Path) -> None:
    """A folder's authorization holds inside, a request's for itself, and none for one without."""
    bearer, basic = {"type": "bearer", "bearer": []}, {"type": "basic", "basic": []}
    folder = {"name": "F", "auth": basic, "item": [item("B", "https://a.example/b")]}
    none = item("N", "https://a.example/n", auth={"type": "noauth"})
    result = read(collection(item("A", "https://a.example/a"), folder, none, auth=bearer), tmp_path)

    security = {name: operation.get("security") for name, operation in operations(result).items()}
    assert security == {"get /a": [{"bearer": []}], "get /b": [{"basic": []}], "get /n": None}


def test_credentials_are_neither_examples_nor_defaults(tmp_path: Path) -> None:
    """The values of fields and parameters that are credentials, and of secret variables, are not in the document."""
    body = {"mode": "raw", "raw": '{"client_secret": "secret-2", "n": 1}', "options": {"raw": {"language": "json"}}}
    key, token = {"key": "X-Api-Key", "value": "secret-3"}, {"key": "Authorization", "value": "Bearer secret-4"}
    root = collection(
        item("A", "https://a.example/a?api_key=secret-1", header=[key]),
        item("B", "https://a.example/b", "POST", body=body, header=[token]),
        item("C", "https://a.example/{{s}}"),
        variable=[{"key": "s", "value": "secret-5", "type": "secret"}],
    )
    result = read(root, tmp_path)

    assert "secret-" not in json.dumps(result.root)
    kinds = {(row["type"], row.get("name")) for row in result.root["components"]["securitySchemes"].values()}
    assert kinds == {("apiKey", "X-Api-Key"), ("http", None)}


def test_requests_of_one_method_and_path_are_one_operation(tmp_path: Path) -> None:
    """Their parameters, bodies and responses are put together, and that is reported."""
    ok = {"name": "Read", "code": 200, "header": [{"key": "content-type", "value": "application/json"}]}
    root = collection(
        item("Read", "https://a.example/a/:id?x=1", response=[{**ok, "body": '{"n": 1, "s": null}'}]),
        item("Read more", "https://a.example/a/{{key}}?y=true", response=[{**ok, "body": '{"n": 1.5, "s": "t"}'}]),
    )
    result = read(root, tmp_path)

    (operation,) = operations(result).values()
    assert [(row["name"], row["schema"]) for row in operation["parameters"]] == [
        ("id", {"type": "string"}), ("x", {"type": "integer"}), ("y", {"type": "boolean"}),
    ]  # fmt: skip
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["properties"] == {"n": {"type": "number"}, "s": {"type": ["string", "null"]}}
    assert [finding.rule for finding in result.findings] == ["collection-guess"]


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ({"mode": "file", "file": {"src": "a.bin"}}, {"application/octet-stream": {"type": "string"}}),
        ({"mode": "raw", "raw": "hello"}, {"text/plain": {"type": "string"}}),
        (
            {"mode": "raw", "raw": "<a>1</a>", "options": {"raw": {"language": "xml"}}},
            {"application/xml": {"type": "string"}},
        ),
        (
            {"mode": "formdata", "formdata": [{"key": "f", "type": "file", "src": "x"}, {"key": "t", "value": "1"}]},
            {"multipart/form-data": {"type": "object", "properties": {"f": {}, "t": {"type": "integer"}}}},
        ),
        ({"mode": "graphql", "graphql": {"query": "{ a }"}}, {"application/json": {"type": "object"}}),
        ({"mode": "raw", "raw": ""}, None),
        ({"mode": "raw", "raw": "[1", "options": {"raw": {"language": "json"}}}, {"application/json": {}}),
    ],
)
def test_a_body_has_its_media_type(body: dict[str, Any], content: dict[str, Any] | None, tmp_path: Path) -> None:
    """Each mode of a body gives its media type and schema."""
    (operation,) = operations(read(collection(item("A", "https://a.example/a", "POST", body=body)), tmp_path)).values()

    written_content = operation.get("requestBody", {}).get("content")
    assert (written_content and list(written_content)) == (content and list(content))
    for media_type, schema in (content or {}).items():
        written = written_content[media_type].get("schema", {})
        assert written.get("type") == schema.get("type")
        assert list(written.get("properties", {})) == list(schema.get("properties", written.get("properties", {})))


def test_what_openapi_does_not_have_is_reported_at_its_line(tmp_path: Path) -> None:
    """Scripts before requests, methods of others and items without a request are losses."""
    script = {"listen": "prerequest", "script": {"exec": ["x()"]}}
    root = collection(
        {**item("A", "https://a.example/a"), "event": [script, {"listen": "test", "script": {"exec": ["y()"]}}]},
        item("B", "https://a.example/b", "PURGE"),
        item("C", ""),
        {"name": "D"},
    )
    result = read(root, tmp_path)

    text = (tmp_path / "c.postman_collection.json").read_text("utf-8").split("\n")
    losses = [finding for finding in result.findings if finding.rule == "collection-loss"]
    assert [finding.pointer for finding in losses] == ["/item/0/event/0", "/item/1", "/item/2", "/item/3"]
    assert '"name": "B"' in "".join(text[losses[1].line - 1 : losses[1].line + 1])


def test_a_service_that_is_not_named_has_a_host_to_fill_in(tmp_path: Path) -> None:
    """A base URL without a value is a server with a variable, which the report says."""
    result = read(collection(item("A", "{{baseUrl}}/a")), tmp_path)

    assert result.root["servers"] == [{"url": "https://{host}", "variables": {"host": {"default": "api.example.com"}}}]
    assert [finding.rule for finding in result.findings] == ["collection-guess"]


def test_another_service_has_a_server_of_its_own(tmp_path: Path) -> None:
    """The service of most requests is the document's, another is its operation's."""
    hosts = {"a": "x.example", "b": "y.example:8443", "c": "x.example"}
    result = read(collection(*(item(name, f"https://{host}/{name}") for name, host in hosts.items())), tmp_path)

    assert result.root["servers"] == [{"url": "https://x.example"}]
    assert operations(result)["get /b"]["servers"] == [{"url": "https://y.example:8443"}]


def test_an_older_format_is_refused(tmp_path: Path) -> None:
    """A collection of format 1 is refused, and how to export it again is said."""
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"id": "1", "name": "Old", "order": [], "requests": []}))

    code, _, err = run("add", str(path))

    assert code == 1
    assert "export it from Postman as Collection v2.1" in err


def test_the_page_shows_what_is_so(tmp_path: Path) -> None:
    """What docs/postman.md shows is so."""
    Run(ROOT / "docs/postman.md", tmp_path).run()
