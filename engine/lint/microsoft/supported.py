"""What Microsoft's platform takes of Swagger 2.0, and of its own extensions: less than they allow; and what of the
extensions has no effect, in any profile.

Where no page of Microsoft's says so, the published connectors at hand show it; such a rule says that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.lint import rules
from openconnectors.engine.lint.extensions import KNOWN_EXTENSIONS, is_internal, similar
from openconnectors.engine.lint.microsoft.table import Rule, check
from openconnectors.engine.lint.properties import properties
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.tree import Node, mapping
from openconnectors.engine.lint.triggers import is_webhook, takes_url
from openconnectors.engine.lint.uses import is_only_received
from openconnectors.engine.lint.values import Judge

_CHOICES = ("x-ms-dynamic-values", "x-ms-dynamic-list", "x-ms-dynamic-tree")

# fmt: off
RULES.add(
    Rule("extension-unknown", "warning",
         "document info path operation notification response parameter schema items header tag security-scheme",
         why="Names that begin with x-ms- are Microsoft's: its JSON schema of definitions refuses unknown ones, and "
             "nothing reads them.",
         fix="Remove it, or choose a name of your own, without x-ms-."),
    Rule("collection-format", "error", "parameter items header", members="collectionFormat", versions="2.0",
         why="The platform refuses other formats than csv, also multi, which generators write.",
         fix="Write csv, or let the parameter be a string."),
    Rule("format-of-number", "warning", "parameter schema items header", members="format",
         why="The type string has none of the formats of numbers.",
         fix="Write the type integer or number, or no format."),
    Rule("body-media-type", "warning", "operation", members="parameters", versions="2.0",
         why="An object or a list is sent as JSON: a form has formData parameters, and a text is a string.",
         fix="Consume application/json, or describe the form with formData parameters."),
    Rule("reference-elsewhere", "error", "schema", members="$ref", versions="2.0",
         why="References to schemas begin with #/definitions/.",
         fix="Move the schema to definitions."),
    Rule("security-definitions", "warning", "document", members="securityDefinitions",
         why="A connection has one kind of authentication, unless the properties have connectionParameterSets.",
         fix="Keep one, or add connectionParameterSets to the properties."),
    Rule("oauth-flow", "warning", "security-scheme", members="flow",
         why="Users sign in with the authorization code flow; others have no page to come back to.",
         fix="Write the flow accessCode, with its authorizationUrl and tokenUrl."),
    rules.Rule("test-value", "warning", "parameter schema", members="x-ms-test-value",
         why="Tests send this value, which the service refuses.",
         fix="Write a value that the schema allows."),
    rules.Rule("enum-label-absent", "warning", "parameter schema", members="x-ms-enum-values",
         why="Users choose by display names: a value without one is not offered.",
         fix="Add the value to x-ms-enum-values."),
    rules.Rule("choices-received", "warning", "schema", members=" ".join(_CHOICES),
         why="Nobody chooses the values of a response.",
         fix="Move the extension to the parameter, or to the property of the request."),
    rules.Rule("choices-twice", "warning", "parameter schema items", members="enum",
         why="The values of an enum are the choices: others, which an operation returns, are refused.",
         fix="Remove the enum, or the extension."),
    Rule("annotation-family", "info", "operation", members="x-ms-api-annotation",
         why="A revision is one of a family; without it nothing is a later one.",
         fix="Add family: the operationId of the first revision."),
    Rule("trigger-method", "warning", "operation", members="x-ms-trigger", versions="2.0",
         why="A trigger that polls reads: the platform sends GET, again and again.",
         fix="Let the trigger be a GET operation, or describe its notifications."),
    Rule("webhook-delete-visible", "info", "document",
         why="The platform itself deletes the subscription of a webhook; to users the operation is of no use.",
         fix="Add x-ms-visibility: internal."),
)
# fmt: on

_OF_MICROSOFT = frozenset(("x-ms-apihub-cached-response", "x-ms-apihub-obo"))
"""Extensions of Microsoft's own connectors."""


@check("extension-unknown")
def _unknown(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.value:
        known = name[:5] != "x-ms-" or name in KNOWN_EXTENSIONS or name in _OF_MICROSOFT
        if not known and similar(name) is None:  # extension-misspelled
            yield Finding(node.at(name), f"Microsoft has no extension {name!r}", key=True)


@check("collection-format")
def _collection_format(node: Node, context: Context) -> Iterator[Finding]:
    value = node.get("collectionFormat")
    if value in ("ssv", "tsv", "pipes", "multi"):
        yield Finding(node.at("collectionFormat"), f"the collectionFormat {value!r} is not supported")


_OF_NUMBERS = ("int32", "int64", "float", "double")


@check("format-of-number")
def _format(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("type") == "string" and node.get("format") in _OF_NUMBERS:
        yield Finding(node.at("format"), f"the format {node.get('format')!r} is for numbers, not for strings")


@check("body-media-type")
def _body(node: Node, context: Context) -> Iterator[Finding]:
    types = context.tree.media_types(node, "consumes")
    body = next((each for each in context.tree.parameters(node) if each.get("in") == "body"), None)
    schema = context.tree.schema_of(body) if body is not None and types else None
    if schema is None or not (schema.get("type") in ("object", "array") or schema.has("properties")):
        return
    if all("x-www-form-urlencoded" in name or (name.startswith("text/") and "xml" not in name) for name in types):
        at = node.at("consumes") if node.has("consumes") else "/consumes"
        yield Finding(at, f"the body of {node.get('operationId')} cannot be sent as {', '.join(types)}", key=True)


@check("reference-elsewhere")
def _elsewhere(node: Node, context: Context) -> Iterator[Finding]:
    reference = node.reference
    if reference is not None and reference.startswith("#/") and not reference.startswith("#/definitions/"):
        yield Finding(node.at("$ref"), f"{reference!r} does not begin with #/definitions/")


@check("security-definitions")
def _many(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    if block is not None and "connectionParameterSets" in mapping(block.value):
        return
    for name in list(node.mapping("securityDefinitions"))[1:]:
        message = f"{name!r} is one security definition more than a connection can have"
        yield Finding(node.at("securityDefinitions", name), message, key=True)


@check("oauth-flow")
def _flow(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("type") == "oauth2" and node.get("flow") in ("implicit", "password", "application"):
        yield Finding(node.at("flow"), f"the flow {node.get('flow')!r} is not supported")


@check("test-value")
def _test_value(node: Node, context: Context) -> Iterator[Finding]:
    schema = context.tree.schema_of(node) if node.kind == "parameter" else context.tree.resolve(node)
    violation = context.once(Judge).violation(schema, node.get("x-ms-test-value")) if schema is not None else None
    if violation is not None:
        yield Finding(node.at("x-ms-test-value"), f"the test value is not allowed: {violation.message}")


@check("enum-label-absent")
def _label_absent(node: Node, context: Context) -> Iterator[Finding]:
    labeled = [item.get("value") for item in node.array("x-ms-enum-values") if isinstance(item, Mapping)]
    missing = [value for value in node.array("enum") if value not in labeled] if _is_labeled(node) else []
    if missing:
        values = ", ".join(map(repr, missing[:3]))
        yield Finding(node.at("x-ms-enum-values"), f"there is no display name for {values}", key=True)


def _is_labeled(node: Node) -> bool:
    items = node.get("x-ms-enum-values")
    return items == [] or (isinstance(items, list) and any(isinstance(item, Mapping) for item in items))


@check("choices-received")
def _received(node: Node, context: Context) -> Iterator[Finding]:
    if is_only_received(node, context):
        for name in _CHOICES:
            if node.has(name):
                yield Finding(node.at(name), f"{name} has no effect in a response", key=True)


@check("choices-twice")
def _twice(node: Node, context: Context) -> Iterator[Finding]:
    for name in _CHOICES:
        if node.has(name):
            yield Finding(node.at("enum"), f"an enum beside {name}", key=True)
            return


@check("annotation-family")
def _no_family(node: Node, context: Context) -> Iterator[Finding]:
    annotation = node.mapping("x-ms-api-annotation")
    if annotation.get("revision") not in (None, "") and not annotation.get("family"):
        yield Finding(node.at("x-ms-api-annotation"), "the revision belongs to no family", key=True)


@check("trigger-method")
def _trigger_method(node: Node, context: Context) -> Iterator[Finding]:
    polls = node.get("x-ms-trigger") in ("single", "batch") and node.name not in ("get", "head")
    if polls and (node.name == "delete" or not (is_webhook(node) or takes_url(node, context))):
        message = f"the trigger {node.get('operationId')} is a {node.name.upper()} operation without notifications"
        yield Finding(node.at("x-ms-trigger"), message, key=True)


@check("webhook-delete-visible")
def _delete_visible(node: Node, context: Context) -> Iterator[Finding]:
    hooks = tuple(f"{path.name}/" for path in context.tree["path"] if path.has("x-ms-notification-content"))
    for operation in context.tree.operations if hooks else ():
        path = operation.parent.name if operation.parent is not None else ""
        if operation.name == "delete" and path.startswith(hooks) and not is_internal(operation):
            message = f"{operation.get('operationId')} deletes subscriptions, and users see it"
            yield Finding(operation.pointer, message, key=True)
