"""A connector with its sandbox, for the time of a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from openconnectors.engine.client.connector import connected
from openconnectors.engine.client.options import with_options
from openconnectors.engine.deferred import module
from openconnectors.engine.extras import require
from openconnectors.engine.http import AwaitedTransport, Transport
from openconnectors.engine.model import MISSING, Service
from openconnectors.engine.plan.options import CallOptions, Options
from openconnectors.entries import Entry
from openconnectors.loading import account_of, service_named
from openconnectors.network import LOOPBACK
from openconnectors.testing.pairs import ConnectorPair
from openconnectors.testing.waits import SkippedWaits

if TYPE_CHECKING:
    from openconnectors.engine import sandbox as sandboxes
    from openconnectors.engine.sandbox import script
    from openconnectors.engine.sandbox.journal import ReceivedRequest
else:
    sandboxes = module("openconnectors.engine.sandbox")
    script = module("openconnectors.engine.sandbox.script")


def sandbox(
    name: str | Path, *, root: str | Path | None = None, skip_waits: bool = True, **options: Unpack[CallOptions]
) -> ConnectorSandbox:
    """A connector with a sandbox of its service on loopback: a context, at whose end both are closed.

    ``name`` is the name of a connector or the path of a document, ``root`` the folder of the files that this refers
    to. ``skip_waits``: waits between attempts and between questions for a state take no time. Further options are
    those of ``Operation.using``. Raise ``MissingExtra`` if the extra ``sandbox`` is not installed, else as ``load``.
    """
    require("openconnectors.testing", "sandbox")
    entry, service = service_named(str(name), None if root is None else Path(root))
    return ConnectorSandbox(entry, service, with_options(Options(), options), skip_waits=skip_waits)


class ConnectorSandbox(ConnectorPair):
    """A sandbox on loopback, and connectors to it with values that it accepts: ``connector`` and ``async_connector``.
    An operation is named as in Python, or by its operationId."""

    def __init__(self, entry: Entry, service: Service, options: Options, *, skip_waits: bool) -> None:
        self._sandbox = sandboxes.Sandbox(service, is_journaled=True)
        self.url = self._sandbox.url
        """Where it listens: the ``base_url`` for a client."""
        self.connection: Mapping[str, str] = self._sandbox.values
        """The connection values that it accepts."""
        _, account = account_of(entry, self.connection, self.url, service=service)
        super().__init__(entry.name, service, account, options, SkippedWaits() if skip_waits else None)

    def __repr__(self) -> str:
        return f"<sandbox of {self._name} at {self.url}>"

    def __enter__(self) -> Self:
        self._sandbox.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._sandbox.stop()

    def _transport(self) -> Transport:
        transport: Transport = self._opening(LOOPBACK.open())
        return transport

    def _async_transport(self) -> AwaitedTransport:
        transport: AwaitedTransport = self._opening(LOOPBACK.open_async())
        return transport

    # What came in

    @property
    def received(self) -> list[ReceivedRequest]:
        """The requests that came in, the oldest first, each with ``operation``, ``arguments``, ``method``, ``url``,
        ``headers``, ``body`` and the ``status`` of its response; secrets are masked."""
        assert self._sandbox.journal is not None  # noqa: S101 - it is journaled
        return self._sandbox.journal.received()

    def received_by(self, operation: str) -> list[ReceivedRequest]:
        """The requests that came in for an operation."""
        name = self._named(operation)
        return [request for request in self.received if name in (request.operation, *request.aliases)]

    def forget(self) -> None:
        """Begin ``received`` anew."""
        assert self._sandbox.journal is not None  # noqa: S101 - as above
        self._sandbox.journal.clear()

    # What is answered next

    def respond(
        self,
        operation: str,
        status: int | None = None,
        *,
        body: Any = MISSING,
        headers: Mapping[str, str] | None = None,
        example: str = "",
        delay: float = 0.0,
        times: int = 1,
    ) -> None:
        """Answer the next requests of an operation so, in place of carrying them out.

        ``body`` is plain data, in whatever representation the request asks for, or bytes, which are sent as they are.
        Without one it is an example of the document for the status; ``example`` names one. ``delay`` are seconds until
        the response is sent.
        """
        answer = script.Answer(status, body, dict(headers or {}), example, delay)
        if not answer.is_own_response:
            answer = script.Answer(200, body, dict(headers or {}), example, delay)
        self._add(operation, answer, times)

    def lose(self, operation: str, *, times: int = 1) -> None:
        """Carry the next requests of an operation out, but close the connection in place of a response."""
        self._add(operation, script.Answer(is_lost=True), times)

    def delay(self, operation: str, seconds: float, *, times: int = 1) -> None:
        """Carry the next requests of an operation out, and respond so many seconds later."""
        self._add(operation, script.Answer(delay=seconds), times)

    @property
    def waiting(self) -> dict[str, int]:
        """How many answers of ``respond``, ``lose`` and ``delay`` no request has had yet, by operation."""
        names = {operation_id: name for name, operation_id in connected(self.connector).operation_ids.items()}
        return {names[operation_id]: count for operation_id, count in self._sandbox.script.waiting().items()}

    def _add(self, operation: str, answer: script.Answer, times: int) -> None:
        self._sandbox.script.add(connected(self.connector).plan(operation).operation.id, answer, times)

    def _named(self, operation: str) -> str:
        """The Python name of an operation; raise ``UnknownName``."""
        behind = connected(self.connector)
        operation_id = behind.plan(operation).operation.id
        return next(name for name, known_id in behind.operation_ids.items() if known_id == operation_id)
