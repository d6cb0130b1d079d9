"""Help as rich-click draws it, for terminals.

A command is copied as one of rich-click's, with its texts escaped: so that commands themselves need no rich-click, and
text of a document cannot draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import click
from rich_click import RichCommand, RichContext, RichGroup, RichHelpConfiguration, RichHelpFormatter
from rich_click.rich_panel import RichCommandPanel, RichOptionPanel, RichPanel

from openconnectors.cli.help_sections import Listing, option_sections, section_of
from openconnectors.cli.terminal import escaped, escaped_line

_WIDEST = 100
"""Columns of a line: longer ones are hard to read."""


def text(context: click.Context, listing: Listing) -> str:
    """The help of the command of a context, with the control sequences of its colours. A group has a listing."""
    configuration = RichHelpConfiguration(
        max_width=_WIDEST,
        text_markup=None,
        text_emojis=False,
        force_terminal=True,
        padding_helptext_first_line=(0, 0, 1, 0),
        text_paragraph_linebreaks="\n\n",
        delimiter_comma=", ",
        options_table_column_types=["opt_all", "metavar", "help"],
        options_table_help_sections=["help", "required", "default"],
    )
    formatter = RichHelpFormatter(config=configuration)
    path = escaped_line(context.command_path)
    with RichContext(_drawn(context, listing), info_name=path, rich_help_config=configuration) as drawn:
        drawn.command.format_help(drawn, formatter)
    return formatter.getvalue()


def _drawn(context: click.Context, listing: Listing) -> RichCommand:
    """The command of a context as one of rich-click's."""
    command = context.command
    shared: dict[str, Any] = {
        "name": command.name,
        "params": [_shown(parameter) for parameter in command.get_params(context)],
        "help": escaped(command.help or ""),
        "epilog": _epilog(command, listing),
        "options_metavar": command.options_metavar,
        "add_help_option": False,  # that of the command itself is among the parameters
        "panels": [*_command_panels(listing), *_option_panels(context)],
    }
    if not isinstance(command, click.Group):
        return RichCommand(**shared)
    rows = [row for section in listing.values() for row in section if _described(section)]
    commands = {name: click.Command(name, help=escaped_line(meaning)) for name, meaning in rows}
    return RichGroup(commands=commands, subcommand_metavar=command.subcommand_metavar, **shared)


def _shown(parameter: click.Parameter) -> click.Parameter:
    """A parameter for the help: with the panel that it belongs to, as rich-click looks for it."""
    shown = copy(parameter)
    if isinstance(shown, click.Option):
        shown.help = escaped_line(shown.help or "")
        setattr(shown, "panel", section_of(parameter))  # noqa: B010 - an attribute of rich-click's own options
    return shown


def _command_panels(listing: Listing) -> Sequence[RichPanel[Any, Any]]:
    return [RichCommandPanel(title, [name for name, _ in rows]) for title, rows in listing.items() if _described(rows)]


def _option_panels(context: click.Context) -> Sequence[RichPanel[Any, Any]]:
    sections = option_sections(context.command, context)
    return [RichOptionPanel(title, [option.opts[-1] for option in options]) for title, options in sections.items()]


def _epilog(command: click.Command, listing: Listing) -> str:
    """What is below the panels: commands of which nothing but their names is known, and the epilog itself."""
    names = [
        f"{title}: {', '.join(name for name, _ in rows)}" for title, rows in listing.items() if not _described(rows)
    ]
    return escaped("\n\n".join([*names, *([command.epilog] if command.epilog else [])]))


def _described(rows: Sequence[tuple[str, str]]) -> bool:
    return any(meaning for _, meaning in rows)
