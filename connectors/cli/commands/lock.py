"""``connectors lock``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
from click.exceptions import Exit

from openconnectors import locking, registry
from openconnectors.cli import completion
from openconnectors.cli.findings import usage
from openconnectors.cli.help import Command
from openconnectors.cli.terminal import escaped_line
from openconnectors.folders import LOCK, lock_file
from openconnectors.locking import Lock, Locked
from openconnectors.versions import joined


@click.command("lock", cls=Command)
@click.argument("names", nargs=-1, shell_complete=completion.connector)
@click.option("--check", is_flag=True, help="Write nothing; report which connectors differ from the lock.")
@click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The lock; by default the project's, else {LOCK} here.",
    metavar="FILE",
)
def command(names: tuple[str, ...], check: bool, path: Path | None) -> None:
    """Write which connectors a project uses, with the digests of their files, or compare them.

    NAMES are connectors, also NAME@VERSION. Without any, the connectors of the lock are locked as they are now, and all
    that do not come with this package. Exit status: 0 written, or no differences; 1 differences; 2 usage error.
    """
    place = path or lock_file() or Path(LOCK)
    if check:
        _check(usage(lambda: locking.read(place)), names)
        return
    before = usage(lambda: locking.read(place)) if place.is_file() else Lock()
    rows = _named(before, names) if names else _all(before)
    locking.write(place, rows)
    known = {(row.name, row.version): row for row in before.connectors}
    for row in rows:
        if known.get((row.name, row.version)) != row:
            click.echo(escaped_line(f"locked {joined(row.name, row.version)} ({row.source})"), err=True)
    for key in known.keys() - {(row.name, row.version) for row in rows}:
        click.echo(escaped_line(f"no longer locked: {joined(*key)}"), err=True)
    click.echo(f"{len(rows)} connectors are locked in {place}", err=True)


def _named(before: Lock, names: Sequence[str]) -> list[Locked]:
    """The rows of a lock, those of some connectors as they are now. One that has changed its version is one row."""
    rows = {(row.name, row.version): row for row in before.connectors}
    for name in names:
        entry = usage(partial(registry.find, name))
        row = locking.locked(entry)
        there = {each.version for each in registry.versions_of(row.name)}
        for known in before.rows(row.name):
            if known.version not in there and "" in there:
                rows.pop((known.name, known.version), None)
        rows[row.name, row.version] = row
    return list(rows.values())


def _all(before: Lock) -> list[Locked]:
    names = {row.name for row in before.connectors}
    return [
        locking.locked(entry)
        for name, same in registry.versions_sorted()
        for entry in same
        if name in names or entry.source != "built in"
    ]


def _check(lock: Lock, names: Sequence[str]) -> None:
    """Print how the locked connectors differ from those that are found now; end with 1 if any does."""
    rows = [row for row in lock.connectors if not names or {row.name, joined(row.name, row.version)} & set(names)]
    missing = [name for name in names if not any(name in (row.name, joined(row.name, row.version)) for row in rows)]
    differing = [f"{name}: it is not in the lock" for name in missing]
    for row in rows:
        differing += [f"{joined(row.name, row.version)}: {change}" for change in locking.differences(row)]
    for line in differing:
        click.echo(escaped_line(line))
    if differing:
        raise Exit(1)
    click.echo(f"{len(rows)} connectors are as they were locked", err=True)
