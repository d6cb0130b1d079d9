"""Small right documents of every version, to which faults and their twins are added."""

from __future__ import annotations

from typing import Any

_PET: dict[str, Any] = {
    "type": "object",
    "description": "A pet.",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "format": "int64", "description": "Its number."},
        "name": {"type": "string", "maxLength": 40, "description": "What it is called."},
        "tag": {"type": "string", "description": "A word to find it by."},
    },
}
_FAULT = {
    "type": "object",
    "description": "What went wrong.",
    "required": ["message"],
    "properties": {"message": {"type": "string", "description": "A sentence for people."}},
}
_INFO = {
    "title": "Pets",
    "description": "Pets of a shop, by number and by name.",
    "version": "1.0.0",
    "contact": {"name": "Pet desk", "url": "https://pets.example/help", "email": "desk@pets.example"},
    "license": {"name": "MIT", "url": "https://pets.example/license"},
}
_TEXTS = {
    "listPets": {"operationId": "listPets", "summary": "List pets", "description": "Lists the pets.", "tags": ["pets"]},
    "addPet": {"operationId": "addPet", "summary": "Add a pet", "description": "Adds a pet.", "tags": ["pets"]},
    "getPet": {"operationId": "getPet", "summary": "Get a pet", "description": "Gets a pet.", "tags": ["pets"]},
}
_TAGS = [{"name": "pets", "description": "Pets of the shop."}]


def _openapi(version: str) -> dict[str, Any]:
    def body(name: str, what: str) -> dict[str, Any]:
        return {"description": what, "content": {"application/json": {"schema": _reference(name)}}}

    def _reference(name: str) -> dict[str, Any]:
        return {"$ref": f"#/components/schemas/{name}"}

    wrong = body("Error", "The request is wrong.")
    many = {"type": "array", "items": _reference("Pet")}
    listed = {"description": "The pets.", "content": {"application/json": {"schema": many}}}
    limit = {"name": "limit", "in": "query", "description": "How many at most.", "schema": {"type": "integer"}}
    number = {"type": "integer", "format": "int64"}
    id = {"name": "petId", "in": "path", "required": True, "description": "Its number.", "schema": number}
    return {
        "openapi": version,
        "info": _INFO,
        "servers": [{"url": "https://api.pets.example/v1", "description": "The shop."}],
        "security": [{"key": []}],
        "tags": _TAGS,
        "paths": {
            "/pets": {
                "get": {**_TEXTS["listPets"], "parameters": [limit], "responses": {"200": listed, "400": wrong}},
                "post": {
                    **_TEXTS["addPet"],
                    "requestBody": {**body("Pet", "The pet."), "required": True},
                    "responses": {"201": body("Pet", "The pet, as it was added."), "400": wrong},
                },
            },
            "/pets/{petId}": {
                "get": {
                    **_TEXTS["getPet"],
                    "parameters": [id],
                    "responses": {"200": body("Pet", "The pet."), "404": body("Error", "There is no such pet.")},
                }
            },
        },
        "components": {
            "schemas": {"Pet": _PET, "Error": _FAULT},
            "securitySchemes": {"key": {"type": "apiKey", "name": "X-Key", "in": "header"}},
        },
    }


def _swagger() -> dict[str, Any]:
    def body(name: str, what: str) -> dict[str, Any]:
        return {"description": what, "schema": {"$ref": f"#/definitions/{name}"}}

    wrong = body("Error", "The request is wrong.")
    listed = {"description": "The pets.", "schema": {"type": "array", "items": {"$ref": "#/definitions/Pet"}}}
    limit = {"name": "limit", "in": "query", "description": "How many at most.", "type": "integer"}
    id = {
        "name": "petId",
        "in": "path",
        "required": True,
        "description": "Its number.",
        "type": "integer",
        "format": "int64",
    }
    sent = {
        "name": "pet",
        "in": "body",
        "required": True,
        "description": "The pet.",
        "schema": {"$ref": "#/definitions/Pet"},
    }
    return {
        "swagger": "2.0",
        "info": _INFO,
        "host": "api.pets.example",
        "basePath": "/v1",
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "security": [{"key": []}],
        "tags": _TAGS,
        "paths": {
            "/pets": {
                "get": {**_TEXTS["listPets"], "parameters": [limit], "responses": {"200": listed, "400": wrong}},
                "post": {
                    **_TEXTS["addPet"],
                    "parameters": [sent],
                    "responses": {"201": body("Pet", "The pet, as it was added."), "400": wrong},
                },
            },
            "/pets/{petId}": {
                "get": {
                    **_TEXTS["getPet"],
                    "parameters": [id],
                    "responses": {"200": body("Pet", "The pet."), "404": body("Error", "There is no such pet.")},
                }
            },
        },
        "definitions": {"Pet": _PET, "Error": _FAULT},
        "securityDefinitions": {"key": {"type": "apiKey", "name": "X-Key", "in": "header"}},
    }


def _microsoft() -> dict[str, Any]:
    root = _swagger()
    del root["tags"], root["info"]
    titled = {name: {**value, "x-ms-summary": f"Pet {name}"} for name, value in _PET["properties"].items()}
    root["definitions"] = {"Pet": {**_PET, "properties": titled}}
    for item in root["paths"].values():
        for operation in item.values():
            del operation["tags"]
            operation["operationId"] = operation["operationId"][0].upper() + operation["operationId"][1:]
            operation["responses"] = {
                status: response if status.startswith("2") else {"description": response["description"]}
                for status, response in operation["responses"].items()
            }
    limit, id = (root["paths"][path]["get"]["parameters"][0] for path in ("/pets", "/pets/{petId}"))
    limit["x-ms-summary"] = "Limit"
    id |= {"x-ms-summary": "Pet ID", "x-ms-url-encoding": "single"}
    return {
        **root,
        "info": {key: value for key, value in _INFO.items() if key != "license"},
        "x-ms-connector-metadata": [
            {"propertyName": "Website", "propertyValue": "https://pets.example"},
            {"propertyName": "Privacy policy", "propertyValue": "https://pets.example/privacy"},
            {"propertyName": "Categories", "propertyValue": "Sales and CRM"},
        ],
    }


SKELETONS: dict[str, dict[str, Any]] = {
    "2.0": _swagger(),
    "3.0": _openapi("3.0.4"),
    "3.1": _openapi("3.1.1"),
    "3.2": _openapi("3.2.0"),
    "microsoft": _microsoft(),
}
"""By name: the four versions, and a definition for Microsoft, in which that profile finds nothing."""
