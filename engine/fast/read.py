"""From a response to its value: the last step of ``engine.fast``.

Which checks there are is known to the plan (``Responses.plain``); here is kept what it compiles for each status and
Content-Type that came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fast.declined import DECLINED
from openconnectors.engine.http import Response
from openconnectors.engine.plan.plan import Plan

Reader: TypeAlias = Callable[[Response], Any]
"""Gives the value of a response; ``DECLINED`` if anything in it is not as the document says. It never raises."""

_MAX_KEPT = 64
"""Statuses and Content-Types that are kept: they are the service's words, each may be another."""


def reader(plan: Plan, validate: str) -> Reader:
    """What reads the responses of an operation, by the option ``validate_responses``."""
    known: dict[tuple[int, str], Callable[[Response], Any] | None] = {}

    def compiled(key: tuple[int, str]) -> Callable[[Response], Any] | None:
        try:
            read_plainly = plan.responses.plain(*key, validate)
        except ConnectorError:  # of a policy that cannot be compiled
            read_plainly = None
        if len(known) < _MAX_KEPT:
            known[key] = read_plainly
        return read_plainly

    def read(response: Response) -> Any:
        if response.deviations or response.stream is not None:
            return DECLINED
        key = (response.status, response.headers.get("Content-Type", ""))
        read_plainly = known[key] if key in known else compiled(key)
        if read_plainly is None:
            return DECLINED
        try:
            return read_plainly(response)
        except (ValueError, RecursionError):
            return DECLINED

    return read
