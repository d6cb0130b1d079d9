"""The async face with the shape of the blocking one, so that a suite runs over both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import trio
from msgspec.structs import replace

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Request, Response
from openconnectors.engine.streams import AsyncStream, Stream
from openconnectors.engine.transports.asynchronous import AsyncTransport

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
            response = await self._transport.send(request)
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

    def close(self) -> None:
        self._run(self._transport.aclose)


def _again(chunks: list[bytes | ConnectorError]) -> Iterator[bytes]:
    for chunk in chunks:
        if isinstance(chunk, ConnectorError):
            raise chunk
        yield chunk
