"""What operations ask of one another: dynamic values, schemas and trees, and pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.lint.connector import asking, properties_of
from openconnectors.engine.lint.microsoft.profile import is_internal
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Case, Finding
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.lint.values import TYPES

_DYNAMIC = "x-ms-dynamic-values x-ms-dynamic-list x-ms-dynamic-schema x-ms-dynamic-properties x-ms-dynamic-tree"


# What operations ask of one another


def _value_path(value: Mapping[str, Any], *names: str) -> list[str]:
    found = next((value[name] for name in names if isinstance(value.get(name), str)), "")
    return [step for step in found.split("/") if step]


def _answer_schema(operation: Node, case: Case) -> Node | None:
    for status, one in sorted(case.tree.answers(operation).items()):
        if status[:1] == "2" and "schema" in one.value:
            return case.tree.schema_of(one)
    return None


def _is_open(node: Node) -> bool:
    """Whether a schema may hold what it does not describe."""
    return not node.get("properties") and not node.get("allOf") and node.get("type") in (None, "object")


def _follow(node: Node, steps: list[str], case: Case) -> Node | str | None:
    """The schema at a path; the step that is not there; None where that cannot be told."""
    for step in steps:
        own = case.tree.resolve(node)
        if own is None or _is_open(own) or any("x-ms-dynamic" in name for name in own.value):
            return None
        inner = _property(own, step, case)
        if inner is None:
            return step
        node = inner
    return case.tree.resolve(node)


def _property(node: Node, name: str, case: Case) -> Node | None:
    for own in [
        node,
        *[case.tree.resolve(one) for one in case.tree.children.get(node.pointer, ()) if "/allOf/" in one.pointer],
    ]:
        found = case.tree.nodes.get(own.at("properties", name)) if own is not None else None
        if found is not None:
            return found
    return None


@check("InvokedOperationShouldProduceArray")
def _produces_array(node: Node, case: Case) -> Iterator[Finding]:
    for at, name, value in asking(node):
        asked = case.ids.get(str(value.get("operationId")))
        schema = _answer_schema(asked, case) if asked is not None else None
        if schema is None or name in ("x-ms-dynamic-schema", "x-ms-dynamic-properties"):
            continue
        steps = _value_path(value, "value-collection", "itemsPath")
        found = _follow(schema, steps, case)
        member = (
            "value-collection"
            if "value-collection" in value
            else "itemsPath"
            if "itemsPath" in value
            else "operationId"
        )
        if isinstance(found, str) or (
            found is not None and found.get("type") not in (None, "array") and not _is_open(found)
        ):
            said = f"the answer of {value.get('operationId')} has no list at {'/'.join(steps) or 'its root'!r}"
            yield Finding(f"{at}/{member}", said)


@check("InvokedOperationShouldProduceProperty")
def _produces_property(node: Node, case: Case) -> Iterator[Finding]:
    for at, name, value in asking(node):
        asked = case.ids.get(str(value.get("operationId")))
        schema = _answer_schema(asked, case) if asked is not None else None
        if schema is None or name in ("x-ms-dynamic-schema", "x-ms-dynamic-properties"):
            continue
        found = _follow(schema, _value_path(value, "value-collection", "itemsPath"), case)
        items = case.tree.nodes.get(found.at("items")) if isinstance(found, Node) else None
        for member in ("value-path", "value-title", "itemValuePath", "itemTitlePath") if items is not None else ():
            steps = _value_path(value, member)
            if steps and items is not None and isinstance(_follow(items, steps, case), str):
                said = f"the items of {value.get('operationId')} have no {'/'.join(steps)!r}"
                yield Finding(f"{at}/{escape(member)}", said)


def _references(value: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """The parameters that a dynamic extension gives: name, what kind of value, the value."""
    given = value.get("parameters")
    for name, one in given.items() if isinstance(given, Mapping) else ():
        if isinstance(one, Mapping):
            for kind in ("parameter", "parameterReference", "value", "selectedItemValuePath", "value-property"):
                if kind in one:
                    yield name, kind, one[kind]
                    break
        else:
            yield name, "value", one


def _own_operation(node: Node) -> Node | None:
    return node.above("operation")


def _body_properties(operation: Node, case: Case) -> set[str]:
    bodies = [one for one in case.tree.parameters(operation) if one.get("in") == "body"]
    schemas = [schema for one in bodies if (schema := case.tree.schema_of(one)) is not None]
    return set().union(*(properties_of(one, case) for one in schemas)) if schemas else set()


def _ambiguous(node: Node, case: Case, old: str, new: str) -> Iterator[Finding]:
    operation = _own_operation(node)
    if new in node.value or operation is None or not isinstance(node.get(old), Mapping):
        return
    names = {str(one.get("name")) for one in case.tree.parameters(operation)}
    for name, kind, value in _references(node.get(old)):
        if kind == "parameter" and value in names and value in _body_properties(operation, case):
            said = f"{value!r} is a parameter, and a property of the body"
            yield Finding(node.at(old, "parameters", name), said)


def _no_parameter(node: Node, case: Case, old: str, new: str) -> Iterator[Finding]:
    operation = _own_operation(node)
    if new in node.value or operation is None or not isinstance(node.get(old), Mapping):
        return
    names = {str(one.get("name")) for one in case.tree.parameters(operation)}
    for name, kind, value in _references(node.get(old)):
        if kind != "parameter" or not isinstance(value, str) or value in names:
            continue
        if "/" in value or value in _body_properties(operation, case):
            yield Finding(node.at(old, "parameters", name), f"{value!r} is a property, which {old} cannot name")


@check("DynamicListExtensionRequiredForAmbiguousReferences")
def _ambiguous_list(node: Node, case: Case) -> Iterator[Finding]:
    yield from _ambiguous(node, case, "x-ms-dynamic-values", "x-ms-dynamic-list")


@check("DynamicPropertiesExtensionRequiredForAmbiguousReferences")
def _ambiguous_properties(node: Node, case: Case) -> Iterator[Finding]:
    yield from _ambiguous(node, case, "x-ms-dynamic-schema", "x-ms-dynamic-properties")


@check("DynamicListExtensionRequiredForNonParameterReferences")
def _property_for_list(node: Node, case: Case) -> Iterator[Finding]:
    yield from _no_parameter(node, case, "x-ms-dynamic-values", "x-ms-dynamic-list")


@check("DynamicPropertiesExtensionRequiredForNonParameterReferences")
def _property_for_properties(node: Node, case: Case) -> Iterator[Finding]:
    yield from _no_parameter(node, case, "x-ms-dynamic-schema", "x-ms-dynamic-properties")


@check("DynamicPropertiesExtensionRequiredForPropertiesValuePath")
def _properties_path(node: Node, case: Case) -> Iterator[Finding]:
    own = node.get("x-ms-dynamic-schema")
    path = own.get("value-path") if isinstance(own, Mapping) else None
    if isinstance(path, str) and path.split("/")[-1] == "properties" and "x-ms-dynamic-properties" not in node.value:
        yield Finding(node.at("x-ms-dynamic-schema", "value-path"), f"{path!r} leads to properties")


@check("DynamicPropertiesItemValuePathMismatch")
def _properties_mismatch(node: Node, case: Case) -> Iterator[Finding]:
    old, new = node.get("x-ms-dynamic-schema"), node.get("x-ms-dynamic-properties")
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    expected = re.sub(r"(^|/)properties$", "", str(old.get("value-path", "")))
    if str(new.get("itemValuePath", "")) != expected:
        said = f"itemValuePath must be {expected!r}, as x-ms-dynamic-schema says"
        yield Finding(node.at("x-ms-dynamic-properties", "itemValuePath"), said)


@check("DynamicTreeExtensionMissing")
def _tree_missing(node: Node, case: Case) -> Iterator[Finding]:
    own = node.get("x-ms-dynamic-values")
    if isinstance(own, Mapping) and own.get("capability") == "file-picker" and "x-ms-dynamic-tree" not in node.value:
        yield Finding(node.at("x-ms-dynamic-values", "capability"), "a file picker without x-ms-dynamic-tree")


@check("DynamicExtensionDefinitionNotAllowedInParameter")
def _dynamic_body(node: Node, case: Case) -> Iterator[Finding]:
    for name in _DYNAMIC.split() if node.get("in") == "body" else ():
        if name in node.value:
            yield Finding(node.at(name), f"{name!r} at the body parameter", True)


@check("SelectedItemValuePathNotAllowedInThisPosition")
def _selected(node: Node, case: Case) -> Iterator[Finding]:
    for at, _, value in asking(node):
        for name, kind, _ in _references(value):
            if kind == "selectedItemValuePath" and not at.endswith("/x-ms-dynamic-tree/browse"):
                yield Finding(f"{at}/parameters/{escape(name)}/{kind}", "nothing is selected yet", True)


def _asked_parameters(value: Mapping[str, Any], case: Case) -> dict[str, Node]:
    asked = case.ids.get(str(value.get("operationId")))
    return {str(one.get("name")): one for one in case.tree.parameters(asked)} if asked is not None else {}


@check("OperationMissingRequiredProperty")
def _asked_required(node: Node, case: Case) -> Iterator[Finding]:
    for at, _, value in asking(node):
        given = {name.partition("/")[0] for name, _, _ in _references(value)} | {
            name for name, _, _ in _references(value)
        }
        for name, one in _asked_parameters(value, case).items():
            if (
                one.get("required") is True
                and "default" not in one.value
                and name not in given
                and one.get("in") != "body"
            ):
                said = f"{value.get('operationId')} requires {name!r}, which is not given"
                yield Finding(f"{at}/parameters" if "parameters" in value else at, said)


@check("OperationParameterNameIsAmbiguous")
def _asked_ambiguous(node: Node, case: Case) -> Iterator[Finding]:
    for at, _, value in asking(node):
        asked = case.ids.get(str(value.get("operationId")))
        names = _asked_parameters(value, case)
        for name, _, _ in _references(value):
            if asked is not None and name in names and name in _body_properties(asked, case):
                yield Finding(
                    f"{at}/parameters/{escape(name)}", f"{name!r} is a parameter and a property of the body", True
                )


@check("OperationParameterStaticTypeMismatch")
def _asked_static(node: Node, case: Case) -> Iterator[Finding]:
    for at, _, value in asking(node):
        known = _asked_parameters(value, case)
        for name, kind, given in _references(value):
            types = TYPES.get(str(known[name].get("type"))) if name in known and kind == "value" else None
            if (
                types
                and given is not None
                and (not isinstance(given, types) or (isinstance(given, bool) and bool not in types))
            ):
                yield Finding(f"{at}/parameters/{escape(name)}", f"{given!r} is no {known[name].get('type')}")


def _sources(node: Node, case: Case) -> Iterator[tuple[str, Node, Node, str]]:
    """What parameters of the own operation are given to which of the asked one."""
    operation = _own_operation(node)
    own = {str(one.get("name")): one for one in case.tree.parameters(operation)} if operation is not None else {}
    for at, _, value in asking(node):
        known = _asked_parameters(value, case)
        for name, kind, given in _references(value):
            if kind.startswith("parameter") and given in own and name in known:
                yield f"{at}/parameters/{escape(name)}", own[given], known[name], str(value.get("operationId"))


@check("OperationParameterRequiredMismatch")
def _asked_optional(node: Node, case: Case) -> Iterator[Finding]:
    for at, source, target, asked in _sources(node, case):
        if target.get("required") is True and source.get("required") is not True and "default" not in source.value:
            yield Finding(at, f"{asked} requires it, and {source.get('name')!r} is optional")


@check("OperationParameterTypeMismatch")
def _asked_type(node: Node, case: Case) -> Iterator[Finding]:
    for at, source, target, asked in _sources(node, case):
        if source.get("type") and target.get("type") and source.get("type") != target.get("type"):
            yield Finding(at, f"{source.get('name')!r} is {source.get('type')}, and {asked} takes {target.get('type')}")


@check("SourcePropertyInternal")
def _asked_internal(node: Node, case: Case) -> Iterator[Finding]:
    for at, source, _, _ in _sources(node, case):
        if is_internal(source):
            yield Finding(at, f"{source.get('name')!r} is internal")


@check("InvalidNextLinkNameValue")
def _next_link(node: Node, case: Case) -> Iterator[Finding]:
    own = node.get("x-ms-pageable")
    name = own.get("nextLinkName") if isinstance(own, Mapping) else None
    if name not in (None, "nextLink", "@odata.nextLink"):
        yield Finding(node.at("x-ms-pageable", "nextLinkName"), f"{name!r} is neither nextLink nor @odata.nextLink")
