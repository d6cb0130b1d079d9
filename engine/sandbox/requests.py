"""A request read by its document: the plan's styles and bodies used from the service's side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Schema
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.codecs import essence
from openconnectors.engine.values.styles import style_of


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """A request read by its document: arguments by wire name, the members of the body among them.

    ``path`` is spelled as the document does (links in responses are made of it), ``requested_path`` as the request
    does (errors name it). ``values`` are connection values and whatever else templates may name. ``conflicts``: the
    operation documents 409, for a record whose id is taken.
    """

    arguments: Mapping[str, Any]
    path: str
    query: str
    values: Mapping[str, Any]
    requested_path: str = ""
    conflicts: bool = False

    @property
    def context(self) -> dict[str, Any]:
        """The names that templates may use, with their values."""
        return {**self.values, **self.arguments, "path": self.requested_path or self.path}


def read_arguments(plan: Plan, path: Mapping[str, str], query: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a request by wire name, typed by their schemas; absent ones have their defaults.

    ``path`` (path variables) and ``query`` are still percent-encoded.
    """
    query_texts: dict[str, list[str]] = {}
    for pair in query.split("&"):
        name, _, text = pair.partition("=")
        query_texts.setdefault(unquote_plus(name), []).append(text)
    arguments: dict[str, Any] = {}
    for parameter in plan.operation.parameters:
        prefix, members = parameter.schema.header_prefix.lower(), parameter.schema.additional
        if prefix and isinstance(members, Schema):
            style = style_of(parameter.style, parameter.explode, members, plan.contract)
            collection = {
                name[len(prefix) :]: style.read([text], members, plan.contract)
                for name, text in headers.items()
                if name.lower().startswith(prefix)
            }
            arguments |= {parameter.name: collection} if collection else {}
            continue
        decode: Callable[[str], str] | None
        if parameter.location == "path":
            texts, decode = [path[parameter.name]] if parameter.name in path else [], unquote
        elif parameter.location == "query":
            texts, decode = query_texts.get(parameter.name, []), _DECODERS[parameter.encoding]
        elif parameter.location == "cookie":
            pairs = cookie_pairs(headers)
            texts, decode = [text for name, text in pairs if name == parameter.name], unquote
        else:
            texts, decode = [headers[parameter.name]] if parameter.name in headers else [], None
        schema = plan.contract(parameter.schema)
        if texts:
            style = plan.url.styles[parameter.location, parameter.name]
            arguments[parameter.name] = style.read(texts, parameter.schema, plan.contract, decode)
        elif isinstance(schema.default, (str, int, float, bool, list, dict)):
            arguments[parameter.name] = schema.default
    return arguments


def cookie_pairs(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The cookies of a request, names decoded, values as they are (RFC 6265 section 4.2.1)."""
    pairs = (pair.strip().partition("=") for pair in headers.get("Cookie", "").split(";"))
    return [(unquote(name), text) for name, _, text in pairs if name]


_DECODERS: Mapping[str, Callable[[str], str]] = {
    "once": unquote_plus,
    "twice": lambda text: unquote(unquote_plus(text)),
    "none": lambda text: text,
}
"""How the text of a query parameter is decoded, by the encoding of the parameter."""


def wrong_media_type(plan: Plan, media_type: str) -> str:
    """The words, without a subject, for a request body in a media type that the operation does not accept."""
    came = f"the media type {media_type}" if media_type else "no media type"
    body = plan.operation.request_body
    accepted = ", ".join(body.content) if body is not None else "no body"
    return f"has {came}; this operation accepts {accepted}"


def read_body(plan: Plan, content_type: str, data: bytes) -> Any:
    """The contract value of a request body; ``ValueError`` if the operation does not accept it or it cannot be read."""
    media_type, parameters = essence(content_type)
    body = plan.bodies.received(media_type) if plan.negotiation.takes(media_type) else None
    if body is None:
        raise ValueError(wrong_media_type(plan, media_type))
    problems: list[Problem] = []
    value = body.decode(data, parameters, problems)
    if problems:
        raise ValueError(str(problems[0]))
    return value
