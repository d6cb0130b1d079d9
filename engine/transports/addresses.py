"""From a host to an open socket, within a time that is one for resolving and for all addresses together.

The resolver of the operating system cannot be interrupted, so it runs in a thread of its own; all calls for the
same host wait for the same thread, and there are never more than ``MAX_RESOLVING``. Addresses are tried one after
the other, each ``STAGGER`` seconds after the one before it, which goes on (RFC 8305 section 5).
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from ipaddress import ip_address
from typing import Any, TypeAlias

MAX_RESOLVING = 32
"""The most host names that are resolved at once: a resolver that hangs must not collect threads without end."""
STAGGER = 0.25
"""RFC 8305 section 5: the recommended Connection Attempt Delay, in seconds."""

Address: TypeAlias = tuple[Any, Any]
"""An address family, and a socket address of that family."""


class _Resolution:
    """The addresses of a host, once they are known: a future, without all that ``concurrent.futures`` imports."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._addresses: list[Address] = []
        self._failure: OSError | None = None

    def end(self, addresses: list[Address], failure: OSError | None) -> None:
        """Tell those who wait."""
        self._addresses, self._failure = addresses, failure
        self._ended.set()

    def addresses(self, seconds: float) -> list[Address]:
        """The addresses; ``NoConnection`` if there are none, or if they are not known in time."""
        if not self._ended.wait(seconds):
            raise NoConnection("the host name was not resolved in time")
        if self._failure is not None:
            raise NoConnection(self._failure.strerror or "the host name cannot be resolved")
        return self._addresses


_resolving: dict[tuple[str, int], _Resolution] = {}
_lock = threading.Lock()


def _forget() -> None:
    """After a fork the threads, and what they hold locked, are not there in the new process."""
    global _lock
    _lock = threading.Lock()
    _resolving.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


class NoConnection(Exception):
    """No connection could be made; ``final`` if trying again cannot help."""

    def __init__(self, message: str, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def resolve(host: str, port: int, end: float) -> list[Address]:
    """The addresses of a host, before ``end`` (of the monotonic clock)."""
    try:
        family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
        return [(family, (host, port))]
    except ValueError:
        pass  # a name
    with _lock:
        resolution = _resolving.get((host, port))
        if resolution is None:
            if len(_resolving) >= MAX_RESOLVING:
                raise NoConnection("too many host names are being resolved")
            resolution = _resolving[host, port] = _Resolution()
            arguments = (host, port, resolution)
            threading.Thread(target=_resolve_in_thread, args=arguments, name="resolver", daemon=True).start()
    return resolution.addresses(max(0.0, end - time.monotonic()))


def _resolve_in_thread(host: str, port: int, resolution: _Resolution) -> None:
    addresses: list[Address] = []
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in rows))
        failure = None if addresses else OSError("the host name has no address")
    except (OSError, UnicodeError) as error:
        failure = error if isinstance(error, OSError) else OSError(0, "the host name is not valid")
    with _lock:
        _resolving.pop((host, port), None)
    resolution.end(addresses, failure)


def dial(addresses: list[Address], end: float) -> socket.socket:
    """A socket connected to the first of the addresses that accepts, before ``end`` (of the monotonic clock)."""
    untried = list(addresses)
    reason = ""
    with selectors.DefaultSelector() as selector:
        try:
            while untried or selector.get_map():
                if untried:
                    reason = _begin(untried.pop(0), selector) or reason
                left = end - time.monotonic()
                if left <= 0:
                    raise NoConnection("timed out")
                for key, _ in selector.select(min(left, STAGGER) if untried else left):
                    sock: Any = key.fileobj
                    selector.unregister(sock)
                    failure = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if not failure:
                        return sock  # type: ignore[no-any-return]
                    reason = os.strerror(failure)
                    sock.close()
            raise NoConnection(reason or "the host name has no address")
        finally:
            for key in list(selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]


def _begin(address: Address, selector: selectors.BaseSelector) -> str:
    """Begin to connect; return the reason if that fails at once, else empty text."""
    family, socket_address = address
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        return error.strerror or "no socket"
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a head and its body go out without waiting
        sock.connect(socket_address)
    except BlockingIOError:
        pass
    except OSError as error:
        sock.close()
        return error.strerror or "refused"
    selector.register(sock, selectors.EVENT_WRITE)
    return ""
