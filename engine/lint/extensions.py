"""Extensions: their spelling and values, Python names, pages, triggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.documents.extensions import ROWS
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.dynamic_values import properties_of
from openconnectors.engine.lint.rules import Context, Edit, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.naming import snake

_WITHOUT_EFFECT = """
    x-ms-api-annotation x-ms-arm-id-details x-ms-authentication x-ms-azure-resource x-ms-capabilities
    x-ms-client-default x-ms-client-request-id x-ms-code-generation-settings x-ms-connector-metadata
    x-ms-contenttype x-ms-discriminator x-ms-docs x-ms-editor x-ms-editor-options x-ms-enum x-ms-enum-values
    x-ms-examples x-ms-external x-ms-gateway x-ms-identifiers x-ms-internal x-ms-keywords x-ms-no-generic-test
    x-ms-notification x-ms-odata x-ms-openai-data x-ms-openai-manifest x-ms-pageable-operation
    x-ms-parameter-grouping x-ms-parameter-location x-ms-parent-discriminator x-ms-permissions
    x-ms-property-name-alias x-ms-request-id x-ms-require-user-confirmation x-ms-safe-operation x-ms-secret
    x-ms-subscription x-ms-trigger-hint x-ms-trigger-metadata x-ms-url-encoding x-ms-version
"""
"""Extensions of Microsoft's that inform people or other tools only; published connectors have them."""
KNOWN_EXTENSIONS = frozenset((*(name for _, name in ROWS), *_WITHOUT_EFFECT.split()))


@check("extension-misspelled")
def _misspelled(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.value:
        folded = name.lower().replace("_", "-")
        if not folded.startswith(("x-ms", "x-connector", "x_ms")) or name in KNOWN_EXTENSIONS:
            continue
        # Anybody may define extensions: only one that is very close to a known one is reported.
        suggestion = closest(name, KNOWN_EXTENSIONS, 0.85)
        if suggestion is not None:
            edit = Edit("rename", node.at(name), suggestion)
            message = f"the extension {name!r} is not known"
            yield Finding(node.at(name), message, key=True, suggestion=suggestion, edit=edit)


_VALUES: Mapping[str, tuple[str, ...]] = {
    "x-ms-visibility": ("none", "important", "advanced", "internal"),
    "x-ms-trigger": ("single", "batch"),
    "x-ms-url-encoding": ("single", "double"),
}
_BOOLEANS = ("x-nullable", "x-ms-client-flatten", "x-ms-notification-url", "x-ms-skip-url-encoding")


@check("extension-value")
def _value(node: Node, context: Context) -> Iterator[Finding]:
    for name, allowed in _VALUES.items():
        value = node.get(name)
        if isinstance(value, str) and value and value.lower() not in allowed:
            message = f"{value!r} is not a valid {name}; expected {', '.join(allowed)}"
            yield Finding(node.at(name), message, suggestion=closest(value, allowed))
    for name in _BOOLEANS:
        if isinstance(node.get(name), str):
            yield Finding(node.at(name), f"{node.get(name)!r} is a string; write true or false")


# Names in Python


@check("name-collision")
def _name_collision(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, operation in context.operations.items():
        other = seen.setdefault(snake(name), name)
        if other != name:
            message = f"the operations {other!r} and {name!r} have the same Python name {snake(name)!r}"
            yield Finding(operation.at("operationId"), message)


@check("parameter-collision")
def _parameter_collision(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, Node] = {}
    for parameter in context.tree.parameters(node):
        name = parameter.get("x-ms-client-name") or parameter.get("name")
        if not isinstance(name, str):
            continue
        other = seen.setdefault(snake(name), parameter)
        if other is not parameter:
            names = f"{other.get('name')!r} and {parameter.get('name')!r}"
            message = f"the parameters {names} have the same Python name {snake(name)!r}"
            yield Finding(parameter.at("name"), message)


# Pages and triggers


def client_name(parameter: Node) -> str:
    """The name that the Python name of a parameter is made from."""
    return str(parameter.get("x-ms-client-name") or parameter.get("name"))


def is_paged(operation: Node) -> bool:
    """Return True if an operation returns its items in pages."""
    return isinstance(operation.get("x-ms-pageable"), Mapping)


def trigger(operation: Node) -> Any:
    """How a trigger delivers its events (``single``, ``batch``); None if the operation is not a trigger."""
    return operation.get("x-ms-trigger")


@check("page-link")
def _page_link(node: Node, context: Context) -> Iterator[Finding]:
    responses = context.tree.responses(node).items()
    schemas = [context.tree.schema_of(response) for status, response in responses if status[:1] == "2"]
    described = (properties_of(schema, context) for schema in schemas if schema is not None)
    known = next((names for names in described if names), None)
    pageable = node.mapping("x-ms-pageable")
    for member in ("nextLinkName", "itemName"):
        name = pageable.get(member)
        # A name may be a path (odata.nextLink can be both).
        if known and isinstance(name, str) and name.split(".")[0] not in known and name not in known:
            message = f"the response has no property {name!r}"
            yield Finding(node.at("x-ms-pageable", member), message, suggestion=closest(name, known))


@check("trigger-callback")
def _callback(node: Node, context: Context) -> Iterator[Finding]:
    if node.parent is None or not node.parent.has("x-ms-notification-content") or node.name == "delete":
        return
    # Anywhere in the document: the property may be at the end of a chain of references.
    texts = [file.text for file in context.document.parts().values()]
    if not any('"x-ms-notification-url"' in text or "x-ms-notification-url:" in text for text in texts):
        message = f"{node.get('operationId')} takes no URL to send its events to"
        yield Finding(node.pointer, message, key=True)
