"""A JSON schema for editors: documents with the extensions that the linter knows, so that their names and values are
completed, and a misspelled one of this project is underlined.

It is made of the tables of extensions (``extension_table``, ``extensions.schema.json``, ``extension_texts``) and refers
to the schema of the specification, which editors fetch. It is of 2020-12, as the schemas of OpenAPI 3.1 and 3.2 are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from openconnectors.engine.lint.extension_table import CAPABILITIES, EXTENSIONS
from openconnectors.engine.lint.extension_texts import TEXTS
from openconnectors.engine.lint.extensions import KNOWN_EXTENSIONS
from openconnectors.engine.lint.shapes import Shape

SPECIFICATIONS: Mapping[str, tuple[str, str]] = {
    "2.0": ("swagger", "http://swagger.io/v2/schema.json"),
    "3.0": ("openapi", "https://spec.openapis.org/oas/3.0/schema/2021-09-28"),
    "3.1": ("openapi", "https://spec.openapis.org/oas/3.1/schema/2022-10-07"),
    "3.2": ("openapi", "https://spec.openapis.org/oas/3.2/schema/2025-11-23"),
}
"""The schemas of the specifications: the member that has the version, and the address."""
_OURS = "x-connector-"
_DATA = ("default", "example", "examples", "enum", "const", "value")
"""Members whose values are data, in which nothing is an extension."""
_NAMES = ("properties", "patternProperties", "definitions", "$defs", "schemas")
"""Members whose keys are names that people choose."""
_TYPES = {"text": "string", "flag": "boolean", "integer": "integer", "mapping": "object", "list": "array"}


def schema(version: str | None = None) -> dict[str, Any]:
    """The schema of documents of a version; of all versions, chosen by what a document says, if there is none."""
    versions = SPECIFICATIONS if version is None else {version: SPECIFICATIONS[version]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"OpenAPI {version or '2.0 to 3.2'} with the extensions of open-connectors and of Microsoft",
        "allOf": [*(_chosen(*item) for item in versions.items()), {"$ref": "#/$defs/node"}],
        "$defs": {**_shipped()["$defs"], "node": _node(), "names": _names()},
    }


def _chosen(version: str, specification: tuple[str, str]) -> dict[str, Any]:
    """The schema of a specification, for documents that say its version."""
    member, address = specification
    return {
        "if": {
            "required": [member],
            "properties": {member: {"type": "string", "pattern": f"^{version.replace('.', '[.]')}"}},
        },
        "then": {"$ref": address},
    }


def _node() -> dict[str, Any]:
    """Any node of a document: its extensions, and the nodes below it."""
    below = {"$ref": "#/$defs/node"}
    known = "|".join(sorted(name.removeprefix(_OURS) for name in (*_ours(), *TEXTS) if name.startswith(_OURS)))
    return {
        "properties": {
            **dict(_extensions()),
            **dict.fromkeys(_DATA, True),
            **{name: {"$ref": "#/$defs/names"} for name in _NAMES},
        },
        "patternProperties": {f"^{_OURS}(?!({known})$)": False, "^(x_ms|xms)[-_]": False},
        "additionalProperties": below,
        "items": below,
    }


def _names() -> dict[str, Any]:
    return {"additionalProperties": {"$ref": "#/$defs/node"}, "items": {"$ref": "#/$defs/node"}}


def _extensions() -> Iterator[tuple[str, Any]]:
    """Each extension with the schema of its value, and what it does."""
    for name in sorted({*KNOWN_EXTENSIONS, *EXTENSIONS, *_ours(), *TEXTS}):
        value = _ours().get(name) or _of_microsoft(name)
        text = {"description": TEXTS[name], "markdownDescription": TEXTS[name]} if name in TEXTS else {}
        yield name, {**value, **text}


def _of_microsoft(name: str) -> dict[str, Any]:
    if name == "x-ms-capabilities":
        return {"anyOf": [_value(shape) for shape in CAPABILITIES.values()]}
    return _value(EXTENSIONS[name].shape) if name in EXTENSIONS else {}


def _value(shape: Shape) -> dict[str, Any]:
    """The schema of what a shape allows."""
    if shape.kind == "any":
        return {}
    kind = _TYPES[shape.kind]
    value: dict[str, Any] = {"type": [kind, "null"] if shape.nullable else kind}
    if shape.choices and not shape.any_case:
        value["enum"] = [*shape.choices, *([None] if shape.nullable else [])]
    elif shape.choices:  # completed as written; another case is not refused
        pattern = "|".join(map(_any_case, shape.choices))
        value["anyOf"] = [{"enum": list(shape.choices)}, {"pattern": f"^({pattern})$"}]
    if shape.least is not None:
        value["minimum"] = shape.least
    if shape.members:
        value["properties"] = {member: _value(inner) for member, inner in shape.members.items()}
    if shape.required:
        value["required"] = list(shape.required)
    if shape.items is not None:
        value["items"] = _value(shape.items)
    return value


def _any_case(text: str) -> str:
    return "".join(f"[{char.upper()}{char.lower()}]" if char.isalpha() else char for char in text)


def _ours() -> Mapping[str, Any]:
    """The schemas of this project's extensions."""
    properties: Mapping[str, Any] = _shipped()["properties"]
    return properties


@cache
def _shipped() -> Mapping[str, Any]:
    text = (files("openconnectors.engine.lint") / "extensions.schema.json").read_text("utf-8")
    shipped: Mapping[str, Any] = json.loads(text)
    return shipped
