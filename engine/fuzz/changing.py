"""Replacing, changing and deleting an item: what must hold of the response, and of what is read afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openconnectors.engine.errors import short_repr
from openconnectors.engine.fuzz import lists
from openconnectors.engine.fuzz.calls import Outcome
from openconnectors.engine.fuzz.comparison import members
from openconnectors.engine.fuzz.expectations import (
    GONE,
    another,
    echo,
    key_text,
    request_schema,
    response_schema,
    sent_members,
    succeeded,
)
from openconnectors.engine.fuzz.partly_wrong import send_illegal
from openconnectors.engine.fuzz.reading import got, read
from openconnectors.engine.fuzz.resources import Named
from openconnectors.engine.fuzz.samples import sample
from openconnectors.engine.fuzz.session import Item, Session
from openconnectors.engine.fuzz.walks import shown_ids, wire
from openconnectors.engine.model import MISSING
from openconnectors.engine.naming import snake
from openconnectors.engine.values.codecs import essence

Verb = Callable[[Session, Item | None, Mapping[str, Any]], None]
"""What a step does: with a session, the item that it is about, and arguments."""


def replace_item(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    _change(session, session.resource.replace, item, others, "replaced")


def update(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    _change(session, session.resource.update, item, others, "updated")


def _change(
    session: Session, operation: Named | None, item: Item | None, others: Mapping[str, Any], check: str
) -> None:
    if operation is None or item is None:
        return
    arguments = session.arguments(operation, item, others)
    before = dict(item.value or {})
    outcome = session.send(operation, arguments, item)
    if outcome is None or outcome.response is None:
        return
    documented = operation.plan.operation.responses
    if item.is_deleted:
        if succeeded(outcome) and "404" in documented and "201" not in documented:
            message = f"status {outcome.response.status} after DELETE: an item that is gone was changed"
            session.fail("deleted", operation, message, arguments)
        return
    if outcome.response.status in GONE and item.value is not None:
        session.fail(check, operation, f"status {outcome.response.status} for an item that can be read", arguments)
    if not succeeded(outcome):
        read(session, item, {})
        return
    fields = {name.lower(): text for name, text in session.calls[-1].headers.items()}
    sent = sent_members(session, operation, arguments)
    expected = item.expected
    item.changed, item.sent = check, request_schema(session)
    item.expected = sent
    echo(session, operation, outcome, item, arguments)
    item.expected = _changed(session, expected, sent) if check == "updated" else sent
    etag = item.etag
    identity = another(session, item, wire(operation.plan, outcome.response))
    if identity:
        session.fail("identity", operation, f"changed was {key_text(item)}, the response has {identity}", arguments)
    read(session, item, {})
    value = item.value or {}
    if check == "updated":
        _keeps_creation(session, operation, before, value, arguments)
    elif isinstance(arguments.get(operation.plan.body_name), bytes):
        _same_bytes(session, item, arguments[operation.plan.body_name], essence(fields.get("content-type", ""))[0])
    elif session.resource.update is not None:
        written = {name: before[name] for name in item.written if name in before}
        _keeps_nothing(session, operation, sent, written, value, arguments)
    item.written = (item.written if check == "updated" else frozenset()) | frozenset(sent)
    if etag and etag == item.etag and any(value.get(name) != before.get(name) for name in sent if name in value):
        session.fail("conditional", operation, f"the ETag {etag} is the same after a change", arguments)
    shown = response_schema(session).properties
    for name, member in sent.items():
        may_be_null = name in shown and operation.plan.accepts(shown[name], None)
        if member is None and may_be_null and before.get(name) is not None and value.get(name) == before.get(name):
            session.fail(check, operation, f"{name} was set to null, and is {short_repr(value[name])}", arguments)


def _same_bytes(session: Session, item: Item, sent: bytes, media_type: str) -> None:
    """Check that a file which was put is what is read, where it is read as the same media type (RFC 9110 section
    9.3.4)."""
    operation = session.resource.read
    if operation is None:
        return
    arguments = session.arguments(operation, item)

    def received() -> bytes | None:
        response = got(session, operation, arguments, item)
        is_same_type = response is not None and essence(response.headers.get("Content-Type", ""))[0] == media_type
        return response.body if response is not None and response.status == 200 and is_same_type else None

    body = received()
    if body not in (None, sent) and session.settle("replaced"):
        body = received()
    if body is not None and body != sent:
        message = f"after the item was replaced it has {len(body)} bytes, others than the {len(sent)} that were sent"
        session.fail("replaced", operation, message, arguments)


def _changed(session: Session, expected: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """What is expected of an item whose members were sent to change it. In a merge patch, an object that is sent
    changes the one that is there (RFC 7396)."""
    is_merged = any("merge-patch" in text for text in session.calls[-1].headers.values())
    return merged(expected, sent) if is_merged else {**expected, **sent}


def merged(expected: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """An object to which a merge patch was applied; a member that is null stays, as what was sent."""
    both = {name for name in sent if isinstance(sent[name], Mapping) and isinstance(expected.get(name), Mapping)}
    return {**expected, **sent, **{name: merged(expected[name], sent[name]) for name in both}}


_CREATION = frozenset(
    ("created", "created_at", "created_on", "created_date", "created_time", "date_created", "creation_date",
     "creation_time", "time_created", "create_time")
)  # fmt: skip
"""Members with the moment at which an item was created, as Python spells them."""


def _keeps_creation(
    session: Session,
    operation: Named,
    before: Mapping[str, Any],
    value: Mapping[str, Any],
    arguments: Mapping[str, Any],
) -> None:
    """Check that a change leaves the moment of creation as it was."""
    for name, member in before.items():
        if snake(name) in _CREATION and name in value and value[name] != member and isinstance(member, str):
            message = f"{name} was {short_repr(member)} before the change, and is {short_repr(value[name])}"
            session.fail("updated", operation, message, arguments)


def _keeps_nothing(
    session: Session, operation: Named, sent: Mapping[str, Any], written: Mapping[str, Any], value: Mapping[str, Any],
    arguments: Mapping[str, Any],
) -> None:  # fmt: skip
    """Check that PUT replaces: what was ``written`` and is not sent is gone (RFC 9110 section 9.3.4). What a service
    gives to what nobody has sent it may give again. Only where PATCH changes single members: else many services do
    that by PUT."""
    plan, body = operation.plan, operation.plan.operation.request_body
    for schema in body.schemas() if body is not None else ():
        for name, member in members(schema, plan.contract).items():
            resolved = plan.contract(member)
            is_left_to_service = resolved.enum or resolved.read_only or resolved.default is not MISSING
            known = written.get(name)
            is_telling = (
                isinstance(known, (str, int, float, list)) and not isinstance(known, bool) and known not in _BARE
            )
            if name not in sent and not is_left_to_service and is_telling and value.get(name) == known:
                message = f"{name} was not sent, and is still {short_repr(known)}: PUT replaces the whole"
                session.fail("replaced", operation, message, arguments)


_BARE: tuple[Any, ...] = ("", 0, [])
"""Values that a service may give to what is not sent."""


def replace_again(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Replace an item twice by the same (RFC 9110 section 9.2.2)."""
    operation = session.resource.replace
    if operation is None or item is None or item.is_deleted or "replaced" in session.failed:
        return
    arguments = session.arguments(operation, item, others)
    first = session.send(operation, arguments, item)
    second = session.send(operation, session.arguments(operation, item, others), item) if first is not None else None
    if first is None or second is None or not succeeded(first) or second.response is None:
        return
    if second.response.status >= 400 and second.response.status not in (409, 412, 428, 429):
        session.fail("idempotent", operation, f"status {second.response.status} the second time", arguments)
    item.expected, item.changed = sent_members(session, operation, arguments), "idempotent"
    read(session, item, {})


def stale(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Change an item under a condition that does not hold: a documented 412 must be the response (RFC 9110 section
    13.1.1)."""
    operation = next(
        (
            each
            for each in (session.resource.replace, session.resource.update, session.resource.delete)
            if each is not None and "412" in each.plan.operation.responses
        ),
        None,
    )
    if operation is None or item is None or item.is_deleted or not item.etag or "conditional" in session.failed:
        return
    arguments = session.arguments(operation, item, others if operation is session.resource.replace else {})
    outcome = session.send(operation, arguments, item, {"If-Match": '"of-no-version"'})
    if outcome is not None and succeeded(outcome):
        message = f"the condition If-Match does not hold, and {operation.plan.operation.method} is carried out"
        session.fail("conditional", operation, message, arguments)


def delete(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    operation = session.resource.delete
    if operation is None or item is None:
        return
    arguments = session.arguments(operation, item)
    before = lists.entries(session) if not item.is_deleted and session.may_repeat("untouched", "of the list") else []
    outcome = session.send(operation, arguments, item)
    if outcome is None or outcome.response is None:
        return
    if item.is_deleted:
        if succeeded(outcome) and not {"404", "410"}.isdisjoint(operation.plan.operation.responses):
            message = f"status {outcome.response.status} for an item that was deleted before; documented is 404"
            session.fail("deleted", operation, message, arguments)
        return
    if outcome.response.status in GONE and item.value is not None:
        session.fail("deleted", operation, f"status {outcome.response.status} for an item that can be read", arguments)
    if succeeded(outcome):
        item.is_deleted = True
    read(session, item, {})
    if item.is_deleted and before:
        _leaves_others(session, operation, item, before, arguments)


def _leaves_others(
    session: Session, operation: Named, item: Item, before: list[Any], arguments: Mapping[str, Any]
) -> None:
    """Check that the list has all the other items that it had before an item was deleted."""
    after = lists.entries(session)
    left = lists.ids(session, after)
    missing = [each for each in lists.ids(session, before) if each not in left and each not in item.key.values()]
    if missing and session.whole is not None and session.whole.is_complete and "untouched" not in session.failed:
        message = f"with {key_text(item)} other items are gone from the list: {shown_ids(missing)}"
        session.fail("untouched", operation, message, arguments)


def below(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Use what is below an item that was deleted: it is not there either."""
    if item is None or not item.is_deleted:
        return
    for operation in session.below:
        arguments = session.arguments(operation, item, sample(operation.plan, item.number, optional=False))
        outcome = session.send(operation, arguments, item)
        if outcome is not None and succeeded(outcome) and not _is_empty(operation, outcome):
            status = outcome.response.status if outcome.response is not None else 0
            message = f"status {status} after DELETE: what is below an item that is gone is still there"
            session.fail("deleted", operation, message, arguments)


def _is_empty(operation: Named, outcome: Outcome) -> bool:
    """Whether a response is a list without items: some services tell no missing thing from one that has nothing."""
    if outcome.response is None or operation.plan.operation.method != "GET":
        return False
    value = wire(operation.plan, outcome.response)
    return not value or (isinstance(value, Mapping) and not any(value.values()))


def refused(part: str) -> Verb:
    """Send what must be refused to change an item: it stays as it is."""

    def refuse(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
        operation: Named | None = getattr(session.resource, part)
        if operation is None or item is None or item.is_deleted or item.value is None:
            return
        response = send_illegal(session, operation, session.arguments(operation, item, others))
        if response is None:
            return
        is_refused = 400 <= response.status < 500
        if not is_refused:
            item.expected = {}
        item.changed = "refusal-stored" if is_refused else item.changed
        read(session, item, {})

    return refuse
