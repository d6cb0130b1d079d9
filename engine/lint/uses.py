"""Where the nodes of a document are used: the operations that a shared parameter or schema takes part in."""

from __future__ import annotations

from collections.abc import Iterator

from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Node

_SENT, _RECEIVED = ("parameter", "request-body"), ("response", "notification", "header")


def _referring(context: Context) -> dict[str, list[Node]]:
    """The nodes that refer to each node, by its pointer."""
    referring: dict[str, list[Node]] = {}
    tree = context.tree
    for node in tree.nodes.values():
        if node.reference is not None:
            target = tree.target(node.reference, node.pointer)
            if target is not None:
                referring.setdefault(target, []).append(node)
    return referring


def _above(node: Node, context: Context, kinds: tuple[str, ...]) -> Iterator[Node]:
    """The nearest nodes of some kinds that hold a node, directly or through references, each once."""
    referring = context.once(_referring)
    waiting: list[Node] = [node]
    seen: set[str] = set()
    while waiting:
        holder: Node | None = waiting.pop()
        while holder is not None and holder.pointer not in seen:
            seen.add(holder.pointer)
            if holder.kind in kinds:
                yield holder
                break
            waiting += referring.get(holder.pointer, ())
            holder = holder.parent


def operations_of(node: Node, context: Context) -> list[Node]:
    """The operations that a node takes part in, in requests or responses; those of a path that shares it."""
    operation = node.above("operation")
    if operation is not None:
        return [operation]
    operations: dict[str, Node] = {}
    for holder in _above(node, context, ("operation", "path")):
        children = context.tree.children.get(holder.pointer, ())
        members = [holder] if holder.kind == "operation" else [child for child in children if child.kind == "operation"]
        operations.update({member.pointer: member for member in members})
    return list(operations.values())


def is_sent(node: Node, context: Context) -> bool:
    """Return True if a schema describes something in a request."""
    return any(holder.kind in _SENT for holder in _above(node, context, (*_SENT, *_RECEIVED)))


def is_only_received(node: Node, context: Context) -> bool:
    """Return True if a schema describes something in responses or notifications, and nothing in a request."""
    holders = list(_above(node, context, (*_SENT, *_RECEIVED)))
    return bool(holders) and not any(holder.kind in _SENT for holder in holders)
