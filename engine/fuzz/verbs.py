"""What a sequence does with items, and what must hold afterwards: a row of ``VERBS`` for each.

Rule 1. Only what a service has accepted is expected of it: after a refusal nothing changes, and after a 202 nothing is
known. Rule 2. What is wrong is read again after a moment before it is reported. Rule 3. An item that was right once,
and is wrong after something was done with another, is a failure of ``untouched``.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from openconnectors.engine.fuzz import (
    actions,
    changing,
    creating,
    list_filters,
    list_items,
    list_order,
    list_pages,
    reading,
)
from openconnectors.engine.fuzz.changing import Verb
from openconnectors.engine.fuzz.session import Item, Session
from openconnectors.engine.fuzz.steps import CREATING, Step


def play(session: Session, step: Step) -> Item | None:
    """Do a step of a sequence, and check what must hold; return the item that was created, if one was."""
    verb = VERBS.get(step.verb)
    is_creating = step.verb in CREATING
    if verb is None or (step.item is not None and not is_creating and step.item >= len(session.items)):
        return None
    before = len(session.items)
    session.steps.append(replace(step, item=None) if is_creating else step)
    verb(session, session.items[step.item] if step.item is not None and not is_creating else None, step.arguments)
    return session.items[-1] if len(session.items) > before else None


VERBS: Mapping[str, Verb] = {
    "create": creating.create,
    "create-by-put": creating.create_by_put,
    "adopt": creating.adopt,
    "read": reading.read,
    "replace": changing.replace_item,
    "replace-again": changing.replace_again,
    "update": changing.update,
    "stale": changing.stale,
    "act": actions.act,
    "delete": changing.delete,
    "below": changing.below,
    "refused-create": creating.refused_create,
    "refused-replace": changing.refused("replace"),
    "refused-update": changing.refused("update"),
    "list": list_items.listed,
    "limit": list_pages.limited,
    "pages": list_pages.paged,
    "filter": list_filters.filtered,
    "order": list_order.ordered,
    "apart": list_items.apart,
}
"""What a step of a sequence does, by its verb: with a session, the item that it is about, and arguments."""
