"""One row, as a flow: claimed, sent when the budget allows, written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import Struct

from openconnectors.engine.bulk.budgets import Budget, ServiceLimit
from openconnectors.engine.bulk.ledger import Ledger, LedgerError
from openconnectors.engine.bulk.outcomes import Outcome, state_of
from openconnectors.engine.call.calls import Calls
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.flows import Flow, advance
from openconnectors.engine.http import Request, Response
from openconnectors.engine.masking import sealed

T = TypeVar("T")


class Row(Struct, frozen=True):
    """The arguments of one call, their place, and their key in the ledger."""

    index: int
    arguments: Mapping[str, Any]
    key: str = ""


class Terms(Struct, frozen=True):
    """What all rows of a run have in common. It can be pickled."""

    ledger: Ledger | None = None
    budgets: tuple[Budget, ...] = ()


def outcome_of(calls: Calls, row: Row, terms: Terms, service_limit: ServiceLimit) -> Flow[Outcome]:
    """What comes of a row. Nothing but an error of the ledger is raised."""
    ledger = terms.ledger
    problem: ConnectorError | None = None
    claimed = False
    value = None
    try:
        with sealed(calls.connected.connection.mask):
            request = calls.request(row.arguments)
            known = ledger.known(row.key, repeatable=request.safe) if ledger is not None else None
            if known is None:
                yield from _turn(terms, service_limit)
                # Only now: a run that is killed while rows wait leaves them unsent.
                known = ledger.claim(row.key, repeatable=request.safe) if ledger is not None else None
            if known is not None:
                return Outcome(row.index, row.arguments, known.state, known.value, None, known.reason, True)
            claimed = True
            response = yield from _within(calls.response(row.arguments), terms, service_limit)
            value = response.value
    except LedgerError:
        raise
    except ConnectorError as error:
        problem = error
    state = "done" if problem is None else state_of(problem)
    reason = "" if problem is None else str(problem)
    if ledger is not None and claimed:
        ledger.write(row.key, state, value, reason)
    return Outcome(row.index, row.arguments, state, value, problem, reason)


def _turn(terms: Terms, service_limit: ServiceLimit) -> Flow[None]:
    """Wait until there is a call left in every budget."""
    for budget in terms.budgets:
        yield from budget.turn()
    yield from service_limit.turn()


def _within(flow: Flow[T], terms: Terms, service_limit: ServiceLimit) -> Flow[T]:
    """A flow whose first request has had its turn; those after it, for a token or after a failure, wait for theirs."""
    outcome: Response | ConnectorError | None = None
    is_first = True
    try:
        while True:
            step = advance(flow, outcome)
            outcome = None
            if isinstance(step, Request) and not is_first:
                yield from _turn(terms, service_limit)
            is_first = is_first and not isinstance(step, Request)
            try:
                outcome = yield step
            except ConnectorError as error:
                outcome = error
            if isinstance(outcome, Response):
                service_limit.observe(outcome.headers)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        flow.close()
