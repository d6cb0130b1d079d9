"""Whether a text is a secret, or stands in the place of one."""

from __future__ import annotations

import re

from openconnectors.engine.deferred import pattern

_BRACKETS = pattern(r"[<\[{(].*[>\]})]|@\{?\w+\(|\*{3,}|\.{3,}|…", re.DOTALL)
_ASKING = pattern(
    r"your|place[ _-]?holder|dummy|replace|insert|enter[ _-]|change|example|sample|redact|remove|hidden|fake|"
    r"to[ _-]?do|[ _-]here\b|value[ _-]from|\badd[ _-]|\bput[ _-]",
    re.IGNORECASE,
)
"""Words that ask the reader for the secret, or say that it was taken out."""
_NEUTRAL = frozenset(
    (
        *("client", "secret", "id", "app", "application", "password", "passwd", "key", "token", "oauth", "api", "aad"),
        *("azure", "my", "the", "a", "value", "test", "none", "null", "empty", "not", "set", "here", "string", "guid"),
        *("default", "environment", "variable", "env", "x", "xx", "xxx"),
    )
)
"""Words that name the secret and are no part of one."""
_WORD = pattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def is_secret(text: str) -> bool:
    """Return True for a text that may be a real secret, and False for a placeholder, such as ``<client secret>``,
    ``YOUR_SECRET``, ``00000000-0000`` or ``***``."""
    text = text.strip()
    if _BRACKETS.search(text) or _ASKING.search(text):
        return False
    words = [word.lower() for word in _WORD.findall(text)]
    rest = "".join(word for word in words if word not in _NEUTRAL)
    has_digits = any(character.isdigit() for character in rest)
    return len(rest) >= (3 if has_digits else 4) and len(set(rest)) > 2
