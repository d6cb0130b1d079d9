"""Many documents, or the parts of a large one, checked in as many processes as there are processors.

Rule 1. The process that was started is the only one that a user sees: workers print nothing, leave Ctrl-C to it, and
end when it ends, even if it was killed.

Rule 2. An interrupted check waits for nothing: workers are killed. No thread and no queue is between the processes, so
that nothing is left that could still report of their end; each worker has a pipe, by which it is sent the numbers of
documents and sends their findings back.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectorError

if TYPE_CHECKING:
    import multiprocessing
    from multiprocessing import connection, process
else:
    multiprocessing = module("multiprocessing")
    connection = module("multiprocessing.connection")

Item = TypeVar("Item")
Result = TypeVar("Result")

_PER_PROCESS = 12
"""Items for which starting a process is worth it."""
_AHEAD = 2
"""Numbers that a worker has at once, so that it need not wait for the next."""
_SIGNALS = {signal.SIGINT, signal.SIGTERM}


def each(
    function: Callable[[Item], Result], items: Sequence[Item], per_process: int = _PER_PROCESS
) -> Iterator[Result]:
    """What a function returns for each item, in their order; so many that there are some ``per_process`` are computed
    in several processes. Raise what the function raises, and ``ConnectorError`` if a process was killed."""
    count = min(os.cpu_count() or 1, len(items) // per_process)
    if count < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(function, items)
        return
    workers: list[_Worker[Result]] = []
    try:
        for _ in range(count):
            workers.append(_started(function, items))
        yield from _collected(workers, len(items))
    finally:
        for worker in workers:
            worker.stop()


class _Worker(Struct, Generic[Result]):
    """A process that computes results, and the pipe to it."""

    process: process.BaseProcess
    pipe: connection.Connection[int, tuple[int, Result | None, BaseException | None]]

    def stop(self) -> None:
        """Kill the process: it has nothing to finish."""
        self.pipe.close()
        self.process.kill()
        self.process.join()


def _started(function: Callable[[Item], Result], items: Sequence[Item]) -> _Worker[Result]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    worker = context.Process(target=_work, args=(function, items, theirs), daemon=True)
    # A worker must not receive a signal before _work has set its handlers: it starts with them blocked.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        worker.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        theirs.close()
    return _Worker(worker, ours)


def _collected(workers: Sequence[_Worker[Result]], count: int) -> Iterator[Result]:
    """The results in the order of their numbers; each worker gets the next number when it has a result."""
    waiting = deque(range(count))
    by_pipe = {worker.pipe: worker for worker in workers}
    early: dict[int, Result] = {}
    try:
        for _ in range(_AHEAD):
            for worker in workers:
                _send_next(worker, waiting)
        for number in range(count):
            while number not in early:
                for pipe in connection.wait(list(by_pipe)):
                    worker = by_pipe[pipe]  # type: ignore[index]
                    index, result, error = worker.pipe.recv()
                    if error is not None:
                        raise error
                    early[index] = result  # type: ignore[assignment]
                    _send_next(worker, waiting)
            yield early.pop(number)
    except (EOFError, ConnectionError):
        raise ConnectorError("a process that checks documents was killed; it may have needed too much memory") from None


def _send_next(worker: _Worker[Result], waiting: deque[int]) -> None:
    if waiting:
        worker.pipe.send(waiting.popleft())


def _work(function: Callable[[Item], Result], items: Sequence[Item], pipe: connection.Connection) -> None:
    """Send a result for each number that is received, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    while True:
        try:
            number = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        reply: tuple[int, Result | None, BaseException | None]
        try:
            reply = number, function(items[number]), None
        except Exception as error:  # noqa: BLE001 - it is raised where somebody can report it
            reply = number, None, error
        try:
            pipe.send(reply)
        except OSError:
            os._exit(0)
        except Exception as error:  # noqa: BLE001 - an exception that cannot be pickled
            pipe.send((number, None, RuntimeError(f"{type(error).__name__}: {error}")))


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
