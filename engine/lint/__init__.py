"""Is a document right: its structure, its meaning, its connector. Every finding at its place, with how to fix it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from openconnectors.engine.documents import loader
from openconnectors.engine.documents.dialects import DIALECTS
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import pointer_steps
from openconnectors.engine.errors import Diagnostic, InvalidDocument, UnknownName
from openconnectors.engine.lint import connector, microsoft, style, values
from openconnectors.engine.lint import semantics as meaning
from openconnectors.engine.lint.fixes import applied
from openconnectors.engine.lint.rules import (
    SEVERITIES,
    Case,
    Dispatch,
    Edit,
    Finding,
    Rule,
    Severity,
    diagnostic,
)
from openconnectors.engine.lint.structure import structure, version_of
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.tree import Tree

__all__ = ["IGNORE", "RULES", "SEVERITIES", "Checked", "Settings", "check", "explain", "validate"]

_PROFILES = {"default": ("default",), "microsoft": ("default", "microsoft")}


@dataclass(frozen=True, slots=True)
class Settings:
    """What is looked for. ``select`` and ``ignore`` are ids of rules, or patterns of them (``path-*``); ``severity``
    gives rules another severity; what is less grave than ``least`` is not looked for."""

    profile: str = "default"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    least: Severity = "info"

    def __post_init__(self) -> None:
        if self.profile not in _PROFILES:
            raise UnknownName("profile", self.profile, _PROFILES)
        for one in (*self.select, *self.ignore, *(name for name, _ in self.severity)):
            if not any(fnmatchcase(name, one) for name in RULES):
                raise UnknownName("rule", one, RULES)

    def wants(self, name: str) -> bool:
        """Whether findings of a rule are told."""
        chosen = not self.select or any(fnmatchcase(name, one) for one in self.select)
        return chosen and not self.ignores(name)

    def ignores(self, name: str) -> bool:
        """Whether a rule is left out, whatever is selected."""
        return any(fnmatchcase(name, one) for one in self.ignore)

    def reaches(self, name: str) -> bool:
        """Whether findings of a rule are grave enough to be looked for."""
        own = RULES.get(name)
        usual = own.severity if own is not None else "error"
        return SEVERITIES.index(self.severity_of(name, usual)) <= SEVERITIES.index(self.least)

    def severity_of(self, name: str, usual: Severity) -> Severity:
        """How grave a finding of a rule is."""
        return next((given for pattern, given in self.severity if fnmatchcase(name, pattern)), usual)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a document and the properties beside it, and the repairs that are mechanical, by file."""

    found: list[Diagnostic]
    repairs: dict[str, str]


def validate(path: Path, properties: Path | None = None, settings: Settings | None = None) -> list[Diagnostic]:
    """The findings about a document, and the properties beside it, in the order of their lines; none means that it
    is right."""
    return check(path, properties, settings or Settings()).found


def check(path: Path, properties: Path | None, settings: Settings) -> Checked:
    """The same, with repairs: the whole text of each file in which something can be fixed mechanically."""
    found: list[Diagnostic] = []
    documents: list[Document] = []
    for file in (path, properties):
        try:
            documents += [loader.read(file)] if file is not None else []
        except InvalidDocument as error:
            found += error.diagnostics
            if file is path:
                return Checked(_told(found, settings), {})
    main, beside = documents[0], documents[1] if len(documents) > 1 else None
    if not isinstance(main.root, dict):
        said = "a document is a mapping with swagger or openapi in it"
        return Checked(_told([*found, main.diagnostic("dialect", said, "")], settings), {})
    case = Case(main, Tree(main), beside)
    found += [*main.findings, *(beside.findings if beside is not None else ()), *_findings(case, settings)]
    told = _told(found, settings)
    if IGNORE in main.text or "connectors:" in main.text:
        lines = main.text.split("\n")
        told = [one for one in told if not _ignored(one, main, lines)]
    edits: dict[str, list[Edit]] = {}
    for one in told:
        if one in case.edits:
            edits.setdefault(one.file, []).append(case.edits[one])
    return Checked(told, {made.file: applied(made, edits[made.file]) for made in documents if made.file in edits})


def _findings(case: Case, settings: Settings) -> list[Diagnostic]:
    found = [*_made(structure(case), "", case, settings), *_made(meaning.references(case.document), "", case, settings)]
    if version_of(case.document) is None:
        return found
    if not any(one.severity == "error" for one in found):
        known = {one.pointer for one in found}  # what a rule tells of in its own words is not told twice
        found += [one for one in _lowered(case) if one.pointer not in known]
    certified = settings.profile == "microsoft"
    profiles = _PROFILES[settings.profile]

    def wanted(row: Rule) -> bool:
        # A rule of ours may be reported under another id: whether that is selected is seen when it is.
        return row.profile in profiles and (not settings.ignores(row.id) if certified else settings.wants(row.id))

    dispatch = Dispatch(RULES, case.tree.version[:3], wanted)
    for kind in dispatch.kinds:
        for node in case.tree[kind]:
            if isinstance(node.value, dict):
                for row, check in dispatch.rules(node):
                    found += _made(check(node, case), row.id, case, settings)
    return _certified(found, settings) if certified else found


def _certified(found: list[Diagnostic], settings: Settings) -> list[Diagnostic]:
    """The findings under Microsoft's ids, as grave as the settings say of these."""
    return [replace(one, severity=settings.severity_of(one.rule, one.severity)) for one in microsoft.renamed(found)]


def _lowered(case: Case) -> list[Diagnostic]:
    """Why no service, or not the whole of it, can be made of a document whose structure is right; the service is for
    the rules that look at it."""
    row = next((one for one in DIALECTS if str(case.document.root.get(one.key, "")).startswith(one.begins)), None)
    if row is None:
        return []
    try:
        case.service = loader.service_of(case.document, case.properties)
    except InvalidDocument as error:
        return list(error.diagnostics)
    return loader.faults(case.service)


def _made(findings: Iterator[Finding], rule: str, case: Case, settings: Settings) -> list[Diagnostic]:
    made = []
    for one in findings:
        row = RULES[one.rule or rule]
        made.append(diagnostic(row, one, case, settings.severity_of(row.id, row.severity)))
        if one.edit is not None:
            case.edits[made[-1]] = one.edit
    return made


def _told(found: list[Diagnostic], settings: Settings) -> list[Diagnostic]:
    least = SEVERITIES.index(settings.least)
    wanted = [
        one for one in dict.fromkeys(found) if settings.wants(one.rule) and SEVERITIES.index(one.severity) <= least
    ]
    return sorted(wanted, key=lambda one: (one.file, one.line, one.column, one.rule))


_COMMENT = re.compile(r"#\s*connectors:\s*ignore\s+([\w*, -]+)")
IGNORE = "x-connector-ignore"


def _ignored(one: Diagnostic, main: Document, lines: list[str]) -> bool:
    """Whether the document itself says not to tell a finding: by ``x-connector-ignore`` at the node or above it, or
    by a comment in its line."""
    if one.file != main.file:
        return False
    patterns: list[str] = []
    node = main.root
    for step in ("", *pointer_steps(one.pointer)):
        node = node if not step else node.get(step) if isinstance(node, dict) else _item(node, step)
        given = node.get(IGNORE) if isinstance(node, dict) else None
        patterns += given if isinstance(given, list) else [given] if isinstance(given, str) else []
    comment = _COMMENT.search(lines[one.line - 1])
    patterns += [name.strip() for name in comment[1].split(",")] if comment else []
    return any(fnmatchcase(one.rule, pattern) for pattern in patterns if isinstance(pattern, str))


def _item(node: object, step: str) -> object:
    return node[int(step)] if isinstance(node, list) and step.isdigit() and int(step) < len(node) else None


def explain(name: str) -> Rule:
    """The rule of an id; ``UnknownName``, with the nearest, where there is none."""
    if name not in RULES:
        raise UnknownName("rule", name, RULES)
    return RULES[name]


_ = (connector, style, values)  # they bind their functions
RULES.complete()
