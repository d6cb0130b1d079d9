"""Laws, over schemas and values that are made up: what is written is read back, JSON and XML are one value, what a
schema allows makes a request that an independent judge accepts, and no octets break a reader.

50 examples each; 1,000 with LONG=1 (``make long``).
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from openconnectors.engine.documents import document, loader
from openconnectors.engine.errors import AnswerError, InvalidResponse, Problem
from openconnectors.engine.http import Headers, Response
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.judge import Judge
from openconnectors.engine.sandbox.routing import routes
from openconnectors.engine.values.body import Body, Compiler
from tests.examples import LONG, examples

pytestmark = pytest.mark.law
LAW = settings(
    max_examples=examples(50, 1000),
    deadline=None,
    derandomize=not LONG,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

# Schemas, each with the values that it allows

Pair = tuple[dict[str, Any], st.SearchStrategy[Any]]
XML_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n\r", exclude_characters="\ufffe\uffff"),
    max_size=8,
)
ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
MOMENTS = st.datetimes(timezones=st.just(UTC))
WHOLE = MOMENTS.map(lambda moment: moment.replace(microsecond=0))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)

SCALARS: list[Pair] = [
    ({"type": "integer", "format": "int32"}, st.integers(-(2**31), 2**31 - 1)),
    ({"type": "integer", "format": "int64"}, st.integers(-(2**63), 2**63 - 1)),
    ({"type": "integer"}, st.integers()),
    ({"type": "number"}, FLOATS | st.integers(-(10**20), 10**20)),
    ({"type": "number", "format": "double", "minimum": -5, "maximum": 5}, st.floats(-5, 5)),
    ({"type": "boolean"}, st.booleans()),
    ({"type": "string", "enum": ["a", "b c", "ü"]}, st.sampled_from(["a", "b c", "ü"])),
    ({"type": "string", "format": "date-time"}, MOMENTS),
    ({"type": "string", "format": "date"}, st.dates()),
    ({"type": "string", "format": "time"}, st.times()),
    ({"type": "string", "format": "date-time-rfc1123"}, WHOLE),
    ({"type": "string", "format": "duration"}, st.timedeltas()),
    ({"type": "string", "format": "byte"}, st.binary(max_size=8)),
    ({"type": "string", "format": "base64url"}, st.binary(max_size=8)),
    ({"type": "string", "format": "uuid"}, st.uuids()),
    (
        {"type": "integer", "format": "unixtime"},
        st.integers(0, 253402300799).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    ),
]


def scalars(text: st.SearchStrategy[str]) -> st.SearchStrategy[Pair]:
    return st.sampled_from(
        [*SCALARS, ({"type": "string"}, text), ({"type": "string", "maxLength": 3}, text.filter(_short))]
    )


def _short(text: str) -> bool:
    return len(text) <= 3


NAMES = st.sampled_from(["a", "b", "name", "Größe", "x-y", "_z", "type", "id"])
PLACES = {"none": None, "ns": "urn:one", "other": "urn:two"}


@st.composite
def xml_words(draw: st.DrawFn, *, attribute: bool) -> dict[str, Any]:
    """An ``xml`` object, often an empty one."""
    words: dict[str, Any] = {}
    if draw(st.integers(0, 3)) == 0:
        words["name"] = draw(st.sampled_from(["n1", "n2", "N-3"]))
    if draw(st.integers(0, 4)) == 0:
        words["namespace"], words["prefix"] = draw(st.sampled_from([("urn:one", "p"), ("urn:two", "q")]))
    if attribute and draw(st.integers(0, 3)) == 0:
        words["attribute"] = True
    return words


@st.composite
def schemas(draw: st.DrawFn, text: st.SearchStrategy[str], depth: int = 2) -> Pair:
    """A schema with the strategy of its values."""
    kind = draw(st.sampled_from(["scalar", "scalar", "object", "array", "map"])) if depth else "scalar"
    if kind == "scalar":
        schema, values = draw(scalars(text))
        words = draw(xml_words(attribute=True))
        schema = {**schema, **({"xml": words} if words else {})}
        if draw(st.integers(0, 4)) == 0 and not words.get("attribute"):
            return {**schema, "x-nullable": True}, values | st.none()
        return schema, values
    if kind == "array":
        items, values = draw(schemas(text, depth - 1))
        items = {**items, "xml": {name: item for name, item in items.get("xml", {}).items() if name != "attribute"}}
        words = draw(xml_words(attribute=False)) | ({"wrapped": True} if draw(st.booleans()) else {})
        bounds = draw(st.sampled_from([{}, {"maxItems": 3}]))
        return {"type": "array", "items": items, "xml": words, **bounds}, st.lists(values, max_size=3)
    if kind == "map":
        inner, values = draw(scalars(text))
        return {"type": "object", "additionalProperties": inner}, st.dictionaries(NAMES, values, max_size=3)
    return draw(objects(text, depth - 1))


@st.composite
def objects(draw: st.DrawFn, text: st.SearchStrategy[str], depth: int) -> Pair:
    members = draw(st.dictionaries(NAMES, schemas(text, depth), min_size=1, max_size=4))
    tags: set[str] = set()
    for name, (schema, _) in members.items():
        items = schema.get("items", {}) if not schema.get("xml", {}).get("wrapped") else {}
        tag = items.get("xml", {}).get("name") or schema.get("xml", {}).get("name") or name
        assume(tag not in tags)  # two members of one name cannot be told apart
        tags.add(tag)
    # A list without a wrapper is not told from none: it is always there.
    unwrapped = {
        name for name, (row, _) in members.items() if row.get("type") == "array" and not row["xml"].get("wrapped")
    }
    required = draw(st.sets(st.sampled_from(sorted(members)))) | unwrapped
    always = {name: values for name, (_, values) in members.items() if name in required}
    perhaps = {name: values for name, (_, values) in members.items() if name not in required}
    schema = {
        "type": "object",
        "properties": {name: item for name, (item, _) in members.items()},
        "required": sorted(required),
        "xml": draw(xml_words(attribute=False)),
    }
    return schema, st.fixed_dictionaries(always, optional=perhaps)


@st.composite
def forms(draw: st.DrawFn) -> Pair:
    """A form: scalars, and lists of them in every style."""
    fields: dict[str, Pair] = {}
    for name in draw(st.sets(NAMES, min_size=1)):
        schema, values = draw(scalars(ANY_TEXT))
        if draw(st.booleans()):
            style = draw(st.sampled_from(["csv", "ssv", "tsv", "pipes", "multi"]))
            schema = {"type": "array", "items": schema, "x-connector-form": {"collectionFormat": style}}
            values = st.lists(values, max_size=3)
        fields[name] = (schema, values)
    repeated = {
        name
        for name, (item, _) in fields.items()
        if item.get("x-connector-form", {}).get("collectionFormat") == "multi"
    }
    always = {name: values for name, (_, values) in fields.items() if name in repeated}
    perhaps = {name: values for name, (_, values) in fields.items() if name not in repeated}
    schema = {"type": "object", "properties": {name: item for name, (item, _) in fields.items()}}
    return schema, st.fixed_dictionaries(always, optional=perhaps)


# The laws


def plan_of(operation: dict[str, Any], definitions: dict[str, Any], path: str = "/x", method: str = "post") -> Plan:
    raw = {
        "swagger": "2.0",
        "info": {"title": "Law", "version": "1"},
        "host": "127.0.0.1",
        "paths": {path: {method: {"operationId": "Do", "responses": {"200": {"description": "ok"}}, **operation}}},
        "definitions": definitions,
    }
    service = loader.service_of(document.parse(json.dumps(raw), "law.json"))
    return Plan(Compiler(service), service.operations["Do"])


def body_of(schema: dict[str, Any], media_type: str) -> Body:
    body = {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/It"}}
    body_ = plan_of({"consumes": [media_type], "parameters": [body]}, {"It": schema}).bodies.request(media_type)
    assert body_ is not None
    return body_


def there_and_back(body: Body, value: Any) -> Any:
    """A Python value written, its octets judged and read as the other side does."""
    problems: list[Problem] = []
    written = body.encode(body.serialize(value, problems), problems)
    data, parameters = (written, {}) if isinstance(written, bytes) else (b"".join(written), {})
    if not isinstance(written, bytes):
        parameters = dict([written.parameters.split("=", 1)])
    contract = body.decode(data, parameters, problems)
    assert body.validate(contract) == []
    back = body.parse(contract, problems)
    assert problems == []
    return back


@LAW
@given(st.data())
def test_json_reads_what_it_writes(data: st.DataObject) -> None:
    """A value that JSON writes is read back as itself: decode(encode(v)) = v."""
    schema, values = data.draw(schemas(ANY_TEXT, 3))
    value = data.draw(values)
    assert there_and_back(body_of(schema, "application/json"), value) == value


@LAW
@given(st.data())
def test_xml_reads_what_it_writes_and_json_the_same(data: st.DataObject) -> None:
    """decode(encode(v)) = v in XML, and the JSON of v is the same value."""
    schema, values = data.draw(objects(XML_TEXT, 2))
    value = data.draw(values)
    from_xml = there_and_back(body_of(schema, "application/xml"), value)
    assert from_xml == value
    assert from_xml == there_and_back(body_of(schema, "application/json"), value)


@LAW
@given(ANY_TEXT)
def test_xml_carries_a_text_or_refuses_it(text: str) -> None:
    """Text that XML cannot hold is refused, never changed."""
    body = body_of({"type": "object", "properties": {"t": {"type": "string"}}}, "application/xml")
    try:
        assert there_and_back(body, {"t": text}) == {"t": text}
    except ValueError:
        assert any(ord(mark) < 32 or 0x7F <= ord(mark) < 0xA0 or mark in "\ufffe\uffff" for mark in text)


@LAW
@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
@given(data=st.data())
def test_a_form_reads_what_it_writes(media_type: str, data: st.DataObject) -> None:
    """decode(encode(v)) = v; a list that its style cannot hold is refused."""
    schema, values = data.draw(forms())
    value = data.draw(values)
    body = body_of(schema, media_type)
    try:
        assert there_and_back(body, value) == value
    except ValueError as error:
        if "cannot be read back" not in str(error):
            raise


SIMPLE = [pair for pair in SCALARS if pair[0].get("format") not in ("byte", "base64url")]


@LAW
@given(st.data())
def test_what_a_schema_allows_makes_a_request_that_a_judge_accepts(data: st.DataObject) -> None:
    """Arguments of every place, by wire name; openapi-core is on the other side."""
    parameters: list[dict[str, Any]] = []
    arguments: dict[str, Any] = {}
    for place, text in (
        ("path", st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=5)),
        ("query", ANY_TEXT),
        ("header", st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=5)),
    ):
        for index in range(data.draw(st.integers(0, 2))):
            schema, values = data.draw(st.sampled_from([*SIMPLE, ({"type": "string"}, text)]))
            if "enum" in schema and place == "header":
                continue  # ü
            name = f"{place}-{index}"
            if place == "query" and data.draw(st.booleans()):
                style = data.draw(st.sampled_from(["csv", "multi"]))
                schema = {"type": "array", "items": schema, "collectionFormat": style}
                values = st.lists(values, min_size=1, max_size=3)
            required = place == "path" or data.draw(st.booleans())
            parameters.append({"name": name, "in": place, "required": required, **schema})
            if required or data.draw(st.booleans()):
                arguments[name] = data.draw(values)
    body = data.draw(st.none() | schemas(ANY_TEXT, 2))
    if body is not None:
        schema, values = body
        parameters.append({"name": "whole", "in": "body", "required": True, "schema": schema})
        arguments["whole"] = data.draw(values)
    assume(
        not any(isinstance(item, str) and item.strip(".") == "" for name, item in arguments.items() if "path" in name)
    )
    path = "/x" + "".join(f"/{{{parameter['name']}}}" for parameter in parameters if parameter["in"] == "path")
    plan = plan_of({"parameters": parameters, "consumes": ["application/json"]}, {}, path)
    request = plan.request(arguments, "http://127.0.0.1", Options())
    route = routes(plan.compiler)[0]
    parts = urlsplit(request.url)
    matched = route.match(parts.path, parts.query)
    assert matched is not None
    judge = Judge(plan.compiler)
    verdict = judge.refuses(route, matched, parts.query, Headers(request.headers.items()), request.body or b"")  # type: ignore[arg-type]
    assert verdict is None, verdict


ANSWER = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "when": {"type": "string", "format": "date-time"},
        "list": {"type": "array", "items": {"type": "string"}},
        "more": {"$ref": "#/definitions/It"},
    },
}
TYPES = [
    "application/json",
    "application/xml",
    "text/plain",
    "text/html",
    "application/x-www-form-urlencoded",
    "",
    ";",
    "a/b",
]
PIECES = st.sampled_from(
    [
        *(b'{"id": 1', b"}", b"<It>", b"</It>", b"<id>1</id>", b"<more>", b"</more>", b"<![CDATA[", b"]]>", b"%ff"),
        *(b"<!DOCTYPE It [", b'<!ENTITY a "b">', b"&a;", b"&#0;", b"\xff\xfe", b"\xef\xbb\xbf", b"null", b"[[[["),
        *(b'"\\ud800"', b"NaN", b"1e999", b"<?xml version='1.0' encoding='utf-7'?>", b"<x:It xmlns:x='y'>", b"\x00"),
        *(b",", b'"when": "now"', b"id=1&id=2", b"--x", b"\r\n\r\n", b"Content-Disposition: form-data; name=id"),
    ]
)


@LAW
@given(
    data=st.binary(max_size=60) | st.lists(PIECES, max_size=8).map(b"".join),
    media_type=st.sampled_from(TYPES),
    charset=st.sampled_from(["", "; charset=utf-16", "; charset=none-such", '; charset="latin-1"', "; boundary=x"]),
    status=st.sampled_from([200, 201, 204, 206, 299, 304, 400, 404, 503, 599]),
    validate=st.sampled_from(["lenient", "strict", "off"]),
)
def test_any_bytes_give_a_value_or_an_error_of_ours(
    data: bytes, media_type: str, charset: str, status: int, validate: str
) -> None:
    """Any bytes of a peer give a value, InvalidResponse, or the error of their status."""
    plan = PLAN
    response = Response(status, Headers([("Content-Type", media_type + charset), ("X-N", "n")]), data)
    with suppress(InvalidResponse, AnswerError):
        plan.read(response, validate)


PLAN = plan_of(
    {
        "produces": ["application/json", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"],
        "responses": {
            "200": {
                "description": "It",
                "schema": {"$ref": "#/definitions/It"},
                "headers": {"X-N": {"type": "integer"}},
            },
            "default": {"description": "No", "schema": {"$ref": "#/definitions/It"}},
        },
    },
    {"It": ANSWER},
    method="get",
)
