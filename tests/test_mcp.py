"""Operations as tools of agents, with the official client: in memory, over stdio, over HTTP."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator
from mcp import Client, MCPError, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from openconnectors import registry
from openconnectors.async_loading import connect_async, load_file_async
from openconnectors.engine.agents.catalogue import BUDGET, Catalogue
from openconnectors.engine.agents.choices import ask
from openconnectors.engine.agents.server import server
from openconnectors.engine.call.sample_connection import sample_values
from openconnectors.engine.client.kinds import KINDS
from openconnectors.engine.errors import InvalidDocument, UnknownName
from openconnectors.loading import service_named
from openconnectors.network import Network
from tests.conftest import ROOT, SHARED, Listener, command, serving
from tests.pages import Run, blocks

SECRET = "the-secret-of-this-test"
DOCUMENT = """
swagger: "2.0"
info: {title: Desk, version: "1"}
securityDefinitions: {key: {type: apiKey, in: header, name: X-Key}}
security: [{key: []}]
consumes: [application/json]
produces: [application/json]
paths:
  /tickets:
    get:
      operationId: ListTickets
      summary: List tickets
      parameters:
      - {name: $top, in: query, type: integer}
      - {name: cursor, in: query, type: string}
      - {name: state, in: query, type: string, enum: [open, closed]}
      x-connector-paging: {items: /items, cursor: /next, parameter: cursor}
      responses: {200: {description: A page, schema: {$ref: "#/definitions/Page"}}}
    post:
      operationId: AddTicket
      summary: Add a ticket
      x-ms-openai-data: {operations: [{operationId: AddTicket, x-ms-require-user-confirmation: true}]}
      parameters: [{name: ticket, in: body, required: true, schema: {$ref: "#/definitions/Ticket"}}]
      responses: {201: {description: The ticket, schema: {$ref: "#/definitions/Ticket"}}}
  /tickets/{id}:
    parameters: [{name: id, in: path, required: true, type: string}]
    get:
      operationId: GetTicket
      responses: {200: {description: The ticket, schema: {$ref: "#/definitions/Ticket"}}}
    delete:
      operationId: RemoveTicket
      responses: {204: {description: Removed}}
    put:
      operationId: PutTicket
      parameters: [{name: ticket, in: body, required: true, schema: {$ref: "#/definitions/Ticket"}}]
      responses: {200: {description: The ticket, schema: {$ref: "#/definitions/Ticket"}}}
  /tickets/{id}/close:
    post:
      operationId: CloseTickets
      parameters: [{name: id, in: path, required: true, type: string}]
      responses: {200: {description: Closed}}
  /queues:
    get:
      operationId: ListQueues
      x-ms-visibility: internal
      responses: {200: {description: Queues, schema: {type: array, items: {type: object}}}}
  /pictures/{id}:
    get:
      operationId: GetPicture
      produces: [image/png]
      parameters: [{name: id, in: path, required: true, type: string}]
      responses: {200: {description: A picture, schema: {type: file}}}
    post:
      operationId: UploadPicture
      consumes: [multipart/form-data]
      parameters:
      - {name: id, in: path, required: true, type: string}
      - {name: picture, in: formData, required: true, type: file}
      responses: {200: {description: Its size, schema: {type: object}}}
definitions:
  Page:
    type: object
    properties:
      items: {type: array, items: {$ref: "#/definitions/Ticket"}}
      next: {type: string}
  Ticket:
    type: object
    required: [title]
    properties:
      id: {type: string, readOnly: true}
      title: {type: string, maxLength: 50}
      from: {type: string, description: Who asks}
      queue:
        type: string
        x-ms-dynamic-values: {operationId: ListQueues, value-path: id, value-title: name}
      due: {type: string, format: date}
      parent: {$ref: "#/definitions/Ticket"}
"""


class Desk:
    """A service of tickets that keeps the requests that it got. ``waiting`` is set while a ticket is waited for,
    ``gone`` once the caller of it has hung up."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []
        self.waiting, self.gone = threading.Event(), threading.Event()
        self.is_broken = False

    def __call__(self, environ: Any, start: Any) -> Any:
        request = Request(environ)
        self.requests.append(request)
        self.bodies.append(request.get_data())
        with request:
            return self.answer(request, environ)(environ, start)

    def answer(self, request: Request, environ: Any) -> Response:
        name = request.path.rpartition("/")[2]
        if self.is_broken:
            return _json({"message": "broken"}, status=500)
        if request.path == "/queues":
            return _json([{"id": "q1", "name": "First"}, {"id": "q2", "name": "Second"}])
        if request.path.startswith("/pictures"):
            if request.method == "POST":
                return _json({"size": len(request.files["picture"].read())})
            return Response(b"\x89PNG", mimetype="image/png")
        if request.path == "/tickets" and request.method == "GET":
            number = int(request.args.get("cursor", "1"))
            items = [{"id": f"{number}-{at}", "title": "x" * 40} for at in range(30)]
            return _json({"items": items, **({"next": str(number + 1)} if number < 3 else {})})
        if request.method == "DELETE":
            return Response(status=204)
        if name == "absent":
            return _json({"message": f"there is no such ticket for {request.headers['X-Key']}"}, status=404)
        if name == "slow":
            self._wait(environ["werkzeug.socket"])
        body = json.loads(request.get_data() or b"{}")
        return _json({"id": name, "title": f"seen by {SECRET}", **body}, status=201 if name == "tickets" else 200)

    def _wait(self, connection: Any) -> None:
        self.waiting.set()
        connection.settimeout(10)
        with suppress(OSError):
            if connection.recv(1) == b"":
                self.gone.set()


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, mimetype="application/json")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with serving(make_server("127.0.0.1", 0, desk, threaded=True)) as url:
        yield url


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "desk.swagger.yaml"
    path.write_text(DOCUMENT, "utf-8")
    return path


Answer = Callable[[Any, Any], Any]


@pytest.fixture
def connect(document: Path, url: str) -> Any:
    """Connects a client to a server of the desk: its patterns, its budget, the tokens of a result, what the person
    answers."""

    @asynccontextmanager
    async def connected(
        *allow: str,
        budget: int = BUDGET,
        longest: int = 10_000,
        answers: Sequence[str] = (),
        mode: str = "auto",
        **options: Any,
    ) -> AsyncIterator[Client]:
        connector = load_file_async(document, connection={"api_key": SECRET}, base_url=url, trust_env=False)
        catalogue = Catalogue([connector], allow, **options)
        left = list(answers)

        async def answer(context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
            return types.ElicitResult(action=left.pop(0))  # type: ignore[arg-type]

        running = server([connector], catalogue, catalogue.listing(budget), longest=longest)
        callback = answer if answers else None
        async with Client(running, mode=mode, elicitation_callback=callback) as client:
            yield client
        assert left == []

    return connected


def run(function: Callable[[], Any]) -> Any:
    return asyncio.run(function())


def text_of(result: types.CallToolResult) -> str:
    return "".join(part.text for part in result.content if isinstance(part, types.TextContent))


MODES = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])


# Tools


@MODES
def test_operations_that_read_or_add_are_tools(connect: Any, mode: str) -> None:
    """By default: with hints, and without what changes or deletes, is internal, or reports events."""

    async def talk() -> None:
        async with connect(mode=mode) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert list(tools) == [
                "list_tickets", "add_ticket", "get_ticket", "close_tickets", "get_picture", "upload_picture",
                "more", "list_choices",
            ]  # fmt: skip
            hints = {name: tool.annotations for name, tool in tools.items()}
            assert hints["get_ticket"].read_only_hint
            assert hints["get_ticket"].idempotent_hint
            assert not hints["add_ticket"].read_only_hint
            assert not hints["add_ticket"].idempotent_hint
            assert not any(hint.destructive_hint for hint in hints.values())

    run(talk)


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["read"], ["list_tickets", "get_ticket", "get_picture"]),
        (["*_ticket"], ["add_ticket", "get_ticket"]),
        (["RemoveTicket"], ["remove_ticket"]),
        (["desk.remove_ticket", "change"], ["put_ticket", "remove_ticket"]),
        (["delete:*"], ["remove_ticket"]),
        (["list_queues"], ["list_queues"]),
    ],
)
def test_patterns_choose_operations(connect: Any, patterns: list[str], names: list[str]) -> None:
    """By name, kind or both; what changes, deletes or is internal only by its name, what deletes by its kind, too."""

    async def talk() -> None:
        async with connect(*patterns) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            assert [name for name in tools if name not in ("more", "list_choices")] == names

    run(talk)


@pytest.mark.parametrize("pattern", ["list_tickts", "remove_*"])
def test_a_pattern_that_chooses_nothing_is_an_error(connect: Any, pattern: str) -> None:
    """It says what is meant, or that what deletes is chosen by its kind."""

    async def talk() -> None:
        async with connect(pattern):
            pass

    with pytest.raises(UnknownName, match=r"did you mean 'list_tickets'|is chosen by delete:remove_\*"):
        run(talk)


def test_schemas_are_what_clients_accept(connect: Any) -> None:
    """Names of arguments have the letters that models accept; no reference, no recursion, items everywhere."""

    async def talk() -> None:
        async with connect("read", "add", "change") as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            listing = tools["list_tickets"].input_schema
            assert list(listing["properties"]) == ["top", "cursor", "state"]
            assert listing["properties"]["state"] == {"type": "string", "enum": ["open", "closed"]}
            ticket = tools["put_ticket"].input_schema
            assert ticket["required"] == ["id", "title"]
            assert ticket["properties"]["from"] == {"type": "string", "description": "Who asks"}
            assert ticket["properties"]["due"]["format"] == "date"
            parent = ticket["properties"]["parent"]["properties"]["parent"]
            assert (parent["type"], "properties" in parent, "$ref" in str(ticket)) == ("object", False, False)
            assert "base64" in tools["upload_picture"].input_schema["properties"]["picture"]["description"]
            results = tools["get_ticket"].output_schema
            assert results is not None
            assert "title" in results["properties"]["value"]["properties"]
            for tool in tools.values():
                problems(tool)

    run(talk)


META = jsonschema_rs.validator_for(Draft202012Validator.META_SCHEMA)


def problems(tool: types.Tool) -> None:
    """Fail for a tool that a client or a model refuses."""
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool.name), tool.name
    for schema in (tool.input_schema, tool.output_schema or {}):
        assert META.is_valid(schema), schema
        assert json.loads(json.dumps(schema)) == schema
        _walk(schema)
    assert tool.input_schema["type"] == "object"
    for name in tool.input_schema["properties"]:
        assert re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name), name
    assert set(tool.input_schema.get("required", ())) <= set(tool.input_schema["properties"])


def _walk(schema: Any) -> None:
    assert not {"$ref", "$defs", "$id", "allOf"} & set(schema), schema
    kinds = schema.get("type", [])
    assert "items" in schema or "array" not in ([kinds] if isinstance(kinds, str) else kinds), schema
    for inner in (*schema.get("properties", {}).values(), *schema.get("anyOf", [])):
        _walk(inner)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            _walk(schema[name])


# Calls


@MODES
def test_a_call_has_a_value_and_its_text(connect: Any, desk: Desk, mode: str) -> None:
    """The same JSON, in which the secrets of the connection are masked."""

    async def talk() -> None:
        async with connect(mode=mode) as client:
            result = await client.call_tool("get_ticket", {"id": "7"})
            assert result.structured_content == {"value": {"id": "7", "title": "seen by ***"}}
            assert json.loads(text_of(result)) == result.structured_content
            assert desk.requests[-1].headers["X-Key"] == SECRET

    run(talk)


@MODES
def test_wrong_arguments_are_a_result(connect: Any, desk: Desk, mode: str) -> None:
    """With every problem at its place, and nothing sent."""

    async def talk() -> None:
        async with connect(mode=mode, confirms=False) as client:
            result = await client.call_tool("add_ticket", {"form": "me", "title": 5, "due": "soon"})
            assert result.is_error
            assert text_of(result).startswith("add_ticket was not sent: form: unknown argument of add_ticket; did you")
            places = [problem["at"] for problem in result.structured_content["problems"]]
            assert sorted(places) == ["due", "form", "title"]
            assert desk.requests == []
            with pytest.raises(MCPError, match="there is no tool 'get_tickt'; did you mean 'get_ticket'"):
                await client.call_tool("get_tickt", {})

    run(talk)


def test_an_error_of_the_service_is_a_result(connect: Any) -> None:
    """What, with its status, and what to do; secrets are masked there, too."""

    async def talk() -> None:
        async with connect() as client:
            result = await client.call_tool("get_ticket", {"id": "absent"})
            assert (result.is_error, result.structured_content["status"]) == (True, 404)
            assert "there is no such ticket for ***" in text_of(result)
            assert "an operation that lists them" in text_of(result)
            assert SECRET not in result.model_dump_json()

    run(talk)


def test_bytes_are_base64_and_pictures_are_shown(connect: Any, desk: Desk) -> None:
    """No text is taken for the path of a file."""

    async def talk() -> None:
        async with connect() as client:
            data = base64.b64encode(b"\x00\x01\x02").decode()
            result = await client.call_tool("upload_picture", {"id": "1", "picture": data})
            assert result.structured_content == {"value": {"size": 3}}
            refused = await client.call_tool("upload_picture", {"id": "1", "picture": "/etc/passwd!"})
            assert "picture: is not base64" in text_of(refused)
            picture = (await client.call_tool("get_picture", {"id": "1"})).content[0]
            assert isinstance(picture, types.ImageContent)
            assert (base64.b64decode(picture.data), picture.mime_type) == (b"\x89PNG", "image/png")

    run(talk)


def test_a_call_that_is_cancelled_hangs_up(connect: Any, desk: Desk) -> None:
    """The client stops waiting, and the service sees the end of the connection."""

    async def talk() -> None:
        async with connect(mode="legacy") as client:
            call = asyncio.ensure_future(client.call_tool("get_ticket", {"id": "slow"}))
            while not desk.waiting.is_set():
                await asyncio.sleep(0.01)
            call.cancel()
            with suppress(asyncio.CancelledError):
                await call
            assert await asyncio.to_thread(desk.gone.wait, 10)

    run(talk)


# Long results


def test_a_long_result_goes_on(connect: Any, desk: Desk) -> None:
    """Item by item, then page by page, each asked for when it is wanted; a cursor counts once."""

    async def talk() -> None:
        async with connect(longest=300) as client:
            result = await client.call_tool("list_tickets", {})
            shown, seen, cursors = result.structured_content, [], []
            assert "of 30 items of items" in shown["note"]
            assert len(desk.requests) == 1
            while shown.get("more"):
                value = shown["value"]
                seen += value["items"] if isinstance(value, dict) else value
                assert len(json.dumps(shown)) < 300 * 4 + 300
                cursors.append(shown["more"])
                shown = (await client.call_tool("more", {"cursor": shown["more"]})).structured_content
            seen += shown["value"]["items"] if isinstance(shown["value"], dict) else shown["value"]
            assert [ticket["id"] for ticket in seen] == [f"{page}-{at}" for page in (1, 2, 3) for at in range(30)]
            assert len(desk.requests) == 3
            again = await client.call_tool("more", {"cursor": cursors[0]})
            assert again.is_error
            assert "Call the operation again" in text_of(again)

    run(talk)


JOBS = """
swagger: "2.0"
info: {title: Jobs, version: "1"}
paths:
  /jobs:
    post:
      operationId: RunJob
      x-ms-long-running-operation: true
      responses: {200: {description: Done, schema: {type: object}}, 202: {description: Accepted}}
"""


def test_a_call_waits_for_a_long_running_operation_in_turns(tmp_path: Path) -> None:
    """Clients wait a minute: then there is a cursor to wait on, and the operation is started once."""
    (tmp_path / "jobs.swagger.yaml").write_text(JOBS)
    calls: list[str] = []

    def answer(environ: Any, start: Any) -> Any:
        request = Request(environ)
        calls.append(request.method)
        if calls.count("GET") < 2:
            response = Response(status=202, headers={"Location": "/jobs/1", "Retry-After": "30"})
        else:
            response = _json({"rows": 7})
        return response(environ, start)

    async def talk(url: str) -> None:
        connector = load_file_async(tmp_path / "jobs.swagger.yaml", base_url=url, trust_env=False)
        catalogue = Catalogue([connector])
        async with Client(server([connector], catalogue, catalogue.listing(), wait=0.05)) as client:
            shown = (await client.call_tool("run_job", {})).structured_content
            assert shown["note"].startswith("It is still InProgress.")
            while shown.get("more"):
                shown = (await client.call_tool("more", {"cursor": shown["more"]})).structured_content
            assert shown == {"value": {"rows": 7}}

    with serving(make_server("127.0.0.1", 0, answer, threaded=True)) as url:
        run(partial(talk, url))
    assert calls == ["POST", "GET", "GET"]


def test_a_page_that_fails_is_a_result(connect: Any, desk: Desk) -> None:
    """It says what is wrong, and that the cursor is used up."""

    async def talk() -> None:
        async with connect() as client:
            shown = (await client.call_tool("list_tickets", {})).structured_content
            desk.is_broken = True
            result = await client.call_tool("more", {"cursor": shown["more"]})
            assert result.is_error
            assert "list_tickets answered 500" in text_of(result)
            assert "The cursor is used up" in text_of(result)

    run(talk)


# Choices


def test_the_values_of_an_argument_are_listed(connect: Any) -> None:
    """As the service has them, with their titles; the schema says which arguments have some."""

    async def talk() -> None:
        async with connect() as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert "list_choices" in tools["add_ticket"].input_schema["properties"]["queue"]["description"]
            wanted = {"operation": "add_ticket", "argument": "queue"}
            result = await client.call_tool("list_choices", wanted)
            assert result.structured_content["value"] == [
                {"value": "q1", "title": "First"}, {"value": "q2", "title": "Second"},
            ]  # fmt: skip
            refused = await client.call_tool("list_choices", {**wanted, "argument": "title"})
            assert refused.is_error
            assert "for these: queue" in text_of(refused)

    run(talk)


def test_values_that_are_cheap_to_ask_for_are_enumerations(document: Path, url: str, desk: Desk) -> None:
    """With their titles, asked for once for all tools."""
    connector = load_file_async(document, connection={"api_key": SECRET}, base_url=url, trust_env=False)
    catalogue = Catalogue([connector], ["add_ticket", "put_ticket"])

    assert run(lambda: ask(catalogue.tools.values())) == 1
    assert [request.path for request in desk.requests] == ["/queues"]
    tools = catalogue.listing().tools
    for tool in tools[:2]:
        queue = tool.input_schema["properties"]["queue"]
        assert queue == {"type": "string", "enum": ["q1", "q2"], "description": "q1: First; q2: Second"}


TABLES = """
swagger: "2.0"
info: {title: Tables, version: "1"}
consumes: [application/json]
produces: [application/json]
paths:
  /tables/{table}/columns:
    get:
      operationId: GetColumns
      x-ms-visibility: internal
      parameters: [{name: table, in: path, required: true, type: string}]
      responses: {200: {description: The schema of a row, schema: {type: object}}}
  /tables/{table}/rows:
    post:
      operationId: AddRow
      parameters:
      - {name: table, in: path, required: true, type: string}
      - name: row
        in: body
        required: true
        schema:
          type: object
          x-ms-dynamic-schema: {operationId: GetColumns, parameters: {table: {parameter: table}}, value-path: schema}
      responses: {200: {description: Added, schema: {type: object}}}
"""


def test_members_that_only_the_service_knows_are_described(tmp_path: Path) -> None:
    """Once the arguments that they depend on are known; a call is judged by them."""
    (tmp_path / "tables.swagger.yaml").write_text(TABLES)
    row = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    }
    bodies: list[Any] = []

    def answer(environ: Any, start: Any) -> Any:
        request = Request(environ)
        if request.method == "POST":
            bodies.append(json.loads(request.get_data()))
        return _json({"schema": row} if request.method == "GET" else {"id": 1})(environ, start)

    async def talk(url: str) -> None:
        connector = load_file_async(tmp_path / "tables.swagger.yaml", base_url=url, trust_env=False)
        catalogue = Catalogue([connector])
        async with Client(server([connector], catalogue, catalogue.listing())) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert list(tools) == ["add_row", "more", "describe_operation"]
            assert (
                tools["add_row"].input_schema["properties"]["row"]["description"]
                == "describe_operation gives its members."
            )
            wanted = {"operation": "add_row", "arguments": {"table": "people"}}
            described = (await client.call_tool("describe_operation", wanted)).structured_content["value"]
            assert described["properties"]["row"] == row
            refused = await client.call_tool("add_row", {"table": "people", "row": {"age": "x"}})
            assert "age: must be integer" in text_of(refused)
            assert not (await client.call_tool("add_row", {"table": "people", "row": {"name": "Ann"}})).is_error

    with serving(make_server("127.0.0.1", 0, answer, threaded=True)) as url:
        run(partial(talk, url))
    assert bodies == [{"name": "Ann"}]


# Confirmation


@MODES
def test_a_person_confirms_where_the_document_wants_it(connect: Any, desk: Desk, mode: str) -> None:
    """Nothing is sent unless they agree; wrong arguments are reported before they are asked."""

    async def talk() -> None:
        async with connect(mode=mode, answers=["decline", "accept", "cancel"]) as client:
            assert (await client.call_tool("add_ticket", {})).is_error
            refused = await client.call_tool("add_ticket", {"title": "a"})
            assert refused.is_error
            assert "did not agree" in text_of(refused)
            assert desk.requests == []
            result = await client.call_tool("add_ticket", {"title": "b"})
            assert result.structured_content["value"]["title"] == "b"
            assert (await client.call_tool("add_ticket", {"title": "c"})).is_error
            assert [json.loads(body) for body in desk.bodies] == [{"title": "b"}]

    run(talk)


@MODES
def test_a_client_that_cannot_ask_gets_no_confirmed_call(connect: Any, desk: Desk, mode: str) -> None:
    """The result says so; --no-confirm allows it, and --confirm wants it of other operations."""

    async def talk() -> None:
        async with connect("add", mode=mode) as client:
            assert "this client cannot ask" in text_of(await client.call_tool("add_ticket", {"title": "a"}))
        async with connect("delete:*", mode=mode, confirm=["RemoveTicket"]) as client:
            assert (await client.call_tool("remove_ticket", {"id": "1"})).is_error
        assert desk.requests == []
        async with connect("add", mode=mode, confirms=False) as client:
            assert not (await client.call_tool("add_ticket", {"title": "a"})).is_error

    run(talk)


def test_a_confirmation_counts_once_and_for_its_arguments(connect: Any, desk: Desk) -> None:
    """The state that a client brings back is refused for other arguments, and a second time leads to the question."""

    async def talk() -> None:
        async with connect(mode="2026-07-28", answers=["accept"]) as client:
            asks = await client.session.call_tool("add_ticket", {"title": "a"}, allow_input_required=True)
            assert isinstance(asks, types.InputRequiredResult)
            answers: Any = {"confirmation": types.ElicitResult(action="accept")}
            state = {"input_responses": answers, "request_state": asks.request_state, "allow_input_required": True}
            with pytest.raises(MCPError, match="requestState"):
                await client.session.call_tool("add_ticket", {"title": "b"}, **state)
            assert not (await client.session.call_tool("add_ticket", {"title": "a"}, **state)).is_error
            again = await client.session.call_tool("add_ticket", {"title": "a"}, **state)
            assert isinstance(again, types.InputRequiredResult)
            assert len(desk.requests) == 1
            assert not (await client.call_tool("add_ticket", {"title": "c"})).is_error

    run(talk)


# Many operations


@MODES
def test_beyond_the_budget_operations_are_searched_for(connect: Any, desk: Desk, mode: str) -> None:
    """The list has few tools; a search gives names and schemas, and a call is as that of a tool."""

    async def talk() -> None:
        async with connect("read", "add", "delete", budget=500, mode=mode, answers=["accept"]) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert list(tools) == [
                "search_operations", "call_operation", "list_choices", "describe_operation", "more",
            ]  # fmt: skip
            assert tools["call_operation"].annotations.destructive_hint
            results = await client.call_tool("search_operations", {"query": "adding a ticket", "limit": 2})
            best = results.structured_content["value"][0]
            assert (best["operation"], best["arguments"]["required"]) == ("add_ticket", ["title"])
            call = {"operation": "add_ticket", "arguments": {"title": "a"}}
            assert not (await client.call_tool("call_operation", call)).is_error
            assert [json.loads(body) for body in desk.bodies] == [{"title": "a"}]
            refused = await client.call_tool("call_operation", {"operation": "put_ticket"})
            assert refused.is_error
            assert "there is no operation 'put_ticket'" in text_of(refused)
            nothing = await client.call_tool("search_operations", {"query": "weather"})
            assert "No operation has these words" in text_of(nothing)

    run(talk)


def test_a_smaller_budget_shows_less_of_each_operation(document: Path) -> None:
    """The list always fits; texts and levels go before operations are searched for."""
    connector = load_file_async(document, connection={"api_key": SECRET}, base_url="http://127.0.0.1:9")
    catalogue = Catalogue([connector], list(KINDS))
    listings = [catalogue.listing(budget) for budget in (20_000, 1_200, 1_000, 500)]

    assert [listing.is_search for listing in listings] == [False, False, False, True]
    assert [len(listing.tools) for listing in listings] == [10, 10, 10, 5]
    assert all(a.tokens > b.tokens for a, b in itertools.pairwise(listings))
    assert listings[1].tokens <= 1_200
    assert listings[2].tokens <= 1_000


# Transports and the command


def test_over_stdio(tmp_path: Path) -> None:
    """The page runs, and the official client starts the server of its configuration: the protocol alone is on standard
    output, the cost on standard error."""
    Run(ROOT / "docs/mcp.md", tmp_path).run()
    configured = json.loads((tmp_path / ".mcp.json").read_text())["mcpServers"]["twilio"]
    assert configured["command"] == "connectors"
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "openconnectors", *configured["args"]], cwd=tmp_path
    )

    async def talk() -> None:
        with (tmp_path / "errors.txt").open("w") as errors:
            async with Client(stdio_client(parameters, errlog=errors)) as client:
                assert client.server_info is not None
                assert client.server_info.name == "twilio"
                arguments = {"from": "+15005550006", "to": "+14155552345", "body": "Hello"}
                result = await client.call_tool("send_message", arguments)
                assert result.structured_content["value"]["body"] == "Hello"

    run(talk)

    lines = (tmp_path / "errors.txt").read_text().splitlines()
    assert re.fullmatch(r"operations: twilio \d+", lines[0])
    assert lines[1] == "left out: 2 add, 1 change, 3 delete; --allow with a kind or a name offers them"
    assert re.fullmatch(r"\d+ tools, about [\d,]+ tokens of 20,000 \(a token is 4 bytes of their JSON\)", lines[2])
    assert len(lines) == 3


def test_the_configuration_of_visual_studio_code_starts_a_server(tmp_path: Path) -> None:
    """With a saved connection by its name."""
    (block,) = [block for block in blocks(ROOT / "docs/mcp.md") if block.title == ".vscode/mcp.json"]
    configured = json.loads(block.text)["servers"]["issues"]
    (tmp_path / "connections.toml").write_text('[github-issues.work]\ntoken = "${TOKEN}"\n')

    done = command(*configured["args"], "--list", CONNECTORS_CONFIG=str(tmp_path), TOKEN="t")

    assert done.returncode == 0, done.stderr
    assert "list_issues" in done.stdout


def test_over_http(url: str, document: Path, desk: Desk) -> None:
    """On loopback: no header field of a client reaches the service; foreign values of Host and Origin are refused."""
    arguments = ["mcp", "desk", "--base-url", url, "--allow", "read", "--no-env", "--http", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "openconnectors", *arguments],
        cwd=ROOT,
        env={**os.environ, "CONNECTORS_PATH": str(document.parent), "DESK_API_KEY": SECRET},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    served = next(line for line in process.stderr if line.startswith("serving "))
    url = served.split()[1].rstrip(";")
    foreign = {"Authorization": "Bearer of-the-client", "X-Key": "of-the-client", "Cookie": "a=b", "X-Trace": "1"}

    async def talk() -> None:
        async with httpx2.AsyncClient(headers=foreign, trust_env=False) as http:
            async with Client(streamable_http_client(url, http_client=http)) as client:
                result = await client.call_tool("get_ticket", {"id": "7"})
                assert result.structured_content["value"]["id"] == "7"
            for name, status in (("Host", 421), ("Origin", 403)):
                refused = await http.post(url, json={}, headers={name: "http://attacker.example"})
                assert refused.status_code == status

    try:
        run(talk)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        process.stderr.close()

    assert len(desk.requests) == 1
    headers = desk.requests[0].headers
    assert headers["X-Key"] == SECRET
    assert not {"Authorization", "Cookie", "X-Trace"} & set(headers.keys())


def test_the_list_is_printed() -> None:
    """With the kind and the tokens of each tool; nothing is served."""
    done = command(
        "mcp", "twilio", "--sandbox", "--allow", "read", "--allow", "delete", "--confirm", "delete", "--list"
    )

    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["delete_message", "delete", "yes"] in [row[:3] for row in rows]
    total = int(rows[-1][0])
    assert total == sum(int(row[-1]) for row in rows[1:-1])


def test_the_page_has_the_cost_of_each_connector() -> None:
    """Of those that come with the package: the tools that are listed by default, and their tokens."""
    rows = re.findall(r"^\| `([\w-]+)` \| (\d+) \| (\d+) \|$", (ROOT / "docs/mcp.md").read_text("utf-8"), re.MULTILINE)

    built_in = sorted(name for name, entry in registry.entries().items() if entry.source == "built in")
    assert sorted(name for name, _, _ in rows) == built_in
    for name, count, cost in rows:
        listing = _catalogue(name).listing()
        assert (len(listing.tools), listing.tokens) == (int(count), int(cost)), name


def test_what_the_document_sets_is_no_argument() -> None:
    """A hidden argument is refused by its wire name, too."""
    tool = _catalogue("github-issues").tools["get_user"]

    assert "x_git_hub_api_version" not in tool.arguments
    for name in ("X-GitHub-Api-Version", "x_git_hub_api_version"):
        assert [str(problem) for problem in tool.values({name: "1"})[1]] == [
            f"{name}: is set by the document; leave it out"
        ]


def _catalogue(name: str) -> Catalogue:
    entry, service = service_named(name)
    values = sample_values(service)
    connector = connect_async(entry, values, "http://127.0.0.1:9", None, Network(trust_env=False), {}, service=service)
    return Catalogue([connector])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["twilio", "--sandbox", "--allow", "send_mesage"], 2, "did you mean 'send_message'?"),
        (["twilio", "slack", "--base-url", "http://127.0.0.1:9"], 2, "--base-url and --server are for one connector"),
        (["twilio", "slack", "--connection", "work"], 2, "say for which connector: twilio=work"),
        (["twilio", "--connection", "slak=work"], 2, "there is no connector 'slak'"),
        (["twilio"], 1, "the connection to twilio has no"),
        (["twilio", "--sandbox", "--http", "PORT"], 1, "of 127.0.0.1 cannot be used"),
    ],
)
def test_wrong_use_is_reported(arguments: list[str], code: int, message: str, listener: Listener) -> None:
    """With what to do, and nothing served."""
    taken = listener.url.rpartition(":")[2]
    done = command("mcp", *(taken if text == "PORT" else text for text in arguments))

    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


def test_several_connectors_have_their_names_before_those_of_operations() -> None:
    """So that no two tools have one name."""
    done = command("mcp", "twilio", "slack", "--sandbox", "--list")

    names = [line.split()[0] for line in done.stdout.splitlines()[1:-1]]
    assert {"twilio_send_message", "slack_post_message"} <= set(names)


# Every published connector


@pytest.mark.long
@pytest.mark.parametrize("folder", ["microsoft", "openapi3"])
def test_tools_of_published_documents_are_what_clients_accept(folder: str) -> None:
    """The official client lists them all, and each has a valid schema, a name and arguments that clients accept."""
    corpus = SHARED / "corpus" / folder
    if not corpus.is_dir():
        pytest.skip(f"{corpus} is absent: published documents are not part of the project")
    count = sum(run(partial(_listed, path)) for path in sorted(corpus.iterdir()))

    assert count > 8_000


async def _listed(path: Path) -> int:
    """The number of operations of a document whose tools a client lists or searches for."""
    try:
        entry, service = service_named(str(path))
    except InvalidDocument:
        return 0
    network = Network(trust_env=False)
    connector = connect_async(entry, sample_values(service), "http://127.0.0.1:9", None, network, {}, service=service)
    catalogue = Catalogue([connector], list(KINDS))
    listing = catalogue.listing()
    assert listing.tokens <= BUDGET
    async with Client(server([connector], catalogue, listing)) as client:
        tools = (await client.list_tools()).tools
    assert len(tools) == len(listing.tools)
    if listing.is_search:
        tools = [*tools, *(tool.tool(listing.detail) for tool in catalogue.tools.values())]
    for tool in tools:
        problems(tool)
    return len(catalogue.tools)
