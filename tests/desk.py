"""A help desk with state: tickets with entity tags and links, their comments in pages by offset, agents in pages by
cursor, queues in pages by number, settings; described in OpenAPI 3.1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import jsonschema_rs
from werkzeug.wrappers import Request, Response

from tests.faulty import Faulty, Service, bugs

PRIORITIES = ["low", "normal", "high"]
TITLE = {"type": "string", "minLength": 1, "maxLength": 60}
TICKET_MEMBERS: dict[str, Any] = {
    "title": TITLE,
    "notes": {"type": ["string", "null"], "maxLength": 200},
    "priority": {"enum": PRIORITIES, "type": "string", "default": "normal"},
    "hours": {"type": "number", "minimum": 0, "maximum": 1000},
    "tags": {"type": "array", "items": {"type": "string", "maxLength": 12}, "maxItems": 4},
    "due": {"type": "string", "format": "date-time"},
}
AGENT_MEMBERS: dict[str, Any] = {
    "name": {"type": "string", "minLength": 1, "maxLength": 40},
    "role": {"type": "string", "enum": ["first", "second", "lead"]},
    "active": {"type": "boolean"},
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _query(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _list(items: str, **members: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", *(name for name in members if name in ("total", "has_more"))],
        "properties": {"items": {"type": "array", "items": _ref(items)}, **members},
    }


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 10**6}}


WRONG, GONE = {"$ref": "#/components/responses/Wrong"}, {"$ref": "#/components/responses/Gone"}
ETAG = {"ETag": {"schema": {"type": "string"}}}
IF_MATCH = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
IF_NONE_MATCH = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
TICKET = {"description": "the ticket", "content": _json(_ref("Ticket")), "headers": ETAG}
STALE = _problem("the ticket is another by now")


def _operation(operation_id: str, responses: Mapping[str, Any], body: Any = None, *parameters: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": operation_id, "responses": {**responses, "400": WRONG}}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": body}
    return {**operation, "parameters": list(parameters)} if parameters else operation


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Desk", "version": "1.0.0"},
    "servers": [{"url": "http://desk.example"}],
    "paths": {
        "/tickets": {
            "get": _operation(
                "listTickets",
                {
                    "200": {
                        "description": "tickets",
                        "content": _json({"type": "array", "items": _ref("Ticket")}),
                        "headers": {
                            "Link": {"schema": {"type": "string"}},
                            "X-Total-Count": {"schema": {"type": "integer"}},
                        },
                    }
                },
                None,
                _query("limit", type="integer", minimum=1, maximum=40, default=20),
                _query("after", type="integer", minimum=0, maximum=10**9),
                _query("priority", type="string", enum=PRIORITIES),
                _query("sort", type="string", enum=["title", "-title", "hours"]),
            ),
            "post": _operation(
                "createTicket",
                {
                    "201": {
                        **TICKET,
                        "headers": {**ETAG, "Location": {"schema": {"type": "string"}}},
                        "links": {
                            "read": {"operationId": "getTicket", "parameters": {"ticket": "$response.body#/number"}},
                            "delete": {
                                "operationId": "deleteTicket",
                                "parameters": {"ticket": "$response.body#/number"},
                            },
                        },
                    }
                },
                _json(_ref("NewTicket")),
            ),
        },
        "/tickets/{ticket}": {
            "parameters": [_path("ticket")],
            "get": _operation(
                "getTicket", {"200": TICKET, "304": {"description": "not modified"}, "404": GONE}, None, IF_NONE_MATCH
            ),
            "head": _operation("headTicket", {"200": {**TICKET, "content": {}}, "404": {"description": "gone"}}),
            "put": _operation(
                "replaceTicket", {"200": TICKET, "404": GONE, "412": STALE}, _json(_ref("NewTicket")), IF_MATCH
            ),
            "patch": _operation(
                "changeTicket",
                {"200": TICKET, "404": GONE, "412": STALE},
                {"application/merge-patch+json": {"schema": _ref("TicketChange")}},
                IF_MATCH,
            ),
            "delete": _operation("deleteTicket", {"204": {"description": "deleted"}, "404": GONE}),
        },
        "/tickets/{ticket}/comments": {
            "parameters": [_path("ticket")],
            "get": _operation(
                "listComments",
                {
                    "200": {
                        "description": "comments",
                        "content": _json(_list("Comment", total={"type": "integer", "minimum": 0})),
                    },
                    "404": GONE,
                },
                None,
                _query("limit", type="integer", minimum=1, maximum=50, default=10),
                _query("offset", type="integer", minimum=0, maximum=1000, default=0),
            ),
            "post": _operation(
                "addComment",
                {"201": {"description": "added", "content": _json(_ref("Comment"))}, "404": GONE},
                _json(_ref("NewComment")),
            ),
        },
        "/tickets/{ticket}/comments/{comment}": {
            "parameters": [_path("ticket"), _path("comment")],
            "get": _operation(
                "getComment", {"200": {"description": "it", "content": _json(_ref("Comment"))}, "404": GONE}
            ),
            "delete": _operation("deleteComment", {"204": {"description": "deleted"}, "404": GONE}),
        },
        "/agents": {
            "get": _operation(
                "listAgents",
                {
                    "200": {
                        "description": "agents",
                        "content": _json(
                            _list("Agent", next_cursor={"type": ["string", "null"]}, has_more={"type": "boolean"})
                        ),
                    }
                },
                None,
                _query("page_size", type="integer", minimum=1, maximum=30, default=10),
                _query("cursor", type="string", pattern="^[0-9]{1,9}$"),
                _query("role", type="string", enum=AGENT_MEMBERS["role"]["enum"]),
                _query("active", type="boolean"),
            ),
            "post": _operation(
                "createAgent",
                {
                    "201": {
                        "description": "created",
                        "content": _json(
                            {"type": "object", "required": ["agent"], "properties": {"agent": _ref("Agent")}}
                        ),
                    }
                },
                _json(_ref("NewAgent")),
            ),
        },
        "/agents/{agentId}": {
            "parameters": [{**_path("agentId"), "schema": {"type": "string", "pattern": "^ag-[0-9]+$"}}],
            "get": _operation("getAgent", {"200": {"description": "it", "content": _json(_ref("Agent"))}, "404": GONE}),
            "put": _operation(
                "replaceAgent",
                {"200": {"description": "it", "content": _json(_ref("Agent"))}, "404": GONE},
                _json(_ref("NewAgent")),
            ),
            "delete": _operation("deleteAgent", {"204": {"description": "deleted"}, "404": GONE}),
        },
        "/queues": {
            "get": _operation(
                "listQueues",
                {
                    "200": {
                        "description": "queues",
                        "content": _json(_list("Queue", total={"type": "integer", "minimum": 0})),
                    }
                },
                None,
                _query("page", type="integer", minimum=1, maximum=1000, default=1),
                _query("per_page", type="integer", minimum=1, maximum=20, default=5),
            )
        },
        "/settings": {
            "get": _operation("getSettings", {"200": {"description": "settings", "content": _json(_ref("Settings"))}}),
            "put": _operation(
                "setSettings",
                {"200": {"description": "settings", "content": _json(_ref("Settings"))}},
                _json(_ref("Settings")),
            ),
        },
    },
    "components": {
        "responses": {"Wrong": _problem("wrong"), "Gone": _problem("not there")},
        "schemas": {
            "Problem": {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}},
            "NewTicket": {
                "type": "object",
                "required": ["title", "hours"],
                "properties": TICKET_MEMBERS,
                "additionalProperties": False,
            },
            "TicketChange": {
                "type": "object",
                "minProperties": 1,
                "properties": TICKET_MEMBERS,
                "additionalProperties": False,
            },
            "Ticket": {
                "type": "object",
                "required": ["number", "title", "hours", "priority", "updated"],
                "properties": {
                    **TICKET_MEMBERS,
                    "number": {"type": "integer", "readOnly": True},
                    "updated": {"type": "string", "format": "date-time", "readOnly": True},
                },
            },
            "NewComment": {
                "type": "object",
                "required": ["text"],
                "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 100}},
                "additionalProperties": False,
            },
            "Comment": {
                "type": "object",
                "required": ["id", "text"],
                "properties": {"id": {"type": "integer", "readOnly": True}, "text": {"type": "string"}},
            },
            "NewAgent": {
                "type": "object",
                "required": ["name", "role", "active"],
                "properties": AGENT_MEMBERS,
                "additionalProperties": False,
            },
            "Agent": {
                "type": "object",
                "required": ["id", "name", "role", "active"],
                "properties": {"id": {"type": "string", "readOnly": True}, **AGENT_MEMBERS},
            },
            "Queue": {
                "type": "object",
                "required": ["id", "name"],
                "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
            },
            "Settings": {
                "type": "object",
                "required": ["language", "signature"],
                "properties": {
                    "language": {"type": "string", "enum": ["en", "de", "fr"]},
                    "signature": {"type": "string", "maxLength": 100},
                },
                "additionalProperties": False,
            },
        },
    },
}

_STATE: dict[str, set[str]] = {
    "a new ticket loses its notes": {"created"},
    "a new ticket has its title in capitals": {"created"},
    "hours are cut to whole ones": {"created"},
    "a new ticket has another priority than the default": {"created"},
    "a new ticket is not in the list": {"listed"},
    "the list has an old title": {"listed"},
    "two tickets have one number": {"unique"},
    "a new ticket is stored twice": {"unique"},
    "another ticket is read": {"identity"},
    "the Location leads nowhere": {"location"},
    "a change is not stored": {"updated"},
    "a change sets the notes back": {"updated"},
    "null does not clear the notes": {"updated"},
    "a change is made to every ticket": {"untouched"},
    "a replaced ticket keeps its title": {"replaced"},
    "tags of a replaced ticket are added": {"replaced", "idempotent"},
    "a deleted ticket can be read": {"deleted"},
    "a deleted ticket is in the list": {"deleted"},
    "a deleted ticket can be changed": {"deleted"},
    "a deleted ticket can be commented on": {"deleted"},
    "another ticket is deleted, too": {"untouched", "listed"},
    "HEAD knows no tickets": {"head"},
    "HEAD has another entity tag": {"head"},
    "an unchanged ticket is sent again": {"conditional"},
    "a stale change is carried out": {"conditional"},
    "the entity tag stays after a change": {"conditional"},
    "a refused change is stored in part": {"refusal-stored"},
    "a refused ticket is stored": {"refusal-stored"},
    "settings are not stored": {"replaced"},
    "an agent cannot be deactivated": {"replaced"},
    "a deleted comment can be read": {"deleted"},
    "comments are those of all tickets": {"listed"},
}
_PAGING: dict[str, set[str]] = {
    "a page has a ticket more": {"limit"},
    "the largest page has more": {"limit", "pages"},
    "pages have 25 tickets by default": {"limit"},
    "the next link leaves a ticket out": {"pages"},
    "the next link shows a ticket again": {"pages"},
    "the next link leads back": {"pages"},
    "the next link loses the priority": {"filter"},
    "the total of tickets is that of the page": {"total"},
    "tickets are filtered by nothing": {"filter"},
    "the filter loses the last ticket": {"filter"},
    "tickets are sorted by nothing": {"order"},
    "tickets are sorted upwards only": {"order"},
    "hours are sorted as texts": {"order"},
    "tickets come in another order each time": {"order", "pages"},
    "the offset has no effect": {"pages"},
    "the offset begins with 1": {"pages"},
    "the total of comments is one too many": {"total"},
    "the cursor skips an agent": {"pages"},
    "there are more agents than there are": {"pages"},
    "inactive agents are active": {"filter"},
    "the second page of queues is the first": {"pages"},
    "the last page of queues is missing": {"pages"},
}


_SORTED = ["title", "-title", "hours"]
BUGS = (*bugs("state", _STATE), *bugs("paging", _PAGING))


def _valid(schema: Mapping[str, Any], value: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value)


def _allowed(route: tuple[str, int]) -> list[str]:
    """The methods of the path with so many segments that begins with a word."""
    first, count = route
    for path, item in DOCUMENT["paths"].items():
        parts = path.strip("/").split("/")
        if parts[0] == first and len(parts) == count:
            return [method.upper() for method in item if method != "parameters"]
    return []


class Refused(Exception):
    """The request is wrong: status and title of the problem."""


def _nothing(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """A response without a body."""
    response = Response(b"", status, headers)
    del response.headers["Content-Type"]
    return response


class Desk(Faulty):
    """The service, with a fault or none."""

    document: ClassVar[Mapping[str, Any]] = DOCUMENT

    def __init__(self, bug: str | None = None, budget: int = 10**9) -> None:
        super().__init__(bug, budget)
        self._tickets: dict[int, dict[str, Any]] = {}
        self._comments: dict[int, dict[int, dict[str, Any]]] = {}
        self._agents: dict[str, dict[str, Any]] = {}
        self._queues = [{"id": number, "name": f"queue {number}"} for number in range(1, 8)]
        self._settings = {"language": "en", "signature": "Yours"}
        self._last, self._turn = 0, 0
        for number, title in enumerate(("printer", "screen", "keyboard", "mouse", "cable", "chair", "lamp"), 1):
            self._tickets[number] = {"title": title, "hours": 9 - number, "priority": PRIORITIES[number % 3]}
            self._comments[number] = {}
            self._last = number
        for number, name in enumerate(("Ada", "Ben", "Cleo", "Dan", "Eve"), 1):
            role = AGENT_MEMBERS["role"]["enum"][number % 3]
            self._agents[f"ag-{number}"] = {"name": name, "role": role, "active": number != 2}

    def respond(self, request: Request) -> Response:
        """The response to a request."""
        parts = request.path.strip("/").split("/")
        routes: dict[tuple[str, int], Callable[..., Response]] = {
            ("tickets", 1): self._ticket_list, ("tickets", 2): self._ticket, ("tickets", 3): self._comment_list,
            ("tickets", 4): self._comment, ("agents", 1): self._agent_list, ("agents", 2): self._agent,
            ("queues", 1): self._queue_list, ("settings", 1): self._set,
        }  # fmt: skip
        route, self._method = routes.get((parts[0], len(parts))), request.method
        if route is None or parts[2:3] not in ([], ["comments"]):
            return self._failed(404, "nothing here")
        allowed = _allowed((parts[0], len(parts)))
        if request.method not in allowed:
            response = self._failed(405, "not here")
            response.headers["Allow"] = ", ".join(allowed)
            return response
        try:
            return route(request, *parts[1:2], *parts[3:])
        except Refused as error:
            return self._failed(*error.args)

    # Tickets

    def _ticket_list(self, request: Request) -> Response:
        if request.method == "POST":
            return self._create(request)
        limit = self._number(request, "limit", 1, 40, 25 if self.has("pages have 25 tickets by default") else 20)
        after = self._number(request, "after", 0, 10**9, 0)
        priority, sort = self._chosen(request, "priority", PRIORITIES), self._chosen(request, "sort", _SORTED)
        tickets = [self._shown(number) for number in self._tickets if not self._is_hidden(number)]
        if priority and not self.has("tickets are filtered by nothing"):
            tickets = [ticket for ticket in tickets if ticket["priority"] == priority]
            tickets = tickets[:-1] if self.has("the filter loses the last ticket") else tickets
        if sort and not self.has("tickets are sorted by nothing"):
            falls = sort.startswith("-") and not self.has("tickets are sorted upwards only")
            tickets.sort(key=lambda ticket: ticket[sort.lstrip("-")], reverse=falls)
        if sort == "hours" and self.has("hours are sorted as texts"):
            tickets.sort(key=lambda ticket: str(ticket["hours"]))
        self._turn += 1
        if self.has("tickets come in another order each time") and self._turn % 2:
            tickets.reverse()
        if self.has("the list has an old title"):
            tickets = [
                {**ticket, "title": self._tickets[ticket["number"]].get("old", ticket["title"])} for ticket in tickets
            ]
        size = (
            limit + (self.has("a page has a ticket more")) + 3 * (limit == 40 and self.has("the largest page has more"))
        )
        page = tickets[after : after + size]
        response = self._json(page)
        total = len(page) if self.has("the total of tickets is that of the page") else len(tickets)
        response.headers["X-Total-Count"] = str(total)
        following = after + limit
        if following < len(tickets):
            following += self.has("the next link leaves a ticket out") - self.has("the next link shows a ticket again")
            following = 0 if self.has("the next link leads back") and after else following
            query = {"limit": limit, "after": following, "sort": sort or ""}
            if priority and not self.has("the next link loses the priority"):
                query["priority"] = priority
            text = "&".join(f"{name}={value}" for name, value in query.items() if value != "")
            response.headers["Link"] = f'<{self.url}/tickets?{text}>; rel="next"'
        return response

    def _is_hidden(self, number: int) -> bool:
        ticket = self._tickets[number]
        return (bool(ticket.get("gone")) and not self.has("a deleted ticket is in the list")) or (
            number > 7 and self.has("a new ticket is not in the list")
        )

    def _create(self, request: Request) -> Response:
        try:
            members = self._members(request, TICKET_MEMBERS, {"title", "hours"})
        except Refused:
            if self.has("a refused ticket is stored"):
                self._last += 1
                self._tickets[self._last] = {"title": "refused", "hours": 0, "priority": "low"}
            raise
        default = "low" if self.has("a new ticket has another priority than the default") else "normal"
        ticket = {"priority": default, **members}
        if self.has("a new ticket loses its notes"):
            ticket.pop("notes", None)
        if self.has("a new ticket has its title in capitals"):
            ticket["title"] = ticket["title"].upper()
        if self.has("hours are cut to whole ones"):
            ticket["hours"] = int(ticket["hours"])
        if not self.has("two tickets have one number") or self._last < 8:
            self._last += 1
        self._tickets[self._last] = ticket
        self._comments[self._last] = {}
        response = self._tagged(self._last, 201)
        if self.has("a new ticket is stored twice"):
            self._tickets[self._last + 10_000], self._comments[self._last + 10_000] = dict(ticket), {}
        place = "ticket" if self.has("the Location leads nowhere") else "tickets"
        response.headers["Location"] = f"/{place}/{self._last}"
        return response

    def _ticket(self, request: Request, text: str) -> Response:
        number = self._known(text)
        ticket = self._tickets[number]
        if request.method == "DELETE":
            self._drop(number)
            return _nothing(204)
        if request.method == "HEAD" and self.has("HEAD knows no tickets"):
            raise Refused(404, "not there")
        if request.method in ("GET", "HEAD"):
            other = min(self._tickets) if self.has("another ticket is read") and number > 8 else number
            response = self._tagged(other)
            if request.headers.get("If-None-Match") == response.headers["ETag"] and not self.has(
                "an unchanged ticket is sent again"
            ):
                return _nothing(304, {"ETag": response.headers["ETag"]})
            if request.method == "HEAD" and self.has("HEAD has another entity tag"):
                response.headers["ETag"] = '"head"'
            return response
        condition = request.headers.get("If-Match")
        if condition not in (None, "*", self._tag(number)) and not self.has("a stale change is carried out"):
            raise Refused(412, "the ticket is another by now")
        needed = {"title", "hours"} if request.method == "PUT" else set()
        try:
            members = self._members(request, TICKET_MEMBERS, needed)
        except Refused:
            if self.has("a refused change is stored in part") and isinstance(request.get_json(silent=True), dict):
                ticket.update({"title": request.get_json().get("title") or ticket["title"]})
            raise
        if not members:
            raise Refused(400, "nothing to change")
        self._change(request.method, number, members)
        return self._tagged(number)

    def _change(self, method: str, number: int, members: dict[str, Any]) -> None:
        ticket = self._tickets[number]
        old = dict(ticket)
        if method == "PUT":
            ticket.clear()
            ticket.update({"priority": "normal", **members})
            if self.has("a replaced ticket keeps its title"):
                ticket["title"] = old["title"]
            if self.has("tags of a replaced ticket are added"):
                ticket["tags"] = [*old.get("tags", []), *members.get("tags", [])]
        elif not self.has("a change is not stored"):
            if self.has("null does not clear the notes"):
                members = {name: value for name, value in members.items() if value is not None}
            ticket.update(members)
            if self.has("a change sets the notes back") and "notes" not in members:
                ticket.pop("notes", None)
            if self.has("a change is made to every ticket"):
                for each in self._tickets.values():
                    each.update(members)
        ticket["old"] = old["title"]

    def _drop(self, number: int) -> None:
        kept = ("a deleted ticket is in the list", "a deleted ticket can be read", "a deleted ticket can be changed")
        if any(map(self.has, kept)):
            self._tickets[number]["gone"] = True
        else:
            del self._tickets[number]
        self._comments.pop(number, None)
        if self.has("another ticket is deleted, too"):
            self._tickets.pop(number + 1, None)

    def _known(self, text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() else 0
        ticket = self._tickets.get(number)
        if ticket is None or ticket.get("gone"):
            mode = self._reading()
            if ticket is None or not mode:
                raise Refused(404, "not there")
        return number

    def _reading(self) -> bool:
        """Whether tickets that are gone are there for the request that is answered."""
        method = self._method
        return (method in ("GET", "HEAD") and self.has("a deleted ticket can be read")) or (
            method in ("PUT", "PATCH") and self.has("a deleted ticket can be changed")
        )

    _method = ""

    def _tag(self, number: int) -> str:
        shown = self._shown(number)
        if self.has("the entity tag stays after a change"):
            shown = {"number": number}
        return f'"{hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:12]}"'

    def _shown(self, number: int) -> dict[str, Any]:
        ticket = {name: value for name, value in self._tickets[number].items() if name not in ("gone", "old")}
        return {"number": number, **ticket, "updated": "2026-01-31T12:00:00Z"}

    def _tagged(self, number: int, status: int = 200) -> Response:
        response = self._json(self._shown(number), status)
        response.headers["ETag"] = self._tag(number)
        return response

    # Comments

    def _comment_list(self, request: Request, text: str) -> Response:
        is_open = self.has("a deleted ticket can be commented on") and request.method == "POST" and text.isdigit()
        number = int(text) if is_open else self._known(text)
        comments = self._comments.setdefault(number, {})
        if request.method == "POST":
            members = self._members(request, {"text": {"type": "string", "minLength": 1, "maxLength": 100}}, {"text"})
            self._last += 1
            comments[self._last] = {"id": self._last, **members}
            return self._json(comments[self._last], 201)
        limit, offset = self._number(request, "limit", 1, 50, 10), self._number(request, "offset", 0, 1000, 0)
        shown = [each for each in comments.values() if not each.get("gone")]
        if self.has("comments are those of all tickets"):
            shown = [each for ticket in self._comments.values() for each in ticket.values()]
        total = len(shown) + self.has("the total of comments is one too many")
        offset = 0 if self.has("the offset has no effect") else offset
        offset = max(offset - 1, 0) if self.has("the offset begins with 1") else offset
        page = [{"id": each["id"], "text": each["text"]} for each in shown[offset : offset + limit]]
        return self._json({"items": page, "total": total})

    def _comment(self, request: Request, text: str, comment: str) -> Response:
        comments = self._comments.get(self._known(text), {})
        known = comments.get(int(comment) if comment.isascii() and comment.isdigit() else 0)
        if known is None or (known.get("gone") and request.method == "DELETE"):
            raise Refused(404, "not there")
        if request.method == "DELETE":
            if self.has("a deleted comment can be read"):
                known["gone"] = True
            else:
                del comments[known["id"]]
            return _nothing(204)
        return self._json({"id": known["id"], "text": known["text"]})

    # Agents

    def _agent_list(self, request: Request) -> Response:
        if request.method == "POST":
            self._last += 1
            key = f"ag-{self._last}"
            self._agents[key] = self._members(request, AGENT_MEMBERS, set(AGENT_MEMBERS))
            return self._json({"agent": {"id": key, **self._agents[key]}}, 201)
        size = self._number(request, "page_size", 1, 30, 10)
        start = self._number(request, "cursor", 0, 10**9, 0)
        role = self._chosen(request, "role", AGENT_MEMBERS["role"]["enum"])
        active = self._chosen(request, "active", ["true", "false"])
        agents = [{"id": key, **agent} for key, agent in self._agents.items() if role in (None, agent["role"])]
        if active is not None:
            wanted = active == "true" or self.has("inactive agents are active")
            agents = [agent for agent in agents if agent["active"] == wanted]
        page = agents[start : start + size]
        following = start + size + (self.has("the cursor skips an agent") and bool(page))
        more = following < len(agents)
        cursor = str(following) if more else None
        more = True if self.has("there are more agents than there are") else more
        return self._json({"items": page, "next_cursor": cursor, "has_more": more})

    def _agent(self, request: Request, key: str) -> Response:
        if key not in self._agents:
            raise Refused(404, "not there")
        if request.method == "DELETE":
            del self._agents[key]
            return _nothing(204)
        if request.method == "PUT":
            members = self._members(request, AGENT_MEMBERS, set(AGENT_MEMBERS))
            if self.has("an agent cannot be deactivated"):
                members["active"] = members["active"] or self._agents[key]["active"]
            self._agents[key] = members
        return self._json({"id": key, **self._agents[key]})

    # Queues, settings

    def _queue_list(self, request: Request) -> Response:
        page, size = self._number(request, "page", 1, 1000, 1), self._number(request, "per_page", 1, 20, 5)
        page = 1 if self.has("the second page of queues is the first") and page == 2 else page
        begin = (page - 1) * size
        end = begin + size
        last = begin > 0 and end >= len(self._queues) and self.has("the last page of queues is missing")
        return self._json({"items": [] if last else self._queues[begin:end], "total": len(self._queues)})

    def _set(self, request: Request) -> Response:
        if request.method == "PUT":
            schema = DOCUMENT["components"]["schemas"]["Settings"]
            members = self._members(request, schema["properties"], set(schema["required"]))
            if self.has("settings are not stored"):
                return self._json(members)
            self._settings = members
        return self._json(self._settings)

    # What requests hold

    def _number(self, request: Request, name: str, least: int, most: int, default: int) -> int:
        text = request.args.get(name, str(default))
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            raise Refused(400, f"{name} is out of range")
        return int(text)

    def _chosen(self, request: Request, name: str, choices: list[str]) -> str | None:
        text = request.args.get(name)
        if text is not None and text not in choices:
            raise Refused(400, f"{name} is not one of {', '.join(choices)}")
        return text

    def _members(self, request: Request, schemas: Mapping[str, Any], needed: set[str]) -> dict[str, Any]:
        """The members of a body, checked by their schemas."""
        try:
            body = json.loads(request.get_data())
        except ValueError:
            raise Refused(400, "the body is not JSON") from None
        if not isinstance(body, dict) or set(body) - set(schemas) or needed - set(body):
            raise Refused(400, "the body has wrong members")
        for name, value in body.items():
            if not _valid(schemas[name], value):
                raise Refused(400, f"{name} is wrong")
        return body

    def _json(self, value: Any, status: int = 200) -> Response:
        return Response(json.dumps(value), status, content_type="application/json")

    def _failed(self, status: int, title: str) -> Response:
        return Response(json.dumps({"title": title}), status, content_type="application/problem+json")


SERVICE = Service("desk", DOCUMENT, Desk, BUGS)
