"""The plain calls of one operation: write, send, read, each of which may leave the call to the plan and the flow.

A head is that of the first request that the plan has built with it: until then a call is not plain. Heads are prepared
anew when the credentials of the connection change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from msgspec import Struct

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.runner import Outcome, Sent
from openconnectors.engine.call.telemetry import is_listening
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fast.declined import DECLINED, NotPlain
from openconnectors.engine.fast.read import Reader, reader
from openconnectors.engine.fast.write import Head, Message, Writer, writer
from openconnectors.engine.http import Request
from openconnectors.engine.log import logger
from openconnectors.engine.masking import revealed
from openconnectors.engine.transports.sockets import Sockets

if TYPE_CHECKING:
    from openconnectors.engine.call.authentication import Chain
    from openconnectors.engine.credentials import Credentials
    from openconnectors.engine.http import AwaitedTransport, Transport
    from openconnectors.engine.transports.async_direct import AsyncPrepared
    from openconnectors.engine.transports.asynchronous import AsyncTransport
    from openconnectors.engine.transports.blocking import BlockingTransport
    from openconnectors.engine.transports.direct import Prepared

_MAX_HEADS = 16
"""Heads that are kept for an operation: a header field with another value in each call has none."""

_log = logger("openconnectors")


class _Head(Struct, frozen=True):
    """A prepared request, with what it was prepared for."""

    prepared: Prepared | AsyncPrepared
    credentials: Credentials
    origin: str


class _Heads:
    """The prepared requests of an operation with the credentials of one chain. They are a value of their own, so that
    a thread which renews a token changes nothing for one that is sending."""

    def __init__(self, chain: Chain, instead: frozenset[str]) -> None:
        self.chain = chain
        self.instead = instead
        self.by_fields: dict[Head, _Head] = {}


class Ready(Struct, frozen=True):
    """A message with the prepared request that it is sent by."""

    message: Message
    head: _Head

    __repr__ = object.__repr__  # tracebacks show it, and the target may hold a secret


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
        self._heads: _Heads | None = None
        self._is_possible = calls.is_known

    def write(self, arguments: dict[str, Any]) -> Ready | NotPlain:
        """The message for arguments, if it can be sent as it is."""
        heads, writer = self._heads, self._writer
        if heads is None or writer is None or _log.shows_debug() or is_listening():
            return DECLINED
        if self._connection.ready(self._operation, heads.instead) is not heads.chain:
            return DECLINED
        message = writer.write(arguments)
        if message is DECLINED:
            return DECLINED
        head = heads.by_fields.get(message.head)
        return DECLINED if head is None else Ready(message, head)

    def send(self, ready: Ready) -> Any:
        """What came of a message, an ``Outcome``; of an async transport, what is awaited for it."""
        message = ready.message
        return ready.head.prepared.send(message.target, message.body, self._timeout)

    def sent(self, ready: Ready, outcome: Outcome) -> Sent:
        """A message that was sent, for the flow of its call."""
        head = ready.head
        return Sent(head.origin + ready.message.target, head.credentials, outcome)

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
        transport, heads = self._transport, self._heads
        if transport is None or not self._is_possible or request is None:
            return
        instead = request.credentials.instead
        chain = self._connection.ready(self._operation, instead)
        if chain is None:
            return
        if heads is None or heads.chain is not chain or heads.instead != instead:
            heads = _Heads(chain, instead)
        if len(heads.by_fields) >= _MAX_HEADS:
            return
        base = urlsplit(revealed(request.base))
        if self._writer is None:
            self._read = reader(self._calls.plan, self._calls.options.validate_responses)
            self._writer = writer(self._calls.plan, self._calls.options, base.path)
            self._is_possible = self._writer is not None
        message = self._writer.write(arguments) if self._writer is not None else DECLINED
        if message is DECLINED:
            return
        credentials = chain.fixed.merged(request.credentials)
        url, fields = credentials.reveal(request)
        direct = transport.direct(url, credentials.certificate)
        prepared = direct.prepare(request.method, fields) if direct is not None else None
        origin = f"{base.scheme}://{base.netloc}"
        if prepared is not None and (url, request.body) == (origin + message.target, message.body):
            heads.by_fields[message.head] = _Head(prepared, credentials, origin)
            self._heads = heads
