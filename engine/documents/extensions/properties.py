"""The properties beside a document (Microsoft's ``apiProperties.json``): connection parameters and policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.dialects.lowering import EMPTY, Site, truth
from openconnectors.engine.documents.extensions.reading import as_list, as_mapping
from openconnectors.engine.model import MISSING, ConnectionParameter, OAuth, PolicyUse, Service


def with_properties(service: Service, raw: object, at: Site) -> Service:
    """The service with the connection parameters and policies of a properties block.

    ``raw`` is the value of ``properties`` in ``apiProperties.json``.
    """
    if not isinstance(raw, Mapping):
        raise at.refuse("properties", "properties must be a mapping with connectionParameters")
    parameters = raw.get("connectionParameters") or EMPTY
    policies = raw.get("policyTemplateInstances") or ()
    if not isinstance(parameters, Mapping) or not isinstance(policies, (list, tuple)):
        raise at.refuse("properties", "connectionParameters must be a mapping, policyTemplateInstances a list")
    declared = {name: _connection_parameter(name, parameter) for name, parameter in parameters.items()}
    for name, parameter in _parameters_of_sets(raw.get("connectionParameterSets")).items():
        declared.setdefault(name, parameter)
    scripted = raw.get("scriptOperations")
    return replace(
        service,
        connection=(
            *(parameter for parameter in service.connection if parameter.name not in declared),
            *declared.values(),
        ),
        scripted=frozenset(map(str, scripted)) if isinstance(scripted, list) else frozenset(),
        policies=tuple(
            _policy(policy, at, f"{at.pointer}/policyTemplateInstances/{index}")
            for index, policy in enumerate(policies)
            if isinstance(policy, Mapping)
        ),
    )


# Connection parameters


def _parameters_of_sets(raw: object) -> dict[str, ConnectionParameter]:
    """The parameters of alternative ways to connect, each with the names of the sets that have it."""
    parameters: dict[str, ConnectionParameter] = {}
    for parameter_set in as_list(as_mapping(raw).get("values")):
        if not isinstance(parameter_set, Mapping) or not isinstance(parameter_set.get("parameters"), Mapping):
            continue
        for name, value in parameter_set["parameters"].items():
            parameter = parameters.get(name) or _connection_parameter(name, value)
            set_name = str(parameter_set.get("name", len(parameters)))
            parameters[name] = replace(parameter, sets=(*parameter.sets, set_name))
    return parameters


def _connection_parameter(name: str, raw: object) -> ConnectionParameter:
    parameter = as_mapping(raw)
    ui = as_mapping(parameter.get("uiDefinition"))
    kind = str(parameter.get("type", "string"))
    constraints = as_mapping(ui.get("constraints"))
    variables = parameter.get("x-connector-environment")
    return ConnectionParameter(
        name=name,
        type=kind,
        title=str(ui.get("displayName", name)),
        description=str(ui.get("description", "")),
        required=truth(constraints.get("required", kind.lower() not in ("gatewaysetting", "oauthsetting"))),
        secret=kind.lower() in ("securestring", "oauthsetting"),
        default=parameter.get("default", parameter.get("defaultValue", MISSING)),
        allowed=tuple(
            value.get("value") if isinstance(value, Mapping) else value
            for value in as_list(constraints.get("allowedValues"))
        ),
        oauth=_oauth(parameter.get("oAuthSettings", parameter.get("oauthSettings"))),
        environment=(variables,) if isinstance(variables, str) else tuple(map(str, as_list(variables))),
    )


# OAuth settings

_AZURE = (
    "{loginUri}/{tenantId}/oauth2/v2.0/authorize",
    "{loginUri}/{tenantId}/oauth2/v2.0/token",
    "{loginUri}/{tenantId}/oauth2/v2.0/devicecode",
)
_ENDPOINTS: Mapping[str, tuple[str, str, str]] = {
    "aad": _AZURE,
    "aadcertificate": _AZURE,
    "facebook": ("https://www.facebook.com/dialog/oauth", "https://graph.facebook.com/oauth/access_token", ""),
    "docusign": ("{loginUri}/oauth/auth", "{loginUri}/oauth/token", ""),
}
"""The endpoints of identity providers that documents name and do not spell: authorize, token, device."""

_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "aad": {"loginUri": "https://login.microsoftonline.com", "tenantId": "common"},
    "docusign": {"loginUri": "https://account.docusign.com"},
}
"""The variables of these endpoints if the settings do not give them."""

_CLIENT_ID = pattern(r"[A-Za-z0-9._:/~-]{4,}\Z")
"""A client identifier that may be real: published files have placeholders such as ``<client id>`` in its place."""


def _oauth(raw: object) -> OAuth | None:
    """The settings of an identity provider (``oAuthSettings``)."""
    if not isinstance(raw, Mapping):
        return None
    provider = str(raw.get("identityProvider", "")).lower()
    parameters = {
        str(name).lower(): str(parameter["value"])
        for name, parameter in as_mapping(raw.get("customParameters")).items()
        if isinstance(parameter, Mapping) and parameter.get("value")
    }
    defaults = _DEFAULTS.get("aad" if provider.startswith("aad") else provider, EMPTY)
    variables = {
        name: (parameters.get(name.lower()) or defaults.get(name, "")).rstrip("/") for name in ("loginUri", "tenantId")
    }
    authorize, token, device = (
        url.replace("{loginUri}", variables["loginUri"]).replace("{tenantId}", variables["tenantId"])
        for url in _ENDPOINTS.get(provider, ("", "", ""))
    )
    scopes = raw.get("scopes")
    client_id = str(raw.get("clientId") or "")
    return OAuth(
        provider=provider,
        authorize=parameters.get("authorizationurl") or parameters.get("authorizationurltemplate") or authorize,
        token=parameters.get("tokenurl") or parameters.get("tokenurltemplate") or token,
        refresh=parameters.get("refreshurl") or parameters.get("refreshurltemplate") or "",
        device=device,
        scopes=tuple(map(str, scopes)) if isinstance(scopes, list) else (),
        delimiter=parameters.get("scopelistdelimiter", " "),
        client_id=client_id if _CLIENT_ID.match(client_id) else "",
    )


# Policies

_PARAMETER = "x-ms-apimtemplateparameter."
_OPERATIONS = "x-ms-apimtemplate-operationname"
_SECTION = "x-ms-apimtemplate-policysection"


def _policy(raw: Mapping[str, Any], at: Site, pointer: str) -> PolicyUse:
    spellings = {str(name).lower(): str(name) for name in as_mapping(raw.get("parameters"))}
    members = {str(name).lower(): value for name, value in as_mapping(raw.get("parameters")).items()}
    return PolicyUse(
        template=str(raw.get("templateId", "")).lower(),
        section="response" if str(members.get(_SECTION, "Request")).lower() == "response" else "request",
        operations=_names(members.get(_OPERATIONS)),
        parameters={
            spellings[name][len(_PARAMETER) :]: value for name, value in members.items() if name.startswith(_PARAMETER)
        },
        title=str(raw.get("title", "")),
        finding=lambda message: at.document.diagnostic("policy", message, pointer, severity="warning"),
    )


def _names(value: object) -> tuple[str, ...]:
    """Names as a list, or as one text with commas."""
    names = value.split(",") if isinstance(value, str) else as_list(value)
    return tuple(text for name in names if (text := str(name).strip()))
