"""Creating items, and taking those that are there: what must hold of the response, and of its Location."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from openconnectors.engine.call.links import follow
from openconnectors.engine.errors import ConnectorError, InvalidResponse, short_repr
from openconnectors.engine.fuzz import lists
from openconnectors.engine.fuzz.calls import Outcome
from openconnectors.engine.fuzz.comparison import members, same
from openconnectors.engine.fuzz.expectations import (
    GONE,
    another,
    declared,
    echo,
    key_text,
    request_schema,
    sent_members,
    succeeded,
)
from openconnectors.engine.fuzz.partly_wrong import send_illegal
from openconnectors.engine.fuzz.reading import read
from openconnectors.engine.fuzz.resources import Named
from openconnectors.engine.fuzz.samples import sample
from openconnectors.engine.fuzz.session import Item, Session, unwrapped
from openconnectors.engine.fuzz.walks import wire
from openconnectors.engine.http import Response
from openconnectors.engine.masking import revealed
from openconnectors.engine.model import MISSING


def create(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    operation = session.resource.create
    if operation is None:
        return
    arguments = session.arguments(operation, None, others)
    outcome = session.send(operation, arguments)
    if outcome is None or not succeeded(outcome):
        return
    if session.resource.is_unread:
        sent = Item(0, {}, expected=sent_members(session, operation, arguments), sent=request_schema(session))
        echo(session, operation, outcome, sent, arguments)
        return
    created = session.identified(operation, outcome, arguments)
    if created is None or (created.is_guessed and not _is_there(session, created)):
        return
    response = outcome.response
    twin = next((other for other in session.items if other.key == created.key), None)
    if twin is not None:
        is_chosen = operation.plan.operation.method == "PUT" or created.is_chosen
        is_in_use = not (twin.is_deleted or twin.is_pending)  # databases give the number of the last row again
        if is_in_use and not is_chosen and response is not None and response.status == 201:
            session.fail("unique", operation, f"two items have the same identifier: {key_text(created)}", arguments)
        twin.is_deleted = twin.is_pending = False
        created = twin
    else:
        _add(session, created)
    created.changed, created.sent = "created", request_schema(session)
    created.expected = sent_members(session, operation, arguments)
    created.written = frozenset(created.expected)
    echo(session, operation, outcome, created, arguments)
    _defaults(session, operation, outcome, created)
    if response is not None and response.status == 201:
        _location(session, operation, response, created, arguments)
    read(session, created, {})


def create_by_put(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Create an item by PUT, where POST does so, too: it is there by the identifier that the caller has chosen (RFC
    9110 section 9.3.4)."""
    operation = session.resource.replace
    if operation is None or operation is session.resource.create or "created" in session.failed:
        return
    arguments = session.arguments(operation, None, others)
    outcome = session.send(operation, arguments)
    if outcome is None or outcome.response is None or outcome.response.status != 201:
        return
    wires = {argument.wire for argument in session.resource.identifying()}
    key = {each.wire: arguments[each.name] for each in operation.plan.arguments if each.wire in wires}
    created = Item(len(session.items), {**session.outer, **key}, is_chosen=True, sent=request_schema(session))
    _add(session, created)
    created.expected = sent_members(session, operation, arguments)
    created.written = frozenset(created.expected)
    echo(session, operation, outcome, created, arguments)
    read(session, created, {})


def _is_there(session: Session, item: Item) -> bool:
    """Whether an item can be read: else its identifier is another than was guessed."""
    operation = session.resource.read
    outcome = session.send(operation, session.arguments(operation, item), item) if operation is not None else None
    return outcome is not None and outcome.is_success


def _add(session: Session, item: Item) -> None:
    """Keep an item, and say in the step which it is."""
    session.items.append(item)
    session.steps[-1] = replace(session.steps[-1], item=item.number)


def adopt(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Take an item that is there: of a list the one at an index, or the only thing that there is."""
    resource, index = session.resource, int(others.get("index", 0))
    if resource.is_single:
        if index == 0 and resource.read is not None and _is_alone_there(session, resource.read):
            _add(session, Item(0, dict(session.outer), sent=request_schema(session), changed="replaced"))
            read(session, session.items[-1], {})
        return
    entries = lists.entries(session)
    if index < len(entries) and resource.read is not None:
        known = lists.key_of(session, entries[index])
        if known is not None:
            _add(session, Item(len(session.items), {**session.outer, **known}, sent=request_schema(session)))
            read(session, session.items[-1], {})


def _is_alone_there(session: Session, operation: Named) -> bool:
    """Whether the only thing of a kind is there, or is now, since it has been put there."""
    outcome = session.send(operation, session.arguments(operation, None))
    if outcome is None or outcome.response is None or outcome.response.status not in GONE:
        return outcome is not None and outcome.is_success
    first = session.resource.replace
    if first is None:
        return False
    inner = {argument.name for argument in first.plan.arguments if argument.location == "path"}
    drawn = {name: value for name, value in sample(first.plan, 1, optional=True).items() if name not in inner}
    created = session.send(first, session.arguments(first, None, drawn))
    return created is not None and succeeded(created)


def _defaults(session: Session, operation: Named, outcome: Outcome, item: Item) -> None:
    """Check that what was not sent has the value that the document gives it by default."""
    plan, body = operation.plan, operation.plan.operation.request_body
    if body is None or outcome.response is None or not item.expected:
        return
    seen, shown = unwrapped(wire(plan, outcome.response), set(item.expected)), declared(operation, item).properties
    for schema in body.schemas():
        for name, member in members(schema, plan.contract).items():
            default = plan.contract(member).default if member.default is MISSING else member.default
            if default in (MISSING, None) or name in item.expected or name not in seen or name not in shown:
                continue
            if not same(default, seen[name], plan.contract(member).format) and not isinstance(default, dict | list):
                message = f"{name} was not sent, and is {short_repr(seen[name])}; its default is {short_repr(default)}"
                session.fail("created", operation, message, outcome.arguments)


def _location(session: Session, operation: Named, response: Response, item: Item, arguments: Mapping[str, Any]) -> None:
    """Check that the Location of a 201 leads to the item (RFC 9110 section 15.3.2)."""
    location = response.headers.get("Location")
    if "location" in session.failed:
        return
    if not location:
        documented = operation.plan.declared_response(response.status)
        if documented is not None and any(name.lower() == "location" for name in documented.headers):
            session.fail("location", operation, "the response has no Location, which is documented", arguments)
        return
    try:
        request = session.caller.request(operation.plan, arguments, None)
        following = follow(request, location, "the Location", "GET")
    except (ConnectorError, InvalidResponse):
        # Another host: a proxy may be between us and it.
        if _lacks_base(session, item, location):
            message = f"the Location {location} is that of the item without the base path of the service"
            session.fail("location", operation, message, arguments)
        return
    outcome = session.follow(following, session.resource.read or operation)
    if outcome is None or outcome.status in GONE:
        status = "no response" if outcome is None else f"status {outcome.status}"
        session.fail("location", operation, f"the Location {location} leads to {status}", arguments)
    elif outcome.status == 200 and session.resource.read is not None:
        other = another(session, item, wire(session.resource.read.plan, outcome))
        if other:
            session.fail("location", operation, f"the Location {location} leads to another item: {other}", arguments)


def _lacks_base(session: Session, item: Item, location: str) -> bool:
    """Whether a Location is the path of an item, but for the path that all URLs of the service begin with."""
    operation = session.resource.read
    if operation is None:
        return False
    try:
        request = session.caller.request(operation.plan, session.arguments(operation, item), None)
    except ConnectorError:
        return False
    base, path = urlsplit(revealed(request.base)).path.rstrip("/"), urlsplit(revealed(request.url)).path
    return bool(base) and path.removeprefix(base) == urlsplit(location).path


def refused_create(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Send what must be refused to create an item: nothing may be added."""
    operation = session.resource.create
    if operation is None or "refusal-stored" in session.failed:
        return
    before = lists.entries(session)
    response = send_illegal(session, operation, session.arguments(operation, None, others))
    after = lists.entries(session) if response is not None and 400 <= response.status < 500 and before else before
    if response is not None and len(after) > len(before) and session.settle("refusal-stored"):
        second = send_illegal(session, operation, session.arguments(operation, None, others))
        before, after = after, lists.entries(session)
        if second is None or not 400 <= second.status < 500:
            return
    if response is not None and len(after) > len(before):
        message = f"the request was refused with {response.status}, and the list has an item more"
        session.fail("refusal-stored", operation, message)
