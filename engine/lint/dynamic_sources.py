"""Dynamic values, schemas and trees: the parameters and properties from which they take what they pass on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from openconnectors.engine.lint.dynamic_values import Argument, calls
from openconnectors.engine.lint.extensions import is_internal
from openconnectors.engine.lint.property_paths import follow
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_extensions import check
from openconnectors.engine.lint.tree import Node


class Source(Struct, frozen=True):
    """What a value is taken from: a parameter of the operation, or a property of its body."""

    node: Node
    name: str
    is_required: bool
    is_internal: bool


def sources(node: Node, context: Context) -> Iterator[tuple[Argument, Source, Node, str]]:
    """The parameters and properties whose values are passed to parameters of the called operation: the argument, its
    source, the parameter that takes it, and the operationId of the called operation."""
    operation = node.above("operation")
    parameters = context.tree.parameters(operation) if operation is not None else []
    by_name = {str(parameter.get("name")): parameter for parameter in parameters}
    for call in calls(node) if by_name else ():
        targets = call.parameters(context)
        for argument in call.arguments():
            source = _source_of(argument, by_name, context) if argument.name in targets and argument.parameter else None
            if source is not None:
                yield argument, source, targets[argument.name], call.called


def _source_of(argument: Argument, by_name: Mapping[str, Node], context: Context) -> Source | None:
    name = str(argument.parameter)
    parameter = by_name.get(name)
    if parameter is not None:
        return Source(parameter, name, parameter.get("required") is True, is_internal(parameter))
    first, *steps = name.split("/")
    body = by_name.get(first)
    if not steps or body is None or body.get("in") != "body":
        return None
    schema, required, internal = context.tree.schema_of(body), True, is_internal(body)
    for step in steps:
        inner = follow(schema, [step], context) if schema is not None else None
        holder = context.tree.resolve(schema) if schema is not None else None
        if not isinstance(inner, Node) or holder is None or holder.has("allOf"):
            return None
        written = context.tree.nodes.get(holder.at("properties", step), inner)
        required = required and step in holder.array("required")
        internal = internal or is_internal(written) or is_internal(inner)
        schema = inner
    return Source(schema, name, required, internal) if schema is not None else None


@check("dynamic-type")
def _type_of_source(node: Node, context: Context) -> Iterator[Finding]:
    for argument, source, target, called in sources(node, context):
        kind, expected = source.node.get("type"), target.get("type")
        if kind and expected and kind != expected and (kind, expected) != ("integer", "number"):
            message = f"{source.name!r} is of type {kind}; {called} expects {expected}"
            yield Finding(argument.pointer, message)


@check("dynamic-internal")
def _internal_source(node: Node, context: Context) -> Iterator[Finding]:
    for argument, source, _, _ in sources(node, context):
        if source.is_internal:
            what = "parameter" if source.node.kind == "parameter" else "property"
            yield Finding(argument.pointer, f"the {what} {source.name!r} is internal")


@check("dynamic-itself")
def _itself(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node) if node.kind == "schema" else ():
        for argument in call.arguments():
            if argument.parameter is not None and _is_itself(argument, node, context):
                yield Finding(argument.pointer, f"the choices of {argument.parameter!r} depend on its own value")
    for call in calls(node) if node.kind == "parameter" else ():
        for argument in call.arguments():
            if argument.parameter is not None and argument.parameter == node.get("name"):
                yield Finding(argument.pointer, f"the choices of {argument.parameter!r} depend on its own value")
            elif argument.parameter is not None and str(node.get("name")) in _needed(argument.parameter, node, context):
                names = f"{node.get('name')!r} and {argument.parameter!r}"
                yield Finding(argument.pointer, f"the choices of {names} depend on each other")


def _is_itself(argument: Argument, property: Node, context: Context) -> bool:
    """Return True if an argument is taken from the very property of a body whose choices it lists."""
    path: list[str] = []
    node: Node | None = property
    while node is not None and node.kind == "schema":
        above = node.parent
        if above is not None and node.pointer == above.at("properties", node.name):
            path.insert(0, node.name)
        node = above
    steps = str(argument.parameter).split("/")
    if node is None or node.kind != "parameter" or not path:
        return False
    operation = node.above("operation")
    parameters = context.tree.parameters(operation) if operation is not None else []
    is_parameter = any(parameter.get("name") == steps[0] for parameter in parameters)
    return steps == [str(node.get("name")), *path] or (steps == path and not is_parameter)


def _needed(name: str, node: Node, context: Context) -> set[str]:
    """The parameters that the choices of another parameter of the same operation depend on."""
    operation = node.above("operation")
    parameters = context.tree.parameters(operation) if operation is not None else []
    others = [parameter for parameter in parameters if parameter.get("name") == name]
    return {
        argument.parameter
        for other in others
        for call in calls(other)
        for argument in call.arguments()
        if argument.parameter is not None
    }
