"""Between places of a text and nodes of a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.documents.file import File
from openconnectors.engine.documents.pointers import escape


class Span(Struct, frozen=True):
    """A part of a line: line and columns from 0, in characters."""

    line: int
    start: int
    end: int


class Cursor(Struct, frozen=True):
    """What a place of a text is in: the node by its pointer, and whether the place is on its key."""

    pointer: str
    on_key: bool


_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'|[\[\]{},]|[^\s,\[\]{}#:]+(?:(?::(?!\s|$)|[ #](?!#|\s))[^\s,\[\]{}:]+)*'
)
"""What begins at a column: a text in quotes, a bracket, or a plain text up to what ends it in YAML."""


def span(lines: list[str], line: int, column: int) -> Span:
    """What stands at a line and column, from 1: at least one character, and nothing beyond the line."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    match = _TOKEN.match(text, column - 1)
    end = match.end() if match is not None else len(text.rstrip())
    return Span(line - 1, column - 1, max(end, column))


def cursor(file: File, line: int, column: int) -> Cursor:
    """The node at a line and column, from 1."""
    at, pointer, node, on_key = (line, column), "", file.root, False
    while True:
        below = _last_before(file, pointer, node, at)
        if below is None:
            return Cursor(pointer, on_key)
        pointer, node = below
        on_key = file.place(pointer, False) > at and file.place(pointer, True) != file.place(pointer, False)
        if on_key:
            return Cursor(pointer, True)


def _last_before(file: File, pointer: str, node: Any, at: tuple[int, int]) -> tuple[str, Any] | None:
    """The last of the members or items of a node that begins at a place or before it; None if none does."""
    members = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    last, begins = None, (0, 0)
    for name, value in members:
        below = f"{pointer}/{escape(name)}"
        place = file.place(below, isinstance(node, Mapping))
        if begins <= place <= at:
            last, begins = (below, value), place
    return last
