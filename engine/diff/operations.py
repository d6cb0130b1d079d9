"""What changed in operations: names, parameters, bodies, responses, security, pages, triggers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from openconnectors.engine.diff.changes import Changes
from openconnectors.engine.diff.contents import compare_content
from openconnectors.engine.diff.deprecation import compare_deprecation, compare_revision, record_removal
from openconnectors.engine.diff.responses import compare_responses
from openconnectors.engine.diff.schemas import Schemas
from openconnectors.engine.diff.security import compare_security
from openconnectors.engine.diff.servers import compare_own_servers, compare_servers, is_same_place, urls_of
from openconnectors.engine.diff.sides import Side, schema_of
from openconnectors.engine.model import MISSING, Operation, Parameter, RequestBody, Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.path_templates import variables, without_names

Place = tuple[str, str]


def compare_operations(changes: Changes) -> None:
    """Record the changes of operations, and of the servers they are at. One that has another name at the same method
    and path was renamed."""
    old_side, new_side = changes.before, changes.after
    schemas = Schemas(changes)
    names = _counterparts(old_side, new_side)
    pairs = []
    for name, old in old_side.operations.items():
        new_name = names.get(name)
        if new_name is None:
            record_removal(changes, "operation", f"operation {name!r} was removed", old.at)
            continue
        if new_name in new_side.unreadable:
            problem = new_side.unreadable[new_name].diagnostics[0]
            message = f"operation {name!r} can no longer be read: {problem.message}"
            changes.add("operation-unreadable", message, old.at, problem.pointer)
            continue
        new = new_side.operations[new_name]
        if new_name != name:
            message = f"operation {name!r} was renamed to {new_name!r}"
            changes.add("operation-renamed", message, f"{old.at}/operationId", f"{new.at}/operationId", key=False)
        pairs.append((old, new))
        _operation(changes, schemas, name, old, new)
    known = set(names.values())
    for name, new in new_side.operations.items():
        if name not in known:
            changes.add("operation-added", f"operation {name!r} was added", None, new.at)
    compare_servers(changes, pairs)
    _webhooks(changes, schemas, "webhook", old_side.service.webhooks, new_side.service.webhooks, "")


def _counterparts(old: Side, new: Side) -> dict[str, str]:
    """The names that operations have in the new version, by their names in the old one: the same name, else what is at
    the same method and path, else at the same method and URL."""
    counterparts = {name: name for name in old.service.places if name in new.service.places}
    for place in (_place, _url):
        there = {place(new, name): name for name in new.service.places}
        taken = set(counterparts.values())
        for name in old.service.places:
            other = there.get(place(old, name))
            if name not in counterparts and other is not None and other not in taken:
                counterparts[name] = other
    return counterparts


def _place(side: Side, name: str) -> Place:
    """The method and path of an operation, whatever the names of the path's variables."""
    method, path = side.service.places[name]
    return method.upper(), without_names(path)


def _url(side: Side, name: str) -> Place:
    """The method and URL of an operation at the document's first server."""
    method, path = _place(side, name)
    return method, next(iter(urls_of(side.servers)), "") + path


def _operation(changes: Changes, schemas: Schemas, name: str, old: Operation, new: Operation) -> None:
    places = [(operation.method.upper(), without_names(operation.path)) for operation in (old, new)]
    names = [variables(operation.path) for operation in (old, new)]
    is_reordered = names[0] != names[1] and sorted(names[0]) == sorted(names[1])
    if is_reordered or (places[0] != places[1] and not is_same_place(changes, old, new)):
        changes.add("operation-moved", f"{name} is now at {new.method.upper()} {new.path}", old.at, new.at)
    compare_own_servers(changes, name, old, new)
    compare_deprecation(changes, name, old.at, new.at, deprecated=(old.deprecated, new.deprecated))
    compare_revision(changes, name, old.at, new.at)
    _parameters(changes, schemas, name, old, new)
    _body(changes, schemas, name, old, new)
    compare_responses(changes, schemas, name, old, new)
    compare_security(changes, name, old, new)
    if (old.paging is None) != (new.paging is None):
        rule = "paging-added" if old.paging is None else "paging-removed"
        message = f"{name} {'now' if old.paging is None else 'no longer'} returns its items in pages"
        changes.add(rule, message, old.at, new.at)
    if old.trigger != new.trigger:
        message = f"the trigger of {name} is now {new.trigger or 'gone'} (was {old.trigger or 'not there'})"
        changes.add("trigger-changed", message, old.at, new.at)
    _callbacks(changes, schemas, name, old, new)


def _callbacks(changes: Changes, schemas: Schemas, name: str, old: Operation, new: Operation) -> None:
    for callback in dict.fromkeys((*old.callbacks, *new.callbacks)):
        groups = [operation.callbacks.get(callback, {}) for operation in (old, new)]
        sent = [{callback: [item for items in group.values() for item in items]} for group in groups]
        _webhooks(changes, schemas, f"callback of {name},", sent[0], sent[1], new.at)
        if all(groups) and set(groups[0]) != set(groups[1]):
            message = f"callback {callback!r} of {name} is sent to {', '.join(groups[1])} (was {', '.join(groups[0])})"
            changes.add("webhook-changed", message, old.at, new.at)


# Parameters


def _parameters(changes: Changes, schemas: Schemas, name: str, old: Operation, new: Operation) -> None:
    before, after = _by_name(changes, old), _by_name(changes, new)
    for key in before.keys() ^ after.keys():
        alone, is_shared, _ = key.partition(" in ")  # what was or is the only parameter of its name
        for side, other in ((before, after), (after, before)):
            if is_shared and key in side and alone in other:
                same = other.pop(alone)
                other[f"{alone} in {same.location}"] = same
    removed = [parameter for key, parameter in before.items() if key not in after]
    added = [parameter for key, parameter in after.items() if key not in before]
    for parameter in removed:
        subject = f"parameter {parameter.name!r}"
        renamed = next((other for other in added if _is_alike(changes, parameter, other)), None)
        if renamed is not None:
            added.remove(renamed)
            message = f"{subject} of {name} was renamed to {renamed.name!r}"
            changes.add("parameter-renamed", message, f"{parameter.at}/name", f"{renamed.at}/name", key=False)
        else:
            record_removal(changes, "parameter", f"{subject} was removed from {name}", parameter.at, key=False)
    for parameter in added:
        has_default = changes.after.plain(parameter.schema).default is not MISSING
        needed = "parameter-defaulted" if has_default else "parameter-required"
        message = f"{'required ' * parameter.required}parameter {parameter.name!r} was added to {name}"
        changes.add(needed if parameter.required else "parameter-added", message, None, parameter.at, key=False)
    for key, parameter in before.items():
        if key in after:
            _parameter(changes, schemas, name, parameter, after[key])


def _parameter(changes: Changes, schemas: Schemas, name: str, old: Parameter, new: Parameter) -> None:
    subject = f"parameter {old.name!r} of {name}"
    if old.location != new.location:
        message = f"{subject} is now in {new.location} (was in {old.location})"
        changes.add("parameter-moved", message, old.at, new.at, key=False)
    elif old.name != new.name and old.location != "header":
        changes.add("parameter-moved", f"{subject} is now sent as {new.name!r}", old.at, new.at, key=False)
    elif _is_written_otherwise(changes, old, new):
        message = f"{subject} is now written {_style(new)} (was {_style(old)})"
        changes.add("parameter-style", message, old.at, new.at, key=False)
    elif _is_reserved(changes.after, new) and not _is_reserved(changes.before, old):
        message = f"{subject} may now have reserved characters"
        changes.add("parameter-reserved", message, old.at, new.at, key=False)
    if old.allow_empty != new.allow_empty:
        words = ("now", "empty-relaxed") if new.allow_empty else ("no longer", "empty-refused")
        changes.add(words[1], f"{subject} may {words[0]} be sent without a value", old.at, new.at, key=False)
    _required(changes, subject, old, new)
    compare_deprecation(changes, subject, old.at, new.at, deprecated=(old.deprecated, new.deprecated))
    if new.visibility == "internal" != old.visibility:
        changes.add("parameter-hidden", f"{subject} is no longer shown", old.at, new.at, key=False)
    schemas.compare(subject, schema_of(old), schema_of(new), "request")


def _is_written_otherwise(changes: Changes, old: Parameter, new: Parameter) -> bool:
    """Return True if a value that used to be sent is written in another way."""
    if list(old.content) != list(new.content):
        return True
    if _is_reserved(changes.before, old) and not _is_reserved(changes.after, new):
        return True
    first, second = changes.before.plain(schema_of(old)), changes.after.plain(schema_of(new))
    if _inner_styles(changes.before, first) != _inner_styles(changes.after, second):
        return True
    types = {*first.types, *second.types}
    has_members = not types or "object" in types
    is_exploded = old.explode != new.explode and (has_members or ("array" in types and old.style != "simple"))
    return old.style != new.style or is_exploded


def _is_reserved(side: Side, parameter: Parameter) -> bool:
    """Return True if a parameter may have reserved characters: numbers and truth values have none."""
    types = set(side.plain(schema_of(parameter)).types)
    return parameter.allow_reserved and not (types and types <= {"integer", "number", "boolean", "null"})


def _inner_styles(side: Side, schema: Schema) -> list[str | None]:
    """How the lists within a list are written (Swagger 2.0, "Items Object", ``collectionFormat``)."""
    styles: list[str | None] = []
    while schema.items is not None:
        schema = side.plain(schema.items)
        if "array" in schema.types:
            styles.append(schema.encoding.style if schema.encoding is not None else None)
    return styles


def _style(parameter: Parameter) -> str:
    if parameter.content:
        return f"as {', '.join(parameter.content)}"
    reserved = ", with reserved characters" if parameter.allow_reserved else ""
    return f"in the style {parameter.style}{', exploded' if parameter.explode else ''}{reserved}"


def _required(changes: Changes, subject: str, old: Parameter | RequestBody, new: Parameter | RequestBody) -> None:
    if new.required and not old.required:
        changes.add("parameter-required", f"{subject} is now required", old.at, f"{new.at}/required", key=False)
    elif old.required and not new.required:
        changes.add("parameter-optional", f"{subject} is now optional", old.at, new.at, key=False)


def _by_name(changes: Changes, operation: Operation) -> dict[str, Parameter]:
    """The parameters by the names that callers use; those of one name also by their location."""
    named = [
        (snake(parameter.client_name or parameter.name), parameter)
        for parameter in operation.parameters
        if parameter.location != "header" or not changes.is_said_otherwise(parameter.name)
    ]
    names = [name for name, _ in named]
    return {
        name if names.count(name) == 1 else f"{name} in {parameter.location}": parameter for name, parameter in named
    }


def _is_alike(changes: Changes, old: Parameter, new: Parameter) -> bool:
    """Return True if two parameters differ only in their names and texts."""
    if (old.location, old.required, old.style, old.explode) != (new.location, new.required, new.style, new.explode):
        return False
    first = changes.before.written(schema_of(old), request=True)
    return first == changes.after.written(schema_of(new), request=True)


# Bodies and responses


def _body(changes: Changes, schemas: Schemas, name: str, old: Operation, new: Operation) -> None:
    before, after = old.request_body, new.request_body
    subject = f"the body of {name}"
    if before is None or after is None:
        if before is not None:
            changes.add("body-removed", f"the body was removed from {name}", before.at, None, key=False)
        elif after is not None:
            message = f"a {'required ' * after.required}body was added to {name}"
            changes.add("parameter-required" if after.required else "body-added", message, None, after.at, key=False)
        return
    _required(changes, subject, before, after)
    compare_content(changes, schemas, subject, (before.at, before.content), (after.at, after.content), "request")


# What is received


def _webhooks(
    changes: Changes,
    schemas: Schemas,
    kind: str,
    old: Mapping[str, Iterable[Operation]],
    new: Mapping[str, Iterable[Operation]],
    at: str,
) -> None:
    """Record the changes of what the service sends unasked: its requests are received."""
    for name in dict.fromkeys((*old, *new)):
        before, after = ({item.method.upper(): item for item in side.get(name, ())} for side in (old, new))
        for method, was in before.items():
            now = after.get(method)
            if now is None:
                changes.add("webhook-removed", f"{kind} {name!r} was removed", was.at, at)
            else:
                _received(changes, schemas, f"{kind} {name!r}", was, now)
        for method, now in after.items():
            if method not in before:
                changes.add("webhook-added", f"{kind} {name!r} was added", None, now.at)


def _received(changes: Changes, schemas: Schemas, subject: str, old: Operation, new: Operation) -> None:
    """Record the changes of a request that is received, and of the responses that may be given to it."""
    if old.request_body is not None and new.request_body is not None:
        sides = [(body.at, body.content) for body in (old.request_body, new.request_body)]
        compare_content(changes, schemas, f"what {subject} sends", sides[0], sides[1], "response")
    elif old.request_body is not None:
        changes.add("webhook-changed", f"{subject} no longer sends a body", old.at, new.at)
    before, after = (
        {(item.location, item.name.lower()): item for item in operation.parameters} for operation in (old, new)
    )
    for key, was in before.items():
        now = after.get(key)
        if now is None or (was.required and not now.required):
            words = "no longer sends" if now is None else "may leave out"
            changes.add("webhook-changed", f"{subject} {words} {was.location} {was.name!r}", was.at, new.at)
        if now is not None:
            title = f"{was.location} {was.name!r} of {subject}"
            schemas.compare(title, schema_of(was), schema_of(now), "response")
    for status in old.responses if "default" not in new.responses else ():
        ranges = {key.upper() for key in new.responses}
        if status.upper() not in ranges and f"{status[:1]}XX" not in ranges:
            changes.add("webhook-changed", f"{subject} no longer takes the response {status}", old.at, new.at)
