"""Values as the golden cases write them, and bodies as they are compared."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from lxml import etree

import openconnectors


def _file(members: Mapping[str, str]) -> openconnectors.File:
    return openconnectors.File(
        base64.b64decode(members["bytes"]), filename=members.get("name"), content_type=members.get("type")
    )


_READ: Mapping[str, Callable[[Any], Any]] = {
    "$date-time": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$duration": lambda seconds: timedelta(seconds=seconds),
    "$uuid": UUID,
    "$bytes": base64.b64decode,
    "$file": _file,
}
_WRITE: Mapping[type, Callable[[Any], Any]] = {
    datetime: lambda item: {"$date-time": item.isoformat().replace("+00:00", "Z")},
    date: lambda item: {"$date": item.isoformat()},
    time: lambda item: {"$time": item.isoformat().replace("+00:00", "Z")},
    timedelta: lambda item: {"$duration": item.total_seconds()},
    UUID: lambda item: {"$uuid": str(item)},
    bytes: lambda item: {"$bytes": base64.b64encode(item).decode("ascii")},
}


def python(value: Any) -> Any:
    """A value of a case as Python has it."""
    if isinstance(value, Mapping):
        if len(value) == 1 and next(iter(value)) in _READ:
            ((name, inside),) = value.items()
            return _READ[name](inside)
        return {name: python(member) for name, member in value.items()}
    return [python(member) for member in value] if isinstance(value, list) else value


def notation(value: Any) -> str:
    """A Python value in the notation, as one text to compare: 1 and 1.0 are one number, 1 and true are not."""
    return json.dumps(_written(value), sort_keys=True, ensure_ascii=False, allow_nan=False)


def _written(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _written(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_written(member) for member in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    write = _WRITE.get(type(value))
    return _written(write(value)) if write else value


def content(message: Mapping[str, Any]) -> bytes:
    """The body of a request or an answer."""
    return base64.b64decode(message["base64"]) if "base64" in message else message.get("body", "").encode("utf-8")


def compared(data: bytes, content_type: str) -> Any:
    """A body as it is compared."""
    if not data:
        return b""
    media_type = content_type.partition(";")[0].strip()
    if media_type.endswith(("/xml", "+xml")):
        return etree.tostring(etree.fromstring(data), method="c14n2").decode("utf-8")
    if media_type.endswith(("/json", "+json")):
        return notation(json.loads(data))
    if media_type == "multipart/form-data":
        mark = content_type.partition("boundary=")[2].encode("ascii")
        return data.replace(mark, b"boundary")
    return data
