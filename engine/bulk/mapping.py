"""Rows to outcomes, over an executor of ``concurrent.futures`` or in coroutines."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from openconnectors.engine.bulk.keys import Keys
from openconnectors.engine.bulk.ledger import LedgerError
from openconnectors.engine.bulk.outcomes import Outcome
from openconnectors.engine.bulk.rows import Row, Terms
from openconnectors.engine.errors import Unsupported

WORKERS = 8
"""Threads of a run without an executor."""
_AHEAD = 64
"""Rows that are given to an executor before the outcome of the first is there."""

Carry = Callable[[Row, Terms], Outcome]
"""What comes of a row. For an executor of processes it can be pickled."""


def rows_of(rows: Iterable[Mapping[str, Any]], keys: Keys | None) -> Iterator[Row]:
    """The rows, numbered, with their keys."""
    for index, arguments in enumerate(rows):
        yield Row(index, arguments, keys.of(arguments) if keys is not None else "")


def outcomes(
    rows: Iterable[Mapping[str, Any]], carry: Carry, terms: Terms, keys: Keys | None, executor: Executor | None
) -> Iterator[Outcome]:
    """The outcomes of rows, in their order. If nobody wants more, rows that have not begun are left out."""
    pool = executor or ThreadPoolExecutor(WORKERS, thread_name_prefix="openconnectors")
    is_here = isinstance(pool, ThreadPoolExecutor)
    if not is_here:
        pickle.dumps(carry)  # raises TypeError for what must not leave this process
    waiting: deque[tuple[Row, Future[Outcome]]] = deque()
    source = rows_of(rows, keys)
    try:
        while True:
            while len(waiting) < _AHEAD and (row := next(source, None)) is not None:
                waiting.append((row, pool.submit(carry, row, terms)))
            if not waiting:
                return
            row, future = waiting.popleft()
            yield future.result() if is_here else _settled(row, future, terms)
    finally:
        for _, future in waiting:
            future.cancel()
        if executor is None:
            pool.shutdown(wait=True)
        if keys is not None:
            keys.close()


def _settled(row: Row, future: Future[Outcome], terms: Terms) -> Outcome:
    """The outcome of a row; if whoever had it is gone, what the ledger knows."""
    try:
        return future.result()
    except LedgerError:
        raise
    except Exception as error:  # noqa: BLE001 - an executor raises its own errors for a worker that was killed
        reason = f"its worker is gone: {type(error).__name__}"
    known = terms.ledger.claim(row.key, repeatable=False) if terms.ledger is not None else None
    if known is not None:
        return Outcome(row.index, row.arguments, known.state, known.value, None, known.reason or reason)
    if terms.ledger is not None:
        terms.ledger.write(row.key, "unsent", None, reason)
        return Outcome(row.index, row.arguments, "unsent", None, None, reason)
    return Outcome(row.index, row.arguments, "unknown", None, None, reason)


def check_executor(executor: Executor | None, *, has_ledger: bool, repeatable: bool) -> None:
    """Raise ``Unsupported`` for an executor that may run a row again without anybody knowing: those of
    ``concurrent.futures`` do not."""
    if executor is None or has_ledger or repeatable or type(executor).__module__.startswith("concurrent."):
        return
    raise Unsupported(
        f"{type(executor).__name__} may run a row again if its worker is lost, and the request must not be repeated; "
        "give ledger=, a file that all its workers see"
    )
