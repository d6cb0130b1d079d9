"""An operation as coroutines call it: the verbs of ``Operation``, awaited, over the same flows."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from openconnectors.engine.call import long_running, paging, subscriptions, triggers
from openconnectors.engine.call.async_runner import AsyncResults, AsyncRunner
from openconnectors.engine.client import choices, mapping
from openconnectors.engine.client.async_handles import AsyncEvents, AsyncPoller, AsyncSubscription
from openconnectors.engine.client.async_items import items_of_stream
from openconnectors.engine.client.operation import BoundOperation, calls_of
from openconnectors.engine.fast.declined import DECLINED
from openconnectors.engine.http import Response
from openconnectors.engine.masking import sealed
from openconnectors.engine.model import MISSING
from openconnectors.engine.streams import AsyncStream

if TYPE_CHECKING:
    from pathlib import Path

    from openconnectors.engine.bulk.budgets import Budget
    from openconnectors.engine.bulk.keys import Key
    from openconnectors.engine.bulk.ledger import Ledger
    from openconnectors.engine.bulk.outcomes import Outcome
    from openconnectors.engine.bulk.progress import Progress
    from openconnectors.engine.call.calls import Calls

__tracebackhide__ = True


async def resolved(operation: AsyncOperation, arguments: Mapping[str, Any]) -> Calls:
    """What is behind an operation, with the schemas that the service gives for arguments."""
    return await operation.__runner__.run(calls_of(operation).resolved(arguments))


class AsyncOperation(BoundOperation[AsyncRunner]):
    """One operation of a connector for coroutines: await a call with keyword arguments, get its value.

    The verbs are those of ``Operation``. What has one result is awaited: ``response``, ``stream``, ``poll``, ``wait``,
    ``subscribe``, ``choices``. What has several is for ``async for``: ``pages``, ``items``, ``each``. What sends
    nothing is as there: ``using``, ``request``, ``links``, ``items_of``, ``argument``. A call that is cancelled closes
    its connection.
    """

    async def __call__(self, /, **arguments: Any) -> Any:
        """The value of the response, as plain data; the errors are those of ``errors``."""
        plain, sent = self._plain, None
        ready = plain.write(arguments)
        if ready is not DECLINED:
            outcome = await plain.send(ready)
            value = plain.read(outcome)
            if value is not DECLINED:
                return value
            sent = plain.sent(ready, outcome)
        response = await self._runner.run(self.__calls__.response(arguments), sent)
        plain.learn(arguments, response.request)
        return response.value

    __func__ = __call__
    """The coroutine function behind it, as a method has one: ``unittest.mock`` makes a mock that is awaited of it."""

    async def response(self, /, **arguments: Any) -> Response:
        """The whole response: its value, status, header fields, and the places where it differs from the document."""
        return await self._runner.run(self.__calls__.response(arguments))

    async def stream(self, /, **arguments: Any) -> AsyncStream:
        """The body of the response as it comes, of any size: ``async for`` goes over it."""
        stream: AsyncStream = await self._runner.run(self.__calls__.stream(arguments))
        return stream

    async def each(self, /, **arguments: Any) -> AsyncGenerator[Any, None]:
        """The items of one large response, one by one while it comes in, so that few are in memory."""
        with sealed(self.__calls__.connected.connection.mask):
            calls = await self._runner.run(self.__calls__.for_items().resolved(arguments))
            async with await self._runner.run(calls.stream(arguments)) as stream:
                items = items_of_stream(calls, stream)
                try:
                    async for item in items:
                        yield item
                finally:
                    await items.aclose()

    def pages(self, /, **arguments: Any) -> AsyncResults[paging.Page]:
        """The values of this page and of those after it, one call each, as they are asked for."""
        return self._runner.results(paging.all_pages(self.__calls__, arguments), lambda page: (page.value,))

    def items(self, /, **arguments: Any) -> AsyncResults[paging.Page]:
        """The items of all pages, one by one."""
        return self._runner.results(paging.all_pages(self.__calls__, arguments), lambda page: page.items)

    async def map(
        self,
        rows: Iterable[Mapping[str, Any]],
        *,
        concurrency: int = 8,
        ledger: str | Path | Ledger | None = None,
        limit: str | Budget | Literal[False] | None = None,
        key: Key | None = None,
        progress: Progress | None = None,
    ) -> AsyncGenerator[Outcome, None]:
        """Call the operation with each row of arguments, ``concurrency`` of them at once, under asyncio; else as
        ``Operation.map``."""
        choices = mapping.Choices(ledger, limit, key, progress)
        results = mapping.mapped_awaited(self.__calls__, self._runner, rows, concurrency, choices)
        try:
            async for outcome in results:
                yield outcome
        finally:
            await results.aclose()

    async def poll(self, /, **arguments: Any) -> Any:
        """Start a long-running operation, and return how to follow it, an ``AsyncPoller``; of a trigger the
        ``AsyncEvents``, asked for until nobody iterates any more."""
        calls, runner = self.__calls__, self._runner
        if calls.plan.operation.trigger:
            return AsyncEvents(self.__name__, runner, await runner.run(triggers.trigger(calls, arguments)))
        return AsyncPoller(self.__name__, runner, await runner.run(long_running.started(calls, arguments)))

    async def wait(self, /, **arguments: Any) -> Any:
        """The value of a long-running operation, once it is done; raise ``OperationFailed`` if it ends otherwise."""
        return await (await self.poll(**arguments)).wait()

    async def subscribe(self, url: str, /, **arguments: Any) -> AsyncSubscription:
        """Have events sent to a URL of the caller's, until it is unsubscribed."""
        subscribed = await self._runner.run(subscriptions.subscribe(self.__calls__, url, arguments))
        return AsyncSubscription(self.__name__, self._runner, subscribed)

    async def choices(self, parameter: str, below: Any = MISSING, /, **arguments: Any) -> list[tuple[Any, str]]:
        """The values that may be given for a parameter, each with its title, asked from the service."""
        return await self._runner.run(choices.choices(self.__calls__, parameter, below, arguments))
