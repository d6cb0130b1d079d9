"""``connectors list``."""

from __future__ import annotations

from typing import Any

import click

from openconnectors.cli.help import Command
from openconnectors.cli.records import printing, prints_records
from openconnectors.entries import version_of
from openconnectors.registry import versions_sorted


@prints_records
@click.command("list", cls=Command)
def command(**options: Any) -> None:
    """List the connectors that are found by name, and where each comes from.

    The versions of a connector are rows of it, the newest first, which is the one that is meant by the name alone.
    """
    rows = []
    for name, same in versions_sorted():
        for entry in same:
            version = version_of(entry) if len(same) > 1 else entry.version
            rows.append({"name": name, "version": version, "source": entry.source, "document": str(entry.document)})
    printing(options).print_value(rows, "table", ("name", "version", "source", "document"))
