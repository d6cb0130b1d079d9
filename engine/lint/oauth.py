"""OAuth settings of connection parameters: identity providers, their parameters and endpoints, secrets.

Sources: the JSON schema of ``apiProperties.json`` (github.com/microsoft/PowerPlatformConnectors); learn.microsoft.com,
"Connection parameters"; the settings of the published connectors; RFC 6749.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.placeholders import is_secret
from openconnectors.engine.lint.properties import (
    Place,
    connection_parameters,
    is_published,
    oauth_settings,
    parameter_groups,
)
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_properties import check
from openconnectors.engine.lint.tree import Node, array, mapping


class Provider(Struct, frozen=True):
    """An identity provider: the custom parameters that it needs, those that renew a token, and others that it knows;
    ``open`` if it may have more."""

    needs: tuple[str, ...] = ()
    renews: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    open: bool = False

    @property
    def known(self) -> tuple[str, ...]:
        """Every custom parameter that it knows."""
        return (*self.needs, *self.renews, *self.others)


_AZURE = Provider(
    ("resourceUri",),
    others=("loginUri", "loginUriAAD", "tenantId", "enableOnbehalfOfLogin", "grantType", "scopes"),
)
_GENERIC = Provider(
    ("authorizationUrlTemplate", "tokenUrlTemplate"),
    ("refreshUrlTemplate",),
    (
        *("authorizationUrlQueryStringTemplate", "tokenUrlQueryStringTemplate", "refreshUrlQueryStringTemplate"),
        *("tokenBodyTemplate", "refreshBodyTemplate", "scopeListDelimiter"),
    ),
    open=True,
)
PROVIDERS: Mapping[str, Provider] = {
    "oauth2": Provider(("authorizationUrl", "tokenUrl"), ("refreshUrl",), ("redirectUrl", "scopeListDelimiter")),
    "oauth2generic": _GENERIC,
    "oauth2pkce": _GENERIC,
    "aad": _AZURE,
    "aadcertificate": _AZURE,
}
"""The identity providers whose custom parameters are documented, by their names in lower case."""


@cache
def _named() -> frozenset[str]:
    """The identity providers that are known by name only: those of Microsoft's own connectors, in lower case."""
    return frozenset(Path(__file__).with_name("identity_providers.txt").read_text("utf-8").split())


def settings_of(context: Context) -> Iterator[tuple[Place, dict[str, Place]]]:
    """The OAuth settings, each with the parameters of its connection by their names in lower case."""
    for group in parameter_groups(context):
        names = {place.name.lower(): place for place in group}
        for place in group:
            settings = oauth_settings(place)
            if settings is not None:
                yield settings, names


def _provider(settings: Place) -> str:
    return str(settings.below("identityProvider").value or "").lower()


def _custom(settings: Place) -> dict[str, Place]:
    """The values of the custom parameters, by their names in lower case."""
    holder = settings.below("customParameters")
    return {str(name).lower(): holder.below(str(name)).below("value") for name in mapping(holder.value)}


def _entered(name: str, names: Mapping[str, Place]) -> bool:
    """Return True if users enter a custom parameter as a connection parameter, ``token:name``."""
    return any(other.partition(":")[2] == name.lower() for other in names)


@check("oauth-provider")
def _known(node: Node, context: Context) -> Iterator[Finding]:
    for settings, _ in settings_of(context):
        place = settings.below("identityProvider")
        if isinstance(place.value, str) and place.value.lower() not in (*PROVIDERS, *_named()):
            message = f"the identity provider {place.value!r} is not known"
            yield place.finding(message, suggestion=closest(place.value, PROVIDERS) or closest(place.value, _named()))
            continue
        written = place.value.lower() if isinstance(place.value, str) else ""
        if is_published(context) and written in PROVIDERS and written != place.value:
            yield place.finding(f"{place.value!r} is in another case", suggestion=written, rule="properties-case")


@check("oauth-parameter")
def _missing(node: Node, context: Context) -> Iterator[Finding]:
    for settings, names in settings_of(context):
        provider, custom = PROVIDERS.get(_provider(settings)), _custom(settings)
        for rule, needed in (("", provider.needs), ("oauth-refresh", provider.renews)) if provider else ():
            for name in needed:
                place = custom.get(name.lower())
                if _entered(name, names):
                    continue
                if place is None:
                    at = settings.below("customParameters")
                    at = at if isinstance(at.value, Mapping) else settings
                    yield at.finding(f"the custom parameter {name!r} is missing", key=True, rule=rule)
                elif not str(place.value or "").strip():
                    yield _parent(settings, place).finding(f"the custom parameter {name!r} is empty", rule=rule)


def _parent(settings: Place, value: Place) -> Place:
    """The place of the value of a custom parameter, or of the parameter if it has none."""
    return value if value.value is not None else settings.below("customParameters").below(value.pointer.split("/")[-2])


@check("oauth-parameter-unknown")
def _unknown(node: Node, context: Context) -> Iterator[Finding]:
    for settings, names in settings_of(context):
        provider = PROVIDERS.get(_provider(settings))
        if provider is None:
            continue
        known = {name.lower() for name in provider.known}
        holder = settings.below("customParameters")
        for name in map(str, mapping(holder.value)):
            if name.lower() in known or _entered(name, names):
                continue
            suggestion = closest(name, provider.known, 0.8 if provider.open else 0.6)
            if suggestion is not None or not provider.open:
                message = f"the identity provider {_provider(settings)} has no custom parameter {name!r}"
                yield holder.below(name).finding(message, key=True, suggestion=suggestion)


# Endpoints

_URL = pattern(r"https://(?!/)[^\s/?#]+[^\s]*\Z")
_SEVERAL = pattern(r"[;,|\s]\s*https?://")
"""The beginning of a second URL."""
_PLACEHOLDER = pattern(r"\s*(https://)?[<\[{]|\s*@")
"""The beginning of what stands for a URL: a variable, an expression, or text in brackets."""
_ENDPOINTS = frozenset(
    ("authorizationurl", "tokenurl", "refreshurl", "authorizationurltemplate", "tokenurltemplate", "refreshurltemplate",
     "loginuri", "loginuriaad", "redirecturl")
)  # fmt: skip


def _endpoints(settings: Place) -> Iterator[tuple[str, Place]]:
    """The URLs of settings, by the names of their parameters in lower case."""
    for name, place in _custom(settings).items():
        if name in _ENDPOINTS and isinstance(place.value, str):
            yield name, place
    if isinstance(settings.below("redirectUrl").value, str):
        yield "redirecturl", settings.below("redirectUrl")


@check("oauth-endpoint")
def _url(node: Node, context: Context) -> Iterator[Finding]:
    for settings, names in settings_of(context):
        for name, place in _endpoints(settings):
            url = place.value
            if not url.strip() or _URL.match(url) or _PLACEHOLDER.match(url) or _entered(name, names):
                continue
            encrypted = "is not encrypted" if url.startswith("http://") else "is not an absolute URL"
            yield place.finding(f"{url!r} {encrypted}; it must begin with https://")
        for name, place in _endpoints(settings):
            if name == "redirecturl" and _SEVERAL.search(place.value):
                yield place.finding(f"{place.value!r} is more than one URL", rule="oauth-redirect")
            if "#" in place.value and not _PLACEHOLDER.match(place.value):
                message = f"{place.value!r} has a fragment, which an endpoint must not have"
                yield place.finding(message, rule="oauth-fragment")


_FILLED = frozenset(
    ("clientid", "clientsecret", "redirecturl", "state", "scopes", "scope", "code", "refreshtoken", "codechallenge",
     "codeverifier", "tenantid", "nonce", "resourceuri", "loginuri", "accesstoken")
)  # fmt: skip
"""Variables of templates that the flow fills, in lower case."""
_VARIABLE = pattern(r"\{([^{}]*)\}")


@check("oauth-variable")
def _variable(node: Node, context: Context) -> Iterator[Finding]:
    for settings, names in settings_of(context):
        custom = _custom(settings)
        further = map(str.lower, map(str, mapping(settings.below("additionalParameters").value)))
        filled = {*_FILLED, *custom, *further}
        for place in custom.values():
            text = place.value if isinstance(place.value, str) else ""
            if text.count("{") != text.count("}"):
                yield place.finding(f"a brace of {text!r} is not closed")
            for name in _VARIABLE.findall("" if "{{" in text else text):
                folded = name.strip().lower()
                if folded in filled or _entered(folded, names) or " " in folded or "(" in folded:
                    continue
                known = sorted(_FILLED) + [other.partition(":")[2] for other in names if ":" in other]
                yield place.finding(f"nothing fills the variable {{{name}}}", suggestion=closest(name, known))


_RESOURCE = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z|[0-9A-Fa-f-]{36}\Z|[0-9A-Fa-f]{32}\Z|[<\[{@]")


@check("oauth-resource")
def _resource(node: Node, context: Context) -> Iterator[Finding]:
    for settings, _ in settings_of(context):
        resource = settings.below("properties").below("AzureActiveDirectoryResourceId")
        for place in (_custom(settings).get("resourceuri"), resource):
            text = place.value.strip() if place is not None and isinstance(place.value, str) else ""
            if place is not None and text and not _RESOURCE.match(text):
                yield place.finding(f"{text!r} is neither a URI nor the identifier of an application")


@check("oauth-value")
def _value(node: Node, context: Context) -> Iterator[Finding]:
    for settings, _ in settings_of(context):
        place = _custom(settings).get("enableonbehalfoflogin")
        text = str(place.value).strip() if place is not None and place.value is not None else ""
        if place is not None and text and text.lower() not in ("true", "false") and not _PLACEHOLDER.match(text):
            yield place.finding(f"{text!r} is neither 'true' nor 'false'")
        supported = settings.below("properties").below("IsOnbehalfofLoginSupported").value
        if place is not None and text.lower() == "true" and str(supported).lower() == "false":
            yield place.finding("users are acted for, and IsOnbehalfofLoginSupported is false")
        delimiter = _custom(settings).get("scopelistdelimiter")
        if delimiter is not None and delimiter.value == "" and len(array(settings.below("scopes").value)) > 1:
            yield delimiter.finding("the scopes are joined by nothing", rule="oauth-scope")
        tenant = _custom(settings).get("tenantid")
        name = tenant.value.strip() if tenant is not None and isinstance(tenant.value, str) else ""
        if tenant is not None and name and not _TENANT.match(name):
            yield tenant.finding(f"{name!r} is neither common nor the domain or the identifier of a tenant")


_TENANT = pattern(r"[A-Za-z0-9][\w.-]*\Z|[<\[{@$#_]")


@check("oauth-endpoint-differs")
def _differs(node: Node, context: Context) -> Iterator[Finding]:
    for settings, _ in settings_of(context):
        custom = _custom(settings) if _provider(settings) == "oauth2" else {}
        schemes = [scheme for scheme in context.tree["security-scheme"] if scheme.get("type") == "oauth2"]
        for member in ("authorizationUrl", "tokenUrl") if len(schemes) == 1 else ():
            place, declared = custom.get(member.lower()), schemes[0].get(member)
            if place is None or not isinstance(place.value, str) or not isinstance(declared, str):
                continue
            if _URL.match(place.value) and _URL.match(declared) and _same(place.value) != _same(declared):
                yield place.finding(f"the definition has the {member} {declared!r}, not {place.value!r}")


def _same(url: str) -> str:
    """A URL without what two spellings of it may differ in."""
    return url.strip().rstrip("/").lower()


# The application that signs users in


@check("oauth-client-id")
def _client(node: Node, context: Context) -> Iterator[Finding]:
    for settings, names in settings_of(context):
        place = settings.below("clientId")
        if _provider(settings) in PROVIDERS and not _entered("clientId", names):
            if place.value is None:
                yield settings.finding("the OAuth settings have no clientId", key=True)
            elif isinstance(place.value, str) and not place.value.strip():
                yield place.finding("the clientId is empty")


@check("oauth-first-party")
def _first_party(node: Node, context: Context) -> Iterator[Finding]:
    for settings, _ in settings_of(context):
        holder = settings.below("properties")
        place = holder.below("IsFirstParty")
        if _provider(settings) == "aadcertificate" and str(place.value).strip().lower() == "false":
            yield place.finding("the identity provider aadcertificate is for applications of the first party")
        elif is_published(context) and place.value is None and _provider(settings) in PROVIDERS:
            if isinstance(holder.value, Mapping):
                yield holder.finding("the properties do not say IsFirstParty", key=True)
            elif _provider(settings) == "aadcertificate":
                yield settings.finding("the OAuth settings have no properties that say IsFirstParty", key=True)


@check("oauth-redirect")
def _redirect(node: Node, context: Context) -> Iterator[Finding]:
    for settings, _ in settings_of(context):
        place = settings.below("redirectUrl")
        if isinstance(place.value, str) and not place.value.strip():
            yield place.finding("the redirectUrl is empty")
        host = urlsplit(place.value).hostname if isinstance(place.value, str) and _URL.match(place.value) else None
        if host is not None and not host.endswith((".azure-apim.net", ".azure-apihub.net", ".azure-apim.us")):
            yield place.finding(f"the platform does not answer at {host}")


@check("oauth-scope")
def _scope(node: Node, context: Context) -> Iterator[Finding]:
    for settings, _ in settings_of(context):
        scopes = settings.below("scopes")
        seen: set[str] = set()
        for index, scope in enumerate(array(scopes.value)):
            if isinstance(scope, str) and (not scope.strip() or scope in seen):
                what = "is empty" if not scope.strip() else f"{scope!r} is already in this list"
                yield scopes.below(index).finding(f"the scope {what}")
            elif isinstance(scope, str) and scope != scope.strip():
                yield scopes.below(index).finding(f"the scope {scope!r} begins or ends with a blank")
            seen.add(str(scope))


_ANY_SCOPES = ("offline_access", "openid", "profile", "email")
"""Scopes of OpenID Connect, which definitions leave out."""


@check("oauth-scope-undeclared")
def _undeclared(node: Node, context: Context) -> Iterator[Finding]:
    schemes = [scheme for scheme in context.tree["security-scheme"] if scheme.get("type") == "oauth2"]
    declared = list(map(str, schemes[0].mapping("scopes"))) if len(schemes) == 1 else []
    known = {part for scope in declared for part in (scope, *re.split(r"[\s,]+", scope))}
    for settings, _ in settings_of(context) if known else ():
        scopes = settings.below("scopes")
        for index, scope in enumerate(array(scopes.value)):
            parts = scope.split() if isinstance(scope, str) and not _PLACEHOLDER.match(scope) else []
            unknown = [part for part in parts if part not in known and part.lower() not in _ANY_SCOPES]
            if unknown and scope not in known:
                message = f"the definition's {schemes[0].name!r} does not declare the scope {unknown[0]!r}"
                yield scopes.below(index).finding(message, suggestion=closest(unknown[0], known))


def secrets(context: Context) -> Iterator[Place]:
    """The secrets in properties: of the client, in the templates of its requests, and as the defaults of secrets."""
    for settings, _ in settings_of(context):
        secret = settings.below("clientSecret")
        if isinstance(secret.value, str) and is_secret(secret.value):
            yield secret
        for place in _custom(settings).values():
            literal = re.search(r"client_secret=([^&\s{}<>]+)", place.value) if isinstance(place.value, str) else None
            if literal is not None and is_secret(literal[1]):
                yield place
    for parameter in connection_parameters(context):
        value = mapping(parameter.value)
        for member in ("default", "defaultValue") if str(value.get("type")).lower() == "securestring" else ():
            if isinstance(value.get(member), str) and is_secret(value[member]):
                yield parameter.below(member)
