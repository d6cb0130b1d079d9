"""The items of a list in JSON text that arrives in chunks, as their bytes: nothing but one item is held in memory.

Theory of operation. The text is cut, not parsed: strings are skipped, brackets counted, so that the list is found and
the end of each of its items. An item is parsed by whoever takes it; so is the text around the list, ``around``, once
the list has ended. Each byte is looked at once, whatever the size of the chunks.

Rule 1. An object or list is an item as soon as its last bracket arrives; a string, number or word once a comma or the
end of the list follows.

Rule 2. An item, and the text around the list, have at most ``MAX_ITEM`` bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from functools import reduce

from openconnectors.engine.deferred import pattern
from openconnectors.engine.values.codecs.binding import MAX_DEPTH

MAX_ITEM = 32 * 1024 * 1024
"""The most bytes of one item: while they arrive without an end, memory would not be bounded."""

_PAST_WORDS = pattern(rb'[^"\[\]{},:]*+')
_PAST_SCALARS = pattern(rb'[^"\[\]{},]*+')
_PAST_STRINGS = pattern(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_LEVELS = 4
"""Objects and lists within each other that are skipped at once, if all of them have arrived."""
_CONTAINER = pattern(
    reduce(lambda inner, _: rb'[\[{](?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+"|%b)*+[\]}]' % inner, range(_LEVELS), rb"(?!)"),
    re.DOTALL,
)
_IN_STRING = pattern(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_BLANKS = b" \t\r\n"
_QUOTE, _COMMA, _COLON = b'",:'
_OPEN, _CLOSE = b"[{", b"]}"
_CLOSER = {b"["[0]: b"]", b"{"[0]: b"}"}


class ListScanner:
    """The list at one of some paths of member names (an empty path: the text itself), in text that arrives in chunks.

    ``has_list`` is True once the list has begun. ``around`` is the whole text but for the items of the list, after
    ``items`` has ended."""

    def __init__(self, chunks: Iterator[bytes], paths: Collection[tuple[str, ...]]) -> None:
        self._chunks = chunks
        self._paths = paths
        self._text = bytearray()
        self._at = 0
        self.has_list = False
        self.around = b""

    def items(self) -> Iterator[bytes]:
        """The bytes of each item. ``ValueError`` for text that is not JSON, as far as that shows here."""
        self.has_list = self._reach()
        before = bytes(self._text[: self._at])
        del self._text[: self._at]
        self._at = 0
        if self.has_list:
            yield from self._items()
        while self._has_more():
            pass
        self.around = before + (b"]" if self.has_list else b"") + bytes(self._text)

    # Steps over the text

    def _has_more(self) -> bool:
        """Take the next chunk; return False if there is none."""
        for chunk in self._chunks:
            self._text += chunk
            if len(self._text) > MAX_ITEM + len(chunk):
                raise ValueError(f"has an item, or text around its list, of more than {MAX_ITEM:,} bytes")
            return True
        return False

    def _next(self, skipped: re.Pattern[bytes]) -> int | None:
        """Go past what is skipped; return the byte there, None at the end of the text."""
        while True:
            self._skip(skipped)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._has_more():
                return None

    def _skip(self, skipped: re.Pattern[bytes]) -> None:
        match = skipped.match(self._text, self._at)
        assert match is not None  # noqa: S101 - each pattern matches nothing too
        self._at = match.end()

    def _pass_string(self) -> None:
        """Go past the string that begins here."""
        self._at += 1
        while True:
            self._skip(_IN_STRING)
            if self._at < len(self._text) and self._text[self._at] == _QUOTE:
                self._at += 1
                return
            if not self._has_more():  # an escape may be cut between its two bytes
                raise ValueError("is not JSON: it ends in a string")

    def _pass_container(self) -> None:
        """Go past the object or list that begins here."""
        whole = _CONTAINER.match(self._text, self._at)
        if whole is not None:
            self._at = whole.end()
            return
        depth = 0
        while (byte := self._next(_PAST_STRINGS)) is not None:
            if byte == _QUOTE:  # a string whose end has not arrived yet
                self._pass_string()
                continue
            self._at += 1
            depth += 1 if byte in _OPEN else -1
            if depth == 0:
                return
        raise ValueError("is not JSON: it ends in its list")

    # Before the list

    def _reach(self) -> bool:
        """Go to the first item of the list; return False if there is no such list."""
        names: list[str | None] = []  # of each object that is open the member that is read, None for a list
        closers: list[bytes] = []
        start = 0
        while (byte := self._next(_PAST_WORDS)) is not None:
            if byte == _QUOTE:
                start = self._at
                self._pass_string()
                continue
            if byte == _COLON and names and names[-1] is not None:
                names[-1] = _name(self._text[start : self._at])
            elif byte in _OPEN:
                if byte == _OPEN[0] and tuple(names) in self._paths:
                    self._at += 1
                    _check(bytes(self._text[: self._at]) + b"]" + b"".join(reversed(closers)))
                    return True
                names.append("" if byte == _OPEN[1] else None)
                closers.append(_CLOSER[byte])
                if len(names) > MAX_DEPTH:
                    raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
            elif byte in _CLOSE and names:
                names.pop()
                closers.pop()
            self._at += 1
        return False

    # In the list

    def _items(self) -> Iterator[bytes]:
        is_first, is_whole = True, False
        while (byte := self._next(_PAST_SCALARS)) is not None:
            if byte == _QUOTE:
                self._pass_string()
                continue
            is_end = byte in b",]"
            if not is_end:
                if byte in _CLOSE or is_whole:
                    raise ValueError("is not JSON: a comma is missing in its list")
                self._pass_container()
            text = bytes(self._text[: self._at]).strip(_BLANKS)
            del self._text[: self._at + is_end]
            self._at = 0
            if text and is_whole:
                raise ValueError("is not JSON: a comma is missing in its list")
            if text:
                yield text
            elif not is_whole and (byte == _COMMA or not is_first):
                raise ValueError("is not JSON: an item is missing in its list")
            is_first, is_whole = is_first and byte != _COMMA, not is_end
            if byte == _CLOSE[0]:
                return
        raise ValueError("is not JSON: it ends in its list")


def _name(text: bytearray) -> str:
    """The name that a member has before its colon; an empty one if it is none."""
    try:
        return str(json.loads(text))
    except ValueError:
        return ""


def _check(text: bytes) -> None:
    """Raise ``ValueError`` if text is not JSON; what else it may be is seen when it is read as a whole."""
    try:
        json.loads(text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON at byte {error.pos}: {error.msg}") from None
