"""What was sent beside what is read afterwards: the first difference that a document does not allow.

Rule 1. Compared are members that both the request and the response declare, with a type in common. A member that is
read-only is the service's, and one that is write-only is not shown.

Rule 2. What services write in another way is the same: a moment in another zone or with fewer digits, an address in
other letters, a number with fewer decimals, text without blanks around it, a null that is left out.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from openconnectors.engine.errors import short_repr
from openconnectors.engine.model import Schema
from openconnectors.engine.naming import snake

Resolve = Callable[[Schema], Schema]
_UNCOMPARED = frozenset({"password", "binary", "byte", "duration", "html", "file"})
"""Formats of values that are not shown as they were sent, or in other words."""
_CASELESS = frozenset({"email", "hostname", "uri", "url", "uuid", "iri", "idn-email", "idn-hostname", "uri-reference"})
_SECONDS = timedelta(seconds=1)
_CENTS = 0.0051
"""Services keep numbers with two decimals."""
_CHANGING = frozenset(
    ("updated", "modified", "changed", "version", "revision", "rev", "etag", "timestamp", "accessed", "seen", "views")
)
"""Words in the names of members that change with every request."""


def members(schema: Schema, resolve: Resolve, depth: int = 0) -> dict[str, Schema]:
    """The members of an object, also those of its alternatives, by name."""
    resolved = resolve(schema)
    names = dict(resolved.properties)
    if depth < 3:
        for part in (*resolved.one_of, *resolved.any_of):
            names = {**members(part, resolve, depth + 1), **names}
    return names


def bare(schema: Schema, resolve: Resolve) -> Schema:
    """A schema without references; of one that allows something or null by alternatives, what it allows beside null."""
    resolved = resolve(schema)
    parts = [resolve(part) for part in (*resolved.any_of, *resolved.one_of)]
    others = [part for part in parts if part.types != ("null",)]
    return others[0] if len(others) == 1 and len(parts) == 2 and not resolved.types else resolved


def difference(
    sent: Any, seen: Any, request: Schema, response: Schema, resolve: Resolve, path: str = "", depth: int = 0
) -> str | None:
    """The first member of what was sent that is another in what is read, in words; None if there is none."""
    request, response = bare(request, resolve), bare(response, resolve)
    if depth > 12 or request.write_only or response.write_only or request.read_only or response.read_only:
        return None
    if isinstance(sent, Mapping) and isinstance(seen, Mapping):
        ours, theirs = members(request, resolve), members(response, resolve)
        for name, value in sent.items():
            if name not in ours or name not in theirs:
                continue
            mine, other = ours[name], theirs[name]
            if any(schema.read_only or schema.write_only for schema in (mine, other)) or not _alike(
                resolve(mine), resolve(other)
            ):
                continue
            inner = f"{path}.{name}".lstrip(".")
            if seen.get(name) is None and value in (None, "", [], {}):
                continue
            if name not in seen:
                return f"{inner} is missing, sent was {short_repr(value)}"
            problem = difference(value, seen[name], mine, other, resolve, inner, depth + 1)
            if problem:
                return problem
        return None
    if isinstance(sent, list) and isinstance(seen, list):
        return _of_lists(sent, seen, request, response, resolve, path, depth)
    if isinstance(sent, (Mapping, list)) != isinstance(seen, (Mapping, list)) and seen is not None:
        return None  # another form of the same thing: an id instead of the object
    if sent is None or same(sent, seen, response.format or request.format):
        return None
    return f"{path or 'the value'} is {short_repr(seen)}, sent was {short_repr(sent)}"


def _of_lists(
    sent: list[Any], seen: list[Any], request: Schema, response: Schema, resolve: Resolve, path: str, depth: int
) -> str | None:
    mine, theirs = request.items or Schema(), response.items or Schema()
    if not _alike(resolve(mine), resolve(theirs)):
        return None
    if len(sent) != len(seen):
        # Of a list that is a set, equal items are kept once.
        distinct = {repr(item) for item in sent}
        if len(distinct) == len(seen) and {repr(item) for item in seen} == distinct:
            return None
        return f"{path or 'the list'} has {len(seen)} items, sent were {len(sent)}"

    def problems(order: list[Any]) -> Iterator[str]:
        for index, (item, other) in enumerate(zip(sent, order, strict=True)):
            problem = difference(item, other, mine, theirs, resolve, f"{path}[{index}]", depth + 1)
            if problem:
                yield problem

    problem = next(problems(seen), None)
    if problem and sorted(map(repr, sent)) == sorted(map(repr, seen)):
        return None  # in another order: few lists promise one
    return problem


def _alike(first: Schema, second: Schema) -> bool:
    """Whether values of two schemas can be compared: they have a type in common, or one says nothing of its type."""
    return not first.types or not second.types or bool(_widened(first) & _widened(second))


def _widened(schema: Schema) -> set[str]:
    return {"number" if kind == "integer" else kind for kind in schema.types}


def same(sent: Any, seen: Any, kind: str | None = None) -> bool:
    """Whether a scalar that is read is the one that was sent; ``kind`` is the format of its schema."""
    if kind in _UNCOMPARED or sent == seen:
        return kind in _UNCOMPARED or isinstance(sent, bool) == isinstance(seen, bool)
    if isinstance(sent, bool) or isinstance(seen, bool):
        return str(sent).lower() == str(seen).lower()
    if isinstance(sent, int) and isinstance(seen, int):
        return False
    numbers = _number(sent), _number(seen)
    if None not in numbers and not (isinstance(sent, str) and isinstance(seen, str) and kind != "decimal"):
        return math.isclose(float(numbers[0] or 0), float(numbers[1] or 0), rel_tol=1e-6, abs_tol=_CENTS)
    if not isinstance(sent, str) or not isinstance(seen, str):
        return False
    first, second = (unicodedata.normalize("NFC", text).strip() for text in (sent, seen))
    if first == second:
        return True
    if kind in _CASELESS:
        return first.casefold().rstrip("/") == second.casefold().rstrip("/")
    moments = _moment(first), _moment(second)
    return None not in moments and abs(moments[0] - moments[1]) < _SECONDS  # type: ignore[operator]  # neither is None


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _moment(text: str) -> datetime | None:
    """A date with a time; None for any other text. A moment without a zone is in UTC."""
    if len(text) < 16 or text[4:5] != "-":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def is_changing(name: str) -> bool:
    """Whether a member may be another in every response, by its name."""
    words = set(snake(name).split("_"))
    return bool(words & _CHANGING) or bool(words & {"last", "expires", "expiry", "age"})


_DELETED = frozenset(("deleted", "is_deleted", "archived", "is_archived", "removed", "cancelled", "canceled"))
_ENDED = frozenset(
    ("deleted", "archived", "removed", "cancelled", "canceled", "inactive", "closed", "disabled", "terminated")
)
"""How services that keep what was deleted say so: in a member of its own, or in its state."""


def says_deleted(value: Any) -> bool:
    """Whether a value that is still read says of itself that it was deleted."""
    if not isinstance(value, Mapping):
        return False
    for key, member in value.items():
        name = snake(str(key))
        if (name in _DELETED or name in ("deleted_at", "archived_at", "removed_at")) and member not in (
            False,
            None,
            "",
        ):
            return True
        if name in ("status", "state") and isinstance(member, str) and member.lower() in _ENDED:
            return True
        if isinstance(member, Mapping) and says_deleted(member):
            return True
    return False
