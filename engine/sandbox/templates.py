"""Values with holes, as the sandbox's declarations write them: ``"SM{hex:32}"``, ``"{to}"``.

A hole is a name of the context, several with ``|`` of which the first that has a value is taken, or a
function with an argument. Text that is one hole alone takes its value as it is, whatever its type.
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

_HOLE = re.compile(r"\{([^{}]+)\}")

Context = Mapping[str, Any]


def _now(form: str, context: Context) -> str:
    now = datetime.now(UTC).replace(microsecond=0)
    return _CLOCKS.get(form, _CLOCKS["rfc3339"])(now)


_CLOCKS: Mapping[str, Callable[[datetime], str]] = {
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
    """A number times a member of the context, with the number's digits: ``{times:-0.00750:count}``."""
    factor, _, name = operands.partition(":")
    try:
        return str(Decimal(factor) * Decimal(_text(context.get(name))))
    except InvalidOperation:
        return None


def _type(name: str, context: Context) -> str:
    """The media type that the end of a URL's path stands for."""
    path = _text(context.get(name)).partition("?")[0].partition("#")[0]
    return _MEDIA_TYPES.guess_type(path.rpartition("/")[2])[0] or "application/octet-stream"


_MEDIA_TYPES = MimeTypes()  # Python's own table, not that of the machine

FUNCTIONS: Mapping[str, Callable[[str, Context], Any]] = {
    "hex": lambda length, context: secrets.token_hex(int(length))[: int(length)],
    "number": lambda digits, context: 10 ** (int(digits) - 1) + secrets.randbelow(9 * 10 ** (int(digits) - 1)),
    "now": _now,
    "count": _count,
    "segments": _segments,
    "times": _times,
    "type": _type,
}
"""What a hole of the form ``{function:argument}`` may call."""


def fill(template: Any, context: Context) -> Any:
    """The template with its holes filled; a name that the context lacks is null."""
    if isinstance(template, dict):
        return {name: fill(one, context) for name, one in template.items()}
    if isinstance(template, list):
        return [fill(one, context) for one in template]
    if not isinstance(template, str):
        return template
    alone = _HOLE.fullmatch(template)
    if alone:
        return _value(alone[1], context)
    return _HOLE.sub(lambda hole: _text(_value(hole[1], context)), template)


def _value(hole: str, context: Context) -> Any:
    function, mark, argument = hole.partition(":")
    if mark and function in FUNCTIONS:
        return FUNCTIONS[function](argument, context)
    return next((context[name] for name in hole.split("|") if context.get(name) is not None), None)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
