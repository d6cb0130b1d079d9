"""Where a request goes, and its bytes: the head, and the body in the framing that the head announces (RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from urllib.parse import urlsplit

from openconnectors.engine.credentials import ClientCertificate
from openconnectors.engine.http import PORTS, USER_AGENT, Request
from openconnectors.engine.streams import Content
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.codings import OFFERED
from openconnectors.engine.transports.connections import Route
from openconnectors.engine.transports.exchange import awaited_chunks_of, sendable
from openconnectors.engine.transports.proxies import Proxies

ALWAYS_SIZED = frozenset({"POST", "PUT", "PATCH"})
"""Methods that say that there is no body (RFC 9110 section 8.6)."""
UNFIT = "the URL or the method holds a character that cannot be sent"
_VISIBLE = re.compile(r"[!-~]+\Z")


def message_of(request: Request, proxies: Proxies) -> tuple[Route, memoryview]:
    """Where a request goes, and its head as bytes: as a view, because debuggers that show locals do not show what is in
    one."""
    url, fields = sendable(request)
    route, target = destination(url, proxies, request.credentials.certificate)
    lines = lines_of(route, fields)
    length = request.body.length if isinstance(request.body, Content) else len(request.body or b"")
    if length is None:
        lines.append("Transfer-Encoding: chunked")
    elif request.body is not None or request.method in ALWAYS_SIZED:
        lines.append(f"Content-Length: {length}")
    if not is_visible(target) or not is_visible(request.method):
        raise NoConnection(UNFIT, final=True)
    return route, memoryview("\r\n".join((f"{request.method} {target} HTTP/1.1", *lines, "\r\n")).encode("latin-1"))


class Template:
    """What requests of one method with the same header fields have in common: all but target and body. It is kept in
    views, which no repr shows."""

    __slots__ = ("_sized", "_start", "_unsized")

    def __init__(self, method: str, route: Route, fields: Mapping[str, str]) -> None:
        head = "\r\n".join((" HTTP/1.1", *lines_of(route, fields), ""))
        self._start = memoryview(f"{method} ".encode())
        self._sized = memoryview(f"{head}Content-Length: ".encode("latin-1"))
        length = "Content-Length: 0\r\n" if method in ALWAYS_SIZED else ""
        self._unsized = memoryview(f"{head}{length}\r\n".encode("latin-1"))

    def message(self, target: str, body: bytes | None) -> memoryview:
        """The bytes of a request."""
        if body is None:
            return memoryview(b"".join((self._start, target.encode(), self._unsized)))
        return memoryview(b"".join((self._start, target.encode(), self._sized, b"%d\r\n\r\n" % len(body), body)))


def destination(url: str, proxies: Proxies, certificate: ClientCertificate | None = None) -> tuple[Route, str]:
    """Where a URL leads, and the target of a request for it. ``NoConnection`` for one that cannot be used."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        raise NoConnection("the URL cannot be used", final=True) from None
    if scheme not in PORTS or not is_visible(host) or "@" in parts.netloc:
        raise NoConnection("the URL cannot be used", final=True)
    proxy = proxies.choose(scheme, host, port or PORTS[scheme])
    route = Route(scheme, host, port or PORTS[scheme], proxy, certificate if scheme == "https" else None)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return route, f"http://{authority(route)}{target}" if proxy is not None and scheme == "http" else target


def authority(route: Route) -> str:
    """Host and port as ``Host`` names them: without the port that goes without saying."""
    return route.authority.rpartition(":")[0] if route.port == PORTS[route.scheme] else route.authority


def lines_of(route: Route, fields: Mapping[str, str]) -> list[str]:
    """The lines of a head before those that say how long the body is."""
    lines = [f"Host: {authority(route)}"]
    if route.proxy is not None and route.scheme == "http" and route.proxy.authorization:
        lines.append(f"Proxy-Authorization: {route.proxy.authorization}")
    names = {name.lower() for name in fields}
    lines += [f"{name}: {text}" for name, text in fields.items()]
    if "accept-encoding" not in names:
        lines.append(f"Accept-Encoding: {OFFERED}")
    if "user-agent" not in names:
        lines.append(f"User-Agent: {USER_AGENT}")
    return lines


def is_visible(text: str) -> bool:
    """Return True for text of which each character can be in a request line (RFC 9112 section 3)."""
    return _VISIBLE.match(text) is not None


async def framed(content: Content) -> AsyncGenerator[bytes, None]:
    """The bytes of an upload as they go out: in the chunked coding if its length is unknown (RFC 9112 section 7.1)."""
    async with aclosing(awaited_chunks_of(content)) as chunks:
        async for chunk in chunks:
            yield chunk if content.length is not None else b"%x\r\n%b\r\n" % (len(chunk), chunk)
    if content.length is None:
        yield b"0\r\n\r\n"
