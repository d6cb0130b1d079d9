"""``connectors list``."""

from __future__ import annotations

from typing import Any

import click

from openconnectors.cli.help import Command
from openconnectors.cli.records import printing, prints_records
from openconnectors.registry import entries_sorted


@prints_records
@click.command("list", cls=Command)
def command(**options: Any) -> None:
    """List the connectors that are found by name, and where each comes from."""
    rows = [{"name": name, "source": entry.source, "document": str(entry.document)} for name, entry in entries_sorted()]
    printing(options).print_value(rows, "table", ("name", "source", "document"))
