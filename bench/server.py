"""A server for measurements: it answers fixed bytes over kept connections, plain and over TLS, at small cost.

    python -m bench.server

It prints a line of JSON with the URLs of both and the file of the certificate to trust, which it makes at its start,
and ends with its standard input. A connection has a thread of its own, which takes less time than a loop. A request is
answered by its method, suffix and page size only; nothing is checked.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bench import payloads

PAGE_SIZE = re.compile(rb"PageSize=(\d+)")
LENGTH = re.compile(rb"\r\ncontent-length:[ ]*(\d+)", re.IGNORECASE)
END = b"\r\n\r\n"


class Address(NamedTuple):
    """Where a server listens."""

    plain: str
    tls: str
    certificate: str


@cache
def response(kind: str, suffix: str, count: int) -> bytes:
    """The bytes of a response: ``kind`` is "sent", "message" or "page", ``suffix`` that of the request's path."""
    value = payloads.page(count) if kind == "page" else payloads.MESSAGE
    body = payloads.in_xml(value) if suffix == "xml" else payloads.in_json(value)
    status = "201 Created" if kind == "sent" else "200 OK"
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/{suffix}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def answer(line: bytes) -> bytes:
    """The response to a request with this first line."""
    path = line.split(b" ", 2)[1].split(b"?", 1)[0]
    suffix = "xml" if path.endswith(b".xml") else "json"
    if line.startswith(b"POST"):
        return response("sent", suffix, 0)
    if b"/Messages/" in path:
        return response("message", suffix, 0)
    size = PAGE_SIZE.search(line)
    return response("page", suffix, int(size[1]) if size else 50)


def serve(connection: socket.socket) -> None:
    """Answer the requests of a connection in turn, until it ends."""
    buffer = b""
    with connection, suppress(OSError):  # clients do not say good-bye
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := connection.recv(65536):
            buffer += data
            while (end := buffer.find(END)) >= 0:
                length = LENGTH.search(buffer, 0, end)
                after = end + len(END) + (int(length[1]) if length else 0)
                if len(buffer) < after:
                    break
                connection.sendall(answer(buffer[: buffer.index(b"\r\n")]))
                buffer = buffer[after:]


def listening(context: ssl.SSLContext | None) -> int:
    """The port of a listener, each connection of which is served by a thread."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=begin, args=(connection,), daemon=True).start()

    def begin(connection: socket.socket) -> None:
        with suppress(OSError):
            serve(connection if context is None else context.wrap_socket(connection, server_side=True))

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


def certificate(folder: Path) -> Path:
    """A file with a key and a certificate for loopback that signs itself, valid for a day."""
    from cryptography import x509  # a client of the measurements imports this module without it
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    signed = builder.sign(key, hashes.SHA256())
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = folder / "loopback.pem"
    secret = key.private_bytes(encoding, form, serialization.NoEncryption())
    file.write_bytes(secret + signed.public_bytes(encoding))
    return file


@contextmanager
def running() -> Iterator[Address]:
    """A server in a process of its own, while the block runs."""
    command = [sys.executable, "-m", "bench.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Address(*json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()


def main() -> int:
    """Serve; return 0."""
    with tempfile.TemporaryDirectory() as name:
        file = certificate(Path(name))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        plain, tls = listening(None), listening(context)
        print(json.dumps([f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{tls}", str(file)]), flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
