"""Text: ``text/plain`` is one scalar; any other text (CSV, a calendar) is in a format of its own and stays as it is."""

from __future__ import annotations

from typing import Any

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Schema
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, Parameters
from openconnectors.engine.values.codecs.charsets import codec_name, text_of, utf_8_of
from openconnectors.engine.values.codecs.media_types import essence
from openconnectors.engine.values.scalars import scalar
from openconnectors.engine.values.scalars import text as text_for


def bind(binding: Binding) -> Bound:
    """Text, read as the type of the schema."""
    schema = binding.resolve(binding.schema) if binding.schema is not None else Schema(types=("string",))

    charset = essence(binding.media_type)[1].get("charset")
    encoding = codec_name(charset) if charset else None

    def encode(value: Any) -> bytes:
        written = text_for(value)
        if encoding in (None, "utf-8", "ascii"):
            return utf_8_of(written)
        try:
            return written.encode(encoding)
        except UnicodeEncodeError:
            raise ValueError(f"has characters that its charset, {charset!r}, does not have") from None

    def decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        return scalar(text_of(data, parameters.get("charset"), problems), schema)

    return Bound(encode, decode)


def _carries(value: Any) -> bool:
    return isinstance(value, (str, int, float))


CODECS = (
    Codec("text", ("text/plain", "text/html"), bind, _carries, charset="utf-8"),
    Codec("text of another format", ("text/*",), bind, _carries, charset="utf-8", opaque=True),
)
