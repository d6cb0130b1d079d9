"""A log of SARIF 2.1.0 (OASIS), within the limits of GitHub's code scanning."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from openconnectors.cli.reports.places import path_of, uri_of
from openconnectors.cli.reports.source import end_of
from openconnectors.engine.deferred import module, pattern
from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint import RULES, SEVERITIES

if TYPE_CHECKING:
    from importlib import metadata
else:
    metadata = module("importlib.metadata")

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
"""The severities in SARIF (section 3.27.10)."""
_RESULTS = 25_000
"""Results of a run, beyond which GitHub refuses the whole log."""
_PACKAGE = "https://pypi.org/project/open-connectors/"
_RFC = pattern(r"RFC (\d+)(?: section (\d[\d.]*\d|\d))?")
_OBJECT = pattern(r"\b((?:[A-Z][A-Za-z]+ )+)Object\b")
_OLD_OBJECTS = ("Definitions", "Headers", "Items", "Parameters Definitions", "Responses Definitions", "Scopes",
                "Security Definitions")  # fmt: skip
"""Objects that only Swagger 2.0 has."""


def sarif(findings: Sequence[Diagnostic], files: Sequence[str], fail_on: str = "error") -> str:
    """A log of SARIF 2.1.0, with the rules of its findings; of too many the most severe."""
    kept = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))[:_RESULTS]
    shown = findings if len(findings) <= _RESULTS else kept
    ids = {rule: number for number, rule in enumerate(sorted({finding.rule for finding in shown}))}
    fingerprints = Counter[str]()
    results = [_result(finding, ids, fingerprints) for finding in shown]
    version = metadata.version("open-connectors")
    driver = {
        "name": "connectors",
        "version": version,
        "semanticVersion": version,
        "informationUri": _PACKAGE,
        "rules": [_rule(rule) for rule in ids],
    }
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if len(shown) < len(findings):
        message = f"{len(findings) - len(shown):,} of {len(findings):,} findings are left out, the least severe"
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": message}}]
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(name: str) -> dict[str, Any]:
    """The metadata of a rule (section 3.49)."""
    row = RULES.get(name)
    if row is None:
        return {"id": name, "shortDescription": {"text": name}, "helpUri": _PACKAGE}
    text = f"{row.why}\n\n{row.fix}"
    return {
        "id": name,
        "shortDescription": {"text": row.why[:1024]},
        "fullDescription": {"text": row.why[:1024]},
        "help": {"text": text, "markdown": f"{text}\n\n`connectors validate --explain {name}`"},
        "helpUri": help_uri(row.why, row.profile),
        "defaultConfiguration": {"level": _LEVELS[row.severity]},
        "properties": {
            "tags": ["openapi", row.profile],
            "precision": "very-high",
            "problem.severity": _PROBLEMS[row.severity],
        },
    }


_PROBLEMS = {"error": "error", "warning": "warning", "info": "recommendation"}
"""The severities of GitHub's property ``problem.severity``."""


def help_uri(why: str, profile: str) -> str:
    """The page of the section of a specification that the reason of a rule names; else that of this package."""
    rfc = _RFC.search(why)
    if rfc is not None:
        return f"https://www.rfc-editor.org/rfc/rfc{rfc[1]}" + (f"#section-{rfc[2]}" if rfc[2] else "")
    if profile == "microsoft":
        return "https://learn.microsoft.com/connectors/custom-connectors/"
    named = _OBJECT.search(why)
    if named is not None:
        name = named[1].strip()
        version = "v2.0" if name in _OLD_OBJECTS else "latest"
        return f"https://spec.openapis.org/oas/{version}.html#{name.lower().replace(' ', '-')}-object"
    return _PACKAGE


def _result(finding: Diagnostic, ids: Mapping[str, int], fingerprints: Counter[str]) -> dict[str, Any]:
    """A result (section 3.27). Its fingerprint is of the rule and the node, so that it stays when lines move."""
    location = {
        **_location(finding.file, finding.line, finding.column),
        "logicalLocations": [{"fullyQualifiedName": finding.pointer or "/"}],
    }
    fingerprint = f"{finding.rule}:{path_of(finding.file)}#{finding.pointer}"
    fingerprints[fingerprint] += 1
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": ids[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        "partialFingerprints": {"pointer/v1": f"{fingerprint}:{fingerprints[fingerprint]}"},
    }
    if finding.related is not None:
        result["relatedLocations"] = [
            {"id": 1, **_location(*finding.related), "message": {"text": "The other place that this is about."}}
        ]
    return result


def _location(file: str, line: int, column: int) -> dict[str, Any]:
    region = {"startLine": line, "startColumn": column}
    end = end_of(file, line, column)
    if end is not None:
        region |= {"endLine": line, "endColumn": end}
    return {"physicalLocation": {"artifactLocation": {"uri": uri_of(file)}, "region": region}}
