"""Facts of OAuth 2.0 and OpenID Connect in OpenAPI 3 documents: which flow serves a connection, and what the provider
is asked for, at a real OAuth server ("OAuth Flows Object"; OpenID Connect Discovery 1.0)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

import openconnectors
from openconnectors import connecting
from openconnectors.cli.app import cli
from openconnectors.connections import place_of
from openconnectors.engine.auth.discovery import discovered
from openconnectors.engine.auth.oauth2 import flow_for
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.documents import loader
from openconnectors.engine.model import OAuth
from openconnectors.engine.transports.blocking import BlockingTransport
from tests.conftest import serving
from tests.oauth_server import CLIENT, PERSON, SECRET, State, application


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[State, str]]:
    state = State()
    with serving(make_server("127.0.0.1", 0, application(state), threaded=True)) as url:
        yield state, url


@pytest.fixture
def state(server: tuple[State, str]) -> State:
    server[0].__init__()  # type: ignore[misc]
    return server[0]


@pytest.fixture
def url(server: tuple[State, str], state: State) -> str:
    return server[1]


def flows(url: str, *names: str) -> dict[str, Any]:
    """A scheme with these flows, each with the endpoints that it has."""
    endpoints = {
        "authorizationCode": {"authorizationUrl": f"{url}/authorize", "tokenUrl": f"{url}/token"},
        "clientCredentials": {"tokenUrl": f"{url}/token"},
        "password": {"tokenUrl": f"{url}/token", "refreshUrl": f"{url}/token"},
        "implicit": {"authorizationUrl": f"{url}/authorize"},
        "deviceAuthorization": {"deviceAuthorizationUrl": f"{url}/device", "tokenUrl": f"{url}/token"},
    }
    return {"type": "oauth2", "flows": {name: {**endpoints[name], "scopes": {"read": "Reads"}} for name in names}}


def openid(url: str) -> dict[str, Any]:
    """A scheme of OpenID Connect."""
    return {"type": "openIdConnect", "openIdConnectUrl": f"{url}/.well-known/openid-configuration"}


def written(folder: Path, url: str, scheme: dict[str, Any], **schemes: Any) -> Path:
    """A document whose operation needs a token."""
    get = {"operationId": "me", "responses": {"200": {"description": "who", "content": {"application/json": {}}}}}
    free = {**get, "operationId": "free", "security": []}
    document = {
        "openapi": "3.2.0",
        "info": {"title": "People", "version": "1"},
        "servers": [{"url": url}],
        "paths": {"/me": {"get": get, "put": free}},
        "components": {"securitySchemes": {"oauth": scheme, **schemes}},
        "security": [{"oauth": ["read"]}, *({name: []} for name in schemes)],
    }
    file = folder / "people.json"
    file.write_text(json.dumps(document))
    return file


APPLICATION = {"client_id": CLIENT, "client_secret": SECRET}
PASSWORD = {**APPLICATION, "username": "ada", "password": "pass-of-ada"}
ALL = ("authorizationCode", "clientCredentials", "password", "implicit", "deviceAuthorization")

SERVED: dict[str, tuple[tuple[str, ...], dict[str, Any], list[str]]] = {
    "an application, by itself": (("clientCredentials",), APPLICATION, ["client_credentials"]),
    "an application, of all flows": (ALL, APPLICATION, ["client_credentials"]),
    "a person whose password is known": (("password",), PASSWORD, ["password"]),
    "a person whose password is known, of all flows": (ALL, PASSWORD, ["password"]),
    "the grant that is named": (ALL, {**PASSWORD, "grant": "client_credentials"}, ["client_credentials"]),
    "a refresh token": (ALL, {**APPLICATION, "refresh_token": "first"}, ["refresh_token"]),
    "a refresh token of a device": (
        ("implicit", "deviceAuthorization"), {"client_id": CLIENT, "refresh_token": "first", "grant": "device_code"},
        ["refresh_token"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("names", "values", "grants"), SERVED.values(), ids=SERVED)
def test_the_flow_that_the_values_serve(
    tmp_path: Path, url: str, state: State, names: tuple[str, ...], values: dict[str, Any], grants: list[str]
) -> None:
    """Of several flows of one scheme the connection's values choose; the token is asked for once."""
    state.refreshes["first"] = {"scope": "read"}
    connector = openconnectors.load_file(written(tmp_path, url, flows(url, *names)), connection=values)

    assert [connector.me(), connector.me()] == [{"name": PERSON}] * 2
    assert state.grants == grants


def test_a_token_is_asked_for_where_it_is_sent(tmp_path: Path, url: str, state: State) -> None:
    """Not for an operation without security, nor where another alternative has its values."""
    file = written(tmp_path, url, flows(url, "clientCredentials"), key={"type": "apiKey", "in": "query", "name": "k"})
    connector = openconnectors.load_file(file, connection={**APPLICATION, "oauth": "given"})
    with pytest.raises(openconnectors.AnswerError):
        connector.free()
    assert state.grants == []

    connector = openconnectors.load_file(file, connection={"api_key": "k"})
    assert connector.me.request().url == f"{url}/me"
    with pytest.raises(openconnectors.Unauthorized):  # the server knows no keys
        connector.me()
    assert state.grants == []


def test_two_schemes_have_two_tokens(tmp_path: Path, url: str, state: State) -> None:
    """Each is asked for by itself, with the values of the one application."""
    scheme = flows(url, "clientCredentials")
    connector = openconnectors.load_file(written(tmp_path, url, scheme, other=scheme), connection=APPLICATION)

    assert connector.me() == {"name": PERSON}
    assert state.grants == ["client_credentials"]


@pytest.mark.parametrize(
    ("flow", "grant"), [("client-credentials", "client_credentials"), ("password", "password"), ("device", "device")]
)
def test_a_flow_is_chosen_by_name(
    tmp_path: Path, url: str, state: State, monkeypatch: pytest.MonkeyPatch, flow: str, grant: str
) -> None:
    """As ``connectors connect --flow`` does; the device flow is that of OpenAPI 3.2 (RFC 8628)."""
    monkeypatch.setattr("openconnectors.engine.call.runner.time.sleep", lambda seconds: None)
    service = loader.load(written(tmp_path, url, flows(url, *ALL)))
    parameter = next(parameter for parameter in service.connection if parameter.oauth is not None)

    def agree(message: str) -> None:
        state.agreed.add(next(iter(state.devices.values()))["user_code"])

    values = connecting.token(parameter, flow, PASSWORD, BlockingTransport(), agree)

    assert len(state.grants) == 1
    assert grant in state.grants[0]
    assert openconnectors.load_file(tmp_path / "people.json", connection=dict(values)).me() == {"name": PERSON}


def test_an_implicit_flow_needs_the_token(tmp_path: Path, url: str, state: State) -> None:
    """No browser is opened for it: it has no token endpoint (RFC 9700 section 2.1.2 says not to use it)."""
    service = loader.load(written(tmp_path, url, flows(url, "implicit")))
    parameter = next(parameter for parameter in service.connection if parameter.oauth is not None)

    assert connecting.flow_of(parameter.oauth) is None  # type: ignore[arg-type]
    with pytest.raises(openconnectors.ConnectionMissing, match="no token endpoint; give the token itself"):
        connecting.token(parameter, "browser", APPLICATION, BlockingTransport(), print)


@pytest.mark.parametrize(
    ("names", "flow"),
    [
        (ALL, "browser"),
        (("clientCredentials", "implicit"), "client-credentials"),
        (("deviceAuthorization",), "device"),
        (("password",), "password"),
    ],
)
def test_the_flow_of_a_person(tmp_path: Path, url: str, names: tuple[str, ...], flow: str) -> None:
    """A browser where the document has its endpoints, else what it has."""
    service = loader.load(written(tmp_path, url, flows(url, *names)))
    assert [connecting.flow_of(parameter.oauth) for parameter in service.connection if parameter.oauth] == [flow]


def test_a_provider_is_asked_only_with_consent(tmp_path: Path, url: str, state: State) -> None:
    """OpenID Connect: a given token needs no description of the provider; without consent nothing is fetched."""
    file = written(tmp_path, url, openid(url))
    state.tokens["known"] = {"ends": 1e12}

    assert openconnectors.load_file(file, connection={"oauth": "known"}).me() == {"name": PERSON}
    with pytest.raises(openconnectors.ConnectionMissing, match=r"openid-configuration, .* give discover=true"):
        openconnectors.load_file(file, connection=APPLICATION).me()
    assert (state.described, state.grants) == (0, [])

    connector = openconnectors.load_file(file, connection={**APPLICATION, "discover": True})
    assert [connector.me(), connector.me()] == [{"name": PERSON}] * 2
    assert (state.described, state.grants) == (1, ["client_credentials"])


def test_the_metadata_of_oauth_names_what_a_flow_does_not(tmp_path: Path, url: str, state: State) -> None:
    """OpenAPI 3.2, ``oauth2MetadataUrl`` (RFC 8414); a document that has the endpoints is not asked about."""
    metadata = f"{url}/.well-known/openid-configuration"
    values = {**APPLICATION, "discover": "yes"}
    scheme = {"type": "oauth2", "flows": {}, "oauth2MetadataUrl": metadata}
    assert openconnectors.load_file(written(tmp_path, url, scheme), connection=values).me() == {"name": PERSON}
    assert state.described == 1

    scheme = {**flows(url, "clientCredentials"), "oauth2MetadataUrl": metadata}
    assert openconnectors.load_file(written(tmp_path, url, scheme), connection=values).me() == {"name": PERSON}
    assert state.described == 1


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"issuer": "https://evil.example"}, "describes another provider"),
    "no issuer": ({"issuer": None}, "describes another provider"),
    "another path": ({"issuer": "PATH"}, "describes another provider"),
    "no token endpoint": ({"token_endpoint": None}, "no token endpoint"),
    "a token endpoint without TLS": ({"token_endpoint": "http://h.example/token"}, "over TLS only"),
    "a token endpoint that is a file": ({"token_endpoint": "file:///etc/passwd"}, "over TLS only"),
}


@pytest.mark.parametrize(("description", "reason"), WRONG.values(), ids=WRONG)
def test_a_description_that_is_refused(
    tmp_path: Path, url: str, state: State, description: dict[str, Any], reason: str
) -> None:
    """Section 4.3: the issuer is that of the URL; the endpoints are judged as those of a document."""
    state.description = {name: f"{url}/x" if value == "PATH" else value for name, value in description.items()}
    connector = openconnectors.load_file(
        written(tmp_path, url, openid(url)), connection={**APPLICATION, "discover": True}
    )

    with pytest.raises(openconnectors.ConnectionMissing, match=reason):
        connector.me()
    assert state.grants == []


@pytest.mark.parametrize("path", ["/me", "/none"])
def test_what_does_not_describe_a_provider_is_refused(url: str, path: str) -> None:
    """Another status than 200, or no JSON object."""
    with pytest.raises(openconnectors.ConnectionMissing, match="does not describe the provider"):
        Runner(BlockingTransport()).run(discovered(OAuth(metadata=url + path)))


def test_a_saved_connection_is_bound_to_the_provider(tmp_path: Path, url: str) -> None:
    """The place of secrets has the description of the provider in it: a document with another is another place."""
    service = loader.load(written(tmp_path, url, openid(url)))

    assert place_of(service, Connection(service, APPLICATION)) == (f"{url} + {url}/.well-known/openid-configuration")


def test_the_person_is_asked_for_consent(
    tmp_path: Path, url: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``connectors connect``: what is answered with no fetches nothing."""
    file = written(tmp_path, url, openid(url))
    command = ["connect", str(file), "--as", "x", "--input", "--flow", "client-credentials", "--no-test"]
    command += ["--set", f"client_id={CLIENT}", "--set", "client_secret=${APP_SECRET}"]
    monkeypatch.setenv("APP_SECRET", SECRET)

    refused = CliRunner().invoke(cli, command, input="n\n")
    assert "openid-configuration" in refused.output
    assert (state.described, state.grants) == (0, [])

    done = CliRunner().invoke(cli, command, input="y\n")
    assert done.exit_code == 0, done.output
    assert state.described == 1
    assert openconnectors.load_file(file, connection="x").me() == {"name": PERSON}


def test_without_values_the_first_flow_counts() -> None:
    """It is that which serves most."""
    first, other = OAuth(grant="authorization_code", token="t"), OAuth(grant="client_credentials", token="u")
    oauth = OAuth(grant="authorization_code", token="t", others=(other,))

    assert flow_for(oauth, {}) == oauth
    assert flow_for(oauth, {"client_secret": "s"}) == other
    assert flow_for(first, {"grant": "password"}) == first
