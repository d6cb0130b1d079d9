"""The two faces of a connector, for tests: one connection, and what carries requests in each face."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from openconnectors.engine.call.connection import Connection
from openconnectors.engine.client.async_connector import AsyncConnector
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.http import AwaitedTransport, Transport
from openconnectors.engine.model import Service
from openconnectors.engine.plan.options import Options
from openconnectors.engine.transports.waits import finished
from openconnectors.testing.waits import SkippedWaits


class ConnectorPair:
    """A connector, blocking and awaited; each is loaded when it is first used."""

    def __init__(
        self, name: str, service: Service, account: Connection, options: Options, waits: SkippedWaits | None
    ) -> None:
        self._name = name
        self._service = service
        self._account = account
        self._options = options
        self._waits = waits
        self._opened: list[Any] = []

    @cached_property
    def connector(self) -> Connector:
        """The connector."""
        transport = self._transport()
        return Connector(self._name, self._service, self._account, transport, self._options, waits=self._waits)

    @cached_property
    def async_connector(self) -> AsyncConnector:
        """The connector whose operations are awaited."""
        transport = self._async_transport()
        return AsyncConnector(self._name, self._service, self._account, transport, self._options, waits=self._waits)

    @property
    def waits(self) -> list[float]:
        """The waits that were skipped, in seconds: between attempts, and between questions for a state."""
        return list(self._waits.seconds) if self._waits is not None else []

    def _transport(self) -> Transport:
        raise NotImplementedError

    def _async_transport(self) -> AwaitedTransport:
        raise NotImplementedError

    def _opening(self, transport: Any) -> Any:
        """A transport that is closed at the end."""
        self._opened.append(transport)
        return transport

    def close(self) -> None:
        """Close the connections of the network."""
        while self._opened:
            transport = self._opened.pop()
            if hasattr(transport, "aclose"):
                finished(transport.aclose())  # which only closes sockets that nobody uses
            else:
                transport.close()
