"""One operation compiled: ``request(arguments) → Request`` and ``read(Response) → Response`` with its value.

A plan is pure: nothing below it opens a socket, sleeps or looks at a clock. It only joins its rooms; each takes what
it needs and knows nothing of the plan::

    arguments → bodies → negotiation → url → request → Request
    Response → response (declared, negotiation, bodies) → value

What depends on the operation alone is computed on first use and kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.errors import Problem
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.model import (
    DeclaredResponse,
    ErrorShape,
    Operation,
    Paging,
    Representation,
    Schema,
    Service,
    XmlRule,
)
from openconnectors.engine.plan.arguments import Argument, Arguments
from openconnectors.engine.plan.bodies import Bodies
from openconnectors.engine.plan.content import declared_as, describing
from openconnectors.engine.plan.declared import declared_response
from openconnectors.engine.plan.gathering import Gathering
from openconnectors.engine.plan.items import Report
from openconnectors.engine.plan.negotiation import Negotiation
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.received import Received
from openconnectors.engine.plan.request import Requests
from openconnectors.engine.plan.response import Responses
from openconnectors.engine.plan.url import Url
from openconnectors.engine.policies import OperationPolicies
from openconnectors.engine.streams import Stream
from openconnectors.engine.values.body import Compiler


class Plan:
    """An operation, compiled on first use and kept. ``connection`` are the values that its policies may look at."""

    def __init__(self, compiler: Compiler, operation: Operation, connection: Mapping[str, Any] | None = None) -> None:
        self.compiler = compiler
        self.service: Service = compiler.service
        self.operation = operation
        service, connection = compiler.service, connection or {}
        # What an operation does not say, its service says for all.
        declared = operation.xml if operation.xml != XmlRule() else service.xml
        self.xml = replace(declared, absent_is_empty=service.xml.absent_is_empty)
        self.errors = operation.errors if operation.errors != ErrorShape() else service.errors
        representation = operation.representation
        self.representation = representation if representation != Representation() else service.representation
        resolve = compiler.contract.resolve

        self.policies = OperationPolicies(service, operation.id, connection)
        self.bodies = Bodies(compiler, operation, self.xml, self.policies)
        self.all_arguments = Arguments(compiler, operation)
        self.gathering = Gathering(compiler, operation, self.all_arguments, self.bodies)
        self.url = Url(operation, self.all_arguments, self.representation, compiler)
        self.negotiation = Negotiation(operation, self.all_arguments, self.bodies, self.representation, resolve)
        self.responses = Responses(
            compiler,
            operation,
            self.all_arguments,
            self.bodies,
            self.negotiation,
            self.policies,
            connection,
            self.errors,
        )
        self.requests = Requests(
            operation,
            self.all_arguments,
            self.gathering,
            self.url,
            self.negotiation,
            self.responses,
            self.policies,
            connection,
            operation.retry_on or service.retry_on,
        )

    def contract(self, schema: Schema) -> Schema:
        """A schema as callers see it: references followed, ``allOf`` merged."""
        return self.compiler.contract.resolve(schema)

    def accepts(self, schema: Schema, value: object, *, request: bool = False) -> bool:
        """Whether a contract value keeps to a schema, its formats too."""
        return self.compiler.accepts(schema, value, request=request)

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """Every argument, needed ones first, else as the document has them; names are unique."""
        return self.all_arguments.all

    @property
    def body_name(self) -> str:
        """The Python name of the whole body."""
        return self.all_arguments.body_name

    def renamed(self) -> Iterator[tuple[str, str]]:
        """Pointer and message for each argument whose Python name has a number because another has that name."""
        return self.all_arguments.renamed()

    @property
    def offered(self) -> tuple[str, ...]:
        """Media types in which a response can be asked for, best first."""
        return self.negotiation.offered

    @property
    def paging(self) -> Paging | None:
        """Where a response has its items and the link to the next page, as the document or a policy says."""
        return self.responses.paging

    @property
    def recognized_paging(self) -> Paging | None:
        """How the pages follow one another by a convention of services, if nothing says it."""
        return self.responses.recognized_paging

    def declared_response(self, status: int) -> DeclaredResponse | None:
        """The declared response for a status: of its code, its range, else ``default``."""
        return declared_response(self.operation, status)

    def preferred_schema(self, declared: DeclaredResponse) -> Schema | None:
        """The schema of a declared response in the media type that is asked for first; None if it has no body."""
        content = declared.content
        name = next((name for name in self.offered if declared_as(content, name)), next(iter(content), ""))
        entry = describing(content, name)
        return None if entry is None else entry.schema

    def request(self, arguments: Mapping[str, Any], base: str, options: Options, *, fixed: bool = False) -> Request:
        """The request for arguments by Python or wire name, to ``base``: see ``Requests.request``."""
        return self.requests.request(arguments, base, options, fixed=fixed)

    def read(
        self, response: Response, validate: str, *, final: bool = False, request: Request | None = None
    ) -> Response:
        """The response with its value, its fields and deviations: see ``Responses.read``."""
        return self.responses.read(response, validate, final=final, request=request)

    def untyped(self, response: Response) -> Any:
        """The value of a response as it is, whatever the document declares; None if it has no body."""
        return self.responses.untyped(response)

    def differences(self, response: Response) -> tuple[Problem, ...]:
        """How a response, whatever its status, differs from what the document declares for that status."""
        return self.responses.differences(response)

    def each(self, stream: Stream, validate: str, report: Report = lambda deviations: None) -> Iterator[Any]:
        """The items of the list in a response that comes in pieces, each validated and typed by itself; their
        deviations are reported."""
        return self.responses.each(stream, validate, report)

    def event(self, content_type: str, data: bytes, validate: str) -> Any:
        """The value of what was sent to a subscription's URL."""
        return self._received.event(content_type, data, validate)

    def delivery(self, headers: Headers, query: str, data: bytes, validate: str) -> tuple[Any, dict[str, Any]]:
        """What a service sends by a callback or a webhook: see ``Received.request``."""
        return self._received.request(headers, query, data, validate)

    @cached_property
    def _received(self) -> Received:
        return Received(self, self.compiler, self.bodies)
