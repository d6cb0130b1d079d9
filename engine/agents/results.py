"""Values and errors as results that a model reads.

A result is an object: ``value`` is what the service sent, as JSON; ``note`` says what is missing, ``more`` gets it. Its
text is the same object. An error is a result too, with ``is_error``: what is wrong, where, and what to do.
"""

from __future__ import annotations

import base64
from typing import Any

from mcp import types
from msgspec import Struct

from openconnectors.engine.agents.json_values import json_text, plain
from openconnectors.engine.agents.tools import OperationTool
from openconnectors.engine.errors import (
    AnswerError,
    BadRequest,
    ConnectionFailed,
    ConnectionMissing,
    ConnectorError,
    Forbidden,
    Interrupted,
    InvalidArguments,
    InvalidDocument,
    InvalidResponse,
    NotFound,
    OperationFailed,
    OutcomeUnknown,
    Problem,
    Timeout,
    TooManyRequests,
    TransportError,
    Unauthorized,
    UnknownName,
    Unsupported,
    dotted,
)

_LARGEST_MEDIA = 1_000_000
"""Bytes of an image or a recording that is shown as such."""
_MEDIA = ("image/", "audio/")
_LONGEST_ERROR = 4000
"""Characters of what a service sent with an error."""


class Shown(Struct, frozen=True):
    """A value as it is shown: with a note on what is missing, and a cursor that gets it."""

    value: Any
    note: str = ""
    more: str = ""

    def result(self) -> types.CallToolResult:
        """The result of a call."""
        members = {"value": self.value}
        members |= {name: text for name, text in (("note", self.note), ("more", self.more)) if text}
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=json_text(members))], structured_content=members
        )


def media(data: bytes, media_type: str) -> types.CallToolResult | None:
    """The result for an image or a recording; None for other bytes, and for many."""
    if not media_type.startswith(_MEDIA) or len(data) > _LARGEST_MEDIA:
        return None
    text = base64.b64encode(data).decode("ascii")
    content: types.ContentBlock
    if media_type.startswith("image/"):
        content = types.ImageContent(type="image", data=text, mime_type=media_type)
    else:
        content = types.AudioContent(type="audio", data=text, mime_type=media_type)
    members = {"value": None, "note": f"{len(data)} bytes of {media_type}, shown as such"}
    return types.CallToolResult(content=[content], structured_content=members)


# Errors

_ADVICE: tuple[tuple[type[ConnectorError], str], ...] = (
    (InvalidArguments, "Nothing was sent. Correct these arguments and call again."),
    (UnknownName, "Nothing was sent. Use a name that is listed."),
    (ConnectionMissing, "Nothing was sent. Whoever runs this server has to save a connection: connectors connect {}."),
    (Unauthorized, "The credentials were refused. Whoever runs this server has to renew them: connectors connect {}."),
    (Forbidden, "The account may not do this. Another call of the same kind will be refused, too."),
    (NotFound, "Look the identifiers up, with an operation that lists them, and call again."),
    (TooManyRequests, "Nothing was carried out. Wait, then call again."),
    (BadRequest, "The service did not accept these arguments. Correct them and call again."),
    (AnswerError, "The service refused the call. Read its message before you call again."),
    (OutcomeUnknown, "It may have been carried out. Look for its effect before you call again."),
    (ConnectionFailed, "Nothing was sent: the service cannot be reached. Call again later."),
    (Timeout, "The service took too long. Look for an effect before you call again."),
    (Interrupted, "The connection broke. Look for an effect before you call again."),
    (OperationFailed, "The service began, and did not succeed. Read its message before you call again."),
    (InvalidResponse, "It was carried out, but the response cannot be used. Calling again does it again."),
    (InvalidDocument, "The description of this service is wrong there. Another call will fail, too."),
    (Unsupported, "This cannot be done here. Use another operation."),
)
"""What to do after an error, by its class; the first that fits."""


def failure(error: ConnectorError, tool: OperationTool) -> types.CallToolResult:
    """The result for an error of a call."""
    advice = next((text for kind, text in _ADVICE if isinstance(error, kind)), "").format(tool.connector)
    if isinstance(error, TransportError) and error.sent == "no":
        advice = "Nothing was sent. Call again later."
    problems = [_renamed(problem, tool) for problem in getattr(error, "problems", ())][:20]
    members: dict[str, Any] = {"error": type(error).__name__, "sent": error.sent}
    if problems and isinstance(error, InvalidArguments):
        message = f"{tool.name} was not sent: " + "; ".join(map(str, problems))
    else:
        message = str(error)
    members["message"] = message
    if problems:
        members["problems"] = [{"at": dotted(problem.path), "message": problem.message} for problem in problems]
    for name in ("status", "code", "retry_after", "state"):
        if getattr(error, name, None) is not None:
            members[name] = getattr(error, name)
    if isinstance(error, AnswerError) and error.value is not None:
        members["value"] = error.value
    return refusal(tool.mask(plain(members)), advice)


def _renamed(problem: Problem, tool: OperationTool) -> Problem:
    """A problem with the name that its argument has in the tool."""
    if not problem.path or not isinstance(problem.path[0], str):
        return problem
    return Problem((tool.name_of(problem.path[0]), *problem.path[1:]), problem.message, problem.kind, problem.part)


def refusal(members: dict[str, Any], advice: str) -> types.CallToolResult:
    """The result for what went wrong: a text that begins with the message, and the same as members."""
    text = f"{members['message']}\n{advice}".strip()
    if "value" in members:
        value = json_text(members["value"])
        if len(value) > _LONGEST_ERROR:
            value = f"{value[:_LONGEST_ERROR]}…"
            members = {**members, "value": value}
        text = f"{text}\nThe service sent: {value}"
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)],
        structured_content={**members, "advice": advice} if advice else members,
        is_error=True,
    )
