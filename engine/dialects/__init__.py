"""The specification versions that are read: one row each. A row's ``lower`` makes a service of a
document; every other module knows only the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.dialects import swagger2
from engine.dialects.lowering import Extend
from engine.document import Document
from engine.errors import Diagnostic, InvalidDocument
from engine.model import Service


@dataclass(frozen=True, slots=True)
class Dialect:
    """One specification version: the root key that names it, how its value begins, its lowering."""

    key: str
    begins: str
    lower: Callable[[Document, Extend], Service]
    structure: str
    """The schema of this version among those that openapi-spec-validator brings."""


DIALECTS = (Dialect("swagger", "2.", swagger2.lower, "v2.0"),)


def dialect_of(document: Document) -> Dialect:
    """The row for a document; :class:`~engine.errors.InvalidDocument` where no row reads it."""
    root = document.root
    if not isinstance(root, Mapping):
        raise document.refuse("dialect", "a document is a mapping; this is " + _kind(root), "")
    for row in DIALECTS:
        if str(root.get(row.key, "")).startswith(row.begins):
            return row
    readable = ", ".join(f'"{row.key}: {row.begins}x"' for row in DIALECTS)
    said = next((f"{key}: {root[key]!r}" for key in ("swagger", "openapi") if key in root), "no version at its root")
    raise document.refuse("dialect", f"the document has {said}; what is read is {readable}", "")


def lower(document: Document, extend: Extend) -> Service:
    """The service that a document describes.

    References are checked here, all of them, so that none dangles at a call.
    """
    row = dialect_of(document)
    diagnostics: list[Diagnostic] = []
    for at, reference in document.references():
        try:
            follow(document, reference, at)
        except InvalidDocument as error:
            diagnostics += error.diagnostics
    if diagnostics:
        raise InvalidDocument(diagnostics)
    return row.lower(document, extend)


def follow(document: Document, reference: str, at: str) -> str:
    """The pointer of the node that a reference means in the end, through others.

    :class:`~engine.errors.InvalidDocument` for one that points nowhere, out of the document, only at
    further references, or at what can be no schema, parameter or answer.
    """
    passed = [at]
    while True:
        pointer = document.target(reference, passed[-1])
        node = document.get(pointer)
        if not isinstance(node, Mapping):
            raise document.refuse(
                "reference-kind", f"the reference {reference!r} points to {_kind(node)}", f"{at}/$ref"
            )
        if not isinstance(node.get("$ref"), str):
            return pointer
        if pointer in passed:
            said = f"the reference {reference!r} leads only to references that come back to it"
            raise document.refuse("reference-circular", said, f"{at}/$ref")
        passed.append(pointer)
        reference = node["$ref"]


def _kind(value: Any) -> str:
    return "empty" if value is None else f"a {type(value).__name__}"
