"""The async face with the shape of the blocking one, so that a suite runs over both."""

from __future__ import annotations

import asyncio
import math
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import trio
from msgspec.structs import replace

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Request, Response
from openconnectors.engine.streams import AsyncStream, Stream
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.asynchronous import AsyncTransport
from openconnectors.engine.transports.connections import connect
from openconnectors.engine.transports.event_loops import running

LOOPS: dict[str, Callable[[Callable[[], Any]], Any]] = {
    "asyncio": lambda function: asyncio.run(function()),
    "trio": trio.run,
}
"""How a coroutine function is run to its end, by the name of the library."""


class Awaited:
    """Sends over an ``AsyncTransport``, in a loop for each request. A stream is read to its end at once."""

    def __init__(self, loop: str, **options: Any) -> None:
        self._run = LOOPS[loop]
        self._transport = AsyncTransport(**options)

    def send(self, request: Request) -> Response:
        async def sent() -> Response:
            response = await self._sent(request)
            if not isinstance(response.stream, AsyncStream):
                return response
            chunks: list[bytes | ConnectorError] = []
            try:
                async for chunk in response.stream:
                    chunks.append(chunk)
            except ConnectorError as error:
                chunks.append(error)
            return replace(response, stream=Stream(_again(chunks), response.stream.close))

        response: Response = self._run(sent)
        return response

    async def _sent(self, request: Request) -> Response:
        return await self._transport.send(request)

    def close(self) -> None:
        self._run(self._transport.aclose)


class AwaitedDirectly(Awaited):
    """Sends what it can by ``direct``, over a connection that was kept, so that all of that way is gone."""

    def __init__(self, loop: str, **options: Any) -> None:
        super().__init__(loop, **options)
        self._trusted = options.get("verify")

    async def _sent(self, request: Request) -> Response:
        direct = self._transport.direct(request.url, request.credentials.certificate)
        if direct is None or request.stream or not isinstance(request.body, bytes | None):
            return await super()._sent(request)
        prepared = direct.prepare(request.method, request.credentials.reveal(request)[1])
        target = request.url.split("/", 3)[3] if request.url.count("/") > 2 else ""
        if prepared is None:
            return await super()._sent(request)
        with suppress(NoConnection):
            end = time.monotonic() + min(request.timeout, 1.0)
            kept = direct.pool.take(direct.route) or await connect(direct.route, self._trust, running(), end)
            direct.pool.keep(direct.route, kept, math.inf)
        outcome = await prepared.send(f"/{target}", request.body, request.timeout)
        if isinstance(outcome, ConnectorError):
            raise outcome
        return outcome

    def _trust(self, _: Any) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._trusted)


def _again(chunks: list[bytes | ConnectorError]) -> Iterator[bytes]:
    for chunk in chunks:
        if isinstance(chunk, ConnectorError):
            raise chunk
        yield chunk
