"""What a service sends on its own: a WSGI application that verifies, reads and hands over events.

Signatures and handshakes are data of the connector: see ``x-connector-signature`` and ``x-connector-handshake``.
``CONVENTIONS`` has the handshakes that are common, for documents that say nothing of theirs.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from typing import Any
from urllib.parse import parse_qsl, quote

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.connection import in_code
from openconnectors.engine.client.connector import Connector, connected
from openconnectors.engine.client.operation import Operation, calls_of
from openconnectors.engine.client.webhook_signatures import Delivery, digest, keys, verified
from openconnectors.engine.documents.loader import readable
from openconnectors.engine.documents.pointers import pointer_steps
from openconnectors.engine.errors import ConnectionMissing, InvalidArguments, InvalidResponse, Problem, Unsupported
from openconnectors.engine.masking import sealed
from openconnectors.engine.model import Handshake, Signature
from openconnectors.engine.secret import Secret
from openconnectors.engine.values.codecs import codec_for, essence, json

MAX_BODY = 4 * 1024 * 1024
MAX_CHALLENGE = 4096
_log = logging.getLogger("openconnectors")

CONVENTIONS: tuple[Handshake, ...] = (
    # Microsoft Graph: the token of the query, within 10 seconds, as text. SharePoint spells it in lower case.
    Handshake(challenge="query:validationToken", when={"body": ""}, signed=False),
    Handshake(challenge="query:validationtoken", when={"body": ""}, signed=False),
    # Events APIs that post what they want back as one of their events.
    Handshake(challenge="body:/challenge", when={"body:/type": "url_verification"}),
    # Azure Event Grid.
    Handshake(
        challenge="body:/0/data/validationCode",
        when={"body:/0/eventType": "Microsoft.EventGrid.SubscriptionValidationEvent"},
        answer={"validationResponse": "{challenge}"},
    ),
    # WebSub (W3C), as Meta has it: who subscribes proves that the connection's secret is known.
    Handshake(
        method="GET",
        challenge="query:hub.challenge",
        when={"query:hub.mode": "subscribe"},
        verify={"query:hub.verify_token": "*"},
    ),
    # Dropbox.
    Handshake(method="GET", challenge="query:challenge"),
)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a request is answered."""

    status: str
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class _Refused(Exception):
    """A request that is no event, with what it is answered."""

    def __init__(self, status: str, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.reply = _Reply(status, f"{reason}\n".encode(), headers=tuple(headers.items()))


class Webhook:
    """A WSGI application for the events of one operation, or, as it comes, for whatever a connector's service sends:
    mount it where the subscription's URL leads.

    ``handle`` is called with each event, its value as the document has it. It answers 200 once ``handle`` has
    returned, 403 to a signature that is wrong or missing, 400 to what is no event, 405 and 413 to what is no
    fitting POST, 500 where ``handle`` raises, so that the service sends it again. A handshake is answered and not
    handed over. ``url`` is the public URL, which some signatures cover: give it behind a proxy; without it that of the
    request counts. The query is the request's, where it has one.

    Raises ``Unsupported`` for an operation without events,
    ``ConnectionMissing`` where the service signs and the connection has no secret to verify with,
    and ``InvalidArguments`` for a ``url`` that is none.
    """

    def __init__(
        self, source: Operation | Connector, handle: Callable[[Any], object], *, url: str | None = None
    ) -> None:
        calls = calls_of(source) if isinstance(source, Operation) else _any_calls(source)
        self._plan = calls.plan
        if isinstance(source, Operation) and self._plan.operation.event is None:
            raise Unsupported(f"{source.__name__} sends no events that the document describes")
        self._validate = calls.options.validate_responses
        self._handle = handle
        self._url = _public(url) if url is not None else None
        service = self._plan.service
        self._values = {name: Secret.of(value) for name, value in calls.connected.connection.values.items()}
        self._secret_names = [parameter.name for parameter in service.connection if parameter.secret]
        self._signature = service.signature
        self._secret = Secret("")
        if self._signature is not None:
            self._secret = self._needed(self._signature.secret, "what the service sends is verified")
            with sealed():
                _checked_keys(self._signature, self._secret)
        self._handshakes = CONVENTIONS if service.handshakes is None else service.handshakes
        for handshake in self._handshakes:
            for name in (handshake.secret, *handshake.verify.values()):
                if name and name != "*":
                    self._needed(name, "the service asks whether it may send")

    def _needed(self, name: str, purpose: str) -> Secret:
        value = self._values.get(name, Secret(""))
        if not value:
            raise ConnectionMissing(f"the connection has no {name}, with which {purpose}. {in_code([name])}", [name])
        return value

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """One request (PEP 3333)."""
        try:
            reply = self._respond(environ)
        except _Refused as refused:
            reply = refused.reply
        fields = [
            ("Content-Type", reply.content_type),
            ("Content-Length", str(len(reply.body))),
            ("X-Content-Type-Options", "nosniff"),
            *reply.headers,
        ]
        start_response(reply.status, fields)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [reply.body]

    def _respond(self, environ: Mapping[str, Any]) -> _Reply:
        method = str(environ.get("REQUEST_METHOD", ""))
        handshakes = [handshake for handshake in self._handshakes if handshake.method == method]
        if method != "POST" and not handshakes:
            raise _not_posted()
        urls = _urls(self._url, environ)
        content_type = str(environ.get("CONTENT_TYPE") or "")
        delivery = Delivery(method, urls, _headers(environ), content_type, _body(environ))
        request = _Request(delivery)
        for handshake in handshakes:
            if request.matches(handshake):
                return self._shaken(handshake, request)
        if method != "POST":
            raise _not_posted()
        self._verify(delivery)
        return self._handed_over(delivery)

    def _verify(self, delivery: Delivery) -> None:
        signature = self._signature
        if signature is not None and not verified(signature, keys(signature, self._secret.reveal()), delivery):
            raise _Refused("403 Forbidden", "the signature is wrong")

    def _shaken(self, handshake: Handshake, request: _Request) -> _Reply:
        """The answer to a handshake, if it comes from the service."""
        if handshake.signed or (handshake.signed is None and handshake.method == "POST"):
            self._verify(request.delivery)
        for place, name in handshake.verify.items():
            if not self._known(name, request.text(place) or ""):
                raise _Refused("403 Forbidden", "the token is wrong")
        challenge = request.text(handshake.challenge) or ""
        values = {"challenge": challenge}
        if handshake.secret:
            key = self._values[handshake.secret]
            values["hmac"] = digest(key.reveal().encode(), challenge.encode(), handshake.algorithm, handshake.encoding)
        headers = tuple((name, _filled(text, values)) for name, text in handshake.headers.items())
        if any(not text.isascii() or not text.isprintable() for _, text in headers):
            raise _Refused("400 Bad Request", "the challenge fits into no header field")
        if isinstance(handshake.answer, str):
            return _Reply("200 OK", _filled(handshake.answer, values).encode(), headers=headers)
        return _Reply("200 OK", json.encode(_filled(handshake.answer, values)), "application/json", headers)

    def _known(self, name: str, text: str) -> bool:
        names = self._secret_names if name == "*" else [name]
        secrets = [value for name in names if (value := self._values.get(name))]
        return (
            sum(hmac.compare_digest(secret.reveal().encode(), text.encode("utf-8", "replace")) for secret in secrets)
            > 0
        )

    def _handed_over(self, delivery: Delivery) -> _Reply:
        try:
            event = self._plan.event(delivery.content_type, delivery.data, self._validate)
        except InvalidResponse as error:
            _log.warning("%s", error)
            raise _Refused("400 Bad Request", "this is no event") from None
        try:
            self._handle(event)
        except Exception:  # noqa: BLE001 - whatever a handler raises, the service is told to send again
            _log.exception("an event of %s was not handled", self._plan.operation.id)
            raise _Refused("500 Internal Server Error", "try again later") from None
        return _Reply("200 OK")


def _any_calls(connector: Connector) -> Calls:
    """The calls of the first operation of a connector that can be read: what all have in common is taken of them."""
    service = connected(connector)
    return Calls(service, service.plan(next(readable(service.service)).id), service.options)


class _Request:
    """A delivery, with what stands at a place of it."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self._query = parse_qsl(delivery.urls[0].partition("?")[2], keep_blank_values=True)
        self._value: Any = None
        self._read = False

    def matches(self, handshake: Handshake) -> bool:
        """Whether there is a challenge, and every place has its text."""
        if any(self.text(place) != text for place, text in handshake.when.items()):
            return False
        challenge = self.text(handshake.challenge)
        return bool(challenge) and len(challenge or "") <= MAX_CHALLENGE

    def text(self, place: str) -> str | None:
        """The text at a place; None where there is none, or more than one."""
        kind, _, name = place.partition(":")
        if kind == "query":
            values = [value for known, value in self._query if known == name]
            return values[0] if len(values) == 1 else None
        if kind == "header":
            return self.delivery.headers.get(name.lower())
        if not name:
            return self.delivery.data.decode("utf-8", "replace")
        value = self._body()
        for step in pointer_steps(name):
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            else:
                return None
        return value if isinstance(value, str) else None

    def _body(self) -> Any:
        """The value of a JSON body; None for another."""
        if not self._read:
            self._read = True
            media_type = essence(self.delivery.content_type)[0]
            if media_type and codec_for(media_type) is json.CODEC:
                problems: list[Problem] = []
                with suppress(ValueError):
                    value = json.decode(self.delivery.data, {}, problems)
                    self._value = None if problems else value  # what is answered is read strictly
        return self._value


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    """A text or plain data with its ``{challenge}`` and ``{hmac}``."""
    if isinstance(template, str):
        return re.sub(r"\{(challenge|hmac)\}", lambda place: values.get(place[1], ""), template)
    if isinstance(template, Mapping):
        return {name: _filled(inner, values) for name, inner in template.items()}
    if isinstance(template, list):
        return [_filled(inner, values) for inner in template]
    return template


def _checked_keys(signature: Signature, secret: Secret) -> None:
    try:
        keys(signature, secret.reveal())
    except ValueError:
        message = f"the connection's {signature.secret} is not written in {signature.secret_encoding}"
        raise ConnectionMissing(message) from None


def _not_posted() -> _Refused:
    return _Refused("405 Method Not Allowed", "events are posted", Allow="POST")


_DIGITS = re.compile(r"[0-9]{1,18}\Z")


def _body(environ: Mapping[str, Any]) -> bytes:
    """The octets of the request. Without a length there are none, unless the server says where the body ends
    (``wsgi.input_terminated``), as for a chunked one."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length and not _DIGITS.match(length):
        raise _Refused("400 Bad Request", "the Content-Length is not a number")
    ends = bool(environ.get("wsgi.input_terminated"))
    if not length and not ends and environ.get("HTTP_TRANSFER_ENCODING"):
        raise _Refused("400 Bad Request", "a Content-Length is needed")
    size = int(length or 0)
    wanted = size if length or not ends else MAX_BODY + 1
    if size > MAX_BODY:
        raise _Refused("413 Content Too Large", "too large")
    try:
        data = _read(environ["wsgi.input"], wanted)
    except Exception:  # noqa: BLE001 - each server has its own error for a connection that breaks
        raise _Refused("400 Bad Request", "the body cannot be read") from None
    if len(data) > MAX_BODY:
        raise _Refused("413 Content Too Large", "too large")
    if length and len(data) < size:
        raise _Refused("400 Bad Request", "the body ends early")
    return data


def _read(stream: Any, size: int) -> bytes:
    """Up to so many octets; a stream may give fewer at a time."""
    pieces: list[bytes] = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(text)
        for name, text in environ.items()
        if name.startswith("HTTP_")
    }


# URLs: a signature covers the one that the service knows, which is not always the one that arrives.

_ABSOLUTE = re.compile(r"(https?)://([^/?#\s]+)([^?#\s]*)(\?[^#\s]*)?(?:#.*)?\Z", re.ASCII | re.IGNORECASE)
_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{0,5}))?\Z", re.ASCII)
_PATH_SAFE = "/~!$&'()*+,;=:@"
"""What stands in a path as it is: RFC 3986 section 3.3."""
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class _Url:
    """A URL in the parts that are compared."""

    scheme: str
    host: str
    path: str
    query: str
    """With its question mark, or empty."""


def _public(url: str) -> _Url:
    """The URL that a caller gives."""
    whole = _ABSOLUTE.match(url)
    if whole is None or not _is_host(whole[2].rpartition("@")[2]):
        raise InvalidArguments("Webhook", [Problem(("url",), "is not the whole URL, https://host/path")])
    return _Url(whole[1].lower(), whole[2], whole[3], whole[4] or "")


def _is_host(text: str) -> bool:
    """Whether a text is a host and maybe a port (RFC 9110 section 7.2)."""
    host = _HOST.match(text)
    if host is None or int(host[2] or 0) > 65535:
        return False
    try:
        return host[1] is None or bool(IPv6Address(host[1]))
    except AddressValueError:
        return False


def _urls(public: _Url | None, environ: Mapping[str, Any]) -> list[str]:
    """The spellings of the URL that the service may have signed: with and without a port, as services and proxies
    differ. The query is the request's; where it has none, which a proxy may have cut, that of the public URL."""
    host = environ.get("HTTP_HOST")
    if host is not None and not _is_host(str(host)):
        raise _Refused("400 Bad Request", "the Host is not one")
    mount, path, query = _target(environ)
    if public is None:
        authority = _server(environ) if host is None else str(host)
        url = _Url(str(environ.get("wsgi.url_scheme", "http")), authority, mount + path, query)
    else:
        below = path if mount and public.path.endswith(mount) and not public.path.endswith(mount + path) else ""
        url = _Url(public.scheme, public.host, public.path + below, query or public.query)
    user, at, place = url.host.rpartition("@")
    name, port = _without_port(place)
    paths = ["", "/"] if url.path in ("", "/") else [url.path]
    hosts = [place, name, f"{name}:{port or _PORTS.get(url.scheme, 443)}"]
    spelled = [f"{url.scheme}://{user}{at}{host}{way}{url.query}" for way in paths for host in hosts]
    return list(dict.fromkeys(spelled))


def _server(environ: Mapping[str, Any]) -> str:
    """Where the server listens, for a request that names no host (HTTP/1.0)."""
    name = str(environ.get("SERVER_NAME", ""))
    return f"{f'[{name}]' if ':' in name else name}:{environ.get('SERVER_PORT', '')}"


def _without_port(host: str) -> tuple[str, str]:
    name, mark, port = host.rpartition(":")
    return (name, port) if mark and not host.endswith("]") else (host, "")


def _target(environ: Mapping[str, Any]) -> tuple[str, str, str]:
    """Where the application is mounted, the path below, and the query, as the request spelled them where the
    server keeps that (``RAW_URI``, ``REQUEST_URI``); else WSGI's decoded path is encoded again."""
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")
    mount, path = (_encoded(str(environ.get(name) or "")) for name in ("SCRIPT_NAME", "PATH_INFO"))
    if not raw:
        query = str(environ.get("QUERY_STRING") or "")
        return mount, path, f"?{query}" if query else ""
    absolute = _ABSOLUTE.match(raw)
    target = f"{absolute[3]}{absolute[4] or ''}" if absolute else raw.partition("#")[0]
    whole, mark, query = target.partition("?")
    below = whole[len(mount) :] if mount and whole.startswith(mount) else None
    return (mount, below, mark + query) if below is not None else ("", whole, mark + query)


def _encoded(path: str) -> str:
    try:
        return quote(path.encode("latin-1"), safe=_PATH_SAFE)
    except UnicodeEncodeError:  # no server of PEP 3333 gives such a path
        return quote(path, safe=_PATH_SAFE)
