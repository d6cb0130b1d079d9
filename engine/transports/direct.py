"""Requests to one origin without a proxy, prepared once and sent often: what a plain exchange costs is little more than
its system calls.

1. What goes out is what ``BlockingTransport.send`` sends for the same request, byte for byte, and what comes of it is
   the same response or error. An error is returned: no traceback has a frame in which something secret is a local.
2. Done here is what is plain: a kept connection, a small request, a response as ``framing.plain`` describes it. As soon
   as something else shows, the connection goes to the transport with all that is known (``Begun``), which carries on.
3. Nothing that was sent is sent again for that.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct

from openconnectors.engine.errors import ConnectionFailed, ConnectorError, InvalidResponse, Problem, Timeout
from openconnectors.engine.http import Request, Response
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.connections import Connection, Pool, Route
from openconnectors.engine.transports.exchange import (
    EXPIRED,
    MAX_SECONDS,
    SMALL,
    State,
    place_of,
    read_whole,
    sendable_fields,
)
from openconnectors.engine.transports.framing import Chunked, Cut, Malformed, Plain, plain
from openconnectors.engine.transports.message import UNFIT, Template, authority, is_visible
from openconnectors.engine.transports.waits import RECEIVE

_MOST = 4 * 1024 * 1024
"""The most bytes that are allocated because a peer says that they will come; what is larger is left to the transport,
which takes what comes."""
_MOST_PARTS = 256
"""Of a body in chunks, no more than so many pieces are kept before it is left to the transport."""


_spare: deque[bytearray] = deque(maxlen=2)
"""Buffers for large bodies, to be used again: a large allocation costs more than what is received into it, because the
system has to hand out its pages."""


def _buffer(size: int) -> bytearray:
    """A buffer for so many bytes."""
    try:
        buffer = _spare.pop()
    except IndexError:
        return bytearray(size)
    return buffer if len(buffer) >= size else bytearray(size)


class Begun(Struct, frozen=True):
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


ResumeT = TypeVar("ResumeT")
WayT = TypeVar("WayT", bound="Way[Any]")


class Way(Generic[ResumeT]):
    """The way to one origin, and who carries on with an exchange there that is not plain."""

    def __init__(self, route: Route, pool: Pool, resume: ResumeT, max_bytes: int) -> None:
        self.route = route
        self.pool = pool
        self.resume = resume
        self.max_bytes = max_bytes

    def sendable(self, method: str, fields: Mapping[str, str]) -> Mapping[str, str] | None:
        """The header fields of requests of a method, in clear, without those that the transport writes; None for what
        cannot be sent."""
        try:
            return sendable_fields(fields) if is_visible(method) else None
        except NoConnection:
            return None


class Direct(Way[Resume]):
    """The way to one origin for blocking calls."""

    def prepare(self, method: str, fields: Mapping[str, str]) -> Prepared | None:
        """The head of requests that differ in target and body only; ``fields`` have the credentials in clear. None for
        what cannot be sent."""
        sendable = self.sendable(method, fields)
        return None if sendable is None else Prepared(self, method, sendable)


class PreparedFor(Generic[WayT]):
    """Requests of one method with the same header fields."""

    __slots__ = ("_direct", "_method", "_template")

    def __init__(self, direct: WayT, method: str, fields: Mapping[str, str]) -> None:
        self._direct = direct
        self._method = method
        self._template = Template(method, direct.route, fields)

    def _refusal(self, target: str, seconds: float) -> ConnectorError | None:
        """Why a request cannot be sent, if it cannot."""
        if not seconds > 0:  # also for NaN
            return Timeout(EXPIRED, "no")
        if not is_visible(target):
            return ConnectionFailed(f"{place_of(self._request(seconds))}: no connection: {UNFIT}", final=True)
        return None

    def _begin(self, connection: Connection, message: memoryview, end: float) -> tuple[memoryview, Begun] | None:
        """Send a message; what another goes on with, if it did not go out in one piece."""
        sock = connection.sock
        if sock.gettimeout() != 0.0:
            sock.setblocking(False)
        try:
            count = sock.send(message)
        except OSError as error:
            if not connection.secured and not isinstance(error, BlockingIOError):
                return message, Begun(end, connection, State.CONNECTING, error)
            count = 0
        if count < len(message):  # TLS may have written a record even if the call fails
            state = State.SENDING if count or connection.secured else State.CONNECTING
            return message[count:], Begun(end, connection, state)
        return None

    def _response(self, came: Incoming) -> Response | None:
        """The response if it is plain, and there is nothing behind it."""
        direct = self._direct
        received = came.more(RECEIVE)
        head = plain(received) if self._method != "HEAD" else None
        if head is None or head.length > direct.max_bytes:
            return None
        body = came.chunks(received[head.start :]) if head.length < 0 else came.sized(head)
        return None if body is None else self._kept(came.connection, head, body)

    def _kept(self, connection: Connection, head: Plain, body: bytes) -> Response | None:
        """The response with a body that came whole, and its connection back in the pool; None if there is something
        behind it, or its coding is not known. ``InvalidResponse`` if it cannot be decoded."""
        if not connection.exhausted():
            return None
        direct = self._direct
        problems: list[Problem] = []
        if head.coding:
            if head.coding not in ("gzip", "deflate"):
                return None
            body = read_whole((body,), head.coding, direct.max_bytes, problems)
        direct.pool.keep(direct.route, connection, head.idle_seconds)
        return Response(head.status, head.headers, body, deviations=tuple(problems))

    def _request(self, seconds: float) -> Request:
        """What the errors say of the request."""
        route = self._direct.route
        return Request(self._method, f"{route.scheme}://{authority(route)}", {}, timeout=seconds)


class Prepared(PreparedFor[Direct]):
    """Requests that are sent in the thread of the caller."""

    __slots__ = ()

    def send(self, target: str, body: bytes | None, seconds: float) -> Response | ConnectorError:
        """The response to a request for a target (path and query as they are sent) within so many seconds, or the
        error."""
        direct = self._direct
        if (refusal := self._refusal(target, seconds)) is not None:
            return refusal
        end = time.monotonic() + min(seconds, MAX_SECONDS)
        message = self._template.message(target, body)
        del target, body
        connection = direct.pool.take(direct.route) if len(message) <= SMALL else None
        if connection is None:
            return direct.resume(self._request(seconds), direct.route, message, Begun(end))
        outcome = self._exchange(connection, message, end)
        if isinstance(outcome, Response):
            return outcome
        unsent, begun = outcome
        return direct.resume(self._request(seconds), direct.route, unsent, begun)

    def _exchange(self, connection: Connection, message: memoryview, end: float) -> Response | tuple[memoryview, Begun]:
        """The response, or what another goes on with, and the bytes that are still to be sent."""
        rest = self._begin(connection, message, end)
        if rest is not None:
            return rest
        came = Incoming(connection, end)
        try:
            response = self._response(came)
        except (OSError, Cut) as error:
            return message[:0], Begun(end, connection, came.state, error)
        except (Malformed, InvalidResponse):
            response = None
        if response is not None:
            return response
        connection.buffer += b"".join(came.parts)
        return message[:0], Begun(end, connection, came.state)


class Incoming:
    """What comes of a response, kept until it is known to be plain."""

    __slots__ = ("connection", "end", "parts", "state")

    def __init__(self, connection: Connection, end: float) -> None:
        self.connection = connection
        self.end = end
        self.parts: list[bytes] = []
        self.state = State.SENT

    def more(self, most: int) -> bytes:
        """The next bytes that come; none at the end of the connection."""
        data = self.connection.receive(self.end, most)
        if data:
            self.state = State.RECEIVING
            self.parts.append(data)
        return data

    def fill(self, view: memoryview) -> int:
        """Put the next bytes that come into a view, and return how many; none at the end of the connection."""
        return self.connection.receive_into(self.end, view)

    def sized(self, head: Plain) -> bytes | None:
        """The body behind a head that says its length; None if it is cut or large, or if more came."""
        first, size = self.parts[0], head.start + head.length
        if len(first) == size:
            return first[head.start :]
        if len(first) > size or size > _MOST:
            return None
        buffer = _buffer(size)
        whole = memoryview(buffer)[:size]
        whole[: len(first)] = first
        rest = whole[len(first) :]
        while rest and (count := self.fill(rest)):
            rest = rest[count:]
        body = bytes(whole[head.start : size - len(rest)])
        self.parts = [first[: head.start], body]
        _spare.append(buffer)
        return body if not rest else None

    def chunks(self, start: bytes) -> bytes | None:
        """The body that begins with these bytes of its chunks; None if it is cut, large, or if more came."""
        body, buffer, taken = Chunked(), bytearray(start), []
        while not body.done:
            taken.append(body.take(buffer))
            if not body.done:
                data = self.more(RECEIVE) if len(self.parts) < _MOST_PARTS else b""
                if not data:
                    return None
                buffer += data
        return b"".join(taken) if not buffer else None
