"""A call as a flow: a generator that yields requests and waits, and is sent responses.

It does no I/O, so that every way of running it (blocking, dry, in a test) is a short loop like
``run``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from openconnectors.engine.call.cookies import Cookies
from openconnectors.engine.call.links import follow
from openconnectors.engine.call.retry import UNLABELLED, Flow, Labels, Quota, Result, resend
from openconnectors.engine.credentials import Credentials, mask_of, revealed
from openconnectors.engine.errors import ConnectorError, InvalidResponse, Problem
from openconnectors.engine.http import Request, Response, Transport, Wait

MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Call:
    """What the requests of one call have in common: credentials, the seconds left, quota, cookies, and what log
    records say of it."""

    credentials: Credentials
    left: Callable[[], float]
    quota: Quota
    cookies: Cookies = field(default_factory=Cookies)
    labels: Labels = UNLABELLED


def exchange(request: Request, call: Call) -> Flow[Response]:
    """The last response to a request with its credentials: resent where that is safe, redirected where that
    stays in place; with the deviations of the links that led to it. Raises the
    ``TransportError`` of the last attempt."""
    request = yield from completed(request, call)
    request = replace(request, credentials=call.credentials.merged(request.credentials))
    seen = set()
    odd: tuple[Problem, ...] = ()
    while True:
        response = yield from resend(request, call.left, call.quota, call.cookies, labels=call.labels)
        odd += request.deviations
        seen.add((request.method, revealed(request.url)))
        onward = redirected(request, response)
        if onward is None or (onward.method, revealed(onward.url)) in seen or len(seen) > MAX_REDIRECTS:
            break
        request = onward
    if odd:
        response = replace(response, deviations=(*response.deviations, *odd))
    return _redacted(response, request) if response.status >= 300 else response


def completed(request: Request, call: Call) -> Flow[Request]:
    """The request with what the service must be asked for first."""
    while request.lookup is not None:
        asked = yield from exchange(request.lookup.request, call)
        request = request.lookup.complete(asked)
    return request


def redirected(request: Request, response: Response) -> Request | None:
    """The request that a redirect asks for (RFC 9110 section 15.4), or None where it is not followed: out of the
    connection's origin and base path never; by 307 and 308 as it is; by 303 with GET; by 301 and 302 where it is GET
    or HEAD."""
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
        return None  # the response itself is the answer; its error names the target


def _redacted(response: Response, request: Request) -> Response:
    """An error answer without the secrets of the request that it may echo."""
    mask = mask_of(request.base)
    mask.add(*request.credentials.secrets)
    return replace(response, headers=response.headers.masked(mask), body=mask.octets(response.body))


def run(flow: Flow[Result], transport: Transport, sleep: Callable[[float], None]) -> Result:
    """Runs a flow to its end with a blocking transport."""
    try:
        step = next(flow)
        while True:
            if isinstance(step, Wait):
                sleep(step.seconds)
                step = next(flow)
                continue
            try:
                response = transport.send(step)
            except ConnectorError as error:
                step = flow.throw(error)
            else:
                step = flow.send(response)
    except StopIteration as end:
        result: Result = end.value
        return result
