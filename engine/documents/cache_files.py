"""Files of a cache: read if they are whole and our own, written as a whole or not at all.

Rule 1. What is read decides where credentials go. So a folder and a file count only if they belong to the user and
nobody else may write to them, and a file only if its digest is that of its content under its key: one that is torn, or
was made for something else, does not exist.
Rule 2. No fault of a file or a folder is an error: without a cache everything works, and takes longer.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

try:
    from _blake2 import blake2b  # where hashlib has it from, which loads OpenSSL: that takes longer than all of this
except ImportError:
    from hashlib import blake2b

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of a file that is read or written: more is slower than what it saves."""
MAX_FILES = 256
"""Files that are kept in a folder; those that were written first go first."""
SUFFIX = ".service"
_PART = ".part"
_OLD_PART = 3600
"""Seconds after which a file that is being written was left behind."""
_DIGEST = 32
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_USER: Callable[[], int] | None = getattr(os, "geteuid", None)
"""None where files have no such owners (Windows): there the folder is in the user's profile."""


def digest(*texts: bytes) -> bytes:
    """The digest of texts, each with its length before it."""
    sum_of = blake2b(digest_size=_DIGEST)
    for text in texts:
        sum_of.update(len(text).to_bytes(8, "big"))
        sum_of.update(text)
    return sum_of.digest()


def content_of(path: Path) -> bytes | None:
    """The bytes of a regular file that is not too large; None for any other."""
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError):  # a name may hold NUL
        return None
    return data if len(data) <= MAX_BYTES else None


def read(folder: Path, key: bytes, *, shipped: bool = False) -> bytes | None:
    """What is kept under a key; None if nothing is. ``shipped``: the folder came with the program, and belongs to
    whoever installed it."""
    try:
        descriptor = os.open(_file(folder, key), os.O_RDONLY | _FLAGS)
    except (OSError, ValueError):
        return None
    try:
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_BYTES:
                return None
            if not shipped and not (_is_own(state) and _is_own(os.stat(folder))):
                return None
            data = file.read(MAX_BYTES)
    except OSError:
        return None
    content = data[_DIGEST:]
    return content if data[:_DIGEST] == digest(key, content) else None


def write(folder: Path, key: bytes, content: bytes) -> None:
    """Keep something under a key, if that can be done."""
    if len(content) + _DIGEST > MAX_BYTES:
        return
    with suppress(OSError, ValueError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_own(os.stat(folder)):
            _write(_file(folder, key), digest(key, content) + content)
            _prune(folder)


def _file(folder: Path, key: bytes) -> str:
    return os.path.join(folder, key.hex() + SUFFIX)


def _is_own(state: os.stat_result) -> bool:
    """Whether a file or folder is the user's, and only the user may write to it."""
    return _USER is None or (state.st_uid == _USER() and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _write(file: str, data: bytes) -> None:
    """Replace a file as a whole."""
    part = f"{file}.{os.urandom(8).hex()}{_PART}"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        os.replace(part, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def _prune(folder: Path) -> None:
    """Delete the files that were written first, if there are too many, and parts that were left behind."""
    with os.scandir(folder) as entries:
        files = [(entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in entries]
    kept = sorted(file for file in files if file[1].endswith(SUFFIX))
    stale = kept[: max(0, len(kept) - MAX_FILES)]
    if kept:
        stale += [file for file in files if file[1].endswith(_PART) and file[0] < kept[-1][0] - _OLD_PART]
    for _, path in stale:
        with suppress(OSError):
            os.unlink(path)
