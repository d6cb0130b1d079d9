"""Policies that choose where a request goes: another host, another path, another method.

Where a request goes is for the connector and its connection to decide. An argument may fill one label of a host whose
domain the connector names; a connection value may be a whole host, or a part of one, which then stays within what the
connector names of it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.endpoints import INSIDE
from openconnectors.engine.errors import ConnectionMissing, Unsupported
from openconnectors.engine.model import MISSING
from openconnectors.engine.policies.effects import AskFirst, ChangeRequest, RequestBuilder
from openconnectors.engine.policies.expressions import ARGUMENTS, METHOD, Expression, Scope, Template, template
from openconnectors.engine.policies.use import PolicyParameter, UnusablePolicy, Use
from openconnectors.engine.secret import Secret

_METHODS = ("get", "post", "put", "patch", "delete", "options", "head", "@request.originalhttpmethod")
HOST = (PolicyParameter("urlTemplate"),)
ENDPOINT = (PolicyParameter("newPath"), PolicyParameter("httpMethod", required=False, choices=_METHODS))
VALUE = (
    PolicyParameter("parameterTemplate"),
    PolicyParameter("parameterValueUrl"),
    PolicyParameter("parameterValuePathTemplate"),
    PolicyParameter("httpMethod", required=False, choices=("get", "post", "put")),
)

_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LABEL = pattern(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
"""One label of a host name: at most 63 octets (RFC 1035 section 2.3.4), letters, digits and inner hyphens (RFC 1123
section 2.1)."""
_DOMAIN = pattern(r"[A-Za-z0-9-]*(\.[A-Za-z0-9-]+)+\.[A-Za-z]{2,}\Z")
"""What follows an argument in a host: the domain that the connector names, with two labels at least."""
_LITERAL_PATH = "/%:@!$&'()*+,;=~-._"
"""Characters of a path that a connector writes as they are meant (RFC 3986 section 3.3), also its percent signs."""


def dynamic_host_url(use: Use) -> tuple[ChangeRequest]:
    """Scheme, host and base path. If the operator names the base (``base_url``), only the path of the template is
    added."""
    url, text = use["urlTemplate"], use.template("urlTemplate")
    by_argument = any(expression.root in ARGUMENTS for expression in text.expressions)

    def change(request: RequestBuilder, scope: Scope) -> None:
        if not request.fixed:
            if by_argument:
                _check_label(text, url, scope)
            _check_inside(text, url, scope)
        expanded = text.text(scope, _host_text)
        if expanded is None and request.fixed:
            expanded = "".join(part for part in text.parts if isinstance(part, str))
        if expanded is None:
            raise Unsupported(f"the host {url!r} needs a value that the call does not have")
        scheme, separator, rest = expanded.partition("://")
        while _SCHEME.match(rest):  # the value brought a scheme along
            scheme, separator, rest = rest.partition("://")
        if not separator:
            scheme, rest = "https", expanded
        host, slash, below = rest.partition("/")
        below, question, query = below.partition("?")
        if question:
            request.query[:0] = [pair for pair in query.split("&") if pair]
        path = quote(f"{slash}{below}".rstrip("/"), safe=_LITERAL_PATH)
        if any(part in (".", "..") for part in unquote(path).replace("\\", "/").split("/")):
            raise ValueError(f"must not put '.' or '..' as a segment into {url!r}")
        request.base = f"{request.base}{path}" if request.fixed else f"{scheme}://{host}{path}"

    return (ChangeRequest(change, in_head=not by_argument and "?" not in url),)


def _host_text(expression: Expression, value: Any) -> str:
    return str(value).strip().rstrip("/")


def _host_parts(text: Template) -> list[str | Expression]:
    """The parts of a template of a URL that make its host."""
    parts = list(text.parts)
    if parts and isinstance(parts[0], str):
        parts[0] = parts[0].rpartition("://")[2]
    host: list[str | Expression] = []
    for part in parts:
        if isinstance(part, str) and "/" in part:
            return [*host, part.partition("/")[0]]
        host += [part] if part != "" else []
    return host


def _check_inside(text: Template, url: str, scope: Scope) -> None:
    """Raise ``ConnectionMissing`` for a connection value that is a part of the host and would leave its part."""
    parts = _host_parts(text)
    if not any(isinstance(part, str) and part.strip("/:0123456789") for part in parts):
        return  # the value is the host, and may bring a scheme and a path along
    for part in parts:
        if isinstance(part, str):
            continue
        value = part.value(scope)
        host = _host_text(part, value).rpartition("://")[2] if part is parts[0] else str(value)
        if value is not MISSING and not INSIDE.match(host.strip()):
            raise ConnectionMissing(
                f"the connection value {part.name} is a part of the host {url!r}: give that part alone, of letters, "
                "digits, '-' and '.'"
            )


def _check_label(text: Template, url: str, scope: Scope) -> None:
    """Raise ``ValueError`` for an argument that would be more of the host than one label below a named domain."""
    for index, part in enumerate(text.parts):
        if isinstance(part, str) or part.root not in ARGUMENTS:
            continue
        before = "".join(other for other in text.parts[:index] if isinstance(other, str))
        if "/" in before.partition("://")[2]:
            continue  # in the path
        after = text.parts[index + 1] if index + 1 < len(text.parts) else ""
        domain = after.partition("/")[0] if isinstance(after, str) else ""
        if not _DOMAIN.match(domain) or not _LABEL.match(str(part.value(scope))):
            raise ValueError(
                f"would choose the host of the request, as {url!r} has it; where it may go is the connection's to "
                "say: give base_url"
            )


def route_request_to_endpoint(use: Use) -> tuple[ChangeRequest]:
    """Another path and method at the same service. Values of the path stay encoded as they are."""
    new_path, place = use["newPath"], use.template("newPath")
    method = use.get("httpMethod", "@Request.OriginalHTTPMethod").strip()

    def change(request: RequestBuilder, scope: Scope) -> None:
        if not METHOD.match(method):
            request.method = method.upper()
        request.path = _place(place, new_path, request, scope)

    return (ChangeRequest(change),)


_PATH_VARIABLE = pattern(r"\{([^{}@]+)\}")
"""A variable of ``newPath``; what has an at sign is an expression (``@{…}``, ``{@…}``)."""


def _place(place: Template, new_path: str, request: RequestBuilder, scope: Scope) -> str:
    """A path of a template with its variables filled. What it has of a query goes to the request's."""
    # A value of the connection may be several segments; what a caller gives stays in one.
    text = place.text(
        scope, lambda expression, value: quote(str(value), safe="" if expression.root in ARGUMENTS else "/")
    )
    if text is None:
        raise Unsupported(f"the path {new_path!r} needs a value that the call does not have")

    def fill(variable: re.Match[str]) -> str:
        name = variable[1]
        if name in request.path_variables:
            return request.path_variables[name]
        value = scope.query.get(name, scope.headers.get(name))
        if value is None:
            raise Unsupported(f"the path {new_path!r} has {{{name}}}, which the operation does not have")
        return quote(str(value), safe="")

    path, _, query = _PATH_VARIABLE.sub(fill, text).partition("?")
    if any(part in (".", "..") for part in unquote(path).split("/")):
        raise ValueError(f"must not be or hold '.' or '..' as a segment of the path {new_path!r}")
    request.query[:0] = [pair for pair in query.split("&") if pair]
    return path if path.startswith("/") else f"/{path}"


def set_value_from_url(use: Use) -> tuple[AskFirst]:
    """A header field or query parameter whose value the service is asked for first. The value is a secret."""
    target = use.path("parameterTemplate")
    if target.root not in ("headers", "queryparameters"):
        message = f"the value goes to {use['parameterTemplate']!r}; it can go to headers or queryParameters"
        raise UnusablePolicy(message, "parameterTemplate")
    method, url, name = use.get("httpMethod", "GET").upper(), use["parameterValueUrl"], target.name

    def request(waiting: RequestBuilder, scope: Scope) -> RequestBuilder:
        builder = RequestBuilder(
            method, waiting.base, "", [], {}, path_variables=waiting.path_variables, mask=waiting.mask
        )
        builder.path = _place(template(url), url, builder, scope)
        return builder

    def put(value: Any, waiting: RequestBuilder, scope: Scope) -> Scope:
        text = str(value)
        waiting.mask.add(Secret(text))
        if target.root == "headers":
            for known in [known for known in waiting.headers if known.lower() == name.lower()]:
                del waiting.headers[known]
            waiting.secret_headers[name] = text
            return replace(scope, headers={**scope.headers, name: text})
        waiting.query[:] = [pair for pair in waiting.query if unquote(pair.partition("=")[0]) != name]
        waiting.secret_query[name] = text
        return replace(scope, query={**scope.query, name: text})

    value = use.path("parameterValuePathTemplate")
    return (AskFirst(method, url, name, request, value, put),)
