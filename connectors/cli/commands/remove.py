"""``connectors remove``."""

from __future__ import annotations

import click

from openconnectors import adding
from openconnectors.cli import completion
from openconnectors.cli.help import Command
from openconnectors.connection_file import saved_connections
from openconnectors.versions import split


@click.command("remove", cls=Command)
@click.argument("name", shell_complete=completion.added_connector)
def command(name: str) -> None:
    """Remove a connector that was added; its saved connections are kept.

    NAME is a connector that was added: connectors list shows where each comes from.
    """
    path = adding.remove(name)
    click.echo(f"removed {name} ({path})", err=True)
    stem = split(name)[0]
    names = sorted(saved_connections(stem))
    if names:
        click.echo(
            f"its saved connections are kept: {', '.join(names)}; connectors connections remove {stem} NAME removes "
            "one of them",
            err=True,
        )
