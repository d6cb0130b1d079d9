"""Pairs of documents with what a change means to callers: it ``breaks`` them, it is ``fine``, or nothing is ``same``.

Most are made of two schemas, a narrow one and a wide one, or two that say the same: in a parameter or body what is
sent may only grow wider, in a response only narrower. ``PAIRS`` has all by name: the old, the new, the verdict.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from openconnectors.engine.diff import compare
from openconnectors.engine.documents import document

Verdict = Literal["breaks", "fine", "same"]
Json = dict[str, Any]


class Pair(NamedTuple):
    """Two documents, and what the change from one to the other means to callers."""

    old: Json
    new: Json
    verdict: Verdict


def verdict_of(pair: Pair) -> Verdict:
    """What this package says of a pair."""
    comparison = compare(
        *(document.parse(json.dumps(root), f"{name}.json") for name, root in (("old", pair.old), ("new", pair.new)))
    )
    if any(finding.severity == "error" for finding in comparison.findings):
        return "breaks"
    return "fine" if comparison.findings else "same"


# Two schemas, the first of which accepts less. The third says what more in a response means: a value that the old one
# does not have breaks readers, a member that it does not describe is to be looked at.
ORDERED: Mapping[str, tuple[Json, Json, Verdict]] = {
    "integer, number": ({"type": "integer"}, {"type": "number"}, "breaks"),
    "type, two types": ({"type": "string"}, {"type": ["string", "integer"]}, "breaks"),
    "type, any": ({"type": "string"}, {}, "breaks"),
    "not null, null": ({"type": "string"}, {"type": ["string", "null"]}, "breaks"),
    "a value fewer": ({"enum": ["a"]}, {"enum": ["a", "b"]}, "breaks"),
    "const, enum": ({"const": "a"}, {"enum": ["a", "b"]}, "breaks"),
    "enum, any text": ({"type": "string", "enum": ["a"]}, {"type": "string"}, "breaks"),
    "maximum": ({"type": "integer", "maximum": 5}, {"type": "integer", "maximum": 9}, "breaks"),
    "exclusive bound": ({"type": "number", "exclusiveMaximum": 5}, {"type": "number", "maximum": 5}, "breaks"),
    "exclusive floor": ({"type": "number", "exclusiveMinimum": 5}, {"type": "number", "exclusiveMinimum": 4}, "breaks"),
    "minimum": ({"type": "integer", "minimum": 5}, {"type": "integer"}, "breaks"),
    "multipleOf": ({"type": "integer", "multipleOf": 10}, {"type": "integer", "multipleOf": 5}, "breaks"),
    "multipleOf, any": ({"type": "integer", "multipleOf": 10}, {"type": "integer"}, "breaks"),
    "maxLength": ({"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 9}, "breaks"),
    "minLength": ({"type": "string", "minLength": 5}, {"type": "string", "minLength": 1}, "breaks"),
    "maxItems": (
        {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        {"type": "array", "items": {"type": "string"}},
        "breaks",
    ),
    "uniqueItems": (
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        {"type": "array", "items": {"type": "string"}},
        "breaks",
    ),
    "items, any": ({"type": "array", "items": {"type": "string"}}, {"type": "array"}, "breaks"),
    "items": (
        {"type": "array", "items": {"type": "integer"}},
        {"type": "array", "items": {"type": "number"}},
        "breaks",
    ),
    "maxProperties": ({"type": "object", "maxProperties": 2}, {"type": "object", "maxProperties": 3}, "breaks"),
    "pattern": ({"type": "string", "pattern": "^[a-z]{3}$"}, {"type": "string", "pattern": "^[a-z]+$"}, "breaks"),
    "pattern, any": ({"type": "string", "pattern": "^[a-z]+$"}, {"type": "string"}, "breaks"),
    "int32, int64": ({"type": "integer", "format": "int32"}, {"type": "integer", "format": "int64"}, "breaks"),
    "closed, open": (
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "string"}}},
        "fine",
    ),
    "members of a kind, any": (
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "additionalProperties": True},
        "fine",
    ),
    "members of two kinds": (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "additionalProperties": {"type": "number"}},
        "breaks",
    ),
    "required, optional": (
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string"}}},
        "breaks",
    ),
    "required inside": (
        {"type": "object", "properties": {"o": {"type": "object", "properties": {"a": {}}, "required": ["a"]}}},
        {"type": "object", "properties": {"o": {"type": "object", "properties": {"a": {}}}}},
        "breaks",
    ),
    "oneOf, a branch more": (
        {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
        {"oneOf": [{"type": "string"}, {"type": "boolean"}, {"type": "array", "items": {}}]},
        "breaks",
    ),
    "anyOf of objects, a branch more": (
        {"anyOf": [{"type": "object", "required": ["a"]}]},
        {"anyOf": [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["b"]}]},
        "breaks",
    ),
    "a branch is wider": (
        {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "integer"}]},
        {"oneOf": [{"type": "string", "maxLength": 5}, {"type": "integer"}]},
        "breaks",
    ),
    "a condition": (
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "if": {"required": ["a"]},
            "then": {"required": ["b"]},
        },
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
        "breaks",
    ),
    "dependentRequired": (
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "dependentRequired": {"a": ["b"]},
        },
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
        "breaks",
    ),
    "not": ({"type": "string", "not": {"const": "x"}}, {"type": "string"}, "breaks"),
    "contains": (
        {"type": "array", "items": {}, "contains": {"const": "x"}},
        {"type": "array", "items": {}},
        "breaks",
    ),
    "prefixItems": (
        {"type": "array", "prefixItems": [{"type": "integer"}]},
        {"type": "array", "prefixItems": [{"type": ["integer", "string"]}]},
        "breaks",
    ),
    "propertyNames": (
        {"type": "object", "propertyNames": {"maxLength": 1}, "additionalProperties": {"type": "string"}},
        {"type": "object", "additionalProperties": {"type": "string"}},
        "breaks",
    ),
    "allOf, an assertion fewer": (
        {"allOf": [{"type": "string"}, {"maxLength": 3}]},
        {"allOf": [{"type": "string"}]},
        "breaks",
    ),
}

# Two schemas of which neither accepts what the other does, or that callers handle otherwise.
CHANGED: Mapping[str, tuple[Json, Json]] = {
    "another type": ({"type": "string"}, {"type": "integer"}),
    "another constant": ({"const": "a"}, {"const": "b"}),
    "text, list": ({"type": "string"}, {"type": "array", "items": {"type": "string"}}),
    "date, date-time": ({"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}),
    "text, date-time": ({"type": "string"}, {"type": "string", "format": "date-time"}),
    "a member of another type": (
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "boolean"}}},
    ),
    "a member is gone": (
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}},
    ),
    "items of another type": (
        {"type": "array", "items": {"type": "string"}},
        {"type": "array", "items": {"type": "integer"}},
    ),
    "branches of other types": (
        {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
        {"oneOf": [{"type": "string"}, {"type": "array", "items": {}}]},
    ),
}

# Two schemas that say the same.
SAME: Mapping[str, tuple[Json, Json]] = {
    "type, list of one type": ({"type": "string"}, {"type": ["string"]}),
    "types, anyOf of types": ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    "types in another order": ({"type": ["string", "integer"]}, {"type": ["integer", "string"]}),
    "null by type, by anyOf": ({"type": ["string", "null"]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "null by anyOf of a reference": (
        {"anyOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "null"}]},
        {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Pet"}]},
    ),
    "enum, oneOf of constants": ({"enum": ["a", "b"]}, {"oneOf": [{"const": "a"}, {"const": "b"}]}),
    "enum of one, const": ({"type": "string", "enum": ["a"]}, {"type": "string", "const": "a"}),
    "enum in another order": ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    "enum with its type": ({"enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
    "a reference, in place": (
        {"$ref": "#/components/schemas/Pet"},
        {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        },
    ),
    "allOf of one": ({"$ref": "#/components/schemas/Pet"}, {"allOf": [{"$ref": "#/components/schemas/Pet"}]}),
    "allOf, joined": (
        {"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"required": ["a"]}]},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    ),
    "exclusive bound of integers": (
        {"type": "integer", "exclusiveMinimum": 0},
        {"type": "integer", "minimum": 1},
    ),
    "a bound beside a stricter one": (
        {"type": "number", "minimum": 1},
        {"type": "number", "minimum": 1, "exclusiveMinimum": 0},
    ),
    "minLength of nothing": ({"type": "string"}, {"type": "string", "minLength": 0}),
    "minItems of nothing": ({"type": "array", "items": {}}, {"type": "array", "items": {}, "minItems": 0}),
    "open, said": ({"type": "object"}, {"type": "object", "additionalProperties": True}),
    "open by an empty schema": ({"type": "object"}, {"type": "object", "additionalProperties": {}}),
    "no duplicates allowed, said": (
        {"type": "array", "items": {}},
        {"type": "array", "items": {}, "uniqueItems": False},
    ),
    "pattern written otherwise": (
        {"type": "string", "pattern": "^[a-z]+$"},
        {"type": "string", "pattern": "^[a-z]{1,}$"},
    ),
    "pattern of digits": ({"type": "string", "pattern": "^[0-9]{3}$"}, {"type": "string", "pattern": "^\\d{3}$"}),
    "integers of one": ({"type": "integer"}, {"type": "integer", "multipleOf": 1}),
    "required in another order": (
        {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]},
        {"type": "object", "properties": {"b": {}, "a": {}}, "required": ["b", "a"]},
    ),
    "texts and examples": (
        {"type": "string", "description": "A name.", "examples": ["a"]},
        {"type": "string", "title": "Name", "description": "The name.", "deprecated": False},
    ),
    "branches in another order": (
        {"oneOf": [{"type": "string"}, {"type": "object", "required": ["a"]}]},
        {"oneOf": [{"type": "object", "required": ["a"]}, {"type": "string"}]},
    ),
    "oneOf, anyOf of what excludes each other": (
        {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "minimum": 1}]},
        {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "minimum": 1}]},
    ),
    "a branch of a branch": (
        {"anyOf": [{"type": "string"}, {"type": "boolean"}, {"type": "array", "items": {}}]},
        {"anyOf": [{"type": "string"}, {"anyOf": [{"type": "boolean"}, {"type": "array", "items": {}}]}]},
    ),
    "items of any kind, said": ({"type": "array"}, {"type": "array", "items": {}}),
    "false, written otherwise": (
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"not": {}}},
    ),
}

PET: Json = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
}


def _version(*schemas: Json | None) -> str:
    """The oldest version that has the keywords of all these schemas."""
    text = json.dumps(schemas)
    newer = ("const", "if", "prefixItems", "propertyNames", "dependentRequired", "contains", "examples", "null")
    has_newer = any(f'"{name}":' in text for name in newer) or '"type": [' in text or '"type": "null"' in text
    has_number = re.search(r'"exclusiveM\w+": \d', text) is not None
    return "3.1.0" if has_newer or has_number else "3.0.3"


def service(version: str, request: Json | None = None, response: Json | None = None) -> Json:
    """A document with an operation that takes and gives such a value."""
    operation: Json = {"operationId": "put", "responses": {"200": {"description": "ok"}}}
    if request is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": request}}}
    if response is not None:
        operation["responses"]["200"]["content"] = {"application/json": {"schema": response}}
    return {
        "openapi": version,
        "info": {"title": "Pets", "version": "1.0.0"},
        "servers": [{"url": "https://pets.example"}],
        "paths": {
            "/pets": {"put": operation, "get": {"operationId": "list", "responses": {"204": {"description": ""}}}}
        },
        "components": {"schemas": {"Pet": PET}},
    }


def _pair(sent: Json | None, sent_now: Json | None, got: Json | None, got_now: Json | None, verdict: Verdict) -> Pair:
    """Two documents with an operation each, in the oldest version that both can have."""
    version = _version(sent, sent_now, got, got_now)
    return Pair(service(version, sent, got), service(version, sent_now, got_now), verdict)


def _schema_pairs() -> dict[str, Pair]:
    pairs: dict[str, Pair] = {}
    for name, (narrow, wide, received) in ORDERED.items():
        pairs[f"sent: {name}"] = _pair(narrow, wide, None, None, "fine")
        pairs[f"sent, back: {name}"] = _pair(wide, narrow, None, None, "breaks")
        pairs[f"received: {name}"] = _pair(None, None, narrow, wide, received)
        pairs[f"received, back: {name}"] = _pair(None, None, wide, narrow, "fine")
    for name, (old, new) in CHANGED.items():
        pairs[f"sent: {name}"] = _pair(old, new, None, None, "breaks")
        pairs[f"received: {name}"] = _pair(None, None, old, new, "breaks")
    for name, (old, new) in SAME.items():
        pairs[f"the same: {name}"] = _pair(old, new, old, new, "same")
        pairs[f"the same, back: {name}"] = _pair(new, old, new, old, "same")
    return pairs


# Documents of every version, and changes of what is around the schemas.

SWAGGER: Json = {
    "swagger": "2.0",
    "info": {"title": "Pets", "version": "1.0.0"},
    "host": "pets.example",
    "basePath": "/v1",
    "schemes": ["https"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "securityDefinitions": {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "login": {
            "type": "oauth2",
            "flow": "accessCode",
            "authorizationUrl": "https://id.example/a",
            "tokenUrl": "https://id.example/t",
            "scopes": {"read": "", "write": ""},
        },
    },
    "security": [{"key": []}],
    "paths": {
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "type": "integer", "format": "int64"}],
            "get": {
                "operationId": "getPet",
                "parameters": [
                    {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}},
                    {"name": "limit", "in": "query", "type": "integer", "maximum": 100, "default": 20},
                    {"name": "X-Trace", "in": "header", "type": "string"},
                ],
                "responses": {
                    "200": {
                        "description": "ok",
                        "schema": {"$ref": "#/definitions/Pet"},
                        "headers": {"X-Left": {"type": "integer"}},
                    },
                    "404": {"description": "no"},
                },
            },
            "put": {
                "operationId": "putPet",
                "parameters": [
                    {"name": "pet", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
                ],
                "responses": {"204": {"description": "done"}},
                "security": [{"login": ["write"]}],
            },
        }
    },
    "definitions": {
        "Pet": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "id": {"type": "integer", "format": "int64", "readOnly": True},
                "name": {"type": "string", "x-nullable": True},
                "price": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
                "kind": {"type": "string", "enum": ["cat", "dog"]},
                "born": {"type": "string", "format": "date"},
            },
        }
    },
}


def _openapi(version: str) -> Json:
    """The same service in a version of OpenAPI 3."""
    is_30 = version.startswith("3.0")
    bounds: Json = {"minimum": 0, "exclusiveMinimum": True} if is_30 else {"exclusiveMinimum": 0}
    name: Json = {"type": "string", "nullable": True} if is_30 else {"type": ["string", "null"]}
    pet: Json = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "id": {"type": "integer", "format": "int64", "readOnly": True},
            "name": name,
            "price": {"type": "number", **bounds},
            "kind": {"type": "string", "enum": ["cat", "dog"]},
            "born": {"type": "string", "format": "date"},
        },
    }
    reference = {"$ref": "#/components/schemas/Pet"}
    return {
        "openapi": version,
        "info": {"title": "Pets", "version": "1.0.0"},
        "servers": [{"url": "https://pets.example/v1"}],
        "security": [{"key": []}],
        "paths": {
            "/pets/{id}": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "format": "int64"}}
                ],
                "get": {
                    "operationId": "getPet",
                    "parameters": [
                        {
                            "name": "tags",
                            "in": "query",
                            "explode": False,
                            "schema": {"type": "array", "items": {"type": "string"}},
                        },
                        {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100, "default": 20}},
                        {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                    ],
                    "responses": {
                        "200": {
                            "description": "ok",
                            "content": {"application/json": {"schema": reference}},
                            "headers": {"X-Left": {"schema": {"type": "integer"}}},
                        },
                        "404": {"description": "no"},
                    },
                },
                "put": {
                    "operationId": "putPet",
                    "requestBody": {"required": True, "content": {"application/json": {"schema": reference}}},
                    "responses": {"204": {"description": "done"}},
                    "security": [{"login": ["write"]}],
                },
            }
        },
        "components": {
            "schemas": {"Pet": pet},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "login": {
                    "type": "oauth2",
                    "flows": {
                        "authorizationCode": {
                            "authorizationUrl": "https://id.example/a",
                            "tokenUrl": "https://id.example/t",
                            "scopes": {"read": "", "write": ""},
                        }
                    },
                },
            },
        },
    }


VERSIONS: Mapping[str, Json] = {
    "2.0": SWAGGER,
    **{version: _openapi(version) for version in ("3.0.3", "3.1.1", "3.2.0")},
}
GET = ("paths", "/pets/{id}", "get")
PUT = ("paths", "/pets/{id}", "put")


def at(root: Any, *steps: str | int) -> Any:
    """The node at these steps."""
    for step in steps:
        root = root[step]
    return root


def _set(*steps: Any) -> Callable[[Json], None]:
    """A change that puts the last step, a value, at the steps before it."""

    def change(root: Json) -> None:
        at(root, *steps[:-2])[steps[-2]] = steps[-1]

    return change


def _drop(*steps: str | int) -> Callable[[Json], None]:
    def change(root: Json) -> None:
        del at(root, *steps[:-1])[steps[-1]]

    return change


def _add(*steps: Any) -> Callable[[Json], None]:
    def change(root: Json) -> None:
        at(root, *steps[:-1]).append(steps[-1])

    return change


def _rename(*steps: Any) -> Callable[[Json], None]:
    """A change of the name of a member; the last step is the new name."""

    def change(root: Json) -> None:
        holder = at(root, *steps[:-2])
        items = [(steps[-1] if name == steps[-2] else name, value) for name, value in holder.items()]
        holder.clear()
        holder.update(items)

    return change


def _both(*changes: Callable[[Json], None]) -> Callable[[Json], None]:
    def change(root: Json) -> None:
        for each in changes:
            each(root)

    return change


def _without_ids(root: Json) -> None:
    for operation in (at(root, *GET), at(root, *PUT)):
        operation.pop("operationId", None)


OF_2: Mapping[str, tuple[Callable[[Json], None], Verdict]] = {
    "an operation is gone": (_drop(*PUT), "breaks"),
    "a list is written otherwise": (_set(*GET, "parameters", 0, "collectionFormat", "multi"), "fine"),
    "csv, said": (_set(*GET, "parameters", 0, "collectionFormat", "csv"), "same"),
    "a header of the response is gone": (_drop(*GET, "responses", "200", "headers"), "breaks"),
    "a header of the response is new": (
        _set(*GET, "responses", "200", "headers", "X-More", {"type": "string"}),
        "fine",
    ),
    "a header of the response has another type": (
        _set(*GET, "responses", "200", "headers", "X-Left", {"type": "string"}),
        "breaks",
    ),
    "the key is a password": (_set("securityDefinitions", "key", {"type": "basic"}), "breaks"),
    "the key has another name": (_set("securityDefinitions", "key", "name", "X-Token"), "breaks"),
    "the scheme has another name": (
        _both(_rename("securityDefinitions", "key", "token"), _set("security", [{"token": []}])),
        "same",
    ),
    "a scope more": (_set(*PUT, "security", [{"login": ["read", "write"]}]), "breaks"),
    "a scope fewer": (_set(*PUT, "security", [{"login": []}]), "fine"),
    "another way in": (_set("security", [{"key": []}, {"login": ["read"]}]), "fine"),
    "both ways together": (_set("security", [{"key": [], "login": ["read"]}]), "breaks"),
    "no credentials": (_set("security", []), "fine"),
    "security of each operation": (
        _both(_set(*GET, "security", [{"key": []}]), _drop("security")),
        "same",
    ),
    "tokens from elsewhere": (_set("securityDefinitions", "login", "tokenUrl", "https://id.example/t2"), "fine"),
    "another host": (_set("host", "other.example"), "fine"),
    "the produced type is another": (_set("produces", ["application/xml"]), "breaks"),
    "consumes, of the operation": (_set(*PUT, "consumes", ["application/json"]), "same"),
    "parameters, of the path": (
        _both(
            _add("paths", "/pets/{id}", "parameters", {"name": "X-Trace", "in": "header", "type": "string"}),
            _drop(*GET, "parameters", 2),
            _add(*PUT, "parameters", {"name": "X-Trace", "in": "header", "type": "string"}),
        ),
        "fine",
    ),
    "a parameter by reference": (
        _both(
            _set("parameters", {"trace": {"name": "X-Trace", "in": "header", "type": "string"}}),
            _set(*GET, "parameters", 2, {"$ref": "#/parameters/trace"}),
        ),
        "same",
    ),
    "a response by reference": (
        _both(
            _set("responses", {"no": {"description": "no"}}), _set(*GET, "responses", "404", {"$ref": "#/responses/no"})
        ),
        "same",
    ),
    "the definition has another name": (
        _both(
            _rename("definitions", "Pet", "Animal"),
            _set(*GET, "responses", "200", "schema", {"$ref": "#/definitions/Animal"}),
            _set(*PUT, "parameters", 0, "schema", {"$ref": "#/definitions/Animal"}),
        ),
        "same",
    ),
    "the variable of the path has another name": (
        _both(
            _rename("paths", "/pets/{id}", "/pets/{pet_id}"),
            lambda root: root["paths"]["/pets/{pet_id}"]["parameters"][0].update(name="pet_id"),
        ),
        "breaks",
    ),
    "a default": (_set(*GET, "parameters", 1, "default", 50), "fine"),
    "required: false, said": (_set(*GET, "parameters", 1, "required", False), "same"),
    "deprecated: false, said": (_set(*GET, "deprecated", False), "same"),
    "deprecated": (_set(*GET, "deprecated", True), "fine"),
    "a member is read only": (_set("definitions", "Pet", "properties", "kind", "readOnly", True), "breaks"),
    "another text": (_set("info", "description", "Pets."), "same"),
    "tags": (_set(*GET, "tags", ["pets"]), "same"),
    "an example": (_set("definitions", "Pet", "example", {"name": "x"}), "same"),
    "an extension": (_set("x-more", {"a": 1}), "same"),
    "an unused definition": (_set("definitions", "More", {"type": "string"}), "same"),
    "the default response": (_set(*GET, "responses", "default", {"description": "else"}), "fine"),
    "the success has another status": (_rename(*GET, "responses", "200", "203"), "fine"),
    "the success has another status and value": (
        _both(
            _rename(*GET, "responses", "200", "203"),
            _set(*GET, "responses", "203", "schema", {"type": "string"}),
        ),
        "breaks",
    ),
    "the success has no value": (
        _both(_drop(*GET, "responses", "200"), _set(*GET, "responses", "204", {"description": "gone"})),
        "breaks",
    ),
    "an error is gone": (_drop(*GET, "responses", "404"), "fine"),
    "another name for callers": (_set(*GET, "parameters", 1, "x-ms-client-name", "size"), "breaks"),
    "another name for callers, of a member": (
        _set("definitions", "Pet", "properties", "kind", "x-ms-client-name", "species"),
        "breaks",
    ),
    "the case of a name": (_set(*GET, "parameters", 1, "name", "Limit"), "fine"),
    "internal": (_set(*GET, "parameters", 2, "x-ms-visibility", "advanced"), "same"),
}

OF_3: Mapping[str, tuple[Callable[[Json], None], Verdict]] = {
    "the style, said": (_set(*GET, "parameters", 0, "style", "form"), "same"),
    "exploded": (_set(*GET, "parameters", 0, "explode", True), "fine"),
    "another style": (_set(*GET, "parameters", 0, "style", "pipeDelimited"), "fine"),
    "a style of a number": (_set(*GET, "parameters", 1, "explode", False), "same"),
    "a media type more": (
        _set(*PUT, "requestBody", "content", "application/xml", {"schema": {"$ref": "#/components/schemas/Pet"}}),
        "fine",
    ),
    "a media type of the response is gone": (
        _both(
            _set(*GET, "responses", "200", "content", "text/plain", {"schema": {"type": "string"}}),
            _drop(*GET, "responses", "200", "content", "application/json"),
        ),
        "breaks",
    ),
    "the body is optional": (_set(*PUT, "requestBody", "required", False), "fine"),
    "the body by reference": (
        _both(
            _set(
                "components",
                "requestBodies",
                {
                    "pet": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
                    }
                },
            ),
            _set(*PUT, "requestBody", {"$ref": "#/components/requestBodies/pet"}),
        ),
        "same",
    ),
    "a range of statuses": (_set(*GET, "responses", "4XX", {"description": "no"}), "fine"),
    "a link more": (
        _set(
            *GET,
            "responses",
            "200",
            "links",
            {"again": {"operationId": "getPet", "parameters": {"id": "$response.body#/id"}}},
        ),
        "fine",
    ),
    "a server more": (_add("servers", {"url": "https://eu.pets.example/v1"}), "fine"),
    "another server": (_set("servers", [{"url": "https://api.pets.example/v1"}]), "fine"),
    "a server of the operation": (_set(*GET, "servers", [{"url": "https://get.pets.example"}]), "fine"),
    "bearer in place of the key": (
        _set("components", "securitySchemes", "key", {"type": "http", "scheme": "bearer"}),
        "breaks",
    ),
    "the key is optional": (_set("security", [{"key": []}, {}]), "fine"),
    "the key is a cookie": (_set("components", "securitySchemes", "key", "in", "cookie"), "fine"),
    "a callback more": (
        _set(
            *PUT, "callbacks", {"done": {"{$request.query.url}": {"post": {"responses": {"200": {"description": ""}}}}}}
        ),
        "fine",
    ),
    "a description beside": (_set("tags", [{"name": "pets", "description": "Pets"}]), "same"),
    "an explicit open object": (_set("components", "schemas", "Pet", "additionalProperties", True), "same"),
    "a header required": (_set(*GET, "parameters", 2, "required", True), "breaks"),
    "an optional parameter more": (
        _add(*GET, "parameters", {"name": "sort", "in": "query", "schema": {"type": "string"}}),
        "fine",
    ),
    "a required parameter more": (
        _add(*GET, "parameters", {"name": "sort", "in": "query", "required": True, "schema": {"type": "string"}}),
        "breaks",
    ),
    "a required parameter with a default": (
        _add(
            *GET,
            "parameters",
            {"name": "sort", "in": "query", "required": True, "schema": {"type": "string", "default": "a"}},
        ),
        "fine",
    ),
    "a parameter in another place": (_set(*GET, "parameters", 2, "in", "query"), "fine"),
}


def _document_pairs() -> dict[str, Pair]:
    pairs: dict[str, Pair] = {}
    versions = list(VERSIONS)
    for index, old in enumerate(versions):
        for new in versions[index + 1 :]:
            pairs[f"the same: {old} as {new}"] = Pair(VERSIONS[old], VERSIONS[new], "same")
    for version, changes in (("2.0", OF_2), ("3.0.3", OF_3), ("3.2.0", OF_3)):
        for name, (change, verdict) in changes.items():
            new_document = copy.deepcopy(VERSIONS[version])
            change(new_document)
            pairs[f"{version}: {name}"] = Pair(VERSIONS[version], new_document, verdict)
    nameless = copy.deepcopy(SWAGGER)
    _without_ids(nameless)
    changes_without_ids: Mapping[str, tuple[Callable[[Json], None], Verdict]] = {
        "nothing": (lambda root: None, "same"),
        "an operation is gone": (_drop(*PUT), "breaks"),
        "a parameter is required": (_set(*GET, "parameters", 1, "required", True), "breaks"),
        "a parameter has another type": (_set(*GET, "parameters", 1, "type", "string"), "breaks"),
        "a response has another type": (_set(*GET, "responses", "200", "schema", {"type": "string"}), "breaks"),
        "a parameter more": (_add(*GET, "parameters", {"name": "q", "in": "query", "type": "string"}), "fine"),
    }
    for name, (change, verdict) in changes_without_ids.items():
        new_document = copy.deepcopy(nameless)
        change(new_document)
        pairs[f"without operationId: {name}"] = Pair(nameless, new_document, verdict)
    return pairs


def _announced_pairs() -> dict[str, Pair]:
    """Removals of an operation that was deprecated, by the date until which it may be called."""
    pairs = {}
    for name, members, verdict in (
        ("without a date", {"deprecated": True}, "breaks"),
        ("after its date", {"deprecated": True, "x-sunset": "2020-02-01"}, "fine"),
        ("after its date and time", {"deprecated": True, "x-sunset": "2020-02-01T12:00:00Z"}, "fine"),
        ("after its HTTP date", {"deprecated": True, "x-sunset": "Sat, 01 Feb 2020 12:00:00 GMT"}, "fine"),
        ("after it expired", {"deprecated": True, "x-ms-api-annotation": {"expires": "2020-02-01"}}, "fine"),
        ("before its date", {"deprecated": True, "x-sunset": "2999-02-01"}, "breaks"),
        ("with a date that is none", {"deprecated": True, "x-sunset": "soon"}, "breaks"),
    ):
        old = copy.deepcopy(SWAGGER)
        at(old, *PUT).update(members)
        new = copy.deepcopy(old)
        _drop(*PUT)(new)
        pairs[f"a deprecated operation is gone {name}"] = Pair(old, new, verdict)
    return pairs


PAIRS: Mapping[str, Pair] = {**_schema_pairs(), **_document_pairs(), **_announced_pairs()}
