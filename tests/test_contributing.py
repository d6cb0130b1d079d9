"""CONTRIBUTING.md says in how many places each addition is made: its table is true, and a connector, added."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROWS = re.findall(r"^\| (an? .+?) \| (.+?) \| `(.+?)` \|$", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)


def _tables(path: Path) -> set[str]:
    """The names that a module gives at its top level."""
    statements = ast.parse(path.read_text("utf-8")).body
    targets = [statement.target for statement in statements if isinstance(statement, ast.AnnAssign)]
    targets += [target for statement in statements if isinstance(statement, ast.Assign) for target in statement.targets]
    return {target.id for target in targets if isinstance(target, ast.Name)}


@pytest.mark.parametrize(("addition", "places", "test"), ROWS, ids=[row[0] for row in ROWS])
def test_the_places_of_an_addition_are_there(addition: str, places: str, test: str) -> None:
    """Every folder, file and table that CONTRIBUTING.md names for an addition exists, and so does its test."""
    paths = [name for name in re.findall(r"`([^`]+)`", places) if "/" in name]

    assert paths
    assert [name for name in [*paths, test] if not (ROOT / name).exists()] == []
    for table, path in re.findall(r"`([A-Z]+)` \(`([^`]+)`\)", places):
        assert table in _tables(ROOT / path)


GAUGES = """
swagger: "2.0"
info: {title: Water gauges, version: "1.0", description: Levels of rivers.}
host: gauges.example
basePath: /v1
schemes: [https]
consumes: [application/json]
produces: [application/json]
paths:
  /gauges/{river}:
    get:
      operationId: GetLevel
      summary: Get a level
      description: Get the level of a river.
      parameters:
        - {name: river, in: path, required: true, type: string, description: The river's name}
      responses:
        "200": {description: The level, schema: {$ref: "#/definitions/Level"}}
definitions:
  Level:
    type: object
    description: The level of a river.
    required: [metres]
    properties: {metres: {type: number, description: Metres above the gauge's zero, example: 1.5}}
"""

NAMES = " or ".join(
    # of the tests that read every document; those that are parametrized by document have "gauges" in their ids
    [
        "gauges",
        "test_list_names_connectors_and_their_source",
        "test_an_unchanged_document_has_no_findings",
        "test_a_case_is_of_a_built_in_connector",
        "test_the_documents_of_this_project_are_usable",
    ]
)


@pytest.mark.long
def test_a_built_in_connector_is_one_file(tmp_path: Path) -> None:
    """A document in spec/ is a connector that is listed and called, and every test that reads spec/ passes."""
    for folder in ("connectors", "engine", "spec", "tests", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, tmp_path / file)
    package = tmp_path / "source" / "openconnectors"
    package.mkdir(parents=True)
    for path in [*(tmp_path / "connectors").iterdir(), tmp_path / "engine"]:
        (package / path.name).symlink_to(path)
    (tmp_path / "spec/gauges.swagger.yaml").write_text(GAUGES)

    readers = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").glob("test_*.py"))
        if re.search(r"registry\.entries\(|/ \"spec\"", path.read_text("utf-8"))
    ]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *readers, "-k", NAMES],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "source")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_its_sandbox_takes_every_operation[gauges]" in done.stdout
