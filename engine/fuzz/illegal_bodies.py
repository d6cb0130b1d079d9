"""Illegal requests in which the body is wrong, or missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.fuzz.illegal import Illegal, content_type_of, is_unchecked, with_body
from openconnectors.engine.fuzz.wrong_values import OPEN, Wrong, wrong_values
from openconnectors.engine.http import Request
from openconnectors.engine.model import Schema
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.streams import Content
from openconnectors.engine.values.body import Body
from openconnectors.engine.values.codecs import FORMS, essence


def of_body(plan: Plan, legal: Request, values: Mapping[str, Any]) -> list[Iterator[Illegal]]:
    """Requests whose body is wrong: rows of like violations, to be taken in turn."""
    body = plan.operation.request_body
    legal = _whole(legal)
    if body is None or not isinstance(legal.body, bytes | None):
        return []
    rows = [_missing_body(plan, legal), _malformed(plan, legal)]
    media_type = essence(content_type_of(legal))[0]
    if plan.body_name in values and legal.body is not None and media_type:
        for name in (media_type, *_other_structured(plan, media_type)):
            rows += _wrong_bodies(plan, name, legal, values[plan.body_name])
    return rows


_LARGEST = 1_000_000
"""Bytes of a body with files that is held as a whole."""


def _whole(request: Request) -> Request:
    """A request whose body is not streamed, if it is of files that are small and can be read again."""
    body = request.body
    if not isinstance(body, Content) or body.is_async or not body.repeatable or (body.length or _LARGEST) >= _LARGEST:
        return request
    return replace(request, body=b"".join(body))


def _other_structured(plan: Plan, media_type: str) -> list[str]:
    body = plan.operation.request_body
    names = [essence(name)[0] for name in body.content] if body is not None else []
    return [name for name in names if name != media_type and ("xml" in name or "json" in name)][:1]


def _missing_body(plan: Plan, legal: Request) -> Iterator[Illegal]:
    body = plan.operation.request_body
    if body is not None and body.required and legal.body:
        yield Illegal(with_body(legal, None, None), "body", "", "required")
        yield Illegal(with_body(legal, b"", content_type_of(legal)), "body", "", "not empty")


def _malformed(plan: Plan, legal: Request) -> Iterator[Illegal]:
    """Bodies that are not of their media type."""
    content_type = content_type_of(legal)
    data, media_type = legal.body or b"", essence(content_type)[0]
    if not isinstance(data, bytes) or not data:
        return
    if media_type == "application/json" or media_type.endswith("+json"):
        for malformed, rule in (
            (data[:-1], "JSON that is cut"),
            (b"not JSON", "JSON"),
            (data[:-1] + b",}" if data.endswith(b"}") else data + b",", "JSON with a comma too many"),
            (b'{"\xff": "\xff"}', "JSON in UTF-8"),
        ):
            if not _is_json(malformed):
                yield Illegal(with_body(legal, malformed, content_type), "body", "", rule)
    elif media_type in ("application/xml", "text/xml") or media_type.endswith("+xml"):
        for malformed, rule in ((data[:-3], "XML that is cut"), (b"not XML", "XML"), (b"<a><b></a></b>", "XML")):
            yield Illegal(with_body(legal, malformed, content_type), "body", "", rule)


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _is_of_fields(plan: Plan) -> bool:
    """Whether the body is declared by its fields, which no document can close."""
    return plan.operation.request_body is not None and plan.operation.request_body.fields


def _encoded(body: Body, value: Any) -> tuple[bytes, str] | None:
    """The bytes of an illegal value, with their Content-Type; None if it cannot be written."""
    try:
        data = body.encode(value, [])
        content_type = body.content_type(data)
        return (b"".join(data) if isinstance(data, Content) else data), content_type
    except Exception:  # noqa: BLE001 - a codec is not for illegal values
        return None


def _wrong_bodies(plan: Plan, media_type: str, legal: Request, value: Any) -> list[Iterator[Illegal]]:
    """Requests whose body breaks a rule of its schema, in a media type: those of each place."""
    body, schema = plan.bodies.request(media_type), plan.bodies.request_schema(media_type)
    if body is None or schema is None or plan.bodies.takes_file(media_type):
        return []
    by_place: dict[str, list[Wrong]] = {}
    for wrong in wrong_values(schema, plan.contract, value):
        by_place.setdefault(wrong.place, []).append(wrong)
    return [_bodies_at(plan, body, schema, legal, wrongs) for wrongs in by_place.values()]


def _bodies_at(plan: Plan, body: Body, schema: Schema, legal: Request, wrongs: list[Wrong]) -> Iterator[Illegal]:
    """Requests whose body has one of these values."""
    for wrong in wrongs:
        if wrong.rule == "type string" and wrong.value is not None and not body.media_type.endswith("json"):
            continue  # every text is one
        if wrong.place and wrong.rule != "required" and _is_of_file(plan, schema, wrong.place):
            continue  # any bytes are a file
        if body.codec in FORMS and wrong.rule == "not null":
            continue  # a field that is null is a field that is left out
        if body.codec in FORMS and (
            wrong.rule.startswith("type object") or (wrong.rule == OPEN and _is_of_fields(plan))
        ):
            continue  # a field of another name: services of forms ignore those that they do not know
        data, content_type = _encoded(body, wrong.value) or (b"", "")
        if not data:
            continue
        try:
            reread = plan.bodies.received(body.media_type).decode(data, essence(content_type)[1], [])
        except Exception:  # noqa: BLE001 - what the codec does not read no service reads
            reread = wrong.value
        if plan.accepts(schema, reread, request=True) and not is_unchecked(wrong):
            continue
        if wrong.rule == "not null" and not body.media_type.endswith("json") and _may_be_empty(plan, schema, wrong):
            continue
        changed = with_body(legal, data, content_type)
        yield Illegal(changed, "body", wrong.place, wrong.rule, lenient=wrong.lenient)


def _is_of_file(plan: Plan, schema: Schema, place: str) -> bool:
    """Whether a place is a member of a body that is a file, or in it."""
    member = plan.contract(schema).properties.get(re.split(r"[.\[]", place)[0])
    inner = plan.contract(member) if member is not None else None
    inner = plan.contract(inner.items) if inner is not None and inner.items is not None else inner
    return plan.bodies.is_file(inner)


def _may_be_empty(plan: Plan, schema: Schema, wrong: Wrong) -> bool:
    """Whether a null may be read as what is empty, and is legal so: outside JSON services take an element with
    ``xsi:nil`` for one without content."""
    return any(plan.accepts(schema, _without_null(wrong.value, empty), request=True) for empty in _EMPTY)


_EMPTY: tuple[Any, ...] = ("", {}, [])


def _without_null(value: Any, empty: Any) -> Any:
    """A value with something else for each null."""
    if isinstance(value, Mapping):
        return {name: _without_null(member, empty) for name, member in value.items()}
    if isinstance(value, list):
        return [_without_null(item, empty) for item in value]
    return empty if value is None else value
