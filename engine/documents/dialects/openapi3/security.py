"""Security of OpenAPI 3: "Security Scheme Object", "OAuth Flows Object", "Security Requirement Object"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.auth.schemes import row_of_http
from openconnectors.engine.documents.dialects.lowering import extensions, text, truth
from openconnectors.engine.documents.dialects.openapi3.schemas import Schemas
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
from openconnectors.engine.documents.dialects.security import SecurityLowering
from openconnectors.engine.documents.pointers import pointer_steps
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import OAuth, Scheme

_GRANTS = {
    "authorizationCode": "authorization_code",
    "clientCredentials": "client_credentials",
    "password": "password",
    "implicit": "implicit",
    "deviceAuthorization": "device_code",
}
"""The grants of RFC 6749 and RFC 8628 by the name of a flow, the one that serves most first."""


_OPENID = "openIdConnect"
_IS_URI = re.compile(r"[#./]|.*[/#]").match
"""Whether a key may be a URI: a name of a component has neither a slash nor a fragment."""


class Security(SecurityLowering):
    """Lowers the security schemes and requirements of one document."""

    def __init__(self, source: VersionedSource, schemas: Schemas) -> None:
        super().__init__(source, source.components("securitySchemes"), "/components/securitySchemes")
        self._source = source
        self._schemas = schemas

    def declare(self, requirements: Iterable[tuple[object, str]]) -> None:
        """Lower the schemes that requirements name by a URI, before they are needed; each requirement is a value of
        ``security`` with its pointer."""
        if not self._source.version.scheme_references:
            return
        for value, at in ((self._source.root.get("security"), "/security"), *requirements):
            for index, alternative in enumerate(value if isinstance(value, list) else ()):
                for key in alternative if isinstance(alternative, Mapping) else ():
                    self.scheme_name(str(key), f"{at}/{index}")

    def scheme_name(self, key: str, at: str) -> str:
        """The name of a scheme: that of a component, or the URI of one that may be anywhere (3.2, "Security Requirement
        Object")."""
        if key in self.schemes or not self._source.version.scheme_references or not _IS_URI(key):
            return key
        try:
            pointer = self._source.references.end(key, at)
        except InvalidDocument as error:
            self._unreadable.setdefault(key, error)
            return key
        if pointer not in self._by_pointer:
            name = pointer_steps(pointer)[-1]
            while name in self.schemes:
                name += "_"
            self._by_pointer[pointer] = name
            try:
                self.schemes[name] = self.scheme(name, self._source.document.get(pointer), pointer)
            except InvalidDocument as error:
                self._unreadable[name] = error
        return self._by_pointer[pointer]

    @cached_property
    def _by_pointer(self) -> dict[str, str]:
        """The names of the schemes by their pointers."""
        return {scheme.at: name for name, scheme in self.schemes.items()}

    def with_scopes(self, requirements: Iterable[tuple[object, str]]) -> dict[str, Scheme]:
        """The schemes. One whose provider describes itself, and that lists no scopes, as OpenID Connect does not, has
        those that operations need."""
        schemes = dict(self.schemes)
        needed: dict[str, dict[str, None]] = {
            name: {"openid": None} if scheme.type == _OPENID else {}
            for name, scheme in schemes.items()
            if scheme.oauth is not None and scheme.oauth.metadata and not scheme.oauth.scopes
        }
        for value, at in ((self._source.root.get("security"), "/security"), *requirements) if needed else ():
            for index, alternative in enumerate(value if isinstance(value, list) else ()):
                for key, scopes in alternative.items() if isinstance(alternative, Mapping) else ():
                    listed = map(str, scopes) if isinstance(scopes, list) else ()
                    needed.get(self.scheme_name(str(key), f"{at}/{index}"), {}).update(dict.fromkeys(listed))
        for name, names in needed.items():
            if (oauth := schemes[name].oauth) is not None:
                schemes[name] = replace(schemes[name], oauth=replace(oauth, scopes=tuple(names)))
        return schemes

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
        if raw.get("type") == _OPENID:
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
