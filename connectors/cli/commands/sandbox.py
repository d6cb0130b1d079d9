"""``connectors sandbox``."""

from __future__ import annotations

from pathlib import Path

import click

from openconnectors.cli import completion
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.engine.sandbox import Sandbox
from openconnectors.loading import service_named


@click.command("sandbox", cls=Command)
@click.argument("name", shell_complete=completion.connector)
@root_option
@overlay_option
@click.option(
    "--port", type=click.IntRange(0, 65535), metavar="PORT", default=0, help="Port on loopback; a free one by default."
)
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="SQLite file to keep the state in.")
def command(name: str, root: Path | None, overlays: tuple[Path, ...], port: int, state: Path | None) -> None:
    """Serve a connector's document on loopback, until interrupted.

    NAME is a connector, or the path of a document. The address is printed; calls of operations are answered with
    made-up values that fit the document, and what is added is found again.

    Exit status: 1 the document cannot be read or the port is taken, 2 usage error, 130 interrupted.
    """
    _, service = service_named(name, root, overlays)
    with Sandbox(service, port=port, state=state) as sandbox:
        click.echo(sandbox.url)
        values = ", ".join(f"{key}={value}" for key, value in sandbox.values.items())
        click.echo(f"accepts {values or 'every caller'}; stop with Ctrl-C", err=True)
        sandbox.wait()
