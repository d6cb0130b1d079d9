"""Templates of the sandbox's declarations: ``"SM{hex:32}"``, ``"{to}"``, ``"{body|subject}"``.

A placeholder is a name of the context, several names of which the first with a value counts, or a function with an
argument. A text that is a single placeholder becomes its value, of whatever type; in other texts values become text.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import format_datetime
from mimetypes import MimeTypes
from typing import Any

from openconnectors.engine.sandbox.segments import segments

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")

Context = Mapping[str, Any]


def _now(form: str, context: Context) -> str:
    now = datetime.now(UTC).replace(microsecond=0)
    return _DATE_FORMATS.get(form, _DATE_FORMATS["rfc3339"])(now)


_DATE_FORMATS: Mapping[str, Callable[[datetime], str]] = {
    "rfc2822": format_datetime,
    "rfc3339": lambda now: now.isoformat().replace("+00:00", "Z"),
    "date": lambda now: now.date().isoformat(),
}


def _count(name: str, context: Context) -> str:
    value = context.get(name)
    return str(len(value)) if isinstance(value, (list, dict)) else "0"


def _segments(name: str, context: Context) -> str:
    return str(segments(_text(context.get(name))))


def _times(operands: str, context: Context) -> str | None:
    """A factor times a number of the context, with the decimal places of the factor: ``{times:-0.00750:count}``; None
    if either is not a number."""
    factor, _, name = operands.partition(":")
    try:
        return str(Decimal(factor) * Decimal(_text(context.get(name))))
    except InvalidOperation:
        return None


def _type(name: str, context: Context) -> str:
    """The media type for the extension of a URL's path."""
    path = _text(context.get(name)).partition("?")[0].partition("#")[0]
    return _MEDIA_TYPES.guess_type(path.rpartition("/")[2])[0] or "application/octet-stream"


_MEDIA_TYPES = MimeTypes()  # Python's table alone: that of the machine differs from one to the next

FUNCTIONS: Mapping[str, Callable[[str, Context], Any]] = {
    "hex": lambda length, context: secrets.token_hex(int(length))[: int(length)],
    "number": lambda digits, context: 10 ** (int(digits) - 1) + secrets.randbelow(9 * 10 ** (int(digits) - 1)),
    "now": _now,
    "count": _count,
    "segments": _segments,
    "times": _times,
    "type": _type,
}
"""The functions of placeholders like ``{function:argument}``."""


def fill(template: Any, context: Context) -> Any:
    """A template (plain data) with its placeholders replaced; one without a value is null, in a longer text empty."""
    if isinstance(template, dict):
        return {name: fill(inner, context) for name, inner in template.items()}
    if isinstance(template, list):
        return [fill(item, context) for item in template]
    if not isinstance(template, str):
        return template
    single = _PLACEHOLDER.fullmatch(template)
    if single:
        return _value(single[1], context)
    return _PLACEHOLDER.sub(lambda placeholder: _text(_value(placeholder[1], context)), template)


def _value(placeholder: str, context: Context) -> Any:
    function, colon, argument = placeholder.partition(":")
    if colon and function in FUNCTIONS:
        return FUNCTIONS[function](argument, context)
    return next((context[name] for name in placeholder.split("|") if context.get(name) is not None), None)


def _text(value: object) -> str:
    return "" if value is None else str(value)
