"""Pages, triggers and webhooks: what the operation that delivers them must take and return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.dynamic_results import response_schema
from openconnectors.engine.lint.dynamic_values import properties_of
from openconnectors.engine.lint.extensions import is_internal
from openconnectors.engine.lint.properties import properties
from openconnectors.engine.lint.property_paths import follow, is_bare
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_extensions import check
from openconnectors.engine.lint.tree import Node, array, mapping
from openconnectors.engine.lint.uses import is_only_received

CONTENT, URL, TRIGGER, PAGEABLE = "x-ms-notification-content", "x-ms-notification-url", "x-ms-trigger", "x-ms-pageable"


# Pages


@check("page-link")
def _page_link(node: Node, context: Context) -> Iterator[Finding]:
    pageable = node.get(PAGEABLE)
    if not isinstance(pageable, Mapping):
        return
    if "nextLinkName" not in pageable:
        yield Finding(node.at(PAGEABLE), f"{PAGEABLE} has no nextLinkName", key=True)
    elif pageable["nextLinkName"] == "":
        yield Finding(node.at(PAGEABLE, "nextLinkName"), "nextLinkName is empty")
    schema = response_schema(node, context)
    known = properties_of(schema, context) if schema is not None else set()
    is_list = schema is not None and schema.get("type") == "array"
    for member in ("nextLinkName", "itemName") if known or is_list else ():
        name = pageable.get(member)
        # A name may be a path (odata.nextLink can be both).
        if isinstance(name, str) and name and name.split(".")[0] not in known and name not in known:
            message = f"the response has no property {name!r}"
            yield Finding(node.at(PAGEABLE, member), message, suggestion=closest(name, known))
    if schema is not None and known and not _holds_list(schema, context):
        yield Finding(node.at(PAGEABLE), f"the response of {node.get('operationId')} holds no list to page", key=True)
    link = follow(schema, [str(pageable.get("nextLinkName"))], context) if schema is not None else None
    if isinstance(link, Node) and link.get("type") not in (None, "string"):
        message = f"the next link is of type {link.get('type')}, not string"
        yield Finding(node.at(PAGEABLE, "nextLinkName"), message)
    operation = pageable.get("operationName")
    if isinstance(operation, str) and operation and operation not in context.operations:
        suggestion = closest(operation, context.operations)
        message = f"there is no operation {operation!r}"
        yield Finding(node.at(PAGEABLE, "operationName"), message, suggestion=suggestion)


# Triggers


def is_webhook(node: Node) -> bool:
    """Return True if an operation subscribes to events that the service sends."""
    return node.has(CONTENT) or (node.parent is not None and node.parent.has(CONTENT))


@check("trigger-list")
def _list(node: Node, context: Context) -> Iterator[Finding]:
    if node.get(TRIGGER) != "batch" or str(node.get("operationId")) in context.once(_configured):
        return
    schema = _events(node, context) if is_webhook(node) else response_schema(node, context)
    if (schema is None and not is_webhook(node)) or (schema is not None and not _holds_list(schema, context)):
        yield Finding(node.at(TRIGGER), f"{_what(node)} of {node.get('operationId')} holds no list of events")
    elif schema is not None:
        yield from _of_list(node, schema, context)


def _of_list(node: Node, schema: Node, context: Context) -> Iterator[Finding]:
    """What is wrong with the list of a batch: there are two, or its items are not described."""
    lists = {"": schema} if schema.get("type") == "array" else _listed(schema, context)
    if len(lists) > 1 and "value" not in lists:
        names = " and ".join(map(repr, list(lists)[:2]))
        message = f"{_what(node)} of {node.get('operationId')} holds the lists {names}: which has the events?"
        yield Finding(node.at(TRIGGER), message, rule="trigger-lists")
    elif len(lists) == 1 or "value" in lists:
        events = lists["value"] if "value" in lists else next(iter(lists.values()))
        items = context.tree.resolved(events.at("items"))
        if items is not None and _says_nothing(items):
            yield Finding(events.at("items"), "nothing describes the events of the list", rule="trigger-event")


def _listed(schema: Node, context: Context) -> dict[str, Node]:
    """The properties of an object that are lists."""
    children = {name: context.tree.resolved(schema.at("properties", name)) for name in schema.mapping("properties")}
    return {name: child for name, child in children.items() if child is not None and child.get("type") == "array"}


def _says_nothing(schema: Node) -> bool:
    """Return True for a schema of anything, or of an object with any properties."""
    described = any(schema.mapping(name) or schema.array(name) for name in _DESCRIBING)
    return schema.get("type") in (None, "object") and not described and not schema.is_dynamic


_DESCRIBING = ("properties", "additionalProperties", "allOf", "anyOf", "oneOf", "enum", "items")


def _what(node: Node) -> str:
    return "the notification" if is_webhook(node) else "the response"


@check("trigger-single")
def _single(node: Node, context: Context) -> Iterator[Finding]:
    if node.get(TRIGGER) != "single":
        return
    schema = _events(node, context) if is_webhook(node) else response_schema(node, context)
    if schema is not None and schema.get("type") == "array":
        yield Finding(node.at(TRIGGER), f"{_what(node)} of {node.get('operationId')} is a list of events")


def _events(node: Node, context: Context) -> Node | None:
    """The schema of the notifications that an operation subscribes to."""
    for holder in (node, node.parent):
        notification = context.tree.nodes.get(holder.at(CONTENT)) if holder is not None else None
        if notification is not None and notification.has("schema"):
            return context.tree.schema_of(notification)
    return None


def _configured(context: Context) -> set[str]:
    """The operations whose events a policy finds in the response."""
    block = properties(context)
    names: set[str] = set()
    for use in array(block.value.get("policyTemplateInstances")) if block is not None else ():
        parameters = mapping(mapping(use).get("parameters"))
        if str(mapping(use).get("templateId", "")).lower() == "pollingtrigger":
            listed = next((value for key, value in parameters.items() if key.lower().endswith("operationname")), None)
            names |= set(map(str, array(listed))) or set(context.operations)
    return names


def _holds_list(schema: Node, context: Context) -> bool:
    """Return True if a value is, or may hold, a list: in a property of its first two levels."""
    waiting = [(schema, 0)]
    while waiting:
        node, depth = waiting.pop()
        resolved = context.tree.resolve(node)
        if resolved is None or resolved.get("type") == "array" or is_bare(resolved):
            return True
        if resolved.is_dynamic:
            return True
        if depth < _LEVELS:
            children = context.tree.children.get(resolved.pointer, ())
            waiting += [(child, depth + 1) for child in children if child.kind == "schema"]
    return False


_LEVELS = 2


@check("trigger-missing")
def _without_trigger(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("x-ms-trigger-hint", "x-ms-trigger-metadata", "x-ms-operation-context"):
        if node.has(name) and not node.get(TRIGGER):
            yield Finding(node.at(name), f"{name} without {TRIGGER}", key=True)


# Webhooks


@check("trigger-callback")
def _callback(node: Node, context: Context) -> Iterator[Finding]:
    if not node.get(TRIGGER) or not is_webhook(node) or node.name == "delete":
        return
    if not takes_url(node, context):
        message = f"{node.get('operationId')} takes no URL to send its events to"
        yield Finding(node.pointer, message, key=True)


def takes_url(operation: Node, context: Context) -> bool:
    """Return True if something that an operation sends is, or may be, the URL of its notifications."""
    return any(node.get(URL) or (node.kind == "schema" and node.is_dynamic) for node in _sent(operation, context))


def _sent(operation: Node, context: Context) -> Iterator[Node]:
    """What an operation sends: its parameters, and the schemas of its body at any depth."""
    yield from context.tree.parameters(operation)
    yield from context.tree.body_schemas(operation)


@check("webhook-urls")
def _urls(node: Node, context: Context) -> Iterator[Finding]:
    urls = [sent for sent in _sent(node, context) if sent.get(URL) is True] if context.once(_has_urls) else []
    for url in sorted(urls, key=lambda url: context.document.position(url.pointer))[1:]:
        message = f"{node.get('operationId')} has more than one callback URL"
        yield Finding(url.at(URL), message, key=True)


@check("trigger-hidden")
def _hidden(node: Node, context: Context) -> Iterator[Finding]:
    hidden = str(node.get("x-ms-visibility", "")).lower() == "internal"
    if node.get(TRIGGER) and hidden and node.get("deprecated") is not True:
        yield Finding(node.at("x-ms-visibility"), f"the trigger {node.get('operationId')} is internal")


@check("webhook-trigger")
def _no_trigger(node: Node, context: Context) -> Iterator[Finding]:
    operations = [child for child in context.tree.children.get(node.pointer, ()) if child.kind == "operation"]
    if any(operation.get(TRIGGER) for operation in operations):
        return
    subscribing = [operation for operation in operations if _names_url(operation, context)]
    if len(subscribing) == 1:
        message = f"{subscribing[0].get('operationId')} subscribes to events, but has no {TRIGGER}"
        yield Finding(subscribing[0].pointer, message, key=True)
    else:
        yield Finding(node.at(CONTENT), f"{CONTENT} in a path without a trigger", key=True)


@check("webhook-content")
def _content(node: Node, context: Context) -> Iterator[Finding]:
    if node.kind == "notification":
        schema = context.tree.resolved(node.at("schema"))
        if not isinstance(node.get("schema"), Mapping):
            yield Finding(node.pointer, f"{CONTENT} has no schema", key=True)
        elif schema is not None and not schema.value:
            yield Finding(node.at("schema"), f"the schema of {CONTENT} is empty", key=True)
        elif schema is not None and _says_nothing(schema) and not schema.has("additionalProperties"):
            yield Finding(node.at("schema"), f"the schema of {CONTENT} describes no property", key=True)
    elif not is_webhook(node) and (_names_url(node, context) if node.get(TRIGGER) else _passes_url(node, context)):
        message = f"{node.get('operationId')} takes a callback URL but does not describe its notifications"
        yield Finding(node.pointer, message, key=True)


def _names_url(operation: Node, context: Context) -> bool:
    return context.once(_has_urls) and takes_url(operation, context)


def _passes_url(operation: Node, context: Context) -> bool:
    """Return True if something that an operation sends is the URL of its notifications."""
    return context.once(_has_urls) and any(node.get(URL) is True for node in _sent(operation, context))


def _has_urls(context: Context) -> bool:
    """Return True if anything in a document is the URL of notifications."""
    return any(URL in file.text for file in context.document.parts().values())


@check("webhook-delete")
def _delete(node: Node, context: Context) -> Iterator[Finding]:
    subscribing = [
        operation for operation in context.tree.operations if operation.get(TRIGGER) and is_webhook(operation)
    ]
    deleting = [operation for operation in context.tree.operations if operation.name == "delete"] if subscribing else []
    paths = tuple(operation.parent.name for operation in subscribing if operation.parent is not None)
    ending = [operation for operation in deleting if _may_delete(operation, paths)]
    unusable = [(operation, reason) for operation in ending if (reason := _unusable(operation, context))]
    for operation, reason in unusable if len(unusable) == len(ending) else ():
        yield Finding(operation.pointer, f"{operation.get('operationId')} {reason}", key=True, rule="webhook-deletion")
    if subscribing and not ending:
        first = subscribing[0]
        no = "no DELETE operation" if not deleting else "no DELETE operation of a subscription"
        message = f"nothing deletes what {first.get('operationId')} subscribes to: there is {no}"
        yield Finding(first.pointer, message, key=True)


def _may_delete(operation: Node, paths: tuple[str, ...]) -> bool:
    """Return True if a DELETE operation may end a subscription: by its path, by its names, or because it is internal
    (only the platform calls it)."""
    path = operation.parent.name if operation.parent is not None else ""
    above = path.partition("{")[0].rstrip("/")
    names = f"{path} {operation.get('operationId')} {operation.get('summary')}"
    is_near = path.startswith(paths) or (above != "" and any(other.startswith(above) for other in paths))
    return is_near or _SUBSCRIPTION.search(names) is not None or is_internal(operation)


def _unusable(operation: Node, context: Context) -> str:
    """Why a DELETE operation cannot end one subscription; empty if it may."""
    sent = [
        (parameter.get("in"), parameter.get("required") is True) for parameter in context.tree.parameters(operation)
    ]
    if not any(location in ("path", "query", "body", "formData") for location, _ in sent):
        return "takes nothing that names the subscription"
    if any(location in ("body", "formData") and required for location, required in sent):
        return "requires a body, and only the URL of the subscription is known"
    return ""


_SUBSCRIPTION = pattern(r"(?i)hook|subscri|trigger|notif|callback|event|listen|regist")


@check("notification-place")
def _position(node: Node, context: Context) -> Iterator[Finding]:
    if node.get(URL) is True and is_only_received(node, context):
        yield Finding(node.at(URL), "a callback URL outside of any request", key=True)


@check("notification-type")
def _type(node: Node, context: Context) -> Iterator[Finding]:
    kind: Any = node.get("type")
    if node.get(URL) is True and kind not in (None, "string") and node.get("in") != "body":
        yield Finding(node.at("type"), f"the callback URL is of type {kind}, not string")
    if node.get(URL) is True and node.has("enum"):
        message = "the callback URL is none of the values of an enum: the platform makes it"
        yield Finding(node.at("enum"), message, key=True, rule="notification-format")
    if node.get(URL) is True and node.get("format") in _OTHER_FORMATS:
        message = f"the callback URL has the format {node.get('format')}"
        yield Finding(node.at("format"), message, rule="notification-format")


_OTHER_FORMATS = (
    "byte",
    "binary",
    "date",
    "date-time",
    "date-no-tz",
    "email",
    "uuid",
    "ipv4",
    "ipv6",
    "hostname",
    "html",
)


@check("notification-visible")
def _visible(node: Node, context: Context) -> Iterator[Finding]:
    holder: Node | None = node
    while holder is not None and holder.kind == "schema":
        if is_internal(holder):
            return
        holder = holder.parent
    if node.get(URL) is True and not is_only_received(node, context):
        yield Finding(node.pointer, f"the callback URL {node.name!r} is not internal", key=True)


@check("notification-optional")
def _optional(node: Node, context: Context) -> Iterator[Finding]:
    schema: Node = node
    while node.get(URL) is True and schema.parent is not None and schema.parent.kind == "schema":
        holder = schema.parent
        is_property = schema.pointer == holder.at("properties", schema.name)
        if is_property and schema.name not in holder.array("required"):
            if not is_only_received(node, context):
                yield Finding(schema.pointer, f"the property {schema.name!r} is not required", key=True)
            return
        schema = holder
