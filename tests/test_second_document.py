"""Another document, put into a folder that CONNECTORS_PATH names, is a connector: no Python changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

import openconnectors
from openconnectors.engine.documents import loader
from openconnectors.engine.sandbox import Sandbox
from tests.conftest import command

DOCUMENT = """
swagger: "2.0"
info: {title: Library, version: "3"}
host: library.example
basePath: /v1
schemes: [https]
produces: [application/json, application/xml]
securityDefinitions:
  key: {type: apiKey, in: header, name: X-Key}
security: [{key: []}]
paths:
  /books/{isbn}:
    parameters:
      - {name: isbn, in: path, required: true, type: string, pattern: "^[0-9]{13}$"}
    get:
      operationId: getBook
      responses:
        200: {description: The book, schema: {$ref: "#/definitions/Book"}}
        404: {description: No such book, schema: {$ref: "#/definitions/Problem"}}
    put:
      operationId: put-book
      consumes: [application/xml, application/json]
      parameters:
        - {name: book, in: body, required: true, schema: {$ref: "#/definitions/Book"}}
        - {name: tags, in: query, type: array, items: {type: string}, collectionFormat: pipes}
        - {name: X-Request, in: header, type: string, format: uuid}
      responses:
        204: {description: Stored}
  /books:
    get:
      operationId: listBooks
      parameters:
        - {name: since, in: query, type: string, format: date}
        - {name: class, in: query, type: string, enum: [fiction, fact]}
      responses:
        200:
          description: Books
          schema: {type: array, xml: {name: Books}, items: {$ref: "#/definitions/Book"}}
definitions:
  Book:
    type: object
    xml: {name: Book, namespace: "urn:books"}
    required: [isbn, title]
    properties:
      isbn: {type: string, xml: {attribute: true}, pattern: "^[0-9]{13}$"}
      title: {type: string, minLength: 3}
      pages: {type: integer, format: int32, minimum: 1}
      price: {type: number}
      added: {type: string, format: date-time}
      authors:
        type: array
        xml: {wrapped: true, name: Authors}
        items: {type: string, xml: {name: Author}}
      editions:
        type: array
        items: {type: object, xml: {name: Edition}, properties: {year: {type: integer, xml: {attribute: true}}}}
      cover: {type: string, format: byte}
  Problem:
    type: object
    properties: {message: {type: string}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "mine"
    place.mkdir()
    (place / "library.swagger.yaml").write_text(DOCUMENT)
    monkeypatch.setenv("CONNECTORS_PATH", str(place))
    return place


def test_it_is_found_and_named_with_its_folder(folder: Path) -> None:
    """available() lists a connector of CONNECTORS_PATH with its folder."""
    names = openconnectors.available()
    assert names.pop("library") == str(folder)
    assert set(names.values()) == {"built in"}


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_it_loads_and_calls_its_sandbox(folder: Path, accept: str) -> None:
    """The sandbox knows the document alone; its examples fit their schemas, in both representations."""
    with Sandbox(loader.load(folder / "library.swagger.yaml")) as sandbox:
        library = openconnectors.load(
            "library", connection=sandbox.values, base_url=sandbox.url, accept=accept, validate_responses="strict"
        )
        book = library.get_book(isbn="9780000000001")
        assert isinstance(book["added"], datetime)
        assert isinstance(book["cover"], bytes)
        assert book["pages"] == 1
        assert library.list_books(since=date(2026, 1, 31), class_="fact") == [book]
        for content_type in ("application/xml", "application/json"):
            request = UUID("123e4567-e89b-42d3-a456-426614174000")
            call = library.put_book.using(content_type=content_type)
            assert (
                call(**{**book, "isbn_2": book["isbn"], "isbn": "9780000000001"}, tags=["a", "b"], x_request=request)
                is None
            )
        wrong = openconnectors.load("library", connection={"api_key": "wrong"}, base_url=sandbox.url)
        with pytest.raises(openconnectors.Unauthorized):
            wrong.get_book(isbn="9780000000001")


def test_its_requests_say_what_the_document_says(folder: Path) -> None:
    """The request follows the document: pipes in the query, XML attributes, wrapped lists, base64."""
    library = openconnectors.load("library", connection={"api_key": "k"})
    assert library.connection.base == "https://library.example/v1"
    request = library.put_book.request(
        isbn="9780000000001",
        book={
            "isbn": "9780000000001",
            "title": "Über",
            "authors": ["A", "B"],
            "editions": [{"year": 1}, {"year": 2}],
            "added": datetime(2026, 1, 31, tzinfo=UTC),
            "cover": b"\x00",
        },
        tags=["x", "y"],
    )
    assert request.url == "https://library.example/v1/books/9780000000001?tags=x%7Cy"
    assert request.headers["Accept"] == "application/json, application/xml;q=0.9"
    assert (
        request.body
        == (
            "<?xml version='1.0' encoding='UTF-8'?>\n"
            '<Book xmlns="urn:books" isbn="9780000000001"><title>Über</title>'
            "<Authors><Author>A</Author><Author>B</Author></Authors>"
            '<Edition year="1"/><Edition year="2"/>'
            "<added>2026-01-31T00:00:00Z</added><cover>AA==</cover></Book>"
        ).encode()
    )


def test_two_things_of_one_name_are_both_reached(folder: Path) -> None:
    """``isbn`` is a parameter and a member of the body: the second has a number."""
    library = openconnectors.load("library", connection={"api_key": "k"})
    request = library.put_book.using(content_type="application/json").request(
        isbn="9780000000001", isbn_2="9780000000002", title="Two"
    )
    assert request.url.endswith("/9780000000001")
    assert request.body == b'{"isbn":"9780000000002","title":"Two"}'
    with pytest.raises(openconnectors.InvalidArguments, match=r"isbn_2: is missing(.|\n)*title: must have at least 3"):
        library.put_book.request(isbn="9780000000001", title="x")


def test_without_its_key_a_call_is_refused(folder: Path) -> None:
    """A call without the required API key raises ConnectionMissing."""
    library = openconnectors.load("library")
    with pytest.raises(openconnectors.ConnectionMissing, match="api_key"):
        library.get_book(isbn="9780000000001")


def test_the_command_line_calls_it(folder: Path) -> None:
    """connectors call finds a connector of CONNECTORS_PATH."""
    done = command("call", "library", "get_book", "--isbn", "9780000000001", "--sandbox")

    assert '"title": "text"' in done.stdout


def test_a_folder_in_the_published_form_is_a_connector(tmp_path: Path) -> None:
    """``apiDefinition.swagger.json`` with ``apiProperties.json`` beside it."""
    import json

    import yaml

    published = tmp_path / "My Library"
    published.mkdir()
    (published / "apiDefinition.swagger.json").write_text(json.dumps(yaml.safe_load(DOCUMENT), default=str))
    properties = {
        "properties": {
            "connectionParameters": {
                "api_key": {"type": "securestring", "uiDefinition": {"constraints": {"required": "true"}}}
            }
        }
    }
    (published / "apiProperties.json").write_text(json.dumps(properties))
    with pytest.raises(openconnectors.ConnectionMissing, match="api_key"):
        openconnectors.load_file(published)
    assert "my-library" in repr(openconnectors.load_file(published, connection={"api_key": "k"}))
