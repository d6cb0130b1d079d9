"""``connectors update``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import click
from click.exceptions import Exit
from msgspec import Struct, field
from msgspec.structs import asdict

from openconnectors import registry, updating
from openconnectors.added_files import Record
from openconnectors.cli import completion
from openconnectors.cli.help import Command
from openconnectors.cli.help_sections import Option
from openconnectors.cli.network_options import NETWORK_OPTIONS, network_of
from openconnectors.cli.records import Printing, printing, prints_records
from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.errors import ConnectorError, Diagnostic
from openconnectors.entries import Entry
from openconnectors.loading import entry_at
from openconnectors.network import Network
from openconnectors.sources import fetched, imported

_EDITS = "Edited files"
_WORDS: Mapping[str, str] = {"error": "breaks", "warning": "may break", "info": "adds"}
"""What a change does to callers, by its severity."""


class Result(Struct, frozen=True):
    """What became of one connector: current, updated, behind (it would be updated), refused, or failed."""

    name: str
    state: str
    version: str = ""
    message: str = ""
    source: str = ""
    changes: list[str] = field(default_factory=list)


class Wishes(Struct, frozen=True):
    """What the user wants of an update."""

    network: Network
    source: str | None
    edits: updating.Edits
    yes: bool
    changes_nothing: bool
    printing: Printing


@prints_records
@click.command("update", cls=Command)
@click.argument("names", nargs=-1, metavar="NAME…", shell_complete=completion.added_connector)
@click.option("--all", "every", is_flag=True, help="Update every connector that was added.")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if a connector is not current.")
@click.option("--dry-run", is_flag=True, help="Change nothing; show what would change.")
@click.option("--yes", is_flag=True, help="Apply changes that break callers, too, without asking.")
@click.option("--source", metavar="SOURCE", help="Folder, file or URL to read from now on, of one connector.")
@click.option(
    "--keep-edits", cls=Option, section=_EDITS, is_flag=True, help="Keep edits; those of a document as an overlay."
)
@click.option("--discard-edits", cls=Option, section=_EDITS, is_flag=True, help="Replace edited files.")
def command(
    names: tuple[str, ...], every: bool, check: bool, dry_run: bool, yes: bool, source: str | None,
    keep_edits: bool, discard_edits: bool, **options: Any,
) -> None:  # fmt: skip
    """Read the sources of added connectors again, show what changes for callers, and replace what changed.

    Changes that add something are applied. Before those that break callers, or may, a terminal is asked; elsewhere
    they need --yes. Overlays, properties and edits that are not of the source are kept.

    Exit status: 0 all are current or updated, 1 an update was refused or failed, or with --check a connector is not
    current, 2 usage error.
    """
    edits = ("keep" if keep_edits else "discard") if keep_edits or discard_edits else "refuse"
    if keep_edits and discard_edits:
        raise click.UsageError("edits are either kept or discarded: give one of --keep-edits and --discard-edits")
    entries = _entries(names, every)
    if source is not None and len(entries) != 1:
        raise click.UsageError("--source is for one connector; name it")
    wishes = Wishes(network_of(options), source, cast(updating.Edits, edits), yes, check or dry_run, printing(options))
    results = [_updated(entry, wishes) for entry in entries]
    rows = [asdict(result) for result in results]
    if not wishes.printing.is_asked_for:
        rows = [{name: row[name] for name in ("name", "state", "version", "message")} for row in rows]
    wishes.printing.print_value(rows, "table", ("name", "state", "version", "message"))
    states = {result.state for result in results}
    if states & {"refused", "failed"} or (check and "behind" in states):
        raise Exit(1)


command.params.extend(NETWORK_OPTIONS)


def _entries(names: Sequence[str], every: bool) -> list[Entry]:
    """The connectors to update. Raise ``UnknownName``, and ``ConnectorError`` for those that were not added."""
    if every == bool(names):
        raise click.UsageError("name the connectors to update, or give --all")
    if every:
        added = [name for name, entry in registry.entries_sorted() if entry.source == "added"]
        return [entry for name in added for entry in registry.versions_of(name)]
    entries = [registry.find(name) for name in names]
    for name, entry in zip(names, entries, strict=True):
        if entry.source != "added":
            raise ConnectorError(f"{name} was not added, and is not updated: it comes from {entry.source}")
    return entries


def _updated(entry: Entry, wishes: Wishes) -> Result:
    """What becomes of one connector; an error of it is its result."""
    name = updating.stem_of(entry)
    record = None
    try:
        record = updating.remembered(entry, wishes.source)
        with tempfile.TemporaryDirectory() as folder:
            update = _prepared(entry, record, Path(folder), wishes)
            if update is None:
                return _current(entry, record, wishes)
            return _decided(name, update, wishes)
    except updating.Edited as error:
        return Result(name, "refused", "", str(error), record.source if record is not None else "")
    except (ConnectorError, OSError) as error:
        return Result(name, "failed", "", str(error), record.source if record is not None else "")


def _prepared(entry: Entry, record: Record, folder: Path, wishes: Wishes) -> updating.Update | None:
    source = wishes.source or record.source
    read, stage = folder / "read", folder / "stage"
    read.mkdir()
    path = fetched(source, read, wishes.network) if "://" in source else Path(source)
    path, _ = imported(path, read)
    root = Path(record.root) if record.root and "://" not in source else None
    came = entry_at(path, root, [Path(overlay) for overlay in record.overlays])
    return updating.prepare(entry, record, came, stage, wishes.edits)


def _current(entry: Entry, record: Record, wishes: Wishes) -> Result:
    if wishes.source is not None and not wishes.changes_nothing:
        updating.remember(entry, record)
    names = ", ".join(updating.edited(record))
    return Result(updating.stem_of(entry), "current", "", f"edited here: {names}" if names else "", record.source)


def _decided(name: str, update: updating.Update, wishes: Wishes) -> Result:
    """Show what changes, and carry it out unless something speaks against it."""
    comparison = update.comparison
    changes = [_line(change) for change in comparison.findings]
    old, new = (version or "?" for version in comparison.versions)
    result = Result(name, "behind", old if old == new else f"{old} → {new}", "", update.record.source, changes)
    breaking = updating.breaking(comparison.findings)
    if not wishes.printing.is_asked_for:
        for line in changes or ["nothing changes for callers"]:
            click.echo(escaped_line(f"{name}: {line}"), err=True)
    adds = len(comparison.findings) - len(breaking)
    message = f"{len(breaking)} break or may break callers, {adds} do not" if changes else ""
    if wishes.changes_nothing:
        return _with(result, "behind", message)
    if breaking and not wishes.yes and not _is_wanted(name, len(breaking)):
        return _with(result, "refused", f"{message}; --yes applies them")
    updating.carry_out(update)
    return _with(result, "updated", message)


def _with(result: Result, state: str, message: str) -> Result:
    return Result(result.name, state, result.version, message, result.source, result.changes)


def _line(change: Diagnostic) -> str:
    return f"{_WORDS[change.severity]}: {change.message} [{change.rule}]"


def _is_wanted(name: str, count: int) -> bool:
    """Whether the user agrees; without a terminal nobody does."""
    if not sys.stdin.isatty():
        return False
    question = f"{count} changes of {name} break callers, or may. Apply them?"
    return click.confirm(escaped_line(question), err=True)
