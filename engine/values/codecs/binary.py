"""Bytes as they are; those of a file are read while they are sent."""

from __future__ import annotations

from typing import Any

from openconnectors.engine.errors import Problem
from openconnectors.engine.streams import Content, is_bytes
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, Parameters
from openconnectors.engine.values.codecs.charsets import utf_8_of


def _encode(value: Any) -> bytes | Content:
    if isinstance(value, str):
        return utf_8_of(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if is_bytes(value):
        return Content([value])
    raise ValueError(f"must be bytes, a pathlib.Path or an open binary file, not {type(value).__name__}")


def _decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> bytes:
    return data


def bind(binding: Binding) -> Bound:
    """Bytes need no schema."""
    return Bound(_encode, _decode)


CODEC = Codec(
    "binary",
    (
        "application/octet-stream",
        "application/pdf",
        "application/zip",
        "application/gzip",
        "application/x-tar",
        "application/msword",
        "image/*",
        "audio/*",
        "video/*",
        "font/*",
        "model/*",
        "application/*",  # what no other row reads: the document says what it is (see ``is_fallback``)
    ),
    bind,
    carries=is_bytes,
)
