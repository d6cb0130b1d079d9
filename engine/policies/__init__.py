"""Policies: rewritings of requests and answers that a connector's properties ask for. One table, one row a template.

A policy is pure. What rewrites a body has both directions: ``apply`` is the one the template is named for,
``invert`` undoes it, for whoever stands on the other side of the wire. What rewrites a request changes a
``RequestBuilder``, before credentials are attached.

Source: learn.microsoft.com, "Policy templates in custom connectors"; the properties of the published connectors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import quote, unquote

from openconnectors.engine.credentials import Mask, Secret
from openconnectors.engine.endpoints import INSIDE
from openconnectors.engine.errors import ConnectionMissing, Diagnostic, Unsupported
from openconnectors.engine.http import field_text
from openconnectors.engine.model import MISSING, PolicyUse, Service
from openconnectors.engine.policies.expressions import (
    ARGUMENTS,
    METHOD,
    Expression,
    Scope,
    Step,
    Template,
    path,
    steps_of,
    template,
)
from openconnectors.engine.urls import query_text

Rewrite = Callable[[Any], Any]


@dataclass(slots=True, repr=False)
class RequestBuilder:
    """A request under construction, in clear, its values encoded.

    ``path_variables`` are the encoded values of the path by their names; what is in ``secret_headers`` and
    ``secret_query`` is attached with the credentials and shown nowhere. ``instead`` are the header fields that are set
    in place of any other. If ``fixed``, the operator has named where it goes, and no policy chooses another host.
    """

    method: str
    base: str
    path: str
    query: list[str]
    headers: dict[str, str]
    path_variables: Mapping[str, str] = field(default_factory=dict)
    secret_headers: dict[str, str] = field(default_factory=dict)
    secret_query: dict[str, str] = field(default_factory=dict)
    instead: set[str] = field(default_factory=set)
    fixed: bool = False
    mask: Mask = field(default_factory=Mask)


@dataclass(frozen=True, slots=True)
class Source:
    """A value that is asked from the service first: the request's method and path, and where the answer has it."""

    method: str
    path: str
    value: Expression
    target: Expression


@dataclass(frozen=True, slots=True)
class Cursor:
    """How a polling trigger goes on: the query parameters of the next question, made of the last answer, and where
    an answer has its events."""

    query: Mapping[str, Template]
    events: Expression


@dataclass(frozen=True, slots=True)
class Policy:
    """One use of a template, compiled; a row fills in what its template does.

    ``apply`` and ``invert`` rewrite a body, each on a fresh copy of what it changes; ``draft`` changes a request, and
    ``answer`` gives header fields in place of an answer's own. ``remark`` is what is odd about its use.
    """

    apply: Rewrite | None = None
    invert: Rewrite | None = None
    draft: Callable[[RequestBuilder, Scope], None] | None = None
    answer: Callable[[Mapping[str, str], Scope], Mapping[str, str]] | None = None
    source: Source | None = None
    cursor: Cursor | None = None
    next_link: str = ""
    unauthenticated: int = 0
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """The parameters of one use, and what they are compiled with."""

    given: Mapping[str, Any]
    section: str = "request"
    connection: Mapping[str, Any] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> str:
        return str(self.given[name])

    def get(self, name: str, otherwise: str = "") -> str:
        """A parameter that may be left out."""
        value = self.given.get(name)
        return otherwise if value is None else str(value)

    def hides(self, text: Template) -> bool:
        """Whether a text holds a secret of the connection."""
        return any(one.root == "connectionparameters" and one.name.lower() in self.secret for one in text.expressions)


# Bodies


def _body_policy(use: Use, forward: Any, backward: Any) -> Policy:
    """Both ways over the object, or each object of the list, at ``propertyParentPath``. They are called with the
    value there, and give the new one."""
    parent = path(use["propertyParentPath"]).steps
    sub = use.get("propertySubPath")
    new = path(use["newPropertyPath"])
    own = new.steps if new.root == "item" else new.steps[len(parent) :] if new.steps[: len(parent)] == parent else ()
    if len(own) != 1:
        raise Unsupported(f"the new property {use['newPropertyPath']!r} must stand beside the old one")
    name, old = str(own[0]), "" if sub in ("", "null") else str(steps_of(sub)[-1])

    def applied(holder: dict[str, Any]) -> dict[str, Any]:
        value = holder.get(old, MISSING) if old else holder
        made = MISSING if value is MISSING else forward(value)
        if made is MISSING:
            return holder
        return {name: made} if not old else {**holder, name: made}

    def inverted(holder: dict[str, Any]) -> dict[str, Any]:
        value = holder.get(name, MISSING)
        made = MISSING if value is MISSING else backward(value)
        if made is MISSING:
            return holder
        rest = {one: inside for one, inside in holder.items() if one != name}
        if old:
            return {**holder, old: made} if name == old else {**rest, old: made}
        return {**made, **rest} if isinstance(made, dict) else holder

    return Policy(lambda body: _at(body, parent, applied), lambda body: _at(body, parent, inverted))


def _at(value: Any, steps: tuple[Step, ...], change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The value with the object at a path, or each object of the list there, changed."""
    if isinstance(value, list):
        return [_at(one, steps, change) for one in value]
    if not isinstance(value, dict):
        return value
    if not steps:
        return change(value)
    if steps[0] not in value:
        return value
    return {**value, str(steps[0]): _at(value[str(steps[0])], steps[1:], change)}


def _convert_object_to_array(use: Use) -> Policy:
    """``{k: v, …}`` becomes ``[{keyName: k, valueName: v}, …]``."""
    key, value = use["keyName"], use["valueName"]

    def rows(given: Any) -> Any:
        return [{key: one, value: inside} for one, inside in given.items()] if isinstance(given, dict) else MISSING

    def members(given: Any) -> Any:
        if not isinstance(given, list):
            return MISSING
        return {str(row.get(key)): row.get(value) for row in given if isinstance(row, dict)}

    return _body_policy(use, rows, members)


def _convert_array_to_object(use: Use) -> Policy:
    """``[{key: k, …}, …]`` becomes ``{k: {…}, …}``."""
    key = use["keyWithinCollectionPath"]
    kept = use.get("retainKey").lower() == "true"

    def members(given: Any) -> Any:
        if not isinstance(given, list):
            return MISSING
        rows = [row for row in given if isinstance(row, dict) and key in row]
        return {str(row[key]): {name: one for name, one in row.items() if kept or name != key} for row in rows}

    def rows(given: Any) -> Any:
        if not isinstance(given, dict):
            return MISSING
        return [{key: name, **inside} for name, inside in given.items() if isinstance(inside, dict)]

    return _body_policy(use, members, rows)


def _string_to_array(use: Use) -> Policy:
    """``a;b`` becomes ``[a, b]``, or ``[{childPropertyName: a}, …]``."""
    marks, child = use["delimiterList"], use.get("childPropertyName")
    if not marks:
        raise Unsupported("the policy 'stringtoarray' needs a delimiter in delimiterList")
    between = re.compile(f"[{re.escape(marks)}]")

    def parted(given: Any) -> Any:
        if not isinstance(given, str):
            return MISSING
        parts = [part.strip() for part in between.split(given) if part.strip()]
        return [{child: part} for part in parts] if child else parts

    def joined(given: Any) -> Any:
        if not isinstance(given, list):
            return MISSING
        return marks[:1].join(str(one.get(child, "") if isinstance(one, dict) else one) for one in given)

    return _body_policy(use, parted, joined)


def _string_replace(use: Use) -> Policy:
    source, replacement = use["sourceString"], use.get("replacementString")

    def forward(given: Any) -> Any:
        return given.replace(source, replacement) if isinstance(given, str) and source else MISSING

    def backward(given: Any) -> Any:
        return given.replace(replacement, source) if isinstance(given, str) and replacement else MISSING

    return _body_policy(use, forward, backward)


def _move_properties(use: Use) -> Policy:
    """The value at ``srcParentPath`` and ``srcSubPath`` stands at ``dstParentPath`` and ``dstSubPath`` instead; where
    ``copyOnlySubProperties`` is true, its members stand there, beside those that are there already. Without a
    ``dstSubPath`` the value keeps its name.

    Of a list on the way that both paths share, each object is changed. Which members came from where cannot be told
    afterwards, so that undoing it for members gives the source all that the destination has, and takes nothing away.
    """
    parent, members = path(use["srcParentPath"]), use.get("copyOnlySubProperties").strip().lower() == "true"
    source = (*parent.steps, *_sub_path(use, "srcSubPath"))
    beside = path(use["dstParentPath"])
    target = (*(parent.steps if beside.root == "item" else ()), *beside.steps, *_sub_path(use, "dstSubPath"))
    if not members and source and not _sub_path(use, "dstSubPath"):
        target = (*target, source[-1])
    if not source or (not members and target[: len(source)] == source != target):
        raise Unsupported(f"{use['srcParentPath']!r} cannot be moved into itself; name a property in srcSubPath")
    shared = 0
    while shared < min(len(source) - 1, len(target) - (not members)) and source[shared] == target[shared]:
        shared += 1
    old, new = source[shared:], target[shared:]

    def moved(holder: dict[str, Any], here: tuple[Step, ...], there: tuple[Step, ...]) -> dict[str, Any]:
        value = _member(holder, here)
        return holder if value is MISSING else _with(_without(holder, here), there, value)

    def spread(holder: dict[str, Any]) -> dict[str, Any]:
        value, rest = _member(holder, old), _without(holder, old)
        known = _member(rest, new)
        known = {} if known is MISSING else known
        if not isinstance(value, dict) or not isinstance(known, dict):
            return holder
        return {**known, **value} if not new else _with(rest, new, {**known, **value})

    def gathered(holder: dict[str, Any]) -> dict[str, Any]:
        known = _member(holder, new)
        return _with(holder, old, known) if isinstance(known, dict) and known else holder

    if members:
        return Policy(
            lambda body: _at(body, source[:shared], spread), lambda body: _at(body, source[:shared], gathered)
        )
    return Policy(
        lambda body: _at(body, source[:shared], lambda holder: moved(holder, old, new)),
        lambda body: _at(body, source[:shared], lambda holder: moved(holder, new, old)),
    )


def _sub_path(use: Use, name: str) -> tuple[Step, ...]:
    """The steps of a parameter that may be left out: a relative path, or one from ``@item()``."""
    given = use.get(name).strip()
    if given in ("", "null"):
        return ()
    return path(given).steps if given.startswith("@") else steps_of(given)


def _member(value: Any, steps: tuple[Step, ...]) -> Any:
    """What stands at a path of objects, or MISSING."""
    for step in steps:
        value = value.get(str(step), MISSING) if isinstance(value, dict) else MISSING
    return value


def _with(value: Any, steps: tuple[Step, ...], member: Any) -> Any:
    """The value with a member at a path of objects; as it is where something else stands on the way."""
    if not steps:
        return member
    if value is MISSING or value is None:
        value = {}
    if not isinstance(value, dict):
        return value
    name = str(steps[0])
    return {**value, name: _with(value.get(name, MISSING), steps[1:], member)}


def _without(value: Any, steps: tuple[Step, ...]) -> Any:
    """The value without what stands at a path of objects."""
    name = str(steps[0])
    if not isinstance(value, dict) or name not in value:
        return value
    if len(steps) == 1:
        return {one: inside for one, inside in value.items() if one != name}
    return {**value, name: _without(value[name], steps[1:])}


def _encode_property_value(use: Use) -> Policy:
    """The text, percent-encoded."""
    return _body_policy(
        use,
        lambda given: quote(given, safe="") if isinstance(given, str) else MISSING,
        lambda given: unquote(given) if isinstance(given, str) else MISSING,
    )


def _set_property(use: Use) -> Policy:
    """A property added or replaced, its value a text, JSON, or a path; one whose path leads to nothing is left out."""
    parent = path(use["newPropertyParentPathTemplate"])
    name = str(steps_of(use["newPropertySubPathTemplate"])[-1])
    value = template(use["propertyValuePathTemplate"])
    itself = (*parent.steps, name)
    wraps = [one for one in value.expressions if one.steps == itself]

    def apply(body: Any) -> Any:
        scope = Scope(connection=use.connection, body=body)

        def change(holder: dict[str, Any]) -> dict[str, Any]:
            made = value.value(replace(scope, item=holder))
            return holder if made is MISSING else {**holder, name: made}

        return _at({} if body is None and not parent.steps else body, parent.steps, change)

    def invert(body: Any) -> Any:
        def change(holder: dict[str, Any]) -> dict[str, Any]:
            given = holder.get(name)
            if wraps and isinstance(given, list) and len(given) == 1:
                return {**holder, name: given[0]}
            if wraps or name not in holder:
                return holder
            return {one: inside for one, inside in holder.items() if one != name}

        return _at(body, parent.steps, change)

    return Policy(apply, invert)


# Requests


def _set_header(use: Use) -> Policy:
    """A header field of the request, or of the answer. One whose text is empty is not set."""
    name, text = use["name"].strip(), template(use.get("value"))
    action = use.get("existsAction", "override").lower()
    try:
        field_text(name, "", allowed=("cookie",))
    except ValueError as error:
        return Policy(remark=f"the policy {error}; nothing is set")
    hidden = use.hides(text) or name.lower() in ("authorization", "cookie")

    def merged(known: Mapping[str, str], scope: Scope) -> str | None:
        """The value to set, or None."""
        value = (text.text(scope) or "").strip()
        given = next((one for key, one in known.items() if key.lower() == name.lower()), None)
        if not value or (given is not None and action == "skip"):
            return None
        return f"{given}, {value}" if given not in (None, value) and action == "append" else value

    def draft(request: RequestBuilder, scope: Scope) -> None:
        value = merged({**request.headers, **request.secret_headers}, scope)
        if value is None:
            return
        for fields in (request.headers, request.secret_headers):
            for key in [key for key in fields if key.lower() == name.lower()]:
                del fields[key]
        (request.secret_headers if hidden else request.headers)[name] = value
        if action == "override":
            request.instead.add(name.lower())

    def answer(headers: Mapping[str, str], scope: Scope) -> Mapping[str, str]:
        value = merged(headers, scope)
        return {} if value is None else {name: value}

    return Policy(answer=answer) if use.section == "response" else Policy(draft=draft)


def _set_query_parameter(use: Use) -> Policy:
    """A parameter of the query."""
    name, text = unquote(use["name"]), template(use.get("value"))
    action = use.get("existsAction", "override").lower()
    hidden = use.hides(text)

    def draft(request: RequestBuilder, scope: Scope) -> None:
        value = text.text(scope)
        if value is None:
            return
        given = [pair for pair in request.query if unquote(pair.partition("=")[0]) == name]
        if given and action == "skip":
            return
        if action != "append":
            request.query[:] = [pair for pair in request.query if pair not in given]
        if hidden:
            request.secret_query[name] = value
        else:
            request.query.append(f"{query_text(name)}={query_text(value)}")

    return Policy(draft=draft)


def _host_parts(text: Template) -> list[str | Expression]:
    """The parts of a template of a URL that make its host."""
    parts = list(text.parts)
    if parts and isinstance(parts[0], str):
        parts[0] = parts[0].rpartition("://")[2]
    found: list[str | Expression] = []
    for part in parts:
        if isinstance(part, str) and "/" in part:
            return [*found, part.partition("/")[0]]
        found += [part] if part != "" else []
    return found


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
_DOMAIN = re.compile(r"[A-Za-z0-9-]*(\.[A-Za-z0-9-]+)+\.[A-Za-z]{2,}\Z")


def _dynamic_host_url(use: Use) -> Policy:
    """Scheme, host and base path. An argument may fill one label of a host whose domain the connector names, and
    choose no host of its own: for that the operator names the place (``base_url``). A connection value may be a whole
    host, or a part of one, which then stays within what the connector names of it."""
    text = template(use["urlTemplate"])

    def draft(request: RequestBuilder, scope: Scope) -> None:
        chosen = [one for one in text.expressions if one.root in ARGUMENTS]
        if chosen and not request.fixed:
            _only_a_label(text, scope)
        if not request.fixed:
            _only_inside(text, scope)
        url = text.text(scope, _part)
        if url is None and request.fixed:
            url = "".join(one for one in text.parts if isinstance(one, str))
        if url is None:
            raise Unsupported(f"the host {use['urlTemplate']!r} needs a value that the call does not have")
        scheme, mark, rest = url.partition("://")
        while _SCHEME.match(rest):  # the value brought a scheme along
            scheme, mark, rest = rest.partition("://")
        if not mark:
            scheme, rest = "https", url
        host, slash, below = rest.partition("/")
        below, question, query = below.partition("?")
        if question:
            request.query[:0] = [pair for pair in query.split("&") if pair]
        own = quote(f"{slash}{below}".rstrip("/"), safe="/%:@!$&'()*+,;=~-._")
        if any(part in (".", "..") for part in unquote(own).replace("\\", "/").split("/")):
            raise ValueError(f"must not put '.' or '..' as a segment into {use['urlTemplate']!r}")
        request.base = f"{request.base}{own}" if request.fixed else f"{scheme}://{host}{own}"

    def _part(one: Expression, value: Any) -> str:
        return str(value).strip().rstrip("/")

    def _only_inside(text: Template, scope: Scope) -> None:
        parts = _host_parts(text)
        if not any(isinstance(part, str) and part.strip("/:0123456789") for part in parts):
            return  # the value is the host, and may bring a scheme and a path along
        for part in parts:
            if isinstance(part, str):
                continue
            value = _part(part, part.value(scope)).rpartition("://")[2] if part is parts[0] else str(part.value(scope))
            if part.value(scope) is not MISSING and not INSIDE.match(value.strip()):
                raise ConnectionMissing(
                    f"the connection value {part.name} is a part of the host {use['urlTemplate']!r}: give that part "
                    "alone, of letters, digits, '-' and '.'"
                )

    def _only_a_label(text: Template, scope: Scope) -> None:
        parts = text.parts
        for index, part in enumerate(parts):
            if isinstance(part, str) or part.root not in ARGUMENTS:
                continue
            before = "".join(one for one in parts[:index] if isinstance(one, str))
            if "/" in before.partition("://")[2]:
                continue  # in the path
            after = parts[index + 1] if index + 1 < len(parts) else ""
            domain = after.partition("/")[0] if isinstance(after, str) else ""
            if not _DOMAIN.match(domain) or not _LABEL.match(str(part.value(scope))):
                raise ValueError(
                    f"would choose the host of the request, as {use['urlTemplate']!r} has it; where it may go is the "
                    "connection's to say: give base_url"
                )

    return Policy(draft=draft)


_PATH_HOLE = re.compile(r"\{([^{}@]+)\}")


def _route_request_to_endpoint(use: Use) -> Policy:
    """Another path and method at the same service. Values of the path stay encoded as they are."""
    place = template(use["newPath"])
    method = use.get("httpMethod", "@Request.OriginalHTTPMethod").strip()

    def draft(request: RequestBuilder, scope: Scope) -> None:
        if not METHOD.match(method):
            request.method = method.upper()
        request.path = _placed(place, use["newPath"], request, scope)

    return Policy(draft=draft)


def _placed(place: Template, told: str, request: RequestBuilder, scope: Scope) -> str:
    """A path of a template with its holes filled; what it has of a query goes to the request's."""
    text = place.text(scope, lambda one, value: quote(str(value), safe="" if one.root in ARGUMENTS else "/"))
    if text is None:
        raise Unsupported(f"the path {told!r} needs a value that the call does not have")

    def filled(hole: re.Match[str]) -> str:
        if hole[1] in request.path_variables:
            return request.path_variables[hole[1]]
        value = scope.query.get(hole[1], scope.headers.get(hole[1]))
        if value is None:
            raise Unsupported(f"the path {told!r} has {{{hole[1]}}}, which the operation does not have")
        return quote(str(value), safe="")

    whole, _, query = _PATH_HOLE.sub(filled, text).partition("?")
    if any(part in (".", "..") for part in unquote(whole).split("/")):
        raise ValueError(f"must not be or hold '.' or '..' as a segment of the path {told!r}")
    request.query[:0] = [pair for pair in query.split("&") if pair]
    return whole if whole.startswith("/") else f"/{whole}"


def _set_value_from_url(use: Use) -> Policy:
    """A header field or query parameter whose value the service is asked for first."""
    target = path(use["parameterTemplate"])
    if target.root not in ("headers", "queryparameters"):
        raise Unsupported(f"the value goes to {use['parameterTemplate']!r}; it can go to headers or queryParameters")
    value = path(use["parameterValuePathTemplate"])
    return Policy(source=Source(use.get("httpMethod", "GET").upper(), use["parameterValueUrl"], value, target))


def ask(source: Source, request: RequestBuilder, scope: Scope) -> tuple[str, str, list[str]]:
    """Method, path and query of the request for a value."""
    asked = RequestBuilder(source.method, request.base, "", [], {}, path_variables=request.path_variables)
    asked.path = _placed(template(source.path), source.path, asked, scope)
    return asked.method, asked.path, asked.query


def put(target: Expression, value: Any, request: RequestBuilder, scope: Scope) -> Scope:
    """Sets what was asked for, as a secret; gives the scope in which it is known."""
    text = str(value)
    request.mask.add(Secret(text))
    if target.root == "headers":
        for key in [key for key in request.headers if key.lower() == target.name.lower()]:
            del request.headers[key]
        request.secret_headers[target.name] = text
        return replace(scope, headers={**scope.headers, target.name: text})
    request.query[:] = [pair for pair in request.query if unquote(pair.partition("=")[0]) != target.name]
    request.secret_query[target.name] = text
    return replace(scope, query={**scope.query, target.name: text})


# Answers, pages and triggers


def _polling_trigger(use: Use) -> Policy:
    config = use.given["triggerConfig"]
    if not isinstance(config, Mapping):
        raise Unsupported("triggerConfig maps query parameters to expressions")
    query = {str(name): template(text) for name, text in config.items() if name}
    return Policy(cursor=Cursor(query, path(use["triggerDataPath"])))


def _unauthenticated(use: Use) -> Policy:
    try:
        return Policy(unauthenticated=int(use["statusCode"]))
    except ValueError:
        raise Unsupported(f"statusCode is a number, not {use['statusCode']!r}") from None


POLICIES: Mapping[str, Callable[[Use], Policy]] = {
    "convertobjecttoarray": _convert_object_to_array,
    "convertarraytoobject": _convert_array_to_object,
    "stringtoarray": _string_to_array,
    "stringreplace": _string_replace,
    "encodepropertyvalue": _encode_property_value,
    "moveproperties": _move_properties,
    "setproperty": _set_property,
    "setheader": _set_header,
    "setqueryparameter": _set_query_parameter,
    "dynamichosturl": _dynamic_host_url,
    "dynamicsubdomain": _dynamic_host_url,
    "routerequesttoendpoint": _route_request_to_endpoint,
    "setvaluefromurl": _set_value_from_url,
    "updatenextlink": lambda use: Policy(next_link=use["nextLinkPropertyName"]),
    "pollingtrigger": _polling_trigger,
    "setconnectionstatustounauthenticated": _unauthenticated,
}


class OperationPolicies:
    """The policies of one operation over one connection, compiled on first use; iterating gives those of requests, then
    those of responses. ``Unsupported`` for one that is not known."""

    def __init__(self, service: Service, operation: str, connection: Mapping[str, Any]) -> None:
        self._service = service
        self._operation = operation
        self._connection = connection

    @cached_property
    def _sections(self) -> tuple[list[Policy], list[Policy]]:
        # Both at once: an operation whose requests cannot be rewritten has no responses either.
        request, response = (
            policies_for(self._service, self._operation, section, self._connection)
            for section in ("request", "response")
        )
        return request, response

    @property
    def request(self) -> list[Policy]:
        """The policies of requests, in the order of the properties file."""
        return self._sections[0]

    @property
    def response(self) -> list[Policy]:
        """The policies of responses, in the order of the properties file."""
        return self._sections[1]

    def __iter__(self) -> Iterator[Policy]:
        return chain(*self._sections)


def policies_for(service: Service, operation: str, section: str, connection: Mapping[str, Any]) -> list[Policy]:
    """The policies of one operation and section, in the order of the properties file.

    ``Unsupported`` for a template without a row or with a parameter missing.
    """
    secret = frozenset(one.name.lower() for one in service.connection if one.secret)
    return [
        compile_policy(use, connection, secret)
        for use in service.policies
        if use.section == section and (not use.operations or operation in use.operations)
    ]


def compile_policy(
    use: PolicyUse, connection: Mapping[str, Any] | None = None, secret: frozenset[str] = frozenset()
) -> Policy:
    """One use of a template, compiled; ``Unsupported`` where it cannot be."""
    row = POLICIES.get(use.template)
    if row is None:
        raise Unsupported(f"the policy {use.template!r} is not known; known are {', '.join(POLICIES)}")
    try:
        return row(Use(use.parameters, use.section, connection or {}, secret))
    except KeyError as missing:
        raise Unsupported(f"the policy {use.template!r} needs the parameter {missing}") from None


def findings(service: Service) -> list[Diagnostic]:
    """What is wrong with the uses of policies, each at its place: their calls are refused."""
    found = []
    for use in service.policies:
        try:
            said = compile_policy(use).remark
        except Unsupported as error:
            said = str(error)
        unknown = [name for name in use.operations if name not in service.operations]
        if unknown:
            said = said or f"the policy {use.template!r} is for {unknown[0]!r}, which is no operation"
        if said:
            found.append(use.finding(said))
    return found
