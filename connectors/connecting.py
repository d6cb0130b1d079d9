"""Making a connection: what is asked of a person, and how a token is obtained with their browser or another device."""

from __future__ import annotations

import queue
import socket
import threading
import webbrowser
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from openconnectors.engine.auth.oauth2 import Client, client_of, kept_of
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.http import Transport
from openconnectors.engine.model import ConnectionParameter
from openconnectors.engine.secret import Secret, Values

MAX_WAIT = 300.0
"""Seconds that a person has to agree in the browser."""
Tell = Callable[[str], None]


def token(
    parameter: ConnectionParameter, flow: str, values: Mapping[str, Any], transport: Transport, tell: Tell
) -> Values:
    """What a connection keeps of a token that is obtained by a flow: a row of ``FLOWS``."""
    if parameter.oauth is None:
        raise ConnectionMissing(f"{parameter.name} is no OAuth token; give it as it is")
    client = client_of(parameter.oauth, values)
    if not client.id:
        raise ConnectionMissing("the provider needs client_id: the id of an application that you have registered there")
    return kept_of(FLOWS[flow](client, values, Runner(transport), tell), parameter.name)


def _browser(client: Client, values: Mapping[str, Any], runner: Runner, tell: Tell) -> Values:
    """The authorization code, brought by a redirect to loopback (RFC 8252 section 7.3)."""
    with _Redirect() as redirect:
        url, redirect.state, verifier = client.authorization(redirect.url)
        tell(f"agree in the browser; where none opens, go to\n{url}")
        webbrowser.open(url)
        return runner.run(client.redeem(redirect.wait(), redirect.url, verifier))


def _device(client: Client, values: Mapping[str, Any], runner: Runner, tell: Tell) -> Values:
    """A code that a person enters on another device (RFC 8628)."""
    device = runner.run(client.device())
    tell(f"go to {device.uri} and enter {device.user_code}")
    return runner.run(client.by_device(device))


def _application(client: Client, values: Mapping[str, Any], runner: Runner, tell: Tell) -> Values:
    return runner.run(client.by_itself())


def _password(client: Client, values: Mapping[str, Any], runner: Runner, tell: Tell) -> Values:
    if not values.get("username") or not values.get("password"):
        raise ConnectionMissing("this flow needs username and password")
    return runner.run(client.by_password(Secret.of(values["username"]), Secret.of(values["password"])))


FLOWS: Mapping[str, Callable[[Client, Mapping[str, Any], Runner, Tell], Values]] = {
    "browser": _browser,
    "device": _device,
    "client-credentials": _application,
    "password": _password,
}
"""How a token is obtained. The last two ask nobody."""

_PAGES = {
    True: b"<!doctype html><title>Connected</title><p>You may close this page.",
    False: b"<!doctype html><title>Not connected</title><p>The answer was not the one that is waited for.",
}
_IDLE = 5.0
"""Seconds that a client of the redirect server may be silent."""
_MOST = 32
"""Connections that the redirect server keeps: the oldest is dropped for another, so that nobody can hold them all."""


class _Redirect:
    """A server on loopback for the one request that brings the code. Whoever else connects, says nothing, or asks for
    something else does not keep that request from coming."""

    def __init__(self) -> None:
        self._came: queue.Queue[Secret] = queue.Queue()
        self.state = Secret("")
        """What was given out, and must come back."""
        redirect = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _IDLE

            def do_GET(self) -> None:
                self._reply(redirect._take(self.path))

            def do_HEAD(self) -> None:
                self._reply(False)

            def _reply(self, fits: bool) -> None:
                self.send_response(200 if fits else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(_PAGES[fits])))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(_PAGES[fits])

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the request line holds the code."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callback"

    def __enter__(self) -> _Redirect:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, path: str) -> bool:
        """Whether a request brings what is waited for, with the state that was given out; any other is another page's
        doing."""
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        fits = (
            parts.path == "/callback"
            and bool(query.keys() & {"code", "error"})
            and [Secret(state) for state in query.get("state", [])] == [self.state]
        )
        if fits:
            self._came.put(Secret(parts.query))
        return fits

    def wait(self) -> Secret:
        """The code, once somebody has agreed."""
        try:
            query = self._came.get(timeout=MAX_WAIT)
        except queue.Empty:
            query = Secret("")
        if not query:
            raise ConnectionMissing(f"nobody agreed within {MAX_WAIT:.0f} s")
        refused = parse_qs(query.reveal()).get("error")
        if refused:
            reason = "".join(character for character in refused[0][:200] if character.isprintable())
            raise ConnectionMissing(f"the provider refused: {reason}")
        return Secret(parse_qs(query.reveal())["code"][0])


class _Server(ThreadingHTTPServer):
    """A server that is not held up: a thread a connection, and only so many of them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    """Connections that may wait to be accepted: with fewer, a client behind many others connects a second later."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: deque[socket.socket] = deque()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.append(request)
        while len(self._open) > _MOST:
            with suppress(OSError):  # it is closed already
                self._open.popleft().shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that goes away is no matter, and the traceback holds what it asked."""
