"""How calls reach the network: a transport or a session of the caller's, or sockets with proxies and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from msgspec import Struct

from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.http import AwaitedTransport, Transport
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.engine.transports.certificates import Certificate

if TYPE_CHECKING:
    import requests

    from openconnectors.engine.transports import asynchronous, event_loops
else:
    asynchronous = module("openconnectors.engine.transports.asynchronous")
    event_loops = module("openconnectors.engine.transports.event_loops")


class SocketOptions(TypedDict, total=False):
    """How our own sockets reach the network."""

    proxy: str | None
    """The URL of a proxy for everything; an empty text for none."""
    proxies: Mapping[str, str] | None
    """URLs of proxies by scheme, or by scheme and host, as requests has them."""
    verify: str | Path | None
    """A file or a folder of certificates to trust."""
    cert: Certificate | None
    """A client certificate: a file with its key, or the two files."""
    trust_env: bool
    """False ignores the proxies and certificates of the environment."""


class NetworkOptions(SocketOptions, total=False):
    """How blocking calls reach the network: options of ``load``."""

    transport: Transport | None
    """An object with ``send(Request) -> Response`` in place of the network."""
    session: requests.Session | None
    """A session of requests that calls go through."""


class AsyncNetworkOptions(SocketOptions, total=False):
    """How calls that are awaited reach the network: options of ``load_async``."""

    transport: AwaitedTransport | None
    """An object whose ``send(Request) -> Response`` is a coroutine function, in place of the network."""


class Network(Struct, frozen=True):
    """How calls reach the network. ``transport`` or ``session`` replaces everything else, which are the options of
    ``BlockingTransport``."""

    transport: Transport | AwaitedTransport | None = None
    session: requests.Session | None = None
    proxy: str | None = None
    proxies: Mapping[str, str] | None = None
    verify: str | Path | None = None
    cert: Certificate | None = None
    trust_env: bool = True

    __repr__ = object.__repr__  # the URL of a proxy may hold a password

    def open(self) -> Transport:
        """The transport of these options. Raise ``ConnectionMissing`` if they contradict each other or cannot be
        used."""
        self._check()
        if self.transport is not None:
            return self.transport  # type: ignore[return-value]  # each face says what it takes
        if self.session is not None:  # imported here: a caller with a session has imported requests, others need not
            return import_module("openconnectors.engine.transports.session").SessionTransport(self.session)  # type: ignore[no-any-return]
        return BlockingTransport(
            proxy=self.proxy, proxies=self.proxies, verify=self.verify, cert=self.cert, trust_env=self.trust_env
        )

    def open_async(self) -> AwaitedTransport:
        """The transport of these options for an event loop. Raise ``ConnectionMissing`` as ``open``, and for what
        blocks."""
        self._check()
        if self.session is not None:
            raise ConnectionMissing(
                "session is a requests.Session, which blocks the event loop; leave it out (proxy, verify and cert are "
                "options of load_async too), or use load"
            )
        transport: Any = self.transport
        if transport is None:
            return asynchronous.AsyncTransport(
                proxy=self.proxy, proxies=self.proxies, verify=self.verify, cert=self.cert, trust_env=self.trust_env
            )
        if not event_loops.is_coroutine_function(transport.send):
            raise ConnectionMissing("transport blocks the event loop; give one whose send is a coroutine function")
        return transport  # type: ignore[no-any-return]

    def _check(self) -> None:
        names = ("transport", "session", "proxy", "proxies", "verify", "cert")
        present = [name for name in names if getattr(self, name) is not None]
        if present[:1] in (["transport"], ["session"]) and (len(present) > 1 or not self.trust_env):
            others = ", ".join([*present[1:], *(["trust_env"] if not self.trust_env else [])])
            raise ConnectionMissing(f"{present[0]} has its own network settings; set {others} there, or leave it out")
        if {"proxy", "proxies"} <= set(present):
            raise ConnectionMissing("proxy is for all requests and proxies are by scheme; use one of them")


LOOPBACK = Network(trust_env=False)
"""The network to a sandbox: a proxy of the environment cannot reach it."""
