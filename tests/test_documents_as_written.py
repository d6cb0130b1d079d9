"""Documents as people publish them: what is read as it is meant, what is refused, and at which line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from openconnectors import ConnectionMissing, InvalidDocument
from openconnectors.cli.app import cli
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.client.connector import Connector, connected
from openconnectors.engine.client.description import describe
from openconnectors.engine.client.diagnostics import diagnostics
from openconnectors.engine.documents import document, loader
from openconnectors.engine.documents.parts import readable
from openconnectors.engine.fuzz import fuzz
from openconnectors.engine.http import Request
from openconnectors.engine.model import Service
from openconnectors.engine.plan.options import Options
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.transports.blocking import BlockingTransport


def service(text: str) -> Service:
    """The service of a document's text, which has its version and title already."""
    return loader.service_of(document.parse(f'swagger: "2.0"\ninfo: {{title: T, version: "1"}}\n{text}', "x.yaml"))


def test_the_examples_of_a_response_are_those_of_its_media_types() -> None:
    """A media type's parameters and case make no other example (Swagger 2.0, "Example Object")."""
    loaded = service(
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
    responses = loaded.operations["A"].responses
    assert [entry.examples for entry in responses["200"].content.values()] == [({"id": 142},), ()]
    assert [entry.examples for entry in responses["404"].content.values()] == [(), ()]


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
        "5:61: error: the reference 'http://169.254.169.254/latest' is a URL, and nothing is fetched",
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
    "an unknown type": ("responses: {200: {description: ok, schema: {type: strng}}}", "'strng' is not a valid type"),
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
        "'comma' is not a collectionFormat",
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
    text, message = SPOILED[case]
    broken = text if text.startswith("[") else f"{{{text}}}"
    loaded = service(SHARED.replace("BROKEN", broken))
    assert list(loaded.operations) == ["get_bad", "Good", "AlsoGood"]
    assert loaded.places["get_bad"] == ("GET", "/bad")
    with pytest.raises(InvalidDocument, match=re.escape(message)):
        _ = loaded.operations["get_bad"]
    assert [operation.id for operation in readable(loaded)] == ["Good", "AlsoGood"]
    connector = Connector("x", loaded, Connection(loaded, {}, "http://127.0.0.1:1"), BlockingTransport(), Options())
    assert any(
        message in str(diagnostic) and diagnostic.severity == "error"
        for diagnostic in diagnostics(connected(connector))
    )
    assert connector.good.request().method == "GET"
    with pytest.raises(InvalidDocument, match=re.escape(message)):
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


def test_the_sandbox_serves_what_can_be_read_and_says_what_cannot() -> None:
    """501 with words for an operation that the document spoils; fuzz leaves it out with a note."""
    loaded = service(SHARED.replace("BROKEN", "{responses: {200: fine}}"))
    with Sandbox(loaded) as box:
        connection = Connection(loaded, box.values, box.url)
        connector = Connector("x", loaded, connection, BlockingTransport(), Options())
        assert "again" in connector.good()
        answer = BlockingTransport().send(Request("GET", f"{box.url}/bad", {}))
        assert (answer.status, "cannot be read" in answer.body.decode()) == (501, True)
        assert BlockingTransport().send(Request("POST", f"{box.url}/bad", {})).status == 404
        messages: list[str] = []
        assert list(fuzz(connector, examples=2, progress=messages.append)) == []
        assert "get_bad: not called, its part of the document cannot be read" in messages


def test_a_description_names_what_cannot_be_read() -> None:
    """The description lists an operation that cannot be read with its problem, beside the usable ones."""
    description = describe("x", service(SHARED.replace("BROKEN", "{responses: {200: fine}}")))
    assert [action["name"] for action in description["actions"]] == ["good", "also_good"]
    assert [(row["name"], row["method"], row["path"]) for row in description["unreadable"]] == [
        ("get_bad", "GET", "/bad")
    ]
    assert "a response must be a mapping" in description["unreadable"][0]["problem"]
    assert "Bad" not in [definition["name"] for definition in description["definitions"]]


def test_the_command_line_adds_shows_and_calls_the_rest(tmp_path: Path) -> None:
    """show, call and add work for a document with one unreadable operation, and name it; validate exits with 1."""
    path = tmp_path / "odd.swagger.yaml"
    text = SHARED.replace("BROKEN", "{responses: {200: fine}}")
    path.write_text(f'swagger: "2.0"\ninfo: {{title: T, version: "1"}}\n{text}')
    run = CliRunner().invoke
    shown = run(cli, ["show", str(path)])
    assert shown.exit_code == 0, shown.output
    assert "Cannot be called" in shown.output
    called = run(cli, ["call", str(path), "good", "--sandbox"])
    assert called.exit_code == 0, called.output
    listed = run(cli, ["call", str(path), "--help"])
    assert "cannot be called" in listed.output
    added = run(cli, ["add", str(path)])
    assert added.exit_code == 0, added.output
    assert "error: a response must be a mapping, not str" in added.output
    assert "1 of them cannot be called" in added.output
    checked = run(cli, ["validate", str(path)])
    assert checked.exit_code == 1


NAMES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "paths that differ in their punctuation": (
        "/a-b: {get: {}}\n  /a_b: {get: {}}\n  /a/b: {get: {}, put: {}}\n  /a/b/: {get: {}}",
        {
            "get_a_b": ("GET", "/a-b"),
            "get_a_b_2": ("GET", "/a_b"),
            "get_a_b_3": ("GET", "/a/b"),
            "put_a_b": ("PUT", "/a/b"),
            "get_a_b_4": ("GET", "/a/b/"),
        },
    ),
    "a name that is written comes before one that is made": (
        "/a/b: {get: {}}\n  /c: {get: {operationId: get_a_b}}\n  /d: {get: {operationId: get_a_b_2}}",
        {"get_a_b_3": ("GET", "/a/b"), "get_a_b": ("GET", "/c"), "get_a_b_2": ("GET", "/d")},
    ),
    "one that is written twice": (
        "/a: {get: {operationId: list}}\n  /b: {get: {operationId: list}}",
        {"list": ("GET", "/a"), "list_2": ("GET", "/b")},
    ),
    "one that is empty, or no text": (
        "/a: {get: {operationId: ''}}\n  /b: {get: {operationId: [x]}}\n  /c: {get: {operationId: 7}}",
        {"get_a": ("GET", "/a"), "get_b": ("GET", "/b"), "7": ("GET", "/c")},
    ),
}


@pytest.mark.parametrize("case", NAMES)
def test_operations_of_one_name_are_numbered(case: str) -> None:
    """operationId is optional (Swagger 2.0, "Operation Object"): every operation can be called, by a stable name."""
    text, places = NAMES[case]
    loaded = service(f"paths:\n  {text}\n")
    assert dict(loaded.places) == places
    assert [(operation.method, operation.path) for operation in loaded.operations.values()] == list(places.values())
    numbered = [name for name in places if re.search(r"_\d$", name)]
    assert len(loaded.diagnostics) >= min(len(numbered), 1)
    assert all(diagnostic.severity == "warning" and diagnostic.line > 2 for diagnostic in loaded.diagnostics)


SERVERS: dict[str, tuple[str, str]] = {
    "as they should be": ("host: api.example.com:8080\nbasePath: /v1/\nschemes: [http, https]", "https://api.example.com:8080/v1"),
    "a base path without its slash": ("host: api.example.com\nbasePath: v1", "https://api.example.com/v1"),
    "a base path that begins with a dot": ("host: a.example\nbasePath: .evil.example", "https://a.example/.evil.example"),
    "a base path that repeats the host": ("host: a.example\nbasePath: a.example/v1", "https://a.example/v1"),
    "a base path that is the whole URL": ("host: A.example\nbasePath: https://a.example/v1", "https://A.example/v1"),
    "the whole URL, and no host": ("basePath: http://a.example/v1", "http://a.example/v1"),
    "a base path that is a number": ("host: a.example\nbasePath: 2", "https://a.example/2"),
    "two slashes": ("host: a.example\nbasePath: //v1//", "https://a.example/v1"),
    "a base path with a blank": ("host: a.example\nbasePath: /my api", "https://a.example/my%20api"),
    "a scheme before the host": ("host: http://a.example", "http://a.example"),
    "a scheme before the host, and others": ("host: https://a.example\nschemes: [http]", "https://a.example"),
    "a slash behind the host": ("host: a.example/\nbasePath: /v1", "https://a.example/v1"),
    "the base path behind the host": ("host: a.example/v1", "https://a.example/v1"),
    "slashes before the host": ("host: //a.example", "https://a.example"),
    "blanks around": ("host: ' a.example '\nbasePath: ' /v1 '", "https://a.example/v1"),
    "a colon without a port": ("host: 'a.example:'", "https://a.example"),
    "schemes in capitals, and as text": ("host: a.example\nschemes: HTTP", "http://a.example"),
    "no schemes at all": ("host: a.example\nschemes: []", "https://a.example"),
    "an address": ("host: '[::1]:8080'\nschemes: [http]", "http://[::1]:8080"),
}  # fmt: skip


@pytest.mark.parametrize("case", SERVERS)
def test_the_server_is_read_as_it_is_meant(case: str) -> None:
    """host, basePath and schemes in odd spellings give the URL that was meant, with a warning."""
    text, url = SERVERS[case]
    loaded = service(f"{text}\npaths: {{/a: {{get: {{operationId: A}}}}}}\n")
    assert [server.url for server in loaded.servers] == [url]
    assert all(diagnostic.rule == "server" and diagnostic.severity == "warning" for diagnostic in loaded.diagnostics)
    odd = case not in ("as they should be", "a base path with a blank", "no schemes at all", "an address")
    assert bool(loaded.diagnostics) == odd
    assert Connection(loaded, {}).base == url


NO_SERVERS: dict[str, tuple[str, str]] = {
    "user information": ("host: me:secret@a.example", "3:7: warning: '***@a.example' is not a host"),
    "another host behind an at": ("host: a.example@evil.example", "is not a host"),
    "a backslash": ("host: a.example\\evil.example", "is not a host"),
    "a blank": ("host: a .example", "is not a host"),
    "a query": ("host: a.example?x=1", "is not a host"),
    "a port that is none": ("host: a.example:99999", "is not a host"),
    "no text": ("host: [a.example]", "host must be text, not list"),
    "another protocol": ("host: ftp://a.example", "is neither http nor https"),
    "web sockets alone": ("host: a.example\nschemes: [wss]", "4:10: warning: none of the schemes wss is http or https"),
    "two paths": ("host: a.example/v1\nbasePath: /v2", "the host has the path '/v1' beside the basePath"),
}


@pytest.mark.parametrize("case", NO_SERVERS)
def test_a_host_that_cannot_be_used_is_none(case: str) -> None:
    """Without a usable host, connecting says what is wrong with it and asks for base_url."""
    text, message = NO_SERVERS[case]
    loaded = service(f"{text}\npaths: {{/a: {{get: {{operationId: A}}}}}}\n")
    with pytest.raises(ConnectionMissing, match=f"(?s){re.escape(message)}.*give base_url"):
        Connection(loaded, {})
    assert Connection(loaded, {}, "http://127.0.0.1:1").base in ("http://127.0.0.1:1", "http://127.0.0.1:1/v2")


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/v1", "//evil.example/v1", "/../x", "/%2e%2E/x", "..", "/v1?x=1", "/v1#x", "/a\\b",
     "\\\\evil", "'@evil.example'", "me@evil.example/v1", ":8080/v1", "[/v1]", "1.5", "ftp://a.example/v1", '"/a\\tb"'],
)  # fmt: skip
def test_a_base_path_that_is_no_path_is_refused(path: str) -> None:
    """A basePath with a host, query, fragment, dot segments or backslashes is an error at its place."""
    with pytest.raises(InvalidDocument, match="4:11: error: "):
        service(f"host: a.example\nbasePath: {path}\npaths: {{}}\n")


def test_a_path_item_may_be_a_reference() -> None:
    """A path item that is a $ref has the parameters and operations of its target (Path Item Object)."""
    loaded = service(
        """
paths:
  /a: {$ref: '#/x-items/one'}
  /b: {$ref: '#/x-items/none'}
  /c: null
x-items:
  one:
    parameters: [{name: q, in: query, type: string}]
    get: {responses: {200: {description: ok}}}
    put: {parameters: [{name: q, in: query, type: strng}]}
"""
    )
    assert list(loaded.operations) == ["get_a", "put_a"]
    assert [parameter.name for parameter in loaded.operations["get_a"].parameters] == ["q"]
    with pytest.raises(InvalidDocument, match="12:51: error: 'strng' is not a valid type"):
        _ = loaded.operations["put_a"]
    assert [(diagnostic.line, diagnostic.rule, diagnostic.severity) for diagnostic in loaded.diagnostics] == [
        (6, "reference-dangling", "error")
    ]


def test_odd_spellings_are_read_as_they_are_meant() -> None:
    """Members of the wrong type or case that published documents have are read as meant."""
    loaded = service(
        """
consumes: application/json
produces: [' application/json ', null, 3]
security: {key: }
securityDefinitions: {key: {type: apiKey, in: header, name: X-Key}}
paths:
  x-odd: [1]
  /a/{p}:
    x-odd: text
    parameters: null
    post:
      x-odd: {get: 3}
      parameters:
        - {name: p, in: Path, type: String}
        - {name: 5, in: QUERY, type: array, collectionFormat: Multi, items: {type: integer, minimum: '3', default: '4'}}
        - {name: 'odd name/~{}', in: query, type: string, enum: null, default: null}
        - {name: b, in: body, schema: {type: [object, 'null'], required: true, properties: {a: {required: true}}}}
      responses:
        200: {description: ok, schema: {$ref: '#/definitions/A'}}
        Default: null
        5xx: {description: no}
        x-odd: 3
definitions:
  A:
    properties: {x-a: {type: string}, b: {type: string, xml: null, items: null, allOf: null}}
    additionalProperties: 'false'
"""
    )  # fmt: skip
    (operation,) = loaded.operations.values()
    assert [(each.name, each.location, each.style, each.explode) for each in operation.parameters] == [
        ("p", "path", "simple", False), ("5", "query", "form", True), ("odd name/~{}", "query", "form", False),
    ]  # fmt: skip
    assert operation.parameters[0].schema.types == ("string",)
    items = operation.parameters[1].schema.items
    assert items is not None
    assert (items.keywords, items.default) == ({"minimum": 3}, 4)
    assert operation.request_body is not None
    (whole,) = operation.request_body.schemas()
    assert (whole.types, whole.nullable, whole.required) == (("object",), True, ())
    assert list(operation.responses) == ["200", "default", "5XX"]
    assert (list(operation.request_body.content), operation.accept) == (["application/json"], ("application/json",))
    assert operation.security == ({"key": ()},)
    assert loaded.schemas["/definitions/A"].additional is False
    assert list(loaded.schemas["/definitions/A"].properties) == ["x-a", "b"]


def test_merge_keys_serve_as_shared_parts_of_a_document() -> None:
    """Failures and schemas that several places share are those of each; what is wrong in one has the anchor's line."""
    text = """
x-failures: &failures
  404: {description: none}
  500: {description: broken, schema: [a]}
paths:
  /a: {get: {responses: {<<: *failures, 200: {description: ok}}}}
  /b: {get: {responses: {<<: *failures, 500: {description: other}}}}
"""
    loaded = service(text)
    assert {status: response.description for status, response in loaded.operations["get_b"].responses.items()} == {
        "404": "none",
        "500": "other",
    }
    with pytest.raises(InvalidDocument, match="6:8: error: a schema must be a mapping, not list"):
        _ = loaded.operations["get_a"]
