"""From a host to an open socket, within a time that is one for resolving and for all addresses together.

The resolver of the operating system cannot be interrupted, so it runs in a thread of its own; all calls for the
same host wait for the same thread, and there are never more than ``MAX_RESOLVING``. Addresses are tried one after
the other, each ``STAGGER`` seconds after the one before it, which goes on (RFC 8305 section 5).
"""

from __future__ import annotations

import os
import socket
import threading
import time
from ipaddress import ip_address
from typing import Any, TypeAlias

from openconnectors.engine.transports.waits import Completion, Waits

MAX_RESOLVING = 32
"""The most host names that are resolved at once: a resolver that hangs must not collect threads without end."""
STAGGER = 0.25
"""RFC 8305 section 5: the recommended Connection Attempt Delay, in seconds."""

Address: TypeAlias = tuple[Any, Any]
"""An address family, and a socket address of that family."""


_resolving: dict[tuple[str, int], Completion[list[Address]]] = {}
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


async def resolve(host: str, port: int, waits: Waits, end: float) -> list[Address]:
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
            resolution = _resolving[host, port] = Completion()
            arguments = (host, port, resolution)
            threading.Thread(target=_resolve_in_thread, args=arguments, name="resolver", daemon=True).start()
    try:
        return await waits.completed(resolution, end)
    except TimeoutError:
        raise NoConnection("the host name was not resolved in time") from None
    except OSError as error:
        raise NoConnection(error.strerror or "the host name cannot be resolved") from None


def _resolve_in_thread(host: str, port: int, resolution: Completion[list[Address]]) -> None:
    failure: OSError | None = None
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in rows))
        if not addresses:
            failure = OSError("the host name has no address")
    except (OSError, UnicodeError) as error:
        failure = error if isinstance(error, OSError) else OSError(0, "the host name is not valid")
    with _lock:
        _resolving.pop((host, port), None)
    if failure is None:
        resolution.complete(addresses)
    else:
        resolution.fail(failure)


async def dial(addresses: list[Address], waits: Waits, end: float) -> socket.socket:
    """A socket connected to the first of the addresses that accepts, before ``end`` (of the monotonic clock). It does
    not block."""
    untried = list(addresses)
    reason = ""
    connecting: list[socket.socket] = []
    try:
        while untried or connecting:
            if untried:
                begun = _begin(untried.pop(0))
                if isinstance(begun, str):
                    reason = begun
                    continue
                connecting.append(begun)
            try:
                soon = time.monotonic() + STAGGER
                sock = await waits.ready((), connecting, min(soon, end) if untried else end)
            except TimeoutError:
                if time.monotonic() >= end:
                    raise NoConnection("timed out") from None
                continue
            connecting.remove(sock)
            failure = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not failure:
                return sock
            reason = os.strerror(failure)
            sock.close()
        raise NoConnection(reason or "the host name has no address")
    finally:
        for sock in connecting:
            sock.close()


def _begin(address: Address) -> socket.socket | str:
    """A socket that begins to connect; the reason if that fails at once."""
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
    return sock
