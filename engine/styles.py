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


@dataclass(frozen=True, slots=True)
class Style:
    """One ``collectionFormat``: the mark between items; ``multi`` repeats the name instead."""

    mark: str | None

    def write(self, value: Any) -> list[str]:
        """The texts of a value: one, or one for each item where the name is repeated.

        ``ValueError`` where an item holds the mark and would be read back as two.
        """
        if not isinstance(value, (list, tuple)):
            return [text(value)]
        texts = [text(item) for item in value]
        if self.mark is None:
            return texts
        for one in texts:
            if self.mark in one:
                raise ValueError(f"has an item {one!r} with {self.mark!r} in it, which separates items here")
        return [self.mark.join(texts)]

    def read(self, texts: list[str], schema: Schema, resolve: Resolve) -> Any:
        """The value of texts, typed as the schema says; text that does not fit stays text."""
        schema = resolve(schema)
        if "array" not in schema.types:
            return scalar(texts[-1], schema)
        parts = texts if self.mark is None else [part for one in texts for part in one.split(self.mark) if one]
        items = resolve(schema.items) if schema.items is not None else Schema()
        return [scalar(part, items) for part in parts]


STYLES: Mapping[str, Style] = {
    "csv": Style(","),
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
