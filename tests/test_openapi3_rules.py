"""What the rules of OpenAPI 3 leave alone: right documents that look like the faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from openconnectors.engine.lint import validate
from tests.faults.twins.form import changed
from tests.faults.twins.skeletons import SKELETONS

_GET = "/paths/~1pets/get"
_POST = "/paths/~1pets/post"
_LINK = f"{_POST}/responses/201/links/l"


def _findings(tmp_path: Path, changes: dict[str, Any], version: str = "3.1") -> list[tuple[str, str]]:
    """The rules, with their severities, that a skeleton with changes breaks; texts that are missing are left out."""
    path = tmp_path / "api.yaml"
    path.write_text(yaml.safe_dump(changed({"": SKELETONS[version]}, changes)[""], sort_keys=False), "utf-8")
    return [(item.rule, item.severity) for item in validate(path) if item.rule != "description-missing"]


def _link(**members: Any) -> dict[str, Any]:
    return {f"{_POST}/responses/201/links": {"l": {"operationId": "getPet", **members}}}


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2"])
def test_an_array_in_deep_objects_is_a_warning(version: str, tmp_path: Path) -> None:
    """A list in the style deepObject is not defined, though services read it: a warning, not an error."""
    parameter = {"name": "expand", "in": "query", "description": "What to expand.", "style": "deepObject"}
    schema = {"type": "array", "items": {"type": "string"}}
    changes = {f"{_GET}/parameters/-": {**parameter, "explode": True, "schema": schema}}

    assert _findings(tmp_path, changes, version) == [("style-type", "warning")]


def test_a_callback_may_be_a_reference(tmp_path: Path) -> None:
    """The key of a reference is no URL of a callback."""
    item = {"post": {"description": "Told.", "operationId": "told", "responses": {"200": {"description": "Fine."}}}}
    changes = {
        f"{_POST}/callbacks": {"told": {"$ref": "#/components/callbacks/told"}},
        "/components/callbacks": {"told": {"{$request.body#/tag}": item}},
    }

    assert _findings(tmp_path, changes) == []


@pytest.mark.parametrize(
    "value",
    [
        "$response.body#/id",
        "$response.body#/tag",
        "$request.body#/name",
        "$request.header.Accept",
        "$response.header.Location",
        "$url",
        "$statusCode",
        7,
        "7",
    ],
)
def test_an_expression_that_names_something_is_right(value: Any, tmp_path: Path) -> None:
    """Places of bodies, fields that HTTP itself has, and constants that fit the parameter are not reported."""
    assert _findings(tmp_path, _link(parameters={"petId": value})) == []


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object"},
        {"type": "object", "properties": {"a": {}}, "additionalProperties": True},
        {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "object", "properties": {"deep": {}}}]},
        {"oneOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"deep": {"type": "object"}}}]},
        {"type": "object", "patternProperties": {"^d": {}}},
    ],
    ids=["anything", "an object", "open", "allOf", "oneOf", "by a pattern"],
)
def test_a_place_that_a_schema_leaves_open_may_be_there(schema: Any, tmp_path: Path) -> None:
    """A pointer into what a schema does not say, or into one part of it, is not reported."""
    body = {f"{_POST}/responses/201/content/application~1json/schema": schema}
    rules = _findings(tmp_path, {**body, **_link(parameters={"petId": "$response.body#/deep/er"})})

    assert [rule for rule, _ in rules if rule.startswith("expression")] == []


def test_an_operation_of_another_document_is_not_looked_up(tmp_path: Path) -> None:
    """Nothing is fetched, so a link to an operation elsewhere is not reported by a rule."""
    reference = "https://other.example/api.yaml#/paths/~1pets/get"
    changes = {f"{_POST}/responses/201/links": {"l": {"operationRef": reference}}}

    assert "link-target" not in {rule for rule, _ in _findings(tmp_path, changes)}


def test_members_that_exclude_each_other_are_one_finding(tmp_path: Path) -> None:
    """A parameter with a schema and content is reported once, not by the JSON schema of the specification as well."""
    changes = {f"{_GET}/parameters/0/content": {"application/json": {"schema": {"type": "integer"}}}}
    for version in ("3.0", "3.1", "3.2"):
        assert ("members-exclusive", "error") in _findings(tmp_path, changes, version)
        assert not [rule for rule, _ in _findings(tmp_path, changes, version) if rule.startswith("structure")]


@pytest.mark.parametrize("version", ["3.1", "3.2"])
def test_a_link_may_have_a_server_and_constants_of_any_type(version: str, tmp_path: Path) -> None:
    """The published JSON schemas are narrower than the text of the Link Object, which counts."""
    server = {"url": "https://other.example", "description": "Another."}

    assert _findings(tmp_path, _link(parameters={"petId": 7}, server=server), version) == []


def test_a_discriminator_of_alternatives_within_alternatives(tmp_path: Path) -> None:
    """A mapping may lead to a schema that is an alternative of an alternative."""
    kind = {"type": "string"}
    cat, dog = ({"type": "object", "required": ["k"], "properties": {"k": kind, name: {}}} for name in ("c", "d"))
    changes = {
        "/components/schemas/Cat": cat,
        "/components/schemas/Dog": dog,
        "/components/schemas/Any": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Others"}],
            "discriminator": {"propertyName": "k", "mapping": {"cat": "Cat", "dog": "#/components/schemas/Dog"}},
        },
        "/components/schemas/Others": {"oneOf": [{"$ref": "#/components/schemas/Dog"}]},
        "/components/schemas/Pet/properties/tag": {"$ref": "#/components/schemas/Any"},
    }

    assert _findings(tmp_path, changes) == []
