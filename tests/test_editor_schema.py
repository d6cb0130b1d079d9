"""``connectors schema``: documents with the extensions that the linter knows, for editors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4, DRAFT202012

from openconnectors.engine.documents.extensions import ROWS
from openconnectors.engine.lint.editor_schema import SPECIFICATIONS, schema
from openconnectors.engine.lint.extension_table import EXTENSIONS
from openconnectors.engine.lint.extension_texts import TEXTS
from tests.conftest import ROOT, command


def _registry() -> Registry[Any]:
    """The schemas of the specifications by the addresses that editors fetch them from."""
    package = find_spec("openapi_spec_validator")
    folder = Path(str(package and package.origin)).parent / "resources/schemas"
    registry: Registry[Any] = Registry()
    for version, (_, address) in SPECIFICATIONS.items():
        text = json.loads((folder / f"v{version}" / "schema.json").read_text("utf-8"))
        assert version == "2.0" or address == text.get("$id", text.get("id")), version
        draft = DRAFT202012 if "$id" in text else DRAFT4
        registry = registry.with_resource(address, Resource(text, draft))
    return registry


REGISTRY = _registry()
SCHEMA = schema()
VALIDATOR = Draft202012Validator(SCHEMA, registry=REGISTRY)
THINGS: Mapping[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {"/things": {"get": {"operationId": "list", "responses": {"200": {"description": "Things."}}}}},
}


def errors(document: Mapping[str, Any]) -> list[str]:
    """The places at which a document is not valid."""
    return sorted("/".join(map(str, error.absolute_path)) for error in VALIDATOR.iter_errors(document))


def with_extension(name: str, value: Any, at: tuple[str, ...] = ("paths", "/things", "get")) -> Mapping[str, Any]:
    """The document of things with an extension at a node."""
    document = json.loads(json.dumps(THINGS))
    node = document
    for step in at:
        node = node[step]
    node[name] = value
    return document


@pytest.mark.parametrize("path", sorted((ROOT / "spec").glob("*.yaml")), ids=lambda path: path.name)
def test_built_in_documents_are_valid(path: Path) -> None:
    """A built-in document has no error by the schema, the specification's included."""
    document = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)

    assert errors(json.loads(json.dumps(document, default=str))) == []


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("x-ms-visibility", "important", True), ("x-ms-visibility", "Important", True),
        ("x-ms-visibility", "loud", False),
        ("x-ms-trigger", "batch", True), ("x-ms-trigger", "bath", False), ("x-connector-limit", "10/second", True),
        ("x-connector-limits", "10/second", False), ("x_ms_summary", "Things", False),
        ("x-acme", {"x": 1}, True),
        ("x-ms-pageable", {"nextLinkName": None}, True), ("x-ms-pageable", [], False),
        ("x-connector-ignore", "a", True),
        ("x-ms-openai-data", {"openai-enabled": "no"}, False),
    ],
)  # fmt: skip
def test_extensions_have_their_names_and_values(name: str, value: Any, valid: bool) -> None:
    """A misspelled extension, and a value that is not allowed, is an error; those of other people are right."""
    assert (errors(with_extension(name, value)) == []) is valid


def test_names_and_data_are_no_extensions() -> None:
    """A property of a schema may be called as an extension is misspelled; examples hold anything."""
    document = dict(THINGS) | {
        "definitions": {"Thing": {"properties": {"x_ms_y": {"type": "string"}}, "example": {"x-connector-y": 1}}}
    }

    assert errors(document) == []


def test_the_specification_holds_as_well() -> None:
    """What the specification refuses is refused; the version of a document chooses which."""
    assert errors(dict(THINGS) | {"openapi-x": 1}) != []
    newer = {"openapi": "3.1.0", "info": THINGS["info"], "paths": {}}
    assert errors(newer) == []
    assert errors(newer | {"info": {"title": "Things"}}) == ["info"]
    assert errors(newer | {"definitions": {}}) == [""]


def test_each_extension_is_described() -> None:
    """Every extension that is read or checked has a sentence, which editors show; the schema knows no other texts."""
    known = {name for _, name in ROWS} | set(EXTENSIONS)

    assert known - set(TEXTS) == set()
    properties = SCHEMA["$defs"]["node"]["properties"]
    assert {name for name in TEXTS if properties[name].get("description") != TEXTS[name]} == set()


def test_the_command_writes_what_the_site_has(tmp_path: Path) -> None:
    """``connectors schema`` writes docs/documents.schema.json; ``--version`` writes that of a version alone."""
    shown = command("schema").stdout

    assert json.loads(shown) == SCHEMA
    page = ROOT / "docs/documents.schema.json"
    assert page.read_text("utf-8") == shown, "write it anew with: connectors schema --output docs/documents.schema.json"
    command("schema", "--version", "3.1", "--output", str(tmp_path / "schema.json"))
    chosen = json.loads((tmp_path / "schema.json").read_text())
    assert [each["then"]["$ref"] for each in chosen["allOf"] if "then" in each] == [SPECIFICATIONS["3.1"][1]]


def test_the_shipped_schema_of_extensions_is_that_of_the_site() -> None:
    """The package has docs/extensions.schema.json as it is."""
    assert (ROOT / "engine/lint/extensions.schema.json").read_bytes() == (
        ROOT / "docs/extensions.schema.json"
    ).read_bytes()
