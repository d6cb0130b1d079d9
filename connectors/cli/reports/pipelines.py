"""Findings for the systems that run pipelines: GitHub's annotations, GitLab's code quality, JUnit's XML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from openconnectors.cli.project import at_least
from openconnectors.cli.reports.places import path_of
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import Diagnostic

if TYPE_CHECKING:
    import datetime
    import hashlib
    from xml.etree import ElementTree
else:
    datetime, hashlib = module("datetime"), module("hashlib")
    ElementTree = module("xml.etree.ElementTree")

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def github(findings: Sequence[Diagnostic], files: Sequence[str], fail_on: str = "error") -> str:
    """Workflow commands that GitHub shows as annotations."""

    def annotation(finding: Diagnostic) -> str:
        line = f"file={_escaped(path_of(finding.file))},line={finding.line},col={finding.column}"
        message = f"{finding.message}. {finding.fix}" if finding.fix else finding.message
        return f"::{_COMMANDS[finding.severity]} {line},title={_escaped(finding.rule)}::{_data(message)}"

    return "\n".join(map(annotation, findings))


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


_CODE_QUALITY = {"error": "major", "warning": "minor", "info": "info"}


def gitlab(findings: Sequence[Diagnostic], files: Sequence[str], fail_on: str = "error") -> str:
    """A report of GitLab's code quality. A fingerprint is of the rule, the file and the node, so that it stays when
    lines move; of several the same they are numbered."""
    known = Counter[str]()
    issues = []
    for finding in findings:
        path = path_of(finding.file)
        identity = f"{finding.rule}\0{path}\0{finding.pointer}"
        known[identity] += 1
        digest = hashlib.sha256(f"{identity}\0{known[identity]}".encode("utf-8", "surrogatepass"))
        issues.append(
            {
                "description": f"{finding.message}. {finding.fix}" if finding.fix else finding.message,
                "check_name": finding.rule,
                "fingerprint": digest.hexdigest(),
                "severity": _CODE_QUALITY[finding.severity],
                "location": {"path": path, "lines": {"begin": finding.line}},
            }
        )
    return json.dumps(issues, indent=2, ensure_ascii=False)


def junit(findings: Sequence[Diagnostic], files: Sequence[str], fail_on: str = "error") -> str:
    """A suite with a case for each file and each rule that has findings in it, the properties beside a document
    included. A case fails with the findings at or above ``fail_on``; those below it are its output."""
    by_file: dict[str, dict[str, list[Diagnostic]]] = {file: {} for file in files}
    for finding in findings:
        by_file.setdefault(finding.file, {}).setdefault(finding.rule, []).append(finding)
    suite = ElementTree.Element("testsuite", name="connectors validate", hostname="localhost", errors="0", time="0")
    ElementTree.SubElement(suite, "properties")
    count = failures = 0
    below: list[str] = []
    for file, rules in by_file.items():
        for rule, of_rule in (rules or {"no findings": []}).items():
            case = ElementTree.SubElement(suite, "testcase", classname=_printable(file), name=rule, time="0")
            failing = [finding for finding in of_rule if at_least(finding, fail_on)]
            below += [_printable(str(finding)) for finding in of_rule if finding not in failing]
            count += 1
            if failing:
                failures += 1
                message = _printable(failing[0].message)
                failure = ElementTree.SubElement(case, "failure", type=failing[0].severity, message=message)
                failure.text = "\n".join(_printable(str(finding)) for finding in failing)
    suite.set("timestamp", datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    suite.set("tests", str(count))
    suite.set("failures", str(failures))
    ElementTree.SubElement(suite, "system-out").text = "\n".join(below)
    ElementTree.SubElement(suite, "system-err")
    return ElementTree.tostring(suite, encoding="unicode")


def _printable(value: str) -> str:
    return "".join(character if character.isprintable() else " " for character in value)
