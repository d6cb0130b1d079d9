"""What must hold of a list: of its items, its pages, their order, and what it is filtered by.

Rule 1. Other clients may change a list between two requests: what is wrong with it is looked at again, and reported if
it is wrong again. Rule 2. A list that was not read to its end says nothing of what is missing in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from openconnectors.engine.errors import InvalidArguments, Unsupported, short_repr
from openconnectors.engine.fuzz.comparison import Resolve, bare, difference, members, same, says_deleted
from openconnectors.engine.fuzz.resources import Named, item_schema
from openconnectors.engine.fuzz.session import Item, Session, identifier, unwrapped
from openconnectors.engine.fuzz.walks import Listing, Walk, shown_ids, walk
from openconnectors.engine.model import MISSING, Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Argument

_FEW = 200
"""Items of a list that is walked in small pages; of a longer one the requests would be too many."""
_MOST_FILTERS = 6
_LARGEST = 1e300
_RANGES = frozenset(("date", "date-time", "time"))
"""Formats of values that lists are filtered from or up to, more often than by."""
_SORTS = frozenset(("sort", "sort_by", "order_by", "orderby", "sortby", "ordering", "sort_field", "order"))
_DIRECTIONS = frozenset(("order", "direction", "sort_order", "sort_dir", "sort_direction", "dir", "order_dir"))


def _walk(session: Session, listing: Listing, arguments: Mapping[str, Any]) -> Walk | None:
    """The walk over the list with arguments; None if they cannot be sent."""
    operation = session.resource.collection
    if operation is None:
        return None
    merged = session.arguments(operation, None, arguments)
    try:
        return walk(listing, session.caller, merged, session.page)
    except (InvalidArguments, Unsupported):
        return None


def _whole(session: Session) -> tuple[Listing, Named, Walk] | None:
    """The list, in pages as large as they may be; None if it cannot be had."""
    listing, operation = session.listing, session.resource.collection
    if listing is None or operation is None:
        return None
    if session.whole is None:
        session.whole = _walk(session, listing, listing.largest())
    result = session.whole
    if result is None or result.refused or not result.pages:
        return None
    return listing, operation, result


def _report(session: Session, operation: Named, look: Callable[[], Mapping[str, str]]) -> None:
    """Report what a look at the list says of each check, if a second look says something again."""
    for check, message in look().items():
        if not message or check in session.failed:
            continue
        session.settle(check)
        session.whole = None
        again = look().get(check)
        if again:
            session.fail(check, operation, again, session.arguments(operation, None))


def entries(session: Session) -> list[Any]:
    """The items of the list as it is read now; none if it cannot be read to its end."""
    whole = _whole(session)
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
    key_name = _key_name(session)
    member = identifier(item, session.names(key_name)) if key_name else identifier(item, ["id", "uuid", "sid", "key"])
    return member[0] if member is not None else repr(item)


def _key_name(session: Session) -> str:
    return next((argument.wire for argument in session.resource.identifying()), "")


# Items


def listed(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Check that the list has what was created, as it is, and nothing that was deleted; and its totals."""
    whole = _whole(session)
    if whole is not None:
        _report(session, whole[1], lambda: _of_list(session))


def _of_list(session: Session) -> dict[str, str]:
    whole = _whole(session)
    return dict(reversed(list(_of_items(session, *whole)))) if whole is not None else {}


def _of_items(session: Session, listing: Listing, operation: Named, whole: Walk) -> Iterator[tuple[str, str]]:
    """What is wrong with the items of a list, each with the check that it fails."""
    if whole.problem:
        yield "pages", whole.problem
    by_id = dict(zip(ids(session, whole.items), whole.items, strict=True))
    key_name = _key_name(session)
    is_identified = all(identifier(entry, session.names(key_name)) is not None for entry in whole.items)
    for known in session.items if key_name and is_identified else ():
        entry = by_id.get(known.key.get(key_name))
        shown = f"{key_name} {short_repr(known.key.get(key_name))}"
        if known.is_deleted:
            if entry is not None and not says_deleted(entry):
                yield "deleted", f"the item with {shown} is in the list after DELETE"
        elif entry is None:
            if whole.is_complete and _is_shown(session, operation, known):
                yield "listed", f"the item with {shown} is not in the list"
        else:
            schema = item_schema(operation.plan) or Schema()
            seen = unwrapped(entry, set(known.expected))
            declared = Schema(types=("object",), properties=members(schema, operation.plan.contract))
            wrong = difference(known.expected, seen, known.sent, declared, operation.plan.contract)
            if wrong:
                yield "listed", f"of the item with {shown} in the list {wrong}"
    if whole.is_complete:
        yield from _of_totals(whole)
        twice = _twice(ids(session, whole.items))
        if twice:
            yield "pages", f"items are twice in the list: {shown_ids(twice)}"


def _of_totals(whole: Walk) -> Iterator[tuple[str, str]]:
    for name, number in whole.totals:
        if number != len(whole.items):
            yield "total", f"{name} is {number}, the list has {len(whole.items)} items"
            return


def _twice(values: list[Any]) -> list[Any]:
    seen: set[str] = set()
    return [value for value in values if repr(value) in seen or seen.add(repr(value))]  # type: ignore[func-returns-value]


def _is_shown(session: Session, operation: Named, item: Item) -> bool:
    """Whether an item is in the list by default: no parameter has a default that it does not meet."""
    for argument, name, _ in _filters(session, operation):
        seen = item.value or {}
        if argument.default is not MISSING and name in seen and not _meets(seen[name], argument.default):
            return False
    return True


def apart(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Check that the items of one thing are not in the list of another (``/tickets/1/comments``)."""
    operation, key = session.resource.collection, session.another()
    if operation is not None and key is not None and key != session.outer:
        _report(session, operation, lambda: _elsewhere(session, key))


def _elsewhere(session: Session, key: Mapping[str, Any]) -> dict[str, str]:
    outer, session.outer, session.whole = session.outer, dict(key), None
    try:
        there = entries(session)
    finally:
        session.outer, session.whole = outer, None
    key_name = _key_name(session)
    for known in session.items:
        for entry in there:
            member = identifier(entry, session.names(key_name))
            seen = unwrapped(entry, set(known.expected))
            is_same = member is not None and member[0] == known.key.get(key_name) and known.expected
            if is_same and all(seen.get(name) == value for name, value in known.expected.items() if name in seen):
                shown = ", ".join(f"{name} {value}" for name, value in key.items())
                return {"listed": f"the item with {key_name} {member[0]!r} is in the list of {shown}, too"}  # type: ignore[index]
    return {}


# Pages


def limited(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Check that pages have at most as many items as were asked for, and as many as the document says by default."""
    listing, operation = session.listing, session.resource.collection
    if listing is None or operation is None or listing.size is None:
        return
    least, most = listing.bounds()
    for size in dict.fromkeys([least, least + 1, *([] if most is None else [most])]):
        _report(session, operation, partial(_beyond, session, listing, size))
    if isinstance(listing.size.default, int):
        _report(session, operation, partial(_beyond, session, listing, None))
        _report(session, operation, partial(_not_by_default, session, listing))


def _not_by_default(session: Session, listing: Listing) -> dict[str, str]:
    """What is wrong with the page that a list has when its size is left out: it has fewer items than with the size that
    is documented as the default."""
    size = listing.size
    if size is None or not isinstance(size.default, int) or listing.sized(size.default) != {size.name: size.default}:
        return {}
    explicit, left_out = (_walk_few(session, listing, each, 1) for each in (listing.sized(size.default), {}))
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
    result = _walk_few(session, listing, wanted)
    most = listing.size.default if size is None and listing.size is not None else size
    for index, page in enumerate(result.pages if result is not None else []):
        if isinstance(most, int) and len(page) > most and wanted.get(next(iter(wanted), ""), most) == most:
            name = listing.size.wire if listing.size is not None else ""
            default = " by default" if size is None else ""
            return {"limit": f"page {index + 1} has {len(page)} items, {name} is {most}{default}"}
    return {}


def _walk_few(session: Session, listing: Listing, arguments: Mapping[str, Any], most: int = 3) -> Walk | None:
    operation = session.resource.collection
    if operation is None:
        return None
    try:
        return walk(listing, session.caller, session.arguments(operation, None, arguments), session.page, most)
    except (InvalidArguments, Unsupported):
        return None


def paged(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Check that small pages, put together, are the list: by following them, and by asking for places in it."""
    whole = _whole(session)
    if whole is None:
        return
    listing, operation, first = whole
    if not first.is_complete or not 2 <= len(first.items) <= _FEW:
        return
    _report(session, operation, lambda: _in_pages(session, listing))
    _report(session, operation, lambda: {"pages": _at_places(session, listing)})


def _in_pages(session: Session, listing: Listing) -> dict[str, str]:
    """What is wrong with small pages: with what is in them, with its order, with the totals."""
    whole = _whole(session)
    if whole is None:
        return {}
    expected = ids(session, whole[2].items)
    size = max(1, len(expected) // 3)
    small = _walk(session, listing, listing.sized(size))
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
    if twice := _twice(seen):
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


def _at_places(session: Session, listing: Listing) -> str:
    """What is wrong with pages that are asked for by their number, or by that of the items before them."""
    whole = _whole(session)
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
    elif listing.page is not None and listing.paging is not None and listing.paging.counts == "pages":
        first = listing.paging.first if listing.paging.first is not None else 1
        places = [(listing.page, first, 0), (listing.page, first + 1, size)]
        places.append((listing.page, first + -(-len(expected) // size), len(expected)))
    for argument, number, begin in places:
        result = _walk_few(session, listing, {**listing.sized(size), argument.name: number})
        if result is None or result.refused or not result.pages:
            continue
        seen, wanted = ids(session, result.pages[0]), expected[begin : begin + size]
        if seen != wanted:
            return (
                f"with {argument.wire} {number} and {listing.size.wire} {size} the page has "
                f"{shown_ids(seen) or 'nothing'}; there the list has {shown_ids(wanted) or 'nothing'}"
            )
    return ""


# Filters


def _filters(session: Session, operation: Named) -> Iterator[tuple[Argument, str, Schema]]:
    """The parameters of a list that filter by a member of its items: those with its name and its type."""
    listing, schema = session.listing, item_schema(operation.plan)
    contract = operation.plan.contract
    inner = members(schema, contract) if schema is not None else {}
    spelled = {snake(name): name for name in inner}
    for argument in operation.plan.arguments:
        name = spelled.get(snake(argument.wire))
        special = listing.special if listing is not None else set()
        if argument.location != "query" or argument.hidden or argument.wire in special or name is None:
            continue
        member = bare(inner[name], contract)
        wanted, element = _element(bare(argument.schema, contract), contract), _element(member, contract)
        common = set(wanted.types) & set(element.types) & {"string", "integer", "boolean"}
        if common and not element.write_only and not {wanted.format, element.format} & _RANGES:
            yield argument, name, member


def _element(schema: Schema, resolve: Resolve) -> Schema:
    """The schema of the items of a list; any other as it is."""
    return bare(schema.items, resolve) if "array" in schema.types and schema.items is not None else schema


def filtered(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Check that a list which is filtered by a member has the items with that value, and no others."""
    whole = _whole(session)
    if whole is None or not whole[2].items:
        return
    listing, operation, everything = whole
    for argument, name, schema in list(_filters(session, operation))[:_MOST_FILTERS]:
        for value in _values_to_try(session, operation, argument, name, schema, everything.items):
            _report(session, operation, partial(_not_filtered, session, listing, argument, name, value))


def _values_to_try(
    session: Session, operation: Named, argument: Argument, name: str, schema: Schema, items: list[Any]
) -> list[Any]:
    """Values that items have, the rarest and the most frequent, and one of an enum that none has."""
    counted: dict[Any, int] = {}
    for entry in items:
        value = unwrapped(entry, {name}).get(name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, (str, int)) and each != "":
                counted[each] = counted.get(each, 0) + 1
    ordered = sorted(counted, key=lambda value: counted[value])
    rarest = list(dict.fromkeys([*ordered[:1], *ordered[-1:]]))
    wanted = _element(bare(argument.schema, operation.plan.contract), operation.plan.contract)
    absent = [choice for choice in wanted.enum or () if choice not in counted and choice not in (None, "")][:1]
    return [value for value in [*rarest, *absent] if not wanted.enum or value in wanted.enum]


def _not_filtered(session: Session, listing: Listing, argument: Argument, name: str, value: Any) -> Mapping[str, str]:
    """What is wrong with the list that is filtered by a value."""
    message = _unfiltered(session, listing, argument, name, value)
    return {"filter": message} if message else {}


def _unfiltered(session: Session, listing: Listing, argument: Argument, name: str, value: Any) -> str:
    is_list = "array" in bare(argument.schema, listing.plan.contract).types
    wanted: Any = [value] if is_list else value
    whole = _whole(session)
    everything = whole[2].items if whole is not None else []
    count = sum(_equals(unwrapped(entry, {name}).get(name), value) for entry in everything)
    size = listing.sized(max(1, count - count // 2, count // 4))
    result = _walk(session, listing, {**size, argument.name: wanted})
    if whole is None or result is None or result.refused:
        return ""
    shown = f"{argument.wire}={value}"
    for entry in result.items:
        member = unwrapped(entry, {name}).get(name)
        if not _meets(member, value):
            return f"filtered by {shown} the list has an item whose {name} is {short_repr(member)}"
    if not result.is_complete or not whole[2].is_complete or not _is_exact(listing, argument):
        return ""
    seen = ids(session, result.items)
    exact = [entry for entry in whole[2].items if _equals(unwrapped(entry, {name}).get(name), value)]
    missing = [each for each in ids(session, exact) if each not in seen]
    if missing:
        return f"filtered by {shown} the list lacks items whose {name} is {short_repr(value)}: {shown_ids(missing)}"
    wrong = next((number for _, number in result.totals if number not in (len(seen), len(whole[2].items))), None)
    return f"filtered by {shown} the total is {wrong}, there are {len(seen)} items" if wrong is not None else ""


def _is_exact(listing: Listing, argument: Argument) -> bool:
    """Whether a filter is for whole values: not for a part of a text."""
    inner = _element(bare(argument.schema, listing.plan.contract), listing.plan.contract)
    return bool(inner.enum) or "string" not in inner.types


def _meets(member: Any, value: Any) -> bool:
    """Whether a member has a value; a text may also have it as a part, as searches are."""
    if member is None or isinstance(member, Mapping):
        return not isinstance(value, bool) and member is not None
    if isinstance(member, list):
        return any(_meets(each, value) for each in member)
    if isinstance(member, str) and isinstance(value, str):
        return value.casefold() in member.casefold()
    return same(value, member)


def _equals(member: Any, value: Any) -> bool:
    return any(each == value for each in member) if isinstance(member, list) else bool(member == value)


# Order


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
                _report(
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
    result = _walk(session, listing, {**listing.sized(2), **arguments} if _is_short(session) else arguments)
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


def _is_short(session: Session) -> bool:
    whole = _whole(session)
    return whole is not None and len(whole[2].items) <= 20


def _sortable(value: Any) -> Any:
    """A value by which lists are sorted the same everywhere: a number, a date, a text of letters and digits."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < _LARGEST else None
    is_plain = isinstance(value, str) and value.isascii() and re.fullmatch(r"[\w :-]+", value)
    return value if is_plain else None
