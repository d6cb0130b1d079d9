"""A service from a file: document, dialect, extensions, and the properties beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from engine import dialects, document
from engine.dialects.lowering import Site
from engine.document import Document
from engine.errors import InvalidDocument
from engine.extensions import bind_credentials, extend, with_properties
from engine.model import Schema, Service

PUBLISHED = ("apiDefinition.swagger.json", "apiProperties.json")
"""The files of a connector's folder as Microsoft publishes it: read as they are, faults of form included."""

SCRIPT = "script.csx"
"""Beside them: what its publisher runs between a call and its request, for the operations that are listed, or all."""


def load(path: Path, properties: Path | None = None) -> Service:
    """The service of a document file, with the connection parameters and policies of a properties
    file (Microsoft's ``apiProperties`` shape, YAML or JSON) where there is one.

    Raises :class:`~engine.errors.InvalidDocument`, with file, line and column. Properties that cannot be read
    are an error among the service's diagnostics: what the document says can still be looked at.
    """
    service = _loaded(path, properties)
    script = path.name in PUBLISHED and (path.parent / SCRIPT).is_file()
    return replace(service, scripted=frozenset(service.operations)) if script and not service.scripted else service


def _loaded(path: Path, properties: Path | None) -> Service:
    main = read(path)
    if properties is None:
        return service_of(main)
    try:
        beside = read(properties)
    except InvalidDocument as error:
        service = service_of(main)
        return replace(service, diagnostics=(*service.diagnostics, *error.diagnostics))
    return service_of(main, beside)


def read(path: Path) -> Document:
    """The document of a file of a connector."""
    return document.read(path, tolerant=path.name in PUBLISHED)


def service_of(main: Document, properties: Document | None = None) -> Service:
    """The same, from documents already read."""
    service = dialects.lower(main, extend)
    if properties is not None:
        raw, at = properties.root, ""
        if isinstance(raw, Mapping) and "properties" in raw:
            raw, at = raw["properties"], "/properties"
        service = with_properties(service, raw, Site(properties, at, _no_schema))
    found = (*main.findings, *(properties.findings if properties is not None else ()))
    return replace(bind_credentials(service), diagnostics=found)


def _no_schema(raw: object, at: str) -> Schema:
    raise TypeError("properties hold no schema")
