"""One row, as a flow: claimed, sent when the budget allows, written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.bulk.budgets import Budget, ServiceLimit
from openconnectors.engine.bulk.ledger import Ledger, LedgerError
from openconnectors.engine.bulk.outcomes import Outcome, state_of
from openconnectors.engine.call.calls import Calls
from openconnectors.engine.errors import AnswerError, ConnectorError
from openconnectors.engine.flows import Flow
from openconnectors.engine.masking import sealed


class Row(Struct, frozen=True):
    """The arguments of one call, their place, and their key in the ledger."""

    index: int
    arguments: Mapping[str, Any]
    key: str = ""


class Terms(Struct, frozen=True):
    """What all rows of a run have in common. It can be pickled."""

    ledger: Ledger | None = None
    budget: Budget | None = None


def outcome_of(calls: Calls, row: Row, terms: Terms, service_limit: ServiceLimit) -> Flow[Outcome]:
    """What comes of a row. Nothing but an error of the ledger is raised."""
    ledger = terms.ledger
    problem: ConnectorError | None = None
    claimed = False
    value = None
    try:
        with sealed(calls.connected.connection.mask):
            request = calls.request(row.arguments)
            if ledger is not None:
                known = ledger.claim(row.key, repeatable=request.safe)
                if known is not None:
                    return Outcome(row.index, row.arguments, known.state, known.value, None, known.reason, True)
                claimed = True
            if terms.budget is not None:
                yield from terms.budget.turn()
            yield from service_limit.turn()
            response = yield from calls.response(row.arguments)
            service_limit.observe(response.headers)
            value = response.value
    except LedgerError:
        raise
    except ConnectorError as error:
        problem = error
        if isinstance(error, AnswerError):
            service_limit.observe(error.headers)
    state = "done" if problem is None else state_of(problem)
    reason = "" if problem is None else str(problem)
    if ledger is not None and claimed:
        ledger.write(row.key, state, value, reason)
    return Outcome(row.index, row.arguments, state, value, problem, reason)
