"""Connectors by name: load one, call its operations.

::

    import connectors

    twilio = connectors.load("twilio", connection={"account_id": "AC…", "access_token": "…"})
    message = twilio.send_message(from_="+15005550006", to="+14155552345", body="Hello")
"""

from connectors.loading import available, load, load_file
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
from engine.operation import Connector, Operation

__all__ = [
    "AnswerError",
    "BadRequest",
    "Conflict",
    "ConnectionFailed",
    "ConnectionMissing",
    "Connector",
    "ConnectorError",
    "Diagnostic",
    "Forbidden",
    "Interrupted",
    "InvalidArguments",
    "InvalidDocument",
    "InvalidResponse",
    "NotFound",
    "Operation",
    "OutcomeUnknown",
    "Problem",
    "ServerError",
    "Timeout",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "UnknownName",
    "Unsupported",
    "available",
    "load",
    "load_file",
]
