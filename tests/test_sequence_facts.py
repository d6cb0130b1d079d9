"""Facts of sequences: what the items of JSON lists, JSON text sequences and server-sent events are, whatever the pieces
in which their bytes arrive."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Schema, XmlRule
from openconnectors.engine.values.codecs import codec_for, json_lists
from openconnectors.engine.values.codecs.binding import Binding

SIZES = (1, 2, 3, 7, 1000)


def items_of(media_type: str, data: bytes, path: tuple[str, ...] = (), size: int = 1000) -> tuple[Any, list[Problem]]:
    """The items of bytes that arrive in pieces of a size, with their problems."""
    codec = codec_for(media_type)
    assert codec is not None
    bound = codec.bind(Binding(Schema(), lambda schema: schema, lambda schema: {}, XmlRule()))
    assert bound.decode_items is not None
    problems: list[Problem] = []
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return list(bound.decode_items(pieces, {}, path, problems)), problems


EVENTS: dict[str, tuple[bytes, list[Any]]] = {
    "a line of data and an empty line are an event": (b"data: a\n\n", [{"data": "a"}]),
    "lines end with CR LF": (b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [{"data": "a\nb"}, {"data": "c"}]),
    "lines end with CR": (b"data: a\rdata: b\r\rdata: c\r\r", [{"data": "a\nb"}, {"data": "c"}]),
    "line ends may be mixed": (b"data: a\r\ndata: b\n\rdata: c\n\n", [{"data": "a\nb"}, {"data": "c"}]),
    "a byte order mark is no part of the first line": (b"\xef\xbb\xbfdata: a\n\n", [{"data": "a"}]),
    "a second one is": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
    "the last event needs its empty line": (b"data: a\n\ndata: b\n", [{"data": "a"}]),
    "an event without data is none, and its name is forgotten": (b"event: x\n\ndata: a\n\n", [{"data": "a"}]),
    "an empty line of data is data": (b"data\n\ndata:\n\ndata\ndata\n\n", [{"data": ""}, {"data": ""}, {"data": "\n"}]),
    "a comment is nothing": (b": ping\n\n:\ndata: a\n: b\n\n", [{"data": "a"}]),
    "one blank after the colon is no part of the value": (b"data:a\ndata: b\ndata:  c\n\n", [{"data": "a\nb\n c"}]),
    "fields are by their exact names": (b"Data: a\n data: b\ndata : c\ndata: d\n\n", [{"data": "d"}]),
    "an unknown field is nothing": (b"other: 1\ndata: a\n\n", [{"data": "a"}]),
    "the last name counts": (b"event: x\nevent: y\ndata: a\n\n", [{"data": "a", "event": "y"}]),
    "an empty name is none": (b"event: x\nevent\ndata: a\n\n", [{"data": "a"}]),
    "an id is text, of one event": (b"id: 7\ndata: a\n\ndata: b\n\n", [{"data": "a", "id": "7"}, {"data": "b"}]),
    "an empty id is an id": (b"id\ndata: a\n\n", [{"data": "a", "id": ""}]),
    "an id with a zero is none": (b"id: 7\x00\ndata: a\n\n", [{"data": "a"}]),
    "retry is a number": (b"retry: 1500\ndata: a\n\n", [{"data": "a", "retry": 1500}]),
    "retry of anything but digits is ignored": (b"retry: 1.5\nretry: -1\nretry:\ndata: a\n\n", [{"data": "a"}]),
    "a value may have colons": (b"data: {\"a\": 1}\n\n", [{"data": '{"a": 1}'}]),
    "text is UTF-8": ("data: é😀\n\n".encode(), [{"data": "é😀"}]),
    "nothing is no event": (b"", []),
}  # fmt: skip
"""Facts of WHATWG HTML section 9.2.6, with bytes and their events."""


@pytest.mark.parametrize("fact", EVENTS)
@pytest.mark.parametrize("size", SIZES)
def test_server_sent_events(fact: str, size: int) -> None:
    """Each fact holds whatever the pieces in which the bytes arrive."""
    data, events = EVENTS[fact]
    assert items_of("text/event-stream", data, size=size) == (events, [])


def test_an_event_ends_with_the_carriage_return_of_its_empty_line() -> None:
    """A reader does not wait for the line feed that may follow."""
    codec = codec_for("text/event-stream")
    assert codec is not None
    bound = codec.bind(Binding(Schema(), lambda schema: schema, lambda schema: {}, XmlRule()))

    def pieces() -> Iterator[bytes]:
        yield b"data: a\r\n\r"
        pytest.fail("the event was not yielded before the next piece")

    assert bound.decode_items is not None
    assert next(bound.decode_items(pieces(), {}, (), [])) == {"data": "a"}


SEQUENCES: dict[str, tuple[bytes, list[Any]]] = {
    "a separator before each text, a line break after it": (b"\x1e{}\n\x1e[1]\n", [{}, [1]]),
    "a text may have line breaks": (b'\x1e{\n"a": 1}\n\x1e{"b":\n2}\n', [{"a": 1}, {"b": 2}]),
    "a line break at the end may be missing after what has its own end": (b'\x1e{}\x1e"a"', [{}, "a"]),
    "empty texts are skipped": (b"\x1e\x1e\n\x1e{}\n\x1e", [{}]),
    "numbers and words are whole if a blank follows": (b"\x1e1\n\x1etrue \x1enull\n", [1, True, None]),
    "without any separator lines are read": (b"{}\n[1]\n", [{}, [1]]),
    "nothing has no items": (b"", []),
}
"""Facts of RFC 7464, with bytes and their values."""


@pytest.mark.parametrize("fact", SEQUENCES)
@pytest.mark.parametrize("size", SIZES)
def test_json_text_sequences(fact: str, size: int) -> None:
    """Each fact holds whatever the pieces in which the bytes arrive."""
    data, values = SEQUENCES[fact]
    assert items_of("application/json-seq", data, size=size) == (values, [])


@pytest.mark.parametrize("text", [b"12", b"true", b"null", b"-1.5e3"])
def test_a_number_or_word_without_a_blank_behind_it_may_be_cut(text: bytes) -> None:
    """RFC 7464 section 2.4: it is an error, as the beginning of an object is."""
    with pytest.raises(ValueError, match="item 1 that may be cut"):
        items_of("application/json-seq", b"\x1e{}\n\x1e" + text)


PARTS_OF: dict[str, tuple[bytes, list[Any]]] = {
    "parts between boundaries": (
        b'--b\r\nContent-Type: application/json\r\n\r\n{"a": 1}\r\n--b\r\n\r\nx\r\n--b--\r\n',
        [{"a": 1}, "x"],
    ),
    "without a line end at the end": (b"--b\r\n\r\nx\r\n--b--", ["x"]),
    "with text before and after": (b"before\r\n--b\r\n\r\nx\r\n--b--\r\nafter\r\n--b\r\n", ["x"]),
    "with line feeds alone": (b"--b\n\nx\n--b\n\ny\n--b--\n", ["x", "y"]),
    "blanks after a boundary": (b"--b \t\r\n\r\nx\r\n--b-- \r\n", ["x"]),
    "what only begins as a boundary": (b"--b\r\n\r\n\r\n--bc\r\n-\r\n--\r\n--b--\r\n", ["\r\n--bc\r\n-\r\n--"]),
    "no parts": (b"--b--\r\n", []),
}
"""Facts of RFC 2046 section 5.1, with bytes and their parts."""


@pytest.mark.parametrize("fact", PARTS_OF)
@pytest.mark.parametrize("size", SIZES)
def test_parts(fact: str, size: int) -> None:
    """Each fact holds whatever the pieces in which the bytes arrive, and for the whole body alike."""
    data, values = PARTS_OF[fact]
    codec = codec_for("multipart/mixed")
    assert codec is not None
    schema, parameters = Schema(types=("array",)), {"boundary": "b"}
    bound = codec.bind(
        Binding(
            schema,
            lambda schema: schema,
            lambda schema: {},
            XmlRule(),
            media_type="multipart/mixed",
            codec_for=codec_for,
        )
    )
    assert bound.decode_items is not None
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    assert list(bound.decode_items(pieces, parameters, (), [])) == bound.decode(data, parameters, []) == values
    with pytest.raises(ValueError, match="last boundary"):
        list(bound.decode_items(iter([data.partition(b"--b--")[0]]), parameters, (), []))


LISTS: dict[str, tuple[tuple[str, ...], bytes, list[Any]]] = {
    "a list is its items": ((), b'[1, {"a": [2]}, "x", null, [], true]', [1, {"a": [2]}, "x", None, [], True]),
    "an empty list has none": ((), b" [ ] ", []),
    "brackets and quotes in strings are text": ((), rb'["]", "[\"", {"a": "}\\\""}]', ["]", '["', {"a": '}\\"'}]),
    "a list in a member": (("value",), b'{"a": [1], "value": [2, 3], "b": {"value": [4]}}', [2, 3]),
    "a list deeper down": (("a", "b"), b'{"b": [0], "a": {"x": {"b": [0]}, "b": [1]}, "c": 1}', [1]),
    "a dotted name": (("odata", "items"), b'{"odata.items": [1]}', [1]),
    "a name with escapes": (("value",), b'{"v\\u0061lue": [1]}', [1]),
    "a byte order mark": ((), b"\xef\xbb\xbf[1]", [1]),
    "blanks anywhere": (("v",), b' { "v" : [ 1 , 2 ] } ', [1, 2]),
}  # fmt: skip
"""Facts of lists in JSON text: the path of the list, bytes, items."""


@pytest.mark.parametrize("fact", LISTS)
@pytest.mark.parametrize("size", SIZES)
def test_json_lists(fact: str, size: int) -> None:
    """Each fact holds whatever the pieces in which the bytes arrive."""
    path, data, values = LISTS[fact]
    assert items_of("application/json", data, path, size) == (values, [])


NOT_JSON = [b"", b"[", b"[1", b"[1,", b"[1,]", b"[,1]", b"[1 2]", b"[{} {}]", b"[{}1]", b"[1]]", b"[1] 2", b"x[1]",
            b"[1}", b'["a]', b"[{]}]", b"[1:2]", b"[NaN]", b"[[1]", b"<html>[1]</html>"]  # fmt: skip


@pytest.mark.parametrize("data", NOT_JSON)
@pytest.mark.parametrize("size", SIZES)
def test_what_is_not_json_is_refused(data: bytes, size: int) -> None:
    """Text that the whole would be refused for is refused item by item too."""
    with pytest.raises(ValueError, match="JSON"):
        items_of("application/json", data, (), size)


@pytest.mark.parametrize("seed", range(20))
def test_items_are_those_of_the_whole_text(seed: int) -> None:
    """Whatever the text: all items and no error, or an error where the whole is one."""
    draw = random.Random(seed)  # noqa: S311 - draws of a test
    for _ in range(200):
        text = json.dumps({"a": [[draw.choice(["[", '"', "\\", 1, {}, ["]"], {"}": '"'}])] * draw.randrange(3)] * 3})
        at = draw.randrange(len(text))
        text = draw.choice([text, text[:at], text[:at] + draw.choice('[]{},:" 1\\') + text[at:]])
        try:
            whole = json.loads(text)
        except ValueError:
            with pytest.raises(ValueError, match="JSON"):
                items_of("application/json", text.encode(), ("a",), draw.choice(SIZES))
        else:
            items, problems = items_of("application/json", text.encode(), ("a",), draw.choice(SIZES))
            assert items == whole["a"] if isinstance(whole.get("a"), list) else problems


def test_a_list_in_utf_16_is_read_with_a_deviation() -> None:
    """JSON is UTF-8; another encoding of Unicode is read as in the whole text."""
    items, problems = items_of("application/json", '[{"é": 1}]'.encode("utf-16"), size=3)
    assert items == [{"é": 1}]
    assert [problem.kind for problem in problems] == ["encoding"]


def test_two_lists_of_the_name_are_a_duplicate_member() -> None:
    """As in the whole text: two readers would disagree."""
    items, problems = items_of("application/json", b'{"v": [1], "v": [2]}', ("v",))
    assert items == [1]
    assert [problem.kind for problem in problems] == ["twice"]


@pytest.mark.parametrize(
    ("path", "data", "kind"),
    [
        ((), b"{}", "top level"),
        (("v",), b"[]", "top level"),
        (("v",), b'{"v": null}', "schema"),
        (("v",), b"{}", "schema"),
    ],
)
def test_a_text_without_the_list_is_a_problem(path: tuple[str, ...], data: bytes, kind: str) -> None:
    """Another type at the top is refused as in the whole text; a list that is absent is a deviation."""
    items, problems = items_of("application/json", data, path)
    assert (items, [problem.kind for problem in problems]) == ([], [kind])


PARTS: dict[str, tuple[bytes, bytes, bytes]] = {
    "application/json": (b"[", b'{"a": "' + b"x" * 500 + b'"},', b"1]"),
    "application/x-ndjson": (b"", b'{"a": "' + b"x" * 500 + b'"}\n', b""),
    "application/json-seq": (b"", b'\x1e{"a": "' + b"x" * 500 + b'"}\n', b""),
    "text/event-stream": (b"", b"data: " + b"x" * 500 + b"\n\n", b""),
}
"""How a long text begins, an item of it, and its end."""


@pytest.mark.parametrize("media_type", PARTS)
def test_memory_does_not_grow_with_the_items(media_type: str) -> None:
    """Ten thousand items of five hundred bytes need less than a megabyte at once."""
    codec = codec_for(media_type)
    assert codec is not None
    bound = codec.bind(Binding(Schema(), lambda schema: schema, lambda schema: {}, XmlRule()))
    start, item, end = PARTS[media_type]
    pieces = iter((start, *([item * 100] * 100), end))
    assert bound.decode_items is not None
    tracemalloc.start()
    try:
        count = sum(1 for _ in bound.decode_items(pieces, {}, (), []))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count >= 10_000
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("media_type", "start"),
    [
        ("application/json", b"["),
        ("application/json", b""),
        ("application/x-ndjson", b""),
        ("application/json-seq", b"\x1e"),
        ("text/event-stream", b""),
    ],
)
def test_an_item_without_an_end_is_refused(media_type: str, start: bytes) -> None:
    """An item has 32 MB at most: bytes that go on for ever do not fill the memory."""
    codec = codec_for(media_type)
    assert codec is not None
    bound = codec.bind(Binding(Schema(), lambda schema: schema, lambda schema: {}, XmlRule()))
    pieces = (
        start if index == 0 else b'"' + b"x" * 1_000_000 if index == 1 else b"x" * 1_000_000 for index in range(100)
    )
    assert bound.decode_items is not None
    with pytest.raises(ValueError, match=f"more than {json_lists.MAX_ITEM:,} bytes"):
        list(bound.decode_items(pieces, {}, (), []))
