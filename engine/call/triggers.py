"""Polling triggers: which part of a response is an event, and what is asked next.

200 brings events, 202 means that there are none; ``Location`` is what to ask next, ``Retry-After`` when. A policy may
say instead where the events are, and how the next request is made of the last response.

Source: learn.microsoft.com, "Create custom APIs you can call from workflows", polling triggers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from msgspec.structs import replace

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.exchange import wait
from openconnectors.engine.call.links import follow
from openconnectors.engine.call.paging import page_items
from openconnectors.engine.errors import InvalidArguments, InvalidResponse, Problem
from openconnectors.engine.flows import Flow
from openconnectors.engine.http import Request, Response, retry_after
from openconnectors.engine.masking import beside, revealed
from openconnectors.engine.model import MISSING
from openconnectors.engine.policies.effects import Cursor
from openconnectors.engine.policies.expressions import Scope, plain
from openconnectors.engine.urls import query_text

PAUSE = 60.0
"""Seconds until a trigger is asked again, if neither the service nor the caller says when."""


class PollingTrigger:
    """The events of a polling trigger: ``step`` asks for them once. ``next`` is the request that is sent next, after
    ``pause`` seconds."""

    def __init__(self, calls: Calls, first: Request) -> None:
        plan, resume = calls.plan, calls.options.resume
        self._calls = calls
        self._plan = plan
        self._is_first = True
        self._interval = self.pause = PAUSE if calls.options.interval is None else calls.options.interval
        self._cursor: Cursor | None = next((effect for effect in plan.policies if isinstance(effect, Cursor)), None)
        self._first = first
        self.next = first
        if resume is not None:
            try:
                self.next = follow(first, _resumed(first.base, resume.get("url")), "the state of a trigger")
            except InvalidResponse as error:
                raise InvalidArguments(plan.operation.id, [Problem(("resume",), str(error), part="option")]) from None

    def step(self) -> Flow[list[Any]]:
        """The events that there are now; an error of the service is raised, and leaves the state."""
        calls = self._calls
        return self.take(calls.read((yield from calls.send(self.next, calls.call()))))

    def next_events(self) -> Flow[list[Any]]:
        """The events that there are now, the first time; later those after a pause."""
        if not self._is_first:
            yield from wait(self._calls.labels, self.pause)
        events = yield from self.step()
        self._is_first = False
        return events

    @property
    def state(self) -> dict[str, Any]:
        """The URL that is asked next, secrets masked."""
        return {"url": str(self.next.url)}

    def take(self, response: Response) -> list[Any]:
        """The events of a response that has been read; sets the next request.

        Raise ``InvalidResponse`` for a ``Location`` that leads away.
        """
        pause = retry_after(response.headers)
        self.pause = self._interval if pause is None else pause
        events = [] if response.status in (202, 204) else self._events(response.value)
        location = response.headers.get("Location")
        if location is not None:
            self.next = follow(self.next, location, f"the Location of {self._plan.operation.id}")
        elif self._cursor is not None and events:
            self.next = replace(self.next, url=self._moved(self._cursor, response))
        return events

    def _events(self, value: Any) -> list[Any]:
        if self._cursor is not None:
            events = self._cursor.events.value(Scope(body=value))
            return events if isinstance(events, list) else [] if events is MISSING else [events]
        if self._plan.operation.trigger != "batch":
            return [] if value is None else [value]
        if self._plan.paging is not None and (items := page_items(self._plan.paging, value)):
            return items
        if isinstance(value, dict):
            lists = [member for member in value.values() if isinstance(member, list)]
            return lists[0] if len(lists) == 1 else [] if lists else [value]
        return value if isinstance(value, list) else []

    def _moved(self, cursor: Cursor, response: Response) -> str:
        """The URL with the query that is made of a response, as it was on the wire."""
        path, _, query = revealed(self.next.url).partition("?")
        scope = Scope(body=self._plan.untyped(response))
        texts = {name: template.text(scope, lambda _, value: plain(value)) for name, template in cursor.query.items()}
        changed = {name: text for name, text in texts.items() if text is not None}
        kept = [pair for pair in query.split("&") if pair and unquote(pair.partition("=")[0]) not in changed]
        kept += [f"{query_text(name)}={query_text(text)}" for name, text in changed.items()]
        return beside(self.next.url, f"{path}?{'&'.join(kept)}" if kept else path)


def _resumed(base: str, url: Any) -> Any:
    """The URL of a state that was kept; the connection's base, whose secrets are masked there, in clear."""
    known = isinstance(url, str) and url.startswith(f"{base}/")
    return f"{revealed(base)}{url.removeprefix(base)}" if known else url


def trigger(calls: Calls, arguments: Mapping[str, Any]) -> Flow[PollingTrigger]:
    """A polling trigger that nothing was asked of yet."""
    calls = yield from calls.resolved(arguments)
    return PollingTrigger(calls, (yield from calls.with_prerequisites(calls.request(arguments))))
