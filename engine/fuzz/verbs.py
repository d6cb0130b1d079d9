"""What a sequence does with items, and what must hold afterwards: a row of ``VERBS`` for each.

Rule 1. Only what a service has accepted is expected of it: after a refusal nothing changes, and after a 202 nothing is
known. Rule 2. What is wrong is read again after a moment before it is reported. Rule 3. An item that was right once,
and is wrong after something was done with another, is a failure of ``untouched``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.call.links import follow
from openconnectors.engine.errors import ConnectorError, InvalidResponse, short_repr
from openconnectors.engine.fuzz import list_verbs as lists
from openconnectors.engine.fuzz.calls import Outcome
from openconnectors.engine.fuzz.comparison import difference, is_changing, members, same, says_deleted
from openconnectors.engine.fuzz.partly_wrong import send_illegal
from openconnectors.engine.fuzz.resources import Named, result_schema
from openconnectors.engine.fuzz.samples import sample
from openconnectors.engine.fuzz.session import Item, Session, identifier, unwrapped
from openconnectors.engine.fuzz.steps import Step
from openconnectors.engine.fuzz.walks import wire
from openconnectors.engine.http import Response
from openconnectors.engine.model import MISSING, Schema
from openconnectors.engine.values.codecs import essence

_GONE = (404, 410)


def play(session: Session, step: Step) -> Item | None:
    """Do a step of a sequence, and check what must hold; return the item that was created, if one was."""
    verb = VERBS.get(step.verb)
    is_creating = step.verb in ("create", "adopt")
    if verb is None or (step.item is not None and not is_creating and step.item >= len(session.items)):
        return None
    before = len(session.items)
    session.steps.append(replace(step, item=None) if is_creating else step)
    verb(session, session.items[step.item] if step.item is not None and not is_creating else None, step.arguments)
    return session.items[-1] if len(session.items) > before else None


# Creating


def _create(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    operation = session.resource.create
    if operation is None:
        return
    arguments = session.arguments(operation, None, others)
    outcome = session.send(operation, arguments)
    if outcome is None or not _succeeded(outcome):
        return
    if session.resource.is_unread:
        sent = Item(0, {}, expected=_sent(session, operation, arguments), sent=_request_schema(session))
        _echo(session, operation, outcome, sent, arguments)
        return
    created = session.identified(operation, outcome, arguments)
    if created is None or (created.is_guessed and not _is_there(session, created)):
        return
    response = outcome.response
    twin = next((other for other in session.items if other.key == created.key), None)
    if twin is not None:
        is_chosen = operation.plan.operation.method == "PUT" or not created.sources
        if not is_chosen and response is not None and (response.status == 201 or twin.is_deleted):
            session.fail("unique", operation, f"two items have the same identifier: {_key(created)}", arguments)
        twin.is_deleted, created = False, twin
    else:
        _add(session, created)
    created.changed, created.sent = "created", _request_schema(session)
    created.expected = _sent(session, operation, arguments)
    _echo(session, operation, outcome, created, arguments)
    _defaults(session, operation, outcome, created)
    if response is not None and response.status == 201:
        _location(session, operation, response, created, arguments)
    _read(session, created, {})


def _is_there(session: Session, item: Item) -> bool:
    """Whether an item can be read: else its identifier is another than was guessed."""
    operation = session.resource.read
    outcome = session.send(operation, session.arguments(operation, item), item) if operation is not None else None
    return outcome is not None and outcome.response is not None and 200 <= outcome.response.status < 300


def _add(session: Session, item: Item) -> None:
    """Keep an item, and say in the step which it is."""
    session.items.append(item)
    session.steps[-1] = replace(session.steps[-1], item=item.number)


def _adopt(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Take an item that is there: of a list the one at an index, or the only thing that there is."""
    resource, index = session.resource, int(others.get("index", 0))
    if resource.is_single:
        if index == 0 and resource.read is not None:
            _add(session, Item(0, {}, sent=_request_schema(session)))
            _read(session, session.items[-1], {})
        return
    entries = lists.entries(session)
    if index < len(entries) and resource.read is not None:
        known = lists.key_of(session, entries[index])
        if known is not None:
            _add(session, Item(len(session.items), {**session.outer, **known}, sent=_request_schema(session)))
            _read(session, session.items[-1], {})


def _succeeded(outcome: Outcome) -> bool:
    """Whether a call was accepted and carried out; 202 says that it will be."""
    status = outcome.response.status if outcome.response is not None else 0
    return 200 <= status < 300 and status != 202 and outcome.plan.operation.long_running is None


def _key(item: Item) -> str:
    return ", ".join(f"{name} {short_repr(value)}" for name, value in item.key.items())


def _request_schema(session: Session) -> Schema:
    """The members that the requests of a resource have, those of a creation first."""
    properties: dict[str, Schema] = {}
    for operation in (session.resource.update, session.resource.replace, session.resource.create):
        if operation is not None and operation.plan.operation.request_body is not None:
            for schema in operation.plan.operation.request_body.schemas():
                properties = {**properties, **members(schema, operation.plan.contract)}
    return Schema(types=("object",), properties=properties)


def _sent(session: Session, operation: Named, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The members that a call has sent, as they were on the wire."""
    call = session.calls[-1]
    media_type = essence(next((text for name, text in call.headers.items() if name.lower() == "content-type"), ""))[0]
    names = set(_response_schema(session).properties) or set(_request_schema(session).properties)
    if media_type.endswith("json"):
        try:
            return unwrapped(json.loads(call.body or "null"), names)
        except ValueError:
            return {}
    plan = operation.plan
    properties = {each.wire: arguments[each.name] for each in plan.arguments if each.path and each.name in arguments}
    return unwrapped(properties or arguments.get(plan.body_name), names)


def _response_schema(session: Session) -> Schema:
    """The schema of an item as it is read: that of the object which has the members, if it is in another."""
    operation = session.resource.read or session.resource.create
    schema = result_schema(operation.plan) if operation is not None else None
    if schema is None or operation is None:
        return Schema()
    inner = members(schema, operation.plan.contract)
    wanted = _request_schema(session).properties.keys()
    if wanted and wanted.isdisjoint(inner):
        for member in inner.values():
            below = members(member, operation.plan.contract)
            if not wanted.isdisjoint(below):
                return Schema(types=("object",), properties=below)
    return Schema(types=("object",), properties=inner)


def _echo(session: Session, operation: Named, outcome: Outcome, item: Item, arguments: Mapping[str, Any]) -> None:
    """Check that the response to a change has what was sent."""
    schema, resource = result_schema(operation.plan), session.resource
    if outcome.response is None or schema is None or (resource.read is None and not resource.is_unread):
        return
    seen = unwrapped(wire(operation.plan, outcome.response), set(item.expected))
    problem = difference(item.expected, seen, item.sent, _declared(operation, item), operation.plan.contract)
    if problem and seen:
        session.fail(item.changed, operation, f"in the response {problem}", arguments)


def _defaults(session: Session, operation: Named, outcome: Outcome, item: Item) -> None:
    """Check that what was not sent has the value that the document gives it by default."""
    plan, body = operation.plan, operation.plan.operation.request_body
    if body is None or outcome.response is None or not item.expected:
        return
    seen, declared = unwrapped(wire(plan, outcome.response), set(item.expected)), _declared(operation, item).properties
    for schema in body.schemas():
        for name, member in members(schema, plan.contract).items():
            default = plan.contract(member).default if member.default is MISSING else member.default
            if default in (MISSING, None) or name in item.expected or name not in seen or name not in declared:
                continue
            if not same(default, seen[name], plan.contract(member).format) and not isinstance(default, dict | list):
                message = f"{name} was not sent, and is {short_repr(seen[name])}; its default is {short_repr(default)}"
                session.fail("created", operation, message, outcome.arguments)


def _declared(operation: Named, item: Item) -> Schema:
    """The members that the response of an operation declares."""
    schema = result_schema(operation.plan) or Schema()
    inner = members(schema, operation.plan.contract)
    if item.expected and set(item.expected).isdisjoint(inner):
        for member in inner.values():
            below = members(member, operation.plan.contract)
            if not set(item.expected).isdisjoint(below):
                return Schema(types=("object",), properties=below)
    return Schema(types=("object",), properties=inner)


def _location(session: Session, operation: Named, response: Response, item: Item, arguments: Mapping[str, Any]) -> None:
    """Check that the Location of a 201 leads to the item (RFC 9110 section 15.3.2)."""
    location = response.headers.get("Location")
    if "location" in session.failed:
        return
    if not location:
        declared = operation.plan.declared_response(response.status)
        if declared is not None and any(name.lower() == "location" for name in declared.headers):
            session.fail("location", operation, "the response has no Location, which is documented", arguments)
        return
    try:
        request = session.caller.request(operation.plan, arguments, None)
        following = follow(request, location, "the Location", "GET")
    except (ConnectorError, InvalidResponse):
        return  # another host: a proxy may be between us and it
    outcome = session.follow(following, session.resource.read or operation)
    if outcome is None or outcome.status in _GONE:
        status = "no response" if outcome is None else f"status {outcome.status}"
        session.fail("location", operation, f"the Location {location} leads to {status}", arguments)
    elif outcome.status == 200 and session.resource.read is not None:
        other = _another(session, item, wire(session.resource.read.plan, outcome))
        if other:
            session.fail("location", operation, f"the Location {location} leads to another item: {other}", arguments)


# Reading


def _read(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    operation = session.resource.read
    if operation is None or item is None:
        return
    arguments = session.arguments(operation, item)
    response = _got(session, operation, arguments, item)
    if response is None:
        return
    problem = _problem(session, operation, item, response)
    if problem is not None and session.settle(problem[0]):
        response = _got(session, operation, arguments, item)
        problem = _problem(session, operation, item, response) if response is not None else None
    if problem is not None:
        session.fail(problem[0], operation, problem[1], arguments)
    if response is None:
        return
    _head(session, item, response)
    if item.is_deleted or not 200 <= response.status < 300:
        return
    if problem is None or problem[0] != "identity":
        _keep(session, operation, item, response)
    _unmodified(session, operation, item, response, arguments)


def _got(session: Session, operation: Named, arguments: Mapping[str, Any], item: Item) -> Response | None:
    outcome = session.send(operation, arguments, item)
    return outcome.response if outcome is not None else None


def _problem(session: Session, operation: Named, item: Item, response: Response) -> tuple[str, str] | None:
    """What is wrong with an item that was read, with the check that it fails."""
    value = wire(operation.plan, response)
    is_there = 200 <= response.status < 300
    if item.is_deleted:
        if is_there and not says_deleted(value):
            return "deleted", f"status {response.status} after DELETE: the item can still be read"
        return None
    if response.status in _GONE:
        return item.changed, f"status {response.status} after {_AFTER[item.changed]}"
    if not is_there:
        return None
    other = _another(session, item, value)
    if other:
        return "identity", f"asked for was {_key(item)}, the response has {other}"
    seen = unwrapped(value, set(item.expected))
    if not seen:
        return None
    wrong = difference(item.expected, seen, item.sent, _declared(operation, item), operation.plan.contract)
    return (item.changed, f"after {_AFTER[item.changed]} {wrong}") if wrong else None


_AFTER = {
    "created": "the item was created",
    "replaced": "the item was replaced",
    "updated": "the item was changed",
    "idempotent": "the item was replaced twice",
    "untouched": "another item was changed",
    "refusal-stored": "a request was refused",
}


def _another(session: Session, item: Item, value: Any) -> str:
    """The identifier of a value that is another item; empty if it is this one, or does not say."""
    for name, known in item.key.items():
        source = item.sources.get(name)
        if source is None or name in session.outer:
            continue
        member = identifier(value, [source.path[-1], *session.names(name)[:1]])
        if member is not None and member[1][-1] == source.path[-1] and str(member[0]) != str(known):
            return f"{source.path[-1]} {short_repr(member[0])}"
    return ""


def _keep(session: Session, operation: Named, item: Item, response: Response) -> None:
    """Expect from now on what was read, as far as callers can set it."""
    seen = unwrapped(wire(operation.plan, response), set(item.sent.properties))
    declared = _declared(operation, item).properties
    item.value = seen
    item.etag = response.headers.get("ETag", "")
    item.expected = {
        name: seen[name]
        for name, schema in item.sent.properties.items()
        if name in seen and name in declared and not is_changing(name) and not schema.read_only
    }
    item.changed = "untouched"


def _head(session: Session, item: Item, response: Response) -> None:
    """Check that HEAD responds as GET did, without a body (RFC 9110 section 9.3.2)."""
    operation = session.resource.head
    if operation is None or not session.may_repeat("head"):
        return
    arguments = session.arguments(operation, item)
    outcome = session.send(operation, arguments, item)
    if outcome is None or outcome.response is None:
        return
    head = outcome.response
    if head.status != response.status:
        session.fail("head", operation, f"status {head.status}, of GET {response.status}", arguments)
    if head.body:
        session.fail("head", operation, f"the response to HEAD has a body of {len(head.body)} bytes", arguments)
    declared = outcome.plan.declared_response(response.status)
    names = {*_COMPARED, *(declared.headers if declared is not None else ())}
    for name in names:
        mine, of_get = head.headers.get(name), response.headers.get(name)
        if of_get is not None and mine != of_get and not (is_changing(name) and name not in _COMPARED):
            message = f"{name} is {short_repr(mine)}, of GET {short_repr(of_get)}"
            session.fail("head", operation, message, arguments)


_COMPARED = ("Content-Type", "ETag", "Last-Modified")


def _unmodified(
    session: Session, operation: Named, item: Item, response: Response, arguments: Mapping[str, Any]
) -> None:
    """Check that a documented 304 is the response to the entity tag of what is there (RFC 9110 section 13.1.2)."""
    etag, declared = response.headers.get("ETag", ""), operation.plan.operation
    takes = any(each.location == "header" and each.name.lower() == "if-none-match" for each in declared.parameters)
    if not etag or not ("304" in declared.responses or takes) or not session.may_repeat("conditional"):
        return
    outcome = session.send(operation, arguments, item, {"If-None-Match": etag})
    if outcome is not None and outcome.response is not None and 200 <= outcome.response.status < 300:
        message = f"status {outcome.response.status} with If-None-Match: {etag}, which is its ETag; expected is 304"
        session.fail("conditional", operation, message, arguments)


# Changing


def _replace(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    _change(session, session.resource.replace, item, others, "replaced")


def _update(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    _change(session, session.resource.update, item, others, "updated")


def _change(
    session: Session, operation: Named | None, item: Item | None, others: Mapping[str, Any], check: str
) -> None:
    if operation is None or item is None:
        return
    arguments = session.arguments(operation, item, others)
    before = dict(item.value or {})
    outcome = session.send(operation, arguments, item)
    if outcome is None or outcome.response is None:
        return
    documented = operation.plan.operation.responses
    if item.is_deleted:
        if _succeeded(outcome) and "404" in documented and "201" not in documented:
            message = f"status {outcome.response.status} after DELETE: an item that is gone was changed"
            session.fail("deleted", operation, message, arguments)
        return
    if outcome.response.status in _GONE and item.value is not None:
        session.fail(check, operation, f"status {outcome.response.status} for an item that can be read", arguments)
    if not _succeeded(outcome):
        _read(session, item, {})
        return
    sent = _sent(session, operation, arguments)
    expected = item.expected
    item.changed, item.sent = check, _request_schema(session)
    item.expected = sent
    _echo(session, operation, outcome, item, arguments)
    item.expected = {**expected, **sent} if check == "updated" else sent
    etag = item.etag
    _read(session, item, {})
    value = item.value or {}
    if etag and etag == item.etag and any(value.get(name) != before.get(name) for name in sent if name in value):
        session.fail("conditional", operation, f"the ETag {etag} is the same after a change", arguments)
    shown = _response_schema(session).properties
    for name, member in sent.items():
        may_be_null = name in shown and operation.plan.accepts(shown[name], None)
        if member is None and may_be_null and before.get(name) is not None and value.get(name) == before.get(name):
            session.fail(check, operation, f"{name} was set to null, and is {short_repr(value[name])}", arguments)


def _again(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Replace an item twice by the same (RFC 9110 section 9.2.2)."""
    operation = session.resource.replace
    if operation is None or item is None or item.is_deleted or "replaced" in session.failed:
        return
    arguments = session.arguments(operation, item, others)
    first = session.send(operation, arguments, item)
    second = session.send(operation, session.arguments(operation, item, others), item) if first is not None else None
    if first is None or second is None or not _succeeded(first) or second.response is None:
        return
    if second.response.status >= 400 and second.response.status not in (409, 412, 428, 429):
        session.fail("idempotent", operation, f"status {second.response.status} the second time", arguments)
    item.expected, item.changed = _sent(session, operation, arguments), "idempotent"
    _read(session, item, {})


def _stale(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Change an item under a condition that does not hold: a documented 412 must be the response (RFC 9110 section
    13.1.1)."""
    operation = next(
        (
            each
            for each in (session.resource.replace, session.resource.update, session.resource.delete)
            if each is not None and "412" in each.plan.operation.responses
        ),
        None,
    )
    if operation is None or item is None or item.is_deleted or not item.etag or "conditional" in session.failed:
        return
    arguments = session.arguments(operation, item, others if operation is session.resource.replace else {})
    outcome = session.send(operation, arguments, item, {"If-Match": '"of-no-version"'})
    if outcome is not None and _succeeded(outcome):
        message = f"the condition If-Match does not hold, and {operation.plan.operation.method} is carried out"
        session.fail("conditional", operation, message, arguments)


# Deleting


def _delete(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    operation = session.resource.delete
    if operation is None or item is None:
        return
    arguments = session.arguments(operation, item)
    outcome = session.send(operation, arguments, item)
    if outcome is None or outcome.response is None or item.is_deleted:
        return
    if outcome.response.status in _GONE and item.value is not None:
        session.fail("deleted", operation, f"status {outcome.response.status} for an item that can be read", arguments)
    if _succeeded(outcome):
        item.is_deleted = True
    _read(session, item, {})


def _below(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Use what is below an item that was deleted: it is not there either."""
    if item is None or not item.is_deleted:
        return
    for operation in session.below:
        arguments = session.arguments(operation, item, sample(operation.plan, item.number, optional=False))
        outcome = session.send(operation, arguments, item)
        if outcome is not None and _succeeded(outcome) and not _is_empty(operation, outcome):
            status = outcome.response.status if outcome.response is not None else 0
            message = f"status {status} after DELETE: what is below an item that is gone is still there"
            session.fail("deleted", operation, message, arguments)


def _is_empty(operation: Named, outcome: Outcome) -> bool:
    """Whether a response is a list without items: some services tell no missing thing from one that has nothing."""
    if outcome.response is None or operation.plan.operation.method != "GET":
        return False
    value = wire(operation.plan, outcome.response)
    return not value or (isinstance(value, Mapping) and not any(value.values()))


# Refusals


def _refused_create(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Send what must be refused to create an item: nothing may be added."""
    operation = session.resource.create
    if operation is None or "refusal-stored" in session.failed:
        return
    before = lists.entries(session)
    response = send_illegal(session, operation, session.arguments(operation, None, others))
    after = lists.entries(session) if response is not None and 400 <= response.status < 500 and before else before
    if response is not None and len(after) > len(before) and session.settle("refusal-stored"):
        second = send_illegal(session, operation, session.arguments(operation, None, others))
        before, after = after, lists.entries(session)
        if second is None or not 400 <= second.status < 500:
            return
    if response is not None and len(after) > len(before):
        message = f"the request was refused with {response.status}, and the list has an item more"
        session.fail("refusal-stored", operation, message)


def _refused(part: str) -> Verb:
    """Send what must be refused to change an item: it stays as it is."""

    def refuse(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
        operation: Named | None = getattr(session.resource, part)
        if operation is None or item is None or item.is_deleted or item.value is None:
            return
        response = send_illegal(session, operation, session.arguments(operation, item, others))
        if response is None:
            return
        is_refused = 400 <= response.status < 500
        if not is_refused:
            item.expected = {}
        item.changed = "refusal-stored" if is_refused else item.changed
        _read(session, item, {})

    return refuse


Verb = Callable[[Session, Item | None, Mapping[str, Any]], None]
VERBS: Mapping[str, Verb] = {
    "create": _create,
    "adopt": _adopt,
    "read": _read,
    "replace": _replace,
    "replace-again": _again,
    "update": _update,
    "stale": _stale,
    "delete": _delete,
    "below": _below,
    "refused-create": _refused_create,
    "refused-replace": _refused("replace"),
    "refused-update": _refused("update"),
    "list": lists.listed,
    "limit": lists.limited,
    "pages": lists.paged,
    "filter": lists.filtered,
    "order": lists.ordered,
    "apart": lists.apart,
}
"""What a step of a sequence does, by its verb: with a session, the item that it is about, and arguments."""
