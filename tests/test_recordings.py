"""Recordings: real traffic in a HAR file without credentials, replayed without a network, and held against the
document."""

from __future__ import annotations

import asyncio
import base64
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import openconnectors
from openconnectors.engine.masking import Mask
from openconnectors.engine.secret import Secret
from openconnectors.engine.traffic.redaction import Redaction
from openconnectors.testing import (
    ConnectorSandbox,
    NotRecorded,
    RecordingDeviates,
    RecordingError,
    check,
    import_har,
    read,
    record,
    replay,
    sandbox,
)
from tests.conftest import Listener, accepting
from tests.test_transports import Server, received, sized

pytest_plugins = ["pytester"]
MESSAGE = {"to": "+14155552345", "from_": "+15005550006", "body": "Hello"}
ACCOUNT = "AC" + "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def started() -> Iterator[ConnectorSandbox]:
    with sandbox("twilio") as running:
        yield running


def recorded(started: ConnectorSandbox, path: Path, **options: Any) -> Any:
    """A context that records what is sent to the sandbox."""
    return record("twilio", path, connection=started.connection, base_url=started.url, trust_env=False, **options)


def test_what_was_recorded_is_replayed(started: ConnectorSandbox, tmp_path: Path) -> None:
    """A replay gives the values of the recorded calls, in JSON and XML, with errors, pages and streams, and needs
    neither the service nor a connection."""

    def calls(twilio: Any) -> list[Any]:
        message = twilio.send_message(**MESSAGE)
        values = [message, twilio.get_message.using(accept="application/xml")(message_id=message["sid"])]
        values += twilio.list_messages.items(page_size=2)
        with pytest.raises(openconnectors.NotFound) as missing:
            twilio.get_message(message_id="SM" + "1" * 32)
        with twilio.list_messages.stream(page_size=2) as stream:
            return [*values, missing.value.message, stream.read()]

    path = tmp_path / "folder" / "calls.har"
    with recorded(started, path) as live:
        wanted = calls(live.connector)
    count = len(started.received)
    with replay("twilio", path) as silent:
        assert calls(silent.connector) == wanted
        assert silent.unused == []

    assert len(started.received) == count


def test_the_async_face_records_and_replays(started: ConnectorSandbox, tmp_path: Path) -> None:
    """Awaited calls are recorded and replayed as blocking ones, from one file for both."""

    async def calls(twilio: Any) -> list[Any]:
        message = await twilio.send_message(**MESSAGE)
        async with await twilio.get_message.stream(message_id=message["sid"]) as stream:
            return [message, await stream.read()]

    path = tmp_path / "calls.har"
    with recorded(started, path) as live:
        wanted = asyncio.run(calls(live.async_connector))
    with replay("twilio", path) as silent:
        assert asyncio.run(calls(silent.async_connector)) == wanted
    with replay("twilio", path) as silent:
        assert silent.connector.send_message(**MESSAGE) == wanted[0]


DIFFERENT: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a body": (
        lambda twilio: twilio.send_message(**{**MESSAGE, "body": "Bye"}),
        "the body has Body 'Hello' instead of",
    ),
    "a query": (lambda twilio: twilio.list_messages(page_size=3), r"the query has PageSize \['2'\] instead of \['3'\]"),
    "a media type": (lambda twilio: twilio.list_messages.using(accept="application/xml")(page_size=2), "the URL is"),
    "once more": (lambda twilio: [twilio.send_message(**MESSAGE) for _ in range(2)], "it was recorded 1 time"),
}


@pytest.mark.parametrize("row", DIFFERENT)
def test_what_was_not_recorded_is_an_error(row: str, started: ConnectorSandbox, tmp_path: Path) -> None:
    """A request that is not in the recording raises NotRecorded, which says what differs; it was not sent."""
    path = tmp_path / "calls.har"
    with recorded(started, path) as live:
        live.connector.send_message(**MESSAGE)
        live.connector.list_messages(page_size=2)
    call, message = DIFFERENT[row]

    with replay("twilio", path) as silent, pytest.raises(NotRecorded, match=message) as error:
        call(silent.connector)
    assert error.value.sent == "no"


def test_an_error_leaves_the_former_recording(started: ConnectorSandbox, tmp_path: Path) -> None:
    """A recording is written when its block ends well, as a whole or not at all."""
    path = tmp_path / "calls.har"
    with recorded(started, path) as live:
        live.connector.list_messages()
    before = path.read_bytes()
    with pytest.raises(openconnectors.InvalidArguments), recorded(started, path) as live:
        live.connector.send_message(body="to nobody")

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# Credentials

SECRETS = {
    "key": "k3y-In-A-Query&with=signs", "header": "h34der/key+ä", "crumb": "c00kie-crumb",
    "bearer": "b34rer.token.value", "password": 'p4ss "word" <ü>', "client_secret": "cl13nt-secret-value",
    "access_token": "tok3n-that-is-issued", "refresh": "r3fresh-token-issued", "session": "s3ssion-that-is-issued",
}  # fmt: skip
SCHEMES = {
    "key": {"type": "apiKey", "in": "query", "name": "appid"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Own-Header"},
    "crumb": {"type": "apiKey", "in": "cookie", "name": "crumb"},
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "TOKEN", "scopes": {}}}},
}


def _secured(url: str, path: Path) -> Path:
    """A document whose operations are signed in with each scheme."""
    schemes = json.loads(json.dumps(SCHEMES).replace("TOKEN", f"{url}/token"))
    responses = {"200": {"description": "-", "content": {"application/json": {"schema": {"type": "object"}}}}}
    path.write_text(json.dumps({
        "openapi": "3.0.3", "info": {"title": "Secured", "version": "1"}, "servers": [{"url": url}],
        "paths": {
            f"/by/{name}": {"get": {"operationId": f"by_{name}", "security": [{name: []}], "responses": responses}}
            for name in schemes
        },
        "components": {"securitySchemes": schemes},
    }))  # fmt: skip
    return path


class Echo:
    """A service that issues tokens, and gives back all that it was sent, in several spellings."""

    def __init__(self, listener: Listener) -> None:
        self.url = listener.url
        self.requests: list[bytes] = []
        listener.socket.setblocking(True)
        accepting(listener.socket, self._serve)

    def _serve(self, connection: Any) -> None:
        with connection:
            request = received(connection)
            if request is None:
                return
            self.requests.append(request)
            value: dict[str, Any] = {"raw": request.decode("latin-1")}
            if request.startswith(b"POST /token"):
                value |= {"access_token": SECRETS["access_token"], "token_type": "bearer", "expires_in": 3600,
                          "refresh_token": SECRETS["refresh"]}  # fmt: skip
            body = json.dumps(value).encode()
            fields = (
                f"Set-Cookie: id={SECRETS['session']}",
                f"Link: <{self.url}/?access_token={SECRETS['session']}>",
                f"X-Echo: {SECRETS['bearer']}",
            )
            connection.sendall(sized(body, "Content-Type: application/json", *fields, "Connection: close"))


def test_no_credential_is_in_a_recording(listener: Listener, tmp_path: Path) -> None:
    """Whatever signs a call in, and whatever a service issues or gives back, the file holds no credential."""
    echo = Echo(listener)
    document = _secured(echo.url, tmp_path / "secured.openapi.json")
    connection = {
        "key": SECRETS["key"], "header": SECRETS["header"], "crumb": SECRETS["crumb"], "bearer": SECRETS["bearer"],
        "basic.username": "me@example.com", "basic.password": SECRETS["password"],
        "client_id": "the-client", "client_secret": SECRETS["client_secret"],
    }  # fmt: skip
    path = tmp_path / "secured.har"

    with record(document, path, connection=connection, trust_env=False) as live:
        for name in live.connector:
            live.connector[name]()

    text = path.read_text("utf-8")
    assert sum(request.startswith(b"GET /by/") for request in echo.requests) == len(SCHEMES)
    assert any(SECRETS["access_token"].encode() in request for request in echo.requests)
    decoded = "".join(exchange.response_body.decode() for exchange in read(path).exchanges)
    for name, secret in SECRETS.items():
        spelled = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        spelled |= {base64.b64encode(secret.encode()).decode().rstrip("=")}
        spelled |= {secret.encode().decode("latin-1")}
        assert {each for each in spelled if each in text or each in decoded} == set(), name
    with replay(document, path) as silent:
        for name in silent.connector:
            silent.connector[name]()


TEXTS = [
    ("application/json", '{"clientSecret":"abc","a":[{"access-token":"abc","ok":1}]}',
     '{"clientSecret":"***","a":[{"access-token":"***","ok":1}]}'),
    ("application/json", '{"has_password":true,"password":null,"max_tokens":5}', None),
    ("application/json", '{"next":"https://a.example/?sig=abc%3D&page=2"}', '{"next":"https://a.example/?sig=***&page=2"}'),
    ("application/json", '{"broken', None),
    ("application/xml", '<a Password="abc"><b:token>abc</b:token><c>abc</c></a>',
     '<a Password="***"><b:token>***</b:token><c>abc</c></a>'),
    ("application/x-www-form-urlencoded", "user=abc&password=abc&x=1", "user=abc&password=***&x=1"),
    ("text/plain", "<https://a.example/?a=1&token=abc>; rel=next", "<https://a.example/?a=1&token=***>; rel=next"),
    ("application/json; charset=utf-16", '{"secret":"abc"}', '{"secret":"***"}'),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "text", "redacted"), TEXTS)
def test_what_services_call_a_secret_is_redacted(content_type: str, text: str, redacted: str | None) -> None:
    """Members, elements, attributes and parameters with the name of a secret lose their value, others nothing."""
    charset = "utf-16" if "utf-16" in content_type else "utf-8"
    data = Redaction().body(text.encode(charset), content_type)

    assert data.decode(charset) == (text if redacted is None else redacted)


def test_names_of_the_callers_are_redacted(started: ConnectorSandbox, tmp_path: Path) -> None:
    """Names in redact= are secrets, too; the replay finds its request all the same."""
    path = tmp_path / "calls.har"
    with recorded(started, path, redact=["Body"]) as live:
        live.connector.send_message(**MESSAGE)

    assert "Hello" not in path.read_text("utf-8")
    with replay("twilio", path) as silent:
        assert silent.connector.send_message(**MESSAGE)["body"] == "***"


def test_other_values_of_a_connection_are_made_up(tmp_path: Path, server: Server) -> None:
    """An account, which is no secret but somebody's, is another one in the file, in URLs as in bodies."""
    server.answer = sized(f'{{"account_sid": "{ACCOUNT}"}}'.encode(), "Content-Type: application/json")
    path = tmp_path / "calls.har"
    connection = {"account_id": ACCOUNT, "access_token": "t0ken-of-nobody"}
    base_url = server.url.removesuffix("/thing")
    with record("twilio", path, connection=connection, base_url=base_url, trust_env=False) as live:
        live.connector.get_message(message_id="SM" + "1" * 32)

    assert ACCOUNT in server.requests[0].decode()
    assert ACCOUNT not in path.read_text("utf-8")
    with replay("twilio", path) as silent:
        value = silent.connector.get_message(message_id="SM" + "1" * 32)
    assert value["account_sid"] == "AC" + "0" * 32


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def test_a_secret_is_masked_in_any_encoding() -> None:
    """A secret in UTF-16, which some services send without saying so, is masked."""
    redaction = Redaction(Mask([Secret("the-secret")]))

    assert "the-secret".encode("utf-16-le") not in redaction.body("a the-secret".encode("utf-16-le"), "text/plain")


# HAR

NAMED = {"type": "array", "items": {"type": "object", "required": ["name", "value"]}}
HAR: dict[str, Any] = {
    "type": "object", "required": ["log"], "properties": {"log": {
        "type": "object", "required": ["version", "creator", "entries"], "properties": {
            "version": {"const": "1.2"}, "creator": {"type": "object", "required": ["name", "version"]},
            "entries": {"type": "array", "minItems": 1, "items": {
                "type": "object",
                "required": ["startedDateTime", "time", "request", "response", "cache", "timings"],
                "properties": {
                    "startedDateTime": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)$"},
                    "time": {"type": "number", "minimum": 0},
                    "request": {
                        "type": "object",
                        "required": ["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize",
                                     "bodySize"],
                        "properties": {
                            "headers": NAMED, "queryString": NAMED,
                            "postData": {"type": "object", "required": ["mimeType", "text"]},
                        },
                    },
                    "response": {
                        "type": "object",
                        "required": ["status", "statusText", "httpVersion", "cookies", "headers", "content",
                                     "redirectURL", "headersSize", "bodySize"],
                        "properties": {
                            "status": {"type": "integer"}, "headers": NAMED,
                            "content": {"type": "object", "required": ["size", "mimeType"]},
                        },
                    },
                    "timings": {"type": "object", "required": ["send", "wait", "receive"]},
                },
            }},
        },
    }},
}  # fmt: skip
"""What HAR 1.2 requires (its sections "log" to "timings")."""


def test_a_recording_is_an_http_archive(started: ConnectorSandbox, tmp_path: Path) -> None:
    """The file has all members that HAR 1.2 requires, with their types."""
    path = tmp_path / "calls.har"
    with recorded(started, path) as live:
        live.connector.send_message(**MESSAGE)
        live.connector.list_messages(page_size=2)

    errors = [error.message for error in Draft202012Validator(HAR).iter_errors(json.loads(path.read_text("utf-8")))]
    assert errors == []


def test_the_archive_of_a_browser_is_replayed(tmp_path: Path) -> None:
    """Entries of other programs are read: fields of HTTP/2, bytes in Base64, a form in params, what was cancelled, and
    credentials that are in them."""
    base = "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000000"
    content = base64.b64encode(json.dumps({"sid": "SM" + "1" * 32, "body": "Grüße"}).encode()).decode()
    fields = [{"name": ":method", "value": "POST"}, {"name": "accept", "value": "application/json"},
              {"name": "authorization", "value": "Basic c2VjcmV0"},
              {"name": "content-type", "value": "application/x-www-form-urlencoded"}]  # fmt: skip
    params = [{"name": "To", "value": "+14155552345"}, {"name": "From", "value": "+15005550006"},
              {"name": "Body", "value": "Hello"}]  # fmt: skip
    entry = {
        "startedDateTime": "2026-01-01T00:00:00.000+01:00", "time": 12.5,
        "request": {"method": "POST", "url": f"{base}/Messages.json#top", "headers": fields,
                    "postData": {"mimeType": "application/x-www-form-urlencoded", "params": params}},
        "response": {"status": 201, "headers": [{"name": "content-type", "value": "application/json"}],
                     "content": {"size": 1, "mimeType": "application/json", "text": content, "encoding": "base64"}},
    }  # fmt: skip
    cancelled = {"request": {"method": "GET", "url": base, "headers": []}, "response": {"status": 0}}
    elsewhere = {
        "request": {"method": "GET", "url": "https://cdn.example/a.js", "headers": []},
        "response": {"status": 200},
    }
    path = tmp_path / "browser.har"
    path.write_text(
        "\ufeff" + json.dumps({"log": {"version": "1.2", "entries": [cancelled, elsewhere, entry]}}), "utf-8"
    )

    with warnings.catch_warnings(record=True) as shown, replay("twilio", path) as silent:
        assert silent.connector.send_message(**MESSAGE)["body"] == "Grüße"
    assert all("cdn.example" not in str(warning.message) for warning in shown)


def test_the_archive_of_a_browser_becomes_a_recording(tmp_path: Path) -> None:
    """import_har keeps the exchanges with the service, without their credentials and the account of whoever made
    them; the recording fits the document and is replayed, whatever the browser accepts."""
    base = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}"
    basic = base64.b64encode(f"{ACCOUNT}:t0ken-of-nobody".encode()).decode()
    fields = [
        {"name": name, "value": value}
        for name, value in [
            ("Authorization", f"Basic {basic}"), ("Cookie", "session=s3ssion"), ("X-Auth-Token", "t0ken-of-nobody"),
            ("Accept", "text/html,application/xhtml+xml,application/json;q=0.9"),
        ]
    ]  # fmt: skip
    message = {"sid": "SM" + "1" * 32, "account_sid": ACCOUNT, "body": "Hello"}

    def entry(url: str) -> dict[str, Any]:
        content = {"mimeType": "application/json", "text": json.dumps(message)}
        response = {
            "status": 200,
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "content": content,
        }
        return {"request": {"method": "GET", "url": url, "headers": fields}, "response": response}

    entries = [entry(f"{base}/Messages/{message['sid']}.json"), entry("https://cdn.example/a.js"), entry("data:,x")]
    source, path = tmp_path / "browser.har", tmp_path / "recording.har"
    source.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")

    assert import_har(source, path, "twilio", connection={"account_id": ACCOUNT}) == 1

    text = path.read_text("utf-8")
    assert {secret for secret in (ACCOUNT, basic, "t0ken-of-nobody", "s3ssion") if secret in text} == set()
    assert check(path) == []
    with replay("twilio", path) as silent:
        get = silent.connector.get_message
        with pytest.raises(NotRecorded, match="another Accept only"):
            get.using(headers={"Accept": "text/csv"})(message_id=message["sid"])
        assert get(message_id=message["sid"])["body"] == "Hello"


@pytest.mark.parametrize("text", ["", "[]", '{"log": 1}', '{"log": {"entries": [{}]}}', "not JSON"])
def test_what_is_no_archive_is_refused(text: str, tmp_path: Path) -> None:
    """A file that is no HAR raises RecordingError with its path."""
    path = tmp_path / "wrong.har"
    path.write_text(text)

    with pytest.raises(RecordingError, match=r"wrong\.har is not an HTTP archive"):
        read(path)


# The document

PET = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}


def _pets(path: Path, *, limit: int, schema: Any) -> Path:
    content = {"application/json": {"schema": {"type": "array", "items": schema}}}
    path.write_text(json.dumps({
        "openapi": "3.0.3", "info": {"title": "Pets", "version": "1"}, "servers": [{"url": "http://pets.example/v1"}],
        "paths": {"/pets": {"get": {
            "operationId": "list", "responses": {"200": {"description": "-", "content": content}},
            "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": limit}}],
        }}},
    }))  # fmt: skip
    return path


def test_a_recording_that_does_not_fit_any_more_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the document has changed, a replay warns of each exchange that deviates from it: which recording, which
    operation, what; check() returns the same."""
    monkeypatch.chdir(tmp_path)
    document, path = _pets(tmp_path / "pets.openapi.json", limit=10, schema=PET), tmp_path / "pets.har"
    with (
        sandbox(document) as running,
        record("./pets.openapi.json", path, base_url=running.url, trust_env=False) as live,
    ):
        live.connector.list(limit=5)
    assert check(path) == []
    with replay(document, path):
        pass

    _pets(document, limit=3, schema={**PET, "required": ["id", "name", "age"]})

    with pytest.warns(RecordingDeviates) as shown, replay(document, path):
        pass
    messages = [str(warning.message) for warning in shown]
    assert messages == [f"{path}: {misfit}" for misfit in check(path)]
    assert "pets.har: exchange 1, list, 200: request: query limit: must be at most 3" in messages[0]
    assert any("response: body [0]" in message and "age" in message for message in messages)


# pytest

TEST = """
def test_messages(connector_recording):
    twilio = connector_recording("twilio", connection={connection!r}, base_url={url!r}, trust_env=False).connector
    assert twilio.list_messages(page_size=2)["page_size"] == 2
    assert {passes}
"""


def test_the_fixture_records_and_replays(
    pytester: pytest.Pytester, started: ConnectorSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--connectors-record writes a file for each test that passes; without it the file is replayed, and one that is
    missing fails; --connectors holds recordings against their documents."""
    options = {"connection": dict(started.connection), "url": started.url}
    pytester.makepyfile(test_it=TEST.format(**options, passes=True), test_bad=TEST.format(**options, passes=False))
    run = ["-p", "no:cacheprovider", "-p", "no:xdist"]

    pytester.inline_run("test_it.py", *run).assertoutcome(failed=1)
    pytester.inline_run(*run, "--connectors-record").assertoutcome(passed=1, failed=1)
    files = [str(path.relative_to(pytester.path)) for path in pytester.path.rglob("*.har")]
    assert files == ["recordings/test_it/test_messages.twilio.har"]
    count = len(started.received)
    pytester.inline_run("test_it.py", *run, "--connectors").assertoutcome(passed=1)
    pytester.inline_run(files[0], *run, "--connectors").assertoutcome(passed=1)
    assert len(started.received) == count
