"""Microsoft's extensions: where each has an effect, and what its value may be. A row each.

Sources: "OpenAPI extensions for custom connectors" and "Operational versioning" (learn.microsoft.com/connectors),
``schemas/apiDefinition.swagger.schema.json`` of github.com/microsoft/PowerPlatformConnectors, and AutoRest's
``docs/extensions/readme.md``.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from openconnectors.engine.lint.shapes import Shape


class Extension(Struct, frozen=True):
    """``places`` are the kinds of nodes at which an extension has an effect, with blanks between them: of parameters
    all, or those in one location (``parameter/path``). Without places, any place is right."""

    shape: Shape
    places: str = ""


_TEXT, _FLAG, _MAPPING, _ANY = Shape("text"), Shape("flag"), Shape("mapping"), Shape("any")
_PATH = Shape("text", nullable=True)
"""The path of a property; null for an empty schema."""
_OPERATION = {"operationId": _TEXT, "parameters": Shape("mapping", nullable=True)}
_VALUES = {"value-collection": _PATH, "value-path": _PATH, "value-title": _PATH}
_ITEMS = {"itemsPath": _PATH, "itemValuePath": _PATH, "itemTitlePath": _PATH}
_LEVEL = Shape(
    "mapping",
    members={
        **_OPERATION,
        **_ITEMS,
        **dict.fromkeys(("itemFullTitlePath", "itemIsParent", "selectableFilter", "itemIsSelectable"), _TEXT),
    },
)
_PICKER_LEVEL = Shape("mapping", members=_OPERATION, required=("operationId",))
_SETTINGS = {**dict.fromkeys(("canSelectParentNodes", "canSelectLeafNodes"), _FLAG), "viewMode": _ANY}

_STATUS = Shape("text", ("Production", "Preview"), any_case=True, nullable=True)
_ANNOTATION = Shape(
    "mapping",
    members={
        "status": _STATUS,
        "family": Shape("text", nullable=True),
        "revision": Shape("integer", nullable=True, least=0),
        "replacement": Shape("mapping", members={"api": _TEXT, "operationId": _TEXT}),
        "expires": _TEXT,
    },
)
_CONFIRMATION = "x-ms-require-user-confirmation"
_ASSISTANT_OPERATION = Shape("mapping", members={"operationId": _TEXT, _CONFIRMATION: _FLAG, "parameters": _ANY})
_PAGEABLE = {
    "nextLinkName": Shape("text", nullable=True),
    **dict.fromkeys(("itemName", "operationName", "group", "member"), _TEXT),
}
_PICKED = dict.fromkeys(
    ("value-collection", "value-path", "value-title", "value-folder-property", "value-media-property"), _TEXT
)
_CAPABILITIES = {
    "testConnection": Shape("mapping", members=_OPERATION, required=("operationId",)),
    "file-picker": Shape(
        "mapping", members={"open": _PICKER_LEVEL, "browse": _PICKER_LEVEL, **_PICKED}, required=("open", "browse")
    ),
}
_CHUNKS = Shape("mapping", members={"chunkTransfer": _FLAG})
_NAMED_VALUE = Shape(
    "mapping", members={"propertyName": _TEXT, "propertyValue": _TEXT}, required=("propertyName", "propertyValue")
)
_VISIBILITIES = ("", "important", "advanced", "internal")

_TYPED = "parameter schema items header"
_LISTS = "parameter/query parameter/path parameter/header parameter/formData schema items"

EXTENSIONS: Mapping[str, Extension] = {
    # Texts and visibility
    "x-ms-summary": Extension(_TEXT),
    "x-ms-visibility": Extension(
        Shape("text", _VISIBILITIES, any_case=True, nullable=True), f"operation {_TYPED} request-body"
    ),
    "x-ms-keywords": Extension(Shape("list", items=_TEXT), "info document"),
    "x-ms-connector-metadata": Extension(Shape("list", items=_NAMED_VALUE), "document"),
    # Life cycle and capabilities
    "x-ms-api-annotation": Extension(_ANNOTATION, "document info operation"),
    "x-ms-deployment-version": Extension(_TEXT, "info document"),
    "x-ms-capabilities": Extension(Shape("mapping"), "document operation parameter schema items"),
    "x-ms-operation-context": Extension(
        Shape(
            "mapping",
            members={"simulate": Shape("mapping", members=_OPERATION, required=("operationId",))},
            required=("simulate",),
        ),
        "operation",
    ),
    "x-ms-no-generic-test": Extension(_FLAG, "operation"),
    "x-ms-safe-operation": Extension(_FLAG, "operation"),
    # Triggers
    "x-ms-trigger": Extension(Shape("text", ("single", "batch"), nullable=True), "operation"),
    "x-ms-trigger-hint": Extension(_TEXT, "operation"),
    "x-ms-trigger-metadata": Extension(
        Shape(
            "mapping",
            members={
                "kind": Shape("text", ("query",), any_case=True),
                "mode": Shape("text", ("polling", "webhook"), any_case=True),
            },
            required=("kind", "mode"),
        ),
        "operation",
    ),
    "x-ms-trigger-value": Extension(Shape("mapping", members={"value-collection": _PATH, "value-path": _PATH})),
    "x-ms-notification": Extension(
        Shape("mapping", members={**_OPERATION, "mode": _ANY}, required=("operationId",)), "operation"
    ),
    "x-ms-notification-content": Extension(
        Shape("mapping", members={**dict.fromkeys(("schema", "headers"), _MAPPING), "description": _TEXT}), "path"
    ),
    "x-ms-notification-url": Extension(_FLAG, "parameter schema items request-body"),
    # Parameters
    "x-ms-url-encoding": Extension(Shape("text", ("single", "double", "none")), "parameter/path"),
    "x-ms-skip-url-encoding": Extension(_FLAG, "parameter"),
    "x-ms-parameter-location": Extension(Shape("text", ("client", "method")), "parameter schema request-body"),
    "x-ms-client-flatten": Extension(_FLAG, "parameter schema request-body"),
    "x-nullable": Extension(_FLAG),
    # Dynamic values and schemas
    "x-ms-dynamic-values": Extension(Shape("mapping", members={**_OPERATION, **_VALUES, "capability": _TEXT}), _LISTS),
    "x-ms-dynamic-list": Extension(Shape("mapping", members={**_OPERATION, **_ITEMS}), _LISTS),
    "x-ms-dynamic-tree": Extension(
        Shape("mapping", members={"open": _LEVEL, "browse": _LEVEL, "settings": Shape("mapping", members=_SETTINGS)}),
        _LISTS,
    ),
    "x-ms-dynamic-schema": Extension(Shape("mapping", members={**_OPERATION, "value-path": _PATH}), "schema"),
    "x-ms-dynamic-properties": Extension(Shape("mapping", members={**_OPERATION, "itemValuePath": _PATH}), "schema"),
    "x-ms-enum-values": Extension(
        Shape("list", items=Shape("mapping", members={"value": _ANY, "displayName": _TEXT}, required=("value",))),
        _TYPED,
    ),
    "x-ms-enum": Extension(
        Shape(
            "mapping",
            members={
                "name": _TEXT,
                "modelAsString": _FLAG,
                "values": Shape("list", items=Shape("mapping", required=("value",))),
                "oldValueAsString": _FLAG,
            },
        ),
        _TYPED,
    ),
    "x-ms-editor": Extension(_TEXT, "parameter schema items"),
    "x-ms-media-kind": Extension(Shape("text", ("image", "audio"))),
    "x-ms-docs": Extension(
        Shape(
            "list",
            items=Shape("mapping", members={"url": _TEXT, "description": _TEXT}, required=("url", "description")),
        ),
        "document",
    ),
    # Pages and long-running operations
    "x-ms-pageable": Extension(Shape("mapping", members=_PAGEABLE), "operation"),
    "x-ms-long-running-operation": Extension(_FLAG, "operation"),
    # Assistants
    "x-ms-openai-data": Extension(
        Shape("mapping", members={"openai-enabled": _FLAG, "operations": Shape("list", items=_ASSISTANT_OPERATION)}),
        "document operation",
    ),
    "x-ms-openai-manifest": Extension(
        Shape(
            "mapping",
            members=dict.fromkeys(("humanName", "modelDescription", "contactEmail", "legalUrl", "logoUrl"), _TEXT),
            required=("humanName", "modelDescription", "contactEmail"),
        ),
        "document",
    ),
    _CONFIRMATION: Extension(_FLAG, "operation"),
}
"""The extensions that are checked, by name."""

CAPABILITIES: Mapping[str, Shape] = {
    "document": Shape("mapping", members=_CAPABILITIES),
    "operation": _CHUNKS,
}
"""What ``x-ms-capabilities`` may hold differs by the kind of node."""
