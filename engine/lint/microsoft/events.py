"""Triggers, webhooks and notifications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.lint.microsoft.profile import inputs, is_internal
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Case, Finding
from openconnectors.engine.lint.tree import Node

# Triggers and notifications

_CONTENT, _URL, _NOTE = "x-ms-notification-content", "x-ms-notification-url", "x-ms-notification"


def is_webhook(node: Node) -> bool:
    """Whether an operation subscribes to events."""
    holders = [one.value for one in (node, node.parent) if one is not None and isinstance(one.value, Mapping)]
    return any(_CONTENT in one for one in holders)


@check("NotificationExtensionSupportedForTriggerOnly")
def _note_trigger(node: Node, case: Case) -> Iterator[Finding]:
    if "x-ms-trigger" not in node.value:
        yield Finding(node.at(_NOTE), "x-ms-notification without x-ms-trigger", True)


@check("NotificationExtensionNotSupportedInWebhookOperation")
def _note_webhook(node: Node, case: Case) -> Iterator[Finding]:
    if is_webhook(node):
        yield Finding(node.at(_NOTE), "x-ms-notification at a webhook", True)


def _subscribing(node: Node, case: Case) -> Node | None:
    own = node.get(_NOTE)
    return case.ids.get(str(own.get("operationId"))) if isinstance(own, Mapping) else None


@check("NotificationOperationMustBeWebhook")
def _note_operation(node: Node, case: Case) -> Iterator[Finding]:
    subscribing = _subscribing(node, case)
    if subscribing is not None and not is_webhook(subscribing):
        yield Finding(node.at(_NOTE, "operationId"), f"{subscribing.get('operationId')} is no webhook")


@check("BodyOrFormDataParameterInFetchOperationNotAllowed")
def _fetch_body(node: Node, case: Case) -> Iterator[Finding]:
    for one in case.tree.parameters(node):
        if one.get("in") in ("body", "formData"):
            yield Finding(one.pointer, f"{one.get('name')!r} is in {one.get('in')}")


@check("ParamtersWithSameNameMustHaveSameTypeAndVisibility")
def _fetch_alike(node: Node, case: Case) -> Iterator[Finding]:
    subscribing = _subscribing(node, case)
    other = {str(one.get("name")): one for one in case.tree.parameters(subscribing)} if subscribing is not None else {}
    for one in case.tree.parameters(node):
        twin = other.get(str(one.get("name")))
        if twin is not None and any(one.get(name) != twin.get(name) for name in ("type", "x-ms-visibility")):
            yield Finding(
                one.pointer,
                f"{one.get('name')!r} differs from that of {subscribing and subscribing.get('operationId')}",
            )


@check("OperationMustHaveNotificationContentExtension")
def _content_missing(node: Node, case: Case) -> Iterator[Finding]:
    marked = [one for one in inputs(node, case) if one.get(_URL) is True]
    if marked and not is_webhook(node):
        yield Finding(node.pointer, f"{node.get('operationId')} takes a URL for events that are not described", True)


@check("NotificationUrlNotAllowedInThisPosition")
def _url_position(node: Node, case: Case) -> Iterator[Finding]:
    answer = node.above("response")
    if node.get(_URL) is True and (node.kind != "schema" or answer is not None):
        yield Finding(node.at(_URL), "a notification URL outside of the body", True)


@check("NotificationUrlNotString")
def _url_type(node: Node, case: Case) -> Iterator[Finding]:
    if node.get(_URL) is True and node.get("type") not in (None, "string"):
        yield Finding(node.at("type"), f"the notification URL is of type {node.get('type')}")


@check("NotificationUrlNotInternal")
def _url_internal(node: Node, case: Case) -> Iterator[Finding]:
    holder: Node | None = node
    while holder is not None and holder.kind == "schema":
        if is_internal(holder):
            return
        holder = holder.parent
    if node.get(_URL) is True:
        yield Finding(node.pointer, f"the notification URL {node.name!r} is not internal", True)


@check("NotificationUrlNotRequired")
def _url_required(node: Node, case: Case) -> Iterator[Finding]:
    own: Node = node
    while node.get(_URL) is True and own.parent is not None and own.parent.kind == "schema":
        required = own.parent.get("required")
        if own.pointer == own.parent.at("properties", own.name) and own.name not in (required or ()):
            yield Finding(own.pointer, f"{own.name!r} is not required", True)
            return
        own = own.parent
