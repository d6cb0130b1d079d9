"""What an editor shows of a document, in the terms of the protocol: diagnostics, hover, actions, places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.workspace import PositionCodec

from openconnectors.cli.language_server.places import Cursor, Span, cursor, span
from openconnectors.cli.language_server.session import Report
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.file import File
from openconnectors.engine.documents.pointers import join_file, pointer_steps
from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.lint import IGNORE, RULES, changes_of
from openconnectors.engine.lint.extension_texts import TEXTS
from openconnectors.engine.lint.fixes import Change, changes
from openconnectors.engine.lint.rules import Edit
from openconnectors.engine.lint.tree import Node, Tree, array

SOURCE = "connectors"
_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}


class Text:
    """A text as an editor counts its columns."""

    def __init__(self, text: str, codec: PositionCodec) -> None:
        self.text = text
        self.lines = text.split("\n")
        self._codec = codec

    def range(self, part: Span) -> types.Range:
        """The range of a part of a line."""
        start, end = types.Position(part.line, part.start), types.Position(part.line, part.end)
        return self._codec.range_to_client_units(self.lines, types.Range(start, end))

    def at(self, line: int, column: int) -> types.Range:
        """The range of what begins at a line and column, from 1."""
        return self.range(span(self.lines, line, column))

    def place(self, position: types.Position) -> tuple[int, int]:
        """Line and column, from 1, of a position."""
        place = self._codec.position_from_client_units(self.lines, position)
        return place.line + 1, place.character + 1

    def edit(self, change: Change) -> types.TextEdit:
        """The edit of a change of the text."""
        begin, end, replacement = change
        return types.TextEdit(types.Range(self._position(begin), self._position(end)), replacement)

    def _position(self, offset: int) -> types.Position:
        line = self.text.count("\n", 0, offset)
        column = offset - (self.text.rfind("\n", 0, offset) + 1)
        return self._codec.position_to_client_units(self.lines, types.Position(line, column))


def diagnostic(finding: Diagnostic, text: Text) -> types.Diagnostic:
    """A finding as a diagnostic; its fix is a second line of the message."""
    related = None
    if finding.related is not None:
        file, line, column = finding.related
        place = types.Position(line - 1, column - 1)
        where = types.Location(Path(file).resolve().as_uri(), types.Range(place, place))
        related = [types.DiagnosticRelatedInformation(where, "the other place")]
    return types.Diagnostic(
        text.at(finding.line, finding.column),
        finding.message + (f"\n{finding.fix}" if finding.fix else ""),
        severity=_SEVERITIES[finding.severity],
        code=finding.rule,
        source=SOURCE,
        related_information=related,
    )


# What is at a place


class Spot:
    """A place in a file of a document: the node there, in the terms of the document."""

    def __init__(self, report: Report, path: Path, place: tuple[int, int]) -> None:
        context = report.checked.context
        assert context is not None, "a report with files has a context"  # noqa: S101
        self.context = context
        self.file, self.document, name = _file(report, path)
        self.cursor: Cursor = cursor(self.file, *place)
        self.pointer = join_file(name, self.cursor.pointer)

    @property
    def tree(self) -> Tree | None:
        """The nodes of the document; None in the properties beside it."""
        return self.context.tree if self.document is self.context.document else None

    @property
    def value(self) -> Any:
        """The value at the place."""
        try:
            return self.file.node(self.cursor.pointer)
        except LookupError:
            return None

    @property
    def target(self) -> str | None:
        """The pointer of what the reference at the place leads to; None if there is no reference, or to nothing."""
        steps = pointer_steps(self.cursor.pointer)
        if steps[-1:] != ["$ref"] or not isinstance(self.value, str):
            return None
        try:
            return self.document.target(self.value, self.pointer.removesuffix("/$ref"))
        except InvalidDocument:
            return None


def _file(report: Report, path: Path) -> tuple[File, Document, str]:
    """A file of a document, the document that it is a part of, and its name there."""
    context = report.checked.context
    for document in context.documents if context is not None else ():
        for name, part in document.parts().items():
            for source in part.sources:
                if Path(source.file).resolve() == path:
                    return source, document, name
    raise LookupError(path)


def hover(spot: Spot, findings: list[Diagnostic], report: Report) -> str:
    """Markdown about a place: why what is found there matters, what the extension there does, where a reference
    leads."""
    return "\n\n---\n\n".join(
        [*_explained(findings, report), *_extension(spot), *([] if spot.target is None else [_summary(spot)])]
    )


def _explained(findings: list[Diagnostic], report: Report) -> Iterator[str]:
    context = report.checked.context
    for finding in findings:
        rows = context.rules if context is not None else {}
        row = rows.get(finding.rule) or RULES.get(finding.rule)
        if row is not None:
            yield f"**{row.id}** ({finding.severity}): {row.why}\n\n{row.fix}".rstrip()


def _extension(spot: Spot) -> Iterator[str]:
    steps = pointer_steps(spot.cursor.pointer)
    for name in (step for step in reversed(steps) if step.startswith("x-")):
        if name in TEXTS:
            yield f"**{name}**: {TEXTS[name]}"
        return


def _summary(spot: Spot) -> str:
    """What a reference leads to, in a few lines."""
    target = spot.target or ""
    value = spot.document.get(target)
    node = spot.context.tree.nodes.get(target)
    kind = node.kind if node is not None else "node"
    name = pointer_steps(target)[-1] if pointer_steps(target) else target
    lines = [f"**{name}** ({kind})"]
    if isinstance(value, Mapping):
        lines += [str(value[member]) for member in ("title", "summary", "description") if value.get(member)]
        if isinstance(value.get("type"), str):
            lines.append(f"type: `{value['type']}`")
        properties = value.get("properties")
        if isinstance(properties, Mapping):
            required = array(value.get("required"))
            lines.append("\n".join(_property(name, each, name in required) for name, each in properties.items()))
    return "\n\n".join(lines)


def _property(name: str, schema: object, required: bool) -> str:
    kind = ""
    if isinstance(schema, Mapping):
        reference = str(schema.get("$ref", "")).rpartition("/")[2]
        kind = f": `{reference or schema.get('type', 'any')}`"
    return f"- `{name}`{kind}" + (", required" if required else "")


# Actions


def actions(findings: list[Diagnostic], report: Report, file: File, text: Text, uri: str) -> Iterator[types.CodeAction]:
    """For each finding its mechanical fix, if there is one, and ignoring it; then all fixes of the file."""
    context = report.checked.context
    if context is None:
        return
    for finding in findings:
        shown = [diagnostic(finding, text)]
        fixes = changes_of(finding, context)
        if fixes:
            title = f"Fix {finding.rule}: {finding.message}"
            yield _action(title, fixes, text, uri, types.CodeActionKind.QuickFix, shown, is_preferred=True)
        ignoring = _ignoring(finding, report, file)
        if ignoring:
            yield _action(f"Ignore {finding.rule} here", ignoring, text, uri, types.CodeActionKind.QuickFix, shown)


def fix_all(report: Report, path: Path, text: Text, uri: str) -> Iterator[types.CodeAction]:
    """All mechanical fixes of a file as a single action; none if there are none."""
    context = report.checked.context
    by_start: dict[int, Change] = {}
    for finding in report.findings(path) if context is not None else ():
        for change in changes_of(finding, context) if context is not None else ():
            by_start.setdefault(change[0], change)
    if by_start:
        yield _action("Fix all", [by_start[at] for at in sorted(by_start)], text, uri, FIX_ALL, [])


FIX_ALL = types.CodeActionKind.SourceFixAll


def _action(
    title: str, fixes: list[Change], text: Text, uri: str, kind: types.CodeActionKind,
    shown: list[types.Diagnostic], *, is_preferred: bool = False,
) -> types.CodeAction:  # fmt: skip
    edit = types.WorkspaceEdit(changes={uri: [text.edit(change) for change in fixes]})
    return types.CodeAction(title, kind, diagnostics=shown, edit=edit, is_preferred=is_preferred or None)


def _ignoring(finding: Diagnostic, report: Report, file: File) -> list[Change]:
    """The change that lets a file ignore a finding: a comment in its line, or in JSON a member of the nearest node."""
    if not file.file.endswith(".json"):
        lines = file.text.split("\n")
        line = lines[finding.line - 1].rstrip("\r")
        end = sum(len(each) + 1 for each in lines[: finding.line - 1]) + len(line)
        marker = f"# connectors: ignore {finding.rule}"
        before = line.rstrip()
        if "# connectors: ignore" in before:
            return [(end, end, f", {finding.rule}")]
        return [] if _ends_in_text(before) else [(end, end, f"  {marker}")]
    context = report.checked.context
    node = _nearest(finding.pointer, context.tree) if context is not None else None
    if node is None or IGNORE in node.value or not node.value:
        return []
    return changes(
        file, [Edit("insert", node.pointer.partition("#")[2] or node.pointer, f'"{IGNORE}": "{finding.rule}"')]
    )


def _ends_in_text(line: str) -> bool:
    """Whether a line opens a block of text, in which the lines after it, or a comment in it, would be text."""
    return line.endswith(("|", ">", "|-", ">-", "|+", ">+"))


def _nearest(pointer: str, tree: Tree) -> Node | None:
    """The nearest node that is an object of the specifications."""
    while pointer and not (pointer in tree.nodes and isinstance(tree.nodes[pointer].value, dict)):
        pointer = pointer.rpartition("/")[0]
    return tree.nodes.get(pointer)


# Definitions and symbols


def definition(spot: Spot, text_of: Callable[[File], Text]) -> types.Location | None:
    """Where the reference at a place leads."""
    target = spot.target
    if target is None:
        return None
    name, _, _ = spot.document.location(target)
    path = Path(name).resolve()
    source = next(source for part in spot.document.parts().values() for source in part.sources if source.file == name)
    line, column = spot.document.position(target, key=True)
    return types.Location(path.as_uri(), text_of(source).at(line, column))


def symbols(report: Report, path: Path, text: Text) -> list[types.DocumentSymbol]:
    """The operations of a file, and its components, by their paths and holders."""
    context = report.checked.context
    if context is None:
        return []
    shown: list[types.DocumentSymbol] = []
    for operation in context.tree["operation"]:
        file, line, column = context.document.location(operation.pointer, key=True)
        if Path(file).resolve() == path:
            above = operation.parent.name if operation.parent is not None else ""
            name = str(operation.get("operationId") or f"{operation.name} {above}")
            place = text.at(line, column)
            detail = f"{operation.name.upper()} {above}"
            shown.append(types.DocumentSymbol(name, types.SymbolKind.Method, place, place, detail=detail))
    return shown
