"""The command that fuzzes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.exceptions import Exit

from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.client.connector import Connector, connected
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import UnknownName
from openconnectors.engine.fuzz import EXAMPLES, Failure, failure_of, hostile, replay
from openconnectors.engine.fuzz import fuzz as fuzzed
from openconnectors.engine.sandbox import Sandbox
from openconnectors.loading import connect, entry_named
from openconnectors.network import LOOPBACK


@click.command()
@click.argument("name")
@click.option("--url", help="Service to call; by default a sandbox of the document.")
@click.option("--connection", help="Saved connection; by default the sandbox's, or the environment's.")
@click.option("--operation", "operations", multiple=True, help="Operation to fuzz; all by default.")
@click.option(
    "--seed",
    "random_seed",
    type=int,
    default=0,
    show_default=True,
    help="Seed of the random values: the same seed gives the same calls.",
)
@click.option(
    "--max-examples", type=click.IntRange(1), default=EXAMPLES, show_default=True, help="Calls per operation."
)
@click.option("--read-only", is_flag=True, help="Fuzz GET, HEAD and OPTIONS operations only.")
@click.option("--answers/--no-answers", default=True, help="Also give the client malformed responses, on loopback.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Save failures to FILE.", metavar="FILE")
@click.option(
    "--replay",
    "again",
    type=click.Path(exists=True, path_type=Path),
    help="Repeat the failures saved in FILE.",
    metavar="FILE",
)
def fuzz(
    name: str, url: str | None, connection: str | None, operations: tuple[str, ...], random_seed: int,
    max_examples: int, read_only: bool, answers: bool, save: Path | None, again: Path | None,
) -> None:  # fmt: skip
    """Fuzz operations: valid calls whose responses are checked, calls that break one rule and must be refused, and
    malformed responses.

    NAME is a connector, or the path of a document. A failure is shrunk, and shown as a command and as Python. With
    --url the calls reach that service. Exit status: 0 no failures, 1 failures, 2 usage error.
    """
    entry = entry_named(name)
    with ExitStack() as stack:
        values: Any = connection
        if url is None:
            sandbox = stack.enter_context(Sandbox(loader.load(entry.document, entry.properties)))
            url_, values = sandbox.url, sandbox.values
        else:
            url_ = url
        made = connect(entry, values, url_, LOOPBACK.open() if url is None else None, {})
        chosen = _chosen(made, operations, read_only)
        failures = _replayed(made, again) if again else _failures(made, chosen, max_examples, random_seed, answers)
        count = 0
        kept: list[dict[str, Any]] = []
        for one in failures:
            count += 1
            kept.append(one.saved())
            click.echo(escaped_line(f"{one.check}: {one.name}: {one.message}"))
            if one.response is not None:
                click.echo(f"  answered with {one.response!r}; replay it with --replay")
            else:
                click.echo(f"  {one.command(name, url)}\n  {one.python(name, url)}")
        if save is not None:
            save.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    click.echo(f"{count} failure{'s' * (count != 1)} in {len(chosen)} operations", err=True)
    if count:
        raise Exit(1)


def _chosen(made: Connector, operations: tuple[str, ...], read_only: bool) -> list[str]:
    """The Python names of the operations that are asked for, by either of their names."""
    known, places = connected(made).operation_ids, connected(made).service.places
    by_id = {operation: name for name, operation in known.items()}
    for one in operations:
        if one not in known and one not in by_id:
            raise click.UsageError(str(UnknownName("operation", one, known)))
    chosen = [by_id.get(one, one) for one in operations] or list(known)
    methods = ("GET", "HEAD", "OPTIONS")
    return [one for one in chosen if not read_only or places[known[one]][0] in methods]


def _failures(made: Connector, chosen: list[str], examples: int, random_seed: int, answers: bool) -> Iterator[Failure]:
    yield from fuzzed(
        made, chosen, examples=examples, random_seed=random_seed, progress=lambda line: click.echo(line, err=True)
    )
    if answers:
        yield from hostile(made, chosen, examples=examples, random_seed=random_seed)


def _replayed(made: Connector, path: Path) -> Iterator[Failure]:
    """The failures of a file that fail still."""
    try:
        kept = [failure_of(one) for one in json.loads(path.read_text("utf-8"))]
    except (ValueError, TypeError) as error:
        raise click.UsageError(f"{path} holds no failures: {error}") from None
    for one in kept:
        said = replay(made, one)
        if said:
            yield replace(one, message=said)
