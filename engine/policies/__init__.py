"""Policies: rewritings of requests and responses that a connector's properties ask for. One table, one row a template.

Rule 1. A policy is data: a template and its parameters. A row compiles one use of a template into effects (see
``effects``); whoever carries them out matches them by type.

Rule 2. A row says everything about its template: also its parameters, and the values they may have. A use that lacks
a required one is refused before it is compiled; the linter reads the same row.

Rule 3. Policies of an operation run in the order of the properties file, before credentials are attached.

Source: learn.microsoft.com, "Policy templates in custom connectors"; the properties of the published connectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from typing import Any

from msgspec import Struct

from openconnectors.engine.errors import Diagnostic, Unsupported
from openconnectors.engine.model import PolicyUse, Service
from openconnectors.engine.policies import bodies, headers, responses, routing
from openconnectors.engine.policies.effects import Effect, Ignored
from openconnectors.engine.policies.use import PolicyParameter, UnusablePolicy, Use


class Row(Struct, frozen=True):
    """One template: the function that compiles a use of it into its effects, and its parameters.

    The function raises ``UnusablePolicy`` for parameters that it cannot use. It is called with all required ones there.
    """

    compile: Callable[[Use], tuple[Effect, ...]]
    parameters: tuple[PolicyParameter, ...]


POLICIES: Mapping[str, Row] = {
    "convertobjecttoarray": Row(
        bodies.convert_object_to_array,
        (*bodies.PROPERTY, PolicyParameter("keyName"), PolicyParameter("valueName")),
    ),
    "convertarraytoobject": Row(
        bodies.convert_array_to_object,
        (
            *bodies.PROPERTY,
            PolicyParameter("keyWithinCollectionPath"),
            PolicyParameter("retainKey", required=False, choices=("true", "false")),
        ),
    ),
    "stringtoarray": Row(
        bodies.string_to_array,
        (*bodies.PROPERTY, PolicyParameter("delimiterList"), PolicyParameter("childPropertyName", required=False)),
    ),
    "stringreplace": Row(
        bodies.string_replace,
        (*bodies.PROPERTY, PolicyParameter("sourceString"), PolicyParameter("replacementString", required=False)),
    ),
    "encodepropertyvalue": Row(bodies.encode_property_value, bodies.PROPERTY),
    "moveproperties": Row(
        bodies.move_properties,
        (
            PolicyParameter("srcParentPath"),
            PolicyParameter("srcSubPath", required=False),
            PolicyParameter("dstParentPath"),
            PolicyParameter("dstSubPath", required=False),
            PolicyParameter("copyOnlySubProperties", required=False, choices=("true", "false")),
        ),
    ),
    "setproperty": Row(
        bodies.set_property,
        (
            PolicyParameter("newPropertyParentPathTemplate"),
            PolicyParameter("newPropertySubPathTemplate"),
            PolicyParameter("propertyValuePathTemplate"),
        ),
    ),
    "setheader": Row(headers.set_header, headers.SET),
    "setqueryparameter": Row(headers.set_query_parameter, headers.SET),
    "dynamichosturl": Row(routing.dynamic_host_url, routing.HOST),
    "dynamicsubdomain": Row(routing.dynamic_host_url, routing.HOST),
    "routerequesttoendpoint": Row(routing.route_request_to_endpoint, routing.ENDPOINT),
    "setvaluefromurl": Row(routing.set_value_from_url, routing.VALUE),
    "updatenextlink": Row(responses.update_next_link, responses.NEXT_LINK),
    "pollingtrigger": Row(responses.polling_trigger, responses.TRIGGER),
    "setconnectionstatustounauthenticated": Row(responses.set_unauthenticated, responses.STATUS),
}
"""The templates, by their id in lower case."""


class OperationPolicies:
    """The effects of the policies of one operation over one connection, compiled on first use; iterating gives those of
    requests, then those of responses. ``Unsupported`` for a policy that cannot be compiled."""

    def __init__(self, service: Service, operation: str, connection: Mapping[str, Any]) -> None:
        self._service = service
        self._operation = operation
        self._connection = connection

    @cached_property
    def _sections(self) -> tuple[tuple[Effect, ...], tuple[Effect, ...]]:
        # Both at once: an operation whose requests cannot be rewritten has no responses either.
        secret = frozenset(parameter.name.lower() for parameter in self._service.connection if parameter.secret)
        request, response = (
            tuple(
                effect
                for use in self._service.policies
                if use.section == section and (not use.operations or self._operation in use.operations)
                for effect in compile_policy(use, self._connection, secret)
            )
            for section in ("request", "response")
        )
        return request, response

    @property
    def request(self) -> tuple[Effect, ...]:
        """The effects on requests, in the order of the properties file."""
        return self._sections[0]

    @property
    def response(self) -> tuple[Effect, ...]:
        """The effects on responses, in the order of the properties file."""
        return self._sections[1]

    def __iter__(self) -> Iterator[Effect]:
        return chain(*self._sections)


def compile_policy(
    use: PolicyUse, connection: Mapping[str, Any] | None = None, secret: frozenset[str] = frozenset()
) -> tuple[Effect, ...]:
    """The effects of one use of a template. ``secret`` are the names of secret connection values, in lower case.

    Raises ``UnusablePolicy`` for a template without a row, and for a parameter that is missing or cannot be used."""
    row = POLICIES.get(use.template)
    if row is None:
        raise UnusablePolicy(f"the policy {use.template!r} is not known; known are {', '.join(POLICIES)}")
    for parameter in row.parameters:
        if parameter.required and parameter.name not in use.parameters:
            raise UnusablePolicy(f"the policy {use.template!r} needs the parameter {parameter.name!r}", parameter.name)
    return row.compile(Use(use.parameters, use.section, connection or {}, secret))


def findings(service: Service) -> list[Diagnostic]:
    """What is wrong with the uses of policies, each at its place: their calls are refused."""
    diagnostics = []
    for use in service.policies:
        try:
            messages = [effect.reason for effect in compile_policy(use) if isinstance(effect, Ignored)]
        except Unsupported as error:
            messages = [str(error)]
        unknown = [name for name in use.operations if name not in service.operations]
        if unknown:
            messages.append(f"the policy {use.template!r} is for {unknown[0]!r}, which is not an operation")
        diagnostics += [use.finding(message) for message in messages[:1]]
    return diagnostics
