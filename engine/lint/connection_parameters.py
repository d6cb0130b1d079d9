"""Connection parameters: their names, titles, defaults and choices; the sets of them; what they are bound to."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.properties import (
    Place,
    connection_parameters,
    is_published,
    kind_of,
    oauth_settings,
    parameter_groups,
    properties,
)
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_properties import check
from openconnectors.engine.lint.tree import Node, array, mapping, requirements

_NAME = pattern(r"[0-9A-Za-z_]+(:[0-9A-Za-z_]+)?\Z")
"""Microsoft's JSON schema allows these names; what follows a colon belongs to the OAuth parameter before it."""


def _ui(place: Place) -> Mapping[str, Any]:
    return mapping(mapping(place.value).get("uiDefinition"))


def _constraints(place: Place) -> Mapping[str, Any]:
    return mapping(_ui(place).get("constraints"))


def _says(value: object) -> bool:
    """Return True for true, and for the text of it."""
    return str(value).strip().lower() == "true"


@check("connection-parameter-name")
def _name(node: Node, context: Context) -> Iterator[Finding]:
    for group in parameter_groups(context):
        oauth = [place.name for place in group if kind_of(place) == "oauthsetting"]
        seen: dict[str, str] = {}
        for place in group:
            before, colon, _ = place.name.partition(":")
            earlier = seen.setdefault(place.name.lower(), place.name)
            if _NAME.match(place.name) is None:
                yield place.finding(f"{place.name!r} has other characters than letters, digits and '_'", key=True)
            elif colon and before not in oauth:
                message = f"{place.name!r} belongs to {before!r}, which is no parameter of type oauthSetting"
                yield place.finding(message, key=True, suggestion=closest(before, oauth))
            elif earlier != place.name:
                yield place.finding(f"{place.name!r} differs from {earlier!r} in its case only", key=True)
            elif kind_of(place) == "oauthsetting" and place.name != "token":
                yield place.finding(f"{place.name!r} is of type oauthSetting, and is not called token", key=True)


@check("connection-parameter-title")
def _title(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context) if is_published(context) else ():
        if kind_of(place) not in ("string", "securestring", "int", "integer", "bool", "boolean"):
            continue
        at = place.below("uiDefinition")
        if not str(_ui(place).get("displayName") or "").strip() and not _is_hidden(place):
            title = at.below("displayName")
            if title.value is not None:
                yield title.finding(f"{title.name!r} is not displayName", key=True, suggestion="displayName")
            else:
                holder = at if isinstance(at.value, Mapping) else place
                yield holder.finding(f"{place.name!r} has no displayName", key=True)
        if isinstance(at.value, Mapping) and at.below("description").value is None and not _is_hidden(place):
            yield at.finding(f"{place.name!r} has no description", key=True, rule="connection-parameter-text")
        for member in ("description", "tooltip"):
            text = place.below("uiDefinition").below(member)
            if isinstance(text.value, str) and not text.value.strip():
                yield text.finding(f"the {member} of {place.name!r} is empty")
        for choice, value in choices(place):
            shown = "uiDefinition" in choice.pointer and isinstance(value, Mapping)
            if shown and not str(value.get("text") or "").strip():
                yield choice.finding("the allowed value has no text to show")
    yield from _untitled(context)


def _untitled(context: Context) -> Iterator[Finding]:
    """The connection parameter sets, and the choice between them, without a title."""
    block = properties(context)
    if block is None or not is_published(context):
        return
    whole = block.below("connectionParameterSets")
    values = whole.below("values")
    holders = [(whole, "the connectionParameterSets have")] if isinstance(whole.value, Mapping) else []
    holders += [(values.below(index), "the set has") for index in range(len(array(values.value)))]
    for place, words in holders:
        title = place.below("uiDefinition").below("displayName")
        if title.value is not None and title.name != "displayName":
            yield title.finding(f"{title.name!r} is not displayName", key=True, suggestion="displayName")
        elif not str(title.value or "").strip():
            at = place.below("uiDefinition")
            shown = at.name in mapping(place.value)
            (holder, key) = (at, True) if shown else (place, place is whole)
            yield holder.finding(f"{words} no displayName", key=key)
        ui = place.below("uiDefinition")
        if place is not whole and isinstance(ui.value, Mapping) and ui.below("description").value is None:
            yield ui.finding(f"{words} no description", key=True, rule="connection-parameter-text")


def _is_hidden(place: Place) -> bool:
    return _says(_constraints(place).get("hidden"))


@check("connection-parameter-hidden")
def _hidden(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context):
        constraints = _constraints(place)
        if _says(constraints.get("hidden")) and _says(constraints.get("required")) and not _has_default(place):
            yield place.finding(f"{place.name!r} is hidden and required, without a default", key=True)


def _has_default(place: Place) -> bool:
    return any(name in mapping(place.value) for name in ("default", "defaultValue", "metadata"))


_FITS = {
    "int": r"-?\d+",
    "integer": r"-?\d+",
    "bool": r"(?i:true|false)",
    "boolean": r"(?i:true|false)",
}
"""The texts that a default of a type may be."""


@check("connection-default")
def _default(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context):
        allowed = [str(mapping(choice).get("value")) for _, choice in choices(place)]
        for member in ("default", "defaultValue"):
            value = mapping(place.value).get(member)
            if value is None:
                continue
            at = place.below(member)
            if kind_of(place) in ("string", "securestring") and not isinstance(value, str):
                yield at.finding(f"the default {value!r} is not a text")
            elif not re.fullmatch(_FITS.get(kind_of(place), ".*"), str(value), re.DOTALL):
                yield at.finding(f"the default {value!r} is not of the type {kind_of(place)}")
            elif allowed and str(value) not in allowed:
                message = f"the default {value!r} is not an allowed value; expected {', '.join(allowed)}"
                yield at.finding(message, suggestion=closest(str(value), allowed))
        for at, choice in choices(place):
            value = mapping(choice).get("value")
            if isinstance(value, str) and not re.fullmatch(_FITS.get(kind_of(place), ".*"), value, re.DOTALL):
                yield at.below("value").finding(f"the value {value!r} is not of the type {kind_of(place)}")


def choices(place: Place) -> Iterator[tuple[Place, Any]]:
    """The values to choose, in either place."""
    for holder in (place, place.below("uiDefinition").below("constraints")):
        values = holder.below("allowedValues")
        for index, choice in enumerate(array(values.value)):
            yield values.below(index), choice


@check("allowed-value-twice")
def _twice(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context):
        seen: set[tuple[str, str]] = set()
        for at, choice in choices(place):
            holder = at.pointer.rpartition("/")[0]
            for member in ("value", "text"):
                text = mapping(choice).get(member)
                if isinstance(text, str) and (holder, f"{member} {text}") in seen:
                    yield at.below(member).finding(f"the {member} {text!r} is already in this list")
                    break
                seen.add((holder, f"{member} {text}"))


@check("tab-order")
def _tab(node: Node, context: Context) -> Iterator[Finding]:
    for group in parameter_groups(context):
        first: dict[int, str] = {}
        for place in group:
            index = _constraints(place).get("tabIndex")
            if isinstance(index, int) and index < 0:
                at = place.below("uiDefinition").below("constraints").below("tabIndex")
                yield at.finding(f"the tabIndex {index} of {place.name!r} is negative")
            if isinstance(index, int) and first.setdefault(index, place.name) != place.name:
                at = place.below("uiDefinition").below("constraints").below("tabIndex")
                yield at.finding(f"{place.name!r} has the tabIndex {index}, as {first[index]!r}")


@check("connection-dependency")
def _dependency(node: Node, context: Context) -> Iterator[Finding]:
    for group in parameter_groups(context):
        names = [place.name for place in group]
        for place in group:
            holder = place.below("uiDefinition").below("constraints").below("dependencies")
            for name in mapping(holder.value):
                if name not in names or name == place.name:
                    message = f"{place.name!r} depends on {name!r}, which is no other parameter"
                    yield holder.below(name).finding(message, key=True, suggestion=closest(name, names))
                    continue
                other = next(other for other in group if other.name == name)
                listed = [str(mapping(choice).get("value")) for _, choice in choices(other)]
                values = holder.below(name).below("values")
                for index, value in enumerate(array(values.value) if listed else ()):
                    if isinstance(value, str) and value not in listed:
                        message = f"{value!r} is no value to choose for {name!r}"
                        yield values.below(index).finding(message, suggestion=closest(value, listed))
            yield from _conditions(place, names)


def _conditions(place: Place, names: list[str]) -> Iterator[Finding]:
    """The conditions of a parameter's additional OAuth parameters that name no parameter of the connection."""
    additional = place.below("oAuthSettings").below("additionalParameters")
    for step in mapping(additional.value):
        conditions = additional.below(str(step)).below("applicableWhen")
        for index in range(len(array(conditions.value))):
            at = conditions.below(index).below("parameter")
            if isinstance(at.value, str) and at.value not in names:
                message = f"{step!r} depends on {at.value!r}, which is no parameter of the connection"
                yield at.finding(message, suggestion=closest(at.value, names))


@check("oauth-tenant")
def _tenant(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context) if is_published(context) else ():
        if place.name != "token:TenantId" or not isinstance(place.value, Mapping):
            continue
        metadata = place.below("metadata")
        if metadata.below("sourceType").value is None:
            at = metadata if isinstance(metadata.value, Mapping) else place
            yield at.finding(f"no sourceType in its metadata says that {place.name!r} is the tenant", key=True)
        if kind_of(place) != "string":
            yield place.below("type").finding(f"the tenant is of type string, not {kind_of(place)}")


# Sets


@check("connection-set-twice")
def _set_twice(node: Node, context: Context) -> Iterator[Finding]:
    values = _sets(context)
    seen: set[str] = set()
    for index, value in enumerate(array(values.value) if values is not None else ()):
        name = mapping(value).get("name")
        if values is not None and isinstance(name, str) and name.lower() in seen:
            yield values.below(index).below("name").finding(f"there is another set {name!r}")
        seen.add(str(name).lower())


def _sets(context: Context) -> Place | None:
    block = properties(context)
    return None if block is None else block.below("connectionParameterSets").below("values")


@check("connection-set-parameter")
def _set_parameter(node: Node, context: Context) -> Iterator[Finding]:
    groups = parameter_groups(context)
    if len(groups) < 2 or not groups[0]:
        return
    kinds: dict[str, set[str]] = {}
    for place in (place for group in groups[1:] for place in group):
        kinds.setdefault(place.name.lower(), set()).add(kind_of(place))
    for place in groups[0]:
        known = kinds.get(place.name.lower())
        if known is None:
            yield place.finding(f"{place.name!r} is in none of the connectionParameterSets", key=True)
        elif kind_of(place) not in known:
            message = f"{place.name!r} is of type {kind_of(place)}, and {', '.join(sorted(known))} in the sets"
            yield place.below("type").finding(message)


# What parameters are bound to

_NEEDS: Mapping[str, tuple[str, ...]] = {"basic": ("username", "password"), "apiKey": ("api_key",)}
"""The parameters that a kind of security scheme takes its credentials from."""
_SECRETS = ("securestring", "oauthsetting")
"""The types of parameters that credentials are in."""


@check("credential-name")
def _credential(node: Node, context: Context) -> Iterator[Finding]:
    places = {place.name: place for place in connection_parameters(context)}
    block = properties(context)
    if block is None or not is_published(context):
        return
    if not places:
        yield from _none(block, context)
        return
    folded = {name.lower() for name in places}
    used = context.once(_referred)
    for scheme in context.tree["security-scheme"]:
        kind = str(scheme.get("type"))
        missing = [name for name in _NEEDS.get(kind, ()) if name not in folded]
        if kind == "oauth2" and not any(kind_of(place) == "oauthsetting" for place in places.values()):
            message = f"the security scheme {scheme.name!r} needs a parameter token of type oauthSetting"
            yield block.below("connectionParameters").finding(message, key=True)
        if not missing or _letters(scheme.name) in {_letters(name) for name in places}:
            continue
        for name in missing:
            free = [other for other in places if other not in ("username", "password") and other.lower() not in used]
            similar = closest(name, free)
            message = f"the security scheme {scheme.name!r} takes the parameter {name!r}"
            if similar is not None:
                yield places[similar].finding(f"{message}, not {similar!r}", key=True)
            elif kind == "basic" or not any(kind_of(place) in _SECRETS for place in places.values()):
                yield _holder(block, _NEEDS[kind], context).finding(f"{message}, which is missing", key=True)


def _holder(block: Place, names: tuple[str, ...], context: Context) -> Place:
    """Where credentials are to be written: beside another of them in a set, else where parameters or sets are."""
    flat, sets = block.below("connectionParameters"), block.below("connectionParameterSets").below("values")
    if flat.name in block.value or not isinstance(sets.value, list):
        return flat
    for index, group in enumerate(parameter_groups(context)[1:]):
        if {place.name.lower() for place in group} & set(names):
            return sets.below(index).below("parameters")
    return sets


def _none(block: Place, context: Context) -> Iterator[Finding]:
    """That there is no connection parameter, though operations need one."""
    needed = [name for _, name, _ in requirements(context.tree.root)]
    kinds = [scheme for name, scheme in context.tree.schemes.items() if name in needed]
    if kinds:
        message = f"there is no connection parameter for the security scheme {kinds[0].name!r}"
        at = block.below("connectionParameters")
        yield (at if at.name in block.value else block).finding(message, key=True)


def _letters(name: str) -> str:
    return re.sub(r"\W|_", "", name.lower())


@check("connection-parameter-unused")
def _unused(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    if block is None or not is_published(context) or "scriptOperations" in block.value or "script" in block.value:
        return  # a script may read every value
    used = context.once(_referred)
    schemes = {str(scheme.get("type")) for scheme in context.tree["security-scheme"]}
    bound = {name for kind in schemes for name in _NEEDS.get(kind, ())}
    bound |= {scheme.name.lower() for scheme in context.tree["security-scheme"]}
    taken = _depended(context)
    for place in {place.name: place for place in connection_parameters(context)}.values():
        name = place.name.lower()
        free = kind_of(place) in ("string", "securestring", "int", "bool") and ":" not in name and name not in taken
        if free and name not in bound and name not in used and not _near(name, bound):
            yield place.finding(f"nothing uses the connection parameter {place.name!r}", key=True)


def _near(name: str, bound: set[str]) -> bool:
    """Return True for a name that is reported as a wrong name of a credential."""
    return closest(name, bound) is not None


def _depended(context: Context) -> set[str]:
    """The parameters that others depend on, in lower case: they choose which fields are shown."""
    places = connection_parameters(context)
    return {str(name).lower() for place in places for name in mapping(_constraints(place).get("dependencies"))}


_REFERENCE = pattern(r"connectionparameters\(\s*'([^':]*)")


def _referred(context: Context) -> frozenset[str]:
    """The connection parameters that expressions of the properties and of the definition refer to, in lower case."""
    block = properties(context)
    texts = [json.dumps(block.value, default=str)] if block is not None else []
    texts += [part.text for part in context.document.parts().values()]
    return frozenset(name for text in texts for name in _REFERENCE.findall(text.lower()))


# Beside the parameters


@check("brand-color")
def _color(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    color = block.value.get("iconBrandColor") if block is not None else None
    if block is not None and isinstance(color, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", color) is None:
        yield block.below("iconBrandColor").finding(f"{color!r} is not a color as #RRGGBB")


@check("publisher-empty")
def _publisher(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    for member in ("publisher", "stackOwner") if block is not None else ():
        value = block.value.get(member) if block is not None else None
        if block is not None and isinstance(value, str) and not re.search(r"\w", value.replace("_", "")):
            yield block.below(member).finding(f"{member} is empty")
        elif block is not None and isinstance(value, str) and _ASKING.match(value):
            yield block.below(member).finding(f"{value!r} stands in the place of a name", rule="publisher-placeholder")


_ASKING = pattern(
    r"(?i)\s*([<\[{]|(todo|tbd|fixme|placeholder|n/?a|string\Z)\b|your\b.*\b(company|name|organi[sz]ation)\b|"
    r"(full name or )?name of company or organization\b)"
)
"""What begins as the text of a template does."""


_CAPABILITIES = ("actions", "triggers", "cloud", "gateway", "tabular", "blob", "composite")


@check("capability-unknown")
def _capability(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    holder = block.below("capabilities") if block is not None else None
    times: Counter[str] = Counter()
    for index, name in enumerate(array(holder.value) if holder is not None else ()):
        folded = str(name).lower()
        times[folded] += 1
        if holder is None or not isinstance(name, str):
            continue
        if folded not in _CAPABILITIES:
            message = f"{name!r} is not a capability; known are {', '.join(_CAPABILITIES)}"
            yield holder.below(index).finding(message, suggestion=closest(name, _CAPABILITIES))
        elif times[folded] > 1:
            yield holder.below(index).finding(f"{name!r} is already in this list")


@check("capability-mismatch")
def _mismatch(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    listed = [str(name).lower() for name in array(block.value.get("capabilities"))] if block is not None else []
    if block is None or "capabilities" not in block.value:
        return
    holder = block.below("capabilities")
    gateways = [place for place in connection_parameters(context) if kind_of(place) == "gatewaysetting"]
    triggers = any(operation.has("x-ms-trigger") for operation in context.tree.operations)
    for name, there, what in (
        ("gateway", bool(gateways), "a parameter of type gatewaySetting"),
        ("triggers", triggers, "an operation with x-ms-trigger"),
    ):
        if name in listed and not there:
            yield holder.below(listed.index(name)).finding(f"the capability {name!r} needs {what}")
    if gateways and "gateway" not in listed:
        yield gateways[0].finding(f"{gateways[0].name!r} needs the capability 'gateway'", key=True)
    if triggers and "actions" in listed and "triggers" not in listed:
        yield holder.finding("the capabilities have actions, and not the triggers that the definition has", key=True)


@check("oauth-misplaced")
def _misplaced(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context):
        settings = oauth_settings(place)
        if settings is not None and kind_of(place) != "oauthsetting":
            message = f"{place.name!r} has oAuthSettings but is of type {kind_of(place)}, not oauthSetting"
            yield settings.finding(message, key=True)
        if "gatewaySettings" in mapping(place.value) and kind_of(place) != "gatewaysetting":
            message = f"{place.name!r} has gatewaySettings but is of type {kind_of(place)}, not gatewaySetting"
            yield place.below("gatewaySettings").finding(message, key=True)
        for member in ("allowedValues", "default", "defaultValue") if kind_of(place) in _NO_VALUE else ():
            if member in mapping(place.value):
                message = f"{place.name!r} is of type {kind_of(place)}, whose value nobody enters"
                yield place.below(member).finding(message, key=True)


_NO_VALUE = ("oauthsetting", "gatewaysetting")
"""The types of parameters that are chosen or signed in to, rather than entered."""
