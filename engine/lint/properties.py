"""The properties of a connector (``apiProperties.json``, or ``x-connector-properties``): connection parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import Node, array, mapping

_MEMBERS = (
    *("connectionParameters", "connectionParameterSets", "policyTemplateInstances", "scriptOperations"),
    *("iconBrandColor", "capabilities", "publisher", "stackOwner"),
)
_TYPES = (
    *("string", "securestring", "int", "integer", "bool", "boolean", "array", "object"),
    *("oauthsetting", "connection", "gatewaysetting", "clientcertificate", "managedidentityauth"),
)
"""The types of connection parameters, in lower case: published connectors spell them in any."""
_SECRET_WORDS = ("password", "secret", "apikey", "authtoken")


class Place(Struct, frozen=True):
    """Something in the properties: its document, its pointer there, its name or index, its value."""

    document: Document
    pointer: str
    name: str
    value: Any


def properties(context: Context) -> Place | None:
    """The properties beside a document, or in it; None if it has none."""
    if context.properties is not None and isinstance(context.properties.root, Mapping):
        root = context.properties.root
        if isinstance(root.get("properties"), Mapping):
            return Place(context.properties, "/properties", "properties", root["properties"])
        return Place(context.properties, "", "", root)
    inside = context.tree.root.get("x-connector-properties")
    if isinstance(inside, Mapping):
        return Place(context.document, "/x-connector-properties", "x-connector-properties", inside)
    return None


def connection_parameters(context: Context) -> Iterator[Place]:
    """The connection parameters, those of connection parameter sets last."""
    block = properties(context)
    if block is None:
        return
    for name, parameter in mapping(block.value.get("connectionParameters")).items():
        yield Place(block.document, f"{block.pointer}/connectionParameters/{escape(name)}", name, parameter)
    values = mapping(block.value.get("connectionParameterSets")).get("values")
    for index, parameters in enumerate(array(values)):
        pointer = f"{block.pointer}/connectionParameterSets/values/{index}/parameters"
        for name, parameter in mapping(mapping(parameters).get("parameters")).items():
            yield Place(block.document, f"{pointer}/{escape(name)}", name, parameter)


@check("properties-member")
def _member(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    for name in block.value if block is not None else ():
        # Other members are allowed: only one that is close to a known one is reported.
        suggestion = closest(name, _MEMBERS, 0.8) if name not in _MEMBERS else None
        if block is not None and suggestion is not None:
            message = f"{name!r} is not a member of properties"
            yield Finding(f"{block.pointer}/{escape(name)}", message, True, block.document, suggestion)


@check("connection-parameter")
def _connection_parameter(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context):
        if not isinstance(place.value, Mapping):
            message = f"the connection parameter {place.name!r} must be a mapping with a type"
            yield Finding(place.pointer, message, document=place.document)
            continue
        kind = place.value.get("type")
        if isinstance(kind, str) and kind.lower() not in _TYPES:
            message = f"{kind!r} is not a type of connection parameters"
            suggestion = closest(kind, _TYPES)
            yield Finding(f"{place.pointer}/type", message, document=place.document, suggestion=suggestion)
        members = {str(member).lower() for member in place.value}
        if isinstance(kind, str) and kind.lower() == "oauthsetting" and "oauthsettings" not in members:
            message = f"{place.name!r} is of type oauthSetting but has no oAuthSettings"
            yield Finding(place.pointer, message, key=True, document=place.document)


@check("secret-visible")
def _secret_visible(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context):
        kind = str(place.value.get("type", "string")).lower() if isinstance(place.value, Mapping) else ""
        words = place.name.lower().replace("_", "").replace("-", "")
        if kind == "string" and any(word in words for word in _SECRET_WORDS):
            message = f"{place.name!r} looks like a secret but has the type string"
            yield Finding(place.pointer, message, key=True, document=place.document)


@check("script-operation")
def _script_operation(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    for index, name in enumerate(array(block.value.get("scriptOperations")) if block is not None else ()):
        if name not in context.operations and block is not None:
            message, suggestion = f"there is no operation {name!r}", closest(str(name), context.operations)
            at = f"{block.pointer}/scriptOperations/{index}"
            yield Finding(at, message, document=block.document, suggestion=suggestion)


@check("scheme-unbound")
def _unbound(node: Node, context: Context) -> Iterator[Finding]:
    declared = {place.name for place in connection_parameters(context)}
    by_convention = {"basic": ("username",), "apiKey": ("api_key", node.name), "oauth2": ("token", node.name)}
    names = by_convention.get(str(node.get("type")))
    if declared and names and not node.has("x-connector-credentials") and not declared & set(names):
        message = f"none of the connection parameters {', '.join(sorted(declared))} is bound to {node.name!r}"
        yield Finding(node.pointer, message, key=True)
