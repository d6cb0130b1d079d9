"""Codecs: one row for each way of writing a value. Negotiation reads this table.

A row's ``bind`` gives both directions from one look at the schema; codecs do not know each other.
"""

from __future__ import annotations

from functools import lru_cache

from engine.codecs import binary, form, json, text, xml
from engine.codecs.binding import Codec

CODECS: tuple[Codec, ...] = (json.CODEC, xml.CODEC, form.CODEC, text.CODEC, binary.CODEC)
"""In the order in which they are asked; of several matches the closest wins."""


def essence(content_type: str) -> tuple[str, str | None]:
    """The media type of a Content-Type in lower case without parameters, and its charset
    (RFC 9110 section 8.3.1)."""
    media_type, *parameters = content_type.split(";")
    charset = None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower() or None
    return media_type.strip().lower(), charset


@lru_cache(1024)
def codec_for(media_type: str) -> Codec | None:
    """The row that reads and writes a media type: by its full name, its ``+suffix``, its range."""
    name = essence(media_type)[0]
    suffix = f"+{name.rpartition('+')[2]}" if "+" in name else name
    for candidate in (name, suffix, f"{name.partition('/')[0]}/*"):
        for row in CODECS:
            if candidate in row.matches:
                return row
    return None
