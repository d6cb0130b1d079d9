"""Sequences through the front door: items as they come and as they go, over loopback, and what an event holds."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.client.connector import connected
from openconnectors.engine.documents import loader
from openconnectors.engine.http import Headers
from openconnectors.engine.http import Response as Received
from openconnectors.engine.sandbox import Sandbox
from tests.conftest import serving

ITEM = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "integer"}, "at": {"type": "string", "format": "date"}},
}
DATA = {"type": "string", "contentMediaType": "application/json", "contentSchema": ITEM}
EVENT = {
    "type": "object",
    "required": ["event"],
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}, "id": {"type": "string"}},
    "oneOf": [
        {"properties": {"event": {"const": "item"}, "data": DATA}},
        {"properties": {"event": {"const": "text"}, "data": {"contentMediaType": "text/plain"}}},
        {"properties": {"event": {"const": "message"}, "data": {"const": "[DONE]"}}},
    ],
}


def document(folder: Path, content: Any, *, sent: Any = None, version: str = "3.2.0", method: str = "post") -> Path:
    """A document with one operation: ``content`` of its response, what is ``sent``."""
    operation: dict[str, Any] = {
        "operationId": "read",
        "responses": {"200": {"description": "ok", "content": content}},
    }
    if sent is not None:
        operation["requestBody"] = {"content": sent}
    path = folder / "streams.openapi.json"
    path.write_text(
        json.dumps({"openapi": version, "info": {"title": "S", "version": "1"}, "paths": {"/a": {method: operation}}})
    )
    return path


def answering(path: Path, media_type: str, data: bytes) -> Any:
    """What reads the value of bytes in a media type: in process, nothing is sent."""
    api = openconnectors.load_file(path, base_url="http://127.0.0.1")
    plan = connected(api).plan("read")
    return lambda mode="lenient": plan.read(Received(200, Headers([("Content-Type", media_type)]), data), mode)


EVENTS: dict[str, tuple[str, Any, bytes, list[Any], list[str]]] = {
    "data is what it holds, in the alternative that the event keeps to": (
        "itemSchema",
        EVENT,
        b'event: item\ndata: {"n": 1}\n\nevent: text\ndata: {"n": 1}\n\n',
        [{"event": "item", "data": {"n": 1}}, {"event": "text", "data": '{"n": 1}'}],
        [],
    ),
    "an event without a name is a message": ("itemSchema", EVENT, b"data: [DONE]\n\n", [{"data": "[DONE]"}], []),
    "data that is not JSON stays text": (
        "itemSchema",
        {"properties": {"data": DATA}},
        b"data: x\n\n",
        [{"data": "x"}],
        ["[0].data: is not JSON at byte 0: Expecting value"],
    ),
    "data that breaks its schema is a deviation": (
        "itemSchema",
        {"properties": {"data": DATA}},
        b"data: {}\n\n",
        [{"data": {}}],
        ["[0].data.n: is missing"],
    ),
    "data without a word about it is text": (
        "itemSchema",
        {"properties": {"data": {"type": "string"}}},
        b'data: {"n": 1}\n\n',
        [{"data": '{"n": 1}'}],
        [],
    ),
    "a name that the schema does not have": (
        "itemSchema",
        {"properties": {"event": {"const": "item"}}, "required": ["event"]},
        b"data: a\n\n",
        [{"data": "a"}],
        ["[0].event: must be 'item', not 'message'"],
    ),
    "a list of what data holds": (
        "schema",
        {"type": "array", "items": ITEM},
        b'data: {"n": 1}\n\ndata: [DONE]\n\n',
        [{"data": {"n": 1}}, {"data": "[DONE]"}],
        [],
    ),
    "a list of events whose data is an object": (
        "schema",
        {"type": "array", "items": {"type": "object", "properties": {"event": {"type": "string"}, "data": ITEM}}},
        b'event: a\ndata: {"n": 1}\n\n',
        [{"event": "a", "data": {"n": 1}}],
        [],
    ),
}
"""A keyword, its schema; bytes; the events, the deviations."""


@pytest.mark.parametrize("fact", EVENTS)
def test_events(tmp_path: Path, fact: str) -> None:
    """The value of a call, with its deviations; strict refuses what deviates."""
    keyword, schema, data, events, deviations = EVENTS[fact]
    read = answering(document(tmp_path, {"text/event-stream": {keyword: schema}}), "text/event-stream", data)
    response = read()
    assert (response.value, [str(problem) for problem in response.deviations]) == (events, deviations)
    if deviations:
        with pytest.raises(openconnectors.InvalidResponse):
            read("strict")
    else:
        assert read("strict").value == events


@pytest.mark.parametrize("schema", [{"type": "string"}, ITEM, {}], ids=["text", "object", "any"])
def test_a_stream_that_is_no_list_is_its_text(tmp_path: Path, schema: Any) -> None:
    """Before 3.2 documents describe the whole as text, or the data of one event: a call has the text."""
    content = {"text/event-stream": {"schema": schema}}
    path = document(tmp_path, content, version="3.1.0")
    assert answering(path, "text/event-stream", b"data: 1\n\n")().value == "data: 1\n\n"


@pytest.mark.parametrize("media_type", ["application/jsonl", "application/json-seq"])
def test_lines_that_are_declared_as_text_are_text(tmp_path: Path, media_type: str) -> None:
    """Read and sent as they are."""
    entry = {media_type: {"schema": {"type": "string"}}}
    path = document(tmp_path, entry, sent=entry, version="3.1.0")
    assert answering(path, media_type, b'{"n": 1}\n')("strict").value == '{"n": 1}\n'
    request = openconnectors.load_file(path, base_url="http://127.0.0.1").read.request(body='{"n": 1}\n')
    assert request.body == b'{"n": 1}\n'


class Peer:
    """A server that writes pieces, each when it is allowed to, and learns whether the client has gone."""

    def __init__(self, media_type: str, *pieces: bytes) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nConnection: close\r\n\r\n".encode()
        self.pieces = pieces
        self.allowed = threading.Semaphore(1)
        self.is_gone = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self.listener, self.listener.accept()[0] as peer:
            peer.recv(65536)
            peer.sendall(self.head)
            for piece in self.pieces:
                self.allowed.acquire()
                peer.sendall(piece)
            if peer.recv(1) == b"":
                self.is_gone.set()


def items(path: Path, url: str, **options: Any) -> Iterator[Any]:
    return openconnectors.load_file(path, base_url=url, timeout=20).read.using(**options).each()


PIECES: dict[str, tuple[Any, list[bytes], list[Any]]] = {
    "application/jsonl": ({"itemSchema": ITEM}, [b'{"n": 1}\n', b'{"n": 2}\n{"n"', b": 3}\n"], [[1], [2], [3]]),
    "application/json-seq": ({"itemSchema": ITEM}, [b'\x1e{"n": 1}\n', b'\x1e{"n":\n2}\n'], [[1], [2]]),
    "text/event-stream": (
        {"itemSchema": {"properties": {"data": DATA}}},
        [b'data: {"n": 1}\n\n', b': ping\ndata: {"n": 2}\r\n\r\n'],
        [[1], [2]],
    ),
    "application/json": ({"schema": {"type": "array", "items": ITEM}}, [b'[{"n": 1}', b', {"n": 2}]'], [[1], [2]]),
}
"""A media type, what it is declared with; pieces; the numbers that can be read after each."""


@pytest.mark.parametrize("media_type", PIECES)
def test_an_item_is_read_when_it_has_come(tmp_path: Path, media_type: str) -> None:
    """While the service has not sent the next one; leaving off closes the connection."""
    entry, pieces, numbers = PIECES[media_type]
    peer = Peer(media_type, *pieces)
    each = items(document(tmp_path, {media_type: entry}), peer.url)
    for count in [len(group) for group in numbers]:
        for _ in range(count):
            item = next(each)
            number = item["data"]["n"] if "data" in item else item["n"]
            assert [number] in numbers
        peer.allowed.release()
    each.close()  # type: ignore[attr-defined]
    assert peer.is_gone.wait(20)


def test_a_stream_that_is_cut_is_an_error(tmp_path: Path) -> None:
    """What was yielded before is known not to be the whole."""
    peer = Peer("application/json", b'[{"n": 1},')
    threading.Timer(0.1, peer.listener.close).start()
    peer.head = peer.head.replace(b"Connection: close", b"Content-Length: 100\r\nConnection: close")
    path = document(tmp_path, {"application/json": {"schema": {"type": "array", "items": ITEM}}})
    each = openconnectors.load_file(path, base_url=peer.url, timeout=1).read.each()
    assert next(each) == {"n": 1}
    with pytest.raises(openconnectors.TransportError):
        next(each)


LISTS: dict[str, tuple[Any, Any, Any]] = {
    "a list": ({"type": "array", "items": ITEM}, [{"n": 1}], [{"n": 1}]),
    "the only list of an object": (
        {"type": "object", "properties": {"count": {"type": "integer"}, "things": {"type": "array", "items": ITEM}}},
        {"count": 1, "things": [{"n": 1}]},
        [{"n": 1}],
    ),
    "a list that is absent": ({"type": "object", "properties": {"a": {"type": "array"}}}, {}, []),
    "an item that deviates": ({"type": "array", "items": ITEM}, [{"n": "x"}], [{"n": "x"}]),
}


@pytest.mark.parametrize("fact", LISTS)
def test_each_of_a_json_list(tmp_path: Path, fact: str) -> None:
    """The items are those of the whole value, wherever the list is."""
    schema, value, expected = LISTS[fact]
    path = document(tmp_path, {"application/json": {"schema": schema}}, version="3.1.0")
    with serving(server := _server(lambda request: Response(json.dumps(value), content_type="application/json"))):
        assert list(items(path, server.url)) == expected
        if "deviates" in fact or "absent" in fact:
            with pytest.raises(openconnectors.InvalidResponse, match="does not match the document"):
                list(items(path, server.url, validate_responses="strict"))


def _server(respond: Any) -> Any:
    server = make_server("127.0.0.1", 0, Request.application(respond), threaded=True)
    server.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    return server


WRITTEN = {
    "application/jsonl": b'{"n":1,"at":"2026-01-31"}\n{"n":2}\n',
    "application/json-seq": b'\x1e{"n":1,"at":"2026-01-31"}\n\x1e{"n":2}\n',
    "text/event-stream": b'data: {"n": 1}\n\n',
}


def test_parts_are_items(tmp_path: Path) -> None:
    """The parts of multipart/mixed, each in its own media type, judged by the schema of the items."""
    content = {"multipart/mixed": {"itemSchema": ITEM, "itemEncoding": {"contentType": "application/json"}}}
    data = b'--b\r\nContent-Type: application/json\r\n\r\n{"n": 1, "at": "2026-01-31"}\r\n--b\r\n\r\n{}\r\n--b--'
    with serving(server := _server(lambda request: Response(data, content_type="multipart/mixed; boundary=b"))):
        path = document(tmp_path, content)
        first, second = items(path, server.url)
        assert (first["n"], first["at"].isoformat(), second) == (1, "2026-01-31", {})
        each = items(path, server.url, validate_responses="strict")
        next(each)
        with pytest.raises(openconnectors.InvalidResponse, match="item 1 of the response"):
            next(each)


def test_items_are_asked_for_in_a_sequence(tmp_path: Path) -> None:
    """``each`` asks for the media type of a sequence, if the operation offers one and the caller chooses none."""
    content = {"application/json": {"schema": ITEM}, "application/jsonl": {"itemSchema": ITEM}}
    accepted = []

    def respond(request: Request) -> Response:
        accepted.append(request.headers["Accept"])
        return Response(b'{"n": 1}\n', content_type="application/jsonl")

    with serving(server := _server(respond)):
        read = openconnectors.load_file(document(tmp_path, content), base_url=server.url).read
        assert list(read.each()) == list(read.using(accept="application/jsonl").each()) == read()
    assert accepted == ["application/jsonl", "application/jsonl", "application/json, application/jsonl;q=0.9"]


def test_a_sandbox_serves_and_takes_sequences(tmp_path: Path) -> None:
    """Each sequence of a document, strict: what it makes of the document, and what a generator sends."""
    events = {"text/event-stream": {"itemSchema": {"required": ["data"], "properties": {"data": DATA}}}}
    for content in (events, *({name: {"itemSchema": ITEM}} for name in ("application/jsonl", "application/json-seq"))):
        path = document(tmp_path, content, sent={"application/jsonl": {"itemSchema": ITEM}})
        with Sandbox(loader.load(path)) as sandbox:
            read = openconnectors.load_file(path, base_url=sandbox.url, validate_responses="strict").read
            items_read = list(read.each(body=iter([{"n": 1}])))
            assert items_read == read(body=[{"n": 1}])
            assert (items_read[0]["data"] if content is events else items_read[0])["n"] == 1


def test_deviations_of_items_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each kind once, as those of a response."""
    path = document(tmp_path, {"application/jsonl": {"itemSchema": ITEM}})
    with serving(server := _server(lambda request: Response(b"{}\n{}\n", content_type="application/jsonl"))):
        assert list(items(path, server.url)) == [{}, {}]
    assert [record.message for record in caplog.records if "deviates" in record.message] == [
        "streams read deviates from its document: *.n"
    ]


@pytest.mark.parametrize("media_type", ["application/jsonl", "application/json-seq"])
def test_items_are_sent_as_they_come(tmp_path: Path, media_type: str) -> None:
    """A generator is sent item by item, each in the types of its schema; a list gives the same bytes."""
    import datetime

    path = document(tmp_path, {"application/json": {}}, sent={media_type: {"itemSchema": ITEM}})
    values = [{"n": 1, "at": datetime.date(2026, 1, 31)}, {"n": 2}]
    with serving(
        server := _server(
            lambda request: Response(json.dumps(request.get_data().decode()), content_type="application/json")
        )
    ):
        read = openconnectors.load_file(path, base_url=server.url).read
        assert read(body=(value for value in values)) == read(body=values) == WRITTEN[media_type].decode()


def test_an_item_that_breaks_its_schema_is_not_sent(tmp_path: Path) -> None:
    """Nor is what comes after it: the upload ends with an error that names the item. Of a list nothing is sent."""
    path = document(tmp_path, {"application/json": {}}, sent={"application/jsonl": {"itemSchema": ITEM}})
    taken = []

    def values() -> Iterator[Any]:
        for value in ({"n": 1}, {"n": "x"}, {"n": 3}):
            taken.append(value)
            yield value

    with serving(
        server := _server(
            lambda request: Response(json.dumps(len(request.get_data())), content_type="application/json")
        )
    ):
        read = openconnectors.load_file(path, base_url=server.url).read
        with pytest.raises(
            openconnectors.TransportError, match=r"item 1 does not match the document: n: must be integer"
        ):
            read(body=values())
        assert len(taken) == 2
        with pytest.raises(openconnectors.InvalidArguments):
            read(body=[{"n": 1}, {"n": "x"}])


def test_lines_that_are_written_already_are_sent_as_they_are(tmp_path: Path) -> None:
    """Bytes of a generator are lines of the caller's, a file is all of them."""
    path = document(tmp_path, {"application/json": {}}, sent={"application/jsonl": {"itemSchema": ITEM}})
    request = openconnectors.load_file(path, base_url="http://127.0.0.1").read.request(
        body=iter([b'{"n":9}\n', {"n": 1}])
    )
    assert b"".join(request.body) == b'{"n":9}\n{"n":1}\n'
    (lines := tmp_path / "lines.jsonl").write_bytes(b'{"n":9}\n')
    request = openconnectors.load_file(path, base_url="http://127.0.0.1").read.request(body=lines)
    assert (b"".join(request.body), request.headers["Content-Type"]) == (b'{"n":9}\n', "application/jsonl")


CLOSEST: list[tuple[str, str]] = [
    ("application/json", "plain"),
    ("application/json; charset=utf-8", "plain"),
    ("application/json; v=2", "v2"),
    ("Application/JSON;V=2; charset=utf-8", "v2"),
    ("application/json; v=3", "plain"),
    ("application/vnd.a+json", "vendor"),
    ("application/vnd.b+json", "application"),
    ("text/csv", "text"),
    ("image/png", "any"),
]
"""A Content-Type, and which of the declared media types describes it."""

DECLARED = {
    "*/*": "any",
    "application/*": "application",
    "application/json; v=2": "v2",
    "text/*": "text",
    "application/vnd.a+json": "vendor",
    "application/json": "plain",
}


@pytest.mark.parametrize("turned", [False, True], ids=["as they are", "turned round"])
@pytest.mark.parametrize(("content_type", "name"), CLOSEST, ids=str)
def test_the_closest_media_type_describes_a_response(
    tmp_path: Path, content_type: str, name: str, turned: bool
) -> None:
    """Whatever the order in the document: by name and parameters, by name, by a range of its type, by any."""
    content = {media_type: {"schema": {"const": known}} for media_type, known in DECLARED.items()}
    content = dict(reversed(content.items())) if turned else content
    read = answering(
        document(tmp_path, content),
        content_type,
        json.dumps(name).encode() if "json" in content_type.lower() else name.encode(),
    )
    assert read("strict").value in (name, name.encode())


@pytest.mark.parametrize(("statuses", "is_read"), [(["200"], False), (["200", "206"], True)])
def test_a_part_is_read_where_it_is_declared(tmp_path: Path, statuses: list[str], is_read: bool) -> None:
    """206 without a word of the document is refused: no part was asked for."""
    content = {"content": {"text/plain": {}}}
    responses = {status: {"description": "-", **content} for status in statuses}
    path = tmp_path / "t.openapi.json"
    paths = {"/a": {"get": {"operationId": "read", "responses": responses}}}
    path.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}))
    plan = connected(openconnectors.load_file(path, base_url="http://127.0.0.1")).plan("read")
    response = Received(206, Headers([("Content-Type", "text/plain")]), b"a")
    if is_read:
        assert plan.read(response, "strict").value == "a"
    else:
        with pytest.raises(openconnectors.InvalidResponse, match="206"):
            plan.read(response, "strict")
