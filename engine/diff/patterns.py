"""Texts that tell two patterns apart, made by hypothesis if it is installed (extras ``sandbox`` and ``fuzz``)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from openconnectors.engine.values.patterns import engine_of

_LIKELY = (
    "a",
    "A",
    "0",
    "a1",
    "abc",
    "ABC",
    "12345",
    "a b",
    "a-b",
    "a_b",
    "a.b",
    "ä",
    "x" * 50,
    "a\n",
    "2026-01-31",
    "",
)


@lru_cache(1024)
def differing(old: str | None, new: str) -> str | None:
    """A text that the old pattern matches (None: any text) and the new one does not; None if there is probably none.
    Empty if that cannot be decided: a pattern is read by no engine, or hypothesis is not installed."""
    first, second = engine_of(old) if old is not None else None, engine_of(new)
    if second is None or (first is None and old is not None):
        return ""

    def tells(text: str) -> bool:
        return (first is None or first.finds(text)) and not second.finds(text)

    likely = next(filter(tells, _LIKELY), None)
    return likely if likely is not None or old is None else _drawn(old, tells)


@lru_cache(1024)
def matching(pattern: str) -> str | None:
    """A text that a pattern matches; None if none is known."""
    engine = engine_of(pattern)
    if engine is None:
        return None
    plain = pattern.strip("^$").replace("\\", "")
    return next(filter(engine.finds, (plain, f"{plain}1", *_LIKELY)), None) or _drawn(pattern, engine.finds) or None


def _drawn(pattern: str, tells: Callable[[str], bool]) -> str | None:
    """A text made from a pattern that a condition holds for; None if there is probably none, empty if none can be
    made."""
    try:
        from hypothesis import HealthCheck, Phase, find, settings
        from hypothesis import strategies as st
        from hypothesis.errors import HypothesisException, NoSuchExample
    except ImportError:
        return ""
    quiet = settings(
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        max_examples=100,
        suppress_health_check=list(HealthCheck),
    )
    try:
        printable = st.characters(min_codepoint=32, max_codepoint=126)
        return find(st.from_regex(pattern, fullmatch=True, alphabet=printable), tells, settings=quiet)
    except NoSuchExample:
        return None
    except (HypothesisException, re.error, ValueError, OverflowError, NotImplementedError, RecursionError):
        return ""
