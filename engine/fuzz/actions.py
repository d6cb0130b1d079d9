"""Actions: operations below an item that change it by a name of their own (``POST /books/{id}/lend``).

No document says what an action does. What must hold all the same: a refused action changes nothing; an action on one
item changes no other; what its response says of the item is what is read afterwards. Of the last only the plain case is
reported: the response shows a member with another value than before, and it is read with the value from before. An
action may go on after its response, so that any third value may be right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.errors import short_repr
from openconnectors.engine.fuzz.comparison import is_changing, same
from openconnectors.engine.fuzz.expectations import another, key_text, succeeded
from openconnectors.engine.fuzz.reading import got, read
from openconnectors.engine.fuzz.resources import Named, Resource, result_schema
from openconnectors.engine.fuzz.session import Item, Session, unwrapped
from openconnectors.engine.fuzz.walks import wire
from openconnectors.engine.naming import snake
from openconnectors.engine.path_templates import variables
from openconnectors.engine.plan.plan import Plan

_DESTRUCTIVE = frozenset(("delete", "remove", "destroy", "purge", "erase", "drop"))


def actions(resource: Resource, plans: Mapping[str, Plan]) -> Iterator[Named]:
    """The actions on the items of a resource: operations of POST one word below the path of an item, where nothing is
    read or listed, and which create nothing."""
    if resource.read is None or resource.is_single:
        return
    path = resource.read.plan.operation.path.rstrip("/")
    others = {plan.operation.path for plan in plans.values() if plan.operation.method != "POST"}
    for name, plan in plans.items():
        operation = plan.operation
        word = operation.path.removeprefix(f"{path}/")
        is_below = word != operation.path and "/" not in word and not variables(word)
        is_action = operation.method == "POST" and operation.path not in others and "201" not in operation.responses
        if is_below and is_action and snake(word) not in _DESTRUCTIVE and not operation.deprecated:
            yield Named(name, plan)


def act(session: Session, item: Item | None, others: Mapping[str, Any]) -> None:
    """Carry an action out, and check what can be known of it; ``others`` has its index, and its arguments."""
    index = int(others.get("index", 0))
    if item is None or item.is_deleted or item.value is None or index >= len(session.actions):
        return
    operation, before = session.actions[index], dict(item.value)
    arguments = session.arguments(operation, item, others.get("arguments", {}))
    outcome = session.send(operation, arguments, item)
    if outcome is None or outcome.response is None:
        return
    if 400 <= outcome.response.status < 500:
        item.changed = "refusal-stored"
        read(session, item, {})
        return
    item.expected = {}
    if succeeded(outcome) and _shows_item(session, operation):
        shown = unwrapped(wire(operation.plan, outcome.response), set(before))
        if not another(session, item, shown):
            _compare(session, operation, item, before, shown, arguments)
    read(session, item, {})


def _shows_item(session: Session, operation: Named) -> bool:
    """Whether the response of an action has the schema of the item."""
    read_operation, shown = session.resource.read, result_schema(operation.plan)
    whole = result_schema(read_operation.plan) if read_operation is not None else None
    if shown is None or whole is None:
        return False
    return (shown.name is not None and shown.name == whole.name) or shown == whole


def _compare(
    session: Session, operation: Named, item: Item, before: Mapping[str, Any], shown: Mapping[str, Any],
    arguments: Mapping[str, Any],
) -> None:  # fmt: skip
    """Check that what the response to an action shows as changed is read so."""
    changed = [
        name
        for name, value in shown.items()
        if name in before and not is_changing(name) and _is_scalar(value) and not same(before[name], value)
    ]
    lost = _lost(session, item, before, changed)
    if lost and session.settle("action"):
        lost = _lost(session, item, before, lost)
    for name in lost:
        message = (
            f"the response to {operation.plan.operation.method} for {key_text(item)} has {name} "
            f"{short_repr(shown[name])}, and what is read afterwards {short_repr(before[name])}, as before"
        )
        session.fail("action", operation, message, arguments)


def _lost(session: Session, item: Item, before: Mapping[str, Any], names: list[str]) -> list[str]:
    """The members that are read with the value from before."""
    operation = session.resource.read
    if operation is None or not names:
        return []
    response = got(session, operation, session.arguments(operation, item), item)
    if response is None or not 200 <= response.status < 300:
        return []
    seen = unwrapped(wire(operation.plan, response), set(before))
    return [name for name in names if name in seen and _is_scalar(seen[name]) and same(before[name], seen[name])]


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float))
