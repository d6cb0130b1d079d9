"""``connectors validate``."""

from __future__ import annotations

import gc
from pathlib import Path

import click
from msgspec.structs import replace

from openconnectors.cli import checking, completion
from openconnectors.cli import project as projects
from openconnectors.cli.findings import report, report_options, usage
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.terminal import drawable
from openconnectors.engine.lint import SEVERITIES, Settings, explain, rulesets
from openconnectors.entries import with_overlays
from openconnectors.progress import Bar

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
@click.option("--explain", "rule", metavar="RULE", shell_complete=completion.rule, help="Explain a rule, and exit.")
def command(paths: tuple[str, ...], root: Path | None, overlays: tuple[Path, ...],
            profile: str | None, select: tuple[str, ...], ignore: tuple[str, ...],
            level: str, fail_on: str | None, form: str, output: Path | None, baseline: Path | None,
            rule_files: tuple[Path, ...], write_baseline: bool, fix: bool, rule: str | None) -> None:  # fmt: skip
    """Check documents and the properties beside them: files, folders, patterns.

    PATHS are files, folders, and patterns such as "specs/**/*.json".

    Exit status: 0 clean, 1 findings at or above --fail-on, 2 usage or configuration error. Settings of a project are
    read from [tool.connectors] in its pyproject.toml.
    """
    gc.set_threshold(_ALLOCATIONS)
    project = usage(lambda: projects.project(Path.cwd()))
    added = usage(lambda: tuple(rulesets.read(file) for file in rule_files))
    project = replace(project, settings=replace(project.settings, rulesets=(*project.settings.rulesets, *added)))
    if rule is not None:
        _explain(rule, project.settings)
        return
    if not paths:
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
    known = baseline or project.baseline
    if write_baseline and known is None:
        raise click.UsageError("--write-baseline needs --baseline FILE, or baseline in [tool.connectors]")
    there = usage(lambda: list(checking.entries(paths, project.exclude, project.root)))
    entries = [with_overlays(entry, overlays) for entry in there]
    if fix:
        for entry in entries:
            checking.fix(entry, settings, project)
    with Bar("documents", drawable()) as bar:
        checked = bar.over(checking.check_all(entries, settings, project), len(entries))
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
