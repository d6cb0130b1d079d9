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


def _file(told: Mapping[str, str]) -> openconnectors.File:
    return openconnectors.File(
        base64.b64decode(told["bytes"]), filename=told.get("name"), content_type=told.get("type")
    )


_MADE: Mapping[str, Callable[[Any], Any]] = {
    "$date-time": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$duration": lambda seconds: timedelta(seconds=seconds),
    "$uuid": UUID,
    "$bytes": base64.b64decode,
    "$file": _file,
}
_TOLD: Mapping[type, Callable[[Any], Any]] = {
    datetime: lambda one: {"$date-time": one.isoformat().replace("+00:00", "Z")},
    date: lambda one: {"$date": one.isoformat()},
    time: lambda one: {"$time": one.isoformat().replace("+00:00", "Z")},
    timedelta: lambda one: {"$duration": one.total_seconds()},
    UUID: lambda one: {"$uuid": str(one)},
    bytes: lambda one: {"$bytes": base64.b64encode(one).decode("ascii")},
}


def python(value: Any) -> Any:
    """A value of a case as Python has it."""
    if isinstance(value, Mapping):
        if len(value) == 1 and next(iter(value)) in _MADE:
            ((name, inside),) = value.items()
            return _MADE[name](inside)
        return {name: python(one) for name, one in value.items()}
    return [python(one) for one in value] if isinstance(value, list) else value


def told(value: Any) -> str:
    """A Python value in the notation, as one text to compare: 1 and 1.0 are one number, 1 and true are not."""
    return json.dumps(_told(value), sort_keys=True, ensure_ascii=False, allow_nan=False)


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _told(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_told(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    write = _TOLD.get(type(value))
    return _told(write(value)) if write else value


def octets(told: Mapping[str, Any]) -> bytes:
    """The body of a request or an answer."""
    return base64.b64decode(told["base64"]) if "base64" in told else told.get("body", "").encode("utf-8")


def compared(data: bytes, content_type: str) -> Any:
    """A body as it is compared."""
    if not data:
        return b""
    media_type = content_type.partition(";")[0].strip()
    if media_type.endswith(("/xml", "+xml")):
        return etree.tostring(etree.fromstring(data), method="c14n2").decode("utf-8")
    if media_type.endswith(("/json", "+json")):
        return told(json.loads(data))
    if media_type == "multipart/form-data":
        mark = content_type.partition("boundary=")[2].encode("ascii")
        return data.replace(mark, b"boundary")
    return data
