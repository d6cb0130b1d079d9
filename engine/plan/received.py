"""Requests read by their document: the styles and bodies of a plan used from the other end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import unquote, unquote_plus

from openconnectors.engine import leniency
from openconnectors.engine.errors import InvalidResponse, Problem
from openconnectors.engine.http import Headers
from openconnectors.engine.model import MISSING, Operation, Schema
from openconnectors.engine.plan.bodies import Bodies
from openconnectors.engine.plan.url import Url
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import essence
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.validation import Validator


class Readable(Protocol):
    """What is needed of a plan to read the parameters of a request."""

    operation: Operation
    url: Url

    def contract(self, schema: Schema) -> Schema: ...


def read_arguments(
    plan: Readable, path: Mapping[str, str], query: str, headers: Mapping[str, str], *, with_defaults: bool = True
) -> dict[str, Any]:
    """The parameters of a request by wire name, typed by their schemas; absent ones have their defaults, or are left
    out.

    ``path`` (path variables) and ``query`` are still percent-encoded.
    """
    pairs = {
        "query": [
            (unquote_plus(name), text) for name, _, text in (pair.partition("=") for pair in query.split("&") if pair)
        ],
        "cookie": cookie_pairs(headers),
    }
    arguments: dict[str, Any] = {}
    for parameter in plan.operation.parameters:
        placed = plan.url.placed[parameter.location, parameter.name]
        value: Any = MISSING
        prefix = parameter.schema.header_prefix.lower()
        if prefix:
            fields = {name[len(prefix) :]: text for name, text in headers.items() if name.lower().startswith(prefix)}
            value = {name: placed.read_text(text) for name, text in fields.items()} or MISSING
        elif parameter.location in pairs:
            value = placed.read_pairs(pairs[parameter.location])
        elif parameter.location == "querystring":
            value = placed.read_text(query) if query else MISSING
        else:
            values = path if parameter.location == "path" else headers
            value = placed.read_text(values[parameter.name]) if parameter.name in values else MISSING
        default = MISSING if prefix else plan.contract(parameter.schema).default
        if value is MISSING and with_defaults and isinstance(default, (str, int, float, bool, list, dict)):
            value = default
        if value is not MISSING:
            arguments[parameter.name] = value
    return arguments


def cookie_pairs(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The cookies of a request, names decoded, values as they are (RFC 6265 section 4.2.1)."""
    pairs = (pair.strip().partition("=") for pair in headers.get("Cookie", "").split(";"))
    return [(unquote(name), text) for name, _, text in pairs if name]


class Received:
    """Reads what a service sends to a caller: the event of a subscription, the request of a callback or a webhook."""

    def __init__(self, plan: Readable, compiler: Compiler, bodies: Bodies) -> None:
        self._plan = plan
        self._operation = plan.operation
        self._compiler = compiler
        self._bodies = bodies
        self._validators: dict[tuple[str, str], Validator] = {}

    def event(self, content_type: str, data: bytes, validate: str) -> Any:
        """The value of a body; ``InvalidResponse`` for what cannot be read."""
        media_type, parameters = essence(content_type)
        body = self._bodies.event(media_type)
        if body is None:
            reason = f"has the media type {media_type}, which is not read" if media_type else "has no Content-Type"
            raise InvalidResponse(f"the event of {self._operation.id} {reason}")
        problems: list[Problem] = []
        try:
            value = body.decode(data, parameters, problems)
        except ValueError as error:
            raise InvalidResponse(f"the event of {self._operation.id} {error}", body=data) from None
        problems += body.validate(value) if validate != "off" else []
        typed = body.parse(value, problems)
        self._check(problems, validate, data)
        return typed

    def request(self, headers: Headers, query: str, data: bytes, validate: str) -> tuple[Any, dict[str, Any]]:
        """The value of the body of a request (None: it has none), and its parameters by wire name.

        Raise ``InvalidResponse`` for one that the document does not describe.
        """
        parameters = self._parameters(headers, query, validate)
        declared = self._operation.request_body
        if declared is None or (not data and not declared.required):
            return None, parameters
        if not data:
            raise InvalidResponse(f"the event of {self._operation.id} has no body")
        return self.event(headers.get("Content-Type", ""), data, validate), parameters

    def _parameters(self, headers: Headers, query: str, validate: str) -> dict[str, Any]:
        problems: list[Problem] = []
        try:
            values = read_arguments(self._plan, {}, query, headers)
        except ValueError as error:
            raise InvalidResponse(f"the event of {self._operation.id} has a parameter that {error}") from None
        for parameter in self._operation.parameters:
            path = (parameter.name,)
            if parameter.name not in values:
                if parameter.required and parameter.location != "path":
                    problems.append(Problem(path, "is missing", part="argument"))
                continue
            key = parameter.location, parameter.name
            if key not in self._validators:
                writer = JsonSchemaWriter(self._compiler.service, request=False)
                self._validators[key] = Validator(writer.write_document(parameter.schema))
            problems += self._validators[key].problems(values[parameter.name], path)
            parse = self._compiler.parser(parameter.schema)
            if parse is not None:
                values[parameter.name] = parse(values[parameter.name], path, problems)
        self._check(problems, validate, b"")
        return values

    def _check(self, problems: list[Problem], validate: str, data: bytes) -> None:
        if faults := leniency.refused(problems, validate):
            raise InvalidResponse(f"the event of {self._operation.id} does not match the document:", faults, body=data)
