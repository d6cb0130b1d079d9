"""JSON in other clothes: a value a line, a sequence of values, and objects under a media type of a vendor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.documents import loader
from openconnectors.engine.sandbox import Sandbox
from tests.conftest import serving

ITEM = {"type": "object", "required": ["at"], "properties": {"at": {"type": "string", "format": "date"}}}
LIST = {"type": "array", "items": ITEM}
LINES = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/jsonlines",
    "application/stream+json",
    "application/json-seq",
    "application/geo+json-seq",
]
VENDOR = ["application/vnd.example.v2", "application/x-example", "text/json", "application/vnd.example+json"]


def _document(tmp_path: Path, media_type: str, schema: Any) -> Path:
    """Lists at ``/a``, and what is sent there comes back."""
    response = {"200": {"description": "-", "schema": schema}}
    body = {"name": "body", "in": "body", "required": True, "schema": schema}
    document = {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "produces": [media_type],
        "consumes": [media_type],
        "paths": {
            "/a": {
                "get": {"operationId": "read", "responses": response},
                "post": {"operationId": "write", "parameters": [body], "responses": response},
            }
        },
    }
    path = tmp_path / "t.swagger.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def _service(path: Path, media_type: str, data: bytes) -> tuple[Connector, Any]:
    """A connector to a service that answers with these bytes, and the server."""

    @Request.application
    def application(request: Request) -> Response:
        return Response(request.get_data() or data, content_type=media_type)

    server = make_server("127.0.0.1", 0, application, threaded=True)
    return openconnectors.load_file(path, base_url=f"http://127.0.0.1:{server.server_port}"), server


@pytest.mark.parametrize("media_type", LINES)
@pytest.mark.parametrize("schema", [LIST, ITEM], ids=["list", "item"])
def test_lines_are_a_list_of_typed_items(tmp_path: Path, media_type: str, schema: Any) -> None:
    """A sequence is a list of typed items, whether the document declares the list or its item."""
    before = b"\x1e" if "seq" in media_type else b""
    data = before + b'{"at": "2026-01-01"}\n' + before + b'\r\n\n{"at": "2026-01-02"}'
    api, server = _service(_document(tmp_path, media_type, schema), media_type, data)
    with serving(server):
        response = api.read.response()
        assert [item["at"].day for item in response.value] == [1, 2]
        assert response.deviations == ()
        assert [item["at"].day for item in api.read.each()] == [1, 2]


def test_an_item_that_breaks_its_schema_is_named_by_its_place(tmp_path: Path) -> None:
    """A deviation in an item of a sequence is named by the item's index."""
    data = b'{"at": "2026-01-01"}\n{}\n'
    api, server = _service(_document(tmp_path, LINES[0], LIST), LINES[0], data)
    with serving(server):
        assert [str(deviation) for deviation in api.read.response().deviations] == ["[1].at: is missing"]


def test_a_line_that_is_cut_is_no_item(tmp_path: Path) -> None:
    """A cut last line is an error that names its item; each() yields the items before it."""
    api, server = _service(_document(tmp_path, LINES[0], LIST), LINES[0], b'{"at": "2026-01-01"}\n{"at": "20')
    with serving(server):
        with pytest.raises(openconnectors.InvalidResponse, match="item 1 that is not JSON"):
            api.read()
        items = api.read.each()
        assert next(iter(items))["at"].day == 1
        with pytest.raises(openconnectors.InvalidResponse, match="item 1 that is not JSON"):
            list(items)


@pytest.mark.parametrize(
    ("media_type", "sent"),
    [("application/x-ndjson", b'{"at":"2026-01-01"}\n{"at":"2026-01-02"}\n'), ("application/json-seq", None)],
)
def test_a_list_is_sent_as_lines(tmp_path: Path, media_type: str, sent: bytes | None) -> None:
    """A list argument is sent as NDJSON lines or as a JSON text sequence (RFC 7464)."""
    items = [{"at": "2026-01-01"}, {"at": "2026-01-02"}]
    sent = sent or b'\x1e{"at":"2026-01-01"}\n\x1e{"at":"2026-01-02"}\n'
    path = _document(tmp_path, media_type, LIST)
    request = openconnectors.load_file(path, base_url="http://127.0.0.1").write.request(body=items)
    assert (request.body, request.headers["Content-Type"]) == (sent, media_type)


@pytest.mark.parametrize("media_type", [*LINES, *VENDOR])
@pytest.mark.parametrize("schema", [LIST, ITEM], ids=["list", "item"])
def test_the_sandbox_reads_and_writes_it(tmp_path: Path, media_type: str, schema: Any) -> None:
    """The sandbox reads and writes sequences in the declared media type, without deviations."""
    path = _document(tmp_path, media_type, schema)
    item = {"at": "2026-01-31"}
    with Sandbox(loader.load(path)) as sandbox:
        api = openconnectors.load_file(path, base_url=sandbox.url, validate_responses="strict")
        response = api.read.response()
        assert response.headers["Content-Type"] == media_type
        first = response.value[0] if isinstance(response.value, list) else response.value
        assert first["at"].isoformat() == "2026-01-31"
        assert api.write.response(body=[item, item] if schema is LIST else item).status == 200


@pytest.mark.parametrize("media_type", VENDOR)
def test_an_object_under_a_media_type_of_a_vendor_is_json(tmp_path: Path, media_type: str) -> None:
    """Read and sent; bytes for it are sent as they are."""
    path = _document(tmp_path, media_type, ITEM)
    api, server = _service(path, media_type, b'{"at": "2026-01-01"}')
    with serving(server):
        assert api.read()["at"].day == 1
        request = api.write.request(at="2026-01-01")
        assert (request.body, request.headers["Content-Type"]) == (b'{"at":"2026-01-01"}', media_type)
    if "json" not in media_type:
        assert api.write.request(body=b"\x00\x01").body == b"\x00\x01"
