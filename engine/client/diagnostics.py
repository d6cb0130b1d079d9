"""What is wrong with the files of a connector."""

from __future__ import annotations

from openconnectors.engine.call.connected import ConnectedService
from openconnectors.engine.documents.parts import faults
from openconnectors.engine.errors import ConnectorError, Diagnostic
from openconnectors.engine.naming import snake
from openconnectors.engine.policies import findings
from openconnectors.engine.values.patterns import pattern_diagnostics


def diagnostics(connected: ConnectedService) -> tuple[Diagnostic, ...]:
    """What is wrong with the files of a connector, every operation read, and which operations and arguments have a
    number in their Python names, because another has the name."""
    service = connected.service
    problems = [*service.diagnostics, *findings(service), *faults(service)]
    problems += pattern_diagnostics(service)
    for name, operation_id in connected.operation_ids.items():
        try:
            operation = service.operations[operation_id]
            renamed = list(connected.plan(operation_id).renamed())
        except ConnectorError:
            continue  # what is wrong with it is reported when it is called
        if name != snake(operation_id):
            message = f"the operation {operation_id!r} is {name!r} in Python: {snake(operation_id)!r} is another's"
            problems.append(service.finding("name-collision", message, operation.at))
        problems += [service.finding("parameter-collision", message, at) for at, message in renamed]
    return tuple(dict.fromkeys(problems))
