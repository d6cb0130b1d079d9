"""Lists of JSON values, a line each (ndjson.org, jsonlines.org), or each after a record separator (RFC 7464).

What a document declares for one may be the list, or an item: see ``Codec.listed``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from openconnectors.engine.errors import Problem
from openconnectors.engine.streams import is_octets
from openconnectors.engine.values.codecs import json
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, Parameters

MAX_LINE = 32 * 1024 * 1024

_SEPARATOR = b"\x1e"  # RFC 7464 section 2.2: before each text of a sequence


def _each(
    pieces: Iterator[bytes], parameters: Parameters, above: tuple[str, ...], problems: list[Problem]
) -> Iterator[Any]:
    """The values of the lines, as they come; empty lines are passed over."""
    for index, line in enumerate(_lines(pieces)):
        odd: list[Problem] = []
        try:
            value = json.decode(line, parameters, odd)
        except ValueError as error:
            raise ValueError(f"has an item {index} that {error}") from None
        problems += [replace(one, path=(index, *one.path)) for one in odd]
        yield value


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > MAX_LINE:
            raise ValueError(f"has a line of more than {MAX_LINE:,} bytes")
        yield from filter(None, (line.strip(b" \t\r" + _SEPARATOR) for line in whole))
    yield from filter(None, [rest.strip(b" \t\r" + _SEPARATOR)])


def _encode(value: Any, before: bytes = b"") -> bytes:
    items = value if isinstance(value, list) else [value]
    return b"".join(before + json.encode(one) + b"\n" for one in items)


def bind(binding: Binding, before: bytes = b"") -> Bound:
    """Lists of lines; of a schema that is for an item alone, one line is that item."""
    types = binding.resolve(binding.schema).types if binding.schema is not None else ()

    def decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        items = list(_each(iter((data,)), parameters, (), problems))
        return items[0] if len(items) == 1 and types and "array" not in types else items

    return Bound(partial(_encode, before=before), decode, _each)


def bind_sequence(binding: Binding) -> Bound:
    """The same with separators."""
    return bind(binding, _SEPARATOR)


def _carries(value: Any) -> bool:
    return not is_octets(value)


CODECS = (
    Codec(
        "lines",
        (
            "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
            "application/x-jsonl",
            "application/jsonlines",
            "application/x-jsonlines",
            "application/json-lines",
            "application/stream+json",
            "application/x-json-stream",
            "text/x-ndjson",
            "text/jsonl",
        ),
        bind,
        _carries,
        structured=True,
        listed=True,
    ),
    Codec("sequence", ("application/json-seq", "+json-seq"), bind_sequence, _carries, structured=True, listed=True),
)
