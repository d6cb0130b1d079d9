"""What services send back instead of what their documents say never ends the fuzzer: it is reported."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.fuzz import Failure, fuzz, replay
from openconnectors.engine.transports.applications import transport_to
from tests.faulty import Faulty

_DUE = {"type": "string", "format": "date"}
_NEW = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 40}, "due": _DUE},
}
_THING = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        **_NEW["properties"],  # type: ignore[dict-item]  # it is a mapping
        "made": {"type": "string", "format": "date-time"},
    },
}
_PAGE = {
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": {"$ref": "#/definitions/Thing"}}, "total": {"type": "integer"}},
}
_ID = {"name": "id", "in": "path", "required": True, "type": "integer", "minimum": 1, "maximum": 10**6}
_BODY = {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/New"}}
_LIMIT = {"name": "limit", "in": "query", "type": "integer", "minimum": 1, "maximum": 50, "default": 6}
_OFFSET = {"name": "offset", "in": "query", "type": "integer", "minimum": 0, "maximum": 10**6}
_REFUSALS = {"400": {"description": "wrong"}, "404": {"description": "not there"}}


def _operation(name: str, status: str, schema: str | None, *parameters: Any) -> dict[str, Any]:
    described = {"description": "done", **({"schema": {"$ref": f"#/definitions/{schema}"}} if schema else {})}
    return {"operationId": name, "parameters": list(parameters), "responses": {status: described, **_REFUSALS}}


DOCUMENT = {
    "swagger": "2.0",
    "info": {"title": "Things", "version": "1.0.0"},
    "host": "localhost",
    "schemes": ["http"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "paths": {
        "/things": {
            "get": _operation("listThings", "200", "Page", _LIMIT, _OFFSET),
            "post": _operation("addThing", "201", "Thing", _BODY),
        },
        "/things/{id}": {
            "get": _operation("getThing", "200", "Thing", _ID),
            "put": _operation("putThing", "200", "Thing", _ID, _BODY),
            "delete": _operation("deleteThing", "204", None, _ID),
        },
    },
    "definitions": {"New": _NEW, "Thing": _THING, "Page": _PAGE},
}


class Things(Faulty):
    """Things with state. ``change`` makes another value of what is sent back, ``headers`` go beside it; without a
    ``limit`` a page has ``size`` items."""

    document = DOCUMENT

    def __init__(
        self,
        change: Callable[[Any], Any] = lambda value: value,
        headers: Mapping[str, str] | None = None,
        size: int = 6,
    ) -> None:
        super().__init__()
        self.change, self.headers, self.size = change, headers or {}, size
        self.things: dict[int, dict[str, Any]] = {}
        for number in range(8):
            self._add({"name": f"thing {number}"})

    def _add(self, body: Mapping[str, Any]) -> dict[str, Any]:
        number = max(self.things, default=0) + 1
        self.things[number] = {"id": number, "made": "2024-02-29T10:00:00Z", **body}
        return self.things[number]

    def respond(self, request: Request) -> Response:
        """The response to a request, with what is made of its value."""
        status, value = self._answer(request)
        if value is None:
            return Response("", status, self.headers)
        data = json.dumps(self.change(json.loads(json.dumps(value)))) if status < 300 else "{}"
        return Response(data, status, {"Content-Type": "application/json", **self.headers})

    def _answer(self, request: Request) -> tuple[int, Any]:
        last, body = request.path.rpartition("/")[2], request.get_json(silent=True)
        is_wrong = request.method in ("POST", "PUT") and not self._is_right(body)
        if request.path == "/things":
            if request.method == "GET":
                return self._page(request.args.get("limit", str(self.size)), request.args.get("offset", "0"))
            return (400, {}) if is_wrong else (201, self._add(body)) if request.method == "POST" else (405, {})
        number = int(last) if last.isdigit() else 0
        if number not in self.things or is_wrong:
            return (400 if is_wrong or number == 0 else 404), {}
        if request.method == "DELETE":
            del self.things[number]
            return 204, None
        if request.method == "PUT":
            self.things[number] = {**self.things[number], "due": None, **body}
            self.things[number] = {name: each for name, each in self.things[number].items() if each is not None}
        return 200, self.things[number]

    def _page(self, limit: str, offset: str) -> tuple[int, Any]:
        if not (limit.isdigit() and offset.isdigit() and 1 <= int(limit) <= 50):
            return 400, {}
        items = list(self.things.values())
        return 200, {"items": items[int(offset) :][: int(limit)], "total": len(items)}

    @staticmethod
    def _is_right(body: Any) -> bool:
        return isinstance(body, dict) and isinstance(body.get("name"), str) and len(body["name"]) <= 40


def _connector(folder: Path, application: Faulty, document: Mapping[str, Any] = DOCUMENT) -> Connector:
    path = folder / "things.swagger.json"
    path.write_text(json.dumps(document))
    application.url = "http://localhost"
    return openconnectors.load_file(path, base_url=application.url, connection={}, transport=transport_to(application))


def _failures(folder: Path, application: Faulty, examples: int = 8) -> list[Failure]:
    return list(fuzz(_connector(folder, application), examples=examples, illegal=False))


def _members(value: Any, names: frozenset[str], change: Callable[[Any], Any]) -> Any:
    """A value whose members of some names are others."""
    if isinstance(value, list):
        return [_members(item, names, change) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: change(each) if name in names else _members(each, names, change) for name, each in value.items()}


def _without(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_without(item, name) for item in value]
    return (
        {key: _without(each, name) for key, each in value.items() if key != name} if isinstance(value, dict) else value
    )


_ID_ONLY, _ITEMS, _TOTAL, _ALL = (
    frozenset(names) for names in (("id",), ("items",), ("total",), ("id", "name", "due", "made", "items", "total"))
)
ANSWERS: Mapping[str, Callable[[Any], Any]] = {
    "an id as text": lambda value: _members(value, _ID_ONLY, str),
    "an id of letters": lambda value: _members(value, _ID_ONLY, lambda each: f"a/{each}?b#é\n"),
    "an id that is null": lambda value: _members(value, _ID_ONLY, lambda each: None),
    "an id that is a list": lambda value: _members(value, _ID_ONLY, lambda each: [each]),
    "an id that is an object": lambda value: _members(value, _ID_ONLY, lambda each: {"id": [each]}),
    "no id": lambda value: _without(value, "id"),
    "an id out of bounds": lambda value: _members(value, _ID_ONLY, lambda each: 10**400),
    "items that are an object": lambda value: _members(value, _ITEMS, lambda each: {"0": each}),
    "items of all kinds": lambda value: _members(value, _ITEMS, lambda each: [None, 1, "a", [each], {"id": each}]),
    "a total of many digits": lambda value: _members(value, _TOTAL, lambda each: "9" * 5000),
    "all of it null": lambda value: _members(value, _ALL, lambda each: None),
    "all of it lists": lambda value: _members(value, _ALL, lambda each: [each]),
    "null": lambda value: None,
    "a list": lambda value: [value],
    "a text": lambda value: "thing",
    "an empty object": lambda value: {},
    "something around it": lambda value: {"data": {"data": value}},
}
HEADERS: Mapping[str, Mapping[str, str]] = {
    "a Location that is no URL": {"Location": "http://[::1"},
    "a Location of another port": {"Location": "http://localhost:x/things/1"},
    "a Location of many digits": {"Location": f"/things/{'9' * 5000}"},
    "a Link that is no URL": {"Link": '<http://[::1>; rel="next"'},
    "an entity tag that is none": {"ETag": "é"},
    "a total of many digits in a field": {"X-Total-Count": "9" * 5000},
    "a media type that is none": {"Content-Type": "nothing"},
}
_QUICK = ("an id as text", "an id that is a list", "no id", "a total of many digits")


def _never_raises(folder: Path, application: Faulty, examples: int) -> None:
    failures = _failures(folder, application, examples)
    assert all(failure.message and str(failure) for failure in failures)


@pytest.mark.parametrize("name", _QUICK)
def test_a_wrong_value_of_a_response_never_ends_the_fuzzer(name: str, tmp_path: Path) -> None:
    """What the client would refuse to send, or cannot read, is reported as a failure of the schema."""
    assert "schema" in {failure.check for failure in _failures(tmp_path, Things(ANSWERS[name]), 2)}


@pytest.mark.long
@pytest.mark.parametrize("name", ANSWERS)
def test_no_value_of_a_response_ends_the_fuzzer(name: str, tmp_path: Path) -> None:
    """As above, for all of them, with more calls."""
    _never_raises(tmp_path, Things(ANSWERS[name]), 20)


@pytest.mark.long
@pytest.mark.parametrize("name", HEADERS)
def test_no_header_field_of_a_response_ends_the_fuzzer(name: str, tmp_path: Path) -> None:
    """Nor does a header field."""
    _never_raises(tmp_path, Things(headers=HEADERS[name]), 20)


def test_things_that_are_right_have_no_failures(tmp_path: Path) -> None:
    """The service is right, so that nothing is reported of it."""
    assert _failures(tmp_path, Things(), 4) == []


def test_json_that_is_said_to_be_something_else_is_compared_as_json(tmp_path: Path) -> None:
    """A wrong media type is reported as that, not as dates that differ from their texts."""
    checks = {failure.check for failure in _failures(tmp_path, Things(headers={"Content-Type": "text/html"}), 2)}
    assert checks == {"content-type"}


def test_a_size_left_out_is_the_documented_default(tmp_path: Path) -> None:
    """A page without its size has as many items as with the default, and the failure repeats."""
    connector = _connector(tmp_path, Things(size=3))
    failures = list(fuzz(connector, ["list_things"], examples=2, illegal=False))
    assert [failure.check for failure in failures] == ["limit"]
    assert "with 6, which is its default, it has 6" in failures[0].message
    assert replay(connector, failures[0]) == failures[0].message


def test_a_refusal_that_is_wrong_for_many_reasons_is_reported_once(tmp_path: Path) -> None:
    """Illegal requests that are refused by the same wrong body are one failure of their operation."""
    document = json.loads(json.dumps(DOCUMENT))
    refusal = {"description": "wrong", "schema": {"type": "object", "required": ["error"]}}
    document["paths"]["/things"]["post"]["responses"]["400"] = refusal
    failures = fuzz(_connector(tmp_path, Things(), document), ["add_thing"], examples=6)
    assert [failure.message.partition("in the refusal, ")[2] for failure in failures if failure.check == "schema"] == [
        "error: is missing"
    ]


@pytest.mark.parametrize(("change", "checks"), [(dict, []), (lambda value: {**value, "name": ""}, ["created"])])
def test_a_creation_that_nothing_reads_gives_back_what_was_sent(
    change: Callable[[Any], Any], checks: list[str], tmp_path: Path
) -> None:
    """Where a creation responds with the schema that it takes, and nothing reads what was created."""
    create = DOCUMENT["paths"]["/things"]["post"]  # type: ignore[index]  # it is a mapping
    responses = {"201": {"description": "done", "schema": {"$ref": "#/definitions/New"}}, **_REFUSALS}
    document = {**DOCUMENT, "paths": {"/things": {"post": {**create, "responses": responses}}}}
    failures = fuzz(_connector(tmp_path, Things(change), document), examples=2, illegal=False)
    assert [failure.check for failure in failures] == checks
