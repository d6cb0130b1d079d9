"""The requests of a form: what would be sent, the call itself, the choices for a field."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request

from openconnectors.console import shown
from openconnectors.console.fields import text_of
from openconnectors.console.submitted import Submitted
from openconnectors.console.targets import SANDBOX, Connected, Target
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.client.kinds import KINDS, kind_of
from openconnectors.engine.client.operation import Operation
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.model import Operation as DeclaredOperation
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.streams import File

_CALL = "call"
"""The part of a form that has everything but its files."""
_CHOICES = 1000
"""Choices that a page shows."""
_KEY = secrets.token_bytes(32)


class Call(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a form sends. ``confirmed`` is the mark of the request that the user agreed to."""

    arguments: dict[str, Any] = {}
    target: str = SANDBOX
    accept: str = ""
    content_type: str = ""
    confirmed: str = ""
    parameter: str = ""
    below: Any = msgspec.UNSET


def call_of(request: Request) -> tuple[Call, list[File]]:
    """What a form sends, with its files. Raise ``BadRequest`` for anything else."""
    try:
        call = msgspec.json.decode(request.form[_CALL].encode(), type=Call)
    except (KeyError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
        raise BadRequest("The form is not one of this console's.") from None
    files: list[File] = []
    while (sent := request.files.get(f"file{len(files)}")) is not None:
        files.append(File(sent.read(), sent.filename or "file", sent.mimetype or None))
    return call, files


class Calls:
    """The verbs of an operation's form: each returns what the page shows, without secrets."""

    def __init__(self, connected: Connected, operation: str, request: Request) -> None:
        self._connected = connected
        self._operation = operation
        self._call, self._files = call_of(request)

    def preview(self) -> Mapping[str, Any]:
        """The request that would be sent, or what is wrong with the form."""
        return self._with(self._previewed)

    def send(self) -> Mapping[str, Any]:
        """The response of the call, or its error. A request that may change something at a real service is not sent
        before it was confirmed."""
        return self._with(self._send)

    def choices(self) -> Mapping[str, Any]:
        """The values that the service lists for a parameter."""
        return self._with(self._choices)

    def _with(self, verb: Callable[[Target, Operation, Connector], Mapping[str, Any]]) -> Mapping[str, Any]:
        try:
            target = self._connected.target(self._call.target)
            options = {"accept": self._call.accept, "content_type": self._call.content_type}
            chosen = {name: text for name, text in options.items() if text}
            with self._connected.connector(target, chosen) as connector:
                operation = connector.operations[self._operation]
                plan = operation.__calls__.plan
                try:
                    reply = verb(target, operation, connector)
                except ConnectorError as error:
                    reply = {"error": shown.error(plan, error)}
                masked: Mapping[str, Any] = connector.connection.mask.value(dict(reply))
                return masked
        except ConnectorError as error:
            return {"error": {"kind": type(error).__name__, "message": str(error), "sent": error.sent}}

    def _arguments(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The arguments of the form, and what is wrong with its texts."""
        submitted = Submitted(self._connected.fields(self._operation), self._call.arguments, self._files)
        problems = [shown.problem_at(problem.path, problem.message) for problem in submitted.problems]
        return submitted.arguments, problems

    def _previewed(self, target: Target, operation: Operation, connector: Connector) -> Mapping[str, Any]:
        texts = {} if self._files else {name: shown.typed(value) for name, value in self._arguments()[0].items()}
        try:
            return {**self._preview(operation, connector), "arguments": texts}
        except ConnectorError as error:
            return {"error": shown.error(operation.__calls__.plan, error), "arguments": texts}

    def _preview(self, operation: Operation, connector: Connector) -> Mapping[str, Any]:
        plan = operation.__calls__.plan
        arguments, problems = self._arguments()
        if problems:
            return {"error": _refused(problems)}
        return {"request": shown.request(plan, connector.connection, operation.request(**arguments))}

    def _send(self, target: Target, operation: Operation, connector: Connector) -> Mapping[str, Any]:
        preview = self._preview(operation, connector)
        if "error" in preview:
            return preview
        plan = operation.__calls__.plan
        if (consent := self._consent(target, plan.operation)) is not None:
            return {**preview, "confirm": consent}
        arguments, _ = self._arguments()
        start = time.monotonic()
        try:
            response = operation.response(**arguments)
            outcome = {"response": shown.response(plan, response, connector.connection.mask)}
        except ConnectorError as error:
            outcome = {"error": shown.error(plan, error)}
        return {**preview, **outcome, "milliseconds": round((time.monotonic() - start) * 1000)}

    def _consent(self, target: Target, operation: DeclaredOperation) -> Mapping[str, Any] | None:
        """What a person has to agree to before an operation is called; None if there is nothing, or it was agreed."""
        kind = KINDS[kind_of(operation)]
        if not target.is_real or (kind.read_only and operation.confirmation is not True):
            return None
        if hmac.compare_digest(self._call.confirmed.encode(), self._mark().encode()):
            return None
        return {"mark": self._mark(), "target": target.title, "does": kind.does, "destroys": kind.destructive}

    def _mark(self) -> str:
        """A text that stands for this call and no other: the form as it is, with the bytes of its files."""
        call = msgspec.structs.replace(self._call, confirmed="")
        place = f"{self._connected.entry.name}\n{self._operation}\n"
        mark = hmac.new(_KEY, place.encode() + msgspec.json.encode(call), hashlib.sha256)
        for file in self._files:
            mark.update(hashlib.sha256(file.content).digest())
        return mark.hexdigest()

    def _choices(self, target: Target, operation: Operation, connector: Connector) -> Mapping[str, Any]:
        plan = operation.__calls__.plan
        source = _listing(plan, operation.argument(self._call.parameter))
        if source is not None and (consent := self._consent(target, source)) is not None:
            return {"request": {"method": source.method, "url": source.path, "headers": []}, "confirm": consent}
        arguments, _ = self._arguments()
        body = arguments.get(plan.body_name)
        members = {
            argument.name: body[argument.path[0]]
            for argument in plan.arguments
            if len(argument.path) == 1 and isinstance(body, dict) and argument.path[0] in body
        }
        below = () if self._call.below is msgspec.UNSET else (self._call.below,)
        listed = operation.choices(self._call.parameter, *below, **{**members, **arguments})
        return {"choices": [[text_of(value), title] for value, title in listed[:_CHOICES]], "count": len(listed)}


def _listing(plan: Plan, argument: Argument) -> DeclaredOperation | None:
    """The operation that lists the choices for an argument; None if no operation does."""
    contract = plan.contract(argument.schema)
    contract = contract if contract.items is None else plan.contract(contract.items)
    source = argument.schema.choices or argument.declaration.choices or contract.choices
    if source is not None and not source.operation:
        source = plan.service.picker
    return None if source is None else plan.service.operations.get(source.operation)


def _refused(problems: list[dict[str, Any]]) -> dict[str, Any]:
    """The error of a form whose texts cannot be read."""
    count = len(problems)
    message = f"It was not sent: {count} problem{'s' * (count != 1)}"
    return {"kind": "InvalidArguments", "message": message, "sent": "no", "problems": problems}
