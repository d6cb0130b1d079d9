"""Dynamic values, schemas and trees: what their older and newer spellings can say; pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from openconnectors.engine.lint.dynamic_sources import sources
from openconnectors.engine.lint.dynamic_values import Call, calls, properties_of
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.tree import Node

# What the extension refers to in its own operation


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
    for argument in Call(node.at(old), old, node.get(old)).arguments():
        if argument.kind == "parameter" and isinstance(argument.value, str):
            yield argument.pointer, argument.value, argument.value in names, properties


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


@check("dynamic-older-missing")
def _older_missing(node: Node, context: Context) -> Iterator[Finding]:
    for old, new in (("x-ms-dynamic-values", "x-ms-dynamic-list"), ("x-ms-dynamic-schema", "x-ms-dynamic-properties")):
        if node.has(new) and not node.has(old):
            yield Finding(node.at(new), f"{new} without {old}", key=True)


@check("DynamicTreeExtensionMissing")
def _tree_missing(node: Node, context: Context) -> Iterator[Finding]:
    capability = node.mapping("x-ms-dynamic-values").get("capability")
    if capability == "file-picker" and not node.has("x-ms-dynamic-tree"):
        yield Finding(node.at("x-ms-dynamic-values", "capability"), "a file picker without x-ms-dynamic-tree")


@check("SelectedItemValuePathNotAllowedInThisPosition")
def _selected(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node):
        if "selectedItemValuePath" in call.value:
            message = "selectedItemValuePath is allowed in the parameters of browse only"
            yield Finding(f"{call.pointer}/selectedItemValuePath", message, key=True)
        for argument in call.arguments():
            if argument.kind == "selectedItemValuePath" and not call.pointer.endswith("/x-ms-dynamic-tree/browse"):
                at = f"{argument.pointer}/{argument.kind}"
                yield Finding(at, "selectedItemValuePath is allowed in browse only", key=True)


# What the called operation takes


@check("OperationParameterNameIsAmbiguous")
def _ambiguous_name(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node):
        operation, names = call.operation(context), call.parameters(context)
        for argument in call.arguments():
            if (
                operation is not None
                and argument.name in names
                and argument.name in _body_properties(operation, context)
            ):
                message = f"{argument.name!r} is both a parameter and a property of the body"
                yield Finding(argument.pointer, message, key=True)


@check("OperationParameterRequiredMismatch")
def _optional_source(node: Node, context: Context) -> Iterator[Finding]:
    for argument, source, target, called in sources(node, context):
        optional = not source.is_required and not source.node.has("default")
        if target.get("required") is True and optional:
            message = f"{called} requires this parameter, but {source.name!r} is optional"
            yield Finding(argument.pointer, message)


# Pages


@check("InvalidNextLinkNameValue")
def _next_link(node: Node, context: Context) -> Iterator[Finding]:
    name = node.mapping("x-ms-pageable").get("nextLinkName")
    if name not in (None, "nextLink", "@odata.nextLink"):
        message = f"nextLinkName must be nextLink or @odata.nextLink, not {name!r}"
        yield Finding(node.at("x-ms-pageable", "nextLinkName"), message)
