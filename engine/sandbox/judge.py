"""An independent judge of requests: openapi-core, over the operation written as OpenAPI 3.1.

Patterns alone are not its own: it would search with Python's ``re``, which a pattern of a document can keep busy for
ever. Its validator is extended by our ``pattern``, whose engine is linear or bounded.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import validators
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
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from openapi_schema_validator import OAS30ReadValidator, OAS31Validator
from werkzeug.datastructures import Headers as WerkzeugHeaders
from werkzeug.datastructures import ImmutableMultiDict

from openconnectors.engine.documents.dialects import openapi3_writer as openapi3
from openconnectors.engine.errors import Problem
from openconnectors.engine.path_templates import expand
from openconnectors.engine.sandbox.serving import Route
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import OCTETS, essence, json
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.patterns import pattern_keyword
from openconnectors.engine.values.validation import Validator, problems_of

_BOUNDED: Any = validators.extend(OAS31Validator, {"pattern": pattern_keyword})  # type: ignore[no-untyped-call]
_CONFIG = Config(
    # None checks no document (app.py has it so): patterns of ECMA 262 would be refused that are none of Python's, and
    # the document is our own.
    spec_validator_cls=None,  # type: ignore[arg-type]
    # The formats are those that openapi-core itself takes for 3.1.
    schema_validators_factory=SchemaValidatorsFactory(_BOUNDED, format_checker=OAS30ReadValidator.FORMAT_CHECKER),
)
_log = logging.getLogger("openconnectors.sandbox")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a request is refused, and where: ``location`` is ``path`` for a value of the path, else empty; ``member``
    is the parameter, or the member of the body, by its name on the wire."""

    reason: str
    location: str = ""
    member: str = ""


class _Fixed(RequestParameters):
    """Parameters whose path values stay those of the router, which has decoded them."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "path" or "path" not in self.__dict__:
            super().__setattr__(name, value)


@dataclass(slots=True)
class _Asked:
    """A request in openapi-core's protocol. Its path is one that leads to the operation: values are the router's."""

    path: str
    method: str
    parameters: RequestParameters
    body: bytes | None
    content_type: str
    host_url: str = "http://sandbox"
    full_url_pattern: str = field(default="")


class Judge:
    """Judges the requests of one service, each operation by a document of its own; one after the other, because
    nothing says that openapi-core may be used by several threads at once."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._documents: dict[tuple[str, str], OpenAPI] = {}
        self._lock = threading.Lock()

    def document(self, route: Route) -> dict[str, Any]:
        """The OpenAPI 3.1 document of one route: one operation, as it travels. Of its security it says nothing: the
        sandbox knows which credentials are right, and a policy may have put them elsewhere."""
        service, view = self._compiler.service, self._compiler.wire
        writer = JsonSchemaWriter(service, request=True, resolved=view, prefix=openapi3.COMPONENTS)
        written = openapi3.write(
            replace(route.plan.operation, security=()), route.method, route.template, {}, writer.write, view.resolve
        )
        written["components"]["schemas"] = writer.defs
        return written

    def refuses(
        self,
        route: Route,
        values: Mapping[str, str],
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> Verdict | None:
        """Why a request breaks the document, or None where it does not."""
        named = {openapi3.hole(index): values[name] for index, name in enumerate(route.names)}
        parameters = _Fixed(query=ImmutableMultiDict(query), header=WerkzeugHeaders(list(headers.items())), path=named)
        content_type = headers.get("Content-Type", "")
        if body or essence(content_type)[0] == _FORM:  # of a form without fields there is nothing to send
            try:
                body, content_type = _readable(route, content_type, body)
            except ValueError as error:
                return Verdict(f"the body {error}")
        path = expand(route.template, lambda name: "-")
        asked = _Asked(path, route.method.lower(), parameters, body or None, content_type)
        for one in self._errors(route, asked):
            if isinstance(one.__cause__, EmptyQueryParameterValue) and self._may_be_empty(route, one.__cause__.name):
                continue
            return _verdict(one, asked)
        return None

    def _errors(self, route: Route, asked: _Asked) -> list[Exception]:
        key = (route.plan.operation.id, route.template)
        try:
            with self._lock:
                if key not in self._documents:
                    self._documents[key] = OpenAPI.from_dict(self.document(route), config=_CONFIG)
                return list(self._documents[key].iter_request_errors(asked))
        except OpenAPIError as error:
            return [error]
        except Exception as error:  # noqa: BLE001 - what it has no answer for it does not refuse
            _log.warning("openapi-core gives up at a request for %s: %r", route.plan.operation.id, error)
            return []

    def _may_be_empty(self, route: Route, name: str) -> bool:
        """Whether an empty text is a value of a query parameter by its schema: 3.x refuses each, 2.0 none."""
        writer = JsonSchemaWriter(self._compiler.service, request=True)
        own = [one for one in route.plan.operation.parameters if one.location == "query" and one.name == name]
        return any(not Validator(writer.write_document(one.schema)).problems("") for one in own)


_FORM = "application/x-www-form-urlencoded"
_READ = (openapi3.JSON, _FORM)


def _readable(route: Route, content_type: str, data: bytes) -> tuple[bytes, str]:
    """A body as openapi-core can read it: all but plain JSON and forms as JSON, with nothing for files."""
    media_type, parameters = essence(content_type)
    plan = route.plan
    body = plan.received_body(media_type)
    declared = [essence(one)[0] for one in plan.operation.consumes]
    if plan.takes_file:
        return json.encode(""), openapi3.JSON  # octets, which no schema judges
    if body is None:
        return data, content_type if media_type in declared or not declared else plan.operation.consumes[0]
    if body.codec is OCTETS:
        return json.encode(data.decode("utf-8", "replace")), openapi3.JSON  # as text, which it is for all a schema says
    value = body.read(data, parameters, []) if body.rewritten else body.travels(data, parameters, [])
    if data and media_type in declared and media_type in _READ and not body.rewritten:
        return data, content_type  # which openapi-core reads by itself
    return json.encode(_without_octets(value)), openapi3.JSON


def _without_octets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_octets(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_octets(one) for one in value]
    return "" if isinstance(value, bytes) else value


def _field_of(value: Any, asked: _Asked) -> str:
    """The field of a form that has a value: openapi-core does not name it."""
    fields = parse_qsl((asked.body or b"").decode("utf-8", "replace"))
    return next((name for name, text in fields if text == value), "")


_SHOWN = 60


def _verdict(error: Exception, asked: _Asked) -> Verdict:
    """What openapi-core found, in a sentence that names the place and not the whole value."""
    parameter = error.name if isinstance(error, ParameterValidationError) else ""
    location = error.location if isinstance(error, ParameterValidationError) else ""
    causes: list[BaseException] = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    found: list[Problem] = []
    for cause in causes:
        for inner in getattr(cause, "schema_errors", None) or ():
            found += problems_of(inner, (parameter,) if parameter else ())
    if found:
        return Verdict(str(found[0]), location, str(found[0].path[0]) if found[0].path else "")
    try:
        said = str(causes[-1]).partition("\n")[0]
    except UnicodeDecodeError:  # openapi-core shows what it was given as text
        said = "the body cannot be read"
    if isinstance(error, MissingRequiredParameter):
        said = "is missing"
    elif isinstance(error, MissingRequiredRequestBody):
        said = "the body is missing"
    for cause in causes:
        if isinstance(cause, CastError):
            said = f"must be {cause.type}, not {str(cause.value)[:_SHOWN]!r}"
            parameter = parameter or _field_of(cause.value, asked)
    return Verdict(f"{parameter}: {said}" if parameter else said, location, parameter)
