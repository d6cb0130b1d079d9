"""What the command line prints, escaped where it leaves the process.

Text of documents, services, files and arguments is data: a terminal must not act on it. Standard output and standard
error are therefore wrapped for the time of a command, so that no place that prints can forget to escape: control
characters of C0 and C1 (but line feed and tab), DEL, characters that reorder text, line and paragraph separators, and
lone surrogates are written as ``\\uXXXX``; so are characters that the stream's encoding lacks. That is the escape of
JSON (RFC 8259 section 7), where such characters stand in strings only: output that is JSON stays JSON, with the same
value.
"""

from __future__ import annotations

import codecs
import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO, cast

# C0 without tab and line feed, DEL and C1 (ECMA-48); ALM, LRM, RLM, embeddings, overrides and isolates (Unicode
# Standard Annex 9); LINE and PARAGRAPH SEPARATOR; surrogates, which no encoding of the Unicode Standard has.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_COLOUR = re.compile("(\x1b\\[[0-9;]*m)")


def escaped(text: str) -> str:
    """The text with each character that a terminal could act on as ``\\uXXXX``."""
    return _UNSAFE.sub(lambda match: _escape(match[0]), text)


def escaped_line(text: str) -> str:
    """The text escaped as above and on one line, so that text of a document cannot look like a line of ours."""
    return escaped(text).replace("\n", "\\n").replace("\t", " ")


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _escape_lacking(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_escape, error.object[error.start : error.end])), error.end


_LACKING = "connectors.escape"
codecs.register_error(_LACKING, _escape_lacking)


class Escaping(io.TextIOBase):
    """A text stream on another one that writes ``escaped`` text, in whatever encoding that has.

    It has no ``buffer``: click would write past it where the encoding is ASCII.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def unescaped(self) -> TextIO:
        """The stream below this, for what draws there itself and prints no text of others."""
        return self._stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return _LACKING

    def write_coloured(self, text: str) -> None:
        """Write text of which each colour is ours: the sequences that select one (SGR, ECMA-48 section 8.3.117) stay,
        all else is escaped."""
        pieces = _COLOUR.split(text)
        for piece, colour in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
            self.write(piece)
            self._stream.write(colour)

    def write(self, text: str | bytes) -> int:
        """Write text. Click writes bytes for completion, and tests with no bytes whether this is a binary stream."""
        if isinstance(text, bytes):
            if not text:
                raise TypeError("a text stream")
            text = text.decode("utf-8", "replace")
        safe = escaped(text)
        if not safe.isascii():
            safe = safe.encode(self.encoding, _LACKING).decode(self.encoding)
        self._stream.write(safe)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True


@contextmanager
def escaping() -> Iterator[None]:
    """A context in which standard output and standard error write escaped text."""
    out, err = (cast(TextIO, Escaping(stream)) for stream in (sys.stdout, sys.stderr))
    with redirect_stdout(out), redirect_stderr(err):
        yield


def drawable() -> TextIO:
    """Standard error, for what draws there and prints no text of others."""
    return sys.stderr.unescaped if isinstance(sys.stderr, Escaping) else sys.stderr
