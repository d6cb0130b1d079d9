"""Security schemes: how connection values become the credentials of a request. One row a scheme type.

Source: Swagger 2.0, "Security Scheme Object"; RFC 7617 (Basic), RFC 6750 (Bearer).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from openconnectors.engine.credentials import NO_CREDENTIALS, Credentials, Secret
from openconnectors.engine.errors import ConnectionMissing, Unsupported
from openconnectors.engine.model import Operation, Scheme, Service

Parts = Mapping[str, Secret]


def _header(scheme: Scheme, name: str, value: Secret, part: Secret) -> Credentials:
    """A header field; refused where the value could not stand in one (RFC 9110 section 5.5)."""
    if any(ord(character) < 32 or ord(character) in range(127, 160) for character in value.reveal()):
        raise ConnectionMissing(f"the value for {scheme.name!r} has a control character in it; give the value alone")
    if not value.reveal().isascii() and any(ord(character) > 255 for character in value.reveal()):
        raise ConnectionMissing(f"the value for {scheme.name!r} has a character that no header field may have")
    return Credentials({name: value}, secrets=[part])


def _basic(scheme: Scheme, parts: Parts) -> Credentials:
    if ":" in parts["username"].reveal():
        raise ConnectionMissing("the user name of basic authentication must not hold a colon (RFC 7617 section 2)")
    pair = Secret(":".join(parts[name].reveal() for name in ("username", "password")))
    token = Secret(base64.b64encode(pair.reveal().encode()).decode("ascii"))
    return _header(scheme, "Authorization", Secret(f"Basic {token.reveal()}"), parts["password"])


def _api_key(scheme: Scheme, parts: Parts) -> Credentials:
    key = parts["key"]
    if scheme.location == "query":
        return Credentials(query={scheme.parameter: key}, secrets=[key])
    return _header(scheme, scheme.parameter, key, key)


def _bearer(scheme: Scheme, parts: Parts) -> Credentials:
    token = Secret(parts["token"].reveal().strip())
    return _header(scheme, "Authorization", Secret(f"Bearer {token.reveal()}"), token)


SCHEMES: Mapping[str, Callable[[Scheme, Parts], Credentials]] = {
    "basic": _basic,
    "apiKey": _api_key,
    "oauth2": _bearer,
}


def credentials(
    service: Service, operation: Operation, values: Mapping[str, Secret | str], instead: frozenset[str] = frozenset()
) -> Credentials:
    """The credentials that an operation asks for, of the values of a connection: those of the first
    alternative whose values are all there. A scheme whose header field is one of ``instead`` (names in lower case) is
    left out: the request brings it along.

    Raises ``ConnectionMissing`` where no alternative is complete.
    """
    lacking: list[str] = []
    for alternative in operation.security:
        made = NO_CREDENTIALS
        for name in alternative:
            scheme = service.schemes.get(name)
            if scheme is None or _field(scheme) in instead:
                continue  # named but not defined, as in published documents: there is nothing to send
            row = SCHEMES.get(scheme.type)
            if row is None:
                raise Unsupported(f"the security scheme {name!r} is of type {scheme.type!r}, which is not known")
            parts = {part: Secret.of(values[value]) for part, value in scheme.values.items() if value in values}
            if scheme.type != "basic":
                parts = {part: value for part, value in parts.items() if value}  # of basic an empty text is a value
            missing = [value for part, value in scheme.values.items() if part not in parts]
            if missing:
                lacking += missing
                break
            made = made.merged(row(scheme, parts))
        else:
            return made
    if lacking:
        names = tuple(dict.fromkeys(lacking))
        said = f"{operation.id} needs credentials; the connection has no {', '.join(names)}"
        raise ConnectionMissing(said, names)
    return NO_CREDENTIALS


def _field(scheme: Scheme) -> str:
    """The header field that a scheme sets, in lower case."""
    if scheme.type == "apiKey":
        return scheme.parameter.lower() if scheme.location == "header" else ""
    return "authorization"
