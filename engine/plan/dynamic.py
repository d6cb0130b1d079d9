"""Schemas that the service itself tells: where an operation has them, and the operation with them in their places.

Nothing is asked here: ``places`` says what to ask, ``filled`` makes the operation of what came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from openconnectors.engine.model import Choices, MediaType, Operation, Schema

Resolve = Callable[[Schema], Schema]
_DEEPEST = 6
ITEMS = "[]"
"""The step from a list to its items."""


@dataclass(frozen=True, slots=True)
class Place:
    """A schema that the service gives: ``where`` is "body" or the status of a response, ``media_type`` the first that
    has the schema, ``steps`` the way within."""

    where: str
    steps: tuple[str, ...]
    asked: Choices
    media_type: str = ""


def places(operation: Operation, resolve: Resolve) -> tuple[Place, ...]:
    """Every place of an operation whose schema is asked for, not looked for deeper than such a place."""
    contents = {"body": operation.request_body.content} if operation.request_body is not None else {}
    contents |= {status: response.content for status, response in operation.responses.items()}
    roots: dict[tuple[str, int], tuple[str, Schema]] = {}  # one for the media types that share a schema
    for where, content in contents.items():
        for media_type, entry in content.items():
            if entry.schema is not None:
                roots.setdefault((where, id(entry.schema)), (media_type, entry.schema))
    return tuple(
        Place(where, steps, asked, media_type)
        for (where, _), (media_type, schema) in roots.items()
        if _asks(schema, resolve)
        for steps, asked in _within(schema, resolve, ())
    )


def _asks(root: Schema, resolve: Resolve) -> bool:
    """Whether a schema is asked for anywhere below one; each is looked at once, as most documents have none."""
    stack, seen = [root], set[int]()
    while stack:
        schema = stack.pop()
        own = resolve(schema)
        if schema.dynamic is not None or own.dynamic is not None:
            return True
        if id(own) not in seen:
            seen.add(id(own))
            stack += own.properties.values()
            stack += [own.items] if own.items is not None else []
    return False


def _within(schema: Schema, resolve: Resolve, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Choices]]:
    own = resolve(schema)
    asked = schema.dynamic or own.dynamic
    if asked is not None:
        yield above, asked
    elif len(above) < _DEEPEST:
        for name, one in own.properties.items():
            yield from _within(one, resolve, (*above, name))
        if own.items is not None:
            yield from _within(own.items, resolve, (*above, ITEMS))


def filled(operation: Operation, resolve: Resolve, found: Iterable[tuple[Place, Schema]]) -> Operation:
    """The operation with these schemas in their places."""
    for place, schema in found:
        if place.where == "body" and operation.request_body is not None:
            body = operation.request_body
            content = _filled_content(body.content, place, resolve, schema)
            operation = replace(operation, request_body=replace(body, content=content))
        elif place.where in operation.responses:
            response = operation.responses[place.where]
            filled_response = replace(response, content=_filled_content(response.content, place, resolve, schema))
            operation = replace(operation, responses={**operation.responses, place.where: filled_response})
    return operation


def _filled_content(
    content: Mapping[str, MediaType], place: Place, resolve: Resolve, schema: Schema
) -> dict[str, MediaType]:
    """The media types with a schema in its place in all that share the schema around it."""
    whole = content[place.media_type].schema
    changed = _put(whole or Schema(), resolve, place.steps, schema)
    return {
        media_type: replace(entry, schema=changed) if entry.schema is whole else entry
        for media_type, entry in content.items()
    }


def _put(holder: Schema, resolve: Resolve, steps: tuple[str, ...], schema: Schema) -> Schema:
    if not steps:
        return schema
    own = resolve(holder)
    if steps[0] == ITEMS:
        return replace(own, items=_put(own.items or Schema(), resolve, steps[1:], schema))
    inner = _put(own.properties[steps[0]], resolve, steps[1:], schema)
    return replace(own, properties={**own.properties, steps[0]: inner})


def arguments(asked: Choices, given: Mapping[str, Any], spelled: Mapping[str, str]) -> dict[str, Any] | None:
    """The arguments of the asking operation, of those of the call (``spelled`` maps other names to theirs); None where
    one is not given."""
    found: dict[str, Any] = {}
    inside = [one for one in given.values() if isinstance(one, Mapping)]
    for name, value in asked.arguments.items():
        if not isinstance(value, tuple):
            found[name] = value
            continue
        names = (value[1], spelled.get(value[1], ""))
        known = [given[one] for one in names if one in given] or [one[value[1]] for one in inside if value[1] in one]
        if not known:
            return None
        found[name] = known[0]
    return found
