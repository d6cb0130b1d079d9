"""Tokens: renewed once, never with a refresh token that is used up; and how one is obtained in a browser."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import trio
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors import connecting, connection_file
from openconnectors.engine import http
from openconnectors.engine.auth import oauth2 as oauth
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.client.connector import connected
from openconnectors.engine.flows import Acquire, Flow, Wait
from openconnectors.engine.model import ConnectionParameter
from openconnectors.engine.secret import Secret
from tests.awaited import LOOPS
from tests.conftest import ROOT, serving
from tests.examples import spread


class Provider:
    """A provider that rotates: a refresh token is good once, and the access token that it gives is the good one.

    ``answer``, where it is set, is what the token endpoint says instead."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.used: list[str] = []
        self.good = "T0"
        self.calls: list[str] = []
        self.answer: Response | None = None
        self.lifetime: Any = 3600
        self.url = ""

    def application(self, request: Request) -> Response:
        with self.lock:
            if request.path == "/token":
                return self.token(request)
            self.calls.append(request.headers.get("Authorization", ""))
            good = self.calls[-1] == f"Bearer {self.good}"
        time.sleep(0.02)
        return Response("{}", 200 if good else 401, content_type="application/json")

    def token(self, request: Request) -> Response:
        used = request.form.get("refresh_token", "")
        self.used.append(used)
        time.sleep(0.05)
        if self.answer is not None:
            return self.answer
        if used and used != f"R{self.count}":
            return json_response({"error": "invalid_grant", "error_description": f"{used} is used up"}, 400)
        self.count += 1
        self.good = f"T{self.count}"
        return json_response(
            {
                "access_token": self.good,
                "refresh_token": f"R{self.count}",
                "expires_in": self.lifetime,
                "token_type": "x",
            }
        )


def json_response(content: Any, status: int = 200) -> Response:
    return Response(json.dumps(content), status, content_type="application/json")


@pytest.fixture
def provider() -> Iterator[Provider]:
    known = Provider()
    application = Request.application(lambda request: known.application(request))
    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        known.url = url
        yield known


@pytest.fixture
def path(provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    scheme = {"type": "oauth2", "flow": "accessCode", "authorizationUrl": f"{provider.url}/authorize", "scopes": {}}
    document = {
        "swagger": "2.0",
        "info": {"title": "People", "version": "1"},
        "host": provider.url.partition("://")[2],
        "schemes": ["http"],
        "paths": {"/a": {"get": {"operationId": "GetA", "responses": {"200": {"description": "ok"}}}}},
        "securityDefinitions": {"oauth": {**scheme, "tokenUrl": f"{provider.url}/token"}},
        "security": [{"oauth": []}],
    }
    file = tmp_path / "shelf" / "people.swagger.json"
    file.parent.mkdir()
    file.write_text(json.dumps(document))
    monkeypatch.setenv("CONNECTORS_PATH", str(file.parent))
    return file


VALUES = {"client_id": "i", "client_secret": "s", "token": "T-old", "refresh_token": "R0"}


def at_once(call: Any, count: int = 10) -> list[Any]:
    def tried(_: int) -> Any:
        try:
            return call()
        except openconnectors.ConnectorError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(tried, range(count)))


def test_a_wave_of_refused_calls_renews_once(path: Path, provider: Provider) -> None:
    """Concurrent calls refused with one token renew it once."""
    connector = openconnectors.load_file(path, connection=VALUES)
    assert at_once(connector.get_a) == [{}] * 10
    assert provider.used == ["R0"]
    provider.good = "taken back"
    provider.count = 1
    assert at_once(connector.get_a) == [{}] * 10
    assert provider.used == ["R0", "R1"]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_wave_of_awaited_calls_renews_once(path: Path, provider: Provider, loop: str) -> None:
    """Concurrent coroutines wait for one renewal; if who renews is cancelled meanwhile, its token is not lost, and the
    lock is left."""
    connector = openconnectors.load_file_async(path, connection=VALUES)
    results: list[Any] = []

    async def call() -> None:
        results.append(await connector.get_a())

    async def under_asyncio() -> None:
        task = asyncio.create_task(call())
        while not provider.used:
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, *(call() for _ in range(10)), return_exceptions=True)
        assert task.cancelled()

    async def under_trio() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(call)
            with trio.move_on_after(60) as scope:
                nursery.start_soon(renewal_begins, scope)
                await call()
            assert scope.cancelled_caught

    async def renewal_begins(scope: trio.CancelScope) -> None:
        while not provider.used:
            await trio.sleep(0.001)
        scope.cancel()

    LOOPS[loop](under_asyncio if loop == "asyncio" else under_trio)
    assert results == [{}] * 10
    assert provider.used == ["R0"]


def test_a_late_refusal_of_an_old_token_renews_nothing(path: Path, provider: Provider) -> None:
    """A refusal of a token that was already replaced uses no refresh token again."""
    connector = openconnectors.load_file(path, connection=VALUES)
    operation = connected(connector).service.operations["GetA"]
    late = connector.connection.send(operation, connector.get_a.request(), send_once)
    sent = next(late)
    assert connector.get_a() == {}
    held = late.send(http.Response(401, http.Headers()))
    assert isinstance(held, Acquire)
    held.lock.__enter__()
    again = next(late)
    assert provider.used == ["R0"]
    assert isinstance(sent, http.Request)
    assert isinstance(again, http.Request)
    assert sent.credentials.matches({"Authorization": "Bearer T-old"}, {})
    assert again.credentials.matches({"Authorization": "Bearer T1"}, {})


def send_once(request: http.Request) -> Flow[http.Response]:
    """Send a request as it is."""
    return (yield request)


def test_a_late_refusal_of_a_plain_call_renews_nothing(
    path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain call that is refused while another renews the token is sent again with it, and renews nothing."""
    connector = openconnectors.load_file(path, connection=VALUES)
    assert [connector.get_a(), connector.get_a()] == [{}, {}]
    provider.good = "taken back"
    answer, others = provider.application, [connector.get_a]

    def late(request: Request) -> Response:
        response = answer(request)
        if others and request.path == "/a":
            assert others.pop()() == {}
        return response

    monkeypatch.setattr(provider, "application", late)
    assert connector.get_a() == {}
    assert provider.used == ["R0", "R1"]


def test_a_refused_refresh_token_is_sent_once(path: Path, provider: Provider) -> None:
    """A refused refresh token is sent once; every caller gets an error instance of its own."""
    provider.count = 7
    connector = openconnectors.load_file(path, connection=VALUES)
    first, second = at_once(connector.get_a), at_once(connector.get_a)
    assert {type(error) for error in first + second} == {openconnectors.ConnectionMissing}
    assert len({id(error) for error in first + second}) == 20
    assert provider.used == ["R0"]


def test_a_failing_token_endpoint_is_called_once_by_concurrent_calls(path: Path, provider: Provider) -> None:
    """Concurrent calls share one failed renewal, and a later call tries again."""
    provider.answer = Response("busy", 503)
    connector = openconnectors.load_file(path, connection=VALUES)
    assert all(isinstance(error, openconnectors.ConnectorError) for error in at_once(connector.get_a))
    attempts = len(provider.used)
    assert attempts < 10
    provider.answer = None
    assert connector.get_a() == {}


def test_a_renewed_token_of_the_saved_default_is_kept(path: Path, provider: Provider, tmp_path: Path) -> None:
    """The renewed token of the saved default connection is saved, because the old one is used up."""
    secret = tmp_path / "secret"
    secret.write_text("s")
    file = connection_file.saved_file()
    file.parent.mkdir(parents=True)
    file.write_text(f'[people.default]\nclient_id = "i"\nclient_secret = "file:{secret}"\nrefresh_token = "R0"\n')
    keyring = file.parent / "keyring.json"
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", f"{KEYRING}\nprint(openconnectors.load('people').get_a())", str(keyring)],
            cwd=ROOT, capture_output=True, text=True, env=dict(os.environ), check=False,
        )  # fmt: skip
        assert done.stdout == "{}\n", done.stderr
    assert 'refresh_token = "keyring:"' in file.read_text()


KEYRING = """
import json, sys
from pathlib import Path
import keyring
from keyring.backend import KeyringBackend
from openconnectors.locks import locked
class Kept(KeyringBackend):
    priority = 1
    def get_password(self, service, name):
        path = Path(sys.argv[1])
        return json.loads(path.read_text()).get(name) if path.exists() else None
    def set_password(self, service, name, password):
        path = Path(sys.argv[1])
        with locked(path.with_suffix(".lock")):
            known = json.loads(path.read_text()) if path.exists() else {}
            part = path.with_suffix(".part")
            part.write_text(json.dumps({**known, name: password}))
            part.replace(path)
keyring.set_keyring(Kept())
import openconnectors
"""


def test_processes_with_one_saved_connection_use_no_refresh_token_twice(
    path: Path, provider: Provider, tmp_path: Path
) -> None:
    """The second takes what the first has got and kept."""
    file = connection_file.saved_file()
    file.parent.mkdir(parents=True)
    file.write_text('[people.default]\nclient_id = "i"\nrefresh_token = "R0"\n')
    command = [
        sys.executable,
        "-c",
        f"{KEYRING}\nprint(openconnectors.load('people').get_a())",
        str(file.parent / "k.json"),
    ]
    workers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [worker.communicate(timeout=120)[0] for worker in workers] == ["{}\n"] * 3
    assert len(set(provider.used)) == len(provider.used)


@pytest.mark.parametrize("place", ["no keyring", "no folder"])
def test_a_token_that_cannot_be_kept_is_a_warning(
    path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    """The call goes on, and the warning shows no token."""
    file = connection_file.saved_file()
    file.parent.mkdir(parents=True)
    file.write_text('[people.default]\nclient_id = "i"\nrefresh_token = "R0"\n')
    monkeypatch.setattr("keyring.set_password", refusing)
    connector = openconnectors.load("people")
    if place == "no folder":
        file.unlink()
        file.parent.rmdir()
        file.parent.write_text("")
    assert connector.get_a() == {}
    assert "cannot be kept" in caplog.text
    assert "R1" not in caplog.text


def refusing(*_: str) -> None:
    raise RuntimeError("no keyring")


SHAPES = [3600, "3600", 3599.5, "3599.0", "never", "", None, True, [1], {"a": 1}, -1, 0, 10**400, 1e308, "1e400", "nan"]


@pytest.mark.parametrize("lifetime", SHAPES, ids=str)
def test_expires_in_is_read_in_any_shape(path: Path, provider: Provider, lifetime: Any) -> None:
    """If expires_in is not a number of seconds, the token is used until it is refused."""
    provider.lifetime = lifetime
    connector = openconnectors.load_file(path, connection={"client_id": "i", "refresh_token": "R0"})
    assert connector.get_a() == {}
    if lifetime not in (0,):
        assert connector.get_a() == {}
        assert provider.used == ["R0"]


def test_expires_in_beyond_a_double_is_read(path: Path, provider: Provider) -> None:
    """expires_in: 1e400 in a token response is read, and the token is used."""
    provider.answer = Response('{"access_token": "T1", "expires_in": 1e400}', content_type="application/json")
    provider.good = "T1"
    assert openconnectors.load_file(path, connection={"client_id": "i", "refresh_token": "R0"}).get_a() == {}


ANSWERS = [
    "", "null", "[]", '"x"', "1", "{}", '{"access_token": null}', '{"access_token": ""}', '{"access_token": ["x"]}',
    '{"access_token": "a\\nb"}', '{"access_token": "\\ud800"}', '{"error": null}', '{"error": ["x"]}', "[" * 100_000,
    '{"error": {"code": 1}, "error_description": {"a": ["b"]}}', '{"error": "é", "error_description": "ü\\u0000\\n"}',
    '{"access_token": "x", "refresh_token": 1, "expires_in": {}}', "<html>", '{"a": 1, "a": 2}',
]  # fmt: skip


@pytest.mark.parametrize("status", spread([200, 401, 400, 404, 503, 429, 500], 2))
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer[:40])
def test_a_token_answer_in_any_shape_is_a_token_or_an_error_of_ours(
    path: Path, provider: Provider, answer: str, status: int
) -> None:
    """Any unusable token response raises an error of the tree, whatever its status."""
    provider.answer = Response(answer, status, content_type="application/json")
    connector = openconnectors.load_file(path, connection={"client_id": "i", "refresh_token": "R0"})
    with pytest.raises(openconnectors.ConnectorError):
        connector.get_a()


@pytest.mark.parametrize("written", ["1", "never", "1e400", "", "nan", "3e11"])
def test_the_end_of_a_kept_token_is_read_in_any_shape(path: Path, provider: Provider, written: str) -> None:
    """expires_at of a saved token may be any text."""
    connector = openconnectors.load_file(path, connection={**VALUES, "token": "T0", "expires_at": written})
    assert connector.get_a() == {}


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "javascript:alert(1)", "--new-window", "-x", "http://evil.example/authorize", "data:,x",
        "https://user@evil.example/", "https://a b/", "https://h/\n--flag", "ftp://h/", "//h/x", "", "https:///x",
        "HTTP://h/", "https://h\\@evil.example/", "https://[::1", "https://h:99999/", "http://127.0.0.1.evil.example/",
    ],
)  # fmt: skip
def test_no_other_url_is_opened_in_a_browser(
    path: Path, monkeypatch: pytest.MonkeyPatch, url: str, tmp_path: Path
) -> None:
    """https, or http on loopback: RFC 6749 section 3.1, RFC 8252 section 7.3."""
    opened: list[str] = []
    monkeypatch.setattr(connecting.webbrowser, "open", opened.append)
    settings = oauth.OAuth(authorize=url, token="https://h.example/token")
    parameter = oauth_parameter(settings)
    with pytest.raises(openconnectors.ConnectionMissing):
        connecting.token(parameter, "browser", {"client_id": "i"}, None, opened.append)  # type: ignore[arg-type]
    assert opened == []


def oauth_parameter(settings: oauth.OAuth) -> ConnectionParameter:
    return ConnectionParameter(name="token", oauth=settings)


class Peer:
    """What a device endpoint answers."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def send(self, request: http.Request) -> http.Response:
        return http.Response(200, http.Headers(), json.dumps(self.answer).encode())


GOOD = {"device_code": "D", "user_code": "U", "verification_uri": "https://h.example/device"}


@pytest.mark.parametrize(
    "answer",
    [
        {}, [], {**GOOD, "device_code": 1}, {**GOOD, "user_code": None}, {**GOOD, "verification_uri": "file:///x"},
        {**GOOD, "verification_uri": "--x"}, {**GOOD, "verification_uri": "http://evil.example/"}, {"error": ["x"]},
        {"error": {"a": "b"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_device_answer_that_cannot_be_followed_is_refused(answer: Any) -> None:
    """A device response with unusable codes or a verification_uri that is not https is refused."""
    settings = oauth.OAuth(device="https://h.example/device", token="https://h.example/token")
    with pytest.raises(openconnectors.ConnectorError):
        connecting.token(oauth_parameter(settings), "device", {"client_id": "i"}, Peer(answer), lambda message: None)


@pytest.mark.parametrize("interval", [5, "5", "5.0", None, "soon", [1], -1, 1e400, True, {}], ids=str)
def test_the_interval_of_a_device_flow_is_read_in_any_shape(interval: Any) -> None:
    """An interval that is not a positive number of seconds is the 5 s of RFC 8628 section 3.2."""
    client = oauth.Client(oauth.OAuth(device="https://h.example/d"), "i")
    device = Runner(Peer({**GOOD, "interval": interval})).run(client.device())
    assert device.user_code == "U"
    if interval != 1e400:
        assert next(client.by_device(device)) == Wait(5.0)


def test_the_redirect_server_is_held_up_by_nobody() -> None:
    """Silent connections, half requests, HEAD, icons, wrong states: the code still arrives, and at once."""
    with connecting._Redirect() as redirect:
        redirect.state = Secret("the-state")
        host = redirect.url.partition("://")[2].partition("/")[0]
        place = (host.partition(":")[0], int(host.partition(":")[2]))
        held = [socket.create_connection(place) for _ in range(50)]
        held[0].sendall(b"GET /callback?code=evil&state=")
        held[1].sendall(b"\0\0garbage\r\n\r\n")
        for target in ("/favicon.ico", "/callback?code=x&state=wrong", "/callback?code=x", "/callback", "/?code=x"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://{host}{target}", timeout=10)
        head = urllib.request.Request(f"{redirect.url}?code=c0de&state=the-state", method="HEAD")  # noqa: S310
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(head, timeout=10)  # noqa: S310
        with urllib.request.urlopen(f"{redirect.url}?code=c0de&state=the-state", timeout=10) as page:  # noqa: S310
            assert b"You may close this page" in page.read()
        assert redirect.wait() == Secret("c0de")
        for item in held:
            item.close()


def test_a_provider_that_refuses_in_the_browser_is_an_error() -> None:
    """error=… in the redirect raises ConnectionMissing with its text, without control characters."""
    with connecting._Redirect() as redirect:
        redirect.state = Secret("s")
        url = f"{redirect.url}?error=access_denied%0A&state=s"
        urllib.request.urlopen(url, timeout=10).close()  # noqa: S310 - loopback
        with pytest.raises(openconnectors.ConnectionMissing, match=r"refused: access_denied\Z"):
            redirect.wait()


def test_nobody_is_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for consent in the browser ends after a bound."""
    monkeypatch.setattr(connecting, "MAX_WAIT", 0.1)
    with connecting._Redirect() as redirect, pytest.raises(openconnectors.ConnectionMissing, match="nobody agreed"):
        redirect.wait()
