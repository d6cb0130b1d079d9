"""A service from a file: document, dialect, extensions, and the properties beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine import dialects, document
from engine.dialects.lowering import Site
from engine.document import Document
from engine.extensions import bind_credentials, extend, with_properties
from engine.model import Schema, Service


def load(path: Path, properties: Path | None = None) -> Service:
    """The service of a document file, with the connection parameters and policies of a properties
    file (Microsoft's ``apiProperties`` shape, YAML or JSON) where there is one.

    Raises :class:`~engine.errors.InvalidDocument`, with file, line and column.
    """
    return service_of(document.read(path), document.read(properties) if properties else None)


def service_of(main: Document, properties: Document | None = None) -> Service:
    """The same, from documents already read."""
    service = dialects.lower(main, extend)
    if properties is not None:
        raw = properties.root
        if isinstance(raw, Mapping) and "properties" in raw:
            raw = raw["properties"]
        service = with_properties(service, raw, Site(properties, "", _no_schema))
    return bind_credentials(service)


def _no_schema(raw: object, at: str) -> Schema:
    raise TypeError("properties hold no schema")
