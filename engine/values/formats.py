"""What ``format`` means: the Python type of a value and its text on the wire. One row a format.

Sources: RFC 3339 (date-time, date, time), RFC 9110 section 5.6.7 (date-time-rfc1123), ISO 8601 (duration),
RFC 4648 sections 4 and 5 (byte, base64url), RFC 9562 (uuid), OpenAPI 2.0 "Data Types" (int32, int64, binary), the
OpenAPI format registry (decimal).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from openconnectors.engine.model import Schema


@dataclass(frozen=True, slots=True)
class Format:
    """One format. ``decode`` makes the Python value of what is on the wire (a ``kind`` of JSON), ``encode``
    the wire value of a Python one; both raise ``ValueError`` with the end of a sentence that begins with the
    value. What is right but beyond the Python type (the second 60, a month as a duration) stays as it is; what is
    finer than a microsecond is cut there, as ``fromisoformat`` does.
    """

    python: type
    decode: Callable[[Any], Any] | None = None
    encode: Callable[[Any], Any] | None = None
    checks: Mapping[str, Any] = field(default_factory=dict)
    raw: bool = False
    """True where the value is no text but octets, which JSON Schema cannot judge."""
    kind: type | tuple[type, ...] = str


_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?\Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?\Z", re.ASCII)


def _date_time(text: str) -> Any:
    found = _DATE_TIME.match(text)
    if not found:
        raise ValueError("is no RFC 3339 date-time such as 2026-01-31T12:00:00Z")
    leap = found[1] == "60"
    try:
        value = datetime.fromisoformat(text[:17].upper() + ("59" if leap else found[1]) + text[19:].upper())
    except ValueError as error:
        raise ValueError(f"is no date-time: {error}") from None
    return text if leap else value


def _date_time_text(value: Any) -> str:
    if not isinstance(value, datetime):
        raise ValueError(f"must be a datetime or RFC 3339 text, not {type(value).__name__}")
    text = value.isoformat().replace("+00:00", "Z")
    if value.utcoffset() is None:
        raise ValueError("has no time zone; give one, such as datetime.now(timezone.utc)")
    if not _DATE_TIME.match(text):
        raise ValueError("has an offset from UTC with seconds, which RFC 3339 cannot hold; give value.astimezone(UTC)")
    return text


def _date(text: str) -> date:
    if not _DATE.match(text):
        raise ValueError("is no RFC 3339 date such as 2026-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is no date: {error}") from None


def _date_text(value: Any) -> str:
    if isinstance(value, datetime):  # which day it is depends on where: it is not for us to say
        raise ValueError("must be a date or text such as 2026-01-31, not a datetime; give value.date()")
    if not isinstance(value, date):
        raise ValueError(f"must be a date or text such as 2026-01-31, not {type(value).__name__}")
    return value.isoformat()


def _time(text: str) -> time:
    if not _TIME.match(text):
        raise ValueError("is no RFC 3339 time such as 12:00:00")
    try:
        return time.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(f"is no time: {error}") from None


def _time_text(value: Any) -> str:
    if not isinstance(value, time):
        raise ValueError(f"must be a time or text such as 12:00:00, not {type(value).__name__}")
    return value.isoformat().replace("+00:00", "Z")


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE = re.compile(
    r"(?:mon|tue|wed|thu|fri|sat|sun), (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) gmt\Z", re.ASCII | re.IGNORECASE
)


def _http_date(text: str) -> datetime:
    found = _HTTP_DATE.match(text)
    month = found[2].capitalize() if found else ""
    if found is None or month not in _MONTHS:
        raise ValueError("is no HTTP date such as Sat, 31 Jan 2026 12:00:00 GMT")
    day, _, year, hour, minute, second = found.groups()
    try:
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"is no HTTP date: {error}") from None


def _http_date_text(value: Any) -> str:
    moment = _utc(value, "HTTP date such as Sat, 31 Jan 2026 12:00:00 GMT")
    if moment.microsecond:
        raise ValueError("has a part of a second, which an HTTP date cannot hold")
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"


def _unix_time(seconds: Any) -> Any:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return seconds


def _unix_time_seconds(value: Any) -> int:
    moment = _utc(value, "number of seconds since 1970")
    if moment.microsecond:
        raise ValueError("has a part of a second, which a unixtime cannot hold")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


def _utc(value: Any, otherwise: str) -> datetime:
    if not isinstance(value, datetime):
        raise ValueError(f"must be a datetime or a {otherwise}, not {type(value).__name__}")
    if value.utcoffset() is None:
        raise ValueError("has no time zone; give one, such as datetime.now(timezone.utc)")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of the years 1 to 9999 in UTC") from None


_DURATION = re.compile(
    r"(-?)P(?=.)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d+))?S)?)?\Z",
    re.ASCII,
)


def _duration(text: str) -> Any:
    found = _DURATION.match(text)
    if not found:
        raise ValueError("is no ISO 8601 duration such as P3DT12H")
    sign, years, months, weeks, days, hours, minutes, seconds, part = found.groups()
    part = (part or "")[:6]
    if years or months:
        return text  # a year is no fixed time
    try:
        length = timedelta(
            weeks=int(weeks or 0),
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=int(part.ljust(6, "0")),
        )
    except OverflowError:
        return text
    return -length if sign else length


def _duration_text(value: Any) -> str:
    if not isinstance(value, timedelta):
        raise ValueError(f"must be a timedelta or text such as P3DT12H, not {type(value).__name__}")
    length = abs(value)
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    part = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    day = f"{length.days}D" if length.days else ""
    clock = "".join(
        f"{text}{mark}"
        for text, mark in ((hours, "H"), (minutes, "M"), (f"{seconds}{part}", "S"))
        if text not in (0, "0")
    )
    return f"{'-' if value < timedelta(0) else ''}P{day}{f'T{clock}' if clock else '' if day else 'T0S'}"


def _byte(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"is no base64: {error}") from None


def _byte_text(value: Any) -> str:
    if not isinstance(value, (bytes, bytearray)):
        raise ValueError(f"must be bytes or base64 text, not {type(value).__name__}")
    return base64.b64encode(value).decode("ascii")


_BASE64URL = re.compile(r"[A-Za-z0-9_-]*={0,2}\Z", re.ASCII)


def _base64url(text: str) -> bytes:
    if not _BASE64URL.match(text):
        raise ValueError("is no base64url text (RFC 4648 section 5)")
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error as error:
        raise ValueError(f"is no base64url text: {error}") from None


def _base64url_text(value: Any) -> str:
    if not isinstance(value, (bytes, bytearray)):
        raise ValueError(f"must be bytes or base64url text, not {type(value).__name__}")
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")


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


_DECIMAL = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?\Z", re.ASCII)


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.match(text):
        raise ValueError("is no decimal number such as 12.30")
    return Decimal(text)


def _decimal_text(value: Any) -> str:
    if not isinstance(value, Decimal):
        raise ValueError(f"must be a Decimal or text such as 12.30, not {type(value).__name__}")
    return f"{value:f}"


def _decimal_of(number: Any) -> Decimal:
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


FORMATS: Mapping[str, Format] = {
    "date-time": Format(datetime, _date_time, _date_time_text),
    "date": Format(date, _date, _date_text),
    "time": Format(time, _time, _time_text),
    "date-time-rfc1123": Format(datetime, _http_date, _http_date_text),
    "duration": Format(timedelta, _duration, _duration_text),
    "unixtime": Format(datetime, _unix_time, _unix_time_seconds, kind=int),
    "byte": Format(bytes, _byte, _byte_text),
    "base64url": Format(bytes, _base64url, _base64url_text),
    "binary": Format(bytes, raw=True),
    "file": Format(bytes, raw=True),
    "uuid": Format(UUID, _uuid, _uuid_text),
    "decimal": Format(Decimal, _decimal, _decimal_text),
    "int32": Format(int, checks={"minimum": -(2**31), "maximum": 2**31 - 1}, kind=int),
    "int64": Format(int, checks={"minimum": -(2**63), "maximum": 2**63 - 1}, kind=int),
}
"""Formats without a row (``password``, ``float``, ``double``, …) change nothing."""

_DECIMAL_NUMBER = Format(Decimal, _decimal_of, kind=(int, float, Decimal))
"""``decimal`` of a number, whose contract is that number with all its digits."""

_KINDS: Mapping[Any, str] = {str: "string", int: "integer"}


def format_of(schema: Schema) -> Format | None:
    """The row for a schema's format, whatever its case; None where its type is another's."""
    if schema.format is None:
        return None
    if is_decimal(schema):
        return _DECIMAL_NUMBER
    found = FORMATS.get(schema.format.lower())
    if found is None or found.raw or not schema.types or _KINDS[found.kind] in schema.types:
        return found
    return found if found.decode is None and "number" in schema.types else None


def is_decimal(schema: Schema) -> bool:
    """Whether a schema is a number of which every digit counts."""
    return (schema.format or "").lower() == "decimal" and "number" in schema.types
