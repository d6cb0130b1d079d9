"""The command line: ``connectors list | show | call | sandbox | validate | diff | fuzz | add | connect |
connections``.

Data goes to stdout, words to stderr. Exit codes: 0 fine; 1 findings or a refused call; 2 wrong usage. Each command's
module is imported when the command is asked for: checking documents needs no part of what calls services.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib import import_module

import click

from engine.errors import AnswerError, ConnectorError, InvalidDocument, UnknownName, nearest

COMMANDS: Mapping[str, str] = {
    "list": "calling:list_",
    "show": "calling:show",
    "call": "calling:call",
    "sandbox": "calling:sandbox_",
    "validate": "checks:validate",
    "diff": "checks:diff",
    "fuzz": "fuzzing:fuzz",
    "add": "managing:add",
    "connect": "managing:connect_",
    "connections": "managing:connections_",
}
"""Each command, and the module and name of what carries it out."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS:
            ctx.fail(f"there is no command {args[0]!r}{nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(f"connectors.{module}"), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="open-connectors")
def cli() -> None:
    """Call any Swagger-described service by name, in JSON and in XML."""


def main() -> None:
    """Runs the command line, every error of ours as words and an exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Abort:
        sys.exit(130)
    except UnknownName as error:
        click.echo(f"connectors: {error}", err=True)
        sys.exit(2)
    except ConnectorError as error:
        click.echo(f"connectors: {error}" if not isinstance(error, InvalidDocument) else str(error), err=True)
        if isinstance(error, AnswerError) and error.value is not None:
            click.echo(json.dumps(error.value, ensure_ascii=False, default=str), err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
