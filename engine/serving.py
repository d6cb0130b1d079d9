"""An operation seen from the service's side: the plan's bodies and styles used the other way round."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from engine.body import Compiler
from engine.codecs import essence
from engine.content import Content
from engine.errors import Problem, Unsupported
from engine.loader import readable
from engine.model import Answer, Schema, Service
from engine.plan import Plan
from engine.styles import style_of

_HOLE = re.compile(r"\{([^{}]*)\}")


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
        found = self.pattern.fullmatch(path)
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
        found, key=lambda route: (len(route.names), -len(route.plan.fixed), -len(_HOLE.sub("", route.template)))
    )


def unreadable(service: Service) -> list[tuple[str, re.Pattern[str]]]:
    """Method and pattern of paths of the operations that cannot be read."""
    known = {one.id for one in readable(service)}
    places = [place for name, place in service.places.items() if name not in known]
    return [(method, _pattern(path.partition("?")[0])) for method, path in places]


def _pattern(template: str) -> re.Pattern[str]:
    parts = _HOLE.split(template)
    return re.compile("".join("([^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts)))


def _route(plan: Plan, method: str, template: str, accept: str | None) -> Route:
    return Route(plan, method, template, _pattern(template), tuple(_HOLE.findall(template)), accept)


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
    body = plan.request_body(came) if plan.takes(came) else None
    if body is None:
        raise ValueError(f"is {came or 'of no media type'}, where {', '.join(plan.operation.consumes)} is taken")
    problems: list[Problem] = []
    value = body.read(data, parameters, problems)
    if problems:
        raise ValueError(str(problems[0]))
    return value


def write_answer(plan: Plan, answer: Answer | None, media_type: str, value: Any) -> tuple[str, bytes | Content] | None:
    """Content-Type and octets of a contract value; None where the answer has no body or no codec writes it."""
    if answer is None or not answer.media:
        return None
    promised = [one.type for one in answer.media]
    chosen = next((one for one in promised if essence(one)[0] == essence(media_type)[0]), promised[0])
    body = plan.answer_body(answer, chosen)
    if body is None:
        return None
    written = body.write(value, [])
    return body.content_type(written), written


def negotiate(plan: Plan, accept: str) -> str:
    """The media type of an answer for an Accept field (RFC 9110 section 12.5.1): of those offered the one
    with the highest quality, the first of equals."""
    offered = plan.offered or plan.operation.produces
    ranked = []
    for entry in accept.split(","):
        name, _, parameters = entry.partition(";")
        quality = next((part.strip()[2:] for part in parameters.split(";") if part.strip().startswith("q=")), "1")
        try:
            ranked.append((name.strip().lower() or "*/*", float(quality)))
        except ValueError:
            continue

    def rank(media_type: str) -> float:
        name = essence(media_type)[0]
        ranges = (name, f"{name.partition('/')[0]}/*", "*/*")
        found = [(ranges.index(one), -quality) for one, quality in ranked if one in ranges]
        return -min(found)[1] if found else 0.0

    return max(offered, key=rank) if offered else ""
