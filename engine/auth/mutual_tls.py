"""A client certificate, which the client shows when it opens a connection (RFC 8705; OpenAPI 3.1, "Security Scheme
Object"). Nothing of it is in a request: a server that asks for one has it before the first byte of HTTP."""

from __future__ import annotations

from openconnectors.engine.auth.scheme import Guard, Part, Received, SchemeType, Values, fixed
from openconnectors.engine.credentials import ClientCertificate, Credentials
from openconnectors.engine.model import Scheme


def _credentials(scheme: Scheme, values: Values) -> Credentials:
    if "certificate" not in values:  # the transport has its own
        return Credentials()
    return Credentials(certificate=ClientCertificate(values["certificate"], values.get("key"), values.get("password")))


class _Guard:
    """Admits every request: the server has refused the connection of a client without its certificate."""

    def admits(self, received: Received) -> bool:
        """Return True."""
        return True

    def challenge(self, realm: str, scopes: tuple[str, ...], received: Received) -> str:
        """Nothing: no challenge of HTTP asks for a certificate."""
        return ""


def _guard(scheme: Scheme, values: Values) -> Guard:
    return _Guard()


MUTUAL_TLS = SchemeType(
    "mutualTLS",
    (
        Part("certificate", "client_certificate", secret=False),
        Part("key", "client_key", required=False),
        Part("password", "client_key_password", required=False),
    ),
    fixed(_credentials),
    _guard,
    by_transport=True,
)
