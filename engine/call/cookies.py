"""Cookies of one call (RFC 6265): what a service sets while a call is retried, redirected, polled or paged is
sent back with the requests that follow, to the same origin, and forgotten when the call ends.

That is narrower than a browser: ``Domain`` widens nothing, and a cookie for a domain that the host is not in, or that
breaks what its name or its attributes promise, is not kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.http import Origin, Request, Response, origin
from openconnectors.engine.masking import revealed

_MOST, _LONGEST = 50, 4096  # what a user agent should be able to keep, a domain and a cookie (section 6.1)
_CONTROL = pattern(r"[\x00-\x1f\x7f]")
_NAME = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


class _Place(Struct, frozen=True):
    """Where a cookie belongs: two of one place and name are the same cookie."""

    origin: Origin
    path: str
    name: str


class Cookies:
    """The cookies that have been set."""

    def __init__(self) -> None:
        self._values: dict[_Place, str] = {}

    def take(self, request: Request, response: Response) -> None:
        """Keep what a response to a request sets, and forget what it expires; what breaks the rules is skipped."""
        for line in response.headers.every("Set-Cookie"):
            place, value, expired = _read(line, revealed(request.url)) or (None, "", True)
            if place is None:
                continue
            self._values.pop(place, None)
            if not expired and len(self._values) < _MOST:
                self._values[place] = value

    def put(self, request: Request) -> Request:
        """The request with the cookies that belong to it, beside those that it has already."""
        if not self._values:
            return request
        here, path = origin(revealed(request.url)), urlsplit(revealed(request.url)).path or "/"
        pairs = [
            f"{place.name}={value}"
            for place, value in sorted(self._values.items(), key=lambda item: -len(item[0].path))  # section 5.4
            if place.origin == here and _below(path, place.path)
        ]
        if not pairs:
            return request
        headers = {name: text for name, text in request.headers.items() if name.lower() != "cookie"}
        pairs = [text for name, text in request.headers.items() if name.lower() == "cookie"] + pairs
        return replace(request, headers={**headers, "Cookie": "; ".join(pairs)})


def _below(path: str, of: str) -> bool:
    """Whether a path is another or below it (section 5.1.4)."""
    return path == of or path.startswith(of if of.endswith("/") else f"{of}/")


def _read(line: str, url: str) -> tuple[_Place, str, bool] | None:
    """The place of a cookie, its value, and whether it has expired (section 5.2); None for one that is not kept."""
    pair, *rest = line.split(";")
    name, equals, value = (text.strip() for text in pair.partition("="))
    if len(line) > _LONGEST or _CONTROL.search(line) or not equals or not _NAME.match(name):
        return None
    attributes = {key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in rest)}
    here, path = origin(url), urlsplit(url).path
    _, host, _ = here
    domain = attributes.get("domain", "").removeprefix(".").lower()
    secure = "secure" in attributes
    if domain and domain != host and not (host.endswith(f".{domain}") and not host.replace(".", "").isdigit()):
        return None  # section 5.1.3
    if secure and here[0] != "https":
        return None  # a cookie that is for https was not set by https
    lowered = name.lower()  # RFC 6265bis section 4.1.3
    if lowered.startswith("__secure-") and not secure:
        return None
    if lowered.startswith("__host-") and (not secure or domain or attributes.get("path") != "/"):
        return None
    declared = attributes.get("path", "")
    place = _Place(here, declared if declared.startswith("/") else path.rpartition("/")[0] or "/", name)
    return place, value, _expired(attributes)


def _expired(attributes: dict[str, str]) -> bool:
    """Whether a cookie has ended; ``Max-Age`` goes before ``Expires`` (section 5.3 step 3)."""
    age = attributes.get("max-age", "")
    if age.removeprefix("-").isascii() and age.removeprefix("-").isdigit():
        return age.startswith("-") or not age.strip("0")
    from email.utils import parsedate_to_datetime  # with the whole of email, for few cookies

    try:
        moment = parsedate_to_datetime(attributes["expires"])
    except (KeyError, ValueError, TypeError, OverflowError, IndexError):
        return False
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) <= datetime.now(UTC)
