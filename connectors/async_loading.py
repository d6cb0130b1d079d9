"""From a name or a path to a connector whose operations are awaited."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

from openconnectors.engine.client.async_connector import AsyncConnector
from openconnectors.engine.client.options import with_options
from openconnectors.engine.masking import sealed
from openconnectors.engine.model import Service
from openconnectors.engine.plan.options import CallOptions, Options
from openconnectors.entries import Entry
from openconnectors.loading import ConnectionLike, OverlayLike, account_of, chosen, entry_at, paths, split, values_of
from openconnectors.network import AsyncNetworkOptions, Network

__tracebackhide__ = True


class AsyncLoadOptions(AsyncNetworkOptions, CallOptions, total=False):
    """The options of ``load_async`` and ``load_file_async``: how calls reach the network, and how they are made."""


def load_async(
    name: str,
    *,
    connection: ConnectionLike = None,
    base_url: str | None = None,
    server: str | None = None,
    version: str | None = None,
    overlay: OverlayLike = (),
    **options: Unpack[AsyncLoadOptions],
) -> AsyncConnector:
    """A connector by name, for ``async with`` or to be closed by ``await connector.aclose()``: its operations are
    awaited, under asyncio or trio.

    Loading reads the document, and is not awaited. Arguments and errors are those of ``load``, but there is no
    ``session``, and ``send`` of a ``transport`` is a coroutine function.
    """
    connection = values_of(connection)
    network, call_options = split(options)
    del options
    with sealed():
        return connect_async(chosen(name, version, overlay), connection, base_url, server, network, call_options)


def load_file_async(
    path: str | Path,
    *,
    connection: ConnectionLike = None,
    base_url: str | None = None,
    server: str | None = None,
    root: str | Path | None = None,
    overlay: OverlayLike = (),
    **options: Unpack[AsyncLoadOptions],
) -> AsyncConnector:
    """A connector from a document, or from a folder in Microsoft's form, as ``load_file``; its operations are awaited,
    as those of ``load_async``."""
    connection = values_of(connection)
    network, call_options = split(options)
    del options
    with sealed():
        entry = entry_at(Path(path), None if root is None else Path(root), paths(overlay))
        return connect_async(entry, connection, base_url, server, network, call_options)


def connect_async(
    entry: Entry,
    connection: ConnectionLike,
    base_url: str | None,
    server: str | None,
    network: Network,
    options: Mapping[str, Any],
    *,
    service: Service | None = None,
) -> AsyncConnector:
    """A connector with a connection, ready to be called and awaited. ``service`` is that of its document, if somebody
    has read it already."""
    transport = network.open_async()
    service, account = account_of(entry, connection, base_url, server, service)
    close = getattr(transport, "aclose", None) if network.transport is None else None
    return AsyncConnector(entry.name, service, account, transport, with_options(Options(), options), close=close)
