"""Faults under the ids of Microsoft's validation: each is reported under its id in Microsoft's profile.

Source: "Fix Swagger Validator errors" (learn.microsoft.com/connectors/custom-connectors).
"""

from __future__ import annotations

from typing import Any

from tests.faults.twins.form import REMOVED, Fault
from tests.faults.twins.microsoft_extensions import ADD, GET, LIST

_SOURCE = "Fix Swagger Validator errors"
_LIMIT, _ID, _BODY = f"{LIST}/parameters/0", f"{GET}/parameters/0", f"{ADD}/parameters/0"
_PET = "/definitions/Pet"
_NAME, _TAG, _NUMBER = (f"{_PET}/properties/{name}" for name in ("name", "tag", "id"))
_ANNOTATION = "x-ms-api-annotation"


def _query(name: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "type": "string", "description": "A text.", "x-ms-summary": "Text", **members}


def _form(name: str, **members: Any) -> dict[str, Any]:
    return {**_query(name), "in": "formData", **members}


def _nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"in": schema}}
    return schema


_DEPRECATED = {
    f"{LIST}/deprecated": True,
    f"{LIST}/summary": "List pets (deprecated)",
    f"{LIST}/description": "Lists the pets (deprecated).",
}
_REPLACED = {
    **_DEPRECATED,
    f"{LIST}/{_ANNOTATION}": {"family": "L", "revision": 1, "replacement": {"api": "Pets", "operationId": "GetPet"}},
}
_FAMILY = {
    f"{LIST}/{_ANNOTATION}": {"family": "L", "revision": 1, "status": "Preview"},
    f"{GET}/{_ANNOTATION}": {"family": "L", "revision": 2, "status": "Preview"},
    f"{GET}/operationId": "getPetV2",
}
_ENUM = {_TAG: {"type": "string", "enum": ["a", "b"], "x-ms-enum-values": [{"value": "a", "displayName": "A"}]}}
_HOOKS: dict[str, Any] = {
    "/paths/~1hooks": {
        "x-ms-notification-content": {"schema": {"type": "object", "properties": {"id": {"type": "string"}}}},
        "post": {
            "operationId": "subscribe",
            "summary": "When a pet comes",
            "description": "This operation triggers when a pet comes.",
            "x-ms-trigger": "single",
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
                            "url": {"type": "string", "x-ms-notification-url": True, "x-ms-visibility": "internal"}
                        },
                    },
                },
                _query("limit", type="integer"),
            ],
            "responses": {"201": {"description": "Subscribed."}},
        },
    },
    "/paths/~1hooks~1{hookId}": {
        "delete": {
            "operationId": "unsubscribe",
            "x-ms-visibility": "internal",
            "parameters": [
                {**_query("hookId"), "in": "path", "required": True, "x-ms-url-encoding": "single"},
            ],
            "responses": {"200": {"description": "Deleted."}},
        }
    },
}
_HOOK = "/paths/~1hooks/post/parameters/0/schema/properties/url"
_NOTIFIED = {
    **_HOOKS,
    f"{LIST}/x-ms-trigger": "batch",
    f"{LIST}/x-ms-notification": {"operationId": "subscribe"},
}
_KINDS = {
    "/paths/~1kinds": {
        "get": {
            "operationId": "getKinds",
            "x-ms-visibility": "internal",
            "parameters": [_query("shop", required=True)],
            "responses": {
                "200": {
                    "description": "The kinds.",
                    "schema": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}},
                }
            },
        }
    }
}
_CHOICES = {"operationId": "getKinds", "value-path": "id", "parameters": {"shop": {"parameter": "shop"}}}
_LIST_OF = {"operationId": "getKinds", "itemValuePath": "id", "parameters": {"shop": {"parameterReference": "shop"}}}
_AMBIGUOUS = {
    **_KINDS,
    f"{ADD}/parameters/-": _query("shop", required=True),
    f"{_PET}/properties/shop": {"type": "string"},
    f"{ADD}/parameters/-1": REMOVED,
}
_SHAPE = {
    "/paths/~1shape": {
        "get": {
            "operationId": "getShape",
            "x-ms-visibility": "internal",
            "parameters": [_query("shop", required=True)],
            "responses": {
                "200": {
                    "description": "The shape.",
                    "schema": {"type": "object", "properties": {"schema": {"type": "object"}}},
                }
            },
        }
    }
}
_DYNAMIC = {"operationId": "getShape", "value-path": "schema", "parameters": {"shop": {"parameter": "shop"}}}
_NEWER = {"operationId": "getShape", "itemValuePath": "schema", "parameters": {"shop": {"parameterReference": "shop"}}}


def _adding(**members: Any) -> dict[str, Any]:
    """A body with a property ``kind``, and a query parameter ``shop``."""
    return {
        **_KINDS,
        **_SHAPE,
        f"{ADD}/parameters": [
            {
                "name": "pet",
                "in": "body",
                "required": True,
                "description": "The pet.",
                "schema": {
                    "type": "object",
                    "properties": {
                        "store": {"type": "string", "description": "A store.", "x-ms-summary": "Store"},
                        "kind": {"type": "string", "description": "A kind.", "x-ms-summary": "Kind", **members},
                    },
                },
            },
            _query("shop", required=True),
        ],
    }


_KIND = f"{_BODY}/schema/properties/kind"
_BOTH = _adding(**{"x-ms-dynamic-values": _CHOICES, "x-ms-dynamic-list": _LIST_OF})
_SHAPED = _adding(type="object", **{"x-ms-dynamic-schema": _DYNAMIC, "x-ms-dynamic-properties": _NEWER})
_SHOP_IN_BODY = {f"{_BODY}/schema/properties/shop": {"type": "string"}}
_OF_STORE = {"parameter": "store"}
_TREE = {
    "x-ms-dynamic-values": {"capability": "file-picker", "value-path": "id"},
    "x-ms-dynamic-tree": {
        "open": {**_LIST_OF},
        "browse": {**_LIST_OF, "parameters": {"shop": {"selectedItemValuePath": "id"}}},
    },
}
_PICKING = {
    **_adding(**_TREE),
    "/x-ms-capabilities": {
        "file-picker": {"open": {"operationId": "getKinds", "parameters": {"shop": {"value": "x"}}}}
    },
}

Row = tuple[str, dict[str, Any], dict[str, Any], str]
_ROWS: list[Row] = [
    # Operations
    ("ApiAnnotationExtensionReplacementInfoForNonDeprecatedOperations", _REPLACED, {f"{LIST}/deprecated": REMOVED},
     f"!{LIST}/{_ANNOTATION}/replacement"),
    ("ApiAnnotationExtensionReplacementInfoMissingApiProperty", _REPLACED,
     {f"{LIST}/{_ANNOTATION}/replacement/api": REMOVED}, f"!{LIST}/{_ANNOTATION}/replacement"),
    ("ApiAnnotationExtensionReplacementInfoMissingOperationIdProperty", _REPLACED,
     {f"{LIST}/{_ANNOTATION}/replacement/operationId": REMOVED}, f"!{LIST}/{_ANNOTATION}/replacement"),
    ("ArrayDuplicateValue", {}, {"/schemes": ["https", "https"]}, "/schemes/1"),
    ("BodyOrFormDataParameterInFetchOperationNotAllowed", _NOTIFIED,
     {f"{LIST}/parameters": [{"name": "b", "in": "body", "schema": {"$ref": "#/definitions/Pet"},
                              "description": "A pet."}]}, f"{LIST}/parameters/0"),
    ("ConnectionIdParameterNotAllowed", {f"{LIST}/parameters/-": _query("connection")},
     {f"{LIST}/parameters/1/name": "connectionId"}, f"{LIST}/parameters/1/name"),
    ("ConsumesMissing", {}, {"/consumes": REMOVED}, f"!{ADD}"),
    ("DuplicateEnumValuesInExtension", _ENUM,
     {f"{_TAG}/x-ms-enum-values/-": {"value": "a", "displayName": "Also a"}}, f"{_TAG}/x-ms-enum-values/1"),
    ("DuplicateOperationPath", {}, {"/paths/~1pets~1{other}": {"parameters": []}}, "!/paths/~1pets~1{other}"),
    ("DynamicExtensionDefinitionNotAllowedInParameter", _BOTH, {f"{_BODY}/x-ms-dynamic-values": _CHOICES},
     f"!{_BODY}/x-ms-dynamic-values"),
    ("DynamicListExtensionRequiredForAmbiguousReferences", _BOTH,
     {**_SHOP_IN_BODY, f"{_KIND}/x-ms-dynamic-list": REMOVED}, f"{_KIND}/x-ms-dynamic-values/parameters/shop"),
    ("DynamicListExtensionRequiredForNonParameterReferences", _BOTH,
     {f"{_KIND}/x-ms-dynamic-values/parameters/shop": _OF_STORE, f"{_KIND}/x-ms-dynamic-list": REMOVED},
     f"{_KIND}/x-ms-dynamic-values/parameters/shop"),
    ("DynamicPropertiesExtensionRequiredForAmbiguousReferences", _SHAPED,
     {**_SHOP_IN_BODY, f"{_KIND}/x-ms-dynamic-properties": REMOVED}, f"{_KIND}/x-ms-dynamic-schema/parameters/shop"),
    ("DynamicPropertiesExtensionRequiredForNonParameterReferences", _SHAPED,
     {f"{_KIND}/x-ms-dynamic-schema/parameters/shop": _OF_STORE, f"{_KIND}/x-ms-dynamic-properties": REMOVED},
     f"{_KIND}/x-ms-dynamic-schema/parameters/shop"),
    ("DynamicPropertiesExtensionRequiredForPropertiesValuePath", _SHAPED,
     {f"{_KIND}/x-ms-dynamic-schema/value-path": "schema/properties", f"{_KIND}/x-ms-dynamic-properties": REMOVED},
     f"{_KIND}/x-ms-dynamic-schema/value-path"),
    ("DynamicPropertiesItemValuePathMismatch", _SHAPED, {f"{_KIND}/x-ms-dynamic-properties/itemValuePath": "shape"},
     f"{_KIND}/x-ms-dynamic-properties/itemValuePath"),
    ("DynamicTreeExtensionMissing", _PICKING, {f"{_KIND}/x-ms-dynamic-tree": REMOVED},
     f"{_KIND}/x-ms-dynamic-values/capability"),
    ("InvalidEnumValue", _ENUM, {f"{_TAG}/enum/1": 2}, f"{_TAG}/enum/1"),
    ("InvalidEnumValuesExtensionValue", _ENUM, {f"{_TAG}/x-ms-enum-values/0/value": "c"},
     f"{_TAG}/x-ms-enum-values/0/value"),
    ("InvalidFormDataParameterName", {
        f"{ADD}/consumes": ["multipart/form-data"], f"{ADD}/parameters": [_form("name")]},
     {f"{ADD}/parameters/0/name": "größe"}, f"{ADD}/parameters/0/name"),
    ("InvalidNextLinkNameValue", {
        f"{LIST}/x-ms-pageable": {"nextLinkName": "nextLink"},
        f"{LIST}/responses/200/schema": {"type": "object", "properties": {
            "nextLink": {"type": "string"}, "next": {"type": "string"}}}},
     {f"{LIST}/x-ms-pageable/nextLinkName": "next"}, f"{LIST}/x-ms-pageable/nextLinkName"),
    ("InvokedOperationShouldProduceArray", _BOTH, {"/paths/~1kinds/get/responses/200/schema": {
        "type": "object", "properties": {"id": {"type": "string"}}}}, f"{_KIND}/x-ms-dynamic-values/operationId"),
    ("InvokedOperationShouldProduceProperty", _BOTH, {f"{_KIND}/x-ms-dynamic-values/value-path": "code"},
     f"{_KIND}/x-ms-dynamic-values/value-path"),
    ("MimeTypeNotCompatibleWithRequestContentSchemaType", {
        f"{ADD}/consumes": ["multipart/form-data"], f"{ADD}/parameters": [_form("name")]},
     {f"{ADD}/consumes": ["application/json"]}, f"!{ADD}/parameters/0"),
    ("NotificationExtensionNotSupportedInWebhookOperation", _HOOKS,
     {"/paths/~1hooks/post/x-ms-notification": {"operationId": "subscribe"}}, "!/paths/~1hooks/post/x-ms-notification"),
    ("NotificationExtensionSupportedForTriggerOnly", _NOTIFIED, {f"{LIST}/x-ms-trigger": REMOVED},
     f"!{LIST}/x-ms-notification"),
    ("NotificationOperationMustBeWebhook", _NOTIFIED, {f"{LIST}/x-ms-notification/operationId": "GetPet"},
     f"{LIST}/x-ms-notification/operationId"),
    ("OperationFamilyHasDuplicateRevisions", _FAMILY, {f"{GET}/{_ANNOTATION}/revision": 1},
     f"{GET}/{_ANNOTATION}/revision"),
    ("OperationFamilyHasManyActiveOperations", {**_FAMILY, f"{ADD}/operationId": "addPetV3"},
     {f"{ADD}/{_ANNOTATION}": {"family": "L", "revision": 3}}, f"!{GET}/{_ANNOTATION}"),
    ("OperationFamilyHasManyActiveProductionOperations", _FAMILY,
     {f"{LIST}/{_ANNOTATION}/status": "Production", f"{GET}/{_ANNOTATION}/status": "Production"},
     f"{GET}/{_ANNOTATION}/status"),
    ("OperationFamilyHasManyEmptyRevisions", _FAMILY,
     {f"{LIST}/{_ANNOTATION}/revision": REMOVED, f"{GET}/{_ANNOTATION}/revision": REMOVED}, f"!{GET}/{_ANNOTATION}"),
    ("OperationHasManyResponsesWithSchema", {}, {f"{GET}/responses/404/schema": {"$ref": "#/definitions/Pet"}},
     f"!{GET}/responses/404"),
    ("OperationIdNotFound", _BOTH, {f"{_KIND}/x-ms-dynamic-values/operationId": "getKindz"},
     f"{_KIND}/x-ms-dynamic-values/operationId"),
    ("OperationIdNotUnique", {}, {f"{GET}/operationId": "ListPets"}, f"{GET}/operationId"),
    ("OperationIdRequired", {}, {f"{GET}/operationId": REMOVED}, f"!{GET}"),
    ("OperationIdSanitized", {}, {f"{GET}/operationId": "get$pet"}, f"{GET}/operationId"),
    ("OperationIdShouldEndWithRevision", _FAMILY, {f"{GET}/operationId": "GetPet"}, f"{GET}/operationId"),
    ("OperationIdTooLong", {}, {f"{GET}/operationId": "get" * 40}, f"{GET}/operationId"),
    ("OperationMissingPathParameter", {}, {f"{GET}/parameters": REMOVED}, "!/paths/~1pets~1{petId}"),
    ("OperationMissingRequiredProperty", _BOTH, {f"{_KIND}/x-ms-dynamic-values/parameters": {}},
     f"!{_KIND}/x-ms-dynamic-values/parameters"),
    ("OperationMustHaveNotificationContentExtension", _HOOKS, {"/paths/~1hooks/x-ms-notification-content": REMOVED},
     "!/paths/~1hooks/post"),
    ("OperationMustHaveResponse", {}, {f"{GET}/responses": {}}, f"!{GET}/responses"),
    ("OperationParameterNameNotFound", _BOTH, {f"{_KIND}/x-ms-dynamic-values/parameters/shopp": "x"},
     f"!{_KIND}/x-ms-dynamic-values/parameters/shopp"),
    ("OperationParameterRequiredMismatch", _BOTH, {f"{ADD}/parameters/1/required": False},
     f"{_KIND}/x-ms-dynamic-values/parameters/shop"),
    ("OperationParametersAreNotUnique", {f"{LIST}/parameters/-": _query("a")}, {f"{LIST}/parameters/-": _query("a")},
     f"{LIST}/parameters/2"),
    ("OperationParametersContainDuplicateParameter", {f"{LIST}/parameters/-": _query("a")},
     {f"{LIST}/parameters/-": _query("a", type="integer")}, f"{LIST}/parameters/2"),
    ("OperationParametersContainMultipleBodyParameters", {},
     {f"{ADD}/parameters/-": {"name": "b", "in": "body", "schema": {"type": "string"}}}, f"{ADD}/parameters/1"),
    ("OperationParameterStaticTypeMismatch", _BOTH, {f"{_KIND}/x-ms-dynamic-values/parameters/shop": 7},
     f"{_KIND}/x-ms-dynamic-values/parameters/shop"),
    ("OperationParameterTypeMismatch", _BOTH, {f"{ADD}/parameters/1/type": "integer"},
     f"{_KIND}/x-ms-dynamic-values/parameters/shop"),
    ("OperationPathContainsUnsupportedCharacters", {}, {"/paths/~1all*": {"get": {
        "operationId": "all", "x-ms-visibility": "internal", "responses": {"204": {"description": "All."}}}}},
     "!/paths/~1all*"),
    ("OperationPathMayNotContainQueryOrFragment", {}, {"/paths/~1all?x=1": {"get": {
        "operationId": "all", "x-ms-visibility": "internal", "responses": {"204": {"description": "All."}}}}},
     "!/paths/~1all?x=1"),
    ("OperationPathMustStartWithSlash", {}, {"/paths/all": {}}, "!/paths/all"),
    ("OperationPathTemplateNotValid", {}, {"/paths/~1all{x": {"get": {
        "operationId": "all", "x-ms-visibility": "internal", "responses": {"204": {"description": "All."}}}}},
     "!/paths/~1all{x"),
    ("OperationRevisionEmpty", _FAMILY, {f"{GET}/{_ANNOTATION}/revision": REMOVED}, f"!{GET}/{_ANNOTATION}"),
    ("OperationShouldHaveSuccessfulResponse", {}, {f"{GET}/responses": {"404": {"description": "None."}}},
     f"!{GET}/responses"),
    ("OperationStatusAheadOfConnector", {**_FAMILY, f"/info/{_ANNOTATION}": {"status": "Preview"}},
     {f"{LIST}/{_ANNOTATION}/status": "Production"}, f"{LIST}/{_ANNOTATION}/status"),
    ("OperationSummaryTooLong", {}, {f"{LIST}/summary": "List " + "pets " * 20 + "of all"}, f"{LIST}/summary"),
    ("PartialDuplicateOperationPath", {}, {"/paths/~1pets~1all": {"get": {
        "operationId": "all", "x-ms-visibility": "internal", "responses": {"204": {"description": "All."}}}}},
     "!/paths/~1pets~1all"),
    ("PathParameterMustBeRequired", {}, {f"{_ID}/required": False}, f"{_ID}/required"),
    ("PathParameterNotDefinedInTemplate", {},
     {f"{LIST}/parameters/-": {**_query("x"), "in": "path", "required": True, "x-ms-url-encoding": "single"}},
     f"{LIST}/parameters/1/name"),
    ("PathParametersContainDuplicateParameter", {"/paths/~1pets/parameters": [_query("a")]},
     {"/paths/~1pets/parameters/-": _query("a", type="integer")}, "/paths/~1pets/parameters/1"),
    ("PathParametersContainMultipleBodyParameters", {},
     {"/paths/~1pets~1{petId}/parameters": [
         {"name": name, "in": "body", "schema": {"$ref": "#/definitions/Pet"}} for name in "ab"]},
     "/paths/~1pets~1{petId}/parameters/1"),
    ("PathRedefined", {}, {"/paths/~1Pets": {"delete": {
        "operationId": "all", "x-ms-visibility": "internal", "responses": {"204": {"description": "All."}}}}},
     "!/paths/~1Pets"),
    ("RestrictedCharactersInSummary", {}, {f"{LIST}/summary": "List <pets>"}, f"{LIST}/summary"),
    ("SelectedItemValuePathNotAllowedInThisPosition", _PICKING,
     {f"{_KIND}/x-ms-dynamic-tree/open/parameters/shop": {"selectedItemValuePath": "id"}},
     f"!{_KIND}/x-ms-dynamic-tree/open/parameters/shop/selectedItemValuePath"),
    ("StringBinaryNotSupportedForFormUrlEncoded", {
        f"{ADD}/consumes": ["application/x-www-form-urlencoded"], f"{ADD}/parameters": [_form("name")]},
     {f"{ADD}/parameters/0/format": "binary"}, f"{ADD}/parameters/0"),
    ("UnrecognizedTypeFormat", {}, {f"{_TAG}/format": "colour"}, f"{_TAG}/format"),
    ("WebhookOperationsMissingNotificationUrlProperty", _HOOKS, {f"{_HOOK}/x-ms-notification-url": REMOVED},
     "!/paths/~1hooks/post"),
    # Arrays, what is not supported
    ("ArrayHasNoItems", {_TAG: {"type": "array", "items": {"type": "string"}}}, {f"{_TAG}/items": REMOVED},
     f"{_TAG}/type"),
    ("RequiredPropertyArrayEmpty", {}, {f"{_PET}/required": []}, f"{_PET}/required"),
    ("SchemesArrayEmpty", {}, {"/schemes": []}, "/schemes"),
    ("CollectionFormatValueNotSupported", {}, {f"{_LIMIT}/collectionFormat": "spaces"}, f"{_LIMIT}/collectionFormat"),
    ("MimeTypeNotSupported", {}, {"/produces": ["chemical/x-pdb"]}, "/produces/0"),
    ("PathItemRefNotSuppored", {}, {"/paths/~1all": {"$ref": "#/paths/~1pets"}}, "/paths/~1all/$ref"),
    ("SwaggerKeywordNotSupported", {}, {f"{_TAG}/anyOf": [{"type": "string"}]}, f"!{_TAG}/anyOf"),
    # Parameters
    ("FileParameterMustBeInFormData", {}, {f"{_LIMIT}/type": "file"}, f"{_LIMIT}/type"),
    ("ParameterListContainsFormDataAndBody", {f"{ADD}/consumes": ["multipart/form-data"]},
     {f"{ADD}/parameters/-": _form("a")}, f"{ADD}/parameters/1"),
    ("ParameterReferenceNotFound", {}, {f"{_LIMIT}": {"$ref": "#/parameters/limit"}}, f"{_LIMIT}/$ref"),
    ("ParameterReferenceNotValid", {}, {f"{_LIMIT}": {"$ref": "#/definitions/Pet"}}, f"{_LIMIT}/$ref"),
    ("ParameterRefLoopNotAllowed", {"/parameters": {"a": _query("a")},
                                    f"{LIST}/parameters/-": {"$ref": "#/parameters/a"}},
     {"/parameters/b": {"$ref": "#/parameters/a"}}, "/parameters/b/$ref"),
    ("ParamtersWithSameNameMustHaveSameTypeAndVisibility", _NOTIFIED, {f"{_LIMIT}/type": "string"}, _LIMIT),
    ("PathParameterMissingEncoding", {}, {f"{_ID}/x-ms-url-encoding": REMOVED}, _ID),
    ("QueryParameterEncodingNotSupported", {}, {f"{_LIMIT}/x-ms-url-encoding": "single"},
     f"!{_LIMIT}/x-ms-url-encoding"),
    ("ReservedParameterIsUsed", {}, {f"{LIST}/parameters/-": {**_query("Authorization"), "in": "header"}},
     f"{LIST}/parameters/1/name"),
    ("ResponseRefLoopNotAllowed", {"/responses": {"a": {"description": "A."}},
                                   f"{GET}/responses/404": {"$ref": "#/responses/a"}},
     {"/responses/b": {"$ref": "#/responses/a"}}, "/responses/b/$ref"),
    ("SourcePropertyInternal", _BOTH,
     {f"{ADD}/parameters/1/x-ms-visibility": "internal", f"{ADD}/parameters/1/default": "x"},
     f"{_KIND}/x-ms-dynamic-values/parameters/shop"),
    # Properties
    ("AdditionalPropertyNotAllowed", {}, {f"{LIST}/colour": "red"}, f"!{LIST}/colour"),
    ("AdditionalPropertyNotAllowedAdjacentToRef", {}, {f"{_BODY}/schema/description": "A pet."},
     f"!{_BODY}/schema/description"),
    ("BasePathNotValid", {}, {"/basePath": "v1"}, "/basePath"),
    ("BodyParameterPropertyNotValid", {}, {f"{_BODY}/type": "object"}, f"!{_BODY}/type"),
    ("ContactEmailNotValid", {}, {"/info/contact/email": "desk at pets"}, "/info/contact/email"),
    ("DefaultValueMustMatchType", {f"{_LIMIT}/default": 7}, {f"{_LIMIT}/default": "seven"}, f"{_LIMIT}/default"),
    ("EnumMustContainAtLeastOneElement", {f"{_TAG}/enum": ["a"]}, {f"{_TAG}/enum": []}, f"{_TAG}/enum"),
    ("ExtensionNameNotValid", {}, {f"{LIST}/ms-visibility": "important"}, f"!{LIST}/ms-visibility"),
    ("FilterFunctionsPropertyEmpty", {f"{GET}/responses/200/schema": {"type": "object", "properties": {
        "a": {"type": "string", "x-ms-capabilities": {"filterFunctions": ["eq"]}}}}},
     {f"{GET}/responses/200/schema/properties/a/x-ms-capabilities/filterFunctions": []},
     f"{GET}/responses/200/schema/properties/a/x-ms-capabilities/filterFunctions"),
    ("FilterFunctionsPropertyHasDuplicates", {f"{GET}/responses/200/schema": {"type": "object", "properties": {
        "a": {"type": "string", "x-ms-capabilities": {"filterFunctions": ["eq"]}}}}},
     {f"{GET}/responses/200/schema/properties/a/x-ms-capabilities/filterFunctions": ["eq", "eq"]},
     f"{GET}/responses/200/schema/properties/a/x-ms-capabilities/filterFunctions/1"),
    ("FilterFunctionsPropertyInvalidValue", {f"{GET}/responses/200/schema": {"type": "object", "properties": {
        "a": {"type": "string", "x-ms-capabilities": {"filterFunctions": ["eq"]}}}}},
     {f"{GET}/responses/200/schema/properties/a/x-ms-capabilities/filterFunctions": ["equals"]},
     f"{GET}/responses/200/schema/properties/a/x-ms-capabilities/filterFunctions/0"),
    ("FilterFunctionsPropertyInInputSchema", _adding(),
     {f"{_KIND}/x-ms-capabilities": {"filterFunctions": ["eq"]}}, f"!{_KIND}/x-ms-capabilities/filterFunctions"),
    ("HostNameNotValid", {}, {"/host": "https://api.pets.example"}, "/host"),
    ("InternalPropertyWithDefaultOptional", _adding(),
     {f"{_KIND}/x-ms-visibility": "internal", f"{_KIND}/default": "x"}, f"!{_KIND}"),
    ("InvalidStringBinaryProperty", {}, {f"{_TAG}/format": "binary"}, f"{_TAG}/format"),
    ("JsonTypeIncorrect", {}, {f"{LIST}/tags": "pets"}, f"{LIST}/tags"),
    ("JsonValueNotInEnum", {}, {f"{_LIMIT}/type": "int"}, f"{_LIMIT}/type"),
    ("MimeTypeNotValid", {}, {"/produces": ["json"]}, "/produces/0"),
    ("MissingEnumValuesDisplayName", _ENUM, {f"{_TAG}/x-ms-enum-values/0/displayName": REMOVED},
     f"{_TAG}/x-ms-enum-values/0"),
    ("MultipleOfMustBeGreaterThanZero", {}, {f"{_NUMBER}/multipleOf": 0}, f"{_NUMBER}/multipleOf"),
    ("PropertyMustBeRequired", {f"{LIST}/parameters/-": _query(
        "a", required=True, default="x", **{"x-ms-visibility": "internal"})},
     {f"{LIST}/parameters/1/required": False}, f"{LIST}/parameters/1/x-ms-visibility"),
    ("RequiredPropertyDefinitionMissing", {}, {f"{_PET}/required/-": "age"}, f"{_PET}/required/2"),
    ("RequiredPropertyMissing", {}, {"/info/version": REMOVED}, "!/info"),
    ("RequiredPropertyNotOnObject", {}, {f"{_TAG}/required": ["a"]}, f"!{_TAG}/required"),
    ("RequiredReadOnlyPropertyNotAllowedAsInput", {}, {f"{_NAME}/readOnly": True}, f"{_NAME}/readOnly"),
    ("SchemeNotValid", {}, {"/schemes": ["ftp"]}, "/schemes/0"),
    ("SecuritySchemePropertyNotValid", {}, {"/securityDefinitions/key/flow": "implicit"},
     "!/securityDefinitions/key/flow"),
    ("SecuritySchemePropertyRequired", {}, {"/securityDefinitions/key/name": REMOVED}, "!/securityDefinitions/key"),
    ("SpecificationVersionIncorrect", {}, {"/swagger": "2.1"}, "/swagger"),
    ("TagRedefined", {"/tags": [{"name": "pets", "description": "Pets."}]},
     {"/tags/-": {"name": "pets", "description": "Pets, too."}}, "/tags/1/name"),
    ("UrlNotValid", {}, {"/info/contact/url": "pets help"}, "/info/contact/url"),
    # Responses and schemas
    ("BodyParameterSchemaRequired", {}, {f"{_BODY}/schema": REMOVED}, _BODY),
    ("BodySchemaCountExceedsMaxAllowed", _adding(), {f"{_BODY}/schema/properties": {
        f"p{number}": {"type": "string"} for number in range(600)}}, f"!{ADD}"),
    ("DefaultResponseHasSchema", {f"{GET}/responses/default": {"description": "An error."}},
     {f"{GET}/responses/default/schema": {"$ref": "#/definitions/Pet"}}, f"!{GET}/responses/default/schema"),
    ("InvalidCustomEditorExtensionDictionaryValue", {
        _TAG: {"type": "object", "additionalProperties": {"type": "string"}, "x-ms-editor": "dictionary"}},
     {f"{_TAG}/additionalProperties": REMOVED}, f"{_TAG}/x-ms-editor"),
    ("JsonPointerNotValid", {}, {f"{_BODY}/schema/$ref": "../pets.json#/definitions/Pet"}, f"{_BODY}/schema/$ref"),
    ("NonBodyParameterSchemaNotValid", {}, {f"{_LIMIT}/schema": {"type": "string"}}, f"!{_LIMIT}/schema"),
    ("RequiredLoopInSchemaNotAllowed", {}, {f"{_PET}/properties/parent": {"$ref": "#/definitions/Pet"},
                                            f"{_PET}/required/-": "parent"}, f"!{_PET}/properties/parent"),
    ("ResponseExampleMustBeProducedByOperation", {
        f"{GET}/responses/200/examples": {"application/json": {"id": 1, "name": "x"}}},
     {f"{GET}/responses/200/examples": {"text/csv": "1"}}, f"!{GET}/responses/200/examples/text~1csv"),
    ("ResponseHeadersAreNotUnique", {f"{GET}/responses/200/headers": {"X-A": {"type": "string"}}},
     {f"{GET}/responses/200/headers/x-a": {"type": "string"}}, f"!{GET}/responses/200/headers/x-a"),
    ("ResponseMustBeDefaultOrHttpStatusCode", {}, {f"{GET}/responses/2XX": {"description": "Well."}},
     f"!{GET}/responses/2XX"),
    ("ResponseReferenceNotFound", {}, {f"{GET}/responses/404": {"$ref": "#/responses/none"}},
     f"{GET}/responses/404/$ref"),
    ("ResponseReferenceNotValid", {}, {f"{GET}/responses/404": {"$ref": "#/definitions/Pet"}},
     f"{GET}/responses/404/$ref"),
    ("SchemaDefinitionSetIncorrectly", {}, {f"{GET}/responses": {"203": {
        "description": "A pet.", "schema": {"$ref": "#/definitions/Pet"}}}}, f"!{GET}/responses"),
    ("SchemaReferenceNotFound", {}, {f"{_BODY}/schema/$ref": "#/definitions/Pett"}, f"{_BODY}/schema/$ref"),
    ("SchemaReferenceNotValid", {}, {f"{_BODY}/schema/$ref": "#/securityDefinitions/key"}, f"{_BODY}/schema/$ref"),
    ("SchemaRefLoopNotAllowed", {}, {"/definitions/Animal": {"$ref": "#/definitions/Pet"}}, "/definitions/Animal/$ref"),
    ("SchemaTooDeep", {}, {f"{GET}/responses/200/schema": _nested(30)}, f"{GET}/responses/200/schema"),
    ("SchemaTypeFileNotValid", {}, {f"{_TAG}/type": "file"}, f"{_TAG}/type"),
    ("SchemeNotSupported", {}, {"/schemes": ["wss"]}, "/schemes/0"),
    # Security
    ("OAuthSecurityRequirementValueMustBeScopeName", {
        "/securityDefinitions/key": {"type": "oauth2", "flow": "implicit",
                                     "authorizationUrl": "https://pets.example/login", "scopes": {"read": "Read."}},
        "/security/0/key": ["read"]}, {"/security/0/key": ["write"]}, "/security/0/key/0"),
    ("SecurityRequirementMustBeDefined", {}, {"/security": [{"key": []}, {"token": []}]}, "!/security/1/token"),
    ("SecurityRequirementMustHaveEmptyValue", {}, {"/security/0/key": ["read"]}, "!/security/0/key"),
    ("SecurityRequirementMustHaveValue", {}, {"/security/0/key": None}, "!/security/0/key"),
    # Webhooks
    ("NotificationUrlNotAllowedInThisPosition", _HOOKS, {f"{GET}/responses/200/schema": {
        "type": "object", "properties": {"url": {"type": "string", "x-ms-notification-url": True}}}},
     f"!{GET}/responses/200/schema/properties/url/x-ms-notification-url"),
    ("NotificationUrlNotInternal", _HOOKS, {f"{_HOOK}/x-ms-visibility": REMOVED}, f"!{_HOOK}"),
    ("NotificationUrlNotRequired", _HOOKS, {"/paths/~1hooks/post/parameters/0/schema/required": REMOVED}, f"!{_HOOK}"),
    ("NotificationUrlNotString", _HOOKS, {f"{_HOOK}/type": "integer"}, f"{_HOOK}/type"),
    # Limits and texts
    ("AllowEmptyValueOnlyValidForQueryFormData", {}, {f"{_ID}/allowEmptyValue": True}, f"!{_ID}/allowEmptyValue"),
    ("DiscriminatorMustBeARequiredStringProperty", {f"{_PET}/discriminator": "name"}, {f"{_PET}/discriminator": "kind"},
     f"{_PET}/discriminator"),
    ("ExclusiveMaximumRequiresMaximum", {}, {f"{_NUMBER}/exclusiveMaximum": True}, f"!{_NUMBER}/exclusiveMaximum"),
    ("ExclusiveMinimumRequiresMinimum", {}, {f"{_NUMBER}/exclusiveMinimum": True}, f"!{_NUMBER}/exclusiveMinimum"),
    ("MaxItemsMustBeGreaterThanOrEqualToZero", {}, {f"{LIST}/responses/200/schema/maxItems": -1},
     f"{LIST}/responses/200/schema/maxItems"),
    ("MaxLengthMustBeGreaterThanOrEqualToZero", {}, {f"{_NAME}/maxLength": -1}, f"{_NAME}/maxLength"),
    ("MaxPropertiesMustBeGreaterThanOrEqualToZero", {}, {f"{_PET}/maxProperties": -1}, f"{_PET}/maxProperties"),
    ("MinimumShouldBeLessThanOrEqualToMaximum", {f"{_NUMBER}/minimum": 1}, {f"{_NUMBER}/maximum": 0},
     f"{_NUMBER}/minimum"),
    ("MinItemsMustBeGreaterThanOrEqualToZero", {}, {f"{LIST}/responses/200/schema/minItems": -1},
     f"{LIST}/responses/200/schema/minItems"),
    ("MinItemsShouldBeLessThanOrEqualToMaxItems", {f"{LIST}/responses/200/schema/minItems": 2},
     {f"{LIST}/responses/200/schema/maxItems": 1}, f"{LIST}/responses/200/schema/minItems"),
    ("MinLengthMustBeGreaterThanOrEqualToZero", {}, {f"{_NAME}/minLength": -1}, f"{_NAME}/minLength"),
    ("MinLengthShouldBeLessThanOrEqualToMaxLength", {}, {f"{_NAME}/minLength": 50}, f"{_NAME}/minLength"),
    ("MinPropertiesMustBeGreaterThanOrEqualToZero", {}, {f"{_PET}/minProperties": -1}, f"{_PET}/minProperties"),
    ("PatternShouldBeValidRegularExpression", {}, {f"{_NAME}/pattern": "(a"}, f"{_NAME}/pattern"),
]  # fmt: skip

FAULTS = [
    Fault(id, _SOURCE, f"{id} refuses this", "microsoft", right=right, wrong=wrong, at=(at,), profile="microsoft")
    for id, right, wrong, at in _ROWS
]
