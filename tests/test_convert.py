"""Documents in another version: the same operations and the same requests, and a report of all that is lost."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import openconnectors
from openconnectors import registry
from openconnectors.cli import app
from openconnectors.engine.convert import VERSIONS, Conversion, convert
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.document import parse
from openconnectors.engine.documents.writing import document_text
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.http import Request

CASES = yaml.safe_load((Path(__file__).parent / "golden/built_in/requests.yaml").read_text("utf-8"))
ROUTES = (("3.0",), ("3.1",), ("3.2",), ("3.2", "2.0"))
"""The versions that a document goes through; 2.0 has no deepObject."""


def _text(connector: str) -> str:
    """The text of a built-in connector's document, with those of its other files."""
    path = registry.find(connector).document
    return "".join(file.read_text("utf-8") for file in (path, *path.parent.glob(f"{connector}/*.yaml")))


@cache
def _converted(connector: str, route: tuple[str, ...]) -> str:
    """The text of a built-in connector's document after a route."""
    document = loader.read(registry.find(connector).document)
    for version in route:
        document = parse(document_text(convert(document, version).root, ".yaml"), f"{connector}.openapi.yaml")
    return document.text


@pytest.mark.parametrize(
    ("case", "route"),
    [
        (case, route)
        for case in CASES
        for route in ROUTES
        if "2.0" not in route or "deepObject" not in _text(case["connector"])
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else f"{value['connector']} {value['operation']}",
)
def test_the_request_is_the_same(case: dict[str, Any], route: tuple[str, ...], tmp_path: Path) -> None:
    """A request of the converted document has the method, URL, header fields and body of the original's."""
    entry = registry.find(case["connector"])
    file = tmp_path / f"{case['connector']}.openapi.yaml"
    file.write_text(_converted(case["connector"], route), "utf-8")
    if entry.properties is not None:
        (tmp_path / f"{case['connector']}.properties.yaml").write_bytes(entry.properties.read_bytes())

    assert _sent(file, case) == _sent(case["connector"], case)


def _sent(connector: str | Path, case: dict[str, Any]) -> tuple[str, str, dict[str, str], object]:
    load = openconnectors.load_file if isinstance(connector, Path) else openconnectors.load
    loaded = load(connector, connection=case["connection"])  # type: ignore[operator]
    request: Request = loaded[case["operation"]].using(**case.get("options", {})).request(**case["arguments"])
    headers = {name: value for name, value in request.headers.items() if name != "Accept"}
    return request.method, str(request.url), headers, request.body


def _of(root: dict[str, Any], version: str) -> Conversion:
    return convert(parse(json.dumps(root), "x.json"), version)


def _document(**members: Any) -> dict[str, Any]:
    return {"openapi": "3.2.0", "info": {"title": "t", "version": "1"}, "paths": {}, **members}


def _operation(**members: Any) -> dict[str, Any]:
    return _document(paths={"/a": {"get": {"responses": {"200": {"description": ""}}, **members}}})


def _schema(**members: Any) -> dict[str, Any]:
    return _document(components={"schemas": {"S": members}})


LOSSES = [
    ("3.1", _document(**{"$self": "https://example.com/a"}), "/$self"),
    ("3.1", _document(tags=[{"name": "a", "parent": "b"}]), "/tags/0/parent"),
    ("3.1", _document(servers=[{"url": "/", "name": "main"}]), "/servers/0/name"),
    ("3.1", _document(paths={"/a": {"query": {"responses": {}}}}), "/paths/~1a/query"),
    ("3.1", _document(paths={"/a": {"additionalOperations": {"COPY": {}}}}), "/paths/~1a/additionalOperations"),
    ("3.1", _operation(parameters=[{"name": "q", "in": "querystring", "content": {}}]), "/paths/~1a/get/parameters/0"),
    ("3.1", _schema(xml={"nodeType": "cdata"}), "/components/schemas/S/xml/nodeType"),
    ("3.0", _document(webhooks={"a": {}}), "/webhooks"),
    ("3.0", _document(jsonSchemaDialect="https://example.com/dialect"), "/jsonSchemaDialect"),
    ("3.0", _schema(patternProperties={"^a": {}}), "/components/schemas/S/patternProperties"),
    ("3.0", _schema(prefixItems=[{}]), "/components/schemas/S/prefixItems"),
    ("3.0", _schema(examples=[1, 2]), "/components/schemas/S/examples"),
    ("3.0", _document(components={"securitySchemes": {"m": {"type": "mutualTLS"}}}), "/components/securitySchemes/m"),
    ("2.0", _schema(oneOf=[{}]), "/components/schemas/S/oneOf"),
    ("2.0", _schema(writeOnly=True), "/components/schemas/S/writeOnly"),
    ("2.0", _operation(callbacks={"a": {}}), "/paths/~1a/get/callbacks"),
    ("2.0", _operation(servers=[{"url": "/"}]), "/paths/~1a/get/servers"),
    ("2.0", _operation(parameters=[{"name": "c", "in": "cookie", "schema": {}}]), "/paths/~1a/get/parameters/0"),
    ("2.0", _document(servers=[{"url": "/a"}, {"url": "/b"}]), "/servers/1"),
    (
        "2.0",
        _operation(parameters=[{"name": "d", "in": "query", "style": "deepObject", "schema": {"type": "object"}}]),
        "/paths/~1a/get/parameters/0/style",
    ),
    (
        "2.0",
        _operation(
            requestBody={"content": {"application/json": {"schema": {}}, "text/plain": {"schema": {"type": 1}}}}
        ),
        "/paths/~1a/get/requestBody/content/text~1plain",
    ),
    (
        "2.0",
        _document(components={"securitySchemes": {"k": {"type": "apiKey", "in": "cookie", "name": "k"}}}),
        "/components/securitySchemes/k",
    ),
]


@pytest.mark.parametrize(
    ("version", "root", "pointer"), LOSSES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_lost_is_reported_at_its_place(version: str, root: dict[str, Any], pointer: str) -> None:
    """What the other version cannot express is reported once, with the pointer it has in the original."""
    assert pointer in [loss.pointer for loss in _of(root, version).losses]


KEPT = [
    ("3.1", {"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    ("3.1", {"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
    ("3.1", {"type": "string", "format": "byte"}, {"type": "string", "contentEncoding": "base64"}),
    ("3.1", {"$ref": "#/components/schemas/T", "description": "no effect"}, {"$ref": "#/components/schemas/T"}),
    ("3.0", {"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    ("3.0", {"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    ("3.0", {"const": 1}, {"enum": [1]}),
    ("3.0", {"exclusiveMaximum": 5}, {"maximum": 5, "exclusiveMaximum": True}),
    ("3.0", {"minimum": 7, "exclusiveMinimum": 5}, {"minimum": 7}),
    (
        "3.0",
        {"$ref": "#/components/schemas/T", "maxLength": 3},
        {"maxLength": 3, "allOf": [{"$ref": "#/components/schemas/T"}]},
    ),
    ("3.0", {"type": "array"}, {"type": "array", "items": {}}),
    ("3.0", {"not": False}, {"not": {"not": {}}}),
    ("2.0", {"type": "string", "nullable": True}, {"type": "string", "x-nullable": True}),
    ("2.0", {"discriminator": {"propertyName": "kind"}}, {"discriminator": "kind"}),
]


@pytest.mark.parametrize(("version", "schema", "expected"), KEPT)
def test_a_schema_keeps_its_meaning(version: str, schema: dict[str, Any], expected: dict[str, Any]) -> None:
    """A keyword that the other version spells otherwise is respelled, and nothing is reported."""
    source = "3.0.3" if version in ("3.1", "2.0") else "3.1.0"
    components = {"schemas": {"S": schema, "T": {"type": "string"}}}
    conversion = _of({**_document(components=components), "openapi": source}, version)
    holder = conversion.root["definitions"] if version == "2.0" else conversion.root["components"]["schemas"]

    assert holder["S"] == expected
    assert conversion.losses == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_document_is_not_changed(version: str) -> None:
    """The tree that is converted is a copy."""
    document = parse(json.dumps(_schema(type=["string", "null"], const=None)), "x.json")
    before = json.dumps(document.root)
    convert(document, version)

    assert json.dumps(document.root) == before


def test_another_version_is_refused() -> None:
    """A document of no known version is refused with the versions that can be converted."""
    with pytest.raises(InvalidDocument, match=r"'4\.0'.*2\.0, 3\.0, 3\.1, 3\.2"):
        _of({"openapi": "4.0"}, "3.0")


def test_definitions_get_names_that_components_may_have() -> None:
    """A definition named in letters that 3.0 refuses is renamed, with the references to it."""
    root = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {},
        "definitions": {"A[B]": {"type": "object"}, "C": {"$ref": "#/definitions/A[B]"}},
    }
    schemas = _of(root, "3.0").root["components"]["schemas"]

    assert schemas == {"A_B_": {"type": "object"}, "C": {"$ref": "#/components/schemas/A_B_"}}


def test_a_body_keeps_its_name(tmp_path: Path) -> None:
    """The name of a Swagger 2.0 body is that of the argument for the whole body, in 3.x and back."""
    body = {"name": "Parcel", "in": "body", "schema": {"type": "array", "items": {"type": "string"}}}
    paths = {"/a": {"post": {"operationId": "send", "parameters": [body], "responses": {}}}}
    root = {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "host": "a.example", "paths": paths}
    converted = _of(root, "3.1").root
    file = tmp_path / "a.openapi.json"
    file.write_text(json.dumps(converted), "utf-8")

    assert openconnectors.load_file(file).send.request(parcel=["x"]).body == b'["x"]'
    assert _of(converted, "2.0").root["paths"]["/a"]["post"]["parameters"] == [body]


def test_names_that_begin_as_extensions_do_are_kept() -> None:
    """A parameter, property or header field whose name begins with x- is converted, both ways."""
    header = {"X-Rate": {"schema": {"type": "integer"}}}
    parameter = {"name": "x-id", "in": "header", "schema": {"type": "string"}}
    responses = {"200": {"description": "", "headers": header}}
    paths = {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/x-id"}], "responses": responses}}}
    schemas = {"S": {"type": "object", "properties": {"x-a": {"type": "string"}}}}
    components = {"parameters": {"x-id": parameter}, "schemas": schemas}
    swagger = _of(_document(paths=paths, components=components), "2.0").root

    assert swagger["parameters"] == {"x-id": {"name": "x-id", "in": "header", "type": "string"}}
    assert swagger["paths"]["/a"]["get"]["responses"]["200"]["headers"] == {"X-Rate": {"type": "integer"}}
    again = _of(swagger, "3.2").root
    assert (again["components"], again["paths"]) == (components, paths)


def test_the_command_reports_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The converted document is the only output; losses and the summary are messages; --fail-on-loss exits with 1."""
    file = tmp_path / "a.openapi.json"
    file.write_text(json.dumps(_schema(oneOf=[{"type": "string"}])), "utf-8")

    assert app.run(["convert", str(file), "--to", "2.0"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["definitions"] == {"S": {}}
    assert "oneOf of a schema is left out: 2.0 has none [conversion-loss]" in err
    assert app.run(["convert", str(file), "--to", "2.0", "-o", str(tmp_path / "b.yaml"), "--fail-on-loss"]) == 1
    assert yaml.safe_load((tmp_path / "b.yaml").read_text("utf-8"))["swagger"] == "2.0"
