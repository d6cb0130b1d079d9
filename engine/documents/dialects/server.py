"""The server of a Swagger 2.0 document: the URL of its ``schemes``, ``host`` and ``basePath``.

Rule 1: a request never goes to a host that the member ``host`` does not name; a base path is only ever a path.
Rule 2: what people write in the wrong member is read as it is meant where only one thing can be meant (a scheme before
the host, a base path without its slash), with a note. Rule 3: anything else is no server. A host that cannot be used is
like none: the operator gives the place. A base path that cannot be used spoils every URL, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

_IN_PATH = "/{}%:@!$&'()*+,;=~-._"
"""What a path may hold as it is (RFC 3986 section 3.3), and the braces of a template."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)\Z", re.DOTALL)
_VARIABLE = r"\{[^{}/\\\s]+\}"
_LABEL = rf"(?:[A-Za-z0-9_-]|{_VARIABLE})+"
_HOST = re.compile(rf"(?:\[[0-9A-Fa-f:.]+\]|{_LABEL}(?:\.{_LABEL})*\.?)(?::(?P<port>[0-9]{{1,5}}|{_VARIABLE}))?\Z")
_USER = re.compile(r"[^/]*@")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\]")
_HTTP = ("https", "http")


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a member of the document's root; ``usable`` tells that it was read as it is meant."""

    member: str
    message: str
    usable: bool = True


class Unusable(ValueError):
    """A member out of which no URL can be made."""

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member


def server(root: Mapping[str, Any]) -> tuple[str, list[Note]]:
    """The URL of the server, without a host where none can be used, and what is odd about its members.

    ``Unusable`` for a base path that is none.
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
        scheme, host = _parted(named, "basePath")
    if prefix and path not in ("", prefix):
        said = f"the host has the path {prefix!r} beside the basePath; write the whole path in basePath"
        notes.append(Note("host", said, usable=False))
        host = ""
    chosen = next((one for one in _HTTP if one in schemes or (one == scheme and (one == "https" or not schemes))), "")
    if schemes and not chosen:
        said = f"none of the schemes {', '.join(schemes)} is http or https"
        notes.append(Note("schemes", said, usable=False))
        host = ""
    return f"{chosen or 'https'}://{host}{quote(path or prefix, safe=_IN_PATH)}", notes


def _schemes(given: Any, notes: list[Note]) -> list[str]:
    listed = [] if given is None else [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        notes.append(Note("schemes", "schemes must be a list of texts; https is used"))
        return []
    found = [one.strip().lower().rstrip(":/") for one in listed]
    if found != given and given is not None:
        notes.append(Note("schemes", f"schemes is read as {', '.join(found)}"))
    return found


def _host(given: Any, notes: list[Note]) -> tuple[str, str, str]:
    """The scheme, the host with its port, and the path that the member ``host`` has."""
    if given is None or given == "":
        return "", "", ""
    if not isinstance(given, str):
        raise Unusable("host", f"host must be text, not {type(given).__name__}")
    scheme, rest = _parted(given, "host")
    authority, _, path = rest.partition("/")
    authority = authority.removesuffix(":")
    found = _HOST.match(authority)
    if "?" in path or "#" in path or _UNFIT.search(path) or found is None or not _is_port(found["port"]):
        raise Unusable("host", f"{_shown(given)} is not a host with or without a port")
    if authority != given:
        notes.append(Note("host", f"{_shown(given)} is read as the host {authority!r}"))
    path = path.strip("/")
    if path:
        _segments_checked("host", path)
    return scheme, authority, f"/{path}" if path else ""


def _shown(given: str) -> str:
    """A text as messages show it, without user information."""
    return repr(_USER.sub("***@", given))


def _is_port(given: str | None) -> bool:
    return given is None or not given.isdigit() or 0 < int(given) < 65536


def _parted(given: str, member: str) -> tuple[str, str]:
    """The scheme of a text, where it has one, and what follows the slashes."""
    text = given.strip()
    found = _SCHEME.match(text)
    if found is None:
        return "", text.removeprefix("//")
    if found[1].lower() not in _HTTP:
        raise Unusable(member, f"{_shown(given)} is neither http nor https")
    return found[1].lower(), found[2]


def _base_path(given: Any, host: str, notes: list[Note]) -> tuple[str, str]:
    """The base path, without a slash at its end, and the scheme and host that it names where ``host`` names none."""
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if given is None:
        return "", ""
    if not isinstance(given, str):
        raise Unusable("basePath", f"basePath must be text, not {type(given).__name__}")
    if _UNFIT.search(given.strip()) or "?" in given or "#" in given:
        raise Unusable(
            "basePath", f"{_shown(given)} holds more than a path; write the path alone, with a slash before it"
        )
    scheme, path = _parted(given, "basePath")
    first, _, rest = path.partition("/")
    named = ""
    if first and first.lower() == host.lower():
        path = rest
    elif scheme and not host and _HOST.match(first):
        named, path = f"{scheme}://{first}", rest
    elif scheme or "@" in first or ":" in first or (given.strip().startswith("//") and "." in first):
        said = f"{_shown(given)} names the host {_shown(first)}, which the member host does not; write the path alone"
        raise Unusable("basePath", said)
    path = path.strip("/")
    _segments_checked("basePath", path)
    path = f"/{path}" if path else ""
    if path != given.rstrip("/"):
        notes.append(Note("basePath", f"{_shown(given)} is read as {path or '/'!r}"))
    return path, named


def _segments_checked(member: str, path: str) -> None:
    if any(unquote(one) in (".", "..") for one in path.split("/")):
        raise Unusable(
            member, f"{path!r} holds '.' or '..' as a segment, which would lead elsewhere; write the path out"
        )
