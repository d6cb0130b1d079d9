"""``connectors show``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from openconnectors.cli import completion, tables
from openconnectors.cli.help import Command
from openconnectors.cli.records import Printing, printing, prints_records
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.terminal import escaped_line
from openconnectors.connections import variables, ways
from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.client.description import describe
from openconnectors.engine.client.signature import documentation
from openconnectors.engine.errors import UnknownName
from openconnectors.engine.model import Service
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler
from openconnectors.entries import Entry
from openconnectors.loading import service_named

_SCRIPTED = "(rewritten by a script of its publisher, which does not run here: it cannot be called)"


@prints_records
@click.command("show", cls=Command)
@click.argument("name", shell_complete=completion.connector)
@click.argument("operation", required=False, shell_complete=completion.operation)
@root_option
@overlay_option
def command(name: str, operation: str | None, root: Path | None, overlays: tuple[Path, ...], **options: Any) -> None:
    """Show a connector or operation: arguments, responses, connection.

    NAME is a connector, or the path of a document or of its folder. The records of a connector are its operations,
    those of an operation its parameters; --filter selects in the whole of what --json prints.
    """
    entry, service = service_named(name, root, overlays)
    if operation is not None:
        _show_operation(entry, service, operation, printing(options))
        return
    description = describe(entry.name, service)
    how = printing(options)
    if how.is_asked_for:
        for row, parameter in zip(description["connection"], service.connection, strict=True):
            row["environment"] = variables(entry, parameter)
        _print(
            how, description, [_summary(kind, row) for kind in ("trigger", "action") for row in description[f"{kind}s"]]
        )
        return
    click.echo(f"{escaped_line(description['title'])} {description['version']}\n{description['description']}\n")
    _show_servers(service)
    _show_connection(entry, service)
    _show_operations(service, description)


def _show_servers(service: Service) -> None:
    """The servers of a document that has a choice of them, or of the values of their variables."""
    servers = (*service.servers, *service.further_servers)
    if len(servers) < 2 and not any(server.variables for server in servers):
        return
    click.echo("Servers")
    table = tables.Table("  url", "name", "")
    for server in servers:
        table.add(f"  {server.url}", server.name, server.description)
        for name, variable in server.variables.items():
            values = ", ".join(variable.allowed) or "any value"
            default = f"; default {variable.default}" if variable.default else ""
            table.add(f"    {name}", "", f"{values}{default}")
    tables.show(table)
    click.echo()


def _show_connection(entry: Entry, service: Service) -> None:
    click.echo("Connection")
    if not service.connection:
        click.echo("  none is needed")
        return
    table = tables.Table("  value", "", "", "environment" if entry.named else "")
    for parameter in service.connection:
        required = "required" if parameter.required else "optional"
        if parameter.sets:
            required = f"one of {', '.join(parameter.sets)}"
        secret = ", secret" if parameter.secret else ""
        names = ", ".join(variables(entry, parameter))
        table.add(f"  {parameter.name}", required + secret, parameter.description or parameter.title, names)
    tables.show(table)
    needed = [parameter for parameter in service.connection if parameter.required or parameter.sets]
    click.echo(f"\n{ways(entry, needed or service.connection)}")


def _show_operations(service: Service, description: dict[str, Any]) -> None:
    for kind in ("triggers", "actions"):
        click.echo(f"\n{kind.capitalize()}")
        if not description[kind]:
            click.echo("  none")
            continue
        table = tables.Table("  name", "method", "path", "title")
        for row in description[kind]:
            scripted = f" {_SCRIPTED}" if row["operation_id"] in service.scripted else ""
            table.add(f"  {row['name']}", row["method"], row["path"], row["title"] + scripted)
        tables.show(table)
    if service.limit:
        click.echo(f"\nLimit\n  {service.limit}")
    if service.webhooks:
        click.echo("\nWebhooks")
        for name in service.webhooks:
            click.echo(f"  {escaped_line(name)}")
    if description["unreadable"]:
        click.echo("\nCannot be called, because the document cannot be read there")
        for row in description["unreadable"]:
            click.echo(f"  {row['name']}  {row['method']} {escaped_line(row['path'])}\n    {row['problem']}")


def _print(how: Printing, description: dict[str, Any], rows: list[Any]) -> None:
    """Print a description whole, or its records, which are rows of a few columns."""
    whole = how.path is not None or how.form == "json"
    how.print_value(description if whole else rows, "json")


def _summary(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"name": row["name"], "kind": kind} | {name: row[name] for name in ("method", "path", "title")}


def _show_operation(entry: Entry, service: Service, name: str, how: Printing) -> None:
    names = operation_names(service)
    operation_id = names.get(name, name if name in service.operations else None)
    if operation_id is None:
        raise UnknownName("operation", name, names)
    if how.is_asked_for:
        description = describe(entry.name, service)
        rows = [*description["actions"], *description["triggers"], *description["unreadable"]]
        shown = next(row for row in rows if row["operation_id"] == operation_id)
        _print(how, shown, shown.get("parameters", []))
    else:
        click.echo(documentation(Plan(Compiler(service), service.operations[operation_id])))
        if operation_id in service.scripted:
            click.echo(f"\n{_SCRIPTED}")
