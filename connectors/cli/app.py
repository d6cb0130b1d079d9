"""Runs a command: the click group, errors as messages and exit codes, signals."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click
from click.shell_completion import CompletionItem

from openconnectors.cli.commands import COMMANDS
from openconnectors.cli.help import Group
from openconnectors.cli.help_sections import Listing
from openconnectors.cli.terminal import escaping
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import AnswerError, ConnectorError, InvalidDocument, UnknownName, nearest
from openconnectors.engine.extras import MissingExtra, require

if TYPE_CHECKING:
    from openconnectors.cli import completion, shells
else:
    completion, shells = module("openconnectors.cli.completion"), module("openconnectors.cli.shells")

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the number of SIGINT, as shells have it."""


class _Commands(Group):
    """The commands of the table. Listing and completing them imports none of their modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def listing(self, ctx: click.Context) -> Listing:
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, row in COMMANDS.items():
            sections.setdefault(row.section, []).append((name, row.help))
        return sections

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS:
            ctx.fail(f"there is no command {args[0]!r}{nearest(args[0], COMMANDS)}")
        if ctx.resilient_parsing and args[1:] == [] and COMMANDS[args[0]].takes:
            return args[0], _Named(args[0]), []
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        require(f"connectors {cmd_name}", row.extra)
        command: click.Command = import_module(f"openconnectors.cli.commands.{cmd_name}").command
        gc.enable()
        return command


class _Named(click.Command):
    """Stands for a command of which a shell completes the first word: names need no module of a command."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        if not incomplete.startswith("-"):
            return completion.NAMES[COMMANDS[str(self.name)].takes](incomplete)
        named = cli.get_command(ctx, str(self.name))
        return named.shell_complete(ctx, incomplete) if named is not None else []


def _spelling(name: str) -> str:
    """The canonical spelling of an option: ``--page-size`` for ``--page_size`` and ``--pageSize``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower()


_SETTINGS: Mapping[str, Any] = {
    "help_option_names": ["-h", "--help"],
    "token_normalize_func": _spelling,
    "color": True,  # click would remove escape sequences of others, which are to be escaped
}


@click.group(cls=_Commands, context_settings=dict(_SETTINGS))
@click.version_option(package_name="open-connectors")
def cli() -> None:
    """Call any Swagger-described service by name, in JSON and in XML.

    Begin with "connectors list", "connectors show NAME", and "connectors call NAME OPERATION --help".

    Exit status: 0 success, 1 findings or a refused call, 2 usage or configuration error, 130 interrupted.
    CONNECTORS_DEBUG=1 shows tracebacks.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command, by default that of the process, and return its exit code. Raise nothing."""
    with escaping():
        if os.environ.get("_CONNECTORS_COMPLETE", "").endswith("_complete"):
            return shells.complete(lambda: cli.main(arguments, "connectors"))
        try:
            code = cli.main(arguments, "connectors", standalone_mode=False)
            sys.stdout.flush()
            return code if isinstance(code, int) else 0
        except SystemExit as error:
            return error.code if isinstance(error.code, int) else 1
        except BaseException as error:  # noqa: BLE001 - the only place where errors become messages
            if os.environ.get("CONNECTORS_DEBUG"):
                traceback.print_exc()
            return _reported(error)


def _reported(error: BaseException) -> int:
    """Print what went wrong; return the exit code."""
    try:
        return _print(error)
    except OSError:
        return 1  # standard error is closed


def _print(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return 1  # the reader of the output, such as head, has stopped reading
    if isinstance(error, click.ClickException):
        error.show(sys.stderr)
        return 2
    if isinstance(error, MissingExtra):
        click.echo(str(error), err=True)
        return 2
    if isinstance(error, InvalidDocument) and error.diagnostics:
        click.echo(str(error), err=True)
        return 1
    if isinstance(error, ConnectorError):
        click.echo(f"connectors: {error}", err=True)
        if isinstance(error, AnswerError) and error.value is not None:
            click.echo(json.dumps(error.value, ensure_ascii=False, default=str), err=True)
        return 2 if isinstance(error, UnknownName) else 1
    if isinstance(error, OSError) and error.errno is not None:
        paths = [str(path) for path in (error.filename, error.filename2) if path is not None]
        click.echo(f"connectors: {': '.join([*paths, error.strerror or type(error).__name__])}", err=True)
        return 2 if paths else 1  # a path was named by the user
    if isinstance(error, RecursionError | MemoryError):
        message = "is nested too deeply" if isinstance(error, RecursionError) else "needs more memory than there is"
        click.echo(f"connectors: the input {message}", err=True)
        return 1
    frame = traceback.extract_tb(error.__traceback__)[-1]
    kind = f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}"
    click.echo(
        f"connectors: internal error: {kind}; please report it. CONNECTORS_DEBUG=1 shows the traceback", err=True
    )
    return 1


def main() -> NoReturn:
    """Run the command line, and end the process with its exit code."""
    _open_streams()
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if received:
            os._exit(INTERRUPTED)  # the second signal: nothing is waited for
        received.append(number)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handled = [number for number, handler in before.items() if handler is not signal.SIG_IGN]  # nohup ignores them
    for number in handled:
        signal.signal(number, stop)
    code = run()
    if not received:
        for number in handled:
            signal.signal(number, before[number] or signal.SIG_DFL)  # a caller of this function gets its handlers back
    _flush_streams()
    if received:
        # At once: threads that wait for a service are not waited for. The sender of SIGTERM sees that it worked.
        if received[0] == signal.SIGTERM:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        os._exit(code)
    sys.exit(code)


def _open_streams() -> None:
    """Open the null device for standard streams that were closed when the process was started: a file that is opened
    later must not become one of them."""
    streams: Mapping[str, TextIO | None] = {"stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}
    for name, stream in streams.items():
        if stream is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115


def _flush_streams() -> None:
    """Write what is buffered. Drop what cannot be written: Python would report it when the process ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
