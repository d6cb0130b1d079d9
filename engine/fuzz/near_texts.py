"""Texts near a text that matches a pattern: with a character less, more, or of another kind, at each of its runs.

A pattern says where digits, letters and separators stand and how many there are. What most checks by hand get wrong is
a count or a kind, so that a text is varied where one kind of character ends: ``ABC-0000`` has the runs ``ABC``, ``-``
and ``0000``. Which of these texts still match is for the caller to see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

_LONGEST = 2_000
_OTHER = {"digit": "x", "lower": "X", "upper": "x", "other": "x"}
"""A character of another kind than that of a run."""


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isalpha():
        return "lower" if character.islower() else "upper"
    return f"other {character}"


def near(text: str) -> Iterator[str]:
    """Texts that differ from a text in one character of a run: the counts of each first, then the kinds."""
    runs = _runs(text)
    for varied in (lambda run: run[:-1], lambda run: run + run[-1], _of_another_kind):
        for index, run in enumerate(runs):
            yield "".join([*runs[:index], varied(run), *runs[index + 1 :]])


def _runs(text: str) -> list[str]:
    return ["".join(group) for _, group in groupby(text, key=_kind)]


def _of_another_kind(run: str) -> str:
    kind = _kind(run[0])
    return run[:-1] + _OTHER.get(kind, "x")


def longest(text: str, is_legal: Callable[[str], bool], most: int | None) -> str:
    """The longest legal text that a text becomes by repeating characters of one of its runs, of at most so many."""
    top = min(most if most is not None else _LONGEST, _LONGEST)
    best = text
    runs = _runs(text)
    for index, run in enumerate(runs):
        before, after = "".join(runs[:index]), "".join(runs[index + 1 :])
        low, high = len(run), top - len(before) - len(after) + 1  # legal with low characters; not known with more
        while low + 1 < high:
            middle = low + 1 if low == len(run) else (low + high) // 2
            if is_legal(f"{before}{run}{run[-1] * (middle - len(run))}{after}"):
                low = middle
            else:
                high = middle
        grown = f"{before}{run}{run[-1] * (low - len(run))}{after}"
        best = max(best, grown, key=len)
    return best


def shortest(text: str, is_legal: Callable[[str], bool]) -> str:
    """The shortest legal text that a text becomes by leaving out the last characters of its runs."""
    best = text
    for index in reversed(range(len(_runs(text)))):
        while True:
            runs = _runs(best)
            if index >= len(runs):
                break
            shorter = "".join([*runs[:index], runs[index][:-1], *runs[index + 1 :]])
            if not is_legal(shorter):
                break
            best = shorter
    return best
