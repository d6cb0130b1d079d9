"""Places in a document as a query walks through it: with the references followed, or as it is written.

Where references are followed, what a reference leads to stands in its place, and is reported where it is written. A
chain of references that goes round, or leads nowhere, is left as it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.lint.rules import Context


class Missing:
    """The value of what is not there, as ``undefined`` of JavaScript, which queries are written in."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Missing()


class Place(Struct, frozen=True, eq=False):
    """A value at a place: ``pointer`` says where it is written, ``name`` is its key in ``above``."""

    value: Any
    pointer: str
    name: str | int | None = None
    above: Place | None = None
    key: bool = False
    """Whether the place is the key, not the value below it."""

    @property
    def steps(self) -> list[str | int]:
        """The keys that lead here from where the query began."""
        place: Place | None = self
        steps: list[str | int] = []
        while place is not None and place.name is not None:
            steps.append(place.name)
            place = place.above
        return steps[::-1]

    @property
    def is_collection(self) -> bool:
        """Whether the value has members or items."""
        return isinstance(self.value, (Mapping, list))


class Walker:
    """Goes from a place to those below it."""

    def __init__(self, context: Context, resolved: bool) -> None:
        self._context = context
        self._resolved = resolved

    def root(self) -> Place:
        """The place of the whole document."""
        return Place(self._context.document.root, "")

    def at(self, value: Any, pointer: str, name: str) -> Place:
        """The place of a node of the document."""
        return self._settled(value, pointer, name, None)

    def child(self, place: Place, name: str | int) -> Place | None:
        """The place of a member or an item; None if there is none."""
        value = place.value
        if isinstance(value, Mapping):
            name = str(name)
            return self._below(place, name, value[name]) if name in value else None
        if isinstance(value, list) and str(name).isdecimal() and int(name) < len(value):
            return self._below(place, int(name), value[int(name)])
        return None

    def children(self, place: Place) -> Iterator[Place]:
        """The places of all members or items, in their order."""
        value = place.value
        if isinstance(value, Mapping):
            for name, member in value.items():
                yield self._below(place, name, member)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield self._below(place, index, item)

    def descendants(self, place: Place) -> Iterator[Place]:
        """A place and all below it, each once however many references lead to it."""
        waiting, passed = [place], {place.pointer}
        while waiting:
            place = waiting.pop()
            yield place
            below = [child for child in self.children(place) if child.is_collection and child.pointer not in passed]
            passed.update(child.pointer for child in below)
            waiting += reversed(below)

    def whole(self, place: Place) -> Any:
        """The value of a place with all references in it followed; one that goes round is left as it is."""
        return place.value if not self._resolved else self._whole(place, frozenset())

    def _whole(self, place: Place, passed: frozenset[str]) -> Any:
        if not place.is_collection or place.pointer in passed:
            return place.value
        passed |= {place.pointer}
        if isinstance(place.value, Mapping):
            return {child.name: self._whole(child, passed) for child in self.children(place)}
        return [self._whole(child, passed) for child in self.children(place)]

    def _below(self, place: Place, name: str | int, value: Any) -> Place:
        return self._settled(value, f"{place.pointer}/{escape(name)}", name, place)

    def _settled(self, value: Any, pointer: str, name: str | int, above: Place | None) -> Place:
        """The place of a value, or of what it refers to."""
        if self._resolved:
            passed: set[str] = set()
            while isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
                target = self._context.tree.target(value["$ref"], pointer)
                if target is None or target in passed:
                    break
                passed.add(target)
                try:
                    value, pointer = self._context.document.get(target), target
                except LookupError:
                    break
        return Place(value, pointer, name, above)
