"""Whatever is wrong with a document: it is refused at its place, or every operation of it can be described and planned,
or says what is wrong with it. Nothing but an error of the tree leaves the engine.

The mutations are seeded, so that each run makes the same ones.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openconnectors.engine.call.connection import Connection
from openconnectors.engine.call.sample_connection import sample_values
from openconnectors.engine.client.description import describe
from openconnectors.engine.client.signature import documentation, signature
from openconnectors.engine.convert import VERSIONS, convert
from openconnectors.engine.documents import document, loader
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.extensions import ROWS
from openconnectors.engine.errors import ConnectorError, InvalidDocument, Unsupported
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.policies import findings
from openconnectors.engine.values.body import Compiler
from tests.examples import spread

SPEC = sorted((Path(__file__).parent.parent / "spec").glob("*.swagger.yaml"))

VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**30, "", "text", [], {}, [None], ["a"], [[]], [{}], {"a": None}),
    *({"$ref": 3}, {"$ref": "#"}, {"$ref": "#/definitions/none"}, {"x-ms-x": []}),
)
WORDS = {"description", "summary", "x-ms-summary", "title", "example"}

Place = tuple[str | int, ...]


def places(root: Any) -> list[Place]:
    """Where nodes stand, those that are words for people left out."""
    known: list[Place] = []
    stack: list[tuple[Place, Any]] = [((), root)]
    while stack:
        place, node = stack.pop()
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        stack += [((*place, step), item) for step, item in inner if step not in WORDS]
        known += [place] if place else []
    return known


def mutated(root: Any, known: list[Place], chosen: random.Random) -> Any:
    """A copy with one node taken out, replaced, or under another name."""
    place = chosen.choice(known)
    root = copy.deepcopy(root)
    holder = root
    for step in place[:-1]:
        holder = holder[step]
    way = chosen.random()
    if way < 0.3:
        del holder[place[-1]]
    elif way < 0.9 or isinstance(holder, list):
        holder[place[-1]] = copy.deepcopy(chosen.choice(VALUES))
    else:
        holder[f"{place[-1]}{chosen.choice((' ', 'X', '/~', 'é', '{', '$'))}"] = holder.pop(place[-1])
    return root


def used(root: Any, properties: Document | None = None) -> str:
    """Everything is done with a document that is done before a call; tells what came of it."""
    try:
        service = loader.service_of(document.parse(json.dumps(root), "x.yaml"), properties)
    except InvalidDocument:
        return "refused"
    describe("x", service)
    findings(service)
    try:
        connection: Connection | None = Connection(service, sample_values(service), "http://127.0.0.1:1")
    except ConnectorError:
        connection = None
    compiler = Compiler(service)
    result = "usable"
    for name in service.operations:
        try:
            plan = Plan(compiler, service.operations[name], connection.values if connection else {})
            documentation(plan)
            signature(plan)
            for answer in plan.operation.responses.values():
                for media in answer.content:
                    plan.bodies.response(answer, media)
            if connection is not None:
                plan.request(minimal(plan), connection.base, Options(), fixed=True)
        except (InvalidDocument, Unsupported):
            result = "spoiled"
        except ConnectorError:
            pass  # no arguments can be made up for it
    return result


def test_the_documents_of_this_project_are_usable() -> None:
    """Every built-in document is usable as a whole."""
    assert [used(loader.read(path).root) for path in SPEC] == ["usable"] * len(SPEC)


@pytest.mark.parametrize("version", spread(VERSIONS, 2))
@pytest.mark.parametrize("path", SPEC, ids=lambda path: path.name)
def test_a_document_with_one_fault_is_refused_or_mostly_usable(path: Path, version: str) -> None:
    """A document with one mutation is refused at its place or stays usable; nothing else is raised."""
    root = convert(loader.read(path), version).root
    chosen = random.Random(f"{path.name} {version}")  # noqa: S311 - no secret
    known = places(root)
    assert {used(mutated(root, known, chosen)) for _ in range(25)} <= {"refused", "usable", "spoiled"}


SMALL: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "t", "version": "1"},
    "host": "a.example",
    "securityDefinitions": {
        "k": {"type": "apiKey", "in": "header", "name": "K"},
        "o": {"type": "oauth2", "flow": "implicit", "authorizationUrl": "https://a.example/x", "scopes": {}},
    },
    "security": [{"k": []}],
    "paths": {
        "/a/{p}": {
            "post": {
                "operationId": "A",
                "parameters": [
                    {"name": "p", "in": "path", "required": True, "type": "string"},
                    {"name": "q", "in": "query", "type": "array", "items": {"type": "string"}},
                    {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/D"}},
                ],
                "responses": {"200": {"description": "ok", "schema": {"$ref": "#/definitions/D"}}},
            }
        },
        "/f": {
            "post": {
                "operationId": "F",
                "parameters": [{"name": "f", "in": "formData", "type": "string"}],
                "responses": {"200": {"description": "ok"}},
            }
        },
    },
    "definitions": {"D": {"type": "object", "properties": {"a": {"type": "string", "xml": {"name": "x"}}}}},
}
_OPERATION: Place = ("paths", "/a/{p}", "post")
HOMES: dict[str, list[Place]] = {
    "schema": [("definitions", "D"), ("definitions", "D", "properties", "a")],
    "parameter": [
        *((*_OPERATION, "parameters", index) for index in range(3)),
        ("paths", "/f", "post", "parameters", 0),
    ],
    "request-body": [(*_OPERATION, "requestBody")],
    "operation": [_OPERATION],
    "response": [(*_OPERATION, "responses", "200")],
    "xml": [("definitions", "D", "properties", "a", "xml")],
    "paths": [()],
    "service": [()],
    "scheme": [("securityDefinitions", "k"), ("securityDefinitions", "o")],
}
CONVERTED = convert(document.parse(json.dumps(SMALL), "small.json"), "3.1").root
"""The same document in the version in which a body is apart from the parameters."""
MEMBERS = (
    *("schema", "path", "name", "collectionFormat", "in", "values", "envelope", "empty", "code", "message", "key"),
    *("header", "secret", "seconds", "operationId", "parameters", "open", "browse", "testConnection", "file-picker"),
    *("hostTemplate", "nextLinkName", "itemName", "final-state-via", "challenge", "when", "method", "device"),
    *("connectionParameters", "connectionParameterSets", "policyTemplateInstances", "scriptOperations"),
)


def odd_values() -> Iterator[Any]:
    yield from VALUES
    yield from (dict.fromkeys(MEMBERS, value) for value in VALUES)
    yield from ({name: item} for name in MEMBERS for item in (True, 3, [], {}, {"a": []}))


@pytest.mark.parametrize("row", spread(ROWS, 3), ids=lambda row: f"{row[0]} {row[1]}")
def test_an_extension_may_hold_anything(row: tuple[str, str]) -> None:
    """An unreadable extension is ignored, or refuses the node that it is on."""
    kind, name = row
    chosen = random.Random(f"{kind} {name}")  # noqa: S311 - no secret
    for value in [*VALUES, *chosen.sample([*odd_values()], 30)]:
        root = copy.deepcopy(CONVERTED if kind == "request-body" else SMALL)
        node: Any = root
        for step in chosen.choice(HOMES[kind]):
            node = node[step]
        node[name] = value
        assert used(root) in ("refused", "usable", "spoiled")


_PREFIX = "x-ms-apimTemplateParameter."
PROPERTIES: dict[str, Any] = {
    "properties": {
        "connectionParameters": {
            "k": {
                "type": "securestring",
                "uiDefinition": {
                    "displayName": "K",
                    "constraints": {"required": "true", "allowedValues": [{"value": 1}]},
                },
                "x-connector-environment": ["K"],
            },
            "t": {
                "type": "oauthSetting",
                "oAuthSettings": {
                    "identityProvider": "oauth2",
                    "scopes": ["x"],
                    "customParameters": {"authorizationUrl": {"value": "https://a.example/x"}},
                },
            },
        },
        "connectionParameterSets": {"values": [{"name": "s", "parameters": {"z": {"type": "string"}}}]},
        "scriptOperations": ["A"],
        "policyTemplateInstances": [
            {
                "templateId": "setheader",
                "parameters": {
                    f"{_PREFIX}name": "X",
                    f"{_PREFIX}value": "v",
                    "x-ms-apimTemplate-operationName": ["A"],
                    "x-ms-apimTemplate-policySection": "Request",
                },
            },
            {
                "templateId": "stringtoarray",
                "parameters": {
                    f"{_PREFIX}propertyParentPath": "@body()",
                    f"{_PREFIX}propertySubPath": "a",
                    f"{_PREFIX}newPropertyPath": "@body().a",
                    f"{_PREFIX}delimiterList": ";",
                },
            },
        ],
    }
}


def test_properties_may_hold_anything() -> None:
    """A properties file with any mutation raises nothing but an error of the tree."""
    chosen = random.Random(7)  # noqa: S311 - no secret
    known = places(PROPERTIES)
    for _ in range(300):
        text = json.dumps(mutated(PROPERTIES, known, chosen))
        assert used(SMALL, document.parse(text, "p.json")) in ("refused", "usable", "spoiled")


def test_yaml_text_that_is_cut_or_changed_is_refused_or_read() -> None:
    """Every text is a document or an error with a line."""
    text = SPEC[0].read_text("utf-8")
    chosen = random.Random(11)  # noqa: S311 - no secret
    for _ in range(40):
        at = chosen.randrange(len(text))
        sign = chosen.choice(("", ":", "- ", "{", "}", "[", "*a", "&a ", "<<: ", "!!set ", "\t", "\x00", "'", '"', "|"))
        lines: list[int] = []
        try:
            loader.service_of(document.parse(text[:at] + sign + text[at + chosen.randrange(3) :], "x.yaml"))
        except InvalidDocument as error:
            lines = [min(diagnostic.line, diagnostic.column) for diagnostic in error.diagnostics]
        assert all(line >= 1 for line in lines)
