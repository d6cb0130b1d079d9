"""Policies that rewrite a body, in both directions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from msgspec.structs import replace

from openconnectors.engine.model import MISSING
from openconnectors.engine.policies.effects import RewriteBody
from openconnectors.engine.policies.expressions import Scope, Step, steps_of
from openconnectors.engine.policies.use import PolicyParameter, UnusablePolicy, Use

PROPERTY = (
    PolicyParameter("propertyParentPath"),
    PolicyParameter("propertySubPath", required=False),
    PolicyParameter("newPropertyPath"),
)
"""Parameters of the policies that rewrite one property."""


def _rewrite_property(use: Use, forward: Callable[[Any], Any], backward: Callable[[Any], Any]) -> RewriteBody:
    """Both directions over the object, or each object of the list, at ``propertyParentPath``. The functions are called
    with the value there and return the new one, or MISSING to leave it."""
    parent = use.path("propertyParentPath").steps
    sub_path = use.get("propertySubPath")
    new = use.path("newPropertyPath")
    if new.root == "item":
        steps = new.steps
    else:
        steps = new.steps[len(parent) :] if new.steps[: len(parent)] == parent else ()
    if len(steps) != 1:
        message = f"the new property {use['newPropertyPath']!r} must stand beside the old one"
        raise UnusablePolicy(message, "newPropertyPath")
    name, old = str(steps[0]), "" if sub_path in ("", "null") else str(steps_of(sub_path)[-1])

    def apply(holder: dict[str, Any]) -> dict[str, Any]:
        value = holder.get(old, MISSING) if old else holder
        result = MISSING if value is MISSING else forward(value)
        if result is MISSING:
            return holder
        return {name: result} if not old else {**holder, name: result}

    def invert(holder: dict[str, Any]) -> dict[str, Any]:
        value = holder.get(name, MISSING)
        result = MISSING if value is MISSING else backward(value)
        if result is MISSING:
            return holder
        rest = {key: member for key, member in holder.items() if key != name}
        if old:
            return {**holder, old: result} if name == old else {**rest, old: result}
        return {**result, **rest} if isinstance(result, dict) else holder

    def change(holder: dict[str, Any]) -> None:
        value = holder.get(name, MISSING)
        result = MISSING if value is MISSING else forward(value)
        if result is not MISSING:
            holder[name] = result

    return RewriteBody(
        lambda body: _at(body, parent, apply),
        lambda body: _at(body, parent, invert),
        # If the names differ, the old property stays beside the new one, which is made of its parts.
        _in_place(parent, change) if name == old else None,
    )


def convert_object_to_array(use: Use) -> tuple[RewriteBody]:
    """``{k: v, …}`` becomes ``[{keyName: k, valueName: v}, …]``."""
    key, value = use["keyName"], use["valueName"]

    def rows(holder: Any) -> Any:
        if not isinstance(holder, dict):
            return MISSING
        listed = []
        for name, member in holder.items():  # a comprehension is a call before Python 3.12; there are many short ones
            listed.append({key: name, value: member})
        return listed

    def members(items: Any) -> Any:
        if not isinstance(items, list):
            return MISSING
        return {str(row.get(key)): row.get(value) for row in items if isinstance(row, dict)}

    return (_rewrite_property(use, rows, members),)


def convert_array_to_object(use: Use) -> tuple[RewriteBody]:
    """``[{key: k, …}, …]`` becomes ``{k: {…}, …}``."""
    key = use["keyWithinCollectionPath"]
    retain = use.get("retainKey").lower() == "true"

    def members(items: Any) -> Any:
        if not isinstance(items, list):
            return MISSING
        rows = [row for row in items if isinstance(row, dict) and key in row]
        return {str(row[key]): {name: value for name, value in row.items() if retain or name != key} for row in rows}

    def rows(holder: Any) -> Any:
        if not isinstance(holder, dict):
            return MISSING
        return [{key: name, **member} for name, member in holder.items() if isinstance(member, dict)]

    return (_rewrite_property(use, members, rows),)


def string_to_array(use: Use) -> tuple[RewriteBody]:
    """``a;b`` becomes ``[a, b]``, or ``[{childPropertyName: a}, …]``.

    Each character of ``delimiterList`` separates; the first joins the parts again."""
    separators, child = use["delimiterList"], use.get("childPropertyName")
    if not separators:
        raise UnusablePolicy("the policy 'stringtoarray' needs a delimiter in delimiterList", "delimiterList")
    separator = re.compile(f"[{re.escape(separators)}]")

    def split(text: Any) -> Any:
        if not isinstance(text, str):
            return MISSING
        parts = [part.strip() for part in separator.split(text) if part.strip()]
        return [{child: part} for part in parts] if child else parts

    def join(items: Any) -> Any:
        if not isinstance(items, list):
            return MISSING
        return separators[:1].join(str(item.get(child, "") if isinstance(item, dict) else item) for item in items)

    return (_rewrite_property(use, split, join),)


def string_replace(use: Use) -> tuple[RewriteBody]:
    """Each ``sourceString`` in a text becomes ``replacementString``."""
    source, replacement = use["sourceString"], use.get("replacementString")

    def forward(text: Any) -> Any:
        return text.replace(source, replacement) if isinstance(text, str) and source else MISSING

    def backward(text: Any) -> Any:
        return text.replace(replacement, source) if isinstance(text, str) and replacement else MISSING

    return (_rewrite_property(use, forward, backward),)


def encode_property_value(use: Use) -> tuple[RewriteBody]:
    """A text is percent-encoded, reserved characters too (RFC 3986 section 2.1)."""

    def encode(text: Any) -> Any:
        return quote(text, safe="") if isinstance(text, str) else MISSING

    def decode(text: Any) -> Any:
        return unquote(text) if isinstance(text, str) else MISSING

    return (_rewrite_property(use, encode, decode),)


def move_properties(use: Use) -> tuple[RewriteBody]:
    """The value at ``srcParentPath`` and ``srcSubPath`` stands at ``dstParentPath`` and ``dstSubPath`` instead; if
    ``copyOnlySubProperties`` is true, its members stand there, beside those that are there already. Without a
    ``dstSubPath`` the value keeps its name.

    Of a list on the way that both paths share, each object is changed. Which members came from where cannot be known
    afterwards, so that undoing it for members gives the source all that the destination has, and takes nothing away.
    """
    parent, members = use.path("srcParentPath"), use.get("copyOnlySubProperties").strip().lower() == "true"
    source = (*parent.steps, *use.sub_path("srcSubPath"))
    beside = use.path("dstParentPath")
    target = (*(parent.steps if beside.root == "item" else ()), *beside.steps, *use.sub_path("dstSubPath"))
    if not members and source and not use.sub_path("dstSubPath"):
        target = (*target, source[-1])
    if not source or (not members and target[: len(source)] == source != target):
        message = f"{use['srcParentPath']!r} cannot be moved into itself; name a property in srcSubPath"
        raise UnusablePolicy(message, "srcParentPath")
    shared = 0
    while shared < min(len(source) - 1, len(target) - (not members)) and source[shared] == target[shared]:
        shared += 1
    old, new = source[shared:], target[shared:]

    def move(holder: dict[str, Any], here: tuple[Step, ...], there: tuple[Step, ...]) -> dict[str, Any]:
        value = _member(holder, here)
        return holder if value is MISSING else _with(_without(holder, here), there, value)

    def spread(holder: dict[str, Any]) -> dict[str, Any]:
        value, rest = _member(holder, old), _without(holder, old)
        known = _member(rest, new)
        known = {} if known is MISSING else known
        if not isinstance(value, dict) or not isinstance(known, dict):
            return holder
        return {**known, **value} if not new else _with(rest, new, {**known, **value})

    def collect(holder: dict[str, Any]) -> dict[str, Any]:
        known = _member(holder, new)
        return _with(holder, old, known) if isinstance(known, dict) and known else holder

    if members:
        forward, backward = spread, collect
    else:

        def forward(holder: dict[str, Any]) -> dict[str, Any]:
            return move(holder, old, new)

        def backward(holder: dict[str, Any]) -> dict[str, Any]:
            return move(holder, new, old)

    way = source[:shared]
    return (RewriteBody(lambda body: _at(body, way, forward), lambda body: _at(body, way, backward)),)


def set_property(use: Use) -> tuple[RewriteBody]:
    """A property is added or replaced, its value a text, JSON, or a path; one whose path leads to nothing is left
    out."""
    parent = use.path("newPropertyParentPathTemplate")
    name = str(steps_of(use["newPropertySubPathTemplate"])[-1])
    value = use.template("propertyValuePathTemplate")
    wraps = any(expression.steps == (*parent.steps, name) for expression in value.expressions)

    def apply(body: Any) -> Any:
        scope = Scope(connection=use.connection, body=body)

        def change(holder: dict[str, Any]) -> dict[str, Any]:
            result = value.value(replace(scope, item=holder))
            return holder if result is MISSING else {**holder, name: result}

        return _at({} if body is None and not parent.steps else body, parent.steps, change)

    def invert(body: Any) -> Any:
        def change(holder: dict[str, Any]) -> dict[str, Any]:
            known = holder.get(name)
            if wraps and isinstance(known, list) and len(known) == 1:
                return {**holder, name: known[0]}
            if wraps or name not in holder:
                return holder
            return {key: member for key, member in holder.items() if key != name}

        return _at(body, parent.steps, change)

    return (RewriteBody(apply, invert),)


# Plain data at a path


def _at(value: Any, steps: tuple[Step, ...], change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The value with the object at a path, or each object of the list there, changed."""
    if isinstance(value, list):
        return [_at(item, steps, change) for item in value]
    if not isinstance(value, dict):
        return value
    if not steps:
        return change(value)
    if steps[0] not in value:
        return value
    return {**value, str(steps[0]): _at(value[str(steps[0])], steps[1:], change)}


def _in_place(steps: tuple[Step, ...], change: Callable[[dict[str, Any]], None]) -> Callable[[Any], Any]:
    """What changes the object at a path, or each object of the list there, in place; it returns the value."""

    def at(value: Any) -> Any:
        if type(value) is dict:
            change(value)
        elif type(value) is list:
            for item in value:
                if type(item) is dict:  # almost always: a call less for each
                    change(item)
                else:
                    at(item)
        return value

    if not steps:
        return at
    step, inner = steps[0], _in_place(steps[1:], change)

    def within(value: Any) -> Any:
        if type(value) is list:
            for item in value:
                within(item)
        elif type(value) is dict and step in value:
            inner(value[step])
        return value

    return within


def _member(value: Any, steps: tuple[Step, ...]) -> Any:
    """What stands at a path of objects, or MISSING."""
    for step in steps:
        value = value.get(str(step), MISSING) if isinstance(value, dict) else MISSING
    return value


def _with(value: Any, steps: tuple[Step, ...], member: Any) -> Any:
    """The value with a member at a path of objects; as it is if something else stands on the way."""
    if not steps:
        return member
    if value is MISSING or value is None:
        value = {}
    if not isinstance(value, dict):
        return value
    name = str(steps[0])
    return {**value, name: _with(value.get(name, MISSING), steps[1:], member)}


def _without(value: Any, steps: tuple[Step, ...]) -> Any:
    """The value without what stands at a path of objects."""
    name = str(steps[0])
    if not isinstance(value, dict) or name not in value:
        return value
    if len(steps) == 1:
        return {key: member for key, member in value.items() if key != name}
    return {**value, name: _without(value[name], steps[1:])}
