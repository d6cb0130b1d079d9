"""What a webhook receives and answers: a request of WSGI (PEP 3333) as a ``Delivery``, and the replies.

Rule 1: a body is read up to ``MAX_BODY``, and only if it is known where it ends.
Rule 2: a signature covers the URL that the service knows. Behind a proxy that is not the URL that arrives, so that
``urls_of`` returns every spelling that the service may have signed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv6Address
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from openconnectors.engine.client.webhook_signatures import Delivery
from openconnectors.engine.errors import InvalidArguments, Problem

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a delivery; an event is small, and anybody may send one."""


class Reply(Struct, frozen=True):
    """The response to a request of the service."""

    status: str
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()

    def fields(self) -> list[tuple[str, str]]:
        """Its header fields."""
        return [
            ("Content-Type", self.content_type),
            ("Content-Length", str(len(self.body))),
            ("X-Content-Type-Options", "nosniff"),
            *self.headers,
        ]


class Refused(Exception):
    """A request that is not an event, or not from the service; ``reply`` is the response to it."""

    def __init__(self, status: str, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.reply = Reply(status, f"{reason}\n".encode(), headers=tuple(headers.items()))


def delivery_of(environ: Mapping[str, Any], public: PublicUrl | None) -> Delivery:
    """The request of a service; ``public`` is the URL that the service knows, if the caller named it."""
    method = str(environ.get("REQUEST_METHOD", ""))
    content_type = str(environ.get("CONTENT_TYPE") or "")
    return Delivery(method, urls_of(public, environ), _headers(environ), content_type, _body(environ))


_DIGITS = re.compile(r"[0-9]{1,18}\Z")
"""A Content-Length (RFC 9110 section 8.6), as far as a 64-bit number goes."""


def _body(environ: Mapping[str, Any]) -> bytes:
    """The body of the request. Without a length it is empty, unless the server says that the stream ends with the body
    (``wsgi.input_terminated``), as for a chunked body."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length and not _DIGITS.match(length):
        raise Refused("400 Bad Request", "the Content-Length is not a number")
    ends = bool(environ.get("wsgi.input_terminated"))
    if not length and not ends and environ.get("HTTP_TRANSFER_ENCODING"):
        raise Refused("400 Bad Request", "a Content-Length is needed")
    size = int(length or 0)
    wanted = size if length or not ends else MAX_BODY + 1
    if size > MAX_BODY:
        raise Refused("413 Content Too Large", "too large")
    try:
        data = _read(environ["wsgi.input"], wanted)
    except Exception:  # noqa: BLE001 - each server has its own error for a connection that breaks
        raise Refused("400 Bad Request", "the body cannot be read") from None
    if len(data) > MAX_BODY:
        raise Refused("413 Content Too Large", "too large")
    if length and len(data) < size:
        raise Refused("400 Bad Request", "the body ends early")
    return data


def _read(stream: Any, size: int) -> bytes:
    """Up to ``size`` bytes; a stream may return fewer in one call."""
    pieces: list[bytes] = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(text)
        for name, text in environ.items()
        if name.startswith("HTTP_")
    }


# URLs

_ABSOLUTE = re.compile(r"(https?)://([^/?#\s]+)([^?#\s]*)(\?[^#\s]*)?(?:#.*)?\Z", re.ASCII | re.IGNORECASE)
_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{0,5}))?\Z", re.ASCII)
_PATH_SAFE = "/~!$&'()*+,;=:@"
"""Characters that are not encoded in a path (RFC 3986 section 3.3); WSGI has decoded them."""
_PORTS = {"http": 80, "https": 443}


class PublicUrl(Struct, frozen=True):
    """A URL in the parts that are compared."""

    scheme: str
    host: str
    path: str
    query: str
    """With its question mark, or empty."""


def public_url(url: str) -> PublicUrl:
    """The parts of a URL. Raise ``InvalidArguments`` if it is not a whole one."""
    whole = _ABSOLUTE.match(url)
    if whole is None or not _is_host(whole[2].rpartition("@")[2]):
        raise InvalidArguments("Webhook", [Problem(("url",), "is not the whole URL, https://host/path")])
    return PublicUrl(whole[1].lower(), whole[2], whole[3], whole[4] or "")


def _is_host(text: str) -> bool:
    """Whether a text is a host and maybe a port (RFC 9110 section 7.2)."""
    host = _HOST.match(text)
    if host is None or int(host[2] or 0) > 65535:
        return False
    try:
        return host[1] is None or bool(IPv6Address(host[1]))
    except AddressValueError:
        return False


def urls_of(public: PublicUrl | None, environ: Mapping[str, Any]) -> list[str]:
    """The spellings of the URL that the service may have signed: with and without a port, as services and proxies
    differ. The query is the request's; where it has none, which a proxy may have cut, that of the public URL."""
    host = environ.get("HTTP_HOST")
    if host is not None and not _is_host(str(host)):
        raise Refused("400 Bad Request", "the Host is not valid")
    mount, path, query = _target(environ)
    if public is None:
        authority = _server(environ) if host is None else str(host)
        url = PublicUrl(str(environ.get("wsgi.url_scheme", "http")), authority, mount + path, query)
    else:
        below = path if mount and public.path.endswith(mount) and not public.path.endswith(mount + path) else ""
        url = PublicUrl(public.scheme, public.host, public.path + below, query or public.query)
    user, at, place = url.host.rpartition("@")
    name, port = _without_port(place)
    paths = ["", "/"] if url.path in ("", "/") else [url.path]
    hosts = [place, name, f"{name}:{port or _PORTS.get(url.scheme, 443)}"]
    spelled = [f"{url.scheme}://{user}{at}{host}{way}{url.query}" for way in paths for host in hosts]
    return list(dict.fromkeys(spelled))


def _server(environ: Mapping[str, Any]) -> str:
    """Where the server listens, for a request that names no host (HTTP/1.0)."""
    name = str(environ.get("SERVER_NAME", ""))
    return f"{f'[{name}]' if ':' in name else name}:{environ.get('SERVER_PORT', '')}"


def _without_port(host: str) -> tuple[str, str]:
    name, mark, port = host.rpartition(":")
    return (name, port) if mark and not host.endswith("]") else (host, "")


def _target(environ: Mapping[str, Any]) -> tuple[str, str, str]:
    """Where the application is mounted, the path below, and the query, as the request spelled them where the
    server keeps that (``RAW_URI``, ``REQUEST_URI``); else WSGI's decoded path is encoded again."""
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")
    mount, path = (_encoded(str(environ.get(name) or "")) for name in ("SCRIPT_NAME", "PATH_INFO"))
    if not raw:
        query = str(environ.get("QUERY_STRING") or "")
        return mount, path, f"?{query}" if query else ""
    absolute = _ABSOLUTE.match(raw)
    target = f"{absolute[3]}{absolute[4] or ''}" if absolute else raw.partition("#")[0]
    whole, mark, query = target.partition("?")
    below = whole[len(mount) :] if mount and whole.startswith(mount) else None
    return (mount, below, mark + query) if below is not None else ("", whole, mark + query)


def _encoded(path: str) -> str:
    try:
        return quote(path.encode("latin-1"), safe=_PATH_SAFE)
    except UnicodeEncodeError:  # no server of PEP 3333 gives such a path
        return quote(path, safe=_PATH_SAFE)
