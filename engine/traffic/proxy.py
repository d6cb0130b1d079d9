"""A server on loopback that forwards to one place, and says where the traffic deviates from a document.

Rule 1. A request goes to the upstream URL and nowhere else: its own URL gives path and query only, redirects are handed
back. Header fields go along as they came, but for those of the connection (RFC 9110 section 7.6.1).

Rule 2. What is shown of an exchange is its method, path and status, and what deviates: no query, no header field.

Rule 3. Messages are read whole before they are forwarded, and within the limits of the sandbox's server and of the
transport; a content coding of a response is removed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from openconnectors.engine.call.runner import Runner
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.errors import ConnectorError, Timeout
from openconnectors.engine.flows import Flow
from openconnectors.engine.http import FRAMING, Headers, Request, Response, checked_base, origin
from openconnectors.engine.masking import Mask, Url
from openconnectors.engine.model import Service
from openconnectors.engine.sandbox.errors import problem_details
from openconnectors.engine.sandbox.protocol import HttpError, HttpRequest, HttpResponse, Server
from openconnectors.engine.sandbox.server import HOST, AddressError
from openconnectors.engine.traffic.examination import Deviation, Examiner

SECONDS = 60.0
"""How long the upstream service has for a response."""
_POLL = 0.02
_GRACE = 2.0
_NOT_FORWARDED = (FRAMING - {"cookie"}) | {"accept-encoding"}
"""Header fields of a request that are for this connection; codings are what the transport can decode."""
_NOT_RETURNED = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "trailer", "upgrade", "te"}
    | {"proxy-authenticate", "proxy-connection"}
)


class Passed(Struct, frozen=True):
    """An exchange that has passed, without what may hold a secret."""

    method: str
    path: str
    operation: str
    status: int
    seconds: float
    deviations: tuple[Deviation, ...]


class Proxy:
    """Forwards requests to a URL by a transport, and gives ``report`` each exchange. Use it as a context manager.

    ``refuses``: a request that deviates is answered with 400 and not forwarded, and 502 takes the place of a response
    that does. Raise ``AddressError`` for a port that is taken, ``ConnectionMissing`` for a URL that cannot be used.
    """

    def __init__(
        self,
        service: Service,
        url: str,
        runner: Runner,
        report: Callable[[Passed], None],
        *,
        port: int = 0,
        refuses: bool = False,
    ) -> None:
        self._upstream = checked_base(url)
        self._examiner = Examiner(service)
        self._runner = runner
        self._report = report
        self._refuses = refuses
        self._lock = threading.Lock()
        try:
            self._server = Server((HOST, port), self.respond, _refused)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise AddressError(f"port {port} of {HOST} cannot be used: {reason}; use another port, or 0") from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL,), daemon=True)
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        """The ``base_url`` for clients."""

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.hang_up(_GRACE)

    def wait(self) -> None:
        """Serve until the process is interrupted."""
        self._thread.join()

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Return the response of the upstream service, or the one that takes its place."""
        began = time.monotonic()
        examined = self._examiner.request(request)
        deviations = examined.deviations
        if deviations and self._refuses:
            response = problem_details(400, "; ".join(map(str, deviations)), "")
        else:
            answer = self._forwarded(request)
            if isinstance(answer, ConnectorError):
                status = 504 if isinstance(answer, Timeout) else 502
                deviations += (Deviation("response", "", str(answer)),)
                response = problem_details(status, str(answer), "")
            else:
                wrong = self._examiner.response(examined.match, answer, request.method)
                deviations += wrong
                response = self._returned(answer, request.method)
                if wrong and self._refuses:
                    response = problem_details(502, "; ".join(map(str, wrong)), "")
        seconds = round(time.monotonic() - began, 3)
        name = self._examiner.name(examined.match)
        with self._lock:  # a line of the report is whole
            self._report(Passed(request.method, request.path, name, response.status, seconds, deviations))
        return response

    def _forwarded(self, request: HttpRequest) -> Response | ConnectorError:
        target = f"{request.path}?{request.query}" if request.query else request.path
        url = self._upstream + target
        if not _is_below(url, self._upstream):
            return ConnectorError("the URL of the request is not below the upstream URL; it was not forwarded")
        forwarded = Request(
            request.method,
            Url(url, Mask()),
            {},
            request.body if request.body or request.framed else None,
            Credentials(_fields(request.headers)),  # any of them may be a secret
            timeout=SECONDS,
        )
        try:
            return self._runner.run(_once(forwarded))
        except ConnectorError as error:
            return error

    def _returned(self, response: Response, method: str) -> HttpResponse:
        """A response as the client gets it. A redirect within the upstream service leads back to the proxy. The length
        in a response to HEAD is that of another body (RFC 9110 section 9.3.2)."""
        fields = [
            (name, value)
            for name in response.headers
            if name.lower() not in _NOT_RETURNED or (method == "HEAD" and name.lower() == "content-length")
            for value in response.headers.every(name)
        ]
        fields = [(name, self._local(value) if name.lower() == "location" else value) for name, value in fields]
        return HttpResponse(response.status, response.body, tuple(fields))

    def _local(self, location: str) -> str:
        upstream = self._upstream
        rest = location[len(upstream) :]
        return self.url + rest if location.startswith(upstream) and rest[:1] in ("", "/", "?", "#") else location


def _once(request: Request) -> Flow[Response]:
    """Send a request as it is: no retries, no redirects."""
    response = yield request
    return response


def _is_below(url: str, base: str) -> bool:
    """Whether a URL is at the origin of a base and below its path, whoever removes dot segments from it (RFC 3986
    section 5.2.4)."""
    try:
        if origin(url) != origin(base):
            return False
    except ValueError:
        return False
    path, base_path = urlsplit(url).path, urlsplit(base).path
    return path.startswith(f"{base_path}/") and not {".", ".."} & set(map(unquote, path.split("/")))


def _fields(headers: Headers) -> Mapping[str, str]:
    """The header fields that are forwarded; the parts of a cookie are joined as RFC 9113 section 8.2.3 has it."""
    options = {option.strip().lower() for option in headers.get("Connection", "").split(",")}

    def kept() -> Iterator[tuple[str, str]]:
        for name in headers:
            if name.lower() not in _NOT_FORWARDED and name.lower() not in options:
                yield name, ("; " if name.lower() == "cookie" else ", ").join(headers.every(name))

    return dict(kept())


def _refused(error: HttpError) -> HttpResponse:
    response = problem_details(error.status, error.reason, "")
    return HttpResponse(response.status, response.body, (*response.headers, *error.headers.items()))
