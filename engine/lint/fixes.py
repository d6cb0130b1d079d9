"""Mechanical fixes: small changes of a document's text that keep its comments, order and layout."""

from __future__ import annotations

import json
from collections.abc import Iterable

from openconnectors.engine.documents.file import File
from openconnectors.engine.documents.pointers import escape, pointer_steps
from openconnectors.engine.lint.rules import Edit

Change = tuple[int, int, str]
"""Where the replaced text begins and ends (offsets into the document's text), and what replaces it."""


def apply(document: File, edits: Iterable[Edit]) -> str:
    """The text with edits applied; an edit whose place cannot be found in the text is left out."""
    text = document.text
    for start, end, replacement in reversed(changes(document, edits)):  # so that the offsets before stay right
        text = text[:start] + replacement + text[end:]
    return text


def changes(document: File, edits: Iterable[Edit]) -> list[Change]:
    """The changes of the text that edits are, in their order in the text; of two at one place the first."""
    starts = [0]
    for line in document.text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    by_start: dict[int, Change] = {}
    for edit in edits:
        line_number, column = document.place(edit.pointer, edit.kind == "rename")
        change = _change(document, edit, starts[line_number - 1] + column - 1)
        if change is not None:
            by_start.setdefault(change[0], change)
    return [by_start[start] for start in sorted(by_start)]


def _change(document: File, edit: Edit, start: int) -> Change | None:
    if edit.kind == "insert":
        return _insertion(document, edit, start)
    old = pointer_steps(edit.pointer)[-1] if edit.kind == "rename" else None
    if old is None:
        value = document.node(edit.pointer)
        old = value if isinstance(value, str) else json.dumps(value)
    for quote in ('"', "'", ""):
        if document.text.startswith(f"{quote}{old}{quote}", start):
            return start, start + len(old) + 2 * len(quote), f"{quote}{edit.text}{quote}"
    return None


def _insertion(document: File, edit: Edit, start: int) -> Change | None:
    """A member put before the first of the mapping that begins at ``start``, in the layout that the mapping has."""
    text = document.text
    first = next(iter(document.node(edit.pointer)), None)
    if first is None:
        return None
    line, column = document.place(f"{edit.pointer}/{escape(first)}", True)
    before = text.split("\n")[line - 1][: column - 1]
    at = sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1
    name, _, value = edit.text.partition(": ")
    line_end = "\r\n" if "\r\n" in text else "\n"
    if text.startswith("{", start):  # JSON, or a mapping in braces
        quoted = text.startswith('"', at)
        member = f"{name if quoted else json.loads(name)}: {value}"
        return at, at, f"{member},{line_end}{before}" if not before.strip() else f"{member}, "
    indent = " " * (column - 1)
    return at, at, f"{json.loads(name)}: {value}{line_end}{indent}"
