"""One operation compiled: ``request(arguments) → Request`` and ``read(Response) → Response`` with its
value. Pure: nothing here opens a socket, sleeps or looks at a clock.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from functools import cached_property
from numbers import Integral, Rational, Real
from typing import Any
from urllib.parse import urlsplit

from openconnectors.engine import leniency
from openconnectors.engine.credentials import Credentials, Url, mask_of, revealed
from openconnectors.engine.endpoints import shown
from openconnectors.engine.errors import (
    AnswerError,
    ConnectionMissing,
    ConnectorError,
    InvalidArguments,
    InvalidResponse,
    Path,
    Problem,
    Unauthorized,
    Unsupported,
    answer_error,
    nearest,
    short_repr,
)
from openconnectors.engine.http import (
    FRAMING,
    NO_HOST,
    Headers,
    Lookup,
    Request,
    Response,
    checked_base,
    field_text,
    retry_after,
)
from openconnectors.engine.model import (
    MISSING,
    Answer,
    ErrorShape,
    Operation,
    Paging,
    Parameter,
    Representation,
    Schema,
    Service,
    XmlRule,
)
from openconnectors.engine.naming import distinct, snake
from openconnectors.engine.plan.error_bodies import provider_error
from openconnectors.engine.policies import Draft, Policy, Source, ask, policies_for, put
from openconnectors.engine.policies.expressions import Scope
from openconnectors.engine.streams import Content, File, Stream, is_octets
from openconnectors.engine.urls import (
    checked_segment,
    filled,
    open_path,
    open_query,
    path_template,
    path_text,
    query_template,
    query_text,
)
from openconnectors.engine.values.body import Body, Compiler
from openconnectors.engine.values.codecs import OCTETS, TEXT, codec_for, essence, of_no_row
from openconnectors.engine.values.codecs.binding import MemberError, Parameters
from openconnectors.engine.values.conversion import schema_accepts
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.styles import STYLES, Style, style_of
from openconnectors.engine.values.transform import Converter
from openconnectors.engine.values.validation import Validator, not_plain_data

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
"""Methods that may be sent again without a further effect (RFC 9110 section 9.2.2)."""

_FLATTENED = 4
_TRANSPORTS = FRAMING - {"cookie"}
"""Header fields that documents declare, and that the transport fills in (RFC 9112 sections 3.2, 6 and 9.6)."""
_IN_PLACE = frozenset({"host", "content-length", "transfer-encoding", "connection", "keep-alive"})
"""Those that may be given all the same, since each request has them: what is sent is the transport's own."""
_FILLED = _TRANSPORTS | {"accept", "accept-encoding", "content-type", "user-agent"}
"""Header fields that nobody is asked for."""
_JSON, _XML = "application/json", "application/xml"


@dataclass(frozen=True, slots=True)
class Argument:
    """One keyword argument of an operation.

    ``name`` is its Python name, ``wire`` the document's; ``location`` says where it goes: ``path``,
    ``query``, ``header``, ``body`` (the whole body) or ``property`` (a member of the body, at ``path``).
    """

    name: str
    wire: str
    location: str
    schema: Schema
    required: bool
    default: Any
    title: str
    description: str
    parameter: Parameter
    hidden: bool = False
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How a call is made, apart from its arguments.

    ``accept`` and ``content_type`` are media types; ``timeout`` is the seconds that the whole call may
    take; ``validate_responses`` is ``"lenient"``, ``"strict"`` or ``"off"``. ``headers`` are further header
    fields, beside those that the document describes. ``resend`` are statuses after which the caller knows
    that nothing was carried out, so that any request may be sent again. ``patience`` is the seconds that a
    long-running operation may take until its end; ``interval`` those until its state is asked first, doubled
    each time, or a trigger is asked again, where the service does not say when. ``resume`` is where the events of
    a trigger were left.
    """

    accept: str | None = None
    content_type: str | None = None
    timeout: float = 60.0
    validate_responses: str = "lenient"
    headers: Mapping[str, str] = field(default_factory=dict)
    resend: frozenset[int] = frozenset()
    patience: float = 3600.0
    interval: float | None = None
    resume: Mapping[str, Any] | None = None


class _OtherMediaType(ValueError):
    """Octets are not of a declared media type, whatever they are said to be."""


class Plan:
    """An operation, compiled on first use and kept. ``connection`` are the values that its policies may look at."""

    def __init__(self, compiler: Compiler, operation: Operation, connection: Mapping[str, Any] | None = None) -> None:
        self._compiler = compiler
        self._connection = connection or {}
        self.service: Service = compiler.service
        self.operation = operation
        service = self.service
        self.xml = operation.xml if operation.xml != XmlRule() else service.xml
        self.errors = operation.errors if operation.errors != ErrorShape() else service.errors
        own = operation.representation
        self.representation = own if own != Representation() else service.representation
        self.resend = operation.resend or service.resend
        self._bodies: dict[tuple[str, str], Body] = {}
        self._header_readers: dict[str, dict[str, Converter]] = {}

    @cached_property
    def policies(self) -> Mapping[str, list[Policy]]:
        """The policies of requests and of answers; ``Unsupported`` for one that is not known."""
        sections = ("request", "response")
        return {
            section: policies_for(self.service, self.operation.id, section, self._connection) for section in sections
        }

    def every_policy(self) -> Iterator[Policy]:
        """The policies of both sections."""
        return (policy for section in self.policies.values() for policy in section)

    @cached_property
    def paging(self) -> Paging | None:
        """Where an answer has its items and the link to the next page, as the document or a policy says."""
        own = self.operation.paging
        name = next((policy.next_link for policy in self.every_policy() if policy.next_link), "")
        if own is not None and own.next_link:
            return own
        return Paging(next_link=(name,), items=own.items if own else ("value",)) if name else own

    def contract(self, schema: Schema) -> Schema:
        """A schema as callers see it: references followed, ``allOf`` merged."""
        return self._compiler.contract.resolve(schema)

    def accepts(self, schema: Schema, value: Any, *, request: bool = False) -> bool:
        """Whether a contract value keeps to a schema, its formats too."""
        return self._compiler.accepts(schema, value, request=request)

    # Arguments

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """Every argument, required ones first as the document has them; names are unique."""
        return tuple(sorted((one for one, _ in self._named), key=lambda one: not self.asked(one)))

    def renamed(self) -> Iterator[tuple[str, str]]:
        """What is said of each argument whose Python name has a number, since another has it, and where it stands."""
        for one, alone in self._named:
            if one.name != alone:
                at = one.schema.at if one.location == "property" else one.parameter.at
                yield at, f"{one.wire!r} of {self.operation.id} is the argument {one.name!r}: another is {alone!r}"

    @cached_property
    def _named(self) -> list[tuple[Argument, str]]:
        """The arguments in the order of the document, each with the name that it would have alone."""
        found = self._unnamed_arguments()
        # What callers see is named first, so that nothing hidden takes a name from it.
        order = sorted(range(len(found)), key=lambda index: found[index].hidden)
        names = distinct([found[index].wire for index in order], [found[index].name for index in order])
        named = dict(zip(order, names, strict=True))
        return [(replace(one, name=named[index]), one.name) for index, one in enumerate(found)]

    def _unnamed_arguments(self) -> list[Argument]:
        operation = self.operation
        found: list[Argument] = []

        def add(
            parameter: Parameter, wire: str, schema: Schema, location: str, required: bool, path: tuple[str, ...] = ()
        ) -> None:
            effective = self.contract(schema)
            own = parameter if location != "property" else schema
            default = schema.default if schema.default is not MISSING else effective.default
            hidden = (own.visibility or effective.visibility) == "internal"
            if location == "header":
                field = wire.lower()
                if field == "content-type" and default is MISSING and required and effective.enum:
                    default = effective.enum[0]
                if field in _TRANSPORTS:
                    hidden, default = True, MISSING
                required = required and not (default is MISSING and self._fills(field))
            if (
                default is not MISSING
                and (required or hidden)
                and not schema_accepts(self.service, self._compiler.contract, schema, default)
            ):
                default, hidden = MISSING, hidden and not required  # what nobody could send is asked for
            found.append(
                Argument(
                    name=snake(own.client_name or (path[-1] if path else wire)),
                    wire=wire,
                    location=location,
                    schema=schema,
                    required=required,
                    default=default,
                    title=own.title or effective.title,
                    description=own.description or effective.description,
                    parameter=parameter,
                    hidden=hidden,
                    path=path,
                )
            )

        for parameter in operation.parameters:
            add(parameter, parameter.name, parameter.schema, parameter.location, parameter.required)
        body = operation.body
        if body is not None:
            parts = list(self._parts(self.contract(body.schema), (), body.required))
            for path, one, required in parts:
                add(body, ".".join(path), one, "property", required, path)
            if not operation.fields:
                whole = snake(body.client_name or body.name)
                if whole in {snake(one.client_name or path[-1]) for path, one, _ in parts}:
                    # The member keeps its name: it is what people fill in; the whole steps aside.
                    body = replace(body, client_name=f"{whole}_whole")
                add(body, body.name, body.schema, "body", body.required and not parts)
        return found

    def _fills(self, field: str) -> bool:
        """Whether a header field, in lower case, has a value that nobody is asked for."""
        schemes = (self.service.schemes.get(name) for one in self.operation.security for name in one)
        secret = {
            "authorization" if one.type != "apiKey" else one.parameter.lower()
            for one in schemes
            if one is not None and (one.type != "apiKey" or one.location == "header")
        }
        return field in _FILLED or field in secret

    def _parts(
        self, schema: Schema, above: tuple[str, ...], required: bool
    ) -> Iterator[tuple[tuple[str, ...], Schema, bool]]:
        """The members of a body that are arguments of their own, those of flattened members among them."""
        for name, one in schema.properties.items():
            if not self._written(one):
                continue
            needed = required and name in schema.required
            inner = self.contract(one)
            if (one.flatten or inner.flatten) and inner.properties and len(above) < _FLATTENED:
                yield from self._parts(inner, (*above, name), needed)
            else:
                yield (*above, name), one, needed

    def _written(self, schema: Schema) -> bool:
        return not (schema.read_only or self.contract(schema).read_only)

    @staticmethod
    def asked(argument: Argument) -> bool:
        """Whether a caller must give the argument: required, and nothing fills it in."""
        return argument.required and argument.default is MISSING

    @cached_property
    def _by_name(self) -> Mapping[str, Argument]:
        found = {one.wire: one for one in reversed(self.arguments)}
        found |= {one.name: one for one in self.arguments}
        # An object whose members are arguments of their own is still taken under its own name.
        body = self.operation.body
        for one in self.arguments:
            if body is not None and len(one.path) > 1 and one.path[0] not in found:
                outer = self.contract(body.schema).properties[one.path[0]]
                found[one.path[0]] = replace(one, wire=one.path[0], schema=outer, path=one.path[:1])
        return found

    @cached_property
    def _nested(self) -> bool:
        """Whether an argument may hold others: those of a flattened object."""
        return any(len(one.path) > 1 for one in self.arguments)

    @cached_property
    def _spellings(self) -> list[str]:
        """The names that a misspelled one may mean, Python names last: of two alike they are short."""
        short = [one for one in self.arguments if not one.hidden]
        return [*(one.wire for one in short), *(one.name for one in short)]

    @cached_property
    def _body_argument(self) -> str:
        # Form fields have no whole to name: a key that no Python name can be.
        return next((one.name for one in self.arguments if one.location == "body"), "*")

    @cached_property
    def _validator(self) -> Validator:
        """Judges ``{argument: value, …}`` with the body in one piece under its own name."""
        writer = JsonSchemaWriter(self.service, request=True)
        properties: dict[str, Any] = {}
        required = []
        for one in self.arguments:
            if one.location != "property":
                written = writer.write(one.schema)
                properties[one.name] = {"anyOf": [written, {"const": ""}]} if one.parameter.allow_empty else written
                if one.required:
                    required.append(one.name)
        body = self.operation.body
        if body is not None:
            properties[self._body_argument] = {} if self.takes_file else writer.write(body.schema)
            if body.required and self._body_argument not in required:
                required.append(self._body_argument)
        return Validator(
            {
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": False,
                "$defs": writer.defs,
            }
        )

    @cached_property
    def _unjudged_validator(self) -> Validator:
        """The same where the body is octets, which no schema judges."""
        written = self._validator.json_schema
        return Validator({**written, "properties": {**written["properties"], self._body_argument: {}}})

    def _judged(self, values: Mapping[str, Any], sent: Body | None) -> list[Problem]:
        """The problems of gathered values. Octets stand for what they are where a file is wanted, and the body that is
        ``sent`` can hold one."""
        whole = self._body_argument
        body = values.get(whole)
        if sent is None or sent.codec.structured:
            return self._validator.problems(values)
        if is_octets(body) or (isinstance(body, str) and sent.codec is OCTETS and not self._is_text):
            return self._unjudged_validator.problems({**values, whole: None})
        if isinstance(body, dict) and self._files:
            body = {name: _judgeable(one) if name in self._files else one for name, one in body.items()}
            values = {**values, whole: body}
        return self._validator.problems(values)

    @cached_property
    def _is_text(self) -> bool:
        """Whether the schema of the body speaks of text."""
        body = self.operation.body
        return body is not None and "string" in self.contract(body.schema).types

    @cached_property
    def _files(self) -> frozenset[str]:
        """The members of the body that are files, or lists of them."""
        body = self.operation.body
        found = set()
        for name, one in self.contract(body.schema).properties.items() if body is not None else ():
            inner = self.contract(one).items
            if self._is_file(one) or (inner is not None and self._is_file(inner)):
                found.add(name)
        return frozenset(found)

    def gather(self, given: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
        """Arguments by Python or wire name as ``{argument: contract value}``, with the body in one piece;
        what is wrong is added to the problems. What is hidden or required takes its default."""
        values: dict[str, Any] = {}
        members: dict[str, Any] = {}
        whole = self._body_argument
        spelled: dict[tuple[str, ...], str] = {}
        for name, value in given.items():
            argument = self._by_name.get(name)
            if argument is None:
                said = f"unknown argument of {snake(self.operation.id)}{nearest(name, self._spellings)}"
                problems.append(Problem((name,), said))
                continue
            if value is None and not argument.required and not self._nullable(argument.schema):
                continue
            if argument.location == "property" and self._is_whole(argument, value, given):
                argument = self._by_name[whole]
            if argument.location != "property":
                argument, value = self._operator(argument, value)
            key = argument.path or ("", argument.name)
            other = _overlapping(key, spelled) if self._nested else spelled.get(key)
            if other is not None:
                problems.append(Problem((name,), f"is given twice: as {other!r} too; give it once"))
                continue
            spelled[key] = name
            if argument.location == "property":
                _put(members, argument.path, _plain_data(value, (whole, *argument.path), problems))
            else:
                values[argument.name] = self._plain(argument.schema, value, (argument.name,), problems)
        for one in self.arguments:
            filled = (one.required or one.hidden) and one.default is not MISSING
            if filled and one.location != "property":
                values.setdefault(one.name, one.default)
        body = self.operation.body
        if body is not None:
            if members and whole in values:
                problems.append(Problem((whole,), f"is given whole and in parts ({', '.join(members)}); choose one"))
            elif members or (body.required and whole not in values and self._has_parts):
                for one in self.arguments:
                    if one.location == "property" and (one.required or one.hidden) and one.default is not MISSING:
                        _put(members, one.path, one.default, anew=False)
                values[whole] = self._encoded(body.schema, members, (whole,), problems)
        return values

    def _is_whole(self, argument: Argument, value: Any, given: Mapping[str, Any]) -> bool:
        """Whether a value for a member that has the body's own name is the body, which it then must fit."""
        body = self.operation.body
        if body is None or argument.wire != body.name or self.operation.fields or not isinstance(value, Mapping):
            return False
        known = self._by_name
        alone = sum(known[name].location in ("property", "body") for name in given if name in known) == 1
        if not alone:
            return False
        problems: list[Problem] = []
        whole = self._plain(body.schema, value, (), problems)
        return not problems and schema_accepts(self.service, self._compiler.contract, body.schema, whole)

    @cached_property
    def _has_parts(self) -> bool:
        return any(one.location == "property" for one in self.arguments)

    def _nullable(self, schema: Schema) -> bool:
        effective = self.contract(schema)
        return effective.nullable or not effective.types

    def _operator(self, argument: Argument, value: Any) -> tuple[Argument, Any]:
        """``"<=2009-07-06"`` for a parameter with operators is the parameter that means so."""
        for mark, name in argument.parameter.operators.items():
            if isinstance(value, str) and value.startswith(mark) and name in self._by_name:
                return self._by_name[name], value[len(mark) :].strip()
        return argument, value

    def _plain(self, schema: Schema, value: Any, path: Path, problems: list[Problem]) -> Any:
        """A value in contract shape: containers as dict and list, formats as text."""
        return self._encoded(schema, _plain_data(value, path, problems), path, problems)

    def _encoded(self, schema: Schema, value: Any, path: Path, problems: list[Problem]) -> Any:
        """Plain data in contract shape."""
        encode = self._compiler.serializer(schema)
        return encode(value, path, problems) if encode else value

    def _told(self, problem: Problem, in_parts: bool) -> Problem:
        """A problem under the name that the caller used: a member of a body given in parts by its own."""
        if not in_parts or len(problem.path) < 2 or problem.path[0] != self._body_argument:
            return problem
        inner = problem.path[1:]
        for one in self.arguments:
            if one.location == "property" and one.path == inner[: len(one.path)]:
                return Problem((one.name, *inner[len(one.path) :]), problem.message)
        return Problem(inner, problem.message)

    # Requests

    def request(self, given: Mapping[str, Any], base: str, options: Options, *, fixed: bool = False) -> Request:
        """The request for arguments by Python or wire name, to ``base`` (no slash at its end). ``fixed`` tells that
        no policy may choose another.

        Raises ``InvalidArguments`` with every problem, and
        ``Unsupported`` where the operation needs what no row can do.
        """
        problems: list[Problem] = []
        values = self.gather(given, problems)
        whole = self._body_argument
        self._choose("accept", options.accept, given, values, problems)
        self._choose("content-type", options.content_type, given, values, problems)
        accept = self._accepted(options.accept, problems)
        body = self._chosen_body(options.content_type, self._content_type_of(values), values.get(whole), problems)
        for problem in self._judged(values, body):
            if not any(problem.path == known.path for known in problems):
                problems.append(problem)
        draft = Draft(self.operation.method, revealed(base), "", [], {}, fixed=fixed, mask=mask_of(base))
        content: bytes | Content | None = None
        if not problems:
            draft.path = self._path(values, accept, problems)
            self._query(values, accept, draft.query, problems)
            self._headers(values, accept, draft, problems)
            for name, text in options.headers.items():
                try:
                    _replace(draft.headers, name, str(text))
                except ValueError as error:
                    problems.append(Problem(("headers", name), str(error)))
            if body is not None and whole in values:
                try:
                    content = body.write(values[whole], problems)
                    _replace(draft.headers, "Content-Type", body.content_type(content))
                except MemberError as error:
                    problems.append(Problem((whole, error.member), error.reason))
                except ValueError as error:
                    foreign = list(not_plain_data(values[whole], (whole,))) if body.codec.structured else []
                    problems += foreign or [Problem((whole,), str(error))]
        if not problems:
            try:
                return self._drafted(draft, content, options, values)
            except ValueError as error:
                problems.append(Problem((), str(error)))
        if problems:
            in_parts = whole not in given and (self.operation.body is None or self.operation.body.name not in given)
            told = dict.fromkeys(self._told(problem, in_parts) for problem in problems)
            places = {one.name: place for place, one in enumerate(self.arguments)}
            order = sorted(told, key=lambda problem: places.get(str(problem.path[0]), -1) if problem.path else -1)
            raise InvalidArguments(snake(self.operation.id), order)
        raise AssertionError("a request without problems is made")

    def _drafted(
        self, draft: Draft, content: bytes | Content | None, options: Options, values: Mapping[str, Any]
    ) -> Request:
        """The request of a draft, rewritten by the policies."""
        policies = [one for one in self.policies["request"] if one.draft is not None or one.source is not None]
        if not policies:
            return self._finished(draft, content, options)
        given: dict[str, dict[str, Any]] = {"query": {}, "header": {}}
        for one in self.arguments:
            if one.name in values and one.location in given:
                given[one.location][one.wire] = values[one.name]
        draft.holes = {
            one.wire: self._segment(one, values[one.name])
            for one in self.arguments
            if one.location == "path" and one.name in values
        }
        scope = Scope(self._connection, draft.method, headers=given["header"], query=given["query"])
        return self._rewritten(draft, content, options, scope, policies)

    def _rewritten(
        self, draft: Draft, content: bytes | Content | None, options: Options, scope: Scope, policies: list[Policy]
    ) -> Request:
        """The request after these policies. Where one needs a value of the service's, the rest wait for it."""
        for index, policy in enumerate(policies):
            if policy.draft is not None:
                policy.draft(draft, scope)
            source = policy.source
            if source is None:
                continue
            method, path, query = ask(source, draft, scope)
            asked = Draft(method, draft.base, path, query, {"Accept": self._accept_header}, mask=draft.mask)

            def complete(
                answer: Response, source: Source = source, rest: list[Policy] = policies[index + 1 :]
            ) -> Request:
                if not 200 <= answer.status < 300:
                    self.read(answer, "off")  # raises what its status means
                found = source.value.value(replace(scope, body=self.untyped(answer)))
                if not isinstance(found, (str, int, float)):
                    raise InvalidResponse(f"the answer to {source.method} {source.path} has no {source.target.name}")
                known = put(source.target, found, draft, scope)
                return self._rewritten(draft, content, options, known, rest)

            lookup = Lookup(self._checked(asked, None, options), complete)
            return replace(self._checked(draft, content, options), lookup=lookup)
        return self._checked(draft, content, options)

    def _checked(self, draft: Draft, content: bytes | Content | None, options: Options) -> Request:
        """The request of a draft that policies have changed: what they set must be fit to be sent."""
        checked_base(Url(draft.base, draft.mask))
        for name, text in (*draft.headers.items(), *draft.secret_headers.items()):
            field_text(name, text, allowed=("cookie",))
        secrets = (*draft.secret_headers.values(), *draft.secret_query.values())
        request = self._finished(draft, content, options)
        return replace(
            request, credentials=Credentials(draft.secret_headers, draft.secret_query, secrets, draft.instead)
        )

    def _finished(self, draft: Draft, content: bytes | Content | None, options: Options) -> Request:
        if not draft.base:
            raise ConnectionMissing(NO_HOST)
        mark = "&" if "?" in draft.path else "?"  # a value that is written as it is may bring a query along
        url = f"{draft.base}{draft.path}" + (f"{mark}{'&'.join(draft.query)}" if draft.query else "")
        return Request(
            draft.method,
            Url(url, draft.mask),
            dict(draft.headers),
            content,
            safe=draft.method in SAFE,
            resend=self.resend | options.resend,
            timeout=options.timeout,
            base=Url(draft.base, draft.mask),
        )

    def place(self) -> tuple[str, str]:
        """The method and the path, with its holes, that requests have once policies have rewritten them.

        ``Unsupported`` for a path that no request can have."""
        operation = self.operation
        holes = {one.wire: f"{{{one.wire}}}" for one in self.arguments if one.location == "path"}
        others = {
            place: {one.wire: f"{{{one.wire}}}" for one in self.arguments if one.location == place}
            for place in ("query", "header")
        }
        path = "".join(f"{{{part}}}" if index % 2 else part for index, part in enumerate(path_template(operation.path)))
        draft = Draft(operation.method, "", path, [], {}, holes=holes, fixed=True)
        scope = Scope(self._connection, operation.method, headers=others["header"], query=others["query"])
        try:
            for policy in self.policies["request"]:
                if policy.draft is not None:
                    policy.draft(draft, scope)
        except (Unsupported, ValueError):
            return operation.method, path
        placed = draft.base + draft.path
        for hole in (*holes.values(), *others["query"].values(), *others["header"].values()):
            placed = placed.replace(path_text(hole), hole)  # a policy encodes what it places
        return draft.method, placed

    def policy_credentials(
        self, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
    ) -> Credentials:
        """The credentials that policies set, of the connection and of arguments in header fields and the query."""
        draft = Draft(self.operation.method, "", "", [], {}, fixed=True)
        for policy in self.policies["request"]:
            with suppress(Unsupported, ValueError):
                if policy.draft is not None:
                    scope = Scope(self._connection, self.operation.method, headers=headers or {}, query=query or {})
                    policy.draft(draft, scope)
        return Credentials(draft.secret_headers, draft.secret_query, instead=draft.instead)

    @cached_property
    def _template(self) -> list[str]:
        """The path, its holes at the odd places; without the suffix that names the representation."""
        parts = path_template(self.operation.path)
        if self.representation.where == "path":
            suffixes = sorted(self.representation.values, key=len, reverse=True)
            parts[-1] = parts[-1].removesuffix(next((one for one in suffixes if one and parts[-1].endswith(one)), ""))
        declared = {one.wire for one in self.arguments if one.location == "path"}
        for name in parts[1::2]:
            if name not in declared:
                raise Unsupported(f"the path {self.operation.path!r} has {{{name}}}, which no parameter fills")
        return parts

    def _path(self, values: Mapping[str, Any], accept: str | None, problems: list[Problem]) -> str:
        parts = list(self._template)
        for index in range(1, len(parts), 2):
            argument = next(one for one in self.arguments if one.location == "path" and one.wire == parts[index])
            try:
                parts[index] = self._segment(argument, values[argument.name])
            except ValueError as error:
                problems.append(Problem((argument.name,), str(error)))
        if self.representation.where == "path":
            parts.append(self._representation_of(accept))
        return "".join(parts)

    @cached_property
    def fixed(self) -> tuple[tuple[str, str], ...]:
        """The query that the path itself has, by names: a parameter of the same name takes its place."""
        return query_template(self.operation.path)

    def _style(self, argument: Argument) -> Style:
        return self.styles[argument.location, argument.wire]

    @cached_property
    def styles(self) -> Mapping[tuple[str, str], Style]:
        """How the value of each parameter is written, by its location and name."""
        return {
            (one.location, one.name): style_of(one.style, one.schema, self.contract)
            for one in self.operation.parameters
        }

    def _segment(self, argument: Argument, value: Any) -> str:
        parameter = argument.parameter
        text = ",".join(self._style(argument).write(value, _ENCODERS["path", parameter.encoding], exact=False))
        if not text and (parameter.allow_empty or "" in (self.contract(argument.schema).enum or ())):
            return ""  # the document itself has this segment empty
        if parameter.encoding == "none":
            return open_path(text)
        return checked_segment(text)

    def _representation_of(self, media_type: str | None) -> str:
        for mark, name in self.representation.values.items():
            if name == media_type:
                return mark
        return ""

    def same_representation(self, url: str, like: str) -> str:
        """The URL in the representation of another, where a suffix of the path chooses it: a next page is
        asked for as the first was."""
        if self.representation.where != "path":
            return url
        suffixes = sorted(self.representation.values, key=len, reverse=True)
        path, mark, query = url.partition("?")
        own, wanted = (
            next(one for one in (*suffixes, "") if text.endswith(one)) for text in (path, like.partition("?")[0])
        )
        return f"{path.removesuffix(own)}{wanted}{mark}{query}"

    def _query(self, values: Mapping[str, Any], accept: str | None, query: list[str], problems: list[Problem]) -> None:
        given = {one.wire for one in self.arguments if one.location == "query" and one.name in values}
        variables = {}
        for one in self.arguments if any("{" in pair for _, pair in self.fixed) else ():
            if one.location == "path":
                variables[one.wire] = ",".join(self._texts(one, values, "query", problems))
        pairs = [filled(pair, variables) for name, pair in self.fixed if name not in given]
        query += [pair for pair in pairs if pair is not None]
        for one in self.arguments:
            if one.location != "query" or one.name not in values:
                continue
            query += [f"{query_text(one.wire)}={text}" for text in self._texts(one, values, "query", problems)]
        if self.representation.where == "query":
            mark = self._representation_of(accept)
            query.append(f"{query_text(self.representation.name)}={query_text(mark)}")

    def _texts(self, argument: Argument, values: Mapping[str, Any], place: str, problems: list[Problem]) -> list[str]:
        """The texts of an argument in the query, encoded; none where they cannot be, which is a problem."""
        encoding = argument.parameter.encoding
        try:
            texts = self._style(argument).write(values[argument.name], _ENCODERS[place, encoding], exact=False)
            return [open_query(text) for text in texts] if encoding == "none" else texts
        except ValueError as error:
            problems.append(Problem((argument.name,), str(error)))
            return []

    def _headers(self, values: Mapping[str, Any], accept: str | None, draft: Draft, problems: list[Problem]) -> None:
        headers = draft.headers
        given: dict[str, str] = {}
        if self.representation.where == "header":
            headers["Accept"] = self._accept_header if accept is None else accept
        elif accept is not None:
            headers["Accept"] = accept
        for one in self.arguments:
            if one.location != "header" or one.name not in values:
                continue
            value, style = values[one.name], self._style(one)
            if one.wire.lower() in _IN_PLACE:
                if one.wire.lower() == "host" and str(value).lower() != urlsplit(draft.base).netloc.lower():
                    said = (
                        "would set the header field Host, which is that of the URL; give base_url to call another host"
                    )
                    problems.append(Problem((one.name,), said))
                continue
            prefix = one.schema.header_prefix
            named = {f"{prefix}{key}": inside for key, inside in value.items()} if prefix else {one.wire: value}
            try:
                for name, inside in named.items():
                    other = given.setdefault(name.lower(), one.name)
                    if other != one.name:
                        raise ValueError(f"is the header field of {other!r} too (RFC 9110 section 5.1); give one")
                    _replace(headers, name, ",".join(style.write(inside)))
            except ValueError as error:
                problems.append(Problem((one.name,), str(error)))

    # Negotiation

    @cached_property
    def offered(self) -> tuple[str, ...]:
        """Media types in which an answer can be asked for, best first: as the document has them, but for an object or a
        list those that hold one before text and octets, and last what no codec reads."""
        produces = self.operation.produces
        if self.representation.where != "header":
            named = self.representation.values.values()
            return tuple(one for one in produces if codec_for(one) is not None and one in named)
        offered = list(produces)
        schema = self.result.media[0].schema if self.result is not None and self.result.media else None
        if schema is not None and {"object", "array"} & set(self.contract(schema).types):
            ranges = [one for one in produces if "*" in one and within(_JSON, essence(one)[0])]
            if ranges and not any(map(_structured, produces)):
                offered.insert(0, _JSON)
            offered.sort(key=lambda one: not _structured(one))
        return tuple(sorted(offered, key=lambda one: codec_for(one) is None and "*" not in one))

    @cached_property
    def _accept_header(self) -> str:
        """Every media type offered, the first best (RFC 9110 section 12.5.1)."""
        if not self.offered:
            return "*/*"
        return ", ".join(
            one if rank == 0 else f"{one};q={max(1.0 - rank / 10, 0.1):.1f}" for rank, one in enumerate(self.offered)
        )

    def _accepted(self, asked: str | None, problems: list[Problem]) -> str | None:
        if asked is not None:
            name, parameters = essence(asked)
            found = next((one for one in self.offered if one == asked or essence(one)[0] == name), None)
            if self.representation.where == "header" and (parameters or found is None):
                covered = any(within(name, essence(one)[0]) for one in self.offered)
                found = asked if covered else None
            if found is None:
                said = ", ".join(self.offered) or "nothing that is read here"
                problems.append(
                    Problem(("accept",), f"{asked!r} is not offered by {self.operation.id}; it offers {said}")
                )
            return found
        return None if self.representation.where == "header" else next(iter(self.offered), None)

    def _choose(
        self, field: str, asked: str | None, given: Mapping[str, Any], values: dict[str, Any], problems: list[Problem]
    ) -> None:
        """Puts the media type that an option asks for into the parameter that the document has for it, in place of its
        default; one that the caller gave it otherwise is a problem."""
        for one in self.arguments if asked is not None else ():
            if one.location != "header" or one.wire.lower() != field:
                continue
            if (one.name in given or one.wire in given) and values.get(one.name) != asked:
                said = f"is given twice: the option {field.replace('-', '_')} is {asked!r}; give it once"
                problems.append(Problem((one.name,), said))
            values[one.name] = asked

    @cached_property
    def _typed_by(self) -> str | None:
        """The argument that chooses the media type of the body, where the document has a parameter for it."""
        for one in self.arguments:
            if one.location == "header" and one.wire.lower() == "content-type" and self.operation.body is not None:
                return one.name
        return None

    def _content_type_of(self, values: Mapping[str, Any]) -> str | None:
        chosen = values.get(self._typed_by) if self._typed_by is not None else None
        return chosen if isinstance(chosen, str) else None

    def takes(self, media_type: str) -> bool:
        """Whether a request's body may come in a media type."""
        declared = any(within(media_type, essence(one)[0]) for one in self.operation.consumes)
        return declared or (self._typed_by is not None and codec_for(media_type) is not None)

    def _chosen_body(self, asked: str | None, declared: str | None, value: Any, problems: list[Problem]) -> Body | None:
        """The body in the media type asked for, or that a parameter of the document's gives; else in the first that
        is for values of this kind; else in the first."""
        if self.operation.body is None:
            return None
        consumes = self.operation.consumes
        if asked is None and declared is not None:
            asked = declared
            if codec_for(declared) is not None and not any(
                within(essence(declared)[0], essence(one)[0]) for one in consumes
            ):
                consumes = (declared,)  # the document says so in another place than consumes
        if asked is not None:
            consumes = tuple(one for one in consumes if within(essence(asked)[0], essence(one)[0]))
            if not consumes:
                said = ", ".join(self.operation.consumes)
                problems.append(
                    Problem(("content_type",), f"{asked!r} is not taken by {self.operation.id}; it takes {said}")
                )
                return None
            consumes = (asked,) if essence(asked)[1] or "*" in consumes[0] else consumes
        candidates = [one for media_type in consumes for one in _concrete(media_type, value)]
        if not candidates:
            said = f"must be chosen: {self.operation.id} takes {', '.join(consumes)}"
            problems.append(Problem(("content_type",), f"{said}; give using(content_type=…), or a File with its type"))
            return None
        schema = self.operation.body.schema
        bodies = [body for one in candidates if (body := self.request_body(one)) is not None]
        if is_octets(value) and self._is_file(schema):
            # What is a file already is sent as it is, whatever its type.
            bodies = [body for body in bodies if body.codec is OCTETS]
        if not bodies and (is_octets(value) or isinstance(value, str)):
            return self._body("request octets", schema, candidates[0])
        if not bodies:
            said = "which no codec writes; give the body as bytes or text"
            raise Unsupported(f"{self.operation.id} takes {', '.join(consumes)}, {said}")
        chosen = next((body for body in bodies if body.codec.carries(value)), bodies[0])
        if of_no_row(chosen.media_type) and (is_octets(value) or isinstance(value, str)):
            return self._body("request octets", schema, chosen.media_type)
        return chosen

    def request_body(self, media_type: str) -> Body | None:
        """The body of a request in a media type; None where no codec writes it."""
        body = self.operation.body
        return self._body("request", body.schema if body else None, media_type)

    @property
    def takes_file(self) -> bool:
        """Whether the body of a request is octets, in whatever media type they come."""
        body = self.operation.body
        return body is not None and self._is_file(body.schema)

    def received_body(self, media_type: str) -> Body | None:
        """The body of a request as a service reads it."""
        body = self.operation.body
        if body is not None and self.takes_file:
            return self._body("request octets", body.schema, media_type)
        return self.request_body(media_type) or self._body("request octets", body.schema if body else None, media_type)

    def answer_body(self, answer: Answer | None, media_type: str) -> Body | None:
        """The body of an answer in a media type; None where no codec reads it."""
        schema = answer.media[0].schema if answer is not None and answer.media else None
        return self._body(answer.status if answer is not None else "", self._listed(schema, media_type), media_type)

    def _body(self, key: str, schema: Schema | None, media_type: str) -> Body | None:
        if (key, media_type) not in self._bodies:
            as_it_is = key == "request octets" or (self._is_file(schema) and key != "request")
            codec = OCTETS if as_it_is else codec_for(media_type)
            if codec is None:
                return None
            if key == "request" and of_no_row(media_type) and self._has_members(schema):
                codec = codec_for(_JSON) or codec
            section = "request" if key.startswith("request") else "response"
            self._bodies[key, media_type] = Body(
                self._compiler,
                schema,
                media_type,
                codec,
                self.xml,
                self.policies[section],
                received=section == "response",
            )
        return self._bodies[key, media_type]

    def _has_members(self, schema: Schema | None) -> bool:
        """Whether a schema is for objects or lists alone."""
        effective = self.contract(schema) if schema is not None else Schema()
        return set(effective.types) <= {"object", "array"} and bool(effective.types or effective.properties)

    def _listed(self, schema: Schema | None, media_type: str) -> Schema | None:
        """The schema of a body; where the media type is for lists, that of one whose item is declared."""
        codec = codec_for(media_type)
        if codec is None or not codec.listed or schema is None or "array" in self.contract(schema).types:
            return schema
        return Schema(types=("array",), items=schema)

    def _is_file(self, schema: Schema | None) -> bool:
        if schema is None:
            return False
        effective = self.contract(schema)
        return "file" in effective.types or effective.format in ("file", "binary")

    # Answers

    def answer_for(self, status: int) -> Answer | None:
        """The declared answer for a status: its code, its range, else ``default``. Of a success ``default``
        tells no schema where one is declared by its own code: then it speaks of errors."""
        answers = self.operation.answers
        exact = answers.get(str(status)) or answers.get(f"{status // 100}XX")
        if exact is not None or "default" not in answers:
            return exact
        if 200 <= status < 300 and any(code.startswith("2") for code in answers):
            return Answer(status=str(status), at=answers["default"].at)
        return answers["default"]

    @cached_property
    def result(self) -> Answer | None:
        """The declared answer of a success: of several the first with a body."""
        declared = [one for status, one in sorted(self.operation.answers.items()) if status.startswith("2")]
        return next((one for one in declared if one.media), declared[0] if declared else None)

    def untyped(self, response: Response) -> Any:
        """The value of a response as it is, whatever the document promises; None where it has no body.
        ``InvalidResponse`` where it cannot be read."""
        if not response.body:
            return None
        came, parameters = essence(response.headers.get("Content-Type", ""))
        body = self.answer_body(None, came or next(iter(self.offered), _JSON)) or self._octets_body
        try:
            if not body.codec.structured and (value := self._sniffed(response.body, parameters)) is not None:
                return value
            return body.read(response.body, parameters, [])
        except ValueError as error:
            raise InvalidResponse(f"the answer to {self.operation.id} {error}", body=response.body) from None

    def _sniffed(self, data: bytes, parameters: Parameters) -> Any:
        """The value of octets that are an object or a list in JSON, or XML, whatever they are said to be; else None."""
        media_type = {b"{": _JSON, b"[": _JSON, b"<": _XML}.get(data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1])
        body = self.answer_body(None, media_type) if media_type is not None and not _is_page(data) else None
        try:
            return body.read(data, parameters, []) if body is not None else None
        except ValueError:
            return None

    def read(self, response: Response, validate: str, *, final: bool = False) -> Response:
        """The response with its value, its fields and deviations. ``final`` tells that it ends a long-running
        operation: then a success is read as the document has the operation's own.

        Raises an ``AnswerError`` for an error status and
        ``InvalidResponse`` for what is no whole, readable answer.
        """
        response = self._answered(response)
        status = response.status
        answer = self.answer_for(status)
        if final and 200 <= status < 300 and (answer is None or not answer.media):
            answer = self.result
        if not 200 <= status < 300 or (answer is not None and answer.error):
            raise self._refusal(response, answer)
        if status == 206:
            raise InvalidResponse(f"{self.operation.id} was answered 206, a part of what was asked for")
        problems: list[Problem] = []
        if answer is None:
            problems.append(Problem(("status",), f"{status} is not documented", leniency.STATUS))
        fields = self._fields(response, answer, problems)
        value = None if response.stream is not None else self._value(response, answer, validate, problems)
        problems = [one for one in problems if not self._is_end_of_pages(one, value)]
        if faults := leniency.refused(problems, validate):
            if response.stream is not None:
                response.stream.close()
            raise InvalidResponse(
                f"{self.operation.id} was answered {status}, which breaks its document:",
                faults,
                body=response.body,
                content_type=response.headers.get("Content-Type", ""),
            )
        if response.stream is not None:
            response.stream.told(status, response.headers, fields)
        came = () if validate == "off" else response.deviations  # the transport's: read as meant, however strict
        deviations = (*came, *leniency.deviations(problems, validate))
        return replace(response, value=value, fields=fields, deviations=deviations)

    def _is_end_of_pages(self, problem: Problem, value: Any) -> bool:
        """Whether a problem is that the link to the next page is null, or absent, as it is on the last one."""
        link = self.paging.next_link if self.paging is not None else ()
        return bool(link) and problem.path in (link, (".".join(link),)) and member(value, link) in (None, "")

    def differences(self, response: Response) -> tuple[Problem, ...]:
        """How a response, whatever its status, differs from what the document promises for that status."""
        response = self._answered(response)
        answer = self.answer_for(response.status)
        if answer is None:
            return (Problem(("status",), f"{response.status} is not documented", leniency.STATUS),)
        found: list[Problem] = []
        self._fields(response, answer, found)
        try:
            self._decoded(response, answer, "lenient", found)
        except _OtherMediaType as error:
            found.append(Problem(("Content-Type",), str(error), leniency.MEDIA_TYPE))
        except ValueError as error:
            found.append(Problem(("body",), str(error)))
        return tuple(found)

    def _answered(self, response: Response) -> Response:
        """The response with the header fields that policies set."""
        for policy in self.policies["response"]:
            if policy.answer is not None:
                known = dict(response.headers)
                fields = policy.answer(known, Scope(self._connection))
                kept = {name: text for name, text in known.items() if name.lower() not in map(str.lower, fields)}
                response = replace(response, headers=Headers({**kept, **fields}.items()))
        return response

    def each(self, stream: Stream, validate: str) -> Iterator[Any]:
        """The items of the list in an answer that comes in pieces, each validated and typed by itself.

        Raises ``Unsupported`` for an answer without a list and for a media type that
        cannot be read in pieces, ``InvalidResponse`` as ``read``.
        """
        answer = self.answer_for(stream.status)
        came, parameters = essence(stream.headers.get("Content-Type", ""))
        path = self.operation.paging.items if self.operation.paging is not None else ()
        ways = self._ways(came, answer)
        holder, other = next((way for way in ways if way[0].each is not None), ways[0])
        path = () if holder.codec.listed else path
        schema = self._item_schema(holder.schema, path)
        item = self._body(f"{stream.status} items", schema, holder.media_type)
        if holder.each is None or item is None:
            raise Unsupported(f"{holder.media_type} cannot be read item by item; call {self.operation.id} instead")
        problems = [other] if other is not None else []

        def check(what: str) -> None:
            if faults := leniency.refused(problems, validate):
                raise InvalidResponse(f"{what} of {self.operation.id} breaks its document:", faults)
            problems.clear()

        try:
            for index, value in enumerate(holder.each(iter(stream), parameters, path, problems)):
                value = item.promised(value, problems)
                if validate != "off":
                    # An item is below the top of its answer.
                    problems += [replace(one, kind=leniency.SCHEMA) for one in item.judge(value)]
                typed = item.python(value, problems)
                check(f"item {index}")
                yield typed
            check("the answer")
        except ValueError as error:
            if isinstance(error, ConnectorError):
                raise
            raise InvalidResponse(f"the answer to {self.operation.id} {error}") from None

    def event(self, content_type: str, data: bytes, validate: str) -> Any:
        """The value of what was sent to a subscription's URL; ``InvalidResponse`` for what cannot
        be read."""
        came, parameters = essence(content_type)
        body = self._body("event", self.operation.event, came)
        if body is None:
            raise InvalidResponse(f"what came for {self.operation.id} is of type {came or 'none'}, which is not read")
        problems: list[Problem] = []
        try:
            value = body.read(data, parameters, problems)
        except ValueError as error:
            raise InvalidResponse(f"what came for {self.operation.id} {error}", body=data) from None
        problems += body.judge(value) if validate != "off" else []
        typed = body.python(value, problems)
        if faults := leniency.refused(problems, validate):
            raise InvalidResponse(f"what came for {self.operation.id} breaks its document:", faults, body=data)
        return typed

    def _item_schema(self, schema: Schema | None, path: tuple[str, ...]) -> Schema:
        here = self.contract(schema) if schema is not None else Schema()
        for name in path:
            here = self.contract(here.properties[name]) if name in here.properties else Schema()
        if "array" not in here.types:
            raise Unsupported(f"{self.operation.id} answers no list to go through")
        return here.items or Schema()

    def _value(self, response: Response, answer: Answer | None, validate: str, problems: list[Problem]) -> Any:
        try:
            return self._decoded(response, answer, validate, problems)
        except ValueError as error:
            raise InvalidResponse(
                f"the answer to {self.operation.id} {error}",
                body=response.body,
                content_type=response.headers.get("Content-Type", ""),
            ) from None

    def _decoded(self, response: Response, answer: Answer | None, validate: str, problems: list[Problem]) -> Any:
        """The value of an answer, with its problems; ``ValueError`` for one that cannot be read."""
        content_type = response.headers.get("Content-Type", "")
        if self.operation.method == "HEAD" or response.status in (204, 205):
            return None
        if not response.body and (not content_type or answer is None or not answer.media):
            # No octets and no word about them: there is no representation, hence no value.
            if answer is None or not answer.media:
                return None
            if self._is_file(answer.media[0].schema):
                return b""
            problems.append(Problem((), "is missing: there is no body", leniency.NO_BODY))
            return None
        came, parameters = essence(content_type)
        ways = self._ways(came, answer)
        if not response.body and ways[0][0].codec.structured:
            schema = ways[0][0].schema
            if schema is not None and self.contract(schema).nullable:
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
        """The value of octets by the first way that gives what is promised, else by the first that gives a value."""
        failure: ValueError | None = None
        best: tuple[Body, Any, list[Problem]] | None = None
        for body, other in ways:
            found = [other] if other is not None else []
            try:
                if other is not None and _is_page(data):
                    raise ValueError("is an HTML page")
                value = body.read(data, parameters, found)
            except ValueError as error:
                said = other is not None and other.kind == leniency.MEDIA_TYPE
                failure = failure or (_OtherMediaType(other.message) if said and other is not None else error)
                continue
            best = best or (body, value, found)
            if body.top_level(value) is None:
                best = (body, value, found)
                break
        if best is None:
            raise failure or ValueError("cannot be read")
        body, value, found = best
        problems += found
        if validate != "off":
            problems += body.judge(value)
        return body.python(value, problems)

    def _ways(self, came: str, answer: Answer | None) -> list[tuple[Body, Problem | None]]:
        """How an answer's octets may be read, the likeliest way first; each with what is then wrong with their media
        type.

        They are what they are said to be, where that is declared. Where it is not, they are what is declared, if they
        can be read so.
        """
        promised = [one.type for one in answer.media] if answer is not None else []
        if not promised:
            return [((self.answer_body(answer, came) if came else None) or self._octets_body, None)]
        schema = answer.media[0].schema if answer is not None else None
        if self._is_file(schema):
            return [(self.answer_body(answer, came or promised[0]) or self._octets_body, None)]  # of any type
        own = self.answer_body(answer, came) if came else None
        declared = self._declared(came, promised, own)
        if declared is not None:
            body = self.answer_body(answer, declared) or self._octets_body
            as_json = self.answer_body(answer, _JSON) if body.holds_no_members() else None
            return [(one, None) for one in (as_json, body) if one is not None]
        other = Problem(("Content-Type",), f"is {came}, where {' or '.join(promised)} is promised", leniency.MEDIA_TYPE)
        if not came:
            other = Problem(("Content-Type",), "is not said", leniency.NO_MEDIA_TYPE)
        bodies = [own] if own is not None and own.codec.structured else []
        for media_type in promised:
            body = self.answer_body(answer, media_type) or self._octets_body
            if body.codec not in [one.codec for one in bodies]:
                bodies.append(body)
        if own is not None and own.codec in (*TEXT, OCTETS) and not own.holds_no_members():
            bodies.append(own)
        return [(body, other) for body in bodies]

    @staticmethod
    def _declared(came: str, promised: list[str], own: Body | None) -> str | None:
        """The declared media type that octets have: theirs, a range it is in, or one that is written the same way."""
        for media_type in promised if came else ():
            name = essence(media_type)[0]
            if within(came, name):
                return came if "*" in name else media_type
            if own is not None and own.codec.structured and codec_for(media_type) is own.codec:
                return media_type
        return None

    @cached_property
    def _octets_body(self) -> Body:
        return Body(self._compiler, None, "application/octet-stream", OCTETS, self.xml, [], received=True)

    def _fields(self, response: Response, answer: Answer | None, deviations: list[Problem]) -> dict[str, Any]:
        """The declared header fields of an answer, typed; text that does not fit stays text."""
        found: dict[str, Any] = {}
        if answer is None or not answer.headers:
            return found
        for name, schema in answer.headers.items():
            if answer.at not in self._header_readers or name not in self._header_readers[answer.at]:
                one = schema.additional if schema.header_prefix and isinstance(schema.additional, Schema) else schema
                self._header_readers.setdefault(answer.at, {})[name] = self._header_reader(one)
            read = self._header_readers[answer.at][name]
            prefix = schema.header_prefix.lower()
            if prefix:
                found[name] = {
                    field[len(prefix) :]: read(text, (name, field[len(prefix) :]), deviations)
                    for field, text in response.headers.items()
                    if field.lower().startswith(prefix)
                }
            elif name in response.headers:
                found[name] = read(response.headers[name], (name,), deviations)
        return found

    def _header_reader(self, schema: Schema) -> Converter:
        effective = self.contract(schema)
        style = style_of(schema.form_style, schema, self.contract)
        validator = Validator(JsonSchemaWriter(self.service, request=False).write_document(schema))
        decode = self._compiler.converters(schema).parse

        def read(text: str, path: Path, problems: list[Problem]) -> Any:
            texts = [part.strip() for part in text.split(",")] if "array" in effective.types else [text]
            row = STYLES["multi"] if "array" in effective.types and style is STYLES["csv"] else style
            value = row.read(texts, schema, self.contract)
            problems += validator.problems(value, path)
            return decode(value, path, problems) if decode else value

        return read

    def _said(self, response: Response, answer: Answer | None) -> Any:
        """The value of an error: as the document has it, else as JSON or XML that it is, else its text."""
        data = response.body
        came, parameters = essence(response.headers.get("Content-Type", ""))
        ignored: list[Problem] = []
        if not data:
            return None
        try:
            value = self._read_by(self._ways(came, answer), data, parameters, "off", ignored)
        except ValueError:
            value = data
        if isinstance(value, (str, bytes)) and came != "text/html":
            read = self._sniffed(data, parameters)
            value = read if read is not None else value
        file = answer is not None and answer.media and self._is_file(answer.media[0].schema)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) and not file else value

    def _refusal(self, response: Response, answer: Answer | None) -> AnswerError:
        ignored: list[Problem] = []
        value = self._said(response, answer)
        code, message = provider_error(value, self.errors)
        unauthenticated = any(policy.unauthenticated == response.status for policy in self.every_policy())
        kind = Unauthorized if unauthenticated else answer_error(response.status)
        return kind(
            snake(self.operation.id),
            response.status,
            description=answer.description if answer else "",
            value=value,
            code=code,
            message=message,
            headers=response.headers,
            fields=self._fields(response, answer, ignored),
            retry_after=retry_after(response.headers),
            target=shown(response.headers.get("Location", "")) if 300 <= response.status < 400 else "",
        )


def pick(value: Any, steps: tuple[str, ...]) -> Any:
    """The value at a path of member names, or None; an empty path picks nothing."""
    if not steps:
        return None
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def member(value: Any, steps: tuple[str, ...]) -> Any:
    """The same, where a name may hold the dots that part a path: ``odata.nextLink``."""
    whole = ".".join(steps)
    return value[whole] if isinstance(value, Mapping) and whole in value else pick(value, steps)


def _twice(encode: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: path_text(encode(text))


_ENCODERS: Mapping[tuple[str, str], Callable[[str], str]] = {
    ("path", "once"): path_text,
    ("path", "twice"): _twice(path_text),
    ("path", "none"): str,
    ("query", "once"): query_text,
    ("query", "twice"): _twice(path_text),
    ("query", "none"): str,
}
"""How a value is encoded, by where it goes and how often."""


def _judgeable(value: Any) -> Any:
    """What stands for octets, or a list of them, before the schema of a file: text."""
    if isinstance(value, list):
        return [_judgeable(one) for one in value]
    return "" if is_octets(value) else value


def _structured(media_type: str) -> bool:
    """Whether a media type holds values of any type."""
    codec = codec_for(media_type)
    return codec is not None and codec.structured


_OCTETS, _TEXT = "application/octet-stream", "text/plain"


def _concrete(media_range: str, value: Any) -> list[str]:
    """The media types within a range in which a value can be sent, best first: octets by what they say of themselves,
    text as text, everything else as JSON. A media type is the one within itself."""
    name = essence(media_range)[0]
    if "*" not in name:
        return [media_range]
    known: tuple[Any, ...] = (_TEXT, _JSON) if isinstance(value, str) else (_JSON, _TEXT)
    if is_octets(value):
        file = value if isinstance(value, File) else File(value)
        known = (file.content_type, mimetypes.guess_type(str(file.name))[0], _OCTETS)
    return [one for one in known if isinstance(one, str) and within(essence(one)[0], name)]


def within(came: str, declared: str) -> bool:
    """Whether a media type is the one declared, or in the range declared (``image/*``)."""
    return came == declared or declared == "*/*" or (declared.endswith("/*") and came.startswith(declared[:-1]))


def _is_page(data: bytes) -> bool:
    """Whether octets begin as an HTML page does (WHATWG MIME Sniffing section 7.1): what gateways answer in place of a
    service."""
    start = data[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _replace(headers: dict[str, str], name: str, text: str) -> None:
    """Sets a header field in place of one of its name."""
    for known in [known for known in headers if known.lower() == name.lower()]:
        del headers[known]
    headers[name] = field_text(name, text, allowed=("cookie",))


def _overlapping(path: tuple[str, ...], spelled: Mapping[tuple[str, ...], str]) -> str | None:
    """How what is at a path, around it or within it was spelled already."""
    for size in range(1, len(path) + 1):
        if path[:size] in spelled:
            return spelled[path[:size]]
    return next((name for other, name in spelled.items() if other[: len(path)] == path), None)


def _put(members: dict[str, Any], path: tuple[str, ...], value: Any, *, anew: bool = True) -> None:
    """Puts a value at a path of members; one that is there stays where it is not put ``anew``."""
    for step in path[:-1]:
        inner = members.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        members = inner
    if anew or path[-1] not in members:
        members[path[-1]] = value


def _plain_data(value: Any, path: Path, problems: list[Problem]) -> Any:
    """A value as plain data, all the way down: mappings as dict, other collections as list, what extends text or a
    number (members of an enumeration, numbers of other libraries) as that. What is none of these stays as it is."""
    try:
        return _plain_node(value, path, problems)
    except RecursionError:
        problems.append(Problem(path, "is nested too deep"))
        return None


def _plain_node(value: Any, path: Path, problems: list[Problem]) -> Any:
    kind = type(value)
    if kind in _PLAIN or (kind is int and -_LARGEST < value < _LARGEST):
        return value
    if kind is dict or isinstance(value, Mapping):
        plain: dict[str, Any] = {}
        for name, inside in value.items():
            key = _plain_node(name, path, problems)
            if isinstance(key, str):
                plain[key] = _plain_node(inside, (*path, key), problems)
            else:
                problems.append(Problem(path, f"has a member {short_repr(name)}, whose name is not text"))
        return plain
    if kind is list or (isinstance(value, (Sequence, Set)) and not isinstance(value, _UNITS)):
        return [_plain_node(inside, (*path, index), problems) for index, inside in enumerate(value)]
    if isinstance(value, Enum):
        return _plain_node(value.value, path, problems)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Decimal):
        number: Any = value
        fits_in = value.is_finite() and (not value or abs(value.adjusted()) < _DIGITS)
    elif isinstance(value, Integral):
        number = int(value)
        fits_in = -_LARGEST < number < _LARGEST
    elif isinstance(value, Real) and not isinstance(value, Rational):
        number, fits_in = float(value), True
    else:
        return value
    if fits_in:
        return number
    problems.append(Problem(path, "is no number that JSON has and every peer reads"))
    return None


_PLAIN = frozenset({str, float, bool, type(None)})
_UNITS = (str, bytes, bytearray, memoryview)
"""Sequences that are one value."""
_DIGITS = 308
_LARGEST = 10**_DIGITS
"""Beyond the doubles nobody need read a number of JSON (RFC 8259 section 6)."""
