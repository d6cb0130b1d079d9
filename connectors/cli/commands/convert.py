"""``connectors convert``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from click.exceptions import Exit

from openconnectors.cli import checking
from openconnectors.cli.document_output import output_option, write_document
from openconnectors.cli.findings import usage
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.convert import VERSIONS, convert
from openconnectors.sources import imported


@click.command("convert", cls=Command)
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--to", "version", type=click.Choice(VERSIONS), required=True, help="Version to convert to.")
@root_option
@overlay_option
@output_option
@click.option("--fail-on-loss", is_flag=True, help="Exit with 1 if something is lost.")
def command(
    file: Path, root: Path | None, overlays: tuple[Path, ...], version: str, output: Path | None, fail_on_loss: bool
) -> None:
    """Convert a document between Swagger 2.0 and OpenAPI 3.0, 3.1, 3.2, and report what is lost.

    A Postman collection (format 2.1) can be converted, too; the report says what is left out or a guess.

    What the other version cannot express is left out, each with its place, on standard error. Exit status: 0 converted,
    1 with --fail-on-loss if something is lost, 2 usage error or a document that cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        described, report = usage(lambda: imported(file, Path(folder)))
        entry = usage(lambda: checking.entry_at(described, overlays))
        conversion = usage(lambda: convert(checking.document_of(entry, root), version))
    write_document(conversion.root, entry.document, output)
    for loss in (*report, *conversion.losses):
        click.echo(escaped_line(str(loss)), err=True)
    lost = len(conversion.losses) + sum(finding.severity == "warning" for finding in report)
    click.echo(f"converted to {version}, {lost or 'nothing'} lost", err=True)
    if lost and fail_on_loss:
        raise Exit(1)
