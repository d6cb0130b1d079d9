"""Requests to one origin without a proxy, prepared once and sent often: what a plain exchange costs is little more than
its system calls.

1. What goes out is what ``BlockingTransport.send`` sends for the same request, byte for byte, and what comes of it is
   the same response or error. An error is returned: no traceback has a frame in which something secret is a local.
2. Done here is what is plain: a kept connection, a small request, a response as ``framing.plain`` describes it. As soon
   as something else shows, the connection goes to the transport with all that is known (``Begun``), which carries on.
3. Nothing that was sent is sent again for that.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from openconnectors.engine.errors import ConnectionFailed, ConnectorError, Timeout
from openconnectors.engine.http import Request, Response
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.connections import RECEIVE, Connection, Pool, Route
from openconnectors.engine.transports.exchange import (
    EXPIRED,
    MAX_SECONDS,
    SMALL,
    State,
    place_of,
    sendable_fields,
)
from openconnectors.engine.transports.framing import Cut, plain
from openconnectors.engine.transports.message import ALWAYS_SIZED, UNFIT, authority, is_visible, lines_of

_MANY = 1024 * 1024
"""The most bytes that are read at once of a body whose length is known."""


class Begun(NamedTuple):
    """An exchange that another carries on with."""

    end: float
    """Its deadline, by the monotonic clock."""
    connection: Connection | None = None
    """Where it takes place, with what has come of the response; None for a new one."""
    state: State = State.CONNECTING
    failure: OSError | Cut | None = None
    """Why it cannot go on."""


Resume: TypeAlias = Callable[[Request, Route, memoryview, Begun], Response | ConnectorError]
"""Carries on with a request, of which so many bytes are still to be sent."""


class Direct:
    """The way to one origin."""

    def __init__(self, route: Route, pool: Pool, resume: Resume, max_bytes: int) -> None:
        self.route = route
        self.pool = pool
        self.resume = resume
        self.max_bytes = max_bytes

    def prepare(self, method: str, fields: Mapping[str, str]) -> Prepared | None:
        """The head of requests that differ in target and body only; ``fields`` have the credentials in clear. None for
        what cannot be sent."""
        try:
            fields = sendable_fields(fields)
        except NoConnection:
            return None
        return Prepared(self, method, lines_of(self.route, fields)) if is_visible(method) else None


class Prepared:
    """Requests of one method with the same header fields. What they are is in views: no repr shows it."""

    __slots__ = ("_direct", "_method", "_sized", "_start", "_unsized")

    def __init__(self, direct: Direct, method: str, lines: list[str]) -> None:
        self._direct = direct
        self._method = method
        self._start = memoryview(f"{method} ".encode())
        head = "\r\n".join((" HTTP/1.1", *lines, ""))
        self._sized = memoryview(f"{head}Content-Length: ".encode("latin-1"))
        length = "Content-Length: 0\r\n" if method in ALWAYS_SIZED else ""
        self._unsized = memoryview(f"{head}{length}\r\n".encode("latin-1"))

    def send(self, target: str, body: bytes | None, seconds: float) -> Response | ConnectorError:
        """The response to a request for a target (path and query as they are sent) within so many seconds, or the
        error."""
        direct = self._direct
        if not seconds > 0:  # also for NaN
            return Timeout(EXPIRED, "no")
        if not is_visible(target):
            return ConnectionFailed(f"{place_of(self._request(seconds))}: no connection: {UNFIT}", final=True)
        end = time.monotonic() + min(seconds, MAX_SECONDS)
        path = target.encode()
        if body is None:
            message = memoryview(b"".join((self._start, path, self._unsized)))
        else:
            message = memoryview(b"".join((self._start, path, self._sized, b"%d\r\n\r\n" % len(body), body)))
        del target, path, body
        connection = direct.pool.take(direct.route) if len(message) <= SMALL else None
        if connection is None:
            return self._resume(seconds, message, Begun(end))
        outcome = self._exchange(connection, message, end)
        return self._resume(seconds, *outcome) if isinstance(outcome, tuple) else outcome

    def _exchange(self, connection: Connection, message: memoryview, end: float) -> Response | tuple[memoryview, Begun]:
        """The response, or what another goes on with."""
        direct = self._direct
        sock = connection.sock
        state = State.CONNECTING
        received = b""
        try:
            if sock.gettimeout() != 0.0:
                sock.setblocking(False)
            if connection.secured:
                state = State.SENDING  # TLS may have written a record even if the call fails
            count = sock.send(message)
            state = State.SENT
            if count < len(message):
                return message[count:], Begun(end, connection, State.SENDING)
            received = connection.receive(end, RECEIVE)
            head = plain(received) if received and self._method != "HEAD" else None
            if head is not None and head.length <= direct.max_bytes:
                body = received[head.start :]
                if len(body) < head.length:
                    state = State.RECEIVING
                    body = self._whole(connection, body, head.length, end)
                    received = received[: head.start] + body
                if len(body) == head.length and connection.exhausted():
                    direct.pool.keep(direct.route, connection, head.idle_seconds)
                    return Response(head.status, head.headers, body)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return message, Begun(end, connection, state)  # of sending: receiving waits
        except (OSError, Cut) as error:
            return message[:0], Begun(end, connection, state, error)
        connection.buffer += received
        return message[:0], Begun(end, connection, State.RECEIVING if received else State.SENT)

    def _whole(self, connection: Connection, start: bytes, length: int, end: float) -> bytes:
        """The body that begins with these bytes; less of it if the connection ends."""
        parts, left = [start], length - len(start)
        while left:
            part = connection.receive(end, min(left, _MANY))
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _request(self, seconds: float) -> Request:
        """What the errors say of the request."""
        route = self._direct.route
        return Request(self._method, f"{route.scheme}://{authority(route)}", {}, timeout=seconds)

    def _resume(self, seconds: float, unsent: memoryview, begun: Begun) -> Response | ConnectorError:
        return self._direct.resume(self._request(seconds), self._direct.route, unsent, begun)
