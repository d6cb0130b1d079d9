"""Text of bytes: by a byte order mark, by the charset of their Content-Type, as UTF-8."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from openconnectors.engine.errors import Problem
from openconnectors.engine.leniency import ENCODING

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks with what decodes them; of UTF-32 before UTF-16, whose mark begins like it."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:()+-]{0,39}\Z")
"""A name as IANA registers them (RFC 2978 section 2.3). What else may stand there is not looked up: Python looks for a
module of that name."""

_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})
"""What Python calls an encoding of text and no service means: escapes, and UTF-7, which browsers have dropped."""


def mark_of(data: bytes) -> str | None:
    """What decodes bytes with a byte order mark, the mark itself left out; None where they have none."""
    return next((name for mark, name in MARKS if data.startswith(mark)), None)


@lru_cache(256)
def codec_name(charset: str) -> str | None:
    """Python's name for a charset; None for one that is none."""
    if not _NAME.match(charset):
        return None
    try:
        name = codecs.lookup(charset).name
        b"a".decode(name)
    except LookupError:
        return None  # unknown, or an encoding of bytes (hex, zlib) or of text (rot13)
    except (UnicodeError, ValueError):
        pass  # one byte is no whole character there
    return None if name in _NO_CHARSETS else name


def text_of(data: bytes, charset: str | None, problems: list[Problem]) -> str:
    """The text of bytes whose Content-Type has a charset. A byte order mark wins over it; where it is unknown, or
    the bytes are not in it, UTF-8 is tried. ``ValueError`` for bytes that are neither."""
    name = mark_of(data) or (codec_name(charset) if charset else "utf-8")
    if name == "utf-16":
        name = _ordered(data)
    try:
        if name is not None:
            return data.decode(name)
    except UnicodeError:
        if name == "utf-8":
            raise ValueError("is no UTF-8 text") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"is in the charset {charset!r}, in which it cannot be read") from None
    problems.append(Problem(("Content-Type",), f"has the charset {charset!r}; the bytes are UTF-8", ENCODING))
    return text


def _ordered(data: bytes) -> str:
    """The UTF-16 of bytes: by their mark; without one, the order in which the zeros of ASCII stand where they should
    (RFC 2781 section 4.3 assumes big-endian, Windows writes the other)."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    return "utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be"
