"""Basic authentication: user name and password in each request (RFC 7617)."""

from __future__ import annotations

import base64

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
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.model import Scheme
from openconnectors.engine.secret import Secret


def _credentials(scheme: Scheme, values: Values) -> Credentials:
    if ":" in values["username"].reveal():
        raise ConnectionMissing("the user name of basic authentication must not hold a colon (RFC 7617 section 2)")
    pair = Secret(":".join(values[name].reveal() for name in ("username", "password")))
    token = Secret(base64.b64encode(pair.reveal().encode()).decode("ascii"))
    return header_credentials(scheme, "Authorization", Secret(f"Basic {token.reveal()}"), values["password"])


def _guard(scheme: Scheme, values: Values) -> Guard:
    return FixedGuard(_credentials(scheme, values), "Basic", {"charset": "UTF-8"})


BASIC = SchemeType(
    "basic",
    # RFC 7617 section 2: user-pass is any text on both sides of the colon, also none.
    (Part("username", "username", secret=False, may_be_empty=True), Part("password", "password", may_be_empty=True)),
    fixed(_credentials),
    _guard,
    http_name="Basic",
)
