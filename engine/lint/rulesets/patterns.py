"""Regular expressions of rule sets: alone, or as JavaScript writes them, ``/…/i``; matched in bounded time."""

from __future__ import annotations

import re

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.values.patterns import is_usable, matches

_WRITTEN = pattern(r"/(.+)/([a-z]*)\Z", re.DOTALL)
_FLAGS = {"i": "i", "m": "m", "s": "s", "g": "", "u": "", "y": ""}
"""The flags of JavaScript, and what the engines call them; empty: of no effect on whether a pattern is found."""

_STRAY_BRACE = pattern(r"((?:^|[^\\])(?:\\\\)*)(\{(?!\d+(?:,\d*)?\})|(?<!\d)(?<!,)\})")
"""A brace that is none of a quantifier: JavaScript reads it as itself (ECMA 262 Annex B.1.2)."""


class Pattern(Struct, frozen=True):
    """A regular expression, as it is written and as the engines read it."""

    written: str
    source: str

    def finds(self, text: str) -> bool:
        """Return True if the pattern is found in a text."""
        return matches(self.source, text)


def compiled(written: str) -> Pattern:
    """The pattern of a text; ``ValueError`` for one that no engine reads, or with a flag that is not known."""
    match = _WRITTEN.match(written)
    source = match[1] if match is not None else written
    for flag in match[2] if match is not None else "":
        if flag not in _FLAGS:
            raise ValueError(f"the pattern {written!r} has the unknown flag {flag!r}")
    flags = "".join(_FLAGS[flag] for flag in (match[2] if match is not None else ""))
    source = f"(?{flags}:{source})" if flags else source
    for spelling in (source, _STRAY_BRACE.sub(r"\1\\\2", source)):
        if is_usable(spelling):
            return Pattern(written, spelling)
    raise ValueError(f"{written!r} is not a regular expression that can be read")


def braced(pattern: str) -> str:
    """A regular expression for a pattern of files: ``**`` is any folders, ``*`` and ``?`` are within a name, ``{a,b}``
    is one of several."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}
    depth, source = 0, ""
    for part in re.findall(r"\*\*/|\*\*|[*?{},]|[^*?{},]+", pattern.removeprefix("./")):
        depth += (part == "{") - (part == "}")
        source += "|" if part == "," and depth else parts.get(part, re.escape(part))
    return source
