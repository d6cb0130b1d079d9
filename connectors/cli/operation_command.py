"""The command of an operation, and what a shell is offered for its options.

Nothing is sent with credentials from here: the user has not asked for a call yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import click
from click.shell_completion import CompletionItem
from msgspec import Struct

from openconnectors.cli.completion import items, saved_names
from openconnectors.cli.help import Command
from openconnectors.engine.model import Service
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.loading import connect
from openconnectors.registry import Entry

Complete: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]"
_TIMEOUT = 3.0
"""Seconds that somebody who pressed Tab waits for a service."""


class Read(Struct, frozen=True):
    """A connector and its service: its document is read once, whatever its size."""

    entry: Entry
    service: Service


class OperationCommand(Command):
    """The command of an operation."""

    def __init__(self, read: Read, plan: Plan, name: str, **settings: Any) -> None:
        super().__init__(name, **settings)
        self.read = read
        self.plan = plan


def request_types(plan: Plan) -> Sequence[str]:
    """The media types that an operation takes for its body."""
    body = plan.operation.request_body
    return tuple(body.content) if body is not None else ()


def _servers(read: Read) -> dict[str, str]:
    servers = (*read.service.servers, *read.service.further_servers)
    return {server.name or server.url: server.description for server in servers}


_OFFERED: dict[str, Callable[[OperationCommand], Any]] = {
    "response_types": lambda command: command.plan.offered,
    "request_types": lambda command: request_types(command.plan),
    "connections": lambda command: saved_names(command.read.entry.name),
    "servers": lambda command: _servers(command.read),
    "parameters": lambda command: [argument.name for argument in command.plan.arguments],
}
"""What is offered for the options of every operation."""


def offered(kind: str) -> Complete:
    """A function that offers what the operation has of a kind."""

    def complete(context: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        command = context.command
        return items(_OFFERED[kind](command), incomplete) if isinstance(command, OperationCommand) else []

    return complete


def argument_values(argument: Argument) -> Complete:
    """A function that offers values of an argument: those of its enum, or those that the service of a connector found
    by name lists without credentials."""

    def complete(context: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        command = context.command
        if not isinstance(command, OperationCommand):
            return []
        values = {
            name.removeprefix("argument_"): value
            for name, value in context.params.items()
            if name.startswith("argument_") and value not in (None, ())
        }
        choices = _choices(command, argument, values, context.params.get("base_url"))
        return items({str(value): title for value, title in choices}, incomplete)

    return complete


def _choices(
    command: OperationCommand, argument: Argument, values: dict[str, Any], base_url: str | None
) -> list[tuple[Any, str]]:
    read, plan = command.read, command.plan
    schema = plan.contract(argument.schema)
    schema = schema if schema.items is None else plan.contract(schema.items)
    if schema.enum is not None:
        return [(value, "") for value in schema.enum]
    if schema.types == ("boolean",):
        return [("true", ""), ("false", "")]
    if not read.entry.named:
        return []
    connector = connect(read.entry, {}, base_url, None, {"timeout": _TIMEOUT}, service=read.service)
    return connector[plan.operation.id].choices(argument.name, **values)
