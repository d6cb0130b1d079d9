"""Facts of parameters in each location of OpenAPI 3.2: what a request has, what a service reads, what is refused.

The values are those of "Style Examples" and of the examples of the Parameter Object.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

import openconnectors
from openconnectors.engine.client.signature import documentation
from openconnectors.engine.documents import document, loader
from openconnectors.engine.errors import InvalidArguments, Unsupported
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.sandbox.requests import read_arguments
from openconnectors.engine.values.body import Compiler

BASE = "https://api.example.com"
STRING, INTEGER = {"type": "string"}, {"type": "integer"}
ARRAY = {"type": "array", "items": STRING}
OBJECT = {"type": "object", "properties": {"R": INTEGER, "G": INTEGER, "B": INTEGER}}
ANY_OBJECT = {"type": "object", "additionalProperties": True}
COLORS = {"string": "blue", "array": ["blue", "black", "brown"], "object": {"R": 100, "G": 200, "B": 150}}
SCHEMAS = {"string": STRING, "array": ARRAY, "object": OBJECT}


def document_of(
    *parameters: dict[str, Any], headers: dict[str, Any] | None = None, version: str = "3.2.0"
) -> dict[str, Any]:
    """A document with an operation that has parameters, or whose response has header fields."""
    variables = "".join(f"/{{{node['name']}}}" for node in parameters if node["in"] == "path")
    operation = {
        "operationId": "op",
        "parameters": [{"required": True, **node} if node["in"] == "path" else node for node in parameters],
        "responses": {"204": {"description": "-", "headers": headers or {}}},
    }
    return {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": BASE}],
        "paths": {f"/x{variables}": {"get": operation}},
    }


def plan_of(*parameters: dict[str, Any], headers: dict[str, Any] | None = None, version: str = "3.2.0") -> Plan:
    """The operation of ``document_of``."""
    raw = document_of(*parameters, headers=headers, version=version)
    service = loader.service_of(document.parse(json.dumps(raw), "test.json"))
    return Plan(Compiler(service), service.operations["op"])


def request_of(plan: Plan, **arguments: Any) -> Request:
    """The request for arguments."""
    return plan.request(arguments, BASE, Options())


def target(plan: Plan, **arguments: Any) -> str:
    """Path and query of the request for arguments, without the path's beginning."""
    return str(request_of(plan, **arguments).url).removeprefix(f"{BASE}/x")


def cookie(plan: Plan, **arguments: Any) -> str | None:
    """The Cookie field of the request for arguments."""
    return request_of(plan, **arguments).headers.get("Cookie")


def read(plan: Plan, request: Request) -> dict[str, Any]:
    """What a service reads of a request."""
    parts = urlsplit(str(request.url))
    names = [parameter.name for parameter in plan.operation.parameters if parameter.location == "path"]
    path = dict(zip(names, parts.path.split("/")[2:], strict=True))
    return read_arguments(plan, path, parts.query, Headers(request.headers.items()))


def problem(plan: Plan, **arguments: Any) -> str:
    """Why arguments are refused."""
    with pytest.raises(InvalidArguments) as caught:
        request_of(plan, **arguments)
    return str(caught.value.problems[0])


EXAMPLES = """
path   matrix         false string ;color=blue
path   matrix         false array  ;color=blue,black,brown
path   matrix         false object ;color=R,100,G,200,B,150
path   matrix         true  string ;color=blue
path   matrix         true  array  ;color=blue;color=black;color=brown
path   matrix         true  object ;R=100;G=200;B=150
path   label          false string .blue
path   label          false array  .blue,black,brown
path   label          false object .R,100,G,200,B,150
path   label          true  string .blue
path   label          true  array  .blue.black.brown
path   label          true  object .R=100.G=200.B=150
path   simple         false string blue
path   simple         false array  blue,black,brown
path   simple         false object R,100,G,200,B,150
path   simple         true  string blue
path   simple         true  array  blue,black,brown
path   simple         true  object R=100,G=200,B=150
header simple         false string blue
header simple         false array  blue,black,brown
header simple         false object R,100,G,200,B,150
header simple         true  string blue
header simple         true  array  blue,black,brown
header simple         true  object R=100,G=200,B=150
query  form           false string color=blue
query  form           false array  color=blue,black,brown
query  form           false object color=R,100,G,200,B,150
query  form           true  string color=blue
query  form           true  array  color=blue&color=black&color=brown
query  form           true  object R=100&G=200&B=150
query  spaceDelimited false array  color=blue%20black%20brown
query  spaceDelimited false object color=R%20100%20G%20200%20B%20150
query  pipeDelimited  false array  color=blue%7Cblack%7Cbrown
query  pipeDelimited  false object color=R%7C100%7CG%7C200%7CB%7C150
query  deepObject     false object color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150
query  deepObject     true  object color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150
cookie form           false string color=blue
cookie form           false array  color=blue,black,brown
cookie form           false object color=R,100,G,200,B,150
cookie form           true  string color=blue
cookie form           true  array  color=blue; color=black; color=brown
cookie form           true  object R=100; G=200; B=150
cookie cookie         false string color=blue
cookie cookie         false array  color=blue,black,brown
cookie cookie         false object color=R,100,G,200,B,150
cookie cookie         true  string color=blue
cookie cookie         true  array  color=blue; color=black; color=brown
cookie cookie         true  object R=100; G=200; B=150
"""
"""The table "Style Examples": location, style, explode, the type of the value, and what is sent. Exploded cookies of
style form are cookies of their own: the ``&`` of the table is "the wrong delimiter for cookies" (appendix D)."""


@pytest.mark.parametrize("line", EXAMPLES.strip().splitlines(), ids=lambda line: " ".join(line.split()[:4]))
def test_a_style_example_is_sent_and_read_back(line: str) -> None:
    """The request has the text of the specification's table, and the service reads the value in it."""
    location, style, explode, kind, written = line.split(maxsplit=4)
    node = {"name": "color", "in": location, "style": style, "explode": explode == "true", "schema": SCHEMAS[kind]}
    plan = plan_of(node)
    request = request_of(plan, color=COLORS[kind])
    parts = urlsplit(str(request.url))
    sent = {
        "path": parts.path.removeprefix("/x/"),
        "query": parts.query,
        "header": request.headers.get("color"),
        "cookie": request.headers.get("Cookie"),
    }

    assert sent[location] == written
    assert read(plan, request) == {"color": COLORS[kind]}


DEFAULTS = {"path": "/a,b", "query": "?v=a&v=b"}


def test_styles_and_explode_have_defaults() -> None:
    """simple in path and header, form with explode in query and cookie."""
    for location, sent in DEFAULTS.items():
        assert target(plan_of({"name": "v", "in": location, "schema": ARRAY}), v=["a", "b"]) == sent
    assert cookie(plan_of({"name": "v", "in": "cookie", "schema": ARRAY}), v=["a", "b"]) == "v=a; v=b"
    assert request_of(plan_of({"name": "v", "in": "header", "schema": ARRAY}), v=["a", "b"]).headers["v"] == "a,b"


UNDEFINED = [
    ({"in": "query"}, "?v="),
    ({"in": "query", "explode": False}, "?v="),
    ({"in": "path", "style": "matrix"}, "/;v"),
]


@pytest.mark.parametrize(("node", "sent"), UNDEFINED, ids=str)
def test_null_is_the_empty_text(node: dict[str, Any], sent: str) -> None:
    """A null that the schema allows is the column "undefined" of the table, and read back as null."""
    plan = plan_of({"name": "v", "schema": {"type": ["integer", "null"]}, **node})
    request = request_of(plan, v=None)

    assert target(plan, v=None) == sent
    assert read(plan, request) == {"v": None}


def test_an_absent_value_is_not_sent() -> None:
    """A parameter without a value has no pair, and an empty list that is exploded has none either."""
    plan = plan_of(
        {"name": "a", "in": "query", "schema": STRING},
        {"name": "b", "in": "query", "schema": ARRAY},
        {"name": "c", "in": "query", "schema": ANY_OBJECT, "style": "deepObject"},
        {"name": "d", "in": "cookie", "schema": STRING},
    )
    request = request_of(plan, b=[], c={})

    assert str(request.url) == f"{BASE}/x"
    assert "Cookie" not in request.headers


# Percent-encoding

SPECIAL = "a b/c?d#e%f+g&h=i,j;k:l@m[n]o|p'q\"é"
ENCODED = "a%20b%2Fc%3Fd%23e%25f%2Bg%26h%3Di%2Cj%3Bk%3Al%40m%5Bn%5Do%7Cp%27q%22%C3%A9"


@pytest.mark.parametrize("location", ["path", "query", "cookie"])
def test_all_but_unreserved_characters_are_encoded(location: str) -> None:
    """RFC 6570 section 3.2.1: without allowReserved only unreserved characters stay."""
    plan = plan_of({"name": "v", "in": location, "schema": STRING})
    request = request_of(plan, v=SPECIAL)
    sent = request.headers["Cookie"] if location == "cookie" else str(request.url)

    assert sent.endswith(ENCODED)
    assert read(plan, request) == {"v": SPECIAL}


RESERVED = [
    ("query", "?v=:/?%23[]@!$%26'()*+,;=%20%25%2F%C3%A9"),
    ("path", "/:%2F%3F%23%5B%5D@!$&'()*+,;=%20%25%2F%C3%A9"),
]


@pytest.mark.parametrize(("location", "sent"), RESERVED)
def test_reserved_characters_stay_if_they_end_nothing(location: str, sent: str) -> None:
    """allowReserved: reserved characters and percent-encoded triples pass, but for those that would end the value in
    its location; a percent sign alone is encoded."""
    plan = plan_of({"name": "v", "in": location, "schema": STRING, "allowReserved": True})

    assert target(plan, v=":/?#[]@!$&'()*+,;= %%2Fé") == sent


def test_reserved_characters_of_a_cookie() -> None:
    """In a cookie all reserved characters pass but the semicolon, which ends it."""
    plan = plan_of({"name": "v", "in": "cookie", "schema": STRING, "allowReserved": True})

    assert cookie(plan, v=":/?#[]@!$&'()*+,;= %41\"") == "v=:/?#[]@!$&'()*+,%3B=%20%41%22"


def test_reserved_characters_in_lists_and_objects() -> None:
    """The delimiter stays between items alone; the name of a member is not a value."""
    flat = {"name": "v", "in": "query", "schema": ARRAY, "allowReserved": True, "explode": False}
    members = {"name": "v", "in": "query", "schema": ANY_OBJECT, "allowReserved": True}

    assert target(plan_of(flat), v=["a/b", "c,d"]) == "?v=a/b,c%2Cd"
    assert target(plan_of(members), v={"a&b=c": "x/y=z"}) == "?a%26b%3Dc=x/y=z"


def test_the_example_of_reserved_and_delimited_values() -> None:
    """Appendix C, "Expansion with Non-RFC6570-Supported Options"."""
    plan = plan_of(
        {"name": "formulas", "in": "query", "schema": ANY_OBJECT, "explode": True, "allowReserved": True},
        {"name": "words", "in": "query", "schema": ARRAY, "style": "spaceDelimited"},
    )
    sent = target(plan, formulas={"a": "x%2By", "b": "x/y", "c": "x^y"}, words=["math", "is", "fun"])

    assert sent == "?a=x%2By&b=x/y&c=x%5Ey&words=math%20is%20fun"


def test_a_path_variable_stays_below_its_place() -> None:
    """A value has no unescaped slash, question mark or hash (3.2, "Path Templating"), and no segment that leads
    elsewhere."""
    plan = plan_of({"name": "v", "in": "path", "schema": STRING, "allowReserved": True})

    assert target(plan, v="a/b c") == "/a%2Fb%20c"
    assert "'..'" in problem(plan, v="a/../b")
    assert "'..'" in problem(plan, v="a/%2E%2e/b")


def test_reserved_is_for_the_query_before_3_2() -> None:
    """OpenAPI 3.0 and 3.1: allowReserved applies to parameters in the query only."""
    node = {"name": "v", "in": "path", "schema": STRING, "allowReserved": True}

    assert target(plan_of(node, version="3.1.0"), v="a/b") == "/a%2Fb"


@pytest.mark.parametrize("style", ["spaceDelimited", "pipeDelimited"])
def test_an_item_with_an_encoded_delimiter_is_refused(style: str) -> None:
    """A blank or a bar in an item could not be told from the delimiter (appendix E)."""
    plan = plan_of({"name": "v", "in": "query", "schema": ARRAY, "style": style})

    assert "cannot be read back" in problem(plan, v=["a b|c", "d"])


def test_names_are_encoded() -> None:
    """Names hold any character; those that delimit are encoded ("Illegal Variable Names as Parameter Names")."""
    names = ["$top", "filter[name]", "a b", "❤", "a&b=c"]
    plan = plan_of(*({"name": name, "in": "query", "schema": STRING} for name in names))
    request = request_of(plan, **dict.fromkeys(names, "1"))

    assert request.url == f"{BASE}/x?$top=1&filter%5Bname%5D=1&a%20b=1&%E2%9D%A4=1&a%26b%3Dc=1"
    assert read(plan, request) == dict.fromkeys(names, "1")


# Objects and other parameters


def test_a_member_that_is_another_parameter_is_refused() -> None:
    """The members of an exploded object are parameters themselves: none may have the name of another."""
    plan = plan_of(
        {"name": "v", "in": "query", "schema": ANY_OBJECT}, {"name": "limit", "in": "query", "schema": INTEGER}
    )
    request = request_of(plan, v={"page": "4"}, limit=5)

    assert request.url == f"{BASE}/x?page=4&limit=5"
    assert read(plan, request) == {"v": {"page": "4"}, "limit": 5}
    assert "the name of another parameter" in problem(plan, v={"limit": 1})


def test_an_object_inside_an_object_is_for_deep_objects() -> None:
    """RFC 6570 has one level; what has no text is refused in words."""
    assert "an object cannot be written here" in problem(
        plan_of({"name": "v", "in": "query", "schema": ANY_OBJECT}), v={"a": {"b": 1}}
    )
    deep = plan_of({"name": "v", "in": "query", "schema": ANY_OBJECT, "style": "deepObject"})
    assert target(deep, v={"a": {"b": [1, 2]}}) == "?v%5Ba%5D%5Bb%5D%5B0%5D=1&v%5Ba%5D%5Bb%5D%5B1%5D=2"


def test_a_name_in_several_locations() -> None:
    """Parameters of one name in several locations are several arguments; the location tells them apart."""
    plan = plan_of(
        {"name": "id", "in": "path", "schema": STRING},
        {"name": "id", "in": "query", "schema": STRING},
        {"name": "id", "in": "header", "schema": STRING},
        {"name": "id", "in": "cookie", "schema": STRING},
    )
    arguments = {"path.id": "p", "query.id": "q", "header.id": "h", "cookie.id": "c"}
    request = request_of(plan, **arguments)

    assert (str(request.url), request.headers["id"], request.headers["Cookie"]) == (f"{BASE}/x/p?id=q", "h", "id=c")
    assert [argument.name for argument in plan.arguments] == ["id", "id_2", "id_3", "id_4"]


def test_the_documentation_says_where_an_unusual_argument_goes() -> None:
    """The location is named if it tells arguments of one name apart, and for cookies and the whole query; the members
    of an object are listed."""
    members = {"type": "object", "required": ["b"], "properties": {"a": STRING, "b": STRING}}
    text = documentation(
        plan_of(
            {"name": "id", "in": "path", "schema": STRING},
            {"name": "id", "in": "query", "schema": STRING},
            {"name": "c", "in": "cookie", "schema": STRING},
            {"name": "plain", "in": "query", "schema": STRING},
            {"name": "o", "in": "query", "style": "deepObject", "schema": members},
        )
    )

    assert [line.strip() for line in text.splitlines() if line.startswith("    ")][:5] == [
        "id (str, in path, required)",
        "id_2 (str, in query)",
        "c (str, a cookie)",
        "plain (str)",
        "o (dict[str, typing.Any]): Members: b, [a].",
    ]


# Empty values


def test_an_empty_value_where_it_is_allowed() -> None:
    """allowEmptyValue: a text without a character, whatever the schema."""
    node = {"name": "v", "in": "query", "schema": INTEGER}

    assert target(plan_of({**node, "allowEmptyValue": True}), v="") == "?v="
    assert "must be integer" in problem(plan_of(node), v="")


# Content


def test_a_parameter_in_json() -> None:
    """The example of the specification: JSON without blanks, percent-encoded."""
    schema = {"type": "object", "properties": {"lat": {"type": "number"}, "long": {"type": "number"}}}
    plan = plan_of({"name": "coordinates", "in": "query", "content": {"application/json": {"schema": schema}}})
    request = request_of(plan, coordinates={"lat": 10, "long": 60})

    assert request.url == f"{BASE}/x?coordinates=%7B%22lat%22%3A10%2C%22long%22%3A60%7D"
    assert read(plan, request) == {"coordinates": {"lat": 10, "long": 60}}
    assert "lat: must be number" in problem(plan, coordinates={"lat": "x"})


DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"
CONTENT = [
    ("path", "application/json", {"a": "x/y é"}, "/%7B%22a%22%3A%22x%2Fy%20%C3%A9%22%7D"),
    ("query", "application/vnd.x+json", [1, None], "?v=%5B1%2Cnull%5D"),
    ("query", "text/plain", "a b&c", "?v=a%20b%26c"),
    ("query", "application/x-www-form-urlencoded", {"a": "b c"}, "?v=a%3Db%2Bc"),
    ("query", "application/xml", {"a": "<"}, "?v=%3Cv%3E%3Ca%3E%26lt%3B%3C%2Fa%3E%3C%2Fv%3E"),
]


@pytest.mark.parametrize(("location", "media_type", "value", "sent"), CONTENT, ids=str)
def test_a_parameter_in_a_media_type(location: str, media_type: str, value: Any, sent: str) -> None:
    """The text of the codec is percent-encoded as a whole, and read by the same codec."""
    schema = {"xml": {"name": "v"}, "type": "object"} if isinstance(value, dict) else {}
    plan = plan_of({"name": "v", "in": location, "content": {media_type: {"schema": schema}}})

    assert target(plan, v=value).replace(quote(DECLARATION, safe=""), "") == sent
    assert read(plan, request_of(plan, v=value)) == {"v": value}


def test_json_in_a_header_field_and_in_a_cookie() -> None:
    """A header field has JSON as it is, escaped where it would not be ASCII; a cookie has it percent-encoded."""
    content = {"application/json": {"schema": {}}}
    plan = plan_of({"name": "H", "in": "header", "content": content}, {"name": "c", "in": "cookie", "content": content})
    value = {"a": "é😀", "b": [1, "x;y"]}
    request = request_of(plan, H=value, c=["x;y"])

    assert request.headers["H"] == '{"a":"\\u00e9\\ud83d\\ude00","b":[1,"x;y"]}'
    assert request.headers["Cookie"] == "c=%5B%22x%3By%22%5D"
    assert read(plan, request) == {"H": value, "c": ["x;y"]}


def test_a_media_type_without_a_codec_is_unsupported() -> None:
    """What no codec writes is refused, not written in another way."""
    with pytest.raises(Unsupported, match="message/rfc822"):
        request_of(plan_of({"name": "v", "in": "query", "content": {"message/rfc822": {}}}), v="x")


# The whole query

QUERYSTRINGS = [
    ("application/x-www-form-urlencoded", {"foo": "a + b", "bar": True}, "?foo=a+%2B+b&bar=true"),
    ("application/json", {"numbers": [1, 2], "flag": None}, "?%7B%22numbers%22%3A%5B1%2C2%5D%2C%22flag%22%3Anull%7D"),
    ("text/plain", "a=b&c d", "?a%3Db%26c%20d"),
    ("application/jsonpath", "$.a.b[1:1]", "?%24.a.b%5B1%3A1%5D"),
]


@pytest.mark.parametrize(("media_type", "value", "sent"), QUERYSTRINGS, ids=str)
def test_the_whole_query_is_one_value(media_type: str, value: Any, sent: str) -> None:
    """The examples of the specification: a form as it is, other media types percent-encoded; the name is not used."""
    schema = {
        "type": "object" if isinstance(value, dict) else "string",
        "properties": {"bar": {"type": "boolean"}},
    }
    plan = plan_of({"name": "q", "in": "querystring", "content": {media_type: {"schema": schema}}})
    request = request_of(plan, q=value)

    assert target(plan, q=value) == sent
    assert read(plan, request) == {"q": value}
    assert str(request_of(plan).url) == f"{BASE}/x"


# Header fields


def test_a_header_field_is_passed_as_it_is() -> None:
    """No percent-encoding and no quoting ("Fixed Fields for use with schema")."""
    plan = plan_of({"name": "X-V", "in": "header", "schema": STRING})
    request = request_of(plan, **{"X-V": 'a b/c?d=e;f,"g" 50%25'})

    assert request.headers["X-V"] == 'a b/c?d=e;f,"g" 50%25'
    assert read(plan, request) == {"X-V": 'a b/c?d=e;f,"g" 50%25'}


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\x00", " a", "a ", "ü☃"], ids=repr)
def test_what_a_header_field_cannot_hold_is_refused(value: str) -> None:
    """Control characters, blanks at an end and characters beyond Latin-1 are refused before anything is sent."""
    assert "it is a header field" in problem(plan_of({"name": "X-V", "in": "header", "schema": STRING}), x_v=value)


def test_a_comma_in_an_item_of_a_header_field_is_refused() -> None:
    """Nothing quotes it, so it would be read as two items."""
    plan = plan_of({"name": "v", "in": "header", "schema": ARRAY})

    assert "cannot be read back" in problem(plan, v=["a,b"])


def test_fields_that_other_parts_of_the_document_describe_are_ignored() -> None:
    """Accept, Content-Type and Authorization are no parameters in OpenAPI 3."""
    names = ("Accept", "content-type", "AUTHORIZATION")
    plan = plan_of(*({"name": name, "in": "header", "required": True, "schema": STRING} for name in names))

    assert plan.arguments == ()


# Cookies


def test_several_cookies_are_in_a_single_field() -> None:
    """RFC 6265 section 4.2.1: pairs with a semicolon and a blank between them."""
    plan = plan_of(*({"name": name, "in": "cookie", "schema": STRING} for name in "ab"))

    assert cookie(plan, a="1", b="2 3") == "a=1; b=2%203"


def test_a_cookie_of_style_cookie_is_passed_as_it_is() -> None:
    """The example of the specification: what is encoded already stays."""
    plan = plan_of({"name": "c", "in": "cookie", "style": "cookie", "schema": {"type": "object"}})
    value = {"greeting": "Hello%2C world!", "code": "42"}
    request = request_of(plan, c=value)

    assert request.headers["Cookie"] == "greeting=Hello%2C world!; code=42"
    assert read(plan, request) == {"c": value}


@pytest.mark.parametrize("value", ["a;b", "a\nb", "é", " a", "a "], ids=repr)
def test_what_a_cookie_cannot_hold_is_refused(value: str) -> None:
    """In style cookie a delimiter, a control, a character beyond ASCII or a blank at an end is refused."""
    plan = plan_of({"name": "c", "in": "cookie", "style": "cookie", "schema": STRING})

    assert "a cookie cannot hold" in problem(plan, c=value)


@pytest.mark.parametrize("name", ["", "a;b", "a b", "a=b"], ids=repr)
def test_a_member_that_is_no_name_of_a_cookie_is_refused(name: str) -> None:
    """An exploded object of style cookie has names of cookies for members."""
    plan = plan_of({"name": "c", "in": "cookie", "style": "cookie", "schema": {"type": "object"}})

    assert "no cookie can have" in problem(plan, c={name: "1"})


# Header fields of responses


FIELDS: list[tuple[dict[str, Any], list[str], Any]] = [
    ({"schema": INTEGER}, ["42"], 42),
    ({"schema": {"type": "boolean"}}, ["true"], True),
    ({"schema": {"type": "array", "items": INTEGER}}, ["1,2 , 3"], [1, 2, 3]),
    ({"schema": {"type": "array", "items": INTEGER}}, ["1", "2, 3"], [1, 2, 3]),
    ({"schema": {"type": "array", "items": INTEGER}}, [""], []),
    ({"schema": ARRAY}, ["a%20b"], ["a%20b"]),
    ({"schema": OBJECT}, ["R,100, G,200"], {"R": 100, "G": 200}),
    ({"schema": OBJECT, "explode": True}, ["R=100, G=200"], {"R": 100, "G": 200}),
    ({"content": {"application/json": {"schema": {}}}}, ['{"a":[1,2]}'], {"a": [1, 2]}),
    ({"content": {"text/plain": {"schema": INTEGER}}}, ["7"], 7),
    ({"schema": {"oneOf": [INTEGER, STRING]}}, ["7"], 7),
    ({"content": {"application/linkset": {"schema": {"type": "object"}}}}, ["<a>; rel=next"], "<a>; rel=next"),
]


@pytest.mark.parametrize(("header", "values", "value"), FIELDS, ids=str)
def test_a_header_field_of_a_response_is_typed(header: dict[str, Any], values: list[str], value: Any) -> None:
    """Fields are read by style or media type; several of one name are joined; percent-encoding is not decoded."""
    plan = plan_of(headers={"X-V": header})
    response = plan.read(Response(204, Headers(("x-v", text) for text in values), b""), "strict")

    assert response.fields == {"X-V": value}


COOKIES = ["lang=en-US; Expires=Wed, 09 Jun 2021 10:18:14 GMT", "data=Hello%2C%20world%21"]
SET_COOKIE: list[tuple[dict[str, Any], Any]] = [
    ({"schema": ARRAY}, COOKIES),
    ({"schema": STRING}, "\n".join(COOKIES)),
    ({"content": {"text/plain": {"schema": STRING}}}, "\n".join(COOKIES)),
    (
        {"schema": {"type": "object"}, "explode": True},
        {"lang": "en-US; Expires=Wed, 09 Jun 2021 10:18:14 GMT", "data": "Hello%2C%20world%21"},
    ),
]


@pytest.mark.parametrize(("header", "value"), SET_COOKIE, ids=str)
def test_each_set_cookie_is_a_value(header: dict[str, Any], value: Any) -> None:
    """Set-Cookie is never joined by commas, which its values may hold ("Representing the Set-Cookie Header")."""
    plan = plan_of(headers={"Set-Cookie": header})
    response = plan.read(Response(204, Headers(("Set-Cookie", text) for text in COOKIES), b""), "strict")

    assert response.fields == {"Set-Cookie": value}


def test_a_field_that_is_not_in_its_media_type_stays_text() -> None:
    """What cannot be read is a deviation of the response, and the text is there."""
    plan = plan_of(headers={"X-V": {"content": {"application/json": {"schema": {}}}}})
    response = plan.read(Response(204, Headers([("X-V", "{")]), b""), "lenient")

    assert response.fields == {"X-V": "{"}
    assert [deviation.path for deviation in response.deviations] == [("X-V",)]


# The sandbox


def test_the_sandbox_takes_parameters_in_each_location(tmp_path: Path) -> None:
    """What the client writes is what the service and its independent judge read; required header fields of a response
    are sent, in their style."""
    nodes = [
        {"name": "m", "in": "path", "style": "matrix", "schema": OBJECT, "explode": True},
        {"name": "d", "in": "query", "style": "deepObject", "schema": OBJECT},
        {"name": "f", "in": "query", "schema": ARRAY, "style": "pipeDelimited"},
        {"name": "j", "in": "query", "content": {"application/json": {"schema": OBJECT}}},
        {"name": "c", "in": "cookie", "style": "cookie", "schema": ARRAY},
        {"name": "h", "in": "header", "schema": OBJECT, "explode": True},
    ]
    field = {"required": True, "explode": True, "schema": {**OBJECT, "example": {"R": 1, "G": 2, "B": 3}}}
    path = tmp_path / "t.json"
    path.write_text(json.dumps(document_of(*nodes, headers={"X-Color": field})))
    color = COLORS["object"]
    with Sandbox(loader.load(path)) as sandbox:
        service = openconnectors.load_file(path, base_url=sandbox.url, validate_responses="strict")
        response = service.op.response(m=color, d=color, f=["a", "b"], j=color, c=["x", "y"], h=color)

    assert response.status == 204
    assert response.fields == {"X-Color": {"R": 1, "G": 2, "B": 3}}
