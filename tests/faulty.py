"""Services that keep to their documents but for one fault: what the fuzzer is tried on, and compared by.

A service is a document and a WSGI application; each fault is a row: its name, the group it belongs to, and the checks
that may find it. ``tests.services`` lists the services.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Literal, TypeVar

from msgspec import Struct, field
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

Group = Literal["schema", "format", "state", "paging", "illegal input", "protocol"]


class Bug(Struct, frozen=True):
    """One fault of a service: its name, what it is about, and the checks of which one must find it."""

    name: str
    group: Group
    checks: frozenset[str]


def bugs(group: Group, rows: Mapping[str, set[str]]) -> tuple[Bug, ...]:
    """The faults of a group: names with their checks."""
    return tuple(Bug(name, group, frozenset(checks)) for name, checks in rows.items())


class Service(Struct, frozen=True):
    """A service: its name, its document, its application with a fault (or none) that it has for a number of requests,
    its faults, and the values of its connection."""

    name: str
    document: Mapping[str, Any]
    application: Callable[[str | None, int], Faulty]
    bugs: tuple[Bug, ...]
    connection: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """The header fields that are the credentials of the connection, for tools that are given them so."""


class Faulty:
    """A service as a WSGI application, with a fault or none. After ``budget`` requests it has none any more."""

    document: ClassVar[Mapping[str, Any]]

    def __init__(self, bug: str | None = None, budget: int = 10**9) -> None:
        self.bug, self.budget, self.requests = bug, budget, 0
        self.url = ""
        self._lock = threading.Lock()

    def has(self, bug: str) -> bool:
        """True if this is the fault of the service, and its budget is not used up."""
        return self.bug == bug and self.requests <= self.budget

    def fail(self, bug: str, here: bool = True) -> None:
        """Fail as a service does whose code raises, if this is the fault."""
        if here and self.has(bug):
            raise ZeroDivisionError(bug)

    @Request.application
    def __call__(self, request: Request) -> Response:
        with self._lock:
            if request.path == "/swagger.json":
                return Response(json.dumps(self._located()), content_type="application/json")
            self.requests += 1
            try:
                return self.respond(request)
            except ZeroDivisionError:
                return Response("Internal Server Error", 500, content_type="text/plain")

    def _located(self) -> dict[str, Any]:
        """The document, with the place where the service is."""
        if "swagger" in self.document:
            return {**self.document, "host": self.url.removeprefix("http://")}
        return {**self.document, "servers": [{"url": self.url}]}

    def respond(self, request: Request) -> Response:
        """The response to a request."""
        raise NotImplementedError


_F = TypeVar("_F", bound=Faulty)


@contextmanager
def serving(application: _F) -> Iterator[_F]:
    """Serve an application on loopback, until the end of the block."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    application.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield application
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
