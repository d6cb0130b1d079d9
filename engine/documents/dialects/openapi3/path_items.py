"""Path items of OpenAPI 3: what has operations, under a path, a webhook's name or the URL of a callback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.documents.dialects.lowering import text
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
from openconnectors.engine.documents.dialects.operation_ids import Place

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_ADDITIONAL = "additionalOperations"


class PathItem(Struct, frozen=True):
    """A path item and those that its ``$ref`` leads to, each with its pointer. A member is that of the first that has
    it: what two of them have is undefined."""

    parts: tuple[tuple[Mapping[str, Any], str], ...]

    def member(self, name: str) -> tuple[Any, str]:
        """A member and its pointer; of one that is absent, None."""
        for raw, at in self.parts:
            if name in raw:
                return raw[name], f"{at}/{name}"
        return None, f"{self.parts[0][1]}/{name}"

    def members(self) -> Mapping[str, Any]:
        """All members."""
        return {name: value for raw, _ in reversed(self.parts) for name, value in raw.items()}


def path_item(source: VersionedSource, at: str) -> PathItem:
    """The path item at a pointer; ``InvalidDocument`` for a reference that leads nowhere."""
    parts: list[tuple[Mapping[str, Any], str]] = []
    value: object = source.document.get(at)
    raw = source.mapping(value, at, "a path item")
    source.reference(raw, at)  # which refuses a circle
    while "$ref" in raw:
        parts.append((source.members("path item", raw, at), at))
        at = source.document.target(raw["$ref"], at)
        raw = source.mapping(source.document.get(at), at, "a path item")
    return PathItem((*parts, (source.members("path item", raw, at), at)))


def places(source: VersionedSource, item: PathItem, path: str) -> Iterator[tuple[Place, object]]:
    """The places of the operations of a path item, each with its node."""
    for method in METHODS:
        raw, at = item.member(method)
        if raw is not None:
            yield Place(method, path, at.rpartition("/")[0], _written_id(raw)), raw
    additional, at = item.member(_ADDITIONAL)
    for method, raw in source.mapping(additional, at, _ADDITIONAL).items():
        yield Place(method, path, at.rpartition("/")[0], _written_id(raw), _ADDITIONAL), raw


def _written_id(raw: object) -> str:
    written = raw.get("operationId") if isinstance(raw, Mapping) else None
    return text(written) if isinstance(written, (str, int)) else ""
