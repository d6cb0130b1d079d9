"""Facts of the XML Object of OpenAPI 3, in the order of the specification: the document that a value is, and the value
that a document is.

The values are those of OpenAPI 3.2, "XML Object Examples", and of 3.1 for ``attribute`` and ``wrapped``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest
import yaml
from lxml import etree

from openconnectors.engine.documents import document, loader
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs.xml.names import attributes_of
from tests.growth import growth

BASE = "https://api.example.com"
COMPONENTS = """
Address: {type: object, properties: {city: {type: string}}}
Documentation: {type: object, properties: {content: {type: string, xml: {nodeType: cdata}}}}
Bare: {type: object, xml: {nodeType: none}, properties: {content: {type: string, xml: {nodeType: cdata}}}}
Person:
  type: object
  properties:
    id: {type: integer, xml: {nodeType: attribute}}
    name: {type: string, xml: {namespace: 'https://example.com/schema/sample', prefix: sample}}
Employee: {allOf: [{$ref: '#/components/schemas/Person'}, {type: object, properties: {boss: {type: boolean}}}]}
Cat: {type: object, required: [kind, lives], properties: {kind: {const: cat}, lives: {type: integer}}}
Dog:
  type: object
  required: [kind, tricks]
  properties: {kind: {const: dog}, tricks: {type: array, items: {type: string}}}
Deep:
  oneOf:
  - {type: object, required: [a], properties: {a: {$ref: '#/components/schemas/Deep'}}}
  - {type: object, required: [b], properties: {b: {type: integer}}}
  - {type: object, required: [c], properties: {a: {$ref: '#/components/schemas/Deep'}, c: {type: integer}}}
Node: {type: object, properties: {v: {type: integer}, next: {$ref: '#/components/schemas/Node'}}}
"""


def plan_of(schema: str, media_type: str = "application/xml", version: str = "3.2.0") -> Plan:
    """The plan of an operation with a body of a schema, written in YAML."""
    content = {media_type: {"schema": yaml.safe_load(schema)}}
    operation = {
        "operationId": "op",
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "-", "content": content}},
    }
    raw = {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": BASE}],
        "paths": {"/x": {"post": operation}},
        "components": {"schemas": yaml.safe_load(COMPONENTS)},
    }
    service = loader.service_of(document.parse(json.dumps(raw), "test.json"))
    return Plan(Compiler(service), service.operations["op"])


def written(plan: Plan, value: Any) -> bytes:
    """The document that a value is sent as, without its declaration."""
    body = plan.request({"body": value}, BASE, Options()).body
    assert isinstance(body, bytes)
    return body.partition(b"?>\n")[2]


def read(plan: Plan, data: bytes) -> Any:
    """The value that a service reads from a document; nothing in it is remarked."""
    problems: list[Any] = []
    (media_type,) = plan.operation.responses["200"].content
    value = plan.bodies.received(media_type).decode(data, {}, problems)
    assert problems == []
    return value


def document_of(animals: str) -> str:
    """A document of animals, as the examples of the specification have it."""
    return f"{{type: object, xml: {{name: document}}, properties: {{animals: {animals}}}}}"


PETS = {"animals": ["dog", "cat"]}
NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
MIXED = "{type: array, xml: {nodeType: element, name: Report}, prefixItems: [{type: string, xml: {nodeType: text}}, \
{type: number, xml: {name: data}}, {type: string, xml: {nodeType: text}}]}"
ONE_TWO_THREE = (
    '{type: array, xml: {nodeType: element, name: OneTwoThree}, prefixItems: [{type: string, xml: {name: One}}, \
{type: object, xml: {name: Two}, properties: {unit: {type: string, xml: {nodeType: attribute}}, \
value: {type: number, xml: {nodeType: text}}}}, {type: [boolean, "null"], xml: {name: Three}}]}'
)
PRODUCT = '{type: object, xml: {name: product}, required: [count], properties: {count: {type: [number, "null"], \
xml: {nodeType: attribute}}, description: {type: string}, related: {type: [object, "null"]}}}'
ANIMALS = "{type: array, xml: {nodeType: element, name: animals}, items: {xml: {name: animal}, properties: {kind: \
{type: string, xml: {nodeType: attribute}}, name: {type: string, xml: {nodeType: text}}}}}"
PET = "{oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]}"
NUMBER = "{anyOf: [{type: integer}, {type: boolean}, {type: 'null'}]}"
ANY_PETS = f"{{type: object, xml: {{name: r}}, properties: {{pet: {PET}, n: {NUMBER}}}}}"

FACTS: Iterable[tuple[str, str, Any, str]] = [
    ("a property is an element", document_of("{type: string}"), {"animals": "dog, cat"},
     "<document><animals>dog, cat</animals></document>"),
    ("a list is its items", document_of("{type: array, items: {type: string}}"), PETS,
     "<document><animals>dog</animals><animals>cat</animals></document>"),
    ("a name", document_of("{type: string, xml: {name: animal}}"), {"animals": "dog"},
     "<document><animal>dog</animal></document>"),
    ("the name of items", document_of("{type: array, items: {type: string, xml: {name: animal}}}"), PETS,
     "<document><animal>dog</animal><animal>cat</animal></document>"),
    ("a list has no name",
     document_of("{type: array, xml: {name: aliens}, items: {type: string, xml: {name: animal}}}"),
     PETS,
     "<document><animal>dog</animal><animal>cat</animal></document>"),
    ("nodeType element", document_of("{type: array, xml: {nodeType: element}, items: {type: string}}"), PETS,
     "<document><animals><animals>dog</animals><animals>cat</animals></animals></document>"),
    ("nodeType element, items named",
     document_of("{type: array, xml: {nodeType: element}, items: {type: string, xml: {name: animal}}}"), PETS,
     "<document><animals><animal>dog</animal><animal>cat</animal></animals></document>"),
    ("both named",
     document_of("{type: array, xml: {nodeType: element, name: aliens}, items: {type: string, xml: {name: animal}}}"),
     PETS, "<document><aliens><animal>dog</animal><animal>cat</animal></aliens></document>"),
    ("wrapped", document_of("{type: array, xml: {wrapped: true}, items: {type: string}}"), PETS,
     "<document><animals><animals>dog</animals><animals>cat</animals></animals></document>"),
    ("wrapped, named", document_of("{type: array, xml: {wrapped: true, name: aliens}, items: {type: string}}"), PETS,
     "<document><aliens><aliens>dog</aliens><aliens>cat</aliens></aliens></document>"),
    ("no items", document_of("{type: array, xml: {nodeType: element}, items: {type: string}}"), {"animals": []},
     "<document><animals/></document>"),
    ("an attribute, a namespace", "{$ref: '#/components/schemas/Person'}", {"id": 123, "name": "example"},
     '<Person id="123"><sample:name xmlns:sample="https://example.com/schema/sample">example</sample:name></Person>'),
    ("allOf", "{$ref: '#/components/schemas/Employee'}", {"id": 1, "name": "n", "boss": True},
     '<Employee id="1"><sample:name xmlns:sample="https://example.com/schema/sample">n</sample:name><boss>true</boss>'
     "</Employee>"),
    ("attributes and text", ANIMALS, [{"kind": "Cat", "name": "Fluffy"}, {"kind": "Dog", "name": "Fido"}],
     '<animals><animal kind="Cat">Fluffy</animal><animal kind="Dog">Fido</animal></animals>'),
    ("CDATA", "{$ref: '#/components/schemas/Documentation'}", {"content": "<b>&amp;</b>"},
     "<Documentation><![CDATA[<b>&amp;</b>]]></Documentation>"),
    ("CDATA that would end", "{$ref: '#/components/schemas/Documentation'}", {"content": "a]]>b"},
     "<Documentation>a]]&gt;b</Documentation>"),
    ("a name where it is used", "{xml: {nodeType: element, name: Stored}, $ref: '#/components/schemas/Bare'}",
     {"content": "<i>"}, "<Stored><![CDATA[<i>]]></Stored>"),
    ("no node of its own",
     "{type: object, xml: {name: r}, properties: {a: {type: object, xml: {nodeType: none}, properties: "
     "{b: {type: integer}}}, c: {type: integer}}}", {"a": {"b": 1}, "c": 2}, "<r><b>1</b><c>2</c></r>"),
    ("an order", ONE_TWO_THREE, ["Some text", {"unit": "cubits", "value": 42}, None],
     f'<OneTwoThree><One>Some text</One><Two unit="cubits">42</Two><Three {NIL}/></OneTwoThree>'),
    ("mixed content", MIXED, ["Before ", 42, " after."], "<Report>Before <data>42</data> after.</Report>"),
    ("null", PRODUCT, {"count": None, "description": "Thing", "related": None},
     f"<product><description>Thing</description><related {NIL}/></product>"),
    ("not null", PRODUCT, {"count": 42, "description": "Thing", "related": {}},
     '<product count="42"><description>Thing</description><related/></product>'),
    ("the branch that accepts", ANY_PETS, {"pet": {"kind": "dog", "tricks": ["sit"]}, "n": True},
     "<r><pet><kind>dog</kind><tricks>sit</tricks></pet><n>true</n></r>"),
    ("another branch", ANY_PETS, {"pet": {"kind": "cat", "lives": 9}, "n": 7},
     "<r><pet><kind>cat</kind><lives>9</lives></pet><n>7</n></r>"),
    ("a list or null", document_of("{anyOf: [{type: array, items: {type: string}}, {type: 'null'}]}"), PETS,
     "<document><animals>dog</animals><animals>cat</animals></document>"),
    ("a schema of itself", "{$ref: '#/components/schemas/Node'}", {"v": 1, "next": {"v": 2, "next": {"v": 3}}},
     "<Node><v>1</v><next><v>2</v><next><v>3</v></next></next></Node>"),
    ("a map", "{type: object, xml: {name: m}, additionalProperties: {type: integer}}", {"a": 1, "b": 2},
     "<m><a>1</a><b>2</b></m>"),
    ("a default namespace", "{type: object, xml: {name: d, namespace: 'urn:d'}, properties: {v: {type: integer}}}",
     {"v": 1}, '<d xmlns="urn:d"><v>1</v></d>'),
    ("an attribute in a namespace",
     "{type: object, xml: {name: d}, properties: "
     "{v: {type: integer, xml: {attribute: true, namespace: 'urn:c', prefix: c}}}}",
     {"v": 1}, '<d xmlns:c="urn:c" c:v="1"/>'),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "schema", "value", "xml"), FACTS)
def test_a_value_and_its_document(fact: str, schema: str, value: Any, xml: str) -> None:
    """A value is written as the document that the specification shows, and read back from it, also when indented."""
    plan = plan_of(schema)

    sent = written(plan, value)

    assert sent == xml.encode()
    assert read(plan, sent) == value
    if "CDATA" not in fact and "mixed" not in fact:
        root = etree.fromstring(sent)
        etree.indent(root)
        assert read(plan, etree.tostring(root)) == value


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml; charset=utf-8", "application/vnd.x+xml"])
def test_every_media_type_that_is_xml(media_type: str) -> None:
    """The XML Object counts in every media type that is XML."""
    assert written(plan_of("{$ref: '#/components/schemas/Address'}", media_type), {"city": "X"}) == (
        b"<Address><city>X</city></Address>"
    )


@pytest.mark.parametrize(
    ("schema", "xml", "value"),
    [
        (document_of("{type: array, items: {type: string}}"), b"<document/>", {}),
        (PRODUCT, b"<product><description>d</description></product>", {"count": None, "description": "d"}),
        (ANY_PETS, b"<r><n/></r>", {"n": ""}),
        (MIXED, b"<Report>a<data>1</data></Report>", ["a", 1]),
        (MIXED, b"<Report><data>1</data>b</Report>", ["", 1, "b"]),
    ],
)
def test_what_is_not_there(schema: str, xml: bytes, value: Any) -> None:
    """An optional list that is not there is absent, a required attribute that may be null is null."""
    assert read(plan_of(schema), xml) == value


def test_nested_alternatives_cost_what_their_elements_do() -> None:
    """Alternatives within alternatives are read with one look at each element: two at each of a hundred levels would be
    more looks than there is time for."""
    plan = plan_of("{$ref: '#/components/schemas/Deep'}")
    levels = 100

    value = read(plan, b"<Deep>" + b"<a>" * levels + b"<b>1</b>" + b"</a>" * levels + b"</Deep>")

    for _ in range(levels):
        value = value["a"]
    assert value == {"b": 1}


@pytest.mark.parametrize("what", ["attributes", "namespaces"])
def test_reading_is_linear(what: str) -> None:
    """Four times the attributes, or children of another namespace, take about four times as long, not sixteen."""
    plan = plan_of("{}" if what == "attributes" else "{properties: {a: {type: array, items: {type: string}}}}")
    body = plan.bodies.response(plan.declared_response(200), "application/xml")
    assert body is not None
    texts = []
    for count in (10_000, 40_000) if what == "attributes" else (1_000, 4_000):
        attributes = " ".join(f'x{number}="1"' for number in range(count)) if what == "attributes" else ""
        children = '<p:a xmlns:p="urn:p">1</p:a>' * count if what == "namespaces" else ""
        texts.append(f"<root {attributes}>{children}</root>".encode())

    assert growth(*[partial(body.decode, text, {}, []) for text in texts], limit=9) < 9


def test_many_attributes_are_read_in_one_pass() -> None:
    """Attributes beyond fifty are those that lxml has, in its order: read without a search for each among all."""
    names = " ".join(f'n:a{index}="\u00e9{index}"' for index in range(60))
    element = etree.fromstring(f'<x xmlns:n="urn:n" {names} b="&#10;&lt;"/>')
    assert list(attributes_of(element).items()) == list(element.attrib.items())
