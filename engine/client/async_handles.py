"""What outlives one awaited call: the handles of ``handles``, whose questions are awaited."""

from __future__ import annotations

from typing import Any

from openconnectors.engine.call.async_runner import AsyncRunner
from openconnectors.engine.call.subscriptions import unsubscribe
from openconnectors.engine.client.handles import BoundEvents, BoundPoller, BoundSubscription
from openconnectors.engine.http import Response


class AsyncPoller(BoundPoller[AsyncRunner]):
    """A long-running operation under way, as a ``Poller``: ``step``, ``response`` and ``wait`` are awaited."""

    async def step(self) -> bool:
        """Ask for the state once, without a pause; return whether the operation is done."""
        return await self._runner.run(self._operation.step())

    async def response(self) -> Response:
        """The response with the value, once the operation is done."""
        return await self._runner.run(self._operation.finish())

    async def wait(self) -> Any:
        """The value, once the operation is done; see ``response``."""
        return (await self.response()).value


class AsyncEvents(BoundEvents[AsyncRunner]):
    """The events of a polling trigger, as ``Events``: for ``async for``; ``step`` is awaited."""

    async def step(self) -> list[Any]:
        """The events that there are now; an error of the service is raised, and the state stays."""
        return await self._runner.run(self._trigger.step())

    def __aiter__(self) -> AsyncEvents:
        return self

    async def __anext__(self) -> Any:
        while not self._waiting:
            self._waiting = await self._runner.run(self._trigger.next_events())
        return self._waiting.pop(0)


class AsyncSubscription(BoundSubscription[AsyncRunner]):
    """A URL that events are sent to, as a ``Subscription``: ``unsubscribe`` is awaited."""

    async def unsubscribe(self) -> None:
        """Delete what the service has made for it; one that is gone already is not an error."""
        await self._runner.run(unsubscribe(self._subscribed))
