"""The engine under the neutral interface of ``conformance_api``, for a runner that compares engines.

python run_conformance.py --adapter adapter:Adapter --path <project>/tests/conformance
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import conformance_api as api

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import openconnectors
from tests.conformance.client import Client, respond


class Adapter:
    native = frozenset({"base64", "base64url", "date", "datetime", "rfc1123", "unixtime", "time"})
    streams = True

    def load(self, swagger_path: str, base_url: str) -> Client:
        return Client(Path(swagger_path), base_url)

    def call(
        self, client: Client, operation_id: str, args: Mapping[str, Any], options: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            operation, arguments = client.operation(operation_id, args, options or {})
            return _outcome(operation, {name: _file(value) for name, value in arguments.items()}, options or {})
        except openconnectors.AnswerError as error:
            raise api.HttpError(error.status, error.value, {**error.headers, **error.fields}) from None
        except openconnectors.OperationFailed as error:
            raise api.LroFailed(error.state, error.value) from None
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
    return [_file(item) for item in value] if isinstance(value, list) else value


def _outcome(operation: openconnectors.Operation, args: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    if options.get("pages"):
        pages = list(operation.pages(**args))
        return api.Outcome(value=pages[-1] if pages else None, pages=[operation.items_of(page) for page in pages])
    if options.get("stream"):
        stream = operation.stream(**args)
        return api.Outcome(stream.status, None, {**stream.headers, **stream.fields}, stream=iter(stream))
    response = respond(operation, args, options)
    return api.Outcome(response.status, response.value, {**response.headers, **response.fields})
