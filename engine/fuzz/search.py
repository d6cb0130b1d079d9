"""The search for an example that fails, and for the smallest one: by Hypothesis for drawn examples, by halves for
boundaries.

A tester is a function that tries one example: it stores the failure in a ``Smallest`` and raises ``CheckFailed``.
Hypothesis shrinks whatever raises, so the last failure that is stored is the smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Flaky, Unsatisfiable

from openconnectors.engine.fuzz.failures import Failure
from openconnectors.engine.fuzz.strategies import Strategy


class CheckFailed(Exception):
    """An example fails a check."""


class Smallest:
    """The latest failure of a search."""

    def __init__(self) -> None:
        self.failure: Failure | None = None

    def fail(self, failure: Failure) -> NoReturn:
        """Keep a failure, and raise ``CheckFailed``."""
        self.failure = failure
        raise CheckFailed(failure.check)


def search(
    try_example: Callable[[Any], None], strategy: Strategy, examples: int, random_seed: int, smallest: Smallest
) -> Failure | None:
    """The smallest failure among so many examples of a strategy; None if none fails."""

    @seed(random_seed)
    @limited(examples)
    @given(strategy)
    def run(example: Any) -> None:
        try_example(example)

    return smallest_of(run, smallest)


def limited(examples: int, steps: int = 1) -> settings:
    """The settings of a search: so many examples, of at most so many steps, shrunk; nothing is kept or printed."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )


def smallest_of(run: Callable[[], None], smallest: Smallest) -> Failure | None:
    """The smallest failure of a search that is run; None if nothing fails, or no example can be made."""
    try:
        run()
    except (CheckFailed, Flaky):  # Flaky: a service with state need not fail twice
        return smallest.failure
    except Unsatisfiable:
        return None
    return None


def shrink(try_call: Callable[[Mapping[str, Any], str | None], None], failure: Failure, smallest: Smallest) -> Failure:
    """A failure with fewer and smaller arguments: each is left out if the call fails without it, else a number is moved
    towards 0, a text cut, as far as the same check fails."""
    best = dict(failure.arguments)

    def fails(arguments: Mapping[str, Any]) -> bool:
        try:
            try_call(arguments, failure.accept)
        except CheckFailed:
            return smallest.failure is not None and smallest.failure.check == failure.check
        return False

    def fails_with(name: str, value: Any) -> bool:
        return fails({**best, name: value})

    def fails_cut(name: str, text: str, length: int) -> bool:
        return fails_with(name, text[:length])

    for name, value in failure.arguments.items():
        if fails({key: other for key, other in best.items() if key != name}):
            del best[name]
        elif isinstance(value, int) and not isinstance(value, bool):
            best[name] = _nearest(0, value, partial(fails_with, name))
        elif isinstance(value, str) and len(value) > 1:
            best[name] = value[: _nearest(0, len(value), partial(fails_cut, name, value))]
    fails(best)
    return smallest.failure or failure


def _nearest(start: int, end: int, fails: Callable[[int], bool]) -> int:
    """The number nearest to ``start`` that fails, found by halves; ``end`` is known to fail, and so is whatever lies
    between it and a number that fails."""
    while start != end:
        middle = (start + end) // 2 if end > start else -((-start - end) // 2)
        if fails(middle):
            end = middle
        elif middle == start:
            return end
        else:
            start = middle + 1 if end > start else middle - 1
    return end
