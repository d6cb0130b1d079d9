"""The official JSON Schema Test Suite through the product's own path: each schema in a document of OpenAPI, the
verdicts those of an argument and of a response.

Drafts. 2020-12 is the dialect of OpenAPI 3.1 and 3.2 and runs whole. Draft 4 is what OpenAPI 3.0 and Swagger 2.0 have a
subset of: a group whose schema uses what the version does not have is left out (``LACKS``, ``DIFFERS``).

What is decided otherwise is in ``DECIDED``: texts of a format that becomes an object have to parse as one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_specifications
import pytest

from openconnectors.engine.documents import loader
from openconnectors.engine.errors import InvalidArguments, InvalidResponse
from openconnectors.engine.http import Headers, Response
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler

SUITE = Path(__file__).parents[2] / "shared" / "json-schema-test-suite"
HOST = "http://localhost:1234/"
BASE = "https://example.com"
pytestmark = pytest.mark.skipif(not SUITE.exists(), reason="the JSON Schema Test Suite is not here")

LACKS: dict[str, dict[str, str]] = {
    "3.0": {
        "id": "a keyword of draft 4 that OpenAPI 3.0 does not have",
        "additionalItems": "items are one schema",
        "patternProperties": "not in OpenAPI 3.0",
        "dependencies": "not in OpenAPI 3.0",
        "definitions": "not in OpenAPI 3.0; components are what is referred to",
    },
    "2.0": {
        "id": "a keyword of draft 4 that Swagger 2.0 does not have",
        "additionalItems": "items are one schema",
        "patternProperties": "not in Swagger 2.0",
        "dependencies": "not in Swagger 2.0",
        "definitions": "not in a schema of Swagger 2.0",
        "anyOf": "not in Swagger 2.0",
        "oneOf": "not in Swagger 2.0",
        "not": "not in Swagger 2.0",
    },
}
"""The keywords of draft 4 that a version does not have, with the reason."""

DIFFERS: dict[tuple[str, str], str] = {
    ("refRemote", ""): "references to a host, which are not fetched; the draft has no identifiers in these versions",
    ("infinite-loop-detection", ""): "the schema is made of definitions",
    ("ref", "remote ref, containing refs itself"): "a reference to the metaschema",
    ("definitions", ""): "a reference to the metaschema",
    ("ref", "property named $ref that is not a reference"): "a property named $ref, which readers of references follow",
}
"""Groups of draft 4 that are left out, by file and description (empty: the whole file)."""

DECIDED: dict[str, str] = {
    "invalid date string is only an annotation by default": "a date becomes an object",
    "invalid date-time string is only an annotation by default": "a date-time becomes an object",
    "invalid time string is only an annotation by default": "a time becomes an object",
    "invalid duration string is only an annotation by default": "a duration becomes an object",
    "invalid uuid string is only an annotation by default": "a uuid becomes an object",
    "an invalid base64 string (% is not a valid character); validates true": "base64 becomes bytes",
    "an invalid base64 string that is valid JSON; validates true": "base64 becomes bytes",
    "no validation: invalid number, but it still validates": "vocabularies of metaschemas are not read",
}
"""Tests whose text is accepted by the suite as an annotation and refused here, with the reason."""


def groups(draft: str, name: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads((SUITE / draft / f"{name}.json").read_text("utf-8"))
    return listed


def names(draft: str) -> list[str]:
    return sorted(path.stem for path in (SUITE / draft).glob("*.json"))


def document(version: str, schema: Any, meta: dict[str, Any]) -> dict[str, Any]:
    """A document with an operation that takes and gives a list of values of one schema."""
    is_2 = version == "2.0"
    body = {"type": "array", "items": {"$ref": "#/definitions/S" if is_2 else "#/components/schemas/S"}}
    root: dict[str, Any] = {"info": {"title": "Suite", "version": "1"}}
    if is_2:
        parameter = {"name": "body", "in": "body", "required": True, "schema": body}
        operation = {"parameters": [parameter], "responses": {"200": {"description": "Done", "schema": body}}}
        media = {"consumes": ["application/json"], "produces": ["application/json"]}
        root |= {"swagger": "2.0", "host": "example.com", "schemes": ["https"], **media, "definitions": {"S": schema}}
    else:
        content = {"application/json": {"schema": body}}
        responses = {"200": {"description": "Done", "content": content}}
        operation = {"requestBody": {"required": True, "content": content}, "responses": responses}
        root |= {"openapi": version, "servers": [{"url": BASE}], "components": {"schemas": {"S": schema, **meta}}}
        root |= {"$self": f"{HOST}document.json"} if version.startswith("3.2") else {}
    return {**root, "paths": {"/op": {"post": {"operationId": "op", **operation}}}}


def plan_of(folder: Path, version: str, schema: Any) -> Plan:
    """The plan of a schema's operation. The suite's remote files are in the folder of the document, whose ``$self`` is
    the host that they are said to be on; the metaschema is a component."""
    text = json.dumps(schema)
    meta: dict[str, Any] = {}
    if "json-schema.org/draft/2020-12/schema" in text.replace(f'"$schema": "{META}"', ""):
        for number, uri in enumerate(sorted(jsonschema_specifications.REGISTRY)):
            if "2020-12" in uri:
                meta[f"M{number}"] = jsonschema_specifications.REGISTRY.contents(uri)
    if version.startswith(("3.1", "3.2")):
        if isinstance(schema, dict) and "$id" not in schema:
            schema = {"$id": f"{HOST}suite/schema.json", **schema}
    else:
        schema = json.loads(
            text.replace('"$ref": "#', f'"$ref": "#/{"definitions" if version == "2.0" else "components/schemas"}/S')
        )
    path = folder / "document.json"
    path.write_text(json.dumps(document(version, schema, meta)))
    service = loader.load(path)
    return Plan(Compiler(service), service.operations["op"])


META = "https://json-schema.org/draft/2020-12/schema"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the suite's remote files of 2020-12."""
    folder = tmp_path_factory.mktemp("suite")
    shutil.copytree(SUITE / "remotes" / "draft2020-12", folder / "draft2020-12")
    return folder


def sent(plan: Plan, value: Any) -> bool:
    """Return True if a value is accepted as an argument."""
    try:
        plan.request({"body": [value]}, BASE, Options())
    except InvalidArguments:
        return False
    return True


def received(plan: Plan, value: Any) -> bool:
    """Return True if a value is accepted in a response."""
    response = Response(200, Headers([("Content-Type", "application/json")]), json.dumps([value]).encode())
    try:
        plan.read(response, "strict")
    except InvalidResponse:
        return False
    return True


def wrong(folder: Path, version: str, group: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The tests of a group that end otherwise than the suite says."""
    plan = plan_of(folder, version, group["schema"])
    for test in group["tests"]:
        if test["description"] in DECIDED:
            continue
        for direction, verdict in (("sent", sent), ("received", received)):
            if verdict(plan, test["data"]) != test["valid"]:
                yield group["description"], test["description"], direction


def uses(schema: Any, keywords: dict[str, str]) -> bool:
    """Return True if a schema uses what a version does not have: keywords, lists of types, the type null, lists of
    items."""
    stack = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if keywords.keys() & node.keys() or isinstance(node.get("items"), list):
                return True
            if isinstance(node.get("type"), list) or node.get("type") == "null":
                return True
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    return False


@pytest.mark.parametrize("name", names("draft2020-12"))
def test_2020_12_is_judged_whole(name: str, folder: Path) -> None:
    """Every required test of 2020-12 ends as the suite says, in both directions."""
    assert [fault for group in groups("draft2020-12", name) for fault in wrong(folder, "3.2.0", group)] == []


@pytest.mark.parametrize("version", ["2.0", "3.0.4"])
@pytest.mark.parametrize("name", names("draft4"))
def test_what_a_version_has_of_draft_4_is_judged(name: str, version: str, folder: Path) -> None:
    """Every required test of draft 4 whose schema the version can have ends as the suite says, in both directions."""
    lacks = LACKS[version[:3]]
    for group in groups("draft4", name):
        left_out = (name, "") in DIFFERS or (name, group["description"]) in DIFFERS
        if not left_out and not uses(group["schema"], lacks):
            assert list(wrong(folder, version, group)) == []
