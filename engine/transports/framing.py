"""HTTP/1.1 responses as they are framed (RFC 9112). A value is returned only if it came whole, in every mode.

1. A head ends with its empty line (section 2.1); if the bytes end earlier, it was cut.
2. A line of the head is a token, a colon right after it, and a value (section 5). Refused: a line without a colon, a
   blank before it (5.1), a folded line (5.2), NUL, a CR that does not end a line. LF alone may end one (2.2).
3. ``Transfer-Encoding`` is ``chunked`` and nothing else (6.1), never beside ``Content-Length`` (6.3 item 3), never in
   HTTP/1.0.
4. ``Content-Length`` is digits; several count as one if they are equal (6.3 item 5).
5. A chunk is its size in hexadecimal digits, CRLF, so many bytes, CRLF (7.1). The last has the size 0, and the trailer
   after it ends with an empty line.
6. Without either field the body ends with the connection (6.3 item 8).
7. Interim responses are skipped (RFC 9110 section 15.2); 101 is refused: no upgrade was requested.
8. All of it is bounded: head, line, number of fields, interim responses.

Nothing here reads a socket: bytes go in, a head and the chunks of a body come out.
"""

from __future__ import annotations

import math

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.http import Headers

# Python's http.client has the same limits of a line and of the number of fields, so that both transports agree.
MAX_HEAD = 256 * 1024
MAX_LINE = 64 * 1024
MAX_FIELDS = 100
MAX_INTERIM = 20  # a peer could send them without end, and each costs no more than a line
_MAX_CHUNK_LINE = 4 * 1024  # extensions (section 7.1.1) are dropped, however long

_END_OF_HEAD = pattern(rb"\n\r?\n")
_STATUS_LINE = pattern(r"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: .*)?\Z")
_TOKEN = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_IDLE = pattern(r"(?i)\btimeout *= *([0-9]{1,6})")
_CHUNK = pattern(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[^\0\r\n]*)?\Z")


class Malformed(Exception):
    """What came is not a response by the rules above. The text says which, and holds nothing of what came."""


class Cut(Exception):
    """The bytes ended before the response did."""


class Head(Struct, frozen=True):
    """A status line with its fields; ``minor`` is the second digit of the version."""

    minor: int
    status: int
    headers: Headers

    @property
    def interim(self) -> bool:
        """True if another head follows (RFC 9110 section 15.2)."""
        return self.status < 200

    def keeps(self) -> bool:
        """Return True if the connection stays open after this response (RFC 9112 section 9.3)."""
        options = {option.strip().lower() for option in self.headers.get("Connection", "").split(",")}
        return "close" not in options and (self.minor > 0 or "keep-alive" in options)

    def idle_seconds(self) -> float:
        """How long the peer says that it leaves the connection open; infinity if it does not say (RFC 2068
        section 19.7.1.1, which servers still follow)."""
        return _idle_seconds(self.headers.get("Keep-Alive", ""))


def _idle_seconds(text: str) -> float:
    timeout = _IDLE.search(text)
    return float(timeout[1]) if timeout else math.inf


def take_head(buffer: bytearray, scanned: int = 0) -> Head | None:
    """The head at the start of the buffer, removed from it; None if its end has not come. The first ``scanned`` bytes
    are known not to hold its end."""
    end = _END_OF_HEAD.search(buffer, scanned)
    if end is None:
        if not buffer.startswith(b"HTTP/1.") and not b"HTTP/1.".startswith(buffer):
            raise Malformed("it does not begin with HTTP/1")
        if len(buffer) > MAX_HEAD:
            raise Malformed(f"its head is longer than {MAX_HEAD:,} bytes")
        return None
    if end.end() > MAX_HEAD:
        raise Malformed(f"its head is longer than {MAX_HEAD:,} bytes")
    lines = bytes(buffer[: end.start() + 1]).decode("latin-1").replace("\r\n", "\n").split("\n")
    del buffer[: end.end()]
    status = _STATUS_LINE.match(lines[0])
    if status is None or "\r" in lines[0] or "\0" in lines[0]:
        raise Malformed("its status line is wrong")
    if len(lines) - 2 > MAX_FIELDS:
        raise Malformed(f"it has more than {MAX_FIELDS} header fields")
    head = Head(int(status[1]), int(status[2]), Headers(map(_field, lines[1:-1])))
    if head.status == 101:
        raise Malformed("it changes the protocol, which was not asked for")
    return head


class Plain(Struct, frozen=True):
    """The head of a plain response: HTTP/1.1, one length or chunks, at most one coding, the connection stays open."""

    status: int
    headers: Headers
    start: int
    """Where the body begins."""
    length: int
    """How many bytes it has; -1 if it comes in chunks."""
    coding: str
    """Its content coding, in lower case."""
    idle_seconds: float


def plain(data: bytes) -> Plain | None:
    """The head at the start of these bytes, if it is whole and plain, and not that of a response without a body; else
    None: ``take_head`` and ``body_of`` say what it is."""
    head = _PLAIN.match(data)
    if head is None:
        return None
    start = head.end()
    text = data[:start].decode("latin-1")
    if "\0" in text or text.count("\r") != text.count("\n"):
        return None
    framing = dict(lines := _FRAMING.findall(text.lower()))
    if len(framing) != len(lines):
        return None
    status = int(head[1])
    coded = framing.pop("transfer-encoding", None)
    length = framing.pop("content-length", None)
    if coded is not None:
        size = -1 if coded == "chunked" and length is None else None
    elif length is not None:
        size = int(length) if length.isdecimal() and len(length) < 19 else None
    else:
        size = 0 if status in _BODILESS else None
    if size is None or (size and status in _BODILESS):
        return None
    coding, idle_seconds = "", math.inf
    if framing:
        coding = framing.pop("content-encoding", "")
        if framing.pop("connection", "keep-alive") != "keep-alive":
            return None
        idle_seconds = _idle_seconds(framing.pop("keep-alive", ""))
    return Plain(status, Headers.of_lines(text[head.end(1) :]), start, size, coding, idle_seconds)


# A dot is all but LF. So a line ends with CR LF, and has no other CR if there are as many of them as LF.
_PLAIN = pattern(
    rb"HTTP/1\.1 ([2-9][0-9]{2})(?: .*)?\r\n(?:[!#$%%&'*+.^_`|~0-9A-Za-z-]++:.*\r\n){0,%d}\r\n" % MAX_FIELDS
)
_FRAMING = pattern(r"\n(content-(?:length|encoding)|transfer-encoding|connection|keep-alive):[ \t]*([^\r]*)")
_BODILESS = (204, 304)
"""Statuses of responses without a body, whatever their fields say (section 6.3)."""


def _field(line: str) -> tuple[str, str]:
    """Name and value of a field line (section 5)."""
    name, colon, value = line.partition(":")
    if not colon or not _TOKEN.match(name):
        if line[:1] in (" ", "\t"):
            raise Malformed("a header field is folded over several lines")
        raise Malformed("a header field has a blank in its name" if colon else "a header field has no colon")
    if "\r" in value or "\0" in value:
        raise Malformed("a header field holds a control character")
    if len(line) > MAX_LINE:
        raise Malformed(f"a header field is longer than {MAX_LINE:,} bytes")
    return name, value.strip(" \t")


class Body:
    """The body of one response: takes its bytes out of a buffer until it is ``done``. This one is empty; ``length`` is
    None if it is not known beforehand."""

    length: int | None = 0
    done = True

    def take(self, buffer: bytearray) -> bytes:
        """The next bytes of the body; none if more must come first, or if it is done."""
        return b""

    def end(self) -> None:
        """The connection ended. Raises ``Cut`` unless that is how this body ends."""


class Sized(Body):
    """A body of so many bytes."""

    def __init__(self, length: int) -> None:
        self.length = self._left = length
        self.done = length == 0

    def take(self, buffer: bytearray) -> bytes:
        """The next bytes, no more than are left."""
        data = bytes(memoryview(buffer)[: self._left])
        del buffer[: self._left]
        self._left -= len(data)
        self.done = self._left == 0
        return data

    def end(self) -> None:
        """Raise ``Cut`` unless all bytes have come."""
        raise Cut(f"{self._left:,} of {self.length:,} bytes did not come")


class UntilClose(Body):
    """A body that ends with its connection."""

    length = None
    done = False

    def take(self, buffer: bytearray) -> bytes:
        """All bytes that have come."""
        data = bytes(buffer)
        buffer.clear()
        return data

    def end(self) -> None:
        """The end of the connection is that of the body."""
        self.done = True


class Chunked(Body):
    """A body in chunks (section 7.1); its extensions and its trailer are checked and dropped."""

    length = None
    done = False

    def __init__(self) -> None:
        self._left = 0
        """Bytes of the chunk that have not come yet."""
        self._delimited = True
        """True if the CRLF after the chunk has come."""
        self._trailer: int | None = None
        """Fields of the trailer so far; None before the last chunk."""

    def take(self, buffer: bytearray) -> bytes:
        """The bytes of whole and partial chunks that have come."""
        parts = []
        while buffer and not self.done:
            if self._left:
                data = bytes(buffer[: self._left])
                del buffer[: self._left]
                self._left -= len(data)
                self._delimited = False
                parts.append(data)
            elif not self._delimited:
                if buffer[:2] != b"\r\n"[: len(buffer)]:
                    raise Malformed("a chunk does not end where its size says")
                if len(buffer) < 2:
                    break
                del buffer[:2]
                self._delimited = True
            elif (line := _line(buffer)) is None:
                break
            elif self._trailer is None:
                self._begin(line)
            else:
                self._read_trailer(line)
        return b"".join(parts)

    def _begin(self, line: bytes) -> None:
        size = _CHUNK.match(line)
        if size is None:
            raise Malformed("the size of a chunk is wrong")
        self._left = int(size[1], 16)
        if not self._left:
            self._trailer = 0

    def _read_trailer(self, line: bytes) -> None:
        self.done = not line
        if line:
            _field(line.decode("latin-1"))
            self._trailer = (self._trailer or 0) + 1
            if self._trailer > MAX_FIELDS:
                raise Malformed(f"its trailer has more than {MAX_FIELDS} fields")

    def end(self) -> None:
        """Raise ``Cut``: the last chunk has not come."""
        raise Cut("its last chunk did not come whole")


def _line(buffer: bytearray) -> bytes | None:
    """The line at the start of the buffer, removed from it, without its CRLF; None if its end has not come."""
    end = buffer.find(b"\n")
    if (len(buffer) if end < 0 else end) > _MAX_CHUNK_LINE:
        raise Malformed(f"a line between its chunks is longer than {_MAX_CHUNK_LINE:,} bytes")
    if end < 0:
        return None
    line = bytes(buffer[:end])
    del buffer[: end + 1]
    if not line.endswith(b"\r"):
        raise Malformed("a line between its chunks does not end with CRLF")
    return line[:-1]


def body_of(head: Head, method: str) -> Body:
    """The body that follows a head, as the response to a method (RFC 9112 section 6.3)."""
    codings = [coding.strip().lower() for line in head.headers.every("Transfer-Encoding") for coding in line.split(",")]
    lengths = [length.strip() for line in head.headers.every("Content-Length") for length in line.split(",")]
    if codings and lengths:
        raise Malformed("it has both Transfer-Encoding and Content-Length")
    if codings and (codings != ["chunked"] or head.minor == 0):
        raise Malformed("its Transfer-Encoding is not chunked alone, in HTTP/1.1")
    if not all(length.isascii() and length.isdigit() for length in lengths):
        raise Malformed("its Content-Length is not a number")
    sizes = {int(length) if len(length) < 19 else -1 for length in lengths}
    if len(sizes) > 1 or -1 in sizes:
        raise Malformed("its Content-Length is too large" if len(sizes) == 1 else "it has several Content-Lengths")
    if method == "HEAD" or head.status in _BODILESS:
        return Body()
    if codings:
        return Chunked()
    return Sized(sizes.pop()) if sizes else UntilClose()
