"""Microsoft's dynamic values: the operation that lists the choices of a parameter, in either of two spellings.

The older spelling is ``x-ms-dynamic-values`` and ``x-ms-dynamic-schema``, the newer ``x-ms-dynamic-list`` and
``x-ms-dynamic-properties``. ``x-ms-dynamic-tree`` lists choices in levels (the folders of a drive).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from msgspec.structs import replace

from openconnectors.engine.documents.dialects.lowering import Site
from openconnectors.engine.documents.extensions.reading import as_mapping
from openconnectors.engine.model import Choices, Service


def dynamic_values(node: Any, value: object, at: Site) -> Any:
    """The node with the operation that lists its values, or with the service's file picker."""
    if not isinstance(value, Mapping):
        return node
    if "operationId" in value:
        return replace(node, choices=_choices(value))
    if value.get("capability") == "file-picker" and node.choices is None:
        return replace(node, choices=replace(_choices(value), operation=""))
    return node


def dynamic_tree(node: Any, value: object, at: Site) -> Any:
    """The node with the operations that list the first level of its values, and the level below one of them."""
    if not isinstance(value, Mapping) or not _names_operation(value.get("open")):
        return node
    below = _choices(value["browse"]) if _names_operation(value.get("browse")) else None
    return replace(node, choices=replace(_choices(value["open"]), below=below))


def dynamic_schema(node: Any, value: object, at: Site) -> Any:
    """The node with the operation that gives its schema. Of the two spellings the later one
    counts: published documents that have both put the newer one last."""
    return replace(node, dynamic=_choices(value)) if _names_operation(value) else node


def capabilities(node: Service, value: object, at: Site) -> Service:
    """The service with the operation that tests a connection (``testConnection``) and those that list its files
    (``file-picker``)."""
    test, picker = as_mapping(value).get("testConnection"), as_mapping(value).get("file-picker")
    if _names_operation(test):
        node = replace(node, test=_choices(test))
    if isinstance(picker, Mapping) and _names_operation(picker.get("open")):
        browse = picker.get("browse")
        below = _choices({**picker, **browse}) if _names_operation(browse) else None
        node = replace(node, picker=replace(_choices({**picker, **picker["open"]}), below=below))
    return node


def _names_operation(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping) and isinstance(value.get("operationId"), str)


def _choices(value: Mapping[str, Any]) -> Choices:
    """The operation to call and how to read its response, from either spelling."""
    return Choices(
        operation=str(value.get("operationId", "")),
        arguments={name: _argument(source) for name, source in as_mapping(value.get("parameters")).items()},
        items=_steps(value.get("value-collection", value.get("itemsPath"))),
        value=_steps(value.get("value-path", value.get("itemValuePath"))),
        title=_steps(value.get("value-title", value.get("itemTitlePath"))),
    )


def _argument(source: Any) -> Any:
    """A literal; ``("argument", name)`` for the value of another argument of the same call; ``("chosen", name)`` for a
    member of the choice whose level is opened."""
    if isinstance(source, Mapping):
        if "parameter" in source:
            return ("argument", str(source["parameter"]))
        if "parameterReference" in source:
            return ("argument", str(source["parameterReference"]).rpartition("/")[2])
        for spelling in ("selectedItemValuePath", "value-property"):
            if spelling in source:
                return ("chosen", str(source[spelling]))
        return source.get("value")
    return source


def _steps(path: object) -> tuple[str, ...]:
    """A path such as ``value/items`` or ``body/value`` as steps."""
    return tuple(step for step in str(path or "").split("/") if step)
