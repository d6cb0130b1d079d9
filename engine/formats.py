"""What ``format`` means: the Python type of a value and its text on the wire. One row a format.

Sources: RFC 3339 (date-time, date), RFC 4648 section 4 (byte), RFC 9562 (uuid), OpenAPI 2.0
"Data Types" (int32, int64, binary).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Format:
    """One format. ``decode`` makes the Python value of wire text, ``encode`` the wire value of a
    Python one; both raise ``ValueError`` with the end of a sentence that begins with the value."""

    python: type
    decode: Callable[[Any], Any] | None = None
    encode: Callable[[Any], Any] | None = None
    checks: Mapping[str, Any] = field(default_factory=dict)
    raw: bool = False
    """True where the value is no text but octets, which JSON Schema cannot judge."""


_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?\Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)


def _date_time(text: str) -> datetime:
    found = _DATE_TIME.match(text)
    if not found:
        raise ValueError("is no RFC 3339 date-time such as 2026-01-31T12:00:00Z")
    if len((found[1] or "").rstrip("0")) > 7:
        raise ValueError("has more than six digits of a second, which a datetime cannot hold")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is no date-time: {error}") from None


def _date_time_text(value: Any) -> str:
    if not isinstance(value, datetime):
        raise ValueError(f"must be a datetime or RFC 3339 text, not {type(value).__name__}")
    if value.tzinfo is None:
        raise ValueError("has no time zone; give one, such as datetime.now(timezone.utc)")
    return value.isoformat().replace("+00:00", "Z")


def _date(text: str) -> date:
    if not _DATE.match(text):
        raise ValueError("is no RFC 3339 date such as 2026-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is no date: {error}") from None


def _date_text(value: Any) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"must be a date or text such as 2026-01-31, not {type(value).__name__}")
    return value.isoformat()


def _byte(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"is no base64: {error}") from None


def _byte_text(value: Any) -> str:
    if not isinstance(value, (bytes, bytearray)):
        raise ValueError(f"must be bytes or base64 text, not {type(value).__name__}")
    return base64.b64encode(value).decode("ascii")


def _uuid(text: str) -> UUID:
    try:
        if len(text) != 36:
            raise ValueError
        return UUID(text)
    except ValueError:
        raise ValueError("is no UUID") from None


def _uuid_text(value: Any) -> str:
    if not isinstance(value, UUID):
        raise ValueError(f"must be a UUID or its text, not {type(value).__name__}")
    return str(value)


FORMATS: Mapping[str, Format] = {
    "date-time": Format(datetime, _date_time, _date_time_text),
    "date": Format(date, _date, _date_text),
    "byte": Format(bytes, _byte, _byte_text),
    "binary": Format(bytes, raw=True),
    "uuid": Format(UUID, _uuid, _uuid_text),
    "int32": Format(int, checks={"minimum": -(2**31), "maximum": 2**31 - 1}),
    "int64": Format(int, checks={"minimum": -(2**63), "maximum": 2**63 - 1}),
}
