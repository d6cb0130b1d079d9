"""The fuzzer finds each fault with a small call, and reports nothing if there is none; what it draws is legal, or
breaks the rule that it names."""

from __future__ import annotations

import json
import logging
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import openconnectors
from openconnectors import registry
from openconnectors.engine.client.connector import connected, runner_of
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import InvalidArguments
from openconnectors.engine.fuzz import Failure, arguments, broken, failure_of, fuzz, hostile, replay
from openconnectors.engine.fuzz.calls import Caller
from openconnectors.engine.fuzz.checks import refused
from openconnectors.engine.http import Request, Response
from openconnectors.engine.plan.gathering import Gathering
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox import Sandbox
from openconnectors.registry import Entry
from tests import parcels
from tests.examples import spread
from tests.faulty import Bug, serving
from tests.shelf import BUGS, DOCUMENT, Shelf
from tests.test_cli import run

BUILT_IN = [entry for entry in registry.entries().values() if entry.source == "built in"]
EXAMPLES = 30


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shelf") / "shelf.swagger.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


def _failures(
    document: Path, shelf: Shelf, examples: int = EXAMPLES, wanted: frozenset[str] = frozenset(), **options: Any
) -> list[Failure]:
    """All failures; or those up to the first of a wanted check."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    failures: list[Failure] = []
    with serving(shelf):
        connector = openconnectors.load_file(document, base_url=shelf.url, connection={})
        for failure in fuzz(connector, examples=examples, **options):
            failures.append(failure)
            if failure.check in wanted:
                break
    return failures


def test_a_service_that_is_right_has_no_failures(document: Path) -> None:
    """Fuzzing a service that follows its document reports nothing."""
    assert _failures(document, Shelf(), examples=40) == []


@pytest.mark.parametrize("bug", spread(BUGS, 3), ids=lambda bug: bug.name)
def test_a_fault_of_a_service_is_found(bug: Bug, document: Path) -> None:
    """Each seeded fault of the service is reported by one of its checks."""
    failures = _failures(document, Shelf(bug.name), wanted=bug.checks, illegal=False)
    assert {failure.check for failure in failures} & bug.checks, [
        (failure.check, failure.message) for failure in failures
    ]


@pytest.mark.long
@pytest.mark.parametrize("bug", parcels.BUGS, ids=lambda bug: bug.name)
def test_a_fault_of_a_strict_service_is_found(bug: Bug, tmp_path: Path) -> None:
    """Each seeded fault of a service that checks what it is sent is reported by one of its checks."""
    path = tmp_path / "parcels.json"
    path.write_text(json.dumps(parcels.DOCUMENT))
    with serving(parcels.Parcels(bug.name)) as service:
        connector = openconnectors.load_file(path, base_url=service.url, connection={"key": parcels.KEY})
        assert any(failure.check in bug.checks for failure in fuzz(connector, examples=40))


def test_a_failure_is_shrunk_and_can_be_repeated(document: Path) -> None:
    """A failure is shrunk; its command and its Python repeat it; saved, it can be replayed."""
    shelf = Shelf("fails beyond the last book")
    with serving(shelf):
        connector = openconnectors.load_file(document, base_url=shelf.url, connection={})
        (failure,) = [each for each in fuzz(connector, ["list_books"], examples=60) if each.check == "server-error"]
        assert failure.arguments["offset"] == 7  # the first that fails
        assert failure_of(json.loads(json.dumps(failure.saved()))) == failure
        assert replay(connector, failure) == failure.message
        words = shlex.split(failure.command(str(document), shelf.url))
        code, _, err = run(*words[1:])
        assert (code, "500" in err) == (1, True), err
        with pytest.raises(openconnectors.ServerError):
            eval(failure.python(str(document), shelf.url), {"openconnectors": openconnectors})  # noqa: S307 - the reported code
        shelf.bug = None
        assert replay(connector, failure) is None


@pytest.mark.long
def test_the_same_seed_makes_the_same_calls(document: Path) -> None:
    """Equal seeds send equal requests, other seeds others."""
    runs: list[list[str]] = []
    for seed in (1, 1, 2):
        sent: list[str] = []

        class Recording(Shelf):
            def respond(self, request: Any, sent: list[str] = sent) -> Any:
                sent.append(f"{request.method} {request.full_path} {request.get_data()!r}")
                return super().respond(request)

        _failures(document, Recording(), random_seed=seed)
        runs.append(sent)
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("illegal", [False, pytest.param(True, marks=pytest.mark.long)], ids=["legal", "illegal"])
@pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)
def test_every_built_in_connector_agrees_with_its_sandbox(entry: Entry, illegal: bool) -> None:
    """Fuzzing a built-in connector against its sandbox reports nothing."""
    service = loader.load(entry.document, entry.properties)
    with Sandbox(service) as sandbox:
        connector = openconnectors.load(entry.name, base_url=sandbox.url, connection=sandbox.values)
        assert [
            (failure.check, failure.name, failure.arguments, failure.message)
            for failure in fuzz(connector, examples=8, sandboxed=True, illegal=illegal)
        ] == []


@pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)
def test_no_response_breaks_the_client(entry: Entry) -> None:
    """Malformed responses raise nothing but ConnectorError."""
    values = {parameter.name: "x" for parameter in loader.load(entry.document, entry.properties).connection}
    connector = openconnectors.load(entry.name, base_url="http://127.0.0.1:9", connection=values)
    names = list(connector)[:3]
    assert [
        (failure.name, failure.response, failure.message) for failure in hostile(connector, names, examples=40)
    ] == []


def test_a_client_that_a_response_breaks_is_found(document: Path) -> None:
    """A client that fails on a malformed response is reported, and the saved failure replays."""

    class Weak:
        def __init__(self, transport: Any) -> None:
            self._transport = transport

        def send(self, request: Request) -> Response:
            response: Response = self._transport.send(request)
            if b"[" in response.body:
                raise KeyError("a list")
            return response

    connector = openconnectors.load_file(document, base_url="http://127.0.0.1:9", connection={})
    runner = runner_of(connector)
    runner.transport = Weak(runner.transport)
    (failure,) = hostile(connector, ["list_books"], examples=200)
    assert (failure.check, "KeyError" in failure.message) == ("client", True)
    assert replay(connector, failure_of(json.loads(json.dumps(failure.saved())))) == failure.message


# What is made up


def _plans() -> list[tuple[str, Plan]]:
    plans = []
    for entry in BUILT_IN:
        service = loader.load(entry.document, entry.properties)
        values = {parameter.name: "x" for parameter in service.connection}
        connector = openconnectors.load(entry.name, base_url="http://127.0.0.1:9", connection=values)
        plans += [
            (f"{entry.name} {name}", connected(connector).plan(item))
            for name, item in connected(connector).operation_ids.items()
        ]
    return plans


PLANS = _plans()
QUICK = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("plan", spread([plan for _, plan in PLANS], 2), ids=[name for name, _ in PLANS])
def test_legal_arguments_are_taken_and_broken_ones_refused(plan: Plan) -> None:
    """At least 90 % of what arguments() draws is accepted, and all that broken() draws is refused."""
    taken = []

    @QUICK
    @given(arguments(plan))
    def legal(drawn: dict[str, Any]) -> None:
        try:
            plan.request(drawn, "http://127.0.0.1:9", Options(), fixed=True)
            taken.append(True)
        except InvalidArguments:
            taken.append(False)

    @QUICK
    @given(broken(plan))
    def illegal(drawn: Any) -> None:
        with pytest.raises(InvalidArguments):
            plan.request(drawn.arguments, "http://127.0.0.1:9", Options(), fixed=True)

    legal()
    illegal()
    assert sum(taken) >= 0.9 * len(taken)


def test_what_is_broken_says_how(document: Path) -> None:
    """Broken arguments name the rule that they break, and cover lengths, limits, types and unknown names."""
    connector = openconnectors.load_file(document, base_url="http://127.0.0.1:9", connection={})
    plan = connected(connector).plan("addBook")
    rules: set[str] = set()

    @settings(parent=QUICK, max_examples=300)
    @given(broken(plan))
    def look(drawn: Any) -> None:
        rules.add(drawn.rule)
        assert refused(plan, drawn.arguments, Caller(connector)) is None

    look()
    assert {rule.split(": ")[-1] for rule in rules} >= {
        "required", "minimum", "maximum", "minLength", "maxLength", "type string", "type integer",
        "an argument that is unknown",
    }  # fmt: skip


def test_a_rule_that_the_client_does_not_keep_is_found(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not validate fails the check refusal."""
    monkeypatch.setattr(Gathering, "judge", lambda self, values, sent, schema: [])
    failures = _failures(document, Shelf(), operations=["list_books"])
    assert "refusal" in {failure.check for failure in failures}


# The command


def test_the_command_reports_saves_and_replays(document: Path, tmp_path: Path) -> None:
    """connectors fuzz prints a failure with the call that repeats it, saves it, and replays it."""
    kept = tmp_path / "failures.json"
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with serving(Shelf("pages as text")) as shelf:
        arguments = ("fuzz", str(document), "--url", shelf.url, "--max-examples", "10", "--no-answers")
        code, out, err = run(*arguments, "--save", str(kept))
        assert code == 1
        assert "schema: get_book: pages: must be integer" in out
        assert f"connectors call {document} get_book --id" in out
        assert err.endswith("failures in 5 operations\n")
        assert run("fuzz", str(document), "--url", shelf.url, "--replay", str(kept))[0] == 1
        shelf.bug = None
        assert run("fuzz", str(document), "--url", shelf.url, "--replay", str(kept))[0] == 0
        assert run(*arguments, "--operation", "getBook")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fuzz", "twilio", "--operation", "snd"], "there is no operation 'snd'"),
        (["fuzz", "twlio"], "did you mean 'twilio'?"),
        (["fuzz", "twilio", "--max-examples", "0"], "max-examples"),
        (["fuzz", "twilio", "--replay", "README.md"], "holds no failures"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_of_the_command(arguments: list[str], message: str) -> None:
    """Wrong use of connectors fuzz exits with 2 and says what is wrong."""
    code, _, err = run(*arguments)
    assert (code, message in err) == (2, True), err


@given(st.data())
@settings(parent=QUICK, max_examples=5)
def test_the_strategies_serve_in_tests_of_ones_own(data: st.DataObject) -> None:
    """arguments(plan) is a strategy of Hypothesis that other tests can use."""
    service = loader.load(BUILT_IN[0].document, BUILT_IN[0].properties)
    with Sandbox(service) as sandbox:
        connector = openconnectors.load(BUILT_IN[0].name, base_url=sandbox.url, connection=sandbox.values)
        plan = connected(connector).plan(next(iter(service.operations)))
        assert isinstance(data.draw(arguments(plan)), dict)
