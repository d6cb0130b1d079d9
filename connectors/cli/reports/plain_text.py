"""Findings for people: each with its source line, a caret, and how to fix it."""

from __future__ import annotations

from collections.abc import Sequence

from openconnectors.cli.reports.source import lines_of
from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.errors import Diagnostic

_WIDTH = 100
"""Characters of a source line that are shown; a longer line is cut around the finding."""
_UNSHOWN = frozenset({"secret-committed"})
"""Rules whose source line is not shown: more people read a log than a document."""


def text(findings: Sequence[Diagnostic], files: Sequence[str], fail_on: str = "error") -> str:
    """Each finding with its source line, a caret, and how to fix it."""
    return "\n".join(_shown(finding) for finding in findings)


def _shown(finding: Diagnostic) -> str:
    lines = [escaped_line(str(finding))]
    source = lines_of(finding.file)
    if finding.line <= len(source) and finding.rule not in _UNSHOWN:
        line = source[finding.line - 1].rstrip("\r\n")
        at = finding.column - 1
        begin = max(0, at - _WIDTH // 2) if len(line) > _WIDTH else 0
        before = "…" * (begin > 0) + escaped_line(line[begin:at]) + " " * (at - len(line))
        after = escaped_line(line[at : begin + _WIDTH]) + "…" * (len(line) > begin + _WIDTH)
        margin = f"{finding.line:>7} | "
        lines.append(margin + (before + after).rstrip())
        lines.append(" " * (len(margin) - 2) + "| " + " " * len(before) + "^")
    if finding.related is not None:
        lines.append(escaped_line("        = it was at {}:{}:{}".format(*finding.related)))
    if finding.fix:
        lines.append(escaped_line(f"        = {finding.fix}"))
    return "\n".join(lines)
