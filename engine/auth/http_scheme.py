"""Any other scheme of HTTP authentication: its name and the credentials that the connection has ready, in the header
field ``Authorization`` (RFC 9110 section 11.6.2). What makes them (a key, a ticket, a signature) is the caller's."""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.auth.scheme import (
    FixedGuard,
    Guard,
    Part,
    SchemeType,
    Values,
    fixed,
    header_credentials,
)
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import Unsupported
from openconnectors.engine.model import Scheme
from openconnectors.engine.secret import Secret

_REGISTERED: Mapping[str, str] = {
    name.lower(): name
    for name in (
        "Basic",
        "Bearer",
        "Concealed",
        "Digest",
        "DPoP",
        "GNAP",
        "HOBA",
        "Mutual",
        "Negotiate",
        "OAuth",
        "PrivateToken",
        "SCRAM-SHA-1",
        "SCRAM-SHA-256",
        "vapid",
    )
}
"""The names of IANA's "HTTP Authentication Scheme Registry". They are compared without case, but some services do not
know that."""
_TOKEN = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


def word(name: str) -> str:
    """The name of a scheme as it is sent: as it is registered, else as the document spells it."""
    return _REGISTERED.get(name.lower(), name)


def ready(scheme: Scheme, values: Values) -> Credentials:
    """Credentials that the connection has as they are sent, after the name of the scheme.

    ``Unsupported`` for a scheme whose name cannot be in the field.
    """
    name = word(scheme.http_scheme)
    if not _TOKEN.match(name):
        raise Unsupported(f"the security scheme {scheme.name!r} has the scheme {name!r}, which is not a token of HTTP")
    credentials = Secret(values["credentials"].reveal().strip())
    return header_credentials(scheme, "Authorization", Secret(f"{name} {credentials.reveal()}"), credentials)


def _guard(scheme: Scheme, values: Values) -> Guard:
    return FixedGuard(ready(scheme, values), word(scheme.http_scheme))


HTTP = SchemeType("http", (Part("credentials", ""),), fixed(ready), _guard, http_name="*")
