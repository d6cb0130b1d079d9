"""Requests over sockets of our own: what the blocking and the async transport have in common.

A response is read by the rules of ``transports.framing`` and ``transports.codings``. An error holds nothing that was
sent; see ``transports.exchange``.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from openconnectors.engine.credentials import ClientCertificate
from openconnectors.engine.errors import ConnectionMissing, ConnectorError
from openconnectors.engine.http import Request, Response
from openconnectors.engine.streams import Download
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.attempt import FAILURES, Attempt
from openconnectors.engine.transports.certificates import Certificate, context_for, context_of
from openconnectors.engine.transports.codings import coding_of, decoder_of
from openconnectors.engine.transports.connections import Pool, Route, connect
from openconnectors.engine.transports.direct import Begun
from openconnectors.engine.transports.exchange import CONNECT_SECONDS, MAX_BYTES, State, Whole, too_large
from openconnectors.engine.transports.framing import Body, Head, body_of
from openconnectors.engine.transports.message import destination, message_of
from openconnectors.engine.transports.proxies import Proxies, environment
from openconnectors.engine.transports.waits import Waits

if TYPE_CHECKING:
    import ssl


OpenStream: TypeAlias = Callable[[AsyncGenerator[bytes, None], Callable[[], None]], Download]
"""What makes a stream of the chunks of a body and of what closes its connection."""


class Sockets:
    """Carries requests over sockets, and keeps connections open between them.

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

    async def attempt(self, request: Request, waits: Waits, open_stream: OpenStream) -> Response | ConnectorError:
        """The response to one attempt to carry a request, or its error: returned, not raised, since the variables of
        these frames hold what is sent."""
        attempt = Attempt(request, waits)
        try:
            return await self._response(attempt, *message_of(request, self._proxies), open_stream)
        except FAILURES as error:
            return attempt.failure(error)
        finally:
            if not attempt.handed_over:
                attempt.close()

    async def resume(
        self, request: Request, route: Route, unsent: memoryview, begun: Begun, waits: Waits
    ) -> Response | ConnectorError:
        """Carry on with a request that was begun: what is left to send, and what has come, are in it."""
        attempt = Attempt(request, waits)
        attempt.end = begun.end
        attempt.connection = begun.connection
        attempt.state = begun.state
        try:
            if begun.failure is not None:
                raise begun.failure
            return await self._response(attempt, route, unsent, None)
        except FAILURES as error:
            return attempt.failure(error)
        finally:
            attempt.close()

    def route_to(self, url: str, certificate: ClientCertificate | None) -> Route | None:
        """The route to the origin of a URL; None if a proxy is on it, or the URL cannot be used."""
        try:
            route, _ = destination(url, self._proxies, certificate)
        except (NoConnection, ConnectionMissing):
            return None
        return route if route.proxy is None else None

    async def _response(
        self, attempt: Attempt, route: Route, head: memoryview, open_stream: OpenStream | None
    ) -> Response:
        request, waits = attempt.request, attempt.waits
        connection = attempt.connection or self._pool.take(route)
        if connection is None:
            if route.certificate is not None:
                self._tls(route.certificate)  # refused before anything is opened
            connection = await connect(route, self._tls, waits, min(attempt.end, time.monotonic() + CONNECT_SECONDS))
        connection.unwatch()
        attempt.connection = connection
        if attempt.state < State.SENT:
            await attempt.send(head)
        response = attempt.head or await attempt.read_head()
        body = body_of(response, request.method)
        coding, problems = coding_of(response.headers)
        if open_stream is not None and request.stream and 200 <= response.status < 300:
            attempt.handed_over = True
            stream = open_stream(self._chunks(attempt, route, response, body, coding), attempt.close)
            return Response(response.status, response.headers, deviations=tuple(problems), stream=stream)
        if body.length is not None and body.length > self._max_bytes:
            raise too_large("is larger", self._max_bytes)
        whole = Whole(coding, self._max_bytes, problems)
        while chunk := await attempt.chunk(body, self._max_bytes):
            whole.add(chunk)
        data = whole.data()
        self._release(attempt, route, response)
        return Response(response.status, response.headers, data, deviations=tuple(problems))

    async def _chunks(
        self, attempt: Attempt, route: Route, head: Head, body: Body, coding: str
    ) -> AsyncGenerator[bytes, None]:
        """The body of a stream. It may have any size; its time is that of the request."""
        failure = None
        decoder = decoder_of(coding, [])
        try:
            while chunk := await attempt.chunk(body, None):
                for part in decoder.feed(chunk):
                    yield part
            decoder.end()
            self._release(attempt, route, head)
        except FAILURES as error:
            failure = attempt.failure(error)
        finally:
            attempt.close()
        if failure is not None:
            raise failure

    def _release(self, attempt: Attempt, route: Route, head: Head) -> None:
        """Keep the connection if another response can follow on it."""
        connection = attempt.connection
        is_whole = attempt.state is State.RECEIVING and not attempt.refused
        # 204 and 304 have no body (RFC 9112 section 6.3), but some servers announce one, and send it.
        may_send_body = head.status in (204, 304) and head.headers.get("Content-Length", "0") != "0"
        if connection is not None and is_whole and head.keeps() and not may_send_body and connection.exhausted():
            attempt.connection = None
            self._pool.keep(route, connection, head.idle_seconds())
