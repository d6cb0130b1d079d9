"""What stands where in a document: every node by its kind, of every version, in one walk.

A grammar says for each kind of node which members hold which kinds: ``x`` is one, ``[x]`` a list of them, ``{x}`` a
mapping of them. What a grammar does not name is data. Rules know kinds, so that one rule serves every version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""A variable of a path or a URL."""
Grammar = Mapping[str, Mapping[str, str]]

_SCHEMA: Mapping[str, str] = {
    "properties": "{schema}",
    "items": "schema",
    "allOf": "[schema]",
    "additionalProperties": "schema",
    "xml": "xml",
    "externalDocs": "external-docs",
}
_ROOT: Mapping[str, str] = {"info": "info", "paths": "paths", "tags": "[tag]", "externalDocs": "external-docs"}
_INFO: Mapping[str, str] = {"contact": "contact", "license": "license"}
_OPERATIONS = dict.fromkeys(METHODS, "operation")
_EVENTS = {"x-ms-notification-content": "notification"}

SWAGGER2: Grammar = {
    "document": {
        **_ROOT,
        "x-ms-paths": "paths",
        "definitions": "{schema}",
        "parameters": "{parameter}",
        "responses": "{response}",
        "securityDefinitions": "{security-scheme}",
    },
    "info": _INFO,
    "paths": {"/": "path"},
    "path": {**_OPERATIONS, **_EVENTS, "parameters": "[parameter]"},
    "operation": {**_EVENTS, "parameters": "[parameter]", "responses": "responses", "externalDocs": "external-docs"},
    "notification": {"schema": "schema"},
    "responses": {"*": "response"},
    "response": {"schema": "schema", "headers": "{header}"},
    "parameter": {"schema": "schema", "items": "items"},
    "header": {"items": "items"},
    "items": {"items": "items"},
    "schema": _SCHEMA,
    "tag": {"externalDocs": "external-docs"},
}

_TYPED: Mapping[str, str] = {"schema": "schema", "content": "{media-type}", "examples": "{example}"}
OPENAPI3: Grammar = {
    "document": {**_ROOT, "servers": "[server]", "webhooks": "{path}", "components": "components"},
    "info": _INFO,
    "server": {"variables": "{server-variable}"},
    "components": {
        "schemas": "{schema}",
        "responses": "{response}",
        "parameters": "{parameter}",
        "examples": "{example}",
        "requestBodies": "{request-body}",
        "headers": "{header}",
        "securitySchemes": "{security-scheme}",
        "links": "{link}",
        "callbacks": "{callback}",
        "pathItems": "{path}",
        "mediaTypes": "{media-type}",
    },
    "paths": {"/": "path"},
    "path": {
        **_OPERATIONS,
        **_EVENTS,
        "parameters": "[parameter]",
        "servers": "[server]",
        "additionalOperations": "{operation}",
    },
    "operation": {
        **_EVENTS,
        "parameters": "[parameter]",
        "requestBody": "request-body",
        "responses": "responses",
        "callbacks": "{callback}",
        "servers": "[server]",
        "externalDocs": "external-docs",
    },
    "notification": {"schema": "schema"},
    "callback": {"*": "path"},
    "request-body": {"content": "{media-type}"},
    "media-type": {
        "schema": "schema",
        "itemSchema": "schema",
        "examples": "{example}",
        "encoding": "{encoding}",
    },
    "encoding": {"headers": "{header}"},
    "responses": {"*": "response"},
    "response": {"headers": "{header}", "content": "{media-type}", "links": "{link}"},
    "link": {"server": "server"},
    "parameter": _TYPED,
    "header": _TYPED,
    "schema": {
        **_SCHEMA,
        **dict.fromkeys(("not", "if", "then", "else", "contains", "propertyNames", "contentSchema"), "schema"),
        **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), "schema"),
        **dict.fromkeys(("anyOf", "oneOf", "prefixItems"), "[schema]"),
        **dict.fromkeys(("patternProperties", "dependentSchemas", "$defs"), "{schema}"),
        "discriminator": "discriminator",
    },
    "tag": {"externalDocs": "external-docs"},
}

KINDS = frozenset(
    kind
    for grammar in (SWAGGER2, OPENAPI3)
    for holder, members in grammar.items()
    for kind in (holder, *(held.strip("[]{}") for held in members.values()))
)

HOLDERS = (
    "/definitions/",
    "/parameters/",
    "/responses/",
    *(f"/components/{one}/" for one in ("schemas", "parameters", "responses", "requestBodies", "headers")),
)
"""Where what is referred to stands, in every version."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One node: ``name`` is its key in ``parent`` (or in the mapping or list that holds it there)."""

    kind: str
    pointer: str
    value: Any
    name: str
    parent: Node | None = None

    def get(self, member: str, default: Any = None) -> Any:
        """A member of a mapping; the default of anything else."""
        return self.value.get(member, default) if isinstance(self.value, dict) else default

    def at(self, *steps: str | int) -> str:
        """The pointer of something within."""
        return self.pointer + "".join(f"/{escape(step)}" for step in steps)

    @property
    def reference(self) -> str | None:
        """Where the node is only said to stand elsewhere, that place."""
        found = self.get("$ref")
        return found if isinstance(found, str) and self.kind in _REFERABLE else None

    def above(self, kind: str) -> Node | None:
        """The nearest node of a kind that this one stands in."""
        node = self.parent
        while node is not None and node.kind != kind:
            node = node.parent
        return node


_REFERABLE = frozenset(
    (
        "schema",
        "items",
        "parameter",
        "response",
        "header",
        "path",
        "request-body",
        "example",
        "link",
        "callback",
        "security-scheme",
        "media-type",
    )
)


class Tree:
    """The nodes of one document, by kind and by pointer."""

    def __init__(self, document: Document) -> None:
        self.document = document
        root = document.root if isinstance(document.root, Mapping) else {}
        self.version = str(root.get("swagger") or root.get("openapi") or "")
        self._grammar = SWAGGER2 if "swagger" in root else OPENAPI3
        self.kinds: dict[str, list[Node]] = {}
        self.nodes: dict[str, Node] = {}
        self.children: dict[str, list[Node]] = {}
        """What stands directly below a node, by its pointer."""
        self._seen: set[int] = set()
        self.root = self._walk()

    def __getitem__(self, kind: str) -> list[Node]:
        return self.kinds.get(kind, [])

    @property
    def swagger2(self) -> bool:
        """Whether the document is of version 2."""
        return self._grammar is SWAGGER2

    @property
    def schemes(self) -> dict[str, Node]:
        """The security schemes by name."""
        return {one.name: one for one in self["security-scheme"]}

    def place_of(self, kind: str) -> str:
        """The pointer of what holds the nodes of a kind that are referred to."""
        return next((one.pointer.rpartition("/")[0] for one in self[kind]), "")

    def _walk(self) -> Node:
        root = Node("document", "", self.document.root, "")
        waiting = [root]
        while waiting:
            node = waiting.pop()
            self.nodes[node.pointer] = node
            self.kinds.setdefault(node.kind, []).append(node)
            if isinstance(node.value, dict) and id(node.value) not in self._seen:
                self._seen.add(id(node.value))  # what an alias repeats is looked into once
                inner = self.children[node.pointer] = list(self._members(node))
                waiting += reversed(inner)
        return root

    def _members(self, node: Node) -> Iterator[Node]:
        if node.reference is not None and node.kind != "path":
            return
        known = self._grammar.get(node.kind, {})
        for name, value in node.value.items():
            holds = known.get(name) or (known.get("*") if not name.startswith("x-") else None)
            if holds is None and name.startswith("/"):
                holds = known.get("/")
            if holds is None:
                continue
            pointer = f"{node.pointer}/{escape(name)}"
            kind = holds.strip("[]{}")
            if holds[0] == "[" or (kind == "schema" and isinstance(value, list)):
                for index, one in enumerate(value if isinstance(value, list) else ()):
                    yield Node(kind, f"{pointer}/{index}", one, str(index), node)
            elif holds[0] == "{":
                for key, one in value.items() if isinstance(value, Mapping) else ():
                    if kind == "schema" or not key.startswith("x-"):
                        yield Node(kind, f"{pointer}/{escape(key)}", one, key, node)
            elif kind != "schema" or isinstance(value, Mapping):
                yield Node(kind, pointer, value, name, node)

    def resolve(self, node: Node) -> Node | None:
        """The node that a reference means in the end; None where it dangles or comes back to itself."""
        passed: set[str] = set()
        while (reference := node.reference) is not None:
            found = self.find(reference)
            if found is None or found.pointer in passed:
                return None
            passed.add(found.pointer)
            node = found
        return node

    def find(self, reference: str) -> Node | None:
        """The node at a local reference."""
        return self.nodes.get(unquote(reference[1:])) if reference.startswith("#") else None

    @cached_property
    def operations(self) -> list[Node]:
        """The operations that are called: not those of webhooks and callbacks."""
        return [one for one in self["operation"] if one.parent is not None and one.parent.parent in self["paths"]]

    def parameters(self, operation: Node) -> list[Node]:
        """The parameters of an operation, its path's first, each resolved; an operation's own replaces its path's."""
        found: dict[tuple[str, str], Node] = {}
        for holder in (one for one in (operation.parent, operation) if one is not None):
            given = holder.get("parameters")
            for index in range(len(given) if isinstance(given, list) else 0):
                own = self.resolve(self.nodes[holder.at("parameters", index)])
                if own is not None and isinstance(own.value, Mapping):
                    found[str(own.get("in")), str(own.get("name"))] = own
        return list(found.values())

    def answers(self, operation: Node) -> dict[str, Node]:
        """The answers of an operation by status, each resolved."""
        own = self.nodes.get(f"{operation.pointer}/responses")
        if own is None or not isinstance(own.value, Mapping):
            return {}
        nodes = {status: self.nodes.get(own.at(status)) for status in own.value}
        found = {status: self.resolve(node) for status, node in nodes.items() if node is not None}
        return {status: node for status, node in found.items() if node is not None}

    def media_types(self, operation: Node, member: str) -> list[str]:
        """What an operation of version 2 ``consumes`` or ``produces``: its own, else the document's."""
        given = operation.get(member, self.root.get(member))
        return [str(one) for one in given] if isinstance(given, list) else []

    def schema_of(self, node: Node) -> Node | None:
        """The schema of a parameter, answer, body or header, of the first media type where there are several."""
        holder: Node | None = self.nodes.get(node.at("schema"))
        if holder is None:
            media = next(iter(node.get("content") or ()), None)
            holder = self.nodes.get(node.at("content", media, "schema")) if media is not None else None
        if holder is None:
            return node if "type" in (node.value if isinstance(node.value, Mapping) else ()) else None
        return self.resolve(holder)


def requirements(node: Node) -> Iterator[tuple[str, str, Any]]:
    """What an operation, or a document, requires of its callers: the pointer, the scheme's name, its scopes."""
    given = node.get("security")
    for index, one in enumerate(given if isinstance(given, list) else ()):
        for name, scopes in one.items() if isinstance(one, Mapping) else ():
            yield node.at("security", index, name), name, scopes
