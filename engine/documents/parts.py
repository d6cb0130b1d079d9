"""The parts of a service that can be read, and why others cannot: a part is lowered when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

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
