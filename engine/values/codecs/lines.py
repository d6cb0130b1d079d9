"""Lists of JSON values, a line each (ndjson.org, jsonlines.org), or each after a record separator (RFC 7464).

A document may declare the schema of the list, or that of an item: see ``Codec.listed``; or that of a text, as documents
do that have no word for sequences (before OpenAPI 3.2): then the value is the text as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import Problem
from openconnectors.engine.streams import is_bytes, is_iterator
from openconnectors.engine.values.codecs import json, text
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, Parameters
from openconnectors.engine.values.codecs.charsets import utf_8_of

MAX_LINE = 32 * 1024 * 1024
"""The most bytes of one line: while lines arrive without an end, memory would not be bounded."""

_SEPARATOR = b"\x1e"  # RFC 7464 section 2.2: before each text of a sequence
_BLANKS = b" \t\r\n"
_MAY_BE_CUT = pattern(rb"(?:-?[0-9.eE+-]+|true|false|null)\Z")
"""A text that may be the beginning of another, since no blank follows it (RFC 7464 section 2.4)."""


def _decode_items(
    chunks: Iterator[bytes],
    parameters: Parameters,
    path: tuple[str, ...],
    problems: list[Problem],
    *,
    sequence: bool = False,
) -> Iterator[Any]:
    """The values of the lines or of the texts of a ``sequence``, as they arrive. The path is empty: there is one
    list."""
    for index, line in enumerate(_texts(chunks) if sequence else _lines(chunks)):
        item_problems: list[Problem] = []
        try:
            if sequence and _MAY_BE_CUT.match(line):
                raise ValueError("may be cut: nothing follows it")
            value = json.decode(line, parameters, item_problems)
        except ValueError as error:
            raise ValueError(f"has an item {index} that {error}") from None
        problems += [replace(problem, path=(index, *problem.path)) for problem in item_problems]
        yield value


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines, each as soon as its end arrives; empty ones are skipped."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            yield from filter(None, (b"".join((*parts, piece)).strip(_BLANKS + _SEPARATOR),))
            parts, size = [], 0
        parts.append(rest)
        size = _bounded(size + len(rest))
    yield from filter(None, (b"".join(parts).strip(_BLANKS + _SEPARATOR),))


def _texts(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The texts between record separators, without blanks before them; lines, if there is no separator at all."""
    start = b""
    for chunk in chunks:
        start += chunk
        if start.strip(_BLANKS):
            break
    chunks = chain((start,), chunks)
    if not start.strip(_BLANKS).startswith(_SEPARATOR):
        return _lines(chunks)
    return filter(None, (piece.lstrip(_BLANKS) for piece in _separated(chunks)))


def _separated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What is between record separators, each as soon as its line break arrives, if it is whole then; else as soon as
    the next separator arrives."""
    parts: list[bytes] = []
    size = tried = 0
    for chunk in chunks:
        *ended, rest = chunk.split(_SEPARATOR)
        for piece in ended:
            yield b"".join((*parts, piece))
            parts, size, tried = [], 0, 0
        parts.append(rest)
        size = _bounded(size + len(rest))
        if rest.endswith(b"\n") and size >= 2 * tried:  # parsed again only when it has doubled: in linear time
            tried, whole = size, b"".join(parts)
            if _is_whole(whole):
                yield whole
                parts, size, tried = [], 0, 0
    yield b"".join(parts)


def _is_whole(text: bytes) -> bool:
    try:
        json.decode(text, {}, [])
    except ValueError:
        return False
    return True


def _bounded(size: int) -> int:
    if size > MAX_LINE:
        raise ValueError(f"has an item of more than {MAX_LINE:,} bytes")
    return size


def _encode(value: Any, prefix: bytes = b"") -> bytes:
    items = value if isinstance(value, list) else [value]
    return b"".join(prefix + json.encode(item) + b"\n" for item in items)


def _encode_text(value: Any, prefix: bytes = b"") -> bytes:
    return utf_8_of(value) if isinstance(value, str) else _encode(value, prefix)


def bind(binding: Binding, prefix: bytes = b"", *, sequence: bool = False) -> Bound:
    """A list with an item for each line, each written after ``prefix``. If the schema is that of an item, a single line
    is that item; if it is that of a text, the value is the text of all lines."""
    types = binding.resolve(binding.schema).types if binding.schema is not None else ()
    decode_items = partial(_decode_items, sequence=sequence)

    def decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        items = list(decode_items(iter((data,)), parameters, (), problems))
        return items[0] if len(items) == 1 and types and "array" not in types else items

    if types == ("string",):
        as_text = text.bind(binding)
        return Bound(partial(_encode_text, prefix=prefix), as_text.decode, decode_items)
    return Bound(partial(_encode, prefix=prefix), decode, decode_items)


def bind_sequence(binding: Binding) -> Bound:
    """JSON text sequences: texts with a record separator before each."""
    return bind(binding, _SEPARATOR, sequence=True)


def _carries(value: Any) -> bool:
    return not is_bytes(value) or is_iterator(value)


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
