"""Laws over schemas of OpenAPI 3.0, 3.1 and 3.2: what is written is read back in every codec, JSON and XML are one
value, and what a schema allows makes a request that openapi-core accepts on the author's document.

The schemas are those of ``test_laws`` in the words of each version, with alternatives, constants and tuples besides.
50 examples each; 1,000 with LONG=1 (``make long``).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from openconnectors.engine.documents import document, loader
from openconnectors.engine.http import Headers
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.judge import Judge
from openconnectors.engine.sandbox.routing import routes
from openconnectors.engine.values.body import Body, Compiler
from tests.test_laws import ANY_TEXT, LAW, NAMES, SCALARS, XML_TEXT, Pair, objects, schemas, there_and_back

pytestmark = pytest.mark.law
VERSIONS = ("3.0.4", "3.1.2", "3.2.0")
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="%"), min_size=1, max_size=5)
PLAIN: list[Pair] = [
    ({"type": "integer"}, st.integers(-(2**53), 2**53)),
    ({"type": "boolean"}, st.booleans()),
    ({"type": "string", "format": "date"}, st.dates()),
    ({"type": "string"}, WORDS),
]
"""Scalars that stay themselves in a path and a header field."""


def worded(schema: Any, version: str) -> Any:
    """A schema of ``test_laws`` as a version spells it: null is a type since 3.1."""
    if isinstance(schema, list):
        return [worded(item, version) for item in schema]
    if not isinstance(schema, dict):
        return schema
    written = {name: worded(value, version) for name, value in schema.items() if name != "x-nullable"}
    if schema.get("x-nullable") is True:
        if version.startswith("3.0"):
            written["nullable"] = True
        else:
            written["type"] = [written["type"], "null"]
        if "enum" in written:
            written["enum"] = [*written["enum"], None]
    return written


@st.composite
def several(draw: st.DrawFn, version: str) -> Pair:
    """A schema that only OpenAPI 3 has: alternatives of types; since 3.1 a constant, a tuple, names by a pattern."""
    kinds = ["oneOf", "anyOf"] if version.startswith("3.0") else ["oneOf", "anyOf", "const", "prefixItems", "patterns"]
    kind = draw(st.sampled_from(kinds))
    if kind in ("oneOf", "anyOf"):
        branches: list[Pair] = [
            ({"type": "integer"}, st.integers()),
            ({"type": "string", "format": "date"}, st.dates()),
            ({"type": "array", "items": {"type": "boolean"}}, st.lists(st.booleans(), max_size=2)),
            (
                {"type": "object", "properties": {"when": {"type": "string", "format": "date-time"}}},
                st.fixed_dictionaries({"when": SCALARS[7][1]}),
            ),
        ]
        chosen = draw(st.lists(st.sampled_from(range(len(branches))), min_size=1, unique=True))
        return {kind: [branches[index][0] for index in chosen]}, st.one_of([branches[index][1] for index in chosen])
    if kind == "const":
        return {"const": "fixed"}, st.just("fixed")
    if kind == "prefixItems":
        first, second = draw(st.sampled_from(PLAIN)), draw(st.sampled_from(PLAIN))
        schema = {"type": "array", "prefixItems": [first[0], second[0]], "items": False}
        return schema, st.tuples(first[1], second[1]).map(list)
    inner, values = draw(st.sampled_from(PLAIN))
    schema = {"type": "object", "patternProperties": {"^k": inner}, "unevaluatedProperties": False}
    return schema, st.dictionaries(st.sampled_from(["k1", "k2", "kö"]), values, max_size=2)


def plan_of(version: str, operation: dict[str, Any], components: dict[str, Any], path: str = "/x") -> Plan:
    """The plan of the only operation of a document."""
    node = {"operationId": "Do", "responses": {"200": {"description": "ok"}}, **operation}
    raw = {
        "openapi": version,
        "info": {"title": "Law", "version": "1"},
        "servers": [{"url": "http://127.0.0.1"}],
        "paths": {path: {"post": node}},
        "components": {"schemas": components},
    }
    service = loader.service_of(document.parse(json.dumps(raw), "law.json"))
    return Plan(Compiler(service), service.operations["Do"])


def body_of(version: str, schema: Any, media_type: str, **entry: Any) -> Body:
    """The body of a schema in a media type."""
    content = {media_type: {"schema": {"$ref": "#/components/schemas/It"}, **entry}}
    plan = plan_of(version, {"requestBody": {"required": True, "content": content}}, {"It": worded(schema, version)})
    body = plan.bodies.request(media_type)
    assert body is not None
    return body


@pytest.mark.parametrize("version", VERSIONS)
@LAW
@given(data=st.data())
def test_json_reads_what_it_writes(version: str, data: st.DataObject) -> None:
    """A value of any schema, alternatives among them, is the same after JSON."""
    schema, values = data.draw(schemas(ANY_TEXT, 2) | several(version))
    value = data.draw(values)

    assert there_and_back(body_of(version, schema, "application/json"), value) == value


@pytest.mark.parametrize("version", VERSIONS)
@LAW
@given(data=st.data())
def test_xml_reads_what_it_writes_and_json_the_same(version: str, data: st.DataObject) -> None:
    """JSON and XML are one value."""
    schema, values = data.draw(objects(XML_TEXT, 1))
    value = data.draw(values)

    in_xml = there_and_back(body_of(version, schema, "application/xml"), value)
    in_json = there_and_back(body_of(version, schema, "application/json"), value)
    assert in_xml == in_json == value


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
@LAW
@given(data=st.data())
def test_a_form_reads_what_it_writes(version: str, media_type: str, data: st.DataObject) -> None:
    """Scalars, and lists of them, one field or part an item."""
    properties: dict[str, Any] = {}
    value: dict[str, Any] = {}
    for name in data.draw(st.sets(NAMES, min_size=1)):
        schema, values = data.draw(st.sampled_from([*SCALARS, ({"type": "string"}, ANY_TEXT)]))
        if data.draw(st.booleans()):
            schema, values = {"type": "array", "items": schema}, st.lists(values, min_size=1, max_size=3)
        properties[name] = schema
        value[name] = data.draw(values)

    assert there_and_back(body_of(version, {"type": "object", "properties": properties}, media_type), value) == value


@st.composite
def parameters(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """A parameter of any place and style, with a value: a scalar, a list, or an object."""
    place, style = draw(
        st.sampled_from(
            [
                *(("path", style) for style in ("simple", "label", "matrix")),
                *(("query", style) for style in ("form", "spaceDelimited", "pipeDelimited", "deepObject")),
                ("header", "simple"),
                ("cookie", "form"),
            ]
        )
    )
    explode = draw(st.booleans()) if style not in ("spaceDelimited", "pipeDelimited", "deepObject") else style[0] == "d"
    word = st.text("abcxyz019", min_size=1, max_size=4)
    row = ({"type": "string"}, word)
    schema, values = draw(st.sampled_from([*PLAIN[:3], row]))
    kinds = {"deepObject": ["object"], "spaceDelimited": ["list"], "pipeDelimited": ["list"]}
    kind = draw(st.sampled_from(kinds.get(style, ["scalar", "list", "object"] if place != "cookie" else ["scalar"])))
    if kind == "list":
        schema, values = {"type": "array", "items": schema}, st.lists(values, min_size=1, max_size=3)
    elif kind == "object":
        schema = {"type": "object", "properties": {"r": schema, "g": schema}, "required": ["r"]}
        values = st.fixed_dictionaries({"r": values}, optional={"g": values})
    required = place == "path" or draw(st.booleans())
    described = {"name": "v", "in": place, "required": required, "style": style, "explode": explode, "schema": schema}
    return described, draw(values)


@pytest.mark.parametrize("version", VERSIONS)
@LAW
@given(data=st.data())
def test_what_a_schema_allows_openapi_core_accepts(version: str, data: st.DataObject) -> None:
    """Arguments of every place and style, and bodies, judged by openapi-core on the document itself."""
    described, value = data.draw(parameters())
    operation: dict[str, Any] = {"parameters": [described]}
    arguments = {"v": value}
    if data.draw(st.booleans()):
        schema, values = data.draw(schemas(ANY_TEXT, 1) | several(version))
        content = {"application/json": {"schema": worded(schema, version)}}
        operation["requestBody"] = {"required": True, "content": content}
        arguments["body"] = data.draw(values)
    path = "/x/{v}" if described["in"] == "path" else "/x"
    assume(not (path != "/x" and isinstance(value, str) and value.strip(".") == ""))
    plan = plan_of(version, operation, {}, path)
    request = plan.request(arguments, "http://127.0.0.1", Options())
    route = routes(plan.compiler)[0]
    parts = urlsplit(request.url)
    matched = route.match(parts.path, parts.query)
    assert matched is not None
    judge = Judge(plan.compiler)
    body = request.body if isinstance(request.body, bytes) else b""
    verdict = judge.refuses(route, matched, parts.query, Headers(request.headers.items()), body)
    assert verdict is None, verdict
    assert judge.written == {}
