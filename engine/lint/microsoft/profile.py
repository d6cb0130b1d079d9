"""A rule of the profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from openconnectors.engine.lint.rules import Case, Check, Severity, rule
from openconnectors.engine.lint.tree import Node

PROFILE = "microsoft"


def certified(id: str, severity: Severity, kinds: str, why: str, fix: str, has: str = "") -> Callable[[Check], Check]:
    """A rule of Microsoft's profile."""
    return rule(id, severity, kinds, why, fix, has=has, profile=PROFILE)


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
