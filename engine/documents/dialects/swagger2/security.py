"""Security of Swagger 2.0: "Security Scheme Object"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.engine.documents.dialects.lowering import Source, extensions, text
from openconnectors.engine.documents.dialects.security import SecurityLowering
from openconnectors.engine.documents.dialects.swagger2.schemas import Schemas
from openconnectors.engine.model import OAuth, Scheme

_GRANTS = {"application": "client_credentials", "password": "password", "implicit": "implicit"}
"""The grants of RFC 6749 by the document's ``flow``; ``accessCode`` is the default, authorization_code."""


class Security(SecurityLowering):
    """Lowers the security schemes and requirements of one document."""

    def __init__(self, source: Source, schemas: Schemas) -> None:
        super().__init__(source, source.root_mapping("securityDefinitions"), "/securityDefinitions")
        self._schemas = schemas

    def scheme(self, name: str, raw: Mapping[str, Any], at: str) -> Scheme:
        """The scheme of a node."""
        node = Scheme(
            name=name,
            type=text(raw.get("type")),
            location=text(raw.get("in")),
            parameter=text(raw.get("name")),
            oauth=self._oauth(raw, at) if raw.get("type") == "oauth2" else None,
            at=at,
        )
        return self.source.extend("scheme", node, extensions(raw), self._schemas.site(at))

    def _oauth(self, raw: Mapping[str, Any], at: str) -> OAuth:
        scopes = raw.get("scopes")
        if not isinstance(scopes, list):  # which published documents have in place of the mapping
            scopes = self.source.mapping(scopes, f"{at}/scopes", "scopes")
        return OAuth(
            authorize=text(raw.get("authorizationUrl")),
            token=text(raw.get("tokenUrl")),
            scopes=tuple(map(text, scopes)),
            grant=_GRANTS.get(text(raw.get("flow")), "authorization_code"),
        )
