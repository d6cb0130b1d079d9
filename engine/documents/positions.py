"""Line and column of every node of a text.

The reader of YAML events notes positions as it goes (``Recorded``). JSON is read by the ``json`` module, which notes
none: ``JsonPositions`` finds them by the tokens of the text when the first diagnostic asks, many times faster than a
stream of events would.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Protocol

from msgspec import Struct, field

from openconnectors.engine.documents.pointers import escape

Position = tuple[int, int]
"""Line and column, both from 1."""


class Positions(Protocol):
    """Finds nodes of one text."""

    def position(self, pointer: str, key: bool) -> Position | None:
        """Where a node (or its key) begins; None if there is no such node."""


class Recorded(Struct):
    """Positions that a reader has noted, by pointer."""

    keys: dict[str, Position] = field(default_factory=dict)
    values: dict[str, Position] = field(default_factory=dict)

    def position(self, pointer: str, key: bool) -> Position | None:
        """Where a node (or its key) begins; None if there is no such node."""
        return (self.keys.get(pointer) if key else None) or self.values.get(pointer)


_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
"""A token of JSON: a string, a structural character, or a number or literal name (RFC 8259 section 2)."""


class JsonPositions:
    """Positions in a JSON text that ``json`` has accepted."""

    def __init__(self, text: str) -> None:
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._keys: dict[str, int] = {}
        self._values: dict[str, int] = {}
        self._scan(text)

    def _scan(self, text: str) -> None:
        keys, values = self._keys, self._values
        enclosing: list[tuple[str, int]] = []
        container, index = "", 0  # the collection that is open, by its pointer; index -1 for an object
        pointer, expects_key = "", False  # of the next value; whether a key comes next
        for match in _TOKEN.finditer(text):
            token = match[0]
            first = token[0]
            if first == ":":
                continue
            if first == ",":
                if index < 0:
                    expects_key = True
                else:
                    index += 1
                    pointer = f"{container}/{index}"
            elif first in "}]":
                container, index = enclosing.pop()
                expects_key = False
            elif expects_key:
                key = json.loads(token, strict=False) if "\\" in token else token[1:-1]
                pointer = f"{container}/{escape(key)}" if "/" in key or "~" in key else f"{container}/{key}"
                keys[pointer] = match.start()
                expects_key = False
            else:
                values[pointer] = match.start()
                if first in "{[":
                    enclosing.append((container, index))
                    container, index, expects_key = pointer, -1 if first == "{" else 0, first == "{"
                    pointer = f"{container}/0"

    def position(self, pointer: str, key: bool) -> Position | None:
        """Where a node (or its key) begins; None if there is no such node."""
        offset = self._keys.get(pointer) if key else None
        offset = self._values.get(pointer) if offset is None else offset
        if offset is None:
            return None
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1
