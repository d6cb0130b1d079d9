"""Reports of findings, a row for each format.

A report is a function of the findings, of the names of all files that were checked, and of the severity from which on
findings make a check fail.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from openconnectors.cli.reports.plain_text import text
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import Diagnostic

if TYPE_CHECKING:
    from openconnectors.cli.reports import markdown_lists, pipelines, sarif_log
else:
    markdown_lists = module("openconnectors.cli.reports.markdown_lists")
    pipelines = module("openconnectors.cli.reports.pipelines")
    sarif_log = module("openconnectors.cli.reports.sarif_log")

__all__ = ["REPORTS", "Report", "as_json", "text"]


class Report(Protocol):
    """Findings as text of a format."""

    def __call__(self, findings: Sequence[Diagnostic], files: Sequence[str], fail_on: str = "error") -> str: ...


def as_json(findings: Sequence[Diagnostic], files: Sequence[str], fail_on: str = "error") -> str:
    """A list of mappings: rule, severity, message, file, line, column, pointer, mend; ``related`` is file, line and
    column of the other place, or null.

    ``mend`` is the finding's ``fix``: scripts read the member by the name that it had first."""
    members = {"rule": "rule", "severity": "severity", "message": "message", "file": "file", "line": "line"}
    members |= {"column": "column", "pointer": "pointer", "mend": "fix", "related": "related"}
    rows = [{member: getattr(finding, name) for member, name in members.items()} for finding in findings]
    return json.dumps(rows, indent=2, ensure_ascii=False)


REPORTS: Mapping[str, Report] = {
    "text": text,
    "json": as_json,
    "sarif": lambda *arguments, **named: sarif_log.sarif(*arguments, **named),
    "github": lambda *arguments, **named: pipelines.github(*arguments, **named),
    "gitlab": lambda *arguments, **named: pipelines.gitlab(*arguments, **named),
    "junit": lambda *arguments, **named: pipelines.junit(*arguments, **named),
    "markdown": lambda *arguments, **named: markdown_lists.markdown(*arguments, **named),
}
