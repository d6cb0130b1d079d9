"""What changed in the connector as a whole: connection parameters, policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.engine.diff.changes import Changes
from openconnectors.engine.diff.security import compare_schemes
from openconnectors.engine.lint.policies import policies
from openconnectors.engine.lint.properties import Place, connection_parameters, oauth_settings
from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import mapping


def compare_connectors(changes: Changes) -> None:
    """Record the changes of what is not an operation's."""
    compare_schemes(changes)
    _connection(changes)
    before, after = list(policies(changes.before.context)), list(policies(changes.after.context))
    for side, uses, others, word in (
        (changes.before, before, after, "removed or changed"),
        (changes.after, after, before, "added or changed"),
    ):
        for use in uses:
            if use.value not in [other.value for other in others]:
                title = use.value.get("title", "without a title")
                message = f"policy {use.value.get('templateId')!r} ({title}) was {word}"
                changes.add_beside("policy-changed", message, side, use.pointer)


def _connection(changes: Changes) -> None:
    before, after = _parameters(changes.before.context), _parameters(changes.after.context)
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            message = f"connection parameter {name!r} was removed"
            changes.add_beside("connection-removed", message, changes.before, old.pointer)
        elif str(old.value.get("type")).lower() != str(new.value.get("type")).lower():
            types = f"now {new.value.get('type')} (was {old.value.get('type')})"
            message = f"the type of connection parameter {name!r} is {types}"
            changes.add_beside("connection-type", message, changes.after, new.pointer)
        elif _provider(old) != _provider(new):
            message = f"the identity provider of {name!r} is now {_provider(new)} (was {_provider(old)})"
            changes.add_beside("connection-provider", message, changes.after, new.pointer)
    for name, new in after.items():
        if name not in before:
            needed = _is_required(new.value)
            message = f"{'required ' * needed}connection parameter {name!r} was added"
            rule = "connection-required" if needed else "connection-added"
            changes.add_beside(rule, message, changes.after, new.pointer)


def _parameters(context: Context) -> dict[str, Place]:
    return {place.name: place for place in connection_parameters(context) if isinstance(place.value, Mapping)}


def _provider(place: Place) -> str:
    """The identity provider of a connection parameter; empty if it has none."""
    settings = oauth_settings(place)
    return str(settings.below("identityProvider").value or "").lower() if settings is not None else ""


def _is_required(parameter: Mapping[str, Any]) -> bool:
    """A connection parameter is required unless it says otherwise (``"true"`` or ``true``), or has a default."""
    required = mapping(mapping(parameter.get("uiDefinition")).get("constraints")).get("required", True)
    return str(required).lower() == "true" and "default" not in parameter and "defaultValue" not in parameter
