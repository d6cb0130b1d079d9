"""From bytes to a Python value in one go, for bodies in which nothing differs from the document.

Rule 1. Each check of ``Body`` is made. ``ValueError`` for any problem, without a word of it: ``Body`` says what it is.

Rule 2. A value that was just decoded is nobody else's, and is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeAlias

from openconnectors.engine.errors import Problem
from openconnectors.engine.values.codecs.binding import Bound, Parameters
from openconnectors.engine.values.transform import Conversion

PlainReader: TypeAlias = Callable[[bytes], Any]
"""Gives the Python value of bytes; ``ValueError`` if anything is wrong with them."""


def regular_decoder(bound: Bound, parameters: Parameters) -> PlainReader:
    """The decoder of a codec for bytes whose Content-Type has some parameters, with a ``ValueError`` for a problem."""
    if bound.decode_regular is not None:
        return bound.decode_regular
    decode = bound.decode

    def decode_regular(data: bytes) -> Any:
        problems: list[Problem] = []
        value = decode(data, parameters, problems)
        if problems:
            raise ValueError
        return value

    return decode_regular


def plain_reader(
    decode: PlainReader,
    steps: Sequence[Conversion],
    kinds: Collection[type],
    accepts: Callable[[Any], bool] | None,
    parse: Conversion | None,
) -> PlainReader:
    """The reader that decodes, takes some steps from wire to contract value, judges and parses. ``kinds`` are the types
    that a contract value as a whole may have."""

    def read(data: bytes) -> Any:
        value = decode(data)
        for step in steps:
            value = step(value)
        if type(value) not in kinds or (accepts is not None and not accepts(value)):
            raise ValueError
        return value if parse is None else parse(value)

    return read
