"""Faults of Microsoft's extensions: what cannot work, or has no effect, in any profile."""

from __future__ import annotations

from typing import Any

from tests.faults.twins.form import REMOVED, Fault

_DOCS = "OpenAPI extensions for custom connectors"
_SCHEMA = "apiDefinition.swagger.schema.json of PowerPlatformConnectors"
LIST, ADD, GET = "/paths/~1pets/get", "/paths/~1pets/post", "/paths/~1pets~1{petId}/get"
_LIMIT = f"{LIST}/parameters/0"
_ID = f"{GET}/parameters/0"
_NAME = "/definitions/Pet/properties/name"

# Values, members, places

_VALUES: list[tuple[str, str, Any, Any, str]] = [
    # the pointer of the extension, its name in a sentence, the right value, the wrong one, where
    (f"{LIST}/x-ms-visibility", "visibility that is none", "important", "importent", ""),
    (f"{LIST}/x-ms-visibility", "visibility that is no text", "advanced", 1, ""),
    (f"{LIST}/x-ms-visibility", "visibility in another case", "internal", "INTERNAL", ""),
    (f"{LIST}/x-ms-trigger", "trigger of an unknown kind", "batch", "batched", ""),
    (f"{LIST}/x-ms-trigger", "trigger in another case", "batch", "Batch", ""),
    (f"{LIST}/x-ms-trigger", "trigger that is a flag", "batch", True, ""),
    (f"{_ID}/x-ms-url-encoding", "encoding that is none", "double", "twice", ""),
    (f"{ADD}/parameters/0/x-ms-summary", "summary that is no text", "Pet", 7, ""),
    (f"{LIST}/x-ms-no-generic-test", "flag that is a text", True, "true", ""),
    (f"{LIST}/x-ms-safe-operation", "safe operation that is a text", True, "yes", ""),
    (f"{LIST}/x-ms-require-user-confirmation", "confirmation that is a text", True, "true", ""),
    (f"{LIST}/x-ms-long-running-operation", "long-running operation that is a text", False, "false", ""),
    (f"{ADD}/x-ms-capabilities", "capabilities that are a list", {"chunkTransfer": True}, ["chunkTransfer"], ""),
    (f"{ADD}/x-ms-capabilities", "chunk transfer that is a text", {"chunkTransfer": True}, {"chunkTransfer": "true"},
     "/chunkTransfer"),
    (f"{LIST}/x-ms-api-annotation", "annotation that is a text", {"family": "Pets", "revision": 1}, "Pets", ""),
    (f"{LIST}/x-ms-api-annotation", "revision that is a text", {"family": "Pets", "revision": 1},
     {"family": "Pets", "revision": "1"}, "/revision"),
    (f"{LIST}/x-ms-api-annotation", "revision below zero", {"family": "Pets", "revision": 1},
     {"family": "Pets", "revision": -1}, "/revision"),
    (f"{LIST}/x-ms-api-annotation", "family that is a number", {"family": "Pets", "revision": 1},
     {"family": 3, "revision": 1}, "/family"),
    (f"{LIST}/x-ms-api-annotation", "status that is none", {"status": "Preview", "revision": 1},
     {"status": "Released", "revision": 1}, "/status"),
    ("/info/x-ms-api-annotation", "status of the connector that is none", {"status": "Preview"},
     {"status": "Beta"}, "/status"),
    (f"{LIST}/x-ms-trigger-hint", "hint that is no text", "Add a pet.", ["Add a pet."], ""),
    (f"{_LIMIT}/x-ms-parameter-location", "parameter location that is none", "method", "global", ""),
    (f"{_NAME}/x-ms-client-flatten", "flattening that is a text", True, "true", ""),
    (f"{_LIMIT}/x-nullable", "nullable that is a text", True, "true", ""),
    (f"{LIST}/x-ms-pageable", "pages that are a flag", {"nextLinkName": None}, True, ""),
    (f"{_LIMIT}/x-ms-dynamic-values", "dynamic values that are a text", {"operationId": "ListPets", "value-path": "id"},
     "ListPets", ""),
    (f"{_LIMIT}/x-ms-dynamic-values", "dynamic value path that is a list",
     {"operationId": "ListPets", "value-path": "id"}, {"operationId": "ListPets", "value-path": ["id"]}, "/value-path"),
    (f"{_LIMIT}/x-ms-dynamic-values", "dynamic parameters that are a list",
     {"operationId": "ListPets", "value-path": "id", "parameters": {"limit": 1}},
     {"operationId": "ListPets", "value-path": "id", "parameters": [{"limit": 1}]}, "/parameters"),
    ("/x-ms-capabilities", "test of a connection without an operation", {"testConnection": {"operationId": "ListPets"}},
     {"testConnection": {"parameters": {}}}, "/testConnection"),
    (f"{LIST}/x-ms-openai-data", "assistants that are enabled by a text", {"openai-enabled": True},
     {"openai-enabled": "true"}, "/openai-enabled"),
    ("/x-ms-connector-metadata/0", "metadata without a value",
     {"propertyName": "Website", "propertyValue": "https://pets.example"}, {"propertyName": "Website"}, ""),
]  # fmt: skip

_MEMBERS: list[tuple[str, Any, str, str]] = [
    # the pointer of the extension, its right value, the wrong name of a member, the right one
    (f"{_LIMIT}/x-ms-dynamic-values", {"operationId": "ListPets", "value-path": "id"}, "valuePath", "value-path"),
    (f"{_LIMIT}/x-ms-dynamic-values", {"operationId": "ListPets", "value-title": "name"}, "itemTitlePath",
     "value-title"),
    (f"{_LIMIT}/x-ms-dynamic-list", {"operationId": "ListPets", "itemValuePath": "id"}, "value-path", "itemValuePath"),
    (f"{LIST}/x-ms-api-annotation", {"family": "Pets", "revision": 1}, "revison", "revision"),
    (f"{LIST}/x-ms-pageable", {"nextLinkName": None}, "nextLinkname", "nextLinkName"),
    (f"{ADD}/x-ms-capabilities", {"chunkTransfer": True}, "chunktransfer", "chunkTransfer"),
]  # fmt: skip

_PLACES: list[tuple[str, str, Any]] = [
    # where an extension has an effect, where not, its value
    (f"{LIST}/x-ms-visibility", "/paths/~1pets/x-ms-visibility", "important"),
    (f"{LIST}/x-ms-visibility", f"{LIST}/responses/200/x-ms-visibility", "internal"),
    (f"{LIST}/x-ms-trigger", "/paths/~1pets/x-ms-trigger", "batch"),
    (f"{LIST}/x-ms-no-generic-test", "/paths/~1pets/x-ms-no-generic-test", True),
    (f"{LIST}/x-ms-safe-operation", f"{_LIMIT}/x-ms-safe-operation", True),
    (f"{LIST}/x-ms-pageable", f"{LIST}/responses/200/x-ms-pageable", {"nextLinkName": None}),
    (f"{LIST}/x-ms-api-annotation", "/paths/~1pets/x-ms-api-annotation", {"family": "Pets", "revision": 1}),
    (f"{ADD}/x-ms-capabilities", "/paths/~1pets/x-ms-capabilities", {"chunkTransfer": True}),
    (f"{_ID}/x-ms-url-encoding", f"{_LIMIT}/x-ms-url-encoding", "single"),
    (f"{_ID}/x-ms-url-encoding", f"{_NAME}/x-ms-url-encoding", "single"),
    (f"{_LIMIT}/x-ms-dynamic-values", f"{LIST}/x-ms-dynamic-values", {"operationId": "ListPets", "value-path": "id"}),
    (f"{_LIMIT}/x-ms-dynamic-list", f"{ADD}/parameters/0/x-ms-dynamic-list",
     {"operationId": "ListPets", "itemValuePath": "id"}),
    (f"{_NAME}/x-ms-dynamic-values", f"{ADD}/responses/201/x-ms-dynamic-values",
     {"operationId": "ListPets", "value-path": "name"}),
    (f"{_NAME}/x-ms-dynamic-schema", f"{LIST}/responses/200/x-ms-dynamic-schema",
     {"operationId": "GetPet", "parameters": {"petId": 1}}),
    ("/x-ms-connector-metadata", "/info/x-ms-connector-metadata", [
        {"propertyName": "Website", "propertyValue": "https://pets.example"},
        {"propertyName": "Privacy policy", "propertyValue": "https://pets.example/privacy"},
        {"propertyName": "Categories", "propertyValue": "Data"}]),
]  # fmt: skip

_SPELLINGS: list[tuple[str, str, Any]] = [
    # where, the wrong name, the right one and its value
    (_LIMIT, "x-ms-sumary", ("x-ms-summary", "Limit")),
    (_LIMIT, "x-ms-dynamic-value", ("x-ms-dynamic-values", {"operationId": "ListPets", "value-path": "id"})),
    (LIST, "x-ms-visiblity", ("x-ms-visibility", "important")),
    (LIST, "x-MS-Trigger", ("x-ms-trigger", "batch")),
    (_ID, "x_ms_summary", ("x-ms-summary", "Pet")),
    (_ID, "x-summary", ("x-ms-summary", "Pet")),
    (LIST, "x-ms-api-annotations", ("x-ms-api-annotation", {"family": "Pets", "revision": 1})),
]


FAULTS = [
    *(
        Fault(
            f"a {what}",
            _SCHEMA,
            f"{pointer.rpartition('/')[2]} has a value of its type",
            "microsoft",
            right={pointer: right},
            wrong={pointer: wrong},
            at=(f"{pointer}{inside}", f"!{pointer}"),
        )
        for pointer, what, right, wrong, inside in _VALUES
    ),
    *(
        Fault(
            f"{wrong} in {pointer.rpartition('/')[2]}, member {index}",
            _DOCS,
            f"the member is called {right}",
            "microsoft",
            right={pointer: value},
            wrong={pointer: {wrong if name == right else name: inner for name, inner in value.items()}},
            at=(f"!{pointer}/{wrong}",),
        )
        for index, (pointer, value, wrong, right) in enumerate(_MEMBERS)
    ),
    *(
        Fault(
            f"{right.rpartition('/')[2]} at {wrong}",
            _DOCS,
            f"{right.rpartition('/')[2]} applies to other nodes",
            "microsoft",
            right={right: value},
            wrong={right: REMOVED, wrong: value},
            at=(f"!{wrong}",),
        )
        for right, wrong, value in _PLACES
    ),
    *(
        Fault(
            f"an extension that is called {wrong}",
            _DOCS,
            f"it is called {right}",
            "microsoft",
            right={f"{at}/{right}": value},
            wrong={f"{at}/{right}": REMOVED, f"{at}/{wrong}": value},
            at=(f"!{at}/{wrong}",),
        )
        for at, wrong, (right, value) in _SPELLINGS
    ),
]
