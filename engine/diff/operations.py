"""What changed in operations: names, parameters, bodies, responses, security, pages, triggers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from openconnectors.engine.diff.changes import Changes, Direction
from openconnectors.engine.diff.deprecation import compare_deprecation, compare_revision, record_removal
from openconnectors.engine.diff.schemas import Schemas
from openconnectors.engine.diff.security import compare_security
from openconnectors.engine.diff.sides import Side
from openconnectors.engine.model import (
    MISSING,
    DeclaredResponse,
    Encoding,
    Header,
    MediaType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
)
from openconnectors.engine.naming import snake
from openconnectors.engine.path_templates import without_names
from openconnectors.engine.values.codecs import essence

Place = tuple[str, str]


def compare_operations(changes: Changes) -> None:
    """Record the changes of operations. One that has another name at the same method and path was renamed."""
    old_side, new_side = changes.before, changes.after
    before, after = old_side.operations, new_side.operations
    schemas = Schemas(changes)
    places = {_place(new_side, name): name for name in new_side.service.places}
    for name, old in before.items():
        new_name = name if name in new_side.service.places else places.get(_place(old_side, name))
        if new_name is None or (new_name != name and new_name in old_side.service.places):
            record_removal(changes, "operation", f"operation {name!r} was removed", old.at)
            continue
        if new_name in new_side.unreadable:
            problem = new_side.unreadable[new_name].diagnostics[0]
            message = f"operation {name!r} can no longer be read: {problem.message}"
            changes.add("operation-unreadable", message, old.at, problem.pointer)
            continue
        new = after[new_name]
        if new_name != name:
            message = f"operation {name!r} was renamed to {new_name!r}"
            changes.add("operation-renamed", message, f"{old.at}/operationId", f"{new.at}/operationId", key=False)
        _operation(changes, schemas, name, old, new)
    known = {_place(old_side, name) for name in old_side.service.places}
    for name, new in after.items():
        if name not in old_side.service.places and _place(new_side, name) not in known:
            changes.add("operation-added", f"operation {name!r} was added", None, new.at)
    _webhooks(changes, schemas, "webhook", old_side.service.webhooks, new_side.service.webhooks, "")


def _place(side: Side, name: str) -> Place:
    """The method and path of an operation, whatever the names of the path's variables."""
    method, path = side.service.places[name]
    return method.upper(), without_names(path)


def _operation(changes: Changes, schemas: Schemas, name: str, old: Operation, new: Operation) -> None:
    places = [(operation.method.upper(), without_names(operation.path)) for operation in (old, new)]
    if places[0] != places[1]:
        changes.add("operation-moved", f"{name} is now at {new.method.upper()} {new.path}", old.at, new.at)
    compare_deprecation(changes, name, old.at, new.at, deprecated=(old.deprecated, new.deprecated))
    compare_revision(changes, name, old.at, new.at)
    _parameters(changes, schemas, name, old, new)
    _body(changes, schemas, name, old, new)
    _responses(changes, schemas, name, old, new)
    compare_security(changes, name, old, new)
    if (old.paging is None) != (new.paging is None):
        rule = "paging-added" if old.paging is None else "paging-removed"
        message = f"{name} {'now' if old.paging is None else 'no longer'} returns its items in pages"
        changes.add(rule, message, old.at, new.at)
    if old.trigger != new.trigger:
        message = f"the trigger of {name} is now {new.trigger or 'gone'} (was {old.trigger or 'not there'})"
        changes.add("trigger-changed", message, old.at, new.at)
    if [server.url for server in old.servers] != [server.url for server in new.servers]:
        urls = [", ".join(server.url for server in operation.servers) or "the document's" for operation in (old, new)]
        changes.add("server-changed", f"the server of {name} is now {urls[1]} (was {urls[0]})", old.at, new.at)
    for callback in dict.fromkeys((*old.callbacks, *new.callbacks)):
        sent = [
            {callback: [item for group in operation.callbacks.get(callback, {}).values() for item in group]}
            for operation in (old, new)
        ]
        _webhooks(changes, schemas, f"callback of {name},", sent[0], sent[1], new.at)


# Parameters


def _parameters(changes: Changes, schemas: Schemas, name: str, old: Operation, new: Operation) -> None:
    before, after = _by_name(changes, old), _by_name(changes, new)
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
        needed = parameter.required and changes.after.plain(parameter.schema).default is MISSING
        message = f"{'required ' * needed}parameter {parameter.name!r} was added to {name}"
        changes.add("parameter-required" if needed else "parameter-added", message, None, parameter.at, key=False)
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
    _required(changes, subject, old, new)
    compare_deprecation(changes, subject, old.at, new.at, deprecated=(old.deprecated, new.deprecated))
    if new.visibility == "internal" != old.visibility:
        changes.add("parameter-hidden", f"{subject} is no longer shown", old.at, new.at, key=False)
    schemas.compare(subject, _schema_of(old), _schema_of(new), "request")


def _is_written_otherwise(changes: Changes, old: Parameter, new: Parameter) -> bool:
    """Return True if a value that has several parts, or reserved characters, is written in another way."""
    if list(old.content) != list(new.content) or old.allow_reserved != new.allow_reserved:
        return True
    if (old.style, old.explode) == (new.style, new.explode):
        return False
    types = {*changes.before.plain(_schema_of(old)).types, *changes.after.plain(_schema_of(new)).types}
    return old.style != new.style or not types or bool(types & {"array", "object"})


def _style(parameter: Parameter) -> str:
    if parameter.content:
        return f"as {', '.join(parameter.content)}"
    reserved = ", with reserved characters" if parameter.allow_reserved else ""
    return f"in the style {parameter.style}{', exploded' if parameter.explode else ''}{reserved}"


def _schema_of(parameter: Parameter | Header) -> Schema:
    entry = next(iter(parameter.content.values()), None)
    return entry.schema if entry is not None and entry.schema is not None else parameter.schema


def _required(changes: Changes, subject: str, old: Parameter | RequestBody, new: Parameter | RequestBody) -> None:
    if new.required and not old.required:
        changes.add("parameter-required", f"{subject} is now required", old.at, f"{new.at}/required", key=False)
    elif old.required and not new.required:
        changes.add("parameter-optional", f"{subject} is now optional", old.at, new.at, key=False)


def _by_name(changes: Changes, operation: Operation) -> dict[str, Parameter]:
    """The parameters by the names that callers use."""
    return {
        snake(parameter.client_name or parameter.name): parameter
        for parameter in operation.parameters
        if parameter.location != "header" or not _is_said_otherwise(changes, parameter.name)
    }


def _is_said_otherwise(changes: Changes, name: str) -> bool:
    """Return True if one of the two documents cannot describe a header field of this name."""
    return changes.before.says_media_types(name) or changes.after.says_media_types(name)


def _is_alike(changes: Changes, old: Parameter, new: Parameter) -> bool:
    """Return True if two parameters differ only in their names and texts."""
    if (old.location, old.required, old.style, old.explode) != (new.location, new.required, new.style, new.explode):
        return False
    first = changes.before.written(_schema_of(old), request=True)
    return first == changes.after.written(_schema_of(new), request=True)


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
    _content(changes, schemas, subject, (before.at, before.content), (after.at, after.content), "request")


def _content(
    changes: Changes,
    schemas: Schemas,
    subject: str,
    old: tuple[str, Mapping[str, MediaType]],
    new: tuple[str, Mapping[str, MediaType]],
    direction: Direction,
) -> None:
    """Record the changes of media types, and of the schema of each that is still there."""
    before, after = _by_essence(old[1]), _by_essence(new[1])
    if before and after:
        for name in before:
            if name not in after:
                changes.add("media-removed", f"{name} was removed from {subject}", old[0], new[0], key=False)
        for name in after:
            if name not in before:
                changes.add("media-added", f"{name} was added to {subject}", old[0], new[0], key=False)
    for name in before:
        if name in after:
            for first, second in (
                (before[name].schema, after[name].schema),
                (before[name].item_schema, after[name].item_schema),
            ):
                if first is not None and second is not None:
                    schemas.compare(subject, first, second, direction)
            written = [_written(side, content[name]) for side, content in
                       ((changes.before, before), (changes.after, after))]  # fmt: skip
            if direction == "request" and written[0] != written[1]:
                changes.add("encoding-changed", f"a part of {subject} is written otherwise in {name}", old[0], new[0])


def _written(side: Side, entry: MediaType) -> Mapping[str, Encoding]:
    """How the members of a body are written, where that is not the usual way (OpenAPI 3.1, "Encoding Object")."""
    properties = side.plain(entry.schema).properties if entry.schema is not None else {}
    kinds = {name: side.plain(member) for name, member in properties.items()}
    usual = {name: _usual_type(schema) for name, schema in kinds.items()}
    return {
        name: encoding
        for name, encoding in entry.encoding.items()
        if replace(encoding, content_type=()) != Encoding() or encoding.content_type not in ((), (usual.get(name),))
    }


def _usual_type(schema: Schema) -> str:
    """The media type of a part whose encoding does not say it."""
    if schema.types[:1] in (("object",), ("array",)):
        return "application/json"
    return "application/octet-stream" if schema.format in ("binary", "byte") else "text/plain"


def _by_essence(content: Mapping[str, MediaType]) -> dict[str, MediaType]:
    return {essence(name)[0]: entry for name, entry in content.items()}


def _responses(changes: Changes, schemas: Schemas, name: str, old: Operation, new: Operation) -> None:
    before, after = old.responses, new.responses
    for status, response in before.items():
        if status not in after:
            message = f"the {status} response was removed from {name}"
            changes.add("status-removed", message, response.at, f"{new.at}/responses")
    for status, response in after.items():
        if status not in before:
            message = f"a {status} response was added to {name}"
            changes.add("status-added", message, f"{old.at}/responses", response.at)
    for status, was in before.items():
        if status in after:
            _response(changes, schemas, f"the {status} response of {name}", was, after[status])
    _success(changes, schemas, name, old, new)


def _success(changes: Changes, schemas: Schemas, name: str, old: Operation, new: Operation) -> None:
    """Compare the value of a success that has another status now; callers do not see which one it has."""
    lost = [each for status, each in _successes(old).items() if status not in new.responses and each.schemas()]
    gained = [each for status, each in _successes(new).items() if status not in old.responses]
    with_value = next((each for each in gained if each.schemas()), None)
    if lost and with_value is not None:
        sides = [(each.at, each.content) for each in (lost[0], with_value)]
        _content(changes, schemas, f"the {with_value.status} response of {name}", sides[0], sides[1], "response")
    elif lost and not any(each.schemas() for each in _successes(new).values()):
        changes.add("answer-emptied", f"a success of {name} no longer has a value", lost[0].at, f"{new.at}/responses")


def _successes(operation: Operation) -> Mapping[str, DeclaredResponse]:
    return {status: each for status, each in operation.responses.items() if status[:1] in ("2", "d")}


def _response(changes: Changes, schemas: Schemas, subject: str, old: DeclaredResponse, new: DeclaredResponse) -> None:
    has_value, has_now = (bool(response.schemas()) for response in (old, new))
    if has_value and not has_now:
        changes.add("answer-emptied", f"{subject} no longer has a value", old.at, new.at)
    elif has_now and not has_value:
        changes.add("answer-filled", f"{subject} now has a value", old.at, new.at)
    else:
        _content(changes, schemas, subject, (old.at, old.content), (new.at, new.content), "response")
    _headers(changes, schemas, subject, old, new)
    for link in dict.fromkeys((*old.links, *new.links)):
        first, second = old.links.get(link), new.links.get(link)
        if second is None or first is None:
            rule, word = ("link-removed", "removed from") if second is None else ("link-added", "added to")
            changes.add(rule, f"link {link!r} was {word} {subject}", old.at, new.at)
        elif (first.operation, first.parameters, first.request_body) != (
            second.operation,
            second.parameters,
            second.request_body,
        ):
            changes.add("link-changed", f"link {link!r} of {subject} leads elsewhere now", first.at, second.at)


def _headers(changes: Changes, schemas: Schemas, subject: str, old: DeclaredResponse, new: DeclaredResponse) -> None:
    before, after = (
        {
            name.lower(): (name, header)
            for name, header in response.headers.items()
            if not _is_said_otherwise(changes, name)
        }
        for response in (old, new)
    )
    for key, (name, header) in before.items():
        if key not in after:
            changes.add("header-removed", f"header {name!r} was removed from {subject}", header.at or old.at, new.at)
            continue
        now = after[key][1]
        if header.required and not now.required:
            changes.add("header-absent", f"header {name!r} of {subject} is now optional", header.at, now.at)
        schemas.compare(f"header {name!r} of {subject}", _schema_of(header), _schema_of(now), "response")
    for key, (name, header) in after.items():
        if key not in before:
            changes.add("header-added", f"header {name!r} was added to {subject}", old.at, header.at or new.at)


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
            elif was.request_body is not None and now.request_body is not None:
                sides = [(side.at, side.content) for side in (was.request_body, now.request_body)]
                _content(changes, schemas, f"what {kind} {name!r} sends", sides[0], sides[1], "response")
        for method, now in after.items():
            if method not in before:
                changes.add("webhook-added", f"{kind} {name!r} was added", None, now.at)
