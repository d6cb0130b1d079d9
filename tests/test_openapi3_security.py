"""Facts of security in OpenAPI 3 documents: which values a connection has, and what a call sends of them
("Security Scheme Object", "Security Requirement Object")."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.documents import loader
from openconnectors.engine.http import Request
from openconnectors.engine.model import Service
from openconnectors.engine.sandbox import Sandbox

VERSIONS = ("3.0.4", "3.1.1", "3.2.0")
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
ID = {"type": "apiKey", "in": "header", "name": "X-Id"}
QUERY = {"type": "apiKey", "in": "query", "name": "key"}
COOKIE = {"type": "apiKey", "in": "cookie", "name": "sid"}
BASIC = {"type": "http", "scheme": "basic"}
DIGEST = {"type": "http", "scheme": "Digest"}
BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
OPENID = {"type": "openIdConnect", "openIdConnectUrl": "https://id.example/.well-known/openid-configuration"}
FLOW = {"tokenUrl": "https://id.example/token", "scopes": {"read": "Reads"}}
OAUTH = {"type": "oauth2", "flows": {"clientCredentials": FLOW}}
IMPLICIT = {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://id.example/a", "scopes": {}}}}
MUTUAL = {"type": "mutualTLS"}


def http(name: str) -> dict[str, str]:
    """A scheme of HTTP by its name."""
    return {"type": "http", "scheme": name}


def written(
    folder: Path, schemes: Mapping[str, Any], security: Any, *, operation: Any = None, version: str = "3.1.1"
) -> Path:
    """A document with one operation."""
    get: dict[str, Any] = {"operationId": "GetA", "responses": {"204": {"description": "ok"}}}
    if operation is not None:
        get["security"] = operation
    document = {
        "openapi": version,
        "info": {"title": "C", "version": "1"},
        "servers": [{"url": "https://h.example"}],
        "paths": {"/a": {"get": get}},
        "components": {"securitySchemes": schemes},
        "security": security,
    }
    path = folder / "c.json"
    path.write_text(json.dumps(document))
    return path


def credentials(service: Service, values: Mapping[str, Any]) -> Credentials:
    """The credentials of a call with connection values."""
    return Connection(service, values).credentials(service.operations["GetA"])


def sent(service: Service, values: Mapping[str, Any]) -> dict[str, str]:
    """What a call adds to a request: header fields, and the query under ``?``."""
    url, headers = credentials(service, values).reveal(Request("GET", "https://h.example/a", {}))
    query = url.partition("?")[2]
    return {**headers, **({"?": query} if query else {})}


def pair(username: str, password: str) -> str:
    """The credentials of basic."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


SENT: dict[str, tuple[dict[str, Any], Any, dict[str, Any], dict[str, str]]] = {
    "a key in a header field": ({"k": KEY}, [{"k": []}], {"api_key": "v"}, {"X-Key": "v"}),
    "by the name of its scheme": ({"k": KEY}, [{"k": []}], {"k": "v"}, {"X-Key": "v"}),
    "a key in the query is encoded": ({"k": QUERY}, [{"k": []}], {"k": "a b&c"}, {"?": "key=a%20b%26c"}),
    "a key in a cookie": ({"k": COOKIE}, [{"k": []}], {"k": "v"}, {"Cookie": "sid=v"}),
    "three places at once": (
        {"h": KEY, "q": QUERY, "c": COOKIE}, [{"h": [], "q": [], "c": []}], {"h": "1", "q": "2", "c": "3"},
        {"X-Key": "1", "?": "key=2", "Cookie": "sid=3"},
    ),
    "basic by its parts": (
        {"b": BASIC}, [{"b": []}], {"username": "ada", "password": "£"}, {"Authorization": pair("ada", "£")},
    ),
    "basic by the name of its scheme": (
        {"b": BASIC}, [{"b": []}], {"b": {"username": "", "password": "p"}}, {"Authorization": pair("", "p")},
    ),
    "basic with what is ready": ({"b": BASIC}, [{"b": []}], {"b": "YTpi"}, {"Authorization": "Basic YTpi"}),
    "digest with what is ready": (
        {"d": DIGEST}, [{"d": []}], {"d": 'username="a", response="00"'},
        {"Authorization": 'Digest username="a", response="00"'},
    ),
    "names of schemes have no case": (
        {"b": http("BASIC")}, [{"b": []}], {"username": "a", "password": "b"}, {"Authorization": pair("a", "b")},
    ),
    "a bearer token": ({"t": http("BEARER")}, [{"t": []}], {"token": "x.y"}, {"Authorization": "Bearer x.y"}),
    "a registered scheme, as it is registered": (
        {"h": http("hoba")}, [{"h": []}], {"h": 'result="x"'}, {"Authorization": 'HOBA result="x"'},
    ),
    "negotiate": ({"n": http("negotiate")}, [{"n": []}], {"n": "YII="}, {"Authorization": "Negotiate YII="}),
    "another scheme, as the document spells it": (
        {"s": http("SharedAccessKey")}, [{"s": []}], {"s": "k"}, {"Authorization": "SharedAccessKey k"},
    ),
    "a token of OAuth 2.0": ({"o": OAUTH}, [{"o": ["read"]}], {"o": "t"}, {"Authorization": "Bearer t"}),
    "a token of a flow without a token endpoint": (
        {"o": IMPLICIT}, [{"o": []}], {"token": "t"}, {"Authorization": "Bearer t"},
    ),
    "a token of OpenID Connect, without asking its provider": (
        {"o": OPENID}, [{"o": []}], {"o": "t"}, {"Authorization": "Bearer t"},
    ),
    "the alternative that has values": (
        {"k": KEY, "t": BEARER}, [{"k": []}, {"t": []}], {"token": "t"}, {"Authorization": "Bearer t"},
    ),
    "the first alternative that has values": (
        {"k": KEY, "t": BEARER}, [{"k": []}, {"t": []}], {"token": "t", "api_key": "k"}, {"X-Key": "k"},
    ),
    "an alternative that is whole": (
        {"k": KEY, "i": ID, "t": BEARER}, [{"k": [], "i": []}, {"t": []}], {"k": "1", "t": "t"},
        {"Authorization": "Bearer t"},
    ),
    "all of one alternative": (
        {"k": KEY, "i": ID}, [{"k": [], "i": []}], {"k": "1", "i": "2"}, {"X-Key": "1", "X-Id": "2"},
    ),
    "optional, and nothing there": ({"k": KEY}, [{"k": []}, {}], {}, {}),
    "optional, and a value there": ({"k": KEY}, [{"k": []}, {}], {"k": "v"}, {"X-Key": "v"}),
    "optional first, and nothing there": ({"k": KEY}, [{}, {"k": []}], {}, {}),
    "optional first, and a value there": ({"k": KEY}, [{}, {"k": []}], {"k": "v"}, {"X-Key": "v"}),
    "no security at all": ({"k": KEY}, [], {"k": "v"}, {}),
    "two schemes of one type have two values": (
        {"user": BEARER, "app": BEARER}, [{"app": []}, {"user": []}], {"user": "u"}, {"Authorization": "Bearer u"},
    ),
    "two that have several parts, too": (
        {"b": BASIC, "d": DIGEST}, [{"d": []}, {"b": []}], {"b": {"username": "a", "password": "b"}},
        {"Authorization": pair("a", "b")},
    ),
    "one provider, a scheme for each flow, has one token": (
        {"a": IMPLICIT, "b": OAUTH}, [{"a": [], "b": []}], {"token": "t"}, {"Authorization": "Bearer t"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schemes", "security", "values", "expected"), SENT.values(), ids=SENT)
def test_what_a_call_sends(
    tmp_path: Path, schemes: dict[str, Any], security: Any, values: dict[str, Any], expected: dict[str, str]
) -> None:
    """What the requirement of the document asks for, made of the connection's values, and nothing else."""
    assert sent(loader.load(written(tmp_path, schemes, security)), values) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_an_operation_has_security_of_its_own(tmp_path: Path, version: str) -> None:
    """That of an operation takes the place of the document's; an empty list takes it away."""
    values = {"k": "v", "t": "t"}
    expected = ((None, {"X-Key": "v"}), ([{"t": []}], {"Authorization": "Bearer t"}), ([], {}), ([{}], {}))
    for operation, result in expected:
        path = written(tmp_path, {"k": KEY, "t": BEARER}, [{"k": []}], operation=operation, version=version)
        assert sent(loader.load(path), values) == result


NAMES: dict[str, tuple[dict[str, Any], dict[str, dict[str, str]]]] = {
    "a scheme alone has the common names": ({"b": BASIC}, {"b": {"username": "username", "password": "password"}}),
    "each kind has its own": ({"k": KEY, "t": BEARER}, {"k": {"key": "api_key"}, "t": {"token": "token"}}),
    "of one kind, each has the name of its scheme": ({"x": KEY, "y": QUERY}, {"x": {"key": "x"}, "y": {"key": "y"}}),
    "tokens are one kind": ({"x": BEARER, "y": OAUTH}, {"x": {"token": "x"}, "y": {"token": "y"}}),
    "several parts have it before theirs": (
        {"b": BASIC, "d": DIGEST},
        {
            "b": {"username": "b_username", "password": "b_password"},
            "d": {"username": "d_username", "password": "d_password"},
        },
    ),
    "what is ready has the name of its scheme": ({"n": http("negotiate")}, {"n": {"credentials": "n"}}),
    "a certificate": (
        {"m": MUTUAL},
        {"m": {"certificate": "client_certificate", "key": "client_key", "password": "client_key_password"}},
    ),
}


@pytest.mark.parametrize(("schemes", "names"), NAMES.values(), ids=NAMES)
def test_the_names_of_connection_values(
    tmp_path: Path, schemes: dict[str, Any], names: dict[str, dict[str, str]]
) -> None:
    """They are those of the type where only one scheme has it, else those of the schemes; all are parameters."""
    service = loader.load(written(tmp_path, schemes, []))

    assert {name: dict(scheme.values) for name, scheme in service.schemes.items()} == names
    listed = {parameter.name for parameter in service.connection}
    assert {name for parts in names.values() for name in parts.values()} == listed


REFUSED: dict[str, tuple[dict[str, Any], Any, dict[str, Any], str]] = {
    "nothing for any alternative": ({"k": KEY, "t": BEARER}, [{"k": []}, {"t": []}], {}, "api_key, token"),
    "half of what is needed together": ({"k": KEY, "i": ID}, [{"k": [], "i": []}], {"k": "1"}, "has no i"),
    "a value that the document does not know": ({"k": KEY}, [{"k": []}], {"kk": "1"}, "'kk'"),
    "a part that the scheme does not have": ({"b": BASIC}, [{"b": []}], {"b": {"user": "1"}}, "'b.user'"),
    "one value twice": ({"k": KEY}, [{"k": []}], {"k": "1", "api_key": "2"}, "given twice"),
    "a line break": ({"h": http("hoba")}, [{"h": []}], {"h": "a\nb"}, "control character"),
    "a certificate is missing beside a key": ({"m": MUTUAL, "k": KEY}, [{"m": [], "k": []}], {}, "api_key"),
}  # fmt: skip


@pytest.mark.parametrize(("schemes", "security", "values", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(
    tmp_path: Path, schemes: dict[str, Any], security: Any, values: dict[str, Any], reason: str
) -> None:
    """Before anything is sent, with the names of the values that are missing."""
    service = loader.load(written(tmp_path, schemes, security))

    with pytest.raises(openconnectors.ConnectionMissing, match=reason):
        sent(service, values)


def test_a_scheme_that_is_no_word_is_unsupported(tmp_path: Path) -> None:
    """The name of a scheme of HTTP is a token (RFC 9110 section 11.1)."""
    service = loader.load(written(tmp_path, {"s": http("two words")}, [{"s": []}]))

    with pytest.raises(openconnectors.Unsupported, match="not a token"):
        sent(service, {"s": "v"})


def test_a_secret_by_the_name_of_its_scheme_shows_nowhere(tmp_path: Path) -> None:
    """Values that are ready are secrets as their parts are."""
    service = loader.load(written(tmp_path, {"b": BASIC}, [{"b": []}]))
    connection = Connection(service, {"b": "very-secret"})

    assert "very-secret" not in f"{connection!r} {connection.values!r} {connection.mask.text('Basic very-secret')}"


def test_a_certificate_is_shown_with_the_request(tmp_path: Path) -> None:
    """It is no part of what is sent, and none of it is shown."""
    service = loader.load(written(tmp_path, {"m": MUTUAL}, [{"m": []}]))

    added = credentials(service, {"client_certificate": "c.pem", "client_key": "very-secret"})

    assert added.certificate is not None
    assert added.certificate.chain.reveal() == "c.pem"
    assert "very-secret" not in repr(added.certificate)
    assert credentials(service, {}).certificate is None  # the transport may have one


CHECKED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a key in a cookie": (COOKIE, {"x": "wrong"}),
    "a key in the query": (QUERY, {"x": "wrong"}),
    "a registered scheme": (http("hoba"), {"x": "wrong"}),
    "basic": (BASIC, {"x": {"username": "a", "password": "wrong"}}),
    "digest": (DIGEST, {"x": {"username": "a", "password": "wrong"}}),
    "a token of OpenID Connect": (OPENID, {"x": "wrong"}),
}


@pytest.mark.parametrize(("kind", "wrong"), CHECKED.values(), ids=CHECKED)
def test_a_sandbox_checks_it(tmp_path: Path, kind: dict[str, Any], wrong: dict[str, Any]) -> None:
    """Over the wire: the values of the sandbox are admitted, others are answered 401."""
    path = written(tmp_path, {"x": kind}, [{"x": []}])
    with Sandbox(loader.load(path)) as sandbox:
        with openconnectors.load_file(path, connection=sandbox.values, base_url=sandbox.url) as connector:
            assert connector.get_a() is None
        with (
            openconnectors.load_file(path, connection=wrong, base_url=sandbox.url) as connector,
            pytest.raises(openconnectors.AnswerError) as caught,
        ):
            connector.get_a()
    assert caught.value.status == 401
