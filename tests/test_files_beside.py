"""The files beside a definition in Microsoft's form: settings, icon, and what the profile of Microsoft refuses."""

from __future__ import annotations

import json
import shlex
import struct
import zlib
from pathlib import Path

import pytest

from openconnectors.engine.documents import document
from openconnectors.engine.lint import Settings, validate
from openconnectors.engine.lint.images import Image, png
from openconnectors.engine.lint.placeholders import is_secret
from tests.faults.twins.properties import RIGHT
from tests.faults.twins.properties_files import image
from tests.faults.twins.skeletons import SKELETONS
from tests.test_cli import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A connector's folder as Microsoft publishes it, without a fault."""
    here = tmp_path / "pets"
    here.mkdir()
    (here / "apiDefinition.swagger.json").write_text(json.dumps(SKELETONS["microsoft"]))
    (here / "apiProperties.json").write_text(json.dumps(RIGHT))
    (here / "settings.json").write_text(json.dumps({"apiDefinition": "apiDefinition.swagger.json", "icon": "icon.png"}))
    (here / "icon.png").write_bytes(image(230, 230))
    return here


def test_settings_are_checked_with_their_folder(folder: Path) -> None:
    """Whichever is named, the folder or its settings: a missing icon is reported in the settings."""
    (folder / "icon.png").unlink()
    for path in (folder, folder / "settings.json"):
        code, out, _ = run("validate", str(path), "--format", "json")
        findings = [item for item in json.loads(out) if item["rule"] == "settings-icon"]

        assert (code, [Path(item["file"]).name for item in findings]) == (0, ["settings.json"])


def test_an_icon_has_no_line_to_show(folder: Path) -> None:
    """A finding about the icon names the file and shows nothing of its bytes."""
    (folder / "icon.png").write_bytes(image(20, 20))
    _, out, _ = run("validate", str(folder), "--profile", "microsoft", "--select", "icon-*")

    assert "icon.png:1:1: warning: the icon has 20 × 20 pixels" in out
    assert "IHDR" not in out


def test_settings_of_something_else_are_left_alone(folder: Path) -> None:
    """A settings.json without a member of Microsoft's command line is another program's."""
    (folder / "settings.json").write_text('{"editor.tabSize": 4}')

    assert [item for item in validate(folder / "apiDefinition.swagger.json") if item.rule.startswith("settings")] == []


def test_settings_that_cannot_be_read_are_a_finding(folder: Path) -> None:
    """A comma too many in the settings is reported at its line."""
    (folder / "settings.json").write_text('{\n"connectorId": "pets"\n"icon": 1}')
    [finding] = [item for item in validate(folder / "apiDefinition.swagger.json") if item.severity == "error"]

    assert (Path(finding.file).name, finding.rule, finding.line) == ("settings.json", "syntax", 3)


def test_the_profile_refuses_openapi_3_with_the_command_that_converts(tmp_path: Path) -> None:
    """The one finding names a command; what that writes is no longer refused."""
    path = tmp_path / "my pets.json"
    path.write_text(json.dumps(SKELETONS["3.1"]))
    [finding] = validate(path, None, Settings(profile="microsoft"))

    assert (finding.rule, finding.severity, finding.pointer) == ("SpecificationVersionIncorrect", "error", "/openapi")
    words = shlex.split(finding.message.partition("convert it: ")[2])
    assert words[-2:] == ["--output", "apiDefinition.swagger.json"]
    converted = tmp_path / words[-1]
    assert run(*words[1:-1], str(converted))[0] == 0
    assert document.read(converted).root["swagger"] == "2.0"
    assert "SpecificationVersionIncorrect" not in {item.rule for item in validate(converted)}


PIXELS = {
    "gray": (0, 8, b"\x80", {}, (128, 128, 128, 255)),
    "gray of one bit": (0, 1, b"\x80", {}, (255, 255, 255, 255)),
    "gray and opacity": (4, 8, b"\x10\x20", {}, (16, 16, 16, 32)),
    "sixteen bits": (2, 16, b"\x01\xff\x02\xff\x03\xff", {}, (1, 2, 3, 255)),
    "palette": (3, 4, b"\x10", {b"PLTE": b"\0\0\0\x07\x08\x09"}, (7, 8, 9, 255)),
    "palette with opacity": (3, 8, b"\x00", {b"PLTE": b"\x07\x08\x09", b"tRNS": b"\x05"}, (7, 8, 9, 5)),
}


@pytest.mark.parametrize("name", PIXELS)
def test_the_first_pixel_of_every_type_of_color(name: str, tmp_path: Path) -> None:
    """The first pixel is read of gray, colors and palettes, of one to sixteen bits."""
    color, depth, pixel, chunks, corner = PIXELS[name]
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", 1, 1, depth, color, 0, 0, 0),
        **chunks,
        b"IDAT": zlib.compress(b"\x04" + pixel),
        b"IEND": b"",
    }
    packed = (struct.pack(">I", len(data)) + kind + data + bytes(4) for kind, data in parts.items())
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))

    assert png(tmp_path / "a.png") == Image(1, 1, corner)


@pytest.mark.parametrize(
    "text",
    ["", "<client secret>", "[[DUMMY]]", "{{ secret }}", "YOUR_CLIENT_SECRET", "Value-From-Your-App-Registration",
     "xxxxxxxx", "00000000-0000-0000-0000-000000000000", "***", "changeme", "Enter your secret here",
     "@connectionParameters('x')"],
)  # fmt: skip
def test_a_placeholder_is_no_secret(text: str) -> None:
    """What published connectors write in the place of a secret."""
    assert not is_secret(text)


@pytest.mark.parametrize("text", ["8Q~abcDEF123ghiJKL456", "kjhGFDfghjkLMNbvcQ", "a8f5f167f44f4964e6c998dee827110c"])
def test_a_text_without_words_is_a_secret(text: str) -> None:
    """What services give as a secret."""
    assert is_secret(text)
