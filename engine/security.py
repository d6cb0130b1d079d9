"""Security schemes: how connection values become the credentials of a request. One row a scheme type.

Source: Swagger 2.0, "Security Scheme Object"; RFC 7617 (Basic), RFC 6750 (Bearer).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from engine.errors import ConnectionMissing, Unsupported
from engine.http import NO_CREDENTIALS, Credentials
from engine.model import Operation, Scheme, Service

Values = Mapping[str, str]


def _basic(scheme: Scheme, parts: Values) -> Credentials:
    user, password = parts["username"], parts["password"]
    if ":" in user:
        raise ConnectionMissing("the user name of basic authentication must not hold a colon (RFC 7617 section 2)")
    token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return Credentials({"Authorization": f"Basic {token}"}, secrets=[password])


def _api_key(scheme: Scheme, parts: Values) -> Credentials:
    key = parts["key"]
    if scheme.location == "query":
        return Credentials(query={scheme.parameter: key}, secrets=[key])
    if any(ord(mark) < 32 or ord(mark) == 127 for mark in key):
        raise ConnectionMissing(f"the key for {scheme.name!r} has a control character in it; give the key alone")
    return Credentials({scheme.parameter: key}, secrets=[key])


def _bearer(scheme: Scheme, parts: Values) -> Credentials:
    token = parts["token"].strip()
    return Credentials({"Authorization": f"Bearer {token}"}, secrets=[token])


SCHEMES: Mapping[str, Callable[[Scheme, Values], Credentials]] = {
    "basic": _basic,
    "apiKey": _api_key,
    "oauth2": _bearer,
}


def credentials(service: Service, operation: Operation, values: Values) -> Credentials:
    """The credentials that an operation asks for, of the values of a connection: those of the first
    alternative whose values are all there.

    Raises :class:`~engine.errors.ConnectionMissing` where no alternative is complete.
    """
    lacking: list[str] = []
    for alternative in operation.security:
        made = NO_CREDENTIALS
        for name in alternative:
            scheme = service.schemes.get(name)
            if scheme is None:
                continue  # named but not defined, as in published documents: there is nothing to send
            row = SCHEMES.get(scheme.type)
            if row is None:
                raise Unsupported(f"the security scheme {name!r} is of type {scheme.type!r}, which is not known")
            parts = {part: values[value] for part, value in scheme.values.items() if values.get(value)}
            missing = [value for part, value in scheme.values.items() if part not in parts]
            if missing:
                lacking += missing
                break
            made = made.merged(row(scheme, parts))
        else:
            return made
    if lacking:
        names = ", ".join(dict.fromkeys(lacking))
        raise ConnectionMissing(f"{operation.id} needs credentials; the connection has no {names}")
    return NO_CREDENTIALS
