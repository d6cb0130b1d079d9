"""A caller's value as plain data: what every codec writes and every schema judges.

Callers pass objects of their own: ordered mappings, tuples and sets, members of enumerations, numbers of NumPy,
``Decimal``. What is a mapping, a collection, a text or a number becomes dict, list, str, int or float; everything
else (dates, files, bytes) stays as it is and is left to the converter of its format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from enum import Enum
from numbers import Integral, Rational, Real
from typing import Any

from openconnectors.engine.errors import Path, Problem, short_repr

_PLAIN = frozenset({str, float, bool, type(None)})
_SINGLE = (str, bytes, bytearray, memoryview)
"""Sequences that are one value."""
_DIGITS = 308
_LARGEST = 10**_DIGITS
"""Peers need not read a JSON number beyond the doubles, which end at 1.8e308 (RFC 8259 section 6)."""


def plain_data(value: Any, path: Path) -> tuple[Any, list[Problem]]:
    """A value as plain data, all the way down, with its problems at their paths below ``path``."""
    problems: list[Problem] = []
    try:
        return _plain(value, path, problems), problems
    except RecursionError:
        return None, [*problems, Problem(path, "is nested too deep")]


def _plain(value: Any, path: Path, problems: list[Problem]) -> Any:
    # The recursion collects into one list: a list for each node costs more than the conversion of a node.
    kind = type(value)
    if kind in _PLAIN or (kind is int and -_LARGEST < value < _LARGEST):
        return value
    if kind is dict or isinstance(value, Mapping):
        plain: dict[str, Any] = {}
        for name, member in value.items():
            key = _plain(name, path, problems)
            if isinstance(key, str):
                plain[key] = _plain(member, (*path, key), problems)
            else:
                problems.append(Problem(path, f"has a member {short_repr(name)}, whose name is not text"))
        return plain
    if kind is list or (isinstance(value, (Sequence, Set)) and not isinstance(value, _SINGLE)):
        return [_plain(item, (*path, index), problems) for index, item in enumerate(value)]
    if isinstance(value, Enum):
        return _plain(value.value, path, problems)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Decimal):
        number: Any = value
        in_range = value.is_finite() and (not value or abs(value.adjusted()) < _DIGITS)
    elif isinstance(value, Integral):
        number = int(value)
        in_range = -_LARGEST < number < _LARGEST
    elif isinstance(value, Real) and not isinstance(value, Rational):
        number, in_range = float(value), True
    else:
        return value
    if in_range:
        return number
    problems.append(Problem(path, "is not a number that JSON has and every peer reads"))
    return None
