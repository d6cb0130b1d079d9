"""Policies: rewritings of a body that a connector's properties ask for. One table, one row a template.

A policy is pure. ``apply`` is the direction the template is named for; ``invert`` undoes it, for
whoever stands on the other side of the wire.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import Unsupported
from engine.model import PolicyUse, Service

Rewrite = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """One use of a template, compiled: both ways of rewriting a body, each on a fresh copy of what it changes."""

    apply: Rewrite
    invert: Rewrite


_PATH = re.compile(r"@(body|item)\(\)((?:\.\w+|\['[^']*'\])*)\Z")
_STEP = re.compile(r"\.(\w+)|\['([^']*)'\]")


def _steps(expression: str) -> tuple[str, list[str]]:
    """The root (body or item) and the steps of a path such as ``@body().messages``."""
    found = _PATH.match(str(expression).strip())
    if not found:
        raise Unsupported(f"the path {expression!r} of a policy cannot be read; a path is @body().name or @item().name")
    return found[1], [plain or quoted for plain, quoted in _STEP.findall(found[2])]


def _convert_object_to_array(use: Mapping[str, str]) -> Policy:
    """``{k: v, …}`` at propertyParentPath/propertySubPath becomes ``[{keyName: k, valueName: v}, …]``."""
    _, parent = _steps(use["propertyParentPath"])
    sub = use["propertySubPath"]
    root, new = _steps(use["newPropertyPath"])
    key, value = use["keyName"], use["valueName"]
    # The new property stands beside the old one: relative to the item, or to the same parent in the body.
    own = new if root == "item" else new[len(parent) :] if new[: len(parent)] == parent else []
    if len(own) != 1:
        raise Unsupported(f"convertobjecttoarray to {use['newPropertyPath']!r}: only beside the property itself")
    name = own[0]

    def forward(holder: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(holder.get(sub), dict):
            return holder
        return {**holder, name: [{key: one, value: inside} for one, inside in holder[sub].items()]}

    def backward(holder: dict[str, Any]) -> dict[str, Any]:
        rows = holder.get(name)
        if not isinstance(rows, list):
            return holder
        made = {str(row.get(key)): row.get(value) for row in rows if isinstance(row, dict)}
        if name == sub:
            return {**holder, sub: made}
        return {**{one: inside for one, inside in holder.items() if one != name}, sub: made}

    return Policy(lambda body: _at(body, parent, forward), lambda body: _at(body, parent, backward))


def _at(value: Any, steps: list[str], change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The value with the object at a path, or each object of the list there, changed."""
    if isinstance(value, list):
        return [_at(one, steps, change) for one in value]
    if not isinstance(value, dict):
        return value
    if not steps:
        return change(value)
    if steps[0] not in value:
        return value
    return {**value, steps[0]: _at(value[steps[0]], steps[1:], change)}


POLICIES: Mapping[str, Callable[[Mapping[str, str]], Policy]] = {
    "convertobjecttoarray": _convert_object_to_array,
}


def policies_for(service: Service, operation: str, section: str) -> list[Policy]:
    """The policies of one operation and section, in the order of the properties file.

    :class:`~engine.errors.Unsupported` for a template without a row or with a parameter missing.
    """
    found = []
    for use in service.policies:
        if use.section == section and (not use.operations or operation in use.operations):
            found.append(compile_policy(use))
    return found


def compile_policy(use: PolicyUse) -> Policy:
    """One use of a template, compiled; :class:`~engine.errors.Unsupported` where it cannot be."""
    row = POLICIES.get(use.template)
    if row is None:
        raise Unsupported(f"the policy {use.template!r} is not known; known are {', '.join(POLICIES)}")
    try:
        return row(use.parameters)
    except KeyError as missing:
        raise Unsupported(f"the policy {use.template!r} needs the parameter {missing}") from None
