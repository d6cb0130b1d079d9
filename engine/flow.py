"""A call as a flow: a generator that yields requests and waits, and is sent responses.

It does no I/O, so that every way of running it (blocking, dry, in a test) is a short loop like
:func:`run`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.errors import ConnectorError
from engine.http import Credentials, Headers, Request, Response, Transport, Wait
from engine.plan import Plan
from engine.retry import Flow, Quota, resend


def call(
    plan: Plan, request: Request, credentials: Credentials, validate: str, left: Callable[[], float], quota: Quota
) -> Flow:
    """One call: the request with its credentials, resent where that is safe, its answer read.

    Returns the response with value and deviations; raises the errors of :mod:`engine.errors`.
    """
    response = yield from resend(replace(request, credentials=credentials), left, quota)
    if response.status >= 300:
        response = _redacted(response, credentials)
    return plan.read(response, validate)


def _redacted(response: Response, credentials: Credentials) -> Response:
    """An error answer without the credentials that it may echo."""
    if not credentials:
        return response
    text = response.body.decode("utf-8", "surrogateescape")
    headers = Headers((name, credentials.redact(value)) for name, value in response.headers.items())
    return replace(response, headers=headers, body=credentials.redact(text).encode("utf-8", "surrogateescape"))


def run(flow: Flow, transport: Transport, sleep: Callable[[float], None]) -> Response:
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
        result: Response = end.value
        return result
