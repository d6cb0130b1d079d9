"""Requests, responses and errors as a page shows them: plain data, without secrets."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

import msgspec
from lxml import etree
from msgspec.structs import replace

from openconnectors.engine.auth.schemes import SCHEMES, needed, place
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.errors import (
    AnswerError,
    ConnectionMissing,
    ConnectorError,
    InvalidArguments,
    InvalidResponse,
    Path,
    Problem,
    dotted,
)
from openconnectors.engine.http import Request, Response
from openconnectors.engine.masking import Mask, mask_of
from openconnectors.engine.model import DeclaredResponse, Scheme
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.secret import SHOWN
from openconnectors.engine.streams import Content, is_bytes
from openconnectors.engine.values.body import Body
from openconnectors.engine.values.codecs import essence
from openconnectors.engine.values.codecs.json import encode as json_bytes

_JSON, _XML = "application/json", "application/xml"
_LONGEST = 200_000
"""Characters of a text that is shown."""
_MARGIN = 64 * 1024
"""Bytes beyond these that are searched for secrets: more than any secret has."""
_KEPT = 5_000_000
"""Bytes of a file that the page is given to be saved."""
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SECRET = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
"""Header fields whose values are secrets, whoever sets them (RFC 9110 sections 11.6.2 and 11.7.2, RFC 6265)."""


def request(plan: Plan, connection: Connection, sent: Request) -> dict[str, Any]:
    """A request with its credentials as ``***``, as it is sent but for the fields that the transport fills in."""
    mask = mask_of(sent.base)
    fields = [[name, SHOWN if name.lower() in _SECRET else mask.text(text)] for name, text in sent.headers.items()]
    url, present = str(sent.url), {name.lower() for name, _ in fields}
    for scheme in _schemes(plan, connection, sent):
        where, name = place(scheme)
        if where == "query":
            url = f"{url}{'&' if '?' in url else '?'}{name}={SHOWN}"
        elif where == "cookie":
            fields.append(["Cookie", f"{name}={SHOWN}"])
        elif where == "header" and name.lower() not in present:
            fields.append([_field_name(scheme, name), _credential(scheme, name)])
    return {
        "method": sent.method,
        "url": mask.text(url),
        "headers": fields,
        "body": _body(sent.body, mask),
    }


def _schemes(plan: Plan, connection: Connection, sent: Request) -> list[Scheme]:
    """The schemes that authenticate a request; none if values are missing, which the call says."""
    instead = sent.credentials.instead
    try:
        return [scheme for scheme, _ in needed(plan.service, plan.operation, connection.values, instead)]
    except ConnectionMissing:
        return []


def _field_name(scheme: Scheme, name: str) -> str:
    return "Authorization" if name == "authorization" else scheme.parameter or name.title()


def _credential(scheme: Scheme, name: str) -> str:
    """The value of a field that authenticates: its scheme in clear (RFC 9110 section 11.6.2)."""
    row = SCHEMES.get(scheme.type)
    word = row.http_name.replace("*", scheme.http_scheme) if row is not None else ""
    return f"{word} {SHOWN}" if word and name == "authorization" else SHOWN


def _body(body: bytes | Content | None, mask: Mask) -> str:
    """The beginning of a body. More is read than shown, so that no secret is cut in two and missed."""
    if body is None:
        return ""
    chunks = iter((body,)) if isinstance(body, bytes) else iter(body)
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > _LONGEST + _MARGIN:
            break
    return _cut(mask.text(bytes(data).decode("utf-8", "backslashreplace")))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n… (cut: the page shows {_LONGEST:,} characters)"


# Responses


def response(plan: Plan, received: Response, mask: Mask) -> dict[str, Any]:
    """A response: its value as JSON and as XML, the bytes as they came, and where it differs from the document. It is
    masked before it is written in other ways, or cut."""
    received = replace(received, value=mask.value(received.value), body=mask.data(received.body))
    content_type = str(received.headers.get("Content-Type", ""))
    shown: dict[str, Any] = {
        **_head(received.status, received.headers),
        "deviations": [str(problem) for problem in islice(received.deviations, 50)],
    }
    if is_bytes(received.value):
        return {**shown, "file": _file(bytes(received.value), content_type)}
    declared = plan.declared_response(received.status)
    raw = received.body.decode("utf-8", "backslashreplace")
    return {**shown, **representations(plan, declared, received.value), "raw": _cut(raw)}


def _head(status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    return {
        "status": status,
        "reason": reason,
        "headers": [[name, SHOWN if name.lower() in _SECRET else text] for name, text in headers.items()],
        "media_type": essence(str(headers.get("Content-Type", "")))[0],
    }


def _file(data: bytes, content_type: str) -> dict[str, Any]:
    content = base64.b64encode(data).decode("ascii") if len(data) <= _KEPT else ""
    return {"size": len(data), "type": essence(content_type)[0] or "application/octet-stream", "content": content}


def representations(plan: Plan, declared: DeclaredResponse | None, value: Any) -> dict[str, Any]:
    """A value in JSON, as callers get it, and in XML, as the service writes it."""
    if value is None:
        return {"json": "", "xml": "", "xml_problem": ""}
    problem = ""
    try:
        as_json = indented_json(_contract(plan.bodies.response(declared, _JSON), value))
    except (ValueError, ConnectorError) as error:
        as_json = str(error)
    try:
        as_xml = indented_xml(xml_of(plan, declared, value))
    except (ValueError, ConnectorError) as error:
        as_xml, problem = "", f"It cannot be written in XML: {error}"
    return {"json": _cut(as_json), "xml": _cut(as_xml), "xml_problem": problem}


def _contract(body: Body | None, value: Any) -> Any:
    """The contract value of a Python value; what differs from the document stays as it is."""
    return value if body is None else body.serialize(value, [])


def xml_of(plan: Plan, declared: DeclaredResponse | None, value: Any) -> bytes:
    """A value in the XML of a declared response. ``ValueError`` for what XML cannot hold."""
    body = plan.bodies.response(declared, _XML)
    if body is None:
        raise ValueError("the document gives no schema for it")
    data = body.encode(body.serialize(value, []), [])
    return data if isinstance(data, bytes) else b"".join(data)


def indented_json(value: Any) -> str:
    """JSON as people read it, with the digits of the numbers as they are."""
    return msgspec.json.format(json_bytes(value), indent=2).decode("utf-8")


def typed(value: Any) -> str:
    """An argument as a person may go on typing it: JSON, with the digits of numbers as they are."""
    return msgspec.json.format(_ENCODER.encode(value), indent=2).decode("utf-8")


def indented_xml(data: bytes) -> str:
    """XML as people read it: only elements without text are put on lines of their own."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    etree.indent(root)
    return str(etree.tostring(root, encoding="unicode"))


# Errors


def error(plan: Plan, raised: ConnectorError) -> dict[str, Any]:
    """An error: what is wrong with which field, or what the service answered."""
    shown: dict[str, Any] = {"kind": type(raised).__name__, "message": _sentence(raised), "sent": raised.sent}
    if isinstance(raised, InvalidArguments):
        shown["problems"] = [_problem(plan, problem) for problem in raised.problems]
    if isinstance(raised, InvalidResponse):
        shown["deviations"] = [str(problem) for problem in islice(raised.problems, 50)]
        shown["raw"] = _cut((raised.body or b"").decode("utf-8", "backslashreplace"))
    if isinstance(raised, AnswerError):
        shown |= _head(raised.status, raised.headers)
        shown |= {"code": None if raised.code is None else str(raised.code), "description": raised.description}
        if not is_bytes(raised.value):
            shown |= representations(plan, plan.declared_response(raised.status), raised.value)
    return shown


def _sentence(raised: ConnectorError) -> str:
    """What the error says; of a service its own words, of arguments how many are wrong."""
    if isinstance(raised, AnswerError):
        return str(raised.message or raised.description or "The service gives no reason.")
    if isinstance(raised, InvalidArguments):
        count = len(raised.problems)
        return f"It was not sent: {count} problem{'s' * (count != 1)}"
    return str(raised)


def _problem(plan: Plan, problem: Problem) -> dict[str, Any]:
    return problem_at(_by_python_name(plan, problem.path), problem.message)


def problem_at(path: Path, message: str) -> dict[str, Any]:
    """What is wrong, with the field that it belongs to."""
    return {"path": list(path), "place": dotted(path), "message": message}


def _by_python_name(plan: Plan, path: Path) -> Path:
    """The path from the Python name of an argument."""
    names = {argument.wire: argument.name for argument in reversed(plan.arguments)}
    names |= {argument.name: argument.name for argument in plan.arguments}
    return (names.get(str(path[0]), path[0]), *path[1:]) if path else path
