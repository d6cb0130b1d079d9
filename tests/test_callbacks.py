"""Facts of callbacks and webhooks: what a service sends is received, checked by its document and answered (OpenAPI 3.1,
"Callback Object"; "OpenAPI Object", ``webhooks``)."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors import Webhook
from openconnectors.cli.app import cli
from openconnectors.engine.http import Headers
from openconnectors.engine.http import Response as Received
from tests.conftest import serving

PET = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "born": {"type": "string", "format": "date"}},
}
JSON = {"application/json": {"schema": PET}}
NAME = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
TAG = {"name": "X-Tag", "in": "header", "required": True, "schema": {"type": "string", "enum": ["a", "b"]}}
PAGE = {"name": "page", "in": "query", "schema": {"type": "integer"}}


def sent(content: Any = None, status: str = "204", method: str = "post", **more: Any) -> dict[str, Any]:
    """A path item with one operation, whose request the service sends."""
    operation = {"responses": {status: {"description": "taken"}}, **more}
    if content is not None:
        operation["requestBody"] = {"required": True, "content": content}
    return {method: operation}


def document(
    *, version: str = "3.1.1", webhooks: Mapping[str, Any] | None = None, callbacks: Mapping[str, Any] | None = None,
    body: Any = None, parameters: Any = (),
) -> dict[str, Any]:  # fmt: skip
    """A document with one operation that subscribes."""
    subscribe: dict[str, Any] = {
        "operationId": "subscribe",
        "parameters": list(parameters),
        "responses": {"201": {"description": "done"}},
        "callbacks": callbacks or {},
    }
    if body is not None:
        subscribe["requestBody"] = {"content": {"application/json": {"schema": body}}}
    content = {
        "openapi": version,
        "info": {"title": "C", "version": "1"},
        "servers": [{"url": "https://nowhere.invalid"}],
        "paths": {"/subscriptions": {"post": subscribe}},
    }
    return content if webhooks is None else {**content, "webhooks": webhooks}


def loaded(folder: Path, content: dict[str, Any], **options: Any) -> openconnectors.Connector:
    """The connector of a document."""
    file = folder / "c.json"
    file.write_text(json.dumps(content))
    return openconnectors.load_file(file, **options)


class Events(list[Any]):
    """A handler that keeps what it is called with."""

    def __call__(self, event: Any, **parameters: Any) -> None:
        self.append((event, parameters))


def posted(webhook: Webhook, data: Any, method: str = "POST", path: str = "/", **headers: str) -> tuple[int, bytes]:
    """Status and body of the answer to a delivery; data that is not text is sent as JSON."""
    content_type = headers.pop("content_type", "application/json")
    body = data if isinstance(data, (str, bytes)) else json.dumps(data)
    fields = {name.replace("_", "-"): text for name, text in headers.items()}
    response = Client(webhook).open(path, method=method, data=body, content_type=content_type, headers=fields)
    return response.status_code, response.data


DELIVERIES: dict[str, tuple[dict[str, Any], Any, dict[str, str], int, Any]] = {
    "a body that fits": (sent(JSON), {"id": 1}, {}, 204, ({"id": 1}, {})),
    "not JSON": (sent(JSON), "{", {}, 400, None),
    "another type": (sent(JSON), [], {}, 400, None),
    "a member that is missing": (sent(JSON), {}, {}, 400, None),
    "a member of another type": (sent(JSON), {"id": "x"}, {}, 400, None),
    "a media type that is not listed": (
        sent(JSON), "id=1", {"content_type": "application/x-www-form-urlencoded"}, 400, None,
    ),
    "no body": (sent(JSON), "", {}, 400, None),
    "no body where it may be absent": (
        {"post": {"requestBody": {"content": JSON}, "responses": {}}}, "", {}, 200, (None, {}),
    ),
    "a form": (
        sent({"application/x-www-form-urlencoded": {"schema": PET}}), "id=1",
        {"content_type": "application/x-www-form-urlencoded"}, 204, ({"id": 1}, {}),
    ),
    "XML": (
        sent({"application/xml": {"schema": {**PET, "xml": {"name": "pet"}}}}), "<pet><id>1</id></pet>",
        {"content_type": "application/xml"}, 204, ({"id": 1}, {}),
    ),
    "one media type of several": (
        sent({"text/plain": {"schema": {"type": "string"}}, **JSON}), "hello", {"content_type": "text/plain"}, 204,
        ("hello", {}),
    ),
    "the declared status": (sent(JSON, "202"), {"id": 1}, {}, 202, ({"id": 1}, {})),
    "a range of statuses": (sent(JSON, "2XX"), {"id": 1}, {}, 200, ({"id": 1}, {})),
    "no status of a success": (sent(JSON, "default"), {"id": 1}, {}, 200, ({"id": 1}, {})),
    "a header field": (sent(JSON, parameters=[TAG]), {"id": 1}, {"X_Tag": "a"}, 204, ({"id": 1}, {"x_tag": "a"})),
    "a header field that is missing": (sent(JSON, parameters=[TAG]), {"id": 1}, {}, 400, None),
    "a header field with another value": (sent(JSON, parameters=[TAG]), {"id": 1}, {"X_Tag": "c"}, 400, None),
    "a parameter of the query": (
        sent(JSON, parameters=[PAGE]), {"id": 1}, {"path": "/?page=2"}, 204, ({"id": 1}, {"page": 2}),
    ),
    "a parameter that is not a number": (sent(JSON, parameters=[PAGE]), {"id": 1}, {"path": "/?page=x"}, 400, None),
    "another method": (sent(JSON, method="put"), {"id": 1}, {"method": "PUT"}, 204, ({"id": 1}, {})),
    "a method that is not declared": (sent(JSON), {"id": 1}, {"method": "PUT"}, 405, None),
    "no body at all": (sent(method="get"), "", {"method": "GET"}, 204, (None, {})),
}  # fmt: skip


@pytest.mark.parametrize(("item", "data", "request_", "status", "event"), DELIVERIES.values(), ids=DELIVERIES)
@pytest.mark.parametrize("kind", ["callback", "webhook"])
def test_what_is_received(
    tmp_path: Path, kind: str, item: dict[str, Any], data: Any, request_: dict[str, str], status: int, event: Any
) -> None:
    """Body, parameters and media type are checked by the document, and the status is the declared one."""
    events = Events()
    if kind == "callback":
        connector = loaded(
            tmp_path, document(callbacks={"on": {"{$request.query.u}": item}}), validate_responses="strict"
        )
        webhook = Webhook(connector.subscribe, events)
    else:
        webhook = Webhook(loaded(tmp_path, document(webhooks={"on": item}), validate_responses="strict"), events)

    assert posted(webhook, data, **request_)[0] == status

    assert events == ([] if event is None else [event])


def test_values_have_their_types(tmp_path: Path) -> None:
    """As those of responses have."""
    events = Events()
    posted(Webhook(loaded(tmp_path, document(webhooks={"on": sent(JSON)})), events), {"id": 1, "born": "2020-01-02"})

    assert str(type(events[0][0]["born"])) == "<class 'datetime.date'>"


def test_a_lenient_webhook_takes_what_differs_below_the_top(tmp_path: Path) -> None:
    """As responses are read; another type of the whole is no event."""
    events = Events()
    webhook = Webhook(loaded(tmp_path, document(webhooks={"on": sent(JSON)})), events)

    assert posted(webhook, {"id": "x"})[0] == 204
    assert posted(webhook, [1])[0] == 400


def test_of_several_webhooks_the_one_that_fits(tmp_path: Path) -> None:
    """At one URL; or one of them by its name, and no other."""
    events = Events()
    hooks = {"pet": sent(JSON, "202"), "name": sent({"application/json": {"schema": NAME}}, "204")}
    connector = loaded(tmp_path, document(webhooks=hooks))

    webhook = Webhook(connector, events)
    assert [posted(webhook, data)[0] for data in ({"id": 1}, {"name": "x"})] == [202, 204]
    assert events == [({"id": 1}, {}), ({"name": "x"}, {})]

    only = Webhook(connector, events, event="name")
    assert posted(only, {"name": "x"})[0] == 204
    with pytest.raises(openconnectors.UnknownName, match="webhook 'none'"):
        Webhook(connector, events, event="none")


@pytest.mark.parametrize("version", ["3.1.1", "3.2.0"])
def test_a_document_may_have_webhooks_alone(tmp_path: Path, version: str) -> None:
    """``paths`` is not required since 3.1; nothing is sent, so that no server is needed."""
    content = document(version=version, webhooks={"on": sent(JSON)})
    del content["paths"], content["servers"]
    events = Events()

    webhook = Webhook(loaded(tmp_path, content), events)

    assert posted(webhook, {"id": 1})[0] == 204
    assert events == [({"id": 1}, {})]


def test_of_several_callbacks_one(tmp_path: Path) -> None:
    """By its name."""
    callbacks = {
        "data": {"{$request.query.u}/d": sent(JSON, "202")},
        "end": {"{$request.query.u}/e": sent(None, "204")},
    }
    connector = loaded(tmp_path, document(callbacks=callbacks))

    assert posted(Webhook(connector.subscribe, Events(), event="data"), {"id": 1})[0] == 202
    assert posted(Webhook(connector.subscribe, Events(), event="end"), "")[0] == 204
    with pytest.raises(openconnectors.UnknownName, match="callback 'none'"):
        Webhook(connector.subscribe, Events(), event="none")


def test_a_handler_has_the_parameters_that_it_names(tmp_path: Path) -> None:
    """One that names none has the event alone."""
    taken: list[Any] = []

    def named(event: Any, page: int = 0) -> None:
        taken.append((event, page))

    connector = loaded(tmp_path, document(webhooks={"on": sent(JSON, parameters=[TAG, PAGE])}))
    for handle in (named, taken.append):
        assert posted(Webhook(connector, handle), {"id": 1}, path="/?page=2", X_Tag="a")[0] == 204

    assert taken == [({"id": 1}, 2), {"id": 1}]


def test_what_a_handler_returns_is_the_declared_body(tmp_path: Path) -> None:
    """It is checked as what is sent is: a value that does not fit is answered 500, and so is an exception."""
    answers: list[Any] = [{"id": 2}, {"name": 3}]
    item = sent(JSON, "200")
    item["post"]["responses"]["200"]["content"] = JSON
    webhook = Webhook(loaded(tmp_path, document(webhooks={"on": item})), lambda event: answers.pop(0))

    assert posted(webhook, {"id": 1}) == (200, b'{"id":2}')
    assert posted(webhook, {"id": 1})[0] == 500
    assert posted(webhook, {"id": 1})[0] == 500


def test_webhooks_and_callbacks_are_shown(tmp_path: Path) -> None:
    """``connectors show`` lists the webhooks, the help of an operation its callbacks."""
    content = document(webhooks={"newPet": sent(JSON)}, callbacks={"onData": {"{$request.query.u}": sent(JSON)}})
    connector = loaded(tmp_path, content)

    shown = CliRunner().invoke(cli, ["show", str(tmp_path / "c.json")]).output

    assert "Webhooks\n  newPet\n" in shown
    assert "Callbacks: onData" in (connector.subscribe.__doc__ or "")


def test_an_operation_without_callbacks_has_no_events(tmp_path: Path) -> None:
    """It says so."""
    with pytest.raises(openconnectors.Unsupported, match="sends no events"):
        Webhook(loaded(tmp_path, document()).subscribe, Events())


URL = "https://me.example/hook"
TEXT = {"type": "string"}
NESTED = {"type": "object", "properties": {"a": TEXT, "to": {"type": "object", "properties": {"url": TEXT}}}}
PLACES: dict[str, tuple[str, dict[str, Any], dict[str, Any], Callable[[Any], Any], Any]] = {
    "in the query": (
        "{$request.query.u}/data", {"parameters": [{"name": "u", "in": "query", "schema": TEXT}]}, {},
        lambda request: unquote(str(request.url).partition("?")[2]), "u=https://me.example/hook",
    ),
    "as the whole expression": (
        "$request.query.u", {"parameters": [{"name": "u", "in": "query", "schema": TEXT}]}, {},
        lambda request: unquote(str(request.url).partition("?")[2]), "u=https://me.example/hook",
    ),
    "in a header field": (
        "{$request.header.x-hook}", {"parameters": [{"name": "X-Hook", "in": "header", "schema": TEXT}]}, {},
        lambda request: request.headers["X-Hook"], URL,
    ),
    "in the body": (
        "{$request.body#/a}", {"body": NESTED}, {}, lambda request: json.loads(request.body), {"a": URL},
    ),
    "deep in the body": (
        "{$request.body#/to/url}", {"body": NESTED}, {}, lambda request: json.loads(request.body), {"to": {"url": URL}},
    ),
    "in a body that is arguments": (
        "{$request.body#/to/url}", {"body": NESTED}, {"body": {"a": "x"}}, lambda request: json.loads(request.body),
        {"a": "x", "to": {"url": URL}},
    ),
    "beside members that are arguments": (
        "{$request.body#/to/url}", {"body": NESTED}, {"a": "x"}, lambda request: json.loads(request.body),
        {"a": "x", "to": {"url": URL}},
    ),
}  # fmt: skip


class Kept:
    """A transport that keeps the request, and answers 201."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    def send(self, request: Any) -> Any:
        self.requests.append(request)
        return Received(201, Headers())


@pytest.mark.parametrize(("url", "parts", "arguments", "place", "expected"), PLACES.values(), ids=PLACES)
def test_a_subscription_puts_the_url_where_the_callback_names_it(
    tmp_path: Path,
    url: str,
    parts: dict[str, Any],
    arguments: dict[str, Any],
    place: Callable[[Any], Any],
    expected: Any,
) -> None:
    """Wherever the key of the callback takes it from."""
    kept = Kept()
    connector = loaded(tmp_path, document(callbacks={"on": {url: sent(JSON)}}, **parts), transport=kept)

    connector.subscribe.subscribe(URL, **arguments)

    assert place(kept.requests[0]) == expected


@pytest.mark.parametrize("version", ["3.0.4", "3.1.1", "3.2.0"])
def test_a_service_calls_back(tmp_path: Path, version: str) -> None:
    """Over the wire: the service posts to the URL that it was arguments, and the subscription ends."""
    events, ended = Events(), []

    @Request.application
    def service(request: Request) -> Response:
        if request.method == "DELETE":
            ended.append(request.path)
            return Response(status=204)
        data = json.dumps({"id": 7}).encode()
        call = urllib.request.Request(  # noqa: S310 - loopback
            request.json["a"] + "/data", data, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(call, timeout=5) as response:  # noqa: S310 - loopback
            assert response.status == 202
        return Response(status=201, headers={"Location": "/subscriptions/1"})

    content = document(version=version, callbacks={"on": {"{$request.body#/a}/data": sent(JSON, "202")}}, body=NESTED)
    with serving(make_server("127.0.0.1", 0, service, threaded=True)) as url:
        connector = loaded(tmp_path, content, base_url=url)
        with serving(make_server("127.0.0.1", 0, Webhook(connector.subscribe, events), threaded=True)) as hook:
            subscription = connector.subscribe.subscribe(hook)
            subscription.unsubscribe()

    assert events == [({"id": 7}, {})]
    assert ended == ["/subscriptions/1"]
