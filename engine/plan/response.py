"""The value of a response: which declared response describes it, in which media type it is read, and what differs.

Rule 1. The document says what is to come, the response says what came. A response is read as the media type that it
has, if that is declared; else as one that is declared, if its bytes can be read so.

Rule 2. What differs from the document is recorded as a ``Problem`` of a kind; ``leniency`` decides by the mode whether
it refuses the response. What cannot be read is ``InvalidResponse`` in every mode.

Rule 3. An error status raises, whatever its body: its value is read as well as it can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from openconnectors.engine import leniency
from openconnectors.engine.endpoints import shown
from openconnectors.engine.errors import (
    AnswerError,
    ConnectorError,
    InvalidResponse,
    Path,
    Problem,
    Unauthorized,
    Unsupported,
    answer_error,
)
from openconnectors.engine.http import Headers, Response, retry_after
from openconnectors.engine.model import DeclaredResponse, ErrorShape, Header, Operation, Paging, Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.bodies import JSON, XML, Bodies
from openconnectors.engine.plan.content import describing, within
from openconnectors.engine.plan.declared import declared_response, success
from openconnectors.engine.plan.error_bodies import provider_error
from openconnectors.engine.plan.members import pick_dotted
from openconnectors.engine.plan.negotiation import Negotiation
from openconnectors.engine.policies import OperationPolicies
from openconnectors.engine.policies.effects import NextLink, SetHeaders, Unauthenticated
from openconnectors.engine.policies.expressions import Scope
from openconnectors.engine.streams import Stream
from openconnectors.engine.values.body import Body, Compiler
from openconnectors.engine.values.codecs import BINARY, TEXT, codec_for, essence
from openconnectors.engine.values.codecs.binding import Parameters
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.styles import STYLES, style_of
from openconnectors.engine.values.transform import Converter
from openconnectors.engine.values.validation import Validator


class _OtherMediaType(ValueError):
    """Bytes are not of a declared media type, whatever they are said to be."""


class Responses:
    """The responses of one operation over one connection."""

    def __init__(
        self,
        compiler: Compiler,
        operation: Operation,
        bodies: Bodies,
        negotiation: Negotiation,
        policies: OperationPolicies,
        connection: Mapping[str, Any],
        errors: ErrorShape,
    ) -> None:
        self._compiler = compiler
        self._operation = operation
        self._bodies = bodies
        self._negotiation = negotiation
        self._policies = policies
        self._connection = connection
        self._errors = errors
        self._contract = compiler.contract.resolve
        self._header_readers: dict[str, dict[str, Converter]] = {}

    @cached_property
    def paging(self) -> Paging | None:
        """Where a response has its items and the link to the next page, as the document or a policy says."""
        paging = self._operation.paging
        name = next((effect.name for effect in self._policies if isinstance(effect, NextLink)), "")
        if paging is not None and paging.next_link:
            return paging
        return Paging(next_link=(name,), items=paging.items if paging else ("value",)) if name else paging

    # Reading

    def read(self, response: Response, validate: str, *, final: bool = False) -> Response:
        """The response with its value, its fields and deviations. If it is the ``final`` one of a long-running
        operation, a success is read as the document has the operation's own.

        Raises an ``AnswerError`` for an error status, ``InvalidResponse`` for what is not a whole, readable response.
        """
        response = self._rewritten(response)
        status = response.status
        declared = declared_response(self._operation, status)
        if final and 200 <= status < 300 and (declared is None or not declared.content):
            declared = success(self._operation)
        if not 200 <= status < 300 or (declared is not None and declared.error):
            raise self._error(response, declared)
        if status == 206:
            raise InvalidResponse(f"{self._operation.id} was answered 206, a part of what was asked for")
        problems: list[Problem] = []
        if declared is None:
            problems.append(Problem(("status",), f"{status} is not documented", leniency.STATUS))
        fields = self._fields(response, declared, problems)
        value = None if response.stream is not None else self._value(response, declared, validate, problems)
        problems = [problem for problem in problems if not self._is_end_of_pages(problem, value)]
        if faults := leniency.refused(problems, validate):
            if response.stream is not None:
                response.stream.close()
            raise InvalidResponse(
                f"{self._operation.id} was answered {status}, which breaks its document:",
                faults,
                body=response.body,
                content_type=response.headers.get("Content-Type", ""),
            )
        if response.stream is not None:
            response.stream.begin(status, response.headers, fields)
        recorded = () if validate == "off" else response.deviations  # the transport's: read as meant, however strict
        deviations = (*recorded, *leniency.deviations(problems, validate))
        return replace(response, value=value, fields=fields, deviations=deviations)

    def untyped(self, response: Response) -> Any:
        """The value of a response as it is, whatever the document declares; None if it has no body.
        ``InvalidResponse`` if it cannot be read."""
        if not response.body:
            return None
        media_type, parameters = essence(response.headers.get("Content-Type", ""))
        expected = media_type or next(iter(self._negotiation.offered), JSON)
        body = self._bodies.response(None, expected) or self._bodies.unread
        try:
            if not body.codec.structured and (value := self._sniffed(response.body, parameters)) is not None:
                return value
            return body.decode(response.body, parameters, [])
        except ValueError as error:
            raise InvalidResponse(f"the answer to {self._operation.id} {error}", body=response.body) from None

    def differences(self, response: Response) -> tuple[Problem, ...]:
        """How a response, whatever its status, differs from what the document declares for that status."""
        response = self._rewritten(response)
        declared = declared_response(self._operation, response.status)
        if declared is None:
            return (Problem(("status",), f"{response.status} is not documented", leniency.STATUS),)
        problems: list[Problem] = []
        self._fields(response, declared, problems)
        try:
            self._decoded(response, declared, "lenient", problems)
        except _OtherMediaType as error:
            problems.append(Problem(("Content-Type",), str(error), leniency.MEDIA_TYPE))
        except ValueError as error:
            problems.append(Problem(("body",), str(error)))
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

    def _is_end_of_pages(self, problem: Problem, value: Any) -> bool:
        """Whether a problem is that the link to the next page is null, or absent, as it is on the last one."""
        link = self.paging.next_link if self.paging is not None else ()
        return bool(link) and problem.path in (link, (".".join(link),)) and pick_dotted(value, link) in (None, "")

    # The value

    def _value(
        self, response: Response, declared: DeclaredResponse | None, validate: str, problems: list[Problem]
    ) -> Any:
        try:
            return self._decoded(response, declared, validate, problems)
        except ValueError as error:
            raise InvalidResponse(
                f"the answer to {self._operation.id} {error}",
                body=response.body,
                content_type=response.headers.get("Content-Type", ""),
            ) from None

    def _decoded(
        self, response: Response, declared: DeclaredResponse | None, validate: str, problems: list[Problem]
    ) -> Any:
        """The value of a response, with its problems; ``ValueError`` for one that cannot be read."""
        content_type = response.headers.get("Content-Type", "")
        if self._operation.method == "HEAD" or response.status in (204, 205):
            return None
        if not response.body and (not content_type or declared is None or not declared.content):
            # No bytes and no word about them: there is no representation, hence no value.
            if declared is None or not declared.content:
                return None
            if any(self._bodies.is_file(entry.schema) for entry in declared.content.values()):
                return b""
            problems.append(Problem((), "is missing: there is no body", leniency.NO_BODY))
            return None
        media_type, parameters = essence(content_type)
        ways = self._ways(media_type, declared)
        if not response.body and ways[0][0].codec.structured:
            schema = ways[0][0].schema
            if schema is not None and self._contract(schema).nullable:
                return None
            raise ValueError(f"is an empty body, said to be {content_type}")
        return self._read_by(ways, response.body, parameters, validate, problems)

    def _read_by(
        self,
        ways: list[tuple[Body, Problem | None]],
        data: bytes,
        parameters: Parameters,
        validate: str,
        problems: list[Problem],
    ) -> Any:
        """The value of bytes by the first way that gives what is declared, else by the first that gives a value."""
        failure: ValueError | None = None
        best: tuple[Body, Any, list[Problem]] | None = None
        for body, mismatch in ways:
            deviations = [mismatch] if mismatch is not None else []
            try:
                if mismatch is not None and _is_page(data):
                    raise ValueError("is an HTML page")
                value = body.decode(data, parameters, deviations)
            except ValueError as error:
                undeclared = mismatch is not None and mismatch.kind == leniency.MEDIA_TYPE
                failure = failure or (
                    _OtherMediaType(mismatch.message) if undeclared and mismatch is not None else error
                )
                continue
            best = best or (body, value, deviations)
            if body.top_level_problem(value) is None:
                best = (body, value, deviations)
                break
        if best is None:
            raise failure or ValueError("cannot be read")
        body, value, deviations = best
        problems += deviations
        if validate != "off":
            problems += body.validate(value)
        return body.parse(value, problems)

    def _ways(self, media_type: str, declared: DeclaredResponse | None) -> list[tuple[Body, Problem | None]]:
        """How the bytes of a response of a media type may be read, the likeliest way first; each with what is then
        wrong with the media type.

        They are of the media type that they are said to be, if that is declared. If it is not, they are what is
        declared, if they can be read so.
        """
        if declared is None or not declared.content:
            body = self._bodies.response(declared, media_type) if media_type else None
            return [(body or self._bodies.unread, None)]
        types = list(declared.content)
        described_by = describing(declared.content, media_type)
        if described_by is not None and self._bodies.is_file(described_by.schema):
            # A file may be of any media type.
            return [(self._bodies.response(declared, media_type or types[0]) or self._bodies.unread, None)]
        itself = self._bodies.response(declared, media_type) if media_type else None
        match = self._declared(media_type, types, itself)
        if match is not None:
            body = self._bodies.response(declared, match) or self._bodies.unread
            as_json = self._bodies.response(declared, JSON, match) if body.is_mislabeled() else None
            return [(way, None) for way in (as_json, body) if way is not None]
        mismatch = Problem(
            ("Content-Type",), f"is {media_type}, where {' or '.join(types)} is promised", leniency.MEDIA_TYPE
        )
        if not media_type:
            mismatch = Problem(("Content-Type",), "is not said", leniency.NO_MEDIA_TYPE)
        bodies = [itself] if itself is not None and itself.codec.structured else []
        for name in types:
            body = self._bodies.response(declared, name) or self._bodies.unread
            if body.codec not in [other.codec for other in bodies]:
                bodies.append(body)
        if itself is not None and itself.codec in (*TEXT, BINARY) and not itself.is_mislabeled():
            bodies.append(itself)
        return [(body, mismatch) for body in bodies]

    @staticmethod
    def _declared(media_type: str, types: list[str], itself: Body | None) -> str | None:
        """The declared media type that bytes have: theirs, a range it is in, or one that is written the same way."""
        for declared in types if media_type else ():
            name = essence(declared)[0]
            if within(media_type, name):
                return media_type if "*" in name else declared
            if itself is not None and itself.codec.structured and codec_for(declared) is itself.codec:
                return declared
        return None

    def _sniffed(self, data: bytes, parameters: Parameters) -> Any:
        """The value of bytes that are an object or a list in JSON, or XML, whatever they are said to be; else None."""
        media_type = {b"{": JSON, b"[": JSON, b"<": XML}.get(data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1])
        body = self._bodies.response(None, media_type) if media_type is not None and not _is_page(data) else None
        try:
            return body.decode(data, parameters, []) if body is not None else None
        except ValueError:
            return None

    # Header fields

    def _fields(self, response: Response, declared: DeclaredResponse | None, problems: list[Problem]) -> dict[str, Any]:
        """The declared header fields of a response, typed; text that does not fit stays text."""
        fields: dict[str, Any] = {}
        if declared is None or not declared.headers:
            return fields
        for name, header in declared.headers.items():
            schema = header.schema
            if declared.at not in self._header_readers or name not in self._header_readers[declared.at]:
                single = schema.additional if schema.header_prefix and isinstance(schema.additional, Schema) else schema
                self._header_readers.setdefault(declared.at, {})[name] = self._header_reader(header, single)
            read = self._header_readers[declared.at][name]
            prefix = schema.header_prefix.lower()
            if prefix:
                fields[name] = {
                    field[len(prefix) :]: read(text, (name, field[len(prefix) :]), problems)
                    for field, text in response.headers.items()
                    if field.lower().startswith(prefix)
                }
            elif name in response.headers:
                fields[name] = read(response.headers[name], (name,), problems)
            elif header.required:
                problems.append(Problem((name,), "is missing"))
        return fields

    def _header_reader(self, header: Header, schema: Schema) -> Converter:
        if header.content:
            return lambda text, path, problems: text  # a value in a media type of its own stays text
        effective = self._contract(schema)
        style = style_of(header.style, header.explode, schema, self._contract)
        validator = Validator(JsonSchemaWriter(self._compiler.service, request=False).write_document(schema))
        decode = self._compiler.converters(schema).parse

        def read(text: str, path: Path, problems: list[Problem]) -> Any:
            texts = [part.strip() for part in text.split(",")] if "array" in effective.types else [text]
            row = STYLES["form", True] if "array" in effective.types and style is STYLES["simple", False] else style
            value = row.read(texts, schema, self._contract)
            problems += validator.problems(value, path)
            return decode(value, path, problems) if decode else value

        return read

    # Errors

    def _error(self, response: Response, declared: DeclaredResponse | None) -> AnswerError:
        value = self._error_value(response, declared)
        code, message = provider_error(value, self._errors)
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
            fields=self._fields(response, declared, []),
            retry_after=retry_after(response.headers),
            target=shown(response.headers.get("Location", "")) if 300 <= response.status < 400 else "",
        )

    def _error_value(self, response: Response, declared: DeclaredResponse | None) -> Any:
        """The value of an error: as the document has it, else as JSON or XML that it is, else its text."""
        data = response.body
        media_type, parameters = essence(response.headers.get("Content-Type", ""))
        if not data:
            return None
        try:
            value = self._read_by(self._ways(media_type, declared), data, parameters, "off", [])
        except ValueError:
            value = data
        if isinstance(value, (str, bytes)) and media_type != "text/html":
            sniffed = self._sniffed(data, parameters)
            value = sniffed if sniffed is not None else value
        entry = describing(declared.content, media_type) if declared is not None else None
        is_file = entry is not None and self._bodies.is_file(entry.schema)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) and not is_file else value

    # Items and events

    def each(self, stream: Stream, validate: str) -> Iterator[Any]:
        """The items of the list in a response that comes in pieces, each validated and typed by itself.

        Raises ``Unsupported`` for a response without a list and for a media type that cannot be read in pieces,
        ``InvalidResponse`` as ``read``.
        """
        declared = declared_response(self._operation, stream.status)
        media_type, parameters = essence(stream.headers.get("Content-Type", ""))
        path = self._operation.paging.items if self._operation.paging is not None else ()
        ways = self._ways(media_type, declared)
        holder, mismatch = next((way for way in ways if way[0].decode_items is not None), ways[0])
        path = () if holder.codec.listed else path
        schema = self._item_schema(holder.schema, path)
        body = self._bodies.item(stream.status, schema, holder.media_type)
        if holder.decode_items is None or body is None:
            raise Unsupported(f"{holder.media_type} cannot be read item by item; call {self._operation.id} instead")
        problems = [mismatch] if mismatch is not None else []

        def check(what: str) -> None:
            if faults := leniency.refused(problems, validate):
                raise InvalidResponse(f"{what} of {self._operation.id} breaks its document:", faults)
            problems.clear()

        try:
            for index, value in enumerate(holder.decode_items(iter(stream), parameters, path, problems)):
                value = body.from_wire(value, problems)
                if validate != "off":
                    # An item is below the top of its response.
                    problems += [replace(problem, kind=leniency.SCHEMA) for problem in body.validate(value)]
                typed = body.parse(value, problems)
                check(f"item {index}")
                yield typed
            check("the answer")
        except ValueError as error:
            if isinstance(error, ConnectorError):
                raise
            raise InvalidResponse(f"the answer to {self._operation.id} {error}") from None

    def _item_schema(self, schema: Schema | None, path: tuple[str, ...]) -> Schema:
        here = self._contract(schema) if schema is not None else Schema()
        for name in path:
            here = self._contract(here.properties[name]) if name in here.properties else Schema()
        if "array" not in here.types:
            raise Unsupported(f"{self._operation.id} answers no list to go through")
        return here.items or Schema()

    def event(self, content_type: str, data: bytes, validate: str) -> Any:
        """The value of what was sent to a subscription's URL; ``InvalidResponse`` for what cannot be read."""
        media_type, parameters = essence(content_type)
        body = self._bodies.event(media_type)
        if body is None:
            raise InvalidResponse(
                f"what came for {self._operation.id} is of type {media_type or 'none'}, which is not read"
            )
        problems: list[Problem] = []
        try:
            value = body.decode(data, parameters, problems)
        except ValueError as error:
            raise InvalidResponse(f"what came for {self._operation.id} {error}", body=data) from None
        problems += body.validate(value) if validate != "off" else []
        typed = body.parse(value, problems)
        if faults := leniency.refused(problems, validate):
            raise InvalidResponse(f"what came for {self._operation.id} breaks its document:", faults, body=data)
        return typed


def _is_page(data: bytes) -> bool:
    """Whether bytes begin as an HTML page does (WHATWG MIME Sniffing section 7.1): what gateways send in place of a
    service."""
    start = data[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))
