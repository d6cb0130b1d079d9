"""The engine under the neutral interface of ``conformance_api``, for runners that compare engines over OpenAPI 3.

python run_conformance3.py --adapter adapter:Adapter --path <project>/tests/conformance3
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import conformance_api as api

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import openconnectors
from tests.conformance3.client import Client, body_name

_BODY = frozenset({"$body", "$content_type", "$part_headers"})
"""What arguments say of the body; other names that begin so are of parameters."""


class Adapter:
    """The engine, with every response validated strictly."""

    native = frozenset({"base64", "base64url", "date", "rfc1123", "unixtime", "time"})  # a datetime has no .000
    streams = False

    def load(self, path: str, base_url: str) -> Client:
        """The client of a document."""
        return Client(Path(path), base_url)

    def call(
        self, client: Client, operation_id: str, args: Mapping[str, Any], options: Mapping[str, Any] | None = None
    ) -> Any:
        """The outcome of a call; it keeps the response, whose links may be asked for."""
        response = _outcome(lambda: _response(client, operation_id, args, options or {}))
        outcome = api.Outcome(response.status, response.value, {**response.headers, **response.fields})
        outcome.response = response
        return outcome

    def links(
        self, client: Client, operation_id: str, args: Mapping[str, Any], outcome: Any, options: Mapping[str, Any]
    ) -> dict[str, tuple[str, dict[str, Any]]]:
        """The follow-up operations of a response, each with its arguments by wire name."""
        operation = client.connector(options)[operation_id]
        links = _outcome(lambda: operation.links(outcome.response))
        return {name: _follow_up(link) for name, link in links.items()}


def _follow_up(link: Any) -> tuple[str, dict[str, Any]]:
    body = body_name(link.operation)
    arguments = {"$body" if name == body else name: value for name, value in link.arguments.items()}
    return link.operation.operation_id, arguments


def _response(client: Client, operation_id: str, args: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    chosen = {**options, "content_type": args.get("$content_type"), "part_headers": args.get("$part_headers")}
    operation = client.operation(operation_id, chosen)
    arguments = {name: _file(value) for name, value in args.items() if name not in _BODY}
    if "$body" in args:
        arguments[body_name(operation) or "body"] = _file(args["$body"])
    return operation.response(**arguments)


def _outcome(call: Callable[[], Any]) -> Any:
    """The result of a call, its errors as those of the interface. An operation that cannot be read is refused."""
    try:
        return call()
    except openconnectors.AnswerError as error:
        raise api.HttpError(error.status, error.value, {**error.headers, **error.fields}) from None
    except openconnectors.InvalidResponse as error:
        raise api.DecodeError(str(error)) from None
    except openconnectors.TransportError as error:
        raise api.TransportError(str(error)) from None
    except (openconnectors.InvalidArguments, openconnectors.ConnectionMissing, openconnectors.InvalidDocument) as error:
        raise api.ClientRefused(str(error)) from None
    except (openconnectors.Unsupported, openconnectors.UnknownName) as error:
        raise api.Unsupported(str(error)) from None


def _file(value: Any) -> Any:
    if isinstance(value, api.FileArg):
        return openconnectors.File(value.content, filename=value.filename, content_type=value.content_type)
    if isinstance(value, dict):
        return {name: _file(inner) for name, inner in value.items()}
    return [_file(item) for item in value] if isinstance(value, list) else value
