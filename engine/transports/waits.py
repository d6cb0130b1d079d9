"""How an exchange waits for its sockets: the one thing in which blocking and async calls differ.

Theory of operation. What lies between a request and its response is written once, as coroutines over sockets that do
not block. What they have to wait for they leave to a ``Waits``. ``BLOCKING`` polls in the thread of the caller: its
coroutines never suspend, and ``finished`` runs them like functions. ``transports.event_loops`` has those of asyncio and
trio, which suspend.
"""

from __future__ import annotations

import math
import select
import socket
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from openconnectors.engine.deferred import module

if TYPE_CHECKING:
    import ssl
else:
    ssl = module("ssl")

T = TypeVar("T")

RECEIVE = 64 * 1024
"""The most bytes that are read from a socket at once."""


class Waits(Protocol):
    """Waits until ``end``, a moment of the monotonic clock, at most: then it raises ``TimeoutError``."""

    async def ready(
        self, reading: Sequence[socket.socket], writing: Sequence[socket.socket], end: float
    ) -> socket.socket:
        """The first socket of these that can be read from, or written to."""

    async def completed(self, completion: Completion[T], end: float) -> T:
        """The result that another thread sets."""


class Completion(Generic[T]):
    """A result that a thread sets for those who wait for it. ``concurrent.futures`` has the same, and costs a start
    what it imports."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []
        self._ended = threading.Event()
        self._outcome: tuple[T] | BaseException

    def complete(self, result: T) -> None:
        """Set the result."""
        self._end((result,))

    def fail(self, error: BaseException) -> None:
        """Set the error that is raised in place of a result."""
        self._end(error)

    def _end(self, outcome: tuple[T] | BaseException) -> None:
        with self._lock:
            self._outcome = outcome
            self._ended.set()
        for callback in self._callbacks:
            callback()

    def when_ended(self, callback: Callable[[], object]) -> None:
        """Call a function, in the thread that sets the result, or at once."""
        with self._lock:
            if not self._ended.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def result(self, seconds: float = 0.0) -> T:
        """The result; ``TimeoutError`` if it was not set within so many seconds."""
        if not self._ended.wait(seconds):
            raise TimeoutError
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome[0]


class Blocking:
    """Waits in the thread of the caller."""

    async def ready(
        self, reading: Sequence[socket.socket], writing: Sequence[socket.socket], end: float
    ) -> socket.socket:
        """The first socket of these that can be read from, or written to."""
        sock = polled(reading, writing, seconds_until(end))
        if sock is None:
            raise TimeoutError
        return sock

    async def completed(self, completion: Completion[T], end: float) -> T:
        """The result that another thread sets."""
        return completion.result(max(0.0, end - time.monotonic()))


BLOCKING = Blocking()


def seconds_until(end: float) -> float:
    """Seconds until a moment; ``TimeoutError`` after it."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def polled(reading: Sequence[socket.socket], writing: Sequence[socket.socket], seconds: float) -> socket.socket | None:
    """The first socket of these that can be read from or written to within so many seconds, else None."""
    if not hasattr(select, "poll"):  # Windows, where an attempt to connect that fails is an exception
        readable, writable, failed = select.select(reading, writing, writing, seconds)
        return next(iter((*readable, *writable, *failed)), None)
    poll = select.poll()  # select() fails for file descriptors from 1,024 on
    sockets = {sock.fileno(): sock for sock in (*reading, *writing)}
    for number, sock in sockets.items():
        poll.register(number, (select.POLLIN if sock in reading else 0) | (select.POLLOUT if sock in writing else 0))
    return next((sockets[number] for number, _ in poll.poll(math.ceil(seconds * 1000))), None)


def is_secured(sock: socket.socket) -> bool:
    """Return True for a socket with TLS, without importing what that takes."""
    return hasattr(sock, "getpeercert")


async def retried(
    operation: Callable[[], T], sock: socket.socket, waits: Waits, end: float, *, writes: bool = False
) -> T:
    """The result of an operation on a socket, as soon as the socket is ready for it."""
    while True:
        try:
            return operation()
        except BlockingIOError:
            for_write = writes
        except ssl.SSLWantReadError:  # TLS may have to read before it can write, and the other way round
            for_write = False
        except ssl.SSLWantWriteError:
            for_write = True
        await waits.ready(() if for_write else (sock,), (sock,) if for_write else (), end)


async def receive(sock: socket.socket, waits: Waits, end: float) -> bytes:
    """The next bytes that come; none at the end of the connection."""
    if not is_secured(sock):  # one that is may hold bytes that came before
        await waits.ready((sock,), (), end)
    return await retried(partial(sock.recv, RECEIVE), sock, waits, end)


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never suspends, because it waits with ``BLOCKING``."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("a coroutine suspended where nothing would resume it")


def iterated(items: AsyncGenerator[T, None]) -> Iterator[T]:
    """The items of a generator that never suspends."""
    try:
        while True:
            try:
                item = finished(items.__anext__())
            except StopAsyncIteration:
                return
            yield item
    finally:
        finished(items.aclose())
