"""A real terminal as the standard streams of this process."""

from __future__ import annotations

import os
import pty
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What selects a colour."""
_DRAWING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r(?!\n)")


class Terminal:
    """What was written to a terminal, once it is closed."""

    text = ""

    @property
    def plain(self) -> str:
        """The text without what draws: colours, places."""
        return _DRAWING.sub("", self.text)


@contextmanager
def terminal() -> Iterator[Terminal]:
    """A terminal as standard output and standard error."""
    ours, its = pty.openpty()
    pieces: list[bytes] = []
    written = Terminal()

    def read() -> None:
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux, when the other side is closed
                return
            pieces.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    with os.fdopen(its, "w", encoding="utf-8") as stream, redirect_stdout(stream), redirect_stderr(stream):
        yield written
    reader.join(30)
    os.close(ours)
    written.text = b"".join(pieces).decode().replace("\r\n", "\n")
