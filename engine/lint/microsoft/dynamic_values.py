"""Dynamic values, schemas and trees: what the operations that they call must take and return; pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.lint.dynamic_values import dynamic_values, properties_of
from openconnectors.engine.lint.microsoft.profile import is_internal
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table import DYNAMIC
from openconnectors.engine.lint.tree import Node, mapping
from openconnectors.engine.lint.values import TYPES

# What the called operation returns


def _steps(value: Mapping[str, Any], *names: str) -> list[str]:
    """The steps of the first member that is there: a path with slashes."""
    path = next((value[name] for name in names if isinstance(value.get(name), str)), "")
    return [step for step in path.split("/") if step]


def _called(value: Mapping[str, Any], context: Context) -> Node | None:
    """The operation that a dynamic extension calls."""
    return context.operations.get(str(value.get("operationId")))


def _response_schema(operation: Node | None, context: Context) -> Node | None:
    """The schema of the first success response that has one."""
    for status, response in sorted(context.tree.responses(operation).items()) if operation is not None else ():
        if status[:1] == "2" and "schema" in response.value:
            return context.tree.schema_of(response)
    return None


def _is_open(node: Node) -> bool:
    """Return True if a schema may hold what it does not describe."""
    return not node.get("properties") and not node.get("allOf") and node.get("type") in (None, "object")


def _follow(node: Node, steps: list[str], context: Context) -> Node | str | None:
    """The schema at a path; the step that does not exist; None if a schema on the way is not fully described."""
    for step in steps:
        schema = context.tree.resolve(node)
        if schema is None or _is_open(schema) or any("x-ms-dynamic" in name for name in schema.value):
            return None
        inner = _property(schema, step, context)
        if inner is None:
            return step
        node = inner
    return context.tree.resolve(node)


def _property(node: Node, name: str, context: Context) -> Node | None:
    """A property of a schema, or of those that it extends."""
    children = context.tree.children.get(node.pointer, ())
    extended = [context.tree.resolve(child) for child in children if "/allOf/" in child.pointer]
    for schema in (node, *extended):
        inner = context.tree.nodes.get(schema.at("properties", name)) if schema is not None else None
        if inner is not None:
            return inner
    return None


def _choices(node: Node, context: Context) -> Iterator[tuple[str, Mapping[str, Any], Node]]:
    """The extensions that take choices from a list: pointer, mapping, schema of the called operation's response."""
    for pointer, name, value in dynamic_values(node):
        schema = _response_schema(_called(value, context), context)
        if schema is not None and name not in ("x-ms-dynamic-schema", "x-ms-dynamic-properties"):
            yield pointer, value, schema


@check("InvokedOperationShouldProduceArray")
def _produces_array(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, value, schema in _choices(node, context):
        steps = _steps(value, "value-collection", "itemsPath")
        target = _follow(schema, steps, context)
        is_array = isinstance(target, Node) and (target.get("type") in (None, "array") or _is_open(target))
        if target is not None and not is_array:
            member = next((name for name in ("value-collection", "itemsPath") if name in value), "operationId")
            place = "/".join(steps) or "its root"
            yield Finding(f"{pointer}/{member}", f"the response of {value.get('operationId')} has no list at {place!r}")


@check("InvokedOperationShouldProduceProperty")
def _produces_property(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, value, schema in _choices(node, context):
        target = _follow(schema, _steps(value, "value-collection", "itemsPath"), context)
        items = context.tree.nodes.get(target.at("items")) if isinstance(target, Node) else None
        for member in ("value-path", "value-title", "itemValuePath", "itemTitlePath") if items is not None else ():
            steps = _steps(value, member)
            if steps and items is not None and isinstance(_follow(items, steps, context), str):
                message = f"the items of {value.get('operationId')} have no property {'/'.join(steps)!r}"
                yield Finding(f"{pointer}/{escape(member)}", message)


# What the extension refers to in its own operation


def _references(value: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """The parameters that a dynamic extension passes: name, kind of value, value."""
    for name, parameter in mapping(value.get("parameters")).items():
        if isinstance(parameter, Mapping):
            for kind in ("parameter", "parameterReference", "value", "selectedItemValuePath", "value-property"):
                if kind in parameter:
                    yield name, kind, parameter[kind]
                    break
        else:
            yield name, "value", parameter


def _body_properties(operation: Node, context: Context) -> set[str]:
    names: set[str] = set()
    for parameter in context.tree.parameters(operation):
        schema = context.tree.schema_of(parameter) if parameter.get("in") == "body" else None
        names |= properties_of(schema, context) if schema is not None else set()
    return names


def _names_parameter(node: Node, context: Context, old: str, new: str) -> Iterator[tuple[str, str, bool, set[str]]]:
    """The references of the older of two extensions, if the newer is not there: the pointer, what is referred to,
    whether that is a parameter of the operation, the properties of its body."""
    operation = node.above("operation")
    if node.has(new) or operation is None or not isinstance(node.get(old), Mapping):
        return
    names = {str(parameter.get("name")) for parameter in context.tree.parameters(operation)}
    properties = _body_properties(operation, context)
    for name, kind, value in _references(node.get(old)):
        if kind == "parameter" and isinstance(value, str):
            yield node.at(old, "parameters", name), value, value in names, properties


def _ambiguous(node: Node, context: Context, old: str, new: str) -> Iterator[Finding]:
    for pointer, value, is_parameter, properties in _names_parameter(node, context, old, new):
        if is_parameter and value in properties:
            yield Finding(pointer, f"{value!r} is both a parameter and a property of the body")


def _not_a_parameter(node: Node, context: Context, old: str, new: str) -> Iterator[Finding]:
    for pointer, value, is_parameter, properties in _names_parameter(node, context, old, new):
        if not is_parameter and ("/" in value or value in properties):
            yield Finding(pointer, f"{value!r} is a property, which {old} cannot refer to")


@check("DynamicListExtensionRequiredForAmbiguousReferences")
def _ambiguous_in_values(node: Node, context: Context) -> Iterator[Finding]:
    yield from _ambiguous(node, context, "x-ms-dynamic-values", "x-ms-dynamic-list")


@check("DynamicPropertiesExtensionRequiredForAmbiguousReferences")
def _ambiguous_in_schema(node: Node, context: Context) -> Iterator[Finding]:
    yield from _ambiguous(node, context, "x-ms-dynamic-schema", "x-ms-dynamic-properties")


@check("DynamicListExtensionRequiredForNonParameterReferences")
def _property_in_values(node: Node, context: Context) -> Iterator[Finding]:
    yield from _not_a_parameter(node, context, "x-ms-dynamic-values", "x-ms-dynamic-list")


@check("DynamicPropertiesExtensionRequiredForNonParameterReferences")
def _property_in_schema(node: Node, context: Context) -> Iterator[Finding]:
    yield from _not_a_parameter(node, context, "x-ms-dynamic-schema", "x-ms-dynamic-properties")


# The extensions themselves


@check("DynamicPropertiesExtensionRequiredForPropertiesValuePath")
def _properties_path(node: Node, context: Context) -> Iterator[Finding]:
    path = node.mapping("x-ms-dynamic-schema").get("value-path")
    if isinstance(path, str) and path.split("/")[-1] == "properties" and not node.has("x-ms-dynamic-properties"):
        message = f"{path!r} leads to the properties of a schema"
        yield Finding(node.at("x-ms-dynamic-schema", "value-path"), message)


@check("DynamicPropertiesItemValuePathMismatch")
def _properties_mismatch(node: Node, context: Context) -> Iterator[Finding]:
    old, new = node.get("x-ms-dynamic-schema"), node.get("x-ms-dynamic-properties")
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    expected = re.sub(r"(^|/)properties$", "", str(old.get("value-path", "")))
    if str(new.get("itemValuePath", "")) != expected:
        message = f"itemValuePath must be {expected!r}, as in x-ms-dynamic-schema"
        yield Finding(node.at("x-ms-dynamic-properties", "itemValuePath"), message)


@check("DynamicTreeExtensionMissing")
def _tree_missing(node: Node, context: Context) -> Iterator[Finding]:
    capability = node.mapping("x-ms-dynamic-values").get("capability")
    if capability == "file-picker" and not node.has("x-ms-dynamic-tree"):
        yield Finding(node.at("x-ms-dynamic-values", "capability"), "a file picker without x-ms-dynamic-tree")


@check("DynamicExtensionDefinitionNotAllowedInParameter")
def _at_body(node: Node, context: Context) -> Iterator[Finding]:
    for name in DYNAMIC.split() if node.get("in") == "body" else ():
        if node.has(name):
            yield Finding(node.at(name), f"{name!r} is not allowed at a body parameter", key=True)


@check("SelectedItemValuePathNotAllowedInThisPosition")
def _selected(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, _, value in dynamic_values(node):
        for name, kind, _ in _references(value):
            if kind == "selectedItemValuePath" and not pointer.endswith("/x-ms-dynamic-tree/browse"):
                at = f"{pointer}/parameters/{escape(name)}/{kind}"
                yield Finding(at, "selectedItemValuePath is allowed in browse only", key=True)


# What the called operation takes


def _parameters(value: Mapping[str, Any], context: Context) -> dict[str, Node]:
    """The parameters of the called operation by name."""
    operation = _called(value, context)
    parameters = context.tree.parameters(operation) if operation is not None else []
    return {str(parameter.get("name")): parameter for parameter in parameters}


@check("OperationMissingRequiredProperty")
def _missing(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, _, value in dynamic_values(node):
        passed = {name for name, _, _ in _references(value)}
        passed |= {name.partition("/")[0] for name in passed}
        for name, parameter in _parameters(value, context).items():
            needed = parameter.get("required") is True and not parameter.has("default")
            if needed and name not in passed and parameter.get("in") != "body":
                message = f"{value.get('operationId')} requires the parameter {name!r}"
                yield Finding(f"{pointer}/parameters" if "parameters" in value else pointer, message)


@check("OperationParameterNameIsAmbiguous")
def _ambiguous_name(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, _, value in dynamic_values(node):
        operation, names = _called(value, context), _parameters(value, context)
        for name, _, _ in _references(value):
            if operation is not None and name in names and name in _body_properties(operation, context):
                message = f"{name!r} is both a parameter and a property of the body"
                yield Finding(f"{pointer}/parameters/{escape(name)}", message, key=True)


@check("OperationParameterStaticTypeMismatch")
def _static_type(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, _, extension in dynamic_values(node):
        parameters = _parameters(extension, context)
        for name, kind, value in _references(extension):
            if name not in parameters or kind != "value" or value is None:
                continue
            expected = str(parameters[name].get("type"))
            types = TYPES.get(expected)
            if types and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
                yield Finding(f"{pointer}/parameters/{escape(name)}", f"{value!r} is not of type {expected}")


def _sources(node: Node, context: Context) -> Iterator[tuple[str, Node, Node, str]]:
    """The parameters of the operation whose values are passed to parameters of the called one: the pointer, the two
    parameters, and the operationId of the called one."""
    operation = node.above("operation")
    sources = context.tree.parameters(operation) if operation is not None else []
    by_name = {str(parameter.get("name")): parameter for parameter in sources}
    for pointer, _, extension in dynamic_values(node):
        targets = _parameters(extension, context)
        for name, kind, value in _references(extension):
            if kind.startswith("parameter") and isinstance(value, str) and value in by_name and name in targets:
                at = f"{pointer}/parameters/{escape(name)}"
                yield at, by_name[value], targets[name], str(extension.get("operationId"))


@check("OperationParameterRequiredMismatch")
def _optional_source(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, source, target, called in _sources(node, context):
        optional = source.get("required") is not True and not source.has("default")
        if target.get("required") is True and optional:
            message = f"{called} requires this parameter, but {source.get('name')!r} is optional"
            yield Finding(pointer, message)


@check("OperationParameterTypeMismatch")
def _type_of_source(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, source, target, called in _sources(node, context):
        kind, expected = source.get("type"), target.get("type")
        if kind and expected and kind != expected:
            message = f"{source.get('name')!r} is of type {kind}; {called} expects {expected}"
            yield Finding(pointer, message)


@check("SourcePropertyInternal")
def _internal_source(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, source, _, _ in _sources(node, context):
        if is_internal(source):
            yield Finding(pointer, f"the parameter {source.get('name')!r} is internal")


# Pages


@check("InvalidNextLinkNameValue")
def _next_link(node: Node, context: Context) -> Iterator[Finding]:
    name = node.mapping("x-ms-pageable").get("nextLinkName")
    if name not in (None, "nextLink", "@odata.nextLink"):
        message = f"nextLinkName must be nextLink or @odata.nextLink, not {name!r}"
        yield Finding(node.at("x-ms-pageable", "nextLinkName"), message)
