"""How calls reach the network: a transport or a session of the caller's, or sockets with proxies and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from msgspec import Struct

from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.http import Transport
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.engine.transports.certificates import Certificate

if TYPE_CHECKING:
    import requests


class NetworkOptions(TypedDict, total=False):
    """The fields of ``Network``, spelled for editors and type checkers."""

    transport: Transport | None
    session: requests.Session | None
    proxy: str | None
    proxies: Mapping[str, str] | None
    verify: str | Path | None
    cert: Certificate | None
    trust_env: bool


class Network(Struct, frozen=True):
    """How calls reach the network. ``transport`` or ``session`` replaces everything else, which are the options of
    ``BlockingTransport``."""

    transport: Transport | None = None
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
        names = ("transport", "session", "proxy", "proxies", "verify", "cert")
        present = [name for name in names if getattr(self, name) is not None]
        if present[:1] in (["transport"], ["session"]) and (len(present) > 1 or not self.trust_env):
            others = ", ".join([*present[1:], *(["trust_env"] if not self.trust_env else [])])
            raise ConnectionMissing(f"{present[0]} has its own network settings; set {others} there, or leave it out")
        if {"proxy", "proxies"} <= set(present):
            raise ConnectionMissing("proxy is for all requests and proxies are by scheme; use one of them")
        if self.transport is not None:
            return self.transport
        if self.session is not None:  # imported here: a caller with a session has imported requests, others need not
            return import_module("openconnectors.engine.transports.session").SessionTransport(self.session)  # type: ignore[no-any-return]
        return BlockingTransport(
            proxy=self.proxy, proxies=self.proxies, verify=self.verify, cert=self.cert, trust_env=self.trust_env
        )


LOOPBACK = Network(trust_env=False)
"""The network to a sandbox: a proxy of the environment cannot reach it."""
