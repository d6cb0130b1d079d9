"""The request of a call: its method, URL, header fields and body, then what policies change of it.

Rule 1. Problems of arguments are gathered through all rooms and reported at once; nothing is built of wrong ones.

Rule 2. Policies run on a ``RequestBuilder``, in the order of the properties file, before credentials are attached. If
one needs a value of the service's, the request comes with a prerequisite, and the policies after it wait for that.

Rule 3. What policies set is checked as what callers give: base URL, names and values of header fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from openconnectors.engine.credentials import Credentials
from openconnectors.engine.errors import (
    ConnectionMissing,
    InvalidArguments,
    InvalidResponse,
    Problem,
    Unsupported,
)
from openconnectors.engine.http import NO_HOST, Prerequisite, Request, Response, checked_base, field_text
from openconnectors.engine.masking import Url as SecretUrl
from openconnectors.engine.masking import mask_of, revealed
from openconnectors.engine.model import Operation
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Arguments
from openconnectors.engine.plan.gathering import Gathering
from openconnectors.engine.plan.negotiation import Negotiation
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.response import Responses
from openconnectors.engine.plan.url import Url
from openconnectors.engine.policies import OperationPolicies
from openconnectors.engine.policies.effects import AskFirst, ChangeRequest, RequestBuilder
from openconnectors.engine.policies.expressions import Scope
from openconnectors.engine.streams import Content
from openconnectors.engine.urls import encoded_path, path_text
from openconnectors.engine.values.body import Body
from openconnectors.engine.values.codecs.binding import MemberError
from openconnectors.engine.values.validation import not_plain_data

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
"""Methods that may be sent again without a further effect (RFC 9110 section 9.2.2)."""
_IN_PLACE = frozenset({"host", "content-length", "transfer-encoding", "connection", "keep-alive"})
"""Header fields of the transport that may be given all the same, since each request has them: what is sent is the
transport's own."""


class Requests:
    """The requests of one operation over one connection."""

    def __init__(
        self,
        operation: Operation,
        arguments: Arguments,
        gathering: Gathering,
        url: Url,
        negotiation: Negotiation,
        responses: Responses,
        policies: OperationPolicies,
        connection: Mapping[str, Any],
        retry_on: frozenset[int],
    ) -> None:
        self._operation = operation
        self._arguments = arguments
        self._gathering = gathering
        self._url = url
        self._negotiation = negotiation
        self._responses = responses
        self._policies = policies
        self._connection = connection
        self._retry_on = retry_on

    def request(self, arguments: Mapping[str, Any], base: str, options: Options, *, fixed: bool = False) -> Request:
        """The request for arguments by Python or wire name, to ``base`` (no slash at its end). If ``fixed``, no policy
        may choose another base.

        Raises ``InvalidArguments`` with every problem, and ``Unsupported`` if the operation needs what no row can do.
        """
        values, problems, schema = self._gathering.gather(arguments, options.content_type)
        problems += self._negotiation.choose("accept", options.accept, arguments, values)
        problems += self._negotiation.choose("content-type", options.content_type, arguments, values)
        accept, refused = self._negotiation.accepted(options.accept)
        problems += refused
        body, refused = self._negotiation.body_for(options.content_type, values, schema)
        problems += refused
        places = {(problem.part, problem.path) for problem in problems}
        for problem in self._gathering.judge(values, body, schema):
            if (problem.part, problem.path) not in places:
                places.add((problem.part, problem.path))
                problems.append(problem)
        if not problems:
            builder = RequestBuilder(
                self._operation.method, revealed(base), "", [], {}, fixed=fixed, mask=mask_of(base), arguments=values
            )
            content, problems = self._fill(builder, values, accept, body, options)
        if not problems:
            try:
                return self._rewritten_by_all(builder, content, options, values)
            except ValueError as error:
                problems = [Problem((), str(error), part="request")]
        raise InvalidArguments(snake(self._operation.id), self._gathering.reported(problems, arguments))

    def _fill(
        self,
        builder: RequestBuilder,
        values: Mapping[str, Any],
        accept: str | None,
        body: Body | None,
        options: Options,
    ) -> tuple[bytes | Content | None, list[Problem]]:
        """Fill a builder with valid values. Return the body of the request, and the problems of values that cannot be
        sent all the same."""
        builder.path, problems = self._url.path(values, accept)
        builder.query, wrong = self._url.query(values, accept)
        problems += wrong
        builder.headers, wrong = self._headers(values, accept, builder.base)
        problems += wrong
        if self._arguments.at["cookie"]:
            cookies, wrong = self._cookies(values)
            problems += wrong
            if cookies:  # beside those that a header parameter Cookie brings along
                sent_cookies = next((text for name, text in builder.headers.items() if name.lower() == "cookie"), "")
                _set_header(builder.headers, "Cookie", f"{sent_cookies}; {cookies}" if sent_cookies else cookies)
        for name, text in options.headers.items():
            try:
                _set_header(builder.headers, name, str(text))
            except ValueError as error:
                problems.append(Problem(("headers", name), str(error), part="option"))
        whole = self._arguments.body_name
        content: bytes | Content | None = None
        if body is not None and whole in values:
            wrong = []
            try:
                content = body.encode(values[whole], wrong, options.part_headers)
                _set_header(builder.headers, "Content-Type", body.content_type(content))
            except MemberError as error:
                wrong.append(Problem((error.member,), error.reason))
            except ValueError as error:
                foreign = list(not_plain_data(values[whole], ())) if body.codec.structured else []
                wrong += foreign or [Problem((), str(error))]
            problems += [replace(problem, part="body") for problem in wrong]
        return content, problems

    # Header fields

    def _headers(
        self, values: Mapping[str, Any], accept: str | None, base: str
    ) -> tuple[dict[str, str], list[Problem]]:
        """The header fields for the values of a call, with the problems of values that cannot stand there."""
        headers: dict[str, str] = {}
        problems: list[Problem] = []
        sources: dict[str, str] = {}
        accept_field = self._negotiation.accept_field(accept)
        if accept_field is not None:
            headers["Accept"] = accept_field
        for argument in self._arguments.at["header"]:
            if argument.name not in values:
                continue
            value, parameter = values[argument.name], self._url.parameter(argument)
            if argument.wire.lower() in _IN_PLACE:
                if argument.wire.lower() == "host" and str(value).lower() != urlsplit(base).netloc.lower():
                    message = (
                        "would set the header field Host, which is that of the URL; give base_url to call another host"
                    )
                    problems.append(Problem((argument.name,), message, part="argument"))
                continue
            prefix = argument.schema.header_prefix
            fields = {f"{prefix}{key}": inner for key, inner in value.items()} if prefix else {argument.wire: value}
            try:
                for name, inner in fields.items():
                    source = sources.setdefault(name.lower(), argument.name)
                    if source != argument.name:
                        raise ValueError(f"is the header field of {source!r} too (RFC 9110 section 5.1); give one")
                    _set_header(headers, name, parameter.text(inner))
            except ValueError as error:
                problems.append(Problem((argument.name,), str(error), part="argument"))
        return headers, problems

    def _cookies(self, values: Mapping[str, Any]) -> tuple[str, list[Problem]]:
        """The value of the Cookie field for the values of a call (RFC 6265 section 4.2.1); empty if it has none."""
        pairs: list[str] = []
        problems: list[Problem] = []
        for argument in self._arguments.at["cookie"]:
            if argument.name in values:
                try:
                    pairs += self._url.parameter(argument).pairs(values[argument.name])
                except ValueError as error:
                    problems.append(Problem((argument.name,), str(error), part="argument"))
        return "; ".join(pairs), problems

    # Policies

    @cached_property
    def _effects(self) -> tuple[ChangeRequest | AskFirst, ...]:
        return tuple(effect for effect in self._policies.request if isinstance(effect, (ChangeRequest, AskFirst)))

    def _rewritten_by_all(
        self, builder: RequestBuilder, content: bytes | Content | None, options: Options, values: Mapping[str, Any]
    ) -> Request:
        """The request of a builder, rewritten by the policies."""
        if not self._effects:
            return self._finished(builder, content, options)
        builder.path_variables = {
            argument.wire: self._url.segment(argument, values[argument.name])
            for argument in self._arguments.at["path"]
            if argument.name in values
        }
        query, headers = (
            {argument.wire: values[argument.name] for argument in self._arguments.at[place] if argument.name in values}
            for place in ("query", "header")
        )
        scope = Scope(self._connection, builder.method, headers=headers, query=query)
        return self._rewritten(builder, content, options, scope, self._effects)

    def _rewritten(
        self,
        builder: RequestBuilder,
        content: bytes | Content | None,
        options: Options,
        scope: Scope,
        effects: tuple[ChangeRequest | AskFirst, ...],
    ) -> Request:
        """The request after these effects. If one needs a value of the service's, the rest wait for it."""
        for index, effect in enumerate(effects):
            if isinstance(effect, ChangeRequest):
                effect.change(builder, scope)
                continue
            prerequisite = effect.request(builder, scope)
            prerequisite.headers["Accept"] = self._negotiation.accept_header
            waiting = effects[index + 1 :]

            def complete(
                response: Response, effect: AskFirst = effect, waiting: tuple[ChangeRequest | AskFirst, ...] = waiting
            ) -> Request:
                if not 200 <= response.status < 300:
                    self._responses.read(response, "off")  # raises what its status means
                value = effect.value.value(replace(scope, body=self._responses.untyped(response)))
                if not isinstance(value, (str, int, float)):
                    raise InvalidResponse(f"the answer to {effect.method} {effect.path} has no {effect.target}")
                known = effect.put(value, builder, scope)
                return self._rewritten(builder, content, options, known, waiting)

            first = Prerequisite(self._checked(prerequisite, None, options), complete)
            return replace(self._checked(builder, content, options), prerequisite=first)
        return self._checked(builder, content, options)

    def _checked(self, builder: RequestBuilder, content: bytes | Content | None, options: Options) -> Request:
        """The request of a builder that policies have changed: what they set must be fit to be sent."""
        checked_base(SecretUrl(builder.base, builder.mask))
        for name, text in (*builder.headers.items(), *builder.secret_headers.items()):
            field_text(name, text, allowed=("cookie",))
        secrets = (*builder.secret_headers.values(), *builder.secret_query.values())
        request = self._finished(builder, content, options)
        return replace(
            request, credentials=Credentials(builder.secret_headers, builder.secret_query, secrets, builder.instead)
        )

    def _finished(self, builder: RequestBuilder, content: bytes | Content | None, options: Options) -> Request:
        if not builder.base:
            raise ConnectionMissing(NO_HOST)
        separator = "&" if "?" in builder.path else "?"  # a value that is written as it is may bring a query along
        query = f"{separator}{'&'.join(builder.query)}" if builder.query else ""
        return Request(
            builder.method,
            SecretUrl(f"{builder.base}{builder.path}{query}", builder.mask),
            dict(builder.headers),
            content,
            safe=builder.method in SAFE,
            retry_on=self._retry_on | options.retry_on,
            timeout=options.timeout,
            base=SecretUrl(builder.base, builder.mask),
            arguments=builder.arguments,
        )

    # For a service that answers them

    def place(self) -> tuple[str, str]:
        """The method and the path template that requests have once policies have rewritten them.

        ``Unsupported`` for a path that no request can have."""
        operation = self._operation
        variables, query, headers = (
            {argument.wire: f"{{{argument.wire}}}" for argument in self._arguments.at[location]}
            for location in ("path", "query", "header")
        )
        path = "".join(f"{{{part}}}" if index % 2 else part for index, part in enumerate(encoded_path(operation.path)))
        builder = RequestBuilder(operation.method, "", path, [], {}, path_variables=variables, fixed=True)
        scope = Scope(self._connection, operation.method, headers=headers, query=query)
        try:
            for effect in self._effects:
                if isinstance(effect, ChangeRequest):
                    effect.change(builder, scope)
        except (Unsupported, ValueError):
            return operation.method, path
        placed = builder.base + builder.path
        for variable in (*variables.values(), *query.values(), *headers.values()):
            placed = placed.replace(path_text(variable), variable)  # a policy encodes what it places
        return builder.method, placed

    def policy_credentials(
        self, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
    ) -> Credentials:
        """The credentials that policies set, of the connection and of arguments in header fields and the query."""
        builder = RequestBuilder(self._operation.method, "", "", [], {}, fixed=True)
        scope = Scope(self._connection, self._operation.method, headers=headers or {}, query=query or {})
        for effect in self._effects:
            with suppress(Unsupported, ValueError):
                if isinstance(effect, ChangeRequest):
                    effect.change(builder, scope)
        return Credentials(builder.secret_headers, builder.secret_query, instead=builder.instead)


def _set_header(headers: dict[str, str], name: str, text: str) -> None:
    """Set a header field in place of one of its name, in whatever case."""
    for known in [known for known in headers if known.lower() == name.lower()]:
        del headers[known]
    headers[name] = field_text(name, text, allowed=("cookie",))
