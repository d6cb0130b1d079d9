"""One file of a document: its tree, and the position of every node.

``parse`` and ``read`` give one from a text or a path; how a text becomes a tree is the matter of ``reader``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from openconnectors.engine.documents.pointers import INDEX, pointer_steps
from openconnectors.engine.documents.positions import JsonPositions, Position, Positions
from openconnectors.engine.documents.reader import read_text
from openconnectors.engine.documents.scalars import MAX_BYTES, Unreadable
from openconnectors.engine.errors import Diagnostic, InvalidDocument


class Origins(Struct, frozen=True):
    """Where the nodes of a tree are written that was put together of several files."""

    sources: tuple[File, ...]
    """The files, the one that the others change first."""
    moved: dict[str, tuple[File, str]]
    """The places of nodes that are not written where the node above them is, by their pointers."""

    def of(self, pointer: str) -> tuple[File, str]:
        """The file in which a node is written, and its pointer there."""
        above = pointer
        while above not in self.moved:
            if not above:
                return self.sources[0], pointer
            above = above.rpartition("/")[0]
        source, at = self.moved[above]
        return source, at + pointer[len(above) :]


@dataclass(frozen=True)
class File:
    """One parsed text. ``root`` is its tree, ``file`` the name that diagnostics show."""

    root: Any
    file: str
    text: str = field(repr=False)
    tolerant: bool = False
    findings: tuple[Diagnostic, ...] = ()
    """What was let pass while the text was read."""
    recorded: Positions | None = field(default=None, repr=False, compare=False)
    """The positions that the reader noted; None: they are found in the text, which is JSON."""
    origins: Origins | None = field(default=None, repr=False, compare=False)
    """Where the nodes of a tree are written that overlays have changed; None: all are in this text."""

    @cached_property
    def _positions(self) -> Positions:
        return self.recorded or JsonPositions(self.text)

    @property
    def sources(self) -> tuple[File, ...]:
        """The files that the tree is from: this one, or the one that overlays change and these."""
        return (self,) if self.origins is None else self.origins.sources

    def origin(self, pointer: str) -> tuple[File, str]:
        """The file in which a node is written, and its pointer there."""
        return (self, pointer) if self.origins is None else self.origins.of(pointer)

    def place(self, pointer: str, key: bool) -> Position:
        """Line and column, from 1, of the node at a pointer within this file (or of its key), in the file in which it
        is written; of the nearest node above it if there is none."""
        if self.origins is not None:
            source, at = self.origins.of(pointer)
            return source.place(at, key)
        while (position := self._positions.position(pointer, key)) is None and pointer:
            pointer = pointer.rpartition("/")[0]
        return position or (1, 1)

    def node(self, pointer: str) -> Any:
        """The node at a pointer (RFC 6901) within this file; ``LookupError`` if there is none."""
        if pointer and not pointer.startswith("/"):
            raise LookupError(pointer)
        node = self.root
        for step in pointer_steps(pointer):
            if isinstance(node, (dict, Mapping)):
                node = node[step]
            elif isinstance(node, list) and INDEX.match(step):
                node = node[int(step)]
            else:
                raise LookupError(pointer)
        return node


def parse(data: bytes | str, file: str, *, tolerant: bool = False) -> File:
    """The file of a text.

    ``InvalidDocument``, with line and column, for text that is neither YAML nor JSON, duplicate keys, tags, a second
    document, and anything beyond the limits of the reader. What is let pass in a ``tolerant`` reading is among the
    findings; of a duplicate key the last value counts, as for every JSON reader that does not check.
    """
    try:
        content = read_text(data, json_only=file.endswith(".json"), tolerant=tolerant)
    except Unreadable as fault:
        raise InvalidDocument(
            [Diagnostic(fault.rule, "error", fault.message, file, fault.line, fault.column)]
        ) from None
    severity: Literal["error", "warning"] = "warning" if tolerant else "error"
    findings = tuple(
        Diagnostic(fault.rule, severity, fault.message, file, fault.line, fault.column) for fault in content.faults
    )
    return File(content.root, file, content.text, tolerant, findings, content.positions)


def content_of(path: Path, shown: str, at_most: int = MAX_BYTES) -> bytes:
    """The bytes of a file, at most one more than a number; ``InvalidDocument`` if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(at_most + 1)
    except (OSError, ValueError) as error:  # a name may hold NUL
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidDocument([Diagnostic("file", "error", f"cannot be read: {reason}", shown, 1, 1)]) from None
