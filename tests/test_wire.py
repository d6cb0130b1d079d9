"""A misbehaving peer, in raw octets: a value comes only if it came whole; what is sent again is safe."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.call import retry
from openconnectors.engine.client.connector import Connector
from tests.conftest import accepting

DOCUMENT = """
swagger: "2.0"
info: {title: Peer, version: "1"}
produces: [application/json, application/xml]
securityDefinitions: {key: {type: apiKey, in: query, name: api_key}}
security: [{key: []}]
paths:
  /thing:
    get:
      operationId: getThing
      responses:
        200: {description: The thing, schema: {$ref: "#/definitions/Thing"}}
        500: {description: It broke}
    post:
      operationId: makeThing
      parameters: [{name: thing, in: body, required: true, schema: {$ref: "#/definitions/Thing"}}]
      responses:
        201: {description: Made, schema: {$ref: "#/definitions/Thing"}}
  /list:
    get:
      operationId: listThings
      x-ms-pageable: {nextLinkName: next, itemName: items}
      responses:
        200: {description: Things, schema: {type: object}}
definitions:
  Thing: {type: object, xml: {name: Thing}, required: [id], properties: {id: {type: integer}, name: {type: string}}}
"""
SECRET = "the-secret-key-of-this-test"


class Peer:
    """Answers each request with the next of its answers, octet by octet as they are given; None hangs up,
    a callable writes for itself. Counts what came."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.seen: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        accepting(self._server, self._talk)

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                while self._answer(connection):
                    pass
            except OSError:
                pass  # the client hung up, as many of these tests want it to

    def _answer(self, connection: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return False
            data += more
        self.seen.append(data)
        answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            return False
        if callable(answer):
            answer(connection)
            return False
        connection.sendall(answer)
        return not answer.startswith(b"HTTP/1.1 200 OK\r\nX-Close")

    def close(self) -> None:
        self._server.close()


def ok(body: bytes, content_type: str = "application/json", status: str = "200 OK", extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


THING = b'{"id": 7, "name": "ok"}'


@pytest.fixture
def peer() -> Iterator[Peer]:
    server = Peer()
    yield server
    server.close()


@pytest.fixture
def thing(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connector:
    monkeypatch.setattr(retry, "FIRST", 0.01)  # waits are short here; that they are asked for is what counts
    path = tmp_path / "peer.swagger.yaml"
    path.write_text(DOCUMENT)
    return openconnectors.load_file(path, connection={"api_key": SECRET}, base_url=peer.url, timeout=2)


def test_a_whole_response_gives_its_value(peer: Peer, thing: Connector) -> None:
    """A complete response gives its value; interim responses are skipped and gzip is decoded."""
    peer.answers = [ok(THING), b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok(THING)]
    assert thing.get_thing() == {"id": 7, "name": "ok"}
    assert thing.get_thing() == {"id": 7, "name": "ok"}  # an interim answer is skipped
    packed = gzip.compress(THING)
    peer.answers = [ok(packed, extra="Content-Encoding: gzip\r\n")]
    assert thing.get_thing() == {"id": 7, "name": "ok"}
    assert f"api_key={SECRET}".encode() in peer.seen[0]


INVALID: dict[str, tuple[bytes, str]] = {
    "cut JSON": (ok(b'{"id": 7'), "is not JSON"),
    "empty": (ok(b""), "is empty, but has the Content-Type"),
    "a member twice": (ok(b'{"id": 1, "id": 2}'), "'id' twice"),
    "NaN": (ok(b'{"id": NaN}'), "NaN"),
    "deep": (ok(b"[" * 5000 + b"]" * 5000), "nested deeper"),
    "HTML": (ok(b"<html></html>", "text/html"), "is text/html, but application/json or application/xml is declared"),
    "a DOCTYPE": (ok(b'<!DOCTYPE a [<!ENTITY b "c">]><Thing><id>7</id></Thing>', "application/xml"), "DOCTYPE"),
    "another root": (ok(b"<Other><message>7</message></Other>", "application/xml"), "<Other>; expected <Thing>"),
    "an element twice": (ok(b"<Thing><id>7</id><id>8</id></Thing>", "application/xml"), "<id> twice"),
    "text between elements": (ok(b"<Thing>x<id>7</id></Thing>", "application/xml"), "text between"),
    "cut gzip": (ok(gzip.compress(THING)[:-6], extra="Content-Encoding: gzip\r\n"), "ends before its end"),
    "no gzip": (ok(THING, extra="Content-Encoding: gzip\r\n"), "is not gzip"),
    "an encoding that was not offered": (ok(THING, extra="Content-Encoding: br\r\n"), "'br', which was not offered"),
    "a bomb": (ok(gzip.compress(b" " * (40 << 20)), extra="Content-Encoding: gzip\r\n"), "unpacks to more than"),
    "a part": (ok(THING, status="206 Partial Content"), "206"),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "not an HTTP response"),
}


@pytest.mark.parametrize("case", INVALID)
def test_a_response_that_is_not_whole_or_readable_is_refused(peer: Peer, thing: Connector, case: str) -> None:
    """An incomplete or unreadable response raises InvalidResponse, is not retried, and shows no secret."""
    answer, message = INVALID[case]
    peer.answers = [answer]
    with pytest.raises(openconnectors.InvalidResponse, match=message.replace("(", r"\(")) as caught:
        thing.get_thing()
    assert SECRET not in f"{caught.value} {caught.value!r}"
    assert len(peer.seen) == 1


def test_a_broken_schema_is_a_deviation_or_refused(peer: Peer, thing: Connector, caplog: Any) -> None:
    """A value that breaks its schema is returned and logged once; strict raises InvalidResponse."""
    peer.answers = [ok(b'{"id": "seven"}')] * 3
    for _ in range(2):
        assert thing.get_thing() == {"id": "seven"}
    assert [record.getMessage() for record in caplog.records] == ["peer getThing deviates from its document: id"]
    with pytest.raises(openconnectors.InvalidResponse, match="id: must be integer, not 'seven'"):
        thing.get_thing.using(validate_responses="strict")()


def test_what_changes_nothing_is_sent_again(peer: Peer, thing: Connector) -> None:
    """GET after a hang-up, 503 and 429; not after 500; four attempts in all."""
    busy = ok(b"", status="503 Busy")
    peer.answers = [None, busy, ok(b"", status="429 Slow", extra="Retry-After: 0\r\n"), ok(THING)]
    assert thing.get_thing()["id"] == 7
    peer.answers, peer.seen = [busy] * 9, []
    with pytest.raises(openconnectors.ServerError) as caught:
        thing.get_thing()
    assert (caught.value.status, len(peer.seen)) == (503, 4)
    peer.answers, peer.seen = [ok(b"", status="500 Broken")], []
    with pytest.raises(openconnectors.ServerError, match="500: It broke"):
        thing.get_thing()
    assert len(peer.seen) == 1


def test_what_may_have_been_carried_out_is_not_sent_again(peer: Peer, thing: Connector) -> None:
    """POST: a hang-up leaves it unknown, 503 is an answer; 429 was not carried out and may be repeated."""
    peer.answers = [None]
    with pytest.raises(openconnectors.OutcomeUnknown, match="may have been carried out") as unknown:
        thing.make_thing(id=1)
    assert unknown.value.sent == "unknown"
    peer.answers = [ok(b"", status="503 Busy")]
    with pytest.raises(openconnectors.ServerError):
        thing.make_thing(id=1)
    assert len(peer.seen) == 2
    peer.answers = [ok(b"", status="429 Slow", extra="Retry-After: 0\r\n"), ok(THING, status="201 Made")]
    assert thing.make_thing(id=1)["id"] == 7
    assert len(peer.seen) == 4


def test_a_wait_that_does_not_fit_is_an_error_that_says_it(peer: Peer, thing: Connector) -> None:
    """A Retry-After beyond the time left raises TooManyRequests with its seconds, without waiting."""
    peer.answers = [ok(b"", status="429 Slow", extra="Retry-After: 86400\r\n")]
    with pytest.raises(openconnectors.TooManyRequests, match="try again after 86400 s") as caught:
        thing.get_thing()
    assert (caught.value.retry_after, len(peer.seen)) == (86400.0, 1)
    assert caught.value.sent == "yes"


def test_nothing_listens_is_not_sent(tmp_path: Path, thing: Connector) -> None:
    """A refused connection raises ConnectionFailed with sent='no'."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    connector = openconnectors.load_file(
        tmp_path / "peer.swagger.yaml", connection={"api_key": SECRET}, base_url=url, timeout=1
    )
    with pytest.raises(openconnectors.ConnectionFailed, match="refused") as caught:
        connector.make_thing(id=1)
    assert caught.value.sent == "no"
    assert SECRET not in str(caught.value)


def _drip(data: bytes) -> Callable[[socket.socket], None]:
    def write(connection: socket.socket) -> None:
        connection.sendall(data)
        for _ in range(200):
            connection.sendall(b" ")
            time.sleep(0.05)

    return write


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_a_call_ends_in_its_time_however_slowly_the_peer_drips(peer: Peer, thing: Connector, start: bytes) -> None:
    """A peer that drips head or body byte by byte does not extend a call's timeout."""
    peer.answers = [_drip(start)] * 5
    began = time.monotonic()
    with pytest.raises(openconnectors.Timeout):
        thing.get_thing.using(timeout=0.4)()
    assert time.monotonic() - began < 5


def test_a_body_cut_short_is_an_error(peer: Peer, thing: Connector) -> None:
    """A cut response to a GET is retried three times and then raises Interrupted."""
    cut = b"HTTP/1.1 200 OK\r\nX-Close: 1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n" + THING
    peer.answers = [cut] * 4
    with pytest.raises(openconnectors.Interrupted, match="cut off"):
        thing.get_thing()
    assert len(peer.seen) == 4


def test_a_redirect_is_not_followed(peer: Peer, thing: Connector) -> None:
    """A redirect to another host is not followed; it raises AnswerError."""
    peer.answers = [ok(b"", status="302 Found", extra="Location: http://127.0.0.2/steal\r\n")]
    with pytest.raises(openconnectors.AnswerError, match="302"):
        thing.get_thing()


def test_an_error_that_echoes_the_key_does_not_show_it(peer: Peer, thing: Connector) -> None:
    """A secret that an error response echoes is *** in the message, value and headers."""
    peer.answers = [ok(f'{{"message": "bad key {SECRET}"}}'.encode(), status="403 No", extra=f"X-Key: {SECRET}\r\n")]
    with pytest.raises(openconnectors.Forbidden) as caught:
        thing.get_thing()
    assert SECRET not in f"{caught.value} {caught.value.value} {dict(caught.value.headers)}"
    assert "***" in str(caught.value.value)


@pytest.mark.parametrize("mode", ["lenient", "strict", "off"])
def test_what_http_lets_be_read_as_meant_is_a_deviation_and_never_refused(
    peer: Peer, thing: Connector, mode: str
) -> None:
    """Raw deflate, a charset for a content coding, a fraction of a second: whatever the mode."""
    packer = zlib.compressobj(wbits=-15)
    raw = packer.compress(THING) + packer.flush()
    peer.answers = [
        ok(b"", status="503 Busy", extra="Retry-After: 0.01\r\n"),
        ok(raw, extra="Content-Encoding: utf-8, deflate\r\n"),
    ]
    response = thing.get_thing.using(validate_responses=mode).response()
    assert response.value == {"id": 7, "name": "ok"}
    paths = [problem.path for problem in response.deviations]
    assert paths == ([] if mode == "off" else [("Content-Encoding",), ("Content-Encoding",), ("Retry-After",)])


LINKS = [
    "http://127.0.0.2:1/list",
    "//evil.example/list",
    "http://me@127.0.0.1/list",
    "file:///etc/passwd",
    "\\\\evil\\x",
    7,
]


@pytest.mark.parametrize("link", LINKS)
def test_a_next_page_elsewhere_is_not_requested(peer: Peer, thing: Connector, link: Any) -> None:
    """A next link that leaves the base URL raises InvalidResponse after the first page's items."""
    import json

    peer.answers = [ok(json.dumps({"items": [1], "next": link}).encode())]
    items = thing.list_things.items()
    assert next(items) == 1
    with pytest.raises(openconnectors.InvalidResponse, match="next page"):
        next(items)
    assert len(peer.seen) == 1


def test_pages_that_come_back_end_with_an_error(peer: Peer, thing: Connector) -> None:
    """A next link to a page that was already read raises InvalidResponse."""
    peer.answers = [ok(b'{"items": [1], "next": "/list?page=2"}'), ok(b'{"items": [2], "next": "/list"}')]
    items = thing.list_things.items()
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(openconnectors.InvalidResponse, match="already read"):
        next(items)


def test_the_environment_gives_no_proxy_and_no_password(
    peer: Peer, thing: Connector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy variable set after load(), netrc, and cookies of earlier responses are not used."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password from-netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    peer.answers = [ok(THING, extra="Set-Cookie: a=b\r\n"), ok(THING)]
    assert thing.get_thing()["id"] == 7
    assert thing.get_thing()["id"] == 7
    assert not any(b"Authorization" in seen or b"Cookie" in seen for seen in peer.seen)


def test_a_dead_service_is_not_stormed() -> None:
    """The quota of a connection ends repetitions: at most a tenth more requests than calls in the long run."""
    from openconnectors.engine.flows import Flow, Wait
    from openconnectors.engine.http import Headers, Request, Response

    def sent_once(request: Request) -> Flow[Response]:
        return (yield request)

    quota = retry.Quota()
    sent = 0
    for _ in range(2000):
        flow = retry.with_retries(Request("GET", "http://x/", {}, safe=True), sent_once, lambda: 60.0, quota)
        step = next(flow)
        try:
            while True:
                if isinstance(step, Wait):
                    step = next(flow)
                else:
                    sent += 1
                    step = flow.send(Response(503, Headers()))
        except StopIteration:
            pass
    assert 2000 < sent <= 2200
