"""Services of another shape: parents that nobody creates, actions, PUT that creates, merge patches, files, forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.fuzz import fuzz
from openconnectors.engine.fuzz.boundaries import edges, with_whole_body
from openconnectors.engine.fuzz.calls import Caller
from openconnectors.engine.fuzz.illegal_requests import illegal_requests
from openconnectors.engine.fuzz.near_texts import longest, near, shortest
from openconnectors.engine.fuzz.sequences import Sequences
from openconnectors.engine.fuzz.strategies import Known
from openconnectors.engine.fuzz.walks import Listing
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.transports.applications import transport_to
from tests import yard
from tests.faulty import Bug

_SHOWN = ("lending is not stored", "a bike is in every yard")
"""Faults that are looked for in every run; the others in the long one."""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("yard") / "yard.openapi.json"
    path.write_text(json.dumps(yard.DOCUMENT))
    return path


def _connector(path: Path, bug: str | None = None) -> Connector:
    application = yard.Yard(bug)
    application.url = "http://localhost"
    return openconnectors.load_file(path, base_url=application.url, connection={}, transport=transport_to(application))


def _failed_checks(connector: Connector) -> set[str]:
    """The checks that fixed sequences fail, once the yards are known."""
    caller, known = Caller(connector), Known()
    known.learn({"yards": [{"id": 2}, {"id": 1}]})
    plans = {name: caller.plan(name) for name in caller.names()}
    return {failure.check for failure in Sequences(caller, known, plans, 0).fixed()}


def test_sequences_report_nothing_of_a_service_that_is_right(document: Path) -> None:
    """Actions, PUT that creates, merge patches and forms that follow their document fail no check."""
    assert _failed_checks(_connector(document)) == set()


@pytest.mark.parametrize("bug", [bug for bug in yard.BUGS if bug.name in _SHOWN], ids=lambda bug: bug.name)
def test_a_fault_is_found_by_a_sequence(bug: Bug, document: Path) -> None:
    """A fault of an action, or of what is below a parent, fails its check."""
    assert _failed_checks(_connector(document, bug.name)) & bug.checks


@pytest.mark.long
def test_a_service_that_is_right_has_no_failures(document: Path) -> None:
    """Nor do single calls, illegal requests and random sequences fail."""
    assert [str(failure) for failure in fuzz(_connector(document), examples=60)] == []


@pytest.mark.long
@pytest.mark.parametrize("bug", yard.BUGS, ids=lambda bug: bug.name)
def test_every_fault_is_failed_checks(bug: Bug, document: Path) -> None:
    """Each fault fails a check that is for it."""
    assert any(failure.check in bug.checks for failure in fuzz(_connector(document, bug.name), examples=40))


def test_a_variable_has_the_identifier_of_what_it_names() -> None:
    """The values of ``board`` are the names of boards if these have no other identifier."""
    known = Known()
    known.learn({"boards": [{"name": "home"}], "countries": [{"id": 7, "name": "Chad"}]})
    assert known.of("board") == ["home"]
    assert known.of("country") == [7]


def _illegal(document: Path, name: str, most: int) -> list[tuple[str, Any]]:
    caller = Caller(_connector(document))
    plan = caller.plan(name)
    request = caller.request(plan, with_whole_body(plan, minimal(plan)) or minimal(plan))
    return [(illegal.title, illegal.request.body) for illegal in illegal_requests(plan, request, most)]


def test_each_rule_of_a_wide_body_is_broken(document: Path) -> None:
    """A body with more rules than there are requests has each of them broken once."""
    titles = [title for title, _ in _illegal(document, "add_bike", 40)]
    assert len(titles) == len(set(titles)) <= 120
    for rule in (
        "frame: pattern",
        "tags: uniqueItems",
        "parts: maxProperties",
        "owner.name: minLength",
        "owner.name: required",
        "note: maxLength",
        "price: multipleOf",
        "bought: format date-time",
        "colour: enum",
        "name: not null",
    ):
        assert f"body {rule}" in titles


def test_the_parts_of_a_body_with_files_are_broken(document: Path) -> None:
    """A multipart body, which is streamed, is sent without its file, and with fields that break their rules."""
    bodies = dict(_illegal(document, "add_photo", 40))
    assert {"body file: required", "body title: maxLength", "body side: enum"} <= bodies.keys()
    assert b'name="file"' not in bodies["body file: required"]
    assert "body side: not null" not in bodies  # which is a field that is left out


def test_a_null_in_xml_is_wrong_only_where_nothing_may_not_be_empty(tmp_path: Path) -> None:
    """An element without content is a legal text, and no legal number: services do not know ``xsi:nil``."""
    members = {"note": {"type": "string"}, "count": {"type": "integer"}}
    body = {"content": {"application/xml": {"schema": {"type": "object", "properties": members}}}}
    responses = {"204": {"description": "kept"}}
    path = tmp_path / "notes.openapi.json"
    path.write_text(
        json.dumps(
            {
                "openapi": "3.1.0",
                "info": {"title": "Notes", "version": "1"},
                "servers": [{"url": "http://notes.example"}],
                "paths": {"/n": {"post": {"operationId": "addBike", "requestBody": body, "responses": responses}}},
            }
        )
    )
    titles = {title for title, _ in _illegal(path, "add_bike", 40)}
    assert "body count: not null" in titles
    assert "body note: not null" not in titles


def test_members_of_a_wide_body_are_at_boundaries_together(document: Path) -> None:
    """Where there are more boundaries than calls, calls vary all members at once, so that each text is tried."""
    plan = Caller(_connector(document)).plan("add_bike")
    start = with_whole_body(plan, minimal(plan)) or {}
    bodies = [edge.arguments["body"] for edge in edges(plan, start, 30)]
    assert "'" in {body.get("note") for body in bodies}
    assert "'" in {body.get("name") for body in bodies}
    assert len(bodies) <= 50


def test_texts_near_a_pattern_differ_in_one_character_of_a_run() -> None:
    """A run has a character less, more, or of another kind; the ends of a repetition are looked for."""
    assert list(near("AB-00"))[:6] == ["A-00", "AB00", "AB-0", "ABB-00", "AB--00", "AB-000"]
    assert {"Ax-00", "ABx00", "AB-0x"} <= set(near("AB-00"))
    assert longest("ab1", lambda text: len(text) <= 9 and text.isalnum(), 50) == "abbbbbbb1"
    assert shortest("ab11", lambda text: text.isalnum() and len(text) > 1) == "ab"


def test_a_filter_that_is_named_size_is_no_size_of_pages(document: Path) -> None:
    """A parameter with the name of a member filters by it, unless its description is about pages."""
    size = Listing(Caller(_connector(document)).plan("list_bikes")).size
    assert size is not None
    assert size.wire == "per_page"
