"""How the pages of an operation follow one another if its document does not say: by the conventions of services.

Rule 1. A convention is a row of ``CONVENTIONS``; the first whose condition an operation meets counts. Each looks at
what the document declares: the members of the response and the parameters of the operation must both be there, under
names that mean paging, so that nothing else is taken for pages.

Rule 2. The response of a success must have a list: itself, the only member that is one, or the first of those under a
usual name (``ITEMS``).

Rule 3. What is recognized changes nothing but ``pages`` and ``items``, and where ``each`` finds the list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property, partial

from msgspec import Struct

from openconnectors.engine.model import MISSING, Operation, Paging, Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.declared import success

ITEMS = ("items", "value", "values", "data", "results", "result", "records", "entries", "elements", "list", "content")
"""The usual names of the member with the items, of several lists the likeliest first."""
_NO_ITEMS = frozenset({"errors", "warnings", "messages", "links", "schemas", "facets", "errata"})
"""Lists beside the items, unless the path says that they are these."""
_HOLDERS = frozenset({"data", "result", "results", "response", "embedded"})
"""Members whose own members may be the list."""
_DEPTH = 3
_MEMBERS = 300


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEXT_LINKS = _names(
    "next_link next_url next_uri next_href next_page_link next_page_url next_page_uri next_page_href "
    "odata_next_link links.next links.next.href links.next.url links.next_page pages.next links.next_url "
    "paging.next paging.next.link paging.next_link paging.next_url pagination.next pagination.next_link "
    "pagination.next_url pagination.links.next meta.next meta.next_link meta.next_url meta.next_page_url"
)
"""Members with the URL of the next page, by their names as Python spells them."""
CURSORS: Mapping[str, frozenset[str]] = {
    "next_page_token": frozenset({"page_token", "next_page_token"}),
    "next_token": frozenset({"next_token", "token", "page_token"}),
    "next_cursor": frozenset({"cursor", "next_cursor", "start_cursor", "page_cursor", "after"}),
    "end_cursor": frozenset({"after", "cursor"}),
    "after": frozenset({"after"}),
    "cursor": frozenset({"cursor"}),
    "continuation_token": frozenset({"continuation_token"}),
    "next_continuation_token": frozenset({"continuation_token", "next_continuation_token"}),
    "next_marker": frozenset({"marker"}),
    "next_bookmark": frozenset({"bookmark"}),
    "bookmark": frozenset({"bookmark"}),
    "next_page": frozenset({"page", "page_token"}),
    "next_offset": frozenset({"offset"}),
    "next_start": frozenset({"start"}),
    "next": frozenset({"cursor", "next_cursor", "page_token", "next_token", "continuation_token"}),
}
"""Members with the cursor of the next page, and the parameters that take it."""
_CURSOR_HOLDERS = frozenset(
    {"", "meta", "metadata", "response_metadata", "pagination", "paging", "page_info", "page", "cursors", "cursor",
     "paging.cursors", "paging.next", "pagination.cursors", "meta.pagination", "links"}
)  # fmt: skip
PAGE_NUMBERS = frozenset({"page", "page_number", "page_num", "page_no", "page_index", "current_page"})
OFFSETS = frozenset({"offset", "skip", "start_at"})
STARTS = frozenset({"start", "start_index", "from_", "first_result"})
SIZES = _names(
    "per_page page_size size limit count top max_results max_items rows take pagelen max_page_size "
    "results_per_page items_per_page maxitems pagesize"
)
TOTALS = _names(
    "total total_count total_items total_results total_records total_size total_elements total_hits num_found "
    "meta.total meta.total_count pagination.total pagination.total_count paging.total page.total_elements "
    "odata_count meta.pagination.total page.total"
)
PAGES = _names(
    "total_pages page_count num_pages last_page pages_count meta.total_pages meta.last_page "
    "pagination.total_pages pagination.pages page.total_pages meta.pagination.total_pages"
)
MORE = _names(
    "has_more has_next has_next_page has_more_items more_results page_info.has_next_page pagination.has_more "
    "meta.has_more is_truncated"
)  # fmt: skip


class Convention(Struct, frozen=True):
    """A way from page to page that services have in common; ``condition`` says in words when it counts."""

    name: str
    condition: str
    recognize: Callable[[Shape], Paging | None]


class Shape:
    """What conditions look at: the arguments of an operation, and the members of its successful response."""

    def __init__(
        self,
        operation: Operation,
        arguments: Collection[Argument],
        schema: Schema | None,
        contract: Callable[[Schema], Schema],
    ) -> None:
        self.operation = operation
        self._contract = contract
        self._schema = contract(schema) if schema is not None else Schema()
        self._arguments = arguments

    @cached_property
    def members(self) -> Mapping[str, tuple[tuple[str, ...], Schema]]:
        """The members of the response, also those of its objects, by their dotted Python names: path and schema."""
        members: dict[str, tuple[tuple[str, ...], Schema]] = {}
        level: list[tuple[tuple[str, ...], Schema]] = [((), self._schema)]
        for _ in range(_DEPTH):
            inner = [
                ((*path, name), self._contract(member))
                for path, schema in level
                for name, member in schema.properties.items()
            ]
            level = inner[:_MEMBERS]
            for path, schema in level:
                members.setdefault(".".join(map(snake, path)), (path, schema))
        return members

    @cached_property
    def items(self) -> tuple[str, ...] | None:
        """The path of the list; None if the response has none that is surely it."""
        if "array" in self._schema.types:
            return ()
        lists = {name: path for name, (path, schema) in self.members.items() if "array" in schema.types}
        noun = self.operation.path.rstrip("/").rpartition("/")[2].partition(".")[0]
        beside = _NO_ITEMS - {snake(noun)}  # GET /messages lists messages
        lists = {name: path for name, path in lists.items() if name.rpartition(".")[2] not in beside}
        for holder in ("", *sorted(_HOLDERS)):
            inside = {name: path for name, path in lists.items() if name.rpartition(".")[0] == holder}
            usual = [inside[key] for name in ITEMS if (key := f"{holder}.{name}".lstrip(".")) in inside]
            if inside:
                return next(iter(inside.values())) if len(inside) == 1 else next(iter(usual), None)
        return None

    def path(self, names: Collection[str], *types: str) -> tuple[str, ...]:
        """The path of the first member of some names, of a type if some are listed; empty if there is none."""
        for name, (path, schema) in self.members.items():
            if name in names and (not types or not schema.types or set(schema.types) & set(types)):
                return path
        return ()

    def argument(self, names: Collection[str], *types: str, query: bool = True) -> Argument | None:
        """The first argument of some names, of a type if some are listed; in the query, or elsewhere too."""
        for argument in self._arguments:
            kinds = self._contract(argument.schema).types
            place = argument.location == "query" if query else argument.location in ("query", "header", "property")
            if place and snake(argument.wire) in names and (not types or set(kinds) & set(types)):
                return argument
        return None

    def start(self, argument: Argument) -> int | None:
        """The number that an argument begins with, as the document says: its default, else its minimum."""
        schema = self._contract(argument.schema)
        for value in (argument.default, schema.keywords.get("minimum", MISSING)):
            if value in (0, 1) and not isinstance(value, bool):
                return int(value)
        return None

    @property
    def declares_link(self) -> bool:
        """Whether the successful response declares the field ``Link``."""
        response = success(self.operation)
        return response is not None and any(name.lower() == "link" for name in response.headers)


def recognized(shape: Shape) -> Paging | None:
    """How the pages of an operation follow one another, by the first convention that it meets; None: it has none."""
    if shape.operation.method not in ("GET", "POST") or shape.items is None:
        return None
    return next((paging for row in CONVENTIONS if (paging := row.recognize(shape)) is not None), None)


def condition(paging: Paging) -> str:
    """What a convention looks at, in words."""
    return next(row.condition for row in CONVENTIONS if row.name == paging.convention)


def _link_in_body(shape: Shape) -> Paging | None:
    if shape.operation.method != "GET":  # a link is followed with GET: what was asked for in a body would be lost
        return None
    path = shape.path(NEXT_LINKS, "string")
    following, previous = shape.members.get("next"), shape.members.keys() & {"previous", "prev"}
    previous = set() if shape.argument(CURSORS["next"], "string") is not None else previous
    if not path and following is not None and (following[1].format in ("uri", "url", "uri-reference") or previous):
        path = following[0] if following[1].types in ((), ("string",)) else ()
    return Paging(next_link=path, items=shape.items or (), convention="next-url") if path else None


def _cursor(shape: Shape) -> Paging | None:
    for name, (path, schema) in shape.members.items():
        holder, _, member = name.rpartition(".")
        parameters = CURSORS.get(member, frozenset())
        is_cursor = holder in _CURSOR_HOLDERS and set(schema.types) <= {"string", "integer", "number"}
        # Text is no number: a parameter for numbers would refuse it.
        types = ("string",) if schema.types == ("string",) else ("string", "integer", "number")
        argument = shape.argument(parameters, *types, query=False) if is_cursor and parameters else None
        if argument is not None:
            more = shape.path(MORE, "boolean")
            parameter, items = argument.wire, shape.items or ()
            return Paging(cursor=path, parameter=parameter, items=items, more=more, convention="cursor")
    declared = success(shape.operation)
    for field in declared.headers if declared is not None else ():
        argument = shape.argument(CURSORS.get(snake(field), frozenset()), query=False)
        if argument is not None:
            return Paging(header=field, parameter=argument.wire, items=shape.items or (), convention="cursor")
    return None


def _last_item(shape: Shape) -> Paging | None:
    argument, more = shape.argument({"starting_after"}, "string"), shape.path(MORE, "boolean")
    if argument is None or not more:
        return None
    return Paging(
        last=("id",), parameter=argument.wire, items=shape.items or (), more=more, convention="starting-after"
    )


def _link_header(shape: Shape) -> Paging | None:
    if shape.operation.method != "GET" or not shape.declares_link:
        return None
    return Paging(header="Link", items=shape.items or (), convention="link-header")


def _counted(shape: Shape, *, pages: bool) -> Paging | None:
    names = PAGE_NUMBERS if pages else OFFSETS | STARTS
    number, size = shape.argument(names, "integer", "number"), shape.argument(SIZES, "integer", "number")
    if shape.operation.method != "GET" or number is None:
        return None
    first = shape.start(number)
    if first is None and not pages and snake(number.wire) in OFFSETS:
        first = 0
    total, all_pages = (shape.path(names, "integer", "number", "string") for names in (TOTALS, PAGES))
    more = shape.path(MORE, "boolean")
    if first is None or not (size is not None or total or all_pages or more):
        return None
    return Paging(
        header="Link",
        parameter=number.wire,
        counts="pages" if pages else "items",
        first=first,
        size=size.wire if size is not None else "",
        items=shape.items or (),
        convention="page-number" if pages else "offset",
        total=total,
        pages=all_pages,
        more=more,
    )


CONVENTIONS: tuple[Convention, ...] = (
    Convention(
        "next-url",
        "the response has a member for the URL of the next page (nextLink, next_page_uri, links.next, @odata.nextLink; "
        "next beside previous, or with the format uri)",
        _link_in_body,
    ),
    Convention(
        "cursor",
        "the response has a member or a header field with a cursor and the operation an argument that takes it "
        "(next_cursor and cursor, nextPageToken and pageToken, next and cursor)",
        _cursor,
    ),
    Convention(
        "starting-after",
        "the operation has the parameter starting_after, the response has_more: the cursor is the id of the last item",
        _last_item,
    ),
    Convention("link-header", "the response declares the header field Link (RFC 8288)", _link_header),
    Convention(
        "page-number",
        "the operation has a parameter with the number of the page, whose first number the document says, and one with "
        "the size of a page, or the response has a total; a Link field of the response goes first",
        partial(_counted, pages=True),
    ),
    Convention(
        "offset",
        "the operation has a parameter with the number of items before the page and one with the size of a page, or "
        "the response has a total; a Link field of the response goes first",
        partial(_counted, pages=False),
    ),
)
"""The conventions, in the order in which they are tried."""
