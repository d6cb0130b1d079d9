"""A connector as coroutines use it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from openconnectors.engine.call.async_runner import AsyncRunner
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.call.runner import Waiting
from openconnectors.engine.client.async_operation import AsyncOperation
from openconnectors.engine.client.connector import BoundConnector
from openconnectors.engine.http import AwaitedTransport
from openconnectors.engine.model import Service
from openconnectors.engine.plan.options import Options


class AsyncConnector(BoundConnector[AsyncRunner, AsyncOperation]):
    """A connector whose operations are awaited; else it is as a ``Connector``. ``aclose`` ends the connections of the
    network that are kept, as leaving an ``async with`` block does."""

    def __init__(
        self,
        name: str,
        service: Service,
        connection: Connection,
        transport: AwaitedTransport,
        options: Options,
        *,
        close: Callable[[], Awaitable[object]] | None = None,
        waits: Waiting | None = None,
    ) -> None:
        runner = AsyncRunner(transport, connection.mask)
        if waits is not None:
            runner = AsyncRunner(transport, connection.mask, waits.clock, waits.sleep_async)
        super().__init__(name, service, connection, options, runner, AsyncOperation)
        self._close = close

    async def aclose(self) -> None:
        """End the connections of the network that are kept. A transport of the caller's stays open."""
        if self._close is not None:
            await self._close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
