"""Transports that record what others carry.

Rule 1. What is kept is redacted before it is kept. Rule 2. A body is read whole, in both directions: a recorded call
has no streams of any length. Rule 3. A request without a response is not kept: a replay would have nothing to give.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from msgspec.structs import replace

from openconnectors.engine.errors import TransportError
from openconnectors.engine.http import AwaitedTransport, Request, Response, Transport
from openconnectors.engine.masking import revealed
from openconnectors.engine.streams import AsyncStream, Content, Stream
from openconnectors.engine.traffic.exchanges import Exchange
from openconnectors.engine.traffic.redaction import Redaction
from openconnectors.engine.transports.exchange import MAX_BYTES


def redacted(redaction: Redaction, exchange: Exchange) -> Exchange:
    """An exchange as it is kept."""
    return replace(
        exchange,
        url=redaction.text(exchange.url),
        request_headers=tuple(redaction.headers(exchange.request_headers)),
        request_body=redaction.body(exchange.request_body, exchange.request_header("Content-Type")),
        response_headers=tuple(redaction.headers(exchange.response_headers)),
        response_body=redaction.body(exchange.response_body, exchange.response_header("Content-Type")),
    )


class Tape:
    """The exchanges that were recorded, redacted. Safe to use from several threads."""

    def __init__(self, redaction: Redaction) -> None:
        self.redaction = redaction
        self._exchanges: list[Exchange] = []
        self._lock = threading.Lock()

    def exchanges(self) -> tuple[Exchange, ...]:
        """Those so far, in the order of their responses."""
        with self._lock:
            return tuple(self._exchanges)

    def add(self, request: Request, response: Response, body: bytes, seconds: float) -> None:
        """Keep an exchange, with the body of the response."""
        self.redaction.add(*request.credentials.secrets)
        started = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        headers = response.headers
        exchange = Exchange(
            request.method,
            revealed(request.url),
            response.status,
            tuple(request.headers.items()),
            request.body or b"",  # type: ignore[arg-type]  # which is whole
            tuple((name, value) for name in headers for value in headers.every(name)),
            body,
            started,
            round(seconds, 3),
        )
        exchange = redacted(self.redaction, exchange)
        with self._lock:
            self._exchanges.append(exchange)


class RecordingTransport:
    """Carries requests by another transport, and records the exchanges."""

    def __init__(self, inner: Transport, tape: Tape) -> None:
        self._inner = inner
        self._tape = tape

    def send(self, request: Request) -> Response:
        """Carry one request; see ``Transport``."""
        if isinstance(request.body, Content):
            request = replace(request, body=_joined(list(request.body)))
        began = time.monotonic()
        response = self._inner.send(request)
        body = response.body
        if isinstance(response.stream, Stream):
            body = response.stream.read()
            response = replace(response, stream=stream_of(body))
        self._tape.add(request, response, body, time.monotonic() - began)
        return response


class AsyncRecordingTransport:
    """As ``RecordingTransport``, in an event loop."""

    def __init__(self, inner: AwaitedTransport, tape: Tape) -> None:
        self._inner = inner
        self._tape = tape

    async def send(self, request: Request) -> Response:
        """Carry one request; see ``AwaitedTransport``."""
        if isinstance(request.body, Content):
            request = replace(request, body=_joined([chunk async for chunk in request.body]))
        began = time.monotonic()
        response = await self._inner.send(request)
        body = response.body
        if isinstance(response.stream, AsyncStream):
            body = await response.stream.read()
            response = replace(response, stream=async_stream_of(body))
        self._tape.add(request, response, body, time.monotonic() - began)
        return response


def _joined(chunks: list[bytes]) -> bytes:
    if sum(map(len, chunks)) > MAX_BYTES:
        raise TransportError(f"an upload of more than {MAX_BYTES:,} bytes is not recorded", "no", final=True)
    return b"".join(chunks)


def stream_of(body: bytes) -> Stream:
    """A body that is there, as a stream."""
    return Stream(iter([body] if body else []), lambda: None)


def async_stream_of(body: bytes) -> AsyncStream:
    """A body that is there, as a stream of a coroutine."""

    async def chunks() -> AsyncGenerator[bytes, None]:
        if body:
            yield body

    return AsyncStream(chunks(), lambda: None)
