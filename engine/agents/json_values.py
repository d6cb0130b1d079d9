"""Values of Python as JSON that every client reads."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

from openconnectors.engine.values.formats import FORMATS


def json_text(value: Any) -> str:
    """The JSON of a plain value, without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def plain(value: Any) -> Any:
    """A value of Python as JSON has it: dates and numbers of all digits as text, bytes in base64. What UTF-8 cannot
    encode is replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {plain(str(name)): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, timedelta):
        return _duration_text(value)
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date | time) else plain(str(value))


def _duration_text(value: timedelta) -> Any:
    encode = FORMATS["duration"].encode
    return str(value) if encode is None else encode(value)
