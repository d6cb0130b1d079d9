"""One exchange against a document: the operation that it is for, and what of its request and response deviates.

Rule 1. Requests are judged by the sandbox's judge (openapi-core), responses by what a call would report as deviations.
Rule 2. Connection values that are part of a path are not known here: where the document has a variable before its
paths, or a policy puts a value into one, any text fits.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Literal
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.call.sample_connection import sample_values
from openconnectors.engine.errors import Problem, dotted, printable
from openconnectors.engine.http import Headers, Response
from openconnectors.engine.masking import revealed
from openconnectors.engine.model import Operation, Server, Service
from openconnectors.engine.path_templates import split
from openconnectors.engine.sandbox.judge import Judge, Verdict
from openconnectors.engine.sandbox.protocol import HttpError, HttpRequest, decoded
from openconnectors.engine.sandbox.routing import Match, Router
from openconnectors.engine.values.body import Compiler


class Deviation(Struct, frozen=True):
    """A place where an exchange differs from its document. ``place`` is a parameter, a header field or a path into the
    body; empty for the message as a whole."""

    part: Literal["request", "response"]
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.part}: {self.place}: {self.message}" if self.place else f"{self.part}: {self.message}"


class Examination(Struct, frozen=True):
    """What a document says of an exchange: the operation by its Python name, empty if there is none, and the
    deviations."""

    operation: str
    deviations: tuple[Deviation, ...] = ()


class RequestExamination(Struct, frozen=True):
    """What a document says of a request; ``match`` is the operation, None if there is none."""

    match: Match | None
    deviations: tuple[Deviation, ...] = ()


class Examiner:
    """Examines exchanges with one service. Safe to use from several threads."""

    def __init__(self, service: Service) -> None:
        self._names = {operation_id: name for name, operation_id in operation_names(service).items()}
        compiler = Compiler(service)
        values = sample_values(service)
        connection = Connection(service, values, "http://127.0.0.1")

        def base(operation: Operation | None) -> str:
            url: str = revealed(connection.base if operation is None else connection.base_for(operation))
            return urlsplit(url).path

        self._judge = Judge(compiler)
        self._router = Router(compiler, values, base)
        self._bases = _bases(service, [(service.servers, base(None)), *(
            (operation.servers, base(operation))
            for operation in (route.plan.operation for route in self._router.routes)
            if operation.servers
        )])  # fmt: skip

        self._routed = _routed([route.base + route.template for route in self._router.routes], set(values.values()))

    def request(self, request: HttpRequest) -> RequestExamination:
        """What the document says of a request."""
        request = replace(request, path=self._local(request.path))
        coding = request.headers.get("Content-Encoding")
        try:
            if coding:
                request = replace(request, body=decoded(request.body, coding))
            candidates = self._router.candidates(request)
        except HttpError as error:
            return RequestExamination(None, (Deviation("request", "", _words(error)),))
        first: list[Verdict] | None = None
        for match in candidates:
            verdicts = self._judge.verdicts(match.route, match.values, request.query, request.headers, request.body)
            if not verdicts:
                return RequestExamination(match)
            first = first if first is not None else verdicts
        if not candidates:  # OPTIONS, which every path has
            return RequestExamination(None)
        return RequestExamination(candidates[0], tuple(map(_of_verdict, first or ())))

    def response(self, match: Match | None, response: Response, method: str = "") -> tuple[Deviation, ...]:
        """How a response to a request of an operation differs from what the document declares for its status. That of
        a HEAD request has no body (RFC 9110 section 9.3.2)."""
        problems: Iterable[Problem] = match.route.plan.differences(response) if match is not None else ()
        if method == "HEAD":
            problems = [problem for problem in problems if problem.part in ("status", "header")]
        return tuple(_of_problem(problem) for problem in (*response.deviations, *problems))

    def exchange(self, request: HttpRequest, response: Response) -> Examination:
        """What the document says of an exchange."""
        examined = self.request(request)
        deviations = examined.deviations + self.response(examined.match, response, request.method)
        return Examination(self.name(examined.match), deviations)

    def name(self, match: Match | None) -> str:
        """The Python name of an operation; empty if there is none."""
        return self._names.get(match.operation_id, "") if match is not None else ""

    def _local(self, path: str) -> str:
        """A path with the values of the connection as the router has them."""
        for pattern, base in self._bases:
            beginning = pattern.match(path)
            if beginning is not None:
                path = base + path[beginning.end() :]
                break
        segments = path.split("/")
        for literals, values in self._routed:
            if len(segments) == len(literals) and all(map(_fits, segments, literals)):
                return "/".join(values.get(index, segment) for index, segment in enumerate(segments))
        return path


def _bases(service: Service, servers: Iterable[tuple[tuple[Server, ...], str]]) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of the paths below which operations stand, with variables, each with the path of the router's."""
    patterns: dict[str, str] = {}
    for alternatives, base in servers:
        for server in alternatives:
            _, _, path = server.url.rpartition("://")[2].partition("/")
            parts = split(f"/{path}".rstrip("/"))
            if len(parts) > 1:
                text = "".join("[^/]+" if index % 2 else re.escape(part) for index, part in enumerate(parts))
                patterns.setdefault(f"{text}(?=/)", base)
    return [(re.compile(text), base) for text, base in sorted(patterns.items(), key=lambda item: -len(item[0]))]


def _routed(paths: Iterable[str], values: Collection[str]) -> list[tuple[list[str], dict[int, str]]]:
    """The paths that have a connection value as a segment: their segments, empty where any text fits, and these values
    by their places."""
    routed = []
    for path in paths:
        segments = path.split("/")
        places = {index: segment for index, segment in enumerate(segments) if segment in values}
        if places:
            free = [index in places or len(split(segment)) > 1 for index, segment in enumerate(segments)]
            literals = ["" if is_free else segment for segment, is_free in zip(segments, free, strict=True)]
            routed.append((literals, places))
    return routed


def _fits(segment: str, literal: str) -> bool:
    return not literal or segment == literal


def _words(error: HttpError) -> str:
    return printable(error.reason)


def _of_verdict(verdict: Verdict) -> Deviation:
    place = " ".join(part for part in (verdict.location, verdict.member) if part)
    message = verdict.reason.removeprefix(f"{verdict.member}: ") if verdict.member else verdict.reason
    return Deviation("request", printable(unquote(place)), printable(message))


_PARTS = {"header": "header ", "value": "body ", "body": "body "}


def _of_problem(problem: Problem) -> Deviation:
    place = dotted(problem.path) if problem.path or problem.part == "value" else ""
    place = "" if problem.part == "status" else f"{_PARTS.get(problem.part, '')}{place}".strip()
    return Deviation("response", place, printable(problem.message))


def received(method: str, url: str, headers: Headers, body: bytes) -> HttpRequest:
    """A request as it would be received, of its absolute URL."""
    parts = urlsplit(url)
    return HttpRequest(method, parts.path or "/", parts.query, headers, body)
