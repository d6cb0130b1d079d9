"""``connectors list``."""

from __future__ import annotations

import click

from openconnectors.cli import tables
from openconnectors.cli.help import Command
from openconnectors.registry import entries_sorted


@click.command("list", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the connectors that are found by name, and where each comes from."""
    rows = [{"name": name, "source": entry.source, "document": str(entry.document)} for name, entry in entries_sorted()]
    if as_json:
        tables.print_json(rows)
    else:
        tables.show(tables.table_of(rows, "name", "source", "document"))
