"""Where a link of a response may lead: to the connection's own origin, below its base path.

1. Every URL of a response that is called goes through ``follow``: next links, ``Location``, the state of a
   long-running operation, a redirect. None of them leaves with credentials.
2. A link is read as meant: blanks around it and line breaks in it are not part of it (RFC 3986 appendix C), and
   characters that should have been percent-encoded (section 2) are. That is a deviation, in every mode.
3. Dot segments are looked for behind every encoding, and with parameters (``..;``): servers undo what they find.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.endpoints import shown
from openconnectors.engine.errors import InvalidResponse, Problem
from openconnectors.engine.http import Request, origin
from openconnectors.engine.masking import beside, revealed
from openconnectors.engine.urls import literal_text

_MAY_STAND = "%:/?#[]@!$&'()*+,;=-._~"
"""Delimiters and what is unreserved beside letters and digits (RFC 3986 section 2)."""
_LINE_BREAK = pattern(r"[\t\r\n]+")
_CONTROL = pattern(r"[\x00-\x1f\x7f]")
_UNDONE = 4
"""Encodings within each other that are looked behind: servers and proxies on the way decode once or twice."""


def follow(request: Request, link: Any, what: str, method: str | None = None) -> Request:
    """The request for a link in the response to another request: the same one elsewhere, or, with a method, one of that
    method without a body.

    Raise ``InvalidResponse``, whose message begins with ``what``, for a link that is not text, leads to another origin
    than the base's, or out of its path.
    """
    if not isinstance(link, str):
        raise InvalidResponse(f"{what} is a {type(link).__name__}")
    base = request.base or urljoin(revealed(request.url), "/")
    try:
        text = _encoded(link)
        url = urljoin(revealed(request.url), text)
        reason = _reason(url, revealed(base))
    except ValueError:
        url, reason = link, "is not a URL that can be followed"
    if reason:
        raise InvalidResponse(f"{what} leads to {beside(base, shown(url))}, which {reason}; it was not followed")
    url = beside(base, url.partition("#")[0])
    odd = (
        (Problem(("link",), f"{what} holds characters that must be percent-encoded", part="link"),)
        if text != link
        else ()
    )
    followed = replace(request, url=url) if method is None else request.follow_up(method, url)
    return replace(followed, deviations=odd)


def _encoded(link: str) -> str:
    """A link as RFC 3986 has it; raise ``ValueError`` if no such link can have been meant."""
    text = _LINE_BREAK.sub("", link.strip(" \t\r\n"))
    if _CONTROL.search(text) or "\\" in re.split("[?#]", text, maxsplit=1)[0]:
        raise ValueError("a control character, or a backslash, which some read as a slash")
    return literal_text(text, _MAY_STAND)


def _reason(url: str, base: str) -> str:
    """Why a URL is not followed; empty if it may be."""
    if origin(url) != origin(base):
        return f"is not of {shown(base)}"
    path, root = urlsplit(url).path, urlsplit(base).path.rstrip("/")
    if (path != root and not path.startswith(f"{root}/")) or _climbs(path):
        return f"is out of {shown(base)}"
    return ""


def _climbs(path: str) -> bool:
    """Whether a path has a segment that a server may read as the way up."""
    for _ in range(_UNDONE):
        if any(segment.partition(";")[0] == ".." for segment in re.split(r"[/\\]", path)):
            return True
        path = unquote(path)
    return False
