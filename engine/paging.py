"""From one page to the next: where the link stands, and whether it may be followed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from engine.errors import InvalidResponse
from engine.http import Request, origin
from engine.model import Paging
from engine.plan import Plan, pick

MAX_PAGES = 10_000
MAX_EMPTY = 20


class Pages:
    """The pages of one call. Nothing is sent here: :meth:`after` makes the next request of an answer."""

    def __init__(self, plan: Plan, paging: Paging, first: Request, base: str) -> None:
        self._plan = plan
        self._paging = paging
        self._request = first
        self._base = base
        self._seen = {first.url}
        self._empty = 0

    def items(self, value: Any) -> list[Any]:
        """The items of a page's value; a value that is a list is its own items."""
        found = value if isinstance(value, list) else pick(value, self._paging.items)
        return found if isinstance(found, list) else []

    def after(self, value: Any) -> Request | None:
        """The request for the page after one, or None after the last.

        :class:`~engine.errors.InvalidResponse` for a link to another origin or out of the base path, one
        already followed, and pages without end.
        """
        link = pick(value, self._paging.next_link)
        if not link:
            return None
        url = self._checked(link)
        self._empty = 0 if self.items(value) else self._empty + 1
        if url in self._seen:
            raise InvalidResponse("the link to the next page leads to one that was already read")
        if len(self._seen) >= MAX_PAGES or self._empty > MAX_EMPTY:
            raise InvalidResponse(f"the pages do not end: {len(self._seen)} read, {self._empty} of them empty at last")
        self._seen.add(url)
        self._request = replace(self._request, url=url)
        return self._request

    def _checked(self, link: Any) -> str:
        if not isinstance(link, str):
            raise InvalidResponse(f"the link to the next page is a {type(link).__name__}")
        try:
            url = urljoin(self._request.url, link)
            same = origin(url) == origin(self._base)
        except ValueError:
            same, url = False, link
        steps = urlsplit(url).path.split("/")
        below = urlsplit(url).path.startswith(urlsplit(self._base).path.rstrip("/") + "/") and ".." not in steps
        if not same or not below:
            raise InvalidResponse(
                f"the link to the next page leads to {urlsplit(url).netloc or url!r}{urlsplit(url).path}, out of this "
                f"connection's {self._base}; it was not followed"
            )
        return self._plan.same_representation(url.partition("#")[0], self._request.url)
