"""Where the references of one document lead in the end."""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.documents.document import Document
from openconnectors.engine.errors import Diagnostic, InvalidDocument

NAMING = frozenset({"$ref", "$id", "$anchor", "$dynamicAnchor", "$schema", "$defs", "$comment", "$vocabulary"})
"""The members of a schema that is only a reference: what names it and what is inside it says nothing of values."""


class References:
    """The ends of chains of references. Each node on the way is visited once, so that chains of any length take time
    in proportion to it.

    ``schemas``: of schemas of JSON Schema 2020-12, where a reference with keywords beside it is a schema of its own,
    and so are true and false."""

    def __init__(self, document: Document, *, schemas: bool = False) -> None:
        self._document = document
        self._schemas = schemas
        self._ends: dict[str, str] = {}
        self._circular: set[str] = set()
        self._faults: dict[str, tuple[Diagnostic, ...]] = {}

    def end(self, reference: str, at: str) -> str:
        """The pointer of the node that the reference of the holder ``at`` means, through others.

        ``InvalidDocument`` for one that points nowhere, out of the document, only at further references, or at a node
        that is not a mapping.
        """
        document = self._document
        passed: dict[str, None] = {}
        pointer = document.target(reference, at)
        try:
            while pointer not in self._ends:
                if pointer in self._faults:
                    raise InvalidDocument(self._faults[pointer])
                if pointer in passed or pointer in self._circular or pointer == at:
                    self._circular |= passed.keys()
                    message = f"the reference {reference!r} leads only to references that come back to it"
                    raise document.refuse("reference-circular", message, f"{at}/$ref")
                node = document.get(pointer)
                if self._schemas and isinstance(node, bool):
                    self._ends[pointer] = pointer
                    break
                if not isinstance(node, Mapping):
                    message = f"the reference {reference!r} points to {kind_of(node)}"
                    raise document.refuse("reference-kind", message, f"{at}/$ref")
                if not isinstance(node.get("$ref"), str) or (self._schemas and not node.keys() <= NAMING):
                    self._ends[pointer] = pointer
                    break
                passed[pointer] = None
                pointer = document.target(node["$ref"], pointer)
        except InvalidDocument as error:
            if not self._circular >= passed.keys():
                self._faults |= dict.fromkeys(passed, error.diagnostics)
            raise
        end = self._ends[pointer]
        self._ends |= dict.fromkeys(passed, end)
        return end


def kind_of(value: object) -> str:
    """What a node is, in words: ``a list``, ``empty``."""
    return "empty" if value is None else f"a {type(value).__name__}"
