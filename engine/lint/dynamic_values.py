"""Dynamic values, schemas and trees: extensions that name an operation to call for choices or a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table import DYNAMIC, check
from openconnectors.engine.lint.tree import Node, mapping

Dynamic = tuple[str, str, Mapping[str, Any]]
"""A pointer, the name of the extension, and the mapping that names the operation."""


def dynamic_values(node: Node) -> Iterator[Dynamic]:
    """The dynamic extensions of a node. A tree has two mappings, ``open`` and ``browse``; a capability (file-picker)
    names no operation."""
    for name in DYNAMIC.split():
        value = node.get(name)
        if not isinstance(value, Mapping):
            continue
        if name == "x-ms-dynamic-tree":
            for part in ("open", "browse"):
                if isinstance(value.get(part), Mapping):
                    yield node.at(name, part), name, value[part]
        elif value.get("capability") is None:
            yield node.at(name), name, value


@check("dynamic-operation")
def _operation(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, _, value in dynamic_values(node):
        name = value.get("operationId")
        if isinstance(name, str) and name not in context.operations:
            message, suggestion = f"there is no operation {name!r}", closest(name, context.operations)
            yield Finding(f"{pointer}/operationId", message, suggestion=suggestion)


@check("dynamic-incomplete")
def _incomplete(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, name, value in dynamic_values(node):
        if not isinstance(value.get("operationId"), str):
            yield Finding(pointer, f"{name!r} has no operationId", key=True)


@check("dynamic-parameter")
def _parameter(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, _, value in dynamic_values(node):
        operation = context.operations.get(str(value.get("operationId")))
        if operation is None:
            continue
        known = _argument_names(operation, context)
        for name in mapping(value.get("parameters")):
            if name.rpartition("/")[2] not in known:
                message = f"{operation.get('operationId')} has no parameter {name!r}"
                at = f"{pointer}/parameters/{escape(name)}"
                yield Finding(at, message, key=True, suggestion=closest(name, known))


def _argument_names(operation: Node, context: Context) -> set[str]:
    """The names of an operation's parameters, and of the properties of its body at any depth."""
    names: set[str] = set()
    waiting: list[Node | None] = []
    for parameter in context.tree.parameters(operation):
        names.add(str(parameter.get("name")))
        if parameter.get("in") == "body":
            waiting.append(context.tree.schema_of(parameter))
    body = context.tree.resolved(operation.at("requestBody"))
    if body is not None:
        waiting.append(context.tree.schema_of(body))
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        schema = context.tree.resolve(node) if node is not None else None
        if schema is None or schema.pointer in seen:
            continue
        seen.add(schema.pointer)
        for child in context.tree.children.get(schema.pointer, ()):
            if child.kind == "schema":
                if child.pointer == schema.at("properties", child.name):
                    names.add(child.name)
                waiting.append(child)
    return names


def properties_of(node: Node, context: Context) -> set[str]:
    """The names of the properties of a schema and of those that it extends."""
    names: set[str] = set()
    waiting, seen = [node], set()
    while waiting:
        schema = context.tree.resolve(waiting.pop())
        if schema is None or schema.pointer in seen:
            continue
        seen.add(schema.pointer)
        names |= set(schema.mapping("properties"))
        children = context.tree.children.get(schema.pointer, ())
        waiting += [child for child in children if "/allOf/" in child.pointer[len(schema.pointer) :]]
    return names
