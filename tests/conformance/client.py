"""One of the test server's documents as a client of the engine's public face.

Values and requests are not changed here. It decides where a value belongs: the parameters of the host and the
credentials are those of the connection, the rest are arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openconnectors
from openconnectors.engine.documents import loader
from openconnectors.engine.http import Response

RETRY_ON = (408, 500, 502, 503, 504)
"""Of this server it is known that it carries nothing out when it answers so: a PATCH or POST may be resent."""


class Client:
    """One document against one server, with a connector for each set of connection values."""

    def __init__(self, path: Path, base_url: str) -> None:
        self._path = path
        self._base_url = base_url
        self._connectors: dict[Any, openconnectors.Connector] = {}
        self.service = loader.load(path)
        self.host = {
            parameter.name
            for parameter in self.service.connection
            if f"{{{parameter.name}}}" in self.service.servers[0].url
        }

    def _base(self) -> str | None:
        """The server's URL; only its scheme for a document whose host has parameters, unless the scheme is one too."""
        if not self.host:
            return self._base_url
        template = self.service.servers[0].url.partition("://")[2].partition("/")[0]
        return f"{self._base_url.partition('://')[0]}://{template}" if template else None

    def connector(self, arguments: Mapping[str, Any], auth: Mapping[str, str]) -> openconnectors.Connector:
        """A connector whose connection has the host's parameters among the arguments, and credentials."""
        values = {name: arguments[name] for name in self.host if name in arguments}
        for name, scheme in self.service.schemes.items():
            values |= {value: auth.get(name, "none") for value in scheme.values.values()}
        key = tuple(sorted(values.items()))
        if key not in self._connectors:
            self._connectors[key] = openconnectors.load_file(
                self._path,
                base_url=self._base(),
                connection=values,
                validate_responses="strict",
                retry_on=RETRY_ON,
                interval=0.05,
            )
        return self._connectors[key]

    def operation(
        self, operation_id: str, arguments: Mapping[str, Any], options: Mapping[str, Any]
    ) -> tuple[openconnectors.Operation, dict[str, Any]]:
        """The operation with its options, and the arguments without those of the connection."""
        operation = self.connector(arguments, options.get("auth", {}))[operation_id]
        chosen = {name: options[name] for name in ("headers", "content_type", "accept") if name in options}
        remaining = {name: value for name, value in arguments.items() if name not in self.host}
        return operation.using(**chosen), remaining


def respond(operation: openconnectors.Operation, arguments: Mapping[str, Any], options: Mapping[str, Any]) -> Response:
    """The response of a call; of a long-running operation the last one."""
    return operation.poll(**arguments).response() if options.get("lro") else operation.response(**arguments)
