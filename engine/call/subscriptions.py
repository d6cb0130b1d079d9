"""Webhook triggers and callbacks: the URL that events are sent to is one of the arguments; the service answers with the
place of the subscription, which is deleted there.

Source: learn.microsoft.com, "Use a webhook as a trigger for Azure Logic Apps and Power Automate".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.links import follow
from openconnectors.engine.documents.pointers import pointer_steps
from openconnectors.engine.errors import Unsupported, answer_error
from openconnectors.engine.flows import Flow
from openconnectors.engine.http import Request, Response
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.plan.runtime_expressions import expressions


class Subscribed(NamedTuple):
    """A subscription: the request that made it, and the response."""

    calls: Calls
    request: Request
    response: Response


def subscribe(calls: Calls, url: str, arguments: Mapping[str, Any]) -> Flow[Subscribed]:
    """Have events sent to a URL; raise ``Unsupported`` for an operation that takes none."""
    arguments = _with_callback(calls, url, arguments)
    calls = yield from calls.resolved(arguments)
    request = calls.request(arguments)
    return Subscribed(calls, request, calls.read((yield from calls.send(request, calls.call()))))


def unsubscribe(subscribed: Subscribed) -> Flow[None]:
    """Delete what the service has made for a subscription; one that is gone already is not an error."""
    calls, response = subscribed.calls, subscribed.response
    name = snake(calls.plan.operation.id)
    location = response.headers.get("Location", "")
    if not location:
        raise Unsupported(f"the response to {name} has no Location, so the subscription cannot be ended")
    request = follow(subscribed.request, location, f"the Location of {name}", "DELETE")
    response = yield from calls.send(request, calls.call())
    if not 200 <= response.status < 300 and response.status not in (404, 410):
        raise answer_error(response.status)(name, response.status, headers=response.headers)


def _with_callback(calls: Calls, url: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the URL at its place."""
    place = _place(calls, arguments)
    if place is None:
        raise Unsupported(f"{snake(calls.plan.operation.id)} takes no URL to send events to; call it")
    name, steps = place
    name = next((spelling for spelling in _spellings(calls, name) if spelling in arguments), name)
    return {**arguments, name: _put(arguments.get(name), steps, url) if steps else url}


def _place(calls: Calls, arguments: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    """The argument that takes the URL, and the way to it within: in a body that is given whole, from there."""
    plan: Plan = calls.plan
    for argument in plan.arguments:
        if argument.declaration.notification or argument.schema.notification:
            whole = next((body for body in plan.arguments if body.location == "body"), None)
            is_member = argument.location == "property"
            if is_member and whole is not None and set(_spellings(calls, whole.name)) & set(arguments):
                return whole.name, argument.path
            return argument.name, ()
    for argument in plan.arguments:
        for name, member in plan.contract(argument.schema).properties.items():
            if member.notification:
                return argument.name, (name,)
    return _named_by_callback(calls, arguments)


def _named_by_callback(calls: Calls, arguments: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    """The argument that the URL of a callback names by a runtime expression ("Callback Object", "Key Expression")."""
    plan = calls.plan
    for urls in plan.operation.callbacks.values():
        for expression in (expression for url in urls for expression in expressions(url)):
            if expression.response:
                continue
            steps = tuple(pointer_steps(expression.pointer))
            if expression.part == "body" and steps:
                return _member(calls, steps, arguments)
            for argument in plan.arguments:
                if argument.location == expression.part and _is_named(argument, expression.name):
                    return argument.name, ()
    return None


def _member(calls: Calls, steps: tuple[str, ...], arguments: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    """The argument that holds a member of the body, and the way to it within: the whole body if that is given or the
    body has no other arguments."""
    plan = calls.plan
    known = set(_spellings(calls, plan.body_name)) if _has_whole(plan) else set()
    if not known & set(arguments):
        for size in range(len(steps), 0, -1):
            for argument in plan.arguments:
                if argument.location == "property" and argument.path == steps[:size]:
                    return argument.name, steps[size:]
    return (plan.body_name, steps) if known else None


def _has_whole(plan: Plan) -> bool:
    return any(argument.location == "body" for argument in plan.arguments)


def _is_named(argument: Argument, name: str) -> bool:
    return argument.wire == name or (argument.location == "header" and argument.wire.lower() == name.lower())


def _spellings(calls: Calls, name: str) -> tuple[str, str]:
    """How an argument may be spelled: its wire name and its Python name."""
    argument = calls.argument(name)
    return argument.wire, argument.name


def _put(members: object, steps: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A mapping, or a new one, with a value at a path in it."""
    result = dict(members) if isinstance(members, Mapping) else {}
    result[steps[0]] = _put(result.get(steps[0]), steps[1:], value) if len(steps) > 1 else value
    return result
