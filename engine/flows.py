"""Flows: generators that say what must be done next, and are sent what came of it.

Rule 1. A flow has no socket and never sleeps; the seconds of a call are counted by the runner's clock. It yields a
``Request`` and is sent its ``Response`` (a failure of the network is thrown into it); it yields a ``Wait`` and goes on
that much later; it yields an ``Acquire`` and goes on once it holds the lock. So blocking, async and dry runs are loops
of a few lines over the same flows (``call.runner`` is the blocking one).

Rule 2. A flow returns one result. A verb with several results (pages, items, events) is a flow that also yields each
as a ``Result``: an iterator over the results stops there until the next one is wanted.

Rule 3. Flows nest by ``yield from``. Whoever wraps a request (retries, redirects, authentication) takes the flow that
sends it as a function, ``Send``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Request, Response

T = TypeVar("T")
Yielded = TypeVar("Yielded")


class Wait(Struct, frozen=True):
    """Continue after so many seconds."""

    seconds: float


class Acquire(Struct, frozen=True):
    """Continue once the lock is entered. The flow leaves it (``lock.__exit__``) itself.

    Entering may block (a lock between threads, or between processes): an async runner does it in a thread.
    """

    lock: AbstractContextManager[object]


class Result(Struct, Generic[T], frozen=True):
    """One of the results of a flow that has several."""

    value: T


Step: TypeAlias = Request | Wait | Acquire
Flow: TypeAlias = Generator[Step, Response, T]
Results: TypeAlias = Generator[Step | Result[T], Response, None]
Send: TypeAlias = Callable[[Request], Flow[Response]]


def advance(flow: Generator[Yielded, Response, T], outcome: Response | ConnectorError | None) -> Yielded:
    """The next step of a flow after the outcome of the last: a response, an error, or nothing (a wait, a result).

    Raise ``StopIteration`` with the flow's result at its end. No runner needs more of a flow than this.
    """
    if outcome is None:
        return next(flow)
    return flow.throw(outcome) if isinstance(outcome, ConnectorError) else flow.send(outcome)


def collected(flow: Results[T]) -> Flow[list[T]]:
    """All results of a flow that has several, as the one result of a flow."""
    values: list[T] = []
    outcome: Response | ConnectorError | None = None
    try:
        while True:
            step = advance(flow, outcome)
            outcome = None
            if isinstance(step, Result):
                values.append(step.value)
                continue
            try:
                outcome = yield step
            except ConnectorError as error:
                outcome = error
    except StopIteration:
        return values
