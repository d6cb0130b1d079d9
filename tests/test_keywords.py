"""Keywords of schemas that no validator can use: the document is at fault, and says so at its place; the rest works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.client.connector import connected
from openconnectors.engine.client.diagnostics import diagnostics
from openconnectors.engine.values.validation import Validator

from .test_wire import Peer, ok

UNUSABLE: list[tuple[str, Any, str | None]] = [
    *(("multipleOf", value, "number") for value in (0, -1, "x", [1], True)),
    *(("type", value, None) for value in ("strng", 5, ["string", "strng"], {}, True)),
    *(("pattern", value, "string") for value in (5, ["a"], {})),
    *(("minLength", value, "string") for value in ("three", -1, 1.5, [1], True, {})),
    *(("enum", value, "string") for value in ("a", [], {}, {"a": 1}, 5)),
    *(("minimum", value, "integer") for value in ([1], "x", {}, True)),
    *(("maxItems", value, "array") for value in (-1, "x", 0.5)),
    *(("additionalProperties", value, "object") for value in ("yes", 5)),
    *(("required", value, "object") for value in ("id", {"id": True}, [["id"]], [None])),
    *(("properties", value, "object") for value in ([], "x", {"id": 5})),
    *(("items", value, "array") for value in (True, "string", 5)),
]
USABLE: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "string", "minLength": "3"}, "abc", "ab"),
    ({"type": "integer", "maximum": "5"}, 5, 6),
    ({"type": "string", "maxLength": 10**30}, "a", 5),
    ({"type": "string", "minLength": 2.0}, "ab", "a"),
    ({"type": "string", "pattern": "("}, "a", 5),
    ({"type": "string", "pattern": "[", "maxLength": 2}, "a", "abc"),
    ({"type": "string", "pattern": r"^(a)\1$"}, "aa", "ab"),
    ({"type": "string", "enum": ["a", "a"]}, "a", "b"),
    ({"enum": [{"pattern": "("}, "a"]}, "a", "b"),
    ({"type": "object", "required": True, "properties": {"id": {"type": "integer"}}}, {}, {"id": "x"}),
    ({"type": "object", "required": ["a", "a"]}, {"a": 1}, {}),
    ({"type": "string", "format": 5, "maxLength": 1}, "a", "ab"),
    ({"type": "string", "uniqueItems": "yes", "maxLength": 1}, "a", "ab"),
]


def connector_of(folder: Path, peer: Peer, schema: dict[str, Any], *, answer: bool = False) -> Any:
    """An operation that takes (or answers) a value of the schema, and one that has nothing to do with it."""
    body = {"type": "object", "properties": {"v": schema}}
    operation: dict[str, Any] = {"operationId": "put", "responses": {"200": {"description": "Done"}}}
    if answer:
        operation["responses"]["200"]["schema"] = body
    else:
        operation["parameters"] = [{"name": "b", "in": "body", "required": True, "schema": body}]
    other = {"operationId": "other", "responses": {"200": {"description": "Done"}}}
    document = {
        "swagger": "2.0",
        "info": {"title": "Keywords", "version": "1"},
        "paths": {"/a": {"post": operation}, "/b": {"get": other}},
    }
    path = folder / "keywords.swagger.json"
    path.write_text(json.dumps(document, indent=1))
    return openconnectors.load_file(path, base_url=peer.url, timeout=10)


@pytest.mark.parametrize("answer", [False, True])
@pytest.mark.parametrize(("keyword", "value", "kind"), UNUSABLE)
def test_a_keyword_of_the_wrong_kind_spoils_its_own_operation(
    tmp_path: Path, keyword: str, value: Any, kind: str | None, answer: bool
) -> None:
    """The call is refused at the keyword's line, nothing is sent; the diagnostics name it; others are called."""
    peer = Peer()
    schema = {keyword: value} if kind is None else {"type": kind, keyword: value}
    connector = connector_of(tmp_path, peer, schema, answer=answer)
    with pytest.raises(openconnectors.InvalidDocument) as error:
        connector.put(**({} if answer else {"v": "x"}))
    (finding, *_) = error.value.diagnostics
    assert f"/v/{keyword}" in finding.pointer
    assert finding.line > 1
    assert finding in diagnostics(connected(connector))
    assert peer.seen == []
    peer.answers = [ok(b"")]
    connector.other()
    peer.close()


@pytest.mark.parametrize("index", range(len(USABLE)))
def test_a_keyword_that_can_be_understood_is_held_to(tmp_path: Path, index: int) -> None:
    """A valid value is sent, an invalid one refused by the keywords that are right."""
    peer = Peer()
    schema, right, wrong = USABLE[index]
    connector = connector_of(tmp_path, peer, schema)
    peer.answers = [ok(b"")]
    connector.put(v=right)
    with pytest.raises(openconnectors.InvalidArguments):
        connector.put(v=wrong)
    assert len(peer.seen) == 1
    peer.close()


def test_a_pattern_that_is_none_is_reported_and_not_checked(tmp_path: Path) -> None:
    """A warning names the line; the operation is called."""
    peer = Peer()
    connector = connector_of(tmp_path, peer, {"type": "string", "pattern": "(a"})
    (finding,) = diagnostics(connected(connector))
    assert (finding.severity, finding.rule) == ("warning", "pattern")
    assert finding.pointer.endswith("/v/pattern")
    assert "'(a'" in finding.message
    peer.close()


HALF = "\ud800"


@pytest.mark.parametrize(
    ("schema", "value", "valid"),
    [
        ({"type": "string", "pattern": "^a"}, HALF, False),
        ({"type": "string", "maxLength": 0}, HALF, False),
        ({"type": "string"}, HALF, True),
        ({"properties": {"a": {"type": "string"}}}, {HALF: 1, "a": "x"}, True),
        ({"properties": {"a": {"type": "string"}}}, {HALF: 1, "a": 1}, False),
        ({"type": "number", "multipleOf": 0.1}, float("inf"), True),
        ({"type": "number", "multipleOf": 3}, float("inf"), False),
        ({"type": "integer"}, float("inf"), False),
        ({"type": "number", "maximum": 5}, 10**400, False),
        ({"type": "number"}, 10**400, True),
        ({"type": "number", "maximum": 5}, 10**4000, False),
        ({"const": {"pattern": "("}}, 3, False),
        ({}, {"a": object()}, True),
    ],
)
def test_what_one_engine_cannot_decide_the_other_does(schema: dict[str, Any], value: Any, valid: bool) -> None:
    """A pattern that one engine cannot decide is decided by the other; nothing valid is refused."""
    problems = Validator(schema).problems(value)
    assert (problems == []) is valid
    assert all(len(str(problem)) < 500 for problem in problems)
