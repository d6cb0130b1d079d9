"""What the calls of a service teach: identifiers that exist there, and where something is."""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.call.paging import page_items
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fuzz.calls import Caller, Outcome
from openconnectors.engine.fuzz.resources import items_path
from openconnectors.engine.fuzz.strategies import Known
from openconnectors.engine.model import Paging
from openconnectors.engine.path_templates import variables


def learn(known: Known, outcome: Outcome, caller: Caller) -> None:
    """Keep the values of a success for later calls, with secrets that the service repeats masked."""
    if outcome.response is not None and outcome.response.status < 300:
        try:
            value = caller.mask.value(outcome.plan.read(outcome.response, "off").value)
        except ConnectorError:
            return
        words = [word for word in outcome.plan.operation.path.split("/") if word and not variables(word)]
        kind = words[-1].partition(".")[0] if words else ""
        known.learn({kind: value})
        if isinstance(value, Mapping):
            known.learn(value)
            items = items_path(outcome.plan)
            known.learn({kind: page_items(Paging(items=items), value)} if items else {})


def remember(known: Known, outcome: Outcome) -> None:
    """Keep where a call has succeeded, and forget what it has deleted."""
    operation = outcome.plan.operation
    arguments = outcome.plan.all_arguments.at["path"]
    values = {each.wire: outcome.arguments[each.name] for each in arguments if each.name in outcome.arguments}
    if outcome.is_success and operation.method == "DELETE":
        known.forget(operation.path, values)
    elif outcome.is_success:
        known.remember(operation.path, values)
