"""How coroutines wait under asyncio and under trio.

Each is the loop that runs now, asked for by ``running``. Sockets are watched by the loop's own selector: measured over
loopback, an exchange over a socket of our own takes 12 to 20 µs, one over asyncio's protocols or streams 33, one over
anyio 67. A loop that cannot watch sockets (the default one of Windows) has them polled in a thread.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from socket import socket
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.transports.connections import Connection
from openconnectors.engine.transports.waits import RECEIVE, Completion, Waits, polled, receive, seconds_until

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

_SLICE = 0.25
"""Seconds that a thread polls a socket before it looks whether anybody still waits for it."""


class EventLoop(Waits, Protocol):
    """What a runner needs of a loop beside the waiting for sockets."""

    def expected(self, connection: Connection, end: float) -> Awaitable[bytes]:
        """What comes next over a connection that nobody else waits for."""

    async def sleep(self, seconds: float) -> None:
        """Go on so many seconds later."""

    async def uninterrupted(self, function: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of a coroutine, also if the caller is cancelled meanwhile: then it is when it next waits."""

    async def in_thread(self, function: Callable[[], T], undo: Callable[[T], object] | None = None) -> T:
        """The result of a function that blocks. It runs to its end: if the caller is cancelled meanwhile, its result is
        given to ``undo``."""


def is_coroutine_function(function: Any) -> bool:
    """Return True for what is defined by ``async def``, also as a method or as the call of an object."""
    while isinstance(function, partial):
        function = function.func
    for callable_object in (function, getattr(type(function), "__call__", None)):  # noqa: B004
        code = getattr(callable_object, "__code__", None)  # asked for without inspect, which a start need not import
        if code is not None and code.co_flags & _COROUTINE:
            return True
    return False


_COROUTINE = 0x80
"""``inspect.CO_COROUTINE``."""


def running() -> EventLoop:
    """The loop that runs the calling coroutine. Raise ``Unsupported`` if there is none that is known."""
    # Whoever runs a loop has imported its module. trio is asked first: it may be a guest of asyncio's.
    trio, asyncio = sys.modules.get("trio"), sys.modules.get("asyncio")
    if trio is not None and trio.lowlevel.in_trio_task():
        return Trio(trio)
    if asyncio is not None:
        with suppress(RuntimeError):
            return Asyncio(asyncio.get_running_loop(), asyncio)
    raise Unsupported("no event loop of asyncio or trio runs here: await the call in a coroutine of one of them")


class Asyncio:
    """Waits in a coroutine of asyncio, or of a loop that keeps to its interface (uvloop)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, asyncio: Any) -> None:
        self._loop = loop
        self._asyncio = asyncio

    async def ready(self, reading: Sequence[socket], writing: Sequence[socket], end: float) -> socket:
        """The first socket of these that can be read from, or written to."""
        loop, future = self._loop, self._loop.create_future()
        timer = loop.call_later(seconds_until(end), _complete, future, None)
        try:
            try:
                for sock in reading:
                    loop.add_reader(sock, _complete, future, sock)
                for sock in writing:
                    loop.add_writer(sock, _complete, future, sock)
            except NotImplementedError:
                return await _polled_in_thread(self, reading, writing, end)
            sock = await future
        finally:
            timer.cancel()
            with suppress(NotImplementedError):
                for known in reading:
                    loop.remove_reader(known)
                for known in writing:
                    loop.remove_writer(known)
        if sock is None:
            raise TimeoutError
        return sock  # type: ignore[no-any-return]

    def expected(self, connection: Connection, end: float) -> Awaitable[bytes]:
        """What comes next over a connection that nobody else waits for."""
        watches = connection.watches
        watch = watches[0] if watches else None
        if not isinstance(watch, _Watch) or watch.loop is not self._loop:
            connection.unwatch()
            watch = _Watch(self._loop, connection)
            watches.append(watch)
        try:
            return watch.expected(end)
        except NotImplementedError:  # the loop cannot watch sockets
            connection.unwatch()
            return receive(connection.sock, self, end)

    async def completed(self, completion: Completion[T], end: float) -> T:
        """The result that another thread sets."""
        loop, ended = self._loop, self._loop.create_future()
        timer = loop.call_later(seconds_until(end), _complete, ended, None)

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_complete, ended, None)

        completion.when_ended(wake)
        try:
            await ended
        finally:
            timer.cancel()
        return completion.result()

    async def sleep(self, seconds: float) -> None:
        """Go on so many seconds later."""
        await self._asyncio.sleep(seconds)

    async def uninterrupted(self, function: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of a coroutine, also if the caller is cancelled meanwhile."""
        caller, task = self._asyncio.current_task(), self._loop.create_task(function())
        cancelled = False
        try:
            while True:
                try:
                    return await self._asyncio.shield(task)  # type: ignore[no-any-return]
                except self._asyncio.CancelledError:
                    if task.done():
                        raise  # the task itself was cancelled, as the loop ends
                    cancelled = True
                    caller.uncancel()
        finally:
            if cancelled:
                caller.cancel()

    async def in_thread(self, function: Callable[[], T], undo: Callable[[T], object] | None = None) -> T:
        """The result of a function that blocks."""
        future = self._loop.run_in_executor(None, function)
        try:
            return await self._asyncio.shield(future)  # type: ignore[no-any-return]
        except self._asyncio.CancelledError:
            future.add_done_callback(lambda done: done.exception() is None and undo is not None and undo(done.result()))
            raise


class _Watch:
    """Has asyncio watch the socket of a connection for as long as that is kept: to begin and to end it for each
    response would take two system calls, and a third of the time of an exchange. Its timer is set once for many
    responses, too: it looks when it fires whether a response is late."""

    __slots__ = ("_end", "_future", "_is_secured", "_is_watching", "_process", "_sock", "_timer", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: Connection) -> None:
        self.loop = loop
        self._sock: Any = connection.sock
        self._is_secured = connection.secured
        self._future: asyncio.Future[bytes] | None = None
        self._is_watching = False
        self._process = os.getpid()
        self._end = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def expected(self, end: float) -> asyncio.Future[bytes]:
        """What comes next, before ``end`` of the monotonic clock."""
        self._future = self.loop.create_future()
        self._end = end
        seconds = seconds_until(end)
        if self._timer is None or self._timer.when() > self.loop.time() + seconds:
            self._set_timer(seconds)
        if not self._is_watching:
            self.loop.add_reader(self._sock, self._receive)
            self._is_watching = True
        if self._is_secured and self._sock.pending():  # it has come, and was decrypted with what came before
            self.loop.call_soon(self._receive)
        return self._future

    def stop(self) -> None:
        """Watch the socket no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_watching:
            self._is_watching = False
            if self._process == os.getpid():  # after a fork, the other process would lose what it watches
                with suppress(RuntimeError):  # the loop is closed
                    self.loop.remove_reader(self._sock)

    def _receive(self) -> None:
        future = self._future
        if future is None or future.done():
            self.stop()  # what comes unasked is looked at by who takes the connection out of the pool
            return
        try:
            data = self._sock.recv(RECEIVE)
        except BlockingIOError:
            return
        except OSError as error:
            if type(error).__name__ not in _WANT:
                future.set_exception(error)
        else:
            self._future = None
            future.set_result(data)

    def _set_timer(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        seconds = self._end - time.monotonic()
        if self._future is None or self._future.done():
            return
        if seconds > 0:
            self._set_timer(seconds)
        else:
            self._future.set_exception(TimeoutError())


_WANT = frozenset({"SSLWantReadError", "SSLWantWriteError"})
"""Errors of TLS after which more must come. By their names: nothing is imported for them where there is no TLS."""


def _complete(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


class Trio:
    """Waits in a task of trio."""

    def __init__(self, trio: Any) -> None:
        self._trio = trio

    async def ready(self, reading: Sequence[socket], writing: Sequence[socket], end: float) -> socket:
        """The first socket of these that can be read from, or written to."""
        trio = self._trio
        waits = [(trio.lowlevel.wait_readable, sock) for sock in reading]
        waits += [(trio.lowlevel.wait_writable, sock) for sock in writing]
        ready: list[socket] = []
        with trio.move_on_after(seconds_until(end)) as scope:
            if len(waits) == 1:
                await waits[0][0](waits[0][1])
                return waits[0][1]

            async def watch(wait: Any, sock: socket) -> None:
                await wait(sock)
                ready.append(sock)
                scope.cancel()

            async with trio.open_nursery() as nursery:
                for wait, sock in waits:
                    nursery.start_soon(watch, wait, sock)
        if not ready:
            raise TimeoutError
        return ready[0]

    def expected(self, connection: Connection, end: float) -> Awaitable[bytes]:
        """What comes next over a connection that nobody else waits for."""
        return receive(connection.sock, self, end)

    async def completed(self, completion: Completion[T], end: float) -> T:
        """The result that another thread sets."""
        trio = self._trio
        event, token = trio.Event(), trio.lowlevel.current_trio_token()

        def wake() -> None:
            with suppress(trio.RunFinishedError):
                token.run_sync_soon(event.set)

        with trio.move_on_after(seconds_until(end)):
            completion.when_ended(wake)
            await event.wait()
        return completion.result()

    async def sleep(self, seconds: float) -> None:
        """Go on so many seconds later."""
        await self._trio.sleep(seconds)

    async def uninterrupted(self, function: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of a coroutine, also if the caller is cancelled meanwhile."""
        with self._trio.CancelScope(shield=True):
            return await function()

    async def in_thread(self, function: Callable[[], T], undo: Callable[[T], object] | None = None) -> T:
        """The result of a function that blocks: trio waits for its end, and is cancelled only afterwards."""
        results = await self._trio.to_thread.run_sync(lambda: [function()])  # alone, what is awaited would be refused
        return results[0]  # type: ignore[no-any-return]


async def _polled_in_thread(
    loop: EventLoop, reading: Sequence[socket], writing: Sequence[socket], end: float
) -> socket:
    """The first socket of these that is ready, polled in a thread."""
    abandoned = threading.Event()

    def poll() -> socket | None:
        while not abandoned.is_set():
            sock = polled(reading, writing, min(_SLICE, seconds_until(end)))
            if sock is not None:
                return sock
        return None

    try:
        sock = await loop.in_thread(poll)
    finally:
        abandoned.set()
    assert sock is not None  # noqa: S101 - it was not abandoned
    return sock
