"""The commands that check: what is found, as a report and an exit code."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click
from click.exceptions import Exit

from openconnectors.cli import checking
from openconnectors.cli.reports import REPORTS
from openconnectors.cli.terminal import escaped
from openconnectors.engine.diff import compare
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import ConnectorError, Diagnostic
from openconnectors.engine.lint import SEVERITIES, Settings
from openconnectors.engine.lint import explain as explained

Made = TypeVar("Made")
_ALLOCATIONS = 200_000
"""How many new objects there may be before garbage is looked for: documents are large, and hardly hold any."""


def _reported(function: Callable[..., None]) -> Callable[..., None]:
    """The options that commands with findings share."""
    for option in (
        click.option("--format", "form", type=click.Choice(list(REPORTS)), default="text", show_default=True),
        click.option(
            "--output",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write the report to FILE.",
            metavar="FILE",
        ),
        click.option("--fail-on", help="Exit with 1 on a finding of this severity or above; or never."),
        click.option("--level", type=click.Choice(SEVERITIES), default="warning", help="Lowest severity to report."),
        click.option(
            "--ignore", multiple=True, metavar="RULE", help="Leave out a rule, or a pattern of rules such as path-*."
        ),
        click.option("--select", multiple=True, metavar="RULE", help="Check this rule only; may be repeated."),
    ):
        function = option(function)
    return function


@click.command()
@click.argument("paths", nargs=-1)
@_reported
@click.option("--profile", help="default, or microsoft: Microsoft's certification rules as well.")
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ignore findings recorded in FILE.",
    metavar="FILE",
)
@click.option("--write-baseline", is_flag=True, help="Record the present findings in the baseline.")
@click.option("--fix", is_flag=True, help="Fix in the files what can be fixed mechanically.")
@click.option("--explain", metavar="RULE", help="Explain a rule, and exit.")
def validate(paths: tuple[str, ...], profile: str | None, select: tuple[str, ...], ignore: tuple[str, ...],
              level: str, fail_on: str | None, form: str, output: Path | None, baseline: Path | None,
              write_baseline: bool, fix: bool, explain: str | None) -> None:  # fmt: skip
    """Check documents and the properties beside them: files, folders, patterns.

    Exit status: 0 clean, 1 findings at or above --fail-on, 2 usage or configuration error. Settings of a project are
    read from [tool.connectors] in its pyproject.toml.
    """
    gc.set_threshold(_ALLOCATIONS)
    if explain is not None:
        return _explain(explain)
    if not paths:
        raise click.UsageError("give files, folders or patterns to check")
    project = _usage(lambda: checking.project(Path.cwd()))
    grave = _usage(lambda: checking.level(fail_on or project.fail_on))
    least = SEVERITIES[max(SEVERITIES.index(one) for one in (level, grave) if one != "never")]
    settings = _usage(
        lambda: replace(
            project.settings,
            profile=profile or project.settings.profile,
            select=select or project.settings.select,
            ignore=(*project.settings.ignore, *ignore),
            least=least,
        )
    )
    known = baseline or project.baseline
    if write_baseline and known is None:
        raise click.UsageError("--write-baseline needs --baseline FILE, or baseline in [tool.connectors]")
    entries = _usage(lambda: list(checking.entries(paths)))
    if fix:
        for entry in entries:
            checking.fix(entry, settings, project)
    found = [one for found in checking.every(entries, settings, project) for one in found]
    if known is not None and write_baseline:
        checking.save_baseline(known, found)
        click.echo(f"recorded {len(found)} findings in {known}", err=True)
        return None
    if known is not None:
        found = _usage(lambda: checking.without_known(known, found))
    _report(found, [str(one.document) for one in entries], form, output, level, grave)
    return None


def _usage(make: Callable[[], Made]) -> Made:
    """What is made of the caller's words; an error of theirs exits with 2."""
    try:
        return make()
    except ConnectorError as error:
        raise click.UsageError(str(error)) from None


def _report(
    found: list[Diagnostic], files: list[str], form: str, output: Path | None, level: str, fail_on: str,
    nothing: str = "no problems found",
) -> None:  # fmt: skip
    """Prints findings, or writes them to a file; exits with 1 where one is grave enough."""
    told = [one for one in found if checking.at_least(one, level)]
    report = escaped(REPORTS[form](told, files))
    if output is not None:
        output.write_text(report + "\n", "utf-8")
    elif report:
        click.echo(report)
    counts = Counter(one.severity for one in found)
    said = ", ".join(f"{counts[one]} {one}{'s' * (counts[one] != 1)}" for one in ("error", "warning") if counts[one])
    documents = f"{len(files)} document{'s' * (len(files) != 1)}"
    click.echo(f"{documents}: {said}" if said else f"{documents} checked, {nothing}", err=True)
    least = _usage(lambda: checking.level(fail_on))
    if any(checking.at_least(one, least) for one in found):
        raise Exit(1)


def _explain(name: str) -> None:
    row = _usage(lambda: explained(name))
    click.echo(f"{row.id} ({row.severity}, profile {row.profile})\n\n{row.why}\n{row.fix}")


@click.command()
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
@_reported
def diff(
    old: Path, new: Path, select: tuple[str, ...], ignore: tuple[str, ...], level: str, fail_on: str | None,
    form: str, output: Path | None,
) -> None:  # fmt: skip
    """Compare two versions of a document: what changed for callers, and the version number it calls for.

    Exit status: 0 no change breaks callers, or the new version number says so; 1 otherwise, or with --fail-on for
    changes at or above it; 2 usage or configuration error.
    """
    before, after = _usage(lambda: [checking.one(path) for path in (old, new)])
    settings = _usage(lambda: Settings(select=select, ignore=ignore))
    beside = [None if one.properties is None else loader.read(one.properties) for one in (before, after)]
    made = compare(loader.read(before.document), loader.read(after.document), *beside)
    found = [one for one in made.found if settings.wants(one.rule)]
    told = f"{made.versions[0] or '?'} → {made.versions[1] or '?'}"
    asked = f"a {made.bump} version" if made.bump != "none" else "no new version"
    click.echo(f"asks for {asked}; the documents say {told}", err=True)
    _report(found, [str(after.document)], form, output, level, fail_on or "never", "no change that breaks callers")
    if fail_on is None and made.behind and any(one.severity == "error" for one in found):
        raise Exit(1)
