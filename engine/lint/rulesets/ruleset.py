"""Rules of rule sets as data, so that they go to other processes; and as rows and functions, bound to each other.

Rule 1. A rule of a rule set is a row like any other: it has its id, its severity, ignore comments, its place in every
report. A query is judged from the root of the document, so its row is about the kind ``document``.

Rule 2. What a rule set says about rules that it has not written itself (``off``, another severity) is a ``Grade``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from openconnectors.engine.lint.rules import VERSIONS, Check, Context, Finding, Rule, Rules, Severity
from openconnectors.engine.lint.rulesets.functions import judge, shown
from openconnectors.engine.lint.rulesets.patterns import braced
from openconnectors.engine.lint.rulesets.places import Place, Walker
from openconnectors.engine.lint.rulesets.queries import query
from openconnectors.engine.lint.rulesets.target import Fault, Judge, Target, targets
from openconnectors.engine.lint.tree import KINDS, Node


class Then(Struct, frozen=True):
    """What is judged at a place: a field of it, or it itself, by a function with options (JSON)."""

    function: str
    field: str | None = None
    options: bytes = b"{}"


class Written(Struct, frozen=True):
    """A rule as a rule set has it. ``selectors`` has kinds of nodes and queries, by version of the specification."""

    id: str
    severity: Severity
    selectors: Mapping[str, tuple[str, ...]]
    then: tuple[Then, ...]
    description: str = ""
    message: str = ""
    url: str = ""
    resolved: bool = True
    """Whether references are followed before queries are asked."""
    files: tuple[str, ...] = ()
    """Patterns of files that it is for; all if there are none."""


class Grade(Struct, frozen=True):
    """The severity of a rule's findings, or ``off``: of those on nodes of some kinds, or whose pointers have a pattern,
    or in some files, or below a pointer in these, where there are such conditions."""

    rule: str
    severity: Severity | Literal["off"]
    kinds: str = ""
    pointer: str = ""
    files: tuple[str, ...] = ()
    below: str = ""

    def applies(self, row: Rule, finding: Finding, file: str, context: Context, folder: Path) -> bool:
        """Whether a finding in a file is one of these."""
        if not fnmatchcase(row.id, self.rule) or not re.search(self.pointer, finding.pointer):
            return False
        if self.below and not f"{finding.pointer}/".startswith(f"{self.below}/"):
            return False
        if self.files and not any(in_files(file, pattern, folder) for pattern in self.files):
            return False
        return not self.kinds or _kind(finding.pointer, context) in self.kinds.split()


class RuleSet(Struct, frozen=True):
    """What a file of rules says, with all that it extends."""

    file: str
    rules: tuple[Written, ...] = ()
    grades: tuple[Grade, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder that its patterns of files begin at."""
        return Path(self.file).resolve().parent


def _kind(pointer: str, context: Context) -> str:
    """The kind of the nearest node that a pointer is in."""
    while pointer not in context.tree.nodes and pointer:
        pointer = pointer.rpartition("/")[0]
    return context.tree.nodes[pointer].kind if pointer in context.tree.nodes else ""


def in_files(file: str, pattern: str, folder: Path) -> bool:
    """Whether a pattern of files (``*`` within a folder, ``**`` in any, ``{a,b}``), from a folder, has a file."""
    path = Path(file).resolve()
    shown = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()
    return re.fullmatch(braced(pattern), shown) is not None


def graded(
    rulesets: Iterable[RuleSet], row: Rule, finding: Finding, context: Context, severity: Severity
) -> Severity | None:
    """The severity that rule sets give a finding: the last that says something counts; None if it is off."""
    grade: Severity | Literal["off"] = severity
    for ruleset in rulesets:
        for each in ruleset.grades:
            file = (finding.document or context.document).file_of(finding.pointer) if each.files else ""
            if each.applies(row, finding, file, context, ruleset.folder):
                grade = each.severity
    return None if grade == "off" else grade


# Rows and functions


def table(rulesets: Iterable[RuleSet]) -> Rules:
    """The rules of rule sets as rows with their functions."""
    rules = Rules()
    written = {rule.id: (rule, ruleset.folder) for ruleset in rulesets for rule in ruleset.rules}  # the last counts
    for rule, folder in written.values():
        if any(rule.selectors.values()):
            rules.add(row_of(rule))
            rules.check(rule.id)(_check(rule, folder))
    return rules


def row_of(written: Written) -> Rule:
    """The row of a rule."""
    selectors = [each for version in VERSIONS for each in written.selectors.get(version, ())]
    kinds = dict.fromkeys(each if each in KINDS else "document" for each in selectors)
    return Rule(
        written.id,
        written.severity,
        " ".join(kinds) or "document",
        versions=" ".join(version for version in VERSIONS if written.selectors.get(version)),
        why=written.description or written.message or "A rule of the project.",
        fix=f"See {written.url}" if written.url else "",
    )


def _check(written: Written, folder: Path) -> Check:
    judges = [(then, judge(then.function, msgspec.json.decode(then.options))) for then in written.then]

    def check(node: Node, context: Context) -> Iterator[Finding]:
        if written.files and not any(in_files(context.document.file, each, folder) for each in written.files):
            return
        walker = context.once(_resolved if written.resolved else _unresolved)
        for place in _places(written, node, walker, context):
            for then, function in judges:
                for target in targets(place, then.field, walker, context):
                    yield from _findings(written, target, function)

    return check


def _places(written: Written, node: Node, walker: Walker, context: Context) -> Iterator[Place]:
    selectors = written.selectors.get(context.tree.version[:3], ())
    if node.kind in selectors and node.reference is None:
        yield Place(node.value, node.pointer, node.name)
    if node.kind == "document":
        for each in selectors:
            if each not in KINDS:
                yield from context.once(_Selection(each, written.resolved))


class _Selection(Struct, frozen=True):
    """The places that a query selects in a document: rules with the same query share them."""

    query: str
    resolved: bool

    def __call__(self, context: Context) -> list[Place]:
        walker = context.once(_resolved if self.resolved else _unresolved)
        return list(query(self.query).select(walker.root(), walker))


def _resolved(context: Context) -> Walker:
    return Walker(context, resolved=True)


def _unresolved(context: Context) -> Walker:
    return Walker(context, resolved=False)


def _findings(written: Written, target: Target, function: Judge) -> Iterator[Finding]:
    for fault in function(target):
        place, left = target.reach(fault.steps)
        yield Finding(place.pointer, _message(written, fault, place, left), key=place.key or place.is_collection)


_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def _message(written: Written, fault: Fault, place: Place, left: Iterable[str | int]) -> str:
    """The message of a finding, with what its placeholders stand for."""
    name = ".".join(str(step) for step in (place.name, *left) if step is not None)
    values: dict[str, Any] = {
        "error": fault.message,
        "property": name,
        "path": f"#{place.pointer}" if "#" not in place.pointer else place.pointer,
        "description": written.description,
    }
    if not written.message:
        return written.description or fault.message

    def value(match: re.Match[str]) -> str:
        if match[1] == "value":
            return shown(place.value) if not isinstance(place.value, str) else place.value
        return str(values.get(match[1], match[0]))

    return _PLACEHOLDER.sub(value, written.message).strip()
