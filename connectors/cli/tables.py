"""Data as the command line prints it: JSON, or a table. Neither has colours: a pipe gets what a terminal shows."""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any
from uuid import UUID

import click

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


class Table:
    """Rows of cells under headings."""

    def __init__(self, *columns: str) -> None:
        self.columns = columns
        self.rows: list[tuple[str, ...]] = []

    def add(self, *cells: str) -> None:
        """Add a row of texts of any origin."""
        self.rows.append(tuple(map(escaped_line, cells)))

    def lines(self, width: int | None) -> list[str]:
        """The lines of the table in so many characters; None: in those of the terminal."""
        every = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*every, strict=True)]
        if width is None or sum(widths) + 2 * len(widths) > width or not all(map(_is_plain, chain(*every))):
            return self._folded(width)
        return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in every]

    def _folded(self, width: int | None) -> list[str]:
        """The lines of a table whose cells do not fit, or have characters of other widths."""
        from rich.console import Console  # whose import takes as long as all that most tables need
        from rich.table import Table as RichTable
        from rich.text import Text

        table = RichTable(box=None, pad_edge=False)
        for column in self.columns:
            table.add_column(column, overflow="fold")
        for row in self.rows:
            table.add_row(*map(Text, row))  # texts, which are not taken for rich's markup
        lines = io.StringIO()
        Console(file=lines, width=width, color_system=None, highlight=False, markup=False, emoji=False).print(table)
        return [line.rstrip() for line in lines.getvalue().splitlines()]


def _is_plain(cell: str) -> bool:
    """Return True for a cell whose characters are all of one width, without blanks that rich would drop."""
    return cell.isascii() and cell.isprintable() and not cell.endswith(" ")


def table_of(rows: Sequence[Mapping[str, str]], *columns: str) -> Table:
    """A table of rows; its columns are these keys."""
    table = Table(*columns)
    for row in rows:
        table.add(*(row[column] for column in columns))
    return table


def show(table: Table) -> None:
    """Print a table."""
    for line in table.lines(None if sys.stdout.isatty() else _PIPE_WIDTH):
        click.echo(line)
