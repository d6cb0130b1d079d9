"""Facts of documents of many files as connectors: ``add`` copies all files, commands read below a root."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import openconnectors
from openconnectors import registry
from openconnectors.cli.app import cli
from tests.conftest import command
from tests.test_many_files import SWAGGER, folder

DOCUMENT = f"""{SWAGGER}paths:
  /a:
    get:
      operationId: getA
      parameters: [{{$ref: '../common/types.json#/parameters/Limit'}}]
      responses: {{'200': {{description: ok}}}}
      x-ms-examples: {{a: {{$ref: ./examples/a.json}}, missing: {{$ref: ./examples/b.json}}}}
"""
FILES = {
    "2021/api.swagger.yaml": DOCUMENT,
    "2021/api.properties.yaml": "connectionParameters: {}\n",
    "2021/examples/a.json": "{}",
    "2021/other.yaml": "a: 1",
    "common/types.json": json.dumps({"parameters": {"Limit": {"name": "limit", "in": "query", "type": "integer"}}}),
}


def run(*arguments: object) -> Result:
    """The result of a command."""
    return CliRunner().invoke(cli, list(map(str, arguments)))


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a document that refers to a file beside its own folder."""
    monkeypatch.setenv("CONNECTORS_CONFIG", str(tmp_path / "config"))
    folder(tmp_path / "specs", FILES)
    return tmp_path / "specs"


def test_add_copies_all_files_and_remove_removes_them(specs: Path, tmp_path: Path) -> None:
    """A document with its files is added as a folder in which they are as they were to each other; it stays when the
    files are gone, can be replaced, and is removed whole."""
    added = tmp_path / "config/connectors"
    for options in ((), ("--replace",)):
        result = run("add", specs / "2021/api.swagger.yaml", "--root", specs, "--name", "my_api", *options)
        assert result.exit_code == 0, result.output
    names = {path.relative_to(added / "my_api").as_posix() for path in added.rglob("*") if path.is_file()}
    assert names == {*FILES, registry.MANIFEST} - {"2021/other.yaml"}
    for name in FILES:
        (specs / name).unlink()
    request = openconnectors.load("my_api", base_url="https://h.example").get_a.request(limit=3)
    assert request.url == "https://h.example/a?limit=3"
    assert run("remove", "my_api").exit_code == 0
    assert list(added.iterdir()) == []


COMMANDS = (
    ("show", "API"),
    ("validate", "API"),
    ("diff", "API", "API"),
    ("call", "API", "get_a", "--dry-run"),
    ("convert", "API", "--to", "3.0"),
    ("fuzz", "API", "--max-examples", "1", "--no-answers"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command[0]))
def test_every_command_reads_below_a_root(command: tuple[str, ...], specs: Path) -> None:
    """``--root`` names the folder below which files are read, whatever the command."""
    name, *arguments = (str(specs / "2021/api.swagger.yaml") if word == "API" else word for word in command)
    result = run(name, "--root", specs, *arguments)
    assert "leads out of the folder" not in result.output
    assert result.exit_code == 0, result.output


def test_a_project_names_the_root_of_its_documents(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``root`` of ``[tool.connectors]`` is what ``validate``, the hook and the pytest plugin read below."""
    monkeypatch.chdir(specs)
    assert "leads out of the folder" in run("validate", "2021/api.swagger.yaml").output
    (specs / "pyproject.toml").write_text('[tool.connectors]\nroot = "."\n')
    result = run("validate", "2021/api.swagger.yaml")
    assert result.exit_code == 0, result.output


def test_a_root_is_an_option_of_load_file(specs: Path) -> None:
    """``load_file(root=…)`` reads below it; without it the operation is refused."""
    document = specs / "2021/api.swagger.yaml"
    assert openconnectors.load_file(document, root=specs).get_a.request(limit=1).url == "https://h.example/a?limit=1"
    with pytest.raises(openconnectors.InvalidDocument, match="leads out of the folder"):
        openconnectors.load_file(document).get_a.request(limit=1)


def test_a_manifest_names_files_of_its_own_folder_only(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with ``connector.json`` is a connector by the folder's name, unless it names a file outside."""
    monkeypatch.setenv("CONNECTORS_PATH", str(specs.parent))
    (specs / "connector.json").write_text('{"document": "2021/api.swagger.yaml"}')
    assert openconnectors.load("specs").get_a.request(limit=1).url == "https://h.example/a?limit=1"
    (specs / "connector.json").write_text('{"document": "../specs.yaml"}')
    assert "specs" not in registry.entries()


def test_settings_of_microsofts_command_line_name_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with ``settings.json`` is a connector of the document and the properties that it names."""
    folder = tmp_path / "kettle"
    folder.mkdir()
    document = {"swagger": "2.0", "info": {"title": "N", "version": "1"}, "host": "api.example.com", "paths": {}}
    (folder / "my-api.json").write_text(json.dumps(document))
    properties = {"properties": {"connectionParameters": {"k": {"type": "strng"}}}}
    (folder / "my-props.json").write_text(json.dumps(properties))
    settings = {
        "connectorId": "x",
        "apiProperties": "my-props.json",
        "apiDefinition": "my-api.json",
        "icon": "icon.png",
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    done = command("validate", str(folder))
    assert (done.returncode, "my-props.json:1:" in done.stdout) == (1, True), done
    monkeypatch.setenv("CONNECTORS_PATH", str(tmp_path))
    assert registry.entries()["kettle"].properties == folder / "my-props.json"
    (folder / "settings.json").write_text('{"editor.fontSize": 12}')
    assert "kettle" not in registry.entries()
