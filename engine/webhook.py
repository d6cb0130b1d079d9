"""What a service sends on its own: a WSGI application that verifies, reads and hands over events.

The signature schemes are data of the connector: see ``x-connector-signature``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from engine.codecs import codec_for, essence
from engine.codecs.form import CODEC as FORM
from engine.errors import ConnectionMissing, InvalidResponse, Unsupported
from engine.model import Signature
from engine.operation import Connector, Operation

MAX_BODY = 4 * 1024 * 1024
_HOLE = re.compile(r"\{(url|form|body|header:[A-Za-z0-9-]+)\}")
_log = logging.getLogger("connectors")


class Webhook:
    """A WSGI application for the events of one operation, or, as it comes, for whatever a connector's service sends:
    mount it where the subscription's URL leads.

    ``handle`` is called with each event, its value as the document has it. It answers 200 once ``handle`` has
    returned, 403 to a signature that is wrong or missing, 400 to what is no event, 405 and 413 to what is no
    fitting POST, 500 where ``handle`` raises, so that the service sends it again. ``url`` is the public URL, which
    some signatures cover; without it that of the request.

    Raises :class:`~engine.errors.Unsupported` for an operation without events, and
    :class:`~engine.errors.ConnectionMissing` where the service signs and the connection has no secret to verify with.
    """

    def __init__(
        self, source: Operation | Connector, handle: Callable[[Any], object], *, url: str | None = None
    ) -> None:
        connector = source if isinstance(source, Connector) else source._connector
        operation = source if isinstance(source, Operation) else connector[next(iter(connector.service.operations))]
        self._plan = operation._plan
        if isinstance(source, Operation) and self._plan.operation.event is None:
            raise Unsupported(f"{source.__name__} sends no events that the document describes")
        self._validate = operation._options.validate_responses
        self._handle = handle
        self._url = url
        self._signature = self._plan.service.signature
        self._secret = ""
        if self._signature is not None:
            self._secret = connector.connection.values.get(self._signature.secret, "")
            if not self._secret:
                raise ConnectionMissing(
                    f"the connection has no {self._signature.secret}, with which what the service sends is verified"
                )

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """One request (PEP 3333)."""
        status, said = self._respond(environ)
        start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(said)))])
        return [said]

    def _respond(self, environ: Mapping[str, Any]) -> tuple[str, bytes]:
        if environ.get("REQUEST_METHOD") != "POST":
            return "405 Method Not Allowed", b"events are posted\n"
        try:
            size = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return "400 Bad Request", b"the length is no number\n"
        if not 0 <= size <= MAX_BODY:
            return "413 Content Too Large", b"too large\n"
        data = environ["wsgi.input"].read(size)
        content_type = str(environ.get("CONTENT_TYPE", ""))
        if self._signature is not None:
            url = self._url or _url(environ)
            if not verified(self._signature, self._secret, url, _headers(environ), content_type, data):
                return "403 Forbidden", b"the signature is wrong\n"
        try:
            event = self._plan.event(content_type, data, self._validate)
        except InvalidResponse as error:
            _log.warning("%s", error)
            return "400 Bad Request", b"this is no event\n"
        try:
            self._handle(event)
        except Exception:  # noqa: BLE001 - whatever a handler raises, the service is told to send again
            _log.exception("an event of %s was not handled", self._plan.operation.id)
            return "500 Internal Server Error", b"try again later\n"
        return "200 OK", b""


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(text)
        for name, text in environ.items()
        if name.startswith("HTTP_")
    }


def _url(environ: Mapping[str, Any]) -> str:
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    path = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")
    if not path:
        query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}{query}"
    return f"{environ['wsgi.url_scheme']}://{host}{path}"


def verified(
    signature: Signature, secret: str, url: str, headers: Mapping[str, str], content_type: str, data: bytes
) -> bool:
    """Whether the mark in the headers (names in lower case) is that of the secret's owner. A URL is tried with and
    without the port of its scheme: services and proxies differ."""
    given = headers.get(signature.header.lower(), "")
    if not given.startswith(signature.prefix) or not _recent(signature, headers):
        return False
    is_form = codec_for(content_type) is FORM if essence(content_type)[0] else False
    if signature.body_hash and not is_form and data:
        asked = dict(parse_qsl(urlsplit(url).query))
        if not hmac.compare_digest(asked.get(signature.body_hash, ""), hashlib.sha256(data).hexdigest()):
            return False
    found = False
    for one in _spellings(url):
        made = mark(signature, secret, one, headers, _fields(data) if is_form else "", data)
        found |= hmac.compare_digest(made.encode(), given.encode())
    return found


def mark(signature: Signature, secret: str, url: str, headers: Mapping[str, str], form: str, data: bytes) -> str:
    """The text that the header field has for a request of the secret's owner."""
    parts: list[bytes] = []
    place = 0
    for hole in _HOLE.finditer(signature.text):
        parts.append(signature.text[place : hole.start()].encode())
        place = hole.end()
        kind, _, name = hole[1].partition(":")
        values = {"url": url.encode(), "form": form.encode(), "body": data}
        parts.append(values[kind] if kind in values else headers.get(name.lower(), "").encode("latin-1", "replace"))
    parts.append(signature.text[place:].encode())
    digest = hmac.new(secret.encode(), b"".join(parts), signature.algorithm).digest()
    text = digest.hex() if signature.encoding == "hex" else base64.b64encode(digest).decode("ascii")
    return f"{signature.prefix}{text}"


def _fields(data: bytes) -> str:
    pairs = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True)
    return "".join(f"{name}{value}" for name, value in sorted(set(pairs)))


def _recent(signature: Signature, headers: Mapping[str, str]) -> bool:
    if not signature.moment:
        return True
    try:
        sent = float(headers.get(signature.moment.lower(), ""))
    except ValueError:
        return False
    return abs(time.time() - sent) <= signature.seconds


_PORTS = {"http": 80, "https": 443}


def _spellings(url: str) -> list[str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme, 443)
    bare, named = parts._replace(netloc=host), parts._replace(netloc=f"{host}:{port}")
    return list(dict.fromkeys([url, urlunsplit(bare), urlunsplit(named)]))
