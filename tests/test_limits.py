"""Budgets that a document gives: read, shown, and kept by rows; requests that are sent again count."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.bulk.budgets import Budget, ServiceLimit
from openconnectors.engine.bulk.ledger import Ledger
from openconnectors.engine.bulk.rows import Row, Terms, outcome_of
from openconnectors.engine.client.connector import connected
from openconnectors.engine.client.mapping import Choices
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.flows import Wait, advance
from openconnectors.engine.http import Headers, Request, Response
from tests.conftest import command
from tests.test_bulk import DOCUMENT, letters

LIMIT = "x-connector-limit"


def written(folder: Path, document: Any = None, operation: Any = None) -> Path:
    """The document of letters, with members of the document and of its operation ``look``."""
    tree = json.loads(json.dumps(DOCUMENT)) | (document or {})
    tree["paths"]["/letters"]["get"] |= operation or {}
    path = folder / "post.json"
    path.write_text(json.dumps(tree))
    return path


def turns(path: Path, statuses: list[int], rows: int, **choices: Any) -> list[str]:
    """What rows do one after another, as words: ``wait`` and ``send``; the service answers with these statuses."""
    connector = openconnectors.load_file(path)
    calls = calls_of(connector.look)
    terms = Choices(**choices).terms(calls)
    steps = []
    answers = iter(statuses)
    for index in range(rows):
        flow = outcome_of(calls, Row(index, {"to": str(index)}), terms, ServiceLimit())
        outcome: Response | None = None
        try:
            while True:
                step = advance(flow, outcome)
                outcome = None
                if isinstance(step, Request):
                    steps.append("send")
                    outcome = Response(next(answers), Headers([("Content-Type", "application/json")]), b"{}")
                elif isinstance(step, Wait) and step.seconds > 5.0:  # a budget; retries wait less
                    steps.append("wait")
                    flow.close()
                    return steps
        except StopIteration:
            continue
    return steps


@pytest.mark.parametrize(
    ("members", "choices", "steps"),
    [
        (({LIMIT: "2 per 60 seconds"}, {}), {}, ["send", "send", "wait"]),
        (({}, {LIMIT: "2/hour"}), {}, ["send", "send", "wait"]),
        (({LIMIT: "9/minute"}, {LIMIT: "1/hour"}), {}, ["send", "wait"]),
        (({LIMIT: "1/hour"}, {}), {"limit": "2/hour"}, ["send", "send", "wait"]),
        (({LIMIT: "1/hour"}, {}), {"limit": False}, ["send", "send", "send"]),
    ],
    ids=["of the document", "of the operation", "of both", "another of the caller", "none"],
)
def test_rows_keep_the_budget_of_the_document(
    tmp_path: Path, request: pytest.FixtureRequest, members: Any, choices: Any, steps: list[str]
) -> None:
    """The caller's budget counts before it; False is none."""
    path = written(tmp_path, *members)
    named = path.rename(tmp_path / f"{abs(hash(request.node.name))}.json")  # budgets count by the connector's name
    assert turns(named, [200] * 3, 3, **choices) == steps


def test_a_request_that_is_sent_again_counts(tmp_path: Path) -> None:
    """After a 503 the second attempt of a row waits for its turn."""
    path = written(tmp_path, {LIMIT: "1/hour"}).rename(tmp_path / "again.json")
    assert turns(path, [503, 200], 1) == ["send", "wait"]


def test_what_waits_for_its_turn_is_unsent(tmp_path: Path) -> None:
    """A run that ends while a row waits has not written it down as on its way."""
    connector = openconnectors.load_file(written(tmp_path))
    ledger = Ledger(tmp_path / "l.db")
    budget = Budget("1/hour", name="waiting")
    assert list(budget.turn()) == []
    flow = outcome_of(calls_of(connector.send), Row(0, letters(1)[0], "k"), Terms(ledger, (budget,)), ServiceLimit())

    assert isinstance(advance(flow, None), Wait)
    flow.close()
    assert ledger.counts() == {}


@pytest.mark.parametrize("limit", ["ten", "0/second", "10", 5, "10/second;", "1/fortnight"])
def test_what_is_not_a_budget_is_refused_with_the_document(tmp_path: Path, limit: Any) -> None:
    """The error names the member and how it is written."""
    with pytest.raises(openconnectors.InvalidDocument, match=r"x-connector-limit must be a text like"):
        openconnectors.load_file(written(tmp_path, {LIMIT: limit}))


def test_show_says_the_budget(tmp_path: Path) -> None:
    """Of the document and of the operation, as text and as JSON."""
    path = written(tmp_path, {LIMIT: "10/second;1000/hour"}, {LIMIT: "1/second"})

    assert "Limit\n  10/second;1000/hour" in command("show", str(path)).stdout
    assert "Limit: 1/second" in command("show", str(path), "look").stdout
    shown = json.loads(command("show", str(path), "--json").stdout)
    assert (shown["limit"], Counter(row["limit"] for row in shown["actions"])) == (
        "10/second;1000/hour",
        Counter(["", "1/second"]),
    )


def test_budgets_of_two_connectors_are_two(tmp_path: Path) -> None:
    """The same text for two connectors or operations counts apart."""
    names = ("a.json", "b.json")
    first, second = (openconnectors.load_file(written(tmp_path).rename(tmp_path / name)) for name in names)
    assert connected(first).name != connected(second).name
    sent = []
    for connector in (first, second):
        terms = Choices(limit="1/hour").terms(calls_of(connector.look))
        sent.append([list(budget.turn()) for budget in terms.budgets])
    assert sent == [[[]], [[]]]
