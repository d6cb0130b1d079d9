"""Illegal requests: each has one thing wrong, is sent with the checks off, and must be refused as documented."""

from __future__ import annotations

import json
import logging
import subprocess
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.fuzz import Failure, failure_of, fuzz, replay
from openconnectors.engine.fuzz.calls import Caller
from openconnectors.engine.fuzz.wrong_values import wrong_values
from tests.faulty import Faulty, serving

EXAMPLES = 14
logging.getLogger("werkzeug").setLevel(logging.ERROR)
THING = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {"name": {"type": "string", "maxLength": 5}, "size": {"type": "integer", "maximum": 9}},
}
DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Things", "version": "1"},
    "host": "things.example",
    "schemes": ["http"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    "security": [{"key": []}],
    "paths": {
        "/things": {
            "get": {
                "operationId": "listThings",
                "parameters": [{"name": "limit", "in": "query", "type": "integer", "minimum": 1, "maximum": 9}],
                "responses": {
                    "200": {"description": "all", "schema": {"type": "array", "items": THING}},
                    "400": {"description": "bad"},
                },
            },
            "post": {
                "operationId": "addThing",
                "parameters": [{"name": "thing", "in": "body", "required": True, "schema": THING}],
                "responses": {"201": {"description": "added", "schema": THING}, "400": {"description": "bad"}},
            },
        }
    },
}


class Things(Faulty):
    """A service of a list of things."""

    document = DOCUMENT
    things: list[dict[str, Any]]

    def __init__(self, bug: str | None = None, budget: int = 10**9) -> None:
        super().__init__(bug, budget)
        self.things = [{"name": "a"}]

    def respond(self, request: Request) -> Response:
        """The response to a request."""
        if request.method not in ("GET", "POST"):
            self.fail("an unknown method fails")
            headers = {} if self.has("no Allow") else {"Allow": "GET" if self.has("a short Allow") else "GET, POST"}
            return Response(b"", 405, headers=headers)
        is_known = self.has("anybody is let in") or request.headers.get("X-Key") == "secret-key"
        if not is_known and not (self.has("anybody with a key is let in") and "X-Key" in request.headers):
            return Response(b"", 401)
        if request.method == "GET":
            if "limit" not in request.args:
                return Response(json.dumps(self.things), content_type="application/json")
            limit = request.args["limit"]
            self.fail("fails at a limit that is no number", not limit.lstrip("-").isdigit())
            if self.has("refuses the largest limit") and limit == "9":
                return Response(b"", 400)
            if not limit.isdigit() or not 1 <= int(limit) <= (10 if self.has("accepts one more") else 9):
                return Response(b"", 422 if self.has("another refusal") else 400)
            return Response(json.dumps(self.things[: int(limit)]), content_type="application/json")
        try:
            thing = json.loads(request.get_data())
        except ValueError:
            self.fail("fails at malformed JSON")
            return Response(b"", 400)
        is_legal = (
            isinstance(thing, dict)
            and isinstance(thing.get("name"), str)
            and len(thing["name"]) <= 5
            and type(thing.get("size", 1)) is int
            and thing.get("size", 1) <= 9
            and (thing.keys() <= {"name", "size"} or self.has("accepts an unknown member"))
        )
        if not is_legal:
            if self.has("stores what it refuses") and isinstance(thing, dict):
                self.things.append({"name": "bad"})
            return Response(b"", 400)
        return Response(json.dumps(thing), 201, content_type="application/json")


def _failures(bug: str | None, tmp_path: Path, **options: Any) -> tuple[list[Failure], list[str | None]]:
    """The failures of a fault, and what a replay of each says while the service has it."""
    path = tmp_path / "things.json"
    path.write_text(json.dumps(DOCUMENT))
    with serving(Things(bug)) as things:
        connector = openconnectors.load_file(path, base_url=things.url, connection={"key": "secret-key"})
        failures = list(fuzz(connector, examples=EXAMPLES, **options))
        replayed = [replay(connector, failure_of(json.loads(json.dumps(failure.saved())))) for failure in failures]
        things.bug = None
        assert [replay(connector, failure) for failure in failures] == [None] * len(failures)
    return failures, replayed


@pytest.mark.parametrize(
    ("bug", "check", "message"),
    [
        ("an unknown method fails", "server-error", "method PATCH: documented: the service failed: status 500"),
        ("no Allow", "method", "405 has no Allow"),
        ("a short Allow", "method", "Allow lacks POST, which is documented"),
        ("anybody is let in", "accepted", "credentials: required: the service accepted it: status 200"),
        ("anybody with a key is let in", "accepted", "credentials: right: the service accepted it"),
        ("fails at a limit that is no number", "server-error", "query limit: type integer: the service failed"),
        ("accepts one more", "accepted", "query limit: maximum: the service accepted it: status 200"),
        ("another refusal", "status", "it was refused by 422; documented are 200, 400"),
        ("fails at malformed JSON", "server-error", "body: JSON that is cut: the service failed"),
        ("accepts an unknown member", "accepted", "body no_such_property: no other properties: the service accepted"),
        ("refuses the largest limit", "refused", "the service refuses a legal value of limit: status 400"),
        ("stores what it refuses", "stored", "it was refused, and yet it changed what GET /things gives"),
    ],
)
def test_an_illegal_request_is_refused(bug: str, check: str, message: str, tmp_path: Path) -> None:
    """What a service does wrong with an illegal request is reported by its check, and replays while it does."""
    failures, replayed = _failures(bug, tmp_path)
    assert {failure.check for failure in failures} == {check}
    assert any(message in failure.message for failure in failures), [failure.message for failure in failures]
    assert replayed == [failure.message for failure in failures]


def test_a_service_that_refuses_what_is_illegal_has_no_failures(tmp_path: Path) -> None:
    """A service that refuses every illegal request as documented has no failures; without them fewer are sent."""
    assert _failures(None, tmp_path)[0] == []
    assert _failures("accepts one more", tmp_path, illegal=False)[0] == []


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_rules_of_the_alternative_that_a_value_is_of_are_broken(keyword: str, tmp_path: Path) -> None:
    """Of an object with alternatives, in a member too, the rules of the one that it is of are broken; of no other."""

    def kind(name: str, **members: Any) -> dict[str, Any]:
        return {"type": "object", "required": ["kind", *members], "properties": {"kind": {"const": name}, **members}}

    card, invoice = kind("card", digits={"type": "string", "maxLength": 4}), kind("invoice", days={"type": "integer"})
    body = {"type": "object", "properties": {"payment": {keyword: [invoice, card]}}}
    responses, content = {"200": {"description": "done"}}, {"application/json": {"schema": body}}
    operation = {"operationId": "pay", "requestBody": {"content": content}, "responses": responses}
    document = {"openapi": "3.1.0", "info": {"title": "Pay", "version": "1"}, "paths": {"/pay": {"post": operation}}}
    path = tmp_path / "pay.json"
    path.write_text(json.dumps({**document, "servers": [{"url": "http://pay.example"}]}))
    plan = Caller(openconnectors.load_file(path, connection={})).plan("pay")
    schema = plan.bodies.request_schema("application/json")
    assert schema is not None
    wrongs = list(wrong_values(schema, plan.contract, {"payment": {"kind": "card", "digits": "1234"}}))
    rules = {f"{wrong.place}: {wrong.rule}" for wrong in wrongs}
    assert {"payment.digits: maxLength", "payment.digits: required", "payment.kind: const"} <= rules
    assert not any("days" in rule for rule in rules)


def test_missing_credentials_are_an_error_before_anything_is_sent(tmp_path: Path) -> None:
    """Without credentials that an operation needs, a search ends at once; operations that need none are searched."""
    path = tmp_path / "things.json"
    path.write_text(json.dumps(DOCUMENT))
    with serving(Things(None)) as things:
        connector = openconnectors.load_file(path, base_url=things.url, connection={})
        with pytest.raises(ConnectionMissing, match=r"needs credentials; the connection has no api_key\."):
            list(fuzz(connector, examples=EXAMPLES))
        assert things.requests == 0
        open_document = {key: value for key, value in DOCUMENT.items() if key != "security"}
        path.write_text(json.dumps(open_document))
        assert next(fuzz(openconnectors.load_file(path, base_url=things.url, connection={}), examples=1), None)
        assert things.requests > 0


def test_a_failure_is_a_command_of_curl(tmp_path: Path) -> None:
    """The command of curl repeats the illegal request; its credentials are a variable of the shell, and no secret."""
    path = tmp_path / "things.json"
    path.write_text(json.dumps(DOCUMENT))
    with serving(Things("accepts an unknown member")) as things:
        connector = openconnectors.load_file(path, base_url=things.url, connection={"key": "secret-key"})
        (failure,) = fuzz(connector, ["add_thing"], examples=EXAMPLES)
        assert '"X-Key: $X_KEY"' in failure.curl
        assert "secret-key" not in failure.curl + json.dumps(failure.saved())
        done = subprocess.run(
            ["bash", "-c", failure.curl], env={"X_KEY": "secret-key"}, capture_output=True, check=True
        )
        assert done.stdout.startswith(b"HTTP/1.1 201")
