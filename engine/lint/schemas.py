"""Schemas: types, formats, limits, properties, combinations, names in XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.schema_facts import in_words, is_closed, types_of
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import Node, array
from openconnectors.engine.naming import snake

# Types, formats, keywords

_WORDS = """
    type format title description default enum const items properties required allOf anyOf oneOf not
    additionalProperties patternProperties minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
    minLength maxLength pattern minItems maxItems uniqueItems minProperties maxProperties readOnly writeOnly
    deprecated example examples externalDocs xml discriminator nullable $ref $id $schema $defs $anchor $comment
    $dynamicRef $dynamicAnchor if then else contains minContains maxContains prefixItems propertyNames
    dependentRequired dependentSchemas unevaluatedItems unevaluatedProperties contentEncoding contentMediaType
    contentSchema definitions dependencies additionalItems
"""
_KEYWORDS = _WORDS.split()
"""Keywords of JSON Schema 2020-12, of its predecessors, and of the specifications."""


@check("keyword-misspelled")
def _misspelled(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.value:
        if name in _KEYWORDS or name.startswith("x-"):
            continue
        # Other unknown keywords are allowed (JSON Schema Core 6.5): only one that is close to a known one is reported.
        suggestion = closest(name, _KEYWORDS, 0.8)
        if suggestion is not None:
            yield Finding(node.at(name), f"{name!r} is not a keyword", key=True, suggestion=suggestion)


_FORMATS: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "string": """
            date date-time byte binary password email uri url uuid guid hostname ipv4 ipv6 time duration html
            base64 base64url char uri-reference json-pointer regex date-time-rfc1123 file certificate unixtime
            decimal phone tel
        """,
        "integer": "int32 int64 int16 int8 uint8 uint16 uint32 uint64 unixtime long",
        "number": "float double decimal single",
    }.items()
}
"""The formats of the specifications and of published documents, by the type that they are for."""


_ALL_FORMATS = frozenset[str]().union(*_FORMATS.values())


@check("format-contradicts")
def _format_contradicts(node: Node, context: Context) -> Iterator[Finding]:
    form, types = node.get("format"), types_of(node.value)
    if not isinstance(form, str) or not types or types == {"null"}:
        return
    others = {name for name, forms in _FORMATS.items() if form in forms}
    # Numbers that are sent as strings keep their format; of an integer, only those of integers are.
    fits = bool(others & types) or ("number" in types and "integer" in others)
    if others and not fits and not ("string" in types and others <= {"integer", "number"}):
        kind = node.get("type")
        message = f"the format {form!r} is for type {' or '.join(sorted(others))}, not "
        yield Finding(node.at("format"), message + (kind if isinstance(kind, str) else in_words(types)))


@check("format-unknown")
def _format_unknown(node: Node, context: Context) -> Iterator[Finding]:
    form = node.get("format")
    if isinstance(form, str) and form not in _ALL_FORMATS:
        misspelled = _misspelled_format(form)
        rule, suggestion = ("format-misspelled", misspelled) if misspelled else ("", _close_format(form))
        yield Finding(node.at("format"), f"the format {form!r} is not known", suggestion=suggestion, rule=rule)


@cache
def _misspelled_format(form: str) -> str | None:
    """The known format that another one is but for its case and its hyphens, or almost so."""
    folded = {name.replace("-", ""): name for name in _ALL_FORMATS}
    return folded.get(re.sub(r"[\s_-]", "", form).lower()) or closest(form, _ALL_FORMATS, 0.85)


@cache
def _close_format(form: str) -> str | None:
    """The known format that is spelled most like another, which documents have many times."""
    return closest(form, _ALL_FORMATS)


@check("type-list")
def _type_list(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("type", "items"):
        if isinstance(node.get(name), list):
            yield Finding(node.at(name), f"{name!r} must not be a list in this version of the specification")
    if context.tree.swagger2 and node.get("type") == "null":
        yield Finding(node.at("type"), "the type null is not among the data types of this version")


@check("nullable-alone")
def _nullable(node: Node, context: Context) -> Iterator[Finding]:
    if not context.tree.version.startswith("3.0"):
        yield Finding(node.at("nullable"), "`nullable` exists in OpenAPI 3.0 only", key=True)
    elif node.get("nullable") is True and not node.has("type"):
        yield Finding(node.at("nullable"), "`nullable` has no effect without a type", key=True)


@check("nullable-enum")
def _nullable_enum(node: Node, context: Context) -> Iterator[Finding]:
    values = node.array("enum")
    if node.get("nullable") is True and values and None not in values:
        yield Finding(node.at("nullable"), "`nullable` has no effect on an enum without null", key=True)


@check("array-without-items")
def _without_items(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("type") == "array" and not node.has("items"):
        yield Finding(node.at("type"), "an array needs `items`")


@check("access-contradicts")
def _access(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("readOnly") is True and node.get("writeOnly") is True:
        yield Finding(node.at("writeOnly"), "this is both readOnly and writeOnly", key=True)


# Properties


@check("required-unknown")
def _required_unknown(node: Node, context: Context) -> Iterator[Finding]:
    names = node.get("required")
    if not isinstance(names, list) or is_closed(node.value):
        return  # required-excluded
    if not isinstance(node.get("properties"), Mapping) and (node.has("properties") or _is_condition(node)):
        return
    properties = None if node.get("additionalProperties") else all_properties(node, context, set())
    for index, name in enumerate(names if properties is not None else ()):
        if isinstance(name, str) and properties is not None and name not in properties:
            suggestion = closest(name, properties)
            yield Finding(node.at("required", index), f"{name!r} is required but not a property", suggestion=suggestion)


def _is_condition(node: Node) -> bool:
    """Return True for a schema without properties that says something of values which others describe, or that
    describes them in another way."""
    inside = (
        node.parent is not None
        and node.parent.kind == "schema"
        and "/properties/" not in node.pointer[len(node.parent.pointer) : -len(escape(node.name))]
    )
    describes = ("type", "required", "description", "title")
    return inside or any(name not in describes and not name.startswith("x-") for name in node.value)


def all_properties(node: Node, context: Context, passed: set[str]) -> set[str] | None:
    """The properties of a schema, of those that it combines, and of those that it is a part of; None if one of them
    cannot be resolved."""
    if node.pointer in passed or not isinstance(node.value, Mapping):
        return set()
    passed.add(node.pointer)
    properties = set(node.mapping("properties"))
    related = [child for child in context.tree.children.get(node.pointer, ()) if _is_part(child, node)]
    if node.parent is not None and _is_part(node, node.parent):
        related.append(node.parent)
    for schema in related:
        resolved = context.tree.resolve(schema)
        inner = all_properties(resolved, context, passed) if resolved is not None else None
        if inner is None:
            return None
        properties |= inner
    return properties


_COMBINATIONS = ("allOf", "anyOf", "oneOf")


def _is_part(node: Node, of: Node) -> bool:
    """Return True if a schema is in the ``allOf``, ``anyOf`` or ``oneOf`` of another."""
    return node.pointer.removeprefix(of.pointer).split("/")[1:2] in [[name] for name in _COMBINATIONS]


@check("required-read-only")
def _required_read_only(node: Node, context: Context) -> Iterator[Finding]:
    for index, name in enumerate(node.array("required")):
        schema = context.tree.nodes.get(node.at("properties", name)) if isinstance(name, str) else None
        if schema is not None and schema.get("readOnly") is True:
            yield Finding(node.at("required", index), f"{name!r} is read-only, so it cannot be required in requests")


@check("property-collision")
def _property_collision(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in node.mapping("properties"):
        other = seen.setdefault(snake(name), name)
        if other != name:
            message = f"the properties {other!r} and {name!r} are both {snake(name)!r} in Python"
            yield Finding(node.at("properties", name), message, key=True)


@check("discriminator-undefined")
def _discriminator(node: Node, context: Context) -> Iterator[Finding]:
    discriminator, properties = node.get("discriminator"), node.get("properties")
    is_object = isinstance(discriminator, Mapping)  # in OpenAPI 3.x; in Swagger 2.0 it is the name itself
    name = discriminator.get("propertyName") if is_object else discriminator
    at = node.at("discriminator", "propertyName") if is_object else node.at("discriminator")
    combines = any(node.has(combination) for combination in _COMBINATIONS)
    if not isinstance(name, str) or combines or not isinstance(properties, Mapping):
        return
    if name not in properties:
        yield Finding(at, f"there is no property {name!r} here", suggestion=closest(name, properties))
    elif context.tree.swagger2 and name not in node.array("required"):
        yield Finding(at, f"the discriminator {name!r} must be a required property")


# Combinations and recursion


@check("combination-twice")
def _combination_twice(node: Node, context: Context) -> Iterator[Finding]:
    for name in _COMBINATIONS:
        parts = node.array(name)
        for index, part in enumerate(parts):
            if part in parts[:index]:
                yield Finding(node.at(name, index), f"the same schema is already in {name}")


@check("schema-of-itself")
def _of_itself(node: Node, context: Context) -> Iterator[Finding]:
    if node.parent is not None and _is_part(node, node.parent):
        return  # what it is a part of comes back to itself, too
    waiting, seen = _parts(node, context), set()
    while waiting:
        pointer, part = waiting.pop()
        if part.pointer == node.pointer:
            yield Finding(pointer, f"the schema {node.name!r} extends itself")
            return
        if part.pointer not in seen:
            seen.add(part.pointer)
            waiting += [(pointer, inner) for _, inner in _parts(part, context)]


def _parts(node: Node, context: Context) -> list[tuple[str, Node]]:
    """The schemas that a schema combines, resolved, with the pointers of the places that name them."""
    parts = []
    for child in context.tree.children.get(node.pointer, ()):
        if re.match(r"/(allOf|anyOf|oneOf)/", child.pointer[len(node.pointer) :]):
            part = context.tree.resolve(child)
            if part is not None:
                parts.append((child.pointer, part))
    return parts


@check("schema-endless")
def _endless(node: Node, context: Context) -> Iterator[Finding]:
    if node.pointer.count("/") > 3:  # a definition, or a schema directly below a component
        return
    for name in node.array("required"):
        if isinstance(name, str) and _comes_back(node, name, context):
            message = f"the required property {name!r} leads back to this schema"
            yield Finding(node.at("properties", name), message, key=True)


def _comes_back(start: Node, name: str, context: Context) -> bool:
    """Return True if a required property leads back to its schema through required properties only."""
    waiting = [(start, name)]
    seen: set[str] = set()
    while waiting:
        node, member = waiting.pop()
        schema = context.tree.resolved(node.at("properties", member))
        if schema is None or not isinstance(schema.value, Mapping):
            continue
        if schema.pointer == start.pointer:
            return True
        if schema.pointer in seen:
            continue
        seen.add(schema.pointer)
        waiting += [(schema, inner) for inner in array(schema.get("required")) if isinstance(inner, str)]
    return False


# Names in XML


@check("xml-clash")
def _xml_clash(node: Node, context: Context) -> Iterator[Finding]:
    if not context.tree["xml"]:
        return  # without that no two names are the same
    seen: dict[tuple[bool, str, str], str] = {}
    for name in node.mapping("properties"):
        schema = context.tree.nodes.get(node.at("properties", name))
        resolved = context.tree.resolve(schema) if schema is not None else None
        if schema is None or resolved is None:
            continue
        xml = schema.get("xml") or resolved.get("xml") or {}
        if not isinstance(xml, Mapping):
            continue
        element = xml.get("name", name)
        items = context.tree.nodes.get(resolved.at("items"))
        if resolved.get("type") == "array" and not xml.get("wrapped") and items is not None:
            # Without a wrapper the items are the elements (XML Object).
            element = items.mapping("xml").get("name", element)
        key = (bool(xml.get("attribute")), str(xml.get("namespace", "")), str(element))
        other = seen.setdefault(key, name)
        if other != name:
            kind = "attribute" if key[0] else "element"
            message = f"the properties {name!r} and {other!r} are the same {kind} {element!r}"
            yield Finding(node.at("properties", name), message, key=True)


@check("xml-misplaced")
def _xml_misplaced(node: Node, context: Context) -> Iterator[Finding]:
    if node.parent is None:
        return
    kind = node.parent.get("type")
    if node.get("wrapped") is True and kind not in (None, "array"):
        yield Finding(node.at("wrapped"), f"`wrapped` is for arrays, not for type {kind}", key=True)
    if node.get("attribute") is True and kind in ("array", "object"):
        yield Finding(node.at("attribute"), f"an attribute holds a scalar value, not type {kind}", key=True)
    if node.get("prefix") and not node.get("namespace"):
        yield Finding(node.at("prefix"), f"the prefix {node.get('prefix')!r} has no namespace", key=True)
    namespace = node.get("namespace")
    if isinstance(namespace, str) and ":" not in namespace:
        yield Finding(node.at("namespace"), f"the namespace {namespace!r} is not an absolute URI")
