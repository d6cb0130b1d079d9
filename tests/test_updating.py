"""``connectors update``: what was added is brought up to date with its source, and what is the user's stays."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors import added_files, registry, updating
from openconnectors.cli import app
from openconnectors.engine.documents.overlays import applying, overlay, tree
from openconnectors.engine.documents.overlays.differences import overlay_between

from .conftest import ROOT, command, serving
from .pages import texts


def document(*operations: str, title: str = "Things", version: str = "1") -> dict[str, Any]:
    """A service with operations that read."""
    return {
        "swagger": "2.0",
        "info": {"title": title, "version": version},
        "host": "127.0.0.1:9",
        "schemes": ["http"],
        "paths": {
            f"/{name}": {"get": {"operationId": name, "summary": name, "responses": {"200": {"description": "It"}}}}
            for name in operations
        },
    }


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's connectors."""
    monkeypatch.setenv("CONNECTORS_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config/connectors"


class Source:
    """A file that a connector is added from."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, *operations: str, **info: str) -> None:
        self.path.write_text(yaml.safe_dump(document(*operations, **info), sort_keys=False))


@pytest.fixture
def source(tmp_path: Path, config: Path) -> Source:
    source = Source(tmp_path / "things.swagger.yaml")
    source.write("one")
    assert command("add", str(source.path)).returncode == 0
    return source


def update(*options: str) -> tuple[int, dict[str, Any], str]:
    """The exit status, the result of the first connector, and standard error."""
    done = command("update", *(options or ("things",)), "--json")
    rows = json.loads(done.stdout) if done.stdout else [{}]
    return done.returncode, rows[0], done.stderr


def operations() -> list[str]:
    return sorted(openconnectors.load("things").operations)


# What changes


def test_what_is_added_at_the_source_is_added_here(source: Source, config: Path) -> None:
    """A change that adds something is shown and applied; a second update finds nothing; the path stays."""
    source.write("one", "two", version="1.1")

    code, result, _ = update()

    assert (code, result["state"], result["version"]) == (0, "updated", "1 → 1.1")
    assert any("'two' was added [operation-added]" in change for change in result["changes"])
    assert operations() == ["one", "two"]
    assert update()[1]["state"] == "current"
    assert [path.name for path in config.iterdir()] == ["things.swagger.yaml"]


def test_what_breaks_callers_needs_consent(source: Source) -> None:
    """Without a terminal a breaking change is refused with 1 and says how to go on; --yes applies it."""
    source.write("two", version="2")

    code, result, _ = update()

    assert (code, result["state"]) == (1, "refused")
    assert "--yes applies them" in result["message"]
    assert operations() == ["one"]
    assert update("things", "--yes")[1]["state"] == "updated"
    assert operations() == ["two"]


@pytest.mark.parametrize(("reply", "state"), [("y\n", "updated"), ("n\n", "refused")])
def test_a_terminal_is_asked(
    reply: str, state: str, source: Source, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal the question says how many changes break callers; a refusal changes nothing."""
    source.write("two", version="2")
    ours, its = pty.openpty()
    os.write(ours, reply.encode())
    with os.fdopen(its, "r") as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        app.run(["update", "things", "--json"])
    os.close(ours)
    out, err = capsys.readouterr()

    assert "changes of things break callers, or may. Apply them?" in out + err
    assert json.loads(out[out.index("[") :])[0]["state"] == state
    assert operations() == (["two"] if state == "updated" else ["one"])


@pytest.mark.parametrize(("option", "code"), [("--check", 1), ("--dry-run", 0)])
def test_check_and_dry_run_change_nothing(option: str, code: int, source: Source) -> None:
    """--check ends with 1 if a connector is behind, --dry-run with 0; both show the changes and change nothing."""
    assert command("update", "things", option).returncode == 0
    source.write("one", "two")

    done = command("update", "things", option)

    assert (done.returncode, done.stdout.splitlines()[1].split()[:2]) == (code, ["things", "behind"])
    assert "things: adds: operation 'two' was added" in done.stderr
    assert operations() == ["one"]


def test_a_source_that_cannot_be_read_leaves_what_is_there(source: Source) -> None:
    """A document that is broken, or gone, fails with 1; the connector stays, and other connectors are updated."""
    other = Source(source.path.with_name("others.swagger.yaml"))
    other.write("one")
    assert command("add", str(other.path)).returncode == 0
    other.write("one", "two")
    source.path.write_text("swagger: '2.0'\npaths: [")

    done = command("update", "--all", "--json")
    states = {row["name"]: row["state"] for row in json.loads(done.stdout)}

    assert (done.returncode, states) == (1, {"others": "updated", "things": "failed"})
    source.path.unlink()
    assert update()[1]["state"] == "failed"
    assert operations() == ["one"]


# What is the user's


def test_overlays_and_properties_of_the_user_are_kept(source: Source, config: Path) -> None:
    """An overlay and properties beside the stored document are applied before and after, and not touched."""
    action = {"target": "$.info", "update": {"title": "Mine"}}
    mine = {"overlay": "1.1.0", "info": {"title": "x", "version": "1"}, "actions": [action]}
    (config / "things.overlay.yaml").write_text(yaml.safe_dump(mine))
    (config / "things.properties.yaml").write_text("properties: {}\n")
    source.write("one", "two")

    assert update()[1]["state"] == "updated"

    entry = registry.find("things")
    assert ([path.name for path in entry.overlays], entry.properties) == (
        ["things.overlay.yaml"], config / "things.properties.yaml",
    )  # fmt: skip
    assert command("show", "things").stdout.startswith("Mine 1\n")


def edit(config: Path, text: str = "summary: mine") -> None:
    path = config / "things.swagger.yaml"
    path.write_text(path.read_text().replace("summary: one", text))


def test_an_edit_is_refused_at_its_place(source: Source, config: Path) -> None:
    """An edit of the stored document is no news as long as the source is as it was; then it is refused, with the place
    that was edited and both ways to go on."""
    edit(config)
    assert update()[1] | {"source": ""} == {
        "name": "things", "state": "current", "version": "", "message": "edited here: things.swagger.yaml",
        "source": "", "changes": [],
    }  # fmt: skip
    source.write("one", "two")

    code, result, _ = update()

    assert (code, result["state"]) == (1, "refused")
    for part in ("edited here at /paths/~1one/get/summary, and changed", "--keep-edits", "--discard-edits"):
        assert part in result["message"]
    assert operations() == ["one"]


def test_edits_become_an_overlay(source: Source, config: Path) -> None:
    """--keep-edits writes the edits of the document into an overlay, and the document is the vendor's again."""
    edit(config)
    source.write("one", "two")

    assert update("things", "--keep-edits")[1]["state"] == "updated"

    assert (config / "things.swagger.yaml").read_bytes() == source.path.read_bytes()
    actions = yaml.safe_load((config / "things.overlay.yaml").read_text())["actions"]
    assert actions == [{"target": '$["paths"]["/one"]["get"]', "update": {"summary": "mine"}}]
    assert operations() == ["one", "two"]
    assert "mine" in command("show", "things").stdout
    source.write("one", "two", "three")
    assert update()[1]["state"] == "updated"


def test_edits_stand_before_the_overlay_that_is_there(source: Source, config: Path) -> None:
    """With an overlay already, the connector becomes a folder whose list has the edits first; both are applied."""
    edit(config)
    action = {"target": "$.info", "update": {"title": "Mine"}}
    mine = {"overlay": "1.1.0", "info": {"title": "x", "version": "1"}, "actions": [action]}
    (config / "things.overlay.yaml").write_text(yaml.safe_dump(mine))
    source.write("one", "two")

    assert update("things", "--keep-edits")[1]["state"] == "updated"

    assert [path.name for path in config.iterdir()] == ["things"]
    overlays = [path.name for path in registry.find("things").overlays]
    assert (overlays[0][:6], overlays[1:]) == ("edits-", ["things.overlay.yaml"])
    shown = command("show", "things").stdout
    assert (shown.startswith("Mine 1\n"), "mine" in shown, operations()) == (True, True, ["one", "two"])
    source.write("one", "two", "three")
    assert (update()[1]["state"], operations()) == ("updated", ["one", "three", "two"])


def test_edits_are_discarded_if_that_is_said(source: Source, config: Path) -> None:
    """--discard-edits replaces an edited document."""
    edit(config)
    source.write("one", "two")

    assert update("things", "--discard-edits")[1]["state"] == "updated"
    assert (config / "things.swagger.yaml").read_bytes() == source.path.read_bytes()


DEEP: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"a": {"b": [1, 2]}, "c": 1}, {"a": {"b": [2]}, "d": {"e": None}}),
    ({"a": 1}, {"a": True}),
    ({"a": {"x": 1}}, {"a": "text"}),
    ({"a": "text"}, {"a": {"x": [{}]}}),
    ({"a'\"\\/~": {"é": 1, "": 2}}, {"a'\"\\/~": {"é": 2}}),
    ({"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 2}]}),
]


@pytest.mark.parametrize(("old", "new"), DEEP)
def test_an_overlay_of_edits_gives_the_edited_document(
    old: dict[str, Any], new: dict[str, Any], tmp_path: Path
) -> None:
    """Applied to what came, the overlay gives what was edited, whatever the names of members are."""
    head = {"swagger": "2.0", "info": {}}
    path = tmp_path / "edits.overlay.json"
    path.write_text(json.dumps(overlay_between({**head, **old}, {**head, **new}, "Edits")))
    read = overlay.files.parse(json.dumps({**head, **old}).encode(), "things.json")

    assert tree.plain(applying.applied(read, [overlay.read(path)]).root, {}) == {**head, **new}


# Where connectors come from


def test_many_files_are_replaced_together(tmp_path: Path, config: Path) -> None:
    """A document of many files, and properties from beside it, take the place of the old ones by one list; nothing of
    the old ones stays; remove removes all."""
    folder = tmp_path / "api"
    folder.mkdir()
    whole = document("one")
    whole["paths"]["/one"] = {"$ref": "one.yaml"}
    (folder / "things.swagger.yaml").write_text(yaml.safe_dump(whole))
    item = document("one")["paths"]["/one"]
    (folder / "one.yaml").write_text(yaml.safe_dump(item))
    assert command("add", str(folder / "things.swagger.yaml")).returncode == 0
    before = {path for path in config.rglob("*") if path.is_file()}
    item["post"] = {"operationId": "two", "responses": {"200": {"description": "It"}}}
    (folder / "one.yaml").write_text(yaml.safe_dump(item))
    (folder / "things.properties.yaml").write_text("properties: {}\n")

    assert update()[1]["state"] == "updated"

    after = {path for path in config.rglob("*") if path.is_file()}
    assert (operations(), before & after) == (["one", "two"], {config / "things/connector.json"})
    assert update()[1]["state"] == "current"
    assert command("remove", "things").returncode == 0
    assert [*config.iterdir(), *config.with_name("sources").glob("[!.]*")] == []


def test_a_published_folder_is_updated(tmp_path: Path, config: Path) -> None:
    """A folder in Microsoft's form is; an edit of its properties that the source does not touch is kept."""
    folder = tmp_path / "Things"
    folder.mkdir()
    (folder / "apiDefinition.swagger.json").write_text(json.dumps(document("one")))
    (folder / "apiProperties.json").write_text('{"properties": {}}')
    assert command("add", str(folder)).returncode == 0
    mine = '{"properties": {"iconBrandColor": "#123456"}}'
    (config / "things/apiProperties.json").write_text(mine)
    (folder / "apiDefinition.swagger.json").write_text(json.dumps(document("one", "two")))

    assert (update()[1]["state"], operations()) == ("updated", ["one", "two"])
    assert (config / "things/apiProperties.json").read_text() == mine


@pytest.fixture
def shelf() -> Iterator[tuple[str, dict[str, str]]]:
    """A server of documents, by path."""
    texts: dict[str, str] = {}

    @Request.application
    def application(request: Request) -> Response:
        text = texts.get(request.path)
        return Response(text, content_type="application/json") if text else Response(status=404)

    with_server = serving(make_server("127.0.0.1", 0, application))
    with with_server as url:
        yield url, texts


def test_a_url_is_read_again(shelf: tuple[str, dict[str, str]], config: Path) -> None:
    """A document from a URL is fetched again; one that is gone fails with the status, and a new place is remembered."""
    url, texts = shelf
    texts["/things.json"] = json.dumps(document("one"))
    assert command("add", f"{url}/things.json").returncode == 0
    texts["/things.json"] = json.dumps(document("one", "two"))
    assert (update()[1]["state"], operations()) == ("updated", ["one", "two"])
    texts["/v2/things.json"] = texts.pop("/things.json")
    code, result, _ = update()
    assert (code, result["state"], "answered 404" in result["message"]) == (1, "failed", True)
    assert update("things", "--source", f"{url}/v2/things.json")[1]["state"] == "current"
    assert update()[:1] == (0,)


def test_the_query_of_a_url_is_not_kept(shelf: tuple[str, dict[str, str]], config: Path) -> None:
    """A query may hold a secret: no file has it, and an update asks for the whole URL."""
    url, texts = shelf
    texts["/things.json"] = json.dumps(document("one"))
    assert command("add", f"{url}/things.json?sig=the-secret").returncode == 0
    texts["/things.json"] = json.dumps(document("one", "two"))

    code, result, _ = update()

    assert (code, "give the whole URL with --source" in result["message"]) == (1, True)
    assert update("things", "--source", f"{url}/things.json?sig=the-secret")[1]["state"] == "updated"
    files = [path for path in config.parent.rglob("*") if path.is_file()]
    assert not any(b"the-secret" in path.read_bytes() for path in files)


def test_what_was_added_before_has_no_source(source: Source, config: Path) -> None:
    """A connector without a memory of its source is updated once --source says where it came from."""
    (config.with_name("sources") / "things.json").unlink()
    source.write("one", "two")

    code, result, _ = update()

    assert (code, "--source" in result["message"]) == (1, True)
    assert update("things", "--source", str(source.path))[1]["state"] == "updated"
    assert update()[1]["state"] == "current"


# Wrong usage, and what is printed


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "name the connectors to update, or give --all"),
        (["things", "--all"], 2, "name the connectors to update, or give --all"),
        (["thing"], 2, "did you mean 'things'?"),
        (["twilio"], 1, "twilio was not added, and is not updated: it comes from built in"),
        (["things", "--keep-edits", "--discard-edits"], 2, "either kept or discarded"),
        (["things", "things", "--source", "x"], 2, "--source is for one connector"),
    ],
)
def test_wrong_usage_has_a_message(options: list[str], code: int, message: str, source: Source) -> None:
    """Wrong names and options end with a message."""
    done = command("update", *options)

    assert (done.returncode, message in done.stderr) == (code, True), done


def test_a_broken_memory_has_a_message(source: Source, config: Path) -> None:
    """A memory that cannot be read fails with its path, and how to go on."""
    (config.with_name("sources") / "things.json").write_text("{")

    code, result, _ = update()

    assert (code, "sources/things.json cannot be read" in result["message"]) == (1, True)
    assert "connectors add SOURCE --replace" in result["message"]


def test_the_table_is_narrow(source: Source) -> None:
    """The table has a line for each connector, in 80 columns on a terminal of 80."""
    source.write("one", "two", version="1.1")
    done = command("update", "--all", COLUMNS="80")

    assert done.stdout.splitlines()[1].split()[:2] == ["things", "updated"]
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_commands_of_the_page_do_what_it_says(tmp_path: Path, config: Path) -> None:
    """The first commands of docs/updating.md run in their order; --check finds what the source has new."""
    source = Source(tmp_path / "things.swagger.yaml")
    source.write("one")
    lines = [line for line in texts(ROOT / "docs/updating.md", "console")[0].splitlines() if line]
    codes = []
    for line in lines:
        codes.append(command(*shlex.split(line)[1:], cwd=tmp_path).returncode)
        source.write("one", "two")

    assert (codes, operations()) == ([0, 1, 0, 0], ["one", "two"])


# Killed


@pytest.mark.long
@pytest.mark.parametrize("kind", ["file", "files"])
def test_a_killed_update_leaves_a_whole_connector(kind: str, tmp_path: Path, config: Path) -> None:
    """Wherever ``kill -9`` hits an update, the connector is the old one or the new one, and the next update ends it."""
    source = Source(tmp_path / "things.swagger.yaml")
    properties = tmp_path / "things.properties.yaml"
    source.write("one")
    assert command("add", str(source.path)).returncode == 0
    counts = {"old": 0, "new": 0}
    rounds = 24
    environment = {**os.environ, "CONNECTORS_CONFIG": str(config.parent)}
    line = [sys.executable, "-m", "openconnectors", "update", "things", "--yes"]
    names = ["one", "two"]
    begin = time.monotonic()
    subprocess.run(line, env=environment, check=True, capture_output=True)
    delay = (time.monotonic() - begin) * 0.8
    for number in range(rounds):
        old, new = names[number % 2], names[(number + 1) % 2]
        source.write(new)
        if kind == "files":
            properties.write_text(f"properties: {{x: {number}}}\n")
        process = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        present = operations()
        assert present in ([old], [new])
        counts["new" if present == [new] else "old"] += 1
        delay *= 0.95 if present == [new] else 1.1  # to the moment at which the new takes the place of the old
        assert update("things", "--yes")[1]["state"] in ("updated", "current")
        assert (operations(), update()[1]["state"]) == ([new], "current")
    assert all(counts.values()), counts


def test_an_update_that_ends_at_any_step_can_be_repeated(
    source: Source, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update that ends at any of its writes leaves the old or the new connector, no edits, and is ended by the
    next."""
    real = added_files.replace_file
    for kind in ("file", "files"):
        for step in range(1, 6):
            left = step

            def write(path: Path, data: bytes) -> None:
                nonlocal left
                if path.is_relative_to(config.parent):
                    left -= 1
                    if left == 0:
                        raise KeyboardInterrupt
                real(path, data)

            before = operations()
            after = ["two"] if before == ["one"] else ["one"]
            source.write(*after)
            if kind == "files":
                source.path.with_name("things.properties.yaml").write_text(f"properties: {{x: {step}}}\n")
            with monkeypatch.context() as patch:
                patch.setattr(added_files, "replace_file", write)
                patch.setattr(updating, "replace_file", write)
                ended = command("update", "things", "--yes").returncode == 130
            assert ended or (kind, step) == ("file", 5)  # which is a write more than a single file takes
            assert operations() in (before, after)
            code, result, _ = update("things", "--yes")
            assert (code, operations()) == (0, after), (kind, step, result)
            assert update()[1]["message"] == ""
