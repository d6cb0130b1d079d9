"""A value within a body, in a media type of its own: a field of a form, a part of a multipart body (OpenAPI 3.2,
"Encoding Object").

Rule 1. The media type is that which a file brings along or the caller chooses. It must be one that the document lists,
if it lists any.

Rule 2. Else it is the first listed for values of this kind. Bytes are not looked into: their name may say what they are
("Handling Multiple ``contentType`` Values").

Rule 3. If none is listed, objects and lists are JSON, scalars are text, bytes and what is encoded as text are
``application/octet-stream`` ("Common Fixed Fields").

Rule 4. What arrives is read in the media type that came with it, else in the listed one; text by the types of the
schema.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Encoding, Schema
from openconnectors.engine.streams import Content, File, Source, is_bytes
from openconnectors.engine.values.codecs import binary
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec
from openconnectors.engine.values.codecs.charsets import text_of, utf_8_of
from openconnectors.engine.values.codecs.media_types import BYTES, JSON, TEXT, concrete, essence, within
from openconnectors.engine.values.formats import format_of
from openconnectors.engine.values.scalars import alternatives_of, text, typed

_MEDIA_TYPE = pattern(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;.*)?\Z", re.ASCII)
"""A media type (RFC 9110 section 8.3.1) that cannot end its header field."""
_SCALARS = frozenset({str, int, float, bool})
_MAX_KEPT = 64
"""Codecs that are kept. The media types of parts that arrive are the peer's words: each may be another."""


class Embedded:
    """A value within a body. ``name`` is that of the property it is, which names it in XML if its schema does not."""

    def __init__(self, binding: Binding, declared: Schema, encoding: Encoding, name: str | None = None) -> None:
        self.schema = binding.resolve(declared)
        self._alternatives = alternatives_of(declared, binding.resolve)
        self._media_types = encoding.content_type
        self._binding = replace(binding, schema=declared, encoding=encoding, name=name)
        self._bound: dict[tuple[str, bool], tuple[Codec, Bound]] = {}
        self._types = {kind for schema in self._alternatives for kind in schema.types}
        rows = [format_of(schema) for schema in self._alternatives]
        self._is_encoded = any(row is not None and row.python is bytes and not row.raw for row in rows)
        self._is_raw = any(row is not None and row.raw for row in rows) or "file" in self._types
        self._holds_bytes = self._is_raw or not self._types
        self.is_file = self._is_raw and len(self._alternatives) == 1
        """True if it can be nothing but bytes."""
        self.is_text = self._media_types in ((), (TEXT,)) and not self.is_file and not self._is_encoded
        """True if a scalar is written as its text."""

    @property
    def has_media_types(self) -> bool:
        """True if the document lists media types for it."""
        return bool(self._media_types)

    @property
    def transfer_encoding(self) -> str:
        """How its bytes are encoded as text, in the words of MIME (RFC 2045 section 6); empty if it has none."""
        names = {"byte": "base64", "quoted-printable": "quoted-printable"}
        return next((names[schema.format] for schema in self._alternatives if schema.format in names), "")

    # Writing

    def plain_text(self, value: Any) -> str | None:
        """The text of a value that is nothing but that, as most fields are; None for all others."""
        return text(value) if self.is_text and type(value) in _SCALARS else None

    def media_type(self, value: Any, chosen: str | None) -> str:
        """The media type that a value is written in; empty: plain text, which need not say so. ``ValueError`` for one
        that the document does not list, or if the caller has to choose."""
        if chosen is None and isinstance(value, File):
            chosen = value.content_type
        if chosen is not None:
            return self._chosen(chosen)
        is_scalar = isinstance(value, (str, int, float)) or value is None
        if not self._media_types:
            if is_bytes(value) or (isinstance(value, str) and self._is_encoded):
                return BYTES
            return "" if is_scalar else JSON
        if is_bytes(value):
            return self._of_bytes(value)
        known = [name for listed in self._media_types for name in concrete(listed, value)]
        if isinstance(value, str) and self._is_encoded:
            fitting = known
        else:
            fitting = [name for name in known if self._codec(name, value)[0].carries(value)]
        if not known:
            raise ValueError(self._undecided())
        return next(iter(fitting or known))

    def _chosen(self, media_type: Any) -> str:
        if not isinstance(media_type, str) or not _MEDIA_TYPE.match(media_type):
            raise ValueError(f"has a file whose content_type {media_type!r} is not a media type")
        name = essence(media_type)[0]
        if self._media_types and not any(within(name, essence(listed)[0]) for listed in self._media_types):
            raise ValueError(f"is {name}; the document takes {', '.join(self._media_types)}")
        return media_type

    def _of_bytes(self, value: Source) -> str:
        """The media type of bytes that bring none along: by their name, else the first that is listed."""
        by_name = concrete("*/*", value)[0]
        if any(within(by_name, essence(listed)[0]) for listed in self._media_types) and by_name != BYTES:
            return by_name
        known = (name for listed in self._media_types for name in concrete(listed, value))
        media_type = next(known, None)
        if media_type is None:
            raise ValueError(self._undecided())
        return media_type

    def _undecided(self) -> str:
        listed = ", ".join(self._media_types)
        return f"needs a media type, one of {listed}: give a File with its content_type, or using(part_headers=…)"

    def write(self, value: Any, media_type: str) -> tuple[Source, str]:
        """What is sent for a value, and its media type with the parameters that this needs."""
        if is_bytes(value):
            return (value.content if isinstance(value, File) else value), media_type
        if not media_type or (isinstance(value, str) and self._is_encoded):
            return utf_8_of(text(value)), media_type
        codec, bound = self._codec(media_type, value)
        data = bound.encode(value)
        if isinstance(data, Content):
            return data, f"{media_type}; {data.parameters}" if data.parameters else media_type
        has_charset = data.isascii() or "charset" in media_type.lower() or not codec.charset
        return data, media_type if has_charset else f"{media_type}; charset={codec.charset}"

    def _codec(self, media_type: str, value: Any) -> tuple[Codec, Bound]:
        """The codec of a media type, for values of this kind: what holds members is JSON if no codec is known."""
        holds_members = isinstance(value, (dict, list))
        key = (media_type, holds_members)
        known = self._bound.get(key)
        if known is None:
            codec_for = self._binding.codec_for
            codec = codec_for(media_type)
            if codec is None or (codec is binary.CODEC and holds_members):
                codec = (codec_for(JSON) if holds_members else None) or binary.CODEC
            known = (codec, codec.bind(replace(self._binding, media_type=media_type)))
            if len(self._bound) < _MAX_KEPT:
                self._bound[key] = known
        return known

    # Reading

    def read(self, data: bytes, media_type: str, problems: list[Problem], *, is_file: bool = False) -> Any:
        """The value of bytes that came in a media type (empty: in none). What cannot be read in it stays text, or
        bytes, for validation to judge."""
        if self.is_file or (is_file and self._holds_bytes):
            return data
        name, parameters = essence(media_type)
        if not name:
            listed = [known for known in self._media_types if "*" not in known]
            name = essence(listed[0])[0] if listed else ""
        holds_members = bool(self._types & {"object", "array"})
        if not name or name == TEXT:
            return self._read_text(data, parameters.get("charset"), name, problems)
        codec, bound = self._codec(name, {} if holds_members else "")
        if self._is_encoded or codec is binary.CODEC:
            if self._holds_bytes or (is_file and not self._is_encoded):
                return data
            return self._read_text(data, parameters.get("charset"), TEXT, problems)
        try:
            return bound.decode(data, parameters, problems)
        except ValueError:
            return self._read_text(data, None, TEXT, problems)

    def _read_text(self, data: bytes, charset: str | None, media_type: str, problems: list[Problem]) -> Any:
        written = text_of(data, charset, problems)
        if not media_type and self._types and self._types <= {"object", "array", "null"}:
            try:
                return self._codec(JSON, {})[1].decode(data, {}, problems)
            except ValueError:
                return written
        return typed(written, self._alternatives)
