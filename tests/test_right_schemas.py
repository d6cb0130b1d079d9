"""What looks wrong in a schema and is right: nothing is reported, and nothing of Python's is printed."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from openconnectors.engine.lint import validate
from tests.faults.twins.form import changed
from tests.faults.twins.skeletons import SKELETONS

_TEXT = {"type": "string"}
_PET = "/paths/~1pets/post"
_JSON = "content/application~1json"


def _reported(version: str, changes: dict[str, Any], folder: Path) -> list[str]:
    path = folder / "api.json"
    path.write_text(json.dumps(changed({"": SKELETONS[version]}, changes)[""]))
    return [str(finding) for finding in validate(path)]


@pytest.mark.parametrize(
    "schema",
    [
        {"$id": "https://pets.example/a/b", "properties": {"c": {"$ref": "d"}, "e": {"$id": "d", **_TEXT}}},
        {"$id": "a", "$defs": {"b": {"$anchor": "c", **_TEXT}}, "properties": {"d": {"$ref": "#c"}}},
        {"$id": "a", "$defs": {"b": _TEXT}, "properties": {"d": {"$ref": "#/$defs/b"}}},
        {"properties": {"a": {"$id": "a", "$anchor": "x", **_TEXT}, "b": {"$id": "b", "$anchor": "x", **_TEXT}}},
    ],
    ids=["relative", "anchor of a resource", "pointer in a resource", "the same anchor in two resources"],
)
def test_references_are_relative_to_the_nearest_id(schema: dict[str, Any], tmp_path: Path) -> None:
    """References, pointers and anchors are those of the nearest schema with an id."""
    assert _reported("3.1", {"/components/schemas/Pet/properties/tag": schema}, tmp_path) == []


@pytest.mark.parametrize("pattern", ["[[a]", "^[a--b]$", "^[a||b]+$", "^(?<year>[0-9]{4})$", "^[a&&b]$"])
def test_patterns_print_nothing(pattern: str, tmp_path: Path) -> None:
    """A pattern that Python warns about is checked without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reported = _reported("3.1", {"/components/schemas/Pet/properties/tag/pattern": pattern}, tmp_path)

    assert [finding for finding in reported if "Warning" in finding] == []


@pytest.mark.parametrize(
    ("keyword", "place"),
    [
        ("readOnly", f"{_PET}/requestBody/{_JSON}/example"),
        ("writeOnly", f"{_PET}/responses/201/{_JSON}/example"),
        ("readOnly", "/components/schemas/Pet/example"),
        ("writeOnly", "/components/schemas/Pet/example"),
    ],
)
def test_an_example_lacks_what_its_direction_lacks(keyword: str, place: str, tmp_path: Path) -> None:
    """A required property that is read-only need not be in a request, one that is write-only not in a response."""
    changes = {f"/components/schemas/Pet/properties/id/{keyword}": True, place: {"name": "Rex"}}
    reported = _reported("3.0", changes, tmp_path)

    assert [finding for finding in reported if "required-read-only" not in finding] == []


@pytest.mark.parametrize(
    ("keyword", "place"),
    [
        ("writeOnly", f"{_PET}/requestBody/{_JSON}/example"),
        ("readOnly", f"{_PET}/responses/201/{_JSON}/example"),
    ],
)
def test_an_example_has_what_its_direction_has(keyword: str, place: str, tmp_path: Path) -> None:
    """A required property that is write-only is in a request, one that is read-only in a response."""
    changes = {f"/components/schemas/Pet/properties/id/{keyword}": True, place: {"name": "Rex"}}

    assert any("example-invalid" in finding for finding in _reported("3.0", changes, tmp_path))
