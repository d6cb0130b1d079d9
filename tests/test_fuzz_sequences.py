"""Sequences of calls: resources that are found in a document, what must hold of them, failures that can be repeated."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.fuzz import Failure, failure_of, fuzz, replay
from openconnectors.engine.fuzz.calls import Caller
from openconnectors.engine.fuzz.comparison import difference, same
from openconnectors.engine.fuzz.resources import Resource, resources, singular
from openconnectors.engine.fuzz.sequence_checks import SEQUENCE_CHECKS
from openconnectors.engine.fuzz.sequences import Sequences
from openconnectors.engine.fuzz.steps import Step
from openconnectors.engine.fuzz.strategies import Known
from openconnectors.engine.model import Schema
from openconnectors.engine.transports.applications import transport_to
from tests import desk
from tests.faulty import Bug, Faulty, serving


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "desk.openapi.json"
    path.write_text(json.dumps(desk.DOCUMENT))
    return path


def _connector(path: Path, application: Any) -> Connector:
    application.url = "http://localhost"
    transport = transport_to(application)
    return openconnectors.load_file(path, base_url=application.url, connection={}, transport=transport)


def _sequences(connector: Connector) -> Sequences:
    caller = Caller(connector)
    return Sequences(caller, Known(), {name: caller.plan(name) for name in caller.names()}, 0)


def _first(path: Path, application: Faulty, wanted: frozenset[str]) -> Failure | None:
    """The first failure of the wanted checks that the fixed sequences find."""
    failures = _sequences(_connector(path, application)).fixed()
    return next((failure for failure in failures if failure.check in wanted), None)


# What must hold


def test_sequences_of_a_service_that_is_right_report_nothing(document: Path) -> None:
    """The fixed sequences report nothing of a service with state that follows its document."""
    assert list(_sequences(_connector(document, desk.Desk())).fixed()) == []


@pytest.mark.long
def test_a_service_with_state_that_is_right_has_no_failures(document: Path) -> None:
    """Nor do single calls and random sequences."""
    assert list(fuzz(_connector(document, desk.Desk()), examples=60)) == []


def test_what_is_done_later_is_not_judged(document: Path) -> None:
    """A deletion with status 202 may be carried out at once or later: neither is a failure of a sequence."""

    class Later(desk.Desk):
        def respond(self, request: Request) -> Response:
            response = super().respond(request)
            if request.method == "DELETE" and response.status_code == 204:
                response.status_code = 202
            return response

    assert list(_sequences(_connector(document, Later())).fixed()) == []


def test_the_number_of_a_deleted_item_may_be_given_again(document: Path) -> None:
    """A database may give the highest number again once its row is deleted."""

    class Reusing(desk.Desk):
        def _drop(self, number: int) -> None:
            super()._drop(number)
            self._last = max(self._tickets, default=0)

    caller = Caller(_connector(document, Reusing()))
    plans = {name: caller.plan(name) for name in caller.names() if "comment" not in name}
    together = Sequences(caller, Known(), plans, 0)
    assert list(together.fixed()) == []
    assert [failure for failure in together.random(200, set()) if failure.check == "unique"] == []


def test_what_put_does_not_send_is_gone(document: Path) -> None:
    """A member that was sent and that PUT leaves out is not there any more; what the service makes up may be there."""

    class Merging(desk.Desk):
        def _change(self, method: str, number: int, members: dict[str, Any]) -> None:
            super()._change("PATCH", number, members)

    class Noting(desk.Desk):
        def _shown(self, number: int) -> dict[str, Any]:
            return {"notes": "none yet", **super()._shown(number)}

    assert _first(document, Merging(), frozenset({"replaced"})) is not None
    together = _sequences(_connector(document, Noting()))
    tickets = next(resource for resource in resources(together.plans) if resource.path == "/tickets")
    least = {"title": "Lamp", "hours": 1.5}
    steps = [Step("create", None, least), Step("replace", 0, least)]
    assert together.replayed(tickets, steps, set()) is None


LENDING: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Lending", "version": "1"},
    "paths": {
        "/loans": {
            "post": {
                "operationId": "addLoan",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}},
                },
                "responses": {"201": {"$ref": "#/components/responses/Loan"}, "422": {"description": "no such reader"}},
            }
        },
        "/loans/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {"operationId": "getLoan", "responses": {"200": {"$ref": "#/components/responses/Loan"}}},
            "put": {
                "operationId": "putLoan",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}},
                },
                "responses": {"200": {"$ref": "#/components/responses/Loan"}, "422": {"description": "no such reader"}},
            },
        },
    },
    "components": {
        "responses": {
            "Loan": {
                "description": "it",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Loan"}}},
            }
        },
        "schemas": {
            "New": {
                "type": "object",
                "required": ["readerId", "copies"],
                "properties": {
                    "readerId": {"type": "string", "format": "uuid"},
                    "copies": {"type": "integer", "minimum": 1, "maximum": 9},
                    "shelf": {"type": "string", "pattern": "^[A-Z]-[0-9]{3}$"},
                },
            },
            "Loan": {
                "type": "object",
                "required": ["id", "readerId", "copies"],
                "properties": {
                    "id": {"type": "integer"},
                    "readerId": {"type": "string", "format": "uuid"},
                    "copies": {"type": "integer"},
                    "shelf": {"type": "string"},
                },
            },
        },
    },
}
"""Loans, of readers that there must be."""


class Lending:
    """A service of one reader, which keeps a member when a loan is replaced, or none."""

    reader = "00000000-0000-4000-8000-00000000000a"

    def __init__(self, kept: str = "") -> None:
        self.kept, self.loans, self.url = kept, dict[int, dict[str, Any]](), ""

    @Request.application
    def __call__(self, request: Request) -> Response:
        number = int(request.path.rpartition("/")[2]) if request.path != "/loans" else len(self.loans) + 1
        if request.method in ("POST", "PUT"):
            loan = json.loads(request.get_data())
            if loan["readerId"] != self.reader:
                return Response(status=422)
            kept = {self.kept: self.loans[number][self.kept]} if self.kept and request.method == "PUT" else {}
            self.loans[number] = {"id": number, **loan, **kept}
        status = 201 if request.method == "POST" else 200
        return Response(json.dumps(self.loans[number]), status, content_type="application/json")


@pytest.mark.parametrize("kept", ["copies", "shelf", ""])
def test_a_change_refers_to_what_its_item_refers_to(kept: str, tmp_path: Path) -> None:
    """A replacement that is refused is tried with the references of the item; numbers of few steps and texts of a
    pattern differ from those before."""
    path = tmp_path / "lending.openapi.json"
    path.write_text(json.dumps(LENDING))
    together = _sequences(_connector(path, Lending(kept)))
    together.known.learn({"readerId": Lending.reader})
    failures = list(together.fixed())
    assert [failure.check for failure in failures] == (["replaced"] if kept else [])
    assert all(kept in failure.message for failure in failures)


def test_what_is_below_a_deleted_item_is_deleted(document: Path) -> None:
    """An item that was deleted cannot be added to: the failure names the operation below it."""
    failures = list(_sequences(_connector(document, desk.Desk("a deleted ticket can be commented on"))).fixed())
    assert [(failure.name, failure.check) for failure in failures] == [("add_comment", "deleted")]
    text = str(failures[0])
    assert text.startswith("deleted: add_comment: status 201 after DELETE")
    assert "\n  curl " in text


_LATE = {"the largest page has more", "pages have 25 tickets by default"}
"""Faults that only a longer list shows, which single calls have filled."""
_FIXED = [bug for bug in desk.BUGS if bug.name not in _LATE]
_OF_EACH = list({min(bug.checks): bug for bug in _FIXED}.values())


@pytest.mark.parametrize("bug", _OF_EACH, ids=lambda bug: bug.name)
def test_a_fault_of_each_kind_is_found_by_a_sequence(bug: Bug, document: Path) -> None:
    """A fault of state or of paging is found by the fixed sequence of its resource."""
    assert _first(document, desk.Desk(bug.name), bug.checks) is not None


@pytest.mark.long
@pytest.mark.parametrize("bug", [bug for bug in _FIXED if bug not in _OF_EACH], ids=lambda bug: bug.name)
def test_every_fault_of_state_is_found_by_a_sequence(bug: Bug, document: Path) -> None:
    """As above, for the others."""
    assert _first(document, desk.Desk(bug.name), bug.checks) is not None


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(_LATE))
def test_a_fault_of_longer_lists_is_found_later(name: str, document: Path) -> None:
    """Lists are looked at again when single calls have filled them."""
    bug = next(bug for bug in desk.BUGS if bug.name == name)
    failures = fuzz(_connector(document, desk.Desk(name)), examples=40)
    assert any(failure.check in bug.checks for failure in failures)


@pytest.mark.long
def test_random_sequences_find_what_the_fixed_does_not(document: Path) -> None:
    """State machines find a fault that only some values show, and shrink the steps to it."""

    class Odd(desk.Desk):
        def _change(self, method: str, number: int, members: dict[str, Any]) -> None:
            super()._change(method, number, members)
            if len(members.get("tags") or ()) > 1:
                self._tickets[number]["hours"] = 7.5

    together = _sequences(_connector(document, Odd()))
    assert list(together.fixed()) == []
    failures = [failure for failure in together.random(400, set()) if failure.check in SEQUENCE_CHECKS]
    assert failures
    assert failures[0].sequence is not None
    assert len(failures[0].sequence.steps) <= 3


# Failures


def test_a_sequence_is_shrunk_shown_saved_and_repeated(document: Path, tmp_path: Path) -> None:
    """The failure of a sequence has few steps; its Python runs and its curl shows the same requests; saved, it can be
    replayed, until the fault is gone."""
    with serving(desk.Desk("a deleted ticket can be read")) as service:
        transport = transport_to(service)
        connector = openconnectors.load_file(document, base_url=service.url, connection={}, transport=transport)
        failure = next(each for each in _sequences(connector).fixed() if each.check == "deleted")
        assert failure.sequence is not None
        assert [step.verb for step in failure.sequence.steps] == ["create", "delete"]
        assert failure.message == "status 200 after DELETE: the item can still be read"
        text = failure.python(str(document), service.url)
        assert "service.delete_ticket.response(ticket=response_1.value['number'])  # 204" in text
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        lines = failure.command(str(document), service.url).splitlines()
        assert f" {service.url}/tickets/" in lines[-1].replace("'", " ")
        assert "; ticket of call 1" in lines[-1]
        again = failure_of(json.loads(json.dumps(failure.saved())))
        assert replay(connector, again) == failure.message
        service.bug = None
        assert replay(connector, again) is None


@pytest.mark.parametrize(
    "sequence",
    [1, {}, {"resource": "/tickets", "steps": [1]}, {"steps": [{"verb": "read", "item": "a", "arguments": {}}]}],
)
def test_what_is_no_saved_sequence_is_refused(sequence: Any) -> None:
    """A saved failure whose sequence is something else raises ValueError."""
    saved = {"check": "deleted", "operation": "a", "name": "a", "arguments": {}, "message": "", "sequence": sequence}
    with pytest.raises(ValueError, match="saved failure"):
        failure_of(saved)


# Resources


def _resources(paths: Mapping[str, Mapping[str, Any]], tmp_path: Path, **components: Any) -> list[Resource]:
    """The resources of a document with these paths."""
    ok = {
        "200": {
            "description": "ok",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
        }
    }
    many = {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
    listed = {"200": {"description": "ok", "content": {"application/json": {"schema": many}}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    complete: dict[str, Any] = {}
    for path, methods in paths.items():
        for method, members in methods.items():
            operation = {
                "operationId": f"{method}{path}",
                "responses": listed if members.get("many") else ok,
                **members,
            }
            operation.pop("many", None)
            if method in ("post", "put", "patch"):
                operation.setdefault("requestBody", body)
            names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
            variables = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
            operation["parameters"] = [*variables, *operation.get("parameters", [])]
            complete.setdefault(path, {})[method] = operation
    thing = {"type": "object", "properties": {"id": {"type": "string"}, "thing_id": {"type": "string"}}}
    text = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "servers": [{"url": "http://localhost"}]}
    schemas = {"schemas": {"Thing": thing}}
    path = tmp_path / "things.json"
    path.write_text(json.dumps({**text, "paths": complete, "components": {**schemas, **components}}))
    caller = Caller(openconnectors.load_file(path, connection={}))
    return resources({name: caller.plan(name) for name in caller.names()})


def _shape(resource: Resource) -> dict[str, str]:
    return {part: operation.plan.operation.id for part, operation in resource.operations()}


def test_paths_make_a_resource(tmp_path: Path) -> None:
    """POST and GET of a collection belong to GET, PUT, PATCH and DELETE of its items."""
    (things,) = _resources(
        {
            "/things": {"post": {}, "get": {"many": 1}},
            "/things/{id}": {"get": {}, "put": {}, "patch": {}, "delete": {}},
        },
        tmp_path,
    )
    assert set(_shape(things)) == {"create", "collection", "read", "replace", "update", "delete"}
    assert [argument.wire for argument in things.identifying()] == ["id"]


@pytest.mark.parametrize(
    ("collection", "item"),
    [
        ("/things.json", "/things/{sid}.json"),
        ("/things", "/thing/{id}"),
        ("/things/", "/things/{id}"),
        ("/odata/things", "/odata/things({id})"),
    ],
)  # fmt: skip
def test_paths_are_spelled_in_many_ways(collection: str, item: str, tmp_path: Path) -> None:
    """Suffixes, singulars, final slashes and OData's keys lead from a collection to its items."""
    (things,) = _resources({collection: {"post": {}}, item: {"get": {}}}, tmp_path)
    assert set(_shape(things)) == {"create", "read"}


def test_children_know_their_parent(tmp_path: Path) -> None:
    """A collection below an item belongs to the resource of the item."""
    outer, inner = _resources(
        {
            "/things": {"post": {}},
            "/things/{id}": {"get": {}},
            "/things/{id}/parts": {"post": {}},
            "/things/{id}/parts/{part}": {"get": {}},
        },
        tmp_path,
    )  # fmt: skip
    assert inner.parent == outer
    assert [argument.wire for argument in inner.identifying()] == ["part"]


def test_links_and_names_make_a_resource(tmp_path: Path) -> None:
    """A link of the created, or an argument that is a member of it, leads to what reads it."""
    linked = {"read": {"operationId": "get/show", "parameters": {"key": "$response.body#/id"}}}
    responses = {"201": {"description": "created", "links": linked}}
    key = {"name": "key", "in": "query", "required": True, "schema": {"type": "string"}}
    named = {**key, "name": "thing_id"}
    (things,) = _resources(
        {"/make": {"post": {"responses": responses}}, "/show": {"get": {"parameters": [key]}}}, tmp_path
    )
    assert _shape(things) == {"create": "post/make", "read": "get/show"}
    paths = {
        "/make": {"post": {}},
        "/show": {"get": {"parameters": [named]}},
        "/drop": {"delete": {"parameters": [named]}},
    }
    (things,) = _resources({**paths, "/all": {"get": {"many": 1}}}, tmp_path)[:1]
    assert _shape(things) == {
        "create": "post/make",
        "read": "get/show",
        "delete": "delete/drop",
        "collection": "get/all",
    }


def test_one_thing_alone_is_a_resource(tmp_path: Path) -> None:
    """What is read and replaced at one path is a thing that nobody creates."""
    (settings,) = _resources({"/settings": {"get": {}, "put": {}}}, tmp_path)
    assert settings.is_single


def test_one_thing_of_an_item_is_a_resource(tmp_path: Path) -> None:
    """What is read and replaced below an item is one thing of each item; below what nobody creates it is left alone."""
    paths = {"/things/{id}": {"get": {}}, "/things/{id}/size": {"get": {}, "put": {}}}
    things, size = _resources({"/things": {"post": {}}, **paths}, tmp_path)
    assert size.is_single
    assert size.parent == things
    assert [resource.path for resource in _resources({"/things": {"get": {"many": 1}}, **paths}, tmp_path)] == [
        "/things"
    ]


_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
_MEMBERS = {
    "id": {"type": "integer", "readOnly": True},
    "name": {"type": "string"},
    "count": {"type": "integer", "format": "int64"},
}
_THING = {"content": {"application/json": {"schema": {"type": "object", "properties": _MEMBERS}}}}
_PICTURE: dict[str, Any] = {"content": {"image/png": {"schema": {}}}}
PICTURES: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pictures", "version": "1"},
    "servers": [{"url": "http://localhost"}],
    "paths": {
        "/things": {"post": {"requestBody": _THING, "responses": {"201": {"description": "made", **_THING}}}},
        "/things/{id}": {
            "parameters": [_ID],
            "get": {"responses": {"200": {"description": "it", **_THING}, "404": {"description": "none"}}},
        },
        "/things/{id}/picture": {
            "parameters": [_ID],
            "get": {"responses": {"200": {"description": "it", **_PICTURE}, "404": {"description": "none"}}},
            "put": {"requestBody": {"required": True, **_PICTURE}, "responses": {"204": {"description": "put"}}},
        },
    },
}


class Pictures(Faulty):
    """Things with a picture each, which is not there before it is put."""

    document = PICTURES

    def __init__(self, bug: str | None = None, budget: int = 10**9) -> None:
        super().__init__(bug, budget)
        self.things: list[dict[str, Any]] = []
        self.pictures: dict[str, bytes] = {}

    def respond(self, request: Request) -> Response:
        """The response to a request."""
        if request.path == "/things":
            thing = {**json.loads(request.get_data()), "id": len(self.things)}
            if "count" in thing and self.has("numbers are floats"):
                thing["count"] = int(float(thing["count"]))
            self.things.append(thing)
            return Response(json.dumps(thing), 201, content_type="application/json")
        number, _, last = request.path.removeprefix("/things/").partition("/")
        if not last:
            return Response(json.dumps(self.things[int(number)]), content_type="application/json")
        if request.method == "PUT":
            data = b"" if self.has("a picture is lost") else request.get_data()
            is_text = self.has("a picture is kept as text")
            self.pictures[number] = data.decode("utf-8", "replace").encode() if is_text else data
            return Response(b"", 204)
        picture = self.pictures.get(number)
        return Response(b"", 404) if picture is None else Response(picture, content_type="image/png")


@pytest.mark.parametrize(
    ("bug", "check"),
    [
        (None, None),
        ("a picture is lost", "replaced"),
        ("a picture is kept as text", "replaced"),
        ("numbers are floats", "created"),
    ],
)
def test_a_file_that_is_put_is_what_is_read(bug: str | None, check: str | None, tmp_path: Path) -> None:
    """A file below an item is put and read again, byte by byte; a number of 64 bits is kept as well."""
    path = tmp_path / "pictures.json"
    path.write_text(json.dumps(PICTURES))
    checks = {failure.check for failure in _sequences(_connector(path, Pictures(bug))).fixed()}
    assert checks == ({check} if check else set())


@pytest.mark.parametrize(
    ("word", "expected"),
    [("books", "book"), ("categories", "category"), ("boxes", "box"), ("address", "address"), ("class", "class")],
)
def test_nouns_in_the_singular(word: str, expected: str) -> None:
    """Plurals of names become singulars."""
    assert singular(word) == expected


# What is the same


@pytest.mark.parametrize(
    ("sent", "seen", "kind", "expected"),
    [
        ("2024-02-28T10:00:00Z", "2024-02-28T11:00:00.000+01:00", "date-time", True),
        ("2024-02-28T10:00:00Z", "2024-02-28T12:00:00Z", "date-time", False),
        ("A@Example.com", "a@example.com", "email", True),
        ("https://example.com", "https://example.com/", "uri", True),
        (" a ", "a", None, True),
        ("a", "A", None, False),
        (1.5, 1.5000001, None, True),
        (3.99, 3, None, False),
        (2, 3, None, False),
        ("1.10", "1.1", "decimal", True),
        ("7", 7, None, True),
        (True, 1, None, False),
        ("secret", "***", "password", True),
        ("é", "é", None, True),
    ],
)
def test_what_services_write_otherwise_is_the_same(sent: Any, seen: Any, kind: str | None, expected: bool) -> None:
    """Moments, addresses, numbers and texts in another spelling are the same value, others are not."""
    assert same(sent, seen, kind) is expected


def _members(**properties: Schema) -> Schema:
    return Schema(types=("object",), properties=properties)


_TEXT, _NUMBER = Schema(types=("string",)), Schema(types=("integer",))
_NESTED = _members(a=_members(b=_NUMBER))


@pytest.mark.parametrize(
    ("sent", "seen", "request_schema", "response", "expected"),
    [
        ({"a": "x"}, {"a": "y"}, _members(a=_TEXT), _members(a=_TEXT), "a is 'y', sent was 'x'"),
        ({"a": "x"}, {}, _members(a=_TEXT), _members(a=_TEXT), "a is missing, sent was 'x'"),
        ({"a": None}, {}, _members(a=_TEXT), _members(a=_TEXT), None),
        ({"a": "x"}, {"a": "y"}, _members(a=_TEXT), _members(), None),
        ({"a": "x"}, {"a": "y"}, _members(a=Schema(types=("string",), write_only=True)), _members(a=_TEXT), None),
        ({"a": "x"}, {"a": "y"}, _members(a=_TEXT), _members(a=Schema(types=("string",), read_only=True)), None),
        ({"a": "x"}, {"a": 1}, _members(a=_TEXT), _members(a=_NUMBER), None),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, _NESTED, _NESTED, "a.b is 2, sent was 1"),
    ],
)  # fmt: skip
def test_members_are_compared_as_far_as_the_document_lets(
    sent: Any, seen: Any, request_schema: Schema, response: Schema, expected: str | None
) -> None:
    """A member is compared if both sides declare it alike, and it is neither read-only nor write-only."""
    assert difference(sent, seen, request_schema, response, lambda schema: schema) == expected
