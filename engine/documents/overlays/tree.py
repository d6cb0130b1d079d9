"""A tree that is changed: each collection knows where it is written, and counts who looks at what is in it.

The collections are dicts and lists, so that a JSONPath library takes them for what they are. Every member that is
looked at, in filters and functions too, is counted against ``Budget``: some queries (``$..*..*``) would never end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.documents.scalars import MAX_DEPTH, TOO_DEEP

if TYPE_CHECKING:
    from _collections_abc import dict_items

Origin = tuple[int, str]
"""Where a node is written: the number of its source, and its pointer there."""
MAX_LOOKS = 50_000_000
"""Nodes that the queries of a document's overlays may look at: about a minute."""


class Beyond(Exception):
    """More nodes than are allowed, or deeper ones."""


class Budget:
    """How many nodes may still be looked at, and be added."""

    def __init__(self, nodes: int) -> None:
        self.looks = MAX_LOOKS
        self._nodes = nodes

    def look(self, count: int) -> None:
        """Count nodes that are looked at."""
        self.looks -= count
        if self.looks < 0:
            raise Beyond(f"the queries look at more than {MAX_LOOKS:,} nodes; spell the way to the nodes instead of ..")

    def add(self) -> None:
        """Count a node that is added."""
        self._nodes -= 1
        if self._nodes < 0:
            raise Beyond("the result has more nodes than a document may have")


class Members(dict[str, Any]):
    """A mapping."""

    __slots__ = ("_budget", "moved", "origin")

    def __init__(self, origin: Origin, budget: Budget) -> None:
        super().__init__()
        self.origin = origin
        self.moved: dict[str, Origin] = {}
        """Where scalars are written that are not written in this mapping."""
        self._budget = budget

    def __getitem__(self, key: str) -> Any:
        self._budget.look(1)
        return super().__getitem__(key)

    def items(self) -> dict_items[str, Any]:
        """The members; all count as looked at."""
        self._budget.look(len(self))
        return super().items()

    def origin_of(self, key: str) -> Origin:
        """Where a member is written."""
        value = super().__getitem__(key)
        if isinstance(value, Members | Items):
            return value.origin
        return self.moved.get(key) or (self.origin[0], f"{self.origin[1]}/{escape(key)}")

    def put(self, key: str, value: Any, origin: Origin) -> None:
        """Set a member."""
        self[key] = value
        if not isinstance(value, Members | Items):
            self.moved[key] = origin


class Items(list[Any]):
    """A list. ``origins`` are the places of its items."""

    __slots__ = ("_budget", "origin", "origins")

    def __init__(self, origin: Origin, budget: Budget) -> None:
        super().__init__()
        self.origin = origin
        self.origins: list[Origin] = []
        self._budget = budget

    def __iter__(self) -> Iterator[Any]:
        self._budget.look(len(self))
        return super().__iter__()

    def __getitem__(self, index: Any) -> Any:
        value = super().__getitem__(index)
        self._budget.look(len(value) if isinstance(index, slice) else 1)
        return value

    def origin_of(self, index: int) -> Origin:
        """Where an item is written."""
        return self.origins[index]

    def put(self, index: int, value: Any, origin: Origin) -> None:
        """Replace an item."""
        self[index] = value
        self.origins[index] = origin

    def add(self, value: Any, origin: Origin) -> None:
        """Append an item."""
        self.append(value)
        self.origins.append(origin)

    def remove_at(self, index: int) -> None:
        """Delete an item."""
        del self[index]
        del self.origins[index]


def grown(value: Any, origin: Origin, budget: Budget, depth: int = 0) -> Any:
    """The tree of plain data that is written at a place. What YAML repeats by an alias becomes a node in each place."""
    budget.add()
    if depth > MAX_DEPTH:
        raise Beyond(TOO_DEEP)
    source, pointer = origin
    if isinstance(value, dict):
        members = Members(origin, budget)
        for key, member in value.items():
            dict.__setitem__(members, key, grown(member, (source, f"{pointer}/{escape(key)}"), budget, depth + 1))
        return members
    if isinstance(value, list):
        items = Items(origin, budget)
        for index, item in enumerate(value):
            place = (source, f"{pointer}/{index}")
            items.add(grown(item, place, budget, depth + 1), place)
        return items
    return value


def copied(value: Any, budget: Budget, depth: int = 0) -> Any:
    """A copy of a tree, whose nodes are written where those of the tree are."""
    budget.add()
    if depth > MAX_DEPTH:
        raise Beyond(TOO_DEEP)
    if isinstance(value, Members):
        members = Members(value.origin, budget)
        for key, member in dict.items(value):
            dict.__setitem__(members, key, copied(member, budget, depth + 1))
        members.moved = dict(value.moved)
        return members
    if isinstance(value, Items):
        items = Items(value.origin, budget)
        for index, item in enumerate(list.__iter__(value)):
            items.add(copied(item, budget, depth + 1), value.origins[index])
        return items
    return value


def plain(value: Any, places: dict[str, Origin]) -> Any:
    """The plain data of a tree. ``places`` gets the pointers of the nodes that are not written where the node above
    them is, with the places where they are written; what is not below such a node is written in the first source."""
    return _plain(value, "", (0, ""), places, 0)


def _plain(value: Any, pointer: str, expected: Origin, places: dict[str, Origin], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise Beyond(TOO_DEEP)
    if not isinstance(value, Members | Items):
        return value
    if value.origin != expected:
        places[pointer] = value.origin
    source, above = value.origin
    if isinstance(value, Members):
        members: dict[str, Any] = {}
        for key, member in dict.items(value):
            step = escape(key)
            if key in value.moved and not isinstance(member, Members | Items):
                places[f"{pointer}/{step}"] = value.moved[key]
            members[key] = _plain(member, f"{pointer}/{step}", (source, f"{above}/{step}"), places, depth + 1)
        return members
    items: list[Any] = []
    for index, item in enumerate(list.__iter__(value)):
        place = (source, f"{above}/{index}")
        if value.origins[index] != place and not isinstance(item, Members | Items):
            places[f"{pointer}/{index}"] = value.origins[index]
        items.append(_plain(item, f"{pointer}/{index}", place, places, depth + 1))
    return items
