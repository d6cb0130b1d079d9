"""Runtime expressions ("Runtime Expressions"): their grammar, and whether what they name is in the document.

``$request.path.id`` names a parameter of the operation, ``$response.body#/id`` a place in the body of its response, by
a JSON pointer that is followed through the schemas. A schema that does not say what is there allows anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.pointers import pointer_steps
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.openapi3.shapes import Shapes
from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Node, Tree

_GRAMMAR = pattern(
    r"\$(?:url|method|statusCode|(?P<message>request|response)\."
    r"(?:header\.(?P<header>[!#$%&'*+.^_`|~0-9A-Za-z-]+)|query\.(?P<query>.+)|path\.(?P<path>.+)"
    r"|body(?:\#(?P<body>(?:/(?:[^~]|~[01])*)?))?))\Z",
    re.DOTALL,
)
_EMBEDDED = pattern(r"\{(\$[^{}]*)\}")
_OPENED = pattern(r"\{\$[^{}]*\Z")
_WITHOUT_DOLLAR = pattern(r"(request|response)\.(header|query|path|body)\b")
_UNDECLARED = frozenset({"accept", "content-type", "authorization"})
"""Request headers that cannot be declared as parameters ("Parameter Object", ``name``)."""


class Fault(Struct, frozen=True):
    """What is wrong with an expression: the rule to report it under, and how."""

    rule: str
    message: str
    suggestion: str | None = None


def written(text: str) -> list[str]:
    """The expressions in a text: itself, or those in braces; one that is not closed with its brace."""
    if text.startswith("$"):
        return [text]
    return [*_EMBEDDED.findall(text), *_OPENED.findall(text)]


def is_constant(text: str) -> bool:
    """Return True for a text without an expression."""
    return not written(text)


def lacks_dollar(text: str) -> bool:
    """Return True for a constant that would be an expression with a dollar sign."""
    return _WITHOUT_DOLLAR.match(text) is not None


def is_valid(expression: str) -> bool:
    """Return True for an expression of the grammar."""
    return _GRAMMAR.match(expression) is not None


class Exchange:
    """A request of an operation with, for links and callbacks, one of its responses: what expressions can name."""

    def __init__(self, context: Context, operation: Node, responses: list[Node]) -> None:
        self._tree: Tree = context.tree
        self._shapes = context.once(Shapes)
        self._operation = operation
        self._responses = responses

    def faults(self, text: str) -> Iterator[Fault]:
        """What is wrong with the expressions in a text; nothing about those that break the grammar."""
        for expression in written(text):
            match = _GRAMMAR.match(expression)
            if match is None or match["message"] is None:
                continue
            part = next((name for name in ("header", "query", "path") if match[name] is not None), "body")
            of_request = match["message"] == "request"
            if part == "body":
                fault = self._body(expression, match["body"] or "", of_request)
            elif of_request:
                fault = self._parameter(expression, part, match[part])
            else:
                fault = self._response(expression, part, match[part])
            if fault is not None:
                yield fault

    def _parameter(self, expression: str, location: str, name: str) -> Fault | None:
        """A parameter of the request must be declared ("Runtime Expressions", Examples)."""
        parameters = self._tree.parameters(self._operation)
        if any(node.get("in") == "querystring" for node in parameters) and location == "query":
            return None
        names = [str(node.get("name")) for node in parameters if node.get("in") == location]
        if location == "header":
            if name.lower() in _UNDECLARED or name.lower() in [known.lower() for known in names]:
                return None
        elif name in names:
            return None
        message = f"{expression!r} names no {location} parameter of the operation"
        return Fault("expression-parameter-undeclared", message, closest(name, names))

    def _response(self, expression: str, part: str, name: str) -> Fault | None:
        """A field of the response; it has neither a path nor a query."""
        if part != "header":
            return Fault("expression-nothing", f"{expression!r}: a response has no {part}")
        headers = [str(known) for node in self._responses for known in node.mapping("headers")]
        if name.lower() in [known.lower() for known in headers] or name.lower() in _UNLISTED:
            return None
        message = f"{expression!r} names no header of the response"
        return Fault("expression-nothing", message, closest(name, headers))

    def _body(self, expression: str, pointer: str, of_request: bool) -> Fault | None:
        """A place in the body of the request or of the response, if some media type can have it."""
        holders = self._responses
        if of_request:
            body = self._tree.resolved(self._operation.at("requestBody"))
            holders = [body] if body is not None else []
            if body is None and not self._operation.has("requestBody"):
                return Fault("expression-nothing", f"{expression!r}: the operation has no request body")
        if not holders:
            return None
        whole = "request" if of_request else "response"
        contents = [holder.mapping("content") for holder in holders]
        if not any(contents):
            return Fault("expression-nothing", f"{expression!r}: the {whole} has no body")
        for holder, content in zip(holders, contents, strict=True):
            for name in content:
                media_type = self._tree.resolved(holder.at("content", name))
                schema = self._tree.nodes.get(media_type.at("schema")) if media_type is not None else None
                if schema is None or self._shapes.can_have(schema, pointer_steps(pointer)):
                    return None
        return Fault("expression-nothing", f"{expression!r}: the body of the {whole} has no {pointer}")


_UNLISTED = frozenset({"content-type", "location", "date", "etag"})
"""Response headers that HTTP itself describes: documents name them without listing them (RFC 9110)."""
