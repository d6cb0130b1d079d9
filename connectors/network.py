"""How calls reach the network: a transport, a session of the caller's, or sockets with proxies and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.http import Transport
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.engine.transports.certificates import Certificate

if TYPE_CHECKING:
    import requests


@dataclass(frozen=True, slots=True)
class Network:
    """What ``load`` takes of it: ``transport`` and ``session`` replace the rest, the rest is
    ``BlockingTransport``'s."""

    transport: Transport | None = None
    session: requests.Session | None = None
    proxy: str | None = field(default=None, repr=False)
    proxies: Mapping[str, str] | None = field(default=None, repr=False)
    verify: str | Path | None = None
    cert: Certificate | None = None
    trust_env: bool = True

    def open(self) -> Transport:
        """The transport of these options; ``ConnectionMissing`` where they contradict each other
        or cannot be used."""
        names = ("transport", "session", "proxy", "proxies", "verify", "cert")
        given = [name for name in names if getattr(self, name) is not None]
        if given[:1] in (["transport"], ["session"]) and (len(given) > 1 or not self.trust_env):
            others = ", ".join([*given[1:], *(["trust_env"] if not self.trust_env else [])])
            raise ConnectionMissing(f"{given[0]} brings its own network along; set {others} there, or leave it out")
        if {"proxy", "proxies"} <= set(given):
            raise ConnectionMissing("proxy is for everything and proxies by scheme; give one of them")
        if self.transport is not None:
            return self.transport
        if self.session is not None:  # who has a session has imported requests; nobody else waits for it
            return import_module("openconnectors.engine.transports.session").SessionTransport(self.session)  # type: ignore[no-any-return]
        return BlockingTransport(
            proxy=self.proxy, proxies=self.proxies, verify=self.verify, cert=self.cert, trust_env=self.trust_env
        )


LOOPBACK = Network(trust_env=False)
"""To a sandbox: no proxy of the environment can reach it."""
