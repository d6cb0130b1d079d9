"""Signatures of Amazon Web Services, version 4: a request is signed with a key made of the secret key, the day, the
region and the service.

Source: docs.aws.amazon.com, "Create a signed AWS API request" (IAM User Guide), and "Authenticating Requests" (Amazon
S3 API Reference) for the three ways in which S3 differs: paths are encoded once and not normalized, the hash of the
body is a header field, and a body may be left unsigned.

Signed are ``Host``, ``Content-Type``, ``Range`` and the ``x-amz-`` fields. Others may be changed on the way.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.auth.scheme import Auth, Guard, Part, Received, SchemeType, Values
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.deferred import module, pattern
from openconnectors.engine.errors import TransportError, Unsupported
from openconnectors.engine.flows import Flow, Send
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.model import Scheme
from openconnectors.engine.secret import Secret
from openconnectors.engine.streams import Content

if TYPE_CHECKING:
    import hashlib
    import hmac
else:
    hashlib = module("hashlib")
    hmac = module("hmac")

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_UNRESERVED = "-_.~"  # RFC 3986 section 2.3, beside letters and digits: what quote() never encodes but for "~"
_SIGNED = frozenset({"host", "content-type", "range"})
_SKEW = timedelta(minutes=15)
"""How far the clock of a client may be off."""
_CREDENTIALS = pattern(r"AWS4-HMAC-SHA256 +Credential=([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})")


class _Scope(Struct, frozen=True):
    """What a signature is good for: one day, one region, one service."""

    day: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"

    def signature(self, secret_key: Secret, text: str) -> str:
        """The signature of a text, with a key that is made of the secret key and of the scope, part by part."""
        parts = (self.day, self.region, self.service, "aws4_request", text)
        return reduce(
            lambda key, part: hmac.digest(key, part.encode(), "sha256"), parts, f"AWS4{secret_key.reveal()}".encode()
        ).hex()


def canonical_path(path: str, service: str) -> str:
    """The path of a canonical request: of S3 encoded once, else normalized as it is sent and encoded once more."""
    if service == "s3":
        return "/".join(quote(unquote_to_bytes(part), safe=_UNRESERVED) for part in path.split("/")) or "/"
    normal = posixpath.normpath(path) if path else "/"
    normal = f"/{normal.lstrip('/')}" + ("/" if path.endswith("/") and normal.strip("/") else "")
    return quote(normal, safe="/" + _UNRESERVED)


def canonical_query(query: str) -> str:
    """The query of a canonical request: names and values encoded anew, sorted by their octets."""
    pairs = []
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        pairs.append(tuple(quote(unquote_to_bytes(text), safe=_UNRESERVED) for text in (name, value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_request(
    method: str, path: str, query: str, fields: Mapping[str, str], payload_hash: str, service: str
) -> str:
    """The canonical request; ``fields`` are the header fields that are signed, names in lower case."""
    lines = [f"{name}:{' '.join(fields[name].split())}" for name in sorted(fields)]
    names = ";".join(sorted(fields))
    return "\n".join([method, canonical_path(path, service), canonical_query(query), *lines, "", names, payload_hash])


def _signature(secret_key: Secret, moment: str, scope: _Scope, canonical: str) -> str:
    text = "\n".join([_ALGORITHM, moment, str(scope), hashlib.sha256(canonical.encode()).hexdigest()])
    return scope.signature(secret_key, text)


def _payload_hash(body: bytes | Content | None, service: str) -> str:
    """The hash of a body as it is sent. One that can be read only once is left unsigned, which only S3 allows."""
    if not isinstance(body, Content):
        return hashlib.sha256(body or b"").hexdigest()
    if not body.repeatable:
        if service != "s3":
            raise Unsupported("a body that can be read only once cannot be signed; give bytes, or a file")
        return _UNSIGNED
    digest = hashlib.sha256()
    try:
        for piece in body:
            digest.update(piece)
    except OSError as error:
        raise TransportError(f"what is uploaded cannot be read: {error}", "no", final=True) from None
    return digest.hexdigest()


def _authority(url: str) -> str:
    """The value of ``Host``: without the port that the scheme has by default (RFC 9110 section 7.2)."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.netloc.removesuffix(f":{default}")


class _Signer:
    """The keys of a connection. Each attempt to send a request is signed anew, at its own moment."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def flow(self, request: Request, send: Send) -> Flow[Response]:
        """Send a request with its signature."""
        return (yield from send(self._signed(request)))

    def _signed(self, request: Request) -> Request:
        region, service = self._values["region"].reveal(), self._values["service"].reveal()
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = _Scope(moment[:8], region, service)
        payload_hash = _payload_hash(request.body, service)
        added = {"X-Amz-Date": moment}
        if service == "s3":
            added["X-Amz-Content-SHA256"] = payload_hash
        request = replace(request, headers={**_without(request.headers, added), **added})
        secret = {"X-Amz-Security-Token": self._values["session_token"]} if "session_token" in self._values else {}
        request = replace(request, credentials=Credentials(secret).merged(request.credentials))
        url, headers = request.credentials.reveal(request)
        fields = {name.lower(): text for name, text in headers.items() if _is_signed(name)}
        parts = urlsplit(url)
        canonical = canonical_request(
            request.method, parts.path, parts.query, {**fields, "host": _authority(url)}, payload_hash, service
        )
        signature = _signature(self._values["secret_key"], moment, scope, canonical)
        names = ";".join(sorted({*fields, "host"}))
        who = f"{self._values['access_key'].reveal()}/{scope}"
        value = Secret(f"{_ALGORITHM} Credential={who}, SignedHeaders={names}, Signature={signature}")
        return replace(request, credentials=request.credentials.merged(Credentials({"Authorization": value})))


def _is_signed(name: str) -> bool:
    return name.lower() in _SIGNED or name.lower().startswith("x-amz-")


def _without(headers: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Header fields but those of these names."""
    lowered = {name.lower() for name in names}
    return {name: text for name, text in headers.items() if name.lower() not in lowered}


def _authenticate(scheme: Scheme, values: Values) -> Auth:
    return _Signer(values)


class _Guard:
    """Signs each request that comes as the client should have, and compares."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def admits(self, received: Received) -> bool:
        """Return whether the signature is that of the request, for this region and service, and not old."""
        credentials = _CREDENTIALS.fullmatch(received.headers.get("Authorization", ""))
        moment = received.headers.get("X-Amz-Date", "")
        if credentials is None or not _is_recent(moment):
            return False
        region, service = self._values["region"].reveal(), self._values["service"].reveal()
        scope = _Scope(moment[:8], region, service)
        names = credentials[2].split(";")
        present = {name.lower() for name in received.headers}
        needed = {"host", *(name for name in present if name.startswith("x-amz-"))}
        if credentials[1] != f"{self._values['access_key'].reveal()}/{scope}" or not needed <= set(names) <= present:
            return False
        token = self._values.get("session_token")
        if token is not None and Secret(received.headers.get("X-Amz-Security-Token", "")) != token:
            return False
        path, _, query = received.target.partition("?")
        fields = {name: received.headers[name] for name in names}
        payload_hash = _received_hash(received.headers, received.body, service)
        canonical = canonical_request(received.method, path, query, fields, payload_hash, service)
        signature = _signature(self._values["secret_key"], moment, scope, canonical)
        return hmac.compare_digest(signature, credentials[3])

    def challenge(self, realm: str, scopes: tuple[str, ...], received: Received) -> str:
        """The algorithm; services of Amazon send no challenge at all."""
        return _ALGORITHM


def _received_hash(headers: Headers, body: bytes, service: str) -> str:
    """The hash of a body that came; what the client left unsigned, if that is allowed."""
    if service == "s3" and headers.get("X-Amz-Content-SHA256") == _UNSIGNED:
        return _UNSIGNED
    return hashlib.sha256(body).hexdigest()


def _is_recent(moment: str) -> bool:
    try:
        signed = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(datetime.now(UTC) - signed) <= _SKEW


def _guard(scheme: Scheme, values: Values) -> Guard:
    return _Guard(values)


AWS4 = SchemeType(
    "aws4",
    (
        Part("access_key", "aws_access_key_id", secret=False),
        Part("secret_key", "aws_secret_access_key"),
        Part("session_token", "aws_session_token", required=False),
        Part("region", "aws_region", secret=False),
        Part("service", "aws_service", secret=False),
    ),
    _authenticate,
    _guard,
    http_name=_ALGORITHM,
    base="apiKey",
    covers_request=True,
)
