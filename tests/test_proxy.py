"""The proxy on loopback: what it forwards, where to, and what it reports."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.documents import loader
from openconnectors.engine.model import Service
from openconnectors.engine.traffic.proxy import Passed, Proxy
from openconnectors.network import LOOPBACK
from openconnectors.testing import ConnectorSandbox, sandbox
from tests.conftest import Listener, command
from tests.test_sandbox import DOCUMENT
from tests.test_transports import Server, sized

MESSAGE = {"to": "+14155552345", "from_": "+15005550006", "body": "Hello"}


@contextmanager
def proxied(service: Service, url: str, **options: Any) -> Iterator[tuple[Proxy, list[Passed]]]:
    """A proxy to a URL, and what has passed."""
    passed: list[Passed] = []
    transport: Any = LOOPBACK.open()
    with Proxy(service, url, Runner(transport), passed.append, **options) as proxy:
        yield proxy, passed
    transport.close()


@pytest.fixture(scope="module")
def upstream() -> Iterator[ConnectorSandbox]:
    with sandbox("twilio") as running:
        yield running


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Service:
    path = tmp_path_factory.mktemp("proxy") / "pets.swagger.json"
    path.write_text(json.dumps(DOCUMENT), "utf-8")
    return loader.load(path)


@pytest.fixture
def server() -> Iterator[Server]:
    """A service of the test's: what it answers is set by each."""
    running = Server()
    running.url = running.url.removesuffix("/thing")
    yield running
    running.close()


def exchange(proxy: Proxy, head: str, body: bytes = b"") -> tuple[int, str, bytes]:
    """Status, head and body of the response to a request as bytes."""
    with socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2]))) as connection:
        connection.settimeout(20)
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        connection.sendall(f"{head}\r\nHost: localhost\r\nConnection: close\r\n{length}\r\n".encode() + body)
        data = b"".join(iter(lambda: connection.recv(65536), b""))
    start, _, rest = data.partition(b"\r\n\r\n")
    return int(start.split(b" ", 2)[1]), start.decode(), rest


def test_what_keeps_to_the_document_passes(upstream: ConnectorSandbox, service: Service) -> None:
    """A connector works through the proxy as without it: JSON, XML, credentials; nothing deviates."""
    with proxied(service, upstream.url) as (proxy, passed):
        twilio = openconnectors.load("twilio", connection=upstream.connection, base_url=proxy.url)
        message = twilio.send_message(**MESSAGE)
        assert twilio.get_message.using(accept="application/xml")(message_id=message["sid"])["body"] == "Hello"
        twilio.close()

    assert [(each.operation, each.status, each.deviations) for each in passed] == [
        ("send_message", 201, ()),
        ("get_message", 200, ()),
    ]
    assert upstream.received[-1].headers["accept"].startswith("application/xml")


def test_the_account_is_not_known_to_the_proxy(upstream: ConnectorSandbox, service: Service) -> None:
    """A connection value in the base path may be any: the operation is recognised, the service decides."""
    with proxied(service, upstream.url) as (proxy, passed):
        other = {**upstream.connection, "account_id": "AC" + "7" * 32}
        twilio = openconnectors.load("twilio", connection=other, base_url=proxy.url)
        with pytest.raises(openconnectors.AnswerError):
            twilio.send_message(**MESSAGE)
        twilio.close()

    assert [(each.operation, each.deviations) for each in passed] == [("send_message", ())]


def test_what_deviates_is_reported(server: Server, pets: Service) -> None:
    """Every deviation of a request and of its response is reported, each with its place; both pass unchanged."""
    server.answer = sized(b'{"name": 7}', "Content-Type: application/json", "X-Own: kept", "Connection: close")
    with proxied(pets, server.url) as (proxy, passed):
        status, head, body = exchange(
            proxy, "POST /v1/pets?limit=x HTTP/1.1\r\nContent-Type: application/json", b'{"age": "old"}'
        )

    assert (status, body) == (200, b'{"name": 7}')
    assert "X-Own: kept" in head
    assert server.requests[-1].endswith(b'{"age": "old"}')
    (each,) = passed
    assert (each.operation, each.status) == ("add", 200)
    texts = [str(deviation) for deviation in each.deviations]
    assert len(texts) >= 3
    assert any(text.startswith("request:") and "name" in text for text in texts)
    assert any(text.startswith("request:") and "age" in text for text in texts)
    assert any("response:" in text and "200" in text for text in texts)  # 201 is declared


def test_an_unknown_path_is_forwarded_and_reported(server: Server, pets: Service) -> None:
    """A path that the document does not have is a deviation of the request."""
    server.answer = sized(b"{}", "Content-Type: application/json", "Connection: close")
    with proxied(pets, server.url) as (proxy, passed):
        assert exchange(proxy, "GET /v1/cats HTTP/1.1")[0] == 200

    assert [str(deviation) for deviation in passed[0].deviations] == ["request: no resource at /v1/cats"]


def test_deviations_can_be_refused(server: Server, pets: Service) -> None:
    """With refuses, a wrong request is not forwarded, and a wrong response does not arrive."""
    server.answer = sized(b'{"name": 7}', "Content-Type: application/json", "Connection: close")
    with proxied(pets, server.url, refuses=True) as (proxy, passed):
        assert exchange(proxy, "GET /v1/pets?limit=11 HTTP/1.1")[0] == 400
        assert not server.requests
        status, _, body = exchange(proxy, "GET /v1/pets/1 HTTP/1.1")

    assert status == 502
    assert "name" in json.loads(body)["detail"]
    assert [each.status for each in passed] == [400, 502]


TARGETS = [
    "http://elsewhere.example/v1/pets", "//elsewhere.example/v1/pets", "/../v1/pets", "/v1/%2e%2e/pets",
    "/v1/pets\\@elsewhere.example", "@elsewhere.example/", ":1/",
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_else_is_forwarded_to(target: str, server: Server, pets: Service, listener: Listener) -> None:
    """Whatever a request says, it goes below the upstream URL or nowhere."""
    server.answer = sized(b"{}", "Content-Type: application/json", "Connection: close")
    with proxied(pets, f"{server.url}/base") as (proxy, _):
        status = exchange(proxy, f"GET {target} HTTP/1.1")[0]

    assert all(request.startswith(b"GET /base/") for request in server.requests)
    assert status >= 400 or server.requests
    assert listener.untouched()


def test_another_host_name_is_refused(server: Server, pets: Service) -> None:
    """A web page whose name resolves to loopback (DNS rebinding) is not served."""
    with (
        proxied(pets, server.url) as (proxy, _),
        socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2]))) as connection,
    ):
        connection.sendall(b"GET /v1/pets HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 421 ")

    assert not server.requests


def test_redirects_are_handed_back(server: Server, pets: Service) -> None:
    """A redirect is not followed; within the service it leads back to the proxy."""
    server.answer = sized(b"", f"Location: {server.url}/v1/pets/2", "Connection: close", status="307 Temporary")
    with proxied(pets, server.url) as (proxy, _):
        status, head, _ = exchange(proxy, "GET /v1/pets/1 HTTP/1.1")
        assert f"Location: {proxy.url}/v1/pets/2" in head

    assert status == 307
    assert len(server.requests) == 1


def test_header_fields_go_along(server: Server, pets: Service) -> None:
    """Fields of the message are forwarded, those of the connection are not (RFC 9110 section 7.6.1)."""
    server.answer = sized(b"{}", "Content-Type: application/json", "Set-Cookie: a=1", "Set-Cookie: b=2")
    with proxied(pets, server.url) as (proxy, _):
        _, head, _ = exchange(
            proxy,
            "GET /v1/pets HTTP/1.1\r\nAuthorization: Bearer token\r\nX-Own: 1\r\nConnection: x-hop\r\nX-Hop: 1",
        )

    sent = server.requests[-1]
    assert b"\r\nAuthorization: Bearer token\r\n" in sent
    assert b"\r\nX-Own: 1\r\n" in sent
    assert b"X-Hop" not in sent
    assert head.count("Set-Cookie: ") == 2
    assert len(re.findall("(?m)^Date: ", head)) == 1


def test_a_response_without_a_body_does_not_deviate(server: Server, pets: Service) -> None:
    """HEAD has no body, and the length of the one that GET has (RFC 9110 section 9.3.2)."""
    server.answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4711\r\n\r\n"
    with proxied(pets, server.url) as (proxy, passed):
        status, head, body = exchange(proxy, "HEAD /v1/pets HTTP/1.1")

    assert (status, body) == (200, b"")
    assert re.findall("(?m)^Content-Length: (.*?)\r?$", head) == ["4711"]
    assert [(each.operation, each.deviations) for each in passed] == [("list", ())]


def test_many_clients_at_once(upstream: ConnectorSandbox, service: Service) -> None:
    """Calls of several threads get each its response, and have each a line of the report."""
    with proxied(service, upstream.url) as (proxy, passed):
        twilio = openconnectors.load("twilio", connection=upstream.connection, base_url=proxy.url)
        with ThreadPoolExecutor(8) as pool:
            texts = [f"text {number}" for number in range(16)]
            sent = list(pool.map(lambda text: twilio.send_message(**{**MESSAGE, "body": text})["body"], texts))
        twilio.close()

    assert sent == texts
    assert [(each.status, each.deviations) for each in passed] == [(201, ())] * 16


def test_a_dead_service_is_reported(pets: Service) -> None:
    """Without a service the client gets 502, and the report says why."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with proxied(pets, url) as (proxy, passed):
        assert exchange(proxy, "GET /v1/pets HTTP/1.1")[0] == 502

    assert "refused" in str(passed[0].deviations[0])


@pytest.mark.parametrize("output", ["text", "ndjson"])
def test_the_command_reports_on_standard_error(
    output: str, upstream: ConnectorSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """connectors proxy prints its address; its report has a line for each deviation, or an object for each exchange,
    and no secret."""

    def calls(proxy: Proxy) -> None:
        twilio = openconnectors.load("twilio", connection=upstream.connection, base_url=proxy.url)
        twilio.send_message(**MESSAGE)
        twilio.close()
        exchange(proxy, "GET /elsewhere?secret=1 HTTP/1.1")

    monkeypatch.setattr(Proxy, "wait", calls)

    done = command("proxy", "twilio", upstream.url, "--output", output, "--no-env")

    assert done.returncode == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", done.stdout)
    report = done.stderr.splitlines()[1:]
    if output == "ndjson":
        first, second = map(json.loads, report)
        assert set(first) == {"method", "path", "operation", "status", "seconds", "deviations"}
        assert (first["operation"], first["status"], first["deviations"]) == ("send_message", 201, [])
        assert second["deviations"][0] == {"part": "request", "place": "", "message": "no resource at /elsewhere"}
    else:
        assert report == ["GET /elsewhere 404: request: no resource at /elsewhere"]
    assert upstream.connection["access_token"] not in done.stderr
    assert "secret" not in done.stderr


def test_a_wrong_url_is_refused(tmp_path: Path) -> None:
    """A URL that is none, or has a query, is refused with its reason."""
    done = command("proxy", "twilio", "ftp://example.com")

    assert done.returncode == 1
    assert "is not an http(s) URL" in done.stderr
