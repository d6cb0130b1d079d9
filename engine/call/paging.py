"""From one page to the next: a flow of pages, and the links between them.

A page is a call of its own, with its own time; cookies go from one to the next. A link is followed as it is, or is the
argument of another operation (``operationName``). Pages that come again, and pages without end, are errors.

Source: the pageable extension of Microsoft AutoRest ("AutoRest Extensions for OpenAPI 2.0").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.cookies import Cookies
from openconnectors.engine.call.links import follow
from openconnectors.engine.call.long_running import started_by
from openconnectors.engine.errors import InvalidResponse, Unsupported
from openconnectors.engine.flows import Result, Results
from openconnectors.engine.http import Request
from openconnectors.engine.masking import beside, revealed
from openconnectors.engine.model import MISSING, Paging
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.members import pick_dotted
from openconnectors.engine.plan.plan import Plan

MAX_PAGES = 10_000
MAX_EMPTY = 20
"""Empty pages in a row: services that filter while they page have some, a broken link has no end."""


class Page(NamedTuple):
    """The value of a page, and its items."""

    value: Any
    items: list[Any]


class Links:
    """The links from one page to the next. Nothing is sent here: ``after`` makes the next request of a page's value."""

    def __init__(self, plan: Plan, paging: Paging, first: Request) -> None:
        self._plan = plan
        self._paging = paging
        self._request = first
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

        Raise ``InvalidResponse`` for a link to another origin or out of the base path, one already followed, and pages
        without end.
        """
        method = None if self._request.method == "GET" else "GET"
        request = follow(self._request, self.link(value), "the link to the next page", method)
        url = self._plan.url.same_representation(revealed(request.url), revealed(self._request.url))
        return self.checked(value, replace(request, url=beside(request.url, url)))

    def checked(self, value: Any, request: Request) -> Request:
        """The request for the page after this one; raise ``InvalidResponse`` if it was sent before, and if pages do not
        end."""
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
    items = value if isinstance(value, list) else pick_dotted(value, paging.items)
    return items if isinstance(items, list) else []


def declared(calls: Calls) -> Paging:
    """How the pages of an operation follow one another; raise ``Unsupported`` if it has none."""
    if calls.plan.paging is None:
        raise Unsupported(f"{snake(calls.plan.operation.id)} declares no pages; call it")
    return calls.plan.paging


def pages(calls: Calls, first: Request, arguments: Mapping[str, Any]) -> Results[Page]:
    """The page of a request for arguments, and those after it, one call each."""
    paging, cookies = declared(calls), Cookies()
    call = calls.call(cookies)
    first = yield from calls.with_prerequisites(first)
    links = Links(calls.plan, paging, first)
    if calls.plan.operation.long_running is not None:
        operation = yield from started_by(calls, first)
        value = (yield from operation.finish()).value
    else:
        value = calls.read((yield from calls.send(first, call))).value
    reader = calls
    while True:
        yield Result(Page(value, links.items(value)))
        link = links.link(value)
        if link is None:
            return
        following = declared(reader).operation
        if following:
            reader, request = _next_operation(calls, following, arguments, link)
            request = links.checked(value, request)
        else:
            request = links.after(value)
        value = reader.read((yield from reader.send(request, reader.call(cookies)))).value


def _next_operation(calls: Calls, operation_id: str, arguments: Mapping[str, Any], link: Any) -> tuple[Calls, Request]:
    """The operation that reads the next page, and its request: with the arguments of the first that it has too, and
    the link in the parameter that the first does not have."""
    reader = calls.of(operation_id, calls.options)
    by_wire_name = {calls.argument(name).wire: value for name, value in arguments.items()}
    known = {argument.wire for argument in reader.plan.arguments}
    first = {argument.wire for argument in calls.plan.arguments}
    chosen = {name: value for name, value in by_wire_name.items() if name in known}
    others = [argument for argument in reader.plan.arguments if argument.wire not in first]
    taking = [argument.wire for argument in others if argument.default is MISSING]
    named = [name for name in known if snake(name) == snake(declared(calls).next_link[-1])]
    chosen |= dict.fromkeys((named or taking)[-1:], link)
    return reader, reader.request(chosen)
