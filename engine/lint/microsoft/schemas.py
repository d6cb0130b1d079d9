"""Schemas: binary data, properties, size, and the extensions of their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.lint.microsoft.limits import (
    MAX_BODY_SCHEMAS,
    MAX_DEPTH,
    MAX_OPERATION_SCHEMAS,
    MAX_OPERATIONS,
    MAX_SCHEMAS,
)
from openconnectors.engine.lint.microsoft.profile import body_schemas, schemas_below
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.tree import Node, mapping

# Types and properties


@check("InvalidStringBinaryProperty")
def _binary_property(node: Node, context: Context) -> Iterator[Finding]:
    binary = node.get("type") == "string" and node.get("format") == "binary"
    if binary and node.parent is not None and node.parent.kind == "schema":
        yield Finding(node.at("format"), f"{node.name!r} is binary data inside an object")


@check("SchemaTypeFileNotValid")
def _file(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("type") == "file" and (node.parent is None or node.parent.kind not in ("response", "parameter")):
        yield Finding(node.at("type"), "the type file is not allowed inside a schema")


@check("RequiredPropertyNotOnObject")
def _required_elsewhere(node: Node, context: Context) -> Iterator[Finding]:
    if isinstance(node.get("required"), list) and node.get("type") not in (None, "object"):
        yield Finding(node.at("required"), f"`required` has no effect on type {node.get('type')}", key=True)


@check("RequiredReadOnlyPropertyNotAllowedAsInput")
def _read_only_input(node: Node, context: Context) -> Iterator[Finding]:
    for schema in body_schemas(node, context):
        for name in schema.array("required"):
            inner = context.tree.nodes.get(schema.at("properties", name))
            if inner is not None and inner.get("readOnly") is True:
                yield Finding(inner.at("readOnly"), f"{name!r} is read-only but required in the request")


_HOLDERS = {"/definitions": "schema", "/parameters": "parameter", "/responses": "response"}


@check("SchemaRefLoopNotAllowed", "ParameterRefLoopNotAllowed", "ResponseRefLoopNotAllowed")
def _only_a_reference(node: Node, context: Context) -> Iterator[Finding]:
    if _HOLDERS.get(node.pointer.rpartition("/")[0]) == node.kind and node.reference:
        yield Finding(node.at("$ref"), f"the definition {node.name!r} is only a reference")


# Size


@check("SchemaTooDeep")
def _too_deep(node: Node, context: Context) -> Iterator[Finding]:
    for schema in _schemas(node, context):
        depth = _depth(schema, context, frozenset())
        if depth > MAX_DEPTH:
            yield Finding(schema.pointer, f"the schema is {depth} levels deep; at most {MAX_DEPTH} are allowed")


def _schemas(operation: Node, context: Context) -> list[Node]:
    """The schemas of the parameters and responses of an operation."""
    nodes = [*context.tree.parameters(operation), *context.tree.responses(operation).values()]
    return [schema for node in nodes if node.has("schema") and (schema := context.tree.schema_of(node)) is not None]


def _depths(context: Context) -> dict[str, int]:
    """The depths of schemas that are known so far, by pointer."""
    return {}


def _depth(node: Node, context: Context, above: frozenset[str]) -> int:
    """The levels of a schema; one that contains itself ends where it comes back (``above``)."""
    depths = context.once(_depths)
    schema = context.tree.resolve(node)
    if schema is None or schema.pointer in above:
        return 0
    if schema.pointer not in depths:
        inner = [child for child in context.tree.children.get(schema.pointer, ()) if child.kind == "schema"]
        above = above | {schema.pointer}
        depths[schema.pointer] = 1 + max((_depth(child, context, above) for child in inner), default=0)
    return depths[schema.pointer]


@check("OperationSchemaCountExceedsMaxAllowed")
def _operation_schemas(node: Node, context: Context) -> Iterator[Finding]:
    count = sum(1 for _ in schemas_below(_schemas(node, context), context))
    if count > MAX_OPERATION_SCHEMAS:
        message = f"the operation has {count} schemas; at most {MAX_OPERATION_SCHEMAS} are allowed"
        yield Finding(node.pointer, message, key=True)


@check("BodySchemaCountExceedsMaxAllowed")
def _body_schemas(node: Node, context: Context) -> Iterator[Finding]:
    count = sum(1 for _ in body_schemas(node, context))
    if count > MAX_BODY_SCHEMAS:
        message = f"the body has {count} schemas; at most {MAX_BODY_SCHEMAS} are allowed"
        yield Finding(node.pointer, message, key=True)


@check("TotalSchemaCountExceedsMaxAllowed")
def _total_schemas(node: Node, context: Context) -> Iterator[Finding]:
    count = len(context.tree["schema"])
    if count > MAX_SCHEMAS:
        yield Finding("/definitions", f"the document has {count} schemas; at most {MAX_SCHEMAS} are allowed", key=True)


@check("TotalOperationsCountExceedsMaxAllowed")
def _total_operations(node: Node, context: Context) -> Iterator[Finding]:
    count = len(context.tree.operations)
    if count > MAX_OPERATIONS:
        message = f"the document has {count} operations; at most {MAX_OPERATIONS} are allowed"
        yield Finding("/paths", message, key=True)


# Extensions of values


@check("InvalidCustomEditorExtensionDictionaryValue")
def _editor(node: Node, context: Context) -> Iterator[Finding]:
    is_open = node.get("type") == "object" and node.get("additionalProperties")
    if node.get("x-ms-editor") == "dictionary" and not is_open:
        message = "`dictionary` is for objects with additional properties"
        yield Finding(node.at("x-ms-editor"), message)


_NAMES = """
    eq ne gt ge lt le and or not contains startswith endswith length indexof replace substring substringof toupper
    tolower trim concat year month day hour minute second date time now totaloffsetminutes totalseconds round floor
    ceiling min max sum countdistinct average null add sub mul div mod isof cast
"""
_FILTERS = frozenset(_NAMES.split())
"""The operators and functions of OData's $filter, and the aggregates of published connectors."""


def _filters(node: Node) -> list[Any] | None:
    """The filter functions of a schema; None if it has none."""
    capabilities = node.get("x-ms-capabilities")
    holder = capabilities if isinstance(capabilities, Mapping) else mapping(node.value)
    functions = holder.get("filterFunctions")
    return functions if isinstance(functions, list) else None


def _filters_pointer(node: Node, *steps: int) -> str:
    return node.at("x-ms-capabilities", "filterFunctions", *steps)


@check("FilterFunctionsPropertyEmpty")
def _filters_empty(node: Node, context: Context) -> Iterator[Finding]:
    if _filters(node) == []:
        yield Finding(_filters_pointer(node), "filterFunctions is empty")


@check("FilterFunctionsPropertyHasDuplicates")
def _filters_twice(node: Node, context: Context) -> Iterator[Finding]:
    functions = _filters(node) or []
    for index, name in enumerate(functions):
        if name in functions[:index]:
            yield Finding(_filters_pointer(node, index), f"{name!r} is already in filterFunctions")


@check("FilterFunctionsPropertyInvalidValue")
def _filters_known(node: Node, context: Context) -> Iterator[Finding]:
    for index, name in enumerate(_filters(node) or []):
        if str(name).lower() not in _FILTERS:
            yield Finding(_filters_pointer(node, index), f"{name!r} is not a filter function")


@check("FilterFunctionsPropertyInInputSchema")
def _filters_input(node: Node, context: Context) -> Iterator[Finding]:
    for schema in body_schemas(node, context):
        if _filters(schema) is not None:
            yield Finding(_filters_pointer(schema), "filterFunctions in the schema of a request", key=True)
