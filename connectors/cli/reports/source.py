"""The lines of files with findings, and where the text ends that a finding is about."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from openconnectors.engine.deferred import pattern

_TOKEN = pattern(
    r"""\"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[\[\]{},]|(?:[^\s,\]}:#]|:(?!\s|$)|(?<!\s)#|[ \t]+(?=[^\s#,\]}:]))+"""
)
"""A string in quotes, a bracket, or a plain scalar up to what ends it in a line, of JSON or YAML."""


_TEXTS: dict[str, bytes] = {}


def show_texts(texts: Mapping[Path, bytes]) -> None:
    """Show these texts from now on in place of what files of their names hold."""
    _TEXTS.clear()
    _TEXTS.update({str(path): data for path, data in texts.items()})


def lines_of(file: str) -> list[str]:
    """The lines of a file; none if it cannot be read."""
    if file in _TEXTS:
        return _lines(_TEXTS[file])
    try:
        return _lines_at(os.path.abspath(file), os.stat(file).st_mtime_ns)
    except (OSError, ValueError):
        return []


@cache
def _lines_at(path: str, time: int) -> list[str]:
    """The lines of a file as it was at a time: in one process it may change between two reports."""
    return _lines(Path(path).read_bytes())


def _lines(data: bytes) -> list[str]:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    if encoding == "utf-8-sig" and b"\0" in data[:1024]:
        return []  # an image has no lines to show
    return data.decode(encoding, "replace").split("\n")


def end_of(file: str, line: int, column: int) -> int | None:
    """The column after the text at a place, in the same line; None if there is none."""
    lines = lines_of(file)
    if not 0 < line <= len(lines):
        return None
    token: re.Match[str] | None = _TOKEN.match(lines[line - 1].rstrip("\r"), column - 1)
    return token.end() + 1 if token is not None else None
