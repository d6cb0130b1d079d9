"""Facts of negotiation: media types that are offered and asked for, those that are sent, and how one is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openconnectors.engine import leniency
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.document import parse
from openconnectors.engine.errors import InvalidArguments, InvalidResponse, Unsupported
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.plan.negotiation import within
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.streams import File
from openconnectors.engine.values.body import Compiler

BASE = "https://api.example"
OBJECT: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}}
FILE = {"type": "string", "format": "binary"}
JSON, XML, TEXT, CSV = "application/json", "application/xml", "text/plain", "text/csv"


def plan_of(**operation: Any) -> Plan:
    """The plan of one operation of a Swagger document."""
    raw = {
        "swagger": "2.0",
        "info": {"title": "Negotiation", "version": "1"},
        "host": "api.example",
        "schemes": ["https"],
        "paths": {"/x": {"post": {"operationId": "Do", "responses": {"200": {"description": "ok"}}, **operation}}},
    }
    service = loader.service_of(parse(json.dumps(raw), "negotiation.json"))
    return Plan(Compiler(service), service.operations["Do"])


def giving(*produces: str, schema: dict[str, Any] | None = None) -> Plan:
    """A plan whose success has a schema, in these media types."""
    return plan_of(produces=list(produces), responses={"200": {"description": "ok", "schema": schema or OBJECT}})


def taking(*consumes: str, schema: dict[str, Any] | None = None, **operation: Any) -> Plan:
    """A plan whose request has a body of a schema, in these media types."""
    body = {"name": "body", "in": "body", "required": True, "schema": schema or OBJECT}
    return plan_of(consumes=list(consumes), parameters=[body], **operation)


def sent(plan: Plan, value: Any, content_type: str | None = None) -> Request:
    """The request with a body, in the media type of an option."""
    return plan.request({"body": value}, BASE, Options(content_type=content_type))


def read(plan: Plan, content_type: str, body: bytes, validate: str = "lenient") -> Response:
    """A response of the service, read."""
    fields = [("Content-Type", content_type)] if content_type else []
    return plan.read(Response(200, Headers(fields), body), validate)


def refused(plan: Plan, value: Any = None, **options: Any) -> list[str]:
    """The problems of a request that is not made."""
    arguments = {} if value is None else {"body": value}
    with pytest.raises(InvalidArguments) as caught:
        plan.request(arguments, BASE, Options(**options))
    return [str(problem) for problem in caught.value.problems]


# Ranges (RFC 9110 section 12.5.1)

RANGES = [
    ("image/png", "image/png", True),
    ("image/png", "image/*", True),
    ("image/png", "*/*", True),
    ("image/png", "image/jpeg", False),
    ("imagery/png", "image/*", False),
    ("image/png", "application/*", False),
]


@pytest.mark.parametrize(("media_type", "declared", "inside"), RANGES)
def test_a_range_holds_its_media_types(media_type: str, declared: str, inside: bool) -> None:
    """A media type is within itself, within ``type/*`` of its type, and within ``*/*``."""
    assert within(media_type, declared) is inside


# What a response is asked for in


def test_media_types_are_offered_as_the_document_has_them() -> None:
    """Of media types that hold an object the first of the document comes first."""
    assert giving(XML, JSON).offered == (XML, JSON)


def test_text_comes_after_what_holds_an_object() -> None:
    """For an object, JSON and XML are asked for before text."""
    assert giving(TEXT, XML, JSON).offered == (XML, JSON, TEXT)


def test_text_keeps_its_place_for_a_text() -> None:
    """For a text the order is the document's, whatever codec reads it."""
    assert giving(TEXT, JSON, schema={"type": "string"}).offered == (TEXT, JSON)


def test_what_no_codec_reads_comes_last() -> None:
    """A media type without a codec is offered last: it would be bytes."""
    assert giving("chemical/x-pdb", CSV, schema={"type": "string"}).offered[-1] == "chemical/x-pdb"


def test_an_object_within_a_range_is_asked_for_as_json() -> None:
    """If the document has nothing but a range that JSON is within, JSON is offered before it."""
    assert giving("*/*").offered == (JSON, "*/*")


def test_a_file_within_a_range_is_asked_for_as_the_range() -> None:
    """For a file a range is all there is to ask for."""
    assert giving("image/*", schema={"type": "file"}).offered == ("image/*",)


def test_the_first_media_type_has_no_weight_and_the_rest_fall_by_a_tenth() -> None:
    """The Accept field keeps the order that media types are offered in, as weights."""
    accept = giving(JSON, XML, CSV, schema={"type": "string"}).negotiation.accept_header

    assert accept == "application/json, application/xml;q=0.9, text/csv;q=0.8"


def test_no_weight_is_zero() -> None:
    """From the tenth media type on the weight is 0.1: with 0 a service must not send it (RFC 9110 section 12.4.2)."""
    accept = giving(*(f"application/v{number}+json" for number in range(15))).negotiation.accept_header

    assert [part.rpartition("q=")[2] for part in accept.split(", ")[9:]] == ["0.1"] * 6


def test_an_operation_without_media_types_asks_for_json() -> None:
    """A document that has no produces means JSON."""
    assert plan_of().request({}, BASE, Options()).headers["Accept"] == JSON


def test_the_option_accept_takes_the_place_of_all() -> None:
    """A media type that the caller asks for is the whole Accept field."""
    assert giving(JSON, XML).request({}, BASE, Options(accept=XML)).headers["Accept"] == XML


def test_the_option_accept_keeps_its_parameters() -> None:
    """Parameters that the caller asks for are sent, though the document has none."""
    accept = "application/json;odata=verbose"

    assert giving(JSON).request({}, BASE, Options(accept=accept)).headers["Accept"] == accept


def test_a_media_type_within_an_offered_range_may_be_asked_for() -> None:
    """The option accept may be within a range of the document."""
    plan = giving("text/*", schema={"type": "string"})

    assert plan.request({}, BASE, Options(accept=CSV)).headers["Accept"] == CSV


def test_a_media_type_that_is_not_offered_is_refused() -> None:
    """The option accept must be one that the operation offers; the problem lists these."""
    assert refused(giving(JSON, XML), accept=CSV) == [
        "accept: 'text/csv' is not offered by Do; it offers application/json, application/xml"
    ]


# What a request is sent in

CHOSEN: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "the first of the document": ((XML, JSON), {"n": 1}, XML),
    "what holds an object before text": ((TEXT, JSON), {"n": 1}, JSON),
    "JSON within a range": (("application/*",), {"n": 1}, JSON),
    "JSON within any range": (("*/*",), {"n": 1}, JSON),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_the_media_type_of_an_object(case: str) -> None:
    """An object is sent in the first media type of the document whose codec holds it."""
    consumes, value, content_type = CHOSEN[case]

    assert sent(taking(*consumes), value).headers["Content-Type"] == content_type


FILES: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "its own type within a range": (("image/*",), File(b"x", content_type="image/png"), "image/png"),
    "that of its name": (("image/*",), File(b"x", filename="a.gif"), "image/gif"),
    "bytes within any range": (("*/*",), b"x", "application/octet-stream"),
    "the one that the document has": (("image/png",), b"x", "image/png"),
}


@pytest.mark.parametrize("case", FILES)
def test_the_media_type_of_bytes(case: str) -> None:
    """Bytes are sent in the media type that they say of themselves, if the document allows it."""
    consumes, value, content_type = FILES[case]

    assert sent(taking(*consumes, schema=FILE), value).headers["Content-Type"] == content_type


def test_bytes_of_no_known_type_must_be_given_one() -> None:
    """Bytes without a media type, for a range that has no general one, are refused with what to do."""
    assert refused(taking("image/*", schema=FILE), b"x") == [
        "content_type: must be chosen: Do takes image/*; give using(content_type=…), or a File with its type"
    ]


def test_the_option_content_type_chooses() -> None:
    """The option content_type is the media type of the request, whatever the order of the document."""
    request = sent(taking(JSON, XML), {"n": 1}, XML)

    assert (request.headers["Content-Type"], (request.body or b"")[:1]) == (XML, b"<")


def test_the_option_content_type_keeps_its_parameters() -> None:
    """Parameters of the option content_type are sent."""
    assert sent(taking(JSON), {"n": 1}, "application/json;v=2").headers["Content-Type"] == "application/json;v=2"


def test_a_media_type_that_is_not_taken_is_refused() -> None:
    """The option content_type must be one that the operation takes; the problem lists these."""
    assert refused(taking(JSON), {"n": 1}, content_type=CSV) == [
        "content_type: 'text/csv' is not taken by Do; it takes application/json"
    ]


def test_a_parameter_of_the_document_chooses() -> None:
    """The argument of a header parameter Content-Type is the media type of the body, also beyond consumes."""
    header = {"name": "Content-Type", "in": "header", "type": "string", "required": True, "enum": [XML, JSON]}
    body = {"name": "body", "in": "body", "required": True, "schema": OBJECT}
    plan = plan_of(consumes=[JSON], parameters=[header, body])

    request = plan.request({"body": {"n": 1}, "Content-Type": XML}, BASE, Options())

    assert request.headers["Content-Type"] == XML


def test_an_object_that_no_codec_writes_is_unsupported() -> None:
    """If no codec writes any of the media types, an object raises Unsupported."""
    with pytest.raises(Unsupported, match="no codec writes"):
        sent(taking("chemical/x-pdb"), {"n": 1})


def test_an_object_under_an_unknown_application_type_is_json() -> None:
    """A media type of ``application/`` without a codec of its own says nothing: an object is written as JSON."""
    request = sent(taking("application/vnd.example"), {"n": 1})

    assert (request.headers["Content-Type"], request.body) == ("application/vnd.example", b'{"n":1}')


# What a response is read as

READ: dict[str, tuple[str, bytes, list[str]]] = {
    "as it says": (JSON, b'{"n": 1}', []),
    "with parameters": ("application/json; charset=utf-8", b'{"n": 1}', []),
    "written the same way": ("application/problem+json", b'{"n": 1}', []),
    "undeclared, but parsed as what is declared": (TEXT, b'{"n": 1}', [leniency.MEDIA_TYPE]),
    "without a media type": ("", b'{"n": 1}', [leniency.NO_MEDIA_TYPE]),
    "a structured one that is not declared": (XML, b"<r><n>1</n></r>", [leniency.MEDIA_TYPE]),
}


@pytest.mark.parametrize("case", READ)
def test_the_media_type_that_a_response_is_read_in(case: str) -> None:
    """A response is read as its media type if that is declared, else as what is declared, with a deviation."""
    content_type, body, kinds = READ[case]
    response = read(giving(JSON), content_type, body)

    assert response.value == {"n": 1}
    assert [problem.kind for problem in response.deviations if problem.path == ("Content-Type",)] == kinds


def test_strict_refuses_a_media_type_that_is_not_declared() -> None:
    """In strict mode a response of another media type is InvalidResponse, whatever its bytes."""
    with pytest.raises(InvalidResponse, match="text/plain"):
        read(giving(JSON), TEXT, b'{"n": 1}', "strict")


def test_a_page_in_place_of_a_value_is_refused() -> None:
    """An HTML page under another media type than declared is a gateway's word, never the value."""
    with pytest.raises(InvalidResponse, match="text/html"):
        read(giving(TEXT, JSON, schema={"type": "string"}), "text/html", b"<!doctype html><p>down</p>")


def test_a_file_is_read_in_any_media_type() -> None:
    """A response that is a file is its bytes, whatever media type it comes in."""
    plan = giving("image/png", schema={"type": "file"})

    assert read(plan, JSON, b'{"n": 1}').value == b'{"n": 1}'
