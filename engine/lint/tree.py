"""The nodes of a document by their kind, of every version of the specifications, from one walk.

A node of another file is of the kind of the node that refers to it, and has the name and the parent of that: it stands
in its place. What nothing refers to in another file is no part of the document.

A grammar says for each kind of node which kinds its members hold: ``x`` is one node, ``[x]`` a list of nodes, ``{x}`` a
mapping of names to nodes. A member ``*`` stands for all but extensions, ``/`` for those that begin with a slash. What a
grammar does not name is data. Rules know kinds, so that one rule serves every version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape, pointer_steps, split_file
from openconnectors.engine.errors import InvalidDocument

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
_ENCODINGS: Mapping[str, str] = {
    "encoding": "{encoding}",
    "prefixEncoding": "[encoding]",
    "itemEncoding": "encoding",
}
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
        **_ENCODINGS,
    },
    "encoding": {"headers": "{header}", **_ENCODINGS},
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

HOLDERS = frozenset(
    (
        "/definitions/",
        "/parameters/",
        "/responses/",
        *(f"/components/{name}/" for name in ("schemas", "parameters", "responses", "requestBodies", "headers")),
        *(f"/components/{name}/" for name in ("examples", "links", "callbacks", "pathItems", "mediaTypes")),
    )
)
"""Pointers of the mappings that hold components, in every version."""


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one: a rule reads documents in which anything may be anywhere."""
    return value if isinstance(value, (dict, Mapping)) else {}


def array(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


class Node(Struct, frozen=True, eq=False):
    """One node: ``name`` is its key in ``parent`` (or in the mapping or list that holds it there)."""

    kind: str
    pointer: str
    value: Any
    name: str
    parent: Node | None = None

    def get(self, member: str, default: Any = None) -> Any:
        """A member of a mapping; the default if the node is anything else."""
        try:  # rules ask a million times, nearly always of a mapping
            return self.value.get(member, default)
        except AttributeError:
            return default

    def mapping(self, member: str) -> Mapping[str, Any]:
        """A member that is a mapping; an empty one if it is anything else."""
        value = self.value
        return mapping(value.get(member)) if isinstance(value, dict) else {}

    def array(self, member: str) -> list[Any]:
        """A member that is a list; an empty one if it is anything else."""
        value = self.value
        return array(value.get(member)) if isinstance(value, dict) else []

    def has(self, member: str) -> bool:
        """Return True if the node is a mapping with such a member."""
        value = self.value
        return isinstance(value, dict) and member in value

    @property
    def is_dynamic(self) -> bool:
        """Whether choices or a schema of the node come from an operation."""
        return any("x-ms-dynamic" in str(name) for name in mapping(self.value))

    def at(self, *steps: str | int) -> str:
        """The pointer of something inside the node."""
        pointer = self.pointer
        for step in steps:
            pointer = f"{pointer}/{escape(step)}"
        return pointer

    @property
    def reference(self) -> str | None:
        """The ``$ref`` of a node that is only a reference."""
        value = self.value
        if not isinstance(value, dict) or "$ref" not in value or self.kind not in _REFERABLE:
            return None
        reference = value["$ref"]
        return reference if isinstance(reference, str) else None

    def above(self, kind: str) -> Node | None:
        """The nearest node of a kind that contains this one."""
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


class _Held(Struct, frozen=True):
    """What a member of a node holds, as a grammar says it."""

    kind: str
    is_list: bool
    is_named: bool


_Holders = Mapping[str, Mapping[str, _Held]]


def _holders(grammar: Grammar) -> _Holders:
    return {
        kind: {name: _Held(held.strip("[]{}"), held[0] == "[", held[0] == "{") for name, held in members.items()}
        for kind, members in grammar.items()
    }


_HOLDERS2, _HOLDERS3 = _holders(SWAGGER2), _holders(OPENAPI3)


class Tree:
    """The nodes of one document, by kind and by pointer."""

    def __init__(self, document: Document) -> None:
        self.document = document
        root = mapping(document.root)
        self.version = str(root.get("swagger") or root.get("openapi") or "")
        """As the document says it: ``2.0``, ``3.0.3``."""
        self._holders = _HOLDERS2 if "swagger" in root else _HOLDERS3
        self.kinds: dict[str, list[Node]] = {}
        self.nodes: dict[str, Node] = {}
        self.children: dict[str, list[Node]] = {}
        """The nodes directly below a node, by its pointer, if there are any."""
        self.entries: list[Node] = []
        """The nodes of other files that something in another file refers to."""
        self._seen: set[int] = set()
        self._targets: dict[tuple[str, str], str | None] = {}
        self._parameters: dict[str, tuple[Node, ...]] = {}
        """The parameters of operations that were asked for, by the pointers of these."""
        self.root = self._walk()

    def __getitem__(self, kind: str) -> list[Node]:
        return self.kinds.get(kind, [])

    @property
    def swagger2(self) -> bool:
        """Whether the document is of Swagger 2.0."""
        return self._holders is _HOLDERS2

    @property
    def schemes(self) -> dict[str, Node]:
        """The security schemes by name."""
        return {scheme.name: scheme for scheme in self["security-scheme"]}

    def holder_of(self, kind: str) -> str:
        """The pointer of the mapping that holds the components of a kind."""
        return next((node.pointer.rpartition("/")[0] for node in self[kind]), "")

    def _walk(self) -> Node:
        root = Node("document", "", self.document.root, "")
        if self.document.refers_to_files:
            self.document.read_all()
        extending = [(at, self.document.get(at)) for at in self.document.extending]
        self.entries += [Node("schema", at, value, pointer_steps(at)[-1]) for at, value in extending]
        waiting = [*self.entries, root]
        nodes, kinds, seen = self.nodes, self.kinds, self._seen
        while waiting:
            node = waiting.pop()
            pointer, value = node.pointer, node.value
            if pointer in nodes:
                continue
            nodes[pointer] = node
            kinds.setdefault(node.kind, []).append(node)
            if not isinstance(value, dict):
                continue
            if id(value) not in seen:
                seen.add(id(value))  # a node that YAML repeats by an alias is walked once
                if children := self._members(node):
                    self.children[pointer] = children
                    waiting += reversed(children)
            if "$ref" in value or "discriminator" in value:
                waiting += self._entered(node)
        return root

    def _entered(self, node: Node) -> Iterator[Node]:
        """The nodes of other files that a node refers to, if they are not known yet."""
        for target in (self._target(node), *self._mapped(node)):
            if target is None or not split_file(target)[0] or target in self.nodes:
                continue
            entry = Node(node.kind, target, self.document.get(target), node.name, node.parent)
            if split_file(target)[0] != split_file(node.pointer)[0]:
                self.entries.append(entry)
            yield entry

    def _mapped(self, node: Node) -> Iterator[str | None]:
        """The pointers of the schemas that a discriminator names by references."""
        if node.kind == "schema" and not self.swagger2 and isinstance(node.get("discriminator"), dict):
            discriminator = node.value["discriminator"]
            for text in (*mapping(discriminator.get("mapping")).values(), discriminator.get("defaultMapping")):
                if isinstance(text, str):
                    yield self.target(text, node.pointer)

    def _target(self, node: Node) -> str | None:
        """The pointer that a node refers to; None if it is no reference, or one to nothing."""
        return None if node.reference is None else self.target(node.reference, node.pointer)

    def target(self, reference: str, at: str) -> str | None:
        """The pointer that a reference of the node at a pointer means; None if that is nothing."""
        key = (reference, split_file(at)[0] if not self.document.conventions.json_schema else at)
        if key not in self._targets:
            try:
                self._targets[key] = self.document.target(reference, at)
            except InvalidDocument:
                self._targets[key] = None
        return self._targets[key]

    def _members(self, node: Node) -> list[Node]:
        """The nodes directly in a node that is a mapping."""
        if node.reference is not None and node.kind != "path" and not self._counts_siblings(node):
            return []
        known = self._holders.get(node.kind)
        if known is None:
            return []
        members: list[Node] = []
        others, paths = known.get("*"), known.get("/")
        for name, value in node.value.items():
            holds = known.get(name)
            if holds is None:
                if others is not None and not name.startswith("x-"):
                    holds = others
                elif paths is not None and name.startswith("/"):
                    holds = paths
                else:
                    continue
            pointer, kind = f"{node.pointer}/{escape(name)}", holds.kind
            if holds.is_named:
                for key, item in mapping(value).items():
                    if kind == "schema" or not key.startswith("x-"):
                        members.append(Node(kind, f"{pointer}/{escape(key)}", item, key, node))
            elif holds.is_list or (kind == "schema" and isinstance(value, list)):
                for index, item in enumerate(array(value)):
                    members.append(Node(kind, f"{pointer}/{index}", item, str(index), node))
            elif kind != "schema" or isinstance(value, Mapping):
                members.append(Node(kind, pointer, value, name, node))
        return members

    def _counts_siblings(self, node: Node) -> bool:
        """Return True if keywords beside the ``$ref`` of a node count: of schemas from OpenAPI 3.1 on."""
        return node.kind == "schema" and self.document.conventions.json_schema

    def resolve(self, node: Node) -> Node | None:
        """The node at the end of a chain of references; None if that is dangling or circular."""
        passed: set[str] = set()
        while node.reference is not None:
            target = self.find(node.reference, node.pointer)
            if target is None or target.pointer in passed:
                return None
            passed.add(target.pointer)
            node = target
        return node

    def find(self, reference: str, at: str) -> Node | None:
        """The node that a reference of the node at a pointer means; None if there is none."""
        target = self.target(reference, at)
        return None if target is None else self.nodes.get(target)

    def resolved(self, pointer: str) -> Node | None:
        """The node at a pointer, its references followed; None if there is none."""
        node = self.nodes.get(pointer)
        return self.resolve(node) if node is not None else None

    @cached_property
    def operations(self) -> list[Node]:
        """The operations that are called: not those of webhooks and callbacks."""
        return [node for node in self["operation"] if node.parent is not None and node.parent.parent in self["paths"]]

    def parameters(self, operation: Node) -> list[Node]:
        """The parameters of an operation, its path's first, resolved; its own replace those of the path."""
        known = self._parameters.get(operation.pointer)
        if known is None:
            known = self._parameters[operation.pointer] = tuple(self._parameters_of(operation))
        return list(known)

    def _parameters_of(self, operation: Node) -> Iterable[Node]:
        parameters: dict[tuple[str, str], Node] = {}
        for holder in (operation.parent, operation):
            for _, parameter in self.listed(holder, "parameter") if holder is not None else ():
                parameters[str(parameter.get("in")), str(parameter.get("name"))] = parameter
        return parameters.values()

    def listed(self, holder: Node, kind: str) -> Iterator[tuple[Node, Node]]:
        """The nodes of a kind that are directly in another, each with what it is after references: a mapping."""
        for node in self.children.get(holder.pointer, ()):
            if node.kind == kind:
                target = node if node.reference is None else self.resolve(node)
                if target is not None and isinstance(target.value, dict):
                    yield node, target

    def responses(self, operation: Node) -> dict[str, Node]:
        """The responses of an operation by status, resolved, as far as they are mappings."""
        holder = self.nodes.get(f"{operation.pointer}/responses")
        if holder is None or not isinstance(holder.value, Mapping):
            return {}
        return {node.name: response for node, response in self.listed(holder, "response")}

    def media_types(self, operation: Node, member: str) -> list[str]:
        """The media types that an operation of Swagger 2.0 ``consumes`` or ``produces``: its own, or the document's."""
        return [str(name) for name in array(operation.get(member, self.root.get(member)))]

    def body_schemas(self, operation: Node) -> Iterator[Node]:
        """The schemas of an operation's request body, of every dialect, at any depth, each once."""
        holders = [parameter for parameter in self.parameters(operation) if parameter.get("in") == "body"]
        body = self.resolved(operation.at("requestBody"))
        holders += [body] if body is not None else []
        yield from self.schemas_below(schema for holder in holders if (schema := self.schema_of(holder)) is not None)

    def schemas_below(self, roots: Iterable[Node]) -> Iterator[Node]:
        """Schemas with those inside them, at any depth, each once, their references followed."""
        waiting, seen = list(roots), set()
        while waiting:
            schema = self.resolve(waiting.pop())
            if schema is None or schema.pointer in seen:
                continue
            seen.add(schema.pointer)
            yield schema
            waiting += [child for child in self.children.get(schema.pointer, ()) if child.kind == "schema"]

    def schema_of(self, node: Node) -> Node | None:
        """The schema of a parameter, response, body or header; of several media types, that of the first."""
        schema = self.nodes.get(node.at("schema"))
        if schema is None:
            media_type = next(iter(node.get("content") or ()), None)
            schema = self.nodes.get(node.at("content", media_type, "schema")) if media_type is not None else None
        if schema is None:
            return node if node.has("type") else None
        return self.resolve(schema)


def requirements(node: Node) -> Iterator[tuple[str, str, Any]]:
    """The security requirements of an operation or a document: pointer, name of the scheme, its scopes."""
    for index, requirement in enumerate(node.array("security")):
        for name, scopes in mapping(requirement).items():
            yield node.at("security", index, name), name, scopes
