"""Transports that respond from a recording: no network.

Rule 1. A request has the response of the first recorded one that is equal and was not replayed yet: method, URL, media
type and body; the order of the pairs of a query, of the members of JSON and the boundary of a form do not matter. Of
several, one with the same ``Accept`` comes first, then one whose response has a media type that it names: browsers
accept more.
Rule 2. A request that was not recorded is an error that says in what the nearest recorded one differs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from openconnectors.engine.errors import TransportError, printable, short_repr
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.masking import revealed
from openconnectors.engine.secret import SHOWN
from openconnectors.engine.streams import Content
from openconnectors.engine.traffic.exchanges import Exchange
from openconnectors.engine.traffic.recorder import async_stream_of, stream_of
from openconnectors.engine.traffic.redaction import Redaction
from openconnectors.engine.values.codecs import codec_for, essence


class NotRecorded(TransportError):
    """A request that is not in the recording; nothing was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "no", final=True)


class Look(Struct, frozen=True):
    """What two equal requests have in common."""

    method: str
    place: str
    query: tuple[tuple[str, str], ...]
    media_type: str
    body: Any


def look_of(redaction: Redaction, method: str, url: str, headers: Headers, body: bytes) -> Look:
    """What a request looks like once it is redacted. Credentials in a query are apart from a request, and are left
    out."""
    parts = urlsplit(redaction.text(url))
    content_type = headers.get("Content-Type", "")
    media_type, parameters = essence(content_type)
    pairs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[1] != SHOWN]
    redacted: Any = redaction.body(body, content_type)
    codec = codec_for(media_type)
    if parameters.get("boundary"):
        redacted = redacted.replace(parameters["boundary"].encode(), b"boundary")
    elif codec is not None and codec.name == "json":
        with suppress(ValueError, RecursionError):  # which is compared as bytes
            redacted = json.loads(redacted)
    elif codec is not None and codec.name == "form":
        redacted = dict(parse_qsl(redacted.decode("utf-8", "replace"), keep_blank_values=True))
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return Look(method, place, tuple(sorted(pairs)), media_type, redacted)


class Replay:
    """The exchanges of a recording, each for one request. Safe to use from several threads."""

    def __init__(self, exchanges: tuple[Exchange, ...], redaction: Redaction) -> None:
        self._redaction = redaction
        self._lock = threading.Lock()
        self._left = [
            (
                look_of(
                    redaction, exchange.method, exchange.url, Headers(exchange.request_headers), exchange.request_body
                ),
                exchange,
            )
            for exchange in exchanges
        ]
        self._looks = [look for look, _ in self._left]

    def unused(self) -> list[Exchange]:
        """The exchanges that no request has asked for yet."""
        with self._lock:
            return [exchange for _, exchange in self._left]

    def response(self, request: Request, body: bytes) -> Exchange:
        """The exchange for a request with this body; raise ``NotRecorded``."""
        headers = Headers(request.headers.items())
        wanted = look_of(self._redaction, request.method, revealed(request.url), headers, body)
        accept = headers.get("Accept", "")
        with self._lock:
            equal = [(index, exchange) for index, (look, exchange) in enumerate(self._left) if look == wanted]
            for is_accepted in (_has_accept, _is_named):
                for index, exchange in equal:
                    if is_accepted(exchange, accept):
                        del self._left[index]
                        return exchange
        others = [exchange.request_header("Accept") for _, exchange in equal]
        raise NotRecorded(_explained(wanted, self._looks, others))


def _has_accept(exchange: Exchange, accept: str) -> bool:
    return exchange.request_header("Accept") == accept


def _is_named(exchange: Exchange, accept: str) -> bool:
    """Whether the media type of a response is one that an ``Accept`` names, or anything is accepted."""
    names = {essence(part)[0] for part in accept.split(",")}
    return not names - {""} or "*/*" in names or essence(exchange.response_header("Content-Type"))[0] in names


def _explained(wanted: Look, looks: list[Look], others: list[str]) -> str:
    """Why there is no response; ``others`` are the ``Accept`` fields of requests that are equal else."""
    start = printable(f"{wanted.method} {wanted.place}")
    if others:
        return f"{start}: it was recorded with another Accept only: {printable(', '.join(others))}"
    times = looks.count(wanted)
    if times:
        return f"{start}: it was recorded {times} time{'s' * (times != 1)}, and is sent once more"
    nearest = min(looks, key=lambda look: len(list(_differences(wanted, look))), default=None)
    if nearest is None:
        return f"{start}: the recording is empty"
    details = printable("; ".join(_differences(wanted, nearest)))
    return f"{start}: it was not recorded; of the nearest recorded request {details}"


def _differences(wanted: Look, look: Look) -> Iterator[str]:
    for name in ("method", "place", "media_type"):
        if getattr(wanted, name) != getattr(look, name):
            yield f"{_WORDS.get(name, name)} is {getattr(look, name)!r}"
    for name in sorted({name for name, _ in wanted.query} | {name for name, _ in look.query}):
        values, recorded = ([value for key, value in each.query if key == name] for each in (wanted, look))
        if values != recorded:
            yield f"the query has {name} {short_repr(recorded)} instead of {short_repr(values)}"
    if isinstance(wanted.body, dict) and isinstance(look.body, dict):
        for name in [*wanted.body, *(name for name in look.body if name not in wanted.body)]:
            if wanted.body.get(name) != look.body.get(name):
                recorded_value, value = (short_repr(each.body.get(name)) for each in (look, wanted))
                yield f"the body has {name} {recorded_value} instead of {value}"
    elif wanted.body != look.body:
        yield "the body is another"


_WORDS = {"place": "the URL", "method": "the method", "media_type": "Content-Type"}


class ReplayTransport:
    """Responds from a recording."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def send(self, request: Request) -> Response:
        """The recorded response to one request; see ``Transport``."""
        body = b"".join(request.body) if isinstance(request.body, Content) else request.body or b""
        exchange = self._replay.response(request, body)
        headers = Headers(exchange.response_headers)
        if request.stream and 200 <= exchange.status < 300:
            return Response(exchange.status, headers, stream=stream_of(exchange.response_body))
        return Response(exchange.status, headers, exchange.response_body)


class AsyncReplayTransport:
    """As ``ReplayTransport``, in an event loop."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    async def send(self, request: Request) -> Response:
        """The recorded response to one request; see ``AwaitedTransport``."""
        body = request.body or b""
        if isinstance(body, Content):
            body = b"".join([chunk async for chunk in body])
        exchange = self._replay.response(request, body)
        headers = Headers(exchange.response_headers)
        if request.stream and 200 <= exchange.status < 300:
            return Response(exchange.status, headers, stream=async_stream_of(exchange.response_body))
        return Response(exchange.status, headers, exchange.response_body)
