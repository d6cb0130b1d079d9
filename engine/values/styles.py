"""How the value of a parameter or form field is written as text, and read back. One row for each style.

Rule 1. What is written can be read back as the same value, or is refused: an item that holds the delimiter would become
two. ``exact=False`` writes it all the same, for those who have to send what a caller insists on.

Rule 2. Text is read as the type of the schema; text that does not fit stays text, for validation to judge.

Sources: OpenAPI 3.1, "Style Values" and "Style Examples"; Swagger 2.0, "Parameter Object" and "Items Object",
``collectionFormat``, whose names a dialect turns into these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from math import isfinite
from typing import Any

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.model import Encoding, Schema
from openconnectors.engine.values.formats import is_decimal

Resolve = Callable[[Schema], Schema]
Quote = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Style:
    """One way to write a list."""

    delimiter: str | None
    """The text between items; None: the name is repeated for each."""
    literal: bool = False
    """True if the delimiter is not percent-encoded while the items are, so that a delimiter within an item differs from
    one between items. A URL may hold a comma (RFC 3986 section 2.2), but no blank, tab or ``|``."""
    items: Style | None = None
    """The style of lists within the list (Swagger 2.0, "Items Object")."""

    def write(self, value: Any, quote: Quote | None = None, *, exact: bool = True) -> list[str]:
        """The texts of a value, encoded by ``quote``: one, or one for each item if the name is repeated.

        ``ValueError`` if the list would be read back as another one: an item holds the delimiter and the encoding does
        not keep them apart, or the only item is empty, which reads as no item. ``exact=False`` writes such a list all
        the same, unless it is a list of lists.
        """
        encode = quote or _unchanged
        if not isinstance(value, (list, tuple)):
            return [encode(text(value))]
        texts = [self._item(item, encode) for item in value]
        if self.delimiter is None:
            return texts
        exact = exact or self.items is not None
        is_literal = self.literal and quote is not None
        delimiter = self.delimiter if is_literal else encode(self.delimiter)
        if is_literal:
            texts = [item_text.replace(delimiter, f"%{ord(delimiter):02X}") for item_text in texts]
        for item, item_text in zip(value, texts, strict=True) if exact else ():
            if delimiter in item_text or texts == [""]:
                raise ValueError(
                    f"has an item {item!r}, which cannot be read back from a list delimited by {self.delimiter!r}"
                )
        return [delimiter.join(texts)]

    def _item(self, item: Any, encode: Quote) -> str:
        """The text of an item, which may be a list. ``ValueError`` for a value that has no text."""
        if self.items is None or not isinstance(item, (list, tuple)):
            return encode(text(item))
        if self.items.delimiter == self.delimiter:
            raise ValueError(
                f"is a list of lists that are both delimited by {self.delimiter!r}, which cannot be read back; the "
                "document must give the inner list another collectionFormat"
            )
        return self.items.write(item, encode)[0]

    def read(self, texts: list[str], schema: Schema, resolve: Resolve, unquote: Quote | None = None) -> Any:
        """The value of texts, typed by the schema. ``unquote`` undoes what ``quote`` did when they were written. Of
        several texts for a single value the last one counts."""
        schema = resolve(schema)
        decode = unquote or _unchanged
        if "array" not in schema.types:
            return scalar(decode(texts[-1]), schema)
        if self.delimiter is not None and not self.literal:  # it is encoded itself: decode before splitting
            texts, decode = [decode(written) for written in texts], _unchanged
        delimiter = self.delimiter
        parts = texts if delimiter is None else [part for written in texts for part in written.split(delimiter)]
        if self.delimiter is not None and parts == [""]:
            return []
        items = resolve(schema.items) if schema.items is not None else Schema()
        if self.items is not None:
            return [self.items.read([part], items, resolve, decode) for part in parts]
        return [scalar(decode(part), items) for part in parts]


def _unchanged(text: str) -> str:
    return text


_COMMA, _REPEATED = Style(",", literal=True), Style(None)

STYLES: Mapping[tuple[str, bool], Style] = {
    ("form", False): _COMMA,
    ("form", True): _REPEATED,
    ("simple", False): _COMMA,
    ("simple", True): _COMMA,
    ("spaceDelimited", False): Style(" "),
    ("pipeDelimited", False): Style("|"),
    ("tabDelimited", False): Style("\t"),  # Swagger 2.0's tsv, which 3.x does not have
}
"""How lists are written, by style and ``explode``."""


def style_of(style: str, explode: bool, schema: Schema, resolve: Resolve) -> Style:
    """The row of a style, with those of the lists within the lists of a schema. ``Unsupported`` for a style without a
    row. A list within a list is delimited by commas unless it says otherwise; repeating a name is for parameters only
    (Swagger 2.0, "Items Object")."""
    row = STYLES.get((style, explode))
    if row is None:
        raise Unsupported(f"values of style {style!r}{' with explode' if explode else ''} are not written or read here")
    items = resolve(schema).items
    inner = resolve(items) if items is not None else None
    if items is None or inner is None or "array" not in inner.types:
        return row
    encoding = items.encoding or inner.encoding or Encoding()
    inner_style = "form" if encoding.explode or encoding.style is None else encoding.style
    return replace(row, items=style_of(inner_style, False, inner, resolve))


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
_INTEGER = re.compile(r"\s*[-+]?[0-9]{1,300}\s*\Z")
_NUMBER = re.compile(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?\s*\Z")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def scalar(written: str, schema: Schema) -> Any:
    """Text as the first type of a schema that it fits; else the text itself, for validation to judge."""
    for json_type in schema.types:
        if json_type == "integer" and _INTEGER.match(written):
            return int(written)
        if json_type == "number" and _NUMBER.match(written):
            if is_decimal(schema):
                return Decimal(written.strip())
            number = float(written)
            return int(written) if _INTEGER.match(written) else number if abs(number) != float("inf") else written
        if json_type == "boolean" and written.strip() in _BOOLEANS:
            return _BOOLEANS[written.strip()]
        if json_type == "string":
            return written
    return written
