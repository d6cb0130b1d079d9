"""Requests over sockets, one at a time, in the thread of the caller."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from openconnectors.engine.credentials import ClientCertificate
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Request, Response
from openconnectors.engine.streams import Stream
from openconnectors.engine.transports.connections import Route
from openconnectors.engine.transports.direct import Begun, Direct
from openconnectors.engine.transports.exchange import carry
from openconnectors.engine.transports.sockets import Sockets
from openconnectors.engine.transports.waits import BLOCKING, finished, iterated


class BlockingTransport(Sockets):
    """Carries requests, and keeps connections open between them. Safe to use from several threads; after a fork, each
    process has its own connections. The options are those of ``Sockets``."""

    def close(self) -> None:
        """Close the kept connections; the transport can be used again."""
        self._pool.clear()

    def send(self, request: Request) -> Response:
        """Carry one request; see ``Transport``."""
        return carry(request, self._attempt)

    def direct(self, url: str, certificate: ClientCertificate | None = None) -> Direct | None:
        """The way to the origin of a URL for requests that are prepared once and sent often; None if a proxy is on it,
        or the URL cannot be used."""
        route = self.route_to(url, certificate)
        return Direct(route, self._pool, self._resume, self._max_bytes) if route is not None else None

    def _resume(self, request: Request, route: Route, unsent: memoryview, begun: Begun) -> Response | ConnectorError:
        return finished(self.resume(request, route, unsent, begun, BLOCKING))

    def _attempt(self, request: Request) -> Response | ConnectorError:
        return finished(self.attempt(request, BLOCKING, _open))


def _open(chunks: AsyncGenerator[bytes, None], close: Callable[[], None]) -> Stream:
    return Stream(iterated(chunks), close)
