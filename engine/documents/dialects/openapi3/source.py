"""The document that is lowered, with its version: what the version does not have is not seen by the lowering."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from openconnectors.engine.documents.dialects.lowering import EMPTY, Source
from openconnectors.engine.documents.dialects.openapi3.versions import Version

_DESCRIBED = ("summary", "description")
"""What a Reference Object says in place of what it refers to."""


class VersionedSource(Source, kw_only=True):
    """The document, and the frozen value of its version."""

    version: Version

    def members(self, kind: str, raw: Mapping[str, Any], at: str) -> Mapping[str, Any]:
        """The members of a node that its version has; the others are remarked."""
        lacks = self.version.lacks.get(kind)
        if lacks is None or lacks.keys().isdisjoint(raw):
            return raw
        for name in raw:
            if name in lacks:
                message = f"{name!r} of a {kind} is of {lacks[name]}; it has no effect in {self.version.name}"
                self.remark("version-member", message, f"{at}/{name}")
        return {name: value for name, value in raw.items() if name not in lacks}

    def node(self, kind: str, value: object, at: str) -> Mapping[str, Any]:
        """The members of a node that cannot be a reference."""
        return self.members(kind, self.mapping(value, at, _named(kind)), at)

    def resolved(self, kind: str, value: object, at: str) -> tuple[Mapping[str, Any], str]:
        """The members of a node, or of what it refers to in the end, and the pointer of that. The summary and the
        description of a reference are used in place of those there ("Reference Object")."""
        raw = self.mapping(value, at, _named(kind))
        if "$ref" not in raw or "$ref" in self.version.lacks.get(kind, EMPTY):
            return self.members(kind, raw, at), at
        target, target_at = self.resolve(raw, at, _named(kind))
        members = self.members(kind, target, target_at)
        described = [name for name in _DESCRIBED if name in raw] if self.version.siblings else []
        lacks = self.version.lacks.get(kind, EMPTY)
        return {**members, **{name: raw[name] for name in described if name not in lacks}}, target_at


@cache
def _named(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeioX" else f"a {kind}"
