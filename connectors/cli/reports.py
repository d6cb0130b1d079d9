"""Reports of findings, a row for each format: text with the line and a caret, JSON, SARIF 2.1.0 (OASIS), annotations of
GitHub's workflows, JUnit's XML, Markdown.

A report is a function of the findings, and of the names of all files that were checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.deferred import module, pattern
from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint import RULES

if TYPE_CHECKING:
    from importlib import metadata
    from xml.etree import ElementTree
else:
    metadata = module("importlib.metadata")
    ElementTree = module("xml.etree.ElementTree")

_MARKUP = pattern(r"[\\`*_\[\]|]")
_WIDTH = 100
"""Characters of a source line that are shown; a longer line is cut around the finding."""
_UNSHOWN = frozenset({"secret-committed"})
"""Rules whose source line is not shown: more people read a log than a document."""


def text(findings: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """Each finding with its source line, a caret, and how to fix it."""
    return "\n".join(_shown(finding) for finding in findings)


def _shown(finding: Diagnostic) -> str:
    lines = [escaped_line(str(finding))]
    source = _lines(finding.file)
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


def _lines(file: str) -> list[str]:
    try:
        path = Path(file).resolve()
        return _lines_at(path, path.stat().st_mtime_ns)
    except OSError:
        return []


@cache
def _lines_at(path: Path, time: int) -> list[str]:
    """The lines of a file as it was at a time: in one process it may change between two reports."""
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(encoding, "replace").split("\n")


def as_json(findings: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """A list of mappings: rule, severity, message, file, line, column, pointer, mend; ``related`` is file, line and
    column of the other place, or null.

    ``mend`` is the finding's ``fix``: scripts read the member by the name that it had first."""
    members = {"rule": "rule", "severity": "severity", "message": "message", "file": "file", "line": "line"}
    members |= {"column": "column", "pointer": "pointer", "mend": "fix", "related": "related"}
    rows = [{member: getattr(finding, name) for member, name in members.items()} for finding in findings]
    return json.dumps(rows, indent=2, ensure_ascii=False)


_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
"""The severities in SARIF (section 3.27.10)."""


def sarif(findings: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """A log of SARIF 2.1.0, with the rules of its findings."""
    ids = sorted({finding.rule for finding in findings})
    rules = []
    for rule_id in ids:
        rule = RULES.get(rule_id)
        why, fix = (rule.why, rule.fix) if rule else (rule_id, rule_id)
        rules.append({"id": rule_id, "shortDescription": {"text": why}, "help": {"text": fix}})
    results = []
    for finding in findings:
        location = {
            **_location(finding.file, finding.line, finding.column),
            "logicalLocations": [{"fullyQualifiedName": finding.pointer or "/"}],
        }
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": ids.index(finding.rule),
            "level": _LEVELS[finding.severity],
            "message": {"text": finding.message},
            "locations": [location],
            "partialFingerprints": {"pointer/v1": f"{finding.rule}:{finding.pointer}"},
        }
        if finding.related is not None:
            result["relatedLocations"] = [_location(*finding.related)]
        results.append(result)
    driver = {"name": "connectors", "version": metadata.version("open-connectors"), "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _location(file: str, line: int, column: int) -> dict[str, Any]:
    region = {"startLine": line, "startColumn": column}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(file)}, "region": region}}


def _uri(file: str) -> str:
    path = Path(file)
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.resolve().as_uri()


_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def github(findings: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """Workflow commands that GitHub shows as annotations."""

    def annotation(finding: Diagnostic) -> str:
        line = f"file={_escaped(_uri(finding.file))},line={finding.line},col={finding.column}"
        message = f"{finding.message}. {finding.fix}" if finding.fix else finding.message
        return f"::{_COMMANDS[finding.severity]} {line},title={_escaped(finding.rule)}::{_data(message)}"

    return "\n".join(map(annotation, findings))


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def junit(findings: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """A suite with a case for each file, which fails with the findings in it."""
    suite = ElementTree.Element("testsuite", name="connectors", tests=str(len(files)))
    failed = 0
    for file in files:
        case = ElementTree.SubElement(suite, "testcase", classname="connectors.validate", name=_printable(file))
        in_file = [finding for finding in findings if finding.file == file]
        for finding in in_file:
            message = _printable(finding.message)
            failure = ElementTree.SubElement(case, "failure", type=finding.severity, message=message)
            failure.text = _printable(str(finding))
        failed += bool(in_file)
    suite.set("failures", str(failed))
    return ElementTree.tostring(suite, encoding="unicode")


_SECTIONS = {
    "error": ("Errors", "Breaking changes"),
    "warning": ("Warnings", "Risks"),
    "info": ("Notes", "Other changes"),
}
"""The titles of findings, and of changes, by their severity."""


def markdown(findings: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """Lists under a title for each severity: for the summary of a pipeline, or, of changes, for a changelog."""
    lines: list[str] = []
    is_diff = all(RULES[finding.rule].profile == "diff" for finding in findings if finding.rule in RULES)
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


def _printable(value: str) -> str:
    return "".join(character if character.isprintable() else " " for character in value)


Report = Callable[[Sequence[Diagnostic], Sequence[str]], str]
REPORTS: Mapping[str, Report] = {
    "text": text,
    "json": as_json,
    "sarif": sarif,
    "github": github,
    "junit": junit,
    "markdown": markdown,
}
