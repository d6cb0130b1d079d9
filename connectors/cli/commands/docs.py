"""``connectors docs``."""

from __future__ import annotations

from pathlib import Path

import click

from openconnectors.cli import completion
from openconnectors.cli.arguments import flags_of
from openconnectors.cli.commands.call import RESERVED
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.terminal import escaped_line
from openconnectors.pages import FORMATS, pages


@click.command("docs", cls=Command)
@click.argument("names", nargs=-1, required=True, metavar="NAME…", shell_complete=completion.connector)
@click.option(
    "--output",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("site"),
    show_default=True,
    metavar="FOLDER",
    help="The folder that the pages are written into.",
)
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="html", show_default=True, help="Their form."
)
@root_option
@overlay_option
def command(names: tuple[str, ...], output: Path, form: str, root: Path | None, overlays: tuple[Path, ...]) -> None:
    """Write the reference pages of connectors: connection, triggers, actions, definitions.

    The pages are files that need no server and no network. Several connectors have an index. NAME is the name of a
    connector, or the path of a document. Files of the same names in the folder are replaced.

    Exit status: 0 written, 1 a document cannot be read, 2 usage error.
    """
    described = pages(names, lambda plan: flags_of(plan, RESERVED), root, overlays)
    for path, text in FORMATS[form](described, len(names) > 1):
        (output / path).parent.mkdir(parents=True, exist_ok=True)
        (output / path).write_text(text, "utf-8", errors="backslashreplace")
        if len(path.parts) == 1:
            click.echo(escaped_line(str(output / path)))
