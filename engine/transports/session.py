"""Requests through a ``requests.Session`` of the caller's: its adapters, proxies, certificates, hooks and mocks.

1. What the session adds (header fields, cookies, ``auth``, ``params``) is the caller's affair. Two things are not left
   to it: a redirect is never followed here, and no password is taken from netrc.
2. Less is known than over sockets of our own. A request counts as not sent only where the session never got to send
   it, or where urllib3 says that there was no connection and the adapter does not repeat by itself; else the outcome
   is unknown. What an adapter repeats is not seen.
3. The bytes are framed by http.client, which is more lenient than RFC 9112; the end of a body and its content coding
   are checked all the same. The time of the call is looked at between pieces.
4. What urllib3 logs of these requests would show URLs, so it is dropped, or masked where it is a warning.
"""

from __future__ import annotations

import http.client
import logging
import ssl
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import requests
import urllib3

from openconnectors.engine.errors import (
    ConnectionFailed,
    ConnectionMissing,
    ConnectorError,
    Interrupted,
    InvalidResponse,
    Sent,
    Timeout,
    TransportError,
)
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.streams import Content, Stream
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.blocking import (
    CONNECT_SECONDS,
    LONGEST,
    MAX_BYTES,
    SourceFailed,
    host_of,
    pieces_of,
    sendable,
    too_large,
)
from openconnectors.engine.transports.codings import OFFERED, PIECE, coding_of, decoded


class SessionTransport:
    """Carries requests through a session. It is the caller's to close.

    Raises ``ConnectionMissing`` for what is not a session.
    """

    def __init__(self, session: requests.Session, *, max_bytes: int = MAX_BYTES) -> None:
        if not isinstance(session, requests.Session):
            raise ConnectionMissing(f"session is a requests.Session, not a {type(session).__name__}")
        self._session = session
        self._max_bytes = max_bytes
        for name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
            logging.getLogger(name).addFilter(_QUIET)

    def close(self) -> None:
        """Leaves the session as it is."""

    def send(self, request: Request) -> Response:
        """Carries one request; see ``Transport``."""
        outcome = self._outcome(request)
        if isinstance(outcome, ConnectorError):
            raise outcome
        return outcome

    def _outcome(self, request: Request) -> Response | ConnectorError:
        if not request.timeout > 0:
            return Timeout("the time of the call ran out before the request was sent", "no")
        attempt = _Attempt(self._session, request)
        mark = _carried.set(request)
        try:
            return self._response(attempt)
        except Exception as error:  # noqa: BLE001 - adapters, hooks and mocks are the caller's, and raise what they like
            return attempt.failure(error)
        finally:
            _carried.reset(mark)
            if not attempt.handed_over:
                attempt.close()

    def _response(self, attempt: _Attempt) -> Response:
        request, answer = attempt.request, attempt.send()
        headers = Headers(answer.raw.headers.items()) if hasattr(answer.raw, "headers") else Headers()
        headers = headers or Headers(answer.headers.items())
        coding, odd = coding_of(headers)
        if attempt.read_by_hook:
            coding = ""  # requests has decoded it
        problems = list(odd)
        if request.stream and 200 <= answer.status_code < 300:
            attempt.handed_over = True
            stream = Stream(self._pieces(attempt, coding), attempt.close)
            return Response(answer.status_code, headers, deviations=odd, stream=stream)
        length = headers.get("Content-Length", "")
        if request.method != "HEAD" and length.isdigit() and int(length[:18]) > self._max_bytes:
            raise too_large("is larger", self._max_bytes)
        pieces = []
        size = 0
        for piece in decoded(attempt.pieces(), coding, problems):
            size += len(piece)
            if size > self._max_bytes:
                raise too_large("is larger" if not coding else "unpacks to more", self._max_bytes)
            pieces.append(piece)
        return Response(answer.status_code, headers, b"".join(pieces), deviations=tuple(problems))

    def _pieces(self, attempt: _Attempt, coding: str) -> Iterator[bytes]:
        failure = None
        try:
            yield from decoded(attempt.pieces(), coding, [])
        except Exception as error:  # noqa: BLE001 - as above
            failure = attempt.failure(error)
        finally:
            attempt.close()
        if failure is not None:
            raise failure


class _Attempt:
    """One request on its way through a session."""

    def __init__(self, session: requests.Session, request: Request) -> None:
        self._session = session
        self.request = request
        self._end = time.monotonic() + min(request.timeout, LONGEST)
        self.sent: Sent = "no"
        self._answer: requests.Response | None = None
        self._repeats = True
        """Whether the session's adapter may send a request again by itself."""
        self.handed_over = False
        self.read_by_hook = False
        """Whether the body was read before it came to us, by a hook or a mock."""

    def close(self) -> None:
        """Gives the connection back, where all of it was read, else closes it."""
        answer, self._answer = self._answer, None
        if answer is not None and answer.raw is not None:
            answer.close()

    def send(self) -> requests.Response:
        """The response of the session, its body still to be read."""
        prepared = self._prepared()
        adapter = self._session.get_adapter(prepared.url or "")
        self._repeats = getattr(getattr(adapter, "max_retries", None), "total", 1) != 0
        settings = self._session.merge_environment_settings(prepared.url, {}, True, None, None)
        settings["stream"] = True
        seconds = min(self.request.timeout, LONGEST)
        self.sent = "unknown"
        self._answer = self._session.send(
            prepared, timeout=(min(CONNECT_SECONDS, seconds), seconds), allow_redirects=False, **settings
        )
        self.sent = "yes"
        raw = self._answer.raw
        self.read_by_hook = not hasattr(raw, "stream") or getattr(raw, "closed", True)
        return self._answer

    def _prepared(self) -> requests.PreparedRequest:
        url, fields = sendable(self.request)
        if not any(name.lower() == "accept-encoding" for name in fields):
            fields["Accept-Encoding"] = OFFERED
        body: Any = self.request.body
        prepared = self._session.prepare_request(
            requests.Request(
                self.request.method,
                url,
                headers=fields,
                data=_Upload(body, self._end) if isinstance(body, Content) else body,
                auth=self._session.auth or _as_it_is,  # without one, requests would look into netrc
            )
        )
        if not self._session.params:
            prepared.url = url  # requests would encode what is encoded already
        return prepared

    def pieces(self) -> Iterator[bytes]:
        """The body in pieces, as it came."""
        answer = self._answer
        assert answer is not None  # noqa: S101 - it is there once it was sent
        came = (answer.content,) if self.read_by_hook else answer.raw.stream(PIECE, decode_content=False)
        for piece in came:
            if time.monotonic() > self._end:
                raise TimeoutError
            yield piece

    def failure(self, error: BaseException) -> ConnectorError:
        """The error of our tree for one of the session's: its kind is told and nothing of its text, which may hold
        the URL."""
        if isinstance(error, ConnectorError):
            return error.with_traceback(None)
        where = f"{self.request.method} {host_of(self.request.url)}"
        if isinstance(error, SourceFailed):
            failed = TransportError(f"{where}: what is uploaded cannot be read: {error}", self.sent, final=True)
            failed.__cause__ = error.__cause__
            return failed
        if isinstance(error, NoConnection):
            return ConnectionFailed(f"{where}: no connection: {error}", final=error.final)
        kind = type(error).__name__
        if self.sent == "no":
            return ConnectionFailed(f"{where}: the request cannot be sent ({kind})", final=True)
        if self.sent == "unknown" and not self._repeats and _is_unconnected(error):
            return ConnectionFailed(f"{where}: no connection ({kind})", final=isinstance(error, _SSL))
        if isinstance(error, _TIMEOUTS):
            return Timeout(f"{where}: no whole response came within {self.request.timeout:.3g} s", self.sent)
        if isinstance(error, _CUT):
            return Interrupted(f"{where}: the response was cut off ({kind})", self.sent)
        if self.sent == "yes" and isinstance(error, ValueError) and not isinstance(error, OSError):
            return InvalidResponse(f"{where}: what came back is not an HTTP response ({kind})")
        if isinstance(error, (requests.RequestException, OSError, *_CUT)):
            return Interrupted(f"{where}: the connection broke ({kind})", self.sent)
        return TransportError(f"{where}: the session failed ({kind})", self.sent, final=True)


_SSL = requests.exceptions.SSLError
_TIMEOUTS = (TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
_CUT = (
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    requests.exceptions.ChunkedEncodingError,
)


def _is_unconnected(error: BaseException) -> bool:
    """Whether urllib3 says of a failure that there was no connection: requests hands its error on, whose ``reason``
    is the failure itself."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    given = error.args[0] if error.args else None
    reason = getattr(given, "reason", None)
    if isinstance(reason, urllib3.exceptions.SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


def _as_it_is(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


class _Upload:
    """A body as requests takes one: an iterable, with its length where that is known."""

    def __init__(self, content: Content, end: float) -> None:
        self._content = content
        self._end = end
        if content.length is not None:
            self.len = content.length

    def __iter__(self) -> Iterator[bytes]:
        for piece in pieces_of(self._content):
            if time.monotonic() > self._end:
                raise TimeoutError
            yield piece


_carried: ContextVar[Request | None] = ContextVar("carried", default=None)


class _Quiet(logging.Filter):
    """Keeps what urllib3 logs of our requests from showing what was sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = _carried.get()
        if request is None:
            return True
        if record.levelno < logging.WARNING:
            return False
        record.msg, record.args = f"{request.method} {host_of(request.url)}: {record.name} warns", ()
        return True


_QUIET = _Quiet()
