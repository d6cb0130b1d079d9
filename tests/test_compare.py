"""What changed between two versions of a document: each kind of change by its rule, and the version it asks for."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from openconnectors import registry
from openconnectors.engine.diff import CHANGES, Comparison, compare
from openconnectors.engine.documents import document, loader
from openconnectors.engine.lint import SEVERITIES
from tests.conftest import command
from tests.test_cli import run

ROOT = Path(__file__).resolve().parent.parent
OPERATION: dict[str, Any] = {
    "operationId": "readThings",
    "x-ms-pageable": {"nextLinkName": "next"},
    "parameters": [
        {"name": "kind", "in": "query", "type": "string", "enum": ["a", "b"], "default": "a"},
        {"name": "size", "in": "query", "type": "integer", "maximum": 100},
        {"name": "day", "in": "query", "required": True, "type": "string", "pattern": "^[a-z]+$"},
    ],
    "produces": ["application/json", "application/xml"],
    "security": [{"login": ["read"]}],
    "responses": {
        "200": {
            "description": "a page",
            "schema": {"$ref": "#/definitions/Page"},
            "headers": {"X-Left": {"type": "integer"}},
        },
        "404": {"description": "nothing"},
    },
}
OLD: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Things", "version": "1.2.0"},
    "host": "things.example",
    "consumes": ["application/json"],
    "paths": {
        "/things": {
            "get": OPERATION,
            "post": {
                "operationId": "addThing",
                "parameters": [{"name": "thing", "in": "body", "schema": {"$ref": "#/definitions/Thing"}}],
                "responses": {"204": {"description": "added"}},
            },
        }
    },
    "securityDefinitions": {
        "login": {
            "type": "oauth2",
            "flow": "implicit",
            "authorizationUrl": "https://id.example/a",
            "scopes": {"read": "", "write": ""},
        },
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    },
    "definitions": {
        "Page": {
            "type": "object",
            "required": ["things"],
            "properties": {
                "next": {"type": "string"},
                "things": {"type": "array", "items": {"$ref": "#/definitions/Told"}},
            },
        },
        "Told": {
            "type": "object",
            "required": ["id", "state"],
            "properties": {
                "id": {"type": "integer"},
                "state": {"type": "string", "enum": ["open", "closed"]},
                "at": {"type": "string", "format": "date-time"},
                "note": {"type": "string", "maxLength": 20},
            },
        },
        "Thing": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "maxLength": 20},
                "count": {"type": "number"},
                "state": {"type": "string", "enum": ["open", "closed"]},
                "at": {"type": "string", "format": "date-time", "x-nullable": True},
            },
        },
    },
    "x-connector-properties": {
        "connectionParameters": {"api_key": {"type": "securestring"}},
        "policyTemplateInstances": [
            {
                "templateId": "setheader",
                "title": "Trace",
                "parameters": {"x-ms-apimTemplateParameter.name": "X-T", "x-ms-apimTemplateParameter.value": "1"},
            }
        ],
    },
}


def _get(root: Any) -> Any:
    return root["paths"]["/things"]["get"]


def _add(root: Any) -> Any:
    return root["paths"]["/things"]["post"]


def _reported(root: Any) -> Any:
    return root["definitions"]["Told"]


def _thing(root: Any) -> Any:
    return root["definitions"]["Thing"]


def _set(where: Callable[[Any], Any], name: str, value: Any) -> Callable[[Any], None]:
    def change(root: Any) -> None:
        where(root)[name] = value

    return change


def _drop(where: Callable[[Any], Any], name: Any) -> Callable[[Any], None]:
    def change(root: Any) -> None:
        del where(root)[name]

    return change


def _parameter(index: int) -> Callable[[Any], Any]:
    return lambda root: _get(root)["parameters"][index]


def _moved(root: Any) -> None:
    root["paths"]["/v2/things"] = {"get": root["paths"]["/things"].pop("get")}


def _with_body(root: Any) -> None:
    _get(root)["parameters"].append({"name": "body", "in": "body", "schema": {"type": "object"}})


KINDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "an operation is gone": (_drop(lambda root: root["paths"]["/things"], "get"), "operation-removed"),
    "an operation is new": (
        _set(lambda root: root["paths"], "/more", {"get": {"operationId": "more", "responses": {}}}),
        "operation-added",
    ),
    "an operation is renamed": (_set(_get, "operationId", "listThings"), "operation-renamed"),
    "an operation moves": (_moved, "operation-moved"),
    "an operation is deprecated": (_set(_get, "deprecated", True), "operation-deprecated"),
    "a parameter is gone": (_drop(lambda root: _get(root)["parameters"], 1), "parameter-removed"),
    "a parameter is renamed": (_set(_parameter(1), "name", "limit"), "parameter-renamed"),
    "a parameter is new": (
        lambda root: _get(root)["parameters"].append({"name": "sort", "in": "query", "type": "string"}),
        "parameter-added",
    ),
    "a new parameter is required": (
        lambda root: _get(root)["parameters"].append(
            {"name": "sort", "in": "query", "type": "string", "required": True}
        ),
        "parameter-required",
    ),
    "a parameter becomes required": (_set(_parameter(1), "required", True), "parameter-required"),
    "a parameter becomes optional": (_set(_parameter(2), "required", False), "parameter-optional"),
    "a parameter moves": (_set(_parameter(1), "in", "header"), "parameter-moved"),
    "a default changes": (_set(_parameter(0), "default", "b"), "default-changed"),
    "a value may be given no more": (_set(_parameter(0), "enum", ["a"]), "enum-narrowed"),
    "a value may be given too": (_set(_parameter(0), "enum", ["a", "b", "c"]), "enum-relaxed"),
    "any value may be given": (_drop(_parameter(0), "enum"), "enum-relaxed"),
    "a parameter changes its type": (_set(_parameter(1), "type", "string"), "type-changed"),
    "a limit is lower": (_set(_parameter(1), "maximum", 50), "limit-narrowed"),
    "a limit is higher": (_set(_parameter(1), "maximum", 500), "limit-relaxed"),
    "a pattern changes": (_set(_parameter(2), "pattern", "^[a-z]{3}$"), "pattern-changed"),
    "a format is new in a request": (_set(_parameter(2), "format", "date"), "format-changed"),
    "a body is new": (_with_body, "body-added"),
    "a body is gone": (_drop(lambda root: root["paths"]["/things"]["post"]["parameters"], 0), "body-removed"),
    "a property of the body is gone": (_drop(lambda root: _thing(root)["properties"], "count"), "property-removed"),
    "a property of the body is new": (_set(lambda root: _thing(root)["properties"], "x", {}), "property-added"),
    "a property of the body becomes required": (_set(_thing, "required", ["name", "count"]), "property-required"),
    "a property of the body becomes optional": (_set(_thing, "required", []), "property-relaxed"),
    "a number of the body becomes whole": (
        _set(lambda root: _thing(root)["properties"]["count"], "type", "integer"),
        "type-narrowed",
    ),
    "a text of the body is shorter": (
        _set(lambda root: _thing(root)["properties"]["name"], "maxLength", 10),
        "limit-narrowed",
    ),
    "null is refused": (_drop(lambda root: _thing(root)["properties"]["at"], "x-nullable"), "null-refused"),
    "a body may be in another type": (
        _set(lambda root: root, "consumes", ["application/json", "application/xml"]),
        "media-added",
    ),
    "a property of the answer is gone": (_drop(lambda root: _reported(root)["properties"], "at"), "property-removed"),
    "a property of the answer may be absent": (_set(_reported, "required", ["id"]), "property-absent"),
    "a property of the answer is always there": (
        _set(_reported, "required", ["id", "state", "at"]),
        "property-relaxed",
    ),
    "a whole number of the answer becomes any": (
        _set(lambda root: _reported(root)["properties"]["id"], "type", "number"),
        "type-widened",
    ),
    "a new value comes": (
        _set(lambda root: _reported(root)["properties"]["state"], "enum", ["open", "closed", "lost"]),
        "enum-widened",
    ),
    "a value comes no more": (
        _set(lambda root: _reported(root)["properties"]["state"], "enum", ["open"]),
        "enum-relaxed",
    ),
    "a format of the answer changes": (
        _drop(lambda root: _reported(root)["properties"]["at"], "format"),
        "format-changed",
    ),
    "a text of the answer is longer": (
        _set(lambda root: _reported(root)["properties"]["note"], "maxLength", 200),
        "limit-widened",
    ),
    "null comes": (_set(lambda root: _reported(root)["properties"]["note"], "x-nullable", True), "null-comes"),
    "a media type is gone": (_set(_get, "produces", ["application/json"]), "media-removed"),
    "a media type is new": (
        _set(_get, "produces", ["application/json", "application/xml", "text/csv"]),
        "media-added",
    ),
    "a status is gone": (_drop(lambda root: _get(root)["responses"], "404"), "status-removed"),
    "a status is new": (_set(lambda root: _get(root)["responses"], "429", {"description": "slow"}), "status-added"),
    "an answer has no value": (_drop(lambda root: _get(root)["responses"]["200"], "schema"), "answer-emptied"),
    "an answer has a value": (
        _set(lambda root: _get(root)["responses"]["404"], "schema", {"type": "object"}),
        "answer-filled",
    ),
    "another credential is needed": (_set(_get, "security", [{"key": []}]), "security-added"),
    "no credential is needed": (_set(_get, "security", []), "security-removed"),
    "a further scope is needed": (_set(_get, "security", [{"login": ["read", "write"]}]), "scope-added"),
    "there are no pages": (_drop(_get, "x-ms-pageable"), "paging-removed"),
    "an operation becomes a trigger": (_set(_get, "x-ms-trigger", "batch"), "trigger-changed"),
    "calls go elsewhere": (_set(lambda root: root, "host", "other.example"), "server-removed"),
    "a connection parameter is gone": (
        _set(lambda root: root["x-connector-properties"], "connectionParameters", {}),
        "connection-removed",
    ),
    "a connection parameter is new": (
        _set(lambda root: root["x-connector-properties"]["connectionParameters"], "site", {"type": "string"}),
        "connection-required",
    ),
    "a connection parameter has another type": (
        _set(lambda root: root["x-connector-properties"]["connectionParameters"]["api_key"], "type", "string"),
        "connection-type",
    ),
    "a header field is gone": (
        _drop(lambda root: _get(root)["responses"]["200"]["headers"], "X-Left"),
        "header-removed",
    ),
    "a header field is new": (
        _set(lambda root: _get(root)["responses"]["200"]["headers"], "X-More", {"type": "string"}),
        "header-added",
    ),
    "an object of the body takes what it describes": (_set(_thing, "additionalProperties", False), "object-closed"),
    "an object of the answer has what it describes": (_set(_reported, "additionalProperties", False), "object-relaxed"),
    "a new parameter is required and has a default": (
        lambda root: _get(root)["parameters"].append(
            {"name": "sort", "in": "query", "type": "string", "required": True, "default": "a"}
        ),
        "parameter-defaulted",
    ),
    "a parameter without a value is taken": (_set(_parameter(1), "allowEmptyValue", True), "empty-relaxed"),
    "a required property of the body has a default": (
        lambda root: (
            _thing(root)["properties"].update({"size": {"type": "integer", "default": 1}}),
            _thing(root)["required"].append("size"),
        ),
        "property-defaulted",
    ),
    "tokens come from elsewhere": (
        _set(lambda root: root["securityDefinitions"]["login"], "authorizationUrl", "https://id.example/b"),
        "token-moved",
    ),
    "another credential will do": (_set(_get, "security", [{"login": ["read"]}, {"key": []}]), "alternative-added"),
    "a scope is needed no more": (_set(_get, "security", [{"login": []}]), "scope-removed"),
    "there are pages": (_set(_add, "x-ms-pageable", {"nextLinkName": "next"}), "paging-added"),
    "a connection parameter with a default is new": (
        _set(
            lambda root: root["x-connector-properties"]["connectionParameters"],
            "site",
            {"type": "string", "defaultValue": "eu"},
        ),
        "connection-added",
    ),
    "a number of the body may be a text": (
        _drop(lambda root: _thing(root)["properties"]["count"], "type"),
        "type-relaxed",
    ),
    "null is taken": (_set(lambda root: _thing(root)["properties"]["name"], "x-nullable", True), "null-relaxed"),
    "a policy changes": (
        _set(lambda root: root["x-connector-properties"], "policyTemplateInstances", []),
        "policy-changed",
    ),
}


def _announced() -> Any:
    """``OLD`` with operations and a parameter that are deprecated, until dates that have passed and that have not."""
    root = copy.deepcopy(OLD)
    _get(root).update({"deprecated": True, "x-sunset": "2020-01-01"})
    _get(root)["parameters"][1].update({"x-deprecated": True, "x-sunset": "2020-01-01"})
    _add(root).update({"deprecated": True, "x-sunset": "2999-01-01"})
    _add(root)["x-ms-api-annotation"] = {"family": "Things", "revision": 2}
    _reported(root)["properties"]["note"]["x-sunset"] = "2020-01-01"
    _get(root)["parameters"][2]["allowEmptyValue"] = True
    root["x-connector-properties"]["connectionParameters"]["token"] = {
        "type": "oauthSetting",
        "oAuthSettings": {"identityProvider": "oauth2", "clientId": "a"},
    }
    return root


OLD_ANNOUNCED: dict[str, Any] = _announced()
KINDS_ANNOUNCED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "an operation is gone after its sunset": (_drop(lambda root: root["paths"]["/things"], "get"), "operation-retired"),
    "an operation is gone before its sunset": (_drop(lambda root: root["paths"]["/things"], "post"), "sunset-early"),
    "a parameter is gone after its sunset": (_drop(lambda root: _get(root)["parameters"], 1), "parameter-retired"),
    "a property is gone after its sunset": (
        _drop(lambda root: _reported(root)["properties"], "note"),
        "property-retired",
    ),
    "a parameter without a value is refused": (
        _drop(lambda root: _get(root)["parameters"][2], "allowEmptyValue"),
        "empty-refused",
    ),
    "a sunset is earlier": (_set(_add, "x-sunset", "2998-12-31T00:00:00Z"), "sunset-moved"),
    "a sunset is no date": (_set(_add, "x-sunset", "soon"), "sunset-invalid"),
    "a revision is lower": (
        _set(_add, "x-ms-api-annotation", {"family": "Things", "revision": 1}),
        "revision-lowered",
    ),
    "a parameter is hidden": (
        _set(lambda root: _get(root)["parameters"][0], "x-ms-visibility", "internal"),
        "parameter-hidden",
    ),
    "a token is another provider's": (
        _set(
            lambda root: root["x-connector-properties"]["connectionParameters"]["token"]["oAuthSettings"],
            "identityProvider",
            "aad",
        ),
        "connection-provider",
    ),
}
OLD3: dict[str, Any] = {
    "openapi": "3.2.0",
    "info": {"title": "Things", "version": "1.2.0"},
    "servers": [{"url": "https://things.example"}],
    "security": [{"key": []}, {"login": []}, {"tokens": []}],
    "paths": {
        "/things": {
            "post": {
                "operationId": "addThing",
                "parameters": [
                    {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
                ],
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {"type": "object", "properties": {"photo": {"type": "string"}}},
                            "encoding": {"photo": {"contentType": "image/png"}},
                        },
                        "application/xml": {"schema": {"type": "object", "properties": {"name": {"type": "string"}}}},
                        "application/json": {
                            "schema": {
                                "oneOf": [
                                    {"type": "string", "maxLength": 9},
                                    {"type": "integer", "maximum": 9},
                                    {"type": "array", "maxItems": 9, "items": {}},
                                ]
                            }
                        },
                    }
                },
                "responses": {
                    "201": {
                        "description": "added",
                        "headers": {"X-Left": {"required": True, "schema": {"type": "integer"}}},
                        "content": {
                            "application/json": {
                                "schema": {"oneOf": [{"type": "string", "maxLength": 9}, {"type": "boolean"}]}
                            }
                        },
                        "links": {"again": {"operationId": "addThing", "parameters": {"tags": "$response.body"}}},
                    }
                },
            }
        }
    },
    "webhooks": {
        "added": {
            "post": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"type": "object", "additionalProperties": False}}}
                },
                "responses": {"200": {"description": "taken"}},
            }
        }
    },
    "components": {
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "login": {"type": "http", "scheme": "bearer"},
            "tokens": {
                "type": "oauth2",
                "flows": {
                    name: {"tokenUrl": "https://id.example/t", "scopes": {}}
                    for name in ("clientCredentials", "password")
                },
            },
        }
    },
}


def _post(root: Any) -> Any:
    return root["paths"]["/things"]["post"]


def _content(root: Any) -> Any:
    return _post(root)["requestBody"]["content"]


def _added(root: Any) -> Any:
    return _post(root)["responses"]["201"]


KINDS3: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a list is written otherwise": (
        _set(lambda root: _post(root)["parameters"][0], "style", "pipeDelimited"),
        "parameter-style",
    ),
    "a part is written otherwise": (
        _set(lambda root: _content(root)["multipart/form-data"]["encoding"]["photo"], "contentType", "image/jpeg"),
        "encoding-changed",
    ),
    "a part may be written in one more way": (
        _set(
            lambda root: _content(root)["multipart/form-data"]["encoding"]["photo"],
            "contentType",
            "image/png, image/jpeg",
        ),
        "encoding-relaxed",
    ),
    "a parameter may have reserved characters": (
        _set(lambda root: _post(root)["parameters"][0], "allowReserved", True),
        "parameter-reserved",
    ),
    "an element has another name": (
        _set(lambda root: _content(root)["application/xml"]["schema"]["properties"]["name"], "xml", {"name": "title"}),
        "xml-changed",
    ),
    "a success has another status": (
        lambda root: _post(root)["responses"].update({"200": _post(root)["responses"].pop("201")}),
        "status-replaced",
    ),
    "the key is sent in another field": (
        _set(lambda root: root["components"]["securitySchemes"]["key"], "in", "query"),
        "credential-moved",
    ),
    "tokens cannot be had in a way": (
        _drop(lambda root: root["components"]["securitySchemes"]["tokens"]["flows"], "password"),
        "flow-removed",
    ),
    "tokens can be had in a way more": (
        _set(
            lambda root: root["components"]["securitySchemes"]["tokens"]["flows"],
            "authorizationCode",
            {"authorizationUrl": "https://id.example/a", "tokenUrl": "https://id.example/t", "scopes": {}},
        ),
        "flow-added",
    ),
    "another server is the first": (
        lambda root: root["servers"].insert(0, {"url": "https://eu.things.example"}),
        "server-changed",
    ),
    "a kind of value is refused": (
        _drop(lambda root: _content(root)["application/json"]["schema"]["oneOf"], 0),
        "values-narrowed",
    ),
    "a kind of value is taken": (
        lambda root: _content(root)["application/json"]["schema"]["oneOf"].append({"type": "boolean"}),
        "values-relaxed",
    ),
    "a kind of value comes": (
        lambda root: _added(root)["content"]["application/json"]["schema"]["oneOf"].append({"type": "integer"}),
        "values-widened",
    ),
    "a header field may be absent": (
        _set(lambda root: _added(root)["headers"]["X-Left"], "required", False),
        "header-absent",
    ),
    "a header field is written in another way": (
        _set(
            lambda root: _added(root)["headers"],
            "X-Left",
            {"required": True, "content": {"application/json": {"schema": {"type": "integer"}}}},
        ),
        "header-style",
    ),
    "a webhook no longer takes a response": (
        lambda root: root["webhooks"]["added"]["post"].update(responses={"204": {"description": "taken"}}),
        "webhook-changed",
    ),
    "a link is gone": (_drop(_added, "links"), "link-removed"),
    "a link is new": (
        _set(lambda root: _added(root)["links"], "more", {"operationId": "addThing"}),
        "link-added",
    ),
    "a link has other arguments": (_set(lambda root: _added(root)["links"]["again"], "parameters", {}), "link-changed"),
    "a webhook is gone": (_drop(lambda root: root, "webhooks"), "webhook-removed"),
    "a webhook is new": (
        _set(lambda root: root["webhooks"], "gone", {"post": {"responses": {"200": {"description": "taken"}}}}),
        "webhook-added",
    ),
    "a webhook sends further members": (
        _drop(
            lambda root: root["webhooks"]["added"]["post"]["requestBody"]["content"]["application/json"]["schema"],
            "additionalProperties",
        ),
        "object-opened",
    ),
    "a callback is new": (
        _set(
            _post,
            "callbacks",
            {"done": {"{$request.query.url}": {"post": {"responses": {"200": {"description": ""}}}}}},
        ),
        "webhook-added",
    ),
    "a credential will do no more": (_set(lambda root: root, "security", [{"key": []}]), "alternative-removed"),
    "a server is new": (lambda root: root["servers"].append({"url": "https://eu.things.example"}), "server-added"),
    "an operation cannot be read": (_set(_post, "parameters", [{"in": "query"}]), "operation-unreadable"),
}


def _compared(new: Any, old: Any = OLD) -> Comparison:
    return compare(
        *(document.parse(json.dumps(root, indent=1), f"{name}.json") for name, root in (("old", old), ("new", new)))
    )


@pytest.mark.parametrize(
    ("old", "change", "rule"),
    [
        pytest.param(old, *kinds[name], id=name)
        for old, kinds in ((OLD, KINDS), (OLD3, KINDS3), (OLD_ANNOUNCED, KINDS_ANNOUNCED))
        for name in kinds
    ],
)
def test_a_change_is_reported_by_its_rule(old: Any, change: Callable[[Any], Any], rule: str) -> None:
    """Each kind of change is one finding of its rule, with the severity and version bump of that rule."""
    new = copy.deepcopy(old)
    change(new)
    comparison = _compared(new, old)
    findings = [finding for finding in comparison.findings if finding.rule != "version-behind"]
    assert [finding.rule for finding in findings] == [rule], [str(item) for item in findings]
    level = CHANGES[rule][0]
    assert comparison.bump == ("minor" if level == "risk" else level)
    assert comparison.behind
    assert findings[0].severity == {"major": "error", "risk": "warning"}.get(level, "info")


def test_every_rule_has_a_case() -> None:
    """Each row of the table of changes is reported in a case here."""
    cases = (*KINDS.values(), *KINDS3.values(), *KINDS_ANNOUNCED.values())
    assert set(CHANGES) == {rule for _, rule in cases} | {"version-behind", "sunset-soon"}


@pytest.mark.parametrize(("days", "rules"), [(10, ["sunset-soon"]), (60, [])])
def test_a_deprecation_leaves_callers_the_notice(days: int, rules: list[str]) -> None:
    """A sunset that is nearer than the notice is reported; by default there is no notice, Microsoft's are 30 days."""
    today = date(2026, 1, 1)
    new = copy.deepcopy(OLD)
    _add(new).update({"deprecated": True, "x-sunset": (today + timedelta(days)).isoformat()})

    def rules_of(**settings: Any) -> list[str]:
        sides = (document.parse(json.dumps(root), "api.json") for root in (OLD, new))
        findings = compare(*sides, today=today, **settings).findings
        return [item.rule for item in findings if item.rule not in ("version-behind", "operation-deprecated")]

    assert rules_of(notice=30) == rules_of(profile="microsoft") == rules
    assert rules_of() == []


GRADES = {
    "an optional parameter": (
        lambda root: _get(root)["parameters"].append({"name": "q", "in": "query", "type": "string"}),
        ("info", "warning"),
    ),
    "another path": (lambda root: root["paths"].update({"/items": root["paths"].pop("/things")}), ("error", "error")),
    "another place of a parameter": (
        _set(lambda root: _get(root)["parameters"][1], "in", "header"),
        ("error", "error"),
    ),
    "a required parameter": (_set(lambda root: _get(root)["parameters"][1], "required", True), ("error", "error")),
    "a member more": (
        lambda root: _reported(root)["properties"].update({"tag": {"type": "string"}}),
        ("info", "info"),
    ),
    "another title": (_set(_get, "summary", "Reads"), ("none", "none")),
}


@pytest.mark.parametrize("name", GRADES)
def test_microsoft_grades_changes_in_its_own_way(name: str) -> None:
    """What Microsoft refuses in an update of a connector is an error in its profile, whatever the version number is."""
    change, grades = GRADES[name]
    new = copy.deepcopy(OLD)
    change(new)
    new["info"]["version"] = "2.0.0"
    for profile, grade in zip(("default", "microsoft"), grades, strict=True):
        sides = (document.parse(json.dumps(root), "api.json") for root in (OLD, new))
        findings = compare(*sides, profile=profile).findings
        worst = min((SEVERITIES.index(finding.severity) for finding in findings), default=3)
        assert (*SEVERITIES, "none")[worst] == grade, [str(finding) for finding in findings]


@pytest.mark.parametrize("name", ["an operation moves", "a parameter moves", "calls go elsewhere"])
def test_callers_by_name_do_not_see_how_requests_are_written(name: str) -> None:
    """In the profile of callers by name another path, place of a parameter or server breaks nobody."""
    new = copy.deepcopy(OLD)
    KINDS[name][0](new)
    sides = (document.parse(json.dumps(root), "api.json") for root in (OLD, new))
    assert "error" not in {finding.severity for finding in compare(*sides, profile="names").findings}


def test_the_command_refuses_what_microsoft_refuses(tmp_path: Path) -> None:
    """With the profile a higher version number excuses no change that breaks; without it, it does."""
    new = copy.deepcopy(OLD)
    del new["paths"]["/things"]["post"]
    new["info"]["version"] = "2.0.0"
    for name, root in (("old", OLD), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps(root))
    files = [str(tmp_path / "old.json"), str(tmp_path / "new.json")]

    assert run("diff", *files)[0] == 0
    code, out, err = run("diff", *files, "--profile", "microsoft")
    assert (code, "operation 'addThing' was removed [operation-removed]" in out, "version" in err) == (1, True, False)
    assert "add a revision of it" in out
    code, _, err = run("diff", *files, "--profile", "macrosoft")
    assert (code, "did you mean 'microsoft'?" in err) == (2, True)


def test_a_default_response_beside_a_success_is_of_errors() -> None:
    """A default response that is new beside a success is not compared with the value of that success."""
    new = copy.deepcopy(OLD)
    _get(new)["responses"]["default"] = {"description": "an error", "schema": {"type": "string"}}
    findings = [finding.rule for finding in _compared(new).findings if finding.rule != "version-behind"]
    assert findings == ["status-added"]


def test_an_unchanged_document_has_no_findings() -> None:
    """A document compared with itself has no findings."""
    for entry in registry.entries().values():
        if entry.source == "built in":
            beside = None if entry.properties is None else loader.read(entry.properties)
            main = loader.read(entry.document)
            comparison = compare(main, main, beside, beside)
            assert (comparison.findings, comparison.bump) == ([], "none"), entry.name


def test_places_are_those_of_both_documents() -> None:
    """A finding has the line in the new document and, as related, the line in the old one."""
    new = copy.deepcopy(OLD)
    new["info"]["description"] = "one line more"
    new["paths"]["/things"]["get"]["parameters"][1]["maximum"] = 10
    (finding,) = [finding for finding in _compared(new).findings if finding.rule == "limit-narrowed"]
    lines = [json.dumps(item, indent=1).split("\n") for item in (OLD, new)]
    assert '"maximum": 10' in lines[1][finding.line - 1]
    assert finding.related is not None
    assert '"maximum": 100' in lines[0][finding.related[1] - 1]


def test_the_same_service_in_another_version_of_the_specification() -> None:
    """A document of 3.0 that says the same of callers has not changed for them."""
    old = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1.0.0"},
        "host": "things.example",
        "schemes": ["https"],
        "paths": {
            "/a/{id}": {
                "get": {
                    "operationId": "read",
                    "produces": ["application/json"],
                    "parameters": [{"name": "id", "in": "path", "required": True, "type": "string"}],
                    "responses": {"200": {"description": "it", "schema": {"$ref": "#/definitions/A"}}},
                }
            }
        },
        "definitions": {"A": {"type": "object", "properties": {"b": {"type": "string"}}}},
    }
    new = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1.0.1"},
        "servers": [{"url": "https://things.example"}],
        "paths": {
            "/a/{id}": {
                "get": {
                    "operationId": "read",
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "responses": {
                        "200": {
                            "description": "it",
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}},
                        }
                    },
                }
            }
        },
        "components": {"schemas": {"A": {"type": "object", "properties": {"b": {"type": "string"}}}}},
    }
    comparison = _compared(new, old)
    assert (comparison.findings, comparison.bump) == ([], "none")


@pytest.mark.parametrize(
    ("version", "code"), [("1.2.0", 1), ("1.3.0", 1), ("2.0.0", 0)], ids=["the same", "too little", "what it asks for"]
)
def test_the_command_exits_by_the_version(version: str, code: int, tmp_path: Path) -> None:
    """diff exits with 0 only if the new version is at least the one that the changes require."""
    new = copy.deepcopy(OLD)
    _get(new)["operationId"] = "listThings"
    new["info"]["version"] = version
    for name, root in (("old", OLD), ("new", new)):
        (tmp_path / f"{name}.swagger.json").write_text(json.dumps(root, indent=1))
    got, out, err = run("diff", str(tmp_path / "old.swagger.json"), str(tmp_path / "new.swagger.json"))
    assert got == code
    assert "[operation-renamed]" in out
    assert "it was at" in out
    assert f"asks for a major version; the documents say 1.2.0 → {version}" in err


def test_one_document_is_compared_with_one(tmp_path: Path) -> None:
    """diff refuses a folder with several documents, or with none."""
    code, _, err = run("diff", "spec", "spec")
    assert (code, "name one of them" in err) == (2, True)
    code, _, err = run("diff", str(tmp_path), "spec/petstore.swagger.yaml")
    assert (code, "there is no document" in err) == (2, True)


def _repository(folder: Path, root: Any) -> Path:
    """A repository of git with a document and a file beside it, as committed."""
    spec = folder / "spec"
    spec.mkdir(parents=True)
    things = copy.deepcopy(root)
    (spec / "things.json").write_text(json.dumps(things["definitions"].pop("Thing")))
    things["paths"]["/things"]["post"]["parameters"][0]["schema"] = {"$ref": "things.json"}
    (spec / "api.swagger.json").write_text(json.dumps(things, indent=1))
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return spec


def test_a_revision_of_git_is_compared_with_what_stands(tmp_path: Path) -> None:
    """The old document is read with the files beside it as they were; its places have the revision's names."""
    spec = _repository(tmp_path, OLD)
    changed = json.loads((spec / "things.json").read_text()) | {"required": ["name", "count"]}
    (spec / "things.json").write_text(json.dumps(changed))
    for folder, path in ((tmp_path, "spec/api.swagger.json"), (spec, "api.swagger.json")):
        code, out, err = command("diff", f"main:{path}", path, cwd=folder)
        assert (code, "property 'count' of the body of addThing is now required" in out) == (1, True), out + err
        assert f"it was at main:{path.replace('api.swagger', 'things')}:1:" in out
    assert command("diff", "main:spec", "spec", cwd=tmp_path)[0] == 1
    assert command("diff", "main:/spec/api.swagger.json", "main:spec", cwd=tmp_path)[0] == 0


@pytest.mark.parametrize(
    ("old", "message"),
    [
        ("none.yaml", "'none.yaml' does not exist; REVISION:PATH is a file of git's"),
        ("none:spec/api.swagger.json", "none"),
        ("main:none.yaml", "none.yaml"),
    ],
)
def test_what_is_not_there_is_a_usage_error(old: str, message: str, tmp_path: Path) -> None:
    """A file, a revision or a path that there is not: exit code 2, and what is missing."""
    _repository(tmp_path, OLD)
    code, _, err = command("diff", old, "spec/api.swagger.json", cwd=tmp_path)
    assert (code, message in " ".join(err.split())) == (2, True), err


def test_changes_are_a_changelog(tmp_path: Path) -> None:
    """--format markdown lists what breaks, what is to be looked at and the rest, and no text is markup."""
    new = copy.deepcopy(OLD)
    _get(new)["parameters"][1]["name"] = "*limit*"
    _get(new)["parameters"][0]["default"] = "b"
    for name, root in (("old", OLD), ("new", new)):
        (tmp_path / f"{name}.swagger.json").write_text(json.dumps(root, indent=1))
    files = [str(tmp_path / f"{name}.swagger.json") for name in ("old", "new")]
    _, out, _ = run("diff", *files, "--format", "markdown", "--level", "info")
    assert out.startswith(
        "## Breaking changes\n\n- parameter 'size' of readThings was renamed to '\\*limit\\*' (`parameter-"
    )
    assert "\n- the default of parameter 'kind' of readThings is now" in out.partition("\n## Risks\n\n")[2]
