"""HTTP/1.1 from the server's side (RFC 9112): requests read whole from a connection, responses written to it.

Rule 1. A request is read to its last byte before it is answered, or the connection is closed after the answer. So what
follows on a connection that is kept is the next request and nothing else.
Rule 2. What two readers could take for different requests is refused with 400 and the connection closed: a length given
twice or beside chunks, a field on several lines, a name that is no token, a bare CR or LF (RFC 9112 sections 2.2, 5.1,
5.2, 6.1, 6.3 and 11.2).
Rule 3. Everything is bounded, in bytes and in seconds of the whole step, so that a client that sends a byte a minute
holds a thread no longer than one that sends none.
"""

from __future__ import annotations

import logging
import re
import socket
import socketserver
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from ipaddress import ip_address

from openconnectors.engine.http import Headers

MAX_LINE = 16 * 1024
MAX_HEAD = 64 * 1024
MAX_FIELDS = 200
MAX_BODY = 32 * 1024 * 1024
MAX_CODINGS = 3

IDLE, HEAD, BODY, WRITE, LINGER = 60.0, 15.0, 60.0, 60.0, 2.0
"""Seconds for the next request to begin, its head, its body, an answer, and what a closing connection still sends."""

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}\Z")  # RFC 9110 section 9.1: a token
_TARGET = re.compile(r"[\x21-\x7e]+\Z")
_VERSION = re.compile(r"HTTP/([0-9])\.([0-9])\Z")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*\Z")
_LENGTH = re.compile(r"[0-9]{1,18}\Z")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(;[^\x00-\x08\x0a-\x1f\x7f]*)?\Z")
_ONCE = ("host", "content-length", "content-type", "content-encoding")

_log = logging.getLogger("openconnectors.sandbox")


class Refusal(Exception):
    """A request that is answered with an error: its status, why, and header fields that go with it."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = dict(headers or {})


@dataclass(slots=True)
class Incoming:
    """A request as it came, path and query still encoded. ``framed`` tells that it said how long its body is."""

    method: str
    path: str
    query: str
    headers: Headers
    data: bytes = b""
    framed: bool = False
    keep: bool = False
    """Whether another request may follow on the connection."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request is answered with. Its length, its date and the fate of the connection are the protocol's."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def loopback(authority: str) -> bool:
    """Whether the authority of a request names this machine: ``localhost`` or an address of loopback, at any port."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@/]*)(:[0-9]{0,5})?", authority)
    if found is None:
        return False
    host = found[1].lower()
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _checked_percents(text: str) -> None:
    """Refuses what is percent-encoded wrongly, or to no UTF-8 (RFC 3986 sections 2.1 and 2.5)."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise Refusal(400, "the URL has a '%' that two hexadecimal digits do not follow")
    octets = b"".join(bytes.fromhex(run.replace("%", "")) + b" " for run in re.findall(r"(?:%[0-9A-Fa-f]{2})+", text))
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(400, "the URL has percent-encoded bytes that are no UTF-8") from None


class Reader:
    """The bytes of a connection, each step within its own time. ``EOFError`` where they end, ``TimeoutError`` where
    they do not come."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._bytes = bytearray()
        self._until = 0.0

    def within(self, seconds: float) -> None:
        """Begins a step."""
        self._until = time.monotonic() + seconds

    def waiting(self) -> bool:
        """Whether nothing has come that was not read yet."""
        return not self._bytes

    def more(self) -> None:
        """Waits for further bytes."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        piece = self._connection.recv(64 * 1024)
        if not piece:
            raise EOFError
        self._bytes += piece

    def line(self, limit: int, status: int) -> bytes:
        """A line without its CRLF; one of more than ``limit`` bytes is refused with ``status``."""
        start = 0
        while (end := self._bytes.find(b"\n", start)) < 0:
            start = len(self._bytes)
            if start > limit:
                raise Refusal(status, f"a line of the request's head is longer than {limit:,} bytes")
            self.more()
        line = bytes(self._bytes[:end])
        if end > limit:
            raise Refusal(status, f"a line of the request's head is longer than {limit:,} bytes")
        del self._bytes[: end + 1]
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise Refusal(400, "a line does not end with CRLF, or has a CR within")
        return line[:-1]

    def exactly(self, count: int) -> bytes:
        """So many bytes."""
        while len(self._bytes) < count:
            self.more()
        taken = bytes(self._bytes[:count])
        del self._bytes[:count]
        return taken


def read_request(reader: Reader, names: frozenset[str], proceed: Callable[[], None]) -> Incoming:
    """The next request of a connection, read whole. ``names`` are header names of the document beyond those of
    HTTP; ``proceed`` tells the client to send its body (RFC 9110 section 10.1.1).

    Raises ``Refusal``, and ``EOFError`` or ``TimeoutError`` as ``Reader`` does.
    """
    reader.within(IDLE)
    if reader.waiting():
        try:
            reader.more()
        except TimeoutError:
            raise EOFError from None  # nothing was begun: there is nobody to tell
    reader.within(HEAD)
    line = reader.line(MAX_LINE, 414)
    if not line:  # one empty line before a request is passed over (RFC 9112 section 2.2)
        line = reader.line(MAX_LINE, 414)
    incoming, absolute, version_1_1 = _request_line(line.decode("latin-1"), reader, names)
    host = incoming.headers.get("Host")
    if host is None and version_1_1:
        raise Refusal(400, "a request of HTTP/1.1 needs a Host field (RFC 9112 section 3.2)")
    for authority in (absolute, host):
        if authority is not None and not loopback(authority):
            # A page of a stranger's name that was rebound to loopback would come with that name.
            raise Refusal(421, f"this server answers on loopback only, not as {authority!r}")
    _checked_percents(f"{incoming.path}?{incoming.query}")
    options = [one.strip().lower() for one in incoming.headers.get("Connection", "").split(",")]
    incoming.keep = version_1_1 and "close" not in options
    _read_body(incoming, reader, version_1_1, proceed)
    return incoming


def _request_line(line: str, reader: Reader, names: frozenset[str]) -> tuple[Incoming, str | None, bool]:
    """The head of a request, the authority of a target that is an absolute URL, and whether it is more than
    HTTP/1.0."""
    method, _, rest = line.partition(" ")
    target, _, version = rest.rpartition(" ")
    known = _VERSION.match(version)
    if known is None or not _METHOD.match(method) or not _TARGET.match(target) or "#" in target:
        raise Refusal(400, "the first line is no method, URL and version of HTTP")
    if known[1] != "1":
        raise Refusal(505, f"{version} is not spoken here; HTTP/1.1 is")
    headers = _fields(reader, names)
    authority = None
    absolute = re.match(r"(?i)https?://([^/?]*)", target)
    if absolute:
        authority, target = absolute[1], target[absolute.end() :]
        target = target if target.startswith("/") else f"/{target}"
    if method == "CONNECT":
        raise Refusal(501, "this server is no proxy")
    if not target.startswith("/") and (method, target) != ("OPTIONS", "*"):
        raise Refusal(400, "the URL of the request begins with no slash")
    path, _, query = target.partition("?")
    return Incoming(method, path, query, headers), authority, known[2] != "0"


def _fields(reader: Reader, names: frozenset[str]) -> Headers:
    fields: list[tuple[str, str]] = []
    size = 0
    while line := reader.line(MAX_HEAD, 431):
        size += len(line)
        if size > MAX_HEAD or len(fields) >= MAX_FIELDS:
            raise Refusal(431, f"the head has more than {MAX_HEAD:,} bytes or {MAX_FIELDS} fields")
        name, colon, value = line.decode("latin-1").partition(":")
        value = value.strip(" \t")
        if not colon or not (_NAME.match(name) or name.lower() in names) or not _VALUE.match(value):
            raise Refusal(400, "a line of the head is no header field (RFC 9112 section 5)")
        fields.append((name, value))
    headers = Headers(fields)
    twice = next((name for name in _ONCE if len(headers.every(name)) > 1), None)
    if twice:
        raise Refusal(400, f"the field {twice} is there twice")
    return headers


def _read_body(incoming: Incoming, reader: Reader, version_1_1: bool, proceed: Callable[[], None]) -> None:
    """The body of a request, by its framing (RFC 9112 section 6.3)."""
    headers = incoming.headers
    length, codings = headers.get("Content-Length"), headers.get("Transfer-Encoding")
    if length is not None and codings is not None:
        raise Refusal(400, "Content-Length and Transfer-Encoding are both there")
    if codings is not None and not version_1_1:
        raise Refusal(400, "HTTP/1.0 has no Transfer-Encoding")
    if length is not None and not _LENGTH.match(length):
        raise Refusal(400, "Content-Length is no number")
    if codings is not None and codings.lower().rpartition(",")[2].strip() != "chunked":
        raise Refusal(400, "the last Transfer-Encoding is not chunked: nobody knows where the body ends")
    if codings is not None and codings.lower() != "chunked":
        raise Refusal(501, "no Transfer-Encoding is read but chunked")
    expected = headers.get("Expect")
    if expected is not None and expected.lower() != "100-continue":
        raise Refusal(417, "no Expect is met but 100-continue")
    incoming.framed = length is not None or codings is not None
    if length is not None and int(length) > MAX_BODY:
        raise Refusal(413, f"the body has more than {MAX_BODY:,} bytes")
    reader.within(BODY)
    if expected is not None and version_1_1 and incoming.framed and reader.waiting():
        proceed()
    incoming.data = _chunks(reader) if codings is not None else reader.exactly(int(length or 0))


def _chunks(reader: Reader) -> bytes:
    data = bytearray()
    while True:
        size = _CHUNK.match(reader.line(MAX_LINE, 400))
        if size is None:
            raise Refusal(400, "a chunk has no size")
        count = int(size[1], 16)
        if len(data) + count > MAX_BODY:
            raise Refusal(413, f"the body has more than {MAX_BODY:,} bytes")
        if count == 0:
            _fields(reader, frozenset())  # trailers, which nobody looks at
            return bytes(data)
        data += reader.exactly(count)
        if reader.exactly(2) != b"\r\n":
            raise Refusal(400, "a chunk is not followed by CRLF")


def decoded(data: bytes, encoding: str) -> bytes:
    """A body without its content codings (RFC 9110 section 8.4.1), within the bounds of a body."""
    codings = [one.strip().lower() for one in encoding.split(",") if one.strip()]
    if len(codings) > MAX_CODINGS or any(one not in _WINDOWS for one in codings):
        raise Refusal(
            415, f"no Content-Encoding is read but {', '.join(_WINDOWS)}", {"Accept-Encoding": "gzip, deflate"}
        )
    for coding in reversed(codings):
        if _WINDOWS[coding]:
            data = _inflated(data, _WINDOWS[coding])
    return data


_WINDOWS: Mapping[str, int] = {"gzip": 31, "x-gzip": 31, "deflate": 15, "identity": 0}
"""What zlib is told of each coding; 0: there is nothing to decode."""


def _inflated(data: bytes, window: int) -> bytes:
    """All members of compressed data (RFC 1952 section 2.2)."""
    whole = bytearray()
    while data:
        member = zlib.decompressobj(window)
        try:
            whole += member.decompress(data, MAX_BODY + 1 - len(whole))
        except zlib.error:
            raise Refusal(400, "the body is not compressed as its Content-Encoding says") from None
        if len(whole) > MAX_BODY:
            raise Refusal(413, f"the body has more than {MAX_BODY:,} bytes")
        if not member.eof:
            raise Refusal(400, "the compressed body is cut off")
        data = member.unused_data
    return bytes(whole)


def written(reply: Reply, method: str, *, keep: bool) -> bytes:
    """The bytes of a reply to a request of a method (RFC 9112 section 4): no body for HEAD, 204 and 304."""
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = ""
    bodiless = reply.status < 200 or reply.status in (204, 304)
    lines = [f"HTTP/1.1 {reply.status} {phrase}", f"Date: {formatdate(usegmt=True)}"]
    lines += [f"{name}: {_printable(value)}" for name, value in reply.headers]
    if not bodiless:
        lines.append(f"Content-Length: {len(reply.body)}")
    if not keep:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return head if bodiless or method == "HEAD" else head + reply.body


def _printable(value: str) -> str:
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f]", " ", value)


class Server(socketserver.ThreadingTCPServer):
    """A server on one address, a thread a connection. ``respond`` answers a request and ``refuse`` one that could
    not be read; ``names`` are as for ``read_request``."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        respond: Callable[[Incoming], Reply],
        refuse: Callable[[Refusal], Reply],
        names: Iterable[str] = (),
    ) -> None:
        self.respond = respond
        self.refuse = refuse
        self.names = frozenset(name.lower() for name in names)
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(address, Connection)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Keeps account of what is open."""
        with self._changed:
            self._open.add(request)  # type: ignore[arg-type]  # of TCP it is a socket
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Closes a connection."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def hang_up(self, seconds: float) -> None:
        """Ends all connections: idle ones at once, others when they have answered or, at last, after so long."""
        with self._changed:
            for how, wait in ((socket.SHUT_RD, seconds), (socket.SHUT_RDWR, seconds)):
                for one in self._open:
                    with suppress(OSError):
                        one.shutdown(how)
                self._changed.wait_for(lambda: not self._open, wait)

    def handle_error(self, request: object, client_address: object) -> None:
        """A fault of one connection ends that connection, and is logged."""
        _log.exception("a connection to the sandbox ended by a fault of the sandbox")


class Connection(socketserver.BaseRequestHandler):
    """One connection: its requests, one after the other."""

    server: Server
    request: socket.socket

    def handle(self) -> None:
        """Answers requests until the client goes, or one cannot be followed by another."""
        with suppress(ConnectionError, EOFError, TimeoutError):
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = Reader(self.request)
            while self._answered(reader):
                pass
            self._linger()

    def _answered(self, reader: Reader) -> bool:
        """Answers one request; whether another may follow."""
        method, keep = "", False

        def proceed() -> None:
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

        try:
            incoming = read_request(reader, self.server.names, proceed)
        except Refusal as refusal:
            reply = self.server.refuse(refusal)
        except TimeoutError:
            reply = self.server.refuse(Refusal(408, "the request did not come in time"))
        else:
            method, keep = incoming.method, incoming.keep
            reply = self.server.respond(incoming)
        self.request.settimeout(WRITE)
        self.request.sendall(written(reply, method, keep=keep))
        return keep

    def _linger(self) -> None:
        """Takes what a client still sends, so that it gets to read its answer (RFC 9112 section 9.6)."""
        self.request.shutdown(socket.SHUT_WR)
        until = time.monotonic() + LINGER
        while (left := until - time.monotonic()) > 0:
            self.request.settimeout(left)
            if not self.request.recv(64 * 1024):
                break
