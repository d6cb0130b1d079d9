"""Conditions that a document's sandbox declarations set on a request, test by test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.documents import loader
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.sandbox.conditions import TESTS, Facts, holds
from openconnectors.engine.sandbox.store import Store


def ahead(seconds: float) -> str:
    """An RFC 3339 time so many seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


CONDITIONS: list[tuple[dict[str, Any], Any, bool]] = [
    # a test of the argument a · its value · whether it holds
    ({"given": True}, "x", True),
    ({"given": True}, "", False),
    ({"given": True}, [], False),
    ({"given": True}, None, False),
    ({"given": True}, 0, True),
    ({"given": True}, False, True),
    ({"given": False}, None, True),
    ({"is": "x"}, "x", True),
    ({"is": ["x", "y"]}, "y", True),
    ({"is": ["x", "y"]}, "z", False),
    ({"is": ""}, None, False),
    ({"same": "b"}, "bee", True),
    ({"same": "b"}, "x", False),
    ({"same": "missing"}, None, False),
    ({"matches": "^a"}, "abc", True),
    ({"matches": "^a"}, None, False),
    ({"matches": "^$"}, None, True),
    ({"matches": "^b"}, ["abc", "bcd"], True),
    ({"differs": "^a"}, "bcd", True),
    ({"differs": "^a"}, ["abc", "bcd"], True),
    ({"differs": "^[ab]"}, ["abc", "bcd"], False),
    ({"differs": "^1"}, 12, False),
    ({"differs": "^[0-9]+$"}, "12\n", True),  # the end is the end
    ({"matches": "^(a+)+$"}, "a" * 5000 + "b", False),  # at once
    ({"longer": 3}, "abcd", True),
    ({"longer": 3}, "abc", False),
    ({"longer": 3}, None, False),
    ({"more": 1}, ["a", "b"], True),
    ({"more": 1}, ["a"], False),
    ({"more": 1}, "text", False),
    ({"moment": True}, "2026-01-31T12:00:00Z", True),
    ({"moment": False}, "soon", True),
    ({"moment": False}, None, True),
    ({"sooner": 900}, ahead(0), True),
    ({"sooner": 900}, ahead(-9999), True),
    ({"sooner": 900}, ahead(1800), False),
    ({"sooner": 900}, "soon", False),
    ({"later": 900}, ahead(1800), True),
    ({"later": 900}, ahead(0), False),
    ({"known": {"collection": "things", "property": "name"}}, "lamp", True),
    ({"known": {"collection": "things", "property": "name"}}, "desk", False),
    ({"known": {"collection": "things", "property": "name", "where": {"size.wide": 3}}}, "lamp", True),
    ({"known": {"collection": "things", "property": "name", "where": {"size.wide": 4}}}, "lamp", False),
    ({"known": {"collection": "things", "property": "name", "where": {"id": "{which}"}}}, "lamp", True),
    ({"given": True, "longer": 1}, "xy", True),
    ({"given": True, "longer": 1}, "x", False),
]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    remembered = Store()
    remembered.put("things", "1", {"id": "1", "name": "lamp", "size": {"wide": 3}})
    yield remembered
    remembered.close()


@pytest.mark.parametrize(("tests", "value", "held"), CONDITIONS, ids=range(len(CONDITIONS)))
def test_each_test_of_a_condition(store: Store, tests: dict[str, Any], value: Any, held: bool) -> None:
    """Each test of a condition holds for its value, as argument and member, alone, negated and in all and any."""
    facts = Facts({"a": value, "b": "bee"}, {"which": "1"}, store, {"m": value})
    assert holds({"argument": "a", **tests}, facts) == held
    assert holds({"member": "m", **tests}, facts) == held
    assert holds({"not": {"argument": "a", **tests}}, facts) != held
    assert holds({"all": [{}, {"argument": "a", **tests}]}, facts) == held
    assert holds({"any": [{"not": {}}, {"argument": "a", **tests}]}, facts) == held


def test_every_test_has_a_case() -> None:
    """Every test of conditions has a case."""
    assert {name for tests, _, _ in CONDITIONS for name in tests} == set(TESTS)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{argument: name, mathces: x, error: missing}", "'mathces' is not a test; did you mean 'matches'"),
        ("{any: [{argument: name, given: true}, {argument: name, longr: 3}], error: missing}", "'longr' is not a test"),
        ("{not: [1], error: missing}", "a condition must be a mapping"),
        ("{argument: name, given: true}", "None is not an error"),
        ("{argument: name, given: true, error: mising}", "'mising' is not an error"),
        ("{argument: name, matches: '(', error: missing}", "'(' is not a usable regular expression"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_at_once(tmp_path: Path, rule: str, message: str) -> None:
    """A misspelled condition is refused when the sandbox is made: it would hold always."""
    document = tmp_path / "things.swagger.yaml"
    document.write_text(
        f"""swagger: "2.0"
info: {{title: Things, version: "1"}}
host: things.example
x-connector-sandbox: {{collections: {{things: {{id: id}}}}}}
paths:
  /things:
    get:
      operationId: List
      parameters: [{{name: name, in: query, type: string}}]
      responses: {{200: {{description: ok, schema: {{type: array, items: {{type: object}}}}}}}}
      x-connector-sandbox: {{action: list, collection: things, refuse: [{rule}]}}
""",
        "utf-8",
    )
    with pytest.raises(openconnectors.Unsupported, match="x-connector-sandbox of List: ") as caught:
        Sandbox(loader.load(document))
    assert message in str(caught.value)
