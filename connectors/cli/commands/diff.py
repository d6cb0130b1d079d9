"""``connectors diff``."""

from __future__ import annotations

from pathlib import Path

import click
from click.exceptions import Exit
from msgspec.structs import replace

from openconnectors.cli import checking
from openconnectors.cli.findings import report, report_options, usage
from openconnectors.cli.help import Command
from openconnectors.cli.revisions import Checkout, checkout
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.engine.diff import Comparison, compare
from openconnectors.engine.diff.profiles import PROFILES
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import Diagnostic, UnknownName
from openconnectors.engine.lint import Settings
from openconnectors.entries import Entry


@click.command("diff", cls=Command)
@click.argument("old")
@click.argument("new")
@root_option
@overlay_option
@report_options
@click.option("--profile", metavar="PROFILE", help="default, names (for callers by name) or microsoft (its updates).")
@click.option("--notice", type=click.IntRange(0), metavar="DAYS", help="Days from a deprecation to its sunset.")
def command(
    old: str, new: str, root: Path | None, overlays: tuple[Path, ...], profile: str | None, notice: int | None,
    select: tuple[str, ...], ignore: tuple[str, ...], level: str, fail_on: str | None,
    form: str, output: Path | None,
) -> None:  # fmt: skip
    """Compare two versions of a document: changes for callers, and the version number they call for.

    OLD and NEW are files or folders, or those of a revision of git: main:spec/api.yaml.

    Exit status: 0 no change breaks callers, or the new version number says so; 1 otherwise, or with --fail-on for
    changes at or above it; 2 usage or configuration error.
    """
    settings = usage(lambda: Settings(select=select, ignore=ignore))
    with checkout(old) as first, checkout(new) as second:
        before, after = usage(lambda: [checking.entry_at(each.path, overlays) for each in (first, second)])
        comparison = _compared((before, after), root, profile, notice)
        changes = [_named(change, first, second) for change in comparison.findings if settings.wants(change.rule)]
        bump = f"a {comparison.bump} version" if comparison.bump != "none" else "no new version"
        old_version, new_version = (version or "?" for version in comparison.versions)
        if comparison.versioned:
            click.echo(f"asks for {bump}; the documents say {old_version} → {new_version}", err=True)
        report(
            changes,
            [second.name(str(after.document))],
            form,
            output,
            level,
            fail_on or "never",
            "no change that breaks callers",
        )
    allowed = comparison.versioned and not comparison.behind
    if fail_on is None and not allowed and any(change.severity == "error" for change in changes):
        raise Exit(1)


def _compared(entries: tuple[Entry, Entry], root: Path | None, profile: str | None, notice: int | None) -> Comparison:
    if profile is not None and profile not in PROFILES:
        raise click.UsageError(str(UnknownName("profile", profile, PROFILES)))
    properties = [None if entry.properties is None else loader.read(entry.properties) for entry in entries]
    documents = [checking.document_of(entry, root) for entry in entries]
    return compare(*documents, *properties, profile=profile or "default", notice=notice)


def _named(change: Diagnostic, first: Checkout, second: Checkout) -> Diagnostic:
    """A change with the names of files as the caller knows them."""
    related = change.related
    if related is not None:
        related = (first.name(related[0]), *related[1:])
    return replace(change, file=second.name(first.name(change.file)), related=related)
