"""Values of Python as the contract has them: what JSON can say, whatever representation they were read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from openconnectors.engine.fuzz.comparison import Resolve, bare, members
from openconnectors.engine.model import Schema
from openconnectors.engine.values.formats import FORMATS, Format, format_of

_DEEPEST = 40


def contract_value(value: Any, schema: Schema, resolve: Resolve, depth: int = 0) -> Any:
    """A value that was read by a schema as its contract value: dates, identifiers and bytes as their texts. What the
    schema says nothing of has the text of its type."""
    if depth > _DEEPEST or value is None or isinstance(value, (str, bool, int, float)):
        return value
    schema = bare(schema, resolve)
    if isinstance(value, Mapping):
        declared = members(schema, resolve)
        return {
            str(name): contract_value(member, declared.get(str(name), Schema()), resolve, depth + 1)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [contract_value(item, schema.items or Schema(), resolve, depth + 1) for item in value]
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    encode = _encoding(format_of(schema), value)
    try:
        return str(value) if encode is None else encode(value)
    except ValueError:  # a moment without a zone
        return str(value)


def _encoding(declared: Format | None, value: Any) -> Callable[[Any], Any] | None:
    """What makes the contract value of a value: the format of its schema, else the first for values of its type."""
    if declared is not None and declared.encode is not None and isinstance(value, declared.python):
        return declared.encode
    exact = (row.encode for row in FORMATS.values() if row.python is type(value) and row.encode is not None)
    return next(exact, None)
