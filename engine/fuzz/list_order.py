"""What must hold of a list that is sorted by a member of its items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from openconnectors.engine.fuzz.comparison import bare, members
from openconnectors.engine.fuzz.lists import is_short, report, walked
from openconnectors.engine.fuzz.resources import Named, item_schema
from openconnectors.engine.fuzz.session import Item, Session, unwrapped
from openconnectors.engine.fuzz.walks import Listing, shown_ids
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Argument

_LARGEST = 1e300
_SORTS = frozenset(("sort", "sort_by", "order_by", "orderby", "sortby", "ordering", "sort_field", "order"))
_DIRECTIONS = frozenset(("order", "direction", "sort_order", "sort_dir", "sort_direction", "dir", "order_dir"))


def ordered(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Check that a list which is sorted by a member is in that order."""
    listing, operation = session.listing, session.resource.collection
    schema = item_schema(operation.plan) if operation is not None else None
    if listing is None or operation is None or schema is None:
        return
    inner = {snake(name): name for name in members(schema, operation.plan.contract)}
    for argument in operation.plan.arguments:
        resolved = bare(argument.schema, operation.plan.contract)
        if argument.location != "query" or snake(argument.wire) not in _SORTS or not resolved.enum:
            continue
        for choice in resolved.enum[:6]:
            name, falls = _sorted_by(str(choice))
            if snake(name) not in inner:
                continue
            for extra, direction in _directions(operation, argument, falls):
                wanted = {argument.name: choice, **extra}
                report(
                    session, operation, partial(_not_sorted, session, listing, inner[snake(name)], wanted, direction)
                )


def _sorted_by(choice: str) -> tuple[str, bool | None]:
    """The member that a choice sorts by, and whether values fall; None: it does not say."""
    if choice.startswith(("-", "+")):
        return choice[1:], choice.startswith("-")
    for end, falls in (("desc", True), ("asc", False), ("descending", True), ("ascending", False)):
        for separator in (" ", "_", ":", ".", "-", ","):
            if choice.lower().endswith(f"{separator}{end}"):
                return choice[: -len(end) - 1], falls
    return choice, None


def _directions(operation: Named, sort: Argument, falls: bool | None) -> Iterator[tuple[dict[str, Any], bool | None]]:
    """Further arguments that say the direction, with whether values fall then."""
    for argument in operation.plan.arguments:
        resolved = bare(argument.schema, operation.plan.contract)
        if argument is not sort and snake(argument.wire) in _DIRECTIONS and resolved.enum and falls is None:
            for choice in resolved.enum:
                if str(choice).lower() in ("asc", "desc", "ascending", "descending"):
                    yield {argument.name: choice}, str(choice).lower().startswith("desc")
            return
    yield {}, falls


def _not_sorted(
    session: Session, listing: Listing, name: str, arguments: Mapping[str, Any], falls: bool | None
) -> Mapping[str, str]:
    """What is wrong with the order of a list."""
    result = walked(session, listing, {**listing.sized(2), **arguments} if is_short(session) else arguments)
    if result is None or result.refused:
        return {}
    values = [value for entry in result.items if (value := _sortable(unwrapped(entry, {name}).get(name))) is not None]
    if len({type(value) for value in values}) > 1 or _is_sorted(values, falls):
        return {}
    # Some services sort without regard to case.
    if all(isinstance(value, str) for value in values) and _is_sorted([value.casefold() for value in values], falls):
        return {}
    shown = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return {"order": f"with {shown} the values of {name} are {shown_ids(values)}"}


def _is_sorted(values: list[Any], falls: bool | None) -> bool:
    rising = all(first <= second for first, second in pairwise(values))
    falling = all(first >= second for first, second in pairwise(values))
    return {True: falling, False: rising, None: rising or falling}[falls]


def _sortable(value: Any) -> Any:
    """A value by which lists are sorted the same everywhere: a number, a date, a text of letters and digits."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < _LARGEST else None
    is_plain = isinstance(value, str) and value.isascii() and re.fullmatch(r"[\w :-]+", value)
    return value if is_plain else None
