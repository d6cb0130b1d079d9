"""Security of OpenAPI 3: "Security Scheme Object", "OAuth Flows Object", "Security Requirement Object"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openconnectors.engine.auth.schemes import row_of_http
from openconnectors.engine.documents.dialects.lowering import extensions, text, truth
from openconnectors.engine.documents.dialects.openapi3.schemas import Schemas
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
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

    def __init__(self, source: VersionedSource, schemas: Schemas) -> None:
        super().__init__(source, source.components("securitySchemes"), "/components/securitySchemes")
        self._source = source
        self._schemas = schemas

    def scheme(self, name: str, raw: Mapping[str, Any], at: str) -> Scheme:
        """The scheme of a node."""
        raw = self._source.members("security scheme", raw, at)
        node = Scheme(
            name=name,
            type=_type(raw),
            location=text(raw.get("in")),
            parameter=text(raw.get("name")),
            http_scheme=text(raw.get("scheme")),
            bearer_format=text(raw.get("bearerFormat")),
            oauth=self._oauth(raw, at),
            description=text(raw.get("description")),
            deprecated=truth(raw.get("deprecated")),
            at=at,
        )
        return self.source.extend("scheme", node, extensions(raw), self._schemas.site(at))

    def _oauth(self, raw: Mapping[str, Any], at: str) -> OAuth | None:
        """Where the tokens of a scheme come from; None if it has none."""
        if raw.get("type") == "openIdConnect":
            return OAuth(metadata=text(raw.get("openIdConnectUrl")))
        if raw.get("type") != "oauth2":
            return None
        flows = self._source.node("OAuth flows", raw.get("flows"), f"{at}/flows")
        metadata = text(raw.get("oauth2MetadataUrl"))
        lowered = [
            self._flow(flows[name], grant, f"{at}/flows/{name}")
            for name, grant in _GRANTS.items()
            if flows.get(name) is not None
        ]
        first, *others = lowered or [OAuth()]
        return replace(first, metadata=metadata, others=tuple(others))

    def _flow(self, value: object, grant: str, at: str) -> OAuth:
        raw = self._source.node("OAuth flow", value, at)
        scopes = self._source.mapping(raw.get("scopes"), f"{at}/scopes", "scopes")
        return OAuth(
            authorize=text(raw.get("authorizationUrl")),
            token=text(raw.get("tokenUrl")),
            refresh=text(raw.get("refreshUrl")),
            device=text(raw.get("deviceAuthorizationUrl")),
            scopes=tuple(map(str, scopes)),
            grant=grant,
        )


def _type(raw: Mapping[str, Any]) -> str:
    """The row of ``auth.schemes``: of ``type: http`` the one of the scheme in HTTP."""
    kind = text(raw.get("type"))
    return row_of_http(text(raw.get("scheme"))).name if kind == "http" else kind
