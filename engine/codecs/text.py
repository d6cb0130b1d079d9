"""Plain text: a scalar as it is written."""

from __future__ import annotations

import codecs
from typing import Any

from engine.codecs.binding import Binding, Bound, Codec
from engine.model import Schema
from engine.styles import scalar
from engine.styles import text as written


def bind(binding: Binding) -> Bound:
    """Text, typed as the schema says."""
    schema = binding.resolve(binding.schema) if binding.schema is not None else Schema(types=("string",))

    def encode(value: Any) -> bytes:
        return written(value).encode("utf-8")

    def decode(data: bytes, charset: str | None = None) -> Any:
        try:
            codecs.lookup(charset or "utf-8")
        except LookupError:
            raise ValueError(f"is in the charset {charset!r}, which is not known") from None
        try:
            return scalar(data.decode(charset or "utf-8"), schema)
        except (UnicodeError, ValueError):
            raise ValueError(f"is no {charset or 'utf-8'} text") from None

    return Bound(encode, decode)


CODEC = Codec("text", ("text/*",), bind, charset="utf-8")
