"""Help of commands: options and commands in sections; colours on a terminal, plain text of 80 columns elsewhere.

Rule 1: a command says what its sections are, and both forms of its help are written from them.
Rule 2: rich-click draws help on a terminal, and is imported there only: elsewhere click alone writes it, in half the
time. Nothing else of the command line needs it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from openconnectors.cli.help_sections import Listing, option_sections
from openconnectors.cli.terminal import Escaping
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import nearest

if TYPE_CHECKING:
    from openconnectors.cli import completion, rich_help
else:
    completion = module("openconnectors.cli.completion")
    rich_help = module("openconnectors.cli.rich_help")


class Command(click.Command):
    """A command whose help has sections."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _show_help
        return option

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section, in columns of one width."""
        records = {
            title: [record for option in options if (record := option.get_help_record(ctx)) is not None]
            for title, options in option_sections(self, ctx).items()
        }
        _write(formatter, records)


class Group(Command, click.Group):
    """A group of commands whose help has sections: first those of its commands."""

    command_class = Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read arguments. Without any there is nothing to run: what can be run is shown, which is no success."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            write_help(ctx, sys.stderr)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first argument, and the arguments after it."""
        spellings = {args[0], (ctx.token_normalize_func or str)(args[0])}
        if self.commands and spellings.isdisjoint(self.commands) and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}{nearest(args[0], self.commands)}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Offer the commands of the listing, and options."""
        commands = {name: meaning for rows in self.listing(ctx).values() for name, meaning in rows}
        return [*completion.items(commands, incomplete), *click.Command.shell_complete(self, ctx, incomplete)]

    def listing(self, ctx: click.Context) -> Listing:
        """The commands that the help shows."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        return {"Commands": [(name, each.get_short_help_str(200)) for name, each in commands if each is not None]}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write(formatter, self.listing(ctx))


def _write(formatter: click.HelpFormatter, sections: Listing) -> None:
    """Write sections; the second column of all begins at the same place, where click would align each alone."""
    rows = {title: list(section) for title, section in sections.items() if section}
    widest = max((len(name) for section in rows.values() for name, _ in section), default=0)
    for title, section in rows.items():
        with formatter.section(title):
            if not any(meaning for _, meaning in section):
                formatter.write_text(", ".join(name for name, _ in section))
                continue
            missing = min(widest, _COLUMN) - min(max(len(name) for name, _ in section), _COLUMN)
            formatter.write_dl(section, _COLUMN, 2 + missing)


_COLUMN = 30
"""The widest first column; a longer name has a line of its own, so that 80 columns leave 46 for what it means."""


def is_coloured(stream: Any) -> bool:
    """Whether colours may be written to a stream: it is a terminal that knows them, and nobody asked for none
    (https://no-color.org)."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_help(context: click.Context, stream: Any) -> None:
    """Write the help of the command of a context."""
    if is_coloured(stream) and isinstance(stream, Escaping):
        listing = context.command.listing(context) if isinstance(context.command, Group) else {}
        stream.write_coloured(rich_help.text(context, listing))
    else:
        stream.write(f"{context.get_help()}\n")


def _show_help(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Write the help if it was asked for, and end the command."""
    if value and not context.resilient_parsing:
        write_help(context, sys.stdout)
        context.exit()
