"""From a name or a path to a connector that can be called."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from msgspec.structs import replace

from openconnectors import connections, registry
from openconnectors.engine.call.connection import Connection, held
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.client.options import with_options
from openconnectors.engine.client.recipes import Recipe
from openconnectors.engine.deferred import module
from openconnectors.engine.documents import cache
from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.http import Transport
from openconnectors.engine.masking import sealed
from openconnectors.engine.model import Service
from openconnectors.engine.plan.options import CallOptions, Options
from openconnectors.entries import Entry, entry_of, with_overlays
from openconnectors.folders import cache_folder, lock_file
from openconnectors.network import Network, NetworkOptions
from openconnectors.user_connections import UserConnection

if TYPE_CHECKING:
    from openconnectors import locking
else:
    locking = module("openconnectors.locking")  # for projects that have a lock

__tracebackhide__ = True

ConnectionLike = Mapping[str, Any] | str | UserConnection | None
"""The values of a connection, the name of a saved one, that of a user in a store, or None for the environment and the
saved default."""

OverlayLike = str | Path | Iterable[str | Path]
"""The path of an overlay, or of several in the order in which they are applied."""


class LoadOptions(NetworkOptions, CallOptions, total=False):
    """The options of ``load`` and ``load_file``: how calls reach the network, and how they are made."""


def available() -> dict[str, str]:
    """Names of the connectors that ``load`` finds, each with its source: "built in", "added", a package or a folder."""
    return {name: entry.source for name, entry in registry.entries_sorted()}


def load(
    name: str,
    *,
    connection: ConnectionLike = None,
    base_url: str | None = None,
    server: str | None = None,
    version: str | None = None,
    overlay: OverlayLike = (),
    **options: Unpack[LoadOptions],
) -> Connector:
    """A connector by name.

    ``connection`` is a mapping of the connection's values, the name of a saved connection, that of a user in a store
    (``store["user-17"]``), or None: then the values are those of the environment, else of the saved default.
    ``base_url`` replaces scheme and host (a test server, a proxy, a region). ``server`` is the URL, name or description
    of the document's server that is used instead of the first. ``version`` is one of those that the connector has,
    else the newest. ``overlay`` is the path of an overlay that is applied to the document, or several; no values are
    taken from the environment or a saved default then, as the place that calls go to may be another. Further options
    are those of ``Operation.using``.

    ``session`` is a ``requests.Session`` that calls go through. Without one, ``proxy`` is the URL of a proxy,
    ``proxies`` are URLs by scheme, ``verify`` is a file or folder of certificates to trust, ``cert`` a client
    certificate (a file with its key, or the two files), and ``trust_env=False`` ignores proxies and certificates of the
    environment. ``transport`` replaces the network.

    Raise ``UnknownName`` for an unknown name, ``InvalidDocument`` for a document that cannot be used, and
    ``ConnectionMissing`` for missing values. A connector that is in the lock of the project (``connectors.lock``) is
    loaded in the version that is there, and refused with ``ConnectorError`` if its files are others now.
    """
    # The variables of this frame are shown in tracebacks: values, and proxies with their passwords, are put away first.
    connection = values_of(connection)
    network, call_options = split(options)
    del options
    with sealed():
        return connect(
            chosen(name, version, overlay),
            connection,
            base_url,
            network.open(),
            call_options,
            closes=network.transport is None,
            server=server,
            recipe=_recipe(
                load,
                connection,
                network,
                call_options,
                name=name,
                base_url=base_url,
                server=server,
                version=version,
                overlay=paths(overlay),
            ),
        )


def load_file(
    path: str | Path,
    *,
    connection: ConnectionLike = None,
    base_url: str | None = None,
    server: str | None = None,
    root: str | Path | None = None,
    overlay: OverlayLike = (),
    **options: Unpack[LoadOptions],
) -> Connector:
    """A connector from a document, or from a folder in Microsoft's form.

    Like ``load``, but no values are taken from the environment or a saved default, as the name of a file does not say
    whose it is. A saved connection is used if it is named and is for the place that the document names.

    Other files that the document refers to are read below its folder; ``root`` names a wider folder for them. None is
    fetched. ``overlay`` is the path of an overlay that is applied to the document, or several in their order, after the
    one that is beside it.
    """
    connection = values_of(connection)
    network, call_options = split(options)
    del options
    with sealed():
        return connect(
            entry_at(Path(path), None if root is None else Path(root), paths(overlay)),
            connection,
            base_url,
            network.open(),
            call_options,
            closes=network.transport is None,
            server=server,
            recipe=_recipe(
                load_file,
                connection,
                network,
                call_options,
                path=path,
                base_url=base_url,
                server=server,
                root=root,
                overlay=paths(overlay),
            ),
        )


def _recipe(
    function: Callable[..., Connector],
    connection: ConnectionLike,
    network: Network,
    options: Mapping[str, Any],
    **arguments: Any,
) -> Recipe | None:
    """How a connector is loaded again in another process: by names alone."""
    if not (connection is None or isinstance(connection, str)) or network != Network(trust_env=network.trust_env):
        return None
    return Recipe(function, {**arguments, "connection": connection, "trust_env": network.trust_env}, dict(options))


def values_of(connection: ConnectionLike) -> ConnectionLike:
    """The connection, its values as secrets."""
    return held(connection) if isinstance(connection, Mapping) else connection


def split(options: Mapping[str, Any]) -> tuple[Network, Mapping[str, Any]]:
    """The network of these options, and the options of calls: an unknown one is among these, and refused there."""
    network: dict[str, Any] = {}
    call: dict[str, Any] = {}
    for name, value in options.items():
        (network if name in Network.__struct_fields__ else call)[name] = value
    return Network(**network), call


def paths(overlay: OverlayLike) -> tuple[Path, ...]:
    """The paths of overlays, in their order."""
    return (Path(overlay),) if isinstance(overlay, str | Path) else tuple(map(Path, overlay))


def chosen(name: str, version: str | None = None, overlay: OverlayLike = ()) -> Entry:
    """The connector of a name with overlays, in a version: if none is given the one that is locked, else the newest.

    One whose overlays the caller brings may call another place than its name says: values that are kept under that are
    not meant for it.
    """
    lock = lock_file()
    entry = registry.find(name, version) if lock is None else locking.find(name, version, lock)
    overlays = paths(overlay)
    return entry if not overlays else replace(with_overlays(entry, overlays), named=False, trusted=False)


def entry_at(path: Path, root: Path | None = None, overlays: Sequence[Path] = ()) -> Entry:
    """The connector at a path: a document of any name, a folder in Microsoft's form, or one with a single document.
    Files that it refers to are read below ``root``, or below its folder. Overlays are applied after its own."""
    entry = with_overlays(_entry_at(path), overlays)
    return entry if root is None else replace(entry, root=root)


def _entry_at(path: Path) -> Entry:
    entry = entry_of(path)
    if entry is None and path.is_dir():
        inside = registry.inside(path)
        if len(inside) == 1:
            return inside[0]
        message = "the folder has no apiDefinition.swagger.json, and no other document"
        if inside:
            names = ", ".join(entry.document.name for entry in inside)
            message = f"the folder has {len(inside)} documents, name one of them: {names}"
        raise InvalidDocument([Diagnostic("file", "error", message, str(path), 1, 1)])
    return entry or Entry(path.name.partition(".")[0].lower(), path, None, str(path))


def entry_named(name: str, root: Path | None = None, overlays: Sequence[Path] = ()) -> Entry:
    """The connector of a name (``name@version``), or of the path of a document or folder. A name that is both is the
    connector's. Files that a document at a path refers to are read below ``root``, or below its folder. Overlays are
    applied after its own."""
    path = Path(name)
    if path.name != name or path.suffix in (".json", ".yaml", ".yml"):
        return entry_at(path, root, overlays)
    if os.path.exists(name) and registry.lookup(name) is None:
        return entry_at(path, root, overlays)
    return chosen(name, None, overlays)


def service_named(name: str, root: Path | None = None, overlays: Sequence[Path] = ()) -> tuple[Entry, Service]:
    """The connector of a name or path, and its service."""
    entry = entry_named(name, root, overlays)
    return entry, service_of(entry)


def service_of(entry: Entry) -> Service:
    """The service of a connector."""
    shipped = registry.prepared() if entry.trusted else None
    return cache.load(
        entry.document, entry.properties, entry.root, entry.overlays, folder=cache_folder(), shipped=shipped
    )


def connect(
    entry: Entry,
    connection: ConnectionLike,
    base_url: str | None,
    transport: Transport | None,
    options: Mapping[str, Any],
    *,
    closes: bool = True,
    server: str | None = None,
    service: Service | None = None,
    recipe: Recipe | None = None,
) -> Connector:
    """A connector with a connection, ready to be called. Closing it closes the transport, if ``closes`` is true.
    ``service`` is that of its document, if somebody has read it already; ``recipe`` loads the connector again."""
    transport = transport or Network().open()
    service, account = account_of(entry, connection, base_url, server, service)
    close = getattr(transport, "close", None) if closes else None
    chosen = with_options(Options(), options)
    return Connector(entry.name, service, account, transport, chosen, close=close, recipe=recipe)


def account_of(
    entry: Entry,
    connection: ConnectionLike,
    base_url: str | None,
    server: str | None = None,
    service: Service | None = None,
) -> tuple[Service, Connection]:
    """The service of a connector, and the connection to it."""
    service = service or service_of(entry)
    values = connections.connection_values(entry, service, connection)
    parameters = {parameter.name: parameter for parameter in service.connection}

    def ways(names: Sequence[str]) -> str:
        return connections.ways(entry, [parameters[name] for name in names if name in parameters])

    account = Connection(service, values.values, base_url, values.store, ways, server)
    values.check(connections.place_of(service, account))
    return service, account
