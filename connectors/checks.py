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

from connectors import checking
from connectors.reports import REPORTS
from connectors.terminal import escaped
from engine import loader
from engine.errors import ConnectorError, Diagnostic
from engine.validate import SEVERITIES, Settings
from engine.validate import explain as explained
from engine.validate.compare import compare

Made = TypeVar("Made")
_ALLOCATIONS = 200_000
"""How many new objects there may be before garbage is looked for: documents are large, and hardly hold any."""


def _reported(function: Callable[..., None]) -> Callable[..., None]:
    """The options that commands with findings share."""
    for option in (
        click.option("--format", "form", type=click.Choice(list(REPORTS)), default="text", show_default=True),
        click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report there."),
        click.option("--fail-on", help="The least severity that makes the exit code 1, or never."),
        click.option("--level", type=click.Choice(SEVERITIES), default="warning", help="The least that is told."),
        click.option("--ignore", multiple=True, metavar="RULE", help="A rule to leave out; patterns like path-*."),
        click.option("--select", multiple=True, metavar="RULE", help="A rule to look for, and no others."),
    ):
        function = option(function)
    return function


@click.command()
@click.argument("paths", nargs=-1)
@_reported
@click.option("--profile", help="default, or microsoft: the rules of Microsoft's certification too.")
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), help="Findings that are known.")
@click.option("--write-baseline", is_flag=True, help="Make what is found now what is known.")
@click.option("--fix", is_flag=True, help="Mend what can be mended mechanically, in the files.")
@click.option("--explain", metavar="RULE", help="Tell what a rule is about.")
def validate(paths: tuple[str, ...], profile: str | None, select: tuple[str, ...], ignore: tuple[str, ...],
              level: str, fail_on: str | None, form: str, output: Path | None, baseline: Path | None,
              write_baseline: bool, fix: bool, explain: str | None) -> None:  # fmt: skip
    """Check documents and the properties beside them: files, folders, patterns.

    Exits with 1 where something as grave as --fail-on is found, with 2 where it cannot be looked for. What a project
    always wants stands in [tool.connectors] of its pyproject.toml.
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
            checking.mend(entry, settings, project)
    found = [one for found in checking.every(entries, settings, project) for one in found]
    if known is not None and write_baseline:
        checking.save_baseline(known, found)
        click.echo(f"{len(found)} findings are known from now on, in {known}", err=True)
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
    nothing: str = "nothing to mend",
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
    click.echo(f"{len(files)} document{'s' * (len(files) != 1)}: {said or nothing}", err=True)
    least = _usage(lambda: checking.level(fail_on))
    if any(checking.at_least(one, least) for one in found):
        raise Exit(1)


def _explain(name: str) -> None:
    row = _usage(lambda: explained(name))
    click.echo(f"{row.id} ({row.severity}, profile {row.profile})\n\n{row.why}\n{row.mend}")


@click.command()
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
@_reported
def diff(
    old: Path, new: Path, select: tuple[str, ...], ignore: tuple[str, ...], level: str, fail_on: str | None,
    form: str, output: Path | None,
) -> None:  # fmt: skip
    """What changed for callers from one version of a document to another, and the version that this asks for.

    Exits with 1 where something breaks callers and the version of the new document does not say so; with --fail-on,
    where a change is as grave as that.
    """
    before, after = _usage(lambda: [checking.one(path) for path in (old, new)])
    settings = _usage(lambda: Settings(select=select, ignore=ignore))
    beside = [None if one.properties is None else loader.read(one.properties) for one in (before, after)]
    made = compare(loader.read(before.document), loader.read(after.document), *beside)
    found = [one for one in made.found if settings.wants(one.rule)]
    told = f"{made.versions[0] or '?'} → {made.versions[1] or '?'}"
    asked = f"a {made.bump} version" if made.bump != "none" else "no new version"
    click.echo(f"asks for {asked}; the documents say {told}", err=True)
    _report(found, [str(after.document)], form, output, level, fail_on or "never", "nothing that breaks callers")
    if fail_on is None and made.behind and any(one.severity == "error" for one in found):
        raise Exit(1)
