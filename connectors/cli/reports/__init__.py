"""Reports of findings, a row for each format.

A report is a function of the findings, of the names of all files that were checked, and of the severity from which on
findings make a check fail.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from openconnectors.cli.reports.markdown_lists import markdown
from openconnectors.cli.reports.pipelines import github, gitlab, junit
from openconnectors.cli.reports.plain_text import text
from openconnectors.cli.reports.sarif_log import sarif
from openconnectors.engine.errors import Diagnostic

__all__ = ["REPORTS", "Report", "as_json", "github", "gitlab", "junit", "markdown", "sarif", "text"]


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
    "sarif": sarif,
    "github": github,
    "gitlab": gitlab,
    "junit": junit,
    "markdown": markdown,
}
