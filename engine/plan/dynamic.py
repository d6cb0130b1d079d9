"""Schemas that the service itself gives: where an operation has them, and the operation with them in their places.

Nothing is sent here: ``places`` says which operations give the schemas, ``filled`` makes the operation of what they
gave. Below such a place there is no other: what the service gives is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.model import Choices, MediaType, Operation, Schema

Resolve: TypeAlias = Callable[[Schema], Schema]
Steps: TypeAlias = tuple[str | None, ...]
"""A path into a schema: names of properties, and None from a list to its items."""

_DEEPEST = 6
"""Steps to a place at most: a schema that holds itself has places without end."""


class Place(Struct, frozen=True):
    """A schema that the service gives: in the body of the request, or of the declared response of a ``status``.

    ``media_type`` is the first whose schema it is in, ``steps`` the path within; ``source`` says how to get it.
    """

    status: str | None
    media_type: str
    steps: Steps
    source: Choices


def places(operation: Operation, resolve: Resolve) -> tuple[Place, ...]:
    """Every place of an operation whose schema the service gives."""
    contents: dict[str | None, Mapping[str, MediaType]] = {
        status: response.content for status, response in operation.responses.items()
    }
    if operation.request_body is not None:
        contents = {None: operation.request_body.content, **contents}
    roots: dict[tuple[str | None, int], tuple[str, Schema]] = {}  # one for the media types that share a schema
    for status, content in contents.items():
        for media_type, entry in content.items():
            if entry.schema is not None:
                roots.setdefault((status, id(entry.schema)), (media_type, entry.schema))
    return tuple(
        Place(status, media_type, steps, source)
        for (status, _), (media_type, schema) in roots.items()
        if _has_place(schema, resolve)
        for steps, source in _places_within(schema, resolve, ())
    )


def _has_place(root: Schema, resolve: Resolve) -> bool:
    """Whether there is a place in a schema. Each inner schema is visited once: few documents have places, and in all
    others ``_places_within`` would visit it on each path."""
    stack, seen = [root], set[int]()
    while stack:
        schema = stack.pop()
        effective = resolve(schema)
        if schema.dynamic is not None or effective.dynamic is not None:
            return True
        if id(effective) not in seen:
            seen.add(id(effective))
            stack += effective.properties.values()
            stack += [effective.items] if effective.items is not None else []
    return False


def _places_within(schema: Schema, resolve: Resolve, above: Steps) -> Iterator[tuple[Steps, Choices]]:
    effective = resolve(schema)
    source = schema.dynamic or effective.dynamic
    if source is not None:
        yield above, source
    elif len(above) < _DEEPEST:
        for name, member in effective.properties.items():
            yield from _places_within(member, resolve, (*above, name))
        if effective.items is not None:
            yield from _places_within(effective.items, resolve, (*above, None))


def filled(operation: Operation, resolve: Resolve, schemas: Iterable[tuple[Place, Schema]]) -> Operation:
    """The operation with these schemas in their places."""
    for place, schema in schemas:
        if place.status is not None:
            response = operation.responses[place.status]
            response = replace(response, content=_filled_content(response.content, place, resolve, schema))
            operation = replace(operation, responses={**operation.responses, place.status: response})
        elif operation.request_body is not None:
            content = _filled_content(operation.request_body.content, place, resolve, schema)
            operation = replace(operation, request_body=replace(operation.request_body, content=content))
    return operation


def _filled_content(
    content: Mapping[str, MediaType], place: Place, resolve: Resolve, schema: Schema
) -> dict[str, MediaType]:
    """The media types with a schema in its place, in all that share the schema around it."""
    whole = content[place.media_type].schema
    changed = _put(whole or Schema(), resolve, place.steps, schema)
    return {
        media_type: replace(entry, schema=changed) if entry.schema is whole else entry
        for media_type, entry in content.items()
    }


def _put(holder: Schema, resolve: Resolve, steps: Steps, schema: Schema) -> Schema:
    """A schema with another at a path in it."""
    if not steps:
        return schema
    effective, step = resolve(holder), steps[0]
    if step is None:
        return replace(effective, items=_put(effective.items or Schema(), resolve, steps[1:], schema))
    inner = _put(effective.properties[step], resolve, steps[1:], schema)
    return replace(effective, properties={**effective.properties, step: inner})


def arguments(source: Choices, arguments: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any] | None:
    """The arguments of the operation that gives a schema, from those of the call; None if one is missing.

    ``names`` maps wire names of the call's arguments to their Python names. A value may be a member of an argument."""
    values: dict[str, Any] = {}
    objects = [value for value in arguments.values() if isinstance(value, Mapping)]
    for name, value in source.arguments.items():
        if not isinstance(value, tuple):
            values[name] = value
            continue
        wire = value[1]
        known = [arguments[spelling] for spelling in (wire, names.get(wire, "")) if spelling in arguments]
        known += [members[wire] for members in objects if wire in members]
        if not known:
            return None
        values[name] = known[0]
    return values
