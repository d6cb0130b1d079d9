"""Schemas, which every version has under its components: those of one document, each lowered on first use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from openconnectors.engine.documents.dialects.hierarchy import Hierarchy, Soundness
from openconnectors.engine.documents.dialects.lowering import Site, Source
from openconnectors.engine.documents.references import References
from openconnectors.engine.model import Lazy, Schema


class SchemaLowering(ABC):
    """Lowers the schemas of one document; a dialect lowers a single schema. ``by_pointer`` has the components."""

    def __init__(
        self,
        source: Source,
        holder: str,
        components: Mapping[str, Any],
        references: References,
        has_discriminator: Callable[[Any], bool],
        component: Callable[[str], Schema],
    ) -> None:
        self._source = source
        self.by_pointer: Lazy[Schema] = Lazy(components, component, closed=False)
        self.hierarchy = Hierarchy(source.document, holder, components, references, has_discriminator)
        self.soundness = Soundness(self.by_pointer, self.hierarchy)

    @abstractmethod
    def lower(self, value: object, at: str) -> Schema:
        """The schema of a node; one that is only a reference stays one."""

    def site(self, pointer: str) -> Site:
        """The place of a node, for extensions."""
        return Site(self._source.document, pointer, self.lower)

    def received(self, raw: object) -> Schema:
        """A schema that came from the service, written as the document's own are."""
        schema = self.lower(raw, "/dynamic")
        self.soundness.check([schema])
        return schema
