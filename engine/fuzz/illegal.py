"""Illegal requests: each is a legal request in which one thing is wrong, as no client with checks would send it.

Rule 1. An illegal request is made of a legal one that the service has accepted, so that nothing else can be the reason
of a refusal. The text of the one parameter or body is replaced; the client is not asked what it thinks of it.

Rule 2. What is read back from the text must not be legal: ``limit=12`` is no wrong type of a number. What the plan
accepts is not sent.

Rule 3. The likeliest come first, in turn from each parameter and each kind of violation: there may be few requests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, Literal
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.credentials import NO_CREDENTIALS
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fuzz.calls import Login
from openconnectors.engine.fuzz.wrong_values import OPEN, Wrong, wrong_values
from openconnectors.engine.http import Request
from openconnectors.engine.masking import beside, revealed
from openconnectors.engine.model import MISSING, Schema
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.urls import encoded_path
from openconnectors.engine.values.body import Body
from openconnectors.engine.values.codecs import FORMS, essence

Part = Literal["path", "query", "header", "cookie", "body", "media type", "accept", "credentials", "method"]


class Illegal(Struct, frozen=True):
    """A request with one thing wrong: in which part, of which parameter or member, and the rule that it breaks.

    ``login``: the credentials that it is sent with. ``lenient``: many services accept it on purpose, so that only a
    failure of theirs is reported."""

    request: Request
    part: Part
    where: str
    rule: str
    login: Login = "own"
    lenient: bool = False

    @property
    def title(self) -> str:
        """What is wrong, in words."""
        return f"{self.part} {self.where}: {self.rule}" if self.where else f"{self.part}: {self.rule}"


def illegal_requests(plan: Plan, legal: Request, most: int) -> list[Illegal]:
    """At most so many illegal requests, made of a legal one."""
    values = legal.arguments
    sources: list[Iterable[Illegal]] = [
        _of_parameter(plan, argument, legal, values)
        for argument in plan.arguments
        if argument.location in _REWRITTEN and not argument.hidden
    ]
    sources += [*_of_body(plan, legal, values), _of_media_types(plan, legal)]
    in_turn = (illegal for row in zip_longest(*sources) for illegal in row if illegal is not None)
    seen: set[tuple[str, str, bytes]] = set()
    requests: list[Illegal] = []
    for illegal in in_turn:
        sent = illegal.request
        key = (
            revealed(sent.url),
            repr(sorted(sent.headers.items())),
            sent.body if isinstance(sent.body, bytes) else b"",
        )
        if key not in seen:
            seen.add(key)
            requests.append(illegal)
            if len(requests) == most:
                break
    return requests


# Parameters


def _of_parameter(plan: Plan, argument: Argument, legal: Request, values: Mapping[str, Any]) -> Iterator[Illegal]:
    """Requests in which one parameter is wrong, or missing."""
    location = argument.location
    replaced = _REWRITTEN[location]
    sent = values.get(argument.name, MISSING)
    if argument.required and location != "path" and sent is not MISSING:
        request = replaced(plan, argument, legal, values, None)
        if request is not None:
            yield Illegal(request, _part(location), argument.wire, "required")
    if not isinstance(sent, str | int | float | list):
        sent = MISSING
    wrongs = list(wrong_values(argument.schema, plan.contract, sent))
    if location == "query" and not set(plan.contract(argument.schema).types) & {"string", "array", "object"}:
        wrongs.append(Wrong("", "not empty", lenient=True))
    kinds = set(plan.contract(argument.schema).types)
    for wrong in wrongs:
        if wrong.value is None or isinstance(wrong.value, Mapping) or _has_mapping(wrong.value):
            continue
        if wrong.rule.startswith("type") and not wrong.place and kinds & {"string", "object"}:
            continue  # every text is one; an object's members have names of their own
        if location in ("path", "header") and wrong.value in ("", []):
            continue
        if _is_legal_text(plan, argument, wrong):
            continue
        request = replaced(plan, argument, legal, values, wrong.value)
        if request is not None:
            yield Illegal(request, _part(location), argument.wire, wrong.rule, lenient=wrong.lenient)


def _has_mapping(value: Any) -> bool:
    return isinstance(value, list) and any(item is None or isinstance(item, Mapping | list) for item in value)


def _part(location: str) -> Part:
    return next(part for part in ("path", "query", "header", "cookie") if part == location)


def _texts(plan: Plan, argument: Argument, value: Any) -> list[str] | str | None:
    """The text of a value in its place, or the pairs of a query; None if it cannot be written."""
    parameter = plan.url.parameter(argument)
    try:
        return parameter.pairs(value) if argument.location in ("query", "cookie") else parameter.text(value)
    except (ValueError, TypeError, AttributeError, ConnectorError):
        return None


def _is_legal_text(plan: Plan, argument: Argument, wrong: Wrong) -> bool:
    """Whether what a service reads of the text of a value is legal, or cannot be told."""
    parameter, texts = plan.url.parameter(argument), _texts(plan, argument, wrong.value)
    if texts is None:
        return True
    try:
        if isinstance(texts, str):
            known = parameter.read_text(texts)
        else:
            pairs = [pair.partition("=") for pair in texts]
            known = parameter.read_pairs([(unquote(name), text) for name, _, text in pairs])
    except (ValueError, TypeError, ConnectorError):
        return False
    if known is MISSING or (known == "" and argument.parameter.allow_empty):
        return True
    return plan.accepts(argument.schema, known, request=True) and not _is_unchecked(wrong)


_UNCHECKED = frozenset(("email", "uri", "url", "hostname", "ipv4", "ipv6"))
"""Formats that the engine does not check in what it sends."""


def _is_unchecked(wrong: Wrong) -> bool:
    return wrong.rule.removeprefix("format ").lower() in _UNCHECKED


def _in_path(plan: Plan, argument: Argument, legal: Request, values: Mapping[str, Any], value: Any) -> Request | None:
    """The request with another text of a variable of its path; None if policies have changed the path."""
    text = _texts(plan, argument, value)
    parts = encoded_path(plan.operation.path)
    named = {variable.wire: variable for variable in plan.all_arguments.at["path"]}
    before, after = list(parts), list(parts)
    for index in range(1, len(parts), 2):
        variable = named.get(parts[index])
        if variable is None or variable.name not in values or not isinstance(text, str) or not text:
            return None
        try:
            before[index] = plan.url.segment(variable, values[variable.name])
        except ValueError:
            return None
        after[index] = text if variable is argument else before[index]
    url, base = revealed(legal.url), revealed(legal.base)
    path, separator, query = url.removeprefix(base).partition("?")
    if not url.startswith(base) or path != "".join(before):
        return None
    return replace(legal, url=beside(legal.url, f"{base}{''.join(after)}{separator}{query}"))


def _in_query(plan: Plan, argument: Argument, legal: Request, values: Mapping[str, Any], value: Any) -> Request | None:
    pairs = [] if value is None else _texts(plan, argument, value)
    if not isinstance(pairs, list):
        return None
    path, _, query = revealed(legal.url).partition("?")
    kept = [pair for pair in query.split("&") if pair and not _is_of(pair, argument.wire)]
    joined = "&".join([*kept, *pairs])
    return replace(legal, url=beside(legal.url, f"{path}?{joined}" if joined else path))


def _is_of(pair: str, name: str) -> bool:
    """Whether a pair of a query is of a parameter: of its name, or in a list or an object of that name."""
    return unquote(pair.partition("=")[0]).partition("[")[0] == name.partition("[")[0]


def _in_header(plan: Plan, argument: Argument, legal: Request, values: Mapping[str, Any], value: Any) -> Request | None:
    if argument.wire.lower() in ("accept", "content-type", "authorization", "host", "content-length"):
        return None
    rest = {name: text for name, text in legal.headers.items() if name.lower() != argument.wire.lower()}
    if value is None:
        return replace(legal, headers=rest) if len(rest) < len(legal.headers) else None
    text = _texts(plan, argument, value)
    if not isinstance(text, str) or not text.isprintable() or not text.isascii():
        return None
    return replace(legal, headers={**rest, argument.wire: text})


def _in_cookie(plan: Plan, argument: Argument, legal: Request, values: Mapping[str, Any], value: Any) -> Request | None:
    pairs = [] if value is None else _texts(plan, argument, value)
    if not isinstance(pairs, list):
        return None
    rest = {name: text for name, text in legal.headers.items() if name.lower() != "cookie"}
    sent = next((text for name, text in legal.headers.items() if name.lower() == "cookie"), "")
    kept = [pair for pair in sent.split("; ") if pair and not _is_of(pair, argument.wire)]
    joined = "; ".join([*kept, *pairs])
    return replace(legal, headers={**rest, "Cookie": joined} if joined else rest)


_REWRITTEN = {"path": _in_path, "query": _in_query, "header": _in_header, "cookie": _in_cookie}
"""The request with another value of a parameter (None: without it), by its location."""


# The body


def _of_body(plan: Plan, legal: Request, values: Mapping[str, Any]) -> list[Iterator[Illegal]]:
    """Requests whose body is wrong: rows of like violations, to be taken in turn."""
    body = plan.operation.request_body
    if body is None or not isinstance(legal.body, bytes | None):
        return []
    rows = [_missing_body(plan, legal), _malformed(plan, legal)]
    media_type = essence(_content_type(legal))[0]
    if plan.body_name in values and legal.body is not None and media_type:
        for name in (media_type, *_other_structured(plan, media_type)):
            rows += _wrong_bodies(plan, name, legal, values[plan.body_name])
    return rows


def _content_type(request: Request) -> str:
    return next((text for name, text in request.headers.items() if name.lower() == "content-type"), "")


def _with_body(legal: Request, data: bytes | None, content_type: str | None) -> Request:
    headers = {name: text for name, text in legal.headers.items() if name.lower() != "content-type"}
    if content_type is not None:
        headers["Content-Type"] = content_type
    return replace(legal, headers=headers, body=data)


def _other_structured(plan: Plan, media_type: str) -> list[str]:
    body = plan.operation.request_body
    names = [essence(name)[0] for name in body.content] if body is not None else []
    return [name for name in names if name != media_type and ("xml" in name or "json" in name)][:1]


def _missing_body(plan: Plan, legal: Request) -> Iterator[Illegal]:
    body = plan.operation.request_body
    if body is not None and body.required and legal.body:
        yield Illegal(_with_body(legal, None, None), "body", "", "required")
        yield Illegal(_with_body(legal, b"", _content_type(legal)), "body", "", "not empty")


def _malformed(plan: Plan, legal: Request) -> Iterator[Illegal]:
    """Bodies that are not of their media type."""
    content_type = _content_type(legal)
    data, media_type = legal.body or b"", essence(content_type)[0]
    if not isinstance(data, bytes) or not data:
        return
    if media_type == "application/json" or media_type.endswith("+json"):
        for malformed, rule in (
            (data[:-1], "JSON that is cut"),
            (b"not JSON", "JSON"),
            (data[:-1] + b",}" if data.endswith(b"}") else data + b",", "JSON with a comma too many"),
            (b'{"\xff": "\xff"}', "JSON in UTF-8"),
        ):
            if not _is_json(malformed):
                yield Illegal(_with_body(legal, malformed, content_type), "body", "", rule)
    elif media_type in ("application/xml", "text/xml") or media_type.endswith("+xml"):
        for malformed, rule in ((data[:-3], "XML that is cut"), (b"not XML", "XML"), (b"<a><b></a></b>", "XML")):
            yield Illegal(_with_body(legal, malformed, content_type), "body", "", rule)


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _is_of_fields(plan: Plan) -> bool:
    """Whether the body is declared by its fields, which no document can close."""
    return plan.operation.request_body is not None and plan.operation.request_body.fields


def _encoded(body: Body, value: Any) -> bytes | None:
    """The bytes of an illegal value; None if it cannot be written."""
    try:
        data = body.encode(value, [])
    except Exception:  # noqa: BLE001 - a codec is not for illegal values
        return None
    return data if isinstance(data, bytes) else None


def _wrong_bodies(plan: Plan, media_type: str, legal: Request, value: Any) -> list[Iterator[Illegal]]:
    """Requests whose body breaks a rule of its schema, in a media type: those of each place."""
    body, schema = plan.bodies.request(media_type), plan.bodies.request_schema(media_type)
    if body is None or schema is None or plan.bodies.takes_file(media_type):
        return []
    by_place: dict[str, list[Wrong]] = {}
    for wrong in wrong_values(schema, plan.contract, value):
        by_place.setdefault(wrong.place, []).append(wrong)
    return [_bodies_at(plan, body, schema, legal, wrongs) for wrongs in by_place.values()]


def _bodies_at(plan: Plan, body: Body, schema: Schema, legal: Request, wrongs: list[Wrong]) -> Iterator[Illegal]:
    """Requests whose body has one of these values."""
    for wrong in wrongs:
        if wrong.rule == "type string" and wrong.value is not None and not body.media_type.endswith("json"):
            continue  # every text is one
        if body.codec in FORMS and (
            wrong.rule.startswith("type object") or (wrong.rule == OPEN and _is_of_fields(plan))
        ):
            continue  # a field of another name: services of forms ignore those that they do not know
        data = _encoded(body, wrong.value)
        if not data:
            continue
        try:
            reread = plan.bodies.received(body.media_type).decode(data, {}, [])
        except Exception:  # noqa: BLE001 - what the codec does not read no service reads
            reread = wrong.value
        if plan.accepts(schema, reread, request=True) and not _is_unchecked(wrong):
            continue
        changed = _with_body(legal, data, body.content_type(data))
        yield Illegal(changed, "body", wrong.place, wrong.rule, lenient=wrong.lenient)


# Media types


def without_credentials(legal: Request) -> list[Illegal]:
    """The requests that a service must refuse because nobody, or somebody unknown, sends them."""
    clear = replace(legal, credentials=NO_CREDENTIALS)
    return [
        Illegal(clear, "credentials", "", "required", login="none"),
        Illegal(clear, "credentials", "", "right", login="wrong"),
    ]


def undocumented_methods(legal: Request, documented: Iterable[str]) -> list[Illegal]:
    """Requests of a path in the methods that the document does not have there. HEAD and OPTIONS may be answered
    whatever is documented (RFC 9110 sections 9.3.2 and 9.3.7)."""
    known = set(documented)
    methods = [method for method in _METHODS if method not in known]
    bare = _with_body(legal, None, None)
    return [
        Illegal(replace(bare, method=method), "method", method, "documented", lenient=method in ("HEAD", "OPTIONS"))
        for method in methods
    ]


_METHODS = ("PATCH", "PUT", "POST", "DELETE", "GET", "TRACE", "HEAD", "OPTIONS")


def _of_media_types(plan: Plan, legal: Request) -> Iterator[Illegal]:
    """Requests in, or for, media types that the document does not have."""
    responses = plan.operation.responses
    body = plan.operation.request_body
    if body is not None and legal.body and isinstance(legal.body, bytes):
        names = {essence(name)[0] for name in body.content}
        if "application/xml" not in names and not any("*" in name for name in names):
            yield Illegal(_with_body(legal, b"<a/>", "application/xml"), "media type", "application/xml", "documented")
        lenient = "415" not in responses
        if "text/plain" not in names and not any("*" in name for name in names):
            yield Illegal(
                _with_body(legal, legal.body, "text/plain"), "media type", "text/plain", "documented", lenient=lenient
            )
        yield Illegal(_with_body(legal, legal.body, None), "media type", "", "required", lenient=lenient)
        yield Illegal(
            _with_body(legal, legal.body, "no media type"), "media type", "no media type", "valid", lenient=lenient
        )
    if plan.representation.where == "header":
        headers = {name: text for name, text in legal.headers.items() if name.lower() != "accept"}
        lenient = "406" not in responses
        for accept in ("application/x-no-such-type", "no media type"):
            request = replace(legal, headers={**headers, "Accept": accept})
            yield Illegal(request, "accept", accept, "offered", lenient=lenient or "/" not in accept)
