"""Faults of triggers and webhooks."""

from __future__ import annotations

from typing import Any

from tests.faults.twins.form import REMOVED, Fault
from tests.faults.twins.microsoft_extensions import ADD, LIST

_PAGE = "Use webhooks as triggers"
_DOCS = "OpenAPI extensions for custom connectors"
_MS = "microsoft"
_CONTENT, _URL = "x-ms-notification-content", "x-ms-notification-url"
_HOOK: dict[str, Any] = {
    _CONTENT: {
        "description": "A pet came.",
        "schema": {"type": "object", "properties": {"pet": {"$ref": "#/definitions/Pet"}}},
    },
    "post": {
        "operationId": "whenAPetComes",
        "summary": "When a pet comes",
        "description": "This operation triggers when a pet comes.",
        "x-ms-trigger": "single",
        "parameters": [
            {
                "name": "hook",
                "in": "body",
                "required": True,
                "description": "The hook.",
                "x-ms-summary": "Hook",
                "schema": {
                    "type": "object",
                    "required": ["url"],
                    "properties": {
                        "url": {
                            "type": "string",
                            "description": "Where to.",
                            "x-ms-summary": "URL",
                            "x-ms-visibility": "internal",
                            _URL: True,
                        },
                        "note": {"type": "string", "description": "A note.", "x-ms-summary": "Note"},
                    },
                },
            }
        ],
        "responses": {"201": {"description": "Subscribed.", "headers": {"Location": {"type": "string"}}}},
    },
}
_DELETE: dict[str, Any] = {
    "delete": {
        "operationId": "deleteHook",
        "summary": "Delete a hook",
        "description": "Deletes a hook.",
        "x-ms-visibility": "internal",
        "parameters": [
            {
                "name": "hookId",
                "in": "path",
                "required": True,
                "type": "string",
                "description": "Its number.",
                "x-ms-summary": "Hook ID",
                "x-ms-url-encoding": "single",
            }
        ],
        "responses": {"200": {"description": "Deleted."}},
    }
}
_RIGHT = {"/paths/~1hooks": _HOOK, "/paths/~1hooks~1{hookId}": _DELETE}
_POST = "/paths/~1hooks/post"
_PROPERTIES = f"{_POST}/parameters/0/schema/properties"
_BATCH = {f"{LIST}/x-ms-trigger": "batch", f"{LIST}/x-ms-trigger-hint": "Add a pet."}
_NOTIFIED = f"/paths/~1hooks/{_CONTENT}"
_SCHEMA = f"{LIST}/responses/200/schema"
_MANY = {"type": "array", "items": {"$ref": "#/definitions/Pet"}}
_CALLBACK = {key: value for key, value in _HOOK["post"]["parameters"][0]["schema"]["properties"]["url"].items()
             if not key.endswith(("-url", "-visibility"))}  # fmt: skip


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _webhook(name: str, sentence: str, wrong: dict[str, Any], at: str) -> Fault:
    return Fault(name, _PAGE, sentence, _MS, right=_RIGHT, wrong=wrong, at=(at,))


FAULTS = [
    _webhook(
        "content of notifications at an operation", "x-ms-notification-content is at the path, beside its methods",
        {f"/paths/~1hooks/{_CONTENT}": REMOVED, f"{_POST}/{_CONTENT}": _HOOK[_CONTENT]}, f"!{_POST}/{_CONTENT}",
    ),
    _webhook(
        "content of notifications at a response", "x-ms-notification-content is at the path, beside its methods",
        {f"/paths/~1hooks/{_CONTENT}": REMOVED, f"{_POST}/responses/201/{_CONTENT}": _HOOK[_CONTENT]},
        f"!{_POST}/responses/201/{_CONTENT}",
    ),
    _webhook(
        "content of notifications at the root", "x-ms-notification-content is at the path, beside its methods",
        {f"/paths/~1hooks/{_CONTENT}": REMOVED, f"/{_CONTENT}": _HOOK[_CONTENT]}, f"!/{_CONTENT}",
    ),
    _webhook(
        "content of notifications without a schema", "the shape of the notification is described",
        {f"/paths/~1hooks/{_CONTENT}/schema": REMOVED}, f"!/paths/~1hooks/{_CONTENT}",
    ),
    _webhook(
        "content of notifications that is a text", "it is an object with a schema",
        {f"/paths/~1hooks/{_CONTENT}": "a pet"}, f"!/paths/~1hooks/{_CONTENT}",
    ),
    _webhook(
        "callback URL without notifications", "the notifications that are posted are described",
        {f"/paths/~1hooks/{_CONTENT}": REMOVED}, f"!{_POST}",
    ),
    _webhook(
        "webhook that takes no callback URL", "a property takes the callback URL",
        {f"{_PROPERTIES}/url/{_URL}": REMOVED}, f"!{_POST}",
    ),
    _webhook(
        "callback URL that is a text", "x-ms-notification-url is a Boolean",
        {f"{_PROPERTIES}/url/{_URL}": "true"}, f"{_PROPERTIES}/url/{_URL}",
    ),
    _webhook(
        "callback URL of another type", "the callback URL is a string",
        {f"{_PROPERTIES}/url/type": "integer"}, f"{_PROPERTIES}/url/type",
    ),
    _webhook(
        "callback URL in a response", "the callback URL is in what is sent",
        {f"{_POST}/responses/201/schema": {"type": "object", "properties": {"self": {"type": "string", _URL: True}}}},
        f"!{_POST}/responses/201/schema/properties/self/{_URL}",
    ),
    _webhook(
        "callback URL at an operation", "it applies to parameters and input fields",
        {f"{_POST}/{_URL}": True}, f"!{_POST}/{_URL}",
    ),
    _webhook(
        "webhook that is no trigger", "x-ms-trigger makes the webhook a trigger", {f"{_POST}/x-ms-trigger": REMOVED},
        f"!{_POST}",
    ),
    _webhook(
        "content of notifications that is empty", "the shape of the notification is described",
        {f"/paths/~1hooks/{_CONTENT}/schema": {}}, f"!/paths/~1hooks/{_CONTENT}/schema",
    ),
    _webhook(
        "callback URL that people see", "the callback URL, or what contains it, is internal",
        {f"{_PROPERTIES}/url/x-ms-visibility": REMOVED}, f"!{_PROPERTIES}/url",
    ),
    _webhook(
        "callback URL that may be left out", "the callback URL is required all the way",
        {f"{_POST}/parameters/0/schema/required": REMOVED}, f"!{_PROPERTIES}/url",
    ),
    _webhook(
        "two callback URLs", "one property takes the callback URL", {f"{_PROPERTIES}/note/{_URL}": True},
        f"!{_PROPERTIES}/note/{_URL}",
    ),
    _webhook(
        "trigger that is internal", "internal operations are hidden", {f"{_POST}/x-ms-visibility": "internal"},
        f"{_POST}/x-ms-visibility",
    ),
    Fault(
        "webhook whose response has no Location", _PAGE, "the response includes the header Location", _MS,
        right=_RIGHT, wrong={f"{_POST}/responses/201/headers": REMOVED}, at=(f"!{_POST}/responses/201",), profile=_MS,
    ),
    Fault(
        "trigger whose summary is that of an action", "Connector string guidance", "the summary is: When …", _MS,
        right=_RIGHT, wrong={f"{_POST}/summary": "Create a hook"}, at=(f"{_POST}/summary",), profile=_MS,
    ),
    Fault(
        "batch of a response that is not described", f"{_DOCS}, x-ms-trigger", "a batch is a response that is an array",
        _MS, right=_BATCH, wrong={f"{LIST}/responses/200/schema": REMOVED}, at=(f"{LIST}/x-ms-trigger",),
    ),
    _webhook(
        "webhook that nothing deletes", "the definition must say how to delete the webhook",
        {"/paths/~1hooks~1{hookId}": REMOVED}, f"!{_POST}",
    ),
    *(
        Fault(
            f"batch of {name}", f"{_DOCS}, x-ms-trigger", sentence, _MS, right=_BATCH, wrong={_SCHEMA: schema}, at=(at,)
        )
        for name, sentence, schema, at in (
            ("two lists", "a batch is a response that is an array",
             _object(dogs=_MANY, cats=_MANY), f"{LIST}/x-ms-trigger"),
            ("anything", "empty response schemas are not allowed", {"type": "array", "items": {}}, f"{_SCHEMA}/items"),
            ("objects of nothing", "empty response schemas are not allowed",
             _object(pets={"type": "array", "items": {"type": "object"}}), f"{_SCHEMA}/properties/pets/items"),
        )
    ),
    Fault(
        "batch of notifications with two lists", f"{_DOCS}, x-ms-trigger", "a batch has an array of events",
        _MS, right={**_RIGHT, f"{_POST}/x-ms-trigger": "batch", f"{_NOTIFIED}/schema": _object(pets=_MANY)},
        wrong={f"{_NOTIFIED}/schema": _object(dogs=_MANY, cats=_MANY)}, at=(f"{_POST}/x-ms-trigger",),
    ),
    _webhook(
        "single notification that is a list", "single is a notification of one event",
        {f"{_NOTIFIED}/schema": _MANY}, f"{_POST}/x-ms-trigger",
    ),
    _webhook(
        "content of notifications that is an object of nothing", "the shape of the notification is described",
        {f"{_NOTIFIED}/schema": {"type": "object"}}, f"!{_NOTIFIED}/schema",
    ),
    _webhook(
        "deletion that names no webhook", "the definition must say how to delete the webhook",
        {"/paths/~1hooks~1{hookId}": REMOVED, "/paths/~1hooks/delete": {**_DELETE["delete"], "parameters": []}},
        "!/paths/~1hooks/delete",
    ),
    _webhook(
        "deletion of a webhook that requires a body", "DELETE is sent to the path of the Location header",
        {"/paths/~1hooks~1{hookId}/delete/parameters/-": _HOOK["post"]["parameters"][0]},
        "!/paths/~1hooks~1{hookId}/delete",
    ),
    _webhook(
        "callback URL of a list", "the platform makes the callback URL",
        {f"{_PROPERTIES}/url/enum": ["https://pets.example"]}, f"!{_PROPERTIES}/url/enum",
    ),
    _webhook(
        "callback URL of another format", "the callback URL is a URL", {f"{_PROPERTIES}/url/format": "byte"},
        f"{_PROPERTIES}/url/format",
    ),
    Fault(
        "callback URL of an action without notifications", _PAGE, "the notifications that are posted are described",
        _MS, right={f"{ADD}/parameters/0/schema": {**_object(url=_CALLBACK), "required": ["url"]}},
        wrong={f"{ADD}/parameters/0/schema/properties/url/{_URL}": True}, at=(f"!{ADD}",),
    ),
    Fault(
        "Location of a number", _PAGE, "the Location header has the path that is used with DELETE", _MS, right=_RIGHT,
        wrong={f"{_POST}/responses/201/headers/Location/type": "integer"},
        at=(f"{_POST}/responses/201/headers/Location/type",), profile=_MS,
    ),
    Fault(
        "batch of no list",
        f"{_DOCS}, x-ms-trigger",
        "a batch is a response that is an array",
        _MS,
        right=_BATCH,
        wrong={f"{LIST}/responses/200/schema": {"$ref": "#/definitions/Pet"}},
        at=(f"{LIST}/x-ms-trigger",),
    ),
    Fault(
        "batch of notifications without a list",
        f"{_DOCS}, x-ms-trigger",
        "a batch is a notification that has an array",
        _MS,
        right=_RIGHT,
        wrong={
            f"{_POST}/x-ms-trigger": "batch",
            f"/paths/~1hooks/{_CONTENT}/schema": {"type": "object", "properties": {"id": {"type": "string"}}},
        },
        at=(f"{_POST}/x-ms-trigger",),
    ),
    *(
        Fault(
            f"{name} of an action",
            f"{_DOCS}, {name}",
            "it is about the events of a trigger",
            _MS,
            right={f"{LIST}/x-ms-trigger": "batch", f"{LIST}/{name}": value},
            wrong={f"{LIST}/x-ms-trigger": REMOVED},
            at=(f"!{LIST}/{name}",),
        )
        for name, value in (
            ("x-ms-trigger-hint", "Add a pet."), ("x-ms-trigger-metadata", {"mode": "polling", "kind": "query"}),
        )
    ),
]  # fmt: skip
