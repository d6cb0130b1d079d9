"""Facts of pages that ``x-connector-paging`` declares, or a convention of services: what follows a page, and what does
not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.call.page_steps import related
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.client.signature import documentation
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import Unsupported
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.model import Paging
from openconnectors.engine.plan import page_conventions
from openconnectors.engine.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
NUMBERS = {"type": "array", "items": {"type": "integer"}}
TEXT, COUNT, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}


def body(**members: Any) -> dict[str, Any]:
    """The schema of an object with a list and these members."""
    return {"type": "object", "properties": {"data": NUMBERS, **members}}


def query(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    """A parameter of the query."""
    return {"name": name, "in": "query", "type": kind, **more}


class Pages:
    """A service that gives pages in turn, each a value or a pair of value and header fields."""

    def __init__(self, *pages: Any) -> None:
        self.pages = list(pages)
        self.urls: list[str] = []

    def send(self, request: Request) -> Response:
        self.urls.append(request.url.removeprefix("https://h.example/v1"))
        page = self.pages.pop(0)
        value, fields = page if isinstance(page, tuple) else (page, {})
        fields = {"Content-Type": "application/json", **fields}
        return Response(200, Headers(fields.items()), json.dumps(value).encode())


def load(folder: Path, service: Any, schema: Any, *parameters: Any, method: str = "get", **members: Any) -> Connector:
    """A connector whose one list is on pages; ``members`` are of its operation."""
    response = {"description": "ok", "schema": schema, "headers": members.pop("headers", {})}
    place = members.pop("path", "/list")
    operation = {"operationId": "List", "parameters": list(parameters), "responses": {"200": response}, **members}
    document = {
        "swagger": "2.0",
        "info": {"title": "P", "version": "1"},
        "host": "h.example",
        "basePath": "/v1",
        "schemes": ["https"],
        "produces": ["application/json"],
        "paths": {place: {method: operation}},
    }
    path = folder / "p.swagger.json"
    path.write_text(json.dumps(document))
    return openconnectors.load_file(path, transport=service)


def test_a_list_that_is_beside_others_elsewhere_is_the_items_of_its_own_path(tmp_path: Path) -> None:
    """``GET /Messages.json`` lists ``messages``, which are remarks beside the items of another path."""
    schema = {"type": "object", "properties": {"messages": NUMBERS, "nextLink": TEXT}}
    pages = [{"messages": [1], "nextLink": "https://h.example/v1/more"}, {"messages": [2]}]
    messages = load(tmp_path, Pages(*pages), schema, path="/Messages.json")
    assert list(messages.list.items()) == [1, 2]
    with pytest.raises(Unsupported):
        list(load(tmp_path, Pages(*pages), schema, path="/letters").list.items())


LINK = {"Link": '<https://h.example/v1/list?page=2>; rel="next", </v1/list>; rel=first'}
PAGE, SIZE = query("page", "integer", default=1), query("per_page", "integer", default=2)
OFFSET, LIMIT = query("offset", "integer"), query("limit", "integer")

RECOGNIZED: dict[str, tuple[Any, list[Any], list[Any], list[str]]] = {
    "a member for the next URL": (
        body(next_page_uri=TEXT),
        [],
        [{"data": [1], "next_page_uri": "/v1/list?page=2"}, {"data": [2], "next_page_uri": None}],
        ["/list", "/list?page=2"],
    ),
    "one within links": (
        body(links={"type": "object", "properties": {"next": TEXT}}),
        [],
        [{"data": [1], "links": {"next": "https://h.example/v1/list?p=2"}}, {"data": [2], "links": {}}],
        ["/list", "/list?p=2"],
    ),
    "one whose name has dots": (
        body(**{"@odata.nextLink": TEXT}),
        [],
        [{"data": [1], "@odata.nextLink": "?$skip=1"}, {"data": [2]}],
        ["/list", "/list?$skip=1"],
    ),
    "next beside previous": (
        body(next=TEXT, previous=TEXT),
        [],
        [{"data": [1], "next": "/v1/list?page=2", "previous": None}, {"data": [2], "next": None}],
        ["/list", "/list?page=2"],
    ),
    "a cursor and the parameter that takes it": (
        body(next_cursor=TEXT),
        [query("cursor"), query("q")],
        [{"data": [1], "next_cursor": "a b"}, {"data": [], "next_cursor": "c"}, {"data": [2], "next_cursor": ""}],
        ["/list", "/list?cursor=a%20b", "/list?cursor=c"],
    ),
    "a page token, spelled differently": (
        body(nextPageToken=TEXT),
        [query("pageToken")],
        [{"data": [1], "nextPageToken": "t"}, {"data": [2]}],
        ["/list", "/list?pageToken=t"],
    ),
    "a cursor called next": (
        body(next={"type": "string"}, previous=TEXT),
        [query("cursor")],
        [{"data": [1], "next": "bjE=", "previous": None}, {"data": [2], "next": None, "previous": "bjA="}],
        ["/list", "/list?cursor=bjE%3D"],
    ),
    "a URL called next beside a parameter for cursors": (
        body(next={"type": "string"}),
        [query("cursor")],
        [{"data": [1], "next": "/v1/list?cursor=t"}, {"data": [2], "next": "https://h.example/v1/list?cursor=u"}, {}],
        ["/list", "/list?cursor=t", "/list?cursor=u"],
    ),
    "a cursor further down": (
        body(response_metadata={"type": "object", "properties": {"next_cursor": TEXT}}),
        [query("cursor")],
        [{"data": [1], "response_metadata": {"next_cursor": "t"}}, {"data": [2], "response_metadata": {}}],
        ["/list", "/list?cursor=t"],
    ),
    "the id of the last item": (
        {"type": "object", "properties": {"data": {"type": "array", "items": {}}, "has_more": FLAG}},
        [query("starting_after")],
        [{"data": [{"id": "x"}, {"id": "y"}], "has_more": True}, {"data": [], "has_more": False}],
        ["/list", "/list?starting_after=y"],
    ),
    "a number of the page, until one is empty": (
        NUMBERS,
        [PAGE, SIZE],
        [[1, 2], [3], []],
        ["/list", "/list?page=2", "/list?page=3"],
    ),
    "a number of the page, until the last of a total": (
        body(total_pages=COUNT),
        [query("page", "integer", minimum=0)],
        [{"data": [1], "total_pages": 2}, {"data": [2], "total_pages": 2}],
        ["/list", "/list?page=1"],
    ),
    "an offset, until the total": (
        body(total=COUNT),
        [OFFSET, LIMIT],
        [{"data": [1, 2], "total": 3}, {"data": [3], "total": 3}],
        ["/list", "/list?offset=2"],
    ),
    "an offset, until there is no more": (
        body(has_more=FLAG),
        [OFFSET, LIMIT],
        [{"data": [1], "has_more": True}, {"data": [2], "has_more": False}],
        ["/list", "/list?offset=1"],
    ),
    "a Link field goes before the number": (
        NUMBERS,
        [PAGE, SIZE],
        [([1], LINK), ([2], {"Link": '</v1/list>; rel="prev"'})],
        ["/list", "/list?page=2"],
    ),
}
"""What a document declares: the response, parameters; pages; the URLs that are asked for."""


@pytest.mark.parametrize("fact", RECOGNIZED)
def test_a_convention_is_recognized(tmp_path: Path, fact: str) -> None:
    """Pages follow one another by what a document declares, if that is a convention of services."""
    schema, parameters, pages, urls = RECOGNIZED[fact]
    service = Pages(*pages)
    operation = load(tmp_path, service, schema, *parameters).list
    values = list(operation.pages())

    assert service.urls == urls
    assert values == [page[0] if isinstance(page, tuple) else page for page in pages]
    assert "Pages, by the convention" in documentation(calls_of(operation).plan)


NOT_RECOGNIZED: dict[str, tuple[Any, list[Any], str]] = {
    "a list alone": (NUMBERS, [], "get"),
    "no list": ({"type": "object", "properties": {"next_link": TEXT}}, [], "get"),
    "two lists": (body(next_link=TEXT, others=NUMBERS, data=TEXT, more=NUMBERS), [], "get"),
    "next alone": (body(next=TEXT), [], "get"),
    "a cursor that no parameter takes": (body(next_cursor=TEXT), [query("q")], "get"),
    "a cursor that is an object": (body(next_cursor={"type": "object"}), [query("cursor")], "get"),
    "a page whose first number is not known": (NUMBERS, [query("page", "integer"), SIZE], "get"),
    "a page that is text": (NUMBERS, [query("page", default="1"), SIZE], "get"),
    "a page without a size or a total": (NUMBERS, [PAGE], "get"),
    "an offset without a size or a total": (NUMBERS, [OFFSET], "get"),
    "a number of a page that is posted": (NUMBERS, [PAGE, SIZE], "post"),
    "a link whose request has a body": (body(next_link=TEXT), [], "post"),
    "text for a number": (body(next_page=TEXT), [query("page", "integer")], "get"),
    "an operation that changes something": (body(next_link=TEXT), [], "put"),
    "starting_after without has_more": (body(), [query("starting_after")], "get"),
}


@pytest.mark.parametrize("fact", NOT_RECOGNIZED)
def test_what_is_no_convention_has_no_pages(tmp_path: Path, fact: str) -> None:
    """Half of a convention is none: such an operation has no pages."""
    schema, parameters, method = NOT_RECOGNIZED[fact]
    with pytest.raises(openconnectors.Unsupported, match="declares no pages"):
        load(tmp_path, Pages(), schema, *parameters, method=method).list.items()


def test_conventions_can_be_turned_off(tmp_path: Path) -> None:
    """By an option, or by ``false`` at the operation."""
    with pytest.raises(openconnectors.Unsupported, match="declares no pages"):
        load(tmp_path, Pages(), NUMBERS, PAGE, SIZE).list.using(paging="declared").items()
    with pytest.raises(openconnectors.Unsupported, match="declares no pages"):
        load(tmp_path, Pages(), NUMBERS, PAGE, SIZE, **{"x-connector-paging": False}).list.items()


def test_a_member_that_is_not_a_url_is_not_followed(tmp_path: Path) -> None:
    """A convention may be wrong about a member: only what looks like a URL is followed."""
    items = load(tmp_path, Pages({"data": [1], "next_url": "abc"}), body(next_url=TEXT)).list.items()
    assert next(items) == 1
    with pytest.raises(openconnectors.InvalidResponse, match="is not a URL"):
        next(items)


@pytest.mark.parametrize("pages", [[[1, 2], [1, 2]]], ids=["the same items"])
def test_a_number_without_effect_is_an_error(tmp_path: Path, pages: Any) -> None:
    """A service that ignores the number would give its first page for ever."""
    items = load(tmp_path, Pages(*pages), NUMBERS, PAGE, SIZE).list.items()
    with pytest.raises(openconnectors.InvalidResponse, match="no effect"):
        list(items)


def test_a_cursor_that_comes_again_ends_or_is_an_error(tmp_path: Path) -> None:
    """With an empty page it is the end; with items it is an error, for they may not be all."""
    schema, again = body(next_cursor=TEXT), {"data": [1], "next_cursor": "a"}
    assert list(
        load(tmp_path, Pages(again, {"data": [], "next_cursor": "a"}), schema, query("cursor")).list.items()
    ) == [1]
    with pytest.raises(openconnectors.InvalidResponse, match="already read"):
        list(load(tmp_path, Pages(again, again, again), schema, query("cursor")).list.items())


def test_pages_begin_where_the_caller_says(tmp_path: Path) -> None:
    """An argument with a number is the first page; the other arguments are those of every page."""
    service = Pages([5], [6], [])
    assert list(load(tmp_path, service, NUMBERS, PAGE, SIZE).list.items(page=3, per_page=1)) == [5, 6]
    assert service.urls == ["/list?page=3&per_page=1", "/list?page=4&per_page=1", "/list?page=5&per_page=1"]


DECLARED: dict[str, tuple[dict[str, Any], list[Any], list[Any], list[str]]] = {
    "the next URL": (
        {"next": "/a/b", "items": "/x/y"},
        [],
        [{"x": {"y": [1]}, "a": {"b": "?p=2"}}, {"x": {"y": [2]}}],
        ["/list", "/list?p=2"],
    ),
    "a field with a URL": ({"header": "X-Next"}, [], [([1], {"X-Next": "/v1/list?p=2"}), [2]], ["/list", "/list?p=2"]),
    "a field with a cursor": (
        {"header": "X-Next", "parameter": "q"},
        [query("q")],
        [([1], {"X-Next": "a"}), [2]],
        ["/list", "/list?q=a"],
    ),
    "a Link field": ({"header": "Link"}, [], [([1], LINK), [2]], ["/list", "/list?page=2"]),
    "a cursor": (
        {"cursor": "/c", "parameter": "q", "items": "/d"},
        [query("q", "integer")],
        [{"d": [1], "c": "7"}, {"d": [2], "c": None}],
        ["/list", "/list?q=7"],
    ),
    "the last item": (
        {"last": "/id", "parameter": "q"},
        [query("q")],
        [[{"id": 1}, {"id": 2}], []],
        ["/list", "/list?q=2"],
    ),
    "a page": ({"page": "p", "first": 0}, [query("p", "integer")], [[1], [2], []], ["/list", "/list?p=1", "/list?p=2"]),
    "full pages": (
        {"page": "p", "size": "n", "full": True},
        [query("p", "integer"), query("n", "integer", default=2)],
        [[1, 2], [3]],
        ["/list", "/list?p=2"],
    ),
    "an offset": (
        {"offset": "o", "items": "/d", "total": "/t"},
        [query("o", "integer")],
        [{"d": [1, 2], "t": "3"}, {"d": [3], "t": "3"}],
        ["/list", "/list?o=2"],
    ),
}
"""``x-connector-paging``, parameters, pages, the URLs that are asked for."""


@pytest.mark.parametrize("fact", DECLARED)
def test_declared_pages(tmp_path: Path, fact: str) -> None:
    """Each way of ``x-connector-paging`` leads to the pages."""
    paging, parameters, pages, urls = DECLARED[fact]
    service = Pages(*pages)
    operation = load(tmp_path, service, {}, *parameters, **{"x-connector-paging": paging}).list

    assert [
        item for page in pages for item in operation.items_of(page[0] if isinstance(page, tuple) else page)
    ] == list(operation.items())
    assert service.urls == urls


def test_the_cursor_of_the_last_page_may_be_null(tmp_path: Path) -> None:
    """Where it is declared: it is no deviation, in strict too."""
    service = Pages({"data": [1], "c": "a"}, {"data": [2], "c": None})
    paging = {"cursor": "/c", "parameter": "q", "items": "/data"}
    operation = load(tmp_path, service, body(c=TEXT), query("q"), **{"x-connector-paging": paging}).list
    assert list(operation.using(validate_responses="strict").items()) == [1, 2]


@pytest.mark.parametrize(
    ("paging", "message"),
    [
        ({}, "needs one of next"),
        ({"next": "/a", "page": "p"}, "needs one of next"),
        ({"cursor": "/a"}, "needs the parameter"),
        ({"page": "nothing"}, "not a parameter of the operation"),
        ({"page": "p", "other": 1}, "no member 'other'"),
        ({"page": "p", "first": "1"}, "must be an integer"),
        ("Link", "must be a mapping"),
    ],
    ids=str,
)
def test_what_is_declared_wrong_is_refused(tmp_path: Path, paging: Any, message: str) -> None:
    """At its place, when the operation is read."""
    connector = load(tmp_path, Pages(), NUMBERS, query("p", "integer"), **{"x-connector-paging": paging})
    with pytest.raises(openconnectors.InvalidDocument, match=message):
        connector.list.items()


def test_a_convention_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A toy one: the member ``more_at`` has the URL of the next page."""

    def recognize(shape: page_conventions.Shape) -> Paging | None:
        path = shape.path({"more_at"}, "string")
        return Paging(next_link=path, items=shape.items or (), convention="toy") if path else None

    toy = page_conventions.Convention("toy", "the response has a member more_at", recognize)
    monkeypatch.setattr(page_conventions, "CONVENTIONS", (*page_conventions.CONVENTIONS, toy))
    service = Pages({"data": [1], "more_at": "/v1/list?p=2"}, {"data": [2]})
    operation = load(tmp_path, service, body(more_at=TEXT)).list
    assert list(operation.items()) == [1, 2]
    assert "by the convention toy: the response has a member more_at." in documentation(calls_of(operation).plan)


LINKS: dict[str, tuple[list[str], dict[str, str]]] = {
    "quoted": (['<a>; rel="next"'], {"next": "a"}),
    "unquoted": (["<a>;rel=next"], {"next": "a"}),
    "several links in a field": (['<a>; rel="prev", <b>; rel="next"'], {"prev": "a", "next": "b"}),
    "several fields": (["<a>; rel=prev", "<b>; rel=next"], {"prev": "a", "next": "b"}),
    "several relations of a link": (['<a>; rel="last next"'], {"last": "a", "next": "a"}),
    "other parameters, quotes with commas and escapes": (
        ['<a>; title="x, <y>; \\"z\\""; rel="next"; x'],
        {"next": "a"},
    ),
    "capitals": (['<a>; REL="Next"'], {"next": "a"}),
    "commas in the URL": (["<a,b;c>; rel=next"], {"next": "a,b;c"}),
    "the first rel of a link counts": (["<a>; rel=prev; rel=next"], {"prev": "a"}),
    "the first link of a relation counts": (["<a>; rel=next, <b>; rel=next"], {"next": "a"}),
    "another context": (['<a>; rel=next; anchor="#b"'], {}),
    "no links": (["", "next", "<a"], {}),
}
"""Values of Link fields with the targets by relation (RFC 8288 section 3)."""


@pytest.mark.parametrize("fact", LINKS)
def test_link_fields(fact: str) -> None:
    """Links are read as RFC 8288 writes them; what is none is skipped."""
    fields, targets = LINKS[fact]
    assert related(fields) == targets


@pytest.mark.parametrize("target", ["https://evil.example/v1/list", "/v2/list"])
def test_a_link_field_that_leads_away_is_an_error(tmp_path: Path, target: str) -> None:
    """To another origin, or out of the base path: it is not followed."""
    fields = {"Link": f"<{target}>; rel=next"}
    items = load(tmp_path, Pages(([1], fields)), NUMBERS, **{"x-connector-paging": {"header": "Link"}}).list.items()
    assert next(items) == 1
    with pytest.raises(openconnectors.InvalidResponse, match="not followed"):
        next(items)


def test_the_github_connector_pages(tmp_path: Path) -> None:
    """Its sandbox links from page to page as the service does."""
    with Sandbox(loader.load(ROOT / "spec" / "github-issues.swagger.yaml")) as sandbox:
        github = openconnectors.load("github-issues", base_url=sandbox.url, connection={"token": "sandbox-token"})
        titles = [f"{number}" for number in range(5)]
        for title in titles:
            github.create_issue(owner="o", repo="r", title=title)
        issues = github.list_issues.using(validate_responses="strict").items(owner="o", repo="r", per_page=2)
        assert sorted(issue["title"] for issue in issues) == titles
        assert [len(page) for page in github.list_issues.pages(owner="o", repo="r", per_page=2)] == [2, 2, 1]


SAMPLED = {
    "next-url": (body(next_link=TEXT), []),
    "cursor": (body(next_cursor=TEXT), [query("cursor")]),
    "page-number": (NUMBERS, [PAGE, SIZE]),
    "offset": (body(), [OFFSET, LIMIT]),
}


@pytest.mark.parametrize("convention", SAMPLED)
def test_pages_of_the_sandbox_end(tmp_path: Path, convention: str) -> None:
    """What a sandbox makes of the document alone is one page."""
    schema, parameters = SAMPLED[convention]
    load(tmp_path, Pages(), schema, *parameters)
    path = tmp_path / "p.swagger.json"
    with Sandbox(loader.load(path)) as sandbox:
        pages = list(openconnectors.load_file(path, base_url=sandbox.url).list.pages())
    assert len([page for page in pages if page]) >= 1
