"""Choices in the properties of a connector: the values of a connection parameter in its two lists, its default, and the
sets among which users choose how to sign in.

Sources: the JSON schema of ``apiProperties.json`` (github.com/microsoft/PowerPlatformConnectors); learn.microsoft.com,
"Multi-auth on custom connectors".
"""

from __future__ import annotations

from collections.abc import Iterator

from openconnectors.engine.errors import closest
from openconnectors.engine.lint.placeholders import is_secret
from openconnectors.engine.lint.properties import (
    Place,
    connection_parameters,
    is_published,
    kind_of,
    parameter_groups,
    properties,
)
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.table_properties import check
from openconnectors.engine.lint.tree import Node, array, mapping

# fmt: off
RULES.add(
    Rule("allowed-value-unlisted", "warning", "document",
         why="The parameter has the values of allowedValues; a field that offers another one offers what is refused.",
         fix="Write the same values in both lists."),
    Rule("connection-default-name", "warning", "document",
         why="The default of a connection parameter is called defaultValue; another name has no effect.",
         fix="Rename it."),
    Rule("connection-title-twice", "warning", "document",
         why="In the form of a connection two fields of the same displayName cannot be told apart.",
         fix="Give each parameter a displayName of its own."),
    Rule("connection-set-title", "warning", "document",
         why="Users choose how to sign in by the displayName: two of the same cannot be told apart.",
         fix="Give each set a displayName of its own."),
    Rule("connection-parameter-required", "warning", "document",
         why="Whether a value is required is a text in Microsoft's JSON schema, which refuses true and false.",
         fix='Write "true" or "false".'),
    Rule("connection-secret-default", "warning", "document",
         why="A default, and values to choose, are readable by everybody who has the file: such a secret is none.",
         fix="Remove them, or make it a string."),
)
# fmt: on


def _values(holder: Place) -> list[tuple[Place, str]]:
    """The texts of the values of a list of choices, with their places."""
    choices = [holder.below(index).below("value") for index in range(len(array(holder.value)))]
    return [(choice, choice.value) for choice in choices if isinstance(choice.value, str)]


@check("allowed-value-unlisted")
def _unlisted(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context):
        listed = {value for _, value in _values(place.below("allowedValues"))}
        shown = place.below("uiDefinition").below("constraints").below("allowedValues")
        for choice, value in _values(shown) if listed else ():
            if value not in listed:
                message = f"{value!r} is not among the allowedValues of {place.name!r}"
                yield choice.finding(message, suggestion=closest(value, listed))


@check("connection-default-name")
def _default_name(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context) if is_published(context) else ():
        if "default" in mapping(place.value):
            message = f"the default of {place.name!r} is not called 'default'"
            yield place.below("default").finding(message, key=True, suggestion="defaultValue")


@check("connection-title-twice")
def _title_twice(node: Node, context: Context) -> Iterator[Finding]:
    for group in parameter_groups(context):
        seen: set[str] = set()
        for place in group:
            title = place.below("uiDefinition").below("displayName")
            name = title.value.strip().lower() if isinstance(title.value, str) else ""
            if name and name in seen:
                yield title.finding(f"another parameter of the connection is called {title.value!r}, too")
            seen.add(name)


@check("connection-set-title")
def _set_title(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    values = block.below("connectionParameterSets").below("values") if block is not None else None
    seen: set[str] = set()
    for index in range(len(array(values.value)) if values is not None else 0):
        title = values.below(index).below("uiDefinition").below("displayName") if values is not None else None
        if title is None or not isinstance(title.value, str) or not title.value.strip():
            continue
        if title.value.strip().lower() in seen:
            yield title.finding(f"there is another set with the displayName {title.value!r}")
        seen.add(title.value.strip().lower())


@check("connection-parameter-required")
def _required(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context) if is_published(context) else ():
        required = place.below("uiDefinition").below("constraints").below("required")
        if isinstance(required.value, bool):
            text = str(required.value).lower()
            yield required.finding(f"required is {text}, not the text of it", suggestion=text)


@check("connection-secret-default")
def _secret_default(node: Node, context: Context) -> Iterator[Finding]:
    for place in connection_parameters(context):
        for member in ("default", "defaultValue") if kind_of(place) == "securestring" else ():
            default = place.below(member)
            if isinstance(default.value, str) and default.value.strip() and not is_secret(default.value):
                yield default.finding(f"{place.name!r} is a secret with a default", key=True)
        for holder in (place, place.below("uiDefinition").below("constraints")):
            listed = holder.below("allowedValues")
            if kind_of(place) == "securestring" and array(listed.value):
                yield listed.finding(f"{place.name!r} is a secret to choose from a list", key=True)
