"""The blocking runner of flows: the one place that sleeps, and that hands requests to a transport."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.flows import Acquire, Flow, Result, Results, Step, Wait, advance
from openconnectors.engine.http import Request, Response, Transport
from openconnectors.engine.masking import Mask, sealed

T = TypeVar("T")


class Runner:
    """Runs flows over one transport, in the thread of the caller.

    Errors come out with the secrets of ``mask`` masked. ``clock`` counts seconds, from any moment on.
    """

    def __init__(
        self,
        transport: Transport,
        mask: Mask | None = None,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.transport = transport
        self.clock = clock
        self._mask = mask or Mask()
        self._sleep = sleep or time.sleep

    def run(self, flow: Flow[T], outcome: Response | ConnectorError | None = None) -> T:
        """Run a flow to its end; return its result. ``outcome`` is what came of its first request, if that was sent
        already."""
        with sealed(self._mask):
            return self._run(flow, outcome)

    def results(self, flow: Results[T]) -> Iterator[T]:
        """The results of a flow, each as it is wanted; nothing is sent before the first."""
        with sealed(self._mask):
            yield from self._results(flow)

    # A frame that errors are sealed in keeps its variables, so that the requests are in those below.

    def _run(self, flow: Flow[T], first: Response | ConnectorError | None) -> T:
        outcome: Response | ConnectorError | None = None
        try:
            while True:
                step = advance(flow, outcome)
                if first is not None and isinstance(step, Request):
                    outcome, first = first, None
                else:
                    outcome = self._outcome(step)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            flow.close()  # whatever ended it: a lock that it holds is left

    def _results(self, flow: Results[T]) -> Iterator[T]:
        outcome: Response | ConnectorError | None = None
        try:
            while True:
                step = advance(flow, outcome)
                if isinstance(step, Result):
                    yield step.value
                    outcome = None
                else:
                    outcome = self._outcome(step)
        except StopIteration:
            return
        finally:
            flow.close()

    def _outcome(self, step: Step) -> Response | ConnectorError | None:
        """Do what a step asks for; return what came of it."""
        if isinstance(step, Wait):
            self._sleep(step.seconds)
            return None
        if isinstance(step, Acquire):
            step.lock.__enter__()
            return None
        try:
            return self.transport.send(step)
        except ConnectorError as error:
            return error
