"""The command line: ``connectors list | show | call | sandbox | validate | diff | fuzz | add | remove | connect |
connections``.

Data goes to stdout, words to stderr. Exit codes: 0 fine; 1 findings or a refused call; 2 wrong usage; 130 interrupted.
Each command's module is imported when the command is asked for: checking documents needs no part of what calls
services.

A command raises, and ``run`` alone makes words and an exit code of it. What a user, a file, a service or the
machine did is said in a sentence; what is left is a fault of this program's, which is reported by its kind and place
only, as its text may hold anything. ``CONNECTORS_DEBUG=1`` shows the traceback of either.
"""

from __future__ import annotations

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
from typing import Any, NoReturn

import click

from openconnectors.cli.terminal import escaping
from openconnectors.engine.errors import AnswerError, ConnectorError, InvalidDocument, UnknownName, nearest

COMMANDS: Mapping[str, str] = {
    "list": "calling:list_",
    "show": "calling:show",
    "call": "calling:call",
    "sandbox": "calling:sandbox_",
    "validate": "checks:validate",
    "diff": "checks:diff",
    "fuzz": "fuzzing:fuzz",
    "add": "managing:add",
    "remove": "managing:remove_",
    "connect": "managing:connect_",
    "connections": "managing:connections_",
}
"""Each command, and the module and name of what carries it out."""

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the number of SIGINT, as shells have it."""


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
        command: click.Command = getattr(import_module(f"openconnectors.cli.{module}"), name)
        return command


def _spelling(name: str) -> str:
    """The one spelling of an option's name: ``--page_size`` and ``--pageSize`` are ``--page-size``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower()


_SETTINGS: Mapping[str, Any] = {
    "help_option_names": ["-h", "--help"],
    "token_normalize_func": _spelling,
    "color": True,  # nothing here has colours, and click would take out what looks like them before it is escaped
}


@click.group(cls=_Commands, context_settings=dict(_SETTINGS))
@click.version_option(package_name="open-connectors")
def cli() -> None:
    """Call any Swagger-described service by name, in JSON and in XML.

    Exit status: 0 fine, 1 findings or a refused call, 2 usage or configuration error, 130 interrupted.
    CONNECTORS_DEBUG=1 shows tracebacks.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Carries out a command, by default that of the process: its exit code. Raises nothing."""
    with escaping():
        try:
            code = cli.main(arguments, "connectors", standalone_mode=False)
            sys.stdout.flush()
            return code if isinstance(code, int) else 0
        except SystemExit as error:
            return error.code if isinstance(error.code, int) else 1
        except BaseException as error:  # noqa: BLE001 - the one place where every error becomes words
            if os.environ.get("CONNECTORS_DEBUG"):
                traceback.print_exc()
            return _reported(error)


def _reported(error: BaseException) -> int:
    """Says what went wrong; the exit code."""
    try:
        return _words(error)
    except OSError:
        return 1  # nobody reads stderr


def _words(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return 1  # whoever reads the output has enough of it
    if isinstance(error, click.ClickException):
        error.show(sys.stderr)
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
        places = [str(place) for place in (error.filename, error.filename2) if place is not None]
        click.echo(f"connectors: {': '.join([*places, error.strerror or type(error).__name__])}", err=True)
        return 2 if places else 1
    if isinstance(error, RecursionError | MemoryError):
        said = "is nested too deeply" if isinstance(error, RecursionError) else "needs more memory than there is"
        click.echo(f"connectors: the input {said}", err=True)
        return 1
    at = traceback.extract_tb(error.__traceback__)[-1]
    kind = f"{type(error).__name__} in {Path(at.filename).name}:{at.lineno}"
    click.echo(
        f"connectors: internal error: {kind}; please report it. CONNECTORS_DEBUG=1 shows the traceback", err=True
    )
    return 1


def main() -> NoReturn:
    """Runs the command line, and ends the process with its exit code."""
    _open_streams()
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if received:
            os._exit(INTERRUPTED)  # asked for twice: nothing is waited for
        received.append(number)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    listened = [number for number, handler in before.items() if handler is not signal.SIG_IGN]  # nohup ignores them
    for number in listened:
        signal.signal(number, stop)
    code = run()
    if not received:
        for number in listened:
            signal.signal(number, before[number] or signal.SIG_DFL)  # whoever called this as a function has them back
    _flush_streams()
    if received:
        # At once: threads that still wait for a service are not waited for. Who asked with SIGTERM is told by it.
        if received[0] == signal.SIGTERM:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        os._exit(code)
    sys.exit(code)


def _open_streams() -> None:
    """Gives a process that was started with closed streams the null device for them: a file that is opened later must
    not become one of them."""
    streams: Mapping[str, Any] = {"stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}
    for name, stream in streams.items():
        if stream is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115


def _flush_streams() -> None:
    """Writes what is left; what cannot be written is dropped, as Python would complain about it when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
