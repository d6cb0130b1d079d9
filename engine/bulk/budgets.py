"""Budgets: how many calls there may be in a time, for all who share one; and what the service itself says of that.

The arithmetic is that of ``limits`` (extra ``bulk``): a moving window, in memory for the threads of a process, in Redis
for processes and machines.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from openconnectors.engine.errors import UnknownName
from openconnectors.engine.extras import require
from openconnectors.engine.flows import Flow, Wait

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import MovingWindowRateLimiter

MEMORY = "memory://"
_LEAST, _LONGEST = 0.001, 60.0
"""Seconds of a wait: the window of others moves meanwhile."""
_EPOCH = 1_000_000_000
"""A reset beyond this is a moment, not a number of seconds."""


class Budget:
    """So many calls in a time: ``Budget("10/second")``, ``Budget("100/minute;1000/hour")``. ``storage`` is where the
    calls are counted: ``memory://`` for the threads of this process, ``redis://HOST:PORT`` for all who name the same
    place and ``name``. It can be pickled."""

    def __init__(self, text: str, storage: str = MEMORY, name: str = "calls") -> None:
        require("a budget", "bulk", "limits")
        from limits import parse_many

        try:
            self._items = tuple(parse_many(text))
        except ValueError:
            raise UnknownName("budget", text, [], ' Write it as "10/second" or "100 per 60 seconds".') from None
        self._text, self._storage, self._name = text, storage, name

    def __reduce__(self) -> Any:
        return Budget, (self._text, self._storage, self._name)

    def __repr__(self) -> str:
        return f"Budget({self._text!r})"  # a storage may have a password in it

    def turn(self) -> Flow[None]:
        """Wait until another call fits in."""
        with _LOCK:  # limits opens no storage in several threads at once
            limiter = _limiter(self._storage)
        for item in self._items:
            while not limiter.hit(item, self._name):
                yield Wait(_wait_for(limiter, item, self._name))


def _wait_for(limiter: MovingWindowRateLimiter, item: RateLimitItem, name: str) -> float:
    reset = float(limiter.get_window_stats(item, name).reset_time)
    return min(max(reset - time.time(), _LEAST), _LONGEST)


_LOCK = threading.Lock()


@cache
def _limiter(storage: str) -> MovingWindowRateLimiter:
    from limits.storage import storage_from_string
    from limits.strategies import MovingWindowRateLimiter

    return MovingWindowRateLimiter(storage_from_string(storage))


_REMAINING = re.compile(r"(?i)\br(?:emaining)?\s*=\s*(\d+)")
_RESET = re.compile(r"(?i)\bt\s*=\s*(\d+)|\breset\s*=\s*(\d+)")


class ServiceLimit:
    """What the responses of a service say of how many more calls it takes: no row goes while that is none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def turn(self) -> Flow[None]:
        """Wait until the service takes calls again."""
        while (seconds := self._until - time.monotonic()) > 0:
            yield Wait(min(seconds, _LONGEST))

    def observe(self, headers: Mapping[str, str]) -> None:
        """Take note of the fields of a response."""
        seconds = exhausted(headers)
        if seconds is not None:
            with self._lock:
                self._until = max(self._until, time.monotonic() + seconds)


def exhausted(headers: Mapping[str, str]) -> float | None:
    """The seconds until more calls are taken, if the fields of a response say that there are none left: ``RateLimit``
    (draft-ietf-httpapi-ratelimit-headers), or ``RateLimit-Remaining`` and ``X-RateLimit-Remaining`` with their Reset,
    in seconds or as a moment."""
    together = headers.get("RateLimit", "")
    remaining, reset = _REMAINING.search(together), _RESET.search(together)
    if remaining and reset:
        return _seconds(reset[1] or reset[2]) if int(remaining[1]) == 0 else None
    for prefix in ("", "X-"):
        left, until = headers.get(f"{prefix}RateLimit-Remaining", ""), headers.get(f"{prefix}RateLimit-Reset", "")
        if left.strip() == "0" and until.strip().isdigit():
            return _seconds(until)
    return None


def _seconds(text: str) -> float:
    number = float(text)
    return max(number - time.time(), 0.0) if number > _EPOCH else number
