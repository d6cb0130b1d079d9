"""JSON (RFC 8259), strictly: UTF-8, no member twice, only finite numbers, bounded nesting."""

from __future__ import annotations

import json
from typing import Any

from engine.codecs.binding import MAX_DEPTH, Binding, Bound, Codec, Parameters, too_deep
from engine.content import is_octets

MAX_DIGITS = 300


def _pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"has the member {twice!r} twice")
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"has a number of {len(text)} digits")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("has a number too large for a double")
    return value


def _constant(text: str) -> Any:
    raise ValueError(f"has {text}, which is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer, parse_float=_number, parse_constant=_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def decode(data: bytes, parameters: Parameters) -> Any:
    """The value of JSON octets. A charset is not looked at: JSON is UTF-8 (section 8.1)."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"is no UTF-8 at byte {error.start}") from None
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON at byte {error.pos}: {error.msg}") from None
    except RecursionError:
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels") from None
    if text.count("{") + text.count("[") > MAX_DEPTH and too_deep(value):
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    if "\\u" in text:
        try:
            _ENCODER.encode(value).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("has half of a surrogate pair") from None
    return value


def encode(value: Any) -> bytes:
    """The octets of a plain value."""
    if too_deep(value):
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    try:
        return _ENCODER.encode(value).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("has half of a surrogate pair, which has no UTF-8") from None
    except TypeError as error:
        raise ValueError(f"cannot be written as JSON: {error}") from None


def bind(binding: Binding) -> Bound:
    """JSON needs no schema."""
    return Bound(encode, decode)


CODEC = Codec(
    "json",
    ("application/json", "text/json", "+json"),
    bind,
    carries=lambda value: not is_octets(value),
    structured=True,
)
