"""Reading an item: what must hold of it, and of HEAD and of a conditional request beside the read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.engine.errors import short_repr
from openconnectors.engine.fuzz.comparison import difference, is_changing, says_deleted
from openconnectors.engine.fuzz.expectations import GONE, another, declared, key_text
from openconnectors.engine.fuzz.resources import Named
from openconnectors.engine.fuzz.session import Item, Session, unwrapped
from openconnectors.engine.fuzz.walks import wire
from openconnectors.engine.http import Response


def read(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    operation = session.resource.read
    if operation is None or item is None:
        return
    arguments = session.arguments(operation, item)
    response = got(session, operation, arguments, item)
    if response is None:
        return
    problem = _problem(session, operation, item, response)
    if problem is not None and session.settle(problem[0]):
        response = got(session, operation, arguments, item)
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


def got(session: Session, operation: Named, arguments: Mapping[str, Any], item: Item) -> Response | None:
    """The response to a read of an item; None if there is none."""
    outcome = session.send(operation, arguments, item)
    return outcome.response if outcome is not None else None


def _problem(session: Session, operation: Named, item: Item, response: Response) -> tuple[str, str] | None:
    """What is wrong with an item that was read, with the check that it fails."""
    value = wire(operation.plan, response)
    is_there = 200 <= response.status < 300
    if item.is_pending:
        return None
    if item.is_deleted:
        if is_there and not says_deleted(value):
            return "deleted", f"status {response.status} after DELETE: the item can still be read"
        return None
    if response.status in GONE:
        return item.changed, f"status {response.status} after {_AFTER[item.changed]}"
    if not is_there:
        return None
    other = another(session, item, value)
    if other:
        return "identity", f"asked for was {key_text(item)}, the response has {other}"
    seen = unwrapped(value, set(item.expected))
    if not seen:
        return None
    wrong = difference(item.expected, seen, item.sent, declared(operation, item), operation.plan.contract)
    return (item.changed, f"after {_AFTER[item.changed]} {wrong}") if wrong else None


_AFTER = {
    "created": "the item was created",
    "replaced": "the item was replaced",
    "updated": "the item was changed",
    "idempotent": "the item was replaced twice",
    "untouched": "another item was changed",
    "refusal-stored": "a request was refused",
}


def _keep(session: Session, operation: Named, item: Item, response: Response) -> None:
    """Expect from now on what was read, as far as callers can set it."""
    seen = unwrapped(wire(operation.plan, response), set(item.sent.properties))
    shown = declared(operation, item).properties
    item.value = seen
    item.etag = response.headers.get("ETag", "")
    item.expected = {
        name: seen[name]
        for name, schema in item.sent.properties.items()
        if name in seen and name in shown and not is_changing(name) and not schema.read_only
    }
    item.changed = "untouched"


def _head(session: Session, item: Item, response: Response) -> None:
    """Check that HEAD responds as GET did, without a body (RFC 9110 section 9.3.2)."""
    operation = session.resource.head
    if operation is None or not session.may_repeat("head", "of what is gone" if item.is_deleted else ""):
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
    if item.is_deleted:
        return  # an error may be shown in another way
    documented = outcome.plan.declared_response(response.status)
    names = {*_COMPARED, *(documented.headers if documented is not None else ())}
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
    etag, documented = response.headers.get("ETag", ""), operation.plan.operation
    takes = any(each.location == "header" and each.name.lower() == "if-none-match" for each in documented.parameters)
    if not etag or not ("304" in documented.responses or takes) or not session.may_repeat("conditional"):
        return
    outcome = session.send(operation, arguments, item, {"If-None-Match": etag})
    if outcome is not None and outcome.response is not None and outcome.is_success:
        message = f"status {outcome.response.status} with If-None-Match: {etag}, which is its ETag; expected is 304"
        session.fail("conditional", operation, message, arguments)
