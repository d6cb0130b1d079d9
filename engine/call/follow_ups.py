"""Links: the follow-up requests that a response makes possible, with the arguments that it gives them (OpenAPI 3.1,
"Link Object").

An argument whose expression names what is not there is left out ("no parameter value is passed to the target
operation"). Texts become numbers, and numbers texts, where the parameter is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.documents.dialects.lowering import typed
from openconnectors.engine.errors import InvalidDocument, Unsupported
from openconnectors.engine.http import Request, Response
from openconnectors.engine.log import logger
from openconnectors.engine.masking import revealed
from openconnectors.engine.model import MISSING, Link
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.plan.runtime_expressions import Message, evaluated
from openconnectors.engine.values.codecs import codec_for, essence, json

_log = logger("openconnectors")


class Following(NamedTuple):
    """A link of a response: the calls of its operation, and the arguments that the response gives, by wire name (by
    Python name where two have the same)."""

    calls: Calls
    arguments: Mapping[str, Any]
    description: str


def following(calls: Calls, response: Response) -> Iterator[tuple[str, Following]]:
    """The links of a response to an operation, by name. One that the document spoils is logged and left out.

    Raise ``Unsupported`` for a response that does not know its request.
    """
    request = response.request
    if request is None:
        raise Unsupported(
            f"links are those of a response that {snake(calls.plan.operation.id)}.response() has returned"
        )
    declared = calls.plan.declared_response(response.status)
    if declared is None or not declared.links:
        return
    message = message_of(calls.plan, request, response)
    for name in declared.links:
        try:
            link = declared.links[name]
            target = _calls(calls, link)
        except InvalidDocument as error:
            _log.warning("%s: the link %r is left out: %s", calls.plan.operation.id, name, error)
        else:
            yield name, Following(target, _arguments(target, link, message), link.description)


def _calls(calls: Calls, link: Link) -> Calls:
    """The calls of the operation that a link leads to, at the server that the link names."""
    if link.server is None:
        return calls.of(link.operation)
    connected = calls.connected
    operation = replace(connected.service.operations[link.operation], servers=(link.server,))
    return Calls(connected, connected.compiled(operation), connected.options)


def message_of(plan: Plan, request: Request, response: Response | None = None) -> Message:
    """What the expressions of an operation are evaluated over: the arguments of a request as they were given, beside
    what else is in it, and the response."""
    query, path, headers = (
        {
            argument.wire: request.arguments[argument.name]
            for argument in plan.arguments
            if argument.location == location and argument.name in request.arguments
        }
        for location in ("query", "path", "header")
    )
    url: str = revealed(request.url)
    return Message(
        url=url,
        method=request.method,
        status=response.status if response is not None else None,
        request_headers={**headers, **request.headers, **headers},
        query={**dict(reversed(parse_qsl(urlsplit(url).query, keep_blank_values=True))), **query},
        path=path,
        request_body=request.arguments.get(plan.body_name, MISSING),
        response_headers=_fields(response) if response is not None else {},
        response_body=_body(plan, response) if response is not None else MISSING,
    )


def _fields(response: Response) -> dict[str, Any]:
    """The header fields of a response: a number or a boolean where it is declared as one, else text, of several the
    first."""
    fields: dict[str, Any] = {name: response.headers.every(name)[0] for name in response.headers}
    lowered = {name.lower(): name for name in fields}
    for name, value in response.fields.items():
        if isinstance(value, (bool, int, float)) and name.lower() in lowered:
            fields[lowered[name.lower()]] = value
    return fields


def _body(plan: Plan, response: Response) -> Any:
    """The body of a response as plain data: of JSON what it says, else its value; ``MISSING`` without one."""
    if not response.body:
        return MISSING
    media_type, _ = essence(response.headers.get("Content-Type", ""))
    if media_type and codec_for(media_type) is json.CODEC:
        return plan.untyped(response)
    return response.value


def _arguments(calls: Calls, link: Link, message: Message) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for name, template in link.parameters.items():
        value = evaluated(template, message)
        argument = _argument(calls.plan, name)
        if value is MISSING:
            continue
        if argument is None:
            arguments[name] = value  # which the operation refuses, since it has no such parameter
            continue
        known = argument.wire if calls.argument(argument.wire) is argument else argument.name
        arguments[known] = typed(value, calls.plan.contract(argument.schema).types)
    if link.request_body is not MISSING:
        body = evaluated(link.request_body, message)
        if body is not MISSING:
            arguments[calls.plan.body_name] = body
    return arguments


def _argument(plan: Plan, name: str) -> Argument | None:
    """The parameter of a name, which may have its location before it (``path.id``)."""
    parameters = [argument for argument in plan.arguments if argument.location not in ("body", "property")]
    location, _, rest = name.partition(".")
    for argument in parameters:
        if _is_named(argument, name):
            return argument
    return next((known for known in parameters if known.location == location and _is_named(known, rest)), None)


def _is_named(argument: Argument, name: str) -> bool:
    if argument.location == "header":
        return argument.wire.lower() == name.lower()
    return argument.wire == name
