"""Codecs: one row for each way of writing a value. Negotiation reads this table.

A row's ``bind`` gives both directions from one look at the schema; codecs do not know each other, but that lines hold
JSON.
"""

from __future__ import annotations

import re
from functools import lru_cache

from openconnectors.engine.values.codecs import binary, form, json, lines, multipart, text, xml
from openconnectors.engine.values.codecs.binding import Codec, Parameters

CODECS: tuple[Codec, ...] = (
    json.CODEC,
    xml.CODEC,
    form.CODEC,
    multipart.CODEC,
    *lines.CODECS,
    *text.CODECS,
    binary.CODEC,
)
"""In the order in which they are asked; of several matches the closest wins."""

OCTETS = binary.CODEC
"""The row that reads and writes anything, as it is."""

TEXT = text.CODECS
"""The rows whose values are one text each."""

_PARAMETER = re.compile(r';\s*([^=;\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))')


def essence(content_type: str) -> tuple[str, Parameters]:
    """The media type of a Content-Type in lower case without parameters, and these by their names in
    lower case (RFC 9110 section 8.3.1)."""
    media_type, mark, rest = content_type.partition(";")
    found = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else plain.strip()
        for name, quoted, plain in _PARAMETER.findall(mark + rest)
    }
    return media_type.strip().lower(), found


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


@lru_cache(1024)
def of_no_row(media_type: str) -> bool:
    """Whether a media type is in the table as one of ``application/*`` only: what is written so the document's schema
    says better. An object or a list under ``application/vnd.example`` is JSON."""
    name = essence(media_type)[0]
    return name.startswith("application/") and name not in OCTETS.matches and codec_for(name) is OCTETS
