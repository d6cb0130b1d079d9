"""Security of Swagger 2.0: "Security Scheme Object" and "Security Requirement Object"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from openconnectors.engine.documents.dialects.lowering import Source, extensions, text
from openconnectors.engine.documents.dialects.swagger2.schemas import Schemas
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import OAuth, Scheme

_GRANTS = {"application": "client_credentials", "password": "password", "implicit": "implicit"}
"""The grants of RFC 6749 by the document's ``flow``; ``accessCode`` is the default, authorization_code."""

Requirement = Mapping[str, tuple[str, ...]]
"""Schemes that are needed together, with their scopes."""


class Security:
    """Lowers the security schemes and requirements of one document."""

    def __init__(self, source: Source, schemas: Schemas) -> None:
        self._source = source
        self._schemas = schemas
        self._unreadable: dict[str, InvalidDocument] = {}

    @cached_property
    def schemes(self) -> dict[str, Scheme]:
        """The schemes that can be read; the others are recorded, and refused with the operations that need them."""
        schemes: dict[str, Scheme] = {}
        for name, raw in self._source.root_mapping("securityDefinitions").items():
            try:
                schemes[name] = self._scheme(name, raw, f"/securityDefinitions/{escape(name)}")
            except InvalidDocument as error:
                self._unreadable[name] = error
                self._source.findings += error.diagnostics
        return schemes

    def _scheme(self, name: str, value: object, at: str) -> Scheme:
        raw = self._source.mapping(value, at, "a security scheme")
        node = Scheme(
            name=name,
            type=text(raw.get("type")),
            location=text(raw.get("in")),
            parameter=text(raw.get("name")),
            oauth=self._oauth(raw, at) if raw.get("type") == "oauth2" else None,
            at=at,
        )
        return self._source.extend("scheme", node, extensions(raw), self._schemas.site(at))

    def _oauth(self, raw: Mapping[str, Any], at: str) -> OAuth:
        scopes = raw.get("scopes")
        if not isinstance(scopes, list):  # which published documents have in place of the mapping
            scopes = self._source.mapping(scopes, f"{at}/scopes", "scopes")
        return OAuth(
            authorize=text(raw.get("authorizationUrl")),
            token=text(raw.get("tokenUrl")),
            scopes=tuple(map(text, scopes)),
            grant=_GRANTS.get(text(raw.get("flow")), "authorization_code"),
        )

    def requirements(self, operation: Mapping[str, Any], at: str) -> tuple[Requirement, ...]:
        """The alternatives of an operation, or else those of the document."""
        source = self._source
        security_at = f"{at}/security" if "security" in operation else "/security"
        value = operation.get("security", source.root.get("security"))
        listed = [value] if isinstance(value, Mapping) else source.sequence(value, security_at, "security")
        alternatives = [
            source.mapping(alternative, f"{security_at}/{index}", "a requirement")
            for index, alternative in enumerate(listed)
        ]
        for name in (name for alternative in alternatives for name in alternative):
            if name in self._unreadable:
                raise InvalidDocument(self._unreadable[name].diagnostics)
        return tuple(
            {
                str(name): tuple(map(str, source.sequence(scopes, f"{security_at}/{index}/{escape(name)}", "scopes")))
                for name, scopes in alternative.items()
            }
            for index, alternative in enumerate(alternatives)
        )

    def together(self, operations: Iterable[Mapping[str, Any]]) -> frozenset[frozenset[str]]:
        """The sets of several schemes that some operation needs together. What cannot be read is passed over: it is
        refused with its operation."""
        values = [self._source.root.get("security"), *(operation.get("security") for operation in operations)]
        alternatives = (
            alternative for value in values for alternative in (value if isinstance(value, list) else [value])
        )
        return frozenset(
            frozenset(map(str, alternative))
            for alternative in alternatives
            if isinstance(alternative, Mapping) and len(alternative) > 1
        )
