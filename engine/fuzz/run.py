"""The three kinds of fuzzing.

Theory of operation. ``fuzz`` calls the operations of a service in an order in which later calls know more: reads before
writes, so that identifiers from responses become arguments, and deletions last. An operation is first called with the
least arguments, then with one boundary at a time, then with what Hypothesis draws; each outcome passes all checks. A
check that fails is reported once, with the smallest call that fails it, and left out from then on, so that one fault
does not hide another. After that, calls that break one rule must be refused by the client. ``hostile`` sends the client
malformed responses instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.engine.client.connector import Connector
from openconnectors.engine.errors import ConnectorError, InvalidArguments, InvalidDocument, Unsupported
from openconnectors.engine.fuzz.boundaries import Edge, edges, with_whole_body
from openconnectors.engine.fuzz.calls import Caller, Outcome, requestable
from openconnectors.engine.fuzz.checks import CHECKS, refused
from openconnectors.engine.fuzz.failures import CLIENT, REFUSAL, REFUSED, Failure
from openconnectors.engine.fuzz.learning import learn, remember
from openconnectors.engine.fuzz.malformed import FixedServer, escaped, responses
from openconnectors.engine.fuzz.refusals import (
    IN_REFUSAL,
    REFUSING,
    Accepted,
    Refusals,
    refused_value,
    request_of,
)
from openconnectors.engine.fuzz.search import CheckFailed, Smallest, search, shrink
from openconnectors.engine.fuzz.sequences import Sequences
from openconnectors.engine.fuzz.strategies import Known, arguments
from openconnectors.engine.fuzz.violations import Broken, broken
from openconnectors.engine.http import Request
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.plan import Plan

EXAMPLES = 50  # calls of an operation
_LEAST_REFUSALS = 20  # calls that break a rule cost no request, so there are always some
_NOT_OF_SANDBOX = {"header"}
"""The sandbox sends a few of the documented header fields, not all."""
_MOST_REFUSED = 4  # legal values that are refused, of those reported of an operation
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
"""In this order: reads give the identifiers that writes need; deletions come last."""


def _silent(line: str) -> None:
    pass


def _once(failures: Iterator[Failure]) -> Iterator[Failure]:
    """Failures without those that were reported already with the same words, of the same operation: a refusal that is
    wrong in the same way has many reasons. A message that says nothing but the status may be of two faults, one of a
    single call and one of a sequence."""
    seen: set[tuple[str, str, str, bool]] = set()
    for failure in failures:
        words = failure.message.partition(IN_REFUSAL)[2] or failure.message
        is_bare = failure.check in ("no-answer", "server-error", "status")
        key = (failure.name, failure.check, words, is_bare and failure.sequence is None)
        if key not in seen:
            seen.add(key)
            yield failure


def fuzz(
    connector: Connector,
    operations: list[str] | None = None,
    *,
    examples: int = EXAMPLES,
    random_seed: int = 0,
    illegal: bool = True,
    sandboxed: bool = False,
    progress: Callable[[str], None] = _silent,
) -> Iterator[Failure]:
    """Call operations (all, or those of these Python names) and yield each failure once, shrunk.

    ``examples`` is the number of calls of an operation, without those that shrink a failure; with ``illegal`` as many
    illegal requests are sent as well, twice as many with a body, built with the client's checks off, and about as many
    calls in sequences. ``sandboxed``: the service is the sandbox of the document, which does not check formats, nor
    sends every header field, and has state only where that says so: sequences are made of these operations alone.
    ``progress`` is called with a line of text after each operation. The calls reach the service and have their effects:
    use a sandbox, or a service that may be written to. ``ConnectionMissing``, before anything is sent, if the
    credentials of an operation are missing.
    """
    options = (examples, random_seed, illegal, sandboxed, progress)
    yield from _once(_all(connector, operations, *options))


def _all(
    connector: Connector, operations: list[str] | None, examples: int, random_seed: int, illegal: bool, sandboxed: bool,
    progress: Callable[[str], None],
) -> Iterator[Failure]:  # fmt: skip
    """The failures of ``fuzz``, as they come."""
    caller, known = Caller(connector), Known()
    plans: dict[str, Plan] = {}
    for name in operations or caller.names():
        try:
            plans[name] = caller.plan(name)
        except InvalidDocument:
            progress(f"{name}: not called, its part of the document cannot be read")
    for plan in plans.values():
        caller.check_credentials(plan)
    every = caller.plans()
    # Within a method, collections (fewer path variables) before their members.
    ordered = sorted(
        plans, key=lambda name: (_METHODS.index(plans[name].operation.method), plans[name].operation.path.count("{"))
    )
    usable = {
        name: plan
        for name, plan in plans.items()
        if _is_callable(caller, plan) and (not sandboxed or "action" in plan.operation.sandbox)
    }
    together, reported = Sequences(caller, known, usable, random_seed), set[tuple[str, str]]()
    yield from together.fixed()
    paths: set[str] = set()
    methods: set[str] = set()
    # What is below an item is deleted before the item.
    deletions = [name for name in reversed(ordered) if plans[name].operation.method == "DELETE"]
    for name in [*ordered[: len(ordered) - len(deletions)], "", *deletions]:
        if not name:
            for failure in together.random(examples, reported):
                reported.add((failure.name, failure.check))
                yield failure
            continue
        before = caller.sent
        plan = plans[name]
        fuzzer = _OperationFuzzer(caller, known, plan, name, examples, random_seed)
        fuzzer.failed |= _NOT_OF_SANDBOX if sandboxed else set()
        fuzzer.failed |= {check for operation, check in reported if operation == name}
        refusals = Refusals(caller, plan, name, every, sandboxed, methods=methods)
        if illegal and plan.operation.method == "DELETE":  # once it has succeeded there is nothing left to protect
            for failure in refusals.of_nobody(fuzzer.probable()):
                yield shown(caller, plan, failure)
        for failure in fuzzer.failures():
            reported.add((failure.name, failure.check))
            yield shown(caller, plan, failure)
        if illegal and fuzzer.accepted is not None:
            last, earlier = fuzzer.accepted, fuzzer.accepted_before
            is_first = plan.operation.path not in paths
            for failure in refusals.failures(last, earlier, _most_illegal(plan, examples), paths=is_first):
                yield shown(caller, plan, failure)
            paths.add(plan.operation.path)
        progress(f"{name}: {caller.sent - before} requests")


def _is_callable(caller: Caller, plan: Plan) -> bool:
    """Whether an operation can be called here at all."""
    try:
        caller.check(plan)
    except (InvalidDocument, Unsupported):
        return False
    return True


def _most_illegal(plan: Plan, examples: int) -> int:
    """The number of illegal requests of an operation: a body has many members, each with rules of its own."""
    return examples * 2 if plan.operation.request_body is not None else examples


def shown(caller: Caller, plan: Plan, failure: Failure) -> Failure:
    """A failure with its request as a command, if it has one."""
    if failure.check in (CLIENT, REFUSAL) or failure.curl:
        return failure
    try:
        legal = caller.request(plan, failure.arguments, failure.accept)
    except ConnectorError:
        return failure
    request = request_of(failure.sent, legal) if failure.sent is not None else legal
    return replace(failure, curl=caller.curl(plan, request, failure.sent.login if failure.sent is not None else "own"))


class _OperationFuzzer(Struct, dict=True):
    """The calls of one operation. ``left`` counts those still to be made, ``failed`` are the checks to leave out.
    ``accepted`` is the success of which illegal requests are made, else any legal call; ``accepted_before`` another."""

    caller: Caller
    known: Known
    plan: Plan
    name: str
    examples: int
    random_seed: int
    failed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.left = self.examples
        self.accepted: Accepted | None = None
        self.accepted_before: Accepted | None = None
        self.start: Mapping[str, Any] | None = None
        self.refused: list[Edge] = []
        self.accepts: list[str | None] = [*requestable(self.plan)] or [None]

    def failures(self) -> Iterator[Failure]:
        """Yield the failures of legal calls, then of calls that the client must refuse."""
        try:
            self.caller.check(self.plan)
        except Unsupported:
            return  # it cannot be called at all
        calls = self._calls()
        waiting: list[tuple[Edge, str | None]] = []
        while self.left > 0:
            failure = self._round(calls, waiting)
            if failure is None:
                break
            yield failure
            self.failed.add(failure.check)
        yield from self._refused_values()
        yield from self._refusals()

    def _calls(self) -> Iterator[tuple[Edge, str | None]]:
        """The least call, in each media type; the same with values of the service, and with every member of its body;
        then variations of one that succeeds, each with one value at a boundary."""
        try:
            least = minimal(self.plan)
            self.caller.request(self.plan, least)
        except (InvalidArguments, Unsupported):
            return  # no legal call can be made of the document alone
        for accept in self.accepts:
            yield Edge(least, ""), accept
        for known in self._with_known(least) if self.start is None else ():
            yield Edge(known, ""), self.accepts[0]
        full = with_whole_body(self.plan, self.start or least)
        if full is not None:
            yield Edge(full, ""), self.accepts[0]
            if self.accepted is not None and self.accepted.success and self.accepted.arguments == full:
                self.start = full
        is_accepted = self.start is not None
        for edge in edges(self.plan, self.start or least, self.examples * 3 // 4):
            yield replace(edge, firm=edge.firm and is_accepted), self.accepts[0]

    def probable(self) -> Accepted | None:
        """The least call with values of the service, which is not made."""
        try:
            least = minimal(self.plan)
            call = next(self._with_known(least), least)
            return Accepted(call, self.caller.request(self.plan, call), success=True)
        except (ConnectorError, InvalidArguments, Unsupported):
            return None

    def _with_known(self, least: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The least arguments with values of the service in the path: first those that belong together."""
        arguments = {argument.wire: argument for argument in self.plan.all_arguments.at["path"]}
        for chosen in self.known.at(self.plan.operation.path)[:2]:
            yield {**least, **{arguments[wire].name: value for wire, value in chosen.items() if wire in arguments}}
        values = {argument.name: self._known_of(argument) for argument in arguments.values()}
        values = {name: known for name, known in values.items() if known}
        for index in range(2 if values else 0):
            yield {**least, **{name: known[min(index, len(known) - 1)] for name, known in values.items()}}

    def _known_of(self, argument: Argument) -> list[Any]:
        """The values of the service that an argument may have."""
        known = self.known.of(argument.name)
        return [value for value in known if self.plan.accepts(argument.schema, value, request=True)]

    def _round(
        self, calls: Iterator[tuple[Edge, str | None]], waiting: list[tuple[Edge, str | None]]
    ) -> Failure | None:
        """The next check that fails, with its smallest call. A boundary that fails is tried again without that
        check."""
        smallest = Smallest()

        def try_call(call: Mapping[str, Any], accept: str | None) -> None:
            self._try(Edge(dict(call), ""), accept, smallest)

        try:
            while True:
                if not waiting and (following := next(calls, None)) is not None:
                    waiting.append(following)
                if not waiting:
                    break
                self._try(*waiting[0], smallest)
                waiting.clear()
        except CheckFailed:
            return shrink(try_call, smallest.failure, smallest) if smallest.failure is not None else None
        return search(
            lambda drawn: try_call(*drawn),
            st.tuples(arguments(self.plan, self.known), st.sampled_from(self.accepts)),
            max(self.left, 1),
            self.random_seed,
            smallest,
        )

    def _try(self, edge: Edge, accept: str | None, smallest: Smallest) -> None:
        """Make a call, and pass its outcome through the checks."""
        call = edge.arguments
        try:
            outcome = self.caller.call(self.plan, call, accept)
        except (InvalidArguments, Unsupported):
            return  # the strategy drew what the client refuses: rules between arguments are not drawn
        self.left -= 1
        learn(self.known, outcome, self.caller)
        remember(self.known, outcome)
        self._keep(outcome)
        status = outcome.response.status if outcome.response is not None else 0
        if self.start is None and outcome.is_success:
            self.start = call
        if edge.firm and status in REFUSING and edge not in self.refused:
            self.refused.append(edge)
        for check, message_of in CHECKS.items():
            message = message_of(outcome, self.caller) if check not in self.failed else None
            if message:
                text = self.caller.mask.text(message)
                smallest.fail(Failure(check, self.plan.operation.id, self.name, call, text, accept))

    def _refused_values(self) -> Iterator[Failure]:
        """Yield the failures of legal values that the service refuses, while it takes the same call with another."""
        count, start = 0, self.start
        for edge in self.refused if start is not None else ():
            message = refused_value(self.caller, self.plan, edge, start or {})
            if message and count < _MOST_REFUSED:
                count += 1
                yield Failure(REFUSED, self.plan.operation.id, self.name, edge.arguments, message)

    def _keep(self, outcome: Outcome) -> None:
        """Keep a call to make illegal ones of: a success before others, of successes that with the most values."""
        success = outcome.is_success
        known = self.accepted
        if known is not None and (known.success, _size(known.arguments)) >= (success, _size(outcome.arguments)):
            if success and known.success and known.arguments != outcome.arguments:
                self.accepted_before = Accepted(outcome.arguments, self._request(outcome), success)
            return
        if known is not None and known.success:
            self.accepted_before = known
        self.accepted = Accepted(outcome.arguments, self._request(outcome), success)

    def _request(self, outcome: Outcome) -> Request:
        return self.caller.request(self.plan, outcome.arguments)

    def _refusals(self) -> Iterator[Failure]:
        """Yield the smallest call that breaks a rule and is not refused, if there is one."""
        smallest = Smallest()

        def try_call(drawn: Broken) -> None:
            problem = refused(self.plan, drawn.arguments, self.caller)
            if problem:
                message = f"{drawn.where} breaks the rule {drawn.rule!r}: {problem}"
                smallest.fail(Failure(REFUSAL, self.plan.operation.id, self.name, drawn.arguments, message))

        examples = max(self.examples, _LEAST_REFUSALS)
        failure = search(try_call, broken(self.plan), examples, self.random_seed, smallest)
        if failure is not None:
            yield failure


def _size(value: object) -> int:
    """How many members there are in arguments, of a list those of its first item: each has rules that can be broken."""
    if isinstance(value, Mapping):
        return sum(1 + _size(member) for member in value.values())
    return 1 + _size(value[0]) if isinstance(value, list) and value else 0


def hostile(
    connector: Connector, operations: list[str] | None = None, *, examples: int = EXAMPLES, random_seed: int = 0
) -> Iterator[Failure]:
    """Send malformed responses to the calls of operations, on loopback; yield those for which a call raises anything
    but a ``ConnectorError``. Nothing is sent to the service."""
    caller = Caller(connector)
    with FixedServer() as server:
        for name in operations or caller.names():
            try:
                plan = caller.plan(name)
                call = minimal(plan)
                request = caller.request(plan, call)
            except (InvalidArguments, InvalidDocument, Unsupported):
                continue
            failure = _malformed(caller, server, plan, name, call, request, examples, random_seed)
            if failure is not None:
                yield failure


def _malformed(
    caller: Caller, server: FixedServer, plan: Plan, name: str, call: dict[str, Any], request: Request,
    examples: int, random_seed: int,
) -> Failure | None:  # fmt: skip
    """The smallest response that breaks the client."""
    smallest = Smallest()

    def try_response(response: bytes) -> None:
        message = escaped(plan, request, response, server, caller.runner)
        if message:
            smallest.fail(Failure(CLIENT, plan.operation.id, name, call, message, response=response))

    return search(try_response, responses(plan), examples, random_seed, smallest)
