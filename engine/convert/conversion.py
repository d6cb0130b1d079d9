"""The tree of a document while it is converted, and the record of what is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from msgspec import Struct, field

from openconnectors.engine.convert.bundle import bundle
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.documents.references import kind_of
from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint.tree import Node, Tree

RULE = "conversion-loss"
"""The id of every finding of a conversion."""

Members = dict[str, Any]


class Conversion(Struct):
    """A document that is converted: ``root`` is its tree in the version reached so far, ``losses`` are warnings at
    places of the document that was given."""

    document: Document
    root: Members
    losses: list[Diagnostic] = field(default_factory=list)

    @classmethod
    def of(cls, document: Document) -> Conversion:
        """The conversion of a document, whose own tree stays as it is; of one of many files, that of its bundle."""
        if not isinstance(document.root, Mapping):
            raise document.refuse("dialect", "a document is a mapping; this is " + kind_of(document.root), "")
        return cls(document, bundle(document) if document.refers_to_files else copied(document.root))

    def tree(self) -> Tree:
        """The nodes of the tree as it is now, by kind. Their values can be changed."""
        return Tree(self._now())

    def references(self) -> list[tuple[Members, str]]:
        """Every mapping with a reference, and the reference, data aside."""
        now = self._now()
        return [(now.get(at), reference) for at, reference in now.references(everywhere=True)]

    def _now(self) -> Document:
        return Document(self.root, self.document.file, "")

    def lose(self, pointer: str, message: str) -> None:
        """Report what cannot be kept, at the place that a pointer has in the document that was given, or above it."""
        self.losses.append(self.document.diagnostic(RULE, message, pointer, severity="warning"))

    def drop(self, node: Node, members: Iterable[str], version: str) -> None:
        """Leave out members of a node that a version does not have, each with a report."""
        for name in members:
            if node.has(name):
                del node.value[name]
                self.lose(node.at(name), f"{name} of a {node.kind.replace('-', ' ')} is left out: {version} has none")

    def target(self, raw: Any) -> Any:
        """The node that a node refers to in the end, or the node itself; None if a reference points to nothing."""
        passed: set[str] = set()
        while isinstance(raw, Mapping) and isinstance(reference := raw.get("$ref"), str):
            if reference in passed or not reference.startswith("#"):
                return None
            passed.add(reference)
            try:
                raw = self._now().get(unquote(reference[1:]))
            except LookupError:
                return None
        return raw


def version_of(document: Document, versions: Iterable[str]) -> str:
    """Which of the versions a document is of; ``InvalidDocument`` if it is of none."""
    root = document.root
    written = str(root.get("swagger") or root.get("openapi") or "") if isinstance(root, Mapping) else ""
    for version in versions:
        if written == version or written.startswith(f"{version}."):
            return version
    message = f"the document is of version {written!r}; what can be converted is {', '.join(versions)}"
    raise document.refuse("dialect", message, "")


def reordered(root: Members, first: Iterable[str]) -> Members:
    """A mapping with some members first, in this order, and the others after them as they were."""
    return {name: root[name] for name in (*(name for name in first if name in root), *root)}


def present(**members: Any) -> Members:
    """The members whose value is not None; a name may end with ``_`` (``in_``)."""
    return {name.rstrip("_"): value for name, value in members.items() if value is not None}


def items(raw: object, pointer: str) -> Iterator[tuple[str, Any, str]]:
    """Name, value and pointer of the members of a mapping; nothing for what is not a mapping."""
    for name, value in raw.items() if isinstance(raw, Mapping) else ():
        yield name, value, f"{pointer}/{escape(name)}"


def declared(raw: object, pointer: str) -> Iterator[tuple[str, Any, str]]:
    """As ``items``, without extensions: for a mapping in which the author does not choose the names."""
    return (item for item in items(raw, pointer) if not item[0].startswith("x-"))


def copied(value: Any) -> Any:
    """A copy in which nothing is shared, not even what YAML repeats by an alias: later steps change each node."""
    if isinstance(value, dict):
        return {str(name): copied(inner) for name, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value
