"""The list of a resource as it is read now, and how what is wrong with it is reported.

Rule 1. Other clients may change a list between two requests: what is wrong with it is looked at again, and reported if
it is wrong again. Rule 2. A list that was not read to its end says nothing of what is missing in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openconnectors.engine.errors import InvalidArguments, Unsupported
from openconnectors.engine.fuzz.resources import Named
from openconnectors.engine.fuzz.session import Session, identifier
from openconnectors.engine.fuzz.walks import MOST_PAGES, Listing, Walk, shown_ids, walk


def walked(session: Session, listing: Listing, arguments: Mapping[str, Any], most: int = MOST_PAGES) -> Walk | None:
    """The walk over at most so many pages of the list with arguments; None if they cannot be sent."""
    operation = session.resource.collection
    if operation is None:
        return None
    merged = session.arguments(operation, None, arguments)
    try:
        return walk(listing, session.caller, merged, session.page, most)
    except (InvalidArguments, Unsupported):
        return None


def whole_list(session: Session) -> tuple[Listing, Named, Walk] | None:
    """The list, in pages as large as they may be; None if it cannot be had."""
    listing, operation = session.listing, session.resource.collection
    if listing is None or operation is None:
        return None
    if session.whole is None:
        session.whole = walked(session, listing, listing.largest())
    result = session.whole
    if result is None or result.refused or not result.pages:
        return None
    return listing, operation, result


def report(session: Session, operation: Named, look: Callable[[], Mapping[str, str]]) -> None:
    """Report what a look at the list says of each check, if a second look says something again."""
    for check, message in look().items():
        if not message or check in session.failed:
            continue
        session.settle(check)
        session.whole = None
        again = look().get(check)
        if again and check == "pages" and (other := _other_order(session)):
            check, again = "order", other  # pages of a list without an order are never right
        if again:
            session.fail(check, operation, again, session.arguments(operation, None))


def _other_order(session: Session) -> str:
    """What is wrong with the order of a list whose first page is read twice; empty if it is the same."""
    listing = session.listing
    if listing is None:
        return ""
    reads = [walked(session, listing, {}, 1) for _ in range(3)]
    orders = [ids(session, read.pages[0]) for read in reads if read is not None and read.pages]
    other = next((order for order in orders if order != orders[0]), None)
    if other is None or len(orders) < 3:
        return ""
    return f"the same request has the items in another order each time: {shown_ids(orders[0])}; then {shown_ids(other)}"


def entries(session: Session) -> list[Any]:
    """The items of the list as it is read now; none if it cannot be read to its end."""
    whole = whole_list(session)
    return whole[2].items if whole is not None and whole[2].is_complete else []


def key_of(session: Session, entry: Any) -> dict[str, Any] | None:
    """The values that identify an item of the list, by the wire names of arguments; None if it does not say."""
    key: dict[str, Any] = {}
    for argument in session.resource.identifying():
        member = identifier(entry, session.names(argument.wire))
        if member is None:
            return None
        key[argument.wire] = member[0]
    return key


def ids(session: Session, items: list[Any]) -> list[Any]:
    """The identifiers of items; an item without one is its own."""
    return [_id(session, item) for item in items]


def _id(session: Session, item: Any) -> Any:
    key_name = key_member(session)
    member = identifier(item, session.names(key_name)) if key_name else identifier(item, ["id", "uuid", "sid", "key"])
    return member[0] if member is not None else repr(item)


def key_member(session: Session) -> str:
    return next((argument.wire for argument in session.resource.identifying()), "")


def twice_in(values: list[Any]) -> list[Any]:
    seen: set[str] = set()
    return [value for value in values if repr(value) in seen or seen.add(repr(value))]  # type: ignore[func-returns-value]


def is_short(session: Session) -> bool:
    whole = whole_list(session)
    return whole is not None and len(whole[2].items) <= 20
