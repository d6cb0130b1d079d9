"""Each operation of a connector is called once for every representation it offers, with made-up arguments.

``connectors test`` shows the outcomes. Against a sandbox every operation is called; against a service only those that
read, and of these only those whose arguments the document or the caller knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from openconnectors.engine.client.connector import Connector, connected
from openconnectors.engine.client.operation import Operation
from openconnectors.engine.errors import (
    AnswerError,
    ConnectionMissing,
    InvalidArguments,
    InvalidDocument,
    InvalidResponse,
    TransportError,
    Unsupported,
    dotted,
    printable,
)
from openconnectors.engine.http import Response
from openconnectors.engine.model import MISSING
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.codecs import codec_for

Result = Literal["passed", "deviates", "failed", "skipped"]
"""Read as declared; read, but not as declared; refused or not read; not called."""
READING = ("GET", "HEAD")
"""The methods that read (RFC 9110 section 9.3)."""
_SERVER_ERROR = 500
_LISTED = 3
"""Deviations of a response that are shown; more are counted."""


class Outcome(Struct, frozen=True):
    """The outcome of one operation: what was received, and why it is not as it should be or was not called."""

    operation: str
    """Its Python name."""
    method: str
    path: str
    result: Result
    status: int | None = None
    """Of the last response."""
    message: str = ""


def try_operations(
    connector: Connector,
    names: Iterable[str],
    *,
    arguments: Mapping[str, Mapping[str, Any]] | None = None,
    live: bool = False,
) -> Iterator[Outcome]:
    """Call operations by their Python names, and yield the outcome of each. ``arguments`` are those of the caller, by
    operation; they replace what would be made up. ``live``: the service is real, so that nothing is written to it and
    no identifier is made up."""
    service = connected(connector)
    for name in names:
        method, path = service.service.places[service.operation_ids[name]]
        finding = _tried(connector, name, (arguments or {}).get(name, {}), live=live)
        text = connector.connection.mask.text(printable(finding.message))
        yield Outcome(name, method, path, finding.result, finding.status, text)


class _Finding(Struct, frozen=True):
    """The result of an operation, the status of its last response, and a message for people."""

    result: Result
    status: int | None
    message: str


def _tried(connector: Connector, name: str, chosen: Mapping[str, Any], *, live: bool) -> _Finding:
    """What is found when an operation is called, if it is."""
    service = connected(connector)
    try:
        plan = service.plan(name)
        service.refuse_uncallable(plan.operation)
        reason = _reason_to_skip(plan, chosen) if live else ""
        if reason:
            return _Finding("skipped", None, reason)
        return _called(connector.operations[name], plan, {**_made_up(plan, chosen), **chosen}, live=live)
    except (Unsupported, InvalidDocument, ConnectionMissing) as error:
        return _Finding("skipped", None, str(error))
    except InvalidArguments as error:
        return _Finding("skipped", None, f"no arguments can be made of the document: {error}")


def _reason_to_skip(plan: Plan, chosen: Mapping[str, Any]) -> str:
    """Why a real service is not asked; empty if it is."""
    operation = plan.operation
    if operation.method not in READING:
        return f"{operation.method} may change something"
    unknown = [
        argument.name for argument in plan.arguments if argument.needed and not _is_known(plan, argument, chosen)
    ]
    if unknown:
        verb, pronoun = ("is", "it") if len(unknown) == 1 else ("are", "them")
        return f"{', '.join(unknown)} {verb} unknown: give {pronoun} with --arguments"
    return ""


def _is_known(plan: Plan, argument: Argument, chosen: Mapping[str, Any]) -> bool:
    """Whether the caller gives an argument, or the document an example or choices of it."""
    schema = plan.contract(argument.schema)
    documented = [argument.schema.example, schema.example]
    return (
        argument.name in chosen
        or argument.wire in chosen
        or argument.hidden
        or bool(schema.enum)
        or any(value not in (MISSING, None) for value in documented)
    )


def _made_up(plan: Plan, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that make a request, without those that the caller gives under either name."""
    spelled = {argument.name: argument.wire for argument in plan.arguments}
    return {name: value for name, value in minimal(plan).items() if spelled.get(name) not in chosen}


def _called(operation: Operation, plan: Plan, values: Mapping[str, Any], *, live: bool) -> _Finding:
    """What is found in each representation that is a structure, else in one call."""
    structures = [name for name in plan.offered if (codec := codec_for(name)) is not None and codec.structured]
    deviations: dict[str, None] = {}
    status: int | None = None
    representations: list[str] | list[None] = structures or [None]
    for accept in representations:
        try:
            response = _response(operation.using(accept=accept), plan, values, live=live)
        except AnswerError as error:
            return _Finding("failed", error.status, str(error))
        except InvalidResponse as error:
            if error.body is None and not live:
                return _Finding("skipped", None, f"a sandbox makes up what it depends on: {error}")
            return _Finding("failed", status, str(error))
        except TransportError as error:
            return _Finding("failed", None, f"no response: {error}")
        status = response.status
        deviations |= {f"{dotted(deviation.path)}: {deviation.message}": None for deviation in response.deviations}
    return _Finding("deviates" if deviations else "passed", status, _listed(list(deviations)))


def _response(operation: Operation, plan: Plan, values: Mapping[str, Any], *, live: bool) -> Response:
    """The response to a call. A sandbox that keeps records has none of a made-up identifier: it checks the request
    again, and is asked for an example of the declared success (``Prefer``, RFC 7240)."""
    operation = operation.using(validate_responses="lenient")
    try:
        return operation.response(**values)
    except AnswerError as error:
        codes = sorted(code for code in plan.operation.responses if code.startswith("2"))
        if live or error.status >= _SERVER_ERROR or not codes:
            raise
        code = codes[0] if codes[0].isdigit() else "200"
    return operation.using(headers={"Prefer": f"code={code}"}).response(**values)


def _listed(deviations: Sequence[str]) -> str:
    more = len(deviations) - _LISTED
    return "; ".join(deviations[:_LISTED]) + (f"; and {more} more" if more > 0 else "")
