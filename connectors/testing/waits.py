"""Waits that take no time: the clock of a call goes on by as much instead."""

from __future__ import annotations

import time


class SkippedWaits:
    """A clock that goes on by itself, and by the seconds of each wait at once. Waits between attempts, and between
    questions for a state, then take no time, and the time of a call ends as it would."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        """The waits that were skipped, in seconds."""

    def clock(self) -> float:
        """The seconds since any moment, with those that were skipped."""
        return time.monotonic() + sum(self.seconds)

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self.seconds.append(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """As ``sleep``, for a coroutine."""
        self.seconds.append(seconds)
