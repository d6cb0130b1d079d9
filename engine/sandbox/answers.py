"""What the sandbox answers with: an example where nothing is declared, and errors in the shape that the document gives
them, each in the media type that was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import MISSING, Answer, ErrorShape, Media, Schema
from openconnectors.engine.plan.examples import example
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.behaviour import Refused
from openconnectors.engine.sandbox.protocol import Reply
from openconnectors.engine.sandbox.serving import media_of, write_answer
from openconnectors.engine.sandbox.templates import fill
from openconnectors.engine.streams import Content
from openconnectors.engine.values.codecs import codec_for, essence, json

_MESSAGES = ("message", "detail", "error_description", "errorMessage", "description", "title", "error", "reason")
_CODES = ("code", "errorCode", "error_code")
"""Members in which errors hold what went wrong by convention, where the document does not say it."""


def sample(plan: Plan, answer: Answer, media_type: str) -> Any:
    """An answer made of the document alone, as the octets or the value to write: its example of this media type,
    else that of another, else one made of the schema; each only where the schema accepts it.

    There is no link to a next page in it: whoever follows one would follow it for ever."""
    chosen = media_of(answer, media_type)
    schema = chosen.schema or Schema()
    given = _examples(answer, chosen)
    if isinstance(chosen.example, str):
        octets = chosen.example.encode("utf-8", "replace")
        value = _read(plan, answer, chosen.type, octets)
        if value is not MISSING and last_page(plan, schema, value) == value:
            return octets
        given.insert(0, value)
    return last_page(plan, schema, _first(plan, schema, given))


def _examples(answer: Answer, chosen: Media) -> list[Any]:
    """What an answer gives as its examples, that of one media type first."""
    return [chosen.example, *(one.example for one in answer.media if one is not chosen)]


def _first(plan: Plan, schema: Schema, given: list[Any]) -> Any:
    """The first example that its schema accepts; one made of the schema where there is none."""
    known = (value for value in given if value is not MISSING and plan.accepts(schema, value))
    value = next(known, MISSING)
    return value if value is not MISSING else example(schema, plan)


def _read(plan: Plan, answer: Answer, media_type: str, octets: bytes) -> Any:
    """The contract value of octets; MISSING where they are none that the answer promises."""
    body = plan.answer_body(answer, media_type)
    problems: list[Problem] = []
    try:
        value = body.read(octets, essence(media_type)[1], problems) if body is not None else MISSING
    except ValueError:
        return MISSING
    return MISSING if problems or (body is not None and body.judge(value)) else value


def last_page(plan: Plan, schema: Schema | None, value: Any) -> Any:
    """A value without its link to a next page; null, or empty, where the link must be there."""
    steps = plan.paging.next_link if plan.paging is not None else ()
    return _without(plan, schema, value, steps) if steps else value


def _without(plan: Plan, schema: Schema | None, value: Any, steps: tuple[str, ...]) -> Any:
    whole = ".".join(steps)
    if not isinstance(value, dict) or (whole not in value and steps[0] not in value):
        return value
    effective = plan.contract(schema) if schema is not None else Schema()
    name = whole if whole in value else steps[0]
    inner = effective.properties.get(name)
    if name != whole:
        return {**value, name: _without(plan, inner, value[name], steps[1:])}
    if name in effective.required:
        return {**value, name: None if inner is not None and plan.contract(inner).nullable else ""}
    return {known: one for known, one in value.items() if known != name}


def reply(plan: Plan, answer: Answer | None, status: int, media_type: str, value: Any) -> Reply | None:
    """A contract value, or octets, as an answer; None where it has no body or no codec writes it."""
    made = write_answer(plan, answer, media_type, value)
    if made is None:
        return None
    content_type, body = made
    return Reply(status, b"".join(body) if isinstance(body, Content) else body, (("Content-Type", content_type),))


def refusal(plan: Plan | None, refused: Refused, template: Any, media_type: str, context: Mapping[str, Any]) -> Reply:
    """An error: by the document's own template, else in the shape that it declares for the status, else as problem
    details (RFC 9457)."""
    status = refused.status
    answer = _declared(plan, status) if plan is not None else None
    made = None
    try:
        if plan is not None and template is not None:
            value = fill(template, {**context, "status": status, "code": refused.code, "message": refused.message})
            free = Answer(status=str(status), media=tuple(Media(type=one, schema=None) for one in plan.offered))
            made = reply(plan, answer or free, status, media_type, value)
        elif plan is not None and answer is not None:
            made = reply(plan, answer, status, media_type, _error(plan, answer, media_of(answer, media_type), refused))
    except ValueError:
        pass  # the declared shape cannot hold it in this media type
    return made or problem(status, refused.message, media_type, refused.code)


def _declared(plan: Plan, status: int) -> Answer | None:
    """The answer that a document declares for an error, where it has a body. A ``default`` beside no success speaks of
    successes."""
    answers = plan.operation.answers
    default = answers.get("default") if any(code.startswith("2") for code in answers) else None
    known = (answers.get(str(status)), answers.get(f"{status // 100}XX"), default)
    return next((one for one in known if one is not None and one.media), None)


def _error(plan: Plan, answer: Answer, chosen: Media, refused: Refused) -> Any:
    """An example of an error with the message, the code and the status where they stand, as far as the schema lets
    them."""
    schema = chosen.schema or Schema()
    value = _first(plan, schema, _examples(answer, chosen))
    if isinstance(value, str):
        return refused.message
    shape = plan.errors if plan.errors != ErrorShape() else None
    holders: tuple[tuple[str, ...], ...] = ((), ("error",), ("errors", "0"))

    def places(pointer: tuple[str, ...], names: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [pointer] if pointer else [(*holder, name) for holder in holders for name in names]

    for steps, text in (
        (places(shape.message if shape else (), _MESSAGES), refused.message),
        (places(shape.code if shape else (), _CODES), refused.code),
        (places((), ("status", "statusCode")), refused.status),
    ):
        for way in steps if text is not None else ():
            changed = _put(value, way, text)
            if changed is not None and plan.accepts(schema, changed):
                value = changed
                break
    return value


def _put(value: Any, steps: tuple[str, ...], text: Any) -> Any:
    """The value with another one at a place that it has; None where it has no such place, or a container there."""
    if not steps:
        return None if isinstance(value, (dict, list)) else text
    key: Any = int(steps[0]) if isinstance(value, list) and steps[0].isdigit() else steps[0]
    if not (isinstance(value, dict) and key in value) and not (isinstance(value, list) and key in range(len(value))):
        return None
    inner = _put(value[key], steps[1:], text)
    if inner is None:
        return None
    if isinstance(value, dict):
        return {**value, key: inner}
    return [inner if index == key else one for index, one in enumerate(value)]


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def problem(status: int, detail: str, media_type: str, code: Any = None) -> Reply:
    """Problem details (RFC 9457), as XML where that was asked for."""
    title = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    members = {"type": "about:blank", "title": title, "status": status, "detail": _NOT_XML.sub("?", detail)}
    members |= {"code": code} if code is not None else {}
    codec = codec_for(media_type)
    if codec is None or codec.name != "xml":
        return Reply(status, json.encode(members), (("Content-Type", "application/problem+json"),))
    inner = "".join(f"<{name}>{escape(str(one))}</{name}>" for name, one in members.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<problem xmlns="urn:ietf:rfc:7807">{inner}</problem>'
    return Reply(status, text.encode("utf-8"), (("Content-Type", "application/problem+xml"),))
