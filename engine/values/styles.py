"""How a value of a parameter or form field is written as text, and read back. One row a style.

Source: Swagger 2.0, "Parameter Object", ``collectionFormat``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from math import isfinite
from typing import Any

from openconnectors.engine.model import Schema
from openconnectors.engine.values.formats import is_decimal

Resolve = Callable[[Schema], Schema]
Quote = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Style:
    """One ``collectionFormat``: the delimiter between items; ``multi`` repeats the name instead. ``items`` is the style
    of lists within the list (Swagger 2.0, "Items Object").

    ``kept`` tells that the delimiter is written as it is where items are encoded one by one (RFC 3986
    section 2.2: a comma may delimit), so that one within an item is told from one between them.
    """

    delimiter: str | None
    kept: bool = False
    items: Style | None = None

    def write(self, value: Any, quote: Quote | None = None, *, exact: bool = True) -> list[str]:
        """The texts of a value, encoded by ``quote``: one, or one for each item where the name is repeated.

        ``ValueError`` where that would not be read back as it is: an item that holds the delimiter, where it is not
        kept from it by its encoding, and one empty item, which reads as none. Where it need not be ``exact``,
        such a list is written all the same, but for a list of lists.
        """
        encode = quote or _as_it_is
        if not isinstance(value, (list, tuple)):
            return [encode(text(value))]
        texts = [self._item(item, encode) for item in value]
        if self.delimiter is None:
            return texts
        exact = exact or self.items is not None
        apart = self.kept and quote is not None
        delimiter = self.delimiter if apart else encode(self.delimiter)
        if apart:
            texts = [one.replace(delimiter, f"%{ord(delimiter):02X}") for one in texts]
        for item, one in zip(value, texts, strict=True) if exact else ():
            if delimiter in one or texts == [""]:
                raise ValueError(
                    f"has an item {item!r}, which is not told apart in a list with {self.delimiter!r} in between"
                )
        return [delimiter.join(texts)]

    def _item(self, item: Any, encode: Quote) -> str:
        """The text of an item, which may be a list; ``ValueError`` for what has none."""
        if self.items is None or not isinstance(item, (list, tuple)):
            return encode(text(item))
        if self.items.delimiter == self.delimiter:
            raise ValueError(
                f"is a list of lists, both with {self.delimiter!r} between items, so that they are not told apart; the "
                "document must give the inner list another collectionFormat"
            )
        return self.items.write(item, encode)[0]

    def read(self, texts: list[str], schema: Schema, resolve: Resolve, unquote: Quote | None = None) -> Any:
        """The value of texts, typed as the schema says; text that does not fit stays text. ``unquote`` undoes
        what ``quote`` did when they were written, after they are split."""
        schema = resolve(schema)
        plain = unquote or _as_it_is
        if "array" not in schema.types:
            return scalar(plain(texts[-1]), schema)
        if self.delimiter is not None and not self.kept:  # its encoding is one with that of the items
            texts, plain = [plain(one) for one in texts], _as_it_is
        parts = texts if self.delimiter is None else [part for one in texts for part in one.split(self.delimiter)]
        if self.delimiter is not None and parts == [""]:
            return []
        items = resolve(schema.items) if schema.items is not None else Schema()
        if self.items is not None:
            return [self.items.read([part], items, resolve, plain) for part in parts]
        return [scalar(plain(part), items) for part in parts]


def _as_it_is(text: str) -> str:
    return text


STYLES: Mapping[str, Style] = {
    "csv": Style(",", kept=True),
    "ssv": Style(" "),
    "tsv": Style("\t"),
    "pipes": Style("|"),
    "multi": Style(None),
}


def style_of(name: str | None, schema: Schema, resolve: Resolve) -> Style:
    """The style of a name, with those of the lists within the lists of a schema. A name without a row is ``csv``,
    and so is ``multi`` within a list, which only a parameter itself can be (Swagger 2.0, "Items Object")."""
    style = STYLES.get(name or "csv", STYLES["csv"])
    items = resolve(schema).items
    inner = resolve(items) if items is not None else None
    if items is None or inner is None or "array" not in inner.types:
        return style
    own = items.form_style or inner.form_style
    return replace(style, items=style_of("csv" if own == "multi" else own, inner, resolve))


def text(value: Any) -> str:
    """A scalar as text: ``true`` and ``false``, numbers as JSON writes them, null as nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{value} is no number that can be written")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (int, float)):
        return str(value)
    kind = _KINDS.get(type(value), f"a {type(value).__name__}")
    raise ValueError(f"{kind} cannot be written here; only text, numbers and booleans can")


_KINDS: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    tuple: "a list",
    **dict.fromkeys((bytes, bytearray, memoryview), "bytes (as they are, not as base64 text)"),
}


_INTEGER = re.compile(r"\s*[-+]?[0-9]{1,300}\s*\Z")
_NUMBER = re.compile(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?\s*\Z")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def scalar(written: str, schema: Schema) -> Any:
    """Text as the type of a schema; as it is where it does not fit, for the schema to judge."""
    for kind in schema.types:
        if kind == "integer" and _INTEGER.match(written):
            return int(written)
        if kind == "number" and _NUMBER.match(written):
            if is_decimal(schema):
                return Decimal(written.strip())
            number = float(written)
            return int(written) if _INTEGER.match(written) else number if abs(number) != float("inf") else written
        if kind == "boolean" and written.strip() in _BOOLEANS:
            return _BOOLEANS[written.strip()]
        if kind == "string":
            return written
    return written
