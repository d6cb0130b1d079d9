"""Documents as people publish them: what is read as it is meant, what is refused, and at which line."""

from __future__ import annotations

import re

import pytest

from connectors import InvalidDocument
from engine import document, loader
from engine.connection import Connection
from engine.model import MISSING, Service
from engine.operation import Connector
from engine.plan import Options
from engine.transports.blocking import BlockingTransport


def service(text: str) -> Service:
    """The service of a document's text, which has its version and title already."""
    return loader.service_of(document.parse(f'swagger: "2.0"\ninfo: {{title: T, version: "1"}}\n{text}', "x.yaml"))


def test_the_examples_of_a_response_are_those_of_its_media_types() -> None:
    """A media type's parameters and case make no other example (Swagger 2.0, "Example Object")."""
    found = service(
        """
paths:
  /a:
    get:
      operationId: A
      produces: [application/json; charset=utf-8, application/xml]
      responses:
        200: {description: ok, schema: {type: object}, examples: {Application/JSON: {id: 142}, text/plain: x}}
        404: {description: none, schema: {type: object}, examples: [odd]}
"""
    )
    answers = found.operations["A"].answers
    assert [one.example for one in answers["200"].media] == [{"id": 142}, MISSING]
    assert [one.example for one in answers["404"].media] == [MISSING, MISSING]


SPOILED: dict[str, tuple[str, str]] = {
    "a schema that is a list": ("responses: {200: {description: ok, schema: [a]}}", "5:54: error: a schema must be a"),
    "a schema within a definition": (
        "responses: {200: {description: ok, schema: {$ref: '#/definitions/Bad'}}}",
        "16:33: error: a schema must be a mapping, not list",
    ),
    "a definition behind others": (
        "responses: {200: {description: ok, schema: {$ref: '#/definitions/Far'}}}",
        "16:33: error: a schema must be a mapping, not list",
    ),
    "a definition that extends one": (
        "responses: {200: {description: ok, schema: {$ref: '#/definitions/Base'}}}",
        "20:54: error: the reference '#/definitions/Nowhere' points to nothing",
    ),
    "a reference to nothing": (
        "responses: {200: {description: ok, schema: {$ref: '#/definitions/Goad'}}}",
        "5:61: error: the reference '#/definitions/Goad' points to nothing; did you mean 'Good'?",
    ),
    "a reference to another host": (
        "responses: {200: {description: ok, schema: {$ref: 'http://169.254.169.254/latest'}}}",
        "5:61: error: the reference 'http://169.254.169.254/latest' leaves the document and is not fetched",
    ),
    "references in a ring": (
        "responses: {200: {description: ok, schema: {$ref: '#/definitions/Ring'}}}",
        "5:61: error: the reference '#/definitions/Ring' leads only to references that come back to it",
    ),
    "a reference that is a number": (
        "responses: {200: {description: ok, schema: {$ref: 3}}}",
        "5:61: error: $ref must be text, not int",
    ),
    "a reference that is no pointer": (
        "responses: {200: {description: ok, schema: {$ref: '#Good'}}}",
        "5:61: error: the reference '#Good' points to nothing",
    ),
    "an unknown type": ("responses: {200: {description: ok, schema: {type: strng}}}", "there is no type 'strng'; did"),
    "a keyword that no value can be held to": (
        "responses: {200: {description: ok, schema: {type: number, multipleOf: 0}}}",
        "5:81: error: multipleOf must be a number above 0, not 0",
    ),
    "a length that is none": (
        "responses: {200: {description: ok, schema: {type: string, minLength: few}}}",
        "minLength must be a whole number, at least 0, not 'few'",
    ),
    "a parameter without a name": ("parameters: [{in: query, type: string}]", "5:24: error: a parameter needs a name"),
    "a parameter of nowhere": ("parameters: [{name: a, in: body2}]", "and one of in: path, query, header"),
    "a parameter that refers to nothing": ("parameters: [{$ref: '#/parameters/None'}]", "points to nothing"),
    "a collectionFormat that is none": (
        "parameters: [{name: a, in: query, type: array, items: {type: string}, collectionFormat: comma}]",
        "there is no collectionFormat 'comma'",
    ),
    "two bodies": ("parameters: [{name: a, in: body, schema: {}}, {name: b, in: body, schema: {}}]", "has one body"),
    "a response that is text": ("responses: {200: fine}", "a response must be a mapping, not str"),
    "responses that are a list": ("responses: [fine]", "responses must be a mapping, not list"),
    "a security requirement that is text": ("security: [key]", "a requirement must be a mapping, not str"),
    "a security scheme that is text": ("security: [{broken: []}]", "23:11: error: a security scheme must be a mapping"),
    "an extension that cannot be read": (
        "parameters: [{name: a, in: query, type: string, x-ms-url-encoding: triple}]",
        "x-ms-url-encoding is one of single, double, none",
    ),
    "an operation that is a list": ("[]", "an operation must be a mapping, not list"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_what_cannot_be_read_spoils_its_own_operation_only(case: str) -> None:
    """Every other operation is listed, described and served; the fault is among the connector's diagnostics."""
    text, said = SPOILED[case]
    broken = text if text.startswith("[") else f"{{{text}}}"
    found = service(SHARED.replace("BROKEN", broken))
    assert list(found.operations) == ["get_bad", "Good", "AlsoGood"]
    assert found.places["get_bad"] == ("GET", "/bad")
    with pytest.raises(InvalidDocument, match=re.escape(said)):
        _ = found.operations["get_bad"]
    assert [one.id for one in loader.readable(found)] == ["Good", "AlsoGood"]
    connector = Connector("x", found, Connection(found, {}, "http://127.0.0.1:1"), BlockingTransport(), Options())
    assert any(said in str(one) and one.severity == "error" for one in connector.diagnostics)
    assert connector.good.request().method == "GET"
    with pytest.raises(InvalidDocument, match=re.escape(said)):
        connector.get_bad()


SHARED = """paths:
  /bad:
    get: BROKEN
  /good:
    get: {operationId: Good, responses: {200: {description: ok, schema: {$ref: '#/definitions/Good'}}}}
    post:
      operationId: AlsoGood
      parameters: [{name: a, in: body, schema: {$ref: '#/definitions/Cat'}}]
      responses: {200: {description: ok}}
host: api.example.com
definitions:
  Good: {type: object, properties: {again: {$ref: '#/definitions/Good'}}}
  Far: {items: {$ref: '#/definitions/Bad'}}
  Bad: {properties: {a: {items: [{type: string}]}}}
  Ring: {$ref: '#/definitions/Rong'}
  Rong: {$ref: '#/definitions/Ring'}
  Base: {type: object, discriminator: kind, properties: {kind: {type: string}}}
  Dog: {allOf: [{$ref: '#/definitions/Base'}, {$ref: '#/definitions/Nowhere'}]}
  Cat: {type: object}
securityDefinitions:
  broken: text
  key: {type: apiKey, in: header, name: X-Key}
"""
