"""The operation behind a tool: its name and description, its arguments by the names that they have there, its hints."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from mcp import types

from openconnectors.engine.agents.json_values import plain
from openconnectors.engine.agents.schemas import (
    DETAILS,
    Detail,
    Listed,
    arguments_schema,
    is_described,
    results_schema,
    shortened,
)
from openconnectors.engine.client.async_connector import AsyncConnector
from openconnectors.engine.client.async_operation import AsyncOperation, resolved
from openconnectors.engine.client.connector import connected
from openconnectors.engine.client.kinds import KINDS, is_repeatable, kind_of
from openconnectors.engine.errors import Path, Problem
from openconnectors.engine.model import ANY, Choices, Operation, Schema
from openconnectors.engine.naming import unique
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.dynamic import places
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.formats import format_of

LONGEST_NAME = 64
"""The most characters of the name of a tool or an argument that clients and models accept."""
_NAME = re.compile(r"[^a-zA-Z0-9_-]+")


def tool_name(name: str, taken: Iterable[str]) -> str:
    """A name of the letters, digits and signs that clients accept, and of their length; with a number if it is
    taken."""
    accepted = _NAME.sub("_", name).strip("_-") or "operation"
    taken = set(taken)
    if len(accepted) <= LONGEST_NAME and accepted not in taken:
        return accepted
    return unique(accepted[: LONGEST_NAME - 4].rstrip("_-"), taken)


class OperationTool:
    """An operation as a tool. What its document says of arguments is read when it is first wanted."""

    def __init__(self, name: str, connector: AsyncConnector, operation: str, *, confirmed: bool) -> None:
        self.name = name
        self.connector = connected(connector).name
        self.operation_name = operation
        self.is_confirmed = confirmed
        """Whether a person is asked before it is called."""
        self.listed: dict[str, Listed] = {}
        """The values of arguments, once the service has listed them."""
        self._service = connected(connector)
        self._operations = connector.operations

    def __repr__(self) -> str:
        return f"<tool {self.name}: {self.connector}.{self.operation_name}>"

    @cached_property
    def operation(self) -> Operation:
        """The operation of the model."""
        return self._service.service.operations[self._service.operation_ids[self.operation_name]]

    @property
    def calls(self) -> AsyncOperation:
        """The operation, to be called."""
        return self._operations[self.operation_name]

    @cached_property
    def plan(self) -> Plan:
        """The operation, compiled."""
        return self._service.plan(self.operation.id)

    @property
    def mask(self) -> Callable[[Any], Any]:
        """Puts ``***`` for the secrets of the connection in any value."""
        return self._service.connection.mask.value

    @cached_property
    def kind(self) -> str:
        """What it does, a key of ``KINDS``."""
        return kind_of(self.operation)

    @cached_property
    def arguments(self) -> Mapping[str, Argument]:
        """The arguments by their names in the tool: those of Python, without the underscore of a keyword. The members
        of a body are among them; a body is one argument only if it has none."""
        shown = [argument for argument in self.plan.arguments if not argument.hidden]
        if any(argument.location == "property" for argument in shown):
            shown = [argument for argument in shown if argument.location != "body"]
        named: dict[str, Argument] = {}
        for argument in shown:
            named[tool_name(argument.name.strip("_"), named)] = argument
        return named

    @property
    def title(self) -> str:
        """A title for people."""
        return shortened(self.operation.title, 80) or self.operation_name.replace("_", " ").strip().capitalize()

    def description(self, longest: int) -> str:
        """What the operation does, in the words of its document, with at most so many characters."""
        operation = self.operation
        texts = [text for text in (operation.title, operation.description) if text]
        if len(texts) > 1 and texts[1].startswith(texts[0].rstrip(".")):
            texts = texts[1:]
        written = " ".join(text if text.rstrip().endswith((".", "!", "?", ":")) else f"{text}." for text in texts)
        return shortened(written or self.title, max(longest, 80))

    @cached_property
    def choices(self) -> Mapping[str, Choices]:
        """The arguments whose values the service lists, by their names in the tool, with where it lists them."""
        listed = {}
        for name, argument in self.arguments.items():
            contract = self.plan.contract(argument.schema)
            items = self.plan.contract(contract.items) if contract.items is not None else ANY
            source = argument.schema.choices or argument.declaration.choices or contract.choices or items.choices
            if source is not None and self._can_list(source):
                listed[name] = source
        return listed

    @cached_property
    def is_dynamic(self) -> bool:
        """Whether the service says which members an argument has, by an operation that only reads."""
        return any(
            place.status is None and self._can_list(place.source)
            for place in places(self.operation, self.plan.contract)
        )

    async def described(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The schema of the arguments, with the members that the service says they have beside these."""
        values, _ = self.values(arguments)
        plan = (await resolved(self.calls, values)).plan
        known = {(argument.location, argument.wire): argument for argument in plan.arguments}
        current = {name: known.get((each.location, each.wire), each) for name, each in self.arguments.items()}
        listed = {name: self.listed.get(name) for name in self.choices}
        return arguments_schema(plan, current, DETAILS[0], listed)

    def _can_list(self, source: Choices) -> bool:
        """Whether asking for choices only reads, by an operation that the document has."""
        source = source if source.operation else self._service.service.picker or source
        operations = self._service.service.operations
        return source.operation in operations and kind_of(operations[source.operation]) == "read"

    def tool(self, detail: Detail) -> types.Tool:
        """The tool as clients list it."""
        listed = {name: self.listed.get(name) for name in self.choices}
        return types.Tool(
            name=self.name,
            title=self.title if detail.text else None,
            description=self.description(detail.text * 2),
            input_schema=plain(arguments_schema(self.plan, self.arguments, detail, listed)),
            output_schema=plain(self.results_schema(detail)),
            annotations=self.hints,
        )

    @property
    def hints(self) -> types.ToolAnnotations:
        """What it does, for clients that ask a person before some calls."""
        kind = KINDS[self.kind]
        return types.ToolAnnotations(
            read_only_hint=kind.read_only,
            destructive_hint=kind.destructive,
            idempotent_hint=is_repeatable(self.operation),
            open_world_hint=True,
        )

    def results_schema(self, detail: Detail) -> dict[str, Any] | None:
        """The schema of results, if the detail has room for it and every success of the document has the same."""
        schema = self._result
        return None if schema is None or not detail.results else results_schema(self.plan, schema, detail)

    @cached_property
    def _result(self) -> Schema | None:
        responses = self.operation.responses
        successes = [responses[status] for status in responses if status.startswith("2")]
        schemas = [self.plan.preferred_schema(response) for response in successes]
        if len(schemas) != 1 or not is_described(self.plan, schemas[0]):
            return None
        return schemas[0]

    # From a tool's arguments to those of the operation

    def values(self, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """The arguments by the names of the operation, texts in base64 as bytes, with what is wrong of these. A name
        that is not the tool's is left to the operation, which knows the names of the document."""
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, value in arguments.items():
            argument = self.arguments.get(name)
            if argument is None:
                hidden = self.plan.all_arguments.by_name.get(name)
                if hidden is not None and hidden.hidden:
                    problems.append(Problem((name,), "is set by the document; leave it out", part="argument"))
                values[name] = value
                continue
            values[argument.name] = _with_bytes(self.plan, argument.schema, value, (name,), problems)
        return values, problems

    def name_of(self, argument: str) -> str:
        """The name in the tool of an argument of the operation."""
        return next((name for name, known in self.arguments.items() if known.name == argument), argument)


def _with_bytes(plan: Plan, schema: Schema, value: Any, path: Path, problems: list[Problem]) -> Any:
    """A value with bytes in place of the texts in base64 that its schema has."""
    contract = plan.contract(schema)
    row = format_of(contract)
    if "file" in contract.types or (row is not None and row.raw):
        if not isinstance(value, str):
            return value
        try:
            return base64.b64decode(value, validate=True)
        except (ValueError, binascii.Error):
            problems.append(Problem(path, "is not base64 (RFC 4648 section 4)", part="argument"))
            return value
    if isinstance(value, dict):
        return {
            name: _with_bytes(plan, contract.properties[name], inner, (*path, name), problems)
            if name in contract.properties
            else inner
            for name, inner in value.items()
        }
    if isinstance(value, list) and contract.items is not None:
        return [_with_bytes(plan, contract.items, inner, (*path, at), problems) for at, inner in enumerate(value)]
    return value
