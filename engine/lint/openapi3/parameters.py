"""Parameters and headers: where a style, an empty value or a name has its effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.deferred import pattern
from openconnectors.engine.lint.openapi3.styles import style_faults
from openconnectors.engine.lint.openapi3.versions import OPENAPI3
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.lint.values import is_plain

# fmt: off
RULES.add(
    Rule("style-type", "warning", "parameter header", members="schema", versions=OPENAPI3,
         why="How a value of this type is written in this style is not defined: tools differ (Style Examples).",
         fix="Choose a style that is for the type."),
    Rule("style-unused", "warning", reported_by="style-type",
         why="`explode` is about arrays and objects (Parameter Object).",
         fix="Remove it."),
    Rule("style-nested", "info", reported_by="style-type",
         why="No style says how arrays and objects within a value are written: tools differ (Style Values).",
         fix="Describe the value by content, for example as application/json."),
    Rule("style-beside-content", "error", "parameter header", members="content", versions="3.0 3.1",
         why="A parameter with content has no style: its media type says how it is written (Parameter Object).",
         fix="Remove it; examples stand in the media type."),
    Rule("empty-value-place", "error", "parameter", members="allowEmptyValue", versions="2.0 3.0",
         why="Only query parameters, and form fields of Swagger 2.0, can have an empty value (Parameter Object).",
         fix="Remove allowEmptyValue."),
    Rule("empty-value-unused", "warning", "parameter", members="allowEmptyValue", versions=OPENAPI3,
         why="`allowEmptyValue` is ignored where the style has no empty value (Parameter Object).",
         fix="Remove allowEmptyValue."),
    Rule("header-member", "error", "header", members="allowEmptyValue allowReserved", versions="3.0",
         why="This is for query parameters; a header has no such member (Header Object).",
         fix="Remove it."),
    Rule("header-content-type", "warning", "response encoding", members="headers", versions=OPENAPI3,
         why="A header Content-Type is ignored: the media types say it (Response Object, Encoding Object).",
         fix="Remove the header."),
    Rule("header-twice", "warning", "response encoding", members="headers",
         why="Names of headers are the same whatever the case of their letters (RFC 9110 section 5.1).",
         fix="Keep one."),
    Rule("header-key", "error", "response encoding", members="headers",
         why="A header name is a token (RFC 9110 section 5.6.2); HTTP cannot carry any other.",
         fix="Use the name that the service sends."),
    Rule("header-cookie", "warning", "parameter", members="in=header", versions=OPENAPI3,
         why="What a cookie that is defined as a header does is not defined (Parameter Object).",
         fix="Use in: cookie."),
    Rule("cookie-name", "error", "parameter", members="in=cookie", versions=OPENAPI3,
         why="A cookie's name is a token (RFC 6265 section 4.1.1); no other can be sent.",
         fix="Use the name that the service expects."),
    Rule("member-deprecated", "info", "parameter xml", members="allowEmptyValue attribute wrapped", versions=OPENAPI3,
         why="A later version of the specification may drop this member; it is not recommended.",
         fix="Of a parameter: leave out the empty value. Of xml: write nodeType."),
    Rule("querystring", "error", "operation path", members="parameters", versions="3.2",
         why="A whole query string stands alone: not beside another, nor beside parameters of the query (Parameter "
             "Locations).",
         fix="Describe all of the query in one of the two ways."),
    Rule("cookie-style", "info", "parameter", members="in=cookie", versions="3.2",
         why="The style form percent-encodes and joins by '&', which cookies do not (Style Values).",
         fix="Add style: cookie."),
)
# fmt: on

_TOKEN = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


@check("style-type")
def _style(node: Node, context: Context) -> Iterator[Finding]:
    if is_plain(node.get("schema")) and not node.has("style") and not node.has("explode"):
        return  # nothing is said of how it is written
    location = "header" if node.kind == "header" else str(node.get("in"))
    schema = context.tree.nodes.get(node.at("schema"))
    if schema is not None and node.reference is None and location in ("query", "path", "header", "cookie"):
        yield from style_faults(node, location, schema, context)


@check("style-beside-content")
def _beside_content(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("style", "explode", "allowReserved", "example", "examples"):
        if node.has(name) and not (node.has("schema") or node.reference):
            yield Finding(node.at(name), f"{name!r} has no place beside content", key=True)


@check("empty-value-place")
def _empty_value_place(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("in") not in (None, "query", "formData"):
        message = f"`allowEmptyValue` is for query parameters, not for {node.get('in')}"
        yield Finding(node.at("allowEmptyValue"), message, key=True)


@check("empty-value-unused")
def _empty_value(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("allowEmptyValue") is True and node.get("in") == "query":
        style = node.get("style")
        if style in ("deepObject", "spaceDelimited", "pipeDelimited"):
            message = f"`allowEmptyValue` is ignored with the style {style!r}"
            yield Finding(node.at("allowEmptyValue"), message, key=True)


@check("header-member")
def _header_member(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("allowEmptyValue", "allowReserved"):
        if node.has(name) and node.reference is None:
            yield Finding(node.at(name), f"{name!r} is not allowed in a header", key=True)


@check("header-content-type")
def _content_type(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.mapping("headers"):
        if name.lower() == "content-type":
            yield Finding(node.at("headers", name), f"the header {name!r} is ignored", key=True)


@check("header-twice")
def _header_twice(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in node.mapping("headers"):
        other = seen.setdefault(name.lower(), name)
        if other != name:
            yield Finding(node.at("headers", name), f"{name!r} and {other!r} are the same header", key=True)


@check("header-key")
def _header_key(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.mapping("headers"):
        if not _TOKEN.match(name):
            yield Finding(node.at("headers", name), f"{name!r} is not a valid header name", key=True)


@check("header-cookie")
def _cookie_header(node: Node, context: Context) -> Iterator[Finding]:
    if str(node.get("name")).lower() == "cookie":
        yield Finding(node.at("name"), "cookies are parameters of their own, in: cookie")


@check("cookie-name")
def _cookie_name(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("name")
    if name and isinstance(name, str) and not _TOKEN.match(name):
        yield Finding(node.at("name"), f"{name!r} is not a valid name of a cookie (RFC 6265 section 4.1.1)")


@check("cookie-style")
def _cookie_style(node: Node, context: Context) -> Iterator[Finding]:
    if isinstance(node.get("schema"), Mapping) and node.get("style") != "cookie":
        yield Finding(node.at("in"), f"the cookie {node.get('name')!r} has not the style 'cookie'")


@check("querystring")
def _querystring(node: Node, context: Context) -> Iterator[Finding]:
    written = [context.tree.resolved(node.at("parameters", index)) for index in range(len(node.array("parameters")))]
    places = [parameter.get("in") for parameter in written if parameter is not None]
    if "querystring" not in places:
        return
    pointers = {parameter.pointer for parameter in written if parameter is not None}
    if node.kind == "operation":  # with those of the path item
        others = [other for other in context.tree.parameters(node) if other.pointer not in pointers]
        places = [*(other.get("in") for other in others), *places]
    more = "query" in places
    first = places.index("querystring") + len(written) - len(places)
    for index, parameter in enumerate(written):
        if parameter is not None and parameter.get("in") == "querystring" and (more or index != first):
            message = "a whole query string is beside other parameters of the query"
            yield Finding(node.at("parameters", index), message)


@check("member-deprecated")
def _deprecated(node: Node, context: Context) -> Iterator[Finding]:
    names = ("allowEmptyValue",) if node.kind == "parameter" else ("attribute", "wrapped")
    if node.kind == "xml" and not context.tree.version.startswith("3.2"):
        return
    for name in names:
        if node.has(name):
            yield Finding(node.at(name), f"{name!r} is not recommended any more", key=True)
