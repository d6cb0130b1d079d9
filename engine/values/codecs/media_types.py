"""Media types and ranges of them, as documents and header fields spell them (RFC 9110 section 8.3.1)."""

from __future__ import annotations

import re
from typing import Any

from openconnectors.engine.deferred import pattern
from openconnectors.engine.streams import File, is_bytes
from openconnectors.engine.values.codecs.binding import Parameters

JSON, TEXT, BYTES = "application/json", "text/plain", "application/octet-stream"

_PARAMETER = pattern(r';\s*([^=;\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))')


def essence(content_type: str) -> tuple[str, Parameters]:
    """The media type of a Content-Type in lower case without parameters, and these by their names in
    lower case."""
    media_type, semicolon, rest = content_type.partition(";")
    parameters = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else token.strip()
        for name, quoted, token in _PARAMETER.findall(semicolon + rest)
    }
    return media_type.strip().lower(), parameters


def within(media_type: str, declared: str) -> bool:
    """Whether a media type is the one declared, or in the range declared (``image/*``)."""
    return (
        media_type == declared
        or declared == "*/*"
        or (declared.endswith("/*") and media_type.startswith(declared[:-1]))
    )


def concrete(media_range: str, value: Any) -> list[str]:
    """The media types within a range in which a value can be sent, best first: bytes by what they say of themselves,
    text as text, everything else as JSON. A media type is the one within itself."""
    name = essence(media_range)[0] if "*" in media_range else ""
    if "*" not in name:
        return [media_range]  # an asterisk may be in a parameter
    known: tuple[Any, ...] = (TEXT, JSON) if isinstance(value, str) else (JSON, TEXT)
    if is_bytes(value):
        import mimetypes  # with its table of endings, for files

        file = value if isinstance(value, File) else File(value)
        known = (file.content_type, mimetypes.guess_type(str(file.name))[0], BYTES)
    return [media_type for media_type in known if isinstance(media_type, str) and within(essence(media_type)[0], name)]


def holds_files(value: Any) -> bool:
    """Return True for an object or a list that has bytes among its members or items, or lists of bytes."""
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return any(is_bytes(item) or (isinstance(item, list) and any(map(is_bytes, item))) for item in inner)
