"""Progress of long work, on the terminal of standard error only.

::

    from openconnectors.progress import Bar

    with Bar("letters") as bar:
        for outcome in post.send.map(rows, progress=bar):
            ...

Nothing is drawn into a pipe, on a machine that builds (``CI`` is set), on a terminal that cannot be drawn on
(``TERM=dumb``), and for work that is done at once. rich draws, and is imported when there is something to draw.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TextIO, TypeVar

from openconnectors.engine.extras import require

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Item = TypeVar("Item")

_QUIET = 0.5
"""Seconds of work before something is drawn."""
_BETWEEN = 0.1
"""Seconds between two drawings. Nobody else draws: a thread would be in the way of processes that are forked."""


class Bar:
    """A bar for work on things of a kind. It is called with how many are done, and of how many if that is known."""

    def __init__(self, kind: str, stream: TextIO | None = None) -> None:
        self._kind = kind
        self._stream = stream
        self._begin = self._drawn = time.monotonic()
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        self._begin = time.monotonic()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar[0].stop()
            self._bar = None

    def __call__(self, done: int, total: int | None = None) -> None:
        """Draw how far the work is, if something was drawn long enough ago."""
        now = time.monotonic()
        if now - self._drawn < _BETWEEN or now - self._begin < _QUIET or not self._is_drawn():
            return
        self._drawn = now
        progress, task = self._bar = self._bar or self._started(total)
        progress.update(task, completed=done, total=total, refresh=True)

    def over(self, items: Iterable[Item], total: int | None = None) -> Iterator[Item]:
        """The items; each is counted when the next is wanted."""
        for done, item in enumerate(items):
            self(done, total)
            yield item

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """A context in which nothing is drawn, so that something else can be printed."""
        if self._bar is None:
            yield
            return
        self._bar[0].stop()
        try:
            yield
        finally:
            self._bar[0].start()

    def _is_drawn(self) -> bool:
        stream = self._stream or sys.stderr
        return stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"

    def _started(self, total: int | None) -> tuple[Progress, TaskID]:
        require("openconnectors.progress", "cli", "rich")
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns: list[Any] = [MofNCompleteColumn(), TextColumn(self._kind), BarColumn(), TimeElapsedColumn()]
        progress = Progress(
            *columns,
            console=Console(file=self._stream or sys.stderr),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        task = progress.add_task("", total=total)
        progress.start()
        return progress, task
