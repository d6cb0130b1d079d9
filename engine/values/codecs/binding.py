"""What a codec is: a row of the table, and what it becomes once it is bound to a schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Schema, XmlRule
from openconnectors.engine.streams import Content

MAX_DEPTH = 200

Parameters: TypeAlias = Mapping[str, str]
"""The parameters of a Content-Type, by their names in lower case: ``charset``, ``boundary``."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What a codec may know when it is bound: the schema of the body on the wire (None: any value), how
    schemas resolve and which extend one, what the document says of its XML, and whether it has numbers of which every
    digit counts (``format: decimal``)."""

    schema: Schema | None
    resolve: Callable[[Schema], Schema]
    variants: Callable[[Schema], Mapping[str, Schema]]
    xml: XmlRule
    decimals: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A codec for one body. ``encode`` makes octets of a plain value, ``decode`` a plain value of octets and
    the parameters of their Content-Type; ``decode_items`` makes the items of the list at a path, one by one, of octets
    that come in pieces. All raise ``ValueError`` with the end of a sentence; what can be read, but is not as it
    should be, reading adds to a list of problems."""

    encode: Callable[[Any], bytes | Content]
    decode: Callable[[bytes, Parameters, list[Problem]], Any]
    decode_items: Callable[[Iterator[bytes], Parameters, tuple[str, ...], list[Problem]], Iterator[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Codec:
    """One row: the media types that are read so, and the binding.

    ``matches`` are full types, ``type/*`` ranges and ``+suffix`` (RFC 6839); ``charset`` is appended to
    the Content-Type that is sent; ``carries`` tells whether a value is of the kind that is written so, and
    ``structured`` that values of any type can be; ``opaque`` that its values are in a format of their own, of which a
    schema for an object or a list does not speak; ``listed`` that they are lists, and that the schema of anything else
    is that of an item.
    """

    name: str
    matches: tuple[str, ...]
    bind: Callable[[Binding], Bound]
    carries: Callable[[Any], bool]
    structured: bool = False
    charset: str = ""
    opaque: bool = False
    listed: bool = False


class MemberError(ValueError):
    """A member of a value that a codec cannot write, and why."""

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(f"has a member {member!r} that {reason}")
        self.member, self.reason = member, reason


def too_deep(value: Any, limit: int = MAX_DEPTH) -> bool:
    """Whether containers are nested deeper than the limit, found without recursion."""
    level = [value]
    for _ in range(limit + 1):
        inner: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                inner += node.values()
            elif isinstance(node, list):
                inner += node
        level = [node for node in inner if isinstance(node, (dict, list))]
        if not level:
            return False
    return True
