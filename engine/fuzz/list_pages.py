"""What must hold of the pages of a list: of their sizes, and of what they are put together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from openconnectors.engine.fuzz.comparison import bare
from openconnectors.engine.fuzz.lists import ids, report, twice_in, walked, whole_list
from openconnectors.engine.fuzz.session import Item, Session
from openconnectors.engine.fuzz.walks import Listing, shown_ids
from openconnectors.engine.plan.arguments import Argument

_FIRST_PAGES = 3
"""Pages that show what a list does, without the rest of it."""
_FEW = 200
"""Items of a list that is walked in small pages; of a longer one the requests would be too many."""


def limited(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Check that pages have at most as many items as were asked for, and as many as the document says by default."""
    listing, operation = session.listing, session.resource.collection
    if listing is None or operation is None or listing.size is None:
        return
    least, most = listing.bounds()
    for size in dict.fromkeys([least, least + 1, *([] if most is None else [most])]):
        report(session, operation, partial(_beyond, session, listing, size))
    if isinstance(listing.size.default, int):
        report(session, operation, partial(_beyond, session, listing, None))
        report(session, operation, partial(_not_by_default, session, listing))


def _not_by_default(session: Session, listing: Listing) -> dict[str, str]:
    """What is wrong with the page that a list has when its size is left out: it has fewer items than with the size that
    is documented as the default."""
    size = listing.size
    if size is None or not isinstance(size.default, int) or listing.sized(size.default) != {size.name: size.default}:
        return {}
    explicit, left_out = (walked(session, listing, each, 1) for each in (listing.sized(size.default), {}))
    if explicit is None or left_out is None or not explicit.pages or not left_out.pages:
        return {}
    most, count = len(explicit.pages[0]), len(left_out.pages[0])
    if count >= most or most > size.default:
        return {}
    default = f"with {size.default}, which is its default, it has {most}"
    return {"limit": f"without {size.wire} the page has {count} items, {default}"}


def _beyond(session: Session, listing: Listing, size: int | None) -> dict[str, str]:
    """What is wrong with the sizes of the first pages."""
    wanted = {} if size is None else listing.sized(size)
    result = walked(session, listing, wanted, _FIRST_PAGES)
    most = listing.size.default if size is None and listing.size is not None else size
    for index, page in enumerate(result.pages if result is not None else []):
        if all(_is_filtered(entry, listing, most) for entry in page):
            return {}
        if isinstance(most, int) and len(page) > most and wanted.get(next(iter(wanted), ""), most) == most:
            name = listing.size.wire if listing.size is not None else ""
            default = " by default" if size is None else ""
            return {"limit": f"page {index + 1} has {len(page)} items, {name} is {most}{default}"}
    return {}


def _is_filtered(entry: Any, listing: Listing, value: Any) -> bool:
    """Whether an item has a value in the member that is named as the size of pages: it is a filter, then."""
    name = listing.size.wire if listing.size is not None else ""
    return isinstance(entry, Mapping) and entry.get(name) == value


def paged(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Check that small pages, put together, are the list: by following them, and by asking for places in it."""
    whole = whole_list(session)
    if whole is None:
        return
    listing, operation, first = whole
    if not first.is_complete or not 2 <= len(first.items) <= _FEW:
        return
    report(session, operation, lambda: _in_pages(session, listing))
    report(session, operation, lambda: {"pages": _at_places(session, listing)})


def _in_pages(session: Session, listing: Listing) -> dict[str, str]:
    """What is wrong with small pages: with what is in them, with its order, with the totals."""
    whole = whole_list(session)
    if whole is None:
        return {}
    expected = ids(session, whole[2].items)
    size = max(1, len(expected) // 3)
    small = walked(session, listing, listing.sized(size))
    if small is None or small.refused:
        return {}
    if small.problem:
        return {"pages": small.problem}
    pages = f"in pages of {size}" if listing.size is not None else "read again"
    seen = ids(session, small.items)
    if not small.is_complete:
        return {}
    wrong = next((total for total in small.totals if total[1] != len(seen)), None)
    results = {"total": f"{pages} {wrong[0]} is {wrong[1]}, there are {len(seen)} items"} if wrong is not None else {}
    missing, more = (
        [each for each in left if each not in right] for left, right in ((expected, seen), (seen, expected))
    )
    if twice := twice_in(seen):
        results["pages"] = f"{pages} items are twice in the list: {shown_ids(twice)}"
    elif missing:
        results["pages"] = f"{pages} items are missing in the list: {shown_ids(missing)}"
    elif more:
        results["pages"] = f"only {pages} items are in the list: {shown_ids(more)}"
    elif small.flag:
        results["pages"] = f"{pages} {small.flag}"
    elif seen != expected:
        results["order"] = f"{pages} the list has another order: {shown_ids(seen)}; else {shown_ids(expected)}"
    return results


def _first_page(listing: Listing, page: Argument) -> int | None:
    """The number of the first page; None if neither the document nor a convention says it."""
    paging = listing.paging
    if paging is not None and paging.counts == "pages":
        return paging.first if paging.first is not None else 1
    checks = bare(page.schema, listing.plan.contract).keywords
    return next((number for number in (page.default, checks.get("minimum")) if number in (0, 1)), None)


def _at_places(session: Session, listing: Listing) -> str:
    """What is wrong with pages that are asked for by their number, or by that of the items before them."""
    whole = whole_list(session)
    if whole is None or listing.size is None:
        return ""
    expected = ids(session, whole[2].items)
    size = next(iter(listing.sized(max(1, len(expected) // 3)).values()))
    places: list[tuple[Argument, int, int]] = []
    if listing.offset is not None:
        start = listing.paging.first if listing.paging is not None and listing.paging.first is not None else 0
        half = len(expected) // 2
        places = [(listing.offset, start, 0), (listing.offset, start + half, half)]
        places.append((listing.offset, start + len(expected), len(expected)))
    elif listing.page is not None and (first := _first_page(listing, listing.page)) is not None:
        places = [(listing.page, first, 0), (listing.page, first + 1, size)]
        places.append((listing.page, first + -(-len(expected) // size), len(expected)))
    for argument, number, begin in places:
        result = walked(session, listing, {**listing.sized(size), argument.name: number}, _FIRST_PAGES)
        if result is None or result.refused or not result.pages:
            continue
        seen, wanted = ids(session, result.pages[0]), expected[begin : begin + size]
        if seen != wanted:
            return (
                f"with {argument.wire} {number} and {listing.size.wire} {size} the page has "
                f"{shown_ids(seen) or 'nothing'}; there the list has {shown_ids(wanted) or 'nothing'}"
            )
    return ""
