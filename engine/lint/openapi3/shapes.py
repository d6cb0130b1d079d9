"""What a value of a schema can have, as far as the schema says: its properties, a place in it, its types.

A schema says nothing of what it leaves open: then everything can be there. Composition is followed through references,
in rings once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Node, array

_ALTERNATIVES = ("anyOf", "oneOf")
_OTHERS = ("additionalProperties", "unevaluatedProperties")


class Shapes:
    """What the schemas of one document describe."""

    def __init__(self, context: Context) -> None:
        self._tree = context.tree

    def parts(self, node: Node, alternatives: bool = True) -> list[Node] | None:
        """A schema with all that it is made of: ``allOf``, what it refers to and, on request, its alternatives; None
        if one of them is not in the document."""
        parts: list[Node] = []
        waiting, seen = [node], set()
        while waiting:
            schema = waiting.pop()
            if schema.reference is not None:
                target = self._tree.resolve(schema)
                if target is None:
                    return None
                if len(schema.value) > 1 and schema.pointer not in seen:
                    seen.add(schema.pointer)
                    parts.append(schema)  # keywords beside a reference (2020-12)
                schema = target
            if schema.pointer in seen:
                continue
            seen.add(schema.pointer)
            parts.append(schema)
            if schema.has("$dynamicRef"):
                return None
            names = ("allOf", *_ALTERNATIVES, "then", "else") if alternatives else ("allOf",)
            waiting += self._below(schema, names)
        return parts

    def _below(self, schema: Node, names: tuple[str, ...]) -> Iterator[Node]:
        for name in names if isinstance(schema.value, dict) else ():
            if name not in schema.value:
                continue
            if name in ("then", "else"):
                inner = self._tree.nodes.get(schema.at(name))
                if inner is not None:
                    yield inner
            else:
                for index in range(len(schema.array(name))):
                    inner = self._tree.nodes.get(schema.at(name, index))
                    if inner is not None:
                        yield inner

    def listed(self, node: Node) -> dict[str, Node]:
        """The properties that a schema lists, by name, each of the first part that has it."""
        properties: dict[str, Node] = {}
        for part in self.parts(node) or ():
            for name in part.mapping("properties"):
                schema = self._tree.nodes.get(part.at("properties", name))
                if schema is not None:
                    properties.setdefault(name, schema)
        return properties

    def is_open(self, node: Node) -> bool:
        """Return True if a schema leaves its properties open: no part lists any, or one takes others by
        ``additionalProperties``, ``patternProperties`` or ``unevaluatedProperties``."""
        parts = self.parts(node)
        if parts is None or not any(part.mapping("properties") for part in parts):
            return True
        return any(
            part.has("patternProperties") or any(part.get(name) not in (None, False) for name in _OTHERS)
            for part in parts
        )

    def can_have(self, node: Node, steps: list[str]) -> bool:
        """Return True if a value of a schema can have something at a JSON pointer."""
        schemas: list[Node] = [node]
        for step in steps:
            inner: list[Node] = []
            for schema in schemas:
                below = self._member(schema, step)
                if below is None:
                    return True
                inner += below
            if not inner:
                return False
            schemas = inner
        return True

    def _member(self, node: Node, step: str) -> list[Node] | None:
        """The schemas of a member of an object or of an item of an array; None if there can be anything."""
        types = self.types(node)
        if types is not None and not types & {"object", "array"}:
            return []
        parts = self.parts(node)
        if parts is None:
            return None
        listed = self.listed(node)
        members = [listed[step]] if step in listed else []
        may_be_object = types is None or "object" in types
        if not members and may_be_object and self.is_open(node) and not any(part.has("items") for part in parts):
            return None
        for part in parts:
            if part.has("items") or part.has("prefixItems"):
                if not (step.isdigit() or step == "-"):
                    continue
                items = [self._tree.nodes.get(part.at("items"))]
                items += [self._tree.nodes.get(part.at("prefixItems", index)) for index in range(8)]
                members += [item for item in items if item is not None]
        if not members and types is not None and "array" in types and not any(part.has("items") for part in parts):
            return None
        return members

    def types(self, node: Node) -> set[str] | None:
        """The types that a schema names, of all its parts; None if it names none."""
        parts = self.parts(node)
        if parts is None:
            return None
        types: set[str] = set()
        for part in parts:
            kind = part.get("type")
            types |= {str(name) for name in (array(kind) if isinstance(kind, list) else [kind] if kind else [])}
            if isinstance(part.value, Mapping) and not kind:
                types |= {"object"} if part.has("properties") else set()
                types |= {"array"} if part.has("items") else set()
        return types or None

    def items(self, node: Node) -> list[Node]:
        """The schemas of the items of an array, of all its parts."""
        schemas = [self._tree.nodes.get(part.at("items")) for part in self.parts(node) or ()]
        return [schema for schema in schemas if schema is not None]
