"""An independent judge of requests: openapi-core, which shares no code with the client's own validation, so that a
mistake there does not pass here.

Rule 1. A document of OpenAPI 3.x judges as its author wrote it (``original``).

Rule 2. The operation is written as a document of OpenAPI 3.1 of its own instead if it is Swagger 2.0, if policies
rewrite its requests, and if openapi-core fails at the author's document; the reason is logged once.

Rule 3. ``pattern`` is replaced: openapi-core searches with Python's ``re``, which a pattern like ``^(a+)+$`` occupies
for ever; the engine of the client is linear or bounded.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from msgspec import Struct, field
from msgspec.structs import replace
from openapi_core import Config, OpenAPI
from openapi_core.casting.schemas.exceptions import CastError
from openapi_core.datatypes import RequestParameters
from openapi_core.deserializing.styles.exceptions import EmptyQueryParameterValue
from openapi_core.exceptions import OpenAPIError
from openapi_core.validation.request.exceptions import (
    MissingRequiredParameter,
    MissingRequiredRequestBody,
    ParameterValidationError,
)
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator.versions.exceptions import OpenAPIVersionNotFound
from werkzeug.datastructures import Headers as WerkzeugHeaders
from werkzeug.datastructures import ImmutableMultiDict

from openconnectors.engine.documents.dialects.openapi3 import writer as openapi3
from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Service
from openconnectors.engine.path_templates import expand
from openconnectors.engine.sandbox.original import Original, WireRequest, schema_validators
from openconnectors.engine.sandbox.requests import cookie_pairs
from openconnectors.engine.sandbox.routing import IGNORED_HEADERS, Route
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import BINARY, essence, json
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.validation import Validator, problems_of

_CONFIG = Config(
    # None: the document is not checked (openapi_core/app.py). It is written here, and its patterns are those of ECMA
    # 262, of which some are not patterns of Python.
    spec_validator_cls=None,  # type: ignore[arg-type]
    schema_validators_factory=schema_validators(OAS31Validator),
)
_log = logging.getLogger("openconnectors.sandbox")


class Verdict(Struct, frozen=True):
    """Why a request is refused: the reason as a sentence; ``location`` of the parameter (``path``, ``query``, …), empty
    for the body; ``member``, the parameter or the member of the body, by its wire name."""

    reason: str
    location: str = ""
    member: str = ""


class _Parameters(RequestParameters):
    """Parameters whose path variables are set once, by the router, which has decoded them: openapi-core would set them
    again from the path."""

    def __setattr__(self, name: str, value: object) -> None:
        if name != "path" or "path" not in self.__dict__:
            super().__setattr__(name, value)


class _Request(Struct):
    """A request in openapi-core's protocol. ``path`` is any path of the operation: the variables are in
    ``parameters``."""

    path: str
    method: str
    parameters: RequestParameters
    body: bytes | None
    content_type: str
    host_url: str = "http://sandbox"
    full_url_pattern: str = field(default="")


class Judge:
    """Judges the requests of one service, each operation by its own document; one request after the other, because
    openapi-core does not say that several threads may use it at once."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._original = _original(compiler.service)
        self.written: dict[str, str] = {}
        """The operations of OpenAPI 3.x that are judged by a written document after all: the reason of each."""
        self._documents: dict[tuple[str, str], OpenAPI] = {}
        self._lock = threading.Lock()

    def document(self, route: Route) -> dict[str, Any]:
        """The OpenAPI 3.1 document of one route: one operation with the schemas of the wire. It has no security: the
        sandbox checks credentials by itself, and a policy may have moved them."""
        service, view = self._compiler.service, self._compiler.wire
        writer = JsonSchemaWriter(service, request=True, resolved=view, prefix=openapi3.COMPONENTS)
        document = openapi3.write(
            replace(route.plan.operation, security=()), route.method, route.template, {}, writer.write, view.resolve
        )
        document["components"]["schemas"] = writer.defs
        return document

    def refuses(
        self,
        route: Route,
        values: Mapping[str, str],
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Verdict | None:
        """Why a request breaks the document; None if it does not. ``values`` (path variables) and ``query`` are still
        percent-encoded."""
        return next(iter(self.verdicts(route, values, query, headers, body)), None)

    def verdicts(
        self,
        route: Route,
        values: Mapping[str, str],
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> list[Verdict]:
        """Everything by which a request breaks the document, as ``refuses``."""
        if self._original is not None and self._is_original(route):
            try:
                return self._by_original(self._original, route, values, query, headers, body)
            except Exception as error:  # noqa: BLE001 - a fault of the judge refuses no request
                reason = f"{type(error).__name__}: {error}".partition("\n")[0]
                self.written[route.plan.operation.id] = reason
                _log.info("openapi-core fails at %s as it is written: %s", route.plan.operation.id, reason)
        return self._by_writing(route, values, query, headers, body)

    def _is_original(self, route: Route) -> bool:
        """Whether requests of a route are what the author's document describes, and openapi-core did not fail at it."""
        plan = route.plan
        is_rewritten = plan.policies.request or plan.representation.where != "header"
        return not is_rewritten and plan.operation.id not in self.written

    def _by_original(
        self,
        original: Original,
        route: Route,
        values: Mapping[str, str],
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> list[Verdict]:
        content_type = headers.get("Content-Type", "")
        data: bytes | None = body or None
        if body and essence(content_type)[0] not in _READ:
            try:
                data, _ = _readable(route, content_type, body)
            except ValueError as error:
                return [Verdict(f"the body {error}")]
        request = WireRequest(route.method, values, query, headers, data, content_type)
        with self._lock:
            errors = original.errors(route.plan.operation, request)
        wrong = [error for error in errors if not self._is_allowed(route, error)]
        return [verdict for error in wrong for verdict in _verdicts(error, data)]

    def _by_writing(
        self, route: Route, values: Mapping[str, str], query: str, headers: Mapping[str, str], body: bytes
    ) -> list[Verdict]:
        named = {openapi3.variable_name(index): unquote(values[name]) for index, name in enumerate(route.names)}
        parameters = _Parameters(
            query=ImmutableMultiDict(parse_qsl(query, keep_blank_values=True)),
            header=WerkzeugHeaders(list(headers.items())),
            cookie=ImmutableMultiDict([(name, unquote(text)) for name, text in cookie_pairs(headers)]),
            path=named,
        )
        content_type = headers.get("Content-Type", "")
        if body or essence(content_type)[0] == _FORM:  # a form without fields is an empty body
            try:
                body, content_type = _readable(route, content_type, body)
            except ValueError as error:
                return [Verdict(f"the body {error}")]
        path = expand(route.template, lambda name: "-")
        request = _Request(path, route.method.lower(), parameters, body or None, content_type)
        errors = self._errors(route, request)
        wrong = [error for error in errors if not self._is_allowed(route, error)]
        return [verdict for error in wrong for verdict in _verdicts(error, request.body)]

    def _is_allowed(self, route: Route, error: Exception) -> bool:
        """Whether the document allows what openapi-core reports: an empty text, and header parameters that "shall be
        ignored" (OpenAPI 3.1, section 4.8.12.2)."""
        if (
            isinstance(error, ParameterValidationError)
            and error.location == "header"
            and error.name.lower() in IGNORED_HEADERS
        ):
            return True
        cause = error.__cause__
        return isinstance(cause, EmptyQueryParameterValue) and self._may_be_empty(route, cause.name)

    def _errors(self, route: Route, request: _Request) -> list[Exception]:
        key = (route.plan.operation.id, route.template)
        try:
            with self._lock:
                if key not in self._documents:
                    self._documents[key] = OpenAPI.from_dict(self.document(route), config=_CONFIG)
                return list(self._documents[key].iter_request_errors(request))
        except OpenAPIError as error:
            return [error]
        except Exception as error:  # noqa: BLE001 - a fault of the judge refuses no request
            _log.warning("openapi-core fails at a request for %s: %r", route.plan.operation.id, error)
            return []

    def _may_be_empty(self, route: Route, name: str) -> bool:
        """True if the schema of a query parameter accepts an empty text. OpenAPI 3.x refuses all of them without
        ``allowEmptyValue``; Swagger 2.0 asks the schema."""
        writer = JsonSchemaWriter(self._compiler.service, request=True)
        return any(
            not Validator(writer.write_document(parameter.schema)).problems("")
            for parameter in route.plan.operation.parameters
            if parameter.location == "query" and parameter.name == name
        )


_FORM = "application/x-www-form-urlencoded"
_READ = (openapi3.JSON, _FORM)


def _readable(route: Route, content_type: str, data: bytes) -> tuple[bytes, str]:
    """Body and content type as openapi-core can read them: JSON and forms as they are, other media types converted to
    JSON, files replaced by an empty text. Raises ``ValueError`` for a body that cannot be read."""
    media_type, parameters = essence(content_type)
    plan = route.plan
    body = plan.bodies.received(media_type)
    declared_body = plan.operation.request_body
    declared = [essence(name)[0] for name in declared_body.content] if declared_body is not None else []
    if plan.bodies.takes_file(media_type):
        return json.encode(""), openapi3.JSON  # bytes, for which there is no schema
    if body.codec is BINARY:
        return json.encode(data.decode("utf-8", "replace")), openapi3.JSON  # a schema sees bytes as text
    value = body.decode(data, parameters, []) if body.rewritten else body.decode_wire(data, parameters, [])
    if data and media_type in declared and media_type in _READ and not body.rewritten:
        return data, content_type  # openapi-core reads these by itself
    return json.encode(_without_bytes(value)), openapi3.JSON


def _without_bytes(value: Any) -> Any:
    """A value as JSON has it, with an empty text for bytes."""
    if isinstance(value, dict):
        return {name: _without_bytes(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_without_bytes(item) for item in value]
    return "" if isinstance(value, bytes) else value


def _original(service: Service) -> Original | None:
    """The author's document, if openapi-core reads its version."""
    if service.original is None:
        return None
    try:
        return Original(dict(service.original), service.file)
    except (LookupError, OpenAPIVersionNotFound) as error:
        _log.info("openapi-core does not read %s: %r", service.file, error)
        return None


def _field_of(value: object, body: bytes | None) -> str:
    """The field of a form that has a value, which openapi-core does not name; empty if there is none."""
    fields = parse_qsl((body or b"").decode("utf-8", "replace"))
    return next((name for name, text in fields if text == value), "")


_SHOWN = 60  # characters of a wrong value in a message


def _verdicts(error: Exception, body: bytes | None) -> list[Verdict]:
    """An error of openapi-core as sentences that name the place, and show at most 60 characters of the value."""
    parameter = error.name if isinstance(error, ParameterValidationError) else ""
    location = error.location if isinstance(error, ParameterValidationError) else ""
    causes: list[BaseException] = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    problems: list[Problem] = []
    for cause in causes:
        for inner in getattr(cause, "schema_errors", None) or ():
            problems += problems_of(inner, (parameter,) if parameter else ())
    if problems:
        return [Verdict(str(problem), location, str(problem.path[0]) if problem.path else "") for problem in problems]
    try:
        reason = str(causes[-1]).partition("\n")[0]
    except UnicodeDecodeError:  # the text of the error decodes the body
        reason = "the body cannot be read"
    if isinstance(error, MissingRequiredParameter):
        reason = "is missing"
    elif isinstance(error, MissingRequiredRequestBody):
        reason = "the body is missing"
    for cause in causes:
        if isinstance(cause, CastError):
            reason = f"must be {cause.type}, not {str(cause.value)[:_SHOWN]!r}"
            parameter = parameter or _field_of(cause.value, body)
    return [Verdict(f"{parameter}: {reason}" if parameter else reason, location, parameter)]
