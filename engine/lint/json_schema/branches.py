"""Alternatives: branches of ``anyOf`` and ``oneOf`` that no value, or no value alone, can match; and ``not``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.schema_facts import in_words, types_of, values_of
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node

# fmt: off
RULES.add(
    Rule("combination-empty", "error", "schema", members="allOf anyOf oneOf", versions="3.0",
         why="A combination has at least one schema (JSON Schema Wright 00 validation 5.22 to 5.24).",
         fix="Add a schema, or remove the keyword."),
    Rule("branch-open", "warning", "schema", members="anyOf", versions="3.0 3.1 3.2",
         why="Every value matches a branch that says nothing, so that the others have no effect.",
         fix="Describe the values of the branch, or remove it."),
    Rule("branch-covered", "warning", "schema", members="oneOf", versions="3.0 3.1 3.2",
         why="Every value of this branch also matches another one, and a value must match exactly one of oneOf.",
         fix="Write anyOf, or make the branches exclude each other."),
    Rule("branch-unreachable", "warning", "schema", members="oneOf anyOf", versions="3.0 3.1 3.2",
         why="No value is valid against both the schema and this branch of it.",
         fix="Correct the type of the branch, or of the schema around it."),
    Rule("not-everything", "error", "schema", members="not", versions="3.0 3.1 3.2",
         why="No value is valid against a schema that excludes all its values.",
         fix="Exclude less, or remove not."),
)
# fmt: on

_ANNOTATIONS = frozenset(
    (
        *("title", "description", "example", "examples", "default", "deprecated", "readOnly", "writeOnly"),
        *("externalDocs", "xml", "$comment"),
    )
)


def _constraints(schema: Any) -> dict[str, Any]:
    """The keywords of a schema that say something of its values."""
    return {
        name: value
        for name, value in (schema.items() if isinstance(schema, dict) else ())
        if name not in _ANNOTATIONS and not name.startswith("x-")
    }


@check("combination-empty")
def _empty(node: Node, context: Context) -> Iterator[Finding]:
    for keyword in ("allOf", "anyOf", "oneOf"):
        if node.get(keyword) == []:
            yield Finding(node.at(keyword), f"{keyword} has no schemas")


@check("branch-open")
def _open(node: Node, context: Context) -> Iterator[Finding]:
    branches = _branches(node, "anyOf", context)
    for child, branch in branches if len(branches) > 1 else ():
        if branch.value is True or (isinstance(branch.value, dict) and not _constraints(branch.value)):
            yield Finding(child.pointer, "every value matches this branch of anyOf")


@check("branch-covered")
def _covered(node: Node, context: Context) -> Iterator[Finding]:
    if node.has("discriminator"):
        return  # which names the branch
    branches = _branches(node, "oneOf", context)
    for index, (child, branch) in enumerate(branches):
        for other, wider in branches:
            if other is child or node.array("oneOf")[int(child.name)] == node.array("oneOf")[int(other.name)]:
                continue  # combination-twice
            same = _constraints(branch.value) == _constraints(wider.value)
            if (same and int(other.name) < index) or (not same and _covers(wider, branch, context)):
                yield Finding(child.pointer, f"every value of this branch also matches branch {other.name} of oneOf")
                break


def _branches(node: Node, keyword: str, context: Context) -> list[tuple[Node, Node]]:
    """The branches of a schema, each with what it refers to."""
    prefix = node.at(keyword) + "/"
    children = [child for child in context.tree.children.get(node.pointer, ()) if child.pointer.startswith(prefix)]
    targets = [(child, context.tree.resolve(child)) for child in children]
    return [(child, target) for child, target in targets if target is not None]


def _covers(wider: Node, narrower: Node, context: Context) -> bool:
    """Return True if every value of a schema certainly matches a wider one: that has only a type, only values, or is
    what the narrower one extends."""
    if narrower.value is False:
        return True
    if wider.value is True:
        return True
    if not isinstance(wider.value, dict) or not isinstance(narrower.value, dict):
        return False
    keywords = _constraints(wider.value)
    types, others = types_of(wider.value), types_of(narrower.value)
    if keywords.keys() <= {"type", "nullable"}:
        return types is None or (others is not None and others <= types)
    if keywords.keys() <= {"type", "enum", "const"}:
        values, fewer = values_of(wider.value), values_of(narrower.value)
        return values is not None and fewer is not None and bool(fewer) and fewer.keys() <= values.keys()
    prefix = narrower.at("allOf") + "/"
    for child in context.tree.children.get(narrower.pointer, ()):
        target = context.tree.resolve(child) if child.pointer.startswith(prefix) else None
        if target is not None and target.pointer == wider.pointer:
            return True
    return False


@check("branch-unreachable")
def _unreachable(node: Node, context: Context) -> Iterator[Finding]:
    types = types_of(node.value)
    for keyword in ("oneOf", "anyOf") if types else ():
        for child, branch in _branches(node, keyword, context):
            others = types_of(branch.value)
            if types is not None and others is not None and not types & others:
                message = f"the branch is of type {in_words(others)}, the schema around it of type {in_words(types)}"
                yield Finding(child.pointer, message)


@check("not-everything")
def _not(node: Node, context: Context) -> Iterator[Finding]:
    target = context.tree.resolved(node.at("not"))
    excluded = target.value if target is not None else node.get("not")
    if excluded is not True and not isinstance(excluded, dict):
        return
    keywords = _constraints(excluded)
    types, others = types_of(node.value), types_of(excluded)
    if not keywords or (keywords.keys() <= {"type"} and types is not None and others is not None and types <= others):
        yield Finding(node.at("not"), "`not` excludes every value")
