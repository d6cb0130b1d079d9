"""Values that documents hold, against their schemas: defaults, examples, enums, constants."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

import jsonschema_rs

from openconnectors.engine.documents.pointers import escape, join_file, split_file
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.schema_facts import in_words, properties_named, types_of
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.values.codecs import essence

_DOCUMENT = "urn:document"


class Violation(NamedTuple):
    """Where in a value its schema is broken: the steps to the place, the message, and the keyword that is broken."""

    steps: list[str | int]
    message: str
    keyword: str


class Judge:
    """Validates values by the schemas of one document; a schema that cannot be compiled allows everything."""

    def __init__(self, context: Context) -> None:
        version = context.tree.version
        newer = version.startswith(("3.1", "3.2"))
        # Swagger 2.0 and OpenAPI 3.0 use an older JSON Schema, in which exclusiveMinimum is a boolean.
        self._validator_class = jsonschema_rs.Draft202012Validator if newer else jsonschema_rs.Draft4Validator
        self._draft = jsonschema_rs.Draft202012 if newer else jsonschema_rs.Draft4
        nullable = "x-nullable" if context.tree.swagger2 else "nullable"
        self._nullable = nullable if context.tree.swagger2 or version.startswith("3.0") else ""
        """The member that says that a value may be null, if there is one."""
        self._context = context
        self._document = context.document
        self._registries: dict[bool, Any] = {}
        """The document for validators: without its paths, if nothing refers into these, and with them."""
        self._validators: dict[str, Any] = {}

    def violation(self, node: Node, value: Any, absent: tuple[str, ...] = ()) -> Violation | None:
        """The first place at which a value breaks a schema; None if it does not. Properties with one of the keywords
        ``absent`` may be absent although they are required."""
        if value is None and self._nullable and node.get(self._nullable):
            return None
        validator = self._validator(node)
        errors = validator.iter_errors(value) if validator is not None else ()
        error = next((error for error in errors if not (absent and self._is_excused(error, absent))), None)
        while error is not None and (
            alternatives := [inner for errors in getattr(error.kind, "context", ()) for inner in errors]
        ):
            error = max(alternatives, key=lambda inner: len(inner.instance_path))
        return None if error is None else Violation(list(error.instance_path), error.message, error.kind.name)

    def _is_excused(self, error: Any, absent: tuple[str, ...]) -> bool:
        """Return True if a value only lacks a property that one direction of a call does not have."""
        alternatives = getattr(error.kind, "context", ())
        if alternatives:
            return any(errors and all(self._is_excused(inner, absent) for inner in errors) for errors in alternatives)
        location = error.absolute_keyword_location
        if error.kind.name != "required" or not location:
            return False
        uri, _, fragment = str(location).partition("#")
        name = next((name for name in self._document.parts() if self._uri(name) == uri), "")
        holder = self._context.tree.nodes.get(join_file(name, unquote(fragment).rpartition("/")[0]))
        name = str(error.kind.as_dict().get("property"))
        return holder is not None and any(
            schema.get(keyword) is True
            for schema in properties_named(holder, name, self._context)
            for keyword in absent
        )

    def _validator(self, node: Node) -> Any:
        if node.pointer not in self._validators:
            try:
                if is_plain(node.value):
                    schema = {name: value for name, value in node.value.items() if name in KEYWORDS}
                    bounds = _RANGES.get(str(schema.get("format"))) if schema.get("type") == "integer" else None
                    schema |= {"allOf": [bounds]} if bounds is not None else {}  # beside the bounds of its own
                    validator = self._validator_class(schema, validate_formats=True) if schema else None
                else:
                    validator = self._whole(node)
            except (ValueError, jsonschema_rs.ReferencingError):
                validator = None
            self._validators[node.pointer] = validator
        return self._validators[node.pointer]

    def _whole(self, node: Node) -> Any:
        """A validator of a schema with references into the document."""
        name, pointer = split_file(node.pointer)
        registry = self._registry(pointer.startswith("/paths/") or self._context.once(_refers_into_paths))
        return self._validator_class({"$ref": f"{self._uri(name)}#{_quoted(pointer)}"}, registry=registry)

    def _registry(self, with_paths: bool) -> Any:
        """The document for validators, with its paths or without: they are most of a large one, and few need them."""
        if with_paths not in self._registries:
            self._document.read_all()  # the registry takes no other file later, and fetches none
            files = self._document.parts()
            trees = {self._uri(name): file.root for name, file in files.items()}
            if not with_paths:
                trees[self._uri("")] = {key: value for key, value in self._document.root.items() if key != "paths"}
            if self._nullable and any(
                self._nullable in source.text for file in files.values() for source in file.sources
            ):
                trees = {uri: _with_nulls(tree, self._nullable) for uri, tree in trees.items()}
            self._registries[with_paths] = jsonschema_rs.Registry(list(trees.items()), draft=self._draft)
        return self._registries[with_paths]

    def _uri(self, name: str) -> str:
        """The URI of a file in the registry."""
        files = self._document.files
        return _DOCUMENT if files is None else files.uri(name)


def _refers_into_paths(context: Context) -> bool:
    """Return True if a reference is to something in the paths of a document."""
    return any("/paths/" in reference for _, reference in context.document.references(everywhere=True))


KEYWORDS = {"type", "enum", "const", "pattern", "format", "minLength", "maxLength", "multipleOf"}
KEYWORDS |= {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
"""The keywords of scalars: a schema of these alone is compiled without the rest of its document."""
_RANGES = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
}


def is_plain(schema: object) -> bool:
    """Return True for a schema of a scalar type."""
    return isinstance(schema, (dict, Mapping)) and schema.get("type") in ("string", "integer", "number", "boolean")


def _quoted(pointer: str) -> str:
    """A pointer as the fragment of a URI: ``%`` first, then what jsonschema-rs refuses in one."""
    return pointer.replace("%", "%25").replace(" ", "%20").replace('"', "%22").replace("^", "%5E")


def _with_nulls(value: Any, nullable: str) -> Any:
    """A document in which ``nullable`` (the name of that member) is expressed by ``type`` and ``enum``."""
    if isinstance(value, list):
        return [_with_nulls(item, nullable) if isinstance(item, (dict, list)) else item for item in value]
    if not isinstance(value, dict):
        return value
    copy = {
        name: _with_nulls(member, nullable) if isinstance(member, (dict, list)) else member
        for name, member in value.items()
    }
    if value.get(nullable) is True:
        if isinstance(copy.get("type"), str):
            copy["type"] = [copy["type"], "null"]
        if isinstance(copy.get("enum"), list):
            copy["enum"] = [*copy["enum"], None]
    return copy


_DIRECTIONS = ("readOnly", "writeOnly")
"""A required property that is read-only is not in requests, one that is write-only not in responses (OpenAPI 3.0.4,
Schema Object). An example of a schema may be of either."""


def _broken(
    node: Node, context: Context, value: Any, at: str, what: str, absent: tuple[str, ...] = _DIRECTIONS
) -> Iterator[Finding]:
    """A finding if a value breaks its schema, at the place inside the value that does."""
    violation = context.once(Judge).violation(node, value, absent)
    if violation is not None:
        pointer = at + "".join(f"/{escape(step)}" for step in violation.steps)
        yield Finding(pointer, f"the {what} breaks its own schema: {violation.message[:200]}")


@check("default-invalid")
def _default(node: Node, context: Context) -> Iterator[Finding]:
    if node.reference is not None:
        return
    holder = context.tree.schema_of(node) if node.kind == "parameter" and node.has("schema") else node
    if holder is not None and not _is_expression(node.get("default")):
        yield from _broken(holder, context, node.get("default"), node.at("default"), "default")


def _is_expression(value: object) -> bool:
    """Return True for a default that is computed when the connector runs (``@{utcNow()}``)."""
    return isinstance(value, str) and value.startswith("@") and "(" in value


@check("example-invalid")
def _example(node: Node, context: Context) -> Iterator[Finding]:
    schema = node if node.kind in ("schema", "items") else context.tree.schema_of(node)
    if node.reference is not None or schema is None:
        return
    if node.kind == "response":
        for name, value in node.mapping("examples").items() if context.tree.swagger2 else ():
            kind = essence(str(name))[0]
            if kind == "application/json" or kind.endswith("+json"):
                parsed = _parsed(value) if isinstance(value, str) and schema.get("type") != "string" else value
                yield from _broken(schema, context, parsed, node.at("examples", name), "example", ("writeOnly",))
        return
    if node.kind == "media-type" and "json" not in node.name:
        return
    absent: tuple[str, ...] = _DIRECTIONS
    if node.kind == "media-type":
        absent = ("readOnly",) if node.above("request-body") is not None else ("writeOnly",)
    if node.has("example"):
        yield from _broken(schema, context, node.get("example"), node.at("example"), "example", absent)
    for child in context.tree.children.get(node.pointer, ()):
        if child.kind == "example" and child.has("value"):
            yield from _broken(schema, context, child.get("value"), child.at("value"), "example", absent)
    for index, value in enumerate(node.array("examples") if node.kind == "schema" else ()):
        yield from _broken(schema, context, value, node.at("examples", index), "example")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
"""The Python types of JSON Schema's types; that a boolean is an int of Python's is the caller's to consider."""

_NAMES: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array"}
_NAMES = {**_NAMES, dict: "object", type(None): "null"}
"""The types of JSON Schema by those of Python."""


@check("enum-invalid")
def _enum(node: Node, context: Context) -> Iterator[Finding]:
    types = types_of(node.value)
    for index, value in enumerate(node.array("enum") if types else ()):
        whole = isinstance(value, float) and value.is_integer()
        kind = "integer" if whole else _NAMES.get(type(value))
        if types is None or kind in types:
            continue
        if value is not None:
            yield Finding(node.at("enum", index), f"{value!r} is not of type {in_words(types)}")
        else:
            message = f"null can never be used: the type is {in_words(types)}"
            yield Finding(node.at("enum", index), message, rule="enum-unreachable")


@check("enum-unreachable")
def _enum_unreachable(node: Node, context: Context) -> Iterator[Finding]:
    others = {name: value for name, value in node.value.items() if name not in ("enum", "type", "default", "example")}
    if not any(name in KEYWORDS and name != "format" for name in others):
        return
    schema = Node(node.kind, node.at("enum"), {**others, "type": node.get("type")}, node.name, node.parent)
    for index, value in enumerate(node.array("enum") if is_plain(schema.value) else ()):
        violation = context.once(Judge).violation(schema, value)
        if violation is not None and violation.keyword != "type":  # enum-invalid reports a value of another type
            yield Finding(node.at("enum", index), f"{value!r} can never be used: {violation.message}")


@check("enum-empty")
def _enum_empty(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("enum") == []:
        yield Finding(node.at("enum"), "the enum has no values")


@check("enum-duplicate")
def _enum_duplicate(node: Node, context: Context) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, value in enumerate(node.array("enum")):
        text = json.dumps(value)
        if text in seen:
            yield Finding(node.at("enum", index), f"{value!r} is already in the enum")
        seen.add(text)


@check("const-invalid")
def _const(node: Node, context: Context) -> Iterator[Finding]:
    violation = context.once(Judge).violation(node, node.get("const"))
    if violation is not None:
        message = f"{node.get('const')!r} breaks the rest of its schema: {violation.message}"
        yield Finding(node.at("const"), message)
