"""Faults of the files beside a connector's definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults.twins.form import REMOVED, Fault

_KEY = {
    "type": "securestring",
    "uiDefinition": {
        "displayName": "API key",
        "description": "The key of your shop.",
        "tooltip": "Your key",
        "constraints": {"clearText": False, "required": "true", "tabIndex": 2},
    },
}
_REGION = {
    "type": "string",
    "defaultValue": "eu",
    "uiDefinition": {
        "displayName": "Region",
        "description": "Where your shop is.",
        "constraints": {
            "required": "true",
            "tabIndex": 3,
            "allowedValues": [{"text": "Europe", "value": "eu"}, {"text": "Americas", "value": "us"}],
        },
    },
}
_TOKEN = {
    "type": "oauthSetting",
    "oAuthSettings": {
        "identityProvider": "oauth2",
        "clientId": "<client id>",
        "clientSecret": "<client secret>",
        "scopes": ["read", "write"],
        "redirectMode": "Global",
        "redirectUrl": "https://global.consent.azure-apim.net/redirect",
        "properties": {"IsFirstParty": "False"},
        "customParameters": {
            "authorizationUrl": {"value": "https://id.pets.example/authorize"},
            "tokenUrl": {"value": "https://id.pets.example/token"},
            "refreshUrl": {"value": "https://id.pets.example/token"},
        },
    },
}
_GENERIC = {
    **_TOKEN["oAuthSettings"],  # type: ignore[dict-item]
    "identityProvider": "oauth2generic",
    "customParameters": {
        "authorizationUrlTemplate": {"value": "https://{tenant}.pets.example/authorize"},
        "authorizationUrlQueryStringTemplate": {"value": "?client_id={ClientId}&redirect_uri={RedirectUrl}"},
        "tokenUrlTemplate": {"value": "https://{tenant}.pets.example/token"},
        "tokenBodyTemplate": {"value": "client_id={ClientId}&client_secret={ClientSecret}&code={Code}"},
        "refreshUrlTemplate": {"value": "https://{tenant}.pets.example/token"},
    },
}
_TENANT = {"type": "string", "uiDefinition": {"displayName": "Tenant", "constraints": {"required": "true"}}}
_AZURE = {
    **_TOKEN["oAuthSettings"],  # type: ignore[dict-item]
    "identityProvider": "aad",
    "customParameters": {
        "loginUri": {"value": "https://login.microsoftonline.com"},
        "resourceUri": {"value": "https://graph.pets.example"},
        "tenantId": {"value": "common"},
    },
}


def _policy(template: str, operations: list[str] | None = None, **parameters: Any) -> dict[str, Any]:
    listed = {"x-ms-apimTemplate-operationName": operations} if operations is not None else {}
    named = {f"x-ms-apimTemplateParameter.{name}": value for name, value in parameters.items()}
    return {"templateId": template, "title": "A policy", "parameters": {**listed, **named}}


_HEADER = _policy("setheader", ["listPets"], name="X-Region", value="@connectionParameters('region', 'eu')")
_HOST = _policy("dynamichosturl", urlTemplate="https://@connectionParameters('region').pets.example/v1")
_ROUTE = _policy("routerequesttoendpoint", ["getPet"], newPath="/animals/{petId}", httpMethod="GET")
RIGHT = {
    "properties": {
        "connectionParameters": {"api_key": _KEY, "region": _REGION},
        "iconBrandColor": "#da3b01",
        "capabilities": ["actions"],
        "publisher": "Pet shop",
        "stackOwner": "Pet shop",
        "policyTemplateInstances": [_HEADER, _HOST, _ROUTE],
    }
}
_FILE = "apiProperties.json#"
_P = f"{_FILE}/properties"
_CP = f"{_P}/connectionParameters"
_POLICY = f"{_P}/policyTemplateInstances"
_PREFIX = "parameters/x-ms-apimTemplateParameter"
_OAUTH = f"{_CP}/token/oAuthSettings"
_SETS = f"{_P}/connectionParameterSets"
SCHEMA = "Microsoft's JSON schema of apiProperties.json"
PAGES = "learn.microsoft.com, Microsoft Power Platform Connectors CLI, API properties file"
MULTI = "learn.microsoft.com, Multi-auth on custom connectors"
POLICIES = "learn.microsoft.com, Policy templates in custom connectors"
CONVENTION = "learn.microsoft.com, Connection parameters; names in published connectors"
CERTIFY = "learn.microsoft.com, Prepare connector files for certification"
OAUTH = "RFC 6749"


def _fault(
    name: str, source: str, sentence: str, wrong: Mapping[str, Any], *at: str,
    right: Mapping[str, Any] | None = None, profile: str = "default",
) -> Fault:  # fmt: skip
    """A fault in the properties; ``right`` are changes of the right ones."""
    return Fault(
        name, source, sentence, "microsoft", wrong, at or tuple(wrong), {_FILE: RIGHT, **(right or {})}, profile
    )


_WITH_TOKEN: dict[str, Any] = {
    "/securityDefinitions": {
        "token": {
            "type": "oauth2",
            "flow": "accessCode",
            "authorizationUrl": "https://id.pets.example/authorize",
            "tokenUrl": "https://id.pets.example/token",
            "scopes": {"read": "Read.", "write": "Write."},
        }
    },
    "/security": [{"token": ["read"]}],
    f"{_CP}/api_key": REMOVED,
    f"{_CP}/token": _TOKEN,
}
_WITH_GENERIC: dict[str, Any] = {**_WITH_TOKEN, _OAUTH: _GENERIC, f"{_CP}/token:tenant": _TENANT}
_WITH_AZURE: dict[str, Any] = {**_WITH_TOKEN, _OAUTH: _AZURE}
_WITH_BASIC: dict[str, Any] = {
    "/securityDefinitions": {"login": {"type": "basic"}},
    "/security": [{"login": []}],
    f"{_CP}/api_key": REMOVED,
    f"{_CP}/username": {"type": "string", "uiDefinition": {"displayName": "User"}},
    f"{_CP}/password": {"type": "securestring", "uiDefinition": {"displayName": "Password"}},
}
_WITH_SETS: dict[str, Any] = {
    _SETS: {
        "uiDefinition": {"displayName": "How to sign in", "description": "Choose."},
        "values": [
            {
                "name": "key",
                "uiDefinition": {"displayName": "With a key", "description": "A key."},
                "parameters": {"api_key": _KEY, "region": _REGION},
                "metadata": {"allowSharing": False},
            },
            {"name": "open", "uiDefinition": {"displayName": "As a guest"}, "parameters": {"region": _REGION}},
        ],
    },
}

# A row is two or three lines, so that a screen shows fifteen faults.
# fmt: off
_FORM = [
    _fault("properties without their wrapper", SCHEMA, "everything is inside properties",
           {_FILE: RIGHT["properties"]}, _FILE),
    _fault("wrapper that is misspelled", SCHEMA, "everything is inside properties",
           {_FILE: {"propertes": RIGHT["properties"]}}, _FILE, f"!{_FILE}/propertes"),
    _fault("wrapper that is a list", SCHEMA, "properties is an object", {_P: [RIGHT["properties"]]}),
    _fault("file that is a list", SCHEMA, "the file is an object", {_FILE: [RIGHT]}, _FILE),
    _fault("member beside the wrapper", SCHEMA, "the file has properties only",
           {f"{_FILE}/capabilities": []}, f"!{_FILE}/capabilities"),
    _fault("no brand color", SCHEMA, "iconBrandColor is required", {f"{_P}/iconBrandColor": REMOVED}, _P, f"!{_P}"),
    _fault("misspelled member of the properties", SCHEMA, "properties has no other members",
           {f"{_P}/policyTemplateInstance": []}, f"!{_P}/policyTemplateInstance"),
    _fault("unknown member of the properties", SCHEMA, "properties has no other members",
           {f"{_P}/website": "https://pets.example"}, f"!{_P}/website"),
    _fault("member of the properties in another case", CERTIFY, "names are entered exactly as shown",
           {f"{_P}/stackOwner": REMOVED, f"{_P}/stackowner": "Pet shop"}, f"!{_P}/stackowner"),
    _fault("connection parameters in a list", SCHEMA, "connectionParameters is an object", {_CP: [_KEY]}),
    _fault("connection parameter that is a text", SCHEMA, "a connection parameter is an object",
           {f"{_CP}/api_key": "securestring"}),
    _fault("policies in an object", SCHEMA, "policyTemplateInstances is a list", {_POLICY: {"first": _HEADER}}),
    _fault("capabilities that are a text", SCHEMA, "capabilities is a list", {f"{_P}/capabilities": "actions"}),
    _fault("capability that is a number", SCHEMA, "a capability is a text", {f"{_P}/capabilities/0": 1}),
    _fault("scriptOperations that are a text", PAGES, "scriptOperations is a list",
           {f"{_P}/scriptOperations": "listPets"}),
    _fault("publisher that is an object", SCHEMA, "publisher is a text", {f"{_P}/publisher": {"name": "Pet shop"}}),
    _fault("brand color without its number sign", PAGES, "the color is in HTML's hexadecimal code",
           {f"{_P}/iconBrandColor": "da3b01"}),
    _fault("brand color of three digits", PAGES, "the color is in HTML's hexadecimal code",
           {f"{_P}/iconBrandColor": "#d31"}),
    _fault("brand color by its name", PAGES, "the color is in HTML's hexadecimal code",
           {f"{_P}/iconBrandColor": "orange"}),
    _fault("brand color that is a number", SCHEMA, "iconBrandColor is a text", {f"{_P}/iconBrandColor": 14302977}),
    _fault("empty publisher", CERTIFY, "publisher is the name of the company", {f"{_P}/publisher": ""}),
    _fault("stack owner as in the template", CERTIFY, "stackOwner is the name of the company",
           {f"{_P}/stackOwner": "_____"}),
    _fault("unknown capability", PAGES, "capabilities say what the connector can",
           {f"{_P}/capabilities/0": "action"}),
    _fault("capability twice", PAGES, "a list of capabilities", {f"{_P}/capabilities/-": "actions"},
           f"{_P}/capabilities/1"),
    _fault("capability of a gateway that is not there", PAGES, "gateway is for on-premises gateways",
           {f"{_P}/capabilities/-": "gateway"}, f"{_P}/capabilities/1"),
    _fault("capability of triggers that are not there", PAGES, "capabilities say what the connector can",
           {f"{_P}/capabilities/-": "triggers"}, f"{_P}/capabilities/1"),
    _fault("gateway without its capability", PAGES, "gateway is for on-premises gateways",
           {f"{_P}/capabilities/1": REMOVED}, f"!{_CP}/gateway",
           right={f"{_CP}/gateway": {"type": "gatewaySetting"}, f"{_P}/capabilities/-": "gateway"}),
]

_PARAMETERS = [
    _fault("connection parameter without a type", SCHEMA, "type is required",
           {f"{_CP}/api_key/type": REMOVED}, f"{_CP}/api_key", f"!{_CP}/api_key"),
    _fault("connection parameter of an unknown type", SCHEMA, "the types are string, securestring, int, bool, …",
           {f"{_CP}/api_key/type": "secureString2"}),
    _fault("type of JSON Schema", SCHEMA, "the types are string, securestring, int, bool, …",
           {f"{_CP}/region/type": "number"}),
    _fault("unknown member of a connection parameter", SCHEMA, "a connection parameter has no other members",
           {f"{_CP}/api_key/uiDefinitions": {}}, f"!{_CP}/api_key/uiDefinitions"),
    _fault("UI definition that is a text", SCHEMA, "uiDefinition is an object",
           {f"{_CP}/api_key/uiDefinition": "API key"}),
    _fault("unknown member of a UI definition", SCHEMA, "uiDefinition has no other members",
           {f"{_CP}/api_key/uiDefinition/toolTipp": "x"}, f"!{_CP}/api_key/uiDefinition/toolTipp"),
    _fault("display name that is an object", SCHEMA, "displayName is a text",
           {f"{_CP}/api_key/uiDefinition/displayName": {"en": "Key"}}),
    _fault("no display name", PAGES, "displayName is what users see",
           {f"{_CP}/api_key/uiDefinition/displayName": REMOVED}, f"!{_CP}/api_key", f"!{_CP}/api_key/uiDefinition"),
    _fault("tab index that is a text", SCHEMA, "tabIndex is an integer",
           {f"{_CP}/api_key/uiDefinition/constraints/tabIndex": "2"}),
    _fault("required that is neither true nor false", SCHEMA, 'required is "true" or "false"',
           {f"{_CP}/api_key/uiDefinition/constraints/required": "yes"}),
    _fault("clearText that is a text", SCHEMA, "clearText is a boolean",
           {f"{_CP}/api_key/uiDefinition/constraints/clearText": "no"}),
    _fault("unknown constraint", SCHEMA, "constraints has no other members",
           {f"{_CP}/api_key/uiDefinition/constraints/requird": "true"},
           f"!{_CP}/api_key/uiDefinition/constraints/requird"),
    _fault("unknown capability of a constraint", SCHEMA, "the capabilities of a field are cloud and gateway",
           {f"{_CP}/api_key/uiDefinition/constraints/capability": ["clowd"]},
           f"{_CP}/api_key/uiDefinition/constraints/capability/0"),
    _fault("allowed values without values", SCHEMA, "an allowed value has a value",
           {f"{_CP}/region/uiDefinition/constraints/allowedValues/0/value": REMOVED},
           f"{_CP}/region/uiDefinition/constraints/allowedValues/0"),
    _fault("allowed values that are texts", SCHEMA, "an allowed value is an object with text and value",
           {f"{_CP}/region/uiDefinition/constraints/allowedValues/1": "us"}),
    _fault("allowed value that is a number", SCHEMA, "the value is a text",
           {f"{_CP}/region/uiDefinition/constraints/allowedValues/1/value": 2}),
    _fault("no allowed values", SCHEMA, "without an allowed value nothing can be chosen",
           {f"{_CP}/region/uiDefinition/constraints/allowedValues": [], f"{_CP}/region/defaultValue": REMOVED},
           f"{_CP}/region/uiDefinition/constraints/allowedValues"),
    _fault("allowed value twice", SCHEMA, "each choice has a value of its own",
           {f"{_CP}/region/uiDefinition/constraints/allowedValues/1/value": "eu"}),
    _fault("label of allowed values twice", SCHEMA, "each choice has a text of its own",
           {f"{_CP}/region/uiDefinition/constraints/allowedValues/1/text": "Europe"}),
    _fault("default that is not allowed", SCHEMA, "a default is one of the allowed values",
           {f"{_CP}/region/defaultValue": "asia"}),
    _fault("default of another type", SCHEMA, "a default has the type of its parameter",
           {f"{_CP}/size/defaultValue": "many"},
           right={f"{_CP}/size": {"type": "int", "defaultValue": "10", "uiDefinition": {"displayName": "Size"}},
                  f"{_POLICY}/-": _policy("setheader", name="X-Size", value="@connectionParameters('size')")}),
    _fault("default that is no text", SCHEMA, "defaultValue is a text",
           {f"{_CP}/shop/defaultValue": True},
           right={f"{_CP}/shop": {**_TENANT, "defaultValue": "pets"},
                  f"{_POLICY}/-": _policy("setheader", name="X-Shop", value="@connectionParameters('shop')")}),
    _fault("allowed value without a text", SCHEMA, "text is what users see of a choice",
           {f"{_CP}/region/uiDefinition/constraints/allowedValues/1/text": REMOVED},
           f"{_CP}/region/uiDefinition/constraints/allowedValues/1"),
    _fault("empty description", PAGES, "the description says what to enter",
           {f"{_CP}/api_key/uiDefinition/description": ""}),
    _fault("empty tooltip", PAGES, "the tooltip says what to enter", {f"{_CP}/api_key/uiDefinition/tooltip": " "}),
    _fault("hidden and required", SCHEMA, "what is hidden cannot be entered",
           {f"{_CP}/region/uiDefinition/constraints/hidden": "true", f"{_CP}/region/defaultValue": REMOVED},
           f"!{_CP}/region"),
    _fault("field that depends on nothing", SCHEMA, "dependencies name other connection parameters",
           {f"{_CP}/api_key/uiDefinition/constraints/dependencies": {"regoin": {"values": ["eu"]}}},
           f"!{_CP}/api_key/uiDefinition/constraints/dependencies/regoin"),
    _fault("dependency without values", SCHEMA, "a dependency has values",
           {f"{_CP}/api_key/uiDefinition/constraints/dependencies": {"region": {}}},
           f"{_CP}/api_key/uiDefinition/constraints/dependencies/region"),
    _fault("name with a hyphen", SCHEMA, "names are of letters, digits and underscores",
           {f"{_CP}/shop-name": _TENANT}, f"!{_CP}/shop-name"),
    _fault("name of a token that is not there", SCHEMA, "a name with a colon begins with that of an OAuth parameter",
           {f"{_CP}/tokn:tenant": _TENANT}, f"!{_CP}/tokn:tenant", right=_WITH_TOKEN),
    _fault("names that differ in their case", SCHEMA, "names are compared without case",
           {f"{_CP}/Region": _REGION}, f"!{_CP}/Region"),
    _fault("secret as plain text", PAGES, "secrets are of type securestring",
           {f"{_CP}/api_key/type": "string"}, f"!{_CP}/api_key", f"{_CP}/api_key/type"),
    _fault("secret that is shown", SCHEMA, "clearText shows what is entered",
           {f"{_CP}/api_key/uiDefinition/constraints/clearText": True}),
    _fault("secret in a default", CERTIFY, "the files hold no private information",
           {f"{_CP}/api_key/defaultValue": "Kx7Q9pLmN2vBz4RtYw8S"}),
    _fault("fields with one tab index", SCHEMA, "tabIndex orders the fields",
           {f"{_CP}/region/uiDefinition/constraints/tabIndex": 2}),
    _fault("parameter that nothing uses", CONVENTION, "a value is sent by a security scheme or by a policy",
           {f"{_CP}/account": _TENANT}, f"!{_CP}/account"),
    _fault("key under another name", CONVENTION, "apiKey takes its value from api_key",
           {f"{_CP}/api_key": REMOVED, f"{_CP}/apikey": _KEY}, f"!{_CP}/apikey",
           right={"/securityDefinitions": {"shop": {"type": "apiKey", "name": "X-Key", "in": "header"}},
                  "/security": [{"shop": []}]}),
    _fault("user name under another name", CONVENTION, "basic takes its values from username and password",
           {f"{_CP}/username": REMOVED, f"{_CP}/user_name": _WITH_BASIC[f"{_CP}/username"]}, f"!{_CP}/user_name",
           right=_WITH_BASIC),
    _fault("basic without a password", CONVENTION, "basic takes its values from username and password",
           {f"{_CP}/password": REMOVED}, f"!{_CP}", right=_WITH_BASIC),
    _fault("OAuth scheme without its parameter", CONVENTION, "oauth2 takes its token from an oauthSetting",
           {f"{_CP}/token": REMOVED}, f"!{_CP}", right=_WITH_TOKEN),
    _fault("no connection parameter at all", CONVENTION, "credentials are entered as connection parameters",
           {_CP: {}}, f"!{_CP}",
           right={f"{_CP}/region": REMOVED, _POLICY: []}),
    _fault("OAuth parameter under another name", CONVENTION, "the OAuth parameter is called token",
           {f"{_CP}/token": REMOVED, f"{_CP}/oauth": _TOKEN}, f"!{_CP}/oauth", right=_WITH_TOKEN),
]

_SET_FAULTS = [
    _fault("sets without values", MULTI, "connectionParameterSets has values", {f"{_SETS}/values": REMOVED},
           _SETS, f"!{_SETS}", right=_WITH_SETS),
    _fault("no set at all", MULTI, "values has as many sets as the connector needs", {f"{_SETS}/values": []},
           right=_WITH_SETS),
    _fault("sets in an object", MULTI, "values is a list", {f"{_SETS}/values": {"key": {}}}, right=_WITH_SETS),
    _fault("set without a name", MULTI, "a set has a name", {f"{_SETS}/values/1/name": REMOVED},
           f"{_SETS}/values/1", right=_WITH_SETS),
    _fault("set without parameters", MULTI, "a set has parameters", {f"{_SETS}/values/1/parameters": REMOVED},
           f"{_SETS}/values/1", right=_WITH_SETS),
    _fault("sets of one name", MULTI, "a set is told by its name", {f"{_SETS}/values/1/name": "key"},
           right=_WITH_SETS),
    _fault("connection parameters inside a set", MULTI, "the parameters of a set are in parameters",
           {f"{_SETS}/values/0/connectionParameters": {}}, f"!{_SETS}/values/0/connectionParameters",
           right=_WITH_SETS),
    _fault("parameter of a set of an unknown type", MULTI, "parameters are as in connectionParameters",
           {f"{_SETS}/values/0/parameters/api_key/type": "secretstring"}, right=_WITH_SETS),
    _fault("parameter beside the sets", MULTI, "users choose one of the sets", {f"{_CP}/api_key/type": "string"},
           right=_WITH_SETS),
    _fault("parameter that no set has", MULTI, "users choose one of the sets",
           {f"{_SETS}/values/0/parameters/api_key": REMOVED}, f"!{_CP}/api_key", right=_WITH_SETS),
    _fault("set without a display name", MULTI, "the uiDefinition of a set has a display name",
           {f"{_SETS}/values/1/uiDefinition": REMOVED}, f"{_SETS}/values/1", right=_WITH_SETS),
    _fault("set with an empty name", MULTI, "a set is told by its name", {f"{_SETS}/values/1/name": ""},
           right=_WITH_SETS),
    _fault("choice of sets without a display name", MULTI, "the choice has a display name",
           {f"{_SETS}/uiDefinition/displayName": REMOVED}, f"!{_SETS}", right=_WITH_SETS),
    _fault("sharing that is a text", MULTI, "allowSharing is a boolean",
           {f"{_SETS}/values/0/metadata/allowSharing": "no"}, right=_WITH_SETS),
]

_OAUTH_FAULTS = [
    _fault("OAuth parameter without settings", SCHEMA, "an oauthSetting has oAuthSettings",
           {_OAUTH: REMOVED}, f"!{_CP}/token", right=_WITH_TOKEN),
    _fault("OAuth settings of a text", SCHEMA, "oAuthSettings are for oauthSetting",
           {f"{_CP}/token/type": "securestring"}, f"!{_OAUTH}", right=_WITH_TOKEN),
    _fault("no identity provider", SCHEMA, "identityProvider is required",
           {f"{_OAUTH}/identityProvider": REMOVED}, _OAUTH, f"!{_OAUTH}", right=_WITH_TOKEN),
    _fault("unknown identity provider", SCHEMA, "the identity providers are oauth2, oauth2generic, aad, …",
           {f"{_OAUTH}/identityProvider": "oath2"}, right=_WITH_TOKEN),
    _fault("no token URL", SCHEMA, "oauth2 has authorizationUrl, tokenUrl, refreshUrl",
           {f"{_OAUTH}/customParameters/tokenUrl": REMOVED}, f"!{_OAUTH}/customParameters", right=_WITH_TOKEN),
    _fault("no refresh URL", SCHEMA, "oauth2 has authorizationUrl, tokenUrl, refreshUrl",
           {f"{_OAUTH}/customParameters/refreshUrl": REMOVED}, f"!{_OAUTH}/customParameters", right=_WITH_TOKEN),
    _fault("no custom parameters", SCHEMA, "oauth2 has authorizationUrl, tokenUrl, refreshUrl",
           {f"{_OAUTH}/customParameters": REMOVED}, f"!{_OAUTH}", right=_WITH_TOKEN),
    _fault("custom parameter that is a text", SCHEMA, "a custom parameter is an object with a value",
           {f"{_OAUTH}/customParameters/tokenUrl": "https://id.pets.example/token"}, right=_WITH_TOKEN),
    _fault("custom parameter without a value", SCHEMA, "a custom parameter has a value",
           {f"{_OAUTH}/customParameters/tokenUrl": {}}, right=_WITH_TOKEN),
    _fault("custom parameter of another provider", SCHEMA, "oauth2 has authorizationUrl, tokenUrl, refreshUrl",
           {f"{_OAUTH}/customParameters/tokenUrlTemplate": {"value": "https://id.pets.example/token"}},
           f"!{_OAUTH}/customParameters/tokenUrlTemplate", right=_WITH_TOKEN),
    _fault("misspelled custom parameter", SCHEMA, "aad has resourceUri, loginUri, tenantId",
           {f"{_OAUTH}/customParameters/tennantId": {"value": "common"}},
           f"!{_OAUTH}/customParameters/tennantId", right=_WITH_AZURE),
    _fault("no resource of Azure", SCHEMA, "aad needs resourceUri",
           {f"{_OAUTH}/customParameters/resourceUri": REMOVED}, f"!{_OAUTH}/customParameters", right=_WITH_AZURE),
    _fault("resource of Azure that is empty", SCHEMA, "aad needs resourceUri",
           {f"{_OAUTH}/customParameters/resourceUri/value": ""}, right=_WITH_AZURE),
    _fault("login without encryption", OAUTH + " section 3.1", "endpoints use TLS",
           {f"{_OAUTH}/customParameters/loginUri/value": "http://login.microsoftonline.com"}, right=_WITH_AZURE),
    _fault("token URL without encryption", OAUTH + " section 3.2", "endpoints use TLS",
           {f"{_OAUTH}/customParameters/tokenUrl/value": "http://id.pets.example/token"}, right=_WITH_TOKEN),
    _fault("token URL that is relative", OAUTH + " section 3.2", "endpoints are absolute",
           {f"{_OAUTH}/customParameters/tokenUrl/value": "/token"}, right=_WITH_TOKEN),
    _fault("authorization URL that is none", OAUTH + " section 3.1", "endpoints are absolute",
           {f"{_OAUTH}/customParameters/authorizationUrl/value": "id.pets.example authorize"}, right=_WITH_TOKEN),
    _fault("template of a URL without encryption", OAUTH + " section 3.1", "endpoints use TLS",
           {f"{_OAUTH}/customParameters/authorizationUrlTemplate/value": "http://{tenant}.pets.example/a"},
           right=_WITH_GENERIC),
    _fault("no template of the token URL", SCHEMA, "oauth2generic has tokenUrlTemplate",
           {f"{_OAUTH}/customParameters/tokenUrlTemplate": REMOVED}, f"!{_OAUTH}/customParameters",
           right=_WITH_GENERIC),
    _fault("variable that nothing fills", SCHEMA, "variables are connection parameters token:NAME",
           {f"{_OAUTH}/customParameters/tokenUrlTemplate/value": "https://{tenent}.pets.example/token"},
           right=_WITH_GENERIC),
    _fault("redirect without encryption", OAUTH + " section 3.1.2", "the redirect is an absolute URL",
           {f"{_OAUTH}/redirectUrl": "http://global.consent.azure-apim.net/redirect"}, right=_WITH_TOKEN),
    _fault("redirect that is a list", SCHEMA, "redirectUrl is a text",
           {f"{_OAUTH}/redirectUrl": ["https://global.consent.azure-apim.net/redirect"]}, f"{_OAUTH}/redirectUrl",
           right=_WITH_TOKEN),
    _fault("unknown redirect mode", SCHEMA, "redirectMode is Global or Direct",
           {f"{_OAUTH}/redirectMode": "Globl"}, right=_WITH_TOKEN),
    _fault("scopes that are a text", SCHEMA, "scopes is a list", {f"{_OAUTH}/scopes": "read write"},
           right=_WITH_TOKEN),
    _fault("scope twice", SCHEMA, "scopes is a list of scopes", {f"{_OAUTH}/scopes/1": "read"}, right=_WITH_TOKEN),
    _fault("empty scope", OAUTH + " section 3.3", "a scope has a character", {f"{_OAUTH}/scopes/1": ""},
           right=_WITH_TOKEN),
    _fault("no client identifier", OAUTH + " section 2.2", "a client has an identifier",
           {f"{_OAUTH}/clientId": REMOVED}, f"!{_OAUTH}", right=_WITH_TOKEN),
    _fault("empty client identifier", OAUTH + " section 2.2", "a client has an identifier",
           {f"{_OAUTH}/clientId": ""}, right=_WITH_TOKEN),
    _fault("client secret in the file", CERTIFY, "the files hold no private information",
           {f"{_OAUTH}/clientSecret": "8Q~abcDEF123ghiJKL456"}, right=_WITH_TOKEN),
    _fault("client secret in a template", CERTIFY, "the files hold no private information",
           {f"{_OAUTH}/customParameters/tokenBodyTemplate/value": "client_secret=Kx7Q9pLmN2vBz4&code={Code}"},
           right=_WITH_GENERIC),
    _fault("unknown member of OAuth settings", SCHEMA, "oAuthSettings has no other members",
           {f"{_OAUTH}/scope": ["read"]}, f"!{_OAUTH}/scope", right=_WITH_TOKEN),
    _fault("first party that is neither", SCHEMA, 'IsFirstParty is "True" or "False"',
           {f"{_OAUTH}/properties/IsFirstParty": "No"}, right=_WITH_TOKEN),
    _fault("endpoint with a fragment", OAUTH + " section 3.1", "an endpoint has no fragment",
           {f"{_OAUTH}/customParameters/authorizationUrl/value": "https://id.pets.example/#/authorize"},
           right=_WITH_TOKEN),
    _fault("template whose brace has no end", SCHEMA, "variables are in braces",
           {f"{_OAUTH}/customParameters/tokenUrlTemplate/value": "https://{tenant.pets.example/token"},
           right=_WITH_GENERIC),
    _fault("resource of Azure that is a word", SCHEMA, "resourceUri is a URI or an identifier",
           {f"{_OAUTH}/customParameters/resourceUri/value": "graph"}, right=_WITH_AZURE),
    _fault("client secret of words", CERTIFY, "the files hold no private information",
           {f"{_OAUTH}/clientSecret": "this-is-our-real-secret"}, right=_WITH_TOKEN),
    _fault("another endpoint than the definition has", OAUTH + " section 3.1", "a service has one endpoint",
           {f"{_OAUTH}/customParameters/authorizationUrl/value": "https://login.pets.example/authorize"},
           right=_WITH_TOKEN),
]

_EXPRESSION = f"{_POLICY}/0/{_PREFIX}.value"
_POLICY_FAULTS = [
    _fault("policy without a template", SCHEMA, "templateId is required",
           {f"{_POLICY}/0/templateId": REMOVED}, f"{_POLICY}/0"),
    _fault("unknown policy template", POLICIES, "templateId names a template",
           {f"{_POLICY}/0/templateId": "setheaders"}),
    _fault("policy without a title", POLICIES, "a policy has a title", {f"{_POLICY}/0/title": REMOVED},
           f"{_POLICY}/0"),
    _fault("policy without its parameters", SCHEMA, "the parameters of a template are required",
           {f"{_POLICY}/0/parameters": REMOVED}, f"{_POLICY}/0"),
    _fault("policy without the name of its header", SCHEMA, "setheader needs name and value",
           {f"{_POLICY}/0/{_PREFIX}.name": REMOVED}, f"{_POLICY}/0", f"{_POLICY}/0/parameters"),
    _fault("policy without the value of its header", SCHEMA, "setheader needs name and value",
           {_EXPRESSION: REMOVED}, f"{_POLICY}/0", f"{_POLICY}/0/parameters"),
    _fault("unknown parameter of a policy", SCHEMA, "a template has its own parameters only",
           {f"{_POLICY}/0/{_PREFIX}.existAction": "skip"}, f"!{_POLICY}/0/{_PREFIX}.existAction"),
    _fault("parameter of a policy without its prefix", SCHEMA, "parameters begin with x-ms-apimTemplateParameter",
           {f"{_POLICY}/0/parameters/existsAction": "skip"}, f"!{_POLICY}/0/parameters/existsAction"),
    _fault("operations of a policy under another name", SCHEMA, "the operations are in …-operationName",
           {f"{_POLICY}/0/parameters/x-ms-apimTemplate-operationNames": []},
           f"!{_POLICY}/0/parameters/x-ms-apimTemplate-operationNames"),
    _fault("operations of a policy as a text", SCHEMA, "the operations are a list",
           {f"{_POLICY}/0/parameters/x-ms-apimTemplate-operationName": "listPets"}),
    _fault("unknown operation of a policy", POLICIES, "a policy names operations of the definition",
           {f"{_POLICY}/0/parameters/x-ms-apimTemplate-operationName": ["listpets"]},
           f"{_POLICY}/0/parameters/x-ms-apimTemplate-operationName/0"),
    _fault("unknown section of a policy", SCHEMA, "the sections are Request and Response",
           {f"{_POLICY}/0/parameters/x-ms-apimTemplate-policySection": "Requests"}),
    _fault("section that a policy does not have", SCHEMA, "routing has no section",
           {f"{_POLICY}/2/parameters/x-ms-apimTemplate-policySection": "Response"}),
    _fault("unknown action of a policy", SCHEMA, "existsAction is override, skip or append",
           {f"{_POLICY}/0/{_PREFIX}.existsAction": "overwrite"}),
    _fault("value of a policy that is a number", SCHEMA, "the value is a text", {_EXPRESSION: 5}),
    _fault("expression whose parenthesis has no end", POLICIES, "an expression is closed",
           {_EXPRESSION: "@connectionParameters('region'"}),
    _fault("expression whose quote has no end", POLICIES, "a name is in quotes",
           {_EXPRESSION: "@connectionParameters('region)"}),
    _fault("expression in double quotes", POLICIES, "a name is in single quotes",
           {_EXPRESSION: '@connectionParameters("region")'}),
    _fault("expression without quotes", POLICIES, "a name is in quotes",
           {_EXPRESSION: "@connectionParameters(region)"}),
    _fault("expression whose brace has no end", POLICIES, "an expression is closed",
           {_EXPRESSION: "x-@{connectionParameters('region')"}),
    _fault("expression without its name", POLICIES, "an expression says which value",
           {_EXPRESSION: "@connectionParameters()"}),
    _fault("expression without its at sign", POLICIES, "an expression begins with @",
           {f"{_POLICY}/1/{_PREFIX}.urlTemplate": "https://connectionParameters('region').pets.example/v1"}),
    _fault("expression of an unknown function", POLICIES, "the functions are connectionParameters, headers, …",
           {_EXPRESSION: "@connectionParameter('region')"}),
    _fault("expression of an unknown connection parameter", POLICIES, "expressions read connection parameters",
           {_EXPRESSION: "@connectionParameters('regoin')"}),
    _fault("expression of an unknown query parameter", POLICIES, "expressions read parameters of the operation",
           {_EXPRESSION: "@queryParameters('limits')"}),
    _fault("expression of an unknown parameter with a default", POLICIES, "expressions read connection values",
           {_EXPRESSION: "@connectionParameters('regoin', 'eu')"}),
    _fault("expression of an unknown header field", POLICIES, "expressions read parameters of the operation",
           {_EXPRESSION: "@headers('X-Shop')"},
           right={"/paths/~1pets/get/parameters/-": {"name": "X-Stock", "in": "header", "type": "string",
                                                     "x-ms-summary": "Stock", "description": "Which stock."},
                  _EXPRESSION: "@headers('X-Stock')"}),
    _fault("expression of an unknown property", POLICIES, "expressions read the request body",
           {f"{_POLICY}/3/{_PREFIX}.value": "@body().nam"},
           right={f"{_POLICY}/-": _policy("setheader", ["addPet"], name="X-Name", value="@body().name")}),
    _fault("host of a policy without encryption", POLICIES, "urlTemplate is a URL",
           {f"{_POLICY}/1/{_PREFIX}.urlTemplate": "http://@connectionParameters('region').pets.example"}),
    _fault("host of a policy that is a path", POLICIES, "urlTemplate is a URL",
           {f"{_POLICY}/1/{_PREFIX}.urlTemplate": "/v2"}),
    _fault("new path with an unknown variable", POLICIES, "newPath uses the variables of the operation",
           {f"{_POLICY}/2/{_PREFIX}.newPath": "/animals/{id}"}),
    _fault("empty host of a policy", POLICIES, "urlTemplate is a URL", {f"{_POLICY}/1/{_PREFIX}.urlTemplate": ""}),
    _fault("empty operation of a policy", POLICIES, "a policy names operations of the definition",
           {f"{_POLICY}/0/parameters/x-ms-apimTemplate-operationName/-": ""},
           f"{_POLICY}/0/parameters/x-ms-apimTemplate-operationName/1"),
    _fault("new path that is a URL", POLICIES, "newPath is a path",
           {f"{_POLICY}/2/{_PREFIX}.newPath": "https://pets.example/animals/{petId}"}),
    _fault("new path without a slash", POLICIES, "newPath is a path",
           {f"{_POLICY}/2/{_PREFIX}.newPath": "animals/{petId}"}),
    _fault("operation of a policy twice", POLICIES, "a policy names each operation once",
           {f"{_POLICY}/0/parameters/x-ms-apimTemplate-operationName/-": "listPets"},
           f"{_POLICY}/0/parameters/x-ms-apimTemplate-operationName/1"),
    _fault("unknown method of a route", SCHEMA, "httpMethod is a method",
           {f"{_POLICY}/2/{_PREFIX}.httpMethod": "FETCH"}),
    _fault("policy twice", POLICIES, "a policy is applied once", {f"{_POLICY}/-": _HEADER}, f"{_POLICY}/3"),
    _fault("polling policy of an action", POLICIES, "pollingtrigger is for triggers",
           {f"{_POLICY}/-": _policy("pollingtrigger", ["listPets"], triggerDataPath="@triggerBody()",
                                    triggerConfig={"limit": "@{triggerBody()[0].id}"})},
           f"{_POLICY}/3/parameters/x-ms-apimTemplate-operationName/0"),
    _fault("secret in a policy", CERTIFY, "the files hold no private information",
           {f"{_POLICY}/-": _policy("setheader", name="Authorization", value="Bearer Kx7Q9pLmN2vBz4RtYw8S")},
           f"{_POLICY}/3/{_PREFIX}.value"),
    _fault("script for an unknown operation", PAGES, "scriptOperations names operations of the definition",
           {f"{_P}/scriptOperations/0": "listPet"}, right={f"{_P}/scriptOperations": ["listPets"]}),
    _fault("script for an operation twice", PAGES, "scriptOperations names operations",
           {f"{_P}/scriptOperations/-": "listPets"}, f"{_P}/scriptOperations/1",
           right={f"{_P}/scriptOperations": ["listPets"]}),
]

# fmt: on

FAULTS = [*_FORM, *_PARAMETERS, *_SET_FAULTS, *_OAUTH_FAULTS, *_POLICY_FAULTS]
