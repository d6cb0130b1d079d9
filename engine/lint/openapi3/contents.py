"""Media types, encodings of their parts, and examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.openapi3.shapes import Shapes
from openconnectors.engine.lint.openapi3.styles import style_faults
from openconnectors.engine.lint.openapi3.versions import OPENAPI3
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.lint.values import Judge
from openconnectors.engine.values.codecs import essence

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/"

# fmt: off
RULES.add(
    Rule("content-empty", "warning", "request-body", members="content", versions=OPENAPI3,
         why="A request body without a media type cannot be sent (Request Body Object).",
         fix="Add a media type, or remove the request body."),
    Rule("media-type-twice", "warning", "request-body response", members="content", versions=OPENAPI3,
         why="Media types are the same whatever the case of their letters (RFC 9110 section 8.3.1).",
         fix="Keep one."),
    Rule("form-schema", "warning", "media-type", members="schema", versions=OPENAPI3,
         why="The fields of a form, and the named parts of multipart/form-data, are properties of an object (Encoding "
             "Object).",
         fix="Describe an object with the fields as its properties."),
    Rule("encoding-ignored", "warning", "media-type", members="encoding prefixEncoding itemEncoding",
         versions=OPENAPI3,
         why="This has no effect for the media type: encodings are for the parts of forms and multipart bodies "
             "(Media Type Object, Encoding Object).",
         fix="Remove it, or use a media type that has it."),
    Rule("encoding-position", "error", "media-type", members="prefixEncoding itemEncoding", versions="3.2",
         why="Encodings by position need an array schema or an itemSchema (Media Type Object, Encoding By Position).",
         fix="Describe the items, or encode by name."),
    Rule("encoding-media-type", "error", "encoding", members="contentType", versions=OPENAPI3,
         why="Only a media type, a range or a list of them can be sent (Encoding Object).",
         fix="Write type/subtype, for example image/png."),
    Rule("item-schema", "warning", "media-type", members="itemSchema", versions="3.2",
         why="Only sequential media types have items: a body of this one has none (Media Type Object).",
         fix="Use schema, or a sequential media type such as application/jsonl."),
    Rule("example-empty", "warning", "example", versions=OPENAPI3,
         why="An example without a value shows nothing (Example Object).",
         fix="Add value or externalValue."),
    Rule("example-data", "error", "parameter header media-type", members="examples", versions=OPENAPI3,
         why="The data of an example is valid by the schema (Example Object).",
         fix="Write data that the schema allows."),
    Rule("example-serialized", "warning", "media-type", members="examples", versions="3.2",
         why="The serialized value is that of the data beside it, and valid (Example Object).",
         fix="Serialize the data again."),
    Rule("example-serialized-json", "info", reported_by="example-serialized",
         why="JSON is easier to read and to check as data (Example Object).",
         fix="Write it as dataValue."),
)
# fmt: on


@check("content-empty")
def _content_empty(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("content") == {}:
        yield Finding(node.at("content"), "the request body has no media type", key=True)


@check("media-type-twice")
def _twice(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in node.mapping("content"):
        kind, separator, parameters = name.partition(";")
        other = seen.setdefault(kind.strip().lower() + separator + parameters.replace(" ", ""), name)
        if other != name:
            yield Finding(node.at("content", name), f"{name!r} and {other!r} are the same media type", key=True)


@check("form-schema")
def _form_schema(node: Node, context: Context) -> Iterator[Finding]:
    kind = essence(node.name)[0]
    schema = context.tree.nodes.get(node.at("schema")) if kind in (_FORM, "multipart/form-data") else None
    types = context.once(Shapes).types(schema) if schema is not None else None
    by_place = context.tree.version.startswith("3.2") and kind != _FORM  # Encoding By Position
    if types is not None and "object" not in types and not (by_place and "array" in types):
        message = f"a body of {kind!r} is an object, not of type {', '.join(sorted(types))}"
        yield Finding(node.at("schema"), message, key=True)


# Encodings


@check("encoding-unknown")
def _unknown(node: Node, context: Context) -> Iterator[Finding]:
    schema, shapes = context.tree.nodes.get(node.at("schema")), context.once(Shapes)
    if schema is None or shapes.is_open(schema):
        return
    properties = shapes.listed(schema)
    for name in node.mapping("encoding"):
        if name not in properties:
            suggestion = closest(name, properties)
            yield Finding(node.at("encoding", name), f"the body has no property {name!r}", True, suggestion=suggestion)


def _is_body(node: Node, context: Context) -> bool:
    """Return True if a media type is that of a request body: encodings are for no other before OpenAPI 3.2."""
    return context.tree.version.startswith("3.2") or (node.parent is not None and node.parent.kind == "request-body")


@check("encoding-ignored")
def _ignored(node: Node, context: Context) -> Iterator[Finding]:
    if node.parent is None or node.parent.kind == "components":
        return  # under a name: its media type is that of each place that refers to it
    kind = essence(node.name)[0]
    is_multipart, is_form = kind.startswith((_MULTIPART, "*")), kind in (_FORM, "*/*")
    for name in ("prefixEncoding", "itemEncoding"):
        if node.has(name) and not is_multipart:
            yield Finding(node.at(name), f"{name!r} has no effect for {node.name!r}", key=True)
    if not node.mapping("encoding"):
        return
    if not (is_multipart or is_form):
        yield Finding(node.at("encoding"), f"'encoding' has no effect for {node.name!r}", key=True)
    elif not _is_body(node, context):
        yield Finding(node.at("encoding"), "'encoding' has no effect but in request bodies", key=True)
    else:
        for name in node.mapping("encoding"):
            part = context.tree.nodes.get(node.at("encoding", name))
            if part is not None and isinstance(part.value, dict):
                yield from _members_ignored(part, kind, context)
                yield from _style(node, part, context)


_STYLED = ("style", "explode", "allowReserved")


def _members_ignored(part: Node, kind: str, context: Context) -> Iterator[Finding]:
    """Findings about members of an Encoding Object that have no effect for a media type."""
    if part.has("headers") and not kind.startswith((_MULTIPART, "*")):
        yield Finding(part.at("headers"), f"the parts of {kind!r} have no headers", key=True)
    is_older = context.tree.version.startswith("3.0")
    is_styled = kind in (_FORM, "*/*") or (kind in ("multipart/form-data", "multipart/*") and not is_older)
    styled = [name for name in _STYLED if part.has(name)]
    for name in styled if not is_styled else ():
        yield Finding(part.at(name), f"{name!r} has no effect for {kind!r}", key=True)
    if is_styled and styled and part.has("contentType"):
        yield Finding(part.at("contentType"), f"'contentType' has no effect beside {styled[0]!r}", key=True)
    if is_styled and kind.startswith(_MULTIPART) and part.get("allowReserved") is True:
        message = f"'allowReserved' has no effect for {kind!r}: nothing is percent-encoded"
        yield Finding(part.at("allowReserved"), message, key=True)


def _style(media_type: Node, part: Node, context: Context) -> Iterator[Finding]:
    """Findings about the style of a property of a form."""
    schema = context.tree.nodes.get(media_type.at("schema"))
    property = context.once(Shapes).listed(schema).get(part.name) if schema is not None else None
    if property is not None:
        yield from style_faults(part, "query", property, context)


@check("encoding-position")
def _position(node: Node, context: Context) -> Iterator[Finding]:
    schema = context.tree.nodes.get(node.at("schema"))
    types = context.once(Shapes).types(schema) if schema is not None else None
    if node.has("itemSchema") or (schema is not None and (types is None or "array" in types)):
        return
    for name in ("prefixEncoding", "itemEncoding"):
        if node.has(name):
            yield Finding(node.at(name), f"{name!r} needs an array schema, or itemSchema", key=True)


_MEDIA_TYPE = pattern(r"\s*(\*|[\w!#$&^.+-]+)/(\*|[\w!#$&^.+-]+)\s*(;.*)?\Z", re.ASCII)


@check("encoding-media-type")
def _content_type(node: Node, context: Context) -> Iterator[Finding]:
    text = node.get("contentType")
    for name in text.split(",") if isinstance(text, str) else ():
        if not _MEDIA_TYPE.match(name):
            yield Finding(node.at("contentType"), f"{name.strip()!r} is not a media type")


_SINGLE = frozenset({"application/json", "application/xml", "application/pdf", "text/html", _FORM})
"""Media types of one value, whatever it is."""


@check("item-schema")
def _item_schema(node: Node, context: Context) -> Iterator[Finding]:
    kind = essence(node.name)[0]
    named = node.parent is not None and node.parent.kind == "components"
    if not named and (kind in _SINGLE or kind.endswith("+xml") or (kind.endswith("+json") and "seq" not in kind)):
        yield Finding(node.at("itemSchema"), f"a body of {node.name!r} is one value, without items", key=True)


# Examples


@check("example-data")
def _data(node: Node, context: Context) -> Iterator[Finding]:
    schema = context.tree.schema_of(node)
    if schema is None or (node.kind == "media-type" and "json" not in node.name):
        return
    judge = context.once(Judge)
    is_sent = node.kind == "parameter" or node.above("request-body") is not None
    absent = ("readOnly",) if is_sent else ("writeOnly",)
    for name in node.mapping("examples"):
        written = context.tree.nodes.get(node.at("examples", name))
        example = context.tree.resolve(written) if written is not None else None
        if written is None or example is None:
            continue
        for member, rule in (("dataValue", ""), ("value", "example-invalid")):
            if not example.has(member) or (member == "value" and written is example):  # which example-invalid reports
                continue
            violation = judge.violation(schema, example.get(member), absent)
            if violation is not None:
                at = example.at(member, *violation.steps) if written is example else written.at("$ref")
                message = f"the example breaks the schema here: {violation.message[:200]}"
                yield Finding(at, message, rule=rule)


@check("example-empty")
def _example_empty(node: Node, context: Context) -> Iterator[Finding]:
    members = ("value", "externalValue", "dataValue", "serializedValue")
    if node.reference is None and not any(node.has(name) for name in members):
        yield Finding(node.pointer, f"the example {node.name!r} has no value", key=True)


@check("example-serialized")
def _serialized(node: Node, context: Context) -> Iterator[Finding]:
    kind = essence(node.name)[0]
    if kind != "application/json" and not kind.endswith("+json"):
        return
    for name in node.mapping("examples"):
        example = context.tree.resolved(node.at("examples", name))
        text = example.get("serializedValue") if example is not None else None
        if example is None or not isinstance(text, str):
            continue
        at = example.at("serializedValue")
        yield Finding(at, "JSON is written as text", key=True, rule="example-serialized-json")
        try:
            value = json.loads(text)
        except ValueError:
            yield Finding(at, "this is not JSON")
            continue
        schema = context.tree.nodes.get(node.at("schema"))
        violation = context.once(Judge).violation(schema, value) if schema is not None else None
        if example.has("dataValue") and example.get("dataValue") != value:
            yield Finding(at, "this is another value than dataValue")
        elif violation is not None:
            yield Finding(at, f"the value breaks its schema: {violation.message[:200]}")
