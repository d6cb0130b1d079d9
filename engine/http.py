"""Requests and responses as frozen values: plans write and read them, transports carry them.

Rule 1. A request is complete and encoded, except for its credentials: those are attached by the transport, so that a
request can be shown and logged (``str(request)``). What it cannot hold is refused when it is built (``field_text``,
``urls``), not when it is sent.

Rule 2. A transport carries one request within its time and knows nothing of retries, redirects or documents. Those are
flows, which send another request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.engine.credentials import NO_CREDENTIALS, Credentials
from openconnectors.engine.deferred import pattern
from openconnectors.engine.endpoints import shown
from openconnectors.engine.errors import ConnectionMissing, Problem
from openconnectors.engine.masking import Mask, mask_of, revealed
from openconnectors.engine.secret import SHOWN
from openconnectors.engine.streams import Content, Download


class Headers(Mapping[str, str]):
    """Header fields, case-insensitive; equal names are joined by ", " (RFC 9110 section 5.3)."""

    __slots__ = ("_by_name", "_lines", "_searched")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._by_name: dict[str, tuple[str, list[str]]] | None = _by_name(fields)
        self._lines = self._searched = ""

    @classmethod
    def of_lines(cls, lines: str) -> Headers:
        """Those of the lines of a head, which are known to be right: each with CR LF before it and behind it. Nothing
        is made of them before it is looked at: of most responses, the media type is all."""
        headers = cls.__new__(cls)
        headers._by_name, headers._lines, headers._searched = None, lines, ""
        return headers

    def _fields(self) -> dict[str, tuple[str, list[str]]]:
        if self._by_name is None:
            pairs = (line.partition(":") for line in self._lines[2:-2].split("\r\n"))
            self._by_name = _by_name((name, value.strip(" \t")) for name, colon, value in pairs if colon)
        return self._by_name

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, or the default."""
        if self._by_name is None and _PLAIN_NAME.match(name):
            searched = self._searched = self._searched or self._lines.lower()
            label = f"\n{name.lower()}:"
            start = searched.find(label)
            if start < 0:
                return default
            end = searched.find("\r", start)
            if searched.find(label, end) < 0:
                return self._lines[start + len(label) : end].strip(" \t")
        values = self._fields().get(name.lower())
        return default if values is None else ", ".join(values[1])

    def __getitem__(self, name: str) -> str:
        value: str | None = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields().values())

    def __len__(self) -> int:
        return len(self._fields())

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"

    def every(self, name: str) -> list[str]:
        """The values of a field one by one, for those that cannot be joined (``Set-Cookie``)."""
        return list(self._fields().get(name.lower(), ("", []))[1])

    def _pairs(self) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, values in self._fields().values() for value in values)

    def __reduce__(self) -> Any:
        return Headers, (list(self._pairs()),)

    def masked(self, mask: Mask) -> Headers:
        """These fields, the secrets in their values masked."""
        return Headers((name, mask.text(value)) for name, value in self._pairs())


_PLAIN_NAME = pattern(r"[A-Za-z0-9-]+\Z")


def _by_name(fields: Iterable[tuple[str, str]]) -> dict[str, tuple[str, list[str]]]:
    """Fields by their names in lower case: the name as it was first written, and the values."""
    by_name: dict[str, tuple[str, list[str]]] = {}
    for name, value in fields:
        by_name.setdefault(name.lower(), (name, []))[1].append(value)
    return by_name


USER_AGENT = "open-connectors"
"""The ``User-Agent`` of requests that set none (RFC 9110 section 10.1.5)."""

FRAMING = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "cookie",
        "proxy-authorization",
        "proxy-connection",
    }
)
"""Header fields that belong to the transport (RFC 9110 section 7.6.1, RFC 9112): an argument that would set one is
refused, because it could make the peer read another request (request smuggling)."""

_BAD_IN_HEADER = pattern(r"[\x00-\x08\x0a-\x1f\x7f]")
_FIELD_NAME = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+( [!#$%&'*+.^_`|~0-9A-Za-z-]+)*\Z")
"""A field name (RFC 9110 section 5.1). Blanks inside are allowed because published documents have them; a peer cannot
read such a name as another field."""


def field_text(name: str, text: str, allowed: Iterable[str] = ()) -> str:
    """The value of a header field, unchanged. ``ValueError`` for a field of the transport's own, unless it is in
    ``allowed``; for what is not a field name; and for a value with a control character (RFC 9110 sections 5.1 and 5.5)
    or beyond Latin-1."""
    if name.lower() in FRAMING and name.lower() not in allowed:
        raise ValueError(f"would set the header field {name}, which is the transport's own")
    if not _FIELD_NAME.match(name):
        raise ValueError(f"would set the header field {name!r}, which is not a field name")
    if _BAD_IN_HEADER.search(text):
        raise ValueError("must not contain a line break or another control character: it is a header field")
    if text != text.strip():
        raise ValueError("must not begin or end with a blank: it is a header field")
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("must not contain characters beyond Latin-1: it is a header field") from None
    return text


class Request(Struct, frozen=True, eq=False):
    """One HTTP request, complete except for its credentials."""

    method: str
    url: str
    """Absolute and encoded. A ``Url`` if it may hold a secret, and so is ``base``."""
    headers: Mapping[str, str]
    """Header fields, none of which holds a credential."""
    body: bytes | Content | None = None
    credentials: Credentials = NO_CREDENTIALS
    safe: bool = False
    """True if the request can be sent again without another effect (RFC 9110 section 9.2.2)."""
    retry_on: frozenset[int] = frozenset()
    """Statuses after which the request is known not to have been carried out."""
    timeout: float = 60.0
    """Seconds that are left for this exchange as a whole."""
    stream: bool = False
    """True to get the body of a success in chunks (``Response.stream``)."""
    base: str = ""
    """The URL below which the connection's resources are."""
    prerequisite: Prerequisite | None = None
    """A request to send first, if this one needs a value of the service's."""
    deviations: tuple[Problem, ...] = ()
    """The problems of the link that this request follows."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """What it was made of, as plain data by the Python names of arguments, the whole body by its own."""
    uninterrupted: bool = False
    """True if its response is taken even if the caller is cancelled meanwhile: it may hold what is given only once."""

    def __eq__(self, other: object) -> bool:
        """Whether the same is sent: ``arguments`` do not count."""
        if not isinstance(other, Request):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _SENT)

    @property
    def repeatable(self) -> bool:
        """True if the body can be sent again."""
        return not isinstance(self.body, Content) or self.body.repeatable

    def follow_up(self, method: str, url: str) -> Request:
        """A request without a body that follows from this one, to another URL."""
        headers = {name: text for name, text in self.headers.items() if name.lower() != "content-type"}
        return replace(self, method=method, url=url, headers=headers, body=None, safe=True)

    def __repr__(self) -> str:
        """What may be shown: as ``__str__``, on one line."""
        return f"<request {str(self)!r}>"

    def __str__(self) -> str:
        """The request as text, secrets masked: what a dry run prints."""
        lines = [f"{self.method} {self.url}"]
        lines += [f"{name}: {SHOWN if name.lower() in _SECRET else text}" for name, text in self.headers.items()]
        lines += [f"{name}: {SHOWN}" for name in self.credentials.names()]
        text = "\n".join(lines)
        if isinstance(self.body, Content):
            text += f"\n\n{self.body!r}"
        elif self.body:
            text += "\n\n" + self.body.decode("utf-8", "backslashreplace")
        return mask_of(self.base).text(text)


_SENT = tuple(name for name in Request.__struct_fields__ if name != "arguments")

_SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Header fields whose values are secrets, whoever sets them (RFC 9110 sections 11.6.2 and 11.7.2, RFC 6265)."""


class Prerequisite(Struct, frozen=True):
    """A request that must be sent first, and the function that completes the other one from its response."""

    request: Request
    complete: Callable[[Response], Request]


class Response(Struct, frozen=True, eq=False):
    """One response, as it was received and, once a plan has read it, what was read."""

    status: int
    """The status, as a number."""
    headers: Headers
    """The header fields as received; names in any case."""
    body: bytes = b""
    """The bytes, without content coding."""
    value: Any = None
    """The value, as plain data."""
    deviations: tuple[Problem, ...] = ()
    """The places where the response differs from its document."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The header fields that the document declares, typed."""
    stream: Download | None = None
    """What takes the place of the body, if the request asked for a stream."""
    request: Request | None = None
    """The request of the call, without its credentials; None before a plan has read the response."""

    def __reduce__(self) -> Any:
        """What is received, and what was read of it, without the request and the stream."""
        return Response, (*self._received(), dict(self.fields))

    def __eq__(self, other: object) -> bool:
        """Whether the same was received and read, whatever the request."""
        if not isinstance(other, Response):
            return NotImplemented
        return (*self._received(), self.fields, self.stream) == (*other._received(), other.fields, other.stream)

    def __repr__(self) -> str:
        names = ("status", "headers", "body", "value", "deviations", "fields", "stream")
        return f"Response({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def _received(self) -> tuple[Any, ...]:
        return self.status, self.headers, self.body, self.value, self.deviations


class Transport(Protocol):
    """The seam to the network."""

    def send(self, request: Request) -> Response:
        """Carry one request within ``request.timeout`` seconds; raises
        ``TransportError`` or ``InvalidResponse``."""


class AwaitedTransport(Protocol):
    """The seam to the network in an event loop."""

    async def send(self, request: Request) -> Response:
        """Carry one request within ``request.timeout`` seconds; raises ``TransportError`` or ``InvalidResponse``."""


Origin: TypeAlias = tuple[str, str, int]
PORTS = {"http": 80, "https": 443}


def origin(url: str) -> Origin:
    """Scheme, host and port of a URL (RFC 6454 section 4). ``ValueError`` for one without, or with user information, a
    backslash (which browsers read as a slash), a blank or a control character."""
    parts = _origin(url)
    if parts is None:
        raise ValueError(f"{shown(url)!r} is not an http(s) URL with a host and without user information")
    return parts


def _origin(url: str) -> Origin | None:
    if any(character == "\\" or ord(character) <= 32 for character in url):
        return None
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in PORTS or not host or "@" in parts.netloc:
        return None
    return scheme, host.lower(), port or PORTS[scheme]


NO_HOST = "the document names no host; give base_url, such as https://api.example.com"


def checked_base(url: str) -> str:
    """A base URL that an operator set, in clear, without its trailing slash. ``ConnectionMissing`` for one without
    http(s) scheme or host, or with user information, a query or a fragment.
    """
    if not url:
        raise ConnectionMissing(NO_HOST)
    if _origin(revealed(url)) is None:
        raise ConnectionMissing(
            f"the base URL {shown(url)!r} cannot be used: it is not an http(s) URL with a host, "
            "a port up to 65535 and no user information"
        )
    if "?" in revealed(url) or "#" in revealed(url):
        raise ConnectionMissing(
            f"the base URL {shown(url)!r} has a query or a fragment; give scheme, host and path only"
        )
    clear: str = revealed(url)
    return clear.rstrip("/")


LONGEST_WAIT = 366 * 86400.0
"""A year in seconds: a longer ``Retry-After`` counts as this, so that clocks and dates do not overflow."""
_MILLISECONDS = "retry-after-ms"
"""The end of the names of fields with milliseconds; vendors put a prefix before it."""
_SECONDS = pattern(r"[0-9]+(\.[0-9]+)?\Z")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the service wants the next request (RFC 9110 section 10.2.3); None if there is no such field, or it
    is negative or cannot be read.

    Services write more than the RFC allows: fractions, a list (the longest counts), milliseconds in a field of their
    own. A date is compared with the Date of the response, because clocks differ.
    """
    for name in headers:
        if name.lower().endswith(_MILLISECONDS) and (milliseconds := _longest(headers[name])) is not None:
            return min(milliseconds / 1000, LONGEST_WAIT)
    text = headers.get("Retry-After")
    if text is None:
        return None
    seconds = _longest(text)
    if seconds is None:
        until, now = _moment(text), _moment(headers.get("Date", "")) or datetime.now(UTC)
        seconds = (until - now).total_seconds() if until is not None else -1.0
    return min(seconds, LONGEST_WAIT) if seconds >= 0 else None


def retry_after_problems(headers: Mapping[str, str]) -> tuple[Problem, ...]:
    """The problem of a Retry-After that RFC 9110 does not allow, and that is read as meant."""
    text = headers.get("Retry-After", "")
    if not text or (text.isascii() and text.isdigit()) or _longest(text) is None:
        return ()
    return (Problem(("Retry-After",), "is not one whole number of seconds; read as meant", part="header"),)


def _longest(text: str) -> float | None:
    """The largest of a list of numbers; None if the text is not one."""
    numbers = [number.strip() for number in text.split(",")]
    return max(map(float, numbers)) if all(map(_SECONDS.match, numbers)) else None


def _moment(text: str) -> datetime | None:
    """An HTTP date (RFC 9110 section 5.6.7); one without a zone is in UTC."""
    from email.utils import parsedate_to_datetime  # with the whole of email, for few responses

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
