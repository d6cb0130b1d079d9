"""``operation.map``: one operation for many rows, blocking and awaited."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Literal, Protocol

from msgspec import Struct

from openconnectors.engine.bulk.budgets import Budget, ServiceLimit
from openconnectors.engine.bulk.keys import Key, Keys
from openconnectors.engine.bulk.ledger import Ledger
from openconnectors.engine.bulk.mapping import check_executor, outcomes, rows_of
from openconnectors.engine.bulk.outcomes import Outcome
from openconnectors.engine.bulk.progress import Progress, observed, observed_awaited
from openconnectors.engine.bulk.rows import Row, Terms, outcome_of
from openconnectors.engine.call.async_runner import AsyncRunner
from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.errors import Unsupported
from openconnectors.engine.plan.request import SAFE
from openconnectors.engine.transports.event_loops import Asyncio, running

Rows = Iterable[Mapping[str, Any]]


class BlockingOperation(Protocol):
    """What a run needs of an operation, which can be pickled."""

    __calls__: Calls
    __runner__: Runner


class Choices(Struct, frozen=True):
    """How rows are sent, as callers give it."""

    ledger: str | Path | Ledger | None = None
    limit: str | Budget | Literal[False] | None = None
    key: Key | None = None
    progress: Progress | None = None

    def terms(self, calls: Calls) -> Terms:
        """What the rows have in common. ``UnknownName`` for a budget that is not one."""
        ledger = self.ledger if self.ledger is None or isinstance(self.ledger, Ledger) else Ledger(self.ledger)
        return Terms(ledger, tuple(self._budgets(calls)))

    def _budgets(self, calls: Calls) -> Iterator[Budget]:
        """The caller's budget, or those of the document: of the service, and of the operation."""
        service, operation = calls.connected.name, f"{calls.connected.name}/{calls.plan.operation.id}"
        if isinstance(self.limit, str):
            yield Budget(self.limit, name=operation)
        elif self.limit is None:
            if calls.connected.service.limit:
                yield Budget(calls.connected.service.limit, name=service)
            if calls.plan.operation.limit:
                yield Budget(calls.plan.operation.limit, name=operation)
        elif self.limit is not False:
            yield self.limit

    def keys(self, calls: Calls) -> Keys | None:
        """The keys of the rows, if there is a ledger."""
        if self.ledger is None:
            return None
        return Keys(calls.connected.name, calls.plan.operation.id, self.key)


class _Carry:
    """Carries out rows of an operation; in another process with a connector that is loaded there."""

    def __init__(self, operation: BlockingOperation) -> None:
        self._operation = operation
        self._limit = ServiceLimit()

    def __reduce__(self) -> Any:
        return _Carry, (self._operation,)

    def __call__(self, row: Row, terms: Terms) -> Outcome:
        operation = self._operation
        return operation.__runner__.run(outcome_of(operation.__calls__, row, terms, self._limit))


def mapped(operation: BlockingOperation, rows: Rows, executor: Executor | None, choices: Choices) -> Iterator[Outcome]:
    """The outcomes of rows in their order, over an executor or threads."""
    calls = operation.__calls__
    check_executor(
        executor, has_ledger=choices.ledger is not None, repeatable=calls.plan.operation.method.upper() in SAFE
    )
    results = outcomes(rows, _Carry(operation), choices.terms(calls), choices.keys(calls), executor)
    return results if choices.progress is None else observed(results, rows, choices.progress)


def mapped_awaited(
    calls: Calls, runner: AsyncRunner, rows: Rows, concurrency: int, choices: Choices
) -> AsyncGenerator[Outcome, None]:
    """The outcomes of rows in their order, so many at once."""
    results = _awaited(calls, runner, rows, concurrency, choices)
    return results if choices.progress is None else observed_awaited(results, rows, choices.progress)


async def _awaited(
    calls: Calls, runner: AsyncRunner, rows: Rows, concurrency: int, choices: Choices
) -> AsyncGenerator[Outcome, None]:
    if not isinstance(running(), Asyncio):
        raise Unsupported("map of awaited operations runs under asyncio; under trio start the calls in a nursery")
    import asyncio

    terms, keys, limit = choices.terms(calls), choices.keys(calls), ServiceLimit()
    tasks: deque[asyncio.Task[Outcome]] = deque()
    source = rows_of(rows, keys)
    try:
        while True:
            while len(tasks) < concurrency and (row := next(source, None)) is not None:
                tasks.append(asyncio.create_task(runner.run(outcome_of(calls, row, terms, limit))))
            if not tasks:
                return
            yield await tasks.popleft()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if keys is not None:
            keys.close()
