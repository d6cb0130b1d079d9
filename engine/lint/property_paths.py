"""Paths of properties in schemas, as Microsoft's extensions write them: what is at the end of one."""

from __future__ import annotations

from collections.abc import Sequence

from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Node


def is_bare(node: Node) -> bool:
    """Return True if a schema may hold what it does not describe."""
    if any(node.get(name) for name in ("properties", "allOf", "items")):
        return bool(node.get("additionalProperties")) and not node.get("properties")
    return node.get("type") in (None, "object") or any(node.has(name) for name in ("anyOf", "oneOf"))


def follow(node: Node, steps: Sequence[str | int], context: Context) -> Node | str | None:
    """The schema at a path of properties and indexes; the step that does not exist; None if a schema on the way is not
    fully described."""
    for step in steps:
        schema = context.tree.resolve(node)
        if schema is None or is_bare(schema) or schema.is_dynamic:
            return None
        inner = _item(schema, context) if isinstance(step, int) else _property(schema, step, context)
        if inner is None:
            is_open = schema.get("additionalProperties") or (isinstance(step, int) and schema.get("type") == "array")
            return None if is_open else f"[{step}]" if isinstance(step, int) else step
        node = inner
    return context.tree.resolve(node)


def _item(node: Node, context: Context) -> Node | None:
    """The items of a list."""
    return context.tree.nodes.get(node.at("items")) if node.has("items") else None


def _property(node: Node, name: str, context: Context) -> Node | None:
    """A property of a schema, or of those that it extends."""
    children = context.tree.children.get(node.pointer, ())
    extended = [context.tree.resolve(child) for child in children if "/allOf/" in child.pointer[len(node.pointer) :]]
    for schema in (node, *extended):
        inner = context.tree.nodes.get(schema.at("properties", name)) if schema is not None else None
        if inner is not None:
            return inner
    return None
