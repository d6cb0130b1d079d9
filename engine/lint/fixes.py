"""Mechanical repairs: small changes of a document's text, so that its comments, order and layout stay."""

from __future__ import annotations

import json
from collections.abc import Iterable

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape, pointer_steps
from openconnectors.engine.lint.rules import Edit


def applied(document: Document, edits: Iterable[Edit]) -> str:
    """The text with the edits made; those that cannot be placed in it are left out."""
    text = document.text
    starts = [0]
    for row in text.split("\n"):
        starts.append(starts[-1] + len(row) + 1)
    changes: dict[int, tuple[int, str]] = {}
    for one in edits:
        line, column = document.position(one.pointer, key=one.kind == "rename")
        at = starts[line - 1] + column - 1
        changed = _change(document, one, at)
        if changed is not None:
            changes.setdefault(changed[0], changed[1:])
    for at in sorted(changes, reverse=True):
        end, put = changes[at]
        text = text[:at] + put + text[end:]
    return text


def _change(document: Document, one: Edit, at: int) -> tuple[int, int, str] | None:
    """Where a change begins, where it ends, and what stands there then."""
    text = document.text
    if one.kind == "insert":
        return _insertion(document, one, at)
    old = pointer_steps(one.pointer)[-1] if one.kind == "rename" else None
    if old is None:
        value = document.get(one.pointer)
        old = value if isinstance(value, str) else json.dumps(value)
    for quote in ('"', "'", ""):
        if text.startswith(f"{quote}{old}{quote}", at):
            return at, at + len(old) + 2 * len(quote), f"{quote}{one.text}{quote}"
    return None


def _insertion(document: Document, one: Edit, at: int) -> tuple[int, int, str] | None:
    """A member put before the first of a mapping, in the layout that the mapping has."""
    text = document.text
    first = next(iter(document.get(one.pointer)), None)
    if first is None:
        return None
    line, column = document.position(f"{one.pointer}/{escape(first)}", key=True)
    before = text.split("\n")[line - 1][: column - 1]
    start = sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1
    name, _, value = one.text.partition(": ")
    if text.startswith("{", at):  # JSON, or a mapping in braces
        quoted = text.startswith('"', start)
        member = f"{name if quoted else json.loads(name)}: {value}"
        own_line = not before.strip()
        return start, start, f"{member},\n{before}" if own_line else f"{member}, "
    indent = " " * (column - 1)
    return start, start, f"{json.loads(name)}: {value}\n{indent}"
