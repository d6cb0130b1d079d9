"""Names of schemas: anchors, URIs, dialects (JSON Schema 2020-12 core, sections 8 and 9)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from openconnectors.engine.documents.pointers import split_file
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node

# fmt: off
RULES.add(
    Rule("anchor-duplicate", "error", "schema", members="$anchor $dynamicAnchor", versions="3.1 3.2",
         why="A name of two schemas of a resource means neither (JSON Schema 2020-12 core 8.2.2).",
         fix="Rename one."),
    Rule("id-duplicate", "error", "schema", members="$id", versions="3.1 3.2",
         why="A URI identifies no more than one schema (JSON Schema 2020-12 core 9.1.2).",
         fix="Give each schema a URI that is its alone."),
    Rule("id-fragment", "warning", "schema", members="$id", versions="3.1 3.2",
         why="An empty fragment says nothing, and other tools compare URIs with it (JSON Schema 2020-12 core 8.2.1).",
         fix="Remove the #."),
    Rule("reference-through-id", "warning", "schema", members="$ref", versions="3.1 3.2",
         why="A pointer through a schema with $id ends to be valid when that moves to a file of its own (JSON Schema "
             "2020-12 core 9.2.1).",
         fix="Begin the reference with the URI of that schema."),
    Rule("dynamic-reference", "warning", "schema", members="$dynamicRef", versions="3.1 3.2",
         why="A $dynamicRef to a schema without $dynamicAnchor does what $ref does (JSON Schema 2020-12 core 8.2.3.2).",
         fix="Write $ref, or give the target a $dynamicAnchor."),
    Rule("schema-dialect-place", "error", "schema", members="$schema", versions="3.1 3.2",
         why="Only the root of a schema, or a schema with $id, can name its dialect (JSON Schema 2020-12 core 8.1.1).",
         fix="Move $schema to the root of the schema, or add $id."),
)
# fmt: on


def _resource(node: Node, context: Context) -> str:
    """What the anchors of a node belong to: a schema with ``$id``, or the file."""
    resource = context.document.resource_of(node.pointer)
    return split_file(node.pointer)[0] if resource is None else resource[0]


def _anchors(context: Context) -> dict[tuple[str, str], str]:
    """The pointer of the first schema with an anchor, by resource and anchor."""
    anchors: dict[tuple[str, str], str] = {}
    for node in context.tree["schema"]:
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(node.get(keyword), str):
                anchors.setdefault((_resource(node, context), node.get(keyword)), node.at(keyword))
    return anchors


@check("anchor-duplicate")
def _anchor_duplicate(node: Node, context: Context) -> Iterator[Finding]:
    for keyword in ("$anchor", "$dynamicAnchor"):
        name = node.get(keyword)
        if isinstance(name, str):
            first = context.once(_anchors)[_resource(node, context), name]
            if first != node.at(keyword):
                line, _ = context.document.position(first)
                yield Finding(node.at(keyword), f"the anchor {name!r} is already used on line {line}")


def _uris(context: Context) -> dict[str, str]:
    """The pointer of the first schema with a URI, by the URI."""
    uris: dict[str, str] = {}
    for node in context.tree["schema"]:
        if isinstance(node.get("$id"), str):
            uris.setdefault(_resource(node, context), node.pointer)
    return uris


@check("id-duplicate")
def _id_duplicate(node: Node, context: Context) -> Iterator[Finding]:
    first = context.once(_uris).get(_resource(node, context))
    if first is not None and first != node.pointer and isinstance(node.get("$id"), str):
        line, _ = context.document.position(first)
        yield Finding(node.at("$id"), f"the URI {node.get('$id')!r} is already that of the schema on line {line}")


@check("id-fragment")
def _id_fragment(node: Node, context: Context) -> Iterator[Finding]:
    if str(node.get("$id")).endswith("#"):
        yield Finding(node.at("$id"), f"the URI {node.get('$id')!r} has an empty fragment")


@check("reference-through-id")
def _through(node: Node, context: Context) -> Iterator[Finding]:
    reference = node.get("$ref")
    fragment = reference.partition("#")[2] if isinstance(reference, str) else ""
    target = context.tree.target(reference, node.pointer) if fragment.startswith("/") else None
    resource = context.document.resource_of(target) if target is not None else None
    # A pointer to the resource as a whole leads through nothing.
    if resource is not None and resource[1] not in ("", unquote(fragment)):
        message = f"{reference!r} leads through the schema {resource[0]!r}"
        yield Finding(node.at("$ref"), message, suggestion=f"{resource[0]}#{resource[1]}".rstrip("#"))


@check("dynamic-reference")
def _dynamic_reference(node: Node, context: Context) -> Iterator[Finding]:
    reference = node.get("$dynamicRef")
    target = context.tree.target(reference, node.pointer) if isinstance(reference, str) else None
    if target is None:
        return  # reference-dangling
    schema = context.document.get(target)
    anchor = schema.get("$dynamicAnchor") if isinstance(schema, dict) else None
    if anchor is None or not str(reference).endswith(f"#{anchor}"):
        yield Finding(node.at("$dynamicRef"), f"{reference!r} is no $dynamicAnchor, so it does what $ref does")


@check("schema-dialect-place")
def _dialect_place(node: Node, context: Context) -> Iterator[Finding]:
    if node.parent is not None and node.parent.kind == "schema" and not node.has("$id"):
        yield Finding(node.at("$schema"), "'$schema' has no place inside a schema without $id", key=True)
