"""Definitions that refer to one another in long chains: no recursion, and time in proportion to their length."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from openconnectors.engine.call.connection import Connection
from openconnectors.engine.client.connector import Connector, connected
from openconnectors.engine.client.description import describe
from openconnectors.engine.client.diagnostics import diagnostics
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.diff import compare
from openconnectors.engine.documents import document, loader
from openconnectors.engine.errors import InvalidArguments
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.options import Options
from tests.growth import growth


def _next(index: int) -> dict[str, str]:
    return {"$ref": f"#/definitions/D{index}"}


LEAF = {"type": "object", "properties": {"when": {"type": "string", "format": "date-time"}, "id": {"type": "integer"}}}
CHAINS: dict[str, Any] = {
    "references": lambda index, size: _next(index + 1),
    "allOf": lambda index, size: {"allOf": [_next(index + 1), {"properties": {f"p{index}": {"type": "string"}}}]},
    "properties": lambda index, size: {"type": "object", "properties": {"next": _next(index + 1)}},
    "properties that must be there": lambda index, size: {
        "type": "object",
        "required": ["next"],
        "properties": {"next": _next(index + 1)},
    },
    "items": lambda index, size: {"type": "array", "items": _next(index + 1)},
    "additionalProperties": lambda index, size: {"type": "object", "additionalProperties": _next(index + 1)},
    "a ring": lambda index, size: {
        "type": "object",
        "properties": {"n": _next((index + 1) % size), "b": _next((index - 1) % size)},
    },
    "a net": lambda index, size: {
        "type": "object",
        "properties": {f"q{step}": _next((index + step) % size) for step in range(1, 9)},
    },
}


class _Answers:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def send(self, request: Request) -> Response:
        return Response(200, Headers([("Content-Type", "application/json")]), self._body)


def _use(kind: str, size: int) -> None:
    """Everything is done with the first of a chain that is done before and after a call."""
    definitions = {f"D{index}": CHAINS[kind](index, size) for index in range(size)} | {f"D{size}": LEAF}
    answer = {"responses": {"200": {"description": "ok", "schema": _next(0)}}}
    body = {"name": "body", "in": "body", "required": True, "schema": _next(0)}
    posted = {"operationId": "post", "parameters": [body]}
    text = json.dumps(
        {
            "swagger": "2.0",
            "info": {"title": "t", "version": "1"},
            "host": "a.example",
            "consumes": ["application/json", "application/xml"],
            "produces": ["application/json", "application/xml"],
            "paths": {"/a": {"get": {**answer, "operationId": "get"}, "post": {**posted, **answer}}},
            "definitions": definitions,
        }
    )
    service = loader.service_of(document.parse(text, "x.json"))
    transport = _Answers(b"[]" if kind == "items" else b"{}")
    connector = Connector("x", service, Connection(service, {}, "http://127.0.0.1:1"), transport, Options())
    assert diagnostics(connected(connector)) == ()
    describe("x", service)
    assert connector.post.__doc__
    minimal(calls_of(connector.post).plan)
    value: Any = [] if kind == "items" else {}
    if kind != "properties that must be there":
        assert connector.post.request(body=value).body
        assert connector.post.using(content_type="application/xml").request(body=value).body
    wrong: Any = [3] if kind == "items" else {"next": 3, "id": "x", "n": 3, "q1": 3}
    if kind != "references":
        with pytest.raises(InvalidArguments):
            connector.post.request(body=wrong)
    assert connector.get() == value


def test_two_chains_are_compared_to_their_ends() -> None:
    """A changed type at the end of a chain of 600 references is found by compare()."""

    def chained(kind: str) -> document.Document:
        definitions = {f"D{index}": CHAINS["properties"](index, 0) for index in range(600)}
        definitions["D600"] = {"type": "object", "properties": {"id": {"type": kind}}}
        answer = {"responses": {"200": {"description": "ok", "schema": _next(0)}}}
        root = {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "definitions": definitions}
        paths = {"/a": {"get": {"operationId": "get", **answer}}}
        return document.parse(json.dumps({**root, "paths": paths}), f"{kind}.json")

    findings = compare(chained("string"), chained("integer")).findings
    assert [finding.rule for finding in findings if finding.rule != "version-behind"] == ["type-changed"]


@pytest.mark.parametrize("kind", CHAINS)
def test_a_chain_of_definitions_takes_time_in_proportion_to_its_length(kind: str) -> None:
    """Four times the length takes at most twice that in time, and no chain is too long for Python's own stack."""
    _use(kind, 20)
    assert growth(partial(_use, kind, 400), partial(_use, kind, 1600), limit=10) < 10
