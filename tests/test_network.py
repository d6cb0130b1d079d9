"""The network as people have it: proxies, certificates, a session of their own, and logs that may be shown."""

from __future__ import annotations

import json
import logging
import re
import select
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from requests.adapters import HTTPAdapter

import openconnectors
from openconnectors.cli.network_options import NETWORK_OPTIONS, network_of
from openconnectors.engine.client.connector import runner_of
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.http import Request
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.engine.transports.proxies import Proxies
from openconnectors.network import Network
from tests.authority import Authority
from tests.awaited import LOOPS
from tests.conftest import ROOT, accepting
from tests.pages import run_code
from tests.test_transports import Server, received, sized

DOCUMENT = """
swagger: "2.0"
info: {title: Network, version: "1"}
securityDefinitions: {key: {type: apiKey, in: query, name: api_key}}
security: [{key: []}]
paths:
  /thing/{id}:
    get:
      operationId: getThing
      parameters: [{name: id, in: path, required: true, type: string}]
      responses: {200: {description: A thing, schema: {type: object}}}
"""
SECRET = "the-secret-of-this-test"


def load(tmp_path: Path, url: str, **options: Any) -> Any:
    path = tmp_path / "network.swagger.yaml"
    path.write_text(DOCUMENT)
    return openconnectors.load_file(path, connection={"api_key": SECRET}, base_url=url, **{"timeout": 5.0, **options})


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    running.answer = sized(b"{}", "Content-Type: application/json", "Connection: close")
    yield running
    running.close()


class Proxy:
    """A proxy on loopback: answers what is asked for over http by itself, and opens tunnels to ``target``."""

    def __init__(self, target: int = 0, refusal: bytes = b"") -> None:
        self.heads: list[bytes] = []
        self._target, self._refusal = target, refusal
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        accepting(self._socket, self._talk)

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError):  # who is refused hangs up
            self._serve(connection)

    def _serve(self, near: socket.socket) -> None:
        with near:
            head = received(near)
            if head is None:
                return
            self.heads.append(head)
            if self._refusal:
                near.sendall(self._refusal)
            elif not head.startswith(b"CONNECT"):
                near.sendall(sized(b'{"via": "proxy"}', "Content-Type: application/json", "Connection: close"))
            else:
                near.sendall(b"HTTP/1.1 200 Connection Established\r\n\r\n")
                with socket.create_connection(("127.0.0.1", self._target)) as far:
                    _relay(near, far)

    def close(self) -> None:
        self._socket.close()


def _relay(item: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([item, other], [], [], 5.0)[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is item else item).sendall(data)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    running = Proxy()
    yield running
    running.close()


# Proxies


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_the_environment_names_a_proxy(
    proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The request goes there in absolute form, its user to the proxy alone (RFC 9112 section 3.2.2)."""
    monkeypatch.setenv(name, f"http://us%40er:pa%3Ass@127.0.0.1:{proxy.port}")
    assert load(tmp_path, "http://service.invalid:8080").get_thing(id="7") == {"via": "proxy"}
    assert proxy.heads[0].startswith(b"GET http://service.invalid:8080/thing/7?api_key=")
    assert b"\r\nHost: service.invalid:8080\r\n" in proxy.heads[0]
    assert b"\r\nProxy-Authorization: Basic dXNAZXI6cGE6c3M=\r\n" in proxy.heads[0]


@pytest.mark.parametrize("options", [{"trust_env": False}, {"proxy": ""}, {"proxies": {}}])
def test_the_environment_can_be_left_out(
    server: Server, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    """trust_env=False, proxy='' or proxies={} ignore the proxy of the environment."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    assert load(tmp_path, server.url, **options).get_thing(id="7") == {}
    assert not proxy.heads


@pytest.mark.parametrize("kind", ["proxy", "proxies", "proxies for a host", "without a scheme"])
def test_a_proxy_can_be_given(proxy: Proxy, tmp_path: Path, kind: str) -> None:
    """A proxy is passed as proxy or proxies, for a scheme or for a host, with or without http://."""
    url = f"http://127.0.0.1:{proxy.port}"
    options: dict[str, Any] = {
        "proxy": {"proxy": url},
        "proxies": {"proxies": {"http": url, "https": "http://127.0.0.1:9"}},
        "proxies for a host": {"proxies": {"http": "http://127.0.0.1:9", "http://service.invalid": url}},
        "without a scheme": {"proxy": url.removeprefix("http://")},
    }[kind]
    assert load(tmp_path, "http://service.invalid", **options).get_thing(id="7") == {"via": "proxy"}


WITHOUT = [
    ("*", "a.example", 80, True),
    ("example", "a.example", 80, True),
    (".a.example", "a.example", 80, True),
    ("*.example", "a.example", 80, True),
    ("ample", "a.example", 80, False),
    ("a.example:80", "a.example", 80, True),
    ("a.example:81", "a.example", 80, False),
    ("b, A.Example ,c", "a.example", 80, True),
    ("127.0.0.0/8", "127.0.0.1", 80, True),
    ("10.0.0.0/8", "127.0.0.1", 80, False),
    ("127.0.0.1", "127.0.0.1", 80, True),
    ("0.0.1", "127.0.0.1", 80, False),
    ("::1", "::1", 80, True),
    ("[::1]:80", "::1", 80, True),
    ("[::1]:81", "::1", 80, False),
    ("", "a.example", 80, False),
]


@pytest.mark.parametrize(("entries", "host", "port", "without"), WITHOUT)
def test_no_proxy_lists_hosts_domains_networks_and_ports(entries: str, host: str, port: int, without: bool) -> None:
    """no_proxy matches hosts, domains, networks and ports."""
    proxies = Proxies({"http": "http://proxy.example:3128", "no_proxy": entries})
    assert (proxies.choose("http", host, port) is None) == without


@pytest.mark.parametrize("url", ["socks5://a:1", "http://", "http://a:99999", "http://[::1"])
def test_a_proxy_that_cannot_be_used_is_refused_at_load(tmp_path: Path, url: str) -> None:
    """An invalid proxy URL raises ConnectionMissing at load."""
    with pytest.raises(ConnectionMissing, match="proxy"):
        load(tmp_path, "http://service.invalid", proxy=url)


def test_a_proxy_of_the_environment_is_refused_where_it_is_used(
    proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many name a SOCKS proxy for everything beside one for http."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    assert load(tmp_path, "http://service.invalid").get_thing(id="7") == {"via": "proxy"}
    monkeypatch.delenv("HTTP_PROXY")
    with pytest.raises(ConnectionMissing, match="kind 'socks5'"):
        load(tmp_path, "http://service.invalid").get_thing(id="7")


def test_a_password_of_a_proxy_shows_nowhere(tmp_path: Path) -> None:
    """The password of a proxy URL is not in errors, reprs or attributes."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    api = load(tmp_path, "http://service.invalid", proxy=f"http://user:{SECRET}@127.0.0.1:{port}", timeout=2.0)
    with pytest.raises(openconnectors.ConnectionFailed, match="the proxy: Connection refused") as caught:
        api.get_thing(id="7")
    assert SECRET not in f"{caught.value} {api!r} {runner_of(api).transport!r} {vars(runner_of(api).transport)}"
    with pytest.raises(ConnectionMissing) as refused:
        load(tmp_path, "http://service.invalid", proxy=f"http://user:{SECRET}@127.0.0.1:99999")
    assert SECRET not in str(refused.value)


# TLS


class Secured:
    """A server with TLS; each connection is for one request, unless they are ``kept``."""

    def __init__(
        self, authority: Authority, answer: bytes, *, ragged: bool = False, asks: bool = False, kept: bool = False
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._kept = kept
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*authority.issue("localhost"))
        if asks:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(authority.file)
        self._answer, self._ragged = answer, ragged
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        accepting(self._socket, self._serve)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self._context.wrap_socket(connection, server_side=True) as secured:
                self.connections += 1
                while (request := received(secured)) is not None:
                    self.requests.append(request)
                    secured.sendall(self._answer)
                    if not self._kept:
                        break
                if not self._ragged:
                    secured.unwrap()
        except OSError:
            pass  # a client that refuses the certificate, or is refused

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "authority")


ANSWER = sized(b'{"tls": 1}', "Content-Type: application/json", "Connection: close")


@pytest.fixture
def secured(authority: Authority) -> Iterator[Secured]:
    running = Secured(authority, ANSWER)
    yield running
    running.close()


def test_a_certificate_that_is_not_trusted_is_refused(secured: Secured, tmp_path: Path) -> None:
    """An untrusted certificate raises ConnectionFailed; nothing is sent and nothing retried."""
    with pytest.raises(openconnectors.ConnectionFailed, match="the certificate is refused") as caught:
        load(tmp_path, secured.url, trust_env=False).get_thing(id="7")
    assert (caught.value.sent, caught.value.final, secured.requests) == ("no", True, [])


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environment_names_certificates(
    secured: Secured, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and SSL_CERT_FILE name the trusted certificates, unless trust_env is off."""
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv(name, str(authority.file))
    assert load(tmp_path, secured.url).get_thing(id="7") == {"tls": 1}
    with pytest.raises(openconnectors.ConnectionFailed):
        load(tmp_path, secured.url, trust_env=False).get_thing(id="7")


def test_certificates_can_be_given(secured: Secured, authority: Authority, tmp_path: Path) -> None:
    """verify=FILE trusts the certificates of that file."""
    assert load(tmp_path, secured.url, verify=authority.file).get_thing(id="7") == {"tls": 1}


def test_a_certificate_of_another_host_is_refused(secured: Secured, authority: Authority, tmp_path: Path) -> None:
    """A certificate for another host than that of the URL is refused."""
    api = load(tmp_path, f"https://127.0.0.1:{secured.port}", verify=authority.file)
    with pytest.raises(openconnectors.ConnectionFailed, match="the certificate is refused"):
        api.get_thing(id="7")


@pytest.mark.parametrize("verify", [False, "", "no-such-file.pem", __file__])
def test_certificates_that_cannot_be_read_are_refused_at_load(tmp_path: Path, verify: Any) -> None:
    """That they are checked cannot be switched off."""
    with pytest.raises(ConnectionMissing, match="certificates"):
        load(tmp_path, "https://localhost:1", verify=verify)


def test_a_client_certificate_is_shown(authority: Authority, tmp_path: Path) -> None:
    """A file with its key, or the two files; without one the service refuses the connection."""
    server = Secured(authority, ANSWER, asks=True)
    chain, key = authority.issue("client.example")
    both = tmp_path / "both.pem"
    both.write_bytes(chain.read_bytes() + key.read_bytes())
    for cert in ((chain, key), both):
        assert load(tmp_path, server.url, verify=authority.file, cert=cert).get_thing(id="7") == {"tls": 1}
    with pytest.raises(openconnectors.TransportError):
        load(tmp_path, server.url, verify=authority.file, timeout=1.0).get_thing(id="7")
    with pytest.raises(ConnectionMissing, match="client certificate"):
        load(tmp_path, server.url, cert=chain)
    server.close()


@pytest.mark.parametrize("ragged", [False, True])
def test_the_end_of_tls_needs_its_alert(authority: Authority, tmp_path: Path, ragged: bool) -> None:
    """A body that ends without TLS's close_notify is refused: it may be cut (RFC 8446 section 6.1)."""
    server = Secured(authority, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}", ragged=ragged)
    api = load(tmp_path, server.url, verify=authority.file, timeout=20.0)
    if ragged:
        with pytest.raises(openconnectors.Interrupted, match="closing alert"):
            api.get_thing(id="7")
    else:
        assert api.get_thing(id="7") == {}
    server.close()


def test_tls_connections_are_kept_and_carry_large_bodies(authority: Authority, tmp_path: Path) -> None:
    """TLS connections are reused, and send bodies larger than the socket's buffer."""
    server = Secured(authority, sized(b"{}"), kept=True)
    transport = BlockingTransport(verify=authority.file)
    for size in (0, 1, 100_000, 3_000_000, 0):
        request = Request("POST", server.url, {}, body=b"x" * size, timeout=10.0)
        assert transport.send(request).body == b"{}"
        assert len(server.requests[-1].partition(b"\r\n\r\n")[2]) == size
    assert server.connections == 1
    transport.close()
    server.close()


def test_https_goes_through_a_proxy_by_a_tunnel(secured: Secured, authority: Authority, tmp_path: Path) -> None:
    """The proxy sees the host, its own user, and nothing else of the request."""
    proxy = Proxy(secured.port)
    url = f"http://user:word@127.0.0.1:{proxy.port}"
    assert load(tmp_path, secured.url, verify=authority.file, proxy=url).get_thing(id="7") == {"tls": 1}
    assert proxy.heads[0].startswith(f"CONNECT localhost:{secured.port} HTTP/1.1\r\n".encode())
    assert SECRET.encode() not in proxy.heads[0]
    assert b"Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n" in proxy.heads[0]
    assert b"Proxy-Authorization" not in secured.requests[0]
    proxy.close()


@pytest.mark.parametrize("loop", LOOPS)
def test_awaited_calls_use_a_tunnel_too(secured: Secured, authority: Authority, tmp_path: Path, loop: str) -> None:
    """The same tunnel and the same TLS, under each loop."""
    proxy = Proxy(secured.port)
    path = tmp_path / "network.swagger.yaml"
    path.write_text(DOCUMENT)
    options: Any = {"verify": authority.file, "proxy": f"http://user:word@127.0.0.1:{proxy.port}", "timeout": 5.0}
    api = openconnectors.load_file_async(path, connection={"api_key": SECRET}, base_url=secured.url, **options)
    assert LOOPS[loop](lambda: api.get_thing(id="7")) == {"tls": 1}
    assert proxy.heads[0].startswith(f"CONNECT localhost:{secured.port} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization" not in secured.requests[0]
    LOOPS[loop](api.aclose)
    proxy.close()


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (sized(b"", status="407 Proxy Authentication Required"), "the proxy: it answered 407"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "the proxy: its response is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n", "the proxy: it closed the connection"),
        (b"HTTP/1.1 200 OK\r\n\r\nmore", "the proxy: it sent something before TLS began"),
    ],
)
def test_a_proxy_that_gives_no_way_is_named(tmp_path: Path, refusal: bytes, message: str) -> None:
    """A proxy that refuses or breaks CONNECT raises ConnectionFailed that names the proxy; sent is 'no'."""
    proxy = Proxy(refusal=refusal)
    api = load(tmp_path, "https://localhost:1", proxy=f"http://127.0.0.1:{proxy.port}", timeout=1.0)
    with pytest.raises(openconnectors.ConnectionFailed, match=message) as caught:
        api.get_thing(id="7")
    assert caught.value.sent == "no"
    proxy.close()


# A session of the caller's


def test_calls_go_through_a_session(server: Server, tmp_path: Path) -> None:
    """A call uses the session's header fields, cookies, hooks and adapters, but not its redirects."""
    session = requests.Session()
    session.headers["X-Mine"] = "yes"
    session.cookies["mine"] = "1"
    seen: list[int] = []
    session.hooks["response"].append(lambda response, **_: seen.append(response.status_code))
    api = load(tmp_path, server.url, session=session)
    assert api.get_thing(id="7") == {}
    assert b"X-Mine: yes" in server.requests[0]
    assert b"Cookie: mine=1" in server.requests[0]
    server.answer = sized(b"", "Location: http://127.0.0.1:1/", status="302 Found")
    with pytest.raises(openconnectors.AnswerError, match="302"):
        api.get_thing(id="7")
    assert seen == [200, 302]


def test_a_hook_may_read_the_body(server: Server, tmp_path: Path) -> None:
    """A response hook of the session may read the body, and the call still gets its value."""
    session = requests.Session()
    texts: list[str] = []
    session.hooks["response"].append(lambda response, **_: texts.append(response.text))
    assert load(tmp_path, server.url, session=session).get_thing(id="7") == {}
    assert texts == ["{}"]


class Canned(HTTPAdapter):
    """An adapter as mocks are: no socket."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = "application/json"
        response._content = b'{"canned": true}'
        response.request = request
        response.url = str(request.url)
        return response


def test_an_adapter_may_answer_by_itself(tmp_path: Path) -> None:
    """An adapter mounted on the session may respond without any network."""
    session = requests.Session()
    session.mount("http://", Canned())
    assert load(tmp_path, "http://service.invalid", session=session).get_thing(id="7") == {"canned": True}


class Broken(HTTPAdapter):
    """An adapter that fails in its own way, as a mock does that was asked for what it does not know."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        raise AssertionError(f"{request.url} is not mocked")


def test_what_a_session_raises_stays_in_the_tree_and_shows_nothing(tmp_path: Path) -> None:
    """An exception of the session becomes a TransportError with sent='unknown' that shows no secret."""
    session = requests.Session()
    session.mount("http://", Broken())
    with pytest.raises(openconnectors.TransportError, match=r"the session failed \(AssertionError\)") as caught:
        load(tmp_path, "http://service.invalid", session=session).get_thing(id="7")
    assert (caught.value.sent, caught.value.final) == ("unknown", True)
    assert SECRET not in f"{caught.value}{caught.value.__context__}{caught.value.__cause__}"


def test_a_session_that_repeats_by_itself_leaves_unknown_what_was_sent(tmp_path: Path) -> None:
    """A failure of a session that retries by itself has sent='unknown': an earlier attempt may have arrived."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    for retries, sent in ((0, "no"), (2, "unknown")):
        session = requests.Session()
        session.mount("http://", HTTPAdapter(max_retries=retries))
        with pytest.raises(openconnectors.TransportError) as caught:
            load(tmp_path, url, session=session, timeout=1.0).get_thing(id="7")
        assert caught.value.sent == sent


@pytest.mark.parametrize("session", ["text", object(), requests])
def test_a_session_is_one_of_requests(tmp_path: Path, session: Any) -> None:
    """session= accepts nothing but a requests.Session."""
    with pytest.raises(ConnectionMissing, match=r"requests\.Session"):
        load(tmp_path, "http://service.invalid", session=session)


def test_a_session_takes_no_password_from_netrc(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a session nor the transport reads credentials from netrc."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password from-netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for options in ({}, {"session": requests.Session()}):
        assert load(tmp_path, server.url, **options).get_thing(id="7") == {}
    assert not any(b"Authorization" in request for request in server.requests)


@pytest.mark.parametrize(
    "other", [{"proxy": "http://a"}, {"verify": "a"}, {"trust_env": False}, {"transport": object()}]
)
def test_a_session_brings_its_own_network_along(tmp_path: Path, other: dict[str, Any]) -> None:
    """session= together with proxy, verify, trust_env or transport is refused."""
    with pytest.raises(ConnectionMissing, match="its own network settings"):
        load(tmp_path, "http://service.invalid", session=requests.Session(), **other)


# Logs


def test_attempts_and_waits_are_logged_without_a_value(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Operation, method, path template, status, duration and attempt, as text and as fields of the record."""
    caplog.set_level(logging.DEBUG)
    busy = sized(b"", "Retry-After: 0", status="503 Busy")
    server.answer = [busy, sized(b"{}", "Content-Type: application/json")]
    assert load(tmp_path, server.url).get_thing(id="a-value") == {}
    records = [record for record in caplog.records if record.name == "openconnectors"]
    fields = [
        (vars(record)["operation"], vars(record)["method"], vars(record)["path"], vars(record).get("status"))
        for record in records
    ]
    known = ("getThing", "GET", "/thing/{id}")
    assert fields == [(*known, 503), (*known, None), (*known, 200)]
    assert [record.levelname for record in records] == ["DEBUG", "INFO", "DEBUG"]
    assert [vars(record)["attempt"] for record in records] == [1, 2, 2]
    assert vars(records[0])["duration"] >= 0
    text = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert SECRET not in text
    assert "a-value" not in text
    assert "127.0.0.1" not in text


def test_urllib3_shows_no_url_of_a_session_of_ours(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """urllib3 logs no URL of a call through a session, and those of other requests as before."""
    caplog.set_level(logging.DEBUG)
    session = requests.Session()
    load(tmp_path, server.url, session=session).get_thing(id="a-value")
    assert SECRET not in caplog.text
    session.get(f"{server.url}?of=theirs")
    assert "of=theirs" in caplog.text


def test_the_page_runs(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of docs/network.md runs, and its options are options of load()."""
    page = ROOT / "docs/network.md"
    chain, key = authority.issue("page.example")
    (tmp_path / "ca.pem").write_bytes(authority.file.read_bytes())
    (tmp_path / "client.pem").write_bytes(chain.read_bytes() + key.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWILIO_ACCOUNT_ID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_ACCESS_TOKEN", "a-token-of-nobody")
    logger = logging.getLogger("openconnectors")
    monkeypatch.setattr(logger, "level", logger.level)
    run_code(page)
    network = set(Network.__struct_fields__)
    assert set(re.findall(r"^\| `(\w+)[=.]", page.read_text("utf-8"), re.MULTILINE)) == network


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ([], Network()),
        (["--proxy", "http://a:1", "--no-env"], Network(proxy="http://a:1", trust_env=False)),
        (["--cacert", "ca.pem", "--cert", "both.pem"], Network(verify="ca.pem", cert="both.pem")),
        (["--cert", "c.crt:c.key"], Network(cert=("c.crt", "c.key"))),
    ],
)
def test_options_of_commands_are_those_of_load(options: list[str], wanted: Network) -> None:
    """The network options of commands give the same Network as the options of load()."""
    came: list[Network] = []
    command = click.Command(
        "call", params=list(NETWORK_OPTIONS), callback=lambda **options: came.append(network_of(options))
    )
    command.main(options, standalone_mode=False)
    assert came == [wanted]


def test_a_process_that_forks_has_connections_of_its_own(server: Server) -> None:
    """The two never read each other's responses."""
    program = f"""
import os
from openconnectors.engine.http import Request
from openconnectors.engine.transports.blocking import BlockingTransport
transport = BlockingTransport()
request = Request("GET", {server.url!r}, {{}}, timeout=5.0)
transport.send(request)
child = os.fork()
for _ in range(3):
    assert transport.send(request).body == b"{{}}"
if child:
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    server.answer, server.closes = sized(b"{}"), False
    done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", program], check=False)
    assert (done.returncode, len(server.requests), server.connections) == (0, 7, 2)


def mutual(folder: Path, url: str) -> Path:
    """A document whose operation needs a client certificate."""
    file = folder / "mutual.json"
    get = {"operationId": "get_thing", "responses": {"200": {"description": "ok", "content": {"application/json": {}}}}}
    document = {
        "openapi": "3.1.1",
        "info": {"title": "M", "version": "1"},
        "servers": [{"url": url}],
        "paths": {"/thing": {"get": get}},
        "components": {"securitySchemes": {"tls": {"type": "mutualTLS"}}},
        "security": [{"tls": []}],
    }
    file.write_text(json.dumps(document))
    return file


def encrypted(key: Path, password: str) -> str:
    """A key under a password, as PEM text."""
    clear = serialization.load_pem_private_key(key.read_bytes(), None)
    form = serialization.PrivateFormat.PKCS8
    encryption = serialization.BestAvailableEncryption(password.encode())
    return clear.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def test_a_connection_has_the_client_certificate(authority: Authority, tmp_path: Path) -> None:
    """As files, in one file, as text, under a password; the connection of one certificate is not used for another."""
    server = Secured(authority, ANSWER.replace(b"Connection: close\r\n", b""), asks=True, kept=True)
    chain, key = authority.issue("client.example")
    both = tmp_path / "both.pem"
    both.write_bytes(chain.read_bytes() + key.read_bytes())
    transport = BlockingTransport(verify=authority.file)
    values: list[dict[str, Any]] = [
        {"client_certificate": str(chain), "client_key": str(key)},
        {"client_certificate": str(both)},
        {"tls": both.read_text()},
        {"tls": {"certificate": chain.read_text(), "key": encrypted(key, "s3cret"), "password": "s3cret"}},
    ]
    for connection in values:
        connector = openconnectors.load_file(mutual(tmp_path, server.url), connection=connection, transport=transport)
        assert [connector.get_thing() for _ in range(2)] == [{"tls": 1}] * 2
    assert server.connections == len(values)
    transport.close()
    server.close()


def test_without_the_client_certificate_the_service_refuses(authority: Authority, tmp_path: Path) -> None:
    """With that of the option ``cert`` it does not: the transport has one."""
    server = Secured(authority, ANSWER, asks=True)
    file = mutual(tmp_path, server.url)
    with pytest.raises(openconnectors.TransportError):
        openconnectors.load_file(file, verify=authority.file, timeout=1.0).get_thing()
    cert = authority.issue("client.example")
    assert openconnectors.load_file(file, verify=authority.file, cert=cert).get_thing() == {"tls": 1}
    server.close()


def test_a_session_shows_the_client_certificate_of_the_connection(authority: Authority, tmp_path: Path) -> None:
    """As files; text is refused, since requests takes none."""
    server = Secured(authority, ANSWER, asks=True)
    chain, key = authority.issue("client.example")
    session = requests.Session()
    session.verify = str(authority.file)
    values: Any = {"tls": {"certificate": str(chain), "key": str(key)}}
    file = mutual(tmp_path, server.url)
    assert openconnectors.load_file(file, connection=values, session=session).get_thing() == {"tls": 1}
    with pytest.raises(ConnectionMissing, match="as files"):
        openconnectors.load_file(file, connection={"tls": chain.read_text()}, session=session).get_thing()
    server.close()


@pytest.mark.parametrize("certificate", ["no-such-file.pem", "-----BEGIN CERTIFICATE-----\nx", __file__])
def test_a_client_certificate_that_cannot_be_used_is_refused(tmp_path: Path, certificate: str) -> None:
    """Before anything is sent; nothing of its text is shown."""
    connector = openconnectors.load_file(mutual(tmp_path, "https://localhost:1"), connection={"tls": certificate})
    with pytest.raises(ConnectionMissing, match="client certificate") as caught:
        connector.get_thing()
    assert "BEGIN" not in str(caught.value)
