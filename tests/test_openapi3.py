"""OpenAPI 3.0, 3.1 and 3.2: what each version says, lowered into the model.

The facts of each table are lowered in process; ``tests/conformance3`` has what is sent.
"""

from __future__ import annotations

import cProfile
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from openconnectors.cli import app
from openconnectors.engine.documents import document, loader
from openconnectors.engine.documents.parts import faults
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import ANY, NEVER, Operation, Schema, Service
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler

VERSIONS = ("3.0.4", "3.1.2", "3.2.0")
NEWER = VERSIONS[1:]


def service(version: str, text: str) -> Service:
    """The service of a document: its version, and the rest as YAML."""
    root = {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": {}, **yaml.safe_load(text)}
    return loader.service_of(document.parse(yaml.safe_dump(root, sort_keys=False), "t.yaml"))


def schema(version: str, text: str) -> Schema:
    """The schema S of a document whose components are these."""
    return service(version, f"components: {{schemas: {{T: {{type: string}}, S: {text}}}}}").schemas[
        "/components/schemas/S"
    ]


def operation(version: str, text: str, rest: str = "") -> Operation:
    """The operation ``get /p/{id}`` of these members, and further members of the root."""
    root = {"paths": {"/p/{id}": {"get": {"operationId": "o", **yaml.safe_load(text)}}}}
    return service(version, yaml.safe_dump({**root, **(yaml.safe_load(rest) or {})})).operations["o"]


# Schemas


def test_in_3_0_members_beside_a_reference_are_ignored() -> None:
    """3.0, "Reference Object": additional properties are ignored."""
    assert schema("3.0.4", "{$ref: '#/components/schemas/T', maxLength: 3}").ref == "/components/schemas/T"


@pytest.mark.parametrize("version", NEWER)
def test_since_3_1_keywords_beside_a_reference_apply_with_it(version: str) -> None:
    """2020-12 core, section 8.2.3.1: $ref is an applicator beside others."""
    lowered = schema(version, "{$ref: '#/components/schemas/T', maxLength: 3}")

    assert (lowered.ref, lowered.all_of[0].ref) == (None, "/components/schemas/T")
    assert lowered.keywords["maxLength"] == 3
    assert schema(version, "{$ref: '#/components/schemas/T'}").ref == "/components/schemas/T"


@pytest.mark.parametrize(
    ("version", "text", "types", "nullable", "enum"),
    [
        ("3.0.4", "{type: string, nullable: true}", ("string",), True, None),
        ("3.0.4", "{nullable: true, enum: [a]}", (), False, ("a",)),
        ("3.0.4", "{type: string, nullable: true, enum: [a]}", ("string",), False, ("a",)),
        ("3.0.4", "{type: string, nullable: true, enum: [a, null]}", ("string",), True, ("a",)),
        ("3.1.2", "{type: string, nullable: true}", ("string",), False, None),
        ("3.1.2", "{type: [string, 'null']}", ("string",), True, None),
        ("3.2.0", "{type: [string, integer]}", ("string", "integer"), False, None),
        ("3.2.0", "{type: 'null'}", ("null",), False, None),
    ],
)
def test_null_is_said_in_two_ways(version: str, text: str, types: Any, nullable: bool, enum: Any) -> None:
    """3.0.4: nullable has an effect beside a type, and other keywords may still forbid null; since 3.1 null is a
    type."""
    lowered = schema(version, text)

    assert (lowered.types, lowered.nullable, lowered.enum) == (types, nullable, enum)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{contentMediaType: image/png}", "binary"),
        ("{contentMediaType: application/json}", "binary"),
        ("{contentMediaType: application/json, contentSchema: {}}", None),
        ("{contentMediaType: text/plain}", None),
        ("{type: string, contentMediaType: application/json}", None),
        ("{type: string, contentMediaType: application/octet-stream}", "binary"),
        ("{type: string, contentMediaType: image/png, contentEncoding: base64}", "byte"),
    ],
)
def test_bytes_are_said_by_a_media_type(text: str, expected: str | None) -> None:
    """Since 3.1 bytes have a contentMediaType without a contentEncoding; a text with a value in it has a schema or a
    type."""
    assert schema("3.1.2", text).format == expected


@pytest.mark.parametrize(
    ("version", "text", "keywords"),
    [
        ("3.0.4", "{minimum: 1, exclusiveMinimum: true}", {"exclusiveMinimum": 1}),
        ("3.0.4", "{minimum: 1, exclusiveMinimum: false}", {"minimum": 1}),
        ("3.1.2", "{minimum: 1, exclusiveMinimum: 2}", {"minimum": 1, "exclusiveMinimum": 2}),
        ("3.2.0", "{exclusiveMaximum: 2}", {"exclusiveMaximum": 2}),
        ("3.0.4", "{const: 1, prefixItems: [{}], if: {}}", {}),
        ("3.1.2", "{const: 1, prefixItems: [true]}", {"const": 1, "prefixItems": (ANY,)}),
        ("3.1.2", "{propertyNames: false}", {"propertyNames": NEVER}),
    ],
)
def test_keywords_are_those_of_the_version(version: str, text: str, keywords: Any) -> None:
    """A keyword that the version does not have has no effect."""
    assert schema(version, text).keywords == keywords


@pytest.mark.parametrize(
    ("version", "text", "message"),
    [
        ("3.0.4", "components: {schemas: {S: {const: 1}}}", "3:23: warning: 'const' of a schema is of OpenAPI 3.1 and"),
        ("3.1.2", "components: {schemas: {S: {nullable: true}}}", "'nullable' of a schema is of OpenAPI 3.0 only"),
        ("3.0.4", "components: {schemas: {S: {type: [string]}}}", "type is one name, and not null, in OpenAPI 3.0"),
        ("3.1.2", "components: {schemas: {S: {exclusiveMinimum: true}}}", "exclusiveMinimum is a number in OpenAPI"),
        ("3.0.4", "webhooks: {}", "'webhooks' of a document is of OpenAPI 3.1 and later"),
        ("3.1.2", "tags: [{name: a, parent: b}]", "'parent' of a tag is of OpenAPI 3.2 and later"),
        ("3.0.4", "components: {pathItems: {}}", "'pathItems' of a components object is of OpenAPI 3.1 and later"),
        (
            "3.1.2",
            "components: {schemas: {S: {$schema: 'http://json-schema.org/draft-07/schema#'}}}",
            "schemas are read as JSON Schema 2020-12, not as 'http://json-schema.org/draft-07/schema#'",
        ),
        ("3.1.2", "paths: {/p: {query: {}}}", "'query' of a path item is of OpenAPI 3.2 and later"),
        ("3.1.2", "paths: {/p: {additionalOperations: {LOCK: {}}}}", "'additionalOperations' of a path item"),
    ],
)
def test_what_a_version_does_not_have_is_remarked(version: str, text: str, message: str) -> None:
    """The remark names the member and the versions that have it, at its place; what it is in may be used."""
    lowered = service(version, text)

    assert faults(lowered) == []
    assert message.rpartition("warning: ")[2] in "\n".join(map(str, lowered.remarks()))


@pytest.mark.parametrize("version", ["3.10.0", "3.3.0", "2.0", "4.0.0"])
def test_a_version_that_is_not_known_is_refused(version: str) -> None:
    """The message lists what is read."""
    with pytest.raises(InvalidDocument, match=r'"openapi: 3.0.x", "openapi: 3.1.x", "openapi: 3.2.x"'):
        service(version, "{}")


@pytest.mark.parametrize("uri", ["https://json-schema.org/draft/2020-12/schema", "http://example.com/own"])
def test_a_dialect_of_schemas_that_is_not_read_is_a_finding(uri: str) -> None:
    """3.1, "OpenAPI Object", jsonSchemaDialect."""
    problems = service("3.1.2", f"jsonSchemaDialect: {uri}").diagnostics

    assert [problem.rule for problem in problems] == (["schema-dialect"] if "example" in uri else [])


def test_tags_have_parents_in_3_2() -> None:
    """3.2, "Tag Object": summary, parent and kind."""
    lowered = service("3.2.0", "tags: [{name: a, summary: A, parent: b, kind: nav}, {name: b}, 3]")

    assert (lowered.tags["a"].title, lowered.tags["a"].parent, lowered.tags["a"].kind) == ("A", "b", "nav")
    assert list(lowered.tags) == ["a", "b"]
    assert operation("3.2.0", "tags: [a, 3]").tags == ("a",)


# Operations


@pytest.mark.parametrize(
    ("version", "methods"),
    [("3.0.4", {"GET"}), ("3.1.2", {"GET"}), ("3.2.0", {"GET", "QUERY", "Lock", "get"})],
)
def test_methods_are_those_of_the_version(version: str, methods: set[str]) -> None:
    """3.2 has query, and additionalOperations by methods as they are sent, in their case."""
    lowered = service(version, "paths: {/p: {get: {}, query: {}, additionalOperations: {Lock: {}, get: {}}}}")

    assert {method for method, _ in lowered.places.values()} == methods


@pytest.mark.parametrize("version", VERSIONS)
def test_a_path_item_and_what_it_refers_to_are_one(version: str) -> None:
    """ "Path Item Object", $ref: members beside the reference count; each operation is refused at its place."""
    lowered = service(
        version,
        """
        paths:
          /a: {$ref: '#/x-items/b', post: {operationId: post}, parameters: [{name: q, in: query, schema: {}}]}
        x-items:
          b: {$ref: '#/x-items/c', summary: b}
          c: {get: {operationId: get}, summary: c, servers: [{url: 'http://c.example'}]}
        """,
    )

    get, post = lowered.operations["get"], lowered.operations["post"]
    assert [parameter.name for parameter in (*get.parameters, *post.parameters)] == ["q", "q"]
    assert (get.at, post.at) == ("/x-items/c/get", "/paths/~1a/post")
    assert (get.title, post.title, post.servers[0].url) == ("b", "b", "http://c.example")


def test_a_path_item_that_refers_to_itself_is_recorded() -> None:
    """A circle of path items is an error of its own; the other paths are there."""
    lowered = service("3.1.2", "paths: {/a: {$ref: '#/paths/~1a'}, /b: {get: {operationId: b}}}")

    assert list(lowered.operations) == ["b"]
    assert [problem.rule for problem in lowered.diagnostics] == ["reference-circular"]


@pytest.mark.parametrize(("version", "description"), [("3.0.4", "there"), ("3.1.2", "here"), ("3.2.0", "here")])
def test_a_reference_describes_what_it_refers_to(version: str, description: str) -> None:
    """ "Reference Object": since 3.1 its description takes the place of the one there; other members are ignored."""
    lowered = operation(
        version,
        "parameters: [{$ref: '#/components/parameters/q', description: here, required: true}]",
        "components: {parameters: {q: {name: q, in: query, description: there, schema: {}}}}",
    )

    (parameter,) = lowered.parameters
    assert (parameter.description, parameter.required) == (description, False)


@pytest.mark.parametrize(
    ("location", "style", "explode"),
    [("query", "form", True), ("path", "simple", False), ("header", "simple", False), ("cookie", "form", True)],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_style_and_explode_have_defaults(version: str, location: str, style: str, explode: bool) -> None:
    """ "Parameter Object": the style of the location; form is exploded."""
    (parameter,) = operation(version, f"parameters: [{{name: id, in: {location}, schema: {{}}}}]").parameters

    assert (parameter.style, parameter.explode) == (style, explode)


@pytest.mark.parametrize(
    ("version", "members", "message"),
    [
        ("3.1.2", "{name: a, in: querystring, content: {text/plain: {}}}", "needs a name and one of in: path, query"),
        ("3.1.2", "{name: a, in: cookie, style: cookie, schema: {}}", "'cookie' is not a style in cookie"),
        ("3.2.0", "{name: a, in: querystring, schema: {}}", "in querystring has content, not a schema"),
        (
            "3.2.0",
            "{name: a, in: querystring, content: {a/b: {}}}, {name: b, in: query, schema: {}}",
            "one parameter in querystring, or parameters in query",
        ),
        ("3.0.4", "{name: a, in: path, style: deepObject, schema: {}}", "'deepObject' is not a style in path"),
        ("3.0.4", "{name: a, in: query, content: {a/b: {}, c/d: {}}}", "there is one media type in content"),
        ("3.0.4", "{name: a, in: query, schema: {}, content: {a/b: {}}}", "no schema beside it"),
    ],
)
def test_a_parameter_that_cannot_be_sent_is_refused_with_its_operation(
    version: str, members: str, message: str
) -> None:
    """The rest of the document loads."""
    lowered = service(version, f"paths: {{/p: {{get: {{operationId: o, parameters: [{members}]}}, put: {{}}}}}}")

    with pytest.raises(InvalidDocument, match=message):
        lowered.operations["o"]
    assert lowered.operations["put_p"].parameters == ()


@pytest.mark.parametrize("name", ["Accept", "content-type", "AUTHORIZATION"])
def test_some_header_parameters_are_ignored(name: str) -> None:
    """ "Parameter Object", name: three header fields are said elsewhere."""
    assert operation("3.1.2", f"parameters: [{{name: {name}, in: header, schema: {{}}}}]").parameters == ()


# Media types


def test_a_media_type_may_be_a_reference_in_3_2() -> None:
    """3.2, "Components Object", mediaTypes."""
    text = "responses: {'200': {content: {application/json: {$ref: '#/components/mediaTypes/m'}}}}"
    components = "components: {mediaTypes: {m: {schema: {type: string}}}}"

    (entry,) = operation("3.2.0", text, components).responses["200"].content.values()
    assert entry.schema is not None
    assert entry.schema.types == ("string",)
    assert operation("3.1.2", text, components).responses["200"].content["application/json"].schema is None


def test_media_types_of_one_schema_share_it() -> None:
    """What is compiled for a schema is compiled once."""
    text = "requestBody: {content: {a/b: {schema: {type: object}}, c/d: {schema: {type: object}}, e/f: {schema: {}}}}"
    body = operation("3.1.2", text).request_body
    assert body is not None
    assert len(body.schemas()) == 2


@pytest.mark.parametrize(
    ("version", "media_type", "encoding", "style"),
    [
        ("3.0.4", "application/x-www-form-urlencoded", "{explode: false}", ("form", False)),
        ("3.0.4", "multipart/form-data", "{explode: false}", (None, False)),
        ("3.1.2", "multipart/form-data", "{style: deepObject}", ("deepObject", False)),
        ("3.1.2", "multipart/mixed", "{style: deepObject}", (None, False)),
        ("3.2.0", "multipart/form-data", "{contentType: image/png}", (None, False)),
        ("3.2.0", "application/x-www-form-urlencoded", "{allowReserved: true}", ("form", True)),
    ],
)
def test_a_style_of_a_field_is_for_forms(version: str, media_type: str, encoding: str, style: Any) -> None:
    """ "Encoding Object": style, explode and allowReserved are ignored elsewhere, 3.0 has them in URL-encoded forms
    only; one of them takes the place of the content type."""
    text = f"requestBody: {{content: {{{media_type}: {{schema: {{}}, encoding: {{a: {encoding}}}}}}}}}"
    body = operation(version, text).request_body
    assert body is not None
    lowered = body.content[media_type].encoding["a"]
    assert (lowered.style, lowered.explode) == style


# What the service sends, and links


@pytest.mark.parametrize("version", NEWER)
def test_webhooks_and_callbacks_are_operations(version: str) -> None:
    """Their requests are lowered like those that are sent, when they are first read."""
    lowered = service(
        version,
        """
        webhooks: {paid: {post: {requestBody: {content: {application/json: {schema: {type: object}}}}}}}
        paths:
          /p:
            post:
              operationId: o
              callbacks:
                done: {'{$request.body#/url}': {put: {operationId: told}, x-a: 1}, x-b: 2}
                wrong: {$ref: '#/components/callbacks/none'}
        """,
    )

    (paid,), callbacks = lowered.webhooks["paid"], lowered.operations["o"].callbacks
    assert (paid.id, paid.method, paid.request_body is None) == ("paid_post", "POST", False)
    assert [(name, url.id) for name, (url,) in callbacks["done"].items()] == [("{$request.body#/url}", "told")]
    with pytest.raises(InvalidDocument, match="none"):
        callbacks["wrong"]


@pytest.mark.parametrize(
    "link", ["{operationId: b}", "{operationRef: '#/paths/~1b~1%7Bid%7D/get'}", "{$ref: '#/components/links/l'}"]
)
def test_a_link_names_an_operation_by_id_or_reference(link: str) -> None:
    """ "Link Object", operationId and operationRef."""
    lowered = service(
        "3.1.2",
        f"""
        paths:
          /a: {{get: {{operationId: a, responses: {{'200': {{links: {{next: {link}}}}}}}}}}}
          '/b/{{id}}': {{get: {{operationId: b}}}}
        components: {{links: {{l: {{operationId: b, parameters: {{id: $response.body#/id}}}}}}}}
        """,
    )

    assert lowered.operations["a"].responses["200"].links["next"].operation == "b"


def test_every_flow_of_a_scheme_is_there() -> None:
    """ "OAuth Flows Object": the flow that serves most is the scheme's, the others are beside it."""
    lowered = service(
        "3.2.0",
        """
        components:
          securitySchemes:
            o: {type: oauth2, oauth2MetadataUrl: 'https://m', flows: {implicit: {}, deviceAuthorization:
              {deviceAuthorizationUrl: 'https://d', tokenUrl: 'https://t', scopes: {a: ''}}}}
            i: {type: openIdConnect, openIdConnectUrl: 'https://i'}
            h: {type: http, scheme: HOBA}
        """,
    ).schemes

    oauth, openid = lowered["o"].oauth, lowered["i"].oauth
    assert oauth is not None
    assert openid is not None
    assert [oauth.grant, *(flow.grant for flow in oauth.others)] == ["implicit", "device_code"]
    assert (oauth.others[0].device, oauth.metadata, openid.metadata) == ("https://d", "https://m", "https://i")
    assert (lowered["h"].type, lowered["h"].http_scheme) == ("http", "HOBA")


@pytest.mark.parametrize(
    ("version", "key", "needed"),
    [
        ("3.2.0", "a", {"a"}),
        ("3.2.0", "#/components/securitySchemes/a", {"a"}),
        ("3.2.0", "#/x-schemes/b", {"b"}),
        ("3.1.2", "#/x-schemes/b", {"#/x-schemes/b"}),
    ],
)
def test_a_requirement_may_name_a_scheme_by_its_uri_in_3_2(version: str, key: str, needed: set[str]) -> None:
    """3.2, "Security Requirement Object": the name of a component, or else a URI."""
    lowered = service(
        version,
        f"""
        components: {{securitySchemes: {{a: {{type: http, scheme: basic}}}}}}
        x-schemes: {{b: {{type: apiKey, in: header, name: K}}}}
        paths: {{/p: {{get: {{operationId: o, security: [{{'{key}': []}}, {{'{key}': [], a: []}}]}}}}}}
        """,
    )

    assert set(lowered.operations["o"].security[0]) == needed
    assert version < "3.2" or needed <= lowered.schemes.keys()


# Size


def large(operations: int) -> str:
    """The JSON of a document with this many operations, each with a schema of its own."""
    schemas = {f"S{index}": {"type": "object", "properties": {"a": {"type": "string"}}} for index in range(operations)}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}
    paths = {f"/p{index}": {"put": {"operationId": f"o{index}", "requestBody": body}} for index in range(operations)}
    return json.dumps({"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}})


def calls(function: Callable[[], object]) -> int:
    """How many Python functions a function calls."""
    profile = cProfile.Profile()
    profile.runcall(function)
    return sum(entry.callcount for entry in profile.getstats())


def test_what_an_operation_costs_does_not_depend_on_the_others() -> None:
    """Operations and schemas are lowered when they are used: one of a thousand costs what one of ten costs."""

    def cost(operations: int) -> int:
        lowered = loader.service_of(document.parse(large(operations), "large.json"))
        _ = lowered.operations["o0"]  # the first use looks which schemas extend which
        return calls(lambda: Plan(Compiler(lowered), lowered.operations["o1"]))

    cost(2)  # what is imported, and compiled once
    assert cost(1000) == cost(10)


def test_loading_costs_in_proportion_to_the_document() -> None:
    """Twice the operations are at most twice the work."""

    def cost(operations: int) -> int:
        text = large(operations)
        return calls(lambda: loader.service_of(document.parse(text, "large.json")))

    cost(2)
    assert cost(2000) < 2.1 * cost(1000)


def test_a_command_reads_the_document_once(tmp_path: Path) -> None:
    """``connectors call`` makes its options and its call of one service."""
    file = tmp_path / "large.json"
    file.write_text(large(3))
    profile = cProfile.Profile()

    profile.runcall(app.run, ["call", str(file), "o1", "--dry-run", "--base-url", "http://h.example"])

    names = [(str(entry.code), entry.callcount) for entry in profile.getstats() if "read_text" in str(entry.code)]
    assert [count for name, count in names if "reader.py" in name] == [1]
