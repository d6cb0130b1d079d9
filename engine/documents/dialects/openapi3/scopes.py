"""References whose target depends on the way that leads to them (JSON Schema 2020-12 core, section 8.2.3.2:
``$dynamicRef`` and ``$dynamicAnchor``; OpenAPI 3.2, "Generic (Template) Data Structures").

Theory of operation. A schema resource that is entered brings its dynamic anchors; the first on the way counts. A scope
is what has been brought so far. A schema is lowered once for each scope that leads to it, under a reference of its own,
so that no reader of the model has to know of scopes. Documents without dynamic anchors have the empty scope alone.

A component without ``$id`` counts as a resource here: documents write templates so, and would otherwise name one anchor
twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import split_file

Scope: TypeAlias = tuple[tuple[str, str], ...]
"""The pointers of dynamic anchors by their names, as pairs in their order."""

_SEPARATOR = "\0"


class Scopes:
    """The dynamic scopes of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._matter: dict[str, bool] = {}
        self._numbers: dict[Scope, int] = {}
        self._scopes: list[Scope] = []

    def matter(self, at: str) -> bool:
        """Return True if the file of a node has dynamic anchors."""
        file = "" if not at or at[0] == "/" else split_file(at)[0]
        if file not in self._matter:
            self._matter[file] = self._document.has_dynamic_anchors(file)
        return self._matter[file]

    def entered(self, scope: Scope, at: str) -> Scope:
        """The scope after a node is entered."""
        if not self.matter(at):
            return scope
        anchors: Mapping[str, str] = self._document.dynamic_anchors(at)
        return tuple(sorted({**anchors, **dict(scope)}.items())) if anchors else scope

    def reference(self, pointer: str, scope: Scope) -> str:
        """The reference of a schema in a scope."""
        if not scope:
            return pointer
        if scope not in self._numbers:
            self._numbers[scope] = len(self._scopes)
            self._scopes.append(scope)
        return f"{pointer}{_SEPARATOR}{self._numbers[scope]}"

    def split(self, reference: str) -> tuple[str, Scope]:
        """The pointer of a schema, and the scope that it is lowered in."""
        pointer, separator, number = reference.partition(_SEPARATOR)
        return pointer, self._scopes[int(number)] if separator else ()

    def target(self, reference: str, at: str, scope: Scope) -> str:
        """The pointer of what a ``$dynamicRef`` means in a scope."""
        pointer = self._document.target(reference, at)
        name = reference.partition("#")[2]
        node = self._document.get(pointer)
        is_dynamic = isinstance(node, Mapping) and name != "" and node.get("$dynamicAnchor") == name
        return dict(scope).get(name, pointer) if is_dynamic else pointer
