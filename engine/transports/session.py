"""Requests through a ``requests.Session`` of the caller's: its adapters, proxies, certificates, hooks and mocks.

1. What the session adds (header fields, cookies, ``auth``, ``params``) is up to the caller. Two things are not left to
   it: a redirect is never followed here, and no password is taken from netrc.
2. Less is known than over sockets of our own. A request counts as not sent only if the session never got to send it,
   or if urllib3 says that there was no connection and the adapter does not repeat by itself; else the outcome
   is unknown. What an adapter repeats is not seen.
3. The bytes are framed by http.client, which is more lenient than RFC 9112; the end of a body and its content coding
   are checked all the same. The time of the call is checked between chunks.
4. What urllib3 logs of these requests would show URLs, so it is dropped, or masked if it is a warning.
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

from openconnectors.engine.credentials import ClientCertificate
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
from openconnectors.engine.secret import Secret
from openconnectors.engine.streams import Content, Stream
from openconnectors.engine.transports.codings import CHUNK, OFFERED, coding_of, decoded
from openconnectors.engine.transports.exchange import (
    CONNECT_SECONDS,
    MAX_BYTES,
    MAX_SECONDS,
    carry,
    chunks_of,
    known_failure,
    place_of,
    read_whole,
    sendable,
    too_large,
)


class SessionTransport:
    """Carries requests through a session, which the caller closes.

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
        """Leave the session open: it is the caller's."""

    def send(self, request: Request) -> Response:
        """Carry one request; see ``Transport``."""
        return carry(request, self._attempt)

    def _attempt(self, request: Request) -> Response | ConnectorError:
        attempt = _Attempt(self._session, request)
        token = _carried.set(request)
        try:
            return self._response(attempt)
        except Exception as error:  # noqa: BLE001 - adapters, hooks and mocks are the caller's, and raise what they like
            return attempt.failure(error)
        finally:
            _carried.reset(token)
            if not attempt.handed_over:
                attempt.close()

    def _response(self, attempt: _Attempt) -> Response:
        request, response = attempt.request, attempt.send()
        headers = Headers(response.raw.headers.items()) if hasattr(response.raw, "headers") else Headers()
        headers = headers or Headers(response.headers.items())  # mocks may have no raw response
        coding, problems = coding_of(headers)
        if attempt.read_by_hook:
            coding = ""  # requests has decoded it
        if request.stream and 200 <= response.status_code < 300:
            attempt.handed_over = True
            stream = Stream(self._chunks(attempt, coding), attempt.close)
            return Response(response.status_code, headers, deviations=tuple(problems), stream=stream)
        length = headers.get("Content-Length", "")
        if request.method != "HEAD" and length.isdigit() and int(length[:18]) > self._max_bytes:
            raise too_large("is larger", self._max_bytes)
        data = read_whole(attempt.chunks(), coding, self._max_bytes, problems)
        return Response(response.status_code, headers, data, deviations=tuple(problems))

    def _chunks(self, attempt: _Attempt, coding: str) -> Iterator[bytes]:
        failure = None
        try:
            yield from decoded(attempt.chunks(), coding, [])
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
        self._end = time.monotonic() + min(request.timeout, MAX_SECONDS)
        self.sent: Sent = "no"
        self._response: requests.Response | None = None
        self._repeats = True
        """True if the session's adapter may send a request again by itself."""
        self.handed_over = False
        self.read_by_hook = False
        """True if the body was read before it came to us, by a hook or a mock."""

    def close(self) -> None:
        """Give the connection back if the response was read whole, else close it."""
        response, self._response = self._response, None
        if response is not None and response.raw is not None:
            response.close()

    def send(self) -> requests.Response:
        """The response of the session, its body still to be read."""
        prepared = self._prepared()
        adapter = self._session.get_adapter(prepared.url or "")
        self._repeats = getattr(getattr(adapter, "max_retries", None), "total", 1) != 0
        settings = self._session.merge_environment_settings(prepared.url, {}, True, None, None)
        settings["stream"] = True
        if (certificate := self.request.credentials.certificate) is not None:
            settings["cert"] = _files(certificate)
        seconds = min(self.request.timeout, MAX_SECONDS)
        self.sent = "unknown"
        self._response = self._session.send(
            prepared, timeout=(min(CONNECT_SECONDS, seconds), seconds), allow_redirects=False, **settings
        )
        self.sent = "yes"
        raw = self._response.raw
        self.read_by_hook = not hasattr(raw, "stream") or getattr(raw, "closed", True)
        return self._response

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
                auth=self._session.auth or _unchanged,  # without one, requests would look into netrc
            )
        )
        if not self._session.params:
            prepared.url = url  # requests would encode what is encoded already
        return prepared

    def chunks(self) -> Iterator[bytes]:
        """The body in chunks, as it came."""
        response = self._response
        assert response is not None  # noqa: S101 - it is there once it was sent
        chunks = (response.content,) if self.read_by_hook else response.raw.stream(CHUNK, decode_content=False)
        for chunk in chunks:
            if time.monotonic() > self._end:
                raise TimeoutError
            yield chunk

    def failure(self, error: BaseException) -> ConnectorError:
        """The error of our tree for one of the session's. Of that it says the class, and nothing of the text, which may
        hold the URL."""
        if (known := known_failure(error, self.request, self.sent)) is not None:
            return known
        place = place_of(self.request)
        kind = type(error).__name__
        if self.sent == "no":
            return ConnectionFailed(f"{place}: the request cannot be sent ({kind})", final=True)
        if self.sent == "unknown" and not self._repeats and _is_unconnected(error):
            return ConnectionFailed(f"{place}: no connection ({kind})", final=isinstance(error, _SSL))
        if isinstance(error, _TIMEOUTS):
            return Timeout(f"{place}: no whole response came within {self.request.timeout:.3g} s", self.sent)
        if isinstance(error, _CUT):
            return Interrupted(f"{place}: the response was cut off ({kind})", self.sent)
        if self.sent == "yes" and isinstance(error, ValueError) and not isinstance(error, OSError):
            return InvalidResponse(f"{place}: what came back is not an HTTP response ({kind})")
        if isinstance(error, (requests.RequestException, OSError, *_CUT)):
            return Interrupted(f"{place}: the connection broke ({kind})", self.sent)
        return TransportError(f"{place}: the session failed ({kind})", self.sent, final=True)


_SSL = requests.exceptions.SSLError
_TIMEOUTS = (TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
_CUT = (
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    requests.exceptions.ChunkedEncodingError,
)


def _is_unconnected(error: BaseException) -> bool:
    """Return True if urllib3 says of a failure that there was no connection: requests wraps its error, whose ``reason``
    is the failure itself."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    wrapped = error.args[0] if error.args else None
    reason = getattr(wrapped, "reason", None)
    if isinstance(reason, urllib3.exceptions.SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


def _files(certificate: ClientCertificate) -> str | tuple[str, str]:
    """A certificate as requests takes one: the path of a file, or those of two. ``ConnectionMissing`` for another."""
    chain, key = certificate.chain.reveal(), (certificate.key or Secret("")).reveal()
    if "-----BEGIN" in chain + key or certificate.password:
        raise ConnectionMissing(
            "a session takes the client certificate as files, the key without a password; give their paths, or set it "
            "on the session"
        )
    return (chain, key) if key else chain


def _unchanged(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


class _Upload:
    """A body as requests takes one: an iterable, with its length if that is known."""

    def __init__(self, content: Content, end: float) -> None:
        self._content = content
        self._end = end
        if content.length is not None:
            self.len = content.length

    def __iter__(self) -> Iterator[bytes]:
        for chunk in chunks_of(self._content):
            if time.monotonic() > self._end:
                raise TimeoutError
            yield chunk


_carried: ContextVar[Request | None] = ContextVar("carried", default=None)


class _Quiet(logging.Filter):
    """Keep what urllib3 logs of our requests from showing what was sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop a record about a request of ours, or replace its text if it is a warning."""
        request = _carried.get()
        if request is None:
            return True
        if record.levelno < logging.WARNING:
            return False
        record.msg, record.args = f"{place_of(request)}: {record.name} warns", ()
        return True


_QUIET = _Quiet()
