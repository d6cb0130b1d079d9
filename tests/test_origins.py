"""Whom a value is for: what a connector is given unasked, and what it is not."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors import connection_file, registry, sources
from openconnectors.cli.commands import add
from openconnectors.engine.documents import loader
from openconnectors.engine.secret import Secret
from openconnectors.locks import locked
from tests.conftest import ROOT, command, serving

CANARY = "s3cret-canary-98765"


class Service:
    """A server that answers {}, and knows which keys came."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.url = ""

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]

    def application(self, request: Request) -> Response:
        self.keys.append(request.headers.get("X-Key", ""))
        return Response("{}", content_type="application/json")


@pytest.fixture
def service() -> Iterator[Service]:
    known = Service()
    application = Request.application(known.application)
    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        known.url = url
        yield known


def document(host: str, *variables: str, **more: Any) -> dict[str, Any]:
    key = {"type": "securestring", "x-connector-environment": list(variables)}
    return {
        "swagger": "2.0",
        "info": {"title": "Weather", "version": "1"},
        "host": host,
        "schemes": ["http"],
        "paths": {"/a": {"get": {"operationId": "GetA", "responses": {"200": {"description": "ok"}}}}},
        "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "security": [{"key": []}],
        "x-connector-properties": {"connectionParameters": {"key": key}},
        **more,
    }


def written(folder: Path, content: dict[str, Any], name: str = "weather") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.swagger.json"
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose documents are found by name."""
    monkeypatch.setenv("CONNECTORS_PATH", str(tmp_path / "shelf"))
    (tmp_path / "shelf").mkdir()
    return tmp_path / "shelf"


def saved(text: str) -> None:
    path = connection_file.saved_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_connector_that_is_found_by_name_has_the_variables_of_its_name(
    shelf: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the value, and those of the document that carry the connector's name."""
    written(shelf, document(service.host, "WEATHER_API_TOKEN"))
    monkeypatch.setenv("WEATHER_API_TOKEN", "second")
    openconnectors.load("weather").get_a()
    monkeypatch.setenv("WEATHER_KEY", "first")
    openconnectors.load("weather").get_a()
    assert service.keys == ["second", "first"]


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "WEATHERMAN_KEY", "GITHUB_TOKEN", "weather"])
def test_a_document_gets_no_variable_of_anybody_else(
    shelf: Path, service: Service, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A document gets no variable of another connector; the error says how to allow it."""
    written(shelf, document(service.host, name))
    monkeypatch.setenv(name, CANARY)
    with pytest.raises(openconnectors.ConnectionMissing) as refused:
        openconnectors.load("weather").get_a()
    assert f"--set key='${{{name}}}'" in str(refused.value)
    assert CANARY not in str(refused.value)
    saved(f'[weather.default]\nkey = "${{{name}}}"\n')
    openconnectors.load("weather").get_a()
    assert service.keys == [CANARY]


def test_a_document_that_comes_along_may_name_any_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A built-in document's x-connector-environment variables are read without consent."""
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", CANARY)
    assert openconnectors.load("twilio").connection.values["access_token"] == Secret(CANARY)


@pytest.mark.parametrize("name", ["weather", "twilio"])
def test_a_document_that_is_found_by_its_path_gets_nothing_unasked(
    tmp_path: Path, shelf: Path, service: Service, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """No variable and no saved default, whatever the file is called; what is given in code is used."""
    path = written(tmp_path, document(service.host, "TWILIO_AUTH_TOKEN"), name)
    for variable in ("TWILIO_AUTH_TOKEN", "TWILIO_KEY", "WEATHER_KEY"):
        monkeypatch.setenv(variable, CANARY)
    saved(f'[{name}.default]\nkey = "{CANARY}"\n')
    with pytest.raises(openconnectors.ConnectionMissing, match="found by its path gets no values"):
        openconnectors.load_file(path)
    called = command("call", str(path), "get_a")
    assert called.returncode == 1
    assert CANARY not in called.stderr + called.stdout
    assert service.keys == []
    openconnectors.load_file(path, connection={"key": "given"}).get_a()
    assert service.keys == ["given"]


def test_completion_uses_no_connection(shelf: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """TAB sends no credential: not for a connector found by name, not for a document."""
    content = document(service.host)
    choices = {"operationId": "GetA", "value-path": "x", "value-title": "x"}
    parameter = {"name": "q", "in": "query", "type": "string", "x-ms-dynamic-values": choices}
    enum = {"name": "e", "in": "query", "type": "string", "enum": ["red", "blue"]}
    content["paths"]["/b"] = {
        "get": {"operationId": "GetB", "parameters": [parameter, enum], "responses": {"200": {"description": "ok"}}}
    }
    path = written(shelf, content)
    environment = {"WEATHER_KEY": CANARY, "_CONNECTORS_COMPLETE": "bash_complete", "COMP_CWORD": "5"}
    for name in ("weather", str(path)):
        assert command(**environment, COMP_WORDS=f"connectors call {name} get_b --q ").stdout.strip() == ""
        assert "red" in command(**environment, COMP_WORDS=f"connectors call {name} get_b --e ").stdout
    assert service.keys == []


def test_a_saved_connection_is_for_the_place_it_was_saved_for(
    shelf: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document goes elsewhere, or the base URL does: it is refused, and the error says what to do."""
    monkeypatch.setenv("OWN", CANARY)
    path = written(shelf, document(service.host))
    done = command("connect", "weather", "--set", "key=${OWN}", OWN=CANARY)
    assert done.returncode == 0, done.stderr
    assert f'bound-to = "{service.url}"' in connection_file.saved_file().read_text()
    openconnectors.load("weather").get_a()
    openconnectors.load_file(path, connection="default").get_a()
    assert service.keys == [CANARY, CANARY]
    with pytest.raises(openconnectors.ConnectionMissing, match=f"is for {service.url}, and this is http://127.0.0.1:1"):
        openconnectors.load("weather", base_url="http://127.0.0.1:1")
    for other in ("127.0.0.1:1", "localhost", "evil.example"):
        written(shelf, document(other))
        with pytest.raises(openconnectors.ConnectionMissing, match="it was not used"):
            openconnectors.load("weather")
    written(shelf, document(service.host, basePath="/elsewhere"))
    with pytest.raises(openconnectors.ConnectionMissing, match="connectors connect weather --as NAME"):
        openconnectors.load("weather")
    assert len(service.keys) == 2


def test_a_document_takes_no_saved_connection_over(tmp_path: Path, shelf: Path, service: Service) -> None:
    """Connecting a file does not replace what was saved for another place under its name."""
    written(shelf, document(service.host))
    assert command("connect", "weather", "--set", "key=${OWN}", OWN="x").returncode == 0
    evil = written(tmp_path, document("127.0.0.1:1"))
    done = command("connect", str(evil), "--set", "key=${OWN}", OWN="x")
    assert done.returncode == 1
    assert "choose another name" in done.stderr
    done = command("connect", str(evil), "--as", "mine", "--set", "key=${OWN}", OWN="x")
    assert done.returncode == 0, done.stderr


def test_a_saved_connection_without_a_place_is_for_connectors_found_by_name(
    tmp_path: Path, shelf: Path, service: Service
) -> None:
    """A saved connection without an origin serves the connector of its name only."""
    saved(f'[weather.default]\nkey = "{CANARY}"\n')
    written(shelf, document(service.host))
    openconnectors.load("weather").get_a()
    path = written(tmp_path, document(service.host))
    with pytest.raises(openconnectors.ConnectionMissing, match='Add bound-to = "http://127'):
        openconnectors.load_file(path, connection="default")
    assert service.keys == [CANARY]


def test_a_saved_connection_for_a_test_server_is_used_with_it(shelf: Path, service: Service) -> None:
    """A connection saved with --base-url is sent to that server."""
    written(shelf, document("h.example"))
    more = ("--base-url", service.url)
    assert command("connect", "weather", "--as", "test", "--set", "key=${OWN}", *more, OWN="x").returncode == 0
    done = command("call", "weather", "get_a", "--connection", "test", *more, OWN=CANARY)
    assert done.returncode == 0, done.stderr
    assert service.keys == [CANARY]


def test_a_file_of_connections_that_cannot_be_read_shows_nothing_of_it(shelf: Path, service: Service) -> None:
    """The error of an unreadable connections file shows none of its text."""
    written(shelf, document(service.host))
    for text in (
        f'[weather.default]\nkey = "{CANARY}\n',
        f"key {CANARY}",
        f'[weather.default]\nkey = "a"\nkey = "{CANARY}"',
    ):
        saved(text)
        with pytest.raises(openconnectors.ConnectionMissing, match="cannot be read: not valid TOML") as refused:
            openconnectors.load("weather")
        assert CANARY not in f"{refused.value!r} {refused.value.__context__!r}"


SAVES = """
import sys
from pathlib import Path
from openconnectors import connection_file, registry
from openconnectors.engine.documents import loader
entry = registry.find("weather")
service = loader.load(entry.document)
for index in range(15):
    connection_file.save("weather", f"c{sys.argv[1]}-{index}", service, {"key": "${OWN}"}, "http://h")
"""


def test_processes_that_save_at_once_keep_everything(shelf: Path, service: Service) -> None:
    """Three of them, fifteen connections each."""
    written(shelf, document(service.host))
    workers = [subprocess.Popen([sys.executable, "-c", SAVES, str(number)], cwd=ROOT) for number in range(3)]
    assert [worker.wait(timeout=300) for worker in workers] == [0, 0, 0]
    assert len(connection_file.all_saved()) == 45
    assert [path.name for path in connection_file.saved_file().parent.iterdir() if path.suffix == ".part"] == []


def test_threads_that_save_at_once_keep_everything(shelf: Path, service: Service) -> None:
    """Connections that threads save at once are all kept."""
    known = loader.load(written(shelf, document(service.host)))

    def save(number: int) -> None:
        for index in range(10):
            connection_file.save("weather", f"c{number}-{index}", known, {"key": "${OWN}"})

    threads = [threading.Thread(target=save, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(connection_file.all_saved()) == 40


def test_a_lock_is_not_waited_for_without_end(tmp_path: Path) -> None:
    """Waiting for a lock ends with TimeoutError after its seconds."""
    path = tmp_path / "a.lock"
    with locked(path), pytest.raises(TimeoutError), locked(path, seconds=0.1):
        pass
    with locked(path, seconds=0.1):
        pass


def test_what_cannot_be_written_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connections file that cannot be written raises ConnectionMissing."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CONNECTORS_CONFIG", str(tmp_path / "file"))
    entry = registry.find("twilio")
    with pytest.raises(openconnectors.ConnectionMissing, match="cannot be written"):
        connection_file.save("twilio", "default", loader.load(entry.document), {"access_token": "${OWN}"})


URLS = {
    "user information": "http://user:{canary}@127.0.0.1:1/d.json",
    "user information, a port": "http://{canary}@127.0.0.1:{port}/d.json",
    "a query, 404": "http://127.0.0.1:{port}/404?token={canary}",
    "a query, refused": "http://127.0.0.1:1/d.json?token={canary}",
    "a query, a redirect": "http://127.0.0.1:{port}/302?token={canary}",
    "a query, no document": "http://127.0.0.1:{port}/html?token={canary}",
    "a fragment": "http://127.0.0.1:{port}/d.json#{canary}",
    "a file": "file:///etc/{canary}",
    "another scheme": "ftp://h/{canary}?{canary}",
}


@pytest.mark.parametrize("url", [url for name, url in URLS.items() if name not in ("a file", "another scheme")])
def test_add_shows_no_credential_of_a_url(shelf: Path, url: str) -> None:
    """add follows no redirect and shows no credential of its URL."""

    @Request.application
    def site(request: Request) -> Response:
        status = int(request.path[1:]) if request.path[1:].isdigit() else 200
        return Response("<html>", status, {"Location": f"http://inside.example/x?k={CANARY}"})

    with serving(make_server("127.0.0.1", 0, site, threaded=True)) as server:
        done = command("add", url.format(canary=CANARY, port=server.rpartition(":")[2]), "--name", "zz")
    assert done.returncode == 1
    assert CANARY not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    if "302" in url:
        assert "a redirect to http://inside.example/x" in done.stderr


def test_add_refuses_what_is_no_url_of_a_document(shelf: Path) -> None:
    """add refuses a URL that is not http or https."""
    for name in ("a file", "another scheme"):
        done = command("add", URLS[name].format(canary="x"), "--name", "zz")
        assert done.returncode == 1
        assert "is not the URL of a document" in done.stderr


def test_add_ends_in_time(shelf: Path, listener: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing is given up."""
    monkeypatch.setattr(sources, "_FETCH_TIMEOUT", 0.2)
    done = CliRunner().invoke(add.command, [f"{listener.url}/d.json", "--name", "zz"])
    assert isinstance(done.exception, openconnectors.Timeout)


def test_a_saved_connection_is_for_the_token_endpoint_too(shelf: Path, service: Service) -> None:
    """A document that asks for tokens elsewhere would get the client's secret there."""
    content = document(service.host)
    oauth = {"type": "oauth2", "flow": "application", "tokenUrl": f"{service.url}/token", "scopes": {}}
    content["securityDefinitions"], content["security"] = {"o": oauth}, [{"o": []}]
    del content["x-connector-properties"]
    written(shelf, content)
    options = ("--set", "client_id=i", "--set", "client_secret=${OWN}", "--no-test")
    assert command("connect", "weather", *options, OWN="x").returncode == 0
    assert command("call", "weather", "get_a", "--dry-run", OWN="x").returncode == 0
    content["securityDefinitions"]["o"]["tokenUrl"] = "https://evil.example/token"
    written(shelf, content)
    done = command("call", "weather", "get_a", "--dry-run", OWN="x")
    assert done.returncode == 1
    assert "this is" in done.stderr
    assert "https://evil.example/token" in done.stderr
