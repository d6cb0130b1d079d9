"""What a codec is: a row of the table, and what it becomes once it is bound to a schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.model import Schema, XmlRule

MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Binding:
    """What a codec may know when it is bound: the schema of the body on the wire (None: any value), how
    schemas resolve, and what the document says of its XML."""

    schema: Schema | None
    resolve: Callable[[Schema], Schema]
    xml: XmlRule


@dataclass(frozen=True, slots=True)
class Bound:
    """A codec for one body. ``encode`` makes octets of a plain value, ``decode`` a plain value of octets
    and a charset (or None); both raise ``ValueError`` with the end of a sentence."""

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes, str | None], Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """One row: the media types that are read so, and the binding.

    ``matches`` are full types, ``type/*`` ranges and ``+suffix`` (RFC 6839); ``charset`` is appended to
    the Content-Type that is sent.
    """

    name: str
    matches: tuple[str, ...]
    bind: Callable[[Binding], Bound]
    charset: str = ""


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
