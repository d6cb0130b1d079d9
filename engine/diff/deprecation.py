"""Deprecation: what is removed after the date that was announced for it breaks no callers who listened.

A removal before that date is a break with its own rule; one of what had no date is a removal like any other. An
announcement that leaves callers less time than the profile's notice is reported, and a date that is moved forward.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from openconnectors.engine.diff.changes import Changes
from openconnectors.engine.diff.sides import Side
from openconnectors.engine.documents.extensions.lifetime import revision, sunset


def record_removal(
    changes: Changes,
    kind: Literal["operation", "parameter", "property"],
    message: str,
    at: str,
    *,
    new: str | None = None,
    key: bool = True,
) -> None:
    """Record that an operation, a parameter or a property was removed, by the date of its sunset in the old document.
    ``new`` is the place in the new one that had it."""
    until = _sunset(changes.before, at)
    old = at or None
    if not isinstance(until, date):
        changes.add(f"{kind}-removed", message, old, new, key=key)
    elif until <= changes.today:
        changes.add(f"{kind}-retired", f"{message}, after its sunset on {until}", old, new, key=key)
    else:
        days = _days((until - changes.today).days)
        changes.add("sunset-early", f"{message}, {days} before its sunset on {until}", old, new, key=key)


def compare_property(changes: Changes, subject: str, old: str, new: str) -> None:
    """Record what changed in the announcement that a property will be removed. ``old`` and ``new`` are its pointers."""
    deprecated = [_is_deprecated(side, at) for side, at in ((changes.before, old), (changes.after, new))]
    if any(deprecated):
        compare_deprecation(changes, subject, old, new, deprecated=(deprecated[0], deprecated[1]))


def _is_deprecated(side: Side, at: str) -> bool:
    """Return True if the schema at a pointer is deprecated, or has a sunset."""
    node = side.document.get(at) if at else None
    return isinstance(node, Mapping) and (node.get("deprecated") is True or sunset(node) is not None)


def compare_deprecation(changes: Changes, subject: str, old: str, new: str, *, deprecated: tuple[bool, bool]) -> None:
    """Record what changed in the announcement that an operation or a parameter will be removed. ``old`` and ``new`` are
    its pointers, ``deprecated`` whether it is deprecated there."""
    before, after = _sunset(changes.before, old), _sunset(changes.after, new)
    until = f", until {after}" if isinstance(after, date) else ""
    if deprecated[1] and not deprecated[0]:
        changes.add("operation-deprecated", f"{subject} is now deprecated{until}", old, f"{new}/deprecated")
    if before == after or after is None:
        return
    if isinstance(after, str):
        changes.add("sunset-invalid", f"the sunset {after!r} of {subject} is not a date", old, new)
    elif isinstance(before, date) and after < before:
        changes.add("sunset-moved", f"the sunset of {subject} is now {after} (was {before})", old, new)
    elif before is None and (after - changes.today).days < changes.notice:
        days = _days(max(0, (after - changes.today).days))
        message = f"{subject} may be called for {days} more, until {after}; notice is {_days(changes.notice)}"
        changes.add("sunset-soon", message, old, new)


def compare_revision(changes: Changes, name: str, old: str, new: str) -> None:
    """Record that an operation has an earlier revision than it had, or is of another family."""
    before, after = (revision(side.document.get(at)) for side, at in ((changes.before, old), (changes.after, new)))
    if before is not None and after is not None and (before[0] != after[0] or after[1] < before[1]):
        worded = [f"revision {number} of {family or name!r}" for family, number in (before, after)]
        changes.add("revision-lowered", f"{name} is now {worded[1]} (was {worded[0]})", old, new)


def _sunset(side: Side, at: str) -> date | str | None:
    try:
        return sunset(side.document.get(at))
    except LookupError:
        return None


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"
