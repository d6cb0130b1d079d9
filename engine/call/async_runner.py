"""The runner of flows in an event loop: it waits, and hands requests to a transport, without holding up others."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Any, Generic, TypeVar

from openconnectors.engine.call.runner import Loop, Sent
from openconnectors.engine.flows import Flow, Result, Results
from openconnectors.engine.http import AwaitedTransport, Request, Response
from openconnectors.engine.masking import Mask, sealed
from openconnectors.engine.transports.event_loops import EventLoop, running

__tracebackhide__ = True

T = TypeVar("T")


class AsyncRunner(Loop):
    """Runs flows over one transport, in the event loop of the caller. A call that is cancelled ends its flow, so that
    what the flow holds is left."""

    def __init__(
        self,
        transport: AwaitedTransport,
        mask: Mask | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(mask, clock)
        self.transport: AwaitedTransport = transport
        self._pause = sleep

    async def run(self, flow: Flow[T], sent: Sent | None = None) -> T:
        """Run a flow to its end; return its result. ``sent`` is its request, if that was sent already."""
        with sealed(self._mask):
            return await self._run(flow, sent)

    async def next(self, flow: Results[T]) -> Result[T] | None:
        """The next result of a flow; None at its end."""
        with sealed(self._mask):
            return await self._next(flow)

    def results(self, flow: Results[T], values: Callable[[T], Iterable[Any]]) -> AsyncResults[T]:
        """The values of each result of a flow, one by one, as they are wanted; nothing is sent before the first."""
        return AsyncResults(self, flow, values)

    async def _sleep(self, seconds: float) -> None:
        await (running().sleep if self._pause is None else self._pause)(seconds)

    async def _enter(self, lock: Any) -> None:
        await entered(lock, running())

    async def _send(self, request: Request) -> Response:
        if request.uninterrupted:
            return await running().uninterrupted(partial(self.transport.send, request))
        return await self.transport.send(request)


class AsyncResults(Generic[T]):
    """The values of the results of a flow, for ``async for``. No async generator, which must be closed if it is not
    used up: between two results nothing is held."""

    def __init__(self, runner: AsyncRunner, flow: Results[T], values: Callable[[T], Iterable[Any]]) -> None:
        self._runner = runner
        self._flow = flow
        self._values = values
        self._waiting: Iterator[Any] = iter(())

    def __aiter__(self) -> AsyncResults[T]:
        return self

    async def __anext__(self) -> Any:
        while True:
            for value in self._waiting:
                return value
            result = await self._runner.next(self._flow)
            if result is None:
                raise StopAsyncIteration
            self._waiting = iter(self._values(result.value))

    async def aclose(self) -> None:
        """End the flow."""
        self._flow.close()
        self._waiting = iter(())


_FIRST, _LONGEST = 0.001, 0.05
"""The first and the longest pause, in seconds, between two attempts to enter a lock that another holds."""


async def entered(lock: Any, loop: EventLoop) -> None:
    """Enter a lock without holding up the loop, or taking up a thread, however many wait for it. A lock that cannot be
    tried (that of a file) is entered in a thread, and left again if nobody waits for it any more."""
    pause = _FIRST
    if hasattr(lock, "acquire"):
        while not lock.acquire(blocking=False):
            await loop.sleep(pause)
            pause = min(2 * pause, _LONGEST)
        return
    await loop.in_thread(lock.__enter__, lambda _: lock.__exit__(None, None, None))
