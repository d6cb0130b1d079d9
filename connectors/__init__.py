"""Connectors by name: load one, call its operations.

::

    import connectors

    service = connectors.load("name", connection={"account_id": "…", "access_token": "…"})
    service.operation_name(parameter="value")

:func:`load` and :func:`load_file` make a connector, :func:`available` names what is found; the rest are
the errors that a call can raise.
"""

from connectors.loading import available, load, load_file
from engine.content import File, Stream
from engine.errors import (
    AnswerError,
    BadRequest,
    Conflict,
    ConnectionFailed,
    ConnectionMissing,
    ConnectorError,
    Diagnostic,
    Forbidden,
    Interrupted,
    InvalidArguments,
    InvalidDocument,
    InvalidResponse,
    NotFound,
    OperationFailed,
    OutcomeUnknown,
    Problem,
    ServerError,
    Timeout,
    TooManyRequests,
    TransportError,
    Unauthorized,
    UnknownName,
    Unsupported,
)
from engine.operation import Connector, Events, Operation, Poller, Subscription
from engine.webhook import Webhook

__all__ = [
    "AnswerError",
    "BadRequest",
    "Conflict",
    "ConnectionFailed",
    "ConnectionMissing",
    "Connector",
    "ConnectorError",
    "Diagnostic",
    "Events",
    "File",
    "Forbidden",
    "Interrupted",
    "InvalidArguments",
    "InvalidDocument",
    "InvalidResponse",
    "NotFound",
    "Operation",
    "OperationFailed",
    "OutcomeUnknown",
    "Poller",
    "Problem",
    "ServerError",
    "Stream",
    "Subscription",
    "Timeout",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "UnknownName",
    "Unsupported",
    "Webhook",
    "available",
    "load",
    "load_file",
]
