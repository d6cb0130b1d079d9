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
from tests.pairs_requests import REQUESTS
from tests.pairs_schemas import CHANGED, ORDERED, SAME

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


PET: Json = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
}


def _version(*schemas: Json | None) -> str:
    """The oldest version that has the keywords of all these schemas."""
    text = json.dumps(schemas)
    newer = ("const", "if", "prefixItems", "propertyNames", "dependentRequired", "contains", "examples", "null")
    newer += ("patternProperties", "dependentSchemas", "unevaluatedProperties")
    has_newer = any(f'"{name}":' in text for name in newer) or '"type": [' in text or '"type": "null"' in text
    has_number = re.search(r'"exclusiveM\w+": \d|"b": false', text) is not None
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
    for name, (narrow, wide) in ORDERED.items():
        pairs[f"sent: {name}"] = _pair(narrow, wide, None, None, "fine")
        pairs[f"sent, back: {name}"] = _pair(wide, narrow, None, None, "breaks")
        pairs[f"received: {name}"] = _pair(None, None, narrow, wide, "breaks")
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
    "a list is written otherwise": (_set(*GET, "parameters", 0, "collectionFormat", "multi"), "breaks"),
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
    "tokens from elsewhere": (_set("securityDefinitions", "login", "tokenUrl", "https://id.example/t2"), "breaks"),
    "another host": (_set("host", "other.example"), "breaks"),
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
    "the success has another status": (_rename(*GET, "responses", "200", "203"), "breaks"),
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
    "the case of a name": (_set(*GET, "parameters", 1, "name", "Limit"), "breaks"),
    "internal": (_set(*GET, "parameters", 2, "x-ms-visibility", "advanced"), "same"),
}

OF_3: Mapping[str, tuple[Callable[[Json], None], Verdict]] = {
    "the style, said": (_set(*GET, "parameters", 0, "style", "form"), "same"),
    "exploded": (_set(*GET, "parameters", 0, "explode", True), "breaks"),
    "another style": (_set(*GET, "parameters", 0, "style", "pipeDelimited"), "breaks"),
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
    "another server": (_set("servers", [{"url": "https://api.pets.example/v1"}]), "breaks"),
    "a server of the operation": (_set(*GET, "servers", [{"url": "https://get.pets.example"}]), "breaks"),
    "bearer in place of the key": (
        _set("components", "securitySchemes", "key", {"type": "http", "scheme": "bearer"}),
        "breaks",
    ),
    "the key is optional": (_set("security", [{"key": []}, {}]), "fine"),
    "the key is a cookie": (_set("components", "securitySchemes", "key", "in", "cookie"), "breaks"),
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
        "breaks",
    ),
    "a parameter in another place": (_set(*GET, "parameters", 2, "in", "query"), "breaks"),
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


PAIRS: Mapping[str, Pair] = {
    **_schema_pairs(),
    **_document_pairs(),
    **_announced_pairs(),
    **{name: Pair(*pair) for name, pair in REQUESTS.items()},
}
