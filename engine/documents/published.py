"""The files of a connector's folder in Microsoft's form, by their names."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from openconnectors.engine.model import Service

PUBLISHED = ("apiDefinition.swagger.json", "apiProperties.json")
"""The files of a connector's folder as Microsoft publishes it: read as they are, faults of form included."""

SCRIPT = "script.csx"
"""Beside them: what its publisher runs between a call and its request, for the operations that are listed, or all."""


def scripted(service: Service, path: Path) -> Service:
    """The service of a document at a path, with its operations among those that a script rewrites if there is a script
    beside it that names none."""
    if path.name in PUBLISHED and not service.scripted and (path.parent / SCRIPT).is_file():
        return replace(service, scripted=frozenset(service.operations))
    return service
