"""Every value arrives: names, characters, header fields, lists, numbers, dates and media types of requests."""

from __future__ import annotations

import tempfile
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any, TypedDict
from wsgiref.simple_server import make_server

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import openconnectors
from openconnectors.cli.app import cli
from openconnectors.engine.client.connector import Connector, connected
from openconnectors.engine.client.diagnostics import diagnostics
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.http import Headers, Response
from openconnectors.engine.naming import distinct, snake
from openconnectors.engine.plan.declared import success
from openconnectors.engine.sandbox import Sandbox

Load = Callable[..., Connector]
BASE = "http://127.0.0.1:9"


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """A connector of paths, or of the parameters of ``GET /x``; with a base URL at which nobody listens."""

    def loaded(paths: Any, base_url: str = BASE, **more: Any) -> Connector:
        if isinstance(paths, list):
            operation = {"operationId": "op", "parameters": paths, "responses": {"200": {"description": "ok"}}}
            paths = {"/x": {"post" if any(path["in"] in ("body", "formData") for path in paths) else "get": operation}}
        document = {"swagger": "2.0", "info": {"title": "T", "version": "1"}, "paths": paths, **more}
        file = tmp_path / "t.swagger.yaml"
        file.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
        return openconnectors.load_file(file, base_url=base_url)

    return loaded


def query(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "type": kind, **more}


def body(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, **more}
    return {"name": "body", "in": "body", "required": True, "schema": schema}


def problems(call: Callable[..., Any], /, **arguments: Any) -> list[str]:
    with pytest.raises(openconnectors.InvalidArguments) as caught:
        call(**arguments)
    return [str(problem) for problem in caught.value.problems]


# Names

IDENTIFIERS = {
    "SendMessage": "send_message",
    "HTTPServer": "http_server",
    "имяПользователя": "имя_пользователя",
    "名前": "名前",
    "Größe": "größe",
    "ﬁle": "file",
    "e\u0301cole": "école",
    "हिन्दी": "हिन्दी",
    "\u0301": "value",
    "2fa": "n2fa",
    "٣": "n٣",
    "from": "from_",
    "__class__": "class_",
    "$filter": "filter",
    "→": "value",
}


@pytest.mark.parametrize("wire", IDENTIFIERS)
def test_a_name_of_any_script_is_an_identifier_in_normal_form(wire: str) -> None:
    """The Python name of a wire name in any script is a valid identifier in NFKC, and snake() leaves it unchanged."""
    name = snake(wire)

    assert name == IDENTIFIERS[wire]
    assert name.isidentifier()
    assert name == unicodedata.normalize("NFKC", name) == snake(name)


@given(st.from_regex(r"[ -~]*[A-Za-z][ -~]*", fullmatch=True))
def test_words_of_ascii_are_separated_as_those_of_any_script(wire: str) -> None:
    """What follows a name of ASCII in another script changes nothing of its words."""
    name = snake(wire)

    assert snake(f"{wire} é") == f"{name.removesuffix('_')}_é"


@pytest.mark.parametrize(
    ("wires", "names"),
    [
        (["a b", "a-b", "a_b"], ["a_b_2", "a_b_3", "a_b"]),
        (["To", "to"], ["to_2", "to"]),
        (["A", "a "], ["a", "a_2"]),
        (["x", "x"], ["x", "x_2"]),
        (["a.b", "a_b_2", "aB"], ["a_b", "a_b_2", "a_b_3"]),
    ],
)
def test_no_python_name_is_the_wire_name_of_another(wires: list[str], names: list[str]) -> None:
    """A Python name that equals the wire name of another parameter gets a number."""
    assert distinct(wires, map(snake, wires)) == names


COLLISIONS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "case and punctuation in the query": (
        [query("device.groups"), query("deviceGroups"), query("device_groups")],
        {"device.groups": "1", "deviceGroups": "2", "device_groups": "3"},
        "?device.groups=1&deviceGroups=2&device_groups=3",
    ),
    "by Python names": (
        [query("device.groups"), query("deviceGroups"), query("device_groups")],
        {"device_groups_2": "1", "device_groups_3": "2", "device_groups": "3"},
        "?device.groups=1&deviceGroups=2&device_groups=3",
    ),
    "a sign beside": ([query("$top"), query("top")], {"$top": "1", "top": "2"}, "?$top=1&top=2"),
    "a Python name that another has on the wire": (
        [{**query("foo_bar"), "x-ms-client-name": "baz"}, query("fooBar")],
        {"baz": "1", "foo_bar_2": "2"},
        "?foo_bar=1&fooBar=2",
    ),
    "names of Python's": (
        [query("self"), query("timeout"), query("class"), query("__init__"), query("arguments")],
        {"self": "1", "timeout": "2", "class": "3", "__init__": "4", "arguments": "5"},
        "?self=1&timeout=2&class=3&__init__=4&arguments=5",
    ),
    "Cyrillic": ([query("имя"), query("фамилия")], {"имя": "1", "фамилия": "2"}, "?%D0%B8%D0%BC%D1%8F=1&"),
}


@pytest.mark.parametrize("case", COLLISIONS)
def test_every_parameter_is_sent_with_its_own_value(load: Load, case: str) -> None:
    """Parameters whose Python names collide are each sent with the value passed for them."""
    parameters, arguments, sent = COLLISIONS[case]

    assert sent in load(parameters).op.request(**arguments).url


def test_a_header_a_query_parameter_and_a_path_variable_of_one_name_are_three_arguments(load: Load) -> None:
    """Parameters of one name in three locations are three arguments; the second and third get a number."""
    parameters = [
        {"name": "id", "in": place, "type": "string", "required": True} for place in ("query", "header", "path")
    ]
    operation = {"operationId": "op", "parameters": parameters, "responses": {"200": {"description": "ok"}}}

    request = load({"/x/{id}": {"get": operation}}).op.request(id="q", id_2="h", id_3="p")

    assert (request.url, request.headers["id"]) == (f"{BASE}/x/p?id=q", "h")


def test_members_of_a_body_that_differ_in_case_or_punctuation_are_all_sent(load: Load) -> None:
    """userId, user_id and USER-ID are three members of a body; the body as a whole is passed as body_whole."""
    kinds = {name: {"type": "string"} for name in ("userId", "user_id", "USER-ID", "body")}
    op = load([body(kinds), query("user_id")]).op

    assert op.request(userId="1", body="4", **{"USER-ID": "3"}).body == b'{"userId":"1","body":"4","USER-ID":"3"}'
    whole = {"userId": "1", "user_id": "2"}
    assert op.request(body_whole=whole).body == b'{"userId":"1","user_id":"2"}'


def test_a_numbered_name_is_a_warning_at_its_parameter(load: Load) -> None:
    """A numbered argument name is a warning parameter-collision at the line of its parameter."""
    connector = load([query("a-b"), query("a_b")])

    (message,) = diagnostics(connected(connector))

    assert (message.rule, message.severity, message.line > 1) == ("parameter-collision", "warning", True)
    assert "'a-b' of op is the argument 'a_b_2'" in message.message


def test_operations_whose_names_fold_together_are_all_reached(load: Load) -> None:
    """GetUser, get_user and getUser are three operations, each reached by its operationId."""
    answers = {"responses": {"200": {"description": "ok"}}}
    connector = load(
        {f"/{name}": {"get": {"operationId": name, **answers}} for name in ("GetUser", "get_user", "getUser")}
    )

    assert [connector[name].request().url for name in ("GetUser", "get_user", "getUser")] == [
        f"{BASE}/GetUser",
        f"{BASE}/get_user",
        f"{BASE}/getUser",
    ]
    assert connector.get_user.request().url == f"{BASE}/get_user"
    assert [diagnostic.rule for diagnostic in diagnostics(connected(connector))] == ["name-collision"] * 2


TWICE: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "wire and Python name": (
        [query("fooBar")],
        {"fooBar": "1", "foo_bar": "2"},
        "foo_bar: is given twice: as 'fooBar'",
    ),
    "equal values": ([query("fooBar")], {"fooBar": "1", "foo_bar": "1"}, "foo_bar: is given twice: as 'fooBar'"),
    "a member": ([body({"fooBar": {}})], {"fooBar": 1, "foo_bar": 2}, "foo_bar: is given twice: as 'fooBar'"),
    "an object and its member": (
        [body({"o": {"type": "object", "x-ms-client-flatten": True, "properties": {"a": {}, "b": {}}}})],
        {"o": {"a": 1}, "b": 2},
        "b: is given twice: as 'o'",
    ),
    "the whole and a part": ([body({"a": {}})], {"body": {"a": 1}, "a": 2}, "body: is given whole and in parts (a)"),
}


@pytest.mark.parametrize("case", TWICE)
def test_two_spellings_of_one_argument_are_an_error(load: Load, case: str) -> None:
    """Passing one argument under its wire name and its Python name is an error."""
    parameters, arguments, message = TWICE[case]

    assert [text.startswith(message) for text in problems(load(parameters).op.request, **arguments)] == [True]


def test_an_unknown_argument_is_named_with_the_nearest(load: Load) -> None:
    """An unknown argument is refused with the nearest name; internal parameters are never suggested."""
    message = problems(
        load([query("fooBar"), query("hidden", **{"x-ms-visibility": "internal"})]).op, foo_baz="x", hiden=1
    )

    assert message == ["foo_baz: unknown argument of op; did you mean 'foo_bar'?", "hiden: unknown argument of op"]


def test_an_internal_parameter_is_not_shown_and_can_be_given(load: Load) -> None:
    """An internal parameter is absent from signature and help, and is sent when it is passed or has a default."""
    hidden = {"x-ms-visibility": "internal"}
    op = load([query("shown"), query("Api-Version", default="1", **hidden), query("extra", **hidden)]).op

    assert list(op.__signature__.parameters) == ["shown"]
    assert "api_version" not in op.__doc__
    assert op.request().url == f"{BASE}/x?Api-Version=1"
    assert op.request(api_version="2", extra="y").url == f"{BASE}/x?Api-Version=2&extra=y"
    assert op.request(**{"Api-Version": "3"}).url == f"{BASE}/x?Api-Version=3"


# Paths

PATHS = {
    "/task lists": "/task%20lists",
    "/tab\tand\nline": "/tab%09and%0Aline",
    "/a\\b": "/a%5Cb",
    "/ü/100%/%41": "/%C3%BC/100%25/%41",
    "/$count/me:send/(a)/it's,all;v=1/@me": "/$count/me:send/(a)/it's,all;v=1/@me",
    '/[a]|^`"<>': "/%5Ba%5D%7C%5E%60%22%3C%3E",
    "/a?x=b c&y=ü&$z=%41": "/a?x=b%20c&y=%C3%BC&$z=%41",
    "/a?x={none}&y=1": "/a?y=1",
    "/a#second": "/a",
    "//a": "//a",
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_of_the_document_is_encoded_where_it_must_be(load: Load, path: str) -> None:
    """Characters of a path template that a URL may not contain are percent-encoded."""
    connector = load({path: {"get": {"operationId": "op", "responses": {"200": {"description": "ok"}}}}})

    assert connector.op.request().url == BASE + PATHS[path]


@pytest.mark.parametrize("path", ["/a/{b", "/a}/b", "/{{a}}", "/a/{}", "/a/{b}", "/../a", "/a/./b", "/a/%2E%2E/b"])
def test_what_cannot_be_a_path_is_refused_before_anything_is_sent(load: Load, path: str) -> None:
    """Unbalanced braces, undeclared path variables and dot segments in a path raise Unsupported at the call."""
    connector = load({path: {"post": {"operationId": "op", "responses": {"200": {"description": "ok"}}}}})

    with pytest.raises(openconnectors.Unsupported, match="the path"):
        connector.op()


def test_a_variable_in_the_query_of_a_path_is_a_value_of_the_query(load: Load) -> None:
    """A variable in the query string of a path template is encoded as a query value."""
    parameters = [{"name": "q", "in": "path", "required": True, "type": "string"}, query("x")]
    operation = {"operationId": "op", "parameters": parameters, "responses": {"200": {"description": "ok"}}}

    request = load({"/a?find={q}&x={x}": {"get": operation}}).op.request(q="a&b=../c", x="y")

    assert request.url == f"{BASE}/a?find=a%26b%3D../c&x=y"


# Lists


def test_an_object_in_the_query_is_refused_in_words(load: Load) -> None:
    """An object, or a list inside a list, cannot be written in a query parameter; the message says so."""
    message = problems(load([query("o", "object"), query("l", "array", items={})]).op.request, o={"a": 1}, l=[[1]])

    rest = "cannot be written here; only text, numbers and booleans can"
    assert message == [f"o: an object {rest}", f"l: a list {rest}"]


def test_lists_of_lists_travel_in_forms(load: Load) -> None:
    """A list of lists in a form field is joined by the outer and the inner collectionFormat."""
    items = {"type": "array", "collectionFormat": "pipes", "items": {"type": "integer"}}
    field = {"name": "n", "in": "formData", "type": "array", "items": items}

    assert load([field]).op.request(n=[[1, 2], [3]]).body == b"n=1%7C2,3"


# Numbers

EXACT = Decimal("0.123456789012345678")


def test_a_decimal_is_sent_with_its_digits_wherever_it_goes(load: Load) -> None:
    """A Decimal keeps its digits in path, query, header, JSON, XML and form."""
    number = {"type": "number"}
    places = [{"name": place, "in": place, "required": True, **number} for place in ("path", "query", "header")]
    answers = {"responses": {"200": {"description": "ok"}}}
    connector = load(
        {
            "/x/{path}": {"get": {"operationId": "simple", "parameters": places, **answers}},
            "/json": {"post": {"operationId": "json", "parameters": [body({"a": number, "b": {}})], **answers}},
            "/xml": {
                "post": {
                    "operationId": "xml",
                    "consumes": ["application/xml"],
                    "parameters": [body({"a": number}, xml={"name": "r"})],
                    **answers,
                }
            },
            "/form": {
                "post": {"operationId": "form", "parameters": [{"name": "a", "in": "formData", **number}], **answers}
            },
        }
    )

    simple = connector.simple.request(path=EXACT, query=Decimal("1.10"), header=Decimal("1E+3"))
    assert (simple.url, simple.headers["header"]) == (f"{BASE}/x/0.123456789012345678?query=1.10", "1000")
    assert connector.json.request(a=EXACT, b=[Decimal("-0.0"), {"c": EXACT}]).body == (
        b'{"a":0.123456789012345678,"b":[-0.0,{"c":0.123456789012345678}]}'
    )
    assert b"<a>0.123456789012345678</a>" in connector.xml.request(a=EXACT).body
    assert connector.form.request(a=EXACT).body == b"a=0.123456789012345678"


@pytest.mark.parametrize("value", ["NaN", "sNaN", "-Infinity", "1E+400", "1E-400", "1E+999999"])
def test_what_is_no_number_of_json_is_refused(load: Load, value: str) -> None:
    """NaN, infinities and numbers beyond a double are refused as arguments."""
    connector = load([query("n", "number"), body({"b": {"type": "number"}})])

    assert problems(connector.op, n=Decimal(value)) == ["n: is not a number that JSON has and every peer reads"]
    assert problems(connector.op, n=float("nan"))
    assert problems(connector.op, b=float("inf"))


def test_a_decimal_is_judged_by_its_schema(load: Load) -> None:
    """A Decimal is validated by maximum, multipleOf and type, exactly."""
    op = load([query("n", "number", maximum=1, multipleOf=0.01), query("s"), query("i", "integer")]).op

    assert op.request(n=Decimal("0.07"), i=Decimal("3")).url == f"{BASE}/x?n=0.07&i=3"
    assert problems(op, n=Decimal("1.01")) == ["n: must be at most 1, not 1.01"]
    assert problems(op, n=Decimal("0.075")) == ["n: must be a multiple of 0.01, not 0.075"]
    assert problems(op, s=Decimal(1), i=Decimal("1.5")) == ["s: must be string, not 1.0", "i: must be integer, not 1.5"]


DECIMALS = {
    "type": "object",
    "properties": {
        "number": {"type": "number", "format": "decimal"},
        "whole": {"type": "number", "format": "decimal"},
        "text": {"type": "string", "format": "decimal"},
        "list": {"type": "array", "items": {"type": "number", "format": "decimal"}},
        "double": {"type": "number", "format": "double"},
        "odd": {"type": "string", "format": "decimal"},
    },
}


@pytest.mark.parametrize("media_type", ["application/json", "application/xml"])
def test_a_number_declared_to_be_decimal_comes_with_its_digits(load: Load, media_type: str) -> None:
    """format: decimal gives Decimal in responses; text that is not a decimal stays text and is a deviation."""
    connector = load(
        {"/x": {"get": {"operationId": "op", "responses": {"200": {"description": "ok", "schema": DECIMALS}}}}},
        produces=["application/json", "application/xml"],
    )
    sent = {"number": EXACT, "whole": 10, "text": "1.10", "list": [EXACT], "double": 0.5, "odd": "n/a", "other": 1.5}
    plan = calls_of(connector.op).plan
    content = plan.bodies.response(success(plan.operation), media_type).encode(sent, [])

    response = plan.read(Response(200, Headers([("Content-Type", media_type)]), content), "lenient")

    value = response.value
    assert {name: value[name] for name in ("number", "whole", "text", "list")} == {
        "number": EXACT,
        "whole": Decimal(10),
        "text": Decimal("1.10"),
        "list": [EXACT],
    }
    assert str(value["number"]) == "0.123456789012345678"
    assert [type(value[name]) for name in ("number", "whole", "text", "double")] == [Decimal, Decimal, Decimal, float]
    assert media_type == "application/xml" or type(value["other"]) is float
    assert (value["odd"], [str(deviation) for deviation in response.deviations]) == (
        "n/a",
        ["odd: 'n/a' is not a decimal number such as 12.30"],
    )


def test_a_signature_says_which_numbers_are_decimals(load: Load) -> None:
    """The signature annotates format: decimal as Decimal and other numbers as float."""
    op = load([query("n", "number", format="decimal"), query("t", format="decimal"), query("d", "number")]).op

    kinds = {name: parameter.annotation for name, parameter in op.__signature__.parameters.items()}

    assert kinds == {"n": Decimal | None, "t": Decimal | None, "d": float | None}


def test_text_declared_to_be_decimal_is_given_as_a_decimal_or_as_text(load: Load) -> None:
    """A string of format decimal accepts a Decimal or decimal text, and refuses a float."""
    op = load([query("n", format="decimal")]).op

    assert op.request(n=Decimal("12.30")).url == f"{BASE}/x?n=12.30"
    assert op.request(n="12.30").url == f"{BASE}/x?n=12.30"
    assert problems(op, n="1,5") == ["n: '1,5' is not a decimal number such as 12.30"]
    assert problems(op, n=1.5) == ["n: must be string, not 1.5"]


# Dates


def test_dates_are_objects_wherever_the_document_or_its_wire_declaration_has_one(load: Load) -> None:
    """A date format in x-connector-wire makes date objects of arguments, as the format of the schema does."""

    def wire(kind: str, form: str) -> dict[str, Any]:
        return {"type": "string", "x-connector-wire": {"schema": {"type": kind, "format": form}}}

    day = wire("string", "date")
    seconds = {**wire("integer", "unixtime"), "format": "date-time"}
    http = {**wire("string", "date-time-rfc1123"), "format": "date-time"}
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    connector = load(
        [
            {**query("day"), **day},
            body({"at": seconds, "http": http, "days": {"type": "array", "items": day}}),
        ]
    )

    request = connector.op.request(day=date(2026, 1, 31), at=noon, http=noon, days=[date(2026, 1, 31), "2026-02-01"])

    assert request.url == f"{BASE}/x?day=2026-01-31"
    assert (
        request.body == b'{"at":1769860800,"http":"Sat, 31 Jan 2026 12:00:00 GMT","days":["2026-01-31","2026-02-01"]}'
    )
    assert problems(connector.op, day="tomorrow") == ["day: 'tomorrow' is not an RFC 3339 date such as 2026-01-31"]


@pytest.mark.parametrize(
    ("form", "value", "message"),
    [
        (
            "date",
            datetime(2026, 1, 31, tzinfo=UTC),
            "must be a date or text such as 2026-01-31, not a datetime; give value.date()",
        ),
        ("date-time", date(2026, 1, 31), "must be a datetime or RFC 3339 text, not date"),
        ("date-time", datetime(2026, 1, 31), "has no time zone"),
        (
            "date-time",
            datetime(2026, 1, 31, tzinfo=timezone(timedelta(seconds=15))),
            "has an offset from UTC with seconds",
        ),
        ("time", datetime(2026, 1, 31, tzinfo=UTC), "must be a time or text such as 12:00:00, not datetime"),
    ],
)
def test_an_object_of_another_kind_than_the_format_is_refused(load: Load, form: str, value: Any, message: str) -> None:
    """A date or time object of another kind than the format is refused with the kind to pass."""
    (problem,) = problems(load([query("v", format=form)]).op, v=value)

    assert message in problem


# What is no plain data


class Colour(str, Enum):  # noqa: UP042 - whose text is another than its value
    RED = "red"


class Size(IntEnum):
    LARGE = 3


@dataclass
class Point:
    x: int = 1


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no text of this")


def test_what_extends_text_or_a_number_is_sent_as_that(load: Load) -> None:
    """Members of str and int enums are sent as their values, a range as a list."""
    op = load([query("s"), query("i", "integer"), body({"a": {}, "b": {}})]).op

    request = op.request(s=Colour.RED, i=Size.LARGE, a=[Colour.RED, Size.LARGE], b={Colour.RED: range(2)})

    assert (request.url, request.body) == (f"{BASE}/x?s=red&i=3", b'{"a":["red",3],"b":{"red":[0,1]}}')


def holds_itself() -> list[Any]:
    values: list[Any] = []
    values.append(values)
    return values


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


FOREIGN: dict[str, tuple[Any, str]] = {
    "a dataclass": (Point(), "Point(x=1); give dataclasses.asdict(value)"),
    "an object": (object(), "not <object object"),
    "an object without words": (Hostile(), "Hostile"),
    "bytes": (b"ab", "not b'ab'; give it as text, such as base64.b64encode(value).decode()"),
    "a generator": ((letter for letter in "ab"), "give a list"),
    "a type": (int, "not <class 'int'>"),
    "half of a surrogate pair": ("\ud800", "unpaired surrogate"),
    "a name that is no text": ({1: 2}, "has a member 1, whose name is not text"),
    "a list that holds itself": (holds_itself(), "nested too deep"),
    "a list 5,000 deep": (nested(5000), "nested too deep"),
    "a complex number": (1j, "not 1j"),
    "10 to the 5,000th": (10**5000, "is not a number that JSON has and every peer reads"),
}
PLACES = ("query", "header", "path", "body", "any member", "text member", "list member")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", FOREIGN)
def test_what_cannot_be_sent_is_an_error_of_the_tree(load: Load, case: str, place: str) -> None:
    """A value that cannot be serialized raises InvalidArguments, whatever the location of its parameter."""
    value, message = FOREIGN[case]
    kinds = {"any member": {}, "text member": {"type": "string"}, "list member": {"type": "array", "items": {}}}
    if place == "body":
        parameter: dict[str, Any] = {"name": "v", "in": "body", "schema": {"type": "object"}}
    elif place in kinds:
        parameter = body({"v": kinds[place]})
    else:
        parameter = {"name": "v", "in": place, "type": "string", "required": True}
    operation = {"operationId": "op", "parameters": [parameter], "responses": {"200": {"description": "ok"}}}
    connector = load({"/x/{v}" if place == "path" else "/x": {"post": operation}})

    (problem, *_) = problems(connector.op, v=value)

    assert problem.startswith("v")
    assert message in problem or place not in ("query", "text member")


def test_bytes_where_json_has_text_are_refused_with_what_to_give(load: Load) -> None:
    """Bytes for a string of a JSON body are refused with the advice to encode them as base64."""
    op = load([body({"file": {"type": "string", "format": "binary"}})]).op

    assert op.request(file="text").body == b'{"file":"text"}'
    assert problems(op, file=b"\0") == [
        "file: must be string, not b'\\x00'; give it as text, such as base64.b64encode(value).decode()"
    ]
    assert problems(op, file=5) == ["file: must be string, not 5"]


def test_null_is_sent_where_it_is_a_value(load: Load) -> None:
    """None is sent as null for x-nullable members, with any type, and refused for others."""
    item = {"type": "object", "properties": {"a": {"type": "string", "format": "date"}}}
    kinds: dict[str, Any] = {
        "list": {"type": "array", "items": {"$ref": "#/definitions/Item"}, "x-nullable": True},
        "object": {"allOf": [{"$ref": "#/definitions/Item"}], "x-nullable": True},
        "text": {"type": "string", "enum": ["a"], "x-nullable": True},
        "strict": {"type": "array", "items": {"type": "string"}},
    }
    op = load([body(kinds)], definitions={"Item": item}).op

    assert op.request(list=None, object=None, text=None).body == b'{"list":null,"object":null,"text":null}'
    assert op.request(body={"list": [{"a": date(2026, 1, 31)}]}).body == b'{"list":[{"a":"2026-01-31"}]}'
    assert problems(op, body={"strict": None}) == ["body.strict: must be array, not None"]


# Header fields


def header(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "type": "string", "required": True, **more}


def test_fields_that_the_transport_sets_are_not_required() -> None:
    """Host, Content-Length, Connection and the like that a document declares do not stand in the way of its calls."""
    seen: list[dict[str, str]] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append({name: str(text) for name, text in environ.items() if name.startswith(("HTTP_", "CONTENT_"))})
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]

    server = make_server("127.0.0.1", 0, application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    names = ("Host", "Content-Length", "Connection", "Transfer-Encoding", "Accept", "Content-Type", "Cookie")
    document = {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/x": {
                "post": {
                    "operationId": "op",
                    "parameters": [*map(header, names), body({"a": {"type": "integer"}})],
                    "responses": {"200": {"description": "ok"}},
                }
            }
        },
    }
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "t.swagger.yaml"
            file.write_text(yaml.safe_dump(document), "utf-8")
            op = openconnectors.load_file(file, base_url=f"http://127.0.0.1:{server.server_port}").op
        op(cookie="session=1; theme=dark", a=1)
        fields = {"content_length": "999", "connection": "close", "host": f"127.0.0.1:{server.server_port}"}
        op(cookie="a=b", a=1, transfer_encoding="chunked", **fields)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert [environ["HTTP_COOKIE"] for environ in seen] == ["session=1; theme=dark", "a=b"]
    assert [environ["CONTENT_LENGTH"] for environ in seen] == ["7", "7"]
    assert [environ["CONTENT_TYPE"] for environ in seen] == ["application/json"] * 2
    assert {environ["HTTP_HOST"] for environ in seen} == {fields["host"]}
    assert list(op.__signature__.parameters) == ["cookie", "accept", "content_type", "a", "body"]


def test_another_host_than_that_of_the_url_is_refused(load: Load) -> None:
    """A parameter Host may only repeat the host of the URL."""
    op = load([header("Host")]).op

    assert op.request(host="127.0.0.1:9").headers.keys() == {"Accept"}
    assert problems(op, host="evil.example") == [
        "host: would set the header field Host, which is that of the URL; give base_url to call another host"
    ]


def test_of_two_parameters_that_are_one_header_field_none_is_lost(load: Load) -> None:
    """Two parameters that are the same header field cannot both be passed (RFC 9110 section 5.1)."""
    op = load([header("X-A", required=False), header("x-a", required=False)]).op

    assert op.request(**{"X-A": "1"}).headers["X-A"] == "1"
    assert problems(op, **{"X-A": "1", "x-a": "2"}) == [
        "x_a_2: is the header field of 'x_a' too (RFC 9110 section 5.1); give one"
    ]


@pytest.mark.parametrize("name", ["Expect", "TE", "Upgrade", "Trailer", "Proxy-Authorization", "User-Agent"])
def test_a_field_that_the_client_sets_is_not_required(load: Load, name: str) -> None:
    """A required parameter for a header field that the client sets itself need not be passed."""
    assert load([header(name)]).op.request().headers.keys() == {"Accept"}


def test_a_user_agent_that_the_document_does_not_accept_is_required(load: Load) -> None:
    """A required User-Agent of a pattern that the client's own does not match is an argument that must be passed."""
    op = load([header("User-Agent", pattern="^Player/[0-9]+$")]).op

    assert problems(op) == ["user_agent: is missing"]
    assert op.request(user_agent="Player/1").headers["User-Agent"] == "Player/1"


def test_a_cookie_is_a_header_field_as_any(load: Load) -> None:
    """A parameter Cookie is validated as a header field, and the option headers overrides it."""
    op = load([header("Cookie")]).op

    assert op.using(headers={"Cookie": "a=1"}).request(cookie="b=2").headers["Cookie"] == "a=1"
    assert problems(op, cookie="a=1\r\nX: y") == [
        "cookie: must not contain a line break or another control character: it is a header field"
    ]


def test_a_parameter_named_content_type_chooses_the_type_of_the_body(load: Load) -> None:
    """A parameter Content-Type selects the codec of the request body, unless the option does."""
    parameters = [header("content-type", required=False), body({"a": {"type": "integer"}})]
    op = load(parameters, consumes=["application/json", "application/xml", "application/x-www-form-urlencoded"]).op

    assert op.request(a=1).headers["Content-Type"] == "application/json"
    request = op.request(a=1, content_type="application/x-www-form-urlencoded")
    assert (request.headers, request.body) == (
        {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
        b"a=1",
    )
    xml = op.using(content_type="application/xml")
    assert xml.request(a=1).headers["Content-Type"] == "application/xml"
    assert problems(xml.request, a=1, content_type="application/json") == [
        "content_type: is given twice: the option content_type is 'application/xml'; give it once"
    ]


def test_an_option_goes_before_the_default_of_the_parameter_for_it(load: Load) -> None:
    """The option accept overrides the default of a parameter Accept."""
    op = load([header("Accept", default="application/json")], produces=["application/json", "application/xml"]).op

    assert op.request().headers["Accept"] == "application/json"
    assert op.using(accept="application/xml").request().headers["Accept"] == "application/xml"


def test_a_field_that_a_scheme_sets_is_not_required(load: Load) -> None:
    """A required parameter Authorization need not be passed if a security scheme sets that field."""
    scheme = {"key": {"type": "apiKey", "in": "header", "name": "Authorization"}}
    connector = load([header("Authorization")], securityDefinitions=scheme, security=[{"key": []}])

    assert "Authorization" not in connector.op.request().headers


# Media types


class Sent(TypedDict, total=False):
    consumes: list[str]
    schema: dict[str, Any]
    value: Any
    option: str
    type: str
    body: bytes


OBJECT: dict[str, Any] = {"type": "object"}
TEXT: dict[str, Any] = {"type": "string"}
SENT: dict[str, Sent] = {
    "an object, any type": {"consumes": ["*/*"], "value": {"a": 1}, "type": "application/json", "body": b'{"a":1}'},
    "an object, any application": {
        "consumes": ["application/*"],
        "value": {},
        "type": "application/json",
        "body": b"{}",
    },
    "text, any type": {
        "consumes": ["*/*"],
        "schema": {"type": "string"},
        "value": "x",
        "type": "text/plain",
        "body": b"x",
    },
    "text, any application": {
        "consumes": ["application/*"],
        "schema": {"type": "string"},
        "value": "x",
        "type": "application/json",
        "body": b'"x"',
    },
    "bytes, any type": {"consumes": ["*/*"], "value": b"\0", "type": "application/octet-stream", "body": b"\0"},
    "a file, any image": {
        "consumes": ["image/*"],
        "value": openconnectors.File(b"\0", content_type="image/png"),
        "type": "image/png",
        "body": b"\0",
    },
    "a named file, any image": {
        "consumes": ["image/*"],
        "value": openconnectors.File(b"\0", "a.gif"),
        "type": "image/gif",
        "body": b"\0",
    },
    "chosen": {"consumes": ["*/*"], "value": {"a": 1}, "option": "application/xml", "type": "application/xml"},
    "bytes of what no codec writes": {
        "consumes": ["message/rfc822"],
        "value": b"From: a",
        "type": "message/rfc822",
        "body": b"From: a",
    },
    "text of what no codec writes": {
        "consumes": ["multipart/mixed; boundary=x"],
        "value": "--x--",
        "type": "multipart/mixed; boundary=x",
        "body": b"--x--",
    },
    "text of what is no JSON": {
        "consumes": ["application/yaml"],
        "value": "a: 1",
        "type": "application/yaml",
        "body": b"a: 1",
    },
    "parameters of the document": {
        "consumes": ["application/json; odata.metadata=none"],
        "value": {},
        "type": "application/json; odata.metadata=none",
        "body": b"{}",
    },
    "parameters of the option": {
        "consumes": ["application/json"],
        "value": {},
        "option": "application/json;odata=verbose",
        "type": "application/json;odata=verbose",
        "body": b"{}",
    },
}


@pytest.mark.parametrize("case", SENT)
def test_the_media_type_of_a_body_suits_its_value(load: Load, case: str) -> None:
    """Of the media types that an operation consumes, the first that can hold the value is sent."""
    sent = SENT[case]
    schema = sent.get("schema", OBJECT)
    op = load([{"name": "data", "in": "body", "schema": schema}], consumes=sent["consumes"]).op
    option = sent.get("option")

    request = op.using(content_type=option).request(data=sent["value"])

    assert request.headers["Content-Type"] == sent["type"]
    written = request.body if isinstance(request.body, bytes) else b"".join(request.body)
    assert written == sent.get("body", written)


def test_a_media_type_within_a_range_must_be_chosen(load: Load) -> None:
    """If consumes has only a range, the caller must choose the media type, within that range."""
    op = load([{"name": "data", "in": "body", "schema": {}}], consumes=["image/*"]).op

    assert problems(op, data=b"\0") == [
        "content_type: must be chosen: op takes image/*; give using(content_type=…), or a File with its type"
    ]
    assert problems(op.using(content_type="text/plain"), data="x") == [
        "content_type: 'text/plain' is not taken by op; it takes image/*"
    ]
    with pytest.raises(openconnectors.Unsupported, match="give the body as bytes or text"):
        load([{"name": "data", "in": "body", "schema": {}}], consumes=["message/rfc822"]).op(data={})


ACCEPTED: dict[str, tuple[list[str], dict[str, Any] | None, str]] = {
    "text before JSON": (
        ["text/plain", "application/json", "text/json"],
        OBJECT,
        "application/json, text/json;q=0.9, text/plain;q=0.8",
    ),
    "octets and tables before JSON": (
        ["application/octet-stream", "text/csv", "application/json"],
        {"type": "array", "items": {}},
        "application/json, application/octet-stream;q=0.9, text/csv;q=0.8",
    ),
    "XML before JSON": (["application/xml", "application/json"], OBJECT, "application/xml, application/json;q=0.9"),
    "text is promised": (["text/plain", "application/json"], {"type": "string"}, "text/plain, application/json;q=0.9"),
    "nothing is promised": (["text/plain", "application/json"], None, "text/plain, application/json;q=0.9"),
    "any type": (["*/*"], OBJECT, "application/json, */*;q=0.9"),
    "any type of anything": (["*/*"], {"type": "string"}, "*/*"),
    "what no codec reads": (["chemical/x-pdb", "application/json"], OBJECT, "application/json, chemical/x-pdb;q=0.9"),
    "with parameters": (["application/json; odata.metadata=none"], OBJECT, "application/json; odata.metadata=none"),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accept_begins_with_what_can_hold_the_declared_value(load: Load, case: str) -> None:
    """Accept prefers the media types that can hold the declared response."""
    produces, schema, accept = ACCEPTED[case]
    answer = {"description": "ok", **({"schema": schema} if schema else {})}

    connector = load({"/x": {"get": {"operationId": "op", "produces": produces, "responses": {"200": answer}}}})

    assert connector.op.request().headers["Accept"] == accept


def test_a_media_type_within_a_range_can_be_accepted(load: Load) -> None:
    """The option accept may be any media type within a range of produces, with parameters."""
    op = load([], produces=["*/*", "application/json"]).op

    assert op.using(accept="text/csv").request().headers["Accept"] == "text/csv"
    verbose = op.using(accept="application/json;odata=verbose")
    assert verbose.request().headers["Accept"] == "application/json;odata=verbose"


def test_the_sandbox_reads_and_writes_what_is_in_a_range(load: Load, tmp_path: Path) -> None:
    """The sandbox serves an operation that consumes and produces */*."""
    answer = {"200": {"description": "ok", "schema": {"type": "object", "properties": {"n": {"type": "integer"}}}}}
    operation = {
        "operationId": "op",
        "parameters": [{"name": "data", "in": "body", "schema": OBJECT}],
        "responses": answer,
    }
    connector = load({"/task lists": {"post": operation}}, consumes=["*/*"], produces=["text/plain", "*/*"])

    with Sandbox(connected(connector).service) as sandbox:
        op = openconnectors.load_file(tmp_path / "t.swagger.yaml", base_url=sandbox.url).op
        assert op(data={"a": 1}) == {"n": 1}


# Subscriptions


def test_the_url_of_a_subscription_goes_into_a_body_that_is_given_whole(load: Load) -> None:
    """subscribe() puts its URL into the body, whether the body is passed whole or in parts."""
    url = {"type": "string", "x-ms-notification-url": True, "x-ms-visibility": "internal"}
    parameter = body({"target": url, "events": {"type": "array", "items": {"type": "string"}}}, required=["target"])
    connector = load([parameter])
    sent: list[Any] = []

    class Recording:
        def send(self, request: Any) -> Response:
            sent.append(request.body)
            return Response(201, Headers([]))

    op = openconnectors.load_file(Path(connected(connector).service.file), base_url=BASE, transport=Recording()).op
    op.subscribe("https://me.example/x", body={"events": ["a"]})
    op.subscribe("https://me.example/x", events=["a"])

    assert sent == [
        b'{"events":["a"],"target":"https://me.example/x"}',
        b'{"events":["a"],"target":"https://me.example/x"}',
    ]
    assert problems(lambda **more: op.subscribe("https://me.example/x", **more), body={}, events=["a"]) == [
        "body: is given whole and in parts (events); choose one"
    ]


# Options


@pytest.mark.parametrize(
    "options",
    [
        {"accept": 5},
        {"accept": "json"},
        {"content_type": b"a/b"},
        {"headers": 5},
        {"headers": {1: "a"}},
        {"headers": {"a": None}},
        {"retry_on": 5},
        {"retry_on": ["a"]},
        {"resume": 5},
        {"timeout": "soon"},
        {"tiemout": 5},
    ],
)
def test_an_option_of_the_wrong_kind_is_refused_in_words(load: Load, options: dict[str, Any]) -> None:
    """An option with a value of the wrong type raises UnknownName that names the option."""
    (name,) = options

    with pytest.raises(openconnectors.UnknownName, match=f"value of {name}|option '{name}'"):
        load([]).op.using(**options)


def test_a_header_field_of_an_option_cannot_break_out(load: Load) -> None:
    """Fields of the option headers with line breaks, invalid names or framing fields are refused."""
    op = load([]).op

    for name, text in (("X", "a\r\nY: b"), ("X y:", "a"), ("Content-Length", "5"), ("X", "\u65e5")):
        assert problems(op.using(headers={name: text}))


# The command line


def test_the_command_line_sends_numbers_with_their_digits_and_in_the_type_that_is_chosen(
    load: Load, tmp_path: Path
) -> None:
    """connectors call keeps the digits of numbers and honours --content-type."""
    rows = {"type": "array", "items": {"type": "object"}}
    load([body({"n": {"type": "number"}, "rows": rows})], consumes=["*/*"])
    (tmp_path / "rows.json").write_text('[{"a": 0.123456789012345678}]', "utf-8")
    call = ["call", str(tmp_path / "t.swagger.yaml"), "op", "--base-url", BASE, "--dry-run"]

    plain = CliRunner().invoke(cli, [*call, "--n", "1.10", "--rows", f"@{tmp_path / 'rows.json'}"])
    xml = CliRunner().invoke(cli, [*call, "--n", "1.10", "--content-type", "xml"])

    assert plain.output.endswith('{"n":1.10,"rows":[{"a":0.123456789012345678}]}\n'), plain.output
    assert "Content-Type: application/xml" in xml.output
    assert "<n>1.10</n>" in xml.output
