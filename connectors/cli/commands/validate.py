"""``connectors validate``."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit
from msgspec.structs import replace

from openconnectors.cli import checking, completion, rewriting
from openconnectors.cli import project as projects
from openconnectors.cli.findings import report, report_options, usage
from openconnectors.cli.help import Command
from openconnectors.cli.project import Project
from openconnectors.cli.reports.source import show_texts
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.terminal import drawable
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.lint import RULES, SEVERITIES, Settings, explain, rulesets
from openconnectors.engine.lint.settings import PROFILES
from openconnectors.entries import Entry, with_overlays
from openconnectors.progress import Bar

if TYPE_CHECKING:
    import difflib
else:
    difflib = module("difflib")

_ALLOCATIONS = 200_000
"""New objects between collections of garbage: documents are many objects, nearly all of which stay."""


@click.command("validate", cls=Command)
@click.argument("paths", nargs=-1, type=click.Path())
@report_options
@root_option
@overlay_option
@click.option("--profile", metavar="PROFILE", help="default, or microsoft: Microsoft's certification rules as well.")
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ignore findings recorded in FILE.",
    metavar="FILE",
)
@click.option(
    "--rules",
    "rule_files",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Check by the rules in FILE as well: YAML, such as .spectral.yaml.",
    metavar="FILE",
)
@click.option("--write-baseline", is_flag=True, help="Record the present findings in the baseline.")
@click.option("--fix", is_flag=True, help="Fix in the files what can be fixed mechanically.")
@click.option("--diff", "is_diff", is_flag=True, help="Print what --fix would change, and change nothing.")
@click.option(
    "--stdin-name",
    type=click.Path(dir_okay=False, path_type=Path),
    help='The name of what is read for "-": its folder is that of references.',
    metavar="FILE",
)
@click.option(
    "--explain",
    "rule",
    is_flag=False,
    flag_value="",
    metavar="[RULE]",
    shell_complete=completion.rule,
    help="Explain a rule, or list all of the profile, and exit.",
)
def command(paths: tuple[str, ...], root: Path | None, overlays: tuple[Path, ...],
            profile: str | None, select: tuple[str, ...], ignore: tuple[str, ...],
            level: str, fail_on: str | None, form: str, output: Path | None, baseline: Path | None,
            rule_files: tuple[Path, ...], write_baseline: bool, fix: bool, is_diff: bool, stdin_name: Path | None,
            rule: str | None) -> None:  # fmt: skip
    """Check documents and the properties beside them: files, folders, patterns.

    PATHS are files, folders, patterns such as "specs/**/*.json", and "-" for standard input. Below folders, hidden
    ones, node_modules, and what .gitignore and the setting exclude leave out is not looked for.

    Exit status: 0 clean, 1 findings at or above --fail-on, 2 usage or configuration error, 130 interrupted. Settings of
    a project are read from .connectors.toml, or [tool.connectors] in pyproject.toml, in this folder or above it.
    """
    gc.set_threshold(_ALLOCATIONS)
    project = usage(lambda: projects.project(Path.cwd()))
    added = usage(lambda: tuple(rulesets.read(file) for file in rule_files))
    project = replace(project, settings=replace(project.settings, rulesets=(*project.settings.rulesets, *added)))
    if rule:
        _explain(rule, project.settings)
        return
    if not paths and rule is None:
        raise click.UsageError("give files, folders or patterns to check")
    fail_level = usage(lambda: projects.level(fail_on or project.fail_on))
    lowest = SEVERITIES[max(SEVERITIES.index(severity) for severity in (level, fail_level) if severity != "never")]
    project = replace(project, documents=root or project.documents)
    settings = usage(
        lambda: replace(
            project.settings,
            profile=profile or project.settings.profile,
            select=select or project.settings.select,
            ignore=(*project.settings.ignore, *ignore),
            least=lowest,
        )
    )
    if rule is not None:
        _list(settings)
        return
    known = baseline or project.baseline
    if write_baseline and known is None:
        raise click.UsageError("--write-baseline needs --baseline FILE, or baseline in the settings")
    named = [path for path in paths if path != "-"]
    there = usage(lambda: list(checking.entries(named, project.exclude, project.root)))
    texts = _standard_input(stdin_name) if len(named) < len(paths) else {}
    if texts and (fix or is_diff):
        raise click.UsageError("--fix and --diff take files, not standard input")
    show_texts(texts)
    there += map(checking.entry_named, texts)
    entries = [with_overlays(entry, overlays) for entry in there]
    if is_diff:
        _print_changes(entries, settings, project)
        return
    if fix:
        for entry in entries:
            try:
                checking.fix(entry, settings, project)
            except ConnectorError as error:  # the other files are fixed
                click.echo(f"connectors: {error}", err=True)
    with Bar("documents", drawable()) as bar:
        checked = bar.over(checking.check_all(entries, settings, project, texts), len(entries))
        findings = [finding for of_entry in checked for finding in of_entry]
    if known is not None and write_baseline:
        checking.save_baseline(known, findings)
        click.echo(f"recorded {len(findings)} findings in {known}", err=True)
        return
    if known is not None:
        findings = usage(lambda: checking.without_known(known, findings))
    report(findings, [str(entry.document) for entry in entries], form, output, level, fail_level)


def _explain(name: str, settings: Settings) -> None:
    rule = usage(lambda: explain(name, settings))
    click.echo(f"{rule.id} ({rule.severity}, profile {rule.profile})\n\n{rule.why}\n{rule.fix}")


def _list(settings: Settings) -> None:
    """Print the rules that the settings ask for, a line each."""
    profiles = PROFILES[settings.profile]
    rows = [
        rule
        for rule in settings.rules.values()
        if (rule.profile in profiles or rule.id not in RULES) and settings.wants(rule.id)
    ]
    width = max((len(rule.id) for rule in rows), default=0)
    for rule in sorted(rows, key=lambda row: (row.profile, row.id)):
        click.echo(f"{rule.id:<{width}}  {settings.severity_of(rule.id, rule.severity):<7}  {rule.why}")


def _standard_input(name: Path | None) -> dict[Path, bytes]:
    """What is read from standard input, under a name: of the format that it begins as, if there is no other."""
    stream = getattr(sys.stdin, "buffer", None)
    data: bytes = stream.read() if stream is not None else sys.stdin.read().encode()
    path = name or Path("stdin.json" if data.lstrip()[:1] in (b"{", b"[") else "stdin.yaml")
    return {path: data}


def _print_changes(entries: list[Entry], settings: Settings, project: Project) -> None:
    """Print what would be fixed first as a unified diff; exit with 1 if there is something."""
    changed = 0
    for entry in entries:
        for file, text in checking.check_entry(entry, settings, project).repairs.items():
            old = rewriting.content_of(Path(file))
            lines = difflib.unified_diff(old.splitlines(True), text.splitlines(True), file, file)
            click.echo("".join(lines), nl=False)
            changed += 1
    click.echo(f"{changed} file{'s' * (changed != 1)} would change", err=True)
    if changed:
        raise Exit(1)
