"""Requests over ``requests``, one at a time.

``requests`` and urllib3 keep connections, TLS and certificates; what a call may cost is bounded here:
its whole time (also against a peer that drips), the octets on the wire and after decompression.
Nothing is taken from the environment: no proxy, no netrc, no cookie.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from engine.content import Content, Stream
from engine.errors import ConnectionFailed, Interrupted, InvalidResponse, Timeout, TransportError
from engine.http import Headers, Request, Response

CONNECT_SECONDS = 5.0
MAX_BYTES = 32 * 1024 * 1024
_CHUNK = 64 * 1024
_MAX_INTERIM = 20

_deadline: ContextVar[float] = ContextVar("deadline")


class _Bounded(io.RawIOBase):
    """A socket's stream whose every read waits no longer than the call has left."""

    def __init__(self, raw: Any, sock: socket.socket, deadline: float) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time of the call ran out")
        self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer whose reading is bounded in time, that skips interim answers (RFC 9110 section 15.2),
    and for which an end of TLS without its closing alert is no end of a body."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if isinstance(sock, ssl.SSLSocket):
            sock.suppress_ragged_eofs = False  # type: ignore[attr-defined]
        self.fp = io.BufferedReader(_Bounded(self.fp.detach(), sock, _deadline.get()))

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MAX_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 101 < status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("interim answers without end")


class _Http(HTTPConnection):
    response_class = _Answer


class _Https(HTTPSConnection):
    response_class = _Answer


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        made = super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return made


def _decoder(encoding: str) -> Any:
    if encoding in ("gzip", "x-gzip"):
        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    if encoding == "deflate":
        return zlib.decompressobj()
    raise InvalidResponse(f"the answer is in the content encoding {encoding!r}, which was not offered")


class BlockingTransport:
    """Carries requests with one pool of connections. Safe to use from several threads; a process that
    forks gets a pool of its own.

    ``verify`` is a path to certificates to trust in place of the system's.
    """

    def __init__(self, *, verify: str | None = None, max_bytes: int = MAX_BYTES) -> None:
        self._verify: str | bool = verify or True
        self._max_bytes = max_bytes
        self._process = os.getpid()
        self._adapter = _Adapter()

    def _pool(self) -> _Adapter:
        if self._process != os.getpid():
            self._adapter, self._process = _Adapter(), os.getpid()
        return self._adapter

    def close(self) -> None:
        """Drops the kept connections; the transport can be used again."""
        self._adapter.close()

    def send(self, request: Request) -> Response:
        """Carries one request; see :class:`~engine.http.Transport`."""
        if request.timeout <= 0:
            raise Timeout("the time of the call ran out before the request was sent", "no")
        deadline = time.monotonic() + request.timeout
        _deadline.set(deadline)
        url, headers = request.credentials.reveal(request)
        headers.setdefault("Accept-Encoding", "gzip, deflate")
        headers.setdefault("User-Agent", "open-connectors")
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url = request.method, url
        body = request.body
        if isinstance(body, Content):
            prepared.body = _sent(body, deadline)  # type: ignore[assignment]
            if body.length is not None:
                headers["Content-Length"] = str(body.length)
        else:
            prepared.body = body
            if body is not None or request.method in ("POST", "PUT", "PATCH"):
                headers["Content-Length"] = str(len(body or b""))
        prepared.headers = requests.structures.CaseInsensitiveDict(headers)
        where = f"{request.method} {_host(request.url)}"
        try:
            answer = self._pool().send(
                prepared,
                stream=True,
                timeout=(min(CONNECT_SECONDS, request.timeout), request.timeout),
                verify=self._verify,
            )
        except _SourceFailed as error:
            said = f"{where}: what is uploaded cannot be read: {error.args[0]}"
            raise TransportError(said, "unknown") from error.__cause__
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _failure(error, where, request) from None
        return self._read(answer, where, request)

    def _read(self, answer: requests.Response, where: str, request: Request) -> Response:
        raw: urllib3.HTTPResponse = answer.raw
        if request.stream and 200 <= answer.status_code < 300:
            return self._stream(answer, where, request)
        try:
            fields = Headers((name, value) for name, value in raw.headers.items())
            body = b"".join(self._decoded(raw, fields, self._max_bytes))
            raw.release_conn()
        except BaseException as error:
            raw.close()
            if isinstance(error, _READING):
                raise _failure(error, where, request, answered=True) from None
            raise
        return Response(answer.status_code, fields, body)

    def _stream(self, answer: requests.Response, where: str, request: Request) -> Response:
        """The answer with its body still to be read. It is of any size; its time is that of the request."""
        raw: urllib3.HTTPResponse = answer.raw
        fields = Headers((name, value) for name, value in raw.headers.items())

        def pieces() -> Iterator[bytes]:
            try:
                yield from self._decoded(raw, fields, None)
                raw.release_conn()
            except GeneratorExit:
                raw.close()
                raise
            except BaseException as error:
                raw.close()
                if isinstance(error, _READING):
                    raise _failure(error, where, request, answered=True) from None
                raise

        return Response(answer.status_code, fields, stream=Stream(pieces(), raw.close))

    @staticmethod
    def _decoded(raw: urllib3.HTTPResponse, fields: Headers, most: int | None) -> Iterator[bytes]:
        """The body in pieces, unpacked, no more than so many octets of it."""
        encoding = fields.get("Content-Encoding", "identity").strip().lower()
        decoder = None if encoding in ("", "identity") else _decoder(encoding)
        wire = size = 0
        for data in _chunks(raw):
            wire += len(data)
            if most is not None and wire > most:
                raise InvalidResponse(f"the answer is larger than {most:,} bytes")
            if decoder is None:
                yield data
                continue
            while data:
                try:
                    out = decoder.decompress(data, _CHUNK)
                except zlib.error as error:
                    raise InvalidResponse(f"the answer is no {encoding}: {error}") from None
                data = decoder.unconsumed_tail
                size += len(out)
                if most is not None and size > most:
                    raise InvalidResponse(f"the answer unpacks to more than {most:,} bytes")
                yield out
                if decoder.eof:
                    break
        if decoder is not None and wire and not decoder.eof:
            raise InvalidResponse(f"the answer's {encoding} ends before its end")


_READING = (urllib3.exceptions.HTTPError, OSError, ValueError, http.client.HTTPException)


def _sent(content: Content, deadline: float) -> Iterator[bytes]:
    """The pieces of a body, as long as there is time; what its source raises is told apart from the socket."""
    pieces = iter(content)
    while True:
        if time.monotonic() > deadline:
            raise TimeoutError("the time of the call ran out")
        try:
            piece = next(pieces, None)
        except Exception as error:
            raise _SourceFailed(error) from error
        if piece is None:
            return
        if piece:
            yield piece


class _SourceFailed(Exception):
    """What is uploaded could not be read."""


def _chunks(raw: urllib3.HTTPResponse) -> Iterator[bytes]:
    while True:
        data = raw.read(_CHUNK, decode_content=False)
        if not data:
            return
        yield data


def _host(url: str) -> str:
    return url.split("/", 3)[2] if url.count("/") >= 2 else url


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    stack: list[Any] = [error]
    while stack:
        one = stack.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            stack += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _failure(error: BaseException, where: str, request: Request, *, answered: bool = False) -> Exception:
    """The error of our tree for one of requests, urllib3, ssl or the socket. Texts of theirs may hold the
    URL, hence the credentials: only their kinds are told."""
    causes = list(_causes(error))
    if isinstance(error, requests.exceptions.InvalidURL):
        return ConnectionFailed(f"{where}: the URL cannot be used", final=True)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ConnectionFailed(f"{where}: the certificate is refused: {cause.verify_message}", final=True)
        if isinstance(cause, ssl.SSLError) and not answered:
            return ConnectionFailed(f"{where}: TLS failed: {cause.reason or 'no reason given'}", final=True)
    connecting = (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError)
    for cause in causes:
        if isinstance(cause, (*connecting, socket.gaierror)):
            return ConnectionFailed(f"{where}: no connection: {_reason(causes)}")
    if any(isinstance(cause, (TimeoutError, urllib3.exceptions.TimeoutError)) for cause in causes):
        return Timeout(f"{where}: no {'whole ' if answered else ''}answer within {request.timeout:.3g} s")
    broken = (urllib3.exceptions.IncompleteRead, urllib3.exceptions.InvalidChunkLength, http.client.IncompleteRead)
    if any(isinstance(cause, broken) for cause in causes):
        return Interrupted(f"{where}: the answer was cut off")
    garbage = (http.client.BadStatusLine, http.client.LineTooLong, urllib3.exceptions.InvalidHeader, ValueError)
    for cause in causes:
        if isinstance(cause, http.client.RemoteDisconnected):
            break
        if isinstance(cause, garbage) or type(cause) is http.client.HTTPException:
            return InvalidResponse(f"{where}: what came back is no HTTP answer ({type(cause).__name__})")
    if any(isinstance(cause, (ConnectionError, http.client.HTTPException, OSError)) for cause in causes):
        return Interrupted(f"{where}: the connection broke: {_reason(causes)}")
    return TransportError(f"{where}: {type(error).__name__}")


def _reason(causes: list[BaseException]) -> str:
    """What the operating system said."""
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror and not isinstance(cause, requests.RequestException):
            return cause.strerror
    return type(causes[-1]).__name__
