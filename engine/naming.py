"""Python names for wire names: snake_case identifiers, unique within their group."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^0-9a-zA-Z]+")


def snake(name: str) -> str:
    """A wire name as a Python identifier: ``SendMessage`` is ``send_message``, ``from`` is ``from_``,
    ``$filter`` is ``filter``, ``2fa`` is ``n2fa``."""
    words = _OTHER.sub("_", _HUMP.sub("_", name)).strip("_").lower()
    if not words:
        words = "value"
    if words[0].isdigit():
        words = f"n{words}"
    return f"{words}_" if keyword.iskeyword(words) else words


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, with the first number from 2 that makes it new among those taken."""
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name.rstrip('_')}_{number}", number + 1
    return candidate
