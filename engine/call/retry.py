"""When a request is sent again: a flow that asks for it, and for the waits in between.

Rule 1. A request that is not safe to repeat (RFC 9110 section 9.2.2) is sent again only when it cannot have been
carried out: not a byte was sent, it was answered 429, or with a status that the document or the caller declares so.
Rule 2. What was sent is what the transport has recorded in the error (``sent``), nothing else.
Rule 3. Nothing is repeated beyond the time of the call. ``Retry-After`` counts if it fits in there.
Rule 4. All repetitions of a connection together have a quota, so that a dead service is not stormed.

The figures are those of the standard retry mode of Amazon's SDKs (botocore, ``retries/standard.py``): waits with full
jitter, doubled each time, up to 20 s; a quota of 500 that a repetition takes 5 of, after a timeout 10. One attempt more
than there, since a call has a deadline here.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import asdict, replace

from openconnectors.engine.errors import ConnectorError, OutcomeUnknown, Problem, Timeout, TransportError
from openconnectors.engine.flows import Flow, Send, Wait
from openconnectors.engine.http import Request, Response, retry_after, retry_after_problems
from openconnectors.engine.log import logger

ATTEMPTS = 4
FIRST, LONGEST = 0.5, 20.0
"""Seconds of the first wait, at most, and of the longest."""
TRANSIENT = frozenset({408, 429, 502, 503, 504})
"""Statuses after which the same request may well succeed (RFC 9110 sections 15.5.9 and 15.6.3 to 15.6.5, RFC 6585
section 4). 500 is none: it is the answer to many a wrong request."""
THROTTLED = frozenset({429})

_log = logger("openconnectors")


class Labels(Struct, frozen=True):
    """What log records say of a request: the operation and its path template, nothing of its values."""

    operation: str = ""
    path: str = ""


UNLABELLED = Labels()


class Quota:
    """What a connection may spend on repeating requests, so that a dead service is not stormed.

    A repetition costs 5 of 500 tokens, one after a timeout 10; each success gives 1 back.
    """

    def __init__(self, tokens: int = 500) -> None:
        self._full = self._left = tokens
        self._lock = threading.Lock()

    def spend(self, cost: int) -> bool:
        """Take the cost; return False if there is not enough left."""
        with self._lock:
            if self._left < cost:
                return False
            self._left -= cost
            return True

    def refund(self) -> None:
        """Give one token back, after a success."""
        if self._left == self._full:  # as it nearly always is: no lock then
            return
        with self._lock:
            self._left = min(self._full, self._left + 1)


def with_retries(
    request: Request,
    send: Send,
    left: Callable[[], float],
    quota: Quota,
    jitter: Callable[[float, float], float] = random.uniform,
    labels: Labels = UNLABELLED,
) -> Flow[Response]:
    """Send a request, and again while that is safe and may help. ``send`` is one attempt, ``left`` gives the seconds
    that remain of the call.

    Return the last response, whatever its status, with what was odd about those before it as deviations; raise the
    last ``TransportError``, as ``OutcomeUnknown`` if the request may have
    been carried out and must not be repeated.
    """
    odd: tuple[Problem, ...] = ()
    failure: TransportError | None = None
    response: Response | None = None
    for attempt in range(1, ATTEMPTS + 1):
        began = left()
        if attempt > 1 and began <= 0:
            break  # the wait took longer than it should have
        pause = jitter(0.0, min(LONGEST, FIRST * 2.0 ** (attempt - 1)))
        cost = 5
        failure = response = None
        try:
            response = yield from send(request)
            _record(request, labels, attempt, began - left(), status=response.status)
        except TransportError as error:
            _record(request, labels, attempt, began - left(), error=error)
            if error.final:
                raise
            if error.sent != "no" and not request.safe:
                raise OutcomeUnknown(
                    f"{error}; the request may have been carried out, so it was not sent again", error.sent
                ) from error
            if not request.repeatable and error.sent != "no":
                raise
            failure = error
            cost = 10 if isinstance(error, Timeout) else 5
        except ConnectorError as error:
            _record(request, labels, attempt, began - left(), error=error)
            raise
        if response is not None:
            odd = tuple(dict.fromkeys((*odd, *retry_after_problems(response.headers))))
            again = response.status in request.retry_on | THROTTLED or (request.safe and response.status in TRANSIENT)
            if not again or not request.repeatable:
                if response.status < 400:
                    quota.refund()
                return replace(response, deviations=(*response.deviations, *odd)) if odd else response
            wanted = retry_after(response.headers)
            pause = pause if wanted is None else wanted
        if attempt == ATTEMPTS or pause >= left() or not quota.spend(cost):
            break
        _log.info(
            "%s: waiting %.3f s before attempt %d",
            labels.operation,
            pause,
            attempt + 1,
            extra={**asdict(labels), "method": request.method, "wait": pause, "attempt": attempt + 1},
        )
        yield Wait(pause)
    if failure is not None:
        raise failure
    assert response is not None  # noqa: S101 - one of the two is set by every attempt
    return response


def _record(
    request: Request,
    labels: Labels,
    attempt: int,
    duration: float,
    status: int | None = None,
    error: ConnectorError | None = None,
) -> None:
    """Log one attempt: never a value, a URL or a header field."""
    if not _log.shows_debug():
        return
    outcome = f"answered {status}" if error is None else f"failed ({type(error).__name__}, sent: {error.sent})"
    _log.debug(
        "%s: %s %s %s after %.3f s, attempt %d",
        *(labels.operation, request.method, labels.path, outcome, duration, attempt),
        extra={
            **asdict(labels),
            "method": request.method,
            "status": status,
            "duration": duration,
            "attempt": attempt,
            "error": type(error).__name__ if error is not None else None,
        },
    )
