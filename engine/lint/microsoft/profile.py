"""What several rules of the profile ask of nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Node


def body_schemas(operation: Node, context: Context) -> Iterator[Node]:
    """The schemas of an operation's request body, at any depth, each once."""
    bodies = (parameter for parameter in context.tree.parameters(operation) if parameter.get("in") == "body")
    schemas = [schema for body in bodies if (schema := context.tree.schema_of(body)) is not None]
    yield from schemas_below(schemas, context)


def schemas_below(roots: list[Node], context: Context) -> Iterator[Node]:
    """Schemas with those inside them, at any depth, each once."""
    waiting, seen = list(roots), set()
    while waiting:
        schema = context.tree.resolve(waiting.pop())
        if schema is None or schema.pointer in seen or not isinstance(schema.value, Mapping):
            continue
        seen.add(schema.pointer)
        yield schema
        children = context.tree.children.get(schema.pointer, ())
        waiting += [child for child in children if child.kind == "schema"]
