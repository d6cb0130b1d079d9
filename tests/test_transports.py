"""What every transport does with what a peer may do, in raw bytes: a value that came whole, or an error that says what
was sent; and the request arrives once.

A row is what a server on loopback answers, and the value or the error that a transport makes of it. A further transport
is one more row of ``TRANSPORTS``.
"""

from __future__ import annotations

import gc
import gzip
import math
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from openconnectors.engine.call.retry import Quota, with_retries
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.errors import ConnectorError, InvalidResponse, TransportError
from openconnectors.engine.flows import Flow
from openconnectors.engine.http import Request, Response, Transport
from openconnectors.engine.streams import Content, File
from openconnectors.engine.transports import framing
from openconnectors.engine.transports.addresses import NoConnection
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.engine.transports.codings import coding_of
from openconnectors.engine.transports.connections import connect
from openconnectors.engine.transports.session import SessionTransport
from openconnectors.engine.transports.waits import BLOCKING, finished
from tests.authority import Authority
from tests.awaited import Awaited, AwaitedDirectly
from tests.conftest import accepting
from tests.examples import examples, spread


class Directly(BlockingTransport):
    """Sends what it can by ``direct``, over a connection that was kept, so that all of that way is gone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.trusted = options.get("verify")

    def trust(self, _: Any) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.trusted)

    def send(self, request: Request) -> Response:
        direct = self.direct(request.url, request.credentials.certificate)
        if direct is None or request.stream or not isinstance(request.body, bytes | None):
            return super().send(request)
        prepared = direct.prepare(request.method, request.credentials.reveal(request)[1])
        target = request.url.split("/", 3)[3] if request.url.count("/") > 2 else ""
        if prepared is None:
            return super().send(request)
        with suppress(NoConnection):
            end = time.monotonic() + request.timeout
            kept = direct.pool.take(direct.route) or finished(connect(direct.route, self.trust, BLOCKING, end))
            direct.pool.keep(direct.route, kept, math.inf)
        outcome = prepared.send(f"/{target}", request.body, request.timeout)
        if isinstance(outcome, ConnectorError):
            raise outcome
        return outcome


TRANSPORTS: Mapping[str, Callable[..., Transport]] = {
    "blocking": BlockingTransport,
    "direct": Directly,
    "session": lambda **options: SessionTransport(requests.Session(), **options),
    "asyncio": partial(Awaited, "asyncio"),
    "asyncio, direct": partial(AwaitedDirectly, "asyncio"),
    "trio": partial(Awaited, "trio"),
    "trio, direct": partial(AwaitedDirectly, "trio"),
}
KINDS = [pytest.param(kind, marks=[pytest.mark.long] if "trio" in kind else []) for kind in TRANSPORTS]
"""Trio is left to the long run: it differs from asyncio in how it waits, which ``test_async`` tries."""
Answer = bytes | Callable[[socket.socket], None]


class Server:
    """Answers each request with what is set for its path, reads requests whole, and counts them. A connection stays
    open behind an answer that is bytes, unless ``closes``."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.answer: Answer | list[Answer] = b""
        self.closes = True
        self.requests: list[bytes] = []
        self.connections = self.closed = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        origin = "https://localhost" if tls else "http://127.0.0.1"
        self.url = f"{origin}:{self._socket.getsockname()[1]}/thing"
        accepting(self._socket, self._serve)

    def _serve(self, connection: socket.socket) -> None:
        self.connections += 1
        if self._tls is None:
            with connection, suppress(OSError):  # the client hung up
                self._serve_all(connection)
            self.closed += 1
            return
        with connection, suppress(OSError), self._tls.wrap_socket(connection, server_side=True) as secured:
            self._serve_all(secured)
            secured.unwrap()

    def _serve_all(self, connection: socket.socket) -> None:
        while self._serve_one(connection):
            pass

    def _serve_one(self, connection: socket.socket) -> bool:
        request = received(connection)
        if request is None:
            return False
        self.requests.append(request)
        answer = self.answer.pop(0) if isinstance(self.answer, list) else self.answer
        if callable(answer):
            answer(connection)
            return False
        connection.sendall(answer)
        return not self.closes

    def close(self) -> None:
        self._socket.close()


def received(connection: socket.socket) -> bytes | None:
    """One request with its body; None where there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if fields.get(b"transfer-encoding") == b"chunked":
        while not body.endswith(b"0\r\n\r\n"):
            body += connection.recv(65536)
    while len(body) < int(fields.get(b"content-length", 0)):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "transports")


@pytest.fixture
def secured(authority: Authority) -> Iterator[Server]:
    """A server that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("localhost"))
    running = Server(context)
    yield running
    running.close()


@pytest.fixture(params=KINDS)
def transport(request: pytest.FixtureRequest) -> Iterator[Transport]:
    opened = TRANSPORTS[request.param]()
    yield opened
    opened.close()  # type: ignore[attr-defined]


def get(url: str, **options: Any) -> Request:
    return Request("GET", url, {}, safe=True, **{"timeout": 5.0, **options})


def post(url: str, **options: Any) -> Request:
    return Request("POST", url, {}, **{"timeout": 5.0, "body": b"{}", **options})


def outcome(transport: Transport, request: Request) -> tuple[Any, ...]:
    """The body of the response, read to its end; or the name of the error and what it says was sent."""
    try:
        response = transport.send(request)
        return (response.body if response.stream is None else response.stream.read(),)
    except ConnectorError as error:
        return type(error).__name__, error.sent


VALUE = b'{"n": 1}'
PACKED = gzip.compress(VALUE)
CHUNKS = b"3\r\n" + VALUE[:3] + b"\r\n5\r\n" + VALUE[3:] + b"\r\n"


def head(*fields: str, status: str = "200 OK") -> bytes:
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *fields, "")).encode("latin-1")


def sized(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    return head(f"Content-Length: {len(body)}", *fields, status=status) + body


def chunked(body: bytes, *fields: str) -> bytes:
    return head("Transfer-Encoding: chunked", *fields) + body


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


FIRST = "http.client takes the first of them for the response"
LENIENT = "http.client frames it, and is more lenient"
INVALID, CUT, SILENT = ("InvalidResponse", "yes"), ("Interrupted", "yes"), ("Interrupted", "unknown")


@dataclass(frozen=True)
class Row:
    """``session`` is why a session of requests cannot hold the row."""

    answer: bytes
    outcome: tuple[Any, ...]
    session: str = ""


WHOLE = (VALUE,)
ROWS = {
    # the length of a body, RFC 9112 section 6.3
    "Content-Length": Row(sized(VALUE), WHOLE),
    "nothing": Row(sized(b""), (b"",)),
    "the same length twice": Row(head("Content-Length: 8", "Content-Length: 8") + VALUE, WHOLE),
    "a list of one length": Row(head("Content-Length: 8, 8") + VALUE, WHOLE),
    "until the connection ends": Row(head() + VALUE, WHOLE),
    "chunks": Row(chunked(CHUNKS + b"0\r\n\r\n"), WHOLE),
    "chunks with extensions and a trailer": Row(
        chunked(CHUNKS.replace(b"\r\n", b";a=b\r\n", 1) + b"0\r\nA: b\r\n\r\n"), WHOLE
    ),
    "Chunked in capitals": Row(head("Transfer-Encoding: Chunked") + CHUNKS + b"0\r\n\r\n", WHOLE),
    "more than its length": Row(sized(VALUE) + b"more", WHOLE),
    "204 with a body": Row(sized(VALUE, status="204 No Content"), (b"",)),
    "304 with a body": Row(sized(VALUE, status="304 Not Modified"), (b"",)),
    "lines that end with LF": Row(sized(VALUE).replace(b"\r\n", b"\n"), WHOLE),
    "HTTP/1.0": Row(sized(VALUE).replace(b"1.1", b"1.0"), WHOLE),
    "no reason": Row(sized(VALUE).replace(b" OK", b""), WHOLE),
    "98 more fields": Row(sized(VALUE, *["A: b"] * 98), WHOLE),
    # interim responses, RFC 9110 section 15.2
    "100 and 103 first": Row(
        head(status="100 Continue") + head("Link: </a>", status="103 Early Hints") + sized(VALUE), WHOLE, FIRST
    ),
    "15 times 100": Row(head(status="100 Continue") * 15 + sized(VALUE), WHOLE),
    "103 with 90 fields": Row(head(*["A: b"] * 90, status="103 Early Hints") + sized(VALUE), WHOLE, FIRST),
    "1,000 times 100": Row(head(status="100 Continue") * 1000 + sized(VALUE), INVALID, LENIENT),
    "10,000 times 103": Row(head(status="103 Early Hints") * 10000 + sized(VALUE), INVALID, LENIENT),
    "101, which nobody asked for": Row(head("Upgrade: x", status="101 Switching Protocols") + VALUE, INVALID, LENIENT),
    "100 and nothing else": Row(head(status="100 Continue"), CUT, "its sent is unknown there"),
    # what is not a response
    "nothing at all": Row(b"", SILENT),
    "a body alone": Row(VALUE, INVALID, LENIENT),
    "another protocol": Row(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", INVALID, "its sent is unknown there"),
    "HTTP/2": Row(sized(VALUE).replace(b"1.1", b"2.0", 1), INVALID, LENIENT),
    "a status of two digits": Row(sized(VALUE, status="20 X"), INVALID, LENIENT),
    "a status of four digits": Row(sized(VALUE, status="2000 X"), INVALID, LENIENT),
    "a negative status": Row(sized(VALUE, status="-20 X"), INVALID, LENIENT),
    "a NUL in the reason": Row(sized(VALUE, status="200 \0"), INVALID, LENIENT),
    # fields, RFC 9112 section 5
    "a field without a colon": Row(sized(VALUE, "Content-Type application/json"), INVALID, LENIENT),
    "a blank before a colon": Row(sized(VALUE, "A : b"), INVALID, LENIENT),
    "a folded field": Row(sized(VALUE, "A: b", " c"), INVALID, LENIENT),
    "a folded status line": Row(b"HTTP/1.1 200 OK\r\n A: b\r\n\r\n" + VALUE, INVALID, LENIENT),
    "a field without a name": Row(sized(VALUE, ": b"), INVALID, LENIENT),
    "a NUL in a field": Row(sized(VALUE, "A: b\0c"), INVALID, LENIENT),
    "a bare CR in a field": Row(sized(VALUE, "A: b\rB: c"), INVALID, LENIENT),
    "101 fields": Row(head(*["A: b"] * 101) + VALUE, INVALID, "its sent is unknown there"),
    "a field of 70 kB": Row(head(f"A: {'b' * 70000}") + VALUE, INVALID, "its sent is unknown there"),
    "a head of 300 kB": Row(head(*[f"A: {'b' * 60000}"] * 5) + VALUE, INVALID, LENIENT),
    # lengths that contradict each other or are none
    "two lengths": Row(head("Content-Length: 8", "Content-Length: 7") + VALUE, INVALID, LENIENT),
    "a list of two lengths": Row(head("Content-Length: 8, 9") + VALUE, INVALID, LENIENT),
    "a length with a sign": Row(head("Content-Length: +8") + VALUE, INVALID, LENIENT),
    "a negative length": Row(head("Content-Length: -1") + VALUE, INVALID, LENIENT),
    "a hexadecimal length": Row(head("Content-Length: 0x8") + VALUE, INVALID, LENIENT),
    "a length with an underscore": Row(head("Content-Length: 0_8") + VALUE, INVALID, LENIENT),
    "an empty length": Row(head("Content-Length:") + VALUE, INVALID, LENIENT),
    "a length in other digits": Row(head("Content-Length: \xb2") + VALUE, INVALID, LENIENT),
    "a length of 30 digits": Row(head(f"Content-Length: {'9' * 30}") + VALUE, INVALID, LENIENT),
    "a length beyond the limit": Row(head(f"Content-Length: {1 << 40}"), INVALID),
    "a length and chunks": Row(
        head("Content-Length: 8", "Transfer-Encoding: chunked") + CHUNKS + b"0\r\n\r\n", INVALID, LENIENT
    ),
    "chunked twice": Row(head("Transfer-Encoding: chunked, chunked") + CHUNKS + b"0\r\n\r\n", INVALID, LENIENT),
    "gzip, chunked": Row(head("Transfer-Encoding: gzip, chunked") + CHUNKS + b"0\r\n\r\n", INVALID, LENIENT),
    "a coding identity": Row(head("Transfer-Encoding: identity") + VALUE, INVALID, LENIENT),
    "xchunked": Row(head("Transfer-Encoding: xchunked") + CHUNKS + b"0\r\n\r\n", INVALID, LENIENT),
    "chunks in HTTP/1.0": Row(chunked(CHUNKS + b"0\r\n\r\n").replace(b"1.1", b"1.0", 1), INVALID, LENIENT),
    # chunks, RFC 9112 section 7.1
    "a negative chunk": Row(chunked(b"-8\r\n" + VALUE + b"\r\n0\r\n\r\n"), INVALID, LENIENT),
    "a chunk with a sign": Row(chunked(b"+8\r\n" + VALUE + b"\r\n0\r\n\r\n"), INVALID, LENIENT),
    "a chunk 0x8": Row(chunked(b"0x8\r\n" + VALUE + b"\r\n0\r\n\r\n"), INVALID, LENIENT),
    "a chunk with an underscore": Row(chunked(b"0_8\r\n" + VALUE + b"\r\n0\r\n\r\n"), INVALID, LENIENT),
    "a chunk with a blank": Row(chunked(b"8 \r\n" + VALUE + b"\r\n0\r\n\r\n"), INVALID, LENIENT),
    "a chunk without a size": Row(chunked(b"\r\n" + VALUE + b"\r\n0\r\n\r\n"), INVALID, LENIENT),
    "a chunk of 17 digits": Row(chunked(b"00000000000000008\r\n" + VALUE + b"\r\n0\r\n\r\n"), INVALID, LENIENT),
    "a chunk that ends elsewhere": Row(chunked(b"8\r\n" + VALUE + b"XX0\r\n\r\n"), INVALID, LENIENT),
    "a chunk line that ends with LF": Row(chunked(b"8\n" + VALUE + b"\r\n0\r\n\r\n"), INVALID, LENIENT),
    "an extension of 1 MB": Row(
        chunked(b"8;" + b"x" * 1_000_000 + b"\r\n" + VALUE + b"\r\n0\r\n\r\n"), INVALID, LENIENT
    ),
    "a trailer without end": Row(chunked(CHUNKS + b"0\r\n" + b"A: b\r\n" * 10_000), INVALID, LENIENT),
    "a trailer that is none": Row(chunked(CHUNKS + b"0\r\nno field\r\n\r\n"), INVALID, LENIENT),
    "no last chunk": Row(chunked(CHUNKS), CUT),
    "half a last chunk": Row(chunked(CHUNKS + b"0"), CUT, LENIENT),
    "a last chunk without its line": Row(chunked(CHUNKS + b"0\r\n"), CUT, LENIENT),
    # cut
    "a status line without its end": Row(b"HTTP/1.1 200", CUT, LENIENT),
    "a head without its end": Row(b"HTTP/1.1 200 OK\r\nA: b\r\n", CUT, LENIENT),
    "a field without its end": Row(b"HTTP/1.1 200 OK\r\nContent-Ty", CUT, LENIENT),
    "a body without its end": Row(head("Content-Length: 99") + VALUE, CUT),
    # content codings, RFC 9110 section 8.4
    "gzip": Row(sized(PACKED, "Content-Encoding: gzip"), WHOLE),
    "x-gzip in capitals": Row(sized(PACKED, "Content-Encoding: X-GZIP"), WHOLE),
    "gzip of two members": Row(
        sized(gzip.compress(VALUE[:4]) + gzip.compress(VALUE[4:]), "Content-Encoding: gzip"), WHOLE
    ),
    "gzip with an empty member": Row(sized(PACKED + gzip.compress(b""), "Content-Encoding: gzip"), WHOLE),
    "gzip of nothing": Row(sized(b"", "Content-Encoding: gzip"), (b"",)),
    "gzip in chunks": Row(chunked(b"%x\r\n%b\r\n0\r\n\r\n" % (len(PACKED), PACKED), "Content-Encoding: gzip"), WHOLE),
    "gzip until the end": Row(head("Content-Encoding: gzip") + PACKED, WHOLE),
    "deflate": Row(sized(zlib.compress(VALUE), "Content-Encoding: deflate"), WHOLE),
    "raw deflate": Row(sized(raw_deflate(VALUE), "Content-Encoding: deflate"), WHOLE),
    "identity": Row(sized(VALUE, "Content-Encoding: identity"), WHOLE),
    "a charset for a coding": Row(sized(VALUE, "Content-Encoding: UTF-8"), WHOLE),
    "none for a coding": Row(sized(VALUE, "Content-Encoding: none"), WHOLE),
    "aws-chunked, gzip": Row(sized(PACKED, "Content-Encoding: aws-chunked, gzip"), WHOLE),
    "cut gzip": Row(sized(PACKED[:-6], "Content-Encoding: gzip"), INVALID),
    "gzip with a cut second member": Row(sized(PACKED + PACKED[:-6], "Content-Encoding: gzip"), INVALID),
    "gzip with half a header behind it": Row(sized(PACKED + b"\x1f", "Content-Encoding: gzip"), INVALID),
    "gzip with garbage behind it": Row(sized(PACKED + b"garbage", "Content-Encoding: gzip"), INVALID),
    "gzip with zeros behind it": Row(sized(PACKED + b"\0" * 512, "Content-Encoding: gzip"), INVALID),
    "gzip with a wrong checksum": Row(sized(PACKED[:-8] + b"\0" * 8, "Content-Encoding: gzip"), INVALID),
    "gzip that is none": Row(sized(VALUE, "Content-Encoding: gzip"), INVALID),
    "cut deflate": Row(sized(zlib.compress(VALUE)[:-2], "Content-Encoding: deflate"), INVALID),
    "one byte of deflate": Row(sized(b"\x78", "Content-Encoding: deflate"), INVALID),
    "cut raw deflate": Row(sized(raw_deflate(VALUE)[:-2], "Content-Encoding: deflate"), INVALID),
    "deflate with garbage behind it": Row(
        sized(zlib.compress(VALUE) + b"garbage", "Content-Encoding: deflate"), INVALID
    ),
    "deflate that is none": Row(sized(b"\xff\xff\xff", "Content-Encoding: deflate"), INVALID),
    "gzip twice": Row(sized(gzip.compress(PACKED), "Content-Encoding: gzip, gzip"), INVALID),
    "gzip in two fields": Row(sized(gzip.compress(PACKED), *["Content-Encoding: gzip"] * 2), INVALID),
    "br": Row(sized(VALUE, "Content-Encoding: br"), INVALID),
    "a codec that is no charset": Row(sized(VALUE, "Content-Encoding: rot13"), INVALID),
    "a bomb": Row(sized(gzip.compress(b" " * (40 << 20)), "Content-Encoding: gzip"), INVALID),
}
STREAMED = {"a length beyond the limit": CUT, "a bomb": (b" " * (40 << 20),)}
"""A stream is of any size."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ROWS)
def test_a_response_is_a_value_that_came_whole_or_an_error(server: Server, name: str, kind: str) -> None:
    """Each row gives its value or error, by GET and POST, whole and streamed; the request arrives once."""
    if kind == "session" and ROWS[name].session:
        pytest.skip(ROWS[name].session)
    requests = (get(server.url), post(server.url), get(server.url, stream=True), post(server.url, stream=True))
    check(server, name, requests, TRANSPORTS[kind])


@pytest.mark.parametrize("kind", ["blocking", "direct", "asyncio, direct"])
@pytest.mark.parametrize("name", spread(ROWS, 2))
def test_over_tls_a_response_is_what_it_is_without(secured: Server, authority: Authority, name: str, kind: str) -> None:
    """Each row gives the same value or error where the connection is secured."""
    check(secured, name, (post(secured.url),), lambda: TRANSPORTS[kind](verify=authority.file))


def check(server: Server, name: str, requests: Iterable[Request], opened: Callable[[], Transport]) -> None:
    """Requests over a transport each have the outcome of a row, and arrive once."""
    row = ROWS[name]
    server.answer = row.answer
    for request in requests:
        transport = opened()  # with a connection of its own
        wanted = STREAMED.get(name, row.outcome) if request.stream else row.outcome
        server.requests.clear()
        assert outcome(transport, request) == wanted, f"{request.method}, stream: {request.stream}"
        assert len(server.requests) == 1


def _reset(data: bytes) -> Callable[[socket.socket], None]:
    """Writes, then resets the connection."""

    def write(connection: socket.socket) -> None:
        connection.sendall(data)
        time.sleep(0.002)  # so that it arrives before the reset
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return write


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        sized(VALUE, "A: b"),
        chunked(CHUNKS + b"0\r\nA: b\r\n\r\n"),
        sized(PACKED, "Content-Encoding: gzip"),
        head(status="103 Early Hints") + sized(VALUE),
    ],
    ids=["length", "chunks", "gzip", "interim"],
)
def test_a_response_that_is_cut_at_whatever_byte_is_no_value(server: Server, answer: bytes, reset: bool) -> None:
    """A response cut at any byte is an error; sent is 'unknown' until its first byte, then 'yes'."""
    transport = BlockingTransport()
    for cut in range(len(answer)):
        server.answer = _reset(answer[:cut]) if reset else answer[:cut]
        kind, sent = outcome(transport, post(server.url))
        assert (kind, sent) == ("Interrupted", "yes" if cut else "unknown"), f"cut at {cut}"
    assert len(server.requests) == len(answer)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_response_may_come_in_pieces_of_any_size(server: Server, size: int) -> None:
    """A response that arrives 1, 2, 3 or 7 bytes at a time has the outcome of one that arrives whole."""
    whole = {name: row for name, row in ROWS.items() if len(row.answer) < 400 and len(row.outcome) == 1}

    def write(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(row.answer), size):
            connection.sendall(row.answer[start : start + size])

    server.answer = write
    for name, row in whole.items():
        assert outcome(BlockingTransport(), get(server.url)) == row.outcome, name


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if len(row.answer) < 300])
def test_framing_does_not_depend_on_where_the_bytes_are_parted(name: str) -> None:
    """The head and the body are the same, byte by byte or at once."""
    answer = ROWS[name].answer

    def read(pieces: list[bytes]) -> Any:
        buffer, rest = bytearray(), iter([*pieces, b""])
        try:
            while (came := framing.take_head(buffer)) is None:
                more = next(rest)
                if not more:
                    return "cut"
                buffer += more
            body, parts = framing.body_of(came, "GET"), []
            while not body.done:
                part = body.take(buffer)
                parts.append(part)
                if not part and not body.done:
                    more = next(rest)
                    buffer += more
                    if not more:
                        body.end()
            return came.status, dict(came.headers), b"".join(parts)
        except (framing.Malformed, framing.Cut) as error:
            return type(error)

    assert read([bytes([octet]) for octet in answer]) == read([answer])


NAMES = ["Content-Length", "content-length", "Transfer-Encoding", "Connection", "Keep-Alive", "Content-Encoding"]
NAMES += ["X-Content-Length", "Content-Type", "A", "", "A ", "a\xe9"]
VALUES = [
    "8",
    "08",
    "+8",
    "8, 8",
    "",
    "\xb2",
    "chunked",
    "Chunked",
    "gzip",
    "x, gzip",
    "keep-alive",
    "close",
    "timeout=5",
]
VALUES += ["a\rb", "a\0", "\xe9\xc0", "a\r", "\t8 ", "1" * 19]
FIELD = st.builds(
    lambda *parts: "".join(parts),
    st.sampled_from(NAMES),
    st.sampled_from([":", ": ", ":\t", " :", ""]),
    st.sampled_from(VALUES),
    st.sampled_from(["\r\n"] * 9 + ["\n", "\r\r\n", "\r\n "]),
)
STATUS_LINE = st.sampled_from(["200 OK", "200", "204 X", "304 X", "500 \xe9", "103 X", "101 X", "2000 X", "200 a\rb"])


@given(STATUS_LINE, st.sampled_from(["1.1"] * 4 + ["1.0"]), st.lists(FIELD, max_size=4))
@settings(max_examples=examples(150, 1000), deadline=None)
def test_a_plain_head_is_what_it_is_to_the_reader_of_all_heads(status: str, version: str, fields: list[str]) -> None:
    """What ``plain`` accepts, ``take_head``, ``body_of`` and ``coding_of`` read as the same response."""
    data = f"HTTP/{version} {status}\r\n{''.join(fields)}\r\n".encode("latin-1") + VALUE
    plain = framing.plain(data)
    if plain is None:
        return
    buffer = bytearray(data)
    read = framing.take_head(buffer)
    assert read is not None
    body = framing.body_of(read, "GET")
    assert (plain.status, dict(plain.headers)) == (read.status, dict(read.headers))
    assert plain.headers.get("Content-Length") == read.headers.get("Content-Length")
    assert bytes(buffer) == data[plain.start :]
    assert plain.length == (-1 if isinstance(body, framing.Chunked) else body.length)
    assert (read.keeps(), read.idle_seconds()) == (True, plain.idle_seconds)
    if plain.coding in ("", "gzip", "deflate"):
        assert coding_of(read.headers) == (plain.coding, [])


# What was sent


def test_nothing_listens(transport: Transport) -> None:
    """No connection: not sent, for any method."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/"
    for request in (get(url), post(url)):
        assert outcome(transport, request) == ("ConnectionFailed", "no")


@pytest.mark.parametrize("url", ["http://[::1", "http://a:99999/", "ftp://a/", "http:///x", "http://127.0.0.1:1/a b"])
def test_a_url_that_cannot_be_sent_is_not_sent(url: str) -> None:
    """An invalid URL raises TransportError with sent='no', and is not retried."""
    transport = BlockingTransport()
    with pytest.raises(TransportError) as caught:
        transport.send(post(url))
    assert (caught.value.sent, caught.value.final) == ("no", True)


def test_a_method_that_would_end_its_line_is_not_sent(server: Server) -> None:
    """A method with a line break is refused before anything is sent."""
    request = Request("GET / HTTP/1.1\r\nA: b", server.url, {}, timeout=5.0)
    assert outcome(BlockingTransport(), request) == ("ConnectionFailed", "no")
    assert not server.requests


@pytest.mark.parametrize("value", ["a\r\nB: c", "a\nb", "a\0b", "\u20ac"])
def test_a_header_field_that_would_end_its_line_is_not_sent(server: Server, transport: Transport, value: str) -> None:
    """A header value with line breaks, NUL or characters beyond Latin-1 is refused before anything is sent."""
    request = Request("GET", server.url, {"A": value}, timeout=5.0)
    assert outcome(transport, request) == ("ConnectionFailed", "no")
    assert not server.requests


def test_what_a_caller_is_handling_changes_nothing(server: Server, transport: Transport) -> None:
    """A request made in an ``except`` block, as a failover is: its error is its own."""
    server.answer = b""
    try:
        transport.send(get("http://127.0.0.1:1/"))
    except ConnectorError:
        assert outcome(transport, post(server.url)) == ("Interrupted", "unknown")
    assert len(server.requests) == 1


def sent(request: Request) -> Flow[Response]:
    """One attempt."""
    return (yield request)


@pytest.mark.parametrize(("answer", "arrivals"), [(b"", (4, 1)), (head("Content-Length: 9"), (4, 1)), (VALUE, (1, 1))])
def test_what_is_sent_again_is_what_the_error_says(server: Server, answer: bytes, arrivals: tuple[int, int]) -> None:
    """GET after a response that was cut, four times in all; POST never; neither after one that was none."""
    transport = BlockingTransport()
    server.answer = answer
    counts = []
    for request in (get(server.url), post(server.url)):
        server.requests.clear()
        with pytest.raises(ConnectorError):
            Runner(transport).run(with_retries(request, sent, lambda: 5.0, Quota(), lambda _, most: 0.0))
        counts.append(len(server.requests))
    assert tuple(counts) == arrivals


def test_an_upload_whose_source_fails_says_why(server: Server, transport: Transport) -> None:
    """An exception of the upload's source is the cause of a final TransportError with sent='unknown'."""

    def source() -> Iterator[bytes]:
        yield b"first"
        raise ValueError("the disk is gone")

    with pytest.raises(TransportError, match="the disk is gone") as caught:
        transport.send(post(server.url, body=Content([source()])))
    assert (caught.value.sent, caught.value.final) == ("unknown", True)
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_upload_of_something_else_than_bytes_is_refused(server: Server, transport: Transport) -> None:
    """An upload whose source yields str raises TransportError."""
    with pytest.raises(TransportError, match="it gives str instead of bytes"):
        transport.send(post(server.url, body=Content([iter(["text"])])))


@pytest.mark.parametrize("body", [b"", b"x", b"x" * 100_000, b"x" * 3_000_000], ids=len)
def test_a_body_arrives_as_it_is(server: Server, transport: Transport, body: bytes) -> None:
    """A body arrives byte for byte: bytes, a file, or chunks from an iterator."""
    server.answer, server.closes = sized(VALUE), False
    for source in (body, Content([File(body)]), Content([iter([body[:1], b"", body[1:]])])):
        assert outcome(transport, post(server.url, body=source)) == (VALUE,)
        fields, _, came = server.requests[-1].partition(b"\r\n\r\n")
        if b"chunked" in fields:
            parts, rest = [], came
            while rest:
                size, _, rest = rest.partition(b"\r\n")
                parts.append(rest[: int(size, 16)])
                rest = rest[int(size, 16) + 2 :]
            came = b"".join(parts)
        assert came == body


# An answer before the request is whole, RFC 9112 section 9.3


def _early(answer: bytes, *, linger: bool) -> Callable[[socket.socket], None]:
    """Answers after the head alone, and closes without reading the rest; ``linger`` waits for the client first."""

    def serve(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(answer)
            if linger:
                time.sleep(0.3)

    return serve


@pytest.mark.parametrize("linger", [True, False])
@pytest.mark.parametrize("streamed", [True, False])
def test_an_answer_that_refuses_a_large_body_is_the_answer(linger: bool, streamed: bool) -> None:
    """Sending ends with it; also where the connection is reset behind it."""
    body: Any = b"x" * 20_000_000
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answer = sized(b"too large", "Connection: close", status="413 Content Too Large")
        threading.Thread(target=_early(answer, linger=linger), args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        request = post(url, body=Content([iter([body[:100_000]] * 200)]) if streamed else body)
        response = BlockingTransport().send(request)
    assert (response.status, response.body) == (413, b"too large")


def test_a_connection_that_closes_while_a_body_is_sent_leaves_it_unknown() -> None:
    """A connection closed during sending raises Interrupted with sent='unknown'."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_early(b"", linger=False), args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert outcome(BlockingTransport(), post(url, body=b"x" * 20_000_000)) == ("Interrupted", "unknown")


def test_an_interim_answer_while_a_body_is_sent_ends_nothing() -> None:
    """100 Continue, which servers send unasked, and a success that begins before the body was read."""
    body = b"x" * 8_000_000
    came = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            size = len(connection.recv(1000))
            connection.sendall(head(status="100 Continue") + head("Content-Length: 8"))
            while size < len(body):
                size += len(connection.recv(1 << 20))
            came.append(size)
            connection.sendall(VALUE)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert outcome(BlockingTransport(), post(url, body=body)) == (VALUE,)
    assert came
    assert came[0] > len(body)


# Time


def _drip(data: bytes) -> Callable[[socket.socket], None]:
    def write(connection: socket.socket) -> None:
        connection.sendall(data)
        for _ in range(200):
            connection.sendall(b" ")
            time.sleep(0.05)

    return write


@pytest.mark.parametrize(
    ("start", "sent"),
    [
        (b"", "unknown"),
        (b"HTTP/1.1 200 OK\r\nA: ", "yes"),
        (head("Content-Length: 1000"), "yes"),
        (chunked(b"3e8\r\n"), "yes"),
    ],
)
def test_a_peer_that_drips_has_the_time_of_the_call(server: Server, start: bytes, sent: str) -> None:
    """Before the head, in it and in the body: each read succeeds, the whole does not."""
    server.answer = _drip(start) if start else lambda connection: time.sleep(10.0)
    began = time.monotonic()
    assert outcome(BlockingTransport(), post(server.url, timeout=1.0)) == ("Timeout", sent)
    assert time.monotonic() - began < 9  # it takes ten to its end


def test_a_peer_that_does_not_read_has_the_time_of_the_call() -> None:
    """However large the body, and not the time that connecting has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        began = time.monotonic()
        assert outcome(BlockingTransport(), post(url, body=b"x" * 20_000_000, timeout=1.0)) == ("Timeout", "unknown")
    assert time.monotonic() - began < 30


def test_resolving_has_the_time_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that hangs costs one thread a host, however many ask."""
    names = []

    def hang(host: str, *rest: Any, **more: Any) -> Any:
        names.append(host)
        time.sleep(10.0)
        raise OSError("no")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    transport = BlockingTransport()
    for _ in range(3):
        began = time.monotonic()
        assert outcome(transport, post("http://slow.invalid/", timeout=0.1)) == ("ConnectionFailed", "no")
        assert time.monotonic() - began < 9
    assert names == ["slow.invalid"]


def test_all_addresses_of_a_host_have_one_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that do not answer, or refuse, do not keep one that answers away."""
    held = []
    with socket.create_server(("127.0.0.2", 0), backlog=0) as full:
        port = full.getsockname()[1]
        for _ in range(3):  # so that further ones wait
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.2", port))
            held.append(waiting)
        silent = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port))
        refusing = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.3", 9))
        place = ("127.0.0.1", int(server.url.split(":")[2].split("/")[0]))
        good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", place)
        rows = [silent, silent, refusing]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
        transport = BlockingTransport()
        began = time.monotonic()
        assert outcome(transport, get("http://many.invalid/", timeout=0.6)) == ("ConnectionFailed", "no")
        assert time.monotonic() - began < 30
        server.answer = sized(VALUE)
        rows.append(good)
        assert outcome(transport, get("http://many.invalid/", timeout=5.0)) == (VALUE,)
    for waiting in held:
        waiting.close()


# Kept connections


@pytest.mark.parametrize("kind", ["blocking", "direct", "asyncio", "asyncio, direct"])
def test_over_tls_a_connection_is_kept_as_without(secured: Server, authority: Authority, kind: str) -> None:
    """A connection is used again behind a whole response, and not behind one with more after it, nor if it ended."""
    transport = TRANSPORTS[kind](verify=authority.file)
    secured.closes = False
    secured.answer = [sized(VALUE), chunked(CHUNKS + b"0\r\n\r\n"), sized(VALUE) + b"more", sized(VALUE), sized(b"2")]
    assert [outcome(transport, post(secured.url)) for _ in range(4)] == [WHOLE] * 4
    assert secured.connections == 2
    secured.closes = True
    assert outcome(transport, post(secured.url)) == (b"2",)
    time.sleep(0.3)  # the close comes behind the answer
    secured.answer = sized(VALUE)
    assert outcome(transport, post(secured.url)) == WHOLE
    assert (secured.connections, len(secured.requests)) == (3, 6)


def test_the_same_goes_over_the_wire_whichever_way(server: Server) -> None:
    """A prepared request is sent byte for byte as any other."""
    server.answer, server.closes = sized(VALUE), False
    fields = {"X-A": "\xe9", "Content-Type": "text/plain", "Host": "elsewhere", "content-length": "7"}
    methods = [("GET", None), ("DELETE", None), ("POST", None), ("PUT", b""), ("POST", b"x" * 1000), ("GET", b"x")]
    for method, body in methods:
        for agent in ({}, {"user-agent": "A", "accept-encoding": "gzip"}):
            for transport in (BlockingTransport(), Directly()):
                transport.send(Request(method, f"{server.url}?a=%20&b", {**fields, **agent}, body, timeout=5.0))
            assert server.requests[-1] == server.requests[-2]


def test_a_connection_is_used_again(server: Server, transport: Transport) -> None:
    """Behind every kind of body that has an end."""
    server.closes = False
    whole = ["Content-Length", "chunks", "gzip", "nothing", "15 times 100", "raw deflate"]
    for name in whole:
        server.answer = ROWS[name].answer
        assert outcome(transport, get(server.url)) == ROWS[name].outcome
        assert outcome(transport, get(server.url, stream=True)) == ROWS[name].outcome
    assert server.connections == 1


@pytest.mark.parametrize(
    "first",
    [
        sized(VALUE) + sized(b'{"n": 2}'),  # another response that nobody asked for
        sized(VALUE) + b"\r\n",
        sized(VALUE, "Connection: close"),
        sized(VALUE, "Connection: Keep-Alive, Close"),
        sized(VALUE, "Keep-Alive: timeout=1, max=100"),  # it may be closing
        sized(VALUE).replace(b"1.1", b"1.0"),
        sized(VALUE, status="204 No Content"),
        sized(VALUE, status="304 Not Modified"),
    ],
)
def test_a_connection_that_cannot_be_trusted_is_not_used_again(server: Server, first: bytes) -> None:
    """A connection with bytes after a response is not reused."""
    transport = BlockingTransport()
    server.closes = False
    server.answer = [first, sized(b"[2]")]
    outcome(transport, get(server.url))
    assert outcome(transport, get(server.url)) == (b"[2]",)
    assert server.connections == 2


def test_a_kept_connection_that_was_closed_is_not_used(server: Server, transport: Transport) -> None:
    """POST too: it is looked at first, and the request goes out once."""
    server.answer = sized(VALUE)  # and closes, without saying so
    for _ in range(5):
        assert outcome(transport, post(server.url)) == (VALUE,)
        until = time.monotonic() + 10.0
        while server.closed < server.connections and time.monotonic() < until:
            time.sleep(0.002)  # the close comes behind the answer
    assert (len(server.requests), server.connections) == (5, 5)


def test_a_response_that_comes_unasked_is_the_answer_to_nothing(server: Server) -> None:
    """Bytes that arrive on an idle connection are never the response to the next request."""
    transport, forged = BlockingTransport(), threading.Event()

    def forge(connection: socket.socket) -> None:
        connection.sendall(sized(VALUE))
        time.sleep(0.02)
        connection.sendall(sized(b"forged"))
        forged.set()
        time.sleep(0.3)

    server.answer = [forge, sized(VALUE)]
    assert outcome(transport, get(server.url)) == (VALUE,)
    assert forged.wait(10)
    time.sleep(0.06)
    assert outcome(transport, get(server.url)) == (VALUE,)


def test_64_threads_have_a_connection_each_and_keep_it(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """64 threads share one transport and open at most 64 connections, which they reuse."""
    transport = BlockingTransport()
    server.closes = False
    server.answer = sized(VALUE)
    wrong: list[Any] = []

    def work() -> None:
        wrong.extend(item for item in (outcome(transport, get(server.url)) for _ in range(5)) if item != (VALUE,))

    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert server.connections <= 64
    assert not caplog.records


def test_a_stream_that_is_given_up_gives_its_connection_up(server: Server, transport: Transport) -> None:
    """Closing a stream before its end leaves the transport usable for the next call."""
    server.closes = False
    server.answer = [sized(b"x" * 1_000_000), sized(VALUE)]
    stream = transport.send(get(server.url, stream=True)).stream
    assert stream is not None
    assert stream.read(3) == b"xxx"
    stream.close()
    assert outcome(transport, get(server.url)) == (VALUE,)


@pytest.mark.long
def test_calls_without_end_leave_nothing_behind(server: Server) -> None:
    """30,000 exchanges use one connection, and no more memory than 3,000."""
    server.answer, server.closes = sized(VALUE), False
    direct = BlockingTransport().direct(server.url)
    prepared = direct.prepare("POST", {"A": "b"}) if direct is not None else None
    assert prepared is not None
    sizes = []
    for _ in range(2):
        for _ in range(15_000):
            response = prepared.send("/thing", b"{}", 5.0)
            assert isinstance(response, Response)
            server.requests.clear()
        gc.collect()
        sizes.append(len(gc.get_objects()))
    assert sizes[1] <= sizes[0] + 100
    assert server.connections == 1


# What comes with a response


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raw deflate", "deflate came without its zlib wrapper (RFC 9110 section 8.4.1.2)"),
        ("a charset for a coding", "'utf-8' is not a content coding; ignored"),
        ("aws-chunked, gzip", "'aws-chunked' is not a content coding; ignored"),
    ],
)
def test_what_was_read_as_meant_is_a_deviation(server: Server, transport: Transport, name: str, message: str) -> None:
    """An odd Content-Encoding that could be read is a deviation."""
    server.answer = ROWS[name].answer
    response: Response = transport.send(get(server.url))
    assert [(problem.path, problem.message) for problem in response.deviations] == [(("Content-Encoding",), message)]


def test_a_head_of_any_method_and_status(server: Server, transport: Transport) -> None:
    """HEAD has no body, whatever its length says; fields come as they are, in any case, in Latin-1."""
    server.closes = False
    server.answer = head("Content-Length: 8", "Set-Cookie: a=1", "set-cookie: b=2", "X-A: \xe9")
    response = transport.send(Request("HEAD", server.url, {}, timeout=5.0))
    assert (response.status, response.body) == (200, b"")
    assert (response.headers["x-a"], response.headers.every("Set-Cookie")) == ("\xe9", ["a=1", "b=2"])
    server.answer = sized(VALUE, status="599 Whatever")
    assert transport.send(post(server.url)).status == 599


def test_memory_does_not_grow_with_what_follows_gzip(server: Server) -> None:
    """The end of a member is looked at when it comes: nothing is collected behind it."""
    import tracemalloc

    def write(connection: socket.socket) -> None:
        connection.sendall(head("Content-Encoding: gzip") + PACKED)
        for _ in range(300):
            connection.sendall(b"\0" * 65536)

    server.answer = write
    tracemalloc.start()
    try:
        with pytest.raises(InvalidResponse):
            BlockingTransport().send(get(server.url, stream=True)).stream.read()  # type: ignore[union-attr]
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
