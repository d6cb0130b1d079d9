"""Which media type of a body describes bytes of a media type.

Rule 1. The closest wins: the same text, then the same media type with other parameters, then a range (``image/*``).

Rule 2. Bytes of a media type that is not declared are described by the first that is declared and written in the same
way (``application/problem+json`` beside ``application/json``), else by the first: services send what they declare
under other names.
"""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.model import MediaType
from openconnectors.engine.values.codecs import codec_for, essence


def within(media_type: str, declared: str) -> bool:
    """Whether a media type is the one declared, or in the range declared (``image/*``)."""
    return (
        media_type == declared
        or declared == "*/*"
        or (declared.endswith("/*") and media_type.startswith(declared[:-1]))
    )


def declared_as(content: Mapping[str, MediaType], media_type: str) -> str | None:
    """The media type or range, as it is declared, that a media type is or is in; None if it is not declared."""
    if media_type in content:
        return media_type
    name = essence(media_type)[0]
    exact = next((declared for declared in content if essence(declared)[0] == name), None)
    return exact or next((declared for declared in content if within(name, essence(declared)[0])), None)


def describing(content: Mapping[str, MediaType], media_type: str) -> MediaType | None:
    """What is declared of bytes of a media type; None if nothing is declared of any."""
    declared = declared_as(content, media_type)
    if declared is None:
        codec = codec_for(media_type)
        same_codec = (name for name in content if codec is not None and codec_for(name) is codec)
        declared = next(same_codec, next(iter(content), None))
    return None if declared is None else content[declared]
