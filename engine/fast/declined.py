"""The answer of a step that leaves a call to the plan."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias


class Declined(Enum):
    """Has one member: type checkers then know what is left once it is ruled out by ``is``."""

    DECLINED = "declined"


DECLINED: Final = Declined.DECLINED
"""This is not the plain case."""

NotPlain: TypeAlias = Literal[Declined.DECLINED]
