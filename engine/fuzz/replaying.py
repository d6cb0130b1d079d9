"""The replay of a failure: what was sent is sent again, and the check that failed is made again."""

from __future__ import annotations

from openconnectors.engine.client.connector import Connector
from openconnectors.engine.fuzz.calls import Caller
from openconnectors.engine.fuzz.checks import CHECKS, refused
from openconnectors.engine.fuzz.failures import REFUSAL, REFUSED, Failure
from openconnectors.engine.fuzz.malformed import FixedServer, escaped
from openconnectors.engine.fuzz.refusals import REFUSING, again
from openconnectors.engine.fuzz.resources import resources
from openconnectors.engine.fuzz.sequence_checks import SEQUENCE_CHECKS
from openconnectors.engine.fuzz.sequences import Sequences
from openconnectors.engine.fuzz.session import PLAIN
from openconnectors.engine.fuzz.steps import CallSequence
from openconnectors.engine.fuzz.strategies import Known


def replay(connector: Connector, failure: Failure) -> str | None:
    """Repeat a failed call; return what is wrong with it, None if nothing is any more."""
    caller = Caller(connector)
    plan = caller.plan(failure.name)
    if failure.sequence is not None:
        return _replayed(caller, failure, failure.sequence)
    if failure.check == REFUSAL:
        return refused(plan, failure.arguments, caller)
    if failure.response is not None:
        with FixedServer() as server:
            request = caller.request(plan, failure.arguments)
            return escaped(plan, request, failure.response, server, caller.runner)
    if failure.sent is not None:
        return again(caller, plan, failure)
    outcome = caller.call(plan, failure.arguments, failure.accept)
    if failure.check == REFUSED:
        return failure.message if outcome.response is not None and outcome.response.status in REFUSING else None
    message = CHECKS[failure.check](outcome, caller)
    return caller.mask.text(message) if message else None


def _replayed(caller: Caller, failure: Failure, sequence: CallSequence) -> str | None:
    """What is wrong with a sequence that is played again; None if nothing is any more."""
    together = Sequences(caller, Known(), caller.plans(), 0)
    resource = next((each for each in resources(together.plans) if each.path == sequence.resource), None)
    if resource is None:
        return f"the document has no resource {sequence.resource} any more"
    others = {*PLAIN, *SEQUENCE_CHECKS} - {failure.check}
    again = together.replayed(resource, list(sequence.steps), others)
    return again.message if again is not None and again.check == failure.check else None
