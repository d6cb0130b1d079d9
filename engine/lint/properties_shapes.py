"""The form of a connector's properties: which members each part has, of which types, with which values.

A ``Shape`` is data; one walk compares the properties with ``PROPERTIES``. Names of members and values are compared
without case, as the platform does that reads these files; a member in another case is reported, except where
published connectors and Microsoft's own pages write it so.

Sources: the JSON schema of ``apiProperties.json`` (github.com/microsoft/PowerPlatformConnectors,
``schemas/paconn-apiProperties.schema.json``); learn.microsoft.com, "Multi-auth on custom connectors" and "Microsoft
Power Platform Connectors CLI"; the properties of the published connectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.documents.published import PUBLISHED
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.properties import Place, properties
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_properties import check
from openconnectors.engine.lint.tree import Node

TYPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "object": ("an object", lambda value: isinstance(value, Mapping)),
    "list": ("a list", lambda value: isinstance(value, list)),
    "text": ("a text", lambda value: isinstance(value, str)),
    "integer": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "truth": (
        '"true" or "false"',
        lambda value: isinstance(value, bool) or str(value).strip().lower() in ("true", "false"),
    ),
    "any": ("anything", lambda value: True),
}
"""The types of values: what messages call them, and whether a value is one."""


class Shape(Struct, frozen=True):
    """What a part of the properties may be."""

    type: str = "text"
    members: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """The values of a text, as Microsoft's JSON schema writes them; none: any."""
    each: Shape | None = None
    """What each item of a list is, or each member of an object whose members have free names."""
    null: bool = False
    """Whether it may be null, which says nothing."""
    open: bool = False
    """Whether it may have members that are not listed."""
    filled: bool = False
    """Whether an empty list or text says nothing, so that it is wrong."""


TEXT = Shape()
_OPEN = Shape("object", open=True)
_TRUTH = Shape("truth")
_INTEGER = Shape("integer")

CHOICE = Shape("object", {"value": TEXT, "text": TEXT, "uiDefinition": _OPEN}, required=("value",))
"""A value to choose."""
CONSTRAINTS = Shape(
    "object",
    {
        "required": _TRUTH,
        "hidden": _TRUTH,
        "clearText": Shape("boolean"),
        "tabIndex": _INTEGER,
        "capability": Shape("list", each=Shape(values=("cloud", "gateway"))),
        "allowedValues": Shape("list", each=CHOICE, filled=True),
        "dependencies": Shape(
            "object", each=Shape("object", {"values": Shape("list", each=TEXT)}, required=("values",))
        ),
    },
)
UI = Shape(
    "object",
    {
        "displayName": TEXT,
        "description": TEXT,
        "tooltip": TEXT,
        "tabIndex": _INTEGER,
        "constraints": CONSTRAINTS,
        "schema": _OPEN,
    },
    null=True,
)
CUSTOM = Shape("object", {"value": Shape(null=True)})
CONDITION = Shape("object", {"parameter": TEXT, "oneOf": Shape("list", each=Shape(null=True), filled=True)})
ADDITIONAL = Shape(
    "object",
    {
        "type": Shape(values=("string", "securestring")),
        "applicableWhen": Shape("list", each=CONDITION),
    },
)
"""A custom parameter that counts if another connection parameter has one of some values."""
OAUTH = Shape(
    "object",
    {
        "identityProvider": TEXT,
        "clientId": Shape(null=True),
        "clientSecret": Shape(null=True),
        "redirectMode": Shape(values=("Global", "GlobalPerConnector", "Direct")),
        "redirectUrl": TEXT,
        "scopes": Shape("list", each=TEXT, null=True),
        "properties": Shape(
            "object",
            {
                "IsFirstParty": Shape(values=("True", "False")),
                "IsOnbehalfofLoginSupported": _TRUTH,
                "AzureActiveDirectoryResourceId": Shape(null=True),
            },
        ),
        "customParameters": Shape("object", each=CUSTOM, null=True),
        "additionalParameters": Shape("object", each=ADDITIONAL),
    },
    required=("identityProvider",),
)
PARAMETER = Shape(
    "object",
    {
        "type": TEXT,
        "uiDefinition": UI,
        "allowedValues": Shape("list", each=CHOICE, filled=True),
        "default": Shape("any"),
        "defaultValue": Shape("any"),
        "metadata": Shape("object", {"sourceType": Shape(values=("AzureActiveDirectoryTenant",))}, open=True),
        "oAuthSettings": OAUTH,
        "gatewaySettings": _OPEN,
    },
    required=("type",),
)
SET = Shape(
    "object",
    {
        "name": Shape(filled=True),
        "uiDefinition": UI,
        "parameters": Shape("object", each=PARAMETER),
        "metadata": Shape("object", {"allowSharing": Shape("boolean")}, open=True),
    },
    required=("name", "parameters"),
)
POLICY = Shape(
    "object",
    {
        "templateId": TEXT,
        "title": TEXT,
        "type": Shape(values=("PollingTrigger",)),
        "parameters": Shape("object", {"x-ms-apimTemplate-operationName": Shape("list", each=TEXT)}, open=True),
    },
    required=("templateId",),
)
PROPERTIES = Shape(
    "object",
    {
        "connectionParameters": Shape("object", each=PARAMETER),
        "connectionParameterSets": Shape(
            "object", {"uiDefinition": UI, "values": Shape("list", each=SET, filled=True)}, required=("values",)
        ),
        "policyTemplateInstances": Shape("list", each=POLICY),
        "scriptOperations": Shape("list", each=TEXT),
        "script": _OPEN,
        "iconBrandColor": TEXT,
        "capabilities": Shape("list", each=TEXT),
        "publisher": TEXT,
        "stackOwner": TEXT,
    },
)
WRAPPER = Shape("object", {"$schema": TEXT, "properties": PROPERTIES}, required=("properties",))
"""The file as Microsoft's tools read it: the properties are inside a member of this name."""

_ALSO = frozenset(("displayname", "DisplayName", "oauthSettings", "ClientId", "clientID", "ClientID", "ClientSecret"))
"""Members in another case, as Microsoft's pages or schema, or published connectors, write them."""


@check("properties-type")
def _shape(node: Node, context: Context) -> Iterator[Finding]:
    document, block = context.properties, properties(context)
    if document is None:
        if block is not None:
            yield from differences(block, PROPERTIES)
        return
    whole = Place(document, "", "", document.root)
    published = document.file.replace("\\", "/").rpartition("/")[2] == PUBLISHED[1]
    if not isinstance(whole.value, Mapping) or whole.below("properties").name in whole.value:
        shape = replace(PROPERTIES, required=("iconBrandColor",)) if published else PROPERTIES
        yield from differences(whole, replace(WRAPPER, members={**WRAPPER.members, "properties": shape}), published)
    elif published:
        similar = closest("properties", map(str, whole.value))
        message = "the required member 'properties' is missing; it holds all others"
        message += f" (is {similar!r} a misspelling of it?)" if similar is not None else ""
        yield whole.finding(message, rule="properties-required")
        yield from differences(whole, replace(PROPERTIES, open=True), published)
    else:
        yield from differences(whole, PROPERTIES)


def differences(root: Place, shape: Shape, published: bool = False) -> Iterator[Finding]:
    """What differs from a shape, anywhere below a place; of what is ``published``, also in the case of a value."""
    waiting = [(root, shape)]
    while waiting:
        place, shape = waiting.pop()
        if place.value is None and shape.null:
            continue
        what, fits = TYPES[shape.type]
        if not fits(place.value):
            rule = "properties-value" if shape.type == "truth" and isinstance(place.value, str) else "properties-type"
            yield place.finding(f"{place.name or 'the file'} must be {what}, not {_called(place.value)}", rule=rule)
        elif isinstance(place.value, Mapping):
            yield from _members(place, shape)
            waiting += _inside(place, shape)
        elif isinstance(place.value, list):
            if shape.filled and not place.value:
                yield place.finding(f"{place.name} is empty", rule="properties-value")
            if shape.each is not None:
                waiting += [(_below(place, index, item), shape.each) for index, item in enumerate(place.value)]
        elif shape.filled and not str(place.value).strip():
            yield place.finding(f"{place.name} is empty", rule="properties-value")
        elif shape.values and place.value not in shape.values:
            yield from _value(place, shape, published)


def _value(place: Place, shape: Shape, published: bool) -> Iterator[Finding]:
    """What is wrong with a value that is none of those of a shape as they are written."""
    spelled = {value.lower(): value for value in shape.values}
    folded = str(place.value).lower()
    if folded not in spelled:
        message = f"{place.value!r} is not a value of {place.name}; expected {', '.join(shape.values)}"
        suggestion = closest(folded, spelled)
        yield place.finding(message, suggestion=spelled.get(suggestion or ""), rule="properties-value")
    elif published:
        written = spelled[folded]
        message = f"{place.value!r} is in another case"
        yield place.finding(message, suggestion=written, rule="properties-case")


def _members(place: Place, shape: Shape) -> Iterator[Finding]:
    """The members that are missing, unknown, or in another case."""
    folded = {str(name).lower() for name in place.value}
    for name in shape.required:
        if name.lower() not in folded:
            similar = closest(name, [str(member) for member in place.value if str(member) not in shape.members])
            message = f"the required member {name!r} is missing"
            message += f" (is {similar!r} a misspelling of it?)" if similar is not None else ""
            yield place.finding(message, rule="properties-required")
    if shape.each is not None:
        return
    spelled = {name.lower(): name for name in shape.members}
    for name in map(str, place.value):
        known = spelled.get(name.lower())
        if name.startswith("x-") or name == known or (known is not None and name in _ALSO):
            continue
        message = f"{name!r} is not a member of {_owner(place)}"
        suggestion = known or closest(name, shape.members, 0.8 if shape.open else 0.6)
        if shape.open and suggestion is None:
            continue
        at = f"{place.pointer}/{escape(name)}"
        yield Finding(at, message, True, place.document, suggestion, rule="properties-member")


def _inside(place: Place, shape: Shape) -> Iterator[tuple[Place, Shape]]:
    """The members of an object that have a shape."""
    spelled = {name.lower(): member for name, member in shape.members.items()}
    for name, value in place.value.items():
        member = spelled.get(str(name).lower(), shape.each)
        if member is not None:
            yield _below(place, name, value), member


def _below(place: Place, step: str | int, value: Any) -> Place:
    name = f"{place.name}/{step}" if isinstance(step, int) else str(step)
    return Place(place.document, f"{place.pointer}/{escape(step)}", name, value)


def _owner(place: Place) -> str:
    return f"{place.name!r}" if place.name else "the file"


def _called(value: object) -> str:
    """What a value is, for a message."""
    for what, fits in TYPES.values():
        if fits(value) and what != '"true" or "false"':
            return "null" if value is None else what
    return "this"
