"""The runner of flows: the one place that waits, and that hands requests to a transport.

The loop over a flow is written once, as a coroutine. ``Runner`` does what the steps ask for in the thread of the
caller, so that its coroutines never suspend (``transports.waits``); ``async_runner`` does it in the event loop.

"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias, TypeVar

from msgspec import Struct

from openconnectors.engine.credentials import Credentials
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.flows import Acquire, Flow, Result, Results, Step, Wait, advance
from openconnectors.engine.http import Request, Response, Transport
from openconnectors.engine.masking import Mask, sealed
from openconnectors.engine.transports.waits import finished

__tracebackhide__ = True

T = TypeVar("T")
Outcome: TypeAlias = Response | ConnectorError
"""What came of a request that was sent."""


class Sent(Struct, frozen=True):
    """A request that was sent before its flow began: its URL and credentials, and what came of it."""

    url: str
    credentials: Credentials
    outcome: Outcome

    __repr__ = object.__repr__  # the URL may hold a secret

    def outcome_of(self, step: Step) -> tuple[Outcome | None, Sent | None]:
        """What came of a step that is this request, and what is left for later steps. A flow may first send another
        request, for a token. Credentials that were refused, and are others meanwhile, say nothing of these."""
        if not isinstance(step, Request) or self.credentials.reveal(step)[0] != self.url:
            return None, self
        outcome = self.outcome
        is_refused = isinstance(outcome, Response) and outcome.status == _UNAUTHORIZED
        if is_refused and step.credentials.reveal(step) != self.credentials.reveal(step):
            return None, None
        return outcome, None


_UNAUTHORIZED = 401


class Loop:
    """The loop over a flow; what a step asks for is done by those who know how to wait.

    Errors come out with the secrets of ``mask`` masked. ``clock`` counts seconds, from any moment on.
    """

    transport: Any
    """A ``Transport``, or an ``AwaitedTransport``."""

    def __init__(self, mask: Mask | None, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._mask = mask or Mask()

    # A frame that errors are sealed in keeps its variables, so that the requests are in those below.

    async def _run(self, flow: Flow[T], sent: Sent | None) -> T:
        outcome: Outcome | None = None
        try:
            while True:
                step = advance(flow, outcome)
                known, sent = (None, None) if sent is None else sent.outcome_of(step)
                outcome = await self._outcome(step) if known is None else known
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            flow.close()  # whatever ended it: a lock that it holds is left

    async def _next(self, flow: Results[T]) -> Result[T] | None:
        """The next result of a flow; None at its end."""
        outcome: Response | ConnectorError | None = None
        try:
            while True:
                step = advance(flow, outcome)
                if isinstance(step, Result):
                    return step
                outcome = await self._outcome(step)
        except StopIteration:
            return None
        except BaseException:
            flow.close()
            raise

    async def _outcome(self, step: Step) -> Response | ConnectorError | None:
        """Do what a step asks for; return what came of it."""
        if isinstance(step, Wait):
            await self._sleep(step.seconds)
            return None
        if isinstance(step, Acquire):
            await self._enter(step.lock)
            return None
        try:
            return await self._send(step)
        except ConnectorError as error:
            return error

    async def _sleep(self, seconds: float) -> None:
        raise NotImplementedError

    async def _enter(self, lock: Any) -> None:
        raise NotImplementedError

    async def _send(self, request: Request) -> Response:
        raise NotImplementedError


class Waiting(Protocol):
    """How calls wait, and what time it is for them: in a test, another than the system's."""

    def clock(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    async def sleep_async(self, seconds: float) -> None: ...


class Runner(Loop):
    """Runs flows over one transport, in the thread of the caller."""

    def __init__(
        self,
        transport: Transport,
        mask: Mask | None = None,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(mask, clock)
        self.transport: Transport = transport
        self._pause = sleep or time.sleep

    def run(self, flow: Flow[T], sent: Sent | None = None) -> T:
        """Run a flow to its end; return its result. ``sent`` is its request, if that was sent already."""
        with sealed(self._mask):
            return finished(self._run(flow, sent))

    def results(self, flow: Results[T]) -> Iterator[T]:
        """The results of a flow, each as it is wanted; nothing is sent before the first."""
        with sealed(self._mask):
            try:
                while (result := finished(self._next(flow))) is not None:
                    yield result.value
            finally:
                flow.close()

    async def _sleep(self, seconds: float) -> None:
        self._pause(seconds)

    async def _enter(self, lock: Any) -> None:
        lock.__enter__()

    async def _send(self, request: Request) -> Response:
        return self.transport.send(request)
