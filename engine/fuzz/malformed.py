"""Malformed responses against the client: whatever bytes arrive, a call returns a value or raises a ``ConnectorError``.

The bytes are sent over a loopback socket, through the transport of every call.
"""

from __future__ import annotations

import gzip
import json
import socketserver
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from hypothesis import strategies as st
from msgspec.structs import replace

from openconnectors.engine.call.exchange import Call, exchange
from openconnectors.engine.call.retry import Quota
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Request
from openconnectors.engine.plan.examples import example
from openconnectors.engine.plan.plan import Plan

Strategy = st.SearchStrategy[Any]
SECONDS = 3.0
"""How long a call waits for bytes that do not arrive."""


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Read the head of a request, send the bytes, and close."""
        with suppress(OSError):
            self.request.settimeout(SECONDS)
            data = b""
            while b"\r\n\r\n" not in data and (piece := self.request.recv(65536)):
                data += piece
            self.request.sendall(self.server.response)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    response = b""


class FixedServer:
    """A server on loopback that sends the same bytes to every request."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> FixedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def send_from_now_on(self, response: bytes) -> None:
        """Set the bytes for the next requests."""
        self._server.response = response


def responses(plan: Plan) -> Strategy:
    """A strategy of whole responses as bytes: declared ones cut, damaged or mislabelled; or any bytes."""
    bodies = _bodies(plan)
    declared = plan.operation.responses
    types = [media_type for response in declared.values() for media_type in response.content] or ["application/json"]
    statuses = [int(code) for code in declared if code.isdigit()] or [200]
    drawn = st.builds(
        _response,
        st.sampled_from(_LINES) | st.sampled_from(statuses).map(_line),
        st.lists(st.sampled_from(_HEADERS) | st.binary(max_size=20), max_size=3),
        st.sampled_from([*types, *_TYPES]),
        bodies,
        st.sampled_from(_FRAMINGS),
        st.integers(0, 400) | st.none(),
    )
    return drawn | st.binary(max_size=60)


def _bodies(plan: Plan) -> Strategy:
    """Declared bodies, whole and cut; JSON of other shapes; texts that parsers have failed on; any bytes."""
    examples = [
        example(media.schema, plan)
        for response in plan.operation.responses.values()
        for media in response.content.values()
        if media.schema is not None
    ]
    whole = [json.dumps(value, default=str).encode() for value in examples] or [b"{}"]
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode())
    cut = st.tuples(st.sampled_from(whole), st.integers(0, 60)).map(lambda pair: pair[0][: -pair[1] or None])
    return st.sampled_from([*whole, *_HARD]) | cut | values | st.binary(max_size=40)


def _line(status: int) -> bytes:
    return f"HTTP/1.1 {status} X".encode()


_LINES = [
    # Of each class; 1xx, 204 and 304 have no body (RFC 9110 section 15); 206 was not requested; 999 is not a class.
    *map(_line, (100, 200, 201, 204, 206, 301, 303, 304, 307, 400, 404, 429, 500, 503, 599, 999)),
    b"HTTP/1.1 200",  # without the space before the phrase
    b"HTTP/1.1 2000 X",
    b"HTTP/1.1 -1 X",
    b"HTTP/9.9 200 OK",
    b"HTTP/1.0 200 OK",
    b"ICY 200 OK",  # Shoutcast
    b"",
]
"""Status lines (RFC 9112 section 4), right and wrong."""

_HEADERS = [
    b"Location: /",  # redirects: to a path, to another host, not ASCII
    b"Location: //other.example/",
    b"Location: \xff",
    b"Retry-After: 99999999999",  # longer than a wait may be; neither a number nor a date
    b"Retry-After: x",
    b"Set-Cookie: a=b",
    b"Set-Cookie: \xff; Path=x",
    b"Content-Encoding: gzip",  # the body seldom is; br is a coding that may not be installed
    b"Content-Encoding: deflate",
    b"Content-Encoding: br",
    b"Link: <x>; rel=next",
    b"no colon here",
    b": empty",
    b"X-Long: " + b"x" * 70000,  # longer than http.client takes (65,536)
    b"Content-Length: -1",  # a second length or framing beside that of _FRAMINGS
    b"Content-Length: 1, 2",
    b"Transfer-Encoding: chunked",
    b" folded",  # continues the field before it (RFC 9112 section 5.2)
    b"X-\x00: y",
]
_TYPES = [
    "application/json",
    "application/xml",
    "text/plain",
    "text/html",
    "application/octet-stream",
    "image/png",
    "",
    "application/json; charset=utf-16",  # charsets: another one, an unknown one
    "application/json; charset=no-such",
    "x",  # not a media type
    "application/json;;=;",
    "multipart/form-data",  # without a boundary
    "application/x-www-form-urlencoded",
    "application/vnd.x+json",
]
_HARD = [
    b"",
    b"null",
    b"[",
    b'{"a":',
    b"NaN",  # of Python's JSON, not of RFC 8259
    b"1e999",  # beyond a double
    b'"\xed\xa0\x80"',  # a surrogate in UTF-8
    b"\xff\xfe",  # byte order marks: of UTF-16, of UTF-8
    b"\xef\xbb\xbf{}",
    b"{}{}",
    b'{"a":1,"a":2}',  # two readers would disagree
    b"[" * 5000,  # beyond the depth of Python's stack
    b'{"a":' * 3000,
    b"9" * 5000,  # beyond the digits that int() takes (4,300)
    b'"\\ud800"',  # half of a surrogate pair
    b"<a/>",
    b"<a>",
    b"<a><b></a></b>",
    # Entities that multiply (CWE-776), that read a file (CWE-611).
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;&c;</a>',
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    gzip.compress(b"{}" * 1000),
    gzip.compress(b"{}")[:10],  # the header alone
]
"""Bodies on which parsers have failed."""

_FRAMINGS = ("right", "short", "long", "chunked", "broken chunks", "none")
"""How the end of the body is announced (RFC 9112 section 6.3): by a length, right or wrong; by chunks; by closing."""


def _response(line: bytes, headers: list[bytes], media_type: str, body: bytes, framing: str, cut: int | None) -> bytes:
    """A response of these parts, of which only the first ``cut`` bytes are sent."""
    fields = [line, *headers]
    if media_type:
        fields.append(b"Content-Type: " + media_type.encode())
    if framing in ("right", "short", "long"):
        length = len(body) + {"right": 0, "short": -2, "long": 7}[framing]
        fields.append(b"Content-Length: %d" % max(length, 0))
    elif framing != "none":
        fields.append(b"Transfer-Encoding: chunked")
        size = b"%x" % len(body) if framing == "chunked" else b"zz"
        body = size + b"\r\n" + body + b"\r\n0\r\n\r\n"
    data = b"\r\n".join(fields) + b"\r\n\r\n" + body
    return data if cut is None else data[:cut]


def escaped(plan: Plan, request: Request, response: bytes, server: FixedServer, runner: Runner) -> str | None:
    """The exception that a call raises for a response if it is not a ``ConnectorError``; else None."""
    server.send_from_now_on(response)
    parts = urlsplit(request.url)
    url = urlunsplit(("http", f"127.0.0.1:{server.port}", parts.path, parts.query, ""))
    end = time.monotonic() + SECONDS
    call = Call(lambda: end - time.monotonic(), Quota())
    try:
        sent = replace(request, url=url, base=f"http://127.0.0.1:{server.port}", prerequisite=None)
        received = Runner(runner.transport, sleep=lambda seconds: None).run(exchange(sent, call))
        for validation in ("lenient", "strict"):
            with suppress(ConnectorError):
                plan.read(received, validation)
    except ConnectorError:
        return None
    except Exception as error:  # noqa: BLE001 - these are what the fuzzer looks for
        return f"{type(error).__name__}: {error}"
    return None
