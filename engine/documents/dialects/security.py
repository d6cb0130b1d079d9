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

    def scheme_name(self, key: str, at: str) -> str:
        """The name of the scheme that a key of the requirement at a pointer means."""
        return key

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
        return tuple(
            self._requirement(alternative, f"{security_at}/{index}") for index, alternative in enumerate(alternatives)
        )

    def _requirement(self, raw: Mapping[str, Any], at: str) -> Requirement:
        """One alternative; ``InvalidDocument`` if it needs a scheme that cannot be read."""
        requirement: dict[str, tuple[str, ...]] = {}
        for key, scopes in raw.items():
            name = self.scheme_name(str(key), at)
            if name in self._unreadable:
                raise InvalidDocument(self._unreadable[name].diagnostics)
            listed = self.source.sequence(scopes, f"{at}/{escape(key)}", "scopes")
            requirement[name] = tuple(map(str, listed))
        return requirement

    def together(self, requirements: Iterable[tuple[object, str]]) -> frozenset[frozenset[str]]:
        """The sets of several schemes that some operation needs together, of the values of ``security`` that operations
        have, each with its pointer. What cannot be read is passed over: it is refused with its operation."""
        return frozenset(
            frozenset(self.scheme_name(str(key), f"{at}/{index}") for key in alternative)
            for value, at in ((self.source.root.get("security"), "/security"), *requirements)
            for index, alternative in enumerate(value if isinstance(value, list) else [value])
            if isinstance(alternative, Mapping) and len(alternative) > 1
        )
