"""Commands on a document of OpenAPI 3, as a newcomer uses them: shown, added, called, served, fuzzed, with properties
beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.documents import loader
from openconnectors.engine.sandbox import Sandbox
from tests.test_cli import run

BOOK = {
    "type": "object",
    "required": ["title", "kind"],
    "properties": {
        "title": {"type": "string", "minLength": 1},
        "kind": {"const": "book"},
        "year": {"type": ["integer", "null"], "exclusiveMinimum": 1400},
        "price": {"oneOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "^on request$"}]},
    },
    "unevaluatedProperties": False,
}
BOOKS = {"type": "array", "items": {"$ref": "#/components/schemas/Book"}}
SHELF = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Library", "version": "1.0"},
    "servers": [{"url": "https://library.example/v1"}],
    "security": [{"key": []}],
    "paths": {
        "/books": {
            "get": {
                "operationId": "listBooks",
                "parameters": [
                    {
                        "name": "filter",
                        "in": "query",
                        "style": "deepObject",
                        "explode": True,
                        "schema": {"type": "object", "properties": {"year": {"type": "integer"}}},
                    },
                    {
                        "name": "shelf",
                        "in": "query",
                        "schema": {"type": "string"},
                        "x-ms-dynamic-values": {
                            "operationId": "listShelves",
                            "value-path": "id",
                            "value-title": "name",
                        },
                    },
                ],
                "responses": {"200": {"description": "-", "content": {"application/json": {"schema": BOOKS}}}},
            },
            "post": {
                "operationId": "addBook",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}},
                },
                "responses": {"204": {"description": "-"}},
            },
        },
        "/shelves": {
            "get": {
                "operationId": "listShelves",
                "responses": {
                    "200": {
                        "description": "-",
                        "content": {"application/json": {"schema": {"type": "array", "items": SHELF}}},
                    }
                },
            }
        },
    },
    "components": {
        "schemas": {"Book": BOOK},
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}
PROPERTIES = {
    "properties": {
        "connectionParameters": {
            "api_key": {"type": "securestring", "uiDefinition": {"displayName": "Key of the library"}},
            "branch": {"type": "string"},
        },
        "policyTemplateInstances": [
            {
                "templateId": "setheader",
                "title": "branch",
                "parameters": {
                    "x-ms-apimTemplateParameter.name": "X-Branch",
                    "x-ms-apimTemplateParameter.value": "@connectionParameters('branch','')",
                    "x-ms-apimTemplateParameter.existsAction": "override",
                    "x-ms-apimTemplate-policySection": "Request",
                },
            }
        ],
    }
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.yaml"
    path.write_text(json.dumps(DOCUMENT), "utf-8")
    return path


def test_a_document_is_added_under_the_name_of_its_specification(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What says ``openapi`` is kept as ``NAME.openapi.yaml``, and shown, called and fuzzed by its name."""
    monkeypatch.setenv("CONNECTORS_CONFIG", str(library.parent / "config"))
    code, out, err = run("add", str(library))

    assert (code, "library.openapi.yaml" in out + err) == (0, True)
    assert "list_books" in run("show", "library")[1]
    code, out, _ = run("call", "library", "list_books", "--sandbox", "--filter", '{"year": 1980}')
    assert (code, json.loads(out)[0]["kind"]) == (0, "book")
    assert run("call", "library", "add_book", "--sandbox", "--title", "x", "--kind", "novel")[0] == 1
    code, out, err = run("fuzz", "library", "--max-examples", "5")
    assert (code, "0 failures in 3 operations" in out + err) == (0, True)


def test_choices_and_policies_beside_a_document(library: Path) -> None:
    """A properties file beside a document of OpenAPI 3 gives its connection values and policies; a parameter has the
    choices that the document declares."""
    properties = library.with_name("apiProperties.json")
    properties.write_text(json.dumps(PROPERTIES), "utf-8")
    service = loader.load(library, properties)
    with Sandbox(service) as sandbox:
        values = {**sandbox.values, "branch": "north"}
        document = library.with_name("library.openapi.yaml")
        library.rename(document)
        properties.rename(library.with_name("library.properties.json"))
        connector = openconnectors.load_file(document, base_url=sandbox.url, connection=values)

        assert connector["listBooks"].request().headers["X-Branch"] == "north"
        assert connector["listBooks"].choices("shelf") == [("text", "text")]
        assert connector["listBooks"](shelf="text")[0]["kind"] == "book"
