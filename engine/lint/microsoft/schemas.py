"""Schemas, and the extensions of values."""

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
from openconnectors.engine.lint.microsoft.profile import below, inputs, is_internal
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Case, Finding
from openconnectors.engine.lint.tree import Node

# Schemas


def _is_binary(node: Node) -> bool:
    return bool(node.get("type") == "string" and node.get("format") == "binary")


@check("InvalidStringBinaryProperty")
def _binary_within(node: Node, case: Case) -> Iterator[Finding]:
    if _is_binary(node) and node.parent is not None and node.parent.kind == "schema":
        yield Finding(node.at("format"), f"{node.name!r} holds octets within an object")


@check("SchemaTypeFileNotValid")
def _file_within(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("type") == "file" and (node.parent is None or node.parent.kind not in ("response", "parameter")):
        yield Finding(node.at("type"), "a file within a schema")


@check("RequiredPropertyNotOnObject")
def _required_elsewhere(node: Node, case: Case) -> Iterator[Finding]:
    if isinstance(node.get("required"), list) and node.get("type") not in (None, "object"):
        yield Finding(node.at("required"), f"`required` in a schema of type {node.get('type')}", True)


@check("RequiredReadOnlyPropertyNotAllowedAsInput")
def _read_only_input(node: Node, case: Case) -> Iterator[Finding]:
    for schema in inputs(node, case):
        required = schema.get("required")
        for name in required if isinstance(required, list) else ():
            inner = case.tree.nodes.get(schema.at("properties", name))
            if inner is not None and inner.get("readOnly") is True:
                yield Finding(inner.at("readOnly"), f"{name!r} is read only, and required of the caller")


@check("InternalPropertyWithDefaultOptional")
def _internal_property(node: Node, case: Case) -> Iterator[Finding]:
    required = node.get("required")
    for one in case.tree.children.get(node.pointer, ()):
        inside = one.pointer == node.at("properties", one.name)
        if inside and is_internal(one) and "default" in one.value and one.name not in (required or ()):
            yield Finding(one.pointer, f"the internal {one.name!r} has a default, and is not required", True)


_HOLDERS = {"/definitions": "schema", "/parameters": "parameter", "/responses": "response"}


@check("SchemaRefLoopNotAllowed", "ParameterRefLoopNotAllowed", "ResponseRefLoopNotAllowed")
def _definition_reference(node: Node, case: Case) -> Iterator[Finding]:
    if _HOLDERS.get(node.pointer.rpartition("/")[0]) == node.kind and node.reference:
        yield Finding(node.at("$ref"), f"the definition {node.name!r} is only a reference")


@check("SchemaTooDeep")
def _deep(node: Node, case: Case) -> Iterator[Finding]:
    for root in _roots(node, case):
        depth = _depth(root, case, frozenset())
        if depth > MAX_DEPTH:
            yield Finding(root.pointer, f"the schema is {depth} levels deep; {MAX_DEPTH} is the most")


def _roots(operation: Node, case: Case) -> list[Node]:
    nodes = [*case.tree.parameters(operation), *case.tree.answers(operation).values()]
    return [schema for one in nodes if "schema" in one.value and (schema := case.tree.schema_of(one)) is not None]


def _depth(node: Node, case: Case, above: frozenset[str]) -> int:
    known: dict[str, int] = case.notes.setdefault("depths", {})
    own = case.tree.resolve(node)
    if own is None or own.pointer in above:
        return 0
    if own.pointer not in known:
        inner = [one for one in case.tree.children.get(own.pointer, ()) if one.kind == "schema"]
        known[own.pointer] = 1 + max((_depth(one, case, above | {own.pointer}) for one in inner), default=0)
    return known[own.pointer]


def _count(roots: list[Node], case: Case) -> int:
    return sum(1 for _ in below(roots, case))


@check("OperationSchemaCountExceedsMaxAllowed")
def _operation_schemas(node: Node, case: Case) -> Iterator[Finding]:
    count = _count(_roots(node, case), case)
    if count > MAX_OPERATION_SCHEMAS:
        yield Finding(node.pointer, f"the operation has {count} schemas; {MAX_OPERATION_SCHEMAS} is the most", True)


@check("BodySchemaCountExceedsMaxAllowed")
def _body_schemas(node: Node, case: Case) -> Iterator[Finding]:
    count = sum(1 for _ in inputs(node, case))
    if count > MAX_BODY_SCHEMAS:
        yield Finding(node.pointer, f"the body has {count} schemas; {MAX_BODY_SCHEMAS} is the most", True)


@check("TotalSchemaCountExceedsMaxAllowed")
def _total_schemas(node: Node, case: Case) -> Iterator[Finding]:
    if len(case.tree["schema"]) > MAX_SCHEMAS:
        yield Finding(
            "/definitions", f"the document has {len(case.tree['schema'])} schemas; {MAX_SCHEMAS} is the most", True
        )


@check("TotalOperationsCountExceedsMaxAllowed")
def _total_operations(node: Node, case: Case) -> Iterator[Finding]:
    if len(case.tree.operations) > MAX_OPERATIONS:
        yield Finding(
            "/paths", f"the document has {len(case.tree.operations)} operations; {MAX_OPERATIONS} is the most", True
        )


# Extensions of values


def _enum_values(node: Node) -> list[tuple[int, Mapping[str, Any]]]:
    given = node.get("x-ms-enum-values")
    return [
        (index, one) for index, one in enumerate(given if isinstance(given, list) else ()) if isinstance(one, Mapping)
    ]


@check("DuplicateEnumValuesInExtension")
def _enum_values_twice(node: Node, case: Case) -> Iterator[Finding]:
    seen: list[Any] = []
    for index, one in _enum_values(node):
        if one.get("value") in seen:
            yield Finding(node.at("x-ms-enum-values", index), f"{one.get('value')!r} stands here a second time")
        seen.append(one.get("value"))


@check("InvalidEnumValuesExtensionValue")
def _enum_values_known(node: Node, case: Case) -> Iterator[Finding]:
    allowed = node.get("enum")
    for index, one in _enum_values(node) if isinstance(allowed, list) else ():
        if one.get("value") not in (allowed or ()):
            yield Finding(node.at("x-ms-enum-values", index, "value"), f"{one.get('value')!r} is no value of the enum")


@check("MissingEnumValuesDisplayName")
def _enum_values_named(node: Node, case: Case) -> Iterator[Finding]:
    for index, one in _enum_values(node):
        if not one.get("displayName"):
            yield Finding(node.at("x-ms-enum-values", index), f"{one.get('value')!r} has no displayName")


@check("InvalidCustomEditorExtensionDictionaryValue")
def _editor(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("x-ms-editor") == "dictionary" and not (
        node.get("type") == "object" and node.get("additionalProperties")
    ):
        yield Finding(node.at("x-ms-editor"), "`dictionary` for what is no open object")


_FILTERS = """
    eq ne gt ge lt le and or not contains startswith endswith length indexof replace substring substringof toupper
    tolower trim concat year month day hour minute second date time now totaloffsetminutes totalseconds round floor
    ceiling min max sum countdistinct average null add sub mul div mod isof cast
"""


def _filters(node: Node) -> list[Any] | None:
    given = node.get("x-ms-capabilities")
    found = given.get("filterFunctions") if isinstance(given, Mapping) else node.get("filterFunctions")
    return found if isinstance(found, list) else None


@check("FilterFunctionsPropertyEmpty")
def _filters_empty(node: Node, case: Case) -> Iterator[Finding]:
    if _filters(node) == []:
        yield Finding(node.at("x-ms-capabilities", "filterFunctions"), "the list is empty")


@check("FilterFunctionsPropertyHasDuplicates")
def _filters_twice(node: Node, case: Case) -> Iterator[Finding]:
    given = _filters(node) or []
    for index, one in enumerate(given):
        if one in given[:index]:
            yield Finding(node.at("x-ms-capabilities", "filterFunctions", index), f"{one!r} stands here a second time")


@check("FilterFunctionsPropertyInvalidValue")
def _filters_known(node: Node, case: Case) -> Iterator[Finding]:
    for index, one in enumerate(_filters(node) or []):
        if str(one).lower() not in _FILTERS.split():
            yield Finding(node.at("x-ms-capabilities", "filterFunctions", index), f"{one!r} is no function of a filter")


@check("FilterFunctionsPropertyInInputSchema")
def _filters_input(node: Node, case: Case) -> Iterator[Finding]:
    for schema in inputs(node, case):
        if _filters(schema) is not None:
            yield Finding(schema.at("x-ms-capabilities", "filterFunctions"), "a filter in what is sent", True)
