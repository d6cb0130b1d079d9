"""Where a link of an answer may lead: to the connection's own origin, below its base path."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from engine.credentials import beside, revealed
from engine.errors import InvalidResponse
from engine.http import origin


def within(base: str, current: str, link: Any, what: str) -> str:
    """The URL that a link of an answer to ``current`` means, without its fragment.

    Raises :class:`~engine.errors.InvalidResponse`, which begins with ``what``, for one that is no text, leads
    to another origin than the base's, or out of its path.
    """
    if not isinstance(link, str):
        raise InvalidResponse(f"{what} is a {type(link).__name__}")
    try:
        url = urljoin(revealed(current), link)
        same = origin(url) == origin(revealed(base))
    except ValueError:
        same, url = False, link
    path = urlsplit(url).path if same else url
    below = path.startswith(urlsplit(revealed(base)).path.rstrip("/") + "/") and ".." not in unquote(path).split("/")
    if not same or not below:
        told = f"{urlsplit(url).netloc}{path}" if same else repr(link[:200])
        raise InvalidResponse(
            f"{what} leads to {beside(base, told)}, out of this connection's {base}; it was not followed"
        )
    return beside(base, url.partition("#")[0])
