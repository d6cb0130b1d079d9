"""A request read by its document: the plan's styles and bodies used from the service's side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from openconnectors.engine.errors import Problem
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.plan.received import cookie_pairs, read_arguments
from openconnectors.engine.values.codecs import essence

__all__ = ["ParsedRequest", "cookie_pairs", "read_arguments", "read_body", "wrong_media_type"]


class ParsedRequest(Struct, frozen=True):
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
    links: dict[str, str] = field(default_factory=dict)
    """The pages that an action of lists links to, by relation (RFC 8288); it fills them in."""
    body: Any = None
    """The contract value of the body; None if there is none, or it cannot be read."""

    @property
    def context(self) -> dict[str, Any]:
        """The names that templates may use, with their values."""
        return {**self.values, **self.arguments, "path": self.requested_path or self.path}


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
