"""The engine under the neutral interface of ``conformance_api``, for runners that compare engines over OpenAPI 3.

python run_conformance3.py --adapter adapter:Adapter --path <project>/tests/conformance3
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import conformance_api as api

import openconnectors
from openconnectors.engine.documents import loader

_CONNECTION = ("auth", "server_variables")


class Client:
    """One document at one address; a connection is made of the values of each call."""

    def __init__(self, path: Path, base_url: str) -> None:
        self._path = path
        self._base_url = base_url
        self._schemes = loader.load(path).schemes
        self._connectors: dict[str, openconnectors.Connector] = {}

    def connector(self, options: Mapping[str, Any]) -> openconnectors.Connector:
        """The connector with the connection that the options of a call describe."""
        connection = {name: options[name] for name in _CONNECTION if name in options}
        if repr(connection) not in self._connectors:
            values = dict(connection.get("server_variables") or {})
            for name, credential in (connection.get("auth") or {}).items():
                values |= self._values(name, credential)
            self._connectors[repr(connection)] = openconnectors.load_file(
                self._path, connection=values, base_url=self._base_url, validate_responses="strict"
            )
        return self._connectors[repr(connection)]

    def _values(self, name: str, credential: Any) -> dict[str, str]:
        """The connection values of a scheme's parts: the parts by name, or the only one."""
        values = self._schemes[name].values
        if isinstance(credential, Mapping):
            return {values[part]: text for part, text in credential.items()}
        return {next(iter(values.values())): credential}


class Adapter:
    """The engine, with every response validated strictly."""

    native = frozenset({"base64", "base64url", "date", "datetime", "rfc1123", "unixtime", "time"})
    streams = False

    def load(self, path: str, base_url: str) -> Client:
        """The client of a document."""
        return Client(Path(path), base_url)

    def call(
        self, client: Client, operation_id: str, args: Mapping[str, Any], options: Mapping[str, Any] | None = None
    ) -> Any:
        """The outcome of a call."""
        response = _outcome(lambda: _response(client, operation_id, args, options or {}))
        return api.Outcome(response.status, response.value, {**response.headers, **response.fields})


def _response(client: Client, operation_id: str, args: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    arguments = {name: _file(value) for name, value in args.items() if not name.startswith("$")}
    using = {"accept": options.get("accept"), "content_type": args.get("$content_type")}
    operation = client.connector(options)[operation_id]
    chosen = operation.using(**{name: value for name, value in using.items() if value is not None})
    if "$body" in args:
        arguments["body"] = _file(args["$body"])
    return chosen.response(**arguments)


def _outcome(call: Any) -> Any:
    """The result of a call, its errors as those of the interface."""
    try:
        return call()
    except openconnectors.AnswerError as error:
        raise api.HttpError(error.status, error.value, {**error.headers, **error.fields}) from None
    except openconnectors.InvalidResponse as error:
        raise api.DecodeError(str(error)) from None
    except openconnectors.TransportError as error:
        raise api.TransportError(str(error)) from None
    except (openconnectors.InvalidArguments, openconnectors.ConnectionMissing) as error:
        raise api.ClientRefused(str(error)) from None
    except (openconnectors.Unsupported, openconnectors.UnknownName) as error:
        raise api.Unsupported(str(error)) from None


def _file(value: Any) -> Any:
    if isinstance(value, api.FileArg):
        return openconnectors.File(value.content, filename=value.filename, content_type=value.content_type)
    if isinstance(value, dict):
        return {name: _file(inner) for name, inner in value.items()}
    return [_file(item) for item in value] if isinstance(value, list) else value
