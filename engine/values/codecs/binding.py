"""What a codec is: a row of the table (``Codec``), which becomes two functions (``Bound``) once it is bound to the
schema of a body (``Binding``).

Rule 1. A codec is a frozen value of functions: it keeps nothing of a call, knows no operation, no network and no other
codec, and gets all it may know of the document with the binding.

Rule 2. A codec reads and writes *wire values* (``values.body`` defines them): dict, list, str, int, float, bool, None;
a ``Decimal`` for a number of which every digit counts; bytes for a file.

Rule 3. Bytes that are not of the media type are a ``ValueError`` whose text completes a sentence ("the response …").
Bytes that can be read but should look otherwise are a ``Problem`` of a kind of ``leniency``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from msgspec import Struct, field

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Encoding, Schema, XmlRule
from openconnectors.engine.streams import Content

MAX_DEPTH = 200
"""How deep values may be nested (RFC 8259 section 9 lets a parser limit it): far less than Python's own stack holds, so
that whatever walks a value recursively, ours or a library, comes to its end."""

Parameters: TypeAlias = Mapping[str, str]
"""The parameters of a Content-Type, by their names in lower case: ``charset``, ``boundary``."""

PartHeaders: TypeAlias = Mapping[str | int, Mapping[str, Any]]
"""The header fields of the parts of a body, by the name or the place of the part. Content-Type chooses its media
type."""


class Binding(Struct, frozen=True):
    """What a codec may know of the document."""

    schema: Schema | None
    """The schema of the body on the wire; None: any value."""
    resolve: Callable[[Schema], Schema]
    """Gives the resolved form of a schema on the wire."""
    variants: Callable[[Schema], Mapping[str, Schema]]
    """Gives the schemas that extend a resolved one, by the value that its discriminator has for each."""
    xml: XmlRule
    decimals: bool = False
    """True if the schema has numbers of which every digit counts (``format: decimal``)."""
    encoding: Encoding = field(default_factory=Encoding)
    """How its properties or items are written as fields or parts, in the last three fields; the rest as their schemas
    say."""
    media_type: str = ""
    """The media type of the body, with its parameters."""
    name: str | None = None
    """The name of the value, for a media type that writes it; None: that of its schema."""
    codec_for: Callable[[str], Codec | None] = lambda media_type: None
    """Gives the codec of a media type, for values within the body that are in one of their own."""
    accepts: Callable[[Schema, Any], bool] = lambda schema, value: True
    """Tells whether a schema accepts a value, for what the schema of the body does not judge."""


class Bound(Struct, frozen=True):
    """A codec for one body: both directions. See rule 3 for errors and problems."""

    encode: Callable[[Any], bytes | Content]
    """The bytes of a wire value."""
    decode: Callable[[bytes, Parameters, list[Problem]], Any]
    """The wire value of bytes, with the parameters of their Content-Type."""
    decode_items: Callable[[Iterator[bytes], Parameters, tuple[str, ...], list[Problem]], Iterator[Any]] | None = None
    """The items of the list at a path, one by one, while the bytes arrive in chunks; None if the codec cannot."""
    encode_parts: Callable[[Any, PartHeaders], Content] | None = None
    """As ``encode``, with header fields for the parts of the body; None if it has no parts."""
    decode_regular: Callable[[bytes], Any] | None = None
    """As ``decode``, for bytes with which there is no problem whatever the parameters, else a ``ValueError``; None if
    that is no quicker."""


class Codec(Struct, frozen=True):
    """One row of the table."""

    name: str
    matches: tuple[str, ...]
    """Media types: full names, ranges (``text/*``) and structured syntax suffixes (``+json``, RFC 6839)."""
    bind: Callable[[Binding], Bound]
    carries: Callable[[Any], bool]
    """Return True for a value that this codec is the usual one for; chooses among the media types of a request."""
    structured: bool = False
    """True if a value of any JSON type can be written."""
    charset: str = ""
    """The ``charset`` that is added to the Content-Type of a request whose text is not ASCII."""
    opaque: bool = False
    """True if values are in a format of their own (CSV, a calendar), about which a schema for an object says
    nothing."""
    listed: bool = False
    """True if values are lists; a schema of anything else is then that of an item."""


class MemberError(ValueError):
    """A member of a value cannot be written; ``reason`` says why."""

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(f"has a member {member!r} that {reason}")
        self.member, self.reason = member, reason


def is_too_deep(value: object, limit: int = MAX_DEPTH) -> bool:
    """Return True if lists and dicts are nested deeper than the limit. Without recursion: the value may be hostile."""
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
