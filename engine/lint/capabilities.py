"""Capabilities and life cycle: the operations that test a connection, pick files, serve assistants, replace others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from openconnectors.engine.errors import closest
from openconnectors.engine.lint.dynamic_values import capability_calls, missing_arguments
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_extensions import check
from openconnectors.engine.lint.tree import Node, array, mapping

_CAPABILITIES, _ASSISTANTS, _ANNOTATION = "x-ms-capabilities", "x-ms-openai-data", "x-ms-api-annotation"


@check("capability-operation")
def _operation(node: Node, context: Context) -> Iterator[Finding]:
    named = [(f"{call.pointer}/operationId", call.value.get("operationId")) for call in capability_calls(node)]
    for index, entry in enumerate(_entries(node)):
        named.append((node.at(_ASSISTANTS, "operations", index, "operationId"), mapping(entry).get("operationId")))
    named += [(node.at(*steps, "operationId"), _at(node, steps).get("operationId")) for steps in _NAMING]
    for pointer, name in named:
        if isinstance(name, str) and name not in context.operations:
            suggestion = closest(name, context.operations)
            yield Finding(pointer, f"there is no operation {name!r}", suggestion=suggestion)


_NAMING = (("x-ms-operation-context", "simulate"), ("x-ms-notification",))
"""Where else an operation names another."""


def _at(node: Node, steps: tuple[str, ...]) -> Mapping[str, object]:
    value: object = node.value
    for step in steps:
        value = mapping(value).get(step)
    return mapping(value)


def _entries(node: Node) -> list[object]:
    entries = node.mapping(_ASSISTANTS).get("operations")
    return entries if isinstance(entries, list) else []


@check("assistant-operation")
def _assistant(node: Node, context: Context) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, entry in enumerate(_entries(node)):
        at, name = node.at(_ASSISTANTS, "operations", index), mapping(entry).get("operationId")
        if isinstance(entry, Mapping) and not name and (name == "" or "operationId" not in entry):
            yield Finding(at, "the item names no operation", key=True)
        operation = context.operations.get(name) if isinstance(name, str) else None
        if operation is None or not isinstance(name, str):
            continue
        if name in seen:
            yield Finding(f"{at}/operationId", f"the operation {name!r} is already in this list")
        elif node.kind == "operation" and operation is not node and isinstance(node.get("operationId"), str):
            message = f"{name!r} is another operation than {node.get('operationId')!r}, which has this extension"
            yield Finding(f"{at}/operationId", message)
        seen.add(name)
        known = [str(parameter.get("name")) for parameter in context.tree.parameters(operation)]
        for position, parameter in enumerate(array(mapping(entry).get("parameters"))):
            called = mapping(parameter).get("name")
            if isinstance(called, str) and called not in known:
                message = f"{name} has no parameter {called!r}"
                yield Finding(f"{at}/parameters/{position}/name", message, suggestion=closest(called, known))


@check("capability-argument")
def _argument(node: Node, context: Context) -> Iterator[Finding]:
    for call in capability_calls(node):
        for name in missing_arguments(call, context):
            message = f"{call.called} requires the parameter {name!r}, which nothing passes to it"
            yield Finding(f"{call.pointer}/operationId", message)


@check("capability-method")
def _method(node: Node, context: Context) -> Iterator[Finding]:
    for call in capability_calls(node):
        operation = call.operation(context)
        safe = operation is None or operation.name in ("get", "head") or operation.get("x-ms-safe-operation") is True
        if call.name == "testConnection" and operation is not None and not safe:
            message = f"{call.called} is a {operation.name.upper()} operation"
            yield Finding(f"{call.pointer}/operationId", message)


@check("dynamic-picker")
def _picker(node: Node, context: Context) -> Iterator[Finding]:
    capability = node.mapping("x-ms-dynamic-values").get("capability")
    known = context.tree.root.mapping(_CAPABILITIES)
    if isinstance(capability, str) and capability not in known:
        message = f"the document has no capability {capability!r}"
        names = [*known, "file-picker"]
        suggestion = closest(capability, names) if capability not in names else None
        yield Finding(node.at("x-ms-dynamic-values", "capability"), message, suggestion=suggestion)


@check("replacement-unknown")
def _replacement(node: Node, context: Context) -> Iterator[Finding]:
    replacement = node.mapping(_ANNOTATION).get("replacement")
    name = mapping(replacement).get("operationId")
    if not isinstance(replacement, Mapping) or not isinstance(name, str):
        return
    pointer = node.at(_ANNOTATION, "replacement", "operationId")
    target = context.operations.get(name)
    if target is None:
        # An operation of another connector cannot be looked up.
        if _is_here(replacement.get("api"), context):
            suggestion = closest(name, context.operations)
            yield Finding(pointer, f"there is no operation {name!r}", suggestion=suggestion)
    elif target is node:
        yield Finding(pointer, f"{name} is replaced by itself")
    elif target.get("deprecated") is True:
        yield Finding(pointer, f"{name} is deprecated, too")


def _is_here(api: object, context: Context) -> bool:
    """Return True if an API is the document's own: by its title, or because none is named."""
    title, name = (re.sub(r"\W|_", "", str(text or "").lower()) for text in (_title(context), api))
    return not name or name in title or title in name


def _title(context: Context) -> object:
    return context.tree.root.mapping("info").get("title")


@check("replacement-active")
def _active(node: Node, context: Context) -> Iterator[Finding]:
    if "replacement" in node.mapping(_ANNOTATION) and node.get("deprecated") is not True:
        message = "a replacement for an operation that is not deprecated"
        yield Finding(node.at(_ANNOTATION, "replacement"), message, key=True)
