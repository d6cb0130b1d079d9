"""A walk over the pages of a list: all items, and what is wrong with the way from page to page.

Values are as they are on the wire. Nothing is repeated: a page that is not there ends the walk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.engine.call.page_steps import Progress, next_step
from openconnectors.engine.call.paging import Links, page_items
from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import ConnectorError, InvalidArguments, short_repr
from openconnectors.engine.fuzz.calls import Caller
from openconnectors.engine.fuzz.comparison import bare, members
from openconnectors.engine.fuzz.contract_values import contract_value
from openconnectors.engine.fuzz.resources import item_schema, items_path
from openconnectors.engine.fuzz.samples import json_of
from openconnectors.engine.http import Request, Response
from openconnectors.engine.model import Paging, Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.page_conventions import MORE, OFFSETS, PAGE_NUMBERS, SIZES, STARTS, TOTALS
from openconnectors.engine.plan.plan import Plan

MOST_PAGES = 25
_TOTAL_FIELDS = frozenset(("x_total", "x_total_count", "total_count", "x_total_items", "x_pagination_total", "x_count"))
"""Header fields with the number of all items, as Python spells them."""

Send = Callable[[Request, Mapping[str, Any], str | None], Response | None]
"""Sends a request of a list that was made of arguments, asking for a media type."""


class Walk(Struct):
    """What a walk came to. ``problem`` is what is wrong with the way, ``totals`` the numbers of all items that
    responses have, by their names. ``is_complete``: the last page was reached, and was full of nothing more."""

    items: list[Any] = field(default_factory=list)
    pages: list[list[Any]] = field(default_factory=list)
    totals: list[tuple[str, int]] = field(default_factory=list)
    problem: str = ""
    is_complete: bool = False
    refused: int = 0
    """The status of the first page, if it is not a success."""
    flag: str = ""
    """What is wrong with the members that say whether there are more pages."""


_OF_PAGES = pattern(r"(?i)\bpages?\b|\bresults?\b|\bhow many\b|\breturn|\bat most\b|\bskip")
"""Words of descriptions of parameters that say which page is asked for."""


class Listing:
    """How the list of an operation is asked for: its arguments for the size of a page and the place of the first item,
    by what conventions call them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.paging: Paging | None = plan.paging or plan.recognized_paging
        self.path = items_path(plan) or ()
        self.accept = json_of(plan.offered)
        self.size = self._argument(SIZES)
        self.offset = self._argument(
            OFFSETS | (STARTS if self.paging and self.paging.counts == "items" else frozenset())
        )
        self.page = self._argument(PAGE_NUMBERS)

    def _argument(self, names: frozenset[str]) -> Argument | None:
        for argument in self.plan.arguments:
            is_number = set(bare(argument.schema, self.plan.contract).types) & {"integer", "number"}
            is_of_query = argument.location == "query" and snake(argument.wire) in names and not argument.hidden
            if is_of_query and is_number and not self._is_filter(argument):
                return argument
        return None

    def _is_filter(self, argument: Argument) -> bool:
        """Whether an argument is for a member of the items rather than for pages: it has the name of a member (the
        ``size`` of a shirt), and nothing in its description is about pages."""
        schema = item_schema(self.plan)
        inner = members(schema, self.plan.contract) if schema is not None else {}
        return snake(argument.wire) in map(snake, inner) and _OF_PAGES.search(argument.description) is None

    @property
    def special(self) -> set[str]:
        """The names of arguments that say which page is asked for."""
        names = {argument.wire for argument in (self.size, self.offset, self.page) if argument is not None}
        return names | ({self.paging.parameter} if self.paging is not None and self.paging.parameter else set())

    def bounds(self) -> tuple[int, int | None]:
        """The least and the greatest size of a page that the document allows; None: it names no greatest."""
        checks = bare(self.size.schema, self.plan.contract).keywords if self.size is not None else {}
        most = checks.get("maximum")
        if most is None and "exclusiveMaximum" in checks:
            most = checks["exclusiveMaximum"] - 1
        return max(int(checks.get("minimum", 1)), 1), None if most is None else int(most)

    def largest(self) -> dict[str, Any]:
        """The arguments for pages as large as they may be; none if the document does not say how large."""
        least, most = self.bounds()
        return {self.size.name: max(least, min(most, 200))} if self.size is not None and most is not None else {}

    def sized(self, size: int) -> dict[str, Any]:
        """The arguments for pages of a size, as near as the document allows it."""
        least, most = self.bounds()
        return {self.size.name: max(least, min(size, most or size))} if self.size is not None else {}

    def items(self, value: Any) -> list[Any] | None:
        """The items of a page's value; None if it has no list where the document has one."""
        if isinstance(value, list):
            return value
        items = page_items(self.paging or Paging(items=self.path), value)
        return items if items or isinstance(value, Mapping) else None


def walk(listing: Listing, caller: Caller, arguments: Mapping[str, Any], send: Send, most: int = MOST_PAGES) -> Walk:
    """The walk from the page that arguments ask for. Raise ``InvalidArguments`` if they cannot be sent."""
    plan, result = listing.plan, Walk()
    request = caller.request(plan, arguments, listing.accept)
    links = Links(plan, listing.paging or Paging(items=listing.path), request)
    progress = _progress(listing, arguments)
    while True:
        response = send(request, arguments, listing.accept)
        if response is None or not 200 <= response.status < 300:
            status = response.status if response is not None else 0
            if not result.pages:
                result.refused = status
            elif status < 500:
                result.problem = f"page {len(result.pages) + 1} ({request.url}) has status {status or 'none'}"
            return result
        value = wire(plan, response)
        items = listing.items(value)
        if items is None:
            return result
        result.pages.append(items)
        result.items += items
        result.totals += totals(listing, response, value)
        try:
            following = _following(listing, caller, arguments, links, progress, replace(response, value=value), items)
        except InvalidArguments:
            return result  # a number beyond what the document allows
        except ConnectorError as error:
            result.problem = str(error)
            return result
        more = says_more(value)
        if more is not None and more != (following is not None) and not result.flag:
            there = "is the last" if following is None else "is followed by another"
            result.flag = f"page {len(result.pages)} says that there are {'' if more else 'no '}more, and {there}"
        if following is None:
            result.is_complete = _is_last(listing, arguments, value, items)
            return result
        if len(result.pages) >= most:
            return result
        request = following


def _following(
    listing: Listing, caller: Caller, arguments: Mapping[str, Any], links: Links, progress: Progress,
    response: Response, items: list[Any],
) -> Request | None:  # fmt: skip
    """The request for the next page; None after the last."""
    paging = listing.paging
    if paging is None or paging.operation:
        return None
    step = next_step(paging, response, items, progress)
    if step is None:
        return None
    if step.link is not None:
        return links.after(response.value, step.link)
    argument = next((each for each in listing.plan.arguments if paging.parameter in (each.wire, each.name)), None)
    if argument is None:
        return None
    types = listing.plan.contract(argument.schema).types
    value = str(step.argument) if types == ("string",) else step.argument
    request = caller.request(listing.plan, {**arguments, argument.name: value}, listing.accept)
    return links.checked(response.value, request)


def _progress(listing: Listing, arguments: Mapping[str, Any]) -> Progress:
    paging = listing.paging or Paging()
    first = paging.first if paging.first is not None else int(paging.counts == "pages")
    by_wire = {argument.wire: argument for argument in listing.plan.arguments}

    def chosen(name: str) -> int | None:
        argument = by_wire.get(name)
        value = arguments.get(argument.name, argument.default) if argument is not None else None
        return value if isinstance(value, int) else None

    number = chosen(paging.parameter) if paging.counts else None
    number = first if number is None else number
    return Progress(number, chosen(paging.size), from_start=number == first)


def _is_last(listing: Listing, arguments: Mapping[str, Any], value: Any, items: list[Any]) -> bool:
    """Whether there is nothing after a page without a next one: it says so, or it has fewer items than were asked
    for."""
    if listing.paging is not None:
        return True
    if listing.size is None:
        return listing.page is None and listing.offset is None
    size = arguments.get(listing.size.name, listing.size.default)
    return isinstance(size, int) and len(items) < size


def wire(plan: Plan, response: Response) -> Any:
    """The value of a response as its contract has it: JSON as it is on the wire, also if it is said to be something
    else; of another representation what was read, its dates and bytes as text; None if it cannot be read."""
    try:
        if json_of((response.headers.get("Content-Type", "").partition(";")[0],)) is not None:
            return plan.untyped(response)
        if response.body[:40].lstrip().startswith((b"{", b"[")) and isinstance(
            value := plan.untyped(response), Mapping | list
        ):
            return value
        declared = plan.declared_response(response.status)
        schema = plan.preferred_schema(declared) if declared is not None else None
        return contract_value(plan.read(response, "off").value, schema or Schema(), plan.contract)
    except ConnectorError:
        return None


def totals(listing: Listing, response: Response, value: Any) -> list[tuple[str, int]]:
    """The numbers of all items that a page has, in its body or its header fields."""
    numbers = [(name, response.headers.get(name)) for name in response.headers if snake(name) in _TOTAL_FIELDS]
    numbers += [(path, member) for path, member in _flat(value) if path in TOTALS]
    return [(name, counted) for name, number in numbers if (counted := whole_number(number)) is not None]


_MOST_DIGITS = 18


def whole_number(value: Any) -> int | None:
    """A number that counts something, or the text of one; None for anything else, and for what no service counts."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def says_more(value: Any) -> bool | None:
    """Whether a page says that there are more; None if it says nothing."""
    return next((member for path, member in _flat(value) if path in MORE and isinstance(member, bool)), None)


def _flat(value: Any, above: str = "", depth: int = 0) -> list[tuple[str, Any]]:
    """The members of an object and of its objects, by their dotted names in the spelling of Python."""
    if not isinstance(value, Mapping) or depth > 2:
        return []
    pairs: list[tuple[str, Any]] = []
    for name, member in value.items():
        path = f"{above}.{snake(str(name))}".lstrip(".")
        pairs += _flat(member, path, depth + 1) if isinstance(member, Mapping) else [(path, member)]
    return pairs


def shown_ids(ids: Sequence[Any]) -> str:
    """Some identifiers of items, for a message."""
    text = ", ".join(short_repr(each) for each in ids[:5])
    return f"{text}, …" if len(ids) > 5 else text
