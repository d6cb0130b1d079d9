"""The options of commands that read a document: the folder below which files that it refers to are read, and overlays
that are applied to it."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_HELP = "Folder below which files that the document refers to are read; by default the document's."

root_option = click.option("--root", type=_FOLDER, help=_HELP, metavar="DIR")

overlay_option = click.option(
    "--overlay",
    "overlays",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Overlay that is applied to the document, after the one that is beside it; repeat it for several.",
    metavar="FILE",
)
