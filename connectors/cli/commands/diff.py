"""``connectors diff``."""

from __future__ import annotations

from pathlib import Path

import click
from click.exceptions import Exit

from openconnectors.cli import checking
from openconnectors.cli.findings import report, report_options, usage
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import root_option
from openconnectors.engine.diff import compare
from openconnectors.engine.documents import loader
from openconnectors.engine.lint import Settings


@click.command("diff", cls=Command)
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
@root_option
@report_options
def command(
    old: Path, new: Path, root: Path | None,
    select: tuple[str, ...], ignore: tuple[str, ...], level: str, fail_on: str | None,
    form: str, output: Path | None,
) -> None:  # fmt: skip
    """Compare two versions of a document: changes for callers, and the version number they call for.

    Exit status: 0 no change breaks callers, or the new version number says so; 1 otherwise, or with --fail-on for
    changes at or above it; 2 usage or configuration error.
    """
    before, after = usage(lambda: [checking.entry_at(path) for path in (old, new)])
    settings = usage(lambda: Settings(select=select, ignore=ignore))
    properties = [None if entry.properties is None else loader.read(entry.properties) for entry in (before, after)]
    comparison = compare(*(loader.read(entry.document, root or entry.root) for entry in (before, after)), *properties)
    changes = [change for change in comparison.findings if settings.wants(change.rule)]
    bump = f"a {comparison.bump} version" if comparison.bump != "none" else "no new version"
    old_version, new_version = (version or "?" for version in comparison.versions)
    click.echo(f"asks for {bump}; the documents say {old_version} → {new_version}", err=True)
    report(
        changes,
        [str(after.document)],
        form,
        output,
        level,
        fail_on or "never",
        "no change that breaks callers",
    )
    if fail_on is None and comparison.behind and any(change.severity == "error" for change in changes):
        raise Exit(1)
