"""Python names for wire names: snake_case identifiers, unique within their group."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(8192)
def snake(name: str) -> str:
    """A wire name as a Python identifier: ``SendMessage`` is ``send_message``, ``from`` is ``from_``,
    ``$filter`` is ``filter``, ``2fa`` is ``n2fa``, ``Größe`` is ``größe``.

    Letters of every script stay, in normalization form KC, in which Python compares identifiers (Python reference,
    section 2.3); what cannot stand in an identifier separates words.
    """
    words = _normal("".join(_words(_normal(name))).lower()).strip("_")
    if not words:
        words = "value"
    if not words.isidentifier():
        words = f"n{words}"
    return f"{words}_" if keyword.iskeyword(words) else words


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
    """Whether a word may begin so: a combining mark would join what stands before it."""
    return character.isidentifier() or character.isalnum()


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, with the first number from 2 that makes it new among those taken."""
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name.rstrip('_')}_{number}", number + 1
    return candidate


def distinct(wires: Iterable[str], proposed: Iterable[str], reserved: Iterable[str] = ()) -> list[str]:
    """A Python name for each wire name, as proposed where that is free, else with a number.

    No name is the wire name of another, so that a name means the same whether it is taken for a Python name or for a
    wire name: whoever has its name for a wire name keeps it, the others follow in their order.
    """
    wires, proposed = list(wires), list(proposed)
    names: dict[int, str] = {}
    taken = {*reserved, *wires}
    for index, (wire, name) in enumerate(zip(wires, proposed, strict=True)):
        if wire == name and name not in {*reserved, *names.values()}:
            names[index] = name
    for index, name in enumerate(proposed):
        if index not in names:
            names[index] = unique(name, taken)
            taken.add(names[index])
    return [names[index] for index in range(len(wires))]
