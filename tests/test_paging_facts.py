"""Facts of paging: where a link is, what it may lead to, when pages end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.call.paging import MAX_EMPTY, page_items
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.model import Paging

PAGEABLE = {"nextLinkName": "next"}


class Pages:
    """A service that gives pages in turn; keeps what it was asked for."""

    def __init__(self, *pages: Any) -> None:
        self.pages = list(pages)
        self.requests: list[Request] = []

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        page = self.pages.pop(0)
        if isinstance(page, Response):
            return page
        return Response(200, Headers([("Content-Type", "application/json")]), json.dumps(page).encode())

    @property
    def urls(self) -> list[str]:
        return [request.url.removeprefix("https://h.example/v1") for request in self.requests]


def load(folder: Path, service: Pages, pageable: Any = PAGEABLE, *, method: str = "get", **more: Any) -> Connector:
    """A connector whose one list is on pages."""
    operation = {
        "operationId": "List",
        "parameters": [{"name": "size", "in": "query", "type": "integer"}],
        "x-ms-pageable": pageable,
        "responses": {"200": {"description": "ok", "schema": {}}},
    }
    document = {
        "swagger": "2.0",
        "info": {"title": "P", "version": "1"},
        "host": "h.example",
        "basePath": "/v1",
        "schemes": ["https"],
        "produces": ["application/json"],
        "paths": {"/list": {method: operation}, **more},
    }
    path = folder / "p.swagger.json"
    path.write_text(json.dumps(document))
    return openconnectors.load_file(path, transport=service)


@pytest.mark.parametrize(
    ("pageable", "page"),
    [
        (PAGEABLE, {"value": [1, 2]}),
        ({"nextLinkName": "next", "itemName": "things"}, {"things": [1, 2]}),
        ({"nextLinkName": "next", "itemName": "a.b"}, {"a": {"b": [1, 2]}}),
        ({"nextLinkName": "next", "itemName": "a.b"}, {"a.b": [1, 2]}),
    ],
    ids=str,
)
def test_where_the_items_are(tmp_path: Path, pageable: Any, page: Any) -> None:
    """In ``value``, or in ``itemName``: a member, a path of members, or a member whose name has dots."""
    assert list(load(tmp_path, Pages(page), pageable).list.items()) == [1, 2]


@pytest.mark.parametrize("value", [{}, {"value": None}, {"value": "text"}, "text", None, 7])
def test_a_page_without_a_list_has_no_items(value: Any) -> None:
    """A value that is a list is its own items."""
    paging = Paging(next_link=("next",), items=("value",))

    assert page_items(paging, value) == []
    assert page_items(paging, [1]) == [1]


@pytest.mark.parametrize("end", [{}, {"next": None}, {"next": ""}], ids=str)
def test_pages_end(tmp_path: Path, end: dict[str, Any]) -> None:
    """A link that is absent, null or empty is the end."""
    service = Pages({"value": [1], "next": "?page=2"}, {"value": [2], **end})

    assert list(load(tmp_path, service).list.items()) == [1, 2]
    assert service.urls == ["/list", "/list?page=2"]


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://h.example/v1/list?page=2", "/list?page=2"),
        ("/v1/other", "/other"),
        ("more/2", "/more/2"),
        ("?size=1&page=2", "/list?size=1&page=2"),
        ("?q=a b", "/list?q=a%20b"),
    ],
)
def test_a_link_is_followed_as_it_is(tmp_path: Path, link: str, url: str) -> None:
    """Absolute or relative (RFC 3986 section 5); the arguments of the call are in it or not at all."""
    service = Pages({"value": [1], "next": link}, {"value": [2]})

    assert list(load(tmp_path, service).list.items(size=5)) == [1, 2]
    assert service.urls == ["/list?size=5", url]


@pytest.mark.parametrize("link", ["https://evil.example/v1/list", "//evil.example/", "/v2/list", "/v1/../x", 7, ["a"]])
def test_a_link_that_leads_away_is_an_error(tmp_path: Path, link: Any) -> None:
    """Another origin, a place out of the base path, what is not text: the page before is given, then an error."""
    service = Pages({"value": [1], "next": link})
    items = load(tmp_path, service).list.items()

    assert next(items) == 1
    with pytest.raises(openconnectors.InvalidResponse):
        next(items)
    assert len(service.requests) == 1


def test_a_page_that_comes_again_is_an_error(tmp_path: Path) -> None:
    """A link to a page that was read is not followed."""
    service = Pages({"value": [1], "next": "?page=2"}, {"value": [2], "next": "/v1/list"})
    items = load(tmp_path, service).list.items()

    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(openconnectors.InvalidResponse, match="already read"):
        next(items)


def test_empty_pages_end(tmp_path: Path) -> None:
    """More than MAX_EMPTY pages in a row without an item are an error; fewer are passed over."""
    some = [{"value": [], "next": f"?page={page}"} for page in range(MAX_EMPTY)]
    assert list(load(tmp_path, Pages(*some, {"value": [1]})).list.items()) == [1]

    many = [{"value": [], "next": f"?page={page}"} for page in range(MAX_EMPTY + 2)]
    with pytest.raises(openconnectors.InvalidResponse, match="do not end"):
        list(load(tmp_path, Pages(*many)).list.items())


def test_the_next_page_of_a_post_is_got(tmp_path: Path) -> None:
    """A link is followed with GET, without a body."""
    service = Pages({"value": [1], "next": "?page=2"}, {"value": [2]})

    assert list(load(tmp_path, service, method="post").list.items()) == [1, 2]
    assert [request.method for request in service.requests] == ["POST", "GET"]


def test_an_operation_reads_the_next_page(tmp_path: Path) -> None:
    """operationName: the link is the argument that the first operation does not have; others are handed on."""
    parameters = [
        {"name": "size", "in": "query", "type": "integer"},
        {"name": "next", "in": "path", "type": "string", "required": True},
    ]
    more = {
        "operationId": "More",
        "parameters": parameters,
        "x-ms-pageable": {"nextLinkName": "next", "operationName": "More"},
        "responses": {"200": {"description": "ok", "schema": {}}},
    }
    service = Pages({"value": [1], "next": "b/2"}, {"value": [2], "next": "c"}, {"value": [3]})
    connector = load(
        tmp_path, service, {"nextLinkName": "next", "operationName": "More"}, **{"/more/{next}": {"get": more}}
    )

    assert list(connector.list.items(size=5)) == [1, 2, 3]
    assert service.urls == ["/list?size=5", "/more/b%2F2?size=5", "/more/c?size=5"]


def test_nothing_is_asked_for_before_it_is_wanted(tmp_path: Path) -> None:
    """The first page is sent for with the first item, the next page when its items are wanted; wrong arguments are
    refused at once."""
    service = Pages({"value": [1, 2], "next": "?page=2"}, {"value": [3]})
    connector = load(tmp_path, service)
    items = connector.list.items()
    counts = [len(service.requests)]
    for _ in range(3):
        next(items)
        counts.append(len(service.requests))

    assert counts == [0, 1, 1, 2]
    with pytest.raises(openconnectors.InvalidArguments):
        connector.list.items(size="many")


def test_pages_are_the_values(tmp_path: Path) -> None:
    """``pages`` gives whole values, ``items_of`` the items of one."""
    service = Pages({"value": [1], "next": "?page=2", "total": 2}, {"value": [2]})
    operation = load(tmp_path, service).list
    pages = list(operation.pages())

    assert pages == [{"value": [1], "next": "?page=2", "total": 2}, {"value": [2]}]
    assert [operation.items_of(page) for page in pages] == [[1], [2]]


def test_cookies_go_from_page_to_page(tmp_path: Path) -> None:
    """What a page sets is sent with the next one, and forgotten after the last."""
    headers = Headers([("Content-Type", "application/json"), ("Set-Cookie", "s=1; Path=/")])
    first = Response(200, headers, b'{"value": [1], "next": "?page=2"}')
    service = Pages(first, {"value": [2]}, {"value": [3]})
    operation = load(tmp_path, service).list

    assert [list(operation.items()), list(operation.items())] == [[1, 2], [3]]
    assert [request.headers.get("Cookie") for request in service.requests] == [None, "s=1", None]


def test_an_operation_without_pages_says_so(tmp_path: Path) -> None:
    """``pages`` and ``items`` are for operations that declare them."""
    connector = load(tmp_path, Pages(), **{"/one": {"get": {"operationId": "One", "responses": {}}}})

    with pytest.raises(openconnectors.Unsupported, match="declares no pages"):
        connector.one.items()
