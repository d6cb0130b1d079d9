"""``connectors stubs``."""

from __future__ import annotations

from pathlib import Path

import click
from click.exceptions import Exit

from openconnectors.cli import completion
from openconnectors.cli.help import Command
from openconnectors.cli.terminal import escaped_line
from openconnectors.stubs import differing, stubs, write


@click.command("stubs", cls=Command)
@click.argument("names", nargs=-1, metavar="NAME…", shell_complete=completion.connector)
@click.option(
    "--output",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="FOLDER",
    help="The folder of your sources; by default this one.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is missing or out of date.")
def command(names: tuple[str, ...], output: Path, check: bool) -> None:
    """Write the types of connectors, for editors, mypy and pyright.

    A file openconnectors.pyi and a folder connector_types are written where mypy and pyright look without
    configuration: the folder that they are run in. NAME is the name of a connector or the path of a document. Those
    that have types in the folder already are written again.

    Exit status: 0 written or up to date, 1 with --check if a file is not, 2 usage error.
    """
    written = stubs(output, names)
    if not written.modules:
        raise click.UsageError("name a connector; connectors list shows them")
    stale = differing(output, written.files)
    if check:
        for path in stale:
            click.echo(f"{escaped_line(str(output / path))}: out of date; run connectors stubs", err=True)
        raise Exit(1 if stale else 0)
    write(output, written.files)
    for name, types in written.modules.items():
        click.echo(f"{escaped_line(name)}: {types.operations} operations, {types.types} types", err=True)
