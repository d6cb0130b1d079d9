"""Operations that are awaited: every verb, under asyncio and trio; what is cancelled; what is refused."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
import trio
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors import AsyncConnector
from openconnectors.engine.call.async_runner import entered
from openconnectors.engine.transports.event_loops import running
from tests.awaited import LOOPS
from tests.conftest import accepting, serving

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
def document(tmp_path: Path) -> Path:
    path = tmp_path / "awaited.swagger.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


@pytest.fixture
def url(peer: Service) -> Iterator[str]:
    with serving(make_server("127.0.0.1", 0, peer, threaded=True)) as url:
        yield url


@pytest.fixture
def api(document: Path, url: str) -> AsyncConnector:
    return openconnectors.load_file_async(document, base_url=url, interval=0.0, trust_env=False)


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
            assert await _listed(api.list.items(), 3) == [1, 2, 3]
            assert await api.list.choices("kind") == [("a", "A")]
            assert await _listed(api.lines.each()) == [{"n": n} for n in range(250)]
            async with await api.lines.stream() as stream:
                assert await stream.read(8) + await stream.read() == b"".join(b'{"n": %d}\n' % n for n in range(250))
            async with await api.lines.stream() as stream:
                assert len(await _listed(stream, 1)) == 1
            poller = await api.run.poll()
            assert (await poller.step(), await poller.wait(), poller.done) == (False, {"id": 7, **_SUCCEEDED}, True)
            assert len(await _listed(await api.news.poll(), 3)) == 3
            subscription = await api.watch.subscribe("https://example.com/hook")
            await subscription.unsubscribe()
            assert peer.requests[-2:] == ["POST /v1/hooks?url=https://example.com/hook", "DELETE /v1/hooks/1"]

    run(verbs)


_SUCCEEDED = {"properties": {"provisioningState": "Succeeded"}}


def test_an_operation_shows_what_it_is(api: AsyncConnector, document: Path) -> None:
    """Its docstring, signature and request are those of the blocking operation."""
    blocking = openconnectors.load_file(document, base_url=api.connection.base.removesuffix("/v1")).list
    assert (api.list.__doc__, api.list.__signature__) == (blocking.__doc__, blocking.__signature__)
    assert str(api.list.request(kind="a")) == str(blocking.request(kind="a"))
    assert api.list.using(timeout=1.0).request().timeout == 1.0
    assert "await a call" in (openconnectors.AsyncOperation.__doc__ or "")


def test_wrong_arguments_are_refused_before_anything_is_sent(api: AsyncConnector, peer: Service, run: Any) -> None:
    """The checks and errors of a call are those of the blocking one."""

    async def wrong() -> None:
        with pytest.raises(openconnectors.InvalidArguments, match="unknown argument"):
            await api.list(x=1)
        with pytest.raises(openconnectors.InvalidArguments, match="unknown argument"):
            await anext(api.list.items(x=1))

    run(wrong)
    assert peer.requests == []


def test_a_session_is_refused(document: Path) -> None:
    """A requests.Session blocks, and so does a transport whose send is not awaited."""
    options: Any = {"session": requests.Session()}
    with pytest.raises(openconnectors.ConnectionMissing, match="blocks the event loop; leave it out"):
        openconnectors.load_file_async(document, **options)
    options = {"transport": openconnectors.load_file(document).__runner__.transport}
    with pytest.raises(openconnectors.ConnectionMissing, match="send is a coroutine function"):
        openconnectors.load_file_async(document, **options)


def test_a_blocking_call_in_a_coroutine_is_refused(document: Path, url: str, peer: Service, run: Any) -> None:
    """Nothing is sent for a blocking call that a coroutine makes itself, to be awaited or not, unless an option allows
    it."""
    with openconnectors.load_file(document, base_url=url, trust_env=False) as blocking:

        async def refused(call: Callable[[], Any]) -> None:
            with pytest.raises(openconnectors.Unsupported, match="was not sent: it blocks"):
                await call()

        async def calls() -> None:
            verbs = (blocking.kinds, blocking.kinds.response, blocking.kinds.stream, blocking.run.wait)
            for verb in (*verbs, blocking.run.poll, blocking.list.items, blocking.list.pages):
                await refused(verb)
            with pytest.raises(openconnectors.Unsupported, match="load_async and await the call"):
                await blocking.list.choices("kind")
            assert peer.requests == []
            assert blocking.kinds.using(in_coroutines=True)() == [{"id": "a", "title": "A"}]

        run(calls)
        assert blocking.kinds() == [{"id": "a", "title": "A"}]


def test_an_upload_comes_from_an_async_iterator(api: AsyncConnector, document: Path, url: str, run: Any) -> None:
    """Bytes of an async generator are sent as they come; a blocking call refuses them before it sends anything."""

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 70_000

    async def uploads() -> None:
        assert await api.upload(content=parts()) == {"size": 210_000}

    run(uploads)
    with openconnectors.load_file(document, base_url=url, trust_env=False) as blocking:
        with pytest.raises(openconnectors.TransportError, match="load the connector with load_async") as error:
            blocking.upload(content=parts())
        assert error.value.sent == "no"


EMPTY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"


class Silent:
    """Answers the first requests, and after that says nothing; counts how many clients have hung up."""

    def __init__(self, answered: int) -> None:
        self._left = answered
        self.connections = 0
        self.hung_up = threading.Semaphore(0)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        accepting(self._socket, self._serve)

    def _serve(self, connection: socket.socket) -> None:
        self.connections += 1
        with connection:
            while connection.recv(65536):
                self._left -= 1
                if self._left >= 0:
                    connection.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
                    )
        self.hung_up.release()

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize("answered", [0, 3])
def test_a_call_that_is_cancelled_closes_its_connection(document: Path, run: Any, answered: int) -> None:
    """No response that comes late is taken for that of the next request: with a new connection, and with a kept one."""
    with closing(Silent(answered)) as silent:

        async def cancelled() -> None:
            async with openconnectors.load_file_async(document, base_url=silent.url, trust_env=False) as api:
                for _ in range(answered):
                    assert await api.kinds() == []
                await within(0.1, api.kinds)

        run(cancelled)
        assert silent.hung_up.acquire(timeout=5)


def test_one_connector_serves_one_loop_after_another(document: Path, run: Any) -> None:
    """Connections belong to no loop: what one has left open, the next uses."""
    with closing(Silent(8)) as silent:
        api = openconnectors.load_file_async(document, base_url=silent.url, trust_env=False)

        async def calls() -> None:
            for _ in range(4):
                assert await api.kinds() == []

        for _ in range(2):
            run(calls)
        assert silent.connections == 1
        run(api.aclose)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
def test_a_fork_takes_no_connection_from_the_loop(document: Path) -> None:
    """What a new process drops, the loop of the old one still watches."""

    async def calls() -> None:
        async with openconnectors.load_file_async(document, base_url=silent.url, trust_env=False) as api:
            for _ in range(3):
                await api.kinds()
            process = os.fork()
            if not process:
                os._exit(0)
            os.waitpid(process, 0)
            assert await asyncio.wait_for(api.kinds(), 5) == []

    with closing(Silent(4)) as silent:
        asyncio.run(calls())
        assert silent.connections == 1


async def within(seconds: float, function: Callable[[], Awaitable[Any]]) -> None:
    """Cancel what takes longer, by the loop that runs."""
    if "trio" in sys.modules and trio.lowlevel.in_trio_task():
        with trio.move_on_after(seconds) as scope:
            await function()
        assert scope.cancelled_caught
        return
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await function()


def test_a_lock_that_another_holds_is_awaited_and_left(run: Any) -> None:
    """Who waits for a lock holds up nobody; cancelled, nothing is locked, neither a lock of threads nor one that is
    entered in a thread."""
    lock = threading.Lock()
    entered_late = threading.Event()

    class Slow:
        def __enter__(self) -> None:
            lock.acquire(timeout=5)

        def __exit__(self, *_: object) -> None:
            lock.release()
            entered_late.set()

    async def waits() -> None:
        with lock:
            await within(0.05, lambda: entered(lock, running()))
        await entered(lock, running())
        lock.release()

    async def waits_in_a_thread() -> None:
        with lock:
            await within(0.05, lambda: entered(Slow(), running()))

    run(waits)
    if run is LOOPS["asyncio"]:  # trio waits for its threads
        asyncio.run(waits_in_a_thread())
        assert entered_late.wait(5)
    assert not lock.locked()


def test_a_loop_that_cannot_watch_sockets_has_them_polled(document: Path, url: str) -> None:
    """The default loop of Windows has no add_reader: calls work on it, too."""

    class Proactor(asyncio.SelectorEventLoop):
        def add_reader(self, *_: Any) -> None:
            raise NotImplementedError

        add_writer = remove_reader = remove_writer = add_reader

    async def calls() -> None:
        async with openconnectors.load_file_async(document, base_url=url, trust_env=False) as api:
            for _ in range(3):
                assert await api.kinds() == [{"id": "a", "title": "A"}]

    with asyncio.Runner(loop_factory=Proactor) as runner:
        runner.run(calls())


def test_a_coroutine_without_a_loop_says_so(api: AsyncConnector) -> None:
    """A call outside of asyncio and trio is refused in a sentence."""
    with pytest.raises(openconnectors.Unsupported, match="no event loop of asyncio or trio runs here"):
        api.kinds().send(None)
