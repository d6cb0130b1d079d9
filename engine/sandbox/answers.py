"""Responses that somebody asks for: a test by its script, a client by ``Prefer`` (RFC 7240)."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from werkzeug.http import parse_dict_header

from openconnectors.engine.model import MISSING, DeclaredResponse, MediaType, Schema
from openconnectors.engine.plan.declared import declared_response
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.errors import ServiceError, error_response
from openconnectors.engine.sandbox.negotiation import error_media_type, success_media_type
from openconnectors.engine.sandbox.protocol import HttpRequest, HttpResponse
from openconnectors.engine.sandbox.responses import declared_success, last_page, sample, write
from openconnectors.engine.sandbox.routing import Route
from openconnectors.engine.sandbox.script import Answer
from openconnectors.engine.values.codecs import json

_STATUSES = range(200, 600)


def preferred(plan: Plan, request: HttpRequest) -> Answer | None:
    """The answer that a request prefers: ``Prefer: code=404, example=name``. What cannot be had is ignored (RFC 7240
    section 2), and then not in ``Preference-Applied``."""
    preferences = {name.lower(): text for name, text in parse_dict_header(request.headers.get("Prefer", "")).items()}
    code = (preferences.get("code") or "").partition(";")[0].strip()
    status = int(code) if code.isascii() and code.isdigit() and int(code[:4]) in _STATUSES else None
    example = (preferences.get("example") or "").partition(";")[0].strip()
    if example and named_example(_declared(plan, status), example) is MISSING:
        example = ""
    applied = [f"code={status}"] if status is not None else []
    applied += [f"example={example}"] if example else []
    if not applied:
        return None
    return Answer(status=status, example=example, headers={"Preference-Applied": ", ".join(applied)})


def named_example(declared: DeclaredResponse | None, name: str, media_type: str = "") -> Any:
    """The example of a name that a response declares, that of a media type first; MISSING if there is none."""
    content = declared.content if declared is not None else {}
    listed = sorted(content.items(), key=lambda item: item[0] != media_type)
    for _, media in listed:
        if name in media.example_names:
            return media.examples[media.example_names.index(name)]
    return MISSING


def answered(route: Route, request: HttpRequest, answer: Answer, template: object) -> HttpResponse:
    """The response of an answer that has a status, a body or an example; ``template`` is that of the document's errors.

    Raise ``HttpError`` 406 if the request accepts no media type of a success.
    """
    plan = route.plan
    declared = _declared(plan, answer.status)
    status = answer.status or _status(declared)
    if status < 400:
        media_type = success_media_type(route, declared, request)
    else:
        media_type = error_media_type(route, request)
    return _with_fields(_written(plan, declared, status, media_type, answer, template), answer)


def _declared(plan: Plan, status: int | None) -> DeclaredResponse | None:
    return declared_success(plan.operation, None) if status is None else declared_response(plan.operation, status)


def _status(declared: DeclaredResponse | None) -> int:
    return int(declared.status) if declared is not None and declared.status.isdigit() else 200


def _written(
    plan: Plan, declared: DeclaredResponse | None, status: int, media_type: str, answer: Answer, template: object
) -> HttpResponse:
    body = answer.body
    if isinstance(body, (bytes, bytearray)):
        return HttpResponse(status, bytes(body), (("Content-Type", media_type),) if media_type else ())
    if answer.example:
        body = named_example(declared, answer.example, media_type)
        body = body.encode("utf-8", "replace") if isinstance(body, str) else body
    if body is MISSING and status >= 400:
        text = declared.description if declared is not None else ""
        error = ServiceError({"status": status, "message": "{text}"}, {"text": text})
        return error_response(plan, error, template, media_type, {"path": plan.operation.path})
    if body is MISSING:
        if declared is None or not declared.content:
            return HttpResponse(status)
        body = sample(plan, declared, media_type)
    described = declared if declared is not None and declared.content else _undeclared(plan, status)
    # What no declared media type can hold is sent as JSON: a test may want what the document does not have.
    plain = HttpResponse(status, json.encode(body), (("Content-Type", "application/json"),))
    try:
        return write(plan, described, status, media_type, body) or plain
    except ValueError:
        return plain


def _undeclared(plan: Plan, status: int) -> DeclaredResponse:
    return DeclaredResponse(status=str(status), content={offered: MediaType() for offered in plan.offered})


def _with_fields(response: HttpResponse, answer: Answer) -> HttpResponse:
    """A response with the header fields of an answer, in place of those of their names."""
    names = {name.lower() for name in answer.headers}
    kept = [(name, text) for name, text in response.headers if name.lower() not in names]
    return replace(response, headers=(*kept, *answer.headers.items()))


def echoed(plan: Plan, declared: DeclaredResponse, value: Any, sent: Any) -> Any:
    """A made-up value with the members of a sent body that fit: those that the schema of the response has under the
    same name, and accepts. As a service responds that has stored what it was sent."""
    schema = plan.preferred_schema(declared)
    if not isinstance(value, dict) or not isinstance(sent, dict) or schema is None:
        return value
    fitting = {
        name: sent[name]
        for name, member in plan.contract(schema).properties.items()
        if name in sent and not _is_write_only(plan, member) and plan.accepts(member, sent[name])
    }
    echo = last_page(plan, schema, {**value, **fitting})
    return echo if fitting and plan.accepts(schema, echo) else value


def _is_write_only(plan: Plan, schema: Schema) -> bool:
    return schema.write_only or plan.contract(schema).write_only
