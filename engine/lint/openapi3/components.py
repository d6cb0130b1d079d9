"""Components, path items, operations and responses: names, members that exclude each other, what refers to itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.deferred import pattern
from openconnectors.engine.lint.openapi3.versions import OPENAPI3
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import METHODS, Node, mapping
from openconnectors.engine.path_templates import expand

# fmt: off
RULES.add(
    Rule("component-name", "error", "components response", versions=OPENAPI3,
         why="Names of components and links have letters, digits, '.', '-' and '_' only (Components Object).",
         fix="Rename it, and the references to it."),
    Rule("members-exclusive", "error", "parameter header example link license media-type xml",
         members="content value externalValue operationRef identifier encoding nodeType", versions=OPENAPI3,
         why="The two members exclude each other.",
         fix="Keep one of them."),
    Rule("responses-empty", "error", "responses", versions=OPENAPI3,
         why="An operation has at least one response (Responses Object).",
         fix="Add the response that a successful call gets."),
    Rule("status-unregistered", "info", "responses", versions=OPENAPI3,
         why="Status codes should be registered ones: others have no meaning to clients (Responses Object).",
         fix="Use a registered status code."),
    Rule("path-item-undefined", "warning", "path", members="$ref", versions=OPENAPI3,
         why="What a member means that is beside a $ref and in its target is not defined (Path Item Object).",
         fix="Move the members to one of the two."),
    Rule("method-case", "warning", "path", members="additionalOperations", versions="3.2",
         why="Methods are told apart by case (RFC 9110 section 9.1): this is sent as it is written, and is not the "
             "method that the path item has a field for (Path Item Object, additionalOperations).",
         fix="Move the operation to the field of that method."),
    Rule("path-characters", "warning", "path", versions=OPENAPI3,
         why="A URL with this character, or with '%' without two hexadecimal digits, cannot be parsed (RFC 3986).",
         fix="Percent-encode it."),
    Rule("webhook-path", "error", "operation path", members="parameters", versions=OPENAPI3,
         why="A path parameter needs a variable in a path of the document; webhooks and callbacks have none (Parameter "
             "Object).",
         fix="Use a query parameter, a header or the body."),
    Rule("body-without-semantics", "warning", "operation", members="requestBody", versions=OPENAPI3,
         why="A body of this method has no meaning in HTTP: servers and proxies drop it (RFC 9110 section 9.3).",
         fix="Use parameters, or another method."),
    Rule("tag-repeated", "warning", "operation", members="tags", versions=OPENAPI3,
         why="A repeated tag has no effect.",
         fix="Remove one."),
)
# fmt: on

_NAME = pattern(r"[a-zA-Z0-9._-]+\Z")


@check("component-name")
def _component_name(node: Node, context: Context) -> Iterator[Finding]:
    holders = ("links",) if node.kind == "response" else [name for name in node.value if not name.startswith("x-")]
    for holder in holders:
        for name in node.mapping(holder):
            if not _NAME.match(name) and not name.startswith("x-"):
                message = f"{name!r} has characters that the name of a component cannot have"
                yield Finding(node.at(holder, name), message, key=True)


@check("method-case")
def _method_case(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.mapping("additionalOperations"):
        field = name.lower()
        if field in METHODS and name != field.upper():  # the structure refuses that
            message = f"the method {name!r} differs from {field.upper()} in its case only"
            yield Finding(node.at("additionalOperations", name), message, key=True)


_EXCLUSIVE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "parameter": (("schema", "content"),),
    "header": (("schema", "content"),),
    "example": (
        ("value", "externalValue"),
        ("dataValue", "value"),
        ("serializedValue", "value"),
        ("serializedValue", "externalValue"),
    ),
    "link": (("operationId", "operationRef"),),
    "license": (("identifier", "url"),),
    "media-type": (("encoding", "prefixEncoding"), ("encoding", "itemEncoding")),
    "xml": (("nodeType", "attribute"), ("nodeType", "wrapped")),
}
"""The members that exclude each other, by the kind of node."""


@check("members-exclusive")
def _exclusive(node: Node, context: Context) -> Iterator[Finding]:
    if node.reference is not None:
        return
    members = node.value
    for pair in _EXCLUSIVE[node.kind]:
        if pair[0] in members and pair[1] in members:
            first, second = (name for name in members if name in pair)
            yield Finding(node.at(second), f"{second!r} and {first!r} exclude each other", key=True)


# Operations and responses


@check("responses-empty")
def _responses_empty(node: Node, context: Context) -> Iterator[Finding]:
    if node.value and all(name.startswith("x-") for name in node.value):  # structure-empty reports an empty mapping
        yield Finding(node.pointer, "there is no response", key=True)


_STATUSES = frozenset(
    map(
        str,
        (
            *(*range(100, 105), *range(200, 209), 226, 299),
            *(*range(300, 306), 307, 308),
            *(*range(400, 427), 428, 429, 431, 451),
            *(*range(500, 509), 510, 511),
        ),
    )
)
"""The statuses that IANA has registered, and a few that are as usual: 299, 418, 419, 420."""


@check("status-unregistered")
def _status(node: Node, context: Context) -> Iterator[Finding]:
    for status in node.value:
        if status.isdigit() and 100 <= int(status) < 600 and status not in _STATUSES:
            yield Finding(node.at(status), f"{status} is not a registered status code", key=True)


@check("body-without-semantics")
def _body(node: Node, context: Context) -> Iterator[Finding]:
    if node.name in ("delete", "trace"):  # body-misplaced reports those of GET and HEAD
        message = f"a {node.name.upper()} request has no defined body"
        yield Finding(node.at("requestBody"), message, key=True)


@check("tag-repeated")
def _tag_repeated(node: Node, context: Context) -> Iterator[Finding]:
    tags = node.array("tags")
    for index, name in enumerate(tags):
        if name in tags[:index]:
            yield Finding(node.at("tags", index), f"the operation already has the tag {name!r}")


# Path items


@check("path-item-undefined")
def _beside(node: Node, context: Context) -> Iterator[Finding]:
    target = context.tree.resolve(node)
    for name in node.value if target is not None else ():
        if name != "$ref" and not name.startswith("x-") and name in mapping(target.value if target else None):
            yield Finding(node.at(name), f"{name!r} is also in the target of the $ref", key=True)


_PATH = pattern(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*\Z")
"""The characters of paths (RFC 3986 section 3.3), and those that clients percent-encode without a doubt. What begins a
query or a fragment has rules of its own."""


@check("path-characters")
def _characters(node: Node, context: Context) -> Iterator[Finding]:
    literal = expand(node.name, lambda name: "")
    if node.name.startswith("/") and not _PATH.match(literal.replace("{", "").replace("}", "")):
        yield Finding(node.pointer, f"the path {node.name!r} is not part of a valid URL", key=True)


@check("webhook-path")
def _webhook(node: Node, context: Context) -> Iterator[Finding]:
    item = node.parent if node.kind == "operation" else node
    called_back = item is not None and item.parent is not None and item.parent.kind == "callback"
    if item is None or not (called_back or item.pointer.startswith("/webhooks/")):
        return
    what = "callback" if called_back else "webhook"
    for index in range(len(node.array("parameters"))):
        parameter = context.tree.resolved(node.at("parameters", index))
        if parameter is not None and parameter.get("in") == "path":
            message = f"a {what} has no path for the parameter {parameter.get('name')!r}"
            yield Finding(node.at("parameters", index), message)
