"""What changed in the connector as a whole: server, connection parameters, policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.engine.diff.changes import Changes
from openconnectors.engine.lint.policies import policies
from openconnectors.engine.lint.properties import Place, connection_parameters
from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import mapping


def compare_connectors(changes: Changes) -> None:
    """Record the changes of what is not an operation's."""
    (pointer, old), (new_pointer, new) = _server(changes.before), _server(changes.after)
    if old != new:
        message = f"the server is now {new or 'unspecified'} (was {old or 'unspecified'})"
        changes.add("server-changed", message, pointer, new_pointer, key=False)
    _connection(changes)
    before, after = list(policies(changes.before)), list(policies(changes.after))
    for context, uses, others, word in (
        (changes.before, before, after, "removed or changed"),
        (changes.after, after, before, "added or changed"),
    ):
        for use in uses:
            if use.value not in [other.value for other in others]:
                title = use.value.get("title", "without a title")
                message = f"policy {use.value.get('templateId')!r} ({title}) was {word}"
                changes.add_beside("policy-changed", message, context, use.pointer)


def _connection(changes: Changes) -> None:
    before, after = _parameters(changes.before), _parameters(changes.after)
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            message = f"connection parameter {name!r} was removed"
            changes.add_beside("connection-removed", message, changes.before, old.pointer)
        elif str(old.value.get("type")).lower() != str(new.value.get("type")).lower():
            types = f"now {new.value.get('type')} (was {old.value.get('type')})"
            message = f"the type of connection parameter {name!r} is {types}"
            changes.add_beside("connection-type", message, changes.after, new.pointer)
    for name, new in after.items():
        if name not in before:
            needed = _is_required(new.value)
            message = f"{'required ' * needed}connection parameter {name!r} was added"
            rule = "connection-required" if needed else "connection-added"
            changes.add_beside(rule, message, changes.after, new.pointer)


def _parameters(context: Context) -> dict[str, Place]:
    return {place.name: place for place in connection_parameters(context) if isinstance(place.value, Mapping)}


def _is_required(parameter: Mapping[str, Any]) -> bool:
    """A connection parameter is required unless it says otherwise (``"true"`` or ``true``), or has a default."""
    required = mapping(mapping(parameter.get("uiDefinition")).get("constraints")).get("required", True)
    return str(required).lower() == "true" and "default" not in parameter and "defaultValue" not in parameter


def _server(context: Context) -> tuple[str, str]:
    """The pointer of the first server, and its URL."""
    root = context.tree.root
    if context.tree.swagger2:
        schemes = root.array("schemes")
        scheme = schemes[0] if schemes and "https" not in schemes else "https"
        host = root.get("host")
        return "/host", f"{scheme}://{host}{root.get('basePath') or ''}" if host else ""
    servers = root.array("servers")
    return "/servers/0/url", str(mapping(servers[0]).get("url", "")) if servers else ""
