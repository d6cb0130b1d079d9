"""The calls of the fuzzer: a connector's operations, each request sent once.

Nothing is repeated, redirected or paced, so that a check sees what the service did with this request. This is the only
module of the fuzzer that looks into a connector.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import quote, unquote

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.call.runner import Runner
from openconnectors.engine.client.connector import Connector, UnknownOperation, connected, runner_of
from openconnectors.engine.errors import ConnectorError, InvalidDocument
from openconnectors.engine.flows import Flow
from openconnectors.engine.fuzz.curl import curl
from openconnectors.engine.http import Request, Response
from openconnectors.engine.masking import Mask, beside, revealed
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.codecs import essence

TIMEOUT = 10.0  # seconds of one call: a service under test that takes longer counts as not responding


_PROBLEMS = frozenset(("application/problem+json", "application/problem+xml"))
"""The media types of problem details, which describe errors only (RFC 9457 section 3)."""


def is_problem(content_type: str) -> bool:
    """Whether a Content-Type is that of problem details."""
    return essence(content_type)[0] in _PROBLEMS


def requestable(plan: Plan) -> list[str]:
    """The media types, of JSON and XML, in which a success can be asked for, best first: those of errors alone are left
    out. There are two at most."""
    responses = plan.operation.responses
    successes = [response for status, response in responses.items() if status.startswith("2")]
    described = {name for response in successes or responses.values() for name in response.content}
    offered = [name for name in plan.offered if "json" in name or "xml" in name]
    return [name for name in offered if not is_problem(name) and (not described or name in described)][:2]


_NOBODY = "d3Jvbmc6d3Jvbmc="
"""A user name and a password, a token and a key that nobody has."""


def _wrong(name: str, value: str) -> str:
    """The value of a header field with credentials, after its scheme that of nobody."""
    if name.lower() == "cookie":
        return "; ".join(f"{pair.partition('=')[0]}={_NOBODY}" for pair in value.split("; "))
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} {_NOBODY}" if blank else _NOBODY


Login = Literal["own", "none", "wrong"]
"""The credentials of a request: the connection's, none, or wrong ones."""


class Outcome(Struct, frozen=True):
    """One call: its arguments by Python name, the requested media type, and the response or the error."""

    plan: Plan
    arguments: Mapping[str, Any]
    accept: str | None
    response: Response | None = None
    error: ConnectorError | None = None

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return self.response is not None and 200 <= self.response.status < 300

    @property
    def is_deferred(self) -> bool:
        """Whether the call was accepted, to be carried out later: 202 says so (RFC 9110 section 15.3.3)."""
        status = self.response.status if self.response is not None else 0
        return self.is_success and (status == 202 or self.plan.operation.long_running is not None)


class Caller:
    """Calls the operations of a connector; ``sent`` counts the requests."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self.sent = 0

    def names(self) -> list[str]:
        """The Python names of all operations."""
        return list(self._connector)

    def plan(self, name: str) -> Plan:
        """The plan of an operation by its Python name. Raises ``UnknownOperation``, or ``InvalidDocument`` for one that
        cannot be read from the document."""
        service = connected(self._connector)
        if name not in service.operation_ids:
            raise UnknownOperation("operation", name, service.operation_ids)
        return service.plan(service.operation_ids[name])

    def plans(self) -> dict[str, Plan]:
        """The plans of all operations by their Python names, but of those that cannot be read from the document."""
        plans = {}
        for name in self.names():
            with suppress(InvalidDocument):
                plans[name] = self.plan(name)
        return plans

    def check(self, plan: Plan) -> None:
        """Raise ``Unsupported`` or ``InvalidDocument`` for an operation that cannot be called here."""
        connected(self._connector).refuse_uncallable(plan.operation)

    def check_credentials(self, plan: Plan) -> None:
        """Raise ``ConnectionMissing`` for an operation whose credentials the connection lacks."""
        self._connector.connection.check(plan.operation)

    @property
    def lists_sent_fields(self) -> bool:
        """Whether the document lists the header fields that are sent with a response, as Swagger 2.0 does ("Response
        Object"), not those that may be (OpenAPI 3)."""
        return connected(self._connector).service.original is None

    @property
    def mask(self) -> Mask:
        """Hides the secrets of the connection in what is reported."""
        return self._connector.connection.mask

    @property
    def runner(self) -> Runner:
        """The runner of the connector's flows."""
        return runner_of(self._connector)

    def request(self, plan: Plan, arguments: Mapping[str, Any], accept: str | None = None) -> Request:
        """The request for arguments; raises ``InvalidArguments``."""
        connection = self._connector.connection
        return plan.request(
            arguments, connection.base_for(plan.operation), Options(accept=accept), fixed=connection.fixed
        )

    def call(self, plan: Plan, arguments: Mapping[str, Any], accept: str | None = None) -> Outcome:
        """The outcome of a call; raises ``InvalidArguments`` if nothing is sent."""
        return self.send(plan, self.request(plan, arguments, accept), arguments, accept)

    def send(
        self, plan: Plan, request: Request, arguments: Mapping[str, Any], accept: str | None, login: Login = "own"
    ) -> Outcome:
        """The outcome of a request, with the connection's credentials, with none, or with wrong ones."""
        connection = self._connector.connection
        complete = replace(request, timeout=TIMEOUT, prerequisite=None)
        try:
            if login == "own":
                flow = connection.send(plan.operation, complete, self._once)
            else:
                flow = self._once(self._wrongly_authorized(plan, complete) if login == "wrong" else complete)
            return Outcome(plan, arguments, accept, response=self.runner.run(flow))
        except ConnectorError as error:
            return Outcome(plan, arguments, accept, error=error)

    def credentials(self, plan: Plan) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """The header fields and the pairs of the query that the credentials of an operation are, in clear."""
        bare = Request("GET", "http://service.invalid/", {})
        url, headers = self._connector.connection.credentials(plan.operation).reveal(bare)
        pairs = [pair.partition("=") for pair in url.partition("?")[2].split("&") if pair]
        return headers, [(unquote(name), unquote(value)) for name, _, value in pairs]

    def curl(self, plan: Plan, request: Request, login: Login) -> str:
        """A request of an operation as a command of curl, its credentials as variables of the shell."""
        try:
            fields, query = self.credentials(plan)
        except ConnectorError:
            fields, query = {}, []
        if not fields and not query and all(plan.operation.security) and plan.operation.security:
            fields = {"Authorization": ""}  # of a token that is not known before the first request
        names = [*fields, *(name for name in request.credentials.names() if name not in fields)]
        text = curl(request, revealed(request.url), login, names, [name for name, _ in query])
        return self.mask.text(text)

    def _wrongly_authorized(self, plan: Plan, request: Request) -> Request:
        """A request with credentials of the same form that nobody has."""
        headers, pairs = self.credentials(plan)
        wrong = {name: _wrong(name, value) for name, value in headers.items()}
        url = revealed(request.url)
        query = "&".join(f"{quote(name, safe='')}={_NOBODY}" for name, _ in pairs)
        if query:
            url = f"{url}{'&' if '?' in url else '?'}{query}"
        return replace(request, url=beside(request.url, url), headers={**request.headers, **wrong})

    def _once(self, request: Request) -> Flow[Response]:
        """Send a request without retries and redirects."""
        self.sent += 1
        response = yield request
        return response
