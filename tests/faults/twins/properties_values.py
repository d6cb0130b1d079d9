"""Faults of what connection parameters and policies hold: types, defaults and scopes; values that policies work on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults.twins.form import REMOVED, Fault
from tests.faults.twins.properties import CERTIFY, CONVENTION, MULTI, POLICIES, RIGHT, SCHEMA

_FILE = "apiProperties.json#"
_P = f"{_FILE}/properties"
_CP = f"{_P}/connectionParameters"
_UI = "uiDefinition/constraints"
_POLICY = f"{_P}/policyTemplateInstances"
_ADDED = f"{_POLICY}/3/parameters/x-ms-apimTemplateParameter"
_NAMES = "parameters/x-ms-apimTemplate-operationName"
_OAUTH = f"{_CP}/token/oAuthSettings"
_SETS = f"{_P}/connectionParameterSets"


def _fault(
    name: str, source: str, sentence: str, wrong: Mapping[str, Any], *at: str, right: Mapping[str, Any] | None = None
) -> Fault:
    """A fault in the properties; ``right`` are changes of the right ones."""
    return Fault(name, source, sentence, "microsoft", wrong, at or tuple(wrong), {_FILE: RIGHT, **(right or {})})


def _policy(template: str, operations: list[str], section: str = "", **parameters: Any) -> dict[str, Any]:
    """A change that adds a policy."""
    named = {f"x-ms-apimTemplateParameter.{name}": value for name, value in parameters.items()}
    where = {"x-ms-apimTemplate-policySection": section} if section else {}
    held = {"x-ms-apimTemplate-operationName": operations, **where, **named}
    return {f"{_POLICY}/-": {"templateId": template, "title": "Another", "parameters": held}}


_TOKEN: dict[str, Any] = {
    "/securityDefinitions": {
        "token": {
            "type": "oauth2",
            "flow": "accessCode",
            "authorizationUrl": "https://login.microsoftonline.com/common/oauth2/authorize",
            "tokenUrl": "https://login.microsoftonline.com/common/oauth2/token",
            "scopes": {"read": "Read.", "write": "Write."},
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
            "properties": {
                "IsFirstParty": "False",
                "AzureActiveDirectoryResourceId": "00000003-0000-0000-c000-000000000000",
            },
            "customParameters": {
                "loginUri": {"value": "https://login.microsoftonline.com"},
                "resourceUri": {"value": "https://graph.pets.example"},
                "enableOnbehalfOfLogin": {"value": "false"},
            },
        },
    },
}
_GATEWAY: dict[str, Any] = {
    f"{_P}/capabilities": ["actions", "gateway"],
    f"{_CP}/gateway": {"type": "gatewaySetting", "uiDefinition": {"displayName": "Gateway"}},
}
_GENERIC: dict[str, Any] = {
    **_TOKEN,
    f"{_OAUTH}/identityProvider": "oauth2generic",
    f"{_OAUTH}/customParameters": {
        "authorizationUrlTemplate": {"value": "https://id.pets.example/authorize"},
        "authorizationUrlQueryStringTemplate": {
            "value": "?response_type=code&client_id={ClientId}&redirect_uri={RedirectUrl}&state={State}"
        },
        "tokenUrlTemplate": {"value": "https://id.pets.example/token"},
        "tokenBodyTemplate": {"value": "grant_type=authorization_code&code={Code}&client_id={ClientId}"},
        "refreshUrlTemplate": {"value": "https://id.pets.example/token"},
        "refreshBodyTemplate": {"value": "grant_type=refresh_token&refresh_token={RefreshToken}&client_id={ClientId}"},
    },
}
_CHOICE: dict[str, Any] = {
    _SETS: {
        "uiDefinition": {"displayName": "Sign-in", "description": "How you sign in."},
        "values": [
            {
                "name": "key",
                "uiDefinition": {"displayName": "Key", "description": "With a key."},
                "parameters": RIGHT["properties"]["connectionParameters"],
            }
        ],
    }
}
_LOGIN: dict[str, Any] = {
    "/securityDefinitions": {"login": {"type": "basic"}},
    "/security": [{"login": []}],
    _CP: REMOVED,
    f"{_P}/policyTemplateInstances": [],
    _SETS: {
        "uiDefinition": {"displayName": "Sign-in", "description": "How you sign in."},
        "values": [
            {
                "name": "login",
                "uiDefinition": {"displayName": "Login", "description": "With a password."},
                "parameters": {
                    "username": {"type": "string", "uiDefinition": {"displayName": "Name", "description": "A name."}},
                    "password": {"type": "securestring", "uiDefinition": {"displayName": "Word", "description": "It."}},
                },
            }
        ],
    },
}
_LISTED: dict[str, Any] = {
    "/paths/~1pets/get/responses/200/schema": {
        "type": "object",
        "properties": {
            "value": {"type": "array", "items": {"$ref": "#/definitions/Pet"}},
            "counts": {"type": "object", "properties": {"all": {"type": "integer"}}},
        },
    }
}
_POLL = {"/paths/~1pets/get/x-ms-trigger": "batch", **_LISTED}
_COPY = {"newPropertyParentPathTemplate": "@body()", "newPropertySubPathTemplate": "copy",
         "propertyValuePathTemplate": "@body().name"}  # fmt: skip
_SPLIT = {"propertyParentPath": "@body()", "propertySubPath": "tag", "delimiterList": ",", "childPropertyName": "tag",
          "newPropertyPath": "@body().tags"}  # fmt: skip
_POLLED = {**_POLL, **_policy("pollingtrigger", ["ListPets"], triggerConfig={"limit": "@triggerBody().value[0].id"},
                              triggerDataPath="@triggerBody().value")}  # fmt: skip
_PAIRS = {"propertyParentPath": "@body()", "propertySubPath": "counts", "newPropertyPath": "@body().numbers",
          "keyName": "key", "valueName": "value"}  # fmt: skip
_KEYED = {"propertyParentPath": "@body()", "propertySubPath": "value", "keyWithinCollectionPath": "id",
          "newPropertyPath": "@body().byId", "retainKey": "true"}  # fmt: skip
_FETCHED = {"parameterTemplate": "@headers('X-Token')", "parameterValueUrl": "https://api.pets.example/v1/token",
            "parameterValuePathTemplate": "@body().name"}  # fmt: skip

# A row is two or three lines, so that a screen shows fifteen faults.
# fmt: off
_PARAMETERS = [
    _fault("type of a connection parameter in another spelling", SCHEMA, "the types are string, int, bool and others",
           {f"{_CP}/region/type": "boolean"},
           right={f"{_CP}/region": {"type": "bool", "defaultValue": "true", "uiDefinition": {
               "displayName": "Region", "description": "Whether to choose it.", "constraints": {"required": "true"}}}}),
    _fault("OAuth parameter in another case", SCHEMA, "the type is oauthSetting",
           {f"{_CP}/token/type": "oAuthSetting"}, right=_TOKEN),
    _fault("gateway with a default", SCHEMA, "a gatewaySetting has no value of its own",
           {f"{_CP}/gateway/defaultValue": "here"}, f"!{_CP}/gateway/defaultValue", right=_GATEWAY),
    _fault("values of an OAuth parameter", SCHEMA, "an oauthSetting has no value of its own",
           {f"{_CP}/token/allowedValues": [{"value": "x"}]}, f"!{_CP}/token/allowedValues", right=_TOKEN),
    _fault("required as true", SCHEMA, "required is a text", {f"{_CP}/region/{_UI}/required": True}),
    _fault("negative tabIndex", CONVENTION, "tabIndex is the number of the field",
           {f"{_CP}/region/{_UI}/tabIndex": -1}),
    _fault("default of a secret", CERTIFY, "the files hold no private information",
           {f"{_CP}/api_key/defaultValue": "letmein"}, f"!{_CP}/api_key/defaultValue"),
    _fault("key of a security scheme that nobody enters", CONVENTION, "api_key is the key of an apiKey scheme",
           {f"{_CP}/api_key": REMOVED}, f"!{_CP}"),
    _fault("set with a uiDefinition without a title", MULTI, "a set has a displayName",
           {f"{_SETS}/values/0/uiDefinition/displayName": REMOVED}, f"!{_SETS}/values/0/uiDefinition", right=_CHOICE),
    _fault("set with half of its credentials", MULTI, "a basic scheme takes username and password",
           {f"{_SETS}/values/0/parameters/password": REMOVED}, f"!{_SETS}/values/0/parameters", right=_LOGIN),
    _fault("set without a description", MULTI, "a set has a description",
           {f"{_SETS}/values/0/uiDefinition/description": REMOVED}, f"!{_SETS}/values/0/uiDefinition", right=_CHOICE),
    _fault("secret to choose from a list", CERTIFY, "the files hold no private information",
           {f"{_CP}/api_key/allowedValues": [{"value": "letmein"}]}, f"!{_CP}/api_key/allowedValues"),
    _fault("publisher of a template", CERTIFY, "publisher is the name of the company",
           {f"{_P}/publisher": "<your company>"}),
    _fault("publisher of the template of publishers", "The template of independent publishers (apiProperties.json)",
           "publisher is the name of a person or a company",
           {f"{_P}/publisher": "Full name or name of company or organization."}),
    _fault("owner of the template of publishers", "The template of independent publishers (apiProperties.json)",
           "stackOwner is the name of a company",
           {f"{_P}/stackOwner": "Name of company or organization that connector is connecting to."}),
    *(
        _fault(f"secret of a client in {name}", "RFC 6749, 2.3.1", "client_secret is not in the URL of a request",
               {f"{_OAUTH}/customParameters/{name}/value": value}, right=_GENERIC)
        for name, value in (
            ("authorizationUrlQueryStringTemplate", "?response_type=code&client_id={ClientId}&state={State}"
             "&redirect_uri={RedirectUrl}&client_secret={ClientSecret}"),
            ("tokenUrlTemplate", "https://id.pets.example/token?client_secret={ClientSecret}"),
        )
    ),
    _fault("scope with a blank before it", "RFC 6749, 3.3", "a scope has no blank",
           {f"{_OAUTH}/scopes/0": " read"}, right=_TOKEN),
    _fault("tenant that is none", CONVENTION, "tenantId is common, a domain or an identifier",
           {f"{_OAUTH}/customParameters/tenantId/value": "my tenant"},
           right={**_TOKEN, f"{_OAUTH}/customParameters/tenantId": {"value": "common"}}),
    _fault("on behalf of users without support", CONVENTION, "IsOnbehalfofLoginSupported says whether it is possible",
           {f"{_OAUTH}/customParameters/enableOnbehalfOfLogin/value": "true"},
           right={**_TOKEN, f"{_OAUTH}/properties/IsOnbehalfofLoginSupported": False}),
    _fault("query of a sign-in without state", "RFC 6749, 4.1.1 and 10.12", "a client sends a state",
           {f"{_OAUTH}/customParameters/authorizationUrlQueryStringTemplate/value":
            "?response_type=code&client_id={ClientId}&redirect_uri={RedirectUrl}"}, right=_GENERIC),
    _fault("query of a sign-in of another flow", "RFC 6749, 4.1.1", "response_type is code",
           {f"{_OAUTH}/customParameters/authorizationUrlQueryStringTemplate/value":
            "?response_type=token&client_id={ClientId}&redirect_uri={RedirectUrl}&state={State}"}, right=_GENERIC),
    _fault("query of a sign-in without its mark", "RFC 3986, 3.4", "a query begins with a question mark",
           {f"{_OAUTH}/customParameters/authorizationUrlQueryStringTemplate/value":
            "response_type=code&client_id={ClientId}&redirect_uri={RedirectUrl}&state={State}"}, right=_GENERIC),
    _fault("request for a token without the code", "RFC 6749, 4.1.3", "code is required",
           {f"{_OAUTH}/customParameters/tokenBodyTemplate/value":
            "grant_type=authorization_code&client_id={ClientId}"}, right=_GENERIC),
    _fault("renewal without a token", "RFC 6749, 6", "refresh_token is required",
           {f"{_OAUTH}/customParameters/refreshBodyTemplate/value":
            "grant_type=refresh_token&client_id={ClientId}"}, right=_GENERIC),
    _fault("renewal by another grant", "RFC 6749, 6", "grant_type is refresh_token",
           {f"{_OAUTH}/customParameters/refreshBodyTemplate/value":
            "grant_type=authorization_code&refresh_token={RefreshToken}&client_id={ClientId}"}, right=_GENERIC),
    _fault("scope that the definition does not declare", "OpenAPI 2.0, Security Definitions Object",
           "scopes are the scopes of the scheme", {f"{_OAUTH}/scopes/0": "admin"}, right=_TOKEN),
    _fault("on behalf of users in another word", CONVENTION, "enableOnbehalfOfLogin is true or false",
           {f"{_OAUTH}/customParameters/enableOnbehalfOfLogin/value": "yes"}, right=_TOKEN),
    _fault("identifier of a resource that is none", CONVENTION, "the resource is an identifier or a URI",
           {f"{_OAUTH}/properties/AzureActiveDirectoryResourceId": "the graph"}, right=_TOKEN),
]
_POLICY_FAULTS = [
    _fault("policy with no parameter at all", SCHEMA, "urlTemplate is required",
           {f"{_POLICY}/1/parameters": {}}, f"{_POLICY}/1/parameters"),
    _fault("host of a policy without https", POLICIES, "urlTemplate is a URL",
           {f"{_POLICY}/1/parameters/x-ms-apimTemplateParameter.urlTemplate":
            "@connectionParameters('region').pets.example"}),
    _fault("URL of a value without a scheme", POLICIES, "parameterValueUrl is a URL",
           {f"{_ADDED}.parameterValueUrl": "api.pets.example/token"},
           right=_policy("setvaluefromurl", ["ListPets"], "Request", **_FETCHED)),
    _fault("property of a request without a body", POLICIES, "setproperty changes a body",
           {f"{_POLICY}/3/{_NAMES}/0": "ListPets"}, right=_policy("setproperty", ["AddPet"], "Request", **_COPY)),
    _fault("parent of a property without @", POLICIES, "a path is an expression",
           {f"{_ADDED}.newPropertyParentPathTemplate": "body()"},
           right=_policy("setproperty", ["AddPet"], "Request", **_COPY)),
    _fault("text to split that no body has", POLICIES, "propertySubPath leads to a property",
           {f"{_ADDED}.propertySubPath": "tagz"}, right=_policy("stringtoarray", ["AddPet"], "Request", **_SPLIT)),
    _fault("number to split", POLICIES, "stringtoarray splits a text",
           {f"{_ADDED}.propertySubPath": "id"}, right=_policy("stringtoarray", ["AddPet"], "Request", **_SPLIT)),
    _fault("list to make pairs of", POLICIES, "convertobjecttoarray converts an object",
           {f"{_ADDED}.propertySubPath": "value"},
           right={**_LISTED, **_policy("convertobjecttoarray", ["ListPets"], "Response", **_PAIRS)}),
    _fault("object to make an object of", POLICIES, "convertarraytoobject converts a list",
           {f"{_ADDED}.propertySubPath": "counts"},
           right={**_LISTED, **_policy("convertarraytoobject", ["ListPets"], "Response", **_KEYED)}),
    _fault("key that the items do not have", POLICIES, "keyWithinCollectionPath is a property of the items",
           {f"{_ADDED}.keyWithinCollectionPath": "ident"},
           right={**_LISTED, **_policy("convertarraytoobject", ["ListPets"], "Response", **_KEYED)}),
    _fault("variable of a host that nothing fills", POLICIES, "urlTemplate has expressions",
           {f"{_POLICY}/1/parameters/x-ms-apimTemplateParameter.urlTemplate": "https://{region}.pets.example"}),
    _fault("host with two schemes", POLICIES, "urlTemplate is a URL",
           {f"{_POLICY}/1/parameters/x-ms-apimTemplateParameter.urlTemplate": "https://https://pets.example"}),
    _fault("name of the keys that is empty", SCHEMA, "keyName is the name of a property", {f"{_ADDED}.keyName": ""},
           right={**_LISTED, **_policy("convertobjecttoarray", ["ListPets"], "Response", **_PAIRS)}),
    _fault("second host of the same requests", POLICIES, "dynamichosturl replaces the host",
           _policy("dynamichosturl", [], urlTemplate="https://other.pets.example"), f"{_ADDED}.urlTemplate"),
    _fault("second route of the same requests", POLICIES, "routerequesttoendpoint replaces the path",
           _policy("routerequesttoendpoint", ["GetPet"], newPath="/beasts/{petId}"), f"{_ADDED}.newPath"),
    _fault("path of a policy with a blank", POLICIES, "newPath is a path",
           {f"{_POLICY}/2/parameters/x-ms-apimTemplateParameter.newPath": "/my animals/{petId}"}),
    _fault("value of a header with a line break", "RFC 9110, 5.5", "a field has no line break",
           {f"{_POLICY}/0/parameters/x-ms-apimTemplateParameter.value": "eu\r\nX-Other: us"}),
    _fault("property without a name to set", SCHEMA, "newPropertySubPathTemplate is required",
           {f"{_ADDED}.newPropertySubPathTemplate": ""},
           right=_policy("setproperty", ["AddPet"], "Request", **_COPY)),
    _fault("poll of every operation", POLICIES, "pollingtrigger is for triggers",
           {f"{_POLICY}/3/{_NAMES}": []}, f"!{_POLICY}/3/{_NAMES}",
           right={**_POLL, **_policy("pollingtrigger", ["ListPets"], triggerConfig={"limit": "5"},
                                     triggerDataPath="@body().value")}),
    _fault("poll of no list", POLICIES, "triggerDataPath leads to the list of events",
           {f"{_ADDED}.triggerDataPath": "@body().counts"},
           right={**_POLL, **_policy("pollingtrigger", ["ListPets"], triggerConfig={"limit": "5"},
                                     triggerDataPath="@body().value")}),
    _fault("query of a poll that the trigger does not have", SCHEMA, "triggerConfig maps query parameters to values",
           {f"{_ADDED}.triggerConfig": {"since": "5"}}, f"!{_ADDED}.triggerConfig/since",
           right={**_POLL, **_policy("pollingtrigger", ["ListPets"], triggerConfig={"limit": "5"},
                                     triggerDataPath="@body().value")}),
    *(
        _fault(f"{what} of a poll that leads to nothing", POLICIES, "a path leads to a property of the response",
               {f"{_ADDED}.{name}": value}, at, right=_POLLED)
        for what, name, value, at in (
            ("index of an object", "triggerDataPath", "@triggerBody().counts[0]", f"{_ADDED}.triggerDataPath"),
            ("index of the response", "triggerDataPath", "@triggerBody()[0].value", f"{_ADDED}.triggerDataPath"),
            ("property of an item", "triggerConfig", {"limit": "@triggerBody().value[0].ident"},
             f"{_ADDED}.triggerConfig/limit"),
            ("property of a list", "triggerConfig", {"limit": "@triggerBody().value.id"},
             f"{_ADDED}.triggerConfig/limit"),
        )
    ),
    _fault("poll of an item", POLICIES, "triggerDataPath leads to the list of events",
           {f"{_ADDED}.triggerDataPath": "@triggerBody().value[0]"}, right=_POLLED),
    _fault("poll of a response that holds the list", POLICIES, "triggerDataPath leads to the list of events",
           {f"{_ADDED}.triggerDataPath": "@triggerBody()"}, right=_POLLED),
    _fault("index of a text in a property's value", POLICIES, "a path leads to a property of the body",
           {f"{_ADDED}.propertyValuePathTemplate": "@body().name[0]"},
           right=_policy("setproperty", ["AddPet"], "Request", **_COPY)),
    _fault("key and value of one name", POLICIES, "keyName and valueName are the names of two properties",
           {f"{_ADDED}.keyName": "value"},
           f"{_ADDED}.valueName",
           right={**_LISTED, **_policy("convertobjecttoarray", ["ListPets"], "Response", **_PAIRS)}),
    _fault("text that is replaced by itself", POLICIES, "replacementString takes the place of sourceString",
           {f"{_ADDED}.replacementString": "a"},
           right=_policy("stringreplace", ["AddPet"], "Request", propertyParentPath="@body()", propertySubPath="name",
                         newPropertyPath="@body().name", sourceString="a", replacementString="b")),
    _fault("property that is set to itself", POLICIES, "the value is that of another property",
           {f"{_ADDED}.newPropertySubPathTemplate": "name"}, f"{_POLICY}/3/parameters",
           right=_policy("setproperty", ["AddPet"], "Request", **_COPY)),
    _fault("property that is moved to itself", POLICIES, "what is moved is elsewhere afterwards",
           {f"{_ADDED}.dstSubPath": "name"}, f"{_POLICY}/3/parameters",
           right=_policy("moveproperties", ["AddPet"], "Request", srcParentPath="@body()", srcSubPath="name",
                         dstParentPath="@body()", dstSubPath="title")),
    _fault("route to the path that the operation has", POLICIES, "newPath is another path",
           {f"{_POLICY}/2/parameters/x-ms-apimTemplateParameter.newPath": "/pets/{petId}"}),
    _fault("host that the definition has", POLICIES, "urlTemplate is another host",
           {f"{_POLICY}/1/parameters/x-ms-apimTemplateParameter.urlTemplate": "https://api.pets.example/v1"}),
    _fault("secret in a host", "RFC 9110, 17.9", "URLs are shown: nothing that is secret is in them",
           {f"{_POLICY}/1/parameters/x-ms-apimTemplateParameter.urlTemplate":
            "https://@connectionParameters('api_key').pets.example"}),
    _fault("secret in a path", "RFC 9110, 17.9", "URLs are shown: nothing that is secret is in them",
           {f"{_POLICY}/2/parameters/x-ms-apimTemplateParameter.newPath":
            "/@connectionParameters('api_key')/animals/{petId}"}),
    _fault("secret in the URL of a value", "RFC 9110, 17.9", "URLs are shown: nothing that is secret is in them",
           {f"{_ADDED}.parameterValueUrl": "https://api.pets.example/token?key=@{connectionParameters('api_key')}"},
           right=_policy("setvaluefromurl", ["ListPets"], "Request", **_FETCHED)),
    _fault("token in a policy of another header", CERTIFY, "the files hold no private information",
           {f"{_POLICY}/0/parameters/x-ms-apimTemplateParameter.value":
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwZXRzIn0.c2lnbmF0dXJl"}),
]
# fmt: on

FAULTS = [*_PARAMETERS, *_POLICY_FAULTS]
