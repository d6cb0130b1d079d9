"""What a webhook expects, how it is read, and what it is answered.

An event is what is sent to the URL of a subscription, the request of a callback, or that of a webhook (OpenAPI 3.1,
"Callback Object"; "OpenAPI Object", ``webhooks``). Requests of callbacks and webhooks are those of an operation, with a
method, parameters and bodies in media types; the response that it declares is sent.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from openconnectors.engine.client.webhook_requests import Reply
from openconnectors.engine.client.webhook_signatures import Delivery
from openconnectors.engine.errors import InvalidResponse, Problem
from openconnectors.engine.http import Headers
from openconnectors.engine.model import DeclaredResponse, Operation
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.streams import Content
from openconnectors.engine.values.codecs import codec_for


class Event(NamedTuple):
    """One event: its value, its parameters by Python name, and the plan of what it is."""

    value: Any
    parameters: Mapping[str, Any]
    plan: Plan


class Expected(Protocol):
    """What is received at a URL."""

    methods: frozenset[str]

    def read(self, delivery: Delivery) -> Event:
        """The event of a delivery; ``InvalidResponse`` for what is none."""

    def reply(self, event: Event, result: Any) -> Reply:
        """The response to an event that was handled, with what the handler returned."""


class Notifications:
    """The events of a subscription: one body, posted."""

    methods = frozenset({"POST"})

    def __init__(self, plan: Plan, validate: str) -> None:
        self._plan = plan
        self._validate = validate

    def read(self, delivery: Delivery) -> Event:
        """The event of a delivery; ``InvalidResponse`` for what is none."""
        return Event(self._plan.event(delivery.content_type, delivery.data, self._validate), {}, self._plan)

    def reply(self, event: Event, result: Any) -> Reply:
        """200, whatever the handler returned."""
        return Reply("200 OK")


class Requests:
    """The requests of callbacks or webhooks: of several the first that describes a delivery, without a deviation before
    with."""

    def __init__(self, plans: Iterable[Plan], validate: str) -> None:
        self._plans = list(plans)
        self._validate = validate
        self.methods = frozenset(plan.operation.method for plan in self._plans)

    def read(self, delivery: Delivery) -> Event:
        """The event of a delivery; ``InvalidResponse`` for what is none."""
        headers = Headers([*delivery.headers.items(), ("Content-Type", delivery.content_type)])
        query = delivery.urls[0].partition("?")[2]
        plans = [plan for plan in self._plans if plan.operation.method == delivery.method]
        problem: InvalidResponse | None = None
        for mode in dict.fromkeys(("strict", self._validate)) if len(plans) > 1 else (self._validate,):
            for plan in plans:
                try:
                    value, parameters = plan.delivery(headers, query, delivery.data, mode)
                except InvalidResponse as error:
                    problem = error
                else:
                    names = {argument.wire: argument.name for argument in plan.arguments if argument.name}
                    return Event(value, {names[wire]: text for wire, text in parameters.items()}, plan)
        assert problem is not None  # noqa: S101 - there is a plan for each method that is taken
        raise problem

    def reply(self, event: Event, result: Any) -> Reply:
        """The declared response of a success, the lowest; with what the handler returned as its body, if it has one.

        ``ValueError`` for a value that cannot be that.
        """
        declared = _success(event.plan.operation)
        status = int(declared.status) if declared is not None and declared.status.isdigit() else 200
        line = f"{status} {HTTPStatus(status).phrase if status in set(HTTPStatus) else 'Success'}"
        if declared is None or result is None or status in (204, 205):
            return Reply(line)
        media_type = next((name for name in declared.content if codec_for(name) is not None), "")
        body = event.plan.bodies.response(declared, media_type) if media_type else None
        if body is None:
            return Reply(line)
        problems: list[Problem] = []
        value = body.serialize(result, problems)
        if problems := problems or body.validate(value):
            raise ValueError(
                f"what was returned for {event.plan.operation.id} does not match the document: {problems[0]}"
            )
        data = body.encode(value, problems)
        return Reply(line, b"".join(data) if isinstance(data, Content) else data, body.content_type(data))


def _success(operation: Operation) -> DeclaredResponse | None:
    """The declared response of a success: a code before a range, a lower code before a higher."""
    return next((response for status, response in sorted(operation.responses.items()) if status.startswith("2")), None)


def handler(handle: Callable[..., object]) -> Callable[[Event], object]:
    """The function that passes an event on: its value, and of its parameters those that ``handle`` takes by name."""
    try:
        parameters = list(inspect.signature(handle).parameters.values())
    except (TypeError, ValueError):  # a builtin without a signature
        parameters = []
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return lambda event: handle(event.value, **event.parameters)
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = frozenset(parameter.name for parameter in parameters[1:] if parameter.kind in kinds)
    if not names:
        return lambda event: handle(event.value)
    return lambda event: handle(
        event.value, **{name: value for name, value in event.parameters.items() if name in names}
    )
