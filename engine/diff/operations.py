"""What changed in operations: names, parameters, bodies, responses, security, pages, triggers."""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.diff.changes import Changes
from openconnectors.engine.diff.schemas import Schemas
from openconnectors.engine.lint.extensions import client_name, is_paged, trigger
from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Node, array
from openconnectors.engine.naming import snake
from openconnectors.engine.path_templates import without_names
from openconnectors.engine.values.codecs import essence

Content = Mapping[str, Node | None]
"""The schema of a body or response by media type."""


def compare_operations(changes: Changes) -> None:
    """Record the changes of operations. One that has another name at the same method and path was renamed."""
    before, after = changes.before.operations, changes.after.operations
    schemas = Schemas(changes)
    places = {_place(operation): name for name, operation in after.items()}
    for name, old in before.items():
        if name in after:
            _operation(changes, schemas, old, after[name])
            continue
        new_name = places.get(_place(old))
        if new_name is not None and new_name not in before:
            new = after[new_name]
            message = f"operation {name!r} was renamed to {new_name!r}"
            changes.add("operation-renamed", message, old.at("operationId"), new.at("operationId"), key=False)
            _operation(changes, schemas, old, new)
        else:
            changes.add("operation-removed", f"operation {name!r} was removed", old, None)
    known = {_place(operation) for operation in before.values()}
    for name, new in after.items():
        if name not in before and _place(new) not in known:
            changes.add("operation-added", f"operation {name!r} was added", None, new)


def _place(operation: Node) -> tuple[str, str]:
    """The method and path of an operation, whatever the names of the path's variables."""
    path = operation.parent.name if operation.parent is not None else ""
    return operation.name.upper(), without_names(path)


def _operation(changes: Changes, schemas: Schemas, old: Node, new: Node) -> None:
    name = str(old.get("operationId"))
    if _place(old) != _place(new):
        changes.add("operation-moved", f"{name} is now at {' '.join(_place(new))}", old, new)
    if new.get("deprecated") is True and old.get("deprecated") is not True:
        changes.add("operation-deprecated", f"{name} is now deprecated", old, new.at("deprecated"))
    _parameters(changes, schemas, name, old, new)
    _body(changes, schemas, name, old, new)
    _responses(changes, schemas, name, old, new)
    _security(changes, name, old, new)
    if is_paged(old) != is_paged(new):
        rule = "paging-removed" if is_paged(old) else "paging-added"
        changes.add(rule, f"{name} {'no longer' if is_paged(old) else 'now'} returns its items in pages", old, new)
    if trigger(old) != trigger(new):
        message = f"the trigger of {name} is now {trigger(new) or 'gone'} (was {trigger(old) or 'not there'})"
        changes.add("trigger-changed", message, old, new)


# Parameters


def _parameters(changes: Changes, schemas: Schemas, name: str, old: Node, new: Node) -> None:
    before, after = _by_name(changes.before, old), _by_name(changes.after, new)
    removed = [parameter for key, parameter in before.items() if key not in after]
    added = [parameter for key, parameter in after.items() if key not in before]
    for parameter in removed:
        subject = f"parameter {parameter.get('name')!r}"
        renamed = next((other for other in added if _is_alike(parameter, other)), None)
        if renamed is not None:
            added.remove(renamed)
            message = f"{subject} of {name} was renamed to {renamed.get('name')!r}"
            changes.add("parameter-renamed", message, parameter.at("name"), renamed.at("name"), key=False)
        else:
            changes.add("parameter-removed", f"{subject} was removed from {name}", parameter, None, key=False)
    for parameter in added:
        needed = parameter.get("required") is True and not _schema_of(changes.after, parameter).has("default")
        message = f"{'required ' * needed}parameter {parameter.get('name')!r} was added to {name}"
        changes.add("parameter-required" if needed else "parameter-added", message, None, parameter, key=False)
    for key, parameter in before.items():
        if key in after:
            _parameter(changes, schemas, name, parameter, after[key])


def _parameter(changes: Changes, schemas: Schemas, name: str, old: Node, new: Node) -> None:
    subject = f"parameter {old.get('name')!r} of {name}"
    if old.get("in") != new.get("in"):
        message = f"{subject} is now in {new.get('in')} (was in {old.get('in')})"
        changes.add("parameter-moved", message, old, new, key=False)
    _required(changes, subject, old, new)
    first, second = _schema_of(changes.before, old), _schema_of(changes.after, new)
    default, now = first.get("default"), second.get("default")
    if default != now:
        message = f"the default of {subject} is now {_shown(now)} (was {_shown(default)})"
        changes.add("default-changed", message, first, second.at("default"))
    schemas.compare(subject, first, second, "request")


def _shown(default: object) -> str:
    return "unspecified" if default is None else repr(default)


def _required(changes: Changes, subject: str, old: Node, new: Node) -> None:
    if old.get("required") is not True and new.get("required") is True:
        changes.add("parameter-required", f"{subject} is now required", old, new.at("required"), key=False)
    elif old.get("required") is True and new.get("required") is not True:
        changes.add("parameter-optional", f"{subject} is now optional", old, new, key=False)


def _by_name(context: Context, operation: Node) -> dict[str, Node]:
    """The parameters, without bodies, by the names that callers use."""
    parameters = context.tree.parameters(operation)
    return {snake(client_name(parameter)): parameter for parameter in parameters if parameter.get("in") != "body"}


def _schema_of(context: Context, parameter: Node) -> Node:
    return context.tree.schema_of(parameter) or parameter


def _is_alike(old: Node, new: Node) -> bool:
    """Return True if two parameters differ only in their names and texts."""
    texts = ("name", "description", "summary")
    first, second = (
        {key: value for key, value in parameter.value.items() if key not in texts and not key.startswith("x-")}
        for parameter in (old, new)
    )
    return bool(first == second)


# Bodies and responses


def _body(changes: Changes, schemas: Schemas, name: str, old: Node, new: Node) -> None:
    before, after = _body_of(changes.before, old), _body_of(changes.after, new)
    subject = f"the body of {name}"
    if before is None or after is None:
        if before is not None:
            changes.add("body-removed", f"the body was removed from {name}", before[0], None, key=False)
        elif after is not None:
            needed = after[0].get("required") is True
            message = f"a {'required ' * needed}body was added to {name}"
            changes.add("parameter-required" if needed else "body-added", message, None, after[0], key=False)
        return
    _required(changes, subject, before[0], after[0])
    _media_types(changes, subject, before[1], after[1], before[0], after[0])
    first, second = _first(before[1]), _first(after[1])
    if first is not None and second is not None:
        schemas.compare(subject, first, second, "request")


def _responses(changes: Changes, schemas: Schemas, name: str, old: Node, new: Node) -> None:
    before, after = changes.before.tree.responses(old), changes.after.tree.responses(new)
    for status, response in before.items():
        if status not in after:
            message = f"the {status} response was removed from {name}"
            changes.add("status-removed", message, response, new.at("responses"))
    for status, response in after.items():
        if status not in before:
            changes.add("status-added", f"a {status} response was added to {name}", old.at("responses"), response)
    for status, was in before.items():
        now = after.get(status)
        if now is None:
            continue
        subject = f"the {status} response of {name}"
        content, new_content = _content(changes.before, was, old), _content(changes.after, now, new)
        _media_types(changes, subject, content, new_content, was, now)
        first, second = _first(content), _first(new_content)
        if first is not None and second is not None:
            schemas.compare(subject, first, second, "response")
        elif first is not None:
            changes.add("answer-emptied", f"{subject} no longer has a value", first, now)
        elif second is not None:
            changes.add("answer-filled", f"{subject} now has a value", was, second)


def _first(content: Content) -> Node | None:
    return next(iter(content.values()), None)


def _media_types(changes: Changes, subject: str, before: Content, after: Content, old: Node, new: Node) -> None:
    if not before or not after:
        return
    for name in before:
        if name not in after:
            changes.add("media-removed", f"{name} was removed from {subject}", old, new, key=False)
    for name in after:
        if name not in before:
            changes.add("media-added", f"{name} was added to {subject}", old, new, key=False)


def _body_of(context: Context, operation: Node) -> tuple[Node, Content] | None:
    """The body parameter or request body of an operation, and its content."""
    for parameter in context.tree.parameters(operation):
        if parameter.get("in") == "body":
            return parameter, _swagger2_content(context, parameter, operation, "consumes")
    body = context.tree.resolved(operation.at("requestBody"))
    return None if body is None else (body, _content(context, body, operation))


def _content(context: Context, holder: Node, operation: Node) -> Content:
    if context.tree.swagger2:
        return _swagger2_content(context, holder, operation, "produces")
    content: dict[str, Node | None] = {}
    for name in holder.mapping("content"):
        media_type = context.tree.nodes.get(holder.at("content", name))
        content[essence(str(name))[0]] = context.tree.schema_of(media_type) if media_type is not None else None
    return content


def _swagger2_content(context: Context, holder: Node, operation: Node, member: str) -> Content:
    """In Swagger 2.0 all media types that an operation consumes or produces have one schema; none listed is JSON."""
    schema = context.tree.schema_of(holder) if "schema" in holder.value else None
    if schema is None:
        return {}
    names = operation.get(member, context.tree.root.get(member)) or ["application/json"]
    return {essence(str(name))[0]: schema for name in array(names)}


# Security


def _security(changes: Changes, name: str, old: Node, new: Node) -> None:
    before, after = _alternatives(changes.before, old), _alternatives(changes.after, new)
    if before == after or any(alternative in after for alternative in before if alternative):
        # One of the ways in which callers are authorized is still there.
        if before != after and len(after) < len(before):
            changes.add("security-removed", f"{name} can no longer be authorized in all the ways it could", old, new)
        return
    for alternative in after:
        for scheme, scopes in alternative.items():
            known = [other[scheme] for other in before if scheme in other]
            more = scopes - known[0] if known else frozenset[str]()
            if known and more:
                message = f"{name} now requires the scope {', '.join(sorted(more))} of {scheme!r}"
                changes.add("scope-added", message, old, new)
            elif not known:
                changes.add("security-added", f"{name} now requires {scheme!r}", old, new)
    if not any(after) and any(before):
        changes.add("security-removed", f"{name} no longer requires credentials", old, new)


def _alternatives(context: Context, operation: Node) -> list[dict[str, frozenset[str]]]:
    """The security requirements of an operation, of which one is enough: schemes with their scopes."""
    return [
        {str(name): frozenset(map(str, scopes or ())) for name, scopes in requirement.items()}
        for requirement in array(operation.get("security", context.tree.root.get("security")))
        if isinstance(requirement, Mapping)
    ]
