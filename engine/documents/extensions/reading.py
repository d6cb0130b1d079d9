"""Reads the value of an ``x-*`` member as the type it should have.

Members that a vendor's own tools read leniently are read so here (``as_mapping``, ``as_list``: another type counts as
absent); members of this project are refused if they are not what their page says (``checked_mapping``,
``checked_texts``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.documents.dialects.lowering import EMPTY, Site
from openconnectors.engine.documents.pointers import escape

Row = Callable[[Any, Any, Site], Any]
"""A node of the model, the value of a member, and where it is, to the node with what the member says."""


def sets(field: str, convert: Callable[[Any], Any] = str) -> Row:
    """The row of a member whose value is one field of the model."""
    return lambda node, value, at: replace(node, **{field: convert(value)})


def as_mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else EMPTY


def as_list(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def checked_mapping(value: object, at: Site, name: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """The value as a mapping without unknown keys; anything else is refused."""
    if not isinstance(value, Mapping):
        raise at.refuse("extension", f"{name} must be a mapping with {', '.join(keys)}", name)
    unknown = [key for key in value if key not in keys]
    if unknown:
        raise at.refuse("extension", f"{name} has no member {unknown[0]!r}; it has {', '.join(keys)}", name)
    return value


def checked_texts(value: Mapping[str, Any], at: Site, name: str, *members: str) -> Mapping[str, Any]:
    """The value, whose ``members`` must be text if they are there."""
    for member in members:
        if not isinstance(value.get(member, ""), str):
            raise at.refuse("extension", f"{member} of {name} must be text", f"{name}/{escape(member)}")
    return value
