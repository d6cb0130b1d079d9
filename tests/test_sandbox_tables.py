"""The tables of the sandbox and of the fuzzer: what is added is one function and one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.documents import loader
from openconnectors.engine.fuzz import CHECKS, fuzz
from openconnectors.engine.fuzz.calls import Caller, Outcome
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.sandbox.actions import ACTIONS, Simulation
from openconnectors.engine.sandbox.conditions import TESTS
from openconnectors.engine.sandbox.listing import COMPARISONS
from openconnectors.engine.sandbox.requests import ParsedRequest
from openconnectors.engine.sandbox.templates import FUNCTIONS

DOCUMENT = """swagger: "2.0"
info: {{title: Things, version: "1"}}
host: things.example
produces: [application/json]
x-connector-sandbox:
  collections:
    things:
      id: id
      create: {{label: "{label}"}}
      seed: [{{id: a, size: 1}}, {{id: b, size: 22}}]
paths:
  /things:
    get:
      operationId: List
      parameters:
        - {{name: id, in: query, type: string}}
        - {{name: size, in: query, type: integer}}
      responses:
        200:
          description: ok
          schema:
            type: array
            items:
              type: object
              properties: {{id: {{type: string}}, size: {{type: integer}}, label: {{type: string}}}}
      x-connector-sandbox: {{collection: things, {declared}}}
"""


@contextmanager
def things(folder: Path, declared: str, label: str = "-") -> Iterator[Any]:
    """A connector of a sandbox whose operation has these declarations."""
    path = folder / "things.swagger.yaml"
    path.write_text(DOCUMENT.format(declared=declared, label=label), "utf-8")
    with Sandbox(loader.load(path)) as sandbox:
        yield openconnectors.load_file(path, base_url=sandbox.url, connection={})


def test_an_action_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of ACTIONS is an action that documents may declare."""

    def first(simulation: Simulation, declared: Mapping[str, Any], request: ParsedRequest) -> tuple[int | None, Any]:
        return 200, simulation.store.all(declared["collection"])[:1]

    monkeypatch.setitem(ACTIONS, "first", first)

    with things(tmp_path, "action: first") as connector:
        assert [thing["id"] for thing in connector.list()] == ["a"]


def test_a_test_of_conditions_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of TESTS is a test that conditions may make of a value."""
    monkeypatch.setitem(TESTS, "odd", lambda value, operand, facts: (value % 2 == 1) == operand)

    refuse = "refuse: [{argument: size, odd: true, error: {status: 400, message: an odd size}}]"
    with things(tmp_path, f"action: list, {refuse}") as connector:
        assert len(connector.list(size=22)) == 2
        with pytest.raises(openconnectors.BadRequest, match="an odd size"):
            connector.list(size=1)


def test_a_comparison_of_filters_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of COMPARISONS is a comparison that filters of lists may declare."""
    monkeypatch.setitem(COMPARISONS, "digits", lambda value, argument: len(str(value)) == argument)

    declared = "action: list, filters: [{argument: size, property: size, compare: digits}]"
    with things(tmp_path, declared) as connector:
        assert [thing["id"] for thing in connector.list(size=2)] == ["b"]


def test_a_function_of_templates_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of FUNCTIONS is a function that placeholders of templates may name."""
    monkeypatch.setitem(FUNCTIONS, "upper", lambda name, context: context[name].upper())

    with things(tmp_path, "action: list", label="{upper:id}") as connector:
        assert [thing["label"] for thing in connector.list()] == ["A", "B"]


def test_a_check_of_outcomes_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of CHECKS is a check that every call of the fuzzer passes."""

    def fast(outcome: Outcome, caller: Caller) -> str | None:
        return "an id is needed" if "id" not in outcome.arguments else None

    monkeypatch.setitem(CHECKS, "fast", fast)

    with things(tmp_path, "action: list") as connector:
        messages = [failure.message for failure in fuzz(connector, examples=5) if failure.check == "fast"]
        assert messages == ["an id is needed"]
