"""Findings as Markdown: for the summary of a pipeline, or, of changes, for a changelog."""

from __future__ import annotations

from collections.abc import Sequence

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint import RULES

_MARKUP = pattern(r"[\\`*_\[\]|~#]")
_SECTIONS = {
    "error": ("Errors", "Breaking changes"),
    "warning": ("Warnings", "Risks"),
    "info": ("Notes", "Other changes"),
}
"""The titles of findings, and of changes, by their severity."""


def markdown(findings: Sequence[Diagnostic], files: Sequence[str], fail_on: str = "error") -> str:
    """Lists under a title for each severity: for the summary of a pipeline, or, of changes, for a changelog."""
    lines: list[str] = []
    is_diff = all(finding.rule in RULES and RULES[finding.rule].profile == "diff" for finding in findings)
    for severity, titles in _SECTIONS.items():
        rows = [finding for finding in findings if finding.severity == severity]
        if rows:
            lines += [f"## {titles[is_diff]}", ""]
            lines += [
                f"- {_inert(finding.message)} (`{finding.rule}`, {_inert(finding.file)}:{finding.line})"
                for finding in rows
            ]
            lines.append("")
    return "\n".join(lines).rstrip("\n")


def _inert(value: str) -> str:
    """A text that is no markup in Markdown or HTML, in one line."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(value.split())).replace("<", "&lt;")
