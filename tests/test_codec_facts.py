"""Facts of the table of codecs: the media types of each row, its bytes for a value and back, and bytes it refuses.

At the end a row is added, as anybody would add one, and used in calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Schema, XmlRule
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.streams import Content
from openconnectors.engine.values import codecs
from openconnectors.engine.values.codecs import BINARY, CODECS, codec_for, essence, is_fallback
from openconnectors.engine.values.codecs.binding import Binding, Bound
from tests import toy_codec
from tests.conftest import serving

OBJECT = Schema(
    types=("object",), name="Pet", properties={"id": Schema(types=("integer",)), "name": Schema(types=("string",))}
)
TEXT = Schema(types=("string",))
VALUE = {"id": 7, "name": "Größe"}

MEDIA_TYPES: dict[str, str] = {
    "application/json": "json",
    "APPLICATION/JSON; charset=utf-8": "json",
    "text/json": "json",
    "application/problem+json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "image/svg+xml": "xml",
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data; boundary=x": "multipart",
    "application/x-ndjson": "lines",
    "text/jsonl": "lines",
    "application/json-seq": "sequence",
    "application/geo+json-seq": "sequence",
    "text/event-stream": "events",
    "text/plain": "text",
    "text/html": "text",
    "text/csv": "text of another format",
    "application/octet-stream": "binary",
    "application/pdf": "binary",
    "image/png": "binary",
    "application/vnd.example": "binary",
}
"""Media types with the name of the row that reads them."""

BOTH_WAYS: dict[str, tuple[Schema, Any, bytes]] = {
    "json": (OBJECT, VALUE, '{"id":7,"name":"Größe"}'.encode()),
    "xml": (
        OBJECT,
        VALUE,
        "<?xml version='1.0' encoding='UTF-8'?>\n<Pet><id>7</id><name>Größe</name></Pet>".encode(),
    ),
    "form": (OBJECT, VALUE, b"id=7&name=Gr%C3%B6%C3%9Fe"),
    "lines": (Schema(types=("array",), items=OBJECT), [VALUE], '{"id":7,"name":"Größe"}\n'.encode()),
    "sequence": (Schema(types=("array",), items=OBJECT), [VALUE], '\x1e{"id":7,"name":"Größe"}\n'.encode()),
    "events": (
        Schema(types=("array",), items=OBJECT),
        [{"data": "a\nb", "event": "add", "id": "7"}, {"data": ""}],
        b"event: add\nid: 7\ndata: a\ndata: b\n\ndata: \n\n",
    ),
    "text": (Schema(types=("integer",)), 7, b"7"),
    "text of another format": (TEXT, "a;b\r\n1;2", b"a;b\r\n1;2"),
    "binary": (Schema(types=("file",)), b"\x00\xff", b"\x00\xff"),
}
"""A schema, a wire value and its bytes. (multipart has a random boundary, and a test of its own.)"""

NOT_OF_THE_MEDIA_TYPE: dict[str, list[tuple[bytes, str]]] = {
    "json": [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"NaN", "not JSON"),
        (b'"\xff"', "not UTF-8"),
        (b"[" * 300 + b"]" * 300, "deep"),
    ],
    "xml": [
        (b"", "not XML"),
        (b"<Pet>", "not XML"),
        (b"<html/>", "HTML page"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><Pet>&b;</Pet>', "entities"),
        (b"<Other/>", "expected <Pet>"),
    ],
    "form": [(b"id=%FF", "UTF-8"), ("ü=1".encode(), "UTF-8")],
    "multipart": [(b"--x\r\n", "not a multipart form")],
    "lines": [(b"{}\n{", "item 1 that is not JSON")],
    "sequence": [(b"\x1e{}\n\x1e{", "item 1 that is not JSON")],
    "events": [(b"\xff", "not UTF-8")],
    "text": [(b"\xff", "not UTF-8")],
    "text of another format": [(b"\xff", "not UTF-8")],
    "binary": [],
}
"""Bytes that a row refuses, with a part of the message."""

CANNOT_BE_WRITTEN: dict[str, list[Any]] = {
    "json": [{"name": "\ud800"}, {"at": object()}],
    "xml": ["text", {"name": "\x00"}, {"not a name": 1}],
    "form": [["a"], {"name": {"a": {"b": 1}}}],
    "multipart": ["text"],
    "lines": ["\ud800"],
    "sequence": ["\ud800"],
    "events": ["\ud800", {"data": "", "event": "a\nb"}],
    "text": [{"a": 1}, "\ud800"],
    "text of another format": [{"a": 1}],
    "binary": [7, {"a": 1}],
}
"""Values that a row cannot write."""

ROWS = {row.name: row for row in CODECS}


def bound(name: str, schema: Schema) -> Bound:
    """A row bound to a schema without references."""
    return ROWS[name].bind(Binding(schema, lambda declared: declared, lambda resolved: {}, XmlRule()))


def test_each_row_has_its_facts() -> None:
    """A new codec comes with its facts on this page."""
    assert set(MEDIA_TYPES.values()) == set(NOT_OF_THE_MEDIA_TYPE) == set(CANNOT_BE_WRITTEN) == set(ROWS)
    assert set(BOTH_WAYS) == set(ROWS) - {"multipart"}


@pytest.mark.parametrize(("media_type", "name"), MEDIA_TYPES.items())
def test_a_media_type_has_its_row(media_type: str, name: str) -> None:
    """The closest match wins: the full name, then the suffix, then the range; parameters and case do not count."""
    assert codec_for(media_type) is ROWS[name]


@pytest.mark.parametrize("media_type", ["", "json", "message/rfc822", "chemical/x-pdb"])
def test_a_media_type_without_a_row(media_type: str) -> None:
    """There are media types that no row reads."""
    assert codec_for(media_type) is None


def test_no_media_type_is_in_two_rows() -> None:
    """What reads a media type does not depend on the order of the rows."""
    names = [name for row in CODECS for name in row.matches]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("media_type", "fallback"),
    [("application/vnd.example", True), ("application/pdf", False), ("image/png", False), ("application/json", False)],
)
def test_an_unknown_media_type_of_an_application_says_nothing(media_type: str, fallback: bool) -> None:
    """What only application/* matches may be anything: then the document's schema decides."""
    assert is_fallback(media_type) is fallback


def test_the_parameters_of_a_content_type() -> None:
    """Names in lower case, values without their quotes (RFC 9110 section 5.6.6)."""
    assert essence('Multipart/Form-Data; Boundary="a;\\"b"; charset=x') == (
        "multipart/form-data",
        {"boundary": 'a;"b', "charset": "x"},
    )


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_a_value_is_written_as_these_bytes(name: str) -> None:
    """A wire value has these bytes."""
    schema, value, data = BOTH_WAYS[name]
    written = bound(name, schema).encode(value)

    assert (b"".join(written) if isinstance(written, Content) else written) == data


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_bytes_are_read_as_this_value(name: str) -> None:
    """What a row writes it reads as the same value, and finds nothing wrong with it."""
    schema, value, data = BOTH_WAYS[name]
    problems: list[Problem] = []

    assert (bound(name, schema).decode(data, {}, problems), problems) == (value, [])


def test_a_multipart_form_is_read_back() -> None:
    """Fields are parts of text, a file is a part with a file name; the boundary is a parameter of the Content-Type."""
    schema = Schema(types=("object",), properties={**OBJECT.properties, "photo": Schema(types=("file",))})
    codec = bound("multipart", schema)
    written = codec.encode({**VALUE, "photo": b"\x00"})
    assert isinstance(written, Content)
    boundary = written.parameters.partition("=")[2]

    assert codec.decode(b"".join(written), {"boundary": boundary}, []) == {**VALUE, "photo": b"\x00"}


@pytest.mark.parametrize(
    ("name", "data", "message"), [(name, *case) for name, cases in NOT_OF_THE_MEDIA_TYPE.items() for case in cases]
)
def test_bytes_of_another_media_type_are_refused(name: str, data: bytes, message: str) -> None:
    """Bytes that are not of the media type raise ValueError with the end of a sentence."""
    with pytest.raises(ValueError, match=message):
        bound(name, OBJECT).decode(data, {"boundary": "x"}, [])


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, each in CANNOT_BE_WRITTEN.items() for value in each]
)
def test_a_value_that_cannot_be_written_is_refused(name: str, value: Any) -> None:
    """A value that the media type cannot hold raises ValueError; nothing is sent in its place."""
    with pytest.raises(ValueError, match=r"^(must|has|contains|cannot|a|an|is) "):
        bound(name, OBJECT).encode(value)


@pytest.mark.parametrize("name", [row.name for row in CODECS if row.structured])
def test_a_structured_row_writes_any_json_value(name: str) -> None:
    """Objects, lists, texts, numbers, booleans and null can be written without a schema."""
    for value in ({"a": [1, "b", None]}, [True], "x", 1.5, None):
        assert bound(name, Schema()).encode(value)


def test_bytes_are_carried_as_they_are() -> None:
    """Only the binary row is the usual one for bytes and files."""
    assert [row for row in CODECS if row.carries(b"x")] == [BINARY]


# A row of one's own

MEDIA_TYPE = toy_codec.CODEC.matches[0]
SCHEMA = {
    "type": "object",
    "required": ["day"],
    "properties": {
        "day": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "size": {"type": "integer"},
    },
}


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The table with one more row."""
    monkeypatch.setattr(codecs, "CODECS", (*CODECS, toy_codec.CODEC))
    codec_for.cache_clear()
    is_fallback.cache_clear()
    yield
    monkeypatch.undo()
    codec_for.cache_clear()
    is_fallback.cache_clear()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document whose operations take and return the new media type."""
    response = {"200": {"description": "What was sent", "schema": SCHEMA}}
    body = {"name": "body", "in": "body", "required": True, "schema": SCHEMA}
    path = tmp_path / "toy.swagger.json"
    path.write_text(
        json.dumps(
            {
                "swagger": "2.0",
                "info": {"title": "Toy", "version": "1"},
                "consumes": [MEDIA_TYPE],
                "produces": [MEDIA_TYPE],
                "paths": {"/a": {"post": {"operationId": "put", "parameters": [body], "responses": response}}},
            }
        )
    )
    return path


@pytest.mark.usefixtures("row")
def test_a_new_row_is_used_in_both_directions(document: Path) -> None:
    """With a module and a row a call sends the media type, validated, and reads it, with formats as objects."""
    received: list[tuple[str, str, bytes]] = []

    @Request.application
    def application(request: Request) -> Response:
        received.append((request.headers["Content-Type"], request.headers["Accept"], request.get_data()))
        return Response(b"d3:day10:2026-01-314:sizei7e4:tagsl1:aee", content_type=MEDIA_TYPE)

    with serving(make_server("127.0.0.1", 0, application)) as url:
        api = openconnectors.load_file(document, base_url=url)
        response = api.put.response(day="2026-01-30", tags=["b", "ü"])

    assert received == [(MEDIA_TYPE, MEDIA_TYPE, "d3:day10:2026-01-304:tagsl1:b2:üee".encode())]
    assert (response.value["day"].day, response.value["size"], response.value["tags"]) == (31, 7, ["a"])
    assert response.deviations == ()


@pytest.mark.usefixtures("row")
def test_a_new_row_is_validated(document: Path) -> None:
    """Arguments are checked before anything is written, and a response that is not of the media type is refused."""

    @Request.application
    def application(request: Request) -> Response:
        return Response(b"d3:day", content_type=MEDIA_TYPE)

    with serving(make_server("127.0.0.1", 0, application)) as url:
        api = openconnectors.load_file(document, base_url=url)
        with pytest.raises(openconnectors.InvalidArguments, match="size: must be integer"):
            api.put(day="2026-01-30", size="large")
        with pytest.raises(openconnectors.InvalidResponse, match="is not bencode"):
            api.put(day="2026-01-30")


@pytest.mark.usefixtures("row")
def test_the_sandbox_uses_a_new_row(document: Path) -> None:
    """The sandbox reads and writes the new media type from the other end of the same row."""
    with Sandbox(loader.load(document)) as sandbox:
        api = openconnectors.load_file(document, base_url=sandbox.url, validate_responses="strict")
        response = api.put.response(day="2026-01-30")

    assert (response.status, response.headers["Content-Type"]) == (200, MEDIA_TYPE)
