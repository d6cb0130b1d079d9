"""Faults of dynamic values, schemas and trees, of capabilities, pages and replacements."""

from __future__ import annotations

from typing import Any

from tests.faults.twins.form import REMOVED, Fault
from tests.faults.twins.microsoft_extensions import LIST

_VALUES_PAGE = "OpenAPI extensions for custom connectors, Use dynamic values"
_SCHEMA_PAGE = "OpenAPI extensions for custom connectors, Use dynamic schema"
_TEST_PAGE = "Implement test connection"
_MS = "microsoft"


def _query(name: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "type": "string", "description": "A text.", "x-ms-summary": "Text", **members}


def _object(**properties: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}}


def _operation(name: str, parameters: list[Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": f"Call {name}",
        "description": "Serves other operations.",
        "x-ms-visibility": "internal",
        "parameters": parameters,
        "responses": {"200": {"description": "What there is.", "schema": schema}},
    }


_KINDS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "count": {"type": "integer"},
        "kinds": {"type": "array", "items": _object(code="string", title="string", parent="boolean")},
    },
}
_KINDS = _operation(
    "getKinds", [_query("shop", required=True), _query("page", type="integer", required=True)], _KINDS_SCHEMA
)
_SHAPE = _operation("getShape", [_query("kind", required=True)], _object(schema="object", version="string"))
_BY_VALUES = {
    "operationId": "getKinds",
    "parameters": {"shop": {"parameter": "shop"}, "page": 1},
    "value-collection": "kinds",
    "value-path": "code",
    "value-title": "title",
}
_BY_LIST = {
    "operationId": "getKinds",
    "parameters": {"shop": {"parameterReference": "shop"}, "page": {"value": 1}},
    "itemsPath": "kinds",
    "itemValuePath": "code",
    "itemTitlePath": "title",
}
_LEVEL = {**_BY_LIST, "itemIsParent": "(parent eq true)", "itemFullTitlePath": "title"}
_BY_TREE = {
    "settings": {"canSelectParentNodes": True, "canSelectLeafNodes": True},
    "open": _LEVEL,
    "browse": {
        **_LEVEL,
        "parameters": {"shop": {"selectedItemValuePath": "code"}, "page": {"value": 1}},
    },
}
_BY_SCHEMA = {"operationId": "getShape", "parameters": {"kind": {"parameter": "kind"}}, "value-path": "schema"}
_BY_PROPERTIES = {
    "operationId": "getShape",
    "parameters": {"kind": {"parameterReference": "kind"}},
    "itemValuePath": "schema",
}
_RIGHT = {
    "/paths/~1kinds": {"get": _KINDS},
    "/paths/~1shape": {"get": _SHAPE},
    f"{LIST}/parameters": [
        _query("kind", **{"x-ms-dynamic-values": _BY_VALUES, "x-ms-dynamic-list": _BY_LIST}),
        _query("shop", required=True),
        _query("branch", type="integer", required=True),
        _query("tree", **{"x-ms-dynamic-tree": _BY_TREE}),
    ],
    f"{LIST}/responses/200/schema": {
        "type": "object",
        "x-ms-dynamic-schema": _BY_SCHEMA,
        "x-ms-dynamic-properties": _BY_PROPERTIES,
    },
}
_KIND = f"{LIST}/parameters/0"
_OLD, _NEW, _TREE = (
    f"{_KIND}/x-ms-dynamic-values",
    f"{_KIND}/x-ms-dynamic-list",
    f"{LIST}/parameters/3/x-ms-dynamic-tree",
)
_OLD_SCHEMA, _NEW_SCHEMA = (f"{LIST}/responses/200/schema/x-ms-dynamic-{name}" for name in ("schema", "properties"))


def _calling(name: str, sentence: str, wrong: dict[str, Any], at: str, page: str = _VALUES_PAGE) -> Fault:
    return Fault(name, page, sentence, _MS, right=_RIGHT, wrong=wrong, at=(at,))


_CALLS = [
    # Operations
    *(
        _calling(
            f"{name} call nothing", "operationId names an operation of the document",
            {f"{at}/operationId": "getKindz"}, f"{at}/operationId",
        )
        for name, at in (
            ("choices", _OLD), ("list", _NEW), ("first level", f"{_TREE}/open"), ("next level", f"{_TREE}/browse"),
            ("schema", _OLD_SCHEMA), ("properties", _NEW_SCHEMA),
        )
    ),
    *(
        _calling(f"{name} without an operation", "operationId is required", {f"{at}/operationId": REMOVED}, f"!{at}")
        for name, at in (("choices", _OLD), ("list", _NEW), ("first level", f"{_TREE}/open"), ("schema", _OLD_SCHEMA))
    ),
    _calling("tree without its first level", "open lists the first level", {f"{_TREE}/open": REMOVED}, f"!{_TREE}"),
    # What is passed
    *(
        _calling(
            f"{name} pass an unknown parameter", "parameters are those of the called operation",
            {f"{at}/parameters/shopp": {"value": "x"} if at != _OLD else "x"}, f"!{at}/parameters/shopp",
        )
        for name, at in (("choices", _OLD), ("list", _NEW), ("first level", f"{_TREE}/open"),
                         ("properties", _NEW_SCHEMA))
    ),
    *(
        _calling(
            f"{name} leave out a required parameter", "what the operation requires is passed",
            {f"{at}/parameters/{parameter}": REMOVED}, f"!{at}/parameters",
        )
        for name, at, parameter in (
            ("choices", _OLD, "page"), ("list", _NEW, "page"), ("next level", f"{_TREE}/browse", "page"),
            ("schema", _OLD_SCHEMA, "kind"), ("properties", _NEW_SCHEMA, "kind"),
        )
    ),
    _calling("choices pass nothing", "parameters is required", {f"{_OLD}/parameters": REMOVED}, f"!{_OLD}"),
    *(
        _calling(
            f"{name} take a value from nowhere", "the parameter is of the operation",
            {f"{at}/parameters/{parameter}/{form}": "shoop"}, f"{at}/parameters/{parameter}/{form}",
        )
        for name, at, parameter, form in (
            ("choices", _OLD, "shop", "parameter"), ("list", _NEW, "shop", "parameterReference"),
            ("schema", _OLD_SCHEMA, "kind", "parameter"), ("properties", _NEW_SCHEMA, "kind", "parameterReference"),
        )
    ),
    _calling(
        "list takes a value from a property of nothing", "a path begins with a parameter",
        {f"{_NEW}/parameters/shop": {"parameterReference": "bdy/shop"}}, f"{_NEW}/parameters/shop/parameterReference",
    ),
    _calling(
        "choices pass a text for a number", "the value is of the parameter's type",
        {f"{_OLD}/parameters/page": "first"}, f"{_OLD}/parameters/page",
    ),
    _calling(
        "list passes a text for a number", "the value is of the parameter's type",
        {f"{_NEW}/parameters/page": {"value": "1"}}, f"{_NEW}/parameters/page",
    ),
    _calling(
        "choices take a number for a text", "both parameters are of the same type",
        {f"{_OLD}/parameters/shop": {"parameter": "branch"}}, f"{_OLD}/parameters/shop",
    ),
    _calling(
        "choices depend on an internal parameter", "the value of an internal parameter is written here",
        {f"{LIST}/parameters/1/x-ms-visibility": "internal", f"{LIST}/parameters/1/default": "main"},
        f"{_OLD}/parameters/shop",
    ),
    _calling(
        "choices in the form of lists", "a reference is {parameter: name}",
        {f"{_OLD}/parameters/shop": {"parameterReference": "shop"}}, f"{_OLD}/parameters/shop",
    ),
    _calling(
        "list in the form of choices", "a reference is {parameterReference: path}",
        {f"{_NEW}/parameters/shop": {"parameter": "shop"}}, f"{_NEW}/parameters/shop",
    ),
    _calling(
        "list with a bare value", "a value is {value: …}", {f"{_NEW}/parameters/page": 1}, f"{_NEW}/parameters/page",
    ),
    # What comes back
    *(
        _calling(
            f"{name} look for a list that is not there", "the path leads to a list of the response",
            {f"{at}/{member}": "kindz"}, f"{at}/{member}",
        )
        for name, at, member in (
            ("choices", _OLD, "value-collection"), ("list", _NEW, "itemsPath"),
            ("first level", f"{_TREE}/open", "itemsPath"),
        )
    ),
    _calling(
        "choices look for a list in a number", "the path leads to a list of the response",
        {f"{_OLD}/value-collection": "count"}, f"{_OLD}/value-collection",
    ),
    _calling(
        "choices of a response that is no list", "without value-collection the response is a list",
        {f"{_OLD}/value-collection": REMOVED}, f"{_OLD}/operationId",
    ),
    *(
        _calling(
            f"{name}: {member} to nothing", "the path leads to a property of an item",
            {f"{at}/{member}": "cod"}, f"{at}/{member}",
        )
        for name, at, member in (
            ("choices", _OLD, "value-path"), ("choices", _OLD, "value-title"), ("list", _NEW, "itemValuePath"),
            ("list", _NEW, "itemTitlePath"), ("first level", f"{_TREE}/open", "itemValuePath"),
            ("next level", f"{_TREE}/browse", "itemTitlePath"),
        )
    ),
    *(
        _calling(
            f"{name} at a path to nothing", "the response has the property", {f"{at}/{member}": "shcema"},
            f"{at}/{member}", _SCHEMA_PAGE,
        )
        for name, at, member in (
            ("schema", _OLD_SCHEMA, "value-path"), ("properties", _NEW_SCHEMA, "itemValuePath"),
        )
    ),
    _calling(
        "two spellings that call two operations", "the newer extension is added along with the older",
        {_NEW: {**_BY_LIST, "operationId": "ListPets", "parameters": {}, "itemsPath": "", "itemValuePath": "id",
                "itemTitlePath": "name"}},
        f"{_NEW}/operationId",
    ),
]  # fmt: skip

_CALLS += [
    _calling(
        "choices pass an object that says nothing", "a reference is {parameter: name}",
        {f"{_OLD}/parameters/shop": {"paramter": "shop"}}, f"{_OLD}/parameters/shop",
    ),
    _calling(
        "choices take a value from a number", "a reference names a parameter",
        {f"{_OLD}/parameters/shop": {"parameter": 3}}, f"{_OLD}/parameters/shop/parameter",
    ),
    _calling(
        "choices pass null for a required parameter", "what the operation requires is passed",
        {f"{_OLD}/parameters/shop": None}, f"{_OLD}/parameters/shop",
    ),
    _calling(
        "choices that depend on themselves", "the value is taken from another parameter",
        {f"{_OLD}/parameters/shop": {"parameter": "kind"}}, f"{_OLD}/parameters/shop",
    ),
    _calling(
        "choices without the path of their value", "the value is a property of the item",
        {f"{_OLD}/value-path": REMOVED}, f"!{_OLD}",
    ),
    _calling(
        "path that begins with a slash", "a path string has no leading slash", {f"{_OLD}/value-path": "/code"},
        f"{_OLD}/value-path",
    ),
    _calling(
        "choices of a response that is not described", "the response has a schema",
        {"/paths/~1kinds/get/responses/200/schema": REMOVED}, f"{_OLD}/operationId",
    ),
    _calling(
        "choices whose value is a list", "the value of a choice is a single value",
        {"/paths/~1kinds/get/responses/200/schema/properties/kinds/items/properties/code": {
            "type": "array", "items": {"type": "string"}}}, f"{_OLD}/value-path",
    ),
    _calling(
        "schema in a number", "the property has the schema",
        {"/paths/~1shape/get/responses/200/schema/properties/schema": {"type": "integer"}},
        f"{_OLD_SCHEMA}/value-path", _SCHEMA_PAGE,
    ),
    _calling("tree without the next level", "browse lists the next level", {f"{_TREE}/browse": REMOVED}, f"!{_TREE}"),
    _calling("tree whose items have no value", "itemValuePath is the value of an item",
             {f"{_TREE}/open/itemValuePath": REMOVED}, f"!{_TREE}/open"),
    _calling("tree that asks for an unknown property", "itemIsParent is about a property of the items",
             {f"{_TREE}/open/itemIsParent": "(folder eq true)"}, f"{_TREE}/open/itemIsParent"),
    _calling(
        "tree that passes an unknown property", "selectedItemValuePath is a property of the items",
        {f"{_TREE}/browse/parameters/shop": {"selectedItemValuePath": "folder"}},
        f"{_TREE}/browse/parameters/shop/selectedItemValuePath",
    ),
    _calling(
        "tree with a misspelled setting", "settings has canSelectParentNodes",
        {f"{_TREE}/settings": {"canSelectParentNode": True}}, f"!{_TREE}/settings/canSelectParentNode",
    ),
]  # fmt: skip

_SHARED = {
    "/paths/~1kinds": {"get": _KINDS},
    "/definitions/Pet/properties/kind": {
        "type": "string",
        "x-ms-dynamic-values": {**_BY_VALUES, "parameters": {"shop": {"parameter": "shop"}, "page": 1}},
    },
    "/definitions/Pet/properties/shop": {"type": "string", "description": "The shop."},
}
_PICKER = {
    "file-picker": {
        "open": {"operationId": "getKinds", "parameters": {"shop": {"value": "x"}, "page": {"value": 1}}},
        "browse": {
            "operationId": "getKinds",
            "parameters": {"shop": {"value-property": "code"}, "page": {"value": 1}},
        },
        "value-collection": "kinds",
        "value-title": "title",
    }
}
_PICKING = {
    "/paths/~1kinds": {"get": _KINDS},
    "/x-ms-capabilities": _PICKER,
    f"{LIST}/parameters/-": _query(
        "file", **{"x-ms-dynamic-values": {"capability": "file-picker", "value-path": "code"}}
    ),
}
_TEST = {
    "/paths/~1kinds": {"get": _KINDS},
    "/x-ms-capabilities": {
        "testConnection": {"operationId": "getKinds", "parameters": {"shop": "main", "page": 1}},
    },
}
_TESTED = "/x-ms-capabilities/testConnection"
_REPLACED = {
    f"{LIST}/deprecated": True,
    f"{LIST}/summary": "List pets (deprecated)",
    f"{LIST}/description": "Lists the pets (deprecated).",
    f"{LIST}/x-ms-api-annotation": {
        "family": "Pets", "revision": 1, "replacement": {"api": "Pets", "operationId": "GetPet"},
    },
}  # fmt: skip
_REPLACEMENT = f"{LIST}/x-ms-api-annotation/replacement/operationId"
_PAGED = {
    f"{LIST}/x-ms-pageable": {"nextLinkName": "nextLink"},
    f"{LIST}/responses/200/schema": {
        "type": "object",
        "properties": {
            "value": {"type": "array", "items": {"$ref": "#/definitions/Pet"}},
            "nextLink": {"type": "string"},
            "count": {"type": "integer"},
        },
    },
}
_PAGE = f"{LIST}/x-ms-pageable"

FAULTS = [
    *_CALLS,
    Fault(
        "replacement of an operation that is in use",
        "OpenAPI extensions for custom connectors, x-ms-api-annotation",
        "only a deprecated operation is replaced",
        _MS,
        right=_REPLACED,
        wrong={f"{LIST}/deprecated": REMOVED},
        at=(f"!{LIST}/x-ms-api-annotation/replacement",),
    ),
    Fault(
        "internal with a default, but optional",
        "OpenAPI extensions for custom connectors, x-ms-visibility",
        "only required values are sent in every request",
        _MS,
        right={f"{LIST}/parameters/-": _query("shop", required=True, default="x", **{"x-ms-visibility": "internal"})},
        wrong={f"{LIST}/parameters/1/required": False},
        at=(f"{LIST}/parameters/1/x-ms-visibility",),
    ),
    Fault(
        "shared choices take a value from nowhere",
        _VALUES_PAGE,
        "the parameter is of the operation that uses the definition",
        _MS,
        right=_SHARED,
        wrong={"/definitions/Pet/properties/kind/x-ms-dynamic-values/parameters/shop": {"parameter": "shoop"}},
        at=("/definitions/Pet/properties/kind/x-ms-dynamic-values/parameters/shop/parameter",),
    ),
    Fault(
        "file picker that the document does not have",
        "x-ms-capabilities",
        "a capability is one of the document",
        _MS,
        right=_PICKING,
        wrong={"/x-ms-capabilities": REMOVED},
        at=(f"{LIST}/parameters/1/x-ms-dynamic-values/capability",),
    ),
    *(
        Fault(
            f"file picker: {part} calls nothing",
            "x-ms-capabilities",
            "operationId names an operation of the document",
            _MS,
            right=_PICKING,
            wrong={f"/x-ms-capabilities/file-picker/{part}/operationId": "getFiles"},
            at=(f"/x-ms-capabilities/file-picker/{part}/operationId",),
        )
        for part in ("open", "browse")
    ),
    Fault(
        "test of a connection by nothing",
        _TEST_PAGE,
        "the operationId exists within the same specification",
        _MS,
        right=_TEST,
        wrong={f"{_TESTED}/operationId": "testConnection"},
        at=(f"{_TESTED}/operationId",),
    ),
    Fault(
        "test of a connection that needs an argument",
        _TEST_PAGE,
        "the operation supports a call without parameters, or with those that are written here",
        _MS,
        right=_TEST,
        wrong={f"{_TESTED}/parameters": {"page": 1}},
        at=(f"{_TESTED}/operationId", f"!{_TESTED}/parameters"),
    ),
    Fault(
        "test of a connection that needs a body",
        _TEST_PAGE,
        "the operation supports a call without parameters",
        _MS,
        right=_TEST,
        wrong={f"{_TESTED}": {"operationId": "AddPet"}},
        at=(f"{_TESTED}/operationId",),
    ),
    Fault(
        "test of a connection that changes something",
        _TEST_PAGE,
        "the operation is a GET",
        _MS,
        right=_TEST,
        wrong={"/paths/~1kinds": {"post": _KINDS}},
        at=(f"{_TESTED}/operationId",),
    ),
    Fault(
        "test of a connection with an unknown parameter",
        _TEST_PAGE,
        "the parameters are those of the operation",
        _MS,
        right=_TEST,
        wrong={f"{_TESTED}/parameters/top": 1},
        at=(f"!{_TESTED}/parameters/top",),
    ),
    Fault(
        "test of a connection with a value of another type",
        _TEST_PAGE,
        "the parameters are those of the operation",
        _MS,
        right=_TEST,
        wrong={f"{_TESTED}/parameters/page": "one"},
        at=(f"{_TESTED}/parameters/page",),
    ),
    Fault(
        "assistants call nothing",
        "x-ms-openai-data",
        "operationId names an operation of the document",
        _MS,
        right={f"{LIST}/x-ms-openai-data": {"openai-enabled": True, "operations": [{"operationId": "ListPets"}]}},
        wrong={f"{LIST}/x-ms-openai-data/operations/0/operationId": "listPetz"},
        at=(f"{LIST}/x-ms-openai-data/operations/0/operationId",),
    ),
    *(
        Fault(
            f"an operation simulates or subscribes to nothing: {name}",
            name,
            "operationId names an operation of the document",
            _MS,
            right={f"{LIST}/x-ms-trigger": "batch", f"{LIST}/{name}": right},
            wrong={f"{LIST}/{name}{inside}/operationId": "getNothing"},
            at=(f"{LIST}/{name}{inside}/operationId",),
        )
        for name, inside, right in (
            ("x-ms-operation-context", "/simulate", {"simulate": {"operationId": "GetPet"}}),
            ("x-ms-notification", "", {"operationId": "GetPet"}),
        )
    ),
    *(
        Fault(
            f"capability {name} in the wrong place",
            "OpenAPI extensions for custom connectors, x-ms-capabilities",
            "testConnection is of the connector, chunkTransfer of an operation",
            _MS,
            right={f"{right}/x-ms-capabilities": {name: value}},
            wrong={f"{right}/x-ms-capabilities": REMOVED, f"{wrong}/x-ms-capabilities": {name: value}},
            at=(f"!{wrong}/x-ms-capabilities/{name}",),
        )
        for name, right, wrong, value in (
            ("testConnection", "", LIST, {"operationId": "ListPets"}),
            ("chunkTransfer", "/paths/~1pets/post", "", True),
        )
    ),
    *(
        Fault(
            f"replaced by {what}",
            "OpenAPI extensions for custom connectors, x-ms-api-annotation",
            "the replacement is an operation to use instead",
            _MS,
            right=_REPLACED,
            wrong={_REPLACEMENT: name, **more},
            at=(_REPLACEMENT,),
        )
        for what, name, more in (
            ("nothing", "getPett", {}),
            ("itself", "ListPets", {}),
            ("what is deprecated, too", "GetPet", {"/paths/~1pets~1{petId}/get/deprecated": True}),
        )
    ),
    *(
        Fault(
            name,
            "x-ms-pageable",
            sentence,
            _MS,
            right=_PAGED,
            wrong=wrong,
            at=at,
        )
        for name, sentence, wrong, at in (
            ("pages without a link", "nextLinkName is required", {_PAGE: {}}, (f"!{_PAGE}",)),
            ("pages with a link to nothing", "nextLinkName is a property of the response",
             {f"{_PAGE}/nextLinkName": "next"}, (f"{_PAGE}/nextLinkName",)),
            ("pages with a link that is a number", "the link is a URL",
             {f"{_PAGE}/nextLinkName": "count"}, (f"{_PAGE}/nextLinkName",)),
            ("pages whose items are not there", "itemName is a property of the response",
             {f"{_PAGE}/itemName": "items"}, (f"{_PAGE}/itemName",)),
            ("pages with an empty link", "nextLinkName is a property of the response",
             {f"{_PAGE}/nextLinkName": ""}, (f"{_PAGE}/nextLinkName",)),
            ("pages without a list", "a page has items",
             {f"{LIST}/responses/200/schema/properties/value": REMOVED}, (f"!{_PAGE}",)),
            ("pages of a list that has no link", "nextLinkName is a property of the response",
             {f"{LIST}/responses/200/schema": {"type": "array", "items": {"type": "string"}}},
             (f"{_PAGE}/nextLinkName",)),
            ("pages that are fetched by nothing", "operationName is an operation",
             {f"{_PAGE}/operationName": "listMore"}, (f"{_PAGE}/operationName",)),
        )
    ),
    *(
        Fault(
            f"internal and required without a default: {where}",
            "OpenAPI extensions for custom connectors, x-ms-visibility",
            "an internal parameter that is required has a default",
            _MS,
            right={at: node},
            wrong={f"{place}/default": REMOVED},
            at=(f"{place}/x-ms-visibility",),
        )
        for where, at, place, node in (
            ("a query parameter", f"{LIST}/parameters/-", f"{LIST}/parameters/1",
             _query("shop", required=True, default="main", **{"x-ms-visibility": "internal"})),
            ("an object of a property", "/definitions/Pet/properties/name",
             "/definitions/Pet/properties/name",
             {"type": "object", "description": "A name.", "default": {"a": "x"}, "required": ["a"],
              "properties": {"a": {"type": "string"}}, "x-ms-visibility": "internal"}),
            ("a property", "/definitions/Pet/properties/name", "/definitions/Pet/properties/name",
             {"type": "string", "description": "A name.", "default": "x", "x-ms-visibility": "internal"}),
        )
    ),
]  # fmt: skip
