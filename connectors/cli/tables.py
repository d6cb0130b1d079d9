"""Data as the command line prints it: JSON, or a table. Neither has colours: what is read is the same everywhere."""

from __future__ import annotations

import base64
import io
import json
import sys
from datetime import date
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openconnectors.cli.terminal import escaped_line


def plain(value: Any) -> Any:
    """What JSON has no word for, as text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return str(value)


def print_json(value: Any, *, compact: bool = False) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, default=plain, indent=None if compact else 2))


def table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def show(table: Table) -> None:
    lines = io.StringIO()
    width = None if sys.stdout.isatty() else 160
    Console(file=lines, width=width, color_system=None, highlight=False, markup=False, emoji=False).print(table)
    for line in lines.getvalue().splitlines():
        click.echo(line.rstrip())


def add_row(table: Table, *cells: str) -> None:
    """Adds a row of texts as they are."""
    table.add_row(*(Text(escaped_line(cell)) for cell in cells))
