"""Whether a text is a secret, or stands in the place of one."""

from __future__ import annotations

import re

_BRACKETS = re.compile(r"[<\[{(].*[>\]})]|@\{?\w+\(|\*{3,}|\.{3,}|…", re.DOTALL)
_WORDS = re.compile(
    r"your|my|the|from|here|with|please|enter|insert|add|put|paste|fill|replace|change|place ?holder|dummy|todo|tbd|"
    r"example|sample|fake|test(ing)?|demo|secret|client|app(lication)?|oauth2?|aad|azure|registration|password|passwd|"
    r"api|key|token|value|id|code|none|null|not|set|empty|redacted|removed|hidden|masked|string|guid|default|"
    r"environment|variable|env|to|be|in|of|a|an|x+",
    re.IGNORECASE,
)
_LEAST = 6
"""Characters that are left of a secret without the words of placeholders."""


def is_secret(text: str) -> bool:
    """Return True for a text that may be a real secret, and False for a placeholder, such as ``<client secret>``,
    ``YOUR_SECRET``, ``00000000-0000`` or ``***``."""
    text = text.strip()
    if _BRACKETS.search(text):
        return False
    rest = text
    if not any(character.isdigit() for character in text):
        rest = _WORDS.sub("", " ".join(re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)))
    else:
        rest = re.sub(rf"(?i)(?<![a-z0-9])({_WORDS.pattern})(?![a-z0-9])", "", text.replace("_", " "))
    letters = re.sub(r"[\W_]", "", rest)
    return len(letters) >= _LEAST and len(set(letters)) > 2
