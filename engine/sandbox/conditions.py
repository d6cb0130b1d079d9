"""Conditions that a document's sandbox declarations set on a request: one table, one row per test.

A condition is a mapping: ``argument`` (of the request) or ``member`` (of the record that the request is for) with one
or more tests, which must all hold; or ``all``, ``any``, ``not`` of other conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field

from openconnectors.engine.errors import nearest
from openconnectors.engine.sandbox.store import Record, Store
from openconnectors.engine.sandbox.templates import fill
from openconnectors.engine.values.patterns import is_usable, matches


class Facts(Struct, frozen=True):
    """What conditions look at. ``context`` are the names that templates may use."""

    arguments: Mapping[str, Any]
    context: Mapping[str, Any]
    store: Store
    record: Record = field(default_factory=dict)


def problem_of(condition: object) -> str:
    """What is wrong with a declared condition; empty if nothing is. Without this check a misspelled test would be
    ignored, and the condition hold always."""
    if not isinstance(condition, Mapping):
        return "a condition must be a mapping"
    for name, operand in condition.items():
        if name in _JOINS:
            conditions = operand if isinstance(operand, list) else [operand]
            problem = next((problem for inner in conditions if (problem := problem_of(inner))), "")
            if problem:
                return problem
        elif name in ("matches", "differs") and not is_usable(operand):
            return f"{operand!r} is not a usable regular expression"
        elif name not in TESTS and name not in _SUBJECTS:
            return f"{name!r} is not a test{nearest(str(name), TESTS)}"
    return ""


_SUBJECTS = ("argument", "member", "error")


def holds(condition: Mapping[str, Any], facts: Facts) -> bool:
    """True if a condition holds; an empty one does."""
    for name, inner in condition.items():
        if name in _JOINS and not _JOINS[name](inner, facts):
            return False
    if "argument" in condition:
        value = facts.arguments.get(condition["argument"])
    else:
        value = facts.record.get(condition.get("member", ""))
    return all(TESTS[test](value, operand, facts) for test, operand in condition.items() if test in TESTS)


_JOINS: Mapping[str, Callable[[Any, Facts], bool]] = {
    "all": lambda inner, facts: all(holds(condition, facts) for condition in inner),
    "any": lambda inner, facts: any(holds(condition, facts) for condition in inner),
    "not": lambda inner, facts: not holds(inner, facts),
}


def _present(value: object) -> bool:
    return value not in (None, "", [])


def _texts(value: object) -> list[str]:
    """A value as texts: of a list each item's; of null the empty text."""
    values = value if isinstance(value, list) else [value]
    return ["" if item is None else str(item) for item in values]


def _seconds_ahead(value: object) -> float | None:
    """Seconds from now to an RFC 3339 time; None for another text."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()


def _is_moment(value: object, operand: bool, facts: Facts) -> bool:
    return (_seconds_ahead(value) is not None) == operand


def _sooner(value: object, operand: float, facts: Facts) -> bool:
    ahead = _seconds_ahead(value)
    return ahead is not None and ahead < operand


def _later(value: object, operand: float, facts: Facts) -> bool:
    ahead = _seconds_ahead(value)
    return ahead is not None and ahead > operand


def _known(value: object, operand: Mapping[str, Any], facts: Facts) -> bool:
    """True if a record of ``collection`` has the value as its ``property``, and the members of ``where``."""
    where = fill(operand.get("where") or {}, facts.context)
    return any(
        record.get(operand["property"]) == value
        and all(_at(record, path) == expected for path, expected in where.items())
        for record in facts.store.all(operand["collection"])
    )


def _at(record: Any, path: str) -> Any:
    """The value at a dotted path; None if there is none."""
    for step in path.split("."):
        record = record.get(step) if isinstance(record, Mapping) else None
    return record


TESTS: Mapping[str, Callable[[Any, Any, Facts], bool]] = {
    "given": lambda value, operand, facts: _present(value) == operand,
    "is": lambda value, operand, facts: value in (operand if isinstance(operand, list) else [operand]),
    "same": lambda value, operand, facts: _present(value) and value == facts.arguments.get(operand),
    "matches": lambda value, operand, facts: any(matches(operand, text) for text in _texts(value)),
    "differs": lambda value, operand, facts: any(not matches(operand, text) for text in _texts(value)),
    "longer": lambda value, operand, facts: any(len(text) > operand for text in _texts(value)),
    "more": lambda value, operand, facts: isinstance(value, list) and len(value) > operand,
    "moment": _is_moment,
    "sooner": _sooner,
    "later": _later,
    "known": _known,
}
"""A test by the name that documents use: the value, the declared operand, and what else it may look at."""
