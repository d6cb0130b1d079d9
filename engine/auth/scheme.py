"""What a row of the table of security schemes says, and what the rows share.

A row says everything about a type of scheme, from both ends of a request:

* its name, which documents are lowered to, and its name in HTTP's registry of authentication schemes;
* its parts, each the value of a connection parameter: user name, password, key, token, region;
* ``authenticate``: what the values make, an ``Auth``. That is a flow around one request: it signs the request, sends
  it, looks at the response, and may ask for what it needs and send the request again. It lives as long as the
  connection, so it may remember what a service said;
* ``guard``: how a server checks a request, and how it asks for one that passes. The sandbox is such a server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.credentials import Credentials
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.flows import Flow, Send
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.model import Scheme
from openconnectors.engine.secret import Secret

Values: TypeAlias = Mapping[str, Secret]
"""The values of a scheme's parts, by the name of the part. A part that may be left out need not be there."""


class Part(Struct, frozen=True):
    """One value of a scheme: the name of the part, and of the connection parameter that has it by convention (empty:
    that which is named as the scheme is)."""

    name: str
    parameter: str
    secret: bool = True
    required: bool = True
    may_be_empty: bool = False


class Received(Struct, frozen=True):
    """A request as a server got it: ``target`` is the path and the query, still encoded, ``body`` as it was sent."""

    method: str
    target: str
    headers: Headers
    query: Mapping[str, str]
    body: bytes = b""


class Auth(Protocol):
    """A scheme with the values of one connection."""

    def flow(self, request: Request, send: Send) -> Flow[Response]:
        """Send a request with its credentials; return the last response."""


class Guard(Protocol):
    """A scheme with the values that a server knows."""

    def admits(self, received: Received) -> bool:
        """Return whether a request carries what the scheme asks for."""

    def challenge(self, realm: str, scopes: tuple[str, ...], received: Received) -> str:
        """The value of ``WWW-Authenticate`` for a request that was not admitted (RFC 9110 section 11.6.1)."""


class SchemeType(Struct, frozen=True):
    """One row. ``http_name`` is the name of the scheme in HTTP, ``*`` if that is the definition's; empty if it is none.
    ``base`` is the type of Swagger 2.0 that a definition of this one is written as, with ``x-connector-scheme`` beside
    it; empty if Swagger 2.0 has the type itself. ``covers_request`` says that what is signed is the request as it is
    sent: other credentials must be in it by then. ``by_transport``: what authenticates may be the transport's already,
    so that the values may be missing."""

    name: str
    parts: tuple[Part, ...]
    authenticate: Callable[[Scheme, Values], Auth]
    guard: Callable[[Scheme, Values], Guard]
    http_name: str = ""
    base: str = ""
    covers_request: bool = False
    by_transport: bool = False

    def place(self, scheme: Scheme) -> tuple[str, str]:
        """Where the credentials are in a request: ``header`` and a name in lower case, ``query`` or ``cookie`` and a
        name, or nowhere."""
        if self.http_name:
            return "header", "authorization"
        if scheme.location == "header":
            return "header", scheme.parameter.lower()
        return scheme.location, scheme.parameter


class FixedAuth:
    """Credentials that are the same in each request."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials

    def flow(self, request: Request, send: Send) -> Flow[Response]:
        """Send a request with the credentials. Those that a policy has set go first."""
        return (yield from send(replace(request, credentials=self.credentials.merged(request.credentials))))


def fixed(credentials: Callable[[Scheme, Values], Credentials]) -> Callable[[Scheme, Values], Auth]:
    """What a row authenticates with if its credentials are the same in each request."""
    return lambda scheme, values: FixedAuth(credentials(scheme, values))


class FixedGuard:
    """Admits requests with the same credentials that ``FixedAuth`` sends. ``parameters`` are those of the challenge
    beside the realm."""

    def __init__(self, credentials: Credentials, http_name: str, parameters: Mapping[str, str] | None = None) -> None:
        self._credentials = credentials
        self._http_name = http_name
        self._parameters = parameters or {}

    def admits(self, received: Received) -> bool:
        """Return whether the header fields and the query have the credentials; compares in constant time."""
        return self._credentials.matches(received.headers, received.query)

    def challenge(self, realm: str, scopes: tuple[str, ...], received: Received) -> str:
        """A challenge with the realm and the scheme's own parameters."""
        return challenge(self._http_name, {"realm": realm, **self._parameters})


def header_credentials(scheme: Scheme, name: str, value: Secret, part: Secret) -> Credentials:
    """Credentials in one header field, made of ``part``.

    Raise ``ConnectionMissing`` if the value cannot be in a header field (RFC 9110 section 5.5).
    """
    if any(ord(character) < 32 or ord(character) in range(127, 160) for character in value.reveal()):
        raise ConnectionMissing(f"the value for {scheme.name!r} has a control character in it; give the value alone")
    if not value.reveal().isascii() and any(ord(character) > 255 for character in value.reveal()):
        raise ConnectionMissing(f"the value for {scheme.name!r} has a character that a header field cannot hold")
    return Credentials({name: value}, secrets=[part])


def quoted(text: str) -> str:
    """A quoted-string of HTTP (RFC 9110 section 5.6.4)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def challenge(http_name: str, parameters: Mapping[str, str]) -> str:
    """A challenge, or credentials, with quoted parameters (RFC 9110 section 11.2)."""
    return f"{http_name} {', '.join(f'{name}={quoted(text)}' for name, text in parameters.items())}"
