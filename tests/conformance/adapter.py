"""The engine's public face as a conformance runner wants it: a document, an operation, an outcome.

It changes no value and no request: arguments go in as they are given, what comes back is handed on. What
it does decide is where a value belongs: host parameters and credentials are the connection's, the rest are
arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import conformance_api as api

import connectors
from engine import loader
from engine.operation import Connector, Operation

RESEND = (408, 500, 502, 503, 504)
"""Of this server it is known that it carries nothing out when it answers so: a PATCH or POST may be resent."""


class Client:
    """One document against one server, with the connectors made for each set of connection values."""

    def __init__(self, path: Path, base_url: str) -> None:
        self.path = path
        self.base_url = base_url
        self.made: dict[Any, Connector] = {}
        self.service = loader.load(path)
        self.holes = [one.name for one in self.service.connection if f"{{{one.name}}}" in self.service.server]

    def connector(self, args: Mapping[str, Any], auth: Mapping[str, str]) -> Connector:
        """A connector whose connection has the host parameters among the arguments, and credentials."""
        values = {name: args[name] for name in self.holes if name in args}
        for name, scheme in self.service.schemes.items():
            values |= {value: auth.get(name, "none") for value in scheme.values.values()}
        key = tuple(sorted(values.items()))
        if key not in self.made:
            base_url = None if self.holes else self.base_url
            self.made[key] = connectors.load_file(
                self.path, base_url=base_url, connection=values, validate_responses="strict", resend=RESEND
            )
        return self.made[key]


class Adapter:
    native = frozenset({"base64", "base64url", "date", "datetime", "rfc1123", "unixtime", "time"})
    streams = True

    def load(self, swagger_path: str, base_url: str) -> Client:
        return Client(Path(swagger_path), base_url)

    def call(
        self, client: Client, operation_id: str, args: Mapping[str, Any], options: Mapping[str, Any] | None = None
    ) -> Any:
        options = options or {}
        try:
            operation = client.connector(args, options.get("auth", {}))[operation_id]
            chosen = {name: options[name] for name in ("headers", "content_type") if name in options}
            return _outcome(operation.using(**chosen), _arguments(client, args), options)
        except connectors.AnswerError as error:
            raise api.HttpError(error.status, error.value, {**error.headers, **error.fields}) from None
        except connectors.OperationFailed as error:
            raise api.LroFailed(error.state, error.value) from None
        except connectors.InvalidResponse as error:
            raise api.DecodeError(str(error)) from None
        except connectors.TransportError as error:
            raise api.TransportError(str(error)) from None
        except (connectors.InvalidArguments, connectors.ConnectionMissing) as error:
            raise api.ClientRefused(str(error)) from None
        except (connectors.Unsupported, connectors.UnknownName) as error:
            raise api.Unsupported(str(error)) from None


def _arguments(client: Client, args: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: connectors.File(value.content, filename=value.filename, content_type=value.content_type)
        if isinstance(value, api.FileArg)
        else value
        for name, value in args.items()
        if name not in client.holes
    }


def _outcome(operation: Operation, args: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    if options.get("pages"):
        pages = list(operation.pages(**args))
        return api.Outcome(value=pages[-1] if pages else None, pages=[operation.items_of(page) for page in pages])
    if options.get("stream"):
        stream = operation.stream(**args)
        return api.Outcome(stream.status, None, {**stream.headers, **stream.fields}, stream=iter(stream))
    response = operation.poll(**args).response() if options.get("lro") else operation.response(**args)
    return api.Outcome(response.status, response.value, {**response.headers, **response.fields})
