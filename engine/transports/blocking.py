"""Requests over sockets of our own, one at a time.

1. What was sent is a state that each attempt records: ``State``. Every error has its ``sent`` from there.
2. One deadline holds for all of it: resolving, every address, the proxy, TLS (together ``CONNECT_SECONDS`` at
   most), sending in pieces, receiving.
3. While a large body goes out, a response may come (RFC 9112 section 9.3): one that refuses ends the sending, and is
   the answer; after a close, what had come before it is read.
4. A response is read by the rules of ``transports.framing`` and ``transports.codings``.
5. An error holds nothing that was sent. It is raised outside of ``except``, by a function whose locals hold no
   credential.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from openconnectors.engine.errors import (
    ConnectionFailed,
    ConnectorError,
    Interrupted,
    InvalidResponse,
    Sent,
    Timeout,
    TransportError,
)
from openconnectors.engine.http import FRAMING, Request, Response
from openconnectors.engine.streams import Content, Stream
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.certificates import Certificate, context_of
from openconnectors.engine.transports.codings import OFFERED, coding_of, decoded
from openconnectors.engine.transports.connections import RECEIVE, Connection, Pool, Route, connect, wait
from openconnectors.engine.transports.framing import MAX_INTERIM, Body, Cut, Head, Malformed, body_of, take_head
from openconnectors.engine.transports.proxies import Proxies, environment

CONNECT_SECONDS = 5.0
MAX_BYTES = 32 * 1024 * 1024
LONGEST = 1_000_000.0
"""Seconds that a call may take at most, infinity among them: what a socket can be told to wait."""
_SMALL = 64 * 1024
"""A body up to this size goes out together with its head."""
_PIECE = 256 * 1024

_PORTS = {"http": 80, "https": 443}
_VISIBLE = re.compile(r"[!-~]+\Z")
_OWN = FRAMING - {"cookie"}
"""Fields of the transport's own: what a request has of them is not sent."""


class State(IntEnum):
    """How far an attempt has come."""

    CONNECTING = 0
    """Nothing was sent."""
    SENDING = 1
    """The first byte of the request was handed to the socket."""
    SENT = 2
    """All of it was."""
    ANSWERING = 3
    """The first byte of a response has come."""


_SENT: Mapping[State, Sent] = {
    State.CONNECTING: "no",
    State.SENDING: "unknown",
    State.SENT: "unknown",
    State.ANSWERING: "yes",
}


class SourceFailed(Exception):
    """What is uploaded could not be read; ``__cause__`` says why."""


_FAILURES = (ConnectorError, NoConnection, Malformed, Cut, SourceFailed, OSError)


class BlockingTransport:
    """Carries requests, and keeps connections between them. Safe to use from several threads; a process that forks
    gets connections of its own.

    ``proxy`` is the URL of a proxy for everything, ``proxies`` are URLs by scheme, as requests has them. ``verify``
    is a file or folder of certificates to trust in place of certifi's, ``cert`` a client certificate: a file with its
    key, or the two files. ``trust_env=False`` keeps the environment's proxies and certificates out. No password is
    ever taken from netrc. Raises ``ConnectionMissing`` for what cannot be used.
    """

    def __init__(
        self,
        *,
        proxy: str | None = None,
        proxies: Mapping[str, str] | None = None,
        verify: str | Path | None = None,
        cert: Certificate | None = None,
        trust_env: bool = True,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        if proxy is not None or proxies is not None:
            self._proxies = Proxies({"all": proxy} if proxy is not None else proxies or {})
            self._proxies.check()
        else:
            self._proxies = Proxies(environment() if trust_env else {})
        self._certificates = verify, cert, trust_env
        self._context: ssl.SSLContext | None = None
        if verify is not None or cert is not None:
            self._tls()
        self._max_bytes = max_bytes
        self._pool = Pool()

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = context_of(*self._certificates)
        return self._context

    def close(self) -> None:
        """Closes the kept connections; the transport can be used again."""
        self._pool.clear()

    def send(self, request: Request) -> Response:
        """Carries one request; see ``Transport``."""
        outcome = self._outcome(request)
        if isinstance(outcome, ConnectorError):
            raise outcome
        return outcome

    def _outcome(self, request: Request) -> Response | ConnectorError:
        if not request.timeout > 0:
            return Timeout("the time of the call ran out before the request was sent", "no")
        attempt = _Attempt(request)
        try:
            return self._response(attempt)
        except _FAILURES as error:
            return attempt.failure(error)
        finally:
            if not attempt.handed_over:
                attempt.close()

    def _response(self, attempt: _Attempt) -> Response:
        request = attempt.request
        route, head = _message(request, self._proxies)
        connection = self._pool.take(route)
        if connection is None:
            connection = connect(route, self._tls, min(attempt.end, time.monotonic() + CONNECT_SECONDS))
        attempt.connection = connection
        attempt.send(head)
        answer = attempt.head or attempt.read_head()
        body = body_of(answer, request.method)
        coding, odd = coding_of(answer.headers)
        if request.stream and 200 <= answer.status < 300:
            attempt.handed_over = True
            stream = Stream(self._pieces(attempt, route, answer, body, coding), attempt.close)
            return Response(answer.status, answer.headers, deviations=odd, stream=stream)
        problems = list(odd)
        if body.length is not None and body.length > self._max_bytes:
            raise too_large("is larger", self._max_bytes)
        pieces = []
        size = 0
        for piece in decoded(attempt.pieces(body, self._max_bytes), coding, problems):
            size += len(piece)
            if size > self._max_bytes:
                raise too_large("unpacks to more", self._max_bytes)
            pieces.append(piece)
        self._release(attempt, route, answer)
        return Response(answer.status, answer.headers, b"".join(pieces), deviations=tuple(problems))

    def _pieces(self, attempt: _Attempt, route: Route, answer: Head, body: Body, coding: str) -> Iterator[bytes]:
        """The body of a stream. It is of any size; its time is that of the request."""
        failure = None
        try:
            yield from decoded(attempt.pieces(body, None), coding, [])
            self._release(attempt, route, answer)
        except _FAILURES as error:
            failure = attempt.failure(error)
        finally:
            attempt.close()
        if failure is not None:
            raise failure

    def _release(self, attempt: _Attempt, route: Route, answer: Head) -> None:
        """Keeps the connection where another response can follow on it."""
        connection = attempt.connection
        whole = attempt.state is State.ANSWERING and not attempt.refused
        bodiless = answer.status in (204, 304) and answer.headers.get("Content-Length", "0") != "0"
        if connection is not None and whole and answer.keeps() and not bodiless and connection.exhausted():
            attempt.connection = None
            self._pool.keep(route, connection, answer.idle_seconds())


def too_large(how: str, most: int) -> InvalidResponse:
    return InvalidResponse(f"the response {how} than {most:,} bytes")


class _Attempt:
    """One request on its way."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.end = time.monotonic() + min(request.timeout, LONGEST)
        self.state = State.CONNECTING
        self.connection: Connection | None = None
        self.head: Head | None = None
        """The head of the response, where it came before the request was whole."""
        self.refused = False
        """Whether sending ended early, because of that."""
        self.handed_over = False
        """Whether somebody else reads the body, and closes."""
        self._interim = 0

    def close(self) -> None:
        """Closes the connection, unless it was given back."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def left(self) -> float:
        """Seconds until the deadline; ``TimeoutError`` behind it."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def failure(self, error: BaseException) -> ConnectorError:
        """The error of our tree for what went wrong. Nothing is said but what our own modules or the operating
        system say: a text of another library may hold what was sent."""
        if isinstance(error, ConnectorError):
            return error.with_traceback(None)
        where = f"{self.request.method} {host_of(self.request.url)}"
        sent = _SENT[self.state]
        if isinstance(error, SourceFailed):
            failed = TransportError(f"{where}: what is uploaded cannot be read: {error}", sent, final=True)
            failed.__cause__ = error.__cause__
            return failed
        if isinstance(error, NoConnection):
            return ConnectionFailed(f"{where}: no connection: {error}", final=error.final)
        if isinstance(error, Malformed):
            return InvalidResponse(f"{where}: what came back is not an HTTP response: {error}")
        if isinstance(error, TimeoutError):
            what = "request could be sent" if self.state < State.SENT else "response came"
            whole = "whole " if self.state != State.SENT else ""
            return Timeout(f"{where}: no {whole}{what} within {self.request.timeout:.3g} s", sent)
        if isinstance(error, Cut) and self.state is State.ANSWERING:
            return Interrupted(f"{where}: the response was cut off: {error}", sent)
        reason = str(error) if isinstance(error, Cut) else _reason(error)
        return Interrupted(f"{where}: the connection broke: {reason}", sent)

    # Sending

    def send(self, head: memoryview) -> None:
        """Hands the request to the socket, all of it, or until it is refused."""
        body = self.request.body
        if isinstance(body, Content):
            whole = self._give(head) and all(self._give(memoryview(piece)) for piece in _framed(body))
        elif body and len(body) > _SMALL:
            whole = self._give(head) and self._give(memoryview(body))
        else:
            whole = self._give(memoryview(b"".join((head, body))) if body else head)
        self.refused = not whole
        self.state = State.SENT if self.head is None else State.ANSWERING

    def _give(self, data: memoryview) -> bool:
        """Hands so many bytes to the socket; False where a response came first that refuses them."""
        assert self.connection is not None  # noqa: S101 - it is made first
        sock = self.connection.sock
        try:
            if self.state is State.CONNECTING:
                sock.settimeout(self.left())
                if self.connection.secured:
                    self.state = State.SENDING  # a record may be out, whatever the call comes to
                count = sock.send(data)
                self.state = State.SENDING
                data = data[count:]
            while data:
                sock.setblocking(False)
                if self._is_refused():
                    return False
                try:
                    data = data[sock.send(data[:_PIECE]) :]
                except (BlockingIOError, ssl.SSLWantWriteError):
                    wait(sock, self.left(), read=self._listens(), write=True)
                except ssl.SSLWantReadError:
                    wait(sock, self.left(), read=True)
        except (ConnectionError, ssl.SSLError):
            if self.state is State.CONNECTING or not self._had_answered():
                raise
            return False
        return True

    def _listens(self) -> bool:
        """Whether what comes while the request goes out is read: not without end, if the peer goes on and on."""
        assert self.connection is not None  # noqa: S101 - it is made first
        return len(self.connection.buffer) < MAX_BYTES

    def _is_refused(self) -> bool:
        """Whether a response has come that will not change any more, whatever else is sent. One that is a success
        may, so the rest is sent, and what comes meanwhile is kept."""
        self.left()
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

    def _had_answered(self) -> bool:
        """Whether the peer had answered before it closed the connection."""
        if self.head is None:
            try:
                self.head = self.read_head()
            except (OSError, Cut, Malformed):
                return False
        return True

    # Receiving

    def receive(self) -> bytes:
        """What comes next; nothing at the end of the connection."""
        assert self.connection is not None  # noqa: S101 - it is made first
        sock = self.connection.sock
        sock.settimeout(self.left())
        try:
            data = sock.recv(RECEIVE)
        except ssl.SSLEOFError:
            raise Cut("TLS ended without its closing alert") from None
        if data and self.state is State.SENT:
            self.state = State.ANSWERING
        return data

    def read_head(self) -> Head:
        """The head of the response, behind those of interim ones."""
        assert self.connection is not None  # noqa: S101 - it is made first
        buffer = self.connection.buffer
        scanned = 0
        while (head := self._next_head(scanned)) is None:
            scanned = max(0, len(buffer) - 2)
            data = self.receive()
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

    def pieces(self, body: Body, most: int | None) -> Iterator[bytes]:
        """The body in pieces as it came, no more than so many bytes of it."""
        assert self.connection is not None  # noqa: S101 - it is made first
        buffer = self.connection.buffer
        size = 0
        while not body.done:
            piece = body.take(buffer)
            if piece:
                size += len(piece)
                if most is not None and size > most:
                    raise too_large("is larger", most)
                yield piece
            elif not body.done:
                data = self.receive()
                buffer += data
                if not data:
                    body.end()


def _message(request: Request, proxies: Proxies) -> tuple[Route, memoryview]:
    """Where a request goes, and its head as bytes (a view: what shows locals shows none of it)."""
    url, fields = sendable(request)
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        raise NoConnection("the URL cannot be used", final=True) from None
    if scheme not in _PORTS or not _VISIBLE.match(host) or "@" in parts.netloc:
        raise NoConnection("the URL cannot be used", final=True)
    route = Route(scheme, host, port or _PORTS[scheme], proxies.choose(scheme, host, port or _PORTS[scheme]))
    authority = route.authority if port and port != _PORTS[scheme] else route.authority.rpartition(":")[0]
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    lines = [f"Host: {authority}"]
    if route.proxy is not None and scheme == "http":
        target = f"http://{authority}{target}"
        if route.proxy.authorization:
            lines.append(f"Proxy-Authorization: {route.proxy.authorization}")
    names = {name.lower() for name in fields}
    lines += [f"{name}: {text}" for name, text in fields.items()]
    if "accept-encoding" not in names:
        lines.append(f"Accept-Encoding: {OFFERED}")
    if "user-agent" not in names:
        lines.append("User-Agent: open-connectors")
    length = request.body.length if isinstance(request.body, Content) else len(request.body or b"")
    if length is None:
        lines.append("Transfer-Encoding: chunked")
    elif request.body is not None or request.method in ("POST", "PUT", "PATCH"):  # RFC 9110 section 8.6
        lines.append(f"Content-Length: {length}")
    if not _VISIBLE.match(target) or not _VISIBLE.match(request.method):
        raise NoConnection("the URL or the method holds a character that cannot be sent", final=True)
    return route, memoryview("\r\n".join((f"{request.method} {target} HTTP/1.1", *lines, "\r\n")).encode("latin-1"))


_UNFIT = re.compile(r"[\r\n\0\u0100-\U0010ffff]")


def sendable(request: Request) -> tuple[str, dict[str, str]]:
    """The URL and the header fields of a request with its credentials, those of the transport's own left out;
    ``NoConnection`` where one would end its line or is not Latin-1."""
    url, fields = request.credentials.reveal(request)
    fields = {name: text for name, text in fields.items() if name.lower() not in _OWN}
    if any(_UNFIT.search(name) or _UNFIT.search(text) for name, text in fields.items()):
        raise NoConnection("a header field holds a character that cannot be sent", final=True)
    return url, fields


def _framed(content: Content) -> Iterator[bytes]:
    """The pieces of a body as they go out, in chunks where its length is not known (RFC 9112 section 7.1)."""
    if content.length is not None:
        yield from pieces_of(content)
        return
    for piece in pieces_of(content):
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def pieces_of(content: Content) -> Iterator[bytes]:
    """The pieces of a body, none of them empty; ``SourceFailed`` where its source fails."""
    pieces = iter(content)
    while True:
        try:
            piece = next(pieces, None)
        except Exception as error:  # whatever it is, it becomes the cause of ours
            raise SourceFailed(str(error)) from error
        if piece is None:
            return
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            raise SourceFailed(f"it gives {type(piece).__name__} where bytes are wanted")
        if piece:
            yield piece


def host_of(url: str) -> str:
    return url.split("/", 3)[2] if url.count("/") >= 2 else url


def _reason(error: Any) -> str:
    """What the operating system, or TLS, says."""
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return reason or type(error).__name__
