"""``connectors test``: each operation is called once, in a sandbox, or of the service if it only reads."""

from __future__ import annotations

import json
import logging
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from openconnectors import registry, trials
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.sandbox import Sandbox
from openconnectors.entries import Entry
from openconnectors.loading import connect, entry_at, service_of
from openconnectors.network import LOOPBACK

from .conftest import ROOT, Done, command
from .pages import texts

MICROSOFT = ROOT.parent / "shared/corpus/microsoft"
BUILT_IN = [name for name, entry in registry.entries().items() if entry.source == "built in"]


def schema(kind: str) -> dict[str, Any]:
    return {"type": "object", "required": ["count"], "properties": {"count": {"type": kind}}}


def document(kind: str = "integer") -> dict[str, Any]:
    """A service whose things are counted in values of a type."""
    answer = {"200": {"description": "Counted", "schema": schema(kind)}}
    identifier = {"name": "id", "in": "path", "required": True, "type": "string"}
    known = {"name": "shelf", "in": "path", "required": True, "type": "string", "enum": ["upper", "lower"]}
    body = {"name": "thing", "in": "body", "required": True, "schema": schema("integer")}
    return {
        "swagger": "2.0",
        "info": {"title": "Things", "version": "1"},
        "host": "127.0.0.1:9",
        "schemes": ["http"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": {
            "/things": {
                "get": {"operationId": "countThings", "responses": answer},
                "post": {"operationId": "addThing", "parameters": [body], "responses": answer},
            },
            "/things/{id}": {"get": {"operationId": "getThing", "parameters": [identifier], "responses": answer}},
            "/shelves/{shelf}": {"get": {"operationId": "countShelf", "parameters": [known], "responses": answer}},
        },
    }


def written(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "things.swagger.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def things(tmp_path: Path) -> Path:
    return written(tmp_path, document())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Sandbox]:
    """A real service of this document, but its counts are text."""
    (tmp_path / "service").mkdir()
    path = written(tmp_path / "service", document("string"))
    with Sandbox(loader.load(path), is_journaled=True) as sandbox:
        yield sandbox


def results(done: Done) -> dict[str, str]:
    return {outcome["operation"]: outcome["result"] for outcome in json.loads(done.stdout)}


@pytest.mark.parametrize("name", ["petstore", "twilio"])
def test_every_operation_of_a_connector_passes_in_its_sandbox(name: str) -> None:
    """All operations are called and pass, those too whose sandbox has no record of a made-up identifier."""
    done = command("test", name, "--json")

    assert (done.returncode, set(results(done).values())) == (0, {"passed"}), done
    assert set(results(done)) == set(connector_names(name))


def connector_names(name: str) -> list[str]:
    entry = registry.find(name)
    with Sandbox(service_of(entry)) as sandbox:
        return list(connect(entry, sandbox.values, sandbox.url, LOOPBACK.open(), {}))


def test_of_a_real_service_only_what_reads_is_called(things: Path, service: Sandbox) -> None:
    """With --live a POST and an unknown identifier are skipped with the reason; the service sees GET requests alone."""
    done = command("test", str(things), "--live", "--base-url", service.url, "--json")
    reasons = {outcome["operation"]: outcome["message"] for outcome in json.loads(done.stdout)}

    assert results(done) == {
        "count_things": "deviates", "add_thing": "skipped", "get_thing": "skipped", "count_shelf": "deviates",
    }  # fmt: skip
    assert reasons["add_thing"] == "POST may change something"
    assert reasons["get_thing"] == "id is unknown: give it with --arguments"
    assert "count: must be integer" in reasons["count_things"]
    assert service.journal is not None
    assert {request.method for request in service.journal.received()} == {"GET"}
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "4 operations: 2 with deviations, 2 skipped")


def test_identifiers_come_from_a_file(things: Path, service: Sandbox, tmp_path: Path) -> None:
    """--arguments has the arguments of operations, which may be named by their ids."""
    (tmp_path / "known.yaml").write_text("getThing: {id: '7'}\n")
    line = ("test", str(things), "--live", "--base-url", service.url, "--operation", "getThing", "--json")

    done = command(*line, "--arguments", str(tmp_path / "known.yaml"))

    assert results(done) == {"get_thing": "deviates"}
    assert service.journal is not None
    assert [request.url for request in service.journal.received()] == ["/things/7"]


def test_a_service_that_is_not_there_fails(things: Path) -> None:
    """Without a service an operation that reads has failed."""
    done = command("test", str(things), "--live", "--operation", "count_things", "--json")

    assert results(done) == {"count_things": "failed"}
    assert done.returncode == 1


def test_junit_has_a_case_for_each_operation(things: Path, service: Sandbox, tmp_path: Path) -> None:
    """JUnit's XML has a case for each operation: a failure for a deviation, the reason of what was skipped."""
    report = tmp_path / "report.xml"
    command("test", str(things), "--live", "--base-url", service.url, "--junit", str(report))
    suite = ElementTree.fromstring(report.read_text("utf-8"))  # noqa: S314 - written here

    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "4", "failures": "2", "skipped": "2",
    }  # fmt: skip
    assert [case.get("name") for case in suite if case.find("failure") is not None] == ["count_things", "count_shelf"]


def test_the_table_is_narrow(things: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table says what passed, in lines of 80 columns."""
    done = command("test", str(things), COLUMNS="80")

    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines()][1] == ["count_things", "GET", "passed", "200"]
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--operation", "countThing"], "did you mean 'count_things'?"),
        (["--arguments", "{list}"], "a mapping is expected"),
        (["--arguments", "{unknown}"], "did you mean 'get_thing'?"),
        (["--arguments", "{broken}"], "broken.yaml:2:1"),
        (["--base-url", "http://127.0.0.1:9"], "--connection and --base-url are for --live"),
        (["--junit", "{missing}/report.xml"], "No such file"),
    ],
)
def test_wrong_usage_has_a_message(options: list[str], message: str, things: Path, tmp_path: Path) -> None:
    """Wrong names, files and options end with 2 and say what is wrong."""
    texts = {"list": "[1]", "unknown": "getThink: {id: 1}", "broken": "{"}
    files = {name: tmp_path / f"{name}.yaml" for name in (*texts, "missing")}
    for name, text in texts.items():
        files[name].write_text(text)

    done = command("test", str(things), *(option.format(**files) for option in options))

    assert (done.returncode, message in done.stderr) == (2, True), done


def test_a_scripted_operation_is_skipped(tmp_path: Path) -> None:
    """An operation that a script of its publisher's rewrites is not called, and the reason is given."""
    written(tmp_path, document()).rename(tmp_path / "apiDefinition.swagger.json")
    (tmp_path / "apiProperties.json").write_text('{"properties": {"scriptOperations": ["addThing"]}}')
    (tmp_path / "script.csx").write_text("public class Script {}")

    done = command("test", str(tmp_path), "--json")

    assert (done.returncode, Counter(results(done).values())) == (0, {"passed": 3, "skipped": 1})


def test_an_operation_whose_response_it_describes_itself_ends(tmp_path: Path) -> None:
    """An operation that gives the schema of its own response is not asked for it without end."""
    described = document()
    dynamic = {"operationId": "countThings", "parameters": {}, "value-path": "schema"}
    answer = {"200": {"description": "Counted", "schema": {"type": "object", "x-ms-dynamic-schema": dynamic}}}
    described["paths"]["/things"]["get"]["responses"] = answer

    done = command("test", str(written(tmp_path, described)), "--json")

    assert (done.returncode, set(results(done).values())) == (0, {"passed"}), done


def test_the_commands_of_the_page_pass(tmp_path: Path) -> None:
    """Each ``connectors test`` of docs/updating.md passes."""
    lines = [line for text in texts(ROOT / "docs/updating.md", "console") for line in text.splitlines()]
    lines = [line for line in lines if line.startswith("connectors test petstore")]

    assert lines
    for line in lines:
        assert command(*shlex.split(line)[1:], cwd=tmp_path).returncode == 0, line


@pytest.mark.long
def test_all_connectors(caplog: pytest.LogCaptureFixture) -> None:
    """Of all operations of the built-in connectors all pass; of 600 published folders all that need no script, but for
    a few whose sandbox cannot make up what they depend on."""
    if not MICROSOFT.is_dir():
        pytest.skip("the published connectors are not here")
    logging.disable(logging.WARNING)
    try:
        built_in, published = Counter[str](), Counter[str]()
        failures = []
        for entry in [registry.find(name) for name in BUILT_IN]:
            built_in.update(outcome.result for outcome in outcomes(entry))
        for path in sorted(MICROSOFT.iterdir()):
            try:
                for outcome in outcomes(entry_at(path)):
                    published[outcome.result] += 1
                    if outcome.result not in ("passed", "skipped"):
                        failures.append((path.name, outcome))
            except InvalidDocument:
                published["unreadable"] += 1
    finally:
        logging.disable(logging.NOTSET)
    assert set(built_in) == {"passed"}
    assert len(failures) <= 0.005 * published["passed"], failures
    assert published["skipped"] <= 0.08 * published["passed"], published


def outcomes(entry: Entry) -> list[trials.Outcome]:
    service = service_of(entry)
    with (
        Sandbox(service) as sandbox,
        connect(entry, sandbox.values, sandbox.url, LOOPBACK.open(), {}, service=service) as connector,
    ):
        return list(trials.try_operations(connector, list(connector)))
