"""How far a run is, for whoever shows it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Sized
from typing import TypeAlias, TypeVar

Progress: TypeAlias = Callable[[int, int | None], object]
"""What is called with the number of outcomes there are, and that of rows, if they have a length."""

Item = TypeVar("Item")


def observed(outcomes: Iterator[Item], rows: Iterable[object], progress: Progress) -> Iterator[Item]:
    """The outcomes; ``progress`` is called at the beginning and after each."""
    total = len(rows) if isinstance(rows, Sized) else None
    progress(0, total)
    try:
        for done, outcome in enumerate(outcomes, 1):
            progress(done, total)
            yield outcome
    finally:
        if isinstance(outcomes, Generator):
            outcomes.close()


async def observed_awaited(
    outcomes: AsyncGenerator[Item, None], rows: Iterable[object], progress: Progress
) -> AsyncGenerator[Item, None]:
    """The same of outcomes that are awaited."""
    total, done = len(rows) if isinstance(rows, Sized) else None, 0
    progress(0, total)
    try:
        async for outcome in outcomes:
            done += 1
            progress(done, total)
            yield outcome
    finally:
        await outcomes.aclose()
