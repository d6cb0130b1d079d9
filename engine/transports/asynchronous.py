"""Requests over sockets, any number at once, in the coroutines of their callers: under asyncio and under trio."""

from __future__ import annotations

from openconnectors.engine.credentials import ClientCertificate
from openconnectors.engine.http import Request, Response
from openconnectors.engine.streams import AsyncStream
from openconnectors.engine.transports.async_direct import AsyncDirect
from openconnectors.engine.transports.event_loops import running
from openconnectors.engine.transports.exchange import raised, refuse_late
from openconnectors.engine.transports.sockets import Sockets


class AsyncTransport(Sockets):
    """Carries requests, and keeps connections open between them, whatever loop runs: they belong to none. A call that
    is cancelled closes its connection. The options are those of ``Sockets``."""

    async def send(self, request: Request) -> Response:
        """Carry one request; see ``AsyncCarrier``."""
        refuse_late(request)
        return raised(await self.attempt(request, running(), AsyncStream))

    def direct(self, url: str, certificate: ClientCertificate | None = None) -> AsyncDirect | None:
        """The way to the origin of a URL for requests that are prepared once and sent often; None if a proxy is on it,
        or the URL cannot be used."""
        route = self.route_to(url, certificate)
        return AsyncDirect(route, self._pool, self.resume, self._max_bytes) if route is not None else None

    async def aclose(self) -> None:
        """Close the kept connections; the transport can be used again."""
        self._pool.clear()
