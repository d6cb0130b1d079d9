"""YAML to plain data: events of libyaml become a tree, without recursion, and the position of every node is noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from msgspec import Struct

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.documents.positions import Position, Recorded
from openconnectors.engine.documents.scalars import (
    MAX_DEPTH,
    TAG,
    TOO_DEEP,
    NotYaml,
    Unreadable,
    max_nodes,
    scalar,
    unknown_tag,
)

_MERGE = "<<"
"""The key whose value is merged into its mapping (https://yaml.org/type/merge.html)."""


class _Open(Struct):
    """A collection under construction: where it is, the levels below it and, for a mapping, the key whose value comes
    next, and the mappings that are merged into it, each with its pointer."""

    value: Any
    pointer: str
    anchor: str | None
    start: int
    key: str | None = None
    height: int = 0
    merged: list[tuple[Mapping[str, Any], str]] | None = None


class _Anchor(Struct, frozen=True):
    """A node that has a name: its value, how many nodes and levels it has, and where it is."""

    value: Any
    nodes: int
    height: int
    pointer: str


class EventReader:
    """Builds the tree, and the positions of its nodes, from one stream of YAML events."""

    def __init__(self, text: str, json_only: bool, tolerant: bool) -> None:
        self.text = text
        self.json_only = json_only
        self.tolerant = tolerant
        self.positions = Recorded()
        self.root: Any = None
        self._repeated: list[tuple[str, str, Position]] = []  # key, pointer, where the key was first
        self._nodes = 0
        self._max_nodes = max_nodes(text)
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchor] = {}
        self._origins: dict[str, str] = {}  # pointers of aliases to those of their anchors

    def read(self) -> Any:
        """The tree; ``Unreadable`` for a text that is not one YAML document of plain data."""
        start: Any = None  # yaml.Mark, which its stubs do not export
        documents = 0
        try:
            for event in yaml.parse(self.text, Loader=yaml.CSafeLoader):
                start = event.start_mark
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        raise ValueError("a second document begins here; a file holds one")
                elif isinstance(event, yaml.NodeEvent):
                    self._node(event)
                elif isinstance(event, yaml.CollectionEndEvent):
                    self._close()
        except yaml.MarkedYAMLError as error:
            at = error.problem_mark or error.context_mark
            message = " ".join(part for part in (error.context, error.problem) if part)
            # libyaml looks ahead, so that its own bound may be met before ours.
            message = TOO_DEEP if "nesting depth" in message else f"not YAML: {message}"
            raise NotYaml("syntax", message, at.line + 1 if at else 1, at.column + 1 if at else 1) from None
        except yaml.YAMLError as error:
            raise NotYaml("syntax", f"not YAML: {error}") from None
        except ValueError as error:
            raise Unreadable("syntax", str(error), start.line + 1, start.column + 1) from None
        if not documents:
            raise Unreadable("syntax", "the file is empty")
        return self.root

    @property
    def duplicates(self) -> list[Unreadable]:
        """Keys that were repeated in one mapping, which a tolerant reading lets pass."""
        return [
            Unreadable(
                "key-twice",
                f"the key {key!r} is already used on line {first[0]}; the last one counts; keep one",
                *self.positions.keys[pointer],
            )
            for key, pointer, first in self._repeated
        ]

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._max_nodes:
            raise ValueError(f"more than {self._max_nodes:,} nodes, aliases expanded")

    def _node(self, event: yaml.NodeEvent) -> None:
        start: Any = event.start_mark
        position = (start.line + 1, start.column + 1)
        parent = self._stack[-1] if self._stack else None
        if parent is not None and parent.key is None and isinstance(parent.value, dict):
            return self._key(parent, event, position)
        if parent is None:
            pointer = ""
        elif isinstance(parent.value, dict):
            pointer = f"{parent.pointer}/{escape(parent.key or '')}"
        else:
            pointer = f"{parent.pointer}/{len(parent.value)}"
        self.positions.values[pointer] = position
        if isinstance(event, yaml.AliasEvent):
            anchor = self._anchor(event)
            self._count(anchor.nodes)
            if len(self._stack) + anchor.height > MAX_DEPTH:
                raise ValueError(f"{TOO_DEEP}, aliases expanded")
            self._origins[pointer] = anchor.pointer
            return self._put(anchor.value, anchor.height, pointer)
        self._count(1)
        if isinstance(event, yaml.ScalarEvent):
            value = scalar(event, self.json_only)
            if event.anchor:
                self._anchors[event.anchor] = _Anchor(value, 1, 0, pointer)
            return self._put(value, 0, pointer)
        begins = isinstance(event, yaml.MappingStartEvent)
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", TAG + ("map" if begins else "seq")):
            raise unknown_tag(str(tag))
        if len(self._stack) >= MAX_DEPTH:
            raise ValueError(TOO_DEEP)
        new: Any = {} if begins else []
        self._stack.append(_Open(new, pointer, event.anchor, self._nodes))

    def _anchor(self, event: yaml.AliasEvent) -> _Anchor:
        if event.anchor not in self._anchors:
            raise ValueError(f"the alias *{event.anchor} has no anchor before it, or is inside it")
        return self._anchors[event.anchor]

    def _key(self, parent: _Open, event: yaml.NodeEvent, position: Position) -> None:
        key = self._anchor(event).value if isinstance(event, yaml.AliasEvent) else getattr(event, "value", None)
        if not isinstance(key, str):
            raise ValueError("a key must be text")
        merges = key == _MERGE and not self.json_only and isinstance(event, yaml.ScalarEvent) and not event.style
        pointer = f"{parent.pointer}/{escape(key)}"
        if key in parent.value or (merges and parent.merged is not None):
            first = self.positions.keys[pointer]
            if not self.tolerant:
                raise ValueError(f"the key {key!r} is already used on line {first[0]}; keep one")
            self._repeated.append((key, pointer, first))
        self._count(1)
        self.positions.keys[pointer] = position
        if isinstance(event, yaml.ScalarEvent) and event.anchor:
            self._anchors[event.anchor] = _Anchor(key, 1, 0, pointer)
        parent.key = key
        if merges:
            parent.merged = []
        else:
            parent.value[key] = None

    def _put(self, value: Any, height: int, pointer: str) -> None:
        if not self._stack:
            self.root = value
            return
        parent = self._stack[-1]
        parent.height = max(parent.height, height)
        if isinstance(parent.value, list):
            parent.value.append(value)
            return
        if parent.key == _MERGE and parent.merged is not None and _MERGE not in parent.value:
            self._merge(parent.merged, value, pointer)
        else:
            parent.value[parent.key] = value
        parent.key = None

    def _merge(self, merged: list[tuple[Mapping[str, Any], str]], value: Any, pointer: str) -> None:
        """Note the mappings of a merge key, the one that wins first."""
        listed = isinstance(value, list)
        origin = self._origins.get(pointer, pointer)
        for index, mapping in enumerate(value if listed else [value]):
            at = f"{origin}/{index}" if listed else origin
            if not isinstance(mapping, dict):
                values = self.positions.values
                raise Unreadable(
                    "syntax",
                    "the merge key << takes a mapping, or a list of mappings, of this document; quote it to mean text",
                    *values.get(f"{pointer}/{index}", values[pointer]),
                )
            merged.append((mapping, self._origins.get(at, at)))

    def _close(self) -> None:
        closed = self._stack.pop()
        if closed.merged:
            self._fill(closed, closed.merged)
        height = closed.height + 1
        if closed.anchor:
            nodes = self._nodes - closed.start + 1
            self._anchors[closed.anchor] = _Anchor(closed.value, nodes, height, closed.pointer)
        self._put(closed.value, height, closed.pointer)

    def _fill(self, closed: _Open, merged: list[tuple[Mapping[str, Any], str]]) -> None:
        """Add the members that are merged into a mapping; its own members win, and come after them."""
        members = dict(closed.value)
        closed.value.clear()
        for mapping, origin in merged:
            for key, value in mapping.items():
                step = escape(key)
                if key in closed.value or key in members:
                    closed.value.setdefault(key, members.get(key))
                    continue
                closed.value[key] = value
                for known in (self.positions.keys, self.positions.values):
                    if f"{origin}/{step}" in known:
                        known[f"{closed.pointer}/{step}"] = known[f"{origin}/{step}"]
        closed.value.update(members)
