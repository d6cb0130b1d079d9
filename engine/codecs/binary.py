"""Octets as they are."""

from __future__ import annotations

from typing import Any

from engine.codecs.binding import Binding, Bound, Codec


def _encode(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise ValueError(f"must be bytes, not {type(value).__name__}")


def _decode(data: bytes, charset: str | None = None) -> bytes:
    return data


def bind(binding: Binding) -> Bound:
    """Octets need no schema."""
    return Bound(_encode, _decode)


CODEC = Codec("binary", ("application/octet-stream", "image/*", "audio/*", "video/*", "application/*"), bind)
