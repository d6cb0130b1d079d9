"""Requests that are prepared once and sent often, as ``transports.direct``, in coroutines.

Done here is a response that comes in one piece, or says how long it is; any other goes to the transport, with what has
come of it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TypeAlias

from openconnectors.engine.errors import ConnectorError, InvalidResponse
from openconnectors.engine.http import Request, Response
from openconnectors.engine.transports.connections import Connection, Route
from openconnectors.engine.transports.direct import Begun, PreparedFor, Way
from openconnectors.engine.transports.event_loops import EventLoop, running
from openconnectors.engine.transports.exchange import MAX_SECONDS, SMALL, State
from openconnectors.engine.transports.framing import Chunked, Cut, Malformed, Plain, plain

AsyncResume: TypeAlias = Callable[[Request, Route, memoryview, Begun, EventLoop], Awaitable[Response | ConnectorError]]
"""Carries on with a request, of which so many bytes are still to be sent."""


class AsyncDirect(Way[AsyncResume]):
    """The way to one origin for calls that are awaited."""

    def prepare(self, method: str, fields: Mapping[str, str]) -> AsyncPrepared | None:
        """The head of requests that differ in target and body only; ``fields`` have the credentials in clear. None for
        what cannot be sent."""
        sendable = self.sendable(method, fields)
        return None if sendable is None else AsyncPrepared(self, method, sendable)


class AsyncPrepared(PreparedFor[AsyncDirect]):
    """Requests whose responses are awaited."""

    __slots__ = ()

    async def send(self, target: str, body: bytes | None, seconds: float) -> Response | ConnectorError:
        """The response to a request for a target (path and query as they are sent) within so many seconds, or the
        error."""
        direct = self._direct
        if (refusal := self._refusal(target, seconds)) is not None:
            return refusal
        loop = running()
        end = time.monotonic() + min(seconds, MAX_SECONDS)
        message = self._template.message(target, body)
        del target, body
        connection = direct.pool.take(direct.route) if len(message) <= SMALL else None
        unsent, begun = message, Begun(end)
        if connection is not None:
            try:
                outcome = await self._exchange(connection, message, end, loop)
            except BaseException:  # cancelled: what comes now belongs to nobody
                connection.close()
                raise
            if isinstance(outcome, Response):
                return outcome
            unsent, begun = outcome
        return await direct.resume(self._request(seconds), direct.route, unsent, begun, loop)

    async def _exchange(
        self, connection: Connection, message: memoryview, end: float, loop: EventLoop
    ) -> Response | tuple[memoryview, Begun]:
        """The response, or what another goes on with, and the bytes that are still to be sent."""
        rest = self._begin(connection, message, end)
        if rest is not None:
            return rest
        data = b""
        try:
            data = await loop.expected(connection, end)
            head = plain(data) if self._method != "HEAD" else None
            if head is not None and head.length > len(data) - head.start:
                data = await self._rest(connection, data, head, end, loop)
        except OSError as error:
            ended = type(error).__name__ == "SSLEOFError"  # by its name: ssl is not imported where there is no TLS
            failure = Cut("TLS ended without its closing alert") if ended else error
            return message[:0], Begun(end, connection, State.RECEIVING if data else State.SENT, failure)
        with suppress(Malformed, InvalidResponse):  # which the transport explains
            body = _body(head, data, self._direct.max_bytes) if head is not None else None
            if head is not None and body is not None and (response := self._kept(connection, head, body)) is not None:
                return response
        connection.buffer += data
        return message[:0], Begun(end, connection, State.RECEIVING if data else State.SENT)

    async def _rest(self, connection: Connection, data: bytes, head: Plain, end: float, loop: EventLoop) -> bytes:
        """All of a response that says how long it is, or as much as comes; no more of one that is too large."""
        left = head.start + head.length - len(data) if head.length <= self._direct.max_bytes else 0
        parts = [data]
        while left > 0 and (part := await loop.expected(connection, end)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)


def _body(head: Plain, data: bytes, max_bytes: int) -> bytes | None:
    """The body of a response, if its bytes are all of it, and not too many."""
    if head.length >= 0:
        return data[head.start :] if len(data) - head.start == head.length <= max_bytes else None
    body, buffer = Chunked(), bytearray(data[head.start :])
    content = body.take(buffer)
    return content if body.done and not buffer and len(content) <= max_bytes else None
