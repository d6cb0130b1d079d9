"""Requests that must be refused, and change nothing if they are: one member of a legal body is right and new, another
breaks its schema.

They are sent as they are, without asking what the client thinks of them. Whether the service refuses them at all is
checked elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.errors import InvalidArguments, Unsupported
from openconnectors.engine.fuzz.comparison import bare, members
from openconnectors.engine.fuzz.resources import Named
from openconnectors.engine.fuzz.samples import json_of
from openconnectors.engine.fuzz.session import Session
from openconnectors.engine.http import Request, Response
from openconnectors.engine.model import Schema
from openconnectors.engine.values.codecs import codec_for, essence


def illegal_body(operation: Named, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """A body with one member that breaks its schema, the last; None if no member can be broken for certain."""
    plan = operation.plan
    declared: dict[str, Schema] = {}
    for schema in plan.operation.request_body.schemas() if plan.operation.request_body is not None else ():
        declared |= members(schema, plan.contract)
    ranked = sorted(body, key=lambda name: _rank(bare(declared[name], plan.contract)) if name in declared else 9)
    for name in ranked:
        if name not in declared:
            continue
        wrong = _wrong(bare(declared[name], plan.contract))
        if wrong is not None and len(body) > 1:
            return {**{key: value for key, value in body.items() if key != name}, name: wrong}
    return None


def _rank(schema: Schema) -> int:
    """How likely a wrong value is refused: one of another type most."""
    kinds = ("integer", "number", "boolean", "array")
    return next((index for index, kind in enumerate(kinds) if schema.types == (kind,)), 4 if schema.enum else 5)


def _wrong(schema: Schema) -> Any:
    """A value that breaks a schema; None if none is known."""
    if schema.one_of or schema.any_of or len(schema.types) != 1 or schema.read_only:
        return None
    kind, checks = schema.types[0], schema.keywords
    if "minimum" in checks and kind in ("integer", "number"):
        return checks["minimum"] - 1
    if "maximum" in checks and kind in ("integer", "number"):
        return checks["maximum"] + 1
    if kind in ("integer", "number", "boolean", "array"):
        return "none of these"
    if kind == "string" and schema.enum and not schema.open_enum:
        return "none of these"
    if kind == "string" and checks.get("maxLength", 10_000) < 5_000:
        return "x" * (int(checks["maxLength"]) + 1)
    return None


def send_illegal(
    session: Session, operation: Named, arguments: Mapping[str, Any], *, member: bool = True
) -> Response | None:
    """The response to a legal call whose body has a wrong member; None if there is no such body."""
    plan = operation.plan
    try:
        request = session.caller.request(plan, arguments, json_of(plan.offered))
    except (InvalidArguments, Unsupported):
        return None
    fields = {name.lower(): text for name, text in request.headers.items()}
    codec = codec_for(essence(fields.get("content-type", ""))[0])
    if codec is None or codec.name != "json" or not isinstance(request.body, bytes):
        return None
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    illegal = illegal_body(operation, body) if isinstance(body, Mapping) else None
    if illegal is None:
        return None
    return _sent(session, operation, replace(request, body=json.dumps(illegal).encode()))


def _sent(session: Session, operation: Named, request: Request) -> Response | None:
    return session.follow(request, operation)
