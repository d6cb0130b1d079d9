"""Facts of the table of formats: the Python value of each text and back, text that does not parse, values refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from openconnectors.engine.model import Schema
from openconnectors.engine.values.formats import FORMATS, Format, format_of

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ID = "12345678-1234-5678-1234-567812345678"

BOTH_WAYS: dict[str, list[tuple[Any, Any]]] = {
    "date-time": [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31T12:00:00.000250Z", NOON.replace(microsecond=250)),
        ("2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))),
    ],
    "date": [("2026-01-31", date(2026, 1, 31))],
    "time": [("12:00:00", time(12)), ("12:00:00Z", time(12, tzinfo=UTC)), ("12:00:00.500000", time(12, 0, 0, 500000))],
    "date-time-rfc1123": [("Sat, 31 Jan 2026 12:00:00 GMT", NOON)],
    "duration": [
        ("P3DT12H", timedelta(days=3, hours=12)),
        ("PT0S", timedelta()),
        ("-PT1.5S", timedelta(seconds=-1.5)),
        ("PT1H2M3S", timedelta(hours=1, minutes=2, seconds=3)),
    ],
    "unixtime": [(0, datetime(1970, 1, 1, tzinfo=UTC)), (1769860800, NOON)],
    "byte": [("aGk=", b"hi"), ("", b"")],
    "base64url": [("_-8", b"\xff\xef"), ("", b"")],
    "base32": [("NBUQ====", b"hi"), ("", b"")],
    "base16": [("00FF", b"\0\xff"), ("", b"")],
    "quoted-printable": [("a=3Db=0D=0A=C3=BC", "a=b\r\nü".encode()), ("a=20", b"a "), ("a" * 25 + "=\r\na", b"a" * 26)],
    "uuid": [(ID, UUID(ID))],
    "decimal": [("12.30", Decimal("12.30")), ("-0.10", Decimal("-0.10"))],
}
"""Contract values with their Python values, which are written as the same text again."""

READ_ONLY: dict[str, list[tuple[Any, Any]]] = {
    "date-time": [
        ("2026-01-31t12:00:00z", NOON),
        ("2026-01-31 12:00:00Z", NOON),
        ("2026-01-31T12:00:00.1234567Z", NOON.replace(microsecond=123456)),
        ("2026-01-31T23:59:60Z", "2026-01-31T23:59:60Z"),
    ],
    "date-time-rfc1123": [("sat, 31 jan 2026 12:00:00 gmt", NOON)],
    "duration": [("P1Y", "P1Y"), ("P2M", "P2M"), ("P1W", timedelta(weeks=1)), ("P999999999W", "P999999999W")],
    "unixtime": [(10**15, 10**15)],
    "base64url": [("_-8=", b"\xff\xef")],
    "base16": [("00ff", b"\0\xff")],
    "quoted-printable": [("a b=\r\n=3d", b"a b=")],
    "decimal": [("1e3", Decimal("1e3")), (".5", Decimal("0.5"))],
}
"""Contract values that are read, but written differently; what Python's type cannot hold stays as it is."""

UNREADABLE: dict[str, list[Any]] = {
    "date-time": ["2026-01-31", "2026-02-30T12:00:00Z", "2026-01-31T25:00:00Z", "soon", ""],
    "date": ["2026-1-31", "2026-02-30", "31.01.2026", "2026-01-31T12:00:00Z", "٢٠٢٦-01-31"],
    "time": ["12:00", "25:00:00", "noon"],
    "date-time-rfc1123": ["2026-01-31T12:00:00Z", "Sat, 31 Foo 2026 12:00:00 GMT", "Sat, 32 Jan 2026 12:00:00 GMT"],
    "duration": ["P", "PT", "3 days", "P1H", "P1.5D"],
    "byte": ["a", "a b=", "_-8="],
    "base64url": ["a+b/", "a", "ü"],
    "base32": ["1", "NBUQ"],
    "base16": ["0", "xy"],
    "quoted-printable": ["=x", "ü"],
    "uuid": ["12345678", ID.replace("-", ""), f"{{{ID}}}", ID.replace("1", "g")],
    "decimal": ["1,5", "", "NaN", "1e9999", "0x1"],
}
"""Text that is not of its format: it stays text, and is a problem."""

REFUSED: dict[str, list[Any]] = {
    "date-time": [datetime(2026, 1, 31, 12), date(2026, 1, 31), NOON.replace(tzinfo=timezone(timedelta(seconds=30)))],
    "date": [NOON, time(12)],
    "time": [NOON, date(2026, 1, 31)],
    "date-time-rfc1123": [datetime(2026, 1, 31, 12), NOON.replace(microsecond=1), date(2026, 1, 31)],
    "duration": [NOON, date(2026, 1, 31)],
    "unixtime": [datetime(2026, 1, 31, 12), NOON.replace(microsecond=1), date(2026, 1, 31)],
    "byte": [NOON, UUID(ID)],
    "base64url": [NOON, UUID(ID)],
    "base32": [1.5, date(2026, 1, 31)],
    "base16": [1.5, date(2026, 1, 31)],
    "quoted-printable": [1.5, date(2026, 1, 31)],
    "uuid": [NOON, b"hi"],
    "decimal": [NOON, b"12.30"],
}
"""Python values that a format does not take: what Python would guess is not guessed."""

AS_THEY_ARE = {"binary", "file", "int32", "int64"}
"""Rows whose values are the same in Python."""


def rows(table: dict[str, list[Any]]) -> list[Any]:
    """The cases of a table as parameters of a test."""
    return [
        pytest.param(name, *(case if isinstance(case, tuple) else (case,))) for name in table for case in table[name]
    ]


def test_each_row_has_its_facts() -> None:
    """A new format comes with its facts on this page."""
    assert set(FORMATS) == set(BOTH_WAYS) | AS_THEY_ARE
    assert set(REFUSED) == set(BOTH_WAYS)


@pytest.mark.parametrize(("name", "written", "value"), [*rows(BOTH_WAYS), *rows(READ_ONLY)])
def test_text_is_read_as_its_python_value(name: str, written: Any, value: Any) -> None:
    """Text that the format's specification allows is read; what Python cannot express stays as it is."""
    decode = FORMATS[name].decode
    assert decode is not None

    assert decode(written) == value


@pytest.mark.parametrize(("name", "written", "value"), rows(BOTH_WAYS))
def test_a_python_value_is_written_as_its_text(name: str, written: Any, value: Any) -> None:
    """A Python value is written as the text that was read as it."""
    encode = FORMATS[name].encode
    assert encode is not None
    assert isinstance(value, FORMATS[name].python)

    assert encode(value) == written


@pytest.mark.parametrize(("name", "written"), rows(UNREADABLE))
def test_text_of_another_form_is_refused(name: str, written: Any) -> None:
    """Text that is not of its format raises ValueError with the end of a sentence that begins with the text."""
    decode = FORMATS[name].decode
    assert decode is not None

    with pytest.raises(ValueError, match=r"^is not "):
        decode(written)


@pytest.mark.parametrize(("name", "value"), rows(REFUSED))
def test_a_python_value_of_another_kind_is_refused(name: str, value: Any) -> None:
    """A value that would have to be guessed at (a time without a zone, a part of a second) is not written."""
    encode = FORMATS[name].encode
    assert encode is not None

    with pytest.raises(ValueError, match=r"^(must be|has) "):
        encode(value)


@pytest.mark.parametrize("name", sorted(AS_THEY_ARE))
def test_a_value_that_is_the_same_in_python(name: str) -> None:
    """Bytes and integers have no other Python value."""
    assert (FORMATS[name].decode, FORMATS[name].encode) == (None, None)


@pytest.mark.parametrize(("name", "bits"), [("int32", 31), ("int64", 63)])
def test_integers_have_bounds(name: str, bits: int) -> None:
    """int32 and int64 stand for minimum and maximum (OpenAPI 2.0, "Data Types")."""
    assert FORMATS[name].checks == {"minimum": -(2**bits), "maximum": 2**bits - 1}


def chosen(json_type: str | None, name: str | None) -> Format | None:
    """The row for a schema of one type and one format."""
    return format_of(Schema(types=(json_type,) if json_type else (), format=name))


@pytest.mark.parametrize("name", [None, "password", "float", "unheard-of"])
def test_a_format_without_a_row_changes_nothing(name: str | None) -> None:
    """Formats that are not in the table are only words."""
    assert chosen("string", name) is None


def test_a_format_may_be_written_in_any_case() -> None:
    """Documents write Date-Time and UUID."""
    assert chosen("string", "Date-Time") is FORMATS["date-time"]


def test_the_type_counts_more_than_a_format_of_another_type() -> None:
    """An integer with a format for text is an integer; text with one for integers is text."""
    assert chosen("integer", "date-time") is None
    assert chosen("string", "unixtime") is None


def test_a_schema_without_a_type_has_its_format() -> None:
    """Documents often leave the type out."""
    assert chosen(None, "date") is FORMATS["date"]


def test_the_bounds_of_an_integer_hold_for_a_number() -> None:
    """type: number with format: int32 is bounded too."""
    assert chosen("number", "int32") is FORMATS["int32"]


def test_a_decimal_number_keeps_its_digits() -> None:
    """A number of the format decimal is a Decimal, made from the digits that a float shows."""
    row = chosen("number", "decimal")
    assert row is not None
    assert row.decode is not None

    assert (row.python, row.decode(0.1), row.decode(3)) == (Decimal, Decimal("0.1"), Decimal(3))
