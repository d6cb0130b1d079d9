"""Discriminators: whether each value of the property chooses a schema, and each schema has the property.

Two forms: beside ``oneOf`` or ``anyOf`` the branches are the alternatives; in a schema that others extend with
``allOf`` those others are ("Discriminator Object", Conditions for Using the Discriminator Object).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.documents.pointers import escape, pointer_steps
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.openapi3.shapes import Shapes
from openconnectors.engine.lint.openapi3.versions import OPENAPI3
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node, array

_ALTERNATIVES = ("oneOf", "anyOf")
_UNDEFINED = "discriminator-undefined"

# fmt: off
RULES.add(
    Rule("discriminator-target", "error", "schema", members="discriminator", versions=OPENAPI3,
         why="All alternatives are listed: a mapping to another schema chooses nothing (Discriminator Object).",
         fix="Add the schema to the alternatives, or map the value to one of them."),
    Rule("discriminator-branch", "error", reported_by="discriminator-target",
         why="A branch without the property, or that is no object, can never be chosen (Discriminator Object).",
         fix="Declare the property in every branch, and require it."),
    Rule("discriminator-optional", "warning", reported_by="discriminator-target",
         why="Without its discriminating property a value belongs to no alternative (Discriminator Object).",
         fix="Make the property required; in OpenAPI 3.2 a defaultMapping will do."),
    Rule("discriminator-default", "error", reported_by="discriminator-target",
         why="In OpenAPI 3.2 a discriminator whose property is optional has a defaultMapping (Discriminator Object).",
         fix="Add defaultMapping, or make the property required."),
    Rule("discriminator-inline", "warning", reported_by="discriminator-target",
         why="A schema without a name is never chosen by a discriminator (Discriminator Object).",
         fix="Move the schema to components.schemas, and refer to it."),
    Rule("discriminator-value", "warning", reported_by="discriminator-target",
         why="A value that the property cannot have, or that names no alternative, chooses nothing (Discriminator "
             "Object).",
         fix="Map the values that the property can have."),
    Rule("discriminator-alone", "warning", reported_by="discriminator-target",
         why="A discriminator chooses between the schemas of oneOf or anyOf, or those that extend this one with allOf; "
             "without any it has no effect (Discriminator Object).",
         fix="Add oneOf or anyOf, let schemas extend this one, or remove the discriminator."),
)
# fmt: on


@check("discriminator-target")
def _discriminator(node: Node, context: Context) -> Iterator[Finding]:
    name = node.mapping("discriminator").get("propertyName")
    yield from _mapped(node, context)
    if not isinstance(name, str):
        return
    branches = [
        branch
        for combination in _ALTERNATIVES
        for index in range(len(node.array(combination)))
        if (branch := context.tree.nodes.get(node.at(combination, index))) is not None
    ]
    if branches:
        yield from _together([list(_branch(node, name, branch, context)) for branch in branches], node, name)
        return
    if node.has("allOf") or node.pointer in context.once(_extended):
        yield from _parent(node, name, context)
    elif node.get("type") in (None, "object"):  # keyword-ignored reports those of other types
        message = "no schema extends this one, and it has neither oneOf nor anyOf"
        yield Finding(node.at("discriminator"), message, key=True, rule="discriminator-alone")


def _extended(context: Context) -> frozenset[str]:
    """The pointers of the schemas that others extend with ``allOf``."""
    extended: set[str] = set()
    for node in context.tree["schema"]:
        for index in range(len(node.array("allOf")) if isinstance(node.value, Mapping) else 0):
            part = context.tree.nodes.get(node.at("allOf", index))
            target = context.tree.resolve(part) if part is not None and part.reference is not None else None
            if target is not None:
                extended.add(target.pointer)
    return frozenset(extended)


# Mappings


def _schema(text: str, node: Node, context: Context) -> Node | None:
    """The schema that a mapping names, by its name or by a reference."""
    named = context.tree.nodes.get(f"/components/schemas/{escape(text)}")
    return named if named is not None else context.tree.find(text, node.pointer)


def _mapped(node: Node, context: Context) -> Iterator[Finding]:
    """Findings about what a mapping names: nothing, no alternative, or for a value that cannot be."""
    discriminator = node.mapping("discriminator")
    alternatives = _alternatives(node, context)
    mapping = discriminator.get("mapping")
    named: list[tuple[tuple[str, ...], Any]] = [
        (("mapping", key), text) for key, text in (mapping if isinstance(mapping, dict) else {}).items()
    ]
    named += [(("defaultMapping",), discriminator["defaultMapping"])] if "defaultMapping" in discriminator else []
    for steps, text in named:
        if not isinstance(text, str) or "://" in text:
            continue
        at = node.at("discriminator", *steps)
        schema = _schema(text, node, context)
        if schema is None:
            if context.tree.target(text, node.pointer) is None:
                names = [each.name for each in context.tree["schema"] if each.pointer.count("/") == 3]
                message = f"the document has no schema {text!r}"
                yield Finding(at, message, suggestion=closest(text, names), rule=_UNDEFINED)
            continue
        resolved = context.tree.resolve(schema)
        if resolved is not None and alternatives is None:
            yield from _extends(node, schema, text, at, context)
        if resolved is None or alternatives is None:
            continue
        if not {schema.pointer, resolved.pointer} & alternatives:
            yield Finding(at, f"{text!r} is none of the alternatives")
        elif steps[0] == "mapping":
            yield from _impossible(str(steps[-1]), resolved, discriminator, at, context)


def _extends(node: Node, schema: Node, text: str, at: str, context: Context) -> Iterator[Finding]:
    """A finding if a schema that a mapping of a parent names does not extend it."""
    parts = context.once(Shapes).parts(schema, alternatives=False)
    named = node.parent is not None and node.parent.kind == "components"
    if named and parts is not None and node.pointer not in [part.pointer for part in parts]:
        yield Finding(at, f"{text!r} does not extend {node.name!r}", rule="discriminator-value")


def _alternatives(node: Node, context: Context) -> set[str] | None:
    """The pointers of the alternatives beside a discriminator, those within alternatives too; None if it has none."""
    alternatives: set[str] = set()
    waiting = [node]
    while waiting:
        schema = waiting.pop()
        for combination in _ALTERNATIVES:
            for index in range(len(schema.array(combination))):
                branch = context.tree.nodes.get(schema.at(combination, index))
                resolved = context.tree.resolve(branch) if branch is not None else None
                if branch is None or resolved is None:
                    continue
                passed = [branch.pointer, resolved.pointer, *_passed(branch, context)]
                waiting += [] if resolved.pointer in alternatives else [resolved]
                alternatives.update(passed)
    return alternatives or None


def _passed(node: Node, context: Context) -> list[str]:
    """The pointers that a chain of references leads through."""
    passed: list[str] = []
    while node.reference is not None:
        target = context.tree.find(node.reference, node.pointer)
        if target is None or target.pointer in passed:
            break
        passed.append(target.pointer)
        node = target
    return passed


def _impossible(
    key: str, schema: Node, discriminator: Mapping[str, Any], at: str, context: Context
) -> Iterator[Finding]:
    """A finding if the property of the schema that a value is mapped to cannot have that value."""
    values = _values(schema, discriminator.get("propertyName"), context)
    if values is not None and key not in values:
        message = f"in {schema.name!r} the property {discriminator.get('propertyName')!r} is never {key!r}"
        yield Finding(at, message, key=True, suggestion=closest(key, values), rule="discriminator-value")


def _values(schema: Node, name: object, context: Context) -> list[str] | None:
    """The values that a property is limited to, by ``enum`` or ``const``; None if it is not."""
    property = context.once(Shapes).listed(schema).get(str(name))
    parts = context.once(Shapes).parts(property) if property is not None else None
    for part in parts or ():
        values = [part.get("const")] if part.has("const") else part.get("enum")
        if isinstance(values, list):
            return [str(value) for value in values]
    return None


# Branches


def _together(branches: list[list[Finding]], node: Node, name: str) -> Iterator[Finding]:
    """The findings about branches. What is wrong in every branch is a single one, about the property's name."""
    words = [{finding.rule: _words(finding, name) for finding in findings} for findings in branches]
    common = set.intersection(*({*each.items()} for each in words)) if len(branches) > 1 else set()
    for rule, message in sorted((rule, message) for rule, message in common if message):
        suggestions = {finding.suggestion for findings in branches for finding in findings if finding.rule == rule}
        suggestion = suggestions.pop() if len(suggestions) == 1 else None
        yield Finding(node.at("discriminator", "propertyName"), message, suggestion=suggestion, rule=rule)
    for finding in (finding for findings in branches for finding in findings):
        if (finding.rule, _words(finding, name)) not in common or not _words(finding, name):
            yield finding


def _words(finding: Finding, name: str) -> str:
    """What a finding about a branch says if it holds for every branch; empty if that is about each of its own."""
    return finding.message if finding.rule == "discriminator-value" else _IN_EVERY.get(finding.rule, "").format(name)


_IN_EVERY = {
    "discriminator-branch": "no branch has a property {!r}",
    "discriminator-optional": "the property {!r} is optional in every branch",
    "discriminator-default": "the property {!r} is optional in every branch, and there is no defaultMapping",
}


def _branch(node: Node, name: str, branch: Node, context: Context) -> Iterator[Finding]:
    """Findings about one alternative."""
    resolved = context.tree.resolve(branch)
    if resolved is None or resolved.get("type") == "null":
        return
    shapes = context.once(Shapes)
    types = shapes.types(branch)
    if types is not None and "object" not in types:
        message = f"a branch of type {', '.join(sorted(types))} has no property {name!r}"
        yield Finding(branch.pointer, message, rule="discriminator-branch")
        return
    if branch.reference is None and not any(resolved.has(inner) for inner in _ALTERNATIVES):
        message = "the discriminator does not consider a schema without a name"
        yield Finding(branch.pointer, message, rule="discriminator-inline")
    properties = shapes.listed(branch)
    if name not in properties:
        if not shapes.is_open(branch):
            message = f"the branch {resolved.name!r} has no property {name!r}"
            yield Finding(branch.pointer, message, suggestion=closest(name, properties), rule="discriminator-branch")
        return
    yield from _not_text(properties[name], name, branch.pointer, context)
    if not any(_requires(part, name) for part in shapes.parts(branch) or ()):
        yield from _optional(node, branch.pointer, f"in the branch {resolved.name!r} {name!r} is optional", context)
    yield from _unchosen(node, name, branch, context)


def _requires(schema: Node, name: str) -> bool:
    return name in array(schema.get("required"))


def _optional(node: Node, at: str, message: str, context: Context, key: bool = False) -> Iterator[Finding]:
    """A finding about a discriminating property that may be absent."""
    if not context.tree.version.startswith("3.2"):
        yield Finding(at, message, key, rule="discriminator-optional")
    elif "defaultMapping" not in node.mapping("discriminator"):
        yield Finding(at, f"{message}, and there is no defaultMapping", key, rule="discriminator-default")


def _not_text(property: Node, name: str, at: str, context: Context) -> Iterator[Finding]:
    types = context.once(Shapes).types(property)
    if types is not None and "string" not in types:
        message = f"the property {name!r} is of type {', '.join(sorted(types))}; names of schemas are texts"
        yield Finding(at, message, rule="discriminator-value")


def _unchosen(node: Node, name: str, branch: Node, context: Context) -> Iterator[Finding]:
    """A finding about a branch whose property can have neither the schema's name nor a value that is mapped to it."""
    values = _values(branch, name, context)
    passed = _passed(branch, context)
    if values is None or not passed:
        return
    mapping = node.mapping("discriminator").get("mapping")
    mapped = {
        key
        for key, text in (mapping if isinstance(mapping, dict) else {}).items()
        if isinstance(text, str) and (schema := _schema(text, node, context)) and schema.pointer in passed
    }
    names = {pointer_steps(pointer)[-1] for pointer in passed}
    if not mapped and not names & set(values):
        message = f"no value of {name!r} chooses this branch: it is {', '.join(values[:5])}, which is not mapped"
        yield Finding(branch.pointer, message, rule="discriminator-value")


def _parent(node: Node, name: str, context: Context) -> Iterator[Finding]:
    """Findings about a schema that others extend: it has the property, and requires it."""
    shapes = context.once(Shapes)
    parts = shapes.parts(node)
    if parts is None:
        return
    at = node.at("discriminator", "propertyName")
    properties = {property for part in parts for property in part.mapping("properties")}
    if name not in properties:
        # discriminator-undefined reports those that list properties themselves
        if properties and not (node.has("properties") and not node.has("allOf")):
            suggestion = closest(name, properties)
            yield Finding(at, f"there is no property {name!r} here", suggestion=suggestion, rule=_UNDEFINED)
        return
    if not any(_requires(part, name) for part in parts):
        yield from _optional(node, at, f"the property {name!r} is optional", context)
