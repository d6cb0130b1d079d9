"""Which URLs of a document or a peer may be opened or called, in one place."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from openconnectors.engine.errors import ConnectionMissing

_UNFIT = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\<>\"`{}|^]")
"""What no URL holds unencoded (RFC 3986 section 2), braces of a template that nothing has filled among it."""
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = re.compile(rf"(\[[0-9A-Fa-f:.]+\]|{_LABEL}(\.{_LABEL})*\.?)(:[0-9]{{1,5}})?\Z")
"""A host with its port (RFC 3986 section 3.2.2), of labels that a resolver takes as they are."""
INSIDE = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\Z")
"""What a value may put into a host of which something else is given: labels or parts of them, no other host."""

HTTP = re.compile(r"(?i)https?://[^/?#@\x00-\x20\\]+([/?][^#\x00-\x20\\]*)?\Z")
"""An http URL with a host, without user information and fragment."""


def endpoint(url: str, what: str) -> str:
    """A URL that tokens are asked from or that a person is sent to, as it is.

    ``ConnectionMissing`` for one that is not protected by TLS, but on loopback (RFC 6749 sections
    3.1 and 3.2), that has user information or a fragment, or that is no URL: ``file:``, ``javascript:``, an option of
    a command.
    """
    if not secure(url):
        raise ConnectionMissing(f"{what} {shown(url)!r} is no https URL; tokens are asked for over TLS only")
    return url


def secure(url: str) -> bool:
    """Whether a text is an https URL, or an http URL on loopback, without user information and fragment."""
    if _UNFIT.search(url) or "#" in url:
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        plain = HOST.match(parts.netloc) is not None and (parts.port is None or 0 < parts.port < 65536)
    except ValueError:
        return False
    return plain and (parts.scheme == "https" or (parts.scheme == "http" and loopback(host)))


def loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def shown(url: str) -> str:
    """As much of a URL as may be shown of one whose secrets are not known: no user information, no query."""
    scheme, mark, rest = url.partition("//")
    if not mark or (scheme and not scheme.endswith(":")):
        return _printable(url.partition("?")[0])
    place = rest.partition("?")[0].partition("#")[0]
    authority, slash, path = place.partition("/")
    query = "?***" if "?" in rest else ""
    return _printable(f"{scheme}//{authority.rpartition('@')[2]}{slash}{path}{query}")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:200])
