"""The specification's own schema of each version: every violation, at its own place.

Where alternatives all fail, the one that was meant is looked for: the alternative whose own marks (``in``, ``type``,
``$ref``) the node bears, then the one with which most of it agrees.
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
from openconnectors.engine.errors import nearest
from openconnectors.engine.extras import require
from openconnectors.engine.lint.rules import Case, Edit, Finding

_VERSIONS = {"swagger 2.0": "v2.0", "openapi 3.0": "v3.0", "openapi 3.1": "v3.1", "openapi 3.2": "v3.2"}

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


def version_of(document: Document) -> str | None:
    """The name of the version's schema; None where none fits."""
    root = document.root
    for key in ("swagger", "openapi"):
        if isinstance(root, Mapping) and key in root:
            told_version = f"{key} {root[key]}"
            return next((name for begins, name in _VERSIONS.items() if told_version.startswith(begins)), None)
    return None


_OPEN = ("v3.1", "v3.2")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""What the schemas of these versions leave to the dialect of JSON Schema that a document's schemas are in."""


@cache
def _schema(name: str) -> Any:
    if name == _DIALECT:
        return {"$ref": name}
    require("checking documents", "cli", "openapi_spec_validator")
    package = find_spec("openapi_spec_validator")  # for its data; importing it would import pydantic
    path = (
        Path(package.origin if package and package.origin else "").parent
        / "resources"
        / "schemas"
        / name
        / "schema.json"
    )
    return json.loads(path.read_text("utf-8"))


@cache
def _validator(name: str) -> Any:
    return jsonschema_rs.validator_for(_schema(name))


def structure(case: Case) -> Iterator[Finding]:
    """Every violation of the schema of the document's version."""
    root = case.document.root
    name = version_of(case.document)
    if name is None:
        said = 'a document says `swagger: "2.0"` or `openapi: 3.x.y` at its root'
        given = next((f"; this says {key}: {root[key]!r}" for key in ("swagger", "openapi") if key in root), "")
        at = next((f"/{key}" for key in ("swagger", "openapi") if key in root), "")
        yield Finding(at, said + given, rule="structure-version")
        return
    for error in _validator(name).iter_errors(root):
        for inner in _meant(error):
            yield from _findings(case, name, inner)
    if name in _OPEN:
        for node in case.tree["schema"]:
            if node.parent is not None and node.parent.kind != "schema":
                for error in _validator(_DIALECT).iter_errors(node.value):
                    for inner in _meant(error):
                        yield from _findings(case, _DIALECT, inner, node.pointer)


def _meant(error: Any) -> list[Any]:
    """Of alternatives that all fail, the errors of the one that was meant."""
    context: Sequence[list[Any]] | None = getattr(error.kind, "context", None)
    if not context:
        return [error]
    groups = [[inner for one in group for inner in _meant(one)] for group in context if group]
    own = error.instance
    if not groups:
        return [error]
    if isinstance(own, Mapping):
        groups = [group for group in groups if not _is_reference(group) or "$ref" in own] or groups
    best = min(groups, key=lambda group: _distance(group, len(error.instance_path)))
    return best


def _is_reference(group: list[Any]) -> bool:
    return any(one.kind.name == "required" and one.kind.as_dict().get("property") == "$ref" for one in group)


def _distance(group: list[Any], depth: int) -> tuple[int, int, int]:
    """How far a node is from an alternative: marks that differ, then members that it does not know, then errors."""
    marks = sum(
        one.kind.name in ("enum", "const") and [str(step) for step in one.instance_path[depth:]] in _MARKS
        for one in group
    )
    whole = sum(len(one.instance_path) == depth and one.kind.name == "type" for one in group)
    return marks + whole, -max(len(one.instance_path) for one in group), len(group)


_MARKS = (["in"], ["type"], ["flow"], ["scheme"])


def _findings(case: Case, version: str, error: Any, above: str = "") -> Iterator[Finding]:
    """A violation in our words, at the member or value that is at fault, ``above`` which it was looked for."""
    kind, facts = error.kind.name, error.kind.as_dict()
    steps = list(error.instance_path)
    pointer = above + "".join(f"/{escape(step)}" for step in steps)
    rule = f"structure-{_RULES.get(kind, 'other')}"
    instance = error.instance
    if (kind == "required" and facts.get("property") == "required") or (
        steps[-1:] == ["required"] and instance is False
    ):
        return  # of a parameter in the path, which has a rule of its own
    if kind == "format" and facts.get("format") == "regex":
        return  # a pattern, which has one too
    if kind == "format" and steps[-1:] in (["url"], ["email"]) and len(steps) > 1:
        return  # of a contact, a license or a page; these too
    if kind == "required":
        name = str(facts.get("property"))
        yield Finding(pointer, f"{name!r} is missing here{_misspelled(case, pointer, name, instance)}", rule=rule)
    elif kind in ("additionalProperties", "unevaluatedProperties"):
        known = _known(version, error)
        for name in facts.get("unexpected", ()):
            hint = nearest(name, known)
            edit = Edit("rename", f"{pointer}/{escape(name)}", hint.split("'")[1]) if hint else None
            said = f"{name!r} has no place here{hint}"
            yield Finding(f"{pointer}/{escape(name)}", said, key=True, rule=rule, edit=edit)
    elif kind == "not" and not instance:
        return  # empty, which is told already
    elif kind == "falseSchema":
        yield Finding(pointer, "this has no place here", key=True, rule=rule)
    elif kind in ("enum", "const"):
        allowed = facts.get("options", [facts.get("expected_value")])
        allowed = json.loads(allowed) if isinstance(allowed, str) else allowed
        said = ", ".join(map(str, allowed)) if isinstance(allowed, list) else str(allowed)
        texts = [one for one in allowed if isinstance(one, str)] if isinstance(allowed, list) else []
        hint = nearest(instance, texts) if isinstance(instance, str) else ""
        edit = Edit("replace", pointer, hint.split("'")[1]) if hint else None
        yield Finding(pointer, f"{instance!r} is none of {said}{hint}", rule=rule, edit=edit)
    elif kind == "type":
        types = facts.get("types", facts.get("type", "another type"))
        said = " or ".join(map(str, types)) if isinstance(types, (list, tuple)) else str(types)
        yield Finding(pointer, f"this must be {said}, not {_type(instance)}", rule=rule)
    elif kind in ("minItems", "minProperties"):
        yield Finding(pointer, "this is empty, and must hold at least one", rule=rule)
    elif kind == "uniqueItems":
        yield from _twice(pointer, instance, rule)
    elif kind == "pattern":
        said = f"{instance!r} has not the form {facts.get('pattern')}"
        yield Finding(pointer, said, rule=rule)
    elif kind == "format":
        yield Finding(pointer, f"{instance!r} is no {facts.get('format')}", rule=rule)
    else:
        yield Finding(pointer, error.message[:300], rule=rule)


def _twice(pointer: str, items: list[Any], rule: str) -> Iterator[Finding]:
    seen: list[Any] = []
    for index, one in enumerate(items):
        if one in seen:
            yield Finding(f"{pointer}/{index}", f"{one!r} stands here a second time", rule=rule)
        seen.append(one)


def _misspelled(case: Case, pointer: str, name: str, instance: Any) -> str:
    """Which member may have been meant to be the one that is missing."""
    hint = nearest(name, [key for key in instance if key != name]) if isinstance(instance, Mapping) else ""
    return f"; is it what {hint.split(chr(39))[1]!r} was meant to be?" if hint else ""


def _known(version: str, error: Any) -> list[str]:
    """The members that the schema has beside the one that forbids others."""
    node: Any = _schema(version)
    try:
        for step in (
            error.absolute_keyword_location.partition("#")[2].split("/")[1:-1]
            if (error.absolute_keyword_location)
            else error.schema_path[:-1]
        ):
            node = node[int(step)] if isinstance(node, list) else node[str(step).replace("~1", "/")]
    except (LookupError, ValueError, TypeError):
        return []
    return list(node.get("properties", ())) if isinstance(node, Mapping) else []


def _type(value: Any) -> str:
    names: dict[type, str] = {dict: "an object", list: "an array", str: "a text", bool: "a boolean", int: "a number"}
    return "null" if value is None else names.get(type(value), "a number")
