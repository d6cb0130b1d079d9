"""What is expected of an item: the members that were sent for it, and the schemas that say which of them are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from openconnectors.engine.errors import short_repr
from openconnectors.engine.fuzz.calls import Outcome
from openconnectors.engine.fuzz.comparison import difference, members
from openconnectors.engine.fuzz.resources import Named, result_schema
from openconnectors.engine.fuzz.session import Item, Session, identifier, unwrapped
from openconnectors.engine.fuzz.walks import wire
from openconnectors.engine.model import Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.values.codecs import essence

GONE = (404, 410)
"""The statuses of what is not there."""


def succeeded(outcome: Outcome) -> bool:
    """Whether a call was accepted and carried out."""
    return outcome.is_success and not outcome.is_deferred


def key_text(item: Item) -> str:
    return ", ".join(f"{name} {short_repr(value)}" for name, value in item.key.items())


def request_schema(session: Session) -> Schema:
    """The members that the requests of a resource have, those of a creation first."""
    properties: dict[str, Schema] = {}
    for operation in (session.resource.update, session.resource.replace, session.resource.create):
        if operation is not None and operation.plan.operation.request_body is not None:
            for schema in operation.plan.operation.request_body.schemas():
                properties = {**properties, **members(schema, operation.plan.contract)}
    return Schema(types=("object",), properties=_spelled(session, properties))


def _spelled(session: Session, named: Mapping[str, _T]) -> dict[str, _T]:
    """The members of a request by the names that responses have: some services spell both in their own way
    (``FriendlyName`` in a form, ``friendly_name`` in JSON)."""
    operation = session.resource.read or session.resource.create
    schema = result_schema(operation.plan) if operation is not None else None
    shown = members(schema, operation.plan.contract) if schema is not None and operation is not None else {}
    spelled = {snake(name): name for name in shown}
    return {name if name in shown else spelled.get(snake(name), name): member for name, member in named.items()}


_T = TypeVar("_T")


def sent_members(session: Session, operation: Named, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The members that a call has sent, as they were on the wire."""
    call = session.calls[-1]
    media_type = essence(next((text for name, text in call.headers.items() if name.lower() == "content-type"), ""))[0]
    names = set(response_schema(session).properties) or set(request_schema(session).properties)
    if media_type.endswith("json"):
        try:
            return _spelled(session, unwrapped(json.loads(call.body or "null"), names))
        except ValueError:
            return {}
    plan = operation.plan
    properties = {each.wire: arguments[each.name] for each in plan.arguments if each.path and each.name in arguments}
    return _spelled(session, unwrapped(properties or arguments.get(plan.body_name), names))


def response_schema(session: Session) -> Schema:
    """The schema of an item as it is read: that of the object which has the members, if it is in another."""
    operation = session.resource.read or session.resource.create
    schema = result_schema(operation.plan) if operation is not None else None
    if schema is None or operation is None:
        return Schema()
    inner = members(schema, operation.plan.contract)
    wanted = request_schema(session).properties.keys()
    if wanted and wanted.isdisjoint(inner):
        for member in inner.values():
            below = members(member, operation.plan.contract)
            if not wanted.isdisjoint(below):
                return Schema(types=("object",), properties=below)
    return Schema(types=("object",), properties=inner)


def declared(operation: Named, item: Item) -> Schema:
    """The members that the response of an operation declares."""
    schema = result_schema(operation.plan) or Schema()
    inner = members(schema, operation.plan.contract)
    if item.expected and set(item.expected).isdisjoint(inner):
        for member in inner.values():
            below = members(member, operation.plan.contract)
            if not set(item.expected).isdisjoint(below):
                return Schema(types=("object",), properties=below)
    return Schema(types=("object",), properties=inner)


def echo(session: Session, operation: Named, outcome: Outcome, item: Item, arguments: Mapping[str, Any]) -> None:
    """Check that the response to a change has what was sent."""
    schema, resource = result_schema(operation.plan), session.resource
    if outcome.response is None or schema is None or (resource.read is None and not resource.is_unread):
        return
    seen = unwrapped(wire(operation.plan, outcome.response), set(item.expected))
    problem = difference(item.expected, seen, item.sent, declared(operation, item), operation.plan.contract)
    if problem and seen:
        session.fail(item.changed, operation, f"in the response {problem}", arguments)


def another(session: Session, item: Item, value: Any) -> str:
    """The identifier of a value that is another item; empty if it is this one, or does not say."""
    for name, known in item.key.items():
        source = item.sources.get(name)
        if source is None or name in session.outer:
            continue
        member = identifier(value, [source.path[-1], *session.names(name)[:1]])
        if member is not None and member[1][-1] == source.path[-1] and str(member[0]) != str(known):
            return f"{source.path[-1]} {short_repr(member[0])}"
    return ""
