"""One request of a call and what it takes to have its response: a flow of flows.

::

    with_prerequisites   what the service must be asked for first
    redirects            the response leads to another place of the service
    with_retries         an attempt failed, or was answered "later"
    call.authenticate    credentials; a token that is renewed; a challenge that is answered
    one request          with the cookies of the call and the time that is left of it

From the outside in. Authentication is innermost, so that each attempt is signed at its own moment, for the place where
it really goes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from openconnectors.engine.call.cookies import Cookies
from openconnectors.engine.call.links import follow
from openconnectors.engine.call.retry import UNLABELLED, Labels, Quota, with_retries
from openconnectors.engine.call.telemetry import Telemetry
from openconnectors.engine.errors import ConnectorError, InvalidResponse, Problem
from openconnectors.engine.flows import Flow, Send, Wait
from openconnectors.engine.http import Request, Response
from openconnectors.engine.log import logger
from openconnectors.engine.masking import mask_of, revealed

MAX_REDIRECTS = 5

_log = logger("openconnectors")


Authenticate: TypeAlias = Callable[[Request, Send], Flow[Response]]


def unauthenticated(request: Request, send: Send) -> Flow[Response]:
    """Send a request as it is."""
    return send(request)


class Call(Struct, frozen=True):
    """What the requests of one call have in common: the seconds left, the quota of the connection, how they are
    authenticated, cookies, and what log records say of them."""

    left: Callable[[], float]
    quota: Quota
    authenticate: Authenticate = unauthenticated
    cookies: Cookies = field(default_factory=Cookies)
    labels: Labels = UNLABELLED
    telemetry: Telemetry | None = None
    """None if nobody listens."""


def exchange(request: Request, call: Call) -> Flow[Response]:
    """The last response to a request: sent again while that is safe, redirected while that stays in place; with the
    deviations of the links that led to it. Raise the ``TransportError`` of the last attempt."""
    request = yield from with_prerequisites(request, call)
    attempt = partial(_attempt, call=call)
    seen = set()
    odd: tuple[Problem, ...] = ()
    while True:
        response = yield from with_retries(request, attempt, call.left, call.quota, labels=call.labels)
        odd += request.deviations
        seen.add((request.method, revealed(request.url)))
        next_request = redirected(request, response)
        if (
            next_request is None
            or (next_request.method, revealed(next_request.url)) in seen
            or len(seen) > MAX_REDIRECTS
        ):
            break
        request = next_request
    if odd:
        response = replace(response, deviations=(*response.deviations, *odd))
    return _redacted(response, request) if response.status >= 300 else response


def with_prerequisites(request: Request, call: Call) -> Flow[Request]:
    """The request with what the service must be asked for first."""
    while request.prerequisite is not None:
        response = yield from exchange(request.prerequisite.request, call)
        request = request.prerequisite.complete(response)
    return request


def _attempt(request: Request, call: Call) -> Flow[Response]:
    return call.authenticate(request, partial(_sent, call=call))


def _sent(request: Request, call: Call) -> Flow[Response]:
    """One request as it goes out, with its credentials."""
    sent = call.cookies.put(replace(request, timeout=call.left()))
    response = (yield sent) if call.telemetry is None else (yield from _recorded(sent, call.telemetry))
    call.cookies.take(request, response)
    if response.status >= 300:  # an error may echo what was sent; what a policy or a scheme has made is not masked yet
        mask_of(request.base).add(*request.credentials.secrets)
    return response


def _recorded(request: Request, telemetry: Telemetry) -> Flow[Response]:
    """One request, with a span of its own."""
    request, sent = telemetry.begin(request)
    outcome: Response | ConnectorError | None = None
    try:
        outcome = yield request
        return outcome
    except ConnectorError as error:
        outcome = error
        raise
    finally:
        sent.end(outcome)


def wait(labels: Labels, seconds: float) -> Flow[None]:
    """Wait until a state or a trigger is asked for again."""
    _log.info(
        "%s: waiting %.3f s before asking again", labels.operation, seconds, extra={**asdict(labels), "wait": seconds}
    )
    yield Wait(seconds)


def redirected(request: Request, response: Response) -> Request | None:
    """The request that a redirect asks for (RFC 9110 section 15.4), or None if it is not followed: out of the
    connection's origin and base path never; by 307 and 308 as it is; by 303 with GET; by 301 and 302 if it is GET or
    HEAD."""
    location = response.headers.get("Location")
    if location is None or not request.repeatable:
        return None
    if response.status == 303:
        method = "HEAD" if request.method == "HEAD" else "GET"
    elif response.status in (307, 308) or (response.status in (301, 302) and request.method in ("GET", "HEAD")):
        method = request.method
    else:
        return None
    try:
        return follow(request, location, "the redirect", None if method == request.method else method)
    except InvalidResponse:
        return None  # the response itself is the result; its error names the target


def _redacted(response: Response, request: Request) -> Response:
    """An error response without the secrets that it may echo; ``_sent`` has added them to the mask."""
    mask = mask_of(request.base)
    return replace(response, headers=response.headers.masked(mask), body=mask.data(response.body))
