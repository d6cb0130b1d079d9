"""Titles and descriptions: what the certification of connectors asks of them.

Sources: "Prepare connector files for certification", "Connector string guidance", "Coding standards" and "Deprecate an
operation" (learn.microsoft.com/connectors/custom-connectors).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from openconnectors.engine.deferred import pattern
from openconnectors.engine.lint.extensions import is_internal
from openconnectors.engine.lint.microsoft.limits import MAX_SUMMARY
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.lint.uses import operations_of

TITLES = {"operation": "summary", "parameter": "x-ms-summary", "schema": "x-ms-summary"}
"""The member that holds the title, by the kind of node."""


def _title(node: Node) -> str:
    """The title of an operation, a parameter or a property; empty if it has none."""
    text = node.get(TITLES.get(node.kind, "title"))
    return text if isinstance(text, str) else ""


def _called(node: Node) -> str:
    return str(node.get("operationId") if node.kind == "operation" else node.get("name") or node.name)


def _is_shown(node: Node, context: Context) -> bool:
    """Return True if people see an operation, or a parameter of one that they see."""
    if is_internal(node) or (node.kind == "parameter" and node.get("in") in (None, "body")) or node.reference:
        return False
    if node.kind == "operation":
        return node in context.tree.operations
    operations = operations_of(node, context)
    return any(not is_internal(operation) for operation in operations)


def _field_of_body(node: Node, context: Context) -> tuple[Node, ...]:
    """The body parameter and its schema, if people see the body as one field: it has no properties to show instead."""
    schema = context.tree.schema_of(node)
    operations = operations_of(node, context)
    if schema is None or is_internal(node) or is_internal(schema) or node.reference:
        return ()
    if schema.is_dynamic or all(is_internal(operation) for operation in operations):
        return ()
    is_object = schema.get("type") in (None, "object")
    return () if is_object and any(schema.has(name) for name in ("properties", "allOf", "$ref")) else (node, schema)


# What is there


@check("title-missing", "title-of-parameter-missing")
def _title_missing(node: Node, context: Context) -> Iterator[Finding]:
    member = TITLES[node.kind]
    if not node.has(member) and _is_shown(node, context):
        yield Finding(node.pointer, f"the {node.kind} {_called(node)!r} has no {member}", key=True)
        return
    field = _field_of_body(node, context) if node.kind == "parameter" and node.get("in") == "body" else ()
    for names, rule in (((member, "title"), "title-of-body-missing"), (("description",), "text-of-body-missing")):
        if field and not any(holder.has(name) for holder in field for name in names):
            message = f"neither the body {_called(node)!r} nor its schema has {names[0]}"
            yield Finding(node.pointer, message, key=True, rule=rule)


@check("text-missing")
def _text_missing(node: Node, context: Context) -> Iterator[Finding]:
    if not node.has("description") and _is_shown(node, context):
        yield Finding(node.pointer, f"the {node.kind} {_called(node)!r} has no description", key=True)


@check("title-repeated")
def _title_repeated(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, Node] = {}
    for operation in context.tree.operations:
        title = _title(operation).strip().lower()
        if not title or is_internal(operation) or operation.get("deprecated") is True:
            continue
        other = seen.setdefault(title, operation)
        if other is not operation:
            message = f"{_called(other)!r} has the summary {operation.get('summary')!r}, too"
            yield Finding(operation.at("summary"), message)


@check("title-of-parameter-repeated")
def _parameter_title_repeated(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, Node] = {}
    for parameter in context.tree.parameters(node) if not is_internal(node) else ():
        title = _title(parameter).strip().lower()
        if not title or is_internal(parameter) or parameter.get("in") == "body":
            continue
        other = seen.setdefault(title, parameter)
        if other is not parameter and other.get("name") != parameter.get("name"):
            message = f"{_called(other)!r} has the title {parameter.get('x-ms-summary')!r}, too"
            yield Finding(parameter.at("x-ms-summary"), message)


@check("title-of-property-missing")
def _property_texts(node: Node, context: Context) -> Iterator[Finding]:
    shown = [operation for operation in context.tree.operations if not is_internal(operation)]
    bodies = [each for operation in shown for each in context.tree.parameters(operation) if each.get("in") == "body"]
    schemas = [schema for body in bodies if (schema := context.tree.schema_of(body)) is not None]
    for schema in context.tree.schemas_below(schemas):
        for child in context.tree.children.get(schema.pointer, ()):
            if isinstance(child.value, dict) and child.pointer == schema.at("properties", child.name):
                yield from _texts_of_property(child, context)


def _texts_of_property(property: Node, context: Context) -> Iterator[Finding]:
    """Findings about the texts that a property lacks, itself and where it refers to."""
    resolved = context.tree.resolve(property) if property.reference is not None else None
    nodes = [node for node in (property, resolved) if node is not None]
    if any(is_internal(node) or node.get("readOnly") is True for node in nodes):
        return
    if not any(node.has("x-ms-summary") or node.has("title") for node in nodes):
        yield Finding(property.pointer, f"the property {property.name!r} has no x-ms-summary", key=True)
    if not any(node.has("description") for node in nodes):
        message = f"the property {property.name!r} has no description"
        yield Finding(property.pointer, message, key=True, rule="text-of-property-missing")


# How it is written


@check("title-end")
def _title_end(node: Node, context: Context) -> Iterator[Finding]:
    title = _title(node)
    last = title[-1:]
    # A question is a common title of a property that is true or false.
    ends = not (last.isalnum() or last in ")?") if node.kind == "operation" else last in ".,;:! \t\n"
    if title.strip() and ends:
        yield Finding(node.at(TITLES[node.kind]), f"the title {title!r} ends with {last!r}")
    elif title and title[0].isspace():
        yield Finding(node.at(TITLES[node.kind]), f"the title {title!r} begins with a blank")
    elif "  " in title.strip():
        yield Finding(node.at(TITLES[node.kind]), f"the title {title!r} has two blanks in a row")


@check("title-case")
def _title_case(node: Node, context: Context) -> Iterator[Finding]:
    title = _title(node).strip()
    letters = [letter for letter in title if letter.isalpha()]
    # A name such as eSignatures, iOS or dox42 begins small.
    small = title[:1].islower() and title.split()[0].isalpha() and title.split()[0].islower()
    loud = node.kind == "operation" and len(title.split()) > 1 and all(letter.isupper() for letter in letters)
    if title and (small or loud) and not is_internal(node):
        suggestion = title[0].upper() + (title[1:] if small else title[1:].lower())
        member = TITLES[node.kind]
        yield Finding(node.at(member), f"{member} {title!r} does not have the case of a title", suggestion=suggestion)


@check("title-place")
def _title_place(node: Node, context: Context) -> Iterator[Finding]:
    message = f"x-ms-summary is not the title of {node.kind if node.kind == 'info' else f'the {node.kind}'}"
    yield Finding(node.at("x-ms-summary"), message, key=True)


@check("title-of-trigger")
def _title_of_trigger(node: Node, context: Context) -> Iterator[Finding]:
    title = _title(node)
    if title.strip() and node.get("x-ms-trigger") and not is_internal(node) and not _FIRES.match(title):
        yield Finding(node.at("summary"), f"the summary {title!r} of a trigger does not begin with 'When'")


_FIRES = pattern(r"(?i)\W*(when|on|triggers?|if|as soon)\b")


@check("title-long")
def _title_long(node: Node, context: Context) -> Iterator[Finding]:
    title = _title(node)
    if len(title) > MAX_SUMMARY:
        message = f"the title has {len(title)} characters; at most {MAX_SUMMARY} are shown"
        yield Finding(node.at("x-ms-summary"), message)


def _repeats(node: Node) -> bool:
    """Return True if a description says no more than the title."""
    title, text = _title(node), node.get("description")
    return isinstance(text, str) and bool(title.strip()) and _bare(text) == _bare(title)


def _bare(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()


@check("text-repeats-title")
def _text_repeats(node: Node, context: Context) -> Iterator[Finding]:
    if _repeats(node) and not is_internal(node):
        yield Finding(node.at("description"), "the description is the same as the summary")


@check("text-repeats-name")
def _text_repeats_name(node: Node, context: Context) -> Iterator[Finding]:
    if _repeats(node) and not is_internal(node):
        yield Finding(node.at("description"), "the description is the same as x-ms-summary")


def _is_sentence(node: Node) -> bool:
    """Return True if a description ends with punctuation, or is a single word."""
    text = node.get("description")
    text = text.strip() if isinstance(text, str) else ""
    return len(text.split()) < 2 or text[-1] in ".!?:…" or text.endswith((".)", "/", ">"))


@check("text-end")
def _text_end(node: Node, context: Context) -> Iterator[Finding]:
    if not _is_sentence(node) and not is_internal(node):
        yield Finding(node.at("description"), "the description does not end with a full stop")


@check("text-end-of-parameter")
def _text_end_of_parameter(node: Node, context: Context) -> Iterator[Finding]:
    if not _is_sentence(node) and _is_shown(node, context):
        yield Finding(node.at("description"), "the description does not end with a full stop")


@check("text-case")
def _text_case(node: Node, context: Context) -> Iterator[Finding]:
    text = node.get("description")
    first = text.split()[0] if isinstance(text, str) and text.split() else ""
    if first.isalpha() and first.islower() and not is_internal(node):
        yield Finding(node.at("description"), f"the description begins with the small letter {first[0]!r}")


@check("deprecation-unmarked")
def _deprecated(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("deprecated") is True and not is_internal(node):
        for member in ("summary", "description"):
            text = node.get(member)
            if isinstance(text, str) and text.strip() and "deprecated" not in text.lower():
                yield Finding(node.at(member), f"the {member} of a deprecated operation does not say so")


# Identifiers


@check("operation-id-form")
def _id_form(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str):
        stem = re.sub(r"_?[Vv]\d+$", "", name)  # the suffix of a revision
        words = [word for word in re.split(r"[-_\s.]+", stem) if word]
        if len(words) > 1 and re.fullmatch(r"[\w\s.-]+", stem):
            suggestion = "".join(word[0].upper() + word[1:] for word in words) + name[len(stem) :]
            message = f"the operationId {name!r} separates its words"
            yield Finding(node.at("operationId"), message, suggestion=suggestion)
        elif stem[:1].islower():
            suggestion = name[0].upper() + name[1:]
            message = f"the operationId {name!r} begins with a small letter"
            yield Finding(node.at("operationId"), message, suggestion=suggestion, rule="operation-id-case")


@check("operation-id-twin")
def _id_twin(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, operation in context.operations.items():
        other = seen.setdefault(name.lower(), name)
        if other != name:
            message = f"the operationId {name!r} differs from {other!r} in its case only"
            yield Finding(operation.at("operationId"), message)
