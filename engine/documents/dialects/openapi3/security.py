"""Security of OpenAPI 3: "Security Scheme Object", "OAuth Flows Object", "Security Requirement Object"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.engine.auth.schemes import SCHEMES
from openconnectors.engine.documents.dialects.lowering import Source, extensions, text
from openconnectors.engine.documents.dialects.openapi3.schemas import Schemas
from openconnectors.engine.documents.dialects.security import SecurityLowering
from openconnectors.engine.model import OAuth, Scheme

_GRANTS = {
    "authorizationCode": "authorization_code",
    "clientCredentials": "client_credentials",
    "password": "password",
    "implicit": "implicit",
    "deviceAuthorization": "device_code",
}
"""The grants of RFC 6749 and RFC 8628 by the name of a flow, the one that serves most first."""


class Security(SecurityLowering):
    """Lowers the security schemes and requirements of one document."""

    def __init__(self, source: Source, schemas: Schemas) -> None:
        super().__init__(source, source.components("securitySchemes"), "/components/securitySchemes")
        self._schemas = schemas

    def scheme(self, name: str, raw: Mapping[str, Any], at: str) -> Scheme:
        """The scheme of a node."""
        node = Scheme(
            name=name,
            type=_type(raw),
            location=text(raw.get("in")),
            parameter=text(raw.get("name")),
            oauth=self._oauth(raw, at) if raw.get("type") == "oauth2" else None,
            at=at,
        )
        return self.source.extend("scheme", node, extensions(raw), self._schemas.site(at))

    def _oauth(self, raw: Mapping[str, Any], at: str) -> OAuth:
        flows = self.source.mapping(raw.get("flows"), f"{at}/flows", "flows")
        for name, grant in _GRANTS.items():
            if name in flows:
                flow = self.source.mapping(flows[name], f"{at}/flows/{name}", "a flow")
                scopes = self.source.mapping(flow.get("scopes"), f"{at}/flows/{name}/scopes", "scopes")
                return OAuth(
                    authorize=text(flow.get("authorizationUrl")),
                    token=text(flow.get("tokenUrl")),
                    refresh=text(flow.get("refreshUrl")),
                    device=text(flow.get("deviceAuthorizationUrl")),
                    scopes=tuple(map(str, scopes)),
                    grant=grant,
                )
        return OAuth()


def _type(raw: Mapping[str, Any]) -> str:
    """The row of ``auth.schemes``: of ``type: http`` the one with the name of the scheme in HTTP."""
    kind = text(raw.get("type"))
    if kind != "http":
        return kind
    name = text(raw.get("scheme")).lower()
    return next((row.name for row in SCHEMES.values() if row.http_name.lower() == name), name)
