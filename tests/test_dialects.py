"""A dialect is one folder and one row: a toy one, in another spelling, is loaded, called and validated.

It says what Swagger 2.0 cannot: request bodies whose media types have different schemas, cookie parameters, headers and
server variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import openconnectors
from openconnectors.engine.documents import dialects, loader
from openconnectors.engine.documents.dialects import Dialect, openapi3
from openconnectors.engine.documents.dialects.lowering import Extend, Source
from openconnectors.engine.documents.dialects.openapi3.versions import OPENAPI32
from openconnectors.engine.documents.document import Document
from openconnectors.engine.model import (
    DeclaredResponse,
    Header,
    Lazy,
    MediaType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
    Server,
    ServerVariable,
    Service,
)
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.values.body import Compiler

from .test_wire import Peer, ok

NOTES = """
toy: "1.0"
at: "http://{place}/v1"
place: PLACE
calls:
  save_note:
    send: PUT /notes/{id}
    path: {id: integer}
    cookies: {session: string, tag: list}
    takes:
      application/json: {text: string, stars: integer}
      application/x-www-form-urlencoded: {title: string}
      text/plain: string
    gives:
      application/json: {id: integer}
      text/plain: string
"""


def lower(document: Document, extend: Extend) -> Service:
    """The service of a toy document: everything has a schema of one word, or a mapping of words."""
    source = Source(document, extend)
    root = source.root
    variable = ServerVariable(default=root["place"])

    def operation(name: str) -> Operation:
        raw = source.mapping(root["calls"][name], f"/calls/{name}", "a call")
        method, _, path = raw["send"].partition(" ")
        parameters = [(name, word, "path") for name, word in raw["path"].items()]
        parameters += [(name, word, "cookie") for name, word in raw["cookies"].items()]
        return Operation(
            id=name,
            method=method,
            path=path,
            parameters=tuple(
                Parameter(name=name, location=place, schema=schema(word), explode=True, required=place == "path")
                for name, word, place in parameters
            ),
            request_body=RequestBody(content=content(raw["takes"]), required=True),
            responses={
                "200": DeclaredResponse(
                    status="200",
                    content=content(raw["gives"]),
                    headers={"X-Stars": Header(schema=schema("integer"), required=True)},
                )
            },
        )

    return Service(
        title="Notes",
        servers=(Server(url=root["at"], variables={"place": variable}),),
        operations=Lazy(root["calls"], operation),
        places=dict.fromkeys(root["calls"], ("PUT", "/")),
    )


def schema(raw: Any) -> Schema:
    if isinstance(raw, Mapping):
        members = {name: schema(word) for name, word in raw.items()}
        return Schema(types=("object",), properties=members, required=tuple(raw), additional=False)
    return Schema(types=("array",), items=schema("string")) if raw == "list" else Schema(types=(raw,))


def content(raw: Mapping[str, Any]) -> dict[str, MediaType]:
    return {media_type: MediaType(schema=schema(value)) for media_type, value in raw.items()}


TOY = Dialect("toy", "1.", lower, "toy")


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def path(tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(dialects, "DIALECTS", (*dialects.DIALECTS, TOY))
    file = tmp_path / "notes.yaml"
    file.write_text(NOTES.replace("PLACE", peer.url.partition("://")[2]), "utf-8")
    return file


def sent(peer: Peer) -> tuple[str, bytes]:
    """Head and body of the request that came last."""
    head, _, body = peer.seen[-1].partition(b"\r\n\r\n")
    return head.decode("ascii"), body


def test_a_row_more_is_a_dialect_more(path: Path, peer: Peer) -> None:
    """A document of the toy dialect is loaded, and its operation called at the server that it names."""
    peer.answers = [ok(b'{"id": 7}', extra="X-Stars: 3\r\n")]
    notes = openconnectors.load_file(path)

    response = notes.save_note.response(id=7, text="hello", stars=3)

    assert (response.value, response.fields) == ({"id": 7}, {"X-Stars": 3})
    head, body = sent(peer)
    assert head.startswith("PUT /v1/notes/7 ")
    assert body == b'{"text":"hello","stars":3}'


@pytest.mark.parametrize(
    ("arguments", "media_type", "body"),
    [
        ({"text": "a", "stars": 1}, "application/json", b'{"text":"a","stars":1}'),
        ({"title": "a b"}, "application/x-www-form-urlencoded", b"title=a+b"),
        ({"body": {"title": "a"}}, "application/x-www-form-urlencoded", b"title=a"),
        ({"body": "just text"}, "text/plain", b"just text"),
    ],
)
def test_the_value_chooses_among_media_types_of_different_schemas(
    path: Path, peer: Peer, arguments: dict[str, Any], media_type: str, body: bytes
) -> None:
    """The body is sent in the first media type whose schema accepts what is given."""
    peer.answers = [ok(b'{"id": 1}')]

    openconnectors.load_file(path).save_note(id=1, **arguments)

    head, came = sent(peer)
    assert f"content-type: {media_type}" in head.lower()
    assert came == body


def test_the_schema_is_that_of_the_media_type_chosen(path: Path, peer: Peer) -> None:
    """What the schema of the chosen media type refuses is refused, though that of another accepts it."""
    notes = openconnectors.load_file(path)

    with pytest.raises(openconnectors.InvalidArguments, match="title"):
        notes.save_note.using(content_type="application/json")(id=1, title="a")
    with pytest.raises(openconnectors.InvalidArguments, match="stars: must be integer"):
        notes.save_note(id=1, text="a", stars="many")

    assert peer.seen == []


def test_a_value_more_is_a_version_more(tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs between versions of OpenAPI 3 is one frozen value: a toy version of another root, without cookies,
    in which ``deprecated`` does not exist."""
    version = replace(
        OPENAPI32, name="9.9", styles={"query": ("form",)}, lacks={"operation": {"deprecated": "older versions"}}
    )
    row = Dialect("openapi", "9.", openapi3.lowering(version), "toy")
    monkeypatch.setattr(dialects, "DIALECTS", (*dialects.DIALECTS, row))
    operation = "{operationId: ping, deprecated: true, parameters: [{name: q, in: query, schema: {type: string}}]}"
    file = tmp_path / "toy.yaml"
    file.write_text(f'{{openapi: "9.9", servers: [{{url: "{peer.url}"}}], paths: {{/p: {{query: {operation}}}}}}}')
    peer.answers = [ok(b"{}")]

    openconnectors.load_file(file).ping(q="a")

    assert sent(peer)[0].startswith("QUERY /p?q=a ")
    assert loader.load(file).operations["ping"].deprecated is False


def test_cookies_are_sent(path: Path, peer: Peer) -> None:
    """Cookie parameters are one Cookie field (RFC 6265 section 4.2.1), values percent-encoded."""
    peer.answers = [ok(b'{"id": 1}')]

    openconnectors.load_file(path).save_note(id=1, title="a", session="a; b", tag=["x", "y"])

    assert "cookie: session=a%3b%20b; tag=x; tag=y" in sent(peer)[0].lower()


def test_a_response_is_read_by_the_schema_of_its_media_type(path: Path, peer: Peer) -> None:
    """Each media type of a response has a schema: text is text, JSON an object; what differs is refused."""
    peer.answers = [ok(b"saved", content_type="text/plain"), ok(b'{"id": 1}'), ok(b'"saved"')]
    notes = openconnectors.load_file(path)

    assert notes.save_note(id=1, title="a") == "saved"
    assert notes.save_note(id=1, title="a") == {"id": 1}
    with pytest.raises(openconnectors.InvalidResponse):
        notes.save_note(id=1, title="a")


def test_a_required_header_field_that_is_missing_is_a_deviation(path: Path, peer: Peer) -> None:
    """A header field that the document requires is looked for in each response."""
    peer.answers = [ok(b'{"id": 1}')]

    response = openconnectors.load_file(path).save_note.response(id=1, title="a")

    assert [str(deviation) for deviation in response.deviations] == ["X-Stars: is missing"]


def test_what_no_row_writes_is_refused(path: Path, peer: Peer) -> None:
    """A style in another location, and a media type of a parameter that no codec writes, are Unsupported: nothing is
    sent in another way."""
    plain = loader.load(path).operations["save_note"]
    _, cookie, _ = plain.parameters

    for changed in (
        replace(plain, parameters=(plain.parameters[0], replace(cookie, style="deepObject"))),
        replace(plain, parameters=(plain.parameters[0], replace(cookie, content=content({"a/b": "string"})))),
    ):
        plan = Plan(Compiler(loader.load(path)), changed)
        with pytest.raises(openconnectors.Unsupported):
            plan.request({"id": 1, "session": "s", "title": "a"}, "http://here.example", Options())


def test_the_sandbox_serves_what_the_dialect_says(path: Path) -> None:
    """The sandbox reads cookies and each media type of a body, and refuses what its schema does not accept."""
    with Sandbox(loader.load(path)) as sandbox:
        notes = openconnectors.load_file(path, base_url=sandbox.url)

        assert set(notes.save_note(id=1, text="a", stars=1, session="s")) == {"id"}
        assert set(notes.save_note(id=1, title="a")) == {"id"}
        assert isinstance(notes.save_note.using(accept="text/plain")(id=1, title="a"), str)


def test_a_server_variable_is_a_connection_value(path: Path, peer: Peer) -> None:
    """The variable of a server has its default, and takes another value from the connection."""
    service = loader.load(path)

    assert [(value.name, value.default) for value in service.connection] == [("place", peer.url.partition("://")[2])]
