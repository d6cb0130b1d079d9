"""Lists of JSON values, a line each (ndjson.org, jsonlines.org), or each after a record separator (RFC 7464).

A document may declare the schema of the list, or that of an item: see ``Codec.listed``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from openconnectors.engine.errors import Problem
from openconnectors.engine.streams import is_bytes
from openconnectors.engine.values.codecs import json
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, Parameters

MAX_LINE = 32 * 1024 * 1024
"""The most bytes of one line: while lines arrive without an end, memory would not be bounded."""

_SEPARATOR = b"\x1e"  # RFC 7464 section 2.2: before each text of a sequence


def _decode_items(
    chunks: Iterator[bytes], parameters: Parameters, path: tuple[str, ...], problems: list[Problem]
) -> Iterator[Any]:
    """The values of the lines, as they arrive; empty lines are skipped. The path is empty: there is one list."""
    for index, line in enumerate(_lines(chunks)):
        line_problems: list[Problem] = []
        try:
            value = json.decode(line, parameters, line_problems)
        except ValueError as error:
            raise ValueError(f"has an item {index} that {error}") from None
        problems += [replace(problem, path=(index, *problem.path)) for problem in line_problems]
        yield value


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > MAX_LINE:
            raise ValueError(f"has a line of more than {MAX_LINE:,} bytes")
        yield from filter(None, (line.strip(b" \t\r" + _SEPARATOR) for line in lines))
    yield from filter(None, [rest.strip(b" \t\r" + _SEPARATOR)])


def _encode(value: Any, prefix: bytes = b"") -> bytes:
    items = value if isinstance(value, list) else [value]
    return b"".join(prefix + json.encode(item) + b"\n" for item in items)


def bind(binding: Binding, prefix: bytes = b"") -> Bound:
    """A list with an item for each line, each written after ``prefix``. If the schema is that of an item, a single line
    is that item."""
    types = binding.resolve(binding.schema).types if binding.schema is not None else ()

    def decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        items = list(_decode_items(iter((data,)), parameters, (), problems))
        return items[0] if len(items) == 1 and types and "array" not in types else items

    return Bound(partial(_encode, prefix=prefix), decode, _decode_items)


def bind_sequence(binding: Binding) -> Bound:
    """JSON text sequences: lines with a record separator before each."""
    return bind(binding, _SEPARATOR)


def _carries(value: Any) -> bool:
    return not is_bytes(value)


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
