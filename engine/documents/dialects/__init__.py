"""The specification versions that are read, one row each.

A dialect is a folder with a function ``lower`` and a row of ``DIALECTS``. ``lower`` makes a service of a document, in
the words of ``engine.model``; every other module knows only the service. Dialects share ``lowering`` (typed access to
nodes), ``schemas`` and ``security`` (what their classes of these names have in common), ``hierarchy`` (definitions that
extend one another) and ``operation_ids``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.documents.dialects import openapi3, swagger2
from openconnectors.engine.documents.dialects.lowering import Extend
from openconnectors.engine.documents.dialects.openapi3.versions import OPENAPI30, OPENAPI31, OPENAPI32
from openconnectors.engine.documents.document import NO_CONVENTIONS, Conventions, Document
from openconnectors.engine.documents.references import kind_of
from openconnectors.engine.model import Service


class Dialect(Struct, frozen=True):
    """One specification version: the root member that names it, how its value begins, and its lowering."""

    key: str
    begins: str
    lower: Callable[[Document, Extend], Service]
    structure: str
    """The schema of this version among those that openapi-spec-validator brings."""
    conventions: Conventions = NO_CONVENTIONS

    def reads(self, root: Mapping[str, Any]) -> bool:
        """Whether this is the version that the root of a document names: a whole one, 3.1 is not 3.10."""
        version = str(root.get(self.key, ""))
        return version == self.begins or version.startswith(self.begins.rstrip(".") + ".")


_OPENAPI30 = Conventions(example_objects=True, schemas="/components/schemas")
_OPENAPI31 = replace(_OPENAPI30, json_schema=True)
DIALECTS = (
    Dialect("swagger", "2.", swagger2.lower, "v2.0", Conventions(schemas="/definitions")),
    Dialect("openapi", "3.0", openapi3.lowering(OPENAPI30), "v3.0", _OPENAPI30),
    Dialect("openapi", "3.1", openapi3.lowering(OPENAPI31), "v3.1", _OPENAPI31),
    Dialect("openapi", "3.2", openapi3.lowering(OPENAPI32), "v3.2", _OPENAPI31),
)


def recognized(document: Document) -> Document:
    """The document with the conventions of its version; as it is if no row reads it."""
    row = _row(document)
    return document if row is None else document.under(row.conventions)


def _row(document: Document) -> Dialect | None:
    root = document.root
    if isinstance(root, Mapping):
        return next((row for row in DIALECTS if row.reads(root)), None)
    return None


def dialect_of(document: Document) -> Dialect:
    """The row of a document; ``InvalidDocument`` if no row reads it."""
    root, row = document.root, _row(document)
    if not isinstance(root, Mapping):
        raise document.refuse("dialect", "a document is a mapping; this is " + kind_of(root), "")
    if row is not None:
        return row
    versions = ((row.key, row.begins.rstrip(".")) for row in DIALECTS)
    readable = ", ".join(f'"{key}: {version}.x"' for key, version in versions)
    version = next((f"{key}: {root[key]!r}" for key in ("swagger", "openapi") if key in root), "no version at its root")
    raise document.refuse("dialect", f"the document has {version}; what is read is {readable}", "")


def lower(document: Document, extend: Extend) -> Service:
    """The service that a document describes."""
    row = dialect_of(document)
    return row.lower(document.under(row.conventions), extend)
