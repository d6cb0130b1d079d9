"""An operation seen from the service's side: the plan's bodies and styles used the other way round."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from openconnectors.engine.documents.loader import readable
from openconnectors.engine.errors import Problem, Unsupported
from openconnectors.engine.model import Answer, Media, Schema, Service
from openconnectors.engine.path_templates import split, variables
from openconnectors.engine.plan.plan import Plan, within
from openconnectors.engine.streams import Content
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import essence, of_no_row
from openconnectors.engine.values.styles import style_of

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation under one of its representations: a method and a pattern of paths below the base."""

    plan: Plan
    method: str
    template: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    accept: str | None

    def match(self, path: str, query: str = "") -> dict[str, str] | None:
        """The path's values by wire name, as they are encoded; None where path or query are another's."""
        found = self.pattern.fullmatch(_normal(path))
        pairs = query.split("&")
        if any("{" not in pair and pair not in pairs for _, pair in self.plan.fixed):
            return None
        return None if found is None else dict(zip(self.names, found.groups(), strict=True))


def routes(compiler: Compiler, connection: Mapping[str, Any] | None = None) -> list[Route]:
    """Every operation of a service that can be read, where its policies lead, those with fewer and later holes first.
    ``connection`` are the values that policies look at."""
    found = []
    for operation in readable(compiler.service):
        plan = Plan(compiler, operation, connection)
        try:
            method, path = plan.place()
        except Unsupported:
            continue  # no request can have its path
        path = path.partition("?")[0]
        if plan.representation.where == "path":
            suffixes = plan.representation.values
            own = sorted((one for one in suffixes if one and path.endswith(one)), key=len)
            stem = path.removesuffix(own[-1]) if own else path
            found += [_route(plan, method, stem + suffix, media_type) for suffix, media_type in suffixes.items()]
        else:
            found.append(_route(plan, method, path, None))
    return sorted(
        found,
        key=lambda route: (len(route.names), -len(route.plan.fixed), -sum(map(len, split(route.template)[::2]))),
    )


def unreadable(service: Service) -> list[tuple[str, re.Pattern[str]]]:
    """Method and pattern of paths of the operations that cannot be read."""
    known = {one.id for one in readable(service)}
    places = [place for name, place in service.places.items() if name not in known]
    return [(method, _pattern(path.partition("?")[0])) for method, path in places]


def _pattern(template: str, with_slashes: Collection[str] = ()) -> re.Pattern[str]:
    """The pattern of a path template. Values ``with_slashes`` are written into the path as they are."""
    parts = split(template)
    values = ("(.+)" if unquote(name) in with_slashes else "([^/]+)" for name in parts[1::2])
    return re.compile("".join(next(values) if i % 2 else re.escape(_normal(part)) for i, part in enumerate(parts)))


def _route(plan: Plan, method: str, template: str, accept: str | None) -> Route:
    names = tuple(map(unquote, variables(template)))
    open_ = {one.name for one in plan.operation.parameters if one.location == "path" and one.encoding == "none"}
    return Route(plan, method, template, _pattern(template, open_), names, accept)


_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")


def _normal(path: str) -> str:
    """A path spelled the one way: what needs no encoding is not encoded, what cannot stand there is (RFC 3986
    section 6.2.2). What separates, and is encoded, stays encoded."""

    def spelled(run: re.Match[str]) -> str:
        letter = chr(int(run[1], 16))
        return letter if letter in _UNRESERVED else run[0].upper()

    return quote(re.sub(r"%([0-9A-Fa-f]{2})", spelled, path), safe=string.punctuation)


def read_arguments(plan: Plan, path: Mapping[str, str], query: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """What a request gives for the parameters, by wire name, typed as their schemas say; those it leaves
    out have their defaults. ``path`` and ``query`` are still encoded."""
    asked: dict[str, list[str]] = {}
    for pair in query.split("&"):
        name, _, text = pair.partition("=")
        asked.setdefault(_plain(name), []).append(text)
    found: dict[str, Any] = {}
    for one in plan.operation.parameters:
        prefix, inner = one.schema.header_prefix.lower(), one.schema.additional
        if prefix and isinstance(inner, Schema):
            own = {
                name[len(prefix) :]: style_of(one.style, inner, plan.contract).read([text], inner, plan.contract)
                for name, text in headers.items()
                if name.lower().startswith(prefix)
            }
            found |= {one.name: own} if own else {}
            continue
        texts = {"path": [path[one.name]] if one.name in path else [], "query": asked.get(one.name, [])}.get(
            one.location, [headers[one.name]] if one.name in headers else []
        )
        schema = plan.contract(one.schema)
        if texts:
            decode = (
                None if one.location == "header" else unquote if one.location == "path" else _DECODERS[one.encoding]
            )
            found[one.name] = plan.styles[one.location, one.name].read(texts, one.schema, plan.contract, decode)
        elif isinstance(schema.default, (str, int, float, bool, list, dict)):
            found[one.name] = schema.default
    return found


def _plain(text: str) -> str:
    return unquote(text.replace("+", " "))


_DECODERS: Mapping[str, Callable[[str], str]] = {
    "once": _plain,
    "twice": lambda text: unquote(_plain(text)),
    "none": lambda text: text,
}


def read_body(plan: Plan, content_type: str, data: bytes) -> Any:
    """The contract value of a request's body; ``ValueError`` where it is none."""
    came, parameters = essence(content_type)
    body = plan.received_body(came) if plan.takes(came) else None
    if body is None:
        raise ValueError(f"is {came or 'of no media type'}, where {', '.join(plan.operation.consumes)} is taken")
    problems: list[Problem] = []
    value = body.read(data, parameters, problems)
    if problems:
        raise ValueError(str(problems[0]))
    return value


def media_of(answer: Answer, media_type: str) -> Media:
    """The declared representation of an answer in a media type, which may be within a declared range; the first where
    it has none in that."""
    name = essence(media_type)[0]
    own = next((one for one in answer.media if essence(one.type)[0] == name), None)
    ranges = (replace(one, type=media_type) for one in answer.media if within(name, essence(one.type)[0]))
    return own or next(ranges, answer.media[0])


def write_answer(plan: Plan, answer: Answer | None, media_type: str, value: Any) -> tuple[str, bytes | Content] | None:
    """Content-Type and octets of a contract value, or of octets that are written already; None where the answer has
    no body or no codec writes it."""
    if answer is None or not answer.media:
        return None
    body = plan.answer_body(answer, media_of(answer, media_type).type)
    if body is None:
        return None
    # An object or a list is JSON in a media type that only has text or octets, as services send it.
    writer = plan.answer_body(answer, _JSON) if body.holds_no_members() else None
    written = value if isinstance(value, bytes) else (writer or body).write(value, [])
    return body.content_type(written), written


def writable(plan: Plan, answer: Answer) -> tuple[str, ...]:
    """The media types in which an answer can be asked for, those before all others in which its value is at home."""
    offered = plan.offered or tuple(one.type for one in answer.media)
    bodies = {one: plan.answer_body(answer, one) for one in offered}
    strange = [one for one, body in bodies.items() if body is None or (body.holds_no_members() and not of_no_row(one))]
    return tuple(sorted(offered, key=lambda one: one in strange))


def best(offered: Sequence[str], accept: str) -> str | None:
    """Of the media types offered the one that an Accept field wants most, the first of equals; None where it refuses
    each (RFC 9110 section 12.5.1). A field that names nothing readable wishes nothing. A charset is not looked at, and
    other parameters of a range only make it the closer one: services ignore those that they do not know."""
    wishes = parse_accept_header(accept, MIMEAccept)
    ranges = [(*essence(text), quality) for text, quality in wishes if "/" in text]
    if not ranges:
        return next(iter(offered), "")

    def quality_of(media_type: str) -> float:
        name, own = essence(media_type)
        closest = (0, 0.0)
        for wanted, parameters, quality in ranges:
            narrowed = {key: one for key, one in parameters.items() if key != "charset"}
            if wanted == name:
                rank = 4 + len(narrowed) if narrowed.items() <= own.items() else 3
            else:
                rank = {f"{name.partition('/')[0]}/*": 2, "*/*": 1}.get(wanted, 0)
            closest = max(closest, (rank, quality if rank else 0.0))
        return closest[1]

    ranked = [(quality_of(one), one) for one in offered]
    most = max(ranked, key=lambda pair: pair[0], default=(0.0, ""))
    return most[1] if most[0] > 0 else None
