"""Facts of the Encoding Object, in the order of the specification: what forms and multipart bodies have for a value,
and that what is written is read back.

The values are those of OpenAPI 3.2, "Encoding Object", with its defaults, examples and nested encodings.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from openconnectors.engine.documents import document, loader
from openconnectors.engine.errors import InvalidArguments
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.streams import Content, File
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import essence
from openconnectors.engine.values.codecs.envelopes import parts_of

BASE = "https://api.example.com"
FORM, MULTIPART, MIXED = "application/x-www-form-urlencoded", "multipart/form-data", "multipart/mixed"


def plan_of(content: Mapping[str, Any], version: str = "3.2.0", *, required: bool = True) -> Plan:
    """The plan of an operation whose request and response have content."""
    address = {"type": "object", "properties": {"city": {"type": "string"}}}
    raw = {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": BASE}],
        "paths": {
            "/x": {
                "post": {
                    "operationId": "op",
                    "requestBody": {"required": required, "content": content},
                    "responses": {"200": {"description": "-", "content": content}},
                }
            }
        },
        "components": {"schemas": {"Address": address}},
    }
    service = loader.service_of(document.parse(json.dumps(raw), "test.json"))
    return Plan(Compiler(service), service.operations["op"])


def entry_of(text: str) -> Any:
    """A Media Type Object in YAML."""
    return yaml.safe_load(text)


def request_of(plan: Plan, body: Any, **options: Any) -> Request:
    """The request with a body."""
    return plan.request({"body": body}, BASE, Options(**options))


def bytes_of(request: Request) -> bytes:
    """The bytes of a request's body."""
    body = request.body
    assert body is not None
    return body if isinstance(body, bytes) else b"".join(body)


def parts_by_the_book(data: bytes, boundary: str) -> list[tuple[dict[str, str], str]]:
    """The parts of a body by the book: header fields and text."""
    parts = []
    head, *written, end = re.split(rb"(?:\A|\r\n)--" + re.escape(boundary.encode()), data)
    assert (head, end) == (b"", b"--\r\n")
    for part in written:
        lines, _, content = part.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in lines.decode().split("\r\n") if line)
        parts.append((fields, content.decode("utf-8", "replace")))
    return parts


def sent_parts(request: Request) -> list[tuple[dict[str, str], str]]:
    """The parts of a request's body."""
    return parts_by_the_book(bytes_of(request), essence(request.headers["Content-Type"])[1]["boundary"])


def read_back(plan: Plan, request: Request) -> Any:
    """What a service reads of a request's body."""
    content_type = request.headers["Content-Type"]
    problems: list[Any] = []
    value = plan.bodies.received(content_type).decode(bytes_of(request), essence(content_type)[1], problems)
    assert problems == []
    return value


def problem_of(plan: Plan, body: Any, **options: Any) -> str:
    """Why a body is refused."""
    with pytest.raises(InvalidArguments) as caught:
        request_of(plan, body, **options)
    return "; ".join(f"{'.'.join(map(str, problem.path))}: {problem.message}" for problem in caught.value.problems)


PROPERTIES = """
type: object
properties:
  s: {type: string}
  i: {type: integer}
  b: {type: boolean}
  o: {type: object, additionalProperties: {type: string}}
  l: {type: array, items: {type: string}}
  lo: {type: array, items: {$ref: '#/components/schemas/Address'}}
  ll: {type: array, items: {type: array, items: {type: integer}}}
  e: {type: string, contentEncoding: base64}
  u: {anyOf: [{type: array, items: {type: integer}}, {type: 'null'}]}
"""

FORMS: Iterable[tuple[str, str, Any, str]] = [
    ("scalars are text", "", {"s": "a b&c", "i": 5, "b": True}, "s=a+b%26c&i=5&b=true"),
    ("an object is JSON", "", {"o": {"a": "b"}}, "o=%7B%22a%22%3A%22b%22%7D"),
    ("a list is a pair for each item", "", {"l": ["a", "b,c"]}, "l=a&l=b%2Cc"),
    ("an object in a list is JSON", "", {"lo": [{"city": "X"}]}, "lo=%7B%22city%22%3A%22X%22%7D"),
    ("a list in a list is JSON", "", {"ll": [[1, 2], [3]]}, "ll=%5B1%2C2%5D&ll=%5B3%5D"),
    ("encoded bytes are their text", "", {"e": "aGVsbG8/Pg=="}, "e=aGVsbG8%2FPg%3D%3D"),
    ("a list or null is a list", "", {"u": [1, 2]}, "u=1&u=2"),
    ("contentType JSON of text", "{s: {contentType: application/json}}", {"s": "x"}, "s=%22x%22"),
    ("contentType XML", "{lo: {contentType: application/xml}}", {"lo": [{"city": "X"}]}, "<Address><city>X"),
    ("a style", "{l: {style: form, explode: false}}", {"l": ["a", "b,c"]}, "l=a,b%2Cc"),
    ("explode alone means form", "{l: {explode: true}}", {"l": ["a", "b"]}, "l=a&l=b"),
    ("pipes", "{l: {style: pipeDelimited}}", {"l": ["a", "b"]}, "l=a%7Cb"),
    ("blanks", "{l: {style: spaceDelimited}}", {"l": ["a", "b"]}, "l=a+b"),
    ("deepObject", "{o: {style: deepObject}}", {"o": {"a": "x y", "c": "1"}}, "o%5Ba%5D=x+y&o%5Bc%5D=1"),
    ("an exploded object", "{o: {style: form}}", {"o": {"R": "1", "G": "2"}}, "R=1&G=2"),
    ("an object with commas", "{o: {explode: false}}", {"o": {"R": "1", "G": "2"}}, "o=R,1,G,2"),
    ("allowReserved", "{s: {allowReserved: true}}", {"s": "https://h/p?x=1"}, "s=https://h/p?x=1"),
    ("what a form has for itself", "{s: {allowReserved: true}}", {"s": "a&b+c#d"}, "s=a%26b%2Bc%23d"),
    ("encoded triples", "{s: {allowReserved: true}}", {"s": "a%2Fb 5%"}, "s=a%2Fb%205%25"),
    ("a property that is not there", "{zzz: {style: deepObject}}", {"s": "x"}, "s=x"),
    ("a style counts, not a contentType", "{o: {style: deepObject, contentType: application/json}}", {"o": {"a": "b"}},
     "o%5Ba%5D=b"),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "encoding", "value", "written"), FORMS)
def test_a_form(fact: str, encoding: str, value: Any, written: str) -> None:
    """A form has what the table of the Encoding Object says, and is read back."""
    entry = {"schema": entry_of(PROPERTIES), "encoding": entry_of(encoding or "{}")}
    plan = plan_of({FORM: entry})

    request = request_of(plan, value)

    assert request.headers["Content-Type"] == FORM
    text = bytes_of(request).decode()
    assert text == written or (written.startswith("<") and written.replace("<", "%3C") in text.replace("%3E", ">"))
    if "%2F" not in written or "allow" not in encoding:  # a triple of the caller's is read as its character
        assert read_back(plan, request) == value


PARTS: Iterable[tuple[str, str, Any, list[tuple[str, str | None, str]]]] = [
    ("scalars are text", "", {"s": "ü", "i": 5, "b": True}, [("s", None, "ü"), ("i", None, "5"), ("b", None, "true")]),
    ("an object is JSON", "", {"o": {"a": "b"}}, [("o", "application/json", '{"a":"b"}')]),
    ("a list is a part for each item", "", {"l": ["a", "b,c"]}, [("l", None, "a"), ("l", None, "b,c")]),
    ("an object in a list", "", {"lo": [{"city": "X"}, {}]},
     [("lo", "application/json", '{"city":"X"}'), ("lo", "application/json", "{}")]),
    ("a list in a list", "", {"ll": [[1, 2]]}, [("ll", "application/json", "[1,2]")]),
    ("encoded bytes", "", {"e": "aGVsbG8="}, [("e", "application/octet-stream", "aGVsbG8=")]),
    ("contentType", "{s: {contentType: text/markdown}}", {"s": "# hi"}, [("s", "text/markdown", "# hi")]),
    ("a charset", "{s: {contentType: text/markdown}}", {"s": "ü"}, [("s", "text/markdown; charset=utf-8", "ü")]),
    ("parameters", "{lo: {contentType: application/json; charset=utf-8}}", {"lo": [{}]},
     [("lo", "application/json; charset=utf-8", "{}")]),
    ("a suffix", "{o: {contentType: application/vnd.x+json}}", {"o": {"a": "b"}},
     [("o", "application/vnd.x+json", '{"a":"b"}')]),
    ("the first that is for the value", "{o: {contentType: 'text/plain, application/json'}}", {"o": {"a": "b"}},
     [("o", "application/json", '{"a":"b"}')]),
    ("a range of text", "{s: {contentType: text/*}}", {"s": "x"}, [("s", "text/plain", "x")]),
    ("what no codec knows is JSON", "{o: {contentType: application/vnd.x}}", {"o": {"a": "b"}},
     [("o", "application/vnd.x", '{"a":"b"}')]),
    ("a style, not percent-encoded", "{l: {explode: false}}", {"l": ["a b", "c"]}, [("l", None, "a b,c")]),
    ("deepObject", "{o: {style: deepObject}}", {"o": {"a": "x"}}, [("o[a]", None, "x")]),
    ("an exploded object", "{o: {style: form}}", {"o": {"R": "1", "G": "2"}}, [("R", None, "1"), ("G", None, "2")]),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "encoding", "value", "parts"), PARTS)
def test_the_parts_of_a_form(fact: str, encoding: str, value: Any, parts: list[tuple[str, str | None, str]]) -> None:
    """A multipart form has a part for each value, or each item, in its media type, and is read back."""
    entry = {"schema": entry_of(PROPERTIES), "encoding": entry_of(encoding or "{}")}
    plan = plan_of({MULTIPART: entry})

    request = request_of(plan, value)

    received = [
        (fields["Content-Disposition"], fields.get("Content-Type"), text) for fields, text in sent_parts(request)
    ]
    assert received == [(f'form-data; name="{name}"', media_type, text) for name, media_type, text in parts]
    assert read_back(plan, request) == value


def test_an_array_as_xml_has_the_names_of_the_component() -> None:
    """Each address is a part in XML (the specification's example)."""
    addresses = {"type": "array", "items": {"$ref": "#/components/schemas/Address"}}
    schema = {"type": "object", "properties": {"addresses": addresses}}
    encoding = {"addresses": {"contentType": "application/xml; charset=utf-8"}}
    plan = plan_of({MULTIPART: {"schema": schema, "encoding": encoding}})

    request = request_of(plan, {"addresses": [{"city": "X"}, {"city": "Y"}]})

    (first, text), _ = sent_parts(request)
    assert first["Content-Type"] == "application/xml; charset=utf-8"
    assert text.endswith("<Address><city>X</city></Address>")
    assert read_back(plan, request) == {"addresses": [{"city": "X"}, {"city": "Y"}]}


FILES = """
schema: {type: object, properties: {doc: {}, pic: {}, all: {type: array, items: {}}}}
encoding: {pic: {contentType: 'image/png, image/jpeg'}, all: {contentType: image/*}}
"""


@pytest.mark.parametrize(
    ("name", "value", "media_type"),
    [
        ("doc", b"\0", "application/octet-stream"),
        ("doc", File(b"\0", "a", "image/webp"), "image/webp"),
        ("pic", b"\0", "image/png"),
        ("pic", File(b"\0", "a.jpg"), "image/jpeg"),
        ("pic", File(b"\0", "a", "image/jpeg"), "image/jpeg"),
        ("all", [File(b"\0", "a.gif")], "image/gif"),
        ("all", [File(b"\0", "a", "image/x-own")], "image/x-own"),
    ],
)
def test_the_media_type_of_a_file(name: str, value: Any, media_type: str) -> None:
    """A file is sent in its own media type, else in that of its name if the document lists it, else in the first."""
    plan = plan_of({MULTIPART: entry_of(FILES)})

    request = request_of(plan, {name: value})

    ((fields, _),) = sent_parts(request)
    assert fields["Content-Type"] == media_type
    assert read_back(plan, request) == {name: [b"\0"] if name == "all" else b"\0"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"pic": File(b"\0", "a", "image/gif")}, "body.pic: is image/gif; the document takes image/png, image/jpeg"),
        ({"all": [b"\0"]}, "body.all: needs a media type, one of image/*"),
        ({"pic": File(b"\0", "a", "image/png\r\nX: y")}, "is not a media type"),
    ],
)
def test_a_file_of_a_media_type_that_the_document_does_not_list(body: Any, reason: str) -> None:
    """A media type that the document does not list is refused, and so is a range that the caller does not fill in."""
    assert reason in problem_of(plan_of({MULTIPART: entry_of(FILES)}), body)


HEADERS = """
schema: {type: object, properties: {doc: {}, id: {type: string}}}
encoding:
  doc:
    headers:
      X-Rate-Limit: {required: true, schema: {type: integer}}
      X-Colors: {schema: {type: array, items: {type: string}}}
      X-Json: {content: {application/json: {schema: {type: object}}}}
      X-Kind: {schema: {const: fixed}}
      Content-Type: {schema: {type: string}}
"""


def test_the_header_fields_of_a_part() -> None:
    """A part has the header fields that the caller gives, as their schemas say, and those that the document fixes."""
    plan = plan_of({MULTIPART: entry_of(HEADERS)})
    fields = {"x-rate-limit": "5", "X-Colors": ["a", "b"], "X-Json": {"a": 1}, "X-Other": "o"}

    by_file = request_of(plan, {"doc": File(b"1", "a", headers=fields)})
    by_option = request_of(plan, {"doc": File(b"1", "a")}, part_headers={"doc": fields})

    for request in (by_file, by_option):
        ((received, _),) = sent_parts(request)
        assert received == {
            "Content-Disposition": 'form-data; name="doc"; filename="a"',
            "Content-Type": "application/octet-stream",
            "X-Rate-Limit": "5",
            "X-Colors": "a,b",
            "X-Json": '{"a":1}',
            "X-Kind": "fixed",
            "X-Other": "o",
        }


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "needs the header field X-Rate-Limit"),
        ({"X-Rate-Limit": "x"}, "X-Rate-Limit that breaks its schema: 'x'"),
        ({"X-Rate-Limit": 1, "X-Kind": "other"}, "X-Kind that breaks its schema"),
        ({"X-Rate-Limit": 1, "X-Other": "a\r\nb"}, "line break"),
        ({"X-Rate-Limit": 1, "X:Other": "a"}, "not a field name"),
    ],
)
def test_header_fields_that_are_refused(fields: dict[str, Any], reason: str) -> None:
    """A required header field that is missing, and one that breaks its schema or its line, are refused."""
    assert reason in problem_of(plan_of({MULTIPART: entry_of(HEADERS)}), {"doc": File(b"1", headers=fields)})


def test_header_fields_for_a_part_that_is_not_there() -> None:
    """Header fields for an unknown part, or for a body without parts, are refused."""
    plan = plan_of({MULTIPART: entry_of(HEADERS), "application/json": {}})

    assert "has no part 'x'" in problem_of(plan, {"id": "1"}, part_headers={"x": {}})
    json_problem = problem_of(plan, {"id": "1"}, content_type="application/json", part_headers={"id": {"A": "b"}})
    assert "has no parts in application/json" in json_problem


def test_the_caller_chooses_the_media_type_of_a_part() -> None:
    """Of several media types the caller may choose another than the first ("Handling Multiple contentType Values")."""
    schema = {"type": "object", "properties": {"o": {"$ref": "#/components/schemas/Address"}}}
    entry = {"schema": schema, "encoding": {"o": {"contentType": "application/json, application/xml"}}}
    plan = plan_of({MULTIPART: entry})

    request = request_of(plan, {"o": {"city": "X"}}, part_headers={"o": {"Content-Type": "application/xml"}})

    ((fields, text),) = sent_parts(request)
    assert fields["Content-Type"] == "application/xml"
    assert text.endswith("<Address><city>X</city></Address>")


ORDERED: Iterable[tuple[str, str, str, Any, list[tuple[dict[str, str], str]]]] = [
    (
        "an object, then an image",
        MIXED,
        """
        schema: {type: array, prefixItems: [{type: object, properties: {author: {type: string}}}, {}]}
        prefixEncoding: [{}, {contentType: image/*}]
        """,
        [{"author": "a"}, File(b"1", content_type="image/png")],
        [({"Content-Type": "application/json"}, '{"author":"a"}'), ({"Content-Type": "image/png"}, "1")],
    ),
    (
        "items of one encoding",
        MIXED,
        "{itemSchema: {}, itemEncoding: {contentType: image/jpg}}",
        [b"1", b"2"],
        [({"Content-Type": "image/jpg"}, "1"), ({"Content-Type": "image/jpg"}, "2")],
    ),
    (
        "shorter than the prefix",
        MIXED,
        """
        schema: {type: array, prefixItems: [{type: string}, {type: object}]}
        prefixEncoding: [{contentType: text/html}, {}]
        """,
        ["<p>"],
        [({"Content-Type": "text/html"}, "<p>")],
    ),
    (
        "prefix, then items",
        "multipart/related; type=text/html",
        """
        schema: {prefixItems: [{type: string}], items: {anyOf: [{type: string}, {}]}}
        prefixEncoding: [{contentType: text/html}]
        itemEncoding: {contentType: 'text/css,text/javascript,image/*'}
        """,
        ["<p>", "a{}", File(b"1", content_type="image/gif")],
        [
            ({"Content-Type": "text/html"}, "<p>"),
            ({"Content-Type": "text/css"}, "a{}"),
            ({"Content-Type": "image/gif"}, "1"),
        ],
    ),
    (
        "text, a number and JSON, without encodings",
        MIXED,
        "{schema: {type: array, items: {}}}",
        ["a", 5, {"b": 1}],
        [({}, "a"), ({}, "5"), ({"Content-Type": "application/json"}, '{"b":1}')],
    ),
    (
        "encoded bytes",
        MIXED,
        "{schema: {type: array, items: {type: string, contentEncoding: base64}}}",
        ["aGk="],
        [({"Content-Type": "application/octet-stream", "Content-Transfer-Encoding": "base64"}, "aGk=")],
    ),
    (
        "a form in a fixed order",
        MULTIPART,
        """
        schema: {type: array, prefixItems: [{type: string}]}
        prefixEncoding: [{headers: {Content-Disposition: {required: true, schema: {const: 'form-data; name="a"'}}}}]
        """,
        ["x"],
        [({"Content-Disposition": 'form-data; name="a"'}, "x")],
    ),
]


@pytest.mark.parametrize(("fact", "media_type", "entry", "value", "parts"), ORDERED)
def test_parts_in_their_order(
    fact: str, media_type: str, entry: str, value: Any, parts: list[tuple[dict[str, str], str]]
) -> None:
    """A list is sent as parts in their order ("Encoding By Position")."""
    request = request_of(plan_of({media_type: entry_of(entry)}), value)

    assert sent_parts(request) == parts
    assert essence(request.headers["Content-Type"])[0] == essence(media_type)[0]


NESTED = """
schema:
  type: array
  prefixItems:
  - {type: array}
  - {type: array, prefixItems: [{type: object, xml: {name: o}, properties: {a: {type: string}}}, {type: string}, {}]}
prefixEncoding:
- {}
- contentType: multipart/mixed
  prefixEncoding: [{contentType: application/xml}, {}, {contentType: image/png}]
"""


def test_parts_within_a_part() -> None:
    """A part may have parts of its own ("Example: Nested multipart/mixed"), and is read back."""
    plan = plan_of({MIXED: entry_of(NESTED)})

    request = request_of(plan, [[1, 2], [{"a": "b"}, "text", b"\x89PNG"]])

    (first, first_text), (second, second_text) = sent_parts(request)
    assert (first["Content-Type"], first_text) == ("application/json", "[1,2]")
    name, parameters = essence(second["Content-Type"])
    assert name == MIXED
    inner = parts_by_the_book(second_text.encode(), parameters["boundary"])
    assert [fields.get("Content-Type") for fields, _ in inner] == ["application/xml", None, "image/png"]
    assert inner[0][1].endswith("<o><a>b</a></o>")
    assert isinstance(request.body, Content)
    assert request.body.length is not None
    assert read_back(plan, request) == [[1, 2], [{"a": "b"}, "text", b"\x89PNG"]]


def test_multipart_related_names_the_type_of_its_root() -> None:
    """The parameter type of multipart/related is that of the first part (RFC 2387 section 3.1)."""
    plan = plan_of({"multipart/related": entry_of("{schema: {type: array, items: {type: object}}}")})

    assert 'type="application/json"' in request_of(plan, [{"a": 1}]).headers["Content-Type"]


def test_a_boundary_of_the_document_is_not_sent() -> None:
    """A boundary in the document's media type would be that of every body."""
    plan = plan_of({"multipart/form-data; boundary=fixed": {"schema": entry_of(PROPERTIES)}})

    content_type = request_of(plan, {"s": "--fixed--"}).headers["Content-Type"]

    assert content_type.count("boundary") == 1
    assert "fixed" not in content_type


def received(plan: Plan, content_type: str, data: bytes) -> Any:
    """The value of a response."""
    return plan.read(Response(200, Headers([("Content-Type", content_type)]), data), "strict").value


MESSAGE = (
    b'preamble\r\n--x\r\nContent-Type: application/json\r\n\r\n{"a": 1}\r\n--x \r\n\r\ntext\r\n'
    b"--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--x--\r\nepilogue"
)


def test_a_response_of_parts_is_a_list() -> None:
    """A multipart/mixed response is the list of its parts, each read in its media type; what is around them is not."""
    plan = plan_of({MIXED: {"schema": {"type": "array", "items": {}}}})

    assert received(plan, f"{MIXED}; boundary=x", MESSAGE) == [{"a": 1}, "text", b"hi"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_parts_one_by_one(size: int) -> None:
    """The parts of a response are read while they arrive, however it is cut into chunks."""
    plan = plan_of({MIXED: {"itemSchema": {}}})
    chunks = iter([MESSAGE[start : start + size] for start in range(0, len(MESSAGE), size)])
    body = plan.bodies.response(plan.operation.responses["200"], MIXED)
    assert body is not None
    assert body.decode_items is not None

    items = body.decode_items(chunks, {"boundary": "x"}, (), [])

    assert next(items) == {"a": 1}
    assert list(items) == ["text", b"hi"]


def test_parts_without_end() -> None:
    """A part that does not end is refused before it fills the memory."""
    endless = itertools.chain([b"--x\r\n\r\n"], itertools.repeat(b"a" * 1_000_000))

    with pytest.raises(ValueError, match="has a part of more than"):
        list(parts_of(endless, "x"))


def test_a_response_of_named_parts_is_an_object() -> None:
    """A multipart/form-data response is an object, by the names of the parts."""
    plan = plan_of({MULTIPART: {"schema": entry_of(PROPERTIES)}})
    data = (
        b'--x\r\nContent-Disposition: form-data; name="i"\r\n\r\n5\r\n'
        b'--x\r\nContent-Disposition: form-data; name="o"\r\n'
        b'Content-Type: application/json\r\n\r\n{"a":"b"}\r\n--x--\r\n'
    )

    assert received(plan, f"{MULTIPART}; boundary=x", data) == {"i": 5, "o": {"a": "b"}}


@pytest.mark.parametrize(
    "data", [MESSAGE.replace(b"--x--", b"--x"), b"", b"--x\r\nno header\r\n--x--", b"--y\r\n\r\na\r\n--y--"]
)
def test_a_response_of_parts_that_is_cut(data: bytes) -> None:
    """A body of parts without its last boundary, or with a part without an end of its header, is not read."""
    plan = plan_of({MIXED: {"schema": {"type": "array", "items": {}}}})

    with pytest.raises(Exception, match="is not a multipart"):
        received(plan, f"{MIXED}; boundary=x", data)


@pytest.mark.parametrize("version", ["3.0.4", "3.1.2", "3.2.0"])
def test_a_file_by_its_format_or_by_the_lack_of_a_type(version: str, tmp_path: Path) -> None:
    """A file is format: binary in 3.0, and a schema without a type since 3.1."""
    file = {"type": "string", "format": "binary"} if version == "3.0.4" else {}
    schema = {"type": "object", "properties": {"f": file, "fs": {"type": "array", "items": file}}}
    path = tmp_path / "a.png"
    path.write_bytes(b"PNG")
    plan = plan_of({MULTIPART: {"schema": schema}}, version)

    request = request_of(plan, {"f": path, "fs": [File(b"1", "b"), b"2"]})

    assert [fields["Content-Disposition"] for fields, _ in sent_parts(request)] == [
        'form-data; name="f"; filename="a.png"',
        'form-data; name="fs"; filename="b"',
        'form-data; name="fs"; filename="file"',
    ]
    assert read_back(plan, request) == {"f": b"PNG", "fs": [b"1", b"2"]}


SEVERAL = """
application/json: {schema: {type: object, required: [a], properties: {a: {type: integer}}}}
multipart/form-data: {schema: {type: object, required: [f], properties: {f: {}, id: {type: string}}}}
text/plain: {schema: {type: string}}
image/*: {}
application/vnd.y+json: {schema: {type: array, items: {type: string}}}
"""


@pytest.mark.parametrize(
    ("arguments", "content_type"),
    [
        ({"a": 1}, "application/json"),
        ({"f": b"x", "id": "1"}, MULTIPART),
        ({"body": {"f": b"x"}}, MULTIPART),
        ({"body": "text"}, "text/plain"),
        ({"body": ["x"]}, "application/vnd.y+json"),
        ({"body": File(b"P", "a.png")}, "image/png"),
        ({"body": File(b"P", content_type="image/webp")}, "image/webp"),
    ],
)
def test_the_media_type_is_chosen_by_the_value(arguments: dict[str, Any], content_type: str) -> None:
    """Of media types with schemas of their own the first is sent that is for the value, and whose schema it has."""
    request = plan_of(yaml.safe_load(SEVERAL)).request(arguments, BASE, Options())

    assert essence(request.headers["Content-Type"])[0] == content_type


def test_a_whole_body_chooses_by_its_members() -> None:
    """Of media types that would all accept an object the first is sent that declares its members."""
    contents = (
        "{multipart/form-data: {schema: {properties: {f: {}}}}, application/json: {schema: {properties: {u: {}}}}}"
    )

    assert request_of(plan_of(yaml.safe_load(contents)), {"u": "x"}).headers["Content-Type"] == "application/json"


def test_members_of_two_media_types() -> None:
    """Members that no media type has together are refused, and a null where a form requires a field."""
    plan = plan_of(yaml.safe_load(SEVERAL))

    with pytest.raises(InvalidArguments, match="id: is for another media type of the body than the one that is sent"):
        plan.request({"a": 1, "id": "x"}, BASE, Options())
    assert "f: must not be null" in problem_of(plan, {"f": None}, content_type=MULTIPART)


def test_files_among_members_choose_multipart() -> None:
    """Of media types with one schema an object with files is sent in the one that holds files."""
    schema = {"type": "object", "properties": {"f": {}}}
    plan = plan_of({"application/json": {"schema": schema}, MULTIPART: {"schema": schema}})

    assert request_of(plan, {"f": b"x"}).headers["Content-Type"].startswith(MULTIPART)
    assert request_of(plan, {"f": "x"}).headers["Content-Type"] == "application/json"


def test_an_optional_body_that_is_not_there() -> None:
    """Without a value nothing is sent, not even a media type; a required body is missed."""
    content = {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}}

    request = plan_of(content, required=False).request({}, BASE, Options())

    assert request.body is None
    assert "Content-Type" not in request.headers
    with pytest.raises(InvalidArguments, match="body: is missing"):
        plan_of(content).request({}, BASE, Options())


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}])
def test_what_is_empty_is_sent(value: Any) -> None:
    """Null, false, zero and what is empty are bodies, each its own."""
    body = request_of(plan_of({"application/json": {"schema": {}}}), value).body

    assert isinstance(body, bytes)
    assert json.loads(body) == value


def test_text_in_the_charset_of_its_media_type() -> None:
    """Text is sent in the charset that the media type has."""
    plan = plan_of({"text/plain; charset=iso-8859-15": {"schema": {"type": "string"}}})

    assert bytes_of(request_of(plan, "€")) == b"\xa4"
    assert "its charset" in problem_of(plan, "☃")


@pytest.mark.parametrize("items", ["application/jsonl", MIXED])
def test_a_body_of_items_is_a_list(items: str) -> None:
    """A media type of items takes a list of them, judged by the schema of an item."""
    plan = plan_of({items: {"itemSchema": {"type": "object", "required": ["a"]}}})

    assert read_back(plan, request_of(plan, [{"a": 1}, {"a": 2}])) == [{"a": 1}, {"a": 2}]
    assert "a: is missing" in problem_of(plan, [{}])
