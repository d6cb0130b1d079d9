"""What outlives one call: a long-running operation, the events of a trigger, a subscription."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from openconnectors.engine.call.long_running import LongRunningOperation
from openconnectors.engine.call.runner import Loop, Runner
from openconnectors.engine.call.subscriptions import Subscribed, unsubscribe
from openconnectors.engine.call.triggers import PollingTrigger
from openconnectors.engine.http import Response

R = TypeVar("R", bound=Loop)


class BoundPoller(Generic[R]):
    """What is known of a long-running operation, whatever runs its questions."""

    def __init__(self, name: str, runner: R, operation: LongRunningOperation) -> None:
        self._name = name
        self._runner = runner
        self._operation = operation

    def __repr__(self) -> str:
        return f"<poller of {self._name}: {self.state}>"

    @property
    def state(self) -> str:
        """The state as the service last gave it: ``InProgress``, ``Succeeded``, or a word of its own."""
        return self._operation.state

    @property
    def done(self) -> bool:
        """True once the operation has succeeded. Another end raises an error when it is learnt."""
        return self._operation.done


class Poller(BoundPoller[Runner]):
    """A long-running operation under way: ``state`` is the service's word for it, ``done`` whether it ended.

    ``step`` asks once; ``wait`` asks until it ends, and returns its value.
    """

    def step(self) -> bool:
        """Ask for the state once, without a pause; return whether the operation is done."""
        return self._runner.run(self._operation.step())

    def response(self) -> Response:
        """The response with the value, once the operation is done. Raise ``OperationFailed`` if it ends otherwise, and
        ``Timeout`` if it takes longer than the option ``max_wait``."""
        return self._runner.run(self._operation.finish())

    def wait(self) -> Any:
        """The value, once the operation is done; see ``response``."""
        return self.response().value


class BoundEvents(Generic[R]):
    """Where the events of a polling trigger are, whatever runs its questions."""

    def __init__(self, name: str, runner: R, trigger: PollingTrigger) -> None:
        self._name = name
        self._runner = runner
        self._trigger = trigger
        self._waiting: list[Any] = []

    def __repr__(self) -> str:
        return f"<events of {self._name}>"

    @property
    def state(self) -> dict[str, Any]:
        """Where the trigger is, as plain data. Events that came and were not yet taken are not in it."""
        return self._trigger.state


class Events(BoundEvents[Runner]):
    """The events of a polling trigger, asked for again and again: iterate over them.

    ``step`` asks once, without a pause, and returns what came; ``state`` is where the trigger was left, to be kept and
    given as the option ``resume`` later.
    """

    def step(self) -> list[Any]:
        """The events that there are now; an error of the service is raised, and the state stays."""
        return self._runner.run(self._trigger.step())

    def __iter__(self) -> Events:
        return self

    def __next__(self) -> Any:
        while not self._waiting:
            self._waiting = self._runner.run(self._trigger.next_events())
        return self._waiting.pop(0)


class BoundSubscription(Generic[R]):
    """What is known of a subscription, whatever ends it."""

    def __init__(self, name: str, runner: R, subscribed: Subscribed) -> None:
        self._name = name
        self._runner = runner
        self._subscribed = subscribed
        self.value = subscribed.response.value
        self.location = subscribed.response.headers.get("Location", "")

    def __repr__(self) -> str:
        return f"<subscription of {self._name}>"


class Subscription(BoundSubscription[Runner]):
    """A URL that events are sent to: ``value`` is what the service answered, ``unsubscribe`` ends it."""

    def unsubscribe(self) -> None:
        """Delete what the service has made for it; one that is gone already is not an error."""
        self._runner.run(unsubscribe(self._subscribed))
