"""An illegal request as a value: a legal one in which one thing is wrong, with what is wrong."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.fuzz.calls import Login
from openconnectors.engine.fuzz.wrong_values import Wrong
from openconnectors.engine.http import Request

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


def content_type_of(request: Request) -> str:
    """The Content-Type of a request; empty if it has none."""
    return next((text for name, text in request.headers.items() if name.lower() == "content-type"), "")


def with_body(legal: Request, data: bytes | None, content_type: str | None) -> Request:
    """The request with another body, and the Content-Type of that."""
    headers = {name: text for name, text in legal.headers.items() if name.lower() != "content-type"}
    if content_type is not None:
        headers["Content-Type"] = content_type
    return replace(legal, headers=headers, body=data)


_UNCHECKED = frozenset(("email", "uri", "url", "hostname", "ipv4", "ipv6"))
"""Formats that the engine does not check in what it sends."""


def is_unchecked(wrong: Wrong) -> bool:
    """Whether a wrong value is one that the engine would send: the service must refuse it all the same."""
    return wrong.rule.removeprefix("format ").lower() in _UNCHECKED
