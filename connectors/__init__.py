"""Connectors by name: load one, call its operations.

::

    import openconnectors

    service = openconnectors.load("name", connection={"account_id": "…", "access_token": "…"})
    service.operation_name(parameter="value")

``load`` and ``load_file`` make a connector, ``available`` names what is found; the rest are
the errors that a call can raise.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openconnectors.engine.client.operation import Connector, Events, Operation, Poller, Subscription
    from openconnectors.engine.client.webhooks import Webhook
    from openconnectors.engine.errors import (
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
    from openconnectors.engine.streams import File, Stream
    from openconnectors.loading import available, load, load_file

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

_PLACES = {
    name: place
    for place, names in {
        "openconnectors.loading": "available load load_file",
        "openconnectors.engine.streams": "File Stream",
        "openconnectors.engine.errors": """
            AnswerError BadRequest Conflict ConnectionFailed ConnectionMissing ConnectorError Diagnostic
            Forbidden Interrupted InvalidArguments InvalidDocument InvalidResponse NotFound OperationFailed
            OutcomeUnknown Problem ServerError Timeout TooManyRequests TransportError Unauthorized
            UnknownName Unsupported
        """,
        "openconnectors.engine.client.operation": "Connector Events Operation Poller Subscription",
        "openconnectors.engine.client.webhooks": "Webhook",
    }.items()
    for name in names.split()
}
"""Where each name stands: its module is imported when it is asked for, as the command line needs few of them."""


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_PLACES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
