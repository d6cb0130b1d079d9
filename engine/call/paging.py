"""From one page to the next: a flow of pages, and the links between them.

A page is a call of its own, with its own time; cookies go from one to the next. A link is followed as it is, or is the
argument of another operation (``operationName``); a cursor or a number is an argument of the same one. Pages that come
again, and pages without end, are errors.

Source: the pageable extension of Microsoft AutoRest ("AutoRest Extensions for OpenAPI 2.0").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.cookies import Cookies
from openconnectors.engine.call.links import follow
from openconnectors.engine.call.long_running import started_by
from openconnectors.engine.call.page_steps import Progress, next_step
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
        self._seen = {_identity(first)}
        self._empty = 0

    def items(self, value: Any) -> list[Any]:
        """The items of a page's value; a value that is a list is its own items."""
        return page_items(self._paging, value)

    def link(self, value: Any) -> Any:
        """What a page's value has for its next link; None after the last page."""
        return pick_dotted(value, self._paging.next_link) or None

    def after(self, value: Any, link: Any = None) -> Request:
        """The request for the page that a page links to, by a member of its value or by this link. It is a GET,
        whatever the first was.

        Raise ``InvalidResponse`` for a link to another origin or out of the base path, one already followed, and pages
        without end.
        """
        method = None if self._request.method == "GET" else "GET"
        request = follow(self._request, link or self.link(value), "the link to the next page", method)
        url = self._plan.url.same_representation(revealed(request.url), revealed(self._request.url))
        return self.checked(value, replace(request, url=beside(request.url, url)))

    def checked(self, value: Any, request: Request) -> Request:
        """The request for the page after this one; raise ``InvalidResponse`` if it was sent before, and if pages do not
        end."""
        self._empty = 0 if self.items(value) else self._empty + 1
        if _identity(request) in self._seen:
            raise InvalidResponse("the link to the next page leads to one that was already read")
        if len(self._seen) >= MAX_PAGES or self._empty > MAX_EMPTY:
            raise InvalidResponse(f"the pages do not end: {len(self._seen)} read, {self._empty} of them empty at last")
        self._seen.add(_identity(request))
        self._request = request
        return request


def _identity(request: Request) -> tuple[str, str, bytes]:
    """What makes a request the same as another."""
    return request.method, request.url, request.body if isinstance(request.body, bytes) else b""


def page_items(paging: Paging, value: Any) -> list[Any]:
    """The items of a page's value; a value that is a list is its own items."""
    items = value if isinstance(value, list) else pick_dotted(value, paging.items)
    return items if isinstance(items, list) else []


def declared(calls: Calls) -> Paging:
    """How the pages of an operation follow one another: as its document or a policy says, else by a convention, unless
    the options forbid that. Raise ``Unsupported`` if it has none."""
    plan = calls.plan
    paging = plan.paging or (plan.recognized_paging if calls.options.paging == "conventions" else None)
    if paging is None:
        raise Unsupported(f"{snake(plan.operation.id)} declares no pages; call it")
    return paging


def all_pages(calls: Calls, arguments: Mapping[str, Any]) -> Results[Page]:
    """The first page for arguments, and those after it; nothing is sent for wrong arguments."""
    calls = yield from calls.resolved(arguments)
    declared(calls)
    yield from pages(calls, calls.request(arguments), arguments)


def pages(calls: Calls, first: Request, arguments: Mapping[str, Any]) -> Results[Page]:
    """The page of a request for arguments, and those after it, one call each."""
    paging, cookies = declared(calls), Cookies()
    call = calls.call(cookies)
    first = yield from calls.with_prerequisites(first)
    links = Links(calls.plan, paging, first)
    if calls.plan.operation.long_running is not None:
        operation = yield from started_by(calls, first)
        response = yield from operation.finish()
    else:
        response = calls.read((yield from calls.send(first, call)))
    reader, progress = calls, _progress(calls, paging, arguments)
    while True:
        value, items = response.value, links.items(response.value)
        yield Result(Page(value, items))
        step = next_step(paging, response, items, progress)
        if step is None:
            return
        following = declared(reader).operation
        if step.link is None:
            request = calls.request(_changed(calls, arguments, paging.parameter, step.argument))
            request = links.checked(value, (yield from calls.with_prerequisites(request)))
        elif following:
            reader, request = _next_operation(calls, following, arguments, step.link)
            request = links.checked(value, request)
        else:
            request = links.after(value, step.link)
        response = reader.read((yield from reader.send(request, reader.call(cookies))))


def _progress(calls: Calls, paging: Paging, arguments: Mapping[str, Any]) -> Progress:
    """Where pages that are counted begin: as the arguments say, or else the document."""
    by_wire_name = {calls.argument(name).wire: value for name, value in arguments.items()}

    def chosen(name: str) -> int | None:
        value = by_wire_name.get(name) if name else None
        if value is None and name:
            value = calls.argument(name).default
        return value if isinstance(value, int) else None

    first = paging.first if paging.first is not None else int(paging.counts == "pages")
    number = chosen(paging.parameter) if paging.counts else None
    number = first if number is None else number
    return Progress(number, chosen(paging.size), from_start=number == first)


def _changed(calls: Calls, arguments: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Arguments with another value of one, in the type of its schema."""
    argument = calls.argument(name)
    types = calls.plan.contract(argument.schema).types
    if types == ("string",) and not isinstance(value, str):
        value = str(value)
    elif isinstance(value, str) and types in (("integer",), ("number",)) and value.isdecimal():
        value = int(value)
    kept = {other: text for other, text in arguments.items() if other not in (argument.name, argument.wire)}
    return {**kept, argument.name: value}


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
