"""Files go up and come down in pieces, of any size; what breaks on the way is told."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from tests.conftest import ROOT, serving

MIB = 1024 * 1024
DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Files", "version": "1"},
    "host": "127.0.0.1",
    "schemes": ["http"],
    "paths": {
        "/raw": {
            "put": {
                "operationId": "PutRaw",
                "consumes": ["application/octet-stream"],
                "parameters": [
                    {
                        "name": "content",
                        "in": "body",
                        "required": True,
                        "schema": {"type": "string", "format": "binary"},
                    }
                ],
                "responses": {"200": {"description": "What came", "schema": {"$ref": "#/definitions/Came"}}},
            },
            "get": {
                "operationId": "GetRaw",
                "produces": ["application/octet-stream"],
                "parameters": [{"name": "size", "in": "query", "type": "integer", "format": "int64", "required": True}],
                "responses": {
                    "200": {
                        "description": "Octets",
                        "schema": {"type": "file"},
                        "headers": {"X-Made": {"type": "string", "format": "date"}},
                    }
                },
            },
        },
        "/form": {
            "post": {
                "operationId": "PostForm",
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "file", "in": "formData", "type": "file", "required": True},
                    {"name": "note", "in": "formData", "type": "string"},
                    {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}},
                ],
                "responses": {"200": {"description": "What came", "schema": {"$ref": "#/definitions/Came"}}},
            }
        },
        "/list": {
            "get": {
                "operationId": "ListThings",
                "produces": ["application/xml"],
                "parameters": [{"name": "count", "in": "query", "type": "integer", "required": True}],
                "responses": {"200": {"description": "Things", "schema": {"$ref": "#/definitions/Things"}}},
                "x-ms-pageable": {"nextLinkName": None, "itemName": "things"},
            }
        },
    },
    "definitions": {
        "Came": {"type": "object"},
        "Things": {
            "type": "object",
            "xml": {"name": "Things"},
            "properties": {
                "count": {"type": "integer"},
                "things": {
                    "type": "array",
                    "xml": {"wrapped": True, "name": "All"},
                    "items": {"$ref": "#/definitions/Thing"},
                },
            },
        },
        "Thing": {
            "type": "object",
            "required": ["id"],
            "xml": {"name": "Thing"},
            "properties": {
                "id": {"type": "integer", "xml": {"attribute": True}},
                "made": {"type": "string", "format": "date"},
                "text": {"type": "string"},
            },
        },
    },
}


def _things(count: int) -> Iterator[bytes]:
    yield f"<Things><count>{count}</count><All>".encode()
    for number in range(count):
        yield b'<Thing id="%d"><made>2026-01-31</made><text>%s</text></Thing>' % (number, b"x" * 1000)
    yield b"</All></Things>"


def _content(size: int) -> Iterator[bytes]:
    piece = bytes(range(256)) * 256
    for start in range(0, size, len(piece)):
        yield piece[: min(len(piece), size - start)]


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Counts what comes up without keeping it, makes what goes down while it is sent."""
    with Request(environ) as request:
        return _answer(request)(environ, start_response)


def _answer(request: Request) -> Response:
    if request.path == "/raw" and request.method == "GET":
        size = request.args["size"]
        headers = {"Content-Length": size, "X-Made": "2026-01-31"}
        response = Response(_content(int(size)), headers=headers, content_type="application/octet-stream")
    elif request.path == "/list":
        response = Response(_things(int(request.args["count"])), content_type="application/xml")
    elif request.path == "/raw":
        digest, size = hashlib.sha256(), 0
        while piece := request.stream.read(64 * 1024):
            digest.update(piece)
            size += len(piece)
        summary = {"size": size, "sha256": digest.hexdigest(), "length": request.headers.get("Content-Length")}
        response = Response(json.dumps(summary), content_type="application/json")
    else:
        file = request.files["file"]
        summary = {
            "size": len(file.read()),
            "name": file.filename,
            "type": file.content_type,
            "form": {name: request.form.getlist(name) for name in request.form},
        }
        response = Response(json.dumps(summary), content_type="application/json")
    return response


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as base_url:
        yield base_url


@pytest.fixture
def files(url: str, tmp_path: Path) -> openconnectors.Connector:
    path = tmp_path / "files.swagger.json"
    path.write_text(json.dumps(DOCUMENT))
    return openconnectors.load_file(path, base_url=url, connection={}, validate_responses="strict")


def test_bytes_are_uploaded_from_any_source(files: openconnectors.Connector, tmp_path: Path) -> None:
    """Bytes, a path, an open file from its position, and an iterable in chunks can be uploaded."""
    whole = os.urandom(200_000)
    path = tmp_path / "some.bin"
    path.write_bytes(whole)
    digest = hashlib.sha256(whole).hexdigest()
    for content in (whole, path, io.BytesIO(whole), openconnectors.File(path)):
        assert files.put_raw(content=content) == {"size": len(whole), "sha256": digest, "length": str(len(whole))}
    later = io.BytesIO(b"skipped" + whole)
    later.seek(7)
    assert files.put_raw(content=later)["sha256"] == digest
    request = files.put_raw.request(content=iter([whole]))
    assert "Content-Length" not in request.headers
    assert not request.repeatable


def test_a_form_carries_a_file_with_its_name_and_type(files: openconnectors.Connector, tmp_path: Path) -> None:
    """A multipart form carries a file with its file name and media type, beside text fields."""
    path = tmp_path / 'with "quotes".txt'
    path.write_bytes(b"hello")
    came = files.post_form(file=path, note="a\r\nb", tags=["x", "y"])
    assert (came["size"], came["type"]) == (5, "application/octet-stream")
    assert came["form"] == {"note": ["a\r\nb"], "tags": ["x,y"]}
    named = openconnectors.File(b"hello", filename="n.pdf", content_type="application/pdf")
    assert files.post_form(file=named) == {"size": 5, "name": "n.pdf", "type": "application/pdf", "form": {}}


@pytest.mark.parametrize(
    "wrong",
    ["text", 3, io.StringIO("text"), Path("no such file"), {"a": 1}],
    ids=["text", "number", "text stream", "missing path", "object"],
)
def test_what_is_no_file_is_refused(files: openconnectors.Connector, wrong: Any) -> None:
    """Text, numbers, text streams, missing paths and objects are refused where a file is expected."""
    with pytest.raises(openconnectors.InvalidArguments):
        files.post_form.request(file=wrong)


def test_a_download_is_read_in_pieces_or_saved(files: openconnectors.Connector, tmp_path: Path) -> None:
    """A stream can be read by pieces or saved; a call without stream() returns bytes."""
    with files.get_raw.stream(size=MIB) as stream:
        assert (stream.status, stream.headers["Content-Length"]) == (200, str(MIB))
        assert stream.fields["X-Made"].isoformat() == "2026-01-31"
        assert stream.read(3) == b"\x00\x01\x02"
        assert stream.read(2) == b"\x03\x04"
        assert len(stream.read()) == MIB - 5
        assert stream.read() == b""
    target = tmp_path / "down.bin"
    with files.get_raw.stream(size=MIB) as stream:
        assert stream.save(target) == MIB
    assert target.read_bytes() == b"".join(_content(MIB))
    assert files.get_raw(size=10) == bytes(range(10))


def test_a_download_that_breaks_off_leaves_no_file(files: openconnectors.Connector, tmp_path: Path) -> None:
    """save() of a download that breaks off leaves neither the file nor a partial one."""
    stream = files.get_raw.using(timeout=0.3).stream(size=50_000 * MIB)
    with stream, pytest.raises(openconnectors.TransportError):
        stream.save(tmp_path / "down.bin")
    assert list(tmp_path.glob("*.bin")) == []
    assert list(tmp_path.glob(".*.part")) == []


def test_items_of_a_large_answer_come_one_by_one(files: openconnectors.Connector) -> None:
    """They are the same values as those of the whole answer."""
    assert list(files.list_things.each(count=50)) == files.list_things(count=50)["things"]
    first = next(iter(files.list_things.each(count=1_000_000)))
    assert (first["id"], first["made"].isoformat()) == (0, "2026-01-31")
    with pytest.raises(openconnectors.Unsupported, match="no list"):
        list(files.get_raw.each(size=1))


PROGRAM = """
import re, sys, openconnectors
from pathlib import Path

def peak():  # of this program alone: ru_maxrss would be that of the process it was forked from
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024

path, url, size, work = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
files = openconnectors.load_file(path, base_url=url, connection={}, timeout=600)
files.get_raw(size=1)
before = peak()
if work == "down":
    with files.get_raw.stream(size=size) as stream:
        came = sum(map(len, stream))
elif work == "up":
    came = files.put_raw(content=(bytes(1024 * 1024) for _ in range(size // (1024 * 1024))))["size"]
else:
    came = sum(len(one["text"]) for one in files.list_things.each(count=size // 1000))
print(came, peak(), before)
"""


@pytest.mark.long
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
@pytest.mark.parametrize("work", ["up", "down", "items"])
def test_a_gigabyte_needs_no_memory(url: str, tmp_path: Path, work: str) -> None:
    """Up, down, and as the items of an XML list: under 100 MB for the whole process, interpreter included."""
    path = tmp_path / "files.swagger.json"
    path.write_text(json.dumps(DOCUMENT))
    size = 1024 * MIB if work != "items" else 1_000_000_000
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), url, str(size), work], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    came, peak, before = map(int, done.stdout.split())
    assert came == size
    print(f"{work}: {peak} MiB at most, {before} MiB before")
    assert peak < 100
