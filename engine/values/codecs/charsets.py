"""Text of bytes: by a byte order mark, else by the charset of their Content-Type, else as UTF-8.

In that order: a mark is part of what was written, a header is often what a gateway assumes (so browsers decide too:
WHATWG Encoding, section 6, "decode").
"""

from __future__ import annotations

import codecs
from functools import lru_cache

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import UNPAIRED_SURROGATE, Problem
from openconnectors.engine.leniency import ENCODING

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks with Python's codec for each. UTF-32 before UTF-16: the little-endian marks begin alike."""

_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9._:()+-]{0,39}\Z")
"""A name as IANA registers them (RFC 2978 section 2.3). Nothing else is looked up: ``codecs.lookup`` imports a module
of that name."""

_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})
"""Encodings of Python that no service means: escapes, and UTF-7, which browsers dropped as unsafe (WHATWG Encoding)."""


def mark_of(data: bytes) -> str | None:
    """Python's codec for bytes with a byte order mark, which it leaves out; None if they have none."""
    return next((name for mark, name in _MARKS if data.startswith(mark)), None)


@lru_cache(256)
def codec_name(charset: str) -> str | None:
    """Python's name for a charset; None for an unknown one."""
    if not _NAME.match(charset):
        return None
    try:
        name = codecs.lookup(charset).name
        b"a".decode(name)
    except LookupError:
        return None  # unknown, or a transform of bytes (hex, zlib) or text (rot13)
    except (UnicodeError, ValueError):
        pass  # a single byte is not a whole character there
    return None if name in _NO_CHARSETS else name


def text_of(data: bytes, charset: str | None, problems: list[Problem]) -> str:
    """The text of bytes whose Content-Type has a charset (None: it has none). If the charset is unknown, or the bytes
    are not in it, UTF-8 is tried, which is a deviation. ``ValueError`` for bytes that are neither."""
    name = mark_of(data) or (codec_name(charset) if charset else "utf-8")
    if name == "utf-16":
        name = _utf_16_of(data)
    try:
        if name is not None:
            return data.decode(name)
    except UnicodeError:
        if name == "utf-8":
            raise ValueError("is not UTF-8 text") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"cannot be read in its charset, {charset!r}") from None
    problems.append(Problem(("Content-Type",), f"has the charset {charset!r}; the bytes are UTF-8", ENCODING, "header"))
    return text


def utf_8_of(text: str) -> bytes:
    """The UTF-8 of text that is sent. ``ValueError`` for an unpaired surrogate."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(UNPAIRED_SURROGATE) from None


def _utf_16_of(data: bytes) -> str:
    """The byte order of UTF-16: by its mark; without one, that in which the zero bytes of ASCII characters are at the
    right places (RFC 2781 section 4.3 says big-endian, but Windows writes little-endian without a mark)."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    return "utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be"
