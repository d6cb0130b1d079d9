"""How the time of a piece of work grows with its input, measured so that a loaded machine does not decide."""

from __future__ import annotations

import time
from collections.abc import Callable

ROUNDS = 8


def growth(small: Callable[[], object], large: Callable[[], object], limit: float) -> float:
    """How many times the processor time of small large takes: the shortest of up to eight rounds of each.

    The rounds end with the first that is below the limit: noise only ever adds time, so work that grows as it should
    gets below it in a quiet round, and work that grows faster never does.
    """
    shortest = [float("inf"), float("inf")]
    for _ in range(ROUNDS):
        for index, work in enumerate((small, large)):
            began = time.process_time()
            work()
            shortest[index] = min(shortest[index], time.process_time() - began)
        if shortest[1] < limit * shortest[0]:
            break
    return shortest[1] / shortest[0]
