"""``connectors fuzz``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import click
from click.exceptions import Exit
from msgspec.structs import replace

from openconnectors.cli import completion
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.terminal import drawable, escaped_line
from openconnectors.engine.client.connector import Connector, connected
from openconnectors.engine.errors import UnknownName
from openconnectors.engine.fuzz import EXAMPLES, Failure, failure_of, fuzz, hostile, replay
from openconnectors.engine.sandbox import Sandbox
from openconnectors.loading import connect, entry_named, service_of
from openconnectors.network import LOOPBACK
from openconnectors.progress import Bar

_READ_ONLY = ("GET", "HEAD", "OPTIONS")
"""The methods that change nothing (RFC 9110 section 9.2.1), but TRACE, which documents do not describe."""


@click.command("fuzz", cls=Command)
@click.argument("name", shell_complete=completion.connector)
@root_option
@overlay_option
@click.option("--url", metavar="URL", help="Service to call; by default a sandbox of the document.")
@click.option(
    "--connection",
    metavar="NAME",
    shell_complete=completion.saved_connection,
    help="Saved connection; by default the sandbox's, or the environment's.",
)
@click.option(
    "--operation",
    "operations",
    metavar="OPERATION",
    multiple=True,
    shell_complete=completion.operation,
    help="Operation to fuzz; all by default.",
)
@click.option(
    "--seed",
    "random_seed",
    type=int,
    metavar="NUMBER",
    default=0,
    show_default=True,
    help="Seed of the random values: the same seed gives the same calls.",
)
@click.option(
    "--max-examples",
    type=click.IntRange(1),
    metavar="NUMBER",
    default=EXAMPLES,
    show_default=True,
    help="Calls per operation.",
)
@click.option("--read-only", is_flag=True, help="Fuzz GET, HEAD and OPTIONS operations only.")
@click.option(
    "--illegal/--no-illegal",
    default=True,
    help="Also send illegal requests, which the service must refuse: as many as legal calls.",
)
@click.option("--answers/--no-answers", default=True, help="Also give the client malformed responses, on loopback.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Save failures to FILE.", metavar="FILE")
@click.option(
    "--replay",
    "again",
    type=click.Path(exists=True, path_type=Path),
    help="Repeat the failures saved in FILE.",
    metavar="FILE",
)
def command(
    name: str, root: Path | None, overlays: tuple[Path, ...],
    url: str | None, connection: str | None, operations: tuple[str, ...], random_seed: int,
    max_examples: int, read_only: bool, illegal: bool, answers: bool, save: Path | None, again: Path | None,
) -> None:  # fmt: skip
    """Fuzz operations: valid calls whose responses are checked, illegal requests, which the service must refuse, and
    malformed responses.

    NAME is a connector, or the path of a document. A failure is shrunk, and shown as a command and as Python. With
    --url the calls reach that service, and have their effects there. An illegal request has one thing wrong: a
    parameter, the body, the media type, the credentials or the method. Exit status: 0 no failures, 1 failures, 2 usage
    error.
    """
    entry = entry_named(name, root, overlays)
    with ExitStack() as stack:
        if url is None:
            sandbox = stack.enter_context(Sandbox(service_of(entry)))
            connector = connect(entry, sandbox.values, sandbox.url, LOOPBACK.open(), {})
        else:
            connector = connect(entry, connection, url, None, {})
        names = _chosen(connector, operations, read_only)
        bar = stack.enter_context(Bar("operations", drawable()))
        if again:
            failures = _replayed(connector, again)
        else:
            options = {"illegal": illegal, "sandboxed": url is None}
            failures = _failures(connector, names, max_examples, random_seed, answers, bar, options)
        saved: list[dict[str, Any]] = []
        for failure in failures:
            saved.append(failure.saved())
            with bar.hidden():
                _print(failure, name, url)
        if save is not None:
            save.write_text(json.dumps(saved, indent=1) + "\n", "utf-8")
    click.echo(f"{len(saved)} failure{'s' * (len(saved) != 1)} in {len(names)} operations", err=True)
    if saved:
        raise Exit(1)


def _print(failure: Failure, name: str, url: str | None) -> None:
    click.echo(escaped_line(f"{failure.check}: {failure.name}: {failure.message}"))
    if failure.response is not None:
        click.echo(f"  answered with {failure.response!r}; replay it with --replay")
    elif failure.sent is not None:
        click.echo(f"  {failure.curl}")
    else:
        click.echo(f"  {failure.command(name, url)}\n  {failure.python(name, url)}")
        if failure.curl and url is not None:
            click.echo(f"  {failure.curl}")


def _chosen(connector: Connector, operations: tuple[str, ...], read_only: bool) -> list[str]:
    """The Python names of the operations to fuzz, which may be named by their ids."""
    ids, places = connected(connector).operation_ids, connected(connector).service.places
    by_id = {operation_id: name for name, operation_id in ids.items()}
    for name in operations:
        if name not in ids and name not in by_id:
            raise click.UsageError(str(UnknownName("operation", name, ids)))
    names = [by_id.get(name, name) for name in operations] or list(ids)
    return [name for name in names if not read_only or places[ids[name]][0] in _READ_ONLY]


def _failures(
    connector: Connector,
    names: list[str],
    examples: int,
    random_seed: int,
    answers: bool,
    bar: Bar,
    options: dict[str, bool],
) -> Iterator[Failure]:
    done = count(1)

    def report(message: str) -> None:
        with bar.hidden():
            click.echo(message, err=True)
        bar(next(done), len(names))

    yield from fuzz(connector, names, examples=examples, random_seed=random_seed, progress=report, **options)
    if answers:
        yield from hostile(connector, names, examples=examples, random_seed=random_seed)


def _replayed(connector: Connector, path: Path) -> Iterator[Failure]:
    """The failures of a file that still fail."""
    try:
        failures = [failure_of(saved) for saved in json.loads(path.read_text("utf-8"))]
    except (ValueError, TypeError) as error:
        raise click.UsageError(f"{path} holds no failures: {error}") from None
    for failure in failures:
        message = replay(connector, failure)
        if message:
            yield replace(failure, message=message)
