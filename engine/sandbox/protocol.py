"""HTTP/1.1 from the server's side (RFC 9112): requests read whole from a connection, responses written to it.

Rule 1. A request is read to its last byte before the response is sent, or the connection is closed after the response.
So what follows on a connection that is kept open is the next request and nothing else.
Rule 2. What two readers could take for different requests is refused with 400 and the connection closed: two lengths, a
length with chunks, a field on several lines, a name that is not a token, a bare CR or LF (RFC 9112 sections 2.2, 5.1,
5.2, 6.1, 6.3 and 11.2).
Rule 3. Everything is bounded, in bytes and in seconds for the whole step, so that a client that sends a byte a minute
holds a thread no longer than one that sends none.

Theory of operation. ``Server`` accepts connections, a thread each; a ``Connection`` reads requests with a ``Reader``,
hands each to the ``respond`` of the application, and writes the response. ``HttpError`` is what is wrong with a request
by the rules of HTTP: raised anywhere below, it becomes a response.
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
from email.utils import formatdate
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import parse_qsl

from msgspec import Struct

from openconnectors.engine.http import Headers

MAX_LINE = 16 * 1024  # bytes of a request line: RFC 9112 section 3 recommends at least 8,000
MAX_HEAD = 64 * 1024  # bytes of all header fields, as most servers have it
MAX_FIELDS = 200
MAX_BODY = 32 * 1024 * 1024  # bytes, received or decoded: a body is held in memory
MAX_CODINGS = 3  # content codings of one body: each may multiply the work by a thousand

IDLE, HEAD, BODY, WRITE, LINGER = 60.0, 15.0, 60.0, 60.0, 2.0
"""Seconds for the next request to begin, its head, its body, a response, and what a closing connection still sends."""

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}\Z")  # RFC 9110 section 9.1: a token
_TARGET = re.compile(r"[\x21-\x7e]+\Z")  # RFC 9112 section 3.2: no whitespace, ASCII only
_VERSION = re.compile(r"HTTP/([0-9])\.([0-9])\Z")  # RFC 9112 section 2.3
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110 section 5.1: a token
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*\Z")  # RFC 9110 section 5.5: no control character but the tab
_LENGTH = re.compile(r"[0-9]{1,18}\Z")  # RFC 9110 section 8.6; 18 digits fit into 64 bits
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(;[^\x00-\x08\x0a-\x1f\x7f]*)?\Z")  # RFC 9112 section 7.1
_SINGLE_FIELDS = ("host", "content-length", "content-type", "content-encoding")
"""Fields that must not be repeated, because one reader would take the first and another the last."""

_log = logging.getLogger("openconnectors.sandbox")


class HttpError(Exception):
    """A request that breaks HTTP: the status of its response, the reason, and header fields of the response."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = dict(headers or {})


class HttpRequest(Struct):
    """A request as it was received, path and query still percent-encoded.

    ``framed``: the header fields say how long the body is. ``keep_alive``: another request may follow on the
    connection.
    """

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes = b""
    sent: bytes = b""
    """The body as it was sent, in its content codings."""
    framed: bool = False
    keep_alive: bool = False

    @property
    def query_pairs(self) -> list[tuple[str, str]]:
        """Names and values of the query, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    @property
    def query_arguments(self) -> dict[str, str]:
        """The query by name, decoded; of several values the last."""
        return dict(self.query_pairs)


class HttpResponse(Struct, frozen=True):
    """The response to a request. ``Connection`` is added when it is written, ``Content-Length`` and ``Date`` if it
    has none."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def loopback(authority: str) -> bool:
    """True if the authority of a request names this machine: ``localhost`` or an address of loopback, at any port."""
    parts = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@/]*)(:[0-9]{0,5})?", authority)
    if parts is None:
        return False
    host = parts[1].lower()
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _check_percent_encoding(text: str) -> None:
    """Raise ``HttpError`` for a wrong percent-encoding, or one that is not UTF-8 (RFC 3986 sections 2.1 and 2.5)."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise HttpError(400, "a '%' in the URL is not followed by two hexadecimal digits (RFC 3986 section 2.1)")
    runs = re.findall(r"(?:%[0-9A-Fa-f]{2})+", text)
    data = b"".join(bytes.fromhex(run.replace("%", "")) + b" " for run in runs)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise HttpError(400, "the percent-encoded bytes of the URL are not UTF-8") from None


class Reader:
    """The bytes of a connection, with one deadline for each step. Its methods raise ``EOFError`` if the client closes,
    ``TimeoutError`` at the deadline."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._bytes = bytearray()
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        """Begin a step that must end within so many seconds."""
        self._until = time.monotonic() + seconds

    def is_empty(self) -> bool:
        """True if every received byte was read."""
        return not self._bytes

    def more(self) -> None:
        """Wait for further bytes."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        piece = self._connection.recv(64 * 1024)
        if not piece:
            raise EOFError
        self._bytes += piece

    def line(self, limit: int, status: int) -> bytes:
        """A line without its CRLF. Raises ``HttpError``: ``status`` for more than ``limit`` bytes, 400 for a bare CR or
        LF (RFC 9112 section 2.2)."""
        start = 0
        while (end := self._bytes.find(b"\n", start)) < 0:
            start = len(self._bytes)
            if start > limit:
                raise HttpError(status, f"a line of the head is longer than {limit:,} bytes")
            self.more()
        line = bytes(self._bytes[:end])
        if end > limit:
            raise HttpError(status, f"a line of the head is longer than {limit:,} bytes")
        del self._bytes[: end + 1]
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise HttpError(400, "a line does not end with CRLF, or has a bare CR (RFC 9112 section 2.2)")
        return line[:-1]

    def exactly(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        while len(self._bytes) < count:
            self.more()
        data = bytes(self._bytes[:count])
        del self._bytes[:count]
        return data


def read_request(reader: Reader, extra_names: frozenset[str], proceed: Callable[[], None]) -> HttpRequest:
    """The next request of a connection, read whole.

    ``extra_names`` are header names, in lower case, that are accepted though they are not tokens. ``proceed`` sends
    ``100 Continue`` (RFC 9110 section 10.1.1). Raises ``HttpError``, and ``EOFError`` or ``TimeoutError`` as ``Reader``
    does.
    """
    reader.begin(IDLE)
    if reader.is_empty():
        try:
            reader.more()
        except TimeoutError:
            raise EOFError from None  # no request was begun, so there is no response 408
    reader.begin(HEAD)
    line = reader.line(MAX_LINE, 414)
    if not line:  # one empty line before a request is ignored (RFC 9112 section 2.2)
        line = reader.line(MAX_LINE, 414)
    request, absolute, is_1_1 = _read_head(line.decode("latin-1"), reader, extra_names)
    host = request.headers.get("Host")
    if host is None and is_1_1:
        raise HttpError(400, "a request of HTTP/1.1 needs a Host field (RFC 9112 section 3.2)")
    for authority in (absolute, host):
        if authority is not None and not loopback(authority):
            # DNS rebinding: a web page whose host name was made to resolve to loopback sends that name.
            raise HttpError(421, f"this server responds on loopback only, not as {authority!r}")
    _check_percent_encoding(f"{request.path}?{request.query}")
    options = [option.strip().lower() for option in request.headers.get("Connection", "").split(",")]
    request.keep_alive = is_1_1 and "close" not in options  # RFC 9112 section 9.3
    _read_body(request, reader, is_1_1, proceed)
    return request


def _read_head(line: str, reader: Reader, extra_names: frozenset[str]) -> tuple[HttpRequest, str | None, bool]:
    """The head of a request, from its first line on; the authority of a target that is an absolute URL; True if the
    version is above HTTP/1.0."""
    method, _, rest = line.partition(" ")
    target, _, version = rest.rpartition(" ")
    numbers = _VERSION.match(version)
    if numbers is None or not _METHOD.match(method) or not _TARGET.match(target) or "#" in target:
        raise HttpError(400, "the first line is not a method, a URL and a version of HTTP (RFC 9112 section 3)")
    if numbers[1] != "1":
        raise HttpError(505, f"{version} is not supported; use HTTP/1.1")
    headers = _read_fields(reader, extra_names)
    authority = None
    absolute = re.match(r"(?i)https?://([^/?]*)", target)
    if absolute:
        authority, target = absolute[1], target[absolute.end() :]
        target = target if target.startswith("/") else f"/{target}"
    if method == "CONNECT":
        raise HttpError(501, "this server is not a proxy")
    if not target.startswith("/") and (method, target) != ("OPTIONS", "*"):
        raise HttpError(400, "the path of the request does not begin with a slash")
    path, _, query = target.partition("?")
    return HttpRequest(method, path, query, headers), authority, numbers[2] != "0"


def _read_fields(reader: Reader, extra_names: frozenset[str]) -> Headers:
    fields: list[tuple[str, str]] = []
    size = 0
    while line := reader.line(MAX_HEAD, 431):
        size += len(line)
        if size > MAX_HEAD or len(fields) >= MAX_FIELDS:
            raise HttpError(431, f"the head has more than {MAX_HEAD:,} bytes or {MAX_FIELDS} fields")
        name, colon, value = line.decode("latin-1").partition(":")
        value = value.strip(" \t")
        if not colon or not (_NAME.match(name) or name.lower() in extra_names) or not _VALUE.match(value):
            raise HttpError(400, "a line of the head is not a header field (RFC 9112 section 5)")
        fields.append((name, value))
    headers = Headers(fields)
    repeated = next((name for name in _SINGLE_FIELDS if len(headers.every(name)) > 1), None)
    if repeated:
        raise HttpError(400, f"the header field {repeated} is repeated")
    return headers


def _read_body(request: HttpRequest, reader: Reader, is_1_1: bool, proceed: Callable[[], None]) -> None:
    """Read the body of a request by its framing (RFC 9112 section 6.3)."""
    headers = request.headers
    length, codings = headers.get("Content-Length"), headers.get("Transfer-Encoding")
    if length is not None and codings is not None:
        raise HttpError(400, "the request has both Content-Length and Transfer-Encoding")
    if codings is not None and not is_1_1:
        raise HttpError(400, "HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1)")
    if length is not None and not _LENGTH.match(length):
        raise HttpError(400, "Content-Length is not a number")
    if codings is not None and codings.lower().rpartition(",")[2].strip() != "chunked":
        raise HttpError(400, "the last Transfer-Encoding is not chunked: the end of the body is unknown")
    if codings is not None and codings.lower() != "chunked":
        raise HttpError(501, "the only supported Transfer-Encoding is chunked")
    expected = headers.get("Expect")
    if expected is not None and expected.lower() != "100-continue":
        raise HttpError(417, "the only supported Expect is 100-continue")
    request.framed = length is not None or codings is not None
    if length is not None and int(length) > MAX_BODY:
        raise HttpError(413, f"the body has more than {MAX_BODY:,} bytes")
    reader.begin(BODY)
    if expected is not None and is_1_1 and request.framed and reader.is_empty():
        proceed()
    request.body = _read_chunks(reader) if codings is not None else reader.exactly(int(length or 0))


def _read_chunks(reader: Reader) -> bytes:
    data = bytearray()
    while True:
        size = _CHUNK.match(reader.line(MAX_LINE, 400))
        if size is None:
            raise HttpError(400, "a chunk has no size")
        count = int(size[1], 16)
        if len(data) + count > MAX_BODY:
            raise HttpError(413, f"the body has more than {MAX_BODY:,} bytes")
        if count == 0:
            _read_fields(reader, frozenset())  # trailers, which are ignored (RFC 9112 section 7.1.2)
            return bytes(data)
        data += reader.exactly(count)
        if reader.exactly(2) != b"\r\n":
            raise HttpError(400, "a chunk is not followed by CRLF")


def decoded(data: bytes, encoding: str) -> bytes:
    """A body without its content codings (RFC 9110 section 8.4.1). Raises ``HttpError``: 415 for an unknown coding, 400
    for wrong data, 413 for more than ``MAX_BODY`` bytes."""
    codings = [coding.strip().lower() for coding in encoding.split(",") if coding.strip()]
    if len(codings) > MAX_CODINGS or any(coding not in _WINDOWS for coding in codings):
        raise HttpError(
            415,
            f"the supported values of Content-Encoding are {', '.join(_WINDOWS)}",
            {"Accept-Encoding": "gzip, deflate"},
        )
    for coding in reversed(codings):
        if _WINDOWS[coding]:
            data = _inflated(data, _WINDOWS[coding])
    return data


_WINDOWS: Mapping[str, int] = {"gzip": 31, "x-gzip": 31, "deflate": 15, "identity": 0}
"""The ``wbits`` of zlib for each coding (15: zlib format, 31: gzip); 0: there is nothing to decode."""


def _inflated(data: bytes, window: int) -> bytes:
    """All members of compressed data (RFC 1952 section 2.2)."""
    whole = bytearray()
    while data:
        member = zlib.decompressobj(window)
        try:
            whole += member.decompress(data, MAX_BODY + 1 - len(whole))
        except zlib.error:
            raise HttpError(400, "the body is not compressed as its Content-Encoding says") from None
        if len(whole) > MAX_BODY:
            raise HttpError(413, f"the body has more than {MAX_BODY:,} bytes")
        if not member.eof:
            raise HttpError(400, "the compressed body is incomplete")
        data = member.unused_data
    return bytes(whole)


def reason_phrase(status: int) -> str:
    """The reason phrase of a status (RFC 9110 section 15); empty for an unregistered one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def response_bytes(response: HttpResponse, method: str, *, keep_alive: bool) -> bytes:
    """A response as bytes (RFC 9112 section 4): without a body for HEAD, 1xx, 204 and 304 (section 6.3)."""
    bodiless = response.status < 200 or response.status in (204, 304)
    lines = [f"HTTP/1.1 {response.status} {reason_phrase(response.status)}"]
    names = {name.lower() for name, _ in response.headers}
    if "date" not in names:
        lines.append(f"Date: {formatdate(usegmt=True)}")
    lines += [f"{name}: {_printable(value)}" for name, value in response.headers]
    if not bodiless and "content-length" not in names:
        lines.append(f"Content-Length: {len(response.body)}")
    if not keep_alive:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return head if bodiless or method == "HEAD" else head + response.body


def _printable(value: str) -> str:
    """A field value without line breaks: it may hold text of the document or of the request."""
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f]", " ", value)


class Server(socketserver.ThreadingTCPServer):
    """A server on one address, a thread for each connection. ``respond`` gives the response to a request, or None to
    close the connection without any; ``refuse`` gives the one to bytes that are not a request; ``extra_names`` are as
    for ``read_request``."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128  # connections that wait to be accepted: tests open dozens at once

    def __init__(
        self,
        address: tuple[str, int],
        respond: Callable[[HttpRequest], HttpResponse | None],
        refuse: Callable[[HttpError], HttpResponse],
        extra_names: Iterable[str] = (),
    ) -> None:
        self.respond = respond
        self.refuse = refuse
        self.extra_names = frozenset(name.lower() for name in extra_names)
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(address, Connection)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Start a thread for a connection, and record the connection as open."""
        with self._changed:
            self._open.add(request)  # type: ignore[arg-type]  # a socket, as this is TCP
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def hang_up(self, seconds: float) -> None:
        """End all connections: idle ones at once, others after their response or, at last, after so many seconds."""
        with self._changed:
            for how, wait in ((socket.SHUT_RD, seconds), (socket.SHUT_RDWR, seconds)):
                for connection in self._open:
                    with suppress(OSError):
                        connection.shutdown(how)
                self._changed.wait_for(lambda: not self._open, wait)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log the fault that ended a connection; the others go on."""
        _log.exception("internal error: a connection was closed")


class Connection(socketserver.BaseRequestHandler):
    """One connection: its requests, one after the other."""

    server: Server
    request: socket.socket

    def handle(self) -> None:
        """Respond to requests until the client closes, or the connection cannot be kept open."""
        with suppress(ConnectionError, EOFError, TimeoutError):
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = Reader(self.request)
            while self._respond(reader):
                pass
            self._linger()

    def _respond(self, reader: Reader) -> bool:
        """Respond to one request; True if another may follow."""
        method, keep_alive = "", False

        def proceed() -> None:
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

        try:
            request = read_request(reader, self.server.extra_names, proceed)
        except HttpError as error:
            response = self.server.refuse(error)
        except TimeoutError:
            response = self.server.refuse(HttpError(408, "the request did not arrive in time"))
        else:
            method, keep_alive = request.method, request.keep_alive
            answer = self.server.respond(request)
            if answer is None:
                return False
            response = answer
        self.request.settimeout(WRITE)
        self.request.sendall(response_bytes(response, method, keep_alive=keep_alive))
        return keep_alive

    def _linger(self) -> None:
        """Read and discard what a client still sends: closing at once could reset the connection before the client has
        read the response (RFC 9112 section 9.6)."""
        self.request.shutdown(socket.SHUT_WR)
        until = time.monotonic() + LINGER
        while (left := until - time.monotonic()) > 0:
            self.request.settimeout(left)
            if not self.request.recv(64 * 1024):
                break
