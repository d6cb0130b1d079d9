"""A small service of books on a shelf, in JSON and XML, that keeps to its document but for one fault of ``BUGS``."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from tests.faulty import Faulty, Service, bugs

BOOK = {
    "type": "object",
    "required": ["id", "title", "pages", "state", "since"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "title": {"type": "string", "minLength": 1, "maxLength": 40},
        "pages": {"type": "integer", "minimum": 1, "maximum": 5000},
        "state": {"type": "string", "enum": ["here", "lent"]},
        "since": {"type": "string", "format": "date"},
    },
    "xml": {"name": "book"},
}
NEW = {
    "type": "object",
    "required": ["title", "pages"],
    "additionalProperties": False,
    "properties": {
        "title": BOOK["properties"]["title"],  # type: ignore[index]
        "pages": BOOK["properties"]["pages"],  # type: ignore[index]
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 10}, "maxItems": 3},
    },
}
ERROR = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
ID = {"name": "id", "in": "path", "required": True, "type": "integer", "minimum": 1, "maximum": 100000}
WRONG = {"description": "wrong", "schema": {"$ref": "#/definitions/Error"}}
GONE = {"description": "no such book", "schema": {"$ref": "#/definitions/Error"}}
BOTH = ["application/json", "application/xml"]
DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Shelf", "version": "1.0.0"},
    "host": "shelf.example",
    "basePath": "/",
    "schemes": ["http"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "paths": {
        "/books": {
            "get": {
                "operationId": "listBooks",
                "produces": BOTH,
                "x-ms-pageable": {"nextLinkName": "next", "itemName": "books"},
                "parameters": [
                    {"name": "limit", "in": "query", "type": "integer", "minimum": 1, "maximum": 50, "default": 20},
                    {"name": "offset", "in": "query", "type": "integer", "minimum": 0, "maximum": 1000},
                    {"name": "q", "in": "query", "type": "string", "maxLength": 30},
                    {"name": "state", "in": "query", "type": "string", "enum": ["here", "lent"]},
                ],
                "responses": {
                    "200": {
                        "description": "a page",
                        "schema": {"$ref": "#/definitions/Page"},
                        "headers": {"X-Total": {"type": "integer"}},
                    },
                    "400": WRONG,
                },
            },
            "post": {
                "operationId": "addBook",
                "parameters": [
                    {"name": "book", "in": "body", "required": True, "schema": {"$ref": "#/definitions/New"}}
                ],
                "responses": {
                    "201": {"description": "added", "schema": {"$ref": "#/definitions/Book"}},
                    "400": WRONG,
                },
            },
        },
        "/books/{id}": {
            "parameters": [ID],
            "get": {
                "operationId": "getBook",
                "produces": BOTH,
                "responses": {
                    "200": {"description": "it", "schema": {"$ref": "#/definitions/Book"}},
                    "404": GONE,
                    "400": WRONG,
                },
            },
            "delete": {
                "operationId": "removeBook",
                "responses": {"204": {"description": "removed"}, "404": GONE, "400": WRONG},
            },
        },
        "/count": {
            "get": {
                "operationId": "countBooks",
                "parameters": [{"name": "since", "in": "query", "type": "string", "format": "date"}],
                "responses": {
                    "200": {
                        "description": "how many",
                        "schema": {
                            "type": "object",
                            "required": ["count"],
                            "properties": {"count": {"type": "integer", "minimum": 0}},
                        },
                    },
                    "400": WRONG,
                },
            }
        },
    },
    "definitions": {
        "Book": BOOK,
        "New": NEW,
        "Error": ERROR,
        "Page": {
            "type": "object",
            "required": ["books"],
            "properties": {
                "books": {"type": "array", "items": {"$ref": "#/definitions/Book"}, "xml": {"wrapped": True}},
                "next": {"type": "string"},
            },
            "xml": {"name": "page"},
        },
    },
}

BUGS = (
    *bugs(
        "schema",
        {
            "created has status 200": {"status"},
            "a missing book has status 410": {"status"},
            "a deleted book has status 202": {"status"},
            "a book without its id": {"schema"},
            "pages as text": {"schema"},
            "pages as text in the list only": {"schema"},
            "null for a title": {"schema"},
            "a state that is not listed": {"schema"},
            "a count below zero": {"schema"},
            "an error of another shape": {"schema"},
            "created without a body": {"schema", "unreadable"},
            "pages differ in XML": {"representations"},
            "XML lacks an element": {"representations", "schema"},
            "XML is cut": {"representations", "schema"},
            "XML lacks the last book": {"representations", "paging"},
            "JSON is cut": {"schema"},
        },
    ),
    *bugs("format", {"a date in another form": {"schema"}}),
    *bugs(
        "protocol",
        {
            "XML is accepted and JSON sent": {"content-type", "representations"},
            "JSON said to be HTML": {"content-type", "schema"},
            "no content type": {"content-type"},
            "the total is not a number": {"schema"},
        },
    ),
    *bugs(
        "illegal input",
        {
            "fails at the largest limit": {"server-error"},
            "fails at the smallest limit": {"server-error"},
            "fails beyond the last book": {"server-error"},
            "fails at an empty search": {"server-error"},
            "fails at a quote in a search": {"server-error"},
            "fails at a title beyond ASCII": {"server-error"},
            "fails at the longest title": {"server-error"},
            "fails at the most pages": {"server-error"},
            "fails without tags": {"server-error"},
            "fails at an empty list of tags": {"server-error"},
        },
    ),
    *bugs("state", {"fails at a book of its own": {"server-error"}}),
    *bugs(
        "paging",
        {
            "the next page is not there": {"paging"},
            "the next page is the same": {"paging"},
            "a book comes on two pages": {"paging"},
            "empty pages without end": {"paging"},
        },
    ),
)
"""Each fault, its group, and the checks that may find it."""


class Shelf(Faulty):
    """The service of books."""

    document = DOCUMENT

    def __init__(self, bug: str | None = None, budget: int = 10**9) -> None:
        super().__init__(bug, budget)
        names = ["Emma", "Middlemarch", "Ulysses", "Momo", "Stoner", "Walden", "Utopia"]
        self._books = {
            number: {"id": number, "title": name, "pages": 100 * number, "state": "here", "since": "2024-02-29"}
            for number, name in enumerate(names, 1)
        }

    def respond(self, request: Request) -> Response:
        """The response to a request."""
        parts = request.path.strip("/").split("/")
        if parts == ["books"]:
            handlers = {"GET": self._list, "POST": self._add}
        elif parts == ["count"]:
            handlers = {"GET": self._count}
        elif len(parts) == 2 and parts[0] == "books":
            handlers = {"GET": self._get, "DELETE": self._remove}
        else:
            return self._written(request, {"message": "nothing here"}, 404)
        handler = handlers.get(request.method)
        if handler is None:
            return Response(b"", 405, headers={"Allow": ", ".join(handlers)})
        try:
            return handler(request)
        except ValueError as error:
            return self._written(request, {"message": str(error)}, 400)

    def _count(self, request: Request) -> Response:
        if "since" in request.args and len(request.args["since"]) != 10:
            raise ValueError("a date has ten characters")
        date.fromisoformat(request.args.get("since", "2024-01-01"))
        return self._written(request, {"count": -1 if self.has("a count below zero") else len(self._books)})

    def _list(self, request: Request) -> Response:
        limit, offset = (int(request.args.get(name, default)) for name, default in (("limit", 20), ("offset", 0)))
        search = request.args.get("q")
        if not 1 <= limit <= 50 or not 0 <= offset <= 1000 or len(search or "") > 30:
            raise ValueError("out of range")
        if request.args.get("state", "here") not in ("here", "lent"):
            raise ValueError("no such state")
        self.fail("fails at the largest limit", limit == 50)
        self.fail("fails at the smallest limit", limit == 1)
        self.fail("fails beyond the last book", offset >= len(self._books))
        self.fail("fails at an empty search", search == "")
        self.fail("fails at a quote in a search", "'" in (search or ""))
        state = request.args.get("state")
        every = [
            book for book in self._books.values() if (search or "") in book["title"] and state in (None, book["state"])
        ]
        page: dict[str, Any] = {"books": [self._shown(item) for item in every[offset : offset + limit]]}
        if self.has("pages as text in the list only"):
            page["books"] = [{**book, "pages": str(book["pages"])} for book in page["books"]]
        if offset + limit < len(every):
            page["next"] = self._link(request, limit, offset + limit)
        if self.has("empty pages without end") and offset + limit >= len(every):
            page["next"] = self._link(request, limit, offset + limit)
        return self._written(request, page, total=len(every))

    def _link(self, request: Request, limit: int, offset: int) -> str:
        if self.has("the next page is not there"):
            return f"{self.url}/page?offset={offset}"
        if self.has("the next page is the same"):
            offset = int(request.args.get("offset", 0))
        if self.has("a book comes on two pages"):
            offset -= 1
        query = {**request.args.to_dict(), "limit": limit, "offset": offset}
        return f"{self.url}/books?{urlencode(query)}"

    def _add(self, request: Request) -> Response:
        if request.mimetype != "application/json":
            return self._written(request, {"message": "JSON is wanted"}, 415)
        content = json.loads(request.get_data() or b"null")
        title, pages = (content.get(name) if isinstance(content, dict) else None for name in ("title", "pages"))
        if not isinstance(title, str) or not 1 <= len(title) <= 40 or isinstance(pages, bool):
            raise ValueError("a title is a text of up to 40 characters")
        if not isinstance(pages, int) or not 1 <= pages <= 5000 or set(content) - {"title", "pages", "tags"}:
            raise ValueError("pages are from 1 to 5000")
        tags = content.get("tags", [])
        if not isinstance(tags, list) or len(tags) > 3:
            raise ValueError("there are up to three tags")
        if not all(isinstance(tag, str) and len(tag) <= 10 for tag in tags):
            raise ValueError("a tag is a text of up to ten characters")
        self.fail("fails at a title beyond ASCII", not title.isascii())
        self.fail("fails at the longest title", len(title) == 40)
        self.fail("fails at the most pages", pages == 5000)
        self.fail("fails without tags", "tags" not in content)
        self.fail("fails at an empty list of tags", content.get("tags") == [])
        number = max(self._books, default=0) + 1
        self._books[number] = {"id": number, "title": title, "pages": pages, "state": "here", "since": "2026-01-31"}
        if self.has("created without a body"):
            return Response(b"", 201, content_type="application/json")
        status = 200 if self.has("created has status 200") else 201
        return self._written(request, self._shown(self._books[number]), status)

    def _numbered(self, request: Request) -> dict[str, Any] | None:
        """The book of the number in the path. ``ValueError`` for what is no number."""
        number = int(request.path.rpartition("/")[2])
        if not 1 <= number <= 100_000:
            raise ValueError("no number of a book")
        return self._books.get(number)

    def _gone(self, request: Request) -> Response:
        status = 410 if self.has("a missing book has status 410") else 404
        error = {"error": "gone"} if self.has("an error of another shape") else {"message": "no such book"}
        return self._written(request, error, status)

    def _get(self, request: Request) -> Response:
        book = self._numbered(request)
        if book is None:
            return self._gone(request)
        self.fail("fails at a book of its own", book["id"] > 2)
        return self._written(request, self._shown(book))

    def _remove(self, request: Request) -> Response:
        book = self._numbered(request)
        if book is None:
            return self._gone(request)
        del self._books[book["id"]]
        gone = Response(b"", 202 if self.has("a deleted book has status 202") else 204)
        del gone.headers["Content-Type"]
        return gone

    _CHANGES: ClassVar[dict[str, Callable[[dict[str, Any]], Any]]] = {
        "a book without its id": lambda book: book.pop("id"),
        "pages as text": lambda book: book.update(pages=str(book["pages"])),
        "null for a title": lambda book: book.update(title=None),
        "a state that is not listed": lambda book: book.update(state="lost"),
        "a date in another form": lambda book: book.update(since="29.02.2024"),
    }

    def _shown(self, book: dict[str, Any]) -> dict[str, Any]:
        shown = dict(book)
        if self.bug in self._CHANGES and self.has(str(self.bug)):
            self._CHANGES[str(self.bug)](shown)
        return shown

    def _written(self, request: Request, value: Any, status: int = 200, total: int | None = None) -> Response:
        best = request.accept_mimetypes.best_match(BOTH) or BOTH[0]
        in_xml = best == "application/xml" and status == 200 and request.path != "/count"
        if in_xml and self.has("XML is accepted and JSON sent"):
            in_xml = False
        data = self._xml(value) if in_xml else json.dumps(value).encode()
        if not in_xml and status == 200 and self.has("JSON is cut"):
            data = data[:-1]
        kind = "application/xml" if in_xml else "application/json"
        kind = "text/html" if self.has("JSON said to be HTML") and not in_xml else kind
        response = Response(data, status, content_type=kind)
        if self.has("no content type"):
            del response.headers["Content-Type"]
        if total is not None:
            response.headers["X-Total"] = "many" if self.has("the total is not a number") else str(total)
        return response

    def _xml(self, value: dict[str, Any]) -> bytes:
        if "books" not in value:
            text = self._book(value)
        else:
            books = value["books"][:-1] if self.has("XML lacks the last book") else value["books"]
            following = f"<next>{escape(value['next'])}</next>" if "next" in value else ""
            text = f"<page><books>{''.join(map(self._book, books))}</books>{following}</page>"
        return (text[:-3] if self.has("XML is cut") else text).encode()

    def _book(self, book: dict[str, Any]) -> str:
        members = {name: value for name, value in book.items() if value is not None}
        if self.has("pages differ in XML") and isinstance(members.get("pages"), int):
            members["pages"] += 1
        if self.has("XML lacks an element"):
            members.pop("since")
        return f"<book>{''.join(f'<{name}>{escape(str(value))}</{name}>' for name, value in members.items())}</book>"


SERVICE = Service("shelf", DOCUMENT, Shelf, BUGS)
