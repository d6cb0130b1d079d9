"""The ways that a call can go, over which the same cases are run: each transport, and both faces.

A way is one row of ``WAYS``: what it puts in the place of ``load`` and ``load_file``, or of what is below them. A
program takes one as a whole (``take``), which is how the judges that start processes of their own are run: they set
``CONNECTORS_WAY`` (see ``sitecustomize`` below ``tests/judges``).
"""

from __future__ import annotations

import asyncio
import atexit
import copy
import inspect
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
import trio

import openconnectors
from openconnectors import loading
from openconnectors.engine.client import async_operation, operation
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fast.calls import PlainCalls
from openconnectors.engine.fast.declined import DECLINED
from openconnectors.engine.http import Request, Response, Transport
from openconnectors.engine.masking import sealed
from openconnectors.engine.transports.asynchronous import AsyncTransport
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.engine.transports.session import SessionTransport
from openconnectors.network import Network

Run = Callable[[Callable[[], Awaitable[Any]]], Any]
"""Runs a coroutine function in the loop of another thread, to its end."""


@contextmanager
def _asyncio_thread() -> Iterator[Run]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def awaited(function: Callable[[], Awaitable[Any]]) -> Any:
        return await function()

    yield lambda function: asyncio.run_coroutine_threadsafe(awaited(function), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@contextmanager
def _trio_thread() -> Iterator[Run]:
    started: Future[tuple[trio.lowlevel.TrioToken, trio.Event]] = Future()

    async def main() -> None:
        ended = trio.Event()
        started.set_result((trio.lowlevel.current_trio_token(), ended))
        await ended.wait()

    thread = threading.Thread(target=trio.run, args=(main,), daemon=True)
    thread.start()
    token, ended = started.result()
    yield lambda function: trio.from_thread.run(function, trio_token=token)
    token.run_sync_soon(ended.set)
    thread.join()


class Blocking:
    """What is awaited, seen as what blocks: an async connector, its operations, handles and streams. Coroutines, and
    each step of an async iterator, run in the loop of another thread."""

    def __init__(self, target: Any, run: Run) -> None:
        self._target = target
        self._run = run

    def __repr__(self) -> str:
        return repr(self._target)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self._target)

    def __getattr__(self, name: str) -> Any:
        return self._seen(getattr(self._target, {"close": "aclose"}.get(name, name)))

    def __getitem__(self, name: str) -> Any:
        return self._seen(self._target[name])

    def __len__(self) -> int:
        return len(self._target)

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        return self._seen(self._target(*arguments, **named))

    def __iter__(self) -> Iterator[Any]:
        if not hasattr(self._target, "__aiter__"):
            yield from map(self._seen, self._target)
            return
        chunks = aiter(self._target)
        while True:
            try:
                yield self._seen(anext(chunks))
            except StopAsyncIteration:
                return

    def __next__(self) -> Any:
        try:
            return self._seen(anext(self._target))
        except StopAsyncIteration:
            raise StopIteration from None

    def __enter__(self) -> Blocking:
        self._seen(self._target.__aenter__())
        return self

    def __exit__(self, *error: Any) -> None:
        self._seen(self._target.__aexit__(*error))

    def _seen(self, value: Any) -> Any:
        if inspect.isawaitable(value):
            return self._seen(self._run(partial(_awaited, value)))
        is_method = inspect.ismethod(value)
        if is_method or hasattr(value, "__aiter__") or type(value).__name__.startswith("Async"):
            return Blocking(value, self._run)
        return value


async def _awaited(value: Any) -> Any:
    return await value


def _session(network: Network) -> Transport:
    """The network of the caller's options as a session of ``requests``."""
    if network.transport is not None or network.session is not None:
        return _open(network)
    session = requests.Session()
    session.trust_env = network.trust_env
    session.proxies.update(network.proxies or {})
    session.proxies.update(dict.fromkeys(("http", "https"), network.proxy) if network.proxy else {})
    session.verify = True if network.verify is None else str(network.verify)
    session.cert = network.cert  # type: ignore[assignment]  # it takes paths, too
    return SessionTransport(session)


_open = Network.open


class _AtOnce(PlainCalls):
    """Plain calls that prepare for the first call too, and hold what they write to what the plan builds."""

    def write(self, arguments: dict[str, Any]) -> Any:
        """The message, if the call is plain."""
        request = None
        with suppress(ConnectorError), sealed(self._connection.mask):
            request = self._calls.request(arguments)
        self.learn(arguments, request)
        ready = super().write(arguments)
        if ready is not DECLINED:
            assert request is not None, "the plan refuses what was written"
            url, _ = ready.head.credentials.reveal(request)
            target = urlsplit(url)._replace(scheme="", netloc="").geturl()
            assert (ready.message.target, ready.message.body) == (target or "/", request.body)
        return ready


@contextmanager
def _read_by_both(read: Any) -> Iterator[None]:
    """Compares what the plain way has read with what the plan does, which is put into the list ``read`` by the block: a
    value that the plain way accepts is that of the plan, without a deviation."""
    value = copy.deepcopy(read[0])
    try:
        yield
    except ConnectorError:
        assert value is DECLINED, "the plan refuses what was read"
        raise
    if value is not DECLINED:
        assert (repr(value), read[1].deviations) == (repr(read[1].value), ())


def _response(self: Any, /, **arguments: Any) -> Response:
    """The response of a call that goes the plain way as far as it can, read by the plan too."""
    ready = self._plain.write(arguments)
    outcome = None if ready is DECLINED else self._plain.send(ready)
    read = [DECLINED if outcome is None else self._plain.read(outcome)]
    sent = None if outcome is None else self._plain.sent(ready, outcome)
    with _read_by_both(read):
        read.append(self._runner.run(self.__calls__.response(arguments), sent))
    return read[1]


async def _awaited_response(self: Any, /, **arguments: Any) -> Response:
    ready = self._plain.write(arguments)
    outcome = None if ready is DECLINED else await self._plain.send(ready)
    read = [DECLINED if outcome is None else self._plain.read(outcome)]
    sent = None if outcome is None else self._plain.sent(ready, outcome)
    with _read_by_both(read):
        read.append(await self._runner.run(self.__calls__.response(arguments), sent))
    return read[1]


@contextmanager
def _plainly() -> Iterator[None]:
    with (
        patch.object(operation, "PlainCalls", _AtOnce),
        patch.object(operation.Operation, "response", _response),
        patch.object(async_operation.AsyncOperation, "response", _awaited_response),
    ):
        yield


@contextmanager
def _by_the_flow() -> Iterator[None]:
    with (
        patch.object(BlockingTransport, "direct", lambda *_: None),
        patch.object(AsyncTransport, "direct", lambda *_: None),
    ):
        yield


@contextmanager
def _by_a_session() -> Iterator[None]:
    with patch.object(Network, "open", _session):
        yield


Way = Callable[[], AbstractContextManager[None]]


def _awaited_in(loop: Callable[[], AbstractContextManager[Run]], way: Way) -> Way:
    @contextmanager
    def awaited() -> Iterator[None]:
        with way(), loop() as run:

            def by_name(name: str, **options: Any) -> Any:
                return Blocking(openconnectors.load_async(name, **_for_loop(options)), run)

            def by_path(path: str | Path, **options: Any) -> Any:
                return Blocking(openconnectors.load_file_async(path, **_for_loop(options)), run)

            with ExitStack() as stack:
                for module in (openconnectors, loading):
                    stack.enter_context(patch.object(module, "load", by_name))
                    stack.enter_context(patch.object(module, "load_file", by_path))
                yield

    return awaited


def _for_loop(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a connector, its transport one that is awaited."""
    transport = options.get("transport")
    return options if transport is None else {**options, "transport": _Awaited(transport)}


class _Awaited:
    """A transport that blocks the loop, as one that does not."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, request: Request) -> Response:
        return self._transport.send(request)


WAYS: Mapping[str, Way] = {
    "plain": _plainly,
    "flow": _by_the_flow,
    "session": _by_a_session,
    "asyncio": _awaited_in(_asyncio_thread, _plainly),
    "trio": _awaited_in(_trio_thread, _plainly),
    "awaited flow": _awaited_in(_asyncio_thread, _by_the_flow),
}
"""By name: what is in place while a way is taken. ``plain`` is what everybody has, from the first call on, and with
both of its laws checked at each call."""


def take(name: str) -> None:
    """Take a way until the process ends."""
    stack = ExitStack()
    stack.enter_context(WAYS[name]())
    atexit.register(stack.close)
