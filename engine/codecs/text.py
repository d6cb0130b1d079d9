"""Plain text: a scalar as it is written."""

from __future__ import annotations

import codecs
from typing import Any

from engine.codecs.binding import Binding, Bound, Codec, Parameters
from engine.model import Schema
from engine.styles import scalar
from engine.styles import text as written


def bind(binding: Binding) -> Bound:
    """Text, typed as the schema says."""
    schema = binding.resolve(binding.schema) if binding.schema is not None else Schema(types=("string",))

    def encode(value: Any) -> bytes:
        try:
            return written(value).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("has half of a surrogate pair, which has no UTF-8") from None

    def decode(data: bytes, parameters: Parameters) -> Any:
        charset = parameters.get("charset")
        try:
            codecs.lookup(charset or "utf-8")
        except LookupError:
            raise ValueError(f"is in the charset {charset!r}, which is not known") from None
        try:
            return scalar(data.decode(charset or "utf-8"), schema)
        except (UnicodeError, ValueError):
            raise ValueError(f"is no {charset or 'utf-8'} text") from None

    return Bound(encode, decode)


CODEC = Codec(
    "text",
    ("text/*",),
    bind,
    carries=lambda value: isinstance(value, (str, int, float)),
    charset="utf-8",
)
