"""``connectors bundle``."""

from __future__ import annotations

from pathlib import Path

import click

from openconnectors.cli import checking
from openconnectors.cli.document_output import output_option, write_document
from openconnectors.cli.findings import usage
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.engine.convert.bundle import bundle


@click.command("bundle", cls=Command)
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@root_option
@overlay_option
@output_option
def command(file: Path, root: Path | None, overlays: tuple[Path, ...], output: Path | None) -> None:
    """Write a document of many files as one file that means the same.

    What is in other files becomes components, named like it was; overlays are applied. Exit status: 0 written, 2
    usage error or a document that cannot be read.
    """
    entry = usage(lambda: checking.entry_at(file, overlays))
    folder = None if output is None else output.parent
    tree = usage(lambda: bundle(checking.document_of(entry, root), folder))
    write_document(tree, entry.document, output)
