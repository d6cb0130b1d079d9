"""From a name or a file to a connector that can be called."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors import connections, registry
from connectors.registry import Entry
from engine import loader
from engine.connection import Connection, held
from engine.credentials import sealed
from engine.errors import Diagnostic, InvalidDocument
from engine.http import Transport
from engine.model import Service
from engine.operation import Connector, with_options
from engine.plan import Options
from engine.transports.blocking import BlockingTransport

ConnectionLike = Mapping[str, Any] | str | None


def available() -> dict[str, str]:
    """Names of the connectors that :func:`load` finds, each with where it comes from."""
    return {name: entry.source for name, entry in entries_sorted()}


def entries_sorted() -> list[tuple[str, Entry]]:
    """What is available, by name."""
    return sorted(registry.entries().items())


def load(
    name: str,
    *,
    connection: ConnectionLike = None,
    base_url: str | None = None,
    transport: Transport | None = None,
    **options: Any,
) -> Connector:
    """A connector by name.

    ``connection`` is a mapping of the connection's values, the name of a saved one, or None: then the
    environment, then the saved default. ``base_url`` replaces scheme and host (a test server, a proxy,
    a region). ``transport`` replaces the network. Options: ``accept``, ``timeout``,
    ``validate_responses``, as for :meth:`~engine.operation.Operation.using`.

    Raises :class:`~engine.errors.UnknownName` for a name that is nowhere,
    :class:`~engine.errors.InvalidDocument` for a document that cannot be used,
    :class:`~engine.errors.ConnectionMissing` for values that are missing.
    """
    connection = _at_the_door(connection)
    with sealed():
        return connect(registry.find(name), connection, base_url, transport, options)


def load_file(
    path: str | Path,
    *,
    connection: ConnectionLike = None,
    base_url: str | None = None,
    transport: Transport | None = None,
    **options: Any,
) -> Connector:
    """A connector from a document, or from a folder in Microsoft's form; otherwise as :func:`load`, but that no values
    are taken from the environment or a saved default: what the file is called says nothing of whose it is. A saved
    connection is taken where it is named, and is for the place that the document names."""
    connection = _at_the_door(connection)
    with sealed():
        return connect(entry_at(Path(path)), connection, base_url, transport, options)


def _at_the_door(connection: ConnectionLike) -> ConnectionLike:
    """What was given for a connection, its values as secrets."""
    return held(connection) if isinstance(connection, Mapping) else connection


def entry_at(path: Path) -> Entry:
    """What stands at a path: a document, whatever the file is called, a folder in Microsoft's form, or one with a
    single document."""
    entry = registry.entry_of(path)
    if entry is None and path.is_dir():
        inside = registry.inside(path)
        if len(inside) == 1:
            return inside[0]
        names = ", ".join(one.document.name for one in inside)
        said = f"the folder has {len(inside)} documents, give one of them: {names}"
        if not inside:
            said = "the folder has no apiDefinition.swagger.json, and no other document"
        raise InvalidDocument([Diagnostic("file", "error", said, str(path), 1, 1)])
    return entry or Entry(path.name.partition(".")[0].lower(), path, None, str(path))


def entry_named(name: str) -> Entry:
    """A connector by name, or by the path of its document or folder where that is what is given."""
    path = Path(name)
    if path.name != name or path.suffix in (".json", ".yaml", ".yml"):
        return entry_at(path)
    known = registry.entries()
    if name not in known and os.path.exists(path):
        return entry_at(path)
    return registry.find(name, known)


def service_named(name: str) -> tuple[Entry, Service]:
    """The same, with its service."""
    entry = entry_named(name)
    return entry, loader.load(entry.document, entry.properties)


def connect(
    entry: Entry,
    connection: ConnectionLike,
    base_url: str | None,
    transport: Transport | None,
    options: Mapping[str, Any],
) -> Connector:
    """The connector of an entry, with a connection."""
    service = loader.load(entry.document, entry.properties)
    given = connections.given(entry, service, connection)
    carrier = transport or BlockingTransport()
    made = Connection(service, given.values, base_url, carrier, given.store)
    given.check(made.base)
    return Connector(entry.name, service, made, carrier, with_options(Options(), options))
