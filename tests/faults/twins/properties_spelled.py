"""Faults of how properties are spelled, and of conditions that can never hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults.twins.form import REMOVED, Fault
from tests.faults.twins.properties import MULTI, POLICIES, RIGHT, SCHEMA

_FILE = "apiProperties.json#"
_P = f"{_FILE}/properties"
_CP = f"{_P}/connectionParameters"
_POLICY = f"{_P}/policyTemplateInstances"
_HEADER, _ROUTE = f"{_POLICY}/0/parameters", f"{_POLICY}/2/parameters"
_ADDED = f"{_POLICY}/3/parameters"
_NAMED, _OPERATIONS = "x-ms-apimTemplateParameter", "x-ms-apimTemplate-operationName"
_SECTION = "x-ms-apimTemplate-policySection"
_TENANT = f"{_CP}/token:TenantId"
_OAUTH = f"{_CP}/token/oAuthSettings"
_SETS = f"{_P}/connectionParameterSets"
_AZURE: dict[str, Any] = {
    "/securityDefinitions": {
        "token": {
            "type": "oauth2",
            "flow": "accessCode",
            "authorizationUrl": "https://login.microsoftonline.com/common/oauth2/authorize",
            "tokenUrl": "https://login.microsoftonline.com/common/oauth2/token",
            "scopes": {"read": "Read."},
        }
    },
    "/security": [{"token": ["read"]}],
    f"{_CP}/api_key": REMOVED,
    f"{_CP}/token": {
        "type": "oauthSetting",
        "oAuthSettings": {
            "identityProvider": "aad",
            "clientId": "<client id>",
            "scopes": ["read"],
            "redirectMode": "Global",
            "redirectUrl": "https://global.consent.azure-apim.net/redirect",
            "properties": {"IsFirstParty": "False"},
            "customParameters": {"resourceUri": {"value": "https://graph.pets.example"}},
        },
    },
    _TENANT: {
        "type": "string",
        "metadata": {"sourceType": "AzureActiveDirectoryTenant"},
        "uiDefinition": {
            "displayName": "Tenant",
            "description": "The tenant of the application.",
            "constraints": {"required": "false", "hidden": "true"},
        },
    },
}
_CERTIFIED: dict[str, Any] = {
    **_AZURE,
    f"{_OAUTH}/identityProvider": "aadcertificate",
    f"{_OAUTH}/properties": {"IsFirstParty": "True"},
}
_ADDITIONAL: dict[str, Any] = {
    **_AZURE,
    f"{_OAUTH}/additionalParameters": {
        "realm": {"type": "string", "applicableWhen": [{"parameter": "region", "oneOf": ["eu", None]}]}
    },
}
_REALM = f"{_OAUTH}/additionalParameters/realm"
_DEPENDENCY = f"{_CP}/api_key/uiDefinition/constraints/dependencies"
_CHOICE: dict[str, Any] = {
    _SETS: {
        "uiDefinition": {"displayName": "Sign-in", "description": "How you sign in."},
        "values": [
            {
                "name": "key",
                "uiDefinition": {"displayName": "Key", "description": "With a key."},
                "metadata": {"allowSharing": False},
                "parameters": RIGHT["properties"]["connectionParameters"],
            }
        ],
    }
}
_PAGES_OF_LIST: dict[str, Any] = {
    "/paths/~1pets/get/x-ms-pageable": {"nextLinkName": "nextLink"},
    "/paths/~1pets/get/responses/200/schema": {
        "type": "object",
        "properties": {
            "value": {"type": "array", "items": {"$ref": "#/definitions/Pet"}},
            "nextLink": {"type": "string"},
        },
    },
}
_HOOK: dict[str, Any] = {
    "/paths/~1hooks": {
        "x-ms-notification-content": {"schema": {"type": "object", "properties": {"name": {"type": "string"}}}},
        "post": {
            "operationId": "OnPet",
            "summary": "When a pet is born",
            "x-ms-trigger": "single",
            "parameters": [
                {
                    "name": "hook",
                    "in": "body",
                    "required": True,
                    "schema": {
                        "type": "object",
                        "required": ["url"],
                        "properties": {
                            "url": {"type": "string", "x-ms-notification-url": True, "x-ms-visibility": "internal"}
                        },
                    },
                }
            ],
            "responses": {"201": {"description": "A hook."}},
        },
    },
    "/paths/~1hooks~1{hookId}": {
        "delete": {
            "operationId": "DeleteHook",
            "description": "Deletes a hook.",
            "parameters": [{"name": "hookId", "in": "path", "required": True, "type": "string"}],
            "responses": {"204": {"description": "It is gone."}},
        }
    },
}


def _fault(
    name: str, source: str, sentence: str, wrong: Mapping[str, Any], *at: str, right: Mapping[str, Any] | None = None
) -> Fault:
    """A fault in the properties; ``right`` are changes of the right ones."""
    return Fault(name, source, sentence, "microsoft", wrong, at or tuple(wrong), {_FILE: RIGHT, **(right or {})})


def _policy(template: str, operations: list[str], **parameters: Any) -> dict[str, Any]:
    named = {f"{_NAMED}.{name}": value for name, value in parameters.items()}
    return {"templateId": template, "title": "Another", "parameters": {_OPERATIONS: operations, **named}}


_POLLED: dict[str, Any] = {
    "/paths/~1pets/get/x-ms-trigger": "batch",
    **_HOOK,
    f"{_P}/capabilities/-": "triggers",
    f"{_POLICY}/-": _policy("pollingtrigger", ["ListPets"], triggerConfig={"limit": "5"}, triggerDataPath="@body()"),
}
_FETCHED = _policy("setvaluefromurl", ["ListPets"], parameterTemplate="@headers('X-Token')",
                   parameterValueUrl="https://api.pets.example/v1/token",
                   parameterValuePathTemplate="@body().name")  # fmt: skip

# A row is two or three lines, so that a screen shows fifteen faults.
# fmt: off
_CASES = [
    _fault("redirect mode in another case", SCHEMA, "redirectMode is Global, GlobalPerConnector or Direct",
           {f"{_OAUTH}/redirectMode": "global"}, right=_AZURE),
    _fault("identity provider in another case", SCHEMA, "identityProvider is oauth2, oauth2generic, aad, …",
           {f"{_OAUTH}/identityProvider": "AAD"}, right=_AZURE),
    _fault("first party in another case", SCHEMA, 'IsFirstParty is "True" or "False"',
           {f"{_OAUTH}/properties/IsFirstParty": "false"}, right=_AZURE),
    _fault("source of a tenant in another case", SCHEMA, "sourceType is AzureActiveDirectoryTenant",
           {f"{_TENANT}/metadata/sourceType": "azureActiveDirectoryTenant"}, right=_AZURE),
    _fault("client identifier in small letters", SCHEMA, "the member is called clientId",
           {f"{_OAUTH}/clientId": REMOVED, f"{_OAUTH}/clientid": "<client id>"}, f"!{_OAUTH}/clientid", right=_AZURE),
    _fault("section of a policy in another case", SCHEMA, "the sections are Request and Response",
           {f"{_HEADER}/{_SECTION}": "request"}, right={f"{_HEADER}/{_SECTION}": "Request"}),
    _fault("method of a route in another case", SCHEMA, "httpMethod is a method in capitals",
           {f"{_ROUTE}/{_NAMED}.httpMethod": "get"}),
    _fault("method of a request in another case", SCHEMA, "httpMethod is a method, or @Request.OriginalHTTPMethod",
           {f"{_ROUTE}/{_NAMED}.httpMethod": "@request.originalHttpMethod"},
           right={f"{_ROUTE}/{_NAMED}.httpMethod": "@Request.OriginalHTTPMethod"}),
    _fault("action of a policy in another case", SCHEMA, "existsAction is override, skip or append",
           {f"{_HEADER}/{_NAMED}.existsAction": "Skip"}, right={f"{_HEADER}/{_NAMED}.existsAction": "skip"}),
    _fault("parameter of a policy in another case", SCHEMA, "a template has its own parameters only",
           {f"{_HEADER}/{_NAMED}.name": REMOVED, f"{_HEADER}/{_NAMED}.Name": "X-Region"}, f"!{_HEADER}/{_NAMED}.Name"),
    _fault("operations of a policy in another case", SCHEMA, "the operations are in …-operationName",
           {f"{_HEADER}/{_OPERATIONS}": REMOVED, f"{_HEADER}/x-ms-apimtemplate-operationName": ["ListPets"]},
           f"!{_HEADER}/x-ms-apimtemplate-operationName"),
    _fault("title of a set in small letters", MULTI, "a set has a displayName",
           {f"{_SETS}/values/0/uiDefinition/displayName": REMOVED, f"{_SETS}/values/0/uiDefinition/displayname": "Key"},
           f"!{_SETS}/values/0/uiDefinition/displayname", right=_CHOICE),
    _fault("sharing of a set in small letters", MULTI, "metadata have allowSharing",
           {f"{_SETS}/values/0/metadata": {"allowsharing": False}}, f"!{_SETS}/values/0/metadata/allowsharing",
           right=_CHOICE),
]
_PARTS = [
    _fault("section beside the parameters of a policy", SCHEMA, "a policy has templateId, title and parameters",
           {f"{_POLICY}/0/{_SECTION}": "Request"}, f"!{_POLICY}/0/{_SECTION}"),
    _fault("type of a policy that is none", SCHEMA, "the type of the policy pollingtrigger is PollingTrigger",
           {f"{_POLICY}/3/type": "PollTrigger"}, right={**_POLLED, f"{_POLICY}/3/type": "PollingTrigger"}),
    _fault("misspelled source of a tenant", SCHEMA, "metadata of token:TenantId have sourceType",
           {f"{_TENANT}/metadata": {"sourcesType": "AzureActiveDirectoryTenant"}}, f"!{_TENANT}/metadata/sourcesType",
           f"!{_TENANT}/metadata", right=_AZURE),
    _fault("tenant without its source", SCHEMA, "token:TenantId has metadata",
           {f"{_TENANT}/metadata": REMOVED}, f"!{_TENANT}", right=_AZURE),
    _fault("tenant that is a secret", SCHEMA, "token:TenantId is of type string",
           {f"{_TENANT}/type": "securestring"}, right=_AZURE),
    _fault("OAuth properties without IsFirstParty", SCHEMA, "properties have IsFirstParty",
           {f"{_OAUTH}/properties": {}}, f"!{_OAUTH}/properties", right=_AZURE),
    _fault("certificate without properties", SCHEMA, "aadcertificate has properties with IsFirstParty",
           {f"{_OAUTH}/properties": REMOVED}, f"!{_OAUTH}", right=_CERTIFIED),
    _fault("two redirects in a text", SCHEMA, "redirectUrl is a URI",
           {f"{_OAUTH}/redirectUrl":
            "https://global.consent.azure-apim.net/redirect;https://europe-001.consent.azure-apim.net/redirect"},
           right=_AZURE),
    _fault("redirect that is empty", SCHEMA, "redirectUrl is a URI", {f"{_OAUTH}/redirectUrl": ""}, right=_AZURE),
    _fault("additional parameter of another type", SCHEMA, "the type is string or securestring",
           {f"{_REALM}/type": "int"}, right=_ADDITIONAL),
    _fault("additional parameter that is a text", SCHEMA, "an additional parameter is an object",
           {_REALM: "string"}, right=_ADDITIONAL),
    _fault("additional parameter for no value", SCHEMA, "oneOf has a value",
           {f"{_REALM}/applicableWhen/0/oneOf": []}, right=_ADDITIONAL),
    _fault("additional parameter with an unknown condition", SCHEMA, "a condition has parameter and oneOf",
           {f"{_REALM}/applicableWhen/0/values": ["eu"]}, f"!{_REALM}/applicableWhen/0/values", right=_ADDITIONAL),
    _fault("additional parameter that depends on nothing", SCHEMA, "a condition names another connectionParameter",
           {f"{_REALM}/applicableWhen/0/parameter": "regoin"}, right=_ADDITIONAL),
    _fault("field that depends on a value nobody can choose", SCHEMA, "dependencies have values of the other parameter",
           {f"{_DEPENDENCY}/region/values/0": "asia"}, right={_DEPENDENCY: {"region": {"values": ["eu"]}}}),
    _fault("next link of OData for another", POLICIES, "updatenextlink names the property of the link",
           {f"{_ADDED}/{_NAMED}.nextLinkPropertyName": "@odata.nextLink"},
           right={**_PAGES_OF_LIST, f"{_POLICY}/-": _policy("updatenextlink", ["ListPets"],
                                                            nextLinkPropertyName="nextLink")}),
    _fault("host that begins with a value without https", POLICIES, "urlTemplate is a URL",
           {f"{_POLICY}/1/parameters/{_NAMED}.urlTemplate": "@connectionParameters('region')"}),
    _fault("host that begins with a part of it", POLICIES, "urlTemplate is a URL",
           {f"{_POLICY}/1/parameters/{_NAMED}.urlTemplate": "@{connectionParameters('shop')}.pets.example/v1"},
           right={f"{_CP}/shop": {"type": "string", "uiDefinition": {
               "displayName": "Shop", "description": "Your shop.", "constraints": {"required": "true"}}},
               f"{_POLICY}/1/parameters/{_NAMED}.urlTemplate":
                   "https://@{connectionParameters('shop')}.pets.example/v1"}),
    *(
        _fault(f"{what} that a policy replaces", POLICIES, "override replaces the value that is there",
               {f"{_ADDED}/{_NAMED}.existsAction": "override"}, f"{_ADDED}/{_NAMED}.name",
               right={"/paths/~1pets/get/parameters/-": {
                   "name": "shop", "in": place, "type": "string", "x-ms-summary": "Shop", "description": "A shop."},
                   f"{_POLICY}/-": _policy(template, ["ListPets"], name="shop", value="1", existsAction="skip")})
        for what, place, template in (("query", "query", "setqueryparameter"), ("header", "header", "setheader"))
    ),
    _fault("value to choose of another type", SCHEMA, "the values are of the type of the parameter",
           {f"{_CP}/region/uiDefinition/constraints/allowedValues/1/value": "two"},
           right={f"{_CP}/region/type": "int", f"{_CP}/region/defaultValue": "1",
                  f"{_CP}/region/uiDefinition/constraints/allowedValues": [
                      {"text": "Europe", "value": "1"}, {"text": "Americas", "value": "2"}]}),
    _fault("scopes that nothing delimits", "RFC 6749, 3.3", "scopes are delimited",
           {f"{_OAUTH}/customParameters/scopeListDelimiter/value": ""},
           right={**_AZURE, f"{_OAUTH}/identityProvider": "oauth2generic", f"{_OAUTH}/scopes": ["read", "openid"],
                  f"{_OAUTH}/customParameters": {
                      "authorizationUrlTemplate": {"value": "https://login.microsoftonline.com/common/oauth2/authorize"},
                      "tokenUrlTemplate": {"value": "https://login.microsoftonline.com/common/oauth2/token"},
                      "refreshUrlTemplate": {"value": "https://login.microsoftonline.com/common/oauth2/token"},
                      "scopeListDelimiter": {"value": ","}}}),
    _fault("base path with a connection parameter", "Swagger 2.0, basePath", "basePath has no variables",
           {"/basePath": "/{region}/v1"}),
    _fault("expression of a value beside a token that is not there", POLICIES, "expressions read connection parameters",
           {f"{_HEADER}/{_NAMED}.value": "@connectionParameters('token:TenentId')"},
           right={**_AZURE, f"{_HEADER}/{_NAMED}.value": "@connectionParameters('token:TenantId')"}),
    _fault("poll of a webhook", POLICIES, "pollingtrigger is for triggers that poll",
           {f"{_ADDED}/{_OPERATIONS}/0": "OnPet"}, right=_POLLED),
    _fault("second route after a value for another operation", POLICIES, "routerequesttoendpoint replaces the path",
           {f"{_POLICY}/-": _policy("routerequesttoendpoint", ["GetPet"], newPath="/beasts/{petId}")},
           f"{_POLICY}/4/parameters/{_NAMED}.newPath", right={f"{_POLICY}/-": _FETCHED}),
    _fault("header field that is set twice without being read", POLICIES, "setheader sets one value",
           {f"{_ADDED}/{_NAMED}.value": "eu"}, f"{_ADDED}/{_NAMED}.name",
           right={f"{_POLICY}/-": _policy("setheader", ["ListPets"], name="X-Region", value="in @headers('X-Region')",
                                          existsAction="override")}),
]
# fmt: on

FAULTS = [*_CASES, *_PARTS]
