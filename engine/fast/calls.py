"""The plain calls of one operation: write, send, read, each of which may leave the call to the plan and the flow.

The head of the requests is that of the first one that the plan has built: until then no call is plain. It is prepared
anew when the credentials of the connection change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fast.declined import DECLINED, NotPlain
from openconnectors.engine.fast.read import Reader, reader
from openconnectors.engine.fast.write import Message, Writer, writer
from openconnectors.engine.http import Request, Response
from openconnectors.engine.log import logger
from openconnectors.engine.masking import revealed
from openconnectors.engine.transports.blocking import BlockingTransport

if TYPE_CHECKING:
    from openconnectors.engine.http import Transport
    from openconnectors.engine.transports.direct import Prepared

Outcome: TypeAlias = Response | ConnectorError
"""What came of a request that was sent."""

_log = logger("openconnectors")


class PlainCalls:
    """The plain calls of one operation over one transport."""

    def __init__(self, calls: Calls, transport: Transport) -> None:
        self._calls = calls
        # A class of the caller's may do more than send.
        self._transport = transport if type(transport) is BlockingTransport else None
        self._connection = calls.connected.connection
        self._operation = calls.plan.operation
        self._timeout = calls.options.timeout
        self._writer: Writer | None = None
        self._read: Reader | None = None
        self._credentials: Credentials | None = None
        self._heads: dict[bool, Prepared] = {}
        """The prepared requests without a body, and with one."""
        self._is_possible = calls.is_known

    def write(self, arguments: dict[str, Any]) -> Message | NotPlain:
        """The message for arguments, if it can be sent as it is."""
        if self._writer is None or _log.shows_debug():
            return DECLINED
        if self._connection.ready_credentials(self._operation) is not self._credentials:
            self._heads.clear()
            return DECLINED
        message = self._writer.write(arguments)
        return message if message is DECLINED or (message.body is not None) in self._heads else DECLINED

    def send(self, message: Message) -> Outcome:
        """What came of a message."""
        return self._heads[message.body is not None].send(message.target, message.body, self._timeout)

    def read(self, outcome: Outcome) -> Any:
        """The value of a response; ``DECLINED`` if it is not a plain success."""
        if self._read is None or isinstance(outcome, ConnectorError):
            return DECLINED
        value = self._read(outcome)
        if value is not DECLINED:
            self._connection.quota.refund()
        return value

    def learn(self, request: Request | None) -> None:
        """Prepare for calls like the one that the plan has built this request for."""
        if self._transport is None or not self._is_possible or request is None:
            return
        if (request.body is not None) in self._heads:
            return
        credentials = self._connection.ready_credentials(self._operation)
        clear = revealed(request.url)
        if credentials is None or request.credentials or not isinstance(request.body, bytes | None):
            return
        url, fields = credentials.reveal(request)
        if self._writer is None:
            base = revealed(self._connection.base_for(self._operation))
            self._writer = writer(self._calls.plan, self._calls.options, urlsplit(base).path)
            self._read = reader(self._calls.plan, self._calls.options.validate_responses)
        direct = self._transport.direct(url, credentials.certificate) if url == clear else None
        prepared = direct.prepare(request.method, fields) if direct is not None else None
        if self._writer is None or prepared is None:
            self._is_possible = False
            return
        if credentials is not self._credentials:
            self._heads.clear()
            self._credentials = credentials
        self._heads[request.body is not None] = prepared
