"""The plain calls of one operation: write, send, read, each of which may leave the call to the plan and the flow.

A head is that of the first request that the plan has built with it: until then a call is not plain. Heads are prepared
anew when the credentials of the connection change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import urlsplit

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.telemetry import is_listening
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fast.declined import DECLINED, NotPlain
from openconnectors.engine.fast.read import Reader, reader
from openconnectors.engine.fast.write import Head, Message, Writer, writer
from openconnectors.engine.http import Request, Response
from openconnectors.engine.log import logger
from openconnectors.engine.masking import revealed
from openconnectors.engine.transports.sockets import Sockets

if TYPE_CHECKING:
    from openconnectors.engine.call.authentication import Chain
    from openconnectors.engine.http import AwaitedTransport, Transport
    from openconnectors.engine.transports.async_direct import AsyncPrepared
    from openconnectors.engine.transports.asynchronous import AsyncTransport
    from openconnectors.engine.transports.blocking import BlockingTransport
    from openconnectors.engine.transports.direct import Prepared

Outcome: TypeAlias = Response | ConnectorError
"""What came of a request that was sent."""

_MAX_HEADS = 16
"""Heads that are kept for an operation: a header field with another value in each call has none."""

_log = logger("openconnectors")


class PlainCalls:
    """The plain calls of one operation over one transport."""

    def __init__(self, calls: Calls, transport: Transport | AwaitedTransport) -> None:
        self._calls = calls
        # A class of the caller's may do more than send.
        is_ours = isinstance(transport, Sockets) and "direct" in vars(type(transport))
        self._transport = cast("BlockingTransport | AsyncTransport", transport) if is_ours else None
        self._connection = calls.connected.connection
        self._operation = calls.plan.operation
        self._timeout = calls.options.timeout
        self._writer: Writer | None = None
        self._read: Reader | None = None
        self._chain: Chain | None = None
        """What has the credentials of the heads."""
        self._instead = frozenset[str]()
        self._heads: dict[Head, Prepared | AsyncPrepared] = {}
        self._is_possible = calls.is_known

    def write(self, arguments: dict[str, Any]) -> Message | NotPlain:
        """The message for arguments, if it can be sent as it is."""
        if self._writer is None or _log.shows_debug() or is_listening():
            return DECLINED
        if self._connection.ready(self._operation, self._instead) is not self._chain:
            self._heads.clear()
            return DECLINED
        message = self._writer.write(arguments)
        return message if message is DECLINED or message.head in self._heads else DECLINED

    def send(self, message: Message) -> Any:
        """What came of a message, an ``Outcome``; of an async transport, what is awaited for it."""
        return self._heads[message.head].send(message.target, message.body, self._timeout)

    def read(self, outcome: Outcome) -> Any:
        """The value of a response; ``DECLINED`` if it is not a plain success."""
        if self._read is None or isinstance(outcome, ConnectorError):
            return DECLINED
        value = self._read(outcome)
        if value is not DECLINED:
            self._connection.quota.refund()
        return value

    def learn(self, arguments: dict[str, Any], request: Request | None) -> None:
        """Prepare for calls like the one with these arguments, for which the plan has built a request."""
        transport = self._transport
        if transport is None or not self._is_possible or request is None or len(self._heads) >= _MAX_HEADS:
            return
        self._instead = request.credentials.instead
        chain = self._connection.ready(self._operation, self._instead)
        if chain is None:
            return
        if chain is not self._chain:
            self._heads.clear()
            self._chain = chain
        base = urlsplit(revealed(request.base))
        if self._writer is None:
            self._writer = writer(self._calls.plan, self._calls.options, base.path)
            self._read = reader(self._calls.plan, self._calls.options.validate_responses)
            self._is_possible = self._writer is not None
        message = self._writer.write(arguments) if self._writer is not None else DECLINED
        if message is DECLINED:
            return
        credentials = chain.fixed.merged(request.credentials)
        url, fields = credentials.reveal(request)
        direct = transport.direct(url, credentials.certificate)
        prepared = direct.prepare(request.method, fields) if direct is not None else None
        written = f"{base.scheme}://{base.netloc}{message.target}"
        if prepared is not None and (url, request.body) == (written, message.body):
            self._heads[message.head] = prepared
