"""``connectors console``."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from openconnectors.cli import completion
from openconnectors.cli.arguments import flags_of
from openconnectors.cli.commands.call import RESERVED
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import root_option
from openconnectors.console import Console
from openconnectors.loading import entry_named, service_of
from openconnectors.registry import entries_sorted


@click.command("console", cls=Command)
@click.argument("name", required=False, shell_complete=completion.connector)
@root_option
@click.option(
    "--port", type=click.IntRange(0, 65535), metavar="PORT", default=0, help="Port on loopback; a free one by default."
)
@click.option("--open/--no-open", "opens", default=True, help="Open it in the browser.")
def command(name: str | None, root: Path | None, port: int, opens: bool) -> None:
    """Show the reference page of a connector in the browser, and call its operations from forms.

    Calls go to a sandbox, unless a saved connection is chosen in the page. NAME is the name of a connector, or the path
    of a document; without it all connectors are there that are found by name. The console serves on loopback until it
    is interrupted, and only the browser that opens the address with its key.

    Exit status: 0 stopped, 1 the document cannot be read or the port is taken, 2 usage error, 130 interrupted.
    """
    entries = [entry_named(name, root)] if name is not None else [entry for _, entry in entries_sorted()]
    if name is not None:
        service_of(entries[0])  # what is wrong with it is said here, not in the browser
    with Console(entries, lambda plan: flags_of(plan, RESERVED), port=port) as console:
        click.echo(console.url)
        click.echo("stop with Ctrl-C", err=True)
        if opens:
            webbrowser.open(console.single_url())
        console.wait()
