"""The options of a call, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.errors import UnknownName, short_repr
from openconnectors.engine.plan.options import Options

__tracebackhide__ = True

_SECONDS = ("timeout", "max_wait", "interval")
"""Options that are seconds; the last may be left to the service."""


def with_options(options: Options, changes: Mapping[str, Any]) -> Options:
    """Options with some of them changed; raise ``UnknownName`` for unknown names and values."""
    known = Options.__struct_fields__
    for name, value in changes.items():
        if name not in known:
            raise UnknownName("option", name, known)
        if name == "paging" and value not in ("conventions", "declared"):
            raise UnknownName("value of paging", short_repr(value), ["conventions", "declared"])
        if name == "validate_responses" and value not in ("lenient", "strict", "off"):
            raise UnknownName("value of validate_responses", str(value), ["lenient", "off", "strict"])
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if name in _SECONDS and not is_number and (value is not None or name != "interval"):
            raise UnknownName(f"value of {name}", str(value), [], " Give a number of seconds.")
        fits, wanted = _OPTIONS.get(name, (None, ""))
        if fits is not None and not fits(value):
            raise UnknownName(f"value of {name}", short_repr(value), [], f" Give {wanted}.")
    if "retry_on" in changes:
        changes = {**changes, "retry_on": frozenset(changes["retry_on"])}
    return replace(options, **changes)


def _is_media_type(value: object) -> bool:
    return value is None or (isinstance(value, str) and "/" in value)


_OPTIONS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "accept": (_is_media_type, "a media type, such as application/json"),
    "content_type": (_is_media_type, "a media type, such as application/json"),
    "headers": (
        lambda value: (
            isinstance(value, Mapping)
            and all(isinstance(name, str) and isinstance(text, (str, int, float)) for name, text in value.items())
        ),
        "a mapping of names to text",
    ),
    "part_headers": (
        lambda value: (
            isinstance(value, Mapping)
            and all(isinstance(part, (str, int)) and isinstance(fields, Mapping) for part, fields in value.items())
        ),
        "a mapping of names or places of parts to mappings of header fields",
    ),
    "retry_on": (
        lambda value: isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(item, int) for item in value),
        "a list of statuses",
    ),
    "in_coroutines": (lambda value: isinstance(value, bool), "True or False"),
    "resume": (lambda value: value is None or isinstance(value, Mapping), "the state that events had"),
}
"""What the value of an option must be, as a function and in words."""
