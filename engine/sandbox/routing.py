"""Which operation a request is for: routes made of the paths of a document, and the choice among them."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.documents.parts import readable
from openconnectors.engine.errors import Unsupported
from openconnectors.engine.model import Operation, Service
from openconnectors.engine.path_templates import split, variables
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.protocol import HttpError, HttpRequest
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import codec_for
from openconnectors.engine.values.codecs.form import CODEC as FORM

IGNORED_HEADERS = ("accept", "content-type", "authorization")
"""Header parameters that "shall be ignored" (OpenAPI 3.1, section 4.8.12.2), in lower case."""


class Route(Struct, frozen=True):
    """One operation in one of its representations: a method, and a pattern of paths below the base path.

    ``names`` are the path variables in the order of the pattern's groups; ``accept`` is the media type that the path
    stands for, if its end chooses one; ``base`` the path below which it stands, without a slash at its end.
    ``depth`` is the number of slashes that its paths have, None if a value may bring more. ``enumerated`` are the
    required parameters in the query and the header that are one of a few texts: location, name, texts.
    """

    plan: Plan
    method: str
    template: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    accept: str | None
    base: str = ""
    depth: int | None = None
    enumerated: tuple[tuple[str, str, frozenset[str]], ...] = ()

    def match(self, path: str, query: str = "") -> dict[str, str] | None:
        """The path variables of a path below the base path, by wire name and still percent-encoded; None if path or
        query are those of another route."""
        return self.match_normalized(_normalized(path), query.split("&"))

    def match_normalized(self, path: str, pairs: Collection[str]) -> dict[str, str] | None:
        """As ``match``, for a path in normal form and the pairs of a query."""
        groups = self.pattern.fullmatch(path)
        if groups is None or any("{" not in pair and pair not in pairs for _, pair in self.plan.url.fixed_query):
            return None
        return dict(zip(self.names, groups.groups(), strict=True))


class Match(NamedTuple):
    """A route with the values of its path variables in a request, by wire name and still percent-encoded."""

    route: Route
    values: Mapping[str, str]

    @property
    def operation_id(self) -> str:
        """The id of the operation."""
        return self.route.plan.operation.id


class Router:
    """The routes of one service. ``base`` gives the path below which an operation stands, without a slash at its end,
    and for None that of the service. ``connection`` are the values that policies may read.

    Documents have thousands of paths, and hundreds of operations on one path that only a parameter tells apart (AWS:
    ``X-Amz-Target``, ``Action``). Only routes of the request's depth are matched, and candidates whose enumerated
    parameters it does not have are left out before a judge reads it.
    """

    def __init__(
        self, compiler: Compiler, connection: Mapping[str, object], base: Callable[[Operation | None], str]
    ) -> None:
        self._compiler = compiler
        self._base = base(None)
        self.routes = [replace(route, base=base(route.plan.operation)) for route in routes(compiler, connection)]
        self._unreadable = unreadable(compiler.service)
        self._by_base: dict[str, dict[int | None, list[tuple[int, Route]]]] = {}
        for index, route in enumerate(self.routes):
            self._by_base.setdefault(route.base, {}).setdefault(route.depth, []).append((index, route))

    def candidates(self, request: HttpRequest) -> list[Match]:
        """The operations that a request may be for: of several with one path and method those whose enumerated
        parameters it has, of these those that declare most of the fields of its form. Empty for an OPTIONS request that
        no operation takes.

        Raises ``HttpError``: 404 for an unknown path, 405 for a method that the path does not have, 501 for an
        operation that cannot be read.
        """
        matches = self._matches(request)
        methods = {match.route.method for match in matches}
        path = request.path.removeprefix(self._base)
        if request.method not in methods and any(
            method == request.method and pattern.fullmatch(path) for method, pattern in self._unreadable
        ):
            raise HttpError(501, f"the operation for {request.path} cannot be read from the document")
        if not matches:
            raise HttpError(404, f"no resource at {request.path}")
        method = "GET" if request.method == "HEAD" and "HEAD" not in methods else request.method
        candidates = [match for match in matches if match.route.method == method]
        if not candidates and method == "OPTIONS":
            return []
        if not candidates:
            raise HttpError(405, "this path does not have the method", {"Allow": self.allowed(request)})
        if len(candidates) > 1:
            fitting = _with_enumerated(candidates, request)
            undeclared = self._undeclared_fields(fitting or candidates, request)
            least = min(undeclared)
            pairs = zip(fitting or candidates, undeclared, strict=True)
            candidates = [match for match, count in pairs if count == least]
            if not fitting:
                return candidates[:1]  # every one is refused: the first says why
        return candidates

    def allowed(self, request: HttpRequest) -> str:
        """The value of ``Allow`` for the path of a request (RFC 9110 section 10.2.1)."""
        methods = {match.route.method for match in self._matches(request)}
        return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))

    def similar(self, path: str) -> Route | None:
        """A route whose representation a path without an operation names by its longest suffix, else the first one.

        Errors for unknown paths are written in its shape.
        """
        named = [
            (len(suffix), route)
            for route in self.routes
            if route.accept is not None
            for suffix, media_type in route.plan.representation.values.items()
            if media_type == route.accept and path.endswith(suffix)
        ]
        return max(named, key=lambda pair: pair[0])[1] if named else next(iter(self.routes), None)

    def _matches(self, request: HttpRequest) -> list[Match]:
        """The routes of the request's path, of any method, in their order."""
        pairs = request.query.split("&")
        matches: list[tuple[int, Match]] = []
        for base, by_depth in self._by_base.items():
            if request.path == base or not request.path.startswith(f"{base}/"):
                continue
            path = _normalized(request.path[len(base) :])
            for index, route in (*by_depth.get(path.count("/"), ()), *by_depth.get(None, ())):
                values = route.match_normalized(path, pairs)
                if values is not None:
                    matches.append((index, Match(route, values)))
        return [match for _, match in sorted(matches, key=lambda pair: pair[0])]

    def _undeclared_fields(self, matches: list[Match], request: HttpRequest) -> list[int]:
        """The number of fields of a form that each operation does not declare; 0 for other bodies."""
        content_type = request.headers.get("Content-Type", "")
        if codec_for(content_type) is not FORM:
            return [0] * len(matches)
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        fields = {name for name, _ in pairs}
        return [len(fields - self._declared_fields(match.route, content_type, fields)) for match in matches]

    def _declared_fields(self, route: Route, content_type: str, fields: set[str]) -> set[str]:
        """The fields of a form that an operation declares; all of ``fields`` if it has no schema for them."""
        schema = route.plan.bodies.request_schema(content_type)
        if schema is None:
            return fields
        return {
            member.encoding.name if member.encoding and member.encoding.name else name
            for name, member in self._compiler.wire.resolve(schema).properties.items()
        }


def _with_enumerated(matches: list[Match], request: HttpRequest) -> list[Match]:
    """The matches of which a request has every enumerated parameter."""
    query = dict(reversed(request.query_pairs))  # of several values the first, which the judge reads
    return [
        match
        for match in matches
        if all(
            (query if location == "query" else request.headers).get(name) in texts
            for location, name, texts in match.route.enumerated
        )
    ]


def routes(compiler: Compiler, connection: Mapping[str, object] | None = None) -> list[Route]:
    """The routes of every operation that can be read, at the paths to which policies send their requests.

    A path is matched by the first route that fits, so a path with fewer variables comes first (OpenAPI: "concrete
    paths would be matched before their templated counterparts"), of these one with more fixed query parameters, then
    one with more fixed text, then one whose path is written so in the document before one that a representation gives
    its end. ``connection`` are the values that policies may read.
    """
    all_routes = []
    for operation in readable(compiler.service):
        plan = Plan(compiler, operation, connection)
        try:
            method, path = plan.requests.place()
        except Unsupported:
            continue  # no request can have its path
        path = path.partition("?")[0]
        if plan.representation.where == "path":
            suffixes = plan.representation.values
            endings = sorted((suffix for suffix in suffixes if suffix and path.endswith(suffix)), key=len)
            stem = path.removesuffix(endings[-1]) if endings else path
            all_routes += [_route(plan, method, stem + suffix, media_type) for suffix, media_type in suffixes.items()]
        else:
            route = _route(plan, method, path, None)
            is_rewritten = bool(plan.policies.request)
            all_routes.append(route if is_rewritten else replace(route, enumerated=_enumerated(plan, compiler)))
    return sorted(
        all_routes,
        key=lambda route: (
            len(route.names),
            -len(route.plan.url.fixed_query),
            -sum(map(len, split(route.template)[::2])),
            route.accept is not None and route.template != route.plan.operation.path.partition("?")[0],
        ),
    )


def unreadable(service: Service) -> list[tuple[str, re.Pattern[str]]]:
    """Method and path pattern of the operations that cannot be read from the document."""
    known = {operation.id for operation in readable(service)}
    places = [place for name, place in service.places.items() if name not in known]
    return [(method, _pattern(path.partition("?")[0])) for method, path in places]


def _route(plan: Plan, method: str, template: str, accept: str | None) -> Route:
    names = tuple(map(unquote, variables(template)))
    unencoded = {
        parameter.name
        for parameter in plan.operation.parameters
        if parameter.location == "path" and parameter.encoding == "none"
    }
    depth = None if unencoded.intersection(names) else template.count("/")
    return Route(plan, method, template, _pattern(template, unencoded), names, accept, depth=depth)


def _enumerated(plan: Plan, compiler: Compiler) -> tuple[tuple[str, str, frozenset[str]], ...]:
    """The required parameters whose value is sent as it is and must be one of a few texts."""
    enumerated = []
    for parameter in plan.operation.parameters:
        schema = compiler.wire.resolve(parameter.schema)
        texts = frozenset(text for text in schema.enum or () if isinstance(text, str))
        is_text = schema.types in ((), ("string",)) and schema.enum is not None and len(texts) == len(schema.enum)
        is_plain = (
            parameter.location in ("query", "header")
            and parameter.name.lower() not in IGNORED_HEADERS
            and not parameter.content
            and parameter.encoding != "twice"
        )
        if parameter.required and is_plain and is_text and not schema.open_enum:
            enumerated.append((parameter.location, parameter.name, texts))
    return tuple(enumerated)


def _pattern(template: str, unencoded: Collection[str] = ()) -> re.Pattern[str]:
    """The pattern of a path template. The values of ``unencoded`` variables may have slashes."""
    parts = split(template)
    groups = ("(.+)" if unquote(name) in unencoded else "([^/]+)" for name in parts[1::2])
    return re.compile(
        "".join(next(groups) if index % 2 else re.escape(_normalized(part)) for index, part in enumerate(parts))
    )


_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")  # RFC 3986 section 2.3


def _normalized(path: str) -> str:
    """A path in the normal form of RFC 3986 section 6.2.2: unreserved characters decoded, hexadecimal digits in upper
    case, characters that a path cannot have encoded. Encoded delimiters stay encoded."""

    def decoded(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if character in _UNRESERVED else escape[0].upper()

    # All punctuation is safe: what is a delimiter here was one before.
    return quote(re.sub(r"%([0-9A-Fa-f]{2})", decoded, path), safe=string.punctuation)
