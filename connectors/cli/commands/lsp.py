"""``connectors lsp``."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import BinaryIO, cast

import click

from openconnectors.cli.help import Command
from openconnectors.cli.language_server.server import server


@click.command("lsp", cls=Command)
def command() -> None:
    """Check documents in an editor, as they are typed: a language server over stdio.

    The editor starts it. Settings of a project are those of ``connectors validate``; docs/editors.md has the
    configuration of VS Code, Neovim and Helix.
    """
    stdin, stdout = sys.__stdin__, sys.__stdout__  # what the command line prints is escaped; this is no such text
    if stdin is None or stdout is None:
        raise click.UsageError("there is no stdin or stdout to serve; an editor starts this command")
    server(version("open-connectors")).start_io(cast(BinaryIO, stdin.buffer), cast(BinaryIO, stdout.buffer))
