"""A document: its tree, the position of every node, and where its references lead.

``parse`` and ``read`` give one from a text or a file; how a text becomes a tree is the matter of ``reader``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from openconnectors.engine.documents.pointers import INDEX, escape, pointer_steps
from openconnectors.engine.documents.positions import JsonPositions, Position, Positions
from openconnectors.engine.documents.reader import MAX_BYTES, Unreadable, read_text
from openconnectors.engine.errors import Diagnostic, InvalidDocument, nearest

_DATA = frozenset({"example", "examples", "default", "enum"})
"""Members whose values are data, in which a ``$ref`` is a member like any other."""
_NAMED = ("/properties", "/definitions", "/responses", "/schemas", "/callbacks")
"""Mappings whose keys are names that the author chose: ``default`` or ``x-rate`` is a name there."""


@dataclass(frozen=True)
class Document:
    """One parsed text. ``root`` is its tree, ``file`` the name that diagnostics show."""

    root: Any
    file: str
    text: str = field(repr=False)
    tolerant: bool = False
    findings: tuple[Diagnostic, ...] = ()
    """What was let pass while the text was read."""
    recorded: Positions | None = field(default=None, repr=False, compare=False)
    """The positions that the reader noted; None: they are found in the text, which is JSON."""

    @cached_property
    def _positions(self) -> Positions:
        return self.recorded or JsonPositions(self.text)

    def position(self, pointer: str, *, key: bool = False) -> Position:
        """Line and column, from 1, of the node at a pointer (or of its key); of the nearest node above it if there is
        none."""
        while (position := self._positions.position(pointer, key)) is None and pointer:
            pointer = pointer.rpartition("/")[0]
        return position or (1, 1)

    def diagnostic(
        self,
        rule: str,
        message: str,
        pointer: str,
        *,
        severity: Literal["error", "warning", "info"] = "error",
        key: bool = False,
    ) -> Diagnostic:
        """A finding at a node of this document, or at its key."""
        line, column = self.position(pointer, key=key)
        return Diagnostic(rule, severity, message, self.file, line, column, pointer)

    def refuse(self, rule: str, message: str, pointer: str) -> InvalidDocument:
        """The error for a document that cannot be used because of one node."""
        return InvalidDocument([self.diagnostic(rule, message, pointer)])

    def get(self, pointer: str) -> Any:
        """The node at a pointer (RFC 6901); ``LookupError`` if there is none."""
        if pointer and not pointer.startswith("/"):
            raise LookupError(pointer)
        node = self.root
        for step in pointer_steps(pointer):
            if isinstance(node, Mapping):
                node = node[step]
            elif isinstance(node, list) and INDEX.match(step):
                node = node[int(step)]
            else:
                raise LookupError(pointer)
        return node

    def target(self, reference: str, at: str) -> str:
        """The pointer that a local ``$ref`` of the node ``at`` means (RFC 6901 section 6).

        ``InvalidDocument``, at the reference itself, for another file or host (nothing is opened or fetched) and for a
        pointer to nothing.
        """
        if not reference.startswith("#"):
            raise self.refuse(
                "reference-outside",
                f"the reference {reference!r} leaves the document and is not fetched; copy its target into this file",
                f"{at}/$ref",
            )
        pointer = unquote(reference[1:])  # a fragment of a URI is percent-encoded
        try:
            self.get(pointer)
        except LookupError:
            raise self.refuse(
                "reference-dangling",
                f"the reference {reference!r} points to nothing{self._suggestion(pointer)}",
                f"{at}/$ref",
            ) from None
        return pointer

    def _suggestion(self, pointer: str) -> str:
        """The hint for a pointer that is wrong in its last step."""
        steps = pointer_steps(pointer)
        parent = self.root
        for step in steps[:-1]:
            parent = parent.get(step) if isinstance(parent, Mapping) else None
        if not isinstance(parent, Mapping) or not steps:
            return ""
        return nearest(steps[-1], map(str, parent))

    def references(self, everywhere: bool = False) -> tuple[tuple[str, str], ...]:
        """Every ``(pointer of the holder, reference)``, those in data (examples, defaults, enums) aside. References
        from an extension out of the document are the vendor's matter and only included ``everywhere``."""
        return tuple((at, reference) for at, reference, of_vendor in self._references if everywhere or not of_vendor)

    @cached_property
    def _references(self) -> tuple[tuple[str, str, bool], ...]:
        return tuple(self._walk_references())

    def _walk_references(self) -> Iterator[tuple[str, str, bool]]:
        """Every reference with its holder, and whether it leads out of the document from an extension."""
        stack: list[tuple[Any, str, bool]] = [(self.root, "", False)]
        seen: set[int] = set()
        while stack:
            node, pointer, extension = stack.pop()
            if id(node) in seen:  # an alias of YAML
                continue
            seen.add(id(node))
            if isinstance(node, dict):
                reference = node.get("$ref")
                if isinstance(reference, str):
                    yield pointer, reference, extension and not reference.startswith("#")
                    continue
                names = pointer.endswith(_NAMED)
                stack += [
                    (value, f"{pointer}/{escape(name)}", extension or (not names and name.startswith("x-")))
                    for name, value in node.items()
                    if isinstance(value, (dict, list)) and (names or name not in _DATA)
                ]
            elif isinstance(node, list):
                stack += [
                    (value, f"{pointer}/{index}", extension)
                    for index, value in enumerate(node)
                    if isinstance(value, (dict, list))
                ]


def parse(data: bytes | str, file: str, *, tolerant: bool = False) -> Document:
    """The document of a text.

    ``InvalidDocument``, with line and column, for text that is neither YAML nor JSON, duplicate keys, tags, a second
    document, and anything beyond the limits of the reader. What is let pass in a ``tolerant`` reading is among the
    findings of the document; of a duplicate key the last value counts, as for every JSON reader that does not check.
    """
    try:
        content = read_text(data, json_only=file.endswith(".json"), tolerant=tolerant)
    except Unreadable as fault:
        raise InvalidDocument(
            [Diagnostic(fault.rule, "error", fault.message, file, fault.line, fault.column)]
        ) from None
    findings = tuple(
        Diagnostic(fault.rule, "warning", fault.message, file, fault.line, fault.column) for fault in content.faults
    )
    return Document(content.root, file, content.text, tolerant, findings, content.positions)


def read(path: Path, *, tolerant: bool = False) -> Document:
    """The document of a file; ``InvalidDocument`` if it cannot be read."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # a name may hold NUL
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidDocument([Diagnostic("file", "error", f"cannot be read: {reason}", str(path), 1, 1)]) from None
    return parse(data, str(path), tolerant=tolerant)
