"""Conditions that a document's sandbox declarations put to a request. One table, one row a test.

A condition is a mapping: ``argument`` (of the request) or ``member`` (of the record that the request is for) with one
test or several, which must all hold; or ``all``, ``any``, ``not`` of other conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from openconnectors.engine.errors import nearest
from openconnectors.engine.sandbox.store import Record, Store
from openconnectors.engine.sandbox.templates import fill
from openconnectors.engine.values.patterns import is_usable, matches


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions look at. ``context`` is what templates may name."""

    arguments: Mapping[str, Any]
    context: Mapping[str, Any]
    store: Store
    record: Record = field(default_factory=dict)


def unreadable(condition: Any) -> str:
    """What is wrong with a declared condition; empty where nothing is. A test that is misspelled would hold always."""
    if not isinstance(condition, Mapping):
        return "a condition is a mapping"
    for name, inner in condition.items():
        conditions = inner if isinstance(inner, list) else [inner]
        if name in _JOINS:
            found = next((said for one in conditions if (said := unreadable(one))), "")
            if found:
                return found
        elif name in ("matches", "differs") and not is_usable(inner):
            return f"{inner!r} is no regular expression that can be used"
        elif name not in TESTS and name not in _SUBJECTS:
            return f"{name!r} is not a test{nearest(str(name), TESTS)}"
    return ""


_SUBJECTS = ("argument", "member", "error")


def holds(condition: Mapping[str, Any], facts: Facts) -> bool:
    """Whether a condition holds; an empty one does."""
    for join, inner in condition.items():
        if join in _JOINS and not _JOINS[join](inner, facts):
            return False
    if "argument" in condition:
        value = facts.arguments.get(condition["argument"])
    else:
        value = facts.record.get(condition.get("member", ""))
    return all(TESTS[test](value, operand, facts) for test, operand in condition.items() if test in TESTS)


_JOINS: Mapping[str, Callable[[Any, Facts], bool]] = {
    "all": lambda inner, facts: all(holds(one, facts) for one in inner),
    "any": lambda inner, facts: any(holds(one, facts) for one in inner),
    "not": lambda inner, facts: not holds(inner, facts),
}


def _given(value: Any) -> bool:
    return value not in (None, "", [])


def _texts(value: Any) -> list[str]:
    """The texts of a value: of each item of a list; of nothing the empty text."""
    values = value if isinstance(value, list) else [value]
    return ["" if one is None else str(one) for one in values]


def _seconds_ahead(value: Any) -> float | None:
    """How far from now an RFC 3339 time is; None for another text."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()


def _is_moment(value: Any, operand: Any, facts: Facts) -> bool:
    return bool((_seconds_ahead(value) is not None) == operand)


def _sooner(value: Any, operand: Any, facts: Facts) -> bool:
    ahead = _seconds_ahead(value)
    return bool(ahead is not None and ahead < operand)


def _later(value: Any, operand: Any, facts: Facts) -> bool:
    ahead = _seconds_ahead(value)
    return bool(ahead is not None and ahead > operand)


def _known(value: Any, operand: Any, facts: Facts) -> bool:
    """Whether a record of ``collection`` has the value as its ``property``, and the members of ``where``."""
    where = fill(operand.get("where") or {}, facts.context)
    return any(
        record.get(operand["property"]) == value and all(_at(record, path) == wanted for path, wanted in where.items())
        for record in facts.store.all(operand["collection"])
    )


def _at(record: Any, path: str) -> Any:
    """The value at a dotted path."""
    for step in path.split("."):
        record = record.get(step) if isinstance(record, Mapping) else None
    return record


TESTS: Mapping[str, Callable[[Any, Any, Facts], bool]] = {
    "given": lambda value, operand, facts: _given(value) == operand,
    "is": lambda value, operand, facts: value in (operand if isinstance(operand, list) else [operand]),
    "same": lambda value, operand, facts: _given(value) and value == facts.arguments.get(operand),
    "matches": lambda value, operand, facts: any(matches(operand, text) for text in _texts(value)),
    "differs": lambda value, operand, facts: any(not matches(operand, text) for text in _texts(value)),
    "longer": lambda value, operand, facts: any(len(text) > operand for text in _texts(value)),
    "more": lambda value, operand, facts: isinstance(value, list) and len(value) > operand,
    "moment": _is_moment,
    "sooner": _sooner,
    "later": _later,
    "known": _known,
}
"""What a value may be asked: the value, the operand that is declared, and what else is known."""
