"""Calls made up from a document, and answers made up against its client: what breaks, as small as it gets.

``fuzz`` calls every operation with what it may be called with, and checks each answer; gives arguments that break
one rule, which must be refused before anything is sent. ``hostile`` answers the client with whatever octets. Both
shrink what fails. ``fuzz.values`` has the strategies, for tests of one's own.
"""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, Unsatisfiable

from openconnectors.engine.client.connector import Connector, connected, runner_of
from openconnectors.engine.credentials import Mask
from openconnectors.engine.errors import ConnectorError, InvalidArguments, InvalidDocument, Unsupported
from openconnectors.engine.fuzz.checks import CHECKS, Caller, Came, refused
from openconnectors.engine.fuzz.hostile import Answering, answers, escaped
from openconnectors.engine.fuzz.values import Broken, Known, arguments, broken, edges, values
from openconnectors.engine.http import Request
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.plan import Plan

__all__ = ["CHECKS", "Broken", "Failure", "Known", "arguments", "broken", "fuzz", "hostile", "replay", "values"]

EXAMPLES = 50
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
"""Who tells what there is comes before who needs to know it, who deletes it comes last."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that breaks a check: what to call, and with what, by Python name."""

    check: str
    operation: str
    name: str
    arguments: Mapping[str, Any]
    message: str
    accept: str | None = None
    answer: bytes | None = None
    """The octets that the client was answered with, where they are at fault."""

    def command(self, connector: str, url: str | None) -> str:
        """The same call on the command line."""
        parts = ["connectors", "call", connector, self.name]
        for name, value in self.arguments.items():
            parts += [f"--{name.replace('_', '-')}", _spelled(value)]
        parts += ["--accept", self.accept] if self.accept else []
        parts += ["--base-url", url] if url else ["--sandbox"]
        return shlex.join(parts)

    def python(self, connector: str, url: str | None) -> str:
        """The same call in Python."""
        place = f", base_url={url!r}" if url else ""
        load = "load_file" if "/" in connector or "." in connector else "load"
        using = f".using(accept={self.accept!r})" if self.accept else ""
        told = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"openconnectors.{load}({connector!r}{place}).{self.name}{using}({told})"

    def saved(self) -> dict[str, Any]:
        """As plain data, to be kept and replayed."""
        return {
            "check": self.check,
            "operation": self.operation,
            "name": self.name,
            "arguments": _packed(dict(self.arguments)),
            "message": self.message,
            "accept": self.accept,
            "answer": _packed(self.answer),
        }


def failure_of(told: Mapping[str, Any]) -> Failure:
    """A failure from plain data; ``ValueError`` where it is none."""
    if not isinstance(told, Mapping):
        raise ValueError("a saved failure is a mapping")
    try:
        failure = Failure(**{name: _unpacked(value) for name, value in told.items()})
    except (TypeError, KeyError) as error:
        raise ValueError(f"this is no saved failure: {error}") from None
    if failure.check not in ("refusal", "client", *CHECKS):
        raise ValueError(f"there is no check {failure.check!r}")
    kinds = {"name": str, "arguments": Mapping, "accept": str | None, "answer": bytes | None}
    for member, kind in kinds.items():
        if not isinstance(getattr(failure, member), kind):
            raise ValueError(f"{member} of a saved failure is of another type")
    return failure


_OCTETS = "$octets"


def _packed(value: Any) -> Any:
    if isinstance(value, bytes):
        return {_OCTETS: base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        return {name: _packed(one) for name, one in value.items()}
    return [_packed(one) for one in value] if isinstance(value, list) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {_OCTETS}:
            return base64.b64decode(value[_OCTETS])
        return {name: _unpacked(one) for name, one in value.items()}
    return [_unpacked(one) for one in value] if isinstance(value, list) else value


def _spelled(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(_packed(value), ensure_ascii=False)


class _Broken(Exception):
    """An example that breaks a check."""


def fuzz(
    connector: Connector,
    operations: list[str] | None = None,
    *,
    examples: int = EXAMPLES,
    random_seed: int = 0,
    told: Callable[[str], None] = lambda said: None,
) -> Iterator[Failure]:
    """Calls operations (all of them, or those of these Python names) and gives each failure once, shrunk.

    ``examples`` is how many calls an operation is given before what fails is shrunk. The service is really called, and
    what it does is done: give it a sandbox, or a service that may be written to.
    """
    caller, known = Caller(connector), Known()
    plans: dict[str, Plan] = {}
    for name in operations or list(connector):
        try:
            plans[name] = _plan(connector, name)
        except InvalidDocument:
            told(f"{name}: not called, because the document cannot be read there")
    ordered = sorted(plans, key=lambda name: (_METHODS.index(plans[name].operation.method), _depth(plans[name])))
    for name in ordered:
        before = caller.sent
        yield from _operation(caller, known, plans[name], name, examples, random_seed)
        told(f"{name}: {caller.sent - before} requests")


def _plan(connector: Connector, name: str) -> Plan:
    service = connected(connector)
    return service.plan(service.operation_ids[name])


def _depth(plan: Plan) -> int:
    return plan.operation.path.count("{")


def _operation(
    caller: Caller, known: Known, plan: Plan, name: str, examples: int, random_seed: int
) -> Iterator[Failure]:
    try:
        connected(caller.connector).refuse_uncallable(plan.operation)
        least = minimal(plan)
        caller.request(plan, least)
        first = [least, *edges(plan, least, examples // 2)]
    except Unsupported:
        return  # it cannot be called here, and says so
    except InvalidArguments:
        first = []
    broken_checks: set[str] = set()
    representations: list[str | None] = [*[one for one in plan.offered if "json" in one or "xml" in one][:2]] or [None]
    states: dict[str, int] = {"left": examples}
    while states["left"] > 0:
        failed = _round(caller, known, plan, name, first, representations, broken_checks, states, random_seed)
        if failed is None:
            break
        yield failed
        broken_checks.add(failed.check)
    yield from _refusals(caller, plan, name, examples, random_seed)


def _round(
    caller: Caller, known: Known, plan: Plan, name: str, first: list[dict[str, Any]],
    representations: list[str | None], ignored: set[str], states: dict[str, int], random_seed: int,
) -> Failure | None:  # fmt: skip
    """One search for a check that breaks and has not broken before."""
    smallest: list[Failure] = []

    def look(arguments: Mapping[str, Any], accept: str | None) -> None:
        try:
            came = caller.call(plan, arguments, accept)
        except (InvalidArguments, Unsupported):
            return  # what a strategy holds for legal and a judge does not
        states["left"] -= 1
        mask = caller.connector.connection.mask
        _learn(known, came, mask)
        for check, judge in CHECKS.items():
            said = judge(came, caller) if check not in ignored else None
            if said:
                smallest[:] = [Failure(check, plan.operation.id, name, arguments, mask.text(said), accept)]
                raise _Broken(check)

    try:
        for index, own in enumerate(first):
            for accept in representations if index == 0 else representations[:1]:
                look(own, accept)
        del first[1:]  # once is enough
    except _Broken:
        return _shrunk(look, smallest)
    return _searched(
        lambda drawn: look(*drawn),
        st.tuples(arguments(plan, known), st.sampled_from(representations)),
        max(states["left"], 1),
        random_seed,
        smallest,
    )


def _shrunk(look: Callable[[Mapping[str, Any], str | None], None], smallest: list[Failure]) -> Failure:
    """A failure of a boundary, with less: no argument that need not be there, numbers and texts as small as they
    fail."""
    failure = smallest[0]
    best = dict(failure.arguments)

    def fails(given: Mapping[str, Any]) -> bool:
        try:
            look(given, failure.accept)
        except _Broken:
            return smallest[0].check == failure.check
        return False

    def fails_with(name: str, value: Any) -> bool:
        return fails({**best, name: value})

    for name, value in failure.arguments.items():
        if fails({key: one for key, one in best.items() if key != name}):
            del best[name]
        elif isinstance(value, int) and not isinstance(value, bool):
            best[name] = _least(0, value, partial(fails_with, name))
        elif isinstance(value, str) and len(value) > 1:
            best[name] = value[: _least(0, len(value), partial(_fails_cut, fails_with, name, value))]
    fails(best)
    return smallest[0]


def _fails_cut(fails_with: Callable[[str, Any], bool], name: str, text: str, size: int) -> bool:
    return fails_with(name, text[:size])


def _least(low: int, high: int, fails: Callable[[int], bool]) -> int:
    """The number nearest to the low one that fails still, if those beyond it do."""
    while low != high:
        middle = (low + high) // 2 if high > low else -((-low - high) // 2)
        if fails(middle):
            high = middle
        elif middle == low:
            return high
        else:
            low = middle + 1 if high > low else middle - 1
    return high


def _searched(
    test: Callable[[Any], None], strategy: Any, examples: int, random_seed: int, smallest: list[Failure]
) -> Failure | None:
    """The smallest example that breaks, as the last of a search left it."""

    @seed(random_seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(strategy)
    def search(drawn: Any) -> None:
        test(drawn)

    try:
        search()
    except (_Broken, Flaky):  # a service that has a memory need not fail again
        return smallest[0] if smallest else None
    except Unsatisfiable:
        return None
    return None


def _learn(known: Known, came: Came, mask: Mask) -> None:
    """Values that exist at the service, for later calls; none of them a secret that it echoes."""
    if came.response is not None and came.response.status < 300:
        try:
            value = mask.value(came.plan.read(came.response, "off").value)
        except ConnectorError:
            return
        kind = came.plan.operation.path.rstrip("/").rpartition("/")[2]
        known.learn(value if isinstance(value, Mapping) else {kind: value})


def _refusals(caller: Caller, plan: Plan, name: str, examples: int, random_seed: int) -> Iterator[Failure]:
    """Arguments that break one rule and are not refused: the client's own fault."""
    smallest: list[Failure] = []

    def look(drawn: Broken) -> None:
        said = refused(plan, drawn.arguments, caller)
        if said:
            message = f"{drawn.where} breaks the rule {drawn.rule!r}: {said}"
            smallest[:] = [Failure("refusal", plan.operation.id, name, drawn.arguments, message)]
            raise _Broken("refusal")

    found = _searched(look, broken(plan), max(examples, 20), random_seed, smallest)
    if found is not None:
        yield found


def hostile(
    connector: Connector, operations: list[str] | None = None, *, examples: int = EXAMPLES, random_seed: int = 0
) -> Iterator[Failure]:
    """Answers the calls of operations with made-up octets, on loopback; gives what leaves a call and is neither a value
    nor an error of our tree. Nothing is sent to the service."""
    caller = Caller(connector)
    with Answering() as server:
        for name in operations or list(connector):
            try:
                plan = _plan(connector, name)
                given = minimal(plan)
                request = caller.request(plan, given)
            except (InvalidArguments, InvalidDocument, Unsupported):
                continue
            found = _spoiled(caller, server, plan, name, given, request, examples, random_seed)
            if found is not None:
                yield found


def _spoiled(
    caller: Caller, server: Answering, plan: Plan, name: str, given: dict[str, Any], request: Request,
    examples: int, random_seed: int,
) -> Failure | None:  # fmt: skip
    """The smallest answer that the client cannot bear."""
    smallest: list[Failure] = []

    def look(answer: bytes) -> None:
        said = escaped(plan, request, answer, server, runner_of(caller.connector))
        if said:
            smallest[:] = [Failure("client", plan.operation.id, name, given, said, answer=answer)]
            raise _Broken("client")

    return _searched(look, answers(plan), examples, random_seed, smallest)


def replay(connector: Connector, failure: Failure) -> str | None:
    """What is wrong with a call that was saved; None where it is right now."""
    caller, plan = Caller(connector), _plan(connector, failure.name)
    if failure.check == "refusal":
        return refused(plan, failure.arguments, caller)
    if failure.answer is not None:
        with Answering() as server:
            request = caller.request(plan, failure.arguments)
            return escaped(plan, request, failure.answer, server, runner_of(connector))
    came = caller.call(plan, failure.arguments, failure.accept)
    message = CHECKS[failure.check](came, caller)
    return connector.connection.mask.text(message) if message else None
