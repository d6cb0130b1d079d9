"""``connectors bundle``."""

from __future__ import annotations

from pathlib import Path

import click

from openconnectors.cli import checking
from openconnectors.cli.findings import usage
from openconnectors.cli.root_option import root_option
from openconnectors.cli.terminal import escaped
from openconnectors.engine.convert.bundle import bundle
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.writing import document_text
from openconnectors.engine.errors import InvalidDocument


@click.command("bundle")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@root_option
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to FILE, as YAML or JSON by its suffix.",
    metavar="FILE",
)
def command(file: Path, root: Path | None, output: Path | None) -> None:
    """Write a document of many files as one file that means the same.

    What is in other files becomes components, named like it was. Exit status: 0 written, 2 usage error or a document
    that cannot be read.
    """
    entry = usage(lambda: checking.entry_at(file))
    try:
        tree = bundle(loader.read(entry.document, root or entry.root), None if output is None else output.parent)
    except InvalidDocument as error:
        raise click.UsageError(str(error)) from None
    text = document_text(tree, (output or entry.document).suffix)
    if output is None:
        click.echo(escaped(text), nl=False)
    else:
        output.write_text(text, "utf-8")
