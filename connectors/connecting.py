"""Tokens of a new connection: obtained with the browser of a person, another device, or without a person.

A flow is a row of ``FLOWS``. It may ask a person for something through ``Show``, a function that prints a message.
"""

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
from openconnectors.engine.model import ConnectionParameter, OAuth
from openconnectors.engine.secret import Secret, Values

MAX_WAIT = 300.0
"""Seconds that a person has to agree in the browser."""
Show = Callable[[str], None]


def token(
    parameter: ConnectionParameter, flow: str, values: Mapping[str, Any], transport: Transport, show: Show
) -> Values:
    """Obtain a token by a flow; return the values that a connection keeps of it: token, refresh token, expiry."""
    if parameter.oauth is None:
        raise ConnectionMissing(f"{parameter.name} is not an OAuth token; set it with --set")
    client = client_of(parameter.oauth, {**values, "grant": GRANTS[flow]})
    if not client.id:
        raise ConnectionMissing("the provider needs client_id: the id of an application that you have registered there")
    runner = Runner(transport)
    runner.run(client.discover())
    return kept_of(FLOWS[flow](client, values, runner, show), parameter.name)


def flow_of(oauth: OAuth) -> str | None:
    """The flow by which a person gets a token, of those that a document has; None if there is none, so that the token
    itself has to be given."""
    flows = (oauth, *oauth.others)
    if any(known.grant == "authorization_code" and (known.authorize or known.metadata) for known in flows):
        return "browser"
    grants = {known.grant for known in flows}
    return next((flow for flow, grant in GRANTS.items() if flow != "browser" and grant in grants), None)


def _browser(client: Client, values: Mapping[str, Any], runner: Runner, show: Show) -> Values:
    """The token for an authorization code that a redirect to loopback delivers (RFC 8252 section 7.3)."""
    with _Redirect() as redirect:
        url, redirect.state, verifier = client.authorization(redirect.url)
        show(f"agree in the browser; if none opens, go to\n{url}")
        webbrowser.open(url)
        return runner.run(client.redeem(redirect.wait(), redirect.url, verifier))


def _device(client: Client, values: Mapping[str, Any], runner: Runner, show: Show) -> Values:
    """The token for a code that a person enters on another device (RFC 8628)."""
    device = runner.run(client.device())
    show(f"go to {device.uri} and enter {device.user_code}")
    return runner.run(client.by_device(device))


def _application(client: Client, values: Mapping[str, Any], runner: Runner, show: Show) -> Values:
    return runner.run(client.by_itself())


def _password(client: Client, values: Mapping[str, Any], runner: Runner, show: Show) -> Values:
    if not values.get("username") or not values.get("password"):
        raise ConnectionMissing("this flow needs username and password")
    return runner.run(client.by_password(Secret.of(values["username"]), Secret.of(values["password"])))


FLOWS: Mapping[str, Callable[[Client, Mapping[str, Any], Runner, Show], Values]] = {
    "browser": _browser,
    "device": _device,
    "client-credentials": _application,
    "password": _password,
}
"""How a token is obtained. The last two need no person."""
GRANTS: Mapping[str, str] = {
    "browser": "authorization_code",
    "device": "device_code",
    "client-credentials": "client_credentials",
    "password": "password",
}
"""The grants of these flows."""

_PAGES = {
    True: b"<!doctype html><title>Connected</title><p>You may close this page.",
    False: b"<!doctype html><title>Not connected</title><p>This was not the expected redirect.",
}
_IDLE_TIMEOUT = 5.0
"""Seconds that a client of the redirect server may be silent."""
_MAX_CONNECTIONS = 32
"""Connections that the redirect server keeps: the oldest is dropped for another, so that nobody can hold them all."""


class _Redirect:
    """A server on loopback for the request that brings the code. Clients that connect and send nothing, or another
    request, do not keep it from arriving."""

    def __init__(self) -> None:
        self._queries: queue.Queue[Secret] = queue.Queue()
        self.state = Secret("")
        """The state in the authorization URL, which the redirect must have (RFC 6749 section 10.12)."""
        redirect = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _IDLE_TIMEOUT

            def do_GET(self) -> None:
                self._reply(redirect.accept(self.path))

            def do_HEAD(self) -> None:
                self._reply(False)

            def _reply(self, accepted: bool) -> None:
                self.send_response(200 if accepted else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(_PAGES[accepted])))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(_PAGES[accepted])

            def log_message(self, format: str, *args: Any) -> None:
                """Do nothing: the request line holds the code."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callback"

    def __enter__(self) -> _Redirect:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def accept(self, path: str) -> bool:
        """Keep the query of a request if it is the redirect, with the right state; return whether it is. Any page that
        the browser shows can send other requests."""
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        accepted = (
            parts.path == "/callback"
            and bool(query.keys() & {"code", "error"})
            and [Secret(state) for state in query.get("state", [])] == [self.state]
        )
        if accepted:
            self._queries.put(Secret(parts.query))
        return accepted

    def wait(self) -> Secret:
        """The code, once the person has agreed."""
        try:
            query = self._queries.get(timeout=MAX_WAIT)
        except queue.Empty:
            query = Secret("")
        if not query:
            raise ConnectionMissing(f"nobody agreed within {MAX_WAIT:.0f} s")
        errors = parse_qs(query.reveal()).get("error")
        if errors:
            error = "".join(character for character in errors[0][:200] if character.isprintable())
            raise ConnectionMissing(f"the provider refused: {error}")
        return Secret(parse_qs(query.reveal())["code"][0])


class _Server(ThreadingHTTPServer):
    """A server that no client can block: a thread for each connection, and a limited number of them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    """Connections that may wait to be accepted: with fewer, a client behind many others connects a second later."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: deque[socket.socket] = deque()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.append(request)
        while len(self._open) > _MAX_CONNECTIONS:
            with suppress(OSError):  # it was closed before
                self._open.popleft().shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do nothing: a client may disconnect, and the traceback would hold its request."""
