"""From a response to its value: the last step of ``engine.fast``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fast.declined import DECLINED
from openconnectors.engine.http import Response
from openconnectors.engine.plan.plan import Plan

Reader: TypeAlias = Callable[[Response], Any]
"""The value of a response; ``DECLINED`` if it is not a plain success."""


def reader(plan: Plan, mode: str) -> Reader:
    """What reads the responses of an operation."""

    def read(response: Response) -> Any:
        if not 200 <= response.status < 300 or response.deviations:
            return DECLINED
        try:
            whole = plan.read(response, mode)
        except ConnectorError:
            return DECLINED
        return DECLINED if whole.deviations else whole.value

    return read
