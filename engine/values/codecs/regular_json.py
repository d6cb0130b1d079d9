"""Regular JSON, at the speed of C: texts in UTF-8 with nothing in them that readers disagree about.

Rule 1. A text is read here only if the value is the one that every reader of RFC 8259 gives. ``Irregular`` is raised
for any other: the reader of ``json`` says what is wrong with it, or reads it all the same.

Theory of operation. ``msgspec`` reads the grammar strictly, UTF-8 and pairs of surrogates too, and refuses a number
beyond a double that has a fraction or an exponent. Three things are left.

- Nesting and integers: the decoder has a type, that of values nested to some depth whose integers have 64 bits. It is
  as fast as one without.
- Duplicate members: of these the last is read. A text has two quotes for each name and each string, and one for each
  quote within them, which may be spelled ``\\"`` or ``\\u0022``. So has the text that is written of its value, always
  with a backslash and a quote. If a member were dropped, that had two quotes less at least.
"""

from __future__ import annotations

from functools import cache
from types import GenericAlias
from typing import Annotated, Any

from msgspec import Meta
from msgspec.json import Decoder, Encoder


class Irregular(ValueError):
    """The text is not regular JSON."""


DEPTHS = (5, 8)
"""How deep values may be nested. A decoder of the second depth is made when a text needs it: its size doubles with each
level."""

_ENCODER = Encoder()


def decode_regular(data: bytes) -> Any:
    """The wire value of JSON text; ``Irregular`` if it is not regular."""
    value = _decode(data)
    if len(data) < _LARGE:
        is_whole = _is_whole(data, _ENCODER.encode(value))
    else:
        try:
            spare = _spare.pop()
        except IndexError:  # it is the first, or another thread has it
            spare = bytearray()
        _ENCODER.encode_into(value, spare)
        is_whole = _is_whole(data, spare)
        if len(spare) <= _MOST_SPARE:
            _spare[:] = [spare]
    if not is_whole:
        raise Irregular
    return value


_LARGE = 64 * 1024
_MOST_SPARE = 4 * 1024 * 1024
_spare: list[bytearray] = []
"""Memory for what is written of the next large value: otherwise the system gives new memory for each, page by page,
which takes as long as writing to it."""


def _is_whole(data: bytes, written: bytes | bytearray) -> bool:
    """Return True if no member of a text is left out of what is written of its value."""
    return written == data or _quotes(data, written) == written.count(b'"')


def _quotes(data: bytes, written: bytes | bytearray) -> int:
    """The number of quotes of a text, if each was spelled as in what is written of its value."""
    quotes = data.count(b'"')
    if b"\\" in written and b"\\u0022" in data:
        if b"\\\\u0022" in data:  # an escaped backslash before it: no quote, or only that of an odd number
            raise Irregular
        quotes += data.count(b"\\u0022")
    return quotes


def _decode(data: bytes) -> Any:
    for depth in DEPTHS:
        try:
            return _decoder(depth).decode(data)
        except (ValueError, RecursionError):  # not JSON, not UTF-8, deeper, a larger number
            continue
    raise Irregular


@cache
def _decoder(depth: int) -> Decoder[Any]:
    """A decoder of values that are nested no deeper."""
    integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    scalars: Any = bool | integer | float | str | None
    values = scalars
    for _ in range(depth):
        values = scalars | GenericAlias(list, values) | GenericAlias(dict, (str, values))
    return Decoder(values)
