"""Versions of one connector, and the lock that says which of them a project uses, and from which files."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import openconnectors
from openconnectors import registry, versions
from openconnectors.cli.app import cli
from openconnectors.engine.errors import ConnectorError, UnknownName
from openconnectors.folders import lock_file
from tests.conftest import ROOT
from tests.pages import Run
from tests.test_many_files import folder


def document(version: str, path: str = "/a") -> str:
    """A document of a version, with one operation."""
    return f"""\
openapi: 3.1.0
info: {{title: Tides, version: "{version}"}}
servers: [{{url: https://h.example}}]
paths: {{{path}: {{get: {{operationId: level, responses: {{200: {{description: ok}}}}}}}}}}
"""


FILES = {
    "tides@1.9.openapi.yaml": document("1", "/old"),
    "tides@1.10.openapi.yaml": document("2", "/new"),
    "tides@1.10.overlay.yaml": """\
overlay: 1.1.0
info: {title: t, version: "1"}
actions: [{target: "$.paths['/new'].get", update: {parameters: [{name: x, in: query, schema: {type: integer}}]}}]
""",
    "lone.openapi.yaml": document("7.1", "/lone"),
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of connectors, in two versions; the current folder is another."""
    monkeypatch.setenv("CONNECTORS_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CONNECTORS_PATH", str(tmp_path / "place"))
    folder(tmp_path / "place", FILES)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "place"


def run(*arguments: object) -> Result:
    """The result of a command."""
    return CliRunner().invoke(cli, list(map(str, arguments)))


def path_of(name: str, version: str | None = None) -> str:
    """The path that the operation of a connector has."""
    return openconnectors.load(name, version=version).level.request().url.removeprefix("https://h.example")


# Versions

ORDER = ["0.9", "1.0-alpha", "1.0-beta", "1.0-beta.2", "v1.0", "1.0.1", "1.9", "1.10", "2", "2024-05-01-preview",
         "2024-05-01", "2024-11-01"]  # fmt: skip


def test_the_order_of_versions() -> None:
    """Numbers as numbers, words before nothing, nothing before numbers; "v" and what follows "+" do not count."""
    shuffled = random.Random(1).sample(ORDER, len(ORDER))  # noqa: S311
    assert sorted(shuffled, key=versions.order) == ORDER
    assert versions.order("1.0+build.5") == versions.order("v1.0") == versions.order("1.0")


def test_a_version_is_found_by_name(place: Path) -> None:
    """By ``version=`` or in the name, awaited too; without one it is the newest; an unknown one is refused."""
    assert [path_of("tides"), path_of("tides", "1.9"), path_of("tides@1.9")] == ["/new", "/old", "/old"]
    assert openconnectors.load("tides").level.request(x=1).url.endswith("?x=1")
    assert openconnectors.load_async("tides", version="1.9").level.request().url.endswith("/old")
    assert path_of("lone", "7.1") == "/lone"
    with pytest.raises(UnknownName, match=r"version of tides.*1\.8.*Known: 1\.10, 1\.9"):
        path_of("tides", "1.8")


def test_one_without_a_version_in_its_name_has_that_of_its_document(place: Path) -> None:
    """Beside others it is asked for it; of two files of one version the first counts."""
    (place / "tides.openapi.yaml").write_text(document("3.0", "/newest"))
    assert [path_of("tides"), path_of("tides", "3.0"), path_of("tides", "1.10")] == ["/newest", "/newest", "/new"]
    assert [row["version"] for row in _listed()] == ["", "3.0", "1.10", "1.9"]


def _listed() -> list[Mapping[str, str]]:
    return [row for row in json.loads(run("list", "--json").output) if row["source"] != "built in"]


def test_versions_are_of_one_place(place: Path) -> None:
    """A place that has a name has all its versions: no other place may bring a newer one."""
    folder(place.parent / "config/connectors", {"tides@1.0.openapi.yaml": document("1", "/added")})
    assert path_of("tides") == "/added"
    with pytest.raises(UnknownName):
        path_of("tides", "1.10")


def test_versions_are_added_and_removed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``add --version`` keeps others; a name with versions is removed by one of them."""
    monkeypatch.delenv("CONNECTORS_PATH")
    files = [place / "tides@1.9.openapi.yaml", place / "tides@1.10.openapi.yaml"]
    for file, version in zip(files, ("1.9", "1.10"), strict=True):
        assert run("add", file, "--name", "tides", "--version", version).exit_code == 0
    assert [row["version"] for row in _listed()] == ["1.10", "1.9"]
    assert openconnectors.load("tides").level.request(x=1).url.endswith("/new?x=1")
    for options, message in (
        (("--version", "1.9"), "already used"), (("--replace",), "--version VERSION"), (("--version", "../x"), "valid")
    ):  # fmt: skip
        result = run("add", files[0], "--name", "tides", *options)
        assert isinstance(result.exception, ConnectorError)
        assert message in str(result.exception)
    assert run("add", files[1], "--name", "tides", "--version", "1.9", "--replace").exit_code == 0
    assert path_of("tides", "1.9") == "/new"
    assert "the versions 1.10, 1.9" in str(run("remove", "tides").exception)
    assert run("remove", "tides@1.10").exit_code == 0
    assert [(entry.version, len(entry.files)) for entry in registry.versions_of("tides")] == [("1.9", 2)]


# The lock


def test_a_lock_names_every_file(place: Path) -> None:
    """Name, version, kind of source, and the digest of each file: of the document, of what is beside it, and of what it
    refers to; the path of a folder is not in it."""
    folder(place / "many", {"connector.json": '{"document": "api/a.yaml", "overlays": ["o.overlay.yaml"]}',
        "api/a.yaml": document("5", "/x").replace("{get", "{$ref: ../part.yaml, get"), "part.yaml": "summary: a\n",
        "o.overlay.yaml": FILES["tides@1.10.overlay.yaml"].replace("/new", "/x")})  # fmt: skip
    assert run("lock").exit_code == 0
    lock = json.loads(Path("connectors.lock").read_text())
    assert [(row["name"], row["version"], row["source"], sorted(row["files"])) for row in lock["connectors"]] == [
        ("lone", "7.1", "folder", ["lone.openapi.yaml"]),
        ("many", "5", "folder", ["api/a.yaml", "connector.json", "o.overlay.yaml", "part.yaml"]),
        ("tides", "1.9", "folder", ["tides@1.9.openapi.yaml"]),
        ("tides", "1.10", "folder", ["tides@1.10.openapi.yaml", "tides@1.10.overlay.yaml"]),
    ]
    assert str(place) not in Path("connectors.lock").read_text()
    assert run("lock", "--check").exit_code == 0
    (place / "many/part.yaml").write_text("summary: b\n")
    assert run("lock", "--check").output == "many@5: part.yaml changed\n"


def test_a_locked_connector_that_changed_is_refused(place: Path) -> None:
    """By load and by commands, with what changed; others are loaded; it is accepted by locking it again."""
    assert run("lock", "tides@1.10", "twilio").exit_code == 0
    assert path_of("tides") == "/new"
    text = FILES["tides@1.10.openapi.yaml"]
    (place / "tides@1.10.openapi.yaml").write_text(text + "# changed\n")
    (place / "tides@1.10.overlay.yaml").unlink()
    (place / "tides@1.10.properties.yaml").write_text("connectionParameters: {}\n")
    expected = (
        r"tides@1\.10 is not as it was locked in .*connectors\.lock: tides@1\.10\.openapi\.yaml changed, "
        r"tides@1\.10\.overlay\.yaml is missing, tides@1\.10\.properties\.yaml is new; look at the changes"
    )
    for load in (openconnectors.load, openconnectors.load_async):
        with pytest.raises(ConnectorError, match=expected):
            load("tides")
    assert isinstance(run("call", "tides", "level", "--dry-run").exception, ConnectorError)
    check = run("lock", "--check")
    assert (check.exit_code, len(check.output.splitlines())) == (1, 3)
    assert path_of("lone") == "/lone"
    assert run("lock", "tides@1.10").exit_code == 0
    assert path_of("tides") == "/new"


def test_a_lock_decides_the_version(place: Path) -> None:
    """The newest that is locked, whatever is newer; one that is not locked, or is gone, is refused."""
    assert run("lock", "tides@1.9").exit_code == 0
    assert path_of("tides") == "/old"
    with pytest.raises(UnknownName, match=r"Add it with connectors lock tides@1\.10"):
        path_of("tides", "1.10")
    (place / "tides@1.9.openapi.yaml").unlink()
    with pytest.raises(ConnectorError, match=r"it is there in version 1\.10 only"):
        path_of("tides")
    assert run("lock").exit_code == 0
    assert path_of("tides") == "/new"


def test_a_new_version_of_a_document_is_another(place: Path) -> None:
    """A file without a version in its name is locked under that of its document, and replaced by locking it again."""
    assert run("lock", "lone").exit_code == 0
    (place / "lone.openapi.yaml").write_text(document("8", "/lone"))
    with pytest.raises(ConnectorError, match=r"lone@7\.1 is not as it was locked.*lone\.openapi\.yaml changed"):
        path_of("lone")
    assert run("lock", "lone").exit_code == 0
    assert [row["version"] for row in json.loads(Path("connectors.lock").read_text())["connectors"]] == ["8"]


def test_where_the_lock_is(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest file in the folder or above it, what ``[tool.connectors]`` names, what the environment names; this
    must be there."""
    project = Path.cwd()
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")
    assert lock_file() is None
    assert run("lock", "lone", "--file", project / "connectors.lock").exit_code == 0
    assert lock_file() == project / "connectors.lock"
    (project / "sub/pyproject.toml").write_text('[tool.connectors]\nlock = "locks/our.lock"\n')
    assert lock_file() == project / "sub/locks/our.lock"
    with pytest.raises(ConnectorError, match=r"cannot be read.*write it with connectors lock"):
        path_of("lone")
    assert run("validate", place / "lone.openapi.yaml", "--level", "error").exit_code == 0
    monkeypatch.setenv("CONNECTORS_LOCK", str(project / "connectors.lock"))
    assert path_of("lone") == "/lone"
    (project / "connectors.lock").write_text('{"lock": 2, "connectors": []}')
    with pytest.raises(ConnectorError, match="is of format 2"):
        path_of("lone")
    monkeypatch.setenv("CONNECTORS_LOCK", "off")
    assert path_of("lone") == "/lone"


def test_the_page_runs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What docs/versions.md shows is so."""
    monkeypatch.delenv("CONNECTORS_PATH")
    Run(ROOT / "docs/versions.md", Path.cwd()).run()
