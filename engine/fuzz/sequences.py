"""Sequences of calls: a fixed one for each resource, then random ones of Hypothesis' state machines.

Theory of operation. The fixed sequence (``scenarios``) comes first: it leaves items and identifiers for the calls of
single operations. A failure is shrunk by leaving steps out, its check is left out from then on, and the sequence begins
anew with other values. State machines come after single calls, and draw steps and values; Hypothesis shrinks both.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, precondition, rule, run_state_machine_as_test
from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.engine.errors import InvalidArguments, Unsupported
from openconnectors.engine.fuzz.actions import actions
from openconnectors.engine.fuzz.calls import Caller
from openconnectors.engine.fuzz.failures import Failure
from openconnectors.engine.fuzz.learning import remember
from openconnectors.engine.fuzz.resources import Named, Resource, needed, resources
from openconnectors.engine.fuzz.samples import sample
from openconnectors.engine.fuzz.scenarios import scenario
from openconnectors.engine.fuzz.search import CheckFailed, Smallest, limited, smallest_of
from openconnectors.engine.fuzz.sequence_checks import SEQUENCE_CHECKS
from openconnectors.engine.fuzz.session import PLAIN, Session
from openconnectors.engine.fuzz.steps import CREATING, Step
from openconnectors.engine.fuzz.strategies import Known, Strategy, arguments
from openconnectors.engine.fuzz.verbs import play
from openconnectors.engine.model import MISSING
from openconnectors.engine.path_templates import variables
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan

_ROUNDS = 8
"""Failures of one resource that a kind of sequence looks for."""
_NUMBERS = 40
"""The values of a fixed sequence are numbered from a multiple of this, so that each has its own."""
_TRIES = 30
"""Sequences that are played to make one shorter."""
_STEPS = 8
"""Steps of a random sequence."""
_CALLS = 16
"""Calls that a random sequence comes to, about."""


class Sequences(Struct):
    """The sequences of some operations. ``failed`` are the checks to leave out, by the path of the resource."""

    caller: Caller
    known: Known
    plans: Mapping[str, Plan]
    random_seed: int
    failed: dict[str, set[str]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    outer: dict[str, dict[str, Any]] = field(default_factory=dict)
    others: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    turns: int = 0
    unplayed: list[Resource] = field(default_factory=list)
    """The resources whose fixed sequence could not be played: nobody knew yet what they are below."""

    def fixed(self) -> Iterator[Failure]:
        """Yield the failures of the fixed sequences. What a single call may fail is left to single calls."""
        waiting = resources(self.plans)
        again: list[Resource] = []
        for resource in waiting:
            if not (yield from self._fixed(resource)) and not resource.is_unread:
                again.append(resource)
        for resource in again:  # what refers to things that were created after it
            if not (yield from self._fixed(resource)):
                self.unplayed.append(resource)

    def _fixed(self, resource: Resource) -> Generator[Failure, None, bool]:
        """Yield the failures of the fixed sequence of a resource; return False if it could not be played."""
        failed = self.failed.setdefault(resource.path, set())
        for _ in range(_ROUNDS):
            smallest = Smallest()
            session = self.session(resource, failed, smallest)
            if session is None:
                return False
            session.is_lenient = True
            self.turns += 1
            try:
                return scenario(session, self.known, self.turns * _NUMBERS)
            except CheckFailed:
                if smallest.failure is None:
                    return True
                failure = self._shorter(smallest.failure, resource, failed, is_lenient=True)
                yield failure
                failed.add(_left_out(failure))
        return True

    def random(self, examples: int, reported: set[tuple[str, str]]) -> Iterator[Failure]:
        """Yield the failures of random sequences, about so many calls of each resource. ``reported`` are the pairs of
        operation and check that single calls have failed."""
        single = {f"{name} {check}" for name, check in reported}
        for resource in self.unplayed:
            yield from self._fixed(resource)
        for resource in resources(self.plans):
            failed = self.failed.setdefault(resource.path, set()) | single
            for _ in range(_ROUNDS):
                failure = self._late(resource, failed)
                if failure is None:
                    break
                yield failure
                failed.add(failure.check)
            for _ in range(_ROUNDS if resource.create is not None and not resource.is_unread else 0):
                failure = self._search(resource, failed, max(1, examples // _CALLS))
                if failure is None:
                    break
                failure = self._shorter(failure, resource, failed)
                yield failure
                failed.add(_left_out(failure))

    def session(self, resource: Resource, failed: set[str], smallest: Smallest) -> Session | None:
        """A session with a resource, within an item of its parent; None if there is none of these."""
        session = Session(self.caller, resource, self.known, failed, smallest)
        session.settled = self.settled
        outer = self.outer.get(resource.path)
        if outer is None:
            outer = self._outer(resource)
            if outer is None:
                return None
            self.outer[resource.path] = outer
        session.outer = outer
        session.below = list(_below(resource, self.plans))
        session.actions = list(actions(resource, self.plans))
        if outer:
            session.another = partial(self._another, resource)
        return session

    def _another(self, resource: Resource) -> dict[str, Any] | None:
        """As ``_outer``, of another item of the parent."""
        if resource.path not in self.others:
            self.turns += 1
            created = self._outer(resource, is_created=True) if resource.parent is not None else None
            self.others[resource.path] = created or self._known_other(resource)
        return self.others[resource.path]

    def _known_other(self, resource: Resource) -> dict[str, Any] | None:
        """The values of the path variables for another item of a parent that nobody creates, if one is known."""
        operation, outer = resource.collection or resource.create or resource.read, self.outer.get(resource.path)
        last = variables(resource.path)[-1:]
        for argument in needed(operation.plan) if operation is not None and outer is not None else ():
            for value in self.known.of(argument.name) if [argument.wire] == last else ():
                if outer is not None and value != outer[argument.wire]:
                    return {**outer, argument.wire: value}
        return None

    def _outer(self, resource: Resource, *, is_created: bool = False) -> dict[str, Any] | None:
        """The values of the path variables that all items of a resource share: those of an item of its parent, created
        for this, else what the service is known to have, unless it must be ``is_created``. None: a value is missing."""
        operation = resource.create or resource.collection or resource.read
        names = variables(resource.path)
        if operation is None or not names:
            return {}
        values: dict[str, Any] = {}
        if resource.parent is not None and resource.parent.create is not None:
            session = self.session(resource.parent, {*PLAIN, *SEQUENCE_CHECKS}, Smallest())
            member = resource.parent.read or resource.parent.delete or resource.parent.replace
            create = resource.parent.create
            if session is not None and member is not None:
                for optional in (True, False):
                    shared = {argument.name for argument in create.plan.arguments if argument.location == "path"}
                    drawn = sample(create.plan, 900 + self.turns, optional=optional)
                    arguments_of_parent = {key: value for key, value in drawn.items() if key not in shared}
                    item = play(session, Step("create", None, arguments_of_parent))
                    if item is not None:
                        ordered = [item.key.get(name) for name in variables(member.plan.operation.path)]
                        values = dict(zip(names, ordered, strict=False))
                        break
        accepts = operation.plan.accepts
        for argument in needed(operation.plan):
            if argument.wire in names and values.get(argument.wire) is None and not is_created:
                known = [each for each in self.known.of(argument.name) if accepts(argument.schema, each, request=True)]
                values[argument.wire] = next(iter([*known, *_examples(operation.plan, argument)]), None)
        return values if all(values.get(name) is not None for name in names) else None

    # Shorter sequences

    def replayed(
        self, resource: Resource, steps: list[Step], failed: set[str], *, is_lenient: bool = False
    ) -> Failure | None:
        """The failure of steps; None if they do not fail any more."""
        smallest = Smallest()
        session = self.session(resource, failed, smallest)
        if session is None:
            return None
        session.is_lenient = is_lenient
        try:
            for step in steps:
                play(session, step)
        except CheckFailed:
            return smallest.failure
        return None

    def _shorter(self, failure: Failure, resource: Resource, failed: set[str], *, is_lenient: bool = False) -> Failure:
        """A failure with fewer steps, as far as the same check fails."""
        best = failure
        tries = 0

        def attempt(steps: list[Step]) -> bool:
            nonlocal best, tries
            tries += 1
            shorter = self.replayed(resource, steps, failed, is_lenient=is_lenient) if tries <= _TRIES else None
            if shorter is None or shorter.sequence is None or shorter.check != failure.check:
                return False
            best = shorter
            return True

        last = _steps(best)[-1]
        related = [step for step in _steps(best) if step.item in (None, last.item) and step.verb != "list"]
        attempt(_renumbered(related if last in related else [*related, last]))
        index = len(_steps(best)) - 2
        while index >= 0:
            attempt(without(_steps(best), index))
            index = min(index, len(_steps(best)) - 1) - 1
        return best

    # Random sequences

    def _late(self, resource: Resource, failed: set[str]) -> Failure | None:
        """The failure of the list, now that it is longer."""
        steps = [Step(verb) for verb in ("limit", "pages")] if resource.collection is not None else []
        return self.replayed(resource, steps, failed | set(PLAIN))

    def _search(self, resource: Resource, failed: set[str], examples: int) -> Failure | None:
        smallest = Smallest()
        machine = self._machine(resource, failed, smallest)
        if machine is None:
            return None
        run = partial(run_state_machine_as_test, seed(self.random_seed)(machine), settings=limited(examples, _STEPS))
        return smallest_of(run, smallest)

    def _machine(self, resource: Resource, failed: set[str], smallest: Smallest) -> type[RuleBasedStateMachine] | None:
        """The state machine of a resource: a rule for each verb, a bundle of the items that were created."""
        start = self.session(resource, failed, smallest)
        if start is None:
            return None
        sequences, first = self, start

        def drawn(operation: Named | None) -> Strategy:
            if operation is None:
                return st.nothing()
            outer = {argument.name for argument in operation.plan.arguments if argument.location == "path"}
            outer = outer if operation.plan.operation.method != "PUT" or operation is resource.replace else set()
            return arguments(operation.plan, self.known).map(
                lambda values: {name: value for name, value in values.items() if name not in outer}
            )

        class Machine(RuleBasedStateMachine):
            items: Bundle[Any] = Bundle("items")

            def __init__(self) -> None:
                super().__init__()
                self.session: Session = sequences.session(resource, failed, smallest) or first

            @rule(target=items, values=drawn(resource.create))
            def create(self, values: dict[str, Any]) -> Any:
                item = play(self.session, Step("create", None, values))
                return multiple() if item is None else item.number

            @rule(item=items)
            def read(self, item: int) -> None:
                play(self.session, Step("read", item))

            @precondition(lambda self: resource.replace is not None)
            @rule(item=items, values=drawn(resource.replace))
            def replace(self, item: int, values: dict[str, Any]) -> None:
                play(self.session, Step("replace", item, values))

            @precondition(lambda self: resource.update is not None)
            @rule(item=items, values=drawn(resource.update))
            def update(self, item: int, values: dict[str, Any]) -> None:
                play(self.session, Step("update", item, values))

            @precondition(lambda self: resource.delete is not None)
            @rule(item=items)
            def delete(self, item: int) -> None:
                play(self.session, Step("delete", item))

            @precondition(lambda self: resource.collection is not None and bool(self.session.items))
            @rule()
            def list(self) -> None:
                play(self.session, Step("list"))

            def teardown(self) -> None:
                """Delete what is left."""
                for item in self.session.items if resource.delete is not None else ():
                    if not item.is_deleted:
                        sequences.removed(self.session, resource.delete, item.key)

        return Machine

    def removed(self, session: Session, operation: Named | None, key: Mapping[str, Any]) -> None:
        """Delete an item without looking at what comes back."""
        if operation is not None:
            values = {each.name: key[each.wire] for each in operation.plan.arguments if each.wire in key}
            with suppress(InvalidArguments, Unsupported):  # an identifier that the document does not allow
                remember(self.known, self.caller.call(operation.plan, values))


def _examples(plan: Plan, argument: Argument) -> list[Any]:
    """The values that the document itself has for a path variable: an account, a tenant."""
    resolved = plan.contract(argument.schema)
    choices = (argument.schema.example, resolved.example, argument.default, *(resolved.enum or ()))
    return [each for each in choices if each not in (MISSING, None)]


def _below(resource: Resource, plans: Mapping[str, Plan]) -> Iterator[Named]:
    """The operations at paths below that of an item (``POST /books/{id}/copies``) which say what they respond when it
    is not there."""
    member = resource.read or resource.delete
    if member is None or resource.is_single:
        return
    path = member.plan.operation.path.rstrip("/")
    for name, plan in plans.items():
        operation = plan.operation
        inner = operation.path.removeprefix(f"{path}/")
        is_inner = inner != operation.path and not variables(inner)
        if is_inner and operation.method in ("GET", "POST", "PUT") and "404" in operation.responses:
            yield Named(name, plan)


def _left_out(failure: Failure) -> str:
    """What leaves out the check of a failure: for the resource, or, if it is of a single call, for the operation."""
    return failure.check if failure.check in SEQUENCE_CHECKS else f"{failure.name} {failure.check}"


def _steps(failure: Failure) -> list[Step]:
    return list(failure.sequence.steps) if failure.sequence is not None else []


def without(steps: list[Step], index: int) -> list[Step]:
    """Steps but one; without an item, also without what is done with it."""
    left = steps[:index] + steps[index + 1 :]
    created = steps[index].item if steps[index].verb in CREATING else None
    if created is None:
        return left
    left = [step for step in left if step.item != created]
    return [
        replace(step, item=step.item - 1) if step.item is not None and step.item > created else step for step in left
    ]


def _renumbered(steps: list[Step]) -> list[Step]:
    """Steps in which the items that are left have the numbers from 0."""
    numbers: dict[int, int] = {}
    for step in steps:
        if step.verb in CREATING and step.item is not None:
            numbers.setdefault(step.item, len(numbers))
    return [replace(step, item=numbers.get(step.item, step.item)) if step.item is not None else step for step in steps]
