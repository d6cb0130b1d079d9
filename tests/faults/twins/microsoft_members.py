"""Faults of extensions whose members do not fit together, and of texts by which nobody can choose."""

from __future__ import annotations

from typing import Any

from tests.faults.twins.form import REMOVED, Fault
from tests.faults.twins.microsoft_extensions import ADD, GET, LIST

_DOCS = "OpenAPI extensions for custom connectors"
_CERTIFICATION = "Prepare connector files for certification"
_VERSIONS = "Operational versioning"
_HOOK = "Use a webhook as a trigger"
_SCHEMA = "apiDefinition.swagger.schema.json of PowerPlatformConnectors"
_IDS = "Microsoft's list of rules"
_AUTOREST = "AutoRest, x-ms-enum"
_LIMIT = f"{LIST}/parameters/0"
_PET = "/definitions/Pet/properties"
_TEXT = {"type": "string", "x-ms-summary": "Text", "description": "A text."}
_POLLS = {
    f"{LIST}/summary": "When pets are born",
    f"{LIST}/x-ms-trigger": "batch",
    f"{LIST}/x-ms-trigger-metadata": {"kind": "query", "mode": "polling"},
}
_LEVEL = {"operationId": "ListPets", "itemValuePath": "id", "itemTitlePath": "name"}
_TREE = {"open": _LEVEL, "browse": _LEVEL, "settings": {"canSelectParentNodes": True, "canSelectLeafNodes": False}}
_WITH_TREE = {f"{_LIMIT}/x-ms-dynamic-tree": _TREE}
_AT_TREE = f"{_LIMIT}/x-ms-dynamic-tree"
_TEST = {"/x-ms-capabilities": {"testConnection": {"operationId": "ListPets", "parameters": {"limit": 1}}}}
_PICKER = {"open": {"operationId": "ListPets"}, "browse": {"operationId": "ListPets"}, "value-title": "name"}
_AT_PICKER = "/x-ms-capabilities/file-picker"
_SIMULATED = {
    **_POLLS,
    f"{LIST}/x-ms-operation-context": {"simulate": {"operationId": "GetPet", "parameters": {"petId": 1}}},
}
_AT_SIMULATION = f"{LIST}/x-ms-operation-context/simulate"
_OLD = {
    f"{LIST}/summary": "List pets (deprecated)",
    f"{LIST}/description": "Returns the pets (deprecated).",
    f"{LIST}/deprecated": True,
    f"{LIST}/x-ms-api-annotation": {"family": "ListPets", "revision": 1, "expires": "2030-01-31"},
}
_AT_NOTE = f"{LIST}/x-ms-api-annotation"
_MANIFEST = {
    "/x-ms-openai-manifest": {
        "humanName": "Pets",
        "modelDescription": "Finds pets.",
        "contactEmail": "help@pets.example",
        "legalUrl": "https://pets.example/legal",
    }
}
_ASSISTANTS = "Create a connector AI plugin"
_LISTED = {
    f"{LIST}/x-ms-openai-data": {
        "openai-enabled": True,
        "operations": [{"operationId": "ListPets", "parameters": [{"name": "limit", "type": "upsert"}]}],
    }
}
_AT_LISTED = f"{LIST}/x-ms-openai-data/operations"
_QUERY = {"name": "of", "in": "query", "type": "string", "x-ms-summary": "Of", "description": "Of which."}
_HOOKS: dict[str, Any] = {
    "/paths/~1hooks": {
        "x-ms-notification-content": {"schema": {"$ref": "#/definitions/Pet"}},
        "post": {
            "operationId": "WhenPetIsBorn",
            "summary": "When a pet is born",
            "description": "Triggers when a pet is born.",
            "x-ms-trigger": "single",
            "x-ms-trigger-metadata": {"kind": "query", "mode": "webhook"},
            "consumes": ["application/json"],
            "parameters": [
                {
                    "name": "hook",
                    "in": "body",
                    "required": True,
                    "description": "The hook.",
                    "schema": {
                        "type": "object",
                        "required": ["url"],
                        "properties": {
                            "url": {
                                "type": "string",
                                "x-ms-summary": "URL",
                                "description": "Where to.",
                                "x-ms-notification-url": True,
                                "x-ms-visibility": "internal",
                            }
                        },
                    },
                }
            ],
            "responses": {
                "201": {
                    "description": "Subscribed.",
                    "headers": {"Location": {"type": "string", "description": "Where the subscription is."}},
                }
            },
        },
        "delete": {
            "operationId": "DeleteHook",
            "summary": "Delete a hook",
            "description": "Ends a subscription.",
            "x-ms-visibility": "internal",
            "responses": {"204": {"description": "Deleted."}},
        },
    }
}
_CONTENT = "/paths/~1hooks/x-ms-notification-content"
_OTHER_DELETE = {
    **_HOOKS["/paths/~1hooks"]["delete"],
    "operationId": "DeletePet",
    "summary": "Delete a pet",
    "description": "Deletes a pet.",
    "x-ms-visibility": "advanced",
}
_ENUM = {
    f"{LIST}/parameters/-": {
        **_QUERY,
        "enum": ["a", "b"],
        "x-ms-enum": {"name": "Of", "modelAsString": True, "values": [{"value": "a"}, {"value": "b"}]},
        "x-ms-enum-values": [{"value": "a", "displayName": "A"}, {"value": "b", "displayName": "B"}],
    }
}
_OF = f"{LIST}/parameters/1"
_BODY = f"{ADD}/parameters/0/schema"
_CHOICES = {"operationId": "ListPets", "value-path": "name", "value-title": "name"}
_CHOSEN = {
    _BODY: {
        "type": "object",
        "properties": {
            "kind": _TEXT,
            "shop": {
                **_TEXT,
                "x-ms-summary": "Shop",
                "x-ms-dynamic-values": {**_CHOICES, "parameters": {"limit": 1}},
                "x-ms-dynamic-list": {
                    "operationId": "ListPets",
                    "itemValuePath": "name",
                    "itemTitlePath": "name",
                    "parameters": {"limit": {"value": 1}},
                },
            },
        },
    }
}
_SHOP = f"{_BODY}/properties/shop"
_BY_PROPERTY = {
    _BODY: {
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": {"type": "integer", "x-ms-summary": "Size", "description": "How many."},
            "shop": {
                **_TEXT,
                "x-ms-summary": "Shop",
                "x-ms-dynamic-values": {**_CHOICES, "parameters": {"limit": 1}},
                "x-ms-dynamic-list": {
                    "operationId": "ListPets",
                    "itemValuePath": "name",
                    "itemTitlePath": "name",
                    "parameters": {"limit": {"parameterReference": "pet/size"}},
                },
            },
        },
    }
}
_AT_FOUR = f"{GET}/responses/200/schema/properties"
_FOUR = {
    f"{GET}/responses/200/schema": {
        "type": "object",
        "properties": {name: {**_TEXT, "x-ms-summary": name.title()} for name in ("one", "two", "three", "four")},
    }
}
_DYNAMIC = {_BODY: {"type": "object", "x-ms-dynamic-schema": {"operationId": "GetPet", "parameters": {"petId": 1}}}}

_ROWS: list[tuple[str, str, str, dict[str, Any], dict[str, Any], str]] = [
    # name, source, sentence, the right values, the wrong ones, where
    ("trigger that polls as a webhook", _HOOK, "a webhook has x-ms-notification-content", _POLLS,
     {f"{LIST}/x-ms-trigger-metadata/mode": "webhook"}, f"{LIST}/x-ms-trigger-metadata/mode"),
    ("kind of a trigger that is none", _SCHEMA, "the kind of a trigger is query", _POLLS,
     {f"{LIST}/x-ms-trigger-metadata/kind": "poll"}, f"{LIST}/x-ms-trigger-metadata/kind"),
    ("trigger of no kind", _SCHEMA, "x-ms-trigger-metadata has kind and mode", _POLLS,
     {f"{LIST}/x-ms-trigger-metadata/kind": REMOVED}, f"!{LIST}/x-ms-trigger-metadata"),
    ("trigger without a mode", _SCHEMA, "x-ms-trigger-metadata has kind and mode", _POLLS,
     {f"{LIST}/x-ms-trigger-metadata/mode": REMOVED}, f"!{LIST}/x-ms-trigger-metadata"),
    ("simulation of nothing", _SCHEMA, "x-ms-operation-context has simulate", _SIMULATED,
     {f"{_AT_SIMULATION}": REMOVED}, f"!{LIST}/x-ms-operation-context"),
    ("simulation without an operation", _SCHEMA, "simulate has an operationId", _SIMULATED,
     {f"{_AT_SIMULATION}": {"parameters": {}}}, f"!{_AT_SIMULATION}"),
    ("visibility that is empty", _SCHEMA, "a visibility is important, advanced or internal",
     {f"{_LIMIT}/x-ms-visibility": "advanced"}, {f"{_LIMIT}/x-ms-visibility": ""}, f"{_LIMIT}/x-ms-visibility"),
    ("webhook that polls", _HOOK, "a webhook has x-ms-notification-content", _HOOKS,
     {"/paths/~1hooks/post/x-ms-trigger-metadata/mode": "polling"}, "/paths/~1hooks/post/x-ms-trigger-metadata/mode"),
    ("content of a notification without its member schema", _DOCS, "x-ms-notification-content has a schema", _HOOKS,
     {_CONTENT: {"type": "object", "properties": {"name": _TEXT}}}, f"!{_CONTENT}"),
    ("content of a notification that is a reference", _DOCS, "x-ms-notification-content has a schema", _HOOKS,
     {_CONTENT: {"$ref": "#/definitions/Pet"}}, f"!{_CONTENT}"),
    ("content of a notification that is empty", _DOCS, "x-ms-notification-content has a schema", _HOOKS,
     {_CONTENT: {}}, f"!{_CONTENT}"),
    ("webhook beside a DELETE of something else", _HOOK, "the definition says how to delete the webhook", _HOOKS,
     {"/paths/~1hooks/delete": REMOVED, "/paths/~1pets/delete": _OTHER_DELETE}, "!/paths/~1hooks/post"),
    ("tree of which nothing can be selected", _DOCS, "the settings say what can be selected", _WITH_TREE,
     {f"{_AT_TREE}/settings/canSelectParentNodes": False}, f"!{_AT_TREE}/settings"),
    ("tree without titles", _DOCS, "items have a value and a title", _WITH_TREE,
     {f"{_AT_TREE}/open/itemTitlePath": REMOVED}, f"!{_AT_TREE}/open"),
    ("tree whose parents are told by nothing", _DOCS, "itemIsParent names a property of the items",
     {**_WITH_TREE, f"{_AT_TREE}/open/itemIsParent": "name"}, {f"{_AT_TREE}/open/itemIsParent": "isFolder"},
     f"{_AT_TREE}/open/itemIsParent"),
    ("dynamic schema of a text", _DOCS, "the schema of an object is dynamic", _DYNAMIC,
     {f"{_BODY}/type": "string"}, f"{_BODY}/type"),
    ("test of a connection with a parameter's value", "Implement test connection",
     "the operation is called with fixed values", _TEST,
     {"/x-ms-capabilities/testConnection/parameters/limit": {"parameter": "limit"}},
     "/x-ms-capabilities/testConnection/parameters/limit"),
    ("file picker that opens nothing", _SCHEMA, "operationId is required", {"/x-ms-capabilities": {
        "file-picker": _PICKER}}, {f"{_AT_PICKER}/open/operationId": REMOVED}, f"!{_AT_PICKER}/open"),
    ("file picker that browses nothing", _SCHEMA, "operationId is required", {"/x-ms-capabilities": {
        "file-picker": _PICKER}}, {f"{_AT_PICKER}/browse": {}}, f"!{_AT_PICKER}/browse"),
    ("file picker with the title of nothing", _DOCS, "value-title names a property of the items",
     {"/x-ms-capabilities": {"file-picker": _PICKER}}, {f"{_AT_PICKER}/value-title": "label"},
     f"{_AT_PICKER}/value-title"),
    ("simulation with an unknown parameter", _DOCS, "parameters are those of the operation", _SIMULATED,
     {f"{_AT_SIMULATION}/parameters/top": 1}, f"!{_AT_SIMULATION}/parameters/top"),
    ("simulation without a required parameter", _DOCS, "parameters are those of the operation", _SIMULATED,
     {f"{_AT_SIMULATION}/parameters": {}}, f"!{_AT_SIMULATION}"),
    ("revision that is zero", _VERSIONS, "revisions are 1, 2, 3 and so on", _OLD,
     {f"{_AT_NOTE}/revision": 0}, f"{_AT_NOTE}/revision"),
    ("end of support that is no date", _VERSIONS, "expires is a date of ISO 8601", _OLD,
     {f"{_AT_NOTE}/expires": "soon"}, f"{_AT_NOTE}/expires"),
    ("end of support of an active operation", _VERSIONS, "only a deprecated operation expires", _OLD,
     {f"{LIST}/deprecated": False}, f"!{_AT_NOTE}/expires"),
    ("revision of a connector", _SCHEMA, "the annotation of a connector has its status only",
     {"/info/x-ms-api-annotation": {"status": "Preview"}}, {"/info/x-ms-api-annotation/revision": 1},
     "!/info/x-ms-api-annotation/revision"),
    ("manifest with no address", "Published connectors", "contactEmail is an address", _MANIFEST,
     {"/x-ms-openai-manifest/contactEmail": "help"}, "/x-ms-openai-manifest/contactEmail"),
    ("manifest with a relative URL", "Published connectors", "legalUrl is a URL", _MANIFEST,
     {"/x-ms-openai-manifest/legalUrl": "/legal"}, "/x-ms-openai-manifest/legalUrl"),
    ("manifest without a text for people", _ASSISTANTS, "humanName is the name of the connector", _MANIFEST,
     {"/x-ms-openai-manifest/humanName": ""}, "/x-ms-openai-manifest/humanName"),
    ("manifest without a text for the model", _ASSISTANTS, "modelDescription tells what it is for", _MANIFEST,
     {"/x-ms-openai-manifest/modelDescription": " "}, "/x-ms-openai-manifest/modelDescription"),
    ("operation that assistants are told of twice", _ASSISTANTS, "operations are listed by operationId", _LISTED,
     {f"{_AT_LISTED}/-": {"operationId": "ListPets"}}, f"{_AT_LISTED}/1/operationId"),
    ("assistants are told of no operation", _ASSISTANTS, "operations are listed by operationId", _LISTED,
     {f"{_AT_LISTED}/0": {"x-ms-require-user-confirmation": True}}, f"!{_AT_LISTED}/0"),
    ("assistants are told of an unknown parameter", _ASSISTANTS, "parameters are those of the operation", _LISTED,
     {f"{_AT_LISTED}/0/parameters/0/name": "limits"}, f"{_AT_LISTED}/0/parameters/0/name"),
    ("assistants are told of another operation", _ASSISTANTS, "the extension is at the operation that it lists",
     {f"{LIST}/x-ms-openai-data": {"openai-enabled": True, "operations": [{"operationId": "ListPets"}]}},
     {f"{_AT_LISTED}/0/operationId": "GetPet"}, f"{_AT_LISTED}/0/operationId"),
    ("subscription with an unknown parameter", _DOCS, "parameters are those of the operation",
     {**_HOOKS, **_POLLS, f"{LIST}/x-ms-notification": {"operationId": "WhenPetIsBorn", "parameters": {}}},
     {f"{LIST}/x-ms-notification/parameters": {"limits": 1}}, f"!{LIST}/x-ms-notification/parameters/limits"),
    ("subscription to nothing", _SCHEMA, "operationId is required",
     {**_HOOKS, **_POLLS, f"{LIST}/x-ms-notification": {"operationId": "WhenPetIsBorn"}},
     {f"{LIST}/x-ms-notification": {}}, f"!{LIST}/x-ms-notification"),
    ("trigger of another kind than a query", _SCHEMA, "kind is query",
     {**_POLLS, f"{LIST}/x-ms-trigger-metadata": {"mode": "polling", "kind": "query"}},
     {f"{LIST}/x-ms-trigger-metadata/kind": "table"}, f"{LIST}/x-ms-trigger-metadata/kind"),
    ("deployment of a version without numbers", _SCHEMA, "the pattern is numbers with dots between them",
     {"/info/x-ms-deployment-version": "1.0.0"}, {"/info/x-ms-deployment-version": "v1"},
     "/info/x-ms-deployment-version"),
    ("deployment of a version of one number", _SCHEMA, "the pattern is numbers with dots between them",
     {"/info/x-ms-deployment-version": "1.0.0"}, {"/info/x-ms-deployment-version": "1"},
     "/info/x-ms-deployment-version"),
    ("kind of media that is none", _SCHEMA, "x-ms-media-kind is image or audio",
     {f"{_PET}/tag/x-ms-media-kind": "image"}, {f"{_PET}/tag/x-ms-media-kind": "picture"},
     f"{_PET}/tag/x-ms-media-kind"),
    ("documentation without a URL", _SCHEMA, "x-ms-docs has the url and the description of each page",
     {"/x-ms-docs": [{"url": "https://pets.example/docs", "description": "More."}]},
     {"/x-ms-docs/0/url": REMOVED}, "!/x-ms-docs/0"),
    ("page of x-ms-docs at no URL", _SCHEMA, "the url of x-ms-docs is a URI",
     {"/x-ms-docs": [{"url": "https://pets.example/docs", "description": "More."}]},
     {"/x-ms-docs/0/url": "docs.html"}, "/x-ms-docs/0/url"),
    ("parameter whose name ends with a blank", "Swagger 2.0, Parameter Object", "the name is what is sent",
     {f"{LIST}/parameters/-": _QUERY}, {f"{_OF}/name": "of "}, f"{_OF}/name"),
    ("two properties of one title", "Connector string guidance", "x-ms-summary is the name of a property", {},
     {f"{_PET}/name/x-ms-summary": "Pet id"}, f"{_PET}/name/x-ms-summary"),
    ("property of a response without a title", "Connector string guidance", "x-ms-summary is the name of a property",
     {f"{GET}/responses/200/schema": {"type": "object", "properties": {
         name: {**_TEXT, "x-ms-summary": name.title()} for name in ("one", "two", "three")}}},
     {f"{GET}/responses/200/schema/properties/two/x-ms-summary": REMOVED},
     f"!{GET}/responses/200/schema/properties/two"),
    ("property of a response without a description", "Connector string guidance", "a property has a description",
     _FOUR, {f"{_AT_FOUR}/two/description": REMOVED}, f"!{_AT_FOUR}/two"),
    ("property of a response with a small letter", "Connector string guidance", "x-ms-summary is in title case",
     _FOUR, {f"{_AT_FOUR}/two/x-ms-summary": "two"}, f"{_AT_FOUR}/two/x-ms-summary"),
    ("property of a response without a full stop", "Connector string guidance", "a description ends with a period",
     _FOUR, {f"{_AT_FOUR}/two/description": "A text"}, f"{_AT_FOUR}/two/description"),
    ("title of a parameter with an underscore", _CERTIFICATION, "strings are words that can be translated", {},
     {f"{_LIMIT}/x-ms-summary": "limit_of_pets"}, f"{_LIMIT}/x-ms-summary"),
    ("description of a parameter with a small letter", "Connector string guidance", "a description is a sentence", {},
     {f"{_LIMIT}/description": "how many pets are returned."}, f"{_LIMIT}/description"),
    ("operation without encryption", "Swagger 2.0, Operation Object", "schemes are those of the operation",
     {f"{LIST}/schemes": ["https"]}, {f"{LIST}/schemes": ["http"]}, f"{LIST}/schemes"),
    ("file picker that passes the property of nothing", _DOCS, "value-property names a property of the items",
     {"/x-ms-capabilities": {"file-picker": {**_PICKER, "browse": {
         "operationId": "GetPet", "parameters": {"petId": {"value-property": "id"}}}}}},
     {f"{_AT_PICKER}/browse/parameters/petId/value-property": "key"},
     f"{_AT_PICKER}/browse/parameters/petId/value-property"),
    ("property of which nothing is said", _CERTIFICATION, "empty properties are removed", {},
     {f"{_PET}/more": {}}, f"!{_PET}/more"),
    ("summary that is a name of a program", "Connector string guidance", "a summary is a phrase", {},
     {f"{LIST}/summary": "listPets"}, f"{LIST}/summary"),
    ("summary with two sentences", _CERTIFICATION, "summaries have letters, digits and parentheses", {},
     {f"{LIST}/summary": "List pets. Or more"}, f"{LIST}/summary"),
    ("hint of a trigger that is empty", _DOCS, "the hint says how to fire the trigger",
     {**_POLLS, f"{LIST}/x-ms-trigger-hint": "Add a pet."}, {f"{LIST}/x-ms-trigger-hint": ""},
     f"{LIST}/x-ms-trigger-hint"),
    ("contact whose page is an address", _CERTIFICATION, "the contact has the URL of a support website", {},
     {"/info/contact/url": "mailto:help@pets.example"}, "/info/contact/url"),
    ("connector without operations", _CERTIFICATION, "a connector has operations",
     {}, {"/paths": {}, "/definitions": REMOVED}, "!/paths"),
    ("host in a private network", _CERTIFICATION, "the host is the one of production", {},
     {"/host": "192.168.0.7"}, "/host"),
    ("category that is there twice", _CERTIFICATION, "a connector has at most two categories", {},
     {"/x-ms-connector-metadata/2/propertyValue": "Data;Data"}, "/x-ms-connector-metadata/2/propertyValue"),
    ("no display name at all", _DOCS, "each value has a display name", _ENUM,
     {f"{_OF}/x-ms-enum-values": []}, f"!{_OF}/x-ms-enum-values"),
    ("enumeration as a string by a text", _AUTOREST, "modelAsString is a boolean", _ENUM,
     {f"{_OF}/x-ms-enum/modelAsString": "true"}, f"{_OF}/x-ms-enum/modelAsString"),
    ("value of an enumeration without the value", _AUTOREST, "each of the values has its value", _ENUM,
     {f"{_OF}/x-ms-enum/values/1": {"name": "B"}}, f"!{_OF}/x-ms-enum/values/1"),
    ("choices of the same property", _DOCS, "the choices of a parameter depend on others", _CHOSEN,
     {f"{_SHOP}/x-ms-dynamic-list/parameters/limit": {"parameterReference": "pet/shop"}},
     f"{_SHOP}/x-ms-dynamic-list/parameters/limit"),
    ("list by a property of another type", _IDS, "the types of a parameter and its source agree", _BY_PROPERTY,
     {f"{_BODY}/properties/size/type": "string"}, f"{_SHOP}/x-ms-dynamic-list/parameters/limit"),
    ("list by an internal property", _IDS, "a source is visible", _BY_PROPERTY,
     {f"{_BODY}/properties/size/x-ms-visibility": "internal", f"{_BODY}/properties/size/default": 1},
     f"{_SHOP}/x-ms-dynamic-list/parameters/limit"),
    ("list whose value is at another path", _DOCS, "x-ms-dynamic-list says the same as x-ms-dynamic-values", _CHOSEN,
     {f"{_SHOP}/x-ms-dynamic-list/itemValuePath": "id"}, f"{_SHOP}/x-ms-dynamic-list/itemValuePath"),
    ("default above the maximum of an int32", "JSON Schema draft 4, 6.2", "a default is valid by its schema",
     {f"{_LIMIT}/format": "int32", f"{_LIMIT}/maximum": 100, f"{_LIMIT}/default": 10}, {f"{_LIMIT}/default": 500},
     f"{_LIMIT}/default"),
]  # fmt: skip

FAULTS = [
    Fault(name, source, sentence, "microsoft", wrong=wrong, at=(at,), right=right, profile="microsoft")
    for name, source, sentence, right, wrong, at in _ROWS
]
