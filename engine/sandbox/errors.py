"""Errors as the document words and shapes them: in its own template, in the schema it declares for the status, else as
problem details (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from openconnectors.engine.model import DeclaredResponse, MediaType, Schema
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.negotiation import declared_media
from openconnectors.engine.sandbox.protocol import HttpResponse, reason_phrase
from openconnectors.engine.sandbox.responses import accepted_example, declared_examples, write
from openconnectors.engine.sandbox.templates import fill
from openconnectors.engine.values.codecs import codec_for, json

ERRORS: Mapping[str, Mapping[str, Any]] = {
    "unauthorized": {"status": 401, "message": "the credentials are missing or wrong"},
    "missing": {"status": 404, "message": "no resource at {path}"},
    "method": {"status": 405, "message": "this path does not have the method"},
    "invalid": {"status": 400, "message": "{reason}"},
    "conflict": {"status": 409, "message": "{id} already exists"},
}
"""Errors by the kinds that a document may reword (``x-connector-sandbox``: ``errors``)."""

KINDS: Mapping[int, str] = {error["status"]: kind for kind, error in ERRORS.items()}

_MESSAGE_NAMES = ("message", "detail", "error_description", "errorMessage", "description", "title", "error", "reason")
_CODE_NAMES = ("code", "errorCode", "error_code")
_STATUS_NAMES = ("status", "statusCode")
"""Members that hold the message, code and status of errors by convention, the most specific name first."""

_HOLDERS: tuple[tuple[str, ...], ...] = ((), ("error",), ("errors", "0"))
"""Pointers to the objects that have these members by convention."""


class ServiceError(Exception):
    """The service responds with an error: its status, code and message, a template that is filled here."""

    def __init__(self, error: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        self.status = int(error.get("status", 400))
        self.code = error.get("code")
        self.message = str(fill(error.get("message", ""), context) or "")
        self.headers: Mapping[str, str] = {}
        super().__init__(self.message)


def error_response(
    plan: Plan | None, error: ServiceError, template: object, media_type: str, context: Mapping[str, Any]
) -> HttpResponse:
    """The response of an error: in the document's template, else in the schema that the operation declares for the
    status, else as problem details (RFC 9457). ``context`` are the names that the template may use beside ``status``,
    ``code`` and ``message``."""
    declared = _declared_error(plan, error.status) if plan is not None else None
    response = None
    try:
        if plan is not None and template is not None:
            members = {"status": error.status, "code": error.code, "message": error.message}
            undeclared = DeclaredResponse(
                status=str(error.status), content={offered: MediaType() for offered in plan.offered}
            )
            value = fill(template, {**context, **members})
            response = write(plan, declared or undeclared, error.status, media_type, value)
        elif plan is not None and declared is not None:
            value = _error_value(plan, declared, declared_media(declared, media_type)[1], error)
            response = write(plan, declared, error.status, media_type, value)
    except ValueError:
        pass  # the declared schema cannot be written in this media type
    return response or problem_details(error.status, error.message, media_type, error.code)


def _declared_error(plan: Plan, status: int) -> DeclaredResponse | None:
    """The response that an operation declares for an error, if it has a body.

    A ``default`` without a response of 2xx beside it describes successes.
    """
    responses = plan.operation.responses
    default = responses.get("default") if any(code.startswith("2") for code in responses) else None
    candidates = (responses.get(str(status)), responses.get(f"{status // 100}XX"), default)
    return next((declared for declared in candidates if declared is not None and declared.content), None)


def _error_value(plan: Plan, declared: DeclaredResponse, media: MediaType, error: ServiceError) -> Any:
    """An example of an error with this message, code and status in the members for them, if the schema accepts it."""
    schema = media.schema or Schema()
    value = accepted_example(plan, schema, declared_examples(declared, media))
    if isinstance(value, str):
        return error.message
    for pointers, text in (
        (_pointers(plan.errors.message, _MESSAGE_NAMES), error.message),
        (_pointers(plan.errors.code, _CODE_NAMES), error.code),
        (_pointers((), _STATUS_NAMES), error.status),
    ):
        for pointer in pointers if text is not None else ():
            changed = _replaced(value, pointer, text)
            if changed is not None and plan.accepts(schema, changed):
                value = changed
                break
    return value


def _pointers(declared: tuple[str, ...], names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The declared pointer (``x-connector-error``), else those by convention."""
    return [declared] if declared else [(*holder, name) for holder in _HOLDERS for name in names]


def _replaced(value: Any, pointer: tuple[str, ...], text: object) -> Any:
    """The value with another text at a pointer; None if there is nothing, or a container, at the pointer."""
    if not pointer:
        return None if isinstance(value, (dict, list)) else text
    key: Any = int(pointer[0]) if isinstance(value, list) and pointer[0].isdigit() else pointer[0]
    if not (isinstance(value, dict) and key in value) and not (isinstance(value, list) and key in range(len(value))):
        return None
    inner = _replaced(value[key], pointer[1:], text)
    if inner is None:
        return None
    if isinstance(value, dict):
        return {**value, key: inner}
    return [inner if index == key else item for index, item in enumerate(value)]


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 section 2.2


def problem_details(status: int, detail: str, media_type: str, code: object = None) -> HttpResponse:
    """Problem details in JSON, or in XML if ``media_type`` is XML (RFC 9457, its XML in appendix B)."""
    title = reason_phrase(status) or "Error"
    members = {"type": "about:blank", "title": title, "status": status, "detail": _NOT_XML.sub("?", detail)}
    members |= {"code": code} if code is not None else {}
    codec = codec_for(media_type)
    if codec is None or codec.name != "xml":
        return HttpResponse(status, json.encode(members), (("Content-Type", "application/problem+json"),))
    inner = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in members.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<problem xmlns="urn:ietf:rfc:7807">{inner}</problem>'
    return HttpResponse(status, text.encode("utf-8"), (("Content-Type", "application/problem+xml"),))
