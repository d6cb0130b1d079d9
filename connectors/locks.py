"""One process at a time: a lock that is a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _taken(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


_PAUSE = 0.02


@contextmanager
def locked(path: Path, seconds: float = 60.0) -> Iterator[None]:
    """Holds the lock of a file, which is made where it is missing and stays; it ends with the process that holds it.

    ``TimeoutError``, which is an ``OSError`` as any other here, where another process does not let go of it in time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + seconds
    with path.open("ab") as file:
        while not _taken(file):
            if time.monotonic() > end:
                raise TimeoutError(f"{path} is held by another process")
            time.sleep(_PAUSE)
        yield
