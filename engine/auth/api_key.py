"""An API key in a header field, in the query or in a cookie (OpenAPI 3, "Security Scheme Object")."""

from __future__ import annotations

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
from openconnectors.engine.model import Scheme


def _credentials(scheme: Scheme, values: Values) -> Credentials:
    key = values["key"]
    if scheme.location == "query":
        return Credentials(query={scheme.parameter: key}, secrets=[key])
    if scheme.location == "cookie":
        return Credentials(cookies={scheme.parameter: key}, secrets=[key])
    return header_credentials(scheme, scheme.parameter, key, key)


def _guard(scheme: Scheme, values: Values) -> Guard:
    # No authentication scheme is registered for keys: the challenge says where the key is expected.
    parameters = {"name": scheme.parameter.encode("ascii", "replace").decode("ascii"), "in": scheme.location}
    return FixedGuard(_credentials(scheme, values), "ApiKey", parameters)


API_KEY = SchemeType("apiKey", (Part("key", "api_key"),), fixed(_credentials), _guard)
