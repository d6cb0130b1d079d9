"""``connectors new``: a document to begin with."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pytest

import openconnectors
from openconnectors.cli import app
from openconnectors.document_template import AUTH, document
from openconnectors.engine.convert import VERSIONS
from openconnectors.engine.lint import Settings, check

from .conftest import command

TITLE = 'Wetter: "München" {x} #1'


@pytest.mark.parametrize("version", VERSIONS)
def test_a_document_begins_without_findings(version: str, tmp_path: Path) -> None:
    """In each version and with each way to sign in there is nothing to report, also nothing that only informs."""
    for auth in AUTH:
        path = tmp_path / f"{auth}.yaml"
        path.write_text(document(TITLE, "https://wetter.example/v1/", auth, version), "utf-8")

        assert check(path, None, Settings(least="info")).findings == []


def test_a_document_is_written_and_called(tmp_path: Path) -> None:
    """The commands that ``new`` prints work as they stand: the document is checked, called in a sandbox, added."""
    done = command("new", "weather", "--title", TITLE, "--auth", "bearer", cwd=tmp_path)
    lines = [line.partition("#")[0].split()[1:] for line in done.stderr.splitlines() if line.startswith("  connectors")]

    assert (done.returncode, done.stdout, len(lines)) == (0, "", 3)
    for line in lines:
        assert command(*line, cwd=tmp_path).returncode == 0
    connector = openconnectors.load("weather", connection={"token": "t"})
    assert connector.get_item.request(id="1").url == "https://api.example.com/v1/items/1"
    assert command("show", "weather").stdout.startswith(f"{TITLE} 1.0\n")


def test_swagger_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    """``--openapi 2.0`` writes Swagger under the name by which a folder of connectors finds it."""
    done = command("new", "weather", "--openapi", "2.0", "--auth", "oauth2", "-o", str(tmp_path / "deep" / "folder"))

    assert done.returncode == 0
    assert (tmp_path / "deep" / "folder" / "weather.swagger.yaml").read_text().startswith("swagger: '2.0'\n")


def test_a_person_is_asked_for_what_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With ``--input`` the title, the URL and the way to sign in are asked for; empty lines take what is offered."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", StringIO("\nhttps://wetter.example\napi-key\n"))

    assert app.run(["new", "my-weather", "--input"]) == 0

    text = (tmp_path / "my-weather.openapi.yaml").read_text()
    assert ('title: "My Weather"' in text, 'url: "https://wetter.example"' in text, "name: X-API-Key" in text) == (
        True, True, True,
    )  # fmt: skip
    assert "a token that the service issues" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Weather"], "'Weather' is not a valid connector name; use lower-case letters"),
        (["../x"], "is not a valid connector name"),
        (["weather", "--url", "wetter.example"], "'wetter.example' is not the URL of a service"),
        (["weather", "--url", "https://u:p@h/?key=s3cret"], "is not the URL of a service"),
        (["weather", "--auth", "basics"], "'basics' is not one of"),
        (["taken"], "taken.openapi.yaml is there already; replace it with --replace"),
    ],
    ids=str,
)
def test_wrong_input_writes_nothing(arguments: list[str], message: str, tmp_path: Path) -> None:
    """Exit code 2, what is wrong, and no file; a query of a URL, which may have a key, is not shown."""
    (tmp_path / "taken.openapi.yaml").write_text("mine")

    done = command("new", *arguments, cwd=tmp_path)

    assert (done.returncode, message in done.stderr, "s3cret" in done.stderr) == (2, True, False), done.stderr
    assert [path.read_text() for path in tmp_path.glob("*.yaml")] == ["mine"]
    assert command("new", "taken", "--replace", cwd=tmp_path).returncode == 0
