"""Cookies of one call (RFC 6265): what a service sets while a call is retried, redirected, polled or paged is
sent back with the requests that follow, to the same origin, and forgotten when the call ends."""

from __future__ import annotations

from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from engine.http import Origin, Request, Response, origin

_MOST, _LONGEST = 50, 4096


class Cookies:
    """The cookies that have been set, by origin, path and name."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Origin, str, str], str] = {}

    def take(self, request: Request, response: Response) -> None:
        """Keeps what a response to a request sets, and forgets what it expires; what is none is skipped."""
        here = origin(request.url)
        for line in response.headers.every("Set-Cookie"):
            if len(line) > _LONGEST:
                continue
            try:
                found = SimpleCookie(line)
            except CookieError:
                continue
            for name, morsel in found.items():
                key = (here, morsel["path"] or "/", name)
                self._kept.pop(key, None)
                ended = morsel["max-age"] in ("0", "-1") or "1970" in morsel["expires"]
                if not ended and len(self._kept) < _MOST:
                    self._kept[key] = morsel.coded_value

    def put(self, request: Request) -> Request:
        """The request with the cookies that belong to it."""
        if not self._kept:
            return request
        here, path = origin(request.url), urlsplit(request.url).path or "/"
        own = [
            f"{name}={value}"
            for (where, below, name), value in self._kept.items()
            if where == here and (path == below or path.startswith(below.rstrip("/") + "/"))
        ]
        return replace(request, headers={**request.headers, "Cookie": "; ".join(own)}) if own else request
