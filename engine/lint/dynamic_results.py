"""Dynamic values, schemas and trees: what the operations that they call return."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.dynamic_values import Call, calls, capability_calls, properties_of
from openconnectors.engine.lint.property_paths import follow, is_bare
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_extensions import check
from openconnectors.engine.lint.tree import Node

_COLLECTIONS = ("value-collection", "itemsPath")
_MEMBERS = ("value-path", "value-title", "itemValuePath", "itemTitlePath", "itemFullTitlePath")
_SCHEMAS = ("x-ms-dynamic-schema", "x-ms-dynamic-properties")


def steps_of(value: Mapping[str, Any], *names: str) -> list[str]:
    """The steps of the first member that is there: a path with slashes."""
    path = next((value[name] for name in names if isinstance(value.get(name), str)), "")
    return [step for step in path.split("/") if step]


def response_schema(operation: Node | None, context: Context) -> Node | None:
    """The schema of the first success response that has one."""
    for status, response in sorted(context.tree.responses(operation).items()) if operation is not None else ():
        if status[:1] == "2":
            schema = context.tree.schema_of(response)
            if schema is not None and schema is not response:
                return schema
    return None


def _lists(node: Node, context: Context) -> Iterator[tuple[Call, Node]]:
    """The calls that take choices from a list, with the schema of the called operation's response."""
    for call in (*calls(node), *(call for call in capability_calls(node) if call.name == "file-picker")):
        schema = response_schema(call.operation(context), context)
        if schema is not None and call.name not in _SCHEMAS:
            yield call, schema


@check("dynamic-collection")
def _list_there(node: Node, context: Context) -> Iterator[Finding]:
    for call, schema in _lists(node, context):
        steps = steps_of(call.value, *_COLLECTIONS)
        target = follow(schema, steps, context)
        is_array = isinstance(target, Node) and (target.get("type") in (None, "array") or is_bare(target))
        if target is not None and not is_array:
            member = next((name for name in _COLLECTIONS if name in call.value), "operationId")
            place = "/".join(steps) or "its root"
            suggestion = closest("/".join(steps), properties_of(schema, context)) if len(steps) == 1 else None
            message = f"the response of {call.called} has no list at {place!r}"
            yield Finding(f"{call.pointer}/{member}", message, suggestion=suggestion)


@check("dynamic-property")
def _property_there(node: Node, context: Context) -> Iterator[Finding]:
    for call, schema in _lists(node, context):
        target = follow(schema, steps_of(call.value, *_COLLECTIONS), context)
        items = context.tree.nodes.get(target.at("items")) if isinstance(target, Node) else None
        for member in _MEMBERS if items is not None else ():
            steps = steps_of(call.value, member)
            value = follow(items, steps, context) if steps and items is not None else None
            if isinstance(value, Node) and value.get("type") in ("array", "object") and "Full" not in member:
                message = f"{'/'.join(steps)!r} of the items of {call.called} is of type {value.get('type')}"
                yield Finding(f"{call.pointer}/{escape(member)}", message)
            if isinstance(value, Node) and member in _CHOSEN and _differ(value.get("type"), node.get("type")):
                message = (
                    f"{'/'.join(steps)!r} is of type {value.get('type')}; the choice is of type {node.get('type')}"
                )
                yield Finding(f"{call.pointer}/{escape(member)}", message, rule="dynamic-choice-type")
            if isinstance(value, str) and items is not None:
                message = f"the items of {call.called} have no property {'/'.join(steps)!r}"
                known = properties_of(items, context)
                suggestion = closest(steps[0], known) if len(steps) == 1 else None
                yield Finding(f"{call.pointer}/{escape(member)}", message, suggestion=suggestion)


_CHOSEN = ("value-path", "itemValuePath")


def _differ(chosen: object, expected: object) -> bool:
    """Return True if a value of one type cannot be one of another: any can be a text, a text hardly another."""
    numbers = ("integer", "number")
    return chosen in ("string", "boolean") and expected in (*numbers, "boolean") and chosen != expected


@check("dynamic-undescribed")
def _undescribed(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node):
        operation = call.operation(context)
        if operation is not None and call.name not in _SCHEMAS and response_schema(operation, context) is None:
            yield Finding(f"{call.pointer}/operationId", f"no response of {call.called} describes its body")


@check("dynamic-valueless")
def _valueless(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node):
        member = _VALUE_PATHS.get(call.name)
        operation = call.operation(context)
        if member is None or call.value.get(member) or operation is None:
            continue
        schema = response_schema(operation, context)
        target = follow(schema, steps_of(call.value, *_COLLECTIONS), context) if schema is not None else None
        items = context.tree.resolved(target.at("items")) if isinstance(target, Node) else None
        if items is None or items.get("type") in (None, "object"):
            at = f"{call.pointer}/{member}" if member in call.value else call.pointer
            yield Finding(at, f"{call.name} has no {member}: nothing says what is chosen", key=True)


_VALUE_PATHS = {"x-ms-dynamic-values": "value-path", "x-ms-dynamic-list": "itemValuePath"}


@check("dynamic-path-form")
def _path_form(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node):
        for member in (*_COLLECTIONS, *_MEMBERS):
            path = call.value.get(member)
            if isinstance(path, str) and path.startswith(("/", "#/", "$.")):
                at = f"{call.pointer}/{escape(member)}"
                yield Finding(at, f"the path {path!r} does not begin with the name of a property")


@check("dynamic-tree")
def _tree(node: Node, context: Context) -> Iterator[Finding]:
    tree = node.mapping("x-ms-dynamic-tree")
    if isinstance(tree.get("open"), Mapping) and not isinstance(tree.get("browse"), Mapping):
        yield Finding(
            node.at("x-ms-dynamic-tree"), "'x-ms-dynamic-tree' has no `browse` for the levels below", key=True
        )
    for call in calls(node):
        schema = response_schema(call.operation(context), context) if call.name == "x-ms-dynamic-tree" else None
        for member in ("itemValuePath", "itemTitlePath") if call.name == "x-ms-dynamic-tree" else ():
            if member not in call.value:
                yield Finding(call.pointer, f"the items of the tree have no {member}", key=True)
        target = follow(schema, steps_of(call.value, *_COLLECTIONS), context) if schema is not None else None
        items = context.tree.nodes.get(target.at("items")) if isinstance(target, Node) else None
        for pointer, text in _item_paths(call) if items is not None else ():
            steps = [step for step in text.split("/") if step]
            if items is not None and steps and isinstance(follow(items, steps, context), str):
                message = f"the items of {call.called} have no property {text!r}"
                yield Finding(pointer, message, suggestion=closest(text, properties_of(items, context)))


def _item_paths(call: Call) -> Iterator[tuple[str, str]]:
    """The paths into an item that a level of a tree has, beside those of every list: pointer, path."""
    expression = call.value.get("itemIsParent")
    form = r"\(\s*([\w/]+)\s+\w+\s|(?!true\Z|false\Z)([\w/]+)\Z"
    match = re.match(form, expression) if isinstance(expression, str) else None
    if match:
        yield f"{call.pointer}/itemIsParent", match[1] or match[2]
    for argument in call.arguments():
        if argument.kind == "selectedItemValuePath" and isinstance(argument.value, str):
            yield f"{argument.pointer}/{argument.kind}", argument.value


@check("dynamic-schema-path")
def _schema_there(node: Node, context: Context) -> Iterator[Finding]:
    for call in calls(node):
        if call.name not in _SCHEMAS:
            continue
        member = "value-path" if call.name == _SCHEMAS[0] else "itemValuePath"
        schema = response_schema(call.operation(context), context)
        steps = steps_of(call.value, member)
        missing = follow(schema, steps, context) if schema is not None and steps else None
        known = properties_of(schema, context) if schema is not None else set()
        if missing is None and steps and steps[0] not in known and closest(steps[0], known) is not None:
            missing = steps[0]  # what is dynamic may have other properties, but hardly one of nearly the same name
        if isinstance(missing, str) and schema is not None:
            message = f"the response of {call.called} has no property {'/'.join(steps)!r}"
            suggestion = closest(missing, known)
            yield Finding(f"{call.pointer}/{escape(member)}", message, suggestion=suggestion)
        elif isinstance(missing, Node) and missing.get("type") not in (None, "object", "string"):
            message = f"{'/'.join(steps)!r} is of type {missing.get('type')}: it holds no schema"
            yield Finding(f"{call.pointer}/{escape(member)}", message)
