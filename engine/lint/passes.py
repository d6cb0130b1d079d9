"""The passes over a document whose structure is right: its service is lowered whole, and each node is shown to the
rules for its kind.

A pass needs nothing of another and gives all that it finds as its result, so that passes over a large document may be
made side by side, by several processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec import field as new

from openconnectors.engine.deferred import module
from openconnectors.engine.documents.parts import faults
from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint.rules import (
    SEVERITIES,
    Context,
    Dispatch,
    Edit,
    Finding,
    Rule,
    Rules,
    Severity,
    diagnostic,
)
from openconnectors.engine.lint.settings import PROFILES, Settings
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.model import Service

if TYPE_CHECKING:
    from openconnectors.engine.lint import rulesets
else:
    rulesets = module("openconnectors.engine.lint.rulesets")

_NODES = 2_000
"""Nodes of one pass: a small part of what takes long enough to be made side by side."""


class Report(Struct):
    """What a pass finds, and the edits that fix some of it."""

    findings: list[Diagnostic] = new(default_factory=list)
    faults: list[Diagnostic] = new(default_factory=list)
    """Why parts of the service cannot be read, in the words of the loader."""
    remarks: list[Diagnostic] = new(default_factory=list)
    """What the loader says of what it reads."""
    edits: dict[Diagnostic, Edit] = new(default_factory=dict)

    def add(self, other: Report) -> None:
        """Add what another pass finds."""
        self.findings += other.findings
        self.faults += other.faults
        self.remarks += other.remarks
        self.edits |= other.edits

    def note(self, findings: Iterable[Finding], rule: str, context: Context, settings: Settings) -> None:
        """Add findings of a rule, or of those that they name, as severe as the settings say."""
        # Microsoft's ids, which are given later, may have other severities.
        least = SEVERITIES.index("info" if settings.profile == "microsoft" else settings.least)
        for finding in findings:
            row = context.rules[finding.rule or rule]
            grade: Severity | None = row.severity
            if settings.rulesets:
                grade = rulesets.graded(settings.rulesets, row, finding, context, row.severity)
            severity = None if grade is None else settings.severity_of(row.id, grade)
            if severity is None or SEVERITIES.index(severity) > least:
                continue  # its line need not be looked for
            self.findings.append(diagnostic(row, finding, context, severity))
            if finding.edit is not None:
                self.edits[self.findings[-1]] = finding.edit


Pass = Callable[[], Report]
Each = Callable[[Callable[[Pass], Report], Sequence[Pass]], Iterable[Report]]
"""Makes passes: ``map``, or what makes them side by side and gives their results in the same order."""


def all_passes(tables: Iterable[Rules], context: Context, settings: Settings) -> Iterator[Pass]:
    """The passes over a document. The longest, over its service, is the first."""
    if context.service is not None:
        yield partial(_lowered, context.service)

    def wanted(row: Rule) -> bool:
        # A rule of ours may be reported under an id of Microsoft's: whether that is selected is decided at the end.
        is_asked_for = not settings.ignores(row.id) if settings.profile == "microsoft" else settings.wants(row.id)
        return row.profile in PROFILES[settings.profile] and is_asked_for

    for dispatch in (Dispatch(table, context.tree.version[:3], wanted) for table in tables):
        for kind in dispatch.kinds:
            nodes = [node for node in context.tree[kind] if isinstance(node.value, dict)]
            for start in range(0, len(nodes), _NODES):
                yield partial(_shown, nodes[start : start + _NODES], dispatch, context, settings)


def make(waiting: Pass) -> Report:
    """What a pass finds."""
    return waiting()


def _lowered(service: Service) -> Report:
    return Report(faults=faults(service), remarks=list(service.remarks()))  # by then it is lowered whole


def _shown(nodes: Sequence[Node], dispatch: Dispatch, context: Context, settings: Settings) -> Report:
    """What rules find about nodes of one kind."""
    report = Report()
    for node in nodes:
        for row, function in dispatch.rules(node):
            if yielded := list(function(node, context)):
                report.note(yielded, row.id, context, settings)
    return report
