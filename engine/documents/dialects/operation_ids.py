"""The names of a document's operations, of which each is used once.

Rule 1: an operation that has no ``operationId`` is named after its method and path. Rule 2: an id that is already
used gets a number, with a finding. Rule 3: ids that are written come before those that are made up, so that a made-up
one never takes the name of a written one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct

from openconnectors.engine.documents.dialects.lowering import Source
from openconnectors.engine.documents.pointers import escape


class Place(Struct, frozen=True):
    """Where an operation is: the member of the path item that has it, its path, the pointer of its path item, and the
    id that is written there (empty: none). ``holder`` is the member of the path item that has the operation by its
    method as it is sent (OpenAPI 3.2, ``additionalOperations``); empty: the path item itself, by the method in lower
    case."""

    method: str
    path: str
    path_at: str
    written_id: str = ""
    holder: str = ""

    @property
    def at(self) -> str:
        """The pointer of the operation."""
        return f"{self.path_at}/{self.holder}/{escape(self.method)}" if self.holder else f"{self.path_at}/{self.method}"

    @property
    def sent(self) -> str:
        """The method as requests have it."""
        return self.method if self.holder else self.method.upper()


def named(places: Iterable[Place], source: Source) -> dict[str, Place]:
    """The operations by unique id, in the order of the document; ids that had to be numbered are noted."""
    listed = list(places)
    names: dict[int, str] = {}
    first_use: dict[str, str] = {}
    uses: Counter[str] = Counter()
    for index in _written_first(listed):
        place = listed[index]
        wanted = name = place.written_id or "_".join([place.method, *re.findall(r"\w+", place.path)])
        while name in first_use:
            uses[wanted] += 1
            name = f"{wanted}_{uses[wanted] + 1}"
        if name != wanted:
            _note(source, place, wanted, name, first_use[wanted])
        first_use[name] = place.at
        names[index] = name
    return {names[index]: place for index, place in enumerate(listed)}


def _written_first(places: list[Place]) -> Iterator[int]:
    yield from (index for index, place in enumerate(places) if place.written_id)
    yield from (index for index, place in enumerate(places) if not place.written_id)


def _note(source: Source, place: Place, wanted: str, name: str, first: str) -> None:
    line, _ = source.document.position(f"{first}/operationId")
    message = f"operationId {wanted!r} is already used on line {line}; this operation is named {name!r}"
    if place.written_id:
        source.note("operation-id-duplicate", message, f"{place.at}/operationId")
    else:
        source.note("operation-name", message, place.at, key=True)
