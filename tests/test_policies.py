"""Policies: what each template makes of a request or an answer, by a table; and that they are data from a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.client.connector import connected
from openconnectors.engine.client.diagnostics import diagnostics
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.policies import POLICIES
from openconnectors.engine.policies.effects import RewriteBody
from openconnectors.engine.policies.expressions import Scope, template
from openconnectors.engine.policies.use import Use
from tests.conftest import serving

PARAMETER = "x-ms-apimTemplateParameter."


def folder(tmp_path: Path, policies: list[dict[str, Any]], **document: Any) -> Path:
    """A connector's folder as it is published: one operation of every place, and these policies."""
    raw = {
        "swagger": "2.0",
        "info": {"title": "Things", "version": "1"},
        "host": "things.example",
        "basePath": "/v1",
        "schemes": ["https"],
        "paths": {
            "/things/{id}": {
                "post": {
                    "operationId": "Change",
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "type": "string"},
                        {"name": "q", "in": "query", "type": "string"},
                        {"name": "X-Tenant", "in": "header", "type": "string"},
                        {"name": "body", "in": "body", "schema": {"type": "object"}},
                    ],
                    "responses": {"200": {"description": "ok", "schema": {"type": "object"}}},
                }
            }
        },
        **document,
    }
    parameters = {
        "site": {"type": "string", "uiDefinition": {"constraints": {"required": "false"}}},
        "api_key": {"type": "securestring", "uiDefinition": {"constraints": {"required": "false"}}},
    }
    uses = [
        {
            "templateId": policy["template"],
            "title": "",
            "parameters": {
                **{
                    f"{PARAMETER}{name}": value for name, value in policy.items() if name not in ("template", "section")
                },
                "x-ms-apimTemplate-policySection": policy.get("section", "Request"),
            },
        }
        for policy in policies
    ]
    place = tmp_path / "Some Things"
    place.mkdir()
    (place / "apiDefinition.swagger.json").write_text(json.dumps(raw))
    properties = {"connectionParameters": parameters, "policyTemplateInstances": uses}
    (place / "apiProperties.json").write_text(json.dumps({"properties": properties}))
    return place


def rewrite(template: str, parameters: dict[str, Any]) -> RewriteBody:
    """The effect of one use of a template that rewrites a body."""
    (effect,) = POLICIES[template].compile(Use(parameters))
    assert isinstance(effect, RewriteBody)
    return effect


CALL: dict[str, Any] = {"id": "a b", "q": "x", "x_tenant": "acme", "body": {"a": 1, "list": "p;q"}}
VALUES = {"site": "north.example", "api_key": "secret-key"}

REQUESTS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "none": ([], "POST https://things.example/v1/things/a%20b?q=x"),
    "a host from the connection": (
        [{"template": "dynamicHostUrl", "urlTemplate": "https://@connectionParameters('site')/api"}],
        "POST https://north.example/api/things/a%20b?q=x",
    ),
    "a host whose label is an argument": (
        [{"template": "dynamichosturl", "urlTemplate": "https://@headers('X-Tenant').cloud.example.com/api"}],
        "POST https://acme.cloud.example.com/api/things/a%20b?q=x",
    ),
    "a default in place of what the connection has not": (
        [{"template": "dynamichosturl", "urlTemplate": "https://@connectionParameters('none','south.example')"}],
        "POST https://south.example/things/a%20b?q=x",
    ),
    "another path and method": (
        [{"template": "routerequesttoendpoint", "newPath": "/other/{id}/now", "httpMethod": "PUT"}],
        "PUT https://things.example/v1/other/a%20b/now?q=x",
    ),
    "a path with a value of the connection, the method its own": (
        [
            {
                "template": "routerequesttoendpoint",
                "newPath": "/@connectionParameters('site')/{id}",
                "httpMethod": "@Request.OriginalHTTPMethod",
            }
        ],
        "POST https://things.example/v1/north.example/a%20b?q=x",
    ),
    "a query parameter replaced": (
        [{"template": "setqueryparameter", "name": "q", "value": "y z", "existsAction": "override"}],
        "POST https://things.example/v1/things/a%20b?q=y%20z",
    ),
    "a query parameter left as it is": (
        [{"template": "setqueryparameter", "name": "q", "value": "y", "existsAction": "skip"}],
        "POST https://things.example/v1/things/a%20b?q=x",
    ),
    "a header field": (
        [{"template": "setheader", "name": "X-One", "value": "for @headers('X-Tenant')", "existsAction": "override"}],
        "POST https://things.example/v1/things/a%20b?q=x\nX-One: for acme",
    ),
    "a secret is attached last, and shows nowhere": (
        [{"template": "setheader", "name": "Authorization", "value": "Token @connectionParameters('api_key')"}],
        "POST https://things.example/v1/things/a%20b?q=x\nAuthorization: ***",
    ),
    "a property": (
        [
            {
                "template": "setproperty",
                "newPropertyParentPathTemplate": "@body()",
                "newPropertySubPathTemplate": "['@odata.type']",
                "propertyValuePathTemplate": "thing",
            }
        ],
        '{"a":1,"list":"p;q","@odata.type":"thing"}',
    ),
    "a value wrapped": (
        [
            {
                "template": "setproperty",
                "newPropertyParentPathTemplate": "@body()",
                "newPropertySubPathTemplate": "a",
                "propertyValuePathTemplate": "[{@body().a}]",
            }
        ],
        '{"a":[1],"list":"p;q"}',
    ),
    "a text becomes a list": (
        [
            {
                "template": "stringtoarray",
                "propertyParentPath": "@body()",
                "propertySubPath": "list",
                "delimiterList": ";",
                "childPropertyName": "name",
                "newPropertyPath": "@body().list",
            }
        ],
        '{"a":1,"list":[{"name":"p"},{"name":"q"}]}',
    ),
    "a text replaced": (
        [
            {
                "template": "stringreplace",
                "propertyParentPath": "@body()",
                "propertySubPath": "list",
                "sourceString": ";",
                "replacementString": "+",
                "newPropertyPath": "@body().list",
            }
        ],
        '{"a":1,"list":"p+q"}',
    ),
    "a property encoded": (
        [
            {
                "template": "encodepropertyvalue",
                "propertyParentPath": "@body()",
                "propertySubPath": "list",
                "newPropertyPath": "@body().list",
            }
        ],
        '{"a":1,"list":"p%3Bq"}',
    ),
    "a property moved": (
        [
            {
                "template": "MoveProperties",
                "srcParentPath": "@body()",
                "srcSubPath": "list",
                "dstParentPath": "@body()",
                "dstSubPath": "items",
            }
        ],
        '{"a":1,"items":"p;q"}',
    ),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_a_request_is_rewritten(case: str, tmp_path: Path) -> None:
    """Each request policy makes the lines of its case, and secrets are not shown."""
    policies, expected = REQUESTS[case]
    connector = openconnectors.load_file(folder(tmp_path, policies), connection=VALUES)
    request = connector.change.request(**CALL)
    for line in expected.splitlines():
        assert line in str(request).splitlines()
    assert "secret-key" not in f"{request}{request!r}{connector.connection!r}{vars(calls_of(connector.change).plan)}"


def test_the_place_is_the_operators_where_they_name_one(tmp_path: Path) -> None:
    """base_url wins over the host of a policy, whose path is added to it."""
    policies = [{"template": "dynamichosturl", "urlTemplate": "https://@headers('X-Tenant')/api"}]
    connector = openconnectors.load_file(folder(tmp_path, policies), connection=VALUES, base_url="http://127.0.0.1:9")
    assert connector.change.request(**CALL).url == "http://127.0.0.1:9/v1/api/things/a%20b?q=x"


@pytest.mark.parametrize("value", ["evil.example", "evil.example/x?", "127.0.0.1", "a@b"])
def test_an_argument_chooses_no_host(value: str, tmp_path: Path) -> None:
    """An argument cannot choose the host that a policy sets, whole or by more than one label."""
    whole = [{"template": "dynamichosturl", "urlTemplate": "https://@headers('X-Tenant')/api"}]
    label = [{"template": "dynamichosturl", "urlTemplate": "https://@headers('X-Tenant').cloud.example.com"}]
    for index, policies in enumerate((whole, label)):
        place = tmp_path / str(index)
        place.mkdir()
        connector = openconnectors.load_file(folder(place, policies), connection=VALUES)
        with pytest.raises(openconnectors.InvalidArguments, match="base_url"):
            connector.change.request(**{**CALL, "x_tenant": value})


def test_an_unknown_template_is_reported_at_load_and_refuses_the_call(tmp_path: Path) -> None:
    """An unknown policy template is a diagnostic at its line, and its operations raise Unsupported."""
    connector = openconnectors.load_file(folder(tmp_path, [{"template": "magic"}]), connection=VALUES)
    (finding,) = diagnostics(connected(connector))
    assert (finding.rule, Path(finding.file).name, finding.line) == ("policy", "apiProperties.json", 1)
    assert "magic" in finding.message
    with pytest.raises(openconnectors.Unsupported, match="magic"):
        connector.change(**CALL)


ROUND: dict[str, tuple[str, dict[str, Any], Any, Any]] = {
    "an object and a list": (
        "convertobjecttoarray",
        {"propertySubPath": "a", "newPropertyPath": "@body().a", "keyName": "k", "valueName": "v"},
        {"a": {"x": 1, "y": {}}},
        {"a": [{"k": "x", "v": 1}, {"k": "y", "v": {}}]},
    ),
    "a body that is the object": (
        "convertobjecttoarray",
        {"propertySubPath": "null", "newPropertyPath": "@body().all", "keyName": "k", "valueName": "v"},
        {"x": 1},
        {"all": [{"k": "x", "v": 1}]},
    ),
    "a list and an object": (
        "convertarraytoobject",
        {
            "propertySubPath": "a",
            "newPropertyPath": "@body().a",
            "keyWithinCollectionPath": "k",
            "retainKey": "false",
        },
        {"a": [{"k": "x", "v": 1}]},
        {"a": {"x": {"v": 1}}},
    ),
}


MOVED: dict[str, tuple[dict[str, str], Any, Any]] = {
    "another name": (
        {"srcParentPath": "@body()", "srcSubPath": "a", "dstParentPath": "@body()", "dstSubPath": "b"},
        {"a": {"x": 1}, "c": 2},
        {"b": {"x": 1}, "c": 2},
    ),
    "a level up, by its own name": (
        {"srcParentPath": "@body().data", "srcSubPath": "id", "dstParentPath": "@body()"},
        {"data": {"id": 1, "n": 2}},
        {"data": {"n": 2}, "id": 1},
    ),
    "into what is not there yet": (
        {"srcParentPath": "@body()", "srcSubPath": "id", "dstParentPath": "@body().meta.keys", "dstSubPath": "own"},
        {"id": 1},
        {"meta": {"keys": {"own": 1}}},
    ),
    "each object of a list": (
        {"srcParentPath": "@body().value.fields", "srcSubPath": "t", "dstParentPath": "@body().value"},
        {"value": [{"fields": {"t": 1, "u": 2}}, {"fields": {"t": 3}}, {"other": 4}]},
        {"value": [{"fields": {"u": 2}, "t": 1}, {"fields": {}, "t": 3}, {"other": 4}]},
    ),
    "each object of a list, from the item": (
        {"srcParentPath": "@body().value", "srcSubPath": "@item().a", "dstParentPath": "@item()", "dstSubPath": "b"},
        {"value": [{"a": 1}, {"a": 2}]},
        {"value": [{"b": 1}, {"b": 2}]},
    ),
    "nothing where there is nothing": (
        {"srcParentPath": "@body()", "srcSubPath": "a", "dstParentPath": "@body()", "dstSubPath": "b"},
        {"c": 1},
        {"c": 1},
    ),
    "nothing into what is no object": (
        {"srcParentPath": "@body()", "srcSubPath": "a", "dstParentPath": "@body().c", "copyOnlySubProperties": "true"},
        {"a": {"x": 1}, "c": [2]},
        {"a": {"x": 1}, "c": [2]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MOVED)
def test_properties_are_moved_and_moved_back(case: str) -> None:
    """moveproperties moves members, and its inverse moves them back."""
    parameters, before, after = MOVED[case]
    policy = rewrite("moveproperties", parameters)
    assert policy.apply(before) == after
    assert policy.apply(policy.invert(after)) == after
    if case != "into what is not there yet":
        assert policy.invert(after) == before


def test_the_members_of_an_object_are_moved_alone() -> None:
    """copyOnlySubProperties moves the members and drops the object; the inverse restores both."""
    parameters = {"srcParentPath": "@body().value", "srcSubPath": "fields", "dstParentPath": "@body().value"}
    policy = rewrite("moveproperties", {**parameters, "copyOnlySubProperties": "True"})
    after = {"value": [{"id": 1, "a": 2}, {"id": 3}]}
    assert policy.apply({"value": [{"id": 1, "fields": {"a": 2}}, {"id": 3}]}) == after
    assert policy.apply(policy.invert(after)) == after
    below = rewrite("moveproperties", {**parameters, "dstSubPath": "all", "copyOnlySubProperties": "true"})
    assert below.apply({"value": {"fields": {"a": 2}, "all": {"b": 1}}}) == {"value": {"all": {"b": 1, "a": 2}}}


def test_what_cannot_be_moved_is_refused_at_load() -> None:
    """moveproperties into the moved member itself raises Unsupported when it is compiled."""
    whole = {"srcParentPath": "@body()", "dstParentPath": "@body()", "dstSubPath": "b"}
    into = {"srcParentPath": "@body()", "srcSubPath": "a", "dstParentPath": "@body().a", "dstSubPath": "b"}
    for parameters in (whole, into):
        with pytest.raises(openconnectors.Unsupported, match="cannot be moved into itself"):
            rewrite("moveproperties", parameters)


@pytest.mark.parametrize("case", ROUND)
def test_a_body_is_rewritten_both_ways(case: str) -> None:
    """Each body policy and its inverse are each other's inverse."""
    name, parameters, before, after = ROUND[case]
    policy = rewrite(name, {"propertyParentPath": "@body()", **parameters})
    assert policy.apply(before) == after
    assert policy.invert(after) == before


EXPRESSIONS: dict[str, Any] = {
    "@connectionParameters('a')": "one",
    "@ConnectionParameters('A')": "one",
    "@connectionParameters('none', 'other')": "other",
    "@{body().list[1].name}": "q",
    "@body()['@odata.id']": "i",
    "no @odata.nextLink here, nor @ alone": "no @odata.nextLink here, nor @ alone",
    "any(c:c eq 'Unified')": "any(c:c eq 'Unified')",
    "x @{queryParameters('f')} y": "x 7 y",
    "['@odata.id']": "['@odata.id']",
    '[{"n": {@body().list}}]': [{"n": [{"name": "p"}, {"name": "q"}]}],
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression(text: str) -> None:
    """Each policy expression has the value of its case."""
    scope = Scope(
        connection={"a": "one"},
        query={"f": 7},
        body={"list": [{"name": "p"}, {"name": "q"}], "@odata.id": "i"},
    )
    assert template(text).value(scope) == EXPRESSIONS[text]


def test_published_files_are_read_as_they_are(tmp_path: Path) -> None:
    """Published files with a byte order mark, Windows-1252, an extra comma or a repeated key are read and reported."""
    place = folder(tmp_path, [])
    path = place / "apiDefinition.swagger.json"
    whole = path.read_text()
    broken: dict[str, tuple[bytes, str]] = {
        "bom": (b"\xef\xbb\xbf" + whole.encode(), "byte order mark"),
        "cp1252": (whole.replace("Things", "Th\x96ngs").encode("latin-1"), "UTF-8"),
        "comma": (whole[:-1].encode() + b",}", "is not JSON"),
        "control": (whole.replace("Things", "Th\x01ngs").encode(), "control character"),
        "twice": (
            whole.replace('"host"', '"host": "first.example", "host"').encode(),
            "'host' is already used on line",
        ),
    }
    for data, message in broken.values():
        path.write_bytes(data)
        connector = openconnectors.load_file(place, connection=VALUES)
        assert [message in str(diagnostic) for diagnostic in diagnostics(connected(connector))] == [True], diagnostics(
            connected(connector)
        )
        assert connector.change.request(**CALL).url.startswith("https://things.example/v1/")


def test_properties_that_cannot_be_read_forbid_every_call(tmp_path: Path) -> None:
    """Unreadable properties refuse every call; the operations can still be described."""
    place = folder(tmp_path, [])
    (place / "apiProperties.json").write_text('{"properties": {')
    connector = openconnectors.load_file(place, connection={})
    assert connector.change.request(**CALL).method == "POST"
    with pytest.raises(openconnectors.InvalidDocument, match=r"apiProperties.json:\d+:\d+"):
        connector.change(**CALL)


def test_what_a_script_rewrites_is_refused(tmp_path: Path) -> None:
    """An operation of a folder with script.csx raises Unsupported."""
    place = folder(tmp_path, [])
    (place / "script.csx").write_text("// C#")
    with pytest.raises(openconnectors.Unsupported, match="script"):
        openconnectors.load_file(place, connection=VALUES).change(**CALL)


# On the wire: what needs a service on the other side


class Peer:
    """A service that remembers what came, and answers from a table of paths."""

    def __init__(self, answers: dict[str, tuple[int, dict[str, str], str]]) -> None:
        self.answers = answers
        self.came: list[tuple[str, str, dict[str, str]]] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        self.came.append((request.method, environ["RAW_URI"], dict(request.headers)))
        status, headers, body = self.answers[request.path]
        return Response(body, status, headers={"Content-Type": "application/json", **headers})(environ, start)


def against(peer: Peer, tmp_path: Path, policies: list[dict[str, Any]], work: Any) -> Any:
    with serving(make_server("127.0.0.1", 0, peer, threaded=True)) as url:
        return work(openconnectors.load_file(folder(tmp_path, policies), connection=VALUES, base_url=url))


def test_a_value_is_asked_for_first(tmp_path: Path) -> None:
    """The value of a prerequisite request is put where the policy says, seen by later policies, and shown nowhere."""
    policies = [
        {
            "template": "setvaluefromurl",
            "parameterTemplate": "@headers('X-Token')",
            "httpMethod": "POST",
            "parameterValueUrl": "/token/{id}?for=it",
            "parameterValuePathTemplate": "@body().access.token",
        },
        {"template": "setheader", "name": "Authorization", "value": "Bearer @headers('X-Token')"},
    ]
    peer = Peer(
        {
            "/v1/token/a b": (200, {}, '{"access": {"token": "short-lived"}}'),
            "/v1/things/a b": (400, {}, '{"error": "short-lived is no good"}'),
        }
    )
    with pytest.raises(openconnectors.BadRequest) as refused:
        against(peer, tmp_path, policies, lambda connector: connector.change(**CALL))
    assert [(method, url) for method, url, _ in peer.came] == [
        ("POST", "/v1/token/a%20b?for=it"),
        ("POST", "/v1/things/a%20b?q=x"),
    ]
    assert peer.came[1][2]["Authorization"] == "Bearer short-lived"
    assert "short-lived" not in f"{refused.value} {refused.value.value}"


@pytest.mark.parametrize("answer", [(404, {}, "{}"), (200, {}, "{}"), (200, {}, "[")])
def test_without_the_value_nothing_more_is_sent(tmp_path: Path, answer: tuple[int, dict[str, str], str]) -> None:
    """If the prerequisite request of setvaluefromurl gives no value, the operation is not sent."""
    policy = {
        "template": "setvaluefromurl",
        "parameterTemplate": "@queryParameters('key')",
        "httpMethod": "GET",
        "parameterValueUrl": "/key",
        "parameterValuePathTemplate": "@body().key",
    }
    peer = Peer({"/v1/key": answer})
    with pytest.raises((openconnectors.InvalidResponse, openconnectors.NotFound)):
        against(peer, tmp_path, [policy], lambda connector: connector.change(**CALL))
    assert [url for _, url, _ in peer.came] == ["/v1/key"]


def test_an_answer_is_rewritten(tmp_path: Path) -> None:
    """A header field set, a status that means that the credentials are wrong."""
    policies = [
        {
            "template": "setheader",
            "name": "Location",
            "value": "/v1/of/@connectionParameters('site')",
            "section": "Response",
        },
        {"template": "setconnectionstatustounauthenticated", "statusCode": 403},
    ]
    peer = Peer({"/v1/things/a b": (200, {"Location": "/other"}, "{}")})
    response = against(peer, tmp_path, policies, lambda connector: connector.change.response(**CALL))
    assert response.headers["Location"] == "/v1/of/north.example"
    (tmp_path / "again").mkdir()
    peer = Peer({"/v1/things/a b": (403, {}, "{}")})
    with pytest.raises(openconnectors.Unauthorized):
        against(peer, tmp_path / "again", policies, lambda connector: connector.change(**CALL))


def test_a_policy_names_the_next_link(tmp_path: Path) -> None:
    """updatenextlink names the member with the next link, dots included."""
    peer = Peer(
        {
            "/v1/things/a b": (200, {}, '{"value": [1, 2], "@odata.nextLink": "/v1/more"}'),
            "/v1/more": (200, {}, '{"value": [3]}'),
        }
    )
    policy = {"template": "updatenextlink", "nextLinkPropertyName": "@odata.nextLink"}
    assert against(peer, tmp_path, [policy], lambda connector: list(connector.change.items(**CALL))) == [1, 2, 3]
