"""From one page to the next: where the link stands, and whether it may be followed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from openconnectors.engine.call.links import follow
from openconnectors.engine.credentials import beside, revealed
from openconnectors.engine.errors import InvalidResponse
from openconnectors.engine.http import Request
from openconnectors.engine.model import Paging
from openconnectors.engine.plan.members import pick_dotted
from openconnectors.engine.plan.plan import Plan

MAX_PAGES = 10_000
MAX_EMPTY = 20


class Pages:
    """The pages of one call. Nothing is sent here: ``after`` makes the next request of an answer."""

    def __init__(self, plan: Plan, paging: Paging, first: Request, base: str) -> None:
        self._plan = plan
        self._paging = paging
        self._request = first
        self._base = base
        self._seen = {first.url} if first.method == "GET" else set()
        self._empty = 0

    def items(self, value: Any) -> list[Any]:
        """The items of a page's value; a value that is a list is its own items."""
        return page_items(self._paging, value)

    def link(self, value: Any) -> Any:
        """What a page's value has for its next link; None after the last page."""
        return pick_dotted(value, self._paging.next_link) or None

    def after(self, value: Any) -> Request:
        """The request for the page that a page links to. It is a GET, whatever the first was.

        ``InvalidResponse`` for a link to another origin or out of the base path, one
        already followed, and pages without end.
        """
        method = None if self._request.method == "GET" else "GET"
        request = follow(self._request, self.link(value), "the link to the next page", method)
        url = self._plan.url.same_representation(revealed(request.url), revealed(self._request.url))
        return self.checked(value, replace(request, url=beside(request.url, url)))

    def checked(self, value: Any, request: Request) -> Request:
        """The request for the page after one; ``InvalidResponse`` where it was sent before,
        and where pages do not end."""
        self._empty = 0 if self.items(value) else self._empty + 1
        if request.url in self._seen:
            raise InvalidResponse("the link to the next page leads to one that was already read")
        if len(self._seen) >= MAX_PAGES or self._empty > MAX_EMPTY:
            raise InvalidResponse(f"the pages do not end: {len(self._seen)} read, {self._empty} of them empty at last")
        self._seen.add(request.url)
        self._request = request
        return request


def page_items(paging: Paging, value: Any) -> list[Any]:
    """The items of a page's value; a value that is a list is its own items."""
    found = value if isinstance(value, list) else pick_dotted(value, paging.items)
    return found if isinstance(found, list) else []
