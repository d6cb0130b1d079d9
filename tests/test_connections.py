"""Connections: values, sets of them, saved ones, and tokens by every grant, from a real OAuth server."""

from __future__ import annotations

import json
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors import cli, connecting, connection_file, connections, registry
from openconnectors.engine.auth import tokens
from openconnectors.engine.call import runner
from openconnectors.engine.client.connector import connected
from openconnectors.engine.documents import loader
from openconnectors.engine.secret import Secret
from openconnectors.engine.transports.blocking import BlockingTransport
from tests.conftest import command, serving
from tests.oauth_server import CLIENT, PERSON, SECRET, State, application


class Kept(KeyringBackend):
    """A keyring in memory, of keyring's own interface."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.secrets: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.secrets[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.secrets[service, username]


@pytest.fixture
def kept() -> Iterator[Kept]:
    before, keeping = keyring.get_keyring(), Kept()
    keyring.set_keyring(keeping)
    yield keeping
    keyring.set_keyring(before)


@pytest.fixture
def state() -> State:
    return State()


@pytest.fixture
def provider(state: State) -> Iterator[str]:
    with serving(make_server("127.0.0.1", 0, application(state), threaded=True)) as url:
        yield url


def document(url: str, flow: str = "accessCode") -> dict[str, Any]:
    return {
        "swagger": "2.0",
        "info": {"title": "People", "version": "1"},
        "host": url.partition("://")[2],
        "schemes": ["http"],
        "paths": {
            "/me": {
                "get": {
                    "operationId": "Me",
                    "responses": {"200": {"description": "who", "schema": {"type": "object"}}},
                }
            }
        },
        "securityDefinitions": {
            "oauth": {
                "type": "oauth2",
                "flow": flow,
                "authorizationUrl": f"{url}/authorize",
                "tokenUrl": f"{url}/token",
                "scopes": {"read": "reads"},
                "x-connector-oauth": {"device": f"{url}/device"},
            }
        },
        "security": [{"oauth": ["read"]}],
        "x-ms-capabilities": {"testConnection": {"operationId": "Me"}},
    }


@pytest.fixture
def people(provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "own" / "people.swagger.json"
    path.parent.mkdir()
    path.write_text(json.dumps(document(provider)))
    monkeypatch.setenv("CONNECTORS_PATH", str(path.parent))
    return path


def client(**more: Any) -> dict[str, Any]:
    return {"client_id": CLIENT, "client_secret": SECRET, **more}


def test_an_application_gets_its_own_token(people: Path, state: State) -> None:
    """The client credentials grant gets a token without a prompt, and keeps it until it expires."""
    connector = openconnectors.load("people", connection=client(grant="client_credentials"))
    assert connector.me() == {"name": PERSON}
    assert connector.me() == {"name": PERSON}
    assert state.grants == ["client_credentials"]


def test_a_password_is_turned_into_a_token(people: Path, state: State) -> None:
    """The password grant gives a token; a refused one raises ConnectionMissing."""
    connector = openconnectors.load(
        "people", connection=client(grant="password", username="ada", password="pass-of-ada")
    )
    assert connector.me() == {"name": PERSON}
    assert state.grants == ["password"]
    with pytest.raises(openconnectors.ConnectionMissing, match="no token was given: invalid_"):
        openconnectors.load("people", connection=client(grant="password", username="ada", password="wrong")).me()


def test_a_token_that_ends_is_renewed_before_it_is_used(people: Path, state: State) -> None:
    """A token that expires within EARLY seconds is renewed before the next call."""
    state.lifetime = int(tokens.EARLY) - 10
    connector = openconnectors.load("people", connection=client(grant="client_credentials"))
    connector.me()
    connector.me()
    assert state.grants == ["client_credentials"] * 2


def test_a_token_that_is_refused_is_renewed_once(people: Path, state: State) -> None:
    """A 401 carried nothing out: the call is sent again with the new token."""
    state.refreshes["first"] = {"scope": "read"}
    connector = openconnectors.load("people", connection=client(token="revoked", refresh_token="first"))
    assert connector.me() == {"name": PERSON}
    assert state.grants == ["refresh_token"]
    state.tokens.clear()
    assert connector.me() == {"name": PERSON}
    state.tokens.clear()
    state.refreshes.clear()
    with pytest.raises(openconnectors.ConnectionMissing, match="invalid_grant"):
        connector.me()


def test_a_refused_token_that_cannot_be_renewed_is_the_error_it_is(people: Path) -> None:
    """A refused token without a way to renew it raises Unauthorized."""
    with pytest.raises(openconnectors.Unauthorized):
        openconnectors.load("people", connection={"token": "revoked"}).me()


def test_tokens_are_requested_over_tls_only(people: Path) -> None:
    """A token endpoint over plain http is refused."""
    raw = json.loads(people.read_text())
    raw["securityDefinitions"]["oauth"]["tokenUrl"] = "http://token.example/token"
    people.write_text(json.dumps(raw))
    with pytest.raises(openconnectors.ConnectionMissing, match="over TLS only"):
        openconnectors.load("people", connection=client(grant="client_credentials")).me()


def _browse(text: str) -> None:
    """The person: follows the link, agrees, and is led back."""
    url = next(line for line in text.splitlines() if line.startswith("http"))
    threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=10).read(), daemon=True).start()  # noqa: S310 - loopback


def test_a_person_agrees_in_the_browser(
    people: Path, state: State, kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """connect: loopback redirect, PKCE, state; the tokens go to the keyring, the file holds none; then calls work."""
    monkeypatch.setattr(connecting.webbrowser, "open", lambda url: _browse(url))
    monkeypatch.setattr(
        sys, "argv", ["connectors", "connect", "people", "--flow", "browser", "--set", f"client_id={CLIENT}"]
    )
    with pytest.raises(SystemExit) as end:
        cli.main()
    printed = capsys.readouterr().err
    assert end.value.code == 0, printed
    assert "works (called Me)" in printed
    assert state.grants == ["authorization_code"]
    text = connection_file.saved_file().read_text()
    assert 'token = "keyring:"' in text
    assert not any(secret in text or secret in printed for secret in kept.secrets.values())
    assert connection_file.saved_file().stat().st_mode & 0o077 == 0
    assert openconnectors.load("people").me() == {"name": PERSON}
    # what is renewed is kept, the old token being used up
    state.tokens.clear()
    assert openconnectors.load("people", connection="default").me() == {"name": PERSON}
    state.tokens.clear()
    assert openconnectors.load("people", connection="default").me() == {"name": PERSON}


def test_a_person_enters_a_code_on_another_device(people: Path, state: State, kept: Kept) -> None:
    """The device flow shows the code to enter and gives a token that calls can use."""
    service = loader.load(people)
    messages: list[str] = []

    def tell(text: str) -> None:
        messages.append(text)
        state.agreed.add(next(iter(state.devices.values()))["user_code"])

    parameter = next(parameter for parameter in service.connection if parameter.oauth is not None)
    monkey = pytest.MonkeyPatch()
    monkey.setattr(runner.time, "sleep", lambda seconds: None)
    try:
        values = connecting.token(parameter, "device", {"client_id": CLIENT}, connecting_transport(), tell)
    finally:
        monkey.undo()
    assert "enter" in messages[0]
    assert openconnectors.load("people", connection={"client_id": CLIENT, **values}).me() == {"name": PERSON}


def connecting_transport() -> Any:
    return BlockingTransport()


def test_ci_connects_without_a_person_or_a_keyring(people: Path, state: State) -> None:
    """Secrets stay references; nothing secret is written."""
    done = command(
        "connect", "people", "--flow", "client-credentials", "--set", f"client_id={CLIENT}", "--set",
        "client_secret=${APP_SECRET}", APP_SECRET=SECRET,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert SECRET not in connection_file.saved_file().read_text()
    done = command("call", "people", "me", "--json", APP_SECRET=SECRET)
    assert json.loads(done.stdout) == {"name": PERSON}
    done = command("connections", "list")
    assert "people" in done.stdout
    assert command("connections", "test", "people", APP_SECRET=SECRET).returncode == 0
    assert command("connections", "remove", "people").returncode == 0
    assert "people" not in command("connections", "list").stdout


def test_a_secret_on_the_command_line_is_refused(people: Path) -> None:
    """connect refuses a secret on the command line, without printing it, and suggests ${NAME}."""
    done = command("connect", "people", "--set", "client_secret=plain-as-day")
    assert done.returncode == 2
    assert "${NAME}" in done.stderr
    assert "plain-as-day" not in done.stderr


def test_without_a_keyring_a_secret_must_be_a_reference(people: Path, tmp_path: Path) -> None:
    """Without a keyring, a secret is saved as a reference (file:… or ${NAME}) and read from there."""
    secret = tmp_path / "secret"
    secret.write_text("a-token\n")
    done = command("connect", "people", "--set", f"token=file:{secret}", "--no-test")
    assert done.returncode == 0, done.stderr
    saved = connections.connection_values(registry.find("people"), loader.load(people), "default")
    assert saved.values == {"token": Secret("a-token")}


def test_the_file_keeps_what_people_wrote(people: Path, kept: Kept) -> None:
    """Saving a connection keeps comments and entries of the file; removing it removes its secrets."""
    path = connection_file.saved_file()
    path.parent.mkdir(parents=True)
    path.write_text('# mine\n[twilio.work]\naccount_id = "AC1" # the first\n')
    connection_file.save("people", "default", loader.load(people), {"token": "t" * 20, "client_id": "x"})
    assert path.read_text().startswith('# mine\n[twilio.work]\naccount_id = "AC1" # the first\n')
    assert connection_file.all_saved() == [("twilio", "work"), ("people", "default")]
    connection_file.remove("people", "default")
    assert kept.secrets == {}


SETS = {
    "properties": {
        "connectionParameterSets": {
            "values": [
                {
                    "name": "key",
                    "parameters": {
                        "api_key": {"type": "securestring"},
                        "region": {
                            "type": "string",
                            "uiDefinition": {"constraints": {"allowedValues": [{"value": "eu"}, {"value": "us"}]}},
                        },
                    },
                },
                {"name": "basic", "parameters": {"username": {"type": "string"}, "password": {"type": "securestring"}}},
            ]
        }
    }
}


def test_a_connection_has_one_of_several_sets(provider: str, tmp_path: Path) -> None:
    """Of several connection parameter sets, the values decide which is used; a set must be complete."""
    raw = document(provider)
    raw["securityDefinitions"] = {"k": {"type": "apiKey", "in": "header", "name": "X-Key"}, "b": {"type": "basic"}}
    raw["security"] = [{"k": []}, {"b": []}]
    folder = tmp_path / "Two Ways"
    folder.mkdir()
    (folder / "apiDefinition.swagger.json").write_text(json.dumps(raw))
    (folder / "apiProperties.json").write_text(json.dumps(SETS))
    by_key = openconnectors.load_file(folder, connection={"api_key": "the-key", "region": "eu"})
    assert by_key.connection.credentials(connected(by_key).service.operations["Me"]).names() == ("X-Key",)
    by_name = openconnectors.load_file(folder, connection={"username": "ada", "password": "pass-of-ada"})
    assert by_name.connection.credentials(connected(by_name).service.operations["Me"]).names() == ("Authorization",)
    with pytest.raises(openconnectors.ConnectionMissing, match="has no password"):
        openconnectors.load_file(folder, connection={"username": "ada"})
    with pytest.raises(openconnectors.ConnectionMissing, match="region must be one of eu, us"):
        openconnectors.load_file(folder, connection={"api_key": "the-key", "region": "mars"})


def test_a_connector_is_added_from_a_folder_a_file_or_a_url(people: Path, tmp_path: Path, provider: str) -> None:
    """add checks, reports and copies a document, found by its name; an unreadable or existing one changes nothing."""
    place = tmp_path / "Some People"
    place.mkdir()
    (place / "apiDefinition.swagger.json").write_text(people.read_text())
    (place / "apiProperties.json").write_text(json.dumps(SETS))
    done = command("add", str(place))
    assert done.returncode == 0, done.stderr
    assert "1 operations" in done.stderr
    assert openconnectors.available()["some-people"] == "added"
    assert command("add", str(place)).returncode == 1
    assert command("add", str(place), "--replace").returncode == 0
    assert command("add", str(people), "--name", "../escape").returncode == 1
    assert command("add", str(people), "--name", "persons").returncode == 0
    text = people.read_bytes()

    @Request.application
    def site(request: Request) -> Response:
        return Response(text if request.path == "/docs/people.json" else "<html>", 200)

    with serving(make_server("127.0.0.1", 0, site, threaded=True)) as url:
        assert command("add", f"{url}/docs/people.json", "--name", "fetched").returncode == 0
        refused = command("add", f"{url}/index.html")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert openconnectors.load("fetched", connection={"token": "t"}).connection.base == provider
    names = openconnectors.available()
    assert {name for name, source in names.items() if source == "added"} == {"some-people", "persons", "fetched"}
