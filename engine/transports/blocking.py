"""Requests over sockets of our own, one at a time.

1. How much was sent is a state that each attempt records: ``State``. Every error has its ``sent`` from there.
2. One deadline holds for the whole exchange: resolving, every address, the proxy, TLS (together ``CONNECT_SECONDS`` at
   most), sending in steps, receiving.
3. While a large body goes out, a response may come (RFC 9112 section 9.3): one that refuses the request ends the
   sending; if the peer closes the connection, what it had sent before is read.
4. A response is read by the rules of ``transports.framing`` and ``transports.codings``.
5. An error holds nothing that was sent; see ``transports.exchange``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openconnectors.engine.credentials import ClientCertificate
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectionMissing, ConnectorError, Interrupted, InvalidResponse, Sent, Timeout
from openconnectors.engine.http import Request, Response
from openconnectors.engine.streams import Content, Stream
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.certificates import Certificate, context_for, context_of
from openconnectors.engine.transports.codings import coding_of, decoded
from openconnectors.engine.transports.connections import RECEIVE, Connection, Pool, Route, connect, wait
from openconnectors.engine.transports.direct import Begun, Direct
from openconnectors.engine.transports.exchange import (
    CONNECT_SECONDS,
    MAX_BYTES,
    MAX_SECONDS,
    SMALL,
    SourceFailed,
    State,
    carry,
    chunks_of,
    known_failure,
    place_of,
    read_whole,
    too_large,
)
from openconnectors.engine.transports.framing import MAX_INTERIM, Body, Cut, Head, Malformed, body_of, take_head
from openconnectors.engine.transports.message import destination, message_of
from openconnectors.engine.transports.proxies import Proxies, environment

if TYPE_CHECKING:
    import ssl
else:
    ssl = module("ssl")

_WRITE = 256 * 1024
"""How much of a body is handed to the socket before looking whether a response has come."""

_SENT: Mapping[State, Sent] = {
    State.CONNECTING: "no",
    State.SENDING: "unknown",
    State.SENT: "unknown",
    State.RECEIVING: "yes",
}


_FAILURES = (ConnectorError, NoConnection, Malformed, Cut, SourceFailed, OSError)


class BlockingTransport:
    """Carries requests, and keeps connections open between them. Safe to use from several threads; after a fork, each
    process has its own connections.

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
        self._contexts: dict[ClientCertificate, ssl.SSLContext] = {}
        """Those of requests that show a certificate of their own."""
        if verify is not None or cert is not None:
            self._tls()
        self._max_bytes = max_bytes
        self._pool = Pool()

    def _tls(self, certificate: ClientCertificate | None = None) -> ssl.SSLContext:
        """The TLS context of requests without a certificate of their own, or with this one."""
        if certificate is not None:
            if certificate not in self._contexts:
                verify, _, trust_env = self._certificates
                self._contexts[certificate] = context_for(certificate, verify, trust_env)
            return self._contexts[certificate]
        if self._context is None:
            self._context = context_of(*self._certificates)
        return self._context

    def close(self) -> None:
        """Close the kept connections; the transport can be used again."""
        self._pool.clear()

    def send(self, request: Request) -> Response:
        """Carry one request; see ``Transport``."""
        return carry(request, self._attempt)

    def direct(self, url: str, certificate: ClientCertificate | None = None) -> Direct | None:
        """The way to the origin of a URL for requests that are prepared once and sent often; None if a proxy is on it,
        or the URL cannot be used."""
        try:
            route, _ = destination(url, self._proxies, certificate)
        except (NoConnection, ConnectionMissing):
            return None
        return Direct(route, self._pool, self._resume, self._max_bytes) if route.proxy is None else None

    def _attempt(self, request: Request) -> Response | ConnectorError:
        attempt = _Attempt(request)
        try:
            return self._response(attempt, *message_of(request, self._proxies))
        except _FAILURES as error:
            return attempt.failure(error)
        finally:
            if not attempt.handed_over:
                attempt.close()

    def _resume(self, request: Request, route: Route, unsent: memoryview, begun: Begun) -> Response | ConnectorError:
        """Carry on with a request that was begun: what is left to send, and what has come, are in it."""
        attempt = _Attempt(request)
        attempt.end = begun.end
        attempt.connection = begun.connection
        attempt.state = begun.state
        try:
            if begun.failure is not None:
                raise begun.failure
            return self._response(attempt, route, unsent)
        except _FAILURES as error:
            return attempt.failure(error)
        finally:
            if not attempt.handed_over:
                attempt.close()

    def _response(self, attempt: _Attempt, route: Route, head: memoryview) -> Response:
        request = attempt.request
        connection = attempt.connection or self._pool.take(route)
        if connection is None:
            if route.certificate is not None:
                self._tls(route.certificate)  # refused before anything is opened
            connection = connect(route, self._tls, min(attempt.end, time.monotonic() + CONNECT_SECONDS))
        attempt.connection = connection
        if attempt.state < State.SENT:
            attempt.send(head)
        response = attempt.head or attempt.read_head()
        body = body_of(response, request.method)
        coding, problems = coding_of(response.headers)
        if request.stream and 200 <= response.status < 300:
            attempt.handed_over = True
            stream = Stream(self._chunks(attempt, route, response, body, coding), attempt.close)
            return Response(response.status, response.headers, deviations=tuple(problems), stream=stream)
        if body.length is not None and body.length > self._max_bytes:
            raise too_large("is larger", self._max_bytes)
        data = read_whole(attempt.chunks(body, self._max_bytes), coding, self._max_bytes, problems)
        self._release(attempt, route, response)
        return Response(response.status, response.headers, data, deviations=tuple(problems))

    def _chunks(self, attempt: _Attempt, route: Route, head: Head, body: Body, coding: str) -> Iterator[bytes]:
        """The body of a stream. It may have any size; its time is that of the request."""
        failure = None
        try:
            yield from decoded(attempt.chunks(body, None), coding, [])
            self._release(attempt, route, head)
        except _FAILURES as error:
            failure = attempt.failure(error)
        finally:
            attempt.close()
        if failure is not None:
            raise failure

    def _release(self, attempt: _Attempt, route: Route, head: Head) -> None:
        """Keep the connection if another response can follow on it."""
        connection = attempt.connection
        is_whole = attempt.state is State.RECEIVING and not attempt.refused
        # 204 and 304 have no body (RFC 9112 section 6.3), but some servers announce one, and send it.
        may_send_body = head.status in (204, 304) and head.headers.get("Content-Length", "0") != "0"
        if connection is not None and is_whole and head.keeps() and not may_send_body and connection.exhausted():
            attempt.connection = None
            self._pool.keep(route, connection, head.idle_seconds())


class _Attempt:
    """One request on its way."""

    def __init__(self, request: Request) -> None:
        self.request = request
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

    def close(self) -> None:
        """Close the connection, unless it was given back to the pool."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def seconds_left(self) -> float:
        """Seconds until the deadline; ``TimeoutError`` after it."""
        seconds = self.end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

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

    def send(self, head: memoryview) -> None:
        """Write the request to the socket, all of it, or until a response refuses it."""
        body = self.request.body
        if isinstance(body, Content):
            whole = self._write(head) and all(self._write(memoryview(chunk)) for chunk in _framed(body))
        elif body and len(body) > SMALL:
            whole = self._write(head) and self._write(memoryview(body))
        else:
            whole = self._write(memoryview(b"".join((head, body))) if body else head)
        self.refused = not whole
        self.state = State.SENT if self.head is None else State.RECEIVING

    def _write(self, data: memoryview) -> bool:
        """Write bytes to the socket; False if a response came first that refuses the request."""
        assert self.connection is not None  # noqa: S101 - it is made first
        sock = self.connection.sock
        try:
            if self.state is State.CONNECTING:
                sock.settimeout(self.seconds_left())
                if self.connection.secured:
                    self.state = State.SENDING  # TLS may have written a record even if the call fails
                count = sock.send(data)
                self.state = State.SENDING
                data = data[count:]
            while data:
                sock.setblocking(False)
                if self._is_refused():
                    return False
                try:
                    data = data[sock.send(data[:_WRITE]) :]
                except (BlockingIOError, ssl.SSLWantWriteError):
                    wait(sock, self.seconds_left(), read=self._listens(), write=True)
                except ssl.SSLWantReadError:
                    wait(sock, self.seconds_left(), read=True)
        except (ConnectionError, ssl.SSLError):
            if self.state is State.CONNECTING or not self._had_answered():
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
        self.seconds_left()
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
        """Return True if the peer had sent a response before it closed the connection."""
        if self.head is None:
            try:
                self.head = self.read_head()
            except (OSError, Cut, Malformed):
                return False
        return True

    # Receiving

    def receive(self) -> bytes:
        """The next bytes that come; none at the end of the connection."""
        assert self.connection is not None  # noqa: S101 - it is made first
        sock = self.connection.sock
        sock.settimeout(self.seconds_left())
        try:
            data = sock.recv(RECEIVE)
        except ssl.SSLEOFError:
            raise Cut("TLS ended without its closing alert") from None
        if data and self.state is State.SENT:
            self.state = State.RECEIVING
        return data

    def read_head(self) -> Head:
        """The head of the response, after those of interim responses."""
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

    def chunks(self, body: Body, max_bytes: int | None) -> Iterator[bytes]:
        """The body in chunks as it came, still encoded. ``InvalidResponse`` if there is more than so many bytes."""
        assert self.connection is not None  # noqa: S101 - it is made first
        buffer = self.connection.buffer
        size = 0
        while not body.done:
            chunk = body.take(buffer)
            if chunk:
                size += len(chunk)
                if max_bytes is not None and size > max_bytes:
                    raise too_large("is larger", max_bytes)
                yield chunk
            elif not body.done:
                data = self.receive()
                buffer += data
                if not data:
                    body.end()


def _framed(content: Content) -> Iterator[bytes]:
    """The bytes of an upload as they go out: in the chunked coding if its length is unknown (RFC 9112 section 7.1)."""
    if content.length is not None:
        yield from chunks_of(content)
        return
    for chunk in chunks_of(content):
        yield b"%x\r\n%b\r\n" % (len(chunk), chunk)
    yield b"0\r\n\r\n"


def _reason(error: Any) -> str:
    """What the operating system, or TLS, says: neither has seen the request."""
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return reason or type(error).__name__
