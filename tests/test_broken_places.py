"""What is broken among the connectors is named in a warning, and takes nothing else along."""

from __future__ import annotations

import logging
import os
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import openconnectors
from openconnectors import adding, registry

DOCUMENT = 'swagger: "2.0"\ninfo: {title: T, version: "1"}\nhost: a.example\npaths: {/a: {get: {operationId: A}}}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "folder"
    place.mkdir()
    (place / "sound.swagger.yaml").write_text(DOCUMENT)
    monkeypatch.setenv("CONNECTORS_PATH", str(place))
    return place


def _link_to_itself(folder: Path) -> None:
    (folder / "x.swagger.yaml").symlink_to(folder / "x.swagger.yaml")


def _link_to_nothing(folder: Path) -> None:
    (folder / "x.swagger.yaml").symlink_to(folder / "nowhere")


def _link_out(folder: Path) -> None:
    outside = folder.parent / "outside.yaml"
    outside.write_text(DOCUMENT)
    (folder / "x.swagger.yaml").symlink_to(outside)


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "x.swagger.yaml")


def _properties_out(folder: Path) -> None:
    (folder / "x.swagger.yaml").write_text(DOCUMENT)
    outside = folder.parent / "outside.properties.yaml"
    outside.write_text("connectionParameters: {}\n")
    (folder / "x.properties.yaml").symlink_to(outside)


@pytest.mark.parametrize("spoil", [_link_to_itself, _link_to_nothing, _link_out, _pipe, _properties_out])
def test_a_broken_file_is_named_and_left_out(spoil: object, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A broken file of a folder is skipped with a warning that names it; the other connectors load."""
    assert callable(spoil)
    spoil(folder)
    with caplog.at_level(logging.WARNING):
        known = openconnectors.available()
    assert "sound" in known
    assert "twilio" in known
    assert "x" not in known
    assert "x.swagger.yaml" in caplog.text
    assert openconnectors.load("sound").a.request().url == "https://a.example/a"


def test_a_file_of_bad_bytes_fails_alone(folder: Path) -> None:
    """A document that is not UTF-8 is listed and raises InvalidDocument only when it is loaded."""
    (folder / "x.swagger.yaml").write_bytes(b'swagger: "2.0"\xff\n')
    assert "x" in openconnectors.available()
    assert openconnectors.load("sound").a.request()
    with pytest.raises(openconnectors.InvalidDocument, match="UTF-8"):
        openconnectors.load("x")


def test_a_place_that_is_no_folder_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Entries of CONNECTORS_PATH that are not folders are skipped with a warning that names each."""
    loop = folder.parent / "loop"
    loop.symlink_to(loop)
    places = [str(folder / "sound.swagger.yaml"), str(folder.parent / "nowhere"), str(loop), "x" * 300, str(folder)]
    monkeypatch.setenv("CONNECTORS_PATH", os.pathsep.join(places))
    with caplog.at_level(logging.WARNING):
        assert "sound" in openconnectors.available()
    for place in places[:-1]:
        assert place in caplog.text


@pytest.mark.parametrize("value", ["os:no_such_thing", "no_such_module_at_all", "sys:exit", "math:pi"])
def test_a_package_that_fails_is_named(
    value: str, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An entry point that is missing, raises, ends the process, or gives no folder."""
    monkeypatch.setattr(registry, "entry_points", lambda group: [EntryPoint("broken-package", value, group)])
    with caplog.at_level(logging.WARNING):
        assert "sound" in openconnectors.available()
    assert "package broken-package" in caplog.text


def test_documents_below_a_folder_are_found_once(folder: Path) -> None:
    """A link back to a folder above, a pipe and a link to itself are not followed."""
    (folder / "again").symlink_to(folder)
    below = folder / "below"
    below.mkdir()
    (below / "up").symlink_to(folder)
    (below / "loop").symlink_to(below / "loop")
    os.mkfifo(below / "pipe.json")
    (below / "one.json").write_text('{"swagger": "2.0"}')
    names = [entry.document.name for entry in registry.below(folder)]
    assert sorted(names) == ["one.json", "sound.swagger.yaml"]


NAMES = (
    *("", " ", ".", "..", "../sound", "./sound", "folder/sound", "/etc/passwd", "sound/", "sound\\", "..\\sound"),
    *("Sound", "SOUND", "sound ", " sound", "sound\n", "so\0und", "sound.swagger.yaml", "sound.swagger", "-sound"),
    *("_sound", "soünd", "\uff53ound", "so\u200bund", "sound%00", "%73ound", "file:sound", "http://a.example/sound"),
    *("~", "~root", "$HOME", "con", "sound;ls", "a" * 5000, "\ud800", "*", "[s]ound", "sou?d"),
)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
def test_a_connector_has_one_spelling_and_is_no_path(name: str, folder: Path) -> None:
    """Names with path separators, other case or control characters are unknown and cannot be added."""
    with pytest.raises(openconnectors.UnknownName):
        openconnectors.load(name)
    sound = registry.find("sound")
    with pytest.raises(openconnectors.ConnectorError):
        adding.add(sound, name if name != "con" else "CON")
