"""What a service sends that its document does not say: one row a kind, what comes of it lenient, strict and off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine import leniency
from openconnectors.engine.client.connector import Connector, connected
from openconnectors.engine.errors import Problem
from openconnectors.engine.http import Headers, Response
from tests.growth import growth

from .conftest import ROOT
from .test_wire import Peer, ok

PET: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "kind": {"type": "string", "enum": ["cat", "dog"]},
        "born": {"type": "string", "format": "date"},
        "tags": {"type": "array", "xml": {"wrapped": True}, "items": {"type": "string", "xml": {"name": "tag"}}},
    },
}
SCHEMAS: dict[str, Any] = {
    "pet": {"$ref": "#/definitions/Pet"},
    "pets": {"$ref": "#/definitions/Pets"},
    "far": {"$ref": "#/definitions/Far"},
    "object": {"type": "object", "properties": {"id": {"type": "integer"}}},
    "untyped": {"properties": {"id": {"type": "integer"}}},
    "maybe": {**PET, "x-nullable": True},
    "list": {"type": "array", "items": {"type": "integer"}},
    "listed": {"type": "array", "items": {"$ref": "#/definitions/Pet"}},
    "words": {"type": "array", "items": {"type": "string"}},
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "any": {},
    "sized": {
        "type": "object",
        "properties": {"size": {"type": "number"}, "price": {"type": "number", "format": "decimal"}},
    },
}
DEFINITIONS: dict[str, Any] = {
    "Pet": PET,
    "Pets": {"type": "array", "items": {"$ref": "#/definitions/Pet"}},
    "Far": {
        "type": "object",
        "xml": {"namespace": "urn:far"},
        "properties": {
            "id": {"type": "integer", "xml": {"namespace": "urn:far"}},
            "name": {"type": "string"},
            "when": {"type": "string", "xml": {"attribute": True}},
        },
    },
}
PRODUCES = {
    "json": ["application/json"],
    "xml": ["application/xml"],
    "both": ["application/json", "application/xml"],
    "plain": ["text/plain"],
    "csv": ["application/json", "text/csv"],
}
REFUSED = "refused"


def document() -> dict[str, Any]:
    """An operation for each schema in each choice of media types."""
    return {
        "swagger": "2.0",
        "info": {"title": "Lenient", "version": "1"},
        "paths": {
            f"/{name}/{media}": {
                "get": {
                    "operationId": f"{name}_{media}",
                    "produces": PRODUCES[media],
                    "responses": {"200": {"description": "It", "schema": schema}, "default": {"description": "No"}},
                }
            }
            for name, schema in SCHEMAS.items()
            for media in PRODUCES
        },
        "definitions": DEFINITIONS,
    }


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Peer, Connector]]:
    path: Path = tmp_path_factory.mktemp("lenient") / "lenient.swagger.json"
    path.write_text(json.dumps(document()))
    peer = Peer()
    yield peer, openconnectors.load_file(path, base_url=peer.url, timeout=10)
    peer.close()


@dataclass(frozen=True)
class Case:
    """One response: ``lenient`` is its value or REFUSED, ``at`` the places of its deviations; ``strict`` refuses it
    where there is one, unless it is ``kept``; ``off`` is its value where that differs."""

    operation: str
    body: bytes | str
    media: str = "application/json"
    lenient: Any = REFUSED
    at: tuple[str, ...] = ()
    off: Any = None
    kept: bool = False


LARGE = int("1" * 400)
INFINITE = float("inf")
PET_XML = "<Pet><id>1</id></Pet>"
item = {"id": 1}

CASES: dict[str, list[Case]] = {
    "a value differs from its schema below the top": [
        Case("pet_json", '{"id": "x"}', lenient={"id": "x"}, at=("id",)),
        Case("pet_json", '{"id": null}', lenient={"id": None}, at=("id",)),
        Case("pet_json", '{"id": 1, "kind": "cow"}', lenient={"id": 1, "kind": "cow"}, at=("kind",)),
        Case("pet_json", '{"name": "a"}', lenient={"name": "a"}, at=("id",)),
        Case("pet_json", '{"id": 1, "born": "soon"}', lenient={"id": 1, "born": "soon"}, at=("born",)),
        Case("pet_json", '{"id": 1, "tags": "a"}', lenient={"id": 1, "tags": "a"}, at=("tags",)),
        Case("pet_json", '{"id": 1.5}', lenient={"id": 1.5}, at=("id",)),
        Case("pet_xml", "<Pet><name>a</name></Pet>", "application/xml", {"name": "a"}, at=("id",)),
        Case("pet_xml", "<Pet><id>x</id></Pet>", "application/xml", {"id": "x"}, at=("id",)),
        Case("list_json", '[1, "2", null]', lenient=[1, "2", None], at=("[1]", "[2]")),
    ],
    "the top level is of another type": [
        *(Case("pet_json", body, off=json.loads(body)) for body in ("null", "[]", '"x"', "7", "true")),
        *(Case("list_json", body, off=json.loads(body)) for body in ("null", "{}", '"x"', "7")),
        *(Case("text_json", body, off=json.loads(body)) for body in ("null", "{}", "[]", "7", "false")),
        *(Case("integer_json", body, off=json.loads(body)) for body in ("null", "{}", '"7"', "true")),
        *(Case("boolean_json", body, off=json.loads(body)) for body in ("null", "1", '"true"')),
        *(Case("untyped_json", body, off=json.loads(body)) for body in ("null", "[]", '"x"')),
        Case("maybe_json", "null", lenient=None),
        Case("maybe_json", "[]", off=[]),
        Case("any_json", "null", lenient=None),
        Case("pet_xml", "<Pet>text</Pet>", "application/xml"),
        Case(
            "pet_xml",
            '<Pet xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>',
            "application/xml",
            off=None,
        ),
        Case("pet_xml", "<ArrayOfPet><Pet><id>1</id></Pet></ArrayOfPet>", "application/xml"),
        Case("pets_xml", "<Pets><Pet><id>1</id></Pet><next>2</next></Pets>", "application/xml"),
        Case("integer_xml", "<int>x</int>", "application/xml", off="x"),
        Case("integer_plain", "seven", "text/plain", off="seven"),
        Case("boolean_plain", "maybe", "text/plain", off="maybe"),
        Case("object_plain", "no object", "text/plain", off="no object"),
    ],
    "another media type than the bytes are of": [
        *(
            Case("pet_json", '{"id": 1}', media, item, at=("Content-Type",))
            for media in (
                "text/plain",
                "text/html; charset=utf-8",
                "application/octet-stream",
                "text/javascript",
                "application/javascript",
                "application/x-json",
                "application/json, application/json",
                "image/png",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "no media type",
                "*/*",
                "text/xml",
            )
        ),
        Case("pet_json", '{"id": 1}', "", item, at=("Content-Type",), kept=True),
        Case("pet_json", '{"id": 1}', ";", item, at=("Content-Type",), kept=True),
        Case("list_json", "[1]", "text/plain", [1], at=("Content-Type",)),
        Case("text_json", '"a"', "text/plain", "a", at=("Content-Type",)),
        Case("text_json", "not JSON", "text/plain", "not JSON", at=("Content-Type",)),
        Case("text_json", "7", "text/plain", "7", at=("Content-Type",)),
        Case("integer_json", "42", "text/plain", 42, at=("Content-Type",)),
        Case("boolean_xml", "true", "text/plain", True, at=("Content-Type",)),
        *(
            Case("pet_xml", PET_XML, media, item, at=("Content-Type",))
            for media in ("text/plain", "text/html", "application/octet-stream", "application/json")
        ),
        Case("pet_xml", PET_XML, "", item, at=("Content-Type",), kept=True),
        Case("pet_both", PET_XML, "text/plain", item, at=("Content-Type",)),
        Case("pet_both", PET_XML, "", item, at=("Content-Type",), kept=True),
        Case("pet_json", PET_XML, "application/xml", item, at=("Content-Type",)),
        Case("pet_json", '{"id": 1}', "text/json", item),
        Case("pet_json", '{"id": 1}', "application/problem+json", item),
        Case("pet_json", '{"id": 1}', "APPLICATION/JSON; Charset=UTF-8", item),
        # What is declared is believed, and what cannot be read as declared is refused.
        Case("pet_both", PET_XML, "application/json"),
        Case("pet_json", '{"id": 1', "text/plain"),
        Case("pet_json", '{"id": 1,}', "text/plain"),
        Case("pet_json", "id=1", "application/x-www-form-urlencoded"),
        Case("pet_json", "[1]", "text/plain", off=[1]),
    ],
    "an HTML page under 200": [
        *(
            Case(operation, page, media)
            for operation in ("pet_json", "pet_xml", "object_xml", "listed_xml", "text_json", "pet_both")
            for page in (
                "<!DOCTYPE html><html><body><p>Bad gateway</p></body></html>",
                '<html xmlns="http://www.w3.org/1999/xhtml"><head/><body/></html>',
            )
            for media in ("text/html", "text/plain", "", "application/octet-stream")
        ),
        Case("object_xml", "<html><body>Bad gateway</body></html>", "application/xml"),
    ],
    "half of a surrogate pair": [
        Case("pet_json", '{"id": 1, "name": "\\ud800"}', lenient={"id": 1, "name": "\ud800"}, at=("name",)),
        Case("pet_json", '{"id": 1, "\\udc00": 1}', lenient={"id": 1, "\udc00": 1}, at=("value",)),
        Case("text_json", '"a\\uDFFF"', lenient="a\udfff", at=("value",)),
        Case("text_json", '"\\ud83d\\ude00"', lenient="\U0001f600"),
    ],
    "a number beyond a double": [
        Case("pet_json", '{"id": 1, "size": 1e999}', lenient={"id": 1, "size": INFINITE}, at=("size",)),
        Case("number_json", "-1e400", lenient=-INFINITE, at=("value",)),
        Case("sized_json", '{"size": 1e999}', lenient={"size": INFINITE}, at=("size",)),
        Case("sized_json", '{"price": 1e999}', lenient={"price": Decimal("Infinity")}, at=("price",)),
        Case("sized_json", '{"price": 1.10}', lenient={"price": Decimal("1.10")}),
        Case("pet_json", f'{{"id": {LARGE}}}', lenient={"id": LARGE}, at=("id",)),
        Case("number_json", "1" * 5000, lenient=INFINITE, at=("value",)),
        Case("integer_json", "12345678901234567890123", lenient=12345678901234567890123),
        Case("number_json", "1e308", lenient=1e308),
    ],
    "a member twice": [
        Case("pet_json", '{"id": 1, "id": 2}', off={"id": 2}),
        Case("pet_json", '{"id": 1, "more": [{"a": 1, "a": 2}]}', off={"id": 1, "more": [{"a": 2}]}),
        Case("pet_xml", "<Pet><id>1</id><id>2</id></Pet>", "application/xml", off={"id": 2}),
    ],
    "no JSON, in any mode": [
        *(
            Case("pet_json", body)
            for body in (
                *('{"id": NaN}', '{"id": Infinity}', '{"id": -Infinity}', '{"id": 1,}', "[1,]", "{'id': 1}", "{id: 1}"),
                *('{"id": 01}', '{"id": 1} {}', '{"id": 1', "", " ", '{"id": "\t"}', '{"id": .5}', '{"id": True}'),
                *('/* a */{"id": 1}', ")]}',\n" + '{"id": 1}', "callback({})", "\x00", b"\xff", '{"id": "\\x"}'),
            )
        ),
    ],
    "byte order marks and encodings of JSON": [
        Case("pet_json", b'\xef\xbb\xbf{"id": 1}', lenient=item),
        Case("pet_json", '{"id": 1}'.encode("utf-16"), lenient=item, at=("value",)),
        Case("pet_json", '{"id": 1}'.encode("utf-16-le"), "application/json; charset=utf-16", item, at=("value",)),
        Case("pet_json", '{"id": 1}'.encode("utf-32-be"), lenient=item, at=("value",)),
        Case("text_json", '"é"'.encode("latin-1"), "application/json; charset=iso-8859-1", "é", at=("value",)),
        Case("text_json", '"é"', "application/json; charset=iso-8859-1", "é"),
        Case("text_json", '"é"'.encode("latin-1")),
        Case("text_json", '"é"'.encode("latin-1"), "application/json; charset=rot13"),
    ],
    "charsets of text": [
        Case("text_plain", "é", "text/plain; charset=utf-8", "é"),
        Case("text_plain", "é", 'text/plain; charset="UTF-8"', "é"),
        Case("text_plain", "é", "text/plain", "é"),
        Case("text_plain", "é".encode("latin-1"), "text/plain; CHARSET=ISO-8859-1", "é"),
        Case("text_plain", "é".encode("cp1252"), "text/plain; charset=windows-1252", "é"),
        Case("text_plain", b"\xef\xbb\xbfa", "text/plain", "a"),
        Case("text_plain", "aé".encode("utf-16"), "text/plain; charset=utf-16", "aé"),
        Case("text_plain", "aé".encode("utf-16-le"), "text/plain; charset=utf-16", "aé"),
        Case("text_plain", "aé".encode("utf-16-be"), "text/plain; charset=utf-16", "aé"),
        Case("text_plain", "aé".encode("utf-16"), "text/plain; charset=utf-8", "aé"),
        *(
            Case("text_plain", "é", f"text/plain; charset={name}", "é", at=("Content-Type",))
            for name in (
                *("rot13", "hex", "base64", "zlib", "bz2", "quopri", "idna", "punycode", "undefined", "unicode_escape"),
                *("no-such", "us-ascii", "utf-7", "os", "aliases", "x" * 200, "../../x", '"\\""', "\xff", "a b"),
            )
        ),
        Case("text_plain", b"\xe9", "text/plain; charset=no-such"),
        Case("text_plain", b"\xe9", "text/plain"),
        Case("text_plain", b"\xe9", "text/plain; charset=ascii"),
    ],
    "text, and text of another format": [
        Case("object_plain", '{"id": 1}', "text/plain", item),
        Case("list_plain", "[1]", "text/plain", [1]),
        Case("text_plain", '{"id": 1}', "text/plain", '{"id": 1}'),
        Case("number_plain", "1.5", "text/plain", 1.5),
        Case("boolean_plain", "true", "text/plain", True),
        Case("pet_csv", "id,name\r\n1,a\r\n", "text/csv", "id,name\r\n1,a\r\n"),
        Case("list_csv", "1\n2\n", "text/csv; charset=utf-8", "1\n2\n"),
        Case("pet_csv", '{"id": 1}', "application/json", item),
    ],
    "names of XML roots": [
        Case("object_xml", "<response><id>1</id></response>", "application/xml", item),
        Case("object_xml", '<r xmlns="urn:any"><id>1</id></r>', "application/xml", item),
        Case("listed_xml", "<ArrayOfPet><Pet><id>1</id></Pet></ArrayOfPet>", "application/xml", [item]),
        Case("listed_xml", "<pets/>", "application/xml", []),
        Case("words_xml", "<ArrayOfString><string>a</string></ArrayOfString>", "application/xml", ["a"]),
        Case("text_xml", '<string xmlns="urn:x">abc</string>', "application/xml", "abc"),
        Case("integer_xml", "<int>3</int>", "application/xml", 3),
        Case("pet_xml", PET_XML, "application/xml", item),
        Case("pet_xml", "<pet><id>1</id></pet>", "application/xml", item, at=("value",)),
        Case("pet_xml", "<response><id>1</id></response>", "application/xml", item, at=("value",)),
        Case("pets_xml", "<ArrayOfPet><Pet><id>1</id></Pet></ArrayOfPet>", "application/xml", [item], at=("value",)),
        # It says that it is something else, or nothing of what is promised is in it.
        Case("pet_xml", "<error><id>7</id><name>no</name></error>", "application/xml"),
        Case("pet_xml", "<ServiceException><id>7</id></ServiceException>", "application/xml"),
        Case("object_xml", "<error><message>no</message></error>", "application/xml"),
        Case("object_xml", "<errorCount><id>7</id></errorCount>", "application/xml", {"id": 7}),
        Case("pet_xml", "<other><message>no</message></other>", "application/xml"),
        Case("pet_xml", "<error><message>no</message></error>", "application/xml"),
        Case("pet_xml", "<error/>", "application/xml"),
        # It calls itself an error.
        Case("pet_xml", "<error><id>1</id></error>", "application/xml"),
        Case("pet_xml", '<s:Fault xmlns:s="urn:s"><id>1</id></s:Fault>', "application/xml"),
        Case("pets_xml", "<error><message>no</message></error>", "application/xml"),
    ],
    "names of XML items": [
        Case("pet_xml", "<Pet><id>1</id><tags><tag>a</tag></tags></Pet>", "application/xml", {"id": 1, "tags": ["a"]}),
        Case(
            "pet_xml",
            "<Pet><id>1</id><tags><item>a</item><item>b</item></tags></Pet>",
            "application/xml",
            {"id": 1, "tags": ["a", "b"]},
            at=("tags",),
        ),
        Case("pet_xml", "<Pet><id>1</id><tags><tag>a</tag><other>b</other></tags></Pet>", "application/xml"),
        Case("words_xml", "<a><b>x</b><c>y</c></a>", "application/xml"),
    ],
    "namespaces of XML": [
        Case("far_xml", '<Far xmlns="urn:far"><id>1</id></Far>', "application/xml", item),
        Case("far_xml", '<f:Far xmlns:f="urn:far"><f:id>1</f:id><name>a</name></f:Far>', "application/xml", None),
        Case("far_xml", '<Far xmlns="urn:other"><id>1</id></Far>', "application/xml"),
        Case("far_xml", "<Far><id>1</id></Far>", "application/xml"),
        Case(
            "far_xml",
            '<Far xmlns="urn:far"><id xmlns="urn:other">1</id></Far>',
            "application/xml",
            {"{urn:other}id": "1"},
            at=("id",),
        ),
        Case(
            "far_xml",
            '<Far xmlns="urn:far" xmlns:o="urn:other"><o:name>b</o:name><name>a</name></Far>',
            "application/xml",
            {"{urn:other}name": "b", "name": "a"},
            at=("name",),
        ),
        Case(
            "pet_xml",
            '<Pet xmlns="urn:a" xmlns:o="urn:o"><id>1</id><o:id>2</o:id></Pet>',
            "application/xml",
            {"id": 1, "{urn:o}id": "2"},
            at=("id",),
        ),
        Case("pet_xml", '<Pet xmlns:o="urn:o"><o:id>2</o:id></Pet>', "application/xml", {"id": 2}),
    ],
    "encodings of XML": [
        *(
            Case("pet_xml", f'<?xml version="1.0" encoding="{name}"?>{PET_XML}', media, item, at=("value",))
            for name in ("utf-16", "UTF-16LE", "ucs-2", "utf-32", "x-none", "base64")
            for media in ("application/xml", "application/xml; charset=utf-8", "text/xml")
        ),
        Case("pet_xml", f'<?xml version="1.0" encoding="utf-8"?>{PET_XML}', "application/xml", item),
        Case(
            "pet_xml",
            '<?xml version="1.0" encoding="iso-8859-1"?><Pet><id>1</id><name>é</name></Pet>'.encode("latin-1"),
            "application/xml",
            {"id": 1, "name": "é"},
        ),
        Case("pet_xml", f'<?xml version="1.0" encoding="utf-16"?>{PET_XML}'.encode("utf-16"), "text/xml", item),
        Case("pet_xml", PET_XML.encode("utf-16-be"), "text/xml; charset=utf-16be", item),
        Case("pet_xml", PET_XML.encode("utf-16-le"), "text/xml; charset=utf-16", item),
        Case("pet_xml", b"\xef\xbb\xbf" + PET_XML.encode(), "text/xml", item),
        Case(
            "pet_xml",
            '\ufeff<?xml version="1.0" encoding="iso-8859-1"?><Pet><id>1</id><name>é</name></Pet>',
            "text/xml",
            {"id": 1, "name": "é"},
            at=("value",),
        ),
        *(
            Case("pet_xml", f'<?xml version="1.0" encoding="{name}"?>{PET_XML}', "text/xml", item)
            for name in ("utf8", "utf_8", "latin1", "windows-1252", "mac-roman", "shift_jis", "US-ASCII")
        ),
        *(
            Case("pet_xml", PET_XML, f"application/xml; charset={name}", item, at=("Content-Type",))
            for name in ("rot13", "hex", "no-such", "undefined", "utf-16")
        ),
    ],
    "blanks before an XML declaration": [
        Case("pet_xml", f'\n <?xml version="1.0"?>{PET_XML}', "application/xml", item, at=("value",)),
        Case("pet_xml", f"\n {PET_XML}", "application/xml", item),
        Case("pet_xml", f'<!-- --><?xml version="1.0"?>{PET_XML}', "application/xml"),
    ],
    "document type declarations": [
        Case("pet_xml", f"<!DOCTYPE Pet>{PET_XML}", "application/xml", item, at=("value",)),
        Case("pet_xml", f'<!DOCTYPE Pet SYSTEM "http://127.0.0.1:9/x.dtd">{PET_XML}', "text/xml", item, at=("value",)),
        Case("pet_xml", f"<!DOCTYPE Pet [<!ELEMENT Pet ANY>]>{PET_XML}", "application/xml", item, at=("value",)),
        Case("pet_xml", f'<!DOCTYPE Pet [<!ENTITY a "b">]>{PET_XML}', "application/xml"),
        Case("pet_xml", f'<!DOCTYPE Pet [<!ENTITY a SYSTEM "file:///etc/passwd">]>{PET_XML}', "application/xml"),
        Case("pet_xml", f'<!DOCTYPE Pet [<!ENTITY % a SYSTEM "file:///x"> %a;]>{PET_XML}', "application/xml"),
        Case("pet_xml", f'<!DOCTYPE Pet [<!ENTITY a "b">]>{PET_XML}'.encode("utf-16"), "application/xml"),
        Case("pet_xml", '<!DOCTYPE Pet SYSTEM "x"><Pet><id>1</id><name>&a;</name></Pet>', "application/xml"),
        Case("pet_xml", '<!DOCTYPE Pet SYSTEM "x"><Pet name="&a;"><id>1</id></Pet>', "application/xml"),
    ],
}
ALL = [(kind, index) for kind, listed in CASES.items() for index in range(len(listed))]


def answered(case: Case) -> bytes:
    body = case.body if isinstance(case.body, bytes) else case.body.encode()
    head = f"Content-Type: {case.media}\r\n" if case.media else ""
    return f"HTTP/1.1 200 OK\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


def without_empty(value: Any) -> Any:
    """A value without the empty lists that XML makes of lists that are not there."""
    return {name: item for name, item in value.items() if item != []} if isinstance(value, dict) else value


@pytest.mark.parametrize(("kind", "index"), ALL)
def test_lenient_reads_what_a_careful_person_would(service: tuple[Peer, Connector], kind: str, index: int) -> None:
    """The value with each place where it differs, or InvalidResponse; strict refuses it where there is such a place."""
    peer, connector = service
    case = CASES[kind][index]
    peer.answers = [answered(case)] * 3
    operation = connector[case.operation]
    if case.lenient is REFUSED:
        for mode in ("lenient", "strict"):
            with pytest.raises(openconnectors.InvalidResponse):
                operation.using(validate_responses=mode)()
        return
    response = operation.response()
    if case.operation != "far_xml" or case.lenient is not None:
        assert repr(response.value) == repr(case.lenient)
    assert sorted({str(deviation).partition(": ")[0] for deviation in response.deviations}) == sorted(case.at)
    strict = operation.using(validate_responses="strict")
    if case.at and not case.kept:
        with pytest.raises(openconnectors.InvalidResponse) as error:
            strict()
        assert {str(problem).partition(": ")[0] for problem in error.value.problems} == set(case.at)
    else:
        assert repr(strict()) == repr(case.lenient) or case.lenient is None


@pytest.mark.parametrize(("kind", "index"), ALL)
def test_off_gives_the_value_as_it_came(service: tuple[Peer, Connector], kind: str, index: int) -> None:
    """validate_responses='off' refuses nothing that can be read and reports nothing."""
    peer, connector = service
    case = CASES[kind][index]
    peer.answers = [answered(case)]
    operation = connector[case.operation].using(validate_responses="off")
    try:
        response = operation.response()
    except openconnectors.InvalidResponse:
        assert case.lenient is REFUSED
        assert case.off is None
        return
    assert response.deviations == ()
    if case.lenient is not REFUSED and case.lenient is not None:
        assert repr(response.value) == repr(case.lenient)
    elif case.off is not None:
        assert response.value == case.off


def test_every_kind_of_deviation_has_its_row() -> None:
    """The table answers for each kind and mode, and nothing is stricter off than lenient, or lenient than strict."""
    order = ("value", "deviation", "refused")
    for row in leniency.LENIENCY.values():
        assert order.index(row.off) <= order.index(row.lenient) <= order.index(row.strict)
    page = (ROOT / "docs/responses.md").read_text("utf-8")
    table = next(part for part in page.split("\n\n") if part.startswith("| ") and "| strict |" in part)
    assert [line.split(" | ")[-3:] for line in table.splitlines() if line.startswith("| ")][1:] == [
        [row.lenient, row.strict, f"{row.off} |"] for row in leniency.LENIENCY.values()
    ]
    assert leniency.LENIENCY.keys() <= {
        value for name, value in vars(leniency).items() if name.isupper() and isinstance(value, str)
    }


def test_what_the_transport_records_stays_with_the_response(service: tuple[Peer, Connector]) -> None:
    """A deviation in how the response travelled is reported in lenient and strict, and refused by neither."""
    _, connector = service
    travelled = Problem(("Content-Encoding",), "is raw deflate")
    plan = connected(connector).plan("pet_json")
    came = Response(200, Headers([("Content-Type", "application/json")]), b'{"id": 1}', deviations=(travelled,))
    for mode in ("lenient", "strict"):
        assert plan.read(came, mode).deviations == (travelled,)
    assert plan.read(came, "off").deviations == ()


ITEM_LISTS: list[tuple[str, bytes, str, Any]] = [
    # operation, body, Content-Type, items (or REFUSED); whether strict gives them too
    ("pets_xml", b"<Pets><Pet><id>1</id></Pet><Pet><id>2</id></Pet></Pets>", "application/xml", ([1, 2], True)),
    ("pets_xml", b"<ArrayOfPet><Pet><id>1</id></Pet></ArrayOfPet>", "application/xml", ([1], False)),
    ("listed_xml", b"<any><Pet><id>1</id></Pet></any>", "application/xml", ([1], True)),
    ("listed_xml", b"<any/>", "application/xml", ([], True)),
    ("pets_xml", b"<Pets/>", "application/xml", ([], True)),
    ("pets_xml", b"<Pets><Pet><id>1</id></Pet></Pets>", "text/plain", ([1], False)),
    ("pets_xml", b"<?xml version='1.0' encoding='utf-16'?><Pets><Pet><id>1</id></Pet></Pets>", "", ([1], False)),
    ("pets_xml", "<Pets><Pet><id>1</id></Pet></Pets>".encode("utf-16-le"), "text/xml; charset=utf-16le", ([1], True)),
    ("pets_xml", b"<!DOCTYPE Pets><Pets><Pet><id>1</id></Pet></Pets>", "application/xml", ([1], False)),
    ("pets_xml", b"<Pets><Pet><id>x</id></Pet></Pets>", "application/xml", (["x"], False)),
    ("pets_xml", b"<!DOCTYPE Pets [<!ENTITY a 'b'>]><Pets><Pet><id>1</id></Pet></Pets>", "application/xml", REFUSED),
    ("pets_xml", b"<!DOCTYPE Pets SYSTEM 'x'><Pets><Pet><name>&a;</name></Pet></Pets>", "application/xml", REFUSED),
    ("pets_xml", b"<Pets><Pet><id>1</id></Pet>", "application/xml", REFUSED),
    ("pets_xml", b"<Pets><Pet>text</Pet></Pets>", "application/xml", REFUSED),
    ("pets_xml", b"<error><message>no</message></error>", "application/xml", REFUSED),
    ("pets_xml", b"<html><body>no</body></html>", "text/html", REFUSED),
    ("listed_xml", b"<html><body>no</body></html>", "application/xml", REFUSED),
    ("pets_xml", b"<Pets>\xff</Pets>", "application/xml", REFUSED),
    ("pets_xml", b"\xff" * 300, "application/xml; charset=utf-16", REFUSED),
    ("pets_xml", b"", "application/xml", REFUSED),
    ("pets_xml", b"{}", "application/json", REFUSED),
]  # fmt: skip


@pytest.mark.parametrize("index", range(len(ITEM_LISTS)))
def test_each_reads_like_a_call(service: tuple[Peer, Connector], index: int) -> None:
    """Item by item under the same rules; what goes wrong in between is an error of the tree."""
    peer, connector = service
    name, body, media, wanted = ITEM_LISTS[index]
    peer.answers = [answered(Case(name, body, media))] * 2
    for mode in ("lenient", "strict"):
        items = connector[name].using(validate_responses=mode).each()
        if wanted is REFUSED or (mode == "strict" and not wanted[1]):
            with pytest.raises(openconnectors.ConnectorError):
                list(items)
        else:
            assert [item["id"] for item in items] == wanted[0]


PAGED = """
swagger: "2.0"
info: {title: Paged, version: "1"}
paths:
  /list:
    get:
      operationId: list
      produces: [application/json]
      x-ms-pageable: {nextLinkName: next, itemName: items}
      responses: {200: {description: A page, schema: {$ref: "#/definitions/Page"}}}
definitions:
  Page:
    type: object
    required: [items, next]
    properties:
      items: {type: array, items: {type: integer}}
      next: {type: string, minLength: 1}
      last: {type: string}
"""


@pytest.mark.parametrize("end", ['"next": null', '"next": ""', '"more": 1'])
def test_a_null_link_is_the_last_page_and_no_deviation(tmp_path: Path, end: str) -> None:
    """A null, missing or empty next link ends the pages without a deviation, in strict too."""
    path = tmp_path / "paged.swagger.yaml"
    path.write_text(PAGED)
    peer = Peer()
    connector = openconnectors.load_file(path, base_url=peer.url, timeout=10, validate_responses="strict")
    peer.answers = [ok(b'{"items": [1], "next": "/list?p=2"}'), ok(f'{{"items": [2], {end}}}'.encode())]
    assert list(connector.list.items()) == [1, 2]
    peer.answers = [ok(b'{"items": [1], "next": null, "last": null}')]
    with pytest.raises(openconnectors.InvalidResponse, match="last: must be string"):
        connector.list()
    peer.close()


def test_a_large_response_with_one_wrong_item_is_judged_at_once(service: tuple[Peer, Connector]) -> None:
    """Explaining looks only at the items that are wrong, and names the first of them."""
    _, connector = service
    plan = connected(connector).plan("listed_json")
    right = b'{"id": 1, "name": "a", "tags": ["b"]}'
    json_type = Headers([("Content-Type", "application/json")])
    bodies = [b"[" + b",".join([right] * 100_000) + last for last in (b"]", b', {"id": "x"}]')]
    right, wrong = [partial(plan.read, Response(200, json_type, body), "lenient") for body in bodies]
    assert growth(right, wrong, limit=10) < 10  # each item looked at would take longer by far
    response = wrong()
    assert [deviation.path for deviation in response.deviations] == [(100_000, "id")]
    body = b"[" + b",".join([b'{"id": "x", "born": "?"}'] * 10_000) + b"]"
    response = plan.read(Response(200, json_type, body), "lenient")
    assert 200 <= len(response.deviations) <= 2 * leniency.MAX_PROBLEMS
    xml = b"<a>" + b"<Pet><id>1</id><id>2</id><tags><x>1</x></tags></Pet>" * 1000 + b"</a>"
    plan = connected(connector).plan("listed_xml")
    with pytest.raises(openconnectors.InvalidResponse, match="twice"):
        plan.read(Response(200, Headers([("Content-Type", "application/xml")]), xml), "lenient")
