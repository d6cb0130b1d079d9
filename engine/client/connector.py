"""A connector as people use it: its operations by name, and its connection."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.connected import ConnectedService
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.call.runner import Loop, Runner, Waiting
from openconnectors.engine.client.diagnostics import diagnostics
from openconnectors.engine.client.operation import BoundOperation, Operation
from openconnectors.engine.client.recipes import Recipe
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import UnknownName
from openconnectors.engine.http import Transport
from openconnectors.engine.model import Service
from openconnectors.engine.plan.options import Options

if TYPE_CHECKING:
    from openconnectors.engine.client import notebook
else:
    notebook = module("openconnectors.engine.client.notebook")

__tracebackhide__ = True


class UnknownOperation(UnknownName, AttributeError):
    """No operation has this name: also an ``AttributeError``, as attributes are asked for."""


OperationT = TypeVar("OperationT", bound=BoundOperation[Any])
R = TypeVar("R", bound=Loop)


class Operations(Mapping[str, OperationT]):
    """The operations of a connector by Python name, in the order of the document; each is compiled when it is first
    asked for."""

    def __init__(self, connected: ConnectedService, bind: Callable[[str, Calls], OperationT]) -> None:
        self._connected = connected
        self._bind = bind
        self._operations: dict[str, OperationT] = {}

    def __getitem__(self, name: str) -> OperationT:
        operation = self._operations.get(name)
        if operation is None:
            connected = self._connected
            if name not in connected.operation_ids:
                raise UnknownOperation("operation", name, connected.operation_ids)
            calls = Calls(connected, connected.plan(connected.operation_ids[name]), connected.options)
            operation = self._operations[name] = self._bind(name, calls)
        return operation

    def __contains__(self, name: object) -> bool:
        return name in self._connected.operation_ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._connected.operation_ids)

    def __len__(self) -> int:
        return len(self._connected.operation_ids)

    def __repr__(self) -> str:
        return f"<operations of {self._connected.name}: {', '.join(self)}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return notebook.table(self._connected)


class BoundConnector(Generic[R, OperationT]):
    """What a connector is, whatever runs its calls."""

    def __init__(
        self,
        name: str,
        service: Service,
        connection: Connection,
        options: Options,
        runner: R,
        operation: Callable[[str, Calls, R], OperationT],
        recipe: Recipe | None = None,
    ) -> None:
        self.connection = connection
        self.__runner__ = runner
        self.__connected__ = ConnectedService(name, service, connection, options, runner.clock)
        self.__connected__.recipe = recipe
        self.operations: Mapping[str, OperationT] = Operations(
            self.__connected__, lambda name, calls: operation(name, calls, runner)
        )

    def __repr__(self) -> str:
        connected = self.__connected__
        return f"<connector {connected.name}: {len(self)} operations at {self.connection.base}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: a table of the operations."""
        return notebook.table(self.__connected__)

    def __reduce__(self) -> Any:
        recipe = self.__connected__.recipe
        return self.connection.__reduce__() if recipe is None else (recipe.connector, (recipe.options,))

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self.operations])

    def __iter__(self) -> Iterator[str]:
        return iter(self.operations)

    def __len__(self) -> int:
        return len(self.operations)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _OLD and name not in self.operations:
            instead, read = _OLD[name]
            warnings.warn(f"connector.{name} is an old spelling; use {instead}", DeprecationWarning, stacklevel=2)
            return read(self)
        return self.operations[name]

    def __getitem__(self, operation_id: str) -> OperationT:
        for name, known_id in self.__connected__.operation_ids.items():
            if known_id == operation_id:
                return self.operations[name]
        return self.operations[operation_id]


class Connector(BoundConnector[Runner, Operation]):
    """A service with a connection. Its operations are attributes by their Python names (``connector.get_thing``), and
    items by their ids (``connector["GetThing"]``); ``operations`` has them all, ``connection`` is the connection.

    ``close`` ends the connections of the network that are kept, as leaving a ``with`` block does. ``waits`` says how
    calls wait, if not by the system's clock."""

    def __init__(
        self,
        name: str,
        service: Service,
        connection: Connection,
        transport: Transport,
        options: Options,
        *,
        close: Callable[[], object] | None = None,
        recipe: Recipe | None = None,
        waits: Waiting | None = None,
    ) -> None:
        runner = Runner(transport, connection.mask)
        if waits is not None:
            runner = Runner(transport, connection.mask, waits.sleep, waits.clock)
        super().__init__(name, service, connection, options, runner, Operation, recipe)
        self._close = close

    def close(self) -> None:
        """End the connections of the network that are kept. A transport or session of the caller's stays open."""
        if self._close is not None:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def connected(connector: BoundConnector[Any, Any]) -> ConnectedService:
    """What is behind a connector: its service, its connection, its compiled operations."""
    return connector.__connected__


def runner_of(connector: Connector) -> Runner:
    """What runs the calls of a connector."""
    return connector.__runner__


_OLD: Mapping[str, tuple[str, Callable[[BoundConnector[Any, Any]], Any]]] = {
    "service": ("connected(connector).service", lambda connector: connector.__connected__.service),
    "diagnostics": ("diagnostics(connected(connector))", lambda connector: diagnostics(connector.__connected__)),
}
"""Attributes that a connector had once, with what to use in their place. An operation of the name goes first."""
