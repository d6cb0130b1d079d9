"""Which value goes where: connection values behind security schemes and policies."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.documents.loader import load
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.model import Service

KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
ID = {"type": "apiKey", "in": "header", "name": "X-Id"}
SECRET = {"type": "securestring"}


def written(
    folder: Path, schemes: dict[str, Any], security: Any, parameters: Any = None, policies: Any = ()
) -> tuple[Path, Path]:
    document = {
        "swagger": "2.0",
        "info": {"title": "C", "version": "1"},
        "host": "h.example",
        "schemes": ["https"],
        "securityDefinitions": schemes,
        "security": security,
        "paths": {"/a": {"get": {"operationId": "GetA", "responses": {"200": {"description": "ok"}}}}},
    }
    properties = {"properties": {"connectionParameters": parameters or {}, "policyTemplateInstances": list(policies)}}
    paths = folder / "apiDefinition.swagger.json", folder / "apiProperties.json"
    for path, content in zip(paths, (document, properties), strict=True):
        path.write_text(json.dumps(content))
    return paths


def sent(service: Service, values: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The URL and the header fields of a call, as they go out."""

    class Nowhere:
        url, headers = "https://h.example/a", dict[str, str]()

    credentials: Credentials = Connection(service, values).credentials(service.operations["GetA"])
    return credentials.reveal(Nowhere())


BOUND = {
    "one scheme has the conventional name": ({"k": KEY}, [{"k": []}], {}, {"k": "api_key"}),
    "of several alternatives all have it": (
        {"a": KEY, "b": ID}, [{"a": []}, {"b": []}], {}, {"a": "api_key", "b": "api_key"},
    ),
    "two that are needed together have their own": (
        {"a": KEY, "b": ID}, [{"a": [], "b": []}], {}, {"a": "a", "b": "b"},
    ),
    "a parameter named as the scheme goes first": (
        {"b": KEY}, [{"b": []}], {"b": SECRET, "api_key": SECRET}, {"b": "b"},
    ),
    "both are named as their schemes": (
        {"client_id_key": ID, "api_key": KEY}, [{"client_id_key": [], "api_key": []}],
        {"client_id_key": SECRET, "api_key": SECRET}, {"client_id_key": "client_id_key", "api_key": "api_key"},
    ),
    "named alike": ({"API Key": KEY}, [{"API Key": []}], {"apiKey": SECRET}, {"API Key": "apiKey"}),
    "named like the header field": ({"k": KEY}, [{"k": []}], {"x_key": SECRET, "api_key": SECRET}, {"k": "x_key"}),
    "the one that is left has the conventional one": (
        {"a": KEY, "b": ID}, [{"a": [], "b": []}], {"a": SECRET, "api_key": SECRET}, {"a": "a", "b": "api_key"},
    ),
    "bound by the document": (
        {"a": {**KEY, "x-connector-credentials": {"key": "mine"}}, "b": ID}, [{"a": [], "b": []}], {},
        {"a": "mine", "b": "api_key"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schemes", "security", "parameters", "bound"), BOUND.values(), ids=BOUND.keys())
def test_a_scheme_is_bound_to_a_value(
    tmp_path: Path, schemes: Any, security: Any, parameters: Any, bound: dict[str, str]
) -> None:
    """A scheme takes the value that the document names, else that of its name, field or convention."""
    service = load(*written(tmp_path, schemes, security, parameters))
    assert {name: item.values["key"] for name, item in service.schemes.items()} == bound
    assert set(bound.values()) <= {parameter.name for parameter in service.connection}


def test_two_keys_are_sent_with_their_values(tmp_path: Path) -> None:
    """Two API keys that are required together are each sent with their own value."""
    service = load(*written(tmp_path, {"key": KEY, "id": ID}, [{"key": [], "id": []}]))
    assert sent(service, {"key": "K", "id": "I"})[1] == {"X-Key": "K", "X-Id": "I"}


@pytest.mark.parametrize(("user", "password"), [("ada", ""), ("", "secret"), ("ada", "secret"), ("é", "ü")])
def test_user_and_password_of_basic_may_be_empty(tmp_path: Path, user: str, password: str) -> None:
    """RFC 7617 section 2: user-pass is any text on both sides of the colon."""
    service = load(*written(tmp_path, {"b": {"type": "basic"}}, [{"b": []}]))
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    assert sent(service, {"username": user, "password": password})[1] == {"Authorization": f"Basic {pair}"}


def test_a_part_of_basic_that_is_not_given_is_missing(tmp_path: Path) -> None:
    """Basic authentication without a password raises ConnectionMissing."""
    service = load(*written(tmp_path, {"b": {"type": "basic"}}, [{"b": []}]))
    with pytest.raises(openconnectors.ConnectionMissing, match="has no password"):
        sent(service, {"username": "ada"})


def header_policy(name: str, value: str, action: str = "override") -> dict[str, Any]:
    prefix = "x-ms-apimTemplateParameter"
    parameters = {f"{prefix}.name": name, f"{prefix}.value": value, f"{prefix}.existsAction": action}
    return {"templateId": "setheader", "title": "x", "parameters": parameters}


@pytest.mark.parametrize(
    ("scheme", "field"), [(KEY, "X-Key"), ({"type": "basic"}, "Authorization"), (KEY, "x-key")], ids=str
)
@pytest.mark.parametrize("value", ["@connectionParameters('mine')", "plain text"])
def test_a_policy_that_overrides_a_header_field_wins_over_a_scheme(
    tmp_path: Path, scheme: Any, field: str, value: str
) -> None:
    """A policy that overrides a header field replaces the scheme's, which then needs no value."""
    policies = [header_policy(field, value)]
    _, properties = written(tmp_path, {"s": scheme}, [{"s": []}], {"mine": SECRET}, policies)
    values = [{"mine": "of mine"}, {"mine": "of mine", "api_key": "k", "username": "u", "password": "p"}]
    for connection in values:
        names = {
            parameter.name
            for parameter in load(properties.with_name("apiDefinition.swagger.json"), properties).connection
        }
        carrier = Recorded()
        connection = {name: text for name, text in connection.items() if name in names}
        openconnectors.load_file(tmp_path, connection=connection, transport=carrier).get_a()
        fields = {name.lower(): text for name, text in carrier.headers.items()}
        assert fields[field.lower()] == ("plain text" if value == "plain text" else "of mine")


class Recorded:
    """A transport that keeps what would go out."""

    def __init__(self) -> None:
        self.url, self.headers = "", dict[str, str]()

    def send(self, request: Request) -> Response:
        self.url, self.headers = request.credentials.reveal(request)
        return Response(200, Headers())


@pytest.mark.parametrize("value", ["a\nb", "a\x00", "\ud800", ["a"], {"a": 1}, b"a", "日本"], ids=repr)
def test_a_value_that_no_header_field_can_hold_is_refused(tmp_path: Path, value: Any) -> None:
    """A secret that a header field cannot hold is refused, and shown by neither error nor traceback."""
    service = load(*written(tmp_path, {"k": KEY}, [{"k": []}]))
    with pytest.raises(openconnectors.ConnectionMissing):
        sent(service, {"api_key": value})


HOSTS = [
    "{site}.example",
    "https://@connectionParameters('site').example",
    "https://@{connectionParameters('site')}.example/v1",
]
ODD = [
    "evil.test/", "evil.test#", "evil.test?", "a@127.0.0.1:80/", "127.0.0.1:80/x", "x\\y", "a b", "a\nb", ".", "..",
    "a..b",
    "é", "①", "a%2f", "%2e", "[::1]", "a:80", "A" * 300, "{k}", "@{x}", "localhost:80#", "a;b", "\u3002", "a\u3002evil",
    "//evil.test", "https://evil.test/", "http://a@evil.test", "evil.test\t", "javascript:alert(1)//",
]  # fmt: skip


@pytest.mark.parametrize("pattern", HOSTS)
@pytest.mark.parametrize("value", ODD, ids=ascii)
def test_a_value_within_a_host_chooses_no_other(tmp_path: Path, pattern: str, value: str) -> None:
    """A connection value in a host is refused, or stays within its place of the declared host."""
    policy = {"x-ms-apimTemplateParameter.urlTemplate": pattern}
    policies = [] if "connection" not in pattern else [{"templateId": "dynamichosturl", "parameters": policy}]
    document, _ = written(tmp_path, {}, [], {"site": {"type": "string"}}, policies)
    if not policies:
        document.write_text(document.read_text().replace("h.example", pattern))
    try:
        connector = openconnectors.load_file(tmp_path, connection={"site": value}, transport=Recorded())
        request = connector.get_a.request()
    except openconnectors.ConnectorError:
        return
    assert request.url.partition("://")[2].partition("/")[0].endswith(".example")
