"""Data as the command line prints it: JSON, or a table. Neither has colours: a pipe gets what a terminal shows."""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openconnectors.cli.terminal import escaped_line

_PIPE_WIDTH = 160
"""Characters in a line of a table that does not go to a terminal."""


def as_text(value: object) -> str:
    """The text of a value that JSON has no type for."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return str(value)


def print_json(value: Any, *, compact: bool = False) -> None:
    """Print a value as JSON, indented or on one line."""
    click.echo(json.dumps(value, ensure_ascii=False, default=as_text, indent=None if compact else 2))


def table(*columns: str) -> Table:
    """An empty table with these headings."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def table_of(rows: Sequence[Mapping[str, str]], *columns: str) -> Table:
    """A table of rows; its columns are these keys."""
    result = table(*columns)
    for row in rows:
        add_row(result, *(row[column] for column in columns))
    return result


def add_row(table: Table, *cells: str) -> None:
    """Add a row of texts, which are not taken for rich's markup."""
    table.add_row(*(Text(escaped_line(cell)) for cell in cells))


def show(table: Table) -> None:
    """Print a table."""
    lines = io.StringIO()
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    Console(file=lines, width=width, color_system=None, highlight=False, markup=False, emoji=False).print(table)
    for line in lines.getvalue().splitlines():
        click.echo(line.rstrip())
