"""The requests that a sandbox has received, as a test looks at them: by operation and arguments, and as they came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from json import loads
from typing import Any

from msgspec import Struct, field

from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.call.connection import secret_names
from openconnectors.engine.errors import Problem
from openconnectors.engine.http import FRAMING, Headers
from openconnectors.engine.masking import Mask
from openconnectors.engine.model import MISSING, Schema, Service
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.plan.received import read_arguments
from openconnectors.engine.sandbox.protocol import HttpRequest
from openconnectors.engine.sandbox.requests import read_body
from openconnectors.engine.sandbox.routing import Match
from openconnectors.engine.secret import SHOWN, Secret
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import FORMS, essence

MOST = 10_000
"""The requests that are kept, the latest: a test that sends more would run out of memory with large bodies."""

_SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Header fields whose values are secrets (RFC 9110 sections 11.6.2 and 11.7.2, RFC 6265)."""


_CLIENTS = FRAMING | {"accept", "accept-encoding", "content-type", "user-agent"}
"""Header fields that the client writes, which published documents declare as parameters."""


class ReceivedRequest(Struct, frozen=True):
    """A request as the service has it, without its secrets.

    ``operation`` is the Python name of the operation, empty if the document has none for the request; ``arguments`` are
    those of a call that sends this request, by Python name. ``aliases`` are further operations whose request looks the
    same. ``status`` is that of the response; None if it was lost.
    """

    operation: str
    arguments: Mapping[str, Any]
    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    status: int | None = None
    aliases: tuple[str, ...] = ()

    @property
    def value(self) -> Any:
        """The body as JSON. ``ValueError`` if it is none."""
        return loads(self.body)


class Journal:
    """Keeps the requests that a sandbox of a service has received, with these connection values masked."""

    def __init__(self, compiler: Compiler, values: Mapping[str, str]) -> None:
        self._compiler = compiler
        self._names = {operation_id: name for name, operation_id in operation_names(compiler.service).items()}
        self._mask = _mask(compiler.service, values)
        self._requests: deque[ReceivedRequest] = deque(maxlen=MOST)
        self._lock = threading.Lock()

    def received(self) -> list[ReceivedRequest]:
        """The requests so far, the oldest first."""
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._requests.clear()

    def add(self, matches: Sequence[Match], request: HttpRequest, status: int | None) -> None:
        """Keep a request, with the operations that it may be for, the likeliest first, and the status of its
        response."""
        operations = [self._names.get(match.operation_id, "") for match in matches] or [""]
        arguments = self._mask.value(arguments_of(self._compiler, matches[0], request)) if matches else {}
        arguments = {name: value for name, value in arguments.items() if value != SHOWN}  # which the connection has
        url = f"{request.path}?{request.query}" if request.query else request.path
        received = ReceivedRequest(
            operations[0],
            arguments,
            request.method,
            self._mask.url(url),
            self._headers(request.headers),
            self._mask.data(request.body),
            status,
            tuple(operations[1:]),
        )
        with self._lock:
            self._requests.append(received)

    def _headers(self, headers: Headers) -> Headers:
        pairs = [(name, text) for name in headers for text in headers.every(name)]
        return Headers((name, SHOWN if name.lower() in _SECRET else self._mask.text(text)) for name, text in pairs)


def _mask(service: Service, values: Mapping[str, str]) -> Mask:
    """The mask of the secrets among connection values."""
    hidden = secret_names(service)
    return Mask(Secret(text) for name, text in values.items() if name in hidden)


def arguments_of(compiler: Compiler, match: Match, request: HttpRequest) -> dict[str, Any]:
    """The arguments of a call that sends a request, by Python name, typed as a caller gives them. Those that are sent
    without being given are left out, and those that cannot be read: the request is refused for them."""
    plan = match.route.plan
    try:
        parameters = read_arguments(plan, match.values, request.query, request.headers, with_defaults=False)
    except ValueError:
        parameters = {}
    arguments: dict[str, Any] = {}
    for argument in plan.arguments:
        is_parameter = argument.location not in ("body", "property") and argument.wire in parameters
        if argument.location == "header" and argument.wire.lower() in _CLIENTS and not argument.needed:
            continue
        if is_parameter and not (argument.filled and parameters[argument.wire] == argument.default):
            arguments[argument.name] = _python(compiler, argument.schema, parameters[argument.wire])
    return arguments | _body_arguments(compiler, plan, request)


def _body_arguments(compiler: Compiler, plan: Plan, request: HttpRequest) -> dict[str, Any]:
    """The arguments that a body has: its members, or the whole if it has none, or others than the document names."""
    if not request.body:
        return {}
    try:
        value = read_body(plan, request.headers.get("Content-Type", ""), request.body)
    except ValueError:
        return {}
    arguments: dict[str, Any] = {}
    covered: set[str] = set()
    body = plan.bodies.received(essence(request.headers.get("Content-Type", ""))[0])
    absent: Any = [] if body.codec in FORMS else MISSING  # a list that has no field in a form
    for argument in plan.arguments:
        member = _at(value, argument.path) if argument.location == "property" else MISSING
        if member is not MISSING:
            covered.add(argument.path[0])
        if member is not MISSING and member != absent:
            arguments[argument.name] = _python(compiler, argument.schema, member)
    whole = next((argument for argument in plan.arguments if argument.location == "body"), None)
    if isinstance(value, dict) and ((arguments and covered == value.keys()) or whole is None):
        return arguments
    return {whole.name: _python(compiler, whole.schema, value)} if whole is not None else {}


def _at(value: Any, path: tuple[str, ...]) -> Any:
    """What is at a path in plain data; MISSING if there is nothing."""
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return MISSING
        value = value[step]
    return value


def _python(compiler: Compiler, schema: Schema, value: Any) -> Any:
    """A contract value as a Python value."""
    problems: list[Problem] = []
    parse = compiler.parser(schema)
    return value if parse is None else parse(value, (), problems)
