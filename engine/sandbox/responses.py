"""Successful responses: an example if the document declares no action, a value in the declared shape, the bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.engine.errors import Problem
from openconnectors.engine.http import FRAMING
from openconnectors.engine.model import MISSING, DeclaredResponse, MediaType, Operation, Parameter, Schema
from openconnectors.engine.plan.examples import example
from openconnectors.engine.plan.members import pick, pick_dotted
from openconnectors.engine.plan.parameters import compiled
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.negotiation import declared_media
from openconnectors.engine.sandbox.protocol import HttpResponse
from openconnectors.engine.streams import Content
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import essence

_JSON = "application/json"


def declared_success(operation: Operation, status: int | None) -> DeclaredResponse | None:
    """The declared response of a status, else of the lowest status of success, else ``default``."""
    if status is not None:
        return operation.responses.get(str(status)) or DeclaredResponse(status=str(status))
    codes = sorted(code for code in operation.responses if code.startswith("2"))
    return operation.responses[codes[0]] if codes else operation.responses.get("default")


def sample(plan: Plan, declared: DeclaredResponse, media_type: str) -> Any:
    """A value made of the document alone, or bytes that are written already: the example of the media type, else of
    another one, else a value made of the schema. Examples that the schema does not accept are not used.

    The value has no link to a next page: a client that follows it would never end.
    """
    name, media = declared_media(declared, media_type)
    schema = media.schema or Schema()
    examples = declared_examples(declared, media)
    if media.examples and isinstance(media.examples[0], str):
        data = media.examples[0].encode("utf-8", "replace")
        value = _read(plan, declared, name, data)
        if value is not MISSING and last_page(plan, schema, value) == value:
            return data
        examples.insert(0, value)
    return last_page(plan, schema, accepted_example(plan, schema, examples))


def declared_examples(declared: DeclaredResponse, media: MediaType) -> list[Any]:
    """The examples of a declared response, those of one media type first."""
    others = (other for other in declared.content.values() if other is not media)
    return [*media.examples, *(example for other in others for example in other.examples)]


def accepted_example(plan: Plan, schema: Schema, examples: list[Any]) -> Any:
    """The first example that the schema accepts, else a value made of the schema."""
    accepted = (value for value in examples if value is not MISSING and plan.accepts(schema, value))
    value = next(accepted, MISSING)
    return value if value is not MISSING else example(schema, plan)


def _read(plan: Plan, declared: DeclaredResponse, media_type: str, data: bytes) -> Any:
    """The contract value of an example that is text; MISSING if it is not a value of the declared response."""
    body = plan.bodies.response(declared, media_type)
    problems: list[Problem] = []
    try:
        value = body.decode(data, essence(media_type)[1], problems) if body is not None else MISSING
    except ValueError:
        return MISSING
    return MISSING if problems or (body is not None and body.validate(value)) else value


def last_page(plan: Plan, schema: Schema | None, value: Any) -> Any:
    """A value without its link to a next page, or its cursor; with null, or an empty text, if the link is required."""
    if plan.paging is not None:
        steps = plan.paging.next_link or plan.paging.cursor
        return _without(plan, schema, value, steps) if steps else value
    paging = plan.recognized_paging
    if paging is None:
        return value
    last = value
    for steps in (paging.next_link, paging.cursor):
        last = _without(plan, schema, last, steps) if steps else last
    if paging.more and isinstance(pick(last, paging.more), bool):
        last = _with(last, paging.more, value=False)
    return last if schema is None or plan.accepts(schema, last) else value


def without_later_pages(plan: Plan, value: Any, arguments: Mapping[str, Any]) -> Any:
    """A value made of the document, without items if a later page than the first is asked for by its number."""
    paging = plan.paging or plan.recognized_paging
    if paging is None or not paging.counts or paging.parameter not in arguments:
        return value
    first = paging.first if paging.first is not None else int(paging.counts == "pages")
    number = arguments[paging.parameter]
    if not isinstance(number, int) or number <= first:
        return value
    return _with(value, paging.items, value=[]) if paging.items else [] if isinstance(value, list) else value


def _with(members: Any, path: tuple[str, ...], *, value: Any) -> Any:
    """Plain data with another value at a path that is there."""
    if not path:
        return value
    if not isinstance(members, dict) or path[0] not in members:
        return members
    return {**members, path[0]: _with(members[path[0]], path[1:], value=value)}


def required_fields(compiler: Compiler, plan: Plan, declared: DeclaredResponse | None) -> list[tuple[str, str]]:
    """The header fields that a declared response must have, with examples of their values."""
    fields = []
    for name, header in declared.headers.items() if declared is not None else ():
        if header.required and name.lower() not in FRAMING and name.lower() != "link":
            like = Parameter(
                name=name,
                location="header",
                schema=header.schema,
                style=header.style,
                explode=header.explode,
                content=header.content,
            )
            text = compiled(like, compiler).text(example(header.schema, plan))
            fields.append((name, text))
    return fields


def link_fields(plan: Plan, links: Mapping[str, str]) -> list[tuple[str, str]]:
    """The ``Link`` field (RFC 8288) of a page that links to others, if the operation has its pages there."""
    paging = plan.paging or plan.recognized_paging
    if paging is None or paging.header.lower() != "link" or not links:
        return []
    return [("Link", ", ".join(f'<{url}>; rel="{relation}"' for relation, url in links.items()))]


def _without(plan: Plan, schema: Schema | None, value: Any, steps: tuple[str, ...]) -> Any:
    dotted = ".".join(steps)  # a single member may be named with dots: @odata.nextLink
    if not isinstance(value, dict) or (dotted not in value and steps[0] not in value):
        return value
    resolved = plan.contract(schema) if schema is not None else Schema()
    name = dotted if dotted in value else steps[0]
    inner = resolved.properties.get(name)
    if name != dotted:
        return {**value, name: _without(plan, inner, value[name], steps[1:])}
    if name in resolved.required:
        return {**value, name: None if inner is not None and plan.contract(inner).nullable else ""}
    return {key: other for key, other in value.items() if key != name}


def shape(compiler: Compiler, plan: Plan, declared: DeclaredResponse | None, media_type: str, value: Any) -> Any:
    """A record as the declared response shows it in a media type: only declared properties, null for absent ones that
    may be null.

    An absent property that may not be null is left out: after the last page there is no link to a next one.
    """
    schema = declared_media(declared, media_type)[1].schema if declared is not None and declared.content else None
    if schema is None:
        return value
    shaped = _cut(compiler, value, schema)
    ends = plan.paging is not None and not pick_dotted(shaped, plan.paging.next_link)
    return last_page(plan, schema, shaped) if ends and not plan.accepts(schema, shaped) else shaped


def _cut(compiler: Compiler, value: Any, schema: Schema) -> Any:
    contract = compiler.contract.resolve(schema)
    if isinstance(value, list) and contract.items is not None:
        return [_cut(compiler, item, contract.items) for item in value]
    if not isinstance(value, dict) or not contract.properties:
        return value
    # The wire may have members that the contract does not show (x-connector-wire).
    properties = {**compiler.wire.resolve(schema).properties, **contract.properties}
    nullable = {name for name, inner in contract.properties.items() if compiler.contract.resolve(inner).nullable}
    kept = nullable | set(contract.required)
    shaped = {
        name: _cut(compiler, value[name], inner)
        for name, inner in properties.items()
        if name in value and (value[name] is not None or name in kept)
    }
    return {**shaped, **dict.fromkeys(nullable - shaped.keys())}


def write(
    plan: Plan, declared: DeclaredResponse | None, status: int, media_type: str, value: Any
) -> HttpResponse | None:
    """The response with a contract value, or with bytes; None if it has no body or no codec writes it.

    Raises ``ValueError`` for a value that the media type cannot hold.
    """
    written = write_body(plan, declared, media_type, value)
    if written is None:
        return None
    content_type, body = written
    data = b"".join(body) if isinstance(body, Content) else body
    return HttpResponse(status, data, (("Content-Type", content_type),))


def write_body(
    plan: Plan, declared: DeclaredResponse | None, media_type: str, value: Any
) -> tuple[str, bytes | Content] | None:
    """``Content-Type`` and body of a contract value, or of bytes that are written already; None if the response has no
    body or no codec writes it. Raises ``ValueError`` for a value that the media type cannot hold."""
    if declared is None or not declared.content:
        return None
    name, _ = declared_media(declared, media_type)
    body = plan.bodies.response(declared, name)
    if body is None:
        return None
    # Services send an object or a list as JSON, whatever media type of text or bytes they declare.
    writer = plan.bodies.response(declared, _JSON, name) if body.is_mislabeled() else None
    written = value if isinstance(value, bytes) else (writer or body).encode(value, [])
    return body.content_type(written), written
