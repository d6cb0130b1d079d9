"""Who may ask the console, and what browsers may do with its pages.

Any page that a browser shows can send requests to loopback, and so can every user of the machine. What is answered:

Rule 1. Requests whose ``Host`` is the console's own: a name that was made to lead to 127.0.0.1 (DNS rebinding) is not.

Rule 2. Requests with the cookie of the browser that opened the address with the key, which the terminal shows. The
cookie is ``HttpOnly`` and ``SameSite=Strict``.

Rule 3. What is more than reading (POST) also needs the console's own ``Origin``, the token that its pages have, and a
type of body that a form of another page cannot send without asking first.

Pages are loaded with a policy that lets them run the console's script alone, and connect to nothing else.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Iterable

from werkzeug.exceptions import Forbidden, HTTPException, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.wrappers import Request, Response

TOKEN_FIELD = "X-Console-Token"  # noqa: S105 - the name of a field
KEY = "key"
MAX_BODY = 32 * 1024 * 1024
"""Bytes of a request: a form with its files."""
_PARTS = 200
"""Parts of a form: its call, and files."""
_MEMORY = 2 * 1024 * 1024
"""Bytes of the parts that are no files."""
_READING = frozenset({"GET", "HEAD"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FIELDS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Misdirected(HTTPException):
    """A request for another host (RFC 9110 section 15.5.20)."""

    code = 421
    description = "The console does not have this name. Open the address that the terminal shows."


class LimitedRequest(Request):
    """A request of bounded size."""

    max_content_length = MAX_BODY
    max_form_memory_size = _MEMORY
    max_form_parts = _PARTS


class Guard:
    """The checks of one console."""

    def __init__(self, hosts: Iterable[str], port: int) -> None:
        self._hosts = frozenset(f"{host}:{port}" for host in hosts)
        self._cookie = f"console-{port}"
        """Cookies are shared by all ports of a host: two consoles must not take each other's."""
        self._session = secrets.token_urlsafe(32)
        self.token = secrets.token_urlsafe(32)
        """What pages send with their requests."""
        self.key = secrets.token_urlsafe(24)
        """The key in the address that the terminal shows."""
        self._once: set[str] = set()
        self._lock = threading.Lock()

    def single_key(self) -> str:
        """A key that opens the console once: others may read the arguments of the process that starts a browser."""
        key = secrets.token_urlsafe(24)
        with self._lock:
            self._once.add(key)
        return key

    def check(self, request: Request) -> None:
        """Raise an ``HTTPException`` unless the request may be answered."""
        if request.environ.get("HTTP_HOST") not in self._hosts:
            raise Misdirected
        if request.method not in _READING:
            self._check_origin(request)
        if not self._same(request.cookies.get(self._cookie, ""), self._session):
            raise Forbidden("Open the address that the terminal shows: it has the key to this console.")
        if request.method not in _READING:
            self._check_writing(request)

    def _check_origin(self, request: Request) -> None:
        """Browsers send ``Origin`` with every POST; who is no browser sends it, too."""
        origin = request.headers.get("Origin", "")
        if origin != f"http://{request.environ['HTTP_HOST']}":
            raise Forbidden("The request comes from another page.")
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise Forbidden("The request comes from another site.")

    def _check_writing(self, request: Request) -> None:
        if not self._same(request.headers.get(TOKEN_FIELD, ""), self.token):
            raise Forbidden("The request has no token of this console. Load the page again.")
        if request.mimetype != "multipart/form-data":
            raise UnsupportedMediaType("The body must be multipart/form-data.")
        if request.content_length is None or request.content_length > MAX_BODY:
            raise RequestEntityTooLarge(f"The request has more than {MAX_BODY:,} bytes, or does not say how many.")

    def opens(self, request: Request) -> bool:
        """Whether the request has a key to the console, and its own name."""
        if request.environ.get("HTTP_HOST") not in self._hosts or request.method != "GET":
            return False
        key = request.args.get(KEY, "")
        if self._same(key, self.key):
            return True
        with self._lock:
            match = next((known for known in self._once if self._same(key, known)), None)
            self._once.discard(match or "")
        return match is not None

    def let_in(self, response: Response) -> Response:
        """The response, with the cookie for the browser that had the key."""
        response.set_cookie(self._cookie, self._session, httponly=True, samesite="Strict", path="/")
        return response

    @staticmethod
    def _same(text: str, expected: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "replace"), expected.encode())

    @staticmethod
    def protect(response: Response) -> Response:
        """The response with the fields that bound what a browser does with it."""
        response.headers.update(_FIELDS)
        return response
