"""A bearer token in the header field ``Authorization`` (RFC 6750): one that is given, or one of OAuth 2.0 or OpenID
Connect.

A token of OAuth 2.0 is renewed by the connection, which knows its provider (``auth.tokens``).
"""

from __future__ import annotations

from openconnectors.engine.auth.scheme import (
    FixedGuard,
    Guard,
    Part,
    Received,
    SchemeType,
    Values,
    challenge,
    fixed,
    header_credentials,
)
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.model import Scheme
from openconnectors.engine.secret import Secret


def _credentials(scheme: Scheme, values: Values) -> Credentials:
    token = Secret(values["token"].reveal().strip())
    return header_credentials(scheme, "Authorization", Secret(f"Bearer {token.reveal()}"), token)


class _Guard(FixedGuard):
    def challenge(self, realm: str, scopes: tuple[str, ...], received: Received) -> str:
        """A challenge with the scopes that are needed; with an error if there was a token (RFC 6750 section 3)."""
        parameters = {"realm": realm}
        parameters |= {"scope": " ".join(scopes)} if scopes else {}
        parameters |= {"error": "invalid_token"} if "Authorization" in received.headers else {}
        return challenge("Bearer", parameters)


def _guard(scheme: Scheme, values: Values) -> Guard:
    return _Guard(_credentials(scheme, values), "Bearer")


BEARER = SchemeType("bearer", (Part("token", "token"),), fixed(_credentials), _guard, http_name="Bearer", base="apiKey")
OAUTH2 = SchemeType("oauth2", (Part("token", "token"),), fixed(_credentials), _guard, http_name="Bearer")
OPENID_CONNECT = SchemeType("openIdConnect", (Part("token", "token"),), fixed(_credentials), _guard, http_name="Bearer")
