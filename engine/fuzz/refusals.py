"""What a service does with illegal requests: it must refuse each with a documented error, and change nothing.

Theory of operation. A success (2xx) is a failure: the service accepts what its document does not allow. So is 5xx: the
request was wrong, not the service. A refusal (4xx) is judged as any response, and its status must be documented where
the document says how the operation refuses input. Between the first and the last request of an operation that writes, a
read must give the same: else what was refused was stored, and each refused request is sent again between two reads.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.engine.credentials import NO_CREDENTIALS
from openconnectors.engine.errors import ConnectorError, InvalidArguments, TransportError, Unsupported
from openconnectors.engine.fuzz.boundaries import Edge
from openconnectors.engine.fuzz.calls import Caller, Outcome
from openconnectors.engine.fuzz.checks import CHECKS
from openconnectors.engine.fuzz.failures import ACCEPTED, METHOD, STORED, Failure, Sent
from openconnectors.engine.fuzz.illegal import Illegal
from openconnectors.engine.fuzz.illegal_requests import illegal_requests, undocumented_methods, without_credentials
from openconnectors.engine.http import Request, Response
from openconnectors.engine.masking import beside, revealed
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.plan import Plan

_REPORTED = 5  # failures of one check that are reported of an operation
_BLAMED = 16  # refused requests that are sent again to see which is stored
REFUSING = frozenset((400, 422))
"""The statuses by which services refuse a value, whatever their state is."""
IN_REFUSAL = ": in the refusal, "
_ANY_INPUT = frozenset(("400", "422", "4XX", "default"))
"""How documents say that an operation refuses its input."""
_OF_PROTOCOL = frozenset((401, 403, 404, 405, 406, 407, 408, 411, 413, 414, 415, 417, 426, 429, 431))
"""Statuses that mean the same for every resource, documented or not (RFC 9110 section 15.5, RFC 6585)."""


class Accepted(Struct, frozen=True):
    """A legal call that the service has accepted, or if there is none a legal call: what illegal ones are made of."""

    arguments: Mapping[str, Any]
    request: Request
    success: bool


class Refusals(Struct):
    """The illegal requests of one operation. ``plans`` are those of all operations, by Python name. ``sandboxed``: the
    service is the sandbox, which does not check formats."""

    caller: Caller
    plan: Plan
    name: str
    plans: Mapping[str, Plan]
    sandboxed: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)
    """What is reported of methods already, of any path: what answers 405 is the same for all."""

    def failures(self, accepted: Accepted, before: Accepted | None, most: int, *, paths: bool) -> Iterator[Failure]:
        """Send at most so many illegal requests, made of an accepted one; yield the failures. ``before`` is another
        accepted call, which is repeated first, so that what is stored differs from what is sent. ``paths``: also send
        the methods that the document does not have for the path."""
        requests = [*self._without_credentials(accepted.request), *illegal_requests(self.plan, accepted.request, most)]
        if self.sandboxed:
            requests = [illegal for illegal in requests if not illegal.rule.startswith("format ")]
        if paths:
            requests += undocumented_methods(accepted.request, self._documented())
        reader = self.reader(accepted.request) if self.plan.operation.method not in ("GET", "HEAD", "OPTIONS") else None
        if reader is not None and before is not None:
            repeat(self.caller, self.plan, before.arguments, accepted.arguments)
        known = self._stable(reader)
        refused: list[Illegal] = []
        methods: dict[str, Response] = {}
        for illegal in requests:
            outcome = self.caller.send(self.plan, illegal.request, accepted.arguments, None, illegal.login)
            status = outcome.response.status if outcome.response is not None else 0
            yield from self._judged(illegal, outcome, accepted)
            if illegal.part == "method" and outcome.response is not None:
                methods[illegal.where] = outcome.response
            if 400 <= status < 500:
                refused.append(illegal)
            elif known is not None:
                yield from self._stored(reader, known, refused, accepted, before)
                known, refused = self._read(reader), []
        if known is not None:
            yield from self._stored(reader, known, refused, accepted, before)
        yield from self._methods(methods, requests, accepted)

    def of_nobody(self, call: Accepted | None) -> Iterator[Failure]:
        """Send a call without credentials, and with wrong ones; yield the failures."""
        for illegal in self._without_credentials(call.request) if call is not None else ():
            outcome = self.caller.send(self.plan, illegal.request, {}, None, illegal.login)
            if call is not None:
                yield from self._judged(illegal, outcome, call)

    def _methods(
        self, answers: Mapping[str, Response], requests: list[Illegal], accepted: Accepted
    ) -> Iterator[Failure]:
        """The failures of how methods are refused that the document does not have. A success is reported only of a path
        that refuses another: a service may ignore the method, and documents describe parts of services."""
        documented = self._documented()
        refuses = any(response.status == 405 for response in answers.values())
        for illegal in requests:
            response = answers.get(illegal.where) if illegal.part == "method" else None
            message = method_problem(response, documented, refuses) if response is not None else None
            if message and not (illegal.lenient and response is not None and response.status < 300):
                kind = message.partition(" ")[0] if response is not None and response.status == 405 else message
                if kind in self.methods and response is not None and response.status == 405:
                    continue
                self.methods.add(kind)
                failure = self._failure(METHOD, f"{illegal.title}: {message}", illegal, accepted)
                if failure is not None:
                    yield failure

    def _documented(self) -> set[str]:
        """The methods that the document has for the path."""
        return {plan.operation.method for plan in self.plans.values() if place(plan) == place(self.plan)}

    def _without_credentials(self, legal: Request) -> list[Illegal]:
        """Requests without credentials, if the operation needs some and has them."""
        security = self.plan.operation.security
        if not security or not all(security):
            return []
        try:
            has_credentials = any(self.caller.credentials(self.plan))
        except ConnectorError:
            return []
        return without_credentials(legal) if has_credentials else []

    def _judged(self, illegal: Illegal, outcome: Outcome, accepted: Accepted) -> Iterator[Failure]:
        for check, message in judged(illegal, outcome, self.caller, success=accepted.success):
            failure = self._failure(check, message, illegal, accepted)
            if failure is not None:
                yield failure

    def _failure(self, check: str, message: str, illegal: Illegal, accepted: Accepted) -> Failure | None:
        """A failure, unless enough of its check are reported."""
        self.counts[check] = self.counts.get(check, 0) + 1
        if self.counts[check] > _REPORTED:
            return None
        text = self.caller.mask.text(message)
        return Failure(check, self.plan.operation.id, self.name, accepted.arguments, text, sent=sent_of(illegal))

    # Whether anything is stored

    def reader(self, legal: Request) -> Request | None:
        """The request that reads what the operation writes: of its path, or the nearest above it."""
        nearest = sorted(
            (plan for plan in self.plans.values() if _is_above(plan.operation.path, self.plan.operation.path)),
            key=lambda plan: -len(plan.operation.path),
        )
        for plan in nearest:
            variables = {argument.name: argument.wire for argument in plan.all_arguments.at["path"]}
            values = legal.arguments
            names = {argument.wire: argument.name for argument in self.plan.all_arguments.at["path"]}
            try:
                arguments = minimal(plan) | {name: values[names[wire]] for name, wire in variables.items()}
                return self.caller.request(plan, arguments)
            except (KeyError, InvalidArguments, Unsupported, ConnectorError):
                continue
        return None

    def _read(self, reader: Request | None) -> bytes | None:
        """What a read gives now; None if it gives nothing."""
        if reader is None:
            return None
        response = self.caller.send(self.plan, reader, {}, None).response
        return response.body if response is not None and response.status == 200 else None

    def _stable(self, reader: Request | None) -> bytes | None:
        """What a read gives, if it gives the same twice."""
        first = self._read(reader)
        return first if first is not None and first == self._read(reader) else None

    def _stored(
        self, reader: Request | None, known: bytes, refused: list[Illegal], accepted: Accepted, before: Accepted | None
    ) -> Iterator[Failure]:
        """The failure of a refused request that changes what a read gives, if there is one."""
        if not refused or self._read(reader) == known:
            return
        other = before.arguments if before is not None else None
        for illegal in sorted(refused, key=lambda illegal: illegal.part != "body")[:_BLAMED]:
            if changes(self.caller, self.plan, illegal, reader, accepted.arguments, other):
                message = f"{illegal.title}: it was refused, and yet it changed what {_target(reader)} gives"
                failure = self._failure(STORED, message, illegal, accepted)
                if failure is not None:
                    yield failure
                return


def place(plan: Plan) -> str:
    """The path template of an operation as requests have it, without the names of its variables and the suffix of its
    representation."""
    path = re.sub(r"\{[^{}]*\}", "{}", plan.requests.place()[1]).rstrip("/")
    suffixes = plan.representation.values if plan.representation.where == "path" else ()
    return path.removesuffix(max((suffix for suffix in suffixes if path.endswith(suffix)), key=len, default=""))


def repeat(caller: Caller, plan: Plan, arguments: Mapping[str, Any], resource: Mapping[str, Any]) -> None:
    """Repeat a legal call on the resource that other arguments name."""
    names = {argument.name for argument in plan.all_arguments.at["path"]}
    path = {name: value for name, value in resource.items() if name in names}
    with suppress(InvalidArguments, Unsupported):
        caller.call(plan, {**arguments, **path})


def changes(
    caller: Caller, plan: Plan, illegal: Illegal, reader: Request | None, arguments: Mapping[str, Any],
    other: Mapping[str, Any] | None,
) -> bool:  # fmt: skip
    """Whether a request that is refused changes what a read gives, while nothing else does. ``other`` is a legal call
    that is made before, so that what is stored differs from what is sent."""
    if reader is None:
        return False

    def read() -> bytes | None:
        response = caller.send(plan, reader, {}, None).response
        return response.body if response is not None and response.status == 200 else None

    if other is not None:
        repeat(caller, plan, other, arguments)
    first, second = read(), read()
    response = caller.send(plan, illegal.request, {}, None, illegal.login).response
    third = read()
    is_refused = response is not None and 400 <= response.status < 500
    return is_refused and first == second != third == read()


def _target(reader: Request | None) -> str:
    return f"GET {reader.url.removeprefix(reader.base)}" if reader is not None else ""


def _is_above(path: str, other: str) -> bool:
    """Whether a path is another one, or a part of it from its start."""
    return f"{other}/".startswith(f"{path.rstrip('/')}/")


# What is said of an illegal request


def judged(illegal: Illegal, outcome: Outcome, caller: Caller, *, success: bool = True) -> Iterator[tuple[str, str]]:
    """The checks that the outcome of an illegal request fails, each with what is wrong. Without ``success``, the legal
    request that it is made of is not accepted either, and only what is wrong in any case is reported."""
    response = outcome.response
    if response is None:
        check = "no-answer" if isinstance(outcome.error, TransportError) else "unreadable"
        yield check, f"{illegal.title}: {type(outcome.error).__name__}: {outcome.error}"
        return
    status = response.status
    if status >= 500 and not (status == 501 and illegal.part == "method"):
        yield "server-error", f"{illegal.title}: the service failed: status {status}"
    elif 200 <= status < 300 and success and not illegal.lenient and illegal.part != "method":
        yield ACCEPTED, f"{illegal.title}: the service accepted it: status {status}"
    elif 400 <= status < 500:
        yield from _of_refusal(illegal, outcome, caller)


def _of_refusal(illegal: Illegal, outcome: Outcome, caller: Caller) -> Iterator[tuple[str, str]]:
    """What is wrong with the refusal of an illegal request."""
    response, documented = outcome.response, outcome.plan.operation.responses
    if response is None or illegal.part == "method":
        return
    status = response.status
    if CHECKS["status"](outcome, caller) is None:
        for check in ("content-type", "schema", "problem-status"):
            message = CHECKS[check](outcome, caller)
            if message:
                yield check, f"{illegal.title}{IN_REFUSAL}{message}"
    elif status not in _OF_PROTOCOL and not _ANY_INPUT.isdisjoint(documented) and not _is_unread(illegal, status):
        yield "status", f"{illegal.title}: it was refused by {status}; documented are {', '.join(documented)}"


def refused_value(caller: Caller, plan: Plan, edge: Edge, start: Mapping[str, Any]) -> str | None:
    """What is wrong if a service refuses a legal value, while it takes the same call with another. It may
    have reasons that no schema says (no such number can be called, so many cannot be ordered): then it refuses the
    value next to it, too, or a usual text."""

    def status(arguments: Mapping[str, Any]) -> int:
        try:
            response = caller.call(plan, arguments).response
        except (InvalidArguments, Unsupported):
            return 0
        return response.status if response is not None else 0

    if not 200 <= status(start) < 300:
        return None  # once done, it cannot be done again
    if edge.inner is not None and not 200 <= status(edge.inner) < 300:
        return None
    refusal = status(edge.arguments)
    if refusal not in REFUSING:
        return None
    return f"the service refuses a legal value of {edge.name}: status {refusal}; it accepts the call with another value"


def method_problem(response: Response, documented: Collection[str], refuses: bool) -> str | None:
    """What is wrong with the response to a method that is not documented; ``refuses``: another is refused by 405."""
    if response.status == 405:
        if "Allow" not in response.headers:
            return "405 has no Allow, in which it must list the methods (RFC 9110 section 15.5.6)"
        allowed = {method.strip().upper() for method in response.headers["Allow"].split(",")}
        lacking = [method for method in documented if method not in allowed]
        return f"Allow lacks {', '.join(lacking)}, which is documented" if lacking else None
    if 200 <= response.status < 300 and refuses:
        return f"the service accepted it: status {response.status}; other methods are refused by 405"
    return None


def _is_unread(illegal: Illegal, status: int) -> bool:
    """Whether a body that cannot be read at all is refused by 400, as frameworks do before the service sees it."""
    return status == 400 and illegal.part in ("body", "media type") and not illegal.where


def sent_of(illegal: Illegal) -> Sent:
    """An illegal request as a failure keeps it: its URL without the base."""
    request = illegal.request
    url = revealed(request.url).removeprefix(revealed(request.base))
    body = request.body if isinstance(request.body, bytes) else None
    return Sent(
        request.method, url, dict(request.headers), body, illegal.login, illegal.part, illegal.where, illegal.rule,
        illegal.lenient,
    )  # fmt: skip


def request_of(sent: Sent, legal: Request) -> Request:
    """The illegal request that a failure keeps, made of the legal one of its arguments."""
    url = beside(legal.url, f"{revealed(legal.base)}{sent.url}")
    request = replace(legal, method=sent.method, url=url, headers=dict(sent.headers), body=sent.body)
    return request if sent.login == "own" else replace(request, credentials=NO_CREDENTIALS)


def again(caller: Caller, plan: Plan, failure: Failure) -> str | None:
    """Repeat the illegal request of a failure; return what is wrong with it, None if nothing is any more."""
    sent = failure.sent
    if sent is None:
        return None
    legal = caller.request(plan, failure.arguments)
    part: Any = sent.part
    illegal = Illegal(request_of(sent, legal), part, sent.where, sent.rule, sent.login, sent.lenient)
    if failure.check == STORED:
        refusals = Refusals(caller, plan, failure.name, caller.plans())
        reader = refusals.reader(legal)
        changed = changes(caller, plan, illegal, reader, failure.arguments, minimal(plan))
        return failure.message if changed else None
    outcome = caller.send(plan, illegal.request, failure.arguments, None, illegal.login)
    if failure.check == METHOD and outcome.response is not None:
        methods = {other.operation.method for other in caller.plans().values() if place(other) == place(plan)}
        message = method_problem(outcome.response, methods, refuses=True)
        return caller.mask.text(f"{illegal.title}: {message}") if message else None
    messages = (message for check, message in judged(illegal, outcome, caller) if check == failure.check)
    message = next(messages, None)
    return caller.mask.text(message) if message else None
