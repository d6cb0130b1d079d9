"""One request on its way over a socket, as coroutines: the same ones for blocking and for async calls.

What they wait for they leave to a ``Waits``; see ``transports.waits``.

1. How much was sent is a state that each attempt records: ``State``. Every error has its ``sent`` from there.
2. One deadline holds for the whole exchange: resolving, every address, the proxy, TLS (together ``CONNECT_SECONDS`` at
   most), sending in steps, receiving.
3. While a large body goes out, a response may come (RFC 9112 section 9.3): one that refuses the request ends the
   sending; if the peer closes the connection, what it had sent before is read.
4. A response is read by the rules of ``transports.framing``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectorError, Interrupted, InvalidResponse, Sent, Timeout
from openconnectors.engine.http import Request
from openconnectors.engine.streams import Content
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.connections import Connection
from openconnectors.engine.transports.exchange import (
    MAX_BYTES,
    MAX_SECONDS,
    SMALL,
    SourceFailed,
    State,
    known_failure,
    place_of,
    too_large,
)
from openconnectors.engine.transports.framing import MAX_INTERIM, Body, Cut, Head, Malformed, take_head
from openconnectors.engine.transports.message import framed
from openconnectors.engine.transports.waits import RECEIVE, Waits, receive, retried, seconds_until

if TYPE_CHECKING:
    import ssl
else:
    ssl = module("ssl")


_WRITE = 256 * 1024
"""How much of a body is handed to the socket before looking whether a response has come."""

FAILURES = (ConnectorError, NoConnection, Malformed, Cut, SourceFailed, OSError)
"""What may go wrong on the way; ``Attempt.failure`` says which error of our tree it is."""


_SENT: Mapping[State, Sent] = {
    State.CONNECTING: "no",
    State.SENDING: "unknown",
    State.SENT: "unknown",
    State.RECEIVING: "yes",
}


class Attempt:
    """One request on its way."""

    def __init__(self, request: Request, waits: Waits) -> None:
        self.request = request
        self.waits = waits
        self.end = time.monotonic() + min(request.timeout, MAX_SECONDS)
        self.state = State.CONNECTING
        self.connection: Connection | None = None
        self.head: Head | None = None
        """The head of the response, if it came before the request was sent whole."""
        self.refused = False
        """True if sending ended early because of it."""
        self.handed_over = False
        """True if a stream reads the body, and closes the connection."""
        self._interim = 0
        self._size = 0

    def close(self) -> None:
        """Close the connection, unless it was given back to the pool."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def failure(self, error: BaseException) -> ConnectorError:
        """The error of our tree for what went wrong."""
        sent = _SENT[self.state]
        if (known := known_failure(error, self.request, sent)) is not None:
            return known
        place = place_of(self.request)
        if isinstance(error, Malformed):
            return InvalidResponse(f"{place}: what came back is not an HTTP response: {error}")
        if isinstance(error, TimeoutError):
            what = "request could be sent" if self.state < State.SENT else "response came"
            whole = "whole " if self.state != State.SENT else ""
            return Timeout(f"{place}: no {whole}{what} within {self.request.timeout:.3g} s", sent)
        if isinstance(error, Cut) and self.state is State.RECEIVING:
            return Interrupted(f"{place}: the response was cut off: {error}", sent)
        reason = str(error) if isinstance(error, Cut) else _reason(error)
        return Interrupted(f"{place}: the connection broke: {reason}", sent)

    # Sending

    async def send(self, head: memoryview) -> None:
        """Write the request to the socket, all of it, or until a response refuses it."""
        body = self.request.body
        if isinstance(body, Content):
            whole = await self._write(head)
            if whole:
                async with aclosing(framed(body)) as chunks:
                    async for chunk in chunks:
                        whole = await self._write(memoryview(chunk))
                        if not whole:
                            break
        elif body and len(body) > SMALL:
            whole = await self._write(head) and await self._write(memoryview(body))
        else:
            whole = await self._write(memoryview(b"".join((head, body))) if body else head)
        self.refused = not whole
        self.state = State.SENT if self.head is None else State.RECEIVING

    async def _write(self, data: memoryview) -> bool:
        """Write bytes to the socket; False if a response came first that refuses the request."""
        assert self.connection is not None  # noqa: S101 - it is made first
        sock = self.connection.sock
        try:
            if self.state is State.CONNECTING:
                if self.connection.secured:
                    self.state = State.SENDING  # TLS may have written a record even if the call fails
                count = await retried(partial(sock.send, data), sock, self.waits, self.end, writes=True)
                self.state = State.SENDING
                data = data[count:]
            while data:
                if self._is_refused():
                    return False
                listening = (sock,) if self._listens() else ()
                try:
                    data = data[sock.send(data[:_WRITE]) :]
                except (BlockingIOError, ssl.SSLWantWriteError):
                    await self.waits.ready(listening, (sock,), self.end)
                except ssl.SSLWantReadError:
                    await self.waits.ready((sock,), (), self.end)
        except (ConnectionError, ssl.SSLError):
            if self.state is State.CONNECTING or not await self._had_answered():
                raise
            return False
        return True

    def _listens(self) -> bool:
        """Return True if what comes while the request goes out is still read: it is bounded, as the peer may never
        stop."""
        assert self.connection is not None  # noqa: S101 - it is made first
        return len(self.connection.buffer) < MAX_BYTES

    def _is_refused(self) -> bool:
        """Return True if a response has come that refuses the request. After a success the rest is still sent, and what
        comes meanwhile is kept: a server may answer before it has read the whole body."""
        seconds_until(self.end)
        connection = self.connection
        if connection is None or not self._listens() or not connection.readable():
            return False
        try:
            data = connection.sock.recv(RECEIVE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        if not data:
            if self.head is None:
                raise Cut("the peer closed it while the request was being sent")
            return True
        connection.buffer += data
        if self.head is None:
            self.head = self._next_head()
        return self.head is not None and self.head.status >= 300

    async def _had_answered(self) -> bool:
        """Return True if the peer had sent a response before it closed the connection."""
        if self.head is None:
            try:
                self.head = await self.read_head()
            except (OSError, Cut, Malformed):
                return False
        return True

    # Receiving

    async def receive(self) -> bytes:
        """The next bytes that come; none at the end of the connection."""
        assert self.connection is not None  # noqa: S101 - it is made first
        try:
            data = await receive(self.connection.sock, self.waits, self.end)
        except ssl.SSLEOFError:
            raise Cut("TLS ended without its closing alert") from None
        if data and self.state is State.SENT:
            self.state = State.RECEIVING
        return data

    async def read_head(self) -> Head:
        """The head of the response, after those of interim responses."""
        assert self.connection is not None  # noqa: S101 - it is made first
        buffer = self.connection.buffer
        scanned = 0
        while (head := self._next_head(scanned)) is None:
            scanned = max(0, len(buffer) - 2)
            data = await self.receive()
            if not data:
                raise Cut("its head did not come whole" if buffer else "the peer closed it without a response")
            buffer += data
        return head

    def _next_head(self, scanned: int = 0) -> Head | None:
        assert self.connection is not None  # noqa: S101 - it is made first
        while (head := take_head(self.connection.buffer, scanned)) is not None and head.interim:
            scanned = 0
            self._interim += 1
            if self._interim > MAX_INTERIM:
                raise Malformed("its interim responses do not end")
        return head

    async def chunk(self, body: Body, max_bytes: int | None) -> bytes:
        """The next bytes of the body as they came, still encoded; none at its end. ``InvalidResponse`` if it has more
        than so many."""
        assert self.connection is not None  # noqa: S101 - it is made first
        buffer = self.connection.buffer
        while not body.done:
            chunk = body.take(buffer)
            if chunk:
                self._size += len(chunk)
                if max_bytes is not None and self._size > max_bytes:
                    raise too_large("is larger", max_bytes)
                return chunk
            if not body.done:
                data = await self.receive()
                buffer += data
                if not data:
                    body.end()
        return b""


def _reason(error: Any) -> str:
    """What the operating system, or TLS, says: neither has seen the request."""
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return reason or type(error).__name__
