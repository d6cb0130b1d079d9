"""A service with a connection: what its operations have in common once they can be called.

The engine's own record behind a connector. Flows find other operations of the service in it (the next page, the choices
of a parameter, a schema that the service itself gives); the sandbox, the fuzzer and the command line read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from openconnectors.engine.call.connection import Connection
from openconnectors.engine.errors import InvalidDocument, Problem, UnknownName, Unsupported, printable
from openconnectors.engine.log import logger
from openconnectors.engine.model import Operation, Schema, Service
from openconnectors.engine.naming import distinct, snake
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler

_log = logger("openconnectors")

RESERVED = frozenset({"operations", "connection", "close", "aclose"})
"""The attributes of a connector that are not operations: no operation takes such a name."""


def operation_names(service: Service) -> dict[str, str]:
    """Python name to operationId, in the order of the document; a name that is taken gets a number."""
    ids = list(service.operations)
    return dict(zip(distinct(ids, map(snake, ids), RESERVED), ids, strict=True))


class ConnectedService:
    """A service, a connection to it, and how calls are made: ``options``, and a clock that counts seconds."""

    def __init__(
        self, name: str, service: Service, connection: Connection, options: Options, clock: Callable[[], float]
    ) -> None:
        self.name = name
        self.service = service
        self.connection = connection
        self.options = options
        self.clock = clock
        self.recipe: Any = None
        """How it is loaded again in another process; None if it cannot be."""
        self.operation_ids: Mapping[str, str] = operation_names(service)
        """By Python name."""
        self.schemas: dict[tuple[str, tuple[str, ...], str], Schema | None] = {}
        """The schemas that the service itself gave: by operation, place in its response, and arguments."""
        self._compiler = Compiler(service)
        self._plans: dict[str, Plan] = {}
        self._reported: set[tuple[str, str]] = set()

    def __reduce__(self) -> Any:
        return self.connection.__reduce__()

    def plan(self, operation_id: str) -> Plan:
        """An operation, compiled for this connection and kept; raise ``UnknownName`` if there is none."""
        plan = self._plans.get(operation_id)
        if plan is None:
            known = self.service.operations
            actual_id = operation_id if operation_id in known else self.operation_ids.get(operation_id)
            if actual_id is None:
                raise UnknownName("operation", operation_id, self.operation_ids)
            plan = self._plans[operation_id] = self.compiled(known[actual_id])
        return plan

    def compiled(self, operation: Operation) -> Plan:
        """An operation, compiled for this connection."""
        return Plan(self._compiler, operation, self.connection.values)

    def refuse_uncallable(self, operation: Operation) -> None:
        """Raise an error for an operation that cannot be carried out here, whatever its arguments."""
        if self.service.blocked:
            raise InvalidDocument(self.service.blocked)
        if operation.id in self.service.scripted:
            raise Unsupported(
                f"{operation.id} is rewritten by a script of its publisher's, which does not run here; nothing was sent"
            )

    def report_deviations(self, operation_id: str, deviations: Iterable[Problem]) -> None:
        """Log the deviations of a response or an item of one, each kind once."""
        for deviation in deviations:
            kind = (operation_id, ".".join("*" if isinstance(step, int) else step for step in deviation.path))
            if kind not in self._reported:
                self._reported.add(kind)
                _log.warning(
                    "%s %s deviates from its document: %s", self.name, operation_id, printable(kind[1]) or "value"
                )
