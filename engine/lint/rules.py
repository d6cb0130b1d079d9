"""What a rule is, and the table of all of them.

A rule is a function of one node, or of the whole case, that yields what it finds there. It is registered with its id,
its severity, and what it says to whoever asks (``--explain``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from openconnectors.engine.documents.document import Document
from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint.tree import Node, Tree
from openconnectors.engine.model import Service

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Edit:
    """A mechanical change: ``replace`` the text of a value, ``rename`` a key, or ``insert`` a member (``text`` is
    ``name: value`` as JSON) into the mapping at ``pointer``."""

    kind: Literal["replace", "rename", "insert"]
    pointer: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule finds: where, what is wrong there, and in which document (the definition by default)."""

    pointer: str
    message: str
    key: bool = False
    """Whether the key of the node is at fault, not its value."""
    document: Document | None = None
    edit: Edit | None = None
    rule: str = ""
    """Another rule to report it under."""


@dataclass
class Case:
    """What is checked: a document, its tree, the properties beside it, and its service where it is one."""

    document: Document
    tree: Tree
    properties: Document | None = None
    service: Service | None = None
    edits: dict[Diagnostic, Edit] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    """What rules have worked out, for one another."""

    @cached_property
    def ids(self) -> dict[str, Node]:
        """The operations by their operationId."""
        found: dict[str, Node] = {}
        for one in self.tree.operations:
            name = one.get("operationId")
            if isinstance(name, str):
                found.setdefault(name, one)
        return found


Check = Callable[[Node, Case], Iterator[Finding]]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. ``why`` says what goes wrong where it is broken, ``fix`` how to fix it."""

    id: str
    severity: Severity
    why: str
    fix: str
    profile: str
    kinds: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    check: Check | None = None


RULES: dict[str, Rule] = {}


def told(id: str, severity: Severity, why: str, fix: str, *, profile: str = "default") -> Rule:
    """Registers a rule whose findings come from elsewhere."""
    RULES[id] = made = Rule(id, severity, why, fix, profile)
    return made


def rule(
    id: str, severity: Severity, kinds: str, why: str, fix: str, *, has: str = "", profile: str = "default"
) -> Callable[[Check], Check]:
    """Registers a function as a rule for nodes of these kinds that are mappings, with any of these members (names
    with blanks between; no member: all of them)."""

    def register(check: Check) -> Check:
        RULES[id] = Rule(id, severity, why, fix, profile, tuple(kinds.split()), tuple(has.split()), check)
        return check

    return register


class Table:
    """The rules of some profiles, found by what a node is and has."""

    def __init__(self, profiles: tuple[str, ...], wanted: Callable[[str], bool]) -> None:
        self._always: dict[str, list[Rule]] = {}
        self._by_member: dict[str, dict[str, list[Rule]]] = {}
        for one in RULES.values():
            if one.check is None or one.profile not in profiles or not wanted(one.id):
                continue
            for kind in one.kinds:
                if not one.has:
                    self._always.setdefault(kind, []).append(one)
                for member in one.has:
                    self._by_member.setdefault(kind, {}).setdefault(member, []).append(one)
        self.kinds = frozenset((*self._always, *self._by_member))

    def rules(self, node: Node) -> list[Rule]:
        """The rules that look at a node, each once."""
        found = self._always.get(node.kind, [])
        by_member = self._by_member.get(node.kind)
        if by_member:
            for member in by_member.keys() & node.value.keys():
                found = [*found, *(one for one in by_member[member] if one not in found)]
        return found


def diagnostic(one: Rule, finding: Finding, case: Case, severity: Severity) -> Diagnostic:
    """A finding at its place in its file."""
    document = finding.document or case.document
    line, column = document.position(finding.pointer, key=finding.key)
    return Diagnostic(one.id, severity, finding.message, document.file, line, column, finding.pointer, one.fix)
