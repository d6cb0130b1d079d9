"""The URIs of a file and of the schemas in it (JSON Schema 2020-12 core, sections 8.2 and 9; OpenAPI 3.2, ``$self``).

A schema with ``$id`` is a resource of its own: references inside it are relative to its URI, and its anchors are its
own. All else belongs to the file, whose URI is its ``$self`` or else the place that it was read from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.nodes import mappings
from openconnectors.engine.documents.uris import join

_COMPONENT = pattern(r"/components/schemas/[^/]+")
_KEYWORDS = ("$self", "$id", "$anchor", "$dynamicAnchor")


class Identifiers(Struct):
    """The resources and anchors of one file. ``uri`` is the base URI of the file itself."""

    uri: str
    resources: dict[str, str] = field(default_factory=dict)
    """The pointers of resources by their URIs."""
    bases: dict[str, str] = field(default_factory=dict)
    """The URIs of the schemas with ``$id``, by their pointers."""
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    """The pointers of the nodes that have a name, by the pointer of their resource and the name."""
    dynamic: dict[str, dict[str, str]] = field(default_factory=dict)
    """The pointers of dynamic anchors by their names, by the pointer of their resource; see ``template``."""

    def resource(self, pointer: str) -> str:
        """The pointer of the resource that a node belongs to."""
        if self.bases:
            while pointer:
                if pointer in self.bases:
                    return pointer
                pointer = pointer.rpartition("/")[0]
            return ""
        return ""

    def template(self, pointer: str) -> str:
        """The pointer of the resource whose dynamic anchors count for a node: a component is one, also without
        ``$id``."""
        component = _COMPONENT.match(pointer)
        return self.resource(pointer) or (component[0] if component else "")

    def base(self, pointer: str) -> str:
        """The URI that references of a node are relative to."""
        return self.bases.get(self.resource(pointer), self.uri)


def identifiers_of(root: Any, text: str, uri: str) -> Identifiers:
    """The resources and anchors of a file that was read from a URI. ``text`` is its text, empty if it is not known."""
    written = root.get("$self") if isinstance(root, Mapping) else None
    identifiers = Identifiers(join(uri, written.partition("#")[0]) if isinstance(written, str) else uri)
    identifiers.resources |= {uri: "", identifiers.uri: ""}
    if text and not any(keyword in text for keyword in _KEYWORDS[1:]):
        return identifiers
    # A mapping comes after those around it, so that the resource around a node is known when the node comes.
    for node, pointer, _ in mappings(root, "", example_objects=True):
        identifier = node.get("$id")
        if isinstance(identifier, str) and not identifier.startswith("#"):
            above = identifiers.base(pointer.rpartition("/")[0]) if pointer else identifiers.uri
            identifiers.bases[pointer] = join(above, identifier.partition("#")[0])
            identifiers.resources.setdefault(identifiers.bases[pointer], pointer)
        for keyword in _KEYWORDS[2:]:
            name = node.get(keyword)
            if isinstance(name, str):
                identifiers.anchors.setdefault((identifiers.resource(pointer), name), pointer)
                if keyword == "$dynamicAnchor":
                    identifiers.dynamic.setdefault(identifiers.template(pointer), {}).setdefault(name, pointer)
    return identifiers
