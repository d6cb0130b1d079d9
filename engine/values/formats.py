"""What ``format`` means: the Python type of a value, and its text in the contract. One row for each format.

Rule 1. Text that the format's specification allows is never refused. What Python's type cannot hold (second 60, a month
as a duration) stays text; what is finer than a microsecond is cut there, as ``fromisoformat`` does.

Rule 2. What Python would guess is refused: a time without a zone, a datetime for a date, a float for a decimal.

Rule 3. A ``ValueError`` completes a sentence that begins with the value: "'tomorrow' is not an RFC 3339 date …".

Sources: RFC 3339 (date-time, date, time), RFC 9110 section 5.6.7 (date-time-rfc1123), ISO 8601 (duration),
RFC 4648 sections 4 to 8 (byte, base64url, base32, base16), RFC 2045 section 6.7 (quoted-printable), RFC 9562 (uuid),
OpenAPI 2.0 "Data Types" (int32, int64, binary), the OpenAPI format registry (decimal).
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, field

from openconnectors.engine.deferred import pattern
from openconnectors.engine.model import Schema


class Format(Struct, frozen=True):
    """One format."""

    python: type
    """The Python type of its values."""
    decode: Callable[[Any], Any] | None = None
    """The Python value of a contract value; None: they are the same."""
    encode: Callable[[Any], Any] | None = None
    """The contract value of a Python value; None: they are the same."""
    checks: Mapping[str, Any] = field(default_factory=dict)
    """Keywords of JSON Schema that the format implies."""
    raw: bool = False
    """True if the value is bytes, which JSON Schema cannot judge."""
    kind: type | tuple[type, ...] = str
    """The type of its contract values, as decoded JSON."""


_DATE_TIME = pattern(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?\Z", re.ASCII)
_DATE = pattern(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_TIME = pattern(r"\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?\Z", re.ASCII)


def _date_time(text: str) -> Any:
    if not _DATE_TIME.match(text):
        raise ValueError("is not an RFC 3339 date-time such as 2026-01-31T12:00:00Z")
    is_leap_second = text[17:19] == "60"  # RFC 3339 section 5.7; Python's datetime has no such second
    known = f"{text[:17]}59{text[19:]}" if is_leap_second else text
    try:
        value = datetime.fromisoformat(known.upper() if known[-1] == "z" else known)
    except ValueError as error:
        raise ValueError(f"is not a date-time: {error}") from None
    return text if is_leap_second else value


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
        raise ValueError("is not an RFC 3339 date such as 2026-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is not a date: {error}") from None


def _date_text(value: Any) -> str:
    if isinstance(value, datetime):  # also a date to Python, but which day it is depends on the time zone
        raise ValueError("must be a date or text such as 2026-01-31, not a datetime; give value.date()")
    if not isinstance(value, date):
        raise ValueError(f"must be a date or text such as 2026-01-31, not {type(value).__name__}")
    return value.isoformat()


def _time(text: str) -> time:
    if not _TIME.match(text):
        raise ValueError("is not an RFC 3339 time such as 12:00:00")
    try:
        return time.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(f"is not a time: {error}") from None


def _time_text(value: Any) -> str:
    if not isinstance(value, time):
        raise ValueError(f"must be a time or text such as 12:00:00, not {type(value).__name__}")
    return value.isoformat().replace("+00:00", "Z")


# Not strftime: its names of days and months are those of the locale.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE = pattern(
    r"(?:mon|tue|wed|thu|fri|sat|sun), (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) gmt\Z", re.ASCII | re.IGNORECASE
)


def _http_date(text: str) -> datetime:
    match = _HTTP_DATE.match(text)
    month = match[2].capitalize() if match else ""
    if match is None or month not in _MONTHS:
        raise ValueError("is not an HTTP date such as Sat, 31 Jan 2026 12:00:00 GMT")
    day, _, year, hour, minute, second = match.groups()
    try:
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"is not an HTTP date: {error}") from None


def _http_date_text(value: Any) -> str:
    moment = _in_utc(value, "HTTP date such as Sat, 31 Jan 2026 12:00:00 GMT")
    if moment.microsecond:
        raise ValueError("has a part of a second, which an HTTP date cannot express")
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"


def _unix_time(seconds: Any) -> Any:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return seconds  # beyond the years 1 to 9999


def _unix_time_seconds(value: Any) -> int:
    moment = _in_utc(value, "number of seconds since 1970")
    if moment.microsecond:
        raise ValueError("has a part of a second, which a unixtime cannot express")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


def _in_utc(value: Any, alternative: str) -> datetime:
    if not isinstance(value, datetime):
        raise ValueError(f"must be a datetime or a {alternative}, not {type(value).__name__}")
    if value.utcoffset() is None:
        raise ValueError("has no time zone; give one, such as datetime.now(timezone.utc)")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of the years 1 to 9999 in UTC") from None


_DURATION = pattern(
    r"(-?)P(?=.)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d+))?S)?)?\Z",
    re.ASCII,
)


def _duration(text: str) -> Any:
    match = _DURATION.match(text)
    if not match:
        raise ValueError("is not an ISO 8601 duration such as P3DT12H")
    sign, years, months, weeks, days, hours, minutes, seconds, fraction = match.groups()
    if years or months:
        return text  # of no fixed length: a timedelta cannot express them
    try:
        length = timedelta(
            weeks=int(weeks or 0),
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=int((fraction or "")[:6].ljust(6, "0")),
        )
    except OverflowError:
        return text  # beyond 999,999,999 days
    return -length if sign else length


def _duration_text(value: Any) -> str:
    if not isinstance(value, timedelta):
        raise ValueError(f"must be a timedelta or text such as P3DT12H, not {type(value).__name__}")
    length = abs(value)
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    day_part = f"{length.days}D" if length.days else ""
    time_part = "".join(
        f"{number}{unit}"
        for number, unit in ((hours, "H"), (minutes, "M"), (f"{seconds}{fraction}", "S"))
        if number not in (0, "0")
    )
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}P{day_part}{f'T{time_part}' if time_part else '' if day_part else 'T0S'}"


def _byte(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"is not base64: {error}") from None


def _byte_text(value: Any) -> str:
    if not isinstance(value, (bytes, bytearray)):
        raise ValueError(f"must be bytes or base64 text, not {type(value).__name__}")
    return base64.b64encode(value).decode("ascii")


_BASE64URL = pattern(r"[A-Za-z0-9_-]*={0,2}\Z", re.ASCII)


def _base64url(text: str) -> bytes:
    if not _BASE64URL.match(text):
        raise ValueError("is not base64url text (RFC 4648 section 5)")
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error as error:
        raise ValueError(f"is not base64url text: {error}") from None


def _base64url_text(value: Any) -> str:
    if not isinstance(value, (bytes, bytearray)):
        raise ValueError(f"must be bytes or base64url text, not {type(value).__name__}")
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")


def _base32(text: str) -> bytes:
    try:
        return base64.b32decode(text)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"is not base32 text (RFC 4648 section 6): {error}") from None


def _base32_text(value: Any) -> str:
    return base64.b32encode(_checked_bytes(value, "base32")).decode("ascii")


def _base16(text: str) -> bytes:
    try:
        return base64.b16decode(text, casefold=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base16 text (RFC 4648 section 8)") from None


def _base16_text(value: Any) -> str:
    return base64.b16encode(_checked_bytes(value, "base16")).decode("ascii")


_QUOTED_PRINTABLE = pattern(r"(?:[\t -<>-~]|=[0-9A-Fa-f]{2}|=?\r?\n)*\Z", re.ASCII)


def _quoted_printable(text: str) -> bytes:
    if not _QUOTED_PRINTABLE.match(text):
        raise ValueError("is not quoted-printable text (RFC 2045 section 6.7)")
    return quopri.decodestring(text.encode("ascii"))


def _quoted_printable_text(value: Any) -> str:
    # Not by quopri, which takes line ends for those of a mail: bytes are read back as they were.
    data = _checked_bytes(value, "quoted-printable")
    tokens = [chr(byte) if 33 <= byte <= 126 and byte != 61 else f"={byte:02X}" for byte in data]
    lines = ["".join(tokens[start : start + 25]) for start in range(0, len(tokens), 25)]
    return "=\r\n".join(lines)  # of 76 characters at most, with the sign of a soft line break (rule 5)


def _checked_bytes(value: Any, encoding: str) -> bytes:
    if not isinstance(value, (bytes, bytearray)):
        raise ValueError(f"must be bytes or {encoding} text, not {type(value).__name__}")
    return bytes(value)


def _uuid(text: str) -> UUID:
    try:
        if len(text) != 36:  # UUID() also reads braces, a URN, and text without hyphens
            raise ValueError
        with suppress(ValueError):
            return convert(text, UUID)  # much quicker, where the hyphens are in their places
        return UUID(text)
    except ValueError:
        raise ValueError("is not a UUID") from None


def _uuid_text(value: Any) -> str:
    if not isinstance(value, UUID):
        raise ValueError(f"must be a UUID or its text, not {type(value).__name__}")
    return str(value)


# Exponents of three digits: f"{value:f}" writes as many digits as the exponent says.
_DECIMAL = pattern(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?\Z", re.ASCII)


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.match(text):
        raise ValueError("is not a decimal number such as 12.30")
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
    "base32": Format(bytes, _base32, _base32_text),
    "base16": Format(bytes, _base16, _base16_text),
    "quoted-printable": Format(bytes, _quoted_printable, _quoted_printable_text),
    "binary": Format(bytes, raw=True),
    "file": Format(bytes, raw=True),
    "uuid": Format(UUID, _uuid, _uuid_text),
    "decimal": Format(Decimal, _decimal, _decimal_text),
    "int32": Format(int, checks={"minimum": -(2**31), "maximum": 2**31 - 1}, kind=int),
    "int64": Format(int, checks={"minimum": -(2**63), "maximum": 2**63 - 1}, kind=int),
}
"""Formats by name. Those without a row (``password``, ``float``, ``double``, …) change nothing."""

_DECIMAL_NUMBER = Format(Decimal, _decimal_of, kind=(int, float, Decimal))
"""The row for ``decimal`` of a schema whose type is ``number``: the contract value is that number, digits included."""

_JSON_TYPES: Mapping[Any, str] = {str: "string", int: "integer"}
"""The JSON type of each ``Format.kind``."""


def format_of(schema: Schema) -> Format | None:
    """The row for a schema's format, whatever its case; None if the schema has another type than the format: documents
    have ``type: integer, format: date-time``, and then the type counts."""
    if schema.format is None:
        return None
    if is_decimal(schema):
        return _DECIMAL_NUMBER
    row = FORMATS.get(schema.format.lower())
    if row is None or row.raw or not schema.types or _JSON_TYPES[row.kind] in schema.types:
        return row
    # The bounds of int32 and int64 also hold for ``type: number``.
    return row if row.decode is None and "number" in schema.types else None


def is_decimal(schema: Schema) -> bool:
    """Return True if a schema is a number of which every digit counts."""
    return (schema.format or "").lower() == "decimal" and "number" in schema.types
