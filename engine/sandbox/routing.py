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


class Route(Struct, frozen=True):
    """One operation in one of its representations: a method, and a pattern of paths below the base path.

    ``names`` are the path variables in the order of the pattern's groups; ``accept`` is the media type that the path
    stands for, if its end chooses one; ``base`` the path below which it stands, without a slash at its end.
    """

    plan: Plan
    method: str
    template: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    accept: str | None
    base: str = ""

    def relative(self, path: str) -> str | None:
        """A path below the base path; None for a path elsewhere."""
        return path[len(self.base) :] if path.startswith(f"{self.base}/") or not self.base else None

    def match(self, path: str, query: str = "") -> dict[str, str] | None:
        """The path variables by wire name, still percent-encoded; None if path or query are those of another route."""
        groups = self.pattern.fullmatch(_normalized(path))
        pairs = query.split("&")
        if any("{" not in pair and pair not in pairs for _, pair in self.plan.url.fixed_query):
            return None
        return None if groups is None else dict(zip(self.names, groups.groups(), strict=True))


class Match(NamedTuple):
    """A route with the values of its path variables in a request, by wire name and still percent-encoded."""

    route: Route
    values: Mapping[str, str]


class Router:
    """The routes of one service. ``base`` gives the path below which an operation stands, without a slash at its end,
    and for None that of the service. ``connection`` are the values that policies may read.
    """

    def __init__(
        self, compiler: Compiler, connection: Mapping[str, object], base: Callable[[Operation | None], str]
    ) -> None:
        self._compiler = compiler
        self._base = base(None)
        self.routes = [replace(route, base=base(route.plan.operation)) for route in routes(compiler, connection)]
        self._unreadable = unreadable(compiler.service)

    def candidates(self, request: HttpRequest) -> list[Match]:
        """The operations that a request may be for: of several with one path and method those that declare most of the
        fields of its form. Empty for an OPTIONS request that no operation takes.

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
            undeclared = [self._undeclared_fields(match.route, request) for match in candidates]
            least = min(undeclared)
            candidates = [match for match, count in zip(candidates, undeclared, strict=True) if count == least]
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
        """The routes of the request's path, of any method."""
        return [
            Match(route, values)
            for route in self.routes
            if (path := route.relative(request.path)) and (values := route.match(path, request.query)) is not None
        ]

    def _undeclared_fields(self, route: Route, request: HttpRequest) -> int:
        """The number of fields of a form that the operation does not declare; 0 for other bodies."""
        content_type = request.headers.get("Content-Type", "")
        schema = route.plan.bodies.request_schema(content_type)
        if schema is None or codec_for(content_type) is not FORM:
            return 0
        properties = self._compiler.wire.resolve(schema).properties
        declared = {
            member.encoding.name if member.encoding and member.encoding.name else name
            for name, member in properties.items()
        }
        fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        return len({name for name, _ in fields} - declared)


def routes(compiler: Compiler, connection: Mapping[str, object] | None = None) -> list[Route]:
    """The routes of every operation that can be read, at the paths to which policies send their requests.

    A path is matched by the first route that fits, so a path with fewer variables comes first (OpenAPI: "concrete
    paths would be matched before their templated counterparts"), of these one with more fixed query parameters, then
    one with more fixed text. ``connection`` are the values that policies may read.
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
            all_routes.append(_route(plan, method, path, None))
    return sorted(
        all_routes,
        key=lambda route: (
            len(route.names),
            -len(route.plan.url.fixed_query),
            -sum(map(len, split(route.template)[::2])),
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
    return Route(plan, method, template, _pattern(template, unencoded), names, accept)


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
