"""Faults of what the platform does not take, though Swagger 2.0 or an extension allows it; texts of properties."""

from __future__ import annotations

from typing import Any

from tests.faults.twins.form import REMOVED, Fault
from tests.faults.twins.microsoft_extensions import ADD, GET, LIST

_DOCS = "OpenAPI extensions for custom connectors"
_SCHEMA = "apiDefinition.swagger.schema.json of PowerPlatformConnectors"
_IDS = "Microsoft's list of rules"
_CODING = "Coding standards"
_VERSIONS = "Operational versioning"
_HOOK = "Use a webhook as a trigger"
_LIMIT = f"{LIST}/parameters/0"
_BODY = f"{ADD}/parameters/0/schema"
_TITLED = {"type": "string", "x-ms-summary": "Name", "description": "What it is called."}
_INLINE: dict[str, Any] = {_BODY: {"type": "object", "properties": {"name": _TITLED}}}
_COLORS = {
    "name": "color",
    "in": "query",
    "type": "string",
    "enum": ["red", "blue"],
    "x-ms-summary": "Color",
    "description": "The color.",
    "x-ms-enum-values": [{"value": "red", "displayName": "Red"}, {"value": "blue", "displayName": "Blue"}],
}
_WITH_COLORS = {f"{LIST}/parameters/-": _COLORS}
_COLOR = f"{LIST}/parameters/1"
_OAUTH = {
    "type": "oauth2",
    "flow": "accessCode",
    "authorizationUrl": "https://id.pets.example/authorize",
    "tokenUrl": "https://id.pets.example/token",
    "scopes": {"read": "Read."},
}
_NAMES = {
    "name": "names",
    "in": "query",
    "type": "array",
    "items": {"type": "string"},
    "collectionFormat": "csv",
    "x-ms-summary": "Names",
    "description": "The names.",
}
_CHOICES = {"operationId": "ListPets", "value-path": "id", "value-title": "name"}
_REVISION = {"family": "ListPets", "revision": 1}
_CONTENT = {"description": "A pet.", "schema": {"$ref": "#/definitions/Pet"}}
_DELETE: dict[str, Any] = {
    "operationId": "DeleteHook",
    "summary": "Delete a hook",
    "description": "Ends a subscription.",
    "x-ms-visibility": "internal",
    "responses": {"200": {"description": "Deleted."}},
}
_HOOKS: dict[str, Any] = {
    "/paths/~1pets/x-ms-notification-content": _CONTENT,
    "/paths/~1pets~1{petId}/delete": {**_DELETE, "parameters": [{"$ref": "#/parameters/id"}]},
    "/parameters": {
        "id": {
            "name": "petId",
            "in": "path",
            "required": True,
            "type": "string",
            "x-ms-url-encoding": "single",
            "x-ms-summary": "Pet ID",
            "description": "Its number.",
        }
    },
}
_PICKER = {"open": {"operationId": "ListPets"}, "browse": {"operationId": "ListPets"}}
_TREE_LEVEL = {"operationId": "ListPets", "itemValuePath": "id", "itemTitlePath": "name"}
_TREE = {"open": _TREE_LEVEL, "browse": _TREE_LEVEL}

_ROWS: list[tuple[str, str, str, dict[str, Any], dict[str, Any], str]] = [
    # name, source, sentence, the right values, the wrong ones, where
    ("extension of Microsoft's that does not exist", _SCHEMA, "unknown x-ms- extensions are refused",
     {f"{LIST}/x-pets": "a"}, {f"{LIST}/x-ms-pets": "a"}, f"!{LIST}/x-ms-pets"),
    ("collection format of an editor", _IDS, "some values of collectionFormat are not supported",
     {f"{LIST}/parameters/-": _NAMES}, {f"{_COLOR}/collectionFormat": "multi"}, f"{_COLOR}/collectionFormat"),
    ("text with the format of a number", _IDS, "types and formats are recognized together",
     {}, {f"{_LIMIT}/type": "string", f"{_LIMIT}/format": "int32"}, f"{_LIMIT}/format"),
    ("body of an object in a form", _IDS, "media types fit the type of the content",
     {f"{ADD}/consumes": ["application/json"]}, {f"{ADD}/consumes": ["application/x-www-form-urlencoded"]},
     f"!{ADD}/consumes"),
    ("body of an object as plain text", _IDS, "media types fit the type of the content",
     {f"{ADD}/consumes": ["application/json"]}, {f"{ADD}/consumes": ["text/plain"]}, f"!{ADD}/consumes"),
    ("schema referred to in a response", _IDS, "references to schemas begin with #/definitions/",
     {f"{GET}/responses/200/schema": {"$ref": "#/definitions/Pet"}},
     {f"{GET}/responses/200/schema/$ref": "#/paths/~1pets/post/parameters/0/schema"},
     f"{GET}/responses/200/schema/$ref"),
    ("two security definitions", "Create a custom connector from an OpenAPI definition",
     "one type of authentication is supported", {},
     {"/securityDefinitions/login": {"type": "basic"}}, "!/securityDefinitions/login"),
    ("flow without a page to come back to", "Create a custom connector from an OpenAPI definition",
     "OAuth 2.0 is the authorization code flow", {"/securityDefinitions/key": _OAUTH},
     {"/securityDefinitions/key/flow": "implicit", "/securityDefinitions/key/tokenUrl": REMOVED},
     "/securityDefinitions/key/flow"),
    ("test value of another type", _SCHEMA, "a test value is a valid value", {f"{_LIMIT}/x-ms-test-value": 5},
     {f"{_LIMIT}/x-ms-test-value": "five"}, f"{_LIMIT}/x-ms-test-value"),
    ("value of an enum without a display name", _DOCS, "each value has a display name", _WITH_COLORS,
     {f"{_COLOR}/x-ms-enum-values/1": REMOVED}, f"!{_COLOR}/x-ms-enum-values"),
    ("choices for a property of a response", _DOCS, "dynamic values apply to parameters", {},
     {f"{GET}/responses/200/schema": {"type": "object", "properties": {"name": {
         "type": "string", "x-ms-dynamic-values": _CHOICES}}}},
     f"!{GET}/responses/200/schema/properties/name/x-ms-dynamic-values"),
    ("revision without a family", _VERSIONS, "a revision is one of a family",
     {f"{LIST}/x-ms-api-annotation": _REVISION}, {f"{LIST}/x-ms-api-annotation/family": REMOVED},
     f"!{LIST}/x-ms-api-annotation"),
    ("subscription that users can delete", _HOOK, "the operation that deletes it is internal", _HOOKS,
     {"/paths/~1pets~1{petId}/delete/x-ms-visibility": REMOVED}, "!/paths/~1pets~1{petId}/delete"),
    ("two parameters of one title", _DOCS, "x-ms-summary is the title of a parameter", _WITH_COLORS,
     {f"{_COLOR}/x-ms-summary": "limit"}, f"{_COLOR}/x-ms-summary"),
    ("property without a title", _DOCS, "x-ms-summary applies to schemas", _INLINE,
     {f"{_BODY}/properties/name/x-ms-summary": REMOVED}, f"!{_BODY}/properties/name"),
    ("property without a description", _DOCS, "description applies to schemas", _INLINE,
     {f"{_BODY}/properties/name/description": REMOVED}, f"!{_BODY}/properties/name"),
    ("operationId with a small letter", _CODING, "an operationId is in Pascal case", {},
     {f"{LIST}/operationId": "listPets"}, f"{LIST}/operationId"),
    ("two operationIds that differ in case", _CODING, "an operationId is unique", {},
     {f"{GET}/operationId": "LISTPETS"}, f"{GET}/operationId"),
    ("title beside a reference", _IDS, "beside a $ref there is nothing else",
     {f"{GET}/responses/200/schema": {"$ref": "#/definitions/Pet"}},
     {f"{GET}/responses/200/schema/x-ms-summary": "Pet"}, f"!{GET}/responses/200/schema/x-ms-summary"),
    ("mode of a trigger that is none", "Published connectors; Use a webhook as a trigger",
     "a trigger polls, or is called", {f"{LIST}/x-ms-trigger": "batch",
     f"{LIST}/x-ms-trigger-metadata": {"kind": "query", "mode": "polling"}},
     {f"{LIST}/x-ms-trigger-metadata/mode": "often"}, f"{LIST}/x-ms-trigger-metadata/mode"),
    ("file picker that cannot browse", _DOCS, "a file picker opens and browses",
     {"/x-ms-capabilities": {"file-picker": _PICKER}}, {"/x-ms-capabilities/file-picker/browse": REMOVED},
     "!/x-ms-capabilities/file-picker"),
    ("selected item where a tree opens", _IDS, "selectedItemValuePath is allowed in browse only",
     {f"{_LIMIT}/x-ms-dynamic-tree": _TREE}, {f"{_LIMIT}/x-ms-dynamic-tree/open/selectedItemValuePath": "id"},
     f"!{_LIMIT}/x-ms-dynamic-tree/open/selectedItemValuePath"),
    ("list with a value from two sources", _DOCS, "an argument is a value or a reference",
     {**_WITH_COLORS, f"{GET}/parameters/0/x-ms-dynamic-list": {"operationId": "ListPets", "itemValuePath": "id",
      "itemTitlePath": "name", "parameters": {"limit": {"value": 5}}}},
     {f"{GET}/parameters/0/x-ms-dynamic-list/parameters/limit": {"value": 5, "parameterReference": "petId"}},
     f"{GET}/parameters/0/x-ms-dynamic-list/parameters/limit"),
    ("list with a further member of a value", "apiDefinition.swagger.schema.json of PowerPlatformConnectors",
     "an argument has one member, value or parameterReference",
     {**_WITH_COLORS, f"{GET}/parameters/0/x-ms-dynamic-list": {"operationId": "ListPets", "itemValuePath": "id",
      "itemTitlePath": "name", "parameters": {"limit": {"value": 5}}}},
     {f"{GET}/parameters/0/x-ms-dynamic-list/parameters/limit/type": "integer"},
     f"!{GET}/parameters/0/x-ms-dynamic-list/parameters/limit/type"),
]  # fmt: skip

_BATCH: dict[str, Any] = {f"{LIST}/x-ms-trigger": "batch"}
_CHOSEN: dict[str, Any] = {
    f"{LIST}/parameters/-": {
        "name": "kind",
        "in": "query",
        "type": "string",
        "x-ms-summary": "Kind",
        "description": "The kind.",
        "x-ms-dynamic-values": {"operationId": "GetKinds", "value-path": "code", "value-title": "title"},
    },
    "/paths/~1kinds": {
        "get": {
            "operationId": "GetKinds",
            "summary": "Get kinds",
            "description": "Lists the kinds.",
            "x-ms-visibility": "internal",
            "parameters": [
                {"name": "of", "in": "query", "type": "string", "x-ms-summary": "Of", "description": "Of which."}
            ],
            "responses": {
                "200": {
                    "description": "The kinds.",
                    "schema": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {name: {"type": "string"} for name in ("code", "title")},
                        },
                    },
                }
            },
        }
    },
}
_VALUES = f"{_COLOR}/x-ms-dynamic-values"
_KIND = _CHOSEN[f"{LIST}/parameters/-"]
_OF_SHOP = {**_KIND["x-ms-dynamic-values"], "parameters": {"of": {"parameter": "shop"}}}
_TWO: dict[str, Any] = {
    **{name: value for name, value in _CHOSEN.items() if name.startswith("/paths/~1kinds")},
    f"{LIST}/parameters": [
        {**_KIND, "x-ms-dynamic-values": _OF_SHOP},
        {**_KIND, "name": "shop", "x-ms-summary": "Shop", "description": "The shop."},
    ],
}
_CONTENT_SCHEMA = "/paths/~1pets/x-ms-notification-content/schema"
_METADATA = "/x-ms-connector-metadata"

_MORE: list[tuple[str, str, str, dict[str, Any], dict[str, Any], str]] = [
    ("trigger metadata of another name", _DOCS, "its members are kind and mode",
     {**_BATCH, f"{LIST}/x-ms-trigger-metadata": {"kind": "query", "mode": "polling"}},
     {f"{LIST}/x-ms-trigger-metadata": {"sort": "query", "mode": "polling"}}, f"!{LIST}/x-ms-trigger-metadata/sort"),
    ("tree with a setting that is a text", _DOCS, "canSelectParentNodes is a boolean",
     {f"{_LIMIT}/x-ms-dynamic-tree": {**_TREE, "settings": {"canSelectParentNodes": True}}},
     {f"{_LIMIT}/x-ms-dynamic-tree/settings/canSelectParentNodes": "yes"},
     f"{_LIMIT}/x-ms-dynamic-tree/settings/canSelectParentNodes"),
    ("keyword of a notification's schema that does not exist", "Swagger 2.0, Schema Object",
     "a schema has these keywords", {**_HOOKS, _CONTENT_SCHEMA: {"type": "object", "properties": {}}},
     {f"{_CONTENT_SCHEMA}/propertys": {}}, f"!{_CONTENT_SCHEMA}/propertys"),
    ("type of a notification's schema that does not exist", "Swagger 2.0, Schema Object", "a schema has these types",
     {**_HOOKS, _CONTENT_SCHEMA: {"type": "object", "properties": {}}}, {f"{_CONTENT_SCHEMA}/type": "objekt"},
     f"{_CONTENT_SCHEMA}/type"),
    ("choices that depend on each other", _DOCS, "the choices of a parameter depend on others", _TWO,
     {f"{_COLOR}/x-ms-dynamic-values/parameters": {"of": {"parameter": "kind"}}},
     f"{_COLOR}/x-ms-dynamic-values/parameters/of"),
    ("choice of another type", _DOCS, "the value of a choice is the value of the parameter", _CHOSEN,
     {f"{_COLOR}/type": "integer"}, f"{_VALUES}/value-path"),
    ("choices of an enum and of an operation", _DOCS, "dynamic values are the choices", _CHOSEN,
     {f"{_COLOR}/enum": ["a", "b"]}, f"!{_COLOR}/enum"),
    ("choice by an empty path", _DOCS, "value-path names the value of a choice", _CHOSEN,
     {f"{_VALUES}/value-path": ""}, f"{_VALUES}/value-path"),
    ("single trigger of a list", _HOOK, "a single trigger gives an object, a batch trigger a list",
     _BATCH, {f"{LIST}/x-ms-trigger": "single"}, f"{LIST}/x-ms-trigger"),
    ("trigger that polls with POST", "Use a custom polling trigger", "a trigger is asked with GET", {},
     {f"{ADD}/x-ms-trigger": "single"}, f"!{ADD}/x-ms-trigger"),
    ("file picker with an unknown member", _DOCS, "a file picker opens and browses",
     {"/x-ms-capabilities": {"file-picker": {**_PICKER, "value-title": "name"}}},
     {"/x-ms-capabilities/file-picker/colour": "red"}, "!/x-ms-capabilities/file-picker/colour"),
    ("metadata without a value", "Prepare connector files for certification", "Categories names categories", {},
     {f"{_METADATA}/2/propertyValue": ""}, f"{_METADATA}/2/propertyValue"),
    ("two values of one display name", _DOCS, "people choose by display names", _WITH_COLORS,
     {f"{_COLOR}/x-ms-enum-values/1/displayName": "Red"}, f"{_COLOR}/x-ms-enum-values/1/displayName"),
    ("display name that is empty", _DOCS, "each value has a display name", _WITH_COLORS,
     {f"{_COLOR}/x-ms-enum-values/1/displayName": ""}, f"{_COLOR}/x-ms-enum-values/1/displayName"),
    ("summary with two blanks", "Connector string guidance", "a title is a phrase", {},
     {f"{LIST}/summary": "List  pets"}, f"{LIST}/summary"),
    ("path with a blank", "RFC 3986, 3.3", "a path has no blank", {"/paths/~1my-kinds": _CHOSEN["/paths/~1kinds"]},
     {"/paths/~1my-kinds": REMOVED, "/paths/~1my kinds": _CHOSEN["/paths/~1kinds"]}, "!/paths/~1my kinds"),
]  # fmt: skip

FAULTS = [
    Fault(name, source, sentence, "microsoft", wrong=wrong, at=(at,), right=right, profile="microsoft")
    for name, source, sentence, right, wrong, at in (*_ROWS, *_MORE)
]
