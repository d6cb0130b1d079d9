"""How a value of a parameter or form field is written as text, and read back. One row a style.

Source: Swagger 2.0, "Parameter Object", ``collectionFormat``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.model import Schema

Resolve = Callable[[Schema], Schema]
Quote = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Style:
    """One ``collectionFormat``: the mark between items; ``multi`` repeats the name instead.

    ``kept`` tells that the mark is written as it is where items are encoded one by one (RFC 3986
    section 2.2: a comma may delimit), so that one within an item is told from one between them.
    """

    mark: str | None
    kept: bool = False

    def write(self, value: Any, quote: Quote | None = None, *, exact: bool = True) -> list[str]:
        """The texts of a value, encoded by ``quote``: one, or one for each item where the name is repeated.

        ``ValueError`` where that would not be read back as it is: an item that holds the mark, where it is not
        kept from it by its encoding, and one empty item, which reads as none. Where it need not be ``exact``,
        such a list is written all the same.
        """
        encode = quote or (lambda text: text)
        if not isinstance(value, (list, tuple)):
            return [encode(text(value))]
        texts = [text(item) for item in value]
        if self.mark is None:
            return [encode(one) for one in texts]
        told_apart = self.kept and quote is not None
        for one in texts if exact else ():
            if (self.mark in one and not told_apart) or texts == [""]:
                raise ValueError(
                    f"has an item {one!r}, which is not told apart in a list with {self.mark!r} in between"
                )
        mark = self.mark if told_apart else encode(self.mark)
        return [mark.join(encode(one) for one in texts)]

    def read(self, texts: list[str], schema: Schema, resolve: Resolve, unquote: Quote | None = None) -> Any:
        """The value of texts, typed as the schema says; text that does not fit stays text. ``unquote`` undoes
        what ``quote`` did when they were written, after they are split."""
        schema = resolve(schema)
        plain = unquote or (lambda text: text)
        if "array" not in schema.types:
            return scalar(plain(texts[-1]), schema)
        items = resolve(schema.items) if schema.items is not None else Schema()
        if self.mark is None:
            return [scalar(plain(one), items) for one in texts]
        mark = self.mark if self.kept or unquote is None else None
        parts = [
            plain(part) if mark is not None else part
            for one in texts
            for part in (one.split(mark) if mark is not None else plain(one).split(self.mark))
        ]
        return [scalar(part, items) for part in parts] if parts != [""] else []


STYLES: Mapping[str, Style] = {
    "csv": Style(",", kept=True),
    "ssv": Style(" "),
    "tsv": Style("\t"),
    "pipes": Style("|"),
    "multi": Style(None),
}


def text(value: Any) -> str:
    """A scalar as text: ``true`` and ``false``, numbers as JSON writes them, null as nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    raise ValueError(f"a {type(value).__name__} cannot be written here; only text, numbers and booleans can")


_INTEGER = re.compile(r"\s*[-+]?[0-9]{1,300}\s*\Z")
_NUMBER = re.compile(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?\s*\Z")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def scalar(written: str, schema: Schema) -> Any:
    """Text as the type of a schema; as it is where it does not fit, for the schema to judge."""
    for kind in schema.types:
        if kind == "integer" and _INTEGER.match(written):
            return int(written)
        if kind == "number" and _NUMBER.match(written):
            number = float(written)
            return int(written) if _INTEGER.match(written) else number if abs(number) != float("inf") else written
        if kind == "boolean" and written.strip() in _BOOLEANS:
            return _BOOLEANS[written.strip()]
        if kind == "string":
            return written
    return written
