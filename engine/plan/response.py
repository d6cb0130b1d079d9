"""The response of a call: its value, its declared header fields, and how it differs from the document.

Rule 1. What differs from the document is recorded as a ``Problem`` of a kind, with the part of the response that it is
about; ``leniency`` decides by the mode whether it refuses the response. Messages are worded here, last.

Rule 2. What cannot be read is ``InvalidResponse`` in every mode.

Rule 3. An error status raises, whatever its body: its value is read as well as it can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from openconnectors.engine import leniency
from openconnectors.engine.deferred import module
from openconnectors.engine.endpoints import shown
from openconnectors.engine.errors import (
    AnswerError,
    InvalidResponse,
    Problem,
    Unauthorized,
    answer_error,
)
from openconnectors.engine.http import Headers, Request, Response, retry_after
from openconnectors.engine.model import DeclaredResponse, ErrorShape, Operation, Paging
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Arguments
from openconnectors.engine.plan.bodies import JSON, Bodies
from openconnectors.engine.plan.content import describing
from openconnectors.engine.plan.declared import declared_response, success
from openconnectors.engine.plan.header_fields import HeaderFields
from openconnectors.engine.plan.items import Items, Report
from openconnectors.engine.plan.members import pick_dotted
from openconnectors.engine.plan.negotiation import Negotiation
from openconnectors.engine.plan.reading import Reading, Unreadable
from openconnectors.engine.policies import OperationPolicies
from openconnectors.engine.policies.effects import NextLink, SetHeaders, Unauthenticated
from openconnectors.engine.policies.expressions import Scope
from openconnectors.engine.streams import Stream
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import essence

if TYPE_CHECKING:
    from openconnectors.engine.plan import error_bodies, page_conventions
else:
    error_bodies = module("openconnectors.engine.plan.error_bodies")
    page_conventions = module("openconnectors.engine.plan.page_conventions")


class Responses:
    """The responses of one operation over one connection."""

    def __init__(
        self,
        compiler: Compiler,
        operation: Operation,
        arguments: Arguments,
        bodies: Bodies,
        negotiation: Negotiation,
        policies: OperationPolicies,
        connection: Mapping[str, Any],
        errors: ErrorShape,
    ) -> None:
        self._compiler = compiler
        self._operation = operation
        self._arguments = arguments
        self._bodies = bodies
        self._negotiation = negotiation
        self._policies = policies
        self._connection = connection
        self._errors = errors
        self._contract = compiler.contract.resolve
        self._reading = Reading(bodies)
        self._header_fields = HeaderFields(compiler)
        self._items = Items(
            operation, bodies, self._reading, self._contract, lambda: self.paging or self.recognized_paging
        )

    @cached_property
    def paging(self) -> Paging | None:
        """Where a response has its items and the link to the next page, as the document or a policy says."""
        paging = self._operation.paging
        path = next((effect.path for effect in self._policies if isinstance(effect, NextLink)), ())
        if paging is not None and paging.next_link:
            return paging
        return Paging(next_link=path, items=paging.items if paging else ("value",)) if path else paging

    @cached_property
    def recognized_paging(self) -> Paging | None:
        """How the pages follow one another by a convention of services, if neither the document nor a policy says."""
        operation = self._operation
        if self.paging is not None or not operation.paging_conventions or not self._compiler.service.paging_conventions:
            return None
        declared = success(operation)
        schemas = [] if declared is None else [entry.schema for entry in declared.content.values()]
        schema = next((schema for schema in schemas if schema is not None), None)
        return page_conventions.recognized(
            page_conventions.Shape(operation, self._arguments.all, schema, self._contract)
        )

    # Reading

    def read(
        self, response: Response, validate: str, *, final: bool = False, request: Request | None = None
    ) -> Response:
        """The response to a request with its value, its fields and deviations. If it is the ``final`` one of a
        long-running operation, a success is read as the document has the operation's own.

        Raises an ``AnswerError`` for an error status, ``InvalidResponse`` for what is not a whole, readable response.
        """
        response = self._rewritten(response)
        status = response.status
        declared = declared_response(self._operation, status)
        if final and 200 <= status < 300 and (declared is None or not declared.content):
            declared = success(self._operation)
        if not 200 <= status < 300 or (declared is not None and declared.error):
            raise self._error(response, declared)
        if status == 206 and not self._may_be_partial:
            raise InvalidResponse(f"the response to {self._operation.id} is 206 Partial Content: no part was asked for")
        fields, problems = self._header_fields.read(response.headers, declared)
        if declared is None:
            problems.insert(0, _undeclared(status))
        value = None
        if response.stream is None:
            value, wrong = self._value(response, declared, validate)
            problems += wrong
        problems = [problem for problem in problems if not self._is_end_of_pages(problem, value)]
        if faults := leniency.refused(problems, validate):
            if response.stream is not None:
                response.stream.close()
            raise InvalidResponse(
                f"the {status} response to {self._operation.id} does not match the document:",
                faults,
                body=response.body,
                content_type=response.headers.get("Content-Type", ""),
            )
        if response.stream is not None:
            response.stream.begin(status, response.headers, fields)
        recorded = () if validate == "off" else response.deviations  # the transport's: read as meant, however strict
        deviations = (*recorded, *leniency.deviations(problems, validate))
        return replace(response, value=value, fields=fields, deviations=deviations, request=request)

    def plain(self, status: int, content_type: str, validate: str) -> Callable[[Response], Any] | None:
        """What reads the responses of a status and a Content-Type at once to their values, if nothing in them differs
        from the document, else raises ``ValueError``; None if only ``read`` can read them."""
        declared = declared_response(self._operation, status)
        is_success = 200 <= status < 300 and (status != 206 or self._may_be_partial)
        if declared is None or declared.error or not is_success or self._header_effects:
            return None
        never_a_value = self._operation.method == "HEAD" or status in (204, 205)
        way = self._reading.ways(content_type, declared)[0]
        reader = way.body.plain_reader(essence(content_type)[1], judged=validate != "off")
        if not never_a_value and declared.content and (reader is None or way.mismatch is not None):
            return None

        def read(response: Response) -> Any:
            if declared.headers and self._header_fields.read(response.headers, declared)[1]:
                raise ValueError
            if never_a_value or (not response.body and not declared.content):
                return None
            if not response.body or reader is None:
                raise ValueError
            return reader(response.body)

        return read

    def untyped(self, response: Response) -> Any:
        """The value of a response as it is, whatever the document declares; None if it has no body.
        ``InvalidResponse`` if it cannot be read."""
        if not response.body:
            return None
        default = next(iter(self._negotiation.offered), JSON)
        try:
            return self._reading.untyped(response.body, response.headers.get("Content-Type", ""), default)
        except ValueError as error:
            raise InvalidResponse(f"the response to {self._operation.id} {error}", body=response.body) from None

    def differences(self, response: Response) -> tuple[Problem, ...]:
        """How a response, whatever its status, differs from what the document declares for that status."""
        response = self._rewritten(response)
        declared = declared_response(self._operation, response.status)
        if declared is None:
            return (_undeclared(response.status),)
        problems = self._header_fields.read(response.headers, declared)[1]
        try:
            problems += self._decoded(response, declared, "lenient")[1]
        except Unreadable as error:
            problems.append(error.problem)
        return tuple(problems)

    def _rewritten(self, response: Response) -> Response:
        """The response with the header fields that policies set."""
        for effect in self._header_effects:
            known = dict(response.headers)
            fields = effect.fields(known, Scope(self._connection))
            names = {name.lower() for name in fields}
            kept = {name: text for name, text in known.items() if name.lower() not in names}
            response = replace(response, headers=Headers({**kept, **fields}.items()))
        return response

    @cached_property
    def _header_effects(self) -> tuple[SetHeaders, ...]:
        return tuple(effect for effect in self._policies.response if isinstance(effect, SetHeaders))

    @cached_property
    def _may_be_partial(self) -> bool:
        """Whether a part of the value can be asked for: the document says so."""
        return "206" in self._operation.responses or any(
            parameter.location == "header" and parameter.name.lower() == "range"
            for parameter in self._operation.parameters
        )

    def _is_end_of_pages(self, problem: Problem, value: Any) -> bool:
        """Whether a problem is that the link to the next page, or its cursor, is null, or absent, as it is on the last
        one."""
        link = self.paging.next_link or self.paging.cursor if self.paging is not None else ()
        return bool(link) and problem.path in (link, (".".join(link),)) and pick_dotted(value, link) in (None, "")

    # The value

    def _value(self, response: Response, declared: DeclaredResponse | None, validate: str) -> tuple[Any, list[Problem]]:
        try:
            return self._decoded(response, declared, validate)
        except Unreadable as error:
            raise InvalidResponse(
                _sentence(self._operation.id, error.problem),
                body=response.body,
                content_type=response.headers.get("Content-Type", ""),
            ) from None

    def _decoded(
        self, response: Response, declared: DeclaredResponse | None, validate: str
    ) -> tuple[Any, list[Problem]]:
        """The value of a response, with its problems; ``Unreadable`` if it has none."""
        content_type = response.headers.get("Content-Type", "")
        if self._operation.method == "HEAD" or response.status in (204, 205):
            return None, []
        if response.body:
            return self._reading.value(response.body, content_type, declared, validate)
        if declared is None or not declared.content:
            return None, []
        if not content_type:
            # No bytes and no word about them: there is no representation, hence no value.
            if any(self._bodies.is_file(entry.schema) for entry in declared.content.values()):
                return b"", []
            return None, [Problem((), "is missing: there is no body", leniency.NO_BODY)]
        body = self._reading.ways(content_type, declared)[0].body
        if not body.codec.structured or body.codec.listed:
            return self._reading.value(response.body, content_type, declared, validate)
        if body.schema is not None and self._contract(body.schema).nullable:
            return None, []
        raise Unreadable(Problem((), f"is empty, but has the Content-Type {content_type}"))

    # Errors

    def _error(self, response: Response, declared: DeclaredResponse | None) -> AnswerError:
        value = self._error_value(response, declared)
        code, message = error_bodies.provider_error(value, self._errors)
        unauthenticated = any(
            effect.status == response.status for effect in self._policies if isinstance(effect, Unauthenticated)
        )
        kind = Unauthorized if unauthenticated else answer_error(response.status)
        return kind(
            snake(self._operation.id),
            response.status,
            description=declared.description if declared else "",
            value=value,
            code=code,
            message=message,
            headers=response.headers,
            fields=self._header_fields.read(response.headers, declared)[0],
            retry_after=retry_after(response.headers),
            target=shown(response.headers.get("Location", "")) if 300 <= response.status < 400 else "",
        )

    def _error_value(self, response: Response, declared: DeclaredResponse | None) -> Any:
        """The value of an error: as the document has it, else as JSON or XML that it is, else its text."""
        data = response.body
        if not data:
            return None
        content_type = response.headers.get("Content-Type", "")
        media_type, parameters = essence(content_type)
        try:
            value = self._reading.value(data, content_type, declared, "off")[0]
        except Unreadable:
            value = data
        if isinstance(value, (str, bytes)) and media_type != "text/html":
            sniffed = self._reading.sniffed(data, parameters)
            value = sniffed if sniffed is not None else value
        entry = describing(declared.content, content_type) if declared is not None else None
        is_file = entry is not None and self._bodies.is_file(entry.schema)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) and not is_file else value

    # Items

    def each(self, stream: Stream, validate: str, report: Report) -> Iterator[Any]:
        """The items of the list in a response that comes in pieces: see ``Items.each``."""
        return self._items.each(stream, validate, report)


def _undeclared(status: int) -> Problem:
    return Problem(("status",), f"{status} is not documented", leniency.STATUS, part="status")


def _sentence(operation: str, problem: Problem) -> str:
    """The message for a response that cannot be read."""
    subject = f"the response to {operation}"
    return f"{subject}: {problem}" if problem.part == "header" else f"{subject} {problem.message}"
