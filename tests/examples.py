"""How many examples laws try: few in every run, many in long ones."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pytest

LONG = float(os.environ.get("LONG") or 0)
"""The part of the long run that is wanted: ``make long`` has 1, ``make long LONG=0.3`` a third; 0 is the fast run."""


def examples(few: int, many: int) -> int:
    """The number of examples: few, or in a long run the part of many that is wanted."""
    return max(few, int(many * LONG)) if LONG else few


def spread(cases: Iterable[Any], every: int) -> list[Any]:
    """Cases of which each ``every``-th is of the fast run, the others of the long one."""
    return [
        case if index % every == 0 else pytest.param(case, marks=pytest.mark.long) for index, case in enumerate(cases)
    ]
