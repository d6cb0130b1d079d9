"""The server: what a client asks for, answered with the official library.

Rule 1. Every request is answered from what it says itself, so that a client of the protocol's version 2026-07-28, which
has no session, and one of an earlier version get the same.

Rule 2. A person is asked before a call (``confirmation``) with the means that the version has: a request to the client,
or a result that asks for input, which the client brings with its next attempt. The state that it brings back is sealed
by the library and bound to the arguments; it counts once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeAlias

from mcp import MCPError, types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

from openconnectors.engine.agents.catalogue import (
    BYTES_OF_A_TOKEN,
    CALL,
    CHOICES,
    DESCRIBE,
    MORE,
    SEARCH,
    Catalogue,
    Listing,
)
from openconnectors.engine.agents.excerpts import Excerpts, Pages
from openconnectors.engine.agents.json_values import json_text, plain
from openconnectors.engine.agents.results import Shown, failure, media, refusal
from openconnectors.engine.agents.tools import OperationTool
from openconnectors.engine.call.paging import declared
from openconnectors.engine.client.async_connector import AsyncConnector
from openconnectors.engine.client.async_handles import AsyncPoller
from openconnectors.engine.client.kinds import KINDS
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.errors import ConnectorError, InvalidArguments, Unsupported, nearest, printable

WAIT = 45.0
"""Seconds that a call waits for a long-running operation: clients wait a minute for a result."""
RESULT = 10_000
"""Tokens of a result by default."""
_LONGEST_QUESTION = 1500
_PENDING = 1000
"""Confirmations that are waited for at once."""

Result: TypeAlias = types.CallToolResult | types.InputRequiredResult
Context: TypeAlias = ServerRequestContext[Any, Any]


def server(
    connectors: Sequence[AsyncConnector],
    catalogue: Catalogue,
    listing: Listing,
    *,
    version: str = "",
    longest: int = RESULT,
    wait: float = WAIT,
) -> Server[Any]:
    """A server of the tools of a listing; ``longest`` are the tokens of a result, ``wait`` the seconds that a call
    waits for a long-running operation. It closes the connectors when it ends."""
    answers = _Answers(catalogue, listing, Excerpts(longest * BYTES_OF_A_TOKEN), wait)

    @asynccontextmanager
    async def lifespan(_: Server[Any]) -> AsyncIterator[dict[str, Any]]:
        try:
            yield {}
        finally:
            for connector in connectors:
                await connector.aclose()

    name = "-".join(dict.fromkeys(tool.connector for tool in catalogue.tools.values())) or "connectors"
    running: Server[Any] = Server(
        printable(name, 60),
        version=version,
        instructions=_instructions(listing),
        lifespan=lifespan,
        on_list_tools=answers.list,
        on_call_tool=answers.call,
    )
    running.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=name))
    return running


def _instructions(listing: Listing) -> str:
    searched = f" Find operations with {SEARCH}, then call them with {CALL}." if listing.is_search else ""
    return f"The tools call operations of web services.{searched} A result that was cut has a cursor for {MORE}."


class _Answers:
    """Answers the requests of clients."""

    def __init__(self, catalogue: Catalogue, listing: Listing, excerpts: Excerpts, wait: float) -> None:
        self._catalogue = catalogue
        self._listing = listing
        self._excerpts = excerpts
        self._wait = wait
        self._pending: dict[str, None] = {}
        self._beside = {
            SEARCH: self._search,
            MORE: self._more,
            CHOICES: self._choices,
            DESCRIBE: self._describe,
        }

    async def list(self, context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        """The tools."""
        return types.ListToolsResult(tools=list(self._listing.tools))

    async def call(self, context: Context, params: types.CallToolRequestParams) -> Result:
        """The result of a tool."""
        try:
            return await self._answer(context, params)
        except MCPError:
            raise
        except Exception as error:  # noqa: BLE001 - its text may hold anything: it stays here
            message = f"internal error: {type(error).__name__}; please report it"
            return refusal({"error": "InternalError", "message": message}, "Look for an effect before you call again.")

    async def _answer(self, context: Context, params: types.CallToolRequestParams) -> Result:
        arguments = params.arguments or {}
        if params.name == CALL and self._listing.is_search:
            tool, arguments = self._operation(arguments), _mapping(arguments.get("arguments"))
            if isinstance(tool, types.CallToolResult):
                return tool
            return await self._call(context, params, tool, arguments)
        known = {each.name for each in self._listing.tools}
        if params.name not in known:
            hint = nearest(params.name, known)
            raise MCPError(types.INVALID_PARAMS, f"there is no tool {printable(params.name, 80)!r}{hint}")
        if params.name in self._beside:
            return await self._beside[params.name](arguments)
        return await self._call(context, params, self._catalogue.tools[params.name], arguments)

    def _operation(self, arguments: dict[str, Any]) -> OperationTool | types.CallToolResult:
        """The operation that arguments name, or the result that says that there is none."""
        name = arguments.get("operation")
        tools = self._catalogue.tools
        if isinstance(name, str) and name in tools:
            return tools[name]
        message = f"there is no operation {printable(str(name), 80)!r}{nearest(str(name), tools) or '.'}"
        return refusal({"error": "UnknownName", "message": message}, f"Nothing was sent. {SEARCH} lists operations.")

    # Operations

    async def _call(
        self, context: Context, params: types.CallToolRequestParams, tool: OperationTool, arguments: dict[str, Any]
    ) -> Result:
        values, problems = tool.values(arguments)
        try:
            if problems:
                raise InvalidArguments(tool.name, problems)
            if tool.is_confirmed:
                tool.calls.request(**values)  # what is wrong is reported before a person is asked
                refused = await self._confirm(context, params, tool, arguments)
                if refused is not None:
                    return refused
            return await self._sent(tool, values)
        except ConnectorError as error:
            return failure(error, tool)

    async def _sent(self, tool: OperationTool, values: dict[str, Any]) -> types.CallToolResult:
        """The result of an operation that is called."""
        calls, plan = tool.calls, tool.plan
        if plan.operation.long_running is not None and not plan.operation.trigger:
            return (await self._waited(tool, await calls.poll(**values))).result()
        pages = _pages_of(tool)
        if pages is not None:
            values_of_pages = calls.pages(**values)
            value = await anext(values_of_pages, None)
            return self._excerpts.shown(value, tool.mask, Pages(values_of_pages, pages)).result()
        response = await calls.response(**values)
        if isinstance(response.value, bytes):
            content_type = str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
            shown = media(response.value, content_type)
            if shown is not None:
                return shown
        result = self._excerpts.shown(response.value, tool.mask)
        if result.value is None and not result.note:
            result = Shown(None, f"Done, with status {response.status} and no value.")
        return result.result()

    async def _waited(self, tool: OperationTool, poller: AsyncPoller) -> Shown:
        """The value of a long-running operation, or, if that takes too long, a cursor to wait on."""
        try:
            async with asyncio.timeout(self._wait):
                value = await poller.wait()
        except TimeoutError:
            note = f"It is still {printable(poller.state, 80)}. Call more with this cursor to wait on."
            return Shown(None, note, self._excerpts.kept(partial(self._wait_on, tool, poller)))
        return self._excerpts.shown(value, tool.mask)

    async def _wait_on(self, tool: OperationTool, poller: AsyncPoller) -> Shown:
        await poller.step()  # at once: the service may want a longer pause than a call waits
        return await self._waited(tool, poller)

    async def _confirm(
        self, context: Context, params: types.CallToolRequestParams, tool: OperationTool, arguments: dict[str, Any]
    ) -> Result | None:
        """None if a person agrees, else the result instead of a call."""
        elicitation = getattr(context.session.client_capabilities, "elicitation", None)
        if elicitation is None or (elicitation.form is None and elicitation.url is not None):
            message = f"{tool.name} was not sent: a person has to confirm it, and this client cannot ask."
            advice = "Tell the person. Whoever runs the server can allow it with --no-confirm."
            return refusal({"error": "NotConfirmed", "sent": "no", "message": message}, advice)
        request = types.ElicitRequestFormParams(
            message=_question(tool, arguments), requested_schema={"type": "object", "properties": {}}
        )
        if context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            if params.request_state is None or params.request_state not in self._pending:
                return self._input_required(request)
            del self._pending[params.request_state]
            answer = (params.input_responses or {}).get(_CONFIRMATION)
        else:
            answer = await context.session.elicit_form(
                request.message, request.requested_schema, related_request_id=context.request_id
            )
        if isinstance(answer, types.ElicitResult) and answer.action == "accept":
            return None
        message = f"{tool.name} was not sent: the person did not agree."
        return refusal(
            {"error": "NotConfirmed", "sent": "no", "message": message}, "Do not call it again unless they want it."
        )

    def _input_required(self, request: types.ElicitRequestFormParams) -> types.InputRequiredResult:
        state = secrets.token_urlsafe(12)
        self._pending[state] = None
        while len(self._pending) > _PENDING:
            del self._pending[next(iter(self._pending))]
        return types.InputRequiredResult(
            input_requests={_CONFIRMATION: types.ElicitRequest(params=request)}, request_state=state
        )

    # The tools beside those of operations

    async def _search(self, arguments: dict[str, Any]) -> types.CallToolResult:
        query, limit = str(arguments.get("query", "")), arguments.get("limit")
        limit = min(max(limit, 1), 20) if isinstance(limit, int) else 5
        listed = []
        for tool in self._catalogue.search(query, limit):
            described = tool.tool(self._listing.detail)
            listed.append(
                {
                    "operation": tool.name,
                    "does": KINDS[tool.kind].does,
                    "description": described.description,
                    "arguments": described.input_schema,
                }
            )
        shown = self._excerpts.shown(listed, lambda value: value)
        if not listed:
            names = ", ".join(list(self._catalogue.tools)[:40])
            shown = Shown([], f"No operation has these words. There are {len(self._catalogue.tools)}, such as {names}.")
        return shown.result()

    async def _more(self, arguments: dict[str, Any]) -> types.CallToolResult:
        try:
            shown = await self._excerpts.next(str(arguments.get("cursor", "")))
        except ConnectorError as error:
            members = {"error": type(error).__name__, "sent": error.sent, "message": str(error)}
            return refusal(members, "The cursor is used up. Call the operation again, from where it stopped.")
        if shown is None:
            message = "the cursor is not known: it was used, or is too old"
            return refusal({"error": "UnknownName", "message": message}, "Call the operation again.")
        return shown.result()

    async def _choices(self, arguments: dict[str, Any]) -> types.CallToolResult:
        tool = self._operation(arguments)
        if isinstance(tool, types.CallToolResult):
            return tool
        name = str(arguments.get("argument", ""))
        if name not in tool.choices:
            known = ", ".join(tool.choices) or "none"
            message = f"the service lists no values for {printable(name, 80)!r} of {tool.name}; for these: {known}"
            return refusal({"error": "UnknownName", "message": message}, "Nothing was sent. Give the value itself.")
        values, _ = tool.values(_mapping(arguments.get("arguments")))
        below = {"below": arguments["below"]} if arguments.get("below") is not None else {}
        try:
            listed = await tool.calls.choices(tool.arguments[name].name, *below.values(), **values)
        except ConnectorError as error:
            return failure(error, tool)
        choices = [{"value": value, "title": title} for value, title in listed]
        return self._excerpts.shown(choices, tool.mask).result()

    async def _describe(self, arguments: dict[str, Any]) -> types.CallToolResult:
        tool = self._operation(arguments)
        if isinstance(tool, types.CallToolResult):
            return tool
        if not tool.is_dynamic:
            return self._excerpts.shown(tool.tool(self._listing.detail).input_schema, tool.mask).result()
        try:
            described = await tool.described(_mapping(arguments.get("arguments")))
        except ConnectorError as error:
            return failure(error, tool)
        return self._excerpts.shown(described, tool.mask).result()


_CONFIRMATION = "confirmation"


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _pages_of(tool: OperationTool) -> Any:
    """How the pages of an operation follow one another; None if it has none."""
    try:
        return declared(calls_of(tool.calls))
    except Unsupported:
        return None


def _question(tool: OperationTool, arguments: dict[str, Any]) -> str:
    """What a person is asked."""
    text = json_text(tool.mask(plain(arguments)))
    shown = printable(text, _LONGEST_QUESTION)
    more = f" ({len(text) - _LONGEST_QUESTION} more characters)" if len(text) > _LONGEST_QUESTION else ""
    return f"{tool.connector}: {tool.title}? It {KINDS[tool.kind].does}. Arguments: {shown}{more}"
