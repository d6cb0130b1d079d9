"""What must hold of every answer: one row a check, of a call and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from openconnectors.engine.call.paging import Links
from openconnectors.engine.client.connector import Connector, runner_of
from openconnectors.engine.errors import ConnectorError, InvalidArguments, Problem, TransportError
from openconnectors.engine.flows import Flow
from openconnectors.engine.http import Request, Response
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan

_PAGES = 6
_TELLING = 12
"""How long the text of an item is, at least, that tells it from others."""


@dataclass(frozen=True, slots=True)
class Came:
    """One call: its arguments, the representation that was asked for, and the answer or the error in its place."""

    plan: Plan
    arguments: Mapping[str, Any]
    accept: str | None
    response: Response | None = None
    error: ConnectorError | None = None


@dataclass
class Caller:
    """Makes calls of a connector as they are, sent once: nothing is repeated, redirected or paced.

    ``sent`` counts the requests.
    """

    connector: Connector
    timeout: float = 10.0
    sent: int = 0

    def request(self, plan: Plan, arguments: Mapping[str, Any], accept: str | None = None) -> Request:
        """The request, or ``InvalidArguments``."""
        connection = self.connector.connection
        return plan.request(arguments, connection.base, Options(accept=accept), fixed=connection.fixed)

    def call(self, plan: Plan, arguments: Mapping[str, Any], accept: str | None = None) -> Came:
        """What comes of a call."""
        return self.follow(plan, self.request(plan, arguments, accept), arguments, accept)

    def follow(self, plan: Plan, request: Request, arguments: Mapping[str, Any], accept: str | None) -> Came:
        """What comes of a request."""
        connection = self.connector.connection
        sent = replace(request, timeout=self.timeout, prerequisite=None)
        try:
            flow = connection.send(plan.operation, sent, self._once)
            return Came(plan, arguments, accept, response=runner_of(self.connector).run(flow))
        except ConnectorError as error:
            return Came(plan, arguments, accept, error=error)

    def _once(self, request: Request) -> Flow[Response]:
        self.sent += 1
        response = yield request
        return response


def _no_answer(came: Came, caller: Caller) -> str | None:
    return f"{type(came.error).__name__}: {came.error}" if isinstance(came.error, TransportError) else None


def _unreadable(came: Came, caller: Caller) -> str | None:
    if came.error is None or isinstance(came.error, TransportError):
        return None
    return f"{type(came.error).__name__}: {came.error}"


def _server_error(came: Came, caller: Caller) -> str | None:
    status = came.response.status if came.response is not None else 0
    return f"the service failed: status {status}" if status >= 500 else None


def _differences(came: Came) -> tuple[Problem, ...]:
    if came.response is None or came.response.status >= 500:
        return ()
    return came.plan.differences(came.response)


def _status(came: Came, caller: Caller) -> str | None:
    if came.response is None or came.response.status >= 500:
        return None
    status = came.response.status
    known = came.plan.operation.responses
    fits = str(status) in known or f"{status // 100}XX" in known or ("default" in known and status >= 400)
    fits = fits or ("default" in known and not any(one.startswith("2") for one in known))
    return None if fits else f"status {status}, where {', '.join(known)} are documented"


def _content_type(came: Came, caller: Caller) -> str | None:
    if came.response is not None and came.accept and came.response.status < 300 and came.response.body:
        came_type = came.response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if came_type and came_type != came.accept and came_type.rpartition("+")[2] != came.accept.rpartition("/")[2]:
            return f"{came.accept} was asked for, {came_type} came"
    return next((str(one) for one in _differences(came) if one.path[:1] == ("Content-Type",)), None)


def _schema(came: Came, caller: Caller) -> str | None:
    kept = ("status",), ("Content-Type",)
    return next((str(one) for one in _differences(came) if one.path[:1] not in kept), None)


def _representations(came: Came, caller: Caller) -> str | None:
    """Two representations of one answer are one value."""
    plan, response = came.plan, came.response
    own = [one for one in plan.offered if "json" in one or "xml" in one]
    if plan.operation.method != "GET" or response is None or response.status != 200 or len(own) < 2:
        return None
    values = {}
    for accept in own[:2]:
        other = caller.call(plan, came.arguments, accept)
        if other.response is None or other.response.status != 200:
            status = other.response.status if other.response is not None else type(other.error).__name__
            return f"{accept} is offered, and answered {status}"
        try:
            values[accept] = plan.read(other.response, "lenient").value
        except ConnectorError as error:
            return f"{accept} cannot be read: {error}"
    first, second = values.values()
    return None if first == second else f"{' and '.join(values)} differ{_where(first, second)}"


def _where(first: Any, second: Any, path: str = "") -> str:
    if isinstance(first, dict) and isinstance(second, dict):
        for name in [*first, *second]:
            if first.get(name) != second.get(name):
                return _where(first.get(name), second.get(name), f"{path}.{name}")
    if isinstance(first, list) and isinstance(second, list):
        for index, (one, two) in enumerate(zip(first, second, strict=False)):
            if one != two:
                return _where(one, two, f"{path}[{index}]")
        return f" at {path or 'their root'}: {len(first)} and {len(second)} items"
    return f" at {path.lstrip('.') or 'their root'}: {first!r} and {second!r}"


def _paging(came: Came, caller: Caller) -> str | None:
    """Pages follow one another, each read like the first, and end; no item comes twice, no page again."""
    paging, response, plan = came.plan.paging, came.response, came.plan
    if paging is None or not paging.next_link or paging.operation or response is None or response.status != 200:
        return None
    first = caller.request(plan, came.arguments, came.accept)
    pages, seen, items, url = Links(plan, paging, first), [first.url], list[str](), first.url
    for _ in range(_PAGES):
        if response is None or response.status != 200:
            return f"the next page {url} was answered {response.status if response is not None else 'nothing'}"
        if differs := plan.differences(response):
            return f"the page {url}: {differs[0]}"
        try:
            page = plan.read(response, "lenient").value
            here = [repr(one) for one in pages.items(page)]
            following = None if pages.link(page) is None else pages.after(page)
        except ConnectorError as error:
            return str(error)
        twice = [one for one in here if one in items and len(one) > _TELLING]
        if twice:
            return f"an item comes on two pages: {twice[0][:120]}"
        if following is None:
            return None
        if following.url in seen:
            return f"the page {following.url} comes again"
        if not here:
            return f"an empty page says that there is another: {following.url}"
        items += here
        url = following.url
        seen.append(url)
        response = caller.follow(plan, following, came.arguments, came.accept).response
    return None


CHECKS: Mapping[str, Callable[[Came, Caller], str | None]] = {
    "no-answer": _no_answer,
    "unreadable": _unreadable,
    "server-error": _server_error,
    "status": _status,
    "content-type": _content_type,
    "schema": _schema,
    "representations": _representations,
    "paging": _paging,
}
"""What is checked, in this order: each says what is wrong, or None."""


def refused(plan: Plan, arguments: Mapping[str, Any], caller: Caller) -> str | None:
    """Whether the client refuses arguments before it sends anything; says so where it does not."""
    try:
        request = caller.request(plan, arguments)
    except InvalidArguments:
        return None
    return f"the client makes a request of it: {request.method} {request.url}"
