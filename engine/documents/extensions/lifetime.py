"""How long an operation or a parameter may be called: the date of its sunset, and its revision.

Sources: RFC 8594 (The Sunset HTTP Header Field); ``x-sunset`` as openapi-diff, oasdiff and others read it;
learn.microsoft.com, "Evolve your API with version control" (``x-ms-api-annotation``: family, revision, expires).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any

from openconnectors.engine.documents.extensions.reading import as_mapping

_SUNSET = ("x-sunset", "x-sunset-date", "sunset")
_ANNOTATION = "x-ms-api-annotation"


def sunset(raw: object) -> date | str | None:
    """The date until which something may be called; its text, if that is no date; None if there is none."""
    node = as_mapping(raw)
    value = next((node[name] for name in _SUNSET if node.get(name)), as_mapping(node.get(_ANNOTATION)).get("expires"))
    if value is None or isinstance(value, date):
        return value
    return _date(str(value)) or str(value)


def _date(text: str) -> date | None:
    """A date as RFC 3339 writes it, with a time or without, or as a header field has it (RFC 8594 section 3)."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).date()
    except (TypeError, ValueError):
        return None


def revision(raw: object) -> tuple[str, int] | None:
    """The family of an operation and its revision in it; None if it does not say them."""
    annotation: Mapping[str, Any] = as_mapping(as_mapping(raw).get(_ANNOTATION))
    number = annotation.get("revision")
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return str(annotation.get("family", "")), number
