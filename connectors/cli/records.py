"""Records as the command line prints them: the formats, a row each, and what selects among them.

A command has a value of plain data. ``--filter`` selects in it by JSONPath (RFC 9535); what is selected is a list. The
records of a list are its items; anything else is a record itself.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, TypeVar

import click
from msgspec import Struct

from openconnectors.cli.help_sections import Option
from openconnectors.cli.tables import Table, as_text, print_json, show
from openconnectors.cli.terminal import escaped_line

AnyCommand = TypeVar("AnyCommand", bound=click.Command)

_VALUE = "value"
"""The column of records that are not objects."""


class Printing(Struct, frozen=True):
    """How a value is printed: the format, by default that of the command, and the JSONPath that selects in it."""

    form: str | None = None
    path: str | None = None

    @property
    def is_asked_for(self) -> bool:
        """Whether records are wanted, where a command has a text for people."""
        return self.form is not None or self.path is not None

    def over(self, other: Printing) -> Printing:
        """This, with what it leaves open from another."""
        return Printing(self.form or other.form, self.path or other.path)

    def print_value(self, value: Any, default: str, columns: Iterable[str] = ()) -> None:
        """Print a value in the format that was asked for, else the default. The columns are there without records,
        too, unless something was selected."""
        form = self.form or default
        if self.path is not None:
            value, columns = selected(value, self.path), ()
        if form == "json":
            print_json(value)
        else:
            FORMATS[form](value if isinstance(value, list) else [value], columns)

    def print_items(self, items: Iterable[Any], default: str) -> None:
        """Print items as they come, where the format lets them; a path selects in a list of each alone."""
        path = self.path
        wanted = items if path is None else chain.from_iterable(selected([item], path) for item in items)
        FORMATS[self.form or default](wanted, ())


def printing(options: Mapping[str, Any]) -> Printing:
    """What the options of records say; ``--json`` is short for ``--output json``."""
    return Printing(options.get("form") or ("json" if options.get("as_json") else None), options.get("path"))


def selected(value: Any, path: str) -> list[Any]:
    """What a JSONPath selects in a value, which is read as the JSON that would be printed."""
    import jsonpath_rfc9535  # for those who filter

    try:
        query = jsonpath_rfc9535.compile(path)
    except (jsonpath_rfc9535.JSONPathError, ArithmeticError) as error:
        raise click.UsageError(f"--filter {path!r} is not a JSONPath (RFC 9535): {error}") from None
    return list(query.find(json.loads(json.dumps(value, default=as_text))).values())


# The formats


def _as_json(items: Iterable[Any], columns: Iterable[str]) -> None:
    print_json(list(items))


def _as_lines(items: Iterable[Any], columns: Iterable[str]) -> None:
    """A line for each record (https://github.com/ndjson/ndjson-spec), printed before the next is asked for."""
    for item in items:
        print_json(item, compact=True)


def _as_table(items: Iterable[Any], columns: Iterable[str]) -> None:
    names, rows = _cells(items, columns)
    if names:
        table = Table(*map(escaped_line, names))
        for row in rows:
            table.add(*row)
        show(table)


def _as_csv(items: Iterable[Any], columns: Iterable[str]) -> None:
    """Comma-separated values (RFC 4180), but lines end like those of other output."""
    import csv  # for those who want it

    names, rows = _cells(items, columns)
    lines = io.StringIO()
    if names:
        csv.writer(lines, lineterminator="\n").writerows([names, *rows])
    click.echo(lines.getvalue(), nl=False)


def _cells(items: Iterable[Any], columns: Iterable[str]) -> tuple[list[str], list[list[str]]]:
    """The columns of records, in the order in which they come up, and the texts of their cells."""
    every = [item if isinstance(item, Mapping) else {_VALUE: item} for item in items]
    names = list(dict.fromkeys(chain(columns, *every)))
    return names, [[_cell(item.get(name)) for name in names] for item in every]


def _cell(value: Any) -> str:
    """The text of a cell: nothing for null, JSON for what has parts."""
    if value is None:
        return ""
    if isinstance(value, bool | Mapping | list):
        return json.dumps(value, ensure_ascii=False, default=as_text)
    return as_text(value)


FORMATS: Mapping[str, Callable[[Iterable[Any], Iterable[str]], None]] = {
    "table": _as_table,
    "json": _as_json,
    "ndjson": _as_lines,
    "csv": _as_csv,
}
"""What prints records in each format."""

_SECTION = "Output"


def record_options() -> list[click.Option]:
    """The options for how records are printed."""
    return [
        Option(
            ["--output", "form"],
            type=click.Choice(list(FORMATS)),
            section=_SECTION,
            help="Format of what is printed; ndjson is a line of JSON for each record.",
        ),
        Option(
            ["--filter", "path"],
            metavar="JSONPATH",
            section=_SECTION,
            help="Print what this selects (RFC 9535), such as $[?@.status=='sent'].",
        ),
    ]


def prints_records(command: AnyCommand) -> AnyCommand:
    """Give a command the options for how records are printed; its function passes them to ``printing``."""
    as_json = Option(["--json", "as_json"], is_flag=True, section=_SECTION, help="Short for --output json.")
    command.params.extend([*record_options(), as_json])
    return command
