"""What an exchange costs over transports that a client could be built on, ours among them, and what they check.

    python -m bench.transports [--peers PYTHON] [--rounds N]

Each transport posts a small form over a kept connection and reads status and body, 750 bytes. It runs in a process of
its own; the rounds of all are interleaved, and the least of them counts, CPU time of all its threads. Instructions are
counted by valgrind, in user space. Then each gets answers that are cut or contradict themselves: the last column is how
many of them it returns as if they were whole. Prints a table in Markdown, as docs/transports.md has it.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from bench import instructions, server, starts

Call = Callable[[str], tuple[int, bytes]]
"""Posts the form to a path, and returns status and body."""

PATH = "/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json"
FORM = b"From=%2B15005550006&To=%2B14155552345&Body=Hello+from+the+measurement"
FIELDS = {
    "Authorization": "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA6dG9rZW4=",
    "Accept": "application/json",
    "Content-Type": "application/x-www-form-urlencoded",
}
SECONDS = 10.0


def prepared(base: str) -> Call:
    """Ours, as operations use it."""
    from openconnectors.engine.transports.blocking import BlockingTransport

    direct = BlockingTransport(trust_env=False).direct(base)
    way = direct.prepare("POST", FIELDS) if direct is not None else None
    assert way is not None

    def call(path: str) -> tuple[int, bytes]:
        outcome = way.send(path, FORM, SECONDS)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome.status, outcome.body

    return call


def transport(base: str) -> Call:
    """Ours, with a request that is not prepared."""
    from openconnectors.engine.http import Request
    from openconnectors.engine.transports.blocking import BlockingTransport

    carrier = BlockingTransport(trust_env=False)

    def call(path: str) -> tuple[int, bytes]:
        response = carrier.send(Request("POST", base + path, FIELDS, FORM, timeout=SECONDS))
        return response.status, response.body

    return call


def _socket(base: str) -> socket.socket:
    parts = urlsplit(base)
    sock = socket.create_connection((parts.hostname or "", parts.port or 80), SECONDS)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _message(base: str, path: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: {urlsplit(base).netloc}", f"Content-Length: {len(FORM)}"]
    return "\r\n".join([*lines, *(f"{name}: {text}" for name, text in FIELDS.items()), "\r\n"]).encode() + FORM


def sockets(base: str) -> Call:
    """The two system calls alone: what came is not looked at."""
    sock = _socket(base)
    message = _message(base, PATH)

    def call(path: str) -> tuple[int, bytes]:
        sock.sendall(message)
        return 0, sock.recv(65536)

    return call


def http_client(base: str) -> Call:
    """The standard library's."""
    import http.client

    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=SECONDS)

    def call(path: str) -> tuple[int, bytes]:
        connection.request("POST", path, FORM, FIELDS)
        response = connection.getresponse()
        return response.status, response.read()

    return call


def urllib3(base: str) -> Call:
    """A pool of urllib3's, without repeats."""
    import urllib3

    pool = urllib3.connectionpool.connection_from_url(base, timeout=SECONDS, retries=False)

    def call(path: str) -> tuple[int, bytes]:
        response = pool.urlopen("POST", path, FORM, FIELDS)
        return response.status, response.data

    return call


def requests(base: str) -> Call:
    """A session of requests."""
    import requests

    session = requests.Session()
    session.trust_env = False

    def call(path: str) -> tuple[int, bytes]:
        response = session.post(base + path, data=FORM, headers=FIELDS, timeout=SECONDS)
        return response.status_code, response.content

    return call


def httpx2(base: str) -> Call:
    """A client of httpx2."""
    import httpx2

    client = httpx2.Client(trust_env=False, timeout=SECONDS)

    def call(path: str) -> tuple[int, bytes]:
        response = client.post(base + path, content=FORM, headers=FIELDS)
        return response.status_code, response.content

    return call


def httpcore(base: str) -> Call:
    """A pool of httpcore2, which httpx2 is built on."""
    import httpcore2

    pool = httpcore2.ConnectionPool()
    fields = [*FIELDS.items(), ("Host", urlsplit(base).netloc), ("Content-Length", str(len(FORM)))]
    options = {"timeout": {"read": SECONDS, "connect": SECONDS, "write": SECONDS, "pool": SECONDS}}

    def call(path: str) -> tuple[int, bytes]:
        response = pool.request("POST", base + path, headers=fields, content=FORM, extensions=options)
        return response.status, response.content

    return call


def h11(base: str) -> Call:
    """Sockets, with h11 as the parser and the writer."""
    import h11

    sock = _socket(base)
    connection = h11.Connection(h11.CLIENT)
    fields = [*FIELDS.items(), ("Host", urlsplit(base).netloc), ("Content-Length", str(len(FORM)))]

    def call(path: str) -> tuple[int, bytes]:
        if connection.our_state is h11.DONE:
            connection.start_next_cycle()
        head = connection.send(h11.Request(method="POST", target=path, headers=fields)) or b""
        body = connection.send(h11.Data(data=FORM)) or b""
        sock.sendall(head + body + (connection.send(h11.EndOfMessage()) or b""))
        status, parts = 0, []
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(sock.recv(65536))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                parts.append(bytes(event.data))
            elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                return status, b"".join(parts)

    return call


def httptools(base: str) -> Call:
    """Sockets, with httptools (llhttp) as the parser."""
    import httptools

    sock = _socket(base)
    message = _message(base, PATH)

    class Incoming:
        def __init__(self) -> None:
            self.fields: list[tuple[bytes, bytes]] = []
            self.parts: list[bytes] = []
            self.complete = False

        def on_header(self, name: bytes, value: bytes) -> None:
            self.fields.append((name, value))

        def on_body(self, body: bytes) -> None:
            self.parts.append(body)

        def on_message_complete(self) -> None:
            self.complete = True

    def call(path: str) -> tuple[int, bytes]:
        sock.sendall(message if path == PATH else _message(base, path))
        incoming = Incoming()
        parser = httptools.HttpResponseParser(incoming)
        while not incoming.complete:
            data = sock.recv(65536)
            if not data:
                raise OSError("cut")
            parser.feed_data(data)
        return parser.get_status_code(), b"".join(incoming.parts)

    return call


def pycurl(base: str) -> Call:
    """One handle of libcurl, used again."""
    import io

    import pycurl

    handle = pycurl.Curl()
    handle.setopt(pycurl.HTTPHEADER, [f"{name}: {text}" for name, text in FIELDS.items()])
    handle.setopt(pycurl.POSTFIELDS, FORM)
    handle.setopt(pycurl.TIMEOUT, int(SECONDS))

    def call(path: str) -> tuple[int, bytes]:
        body = io.BytesIO()
        handle.setopt(pycurl.URL, base + path)
        handle.setopt(pycurl.WRITEDATA, body)
        handle.perform()
        return handle.getinfo(pycurl.RESPONSE_CODE), body.getvalue()

    return call


def curl_cffi(base: str) -> Call:
    """A session of curl_cffi (libcurl)."""
    from curl_cffi import requests

    session = requests.Session(trust_env=False)

    def call(path: str) -> tuple[int, bytes]:
        response = session.post(base + path, data=FORM, headers=FIELDS, timeout=SECONDS)
        return response.status_code, response.content

    return call


def pyreqwest(base: str) -> Call:
    """A blocking client of pyreqwest (Rust: reqwest, hyper)."""
    from pyreqwest.client import SyncClientBuilder

    client = SyncClientBuilder().no_proxy().build()

    def call(path: str) -> tuple[int, bytes]:
        response = client.post(base + path).headers(FIELDS).body_bytes(FORM).build().send()
        return response.status, bytes(response.bytes())

    return call


def rnet(base: str) -> Call:
    """A blocking client of rnet (Rust: wreq, hyper)."""
    import rnet

    client = rnet.BlockingClient(no_proxy=True)

    def call(path: str) -> tuple[int, bytes]:
        response = client.post(base + path, headers=FIELDS, body=FORM)
        return int(str(response.status_code)) if hasattr(response, "status_code") else response.status, response.bytes()

    return call


def primp(base: str) -> Call:
    """A client of primp (Rust: reqwest, hyper)."""
    import primp

    client = primp.Client(timeout=SECONDS)

    def call(path: str) -> tuple[int, bytes]:
        response = client.post(base + path, content=FORM, headers=FIELDS)
        return response.status_code, response.content

    return call


TRANSPORTS: dict[str, Callable[[str], Call]] = {
    "two system calls": sockets,
    "ours, prepared": prepared,
    "ours": transport,
    "httptools": httptools,
    "h11": h11,
    "http.client": http_client,
    "urllib3": urllib3,
    "requests": requests,
    "httpcore2": httpcore,
    "httpx2": httpx2,
    "pycurl": pycurl,
    "curl_cffi": curl_cffi,
    "pyreqwest": pyreqwest,
    "rnet": rnet,
    "primp": primp,
}
COUNT = 200
"""Exchanges of a round."""
FIRST = 100
"""Exchanges before anything is counted, so that connections are open and code is warm."""

OK = b"HTTP/1.1 200 OK\r\n"
WRONG: dict[str, bytes] = {
    "Content-Length and chunks": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "two Content-Lengths": OK + b"Content-Length: 2\r\nContent-Length: 1\r\n\r\n{}",
    "a Content-Length with a sign": OK + b"Content-Length: +2\r\n\r\n{}",
    "a body that is cut": OK + b"Content-Length: 9\r\n\r\n{}",
    "chunks without the last": OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "half of the last chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
    "a chunk with a sign": OK + b"Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n",
    "a chunk that ends elsewhere": OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "a field without a colon": OK + b"Content-Type json\r\nContent-Length: 2\r\n\r\n{}",
    "a blank before a colon": OK + b"A : b\r\nContent-Length: 2\r\n\r\n{}",
    "a folded field": OK + b"A: b\r\n c\r\nContent-Length: 2\r\n\r\n{}",
    "a bare CR in a field": OK + b"A: b\rc\r\nContent-Length: 2\r\n\r\n{}",
    "NUL in a field": OK + b"A: b\0c\r\nContent-Length: 2\r\n\r\n{}",
    "chunks in HTTP/1.0": OK.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a head without its end": OK + b"Content-Length: 2\r\n",
    "gzip that is cut": OK + b"Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n"
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x8e",
    "an unasked response behind it": OK + b"Content-Length: 2\r\n\r\n{}" + OK + b"Content-Length: 6\r\n\r\nforged",
}
"""Answers that are no response, or not a whole one. The last is whole; what is behind it must never be an answer."""


def wrong_server() -> str:
    """The URL of a server that answers a request for ``/N`` with the Nth of ``WRONG``, then ends the connection, but
    after the last; it runs in threads of this process."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    answers = list(WRONG.values())

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError, ValueError):
            while data := connection.recv(65536):
                while FORM not in data:
                    data += connection.recv(65536) or FORM
                number = int(data.split(b" ", 2)[1][1:])
                connection.sendall(answers[number] if number < len(answers) else OK + b"Content-Length: 2\r\n\r\n[]")
                if number < len(answers) - 1:
                    return

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def accepted(make: Callable[[str], Call], base: str) -> list[str]:
    """The names of the wrong answers that a transport returns."""
    names = list(WRONG)
    returned = []

    def ask(number: int) -> None:
        with suppress(Exception):
            call = make(base)
            _, body = call(f"/{number}")
            if number == len(names) - 1:
                time.sleep(0.05)
                _, body = call(f"/{len(names)}")
                if body != b"forged":
                    return
            returned.append(names[number])

    for number in range(len(names)):
        thread = threading.Thread(target=ask, args=(number,), daemon=True)
        thread.start()
        thread.join(3.0)  # some wait for ever
    return returned


def worker(name: str, base: str) -> None:
    """Answer each line of input, a number of exchanges, with the seconds of CPU that they took; "wrong URL" with the
    wrong answers that were returned."""
    call = TRANSPORTS[name](base)
    for line in sys.stdin:
        if line.startswith("wrong "):
            print(json.dumps(accepted(TRANSPORTS[name], line.split()[1])), flush=True)
            continue
        start = time.process_time()
        for _ in range(int(line)):
            call(PATH)
        print(time.process_time() - start, flush=True)


def main() -> None:
    """Measure all transports, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.transports")
    parser.add_argument("--peers", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--client", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        worker(options.client, options.url)
        return
    with server.running() as address:
        rows = measured(options.peers, address.plain, options.rounds)
    least = rows["ours, prepared"]
    print("| transport | CPU µs | × ours | instructions | wrong answers returned |\n|---|---|---|---|---|")
    for name, row in sorted(rows.items(), key=lambda item: item[1][0]):
        micros, count, wrong = row
        shown = f"{count:,}" if count else ""
        print(f"| {name} | {micros:.1f} | {micros / least[0]:.2f} | {shown} | {len(wrong)} of {len(WRONG)} |")
    print()
    for name, (_, _, wrong) in rows.items():
        print(f"- {name}: {', '.join(wrong) or 'none'}")


def measured(peers: str, base: str, rounds: int) -> dict[str, tuple[float, int, list[str]]]:
    """Microseconds and instructions of an exchange, and the wrong answers returned, by transport; those that are not
    installed are left out."""
    commands = {
        name: [
            sys.executable if name.startswith("ours") else peers,
            "-W",
            "ignore",
            "-m",
            "bench.transports",
            "--client",
            name,
            "--url",
            base,
        ]
        for name in TRANSPORTS
    }
    environment = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    processes = {name: subprocess.Popen(command, env=environment, **pipes) for name, command in commands.items()}

    def ask(name: str, line: str) -> Any:
        process = processes[name]
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        return json.loads(answer) if answer else None

    for name in list(processes):
        try:
            if ask(name, str(FIRST)) is None:
                raise BrokenPipeError
        except BrokenPipeError:
            print(f"{name} is not installed, or failed", file=sys.stderr)
            processes.pop(name).kill()
    least = dict.fromkeys(processes, float("inf"))
    for _ in range(rounds):
        for name in processes:
            least[name] = min(least[name], ask(name, str(COUNT)) / COUNT * 1e6)
    url = wrong_server()
    wrong = {name: ask(name, f"wrong {url}") for name in processes}
    for process in processes.values():
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    counts = {name: _instructions(commands[name]) if instructions.available() else 0 for name in processes}
    return {name: (least[name], counts[name], wrong[name]) for name in processes}


def _instructions(command: list[str]) -> int:
    """Instructions of an exchange, by the difference of two runs, after one that leaves compiled modules behind."""
    subprocess.run(command, input="1\n", text=True, capture_output=True, env=starts.environment(), check=True)
    counts = [instructions.counted(command, f"{number}\n") for number in (FIRST, FIRST + COUNT)]
    return (counts[1] - counts[0]) // COUNT


if __name__ == "__main__":
    main()
