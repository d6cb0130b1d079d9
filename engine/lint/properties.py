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

_TYPES = (
    *("string", "securestring", "int", "integer", "bool", "boolean", "array", "object"),
    *("oauthsetting", "connection", "gatewaysetting", "clientcertificate", "managedidentityauth"),
)
"""The types of connection parameters, in lower case: published connectors spell them in any."""
_WRITTEN: Mapping[str, str] = {
    **{kind: kind for kind in ("string", "securestring", "int", "bool")},
    "integer": "int",
    "boolean": "bool",
    "oauthsetting": "oauthSetting",
    "gatewaysetting": "gatewaySetting",
}
"""The types as Microsoft's JSON schema writes them, by what they are called here in lower case."""
_SECRET_WORDS = ("password", "secret", "apikey", "authtoken")


class Place(Struct, frozen=True):
    """Something in the properties: its document, its pointer there, its name or index, its value."""

    document: Document
    pointer: str
    name: str
    value: Any

    def below(self, step: str | int) -> Place:
        """The place of a member or an item, whatever the case of its name; its value is None if it is not there."""
        if isinstance(step, int):
            inside = isinstance(self.value, list) and step < len(self.value)
            return Place(
                self.document,
                f"{self.pointer}/{step}",
                f"{self.name}/{step}",
                self.value[step] if inside else None,
            )
        members = mapping(self.value)
        name = step if step in members else _spelled(step, members)
        return Place(self.document, f"{self.pointer}/{escape(name)}", name, members.get(name))

    def finding(self, message: str, *, key: bool = False, suggestion: str | None = None, rule: str = "") -> Finding:
        """A finding at this place."""
        return Finding(self.pointer, message, key, self.document, suggestion, rule=rule)


def _spelled(name: str, members: Mapping[str, Any]) -> str:
    """A member as it is written, if it differs from a name in its case only; else the name."""
    folded = name.lower()
    return next((member for member in members if str(member).lower() == folded), name)


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


def is_published(context: Context) -> bool:
    """Return True if the properties have the form in which Microsoft publishes connectors: they are wrapped."""
    return context.properties is not None and "properties" in mapping(context.properties.root)


def parameter_groups(context: Context) -> list[list[Place]]:
    """The connection parameters, and those of each connection parameter set, in groups of one connection."""
    return context.once(_groups)


def _groups(context: Context) -> list[list[Place]]:
    block = properties(context)
    if block is None:
        return []
    values = block.below("connectionParameterSets").below("values")
    holders = [block.below("connectionParameters")]
    holders += [values.below(index).below("parameters") for index in range(len(array(values.value)))]
    return [
        [
            Place(holder.document, f"{holder.pointer}/{escape(str(name))}", str(name), parameter)
            for name, parameter in mapping(holder.value).items()
        ]
        for holder in holders
    ]


def connection_parameters(context: Context) -> Iterator[Place]:
    """The connection parameters, those of connection parameter sets last."""
    for group in parameter_groups(context):
        yield from group


def kind_of(place: Place) -> str:
    """The type of a connection parameter, in lower case: published connectors spell types in any."""
    return str(mapping(place.value).get("type", "string")).lower()


def oauth_settings(place: Place) -> Place | None:
    """The OAuth settings of a connection parameter; None if it has none."""
    settings = place.below("oAuthSettings")
    return settings if isinstance(settings.value, Mapping) else None


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
        elif isinstance(kind, str) and is_published(context):
            written = _WRITTEN.get(kind.lower(), kind)
            if written != kind:
                message = f"{kind!r} is not a type of Microsoft's; it is called {written!r}"
                yield place.below("type").finding(message, suggestion=written, rule="connection-parameter-type")
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
            at = place.below("type") if "type" in place.value else place
            yield at.finding(f"{place.name!r} looks like a secret but has the type string", key=at is place)
        elif kind == "securestring" and any(word in words for word in _SECRET_WORDS):
            shown = place.below("uiDefinition").below("constraints").below("clearText")
            if shown.value is True:
                yield shown.finding(f"{place.name!r} looks like a secret but is shown as clear text")


@check("script-operation")
def _script_operation(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    for index, name in enumerate(array(block.value.get("scriptOperations")) if block is not None else ()):
        if isinstance(name, str) and name not in context.operations and block is not None:
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
