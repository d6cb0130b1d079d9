"""One operation compiled: ``request(arguments) → Request`` and ``read(Response) → Response`` with its
value. Pure: nothing here opens a socket, sleeps or looks at a clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote

from engine.body import Body, Compiler
from engine.codecs import codec_for, essence
from engine.errors import (
    AnswerError,
    InvalidArguments,
    InvalidResponse,
    Path,
    Problem,
    Unsupported,
    answer_error,
    nearest,
)
from engine.http import Request, Response, retry_after
from engine.model import MISSING, Answer, ErrorShape, Operation, Parameter, Representation, Schema, Service, XmlRule
from engine.naming import snake, unique
from engine.policies import policies_for
from engine.schemas import JsonSchemas, Validator
from engine.styles import STYLES

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
"""Methods that may be sent again without a further effect (RFC 9110 section 9.2.2)."""

FRAMING = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "cookie",
        "proxy-authorization",
        "proxy-connection",
    }
)
"""Header fields that belong to the transport: an argument that would set one is refused."""

_BAD_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SEGMENT = re.compile(r"[/\\]")
_HOLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Argument:
    """One keyword argument of an operation.

    ``name`` is its Python name, ``wire`` the document's; ``location`` says where it goes: ``path``,
    ``query``, ``header``, ``body`` (the whole body) or ``property`` (one member of the body).
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


@dataclass(frozen=True, slots=True)
class Options:
    """How a call is made, apart from its arguments.

    ``accept`` and ``content_type`` are media types; ``timeout`` is the seconds that the whole call may
    take; ``validate_responses`` is ``"lenient"``, ``"strict"`` or ``"off"``.
    """

    accept: str | None = None
    content_type: str | None = None
    timeout: float = 60.0
    validate_responses: str = "lenient"


class Plan:
    """An operation, compiled on first use and kept."""

    def __init__(self, compiler: Compiler, operation: Operation) -> None:
        self._compiler = compiler
        self.service: Service = compiler.service
        self.operation = operation
        service = self.service
        self.xml = operation.xml if operation.xml != XmlRule() else service.xml
        self.errors = operation.errors if operation.errors != ErrorShape() else service.errors
        own = operation.representation
        self.representation = own if own != Representation() else service.representation
        self.resend = operation.resend or service.resend
        self.policies = {section: policies_for(service, operation.id, section) for section in ("request", "response")}
        self._bodies: dict[tuple[str, str], Body] = {}

    def contract(self, schema: Schema) -> Schema:
        """A schema as callers see it: references followed, ``allOf`` merged."""
        return self._compiler.contract.resolve(schema)

    # Arguments

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """Every argument, required ones first as the document has them; names are unique."""
        operation = self.operation
        taken: dict[str, Argument] = {}

        def add(parameter: Parameter, wire: str, schema: Schema, location: str, required: bool) -> None:
            effective = self.contract(schema)
            own = parameter if location != "property" else schema
            name = unique(snake(own.client_name or wire), taken)
            default = schema.default if schema.default is not MISSING else effective.default
            taken[name] = Argument(
                name=name,
                wire=wire,
                location=location,
                schema=schema,
                required=required,
                default=default,
                title=own.title or effective.title,
                description=own.description or effective.description,
                parameter=parameter,
                hidden=(own.visibility or effective.visibility) == "internal",
            )

        for parameter in operation.parameters:
            add(parameter, parameter.name, parameter.schema, parameter.location, parameter.required)
        body = operation.body
        if body is not None:
            effective = self.contract(body.schema)
            whole = unique(snake(body.client_name or body.name), taken)
            parts = {name: one for name, one in effective.properties.items() if self._written(one)}
            if not operation.fields:
                names = {snake(one.client_name or name) for name, one in parts.items()}
                if whole in names:
                    # The member keeps its name: it is what people fill in; the whole steps aside.
                    whole = unique(f"{whole}_whole", {*taken, *names})
                body = replace(body, client_name=whole)
            for name, one in parts.items():
                add(body, name, one, "property", body.required and name in effective.required)
            if not operation.fields:
                add(body, body.name, body.schema, "body", body.required and not parts)
        return tuple(sorted(taken.values(), key=lambda one: not self.asked(one)))

    def _written(self, schema: Schema) -> bool:
        return not (schema.read_only or self.contract(schema).read_only)

    @staticmethod
    def asked(argument: Argument) -> bool:
        """Whether a caller must give the argument: required, and nothing fills it in."""
        return argument.required and argument.default is MISSING

    @cached_property
    def _by_name(self) -> Mapping[str, Argument]:
        found = {one.wire: one for one in reversed(self.arguments)}
        return found | {one.name: one for one in self.arguments}

    @cached_property
    def _body_argument(self) -> str:
        # Form fields have no whole to name: a key that no Python name can be.
        return next((one.name for one in self.arguments if one.location == "body"), "*")

    @cached_property
    def _validator(self) -> Validator:
        """Judges ``{argument: value, …}`` with the body in one piece under its own name."""
        writer = JsonSchemas(self.service, request=True)
        properties: dict[str, Any] = {}
        required = []
        for one in self.arguments:
            if one.location != "property":
                properties[one.name] = writer.write(one.schema)
                if one.required:
                    required.append(one.name)
        body = self.operation.body
        if body is not None:
            properties[self._body_argument] = writer.write(body.schema)
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

    def gather(self, given: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
        """Arguments by Python or wire name as ``{argument: contract value}``, with the body in one piece;
        what is wrong is added to the problems. What is hidden or required takes its default."""
        values: dict[str, Any] = {}
        members: dict[str, Any] = {}
        whole = self._body_argument
        for name, value in given.items():
            argument = self._by_name.get(name)
            if argument is None:
                known = [one.name for one in self.arguments if not one.hidden]
                problems.append(Problem((name,), f"is no argument of {snake(self.operation.id)}{nearest(name, known)}"))
                continue
            if value is None and not argument.required and not self._nullable(argument.schema):
                continue
            if argument.location == "property":
                members[argument.wire] = value
            else:
                argument, value = self._operator(argument, value)
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
                        members.setdefault(one.wire, one.default)
                values[whole] = self._plain(body.schema, members, (whole,), problems)
        return values

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
        try:
            value = _containers(value)
        except RecursionError:
            problems.append(Problem(path, "is nested too deep"))
            return value
        encode = self._compiler.steps(schema)[2]
        return encode(value, path, problems) if encode else value

    def _told(self, problem: Problem, in_parts: bool) -> Problem:
        """A problem under the name that the caller used: a member of a body given in parts by its own."""
        if not in_parts or len(problem.path) < 2 or problem.path[0] != self._body_argument:
            return problem
        for one in self.arguments:
            if one.location == "property" and one.wire == problem.path[1]:
                return Problem((one.name, *problem.path[2:]), problem.message)
        return Problem(problem.path[1:], problem.message)

    # Requests

    def request(self, given: Mapping[str, Any], base: str, options: Options) -> Request:
        """The request for arguments by Python or wire name, to ``base`` (no slash at its end).

        Raises :class:`~engine.errors.InvalidArguments` with every problem, and
        :class:`~engine.errors.Unsupported` where the operation needs what no row can do.
        """
        problems: list[Problem] = []
        values = self.gather(given, problems)
        for problem in self._validator.problems(values):
            if not any(problem.path == known.path for known in problems):
                problems.append(problem)
        accept = self._accepted(options.accept, problems)
        body = self._chosen_body(options.content_type, problems)
        whole = self._body_argument
        headers: dict[str, str] = {}
        query: list[str] = []
        content: bytes | None = None
        path = ""
        if not problems:
            path = self._path(values, accept, problems)
            self._query(values, accept, query, problems)
            self._headers(values, accept, headers, problems)
            if body is not None and whole in values:
                try:
                    content = body.write(values[whole], problems)
                except ValueError as error:
                    problems.append(Problem((whole,), str(error)))
                headers["Content-Type"] = body.content_type
        if problems:
            in_parts = whole not in given and (self.operation.body is None or self.operation.body.name not in given)
            told = dict.fromkeys(self._told(problem, in_parts) for problem in problems)
            places = {one.name: place for place, one in enumerate(self.arguments)}
            order = sorted(told, key=lambda problem: places.get(str(problem.path[0]), -1) if problem.path else -1)
            raise InvalidArguments(snake(self.operation.id), order)
        url = f"{base}{path}" + (f"?{'&'.join(query)}" if query else "")
        method = self.operation.method
        return Request(method, url, headers, content, safe=method in SAFE, resend=self.resend, timeout=options.timeout)

    @cached_property
    def _template(self) -> list[str]:
        """The path, its holes at the odd places; without the suffix that names the representation."""
        path = self.operation.path
        if self.representation.where == "path":
            suffixes = sorted(self.representation.values, key=len, reverse=True)
            path = path.removesuffix(next((one for one in suffixes if one and path.endswith(one)), ""))
        parts = _HOLE.split(path)
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
                texts = STYLES[argument.parameter.style].write(values[argument.name])
                parts[index] = segment(",".join(texts))
            except ValueError as error:
                problems.append(Problem((argument.name,), str(error)))
        if self.representation.where == "path":
            parts.append(self._representation_of(accept))
        return "".join(parts)

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
        for one in self.arguments:
            if one.location != "query" or one.name not in values:
                continue
            try:
                texts = STYLES[one.parameter.style].write(values[one.name])
            except ValueError as error:
                problems.append(Problem((one.name,), str(error)))
                continue
            query += [f"{quote(one.wire, safe='')}={quote(text, safe='')}" for text in texts]
        if self.representation.where == "query":
            mark = self._representation_of(accept)
            query.append(f"{quote(self.representation.name, safe='')}={quote(mark, safe='')}")

    def _headers(
        self, values: Mapping[str, Any], accept: str | None, headers: dict[str, str], problems: list[Problem]
    ) -> None:
        if self.representation.where == "header":
            headers["Accept"] = self._accept_header if accept is None else accept
        elif accept is not None:
            headers["Accept"] = accept
        for one in self.arguments:
            if one.location != "header" or one.name not in values:
                continue
            try:
                headers[one.wire] = field(one.wire, ",".join(STYLES[one.parameter.style].write(values[one.name])))
            except ValueError as error:
                problems.append(Problem((one.name,), str(error)))

    # Negotiation

    @cached_property
    def offered(self) -> tuple[str, ...]:
        """Media types in which an answer can be asked for: those produced that a codec reads."""
        known = [one for one in self.operation.produces if codec_for(one) is not None]
        if self.representation.where != "header":
            known = [one for one in known if one in self.representation.values.values()]
        return tuple(known)

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
            found = next((one for one in self.offered if essence(one)[0] == essence(asked)[0]), None)
            if found is None:
                said = ", ".join(self.offered) or "nothing that is read here"
                problems.append(
                    Problem(("accept",), f"{asked!r} is not offered by {self.operation.id}; it offers {said}")
                )
            return found
        return None if self.representation.where == "header" else next(iter(self.offered), None)

    def _chosen_body(self, asked: str | None, problems: list[Problem]) -> Body | None:
        if self.operation.body is None:
            return None
        consumes = self.operation.consumes
        if asked is not None:
            consumes = tuple(one for one in consumes if essence(one)[0] == essence(asked)[0])
            if not consumes:
                said = ", ".join(self.operation.consumes)
                problems.append(
                    Problem(("content_type",), f"{asked!r} is not taken by {self.operation.id}; it takes {said}")
                )
                return None
        for media_type in consumes:
            body = self.request_body(media_type)
            if body is not None:
                return body
        raise Unsupported(f"{self.operation.id} takes {', '.join(consumes)}, which no codec writes")

    def request_body(self, media_type: str) -> Body | None:
        """The body of a request in a media type; None where no codec writes it."""
        body = self.operation.body
        return self._body("request", body.schema if body else None, media_type)

    def answer_body(self, answer: Answer | None, media_type: str) -> Body | None:
        """The body of an answer in a media type; None where no codec reads it."""
        schema = answer.media[0].schema if answer is not None and answer.media else None
        return self._body(answer.status if answer is not None else "", schema, media_type)

    def _body(self, key: str, schema: Schema | None, media_type: str) -> Body | None:
        if (key, media_type) not in self._bodies:
            codec = codec_for(media_type)
            if codec is None:
                return None
            section = "request" if key == "request" else "response"
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

    # Answers

    def answer_for(self, status: int) -> Answer | None:
        """The declared answer for a status: its code, its range, else ``default`` (which speaks of errors
        wherever a success is declared by its own code)."""
        answers = self.operation.answers
        exact = answers.get(str(status)) or answers.get(f"{status // 100}XX")
        if exact is not None or "default" not in answers:
            return exact
        declared_success = any(code.startswith("2") for code in answers)
        return None if 200 <= status < 300 and declared_success else answers["default"]

    def read(self, response: Response, validate: str) -> Response:
        """The response with its value and deviations.

        Raises an :class:`~engine.errors.AnswerError` for an error status and
        :class:`~engine.errors.InvalidResponse` for what is no whole, readable answer.
        """
        status = response.status
        answer = self.answer_for(status)
        if not 200 <= status < 300:
            raise self._refusal(response, answer)
        if status == 206:
            raise InvalidResponse(f"{self.operation.id} was answered 206, a part of what was asked for")
        deviations: list[Problem] = []
        if answer is None:
            deviations.append(Problem(("status",), f"{status} is not documented"))
        value = self._value(response, answer, validate, deviations)
        if validate == "off":
            deviations = []
        elif validate == "strict" and deviations:
            raise InvalidResponse(f"{self.operation.id} was answered {status}, which breaks its document:", deviations)
        return replace(response, value=value, deviations=tuple(deviations))

    def _value(self, response: Response, answer: Answer | None, validate: str, deviations: list[Problem]) -> Any:
        promised = answer is not None and bool(answer.media)
        if not response.body:
            if promised and response.status not in (204, 205) and self.operation.method != "HEAD":
                raise InvalidResponse(f"{self.operation.id} was answered {response.status} with an empty body")
            return None
        body, charset = self._body_of(response, answer)
        if body is None:
            return response.body
        try:
            value = body.read(response.body, charset, deviations)
        except ValueError as error:
            raise InvalidResponse(f"the answer to {self.operation.id} {error}") from None
        if validate != "off":
            deviations += body.judge(value)
        return body.python(value, deviations)

    def _body_of(self, response: Response, answer: Answer | None) -> tuple[Body | None, str | None]:
        """How an answer's octets are read: by what it says they are, if that is what the document promises."""
        content_type = response.headers.get("Content-Type", "")
        came, charset = essence(content_type)
        if answer is None or not answer.media:
            return (self.answer_body(answer, came) if came else None), charset
        promised = [one.type for one in answer.media]
        if not came:
            return self.answer_body(answer, promised[0]), charset
        family = codec_for(came)
        for media_type in promised:
            if essence(media_type)[0] == came or (family is not None and codec_for(media_type) is family):
                return self.answer_body(answer, media_type), charset
        raise InvalidResponse(f"the answer to {self.operation.id} is {came}, where {' or '.join(promised)} is promised")

    def _refusal(self, response: Response, answer: Answer | None) -> AnswerError:
        value: Any = None
        if response.body:
            try:
                body, charset = self._body_of(response, answer)
                ignored: list[Problem] = []
                value = response.body
                if body is not None:
                    value = body.python(body.read(response.body, charset, ignored), ignored)
            except (ValueError, InvalidResponse):
                value = response.body.decode("utf-8", "replace")
        message = value[:500] if isinstance(value, str) else pick(value, self.errors.message)
        return answer_error(response.status)(
            snake(self.operation.id),
            response.status,
            description=answer.description if answer else "",
            value=value,
            code=pick(value, self.errors.code),
            message=message if isinstance(message, str) else None,
            headers=response.headers,
            retry_after=retry_after(response.headers),
        )


def pick(value: Any, steps: tuple[str, ...]) -> Any:
    """The value at a path of member names, or None; an empty path picks nothing."""
    if not steps:
        return None
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def segment(text: str) -> str:
    """A path value percent-encoded as one segment (RFC 3986 section 3.3): everything but unreserved
    characters. ``ValueError`` for what would leave its place: empty, ``.``, ``..``, also between slashes."""
    if not text:
        raise ValueError("must not be empty: it is a segment of the path")
    if any(part in (".", "..") for part in _SEGMENT.split(text)):
        raise ValueError(f"must not be or hold '.' or '..' as a segment of the path, as {text!r} does")
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    return quote(text, safe="")


def field(name: str, text: str) -> str:
    """The value of a header field; ``ValueError`` for a field of the transport's own, a line break or NUL
    (RFC 9110 section 5.5), or what Latin-1 cannot hold."""
    if name.lower() in FRAMING:
        raise ValueError(f"would set the header field {name}, which is the transport's own")
    if _BAD_IN_HEADER.search(text):
        raise ValueError("must not hold a line break or another control character: it is a header field")
    if text != text.strip():
        raise ValueError("must not begin or end with a blank: it is a header field")
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("must not hold characters beyond Latin-1: it is a header field") from None
    return text


def _containers(value: Any) -> Any:
    """Mappings and sequences as dict and list, all the way down."""
    if isinstance(value, Mapping):
        return {str(name) if isinstance(name, str) else name: _containers(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_containers(one) for one in value]
    return value
