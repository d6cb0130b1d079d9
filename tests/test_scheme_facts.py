"""Facts of the table of security schemes: what each row sends, refuses, and how a server checks it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import openconnectors
from openconnectors.engine.auth import schemes
from openconnectors.engine.auth.challenges import Challenge, challenges
from openconnectors.engine.auth.scheme import Auth, FixedAuth, Guard, Part, Received, SchemeType, Values
from openconnectors.engine.auth.schemes import SCHEMES, missing_values, values_of
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.documents import loader
from openconnectors.engine.flows import Flow, Send
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.model import Scheme
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.secret import Secret
from tests.conftest import ROOT

IN_REQUESTS = [name for name, row in SCHEMES.items() if not row.by_transport]
"""The rows whose credentials are in a request, where a server can look for them."""
REQUEST = Request("GET", "https://h.example/a?q=1", {}, safe=True)
VALUES: dict[str, dict[str, str]] = {
    "basic": {"username": "ada", "password": "p w"},
    "apiKey": {"key": "k-1234"},
    "oauth2": {"token": " t-1234 "},
    "bearer": {"token": "t-1234"},
    "openIdConnect": {"token": "t-1234"},
    "digest": {"username": "ada", "password": "p w"},
    "http": {"credentials": "c-1234"},
    "mutualTLS": {"certificate": "client.pem", "key": "k-1234"},
    "aws4": {"access_key": "AK", "secret_key": "SK", "region": "r", "service": "s"},
}
SECRETS = {"basic": "password", "apiKey": "key", "oauth2": "token", "bearer": "token", "digest": "password"}
SECRETS |= {"openIdConnect": "token", "http": "credentials", "mutualTLS": "key"}
SECRETS["aws4"] = "secret_key"


def scheme(name: str, location: str = "header") -> Scheme:
    """A scheme of a type, each part with the connection parameter of its name."""
    parts = {part.name: part.name for part in SCHEMES[name].parts}
    http_scheme = "hoba" if name == "http" else ""
    return Scheme(name="s", type=name, location=location, parameter="X-Key", http_scheme=http_scheme, values=parts)


def secrets(values: Mapping[str, str]) -> Values:
    return {name: Secret(text) for name, text in values.items()}


def received(request: Request) -> Received:
    """A request as a server gets it."""
    url, headers = request.credentials.reveal(request)
    target = url.removeprefix("https://h.example")
    query = dict(pair.split("=", 1) for pair in target.partition("?")[2].split("&"))
    return Received(request.method, target, Headers({"Host": "h.example", **headers}.items()), query)


class Peer:
    """A server that is a guard; keeps what it got."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.requests: list[Request] = []

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        came = received(request)
        if self.guard.admits(came):
            return Response(200, Headers())
        return Response(401, Headers([("WWW-Authenticate", self.guard.challenge("realm", (), came))]))


def sent_once(request: Request) -> Flow[Response]:
    return (yield request)


def call(kind: Scheme, values: Mapping[str, str], known: Mapping[str, str]) -> tuple[int, list[Request]]:
    """The status of a call with values, at a server that knows others, and the requests that it took."""
    row = SCHEMES[kind.type]
    peer = Peer(row.guard(kind, secrets(known)))
    response = Runner(peer).run(row.authenticate(kind, secrets(values)).flow(REQUEST, sent_once))
    return response.status, peer.requests


def test_each_row_has_values_here() -> None:
    """A new row gets a line on this page."""
    assert set(VALUES) == set(SCHEMES) == set(SECRETS)
    assert [row.name for row in SCHEMES.values()] == list(SCHEMES)


@pytest.mark.parametrize("name", SCHEMES)
def test_the_guard_of_a_row_admits_what_the_row_sends(name: str) -> None:
    """Both ends of a scheme agree on the same values."""
    assert call(scheme(name), VALUES[name], VALUES[name])[0] == 200


@pytest.mark.parametrize("name", IN_REQUESTS)
def test_the_guard_of_a_row_refuses_another_secret(name: str) -> None:
    """A wrong secret is answered 401, and sent no more than twice."""
    wrong = {**VALUES[name], SECRETS[name]: "another"}

    status, requests = call(scheme(name), wrong, VALUES[name])

    assert status == 401
    assert len(requests) <= 2


@pytest.mark.parametrize("name", IN_REQUESTS)
def test_the_guard_of_a_row_refuses_a_bare_request(name: str) -> None:
    """Without credentials nothing is admitted, and the challenge names a scheme."""
    guard = SCHEMES[name].guard(scheme(name), secrets(VALUES[name]))

    assert not guard.admits(received(REQUEST))
    assert challenges([guard.challenge("r", ("read",), received(REQUEST))])


@pytest.mark.parametrize("name", SCHEMES)
def test_a_secret_of_a_row_shows_nowhere(name: str) -> None:
    """No secret is in the text of a signed request, nor in what the authentication shows of itself."""
    values = {**VALUES[name], SECRETS[name]: "very-secret-value"}
    auth = SCHEMES[name].authenticate(scheme(name), secrets(values))
    peer = Peer(SCHEMES[name].guard(scheme(name), secrets(values)))
    Runner(peer).run(auth.flow(REQUEST, sent_once))

    shown = " ".join(f"{request} {request!r}" for request in peer.requests)
    assert "very-secret-value" not in f"{shown} {auth!r} {vars(auth)}"


@pytest.mark.parametrize("name", SCHEMES)
def test_the_parts_of_a_row(name: str) -> None:
    """A part that is needed and not there is missing, by the name of its connection parameter; others are not."""
    row = SCHEMES[name]
    for part in row.parts:
        incomplete = {key: text for key, text in VALUES[name].items() if key != part.name}
        missing = missing_values(scheme(name), values_of(scheme(name), incomplete))
        assert missing == ([part.name] if part.required else [])


@pytest.mark.parametrize("name", SCHEMES)
def test_a_part_may_be_fixed_by_the_document(name: str) -> None:
    """A setting of the document stands in for a connection value, which goes before it."""
    kind = replace(scheme(name), settings=VALUES[name])

    assert values_of(kind, {}) == secrets(VALUES[name])
    other = SECRETS[name]
    assert values_of(kind, {other: "another"})[other] == Secret("another")


FIXED = {
    "basic": ("header", "Authorization", "Basic YWRhOnAgdw=="),
    "apiKey": ("header", "X-Key", "k-1234"),
    "oauth2": ("header", "Authorization", "Bearer t-1234"),
    "bearer": ("header", "Authorization", "Bearer t-1234"),
    "openIdConnect": ("header", "Authorization", "Bearer t-1234"),
    "http": ("header", "Authorization", "HOBA c-1234"),
}


@pytest.mark.parametrize("name", FIXED)
def test_what_a_row_sends(name: str) -> None:
    """RFC 7617 section 2, RFC 6750 section 2.1; a key as it is."""
    place, field, text = FIXED[name]

    _, requests = call(scheme(name), VALUES[name], VALUES[name])

    assert requests[0].credentials.reveal(requests[0])[1] == {field: text}
    assert SCHEMES[name].place(scheme(name)) == (place, field.lower())


def test_a_key_in_the_query() -> None:
    """It is encoded, and added to the query that is there."""
    status, requests = call(scheme("apiKey", "query"), {"key": "a&b"}, {"key": "a&b"})

    assert requests[0].credentials.reveal(requests[0])[0] == "https://h.example/a?q=1&X-Key=a%26b"
    assert SCHEMES["apiKey"].place(scheme("apiKey", "query")) == ("query", "X-Key")
    assert status in (200, 401)  # the server of this page does not decode its query


COOKIES = {
    "alone": ({}, "k-1234", "X-Key=k-1234"),
    "beside those of parameters": ({"Cookie": "a=1; b=2"}, "k-9", "a=1; b=2; X-Key=k-9"),
    "in place of one of its name": ({"cookie": "X-Key=old; a=1"}, "k-9", "a=1; X-Key=k-9"),
    "what a cookie cannot hold is encoded": ({}, 'a b;c"d', "X-Key=a%20b%3Bc%22d"),
    "signs of base64 stay": ({}, "a+/=", "X-Key=a+/="),
}


@pytest.mark.parametrize(("headers", "key", "cookie"), COOKIES.values(), ids=COOKIES)
def test_a_key_in_a_cookie(headers: dict[str, str], key: str, cookie: str) -> None:
    """RFC 6265 section 5.4: one field with all cookies; a server admits it, and no other key."""
    kind, request = scheme("apiKey", "cookie"), replace(REQUEST, headers=headers)
    peer = Peer(SCHEMES["apiKey"].guard(kind, secrets({"key": key})))
    auth = SCHEMES["apiKey"].authenticate(kind, secrets({"key": key}))

    assert Runner(peer).run(auth.flow(request, sent_once)).status == 200

    assert peer.requests[0].credentials.reveal(peer.requests[0])[1] == {"Cookie": cookie}
    assert key not in str(peer.requests[0]) + repr(peer.requests[0])
    assert SCHEMES["apiKey"].place(kind) == ("cookie", "X-Key")
    assert call(kind, {"key": "another"}, {"key": key})[0] == 401


@pytest.mark.parametrize(
    ("name", "part", "text"),
    [
        ("basic", "username", "a:b"),
        ("basic", "password", "\udc00"),
        ("digest", "username", "a:b"),
        ("apiKey", "key", "a\nb"),
        ("apiKey", "key", "日本"),
        ("bearer", "token", "a\x00"),
    ],
)
def test_what_a_row_refuses(name: str, part: str, text: str) -> None:
    """A value that the protocol cannot carry is refused before anything is sent."""
    with pytest.raises((openconnectors.ConnectionMissing, UnicodeEncodeError)):
        SCHEMES[name].authenticate(scheme(name), secrets({**VALUES[name], part: text}))


CHALLENGES: list[tuple[list[str], list[tuple[str, dict[str, str]]]]] = [
    (['Basic realm="a, b"'], [("basic", {"realm": "a, b"})]),
    (['Digest realm="a\\"b", nonce=n1 , qop="auth,x"'], [("digest", {"realm": 'a"b', "nonce": "n1", "qop": "auth,x"})]),
    (["Negotiate", "NTLM TlRM=="], [("negotiate", {}), ("ntlm", {})]),
    (["Negotiate, Basic realm=x, A y=z"], [("negotiate", {}), ("basic", {"realm": "x"}), ("a", {"y": "z"})]),
    (['Digest nonce="a", nonce="b"'], [("digest", {"nonce": "a"})]),
    (["", ",,", "?? x"], []),
    (['Basic realm="never ends'], [("basic", {})]),
]


@pytest.mark.parametrize(("fields", "expected"), CHALLENGES, ids=str)
def test_challenges_are_read(fields: list[str], expected: list[tuple[str, dict[str, str]]]) -> None:
    """RFC 9110 section 11.6.1: several in a field, several fields, commas in quoted text, what ends nowhere."""
    assert [(challenge.scheme, challenge.parameters) for challenge in challenges(fields)][: len(expected)] == expected
    assert all(isinstance(challenge, Challenge) for challenge in challenges(fields))


def test_the_schema_of_extensions_has_the_rows() -> None:
    """docs/extensions.schema.json and docs/extensions.md know each type that x-connector-scheme can name."""
    names = [row.name for row in SCHEMES.values() if row.base]
    schema = json.loads((ROOT / "docs/extensions.schema.json").read_text("utf-8"))
    page = (ROOT / "docs/extensions.md").read_text("utf-8")

    assert sorted(schema["properties"]["x-connector-scheme"]["oneOf"][0]["enum"]) == sorted(names)
    assert all(f"| `{name}` (" in page for name in names)
    parts = {part.name for row in SCHEMES.values() for part in row.parts}
    assert set(schema["properties"]["x-connector-credentials"]["properties"]) == parts


class Hmac:
    """A toy: the path of a request, signed with a key; a refused key is asked for anew, by a request of its own."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def flow(self, request: Request, send: Send) -> Flow[Response]:
        response = yield from send(self._signed(request))
        if response.status == 401:
            grant = yield Request("GET", "https://h.example/new-key", {})
            self._key = Secret(grant.body.decode())
            response = yield from send(self._signed(request))
        return response

    def _signed(self, request: Request) -> Request:
        path = request.url.partition("?")[0].rpartition("/")[2]
        proof = hmac.new(self._key.reveal().encode(), path.encode(), "sha256").hexdigest()
        credentials = Credentials({"Authorization": Secret(f"Toy {proof}")})
        return replace(request, credentials=credentials.merged(request.credentials))


class HmacGuard:
    """The other end of the toy."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def admits(self, came: Received) -> bool:
        path = came.target.partition("?")[0].rpartition("/")[2]
        proof = hmac.new(self._key.reveal().encode(), path.encode(), "sha256").hexdigest()
        return came.headers.get("Authorization") == f"Toy {proof}"

    def challenge(self, realm: str, scopes: tuple[str, ...], came: Received) -> str:
        return "Toy"


def _toy(kind: Scheme, values: Values) -> Auth:
    return Hmac(values["secret"])


def _toy_guard(kind: Scheme, values: Values) -> Guard:
    return HmacGuard(values["secret"])


TOY = SchemeType("toy", (Part("secret", "toy_secret"),), _toy, _toy_guard, http_name="Toy", base="apiKey")


@pytest.fixture
def toy_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document with the toy scheme, which is one class and one row."""
    monkeypatch.setitem(schemes.ROWS, "toy", lambda: TOY)  # type: ignore[arg-type]
    path = tmp_path / "t.swagger.json"
    definition = {"type": "apiKey", "name": "Authorization", "in": "header", "x-connector-scheme": "toy"}
    content: dict[str, Any] = {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "host": "h.example",
        "schemes": ["https"],
        "securityDefinitions": {"t": definition},
        "security": [{"t": []}],
        "paths": {"/a": {"get": {"operationId": "Get", "responses": {"200": {"description": "ok"}}}}},
    }
    path.write_text(json.dumps(content))
    return path


def test_a_toy_scheme_works_through_a_call(toy_document: Path) -> None:
    """The document, the connection parameter, the client and the sandbox take it from the one row."""
    service = loader.load(toy_document)
    with Sandbox(service) as sandbox:
        connector = openconnectors.load_file(toy_document, base_url=sandbox.url, connection=sandbox.values)

        assert [parameter.name for parameter in service.connection] == ["toy_secret"]
        assert connector.get.response().status == 200


def test_a_toy_scheme_renews_its_key(toy_document: Path) -> None:
    """The flow looks at the response, sends a request of its own, and the request once more."""
    sent: list[str] = []

    class Provider:
        def send(self, request: Request) -> Response:
            sent.append(request.url)
            if request.url.endswith("/new-key"):
                return Response(200, Headers(), b"right")
            admitted = HmacGuard(Secret("right")).admits(received(replace(request, url=f"{request.url}?q=1")))
            return Response(200 if admitted else 401, Headers())

    connector = openconnectors.load_file(toy_document, connection={"toy_secret": "old"}, transport=Provider())
    connector.get()
    connector.get()

    assert [url.rpartition("/")[2] for url in sent] == ["a", "new-key", "a", "a"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("kerberos", "must be one of"),
        (7, "must be one of"),
        ({"region": "x"}, "must be one of"),
        ({"type": "digest", "region": "x"}, "has no member 'region'"),
        ({"type": "digest", "username": 7}, "username of x-connector-scheme must be text"),
        ("digest", "needs a scheme of type 'basic', not 'apiKey'"),
    ],
    ids=str,
)
def test_a_scheme_that_is_not_one_is_refused(toy_document: Path, written: Any, message: str) -> None:
    """The name of the type, its parts, and the Swagger type beside it are checked, at their line."""
    content = json.loads(toy_document.read_text())
    content["securityDefinitions"]["t"]["x-connector-scheme"] = written
    toy_document.write_text(json.dumps(content))

    with pytest.raises(openconnectors.InvalidDocument, match=message):
        openconnectors.load_file(toy_document, connection={}).get.request()


def test_credentials_of_a_policy_go_before_those_of_a_scheme() -> None:
    """A field that the request brings along is not replaced."""
    of_policy = Credentials({"X-Key": Secret("of a policy")})
    (request,) = list(
        FixedAuth(Credentials({"X-Key": Secret("k")})).flow(replace(REQUEST, credentials=of_policy), sent_once)
    )

    assert isinstance(request, Request)
    assert request.credentials.reveal(request)[1] == {"X-Key": "of a policy"}
