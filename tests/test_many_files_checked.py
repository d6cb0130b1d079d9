"""Facts of checking and comparing documents of many files: every finding is in the file that it is about.

A node of another file is checked as what it is referred to as; what nothing refers to there is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from openconnectors.engine.diff import compare
from openconnectors.engine.documents import loader
from openconnectors.engine.lint import Settings, check, validate
from tests.test_many_files import OPENAPI, SWAGGER, VERSIONS, folder

ITEM = "type: object\ndescription: An item.\nproperties:\n  id: {type: integer, description: The id.}\n"


def files(version: str) -> dict[str, str]:
    """A sound document of a version, in many files."""
    swagger = version == "2.0"
    head = SWAGGER + "schemes: [https]\n" if swagger else OPENAPI % int(version[-1])
    described = "type: integer" if swagger else "schema: {type: integer}"
    schema = "{$ref: '../schemas/item.yaml'}"
    content = f"schema: {schema}" if swagger else f"content: {{application/json: {{schema: {schema}}}}}"
    return {
        "api.yaml": f"{head}paths:\n  /items/{{id}}: {{$ref: paths/items.yaml}}\n",
        "paths/items.yaml": (
            "get:\n  operationId: GetItem\n  summary: Get an item\n  description: Gets an item.\n"
            "  parameters: [{$ref: '../common.yaml#/Id'}]\n"
            "  responses:\n    '200': {$ref: '../common.yaml#/Ok'}\n"
        ),
        "common.yaml": (
            f"Id: {{name: id, in: path, required: true, description: The id., {described}}}\n"
            f"Ok: {{description: ok, {content.replace('../', './')}}}\nUnused: {{in: nowhere}}\n"
        ),
        "schemas/item.yaml": ITEM,
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sound_document_has_no_finding(version: str, tmp_path: Path) -> None:
    """References into other files are followed by every rule, and what nothing refers to there is not checked."""
    findings = validate(folder(tmp_path, files(version)), settings=Settings(least="warning"))
    assert [str(finding) for finding in findings] == []


FAULTS: Mapping[str, tuple[str, str, str, str, int]] = {
    "a schema": ("schemas/item.yaml", "type: integer,", "type: strng,", "structure-value", 4),
    "a schema, by its meaning": (
        "schemas/item.yaml",
        "type: integer,",
        "type: integer, default: a,",
        "default-invalid",
        4,
    ),
    "a parameter": ("common.yaml", "in: path, ", "in: paht, ", "structure-value", 1),
    "a response": ("common.yaml", "Ok: {description: ok, ", "Ok: {", "structure-required", 2),
    "an operation": ("paths/items.yaml", "operationId: GetItem", "operationId: [GetItem]", "structure-type", 2),
    "a reference": ("paths/items.yaml", "common.yaml#/Id", "common.yaml#/Ip", "reference-dangling", 5),
    "a file": ("schemas/item.yaml", "properties:", "properties: {", "syntax", 5),
    "a path variable": ("common.yaml", "name: id", "name: ip", "path-parameter-undeclared", 1),
}


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1"])
@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_reported_in_its_file(case: str, version: str, tmp_path: Path) -> None:
    """The specification's JSON schema and the rules judge a node of another file as what refers to it."""
    name, right, wrong, rule, line = FAULTS[case]
    written = files(version)
    written[name] = written[name].replace(right, wrong)
    findings = validate(folder(tmp_path, written), settings=Settings(least="warning"))
    places = [(finding.rule, Path(finding.file).relative_to(tmp_path).as_posix(), finding.line) for finding in findings]
    if rule == "path-parameter-undeclared":
        assert any(name.startswith("path") for name, _, _ in places)
    else:
        assert (rule, name, line) in places


def test_a_fix_changes_the_file_of_its_finding(tmp_path: Path) -> None:
    """What can be fixed mechanically in another file is fixed there."""
    written = files("2.0")
    written["schemas/item.yaml"] = ITEM.replace("type: integer", "type: intger")
    checked = check(folder(tmp_path, written), None, Settings())
    assert checked.repairs == {str(tmp_path / "schemas/item.yaml"): ITEM}


def test_a_comment_ignores_a_finding_in_its_own_file(tmp_path: Path) -> None:
    """``# connectors: ignore RULE`` is about the line of the file that it is in."""
    written = files("2.0")
    written["schemas/item.yaml"] = ITEM.replace("integer", "intger").rstrip() + "  # connectors: ignore structure-*\n"
    assert "structure-value" not in {finding.rule for finding in validate(folder(tmp_path, written))}


@pytest.mark.parametrize("version", VERSIONS)
def test_changes_in_other_files_are_changes(version: str, tmp_path: Path) -> None:
    """What changed in another file breaks callers as if it were in the first, at its place in that file."""
    old, new = folder(tmp_path / "old", files(version)), folder(tmp_path / "new", files(version))
    (tmp_path / "new/schemas/item.yaml").write_text(ITEM.replace("type: integer", "type: boolean"))
    comparison = compare(loader.read(old), loader.read(new))
    changed = [finding for finding in comparison.findings if finding.rule == "type-changed"]
    assert [(finding.file, finding.line) for finding in changed] == [(str(tmp_path / "new/schemas/item.yaml"), 4)]
    assert changed[0].related is not None
    assert changed[0].related[0] == str(tmp_path / "old/schemas/item.yaml")
