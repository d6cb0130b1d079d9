"""The XML Object: names that XML does not have, members without effect."""

from __future__ import annotations

from collections.abc import Iterator

from openconnectors.engine.deferred import pattern
from openconnectors.engine.lint.openapi3.shapes import Shapes
from openconnectors.engine.lint.openapi3.versions import OPENAPI3
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.values.codecs import essence

# fmt: off
RULES.add(
    Rule("xml-name", "error", "xml", members="name prefix", versions=OPENAPI3,
         why="The name of an element or attribute, and a prefix, are names of XML (Namespaces in XML, NCName).",
         fix="Use letters, digits, '.', '-' and '_'; begin with a letter or '_'."),
    Rule("xml-unused", "warning", "xml", versions=OPENAPI3,
         why="This member has no effect here (XML Object).",
         fix="Remove it, or name the element of the items in the schema of the items."),
    Rule("xml-nameless", "error", "media-type", members="schema", versions="3.2",
         why="An element whose schema is written in place has no name unless xml says it (XML Object, XML Node Names).",
         fix="Add xml with a name, or refer to a schema of components.schemas."),
)
# fmt: on

_NAME = pattern(r"[^\W\d][\w.\u00b7-]*\Z")


@check("xml-name")
def _name(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("name", "prefix"):
        text = node.get(name)
        local = text.rpartition(":")[2] if isinstance(text, str) and name == "name" else text
        if isinstance(local, str) and not _NAME.match(local):
            yield Finding(node.at(name), f"{text!r} is not a name in XML")


@check("xml-unused")
def _unused(node: Node, context: Context) -> Iterator[Finding]:
    schema = node.parent
    kind = schema.get("type") if schema is not None else None
    form = node.get("nodeType")
    if form in ("text", "cdata", "none") and node.has("name"):
        yield Finding(node.at("name"), f"a node of type {form} has no name", key=True)
    elif form == "attribute" and kind in ("array", "object"):
        yield Finding(node.at("nodeType"), f"an attribute holds a scalar value, not type {kind}")
    elif kind is None and schema is not None and node.get("attribute") is True and _is_composed(schema, context):
        yield Finding(node.at("attribute"), "an attribute holds a scalar value, not an array or object", key=True)
    elif kind == "array" and node.has("name") and form is None and not node.get("wrapped"):
        yield Finding(node.at("name"), "an array that is not wrapped is no element: its name is not used", key=True)


def _is_composed(schema: Node, context: Context) -> bool:
    types = context.once(Shapes).types(schema)
    return types is not None and types <= {"array", "object", "null"}


@check("xml-nameless")
def _nameless(node: Node, context: Context) -> Iterator[Finding]:
    kind = essence(node.name)[0]
    schema = context.tree.nodes.get(node.at("schema"))
    if schema is None or not (kind in ("application/xml", "text/xml") or kind.endswith("+xml")):
        return
    if schema.reference is not None or not isinstance(schema.value, dict) or schema.has("allOf"):
        return
    types = context.once(Shapes).types(schema)
    form = schema.mapping("xml").get("nodeType", "none" if types == {"array"} else "element")
    if types and form in ("element", "attribute") and "name" not in schema.mapping("xml"):
        yield Finding(schema.pointer, "the element has no name", key=True)
