"""Which proxy a request goes through: the caller's, else the environment's, as curl and requests read it.

``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` are read when a transport is created; lower case wins.
``HTTP_PROXY`` in capitals is not read in a CGI script, where a client can set it (httpoxy, CVE-2016-5385).
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.secret import Secret


class Proxy(Struct, frozen=True):
    """Where a proxy listens; ``authorization`` is the value of Proxy-Authorization, a secret."""

    scheme: str
    host: str
    port: int
    authorization: str = ""

    def __repr__(self) -> str:
        return f"<proxy {self.scheme}://{self.host}:{self.port}>"


class Proxies:
    """The proxies by scheme, and the hosts that are reached without one. Keys are those of requests: ``http``,
    ``https``, ``all``, each also with a host (``https://api.example.com``); ``no_proxy`` lists the exceptions."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        by_key = {key.lower(): url for key, url in urls.items() if url}
        exceptions = by_key.pop("no_proxy", "")
        self._urls = {key: Secret(url) for key, url in by_key.items()}
        self._exceptions = [entry for entry in exceptions.replace(",", " ").lower().split() if entry]

    def check(self) -> None:
        """Raise ``ConnectionMissing`` for a URL that is not a proxy's. One of the environment is refused only when it
        is used: many environments name a SOCKS proxy beside others."""
        for key, url in self._urls.items():
            proxy_of(url.reveal(), key)

    def choose(self, scheme: str, host: str, port: int) -> Proxy | None:
        """The proxy for an origin; None if it is reached directly."""
        if not self._urls or self._is_excepted(host, port):
            return None
        keys = (f"{scheme}://{host}", scheme, f"all://{host}", "all")
        return next((proxy_of(self._urls[key].reveal(), key) for key in keys if key in self._urls), None)

    def _is_excepted(self, host: str, port: int) -> bool:
        return any(entry == "*" or _covers(entry, host, port) for entry in self._exceptions)


def _covers(entry: str, host: str, port: int) -> bool:
    """Return True if an entry of NO_PROXY covers a host: a name with all below it, an address, a network, each with a
    port or without."""
    name, colon, number = entry.rpartition(":")
    if colon and number.isdigit() and (":" not in name or name.endswith("]")):
        if int(number) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    try:
        address = ip_address(host)
    except ValueError:
        name = entry.removeprefix("*").removeprefix(".").rstrip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return address in ip_network(entry, strict=False)
    except ValueError:
        return False


def environment() -> dict[str, str]:
    """The proxies that the environment names, by key."""
    urls = {}
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        text = os.environ.get(name, "")
        if not text and (name != "http_proxy" or "REQUEST_METHOD" not in os.environ):
            text = os.environ.get(name.upper(), "")
        urls[name if name == "no_proxy" else name.removesuffix("_proxy")] = text
    return urls


def proxy_of(url: str, key: str = "") -> Proxy:
    """A proxy by its URL; without a scheme it is http. Its user and password go to the proxy alone."""
    name = f"the {key} proxy" if key else "the proxy"
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        scheme, host = parts.scheme.lower(), parts.hostname
        port = parts.port or {"http": 80, "https": 443}.get(scheme, 0)
    except ValueError:
        raise ConnectionMissing(f"{name} has a URL that cannot be read; write http://host:port") from None
    if scheme not in ("http", "https"):
        raise ConnectionMissing(
            f"{name} is of the kind {scheme!r}; http and https are known, for another give session=, a requests.Session"
        )
    if not host:
        raise ConnectionMissing(f"{name} has a URL without a host; write http://host:port")
    user = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        user = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(scheme, host, port, user)
