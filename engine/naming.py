"""Python names for wire names: snake_case identifiers, unique within their group.

Rule. A name never changes its meaning: whoever knows a wire name can use it, whatever Python names there are beside it,
and a Python name depends only on the wire names of its group, in their order.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from openconnectors.engine.deferred import pattern


@lru_cache(8192)
def snake(name: str) -> str:
    """A wire name as a Python identifier: ``SendMessage`` is ``send_message``, ``from`` is ``from_``,
    ``$filter`` is ``filter``, ``2fa`` is ``n2fa``, ``Größe`` is ``größe``.

    Letters of every script stay, in normalization form KC, in which Python compares identifiers (Python reference,
    section 2.3); characters that an identifier cannot have separate words.
    """
    separated = _ascii_words(name) if name.isascii() else _normal("".join(_words(_normal(name))).lower())
    words = separated.strip("_")
    if not words:
        words = "value"
    if not words.isidentifier():
        words = f"n{words}"
    return f"{words}_" if keyword.iskeyword(words) else words


_SEPARATORS = pattern(r"[^A-Za-z0-9]+")
_STARTS = pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _ascii_words(name: str) -> str:
    """A name of ASCII alone as ``_words`` has it, in lower case."""
    return _STARTS.sub("_", _SEPARATORS.sub("_", name)).lower()


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _words(name: str) -> Iterable[str]:
    """The characters of a name, with one underscore between two words."""
    before = ""
    for index, character in enumerate(name):
        begins = before in ("", "_")
        if character == "_" or not f"a{character}".isidentifier() or (begins and not _may_begin(character)):
            if before != "_":
                yield "_"
            before = "_"
            continue
        after = name[index + 1 : index + 2]
        starts = character.isupper() and (
            before.islower() or before.isdigit() or (before.isupper() and after.islower())
        )
        if starts:
            yield "_"
        yield character
        before = character


def _may_begin(character: str) -> bool:
    """Return True if a word may begin with a character: a combining mark would change the character before it."""
    return character.isidentifier() or character.isalnum()


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, if necessary with the first number from 2 on that makes it differ from those taken."""
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name.rstrip('_')}_{number}", number + 1
    return candidate


def distinct(wires: Iterable[str], proposed: Iterable[str], reserved: Iterable[str] = ()) -> list[str]:
    """A Python name for each wire name: the proposed one if that is free, else with a number.

    No name is the wire name of another, so that it means the same as a Python name and as a wire name: one that equals
    its own wire name is kept, the others follow in their order.
    """
    wires, proposed = list(wires), list(proposed)
    names: dict[int, str] = {}
    taken, kept = {*reserved, *wires}, set(reserved)
    for index, (wire, name) in enumerate(zip(wires, proposed, strict=True)):
        if wire == name and name not in kept:
            names[index] = name
            kept.add(name)
    for index, name in enumerate(proposed):
        if index not in names:
            names[index] = unique(name, taken)
            taken.add(names[index])
    return [names[index] for index in range(len(wires))]
