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

from openconnectors.engine.deferred import pattern
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


_TOKEN = pattern(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
"""A token of JSON: a string, a structural character, or a number or literal name (RFC 8259 section 2)."""
_KEY = pattern(r'[\s,]*("([^"\\]*(?:\\.[^"\\]*)*)")\s*:\s*', re.DOTALL)
"""The key of the next member of an object, up to its value."""
_NEXT = pattern(r"[\s,]*")
"""What is before the next item of a list."""
_SKIPPED = 10
"""How many times the length of a text may be passed over in looking for single nodes."""
_past = json.JSONDecoder(strict=False, parse_int=str, parse_float=str).raw_decode
"""A value at an offset, and the offset of its end."""


class JsonPositions:
    """Positions in a JSON text that ``json`` has accepted.

    The members of an object or list are looked for when a node in it is asked for; what is inside of them is passed
    over by ``json``. If that was so much that the tokens of the whole text are read sooner, these are.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._keys: dict[str, int] = {}
        self._values: dict[str, int] = {"": _end(_NEXT.match(text))}
        self._opened: set[str] = set()
        """The pointers of the nodes whose members are known."""
        self._left = _SKIPPED * len(text)

    def _look_for(self, pointer: str) -> None:
        """Find the nodes on the way to a pointer, as far as there are any."""
        end = pointer.find("/")
        while self._left >= 0 and end >= 0:
            holder = pointer[:end]
            if holder not in self._opened:
                if holder not in self._values:
                    return
                self._open(holder)
            end = pointer.find("/", end + 1)
        if self._left < 0 and self._opened:
            self._opened.clear()
            self._keys.clear()
            self._values.clear()
            self._scan(self._text)

    def _open(self, holder: str) -> None:
        """Find the members of a node."""
        self._opened.add(holder)
        text, keys, values = self._text, self._keys, self._values
        start = offset = self._values[holder]
        if text[offset] == "{":
            match = _KEY.match(text, offset + 1)
            while match is not None:
                key = match[2]
                key = json.loads(match[1], strict=False) if "\\" in key else key
                pointer = f"{holder}/{escape(key)}"
                keys[pointer], values[pointer] = match.start(1), match.end()
                _, offset = _past(text, match.end())
                match = _KEY.match(text, offset)
        elif text[offset] == "[":
            index, offset = 0, _end(_NEXT.match(text, offset + 1))
            while text[offset] != "]":
                values[f"{holder}/{index}"] = offset
                _, offset = _past(text, offset)
                index, offset = index + 1, _end(_NEXT.match(text, offset))
        self._left -= offset - start

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
        if pointer not in self._values:
            self._look_for(pointer)
        offset = self._keys.get(pointer) if key else None
        offset = self._values.get(pointer) if offset is None else offset
        if offset is None:
            return None
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match is not None else 0
