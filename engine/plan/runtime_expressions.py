"""Runtime expressions: values of a request and its response, as links and callbacks name them (OpenAPI 3.1, "Runtime
Expressions").

Rule 1. A text that is an expression has the value it names, of its type. In a text that has expressions in braces each
stands as text. Any other value is a constant.
Rule 2. What an expression names and is not there has no value, and neither has the text around it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.pointers import INDEX, pointer_steps
from openconnectors.engine.model import MISSING

_FIELD_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_EXPRESSION = pattern(
    rf"\$(?:(url|method|statusCode)|(request|response)\.(?:header\.({_FIELD_NAME})|(query|path)\.(.+)|body(?:#((?:/.*)?))?))\Z",
    re.DOTALL,
)
_EMBEDDED = pattern(r"\{(\$[^{}]*)\}")

_OF_A_MESSAGE = ("$request.", "$response.")
"""How a text begins that was meant to be an expression, whether it is one or not."""


class Expression(Struct, frozen=True):
    """One expression: a part (``url``, ``method``, ``statusCode``, ``header``, ``query``, ``path``, ``body``) of the
    request or of the response. ``name`` is that of a header field or parameter, ``pointer`` the way into a body (RFC
    6901)."""

    part: str
    response: bool = False
    name: str = ""
    pointer: str = ""


def expression_of(text: str) -> Expression | None:
    """The expression that a text is; None if it is none."""
    match = _EXPRESSION.match(text)
    if match is None:
        return None
    whole, of, header, part, name, pointer = match.groups()
    if whole is not None:
        return Expression(whole, whole == "statusCode")
    if header is not None:
        return Expression("header", of == "response", header)
    if part is not None:
        # A response has no query and no path (the grammar's "source" allows them).
        return Expression(part, of == "response", name)
    return Expression("body", of == "response", pointer=pointer or "")


def expressions(text: str) -> Iterator[Expression]:
    """The expressions that a text is or has in braces."""
    whole = expression_of(text)
    for written in [text] if whole is not None else _EMBEDDED.findall(text):
        expression = expression_of(written)
        if expression is not None:
            yield expression


class Message(Struct, frozen=True):
    """What expressions are evaluated over; a mapping finds nothing that is not there. Names of ``headers`` have no
    case."""

    url: str
    method: str
    status: int | None
    request_headers: Mapping[str, Any]
    query: Mapping[str, Any]
    path: Mapping[str, Any]
    request_body: Any
    response_headers: Mapping[str, Any]
    response_body: Any

    def value(self, expression: Expression) -> Any:
        """The value that an expression names; ``MISSING`` if it is not there."""
        match expression.part:
            case "url":
                return self.url
            case "method":
                return self.method
            case "statusCode":
                return MISSING if self.status is None else self.status
            case "body":
                return pointed(self.response_body if expression.response else self.request_body, expression.pointer)
            case "header":
                return _named(self.response_headers if expression.response else self.request_headers, expression.name)
        if expression.response:
            return MISSING
        return (self.query if expression.part == "query" else self.path).get(expression.name, MISSING)


def _named(headers: Mapping[str, Any], name: str) -> Any:
    wanted = name.lower()
    return next((value for known, value in headers.items() if known.lower() == wanted), MISSING)


def pointed(value: Any, pointer: str) -> Any:
    """The value at a pointer in plain data; ``MISSING`` if there is none."""
    for step in pointer_steps(pointer):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and INDEX.match(step) and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value


def evaluated(template: Any, message: Message) -> Any:
    """The value of a constant, an expression, or data with expressions in it; ``MISSING`` for what has none. Members
    and items without a value are left out."""
    if isinstance(template, str):
        return _text(template, message)
    if isinstance(template, Mapping):
        members = {name: evaluated(inner, message) for name, inner in template.items()}
        return {name: value for name, value in members.items() if value is not MISSING}
    if isinstance(template, list):
        return [value for inner in template if (value := evaluated(inner, message)) is not MISSING]
    return template


def _text(text: str, message: Message) -> Any:
    whole = expression_of(text)
    if whole is not None:
        return message.value(whole)
    if text.startswith(_OF_A_MESSAGE):
        return MISSING
    parts = _EMBEDDED.split(text)
    for index in range(1, len(parts), 2):
        expression = expression_of(parts[index])
        if expression is None and not parts[index].startswith(_OF_A_MESSAGE):
            parts[index] = f"{{{parts[index]}}}"
            continue
        value = MISSING if expression is None else message.value(expression)
        if value is MISSING:
            return MISSING
        parts[index] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return "".join(parts)
