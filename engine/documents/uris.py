"""References of RFC 3986: the URI that one means, from the base that it is relative to (section 5.2).

``urllib.parse.urljoin`` does not join URIs of schemes that it does not know, such as ``urn``.
"""

from __future__ import annotations

import re

from openconnectors.engine.deferred import pattern

_PARTS = pattern(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
"""Scheme, authority, path, query and fragment (appendix B)."""

Parts = tuple[str | None, str | None, str, str | None]
"""Scheme, authority, path and query; None for what is not there."""


def parts(uri: str) -> Parts:
    """The parts of a URI or a reference, without its fragment."""
    match = _PARTS.match(uri)
    if match is None:  # the pattern matches every text
        return None, None, uri, None
    scheme, authority, path, query, _ = match.groups()
    return scheme.lower() if scheme else None, authority, path, query


def join(base: str, reference: str) -> str:
    """The URI that a reference means, without its fragment (section 5.2.2)."""
    scheme, authority, path, query = parts(reference)
    if scheme is None:
        scheme, base_authority, base_path, base_query = parts(base)
        if authority is None:
            authority = base_authority
            if not path:
                path, query = base_path, base_query if query is None else query
            elif not path.startswith("/"):
                path = _merged(base_authority, base_path, path)
    text = f"{scheme}:" if scheme is not None else ""
    text += f"//{authority}" if authority is not None else ""
    return text + _without_dots(path) + (f"?{query}" if query is not None else "")


def _merged(authority: str | None, base: str, path: str) -> str:
    """A relative path in the place of the last segment of the base's (section 5.2.3)."""
    return f"/{path}" if authority is not None and not base else base[: base.rfind("/") + 1] + path


def _without_dots(path: str) -> str:
    """A path without its segments ``.`` and ``..`` (section 5.2.4)."""
    if "." not in path:
        return path
    segments = path.split("/")
    kept: list[str] = []
    for index, segment in enumerate(segments):
        if segment == "..":
            del kept[max(len(kept) - 1, path.startswith("/")) :]
        elif segment != ".":
            kept.append(segment)
        if segment in (".", "..") and index == len(segments) - 1:
            kept.append("")
    return "/".join(kept)
