"""Checks of documents: every problem, at its line, with a fix; and nothing that is right.

Rule 1. A document is checked as it is written, so that every finding has its place. What needs the service (whether a
policy compiles) uses the service that the loader reads from it.

Rule 2. What keeps a document from being read comes first: if the reader, the JSON schema of the specification or a
reference fails, the service is not built, and what would only follow from that is not reported.

Rule 3. Rules know nothing of settings. Which are selected, ignored or graded is decided here, for all of them.

Theory of operation. The reader gives a ``Document`` with the position of every node; ``Tree`` sorts its nodes by kind;
``passes`` show each node to the rules for its kind (``table``, ``microsoft/table``). What they yield becomes
diagnostics; in Microsoft's profile under Microsoft's ids (``microsoft/aliases``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.deferred import module, pattern
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.dialects import DIALECTS
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.file import File
from openconnectors.engine.documents.overlays import overlay
from openconnectors.engine.documents.pointers import pointer_steps, split_file
from openconnectors.engine.errors import Diagnostic, InvalidDocument, UnknownName
from openconnectors.engine.lint import (
    capabilities,
    connection_choices,
    connection_parameters,
    dynamic_results,
    dynamic_sources,
    dynamic_values,
    extensions,
    json_schema,
    manifest,
    metadata,
    microsoft,
    oauth,
    oauth_templates,
    openapi3,
    patterns,
    policies,
    policy_effects,
    policy_paths,
    policy_texts,
    policy_values,
    properties,
    properties_shapes,
    references,
    schemas,
    security,
    semantics,
    style,
    swagger,
    triggers,
    values,
)
from openconnectors.engine.lint.fixes import Change, apply, changes
from openconnectors.engine.lint.manifest import settings_beside
from openconnectors.engine.lint.passes import Each, Report, all_passes, make
from openconnectors.engine.lint.rules import SEVERITIES, Context, Edit, Rule
from openconnectors.engine.lint.settings import PROFILES, Settings
from openconnectors.engine.lint.structure import structure, version_of
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.tree import Tree

if TYPE_CHECKING:
    from openconnectors.engine.lint import rulesets
else:
    rulesets = module("openconnectors.engine.lint.rulesets")

__all__ = [
    "IGNORE",
    "PROFILES",
    "RULES",
    "SEVERITIES",
    "Checked",
    "Settings",
    "changes_of",
    "check",
    "explain",
    "validate",
]

MODULES = (
    *(capabilities, dynamic_results, dynamic_sources, dynamic_values, triggers),
    *(connection_choices, connection_parameters, manifest, oauth, oauth_templates),
    *(policy_effects, policy_paths, policy_texts, policy_values),
    *(metadata, extensions, patterns, policies, properties, properties_shapes, references, schemas),
    *(security, semantics, style, swagger, values),
    *(*json_schema.MODULES, *openapi3.MODULES, *microsoft.MODULES),
)
"""The modules that bind functions to rows."""

RULES.complete()

NO_TEXTS: Mapping[Path, bytes] = {}


class Checked(Struct, frozen=True):
    """The findings about a document and the properties beside it, and the whole text of each file with its mechanical
    fixes applied."""

    findings: list[Diagnostic]
    repairs: dict[str, str]
    context: Context | None = None
    """What was checked; None if it could not be read."""


def validate(
    path: Path, properties: Path | None = None, settings: Settings | None = None, overlays: Sequence[Path] = ()
) -> list[Diagnostic]:
    """The findings about a document with its overlays and the properties beside it, in the order of their lines; none
    if all is right."""
    return check(path, properties, settings or Settings(), overlays=overlays).findings


def check(
    path: Path,
    properties: Path | None,
    settings: Settings,
    root: Path | None = None,
    overlays: Sequence[Path] = (),
    texts: Mapping[Path, bytes] = NO_TEXTS,
    each: Each = map,
) -> Checked:
    """The findings about a document with its overlays, with the files that it refers to below ``root`` (its folder),
    and about the properties beside it, with the texts that fix what can be fixed mechanically. Of an overlay alone its
    structure is checked. ``texts`` is what is in a file (by its path, or its resolved path: also of those that
    the document refers to), where that is not what the file holds: there need not be one. ``each`` makes the
    passes over the document."""
    findings: list[Diagnostic] = []
    documents: list[Document] = []
    manifest = settings_beside(path)
    for file in (path, properties, manifest):
        try:
            layers = overlays if file is path else ()
            data = texts.get(file) if file is not None else None
            documents += [loader.read(file, root, data, overlays=layers, unsaved=texts)] if file is not None else []
        except InvalidDocument as error:
            findings += error.diagnostics
            if file is path:
                return Checked(_reported(findings, settings), {})
    main, beside, named = documents[0], *(_of(documents[1:], file) for file in (properties, manifest))
    if overlay.is_overlay(main.root):
        return Checked(_reported(overlay.faults(path), settings), {})
    if not isinstance(main.root, dict):
        message = "a document is a mapping with swagger or openapi in it"
        return Checked(_reported([*findings, main.diagnostic("dialect", message, "")], settings), {})
    context = Context(main, Tree(main), beside, rules=settings.rules, manifest=named)
    findings += [
        *(finding for document in documents for finding in document.findings),
        *_findings(context, settings, each),
    ]
    if main.files is not None:
        findings += [*main.files.findings, *main.files.overlays_unused]
    reported = _reported(findings, settings)
    for name, part in main.parts().items():
        ignores = any(IGNORE in source.text for source in part.sources)
        for source in part.sources:
            if ignores or "connectors:" in source.text:
                lines = source.text.split("\n")
                reported = [
                    finding
                    for finding in reported
                    if finding.file != source.file or not _is_ignored(finding, name, part, lines)
                ]
    return Checked(reported, _repairs(reported, context, documents), context)


def _of(documents: list[Document], file: Path | None) -> Document | None:
    """The document that was read from a file."""
    return next((document for document in documents if file is not None and document.file == str(file)), None)


def _repairs(findings: list[Diagnostic], context: Context, documents: list[Document]) -> dict[str, str]:
    """The text of each file with the fixes of findings applied."""
    edits: dict[str, list[Edit]] = {}
    for finding in findings:
        if finding in context.edits:
            source, edit = _placed(finding, context.edits[finding], documents)
            edits.setdefault(source.file, []).append(edit)
    files = {
        source.file: source for document in documents for part in document.parts().values() for source in part.sources
    }
    return {name: apply(file, edits[name]) for name, file in files.items() if name in edits}


def changes_of(finding: Diagnostic, context: Context) -> list[Change]:
    """The changes of the text of its file that fix a finding; none if it cannot be fixed mechanically."""
    if finding not in context.edits:
        return []
    source, edit = _placed(finding, context.edits[finding], context.documents)
    return changes(source, [edit])


def _placed(finding: Diagnostic, edit: Edit, documents: list[Document]) -> tuple[File, Edit]:
    """The file that an edit changes, and the edit with its pointer in that."""
    name, pointer = split_file(edit.pointer)
    parts = [document.parts().get(name) for document in documents]
    part = next(part for part in parts if part is not None and finding.file in _names(part))
    source, pointer = part.origin(pointer)
    return source, replace(edit, pointer=pointer)


def _names(part: File) -> set[str]:
    return {source.file for source in part.sources}


def _findings(context: Context, settings: Settings, each: Each) -> list[Diagnostic]:
    report = Report()
    refusal = microsoft.refusal(context) if settings.profile == "microsoft" else None
    if refusal is not None:  # under Microsoft's ids there is nothing to say of another version
        report.note([refusal], microsoft.REFUSED, context, settings)
        return report.findings
    report.note(structure(context), "", context, settings)
    report.note(references.references(context.document), "", context, settings)
    report.findings += references.unreadable(context.document)
    if version_of(context.document) is not None:
        _add_passes(report, context, settings, each)
    context.edits |= report.edits
    findings = report.findings
    if any(finding.rule == "properties-type" for finding in findings):
        findings = [finding for finding in findings if finding.rule != "properties"]  # the loader's words for the same
    if settings.profile == "microsoft":
        renamed = microsoft.renamed(findings, context.tree)
        return [_graded(*pair, context, settings) for pair in zip(findings, renamed, strict=True)]
    return findings


def _add_passes(report: Report, context: Context, settings: Settings, each: Each) -> None:
    """Add what the passes over a document find to what is wrong with its structure."""
    known = {finding.pointer for finding in report.findings}  # the loader words these in its own way
    if not any(finding.severity == "error" for finding in report.findings):
        report.faults += _unreadable(context)
    tables = (RULES, rulesets.table(settings.rulesets)) if settings.rulesets else (RULES,)
    for part in each(make, list(all_passes(tables, context, settings))):
        report.add(part)
    report.findings += [fault for fault in report.faults if fault.pointer not in known]
    known = {finding.pointer for finding in report.findings}
    report.findings += [remark for remark in report.remarks if remark.pointer not in known]


def _graded(before: Diagnostic, renamed: Diagnostic, context: Context, settings: Settings) -> Diagnostic:
    """A finding under its id in a profile, as severe as the settings say. It keeps the edit that fixes it."""
    finding = replace(renamed, severity=settings.severity_of(renamed.rule, renamed.severity))
    if before in context.edits:
        context.edits[finding] = context.edits[before]
    return finding


def _unreadable(context: Context) -> list[Diagnostic]:
    """What keeps the service from being read from a document whose structure is right. The service is kept for what
    looks at it."""
    if any(dialect.reads(context.document.root) for dialect in DIALECTS):
        try:
            context.service = loader.service_of(context.document, context.properties)
        except InvalidDocument as error:
            return list(error.diagnostics)
    return []


def _reported(findings: list[Diagnostic], settings: Settings) -> list[Diagnostic]:
    """The findings that the settings ask for, each once, in the order of their places."""
    least = SEVERITIES.index(settings.least)
    wanted = [
        finding
        for finding in dict.fromkeys(findings)
        if settings.wants(finding.rule) and SEVERITIES.index(finding.severity) <= least
    ]
    return sorted(wanted, key=lambda finding: (finding.file, finding.line, finding.column, finding.rule))


_COMMENT = pattern(r"#\s*connectors:\s*ignore\s+([\w*, -]+)")
IGNORE = "x-connector-ignore"


def _is_ignored(finding: Diagnostic, name: str, file: File, lines: list[str]) -> bool:
    """Return True if a file itself ignores a finding: by ``x-connector-ignore`` at the node or above it, or by a
    comment in its line."""
    within, pointer = split_file(finding.pointer)
    if within != name:
        return False
    patterns: list[str] = []
    node = file.root
    for step in ("", *pointer_steps(pointer)):
        node = node if not step else node.get(step) if isinstance(node, dict) else _item(node, step)
        ignore = node.get(IGNORE) if isinstance(node, dict) else None
        patterns += ignore if isinstance(ignore, list) else [ignore] if isinstance(ignore, str) else []
    comment = _COMMENT.search(lines[finding.line - 1])
    patterns += [name.strip() for name in comment[1].split(",")] if comment else []
    return any(fnmatchcase(finding.rule, pattern) for pattern in patterns if isinstance(pattern, str))


def _item(node: object, step: str) -> object:
    return node[int(step)] if isinstance(node, list) and step.isdigit() and int(step) < len(node) else None


def explain(rule: str, settings: Settings | None = None) -> Rule:
    """The row of a rule, also of those that settings add; raises ``UnknownName``, with the nearest id, if there is
    none."""
    known = RULES if settings is None else settings.rules
    if rule not in known:
        raise UnknownName("rule", rule, known)
    return known[rule]
