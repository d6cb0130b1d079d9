"""This project's own ``x-connector-*`` (docs/extensions.md): what a document of Swagger 2.0 cannot say.

They are refused if they are not what the page says: whoever writes one wants it to work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.auth.schemes import SCHEMES
from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.dialects.lowering import COLLECTION_FORMATS, EMPTY, Site, truth
from openconnectors.engine.documents.extensions.properties import with_properties
from openconnectors.engine.documents.extensions.reading import Row, checked_mapping, checked_texts, sets
from openconnectors.engine.documents.pointers import pointer_steps
from openconnectors.engine.model import (
    Encoding,
    ErrorShape,
    Handshake,
    OAuth,
    Operation,
    Paging,
    Representation,
    Schema,
    Scheme,
    Service,
    Signature,
    Wire,
)

# Schemas and parameters


def _form(node: Schema, value: object, at: Site) -> Schema:
    members = ("name", "collectionFormat")
    form = checked_texts(checked_mapping(value, at, "x-connector-form", members), at, "x-connector-form", *members)
    # The name of a form field, and Swagger 2.0's word for its style.
    if "collectionFormat" not in form and "array" not in node.types:
        return replace(node, encoding=Encoding(name=form.get("name")))
    style, explode = COLLECTION_FORMATS.get(form.get("collectionFormat"), COLLECTION_FORMATS["csv"])
    return replace(node, encoding=Encoding(name=form.get("name"), style=style, explode=explode))


def _wire(node: Schema, value: object, at: Site) -> Schema:
    wire = checked_mapping(value, at, "x-connector-wire", ("schema", "path"))
    schema = at.schema(wire["schema"], f"{at.pointer}/x-connector-wire/schema") if "schema" in wire else None
    path = wire.get("path") or []
    if not isinstance(path, list):
        raise at.refuse("extension", "path of x-connector-wire must be a list of names", "x-connector-wire/path")
    return replace(node, wire=Wire(schema=schema, path=tuple(map(str, path))))


def _operators(node: Any, value: object, at: Site) -> Any:
    if not isinstance(value, Mapping):
        message = "x-connector-operators must be a mapping of operators to parameters"
        raise at.refuse("extension", message, "x-connector-operators")
    return replace(node, operators={str(operator): str(name) for operator, name in value.items()})


def _empty_text(node: Schema, value: object, at: Site) -> Schema:
    rule = checked_mapping(value, at, "x-connector-xml", ("empty",))
    return replace(node, xml=replace(node.xml, empty_is_text=rule.get("empty") == "text"))


# Operations and the service

_REPRESENTATION = "x-connector-representation"


def _representation(node: Any, value: object, at: Site) -> Any:
    representation = checked_mapping(value, at, _REPRESENTATION, ("in", "name", "values"))
    where, values = representation.get("in"), representation.get("values")
    if where not in ("header", "path", "query") or not isinstance(values, Mapping):
        raise at.refuse(
            "extension", "x-connector-representation needs in: header, path or query, and values", _REPRESENTATION
        )
    checked_texts(values, at, f"{_REPRESENTATION}/values", *values)
    name = str(representation.get("name", ""))
    return replace(node, representation=Representation(where=where, name=name, values={**values}))


def _xml_rule(node: Any, value: object, at: Site) -> Any:
    members = ("envelope", "empty")
    rule = checked_texts(checked_mapping(value, at, "x-connector-xml", members), at, "x-connector-xml", *members)
    return replace(
        node, xml=replace(node.xml, envelope=rule.get("envelope"), empty_is_null=rule.get("empty") == "null")
    )


def _error_shape(node: Any, value: object, at: Site) -> Any:
    shape = checked_mapping(value, at, "x-connector-error", ("code", "message"))
    return replace(
        node,
        errors=ErrorShape(
            code=tuple(pointer_steps(str(shape.get("code", "")))),
            message=tuple(pointer_steps(str(shape.get("message", "")))),
        ),
    )


_PAGING = "x-connector-paging"
_POINTERS = ("items", "next", "cursor", "last", "total", "pages", "more")
_NAMES = ("header", "parameter", "page", "offset", "size")


def _paging(node: Operation, value: object, at: Site) -> Operation:
    """The operation with the way from page to page, or, for ``false``, without one that is not declared."""
    if value is False:
        return replace(node, paging_conventions=False)
    members = checked_mapping(value, at, _PAGING, (*_POINTERS, *_NAMES, "first", "full"))
    checked_texts(members, at, _PAGING, *_POINTERS, *_NAMES)
    counted = [name for name in ("page", "offset") if name in members]
    ways = [name for name in ("next", "header", "cursor", "last", *counted) if name in members]
    if len(ways) != 1:
        raise at.refuse("extension", f"{_PAGING} needs one of next, header, cursor, last, page, offset", _PAGING)
    if ways[0] in ("cursor", "last") and "parameter" not in members:
        raise at.refuse("extension", f"{_PAGING} with {ways[0]} needs the parameter that takes it", _PAGING)
    if not isinstance(members.get("first", 0), int) or not isinstance(members.get("full", False), bool):
        raise at.refuse("extension", f"first of {_PAGING} must be an integer, full true or false", _PAGING)
    known = {parameter.name for parameter in node.parameters}
    for member in (*counted, "size"):
        if member in members and members[member] not in known:
            message = f"{member} of {_PAGING} is {members[member]!r}, which is not a parameter of the operation"
            raise at.refuse("extension", message, f"{_PAGING}/{member}")
    items, following, cursor, last, total, pages, more = (
        tuple(pointer_steps(members.get(name, ""))) for name in _POINTERS
    )
    paging = Paging(
        items=items,
        next_link=following,
        cursor=cursor,
        last=last,
        total=total,
        pages=pages,
        more=more,
        header=members.get("header", ""),
        parameter=members[counted[0]] if counted else members.get("parameter", ""),
        counts="" if not counted else "pages" if counted[0] == "page" else "items",
        first=members.get("first"),
        size=members.get("size", ""),
        full=members.get("full", False),
    )
    return replace(node, paging=paging)


def _paging_conventions(node: Service, value: object, at: Site) -> Service:
    if not isinstance(value, bool):
        raise at.refuse("extension", f"{_PAGING} of a document must be true or false", _PAGING)
    return replace(node, paging_conventions=value)


def _retry_on(node: Any, value: object, at: Site) -> Any:
    if not isinstance(value, list) or not all(isinstance(status, int) for status in value):
        raise at.refuse("extension", "x-connector-resend must be a list of statuses", "x-connector-resend")
    return replace(node, retry_on=frozenset(value))


_LIMIT = pattern(r"(?!0)\d{1,9}(/| per )(\d{1,9} )?(second|minute|hour|day|month|year)s?")


def _limit(node: Any, value: object, at: Site) -> Any:
    if not isinstance(value, str) or not all(_LIMIT.fullmatch(part) for part in value.split(";")):
        message = 'x-connector-limit must be a text like "10/second", "100 per 60 seconds" or "10/second;1000/hour"'
        raise at.refuse("extension", message, "x-connector-limit")
    return replace(node, limit=value)


def _sandbox(node: Any, value: object, at: Site) -> Any:
    if not isinstance(value, Mapping):
        raise at.refuse("extension", "x-connector-sandbox must be a mapping", "x-connector-sandbox")
    return replace(node, sandbox=value)


def _properties(node: Service, value: object, at: Site) -> Service:
    return with_properties(node, value, replace(at, pointer="/x-connector-properties"))


# Security schemes


def _credentials(node: Scheme, value: object, at: Site) -> Scheme:
    parts = tuple(dict.fromkeys(part.name for row in SCHEMES.values() for part in row.parts))
    values = checked_mapping(value, at, "x-connector-credentials", parts)
    return replace(node, values={part: str(name) for part, name in values.items()})


def _scheme_type(node: Scheme, value: object, at: Site) -> Scheme:
    """The scheme as one of another type: the name of the type, or a mapping with ``type`` and with the parts whose
    values the document fixes."""
    members = value if isinstance(value, Mapping) else {"type": value}
    name = members.get("type")
    rows = {row.name: row for row in SCHEMES.values() if row.base}
    row = rows.get(name) if isinstance(name, str) else None
    if row is None:
        raise at.refuse("extension", f"x-connector-scheme must be one of {', '.join(rows)}", "x-connector-scheme")
    checked_mapping(members, at, "x-connector-scheme", ("type", *(part.name for part in row.parts)))
    checked_texts(members, at, "x-connector-scheme", *members)
    if node.type != row.base:
        message = f"x-connector-scheme {row.name!r} needs a scheme of type {row.base!r}, not {node.type!r}"
        raise at.refuse("extension", message, "x-connector-scheme")
    return replace(node, type=row.name, settings={part: str(text) for part, text in members.items() if part != "type"})


def _oauth_endpoints(node: Scheme, value: object, at: Site) -> Scheme:
    """The scheme with endpoints that Swagger 2.0 has no members for: ``device`` (RFC 8628) and ``refresh``."""
    endpoints = checked_mapping(value, at, "x-connector-oauth", ("device", "refresh"))
    oauth = node.oauth or OAuth()
    device, refresh = str(endpoints.get("device", oauth.device)), str(endpoints.get("refresh", oauth.refresh))
    return replace(node, oauth=replace(oauth, device=device, refresh=refresh))


# Webhooks


def _fields_of(kind: type[Struct]) -> tuple[str, ...]:
    return kind.__struct_fields__


def _signature(node: Service, value: object, at: Site) -> Service:
    name = "x-connector-signature"
    signature = checked_mapping(value, at, name, _fields_of(Signature))
    if not signature.get("header") or not signature.get("secret"):
        raise at.refuse("extension", f"{name} needs header and secret", name)
    checked_texts(signature, at, name, *(member for member in signature if member != "seconds"))
    if not isinstance(signature.get("seconds", 0), (int, float)):
        raise at.refuse("extension", f"seconds of {name} must be a number", f"{name}/seconds")
    return replace(node, signature=Signature(**signature))


def _handshake(node: Service, value: object, at: Site) -> Service:
    """The service with one handshake or a list of them; an empty list means that there are none."""
    name = "x-connector-handshake"
    values = value if isinstance(value, list) else [value]
    handshakes = [checked_mapping(handshake, at, name, _fields_of(Handshake)) for handshake in values]
    for handshake in handshakes:
        mappings = (handshake.get(member, EMPTY) for member in ("when", "verify", "headers"))
        if not isinstance(handshake.get("challenge"), str) or not all(isinstance(each, Mapping) for each in mappings):
            message = f"{name} needs the place of its challenge; when, verify and headers are mappings"
            raise at.refuse("extension", message, name)
        checked_texts(handshake, at, name, "method")
    return replace(node, handshakes=tuple(Handshake(**handshake) for handshake in handshakes))


_WIDE = ("service", "operation")

ROWS: Mapping[tuple[str, str], Row] = {
    ("schema", "x-nullable"): sets("nullable", truth),
    ("schema", "x-connector-form"): _form,
    ("schema", "x-connector-wire"): _wire,
    ("schema", "x-connector-xml"): _empty_text,
    ("parameter", "x-connector-operators"): _operators,
    ("request-body", "x-bodyName"): sets("name"),
    **{(kind, "x-connector-representation"): _representation for kind in _WIDE},
    **{(kind, "x-connector-xml"): _xml_rule for kind in _WIDE},
    **{(kind, "x-connector-error"): _error_shape for kind in _WIDE},
    **{(kind, "x-connector-resend"): _retry_on for kind in _WIDE},
    **{(kind, "x-connector-limit"): _limit for kind in _WIDE},
    ("operation", _PAGING): _paging,
    ("service", _PAGING): _paging_conventions,
    **{(kind, "x-connector-sandbox"): _sandbox for kind in _WIDE},
    ("scheme", "x-connector-credentials"): _credentials,
    ("scheme", "x-connector-oauth"): _oauth_endpoints,
    ("scheme", "x-connector-scheme"): _scheme_type,
    ("service", "x-connector-signature"): _signature,
    ("service", "x-connector-handshake"): _handshake,
    ("service", "x-connector-properties"): _properties,
}
"""What each member means on each kind of node. ``x-nullable`` and ``x-bodyName`` are nobody's own: documents of many
vendors have them."""
