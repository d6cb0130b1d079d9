"""Authorizations of a collection as security schemes, a row each. No credential is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from openconnectors.engine.convert.postman.collection import Auth, Report, filled, has_variable

Scheme = dict[str, Any]

CREDENTIAL = re.compile(
    r"(?i)(?:^|[-_])(?:api|access|auth|app|client|subscription)?[-_]?(?:key|token|secret|password)$"
)
"""Names of fields whose value is a credential."""
_BLANK = re.compile(r"[\s,]+")


def _basic(auth: Auth, variables: Mapping[str, str], report: Report) -> Scheme:
    return {"type": "http", "scheme": "basic"}


def _bearer(auth: Auth, variables: Mapping[str, str], report: Report) -> Scheme:
    return {"type": "http", "scheme": "bearer"}


def _digest(auth: Auth, variables: Mapping[str, str], report: Report) -> Scheme:
    return {"type": "http", "scheme": "digest"}


def _api_key(auth: Auth, variables: Mapping[str, str], report: Report) -> Scheme:
    name = filled(auth.parameters.get("key"), variables)
    if not name or has_variable(name):
        report.guess(auth.pointer, "the name of the field of the API key is not written; X-API-Key is taken")
        name = "X-API-Key"
    place = "query" if auth.parameters.get("in") == "query" else "header"
    return {"type": "apiKey", "name": name, "in": place}


_GRANTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "authorization_code": ("authorizationCode", ("authorizationUrl", "tokenUrl")),
    "authorization_code_with_pkce": ("authorizationCode", ("authorizationUrl", "tokenUrl")),
    "client_credentials": ("clientCredentials", ("tokenUrl",)),
    "password_credentials": ("password", ("tokenUrl",)),
    "implicit": ("implicit", ("authorizationUrl",)),
}
"""By grant of Postman: the flow of OpenAPI, with the URLs that it needs."""
_URLS = {"authorizationUrl": "authUrl", "tokenUrl": "accessTokenUrl"}


def _oauth2(auth: Auth, variables: Mapping[str, str], report: Report) -> Scheme:
    grant = str(auth.parameters.get("grant_type") or "authorization_code")
    name, needed = _GRANTS.get(grant, ("", ()))
    urls = {member: filled(auth.parameters.get(_URLS[member]), variables) for member in needed}
    if not name or any(not url.startswith(("https://", "http://")) or has_variable(url) for url in urls.values()):
        missing = ", ".join(_URLS[member] for member in needed) or f"the grant {grant!r}"
        report.guess(
            auth.pointer, f"the OAuth 2.0 flow is not written out ({missing}); a bearer token is asked for instead"
        )
        return _bearer(auth, variables, report)
    scopes = [scope for scope in _BLANK.split(filled(auth.parameters.get("scope"), variables)) if scope]
    known = {scope: scope for scope in scopes if not has_variable(scope)}
    return {"type": "oauth2", "flows": {name: {**urls, "scopes": known}}}


def _aws(auth: Auth, variables: Mapping[str, str], report: Report) -> Scheme:
    service = filled(auth.parameters.get("service"), variables)
    signature = {"type": "aws4", **({"service": service} if service and not has_variable(service) else {})}
    return {"type": "apiKey", "name": "Authorization", "in": "header", "x-connector-scheme": signature}


SCHEMES: Mapping[str, Callable[[Auth, Mapping[str, str], Report], Scheme]] = {
    "basic": _basic,
    "bearer": _bearer,
    "digest": _digest,
    "apikey": _api_key,
    "oauth2": _oauth2,
    "awsv4": _aws,
}
"""By type of Postman: what an authorization is in OpenAPI. Others are left out, and reported."""


def scheme_of(auth: Auth, variables: Mapping[str, str], report: Report) -> Scheme | None:
    """The security scheme of an authorization; None for one that OpenAPI does not have, which is reported."""
    row = SCHEMES.get(auth.type)
    if row is None:
        report.lose(auth.pointer, f"OpenAPI has no authorization {auth.type!r}: these requests are sent without it")
        return None
    return row(auth, variables, report)


_FIELD = re.compile(r"(?i)(basic|bearer|digest)\s")


def field_scheme(name: str, value: str, place: str) -> Scheme | None:
    """The scheme of a credential that is written as a header field or a query parameter; None for another field."""
    if place == "header" and name.lower() == "authorization":
        match = _FIELD.match(value)
        if match is not None:
            return {"type": "http", "scheme": match[1].lower()}
        return {"type": "apiKey", "name": "Authorization", "in": "header"}
    if CREDENTIAL.search(name):
        return {"type": "apiKey", "name": name, "in": place}
    return None
