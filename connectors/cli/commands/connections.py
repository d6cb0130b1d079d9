"""``connectors connections list | test | remove``."""

from __future__ import annotations

from typing import Any

import click

from openconnectors import connection_file
from openconnectors.cli import completion
from openconnectors.cli.help import Command, Group
from openconnectors.cli.records import printing, prints_records
from openconnectors.engine.client.connector import connected
from openconnectors.entries import Entry
from openconnectors.loading import connect, entry_named


@click.group("connections", cls=Group, invoke_without_command=False, no_args_is_help=True)
def command() -> None:
    """List, test and remove saved connections."""


@prints_records
@command.command("list", cls=Command)
def list_(**options: Any) -> None:
    """List the saved connections; values are not shown."""
    rows = [{"connector": connector, "name": name} for connector, name in connection_file.all_saved()]
    how = printing(options)
    how.print_value(rows, "table", ("connector", "name"))
    if not how.is_asked_for:
        click.echo(f"in {connection_file.saved_file()}", err=True)


@command.command("test")
@click.argument("connector", shell_complete=completion.saved_connector)
@click.argument("name", default=connection_file.DEFAULT, shell_complete=completion.saved_connection)
@click.option("--base-url", metavar="URL", help="Place that it was saved for, if not the document's.")
def test(connector: str, name: str, base_url: str | None) -> None:
    """Test a saved connection: call the operation that the connector declares for this."""
    test_connection(entry_named(connector), name, base_url, None)


def test_connection(entry: Entry, name: str, base_url: str | None, server: str | None) -> None:
    """Call the operation that a connector declares for tests of its connections; raise its error."""
    connector = connect(entry, name, base_url, None, {}, server=server)
    test = connected(connector).service.test
    if test is None:
        click.echo("the connector declares no operation to test a connection with; its values are complete", err=True)
        return
    arguments = {key: value for key, value in test.arguments.items() if not isinstance(value, tuple)}
    connector[test.operation](**arguments)
    click.echo(f"{entry.name} {name}: works (called {test.operation})", err=True)


@command.command("remove")
@click.argument("connector", shell_complete=completion.saved_connector)
@click.argument("name", default=connection_file.DEFAULT, shell_complete=completion.saved_connection)
def remove(connector: str, name: str) -> None:
    """Remove a saved connection, and its secrets from the keyring."""
    connection_file.remove(connector, name)
    click.echo(f"removed {name} of {connector}", err=True)
