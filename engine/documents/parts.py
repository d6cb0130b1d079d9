"""The operations of a service that can be read, why others cannot, and which a script beside the document rewrites."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from openconnectors.engine.documents.published import PUBLISHED, SCRIPT
from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.model import Operation, Service


def readable(service: Service) -> Iterator[Operation]:
    """The operations that can be read, in the order of the document."""
    for name in service.operations:
        with suppress(InvalidDocument):
            yield service.operations[name]


def faults(service: Service) -> list[Diagnostic]:
    """Why operations and definitions cannot be read, each place once. Lowers the whole document."""
    diagnostics: dict[Diagnostic, None] = {}
    for parts in (service.operations, service.schemas):
        for name in parts:
            try:
                _ = parts[name]
            except InvalidDocument as error:
                diagnostics |= dict.fromkeys(error.diagnostics)
    return list(diagnostics)


def scripted(service: Service, path: Path) -> Service:
    """The service of a document at a path, with its operations among those that a script rewrites if there is a script
    beside it that names none."""
    if path.name in PUBLISHED and not service.scripted and (path.parent / SCRIPT).is_file():
        return replace(service, scripted=frozenset(service.operations))
    return service
