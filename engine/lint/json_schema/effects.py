"""Keywords that change nothing where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.schema_facts import in_words, types_of
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node

# fmt: off
RULES.add(
    Rule("keyword-ignored", "warning", "schema parameter items header",
         members="minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems "
                 "maxItems uniqueItems items collectionFormat minProperties maxProperties properties "
                 "additionalProperties discriminator required patternProperties propertyNames dependentRequired "
                 "dependentSchemas unevaluatedProperties contains minContains maxContains prefixItems "
                 "unevaluatedItems contentEncoding contentMediaType contentSchema",
         why="A keyword for another type has no effect.",
         fix="Remove it, or correct the type."),
    Rule("keyword-alone", "warning", "schema", versions="3.1 3.2",
         members="if then else minContains maxContains contentSchema unevaluatedProperties unevaluatedItems "
                 "$vocabulary",
         why="Without another keyword, or beside one that takes its place, this keyword has no effect.",
         fix="Add the other keyword, or remove this one."),
    Rule("access-misplaced", "warning", "schema", members="readOnly writeOnly", versions="2.0 3.0",
         why="Only a property of an object is read-only or write-only (Schema Object).",
         fix="Move it to the property."),
)
# fmt: on

_KEYWORDS_OF_TYPES: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType", "contentSchema"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": (
        *("minItems", "maxItems", "uniqueItems", "items", "collectionFormat"),
        *("contains", "minContains", "maxContains", "prefixItems", "unevaluatedItems"),
    ),
    "object": (
        *("minProperties", "maxProperties", "properties", "additionalProperties", "discriminator", "required"),
        *("patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties"),
    ),
}
_KEYWORDS = {name: kind for kind, names in _KEYWORDS_OF_TYPES.items() for name in names}


@check("keyword-ignored")
def _ignored(node: Node, context: Context) -> Iterator[Finding]:
    types = types_of(node.value)
    if not types:
        return
    if "integer" in types:
        types |= {"number"}
    for name in _KEYWORDS.keys() & node.value.keys():
        if _KEYWORDS[name] in types or (name == "required" and not isinstance(node.get(name), list)):
            continue  # `required` of a parameter is true or false
        kind = node.get("type")
        message = f"{name!r} has no effect on type {kind if isinstance(kind, str) else in_words(types)}"
        yield Finding(node.at(name), message, key=True)


_NEEDS = {
    "then": "if",
    "else": "if",
    "minContains": "contains",
    "maxContains": "contains",
    "contentSchema": "contentMediaType",
}
"""Keywords that are ignored without another (JSON Schema 2020-12 core 10.2.2; validation 6.4.4, 6.4.5, 8.5)."""
_REPLACED = {"unevaluatedProperties": "additionalProperties", "unevaluatedItems": "items"}
"""Keywords for what is left by others, and the keyword that leaves nothing (core 10.3.1.2, 10.3.2.3, 11)."""


@check("keyword-alone")
def _alone(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.value:
        if name in _NEEDS and not node.has(_NEEDS[name]):
            yield Finding(node.at(name), f"{name!r} has no effect without {_NEEDS[name]!r}", key=True)
        elif name in _REPLACED and node.has(_REPLACED[name]):
            message = f"{name!r} has no effect beside {_REPLACED[name]!r}, which leaves nothing to it"
            yield Finding(node.at(name), message, key=True)
    if node.has("if") and not node.has("then") and not node.has("else"):
        yield Finding(node.at("if"), "'if' has no effect without 'then' or 'else'", key=True)
    if node.has("$vocabulary"):
        yield Finding(node.at("$vocabulary"), "'$vocabulary' has an effect in meta-schemas only", key=True)


@check("access-misplaced")
def _access_misplaced(node: Node, context: Context) -> Iterator[Finding]:
    holder, place = node, node.parent
    while place is not None and place.kind == "schema" and "Of/" in holder.pointer[len(place.pointer) :]:
        holder, place = place, place.parent  # a part of a property says something of the property
    if place is None or place.kind in ("document", "components"):
        return  # a property may refer to it
    if place.kind == "schema" and holder.pointer.startswith(place.at("properties") + "/"):
        return
    for name in ("readOnly", "writeOnly"):
        if node.get(name) is True:
            yield Finding(node.at(name), f"{name!r} has an effect on a property of an object only", key=True)
