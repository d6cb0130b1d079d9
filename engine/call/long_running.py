"""Long-running operations: whether one is done, where its state is asked, and where its value stands.

Source: Microsoft's REST API Guidelines, "Long-running operations":
``Azure-AsyncOperation`` or ``Operation-Location`` names a URL that tells the state; ``Location`` of a 202 one that
answers 202 until it is done; else the resource itself has a provisioning state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.exchange import wait
from openconnectors.engine.call.links import follow
from openconnectors.engine.errors import InvalidResponse, OperationFailed, Timeout
from openconnectors.engine.flows import Flow
from openconnectors.engine.http import Headers, Request, Response, retry_after
from openconnectors.engine.model import LongRunning
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.members import pick

FIRST, LONGEST = 1.0, 30.0
"""The first and the longest pause, in seconds, if the service names none."""

_MONITORS = ("Operation-Location", "Azure-AsyncOperation")
_SUCCEEDED, _FAILED = "succeeded", ("failed", "canceled", "cancelled")


class LongRunningOperation:
    """The state of one long-running operation: ``step`` asks for it once, ``finish`` until it ends.

    ``next`` is the request that is sent next, after ``pause`` seconds, until that is None; ``final`` is then the
    response with the value.
    """

    def __init__(self, calls: Calls, first: Request) -> None:
        self._calls = calls
        self._plan = calls.plan
        self._send = calls.sender()
        self._clock = calls.connected.clock
        self._deadline = self._clock() + calls.options.max_wait
        self._via = (calls.plan.operation.long_running or LongRunning()).final
        self._first = first
        self._monitor = ""
        self._location = ""
        self._finishing = False
        self.state = "NotStarted"
        self.value: Any = None
        self.pause = FIRST if calls.options.interval is None else calls.options.interval
        self._interval = self.pause
        self.next: Request | None = first
        self.final: Response | None = None

    @property
    def done(self) -> bool:
        """Whether the operation has ended well; an end that is not raises when it is learnt."""
        return self.next is None

    def step(self) -> Flow[bool]:
        """Ask for the state once, without a pause; return whether the operation is done. An error leaves the state."""
        if self.next is not None:
            self.take((yield from self._send(self.next)))
        return self.done

    def finish(self) -> Flow[Response]:
        """Ask for the state until the operation has ended; return the response with its value.

        Raise ``OperationFailed`` if it ends otherwise, and ``Timeout`` if it takes longer than the option
        ``max_wait`` allows.
        """
        while not self.done:
            if self._clock() + self.pause > self._deadline:
                raise Timeout(f"{snake(self._plan.operation.id)} is still {self.state}; max_wait is over", "yes")
            yield from wait(self._calls.labels, self.pause)
            yield from self.step()
        assert self.final is not None  # noqa: S101 - what is done has one
        return self._calls.read(self.final, final=True)

    def take(self, response: Response) -> None:
        """Read a response to ``next``.

        Raise ``AnswerError`` for an error status, ``OperationFailed`` if the operation has failed or was canceled, and
        ``InvalidResponse`` if its state cannot be read.
        """
        started = self.state == "NotStarted"
        if not 200 <= response.status < 300:
            self._plan.read(response, "off")  # raises the error that the document declares
        if self._finishing:
            self._end(response)
            return
        self._headers(response)
        self.value = self._plan.untyped(response)
        if started:
            self._start(response)
        elif self._monitor:
            self._watched(response)
        elif self._location:
            self._located(response)
        else:
            self._provisioned(response)

    def _headers(self, response: Response) -> None:
        """Keep where and when a response says to ask next."""
        monitor = next((response.headers[name] for name in _MONITORS if name in response.headers), "")
        self._monitor = monitor or self._monitor
        if "Location" in response.headers:
            self._location = response.headers["Location"]
        pause = retry_after(response.headers)
        self.pause = self._interval if pause is None else pause
        self._interval = min(self._interval * 2, LONGEST)

    def _start(self, response: Response) -> None:
        state = _provisioning(self.value)
        self.state = state or "InProgress"
        if response.status == 204 or (response.status != 202 and state.lower() == _SUCCEEDED):
            self._end(response)
        elif self._monitor:
            self._ask(self._monitor)
        elif response.status == 202 and self._location:
            self._ask(self._location)
        else:
            self._location = ""  # of a 201: where the resource is
            self._provisioned(response)

    def _provisioned(self, response: Response) -> None:
        """The resource itself has the state; one without a state is done."""
        creates = self._first.method in ("PUT", "PATCH")
        if (creates and not response.body and response.status != 204) or (not creates and response.status == 202):
            raise InvalidResponse(f"{self._plan.operation.id} was answered {response.status} without its state")
        self.state = _provisioning(self.value) or ("InProgress" if response.status == 202 else "Succeeded")
        self._refuse_failure()
        if self.state.lower() == _SUCCEEDED:
            self._end(response)
        else:
            self._ask(self._first.url)

    def _located(self, response: Response) -> None:
        """A location is answered 202 until it has the result."""
        if response.status == 202:
            self.state = _provisioning(self.value) or "InProgress"
            self._ask(self._location)
        else:
            self.state = "Succeeded"
            self._end(response)

    def _watched(self, response: Response) -> None:
        """A monitor has the state; where the result is depends on the method and on what is declared."""
        state = self.value.get("status") if isinstance(self.value, Mapping) else None
        if not isinstance(state, str):
            raise InvalidResponse(f"the state of {self._plan.operation.id} has no status")
        self.state = state
        self._refuse_failure()
        if state.lower() != _SUCCEEDED:
            self._ask(self._monitor)
            return
        method = self._first.method
        via = self._via or ("original-uri" if method in ("PUT", "PATCH") else "location")
        if via == "original-uri":
            self._finish(self._first.url)
        elif via == "location" and self._location and method != "DELETE":
            self._finish(self._location)
        elif method == "DELETE":
            self._end(replace(response, headers=Headers(), body=b""))  # of what is gone there is no value
        else:
            self._end(response)

    def _finish(self, link: str) -> None:
        self._finishing = True
        self.pause = 0.0
        self._ask(link)

    def _refuse_failure(self) -> None:
        if self.state.lower() in _FAILED:
            raise OperationFailed(snake(self._plan.operation.id), self.state, self.value)

    def _end(self, response: Response) -> None:
        self.state = "Succeeded"
        self.next, self.final = None, response

    def _ask(self, link: str) -> None:
        what = f"the link to the state of {self._plan.operation.id}"
        self.next = follow(self._first, link, what, "GET")


def _provisioning(value: Any) -> str:
    """The provisioning state of a resource, or an empty text."""
    for steps in (("properties", "provisioningState"), ("provisioningState",)):
        state = pick(value, steps)
        if isinstance(state, str):
            return state
    return ""


def started(calls: Calls, arguments: Mapping[str, Any]) -> Flow[LongRunningOperation]:
    """A long-running operation after its first response."""
    calls = yield from calls.resolved(arguments)
    return (yield from started_by(calls, calls.request(arguments)))


def started_by(calls: Calls, request: Request) -> Flow[LongRunningOperation]:
    """The long-running operation that a request starts, after its first response."""
    operation = LongRunningOperation(calls, (yield from calls.with_prerequisites(request)))
    yield from operation.step()
    return operation
