"""Servers that tests call: all real, all on loopback."""

from __future__ import annotations

import io
import os
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import keyring
import pytest
from keyring.backends import fail
from werkzeug.serving import BaseWSGIServer

import openconnectors
from openconnectors import registry
from openconnectors.cli import app
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.documents import loader
from openconnectors.engine.model import Service
from openconnectors.engine.sandbox import Sandbox
from tests.examples import LONG

_CACHE = tempfile.TemporaryDirectory(prefix="openconnectors-tests-")
os.environ["CONNECTORS_CACHE"] = _CACHE.name  # not the cache of whoever runs the tests

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def service() -> Service:
    entry = registry.find("twilio")
    return loader.load(entry.document, entry.properties)


@pytest.fixture
def sandbox(service: Service) -> Iterator[Sandbox]:
    with Sandbox(service) as running:
        yield running


@pytest.fixture
def twilio(sandbox: Sandbox) -> Connector:
    """The connector against its sandbox, any deviation an error."""
    return openconnectors.load("twilio", connection=sandbox.values, base_url=sandbox.url, validate_responses="strict")


class Listener:
    """A port on loopback that knows whether a client connected."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def untouched(self) -> bool:
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return True
        return False


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.socket.close()


@pytest.fixture
def unsent(listener: Listener) -> Connector:
    """The connector against a port that must stay untouched."""
    values = {"account_id": "AC" + "0" * 32, "access_token": "not-a-real-token"}
    return openconnectors.load("twilio", connection=values, base_url=listener.url)


def accepting(listener: socket.socket, serve: Callable[[socket.socket], object]) -> None:
    """Serve each connection in a thread of its own, until the listener is closed."""

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


@pytest.fixture(autouse=True)
def _no_credentials_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the environment or the saved connections of whoever runs it."""
    for name in ("TWILIO_ACCOUNT_ID", "TWILIO_ACCESS_TOKEN", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("CONNECTORS_PATH", raising=False)
    monkeypatch.setenv("CONNECTORS_CONFIG", str(tmp_path / "config"))


@contextmanager
def serving(server: BaseWSGIServer) -> Iterator[str]:
    """Run a server in a thread; the URL of its port."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--cases``."""
    parser.addoption("--cases", type=int, metavar="N", help="run at most the first N cases of each test function")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases of functions beyond ``--cases``; of the long ones those that a shortened long run lacks."""
    most = config.getoption("cases")
    step = round(1 / LONG) if LONG else 1
    counts: Counter[tuple[str, bool]] = Counter()
    chosen, left_out = [], []
    for item in items:
        is_long = item.get_closest_marker("long") is not None
        case = (item.nodeid.partition("[")[0], is_long)
        counts[case] += 1
        is_within = most is None or counts[case] <= most
        (chosen if is_within and (not is_long or (counts[case] - 1) % step == 0) else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = chosen


def pytest_xdist_auto_num_workers() -> int:
    """A process more than there are processors: many tests wait, for a time limit or a service's pause."""
    return (os.cpu_count() or 1) + 1


class Done(NamedTuple):
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def command(*arguments: str, cwd: Path = ROOT, encoding: str = "utf-8", input: str = "", **environment: str) -> Done:
    """Run a command in this process: its folder, its input, the encoding of its streams, its variables; no keyring."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, newline="") for _ in range(2))
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    try:
        with (
            patch.dict(os.environ, environment),
            patch("sys.stdin", io.StringIO(input)),
            chdir(cwd),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = app.run(arguments)
    finally:
        keyring.set_keyring(before)
    for stream in (out, err):
        stream.seek(0)
    return Done(code, out.read(), err.read())
