"""The public names. They are listed here only: for type checkers, which follow the imports, and for the program, which
imports the module of a name when the name is used: the command line and the pytest plugin start without any, and
``load`` without what a program does not use.

A name here is an attribute of ``openconnectors`` and part of its ``__all__``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openconnectors.async_loading import load_async as load_async
    from openconnectors.async_loading import load_file_async as load_file_async
    from openconnectors.engine.client.async_connector import AsyncConnector as AsyncConnector
    from openconnectors.engine.client.async_handles import AsyncEvents as AsyncEvents
    from openconnectors.engine.client.async_handles import AsyncPoller as AsyncPoller
    from openconnectors.engine.client.async_handles import AsyncSubscription as AsyncSubscription
    from openconnectors.engine.client.async_operation import AsyncOperation as AsyncOperation
    from openconnectors.engine.client.connector import Connector as Connector
    from openconnectors.engine.client.handles import Events as Events
    from openconnectors.engine.client.handles import Poller as Poller
    from openconnectors.engine.client.handles import Subscription as Subscription
    from openconnectors.engine.client.operation import Operation as Operation
    from openconnectors.engine.client.webhooks import Webhook as Webhook
    from openconnectors.engine.errors import AnswerError as AnswerError
    from openconnectors.engine.errors import BadRequest as BadRequest
    from openconnectors.engine.errors import Conflict as Conflict
    from openconnectors.engine.errors import ConnectionFailed as ConnectionFailed
    from openconnectors.engine.errors import ConnectionMissing as ConnectionMissing
    from openconnectors.engine.errors import ConnectorError as ConnectorError
    from openconnectors.engine.errors import Diagnostic as Diagnostic
    from openconnectors.engine.errors import Forbidden as Forbidden
    from openconnectors.engine.errors import Interrupted as Interrupted
    from openconnectors.engine.errors import InvalidArguments as InvalidArguments
    from openconnectors.engine.errors import InvalidDocument as InvalidDocument
    from openconnectors.engine.errors import InvalidResponse as InvalidResponse
    from openconnectors.engine.errors import NotFound as NotFound
    from openconnectors.engine.errors import OperationFailed as OperationFailed
    from openconnectors.engine.errors import OutcomeUnknown as OutcomeUnknown
    from openconnectors.engine.errors import Problem as Problem
    from openconnectors.engine.errors import ServerError as ServerError
    from openconnectors.engine.errors import Timeout as Timeout
    from openconnectors.engine.errors import TooManyRequests as TooManyRequests
    from openconnectors.engine.errors import TransportError as TransportError
    from openconnectors.engine.errors import Unauthorized as Unauthorized
    from openconnectors.engine.errors import UnknownName as UnknownName
    from openconnectors.engine.errors import Unsupported as Unsupported
    from openconnectors.engine.streams import AsyncStream as AsyncStream
    from openconnectors.engine.streams import File as File
    from openconnectors.engine.streams import Stream as Stream
    from openconnectors.loading import available as available
    from openconnectors.loading import load as load
    from openconnectors.loading import load_file as load_file
    from openconnectors.stores import ConnectionStore as ConnectionStore
    from openconnectors.stores import SQLiteConnections as SQLiteConnections

MODULES: Mapping[str, tuple[str, ...]] = {
    "openconnectors.async_loading": (
        "load_async",
        "load_file_async",
    ),
    "openconnectors.engine.client.async_connector": ("AsyncConnector",),
    "openconnectors.engine.client.async_handles": (
        "AsyncEvents",
        "AsyncPoller",
        "AsyncSubscription",
    ),
    "openconnectors.engine.client.async_operation": ("AsyncOperation",),
    "openconnectors.engine.client.connector": ("Connector",),
    "openconnectors.engine.client.handles": (
        "Events",
        "Poller",
        "Subscription",
    ),
    "openconnectors.engine.client.operation": ("Operation",),
    "openconnectors.engine.client.webhooks": ("Webhook",),
    "openconnectors.engine.errors": (
        "AnswerError",
        "BadRequest",
        "Conflict",
        "ConnectionFailed",
        "ConnectionMissing",
        "ConnectorError",
        "Diagnostic",
        "Forbidden",
        "Interrupted",
        "InvalidArguments",
        "InvalidDocument",
        "InvalidResponse",
        "NotFound",
        "OperationFailed",
        "OutcomeUnknown",
        "Problem",
        "ServerError",
        "Timeout",
        "TooManyRequests",
        "TransportError",
        "Unauthorized",
        "UnknownName",
        "Unsupported",
    ),
    "openconnectors.engine.streams": (
        "AsyncStream",
        "File",
        "Stream",
    ),
    "openconnectors.loading": (
        "available",
        "load",
        "load_file",
    ),
    "openconnectors.stores": (
        "ConnectionStore",
        "SQLiteConnections",
    ),
}
"""The modules that the names are in; a test compares both lists."""
