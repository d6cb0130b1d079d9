"""Operations that are awaited: every verb, under asyncio and trio; what is cancelled; what is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors import AsyncConnector
from tests.awaited import LOOPS
from tests.conftest import serving

LIST = {"type": "object", "properties": {"value": {"type": "array", "items": {"type": "integer"}}}}


def _operation(name: str, *parameters: Any, status: str = "200", schema: Any = None, **further: Any) -> dict[str, Any]:
    responses = {status: {"description": "ok", **({"schema": schema} if schema else {})}}
    return {"operationId": name, "parameters": list(parameters), "responses": responses, **further}


URL = {"name": "url", "in": "query", "type": "string", "x-ms-notification-url": True, "required": True}
KIND = {
    "name": "kind",
    "in": "query",
    "type": "string",
    "x-ms-dynamic-values": {"operationId": "Kinds", "value-path": "id", "value-title": "title"},
}
CONTENT = {"name": "content", "in": "body", "schema": {"type": "string", "format": "binary"}}
DOCUMENT = {
    "swagger": "2.0",
    "info": {"title": "Awaited", "version": "1"},
    "host": "awaited.example",
    "basePath": "/v1",
    "schemes": ["http"],
    "produces": ["application/json"],
    "consumes": ["application/json"],
    "paths": {
        "/list": {"get": _operation("List", KIND, schema=LIST, **{"x-ms-pageable": {"nextLinkName": "next"}})},
        "/lines": {
            "get": {**_operation("Lines", schema={"type": "array", "items": {}}), "produces": ["application/x-ndjson"]}
        },
        "/job": {"put": _operation("Run", schema={}, **{"x-ms-long-running-operation": True})},
        "/news": {"get": _operation("News", schema=LIST, **{"x-ms-trigger": "batch"})},
        "/hooks": {"post": _operation("Watch", URL, status="201", **{"x-ms-trigger": "single"})},
        "/kinds": {"get": _operation("Kinds", schema={})},
        "/file": {
            "post": {
                **_operation("Upload", CONTENT),
                "consumes": ["application/octet-stream"],
            }
        },
    },
}


class Service:
    """Answers each operation with what is its own, and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.jobs = 0

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        self.requests.append(f"{request.method} {environ['RAW_URI']}")
        answer = getattr(self, f"{request.method.lower()}_{request.path.split('/')[2]}")(request)
        return answer(environ, start)

    def get_list(self, request: Request) -> Response:
        page = int(request.args.get("page", 1))
        more = {"next": f"{request.base_url}?page={page + 1}"} if page < 3 else {}
        return _json({"value": [2 * page - 1, 2 * page], **more})

    def get_lines(self, request: Request) -> Response:
        lines = (json.dumps({"n": n}).encode() + b"\n" for n in range(250))
        return Response(lines, headers={"Content-Type": "application/x-ndjson"})

    def put_job(self, request: Request) -> Response:
        return _json({"properties": {"provisioningState": "Running"}}, 201)

    def get_job(self, request: Request) -> Response:
        self.jobs += 1
        return _json({"id": 7, "properties": {"provisioningState": "Succeeded" if self.jobs > 1 else "Running"}})

    def get_news(self, request: Request) -> Response:
        return _json({"value": [len(self.requests)]})

    def post_hooks(self, request: Request) -> Response:
        return Response("", 201, headers={"Location": "/v1/hooks/1"})

    def delete_hooks(self, request: Request) -> Response:
        return Response("", 204)

    def get_kinds(self, request: Request) -> Response:
        return _json([{"id": "a", "title": "A"}])

    def post_file(self, request: Request) -> Response:
        return _json({"size": len(request.get_data())})


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, headers={"Content-Type": "application/json"})


@pytest.fixture
def peer() -> Service:
    return Service()


@pytest.fixture
def api(peer: Service, tmp_path: Path) -> Iterator[AsyncConnector]:
    path = tmp_path / "awaited.swagger.json"
    path.write_text(json.dumps(DOCUMENT))
    with serving(make_server("127.0.0.1", 0, peer, threaded=True)) as url:
        yield openconnectors.load_file_async(path, base_url=url, interval=0.0, trust_env=False)


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Any:
    return LOOPS[request.param]


async def _listed(items: AsyncIterator[Any], most: int = 1000) -> list[Any]:
    taken = []
    async for item in items:
        taken.append(item)
        if len(taken) == most:
            break
    return taken


def test_every_verb_is_awaited(api: AsyncConnector, peer: Service, run: Any) -> None:
    """Calls, pages, items, streams, pollers, events, subscriptions and choices give what the blocking verbs give."""

    async def verbs() -> None:
        async with api:
            assert await api.list() == {"value": [1, 2], "next": (await api.list.response()).value["next"]}
            assert [page["value"] for page in await _listed(api.list.pages())] == [[1, 2], [3, 4], [5, 6]]
            assert await _listed(api.list.items()) == [1, 2, 3, 4, 5, 6]
            assert await api.list.choices("kind") == [("a", "A")]
            assert await _listed(api.lines.each()) == [{"n": n} for n in range(250)]
            async with await api.lines.stream() as stream:
                assert await stream.read(8) + await stream.read() == b"".join(b'{"n": %d}\n' % n for n in range(250))
            poller = await api.run.poll()
            assert (await poller.step(), await poller.wait(), poller.done) == (False, {"id": 7, **_SUCCEEDED}, True)
            assert len(await _listed(await api.news.poll(), 3)) == 3
            subscription = await api.watch.subscribe("https://example.com/hook")
            await subscription.unsubscribe()
            assert peer.requests[-2:] == ["POST /v1/hooks?url=https://example.com/hook", "DELETE /v1/hooks/1"]

    run(verbs)


_SUCCEEDED = {"properties": {"provisioningState": "Succeeded"}}


def test_wrong_arguments_are_refused_before_anything_is_sent(api: AsyncConnector, peer: Service, run: Any) -> None:
    """The checks and errors of a call are those of the blocking one."""

    async def wrong() -> None:
        with pytest.raises(openconnectors.InvalidArguments, match="unknown argument"):
            await api.list(x=1)
        with pytest.raises(openconnectors.InvalidArguments, match="unknown argument"):
            await anext(api.list.items(x=1))

    run(wrong)
    assert peer.requests == []


def test_one_connector_serves_one_loop_after_another(api: AsyncConnector, run: Any) -> None:
    """Connections belong to no loop: what one has left open, the next uses."""
    for _ in range(2):
        assert run(api.kinds) == [{"id": "a", "title": "A"}]


def test_a_session_is_refused(tmp_path: Path) -> None:
    """A requests.Session blocks, and so does a transport whose send is not awaited."""
    path = tmp_path / "a.swagger.json"
    path.write_text(json.dumps(DOCUMENT))
    options: Any = {"session": requests.Session()}
    with pytest.raises(openconnectors.ConnectionMissing, match="blocks the event loop; leave it out"):
        openconnectors.load_file_async(path, **options)
    options = {"transport": openconnectors.load_file(path).__runner__.transport}
    with pytest.raises(openconnectors.ConnectionMissing, match="send is a coroutine function"):
        openconnectors.load_file_async(path, **options)
