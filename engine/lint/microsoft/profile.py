"""What rules of the profile ask of nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.lint.rules import Case
from openconnectors.engine.lint.tree import Node


def is_internal(node: Node) -> bool:
    """Whether what is described is hidden from people."""
    return str(node.get("x-ms-visibility", "")).lower() == "internal"


def inputs(operation: Node, case: Case) -> Iterator[Node]:
    """Every schema of an operation's body, each once."""
    bodies = (one for one in case.tree.parameters(operation) if one.get("in") == "body")
    yield from below([schema for one in bodies if (schema := case.tree.schema_of(one)) is not None], case)


def below(roots: list[Node], case: Case) -> Iterator[Node]:
    """Every schema within some, each once."""
    waiting, seen = list(roots), set()
    while waiting:
        own = case.tree.resolve(waiting.pop())
        if own is None or own.pointer in seen or not isinstance(own.value, Mapping):
            continue
        seen.add(own.pointer)
        yield own
        waiting += [one for one in case.tree.children.get(own.pointer, ()) if one.kind == "schema"]
