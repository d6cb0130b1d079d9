"""Microsoft's ``x-ms-*``: those of AutoRest documents, and those of custom connectors.

Sources: https://github.com/Azure/autorest/blob/main/docs/extensions/readme.md and
https://learn.microsoft.com/connectors/custom-connectors/openapi-extensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.documents.dialects.lowering import Site, truth
from openconnectors.engine.documents.extensions.choices import (
    capabilities,
    dynamic_schema,
    dynamic_tree,
    dynamic_values,
)
from openconnectors.engine.documents.extensions.reading import Row, as_list, as_mapping, sets
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.documents.references import References
from openconnectors.engine.model import (
    MISSING,
    ConnectionParameter,
    LongRunning,
    Operation,
    Paging,
    Paths,
    Schema,
    Server,
    Service,
)

# Schemas and parameters


def _enum(node: Schema, value: object, at: Site) -> Schema:
    """``modelAsString``: the values listed are those known today."""
    return replace(node, open_enum=truth(as_mapping(value).get("modelAsString")))


def _mutability(node: Schema, value: object, at: Site) -> Schema:
    return replace(node, read_only=True) if value == ["read"] else node


def _header_prefix(node: Schema, value: object, at: Site) -> Schema:
    """A schema for a mapping of all header fields with a prefix: what is declared is the schema of each of them."""
    field = Schema(types=node.types, format=node.format, enum=node.enum, items=node.items, keywords=node.keywords)
    return Schema(types=("object",), additional=field, header_prefix=str(value), at=node.at)


_ENCODINGS: Mapping[str, str | None] = {"single": None, "double": "twice", "none": "none"}
"""Encodings of a parameter by their names here; None: that of its location."""


def _url_encoding(node: Any, value: object, at: Site) -> Any:
    if not isinstance(value, str) or value not in _ENCODINGS:
        raise at.refuse("extension", f"x-ms-url-encoding is one of {', '.join(_ENCODINGS)}", "x-ms-url-encoding")
    encoding = _ENCODINGS[value]
    return node if encoding is None else replace(node, encoding=encoding)


def _skip_url_encoding(node: Any, value: object, at: Site) -> Any:
    return replace(node, encoding="none") if truth(value) else node


# Operations


def _pageable(node: Operation, value: object, at: Site) -> Operation:
    if not isinstance(value, Mapping):
        return node
    return replace(
        node,
        paging=Paging(
            next_link=_dotted(value.get("nextLinkName")),
            items=_dotted(value.get("itemName", "value")),
            operation=str(value.get("operationName") or ""),
        ),
    )


def _dotted(name: object) -> tuple[str, ...]:
    return tuple(str(name).split(".")) if name else ()


def _long_running(node: Operation, value: object, at: Site) -> Operation:
    return replace(node, long_running=node.long_running or LongRunning()) if truth(value) else node


def _for_assistants(node: Operation, value: object, at: Site) -> Operation:
    """Whether assistants may call the operation, and whether they ask before: of an entry that names another operation
    nothing is taken."""
    data = as_mapping(value)
    enabled = data.get("openai-enabled")
    entries = [as_mapping(entry) for entry in as_list(data.get("operations"))]
    demanded = [
        entry[_CONFIRMATION] for entry in entries if _CONFIRMATION in entry and entry.get("operationId") == node.id
    ]
    return replace(
        node,
        for_assistants=truth(enabled) if enabled is not None else node.for_assistants,
        confirmation=any(map(truth, demanded)) if demanded else node.confirmation,
    )


_CONFIRMATION = "x-ms-require-user-confirmation"
_FINAL_STATES = ("azure-async-operation", "location", "original-uri", "operation-location")


def _long_running_options(node: Operation, value: object, at: Site) -> Operation:
    final = str(as_mapping(value).get("final-state-via", ""))
    if final and final not in _FINAL_STATES:
        message = f"final-state-via is one of {', '.join(_FINAL_STATES)}, not {final!r}"
        raise at.refuse("extension", message, "x-ms-long-running-operation-options")
    return replace(node, long_running=LongRunning(final=final)) if final else node


_NOTIFICATION = "x-ms-notification-content"


def _notification(node: Operation, value: object, at: Site) -> Operation:
    """The operation with the schema of the events that are posted to a subscriber."""
    raw = as_mapping(value).get("schema")
    if not isinstance(raw, Mapping):
        return node
    path_item = at.pointer.rpartition("/")[0]  # the member is at the operation, or at its path
    for holder in (at.pointer, path_item):
        try:
            at.document.get(f"{holder}/{_NOTIFICATION}/schema")
        except LookupError:
            continue
        return replace(node, event=at.schema(raw, f"{holder}/{_NOTIFICATION}/schema"))
    return node


# The service


def _more_paths(node: Paths, value: object, at: Site) -> Paths:
    """The paths with those that differ in their query only, which ``paths`` cannot hold."""
    if not isinstance(value, Mapping):
        raise at.refuse("extension", "x-ms-paths must be a mapping, as paths is", "x-ms-paths")
    return replace(node, items={**node.items, **{path: f"/x-ms-paths/{escape(path)}" for path in value}})


def _parameterized_host(node: Service, value: object, at: Site) -> Service:
    """The service with a host template, whose variables are connection parameters."""
    value = as_mapping(value)
    template = value.get("hostTemplate")
    if not isinstance(template, str) or not template:
        raise at.refuse("extension", "x-ms-parameterized-host needs a hostTemplate", "x-ms-parameterized-host")
    scheme, _, rest = node.servers[0].url.partition("://")
    path = f"/{rest.partition('/')[2]}" if "/" in rest else ""
    prefixed = truth(value.get("useSchemePrefix", True))
    parameters = []
    for raw in as_list(value.get("parameters")):
        if isinstance(raw, Mapping) and isinstance(raw.get("$ref"), str):
            raw = at.document.get(References(at.document).end(raw["$ref"], at.pointer))
        if isinstance(raw, Mapping) and isinstance(raw.get("name"), str):
            parameters.append(_host_parameter(raw))
    return replace(
        node,
        servers=(Server(url=f"{scheme}://{template}{path}" if prefixed else f"{template}{path}"),),
        connection=(*node.connection, *parameters),
    )


def _host_parameter(raw: Mapping[str, Any]) -> ConnectionParameter:
    values = raw.get("enum")
    only = values[0] if isinstance(values, list) and len(values) == 1 else MISSING
    return ConnectionParameter(
        name=raw["name"],
        title=str(raw.get("x-ms-summary", raw["name"])),
        description=str(raw.get("description", "")),
        required=truth(raw.get("required")),
        default=raw.get("default", raw.get("x-ms-client-default", only)),
    )


DISCRIMINATOR_VALUE = "x-ms-discriminator-value"
"""The value by which a discriminator selects a schema, if it is not its name."""
_NAMED = ("schema", "parameter", "request-body")

ROWS: Mapping[tuple[str, str], Row] = {
    ("schema", "x-ms-enum"): _enum,
    ("schema", "x-ms-mutability"): _mutability,
    ("schema", DISCRIMINATOR_VALUE): sets("discriminator_value"),
    ("schema", "x-ms-client-flatten"): sets("flatten", truth),
    ("schema", "x-ms-header-collection-prefix"): _header_prefix,
    ("xml", "x-ms-text"): sets("text", truth),
    ("parameter", "x-ms-url-encoding"): _url_encoding,
    ("parameter", "x-ms-skip-url-encoding"): _skip_url_encoding,
    ("response", "x-ms-error-response"): sets("error", truth),
    ("paths", "x-ms-paths"): _more_paths,
    **{(kind, "x-ms-client-name"): sets("client_name") for kind in _NAMED},
    **{(kind, "x-ms-summary"): sets("title") for kind in (*_NAMED, "operation")},
    **{(kind, "x-ms-visibility"): sets("visibility") for kind in (*_NAMED, "operation")},
    **{(kind, "x-ms-dynamic-values"): dynamic_values for kind in _NAMED},
    **{(kind, "x-ms-dynamic-list"): dynamic_values for kind in _NAMED},
    **{(kind, "x-ms-dynamic-tree"): dynamic_tree for kind in _NAMED},
    ("schema", "x-ms-dynamic-schema"): dynamic_schema,
    ("schema", "x-ms-dynamic-properties"): dynamic_schema,
    ("operation", "x-ms-pageable"): _pageable,
    ("operation", "x-ms-long-running-operation"): _long_running,
    ("operation", "x-ms-long-running-operation-options"): _long_running_options,
    ("operation", "x-ms-openai-data"): _for_assistants,
    ("operation", _CONFIRMATION): sets("confirmation", truth),
    ("operation", "x-ms-safe-operation"): sets("safe", truth),
    ("operation", "x-openai-isConsequential"): sets("confirmation", truth),
    ("operation", "x-ms-trigger"): sets("trigger"),
    ("operation", "x-ms-notification-content"): _notification,
    **{(kind, "x-ms-notification-url"): sets("notification", truth) for kind in _NAMED},
    ("service", "x-ms-capabilities"): capabilities,
    ("service", "x-ms-parameterized-host"): _parameterized_host,
}
"""What each member means on each kind of node."""
