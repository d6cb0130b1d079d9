"""``connectors completion install | show | remove``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from openconnectors.cli import shells
from openconnectors.cli.help import Group
from openconnectors.cli.shells import SHELLS

_shell = click.argument("shell", type=click.Choice(list(SHELLS)), required=False)


@click.group("completion", cls=Group, no_args_is_help=True)
def command() -> None:
    """Complete commands in bash, zsh and fish: install it, show the script, remove it.

    After "connectors completion install" Tab completes commands, connectors, operations, options, and values of enums.
    SHELL is bash, zsh or fish; by default the one that $SHELL names.
    """


@command.command("install")
@_shell
@click.pass_context
def install(context: click.Context, /, shell: str | None) -> None:
    """Write the script for a shell, and the line that reads it; what was installed before is replaced."""
    name = _named(shell)
    place = shells.install(context.find_root().command, name)
    for path in place.scripts.values():
        click.echo(f"wrote {path}", err=True)
    if place.startup is not None:
        click.echo(f"{place.startup} reads them", err=True)
    click.echo(f"new windows of {name} have it", err=True)


@command.command("show")
@_shell
@click.pass_context
def show(context: click.Context, /, shell: str | None) -> None:
    """Print the script for a shell, to be put where it is wanted."""
    click.echo(shells.script(context.find_root().command, _named(shell), shells.PROGRAMS[0]))


@command.command("remove")
@_shell
def remove(shell: str | None) -> None:
    """Remove what install has written."""
    name = _named(shell)
    shells.remove(name)
    click.echo(f"removed the completion of {name}", err=True)


def _named(shell: str | None) -> str:
    """The shell of this name, or that of the user."""
    name = shell or Path(os.environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise click.UsageError(f"say which shell: {', '.join(SHELLS)}; $SHELL is {os.environ.get('SHELL', 'not set')}")
    return name
