"""The text of scalars, and the scalars of text by their schemas.

Parameters, headers, forms, ``text/plain`` and XML hold text, whatever the type of the value. The specifications leave
open what text a number or a boolean has (OpenAPI 3.2, appendix B); it is that of JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from openconnectors.engine.deferred import pattern
from openconnectors.engine.model import MISSING, Schema
from openconnectors.engine.values.formats import is_decimal

Resolve = Callable[[Schema], Schema]


def text(value: Any) -> str:
    """The text of a scalar: ``true`` and ``false``, numbers as JSON writes them, null as empty text. ``ValueError`` for
    what is not a scalar."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{value} is not a number that can be written")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # all digits are exact up to there
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (int, float)):
        return str(value)
    description = _DESCRIPTIONS.get(type(value), f"a {type(value).__name__}")
    raise ValueError(f"{description} cannot be written here; only text, numbers and booleans can")


_DESCRIPTIONS: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    tuple: "a list",
    **dict.fromkeys((bytes, bytearray, memoryview), "bytes (as they are, not as base64 text)"),
}


# Digits and exponents are bounded: what is longer than any number of a service stays text.
_MAX_DIGITS = 300
_INTEGER = pattern(r"\s*[-+]?[0-9]{1,300}\s*\Z")
_NUMBER = pattern(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?\s*\Z")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def scalar(written: str, schema: Schema) -> Any:
    """Text as the first type of a schema that it fits; else the text itself, for validation to judge."""
    for json_type in schema.types:
        value = _reader(json_type, schema)(written)
        if value is not MISSING:
            return value
    return written


def typed_scalar(written: str, schema: Schema) -> Any:
    """What ``scalar`` returns, a number that is not whole with the digits that were typed."""
    value = scalar(written, schema)
    return typed_number(written.strip()) if isinstance(value, float) else value


def typed_number(written: str) -> Decimal | float:
    """A number with the digits that were typed; infinity and what is not a number are floats."""
    try:
        return Decimal(written)
    except InvalidOperation:
        return float(written)


def scalar_reader(schema: Schema) -> Callable[[str], Any]:
    """What reads texts as ``scalar`` does, compiled for a schema."""
    readers = [_reader(json_type, schema) for json_type in schema.types]

    def read(written: str) -> Any:
        for reader in readers:
            value = reader(written)
            if value is not MISSING:
                return value
        return written

    return read


def _is_integer(written: str) -> bool:
    """Return True for the text of an integer; most are digits alone, for which no pattern is needed."""
    are_digits = written.isdecimal() and written.isascii() and len(written) <= _MAX_DIGITS
    return are_digits or _INTEGER.match(written) is not None


def _integer(written: str) -> Any:
    return int(written) if _is_integer(written) else MISSING


def _number(written: str) -> Any:
    if _is_integer(written):
        return int(written)
    if not _NUMBER.match(written):
        return MISSING
    number = float(written)
    return number if isfinite(number) else written


def _decimal(written: str) -> Any:
    return Decimal(written.strip()) if _NUMBER.match(written) else MISSING


def _boolean(written: str) -> Any:
    return _BOOLEANS.get(written.strip(), MISSING)


def _string(written: str) -> Any:
    return written


def _other(written: str) -> Any:
    return MISSING


_READERS: Mapping[str, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "string": _string,
}
"""What reads text as a JSON type; ``MISSING`` for text that is not of it."""


def _reader(json_type: str, schema: Schema) -> Callable[[str], Any]:
    return _decimal if json_type == "number" and is_decimal(schema) else _READERS.get(json_type, _other)


_MAX_ALTERNATIVES = 100  # schemas looked at: documents may nest or repeat them without end


def alternatives_of(schema: Schema, resolve: Resolve) -> list[Schema]:
    """The resolved schemas that a value may be of: the schema, or those of its ``oneOf`` and ``anyOf``."""
    resolved = resolve(schema)
    if not resolved.one_of and not resolved.any_of:
        return [resolved]
    alternatives: list[Schema] = []
    waiting, seen = [resolved], {id(resolved)}
    while waiting and len(seen) < _MAX_ALTERNATIVES:
        resolved = waiting.pop(0)
        inner = [resolve(part) for part in (*resolved.one_of, *resolved.any_of)]
        if not inner or resolved.types or resolved.properties:
            alternatives.append(resolved)
        waiting += [part for part in inner if id(part) not in seen]
        seen |= {id(part) for part in inner}
    return alternatives or [resolved]


def typed(written: str, alternatives: list[Schema]) -> Any:
    """Text as the first of these schemas that it fits; else the text itself. Empty text is null if null is allowed and
    text is not."""
    for schema in alternatives:
        value = scalar(written, schema)
        if not isinstance(value, str) or "string" in schema.types:
            return value
        choices = schema.enum if schema.enum is not None else (schema.keywords.get("const", MISSING),)
        for choice in choices if not schema.types else ():
            if isinstance(choice, (bool, int, float)) and text(choice) == written:
                return choice
    if not written and any(schema.nullable for schema in alternatives):
        return None
    return written


def compound(schema: Schema) -> str:
    """``array`` or ``object`` if a resolved schema is for it, else empty."""
    if "array" in schema.types or (not schema.types and schema.items is not None):
        return "array"
    if "object" in schema.types or (not schema.types and schema.properties):
        return "object"
    return ""
