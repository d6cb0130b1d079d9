"""What the head of a PNG image says, and the color of its first pixel (W3C, PNG, third edition)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from openconnectors.engine.deferred import module

if TYPE_CHECKING:
    import zlib
else:
    zlib = module("zlib")

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""The number of samples of a pixel, by the type of color (section 11.2.1)."""
_MOST = 4_000_000
"""Bytes of a file that are looked at."""


class Image(Struct, frozen=True):
    """The size of an image in pixels, and its first pixel: red, green, blue, opacity; None if that is not known."""

    width: int
    height: int
    corner: tuple[int, int, int, int] | None = None


def png(path: Path) -> Image | None:
    """What a file says of itself as a PNG image; None if it is none, or is cut."""
    with path.open("rb") as file:
        content = file.read(_MOST)
    chunks = list(_chunks(content))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        return None
    if len(content) < _MOST and chunks[-1][0] != b"IEND":
        return None  # the end of every image (section 11.2.4)
    width, height, depth, color, *_ = struct.unpack(">IIBBBBB", chunks[0][1])
    return Image(width, height, _corner(chunks, depth, color))


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not content.startswith(_SIGNATURE):
        return
    at = len(_SIGNATURE)
    while at + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        data = content[at + 8 : at + 8 + length]
        if len(data) < length:
            return
        yield kind, data
        at += length + 12


def _corner(chunks: list[tuple[bytes, bytes]], depth: int, color: int) -> tuple[int, int, int, int] | None:
    """The first pixel. Whatever its line is filtered by, it has no neighbors, so that it is written as it is; and it is
    the first one of an interlaced image, too."""
    parts = {kind: data for kind, data in chunks if kind != b"IDAT"}
    packed = b"".join(data for kind, data in chunks if kind == b"IDAT")
    try:
        line = zlib.decompressobj().decompress(packed, 16)
    except zlib.error:
        return None
    size = depth // 8 or 1
    samples = [line[1 + index * size] for index in range(_CHANNELS.get(color, 9)) if 1 + index * size < len(line)]
    if len(samples) != _CHANNELS.get(color):
        return None
    if color == 3:
        index = samples[0] >> (8 - depth)
        palette, opacity = parts.get(b"PLTE", b"")[3 * index : 3 * index + 3], parts.get(b"tRNS", b"")
        alpha = opacity[index] if index < len(opacity) else 255
        return (palette[0], palette[1], palette[2], alpha) if len(palette) == 3 else None
    if depth < 8:
        samples = [(samples[0] >> (8 - depth)) * 255 // ((1 << depth) - 1)]
    grey = color in (0, 4)
    red, green, blue = samples[:1] * 3 if grey else samples[:3]
    return red, green, blue, samples[-1] if color in (4, 6) else 255
