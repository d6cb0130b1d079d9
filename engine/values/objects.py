"""Python values before validators of JSON: dates, bytes and other objects that stand for the text of a format.

A validator knows JSON alone. Where a value has to be judged before its formats are text (a caller's), or after they
became objects (a response's), an object is replaced by an object of JSON that says its type, which the schemas of its
formats accept and no text does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from openconnectors.engine.values.formats import FORMATS, Format

_TYPE = "\0type"
_PREFIX = "python-"
_CLASSES = tuple(dict.fromkeys(row.python for row in FORMATS.values() if row.decode is not None))


def or_object(written: dict[str, Any], name: str, row: Format) -> dict[str, Any]:
    """The JSON Schema of a format's texts, of which each has to parse, and of what stands for its objects."""
    if row.kind is str:
        written = parsing(written, name)
    if row.python is Decimal:
        return {"anyOf": [written, {"type": "number"}]} if row.kind is str else written
    stand_in = {"type": "object", "required": [_TYPE], "properties": {_TYPE: {"const": row.python.__name__}}}
    return {"anyOf": [written, stand_in]}


def parsing(written: dict[str, Any], name: str) -> dict[str, Any]:
    """A JSON Schema whose texts have to parse as a format (``CHECKS``)."""
    return {**written, "format": f"{_PREFIX}{name}"}


def display_name(name: str) -> str:
    """The name of a format as documents have it."""
    return name.removeprefix(_PREFIX)


def as_json(value: Any) -> Any:
    """A value with its objects replaced."""
    if isinstance(value, dict):
        return {name: as_json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if value is None or isinstance(value, (str, bool, int, float, Decimal)):
        return value
    kind = next((kind for kind in _CLASSES if isinstance(value, kind)), type(value))
    return {_TYPE: "bytes" if isinstance(value, (bytearray, memoryview)) else kind.__name__}


def _parses(decode: Callable[[Any], Any], text: str) -> bool:
    try:
        decode(text)
    except ValueError:
        return False
    return True


CHECKS: Mapping[str, Callable[[str], bool]] = {
    f"{_PREFIX}{name}": partial(_parses, row.decode)
    for name, row in FORMATS.items()
    if row.decode is not None and row.kind is str
}
"""Whether a text parses, by the names of formats that ``parsing`` writes."""
