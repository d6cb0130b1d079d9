"""Overlays: what a document lacks is said beside it, its file stays as it is, findings lead to where a node is."""

from __future__ import annotations

import asyncio
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

import openconnectors
from openconnectors import registry
from openconnectors.cli.app import cli
from openconnectors.engine.documents import cache, file, loader
from openconnectors.engine.documents.overlays import applying, overlay, queries, tree
from openconnectors.engine.documents.overlays.applying import applied
from openconnectors.engine.documents.positions import Position
from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.lint import Settings, check, validate
from tests.conftest import ROOT, SHARED
from tests.pages import Run
from tests.test_many_files import folder

VENDOR = """\
swagger: "2.0"
info: {title: Things, version: "1.0"}
host: api.example.com
schemes: [https]
paths:
  /things:
    get:
      operationId: ListThings
      responses: {200: {description: all, schema: {type: array, items: {type: object}}}}
  /things/{id}:
    get:
      operationId: GetThing
      parameters: [{name: id, in: path, required: true, type: string}]
      responses: {200: {description: a thing}}
    delete:
      operationId: DropThing
      parameters: [{name: id, in: path, required: true, type: string}]
      responses: {204: {description: gone}}
"""
OVERLAY = """\
overlay: 1.1.0
info: {title: What things lack, version: 1.0.0}
actions:
- target: $.info
  update: {description: Lists of things., contact: {name: none}}
- target: $.paths['/things'].get
  update:
    summary: List the things
    parameters: [{name: colour, in: query, type: string, enum: [red, blue]}]
- target: $.paths['/things/{id}'].delete
  remove: true
"""


def head(actions: object, **members: object) -> str:
    """The text of an overlay with these actions."""
    return json.dumps({"overlay": "1.1.0", "info": {"title": "t", "version": "1"}, "actions": actions, **members})


def result(root: Any, *actions: dict[str, Any]) -> Any:
    """The tree of a document with an overlay of these actions applied."""
    parsed = overlay.read(Path("o.overlay.json"), head(list(actions)).encode())
    return applied(file.parse(json.dumps(root), "d.json"), [parsed]).root


def faults(root: Any, *actions: dict[str, Any]) -> list[tuple[str, str]]:
    """The messages of an overlay that cannot be applied, with the pointers into it."""
    with pytest.raises(InvalidDocument) as raised:
        result(root, *actions)
    return [(fault.pointer, fault.message) for fault in raised.value.diagnostics]


def run(*arguments: object) -> Result:
    """The result of a command."""
    return CliRunner().invoke(cli, list(map(str, arguments)))


@pytest.fixture
def things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document with an overlay beside it."""
    monkeypatch.setenv("CONNECTORS_CONFIG", str(tmp_path / "config"))
    folder(tmp_path / "specs", {"things.swagger.yaml": VENDOR, "things.overlay.yaml": OVERLAY})
    return tmp_path / "specs" / "things.swagger.yaml"


# What the actions do (Overlay Specification 1.1, "Action Object")

ITEMS = {"openapi": "3.1.0", "paths": {"/items": {"get": {"responses": {}}}, "/some": {"delete": {}}}}
PAGED = {
    "paths": {
        "/items": {"get": {"x-oai-traits": ["paged"], "parameters": [{"name": "id"}]}},
        "/other": {"get": {}},
    }
}
CASES: dict[str, tuple[Any, list[dict[str, Any]], Any]] = {
    "objects are merged, lists joined, single values replaced": (
        {"a": {"b": [1], "c": 1, "d": {"e": None}}},
        [{"target": "$.a", "update": {"b": [2], "c": 2, "d": {"e": True, "f": {}}}}],
        {"a": {"b": [1, 2], "c": 2, "d": {"e": True, "f": {}}}},
    ),
    "a list takes items of a list, or one item": (
        {"a": [1]},
        [{"target": "$.a", "update": [2, [3]]}, {"target": "$.a", "update": {"b": 4}}, {"target": "$.a", "update": 5}],
        {"a": [1, 2, [3], {"b": 4}, 5]},
    ),
    "a single value is replaced where it is": (
        {"a": "x", "b": [1, 2]},
        [{"target": "$.a", "update": "y"}, {"target": "$.b[1]", "update": 3}],
        {"a": "y", "b": [1, 3]},
    ),
    "several nodes are updated alike": (
        {"a": {"x": {}, "y": {}}},
        [{"target": "$.a.*", "update": {"z": [1]}}, {"target": "$.a.x.z", "update": 2}],
        {"a": {"x": {"z": [1, 2]}, "y": {"z": [1]}}},
    ),
    "a node that is selected twice is updated once": (
        {"a": []}, [{"target": "$['a', 'a']", "update": 1}], {"a": [1]},
    ),
    "removing items of a list moves none of those that are selected": (
        {"a": [0, 1, 0, 2, 0]}, [{"target": "$.a[?@ == 0]", "remove": True}], {"a": [1, 2]},
    ),
    "remove goes before update": ({"a": 1, "b": 1}, [{"target": "$.a", "update": 2, "remove": True}], {"b": 1}),
    "actions see the result of those before": (
        {"a": {}},
        [{"target": "$.a", "remove": True}, {"target": "$", "update": {"a": [1]}}, {"target": "$.a", "update": 2}],
        {"a": [1, 2]},
    ),
    "traits": (
        PAGED,
        [{"target": "$.paths[?@.get['x-oai-traits'][?@ == 'paged']].get", "update": {"parameters": [{"name": "top"}]}}],
        {"paths": {
            "/items": {"get": {"x-oai-traits": ["paged"], "parameters": [{"name": "id"}, {"name": "top"}]}},
            "/other": {"get": {}},
        }},
    ),
    "copy merges a node of the document": (
        ITEMS,
        [{"target": "$.paths['/some']", "copy": "$.paths['/items']"}],
        {**ITEMS, "paths": {"/items": {"get": {"responses": {}}}, "/some": {"delete": {}, "get": {"responses": {}}}}},
    ),
    "update, copy and remove rename": (
        ITEMS,
        [
            {"target": "$.paths", "update": {"/new": {}}},
            {"target": "$.paths['/new']", "copy": "$.paths['/items']"},
            {"target": "$.paths['/items']", "remove": True},
        ],
        {**ITEMS, "paths": {"/some": {"delete": {}}, "/new": {"get": {"responses": {}}}}},
    ),
    "a node is copied into a node inside of it as it was before": (
        {"a": {"b": {}}}, [{"target": "$.a.b", "copy": "$.a"}], {"a": {"b": {"b": {}}}},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("root", "actions", "expected"), CASES.values(), ids=CASES)
def test_actions_do_what_the_specification_says(root: Any, actions: list[dict[str, Any]], expected: Any) -> None:
    """Of the document and its overlay the result is the one of the specification; the document is as it was."""
    before = json.dumps(root)
    assert result(root, *actions) == expected
    assert json.dumps(root) == before


WRONG = {
    "other kinds": (
        [{"target": "$", "update": {"o": 1, "l": {}, "s": []}}],
        [("/actions/0/update/o", "'o' is an object in the document, and a single value here; remove it first")],
    ),
    "several kinds": (
        [{"target": "$.*", "update": 1}],
        [("/actions/0/update", "$.* selects lists and objects and single values; make an action for each")],
    ),
    "value for object": (
        [{"target": "$.o", "update": 1}],
        [("/actions/0/update", "a single value cannot be merged into an object")],
    ),
    "object for value": (
        [{"target": "$.s", "update": {}}],
        [("/actions/0/update", "an object cannot replace a single value; target the object that holds it")],
    ),
    "copy of nothing": (
        [{"target": "$.o", "copy": "$.o.x.y"}],
        [("/actions/0/copy", "copy is for a single node; $.o.x.y selects nothing; $.o is the last part that selects "
          "something")],
    ),
    "copy of many": (
        [{"target": "$.o", "copy": "$.*"}],
        [("/actions/0/copy", "copy is for a single node; $.* selects 3 nodes")],
    ),
    "root": ([{"target": "$", "remove": True}], [("/actions/0/remove", "the root of a document cannot be removed")]),
    "all that is wrong": (
        [{"target": "$.o", "update": 1}, {"target": "$.s", "update": 1}, {"target": "$.l", "copy": "$.no"}],
        [("/actions/0/update", "a single value cannot be merged into an object"),
         ("/actions/2/copy", "copy is for a single node; $.no selects nothing; $ is the last part that selects "
          "something")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("actions", "expected"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_done_is_refused_at_its_place(
    actions: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    """Every action that cannot be carried out, at the member that is wrong."""
    assert faults({"o": {"p": 1}, "l": [1], "s": 1}, *actions) == expected


STRUCTURE = {
    "overlay: '1.1'\ninfo: {title: t, version: '1'}\nactions: [{target: $}]": ["overlay is the version of the Overlay"],
    "overlay: 2\ninfo: a\nactions: {}": ["overlay must be a text", "info must be a mapping", "actions must be a list"],
    "overlay: 1.0.0\ninfo: {version: 1}\nactions: []": ["'title' is missing", "version must", "at least one action"],
    "overlay: 1.1.0\ninfo: {title: t, version: '1', x-a: 1}\nactions: [5]\nextend: a": [
        "'extend' is not known here; did you mean 'extends'?", "an action is a mapping"],
    "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions: [{update: 1}]": ["an action needs a target"],
    "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions: [{target: info, remove: maybe}, {target: 1}]": [
        "remove must be true or false", "which begins with $; 'info' does not", "target must be a text"],
    "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions: [{target: $, update: 1, copy: $}]": ["not both"],
    "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions: [{target: $.a}, {target: $.a}]": ["the same as /actions"],
    "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions: [{target: '$[?@.a==]'}]": ["is not a JSONPath query"],
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STRUCTURE.items(), ids=range(len(STRUCTURE)))
def test_the_structure_of_an_overlay_is_checked(text: str, expected: list[str], tmp_path: Path) -> None:
    """An overlay alone is validated: each fault at its place, under the rule ``overlay``."""
    path = tmp_path / "a.overlay.yaml"
    path.write_text(text)
    findings = check(path, None, Settings()).findings
    assert {finding.rule for finding in findings} == {"overlay"}
    assert len(findings) == len(expected)
    assert all(any(part in finding.message for finding in findings) for part in expected), findings


def test_an_overlay_that_is_none_is_refused(things: Path) -> None:
    """A file that is not there, is no mapping or is a document, at its first line."""
    layer = things.with_name("fixes.yaml")
    for text, message in (("", "cannot be read"), ("- a", "is a mapping with"), (VENDOR, "'overlay' is missing")):
        if text:
            layer.write_text(text)
        with pytest.raises(InvalidDocument, match=message) as raised:
            openconnectors.load_file(things, overlay=layer)
        assert place(raised.value.diagnostics[0]) == ("fixes.yaml", (1, 1))


# Where things are


def place(finding: Diagnostic) -> tuple[str, Position]:
    """The name of the file of a finding, and its line and column."""
    return Path(finding.file).name, (finding.line, finding.column)


def test_a_node_keeps_the_place_where_it_is_written(things: Path) -> None:
    """Nodes of the overlay are in its lines, those of the document in theirs, also after items before them went."""
    document = loader.read(things, overlays=[things.with_name("things.overlay.yaml")])

    def at(pointer: str) -> tuple[str, int]:
        shown, line, _ = document.location(pointer)
        return Path(shown).name, line

    assert at("/info/title") == ("things.swagger.yaml", 2)
    assert at("/info/description") == ("things.overlay.yaml", 5)
    assert at("/info/contact/name") == ("things.overlay.yaml", 5)
    assert at("/paths/~1things/get") == ("things.swagger.yaml", 8)
    assert at("/paths/~1things/get/summary") == ("things.overlay.yaml", 8)
    assert at("/paths/~1things/get/parameters/0/enum/1") == ("things.overlay.yaml", 9)
    assert at("/paths/~1things/get/responses/200") == ("things.swagger.yaml", 9)
    assert at("/paths/~1things~1{id}/get/parameters/0") == ("things.swagger.yaml", 13)


def test_items_after_removed_ones_keep_their_places() -> None:
    """The place of an item is the one in the file, not in the result; that of a copy is the place of the original."""
    actions = [{"target": "$.a[0]", "remove": True}, {"target": "$.b", "copy": "$.a"}]
    before = file.parse('{"a": [1,\n {"x": 2},\n 3], "b": [0]}', "d.json")
    after = applied(before, [overlay.read(Path("o.json"), head(actions).encode())])
    assert after.root == {"a": [{"x": 2}, 3], "b": [0, {"x": 2}, 3]}
    assert [after.place(f"/{at}", False) for at in ("a/0/x", "a/1", "b/0", "b/1/x", "b/2")] == [
        (2, 8), (3, 2), (3, 12), (2, 8), (3, 2),
    ]  # fmt: skip


def test_findings_and_ignores_are_in_the_file_of_the_node(things: Path) -> None:
    """What is wrong with what an overlay says is reported in its line, and ignored by a comment there."""
    layer = things.with_name("things.overlay.yaml")
    text = OVERLAY.replace("type: string, enum", "type: strng, enum")
    layer.write_text(text)
    [error] = [finding for finding in validate(things, overlays=[layer]) if finding.severity == "error"]
    assert place(error) == ("things.overlay.yaml", (9, 50))
    assert error.pointer == "/paths/~1things/get/parameters/0/type"
    layer.write_text(text.replace("blue]}]", "blue]}]  # connectors: ignore structure-*"))
    assert [finding for finding in validate(things, overlays=[layer]) if finding.severity == "error"] == []
    with pytest.raises(InvalidDocument, match=r"things\.overlay\.yaml:9:50") as raised:
        openconnectors.load_file(things).list_things()
    assert "strng" in str(raised.value)


def test_an_action_that_selects_nothing_is_a_warning(things: Path) -> None:
    """At its target, with how far the query leads; the document is loaded all the same."""
    layer = things.with_name("things.overlay.yaml")
    layer.write_text(OVERLAY + "- target: $.paths['/thing'].get\n  update: {a: 1}\n- target: $.info\n")
    findings = [finding for finding in validate(things, overlays=[layer]) if finding.rule == "overlay-target"]
    assert [(place(finding), finding.message) for finding in findings] == [
        (("things.overlay.yaml", (12, 11)),
         "$.paths['/thing'].get selects nothing; $.paths is the last part that selects something"),
        (("things.overlay.yaml", (14, 3)), "the action does nothing: it has no update, copy or remove"),
    ]  # fmt: skip
    assert [finding.rule for finding in loader.load(things, overlays=[layer]).diagnostics] == ["overlay-target"] * 2


# Beside a document, by name, and given


def test_an_overlay_beside_a_document_is_applied(things: Path) -> None:
    """By ``load_file``, awaited or not; the file of the document is not written."""
    connector = openconnectors.load_file(things)
    assert sorted(connector.operations) == ["get_thing", "list_things"]
    assert connector.list_things.request(colour="red").url == "https://api.example.com/things?colour=red"

    async def awaited() -> list[str]:
        async with openconnectors.load_file_async(things, overlay=[]) as connector:
            return sorted(connector.operations)

    assert asyncio.run(awaited()) == ["get_thing", "list_things"]
    assert things.read_text() == VENDOR


def test_a_given_overlay_comes_after_the_one_beside(things: Path, tmp_path: Path) -> None:
    """``overlay`` is a path or several, each is applied once; the connector crosses to another process with them."""
    more = tmp_path / "more.overlay.json"
    more.write_text(head([{"target": "$.paths['/things'].get.parameters", "update": {
        "name": "size", "in": "query", "type": "integer"}}]))  # fmt: skip
    for overlays in (more, str(more), [things.with_name("things.overlay.yaml"), more]):
        connector = openconnectors.load_file(things, overlay=overlays)
        again = pickle.loads(pickle.dumps(connector))  # noqa: S301 - ours
        assert again.list_things.request(colour="red", size=2).url.endswith("?colour=red&size=2")


def test_a_given_overlay_gets_no_values_of_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A connector whose overlay the caller brings may call another host: values of the environment are not for it."""
    monkeypatch.setenv("TWILIO_ACCOUNT_ID", "AC1")
    monkeypatch.setenv("TWILIO_ACCESS_TOKEN", "secret")
    path = tmp_path / "a.overlay.yaml"
    path.write_text(head([{"target": "$.info", "update": {"title": "Mine"}}]))
    with pytest.raises(openconnectors.ConnectionMissing):
        openconnectors.load("twilio", overlay=path).list_messages()
    values = {"account_id": "AC2", "access_token": "t"}
    connector = openconnectors.load("twilio", overlay=path, connection=values)
    assert "AC2" in connector.list_messages.request().url


def test_added_with_its_overlay(things: Path, tmp_path: Path) -> None:
    """``add`` copies both, several overlays with a manifest; ``remove`` removes both."""
    added = tmp_path / "config/connectors"
    assert run("add", things).exit_code == 0
    assert {path.name for path in added.iterdir()} == {"things.swagger.yaml", "things.overlay.yaml"}
    assert sorted(openconnectors.load("things").operations) == ["get_thing", "list_things"]
    more = tmp_path / "more.overlay.json"
    more.write_text(head([{"target": "$.info", "update": {"title": "Mine"}}]))
    assert run("add", things, "--overlay", more, "--replace").exit_code == 0
    assert {path.name for path in added.iterdir()} == {"things"}
    assert registry.find("things").overlays[1].name == "more.overlay.json"
    assert run("show", "things").output.startswith("Mine 1.0\n")
    assert run("remove", "things").exit_code == 0
    assert list(added.iterdir()) == []


PROPERTIES = '{"properties": {"iconBrandColor": "#123456"}}'


def test_the_folder_of_a_published_connector_has_an_overlay(things: Path, tmp_path: Path) -> None:
    """In ``apiDefinition.overlay.yaml``; a manifest names overlays of its folder only."""
    published = tmp_path / "Published Things"
    definition = json.dumps(yaml.safe_load(VENDOR) | {"paths": {"/things": yaml.safe_load(VENDOR)["paths"]["/things"]}})
    folder(published, {"apiDefinition.swagger.json": definition, "apiProperties.json": PROPERTIES})
    (published / "apiDefinition.overlay.yaml").write_text(OVERLAY.partition("- target: $.paths['/things/{id}']")[0])
    assert openconnectors.load_file(published).list_things.request(colour="red").url.endswith("?colour=red")
    assert run("validate", published / "apiDefinition.overlay.yaml").exit_code == 0
    assert run("add", published).exit_code == 0
    assert openconnectors.load("published-things").list_things.request(colour="red").url.endswith("?colour=red")
    (things.parent / "connector.json").write_text(
        '{"document": "things.swagger.yaml", "overlays": ["../more.overlay.yaml"]}'
    )
    assert registry.entry_of(things.parent) is None


COMMANDS = (
    ("show", "API"),
    ("validate", "API"),
    ("diff", "API", "API"),
    ("call", "API", "list_things", "--colour", "red", "--dry-run"),
    ("convert", "API", "--to", "3.0"),
    ("bundle", "API"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command[0]))
def test_every_command_applies_overlays(command: tuple[str, ...], things: Path, tmp_path: Path) -> None:
    """The one beside the document, and those of ``--overlay``."""
    moved = tmp_path / "fixes.yaml"
    moved.write_text(things.with_name("things.overlay.yaml").read_text())
    things.with_name("things.overlay.yaml").unlink()
    name, *arguments = (str(things) if word == "API" else word for word in command)
    result = run(name, "--overlay", moved, *arguments)
    assert result.exit_code == 0, result.output
    assert "DropThing" not in result.output
    expected = {"show": "List the things", "call": "colour=red", "convert": "List the things",
                "bundle": "List the things"}  # fmt: skip
    assert expected.get(name, "") in result.output


def test_bundle_writes_the_result(things: Path, tmp_path: Path) -> None:
    """One document that needs its overlay no more."""
    target = tmp_path / "whole.swagger.yaml"
    assert run("bundle", things, "-o", target).exit_code == 0
    layers = [things.with_name("things.overlay.yaml")]
    assert loader.read(target).root == loader.read(things, overlays=layers).root


def test_an_overlay_is_validated_with_its_document(things: Path) -> None:
    """Whether its path is given, that of the document, or that of their folder: once, with the findings of both."""
    layer = things.with_name("things.overlay.yaml")
    layer.write_text(OVERLAY.replace("$.info", "$.inf"))
    outputs = [run("validate", path).output for path in (things, layer, things.parent)]
    assert [output.count("overlay-target") for output in outputs] == [1, 1, 1]
    stray = things.with_name("fixes.overlay.yaml")
    stray.write_text(head([{"target": "$.info.title", "update": "Mine"}], extends="things.swagger.yaml"))
    output = run("validate", stray).output
    assert run("validate", stray).exit_code == 0
    assert "overlay-target" in output  # of things.overlay.yaml, which is applied first
    stray.write_text(head([{"target": "$.info.", "update": "Mine"}], extends="https://vendor.example/things.yaml"))
    assert "is not a JSONPath query" in run("validate", stray).output
    assert "is not a JSONPath query" in run("validate", things.parent).output


def test_a_fix_goes_into_the_file_of_the_node(things: Path) -> None:
    """``validate --fix`` edits the overlay for what it says, and leaves the document as it is."""
    layer = things.with_name("things.overlay.yaml")
    layer.write_text(OVERLAY.replace("type: string, enum", "type: String, enum"))
    run("validate", things, "--fix")
    assert (layer.read_text(), things.read_text()) == (OVERLAY, VENDOR)


# Documents of many files, and other versions

MANY = {
    "api.openapi.yaml": """\
openapi: 3.1.0
info: {title: Pets, version: "1"}
servers: [{url: https://h.example}]
paths: {/pets: {$ref: pets.yaml}}
""",
    "pets.yaml": "get: {operationId: list, responses: {200: {description: ok}}}\n",
    "api.overlay.yaml": """\
overlay: 1.0.0
info: {title: More, version: "1"}
actions:
- target: $.paths
  update: {/owners: {$ref: owners.yaml}}
""",
    "owners.yaml": "get: {operationId: owners, responses: {200: {description: ok}}}\n",
    "pets.overlay.yaml": """\
overlay: 1.1.0
info: {title: Of a part, version: "1"}
extends: pets.yaml
actions:
- target: $.get
  update: {parameters: [{name: kind, in: query, schema: {type: string}}]}
""",
}


def test_overlays_of_documents_of_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An overlay may refer to further files, and one that extends a part of the document is applied to that; both are
    copied by ``add``, and followed by ``bundle``."""
    monkeypatch.setenv("CONNECTORS_CONFIG", str(tmp_path / "config"))
    folder(tmp_path / "specs", MANY)
    api, part = tmp_path / "specs/api.openapi.yaml", tmp_path / "specs/pets.overlay.yaml"
    for _ in range(2):
        connector = openconnectors.load_file(api, overlay=part)
        assert sorted(connector.operations) == ["list", "owners"]
        assert connector.list.request(kind="cat").url == "https://h.example/pets?kind=cat"
    document = loader.read(api, overlays=[part])
    assert document.location("pets.yaml#/get/parameters/0")[:2] == (str(part), 6)
    assert run("add", api, "--overlay", part, "--name", "pets").exit_code == 0
    assert openconnectors.load("pets").list.request(kind="cat").url.endswith("kind=cat")
    bundled = run("bundle", api, "--overlay", part).output
    assert "kind" in bundled
    assert "owners" in bundled
    (tmp_path / "specs/api.openapi.yaml").write_text(MANY["api.openapi.yaml"].replace("{$ref: pets.yaml}", "{}"))
    assert "nothing in the document refers to the file 'pets.yaml'" in run("validate", api, "--overlay", part).output


def test_an_overlay_of_another_document_is_applied_to_the_one_it_is_given_for(things: Path) -> None:
    """``extends`` names the document that its author had; a new version is another file."""
    newer = things.with_name("newer.swagger.yaml")
    newer.write_text(VENDOR.replace("Things", "New things"))
    layer = things.with_name("fixes.yaml")
    layer.write_text(head([{"target": "$.info", "update": {"version": "9"}}], extends="./things.swagger.yaml"))
    assert loader.load(newer, overlays=[layer]).version == "9"


@pytest.mark.long
@pytest.mark.skipif(not SHARED.exists(), reason="the corpus is not here")
def test_findings_of_documents_of_others_stay_where_they_are(tmp_path: Path) -> None:
    """An overlay that says nothing of what is wrong with a document moves and changes no finding."""
    layer = tmp_path / "none.overlay.yaml"
    layer.write_text(head([
        {"target": "$", "update": {"x-nothing": [1, {"a": 2}]}},
        {"target": "$.paths.*[?@.operationId]", "update": {"x-nothing": 1}},
        {"target": "$.paths.*[?@['x-none']]", "remove": True},
    ]))  # fmt: skip
    for entry in list(registry.below(SHARED / "corpus"))[::12]:
        expected = check(entry.document, entry.properties, Settings(), entry.root).findings
        findings = check(entry.document, entry.properties, Settings(), entry.root, [layer]).findings
        assert [each for each in findings if each.file != str(layer)] == expected


# What is kept


def test_what_is_kept_depends_on_the_overlay(things: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service is kept under what is in its overlays, too; where they are in memory, JSONPath is not imported."""
    layer = things.with_name("things.overlay.yaml")
    kept = tmp_path / "kept"

    def titles(text: str) -> list[str]:
        layer.write_text(text)
        return [each.title for each in cache.load(things, overlays=[layer], folder=kept).operations.values()]

    first, second = titles(OVERLAY), titles(OVERLAY.replace("List the things", "List them"))
    assert (first[0], second[0]) == ("List the things", "List them")
    assert cache.load(things, folder=kept).operations["ListThings"].title == ""
    monkeypatch.setattr(loader, "read", None)
    assert titles(OVERLAY) == first


# Bounds

HOSTILE = {
    "looks": [{"target": "$..*..*..*..[?@..nothing]", "update": 1}],
    "nodes": [{"target": "$.o", "update": {f"x{n}": 0}} for n in range(3)]
    + [{"target": "$.o", "update": {f"k{n}": {}}} for n in range(30)]
    + [{"target": f"$.o.k{n}", "copy": "$"} for n in range(30)],
    "nesting": [{"target": "$[?" + "(" * 4000 + "@" + ")" * 4000 + "]", "update": 1}],
    "length": [{"target": "$" + ".a" * 6000, "update": 1}],
}


@pytest.mark.parametrize("actions", HOSTILE.values(), ids=HOSTILE)
def test_hostile_overlays_are_bounded(actions: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries that look at each node many times, copies of copies, and queries beyond measure are refused."""
    monkeypatch.setattr(tree, "MAX_LOOKS", 20_000)
    monkeypatch.setattr(applying, "max_nodes", lambda text: 5_000)
    root: Any = {"o": {}}
    for _ in range(40):
        root = {"a": root, "o": {}}
    messages = [message for _, message in faults(root, *actions)]
    assert any("more than" in message or "more nodes" in message or "nested too deeply" in message
               for message in messages), messages  # fmt: skip


def test_patterns_are_matched_in_linear_time() -> None:
    """A pattern that keeps a backtracking engine busy for ever takes no time; match is of the whole text."""
    root = tree.grown({"x": ["a" * 5000 + "!", "ab", "a\nb"]}, (0, ""), tree.Budget(10))
    assert queries.select("$.x[?search(@, '(a|aa)+[b-c]')]", root)[0].value == "ab"
    assert [node.value for node in queries.select("$.x[?match(@, 'a.?b')]", root)] == ["ab"]
    assert queries.select("$.x[?match(@, '(')]", root) == []


def test_the_page_runs(tmp_path: Path) -> None:
    """What docs/overlays.md shows is so."""
    Run(ROOT / "docs/overlays.md", tmp_path).run()
