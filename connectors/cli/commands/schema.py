"""``connectors schema``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from openconnectors.cli.help import Command
from openconnectors.engine.lint.editor_schema import SPECIFICATIONS, schema


@click.command("schema", cls=Command)
@click.option(
    "--version", "version", type=click.Choice(list(SPECIFICATIONS)), help="For documents of this version only."
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the schema to FILE.", metavar="FILE"
)
def command(version: str | None, output: Path | None) -> None:
    """Write the JSON schema of documents with the extensions that are known, for editors.

    It refers to the schema of the specification, which editors fetch. docs/editors.md shows how VS Code uses it.
    """
    text = json.dumps(schema(version), indent=1, ensure_ascii=False)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", "utf-8")
