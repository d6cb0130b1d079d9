"""Which media type of a body describes bytes of a media type.

Rule 1. The closest wins, wherever it is declared: the same media type with the same parameters, without or with other
parameters, then a range of its type (``image/*``), then ``*/*`` ("Media Types", "Response Object").

Rule 2. Bytes of a media type that is not declared are described by the first that is declared and written in the same
way (``application/problem+json`` beside ``application/json``), else by the first: services send what they declare
under other names.
"""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.model import MediaType
from openconnectors.engine.values.codecs import codec_for, essence
from openconnectors.engine.values.codecs.binding import Parameters
from openconnectors.engine.values.codecs.media_types import within


def declared_as(content: Mapping[str, MediaType], content_type: str) -> str | None:
    """The media type or range, as it is declared, that a media type is or is in; None if it is not declared."""
    if content_type in content:
        return content_type
    name, parameters = essence(content_type)
    matches = [declared for declared in content if within(name, essence(declared)[0])]
    return max(matches, key=lambda declared: _closeness(parameters, *essence(declared)), default=None)


def _closeness(parameters: Parameters, declared: str, expected: Parameters) -> tuple[int, bool, int]:
    """How closely what is declared, with the parameters that it expects, describes a media type in it: a name before a
    range, a range of one type before the others; then the more parameters are the same, none of them different."""
    specific = 0 if declared == "*/*" else 1 if declared.endswith("/*") else 2
    same = sum(parameters.get(name, "").lower() == value.lower() for name, value in expected.items())
    return specific, same == len(expected), same


def describing(content: Mapping[str, MediaType], content_type: str) -> MediaType | None:
    """What is declared of bytes of a media type; None if nothing is declared of any."""
    declared = declared_as(content, content_type)
    if declared is None:
        codec = codec_for(content_type)
        same_codec = (name for name in content if codec is not None and codec_for(name) is codec)
        declared = next(same_codec, next(iter(content), None))
    return None if declared is None else content[declared]
