"""From a host to an open socket, within a time that is one for resolving and for all addresses together.

The resolver of the operating system cannot be interrupted, so it runs in a thread of its own; all that ask for the
same host wait for the same thread, and there are never more than ``MAX_RESOLVING``. Addresses are tried one after
the other, each a moment after the one before it and without giving that up (RFC 8305 section 5).
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from ipaddress import ip_address
from typing import Any, TypeAlias

MAX_RESOLVING = 32
STAGGER = 0.25

Address: TypeAlias = tuple[Any, Any]
"""A family of sockets, and an address of that family."""

_resolving: dict[tuple[str, int], Future[list[Address]]] = {}
_lock = threading.Lock()


def _forget() -> None:
    """In a process that was forked the threads are gone."""
    global _lock
    _lock = threading.Lock()
    _resolving.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


class NoConnection(Exception):
    """No connection could be made; ``final`` where trying again cannot help."""

    def __init__(self, message: str, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def resolved(host: str, port: int, end: float) -> list[Address]:
    """The addresses of a host, before ``end`` (of the monotonic clock)."""
    try:
        family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
        return [(family, (host, port))]
    except ValueError:
        pass  # a name
    with _lock:
        future = _resolving.get((host, port))
        if future is None:
            if len(_resolving) >= MAX_RESOLVING:
                raise NoConnection("too many host names are being resolved")
            future = _resolving[host, port] = Future()
            threading.Thread(target=_resolve, args=(host, port, future), name="resolver", daemon=True).start()
    try:
        return future.result(max(0.0, end - time.monotonic()))
    except WaitedTooLong:
        raise NoConnection("the host name was not resolved in time") from None
    except OSError as error:
        raise NoConnection(error.strerror or "the host name cannot be resolved") from None


def _resolve(host: str, port: int, future: Future[list[Address]]) -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in rows))
        outcome: OSError | None = None if addresses else OSError("the host name has no address")
    except (OSError, UnicodeError) as error:
        outcome = error if isinstance(error, OSError) else OSError(0, "the host name is not valid")
    with _lock:
        _resolving.pop((host, port), None)
    if outcome is None:
        future.set_result(addresses)
    else:
        future.set_exception(outcome)


def dialled(addresses: list[Address], end: float) -> socket.socket:
    """A socket that is connected to the first of the addresses that answers."""
    waiting = list(addresses)
    reason = ""
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or selector.get_map():
                if waiting:
                    reason = _begin(waiting.pop(0), selector) or reason
                left = end - time.monotonic()
                if left <= 0:
                    raise NoConnection("timed out")
                for key, _ in selector.select(min(left, STAGGER) if waiting else left):
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
    """Begins to connect; the reason where that is refused at once."""
    family, place = address
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        return error.strerror or "no socket"
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a head and its body go out without waiting
        sock.connect(place)
    except BlockingIOError:
        pass
    except OSError as error:
        sock.close()
        return error.strerror or "refused"
    selector.register(sock, selectors.EVENT_WRITE)
    return ""
