"""What must hold of a list that is filtered by a member of its items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from openconnectors.engine.errors import short_repr
from openconnectors.engine.fuzz.comparison import Resolve, bare, members, same
from openconnectors.engine.fuzz.lists import ids, report, walked, whole_list
from openconnectors.engine.fuzz.resources import Named, item_schema
from openconnectors.engine.fuzz.session import Item, Session, unwrapped
from openconnectors.engine.fuzz.walks import Listing, shown_ids
from openconnectors.engine.model import Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Argument

_MOST_FILTERS = 6
_RANGES = frozenset(("date", "date-time", "time"))
"""Formats of values that lists are filtered from or up to, more often than by."""


def filters(session: Session, operation: Named) -> Iterator[tuple[Argument, str, Schema]]:
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
    whole = whole_list(session)
    if whole is None or not whole[2].items:
        return
    listing, operation, everything = whole
    for argument, name, schema in list(filters(session, operation))[:_MOST_FILTERS]:
        for value in _values_to_try(session, operation, argument, name, schema, everything.items):
            report(session, operation, partial(_not_filtered, session, listing, argument, name, value))


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
    whole = whole_list(session)
    everything = whole[2].items if whole is not None else []
    count = sum(_equals(unwrapped(entry, {name}).get(name), value) for entry in everything)
    size = listing.sized(max(1, count - count // 2, count // 4))
    result = walked(session, listing, {**size, argument.name: wanted})
    if whole is None or result is None or result.refused:
        return ""
    shown = f"{argument.wire}={value}"
    for entry in result.items:
        member = unwrapped(entry, {name}).get(name)
        if not meets(member, value):
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


def meets(member: Any, value: Any) -> bool:
    """Whether a member has a value; a text may also have it as a part, as searches are."""
    if member is None or isinstance(member, Mapping):
        return not isinstance(value, bool) and member is not None
    if isinstance(member, list):
        return any(meets(each, value) for each in member)
    if isinstance(member, str) and isinstance(value, str):
        return value.casefold() in member.casefold()
    return same(value, member)


def _equals(member: Any, value: Any) -> bool:
    return any(each == value for each in member) if isinstance(member, list) else bool(member == value)
