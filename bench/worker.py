"""A process that measures one client, by the lines of its standard input.

    python -m bench.worker CLIENT URL [CERTIFICATE]

Its first line of output is about the cold start: CPU seconds from before the client's import to its first answer, and
the peak of memory in MiB. Then each line of input, a list in JSON of the name of a call, a number of calls, and how
many threads or tasks make them, is answered by a line with the seconds of CPU and of the clock that they took.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.clients import AWAITED, BLOCKING

Measure = Callable[[str, int, int], tuple[float, float]]
"""Makes so many calls of a name at once as told, and returns seconds of CPU and of the clock."""


def peak() -> float:
    """The most memory that this process has had, in MiB."""
    status = Path("/proc/self/status")  # getrusage counts what the process that started this one had
    return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) / 1024 if status.exists() else 0.0  # type: ignore[index]


def repeated(call: Callable[[], Any], count: int) -> None:
    """Call so many times."""
    for _ in range(count):
        call()


def blocking(calls: Any) -> Measure:
    """A measure of calls that return values."""

    def measure(name: str, count: int, threads: int) -> tuple[float, float]:
        call = calls[name]
        if threads == 1:
            cpu, clock = time.process_time(), time.perf_counter()
            repeated(call, count)
            return time.process_time() - cpu, time.perf_counter() - clock
        pool = [threading.Thread(target=repeated, args=(call, count // threads)) for _ in range(threads)]
        cpu, clock = time.process_time(), time.perf_counter()
        for thread in pool:
            thread.start()
        for thread in pool:
            thread.join()
        return time.process_time() - cpu, time.perf_counter() - clock

    return measure


def awaited(calls: Any, runner: asyncio.Runner) -> Measure:
    """A measure of calls that are awaited."""

    async def repeat(call: Callable[[], Any], count: int) -> None:
        for _ in range(count):
            await call()

    async def together(call: Callable[[], Any], count: int, tasks: int) -> None:
        await asyncio.gather(*(repeat(call, count // tasks) for _ in range(tasks)))

    def measure(name: str, count: int, tasks: int) -> tuple[float, float]:
        cpu, clock = time.process_time(), time.perf_counter()
        runner.run(repeat(calls[name], count) if tasks == 1 else together(calls[name], count, tasks))
        return time.process_time() - cpu, time.perf_counter() - clock

    return measure


def opened(client: str, url: str, certificate: str | None) -> tuple[Any, Measure]:
    """The calls of a client, and how they are measured."""
    if client in BLOCKING:
        calls = BLOCKING[client](url, certificate)
        return calls, blocking(calls)
    runner = asyncio.Runner()
    calls = runner.run(AWAITED[client](url, certificate))
    return calls, awaited(calls, runner)


def main(arguments: list[str]) -> int:
    """Measure what the input names; return 0."""
    client, url, certificate = (*arguments, None)[:3]
    assert client is not None
    assert url is not None
    cpu, clock = time.process_time(), time.perf_counter()
    calls, measure = opened(client, url, certificate)
    measure("send", 1, 1)
    seconds = time.process_time() - cpu, time.perf_counter() - clock
    print(json.dumps({"cold": seconds, "peak": peak(), "calls": list(calls)}), flush=True)
    for line in sys.stdin:
        name, count, width = json.loads(line)
        gc.collect()
        gc.freeze()  # a collection of everything that happens to fall into one run is not its cost
        print(json.dumps(measure(name, count, width)), flush=True)
    os._exit(0)  # clients are not closed, and some would wait for that


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
