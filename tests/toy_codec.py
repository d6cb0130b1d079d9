"""A codec as one adds it: this module and a row. Bencode (BEP 3): integers, texts, lists and objects, nothing else."""

from __future__ import annotations

from typing import Any

from openconnectors.engine.errors import Problem
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, Parameters


def encode(value: Any) -> bytes:
    """The bytes of a wire value. ``ValueError`` for what bencode has no form for."""
    if isinstance(value, int) and not isinstance(value, bool):
        return b"i%de" % value
    if isinstance(value, str):
        text = value.encode("utf-8")
        return b"%d:%b" % (len(text), text)
    if isinstance(value, list):
        return b"l%be" % b"".join(map(encode, value))
    if isinstance(value, dict):
        return b"d%be" % b"".join(encode(name) + encode(value[name]) for name in sorted(value))
    raise ValueError(f"holds a {type(value).__name__}, which bencode cannot write")


def decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
    """The wire value of bytes. ``ValueError`` for what is not bencode."""
    try:
        value, end = _value(data, 0)
    except (IndexError, KeyError, ValueError):
        raise ValueError("is not bencode") from None
    if end != len(data):
        raise ValueError("is bencode followed by something else")
    return value


def _value(data: bytes, start: int) -> tuple[Any, int]:
    """The value at an index, and the index after it."""
    kind = data[start : start + 1]
    if kind == b"i":
        end = data.index(b"e", start)
        return int(data[start + 1 : end]), end + 1
    if kind in (b"l", b"d"):
        items, end = [], start + 1
        while data[end] != ord("e"):
            item, end = _value(data, end)
            items.append(item)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2], strict=True))), end + 1
    colon = data.index(b":", start)
    end = colon + 1 + int(data[start:colon])
    if end > len(data):
        raise ValueError
    return data[colon + 1 : end].decode("utf-8"), end


def bind(binding: Binding) -> Bound:
    """Bencode needs no schema."""
    return Bound(encode, decode)


CODEC = Codec(
    "bencode", ("application/x-bencode",), bind, carries=lambda value: isinstance(value, (dict, list)), structured=True
)
