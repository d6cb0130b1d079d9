"""Which URLs of a document or a peer may be opened or called. This is the only place that decides it."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import ConnectionMissing

_UNFIT = pattern(r"[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]")
"""Characters that a URL cannot hold unencoded (RFC 3986 section 2), among them the braces of an unexpanded template."""
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = pattern(rf"(\[[0-9A-Fa-f:.]+\]|{_LABEL}(\.{_LABEL})*\.?)(:[0-9]{{1,5}})?\Z")
"""A host with its port (RFC 3986 section 3.2.2), of labels as resolvers accept them (RFC 1123 section 2.1, and
``_``)."""
INSIDE = pattern(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\Z")
"""What a value may put into a host that has other parts: labels or parts of labels, but no other host."""

HTTP = pattern(r"(?i)https?://[^/?#@\x00-\x20\\]+([/?][^#\x00-\x20\\]*)?\Z")
"""An http URL with a host, without user information and fragment."""


def endpoint(url: str, what: str) -> str:
    """A URL to get tokens from or to open in a browser, unchanged.

    ``ConnectionMissing`` for one without TLS, unless it is on loopback (RFC 6749 sections 3.1 and 3.2), with user
    information or a fragment, or of another scheme: ``file:``, ``javascript:``, text that a command reads as an option.
    """
    if not secure(url):
        raise ConnectionMissing(f"{what} {shown(url)!r} is not an https URL; tokens are sent over TLS only")
    return url


def secure(url: str) -> bool:
    """Return True for an https URL, or an http URL on loopback, without user information and fragment."""
    if _UNFIT.search(url) or "#" in url:
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        has_host = HOST.match(parts.netloc) is not None and (parts.port is None or 0 < parts.port < 65536)
    except ValueError:
        return False
    return has_host and (parts.scheme == "https" or (parts.scheme == "http" and loopback(host)))


def loopback(host: str) -> bool:
    """Return True if a host is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def shown(url: str) -> str:
    """What may be shown of a URL whose secrets are not known: no user information, no query."""
    scheme, slashes, rest = url.partition("//")
    if not slashes or (scheme and not scheme.endswith(":")):
        return _printable(url.partition("?")[0])
    authority, slash, path = rest.partition("?")[0].partition("#")[0].partition("/")
    query = "?***" if "?" in rest else ""
    return _printable(f"{scheme}//{authority.rpartition('@')[2]}{slash}{path}{query}")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:200])
