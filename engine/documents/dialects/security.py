"""Security schemes and requirements, which every version has alike ("Security Requirement Object")."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from openconnectors.engine.documents.dialects.lowering import Source
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import Scheme

Requirement = Mapping[str, tuple[str, ...]]
"""Schemes that are needed together, with their scopes."""


class SecurityLowering(ABC):
    """Lowers the security schemes and requirements of one document; a dialect lowers a single scheme."""

    def __init__(self, source: Source, nodes: Mapping[str, Any], at: str) -> None:
        self.source = source
        self._nodes = nodes
        self._at = at
        self._unreadable: dict[str, InvalidDocument] = {}

    @abstractmethod
    def scheme(self, name: str, raw: Mapping[str, Any], at: str) -> Scheme:
        """The scheme of a node."""

    @cached_property
    def schemes(self) -> dict[str, Scheme]:
        """The schemes that can be read; the others are recorded, and refused with the operations that need them."""
        schemes: dict[str, Scheme] = {}
        for name, value in self._nodes.items():
            try:
                raw, at = self.source.resolve(value, f"{self._at}/{escape(name)}", "a security scheme")
                schemes[name] = self.scheme(name, raw, at)
            except InvalidDocument as error:
                self._unreadable[name] = error
                self.source.findings += error.diagnostics
        return schemes

    def requirements(self, operation: Mapping[str, Any], at: str) -> tuple[Requirement, ...]:
        """The alternatives of an operation, or else those of the document."""
        source = self.source
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
        values = [self.source.root.get("security"), *(operation.get("security") for operation in operations)]
        alternatives = (
            alternative for value in values for alternative in (value if isinstance(value, list) else [value])
        )
        return frozenset(
            frozenset(map(str, alternative))
            for alternative in alternatives
            if isinstance(alternative, Mapping) and len(alternative) > 1
        )
