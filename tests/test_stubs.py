"""Types of connectors in a project: what mypy and pyright report, what they accept, and when the files are outdated."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest

from openconnectors import registry
from openconnectors.cli import app
from openconnectors.engine.errors import InvalidDocument
from openconnectors.loading import service_named
from tests.checkers import CHECKERS, Complaint, complaints, environment
from tests.conftest import ROOT
from tests.mistakes import Call, calls, mistakes
from tests.pages import texts

MICROSOFT = ROOT.parent / "shared/corpus/microsoft"
BUILT_IN = sorted(name for name, entry in registry.entries().items() if entry.source == "built in")
WRONG_LINES = 100


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the package."""
    return environment(tmp_path_factory.mktemp("environment"))


def _calls(names: list[str]) -> list[Call]:
    return [call for index, name in enumerate(names) for call in calls(f"connector_{index}", service_named(name)[1])]


def _loads(names: list[str], loader: str = "load") -> list[str]:
    return [
        f"connector_{index} = openconnectors.{loader}{'_file' if '/' in name else ''}({name!r})"
        for index, name in enumerate(names)
    ]


def _script(names: list[str], lines: list[str]) -> str:
    return "\n".join(["import openconnectors", *_loads(names), *lines, ""])


def _project(folder: Path, names: list[str]) -> list[Call]:
    """Write the stubs of connectors, and a script that calls each of their operations."""
    assert app.run(["stubs", *names, "-o", str(folder)]) == 0
    known = _calls(names)
    lines = [line for call in known for line in (call.line(), call.line(verb=".response"))]
    (folder / "right.py").write_text(_script(names, lines), "utf-8")
    return known


@pytest.fixture(scope="module")
def reports(python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Complaint]]:
    """What each checker reports in a project with the built-in connectors, right calls and wrong lines."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "small.swagger.yaml").write_text(SMALL, "utf-8")
    (folder / "names.py").write_text("\n".join([*NAMES, ""]), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert app.run(["stubs", "small.swagger.yaml"]) == 0
        known = _project(folder, BUILT_IN)
    (folder / "wrong.py").write_text(_script(BUILT_IN, mistakes(known, WRONG_LINES)), "utf-8")
    (folder / "handwritten.py").write_text(HANDWRITTEN, "utf-8")
    for number, block in enumerate(texts(PAGE, "python"), 1):
        (folder / f"page{number}.py").write_text(block, "utf-8")
    return {checker: complaints(checker, python, folder) for checker in CHECKERS}


SMALL = """
swagger: "2.0"
info: {title: Small, version: "1"}
paths:
  /lists:
    get:
      operationId: list
      description: TEXT
      parameters:
        - {name: ids, in: query, type: array, items: {type: string}}
        - {name: on, in: query, type: string, format: date}
      responses: {200: {description: Fine, schema: {$ref: "#/definitions/Any"}}}
    post:
      operationId: operation
      parameters: [{name: list, in: query, type: string, enum: ["a'\\n", "]"]}]
      responses: {204: {description: Fine}}
definitions:
  Any:
    type: object
    properties:
      list: {type: array, items: {$ref: "#/definitions/Any"}}
      date: {type: string, format: date}
      "x\\": )": {type: string}
      class: {type: string}
      __hidden: {type: string}
""".replace("TEXT", json.dumps('Ends " three """ and \\ twice \\" """'))
NAMES = [
    "import openconnectors",
    'small = openconnectors.load_file("small.swagger.yaml")',
    'value = small.list(ids=["a"], on="2026-01-31")',
    'print(value["list"][0]["date"].year, value["x\\": )"].upper(), value["__hidden"].upper())',
    'nothing: None = small.operation(list="]")',
    'small.operation(list="b")',
]

PAGE = ROOT / "docs/types.md"
MISTAKEN = ("wrong.py", "names.py", "page2.py")
"""The files with mistakes: the second example of docs/types.md has some too."""


HANDWRITTEN = """
from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, assert_type

import openconnectors

if TYPE_CHECKING:
    from openconnectors import AsyncTwilio, Twilio, twilio_types


def send(twilio: Twilio, to: str) -> twilio_types.Message:
    return twilio.send_message(from_="+15005550006", to=to, body="Hello")


def count(connector: openconnectors.Connector) -> int:
    return len(connector)


with openconnectors.load("twilio", timeout=3.0) as twilio:
    assert_type(send(twilio, "+1")["sid"], "str | None")
    assert_type(count(twilio), int)
    for message in twilio.list_messages.items(page_size=5):
        assert_type(message, "twilio_types.Message")
    assert_type(twilio.send_message.using(timeout=3).request(from_="", to="", body="").method, str)
    twilio["SendMessage"](From="", To="", Body="")


async def main() -> None:
    async with openconnectors.load_async("twilio") as twilio:
        message = await twilio.send_message(from_="", to="", body="")
        assert_type(message, "twilio_types.Message")
        async for item in twilio.list_messages.items():
            assert_type(item["sid"], "str | None")


other = openconnectors.load("another")
other.anything(of_any="name")
try:
    other.anything()
except openconnectors.NotFound as error:
    print(error.status)
"""


@pytest.mark.parametrize("checker", CHECKERS)
def test_right_scripts_are_accepted(checker: str, reports: dict[str, list[Complaint]]) -> None:
    """Both checkers accept the stubs of every built-in connector, a call of each operation, and the types by name."""
    unwanted = [complaint for complaint in reports[checker] if complaint.file not in MISTAKEN]
    assert not unwanted, "\n".join(map(str, unwanted))


@pytest.mark.parametrize("checker", CHECKERS)
def test_mistakes_are_reported(checker: str, reports: dict[str, list[Complaint]]) -> None:
    """Of 100 mistakes in calls of the built-in connectors each checker reports at least 95."""
    first = len(BUILT_IN) + 2
    reported = {complaint.line for complaint in reports[checker] if complaint.file == "wrong.py"}
    missed = set(range(first, first + WRONG_LINES)) - reported
    assert len(missed) <= 5, missed


@pytest.mark.parametrize("checker", CHECKERS)
def test_names_of_a_document_hide_no_types(checker: str, reports: dict[str, list[Complaint]]) -> None:
    """Operations, members and definitions that are named like types, and texts that end a literal, are what they are;
    a document that is named by its path is loaded by this path."""
    assert {complaint.line for complaint in reports[checker] if complaint.file == "names.py"} == {len(NAMES)}


def test_the_page_shows_what_mypy_reports(reports: dict[str, list[Complaint]]) -> None:
    """docs/types.md shows the messages of mypy for its example with mistakes, and pyright reports the same lines."""
    wanted = [line.removeprefix("error: ") for line in texts(PAGE, "text")[0].splitlines()]
    shown = {checker: [row for row in reports[checker] if row.file == "page2.py"] for checker in CHECKERS}
    messages = [re.split(r"; |  \[", row.message)[0] for row in shown["mypy"]]
    assert messages == [line.partition("; ")[0] for line in wanted]  # what it suggests depends on its version
    assert {row.line for row in shown["pyright"]} == {row.line for row in shown["mypy"]}


@pytest.mark.long
@pytest.mark.skipif(not MICROSOFT.is_dir(), reason="the published connectors are not here")
@pytest.mark.parametrize("checker", CHECKERS)
def test_published_connectors(checker: str, python: Path, tmp_path: Path) -> None:
    """Both checkers accept the stubs of published connectors, and 98 of 100 calls of their operations: some of these
    give what is hidden, or a text where a file is declared."""
    names = [str(path) for path in sorted(MICROSOFT.iterdir())[::12] if _is_readable(path)]
    known = _project(tmp_path, names)
    reported = complaints(checker, python, tmp_path)
    assert {complaint.file for complaint in reported} <= {"right.py"}
    assert len({complaint.line for complaint in reported}) <= 2 * len(known) * 0.02


def _is_readable(path: Path) -> bool:
    with suppress(InvalidDocument):
        return path.is_dir() and service_named(str(path)) is not None
    return False


# The command


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a document, in which commands are run."""
    (tmp_path / "small.swagger.yaml").write_text(SMALL, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_check_reports_what_is_out_of_date(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--check compares the files with the documents, writes nothing, and names what differs."""
    assert app.run(["stubs", "small.swagger.yaml", "twilio"]) == 0
    assert app.run(["stubs", "--check"]) == 0
    document = small / "small.swagger.yaml"
    document.write_text(document.read_text("utf-8").replace("name: on", "name: off"), "utf-8")
    capsys.readouterr()
    assert app.run(["stubs", "--check"]) == 1
    assert capsys.readouterr().err == "connector_types/small_types.pyi: out of date; run connectors stubs\n"
    assert app.run(["stubs"]) == 0
    assert app.run(["stubs", "--check"]) == 0


def test_other_files_are_kept(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of the project's own is not written over, and without a name there is nothing to write."""
    assert app.run(["stubs"]) == 2
    (small / "openconnectors.pyi").write_text("x: int\n", "utf-8")
    assert app.run(["stubs", "twilio"]) == 1
    assert "openconnectors.pyi was not written by connectors stubs" in capsys.readouterr().err
    assert sorted(path.name for path in small.iterdir()) == ["openconnectors.pyi", "small.swagger.yaml"]


def test_two_runs_write_the_same(small: Path) -> None:
    """The files depend on the documents alone."""
    texts = []
    for folder in ("one", "two"):
        assert app.run(["stubs", "small.swagger.yaml", "stripe", "-o", folder]) == 0
        texts.append({path.name: path.read_bytes() for path in (small / folder).rglob("*.pyi")})
    assert texts[0] == texts[1]
