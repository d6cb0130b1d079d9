"""One document of OpenAPI 3 at one address, on the public face; the values of a connection are those of each call.

Values and requests are not changed here: what is decided is where a value belongs, the connection or the operation.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openconnectors
from openconnectors.engine.documents import loader

_CONNECTION = ("auth", "server_variables")
_OPTIONS = ("accept", "content_type", "headers", "part_headers")


class Client:
    """One document at one address; a connection is made of the values of each call."""

    def __init__(self, path: Path, base_url: str) -> None:
        self._path = path
        self._base_url = base_url
        loader.load(path)  # raises for a document that cannot be read
        self._connectors: dict[str, openconnectors.Connector] = {}

    def connector(self, options: Mapping[str, Any]) -> openconnectors.Connector:
        """The connector with the connection that the options of a call describe."""
        connection = {name: options[name] for name in _CONNECTION if name in options}
        if repr(connection) not in self._connectors:
            values = {**(connection.get("server_variables") or {}), **(connection.get("auth") or {})}
            self._connectors[repr(connection)] = openconnectors.load_file(
                self._path, connection=values, base_url=self._base_url, validate_responses="strict"
            )
        return self._connectors[repr(connection)]

    def operation(self, operation_id: str, options: Mapping[str, Any]) -> openconnectors.Operation:
        """An operation with those options of a call that are not of its connection."""
        chosen = {name: options[name] for name in _OPTIONS if options.get(name) is not None}
        return self.connector(options)[operation_id].using(**chosen)


def body_name(operation: openconnectors.Operation) -> str | None:
    """The argument that is the whole body; a member or a parameter may be the one that is called ``body``."""
    names = inspect.signature(operation).parameters
    return next((name for name in names if operation.argument(name).location == "body"), None)
