"""Recordings as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/): what browsers and proxies write and show.

What HAR has no place for is in members that begin with ``_``, as it allows: ``_openconnectors`` of the log, and
``_encoding`` of a request's body that is not text.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from msgspec.structs import asdict

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.traffic.exchanges import Exchange, Fields, Recording

CREATOR = "open-connectors"
_OURS = "_openconnectors"


class RecordingError(ConnectorError):
    """A recording cannot be read or written, or is not there."""


def write(path: Path, recording: Recording, version: str) -> None:
    """Write a recording to a file, which is there as a whole or not at all; ``version`` is that of this package."""
    log = {
        "version": "1.2",
        "creator": {"name": CREATOR, "version": version},
        "entries": [_entry(exchange) for exchange in recording.exchanges],
        _OURS: {name: value for name, value in asdict(recording).items() if name != "exchanges"},
    }
    text = json.dumps({"log": log}, ensure_ascii=False, indent=1) + "\n"
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, "utf-8", errors="backslashreplace")
        part.replace(path)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from None


def read(path: Path) -> Recording:
    """The recording of a file; ``RecordingError`` if it cannot be read, or is no HAR. Entries without a response, which
    browsers write of what was cancelled, are left out."""
    try:
        log = json.loads(path.read_text("utf-8-sig"))["log"]
        entries = [_exchange(entry) for entry in log["entries"] if entry["response"].get("status")]
        ours = {name: value for name, value in (log.get(_OURS) or {}).items() if name in Recording.__struct_fields__}
        return Recording(tuple(entries), **ours)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RecordingError(f"{path} is not an HTTP archive (HAR 1.2): {type(error).__name__}: {error}") from None


def _entry(exchange: Exchange) -> dict[str, Any]:
    parts = urlsplit(exchange.url)
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _listed(exchange.request_headers),
        "queryString": [{"name": name, "value": value} for name, _, value in pairs],
        "headersSize": -1,
        "bodySize": len(exchange.request_body),
    }
    if exchange.request_body:
        text, encoding = _text(exchange.request_body)
        media_type = exchange.request_header("Content-Type")
        request["postData"] = {"mimeType": media_type, "text": text, **({"_encoding": encoding} if encoding else {})}
    fields = {name.lower(): value for name, value in exchange.response_headers}
    text, encoding = _text(exchange.response_body)
    content = {"size": len(exchange.response_body), "mimeType": fields.get("content-type", ""), "text": text}
    milliseconds = round(exchange.seconds * 1000, 3)
    return {
        "startedDateTime": exchange.started,
        "time": milliseconds,
        "request": request,
        "response": {
            "status": exchange.status,
            "statusText": _phrase(exchange.status),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _listed(exchange.response_headers),
            "content": {**content, **({"encoding": encoding} if encoding else {})},
            "redirectURL": fields.get("location", ""),
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }


def _exchange(entry: Mapping[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    return Exchange(
        method=str(request["method"]),
        url=str(request["url"]).partition("#")[0],
        status=int(response["status"]),
        request_headers=_fields(request),
        request_body=_sent(request.get("postData") or {}),
        response_headers=_fields(response),
        response_body=_bytes(response.get("content") or {}, "encoding"),
        started=str(entry.get("startedDateTime", "")),
        seconds=max(float(entry.get("time") or 0), 0.0) / 1000,
    )


def _listed(fields: Fields) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in fields]


def _fields(message: Mapping[str, Any]) -> Fields:
    """Header fields, without those that HTTP/2 has for the request line."""
    listed = message.get("headers") or ()
    return tuple((str(each["name"]), str(each["value"])) for each in listed if not str(each["name"]).startswith(":"))


def _sent(posted: Mapping[str, Any]) -> bytes:
    if posted.get("text") or not posted.get("params"):
        return _bytes(posted, "_encoding")
    return urlencode([(each["name"], each.get("value", "")) for each in posted["params"]]).encode()


def _bytes(content: Mapping[str, Any], encoding: str) -> bytes:
    text = str(content.get("text") or "")
    return base64.b64decode(text) if content.get(encoding) == "base64" else text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> tuple[str, str]:
    """Bytes as text, and its encoding; empty if it is UTF-8."""
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii"), "base64"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
