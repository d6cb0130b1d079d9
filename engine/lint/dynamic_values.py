"""Dynamic values, schemas and trees: extensions that call an operation for choices or a schema. What they pass to it.

What the called operation returns is in ``dynamic_results``, where the values come from in ``dynamic_sources``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.property_paths import follow
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_extensions import DYNAMIC, check
from openconnectors.engine.lint.tree import Node, mapping
from openconnectors.engine.lint.uses import operations_of
from openconnectors.engine.lint.values import TYPES

NEWER = ("x-ms-dynamic-list", "x-ms-dynamic-properties", "x-ms-dynamic-tree")
"""The extensions of the newer spelling."""


class Call(Struct, frozen=True):
    """A call that an extension asks for: where it is, the extension's name, and the mapping that names the
    operation."""

    pointer: str
    name: str
    value: Mapping[str, Any]

    @property
    def called(self) -> str:
        """The operationId of the operation to call; empty if there is none."""
        return str(self.value.get("operationId", ""))

    def operation(self, context: Context) -> Node | None:
        """The operation to call, if it is there."""
        return context.operations.get(self.called)

    def parameters(self, context: Context) -> dict[str, Node]:
        """The parameters of the operation to call, by name."""
        operation = self.operation(context)
        parameters = context.tree.parameters(operation) if operation is not None else []
        return {str(parameter.get("name")): parameter for parameter in parameters}

    def arguments(self) -> Iterator[Argument]:
        """What is passed to the operation."""
        for name, source in mapping(self.value.get("parameters")).items():
            kinds = _REFERENCES if isinstance(source, Mapping) else ()
            kind = next((kind for kind in kinds if kind in source), "value")
            value = source.get(kind) if isinstance(source, Mapping) and kind in source else source
            yield Argument(f"{self.pointer}/parameters/{escape(name)}", name, kind, value, source)


class Argument(Struct, frozen=True):
    """One argument of a call. ``kind`` says what ``value`` is: a ``value``, the name of a ``parameter``, …; ``source``
    is the argument as it is written."""

    pointer: str
    name: str
    kind: str
    value: Any
    source: Any

    @property
    def parameter(self) -> str | None:
        """The name or path of the parameter that the value is taken from; None if it is taken from elsewhere."""
        return self.value if self.kind in _TAKEN and isinstance(self.value, str) else None


_TAKEN = ("parameter", "parameterReference")
_REFERENCES = (*_TAKEN, "value", "selectedItemValuePath", "value-property")


def calls(node: Node) -> Iterator[Call]:
    """The calls that the extensions of a node ask for. A tree has two mappings, ``open`` and ``browse``; a capability
    (file-picker) names no operation."""
    for name in DYNAMIC.split():
        value = node.get(name)
        if not isinstance(value, Mapping):
            continue
        if name == "x-ms-dynamic-tree":
            for part in ("open", "browse"):
                if isinstance(value.get(part), Mapping):
                    yield Call(node.at(name, part), name, value[part])
        elif value.get("capability") is None:
            yield Call(node.at(name), name, value)


def capability_calls(node: Node) -> Iterator[Call]:
    """The calls that the capabilities of a document ask for: the test of a connection, the levels of a file picker."""
    capabilities = node.mapping("x-ms-capabilities")
    places = (("testConnection",), ("file-picker", "open"), ("file-picker", "browse"))
    for steps in places if node.kind == "document" else ():
        value: Any = capabilities
        for step in steps:
            value = mapping(value).get(step)
        if isinstance(value, Mapping):
            yield Call(node.at("x-ms-capabilities", *steps), steps[0], value)


@check("dynamic-operation")
def _operation(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node):
        name = call.value.get("operationId")
        if isinstance(name, str) and name not in context.operations:
            message, suggestion = f"there is no operation {name!r}", closest(name, context.operations)
            yield Finding(f"{call.pointer}/operationId", message, suggestion=suggestion)


@check("dynamic-incomplete")
def _incomplete(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node):
        if not isinstance(call.value.get("operationId"), str):
            yield Finding(call.pointer, f"{call.name!r} has no operationId", key=True)
    tree = node.get("x-ms-dynamic-tree")
    if isinstance(tree, Mapping) and not isinstance(tree.get("open"), Mapping):
        yield Finding(node.at("x-ms-dynamic-tree"), "'x-ms-dynamic-tree' has no `open` for its first level", key=True)


# The parameters of the called operation


@check("dynamic-parameter")
def _parameter(node: Node, context: Context) -> Iterator[Finding]:
    for call in (*calls(node), *capability_calls(node)):
        operation = call.operation(context)
        known = argument_names(operation, context) if operation is not None else set()
        for argument in call.arguments() if operation is not None else ():
            if argument.name.rpartition("/")[2] not in known:
                message = f"{call.called} has no parameter {argument.name!r}"
                yield Finding(argument.pointer, message, key=True, suggestion=closest(argument.name, known))


def argument_names(operation: Node, context: Context) -> set[str]:
    """The names of an operation's parameters, and of the properties of its body at any depth."""
    names = {str(parameter.get("name")) for parameter in context.tree.parameters(operation)}
    for schema in context.tree.body_schemas(operation):
        for child in context.tree.children.get(schema.pointer, ()):
            if child.kind == "schema" and child.pointer == schema.at("properties", child.name):
                names.add(child.name)
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


def missing_arguments(call: Call, context: Context) -> Iterator[str]:
    """The names of the parameters that the called operation requires and the call does not pass."""
    passed = {argument.name for argument in call.arguments()}
    first = passed | {name.partition("/")[0] for name in passed}
    for name, parameter in call.parameters(context).items():
        if parameter.get("required") is not True or parameter.has("default"):
            continue
        if parameter.get("in") != "body":
            if name not in first:
                yield name
            continue
        schema = context.tree.schema_of(parameter)
        for member in schema.array("required") if schema is not None and name not in passed else ():
            inner = context.tree.resolved(schema.at("properties", member)) if schema is not None else None
            paths = {member, f"{name}/{member}"}
            below = tuple(f"{path}/" for path in paths)
            is_passed = any(each in paths or each.startswith(below) for each in passed)
            if not is_passed and inner is not None and not _has_default(inner, context):
                yield member


def _has_default(schema: Node, context: Context) -> bool:
    """Return True if a value can be made of defaults: of the schema, or of what it requires."""
    if schema.has("default") or schema.get("enum") or schema.get("x-ms-notification-url") is True:
        return True
    return schema.has("properties") or schema.has("allOf")


@check("dynamic-required")
def _missing(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node):
        for name in missing_arguments(call, context):
            message = f"{call.called} requires the parameter {name!r}"
            has_parameters = "parameters" in call.value
            yield Finding(f"{call.pointer}/parameters" if has_parameters else call.pointer, message, key=True)


@check("dynamic-static")
def _static_type(node: Node, context: Context) -> Iterator[Finding]:
    for call in (*calls(node), *capability_calls(node)):
        parameters = call.parameters(context)
        for argument in call.arguments():
            parameter, value = parameters.get(argument.name), argument.value
            if parameter is None or argument.kind != "value" or isinstance(value, Mapping):
                continue
            if value is None:
                if parameter.get("required") is True and not parameter.has("default"):
                    yield Finding(argument.pointer, f"{argument.name!r} is required, but nothing is passed")
                continue
            expected = str(parameter.get("type"))
            types = TYPES.get(expected)
            if types and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
                yield Finding(argument.pointer, f"{value!r} is not of type {expected}")
            elif isinstance(parameter.get("enum"), list) and value not in parameter.get("enum"):
                yield Finding(argument.pointer, f"{value!r} is not in the enum of {argument.name!r}")


# What is passed: values, and parameters of the operation that the extension is in


@check("dynamic-form")
def _form(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node):
        newer = call.name in NEWER
        for argument in call.arguments():
            kinds = [kind for kind in _REFERENCES if kind in mapping(argument.source)] if newer else []
            if len(kinds) > 1:
                yield Finding(argument.pointer, f"{' and '.join(kinds)} exclude each other")
            elif isinstance(argument.source, Mapping) and not any(kind in argument.source for kind in _REFERENCES):
                message = f"{', '.join(argument.source) or 'an empty object'} says neither a value nor a parameter"
                yield Finding(argument.pointer, message)
            elif argument.kind in _TAKEN and argument.parameter is None:
                yield Finding(
                    f"{argument.pointer}/{argument.kind}", f"{argument.value!r} is not the name of a parameter"
                )
            elif newer and (argument.kind == "parameter" or not isinstance(argument.source, Mapping)):
                form = "{parameterReference: …}" if argument.kind == "parameter" else "{value: …}"
                yield Finding(argument.pointer, f"{call.name} takes {form} here")
            elif not newer and argument.kind == "parameterReference":
                yield Finding(argument.pointer, f"{call.name} takes {{parameter: …}} here")
            elif newer or argument.kind == "parameter":  # else a value, of whatever members
                for member in mapping(argument.source):
                    if member not in _REFERENCES:
                        message = f"{member!r} is not a member of an argument"
                        yield Finding(f"{argument.pointer}/{escape(member)}", message, key=True)


@check("dynamic-source")
def _source(node: Node, context: Context) -> Iterator[Finding]:
    wanted = [(call, argument) for call in calls(node) for argument in call.arguments() if argument.parameter]
    operations = operations_of(node, context) if wanted else []
    for _, argument in wanted if operations else ():
        name = str(argument.parameter)
        if any(_is_there(argument, operation, context) for operation in operations):
            continue
        known = set().union(*(argument_names(operation, context) for operation in operations))
        where = operations[0].get("operationId") if len(operations) == 1 else "the operations that use it"
        message = f"{where} has no parameter {name!r}" if len(operations) == 1 else f"{where} have no {name!r}"
        yield Finding(f"{argument.pointer}/{argument.kind}", message, suggestion=closest(name, known))


def _is_there(argument: Argument, operation: Node, context: Context) -> bool:
    """Return True if an operation has what an argument is taken from; also if a part of its body is not described."""
    steps = re.split(r"[/.]", str(argument.parameter))  # published connectors write paths with either
    parameters = {str(parameter.get("name")): parameter for parameter in context.tree.parameters(operation)}
    body = next((parameter for parameter in parameters.values() if parameter.get("in") == "body"), None)
    schema = context.tree.schema_of(body) if body is not None else None
    if str(argument.parameter) in parameters:
        return True
    if argument.kind == "parameterReference" and steps[0] not in parameters:
        return False
    if (body is not None and schema is None) or operation.has("requestBody"):
        return True
    if steps[-1] in argument_names(operation, context):
        return True
    inside = steps[1:] if body is not None and steps[0] == body.get("name") else steps
    if len(steps) == 1 and closest(steps[0], parameters, 0.75) is not None:
        return False  # what is not described may have any property, but hardly one of nearly a parameter's name
    return schema is not None and not isinstance(follow(schema, inside, context), str)


@check("dynamic-twins")
def _twins(node: Node, context: Context) -> Iterator[Finding]:
    for old, new in _SPELLINGS:
        older, newer = (mapping(node.get(name)).get("operationId") for name in (old, new))
        if isinstance(older, str) and isinstance(newer, str) and older != newer:
            yield Finding(node.at(new, "operationId"), f"{new} calls {newer!r}, but {old} calls {older!r}")
        elif older is not None and new == "x-ms-dynamic-list":
            for here, there in _PATHS:
                first, second = (_path(node.mapping(name).get(member)) for name, member in ((old, here), (new, there)))
                if first is not None and second is not None and first != second:
                    yield Finding(node.at(new, there), f"{there} is {second!r}, but {here} of {old} is {first!r}")


def _path(value: object) -> str | None:
    return value.strip("/").replace(".", "/") if isinstance(value, str) else None


_PATHS = (("value-collection", "itemsPath"), ("value-path", "itemValuePath"), ("value-title", "itemTitlePath"))
"""The same path in the older and in the newer extension."""


_SPELLINGS = (("x-ms-dynamic-values", "x-ms-dynamic-list"), ("x-ms-dynamic-schema", "x-ms-dynamic-properties"))
