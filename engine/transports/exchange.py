"""What every transport has in common: its limits, what of a request is sent, how a body is read whole, and errors.

Rule 1. A transport raises in one place, ``carry``, outside of ``except`` and in a frame whose locals hold no
credential: tracebacks and error reporters show locals, contexts and causes.

Rule 2. An error says method, host, and what our own modules or the operating system say. The text of another library's
error may hold what was sent.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from enum import IntEnum

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import (
    ConnectionFailed,
    ConnectorError,
    InvalidResponse,
    Problem,
    Sent,
    Timeout,
    TransportError,
)
from openconnectors.engine.http import FRAMING, Request, Response
from openconnectors.engine.streams import Content
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.codings import decoder_of

CONNECT_SECONDS = 5.0
"""The most that resolving, connecting, a proxy and TLS may take together: a host that is not there is noticed soon."""
MAX_BYTES = 32 * 1024 * 1024
"""The most bytes of a body that is returned whole, on the wire and decoded; larger ones are streams."""
MAX_SECONDS = 1_000_000.0
"""The longest time of a call; infinity becomes this, because a socket does not accept it as a timeout."""

_TRANSPORT_FIELDS = FRAMING - {"cookie"}
"""Header fields that the transport writes itself. Cookies are kept by the flow, which is above it."""
_UNFIT = pattern(r"[^\x01-\x09\x0b\x0c\x0e-\xff]")
"""What would end a header field (RFC 9110 section 5.5), or is not Latin-1."""


class State(IntEnum):
    """How far an attempt to carry a request has come."""

    CONNECTING = 0
    """Nothing was sent."""
    SENDING = 1
    """The first byte of the request was handed to the socket."""
    SENT = 2
    """All of the request was handed to the socket."""
    RECEIVING = 3
    """The first byte of a response has come."""


EXPIRED = "the time of the call ran out before the request was sent"
SMALL = 64 * 1024
"""A body up to this size goes out together with its head: one system call and one packet less."""


class SourceFailed(Exception):
    """The source of an upload could not be read; ``__cause__`` says why."""


def carry(request: Request, attempt: Callable[[Request], Response | ConnectorError]) -> Response:
    """The response of one attempt to carry a request; raises the error if the attempt returns one."""
    refuse_late(request)
    if isinstance(request.body, Content) and request.body.is_async:
        raise TransportError(
            "the upload is an async iterator, which a blocking call cannot await: give an iterator, or load the "
            "connector with load_async",
            "no",
            final=True,
        )
    return raised(attempt(request))


def refuse_late(request: Request) -> None:
    """Raise ``Timeout`` for a request that has no time left."""
    if not request.timeout > 0:  # also for NaN
        raise Timeout(EXPIRED, "no")


def raised(outcome: Response | ConnectorError) -> Response:
    """The response that came of an attempt; raises the error if one did."""
    if isinstance(outcome, ConnectorError):
        raise outcome
    return outcome


def sendable(request: Request) -> tuple[str, dict[str, str]]:
    """The URL and the header fields of a request with its credentials, without those that the transport writes.
    ``NoConnection`` if one would end its line or is not Latin-1."""
    url, fields = request.credentials.reveal(request)
    return url, sendable_fields(fields)


def sendable_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Header fields in clear, without those that the transport writes. ``NoConnection`` if one would end its line or is
    not Latin-1."""
    fields = {name: text for name, text in fields.items() if name.lower() not in _TRANSPORT_FIELDS}
    if any(_UNFIT.search(name) or _UNFIT.search(text) for name, text in fields.items()):
        raise NoConnection("a header field holds a character that cannot be sent", final=True)
    return fields


def chunks_of(content: Content) -> Iterator[bytes]:
    """The bytes of an upload in chunks, none of them empty. ``SourceFailed`` if its source fails."""
    chunks = iter(content)
    while True:
        try:
            chunk = next(chunks, None)
        except Exception as error:  # whatever the caller's source raises becomes the cause of ours
            raise SourceFailed(str(error)) from error
        if chunk is None:
            return
        if _is_chunk(chunk):
            yield chunk


async def awaited_chunks_of(content: Content) -> AsyncGenerator[bytes, None]:
    """The bytes of an upload in chunks, as ``chunks_of``; what has no async source never suspends."""
    async with aclosing(aiter(content)) as chunks:
        while True:
            try:
                chunk = await anext(chunks, None)
            except Exception as error:  # as above
                raise SourceFailed(str(error)) from error
            if chunk is None:
                return
            if _is_chunk(chunk):
                yield chunk


def _is_chunk(chunk: object) -> bool:
    """Return False for an empty chunk; ``SourceFailed`` for what is none."""
    if not isinstance(chunk, (bytes, bytearray, memoryview)):
        raise SourceFailed(f"it gives {type(chunk).__name__} instead of bytes")
    return bool(chunk)


class Whole:
    """A body that is read whole: ``add`` its chunks, then take its ``data``."""

    def __init__(self, coding: str, max_bytes: int, problems: list[Problem]) -> None:
        self._coding = coding
        self._decoder = decoder_of(coding, problems)
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> None:
        """Decode the next chunk. ``InvalidResponse`` if the body has more bytes than it may have: a small one may
        unpack to a thousand times its size."""
        for part in self._decoder.feed(chunk):
            self._size += len(part)
            if self._size > self._max_bytes:
                raise too_large("unpacks to more" if self._coding else "is larger", self._max_bytes)
            self._parts.append(part)

    def data(self) -> bytes:
        """The decoded body."""
        self._decoder.end()
        return b"".join(self._parts)


def read_whole(chunks: Iterable[bytes], coding: str, max_bytes: int, problems: list[Problem]) -> bytes:
    """The decoded body of these chunks; see ``Whole``."""
    whole = Whole(coding, max_bytes, problems)
    for chunk in chunks:
        whole.add(chunk)
    return whole.data()


def too_large(verb: str, max_bytes: int) -> InvalidResponse:
    """The error for a response that "is larger" or "unpacks to more" than the limit."""
    return InvalidResponse(f"the response {verb} than {max_bytes:,} bytes")


def place_of(request: Request) -> str:
    """Method and host of a request, for messages; the rest of its URL may hold a secret."""
    url = request.url
    return f"{request.method} {url.split('/', 3)[2] if url.count('/') >= 2 else url}"


def known_failure(error: BaseException, request: Request, sent: Sent) -> ConnectorError | None:
    """The error for one that our own modules raised, whatever the transport; None for any other."""
    if isinstance(error, ConnectorError):
        return error.with_traceback(None)
    if isinstance(error, SourceFailed):
        failure = TransportError(f"{place_of(request)}: the upload cannot be read: {error}", sent, final=True)
        failure.__cause__ = error.__cause__
        return failure
    if isinstance(error, NoConnection):
        return ConnectionFailed(f"{place_of(request)}: no connection: {error}", final=error.final)
    return None
