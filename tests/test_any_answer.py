"""Whatever a service answers, a call gives a value or an error of the tree: no other exception leaves it.

Seeded draws of bodies, media types, declared schemas, headers and statuses, through every reader of responses:
a call, ``each``, an event, a page, a state, in each mode.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.client.operation import Operation
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Headers, Response
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.streams import Stream
from openconnectors.engine.values.formats import FORMATS

from .test_laws import plan_of
from .test_wire import Peer

MODES = ("lenient", "strict", "off")
TYPES = [
    *("application/json", "application/xml", "text/plain", "application/octet-stream", "text/csv", "image/png"),
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
    *("multipart/form-data", "text/html"),
    *("application/json; charset=nope", "application/json; charset=utf-7", "application/json; charset=base64"),
    *("text/plain; charset=rot13", "text/plain; charset=idna"),
    *("text/plain; charset=undefined", "text/plain; charset="),
    *("text/plain; charset=\x00", 'text/plain; charset="'),
    *("text/plain; charset=" + "x" * 5000, "text/" + "x" * 5000),
    *("application/xml; charset=utf-16", "application/xml; charset=hex", "application/xml; charset=cp037"),
    *("", ";", "a", "/", "*/*"),
    *("application/*", 'application/json;;;=;"', "application/json, text/html", "\xff"),
    *(
        "multipart/mixed",
        "application/x-ndjson",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=\xff",
    ),
]
PART = b'--x\r\nContent-Disposition: form-data; name="a"'
BODIES = [
    *(b"", b" ", b"{}", b"[]", b"null", b"true"),
    *(b"1", b"1.5", b'"x"', b"[1", b"x,y\n1,2", b"\x1b[2J", b"\0" * 99),
    *(
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf{}",
        b"\xef\xbb\xbf<a/>",
        b'"\\ud800"',
        b'{"\\ud800": "\\udfff"}',
        b'{"a": 1e999}',
    ),
    *(b"1" * 5000, b"-" + b"1" * 5000, b"1" * 400, b"1e99999999999999", b"-0", b"-0.0", b'{"a":1,"a":2}'),
    *(b"[" * 150 + b"]" * 150, b"[" * 50_000, b'{"a":' * 150 + b"1" + b"}" * 150, b"<a>" * 150 + b"</a>" * 150),
    *(b"<a/>", b"<a", b"<a>" * 2000),
    *(b"<a><a>1</a><a>2</a></a>", b"<a xmlns:p='u' p:b='1'/>", b"<!--" + b"-" * 10),
    *(b"<a xmlns='" + b"x" * 1000 + b"'/>", b"<a xmlns:a='' />"),
    *(b"<a:b/>", b"<a>\xff</a>", b"<a><![CDATA[x]]></a>"),
    *(
        b"<?xml version='1.0' encoding='%s'?><a/>" % name
        for name in (b"nope", b"base64", b"utf-16", b"utf-32", b"cp037")
    ),
    *(b"<!DOCTYPE a><a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<!DOCTYPE a SYSTEM 'x'><a>&b;</a>"),
    *(
        b"<a i:nil='1' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'/>",
        b"<html>x</html>",
        b"%zz=%ff&=",
        b"a=1&a=2",
    ),
    *(PART + b"\r\n\r\n1\r\n--x--\r\n", PART + b'; filename="\xff"\r\n\r\n1\r\n--x--\r\n', b"--x\r\n\r\n--x--"),
    *(b"--x\r\nContent-Disposition: form-data; name*=utf-99''a\r\n\r\n1\r\n--x--\r\n", PART),
    *('{"a":"é"}'.encode(name) for name in ("utf-16", "utf-32", "latin-1")),
]
TEXTS = [
    *("", "0000-00-00T00:00:00Z"),
    *("9999-12-31T23:59:60Z", "9999-12-31T23:59:59-24:00", "0001-01-01T00:00:00+23:59"),
    *("9999-12-31T23:59:59.999999999999-23:59", "2026-02-30T00:00:00Z"),
    *("0000-01-01", "9999-99-99", "1234-01-01"),
    *("P9999999999D", "-P999999999W", "P1Y2M", "PT", "P"),
    *("PT1.5S", "-PT0S", "24:00:00", "23:59:60", "12:00:00+24:00"),
    *("Sat, 31 Jan 0000 12:00:00 GMT", "Fri, 31 Dec 9999 23:59:60 GMT"),
    *("Sat, 31 Foo 2026 12:00:00 GMT", "%%%", "A"),
    *(
        "====",
        "é",
        "\x00",
        "\u2028",
        "{00000000-0000-0000-0000-00000000000}",
        "1e999",
        "nan",
        "inf",
        "9" * 400,
        "1" * 30,
    ),
    *(
        "-0",
        "-0.0",
        "1e308",
        "253402300800",
        "-62135596801",
        "1e20",
        "0.1",
        "1e-400",
        "true",
        "null",
        "[]",
        "{}",
        "\ud800",
    ),
]
STATUSES = [*[200] * 6, 201, 204, 205, 206, 299, 300, 304, 400, 401, 404, 418, 429, 500, 503, 599, 100, 199, 600, 999]
TREE = {
    "type": "object",
    "properties": {
        "a": {"$ref": "#/definitions/Tree"},
        "b": {"type": "array", "items": {"$ref": "#/definitions/Tree"}},
        "v": {"type": "integer", "xml": {"attribute": True}},
    },
}
DEFINITIONS = {
    "Tree": TREE,
    "Kind": {"type": "object", "discriminator": "a", "required": ["a"], "properties": {"a": {"type": "string"}}},
    "Day": {
        "allOf": [
            {"$ref": "#/definitions/Kind"},
            {"type": "object", "properties": {"when": {"type": "string", "format": "date"}}},
        ]
    },
}
SCHEMAS: list[Any] = [
    *(None, {}, {"type": "file"}),
    *({"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}),
    {"type": "object", "properties": {"a": {"type": "integer"}, "d": {"type": "string", "format": "date-time"}}},
    {"type": "array", "items": {"type": "string"}},
    {"type": "array", "xml": {"name": "x"}, "items": {"type": "integer", "xml": {"name": "i", "namespace": "urn:i"}}},
    {"type": "array", "items": {"$ref": "#/definitions/Tree"}},
    {"$ref": "#/definitions/Tree"},
    {"$ref": "#/definitions/Kind"},
    {"type": "string", "format": "binary"},
    {"type": "object", "x-nullable": True, "additionalProperties": {"type": "array", "items": {"type": "integer"}}},
    {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "number", "multipleOf": 0.1, "maximum": 5},
            "b": {"type": "array", "items": {"type": "string", "pattern": "^a", "maxLength": 1}},
        },
    },
    *({"type": kind, "format": name} for name in FORMATS for kind in ("string", "integer")),
]
PRODUCES = [
    *(["application/json"], ["application/xml"], ["text/plain", "application/octet-stream"]),
    *(["*/*"], ["image/png"]),
    *(["application/json", "application/xml", "text/csv"], ["multipart/form-data"], ["none"]),
]
HEADERS: dict[str, Any] = {
    "X-I": {"type": "integer"},
    "X-N": {"type": "number", "multipleOf": 0.1},
    "X-B": {"type": "boolean"},
    "X-L": {"type": "array", "items": {"type": "integer"}},
    "X-D": {"type": "string", "format": "date-time"},
    "X-R": {"type": "string", "format": "date-time-rfc1123"},
    "X-U": {"type": "integer", "format": "unixtime"},
    "X-Y": {"type": "string", "format": "byte"},
    "x-meta": {"type": "string", "x-ms-header-collection-prefix": "x-m-"},
}


def _plan(schema: Any, produces: list[str]) -> Plan:
    declared: dict[str, Any] = {"200": {"description": "It", "headers": HEADERS}, "default": {"description": "No"}}
    if schema is not None:
        declared["200"]["schema"] = declared["default"]["schema"] = schema
    operation = {
        "produces": produces,
        "responses": declared,
        "x-ms-pageable": {"nextLinkName": "a", "itemName": "b"},
    }
    return plan_of(operation, DEFINITIONS, method="get")


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    return iter([data[at : at + size] for at in range(0, len(data), size)])


def _body(draw: random.Random, media_type: str) -> bytes:
    if draw.random() < 0.6:
        return draw.choice(BODIES)
    text = draw.choice(TEXTS)
    if "xml" in media_type:
        text = f"<a>{text}</a>"
    elif "json" in media_type and draw.random() < 0.5:
        text = json.dumps(text)
    return text.encode("utf-8", "surrogatepass")


def _ended(call: Callable[[], Any]) -> None:
    """Any exception of a call but ours fails the test; ours can be shown."""
    try:
        call()
    except ConnectorError as error:
        str(error)
        repr(error)


@pytest.mark.parametrize("seed", range(12))
def test_any_response_is_a_value_or_an_error_of_the_tree(seed: int) -> None:
    """Read whole, in pieces, as an event and untyped: nothing but ConnectorError is raised, and it can be shown."""
    draw = random.Random(seed)  # noqa: S311 - draws of a test
    for _ in range(12):
        plan = _plan(draw.choice(SCHEMAS), draw.choice(PRODUCES))
        for _ in range(25):
            media_type, status = draw.choice(TYPES), draw.choice(STATUSES)
            data = _body(draw, media_type)
            fields = [("Content-Type", media_type)] if media_type or draw.random() < 0.5 else []
            fields += [
                (name, draw.choice(TEXTS).encode("utf-8", "surrogatepass").decode("latin-1"))
                for name in (*HEADERS, "x-m-é", "Retry-After")
                if draw.random() < 0.3
            ]
            response = Response(status, Headers(fields), data)
            mode, size = draw.choice(MODES), draw.choice([1, 7, 100_000])

            def each(plan: Plan = plan, response: Response = response, mode: str = mode, size: int = size) -> None:
                stream = Stream(_pieces(response.body[:20_000], size), lambda: None)
                stream.begin(200, response.headers, {})
                list(itertools.islice(plan.each(stream, mode), 1000))

            for read in (
                lambda plan=plan, response=response, mode=mode: plan.read(response, mode),
                lambda plan=plan, response=response: plan.differences(response),
                lambda plan=plan, response=response: plan.untyped(response),
                lambda plan=plan, response=response, kind=media_type: plan.event(kind, response.body, "lenient"),
                each,
            ):
                _ended(read)


FLOWS = """
swagger: "2.0"
info: {title: Flows, version: "1"}
paths:
  /list:
    get:
      operationId: list
      x-ms-pageable: {nextLinkName: next, itemName: items}
      responses: {200: {description: A page, schema: {type: object, properties: {items: {type: array, items: {}}}}}}
  /slow:
    put:
      operationId: slow
      x-ms-long-running-operation: true
      responses: {200: {description: Done, schema: {type: object}}, 201: {description: Begun}, 202: {description: Begun}}
    delete:
      operationId: end
      x-ms-long-running-operation: true
      responses: {200: {description: Done}, 202: {description: Begun}, 204: {description: Done}}
  /events:
    get:
      operationId: events
      x-ms-trigger: batch
      responses: {200: {description: Some, schema: {type: array, items: {type: object}}}, 202: {description: None}}
  /pick:
    get:
      operationId: pick
      parameters:
      - {name: v, in: query, type: string, x-ms-dynamic-values: {operationId: list, value-collection: items, value-path: id, value-title: name}}
      responses: {200: {description: It}}
"""  # noqa: E501
ODD: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        1.5,
        "",
        [],
        {},
        "x",
        "/a",
        "//h/a",
        "http://[::1",
        "http://x:99999/",
        "?a b",
        "\x00",
        "\ud800",
    ),
    *(
        "é",
        "javascript:1",
        "file:///etc",
        ["a"],
        {"a": 1},
        "http://h:x/",
        "/a?\ud800",
        "..",
        "%",
        "#",
        "\\\\x",
        " ",
        "\n",
    ),
    *("http://127.0.0.1/a\r\nX: y", "a" * 10_000, 10**400, float("inf")),
]
NAMES = ("next", "items", "status", "properties", "provisioningState", "error", "code", "message", "id", "name")


def _value(draw: random.Random, depth: int = 0) -> Any:
    """Plain data under the names that flows look for."""
    chance = draw.random()
    if chance < 0.25 or depth > 2:
        return draw.choice([*ODD, "Succeeded", "Failed", "InProgress", "canceled"])
    if chance < 0.85:
        return {draw.choice(NAMES): _value(draw, depth + 1) for _ in range(draw.randint(0, 5))}
    return [_value(draw, depth + 1) for _ in range(draw.randint(0, 3))]


def _response(draw: random.Random) -> bytes:
    lines = [f"HTTP/1.1 {draw.choice([200, 200, 200, 200, 201, 202, 202, 204, 404, 400])} X"]
    lines.append(
        f"Content-Type: {draw.choice(['application/json'] * 6 + ['text/plain', 'application/xml', 'text/html'])}"
    )
    for name in ("Location", "Azure-AsyncOperation", "Operation-Location", "Retry-After"):
        if draw.random() < 0.3:
            text = str(draw.choice(ODD)).replace("\r", "").replace("\n", "").replace("\x00", "")
            lines.append(f"{name}: {text}")
    body = json.dumps(_value(draw)).encode()
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body


def _calls(api: dict[str, Operation]) -> list[Callable[[], Any]]:
    return [
        lambda: list(itertools.islice(api["list"].items(), 20)),
        lambda: list(itertools.islice(api["list"].pages(), 4)),
        lambda: api["slow"].wait(),
        lambda: api["end"].wait(),
        lambda: api["events"].poll().step(),
        lambda: api["pick"].choices("v"),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_any_conversation_ends_in_values_or_an_error_of_the_tree(tmp_path: Any, seed: int) -> None:
    """Pages, items, polling, triggers and choices, over a socket, whatever each response holds."""
    draw = random.Random(seed)  # noqa: S311 - draws of a test
    path = tmp_path / "flows.swagger.yaml"
    path.write_text(FLOWS)
    peer = Peer()
    connector: Connector = openconnectors.load_file(path, base_url=peer.url, timeout=2)
    for _ in range(25):
        api = {
            name: connector[name].using(interval=0.0, max_wait=0.2, validate_responses=draw.choice(MODES))
            for name in ("list", "slow", "end", "events", "pick")
        }
        peer.answers = [_response(draw) for _ in range(12)]
        for call in _calls(api):
            _ended(call)
    peer.close()
