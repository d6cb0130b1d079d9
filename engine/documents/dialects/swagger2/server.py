"""The server of a Swagger 2.0 document: the URL of its ``schemes``, ``host`` and ``basePath``.

Rule 1: a request never goes to a host that the member ``host`` does not name; a base path is only ever a path.
Rule 2: what people write in the wrong member is read as it is meant where only one thing can be meant (a scheme before
the host, a base path without its slash), with a note. Rule 3: anything else is not a server. A host that cannot be used
counts as none: the caller names one. A base path that cannot be used spoils every URL, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from msgspec import Struct

from openconnectors.engine.deferred import pattern

_IN_PATH = "/{}%:@!$&'()*+,;=~-._"
"""What a path may hold as it is (RFC 3986 section 3.3), and the braces of a template. A ``%`` is taken to begin an
escape that the document wrote."""
_SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)\Z", re.DOTALL)
_VARIABLE = r"\{[^{}/\\\s]+\}"
_LABEL = rf"(?:[A-Za-z0-9_-]|{_VARIABLE})+"
_HOST = pattern(rf"(?:\[[0-9A-Fa-f:.]+\]|{_LABEL}(?:\.{_LABEL})*\.?)(?::(?P<port>[0-9]{{1,5}}|{_VARIABLE}))?\Z")
_USER = pattern(r"[^/]*@")
_UNFIT = pattern(r"[\x00-\x1f\x7f\\]")
_HTTP = ("https", "http")


class Note(Struct, frozen=True):
    """A remark about a member of the document's root; ``usable`` if the member was read as it is meant."""

    member: str
    message: str
    usable: bool = True


class Unusable(ValueError):
    """A member out of which no URL can be made."""

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member


def server_url(root: Mapping[str, Any]) -> tuple[str, list[Note]]:
    """The URL of the server, without a host if none can be used, and remarks about its members.

    ``Unusable`` for a base path that is not a path.
    """
    notes: list[Note] = []
    schemes = _schemes(root.get("schemes"), notes)
    try:
        scheme, host, prefix = _host(root.get("host"), notes)
    except Unusable as error:
        notes.append(Note(error.member, str(error), usable=False))
        scheme, host, prefix = "", "", ""
    path, named = _base_path(root.get("basePath"), host, notes)
    if named:
        scheme, host = _split_scheme(named, "basePath")
    if prefix and path not in ("", prefix):
        message = f"the host has the path {prefix!r} beside the basePath; write the whole path in basePath"
        notes.append(Note("host", message, usable=False))
        host = ""
    chosen = next(
        (known for known in _HTTP if known in schemes or (known == scheme and (known == "https" or not schemes))), ""
    )
    if schemes and not chosen:
        message = f"none of the schemes {', '.join(schemes)} is http or https"
        notes.append(Note("schemes", message, usable=False))
        host = ""
    return f"{chosen or 'https'}://{host}{quote(path or prefix, safe=_IN_PATH)}", notes


def _schemes(value: object, notes: list[Note]) -> list[str]:
    listed = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        notes.append(Note("schemes", "schemes must be a list of texts; https is used"))
        return []
    schemes = [name.strip().lower().rstrip(":/") for name in listed]
    if schemes != value and value is not None:
        notes.append(Note("schemes", f"schemes is read as {', '.join(schemes)}"))
    return schemes


def _host(value: object, notes: list[Note]) -> tuple[str, str, str]:
    """The scheme, the host with its port, and the path that the member ``host`` has."""
    if value is None or value == "":
        return "", "", ""
    if not isinstance(value, str):
        raise Unusable("host", f"host must be text, not {type(value).__name__}")
    scheme, rest = _split_scheme(value, "host")
    authority, _, path = rest.partition("/")
    authority = authority.removesuffix(":")
    match = _HOST.match(authority)
    if "?" in path or "#" in path or _UNFIT.search(path) or match is None or not _is_port(match["port"]):
        raise Unusable("host", f"{_shown(value)} is not a host with or without a port")
    if authority != value:
        notes.append(Note("host", f"{_shown(value)} is read as the host {authority!r}"))
    path = path.strip("/")
    if path:
        _check_segments("host", path)
    return scheme, authority, f"/{path}" if path else ""


def _shown(value: str) -> str:
    """A text as messages show it, without user information, which may be a secret."""
    return repr(_USER.sub("***@", value))


def _is_port(port: str | None) -> bool:
    """Whether a port can be used; a variable is judged when it has its value."""
    return port is None or not port.isdigit() or 0 < int(port) < 65536


def _split_scheme(value: str, member: str) -> tuple[str, str]:
    """The scheme of a text, empty if it has none, and what follows the slashes."""
    text = value.strip()
    match = _SCHEME.match(text)
    if match is None:
        return "", text.removeprefix("//")
    if match[1].lower() not in _HTTP:
        raise Unusable(member, f"{_shown(value)} is neither http nor https")
    return match[1].lower(), match[2]


def _base_path(value: object, host: str, notes: list[Note]) -> tuple[str, str]:
    """The base path, without a slash at its end, and the scheme and host that it names if ``host`` names none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None:
        return "", ""
    if not isinstance(value, str):
        raise Unusable("basePath", f"basePath must be text, not {type(value).__name__}")
    if _UNFIT.search(value.strip()) or "?" in value or "#" in value:
        raise Unusable(
            "basePath", f"{_shown(value)} holds more than a path; write the path alone, with a slash before it"
        )
    scheme, path = _split_scheme(value, "basePath")
    first, _, rest = path.partition("/")
    named = ""
    if first and first.lower() == host.lower():
        path = rest
    elif scheme and not host and _HOST.match(first):
        named, path = f"{scheme}://{first}", rest
    elif scheme or "@" in first or ":" in first or (value.strip().startswith("//") and "." in first):
        message = (
            f"{_shown(value)} names the host {_shown(first)}, which the member host does not; write the path alone"
        )
        raise Unusable("basePath", message)
    path = path.strip("/")
    _check_segments("basePath", path)
    path = f"/{path}" if path else ""
    if path != value.rstrip("/"):
        notes.append(Note("basePath", f"{_shown(value)} is read as {path or '/'!r}"))
    return path, named


def _check_segments(member: str, path: str) -> None:
    if any(unquote(segment) in (".", "..") for segment in path.split("/")):
        raise Unusable(
            member, f"{path!r} holds '.' or '..' as a segment, which would lead elsewhere; write the path out"
        )
