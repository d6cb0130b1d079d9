"""What calls go to: the sandbox of a connector, or the service itself with a saved connection.

Rule. The page sends the name of a target, never an address or a value of a connection.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct

from openconnectors.connection_file import saved_connections
from openconnectors.console.fields import Field, fields_of
from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.errors import ConnectorError, UnknownName
from openconnectors.engine.model import Service
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.values.body import Compiler
from openconnectors.loading import connect, service_of
from openconnectors.network import LOOPBACK, Network
from openconnectors.registry import Entry

SANDBOX = "sandbox"
_NONE = "none"
_SAVED = "saved:"


class Target(Struct, frozen=True):
    """Something that calls can go to. ``is_real`` means that somebody may notice."""

    id: str
    title: str
    is_real: bool


class Connected:
    """A connector of the console, with its sandbox once it is used."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.service: Service = service_of(entry)
        self._lock = threading.Lock()
        self._sandbox: Sandbox | None = None
        self._compiler = Compiler(self.service)
        self._fields: dict[str, tuple[Field, ...]] = {}
        self.names = operation_names(self.service)
        """The ids of the operations, by their Python names."""

    def plan(self, operation: str) -> Plan:
        """An operation by its Python name; raise ``UnknownName`` for an unknown one."""
        if operation not in self.names:
            raise UnknownName("operation", operation, self.names)
        return Plan(self._compiler, self.service.operations[self.names[operation]])

    def fields(self, operation: str) -> tuple[Field, ...]:
        """The fields of an operation's form."""
        if operation not in self._fields:
            self._fields[operation] = fields_of(self.plan(operation))
        return self._fields[operation]

    def targets(self) -> tuple[Target, ...]:
        """What calls can go to, the sandbox first: of saved connections the names."""
        targets = [Target(SANDBOX, "Sandbox", False)]
        if not any(parameter.required for parameter in self.service.connection):
            targets.append(Target(_NONE, "The service, without a connection", True))
        try:
            names = sorted(saved_connections(self.entry.name))
        except ConnectorError:  # the file of connections cannot be read, which a call with one says
            names = []
        return (*targets, *(Target(f"{_SAVED}{name}", name, True) for name in names))

    def target(self, id: str) -> Target:
        """The target of an id; raise ``UnknownName`` for an unknown one."""
        for target in self.targets():
            if target.id == id:
                return target
        raise UnknownName("connection to choose", id.removeprefix(_SAVED), [target.title for target in self.targets()])

    @contextmanager
    def connector(self, target: Target, options: Mapping[str, object]) -> Iterator[Connector]:
        """The connector that calls a target."""
        connection: Mapping[str, str] | str = {} if target.id == _NONE else target.id.removeprefix(_SAVED)
        base_url = None
        if target.id == SANDBOX:
            sandbox = self._started()
            connection, base_url = sandbox.values, sandbox.url
        transport = (Network() if target.is_real else LOOPBACK).open()
        with connect(self.entry, connection, base_url, transport, options, service=self.service) as connector:
            yield connector

    def _started(self) -> Sandbox:
        with self._lock:
            if self._sandbox is None:
                sandbox = Sandbox(self.service)
                sandbox.start()
                self._sandbox = sandbox
            return self._sandbox

    def stop(self) -> None:
        """Stop the sandbox, if it runs."""
        with self._lock:
            if self._sandbox is not None:
                self._sandbox.stop()
                self._sandbox = None
