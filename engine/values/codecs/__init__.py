"""Codecs: one row for each media type, or family of media types, in which a value can be written. Adding one is a
module with a row, and its name in ``CODECS``.

Rule 1. A row's ``bind`` gives both directions at once (``binding``), so that what is written can be read. Codecs do not
know each other, except that lines and events hold JSON.

Rule 2. Of several rows that match a media type the closest wins (``codec_for``), whatever their order in the table: the
full name, then the ``+suffix`` (RFC 6839 section 3), then the range (``text/*``).

Rule 3. Which media type a request is sent in, or a response is asked for in, is not decided here but by the plan, from
what rows say of themselves: ``carries``, ``structured``, ``opaque``, ``listed``.
"""

from __future__ import annotations

from functools import lru_cache

from openconnectors.engine.values.codecs import binary, events, form, json, lines, multipart, text, xml
from openconnectors.engine.values.codecs.binding import Codec
from openconnectors.engine.values.codecs.media_types import essence

__all__ = ["BINARY", "CODECS", "MULTIPART", "TEXT", "codec_for", "essence", "is_fallback"]

CODECS: tuple[Codec, ...] = (
    json.CODEC,
    xml.CODEC,
    form.CODEC,
    multipart.CODEC,
    *lines.CODECS,
    events.CODEC,
    *text.CODECS,
    binary.CODEC,
)
"""In the order of what services use most; no two match the same name, so the order decides nothing."""

BINARY = binary.CODEC
"""The row that reads and writes bytes of any kind, as they are."""

EVENTS = events.CODEC
"""The row of server-sent events."""

FORMS = (form.CODEC, multipart.CODEC)
"""The rows whose values are fields by their names, of which some may be files."""

MULTIPART = multipart.CODEC
"""The row whose values hold files."""

TEXT = text.CODECS
"""The rows whose values are one text."""


@lru_cache(1024)
def codec_for(media_type: str) -> Codec | None:
    """The row that reads and writes a media type: by its full name, its ``+suffix``, or its range; None if there is
    none."""
    name = essence(media_type)[0]
    suffix = f"+{name.rpartition('+')[2]}" if "+" in name else name
    for candidate in (name, suffix, f"{name.partition('/')[0]}/*"):
        for row in CODECS:
            if candidate in row.matches:
                return row
    return None


@lru_cache(1024)
def is_fallback(media_type: str) -> bool:
    """Return True if only ``application/*`` matches a media type, which says nothing about what is written so: then the
    document's schema decides. An object or a list under ``application/vnd.example`` is JSON."""
    name = essence(media_type)[0]
    return name.startswith("application/") and name not in BINARY.matches and codec_for(name) is BINARY
