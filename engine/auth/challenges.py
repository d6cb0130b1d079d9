"""Challenges and credentials as header fields spell them (RFC 9110 section 11)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from openconnectors.engine.deferred import pattern

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = pattern(rf'[ \t]*({_WORD}\*?)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=]+))[ \t]*(?:,|\Z)')
_SCHEME = pattern(rf"[ \t,]*({_WORD})(?:[ \t]+|[ \t]*(?:,|\Z))")
_TOKEN68 = re.compile(r"[ \t]*([A-Za-z0-9._~+/-]+=*)[ \t]*(?:,|\Z)")
_QUOTED_PAIR = pattern(r"\\(.)")


class Challenge(Struct, frozen=True):
    """One challenge, or one set of credentials: its scheme and its parameters, names in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def challenges(fields: Iterable[str]) -> list[Challenge]:
    """The challenges of several header fields, each of which may hold several (RFC 9110 section 11.6.1). What cannot be
    read ends its field: the challenges before it count."""
    result: list[Challenge] = []
    for text in fields:
        position = 0
        while (scheme := _SCHEME.match(text, position)) is not None and scheme.end() > position:
            position = scheme.end()
            parameters: dict[str, str] = {}
            while (pair := _PARAMETER.match(text, position)) is not None:
                value = pair[3] if pair[2] is None else _QUOTED_PAIR.sub(r"\1", pair[2])
                parameters.setdefault(pair[1].lower(), value)
                position = pair.end()
            if not parameters and (token := _TOKEN68.match(text, position)) is not None and "," not in scheme[0]:
                position = token.end()
            result.append(Challenge(scheme[1].lower(), parameters))
    return result
