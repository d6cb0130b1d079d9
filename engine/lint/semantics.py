"""What the JSON schema of a specification cannot say: paths, operations, parameters, media types, servers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.rules import Context, Edit, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import METHODS, Node, mapping
from openconnectors.engine.path_templates import expand, variables, without_names
from openconnectors.engine.values.codecs import codec_for, essence

# Paths


@check("path-template")
def _path_template(node: Node, context: Context) -> Iterator[Finding]:
    if not node.name.startswith("/"):
        return
    literal, names = expand(node.name, lambda name: ""), variables(node.name)
    if "{" in literal or "}" in literal or any(not name.strip() for name in names):
        yield Finding(node.pointer, f"the braces in {node.name!r} do not form variables", key=True)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(node.pointer, f"{node.name!r} has the variable {{{name}}} twice", key=True)


@check("path-fragment")
def _path_fragment(node: Node, context: Context) -> Iterator[Finding]:
    if node.name.startswith("/") and "#" in node.name:
        yield Finding(node.pointer, f"the fragment of {node.name!r} is never sent", key=True)


@check("path-query")
def _path_query(node: Node, context: Context) -> Iterator[Finding]:
    if node.parent is None or node.parent.name != "paths":
        return
    if "?" in expand(node.name, lambda name: "") and node.name.startswith("/"):
        yield Finding(node.pointer, f"the path {node.name!r} contains a query string", key=True)


@check("path-equivalent")
def _path_equivalent(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in node.value:
        if not name.startswith("/"):
            continue
        other = seen.setdefault(without_names(name), name)
        if other != name:
            yield Finding(node.at(name), f"{name!r} and {other!r} are the same path", key=True)


@check("path-doubtful")
def _path_doubtful(node: Node, context: Context) -> Iterator[Finding]:
    if "//" in node.name:
        yield Finding(node.pointer, f"the path {node.name!r} has an empty segment", key=True)
    if node.name.startswith("/") and " " in _LITERAL.sub("", node.name):
        yield Finding(node.pointer, f"the path {node.name!r} has a blank", key=True)


_LITERAL = pattern(r"\{[^{}]*\}")


@check("path-parameter")
def _path_parameter(node: Node, context: Context) -> Iterator[Finding]:
    path = node.parent
    if path is None or path.kind != "path" or not path.name.startswith("/"):
        return
    template = path.name.partition("?")[0] if path.parent and path.parent.name == "paths" else path.name
    names = set(variables(template))
    parameters = [parameter for parameter in context.tree.parameters(node) if parameter.get("in") == "path"]
    declared = {str(parameter.get("name")) for parameter in parameters}
    only = sum(name in METHODS for name in path.value) == 1
    for name in sorted(names - declared):
        message = f"{node.name} {path.name} has no path parameter {name!r}"
        at = path.pointer if only else node.pointer
        yield Finding(at, message, key=True, suggestion=closest(name, declared))
    for parameter in parameters:
        name = str(parameter.get("name"))
        if name not in names:
            message = f"{path.name} has no variable for the path parameter {name!r}"
            yield Finding(parameter.at("name"), message, suggestion=closest(name, names))


# Operations and responses


@check("operation-id-duplicate")
def _operation_id_duplicate(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, Node] = {}
    for operation in context.tree["operation"]:
        name = operation.get("operationId")
        if not isinstance(name, str):
            continue
        other = seen.setdefault(name, operation)
        if other is not operation:
            line, _ = context.document.position(other.at("operationId"))
            yield Finding(operation.at("operationId"), f"operationId {name!r} is already used on line {line}")


@check("operation-without-success")
def _without_success(node: Node, context: Context) -> Iterator[Finding]:
    names = [name for name in node.value if not name.startswith("x-")]
    if names and not any(name[0] in "23" or name == "default" for name in names):
        yield Finding(node.pointer, f"there is no success response, only {', '.join(names)}", key=True)


@check("answer-unreachable")
def _unreachable(node: Node, context: Context) -> Iterator[Finding]:
    operation = node.parent
    if operation is None:
        return
    for status, response in context.tree.responses(operation).items():
        is_usual = status.isdigit() and 200 <= int(status) < 600 and status not in _BODILESS
        if is_usual and operation.name != "head":
            continue
        has_body = "schema" in response.value or bool(response.get("content"))
        body = response.at("schema" if "schema" in response.value else "content")
        at = body if response.pointer == node.at(status) else node.at(status)
        if status[:1] == "1":
            message = f"status {status} is interim and never the final response (RFC 9110 section 15.2)"
            yield Finding(node.at(status), message, key=True)
        elif has_body and status in _BODILESS:
            yield Finding(at, f"a response with status {status} has no body", key=True)
        elif has_body and operation.name == "head":
            yield Finding(at, "the response to HEAD has no body", key=True)
        elif status.isdigit() and not 100 <= int(status) < 600:
            yield Finding(node.at(status), f"{status} is not an HTTP status", key=True)


_BODILESS = ("204", "205", "304")
"""Responses that have no body (RFC 9110 section 6.4.1)."""


@check("link-operation")
def _link(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and name not in context.operations:
        suggestion = closest(name, context.operations)
        yield Finding(node.at("operationId"), f"there is no operation {name!r}", suggestion=suggestion)


# Parameters and request bodies


@check("body-misplaced")
def _body_misplaced(node: Node, context: Context) -> Iterator[Finding]:
    if node.name not in ("get", "head"):
        return
    method = node.name.upper()
    for parameter in context.tree.parameters(node):
        if parameter.get("in") in ("body", "formData"):
            message = f"a {method} request has no body; {parameter.get('name')!r} may not arrive"
            yield Finding(parameter.pointer, message)
    if node.has("requestBody"):
        yield Finding(node.at("requestBody"), f"a {method} request has no body", key=True)


@check("body-twice")
def _body_twice(node: Node, context: Context) -> Iterator[Finding]:
    parameters = context.tree.parameters(node)
    bodies = [parameter for parameter in parameters if parameter.get("in") == "body"]
    fields = [parameter for parameter in parameters if parameter.get("in") == "formData"]
    for body in bodies[1:]:
        message = f"{body.get('name')!r} is a second body, besides {bodies[0].get('name')!r}"
        yield Finding(body.pointer, message)
    if bodies and fields:
        message = f"{fields[0].get('name')!r} is a form field, besides the body {bodies[0].get('name')!r}"
        yield Finding(fields[0].pointer, message)


@check("parameter-duplicate")
def _parameter_duplicate(node: Node, context: Context) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for listed, parameter in context.tree.listed(node, "parameter"):
        name, location = str(parameter.get("name")), str(parameter.get("in"))
        key = (location, name.lower() if location == "header" else name)  # RFC 9110 section 5.1: without case
        if key in seen:
            message = f"the {location} parameter {name!r} is already declared here"
            yield Finding(listed.pointer, message)
        seen.add(key)


@check("parameter-optional-path")
def _optional_path(node: Node, context: Context) -> Iterator[Finding]:
    if node.reference is not None or node.get("required") is True:
        return
    message = f"the path parameter {node.get('name')!r} must have `required: true`"
    if node.has("required"):
        at = node.at("required")
        yield Finding(at, message, edit=Edit("replace", at, "true"))
    else:
        yield Finding(node.pointer, message, edit=Edit("insert", node.pointer, '"required": true'))


_FRAMING = ("host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect")
_TOKEN = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_RESERVED = ("authorization", "accept", "content-type")


@check("header-framing")
def _header_framing(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("name")
    if isinstance(name, str) and name.lower() in _FRAMING:
        yield Finding(node.at("name"), f"the header {name!r} is set by HTTP itself")


@check("header-name")
def _header_name(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("name")
    if isinstance(name, str) and not _TOKEN.match(name):
        yield Finding(node.at("name"), f"{name!r} is not a valid header name (RFC 9110 section 5.6.2)")


@check("header-reserved")
def _header_reserved(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("name")
    if isinstance(name, str) and name.lower() in _RESERVED:
        yield Finding(node.at("name"), f"the header {name!r} follows from media types and security schemes")


@check("file-place")
def _file_place(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("type") != "file":
        return
    if node.get("in") not in (None, "formData"):
        yield Finding(node.at("type"), f"a file cannot be a {node.get('in')} parameter")
    operation = node.above("operation")
    if operation is not None and context.tree.swagger2:
        consumes = context.tree.media_types(operation, "consumes")
        if not any(is_form(name) for name in consumes):
            types = ", ".join(consumes) or "nothing: the operation has no consumes"
            yield Finding(node.at("type"), f"a file cannot be sent as {types}")


def is_form(media_type: str) -> bool:
    """Return True for a media type, or a range, that can carry form fields."""
    return "form" in media_type or "*" in media_type


_STYLES = {
    "path": ("matrix", "label", "simple"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
"""The styles of each location (OpenAPI 3.2, Parameter Object, Style Values)."""


@check("style-place")
def _style_place(node: Node, context: Context) -> Iterator[Finding]:
    location, style = node.get("in"), node.get("style")
    if node.get("collectionFormat") == "multi" and location not in (None, "query", "formData"):
        message = f"`multi` is for query parameters and form fields, not for {location}"
        yield Finding(node.at("collectionFormat"), message)
    styles = _STYLES.get(str(location))
    if node.has("style") and styles and style not in styles:
        message = f"{style!r} is not a style of {location} parameters; expected {', '.join(styles)}"
        yield Finding(node.at("style"), message)
    reserved_in = ("query", "path", "cookie") if context.tree.version.startswith("3.2") else ("query",)
    if node.get("allowReserved") is True and location not in (None, *reserved_in):
        message = f"`allowReserved` is for query parameters, not for {location}"
        yield Finding(node.at("allowReserved"), message, key=True)


# Media types

_MEDIA_TYPE = pattern(
    r"(?:\*/\*|[\w!#$&^.+-][\w!#$&^.+*-]*/[\w!#$&^.+*-]+)(?:\s*;\s*(?:[\w!#$&^.+*-]+=(?:\"[^\"]*\"|[^\s;\"]*))?)*\Z",
    re.ASCII,
)


@check("media-type-invalid")
def _media_type_invalid(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, name in _media_types(node):
        if not _MEDIA_TYPE.match(name):
            yield Finding(pointer, f"{name!r} is not a media type", key=node.kind == "media-type")


@check("media-type-unknown")
def _media_type_unknown(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, name in _media_types(node):
        if _MEDIA_TYPE.match(name) and "*" not in name and codec_for(essence(name)[0]) is None:
            message = f"no codec supports {name!r}; bodies are passed through as bytes"
            yield Finding(pointer, message, key=node.kind == "media-type")


def _media_types(node: Node) -> Iterator[tuple[str, str]]:
    """The media types that a node names, with their pointers."""
    if node.kind == "media-type":
        # Below components.mediaTypes (OpenAPI 3.2) the key is a name, not a media type.
        if node.parent is not None and node.parent.kind != "components":
            yield node.pointer, node.name
        return
    for member in ("consumes", "produces"):
        for index, name in enumerate(node.array(member)):
            if isinstance(name, str):
                yield node.at(member, index), name


# Tags, host, servers


@check("tag-duplicate")
def _tag_duplicate(node: Node, context: Context) -> Iterator[Finding]:
    seen = set()
    for tag in context.tree["tag"]:
        name = tag.get("name")
        if isinstance(name, str) and name in seen:
            yield Finding(tag.at("name"), f"the tag {name!r} is already defined")
        seen.add(str(name))


_HOST = pattern(r"[^/?#@\s]+\Z")


@check("host-invalid")
def _host(node: Node, context: Context) -> Iterator[Finding]:
    host, base = node.get("host"), node.get("basePath")
    if isinstance(host, str) and ("://" in host or not _HOST.match(host)):
        yield Finding("/host", f"{host!r} is not a host")
    if isinstance(base, str) and ("?" in base or "#" in base):
        yield Finding("/basePath", f"{base!r} is more than a path")


@check("server-variable")
def _server_variable(node: Node, context: Context) -> Iterator[Finding]:
    url, defined = node.get("url"), node.mapping("variables")
    names = variables(url) if isinstance(url, str) else []
    for name in names:
        if name not in defined:
            message = f"the variable {{{name}}} is not defined"
            yield Finding(node.at("url"), message, suggestion=closest(name, defined))
    for name, variable in defined.items():
        allowed = mapping(variable).get("enum")
        if isinstance(allowed, list) and variable.get("default") not in allowed:
            message = f"the default of {name!r} is not in its enum"
            yield Finding(node.at("variables", name, "default"), message)
        if names and name not in names:
            yield Finding(node.at("variables", name), f"the URL has no variable {{{name}}}", key=True)
