"""Digest authentication against a server of RFC 7616 that shares no code with the client; ``requests`` gets in, too."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.auth import HTTPDigestAuth
from werkzeug.datastructures import Authorization
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.documents import loader
from openconnectors.engine.sandbox import Sandbox
from tests.conftest import serving

USER, PASSWORD, REALM = "Mufasa", "Circle of Life", 'http-auth@"example".org'
HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def digest(algorithm: str, text: str) -> str:
    """The hash of a text by an algorithm of RFC 7616 section 3.3."""
    return hashlib.new(HASHES[algorithm.removesuffix("-sess")], text.encode()).hexdigest()


class Server:
    """A server that wants digest. Each nonce is good for ``uses`` requests, whose counts must rise; ``next_nonce``
    announces another with each response."""

    def __init__(self) -> None:
        self.algorithms = ["MD5"]
        self.qop: str | None = "auth"
        self.userhash = False
        self.user, self.password = USER, PASSWORD
        self.before: list[str] = []
        self.uses = 1000
        self.next_nonce = False
        self.requests: list[Authorization | None] = []
        self.bodies: list[bytes] = []
        self.counts: dict[str, int] = {}
        self.first: dict[str, str] = {}
        self.lock = threading.Lock()
        self.url = ""

    def nonce(self) -> str:
        nonce = secrets.token_urlsafe(12)
        self.counts[nonce] = 0
        return nonce

    def challenge(self, *, stale: bool = False) -> Response:
        response = Response(status=401)
        for text in self.before:
            response.headers.add("WWW-Authenticate", text)
        nonce = self.nonce()
        for algorithm in self.algorithms:
            realm = REALM.replace('"', '\\"')
            text = f'Digest realm="{realm}", nonce="{nonce}", opaque="F,Q=", algorithm={algorithm}'
            text += f', qop="{self.qop}"' if self.qop else ""
            text += ", userhash=true" if self.userhash else ""
            text += ", stale=true" if stale else ""
            response.headers.add("WWW-Authenticate", text)
        return response

    def application(self, request: Request) -> Response:
        with self.lock:
            authorization = request.authorization
            self.requests.append(authorization)
            self.bodies.append(request.get_data())
            if authorization is None or authorization.type != "digest":
                return self.challenge()
            if not self.proved(request, authorization):
                return self.challenge()
            nonce, count = authorization.parameters["nonce"] or "", int(authorization.parameters.get("nc") or "1", 16)
            if nonce not in self.counts or count <= self.counts[nonce] or count > self.uses:
                return self.challenge(stale=True)
            self.counts[nonce] = count if self.qop else 0
            response = Response("{}", content_type="application/json")
            if self.next_nonce:
                response.headers["Authentication-Info"] = f'qop=auth, nextnonce="{self.nonce()}"'
            return response

    def proved(self, request: Request, authorization: Authorization) -> bool:
        """The check of section 3.4.1, from the fields as they came."""
        fields = {name: value or "" for name, value in authorization.parameters.items()}
        algorithm = fields.get("algorithm", "MD5")
        user = fields.get("username", "")
        wanted = digest(algorithm, f"{self.user}:{REALM}") if fields.get("userhash") == "true" else self.user
        if "username*" in fields:
            user = requests.utils.unquote(fields["username*"].removeprefix("UTF-8''"))
        first = digest(algorithm, f"{self.user}:{REALM}:{self.password}")
        if algorithm.endswith("-sess"):
            session = self.first.setdefault(fields["nonce"], fields["cnonce"])
            first = digest(algorithm, f"{first}:{fields['nonce']}:{session}")
        second = digest(algorithm, f"{request.method}:{request.environ['RAW_URI']}")
        middle = f"{fields['nonce']}:{fields['nc']}:{fields['cnonce']}:auth" if self.qop else fields["nonce"]
        return (
            algorithm in self.algorithms
            and user == wanted
            and (fields["realm"], fields["opaque"]) == (REALM, "F,Q=")
            and fields["uri"] == request.environ["RAW_URI"]
            and (len(fields["nc"]) == 8 if self.qop else "qop" not in fields)
            and fields["response"] == digest(algorithm, f"{first}:{middle}:{second}")
        )


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    with serving(make_server("127.0.0.1", 0, Request.application(running.application), threaded=True)) as url:
        running.url = url
        yield running


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "d.swagger.json"
    responses = {"200": {"description": "ok"}}
    query = {"name": "q", "in": "query", "type": "string"}
    body = {"name": "data", "in": "body", "schema": {"type": "string", "format": "binary"}}
    content = {
        "swagger": "2.0",
        "info": {"title": "D", "version": "1"},
        "host": "h.example",
        "schemes": ["https"],
        "securityDefinitions": {"d": {"type": "basic", "x-connector-scheme": "digest"}},
        "security": [{"d": []}],
        "paths": {
            "/a b": {
                "get": {"operationId": "Get", "parameters": [query], "responses": responses},
                "post": {
                    "operationId": "Post",
                    "consumes": ["application/octet-stream"],
                    "parameters": [body],
                    "responses": responses,
                },
            }
        },
    }
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def load(server: Server, document: Path) -> Callable[..., Connector]:
    def loaded(user: str = USER, password: str = PASSWORD) -> Connector:
        values = {"username": user, "password": password}
        return openconnectors.load_file(document, base_url=server.url, connection=values)

    return loaded


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_the_server_is_right(server: Server, algorithm: str) -> None:
    """Another client, requests, gets in with the right password and not with another."""
    server.algorithms = [algorithm]

    statuses = [
        requests.get(f"{server.url}/a%20b?q=x,y", auth=HTTPDigestAuth(USER, password), timeout=10).status_code
        for password in (PASSWORD, "wrong")
    ]

    assert statuses == [200, 401]


@pytest.mark.parametrize("algorithm", [name + tail for name in HASHES for tail in ("", "-sess")])
def test_each_algorithm(server: Server, load: Callable[..., Connector], algorithm: str) -> None:
    """MD5, SHA-256 and SHA-512-256, each also with -sess; the second request needs no challenge."""
    server.algorithms = [algorithm]
    connector = load()

    assert [connector.get(q="x,y é"), connector.get(q="z")] == [{}, {}]
    assert [request is not None for request in server.requests] == [False, True, True]


def test_a_server_of_rfc_2069(server: Server, load: Callable[..., Connector]) -> None:
    """A challenge without qop is answered without count and client nonce (RFC 2069)."""
    server.qop = None
    server.counts = {}

    assert load().get() == {}


@pytest.mark.parametrize("user", ["Mufasa", "Jäsøn Doe", 'a "b" \\ c'])
@pytest.mark.parametrize("userhash", [False, True])
def test_the_user_name_arrives(server: Server, load: Callable[..., Connector], user: str, userhash: bool) -> None:
    """Quoted, encoded by RFC 8187 if it is not ASCII, hashed if the server wants that (section 3.4.4)."""
    server.user, server.userhash = user, userhash

    assert load(user).get() == {}


def test_the_first_challenge_that_can_be_met_is_taken(server: Server, load: Callable[..., Connector]) -> None:
    """The first challenge with a known algorithm is met; Basic is never answered."""
    server.before = ['Basic realm="a, b", Negotiate, Digest realm="x", nonce="n", algorithm=SHA3, qop="auth"', "NTLM"]
    server.algorithms = ["SHA-256", "MD5"]

    assert load().get() == {}
    authorization = server.requests[-1]
    assert authorization is not None
    assert authorization.parameters["algorithm"] == "SHA-256"


def test_only_basic_is_offered(server: Server, load: Callable[..., Connector]) -> None:
    """The password is not sent in clear to a server that asks for Basic."""
    server.algorithms, server.before = [], ['Basic realm="x"']

    with pytest.raises(openconnectors.Unauthorized):
        load().get()
    assert server.requests == [None]


def test_auth_int_alone_is_not_met(server: Server, load: Callable[..., Connector]) -> None:
    """A server that wants the body in the proof gets nothing else instead."""
    server.qop = "auth-int"

    with pytest.raises(openconnectors.Unauthorized):
        load().get()
    assert server.requests == [None]


def test_a_stale_nonce_is_replaced(server: Server, load: Callable[..., Connector]) -> None:
    """A nonce that is used up costs one more request, and no error."""
    server.uses = 2
    connector = load()

    assert [connector.get() for _ in range(5)] == [{}] * 5
    counts = [request and int(request.parameters["nc"] or "0", 16) for request in server.requests]
    assert counts == [None, 1, 2, 3, 1, 2, 3, 1]


def test_a_restarted_server_is_signed_in_to_again(server: Server, load: Callable[..., Connector]) -> None:
    """A remembered nonce that the server no longer knows is replaced by the one it names."""
    connector = load()
    connector.get()
    server.counts.clear()

    assert connector.get() == {}


def test_the_next_nonce_is_used(server: Server, load: Callable[..., Connector]) -> None:
    """Authentication-Info names the nonce of the next request (section 3.5)."""
    server.next_nonce = True
    connector = load()

    assert [connector.get() for _ in range(3)] == [{}] * 3
    nonces = [request.parameters["nonce"] for request in server.requests if request is not None]
    assert len(server.requests) == 4
    assert len(set(nonces)) == 3


def test_a_wrong_password_is_tried_once_a_call(server: Server, load: Callable[..., Connector]) -> None:
    """A proof that is refused without stale is an error; it is not sent a second time."""
    connector = load(password="wrong")

    for _ in range(2):
        server.requests.clear()
        with pytest.raises(openconnectors.Unauthorized):
            connector.get()
        assert len(server.requests) == 2


def test_each_count_is_used_once_by_threads(server: Server, load: Callable[..., Connector]) -> None:
    """Concurrent calls use each nonce count once."""
    connector = load()
    connector.get()
    server.requests.clear()
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: connector.get(), range(40)))
    pairs = [
        (request.parameters["nonce"], request.parameters["nc"]) for request in server.requests if request is not None
    ]

    assert values == [{}] * 40
    assert len(set(pairs)) == len(pairs)


def test_a_body_is_sent_again(server: Server, load: Callable[..., Connector], tmp_path: Path) -> None:
    """Bytes and a file go out twice for a challenge; what can be read only once does not, and is an error."""
    path = tmp_path / "file"
    path.write_bytes(b"of a file")
    for data in (b"bytes", path):
        assert load().post(data=data) == {}
    assert server.bodies == [b"bytes", b"bytes", b"of a file", b"of a file"]
    with pytest.raises(openconnectors.Unauthorized):
        load().post(data=iter([b"once"]))
    connector = load()
    connector.get()
    assert connector.post(data=iter([b"once"])) == {}


@pytest.mark.parametrize("user", ["a:b", "a\nb"])
def test_a_user_name_that_cannot_be_sent_is_refused(server: Server, load: Callable[..., Connector], user: str) -> None:
    """A colon would move the border of the name; a control character would leave the header field."""
    with pytest.raises(openconnectors.ConnectionMissing):
        load(user).get()
    assert server.requests == []


@pytest.mark.parametrize(("password", "status"), [(None, 200), ("wrong", 401)])
def test_the_sandbox_wants_digest(document: Path, password: str | None, status: int) -> None:
    """The sandbox of such a document checks by the same row: our client and requests get in, a wrong password not."""
    service = loader.load(document)
    with Sandbox(service) as sandbox:
        user, right = sandbox.values["username"], sandbox.values["password"]
        other = requests.get(
            f"{sandbox.url}/a%20b?q=1", auth=HTTPDigestAuth(user, password or right), timeout=10
        ).status_code
        values = {"username": user, "password": password or right}
        connector = openconnectors.load_file(document, base_url=sandbox.url, connection=values)
        ours: Any = 200
        try:
            connector.get(q="1")
            connector.get(q="2")
        except openconnectors.Unauthorized as error:
            ours = error.status

    assert (other, ours) == (status, status)


def test_the_sandbox_takes_no_count_twice(document: Path) -> None:
    """The sandbox refuses a repeated nonce count with stale=true."""
    service = loader.load(document)
    with Sandbox(service) as sandbox, requests.Session() as session:
        session.auth = HTTPDigestAuth(sandbox.values["username"], sandbox.values["password"])
        sent = session.get(f"{sandbox.url}/a%20b", timeout=10).request.headers["Authorization"]
        again = requests.get(f"{sandbox.url}/a%20b", headers={"Authorization": sent}, timeout=10)

    assert again.status_code == 401
    assert "stale=true" in again.headers["WWW-Authenticate"]
