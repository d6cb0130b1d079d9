"""Violations of the specification's own JSON schema, each at the place that is wrong.

If all alternatives of an ``anyOf`` or ``oneOf`` fail, only the violations of the one that was meant are reported: the
alternative whose distinguishing members (``in``, ``type``, ``$ref``) the node has, then the one that most of it fits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import closest
from openconnectors.engine.extras import require
from openconnectors.engine.lint.rules import Context, Edit, Finding
from openconnectors.engine.lint.tree import mapping

_SCHEMAS = {"swagger 2.0": "v2.0", "openapi 3.0": "v3.0", "openapi 3.1": "v3.1", "openapi 3.2": "v3.2"}

_RULES = {
    "type": "type",
    "required": "required",
    "additionalProperties": "member",
    "unevaluatedProperties": "member",
    "falseSchema": "member",
    "enum": "value",
    "const": "value",
    "minItems": "empty",
    "minProperties": "empty",
    "uniqueItems": "duplicate",
    "pattern": "pattern",
    "propertyNames": "pattern",
    "minimum": "range",
    "exclusiveMinimum": "range",
    "maximum": "range",
    "format": "format",
}
"""The keyword that is violated, and the rule ``structure-…`` that it is reported under."""


def version_of(document: Document) -> str | None:
    """The name of the JSON schema for the version of a document; None if there is none."""
    root = document.root
    for key in ("swagger", "openapi"):
        if isinstance(root, Mapping) and key in root:
            version = f"{key} {root[key]}"
            return next((name for begins, name in _SCHEMAS.items() if version.startswith(begins)), None)
    return None


_OPEN = ("v3.1", "v3.2")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""The JSON schemas of these versions leave the schemas of a document to its dialect of JSON Schema: this one."""


def _object(required: str, **members: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON schema of an object with members, some required, and extensions."""
    return {
        "$schema": _DIALECT,
        "type": "object",
        "required": required.split(),
        "properties": members,
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
    }


_TEXT: Mapping[str, Any] = {"type": "string"}
_TRUTH: Mapping[str, Any] = {"type": "boolean"}
_TEXTS: Mapping[str, Any] = {"type": "object", "additionalProperties": _TEXT}
_XML: Mapping[str, Mapping[str, Any]] = {
    "name": _TEXT,
    "namespace": _TEXT,
    "prefix": _TEXT,
    "attribute": _TRUTH,
    "wrapped": _TRUTH,
}
_NODE_TYPES: Mapping[str, Any] = {"type": "string", "enum": ["element", "attribute", "text", "cdata", "none"]}
_VOCABULARY: Mapping[str, Mapping[str, Any]] = {
    "v3.1 discriminator": _object("propertyName", propertyName=_TEXT, mapping=_TEXTS, defaultMapping={}),
    "v3.2 discriminator": _object("propertyName", propertyName=_TEXT, mapping=_TEXTS, defaultMapping=_TEXT),
    "v3.1 xml": _object("", **_XML, nodeType={}),
    "v3.2 xml": _object("", **_XML, nodeType=_NODE_TYPES),
    "external-docs": _object("url", url=_TEXT, description=_TEXT),
}
"""What schemas hold from 3.1 on beside keywords of JSON Schema ("Schema Object", Fixed Fields): the JSON schemas of
these versions do not check it. Members of a later version are a matter of the rule ``version-member``."""


_KINDS = {"path": ("pathItem", "PathItem", "path-item"), "items": ("primitivesItems", "", ""),
          "callback": ("", "Callback", "callbacks")}  # fmt: skip
"""The definitions of kinds of nodes in the JSON schemas of 2.0, 3.0 and later, if they are not named like the kind."""


def _definition(version: str, kind: str) -> str | None:
    """The name of what describes a kind of node in the JSON schema of a version; None if nothing does."""
    schema = _schema(version)
    style = ("v2.0", "v3.0").index(version) if version in ("v2.0", "v3.0") else 2
    name = _KINDS[kind][style] if kind in _KINDS else kind.title().replace("-", "") if style == 1 else kind
    holder = "$defs" if "$defs" in schema else "definitions"
    return f"{version}#/{holder}/{name}" if name in schema[holder] else None


@cache
def _schema(name: str) -> Any:
    """A JSON schema by its name: that of a version, or what it defines of a kind of node (``v3.0#/definitions/…``)."""
    if name == _DIALECT:
        return {"$ref": name}
    if name in _VOCABULARY:
        return _VOCABULARY[name]
    if "#" in name:
        version, _, pointer = name.partition("#")
        kept = ("$schema", "id", "$id", "definitions", "$defs")
        return {key: value for key, value in _schema(version).items() if key in kept} | {"$ref": f"#{pointer}"}
    require("checking documents", "cli", "openapi_spec_validator")
    package = find_spec("openapi_spec_validator")  # for its data; importing it would import pydantic
    folder = Path(package.origin if package and package.origin else "").parent
    schema = json.loads((folder / "resources" / "schemas" / name / "schema.json").read_text("utf-8"))
    if name in _OPEN:  # it wants texts as the parameters of a link; of 3.1 it calls the server of a link "body"
        link = schema["$defs"]["link"]["properties"]
        link |= {"parameters": {"type": "object"}, "server": {"$ref": "#/$defs/server"}}
        link.pop("body", None)
    return schema


@cache
def _validator(name: str) -> Any:
    return jsonschema_rs.validator_for(_schema(name))


def structure(context: Context) -> Iterator[Finding]:
    """The violations of the JSON schema for the version of a document."""
    root = context.document.root
    name = version_of(context.document)
    if name is None:
        key = next((key for key in ("swagger", "openapi") if key in root), None)
        message = 'the root of a document has `swagger: "2.0"` or `openapi: 3.x.y`'
        message += f", not {key}: {root[key]!r}" if key is not None else ""
        yield Finding("" if key is None else f"/{key}", message, rule="structure-version")
        return
    yield from _violations(context, name, root, "")
    for node in context.tree.entries:
        definition = _definition(name, node.kind)
        if definition is not None and node.reference is None and not (name in _OPEN and node.kind == "schema"):
            yield from _violations(context, definition, node.value, node.pointer)
    schema = _definition(name, "schema")
    for node in context.tree["notification"] if schema is not None and name not in _OPEN else ():
        content = context.tree.nodes.get(node.at("schema"))  # to the JSON schema the extension is of any form
        if content is not None and content.reference is None and schema is not None:
            yield from _violations(context, schema, content.value, content.pointer)
    if name in _OPEN:
        entries = {id(node) for node in context.tree.entries}
        for node in context.tree["schema"]:
            if (node.parent is not None and node.parent.kind != "schema") or id(node) in entries:
                yield from _violations(context, _DIALECT, node.value, node.pointer)
        for kind in ("discriminator", "xml", "external-docs"):
            for node in context.tree[kind]:
                if node.parent is not None and node.parent.kind == "schema":
                    vocabulary = kind if kind in _VOCABULARY else f"{name} {kind}"
                    yield from _violations(context, vocabulary, node.value, node.pointer)


def _violations(context: Context, schema: str, value: Any, above: str) -> Iterator[Finding]:
    """The violations of a JSON schema by the node at a pointer."""
    errors = [meant for error in _validator(schema).iter_errors(value) for meant in _meant(error)]
    for error in errors:
        if error.kind.name != "unevaluatedProperties" or not _follows(error, errors):
            yield from _findings(context, schema, error, above)


def _follows(error: Any, errors: list[Any]) -> bool:
    """Return True if members count as unevaluated only since something in them, or beside them, is wrong: an annotation
    is dropped where a JSON schema fails (2020-12 core, section 7.7.1.1)."""
    depth = len(error.instance_path)
    return any(
        list(other.instance_path[:depth]) == list(error.instance_path)
        and (
            list(other.instance_path[depth : depth + 1]) in [[name] for name in error.kind.as_dict()["unexpected"]]
            or _is_exclusion(other)
        )
        for other in errors
        if other is not error and other.kind.name != "unevaluatedProperties"
    )


def _meant(error: Any) -> list[Any]:
    """The errors of the alternative that was meant, if all alternatives fail; else the error itself."""
    alternatives: Sequence[list[Any]] | None = getattr(error.kind, "context", None)
    if not alternatives:
        return [error]
    groups = [[meant for inner in errors for meant in _meant(inner)] for errors in alternatives if errors]
    if not groups:
        return [error]
    if isinstance(error.instance, Mapping):
        groups = [group for group in groups if not _is_reference(group) or "$ref" in error.instance] or groups
    return min(groups, key=lambda group: _distance(group, len(error.instance_path)))


def _is_reference(group: list[Any]) -> bool:
    return any(error.kind.name == "required" and error.kind.as_dict().get("property") == "$ref" for error in group)


def _distance(group: list[Any], depth: int) -> tuple[int, int, int]:
    """How far a node is from an alternative: distinguishing members that differ, depth of the deepest error (an
    alternative that fails further inside fits better), number of errors."""
    distinguishing = sum(
        error.kind.name in ("enum", "const") and [str(step) for step in error.instance_path[depth:]] in _DISTINGUISHING
        for error in group
    )
    whole = sum(len(error.instance_path) == depth and error.kind.name == "type" for error in group)
    return distinguishing + whole, -max(len(error.instance_path) for error in group), len(group)


_DISTINGUISHING = (["in"], ["type"], ["flow"], ["scheme"])


def _findings(context: Context, version: str, error: Any, above: str = "") -> Iterator[Finding]:
    """The findings for one violation, at the member or value that is wrong. ``above`` is the pointer of the node that
    was validated."""
    kind, facts = error.kind.name, error.kind.as_dict()
    steps = list(error.instance_path)
    pointer = above + "".join(f"/{escape(step)}" for step in steps)
    rule = f"structure-{_RULES.get(kind, 'other')}"
    instance = error.instance
    if _has_rule_of_its_own(kind, facts, steps, instance) or _is_exclusion(error):
        return
    if kind == "propertyNames":
        yield from _named(facts["error"], pointer, rule)
        return
    if kind == "required":
        yield _missing(pointer, str(facts.get("property")), instance, rule)
    elif kind in ("additionalProperties", "unevaluatedProperties"):
        known = _known(version, error)
        for name in facts.get("unexpected", ()):
            at = f"{pointer}/{escape(name)}"
            suggestion = closest(name, known)
            edit = Edit("rename", at, suggestion) if suggestion is not None else None
            yield Finding(at, f"{name!r} is not allowed here", key=True, suggestion=suggestion, rule=rule, edit=edit)
    elif kind == "falseSchema":
        yield Finding(pointer, "this member is not allowed here", key=True, rule=rule)
    elif kind in ("enum", "const"):
        yield _not_allowed(pointer, steps, instance, facts, rule)
    elif kind == "type":
        types = facts.get("types", facts.get("type", "another type"))
        expected = " or ".join(map(str, types)) if isinstance(types, (list, tuple)) else str(types)
        yield Finding(pointer, f"expected {expected}, not {_type(instance)}", rule=rule)
    elif kind in ("minItems", "minProperties"):
        yield Finding(pointer, "this is empty; at least one is required", rule=rule)
    elif kind == "uniqueItems":
        yield from _repeated(pointer, instance, rule)
    elif kind == "pattern":
        yield Finding(pointer, f"{instance!r} does not match the pattern {facts.get('pattern')}", rule=rule)
    elif kind == "format":
        yield Finding(pointer, f"{instance!r} is not a valid {facts.get('format')}", rule=rule)
    else:
        yield Finding(pointer, error.message[:300], rule=rule)


def _has_rule_of_its_own(kind: str, facts: Mapping[str, Any], steps: list[str | int], instance: object) -> bool:
    """Return True for a violation that another rule reports, or that follows from one that is reported."""
    if (kind == "required" and facts.get("property") == "required") or (
        steps[-1:] == ["required"] and instance is False
    ):
        return True  # parameter-optional-path
    if kind == "required" and facts.get("property") == "default" and steps[-1:] == ["responses"]:
        return True  # responses-empty
    if kind == "required" and facts.get("property") == "schema" and "content" in mapping(instance):
        return True  # style-beside-content
    if kind in ("contains", "not") and steps[-1:] == ["parameters"]:
        return True  # querystring
    if kind == "pattern" and steps[-1:] == ["scheme"] and len(steps) > 1:
        return True  # bearer-format
    if kind == "format" and facts.get("format") == "regex":
        return True  # pattern-invalid
    if kind == "format" and steps[-1:] in (["url"], ["email"]) and len(steps) > 1:
        return True  # url-invalid and email-invalid: of a contact, a license, external documentation
    return kind == "not" and not instance  # structure-empty


_EXCLUSIVE = (
    {"schema", "content"},
    {"example", "examples"},
    {"value", "externalValue"},
    {"dataValue", "value"},
    {"serializedValue", "value"},
    {"serializedValue", "externalValue"},
    {"operationId", "operationRef"},
    {"identifier", "url"},
    {"encoding", "prefixEncoding"},
    {"encoding", "itemEncoding"},
)


def _is_exclusion(error: Any) -> bool:
    """Return True if an object has two members that exclude each other: that is members-exclusive, or examples-both."""
    if error.kind.name not in ("not", "oneOf") or not isinstance(error.instance, Mapping):
        return False
    return any(pair <= error.instance.keys() for pair in _EXCLUSIVE)


def _named(error: Any, pointer: str, rule: str) -> Iterator[Finding]:
    """A finding for the name of a member."""
    name = error.instance
    if error.kind.name == "not":
        yield Finding(f"{pointer}/{escape(name)}", f"{name!r} has a member of its own here", key=True, rule=rule)
    elif "components" not in pointer.split("/")[1:2]:  # component-name
        message = f"{name!r} does not match the pattern {error.kind.as_dict().get('pattern')}"
        yield Finding(f"{pointer}/{escape(name)}", message, key=True, rule=rule)


def _missing(pointer: str, name: str, instance: object, rule: str) -> Finding:
    """A finding for a required member; another member may be a misspelling of it."""
    others = [key for key in instance if key != name] if isinstance(instance, Mapping) else []
    similar = closest(name, others)
    message = f"the required member {name!r} is missing"
    message += f" (is {similar!r} a misspelling of it?)" if similar is not None else ""
    return Finding(pointer, message, rule=rule)


def _not_allowed(
    pointer: str, steps: list[str | int], instance: object, facts: Mapping[str, Any], rule: str
) -> Finding:
    """A finding for a value that is not one of those allowed; ``facts`` has them, as values or as JSON."""
    options = facts.get("options", [facts.get("expected_value")])
    options = json.loads(options) if isinstance(options, str) else options
    options = options if isinstance(options, list) else [options]
    member = steps[-1] if steps and isinstance(steps[-1], str) else "value"
    member = "location" if member == "in" else member
    suggestion = None
    if isinstance(instance, str):
        suggestion = closest(instance, [option for option in options if isinstance(option, str)])
    message = f"{instance!r} is not a valid {member}; expected {', '.join(map(str, options))}"
    edit = Edit("replace", pointer, suggestion) if suggestion is not None else None
    return Finding(pointer, message, suggestion=suggestion, rule=rule, edit=edit)


def _repeated(pointer: str, items: list[Any], rule: str) -> Iterator[Finding]:
    seen: list[Any] = []
    for index, item in enumerate(items):
        if item in seen:
            yield Finding(f"{pointer}/{index}", f"{item!r} is already in this list", rule=rule)
        seen.append(item)


def _known(version: str, error: Any) -> list[str]:
    """The members that the schema defines beside the keyword that forbids others."""
    node: Any = _schema(version)
    location = error.absolute_keyword_location
    try:
        for step in location.partition("#")[2].split("/")[1:-1] if location else error.schema_path[:-1]:
            node = node[int(step)] if isinstance(node, list) else node[str(step).replace("~1", "/")]
    except (LookupError, ValueError, TypeError):
        return []
    return list(node.get("properties", ())) if isinstance(node, Mapping) else []


def _type(value: object) -> str:
    names: dict[type, str] = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", int: "a number"}
    return "null" if value is None else names.get(type(value), "a number")
