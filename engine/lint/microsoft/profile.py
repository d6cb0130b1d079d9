"""What several rules of the profile ask of nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Node


def body_schemas(operation: Node, context: Context) -> Iterator[Node]:
    """The schemas of an operation's request body, at any depth, each once, without those that are true or false."""
    return (schema for schema in context.tree.body_schemas(operation) if isinstance(schema.value, Mapping))


def schemas_below(roots: list[Node], context: Context) -> Iterator[Node]:
    """Schemas with those inside them, at any depth, each once, without those that are true or false."""
    return (schema for schema in context.tree.schemas_below(roots) if isinstance(schema.value, Mapping))
