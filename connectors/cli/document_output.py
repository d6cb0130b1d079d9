"""What commands that write a document share: where it goes, and in which form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from openconnectors.cli.terminal import escaped
from openconnectors.engine.documents.writing import document_text

output_option = click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to FILE, as YAML or JSON by its suffix.",
    metavar="FILE",
)


def write_document(tree: Any, source: Path, output: Path | None) -> None:
    """Write the tree of a document to a file, or print it in the form of the file that it comes from."""
    text = document_text(tree, (output or source).suffix)
    if output is None:
        click.echo(escaped(text), nl=False)
    else:
        output.write_text(text, "utf-8")
