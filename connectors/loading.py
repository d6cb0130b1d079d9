"""From a name or a file to a connector that can be called."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from openconnectors import connections, registry
from openconnectors.engine.call.connection import Connection, held
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.client.options import with_options
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.http import Transport
from openconnectors.engine.masking import sealed
from openconnectors.engine.model import Service
from openconnectors.engine.plan.options import CallOptions, Options
from openconnectors.engine.transports.certificates import Certificate
from openconnectors.network import Network
from openconnectors.registry import Entry

if TYPE_CHECKING:
    import requests

ConnectionLike = Mapping[str, Any] | str | None


def available() -> dict[str, str]:
    """Names of the connectors that ``load`` finds, each with where it comes from."""
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
    session: requests.Session | None = None,
    proxy: str | None = None,
    proxies: Mapping[str, str] | None = None,
    verify: str | Path | None = None,
    cert: Certificate | None = None,
    trust_env: bool = True,
    **options: Unpack[CallOptions],
) -> Connector:
    """A connector by name.

    ``connection`` is a mapping of the connection's values, the name of a saved one, or None: then the
    environment, then the saved default. ``base_url`` replaces scheme and host (a test server, a proxy,
    a region). The further options are those of ``using``.

    ``session`` is a ``requests.Session`` that calls go through. Without one, ``proxy`` is the URL of a proxy,
    ``proxies`` are URLs by scheme, ``verify`` is a file or folder of certificates to trust, ``cert`` a client
    certificate (a file with its key, or the two files), and ``trust_env=False`` keeps the environment's proxies and
    certificates out. ``transport`` replaces the network.

    Raises ``UnknownName`` for a name that is nowhere,
    ``InvalidDocument`` for a document that cannot be used,
    ``ConnectionMissing`` for values that are missing.
    """
    network = Network(transport, session, proxy, proxies, verify, cert, trust_env)
    connection, proxy, proxies = _at_the_door(connection), None, None
    with sealed():
        return connect(registry.find(name), connection, base_url, network.open(), options, closes=transport is None)


def load_file(
    path: str | Path,
    *,
    connection: ConnectionLike = None,
    base_url: str | None = None,
    transport: Transport | None = None,
    session: requests.Session | None = None,
    proxy: str | None = None,
    proxies: Mapping[str, str] | None = None,
    verify: str | Path | None = None,
    cert: Certificate | None = None,
    trust_env: bool = True,
    **options: Unpack[CallOptions],
) -> Connector:
    """A connector from a document, or from a folder in Microsoft's form; otherwise as ``load``, but that no values
    are taken from the environment or a saved default: what the file is called says nothing of whose it is. A saved
    connection is taken where it is named, and is for the place that the document names."""
    network = Network(transport, session, proxy, proxies, verify, cert, trust_env)
    connection, proxy, proxies = _at_the_door(connection), None, None
    with sealed():
        return connect(entry_at(Path(path)), connection, base_url, network.open(), options, closes=transport is None)


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
    if name not in known and os.path.exists(name):
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
    *,
    closes: bool = True,
) -> Connector:
    """The connector of an entry, with a connection. ``closes``: closing it closes the transport."""
    service = loader.load(entry.document, entry.properties)
    given = connections.given(entry, service, connection)
    carrier = transport or Network().open()
    known = {one.name: one for one in service.connection}

    def ways(names: Sequence[str]) -> str:
        return connections.ways(entry, [known[name] for name in names if name in known])

    account = Connection(service, given.values, base_url, given.store, ways)
    given.check(connections.place_of(service, account.base))
    close = getattr(carrier, "close", None) if closes else None
    return Connector(entry.name, service, account, carrier, with_options(Options(), options), close=close)
