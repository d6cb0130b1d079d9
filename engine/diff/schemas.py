"""What changed in schemas: types, values, limits, properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.diff.changes import Changes, Direction
from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Node, array

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_NULLABLE = ("nullable", "x-nullable")


class Subject(Struct, frozen=True):
    """What a message is about: a parameter, body or response, and the path of a property inside it."""

    owner: str
    path: str = ""

    def __str__(self) -> str:
        if self.path == "[]":
            return f"an item of {self.owner}"
        return f"property {self.path!r} of {self.owner}" if self.path else self.owner

    def inside(self, name: str) -> Subject:
        """A property of it."""
        return replace(self, path=f"{self.path}.{name}" if self.path else name)

    def item(self) -> Subject:
        """An item of it, if it is an array."""
        return replace(self, path=f"{self.path}[]")


class _Shape(Struct, frozen=True):
    """A schema joined with those that it extends: its members, its properties, which of them are required."""

    node: Node
    members: Mapping[str, Any]
    properties: Mapping[str, Node]
    required: frozenset[str]


Comparison = tuple[Subject, Node, Node, Direction]


class Schemas:
    """Compares schemas; two that were compared in one direction are not compared again, under whatever subject."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._seen: set[tuple[str, str, Direction]] = set()

    def compare(self, subject: str, old: Node, new: Node, direction: Direction) -> None:
        """Record the changes between two schemas and those inside them, in the order of the document."""
        # A stack, not recursion: schemas refer to one another in chains longer than Python's own stack.
        stack: list[Comparison] = [(Subject(subject), old, new, direction)]
        while stack:
            stack += reversed([*self._schema(*stack.pop())])

    def _schema(self, subject: Subject, old: Node, new: Node, direction: Direction) -> Iterator[Comparison]:
        """Record the changes between two schemas; what is to be compared inside them."""
        first, second = _shape(self._changes.before, old), _shape(self._changes.after, new)
        if first is None or second is None:
            return
        key = (first.node.pointer, second.node.pointer, direction)
        if key in self._seen:
            return
        self._seen.add(key)
        if not self._types(subject, first, second, direction):
            return
        self._enum(subject, first, second, direction)
        self._limits(subject, first, second, direction)
        self._format(subject, first, second)
        self._pattern(subject, first, second, direction)
        self._null(subject, first, second, direction)
        yield from self._properties(subject, first, second, direction)
        for name, inner in (("items", subject.item()), ("additionalProperties", subject.inside("*"))):
            before = self._changes.before.tree.nodes.get(first.node.at(name))
            after = self._changes.after.tree.nodes.get(second.node.at(name))
            if before is not None and after is not None:
                yield inner, before, after, direction
        for name in ("oneOf", "anyOf"):
            count, now = (len(shape.members.get(name) or ()) for shape in (first, second))
            if count != now:
                message = f"{subject} now has {now} alternatives in {name} (had {count})"
                self._changes.add("alternatives-changed", message, first.node, second.node)

    def _types(self, subject: Subject, first: _Shape, second: _Shape, direction: Direction) -> bool:
        """Record a change of type; return True if the two have a type in common, so that the rest can be compared."""
        old, new = _types(first), _types(second)
        if old == new:
            return True
        wider, narrower = _covers(new, old), _covers(old, new)
        if not wider and not narrower:
            rule = "type-changed"
        elif wider if direction == "request" else narrower:
            rule = "type-relaxed"
        else:
            rule = "type-narrowed" if direction == "request" else "type-widened"
        message = f"the type of {subject} is now {_worded(new)} (was {_worded(old)})"
        self._changes.add(rule, message, first.node.at("type"), second.node.at("type"))
        return bool(old & new)

    def _enum(self, subject: Subject, first: _Shape, second: _Shape, direction: Direction) -> None:
        old, new = first.members.get("enum"), second.members.get("enum")
        if old == new:
            return
        if old is None:
            removed, added = [f"can now only be {', '.join(map(repr, array(new)))}"], []
        elif new is None:
            removed, added = [], ["can now be any value"]
        else:
            only_old, only_new = (
                [value for value in old if value not in new],
                [value for value in new if value not in old],
            )
            removed = [f"can no longer be {', '.join(map(repr, only_old))}"] if only_old else []
            added = [f"can now also be {', '.join(map(repr, only_new))}"] if only_new else []
        for words, narrower in (*((words, True) for words in removed), *((words, False) for words in added)):
            rule = "enum-relaxed"
            if narrower == (direction == "request"):
                rule = "enum-narrowed" if narrower else "enum-widened"
            self._changes.add(rule, f"{subject} {words}", first.node.at("enum"), second.node.at("enum"))

    def _limits(self, subject: Subject, first: _Shape, second: _Shape, direction: Direction) -> None:
        for name in (*_LOWER, *_UPPER):
            old, new = first.members.get(name), second.members.get(name)
            if old == new or isinstance(old, bool) or isinstance(new, bool):
                continue
            narrower = old is None or (new is not None and ((new > old) if name in _LOWER else (new < old)))
            if narrower:
                rule = "limit-narrowed" if direction == "request" else "limit-relaxed"
            else:
                rule = "limit-relaxed" if direction == "request" else "limit-widened"
            now = f"now has {name} {new}" if new is not None else f"no longer has {name}"
            message = f"{subject} {now} (was {'unlimited' if old is None else old})"
            self._changes.add(rule, message, first.node.at(name), second.node.at(name))

    def _format(self, subject: Subject, first: _Shape, second: _Shape) -> None:
        old, new = first.members.get("format"), second.members.get("format")
        if old != new:
            message = f"the format of {subject} is now {new or 'unspecified'} (was {old or 'unspecified'})"
            self._changes.add("format-changed", message, first.node.at("format"), second.node.at("format"))

    def _pattern(self, subject: Subject, first: _Shape, second: _Shape, direction: Direction) -> None:
        old, new = first.members.get("pattern"), second.members.get("pattern")
        if old != new and direction == "request":
            rule = "limit-relaxed" if new is None else "pattern-changed"
            message = f"the pattern of {subject} is now {new or 'unspecified'} (was {old or 'unspecified'})"
            self._changes.add(rule, message, first.node.at("pattern"), second.node.at("pattern"))

    def _null(self, subject: Subject, first: _Shape, second: _Shape, direction: Direction) -> None:
        old, new = (any(shape.members.get(name) is True for name in _NULLABLE) for shape in (first, second))
        if old == new:
            return
        if direction == "request":
            rule = "null-refused" if old else "null-relaxed"
        else:
            rule = "null-comes" if new else "null-relaxed"
        message = f"{subject} can {'now' if new else 'no longer'} be null"
        self._changes.add(rule, message, first.node, second.node)

    def _properties(
        self, subject: Subject, first: _Shape, second: _Shape, direction: Direction
    ) -> Iterator[Comparison]:
        for name, before in first.properties.items():
            inner = subject.inside(name)
            after = second.properties.get(name)
            if after is None:
                message = f"property {inner.path!r} was removed from {inner.owner}"
                self._changes.add("property-removed", message, before, second.node)
                continue
            required = name in second.required
            if (name in first.required) != required:
                bad = required if direction == "request" else not required
                rule = "property-required" if direction == "request" else "property-absent"
                message = f"{inner} is now {'required' if required else 'optional'}"
                self._changes.add(rule if bad else "property-relaxed", message, before, after)
            yield inner, before, after, direction
        for name, after in second.properties.items():
            if name not in first.properties:
                needed = direction == "request" and name in second.required
                message = f"{'required ' * needed}property {subject.inside(name).path!r} was added to {subject.owner}"
                self._changes.add("property-required" if needed else "property-added", message, first.node, after)


def _shape(context: Context, node: Node) -> _Shape | None:
    """A schema joined with those in its ``allOf``; of a member that several have, the first counts."""
    schema = context.tree.resolve(node)
    if schema is None or not isinstance(schema.value, Mapping):
        return None
    members: dict[str, Any] = {}
    properties: dict[str, Node] = {}
    required: set[str] = set()
    waiting, seen = [schema], set()
    while waiting:
        part = waiting.pop()
        if part.pointer in seen or not isinstance(part.value, Mapping):
            continue
        seen.add(part.pointer)
        for name, value in part.value.items():
            members.setdefault(name, value)
        required |= {str(name) for name in part.array("required")}
        for child in context.tree.children.get(part.pointer, ()):
            if child.pointer == part.at("properties", child.name):
                properties.setdefault(child.name, child)
            elif "/allOf/" in child.pointer[len(part.pointer) :]:
                resolved = context.tree.resolve(child)
                waiting += [resolved] if resolved is not None else []
    return _Shape(schema, members, properties, frozenset(required))


def _types(shape: _Shape) -> frozenset[str]:
    kind = shape.members.get("type")
    names = kind if isinstance(kind, list) else [kind] if isinstance(kind, str) else []
    if not names and shape.properties:
        names = ["object"]
    return frozenset(map(str, names))


def _covers(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """Return True if every value of the narrow types is of one of the wide ones."""
    if not wide:
        return True
    return bool(narrow) and all(name in wide or (name == "integer" and "number" in wide) for name in narrow)


def _worded(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) or "unspecified"
