"""What must hold of the items of a list: what was created is there as it is, and nothing that was deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.errors import short_repr
from openconnectors.engine.fuzz.comparison import difference, members, says_deleted
from openconnectors.engine.fuzz.list_filters import filters, meets
from openconnectors.engine.fuzz.lists import ids, key_member, report, twice_in, whole_list
from openconnectors.engine.fuzz.resources import Named, item_schema
from openconnectors.engine.fuzz.session import Item, Session, identifier, unwrapped
from openconnectors.engine.fuzz.walks import Listing, Walk, shown_ids
from openconnectors.engine.model import MISSING, Schema


def listed(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Check that the list has what was created, as it is, and nothing that was deleted; and its totals."""
    whole = whole_list(session)
    if whole is None:
        return
    if not session.items and whole[2].is_complete:
        session.earlier = ids(session, whole[2].items)
    report(session, whole[1], lambda: _of_list(session))


def _of_list(session: Session) -> dict[str, str]:
    whole = whole_list(session)
    return dict(reversed(list(_of_items(session, *whole)))) if whole is not None else {}


def _of_items(session: Session, listing: Listing, operation: Named, whole: Walk) -> Iterator[tuple[str, str]]:
    """What is wrong with the items of a list, each with the check that it fails."""
    if whole.problem:
        yield "pages", whole.problem
    by_id = dict(zip(ids(session, whole.items), whole.items, strict=True))
    key_name = key_member(session)
    is_identified = all(identifier(entry, session.names(key_name)) is not None for entry in whole.items)
    for known in session.items if key_name and is_identified else ():
        if known.is_pending:
            continue
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
        twice = twice_in(ids(session, whole.items))
        if twice:
            yield "pages", f"items are twice in the list: {shown_ids(twice)}"
        elif key_name and is_identified and session.earlier is not None:
            strange = {each: by_id[each] for each in by_id if each not in session.earlier}
            yield from _of_twins(session, key_name, strange)


def _of_twins(session: Session, key_name: str, entries: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with items that nobody created, among those that are new in the list: all that was sent for another
    is in them."""
    created = [known.key.get(key_name) for known in session.items]
    for number, entry in entries.items():
        for known in session.items if number not in created else ():
            sent = {name: value for name, value in known.expected.items() if name in known.written}
            seen = unwrapped(entry, set(sent))
            if sent and not known.is_deleted and all(name in seen and seen[name] == sent[name] for name in sent):
                shown = f"{key_name} {short_repr(known.key.get(key_name))}"
                yield (
                    "unique",
                    f"the item with {shown} was created once, and is in the list as {short_repr(number)}, too",
                )
                return


def _of_totals(whole: Walk) -> Iterator[tuple[str, str]]:
    for name, number in whole.totals:
        if number != len(whole.items):
            yield "total", f"{name} is {number}, the list has {len(whole.items)} items"
            return


def _is_shown(session: Session, operation: Named, item: Item) -> bool:
    """Whether an item is in the list by default: no parameter has a default that it does not meet."""
    for argument, name, _ in filters(session, operation):
        seen = item.value or {}
        if argument.default is not MISSING and name in seen and not meets(seen[name], argument.default):
            return False
    return True


def apart(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Check that the items of one thing are not in the list of another (``/tickets/1/comments``)."""
    operation, key = session.resource.collection, session.another()
    if operation is not None and key is not None and key != session.outer:
        report(session, operation, lambda: _elsewhere(session, key))
    if key is not None and key != session.outer:
        _read_elsewhere(session, key)


def _read_elsewhere(session: Session, key: Mapping[str, Any]) -> None:
    """Check that an item of one thing is not read below another whose list does not have it, where 404 says that
    something is not there."""
    operation, name = session.resource.read, key_member(session)
    known = next((each for each in session.items if each.value and not each.is_deleted and not each.is_pending), None)
    if operation is None or known is None or "404" not in operation.plan.operation.responses:
        return
    there = _whole_of(session, key)
    if there is None or known.key.get(name) in ids(session, there):
        return
    moved = Item(known.number, {**known.key, **key})
    arguments = session.arguments(operation, moved)
    outcome = session.send(operation, arguments)
    if outcome is not None and outcome.is_success:
        shown = ", ".join(f"{name} {value}" for name, value in key.items())
        message = f"an item of another is read below {shown}, whose list does not have it"
        session.fail("identity", operation, message, arguments)


def _whole_of(session: Session, key: Mapping[str, Any]) -> list[Any] | None:
    """The list of another thing; None if it cannot be read to its end."""
    outer, session.outer, session.whole = session.outer, dict(key), None
    try:
        whole = whole_list(session)
        return whole[2].items if whole is not None and whole[2].is_complete else None
    finally:
        session.outer, session.whole = outer, None


def _elsewhere(session: Session, key: Mapping[str, Any]) -> dict[str, str]:
    there = _whole_of(session, key) or []
    key_name = key_member(session)
    for known in session.items:
        for entry in there:
            member = identifier(entry, session.names(key_name))
            seen = unwrapped(entry, set(known.expected))
            is_same = member is not None and member[0] == known.key.get(key_name) and known.expected
            if is_same and all(seen.get(name) == value for name, value in known.expected.items() if name in seen):
                shown = ", ".join(f"{name} {value}" for name, value in key.items())
                return {"listed": f"the item with {key_name} {member[0]!r} is in the list of {shown}, too"}  # type: ignore[index]
    return {}
