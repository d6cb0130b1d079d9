"""A request read by its document: the plan's styles and bodies used from the service's side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import MISSING
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.codecs import essence


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
    pairs = {
        "query": [(unquote_plus(name), text) for name, _, text in (pair.partition("=") for pair in query.split("&"))],
        "cookie": cookie_pairs(headers),
    }
    arguments: dict[str, Any] = {}
    for parameter in plan.operation.parameters:
        placed = plan.url.placed[parameter.location, parameter.name]
        value: Any = MISSING
        prefix = parameter.schema.header_prefix.lower()
        if prefix:
            fields = {name[len(prefix) :]: text for name, text in headers.items() if name.lower().startswith(prefix)}
            value = {name: placed.read_text(text) for name, text in fields.items()} or MISSING
        elif parameter.location in pairs:
            value = placed.read_pairs(pairs[parameter.location])
        elif parameter.location == "querystring":
            value = placed.read_text(query) if query else MISSING
        else:
            values = path if parameter.location == "path" else headers
            value = placed.read_text(values[parameter.name]) if parameter.name in values else MISSING
        default = MISSING if prefix else plan.contract(parameter.schema).default
        if value is MISSING and isinstance(default, (str, int, float, bool, list, dict)):
            value = default
        if value is not MISSING:
            arguments[parameter.name] = value
    return arguments


def cookie_pairs(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The cookies of a request, names decoded, values as they are (RFC 6265 section 4.2.1)."""
    pairs = (pair.strip().partition("=") for pair in headers.get("Cookie", "").split(";"))
    return [(unquote(name), text) for name, _, text in pairs if name]


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
