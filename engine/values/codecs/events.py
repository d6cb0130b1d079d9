"""Server-sent events (WHATWG HTML, section 9.2, "Server-sent events"): each is an object of its fields.

Rule 1. ``data`` is the text of its lines, ``event`` and ``id`` are text, ``retry`` is a number; a field that an event
does not have is absent. The last of several wins, but lines of ``data`` are joined.

Rule 2. Comments, unknown fields, an ``id`` with a zero character and a ``retry`` of anything but digits are ignored. An
event without ``data`` is none, and neither is what follows the last empty line (section 9.2.6).

Rule 3. If the schema is that of a list, the value is the list of events; else it is the text as it came. What ``data``
holds is not decided here: see ``event_body``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import Problem
from openconnectors.engine.leniency import ENCODING
from openconnectors.engine.streams import is_bytes, is_iterator
from openconnectors.engine.values.codecs import json, text
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, Parameters
from openconnectors.engine.values.codecs.charsets import utf_8_of

MAX_EVENT = 32 * 1024 * 1024
"""The most bytes of one event."""

_LINE_END = pattern(rb"\r\n|\n|\r")
_LINE_BREAK = pattern(r"\r\n|\n|\r")
_DIGITS = pattern(r"[0-9]{1,18}\Z", re.ASCII)
_FIELDS = ("event", "id", "retry")


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines that end, each as soon as its end arrives: CR LF, LF or CR."""
    parts: list[bytes] = []
    size, after_return = 0, False
    for chunk in chunks:
        if after_return and chunk.startswith(b"\n"):  # the second half of a CR LF
            chunk = chunk[1:]
            after_return = False
        if not chunk:
            continue
        after_return = chunk.endswith(b"\r")
        *lines, rest = _LINE_END.split(chunk)
        for line in lines:
            yield b"".join((*parts, line))
            parts, size = [], 0
        parts.append(rest)
        size += len(rest)
        if size > MAX_EVENT:
            raise ValueError(f"has a line of more than {MAX_EVENT:,} bytes")


def _decode_items(
    chunks: Iterator[bytes], parameters: Parameters, path: tuple[str, ...], problems: list[Problem]
) -> Iterator[Any]:
    """The events, as they arrive. The path is empty: there is one list."""
    event: dict[str, Any] = {}
    data: list[str] = []
    size, index, is_first = 0, 0, True
    for line in _lines(chunks):
        if is_first:
            line, is_first = line.removeprefix(b"\xef\xbb\xbf"), False
        if line:
            size += len(line)
            if size > MAX_EVENT:
                raise ValueError(f"has an event of more than {MAX_EVENT:,} bytes")
            _take(_text(line, index, problems), event, data)
            continue
        if data:
            yield {"data": "\n".join(data), **event}
            index += 1
        event, data, size = {}, [], 0


def _text(line: bytes, index: int, problems: list[Problem]) -> str:
    """The text of a line: always UTF-8, what is not is replaced (section 9.2.6)."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        problems.append(Problem((index,), "is not UTF-8, as server-sent events are", ENCODING))
        return line.decode("utf-8", "replace")


def _take(line: str, event: dict[str, Any], data: list[str]) -> None:
    """Process a line as a field of an event (section 9.2.6)."""
    name, _, value = line.partition(":")
    value = value.removeprefix(" ")
    if name == "data":
        data.append(value)
    elif name == "event":
        event.pop("event", None)
        if value:  # an empty one is that of no name
            event["event"] = value
    elif name == "id" and "\0" not in value:
        event["id"] = value
    elif name == "retry" and _DIGITS.match(value):
        event["retry"] = int(value)


def _encode(value: Any) -> bytes:
    events = value if isinstance(value, list) else [value]
    return b"".join(map(_event, events))


def _event(value: Any) -> bytes:
    """An event as lines; anything but an object of fields is the data of one."""
    fields = value if isinstance(value, dict) else {"data": value}
    lines = []
    for name in _FIELDS:
        field = fields.get(name)
        if field is not None:
            if _LINE_BREAK.search(str(field)) or (name == "id" and "\0" in str(field)):
                raise ValueError(f"has an event whose {name} has a line break or a zero character")
            lines.append(f"{name}: {field}")
    data = fields.get("data", "")
    written = data if isinstance(data, str) else json.encode(data).decode()
    lines += [f"data: {line}" for line in _LINE_BREAK.split(written)]
    return utf_8_of("\n".join(lines) + "\n\n")


def bind(binding: Binding) -> Bound:
    """A list of events if the schema is that of a list; else the text."""
    as_text = text.bind(binding)
    is_list = binding.schema is not None and "array" in binding.resolve(binding.schema).types

    def encode(value: Any) -> Any:
        return as_text.encode(value) if isinstance(value, str) else _encode(value)

    def decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        if is_list:
            return list(_decode_items(iter((data,)), parameters, (), problems))
        return as_text.decode(data, parameters, problems)

    return Bound(encode, decode, _decode_items)


CODEC = Codec(
    "events",
    ("text/event-stream",),
    bind,
    carries=lambda value: not is_bytes(value) or is_iterator(value),
    charset="utf-8",
    opaque=True,
    listed=True,
)
