"""What commands with findings share: their options, the report, the summary, the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click
from click.exceptions import Exit

from openconnectors.cli import completion
from openconnectors.cli.project import at_least
from openconnectors.cli.project import level as checked_level
from openconnectors.cli.reports import REPORTS
from openconnectors.cli.terminal import escaped
from openconnectors.engine.errors import ConnectorError, Diagnostic
from openconnectors.engine.lint import SEVERITIES

Result = TypeVar("Result")

_OPTIONS = (
    click.option(
        "--format",
        "form",
        type=click.Choice(list(REPORTS)),
        default="text",
        show_default=True,
        help="Format of the report.",
    ),
    click.option(
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the report to FILE.",
        metavar="FILE",
    ),
    click.option("--fail-on", metavar="SEVERITY", help="Exit with 1 on a finding of this severity or above; or never."),
    click.option("--level", type=click.Choice(SEVERITIES), default="warning", help="Lowest severity to report."),
    click.option(
        "--ignore",
        multiple=True,
        metavar="RULE",
        shell_complete=completion.rule,
        help="Leave out a rule, or a pattern of rules such as path-*.",
    ),
    click.option(
        "--select",
        multiple=True,
        metavar="RULE",
        shell_complete=completion.rule,
        help="Check this rule only; may be repeated.",
    ),
)


def report_options(function: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command with the options of a report."""
    for option in _OPTIONS:
        function = option(function)
    return function


def usage(compute: Callable[[], Result]) -> Result:
    """The result of a computation with what the caller wrote; its errors are usage errors."""
    try:
        return compute()
    except ConnectorError as error:
        raise click.UsageError(str(error)) from None


def report(
    findings: Sequence[Diagnostic], files: Sequence[str], form: str, output: Path | None, level: str, fail_on: str,
    no_findings: str = "no problems found",
) -> None:  # fmt: skip
    """Print the findings at or above ``level``, or write them to a file, and a summary of all; exit with 1 if one is at
    or above ``fail_on``."""
    shown = [finding for finding in findings if at_least(finding, level)]
    text = escaped(REPORTS[form](shown, files, fail_on))
    if output is not None:
        output.write_text(text + "\n", "utf-8")
    elif text:
        click.echo(text)
    counts = Counter(finding.severity for finding in findings)
    summary = ", ".join(_counted(counts[severity], severity) for severity in ("error", "warning") if counts[severity])
    documents = _counted(len(files), "document")
    click.echo(f"{documents}: {summary}" if summary else f"{documents} checked, {no_findings}", err=True)
    if any(at_least(finding, usage(lambda: checked_level(fail_on))) for finding in findings):
        raise Exit(1)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
