"""Making a connection: what is asked of a person, and how a token is obtained with their browser or another device."""

from __future__ import annotations

import time
import webbrowser
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from engine.errors import ConnectionMissing
from engine.http import Transport
from engine.model import ConnectionParameter
from engine.oauth import Client, client_of, kept_of

PATIENCE = 300.0
"""Seconds that a person has to agree in the browser."""
Tell = Callable[[str], None]


def token(
    parameter: ConnectionParameter, flow: str, values: Mapping[str, Any], transport: Transport, tell: Tell
) -> Any:
    """What a connection keeps of a token that is obtained by a flow: a row of :data:`FLOWS`."""
    if parameter.oauth is None:
        raise ConnectionMissing(f"{parameter.name} is no OAuth token; give it as it is")
    client = client_of(parameter.oauth, transport, values)
    if not client.id:
        raise ConnectionMissing("the provider needs client_id: the id of an application that you have registered there")
    return kept_of(FLOWS[flow](client, values, tell), parameter.name)


def _browser(client: Client, values: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """The authorization code, brought by a redirect to loopback (RFC 8252 section 7.3)."""
    with _Redirect() as redirect:
        url, state, verifier = client.authorization(redirect.url)
        tell(f"agree in the browser; where none opens, go to\n{url}")
        webbrowser.open(url)
        return client.redeem(redirect.wait(state), redirect.url, state, verifier)


def _device(client: Client, values: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """A code that a person enters on another device (RFC 8628)."""
    steps = client.device(time.sleep)
    told = next(steps)
    tell(f"go to {told.get('verification_uri')} and enter {told.get('user_code')}")
    return next(steps)


def _application(client: Client, values: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    return client.by_itself()


def _password(client: Client, values: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    if not values.get("username") or not values.get("password"):
        raise ConnectionMissing("this flow needs username and password")
    return client.by_password(str(values["username"]), str(values["password"]))


FLOWS: Mapping[str, Callable[[Client, Mapping[str, Any], Tell], Mapping[str, Any]]] = {
    "browser": _browser,
    "device": _device,
    "client-credentials": _application,
    "password": _password,
}
"""How a token is obtained. The last two ask nobody."""

_PAGES = {
    True: "<!doctype html><title>Connected</title><p>You may close this page.",
    False: "<!doctype html><title>Not connected</title><p>The answer was not the one that is waited for.",
}


class _Redirect:
    """A server on loopback for the one request that brings the code."""

    def __init__(self) -> None:
        came: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = parse_qs(urlsplit(self.path).query)
                fits = urlsplit(self.path).path == "/callback" and bool(asked.keys() & {"code", "error"})
                if fits:
                    came.append(self.path)
                page = _PAGES[fits].encode("utf-8")
                self.send_response(200 if fits else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the request line holds the code."""

        self._came = came
        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._server.timeout = 1.0
        self.url = f"http://127.0.0.1:{self._server.server_port}/callback"

    def __enter__(self) -> _Redirect:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def wait(self, state: str) -> str:
        """The URL that came, with the state that was given out."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._server.handle_request()
            while self._came:
                path = self._came.pop()
                asked = parse_qs(urlsplit(path).query)
                if asked.get("state") != [state]:
                    continue  # another page's doing
                if "error" in asked:
                    raise ConnectionMissing(f"the provider refused: {asked['error'][0][:200]}")
                return f"{self.url}?{urlsplit(path).query}"
        raise ConnectionMissing(f"nobody agreed within {PATIENCE:.0f} s")
