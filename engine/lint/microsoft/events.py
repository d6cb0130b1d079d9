"""Triggers, webhooks and notifications."""

from __future__ import annotations

from collections.abc import Iterator

from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.tree import Node, mapping
from openconnectors.engine.lint.triggers import is_webhook

_URL, _NOTIFICATION = "x-ms-notification-url", "x-ms-notification"


# Notifications: a trigger that is notified by a webhook, then fetches the events


@check("NotificationExtensionSupportedForTriggerOnly")
def _trigger_only(node: Node, context: Context) -> Iterator[Finding]:
    if not node.has("x-ms-trigger"):
        yield Finding(node.at(_NOTIFICATION), "x-ms-notification without x-ms-trigger", key=True)


@check("NotificationExtensionNotSupportedInWebhookOperation")
def _not_in_webhook(node: Node, context: Context) -> Iterator[Finding]:
    if is_webhook(node):
        yield Finding(node.at(_NOTIFICATION), "x-ms-notification is not supported in a webhook operation", key=True)


def _subscription(node: Node, context: Context) -> Node | None:
    """The operation that subscribes to the notifications."""
    return context.operations.get(str(node.mapping(_NOTIFICATION).get("operationId")))


@check("NotificationOperationMustBeWebhook")
def _subscription_is_webhook(node: Node, context: Context) -> Iterator[Finding]:
    subscription = _subscription(node, context)
    if subscription is not None and not is_webhook(subscription):
        message = f"{subscription.get('operationId')} is not a webhook"
        yield Finding(node.at(_NOTIFICATION, "operationId"), message)


@check("BodyOrFormDataParameterInFetchOperationNotAllowed")
def _no_body(node: Node, context: Context) -> Iterator[Finding]:
    for parameter in context.tree.parameters(node):
        if parameter.get("in") in ("body", "formData"):
            message = f"{parameter.get('name')!r} is in the body of an operation that fetches events"
            yield Finding(parameter.pointer, message)


@check("ParamtersWithSameNameMustHaveSameTypeAndVisibility")
def _same_parameters(node: Node, context: Context) -> Iterator[Finding]:
    subscription = _subscription(node, context)
    if subscription is None:
        return
    others = {str(other.get("name")): other for other in context.tree.parameters(subscription)}
    for parameter in context.tree.parameters(node):
        other = others.get(str(parameter.get("name")))
        if other is not None and any(parameter.get(name) != other.get(name) for name in ("type", "x-ms-visibility")):
            message = f"{parameter.get('name')!r} has another type or visibility in {subscription.get('operationId')}"
            yield Finding(parameter.pointer, message)


# The subscription


@check("webhook-location")
def _location(node: Node, context: Context) -> Iterator[Finding]:
    if not node.get("x-ms-trigger") or not is_webhook(node):
        return
    for status, response in context.tree.responses(node).items():
        headers = {name.lower(): (name, value) for name, value in response.mapping("headers").items()}
        name, header = headers.get("location", ("", None))
        kind = mapping(header).get("type", "string")
        if status[:1] == "2" and not name:
            message = f"the response of {node.get('operationId')} declares no Location of the subscription"
            yield Finding(node.at("responses", status), message, key=True)
        elif status[:1] == "2" and kind != "string":
            message = f"the Location of the subscription is of type {kind}, and a URL is a string"
            yield Finding(response.at("headers", name, "type"), message, rule="webhook-location-type")


# The callback URL


@check("NotificationUrlNotAllowedInThisPosition")
def _position(node: Node, context: Context) -> Iterator[Finding]:
    if node.get(_URL) is True:
        yield Finding(node.at(_URL), "a callback URL outside the request body", key=True)
