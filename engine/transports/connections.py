"""Connections: opened through a proxy or directly, secured, kept, and checked before they are used again.

A kept connection that has something to read is dropped: either the peer has closed it, or what came would be taken
for the response to the next request (RFC 9112 sections 9.3 and 9.5).
"""

from __future__ import annotations

import math
import os
import select
import socket
import time
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from msgspec import Struct

from openconnectors.engine.credentials import ClientCertificate
from openconnectors.engine.deferred import module
from openconnectors.engine.transports.addresses import NoConnection, dial, resolve
from openconnectors.engine.transports.framing import Cut, Malformed, take_head
from openconnectors.engine.transports.proxies import Proxy
from openconnectors.engine.transports.waits import Waits, is_secured, polled, receive, retried

if TYPE_CHECKING:
    import ssl

    Context: TypeAlias = Callable[[ClientCertificate | None], ssl.SSLContext]
    """The TLS context of requests without a certificate of their own (None), or with one."""
else:
    ssl = module("ssl")

T = TypeVar("T")
R = TypeVar("R")

IDLE_SECONDS = 60.0
"""How long a connection is kept without a request: load balancers drop idle ones after a minute or more."""
MAX_IDLE = 1024
"""The most connections that are kept for one route: coroutines that call at once may be a thousand."""
_MARGIN = 1.0
"""How many seconds earlier than the peer says a connection is given up: its close may be on the way."""


class Route(Struct, frozen=True):
    """Where a connection leads: an origin, the proxy on the way, and the certificate that the client shows."""

    scheme: str
    host: str
    port: int
    proxy: Proxy | None = None
    certificate: ClientCertificate | None = None

    @property
    def authority(self) -> str:
        """Host and port, as a request target has them (RFC 9110 section 7.2)."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Watch(Protocol):
    """Has an event loop watch a socket."""

    def stop(self) -> None:
        """End that."""


def _close(sock: socket.socket, watches: list[Watch]) -> None:
    while watches:
        watches.pop().stop()  # a loop that is left with a closed socket takes the next of its number for it
    sock.close()


class Connection:
    """A connected socket, with the bytes that were received and not yet read."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = bytearray()
        self.ends = 0.0
        """When it is no longer used, by the monotonic clock."""
        self.watches: list[Watch] = []
        """What an event loop watches it with, if it does."""
        self.close = weakref.finalize(self, _close, sock, self.watches)
        """Close it; the garbage collector does so if nobody did."""
        self.secured = is_secured(sock)
        """True if it uses TLS."""
        self._pending: Callable[[], int] = getattr(sock, "pending", int)
        """How many bytes are decrypted and not yet read."""
        self._poll = _poller(sock) if hasattr(select, "poll") else None

    def readable(self, seconds: float = 0.0) -> bool:
        """Return True if the peer has sent something, or closed the connection; wait for it so long."""
        if self._poll is None:
            return polled((self.sock,), (), seconds) is not None
        return bool(self._poll(math.ceil(seconds * 1000)))

    def quiet(self) -> bool:
        """Return True if the peer has sent nothing of a response, and has not closed the connection."""
        if not self.readable():
            return True
        if not self.secured:
            return False
        self.sock.setblocking(False)
        try:
            self.sock.recv(1)
        except ssl.SSLWantReadError:
            return True  # a session ticket, which may come at any time (RFC 8446 section 4.6.1)
        except OSError:
            pass
        return False

    def receive(self, end: float, most: int) -> bytes:
        """The next bytes that come, of a socket that does not block; none at the end of the connection.
        ``TimeoutError`` at ``end``, of the monotonic clock; ``Cut`` if TLS ends without its closing alert."""
        return self._received(self.sock.recv, most, end)

    def receive_into(self, end: float, view: memoryview) -> int:
        """How many of the next bytes were put into a view, as ``receive``."""
        return self._received(self.sock.recv_into, view, end)

    def _received(self, read: Callable[[T], R], how: T, end: float) -> R:
        pending = self.secured and self._pending()
        while True:
            if not pending and not self.readable(max(0.0, end - time.monotonic())):
                raise TimeoutError
            try:
                return read(how)
            except (BlockingIOError, ssl.SSLWantReadError):
                pending = False  # a part of a record
            except ssl.SSLWantWriteError:
                polled((), (self.sock,), max(0.0, end - time.monotonic()))
                pending = time.monotonic() < end
            except ssl.SSLEOFError:
                raise Cut("TLS ended without its closing alert") from None

    def unwatch(self) -> None:
        """Have no loop watch it any more."""
        while self.watches:
            self.watches.pop().stop()

    def exhausted(self) -> bool:
        """Return True if all that was received has been read."""
        return not self.buffer and not (self.secured and self._pending())


def _poller(sock: socket.socket) -> Callable[[int], list[tuple[int, int]]]:
    """The function that waits so many milliseconds for something to read, and returns an item if there is."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return poll.poll


class Pool:
    """Connections that are kept for the next request, as many as there were requests at once; those that were idle
    for ``IDLE_SECONDS`` are closed. Threads share it without a lock: each of its steps is one of a deque's."""

    def __init__(self) -> None:
        self._idle: dict[Route, deque[Connection]] = {}
        _POOLS.add(self)

    def take(self, route: Route) -> Connection | None:
        """The connection that was used last and is still good, or None."""
        idle = self._idle.get(route)
        now = time.monotonic()
        while idle:
            try:
                connection = idle.pop()
            except IndexError:
                break  # another thread was quicker
            if connection.ends > now and connection.quiet():
                return connection
            connection.close()
        self._prune()
        return None

    def keep(self, route: Route, connection: Connection, seconds: float) -> None:
        """Keep a connection whose response has been read to its end, for so many seconds at most. The peer's own time
        is shortened: a request that meets a closing connection may have been carried out or not."""
        now = time.monotonic()
        connection.ends = now + min(seconds - _MARGIN, IDLE_SECONDS)
        idle = self._idle.setdefault(route, deque(maxlen=MAX_IDLE))  # what falls out is closed as it is collected
        idle.append(connection)
        if idle[0].ends < now:
            self._prune()

    def _prune(self) -> None:
        now = time.monotonic()
        for route, idle in list(self._idle.items()):
            try:
                while idle[0].ends < now:
                    idle.popleft().close()
            except IndexError:
                self._idle.pop(route, None)

    def clear(self) -> None:
        """Close the kept connections."""
        kept, self._idle = self._idle, {}
        for idle in kept.values():
            while idle:
                idle.pop().close()


_POOLS: weakref.WeakSet[Pool] = weakref.WeakSet()


def _forget() -> None:
    """After a fork, the kept connections belong to the other process."""
    for pool in _POOLS:
        pool.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


async def connect(route: Route, context: Context, waits: Waits, end: float) -> Connection:
    """A new connection, before ``end`` (of the monotonic clock), else ``NoConnection``."""
    proxy = route.proxy
    via = "the proxy: " if proxy is not None else ""
    try:
        first = proxy or route
        sock = await dial(await resolve(first.host, first.port, waits, end), waits, end)
        if proxy is not None and proxy.scheme == "https":
            sock = await _secured(sock, proxy.host, context(None), waits, end)
        if route.scheme == "https":
            if proxy is not None:
                await _tunnel(sock, route, proxy, waits, end)
                via = ""
            sock = await _secured(sock, route.host, context(route.certificate), waits, end)
        return Connection(sock)
    except NoConnection as error:
        raise NoConnection(f"{via}{error}", error.final) from None
    except TimeoutError:
        raise NoConnection(f"{via}timed out") from None
    except OSError as error:
        raise NoConnection(f"{via}{error.strerror or type(error).__name__}") from None


async def _secured(sock: socket.socket, host: str, context: ssl.SSLContext, waits: Waits, end: float) -> ssl.SSLSocket:
    """TLS over a connected socket. An end without the closing alert is an error (RFC 8446 section 6.1)."""
    if isinstance(sock, ssl.SSLSocket):
        sock.close()
        raise NoConnection("https through an https proxy is not supported; give an http:// proxy", final=True)
    wrapped = None
    try:
        wrapped = context.wrap_socket(
            sock, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        await retried(wrapped.do_handshake, wrapped, waits, end)
        return wrapped
    except BaseException as error:
        (wrapped or sock).close()
        if isinstance(error, ssl.SSLCertVerificationError):
            raise NoConnection(f"the certificate is refused: {error.verify_message}", final=True) from None
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
            raise NoConnection(f"TLS failed: {error.reason or 'no reason given'}", final=True) from None
        raise


async def _tunnel(sock: socket.socket, route: Route, proxy: Proxy, waits: Waits, end: float) -> None:
    """Ask a proxy for a tunnel to a host (RFC 9110 section 9.3.6)."""
    lines = [f"CONNECT {route.authority} HTTP/1.1", f"Host: {route.authority}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    unsent = memoryview(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    buffer = bytearray()
    head = None
    try:
        while unsent:
            unsent = unsent[await retried(partial(sock.send, unsent), sock, waits, end, writes=True) :]
        while head is None:
            data = await receive(sock, waits, end)
            if not data:
                raise NoConnection("it closed the connection")
            buffer += data
            head = take_head(buffer)
            if head is not None and head.interim:
                head = None
        if not 200 <= head.status < 300:
            raise NoConnection(f"it answered {head.status}", final=400 <= head.status < 500)
        if buffer:
            raise NoConnection("it sent something before TLS began", final=True)
    except BaseException as error:
        sock.close()
        if isinstance(error, Malformed):
            raise NoConnection(f"its response is not HTTP: {error}", final=True) from None
        raise
